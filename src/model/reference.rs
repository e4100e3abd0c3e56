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
        /// How many values are at most each of the nine inner deciles. Empty where `counts` says it already, and in a file
        /// of an older program.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        up_to: Vec<usize>,
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

impl ReferenceColumn {
    /// Whether its figures fit each other; the message says what does not.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.n.checked_add(self.missing).is_none() {
            return Err("counts more rows than there can be".into());
        }
        match &self.values {
            ReferenceValues::Number { deciles, up_to, counts, .. } => {
                if !(deciles.is_empty() || deciles.len() == 11) {
                    return Err(format!("has {} deciles", deciles.len()));
                }
                if !deciles.is_sorted() {
                    return Err("has deciles that do not ascend".into());
                }
                if !(up_to.is_empty() || up_to.len() == 9 && deciles.len() == 11) {
                    return Err(format!("has {} counts for {} deciles", up_to.len(), deciles.len()));
                }
                if !up_to.is_sorted() || up_to.last().is_some_and(|&last| last > self.n) {
                    return Err(format!("has counts at its deciles that do not ascend to {}", self.n));
                }
                let Some(counts) = counts else { return Ok(()) };
                if !counts.is_sorted_by(|a, b| a.0 < b.0) {
                    return Err("names a value twice, or its values do not ascend".into());
                }
                self.adds_up(counts.iter().map(|(_, count)| *count))
            }
            ReferenceValues::Category { counts } => {
                let mut names = std::collections::HashSet::new();
                if let Some((level, _)) = counts.iter().find(|(level, _)| !names.insert(level)) {
                    return Err(format!("names the level '{level}' twice"));
                }
                self.adds_up(counts.iter().map(|(_, count)| *count))
            }
        }
    }

    fn adds_up(&self, mut counts: impl Iterator<Item = usize>) -> Result<(), String> {
        let sum = counts.try_fold(0_usize, usize::checked_add);
        if sum == Some(self.n) {
            return Ok(());
        }
        let sum = sum.map_or("too much to add".to_owned(), |sum| sum.to_string());
        Err(format!("has {} values, and their counts make {sum}", self.n))
    }
}
