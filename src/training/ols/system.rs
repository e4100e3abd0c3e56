//! The centred normal equations: which columns are kept, their factorisation, solutions, errors and condition.
//!
//! All of it in double-double arithmetic on p x p numbers, whatever the precision of the sums that come in. The
//! factorisation is L D L' row by row in column order, so that a dependent column is the *later* one, as in R's
//! `lm` (J. M. Chambers, "Linear models", in "Statistical Models in S", 1992).

use super::dd::Dd;
use super::frame::Scaled;
use super::gram::Moments;

/// A column is dependent if what earlier columns leave of it is below this many units of rounding in the data.
const DEPENDENCE: f64 = 6.0;

/// For sums in `f64`: a pivot this far below its diagonal means that they are not good enough.
const WEAK_PIVOT: f64 = 1e-11;

/// The precision of the sums that a system is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// `f64`: any sign of dependence is a reason to give up.
    Working,
    /// Double-double: dependence can be told from a bad condition.
    Extended,
}

/// What is asked of the fit besides the columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Number of rows, at least 1.
    pub(super) rows: usize,
    /// Whether there is an intercept.
    pub(super) intercept: bool,
    /// Ridge penalty on standardised columns; 0 for ordinary least squares.
    pub(super) alpha: f64,
}

/// Normal equations (X'X + penalty) b = X'y in scaled and, with an intercept, centred columns, factored.
#[derive(Debug, Clone)]
pub(super) struct System {
    /// Columns with a coefficient, ascending.
    pub(super) kept: Vec<usize>,
    /// Columns without one, ascending.
    pub(super) dropped: Vec<usize>,
    /// X'y, one for each kept column.
    pub(super) right: Vec<Dd>,
    /// Means of the kept columns (scaled, not shifted); 0 without an intercept.
    pub(super) means: Vec<Dd>,
    /// Mean of y; 0 without an intercept.
    pub(super) mean_y: Dd,
    /// Penalties on the squares of the kept coefficients.
    pub(super) penalties: Vec<Dd>,
    /// Lengths of the kept columns.
    pub(super) lengths: Vec<f64>,
    /// y'y.
    pub(super) total: Dd,
    /// How much larger the squares were before centring than after, at worst: lost accuracy of the sums.
    pub(super) amplification: f64,
    /// Row r of the unit lower triangle: r entries.
    lower: Vec<Vec<Dd>>,
    pivots: Vec<Dd>,
    terms: Terms,
}

/// The sums of one frame of reference with their centring.
struct Centred<'a> {
    moments: &'a Moments,
    columns: &'a [Scaled<'a>],
    terms: Terms,
}

impl Centred<'_> {
    fn product(&self, first: usize, second: usize) -> Dd {
        let raw = self.moments.product(first, second);
        if self.terms.intercept { raw - self.sums(first, second) } else { raw }
    }

    fn sums(&self, first: usize, second: usize) -> Dd {
        self.moments.sum(first) * self.moments.sum(second) / Dd::from(self.terms.rows as f64)
    }

    fn mean(&self, column: usize) -> Dd {
        if !self.terms.intercept {
            return Dd::ZERO;
        }
        let shift = self.columns.get(column).map_or(0.0, |column| column.shift);
        self.moments.sum(column) / Dd::from(self.terms.rows as f64) + Dd::from(shift)
    }

    /// The length of a column as it was given, about 0, in scaled units.
    fn raw_length(&self, column: usize) -> f64 {
        let shift = self.columns.get(column).map_or(0.0, |column| column.shift);
        let (square, sum) = (self.moments.product(column, column).hi, self.moments.sum(column).hi);
        (square + shift * (2.0 * sum + shift * self.terms.rows as f64)).max(0.0).sqrt()
    }

    /// The penalty on the square of a scaled coefficient: alpha times the population variance of the column,
    /// or alpha if that is 0 (scikit-learn's `StandardScaler` then leaves the column as it is).
    fn penalty(&self, column: usize) -> Dd {
        let square = self.moments.product(column, column) - self.sums(column, column);
        let raw = self.raw_length(column);
        let constant = square.hi <= (DEPENDENCE * f64::EPSILON * raw).powi(2);
        let scale = self.columns.get(column).map_or(1.0, |column| column.scale);
        let variance = square / Dd::from(self.terms.rows as f64);
        if constant { Dd::from(scale * scale * self.terms.alpha) } else { variance.times(self.terms.alpha) }
    }
}

impl System {
    /// Centres and factors. The last of `columns` is y. `None` if sums of working precision are not good enough.
    pub(super) fn new(
        moments: &Moments,
        columns: &[Scaled<'_>],
        terms: Terms,
        precision: Precision,
    ) -> Option<Self> {
        let centred = Centred { moments, columns, terms };
        let y = columns.len().checked_sub(1)?;
        let mut system = Self {
            kept: Vec::new(),
            dropped: Vec::new(),
            right: Vec::new(),
            means: Vec::new(),
            mean_y: centred.mean(y),
            penalties: Vec::new(),
            lengths: Vec::new(),
            total: centred.product(y, y),
            amplification: 1.0,
            lower: Vec::new(),
            pivots: Vec::new(),
            terms,
        };
        let mut raw_lengths = Vec::new();
        for column in 0..y {
            let square = centred.product(column, column);
            let penalty = if terms.alpha > 0.0 { centred.penalty(column) } else { Dd::ZERO };
            let raw_length = centred.raw_length(column);
            let (row, pivot) = system.row(&centred, column, square + penalty);
            let weak = match precision {
                Precision::Working => pivot.hi <= WEAK_PIVOT * square.hi || square.hi < 1e-200,
                Precision::Extended => {
                    let reach = if terms.alpha > 0.0 { 0.0 } else { system.reach(&row, &raw_lengths) };
                    let measured = if terms.alpha > 0.0 { square } else { pivot };
                    let noise = DEPENDENCE * f64::EPSILON * (raw_length + reach);
                    let constant_kept = terms.alpha > 0.0 && !terms.intercept;
                    pivot.hi <= 0.0
                        || (measured.hi.max(0.0).sqrt() <= noise && !constant_kept)
                        || (terms.alpha == 0.0 && system.rank() >= terms.rows)
                }
            };
            if weak || !pivot.is_finite() {
                if precision == Precision::Working {
                    return None;
                }
                system.dropped.push(column);
                continue;
            }
            let before = moments.product(column, column).hi;
            system.amplification = system.amplification.max(before / square.hi.max(f64::MIN_POSITIVE));
            system.kept.push(column);
            system.right.push(centred.product(column, y));
            system.means.push(centred.mean(column));
            system.penalties.push(penalty);
            system.lengths.push(square.hi.max(0.0).sqrt());
            system.lower.push(row);
            system.pivots.push(pivot);
            raw_lengths.push(raw_length);
        }
        Some(system)
    }

    /// The number of coefficients with the intercept.
    pub(super) fn rank(&self) -> usize {
        self.kept.len() + usize::from(self.terms.intercept)
    }

    /// The row of L and the pivot that a further column would have.
    fn row(&self, centred: &Centred<'_>, column: usize, diagonal: Dd) -> (Vec<Dd>, Dd) {
        let mut weighted: Vec<Dd> = Vec::with_capacity(self.kept.len());
        for (other, lower) in self.kept.iter().zip(&self.lower) {
            weighted.push(centred.product(*other, column) - Dd::dot(lower, &weighted));
        }
        let row: Vec<Dd> = weighted.iter().zip(&self.pivots).map(|(w, pivot)| *w / *pivot).collect();
        let pivot = diagonal - Dd::dot(&row, &weighted);
        (row, pivot)
    }

    /// The sum of `|b_k|` times the length of column k, where b are the coefficients of a further column, given by
    /// its row of L, on the kept ones.
    fn reach(&self, row: &[Dd], raw_lengths: &[f64]) -> f64 {
        let mut rest: Vec<f64> = row.iter().map(|entry| entry.hi).collect();
        let mut reach = 0.0;
        for ((index, lower), length) in self.lower.iter().enumerate().zip(raw_lengths).rev() {
            let Some(coefficient) = rest.get(index).copied() else { continue };
            reach += coefficient.abs() * length;
            for (value, entry) in rest.iter_mut().zip(lower) {
                *value -= entry.hi * coefficient;
            }
        }
        reach
    }

    /// Solves L x = right in place.
    fn forward(&self, right: &mut [Dd]) {
        for (index, lower) in self.lower.iter().enumerate() {
            let (solved, rest) = right.split_at_mut(index);
            if let Some(value) = rest.first_mut() {
                *value -= Dd::dot(lower, solved);
            }
        }
    }

    /// Solves the normal equations for a right-hand side, one number for each kept column.
    pub(super) fn solve(&self, right: &[Dd]) -> Vec<Dd> {
        let mut values = right.to_vec();
        self.forward(&mut values);
        for (value, pivot) in values.iter_mut().zip(&self.pivots) {
            *value = *value / *pivot;
        }
        for (index, lower) in self.lower.iter().enumerate().rev() {
            let (rest, solved) = values.split_at_mut(index);
            if let Some(coefficient) = solved.first().copied() {
                for (value, entry) in rest.iter_mut().zip(lower) {
                    *value -= *entry * coefficient;
                }
            }
        }
        values
    }

    /// The diagonal of the inverse, and the variance factor of the intercept: 1/n + m' (X'X)^-1 m.
    pub(super) fn inverse_diagonal(&self) -> (Vec<f64>, f64) {
        let weigh = |values: &[Dd], from: usize| {
            let pivots = self.pivots.iter().skip(from);
            values.iter().zip(pivots).fold(Dd::ZERO, |sum, (value, pivot)| sum + value.square() / *pivot)
        };
        let diagonal = (0..self.kept.len()).map(|column| {
            // Column `column` of the inverse of L, from its diagonal down.
            let mut values = vec![Dd::from(1.0)];
            for lower in self.lower.iter().skip(column + 1) {
                let entries = lower.get(column..).unwrap_or_default();
                values.push(-Dd::dot(entries, &values));
            }
            weigh(&values, column).hi
        });
        let diagonal = diagonal.collect();
        let mut means = self.means.clone();
        self.forward(&mut means);
        let mean = Dd::from(1.0) / Dd::from(self.terms.rows as f64);
        (diagonal, (mean + weigh(&means, 0)).hi)
    }

    /// The 2-norm condition number of the kept columns, scaled to unit length (with a penalty: of the penalised
    /// design), from the largest and smallest eigenvalue of their products by power and inverse iteration.
    pub(super) fn condition(&self) -> f64 {
        let rows: Vec<Vec<f64>> = self
            .lower
            .iter()
            .zip(&self.lengths)
            .enumerate()
            .map(|(index, (lower, length))| {
                let unit = Dd::from(1.0);
                let entries = lower.iter().chain(std::iter::once(&unit));
                let pivots = self.pivots.iter().take(index + 1);
                entries.zip(pivots).map(|(entry, pivot)| entry.hi * pivot.hi.sqrt() / length).collect()
            })
            .collect();
        let largest = iterate(rows.len(), |vector| multiply(&rows, vector));
        let smallest = iterate(rows.len(), |vector| divide(&rows, vector));
        (largest * smallest).sqrt().max(1.0)
    }
}

/// vector = M M' vector for a lower triangle M given by rows.
fn multiply(rows: &[Vec<f64>], vector: &mut [f64]) {
    let mut middle = vec![0.0; vector.len()];
    for (row, factor) in rows.iter().zip(vector.iter()) {
        for (sum, entry) in middle.iter_mut().zip(row) {
            *sum += entry * factor;
        }
    }
    for (row, value) in rows.iter().zip(vector) {
        *value = row.iter().zip(&middle).map(|(entry, x)| entry * x).sum();
    }
}

/// vector = (M M')^-1 vector.
fn divide(rows: &[Vec<f64>], vector: &mut [f64]) {
    for (index, row) in rows.iter().enumerate() {
        let (solved, rest) = vector.split_at_mut(index);
        let known: f64 = row.iter().zip(solved).map(|(entry, x)| entry * *x).sum();
        if let (Some(value), Some(pivot)) = (rest.first_mut(), row.last()) {
            *value = (*value - known) / pivot;
        }
    }
    for (index, row) in rows.iter().enumerate().rev() {
        let (rest, solved) = vector.split_at_mut(index);
        if let (Some(value), Some(pivot)) = (solved.first_mut(), row.last()) {
            *value /= pivot;
            for (other, entry) in rest.iter_mut().zip(row) {
                *other -= entry * *value;
            }
        }
    }
}

/// The largest eigenvalue of a symmetric positive operation on vectors, by power iteration from a fixed start.
pub(super) fn iterate(size: usize, apply: impl Fn(&mut [f64])) -> f64 {
    let mut vector: Vec<f64> = (0..size).map(|index| 1.0 + 0.5 * (index as f64 * 2.399_963).sin()).collect();
    let mut value = 1.0;
    for _ in 0..200 {
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length == 0.0 || !length.is_finite() {
            return value;
        }
        for x in &mut vector {
            *x /= length;
        }
        apply(&mut vector);
        let next = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        let settled = (next - value).abs() <= 1e-7 * next;
        value = next;
        if settled {
            break;
        }
    }
    value
}
