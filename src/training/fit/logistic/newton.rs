//! Newton's method with conjugate gradients for the penalised log-loss of two and more classes.

use ndarray::{Array1, Array2, ArrayView2, Axis, Slice, Zip};

use super::FitError;
use crate::work::Progress;

/// Conjugate-gradient steps per Newton step.
const MAX_INNER: usize = 250;
/// Halvings of a Newton step before it counts as no longer improving.
const MAX_HALVINGS: usize = 40;
/// A step that moves no weight by more than this times the largest is the last one; what it leaves is smaller still,
/// since a step so near the solution is exact to [`MIN_FORCING`].
const STEP_TOLERANCE: f64 = 1e-8;
/// The most precise solution of a Newton step's linear system, as a share of its right side.
const MIN_FORCING: f64 = 1e-6;
/// Mean gradient per row below which the solution is as good as rounding allows.
const GRADIENT_TOLERANCE: f64 = 1e-14;

/// The penalised log-loss of standardised columns: Σ −ln P(class of the row) + penalty/2 · ‖w‖².
///
/// Weights are (p + 1) × m, the intercepts (without penalty) in the last row; m is 1 for two classes (log-odds
/// of the second), else the number of classes.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    /// n × p.
    pub(super) z: ArrayView2<'a, f64>,
    /// n × m, 1 where the row is of the class.
    truth: Array2<f64>,
    penalty: f64,
}

/// Where the search ended.
#[derive(Debug)]
pub(super) struct Solution {
    pub(super) weights: Array2<f64>,
    pub(super) n_iterations: usize,
    pub(super) converged: bool,
}

impl<'a> Problem<'a> {
    /// `places` are the rows' classes, from 0 to `n_classes` − 1.
    pub(super) fn new(z: ArrayView2<'a, f64>, places: &[usize], n_classes: usize, penalty: f64) -> Self {
        let m = if n_classes == 2 { 1 } else { n_classes };
        let truth = Array2::from_shape_fn((places.len(), m), |(row, output)| {
            let class = if m == 1 { 1 } else { output };
            f64::from(u8::from(places[row] == class))
        });
        Self { z, truth, penalty }
    }

    /// m: 1 for two classes, else the number of classes.
    pub(super) fn n_outputs(&self) -> usize {
        self.truth.ncols()
    }

    /// The penalised loss; not finite for weights that are not.
    pub(super) fn loss(&self, weights: &Array2<f64>) -> f64 {
        let scores = self.scores(weights);
        let data: f64 = if self.n_outputs() == 1 {
            // ln(1 + e^s) − y·s
            Zip::from(&scores)
                .and(&self.truth)
                .fold(0.0, |sum, s, y| sum + s.max(0.0) + (-s.abs()).exp().ln_1p() - y * s)
        } else {
            // One output at a time: the arrays are tall and narrow.
            let largest = largest_per_row(&scores);
            let mut total = Array1::<f64>::zeros(scores.nrows());
            let mut own = 0.0;
            for (s, y) in scores.columns().into_iter().zip(self.truth.columns()) {
                Zip::from(&mut total)
                    .and(&s)
                    .and(&largest)
                    .for_each(|total, s, top| *total += (s - top).exp());
                own += Zip::from(&s).and(&y).fold(0.0, |sum, s, y| sum + s * y);
            }
            Zip::from(&total).and(&largest).fold(0.0, |sum, total, top| sum + top + total.ln()) - own
        };
        let w = coefficients(weights);
        data + 0.5 * self.penalty * w.iter().map(|w| w * w).sum::<f64>()
    }

    /// The largest slope of the penalised loss.
    pub(super) fn steepness(&self, weights: &Array2<f64>) -> f64 {
        largest(&self.gradient(weights, &self.probabilities(weights)))
    }

    /// Whether a row's class has a probability that is 0 or 1 but for a millionth.
    pub(super) fn is_certain(&self, weights: &Array2<f64>) -> bool {
        self.probabilities(weights).iter().any(|q| !(1e-6..=1.0 - 1e-6).contains(q))
    }

    /// Newton steps from `start` until the step or the gradient is down to rounding.
    pub(super) fn minimise(
        &self,
        start: Array2<f64>,
        max_iterations: usize,
        progress: &Progress,
    ) -> Result<Solution, FitError> {
        let n = self.z.nrows() as f64;
        let mut weights = start;
        let mut loss = self.loss(&weights);
        for iteration in 0..max_iterations {
            progress.check()?;
            let probabilities = self.probabilities(&weights);
            let gradient = self.gradient(&weights, &probabilities);
            if !loss.is_finite() || !gradient.iter().all(|g| g.is_finite()) {
                return Err(FitError::Diverged { step: iteration + 1 });
            }
            if largest(&gradient) <= GRADIENT_TOLERANCE * n {
                return Ok(Solution { weights, n_iterations: iteration, converged: true });
            }
            let step = self.newton_step(&probabilities, &gradient, progress)?;
            let slope = dot(&gradient, &step);
            // Differences of losses below this are rounding of a sum of n terms, not descent.
            let rounding = n.max(64.0) * f64::EPSILON * loss.abs();
            let mut length = 1.0;
            let mut accepted = false;
            for _ in 0..MAX_HALVINGS {
                let candidate = &weights + &(&step * length);
                let candidate_loss = self.loss(&candidate);
                if candidate_loss <= loss + 1e-4 * length * slope + rounding {
                    (weights, loss, accepted) = (candidate, candidate_loss, true);
                    break;
                }
                length *= 0.5;
            }
            let small = largest(&step) <= STEP_TOLERANCE * largest(&weights).max(1e-3);
            if small || !accepted {
                return Ok(Solution { weights, n_iterations: iteration + 1, converged: small });
            }
        }
        Ok(Solution { weights, n_iterations: max_iterations, converged: false })
    }

    /// n × m scores.
    fn scores(&self, weights: &Array2<f64>) -> Array2<f64> {
        let p = self.z.ncols();
        self.z.dot(&coefficients(weights)) + weights.row(p)
    }

    /// n × m probabilities.
    fn probabilities(&self, weights: &Array2<f64>) -> Array2<f64> {
        let mut scores = self.scores(weights);
        if self.n_outputs() == 1 {
            scores.mapv_inplace(|s| {
                let e = (-s.abs()).exp();
                if s >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
            });
        } else {
            let largest = largest_per_row(&scores);
            let mut total = Array1::<f64>::zeros(scores.nrows());
            for mut column in scores.columns_mut() {
                Zip::from(&mut column).and(&mut total).and(&largest).for_each(|s, total, top| {
                    *s = (*s - top).exp();
                    *total += *s;
                });
            }
            for mut column in scores.columns_mut() {
                column /= &total;
            }
        }
        scores
    }

    /// `Zᵀ·r` with the column sums of `r` as the last row, plus the penalty times `weights`.
    fn backward(&self, r: &Array2<f64>, weights: &Array2<f64>) -> Array2<f64> {
        let p = self.z.ncols();
        let mut out = Array2::zeros((p + 1, r.ncols()));
        let mut upper = out.slice_axis_mut(Axis(0), Slice::from(..p));
        upper.assign(&self.z.t().dot(r));
        upper.scaled_add(self.penalty, &coefficients(weights));
        out.row_mut(p).assign(&r.sum_axis(Axis(0)));
        out
    }

    fn gradient(&self, weights: &Array2<f64>, probabilities: &Array2<f64>) -> Array2<f64> {
        self.backward(&(probabilities - &self.truth), weights)
    }

    /// The second derivative times `direction`.
    fn curvature(&self, probabilities: &Array2<f64>, direction: &Array2<f64>) -> Array2<f64> {
        let mut u = self.scores(direction);
        if self.n_outputs() == 1 {
            u.zip_mut_with(probabilities, |u, q| *u *= q * (1.0 - q));
        } else {
            let mut mean = Array1::<f64>::zeros(u.nrows());
            for (u, q) in u.columns().into_iter().zip(probabilities.columns()) {
                Zip::from(&mut mean).and(&u).and(&q).for_each(|mean, u, q| *mean += u * q);
            }
            for (mut u, q) in u.columns_mut().into_iter().zip(probabilities.columns()) {
                Zip::from(&mut u).and(&q).and(&mean).for_each(|u, q, mean| *u = q * (*u - mean));
            }
        }
        self.backward(&u, direction)
    }

    /// Takes the mean off the intercepts where there is one per class: moving all of them changes nothing, and rounding
    /// must not make a direction of it.
    fn centre(&self, weights: &mut Array2<f64>) {
        if self.n_outputs() > 1 {
            let mut intercepts = weights.row_mut(self.z.ncols());
            let mean = intercepts.sum() / intercepts.len() as f64;
            intercepts.mapv_inplace(|value| value - mean);
        }
    }

    /// The step that Newton's method takes, to a precision that grows as the gradient falls.
    fn newton_step(
        &self,
        probabilities: &Array2<f64>,
        gradient: &Array2<f64>,
        progress: &Progress,
    ) -> Result<Array2<f64>, FitError> {
        let p = self.z.ncols();
        // Σ q(1 − q) per output is the diagonal of the second derivative, since columns have mean square 1.
        let weight: Array1<f64> = probabilities.map_axis(Axis(0), |q| q.iter().map(|q| q * (1.0 - q)).sum());
        let inverse = Array2::from_shape_fn(gradient.dim(), |(row, output)| {
            let penalty = if row < p { self.penalty } else { 0.0 };
            1.0 / (weight[output] + penalty).max(f64::MIN_POSITIVE.sqrt())
        });
        let mut step = Array2::zeros(gradient.dim());
        let mut residual = -gradient;
        self.centre(&mut residual);
        let mut conditioned = &residual * &inverse;
        self.centre(&mut conditioned);
        let mut direction = conditioned.clone();
        let mut rho = dot(&residual, &conditioned);
        let first = rho;
        let per_row = first.sqrt() / (self.z.nrows() as f64).sqrt();
        let forcing = per_row.clamp(MIN_FORCING, 0.1);
        for inner in 0..MAX_INNER {
            progress.check()?;
            let image = self.curvature(probabilities, &direction);
            let bend = dot(&direction, &image);
            if !(bend.is_finite() && bend > 0.0) {
                // Flat to rounding: the first direction is a descent direction still.
                if inner == 0 {
                    step = direction;
                }
                break;
            }
            let length = rho / bend;
            step.scaled_add(length, &direction);
            residual.scaled_add(-length, &image);
            conditioned = &residual * &inverse;
            self.centre(&mut conditioned);
            let next = dot(&residual, &conditioned);
            if next <= forcing * forcing * first {
                break;
            }
            direction = &conditioned + &(&direction * (next / rho));
            rho = next;
        }
        Ok(step)
    }
}

/// All rows but the last, which has the intercepts. (Not by `s![]`: that macro has unsafe code within.)
fn coefficients(weights: &Array2<f64>) -> ArrayView2<'_, f64> {
    weights.slice_axis(Axis(0), Slice::from(..weights.nrows() - 1))
}

fn largest_per_row(scores: &Array2<f64>) -> Array1<f64> {
    let mut largest = Array1::from_elem(scores.nrows(), f64::NEG_INFINITY);
    for column in scores.columns() {
        largest.zip_mut_with(&column, |largest, s| *largest = largest.max(*s));
    }
    largest
}

fn dot(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    Zip::from(a).and(b).fold(0.0, |sum, a, b| sum + a * b)
}

fn largest(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()))
}
