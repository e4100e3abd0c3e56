//! Elastic net and ridge regression, by linfa's coordinate descent.

mod polish;

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_elasticnet::ElasticNet;
use ndarray::Array1;

use self::polish::Polish;
use super::standardise::{Standardised, mean_and_std};
use super::{FitError, check_setting};
use crate::work::Progress;

/// Sweeps of the first attempt; every further one has twice as many, so that a cancelled fit ends soon.
const FIRST_SWEEPS: u32 = 32;

/// Settings of [`elastic_net`].
///
/// | Name | Default | Range |
/// |------|---------|-------|
/// | `alpha` | 1 | ≥ 0 |
/// | `l1_ratio` | 0.5 | 0 ..= 1 |
/// | `tolerance` | 1e-12 | > 0 |
/// | `max_iterations` | 10 000 | ≥ 1 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ElasticNetSettings {
    /// Strength of the whole penalty, on standardised columns.
    pub alpha: f64,
    /// Share of the absolute (L1) penalty; 1 is the lasso, 0 ridge.
    pub l1_ratio: f64,
    /// The descent has converged when no coefficient moved by more than this times the largest one, and the
    /// duality gap is below this times the target's sum of squares.
    pub tolerance: f64,
    /// Sweeps over all coefficients after which the descent gives up.
    pub max_iterations: u32,
}

impl Default for ElasticNetSettings {
    fn default() -> Self {
        Self { alpha: 1.0, l1_ratio: 0.5, tolerance: 1e-12, max_iterations: 10_000 }
    }
}

/// A fitted weighted sum in raw units, and how the fit went.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearFit {
    /// The prediction when every column is zero.
    pub intercept: f64,
    /// One per column, in the target's unit per the column's unit; 0 for constant columns.
    pub coefficients: Vec<f64>,
    /// Sweeps of the last (the longest) descent.
    pub n_iterations: u32,
    /// Whether it stopped because it had converged.
    pub converged: bool,
}

/// Least squares with an absolute and a squared penalty on the coefficients of the standardised columns.
///
/// Minimises 1/(2n)·‖y − Zw‖² + alpha·`l1_ratio`·‖w‖₁ + ½·alpha·(1 − `l1_ratio`)·‖w‖², where Z holds the
/// standardised columns and y is the centred target; the intercept has no penalty. This is the objective of
/// scikit-learn's `ElasticNet` behind a `StandardScaler`.
///
/// linfa-elasticnet does not centre its columns (0.8.1: y = 3 + 2x on x in [10, 20) comes out far off), which
/// is why it never sees raw ones here. Its stopping rule, a duality gap, is never met without an absolute penalty,
/// and descent crawls where columns nearly determine each other; so after every descent the linear system that the
/// signs leave is solved, and if that meets the conditions of optimality, it is the answer.
///
/// # Shapes
/// `columns` has p columns of length n, `target` length n; p coefficients come back.
///
/// # Edge cases
/// A constant target, no columns, or constant columns only: all coefficients are 0 and the intercept is the
/// mean. More columns than rows is fine for alpha > 0.
///
/// # Errors
/// Settings out of range, no rows, lengths that differ, numbers that are not finite, [`FitError::Cancelled`]
/// (checked between descents of 32, 64, 128 … sweeps). A fit that has not converged is no error: see
/// [`LinearFit::converged`].
///
/// # Source
/// Friedman, Hastie, Tibshirani (2010), *Regularization Paths for Generalized Linear Models via Coordinate
/// Descent*, J. Stat. Softw. 33(1).
pub fn elastic_net(
    columns: &[&[f64]],
    target: &[f64],
    settings: &ElasticNetSettings,
    progress: &Progress,
) -> Result<LinearFit, FitError> {
    let ElasticNetSettings { alpha, l1_ratio, tolerance, max_iterations } = *settings;
    check_setting(alpha.is_finite() && alpha >= 0.0, "alpha", "a number from 0", alpha)?;
    check_setting((0.0..=1.0).contains(&l1_ratio), "l1_ratio", "a number from 0 to 1", l1_ratio)?;
    check_setting(tolerance.is_finite() && tolerance > 0.0, "tolerance", "above 0", tolerance)?;
    check_setting(max_iterations > 0, "max_iterations", "at least 1", f64::from(max_iterations))?;
    let scaled = Standardised::new(columns, target.len(), progress)?;
    let (mean, std) = target_mean_and_std(target)?;
    if std == 0.0 || scaled.z.ncols() == 0 {
        let (coefficients, intercept) = scaled.raw_from_scaled([], mean);
        return Ok(LinearFit { intercept, coefficients, n_iterations: 0, converged: true });
    }
    // A target of unit variance, so that neither a tiny nor a huge unit meets an absolute threshold within linfa.
    let y: Array1<f64> = target.iter().map(|value| (value - mean) / std).collect();
    // Scaling y by 1/std scales w by 1/std, the squared terms by 1/std² and ‖w‖₁ by 1/std only.
    let (l1, l2) = (alpha * l1_ratio / std, alpha * (1.0 - l1_ratio));
    let penalty = l1 + l2;
    let ratio = if penalty > 0.0 { l1 / penalty } else { 0.0 };
    let polish = Polish::new(scaled.z.view(), y.view(), l1, l2);
    let data = DatasetBase::new(scaled.z.view(), y.view());

    let mut sweeps = FIRST_SWEEPS.min(max_iterations);
    let mut previous: Option<Array1<f64>> = None;
    loop {
        progress.check()?;
        // linfa looks at the gap once more one sweep before the last, with coefficients that may still move;
        // one sweep more than is wanted keeps that look from ending the descent early.
        let fit = ElasticNet::params()
            .penalty(penalty)
            .l1_ratio(ratio)
            .with_intercept(false)
            .tolerance(tolerance)
            .max_iterations(sweeps.saturating_add(1))
            .fit(&data)
            .map_err(|error| FitError::Solver { solver: "linfa-elasticnet", message: error.to_string() })?;
        let (w, n_iterations) = (fit.hyperplane(), fit.n_steps());
        if !w.iter().all(|value| value.is_finite()) {
            return Err(FitError::Diverged { step: n_iterations as usize });
        }
        progress.check()?;
        let exact = polish.finish(w);
        let converged =
            exact.is_some() || n_iterations < sweeps || previous.is_some_and(|old| agree(&old, w, tolerance));
        if converged || sweeps >= max_iterations {
            let found = exact.as_ref().unwrap_or(w);
            let (coefficients, intercept) = scaled.raw_from_scaled(found.iter().map(|w| w * std), mean);
            return Ok(LinearFit { intercept, coefficients, n_iterations, converged });
        }
        previous = Some(w.clone());
        sweeps = sweeps.saturating_mul(2).min(max_iterations);
    }
}

/// Least squares with a squared penalty: minimises ‖y − Zw‖² + alpha·‖w‖² on standardised columns, the
/// objective of scikit-learn's `Ridge` behind a `StandardScaler`.
///
/// It is [`elastic_net`] with `l1_ratio` 0 and the penalty alpha / n, which see for shapes, edge cases and
/// errors.
///
/// # Errors
/// Those of [`elastic_net`].
pub fn ridge(
    columns: &[&[f64]],
    target: &[f64],
    alpha: f64,
    progress: &Progress,
) -> Result<LinearFit, FitError> {
    check_setting(alpha.is_finite() && alpha >= 0.0, "alpha", "a number from 0", alpha)?;
    let alpha = alpha / target.len().max(1) as f64;
    elastic_net(columns, target, &ElasticNetSettings { alpha, l1_ratio: 0.0, ..Default::default() }, progress)
}

/// Mean and population standard deviation of a target, which must be finite.
pub(super) fn target_mean_and_std(target: &[f64]) -> Result<(f64, f64), FitError> {
    let (mean, std) = mean_and_std(target);
    let finite = target.iter().all(|value| value.is_finite()) && mean.is_finite() && std.is_finite();
    if finite { Ok((mean, std)) } else { Err(FitError::TargetNotFinite) }
}

/// Whether no coefficient differs by more than `tolerance` times the largest.
fn agree(a: &Array1<f64>, b: &Array1<f64>, tolerance: f64) -> bool {
    let largest = b.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance * largest)
}

#[cfg(test)]
mod tests;
