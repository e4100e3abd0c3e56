//! The Predict page's jobs: a file predicted in constant memory, time per row measured, the same row by every way.

use std::io::Write;
use std::sync::Arc;

use rand::RngExt;
use serde_json::Value;

use super::record::Record;
use super::{Batch, Effect, Event, Parity, Point, Stage};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::pages::data::source;
use crate::app::state::{AppState, Problem};
use crate::data::chart::column_chart;
use crate::data::{Coded, Column, ColumnData, ReadOptions, Source, Table, read_csv, replace_file, write_csv};
use crate::inference::{Predictor, ScoreError, Scratch, score_csv};
use crate::model::{InputKind, Model};
use crate::work::{Progress, Seed};

/// How much of the output is kept to be shown, in bytes.
const HEAD_BYTES: usize = 1 << 20;
/// How much of it is shown while the job still runs.
const FIRST_BYTES: usize = 1 << 16;
/// The most numbers in a table that is measured with: 160 MB.
const MEASURED_CELLS: usize = 20_000_000;

/// Carries an effect of this page out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    let Some(version) = state.truth.champion() else { return };
    let predictor = Arc::clone(&version.predictor);
    let folder = state.truth.folder.clone();
    match effect {
        Effect::Batch(from, options) => {
            let title = format!("Predicting {}", from.title());
            outside.start(state, Slot::Batch, title, move |handle| {
                let source = source(&from, folder.as_ref())?;
                batch(&predictor, &source, &options, handle).map(|batch| event(Event::Batch(Box::new(batch))))
            });
        }
        Effect::Save(batch, path) => {
            outside.start(state, Slot::BatchSave, "Saving the predictions", move |handle| {
                save(&batch, &path, handle)?;
                Ok(event(Event::Saved(path)))
            });
        }
        Effect::Measure(record) => {
            outside.start(state, Slot::Measure, "Measuring time per row", move |handle| {
                measure(&predictor, &record, handle)?;
                Ok(event(Event::Measured))
            });
        }
        Effect::Parity(record) => {
            outside.start(state, Slot::Parity, "Comparing single and batch", move |handle| {
                Ok(event(Event::Parity(parity(&predictor, record, handle)?)))
            });
        }
    }
}

fn event(event: Event) -> AppEvent {
    AppEvent::Predict(event)
}

/// Takes the output to a file, keeps its start, and tells how far it is.
struct Tee<'a> {
    file: std::io::BufWriter<std::fs::File>,
    head: Vec<u8>,
    lines: u64,
    shown: bool,
    handle: &'a Handle,
}

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write_all(bytes)?;
        self.lines += bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let lines = self.lines.saturating_sub(1);
        let gone = |_| std::io::Error::other("cancelled");
        if !self.shown && self.head.len() >= FIRST_BYTES {
            self.shown = true;
            if let Some(table) = head_table(&self.head) {
                self.handle.partial(event(Event::First(table))).map_err(gone)?;
            }
        }
        self.handle.partial(event(Event::Rows(lines))).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// The whole lines of the output's start, as a table to show.
fn head_table(head: &[u8]) -> Option<Arc<Table>> {
    let end = head.iter().rposition(|byte| *byte == b'\n')? + 1;
    let source = Source::from_bytes("predictions", &head[..end]);
    let options = ReadOptions { header: Some(true), delimiter: Some(b','), ..ReadOptions::default() };
    read_csv(&source, &options, &Progress::new()).ok().map(|loaded| Arc::new(loaded.table))
}

fn batch(
    predictor: &Predictor,
    source: &Source,
    options: &ReadOptions,
    handle: &Handle,
) -> Result<Batch, JobError> {
    let write =
        |error: std::io::Error| Problem::new("The predictions could not be written", error.to_string());
    let file = tempfile::NamedTempFile::new().map_err(write)?;
    let stopwatch = handle.clock.stopwatch();
    let copy = file.as_file().try_clone().map_err(write)?;
    let mut tee =
        Tee { file: std::io::BufWriter::new(copy), head: Vec::new(), lines: 0, shown: false, handle };
    let scored = score_csv(predictor, source, options, &mut tee, &handle.progress);
    handle.progress.check()?;
    let scored = scored.map_err(|error| {
        let title = match &error {
            ScoreError::Data(_) => "The file could not be read",
            ScoreError::Input { .. } => "A row is not as the model needs it",
            ScoreError::Write(_) => "The predictions could not be written",
        };
        Problem::new(title, error.to_string())
    })?;
    tee.flush().map_err(write)?;
    let seconds = stopwatch.seconds();
    let table = head_table(&tee.head).unwrap_or_default();
    // all predictions, for their distribution
    let options =
        ReadOptions { only: Some(vec![scored.prediction_column.clone()]), ..ReadOptions::default() };
    let all = Source::open(file.path()).and_then(|all| read_csv(&all, &options, &handle.progress));
    let chart = all.ok().and_then(|all| all.table.columns().first().map(column_chart)).unwrap_or_default();
    let notes = scored.warnings.iter().map(|warning| format!("line {}: {}", warning.line, warning.message));
    Ok(Batch {
        notes: notes.collect(),
        name: source.name(),
        n_bytes: source.size(),
        n_rows: scored.n_rows,
        seconds,
        table,
        prediction_column: scored.prediction_column,
        chart,
        file: Arc::new(file),
    })
}

fn save(batch: &Batch, path: &std::path::Path, handle: &Handle) -> Result<(), JobError> {
    let problem = |error: std::io::Error| {
        Problem::new(format!("{} could not be written", path.display()), error.to_string())
    };
    let mut from = std::fs::File::open(batch.file.path()).map_err(problem)?;
    handle.progress.set_total(from.metadata().map_err(problem)?.len());
    let written: Result<(), std::io::Error> = replace_file(path, |out| {
        let mut piece = vec![0; 1 << 20];
        loop {
            if handle.progress.is_cancelled() {
                return Err(std::io::Error::other("cancelled"));
            }
            let n = std::io::Read::read(&mut from, &mut piece)?;
            if n == 0 {
                return Ok(());
            }
            out.write_all(&piece[..n])?;
            handle.progress.add(n as u64);
        }
    });
    handle.progress.check()?;
    Ok(written.map_err(problem)?)
}

/// A table of `n` rows as the model takes them: values drawn from the training range, by a fixed seed.
fn drawn(model: &Model, n: usize) -> Table {
    let mut rng = Seed::default().rng("measure");
    let columns = model.inputs.iter().map(|input| {
        let data = match &input.kind {
            InputKind::Number { min, max, whole, .. } => ColumnData::Number(
                (0..n)
                    .map(|_| {
                        let value = min + (max - min) * rng.random::<f64>();
                        if *whole { value.round().clamp(*min, *max) } else { value }
                    })
                    .collect(),
            ),
            InputKind::Date { min, max, .. } => ColumnData::Date(
                (0..n).map(|_| ((min + (max - min) * rng.random::<f64>()) * 86_400e6) as i64).collect(),
            ),
            InputKind::Category { levels, .. } => coded(levels, n, |n| rng.random_range(0..n)),
            InputKind::Boolean { no, yes, .. } => {
                coded(&[no.clone(), yes.clone()], n, |n| rng.random_range(0..n))
            }
        };
        Column { name: input.name.clone(), data }
    });
    // names of inputs are unique and the columns equally long
    Table::new(columns.collect()).unwrap_or_default()
}

fn coded(levels: &[String], n: usize, mut draw: impl FnMut(u32) -> u32) -> ColumnData {
    let n_levels = levels.len() as u32;
    let codes = (0..n).map(|_| draw(n_levels.max(1))).collect();
    ColumnData::Category(Coded { codes, levels: Arc::new(levels.iter().collect()) })
}

/// Measures one call with ever more rows, and one record as JSON; each point is sent as soon as it is there.
fn measure(predictor: &Predictor, record: &Record, handle: &Handle) -> Result<(), JobError> {
    let sizes = [1_usize, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
    let width = predictor.model().inputs.len().max(1);
    let sizes: Vec<usize> = sizes.into_iter().filter(|n| n * width <= MEASURED_CELLS).collect();
    handle.progress.set_total(sizes.len() as u64 + 1);
    let refused = |error: crate::inference::InputError| Problem::new("A row was refused", error.to_string());
    let json = Value::Object(record.clone()).to_string().into_bytes();
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    predictor.predict_json(&json, &mut scratch, &mut out).map_err(refused)?;
    let single = repeated(handle, 100, || {
        out.clear();
        // it was read once above
        drop(predictor.predict_json(std::hint::black_box(&json), &mut scratch, &mut out));
    })?;
    handle.partial(event(Event::Single(single)))?;
    handle.progress.add(1);
    for n in sizes {
        handle.progress.check()?;
        let table = drawn(predictor.model(), n);
        predictor.predict_table(&table, 0).map_err(refused)?;
        let calls = (1_000 / n).max(1);
        let mut point = repeated(handle, calls, || {
            drop(std::hint::black_box(predictor.predict_table(std::hint::black_box(&table), 0)));
        })?;
        point.rows = n;
        for time in [&mut point.median, &mut point.low, &mut point.high] {
            *time /= n as f64;
        }
        handle.partial(event(Event::Point(point)))?;
        handle.progress.add(1);
    }
    Ok(())
}

/// The seconds a call takes: the median over repeats, with the tenth and ninetieth percentile. Each repeat times
/// `calls` calls together, so that the clock's own step does not show.
fn repeated(handle: &Handle, calls: usize, mut call: impl FnMut()) -> Result<Point, JobError> {
    const BUDGET_SECS: f64 = 0.25;
    let whole = handle.clock.stopwatch();
    let mut times = Vec::new();
    while times.len() < 5 || (times.len() < 200 && whole.seconds() < BUDGET_SECS) {
        handle.progress.check()?;
        let stopwatch = handle.clock.stopwatch();
        for _ in 0..calls {
            call();
        }
        times.push(stopwatch.seconds() / calls as f64);
    }
    let at = |share| {
        crate::data::quantile::quantiles(&times, &[share]).and_then(|q| q.first().copied()).unwrap_or(0.0)
    };
    Ok(Point { rows: 1, median: at(0.5), low: at(0.1), high: at(0.9), repeats: times.len() })
}

/// The record as a table of `n` equal rows.
fn rows_of(model: &Model, record: &Record, n: usize) -> Table {
    let columns = model.inputs.iter().map(|input| {
        let value = record.get(&input.name);
        let text = |text: &str| ColumnData::Text(std::iter::repeat_n(Some(text), n).collect::<Coded>());
        let data = match (&input.kind, value) {
            (InputKind::Number { .. }, value) => {
                ColumnData::Number(vec![value.and_then(Value::as_f64).unwrap_or(f64::NAN); n])
            }
            (InputKind::Boolean { no, yes, .. }, Some(Value::Bool(on))) => text(if *on { yes } else { no }),
            (InputKind::Date { .. }, Some(Value::String(day))) => {
                let micros = crate::data::date::candidates(day, false)
                    .iter()
                    .find_map(|format| crate::data::date::parse(format, day));
                ColumnData::Date(vec![micros.unwrap_or(crate::data::MISSING_DATE); n])
            }
            (_, Some(Value::String(level))) => text(level),
            _ => ColumnData::Text(std::iter::repeat_n(None::<&str>, n).collect::<Coded>()),
        };
        Column { name: input.name.clone(), data }
    });
    Table::new(columns.collect()).unwrap_or_default()
}

/// The same row by every way there is, to be compared bit by bit.
fn parity(predictor: &Predictor, record: Record, handle: &Handle) -> Result<Parity, JobError> {
    const MANY: usize = 200_000;
    let refused =
        |error: crate::inference::InputError| Problem::new("The record was refused", error.to_string());
    let model = predictor.model();
    let n_outputs = model.output.classes.len().max(1);
    let mut stages = Vec::new();
    let mut add = |name: String, outputs: Vec<f64>| stages.push(Stage { name, outputs });
    let mut scratch = Scratch::default();
    let outputs_of = |scratch: &mut Scratch| -> Vec<f64> {
        match predictor.predict(scratch) {
            crate::inference::Prediction::Number(value) => vec![value],
            crate::inference::Prediction::Class { .. } => {
                predictor.probabilities(scratch).into_iter().map(|(_, p)| p).collect()
            }
        }
    };
    predictor.read_value(&Value::Object(record.clone()), &mut scratch).map_err(refused)?;
    add("one record".into(), outputs_of(&mut scratch));
    let json = Value::Object(record.clone()).to_string();
    predictor.read_record(json.as_bytes(), &mut scratch).map_err(refused)?;
    add("one record as JSON text".into(), outputs_of(&mut scratch));
    for (name, n, threads) in [
        ("batch of 1", 1, 1),
        ("batch of 1 000, one thread", 1_000, 1),
        ("batch of 200 000, all threads", MANY, 0),
    ] {
        handle.progress.check()?;
        let table = rows_of(model, &record, n);
        let predictions = predictor.predict_table(&table, threads).map_err(refused)?;
        let row = n / 2;
        add(name.into(), (0..n_outputs).map(|output| predictions.output(output)[row]).collect());
    }
    if model.output.classes.is_empty() {
        let mut csv = Vec::new();
        let failed = |error: std::io::Error| Problem::new("The row could not be written", error.to_string());
        write_csv(&rows_of(model, &record, 1), &mut csv).map_err(failed)?;
        let mut out = Vec::new();
        score_csv(
            predictor,
            &Source::from_bytes("row.csv", csv),
            &one_row_options(),
            &mut out,
            &Progress::new(),
        )
        .map_err(|error| Problem::new("The row could not be predicted as a file", error.to_string()))?;
        let text = String::from_utf8_lossy(&out);
        let last = text.trim_end().rsplit(',').next().and_then(|number| number.parse().ok());
        add("CSV file to CSV file".into(), vec![last.unwrap_or(f64::NAN)]);
    }
    Ok(Parity { record, stages })
}

/// How a file of one row is read: nothing about it is to be guessed.
fn one_row_options() -> ReadOptions {
    ReadOptions { delimiter: Some(b','), header: Some(true), ..ReadOptions::default() }
}
