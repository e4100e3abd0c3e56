//! Predicts the rows of a table in memory, block by block; columns of numbers are read where they lie.

use std::ops::Range;

use super::error::{InputError, Place};
use super::kernel::{BLOCK_ROWS, Columns, LONG_BLOCK_ROWS};
use super::rows::first_overflow;
use super::slots::{DAY_MICROS, Notes, Slot, SlotKind};
use super::{Prediction, Predictor};
use crate::data::{Coded, Column, ColumnData, MISSING_CODE, MISSING_DATE, Table, number_text};
use crate::model::Policy;

/// Rows per thread below which more threads do not pay.
const ROWS_PER_THREAD: usize = 65_536;

/// The predictions for the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    n_rows: usize,
    /// Output by output: for regression the values, for classification the probabilities of each class.
    outputs: Vec<f64>,
    /// What was done to values that were not as expected.
    pub notes: Notes,
}

impl Predictions {
    /// How many rows there are.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// One output of every row: the prediction (regression), or the probability of class `output`.
    #[must_use]
    pub fn output(&self, output: usize) -> &[f64] {
        self.outputs.get(output * self.n_rows..(output + 1) * self.n_rows).unwrap_or(&[])
    }

    /// The prediction for a row.
    #[must_use]
    pub fn get<'a>(&self, predictor: &'a Predictor, row: usize) -> Prediction<'a> {
        predictor.prediction(|output| self.outputs[output * self.n_rows + row])
    }

    /// The place of each row's most probable class, the first one at a tie.
    #[must_use]
    pub fn classes(&self, predictor: &Predictor) -> Vec<u32> {
        let n_classes = predictor.kernel.n_outputs();
        (0..self.n_rows)
            .map(|row| {
                let mut best = 0;
                for class in 1..n_classes {
                    if self.outputs[class * self.n_rows + row] > self.outputs[best * self.n_rows + row] {
                        best = class;
                    }
                }
                u32::try_from(best).unwrap_or(0)
            })
            .collect()
    }
}

/// Where the values of an input come from.
enum Values<'a> {
    Absent,
    Numbers(&'a [f64]),
    Dates(&'a [i64]),
    /// Codes and the slot of each code; `None` where a policy refuses the level.
    Codes(&'a Coded, Vec<Option<f64>>),
    /// Numbers that name levels.
    NumberLevels(&'a [f64]),
    /// A column of another type than the input.
    Other(&'a Column),
}

impl Predictor {
    /// Predicts every row of a table, on up to `threads` threads (0: one per processor). The result does not
    /// depend on the number of threads, and each row's equals that of the row as a single record.
    ///
    /// # Errors
    /// [`InputError`] with the first row that a policy refuses, or whose prediction overflows.
    pub fn predict_table(&self, table: &Table, threads: usize) -> Result<Predictions, InputError> {
        self.refuse_extra(table.columns().iter().map(|column| column.name.as_str()))?;
        let sources: Vec<Values<'_>> =
            self.slots.iter().map(|slot| values_of(slot, table.column(&slot.input.name))).collect();
        self.predict_sources(&sources, table.n_rows(), threads)
    }

    /// Predicts from columns of finite numbers, one per input, in the order of the inputs.
    ///
    /// # Errors
    /// [`InputError`] as for [`Predictor::predict_table`].
    pub fn predict_columns(&self, columns: &[&[f64]], threads: usize) -> Result<Predictions, InputError> {
        let n_rows = columns.first().map_or(0, |column| column.len());
        let sources: Vec<Values<'_>> = columns.iter().map(|column| Values::Numbers(column)).collect();
        self.predict_sources(&sources, n_rows, threads)
    }

    pub(crate) fn refuse_extra<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), InputError> {
        if self.model.policies.extra_column != Policy::Reject {
            return Ok(());
        }
        for name in names {
            if !self.by_name.contains_key(name) && name != self.model.output.name {
                return Err(InputError::extra(name));
            }
        }
        Ok(())
    }

    fn predict_sources(
        &self,
        sources: &[Values<'_>],
        n_rows: usize,
        threads: usize,
    ) -> Result<Predictions, InputError> {
        let n_outputs = self.kernel.n_outputs();
        let mut notes = Notes::new(self.slots.len());
        if n_rows == 0 {
            return Ok(Predictions { n_rows, outputs: Vec::new(), notes });
        }
        let available = match threads {
            // asking the system takes longer than predicting a few rows
            _ if n_rows < 2 * ROWS_PER_THREAD => 1,
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let parts = available.min(n_rows / ROWS_PER_THREAD).max(1);
        if n_outputs == 1 && parts == 1 && n_rows > LONG_BLOCK_ROWS {
            // by way of a block that stays in the cache: the result's memory is then touched once, not cleared first
            let mut outputs = Vec::with_capacity(n_rows);
            let mut block = vec![0.0; LONG_BLOCK_ROWS];
            while outputs.len() < n_rows {
                let block = &mut block[..LONG_BLOCK_ROWS.min(n_rows - outputs.len())];
                notes.add(&self.predict_part(sources, outputs.len(), &mut [&mut *block])?);
                outputs.extend_from_slice(block);
            }
            return Ok(Predictions { n_rows, outputs, notes });
        }
        let mut outputs = vec![0.0; n_rows * n_outputs];
        // whole blocks to each thread
        let rows_each = n_rows.div_ceil(parts).div_ceil(BLOCK_ROWS) * BLOCK_ROWS;
        let mut views: Vec<Vec<&mut [f64]>> = Vec::new();
        for output in outputs.chunks_exact_mut(n_rows) {
            for (part, view) in output.chunks_mut(rows_each).enumerate() {
                if views.len() <= part {
                    views.push(Vec::with_capacity(n_outputs));
                }
                views[part].push(view);
            }
        }
        let results = std::thread::scope(|scope| {
            let mut views = views.into_iter().enumerate();
            let first = views.next();
            let mut handles = Vec::new();
            for (part, mut view) in views {
                let start = part * rows_each;
                let work = move || self.predict_part(sources, start, &mut view);
                handles.push(std::thread::Builder::new().name("predict".into()).spawn_scoped(scope, work));
            }
            let mut results = Vec::new();
            if let Some((_, mut view)) = first {
                results.push(self.predict_part(sources, 0, &mut view));
            }
            for handle in handles {
                results.push(match handle.map(std::thread::ScopedJoinHandle::join) {
                    Ok(Ok(result)) => result,
                    Ok(Err(panic)) => std::panic::resume_unwind(panic),
                    Err(error) => Err(InputError {
                        place: None,
                        field: String::new(),
                        expected: "a thread to predict on".into(),
                        got: error.to_string(),
                    }),
                });
            }
            results
        });
        for result in results {
            notes.add(&result?);
        }
        Ok(Predictions { n_rows, outputs, notes })
    }

    /// Predicts the rows from `start` on, as many as `views` (one slice per output) have room for.
    fn predict_part(
        &self,
        sources: &[Values<'_>],
        start: usize,
        views: &mut [&mut [f64]],
    ) -> Result<Notes, InputError> {
        let n_rows = views.first().map_or(0, |view| view.len());
        let mut notes = Notes::new(self.slots.len());
        let mut scratch = Vec::new();
        let mut block_out = Vec::new();
        let mut buffers: Vec<Vec<f64>> = vec![Vec::new(); sources.len()];
        let mut ready: Vec<Option<&[f64]>> = vec![None; sources.len()];
        let mut at = 0;
        // rows before this one were looked at by the quick way, which could not take them
        let mut tried = 0;
        while at < n_rows {
            if let [view] = views
                && at >= tried
            {
                let n = LONG_BLOCK_ROWS.min(n_rows - at);
                let rows = start + at..start + at + n;
                tried = at + n;
                if self.predict_as_they_lie(sources, &rows, &mut view[at..at + n], &mut notes) {
                    at += n;
                    continue;
                }
            }
            let n = BLOCK_ROWS.min(n_rows - at);
            let rows = start + at..start + at + n;
            for (input, ((source, slot), (buffer, ready))) in
                sources.iter().zip(&self.slots).zip(buffers.iter_mut().zip(&mut ready)).enumerate()
            {
                *ready = self.lies_ready(source, slot, &rows, &mut notes.out_of_range[input]);
                if ready.is_none() {
                    fill(source, slot, rows.clone(), buffer, &mut notes, input)?;
                }
            }
            let columns: Vec<&[f64]> =
                ready.iter().zip(&buffers).map(|(ready, buffer)| ready.unwrap_or(buffer)).collect();
            if let [view] = views {
                self.kernel.eval(&Columns(&columns), n, &mut view[at..at + n], &mut scratch);
                refuse_overflow(&view[at..at + n], n, start + at)?;
            } else {
                block_out.resize(views.len() * n, 0.0);
                self.kernel.eval(&Columns(&columns), n, &mut block_out, &mut scratch);
                refuse_overflow(&block_out, n, start + at)?;
                for (view, values) in views.iter_mut().zip(block_out.chunks_exact(n)) {
                    view[at..at + n].copy_from_slice(values);
                }
            }
            at += n;
        }
        Ok(notes)
    }
}

impl Predictor {
    /// Predicts a block of a weighted sum of numbers that need no change, and looks on the way whether that was
    /// right. False where it was not.
    fn predict_as_they_lie(
        &self,
        sources: &[Values<'_>],
        rows: &Range<usize>,
        out: &mut [f64],
        notes: &mut Notes,
    ) -> bool {
        let lies = |(source, slot): (&Values<'_>, &Slot)| {
            matches!(source, Values::Numbers(_)) && slot.policies.out_of_range == Policy::Ignore
        };
        if self.kernel.sum().is_none() || !sources.iter().zip(&self.slots).all(lies) {
            return false;
        }
        let columns: Vec<&[f64]> = sources
            .iter()
            .filter_map(
                |source| if let Values::Numbers(values) = source { values.get(rows.clone()) } else { None },
            )
            .collect();
        let limits: Vec<(f64, f64)> = self.slots.iter().map(|slot| (slot.min, slot.max)).collect();
        let mut outside = vec![0; columns.len()];
        if !self.kernel.eval_and_count(&columns, &limits, out, &mut outside) {
            return false;
        }
        notes.out_of_range.iter_mut().zip(outside).for_each(|(sum, more)| *sum += more);
        true
    }

    /// A block of numbers that needs no change: nothing missing, and nobody minds the range. Those outside it
    /// are counted.
    #[inline]
    fn lies_ready<'a>(
        &self,
        source: &Values<'a>,
        slot: &Slot,
        rows: &Range<usize>,
        out_of_range: &mut u64,
    ) -> Option<&'a [f64]> {
        let Values::Numbers(values) = source else { return None };
        if slot.policies.out_of_range != Policy::Ignore {
            return None;
        }
        let block = values.get(rows.clone())?;
        *out_of_range += self.kernel.count_outside(block, slot.min, slot.max)?;
        Some(block)
    }
}

/// Refuses the first of `n` rows whose prediction is not finite; `first` is the place of row 0 in the table.
fn refuse_overflow(outputs: &[f64], n: usize, first: usize) -> Result<(), InputError> {
    match first_overflow(outputs, n) {
        Some(row) => Err(InputError::overflow().at(Place::Record(first + row))),
        None => Ok(()),
    }
}

fn values_of<'a>(slot: &Slot, column: Option<&'a Column>) -> Values<'a> {
    let Some(column) = column else { return Values::Absent };
    match (&slot.kind, &column.data) {
        (SlotKind::Number, ColumnData::Number(values)) => Values::Numbers(values),
        (SlotKind::Date, ColumnData::Date(values)) => Values::Dates(values),
        (
            SlotKind::Category(_) | SlotKind::Boolean { .. },
            ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded),
        ) => {
            let map = coded.levels.iter().map(|level| slot.level(level)).collect();
            Values::Codes(coded, map)
        }
        (SlotKind::Category(_) | SlotKind::Boolean { .. }, ColumnData::Number(values)) => {
            Values::NumberLevels(values)
        }
        _ => Values::Other(column),
    }
}

/// Fills `buffer` with the slots of the given rows.
fn fill(
    source: &Values<'_>,
    slot: &Slot,
    rows: Range<usize>,
    buffer: &mut Vec<f64>,
    notes: &mut Notes,
    input: usize,
) -> Result<(), InputError> {
    buffer.clear();
    for row in rows {
        let missing = |notes: &mut Notes| {
            notes.missing[input] += 1;
            slot.missing()
        };
        let result = match source {
            Values::Absent => slot.absent(),
            Values::Numbers(values) => match values[row] {
                value if value.is_nan() => missing(notes),
                value => {
                    notes.out_of_range[input] += u64::from(slot.is_out_of_range(value));
                    slot.number(value)
                }
            },
            Values::Dates(values) => match values[row] {
                MISSING_DATE => missing(notes),
                micros => slot.number(micros as f64 / DAY_MICROS),
            },
            Values::Codes(coded, map) => match coded.codes[row] {
                MISSING_CODE => missing(notes),
                code => {
                    if let Some(value) = map[code as usize] {
                        Ok(value)
                    } else {
                        notes.unknown[input] += 1;
                        slot.text(coded.levels.get(code))
                    }
                }
            },
            Values::NumberLevels(values) => match values[row] {
                value if value.is_nan() => missing(notes),
                value => slot.text(&number_text(value)),
            },
            Values::Other(column) => {
                if column.is_missing(row) {
                    missing(notes)
                } else {
                    slot.wrong_type(|| format!("a value of the {} column", column.kind()))
                }
            }
        };
        buffer.push(result.map_err(|error| error.at(Place::Record(row)))?);
    }
    Ok(())
}
