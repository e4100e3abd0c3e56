//! One record as JSON: read by the signature straight into slots, without a tree of values in between.

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};

use super::Predictor;
use super::error::InputError;
use super::slots::{ABSENT_BITS, Slot, SlotKind};
use crate::data::number_text;
use crate::model::Policy;

/// Memory for reading records and predicting them, to be used again and again.
#[derive(Debug, Default, Clone)]
pub struct Scratch {
    pub(crate) slots: Vec<f64>,
    pub(crate) outputs: Vec<f64>,
    pub(crate) work: Vec<f64>,
}

impl Predictor {
    /// Reads one JSON object into `scratch`, by field name.
    ///
    /// # Errors
    /// [`InputError`] when the text is no JSON object or a policy refuses a field.
    pub fn read_record(&self, json: &[u8], scratch: &mut Scratch) -> Result<(), InputError> {
        let mut problem = None;
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let seed = RecordSeed { predictor: self, slots: &mut scratch.slots, problem: &mut problem };
        let read = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
        outcome(read, problem)
    }

    /// Reads any deserializable map (a `serde_json::Value`, say) into `scratch`.
    ///
    /// # Errors
    /// As [`Predictor::read_record`].
    pub fn read_value(&self, record: &serde_json::Value, scratch: &mut Scratch) -> Result<(), InputError> {
        let mut problem = None;
        let seed = RecordSeed { predictor: self, slots: &mut scratch.slots, problem: &mut problem };
        let read = seed.deserialize(record);
        outcome(read, problem)
    }
}

/// The problem met with a field, else what the JSON reader says.
fn outcome(read: Result<(), serde_json::Error>, problem: Option<InputError>) -> Result<(), InputError> {
    match (read, problem) {
        (_, Some(problem)) => Err(problem),
        (Ok(()), None) => Ok(()),
        (Err(error), None) => Err(InputError {
            place: None,
            field: String::new(),
            expected: "a JSON object with the model's inputs as fields".into(),
            got: format!("something else: {error}"),
        }),
    }
}

struct RecordSeed<'a> {
    predictor: &'a Predictor,
    slots: &'a mut Vec<f64>,
    problem: &'a mut Option<InputError>,
}

impl<'de> DeserializeSeed<'de> for RecordSeed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RecordSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object with the model's inputs as fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let slots = &self.predictor.slots;
        self.slots.clear();
        self.slots.resize(slots.len(), f64::from_bits(ABSENT_BITS));
        let mut expected = 0;
        loop {
            let key = KeySeed { predictor: self.predictor, expected, problem: self.problem };
            let Some(found) = map.next_key_seed(key)? else { break };
            let Some(at) = found else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            expected = at + 1;
            if self.slots[at].to_bits() != ABSENT_BITS {
                *self.problem = Some(slots[at].error("the field twice"));
                return Err(A::Error::custom("field given twice"));
            }
            self.slots[at] = map.next_value_seed(ValueSeed { slot: &slots[at], problem: self.problem })?;
        }
        for (value, slot) in self.slots.iter_mut().zip(slots) {
            if value.to_bits() == ABSENT_BITS {
                match slot.absent() {
                    Ok(filled) => *value = filled,
                    Err(error) => {
                        *self.problem = Some(error);
                        return Err(A::Error::custom("field missing"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Finds the input a key names: the one that is next in the signature, or by look-up.
struct KeySeed<'a> {
    predictor: &'a Predictor,
    expected: usize,
    problem: &'a mut Option<InputError>,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a field name")
    }

    #[inline]
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Option<usize>, E> {
        let slots = &self.predictor.slots;
        if slots.get(self.expected).is_some_and(|slot| slot.input.name == key) {
            return Ok(Some(self.expected));
        }
        let found = self.predictor.by_name.get(key).copied();
        // labelled records are welcome, as labelled files are
        let is_extra = found.is_none() && key != self.predictor.model.output.name;
        if is_extra && self.predictor.model.policies.extra_column == Policy::Reject {
            *self.problem = Some(InputError::extra(key));
            return Err(E::custom("extra field"));
        }
        Ok(found)
    }
}

/// Reads a value as its input wants it.
struct ValueSeed<'a> {
    slot: &'a Slot,
    problem: &'a mut Option<InputError>,
}

impl ValueSeed<'_> {
    #[inline]
    fn settle<E: serde::de::Error>(self, result: Result<f64, InputError>) -> Result<f64, E> {
        result.map_err(|error| {
            *self.problem = Some(error);
            E::custom("value refused")
        })
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = f64;

    #[inline]
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<f64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = f64;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.slot.input.expected())
    }

    #[inline]
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<f64, E> {
        let slot = self.slot;
        self.settle(match slot.kind {
            SlotKind::Number => slot.number(value),
            // a number may be a level's name: year 2024, shop 7
            SlotKind::Category(_) => slot.text(&number_text(value)),
            SlotKind::Boolean { .. } if value == 0.0 || value == 1.0 => Ok(value),
            _ => slot.wrong_type(|| format!("the number {}", number_text(value))),
        })
    }

    #[inline]
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<f64, E> {
        if let SlotKind::Category(_) = self.slot.kind {
            let result = self.slot.text(&value.to_string());
            return self.settle(result);
        }
        self.visit_f64(value as f64)
    }

    #[inline]
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<f64, E> {
        if let SlotKind::Category(_) = self.slot.kind {
            let result = self.slot.text(&value.to_string());
            return self.settle(result);
        }
        self.visit_f64(value as f64)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<f64, E> {
        let result = self.slot.text(text);
        self.settle(result)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<f64, E> {
        let slot = self.slot;
        self.settle(match slot.kind {
            SlotKind::Boolean { .. } => Ok(f64::from(u8::from(value))),
            SlotKind::Category(_) => slot.text(if value { "true" } else { "false" }),
            _ => slot.wrong_type(|| value.to_string()),
        })
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<f64, E> {
        let result = self.slot.missing();
        self.settle(result)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<f64, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        let result = self.slot.wrong_type(|| "a list".into());
        self.settle(result)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<f64, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        let result = self.slot.wrong_type(|| "an object".into());
        self.settle(result)
    }
}
