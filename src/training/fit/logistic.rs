//! Logistic regression for two and more classes: a start by linfa, finished by own Newton steps.

mod newton;

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2, Axis, Slice};

use self::newton::Problem;
use super::standardise::Standardised;
use super::{FitError, check_setting, class_counts};
use crate::model::Logistic;
use crate::work::Progress;

/// The intercept of a class that has no row to learn from, when there are more than two classes: so low that
/// its probability is exactly 0, and still a finite number.
pub const ABSENT_CLASS_INTERCEPT: f64 = -1e6;

/// Iterations that linfa may take; it cannot be cancelled, and Newton's method does the rest.
const LINFA_ITERATIONS: u64 = 30;

/// linfa's result is a start if it has the slopes down to this share.
const NEAR: f64 = 1e-2;

/// The `c` from which the penalty is there for nothing but a solution to exist.
const UNPENALISED: f64 = 1e9;

/// Settings of [`logistic`].
///
/// | Name | Default | Range |
/// |------|---------|-------|
/// | `c` | 1 | > 0 |
/// | `max_iterations` | 100 | ≥ 1 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogisticSettings {
    /// The inverse strength of the penalty, scikit-learn's `C`, on standardised columns.
    pub c: f64,
    /// Newton steps after which the fit gives up.
    pub max_iterations: usize,
}

impl Default for LogisticSettings {
    fn default() -> Self {
        Self { c: 1.0, max_iterations: 100 }
    }
}

/// A fitted logistic regression, and how the fit went.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticFit {
    /// Coefficients and intercepts in raw units.
    pub logistic: Logistic,
    /// Newton steps taken after linfa's start.
    pub n_iterations: usize,
    /// Whether it stopped because it had converged.
    pub converged: bool,
    /// Whether the classes can be parted so that no finite coefficients are the best ones: without the (next to
    /// nothing of a) penalty they would grow without bound. Only looked for with `c` from 10⁹ on.
    pub separated: bool,
}

/// Logistic regression with a squared penalty on the coefficients of the standardised columns.
///
/// Minimises C·Σ −ln P(class of the row) + ½·‖w‖², the intercepts without penalty: the objective of
/// scikit-learn's `LogisticRegression` behind a `StandardScaler`. Two classes have one row of coefficients (the
/// log-odds of class 1); k > 2 classes have k rows, whose softmax is the probability. Adding one number to all
/// k intercepts changes no probability; the ones with sum 0 are returned.
///
/// The start is linfa-logistic's (L-BFGS; its `alpha` is 1/C: the loss is summed and the penalty halved). Newton's
/// method with conjugate gradients then brings the gradient down to rounding, which linfa's does not reach.
///
/// # Shapes
/// `columns` has p columns of length n; `classes` has n codes below `n_classes`.
///
/// # Edge cases
/// Classes that a line can separate get large but finite coefficients (the penalty bounds them). A class with
/// one row is fine. With k > 2, a class without any row gets zero coefficients and the intercept
/// [`ABSENT_CLASS_INTERCEPT`]; if only two of them have rows, these two are fitted as in the two-class case and
/// put into two of the k rows (the first one zero). Without any column that varies, the probabilities are the
/// classes' shares.
///
/// # Errors
/// [`FitError::SingleClass`]; settings out of range; no rows; lengths that differ; numbers that are not finite;
/// [`FitError::Cancelled`] (checked at every Newton step). A fit that has not converged is no error: see
/// [`LogisticFit::converged`].
///
/// # Source
/// Hastie, Tibshirani, Friedman (2009), *The Elements of Statistical Learning*, 4.4; Nocedal, Wright (2006),
/// *Numerical Optimization*, algorithm 7.1 (Newton with conjugate gradients).
pub fn logistic(
    columns: &[&[f64]],
    classes: &[u32],
    n_classes: usize,
    settings: &LogisticSettings,
    progress: &Progress,
) -> Result<LogisticFit, FitError> {
    let LogisticSettings { c, max_iterations } = *settings;
    check_setting(c.is_finite() && c > 0.0, "c", "above 0", c)?;
    check_setting(max_iterations > 0, "max_iterations", "at least 1", max_iterations as f64)?;
    let scaled = Standardised::new(columns, classes.len(), progress)?;
    let counts = class_counts(classes, n_classes)?;
    let present: Vec<usize> = (0..n_classes).filter(|&class| counts[class] > 0).collect();
    if let [only] = present[..] {
        return Err(FitError::SingleClass { code: only as u32 });
    }
    // Each row's place among the classes that have rows.
    let mut place_of = vec![0_usize; n_classes];
    for (place, &class) in present.iter().enumerate() {
        place_of[class] = place;
    }
    let places: Vec<usize> = classes.iter().map(|&code| place_of[code as usize]).collect();

    let problem = Problem::new(scaled.z.view(), &places, present.len(), 1.0 / c);
    progress.check()?;
    let start = start_by_linfa(&problem, &places, &counts, 1.0 / c);
    let solution = problem.minimise(start, max_iterations, progress)?;
    let separated = c >= UNPENALISED && problem.is_certain(&solution.weights) && {
        // Where a best solution exists, a thousandfold of next to nothing does not move it.
        let firmer = Problem::new(scaled.z.view(), &places, present.len(), 1e3 / c);
        let other = firmer.minimise(Array2::zeros(solution.weights.dim()), max_iterations, progress)?;
        length(&other.weights) < 0.95 * length(&solution.weights)
    };

    let p = scaled.z.ncols();
    let binary = n_classes == 2;
    let mut logistic = Logistic {
        intercepts: vec![ABSENT_CLASS_INTERCEPT; if binary { 1 } else { n_classes }],
        coefficients: vec![vec![0.0; columns.len()]; if binary { 1 } else { n_classes }],
    };
    // One column of weights belongs to the second of the two classes that have rows; the first one's score is 0.
    let w = &solution.weights;
    let first = usize::from(w.ncols() == 1);
    if w.ncols() == 1 && !binary {
        logistic.intercepts[present[0]] = 0.0;
    }
    for (column, class) in w.columns().into_iter().zip(&present[first..]) {
        let row = if binary { 0 } else { *class };
        let (raw, intercept) = scaled.raw_from_scaled(column.iter().take(p).copied(), column[p]);
        logistic.coefficients[row] = raw;
        logistic.intercepts[row] = intercept;
    }
    if w.ncols() > 1 {
        centre_intercepts(&mut logistic.intercepts, &present);
    }
    let (n_iterations, converged) = (solution.n_iterations, solution.converged);
    Ok(LogisticFit { logistic, n_iterations, converged, separated })
}

fn length(weights: &Array2<f64>) -> f64 {
    weights.iter().map(|w| w * w).sum::<f64>().sqrt()
}

/// Moves the intercepts of the classes that have rows so that their sum is 0.
fn centre_intercepts(intercepts: &mut [f64], present: &[usize]) {
    let mean = present.iter().map(|&class| intercepts[class]).sum::<f64>() / present.len() as f64;
    for &class in present {
        intercepts[class] -= mean;
    }
}

/// linfa's solution as (p + 1) × m weights with the intercepts in the last row, or the weights of the model
/// without columns (the classes' shares) where linfa gives an error or does not come near.
fn start_by_linfa(problem: &Problem<'_>, places: &[usize], counts: &[usize], penalty: f64) -> Array2<f64> {
    let (z, m) = (problem.z, problem.n_outputs());
    let p = z.ncols();
    let mut shares = Array2::zeros((p + 1, m));
    let logs: Vec<f64> =
        counts.iter().filter(|count| **count > 0).map(|count| (*count as f64).ln()).collect();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    for (class, mut column) in shares.columns_mut().into_iter().enumerate() {
        column[p] = if m == 1 { logs[1] - logs[0] } else { logs[class] - mean };
    }
    if p == 0 {
        return shares;
    }
    let data = DatasetBase::new(z, Array1::from(places.to_vec()));
    let found = if m == 1 {
        let params = LogisticRegression::default().alpha(penalty).max_iterations(LINFA_ITERATIONS);
        params.fit(&data).ok().map(|fit| {
            // Which class linfa calls positive depends on the data; ours is the one with the higher code.
            let sign = if fit.labels().pos.class == 1 { 1.0 } else { -1.0 };
            let mut start = Array2::zeros((p + 1, 1));
            start.column_mut(0).slice_axis_mut(Axis(0), Slice::from(..p)).assign(&(fit.params() * sign));
            start[[p, 0]] = fit.intercept() * sign;
            start
        })
    } else {
        let params = MultiLogisticRegression::default().alpha(penalty).max_iterations(LINFA_ITERATIONS);
        params.fit(&data).ok().map(|fit| {
            let mut start = Array2::zeros((p + 1, m));
            start.slice_axis_mut(Axis(0), Slice::from(..p)).assign(fit.params());
            start.row_mut(p).assign(fit.intercept());
            start
        })
    };
    // Halfway there, linfa's line search is apt to leave rows that are wrong for certain, and Newton's method does
    // better from scratch.
    match found {
        Some(start) if problem.steepness(&start) < NEAR * problem.steepness(&shares) => start,
        _ => shares,
    }
}

#[cfg(test)]
mod tests;
