//! A column of numbers, sorted once; everything that compares distributions asks it.

use super::large::Large;

/// The values of a column that are present, ascending. Infinities are values; NaN is a missing one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sorted {
    values: Large,
    missing: usize,
}

impl Sorted {
    /// Sorts numbers; NaN counts as missing, −0 as 0.
    #[must_use]
    pub fn new(mut values: Vec<f64>) -> Self {
        let n = values.len();
        values.retain(|value| !value.is_nan());
        let missing = n - values.len();
        sort(&mut values);
        Self { values: Large::few(values), missing }
    }

    /// The same, kept for being asked again and again.
    #[must_use]
    pub(crate) fn kept(self) -> Self {
        Self { values: self.values.in_large_pages(), missing: self.missing }
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

const SIGN: u64 = 1 << 63;

/// Sorts numbers as whole numbers of the same order: the bits of a positive number with the sign bit set, those of a
/// negative one turned over. Comparing whole numbers is what a processor does fastest.
pub(super) fn sort(values: &mut [f64]) {
    // -0 and 0 are one value
    values.iter_mut().for_each(|value| *value += 0.0);
    let keys: &mut [u64] = bytemuck::must_cast_slice_mut(values);
    let all_ones_if_set = |bits: u64| (bits.cast_signed() >> 63).cast_unsigned();
    keys.iter_mut().for_each(|bits| *bits ^= all_ones_if_set(*bits) | SIGN);
    keys.sort_unstable();
    keys.iter_mut().for_each(|key| *key ^= all_ones_if_set(!*key) | SIGN);
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::work::Seed;

    #[test]
    fn numbers_sort_as_whole_numbers_do() {
        let mut rng = Seed(1).rng("sorted");
        let special = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1.0, -1.0, f64::MAX, -5e-324, f64::NAN];
        for n in [0, 1, 30, 10_001] {
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
