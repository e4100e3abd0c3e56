//! The Predict page, the heart of the lesson: the very same predict answers one question or a million.

mod answer;
mod batch;
mod call;
mod curve;
mod distribution;
mod grid;
mod http;
mod interactive;
mod jobs;
mod kept;
mod measure;
mod outcome;
mod page;
mod parity;
mod record;
mod result;
mod results;
mod routes;
mod strip;
#[cfg(test)]
mod tests;
mod waterfall;

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};

pub(crate) use call::Call;
pub(crate) use call::Reply;
#[cfg(test)]
pub(crate) use call::{Answered, Calls};
pub(crate) use http::Endpoint;
pub(crate) use jobs::carry_out;
#[cfg(test)]
pub(crate) use jobs::{half_done, stopped};
pub(crate) use outcome::{cancelled, failed, happened};
pub(crate) use page::predict_page_ui;
pub(crate) use record::Record;
pub(crate) use record::record_for;
pub(crate) use record::values_of as values_at;
use record::{Cached, values_of};
#[cfg(test)]
pub(crate) use results::By;
pub(crate) use results::{Batch, Parity, Point, Results, Running, Stage};
use routes::Route;

use crate::app::command::{Action, Command as AppCommand};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::picker::Purpose;
use crate::app::state::{AppState, Loadable, StatusKind, Truth};
use crate::app::theme::Icon;
use crate::app::widgets::format;
use crate::data::chart::ColumnChart;
use crate::data::{ReadOptions, Table};
use crate::workspace::DataRef;

/// What the learner set on this page; kept over a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// How the model is asked.
    pub(crate) call: Call,
    /// The most rows in a request, where a file goes over HTTP.
    pub(crate) rows_per_call: Option<usize>,
    /// The values in the controls, by input.
    pub(crate) values: Record,
    /// Whether a value was changed, ever.
    pub(crate) changed: bool,
    /// The file that was predicted last.
    pub(crate) file: Option<DataRef>,
    /// Whether predictions were saved, ever.
    pub(crate) saved: bool,
    /// The open text of a date field: input and text.
    #[serde(skip)]
    pub(crate) typing: Option<(String, String)>,
    /// The row of the open table to load, counted from 1.
    #[serde(skip)]
    pub(crate) row: u64,
    /// The half that is to get the keyboard's focus.
    #[serde(skip)]
    pub(crate) focus: Option<Half>,
    /// What the champion makes of the record in the controls.
    #[serde(skip)]
    pub(crate) cached: Option<Arc<Cached>>,
    /// The record as of late, and since when (in egui's seconds) it has not changed.
    #[serde(skip)]
    pub(crate) rest: Option<(Record, f64)>,
}

impl Draft {
    /// The most rows in a request, where a file goes over HTTP.
    pub(crate) fn rows_per_call(&self) -> usize {
        self.rows_per_call.unwrap_or(ROWS_PER_CALL)
    }
}

/// The rows in a request, unless another number is chosen.
const ROWS_PER_CALL: usize = 512;

/// A half of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// One record.
    One,
    /// Many records.
    Many,
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// A control was moved.
    Set(String, serde_json::Value),
    /// Every control back to what is typical.
    Reset,
    /// A row of the result goes to the controls.
    Load(usize),
    /// A row of the open table goes to the controls.
    LoadTable(usize),
    OpenBatch(PathBuf),
    /// Predict the rows of the open table.
    OpenTable,
    /// Predict every combination of values around the record.
    Grid,
    /// Predict the file of last time again.
    Again,
    SaveBatch(PathBuf),
    Measure,
    /// Compare the record by every way; `asked` when a person wants to know, not when the record has come to rest.
    Parity {
        asked: bool,
    },
    /// In this process, or over HTTP.
    Call(Call),
    /// Send the record in the controls to the server.
    Ask(Record),
    Focus(Half),
    /// Stop a job of this page.
    Stop(Slot),
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Batch(DataRef, Box<ReadOptions>),
    Grid(Record),
    Save(Arc<Batch>, PathBuf),
    /// Have a result there again after a restart.
    Keep(Arc<Batch>),
    /// Open the result that was kept.
    Back,
    Measure(Record),
    Parity(Record),
    Ask(Record),
}

/// What comes back.
#[derive(Debug)]
pub(crate) struct Event {
    /// The model it was worked out with: what an earlier champion sends is not shown as the present one's.
    pub(crate) champion: u32,
    pub(crate) news: News,
}

/// A result, or a part of one.
#[derive(Debug)]
pub(crate) enum News {
    /// The first rows of the output.
    First(Arc<Table>),
    /// Rows written so far, and how their predictions lie.
    Rows(u64, ColumnChart),
    Batch(Box<Batch>),
    /// Where the predictions are, how many, and whether they are a part only.
    Saved(PathBuf, u64, bool),
    /// The result of the last time.
    Back(Option<Box<Batch>>),
    Kept,
    Single(Point),
    /// A measured point of a route.
    Point(Route, Point),
    Measured,
    Parity(Parity),
    /// What the server said to the record.
    Reply(Reply),
    /// Requests and rows that were answered so far.
    Calls(u64, u64),
}

/// The record in the controls, for the champion.
pub(crate) fn current(truth: &Truth, draft: &Draft) -> Option<Record> {
    truth.champion().map(|version| record_for(version.model(), &draft.values))
}

/// The workspace was opened: the predictions of the last time come back.
pub(crate) fn opened(state: &mut AppState) -> Vec<AppEffect> {
    let mut effects = champion_changed(state);
    effects.push(AppEffect::Predict(Effect::Back));
    effects
}

/// The server was started or stopped: the row is compared again by the ways that there are now.
pub(crate) fn served_changed(state: &mut AppState) {
    let results = &mut state.results.predict;
    results.compared = None;
    results.reply = None;
    results.served = state.results.serve.live().is_some();
}

/// Another model answers now, or none: what was measured with the old one is gone, and so are values that the new one
/// does not know. Predictions stay, and say by which model they are; what runs is stopped.
pub(crate) fn champion_changed(state: &mut AppState) -> Vec<AppEffect> {
    let results = &mut state.results.predict;
    results.curves.clear();
    results.single = None;
    results.measure_problem = None;
    results.parity = Loadable::default();
    results.compared = None;
    results.reply = None;
    results.asking = false;
    results.batch.cancelled();
    results.batch.problem = None;
    let stopped = results.running.take();
    let draft = &mut state.screen.predict;
    draft.typing = None;
    draft.rest = None;
    if let Some(version) = state.truth.champion() {
        record::keep_known(version.model(), &mut draft.values);
    }
    if let Some(running) = stopped {
        let said = format!("Predicting {} was stopped: its model is not the champion any more", running.name);
        state.say(StatusKind::Note, said);
    }
    [Slot::Batch, Slot::Measure, Slot::Parity, Slot::Ask].into_iter().map(AppEffect::DropSlot).collect()
}

/// What the guide asks for on this page, and whether it is done.
pub(crate) fn tasks(state: &AppState) -> Vec<(&'static str, bool)> {
    let results = &state.results.predict;
    let many =
        results.batch.value.as_ref().is_some_and(|batch| batch.n_rows >= 1000 && batch.stopped.is_none());
    vec![
        (
            "Predict one record: change a value",
            state.screen.predict.changed && state.truth.champion.is_some(),
        ),
        ("Predict a file of 1 000 rows or more", many),
        ("Measure the time per row", results.curves.values().any(|points| points.len() >= 3)),
        ("Save the predictions as CSV", state.screen.predict.saved),
    ]
}

/// What can be done on this page.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    const NO_MODEL: &str = "Train a model and make it the champion first";
    let ctrl = Modifiers::COMMAND;
    let champion = state.truth.champion().is_some();
    let results = &state.results.predict;
    let again: Action = match (&state.screen.predict.file, state.truth.data()) {
        (Some(_), _) => Action::new("Predict the file", Icon::PLAY, Command::Again),
        (None, Some(_)) => Action::new("Predict the file", Icon::PLAY, Command::OpenTable),
        (None, None) => Action::new("Predict the file", Icon::PLAY, AppCommand::Choose(Purpose::OpenBatch)),
    };
    vec![
        again.keys(ctrl, Key::Enter).when(champion, NO_MODEL),
        Action::new("Choose a file to predict…", Icon::FOLDER_OPEN, AppCommand::Choose(Purpose::OpenBatch))
            .when(champion, NO_MODEL),
        Action::new("Save as CSV", Icon::DOWNLOAD_SIMPLE, AppCommand::Choose(Purpose::SaveBatch))
            .keys(ctrl, Key::S)
            .when(results.batch.value.is_some(), "Predict a file first"),
        Action::new("Predict a what-if grid", Icon::TABLE, Command::Grid).when(champion, NO_MODEL),
        Action::new("Measure time per row", Icon::TIMER, Command::Measure).when(champion, NO_MODEL),
        Action::new("Compare single with batch", Icon::EQUALS, Command::Parity { asked: true })
            .when(champion, NO_MODEL),
        Action::new("Back to typical values", Icon::ARROW_COUNTER_CLOCKWISE, Command::Reset)
            .when(champion, NO_MODEL),
        match state.screen.predict.call {
            Call::InProcess => Action::new("Predict over HTTP", Icon::BROADCAST, Command::Call(Call::Http))
                .when(champion, NO_MODEL),
            Call::Http => {
                Action::new("Predict in this process", Icon::CURSOR_CLICK, Command::Call(Call::InProcess))
            }
        },
        Action::new("Focus: one record", Icon::CURSOR_CLICK, Command::Focus(Half::One))
            .keys(ctrl, Key::I)
            .when(champion, NO_MODEL),
        Action::new("Focus: many records", Icon::ROWS, Command::Focus(Half::Many))
            .keys(ctrl, Key::B)
            .when(champion, NO_MODEL),
    ]
}

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    let draft = &mut state.screen.predict;
    match command {
        Command::Set(input, value) => {
            draft.values.insert(input, value);
            draft.changed = true;
        }
        Command::Reset => {
            draft.values.clear();
            draft.typing = None;
        }
        Command::Load(row) => {
            let table = state.results.predict.batch.value.as_ref().map(|batch| Arc::clone(&batch.table));
            if let Some(table) = table {
                load(state, &table, row, "of the result");
            }
        }
        Command::LoadTable(row) => {
            if let Some(data) = state.truth.data().cloned() {
                load(state, &data.loaded.table, row, "of the table");
            }
        }
        Command::OpenBatch(path) => return begin(state, DataRef::Path(path), ReadOptions::default()),
        Command::OpenTable => {
            if let Some(data) = state.truth.data() {
                let (from, options) = (data.from.clone(), data.options.clone());
                return begin(state, from, options);
            }
        }
        Command::Grid => {
            if let Some(record) = current(&state.truth, &state.screen.predict) {
                running(state, grid::FILE.to_owned());
                return vec![AppEffect::Predict(Effect::Grid(record))];
            }
        }
        Command::Again => {
            if let Some(from) = draft.file.clone() {
                let open = state.truth.data().filter(|data| data.from == from);
                let options = open.map(|data| data.options.clone()).unwrap_or_default();
                return begin(state, from, options);
            }
        }
        Command::SaveBatch(path) => {
            if let Some(batch) = &state.results.predict.batch.value {
                return vec![AppEffect::Predict(Effect::Save(Arc::clone(batch), path))];
            }
        }
        Command::Measure => {
            if let Some(record) = current(&state.truth, &state.screen.predict) {
                state.results.predict.curves.clear();
                state.results.predict.single = None;
                state.results.predict.measure_problem = None;
                return vec![AppEffect::Predict(Effect::Measure(record))];
            }
        }
        Command::Parity { asked } => {
            if let Some(record) = current(&state.truth, &state.screen.predict) {
                let results = &mut state.results.predict;
                results.parity.begin();
                results.compared = Some(record.clone());
                results.say_parity = asked;
                return vec![AppEffect::Predict(Effect::Parity(record))];
            }
        }
        Command::Call(call) => {
            draft.call = call;
            state.results.predict.reply = None;
        }
        Command::Ask(record) => {
            if !state.results.predict.asking {
                state.results.predict.asking = true;
                return vec![AppEffect::Predict(Effect::Ask(record))];
            }
        }
        Command::Focus(half) => draft.focus = Some(half),
        Command::Stop(slot) => return vec![AppEffect::CancelSlot(slot)],
    }
    Vec::new()
}

fn begin(state: &mut AppState, from: DataRef, mut options: ReadOptions) -> Vec<AppEffect> {
    use crate::app::pages::PageId;
    if state.truth.champion().is_none() {
        state
            .say(StatusKind::Failed, "There is no model to predict with; train one and make it the champion");
        return Vec::new();
    }
    state.screen.page = PageId::Predict;
    // types come from the model
    options.columns.values_mut().for_each(|column| column.kind = None);
    options.hash = false;
    running(state, from.title());
    state.screen.predict.file = Some(from.clone());
    vec![AppEffect::Predict(Effect::Batch(from, Box::new(options)))]
}

/// A file is being predicted now.
fn running(state: &mut AppState, name: String) {
    let results = &mut state.results.predict;
    results.batch.begin();
    results.running = Some(Running { name, ..Running::default() });
}

/// A row of a table goes to the controls.
fn load(state: &mut AppState, table: &Table, row: usize, place: &str) {
    let Some(version) = state.truth.champion() else { return };
    if row >= table.n_rows() {
        return;
    }
    let values = values_of(version.model(), table, row);
    let absent = version.model().inputs.iter().filter(|input| !values.contains_key(&input.name)).count();
    let absent = match absent {
        0 => String::new(),
        n => {
            format!("; {} not in it, typical values stand there", format::plural(n, "input is", "inputs are"))
        }
    };
    let draft = &mut state.screen.predict;
    draft.values = values;
    draft.changed = true;
    draft.typing = None;
    state.say(StatusKind::Done, format!("Row {} {place} is in the controls{absent}", format::rows(row + 1)));
}

/// How many rows, in words.
pub(super) fn rows_text(n: u64) -> String {
    format!("{} {}", format::count(n), if n == 1 { "row" } else { "rows" })
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    let running = [Slot::Batch, Slot::BatchSave, Slot::Measure];
    let job = running.into_iter().find(|slot| state.work.job(*slot).is_some());
    if let Some(slot) = job {
        return vec![AppEffect::CancelSlot(slot)];
    }
    state.results.predict.batch.problem = None;
    Vec::new()
}
