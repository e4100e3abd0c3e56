//! The network on standardised columns, its gradient, and the optimiser.

use ndarray::{Array1, Array2, ArrayViewMut1, Axis, Zip};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// What is learned, and how a miss is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Loss<'a> {
    /// ½·(output − truth)², mean over the rows.
    Squares { truth: &'a [f64] },
    /// −ln P(class), mean over the rows.
    CrossEntropy { classes: &'a [u32], n_classes: usize },
}

impl Loss<'_> {
    /// Outputs of a network for it.
    pub(super) fn n_outputs(self) -> usize {
        match self {
            Self::Squares { .. } => 1,
            Self::CrossEntropy { n_classes, .. } => n_classes,
        }
    }
}

/// outputs = relu(x·w1 + b1)·w2 + b2; also used for the gradient of it.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// inputs × hidden.
    pub(super) w1: Array2<f64>,
    /// hidden.
    pub(super) b1: Array1<f64>,
    /// hidden × outputs.
    pub(super) w2: Array2<f64>,
    /// outputs.
    pub(super) b2: Array1<f64>,
}

impl Network {
    /// Weights drawn evenly from ±√(6 / (inputs + outputs of the layer)), biases 0.
    pub(super) fn random(inputs: usize, hidden: usize, outputs: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut layer = |from: usize, to: usize| {
            let bound = (6.0 / (from + to) as f64).sqrt();
            // 53 random bits make an even number in [0, 1).
            let mut draw = || (rng.next_u64() >> 11) as f64 * (-53.0_f64).exp2();
            Array2::from_shape_simple_fn((from, to), || bound * (2.0 * draw() - 1.0))
        };
        let (w1, w2) = (layer(inputs, hidden), layer(hidden, outputs));
        Self { w1, b1: Array1::zeros(hidden), w2, b2: Array1::zeros(outputs) }
    }

    /// A network that always answers `outputs`.
    pub(super) fn constant(inputs: usize, hidden: usize, outputs: &[f64]) -> Self {
        Self {
            w1: Array2::zeros((inputs, hidden)),
            b1: Array1::zeros(hidden),
            w2: Array2::zeros((hidden, outputs.len())),
            b2: outputs.to_vec().into(),
        }
    }

    pub(super) fn is_finite(&self) -> bool {
        self.values().all(|value| value.is_finite())
    }

    /// Mean loss (without penalty) of `x`, whose rows are the places `rows` of the truth.
    pub(super) fn loss(&self, x: &Array2<f64>, rows: &[usize], loss: Loss<'_>) -> f64 {
        let (_, mut out) = self.forward(x);
        let total: f64 = match loss {
            Loss::Squares { truth } => {
                out.column(0).iter().zip(rows).map(|(out, row)| 0.5 * (out - truth[*row]).powi(2)).sum()
            }
            Loss::CrossEntropy { classes, .. } => {
                let misses = out.rows_mut().into_iter().zip(rows).map(|(mut scores, row)| {
                    let score = scores[classes[*row] as usize];
                    softmax(&mut scores) - score
                });
                misses.sum()
            }
        };
        total / rows.len().max(1) as f64
    }

    /// The gradient of the mean loss plus alpha/2 · ‖weights‖² / rows.
    pub(super) fn gradient(&self, x: &Array2<f64>, rows: &[usize], loss: Loss<'_>, alpha: f64) -> Self {
        let n = rows.len().max(1) as f64;
        let (hidden, mut out) = self.forward(x);
        // From here on `out` is the derivative of the loss by the outputs.
        match loss {
            Loss::Squares { truth } => {
                for (out, row) in out.column_mut(0).iter_mut().zip(rows) {
                    *out -= truth[*row];
                }
            }
            Loss::CrossEntropy { classes, .. } => {
                for (mut scores, row) in out.rows_mut().into_iter().zip(rows) {
                    softmax(&mut scores);
                    scores[classes[*row] as usize] -= 1.0;
                }
            }
        }
        out /= n;
        let mut w2 = hidden.t().dot(&out);
        w2.scaled_add(alpha / n, &self.w2);
        let mut back = out.dot(&self.w2.t());
        Zip::from(&mut back).and(&hidden).for_each(|back, hidden| {
            if *hidden <= 0.0 {
                *back = 0.0;
            }
        });
        let mut w1 = x.t().dot(&back);
        w1.scaled_add(alpha / n, &self.w1);
        Self { w1, b1: back.sum_axis(Axis(0)), w2, b2: out.sum_axis(Axis(0)) }
    }

    /// Hidden units and outputs, a row each.
    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
        let mut hidden = x.dot(&self.w1);
        hidden += &self.b1;
        hidden.mapv_inplace(|value| value.max(0.0));
        let mut out = hidden.dot(&self.w2);
        out += &self.b2;
        (hidden, out)
    }

    /// Every parameter, layer by layer.
    pub(super) fn values(&self) -> impl Iterator<Item = &f64> {
        self.w1.iter().chain(&self.b1).chain(&self.w2).chain(&self.b2)
    }

    /// Every parameter, in the order of [`Self::values`].
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.w1.iter_mut().chain(&mut self.b1).chain(&mut self.w2).chain(&mut self.b2)
    }
}

/// Turns scores into probabilities; returns ln Σ exp(score).
fn softmax(scores: &mut ArrayViewMut1<'_, f64>) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.mapv_inplace(|score| (score - largest).exp());
    let total = scores.sum();
    scores.mapv_inplace(|e| e / total);
    largest + total.ln()
}

/// Adam with its usual constants (β₁ 0.9, β₂ 0.999, ε 1e-8).
#[derive(Debug)]
pub(super) struct Adam {
    /// Running means of the gradient and its square, in the order of the network's parameters.
    moments: Vec<(f64, f64)>,
    learning_rate: f64,
    /// β₁ and β₂ to the power of the steps taken.
    decays: (f64, f64),
}

impl Adam {
    /// Nothing seen yet.
    pub(super) fn new(network: &Network, learning_rate: f64) -> Self {
        Self { moments: vec![(0.0, 0.0); network.values().count()], learning_rate, decays: (1.0, 1.0) }
    }

    /// One step against `gradient`.
    pub(super) fn step(&mut self, network: &mut Network, gradient: &Network) {
        const BETA_1: f64 = 0.9;
        const BETA_2: f64 = 0.999;
        const EPSILON: f64 = 1e-8;
        self.decays = (self.decays.0 * BETA_1, self.decays.1 * BETA_2);
        let rate = self.learning_rate * (1.0 - self.decays.1).sqrt() / (1.0 - self.decays.0);
        for ((value, g), (mean, square)) in network.values_mut().zip(gradient.values()).zip(&mut self.moments)
        {
            *mean = BETA_1 * *mean + (1.0 - BETA_1) * g;
            *square = BETA_2 * *square + (1.0 - BETA_2) * g * g;
            *value -= rate * *mean / (square.sqrt() + EPSILON);
        }
    }
}
