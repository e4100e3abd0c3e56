//! Many records that come in one request, whatever their shape: a list of objects, rows of cells, columns. All are read
//! straight into columns of slots, without a tree of values in between, and predicted by the same kernel.

use serde::de::value::{
    BoolDeserializer, F64Deserializer, I64Deserializer, StrDeserializer, U64Deserializer,
};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::error::{InputError, Place};
use super::kernel::{BLOCK_ROWS, Columns};
use super::record::{Key, KeySeed, RecordSeed, ValueSeed};
use super::rows::first_overflow;
use super::slots::ABSENT_BITS;
use super::{Prediction, Predictor};
use crate::model::Policy;

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
        let read = deserializer_list(&mut deserializer, seed).and_then(|()| deserializer.end());
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

    /// What reads the values of one input within a larger document, flat or nested. A value that the model does not
    /// take is an error, and `problem` says which.
    pub fn column_seed<'de, 'a>(
        &'a self,
        input: usize,
        batch: &'a mut Batch,
        problem: &'a mut Option<InputError>,
    ) -> impl DeserializeSeed<'de, Value = ()> + 'a {
        ColumnSeed { slot: &self.slots[input], values: &mut batch.columns[input], problem }
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

fn deserializer_list<'de, R: serde_json::de::Read<'de>>(
    deserializer: &mut serde_json::Deserializer<R>,
    seed: ListSeed<'_>,
) -> Result<(), serde_json::Error> {
    serde::Deserializer::deserialize_seq(deserializer, seed)
}

/// One record, a list, or an object around a list.
struct BodySeed<'a> {
    predictor: &'a Predictor,
    batch: &'a mut Batch,
    problem: &'a mut Option<InputError>,
    form: &'a mut Form,
}

impl<'de> DeserializeSeed<'de> for BodySeed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BodySeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a record or a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        *self.form = Form::Many;
        ListSeed {
            predictor: self.predictor,
            batch: self.batch,
            problem: self.problem,
            rows: Rows::Objects,
            order: None,
        }
        .visit_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { predictor, batch, problem, form } = self;
        let key = KeySeed { predictor, expected: 0, envelope: true, problem };
        let first = map.next_key_seed(key)?;
        if first != Some(Key::Records) {
            RecordSeed { predictor, slots: &mut batch.row, problem }.read_fields(first, &mut map)?;
            batch.push_row();
            return Ok(());
        }
        *form = Form::Many;
        map.next_value_seed(ListSeed { predictor, batch, problem, rows: Rows::Objects, order: None })?;
        if let Some(name) = map.next_key::<String>()? {
            *problem = Some(InputError {
                place: None,
                field: name,
                expected: "nothing beside 'records'".into(),
                got: "a further field".into(),
            });
            return Err(A::Error::custom("field beside 'records'"));
        }
        Ok(())
    }
}

/// A list of rows.
struct ListSeed<'a> {
    predictor: &'a Predictor,
    batch: &'a mut Batch,
    problem: &'a mut Option<InputError>,
    rows: Rows<'a>,
    order: Option<&'a [Option<usize>]>,
}

impl<'de> DeserializeSeed<'de> for ListSeed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { predictor, batch, problem, rows, order } = self;
        loop {
            let read = match rows {
                Rows::Objects => {
                    seq.next_element_seed(RecordSeed { predictor, slots: &mut batch.row, problem })
                }
                Rows::Any | Rows::Columns(_) => {
                    seq.next_element_seed(RowSeed { predictor, slots: &mut batch.row, problem, order })
                }
            };
            match read {
                Ok(Some(())) => batch.push_row(),
                Ok(None) => return Ok(()),
                Err(error) => {
                    if problem.is_none() && error_is_shape(&error.to_string()) {
                        let mut found = error.to_string();
                        if let Some(at) = found.find(" at line ") {
                            found.truncate(at);
                        }
                        let expected = "an object with the model's inputs as fields";
                        *problem = Some(shape_error(expected, found));
                    }
                    if let Some(found) = problem.take() {
                        *problem = Some(found.at(Place::Record(batch.n_rows)));
                    }
                    return Err(error);
                }
            }
        }
    }
}

/// Whether serde's message is about the type of a value; then the record is worth naming.
fn error_is_shape(message: &str) -> bool {
    message.starts_with("invalid type") || message.starts_with("invalid value")
}

/// A row as an object, a list of cells or a bare value.
struct RowSeed<'a> {
    predictor: &'a Predictor,
    slots: &'a mut Vec<f64>,
    problem: &'a mut Option<InputError>,
    order: Option<&'a [Option<usize>]>,
}

impl RowSeed<'_> {
    /// A bare value is a row of a model with one input.
    fn bare<'de, D: serde::Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        match self.predictor.slots.as_slice() {
            [slot] if self.order.is_none() => {
                let value = ValueSeed { slot, problem: self.problem }.deserialize(value)?;
                self.slots.clear();
                self.slots.push(value);
                Ok(())
            }
            slots => {
                let expected = match self.order {
                    Some(order) => format!("a list of {} cells", order.len()),
                    None => format!("an object or a list with the model's {} inputs", slots.len()),
                };
                *self.problem = Some(shape_error(expected, "a bare value"));
                Err(D::Error::custom("a bare value"))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        if self.order.is_some() {
            *self.problem = Some(shape_error("a list of cells in the order of the columns", "an object"));
            return Err(A::Error::custom("an object"));
        }
        RecordSeed { predictor: self.predictor, slots: self.slots, problem: self.problem }.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let slots = &self.predictor.slots;
        self.slots.clear();
        self.slots.resize(slots.len(), f64::from_bits(ABSENT_BITS));
        let n_cells = self.order.map_or(slots.len(), <[Option<usize>]>::len);
        let mut came = 0;
        loop {
            let input = match self.order {
                Some(order) => order.get(came).copied().flatten(),
                None => Some(came).filter(|at| *at < slots.len()),
            };
            if let Some(at) = input {
                let Some(value) =
                    seq.next_element_seed(ValueSeed { slot: &slots[at], problem: self.problem })?
                else {
                    break;
                };
                self.slots[at] = value;
            } else if seq.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
            came += 1;
        }
        if came != n_cells {
            *self.problem = Some(shape_error(format!("{n_cells} cells"), format!("{came} cells")));
            return Err(A::Error::custom("another number of cells"));
        }
        RecordSeed { predictor: self.predictor, slots: self.slots, problem: self.problem }.fill_absent()
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        let value: F64Deserializer<E> = value.into_deserializer();
        self.bare(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        let value: I64Deserializer<E> = value.into_deserializer();
        self.bare(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        let value: U64Deserializer<E> = value.into_deserializer();
        self.bare(value)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        let value: BoolDeserializer<E> = value.into_deserializer();
        self.bare(value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        let value: StrDeserializer<'_, E> = value.into_deserializer();
        self.bare(value)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.bare(serde::de::value::UnitDeserializer::<E>::new())
    }
}

/// An object of columns.
struct ColumnsSeed<'a> {
    predictor: &'a Predictor,
    batch: &'a mut Batch,
    problem: &'a mut Option<InputError>,
    /// Which inputs have come.
    came: &'a mut [bool],
}

impl<'de> Visitor<'de> for ColumnsSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { predictor, batch, problem, came } = self;
        while let Some(name) = map.next_key::<String>()? {
            if let Some(at) = predictor.input(&name) {
                let slot = &predictor.slots[at];
                if std::mem::replace(&mut came[at], true) {
                    *problem = Some(slot.error("the field twice"));
                    return Err(A::Error::custom("field given twice"));
                }
                map.next_value_seed(ColumnSeed { slot, values: &mut batch.columns[at], problem })?;
            } else if predictor.model.policies.extra_column == Policy::Reject
                && name != predictor.model.output.name
            {
                *problem = Some(InputError::extra(&name));
                return Err(A::Error::custom("extra field"));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The values of one input, flat or nested.
struct ColumnSeed<'a> {
    slot: &'a super::slots::Slot,
    values: &'a mut Vec<f64>,
    problem: &'a mut Option<InputError>,
}

impl ColumnSeed<'_> {
    fn take<'de, D: serde::Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        match (ValueSeed { slot: self.slot, problem: self.problem }).deserialize(value) {
            Ok(value) => {
                self.values.push(value);
                Ok(())
            }
            Err(error) => {
                if let Some(problem) = self.problem.take() {
                    *self.problem = Some(problem.at(Place::Record(self.values.len())));
                }
                Err(error)
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for ColumnSeed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ColumnSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { slot, values, problem } = self;
        while seq.next_element_seed(ColumnSeed { slot, values, problem })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        *self.problem = Some(self.slot.error("an object").at(Place::Record(self.values.len())));
        Err(A::Error::custom("an object"))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        let value: F64Deserializer<E> = value.into_deserializer();
        self.take(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        let value: I64Deserializer<E> = value.into_deserializer();
        self.take(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        let value: U64Deserializer<E> = value.into_deserializer();
        self.take(value)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        let value: BoolDeserializer<E> = value.into_deserializer();
        self.take(value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        let value: StrDeserializer<'_, E> = value.into_deserializer();
        self.take(value)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.take(serde::de::value::UnitDeserializer::<E>::new())
    }
}
