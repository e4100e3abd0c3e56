//! The coefficients of a model that is a weighted sum, in the units of the data and per standard deviation.

use serde::{Deserialize, Serialize};

use super::student::two_sided_t;
use crate::model::{Estimator, InputKind, Model, ReferenceValues, TermKind};

/// How sure an interval is.
pub const CONFIDENCE: f64 = 0.95;

/// One coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// The term: a column, or a column, an equals sign and one of its levels.
    pub term: String,
    /// In the target's unit (log-odds for a class) per unit of the term.
    pub value: f64,
    /// Its standard error, where the fit gives one.
    pub standard_error: Option<f64>,
    /// Where it lies with a confidence of 95 %, by Student's t.
    pub interval: Option<(f64, f64)>,
    /// The standard deviation of the term in the training rows.
    pub std: Option<f64>,
    /// Whether the other terms determine this one, so that it was left out of the fit.
    pub dropped: bool,
}

impl Coefficient {
    /// What one standard deviation of the term changes; `None` where its spread is not known.
    #[must_use]
    pub fn per_std(&self) -> Option<f64> {
        self.std.map(|std| std * self.value).filter(|value| value.is_finite())
    }

    /// The interval of [`Coefficient::per_std`].
    #[must_use]
    pub fn interval_per_std(&self) -> Option<(f64, f64)> {
        let (low, high) = self.interval?;
        self.std.map(|std| (low * std, high * std))
    }
}

/// The coefficients of one output: of the target, or of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficients {
    /// The class whose log-odds they add up to; `None` for a regression.
    pub class: Option<String>,
    /// The value when every term is zero.
    pub intercept: f64,
    /// Where the intercept lies with a confidence of 95 %.
    pub intercept_interval: Option<(f64, f64)>,
    /// One per term, in the order of the encoding.
    pub terms: Vec<Coefficient>,
}

/// The coefficients of a model, one set per output; none for a tree or a network.
#[must_use]
pub fn coefficients(model: &Model) -> Vec<Coefficients> {
    let names = model.term_names();
    let stds = term_stds(model);
    let with = |values: &[f64]| -> Vec<Coefficient> {
        names
            .iter()
            .zip(values)
            .zip(&stds)
            .map(|((term, &value), &std)| Coefficient {
                term: term.clone(),
                value,
                standard_error: None,
                interval: None,
                std,
                dropped: false,
            })
            .collect()
    };
    match &model.estimator {
        Estimator::Linear(linear) => {
            let mut terms = with(&linear.coefficients);
            for &at in &linear.dropped {
                if let Some(term) = terms.get_mut(at) {
                    term.dropped = true;
                }
            }
            let fitted = linear.coefficients.len() - linear.dropped.len().min(linear.coefficients.len());
            let intercept = usize::from(model.training.settings.get("intercept") != Some(&false.into()));
            let t = two_sided_t(CONFIDENCE, model.training.train_rows.saturating_sub(fitted + intercept));
            let around = |value: f64, error: f64| t.map(|t| (value - t * error, value + t * error));
            if let Some(errors) = &linear.standard_errors {
                for (term, &error) in terms.iter_mut().zip(errors).filter(|(term, _)| !term.dropped) {
                    term.standard_error = Some(error);
                    term.interval = around(term.value, error);
                }
            }
            let intercept_interval =
                linear.intercept_standard_error.and_then(|error| around(linear.intercept, error));
            vec![Coefficients { class: None, intercept: linear.intercept, intercept_interval, terms }]
        }
        Estimator::Logistic(logistic) => {
            let classes = &model.output.classes;
            // with two classes the one row is that of the second
            let first = usize::from(logistic.intercepts.len() == 1);
            logistic
                .intercepts
                .iter()
                .zip(&logistic.coefficients)
                .zip(classes.iter().skip(first))
                .map(|((&intercept, values), class)| Coefficients {
                    class: Some(class.clone()),
                    intercept,
                    intercept_interval: None,
                    terms: with(values),
                })
                .collect()
        }
        Estimator::Tree(_) | Estimator::Mlp(_) => Vec::new(),
    }
}

/// The standard deviation of every term in the training rows, from the outline in the model file: that of the
/// values which are there, or that of a level's zeros and ones.
fn term_stds(model: &Model) -> Vec<Option<f64>> {
    let share = |count: usize, n: usize| -> Option<f64> {
        if n < 2 {
            return None;
        }
        let (p, n) = (count as f64 / n as f64, n as f64);
        Some((p * (1.0 - p) * n / (n - 1.0)).sqrt())
    };
    model
        .encoding
        .iter()
        .map(|term| {
            let input = &model.inputs[term.input];
            let column = model.reference.iter().find(|column| column.name == input.name)?;
            match (&column.values, &input.kind, term.kind) {
                (ReferenceValues::Number { std, .. }, _, _) => *std,
                (ReferenceValues::Category { counts }, InputKind::Boolean { yes, .. }, _) => {
                    let count = counts.iter().find(|(level, _)| level == yes).map_or(0, |found| found.1);
                    share(count, column.n)
                }
                (
                    ReferenceValues::Category { counts },
                    InputKind::Category { levels, .. },
                    TermKind::Level { level },
                ) => {
                    let name = levels.get(level)?;
                    let count = counts.iter().find(|(level, _)| level == name).map_or(0, |found| found.1);
                    share(count, column.n)
                }
                _ => None,
            }
        })
        .collect()
}
