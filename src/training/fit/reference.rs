//! Predictions of one row, written as plainly as the formulas; only the tests of this folder use them.

use crate::model::{Logistic, Mlp, Node, Tree};

fn sum(weights: &[f64], x: &[f64], bias: f64) -> f64 {
    bias + weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exps: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let total: f64 = exps.iter().sum();
    exps.iter().map(|e| e / total).collect()
}

/// The class with the highest probability, the first one in a tie.
pub(super) fn argmax(values: &[f64]) -> u32 {
    let mut best = 0;
    for (place, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = place;
        }
    }
    best as u32
}

/// The numbers of one row of column-major data.
pub(super) fn row(columns: &[&[f64]], i: usize) -> Vec<f64> {
    columns.iter().map(|column| column[i]).collect()
}

/// What a model's parameters predict for one row, as plainly as possible.
pub(super) trait PredictRow {
    /// One number for regression, one per class for classification.
    fn predict_row(&self, x: &[f64]) -> Vec<f64>;
}

impl PredictRow for Logistic {
    fn predict_row(&self, x: &[f64]) -> Vec<f64> {
        let scores: Vec<f64> =
            self.coefficients.iter().zip(&self.intercepts).map(|(w, b)| sum(w, x, *b)).collect();
        if let [log_odds] = scores[..] { softmax(&[0.0, log_odds]) } else { softmax(&scores) }
    }
}

impl PredictRow for Tree {
    fn predict_row(&self, x: &[f64]) -> Vec<f64> {
        let mut at = 0;
        loop {
            match &self.nodes[at] {
                Node::Split { feature, threshold, left, right } => {
                    at = if x[*feature] <= *threshold { *left } else { *right };
                }
                Node::Leaf { value } => return value.clone(),
            }
        }
    }
}

/// The network's outputs before any softmax.
impl PredictRow for Mlp {
    fn predict_row(&self, x: &[f64]) -> Vec<f64> {
        let hidden: Vec<f64> = self
            .hidden_weights
            .iter()
            .zip(&self.hidden_biases)
            .map(|(w, b)| sum(w, x, *b).max(0.0))
            .collect();
        self.output_weights.iter().zip(&self.output_biases).map(|(w, b)| sum(w, &hidden, *b)).collect()
    }
}

/// Made-up columns that Python makes bit for bit as well: column j, row i (from 0) is
/// `(((i+1)**2*(j+2) + 13*(i+1)*(j+1)) % 101) / 10 * (j+1) + 100*j`.
pub(super) fn made_up_columns(n: usize, p: usize) -> Vec<Vec<f64>> {
    let value = |i: usize, j: usize| {
        let whole = ((i + 1) * (i + 1) * (j + 2) + 13 * (i + 1) * (j + 1)) % 101;
        whole as f64 / 10.0 * (j + 1) as f64 + 100.0 * j as f64
    };
    (0..p).map(|j| (0..n).map(|i| value(i, j)).collect()).collect()
}

/// Borrowed columns.
pub(super) fn views(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

/// Asserts that `found` is within `relative` of `expected`, number by number (absolute for |expected| < 1).
pub(super) fn assert_close(found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len());
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs() / expected.abs().max(1.0);
        assert!(error <= relative, "place {place}: found {found}, expected {expected}, off by {error:e}");
    }
}
