//! The Drift page: change the world, watch the model age, decide what to do about it.

mod advice;
mod cards;
mod controls;
mod detail;
mod jobs;
mod lab;
mod methods;
mod page;
mod policies;
mod sending;
mod served;
mod weeks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};

pub(crate) use jobs::carry_out;
use lab::{Lab, Live, Outline, Prepared};
use methods::Methods;
pub(crate) use page::drift_page_ui;
use policies::{Policies, ReplayAsked, Revealed, replay_asked};
use served::{Monitor, MonitorDraft, Sent, Served};

use crate::app::command::Action;
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::pages::train;
use crate::app::state::{AppState, Dataset, Problem, StatusKind, Truth};
use crate::app::theme::Icon;
use crate::app::widgets::format;
use crate::data::{ColumnKind, Table};
use crate::drift::lab::{Concept, Preset, Schedule, Shifts, winter_presets};
use crate::drift::retraining::{Advice, Duel, RetrainPolicy, TrackedWeek};
use crate::drift::{ColumnDrift, Report};
use crate::inference::Predictor;

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
    /// The inputs whose further sliders are shown.
    #[serde(skip)]
    pub(crate) open: BTreeSet<String>,
    /// The input that is looked at closely.
    #[serde(skip)]
    pub(crate) chosen: Option<String>,
    /// What the sliders make of the inputs, so that no frame works it out again.
    #[serde(skip)]
    pub(crate) live: Option<Arc<Live>>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
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
            open: BTreeSet::new(),
            chosen: None,
            live: None,
        }
    }
}

/// No slider moved; a change would come all at once.
fn unmoved() -> Shifts {
    Shifts { schedule: Schedule::Sudden { from: FROM }, ..Shifts::default() }
}

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The rows, made ready.
    pub(crate) lab: Option<Prepared>,
    /// Why they could not be.
    pub(crate) problem: Option<(u32, Arc<Dataset>, Problem)>,
    /// Whether a job makes them ready.
    pub(crate) preparing: bool,
    /// The verdicts at a place of the sliders.
    pub(crate) world: Option<World>,
    /// The weeks at a place of the sliders.
    pub(crate) weeks: Option<Weeks>,
    /// Why there are none, at that place of the sliders.
    pub(crate) wrong: Option<(Asked, Problem)>,
    /// Whether jobs work on them.
    pub(crate) measuring: bool,
    pub(crate) simulating: bool,
    /// The number of the model that is being trained on recent rows.
    pub(crate) retraining: Option<u32>,
    /// The last model that was, against the champion of then.
    pub(crate) challenge: Option<Challenge>,
    /// What each re-training policy would have cost.
    pub(crate) revealed: Option<Revealed>,
    /// Why it could not be played.
    pub(crate) replay_problem: Option<Problem>,
    /// Whether a job plays them.
    pub(crate) replaying: bool,
    /// The served model, watched.
    pub(crate) monitor: Monitor,
    /// What models that were trained here learned from, by number.
    pub(crate) learned: BTreeMap<u32, Arc<Table>>,
}

/// What a result is of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// The champion.
    pub(crate) champion: u32,
    /// The sliders.
    pub(crate) shifts: Shifts,
    /// Weeks until the true values are known.
    pub(crate) delay: u64,
}

/// The verdicts over the inputs and the predictions.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) asked: Asked,
    /// The inputs.
    pub(crate) report: Report,
    /// The predictions, and what is drawn of them.
    pub(crate) prediction: Option<(ColumnDrift, Outline)>,
    /// The share of rows with an input outside its training range.
    pub(crate) outside: Option<f64>,
}

/// The model over weeks of a changing world.
#[derive(Debug)]
pub(crate) struct Weeks {
    pub(crate) asked: Asked,
    pub(crate) weeks: Vec<TrackedWeek>,
    /// Rows in a week.
    pub(crate) rows_per_week: usize,
    /// The loss on rows held out at training.
    pub(crate) before: Option<f64>,
    /// How the loss is called.
    pub(crate) loss: &'static str,
    pub(crate) advice: Advice,
}

impl Weeks {
    /// The loss from which on the model is called worse.
    pub(crate) fn threshold(&self) -> Option<f64> {
        self.before.map(|before| before * WORSE)
    }

    /// The first week whose known loss lies above the threshold.
    pub(crate) fn crossed(&self) -> Option<usize> {
        let threshold = self.threshold()?;
        self.weeks.iter().position(|week| {
            week.known_in_week < self.weeks.len() && week.loss.is_some_and(|loss| loss.value > threshold)
        })
    }
}

/// A model trained on recent rows against the champion, on later rows that neither has seen.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) champion: u32,
    pub(crate) challenger: u32,
    /// Rows the challenger learned from, and which those are.
    pub(crate) rows: usize,
    pub(crate) learn: Learn,
    pub(crate) duel: Duel,
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Make the rows ready.
    Prepare,
    /// Work the verdicts out.
    Measure,
    /// Simulate the weeks.
    Simulate,
    /// Set all sliders by a scenario.
    Scenario(&'static str),
    /// A slider was moved.
    Moved,
    /// All sliders back.
    Reset,
    /// Look at an input closely, or no longer.
    Choose(Option<String>),
    /// Train on recent rows, and compare on later ones.
    Retrain,
    /// Play the re-training policies.
    Replay,
    /// Show another part of the page.
    Show(Part),
    /// Send the weeks' rows through the server, and watch its log.
    Send,
    /// Read the log again.
    Watch,
    /// The next labels come.
    Deliver,
    /// Someone knows of this alert, raised by the window of that time.
    Acknowledge(String, i64),
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Prepare,
    Measure(Asked),
    Simulate(Asked),
    Retrain(Asked, u32, Learn),
    Replay(ReplayAsked),
    Send(Asked),
    Watch,
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    Prepared(Prepared),
    /// The rows do not fit.
    Unfit(u32, Arc<Dataset>, Problem),
    Measured(Box<World>),
    Simulated(Box<Weeks>),
    /// Rows were sent.
    Sent(Box<Sent>),
    /// The log was watched.
    Watched(Box<Served>),
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

/// What the results must be of to be of this moment.
pub(super) fn asked(truth: &Truth, draft: &Draft) -> Option<Asked> {
    Some(Asked { champion: truth.champion?, shifts: draft.shifts.clone(), delay: draft.delay })
}

/// What the guide asks for on this page, and whether it is done.
pub(crate) fn tasks(state: &AppState) -> Vec<(&'static str, bool)> {
    let results = &state.results.drift;
    let drifted = results
        .world
        .as_ref()
        .is_some_and(|world| world.report.columns.iter().any(|column| column.drifted == Some(true)));
    let crossed = results.weeks.as_ref().is_some_and(|weeks| weeks.crossed().is_some());
    vec![
        ("Move a slider or choose a scenario", state.screen.drift.changed),
        ("Make an input drift", drifted),
        ("See the error cross the line", crossed),
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
        Action::new("Reset the sliders", Icon::SLIDERS_HORIZONTAL, Command::Reset)
            .keys(Modifiers::NONE, Key::Num0)
            .when(is_ready, NO_LAB),
    ];
    for (part, title, icon) in [
        (Part::Laboratory, "Drift: the laboratory", Icon::SLIDERS_HORIZONTAL),
        (Part::Methods, "Drift: the method duel", Icon::SCALES),
        (Part::Policies, "Drift: re-training policies", Icon::ARROW_COUNTER_CLOCKWISE),
        (Part::Monitor, "Drift: the monitor", Icon::PULSE),
    ] {
        all.push(Action::new(title, icon, Command::Show(part)).when(is_ready, NO_LAB));
    }
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

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    let effect = |effect: Effect| vec![AppEffect::Drift(effect)];
    let results = &mut state.results.drift;
    match command {
        Command::Prepare => {
            if !results.preparing {
                results.preparing = true;
                results.problem = None;
                return effect(Effect::Prepare);
            }
        }
        Command::Measure => {
            if let Some(asked) = asked(&state.truth, &state.screen.drift)
                && !results.measuring
            {
                results.measuring = true;
                return effect(Effect::Measure(asked));
            }
        }
        Command::Simulate => {
            if let Some(asked) = asked(&state.truth, &state.screen.drift)
                && !results.simulating
            {
                results.simulating = true;
                return effect(Effect::Simulate(asked));
            }
        }
        Command::Scenario(name) => {
            if let Some(preset) = scenarios(&state.truth).into_iter().find(|preset| preset.name == name) {
                let draft = &mut state.screen.drift;
                draft.shifts = preset.shifts;
                draft.held = None;
                draft.scenario = Some(preset.name.to_owned());
                draft.changed = true;
                state.say(StatusKind::Note, format!("{}: {}", preset.title, preset.story));
            }
        }
        Command::Moved => {
            let draft = &mut state.screen.drift;
            draft.scenario = None;
            draft.changed = true;
        }
        Command::Reset => {
            let draft = &mut state.screen.drift;
            draft.shifts = unmoved();
            draft.held = None;
            draft.scenario = None;
            state.results.drift.challenge = None;
            state.say(StatusKind::Done, "Every slider is back where it was");
        }
        Command::Choose(name) => state.screen.drift.chosen = name,
        Command::Retrain => return retrain(state),
        Command::Replay => {
            let draft = &state.screen.drift;
            if let Some(asked) = asked(&state.truth, draft).and_then(|asked| replay_asked(asked, draft))
                && !state.results.drift.replaying
            {
                state.results.drift.replaying = true;
                state.results.drift.replay_problem = None;
                return vec![AppEffect::Drift(Effect::Replay(asked))];
            }
        }
        Command::Show(part) => state.screen.drift.part = part,
        Command::Send => {
            if let Some(asked) = asked(&state.truth, &state.screen.drift)
                && !results.monitor.busy
            {
                results.monitor.busy = true;
                results.monitor.problem = None;
                return effect(Effect::Send(asked));
            }
        }
        Command::Watch => return watch_again(state),
        Command::Deliver => {
            let monitor = &mut results.monitor;
            let next = monitor.late.len().min(sending::PER_WEEK);
            monitor.labels.extend(monitor.late.drain(..next));
            return watch_again(state);
        }
        Command::Acknowledge(name, at) => {
            state.screen.drift.monitor.acknowledged.insert((name, at));
            return watch_again(state);
        }
    }
    Vec::new()
}

/// Has the log read again; a job that does so already is begun anew.
fn watch_again(state: &mut AppState) -> Vec<AppEffect> {
    let monitor = &mut state.results.drift.monitor;
    // while rows are sent it is read at their end
    if std::mem::replace(&mut monitor.busy, true) {
        return Vec::new();
    }
    monitor.problem = None;
    vec![AppEffect::Drift(Effect::Watch)]
}

fn retrain(state: &mut AppState) -> Vec<AppEffect> {
    let Some(asked) = asked(&state.truth, &state.screen.drift) else { return Vec::new() };
    let is_ready = ready(&state.truth, &state.results.drift).is_some();
    if state.results.drift.retraining.is_some() || !is_ready {
        return Vec::new();
    }
    let number = train::take_number(state);
    state.results.drift.retraining = Some(number);
    let learn = state.screen.drift.learn;
    vec![AppEffect::Drift(Effect::Retrain(asked, number, learn))]
}

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, seconds: f64) -> Vec<AppEffect> {
    let results = &mut state.results.drift;
    match event {
        Event::Prepared(prepared) => {
            results.preparing = false;
            results.problem = None;
            results.lab = Some(prepared);
            state.screen.drift.live = None;
        }
        Event::Unfit(champion, data, problem) => {
            results.preparing = false;
            results.problem = Some((champion, data, problem));
        }
        Event::Measured(world) => {
            results.measuring = false;
            results.world = Some(*world);
        }
        Event::Simulated(weeks) => {
            results.simulating = false;
            results.weeks = Some(*weeks);
        }
        Event::Sent(sent) => {
            let monitor = &mut results.monitor;
            monitor.runs += 1;
            monitor.sent = Some((sent.answered, sent.refused));
            let Sent { answered, refused, labels, late } = *sent;
            // what was still to come of the time before has come by now
            let before = std::mem::replace(&mut monitor.late, late);
            monitor.labels.extend(before);
            monitor.labels.extend(labels);
            let said = format!(
                "Sent {}: {} answered, {} refused",
                format::plural(answered + refused, "row", "rows"),
                format::rows(answered),
                format::rows(refused)
            );
            state.say(StatusKind::Done, said);
            return vec![AppEffect::Drift(Effect::Watch)];
        }
        Event::Watched(served) => {
            results.monitor.busy = false;
            let (by, in_shadow) = (served.by, served.shadow);
            results.monitor.served = Some(*served);
            // cut in another way in the meantime, or beside another model
            let monitor = &state.screen.drift.monitor;
            let wanted = served::shadow(&state.truth, monitor).map(|version| version.entry.number);
            if by != monitor.by || in_shadow != wanted {
                return watch_again(state);
            }
        }
        Event::Replayed(revealed) => {
            results.replaying = false;
            let said = revealed.replays.iter().find(|replay| {
                let own = RetrainPolicy::ALL.get(revealed.asked.bet);
                own == Some(&replay.policy)
            });
            let said = said.map_or_else(String::new, |replay| {
                let trainings = format::plural(replay.retrainings, "training", "trainings");
                format!(
                    "{}: {trainings}, {} labels",
                    replay.policy.title(),
                    format::rows(replay.labels_bought)
                )
            });
            results.revealed = Some(*revealed);
            state.say(StatusKind::Done, said);
        }
        Event::Wrong(slot, asked, problem) => {
            ended(results, slot);
            let said = format!("{}. {}", problem.title, problem.detail);
            results.wrong = Some((asked, problem));
            state.say(StatusKind::Failed, said);
        }
        Event::Retrained { number, predictor, learned, learn, duel, champion, unsaved } => {
            results.retraining = None;
            let rows = learned.n_rows();
            results.learned.insert(number, learned);
            let verdict = duel.verdict.clone();
            results.challenge = Some(Challenge { champion, challenger: number, rows, learn, duel: *duel });
            train::add_version(state, number, predictor, seconds);
            let said = format!("Trained v{number} on {}, {}: {verdict}", format::rows(rows), learn.rows());
            state.say(StatusKind::Done, said);
            if let Some(why) = unsaved {
                let said =
                    format!("v{number} could not be kept in the workspace ({why}); save the model to a file");
                state.say(StatusKind::Failed, said);
            }
        }
    }
    Vec::new()
}

/// What was asked for could not even begin.
pub(super) fn not_begun(state: &mut AppState, slot: Slot) {
    ended(&mut state.results.drift, slot);
    if slot == Slot::DriftRetrain
        && let Some(number) = state.results.drift.retraining.take()
    {
        train::give_back(state, number);
    }
}

/// No job is at work there any more.
fn ended(results: &mut Results, slot: Slot) {
    match slot {
        Slot::DriftLab => results.preparing = false,
        Slot::DriftWorld => results.measuring = false,
        Slot::DriftWeeks => results.simulating = false,
        Slot::DriftPolicies => results.replaying = false,
        Slot::DriftSend => results.monitor.busy = false,
        _ => {}
    }
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    let asked = asked(&state.truth, &state.screen.drift);
    let data = state.truth.data().cloned();
    let results = &mut state.results.drift;
    ended(results, slot);
    match slot {
        Slot::DriftLab => {
            if let (Some(champion), Some(data)) = (state.truth.champion, data) {
                results.problem = Some((champion, data, problem));
            }
        }
        Slot::DriftRetrain => {
            if let Some(number) = results.retraining.take() {
                train::give_back(state, number);
            }
        }
        Slot::DriftSend => results.monitor.problem = Some(problem),
        Slot::DriftPolicies => {
            results.revealed = None;
            results.replay_problem = Some(problem);
        }
        _ => {
            if let Some(asked) = asked {
                results.wrong = Some((asked, problem));
            }
        }
    }
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    not_begun(state, slot);
    match slot {
        Slot::DriftRetrain => {
            state.say(StatusKind::Note, "Training was stopped; the models before are untouched");
        }
        Slot::DriftLab => {
            // not begun again by itself
            if let (Some(champion), Some(data)) = (state.truth.champion, state.truth.data().cloned()) {
                let problem =
                    Problem::new("Stopped", "The rows were not made ready. Try again when it suits.");
                state.results.drift.problem = Some((champion, data, problem));
            }
        }
        _ => {}
    }
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    if state.screen.drift.chosen.take().is_some() {
        return Vec::new();
    }
    let running = [Slot::DriftRetrain, Slot::DriftPolicies, Slot::DriftSend, Slot::DriftLab];
    if let Some(slot) = running.into_iter().find(|slot| state.work.job(*slot).is_some()) {
        return vec![AppEffect::CancelSlot(slot)];
    }
    Vec::new()
}
