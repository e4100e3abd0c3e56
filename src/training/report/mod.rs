//! What the charts of a trained model are drawn from: bounded, whatever the table's size, and plain enough to be
//! kept beside the model file.

mod coefficients;
mod curve;
mod importance;
mod residuals;
mod student;

use serde::{Deserialize, Serialize};

pub use coefficients::{CONFIDENCE, Coefficient, Coefficients, coefficients};
pub use curve::{Step, learning_curve};
pub use importance::{Importance, Importances};
pub use residuals::rows_with_residuals;
pub use student::two_sided_t;

use super::plan::{Plan, TrainError};
use super::python::Reading;
use super::{FoldScheme, Trained, class_codes, design, lenient, split_rows};
use crate::data::profile::{Histogram, histogram};
use crate::data::quantile::quantiles;
use crate::data::{Loaded, Table};
use crate::inference::{Predictions, Predictor};
use crate::model::{Scores, Task};
use crate::work::Progress;

/// Points of a chart, at most.
pub const MAX_POINTS: usize = 2000;
/// Points of an ROC curve, at most.
const MAX_ROC: usize = 400;
/// Bins of the histogram of residuals.
const BINS: usize = 31;
/// Classes past which a confusion matrix is no chart any more.
const MAX_CONFUSION: usize = 50;

/// What was found out about a model when it was trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whether the rows it is judged on were held out; they are the training rows otherwise.
    pub held_out: bool,
    /// How many rows it is judged on.
    pub n_rows: usize,
    /// Its predictions on them.
    pub judged: Judged,
    /// Which inputs it goes by, where it has no coefficients.
    pub importances: Option<Importances>,
    /// The scores of each fold of the cross-validation.
    pub folds: Vec<Scores>,
    /// How the rows were dealt into folds, in words.
    #[serde(default)]
    pub folds_by: String,
    /// Its learning curve, once it was asked for.
    #[serde(default)]
    pub curve: Option<Vec<Step>>,
    /// How the file was read and which rows were held out, for the script that does the same in Python.
    pub reading: Reading,
}

/// Predictions against the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "lowercase")]
pub enum Judged {
    /// Numbers.
    Regression {
        /// At most [`MAX_POINTS`] rows, evenly spread.
        points: Vec<Point>,
        /// The residuals of all rows.
        residuals: Option<Residuals>,
    },
    /// Classes.
    Classification {
        /// The classes, in order.
        classes: Vec<String>,
        /// Rows by true class, columns by predicted class; empty for more than 50 classes.
        confusion: Vec<Vec<usize>>,
        /// Precision, recall and F1 of each class, and its rows.
        each: Vec<super::metrics::ClassMetrics>,
        /// The ROC curve of the second of two classes: false and true positive rate.
        roc: Vec<(f64, f64)>,
    },
}

/// A row that was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The data row, from 1.
    pub row: usize,
    /// What is true.
    pub actual: f64,
    /// What the model says.
    pub predicted: f64,
}

/// How far off the predictions are: actual − predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Residuals {
    /// How many lie where.
    pub histogram: Histogram,
    /// The 10 % and the 90 % quantile: four in five lie between.
    pub middle: (f64, f64),
}

/// Works out the report of a model that was just trained by `plan` on `loaded`; `path` is where the file is.
///
/// # Errors
/// [`TrainError`] when a row is refused, or the work was cancelled.
pub fn report(
    plan: &Plan,
    loaded: &Loaded,
    path: &str,
    trained: &Trained,
    progress: &Progress,
) -> Result<Report, TrainError> {
    let table = &loaded.table;
    let model = &trained.model;
    let split = split_rows(plan, table)?;
    let held_out = !split.test.is_empty();
    let rows = if held_out { &split.test } else { &split.train };
    let predictor = lenient(model);
    progress.check()?;
    let part = table.take(rows);
    let predictions =
        predictor.predict_table(&part, 0).map_err(|error| TrainError::Fit(error.to_string()))?;
    drop(part);
    progress.check()?;
    let judged = match plan.task {
        Task::Regression => regression(plan, table, rows, &predictions),
        Task::Classification => classification(plan, table, rows, &predictor, &predictions),
    };
    let importances = importance::importances(plan, table, model, &predictor, &split.train, rows, progress)?;
    Ok(Report {
        held_out,
        n_rows: rows.len(),
        judged,
        importances,
        folds: trained.folds.clone(),
        folds_by: match trained.fold_scheme {
            FoldScheme::Random => "at random",
            FoldScheme::Stratified => "at random, every class dealt out evenly",
            FoldScheme::ForwardChaining => "forward in time, each predicted from all rows before it",
        }
        .to_owned(),
        curve: None,
        reading: Reading::new(plan, loaded, path, &split.test),
    })
}

fn regression(plan: &Plan, table: &Table, rows: &[usize], predictions: &Predictions) -> Judged {
    let truth = design::truth_numbers(table, &plan.settings.target, rows);
    let predicted = predictions.output(0);
    let places: Vec<usize> = (0..rows.len()).collect();
    let points = importance::spread(&places, MAX_POINTS)
        .into_iter()
        .map(|at| Point { row: rows[at] + 1, actual: truth[at], predicted: predicted[at] })
        .filter(|point| point.actual.is_finite() && point.predicted.is_finite())
        .collect();
    let residuals: Vec<f64> = truth.iter().zip(predicted).map(|(truth, found)| truth - found).collect();
    let middle = quantiles(&residuals, &[0.1, 0.9]);
    let residuals = histogram(&residuals, BINS, None)
        .zip(middle)
        .map(|(histogram, middle)| Residuals { histogram, middle: (middle[0], middle[1]) });
    Judged::Regression { points, residuals }
}

fn classification(
    plan: &Plan,
    table: &Table,
    rows: &[usize],
    predictor: &Predictor,
    predictions: &Predictions,
) -> Judged {
    let truth = class_codes(plan, table, rows);
    let found = predictions.classes(predictor);
    let n = plan.classes.len();
    let confusion = super::metrics::confusion_matrix(&truth, &found, n).unwrap_or_default();
    let each = super::metrics::class_metrics(&confusion);
    let roc = if n == 2 { roc(&truth, predictions.output(1)) } else { Vec::new() };
    let confusion = if n <= MAX_CONFUSION { confusion } else { Vec::new() };
    Judged::Classification { classes: plan.classes.clone(), confusion, each, roc }
}

/// The ROC curve of class 1: the shares of the other rows and of its own that score at least as high, from the
/// highest threshold to the lowest, at most [`MAX_ROC`] points and both ends.
fn roc(truth: &[u32], scores: &[f64]) -> Vec<(f64, f64)> {
    let n_positive = truth.iter().filter(|class| **class == 1).count();
    let n_negative = truth.len() - n_positive;
    if n_positive == 0 || n_negative == 0 || scores.len() != truth.len() {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let mut points = vec![(0.0, 0.0)];
    let (mut positive, mut negative) = (0_usize, 0_usize);
    for tie in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let own = tie.iter().filter(|row| truth[**row] == 1).count();
        positive += own;
        negative += tie.len() - own;
        points.push((negative as f64 / n_negative as f64, positive as f64 / n_positive as f64));
    }
    let n = points.len();
    if n > MAX_ROC {
        points = (0..MAX_ROC).map(|at| points[at * (n - 1) / (MAX_ROC - 1)]).collect();
    }
    points
}

#[cfg(test)]
mod tests;
