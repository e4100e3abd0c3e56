//! The ways on from a file that could not be read: one list for the page and for the keyboard.

use eframe::egui::Key;

use super::{Command, Results};
use crate::app::command::Command as AppCommand;
use crate::app::picker::Purpose;
use crate::app::state::Problem;
use crate::app::theme::Icon;
use crate::app::widgets::format;
use crate::data::{Quote, ReadOptions};

/// A way on. None of them changes the file on disk.
pub(super) struct Way {
    pub(super) icon: Icon,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) button: String,
    pub(super) key: Option<Key>,
    pub(super) command: AppCommand,
}

impl Way {
    fn new(
        icon: Icon,
        title: impl Into<String>,
        about: &str,
        button: impl Into<String>,
        command: impl Into<AppCommand>,
    ) -> Self {
        let (title, about) = (title.into(), about.to_owned());
        Self { icon, title, about, button: button.into(), key: None, command: command.into() }
    }

    fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }
}

/// The ways on, the likeliest first.
pub(super) fn ways(results: &Results, problem: &Problem) -> Vec<Way> {
    let mut ways = Vec::new();
    if let Some((_, options)) = &results.reading {
        let retry = |options: ReadOptions| Command::Retry(Box::new(options));
        if problem.title.contains("quote") && options.quote != Some(Quote::None) {
            let plain = ReadOptions { quote: Some(Quote::None), ..options.clone() };
            let about = "Each stands for itself.";
            ways.push(
                Way::new(Icon::WRENCH, "Quotes as characters", about, "Read without quotes", retry(plain))
                    .key(Key::Enter),
            );
        }
        if let Some(line) = problem.line {
            let number = format::count(line);
            let mut without = options.clone();
            without.without_lines.insert(line);
            let about = "All the others are read.";
            let way = Way::new(
                Icon::PROHIBIT,
                format!("Leave line {number} out"),
                about,
                format!("Skip line {number}"),
                retry(without),
            );
            ways.push(way.key(Key::S));
            // the header at least, and a row
            if line > 2 {
                let before = ReadOptions { last_line: Some(line - 1), ..options.clone() };
                let title = format!("Use lines 1 to {}", format::count(line - 1));
                let about = "What follows is not read.";
                ways.push(Way::new(Icon::ROWS, title, about, "Use what was read", retry(before)).key(Key::U));
            }
        }
        if *options != ReadOptions::default() {
            let about = "Forget every setting that was fixed, for the file and for columns.";
            let detected = Command::Retry(Box::default());
            ways.push(Way::new(
                Icon::ARROW_COUNTER_CLOCKWISE,
                "Read it as detected",
                about,
                "Detect all",
                detected,
            ));
        }
        ways.push(Way::new(
            Icon::SLIDERS_HORIZONTAL,
            "Change how it is read",
            "With a preview of the first rows.",
            "Read settings…",
            Command::OpenSettings,
        ));
        ways.push(Way::new(
            Icon::FILE_TEXT,
            "Read the same file again",
            "After you mended it elsewhere.",
            "Try again",
            retry(options.clone()),
        ));
    }
    ways.push(Way::new(
        Icon::FOLDER_OPEN,
        "Open another file",
        "A CSV, a TSV, or another text with columns.",
        "Choose a file…",
        AppCommand::Choose(Purpose::OpenData),
    ));
    ways
}
