//! The first-order Wasserstein distance of two samples.

use super::sorted::Sorted;

/// How far, on average, values must move to turn one sample into the other: ∫ |F₁(x) − F₂(x)| dx, in the column's own
/// unit. Missing values are left out.
///
/// Infinite where the shares of values at −∞ or at ∞ differ; where they are equal these values need not move. `None` when
/// a sample is empty, or the distance exceeds the largest `f64`.
///
/// # Example
/// From 1, 2, 3 to 2, 3, 4 every value moves by 1.
/// # Source
/// `scipy.stats.wasserstein_distance`.
#[must_use]
pub fn wasserstein(reference: &Sorted, current: &Sorted) -> Option<f64> {
    let (a, b) = (reference.values(), current.values());
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let differ =
        |count: fn(&[f64]) -> usize| count(a) as u128 * b.len() as u128 != count(b) as u128 * a.len() as u128;
    if differ(|values| values.partition_point(|&v| v == f64::NEG_INFINITY))
        || differ(|values| values.len() - values.partition_point(|&v| v < f64::INFINITY))
    {
        return Some(f64::INFINITY);
    }
    let distance = area(a, b);
    distance.is_finite().then_some(distance)
}

/// The area between the two step functions, walked once.
fn area(a: &[f64], b: &[f64]) -> f64 {
    let (wa, wb) = (1.0 / a.len() as f64, 1.0 / b.len() as f64);
    let (mut i, mut j) = (0, 0);
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    let mut x = f64::NEG_INFINITY;
    while i < a.len() || j < b.len() {
        // the next value of either
        let next = match (a.get(i), b.get(j)) {
            (Some(&p), Some(&q)) => p.min(q),
            (Some(&p), None) | (None, Some(&p)) => p,
            (None, None) => break,
        };
        if x != f64::NEG_INFINITY && next != f64::INFINITY && next > x {
            let gap = (i as f64 * wa - j as f64 * wb).abs();
            let piece = gap * (next - x);
            // Neumaier's sum: a million pieces cost no digits
            let total = sum + piece;
            lost += if sum >= piece { (sum - total) + piece } else { (piece - total) + sum };
            sum = total;
        }
        x = next;
        while i < a.len() && a[i] <= x {
            i += 1;
        }
        while j < b.len() && b[j] <= x {
            j += 1;
        }
    }
    sum + lost
}
