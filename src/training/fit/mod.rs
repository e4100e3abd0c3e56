//! Estimators fitted to a numeric matrix that is already encoded.
//!
//! Every function takes its columns as `&[&[f64]]` (column-major, all of one length `n`, all finite) and gives
//! parameters in **raw units**: columns are standardised inside ((x − mean) / population standard deviation) and
//! the scaling is folded into the parameters. A constant column gets a zero coefficient. Nothing here predicts:
//! that is the inference core's work.

mod elastic_net;
mod logistic;
mod mlp;
mod standardise;
mod tree;

#[cfg(test)]
mod reference;

pub use elastic_net::{ElasticNetSettings, LinearFit, elastic_net, ridge};
pub use logistic::{ABSENT_CLASS_INTERCEPT, LogisticFit, LogisticSettings, logistic};
pub use mlp::{MlpSettings, mlp_classifier, mlp_regressor};
pub use tree::{TreeSettings, tree_classifier, tree_classifier_linfa, tree_regressor};

pub(crate) use standardise::is_constant;

use crate::work::{Cancelled, Progress};

/// Why an estimator could not be fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// There are no rows.
    #[error("there are no rows to learn from")]
    Empty,
    /// A column is longer or shorter than the target.
    #[error("column {column} has {found} values, but the target has {expected}")]
    Length {
        /// The column's place, from 0.
        column: usize,
        /// Values in the target.
        expected: usize,
        /// Values in the column.
        found: usize,
    },
    /// A column holds NaN or an infinity, or is so wide that its variance is beyond the range of an `f64`.
    #[error("column {column} holds a value that is missing, infinite or too large to square")]
    ColumnNotFinite {
        /// The column's place, from 0.
        column: usize,
    },
    /// The target holds NaN or an infinity, or is so wide that its variance is beyond the range of an `f64`.
    #[error("the target holds a value that is missing, infinite or too large to square")]
    TargetNotFinite,
    /// A class code is not below the number of classes.
    #[error("row {row} has class {code}, but there are {n_classes} classes (0 to {})", n_classes.saturating_sub(1))]
    UnknownClass {
        /// The row, from 0.
        row: usize,
        /// Its class.
        code: u32,
        /// How many classes there are.
        n_classes: usize,
    },
    /// All rows are of one class.
    #[error(
        "all rows to learn from are of one class (class {code}); a classifier needs rows of at least two"
    )]
    SingleClass {
        /// That class.
        code: u32,
    },
    /// A setting is out of range.
    #[error("{name} must be {expected}, but is {value}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        value: f64,
    },
    /// More rows than the estimator can number.
    #[error("{n} rows are more than the {limit} that this estimator can take")]
    TooManyRows {
        /// Rows there are.
        n: usize,
        /// Rows there may be.
        limit: usize,
    },
    /// The optimiser left the range of finite numbers.
    #[error("training diverged in step {step}; try a smaller learning rate")]
    Diverged {
        /// The epoch or iteration, from 1.
        step: usize,
    },
    /// The library that fits the model refused.
    #[error("{solver} could not fit the model: {message}")]
    Solver {
        /// The library.
        solver: &'static str,
        /// Its message.
        message: String,
    },
    /// Someone asked for the work to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Checks that there are rows, and that all columns are finite and of length `n`.
fn check_columns(columns: &[&[f64]], n: usize, progress: &Progress) -> Result<(), FitError> {
    if n == 0 {
        return Err(FitError::Empty);
    }
    for (column, values) in columns.iter().enumerate() {
        progress.check()?;
        if values.len() != n {
            return Err(FitError::Length { column, expected: n, found: values.len() });
        }
        if !values.iter().all(|value| value.is_finite()) {
            return Err(FitError::ColumnNotFinite { column });
        }
    }
    Ok(())
}

/// How many rows there are of each class; refuses codes that are not below `n_classes`.
fn class_counts(classes: &[u32], n_classes: usize) -> Result<Vec<usize>, FitError> {
    let mut counts = vec![0_usize; n_classes];
    for (row, &code) in classes.iter().enumerate() {
        let unknown = FitError::UnknownClass { row, code, n_classes };
        *counts.get_mut(code as usize).ok_or(unknown)? += 1;
    }
    Ok(counts)
}

/// Checks one setting.
fn check_setting(ok: bool, name: &'static str, expected: &'static str, value: f64) -> Result<(), FitError> {
    if ok { Ok(()) } else { Err(FitError::Setting { name, expected, value }) }
}
