//! Scores a CSV text of any size in constant memory: parse a block, predict it, write it, in order.

use std::io::Write;
use std::time::{Duration, Instant};

use super::error::{InputError, Place};
use super::rows::{Memory, RowReader};
use super::slots::{Notes, SlotKind};
use super::{Prediction, Predictor};
use crate::data::stream::{Cells, CsvStream};
use crate::data::{
    ColumnKind, ColumnOptions, DataError, ReadOptions, Source, Warning, write_field, write_number,
};
use crate::model::Task;
use crate::work::Progress;

/// Why a file could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// The file can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A row is not as the model needs it.
    #[error("{name}, {error}")]
    Input {
        /// The file.
        name: String,
        /// What is wrong and where.
        error: InputError,
    },
    /// The predictions can't be written.
    #[error("can't write the predictions: {0}")]
    Write(std::io::Error),
    /// What predicts elsewhere gave no answer.
    #[error("{0}")]
    Call(String),
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Rows read, predicted and written.
    pub n_rows: u64,
    /// What was done to values that were not as expected.
    pub notes: Notes,
    /// What was odd about the file.
    pub warnings: Vec<Warning>,
    /// The name of the prediction column: `prediction`, or with a number behind it where the file has that
    /// column already.
    pub prediction_column: String,
    /// How long the arithmetic took, and writing the rows: summed over all threads.
    pub inference: Duration,
    /// See there.
    pub encode: Duration,
}

/// A scored block.
#[derive(Default)]
pub(super) struct Part {
    pub(super) text: Vec<u8>,
    /// The numbers, or the places of the classes.
    pub(super) values: Vec<f64>,
    pub(super) n_rows: u64,
    pub(super) notes: Notes,
    pub(super) inference: Duration,
    pub(super) encode: Duration,
    /// The line in the block, and what is wrong there.
    pub(super) refused: Option<(u64, InputError)>,
    /// Why there was no answer.
    pub(super) unanswered: Option<String>,
}

/// What predicts a block's rows and writes them.
pub(super) trait Scorer: Sync {
    fn score(&self, memory: &mut Memory, cells: &Cells<'_>) -> Part;
}

/// Reads rows from `source` and writes them to `out` as RFC 4180 CSV (UTF-8, commas): all input columns as they
/// stand in the file, then `prediction`, and for classifiers `probability`.
///
/// # Errors
/// [`ScoreError`]; `out` holds a part of the rows then and must be thrown away.
pub fn score_csv(
    predictor: &Predictor,
    source: &Source,
    options: &ReadOptions,
    out: &mut dyn Write,
    progress: &Progress,
) -> Result<Scored, ScoreError> {
    score_csv_seen(predictor, source, options, out, progress, &mut |_, _| {})
}

/// As [`score_csv`]. `seen` is shown each block once it is written, in the order of the file: how many rows there are
/// so far, and the block's predictions (for classifiers the place of each row's class among the model's).
///
/// # Errors
/// As [`score_csv`].
pub fn score_csv_seen(
    predictor: &Predictor,
    source: &Source,
    options: &ReadOptions,
    out: &mut dyn Write,
    progress: &Progress,
    seen: &mut dyn FnMut(u64, &[f64]),
) -> Result<Scored, ScoreError> {
    score_with(predictor, source, options, out, progress, seen, |writer| Here { writer })
}

/// Scores with what `scorer` makes.
pub(super) fn score_with<'p, S: Scorer>(
    predictor: &'p Predictor,
    source: &Source,
    options: &ReadOptions,
    out: &mut dyn Write,
    progress: &Progress,
    seen: &mut dyn FnMut(u64, &[f64]),
    scorer: impl FnOnce(Writer<'p>) -> S,
) -> Result<Scored, ScoreError> {
    let options = predictor.with_types(options)?;
    let stream = CsvStream::open(source, &options)?;
    let names = stream.names().to_vec();
    let refuse = |error: InputError| ScoreError::Input { name: source.name(), error };
    let reader = RowReader::new(predictor, &names).map_err(refuse)?;
    let free = |wanted: &str| {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    };
    let prediction_column = free("prediction");
    let classes = predictor.model.task == Task::Classification;
    let mut header = Vec::new();
    for name in &names {
        write_field(name.as_bytes(), &mut header);
        header.push(b',');
    }
    header.extend_from_slice(prediction_column.as_bytes());
    if classes {
        header.push(b',');
        header.extend_from_slice(free("probability").as_bytes());
    }
    header.push(b'\n');
    let class_texts: Vec<Vec<u8>> = predictor
        .model
        .output
        .classes
        .iter()
        .map(|class| {
            let mut text = Vec::new();
            write_field(class.as_bytes(), &mut text);
            text
        })
        .collect();
    let scorer = scorer(Writer { predictor, reader, class_texts });
    let mut scored = Scored {
        n_rows: 0,
        notes: Notes::new(predictor.slots.len()),
        warnings: Vec::new(),
        prediction_column,
        inference: Duration::ZERO,
        encode: Duration::ZERO,
    };
    out.write_all(&header).map_err(ScoreError::Write)?;
    scored.warnings = stream.run(
        progress,
        Memory::default,
        |memory: &mut Memory, cells| scorer.score(memory, cells),
        |part: Part, lines_before| {
            if let Some(why) = part.unanswered {
                return Err(ScoreError::Call(why));
            }
            if let Some((line, error)) = part.refused {
                return Err(refuse(error.at(Place::Line(lines_before + line + 1))));
            }
            let began = Instant::now();
            out.write_all(&part.text).map_err(ScoreError::Write)?;
            scored.n_rows += part.n_rows;
            scored.notes.add(&part.notes);
            seen(scored.n_rows, &part.values);
            scored.inference += part.inference;
            scored.encode += part.encode + began.elapsed();
            Ok(())
        },
    )?;
    if scored.prediction_column != "prediction" {
        let message = format!(
            "the file has a column 'prediction' already; the predictions stand in '{}'",
            scored.prediction_column
        );
        scored.warnings.insert(0, Warning::new(1, message));
    }
    Ok(scored)
}

impl Predictor {
    /// Reading options under which the model's inputs are read as the types it wants.
    ///
    /// # Errors
    /// [`DataError::Setting`] when the options ask for an input to be read as another type.
    pub(crate) fn with_types(&self, options: &ReadOptions) -> Result<ReadOptions, DataError> {
        let mut options = options.clone();
        for slot in &self.slots {
            let kind = match slot.kind {
                SlotKind::Number => ColumnKind::Number,
                SlotKind::Date => ColumnKind::Date,
                SlotKind::Boolean { .. } | SlotKind::Category(_) => ColumnKind::Category,
            };
            let written = &slot.input.written;
            let own = options.columns.entry(slot.input.name.clone()).or_default();
            take_as(own, &slot.input.name, kind)?;
            own.likely_decimal = written.decimal;
            own.likely_date = written.date;
            if own.missing.is_none() && options.missing.is_none() {
                own.missing.clone_from(&written.missing);
            }
        }
        Ok(options)
    }
}

/// Fixes the type of a column. Whatever its cells look like, they can be read as levels; not as another type's values.
pub(crate) fn take_as(own: &mut ColumnOptions, name: &str, kind: ColumnKind) -> Result<(), DataError> {
    if let Some(asked) = own.kind.filter(|asked| kind != ColumnKind::Category && *asked != kind) {
        return Err(DataError::Setting(format!(
            "the model takes '{name}' as a {kind}, so that it can't be read as a {asked}; leave out --type '{name}={asked}'"
        )));
    }
    own.kind = Some(kind);
    Ok(())
}

/// Writes rows with their predictions.
pub(super) struct Writer<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) reader: RowReader<'a>,
    class_texts: Vec<Vec<u8>>,
}

impl Writer<'_> {
    /// Writes a row of the file with its prediction: a number, or the place of a class with its probability.
    pub(super) fn write(
        &self,
        cells: &Cells<'_>,
        row: usize,
        (value, probability): (f64, f64),
        part: &mut Part,
    ) {
        let Part { text, values, .. } = part;
        values.push(value);
        cells.write_row(row, text);
        text.push(b',');
        if self.class_texts.is_empty() {
            write_number(value, text);
        } else {
            if let Some(class) = self.class_texts.get(value as usize) {
                text.extend_from_slice(class);
            }
            text.push(b',');
            write_number(probability, text);
        }
        text.push(b'\n');
    }

    /// Room for a block's rows.
    pub(super) fn part(cells: &Cells<'_>) -> Part {
        let n_rows = cells.n_rows();
        Part {
            text: Vec::with_capacity(cells.n_bytes() + n_rows * 20),
            values: Vec::with_capacity(n_rows),
            n_rows: n_rows as u64,
            ..Part::default()
        }
    }
}

/// Predicts in this process.
struct Here<'a> {
    writer: Writer<'a>,
}

impl Scorer for Here<'_> {
    fn score(&self, memory: &mut Memory, cells: &Cells<'_>) -> Part {
        let Writer { predictor, reader, .. } = &self.writer;
        let mut part = Writer::part(cells);
        let mut encode = Duration::ZERO;
        let read = reader.predict(memory, cells, |start, n, outputs| {
            let began = Instant::now();
            for row in 0..n {
                let predicted = match predictor.prediction(|output| outputs[output * n + row]) {
                    Prediction::Number(value) => (value, f64::NAN),
                    Prediction::Class { name, probability } => {
                        let class = predictor.model.output.classes.iter().position(|c| c == name);
                        (class.map_or(f64::NAN, |class| class as f64), probability)
                    }
                };
                self.writer.write(cells, start + row, predicted, &mut part);
            }
            encode += began.elapsed();
        });
        Part { notes: read.notes, refused: read.refused, inference: read.inference, encode, ..part }
    }
}
