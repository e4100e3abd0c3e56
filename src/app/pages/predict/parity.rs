//! The same row by every way there is, to be compared bit by bit: alone, as JSON, among others, through a file.

use serde_json::Value;

use super::http::Endpoint;
use super::measure::{drawn, repeated};
use super::record::Record;
use super::routes::{Reached, Way};
use super::{Parity, Stage};
use crate::app::job::{Handle, JobError};
use crate::app::state::Problem;
use crate::data::{Coded, Column, ColumnData, Decimal, MISSING_DATE, ReadOptions, Source, Table, write_csv};
use crate::inference::{InputError, Predictor, Scratch, score_csv};
use crate::model::{InputKind, Model};
use crate::work::Progress;

/// How many different rows stand around the record.
const AROUND: usize = 1_000;
/// How long the one call is measured, in seconds.
const CALL_SECS: f64 = 0.005;

/// Predicts a record by every way, and measures the plainest one.
///
/// # Errors
/// [`JobError`] when the record is refused, or the comparison is no longer wanted.
pub(super) fn compare(
    predictor: &Predictor,
    endpoint: Option<&Endpoint>,
    record: Record,
    handle: &Handle,
) -> Result<Parity, JobError> {
    let refused = |error: InputError| Problem::new("The record was refused", error.to_string());
    let mut stages: Vec<Stage> = Vec::new();
    let reached = Reached { predictor, endpoint, progress: &handle.progress };
    for way in Way::ALL {
        handle.progress.check()?;
        let alone = stages.first().map_or(&[][..], |first| &first.outputs);
        let name = way.title().to_owned();
        match way.outputs(reached, &record, alone) {
            Ok(Some(outputs)) => stages.push(Stage { name, outputs, problem: None }),
            Ok(None) => {}
            // what the server refuses says nothing about the other ways
            Err(JobError::Failed(problem)) if !stages.is_empty() && way.is_remote() => {
                let problem = Some(format!("{}: {}", problem.title, problem.detail));
                stages.push(Stage { name, outputs: Vec::new(), problem });
            }
            Err(error) => return Err(error),
        }
    }
    let (value, mut scratch) = (Value::Object(record), Scratch::default());
    predictor.read_value(&value, &mut scratch).map_err(refused)?;
    let call = repeated(handle, 20, CALL_SECS, || {
        // it was read once above
        drop(predictor.read_value(std::hint::black_box(&value), &mut scratch));
        std::hint::black_box(predictor.predict(&mut scratch));
    })?;
    let Value::Object(record) = value else { return Err(JobError::Cancelled) };
    Ok(Parity { record, stages, call })
}

/// Where the record stands among `n` rows: not at the edge of a block, and in the last thread's part.
pub(super) fn place(n: usize) -> usize {
    n - 1 - n / 7
}

/// The record among `n` rows, the others drawn from the training range.
pub(super) fn among(model: &Model, record: &Record, n: usize) -> Table {
    let others = drawn(model, n.min(AROUND));
    let rows: Vec<usize> = (0..n).map(|row| row % AROUND).collect();
    let at = place(n);
    let columns = model.inputs.iter().zip(others.take(&rows).into_columns()).map(|(input, mut column)| {
        let value = record.get(&input.name);
        match &mut column.data {
            ColumnData::Number(numbers) => numbers[at] = value.and_then(Value::as_f64).unwrap_or(f64::NAN),
            ColumnData::Date(dates) => dates[at] = value.and_then(Value::as_str).map_or(MISSING_DATE, micros),
            ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
                let text = text_of(&input.kind, value);
                let mut levels = (*coded.levels).clone();
                coded.codes[at] = text.map_or(crate::data::MISSING_CODE, |text| levels.intern(&text));
                coded.levels = std::sync::Arc::new(levels);
            }
        }
        column
    });
    Table::new(columns.collect()).unwrap_or_default()
}

/// A date's text in microseconds since 1970, however it is written.
fn micros(day: &str) -> i64 {
    crate::data::date::candidates(day, false)
        .iter()
        .find_map(|format| crate::data::date::parse(format, day))
        .unwrap_or(MISSING_DATE)
}

/// The word for a level or for yes and no.
fn text_of(kind: &InputKind, value: Option<&Value>) -> Option<String> {
    match (kind, value?) {
        (InputKind::Boolean { no, yes, .. }, Value::Bool(on)) => Some(if *on { yes } else { no }.clone()),
        (_, Value::String(text)) => Some(text.clone()),
        (_, Value::Number(number)) => number.as_f64().map(crate::data::number_text),
        _ => None,
    }
}

/// The record as a table of one row, as it would be written to a file.
fn row(model: &Model, record: &Record) -> Table {
    let columns = model.inputs.iter().map(|input| {
        let value = record.get(&input.name);
        let data = match &input.kind {
            InputKind::Number { .. } => {
                ColumnData::Number(vec![value.and_then(Value::as_f64).unwrap_or(f64::NAN)])
            }
            InputKind::Date { .. } => {
                ColumnData::Date(vec![value.and_then(Value::as_str).map_or(MISSING_DATE, micros)])
            }
            InputKind::Category { .. } | InputKind::Boolean { .. } => {
                ColumnData::Text([text_of(&input.kind, value)].into_iter().collect::<Coded>())
            }
        };
        Column { name: input.name.clone(), data }
    });
    Table::new(columns.collect()).unwrap_or_default()
}

/// What comes out of a file of one row that goes through the batch, read back from the text that was written. A file
/// holds a classifier's most probable class only; the other probabilities are taken as they were.
pub(super) fn through_file(
    predictor: &Predictor,
    record: &Record,
    alone: &[f64],
) -> Result<Vec<f64>, JobError> {
    let mut csv = Vec::new();
    let failed = |error: std::io::Error| Problem::new("The row could not be written", error.to_string());
    write_csv(&row(predictor.model(), record), &mut csv).map_err(failed)?;
    // nothing about a file that was just written is to be guessed
    let options = ReadOptions {
        delimiter: Some(b','),
        header: Some(true),
        decimal: Some(Decimal::Point),
        missing: Some(Vec::new()),
        ..ReadOptions::default()
    };
    let mut out = Vec::new();
    score_csv(predictor, &Source::from_bytes("row.csv", csv), &options, &mut out, &Progress::new())
        .map_err(|error| Problem::new("The row could not be predicted as a file", error.to_string()))?;
    let text = String::from_utf8_lossy(&out);
    let (rest, number) = text.trim_end().rsplit_once(',').unwrap_or_default();
    let number: f64 = number.parse().unwrap_or(f64::NAN);
    let classes = &predictor.model().output.classes;
    if classes.is_empty() {
        return Ok(vec![number]);
    }
    // the name may hold commas and quotes: it is compared as it is written
    let named = |class: &String| {
        let mut written = Vec::from(b",");
        crate::data::write_field(class.as_bytes(), &mut written);
        rest.as_bytes().ends_with(&written)
    };
    let mut outputs = alone.to_vec();
    match classes.iter().rposition(named) {
        Some(class) => outputs[class] = number,
        None => outputs.fill(f64::NAN),
    }
    Ok(outputs)
}
