//! Ordinary least squares by linfa-linear (QR), for those who want it and to compare with.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2, ShapeBuilder};

/// Fits `y` to columns of equal length; (coefficients, intercept). The matrix is copied, since linfa takes a
/// contiguous one.
///
/// # Errors
/// linfa's message: it refuses designs that are rank-deficient or have fewer rows than columns.
pub(crate) fn linfa_least_squares(
    columns: &[&[f64]],
    y: &[f64],
    intercept: bool,
) -> Result<(Vec<f64>, f64), String> {
    let flat = columns.concat();
    let x = Array2::from_shape_vec((y.len(), columns.len()).f(), flat).map_err(|error| error.to_string())?;
    let data = DatasetBase::new(x, Array1::from(y.to_vec()));
    let fitted =
        LinearRegression::new().with_intercept(intercept).fit(&data).map_err(|error| error.to_string())?;
    let coefficients = fitted.params().to_vec();
    if !(fitted.intercept().is_finite() && coefficients.iter().all(|c| c.is_finite())) {
        return Err("the solution is not finite".into());
    }
    Ok((coefficients, fitted.intercept()))
}
