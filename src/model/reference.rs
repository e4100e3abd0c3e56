//! The training data in outline: what drift is measured against when the data itself is not at hand.

use serde::{Deserialize, Serialize};

/// One column of the training rows (an input, the target, or the model's own predictions).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceColumn {
    /// The column's name.
    pub name: String,
    /// How many values are there.
    pub n: usize,
    /// How many are missing.
    pub missing: usize,
    /// What the values are like.
    #[serde(flatten)]
    pub values: ReferenceValues,
}

/// The distribution of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ReferenceValues {
    /// Numbers.
    Number {
        /// Arithmetic mean.
        mean: f64,
        /// Sample standard deviation (n − 1); `None` for fewer than two values.
        std: Option<f64>,
        /// Minimum, the nine deciles (linear interpolation) and maximum; empty when there is no value.
        deciles: Vec<f64>,
        /// The values and how often each occurs, when there are at most ten.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counts: Option<Vec<(f64, usize)>>,
    },
    /// Levels and how often each occurs.
    Category {
        /// Level and count, most frequent first.
        counts: Vec<(String, usize)>,
    },
}
