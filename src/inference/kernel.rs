//! The arithmetic. Every estimator is evaluated on slots, one number per input, by the same code for one row and
//! for many: a record is a batch of one. Each row's sum is taken in the order of the terms, with a rounded
//! product and a rounded sum per term and no fused operation, so that neither the number of rows nor the width
//! of the processor's registers changes a bit.

use pulp::{Arch, WithSimd};

use crate::model::{Estimator, InputKind, Linear, Logistic, Mlp, Model, Node, Task, TermKind};

/// Rows that are worked on together: their columns fit the first-level cache beside each other.
pub(crate) const BLOCK_ROWS: usize = 2048;

/// Rows that a weighted sum of plain numbers takes at once: long runs of each column, which memory gives fastest.
pub(crate) const LONG_BLOCK_ROWS: usize = 8 * BLOCK_ROWS;

/// Rows whose smallest and largest value are compared with the limits together, so that rare values beyond them cost
/// little.
const LOOKED_AT_TOGETHER: usize = 1024;

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

/// A weighted sum of inputs: `intercept + Σ weight · value`, a category's weight looked up by its code.
#[derive(Debug, Clone)]
pub(crate) struct WeightedSum {
    intercept: f64,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    Value {
        input: usize,
        weight: f64,
    },
    /// `weights[code + 1]`; the first is for no level.
    Level {
        input: usize,
        weights: Vec<f64>,
    },
}

impl WeightedSum {
    pub(crate) fn new(model: &Model, intercept: f64, coefficients: &[f64]) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for (term, &weight) in model.encoding.iter().zip(coefficients) {
            match term.kind {
                TermKind::Value => parts.push(Part::Value { input: term.input, weight }),
                TermKind::Level { level } => {
                    let table = parts.iter_mut().find_map(|part| match part {
                        Part::Level { input, weights } if *input == term.input => Some(weights),
                        _ => None,
                    });
                    if let Some(table) = table {
                        table[level + 1] = weight;
                    } else {
                        let n_levels = match &model.inputs[term.input].kind {
                            InputKind::Category { levels, .. } => levels.len(),
                            _ => level + 1,
                        };
                        let mut weights = vec![0.0; n_levels + 1];
                        weights[level + 1] = weight;
                        parts.push(Part::Level { input: term.input, weights });
                    }
                }
            }
        }
        Self { intercept, parts }
    }

    /// What each part adds for one row: (input, amount), in the order of summation.
    pub(crate) fn contributions<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = (usize, f64)> + 'a {
        self.parts.iter().map(|part| match part {
            Part::Value { input, weight } => (*input, weight * row[*input]),
            Part::Level { input, weights } => (*input, look_up(weights, row[*input])),
        })
    }

    pub(crate) fn intercept(&self) -> f64 {
        self.intercept
    }

    /// Writes the sum of every row to `out`.
    #[inline(always)]
    fn eval<S: Slots>(&self, slots: &S, out: &mut [f64]) {
        out.fill(self.intercept);
        let mut parts = self.parts.as_slice();
        loop {
            match parts {
                [
                    Part::Value { input: a, weight: wa },
                    Part::Value { input: b, weight: wb },
                    Part::Value { input: c, weight: wc },
                    Part::Value { input: d, weight: wd },
                    rest @ ..,
                ] => {
                    let (a, b) = (slots.column(*a), slots.column(*b));
                    let (c, d) = (slots.column(*c), slots.column(*d));
                    let columns = a.iter().zip(b).zip(c.iter().zip(d));
                    for (sum, ((a, b), (c, d))) in out.iter_mut().zip(columns) {
                        *sum = (((*sum + wa * a) + wb * b) + wc * c) + wd * d;
                    }
                    parts = rest;
                }
                [Part::Value { input, weight }, rest @ ..] => {
                    for (sum, value) in out.iter_mut().zip(slots.column(*input)) {
                        *sum += weight * value;
                    }
                    parts = rest;
                }
                [Part::Level { input, weights }, rest @ ..] => {
                    for (sum, code) in out.iter_mut().zip(slots.column(*input)) {
                        *sum += look_up(weights, *code);
                    }
                    parts = rest;
                }
                [] => return,
            }
        }
    }

    /// Writes the sum of every row to `out`, as [`WeightedSum::eval`] does, and counts in the same pass how many of
    /// each input's values lie outside its limits, which memory does not notice. False when a part is no plain
    /// number.
    #[inline(always)]
    fn eval_and_count<V: pulp::Simd>(
        &self,
        simd: V,
        columns: &[&[f64]],
        limits: &[(f64, f64)],
        out: &mut [f64],
        outside: &mut [u64],
    ) -> bool {
        let mut parts = self.parts.as_slice();
        // the first four begin the sums; later ones add to what is there
        let mut begin = parts.len() >= 4 && parts[..4].iter().all(|part| matches!(part, Part::Value { .. }));
        if !begin {
            out.fill(self.intercept);
        }
        loop {
            match parts {
                [
                    Part::Value { input: a, weight: wa },
                    Part::Value { input: b, weight: wb },
                    Part::Value { input: c, weight: wc },
                    Part::Value { input: d, weight: wd },
                    rest @ ..,
                ] => {
                    let inputs = [*a, *b, *c, *d];
                    for (at, sums) in out.chunks_mut(LOOKED_AT_TOGETHER).enumerate() {
                        let start = at * LOOKED_AT_TOGETHER;
                        let rows = start..start + sums.len();
                        let columns = inputs.map(|input| columns[input].get(rows.clone()).unwrap_or(&[]));
                        let weights = [*wa, *wb, *wc, *wd];
                        let seen = if begin {
                            add_four::<V, true>(simd, columns, weights, self.intercept, sums)
                        } else {
                            add_four::<V, false>(simd, columns, weights, self.intercept, sums)
                        };
                        for ((input, column), (low, high)) in inputs.into_iter().zip(columns).zip(seen) {
                            let limits = limits[input];
                            if low < limits.0 || high > limits.1 {
                                outside[input] += count_beyond(column, limits);
                            }
                        }
                    }
                    begin = false;
                    parts = rest;
                }
                [Part::Value { input, weight }, rest @ ..] => {
                    for (sum, value) in out.iter_mut().zip(columns[*input]) {
                        *sum += weight * value;
                    }
                    outside[*input] += count_beyond(columns[*input], limits[*input]);
                    parts = rest;
                }
                [Part::Level { .. }, ..] => return false,
                [] => return true,
            }
        }
    }

    fn eval_wide<S: Slots>(&self, arch: Arch, slots: &S, out: &mut [f64]) {
        struct Eval<'a, S>(&'a WeightedSum, &'a S, &'a mut [f64]);
        impl<S: Slots> WithSimd for Eval<'_, S> {
            type Output = ();
            #[inline(always)]
            fn with_simd<V: pulp::Simd>(self, _: V) {
                self.0.eval(self.1, self.2);
            }
        }
        // a single row has nothing to spread over wide registers
        if out.len() < 16 {
            self.eval(slots, out);
        } else {
            arch.dispatch(Eval(self, slots, out));
        }
    }
}

/// Adds four weighted columns to `sums` (or, where they `BEGIN` the sum, to the intercept), row by row in their order (a rounded product and a rounded sum each, as
/// everywhere), and says what the smallest and largest value of each is. What NaN makes of those does not matter: it
/// is seen in the sum.
#[inline(always)]
fn add_four<V: pulp::Simd, const BEGIN: bool>(
    simd: V,
    columns: [&[f64]; 4],
    weights: [f64; 4],
    intercept: f64,
    sums: &mut [f64],
) -> [(f64, f64); 4] {
    let n = columns.iter().map(|column| column.len()).fold(sums.len(), usize::min);
    let (sums, rest) = V::as_mut_simd_f64s(&mut sums[..n]);
    let [a, b, c, d] = columns.map(|column| V::as_simd_f64s(&column[..n]));
    let [wa, wb, wc, wd] = weights.map(|weight| simd.splat_f64s(weight));
    let intercepts = simd.splat_f64s(intercept);
    let (least, most) = (simd.splat_f64s(f64::INFINITY), simd.splat_f64s(f64::NEG_INFINITY));
    // eight names, not an array, so that each has a register of its own
    let (mut low_a, mut low_b, mut low_c, mut low_d) = (least, least, least, least);
    let (mut high_a, mut high_b, mut high_c, mut high_d) = (most, most, most, most);
    for ((sum, (a, b)), (c, d)) in sums.iter_mut().zip(a.0.iter().zip(b.0)).zip(c.0.iter().zip(d.0)) {
        let (a, b, c, d) = (*a, *b, *c, *d);
        let before = if BEGIN { intercepts } else { *sum };
        let first = simd.add_f64s(before, simd.mul_f64s(wa, a));
        let second = simd.add_f64s(first, simd.mul_f64s(wb, b));
        let third = simd.add_f64s(second, simd.mul_f64s(wc, c));
        *sum = simd.add_f64s(third, simd.mul_f64s(wd, d));
        (low_a, high_a) = (simd.min_f64s(a, low_a), simd.max_f64s(a, high_a));
        (low_b, high_b) = (simd.min_f64s(b, low_b), simd.max_f64s(b, high_b));
        (low_c, high_c) = (simd.min_f64s(c, low_c), simd.max_f64s(c, high_c));
        (low_d, high_d) = (simd.min_f64s(d, low_d), simd.max_f64s(d, high_d));
    }
    let mut ranges = [(low_a, high_a), (low_b, high_b), (low_c, high_c), (low_d, high_d)]
        .map(|(low, high)| (simd.reduce_min_f64s(low), simd.reduce_max_f64s(high)));
    for (at, sum) in rest.iter_mut().enumerate() {
        let values = [a.1[at], b.1[at], c.1[at], d.1[at]];
        let [va, vb, vc, vd] = values;
        let before = if BEGIN { intercept } else { *sum };
        *sum = (((before + weights[0] * va) + weights[1] * vb) + weights[2] * vc) + weights[3] * vd;
        for (range, value) in ranges.iter_mut().zip(values) {
            *range = (range.0.min(value), range.1.max(value));
        }
    }
    ranges
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

/// How many values lie outside the limits.
#[inline(always)]
fn count_beyond(values: &[f64], (low, high): (f64, f64)) -> u64 {
    values.iter().map(|&value| u64::from(value < low) | u64::from(value > high)).sum()
}

#[inline(always)]
fn look_up(weights: &[f64], code: f64) -> f64 {
    // codes are small whole numbers, and NO_LEVEL is -1
    weights.get((code + 1.0) as usize).copied().unwrap_or(0.0)
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
