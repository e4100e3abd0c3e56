//! The exact end of a coordinate descent: once the signs are right, what is left is a linear system.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// Multiplications a polish may take; beyond, descent alone is left to converge.
const MAX_WORK: f64 = 2e10;
/// A pivot below this share of its diagonal makes the system singular to rounding.
const PIVOT_TOLERANCE: f64 = 1e-11;
/// How far, in relation to the largest correlation with the target, the conditions may be off by rounding.
const SLACK: f64 = 1e-10;

/// An elastic net on standardised columns: 1/(2n)·‖y − Zw‖² + l1·‖w‖₁ + ½·l2·‖w‖².
#[derive(Debug)]
pub(super) struct Polish<'a> {
    /// n × p.
    z: ArrayView2<'a, f64>,
    y: ArrayView1<'a, f64>,
    /// `Zᵀy/n`.
    pull: Array1<f64>,
    l1: f64,
    l2: f64,
}

impl<'a> Polish<'a> {
    pub(super) fn new(z: ArrayView2<'a, f64>, y: ArrayView1<'a, f64>, l1: f64, l2: f64) -> Self {
        let pull = z.t().dot(&y) / z.nrows() as f64;
        Self { z, y, pull, l1, l2 }
    }

    /// The minimum with the signs of `w` (all columns free where there is no absolute penalty), if those are the
    /// signs of the minimum and the system is neither singular nor too large; else `None`.
    ///
    /// Solves (`Z_AᵀZ_A/n` + l2·I)·w = `Z_Aᵀy/n` − l1·sign for the active columns A by Cholesky's method, and
    /// checks the conditions of optimality: signs as assumed, and |`Zᵀ(y − Zw)/n`| ≤ l1 for all other columns.
    pub(super) fn finish(&self, w: &Array1<f64>) -> Option<Array1<f64>> {
        let (n, p) = self.z.dim();
        let free = self.l1 == 0.0;
        let active: Vec<usize> = (0..p).filter(|&j| free || w[j] != 0.0).collect();
        let size = active.len();
        if (n as f64 + size as f64) * (size as f64).powi(2) > MAX_WORK {
            return None;
        }
        let z = self.z.select(ndarray::Axis(1), &active);
        let mut system = z.t().dot(&z) / n as f64;
        system.diag_mut().mapv_inplace(|value| value + self.l2);
        let mut solution: Vec<f64> =
            active.iter().map(|&j| self.pull[j] - if free { 0.0 } else { self.l1 * w[j].signum() }).collect();
        solve(&mut system, &mut solution)?;

        let mut full = Array1::zeros(p);
        for (&j, &value) in active.iter().zip(&solution) {
            if !value.is_finite() || (!free && value * w[j] <= 0.0) {
                return None;
            }
            full[j] = value;
        }
        let rest = &self.y - &self.z.dot(&full);
        let slack = SLACK * self.pull.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let slopes = self.z.t().dot(&rest) / n as f64 - &full * self.l2;
        let optimal = slopes.iter().zip(&full).all(|(slope, w)| {
            let expected = if *w == 0.0 { slope.clamp(-self.l1, self.l1) } else { self.l1 * w.signum() };
            (slope - expected).abs() <= slack
        });
        optimal.then_some(full)
    }
}

/// Solves a symmetric positive definite system in place (lower Cholesky); `None` if it is singular to rounding.
fn solve(a: &mut Array2<f64>, b: &mut [f64]) -> Option<()> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let mut sum = a[[i, j]];
            for k in 0..j {
                sum -= a[[i, k]] * a[[j, k]];
            }
            if i > j {
                a[[i, j]] = sum / a[[j, j]];
            } else if sum > PIVOT_TOLERANCE * a[[i, i]] {
                a[[i, i]] = sum.sqrt();
            } else {
                return None;
            }
        }
    }
    for i in 0..n {
        for k in 0..i {
            b[i] -= a[[i, k]] * b[k];
        }
        b[i] /= a[[i, i]];
    }
    for i in (0..n).rev() {
        for k in i + 1..n {
            b[i] -= a[[k, i]] * b[k];
        }
        b[i] /= a[[i, i]];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_worked_by_hand() {
        // 4x + 2y = 10, 2x + 5y = 13
        let mut a = Array2::from_shape_vec((2, 2), vec![4.0, 2.0, 2.0, 5.0]).unwrap();
        let mut b = [10.0, 13.0];
        solve(&mut a, &mut b).unwrap();
        assert!((b[0] - 1.5).abs() < 1e-14 && (b[1] - 2.0).abs() < 1e-14);
        let mut singular = Array2::ones((2, 2));
        assert_eq!(solve(&mut singular, &mut [1.0, 1.0]), None);
        assert_eq!(solve(&mut Array2::zeros((0, 0)), &mut []), Some(()));
    }

    #[test]
    fn wrong_signs_are_refused() {
        let z = Array2::from_shape_vec((2, 1), vec![-1.0, 1.0]).unwrap();
        let y = Array1::from(vec![-1.0, 1.0]);
        let polish = Polish::new(z.view(), y.view(), 0.25, 0.0);
        assert_eq!(polish.finish(&Array1::from(vec![0.1])), Some(Array1::from(vec![0.75])));
        assert_eq!(polish.finish(&Array1::from(vec![-0.1])), None);
        assert_eq!(polish.finish(&Array1::from(vec![0.0])), None);
        let strong = Polish::new(z.view(), y.view(), 1.5, 0.0);
        assert_eq!(strong.finish(&Array1::from(vec![0.0])), Some(Array1::from(vec![0.0])));
    }
}
