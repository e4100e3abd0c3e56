//! Scores a CSV text of any size in constant memory: parse a block, predict it, write it, in order.

use std::io::Write;

use super::error::{InputError, Place};
use super::kernel::{BLOCK_ROWS, Columns};
use super::slots::{DAY_MICROS, Notes, Slot, SlotKind};
use super::{Prediction, Predictor};
use crate::data::stream::{Cells, CsvStream};
use crate::data::{ColumnKind, DataError, ReadOptions, Source, Warning, write_field, write_number};
use crate::model::{Policy, Task};
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
}

/// A scored block.
struct Part {
    text: Vec<u8>,
    n_rows: u64,
    notes: Notes,
    refused: Option<(u64, InputError)>,
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
    let options = predictor.with_types(options);
    let stream = CsvStream::open(source, &options)?;
    let names = stream.names().to_vec();
    let refuse = |error: InputError| ScoreError::Input { name: source.name(), error };
    predictor.refuse_extra(names.iter().map(String::as_str)).map_err(refuse)?;
    let places: Vec<Option<usize>> =
        predictor.slots.iter().map(|slot| names.iter().position(|name| *name == slot.input.name)).collect();
    for (slot, place) in predictor.slots.iter().zip(&places) {
        if place.is_none() {
            slot.absent().map_err(|mut error| {
                error.expected = format!("a column with {}", error.expected);
                error.got = format!("a file with the columns {}", crate::data::list(&names));
                refuse(error)
            })?;
        }
    }
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
    let job = Job { predictor, places, class_texts };
    let mut scored = Scored {
        n_rows: 0,
        notes: Notes::new(predictor.slots.len()),
        warnings: Vec::new(),
        prediction_column,
    };
    out.write_all(&header).map_err(ScoreError::Write)?;
    scored.warnings = stream.run(
        progress,
        Memory::default,
        |memory: &mut Memory, cells| job.score(memory, cells),
        |part: Part, lines_before| {
            if let Some((line, error)) = part.refused {
                return Err(refuse(error.at(Place::Line(lines_before + line + 1))));
            }
            out.write_all(&part.text).map_err(ScoreError::Write)?;
            scored.n_rows += part.n_rows;
            scored.notes.add(&part.notes);
            Ok(())
        },
    )?;
    Ok(scored)
}

impl Predictor {
    /// Reading options under which the model's inputs are read as the types it wants.
    fn with_types(&self, options: &ReadOptions) -> ReadOptions {
        let mut options = options.clone();
        for slot in &self.slots {
            let kind = match slot.kind {
                SlotKind::Number => ColumnKind::Number,
                SlotKind::Date => ColumnKind::Date,
                SlotKind::Boolean { .. } | SlotKind::Category(_) => ColumnKind::Category,
            };
            let written = &slot.input.written;
            let own = options.columns.entry(slot.input.name.clone()).or_default();
            own.kind.get_or_insert(kind);
            own.likely_decimal = written.decimal;
            own.likely_date = written.date;
            if own.missing.is_none() && options.missing.is_none() {
                own.missing.clone_from(&written.missing);
            }
        }
        options
    }

    /// Options to read a whole file for this model: its inputs, as the types it wants, and the target if
    /// `with_target`; other columns stay out. Inputs that the file does not have are left to the policies.
    ///
    /// # Errors
    /// [`DataError`] when the file can't be opened.
    pub fn read_options(
        &self,
        source: &Source,
        options: &ReadOptions,
        with_target: bool,
    ) -> Result<ReadOptions, DataError> {
        let mut options = self.with_types(options);
        let target = &self.model.output.name;
        if with_target {
            let kind =
                if self.model.task == Task::Regression { ColumnKind::Number } else { ColumnKind::Category };
            options.columns.entry(target.clone()).or_default().kind.get_or_insert(kind);
        }
        let names = CsvStream::open(source, &options)?.names().to_vec();
        options.columns.retain(|name, _| names.contains(name));
        let wanted = |name: &String| self.by_name.contains_key(name) || (with_target && name == target);
        // further columns are read where a policy refuses them
        if self.model.policies.extra_column != Policy::Reject {
            options.only = Some(names.into_iter().filter(wanted).collect());
        }
        Ok(options)
    }
}

struct Job<'a> {
    predictor: &'a Predictor,
    /// The file column of each input.
    places: Vec<Option<usize>>,
    class_texts: Vec<Vec<u8>>,
}

/// What a worker keeps from block to block.
#[derive(Debug, Default)]
struct Memory {
    columns: Vec<Vec<f64>>,
    outputs: Vec<f64>,
    scratch: Vec<f64>,
}

impl Job<'_> {
    fn score(&self, memory: &mut Memory, cells: &Cells<'_>) -> Part {
        let slots = &self.predictor.slots;
        let n_rows = cells.n_rows();
        let mut part = Part {
            text: Vec::with_capacity(cells.n_bytes() + n_rows * 20),
            n_rows: n_rows as u64,
            notes: Notes::new(slots.len()),
            refused: None,
        };
        memory.columns.resize_with(slots.len(), Vec::new);
        for (input, (slot, place)) in slots.iter().zip(&self.places).enumerate() {
            let values = &mut memory.columns[input];
            let read = if let Some(col) = place {
                read_column(slot, cells, *col, values, &mut part.notes, input)
            } else {
                values.clear();
                // a file without the column was refused before, unless a policy fills it
                values.resize(n_rows, slot.absent().unwrap_or(0.0));
                Ok(())
            };
            if let Err((row, error)) = read {
                // the first row that is refused, whichever column it is in
                if part.refused.as_ref().is_none_or(|(line, _)| cells.line(row) < *line) {
                    part.refused = Some((cells.line(row), error));
                }
            }
        }
        if part.refused.is_some() {
            return part;
        }
        let kernel = &self.predictor.kernel;
        let n_outputs = kernel.n_outputs();
        let mut start = 0;
        while start < n_rows {
            let n = BLOCK_ROWS.min(n_rows - start);
            let columns: Vec<&[f64]> =
                memory.columns.iter().map(|column| &column[start..start + n]).collect();
            memory.outputs.resize(n * n_outputs, 0.0);
            kernel.eval(&Columns(&columns), n, &mut memory.outputs, &mut memory.scratch);
            for row in 0..n {
                cells.write_row(start + row, &mut part.text);
                part.text.push(b',');
                match self.predictor.prediction(|output| memory.outputs[output * n + row]) {
                    Prediction::Number(value) => write_number(value, &mut part.text),
                    Prediction::Class { name, probability } => {
                        let class = self.predictor.model.output.classes.iter().position(|c| c == name);
                        if let Some(text) = class.and_then(|class| self.class_texts.get(class)) {
                            part.text.extend_from_slice(text);
                        }
                        part.text.push(b',');
                        write_number(probability, &mut part.text);
                    }
                }
                part.text.push(b'\n');
            }
            start += n;
        }
        part
    }
}

/// Reads an input's column into slots. The error is the first row that a policy refuses.
fn read_column(
    slot: &Slot,
    cells: &Cells<'_>,
    col: usize,
    values: &mut Vec<f64>,
    notes: &mut Notes,
    input: usize,
) -> Result<(), (usize, InputError)> {
    let mut refused: Option<(usize, InputError)> = None;
    let mut settle = |row: usize, result: Result<f64, InputError>| match result {
        Ok(value) => value,
        Err(error) => {
            if refused.as_ref().is_none_or(|(first, _)| row < *first) {
                refused = Some((row, error));
            }
            0.0
        }
    };
    match &slot.kind {
        SlotKind::Number => {
            let mut odd = Vec::new();
            cells.numbers(col, values, |row, cell| {
                odd.push((row, String::from_utf8_lossy(cell).into_owned()));
            });
            // one pass over the fresh values, which are still in the cache
            for (row, value) in values.iter_mut().enumerate() {
                if *value >= slot.min && *value <= slot.max {
                    continue;
                }
                if value.is_nan() {
                    if odd.iter().any(|(at, _)| *at == row) {
                        continue;
                    }
                    notes.missing[input] += 1;
                    *value = settle(row, slot.missing());
                } else {
                    notes.out_of_range[input] += 1;
                    *value = settle(row, slot.number(*value));
                }
            }
            for (row, cell) in odd {
                values[row] = settle(row, slot.wrong_type(|| format!("'{cell}'")));
            }
        }
        SlotKind::Date => {
            let mut days = Vec::new();
            cells.dates(col, &mut days);
            values.clear();
            for (row, day) in days.into_iter().enumerate() {
                let result = match day {
                    Ok(Some(micros)) => slot.number(micros as f64 / DAY_MICROS),
                    Ok(None) => {
                        notes.missing[input] += 1;
                        slot.missing()
                    }
                    Err(cell) => slot.wrong_type(|| format!("'{cell}'")),
                };
                values.push(settle(row, result));
            }
        }
        SlotKind::Boolean { .. } | SlotKind::Category(_) => {
            let (codes, levels) = cells.texts(col);
            let map: Vec<Option<f64>> = levels.iter().map(|level| slot.level(level)).collect();
            values.clear();
            for (row, code) in codes.into_iter().enumerate() {
                values.push(match map.get(code as usize) {
                    Some(Some(value)) => *value,
                    Some(None) => {
                        notes.unknown[input] += 1;
                        settle(row, slot.text(levels.get(code)))
                    }
                    None => {
                        notes.missing[input] += 1;
                        settle(row, slot.missing())
                    }
                });
            }
        }
    }
    refused.map_or(Ok(()), Err)
}
