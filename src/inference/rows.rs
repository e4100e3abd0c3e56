//! The rows of a block of a CSV text: read into slots, predicted, refused where a policy or the arithmetic says so.
//! Scoring and evaluating a file both pass through here.

use std::time::{Duration, Instant};

use super::Predictor;
use super::error::InputError;
use super::kernel::{BLOCK_ROWS, Columns};
use super::slots::{DAY_MICROS, Notes, Slot, SlotKind};
use crate::data::stream::Cells;

/// Which column of the file each input is.
#[derive(Debug)]
pub(crate) struct RowReader<'a> {
    predictor: &'a Predictor,
    places: Vec<Option<usize>>,
}

/// What a worker keeps from block to block.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    columns: Vec<Vec<f64>>,
    outputs: Vec<f64>,
    scratch: Vec<f64>,
}

/// What was done to a block's values, and the first row that was refused.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) notes: Notes,
    pub(crate) refused: Option<(u64, InputError)>,
    /// How long the arithmetic took.
    pub(crate) inference: Duration,
}

impl<'a> RowReader<'a> {
    /// # Errors
    /// [`InputError`] when the file has a column or lacks one against the model's policies.
    pub(crate) fn new(predictor: &'a Predictor, names: &[String]) -> Result<Self, InputError> {
        predictor.refuse_extra(names.iter().map(String::as_str))?;
        let place = |slot: &Slot| names.iter().position(|name| *name == slot.input.name);
        let places: Vec<Option<usize>> = predictor.slots.iter().map(place).collect();
        for (slot, place) in predictor.slots.iter().zip(&places) {
            if place.is_none() {
                slot.absent().map_err(|mut error| {
                    error.expected = format!("a column with {}", error.expected);
                    error.got = format!("a file with the columns {}", crate::data::list(names));
                    error
                })?;
            }
        }
        Ok(Self { predictor, places })
    }

    /// Reads a block's rows into slots.
    pub(super) fn read(&self, memory: &mut Memory, cells: &Cells<'_>) -> Read {
        let slots = &self.predictor.slots;
        let n_rows = cells.n_rows();
        let mut read = Read { notes: Notes::new(slots.len()), refused: None, inference: Duration::ZERO };
        memory.columns.resize_with(slots.len(), Vec::new);
        for (input, (slot, place)) in slots.iter().zip(&self.places).enumerate() {
            let values = &mut memory.columns[input];
            let outcome = if let Some(col) = place {
                read_column(slot, cells, *col, values, &mut read.notes, input)
            } else {
                values.clear();
                // a file without the column was refused before, unless a policy fills it
                values.resize(n_rows, slot.absent().unwrap_or(0.0));
                Ok(())
            };
            if let Err((row, error)) = outcome {
                // the first row that is refused, whichever column it is in
                if read.refused.as_ref().is_none_or(|(line, _)| cells.line(row) < *line) {
                    read.refused = Some((cells.line(row), error));
                }
            }
        }
        read
    }

    /// Which column of the file each input is, with the inputs' names and kinds.
    pub(super) fn inputs(&self) -> impl Iterator<Item = (&'a Slot, Option<usize>)> {
        self.predictor.slots.iter().zip(self.places.iter().copied())
    }

    /// Predicts a block's rows. `visit(first, n, outputs)` is handed their outputs, output by output, up to the
    /// first row that is refused.
    pub(crate) fn predict(
        &self,
        memory: &mut Memory,
        cells: &Cells<'_>,
        mut visit: impl FnMut(usize, usize, &[f64]),
    ) -> Read {
        let n_rows = cells.n_rows();
        let mut read = self.read(memory, cells);
        if read.refused.is_some() {
            return read;
        }
        let kernel = &self.predictor.kernel;
        let n_outputs = kernel.n_outputs();
        let mut start = 0;
        while start < n_rows {
            let n = BLOCK_ROWS.min(n_rows - start);
            let columns: Vec<&[f64]> =
                memory.columns.iter().map(|column| &column[start..start + n]).collect();
            memory.outputs.resize(n * n_outputs, 0.0);
            let began = Instant::now();
            kernel.eval(&Columns(&columns), n, &mut memory.outputs, &mut memory.scratch);
            read.inference += began.elapsed();
            if let Some(row) = first_overflow(&memory.outputs, n) {
                read.refused = Some((cells.line(start + row), InputError::overflow()));
                return read;
            }
            visit(start, n, &memory.outputs);
            start += n;
        }
        read
    }
}

/// The first of `n` rows one of whose outputs is not a finite number.
pub(crate) fn first_overflow(outputs: &[f64], n: usize) -> Option<usize> {
    // looked at in one go, which takes vector instructions, unlike a search
    if n == 0 || !outputs.iter().fold(false, |odd, value| odd | !value.is_finite()) {
        return None;
    }
    (0..n).find(|row| outputs.chunks_exact(n).any(|output| !output[*row].is_finite()))
}

const BY_POLICY: &str = "treated by the model's policy for wrong types";

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
            cells.numbers(col, values, |row, cell, rounded| match rounded {
                None => odd.push((row, String::from_utf8_lossy(cell).into_owned())),
                Some(value) => cells.warn_rounded(row, col, cell, value),
            });
            // one pass over the fresh values, which are still in the cache
            for (row, value) in values.iter_mut().enumerate() {
                if *value >= slot.min && *value <= slot.max {
                    continue;
                }
                if value.is_nan() {
                    if odd.binary_search_by_key(&row, |(at, _)| *at).is_ok() {
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
                cells.warn_wrong_type(row, col, &cell, BY_POLICY);
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
                    Err(cell) => {
                        cells.warn_wrong_type(row, col, &cell, BY_POLICY);
                        slot.wrong_type(|| format!("'{cell}'"))
                    }
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
