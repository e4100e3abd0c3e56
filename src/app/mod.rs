//! The window. egui lives only here.
//!
//! So far it opens data and shows what is in it: the same reading and the same profile as `drydock inspect`, worked
//! out by a named thread while the window stays alive.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};

use eframe::egui;

use crate::data::profile::{ColumnProfile, Summary, profile};
use crate::data::{Loaded, ReadOptions, Source, number_text, read_csv, samples};
use crate::work::Progress;

/// Opens the window and returns when it is closed. `data` is opened first, if given.
///
/// # Errors
/// A message when there is no display or no usable graphics driver.
pub fn run(data: Option<PathBuf>) -> Result<(), String> {
    let viewport = egui::ViewportBuilder::default()
        .with_title("Drydock")
        .with_inner_size([1100.0, 720.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    let start = move |creation: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        let mut app = App::default();
        if let Some(path) = data {
            app.path = path.display().to_string();
            app.open_path(&creation.egui_ctx);
        }
        Ok(Box::new(app))
    };
    eframe::run_native("drydock", options, Box::new(start)).map_err(|error| match error {
        eframe::Error::WinitEventLoop(_) => "there is no display".to_owned(),
        other => other.to_string(),
    })
}

/// What a reading thread sends: the data and its profile, or a message.
type Outcome = Result<(Loaded, Vec<ColumnProfile>), String>;

#[derive(Default)]
struct App {
    /// The path as typed.
    path: String,
    /// What is being read, until its thread has sent the outcome.
    running: Option<(String, Progress, Receiver<Outcome>)>,
    shown: Option<(String, Loaded, Vec<ColumnProfile>)>,
    problem: Option<String>,
}

impl App {
    fn open_path(&mut self, ctx: &egui::Context) {
        match Source::open(self.path.trim()) {
            Ok(source) => self.open(source, ctx),
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    fn open(&mut self, source: Source, ctx: &egui::Context) {
        if let Some((_, progress, _)) = self.running.take() {
            progress.cancel();
        }
        self.problem = None;
        let (send, receive) = sync_channel(1);
        let (name, progress, ctx) = (source.name(), Progress::new(), ctx.clone());
        let watched = progress.clone();
        let work = move || {
            let outcome = read_csv(&source, &ReadOptions::default(), &watched)
                .map_err(|error| error.to_string())
                .and_then(|loaded| {
                    let profiles = profile(&loaded.table, &watched).map_err(|error| error.to_string())?;
                    Ok((loaded, profiles))
                });
            // nobody listens when something else was opened meanwhile
            drop(send.send(outcome));
            ctx.request_repaint();
        };
        match std::thread::Builder::new().name("inspect".into()).spawn(work) {
            Ok(_) => self.running = Some((name, progress, receive)),
            Err(error) => self.problem = Some(format!("can't start a thread: {error}")),
        }
    }

    fn choose_ui(&mut self, ui: &mut egui::Ui) {
        ui.heading("Data");
        ui.label("Type a path, or drop a CSV file on the window.");
        let field = ui.add(egui::TextEdit::singleline(&mut self.path).hint_text("path of a CSV file"));
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if ui.button("Open").clicked() || entered {
            let ctx = ui.ctx().clone();
            self.open_path(&ctx);
        }
        ui.separator();
        ui.strong("Bundled samples");
        for sample in samples::all() {
            let title = if sample.generated {
                format!("{} (generated)", sample.title)
            } else {
                sample.title.to_owned()
            };
            if ui.button(title).on_hover_text(sample.story).clicked() {
                let ctx = ui.ctx().clone();
                self.open(Source::from_bytes(sample.file, sample.bytes()), &ctx);
            }
        }
        ui.separator();
        ui.label("Training, prediction and evaluation are on the command line: drydock --help");
    }

    fn data_ui(&self, ui: &mut egui::Ui) {
        if let Some((name, progress, _)) = &self.running {
            let (done, total) = progress.state();
            ui.add(egui::ProgressBar::new(done as f32 / total.max(1) as f32).text(format!("reading {name}")));
        }
        if let Some(problem) = &self.problem {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        }
        let Some((name, loaded, profiles)) = &self.shown else {
            if self.running.is_none() && self.problem.is_none() {
                ui.label("Nothing is open yet. Choose a sample on the left, or open a file of your own.");
            }
            return;
        };
        ui.heading(name);
        ui.label(format!(
            "{} rows × {} columns · {} · delimiter {:?}",
            loaded.table.n_rows(),
            profiles.len(),
            loaded.dialect.encoding,
            char::from(loaded.dialect.delimiter)
        ));
        egui::ScrollArea::both().show(ui, |ui| {
            egui::Grid::new("columns").striped(true).spacing([20.0, 4.0]).show(ui, |ui| {
                for title in ["column", "type", "missing", "distinct", "min", "max", "mean", "std"] {
                    ui.strong(title);
                }
                ui.end_row();
                for profile in profiles {
                    column_ui(ui, profile);
                    ui.end_row();
                }
            });
            for warning in loaded.warnings.iter().take(100) {
                ui.label(format!("line {}: {}", warning.line, warning.message));
            }
        });
    }
}

fn column_ui(ui: &mut egui::Ui, profile: &ColumnProfile) {
    ui.label(&profile.name);
    ui.label(profile.kind.name());
    ui.label(profile.missing.to_string());
    ui.label(profile.distinct.to_string());
    match &profile.summary {
        Some(Summary::Number(number)) => {
            for value in [Some(number.min), Some(number.max), Some(number.mean), number.std] {
                ui.label(value.map_or_else(|| "–".to_owned(), number_text));
            }
        }
        Some(Summary::Date(date)) => {
            ui.label(crate::data::date::format_iso(date.min));
            ui.label(crate::data::date::format_iso(date.max));
        }
        Some(Summary::Levels(levels)) => {
            let texts: Vec<&str> = levels.iter().take(4).map(|level| level.text.as_str()).collect();
            ui.label(texts.join(", "));
        }
        None => {}
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        let dropped =
            ctx.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
        if let Some(path) = dropped {
            self.path = path.display().to_string();
            self.open_path(ctx);
        }
        let Some((name, _, receive)) = &self.running else { return };
        match receive.try_recv() {
            Ok(Ok((loaded, profiles))) => {
                self.shown = Some((name.clone(), loaded, profiles));
                self.running = None;
            }
            Ok(Err(problem)) => {
                self.problem = Some(problem);
                self.running = None;
            }
            Err(std::sync::mpsc::TryRecvError::Empty) => {
                ctx.request_repaint_after(std::time::Duration::from_millis(100));
            }
            Err(std::sync::mpsc::TryRecvError::Disconnected) => {
                self.problem = Some(format!("reading {name} ended without a result; please report this"));
                self.running = None;
            }
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        egui::Panel::left("choose").exact_size(280.0).show(ui, |ui| self.choose_ui(ui));
        egui::CentralPanel::default().show(ui, |ui| self.data_ui(ui));
    }
}
