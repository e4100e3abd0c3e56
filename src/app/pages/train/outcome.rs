//! What comes back to the Train page: results, failures, and work that was stopped.

use std::sync::Arc;

use super::{CURVE_AT_ONCE_SECS, Event, curve, give_back, plan};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::pages::{data, predict};
use crate::app::state::{AppState, Problem, StatusKind, Version};
use crate::data::Table;
use crate::inference::Predictor;
use crate::workspace::Entry;
use crate::workspace::registry::What;

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, seconds: f64) -> Vec<AppEffect> {
    match event {
        Event::Ready { number, predictor, report, unsaved } => {
            let trained = report.is_some();
            let entry = Entry {
                number,
                name: String::new(),
                note: String::new(),
                at_unix_millis: state.work.clock.unix_millis(),
                seconds: trained.then_some(seconds),
            };
            let what = plan::describe(predictor.model());
            let version = Version { entry, predictor, report: report.map(|report| Arc::new(*report)) };
            let title = version.entry.title();
            state.truth.versions.push(version);
            state.truth.versions.sort_by_key(|version| version.entry.number);
            state.screen.train.selected = Some(number);
            state.screen.train.class = 0;
            if trained {
                state.results.train.training = None;
                state.results.train.last_seconds = Some(seconds);
            } else {
                state.results.train.opening = None;
            }
            let verb = if trained { "Trained" } else { "Opened" };
            state.note(number, if trained { trained_on(state, number) } else { What::Opened });
            let mut effects = Vec::new();
            let place = if state.truth.champion.is_none() {
                state.crown(number);
                effects.extend(predict::champion_changed(state));
                "it is the champion".to_owned()
            } else {
                let champion = state.truth.champion().map_or_else(String::new, |v| v.entry.title());
                format!("a challenger; {champion} stays champion")
            };
            state.say(StatusKind::Done, format!("{verb} {title}, {what}: {place}"));
            if let Some(why) = unsaved {
                state.say(
                    StatusKind::Failed,
                    format!("{title} is ready but could not be kept in the workspace ({why}); save the model to a file"),
                );
            }
            let has_test = state.truth.version(number).is_some_and(|v| v.model().metrics.test.is_some());
            if trained && has_test && seconds <= CURVE_AT_ONCE_SECS {
                effects.extend(curve(state, number));
            }
            return effects;
        }
        Event::Curve(number, steps) => {
            state.results.train.curve_of = None;
            let version = state.truth.versions.iter_mut().find(|version| version.entry.number == number);
            if let Some(report) = version.and_then(|version| version.report.as_mut()) {
                Arc::make_mut(report).curve = Some(steps);
            }
        }
        Event::Rows(table, set) => {
            // another table may have been opened meanwhile
            if state.truth.data().is_some_and(|open| Arc::ptr_eq(open, &table)) {
                return data::show_rows(state, set);
            }
        }
        Event::Written(path) => {
            let path = crate::app::effect::short_path(&path);
            state.say(StatusKind::Done, format!("Saved {path}"));
        }
    }
    Vec::new()
}

/// A version that another page trained takes its place among the others.
pub(crate) fn add_version(state: &mut AppState, number: u32, predictor: Arc<Predictor>, seconds: f64) {
    let at_unix_millis = state.work.clock.unix_millis();
    let entry =
        Entry { number, name: String::new(), note: String::new(), at_unix_millis, seconds: Some(seconds) };
    state.truth.versions.push(Version { entry, predictor, report: None });
    state.truth.versions.sort_by_key(|version| version.entry.number);
    state.note(number, trained_on(state, number));
}

/// What a version was trained on, for the registry.
fn trained_on(state: &AppState, number: u32) -> What {
    let from =
        state.truth.version(number).map(|version| version.model().training.clone()).unwrap_or_default();
    What::Trained { data: from.data, sha256: from.data_sha256 }
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    match slot {
        Slot::Train => {
            if let Some(number) = state.results.train.training.take() {
                give_back(state, number);
            }
            let table = state.truth.data().map(|data| &data.loaded.table);
            let column = table.and_then(|table| column_in(&problem.detail, table));
            state.results.train.problem = Some((problem, column));
        }
        Slot::TrainChart => {
            if let Some(number) = state.results.train.curve_of.take() {
                state.results.train.curve_problem = Some((number, problem));
            }
        }
        Slot::ModelFile => {
            if let Some(number) = state.results.train.opening.take() {
                give_back(state, number);
            }
        }
        _ => {}
    }
}

/// The first column of the table that a message names in quotes.
fn column_in(message: &str, table: &Table) -> Option<String> {
    message.split('\'').skip(1).step_by(2).find(|name| table.column(name).is_some()).map(str::to_owned)
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    match slot {
        Slot::Train => {
            if let Some(number) = state.results.train.training.take() {
                give_back(state, number);
            }
            state.say(StatusKind::Note, "Training was stopped; the models before are untouched");
        }
        Slot::TrainChart => {
            state.results.train.curve_of = None;
            state.say(StatusKind::Note, "The learning curve was stopped");
        }
        Slot::ModelFile => {
            if let Some(number) = state.results.train.opening.take() {
                give_back(state, number);
            }
            state.say(StatusKind::Note, "The model file was left alone");
        }
        _ => {}
    }
}
