//! The Kolmogorov–Smirnov test of two samples.

use serde::Serialize;

use super::kolmogorov::kolmogorov_sf;
use super::sorted::Sorted;

/// Up to this product of the sizes the p-value counts paths and is exact.
pub const EXACT_UP_TO: u64 = 10_000;

/// How a p-value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PValueMethod {
    /// By counting every order in which the values could have come.
    Exact,
    /// From the distribution that holds for large samples.
    Asymptotic,
}

/// The test's result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KolmogorovSmirnov {
    /// The largest gap between the two cumulative distributions, 0 to 1.
    pub statistic: f64,
    /// The chance of a gap at least this large, if both samples came from one continuous distribution.
    pub p_value: f64,
    /// How the p-value was found.
    pub method: PValueMethod,
    /// The value at which the gap is largest: at most this value lie a share of one sample and another of the other.
    pub at: f64,
}

/// The two-sided test of two samples: `statistic` = sup |F₁(x) − F₂(x)|.
///
/// Values that are equal, within or across the samples, are one step of both functions; the p-value is that of samples
/// without ties, which with ties is too large (careful), as in SciPy. Exact where n₁·n₂ ≤ 10,000; above from the one-sample
/// distribution at n = round(n₁n₂/(n₁ + n₂)), halves to even. Two samples that don't overlap have, at any size, the exact
/// 2/C(n₁+n₂, n₁), for which the distribution for large samples gives 0. Infinities are values like any other.
///
/// `None` when a sample is empty.
///
/// # Source
/// `scipy.stats.ks_2samp`, methods "exact" and "asymp".
#[must_use]
pub fn kolmogorov_smirnov(reference: &Sorted, current: &Sorted) -> Option<KolmogorovSmirnov> {
    let (n1, n2) = (reference.len() as u64, current.len() as u64);
    if n1 == 0 || n2 == 0 {
        return None;
    }
    let (gap, at) = largest_gap(reference.values(), current.values());
    Some(of_gap(gap, at, n1, n2))
}

/// The result for a gap of `gap`/(n₁n₂).
pub(crate) fn of_gap(gap: u64, at: f64, n1: u64, n2: u64) -> KolmogorovSmirnov {
    let (p_value, method) = p_value(gap, n1, n2);
    KolmogorovSmirnov { statistic: gap as f64 / (n1 as f64 * n2 as f64), p_value, method, at }
}

/// A count among numbers that may be negative; columns are shorter than the largest of them.
pub(crate) fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// n₁n₂ · sup |F₁ − F₂|, a whole number, and where it is reached first.
fn largest_gap(a: &[f64], b: &[f64]) -> (u64, f64) {
    let (n1, n2) = (signed(a.len()), signed(b.len()));
    let (mut i, mut j) = (0, 0);
    let (mut best, mut at) = (0, a[0]);
    while i < a.len() && j < b.len() {
        let x = if a[i] <= b[j] { a[i] } else { b[j] };
        while i < a.len() && a[i] <= x {
            i += 1;
        }
        while j < b.len() && b[j] <= x {
            j += 1;
        }
        let gap = (signed(i) * n2 - signed(j) * n1).abs();
        if gap > best {
            (best, at) = (gap, x);
        }
    }
    (best.unsigned_abs(), at)
}

/// The chance of a gap of at least `gap`/(n₁n₂).
pub(crate) fn p_value(gap: u64, n1: u64, n2: u64) -> (f64, PValueMethod) {
    // also where the product overflows
    let product = n1.saturating_mul(n2);
    if product <= EXACT_UP_TO {
        return (exact(gap, n1, n2), PValueMethod::Exact);
    }
    if gap == product {
        return (apart(n1, n2), PValueMethod::Exact);
    }
    let (m, n) = (n1 as f64, n2 as f64);
    let size = (m * n / (m + n)).round_ties_even() as u64;
    (kolmogorov_sf(size, gap as f64 / (m * n)), PValueMethod::Asymptotic)
}

/// 2/C(n₁+n₂, n₁): the chance that one sample lies wholly above the other.
fn apart(n1: u64, n2: u64) -> f64 {
    let few = n1.min(n2);
    let mut chance = 2.0;
    for i in 1..=few {
        chance *= i as f64 / (n1 + n2 - few + i) as f64;
        if chance == 0.0 {
            break;
        }
    }
    chance
}

/// Every order in which n₁ + n₂ values can come is a path from (0, 0) to (n₁, n₂), all equally likely. The chance that a
/// path to (i, j) has left the band |i/n₁ − j/n₂| < gap/(n₁n₂) follows from those of its two last steps.
///
/// # Source
/// J. L. Hodges, "The Significance Probability of the Smirnov Two-Sample Test", Arkiv för Matematik 3 (1958).
fn exact(gap: u64, n1: u64, n2: u64) -> f64 {
    let (m, n) = (n1 as usize, n2 as usize);
    let (n1, n2, gap) = (n1.cast_signed(), n2.cast_signed(), gap.cast_signed());
    let outside = |i: usize, j: usize| (signed(i) * n2 - signed(j) * n1).abs() >= gap;
    let mut column = vec![0.0; n + 1];
    for i in 0..=m {
        for j in 0..=n {
            column[j] = if outside(i, j) {
                1.0
            } else if i == 0 {
                // one way to come here
                if j == 0 { 0.0 } else { column[j - 1] }
            } else if j == 0 {
                column[0]
            } else {
                (column[j] * i as f64 + column[j - 1] * j as f64) / (i + j) as f64
            };
        }
    }
    column[n]
}

/// The smallest gap that is significant at `alpha` for these sizes, from the limit law: what the test can see.
#[must_use]
pub fn detectable_gap(n1: usize, n2: usize, alpha: f64) -> Option<f64> {
    if n1 == 0 || n2 == 0 || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let (m, n) = (n1 as f64, n2 as f64);
    Some((-(alpha / 2.0).ln() / 2.0 * (m + n) / (m * n)).sqrt().min(1.0))
}
