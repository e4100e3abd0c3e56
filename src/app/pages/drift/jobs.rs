//! The Drift page's jobs: the rows made ready, the verdicts, the weeks, a model trained on recent rows.

use std::sync::Arc;

use super::followed::{Drawn, DrawnWeeks};
use super::lab::{LEARNED, Lab, Near, Outline, Prepared, evenly, outline_of, outline_of_shares};
use super::served::ServedAsked;
use super::{Asked, Effect, Event, WEEKS, Weeks, World};
use super::{again, labels, past, sending};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::pages::predict::Endpoint;
use crate::app::pages::{serve, train};
use crate::app::state::{AppState, Dataset, Problem};
use crate::data::Table;
use crate::drift::lab::{Shifts, Week, apply};
use crate::drift::retraining::{Evidence, Following, advise, below_each_other, duel, losses, outside, track};
use crate::drift::{Measures, Rule, Sorted, compare, inputs_of, predict_leniently, prediction_drift};
use crate::inference::Predictor;
use crate::model::{ModelKind, Task};
use crate::training::{Origin, Plan, Settings, split_rows, train as fit};
use crate::work::{Progress, Seed};
use crate::workspace::registry::What;

/// The most rows that are shifted: beyond, a part of them stands for all.
const MOST_ROWS: usize = 1_000_000;
/// Weeks that count as recent.
pub(super) const RECENT: usize = 6;
/// Pairs of resamples for a week's verdict: each week has one.
const WEEK_RESAMPLES: usize = 39;

/// Carries an effect of this page out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    let slot = match &effect {
        Effect::Prepare => Slot::DriftLab,
        Effect::Measure(_) => Slot::DriftWorld,
        Effect::Refine(..) | Effect::Touch(..) => Slot::DriftExact,
        Effect::Simulate(_) => Slot::DriftWeeks,
        Effect::Retrain(..) | Effect::Compare(..) => Slot::DriftRetrain,
        Effect::Find(..) | Effect::RunAgain(_) => Slot::DriftPast,
        Effect::Replay(_) => Slot::DriftPolicies,
        Effect::Send(_) | Effect::Watch(_) | Effect::Labels(_) => Slot::DriftSend,
    };
    let Some(effect) = look_up(effect, slot, state, outside) else { return };
    let is_ready = super::ready(&state.truth, &state.results.drift).is_some();
    if state.truth.data().is_none() || !(is_ready || slot == Slot::DriftLab) {
        // champion or table changed in the very frame: it is asked for again when they are ready
        super::not_begun(state, slot);
        return;
    }
    let Some(version) = state.truth.champion().cloned() else {
        super::not_begun(state, slot);
        return;
    };
    let predictor = Arc::clone(&version.predictor);
    let champion = version.entry.number;
    let lab = super::ready(&state.truth, &state.results.drift).map(Arc::clone);
    match effect {
        Effect::Touch(name, by_value) => {
            // no work that anybody waits for, and over within some milliseconds
            let shifts = state.screen.drift.shifts.clone();
            let Some(lab) = lab else { return };
            let touch = move || lab.touch(&predictor, Near { shifts, name, by_value });
            drop(std::thread::Builder::new().name("touch".into()).spawn(touch));
        }
        Effect::Prepare => {
            let Some(data) = state.truth.data().cloned() else { return };
            let settings = train::settings_of_version(&state.truth, &version);
            let learned = state.results.drift.learned.get(&champion).map(Arc::clone);
            outside.start(state, Slot::DriftLab, "Making the rows ready", move |handle| {
                let event = match prepare(&predictor, &data, settings, learned.as_deref(), handle) {
                    Ok(lab) => Event::Prepared(Prepared { champion, data, lab: Arc::new(lab) }),
                    Err(JobError::Failed(problem)) => Event::Unfit(champion, data, problem),
                    Err(JobError::Cancelled) => return Err(JobError::Cancelled),
                };
                Ok(AppEvent::Drift(event))
            });
        }
        Effect::Measure(asked) => {
            let Some(lab) = lab else { return };
            outside.start(state, Slot::DriftWorld, "Comparing the shifted rows", move |handle| {
                let done = world(&predictor, &lab, asked.clone(), handle)
                    .map(|world| Event::Measured(Box::new(world)));
                or_wrong(done, Slot::DriftWorld, asked)
            });
        }
        Effect::Simulate(asked) => {
            let Some(lab) = lab else { return };
            outside.start(state, Slot::DriftWeeks, "Following the model over the weeks", move |handle| {
                let done = weeks(&predictor, &lab, asked.clone(), handle)
                    .map(|weeks| Event::Simulated(Box::new(weeks)));
                or_wrong(done, Slot::DriftWeeks, asked)
            });
        }
        Effect::Refine(asked, names) => {
            let Some(lab) = lab else { return };
            outside.start(state, Slot::DriftExact, "Measuring the shifted values", move |_| {
                let refined = lab.refined(&asked.shifts, &names);
                Ok(AppEvent::Drift(Event::Refined(lab, refined)))
            });
        }
        Effect::Send(asked) => {
            // as any client asks: who names no version may be answered by a canary
            let endpoint = serve::endpoint(state).map(|endpoint| Endpoint { pinned: false, ..endpoint });
            let (Some(lab), Some(endpoint)) = (lab, endpoint) else {
                let detail = "Start it; the rows are sent to it as any other client would send them.";
                can_not(state, slot, Problem::new("The server is not running", detail));
                return;
            };
            let monitor = &state.results.drift.monitor;
            let now = state.work.clock.unix_millis();
            let run = format!("drift-{now:x}-{}", monitor.runs + 1);
            let log = serve::log_file(state);
            outside.start(state, Slot::DriftSend, "Sending shifted rows", move |handle| {
                let (run, now) = ((run.as_str(), log.as_deref()), (now, handle));
                let sent = sending::send(&predictor, &lab, &asked, &endpoint, run, now)?;
                Ok(AppEvent::Drift(Event::Sent(Box::new(sent))))
            });
        }
        Effect::Watch(look) => {
            let (Some(lab), Some(log)) = (lab, serve::log_file(state)) else {
                can_not(state, slot, no_log());
                return;
            };
            let draft = state.screen.drift.monitor.clone();
            let challenger = state.truth.challenger();
            let challenger = challenger.map(|version| (version.entry.number, Arc::clone(&version.predictor)));
            let canary_since = challenger.as_ref().and_then(|(number, _)| canary_since(state, *number));
            let asked = ServedAsked { champion, log, challenger, canary_since };
            let now = outside.ctx.input(|input| input.time);
            state.results.drift.monitor.looked = (state.results.serve.log.total, now);
            outside.start(state, Slot::DriftSend, "Watching the prediction log", move |handle| {
                let served = sending::watch(&predictor, &lab, &asked, &draft, &look, handle)?;
                Ok(AppEvent::Drift(Event::Watched(Box::new(served))))
            });
        }
        Effect::Replay(asked) => {
            let (Some(lab), Some(data)) = (lab, state.truth.data().cloned()) else { return };
            outside.start(state, Slot::DriftPolicies, "Playing four policies", move |handle| {
                let revealed = again::replays(&predictor, &lab, &data, asked, handle)?;
                Ok(AppEvent::Drift(Event::Replayed(Box::new(revealed))))
            });
        }
        // looked up already
        Effect::Find(..) | Effect::RunAgain(_) | Effect::Labels(_) => {}
        Effect::Compare(asked, number) => {
            let (Some(lab), Some(other)) = (lab, state.truth.version(number).cloned()) else {
                super::not_begun(state, slot);
                return;
            };
            let from_here = state.results.drift.trained_in.get(&number) == Some(&champion);
            let title = format!("Comparing v{champion} and v{number}");
            outside.start(state, Slot::DriftRetrain, title, move |handle| {
                let challenge = again::compare(&predictor, &lab, &asked, (&other, from_here), handle)?;
                Ok(AppEvent::Drift(Event::Compared(Box::new(challenge))))
            });
        }
        Effect::Retrain(asked, number, learn) => {
            let Some(lab) = lab else { return };
            let folder = state.truth.folder.clone();
            let title = format!("Training v{number} on {}", learn.rows());
            outside.start(state, Slot::DriftRetrain, title, move |handle| {
                again::retrain(&predictor, &lab, &asked, (number, learn), folder.as_ref(), handle)
                    .map(AppEvent::Drift)
            });
        }
    }
}

fn no_log() -> Problem {
    let detail = "No workspace folder is open, in which the server would keep it.";
    Problem::new("There is no prediction log", detail)
}

/// What needs no rows to shift: the log, and what is in it. Gives back what is something else.
fn look_up(effect: Effect, slot: Slot, state: &mut AppState, outside: &mut Outside<'_>) -> Option<Effect> {
    let log = serve::log_file(state);
    match effect {
        Effect::Find(text, request) => {
            let Some(log) = log else {
                super::not_begun(state, slot);
                state.results.drift.registry.problem = Some(no_log());
                return None;
            };
            outside.start(state, Slot::DriftPast, "Looking past predictions up", move |handle| {
                past::find(&log, text, request.as_deref(), handle).map(AppEvent::Drift)
            });
            None
        }
        Effect::RunAgain(row) => {
            let source = past::source(state, &row);
            outside.start(state, Slot::DriftPast, "Running a prediction again", move |_| {
                Ok(AppEvent::Drift(Event::RunAgain(past::run_again(&row, source, log.as_deref()))))
            });
            None
        }
        Effect::Labels(path) => {
            let target = state.truth.champion().map(|version| version.model().output.name.clone());
            let (Some(log), Some(target)) = (log, target) else {
                can_not(state, slot, no_log());
                return None;
            };
            let now = state.work.clock.unix_millis();
            outside.start(state, Slot::DriftSend, "Taking labels from a file", move |handle| {
                let (come, without) = labels::take(&path, &log, &target, now, handle)?;
                Ok(AppEvent::Drift(Event::Labelled(come, without)))
            });
            None
        }
        other => Some(other),
    }
}

/// Since when a version has a share of this champion's requests.
fn canary_since(state: &AppState, number: u32) -> Option<i64> {
    let mut since = None;
    for change in &state.truth.history {
        match change.what {
            What::Champion { .. } => since = None,
            What::Canary { percent } if change.number == number => {
                since = if percent > 0 { since.or(Some(change.at_unix_millis)) } else { None };
            }
            _ => {}
        }
    }
    since
}

/// What the monitor was asked for can't begin.
fn can_not(state: &mut AppState, slot: Slot, problem: Problem) {
    super::not_begun(state, slot);
    state.results.drift.monitor.problem = Some(problem);
}

/// What the sliders can't be worked out by is a result, too: it is not tried again until they move.
fn or_wrong(done: Result<Event, JobError>, slot: Slot, asked: Asked) -> Result<AppEvent, JobError> {
    match done {
        Ok(event) => Ok(AppEvent::Drift(event)),
        Err(JobError::Failed(problem)) => Ok(AppEvent::Drift(Event::Wrong(slot, asked, problem))),
        Err(JobError::Cancelled) => Err(JobError::Cancelled),
    }
}

pub(super) fn failed(title: &'static str) -> impl Fn(&dyn std::fmt::Display) -> JobError {
    move |error| Problem::new(title, error.to_string()).into()
}

/// The rows that the champion learned from, and those to shift.
fn prepare(
    predictor: &Predictor,
    data: &Dataset,
    settings: Option<Settings>,
    learned: Option<&Table>,
    handle: &Handle,
) -> Result<Lab, JobError> {
    let table = &data.loaded.table;
    let few = |rows: Vec<usize>| -> Vec<usize> {
        let step = rows.len().div_ceil(MOST_ROWS).max(1);
        rows.into_iter().step_by(step).collect()
    };
    let all = || few((0..table.n_rows()).collect());
    let model = predictor.model();
    let mut held_out = false;
    let (reference, current) = match &settings {
        Some(settings) => {
            let wrong = failed("The rows that the champion learned from could not be found");
            let plan = Plan::new(settings.clone(), table).map_err(|error| wrong(&error))?;
            let split = split_rows(&plan, table).map_err(|error| wrong(&error))?;
            held_out = !split.test.is_empty();
            let current = if held_out { split.test } else { split.train.clone() };
            (table.take(&few(split.train)), table.take(&few(current)))
        }
        None => (table.take(&all()), table.take(&all())),
    };
    let (reference, held_out) = match learned {
        Some(learned) => (learned.clone(), true),
        None => (reference, held_out),
    };
    handle.progress.check()?;
    let settings = settings.unwrap_or_else(|| settings_like(predictor));
    debug_assert_eq!(settings.target, model.output.name);
    let mut lab = Lab::new(predictor, (reference, current), held_out, settings, &handle.progress)?;
    if lab.target.is_some() {
        lab.other = other_kind(predictor, &lab, &handle.progress)?;
    }
    Ok(lab)
}

/// Another kind of model, from the rows that the champion learned from: whether technology is better shows only when it is
/// tried.
fn other_kind(
    predictor: &Predictor,
    lab: &Lab,
    progress: &Progress,
) -> Result<Option<(&'static str, Predictor)>, JobError> {
    let model = predictor.model();
    let (name, kind) = match (model.kind, model.task) {
        (ModelKind::Tree, Task::Regression) => ("a linear model", ModelKind::Linear),
        (ModelKind::Tree, Task::Classification) => ("a logistic model", ModelKind::Logistic),
        _ => ("a decision tree", ModelKind::Tree),
    };
    let settings = Settings { test_fraction: 0.0, folds: 0, ..Settings::new(&model.output.name) };
    let features = model.inputs.iter().map(|input| input.name.clone()).collect();
    let settings =
        Settings { model: Some(kind), task: Some(model.task), features: Some(features), ..settings };
    // what can't be trained is no evidence, and no reason to have no laboratory
    let rows = lab.reference.take(&evenly(lab.reference.n_rows(), LEARNED));
    let Ok(plan) = Plan::new(settings, &rows) else { return Ok(None) };
    match fit(&plan, &rows, &Origin::default(), progress) {
        Ok(trained) => Ok(Some((name, Predictor::new(Arc::new(trained.model))))),
        Err(crate::training::TrainError::Cancelled(cancelled)) => Err(cancelled.into()),
        Err(_) => Ok(None),
    }
}

/// Settings to train a model of the same kind for the same inputs and target.
fn settings_like(predictor: &Predictor) -> Settings {
    let model = predictor.model();
    Settings {
        model: Some(model.kind),
        task: Some(model.task),
        features: Some(model.inputs.iter().map(|input| input.name.clone()).collect()),
        test_fraction: 0.2,
        ..Settings::new(&model.output.name)
    }
}

/// The model's answers, by which a shift of the inputs carries the target along.
pub(super) fn relation(predictor: &Predictor) -> impl Fn(&Table) -> Option<Vec<f64>> + '_ {
    move |table| {
        if predictor.model().task != Task::Regression {
            return None;
        }
        let (_, predictions, left_out) = predict_leniently(predictor, table, 0).ok()?;
        (left_out == 0).then(|| predictions.output(0).to_vec())
    }
}

fn world(predictor: &Predictor, lab: &Lab, asked: Asked, handle: &Handle) -> Result<World, JobError> {
    let rule = Rule::default();
    let relation = relation(predictor);
    let shifted = apply(
        &lab.current,
        lab.target.as_deref(),
        &asked.shifts,
        &lab.means,
        1.0,
        Seed::default(),
        Some(&relation),
    );
    handle.progress.check()?;
    let report = compare(
        inputs_of(predictor, &lab.reference),
        inputs_of(predictor, &shifted),
        &rule,
        0,
        &handle.progress,
    )?;
    let wrong = failed("The shifted rows can't be predicted");
    let prediction = prediction_drift(predictor, &lab.reference, &shifted, &rule, 0)
        .map_err(|error| wrong(&error))?
        .column;
    let outline = match &prediction.measures {
        Measures::Levels(measures) => measures.bins.as_ref().map(outline_of_shares).unwrap_or_default(),
        Measures::Numbers(_) => {
            let sorted = |rows: &Table| {
                let (_, found, _) = predict_leniently(predictor, rows, 0).map_err(|error| wrong(&error))?;
                Ok::<_, JobError>(Sorted::new(found.output(0).to_vec()))
            };
            outline_of(&sorted(&lab.reference)?, &sorted(&shifted)?)
        }
        Measures::None { .. } => Outline::default(),
    };
    Ok(World {
        asked,
        report,
        prediction: Some((prediction, outline)),
        outside: outside(predictor, &shifted),
    })
}

/// The weeks' rows under the sliders.
pub(super) fn rows_of_weeks(
    predictor: &Predictor,
    lab: &Lab,
    shifts: &Shifts,
    drawn: Drawn,
    progress: &Progress,
) -> Result<(Vec<Week>, usize), JobError> {
    let target = lab.target.as_deref().ok_or_else(|| {
        let detail = format!(
            "The open table has no column '{}'; without the true values there is no error to follow.",
            predictor.model().output.name
        );
        Problem::new("The error can't be followed", detail)
    })?;
    let later;
    let weeks = if let (Drawn::Timeline, Some(weeks)) = (drawn, &lab.weeks) {
        &weeks.drawn
    } else {
        later = DrawnWeeks::new(&lab.current, drawn);
        &later
    };
    let mut simulated = Vec::new();
    progress.set_total(WEEKS as u64);
    progress.set_done(0);
    for week in weeks.shifted(predictor, target, shifts) {
        progress.check()?;
        simulated.push(week);
        progress.add(1);
    }
    Ok((simulated, weeks.rows_per_week))
}

fn weeks(predictor: &Predictor, lab: &Lab, asked: Asked, handle: &Handle) -> Result<Weeks, JobError> {
    let wrong = failed("The weeks can't be followed");
    let delay = usize::try_from(asked.delay).unwrap_or(WEEKS);
    let (simulated, rows_per_week) =
        rows_of_weeks(predictor, lab, &asked.shifts, Drawn::Timeline, &handle.progress)?;
    let tables: Vec<Table> = simulated.iter().map(|week| week.table.clone()).collect();
    let rule = Rule { resamples: WEEK_RESAMPLES, ..Rule::default() };
    let following = Following {
        predictor,
        reference: &lab.some,
        estimator: lab.estimator.as_ref(),
        rule: &rule,
        label_delay: delay,
        seed: Seed::default(),
    };
    let tracked = track(&following, &tables, &handle.progress).map_err(|error| wrong(&error))?;
    handle.progress.check()?;
    // the labels that are there at the end of the last week
    let known = WEEKS.saturating_sub(delay);
    let recent = below_each_other(&tables[known.saturating_sub(RECENT)..known].iter().collect::<Vec<_>>())
        .map_err(|error| wrong(&error))?;
    let losses_now = losses(predictor, &recent).map_err(|error| wrong(&error))?.values;
    let latest = below_each_other(&tables[WEEKS - RECENT..].iter().collect::<Vec<_>>())
        .map_err(|error| wrong(&error))?;
    let report = compare(
        inputs_of(predictor, &lab.some),
        inputs_of(predictor, &latest),
        &Rule::default(),
        0,
        &handle.progress.part(),
    )?;
    let tried = lab
        .other
        .as_ref()
        .and_then(|(name, other)| Some((*name, duel(predictor, other, &recent, Seed::default()).ok()?)));
    let changed = simulated.iter().take(known).filter(|week| week.intensity > 0.0).count();
    let advice = advise(&Evidence {
        losses_then: &lab.losses.values,
        losses_now: &losses_now,
        drift: Some(&report),
        train_rows: predictor.model().training.train_rows,
        new_labelled_rows: changed * rows_per_week,
        parameters: predictor.model().term_names().len() + 1,
        other_kind: tried.as_ref().map(|(name, duel)| (*name, duel)),
        seed: Seed::default(),
    });
    Ok(Weeks { asked, drift: tracked.into_iter().map(|week| week.drift).collect(), advice })
}
