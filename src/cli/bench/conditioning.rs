//! Badly conditioned least-squares problems whose exact solution is known without solving them.
//!
//! All values are whole multiples of a power of two, and sums of their products fit 53 bits, so that nothing is
//! rounded on the way. Every row stands twice, with a residual added to y in the first half and taken off in the
//! second: the residuals are then at right angles to every column and to a constant, exactly, and the
//! coefficients that y was made from are the exact least-squares solution.

use super::generate::{FEATURES, normals};

/// Rows of a case.
const ROWS: usize = 3000;

pub(super) struct Case {
    pub(super) name: String,
    pub(super) columns: Vec<Vec<f64>>,
    pub(super) y: Vec<f64>,
    exact: [f64; FEATURES],
}

impl Case {
    /// The length of the coefficients' error relative to their length.
    pub(super) fn error(&self, coefficients: &[f64]) -> f64 {
        let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
        let error = squares(&mut coefficients.iter().zip(&self.exact).map(|(found, exact)| found - exact));
        (error / squares(&mut self.exact.iter().copied())).sqrt()
    }
}

/// Columns of condition 1e3, 1e7 and 1e10, and well-conditioned ones far from zero.
pub(super) fn cases() -> Vec<Case> {
    // a common part and a part of each column's own that is 2^-8, 2^-21 and 2^-31 of it
    let mut cases: Vec<Case> = [("1e3", 8), ("1e7", 21), ("1e10", 31)]
        .into_iter()
        .map(|(name, shift)| case(format!("made for {name}"), shift, true, 0.0))
        .collect();
    cases.push(case("offset 1e6".into(), 0, false, 1e6));
    cases
}

fn case(name: String, shift: i32, common: bool, offset: f64) -> Case {
    let half = ROWS / 2;
    let grid = |values: Vec<f64>, bits: i32| -> Vec<f64> {
        let scale = 2_f64.powi(bits);
        values.into_iter().map(|v| (v.clamp(-7.5, 7.5) * scale).round() / scale).collect()
    };
    let shared = if common { grid(normals("bench shared", half), 20) } else { vec![0.0; half] };
    let residuals = grid(normals("bench residuals", half), 20);
    // whole numbers whose sum is 1, so that the common part and the offset appear once in y
    let mut exact = [0.0; FEATURES];
    for (place, weight) in exact.iter_mut().enumerate() {
        *weight = [2.0, -1.0, 3.0, -4.0][place % 4];
    }
    exact[FEATURES - 1] = -3.0;
    let mut fitted: Vec<f64> = shared.iter().map(|shared| shared + offset + 3.0).collect();
    let mut columns = Vec::with_capacity(FEATURES);
    for (place, weight) in exact.iter().enumerate() {
        let own = grid(normals(&format!("bench own {place}"), half), 17);
        let own: Vec<f64> = own.into_iter().map(|v| v * 2_f64.powi(-shift)).collect();
        fitted.iter_mut().zip(&own).for_each(|(y, own)| *y += weight * own);
        let column: Vec<f64> = own.iter().zip(&shared).map(|(own, shared)| own + shared + offset).collect();
        columns.push([column.clone(), column].concat());
    }
    let above = fitted.iter().zip(&residuals).map(|(y, r)| y + r);
    let below = fitted.iter().zip(&residuals).map(|(y, r)| y - r);
    let y = above.chain(below).collect();
    Case { name, columns, y, exact }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In whole multiples of 2^-48, where nothing is rounded: y is what the coefficients give, plus and minus
    /// the same residual.
    #[test]
    fn the_solutions_are_exact() {
        let whole = |value: f64| {
            let scaled = value * 2_f64.powi(48);
            assert_eq!(scaled, scaled.trunc());
            scaled as i128
        };
        for case in cases() {
            assert_eq!(case.exact.iter().sum::<f64>(), 1.0);
            let residual = |row: usize| {
                let terms = case.columns.iter().zip(case.exact);
                let sum: i128 = terms.map(|(column, weight)| whole(column[row]) * weight as i128).sum();
                whole(case.y[row]) - sum - whole(3.0)
            };
            for row in 0..ROWS / 2 {
                assert_eq!(residual(row), -residual(row + ROWS / 2), "{}", case.name);
                assert!(case.columns.iter().all(|c| c[row] == c[row + ROWS / 2]));
            }
        }
    }
}
