//! The Predict page, the heart of the lesson: the very same predict answers one question or a million.

mod batch;
mod curve;
mod interactive;
mod jobs;
mod page;
mod record;
mod waterfall;

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};

pub(crate) use jobs::carry_out;
pub(crate) use page::predict_page_ui;
use record::{Record, record_for};

use crate::app::command::{Action, Command as AppCommand};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::picker::Purpose;
use crate::app::state::{AppState, Loadable, Problem, StatusKind, Truth};
use crate::app::theme::Icon;
use crate::app::widgets::format;
use crate::data::chart::ColumnChart;
use crate::data::{ColumnData, ReadOptions, Table};
use crate::workspace::DataRef;

/// What the learner set on this page; kept over a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
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
}

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The predicted file; the old one stays while another is predicted.
    pub(crate) batch: Loadable<Arc<Batch>>,
    /// The first rows and the count, while the job runs.
    pub(crate) running: Option<Running>,
    /// The measured points of the curve.
    pub(crate) points: Vec<Point>,
    /// The measured time of one record as JSON.
    pub(crate) single: Option<Point>,
    /// Whether measuring failed.
    pub(crate) measure_problem: Option<Problem>,
    /// The same row by every way.
    pub(crate) parity: Loadable<Parity>,
}

/// A file that is being predicted.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// What it is called.
    pub(crate) name: String,
    /// Rows written so far.
    pub(crate) n_rows: u64,
    /// The first rows, once there are some.
    pub(crate) first: Option<Arc<Table>>,
}

/// A predicted file.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The input's name.
    pub(crate) name: String,
    /// The input's size.
    pub(crate) n_bytes: u64,
    /// Rows read and predicted.
    pub(crate) n_rows: u64,
    /// How long it took, reading and writing included.
    pub(crate) seconds: f64,
    /// The first rows of the output.
    pub(crate) table: Arc<Table>,
    /// The name of the column with the predictions.
    pub(crate) prediction_column: String,
    /// How all predictions are distributed.
    pub(crate) chart: ColumnChart,
    /// What was odd about the input.
    pub(crate) notes: Vec<String>,
    /// The whole output, gone when nothing shows it any more.
    pub(crate) file: Arc<tempfile::NamedTempFile>,
}

/// A measured call: seconds per row (or per call, for a single record).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// Rows in the call.
    pub(crate) rows: usize,
    /// The median over repeats.
    pub(crate) median: f64,
    /// The tenth percentile.
    pub(crate) low: f64,
    /// The ninetieth percentile.
    pub(crate) high: f64,
    /// How many repeats.
    pub(crate) repeats: usize,
}

/// The same row by every way there is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parity {
    /// The row.
    pub(crate) record: Record,
    /// The ways, the first being what the others are compared with.
    pub(crate) stages: Vec<Stage>,
}

/// One way to predict a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    /// What it is.
    pub(crate) name: String,
    /// The number, or the probability of every class.
    pub(crate) outputs: Vec<f64>,
}

impl Parity {
    /// The first way whose numbers differ in any bit from the first one's.
    pub(crate) fn differs(&self) -> Option<&Stage> {
        let bits = |stage: &Stage| stage.outputs.iter().map(|output| output.to_bits()).collect::<Vec<_>>();
        let first = self.stages.first().map(bits)?;
        self.stages.iter().find(|stage| bits(stage) != first)
    }
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
    OpenBatch(PathBuf),
    /// Predict the rows of the open table.
    OpenTable,
    /// Predict the file of last time again.
    Again,
    SaveBatch(PathBuf),
    Measure,
    Parity,
    /// Stop a job of this page.
    Stop(Slot),
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Batch(DataRef, Box<ReadOptions>),
    Save(Arc<Batch>, PathBuf),
    Measure(Record),
    Parity(Record),
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    /// The first rows of the output.
    First(Arc<Table>),
    /// Rows written so far.
    Rows(u64),
    Batch(Box<Batch>),
    Saved(PathBuf),
    Single(Point),
    Point(Point),
    Measured,
    Parity(Parity),
}

/// The record in the controls, for the champion.
pub(crate) fn current(truth: &Truth, draft: &Draft) -> Option<Record> {
    truth.champion().map(|version| record_for(version.model(), &draft.values))
}

/// Another model answers now, or none: what was worked out with the old one is gone.
pub(crate) fn champion_changed(state: &mut AppState) {
    let results = &mut state.results.predict;
    results.points.clear();
    results.single = None;
    results.parity = Loadable::default();
    results.batch = Loadable::default();
    results.running = None;
}

/// What the guide asks for on this page, and whether it is done.
pub(crate) fn tasks(state: &AppState) -> Vec<(&'static str, bool)> {
    let results = &state.results.predict;
    let many = results.batch.value.as_ref().is_some_and(|batch| batch.n_rows >= 1000);
    vec![
        (
            "Predict one record: change a value",
            state.screen.predict.changed && state.truth.champion.is_some(),
        ),
        ("Predict a file of 1 000 rows or more", many),
        ("Measure the time per row", results.points.len() >= 3),
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
        Action::new("Measure time per row", Icon::TIMER, Command::Measure).when(champion, NO_MODEL),
        Action::new("Compare single with batch", Icon::EQUALS, Command::Parity).when(champion, NO_MODEL),
        Action::new("Back to typical values", Icon::ARROW_COUNTER_CLOCKWISE, Command::Reset)
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
        Command::Load(row) => load(state, row),
        Command::OpenBatch(path) => return begin(state, DataRef::Path(path), ReadOptions::default()),
        Command::OpenTable => {
            if let Some(data) = state.truth.data() {
                let (from, options) = (data.from.clone(), data.options.clone());
                return begin(state, from, options);
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
                state.results.predict.points.clear();
                state.results.predict.single = None;
                state.results.predict.measure_problem = None;
                return vec![AppEffect::Predict(Effect::Measure(record))];
            }
        }
        Command::Parity => {
            if let Some(record) = current(&state.truth, &state.screen.predict) {
                state.results.predict.parity.begin();
                return vec![AppEffect::Predict(Effect::Parity(record))];
            }
        }
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
    let results = &mut state.results.predict;
    results.batch.begin();
    results.running = Some(Running { name: from.title(), ..Running::default() });
    state.screen.predict.file = Some(from.clone());
    vec![AppEffect::Predict(Effect::Batch(from, Box::new(options)))]
}

/// A row of the result goes to the controls.
fn load(state: &mut AppState, row: usize) {
    let Some(version) = state.truth.champion() else { return };
    let Some(batch) = &state.results.predict.batch.value else { return };
    let mut values = Record::new();
    for input in &version.model().inputs {
        let Some(column) = batch.table.column(&input.name).filter(|column| !column.is_missing(row)) else {
            continue;
        };
        let value = match &column.data {
            ColumnData::Number(numbers) => serde_json::Value::from(numbers[row]),
            ColumnData::Date(dates) => serde_json::Value::from(crate::data::date::format_iso(dates[row])),
            ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => {
                serde_json::Value::from(c.get(row).unwrap_or(""))
            }
        };
        values.insert(input.name.clone(), as_control(&input.kind, value));
    }
    state.screen.predict.values = values;
    state.screen.predict.changed = true;
    state.say(StatusKind::Done, format!("Row {} is in the controls", format::rows(row + 1)));
}

/// A cell as its control holds it: yes and no for booleans, text for levels that look like numbers.
fn as_control(kind: &crate::model::InputKind, value: serde_json::Value) -> serde_json::Value {
    use crate::model::InputKind;
    match (kind, &value) {
        (InputKind::Boolean { yes, .. }, serde_json::Value::String(text)) => {
            text.eq_ignore_ascii_case(yes).into()
        }
        (InputKind::Category { .. }, serde_json::Value::Number(number)) => {
            number.as_f64().map_or(value.clone(), |number| crate::data::number_text(number).into())
        }
        _ => value,
    }
}

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, _seconds: f64) -> Vec<AppEffect> {
    let results = &mut state.results.predict;
    match event {
        Event::First(table) => {
            if let Some(running) = &mut results.running {
                running.first = Some(table);
            }
        }
        Event::Rows(n) => {
            if let Some(running) = &mut results.running {
                running.n_rows = n;
            }
        }
        Event::Batch(batch) => {
            let said = format!(
                "Predicted {} of {} in {}",
                format::plural(usize::try_from(batch.n_rows).unwrap_or(usize::MAX), "row", "rows"),
                batch.name,
                format::duration(batch.seconds)
            );
            results.running = None;
            results.batch.done(Arc::new(*batch));
            state.say(StatusKind::Done, said);
        }
        Event::Saved(path) => {
            state.screen.predict.saved = true;
            state.say(StatusKind::Done, format!("Saved {}", path.display()));
        }
        Event::Single(point) => results.single = Some(point),
        Event::Point(point) => results.points.push(point),
        Event::Measured => state.say(StatusKind::Done, "Measured the time per row"),
        Event::Parity(parity) => {
            let said = match parity.differs() {
                None => "Single and batch gave the same number, to the last bit".to_owned(),
                Some(stage) => format!("{} gave another number", stage.name),
            };
            let kind = if parity.differs().is_none() { StatusKind::Done } else { StatusKind::Failed };
            results.parity.done(parity);
            state.say(kind, said);
        }
    }
    Vec::new()
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    let results = &mut state.results.predict;
    match slot {
        Slot::Batch => {
            results.running = None;
            results.batch.failed(problem);
        }
        Slot::Measure => results.measure_problem = Some(problem),
        Slot::Parity => results.parity.failed(problem),
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
            state.say(StatusKind::Note, "Predicting the file was stopped; nothing was kept of it");
        }
        Slot::Measure => state.say(StatusKind::Note, "Measuring was stopped; the points so far stay"),
        Slot::Parity => results.parity.cancelled(),
        _ => {}
    }
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    let running = [Slot::Batch, Slot::BatchSave, Slot::Measure, Slot::Parity];
    let job = running.into_iter().find(|slot| state.work.job(*slot).is_some());
    if let Some(slot) = job {
        return vec![AppEffect::CancelSlot(slot)];
    }
    state.results.predict.batch.problem = None;
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(name: &str, outputs: &[f64]) -> Stage {
        Stage { name: name.into(), outputs: outputs.to_vec() }
    }

    #[test]
    fn parity_is_of_bits_and_names_the_first_way_that_differs() {
        let stages =
            vec![stage("a", &[0.1 + 0.2]), stage("b", &[0.1 + 0.2]), stage("c", &[0.3]), stage("d", &[0.4])];
        let parity = Parity { record: Record::new(), stages };
        assert_eq!(parity.differs().map(|stage| stage.name.as_str()), Some("c"));
        let same =
            Parity { record: Record::new(), stages: vec![stage("a", &[f64::NAN]), stage("b", &[f64::NAN])] };
        assert_eq!(same.differs(), None);
        let zeros = Parity { record: Record::new(), stages: vec![stage("a", &[0.0]), stage("b", &[-0.0])] };
        assert!(zeros.differs().is_some());
    }

    #[test]
    fn without_a_model_a_file_is_refused_in_words() {
        let mut state = AppState::new(crate::work::Clock::fixed(0));
        let effects = apply(&mut state, Command::OpenBatch("x.csv".into()));
        assert!(effects.is_empty());
        assert!(state.screen.status.unwrap().text.contains("train one"));
    }
}
