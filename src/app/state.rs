//! The one state tree: what is true ([`Truth`]), what is shown ([`Screen`], kept over a restart), what was worked out
//! for the pages ([`Results`]) and what runs ([`Work`]).

use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::Command;
use super::job::{JobStatus, Slot};
use super::pages::{PageId, data, drift, predict, requests, serve, train, walkthrough};
use super::picker::Picker;
use crate::data::profile::ColumnProfile;
use crate::data::{Column, ColumnKind, Loaded, ReadOptions};
use crate::inference::Predictor;
use crate::lesson::{Language, Scenario};
use crate::model::{Model, Policy};
use crate::work::Clock;
use crate::workspace::registry::{Change, Rollout, What, note};
use crate::workspace::{DataRef, Entry, Folder, Role};

/// Everything the window knows.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) truth: Truth,
    pub(crate) screen: Screen,
    pub(crate) results: Results,
    pub(crate) work: Work,
}

/// What is true, whatever is shown.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// The workspace's folder; `None` while nothing is kept (in tests).
    pub(crate) folder: Option<Folder>,
    /// The table that is open. The old one stays while another is read, and when reading it fails.
    pub(crate) dataset: Loadable<Arc<Dataset>>,
    /// What each column is for, where it was said; see [`Truth::role`].
    pub(crate) roles: BTreeMap<String, Role>,
    /// The rules for missing values of single columns; the others follow the model's.
    pub(crate) missing: BTreeMap<String, Policy>,
    /// The models, oldest first.
    pub(crate) versions: Vec<Version>,
    /// The number of the model that answers predictions.
    pub(crate) champion: Option<u32>,
    /// The number the next model gets.
    pub(crate) next_number: u32,
    /// The version beside the champion, as it was wished for; see [`Truth::challenger`].
    pub(crate) rollout: Rollout,
    /// What became of the models, oldest first.
    pub(crate) history: Vec<Change>,
}

impl Truth {
    /// The open table.
    pub(crate) fn data(&self) -> Option<&Arc<Dataset>> {
        self.dataset.value.as_ref()
    }

    /// The model that answers predictions.
    pub(crate) fn champion(&self) -> Option<&Version> {
        self.version(self.champion?)
    }

    /// The version of that number.
    pub(crate) fn version(&self, number: u32) -> Option<&Version> {
        self.versions.iter().find(|version| version.entry.number == number)
    }

    /// Every version that could stand in for the champion: it predicts the same, under the same name.
    pub(crate) fn challengers(&self) -> Vec<&Version> {
        let Some(champion) = self.champion() else { return Vec::new() };
        let same = |version: &&Version| {
            let (a, b) = (version.model(), champion.model());
            version.entry.number != champion.entry.number
                && (&a.name, &a.output.name, a.task) == (&b.name, &b.output.name, b.task)
                // the same model twice is one version to a server
                && a.version != b.version
        };
        self.versions.iter().filter(same).collect()
    }

    /// The version beside the champion, if it is still there and could stand in for it.
    pub(crate) fn challenger(&self) -> Option<&Version> {
        self.challengers().into_iter().find(|version| Some(version.entry.number) == self.rollout.challenger)
    }

    /// What a column is for: as said; else a feature, but for dates and texts, which have to be asked for.
    pub(crate) fn role(&self, column: &str) -> Role {
        let kind = || self.data().and_then(|data| data.loaded.table.column(column)).map(Column::kind);
        self.roles.get(column).copied().unwrap_or_else(|| usual_role(kind()))
    }

    /// As [`Truth::role`], of a column that is at hand.
    pub(crate) fn role_of(&self, profile: &ColumnProfile) -> Role {
        self.roles.get(&profile.name).copied().unwrap_or_else(|| usual_role(Some(profile.kind)))
    }

    /// The column to predict, if one is chosen and there.
    pub(crate) fn target(&self) -> Option<&str> {
        let target = self.roles.iter().find(|(_, role)| **role == Role::Target)?.0;
        self.data()?.loaded.table.column(target).map(|column| column.name.as_str())
    }
}

/// What a column is for where nobody said.
fn usual_role(kind: Option<ColumnKind>) -> Role {
    match kind {
        Some(ColumnKind::Date | ColumnKind::Text) => Role::Ignore,
        _ => Role::Feature,
    }
}

/// A table that was read, with what is shown of it.
#[derive(Debug)]
pub(crate) struct Dataset {
    /// Where it comes from.
    pub(crate) from: DataRef,
    /// What was fixed about reading it.
    pub(crate) options: ReadOptions,
    /// The table and how it was read.
    pub(crate) loaded: Loaded,
    /// A profile of each column, in table order.
    pub(crate) profiles: Vec<ColumnProfile>,
    /// What is drawn of each column, in table order.
    pub(crate) charts: Vec<crate::data::chart::ColumnChart>,
    /// How long reading took.
    pub(crate) seconds: f64,
}

/// A trained model.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// Its number, name and note.
    pub(crate) entry: Entry,
    /// The model, ready to predict.
    pub(crate) predictor: Arc<Predictor>,
    /// What its evaluation found, for the charts; `None` for a model that was opened from a file.
    pub(crate) report: Option<Arc<train::Report>>,
}

impl Version {
    /// The model.
    pub(crate) fn model(&self) -> &Arc<Model> {
        self.predictor.model()
    }
}

/// A value that is read or worked out by a job; the old one stays until the new one is there.
#[derive(Debug)]
pub(crate) struct Loadable<T> {
    /// The value, if there has ever been one.
    pub(crate) value: Option<T>,
    /// Whether a job is at work on a new one.
    pub(crate) loading: bool,
    /// Why the last attempt failed.
    pub(crate) problem: Option<Problem>,
}

impl<T> Default for Loadable<T> {
    fn default() -> Self {
        Self { value: None, loading: false, problem: None }
    }
}

impl<T> Loadable<T> {
    /// A job has begun.
    pub(crate) fn begin(&mut self) {
        self.loading = true;
        self.problem = None;
    }

    /// The job has its result.
    pub(crate) fn done(&mut self, value: T) {
        *self = Self { value: Some(value), loading: false, problem: None };
    }

    /// The job failed.
    pub(crate) fn failed(&mut self, problem: Problem) {
        self.loading = false;
        self.problem = Some(problem);
    }

    /// The job was cancelled.
    pub(crate) fn cancelled(&mut self) {
        self.loading = false;
    }
}

/// What went wrong, in words: what happened, and where and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Problem {
    /// What happened, in a sentence without full stop.
    pub(crate) title: String,
    /// Where, and what to do.
    pub(crate) detail: String,
    /// The line of the file, where there is one.
    pub(crate) line: Option<u64>,
}

impl Problem {
    /// A problem.
    pub(crate) fn new(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { title: title.into(), detail: detail.into(), line: None }
    }

    /// A panic of a job.
    pub(crate) fn crash(panic: &(dyn Any + Send)) -> Self {
        let what = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".into());
        Self::new(
            "This job ended by a fault of the program",
            format!("The window and your work are untouched. Please report it: {what}"),
        )
    }
}

/// Light, dark, or as the system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ThemeChoice {
    Light,
    Dark,
    #[default]
    Auto,
}

/// What is shown. Kept over a restart, but for what is marked.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Screen {
    pub(crate) page: PageId,
    pub(crate) theme: ThemeChoice,
    /// The lesson's language.
    pub(crate) language: Language,
    pub(crate) projector: bool,
    pub(crate) guide_open: bool,
    /// What was opened last, latest first.
    pub(crate) recent: Vec<DataRef>,
    pub(crate) data: data::Draft,
    pub(crate) train: train::Draft,
    pub(crate) predict: predict::Draft,
    pub(crate) requests: requests::Draft,
    pub(crate) serve: serve::Draft,
    pub(crate) drift: drift::Draft,
    pub(crate) walkthrough: walkthrough::Draft,
    /// The command palette, while it is open.
    #[serde(skip)]
    pub(crate) palette: Option<Palette>,
    /// The in-app file picker, while it is open.
    #[serde(skip)]
    pub(crate) picker: Option<Picker>,
    /// The settings, while they are open.
    #[serde(skip)]
    pub(crate) settings: bool,
    /// What just happened, for the status line.
    #[serde(skip)]
    pub(crate) status: Option<Status>,
    /// A notice with a way back.
    #[serde(skip)]
    pub(crate) undo: Vec<Undo>,
    /// Everything that went wrong, latest last.
    #[serde(skip)]
    pub(crate) log: Vec<Status>,
    /// F6 was pressed: the focus goes to the next panel, or (true) the one before.
    #[serde(skip)]
    pub(crate) panel_step: Option<bool>,
    /// A file is held over the window.
    #[serde(skip)]
    pub(crate) hovered_file: Option<String>,
}

/// The command palette.
#[derive(Debug, Default, Clone)]
pub(crate) struct Palette {
    /// What was typed.
    pub(crate) query: String,
    /// Which of the found is marked.
    pub(crate) at: usize,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    /// How it went.
    pub(crate) kind: StatusKind,
    /// What, in a sentence without full stop.
    pub(crate) text: String,
    /// When.
    pub(crate) at_unix_millis: i64,
}

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusKind {
    Done,
    Note,
    Failed,
}

/// A step that can be taken back.
#[derive(Debug, Clone)]
pub(crate) struct Undo {
    /// What was done: "Deleted v2".
    pub(crate) what: String,
    /// What takes it back.
    pub(crate) command: Command,
}

/// What jobs worked out for the pages; gone after a restart.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) data: data::Results,
    pub(crate) train: train::Results,
    pub(crate) predict: predict::Results,
    pub(crate) requests: requests::Results,
    pub(crate) serve: serve::Results,
    pub(crate) drift: drift::Results,
    pub(crate) walkthrough: walkthrough::Results,
}

/// What runs.
#[derive(Debug)]
pub(crate) struct Work {
    /// The jobs, as of this frame.
    pub(crate) jobs: Vec<JobStatus>,
    /// What time it is.
    pub(crate) clock: Clock,
    /// Why the desktop has no file dialog, when it has none.
    pub(crate) no_dialog: Option<String>,
    /// The one folder whose files may be opened and written; `None` sets no bounds.
    pub(crate) cage: Option<PathBuf>,
    /// Another workspace is wanted.
    pub(crate) switch: Option<Switch>,
}

/// Which workspace is wanted in place of the open one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Switch {
    /// One for a step of the lesson, that is gone afterwards.
    Rehearse { unit: String, step: String },
    /// One for a scenario, whose data lie in that folder; it is gone afterwards.
    Scenario(Box<Scenario>, PathBuf),
    /// That of before.
    Back,
}

impl Work {
    /// The job in a slot.
    pub(crate) fn job(&self, slot: Slot) -> Option<&JobStatus> {
        self.jobs.iter().find(|job| job.slot == slot)
    }
}

impl AppState {
    /// A fresh state.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            truth: Truth { next_number: 1, ..Truth::default() },
            screen: Screen { guide_open: true, page: PageId::Data, ..Screen::default() },
            results: Results::default(),
            work: Work { jobs: Vec::new(), clock, no_dialog: None, cage: None, switch: None },
        }
    }

    /// Says what happened on the status line.
    pub(crate) fn say(&mut self, kind: StatusKind, text: impl Into<String>) {
        let status = Status { kind, text: text.into(), at_unix_millis: self.work.clock.unix_millis() };
        if kind == StatusKind::Failed {
            self.screen.log.push(status.clone());
            // the log is for reading, not for keeping
            if self.screen.log.len() > 200 {
                self.screen.log.remove(0);
            }
        }
        self.screen.status = Some(status);
    }

    /// Notes in the registry what became of a version.
    pub(crate) fn note(&mut self, number: u32, what: What) {
        let Some(version) = self.truth.version(number) else { return };
        let version = version.model().version.clone();
        let at_unix_millis = self.work.clock.unix_millis();
        note(&mut self.truth.history, Change { at_unix_millis, number, version, what });
    }

    /// Makes a version the champion. What it did beside the one before is over.
    pub(crate) fn crown(&mut self, number: u32) {
        if self.truth.champion != Some(number) {
            self.end_rollout();
        }
        let before = self.truth.champion.replace(number);
        if before != Some(number) {
            self.note(number, What::Champion { before });
        }
    }

    /// What the challenger did beside the champion ends.
    pub(crate) fn end_rollout(&mut self) {
        let rollout = std::mem::take(&mut self.truth.rollout);
        let Some(number) = rollout.challenger else { return };
        if rollout.canary > 0 {
            self.note(number, What::Canary { percent: 0 });
        }
        if rollout.mirrored {
            self.note(number, What::Shadow { on: false });
        }
    }

    /// Says that something was removed, and keeps the way back.
    pub(crate) fn removed(&mut self, what: impl Into<String>, command: Command) {
        let what = what.into();
        self.say(StatusKind::Done, what.clone());
        self.screen.undo.push(Undo { what, command });
    }

    /// Puts a table in front of the list of recent ones.
    pub(crate) fn remember(&mut self, from: &DataRef) {
        self.screen.recent.retain(|other| other != from);
        self.screen.recent.insert(0, from.clone());
        self.screen.recent.truncate(10);
    }

    /// The folder to begin in when a file is looked for: that of the open file, else the home folder.
    pub(crate) fn start_folder(&self) -> PathBuf {
        if let Some(cage) = &self.work.cage {
            return cage.clone();
        }
        let open = self.truth.data().and_then(|data| match &data.from {
            DataRef::Path(path) => path.parent().map(PathBuf::from),
            _ => None,
        });
        open.filter(|folder| folder.is_absolute())
            .or_else(|| std::env::home_dir().filter(|home| home.is_absolute()))
            .unwrap_or_else(|| PathBuf::from("."))
    }
}
