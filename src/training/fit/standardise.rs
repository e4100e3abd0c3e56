//! Columns to zero mean and unit variance, and coefficients back to raw units.

use ndarray::{Array2, ShapeBuilder};

use super::{FitError, check_columns};
use crate::training::metrics::power_of_two;
use crate::work::Progress;

/// Numbers below this are scaled up by a power of two first, lest their squares vanish.
const SMALL: f64 = 1e-140;

/// Mean and population standard deviation (divisor n) in two passes; a standard deviation that is not
/// distinguishable from rounding is 0.
///
/// The rule for "not distinguishable" is scikit-learn's (`_is_constant_feature`), after Chan, Golub and `LeVeque`
/// (1983): variance ≤ n·ε·variance + (n·mean·ε)². Empty input gives (0, 0); where squares overflow, the standard
/// deviation is infinite.
pub(super) fn mean_and_std(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 0.0 && largest < SMALL {
        let unit = power_of_two(largest);
        let scaled: Vec<f64> = values.iter().map(|value| value / unit).collect();
        let (mean, std) = mean_and_std(&scaled);
        return (mean * unit, std * unit);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let (mut squares, mut rest) = (0.0, 0.0);
    for value in values {
        let deviation = value - mean;
        squares += deviation * deviation;
        rest += deviation;
    }
    // `rest` is zero but for rounding of the mean, for which it corrects (the "corrected two-pass" algorithm).
    let variance = (squares - rest * rest / n) / n;
    let rounding = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
    if !variance.is_finite() {
        return (mean, f64::INFINITY);
    }
    let constant = values.iter().all(|value| *value == values[0]);
    if constant || variance <= rounding { (mean, 0.0) } else { (mean, variance.sqrt()) }
}

/// Whether a column is constant, up to rounding: then it has no weight in any model of standardised columns.
pub(crate) fn is_constant(values: &[f64]) -> bool {
    // most columns show at once that they are not
    values.first().is_none_or(|first| {
        let distinct = values.iter().any(|value| (value - first).abs() > 1e-6 * first.abs());
        !distinct && mean_and_std(values).1 == 0.0
    })
}

/// Standardised columns, constant ones left out.
#[derive(Debug)]
pub(super) struct Standardised {
    /// n × active columns, in Fortran order (columns are contiguous), every column of mean 0 and variance 1.
    pub(super) z: Array2<f64>,
    /// The place of each column of `z` among the raw columns.
    active: Vec<usize>,
    mean: Vec<f64>,
    std: Vec<f64>,
    n_columns: usize,
}

impl Standardised {
    /// Standardises `columns`, each of length `n`.
    ///
    /// # Errors
    /// Those of [`check_columns`]; [`FitError::ColumnNotFinite`] also where the variance overflows.
    pub(super) fn new(columns: &[&[f64]], n: usize, progress: &Progress) -> Result<Self, FitError> {
        check_columns(columns, n, progress)?;
        let (mut active, mut mean, mut std) = (Vec::new(), Vec::new(), Vec::new());
        let mut flat = Vec::new();
        for (column, values) in columns.iter().enumerate() {
            progress.check()?;
            let (m, s) = mean_and_std(values);
            if !(m.is_finite() && s.is_finite()) {
                return Err(FitError::ColumnNotFinite { column });
            }
            if s > 0.0 {
                flat.extend(values.iter().map(|value| (value - m) / s));
                active.push(column);
                mean.push(m);
                std.push(s);
            }
        }
        let z = Array2::from_shape_vec((n, active.len()).f(), flat)
            .map_err(|error| FitError::Solver { solver: "ndarray", message: error.to_string() })?;
        Ok(Self { z, active, mean, std, n_columns: columns.len() })
    }

    /// Coefficients and intercept in raw units from those on the standardised columns:
    /// b·z + a = Σ (b/std)·x + (a − Σ b·mean/std). Constant columns get 0.
    pub(super) fn raw_from_scaled(
        &self,
        scaled: impl IntoIterator<Item = f64>,
        intercept: f64,
    ) -> (Vec<f64>, f64) {
        let mut raw = vec![0.0; self.n_columns];
        let mut intercept = intercept;
        for (place, weight) in scaled.into_iter().enumerate().take(self.active.len()) {
            let slope = weight / self.std[place];
            raw[self.active[place]] = slope;
            intercept -= slope * self.mean[place];
        }
        (raw, intercept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_std_of_hand_worked_numbers() {
        assert_eq!(mean_and_std(&[]), (0.0, 0.0));
        assert_eq!(mean_and_std(&[7.0]), (7.0, 0.0));
        assert_eq!(mean_and_std(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]), (5.0, 2.0));
        // The mean of three times 0.1 is not 0.1 in binary, and still the column is constant.
        assert_eq!(mean_and_std(&[0.1; 3]).1, 0.0);
        assert_eq!(mean_and_std(&[0.0, 2e-300]), (1e-300, 1e-300));
        let (_, std) = mean_and_std(&[1e9, 1e9 + 1.0, 1e9 + 2.0]);
        assert!((std - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn scaling_is_undone_and_constant_columns_get_zero() {
        let (a, b) = ([1.0, 2.0, 3.0], [5.0; 3]);
        let s = Standardised::new(&[&b, &a], 3, &Progress::new()).unwrap();
        assert_eq!(s.z.dim(), (3, 1));
        let (raw, intercept) = s.raw_from_scaled([2.0], 10.0);
        for (row, x) in a.iter().enumerate() {
            assert!((raw[0] * b[row] + raw[1] * x + intercept - (10.0 + 2.0 * s.z[[row, 0]])).abs() < 1e-12);
        }
        assert_eq!(raw[0], 0.0);
    }

    #[test]
    fn what_cannot_be_standardised_is_refused() {
        let check = |columns: &[&[f64]], n| Standardised::new(columns, n, &Progress::new()).unwrap_err();
        assert_eq!(check(&[], 0), FitError::Empty);
        assert_eq!(check(&[&[1.0], &[]], 1), FitError::Length { column: 1, expected: 1, found: 0 });
        assert_eq!(check(&[&[1.0, f64::NAN]], 2), FitError::ColumnNotFinite { column: 0 });
        assert_eq!(check(&[&[1e300, -1e300]], 2), FitError::ColumnNotFinite { column: 0 });
        let progress = Progress::new();
        progress.cancel();
        let error = Standardised::new(&[&[1.0]], 1, &progress).unwrap_err();
        assert_eq!(error.to_string(), "cancelled");
    }
}
