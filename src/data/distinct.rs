//! The exact number of distinct values in a column.
//!
//! Columns with few distinct values are counted in a hash table that fits the processor's first cache. Others
//! are first dealt out into parts by some bits of their hash, so that the table of each part fits it too; a
//! single table for the whole column would miss the caches at every value. The dealt-out copy takes 8 bytes
//! per value.

/// Up to so many values are counted in a single table without dealing them out.
const SMALL: usize = 1 << 12;
/// The single table is given up for parts once it has so many distinct values.
const FEW: usize = 2048;
/// The number of values that a part has on average, unless that takes more than [`MAX_PARTS`]. Its table of
/// 32 KiB fits the first cache.
const PART: usize = 1024;
/// The most parts; more would scatter the writes over more places than the processor can keep open.
const MAX_PARTS: usize = 1024;

/// How many distinct numbers there are. NaN is ignored, -0.0 equals 0.0.
#[must_use]
pub(super) fn count_distinct_f64(values: &[f64]) -> usize {
    let count = count(values.len(), || values.iter().map(|&value| key_of(value)));
    count - usize::from(values.iter().any(|value| value.is_nan()))
}

/// How many distinct dates there are; [`super::MISSING_DATE`] is ignored.
#[must_use]
pub(super) fn count_distinct_i64(values: &[i64]) -> usize {
    let count = count(values.len(), || values.iter().map(|&value| value as u64));
    count - usize::from(values.contains(&super::MISSING_DATE))
}

/// The distinct numbers in ascending order if there are at most `limit`, else `None`, without reading further
/// than to the number that is one too many. NaN is ignored, -0.0 equals 0.0 and is returned as 0.0.
#[must_use]
pub fn distinct_values_up_to(values: &[f64], limit: usize) -> Option<Vec<f64>> {
    let mut set = Set::new(limit.min(values.len()).min(FEW));
    let mut distinct = Vec::new();
    // Neighbours are often equal in sorted or constant columns.
    let mut last = f64::NAN;
    for &value in values {
        if value.is_nan() || value == last {
            continue;
        }
        last = value;
        if set.insert(mix(key_of(value))) {
            if distinct.len() == limit {
                return None;
            }
            distinct.push(value + 0.0);
        }
    }
    distinct.sort_unstable_by(f64::total_cmp);
    Some(distinct)
}

/// A number's bits, the same for -0.0 as for 0.0 and for every NaN.
fn key_of(value: f64) -> u64 {
    // -0.0 + 0.0 is 0.0.
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

/// Spreads keys evenly over 64 bits, each to a place of its own (two multiplications and a shift of
/// Stafford's "Mix13", each of which can be undone); so equal means equal and the key itself need not be
/// kept.
fn mix(key: u64) -> u64 {
    let key = key.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (key ^ (key >> 32)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

/// How many distinct keys there are.
fn count<I: Iterator<Item = u64>>(n: usize, keys: impl Fn() -> I) -> usize {
    let mut set = Set::new(n.min(FEW));
    let few = if n <= SMALL { n } else { FEW };
    for key in keys() {
        set.insert(mix(key));
        if set.len > few {
            return count_in_parts(n, &keys);
        }
    }
    set.len
}

/// As [`count`], for many distinct keys.
fn count_in_parts<I: Iterator<Item = u64>>(n: usize, keys: &impl Fn() -> I) -> usize {
    let n_parts = (n / PART).next_power_of_two().clamp(2, MAX_PARTS);
    let shift = 64 - n_parts.trailing_zeros();
    let mut ends = vec![0_usize; n_parts];
    for key in keys() {
        ends[(mix(key) >> shift) as usize] += 1;
    }
    let mut next = 0;
    for end in &mut ends {
        // Here the start of each part; dealing out moves it to the end.
        (*end, next) = (next, next + *end);
    }
    let mut dealt = vec![0_u64; n];
    for key in keys() {
        let hash = mix(key);
        let place = &mut ends[(hash >> shift) as usize];
        if let Some(slot) = dealt.get_mut(*place) {
            *slot = hash;
        }
        *place += 1;
    }
    let mut set = Set::new(2 * PART);
    let mut count = 0;
    let mut start = 0;
    for end in ends {
        let part = dealt.get(start..end).unwrap_or(&[]);
        start = end;
        // The first bits are the same throughout the part.
        set.clear();
        for &hash in part {
            set.insert(hash.rotate_left(64 - shift));
        }
        count += set.len;
    }
    count
}

/// A set of hashes: open addressing, at most half full.
struct Set {
    /// A power of two many; 0 is an empty one.
    slots: Vec<u64>,
    /// 64 less the binary logarithm of the number of slots: the first bits of a hash are its place.
    shift: u32,
    /// How many hashes are in the set, 0 included.
    len: usize,
    has_zero: bool,
}

impl Set {
    /// An empty set that holds so many hashes before it grows.
    fn new(capacity: usize) -> Self {
        let n_slots = (capacity.max(8) * 2).next_power_of_two();
        Self { slots: vec![0; n_slots], shift: 64 - n_slots.trailing_zeros(), len: 0, has_zero: false }
    }

    fn clear(&mut self) {
        self.slots.fill(0);
        self.len = 0;
        self.has_zero = false;
    }

    /// Adds a hash; says whether it is new.
    fn insert(&mut self, hash: u64) -> bool {
        if hash == 0 {
            let new = !self.has_zero;
            self.has_zero = true;
            self.len += usize::from(new);
            return new;
        }
        let mask = self.slots.len() - 1;
        let mut place = (hash >> self.shift) as usize;
        loop {
            let slot = &mut self.slots[place & mask];
            if *slot == hash {
                return false;
            }
            if *slot == 0 {
                *slot = hash;
                self.len += 1;
                if self.len * 2 > self.slots.len() {
                    self.grow();
                }
                return true;
            }
            place += 1;
        }
    }

    fn grow(&mut self) {
        let mut larger = Self::new(self.slots.len());
        for &hash in self.slots.iter().filter(|&&hash| hash != 0) {
            larger.insert(hash);
        }
        if self.has_zero {
            larger.insert(0);
        }
        *self = larger;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::RngExt;

    use super::*;
    use crate::data::MISSING_DATE;
    use crate::work::Seed;

    fn plainly(values: &[f64]) -> usize {
        let present = values.iter().filter(|value| !value.is_nan());
        present.map(|&value| (value + 0.0).to_bits()).collect::<HashSet<_>>().len()
    }

    #[test]
    fn small_cases() {
        let nan = f64::NAN;
        assert_eq!(count_distinct_f64(&[]), 0);
        assert_eq!(count_distinct_f64(&[nan, -nan]), 0);
        assert_eq!(count_distinct_f64(&[0.0, -0.0, nan]), 1);
        assert_eq!(count_distinct_f64(&[1.0, 2.0, 1.0, nan, 5e-324, -5e-324, f64::MAX, f64::INFINITY]), 6);
        assert_eq!(count_distinct_i64(&[]), 0);
        assert_eq!(count_distinct_i64(&[MISSING_DATE]), 0);
        assert_eq!(count_distinct_i64(&[0, -1, 0, MISSING_DATE, i64::MAX, i64::MIN + 1]), 4);
    }

    #[test]
    fn agrees_with_a_hash_set() {
        let mut rng = Seed(3).rng("distinct");
        for n in [1, 100, 2047, 2049, SMALL, SMALL + 1, 60_000, 300_000] {
            for levels in [1, 2, 1000, 2048, 2049, 5000, 200_000, u32::MAX] {
                let values: Vec<f64> = (0..n)
                    .map(|_| match rng.random_range(0..levels) {
                        0 => -0.0,
                        1 => f64::NAN,
                        level => f64::from(level) * 0.01 - 5.0,
                    })
                    .collect();
                assert_eq!(count_distinct_f64(&values), plainly(&values), "{n} values of {levels}");
                let dates: Vec<i64> = values.iter().map(|value| (value * 100.0) as i64).collect();
                let distinct = dates.iter().collect::<HashSet<_>>().len();
                assert_eq!(count_distinct_i64(&dates), distinct, "{n} dates of {levels}");
            }
        }
    }

    /// One frequent value among distinct ones, in order: parts of very unequal sizes, a table that grows.
    #[test]
    fn uneven_columns() {
        let half: Vec<f64> = (0..200_000).map(|i| f64::from(i).max(100_000.0)).collect();
        assert_eq!(count_distinct_f64(&half), 100_000);
        let patterns: Vec<f64> = (0..50_000_u64).map(f64::from_bits).collect();
        assert_eq!(count_distinct_f64(&patterns), 50_000);
        let powers: Vec<i64> = (0..100_000).map(|i| (1 << (i % 63)) + i).collect();
        assert_eq!(count_distinct_i64(&powers), powers.iter().collect::<HashSet<_>>().len());
    }

    #[test]
    fn zero_is_a_hash_as_well() {
        assert_eq!(mix(0), 0);
        let mut set = Set::new(1);
        assert!(set.insert(0));
        assert!(!set.insert(0));
        for hash in 1..1000 {
            assert!(set.insert(hash << 40));
            assert!(!set.insert(hash << 40));
        }
        assert!(!set.insert(0));
        assert_eq!(set.len, 1000);
    }

    #[test]
    fn distinct_values() {
        let nan = f64::NAN;
        assert_eq!(distinct_values_up_to(&[], 0), Some(vec![]));
        assert_eq!(distinct_values_up_to(&[nan], 0), Some(vec![]));
        assert_eq!(distinct_values_up_to(&[1.0], 0), None);
        assert_eq!(distinct_values_up_to(&[3.0, nan, -1.0, 3.0, -0.0, 0.0], 3), Some(vec![-1.0, 0.0, 3.0]));
        assert_eq!(distinct_values_up_to(&[3.0, nan, -1.0, 3.0, -0.0, 0.0], 2), None);
        assert!(distinct_values_up_to(&[-0.0], 1).is_some_and(|values| values[0].is_sign_positive()));
        let many: Vec<f64> = (0..10_000).map(|i| f64::from((i * 7919) % 5000)).collect();
        let all: Vec<f64> = (0..5000).map(f64::from).collect();
        assert_eq!(distinct_values_up_to(&many, 5000), Some(all.clone()));
        assert_eq!(distinct_values_up_to(&many, usize::MAX), Some(all));
        assert_eq!(distinct_values_up_to(&many, 4999), None);
    }
}
