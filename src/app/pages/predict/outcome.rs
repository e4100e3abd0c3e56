//! What comes back to the Predict page: results, failures, and work that was stopped.

use std::sync::Arc;

use super::{Effect, Event, News, rows_text};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::state::{AppState, Problem, StatusKind};
use crate::app::widgets::format;

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, _seconds: f64) -> Vec<AppEffect> {
    let is_of_champion = state.truth.champion == Some(event.champion);
    let results = &mut state.results.predict;
    match event.news {
        News::Saved(path, n_rows, is_part) => {
            state.screen.predict.saved = true;
            let part = if is_part { ", a part of the file," } else { "" };
            state.say(StatusKind::Done, format!("Saved {}{part} as {}", rows_text(n_rows), path.display()));
        }
        News::Kept => {}
        News::Back(batch) => {
            if let (Some(batch), None) = (batch, &results.batch.value)
                && results.running.is_none()
            {
                results.batch.done(Arc::new(*batch));
            }
        }
        _ if !is_of_champion => {}
        News::First(table) => {
            if let Some(running) = &mut results.running {
                running.first = Some(table);
            }
        }
        News::Reply(reply) => {
            results.asking = false;
            results.reply = Some(reply);
        }
        News::Calls(calls, n) => {
            if let Some(running) = &mut results.running {
                running.calls = calls;
                running.n_rows = running.n_rows.max(n);
            }
        }
        News::Rows(n, chart) => {
            if let Some(running) = &mut results.running {
                running.n_rows = running.n_rows.max(n);
                running.chart = chart;
            }
        }
        News::Batch(batch) => {
            let (rows, title) = (rows_text(batch.n_rows), batch.from.title());
            let (kind, said) = if batch.stopped.is_some() {
                let said = format!("Stopped: the first {rows} of {title} are kept, marked as partial");
                (StatusKind::Note, said)
            } else {
                let took = format::duration(batch.seconds);
                (StatusKind::Done, format!("Predicted {rows} of {title} in {took}"))
            };
            state.screen.predict.file = Some(batch.from.clone());
            results.running = None;
            let batch = Arc::new(*batch);
            results.batch.done(Arc::clone(&batch));
            state.say(kind, said);
            return vec![AppEffect::Predict(Effect::Keep(batch))];
        }
        News::Single(point) => results.single = Some(point),
        News::Point(route, point) => results.curves.entry(route).or_default().push(point),
        News::Measured => state.say(StatusKind::Done, "Measured the time per row"),
        News::Parity(parity) => {
            let differs = parity.differs().map(|stage| format!("{} gave another number", stage.name));
            results.parity.done(parity);
            match differs {
                Some(said) => state.say(StatusKind::Failed, said),
                None if results.say_parity => {
                    state.say(StatusKind::Done, "Single and batch gave the same number, to the last bit");
                }
                None => {}
            }
        }
    }
    Vec::new()
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    let results = &mut state.results.predict;
    match slot {
        // what was begun with an earlier champion has nothing to say any more
        Slot::Batch if results.running.take().is_some() => results.batch.failed(problem),
        Slot::Measure => results.measure_problem = Some(problem),
        Slot::Parity => results.parity.failed(problem),
        Slot::Ask => results.asking = false,
        _ => {}
    }
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    let results = &mut state.results.predict;
    match slot {
        Slot::Batch => {
            results.running = None;
            results.batch.cancelled();
            state.say(StatusKind::Note, "Predicting the file was stopped before its first rows");
        }
        Slot::Measure => state.say(StatusKind::Note, "Measuring was stopped; the points so far stay"),
        Slot::Parity => results.parity.cancelled(),
        Slot::Ask => results.asking = false,
        _ => {}
    }
}
