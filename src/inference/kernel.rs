//! The arithmetic. Every estimator is evaluated on slots, one number per input, by the same code for one row and
//! for many: a record is a batch of one. Each row's sum is taken in the order of the terms, with a rounded
//! product and a rounded sum per term and no fused operation, so that neither the number of rows nor the width
//! of the processor's registers changes a bit.

use pulp::{Arch, WithSimd};

use super::weighted_sum::WeightedSum;
use crate::model::{Estimator, Linear, Logistic, Mlp, Model, Node, Task, TermKind};

/// Rows that are worked on together: their columns fit the first-level cache beside each other.
pub(crate) const BLOCK_ROWS: usize = 2048;

/// Rows that a weighted sum of plain numbers takes at once: long runs of each column, which memory gives fastest.
pub(crate) const LONG_BLOCK_ROWS: usize = 8 * BLOCK_ROWS;

/// The slot value of a category that is none of its levels.
pub(crate) const NO_LEVEL: f64 = -1.0;

/// The inputs of one or many rows, column by column.
pub(crate) trait Slots {
    /// The values of input `input`, one per row.
    fn column(&self, input: usize) -> &[f64];
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneRow<'a>(pub(crate) &'a [f64]);

impl Slots for OneRow<'_> {
    #[inline(always)]
    fn column(&self, input: usize) -> &[f64] {
        self.0.get(input..=input).unwrap_or(&[])
    }
}

/// Rows as columns of equal length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a>(pub(crate) &'a [&'a [f64]]);

impl Slots for Columns<'_> {
    #[inline(always)]
    fn column(&self, input: usize) -> &[f64] {
        self.0.get(input).copied().unwrap_or(&[])
    }
}

/// Whether no value is infinite or NaN.
#[inline(always)]
fn all_finite(values: &[f64]) -> bool {
    const LANES: usize = 16;
    let (groups, rest) = values.as_chunks::<LANES>();
    // zero times infinity and NaN are NaN
    let mut zero = [0.0; LANES];
    for group in groups {
        for lane in 0..LANES {
            zero[lane] += group[lane] * 0.0;
        }
    }
    zero.iter().sum::<f64>() + rest.iter().map(|value| value * 0.0).sum::<f64>() == 0.0
}

/// An estimator made ready for evaluation.
#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    arch: Arch,
    form: Form,
    n_outputs: usize,
}

#[derive(Debug, Clone)]
enum Form {
    Sum(WeightedSum),
    /// Log-odds of the second of two classes.
    Binary(WeightedSum),
    Softmax(Vec<WeightedSum>),
    Tree {
        nodes: Vec<Node>,
        terms: Vec<(usize, Option<f64>)>,
    },
    Mlp {
        hidden: Vec<WeightedSum>,
        mlp: Mlp,
        softmax: bool,
    },
}

impl Kernel {
    pub(crate) fn new(model: &Model) -> Self {
        let sums = |intercepts: &[f64], rows: &[Vec<f64>]| {
            intercepts.iter().zip(rows).map(|(&b, w)| WeightedSum::new(model, b, w)).collect::<Vec<_>>()
        };
        let classes = model.output.classes.len();
        let form = match &model.estimator {
            Estimator::Linear(Linear { intercept, coefficients, .. }) => {
                Form::Sum(WeightedSum::new(model, *intercept, coefficients))
            }
            Estimator::Logistic(Logistic { intercepts, coefficients }) => {
                let mut sums = sums(intercepts, coefficients);
                if sums.len() == 1 { Form::Binary(sums.remove(0)) } else { Form::Softmax(sums) }
            }
            Estimator::Tree(tree) => Form::Tree {
                nodes: tree.nodes.clone(),
                terms: model
                    .encoding
                    .iter()
                    .map(|term| match term.kind {
                        TermKind::Value => (term.input, None),
                        TermKind::Level { level } => (term.input, Some(level as f64)),
                    })
                    .collect(),
            },
            Estimator::Mlp(mlp) => Form::Mlp {
                hidden: sums(&mlp.hidden_biases, &mlp.hidden_weights),
                mlp: mlp.clone(),
                softmax: model.task == Task::Classification,
            },
        };
        Self { arch: Arch::new(), form, n_outputs: classes.max(1) }
    }

    /// Numbers per row: one for regression, a probability per class for classification.
    pub(crate) fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// How many values are not from `min` to `max`, if all are finite.
    pub(crate) fn count_outside(&self, values: &[f64], min: f64, max: f64) -> Option<u64> {
        const LANES: usize = 16;
        struct Count<'a>(&'a [f64], f64, f64);
        impl WithSimd for Count<'_> {
            type Output = Option<u64>;
            #[inline(always)]
            fn with_simd<V: pulp::Simd>(self, _: V) -> Option<u64> {
                let Self(values, min, max) = self;
                let (groups, rest) = values.as_chunks::<LANES>();
                let mut last = [min; LANES];
                last[..rest.len()].copy_from_slice(rest);
                let (mut outside, mut zero) = ([0_u64; LANES], [0.0; LANES]);
                for group in groups.iter().chain([&last]) {
                    for lane in 0..LANES {
                        let value = group[lane];
                        outside[lane] += u64::from(value < min) | u64::from(value > max);
                        // zero times infinity and NaN are NaN
                        zero[lane] += value * 0.0;
                    }
                }
                (zero.iter().sum::<f64>() == 0.0).then(|| outside.iter().sum())
            }
        }
        self.arch.dispatch(Count(values, min, max))
    }

    /// Evaluates a weighted sum of plain numbers, and counts the values outside each input's limits. False when the
    /// model is something else, or when a sum is not finite: then a value may not be, and the slower way looks closer.
    pub(crate) fn eval_and_count(
        &self,
        columns: &[&[f64]],
        limits: &[(f64, f64)],
        out: &mut [f64],
        outside: &mut [u64],
    ) -> bool {
        struct Eval<'a>(&'a WeightedSum, &'a [&'a [f64]], &'a [(f64, f64)], &'a mut [f64], &'a mut [u64]);
        impl WithSimd for Eval<'_> {
            type Output = bool;
            #[inline(always)]
            fn with_simd<V: pulp::Simd>(self, simd: V) -> bool {
                let Self(sum, columns, limits, out, outside) = self;
                sum.eval_and_count(simd, columns, limits, out, outside) && all_finite(out)
            }
        }
        let Form::Sum(sum) = &self.form else { return false };
        self.arch.dispatch(Eval(sum, columns, limits, out, outside))
    }

    /// The weighted sum, for models that are one.
    pub(crate) fn sum(&self) -> Option<&WeightedSum> {
        if let Form::Sum(sum) = &self.form { Some(sum) } else { None }
    }

    /// Evaluates `n` rows (at most [`BLOCK_ROWS`] when many). `out` has `n` numbers per output, output by
    /// output; `scratch` is memory to work in.
    #[inline]
    pub(crate) fn eval<S: Slots>(&self, slots: &S, n: usize, out: &mut [f64], scratch: &mut Vec<f64>) {
        match &self.form {
            Form::Sum(sum) => sum.eval_wide(self.arch, slots, out),
            Form::Binary(sum) => {
                let (no, yes) = out.split_at_mut(n);
                sum.eval_wide(self.arch, slots, yes);
                for (no, yes) in no.iter_mut().zip(yes) {
                    (*no, *yes) = two_class(*yes);
                }
            }
            Form::Softmax(sums) => {
                for (sum, out) in sums.iter().zip(out.chunks_exact_mut(n)) {
                    sum.eval_wide(self.arch, slots, out);
                }
                softmax(out, n);
            }
            Form::Tree { nodes, terms } => {
                for row in 0..n {
                    let value = leaf(nodes, |feature| {
                        let (input, level) = terms[feature];
                        let value = slots.column(input)[row];
                        level.map_or(value, |level| f64::from(u8::from(value == level)))
                    });
                    for (out, value) in out.chunks_exact_mut(n).zip(value) {
                        out[row] = *value;
                    }
                }
            }
            Form::Mlp { hidden, mlp, softmax: probabilities } => {
                scratch.clear();
                scratch.resize(hidden.len() * n, 0.0);
                for (sum, unit) in hidden.iter().zip(scratch.chunks_exact_mut(n)) {
                    sum.eval_wide(self.arch, slots, unit);
                    unit.iter_mut().for_each(|value| *value = if *value > 0.0 { *value } else { 0.0 });
                }
                let outputs = mlp.output_weights.iter().zip(&mlp.output_biases);
                for (out, (weights, bias)) in out.chunks_exact_mut(n).zip(outputs) {
                    out.fill(*bias);
                    for (weight, unit) in weights.iter().zip(scratch.chunks_exact(n)) {
                        for (sum, value) in out.iter_mut().zip(unit) {
                            *sum += weight * value;
                        }
                    }
                }
                if *probabilities {
                    softmax(out, n);
                }
            }
        }
    }
}

/// The leaf a row falls into.
fn leaf(nodes: &[Node], term: impl Fn(usize) -> f64) -> &[f64] {
    let mut at = 0;
    loop {
        match &nodes[at] {
            Node::Split { feature, threshold, left, right } => {
                at = if term(*feature) <= *threshold { *left } else { *right };
            }
            Node::Leaf { value } => return value,
        }
    }
}

/// The probabilities of the first and second class from the log-odds of the second, without overflow.
fn two_class(log_odds: f64) -> (f64, f64) {
    let e = (-log_odds.abs()).exp();
    let (small, large) = (e / (1.0 + e), 1.0 / (1.0 + e));
    if log_odds >= 0.0 { (small, large) } else { (large, small) }
}

/// Turns scores into probabilities row by row, the largest score subtracted first so that nothing overflows.
fn softmax(out: &mut [f64], n: usize) {
    for row in 0..n {
        let mut largest = f64::NEG_INFINITY;
        for class in out.chunks_exact(n) {
            largest = largest.max(class[row]);
        }
        let mut sum = 0.0;
        for class in out.chunks_exact_mut(n) {
            class[row] = (class[row] - largest).exp();
            sum += class[row];
        }
        for class in out.chunks_exact_mut(n) {
            class[row] /= sum;
        }
    }
}
