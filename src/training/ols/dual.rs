//! Ridge regression of many more columns than rows, in its dual form: with Z the standardised columns (n x p) and y
//! centred, the coefficients are w = Z'a where (ZZ' + alpha I) a = y. n equations in place of p.
//!
//! Source: C. Saunders, A. Gammerman, V. Vovk, "Ridge regression learning algorithm in dual variables", ICML 1998.

use super::dd::Dd;
use super::frame::{Scaled, rescale, span};
use super::system::iterate;
use super::{Fit, OlsError, Path, Problem, gram};

/// Rows² x columns up to which products are summed in double-double; beyond, `f64` keeps the work within seconds.
const SMALL: f64 = 2e8;

/// A column standardised as scikit-learn's `StandardScaler` does.
struct Standard {
    mean: f64,
    deviation: f64,
    /// The power of two it was multiplied by first.
    scale: f64,
    /// Whether it has a coefficient.
    kept: bool,
}

/// Fits a problem whose shapes and penalty were checked; the penalty is not 0.
pub(super) fn fit(problem: &Problem<'_>) -> Result<Fit, OlsError> {
    let Problem { columns, y, intercept, alpha, threads, .. } = *problem;
    let (n, p) = (y.len(), columns.len());
    // rows of Z, each contiguous
    let mut rows = vec![vec![0.0; p]; n];
    let mut standards = Vec::with_capacity(p);
    for (column, values) in columns.iter().enumerate() {
        let standard = standard(values, intercept).map_err(|row| OlsError::Feature { column, row })?;
        if standard.kept {
            for (row, value) in rows.iter_mut().zip(*values) {
                row[column] = (value * standard.scale - standard.mean) / standard.deviation;
            }
        }
        standards.push(standard);
    }
    let target = standard(y, intercept).map_err(|row| OlsError::Target { row })?;
    let centred: Vec<Dd> = y.iter().map(|y| Dd::sum(y * target.scale, -target.mean)).collect();

    let framed: Vec<Scaled<'_>> =
        rows.iter().map(|values| Scaled { values, scale: 1.0, shift: 0.0 }).collect();
    let extended = (n * n) as f64 * p as f64 <= SMALL;
    let products = if extended { gram::extended(&framed, threads) } else { gram::fast(&framed, threads) };
    let product = |i: usize, j: usize| {
        let own = if i == j { Dd::from(alpha) } else { Dd::ZERO };
        products.product(i, j) + own
    };
    let weights = solve(n, product, &centred);

    let mut coefficients = vec![0.0; p];
    let mut travel = Dd::ZERO;
    for (column, standard) in standards.iter().enumerate().filter(|(_, standard)| standard.kept) {
        let sum = rows.iter().zip(&weights).fold(Dd::ZERO, |sum, (row, a)| sum + a.times(row[column]));
        let scaled = sum / Dd::from(standard.deviation);
        travel += scaled.times(standard.mean);
        coefficients[column] = rescale(scaled.hi, standard.scale, target.scale);
    }
    // what is left is y - ZZ'a = alpha a
    let length = weights.iter().map(|a| a.hi * a.hi).sum::<f64>().sqrt();
    let root = rescale(alpha * length, 1.0, target.scale);
    let largest = iterate(n, |vector| {
        let image: Vec<f64> = (0..n).map(|i| (0..n).map(|j| product(i, j).hi * vector[j]).sum()).collect();
        vector.copy_from_slice(&image);
    });
    let kept = standards.iter().filter(|standard| standard.kept).count();
    let centre = if intercept { Dd::from(target.mean) - travel } else { Dd::ZERO };
    let fit = Fit {
        coefficients,
        intercept: rescale(centre.hi, 1.0, target.scale),
        rank: kept,
        dropped: standards.iter().enumerate().filter(|(_, s)| !s.kept).map(|(column, _)| column).collect(),
        // the smallest eigenvalue is alpha, as there are more columns than rows
        condition: (largest / alpha).sqrt().max(1.0),
        inflation: Vec::new(),
        standard_errors: None,
        rss: (root * root).min(f64::MAX),
        sigma: None,
        dof: n.saturating_sub(kept + usize::from(intercept)),
        path: Path::Dual,
        refinements: 0,
    };
    let finite = fit.coefficients.iter().chain([&fit.intercept]).all(|number| number.is_finite());
    if finite { Ok(fit) } else { Err(OlsError::Overflow) }
}

/// Mean and population standard deviation after scaling into reach; an error with the first row that is not finite.
/// A constant column has no coefficient beside an intercept, and the deviation 1 (as it is) without one.
fn standard(values: &[f64], intercept: bool) -> Result<Standard, usize> {
    let scale = Scaled::exact(values, span(values)?, false).scale;
    let n = values.len() as f64;
    let sum = values.iter().fold(Dd::ZERO, |sum, x| sum + Dd::from(x * scale));
    let mean = (sum / Dd::from(n)).hi;
    let squares = values.iter().fold(Dd::ZERO, |sum, x| sum + Dd::sum(x * scale, -mean).square());
    let deviation = (squares.hi / n).sqrt();
    let constant = deviation <= 4.0 * f64::EPSILON * mean.abs() || deviation == 0.0;
    Ok(Standard {
        mean: if intercept { mean } else { 0.0 },
        // as it was given: the scale is not part of the column's unit
        deviation: if constant { scale } else { deviation },
        scale,
        kept: !(constant && intercept),
    })
}

/// Solves a symmetric positive system by L D L'.
fn solve(n: usize, entry: impl Fn(usize, usize) -> Dd, right: &[Dd]) -> Vec<Dd> {
    let mut lower: Vec<Vec<Dd>> = Vec::with_capacity(n);
    let mut pivots: Vec<Dd> = Vec::with_capacity(n);
    let mut solved: Vec<Dd> = Vec::with_capacity(n);
    for (row, right) in right.iter().enumerate() {
        let mut weighted: Vec<Dd> = Vec::with_capacity(row);
        for (column, known) in lower.iter().enumerate() {
            weighted.push(entry(row, column) - Dd::dot(known, &weighted));
        }
        let entries: Vec<Dd> = weighted.iter().zip(&pivots).map(|(w, pivot)| *w / *pivot).collect();
        pivots.push(entry(row, row) - Dd::dot(&entries, &weighted));
        solved.push(*right - Dd::dot(&entries, &solved));
        lower.push(entries);
    }
    let mut values: Vec<Dd> = solved.iter().zip(&pivots).map(|(value, pivot)| *value / *pivot).collect();
    for (index, entries) in lower.iter().enumerate().rev() {
        let (rest, known) = values.split_at_mut(index);
        if let Some(value) = known.first().copied() {
            for (other, entry) in rest.iter_mut().zip(entries) {
                *other -= *entry * value;
            }
        }
    }
    values
}

#[cfg(test)]
mod tests;
