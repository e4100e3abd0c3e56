//! Scores of predictions, always as (truth, predicted).
//!
//! Nothing here gives NaN or an infinity: a score that is not defined (no rows, numbers that are not finite, lengths
//! that differ, one class only) is `None`. Definitions are scikit-learn's, and so are the values in the tests.

use serde::{Deserialize, Serialize};

/// Scores of a regression. Build it with [`RegressionMetrics::new`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegressionMetrics {
    /// [`r2`]; `None` for a single row.
    pub r2: Option<f64>,
    /// [`rmse`], in the target's unit.
    pub rmse: f64,
    /// [`mae`], in the target's unit.
    pub mae: f64,
    /// [`median_absolute_error`], in the target's unit.
    pub median_absolute_error: f64,
    /// [`max_error`], in the target's unit.
    pub max_error: f64,
    /// [`bias`], in the target's unit.
    pub bias: f64,
}

impl RegressionMetrics {
    /// All scores; `None` without rows, or where [`rmse`] is `None`.
    #[must_use]
    pub fn new(truth: &[f64], predicted: &[f64]) -> Option<Self> {
        let residuals = residuals(truth, predicted)?;
        Some(Self {
            r2: r2_of(truth, &residuals),
            rmse: rmse_of(&residuals)?,
            mae: mae_of(&residuals)?,
            bias: finite(mean(residuals.iter().copied()))?,
            max_error: max_error_of(&residuals),
            median_absolute_error: median_absolute_error_of(residuals),
        })
    }
}

/// Scores of a classification. Build it with [`ClassificationMetrics::new`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassificationMetrics {
    /// [`accuracy`].
    pub accuracy: f64,
    /// [`f1`].
    pub f1: f64,
    /// [`log_loss`], in nats.
    pub log_loss: f64,
    /// [`roc_auc`] of class 1 for two classes, [`roc_auc_one_vs_rest`] for more; `None` if a class has no rows.
    pub roc_auc: Option<f64>,
    /// Precision, recall and F1 of every class.
    pub classes: Vec<ClassMetrics>,
    /// [`confusion_matrix`]: rows by true class, columns by predicted class.
    pub confusion: Vec<Vec<usize>>,
}

impl ClassificationMetrics {
    /// All scores, the predicted class being the most probable one (the first in a tie).
    ///
    /// # Shapes
    /// `truth` has n codes below k; `probabilities` has k slices of n numbers, one per class. `None` for other
    /// shapes, without rows, or where [`log_loss`] is `None`.
    #[must_use]
    pub fn new(truth: &[u32], probabilities: &[&[f64]]) -> Option<Self> {
        let log_loss = log_loss(truth, probabilities)?;
        let predicted: Vec<u32> = (0..truth.len()).map(|row| most_probable(probabilities, row)).collect();
        let confusion = confusion_matrix(truth, &predicted, probabilities.len())?;
        let roc_auc = match probabilities {
            [_, positive] => roc_auc(truth, 1, positive),
            _ => roc_auc_one_vs_rest(truth, probabilities),
        };
        Some(Self {
            accuracy: accuracy(truth, &predicted)?,
            f1: f1(truth, &predicted, probabilities.len())?,
            log_loss,
            roc_auc,
            classes: class_metrics(&confusion),
            confusion,
        })
    }
}

/// Scores of one class against all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// Share of the rows predicted to be of the class that are; `None` if no row is predicted to be.
    pub precision: Option<f64>,
    /// Share of the rows of the class that are predicted to be; `None` if there is no row of it.
    pub recall: Option<f64>,
    /// Harmonic mean of both, 0 if one of them is 0 or `None`; `None` if both are.
    pub f1: Option<f64>,
    /// Rows of the class.
    pub n: usize,
}

/// Share of the truth's variance that the predictions explain: 1 − Σ(truth − predicted)² / Σ(truth − mean)².
///
/// 1 is perfect, 0 no better than the mean, negative worse than it. The mean is taken off for a model without an
/// intercept, too. For a constant truth: 1 if the predictions are perfect but for rounding (1e-12 of it), else 0.
/// `None` for fewer than two rows, or numbers that are not finite.
///
/// # Example
/// Truth 1, 2, 3 and predictions 1, 2, 4 give 1 − 1/2.
/// # Source
/// scikit-learn `r2_score`, except that a truth of equal numbers counts as constant even if its mean is rounded, and
/// that squares neither overflow nor vanish.
#[must_use]
pub fn r2(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    r2_of(truth, &residuals(truth, predicted)?)
}

fn r2_of(truth: &[f64], residuals: &[f64]) -> Option<f64> {
    if truth.len() < 2 {
        return None;
    }
    if truth.iter().all(|value| *value == truth[0]) {
        let rounding = 1e-12 * truth[0].abs();
        return Some(if max_error_of(residuals) <= rounding { 1.0 } else { 0.0 });
    }
    // in units in which no sum and no square leaves the range of `f64`
    let unit = power_of_two(truth.iter().fold(0.0, |most, value| most.max(value.abs())));
    let mean = mean(truth.iter().map(|value| value / unit));
    let (total, spread) = squares(truth.iter().map(|value| value / unit - mean));
    let (rest, error) = squares(residuals.iter().copied());
    let ratio = error / unit / spread;
    finite(1.0 - rest / total * ratio * ratio)
}

/// The sum of squares in units of the square of the second number, a power of two.
fn squares(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let unit = power_of_two(values.clone().fold(0.0, |most, value| most.max(value.abs())));
    (values.map(|value| (value / unit).powi(2)).sum(), unit)
}

/// The largest power of two that is not above a number; 1 for 0, the smallest normal one for numbers below it.
pub(crate) fn power_of_two(value: f64) -> f64 {
    if value == 0.0 {
        return 1.0;
    }
    f64::from_bits(value.to_bits() & 0x7ff0_0000_0000_0000).max(f64::MIN_POSITIVE)
}

/// Root of the mean squared error, in the target's unit; `None` without rows or for numbers that are not finite.
#[must_use]
pub fn rmse(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    rmse_of(&residuals(truth, predicted)?)
}

fn rmse_of(residuals: &[f64]) -> Option<f64> {
    let largest = max_error_of(residuals);
    if largest == 0.0 {
        return Some(0.0);
    }
    // In units of the largest, so that no square overflows.
    finite(largest * mean(residuals.iter().map(|r| (r / largest).powi(2))).sqrt())
}

/// Mean absolute error, in the target's unit; `None` without rows or for numbers that are not finite.
#[must_use]
pub fn mae(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    mae_of(&residuals(truth, predicted)?)
}

fn mae_of(residuals: &[f64]) -> Option<f64> {
    finite(mean(residuals.iter().map(|r| r.abs())))
}

/// Median of the absolute errors (the mean of the middle two for an even number), in the target's unit; `None`
/// without rows or for numbers that are not finite.
#[must_use]
pub fn median_absolute_error(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    Some(median_absolute_error_of(residuals(truth, predicted)?))
}

/// There is at least one residual.
fn median_absolute_error_of(mut errors: Vec<f64>) -> f64 {
    errors.iter_mut().for_each(|error| *error = error.abs());
    let n = errors.len();
    let (below, upper, _) = errors.select_nth_unstable_by(n / 2, f64::total_cmp);
    let upper = *upper;
    // of an even number, the largest of the lower half is the other one in the middle
    let lower = if n.is_multiple_of(2) { below.iter().copied().fold(0.0, f64::max) } else { upper };
    lower / 2.0 + upper / 2.0
}

/// Largest absolute error, in the target's unit; `None` without rows or for numbers that are not finite.
#[must_use]
pub fn max_error(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    Some(max_error_of(&residuals(truth, predicted)?))
}

fn max_error_of(residuals: &[f64]) -> f64 {
    residuals.iter().fold(0.0_f64, |largest, r| largest.max(r.abs()))
}

/// Mean of predicted − truth, in the target's unit: positive where predictions are too high. `None` without rows or
/// for numbers that are not finite.
#[must_use]
pub fn bias(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    finite(mean(residuals(truth, predicted)?.into_iter()))
}

/// Share of the rows whose class is right; `None` without rows.
#[must_use]
pub fn accuracy(truth: &[u32], predicted: &[u32]) -> Option<f64> {
    if truth.is_empty() || truth.len() != predicted.len() {
        return None;
    }
    let right = truth.iter().zip(predicted).filter(|(truth, predicted)| truth == predicted).count();
    Some(right as f64 / truth.len() as f64)
}

/// F1 of class 1 for two classes; for more, the mean over all classes that occur in truth or predictions.
///
/// F1 is 2·hits / (rows of the class + rows predicted to be). A class never predicted, or never true, has 0; so has
/// class 1 of two if it does not occur at all. `None` without rows, or for codes from `n_classes` on.
///
/// # Source
/// scikit-learn `f1_score` with `zero_division=0`, `average` "binary" or "macro".
#[must_use]
pub fn f1(truth: &[u32], predicted: &[u32], n_classes: usize) -> Option<f64> {
    let classes = class_metrics(&confusion_matrix(truth, predicted, n_classes)?);
    if let [_, positive] = &classes[..] {
        return Some(positive.f1.unwrap_or(0.0));
    }
    Some(mean(classes.iter().filter_map(|class| class.f1)))
}

/// Precision, recall and F1 of every class of a [`confusion_matrix`].
#[must_use]
pub fn class_metrics(confusion: &[Vec<usize>]) -> Vec<ClassMetrics> {
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    let class = |(class, row): (usize, &Vec<usize>)| {
        let hits = row.get(class).copied().unwrap_or(0);
        let n: usize = row.iter().sum();
        let n_predicted: usize = confusion.iter().filter_map(|row| row.get(class)).sum();
        ClassMetrics {
            precision: share(hits, n_predicted),
            recall: share(hits, n),
            f1: share(2 * hits, n + n_predicted),
            n,
        }
    };
    confusion.iter().enumerate().map(class).collect()
}

/// How many rows of each true class (rows) are predicted to be of each class (columns), `n_classes` × `n_classes`;
/// `None` without rows, for lengths that differ, or for codes from `n_classes` on.
#[must_use]
pub fn confusion_matrix(truth: &[u32], predicted: &[u32], n_classes: usize) -> Option<Vec<Vec<usize>>> {
    if truth.is_empty() || truth.len() != predicted.len() {
        return None;
    }
    let mut counts = vec![vec![0; n_classes]; n_classes];
    for (truth, predicted) in truth.iter().zip(predicted) {
        *counts.get_mut(*truth as usize)?.get_mut(*predicted as usize)? += 1;
    }
    Some(counts)
}

/// Mean of −ln(probability of the true class), in nats. Probabilities are divided by their sum and then kept within
/// ε and 1 − ε (ε = 2⁻⁵²), so that a class held impossible costs 36.04 and not infinitely much.
///
/// `None` without rows, for shapes other than those of [`ClassificationMetrics::new`], or for probabilities that are
/// negative, not finite, or all zero.
///
/// # Source
/// scikit-learn `log_loss` from 1.5 on (which no longer divides by the sum, but warns if it is not 1).
#[must_use]
pub fn log_loss(truth: &[u32], probabilities: &[&[f64]]) -> Option<f64> {
    if truth.is_empty() || probabilities.iter().any(|class| class.len() != truth.len()) {
        return None;
    }
    let mut total = 0.0;
    for (row, class) in truth.iter().enumerate() {
        let sum: f64 = probabilities.iter().map(|class| class[row]).sum();
        let own = probabilities.get(*class as usize)?[row];
        if !(sum.is_finite() && sum > 0.0) || probabilities.iter().any(|class| class[row] < 0.0) {
            return None;
        }
        total -= (own / sum).clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln();
    }
    finite(total / truth.len() as f64)
}

/// Area under the ROC curve: the probability that a row of class `positive` has a higher score than a row of another
/// class, ties counting half.
///
/// `None` if there are no rows of the class or none of another, for lengths that differ, or scores that are NaN.
///
/// # Source
/// Mann and Whitney's U from midranks; Hanley, `McNeil` (1982). scikit-learn `roc_auc_score`.
#[must_use]
pub fn roc_auc(truth: &[u32], positive: u32, scores: &[f64]) -> Option<f64> {
    if truth.len() != scores.len() || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let n_positive = truth.iter().filter(|class| **class == positive).count();
    let n_negative = truth.len() - n_positive;
    if n_positive == 0 || n_negative == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|a, b| scores[*a].partial_cmp(&scores[*b]).unwrap_or(std::cmp::Ordering::Equal));
    // Twice the number of pairs that are in order, so that ties are whole numbers.
    let (mut twice_in_order, mut negatives_below) = (0_u128, 0_u128);
    for tie in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let positives = tie.iter().filter(|row| truth[**row] == positive).count() as u128;
        let negatives = tie.len() as u128 - positives;
        twice_in_order += positives * (2 * negatives_below + negatives);
        negatives_below += negatives;
    }
    Some(twice_in_order as f64 / (2.0 * n_positive as f64 * n_negative as f64))
}

/// The mean of every class's [`roc_auc`] against all others; `None` if a class has no rows.
///
/// # Shapes
/// As for [`ClassificationMetrics::new`].
/// # Source
/// scikit-learn `roc_auc_score` with `multi_class="ovr"`, `average="macro"`.
#[must_use]
pub fn roc_auc_one_vs_rest(truth: &[u32], probabilities: &[&[f64]]) -> Option<f64> {
    let areas = (0..).zip(probabilities).map(|(class, scores)| roc_auc(truth, class, scores));
    let areas: Vec<f64> = areas.collect::<Option<_>>()?;
    if areas.is_empty() { None } else { Some(mean(areas.into_iter())) }
}

/// predicted − truth; `None` without rows, for lengths that differ or differences that are not finite.
fn residuals(truth: &[f64], predicted: &[f64]) -> Option<Vec<f64>> {
    if truth.is_empty() || truth.len() != predicted.len() {
        return None;
    }
    truth.iter().zip(predicted).map(|(truth, predicted)| finite(predicted - truth)).collect()
}

/// The arithmetic mean; 0 of nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values.fold((0_u64, 0.0), |(n, sum), value| (n + 1, sum + value));
    if n == 0 { 0.0 } else { sum / n as f64 }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The class with the highest probability in a row, the first in a tie.
fn most_probable(probabilities: &[&[f64]], row: usize) -> u32 {
    let better = |best: (u32, f64), (class, values): (u32, &&[f64])| {
        if values[row] > best.1 { (class, values[row]) } else { best }
    };
    (0..).zip(probabilities).fold((0, f64::NEG_INFINITY), better).0
}

#[cfg(test)]
mod tests;
