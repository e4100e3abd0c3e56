//! Exact quantiles without sorting the whole column.
//!
//! The values are counted into bins; only the bins that hold an order statistic in demand are collected, and
//! each of them is searched in turn the same way until it is small enough to sort.

/// Up to so many values are sorted.
const SORTED: usize = 1024;
/// How often values are dealt into bins before those still together are told apart by comparisons.
const MAX_DEPTH: usize = 4;
/// How many bins there are; a power of two.
const BINS: usize = 4096;
/// The bin of NaN.
const NAN_BIN: usize = BINS;

/// The quantiles of the numbers at the given probabilities (0 to 1), in the order asked for; NaN is ignored.
/// `None` when no number is present, or a probability is NaN or out of range.
///
/// Between two order statistics the value is interpolated linearly: type 7 of Hyndman and Fan, "Sample
/// Quantiles in Statistical Packages" (1996), the default of NumPy, pandas and R. The result is that of
/// `numpy.quantile` to the last bit, except where the distance of two neighbours exceeds the largest `f64`
/// (NumPy returns infinity or NaN there) and for the sign of zeros.
#[must_use]
pub fn quantiles(values: &[f64], probabilities: &[f64]) -> Option<Vec<f64>> {
    if !probabilities.iter().all(|probability| (0.0..=1.0).contains(probability)) {
        return None;
    }
    let bounds = Bounds::of(values);
    let last = bounds.count.checked_sub(1)?;
    let mut ranks: Vec<usize> = Vec::with_capacity(probabilities.len() * 2);
    for probability in probabilities {
        let (rank, _) = position(last, *probability);
        ranks.extend([rank, (rank + 1).min(last)]);
    }
    ranks.sort_unstable();
    ranks.dedup();
    let statistics = order_statistics(values, &bounds, &ranks);
    let statistic = |rank: usize| {
        let found = ranks.binary_search(&rank).ok().and_then(|index| statistics.get(index));
        found.copied().unwrap_or(f64::NAN)
    };
    let interpolated = probabilities.iter().map(|probability| {
        let (rank, weight) = position(last, *probability);
        lerp(statistic(rank), statistic((rank + 1).min(last)), weight)
    });
    Some(interpolated.collect())
}

/// As [`quantiles`], for one probability of values that are sorted already and hold no NaN; `None` without values.
pub(crate) fn of_sorted(values: &[f64], probability: f64) -> Option<f64> {
    let (rank, weight) = position(values.len().checked_sub(1)?, probability);
    let lower = *values.get(rank)?;
    let upper = values.get(rank + 1).copied().unwrap_or(lower);
    Some(lerp(lower, upper, weight))
}

/// The rank at or before a probability's place among the ranks 0 to `last`, and how far it is to the next
/// one.
fn position(last: usize, probability: f64) -> (usize, f64) {
    let place = last as f64 * probability;
    (place as usize, place - place.floor())
}

/// NumPy's `_lerp`: from the nearer end, so that it is monotone and meets both ends.
fn lerp(a: f64, b: f64, weight: f64) -> f64 {
    let distance = b - a;
    if !distance.is_finite() {
        return if a == b || weight == 0.0 { a } else { a * (1.0 - weight) + b * weight };
    }
    if weight >= 0.5 { b - distance * (1.0 - weight) } else { a + distance * weight }
}

/// The smallest and the largest number of a column and how many there are, NaN left out.
struct Bounds {
    min: f64,
    max: f64,
    count: usize,
}

impl Bounds {
    fn of(values: &[f64]) -> Self {
        const LANES: usize = 8;
        let mut min = [f64::INFINITY; LANES];
        let mut max = [f64::NEG_INFINITY; LANES];
        let mut count = [0_u64; LANES];
        let (blocks, rest) = values.as_chunks::<LANES>();
        let mut tail = [f64::NAN; LANES];
        tail[..rest.len()].copy_from_slice(rest);
        for block in blocks.iter().chain([&tail]) {
            for lane in 0..LANES {
                let value = block[lane];
                // Comparisons with NaN are false.
                min[lane] = if value < min[lane] { value } else { min[lane] };
                max[lane] = if value > max[lane] { value } else { max[lane] };
                count[lane] += u64::from(!value.is_nan());
            }
        }
        Self {
            min: min.into_iter().fold(f64::INFINITY, f64::min),
            max: max.into_iter().fold(f64::NEG_INFINITY, f64::max),
            count: count.into_iter().sum::<u64>() as usize,
        }
    }
}

/// The order statistics at `ranks` (ascending, each once, below `bounds.count`) of a column with NaN.
fn order_statistics(values: &[f64], bounds: &Bounds, ranks: &[usize]) -> Vec<f64> {
    let mut found = vec![bounds.min; ranks.len()];
    let wanted = Wanted { base: 0, ranks, found: &mut found };
    if !settled(values, bounds, wanted, 0) {
        let mut present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        partition(&mut present, Wanted { base: 0, ranks, found: &mut found });
    }
    found
}

/// Order statistics in demand of some of a column's values.
struct Wanted<'a> {
    /// The rank of the smallest of the values.
    base: usize,
    /// Ranks in the column, ascending, each once.
    ranks: &'a [usize],
    /// Receives the value at each rank.
    found: &'a mut [f64],
}

/// Finds order statistics of values, NaN among them, by way of bins, which were divided `depth` times
/// already. Says whether it did; if not, comparisons do better.
fn settled(values: &[f64], bounds: &Bounds, wanted: Wanted<'_>, depth: usize) -> bool {
    if bounds.min == bounds.max {
        wanted.found.fill(bounds.min);
        return true;
    }
    if depth == MAX_DEPTH || !(SORTED + 1..u32::MAX as usize).contains(&bounds.count) {
        return false;
    }
    // Bins of equal width fail where a tail is long, bins of equal numbers of bit patterns around zero; one
    // after the other, each makes up for what the other left together.
    match Linear::new(bounds) {
        Some(linear) if depth.is_multiple_of(2) => {
            search_bins(values, |value| linear.bin(value), wanted, depth);
        }
        _ => {
            let patterns = Patterns::new(bounds);
            search_bins(values, |value| patterns.bin(value), wanted, depth);
        }
    }
    true
}

/// Finds order statistics by comparisons: a value of the middle rank, then those below it and above it.
fn partition(values: &mut [f64], wanted: Wanted<'_>) {
    let Wanted { base, ranks, found } = wanted;
    let middle = ranks.len() / 2;
    let Some(&rank) = ranks.get(middle) else { return };
    if values.len() <= SORTED {
        values.sort_unstable_by(f64::total_cmp);
        for (found, &rank) in found.iter_mut().zip(ranks) {
            *found = values.get(rank - base).copied().unwrap_or(f64::NAN);
        }
        return;
    }
    let (below, &mut value, above) = values.select_nth_unstable_by(rank - base, f64::total_cmp);
    let (found_below, found) = found.split_at_mut(middle);
    partition(below, Wanted { base, ranks: &ranks[..middle], found: found_below });
    if let [found, found_above @ ..] = found {
        *found = value;
        partition(above, Wanted { base: rank + 1, ranks: &ranks[middle + 1..], found: found_above });
    }
}

/// Bins of equal width between two bounds.
struct Linear {
    min: f64,
    per_unit: f64,
}

impl Linear {
    /// `None` when the bounds are too far apart, too close together or not finite.
    fn new(bounds: &Bounds) -> Option<Self> {
        let per_unit = (BINS - 1) as f64 / (bounds.max - bounds.min);
        per_unit.is_normal().then_some(Self { min: bounds.min, per_unit })
    }

    /// The bin of a value between the bounds; [`NAN_BIN`] for NaN. Bins ascend with the values, since each
    /// step rounds monotonically.
    #[inline]
    fn bin(&self, value: f64) -> usize {
        // Adding 2^52 rounds to an integer and leaves it in the last bits.
        let rounded = (value - self.min) * self.per_unit + 4_503_599_627_370_496.0;
        let bin = rounded.to_bits() as usize & (BINS - 1);
        if value.is_nan() { NAN_BIN } else { bin }
    }
}

/// Bins of equally many `f64` between two bounds, so that their width grows with the magnitude.
struct Patterns {
    min: i64,
    shift: u32,
}

impl Patterns {
    fn new(bounds: &Bounds) -> Self {
        let (min, max) = (Self::ordinal(bounds.min), Self::ordinal(bounds.max));
        let bits = u64::BITS - max.wrapping_sub(min).cast_unsigned().leading_zeros();
        Self { min, shift: bits.saturating_sub(BINS.trailing_zeros()) }
    }

    /// An integer that ascends with the number, the same for -0.0 as for 0.0.
    #[inline]
    fn ordinal(value: f64) -> i64 {
        let bits = (value + 0.0).to_bits().cast_signed();
        bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
    }

    /// The bin of a value between the bounds; [`NAN_BIN`] for NaN.
    #[inline]
    fn bin(&self, value: f64) -> usize {
        let above = Self::ordinal(value).wrapping_sub(self.min).cast_unsigned();
        let bin = (above >> self.shift) as usize & (BINS - 1);
        if value.is_nan() { NAN_BIN } else { bin }
    }
}

/// A bin that holds a rank in demand, and those ranks.
struct Part<'a> {
    start: usize,
    end: usize,
    wanted: Wanted<'a>,
}

/// Counts the values into bins, collects those of each bin that holds an order statistic in demand, and
/// searches these. `bin_of` ascends with the values and is below [`BINS`], or [`NAN_BIN`] for NaN.
fn search_bins(values: &[f64], bin_of: impl Fn(f64) -> usize, wanted: Wanted<'_>, depth: usize) {
    let mut counts = [0_u32; 2 * BINS];
    for &value in values {
        counts[bin_of(value)] += 1;
    }
    let Wanted { base, mut ranks, mut found } = wanted;

    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut below = base;
    let mut start = 0;
    // Where a bin's next value goes.
    let mut places = [u32::MAX; 2 * BINS];
    for (&count, place) in counts[..BINS].iter().zip(&mut places) {
        let above = below + count as usize;
        let n_here = ranks.partition_point(|&rank| rank < above);
        if n_here > 0 {
            let (here, later) = ranks.split_at(n_here);
            let (found_here, found_later) = found.split_at_mut(n_here);
            (ranks, found) = (later, found_later);
            let end = start + count as usize;
            parts.push(Part { start, end, wanted: Wanted { base: below, ranks: here, found: found_here } });
            *place = start as u32;
            start = end;
        }
        below = above;
    }

    // Values of all other bins go to one place past the end, without a branch that half of them might take.
    let mut collected = vec![0.0; start + 1];
    let unwanted = start as u32;
    for place in &mut places {
        *place = unwanted.min(*place);
    }
    for &value in values {
        let place = &mut places[bin_of(value)];
        if let Some(slot) = collected.get_mut(*place as usize) {
            *slot = value;
        }
        *place += u32::from(*place != unwanted);
    }
    for part in parts {
        let Some(values) = collected.get_mut(part.start..part.end) else { continue };
        let Wanted { base, ranks, found } = part.wanted;
        let is_small = values.len() <= SORTED;
        if is_small || !settled(values, &Bounds::of(values), Wanted { base, ranks, found }, depth + 1) {
            partition(values, Wanted { base, ranks, found });
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand::seq::SliceRandom;

    use super::*;
    use crate::work::Seed;

    /// `u = ((np.arange(100000, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)) / 2**32`
    fn scattered() -> Vec<f64> {
        (0..100_000_u64).map(|i| (i * 2_654_435_761 % (1 << 32)) as f64 / 4_294_967_296.0).collect()
    }

    const PROBABILITIES: [f64; 6] = [0.001, 0.1, 1.0 / 3.0, 0.5, 0.9, 0.999];

    /// `np.quantile(x, [0.001, .1, 1/3, .5, .9, .999]).tolist()`, NumPy 2.4
    #[test]
    fn agrees_with_numpy() {
        let digits = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        // np.quantile([3., 1, 4, 1, 5, 9, 2, 6], [0, .1, .25, .5, .75, .9, 1])
        let expected = vec![1.0, 1.0, 1.75, 3.5, 5.25, 6.8999999999999995, 9.0];
        assert_eq!(quantiles(&digits, &[0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]), Some(expected));

        let u = scattered();
        let expected = vec![
            0.0010060969586484134,
            0.10000003811437637,
            0.3333187405951321,
            0.5000082560582086,
            0.899998655752279,
            0.9989885260504671,
        ];
        assert_eq!(quantiles(&u, &PROBABILITIES), Some(expected));

        // (u - .5) / (u[::-1] + 1e-9): a long tail
        let ratios: Vec<f64> = u.iter().zip(u.iter().rev()).map(|(a, b)| (a - 0.5) / (b + 1e-9)).collect();
        let expected = vec![
            -0.640033581415887,
            -0.587679428114349,
            -0.37261828635293603,
            2.9419236411776126e-05,
            1.8064305239989789,
            277.9422877105877,
        ];
        assert_eq!(quantiles(&ratios, &PROBABILITIES), Some(expected));

        // (u - .5) * (u - .5) * (u - .5) * 1e6: many near zero
        let cubes: Vec<f64> = u.iter().map(|u| (u - 0.5) * (u - 0.5) * (u - 0.5) * 1e6).collect();
        let expected = vec![
            -124246.9446097977,
            -63999.98170588171,
            -4630.8457976235095,
            6.075096835665067e-10,
            63999.35479270873,
            124242.92812290923,
        ];
        assert_eq!(quantiles(&cubes, &PROBABILITIES), Some(expected));
    }

    #[test]
    fn edge_cases() {
        let nan = f64::NAN;
        assert_eq!(quantiles(&[], &[0.5]), None);
        assert_eq!(quantiles(&[nan, nan], &[0.5]), None);
        assert_eq!(quantiles(&[1.0], &[]), Some(vec![]));
        assert_eq!(quantiles(&[nan, 7.0], &[0.0, 0.3, 1.0]), Some(vec![7.0; 3]));
        assert_eq!(quantiles(&[2.0, nan, 1.0], &[1.0, 0.5, 0.0, 0.5]), Some(vec![2.0, 1.5, 1.0, 1.5]));
        for wrong in [-0.1, 1.1, nan, f64::INFINITY] {
            assert_eq!(quantiles(&[1.0], &[0.5, wrong]), None);
        }
        assert_eq!(quantiles(&vec![-3.5; 5000], &[0.1, 0.9]), Some(vec![-3.5; 2]));
        assert_eq!(quantiles(&[f64::MAX, -f64::MAX], &[0.0, 0.5, 1.0]), Some(vec![-f64::MAX, 0.0, f64::MAX]));
        assert_eq!(quantiles(&[f64::INFINITY, 1.0, 2.0], &[0.5, 1.0]), Some(vec![2.0, f64::INFINITY]));
    }

    /// Columns on which bins of one kind or the other do badly, against sorting.
    #[test]
    fn agrees_with_sorting() {
        type Make = fn(f64, usize) -> f64;
        let columns: [(&str, Make); 14] = [
            ("even", |u, _| u),
            ("long tail", |u, _| (u * 700.0).exp()),
            ("two long tails", |u, _| (u - 0.5).signum() * (u * 1400.0 - 700.0).abs().exp()),
            ("half zero", |u, _| if u < 0.5 { -0.0 } else { u - 0.5 }),
            ("zeros of both signs", |u, _| if u < 0.5 { -0.0 } else { 0.0 }),
            ("one outlier", |u, i| if i == 0 { 1e300 } else { u }),
            ("nearly equal", |u, _| 1.0 + (u * 1000.0).round() * f64::EPSILON),
            ("nearly equal and an outlier", |u, i| if i == 0 { -1e300 } else { 1.0 + u * 1e-12 }),
            ("two clusters", |u, i| u * 1e-9 + if i % 2 == 0 { 1e9 } else { -1e9 }),
            ("extremes", |u, _| (u - 0.5) * f64::MAX * 2.0),
            ("subnormal", |u, _| (u * 1e6).round() * 5e-324),
            ("ascending", |_, i| i as f64),
            ("infinities", |u, _| if u > 0.9 { f64::INFINITY } else { u }),
            ("integers", |u, _| (u * 20.0).floor()),
        ];
        let mut rng = Seed(11).rng("quantile");
        let grid: Vec<f64> = (0..=40).map(|i| f64::from(i) / 40.0).collect();
        for n in [SORTED, SORTED + 1, 1500, 30_000] {
            for (name, make) in columns {
                let mut values: Vec<f64> = (0..n).map(|i| make(rng.random(), i)).collect();
                let mut sorted = values.clone();
                sorted.sort_unstable_by(f64::total_cmp);
                values.extend([f64::NAN; 33]);
                if name != "ascending" {
                    values.shuffle(&mut rng);
                }
                let expected: Vec<f64> = grid
                    .iter()
                    .map(|p| {
                        let place = (n - 1) as f64 * p;
                        let next = (place.floor() as usize + 1).min(n - 1);
                        lerp(sorted[place.floor() as usize], sorted[next], place.fract())
                    })
                    .collect();
                assert_eq!(quantiles(&values, &grid), Some(expected), "{n} values, {name}");
            }
        }
    }

    #[test]
    fn comparisons_alone_agree_with_sorting() {
        let mut values = scattered();
        let ranks = [0, 1, 49_999, 50_000, 99_998, 99_999];
        let mut found = [0.0; 6];
        partition(&mut values, Wanted { base: 0, ranks: &ranks, found: &mut found });
        values.sort_unstable_by(f64::total_cmp);
        assert_eq!(found, ranks.map(|rank| values[rank]));
    }

    #[test]
    fn bit_patterns_ascend() {
        let ascending = [f64::NEG_INFINITY, -f64::MAX, -1.0, -5e-324, 0.0, 5e-324, 1.0, f64::INFINITY];
        assert!(ascending.map(Patterns::ordinal).is_sorted_by(|a, b| a < b));
        assert_eq!(Patterns::ordinal(-0.0), Patterns::ordinal(0.0));
        let bounds = Bounds { min: f64::NEG_INFINITY, max: f64::INFINITY, count: 2000 };
        let patterns = Patterns::new(&bounds);
        assert!(ascending.map(|value| patterns.bin(value)).is_sorted());
        assert!(patterns.bin(f64::INFINITY) < BINS);
    }
}
