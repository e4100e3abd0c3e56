//! Many records that come in one request, whatever their shape: a list of objects, rows of cells, columns. All are read
//! straight into columns of slots, without a tree of values in between, and predicted by the same kernel.

mod again;
mod seeds;

use serde::de::{DeserializeSeed, Visitor};

use again::Again;
pub(super) use again::Noted;
pub(crate) use again::Words;
use seeds::{BodySeed, ColumnSeed, ColumnsSeed, ListSeed};

use super::error::{InputError, Place};
use super::kernel::{BLOCK_ROWS, Columns};
use super::record::ValueSeed;
use super::rows::first_overflow;
use super::scan::JsonScan;
use super::{Prediction, Predictor};

/// Records read from a request, and what was predicted for them. Memory that can be used again and again.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    n_rows: usize,
    /// One per input; empty where the input did not come yet.
    columns: Vec<Vec<f64>>,
    row: Vec<f64>,
    /// Output by output, block by block of rows.
    outputs: Vec<f64>,
    block: Vec<f64>,
    work: Vec<f64>,
    noted: Noted,
    again: Again,
}

/// Whether one record came or a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One object.
    One,
    /// A list.
    Many,
}

/// How the rows of a list are written.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// As objects with the inputs as fields.
    Objects,
    /// As objects, as lists of cells in the order of the model's inputs, or as bare values for a model with one input.
    Any,
    /// As lists of cells in the order of these columns.
    Columns(&'a [String]),
}

/// Why a body can't be predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// It is no JSON.
    Syntax(String),
    /// A value the model does not take, or another shape.
    Input(InputError),
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(what) => write!(f, "the body is not valid JSON: {what}"),
            Self::Input(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BodyError {}

impl From<InputError> for BodyError {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

fn shape_error(expected: impl Into<String>, got: impl Into<String>) -> InputError {
    InputError { place: None, field: String::new(), expected: expected.into(), got: got.into() }
}

impl Batch {
    /// How many records there are.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// How many values of an input have come.
    #[must_use]
    pub fn column_len(&self, input: usize) -> usize {
        self.columns.get(input).map_or(0, Vec::len)
    }

    fn clear(&mut self, n_inputs: usize) {
        self.n_rows = 0;
        self.columns.resize_with(n_inputs, Vec::new);
        self.columns.iter_mut().for_each(Vec::clear);
    }

    fn push_row(&mut self) {
        for (column, value) in self.columns.iter_mut().zip(&self.row) {
            column.push(*value);
        }
        self.n_rows += 1;
    }

    /// The prediction for a row, after [`Predictor::predict_batch`].
    #[must_use]
    pub fn get<'a>(&self, predictor: &'a Predictor, row: usize) -> Prediction<'a> {
        let n_outputs = predictor.kernel.n_outputs();
        let start = row / BLOCK_ROWS * BLOCK_ROWS;
        let n = BLOCK_ROWS.min(self.n_rows - start);
        predictor.prediction(|output| self.outputs[start * n_outputs + output * n + row - start])
    }
}

/// Sorts what the JSON reader says and what was found wrong with a value.
fn settle(
    read: Result<(), serde_json::Error>,
    problem: Option<InputError>,
    expected: &str,
) -> Result<(), BodyError> {
    match (read, problem) {
        (Ok(()), None) => Ok(()),
        (Err(error), None) if !error.is_data() => Err(BodyError::Syntax(error.to_string())),
        (Err(error), None) => {
            Err(BodyError::Input(shape_error(expected, format!("something else: {error}"))))
        }
        (_, Some(problem)) => Err(BodyError::Input(problem)),
    }
}

impl Predictor {
    /// Predicts all records of a batch; [`Batch::get`] has the results.
    ///
    /// # Errors
    /// [`InputError`] with the first record whose prediction overflows.
    pub fn predict_batch(&self, batch: &mut Batch) -> Result<(), InputError> {
        let n_outputs = self.kernel.n_outputs();
        batch.outputs.clear();
        let mut start = 0;
        while start < batch.n_rows {
            let n = BLOCK_ROWS.min(batch.n_rows - start);
            batch.block.clear();
            batch.block.resize(n * n_outputs, 0.0);
            if n == 1 {
                // a record alone needs no list of columns
                batch.row.clear();
                batch.row.extend(batch.columns.iter().map(|column| column[start]));
                self.kernel.eval(&super::kernel::OneRow(&batch.row), 1, &mut batch.block, &mut batch.work);
            } else {
                let columns: Vec<&[f64]> =
                    batch.columns.iter().map(|column| &column[start..start + n]).collect();
                self.kernel.eval(&Columns(&columns), n, &mut batch.block, &mut batch.work);
            }
            if let Some(row) = first_overflow(&batch.block, n) {
                return Err(InputError::overflow().at(Place::Record(start + row)));
            }
            batch.outputs.extend_from_slice(&batch.block);
            start += n;
        }
        Ok(())
    }

    /// Reads one record `{…}`, a list `[{…}, …]`, or `{"records": [{…}, …]}`.
    ///
    /// # Errors
    /// [`BodyError`] that names record and field.
    pub fn read_body(&self, json: &[u8], batch: &mut Batch) -> Result<Form, BodyError> {
        if let Some(form) = self.scan_body(json, batch) {
            return Ok(form);
        }
        self.read_body_explained(json, batch)
    }

    /// As [`Predictor::read_body`], whatever comes.
    fn read_body_explained(&self, json: &[u8], batch: &mut Batch) -> Result<Form, BodyError> {
        batch.clear(self.slots.len());
        let mut problem = None;
        let mut form = Form::One;
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let seed = BodySeed { predictor: self, batch, problem: &mut problem, form: &mut form };
        let read = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
        settle(
            read,
            problem,
            "a JSON object with the model's inputs as fields, a list of such objects, or {\"records\": [...]}",
        )?;
        Ok(form)
    }

    /// Reads a body as [`Predictor::read_body`] does, if there is nothing unusual about it.
    fn scan_body(&self, json: &[u8], batch: &mut Batch) -> Option<Form> {
        if self.read_again(Words::Record, json, batch) {
            return Some(Form::One);
        }
        batch.clear(self.slots.len());
        let mut scan = JsonScan::new(json);
        if scan.peek() == Some(b'{') {
            let mut around = scan.clone();
            around.take(b'{');
            // as in the reader that explains: the word is an input's name first
            let is_around = around.text() == Some("records") && self.input("records").is_none();
            if !is_around {
                self.scan_record(&mut scan, &mut batch.row, &mut batch.noted)?;
                batch.push_row();
                if !scan.is_at_end() {
                    return None;
                }
                self.keep_words(Words::Record, json, batch);
                return Some(Form::One);
            }
            scan = around;
            if !scan.take(b':') {
                return None;
            }
            self.scan_records(&mut scan, batch)?;
            return (scan.take(b'}') && scan.is_at_end()).then_some(Form::Many);
        }
        self.scan_records(&mut scan, batch)?;
        scan.is_at_end().then_some(Form::Many)
    }

    /// Reads a list of one record or more.
    fn scan_records(&self, scan: &mut JsonScan<'_>, batch: &mut Batch) -> Option<()> {
        if !scan.take(b'[') {
            return None;
        }
        loop {
            self.scan_record(scan, &mut batch.row, &mut batch.noted)?;
            batch.push_row();
            if !scan.take(b',') {
                return scan.take(b']').then_some(());
            }
        }
    }

    /// Reads the values of one input, a flat list of one value or more, as they come in a larger document. `None` where
    /// there is anything unusual: then a reader that explains it should have the whole document.
    pub fn scan_column(&self, input: usize, scan: &mut JsonScan<'_>, batch: &mut Batch) -> Option<()> {
        let (slot, column) = (self.slots.get(input)?, batch.columns.get_mut(input)?);
        if !scan.take(b'[') {
            return None;
        }
        loop {
            let start = scan.position();
            column.push(slot.scan(scan)?);
            batch.noted.value(start, scan.position(), input);
            if !scan.take(b',') {
                return scan.take(b']').then_some(());
            }
        }
    }

    /// Reads a JSON list of rows.
    ///
    /// # Errors
    /// [`BodyError`] that names row and field.
    pub fn read_rows(&self, json: &[u8], rows: Rows<'_>, batch: &mut Batch) -> Result<(), BodyError> {
        batch.clear(self.slots.len());
        let order = match rows {
            Rows::Columns(names) => Some(self.order(names)?),
            Rows::Objects | Rows::Any => None,
        };
        let mut problem = None;
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let seed = ListSeed { predictor: self, batch, problem: &mut problem, rows, order: order.as_deref() };
        let read = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
        settle(read, problem, "a list of rows")
    }

    /// Which input each of the named columns is.
    fn order(&self, names: &[String]) -> Result<Vec<Option<usize>>, InputError> {
        self.refuse_extra(names.iter().map(String::as_str))?;
        let mut order = Vec::with_capacity(names.len());
        for name in names {
            let at = self.input(name);
            if at.is_some() && order.contains(&at) {
                return Err(self.slots[at.unwrap_or(0)].error("the column twice"));
            }
            order.push(at);
        }
        Ok(order)
    }

    /// Begins a batch that comes column by column.
    pub fn begin_columns(&self, batch: &mut Batch) {
        batch.clear(self.slots.len());
    }

    /// Reads a JSON object of columns, `{"a": [1, 2], "b": ["x", "y"]}`. A column may be nested, `[[1], [2]]`, or a
    /// bare value.
    ///
    /// # Errors
    /// [`BodyError`] that names row and field.
    pub fn read_columns(&self, json: &[u8], batch: &mut Batch) -> Result<(), BodyError> {
        self.begin_columns(batch);
        let mut problem = None;
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let mut came = vec![false; self.slots.len()];
        let seed = ColumnsSeed { predictor: self, batch, problem: &mut problem, came: &mut came };
        let read =
            serde::Deserializer::deserialize_map(&mut deserializer, seed).and_then(|()| deserializer.end());
        settle(read, problem, "an object with a list of values for each input")?;
        self.check_came(&came)?;
        Ok(self.end_columns(batch)?)
    }

    /// Reads the values of one input as JSON, flat or nested.
    ///
    /// # Errors
    /// [`BodyError`] that names row and field.
    pub fn read_column(&self, input: usize, json: &[u8], batch: &mut Batch) -> Result<(), BodyError> {
        let mut problem = None;
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let seed =
            ColumnSeed { slot: &self.slots[input], values: &mut batch.columns[input], problem: &mut problem };
        let read = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
        settle(read, problem, "a list of values")
    }

    /// Takes numbers as the values of one input.
    ///
    /// # Errors
    /// [`InputError`] that names row and field.
    pub fn take_numbers(
        &self,
        input: usize,
        numbers: impl Iterator<Item = f64>,
        batch: &mut Batch,
    ) -> Result<(), InputError> {
        let slot = &self.slots[input];
        for (row, number) in numbers.enumerate() {
            let mut problem = None;
            let seed = ValueSeed { slot, problem: &mut problem };
            let read: Result<f64, serde_json::Error> = seed.visit_f64(number);
            batch.columns[input].push(read.map_err(|_refused| at_row(problem, row))?);
        }
        Ok(())
    }

    /// Takes texts as the values of one input.
    ///
    /// # Errors
    /// [`InputError`] that names row and field.
    pub fn take_texts<'t>(
        &self,
        input: usize,
        texts: impl Iterator<Item = &'t str>,
        batch: &mut Batch,
    ) -> Result<(), InputError> {
        let slot = &self.slots[input];
        for (row, text) in texts.enumerate() {
            batch.columns[input].push(slot.text(text).map_err(|error| error.at(Place::Record(row)))?);
        }
        Ok(())
    }

    /// Takes a matrix of numbers, row by row, as the values of all inputs in their order.
    ///
    /// # Errors
    /// [`InputError`] when the numbers are not whole rows, or a policy refuses one.
    pub fn take_matrix(&self, numbers: &[f64], batch: &mut Batch) -> Result<(), InputError> {
        self.begin_columns(batch);
        let n_inputs = self.slots.len();
        if n_inputs == 0 || !numbers.len().is_multiple_of(n_inputs) {
            return Err(shape_error(
                format!("rows of {n_inputs} numbers"),
                format!("{} numbers", numbers.len()),
            ));
        }
        for input in 0..n_inputs {
            self.take_numbers(input, numbers.iter().skip(input).step_by(n_inputs).copied(), batch)?;
        }
        self.end_columns(batch)
    }

    /// Checks that the columns that did not come may be left out, also where those that came have no rows. One at least
    /// must have come: nothing else says how many rows there are.
    ///
    /// # Errors
    /// [`InputError`] that names the field.
    pub fn check_came(&self, came: &[bool]) -> Result<(), InputError> {
        for (slot, _) in self.slots.iter().zip(came).filter(|(_, came)| !**came) {
            slot.absent()?;
        }
        match self.slots.first() {
            Some(slot) if !came.contains(&true) => {
                Err(slot.error("nothing: none of the model's inputs came"))
            }
            _ => Ok(()),
        }
    }

    /// Ends a batch that came column by column: all columns are equally long, and those that did not come are filled
    /// by the policy for that.
    ///
    /// # Errors
    /// [`InputError`] that names the field.
    pub fn end_columns(&self, batch: &mut Batch) -> Result<(), InputError> {
        let n_rows = batch.columns.iter().map(Vec::len).max().unwrap_or(0);
        for (slot, column) in self.slots.iter().zip(&mut batch.columns) {
            if column.is_empty() && n_rows > 0 {
                let value = slot.absent()?;
                column.resize(n_rows, value);
            }
            if column.len() != n_rows {
                return Err(InputError {
                    place: None,
                    field: slot.input.name.clone(),
                    expected: format!("{n_rows} values, as many as the longest column has"),
                    got: format!("{} values", column.len()),
                });
            }
        }
        batch.n_rows = n_rows;
        Ok(())
    }

    /// Whether every input is a number.
    #[must_use]
    pub fn all_numbers(&self) -> bool {
        self.slots.iter().all(|slot| matches!(slot.kind, super::slots::SlotKind::Number))
    }
}

fn at_row(problem: Option<InputError>, row: usize) -> InputError {
    problem
        .unwrap_or_else(|| shape_error("a value of the input's type", "something else"))
        .at(Place::Record(row))
}
