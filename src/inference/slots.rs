//! From values as they come to slots: one number per input, with the policies for what is missing, unknown or
//! out of range applied. The record, the table and the stream all pass through here.

use std::collections::HashMap;

use super::error::InputError;
use super::kernel::NO_LEVEL;
use super::scan::is_plain;
use crate::data::{date, number_text};
use crate::model::{Input, InputKind, Model, Policies, Policy};

/// Microseconds in a day.
pub(crate) const DAY_MICROS: f64 = 86_400_000_000.0;

/// Marks a field that a record does not have. A NaN of its own, told apart by its bits.
pub(crate) const ABSENT_BITS: u64 = 0x7ff8_0000_0000_0abc;

/// One input made ready.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) input: Input,
    /// The input's name can stand in JSON as it is.
    pub(crate) plain_name: bool,
    pub(crate) policies: Policies,
    pub(crate) kind: SlotKind,
    /// The slot value under the impute policy.
    pub(crate) fill: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// How values of an input become numbers.
#[derive(Debug, Clone)]
pub(crate) enum SlotKind {
    Number,
    Date,
    /// Codes 0 and 1.
    Boolean {
        no: String,
        yes: String,
    },
    Category(HashMap<String, u32>),
}

/// What was done to values that were not as expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Values filled in for missing ones, or left out of the sum under the ignore policy, per input.
    pub missing: Vec<u64>,
    /// Unknown levels, per input.
    pub unknown: Vec<u64>,
    /// Numbers outside the training range, per input.
    pub out_of_range: Vec<u64>,
}

impl Notes {
    pub(crate) fn new(n_inputs: usize) -> Self {
        Self { missing: vec![0; n_inputs], unknown: vec![0; n_inputs], out_of_range: vec![0; n_inputs] }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.missing, &other.missing),
            (&mut self.unknown, &other.unknown),
            (&mut self.out_of_range, &other.out_of_range),
        ] {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
        }
    }
}

impl Slot {
    pub(crate) fn all(model: &Model) -> Vec<Self> {
        model
            .inputs
            .iter()
            .map(|input| {
                let (kind, fill, min, max) = match &input.kind {
                    InputKind::Number { min, max, fill, .. } => (SlotKind::Number, *fill, *min, *max),
                    InputKind::Date { min, max, typical } => (SlotKind::Date, *typical, *min, *max),
                    InputKind::Boolean { no, yes, fill } => (
                        SlotKind::Boolean { no: no.clone(), yes: yes.clone() },
                        f64::from(u8::from(*fill)),
                        0.0,
                        1.0,
                    ),
                    InputKind::Category { levels, fill } => {
                        let codes = levels.iter().zip(0_u32..).map(|(l, code)| (l.clone(), code)).collect();
                        (SlotKind::Category(codes), *fill as f64, NO_LEVEL, levels.len() as f64)
                    }
                };
                let policies = input.policies.unwrap_or(model.policies);
                let plain_name = is_plain(&input.name);
                Self { input: input.clone(), plain_name, policies, kind, fill, min, max }
            })
            .collect()
    }

    /// The slot value that adds nothing.
    pub(crate) fn nothing(&self) -> f64 {
        if matches!(self.kind, SlotKind::Category(_)) { NO_LEVEL } else { 0.0 }
    }

    pub(crate) fn error(&self, got: impl Into<String>) -> InputError {
        InputError {
            place: None,
            field: self.input.name.clone(),
            expected: self.input.expected(),
            got: got.into(),
        }
    }

    fn by(&self, policy: Policy, got: impl FnOnce() -> String) -> Result<f64, InputError> {
        match policy {
            Policy::Impute => Ok(self.fill),
            Policy::Ignore => Ok(self.nothing()),
            Policy::Reject => Err(self.error(got())),
        }
    }

    /// The slot of a missing value.
    pub(crate) fn missing(&self) -> Result<f64, InputError> {
        self.by(self.policies.missing_value, || "a missing value".into())
    }

    /// The slot of a field or column that is not there.
    pub(crate) fn absent(&self) -> Result<f64, InputError> {
        self.by(self.policies.missing_column, || "nothing: the field is missing".into())
    }

    /// The slot of a value of another type.
    pub(crate) fn wrong_type(&self, got: impl FnOnce() -> String) -> Result<f64, InputError> {
        self.by(self.policies.wrong_type, got)
    }

    /// The slot of a level that training never saw.
    pub(crate) fn unknown(&self, level: &str) -> Result<f64, InputError> {
        self.by(self.policies.unknown_level, || format!("the unknown level '{level}'"))
    }

    /// The slot of a number: itself, unless it is out of range and the policy minds.
    #[inline]
    pub(crate) fn number(&self, value: f64) -> Result<f64, InputError> {
        if value >= self.min && value <= self.max {
            return Ok(value);
        }
        if !value.is_finite() {
            return self.wrong_type(|| format!("the number {value}, which is not finite"));
        }
        match self.policies.out_of_range {
            Policy::Ignore => Ok(value),
            Policy::Impute => Ok(value.clamp(self.min, self.max)),
            Policy::Reject => {
                let mut error = self.error(number_text(value));
                error.expected =
                    format!("a number from {} to {}", number_text(self.min), number_text(self.max));
                Err(error)
            }
        }
    }

    /// Whether the number lies outside what training saw.
    pub(crate) fn is_out_of_range(&self, value: f64) -> bool {
        value < self.min || value > self.max
    }

    /// The code of a text, for categories and booleans; `None` when it is no level.
    pub(crate) fn level(&self, text: &str) -> Option<f64> {
        match &self.kind {
            SlotKind::Category(codes) => codes.get(text).map(|&code| f64::from(code)),
            SlotKind::Boolean { no, yes } => {
                let is = |word: &str| text == word;
                if is(yes) {
                    Some(1.0)
                } else if is(no) {
                    Some(0.0)
                } else {
                    let word = text.trim();
                    let any = |words: [&str; 4]| words.iter().any(|w| w.eq_ignore_ascii_case(word));
                    if any([yes.as_str(), "true", "yes", "1"]) {
                        Some(1.0)
                    } else if any([no.as_str(), "false", "no", "0"]) {
                        Some(0.0)
                    } else {
                        None
                    }
                }
            }
            SlotKind::Number | SlotKind::Date => None,
        }
    }

    /// The slot of a text, for inputs of every type.
    pub(crate) fn text(&self, text: &str) -> Result<f64, InputError> {
        match &self.kind {
            SlotKind::Category(_) => match self.level(text) {
                Some(code) => Ok(code),
                None => self.unknown(text),
            },
            SlotKind::Boolean { .. } => match self.level(text) {
                Some(code) => Ok(code),
                None => self.wrong_type(|| format!("the text '{text}'")),
            },
            SlotKind::Date => {
                // as in training, if that fits; else the form the text has
                let as_trained = self.input.written.date.and_then(|format| date::parse(format, text));
                let any_form = || {
                    let (format, _) = date::candidates(text, true).preferred()?;
                    date::parse(format, text)
                };
                let day = as_trained.or_else(any_form);
                match day {
                    Some(micros) => self.number(micros as f64 / DAY_MICROS),
                    None => self.wrong_type(|| format!("the text '{text}'")),
                }
            }
            SlotKind::Number => self.wrong_type(|| format!("the text '{text}'")),
        }
    }
}
