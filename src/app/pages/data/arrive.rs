//! What comes back from the Data page's jobs, and what follows from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apply::{find, relate};
use super::{Cursor, Draft, Event, FirstRows, GoTo, Results, cells};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::state::{AppState, Dataset, Problem, StatusKind};
use crate::app::widgets::format;
use crate::data::{ReadOptions, samples};
use crate::workspace::{DataRef, Role};

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, _seconds: f64) -> Vec<AppEffect> {
    match event {
        Event::Read(data, shown) => return read(state, data, shown),
        Event::FirstRows(data, shown) => {
            // of what is still being read, and not of an attempt before
            if state.truth.dataset.loading {
                let results = Results { shown, still_reading: true, ..Results::default() };
                state.results.data.first_rows = Some(Arc::new(FirstRows { data, results }));
            }
        }
        Event::Kept(from) => state.results.data.reading = Some((from, ReadOptions::default())),
        Event::FailedAt(lines) => state.results.data.failed_at = lines,
        Event::Rows(data, find, rows) => {
            if is_open(state, &data) {
                state.results.data.rows = Some((find, rows));
                state.screen.data.cursor = None;
                state.screen.data.go_to = Some(GoTo { row: Some(0), column: None });
            }
        }
        Event::Related(column, target, relation) => {
            state.results.data.relation = Some((column, target, relation));
        }
        Event::Located(data, excerpt) => {
            if is_open(state, &data) {
                let cursor = excerpt.place.map(|row| Cursor { row, column: None });
                if cursor.is_some() {
                    state.screen.data.cursor = cursor;
                    state.screen.data.go_to = Some(GoTo { row: excerpt.place, column: None });
                }
                state.results.data.excerpt = Some(excerpt);
            }
        }
        Event::Previewed(Ok(loaded)) => state.results.data.preview.done(loaded),
        Event::Previewed(Err(problem)) => state.results.data.preview.failed(problem),
        Event::ColumnText(text, n) => {
            state.say(StatusKind::Done, format!("Copied {}", format::plural(n, "value", "values")));
            return vec![AppEffect::Copy(text)];
        }
        Event::Exported(path, n) => {
            let rows = format::plural(n, "row", "rows");
            state.say(StatusKind::Done, format!("Saved {rows} to {}", path.display()));
        }
        Event::Samples(cards) => state.results.data.samples = Some(Arc::new(cards)),
    }
    Vec::new()
}

fn is_open(state: &AppState, data: &Arc<Dataset>) -> bool {
    state.truth.data().is_some_and(|open| Arc::ptr_eq(open, data))
}

/// A table was read: it becomes the open one.
fn read(state: &mut AppState, data: Arc<Dataset>, shown: Arc<Vec<cells::Shown>>) -> Vec<AppEffect> {
    let again = state.screen.data.of.as_ref() == Some(&data.from);
    let table = &data.loaded.table;
    let columns = table.columns();
    let kept_samples = (state.results.data.samples.take(), state.results.data.samples_asked);
    state.results.data =
        Results { shown, samples: kept_samples.0, samples_asked: kept_samples.1, ..Results::default() };
    if again {
        let draft = &mut state.screen.data;
        draft.find.fit(table);
        draft.widths.retain(|name, _| table.column(name).is_some());
        draft.column = draft.column.take().filter(|name| table.column(name).is_some());
        draft.cursor = None;
        draft.settings = None;
        draft.markers = None;
    } else {
        state.screen.data = Draft { of: Some(data.from.clone()), ..Draft::default() };
        // the same columns as before keep their roles
        if state.truth.target().is_none() || !same_columns(state, &data) {
            state.truth.roles = first_roles(&data);
            state.truth.missing.clear();
        }
    }
    state.truth.roles.retain(|name, _| table.column(name).is_some());
    state.truth.missing.retain(|name, _| table.column(name).is_some());
    let said = format!(
        "Loaded {}: {}, {} in {}",
        data.from.title(),
        format::plural(table.n_rows(), "row", "rows"),
        format::plural(columns.len(), "column", "columns"),
        format::duration(data.seconds)
    );
    state.remember(&data.from);
    state.truth.dataset.done(data);
    state.say(StatusKind::Done, said);
    let mut effects = vec![AppEffect::CancelSlot(Slot::Rows), AppEffect::CancelSlot(Slot::Preview)];
    if !state.screen.data.find.is_open() {
        effects.extend(find(state));
    }
    effects.extend(relate(state));
    effects
}

fn same_columns(state: &AppState, data: &Dataset) -> bool {
    state.truth.data().is_some_and(|old| {
        let names = |data: &Dataset| -> Vec<String> {
            data.loaded.table.columns().iter().map(|column| column.name.clone()).collect()
        };
        names(old) == names(data)
    })
}

/// The roles to begin with: a sample's own, else every column a feature and no target.
fn first_roles(data: &Dataset) -> BTreeMap<String, Role> {
    let DataRef::Sample(name) = &data.from else { return BTreeMap::new() };
    let Some(sample) = samples::find(name) else { return BTreeMap::new() };
    let mut roles: BTreeMap<String, Role> =
        sample.leave_out.iter().map(|name| ((*name).to_owned(), Role::Ignore)).collect();
    roles.insert(sample.target.to_owned(), Role::Target);
    roles
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    match slot {
        Slot::Read => {
            state.screen.data.settings = None;
            state.results.data.first_rows = None;
            state.truth.dataset.failed(problem);
        }
        Slot::Preview => state.results.data.preview.failed(problem),
        _ => {}
    }
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    match slot {
        Slot::Read => {
            state.results.data.reading = None;
            state.results.data.first_rows = None;
            state.truth.dataset.cancelled();
            let kept = if state.truth.data().is_some() { "; the table before is untouched" } else { "" };
            state.say(StatusKind::Note, format!("Reading was stopped{kept}"));
        }
        Slot::Preview => state.results.data.preview.cancelled(),
        Slot::Export => state.say(StatusKind::Note, "Saving was stopped; no file was written"),
        _ => {}
    }
}
