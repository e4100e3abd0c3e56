//! A window without a screen, its workspace in a folder of its own, its clock standing still.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use drydock::app::{Drydock, Start};
use drydock::work::Clock;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};

/// How long a job may take in a test, on a busy machine with an unoptimised build.
const PATIENCE: Duration = Duration::from_mins(2);

/// A window under test.
pub(crate) struct Bench {
    pub(crate) harness: Harness<'static, Drydock>,
    /// The workspace's folder, gone with the test.
    folder: Arc<tempfile::TempDir>,
}

/// A window of 1440 × 900 points.
pub(crate) fn window() -> Bench {
    Bench::sized(1440.0, 900.0, egui::Theme::Light)
}

impl Bench {
    /// A window of that size.
    pub(crate) fn sized(width: f32, height: f32, theme: egui::Theme) -> Self {
        Self::prepared(width, height, theme, |_| serde_json::json!({}))
    }

    /// A window of that size on a workspace in which `prepare` may put files; what it returns is added to the
    /// workspace's main file.
    pub(crate) fn prepared(
        width: f32,
        height: f32,
        theme: egui::Theme,
        prepare: impl FnOnce(&Path) -> serde_json::Value,
    ) -> Self {
        // a Tuesday in November 2025
        Self::prepared_at(Clock::fixed(1_763_460_000_000), width, height, theme, prepare)
    }

    /// As [`Bench::prepared`], with a clock of one's own: measuring needs one that runs.
    pub(crate) fn prepared_at(
        clock: Clock,
        width: f32,
        height: f32,
        theme: egui::Theme,
        prepare: impl FnOnce(&Path) -> serde_json::Value,
    ) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let name = if theme == egui::Theme::Dark { "dark" } else { "light" };
        let workspace = folder.path().join("winter-beverages");
        std::fs::create_dir(&workspace).unwrap();
        let mut saved = serde_json::json!({
            "workspace_version": 1,
            "screen": {"theme": name, "guide_open": true, "page": "data"},
        });
        let more = prepare(&workspace);
        for (key, value) in more.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("screen", serde_json::Value::Object(screen)) => {
                    screen.iter().for_each(|(key, value)| saved["screen"][key] = value.clone());
                }
                _ => saved[key] = value.clone(),
            }
        }
        std::fs::write(workspace.join("workspace.json"), saved.to_string()).unwrap();
        Self::in_folder(folder, clock, width, height)
    }

    fn in_folder(folder: Arc<tempfile::TempDir>, clock: Clock, width: f32, height: f32) -> Self {
        let start = Start {
            folder: Some(folder.path().join("winter-beverages")),
            open: None,
            clock,
            cage: Some(folder.path().to_path_buf()),
        };
        let harness = Harness::builder()
            .with_size([width, height])
            .with_step_dt(1.0 / 60.0)
            .build_eframe(move |cc| Drydock::new(&cc.egui_ctx, start));
        let mut bench = Self { harness, folder };
        bench.settle();
        bench
    }

    /// Closes the window without a goodbye, as a kill does, and opens another on the same workspace.
    pub(crate) fn killed_and_restarted(self) -> Self {
        let folder = Arc::clone(&self.folder);
        drop(self.harness);
        Self::in_folder(folder, Clock::fixed(1_763_460_000_000), 1440.0, 900.0)
    }

    /// The workspace.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.path().join("winter-beverages")
    }

    /// A file beside the workspace.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Paints frames until no job runs and nothing was asked for in the last few.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        let since = Instant::now();
        let mut quiet = 0;
        while quiet < 6 {
            self.harness.step();
            quiet = if self.harness.state().is_busy() { 0 } else { quiet + 1 };
            if quiet == 0 {
                std::thread::sleep(Duration::from_millis(3));
            }
            assert!(
                since.elapsed() < PATIENCE,
                "a job does not end; status: {:?}",
                self.harness.state().status()
            );
        }
    }

    /// Paints frames until a label is there.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, label: &str) {
        let since = Instant::now();
        while self.harness.query_all_by_label_contains(label).next().is_none() {
            self.harness.step();
            std::thread::sleep(Duration::from_millis(3));
            assert!(since.elapsed() < PATIENCE, "'{label}' does not appear; there are: {}", self.labels());
        }
    }

    /// Paints frames until a text is shown, in labels without a name, too.
    #[track_caller]
    pub(crate) fn wait_till_said(&mut self, text: &str) {
        let since = Instant::now();
        while !self.says(text) {
            self.harness.step();
            std::thread::sleep(Duration::from_millis(3));
            assert!(since.elapsed() < PATIENCE, "'{text}' is not said; there are: {}", self.labels());
        }
    }

    /// Lets more than a second pass, so that what changed is written.
    pub(crate) fn let_time_pass(&mut self) {
        for _ in 0..100 {
            self.harness.step();
        }
        self.settle();
    }

    /// Clicks what has that accessible name.
    #[track_caller]
    pub(crate) fn click(&mut self, label: &str) {
        self.one(label).click();
        self.harness.step();
        self.settle();
    }

    /// The one thing with that accessible name.
    #[track_caller]
    pub(crate) fn one<'a>(&'a self, label: &'a str) -> Node<'a> {
        let found = self.harness.query_all_by_label(label).next();
        found.unwrap_or_else(|| panic!("nothing is called '{label}'; there are: {}", self.labels()))
    }

    /// The field with that accessible name: a label beside it may say the same.
    #[track_caller]
    pub(crate) fn field<'a>(&'a self, label: &'a str) -> Node<'a> {
        use egui::accesskit::Role;
        let is_field = |node: &Node<'_>| {
            matches!(node.accesskit_node().role(), Role::TextInput | Role::PasswordInput | Role::SearchInput)
        };
        let found = self.harness.query_all_by_label(label).find(is_field);
        found.unwrap_or_else(|| panic!("no field is called '{label}'; there are: {}", self.labels()))
    }

    /// Whether anything's accessible name holds that text.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    /// Whether any text that is shown holds that one, labels without a name included.
    pub(crate) fn says(&self, text: &str) -> bool {
        let found = |node: &Node<'_>| {
            let node = node.accesskit_node();
            node.value().is_some_and(|value| value.contains(text))
                || node.label().is_some_and(|label| label.contains(text))
        };
        self.harness.query_all_by(|_| true).any(|node| found(&node))
    }

    /// The first text that begins so.
    #[track_caller]
    pub(crate) fn text_of(&self, start: &str) -> String {
        let mut texts = self.harness.query_all_by(|_| true).filter_map(|node| {
            let node = node.accesskit_node();
            node.label().or(node.value())
        });
        let found = texts.find(|text| text.starts_with(start));
        found.unwrap_or_else(|| panic!("nothing begins with '{start}'; there are: {}", self.labels()))
    }

    /// Every accessible name, for messages.
    pub(crate) fn labels(&self) -> String {
        let mut labels: Vec<String> = self
            .harness
            .query_all_by(|_| true)
            .filter_map(|node| node.accesskit_node().label())
            .filter(|label| !label.trim().is_empty())
            .collect();
        labels.dedup();
        labels.join(" | ")
    }

    /// Presses a key.
    pub(crate) fn key(&mut self, key: Key) {
        self.keys(Modifiers::NONE, key);
    }

    /// Presses a key with modifiers.
    pub(crate) fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
        self.settle();
    }

    /// Types into the focused field.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.step();
        self.settle();
    }

    /// Types into the field of that name, in place of what stands there.
    #[track_caller]
    pub(crate) fn fill(&mut self, field: &str, text: &str) {
        self.field(field).focus();
        self.harness.step();
        self.keys(Modifiers::COMMAND, Key::A);
        self.type_text(text);
    }

    /// Drops a file on the window, and waits until it was taken in.
    pub(crate) fn drop_file(&mut self, path: &Path) {
        self.offer(path);
        self.harness.step();
        self.settle();
    }

    /// Drops a file on the window; the next frame sees it.
    pub(crate) fn offer(&mut self, path: &Path) {
        self.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.to_path_buf())));
    }

    /// What the last frame copied to the clipboard, if anything.
    fn copied(&self) -> Option<String> {
        self.harness.output().platform_output.commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// Asks for a copy, as Ctrl+C does, and says what went to the clipboard.
    #[track_caller]
    pub(crate) fn copy(&mut self) -> String {
        self.harness.input_mut().events.push(egui::Event::Copy);
        for _ in 0..6 {
            self.harness.step();
            if let Some(text) = self.copied() {
                return text;
            }
        }
        panic!("nothing was copied; status: {}", self.status());
    }

    /// Clicks what has that accessible name, and says what went to the clipboard.
    #[track_caller]
    pub(crate) fn copied_by(&mut self, label: &str) -> String {
        self.one(label).click();
        for _ in 0..6 {
            self.harness.step();
            if let Some(text) = self.copied() {
                return text;
            }
        }
        panic!("'{label}' copied nothing; status: {}", self.status());
    }

    /// What the status line says.
    pub(crate) fn status(&self) -> String {
        self.harness.state().status().unwrap_or("").to_owned()
    }

    /// Takes a picture and compares it with the one in `tests/snapshots`.
    #[track_caller]
    pub(crate) fn picture(&mut self, name: &str) {
        // a pointer that rests nowhere, and no blinking cursor
        self.harness.ctx.all_styles_mut(|style| style.visuals.text_cursor.blink = false);
        self.harness.input_mut().events.push(egui::Event::PointerGone);
        self.settle();
        self.harness.snapshot(name);
    }
}

/// A file that is dropped.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}
