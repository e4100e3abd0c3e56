//! A column of numbers, sorted once; everything that compares distributions asks it.

/// From this size on a radix sort is faster than comparisons.
const RADIX_FROM: usize = 4_096;
const DIGIT_BITS: u32 = 11;
const N_DIGITS: usize = 6;
const BUCKETS: usize = 1 << DIGIT_BITS;

/// The values of a column that are present, ascending. Infinities are values; NaN is a missing one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sorted {
    values: Vec<f64>,
    missing: usize,
}

impl Sorted {
    /// Sorts numbers; NaN counts as missing, −0 as 0.
    #[must_use]
    pub fn new(mut values: Vec<f64>) -> Self {
        let n = values.len();
        values.retain(|value| !value.is_nan());
        let missing = n - values.len();
        if values.len() < RADIX_FROM {
            values.iter_mut().for_each(|value| *value += 0.0);
            values.sort_unstable_by(f64::total_cmp);
        } else {
            radix_sort(&mut values);
        }
        Self { values, missing }
    }

    /// The values, ascending.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many values are present.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no value is present.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many values are missing.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// The smallest and the largest value; `None` without values.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        Some((*self.values.first()?, *self.values.last()?))
    }

    /// How many values are at most `x`.
    #[must_use]
    pub fn at_most(&self, x: f64) -> usize {
        self.values.partition_point(|&value| value <= x)
    }

    /// How many values are below `x`.
    #[must_use]
    pub fn below(&self, x: f64) -> usize {
        self.values.partition_point(|&value| value < x)
    }

    /// The distinct values, ascending, if there are at most `limit`.
    #[must_use]
    pub fn distinct_up_to(&self, limit: usize) -> Option<Vec<f64>> {
        let mut distinct = Vec::new();
        let mut at = 0;
        while let Some(&value) = self.values.get(at) {
            if distinct.len() == limit {
                return None;
            }
            distinct.push(value);
            at += self.values[at..].partition_point(|&other| other <= value);
        }
        Some(distinct)
    }

    /// The quantile at a probability from 0 to 1, interpolated linearly (NumPy's default); `None` without values.
    #[must_use]
    pub fn quantile(&self, probability: f64) -> Option<f64> {
        crate::data::quantile::of_sorted(&self.values, probability)
    }

    /// Mean and sample standard deviation of the values; `None` where they are not finite numbers, or without values.
    #[must_use]
    pub fn mean_and_std(&self) -> Option<(f64, Option<f64>)> {
        let summary = crate::data::profile::summarize(&self.values)?;
        summary.mean.is_finite().then_some((summary.mean, summary.std))
    }
}

/// The bits of a number, flipped so that they sort as the numbers do; −0 becomes 0.
fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    bits ^ (((bits.cast_signed() >> 63).cast_unsigned()) | (1 << 63))
}

fn value(key: u64) -> f64 {
    let mask = ((key ^ (1 << 63)).cast_signed() >> 63).cast_unsigned() | (1 << 63);
    f64::from_bits(key ^ mask)
}

/// Least significant digit first, six digits of eleven bits; a digit that is the same everywhere is skipped.
fn radix_sort(values: &mut [f64]) {
    let mut counts = vec![[0_u32; BUCKETS]; N_DIGITS];
    let mut keys: Vec<u64> = Vec::with_capacity(values.len());
    keys.extend(values.iter().map(|&value| key(value)));
    for &key in &keys {
        for (digit, counts) in counts.iter_mut().enumerate() {
            counts[digit_of(key, digit)] += 1;
        }
    }
    let mut other = vec![0_u64; keys.len()];
    for (digit, counts) in counts.iter_mut().enumerate() {
        if counts.iter().any(|&count| count as usize == keys.len()) {
            continue;
        }
        let mut start = 0;
        for count in counts.iter_mut() {
            start += std::mem::replace(count, start);
        }
        for &key in &keys {
            let place = &mut counts[digit_of(key, digit)];
            other[*place as usize] = key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut other);
    }
    values.iter_mut().zip(&keys).for_each(|(into, &key)| *into = value(key));
}

#[inline(always)]
fn digit_of(key: u64, digit: usize) -> usize {
    (key >> (DIGIT_BITS * digit as u32)) as usize & (BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::work::Seed;

    #[test]
    fn the_radix_sort_is_a_sort() {
        let mut rng = Seed(1).rng("sorted");
        let special = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1.0, -1.0, f64::MAX, -5e-324, f64::NAN];
        for n in [RADIX_FROM, 10_001] {
            let mut values: Vec<f64> = (0..n).map(|_| f64::from_bits(rng.next_u64())).collect();
            values.extend(special);
            let mut expected: Vec<f64> =
                values.iter().filter(|v| !v.is_nan()).map(|v| if *v == 0.0 { 0.0 } else { *v }).collect();
            expected.sort_by(f64::total_cmp);
            let missing = values.len() - expected.len();
            let sorted = Sorted::new(values);
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(sorted.values()), bits(&expected));
            assert_eq!(sorted.missing(), missing);
        }
    }

    #[test]
    fn counts_of_few_values() {
        let sorted = Sorted::new(vec![2.0, 1.0, f64::NAN, 2.0, -0.0]);
        assert_eq!(sorted.values(), [0.0, 1.0, 2.0, 2.0]);
        assert_eq!((sorted.missing(), sorted.at_most(2.0), sorted.below(2.0)), (1, 4, 2));
        assert_eq!(sorted.distinct_up_to(3), Some(vec![0.0, 1.0, 2.0]));
        assert_eq!(sorted.distinct_up_to(2), None);
        assert_eq!(sorted.quantile(0.5), Some(1.5));
        assert_eq!(Sorted::new(vec![]).range(), None);
    }
}
