//! Decision trees: an own exact CART for both tasks, and linfa's for classification.
//!
//! linfa-trees only classifies, so regression needs its own. The classifier of choice is the own one as well;
//! [`tree_classifier_linfa`] says why.

mod cart;
mod linfa_tree;

pub use self::linfa_tree::tree_classifier_linfa;

use self::cart::{Growth, Target};
use super::{FitError, check_columns, check_setting, class_counts};
use crate::model::Tree;
use crate::work::Progress;

/// Settings of the trees.
///
/// | Name | Default | Range |
/// |------|---------|-------|
/// | `max_depth` | 6 | ≥ 0 |
/// | `min_leaf_rows` | 5 | ≥ 1 |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeSettings {
    /// Splits between the root and a leaf, at most; 0 is a tree of one leaf.
    pub max_depth: usize,
    /// Rows in a leaf, at least.
    pub min_leaf_rows: usize,
}

impl Default for TreeSettings {
    fn default() -> Self {
        Self { max_depth: 6, min_leaf_rows: 5 }
    }
}

/// A regression tree: every split lowers the sum of squared deviations from the leaves' means the most.
///
/// # Shapes
/// `columns` has p columns of length n, `target` length n; leaves hold one number, the mean of their rows.
///
/// # Edge cases
/// One row, constant columns, no columns or a constant target give one leaf. Rows with equal numbers are never
/// parted. Of equally good splits the one of the first column wins, then the one with the lowest threshold, so
/// the same data give the same tree. A node is split even if that alone gains nothing (as with exclusive or),
/// as scikit-learn does. Thresholds are midway between neighbouring numbers of the node.
///
/// # Errors
/// Settings out of range, no rows, more than 2³² − 1 rows, lengths that differ, numbers that are not finite,
/// [`FitError::Cancelled`] (checked per column of every node).
///
/// # Source
/// Breiman, Friedman, Olshen, Stone (1984), *Classification and Regression Trees*; the same trees as
/// scikit-learn's `DecisionTreeRegressor` where no two splits are equally good.
pub fn tree_regressor(
    columns: &[&[f64]],
    target: &[f64],
    settings: &TreeSettings,
    progress: &Progress,
) -> Result<Tree, FitError> {
    check_tree(columns, target.len(), settings, progress)?;
    let (mean, _) = super::elastic_net::target_mean_and_std(target)?;
    // Centred, so that a target far from zero loses no digits in the squares.
    let centred: Vec<f64> = target.iter().map(|value| value - mean).collect();
    Growth::new(columns, Target::Numbers { centred: &centred, mean }, settings, progress)?.grow()
}

/// A classification tree by Gini impurity; leaves hold the share of every class among their rows.
///
/// # Shapes
/// `columns` has p columns of length n; `classes` has n codes below `n_classes`; leaves hold `n_classes` numbers.
///
/// # Edge cases
/// As for [`tree_regressor`]. A single class gives one leaf, which is no error; a class without rows has share 0
/// everywhere.
///
/// # Errors
/// Those of [`tree_regressor`], and [`FitError::UnknownClass`].
///
/// # Source
/// Breiman, Friedman, Olshen, Stone (1984), *Classification and Regression Trees*; the same trees as
/// scikit-learn's `DecisionTreeClassifier` where no two splits are equally good.
pub fn tree_classifier(
    columns: &[&[f64]],
    classes: &[u32],
    n_classes: usize,
    settings: &TreeSettings,
    progress: &Progress,
) -> Result<Tree, FitError> {
    check_tree(columns, classes.len(), settings, progress)?;
    class_counts(classes, n_classes)?;
    Growth::new(columns, Target::Classes { codes: classes, n_classes }, settings, progress)?.grow()
}

fn check_tree(
    columns: &[&[f64]],
    n: usize,
    settings: &TreeSettings,
    progress: &Progress,
) -> Result<(), FitError> {
    check_setting(settings.min_leaf_rows > 0, "min_leaf_rows", "at least 1", settings.min_leaf_rows as f64)?;
    check_columns(columns, n, progress)?;
    let limit = u32::MAX as usize;
    if n > limit { Err(FitError::TooManyRows { n, limit }) } else { Ok(()) }
}

/// The number midway between `a` < `b`, at least `a` and below `b`, so that `x <= middle` parts the two.
fn midway(a: f64, b: f64) -> f64 {
    let middle = a / 2.0 + b / 2.0;
    if middle >= a && middle < b { middle } else { a }
}

#[cfg(test)]
mod tests;
