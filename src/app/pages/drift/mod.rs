//! The Drift page: change the world, watch the model age, decide what to do about it.

mod advice;
mod again;
mod apply;
mod cards;
mod challenger;
mod controls;
mod detail;
mod followed;
mod jobs;
mod lab;
mod labels;
mod live;
mod methods;
mod one_by_one;
mod page;
mod past;
mod policies;
mod predicted;
mod registry;
mod results;
mod sending;
mod served;
mod watched;
mod weeks;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};

use apply::not_begun;
pub(crate) use apply::{apply, cancelled, escape, failed, happened};
pub(crate) use jobs::carry_out;
use lab::{Lab, Prepared};
use live::Live;
use methods::Methods;
use one_by_one::Refined;
pub(crate) use page::drift_page_ui;
pub(crate) use past::{Again, Found, PastId};
use policies::{Policies, ReplayAsked, Revealed};
pub(crate) use results::{Asked, Challenge, Results, Weeks, World};
use sending::Look;
use served::{MonitorDraft, Sent, Served};

use crate::app::command::{Action, Command as AppCommand};
use crate::app::job::Slot;
use crate::app::picker::Purpose;
use crate::app::state::{AppState, Dataset, Problem, Truth};
use crate::app::theme::Icon;
use crate::data::{ColumnKind, Table};
use crate::drift::lab::{Concept, Preset, Schedule, Shifts, winter_presets};
use crate::drift::retraining::{Duel, RetrainPolicy};
use crate::inference::Predictor;
use crate::lesson::Line;
use crate::workspace::log::LogRow;

/// What compares two versions.
pub(super) const COMPARE: &str = "Compare champion and challenger";
/// The weeks of the timeline.
pub(super) const WEEKS: usize = 20;
/// From this many times its loss before on, the model is called worse.
pub(super) const WORSE: f64 = 1.25;
/// The week in which a change begins unless the sliders say otherwise.
const FROM: usize = 8;

/// What the page shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// The sliders, their effect, the decision.
    #[default]
    Laboratory,
    /// Five statistics against each other.
    Methods,
    /// Re-training policies against each other.
    Policies,
    /// The served model, by its log.
    Monitor,
    /// Every version and what became of it; every past prediction.
    Registry,
}

/// What a model is trained on again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Learn {
    /// The last weeks whose true values are known.
    #[default]
    Recent,
    /// What the champion learned from, and every week since.
    All,
    /// What the champion learned from and the last weeks, which weigh as much.
    Weighted,
}

impl Learn {
    const ALL: [(&'static str, Self); 3] =
        [("recent", Self::Recent), ("all", Self::All), ("weighted", Self::Weighted)];

    /// What it is called in a script.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(own, _)| *own == name).map(|(_, learn)| *learn)
    }

    /// What to click.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Recent => "Retrain on recent data",
            Self::All => "Retrain on all data",
            Self::Weighted => "Retrain, recent data weighted",
        }
    }

    /// What it learns from.
    pub(super) fn rows(self) -> &'static str {
        match self {
            Self::Recent => "recent rows",
            Self::All => "all rows",
            Self::Weighted => "old rows and recent ones, weighted",
        }
    }
}

/// What the learner set on this page; kept over a restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// The sliders.
    pub(crate) shifts: Shifts,
    /// The scenario that the sliders were last set by.
    pub(crate) scenario: Option<String>,
    /// The input whose sliders the pointer or the focus is at, and whether those may move values one by one.
    #[serde(skip)]
    pub(crate) near: Option<(String, bool)>,
    /// When what a move of that input asks for was read, in seconds of the window's time.
    #[serde(skip)]
    pub(crate) near_since: f64,
    /// Weeks until the true values are known.
    pub(crate) delay: u64,
    /// Whether a slider was moved or a scenario chosen, ever.
    pub(crate) changed: bool,
    /// What is learned from when it is trained again.
    pub(crate) learn: Learn,
    /// How the rule itself changed before it was switched off.
    pub(crate) held: Option<Concept>,
    /// What is shown.
    pub(crate) part: Part,
    pub(crate) methods: Methods,
    pub(crate) policies: Policies,
    pub(crate) monitor: MonitorDraft,
    /// What past predictions are looked for by.
    pub(crate) past: String,
    /// The past prediction that is looked at.
    pub(crate) prediction: Option<PastId>,
    /// The inputs whose further sliders are shown.
    #[serde(skip)]
    pub(crate) open: BTreeSet<String>,
    /// The input that is looked at closely.
    #[serde(skip)]
    pub(crate) chosen: Option<String>,
    /// For how many frames no slider moved, up to a few.
    #[serde(skip)]
    pub(crate) at_rest: u8,
    /// What the sliders make of the inputs, so that no frame works it out again.
    #[serde(skip)]
    pub(crate) live: Option<Arc<Live>>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            near: None,
            near_since: 0.0,
            shifts: unmoved(),
            scenario: None,
            delay: 2,
            changed: false,
            learn: Learn::default(),
            held: None,
            part: Part::default(),
            methods: Methods::default(),
            policies: Policies::default(),
            monitor: MonitorDraft::default(),
            past: String::new(),
            prediction: None,
            open: BTreeSet::new(),
            chosen: None,
            at_rest: 0,
            live: None,
        }
    }
}

/// No slider moved; a change would come all at once.
pub(crate) fn unmoved() -> Shifts {
    Shifts { schedule: Schedule::Sudden { from: FROM }, ..Shifts::default() }
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Make the rows ready.
    Prepare,
    /// Work the verdicts out.
    Measure,
    /// Work out from all rows what is known from a part of them.
    Refine,
    /// Simulate the weeks.
    Simulate,
    /// No longer: the sliders are elsewhere.
    StopSimulating,
    /// Set all sliders by a scenario.
    Scenario(&'static str),
    /// A slider was moved.
    Moved,
    /// The pointer, or the focus, is at the sliders of that input; whether those may move values one by one.
    Near(String, bool),
    /// All sliders back.
    Reset,
    /// Look at an input closely, or no longer.
    Choose(Option<String>),
    /// Train on recent rows, and compare on later ones.
    Retrain,
    /// Compare the champion with the challenger, on later rows.
    Compare,
    /// Play the re-training policies.
    Replay,
    /// Look past predictions up.
    Find,
    /// Run the chosen prediction again.
    RunAgain,
    /// Show where the answer to that request comes from.
    Provenance(String),
    /// Show another part of the page.
    Show(Part),
    /// Send the weeks' rows through the server, and watch its log.
    Send,
    /// Read the log again.
    Watch,
    /// The next labels come.
    Deliver,
    /// Labels come from a file.
    OpenLabels(PathBuf),
    /// The version that is tried beside the champion.
    Challenger(Option<u32>),
    /// The share of the requests that it answers, in percent.
    Canary(u8),
    /// Whether it is asked along.
    Mirror(bool),
    /// Someone knows of this alert, raised by the window of that time.
    Acknowledge(String, i64),
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Prepare,
    Measure(Asked),
    /// Read what a move of that input asks for, and with a yes what a move of its values one by one does.
    Touch(String, bool),
    /// The inputs of these names, from all rows.
    Refine(Asked, Vec<String>),
    Simulate(Asked),
    Retrain(Asked, u32, Learn),
    Compare(Asked, u32),
    Replay(ReplayAsked),
    /// Look past predictions up that hold this text; wait until this request is there.
    Find(String, Option<String>),
    /// Run this prediction again.
    RunAgain(Box<LogRow>),
    Send(Asked),
    /// Watch the log.
    Watch(Look),
    /// Take labels from a file.
    Labels(PathBuf),
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    Prepared(Prepared),
    /// The rows do not fit.
    Unfit(u32, Arc<Dataset>, Problem),
    Measured(Box<World>),
    /// Inputs of this laboratory, from all rows.
    Refined(Arc<Lab>, Vec<Refined>),
    Simulated(Box<Weeks>),
    /// Rows were sent.
    Sent(Box<Sent>),
    /// Labels came from a file: so many, and so many lines without one.
    Labelled(usize, usize),
    /// The log was watched.
    Watched(Box<Served>),
    /// Past predictions were looked up.
    Found(Found),
    /// One of them was run again.
    RunAgain(Again),
    /// Two versions were compared.
    Compared(Box<Challenge>),
    /// Every policy was played.
    Replayed(Box<Revealed>),
    /// These sliders can't be worked out.
    Wrong(Slot, Asked, Problem),
    /// A model was trained on recent rows; with what went wrong in keeping it.
    Retrained {
        number: u32,
        predictor: Arc<Predictor>,
        learned: Arc<Table>,
        learn: Learn,
        duel: Box<Duel>,
        champion: u32,
        /// Whether neither has seen the rows that they are compared on.
        fair: bool,
        unsaved: Option<String>,
    },
}

/// The scenarios for the open table: those of the winter beverages where it has the columns that they move, wherever it
/// comes from; for other data there are only sliders.
pub(super) fn scenarios(truth: &Truth) -> Vec<Preset> {
    let Some(data) = truth.data() else { return Vec::new() };
    let is_number = |name: &String| {
        data.loaded.table.column(name).is_some_and(|column| column.kind() == ColumnKind::Number)
    };
    let presets = winter_presets();
    let fits = presets.iter().flat_map(|preset| preset.shifts.features.keys()).all(is_number);
    if fits { presets } else { Vec::new() }
}

/// The laboratory, if it is of the champion and the open table.
pub(super) fn ready<'a>(truth: &Truth, results: &'a Results) -> Option<&'a Arc<Lab>> {
    let prepared = results.lab.as_ref()?;
    let fits = truth.champion == Some(prepared.champion)
        && truth.data().is_some_and(|data| Arc::ptr_eq(data, &prepared.data));
    fits.then_some(&prepared.lab)
}

/// An input from all rows, at this place of its sliders, where it was worked out.
pub(super) fn exact<'a>(results: &'a Results, draft: &Draft, name: &str) -> Option<&'a Refined> {
    one_by_one::of_place(&results.exact, &draft.shifts, name)
}

/// What the results must be of to be of this moment.
pub(super) fn asked(truth: &Truth, draft: &Draft) -> Option<Asked> {
    Some(Asked { champion: truth.champion?, shifts: draft.shifts.clone(), delay: draft.delay })
}

/// Who is compared with the champion: who was trained last against it, else who stands beside it, else the latest.
pub(super) fn challenger_of(truth: &Truth, results: &Results) -> Option<u32> {
    let others = truth.challengers();
    let is_there = |number: &u32| others.iter().any(|version| version.entry.number == *number);
    let trained = results.challenge.as_ref().map(|challenge| challenge.challenger).filter(is_there);
    let beside = || truth.challenger().map(|version| version.entry.number);
    trained.or_else(beside).or_else(|| others.last().map(|version| version.entry.number))
}

fn challenger(state: &AppState) -> Option<u32> {
    challenger_of(&state.truth, &state.results.drift)
}

/// Whether the error of the champion crosses its line in the world of the sliders: then a model is what is needed next.
pub(crate) fn needs_a_model(state: &AppState) -> bool {
    let weeks = followed::followed(&state.truth, &state.results.drift, &state.screen.drift);
    weeks.is_some_and(|weeks| weeks.crossed().is_some())
}

/// How many inputs drifted at this place of the sliders.
fn drifted(state: &AppState) -> Option<usize> {
    let results = &state.results.drift;
    let columns = ready(&state.truth, results).and_then(|_| live::columns(results, &state.screen.drift))?;
    Some(columns.iter().filter(|column| column.drifted == Some(true)).count())
}

/// Whether everything that the laboratory shows is of this place of the sliders.
pub(crate) fn is_settled(state: &AppState) -> bool {
    let (results, draft) = (&state.results.drift, &state.screen.drift);
    let Some(lab) = ready(&state.truth, results) else { return false };
    let asked = asked(&state.truth, draft);
    let is_known = live::columns(results, draft).is_some() && live::prediction(results, draft).is_some();
    let has_weeks = results.weeks.as_ref().map(|weeks| &weeks.asked) == asked.as_ref();
    is_known && (has_weeks || lab.target.is_none())
}

/// What sets the sliders by a scenario, if the open table has it.
pub(crate) fn scenario(state: &AppState, name: &str) -> Option<AppCommand> {
    let preset = scenarios(&state.truth).into_iter().find(|preset| preset.name == name)?;
    Some(Command::Scenario(preset.name).into())
}

/// What a command of this page is in a script.
pub(crate) fn line_of(state: &AppState, command: &Command) -> Option<Line> {
    let draft = &state.screen.drift;
    Some(match command {
        Command::Send => Line::SendWeeks,
        Command::Compare => Line::Compare,
        Command::Retrain => {
            let name =
                Learn::ALL.iter().find(|(_, learn)| *learn == draft.learn).map_or("recent", |(name, _)| name);
            Line::RetrainOn(name.to_owned())
        }
        Command::Replay => {
            let policy = draft.policies.bet().and_then(|at| RetrainPolicy::ALL.get(at))?;
            Line::Commit(policy.title().to_owned())
        }
        _ => return None,
    })
}

/// How often the weeks' rows were sent.
pub(crate) fn runs(state: &AppState) -> usize {
    state.results.drift.monitor.runs
}

/// Chooses a re-training policy by its title, as a learner who commits to it does.
pub(crate) fn commit(state: &mut AppState, title: &str) {
    let at = RetrainPolicy::ALL.iter().position(|policy| policy.title() == title);
    state.screen.drift.policies.choose(at);
}

/// What the lesson asks of this page's state; see [`crate::lesson::FACTS`].
pub(crate) fn fact(state: &AppState, name: &str) -> Option<f64> {
    let results = &state.results.drift;
    let count = |n: usize| n as f64;
    Some(match name {
        // what is not known at this moment is no number, and fulfils no check
        "drift.drifted" => drifted(state).map_or(f64::NAN, count),
        "drift.crossed" => {
            let weeks = followed::followed(&state.truth, results, &state.screen.drift);
            weeks.map_or(f64::NAN, |weeks| f64::from(u8::from(weeks.crossed().is_some())))
        }
        "drift.windows" => {
            let served = results.monitor.served.as_ref();
            count(served.map_or(0, |served| served.watched.windows.len()))
        }
        "drift.compared" => f64::from(u8::from(results.challenge.is_some())),
        "drift.policies" => count(results.revealed.as_ref().map_or(0, |revealed| revealed.replays.len())),
        _ => return None,
    })
}

/// What the guide asks for on this page, and whether it is done.
pub(crate) fn tasks(state: &AppState) -> Vec<(&'static str, bool)> {
    let results = &state.results.drift;
    vec![
        ("Move a slider or choose a scenario", state.screen.drift.changed),
        ("Make an input drift", drifted(state).unwrap_or(0) > 0),
        ("See the error cross the line", needs_a_model(state)),
        ("Retrain on recent rows and compare", results.challenge.is_some()),
    ]
}

/// What can be done on this page.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    const NO_LAB: &str = "Open a table and train a model first";
    const KEYS: [Key; 6] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6];
    let ctrl = Modifiers::COMMAND;
    let is_ready = ready(&state.truth, &state.results.drift).is_some();
    let has_weeks = state.results.drift.weeks.is_some() && is_ready;
    let mut all = vec![
        Action::new(state.screen.drift.learn.title(), Icon::ARROW_COUNTER_CLOCKWISE, Command::Retrain)
            .keys(ctrl, Key::R)
            .when(has_weeks && state.results.drift.retraining.is_none(), NO_LAB),
        Action::new(COMPARE, Icon::SCALES, Command::Compare)
            .keys(Modifiers { shift: true, ..ctrl }, Key::C)
            .when(
                is_ready && challenger(state).is_some() && !state.results.drift.comparing,
                "There is one version only; retrain first",
            ),
        Action::new("Reset the sliders", Icon::SLIDERS_HORIZONTAL, Command::Reset)
            .keys(Modifiers::NONE, Key::Num0)
            .when(is_ready, NO_LAB),
    ];
    for (part, title, icon) in [
        (Part::Laboratory, "Drift: the laboratory", Icon::SLIDERS_HORIZONTAL),
        (Part::Methods, "Drift: the method duel", Icon::SCALES),
        (Part::Policies, "Drift: re-training policies", Icon::ARROW_COUNTER_CLOCKWISE),
        (Part::Monitor, "Drift: the monitor", Icon::PULSE),
        (Part::Registry, "Drift: the registry", Icon::ARCHIVE),
    ] {
        all.push(Action::new(title, icon, Command::Show(part)).when(is_ready, NO_LAB));
    }
    let has_log = state.truth.folder.is_some() && state.truth.champion.is_some();
    all.push(
        Action::new("Labels from a file…", Icon::FOLDER_OPEN, AppCommand::Choose(Purpose::OpenLabels)).when(
            has_log && !state.results.drift.monitor.busy,
            "Train a model first, and wait until the log is read",
        ),
    );
    for (preset, key) in scenarios(&state.truth).into_iter().zip(KEYS) {
        all.push(
            Action::new(
                format!("Scenario: {}", preset.title),
                Icon::WAVE_SINE,
                Command::Scenario(preset.name),
            )
            .keys(Modifiers::NONE, key)
            .when(is_ready, NO_LAB),
        );
    }
    all
}
