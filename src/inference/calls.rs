//! Scores a CSV text by calls to a predictor elsewhere: its rows as JSON records, so many a call.

use std::io::Write;

use super::error::InputError;
use super::rows::{Memory, RowReader};
use super::slots::SlotKind;
use super::stream::{Part, Scorer, Writer, score_with};
use super::{Predictor, ScoreError, Scored};
use crate::data::stream::Cells;
use crate::data::{Levels, ReadOptions, Source, date, write_number};
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
        write_text(&slot.input.name, &mut key);
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
                Ok(at) => write_text(&odd[at].1, out),
                Err(_) if values[row].is_nan() => out.extend_from_slice(b"null"),
                Err(_) => write_number(values[row], out),
            },
            Self::Dates(values) => match &values[row] {
                Ok(Some(micros)) => write_text(&date::format_iso(*micros), out),
                Ok(None) => out.extend_from_slice(b"null"),
                Err(cell) => write_text(cell, out),
            },
            Self::Texts(codes, levels) => match codes[row] {
                crate::data::MISSING_CODE => out.extend_from_slice(b"null"),
                code => write_text(levels.get(code), out),
            },
        }
    }
}

/// Appends a text as JSON.
fn write_text(text: &str, out: &mut Vec<u8>) {
    // writing to memory can't fail, and a text is always JSON
    drop(serde_json::to_writer(out, text));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::data::read_csv;
    use crate::inference::{Batch, Form, Place, Prediction, score_csv};
    use crate::training::{Origin, Plan, Settings, train};

    fn model(csv: &str, target: &str) -> Predictor {
        let source = Source::from_bytes("t.csv", csv.as_bytes());
        let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
        let plan = Plan::new(Settings::new(target), &loaded.table).unwrap();
        let trained = train(&plan, &loaded.table, &Origin::of("t.csv", &loaded), &Progress::new()).unwrap();
        Predictor::new(Arc::new(trained.model))
    }

    /// As a server does it: the body is read as the records that it is.
    fn answer(predictor: &Predictor, body: &[u8], n: usize) -> Result<Answers, CallError> {
        let mut batch = Batch::default();
        let form = predictor.read_body(body, &mut batch).map_err(|error| match error {
            crate::inference::BodyError::Input(error) => match error.place {
                Some(Place::Record(row)) => CallError::Refused(row, error),
                _ => CallError::Failed(error.to_string()),
            },
            syntax @ crate::inference::BodyError::Syntax(_) => CallError::Failed(syntax.to_string()),
        })?;
        assert_eq!(form, Form::Many);
        assert_eq!(batch.n_rows(), n);
        predictor.predict_batch(&mut batch).map_err(|error| CallError::Failed(error.to_string()))?;
        let classes = &predictor.model().output.classes;
        let answers = (0..n).map(|row| match batch.get(predictor, row) {
            Prediction::Number(value) => (value, f64::NAN),
            Prediction::Class { name, probability } => {
                (classes.iter().position(|class| class == name).unwrap() as f64, probability)
            }
        });
        Ok(answers.collect())
    }

    const ROWS: &str = "day;x;shop;note;ok\n2024-01-02;0,5;A;\"a;b\"\"c\";yes\n;;;;\n2024-03-01;1e3;A;\"new\nline\";no\n2024-02-03;-2;B;;yes\n";

    fn mixed() -> Predictor {
        let csv = "day,x,shop,ok,y\n2024-01-01,0,A,yes,3\n2024-01-05,4,A,no,11\n2024-02-01,0,B,yes,13\n2024-02-09,2,B,no,17\n2024-03-01,4,B,yes,21\n2024-03-02,1,A,no,4\n2024-03-05,3,A,yes,8\n2024-03-09,3,B,no,18\n2024-03-10,2,A,yes,7\n";
        model(csv, "y")
    }

    #[test]
    fn calls_of_any_size_write_what_this_process_writes() {
        let predictor = mixed();
        let source = Source::from_bytes("rows.csv", ROWS.as_bytes());
        let options = ReadOptions::default();
        let mut here = Vec::new();
        let scored = score_csv(&predictor, &source, &options, &mut here, &Progress::new()).unwrap();
        assert_eq!(scored.n_rows, 4);
        for (rows_per_call, n_calls) in [(1, 4), (3, 2), (4, 1), (1_000, 1)] {
            let calls = AtomicUsize::new(0);
            let ask = |body: Vec<u8>, n| {
                calls.fetch_add(1, Ordering::Relaxed);
                answer(&predictor, &body, n)
            };
            let mut there = Vec::new();
            let progress = Progress::new();
            let asked = score_csv_asking(
                &predictor,
                &source,
                &options,
                &mut there,
                &progress,
                &mut |_, _| {},
                rows_per_call,
                &ask,
            );
            assert_eq!(asked.unwrap(), scored);
            assert_eq!(String::from_utf8(there).unwrap(), String::from_utf8(here.clone()).unwrap());
            assert_eq!(calls.into_inner(), n_calls);
        }
    }

    #[test]
    fn classes_and_their_probabilities_come_back_too() {
        let predictor = model(
            "x,c\n0,no\n1,no\n2,\"y,es\"\n3,\"y,es\"\n0.5,no\n2.5,\"y,es\"\n1.4,\"y,es\"\n1.6,no\n",
            "c",
        );
        let source = Source::from_bytes("rows.csv", *b"x\n0\n3\n1.5\n");
        let options = ReadOptions::default();
        let (mut here, mut there) = (Vec::new(), Vec::new());
        score_csv(&predictor, &source, &options, &mut here, &Progress::new()).unwrap();
        let ask = |body: Vec<u8>, n| answer(&predictor, &body, n);
        let mut values = Vec::new();
        let mut seen = |_, block: &[f64]| values.extend_from_slice(block);
        score_csv_asking(&predictor, &source, &options, &mut there, &Progress::new(), &mut seen, 2, &ask)
            .unwrap();
        assert_eq!(there, here);
        assert_eq!(values[..2], [0.0, 1.0]);
    }

    #[test]
    fn what_is_refused_names_its_line_and_what_fails_says_why() {
        let predictor = mixed();
        let source = Source::from_bytes("rows.csv", *b"day,x,shop,ok\n2024-01-02,1,A,yes\n2024-01-02,\"\n\",A,no\n2024-01-02,1,A,yes\n2024-01-02,many,A,yes\n");
        let asking = |ask: Ask<'_>| {
            let mut out = Vec::new();
            let options = ReadOptions::default();
            score_csv_asking(
                &predictor,
                &source,
                &options,
                &mut out,
                &Progress::new(),
                &mut |_, _| {},
                2,
                ask,
            )
            .unwrap_err()
            .to_string()
        };
        let refused = |_: Vec<u8>, n: usize| {
            let error = InputError {
                place: None,
                field: "x".into(),
                expected: "a number".into(),
                got: "'many'".into(),
            };
            if n == 2 { Err(CallError::Refused(1, error)) } else { Ok(vec![(1.0, 0.0); n]) }
        };
        assert_eq!(asking(&refused), "rows.csv, line 3: field 'x': expected a number, got 'many'");
        let gone = |_: Vec<u8>, _: usize| Err(CallError::Failed("nobody there".into()));
        assert_eq!(asking(&gone), "nobody there");
        let few = |_: Vec<u8>, _: usize| Ok(vec![(1.0, 0.0)]);
        assert_eq!(asking(&few), "2 rows were sent, and 1 predictions came back");
    }
}
