//! The predictions of a weighted sum while its inputs move: the prediction before, and what each move adds to it.

use super::ranked::Affine;
use crate::model::{Estimator, InputKind, Model, Policy, Task, TermKind};

/// A model that is a weighted sum of numbers, as far as moves of numbers concern it.
#[derive(Debug, Clone)]
pub struct Weighted {
    parts: Vec<Part>,
}

/// An input of numbers in the sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The input.
    pub name: String,
    /// What one more of it adds to the prediction.
    pub weight: f64,
    /// The range that values are held in, where the model's policy does that.
    pub held_in: Option<(f64, f64)>,
    /// What the model takes for a missing value, where its policy does that.
    pub fill: Option<f64>,
}

impl Weighted {
    /// Of a model; `None` where it is no weighted sum.
    #[must_use]
    pub fn new(model: &Model) -> Option<Self> {
        let Estimator::Linear(linear) = &model.estimator else { return None };
        if model.task != Task::Regression {
            return None;
        }
        let terms = model.encoding.iter().zip(&linear.coefficients);
        let numbers = terms.filter_map(|(term, &weight)| {
            let input = model.inputs.get(term.input)?;
            let InputKind::Number { min, max, fill, .. } = input.kind else { return None };
            let policies = input.policies.unwrap_or(model.policies);
            let held_in = (policies.out_of_range == Policy::Impute).then_some((min, max));
            let fill = (policies.missing_value == Policy::Impute).then_some(fill);
            matches!(term.kind, TermKind::Value).then(|| Part {
                name: input.name.clone(),
                weight,
                held_in,
                fill,
            })
        });
        Some(Self { parts: numbers.collect() })
    }

    /// An input's part, if the sum has one.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }
}

impl Part {
    /// What a move adds to every row's prediction alike; `None` where it depends on the row.
    #[must_use]
    pub fn constant(&self, affine: Affine, has_missing: bool) -> Option<f64> {
        let alike = affine.scale == 1.0 && self.held_in.is_none() && !has_missing;
        alike.then_some(self.weight * affine.shift)
    }

    /// Adds what a move of the values adds to each row's prediction; a missing value stays missing, and adds nothing.
    ///
    /// # Shapes
    /// As many predictions as values.
    #[inline(always)]
    pub fn add(&self, affine: Affine, values: &[f64], predictions: &mut [f64]) {
        let weight = self.weight;
        let with = |added: f64, value: f64| if value.is_nan() { 0.0 } else { added };
        let n = predictions.len().min(values.len());
        let (predictions, values) = (&mut predictions[..n], &values[..n]);
        let Some((low, high)) = self.held_in else {
            for at in 0..n {
                let value = values[at];
                predictions[at] += with(weight * (affine.of(value) - value), value);
            }
            return;
        };
        let held = |value: f64| value.max(low).min(high);
        for at in 0..n {
            let value = values[at];
            predictions[at] += with(weight * (held(affine.of(value)) - held(value)), value);
        }
    }

    /// Adds what moves of single values add to each row's prediction, each value moved in its own way or gone missing.
    /// Whether that is known: not where a value is missing and the model fills none in.
    ///
    /// # Shapes
    /// As many predictions as values, before and after.
    pub fn add_moved(&self, values: &[f64], moved: &[f64], predictions: &mut [f64]) -> bool {
        let (low, high) = self.held_in.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let fill = self.fill.unwrap_or(f64::NAN);
        let taken = |value: f64| if value.is_nan() { fill } else { value.max(low).min(high) };
        let mut is_known = true;
        for ((prediction, &before), &after) in predictions.iter_mut().zip(values).zip(moved) {
            let added = self.weight * (taken(after) - taken(before));
            is_known &= !added.is_nan();
            *prediction += added;
        }
        is_known
    }
}
