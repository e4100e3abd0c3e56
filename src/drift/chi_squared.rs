//! The chi-squared test of two rows of counts, and Cramér's V.

use serde::Serialize;

use super::special::chi_squared_sf;

/// The test's result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChiSquared {
    /// Σ (observed − expected)² / expected over the 2 × k table.
    pub statistic: f64,
    /// The chance of a statistic at least this large, if both rows came from one distribution; rough where expected counts
    /// are below 5.
    pub p_value: f64,
    /// Degrees of freedom: the levels that occur, less one.
    pub dof: usize,
    /// The smallest expected count.
    pub smallest_expected: f64,
}

/// Pearson's test that both rows of counts have the same shares, without continuity correction; levels that occur on
/// neither side are left out. With a single level the statistic is 0 and the p-value 1.
///
/// # Shapes
/// As many counts on both sides. `None` for other shapes, and when a side is empty.
/// # Source
/// `scipy.stats.chi2_contingency` with `correction=False`.
#[must_use]
pub fn chi_squared(reference: &[usize], current: &[usize]) -> Option<ChiSquared> {
    let n1: usize = reference.iter().sum();
    let n2: usize = current.iter().sum();
    if reference.len() != current.len() || n1 == 0 || n2 == 0 {
        return None;
    }
    let (n1, n2) = (n1 as f64, n2 as f64);
    let n = n1 + n2;
    let (mut statistic, mut levels, mut smallest_expected) = (0.0, 0_usize, f64::INFINITY);
    for (&r, &c) in reference.iter().zip(current) {
        let both = (r + c) as f64;
        if both == 0.0 {
            continue;
        }
        levels += 1;
        let (expected_r, expected_c) = (both * n1 / n, both * n2 / n);
        smallest_expected = smallest_expected.min(expected_r).min(expected_c);
        statistic +=
            (r as f64 - expected_r).powi(2) / expected_r + (c as f64 - expected_c).powi(2) / expected_c;
    }
    let dof = levels - 1;
    let p_value = if dof == 0 { 1.0 } else { chi_squared_sf(statistic, dof) };
    Some(ChiSquared { statistic: if dof == 0 { 0.0 } else { statistic }, p_value, dof, smallest_expected })
}

/// The same test after rare levels are put together among themselves, the rarest first, into groups of which none is
/// expected fewer than five times on a side, as the test's p-value wants it.
///
/// `None` as for [`chi_squared`], and where several levels make one group only: then there is nothing to compare.
#[must_use]
pub fn chi_squared_pooled(reference: &[usize], current: &[usize]) -> Option<ChiSquared> {
    let n1: usize = reference.iter().sum();
    let n2: usize = current.iter().sum();
    if reference.len() != current.len() || n1 == 0 || n2 == 0 {
        return None;
    }
    // the smaller side expects `both · min(n1, n2) / n` of a level
    let needed = 5.0 * (n1 + n2) as f64 / n1.min(n2) as f64;
    let mut levels: Vec<(usize, usize, usize)> = reference
        .iter()
        .zip(current)
        .enumerate()
        .map(|(at, (&r, &c))| (at, r, c))
        .filter(|(_, r, c)| r + c > 0)
        .collect();
    // Equally rare levels come in an order that does not know their side. The order given does: the levels of the reference
    // stand before those that only the current side has, and groups made of one side alone differ whatever the data is.
    levels.sort_by_key(|&(at, r, c)| (r + c, scattered(at)));
    let short = |(r, c): (usize, usize)| ((r + c) as f64) < needed;
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for &(_, r, c) in &levels {
        match groups.last_mut() {
            Some(last) if short(*last) => *last = (last.0 + r, last.1 + c),
            _ => groups.push((r, c)),
        }
    }
    if let [.., before, last] = groups.as_mut_slice()
        && short(*last)
    {
        *before = (before.0 + last.0, before.1 + last.1);
        groups.pop();
    }
    if groups.len() == 1 && levels.len() > 1 {
        return None;
    }
    let (r, c): (Vec<usize>, Vec<usize>) = groups.into_iter().unzip();
    chi_squared(&r, &c)
}

/// A place in an order that has nothing to do with the given one: `SplitMix64`'s output function. A mere multiple of the
/// place would spread the sides more evenly than chance does, and the test would hardly ever reject.
fn scattered(at: usize) -> u64 {
    let mut place = (at as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    place = (place ^ (place >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    place = (place ^ (place >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    place ^ (place >> 31)
}

/// Cramér's V of a 2 × k table: √(χ² / n), from 0 (same shares) to 1 (no level in common).
#[must_use]
pub fn cramers_v(reference: &[usize], current: &[usize]) -> Option<f64> {
    let test = chi_squared(reference, current)?;
    let n: usize = reference.iter().sum::<usize>() + current.iter().sum::<usize>();
    Some((test.statistic / n as f64).sqrt().min(1.0))
}
