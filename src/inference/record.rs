//! One record as JSON: read by the signature straight into slots, without a tree of values in between.

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};

use super::Predictor;
use super::batch::Noted;
use super::error::InputError;
use super::scan::JsonScan;
use super::slots::{ABSENT_BITS, Slot, SlotKind};
use crate::data::number_text;
use crate::model::Policy;

/// The brightest point of an image, as in the bundled digits.
pub(crate) const IMAGE_WHITE: f64 = 16.0;

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
        let mut scan = JsonScan::new(json);
        if self.scan_record(&mut scan, &mut scratch.slots, &mut Noted::default()).is_some()
            && scan.is_at_end()
        {
            return Ok(());
        }
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

impl Predictor {
    /// Reads the name of an input, which is probably the one at `expected`, and says which it is.
    #[inline]
    pub fn scan_input(&self, expected: usize, scan: &mut JsonScan<'_>) -> Option<usize> {
        match self.slots.get(expected) {
            // compared where it stands
            Some(slot) if slot.plain_name && scan.is_text(&slot.input.name) => Some(expected),
            _ => self.input(scan.text()?),
        }
    }

    /// Reads an object with the model's inputs as fields into `slots`. `None` where there is anything unusual.
    #[inline]
    pub(super) fn scan_record(
        &self,
        scan: &mut JsonScan<'_>,
        slots: &mut Vec<f64>,
        noted: &mut Noted,
    ) -> Option<()> {
        if !scan.take(b'{') {
            return None;
        }
        slots.clear();
        slots.resize(self.slots.len(), f64::from_bits(ABSENT_BITS));
        let mut expected = 0;
        loop {
            let at = self.scan_input(expected, scan)?;
            let value = slots.get_mut(at).filter(|value| value.to_bits() == ABSENT_BITS)?;
            if !scan.take(b':') {
                return None;
            }
            let start = scan.position();
            *value = self.slots[at].scan(scan)?;
            noted.value(start, scan.position(), at);
            expected = at + 1;
            if !scan.take(b',') {
                break;
            }
        }
        if !scan.take(b'}') {
            return None;
        }
        for (value, slot) in slots.iter_mut().zip(&self.slots) {
            if value.to_bits() == ABSENT_BITS {
                *value = slot.absent().ok()?;
            }
        }
        Some(())
    }
}

impl Slot {
    /// Reads a value as this input wants it. `None` where the value is refused or unusual.
    #[inline]
    pub(super) fn scan(&self, scan: &mut JsonScan<'_>) -> Option<f64> {
        match (scan.peek()?, &self.kind) {
            (b'-' | b'0'..=b'9', SlotKind::Number) => self.number(scan.number()?).ok(),
            (b'"', _) => self.text(scan.text()?).ok(),
            (b't', SlotKind::Boolean { .. }) => scan.word("true").then_some(1.0),
            (b'f', SlotKind::Boolean { .. }) => scan.word("false").then_some(0.0),
            (b'n', _) if scan.word("null") => self.missing().ok(),
            _ => None,
        }
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

pub(super) struct RecordSeed<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) slots: &'a mut Vec<f64>,
    pub(super) problem: &'a mut Option<InputError>,
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

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let key = KeySeed { predictor: self.predictor, expected: 0, envelope: false, problem: self.problem };
        let first = map.next_key_seed(key)?;
        self.read_fields(first, &mut map)
    }
}

impl RecordSeed<'_> {
    /// Reads the fields of an object whose first key has been read.
    pub(super) fn read_fields<'de, A: MapAccess<'de>>(
        &mut self,
        mut next: Option<Key>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let slots = &self.predictor.slots;
        self.slots.clear();
        self.slots.resize(slots.len(), f64::from_bits(ABSENT_BITS));
        while let Some(key) = next {
            let mut expected = 0;
            match key {
                Key::Input(at) => {
                    expected = at + 1;
                    self.read_field(at, map)?;
                }
                Key::Image => map.next_value_seed(ImageSeed { slots: self.slots, problem: self.problem })?,
                Key::Records | Key::Extra => drop(map.next_value::<IgnoredAny>()?),
            }
            let key = KeySeed { predictor: self.predictor, expected, envelope: false, problem: self.problem };
            next = map.next_key_seed(key)?;
        }
        self.fill_absent()
    }

    fn read_field<'de, A: MapAccess<'de>>(&mut self, at: usize, map: &mut A) -> Result<(), A::Error> {
        let slot = &self.predictor.slots[at];
        if self.slots[at].to_bits() != ABSENT_BITS {
            *self.problem = Some(slot.error("the field twice"));
            return Err(A::Error::custom("field given twice"));
        }
        self.slots[at] = map.next_value_seed(ValueSeed { slot, problem: self.problem })?;
        Ok(())
    }

    /// Treats the inputs that did not come by the policy for them.
    pub(super) fn fill_absent<E: serde::de::Error>(&mut self) -> Result<(), E> {
        let slots = &self.predictor.slots;
        for (value, slot) in self.slots.iter_mut().zip(slots) {
            if value.to_bits() == ABSENT_BITS {
                match slot.absent() {
                    Ok(filled) => *value = filled,
                    Err(error) => {
                        *self.problem = Some(error);
                        return Err(E::custom("field missing"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What a key of an object means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// The input of this place.
    Input(usize),
    /// All inputs of a model of images, as one list.
    Image,
    /// The list of records, in an object around them.
    Records,
    /// Nothing the model knows.
    Extra,
}

/// Finds the input a key names: the one that is next in the signature, or by look-up.
pub(super) struct KeySeed<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) expected: usize,
    /// Whether the object may be one around the records.
    pub(super) envelope: bool,
    pub(super) problem: &'a mut Option<InputError>,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a field name")
    }

    #[inline]
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key, E> {
        let slots = &self.predictor.slots;
        if slots.get(self.expected).is_some_and(|slot| slot.input.name == key) {
            return Ok(Key::Input(self.expected));
        }
        let found = match self.predictor.by_name.get(key) {
            Some(at) => return Ok(Key::Input(*at)),
            None if key == "image" && self.predictor.takes_images() => return Ok(Key::Image),
            None if key == "records" && self.envelope => return Ok(Key::Records),
            None => Key::Extra,
        };
        // labelled records are welcome, as labelled files are
        let is_extra = key != self.predictor.model.output.name;
        if is_extra && self.predictor.model.policies.extra_column == Policy::Reject {
            *self.problem = Some(InputError::extra(key));
            return Err(E::custom("extra field"));
        }
        Ok(found)
    }
}

/// Reads a value as its input wants it.
pub(super) struct ValueSeed<'a> {
    pub(super) slot: &'a Slot,
    pub(super) problem: &'a mut Option<InputError>,
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

/// Reads the brightness of an image's points, in the order of the model's inputs.
struct ImageSeed<'a> {
    slots: &'a mut [f64],
    problem: &'a mut Option<InputError>,
}

impl ImageSeed<'_> {
    fn refuse<E: serde::de::Error>(&mut self, at: Option<usize>, got: String) -> E {
        let field = at.map_or_else(|| "image".to_owned(), |at| format!("image[{at}]"));
        let expected = match at {
            Some(_) => format!("a number from 0 to {}", number_text(IMAGE_WHITE)),
            None => format!(
                "a list of {} numbers from 0 to {}, row by row",
                self.slots.len(),
                number_text(IMAGE_WHITE)
            ),
        };
        *self.problem = Some(InputError { place: None, field, expected, got });
        E::custom("image refused")
    }
}

impl<'de> DeserializeSeed<'de> for ImageSeed<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ImageSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "field 'image': a list of {} numbers", self.slots.len())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let mut at = 0;
        loop {
            // a value that is no number becomes NaN, so that it is named by its place
            let Some(Point(value)) = seq.next_element::<Point>()? else { break };
            if at < self.slots.len() {
                if !(0.0..=IMAGE_WHITE).contains(&value) {
                    let got = if value.is_nan() { "something else".into() } else { number_text(value) };
                    return Err(self.refuse(Some(at), got));
                }
                self.slots[at] = value;
            }
            at += 1;
        }
        if at == self.slots.len() { Ok(()) } else { Err(self.refuse(None, format!("{at} numbers"))) }
    }
}

/// A number, or NaN for anything else.
struct Point(f64);

impl<'de> serde::Deserialize<'de> for Point {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PointVisitor)
    }
}

struct PointVisitor;

impl<'de> Visitor<'de> for PointVisitor {
    type Value = Point;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Point, E> {
        Ok(Point(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Point, E> {
        Ok(Point(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Point, E> {
        Ok(Point(value as f64))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Point, E> {
        Ok(Point(f64::NAN))
    }

    fn visit_unit<E>(self) -> Result<Point, E> {
        Ok(Point(f64::NAN))
    }

    fn visit_str<E>(self, _: &str) -> Result<Point, E> {
        Ok(Point(f64::NAN))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Point, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Point(f64::NAN))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Point, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Point(f64::NAN))
    }
}
