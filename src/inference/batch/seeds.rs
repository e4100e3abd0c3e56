//! What serde is told to read the records of a request: lists of objects, rows of cells, columns.

use serde::de::value::{
    BoolDeserializer, F64Deserializer, I64Deserializer, StrDeserializer, U64Deserializer,
};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::{Batch, Form, Rows, shape_error};
use crate::inference::Predictor;
use crate::inference::error::{InputError, Place};
use crate::inference::record::{Key, KeySeed, RecordSeed, ValueSeed};
use crate::inference::slots::{ABSENT_BITS, Slot};
use crate::model::Policy;

/// One record, a list, or an object around a list.
pub(super) struct BodySeed<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) batch: &'a mut Batch,
    pub(super) problem: &'a mut Option<InputError>,
    pub(super) form: &'a mut Form,
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
pub(super) struct ListSeed<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) batch: &'a mut Batch,
    pub(super) problem: &'a mut Option<InputError>,
    pub(super) rows: Rows<'a>,
    pub(super) order: Option<&'a [Option<usize>]>,
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
pub(super) struct ColumnsSeed<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) batch: &'a mut Batch,
    pub(super) problem: &'a mut Option<InputError>,
    /// Which inputs have come.
    pub(super) came: &'a mut [bool],
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
pub(super) struct ColumnSeed<'a> {
    pub(super) slot: &'a Slot,
    pub(super) values: &'a mut Vec<f64>,
    pub(super) problem: &'a mut Option<InputError>,
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
