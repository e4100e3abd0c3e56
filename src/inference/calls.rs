//! Scores a CSV text by calls to a predictor elsewhere: its rows as JSON records, so many a call.

use std::io::Write;

use super::error::InputError;
use super::rows::{Memory, RowReader};
use super::slots::SlotKind;
use super::stream::{Part, Scorer, Writer, score_with};
use super::{Predictor, ScoreError, Scored};
use crate::data::stream::Cells;
use crate::data::{Levels, ReadOptions, Source, date, write_json_text, write_number};
use crate::work::Progress;

/// The answer to one call: each row's number, or the place of its class among the model's with its probability.
pub type Answers = Vec<(f64, f64)>;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum CallError {
    /// A row of the call, counted from 0, is not as the model needs it.
    Refused(usize, InputError),
    /// Anything else, in words.
    Failed(String),
}

/// Sends a call's body, `{"records":[…]}`, with its number of rows, and waits for the answer. It is called from several
/// threads at once.
pub type Ask<'a> = &'a (dyn Fn(Vec<u8>, usize) -> Result<Answers, CallError> + Sync);

/// As [`score_csv_seen`](super::score_csv_seen), but for who predicts: `ask`, with up to `rows_per_call` rows a call.
/// The text that is written is the same. What was done to odd values is counted here, by the same rules.
///
/// # Errors
/// As [`score_csv`](super::score_csv), and [`ScoreError::Call`] when a call fails.
#[expect(clippy::too_many_arguments, reason = "those of score_csv_seen, and who is asked")]
pub fn score_csv_asking(
    predictor: &Predictor,
    source: &Source,
    options: &ReadOptions,
    out: &mut dyn Write,
    progress: &Progress,
    seen: &mut dyn FnMut(u64, &[f64]),
    rows_per_call: usize,
    ask: Ask<'_>,
) -> Result<Scored, ScoreError> {
    let rows_per_call = rows_per_call.max(1);
    score_with(predictor, source, options, out, progress, seen, |writer| There { writer, rows_per_call, ask })
}

/// Predicts by calls.
struct There<'a> {
    writer: Writer<'a>,
    rows_per_call: usize,
    ask: Ask<'a>,
}

impl Scorer for There<'_> {
    fn score(&self, memory: &mut Memory, cells: &Cells<'_>) -> Part {
        let mut part = Writer::part(cells);
        part.notes = self.writer.reader.read(memory, cells).notes;
        let columns = json_columns(&self.writer.reader, cells);
        let mut start = 0;
        while start < cells.n_rows() {
            let n = self.rows_per_call.min(cells.n_rows() - start);
            match (self.ask)(body(&columns, start, n), n) {
                Ok(answers) if answers.len() == n => {
                    for (row, answer) in answers.into_iter().enumerate() {
                        self.writer.write(cells, start + row, answer, &mut part);
                    }
                }
                Ok(answers) => {
                    let came = answers.len();
                    part.unanswered = Some(format!("{n} rows were sent, and {came} predictions came back"));
                    return part;
                }
                Err(CallError::Refused(row, error)) => {
                    part.refused = Some((cells.line(start + row.min(n - 1)), error));
                    return part;
                }
                Err(CallError::Failed(why)) => {
                    part.unanswered = Some(why);
                    return part;
                }
            }
            start += n;
        }
        part
    }
}

/// A column of a block as JSON holds its values: the name with its colon, and each row's value.
struct JsonColumn {
    key: Vec<u8>,
    values: JsonValues,
}

enum JsonValues {
    /// Numbers, and the cells that are none.
    Numbers(Vec<f64>, Vec<(usize, String)>),
    Dates(Vec<Result<Option<i64>, String>>),
    Texts(Vec<u32>, Levels),
}

fn json_columns(reader: &RowReader<'_>, cells: &Cells<'_>) -> Vec<JsonColumn> {
    let column = |(slot, col): (&super::Slot, Option<usize>)| {
        // a column that is not there is left to the model's policy
        let col = col?;
        let mut key = Vec::new();
        write_json_text(&slot.input.name, &mut key);
        key.push(b':');
        let values = match &slot.kind {
            SlotKind::Number => {
                let (mut values, mut odd) = (Vec::new(), Vec::new());
                cells.numbers(col, &mut values, |row, cell, rounded| {
                    if rounded.is_none() {
                        odd.push((row, String::from_utf8_lossy(cell).into_owned()));
                    }
                });
                JsonValues::Numbers(values, odd)
            }
            SlotKind::Date => {
                let mut values = Vec::new();
                cells.dates(col, &mut values);
                JsonValues::Dates(values)
            }
            SlotKind::Boolean { .. } | SlotKind::Category(_) => {
                let (codes, levels) = cells.texts(col);
                JsonValues::Texts(codes, levels)
            }
        };
        Some(JsonColumn { key, values })
    };
    reader.inputs().filter_map(column).collect()
}

fn body(columns: &[JsonColumn], start: usize, n: usize) -> Vec<u8> {
    let mut body = Vec::from(br#"{"records":["#);
    for row in start..start + n {
        body.extend_from_slice(if row == start { b"{" } else { b",{" });
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&column.key);
            column.values.write(row, &mut body);
        }
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    body
}

impl JsonValues {
    /// Writes a row's value; null where it is missing. What is no value of the column's type goes as it stands, for the
    /// predictor to judge.
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Numbers(values, odd) => match odd.binary_search_by_key(&row, |(at, _)| *at) {
                Ok(at) => write_json_text(&odd[at].1, out),
                Err(_) if values[row].is_nan() => out.extend_from_slice(b"null"),
                Err(_) => write_number(values[row], out),
            },
            Self::Dates(values) => match &values[row] {
                Ok(Some(micros)) => write_json_text(&date::format_iso(*micros), out),
                Ok(None) => out.extend_from_slice(b"null"),
                Err(cell) => write_json_text(cell, out),
            },
            Self::Texts(codes, levels) => match codes[row] {
                crate::data::MISSING_CODE => out.extend_from_slice(b"null"),
                code => write_json_text(levels.get(code), out),
            },
        }
    }
}
