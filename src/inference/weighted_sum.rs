//! A weighted sum of inputs: what linear models, logistic models and each hidden unit of a network are.

use pulp::{Arch, WithSimd};

use super::kernel::Slots;
use crate::model::{InputKind, Model, TermKind};

/// Rows whose smallest and largest value are compared with the limits together, so that rare values beyond them cost
/// little.
const LOOKED_AT_TOGETHER: usize = 1024;

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
    pub(super) fn eval<S: Slots>(&self, slots: &S, out: &mut [f64]) {
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
    pub(super) fn eval_and_count<V: pulp::Simd>(
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

    pub(super) fn eval_wide<S: Slots>(&self, arch: Arch, slots: &S, out: &mut [f64]) {
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

/// Adds four weighted columns to `sums` (or, where they `BEGIN` the sum, to the intercept), row by row in their order (a
/// rounded product and a rounded sum each, as everywhere), and says what the smallest and largest value of each is. What
/// NaN makes of those does not matter: it is seen in the sum.
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
