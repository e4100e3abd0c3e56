//! Ordinary least squares and ridge regression on columns of `f64`: the numerical core, without tables.
//!
//! Two ways lead to one p x p system of normal equations, which is always factored in double-double arithmetic:
//!
//! * **fast**: sums of products in `f64` with columns shifted and scaled by a sample of their rows, one pass over
//!   the data. Its error grows with the square of the condition number, so it stands as it is only for well
//!   conditioned columns; up to a condition of about 50,000 passes of refinement with residuals in double-double bring
//!   it to full accuracy.
//! * **extended**: the same sums in double-double, which are exact enough to tell a dependent column from a badly
//!   conditioned one. Taken for small problems, and whenever the fast way finds that it does not suffice.
//!
//! The normal equations lose nothing here, since 106 bits hold the square of every condition number that 53 bits
//! can hold (N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., chapter 20;
//! Å. Björck, "Numerical Methods for Least Squares Problems", 1996, sections 2.2 and 2.9).
//! Results do not depend on the number of threads.
//!
//! A penalised problem of many more columns than rows has n equations in place of p (**dual**).

mod dd;
mod dual;
mod frame;
mod gram;
mod refine;
mod residual;
mod system;
#[cfg(test)]
mod tests;

use frame::{Scaled, rescale, span};
use refine::Solution;
use system::{Precision, System, Terms};

/// Below this many rows x columns² a problem is solved the extended way at once: it takes milliseconds.
const SMALL: f64 = 2e7;

/// Up to this many columns there is no need for the dual way: p equations are solved in milliseconds, refined.
const NARROW: usize = 256;

/// A least-squares problem: y is about `intercept + sum of coefficient[j] * columns[j]`.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// The design's p columns of n values each.
    pub columns: &'a [&'a [f64]],
    /// The n values to be explained.
    pub y: &'a [f64],
    /// Whether there is an intercept.
    pub intercept: bool,
    /// Ridge penalty on the squares of the coefficients of standardised columns, (x - mean) / population sd;
    /// the intercept is not penalised. 0 is ordinary least squares. The convention of scikit-learn's
    /// `make_pipeline(StandardScaler(), Ridge(alpha))`, or `StandardScaler(with_mean=False)` without an intercept.
    pub alpha: f64,
    /// At most this many threads (0 counts as 1). The result does not depend on it.
    pub threads: usize,
    /// The way to take; `None` chooses. [`Path::Dual`] is taken only with a penalty.
    pub path: Option<Path>,
}

/// How the sums of products were worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// In `f64`, with refinement where needed.
    Fast,
    /// In double-double.
    Extended,
    /// As products of rows, for a penalty and more columns than rows.
    Dual,
}

/// Classical standard errors, sigma * sqrt(diag((X'X)^-1)).
#[derive(Debug, Clone, PartialEq)]
pub struct StandardErrors {
    /// One for each column, in the units of its coefficient; 0 for a dropped column.
    pub coefficients: Vec<f64>,
    /// That of the intercept; 0 without one.
    pub intercept: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// One for each column, in raw units (y per x); exactly 0 for a dropped column.
    pub coefficients: Vec<f64>,
    /// The intercept; 0 without one.
    pub intercept: f64,
    /// The number of columns that have a coefficient.
    pub rank: usize,
    /// Columns that earlier columns (or, with an intercept, a constant) explain up to the rounding of the data,
    /// ascending. The later column goes, as in R's `lm`. With a penalty only constant columns are dropped.
    pub dropped: Vec<usize>,
    /// Estimated 2-norm condition number of the kept columns, centred (with an intercept) and scaled to unit
    /// length; with a penalty that of the penalised design (on the dual way with standardised columns). At least 1.
    pub condition: f64,
    /// For each column, how many times larger its coefficient's variance is than if no other column told anything of
    /// it (the variance inflation factor, about the origin without an intercept); 0 for a dropped column. Empty with a
    /// penalty.
    pub inflation: Vec<f64>,
    /// Standard errors; `None` without residual degrees of freedom or with a penalty.
    pub standard_errors: Option<StandardErrors>,
    /// The residual sum of squares, in squared units of y (at most `f64::MAX`).
    pub rss: f64,
    /// The residual standard deviation sqrt(rss / dof), in units of y; `None` if `dof` is 0.
    pub sigma: Option<f64>,
    /// Residual degrees of freedom: rows minus rank minus 1 for an intercept.
    pub dof: usize,
    /// The way that led here.
    pub path: Path,
    /// Passes of refinement over the data.
    pub refinements: usize,
}

/// Why a problem has no fit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OlsError {
    /// There are no rows.
    #[error("there are no rows to fit")]
    Empty,
    /// A column's length is not that of y.
    #[error("column {column} has {found} rows, but the target has {expected}")]
    Length {
        /// The column, from 0.
        column: usize,
        /// Its number of values.
        found: usize,
        /// The number of values of y.
        expected: usize,
    },
    /// A value of a column is NaN or infinite.
    #[error("column {column} is not finite in row {row}")]
    Feature {
        /// The column, from 0.
        column: usize,
        /// The row, from 0.
        row: usize,
    },
    /// A value of y is NaN or infinite.
    #[error("the target is not finite in row {row}")]
    Target {
        /// The row, from 0.
        row: usize,
    },
    /// The ridge penalty is negative or not finite.
    #[error("the ridge penalty must be a number of at least 0, not {0}")]
    Alpha(f64),
    /// A coefficient is beyond the range of `f64`.
    #[error("the model's numbers are too large: rescale the columns or the target")]
    Overflow,
}

/// Fits a problem.
///
/// # Errors
/// [`OlsError`] if there are no rows, lengths differ, a value is not finite, the penalty is not a number of at
/// least 0, or a coefficient is too large for `f64`.
pub fn fit(problem: &Problem<'_>) -> Result<Fit, OlsError> {
    let Problem { columns, y, intercept, alpha, .. } = *problem;
    if y.is_empty() {
        return Err(OlsError::Empty);
    }
    if let Some((column, values)) = columns.iter().enumerate().find(|(_, values)| values.len() != y.len()) {
        return Err(OlsError::Length { column, found: values.len(), expected: y.len() });
    }
    if !(alpha.is_finite() && alpha >= 0.0) {
        return Err(OlsError::Alpha(alpha));
    }
    let terms = Terms { rows: y.len(), intercept, alpha };
    let wide = columns.len() > y.len() && columns.len() > NARROW;
    if alpha > 0.0 && problem.path.map_or(wide, |path| path == Path::Dual) {
        return dual::fit(problem);
    }
    if alpha == 0.0
        && problem.path.is_none()
        && let Some(fit) = fit_first_columns(problem)?
    {
        return Ok(fit);
    }
    fit_all_columns(problem, terms)
}

/// Of many more columns than rows, the first ones that make a fit exact leave nothing to the others, which are
/// dropped unseen (but for a look whether they are finite). `None` where the first ones do not suffice.
fn fit_first_columns(problem: &Problem<'_>) -> Result<Option<Fit>, OlsError> {
    let Problem { columns, y, intercept, alpha, .. } = *problem;
    let (n, p) = (y.len(), columns.len());
    let terms = Terms { rows: n, intercept, alpha };
    let mut first = (2 * n).max(NARROW);
    while 2 * first < p {
        let mut fit = fit_all_columns(&Problem { columns: &columns[..first], ..*problem }, terms)?;
        if fit.rank + usize::from(intercept) >= n {
            for (column, values) in columns.iter().enumerate().skip(first) {
                span(values).map_err(|row| OlsError::Feature { column, row })?;
            }
            fit.coefficients.resize(p, 0.0);
            fit.inflation.resize(p, 0.0);
            fit.dropped.extend(first..p);
            return Ok(Some(fit));
        }
        first *= 2;
    }
    Ok(None)
}

fn fit_all_columns(problem: &Problem<'_>, terms: Terms) -> Result<Fit, OlsError> {
    let Problem { columns, y, .. } = *problem;
    let size = y.len() as f64 * (columns.len() as f64 + 1.0).powi(2);
    let try_fast = problem.path.map_or(size > SMALL, |path| path == Path::Fast);
    let fast = if try_fast { fit_fast(problem, terms) } else { None };
    match fast {
        Some(fit) => fit,
        None => fit_extended(problem, terms),
    }
}

/// The design's columns and, last, y.
fn all_columns<'a>(problem: &Problem<'a>) -> impl Iterator<Item = &'a [f64]> {
    problem.columns.iter().copied().chain(std::iter::once(problem.y))
}

/// The fast way, or `None` if it does not suffice.
fn fit_fast(problem: &Problem<'_>, terms: Terms) -> Option<Result<Fit, OlsError>> {
    let columns: Vec<Scaled<'_>> =
        all_columns(problem).map(|values| Scaled::sampled(values, terms.intercept)).collect();
    let moments = gram::fast(&columns, problem.threads);
    if !moments.is_finite() {
        return None;
    }
    let system = System::new(&moments, &columns, terms, Precision::Working)?;
    let condition = system.condition();
    let solution = refine::fast(&system, &columns, terms, condition, problem.threads)?;
    Some(report(&system, &columns, terms, &solution, condition, Path::Fast))
}

/// The extended way, which always suffices.
fn fit_extended(problem: &Problem<'_>, terms: Terms) -> Result<Fit, OlsError> {
    let mut columns = Vec::with_capacity(problem.columns.len() + 1);
    for (column, values) in all_columns(problem).enumerate() {
        let span = span(values).map_err(|row| {
            if column < problem.columns.len() {
                OlsError::Feature { column, row }
            } else {
                OlsError::Target { row }
            }
        })?;
        columns.push(Scaled::exact(values, span, terms.intercept));
    }
    let moments = gram::extended(&columns, problem.threads);
    let system = System::new(&moments, &columns, terms, Precision::Extended).ok_or(OlsError::Overflow)?;
    let condition = system.condition();
    let solution = refine::extended(&system, &columns, terms, condition, problem.threads);
    report(&system, &columns, terms, &solution, condition, Path::Extended)
}

/// Brings a solution back to raw units.
fn report(
    system: &System,
    columns: &[Scaled<'_>],
    terms: Terms,
    solution: &Solution,
    condition: f64,
    path: Path,
) -> Result<Fit, OlsError> {
    let scale_y = columns.last().map_or(1.0, |y| y.scale);
    let scale = |column: usize| columns.get(column).map_or(1.0, |column| column.scale);
    let dof = terms.rows.saturating_sub(system.rank());
    let spread = (solution.squares.hi.max(0.0) / dof.max(1) as f64).sqrt();
    let mut coefficients = vec![0.0; columns.len().saturating_sub(1)];
    for (column, value) in system.kept.iter().zip(&solution.coefficients) {
        if let Some(coefficient) = coefficients.get_mut(*column) {
            *coefficient = rescale(value.hi, scale(*column), scale_y);
        }
    }
    let mut inflation = Vec::new();
    let mut standard_errors = None;
    if terms.alpha == 0.0 {
        let (diagonal, of_intercept) = system.inverse_diagonal();
        let mut errors = vec![0.0; coefficients.len()];
        inflation = vec![0.0; coefficients.len()];
        for ((column, factor), length) in system.kept.iter().zip(diagonal).zip(&system.lengths) {
            if let (Some(error), Some(inflation)) = (errors.get_mut(*column), inflation.get_mut(*column)) {
                *error = rescale(spread * factor.sqrt(), scale(*column), scale_y);
                *inflation = (factor.sqrt() * length).powi(2);
            }
        }
        let of_intercept = if terms.intercept { spread * of_intercept.sqrt() } else { 0.0 };
        let errors = StandardErrors { coefficients: errors, intercept: rescale(of_intercept, 1.0, scale_y) };
        standard_errors = (dof > 0).then_some(errors);
    }
    let root = rescale(solution.squares.hi.max(0.0).sqrt(), 1.0, scale_y);
    let fit = Fit {
        coefficients,
        intercept: rescale(solution.intercept.hi, 1.0, scale_y),
        rank: system.kept.len(),
        dropped: system.dropped.clone(),
        condition,
        inflation,
        standard_errors,
        rss: rescale(rescale(solution.squares.hi.max(0.0), 1.0, scale_y), 1.0, scale_y).min(f64::MAX),
        sigma: (dof > 0).then(|| root / (dof as f64).sqrt()),
        dof,
        path,
        refinements: solution.passes,
    };
    let errors =
        fit.standard_errors.iter().flat_map(|errors| errors.coefficients.iter().chain([&errors.intercept]));
    let numbers = fit.coefficients.iter().chain([&fit.intercept]).chain(errors);
    if numbers.chain(&fit.sigma).all(|number| number.is_finite()) { Ok(fit) } else { Err(OlsError::Overflow) }
}
