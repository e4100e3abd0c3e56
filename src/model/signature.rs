//! What a model takes and gives, and how inputs become the numbers its estimator works on.

use serde::{Deserialize, Serialize};

use super::Policies;
use crate::data::Decimal;
use crate::data::date::DateFormat;

/// One input (feature).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The column or field name.
    pub name: String,
    /// The unit its numbers are written with, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its type, with what training saw of it.
    #[serde(flatten)]
    pub kind: InputKind,
    /// How its values were written in the training data; settles what another file leaves open.
    #[serde(default, skip_serializing_if = "Written::is_usual")]
    pub written: Written,
    /// Policies for this input alone; `None` follows the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Policies>,
}

/// How the values of a column are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Written {
    /// The decimal sign of numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimal>,
    /// The form of dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<DateFormat>,
    /// The texts that mean a missing value, where they are not the usual ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
}

impl Written {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// The type of an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum InputKind {
    /// A number.
    Number {
        /// The smallest value in training.
        min: f64,
        /// The largest value in training.
        max: f64,
        /// A typical value: the median in training.
        typical: f64,
        /// What a missing value is replaced by under the impute policy: the mean in training.
        fill: f64,
        /// Whether every value in training was a whole number.
        #[serde(default)]
        whole: bool,
    },
    /// A category.
    Category {
        /// The levels that training saw, sorted; a level's place is its code.
        levels: Vec<String>,
        /// The code of the most frequent level, which also fills in under the impute policy.
        fill: usize,
    },
    /// Yes or no, encoded as 1 and 0.
    Boolean {
        /// The word for no.
        no: String,
        /// The word for yes.
        yes: String,
        /// What a missing value is replaced by: the more frequent of the two.
        fill: bool,
    },
    /// A day or point in time, encoded as days since 1970-01-01.
    Date {
        /// The first in training, in days.
        min: f64,
        /// The last in training, in days.
        max: f64,
        /// The median in training, in days; also fills in for a missing one.
        typical: f64,
    },
}

impl Input {
    /// What is expected of a value, in words, for error messages.
    #[must_use]
    pub fn expected(&self) -> String {
        match &self.kind {
            InputKind::Number { .. } => "a number".to_owned(),
            InputKind::Category { levels, .. } => {
                let mut text =
                    levels.iter().take(12).map(|l| format!("'{l}'")).collect::<Vec<_>>().join(", ");
                if levels.len() > 12 {
                    text.push_str(&format!(" or {} more", levels.len() - 12));
                }
                format!("one of {text}")
            }
            InputKind::Boolean { no, yes, .. } => format!("true or false ('{yes}' or '{no}')"),
            InputKind::Date { .. } => "a date (yyyy-mm-dd)".to_owned(),
        }
    }
}

/// What a model gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The target's name.
    pub name: String,
    /// The unit of the target's numbers, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The classes, sorted, for a classifier; empty for regression.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The smallest and largest target in training, for regression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(f64, f64)>,
}

/// One of the numbers the estimator takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The place of its input.
    pub input: usize,
    /// What of the input it is.
    #[serde(flatten)]
    pub kind: TermKind,
}

/// What of an input a term is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum TermKind {
    /// The value itself (numbers, booleans as 0 and 1, dates as days).
    Value,
    /// 1 when the category has this level, else 0.
    Level {
        /// The level's code.
        level: usize,
    },
}
