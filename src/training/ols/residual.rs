//! Residuals and their products with the columns, in double-double: what the refinement of a solution needs.
//!
//! Corrected semi-normal equations (Å. Björck, "Stability analysis of the method of seminormal equations for linear
//! least squares problems", Linear Algebra Appl. 88/89 (1987)), with the residual in twice the working precision
//! (Å. Björck, "Iterative refinement of linear least squares solutions I", BIT 7 (1967)).

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::dd::{Dd, add_lanes, two_product, two_sum};
use super::frame::{BLOCK, Scaled, blocks, over_chunks};

/// Products of the residuals r = y - intercept - X b with the columns, their sum and their sum of squares.
#[derive(Debug, Clone)]
pub(super) struct Gradient {
    /// X' r, one for each column.
    pub(super) products: Vec<Dd>,
    /// The sum of r.
    pub(super) sum: Dd,
    /// The sum of r squared.
    pub(super) squares: Dd,
}

/// Works out the residuals of a solution. Only the scales of the columns count; shifts are ignored.
pub(super) fn gradient(
    columns: &[Scaled<'_>],
    y: Scaled<'_>,
    coefficients: &[Dd],
    intercept: Dd,
    threads: usize,
) -> Gradient {
    let parts = over_chunks(y.values.len(), threads, |rows| {
        Arch::new().dispatch(Task { columns, y, coefficients, intercept, rows })
    });
    let zero = Gradient { products: vec![Dd::ZERO; columns.len()], sum: Dd::ZERO, squares: Dd::ZERO };
    parts.into_iter().fold(zero, |mut all, part| {
        for (sum, part) in all.products.iter_mut().zip(part.products) {
            *sum += part;
        }
        all.sum += part.sum;
        all.squares += part.squares;
        all
    })
}

struct Task<'a> {
    columns: &'a [Scaled<'a>],
    y: Scaled<'a>,
    coefficients: &'a [Dd],
    intercept: Dd,
    rows: Range<usize>,
}

impl WithSimd for Task<'_> {
    type Output = Gradient;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Gradient {
        let zero = simd.splat_f64s(0.0);
        let steps = BLOCK.div_ceil(S::F64_LANES);
        let mut residuals = vec![(zero, zero); steps];
        let mut products = vec![(zero, zero); self.columns.len()];
        let (mut sum, mut squares) = ((zero, zero), (zero, zero));
        for rows in blocks(self.rows) {
            let residuals = &mut residuals[..rows.len().div_ceil(S::F64_LANES)];
            start(simd, self.y, self.intercept, &rows, residuals);
            for (column, coefficient) in self.columns.iter().zip(self.coefficients) {
                subtract(simd, *column, *coefficient, &rows, residuals);
            }
            for (high, low) in residuals.iter_mut() {
                (*high, *low) = two_sum(simd, *high, *low);
                accumulate(simd, &mut sum, *high, *low);
                let (square, error) = two_product(simd, *high, *high);
                accumulate(simd, &mut squares, square, error);
            }
            for (column, total) in self.columns.iter().zip(&mut products) {
                multiply(simd, *column, &rows, residuals, total);
            }
        }
        Gradient {
            products: products.into_iter().map(|(high, low)| add_lanes::<S>(high, low)).collect(),
            sum: add_lanes::<S>(sum.0, sum.1),
            squares: add_lanes::<S>(squares.0, squares.1),
        }
    }
}

/// Adds a pair to a sum whose low part is not brought below its high part on the way.
#[inline(always)]
fn accumulate<S: Simd>(simd: S, sum: &mut (S::f64s, S::f64s), high: S::f64s, low: S::f64s) {
    let (total, error) = two_sum(simd, sum.0, high);
    *sum = (total, simd.add_f64s(sum.1, simd.add_f64s(error, low)));
}

/// residuals = y - intercept, and 0 in the lanes behind the last row.
#[inline(always)]
fn start<S: Simd>(
    simd: S,
    y: Scaled<'_>,
    intercept: Dd,
    rows: &Range<usize>,
    residuals: &mut [(S::f64s, S::f64s)],
) {
    let Some(values) = y.values.get(rows.clone()) else { return };
    let scale = simd.splat_f64s(y.scale);
    let (head, tail) = S::as_simd_f64s(values);
    let (high, low) = (simd.splat_f64s(-intercept.hi), simd.splat_f64s(-intercept.lo));
    for (residual, y) in residuals.iter_mut().zip(head) {
        let (sum, error) = two_sum(simd, simd.mul_f64s(*y, scale), high);
        *residual = (sum, simd.add_f64s(error, low));
    }
    if let Some(residual) = residuals.get_mut(head.len()) {
        let present = [1.0; 64];
        let present = simd.partial_load_f64s(&present[..tail.len()]);
        let y = simd.mul_f64s(simd.partial_load_f64s(tail), scale);
        let (sum, error) = two_sum(simd, y, simd.mul_f64s(high, present));
        *residual = (sum, simd.add_f64s(error, simd.mul_f64s(low, present)));
    }
}

/// residuals -= coefficient * column.
#[inline(always)]
fn subtract<S: Simd>(
    simd: S,
    column: Scaled<'_>,
    coefficient: Dd,
    rows: &Range<usize>,
    residuals: &mut [(S::f64s, S::f64s)],
) {
    let Some(values) = column.values.get(rows.clone()) else { return };
    let scale = simd.splat_f64s(column.scale);
    let factor = (simd.splat_f64s(-coefficient.hi), simd.splat_f64s(-coefficient.lo));
    let (head, tail) = S::as_simd_f64s(values);
    for (residual, x) in residuals.iter_mut().zip(head) {
        add_product(simd, residual, simd.mul_f64s(*x, scale), factor);
    }
    if let Some(residual) = residuals.get_mut(head.len()) {
        add_product(simd, residual, simd.mul_f64s(simd.partial_load_f64s(tail), scale), factor);
    }
}

/// total += the products of the column with the residuals.
#[inline(always)]
fn multiply<S: Simd>(
    simd: S,
    column: Scaled<'_>,
    rows: &Range<usize>,
    residuals: &[(S::f64s, S::f64s)],
    total: &mut (S::f64s, S::f64s),
) {
    let Some(values) = column.values.get(rows.clone()) else { return };
    let scale = simd.splat_f64s(column.scale);
    let (head, tail) = S::as_simd_f64s(values);
    let mut sum = *total;
    for (residual, x) in residuals.iter().zip(head) {
        add_product(simd, &mut sum, simd.mul_f64s(*x, scale), *residual);
    }
    if let Some(residual) = residuals.get(head.len()) {
        add_product(simd, &mut sum, simd.mul_f64s(simd.partial_load_f64s(tail), scale), *residual);
    }
    *total = sum;
}

/// sum += x * pair.
#[inline(always)]
fn add_product<S: Simd>(simd: S, sum: &mut (S::f64s, S::f64s), x: S::f64s, pair: (S::f64s, S::f64s)) {
    let (product, error) = two_product(simd, x, pair.0);
    accumulate(simd, sum, product, simd.mul_add_f64s(x, pair.1, error));
}
