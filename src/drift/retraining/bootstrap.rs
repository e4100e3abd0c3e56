//! Intervals by resampling: how much a mean, or a difference of means, is worth.

use pulp::{Arch, Simd, WithSimd};
use rand::Rng;
use rand_distr::{Distribution, Normal};
use serde::Serialize;

use super::losses::mean;
use crate::work::Seed;

const RESAMPLES: usize = 1_000;
/// Values from which a resample's mean is drawn from the normal distribution that it tends to (mean and s/√n of the sample;
/// the central limit theorem), whose quantiles then differ less from those of the resamples than 1,000 of them
/// do among themselves: a million values would take seconds to be drawn a thousand times.
const LARGE: usize = 20_000;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The figure itself.
    pub value: f64,
    /// 2.5 % of the resamples lie below.
    pub low: f64,
    /// 2.5 % lie above.
    pub high: f64,
}

impl Interval {
    /// Whether the whole interval is above x.
    #[must_use]
    pub fn is_above(&self, x: f64) -> bool {
        self.low > x
    }

    /// Whether the whole interval is below x.
    #[must_use]
    pub fn is_below(&self, x: f64) -> bool {
        self.high < x
    }
}

/// A sample that is resampled: the means of its resamples.
struct Resampled<'a> {
    values: &'a [f64],
    /// What the means follow, for a large sample.
    normal: Option<Normal<f64>>,
}

impl<'a> Resampled<'a> {
    fn new(values: &'a [f64]) -> Self {
        let large = (values.len() > LARGE).then(|| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
            // of the sample as a population: that is what resamples are drawn from
            Normal::new(mean, (squares / n / n).sqrt())
        });
        Self { values, normal: large.and_then(Result::ok) }
    }

    fn mean(&self, rng: &mut impl Rng) -> f64 {
        if let Some(normal) = &self.normal {
            return normal.sample(rng);
        }
        let n = self.values.len() as u128;
        let mut sum = 0.0;
        for _ in 0..self.values.len() {
            sum += self.values[((u128::from(rng.next_u64()) * n) >> 64) as usize];
        }
        sum / self.values.len() as f64
    }
}

fn interval(value: f64, mut resamples: Vec<f64>) -> Interval {
    let mut at = |share: f64| {
        let rank = ((share * resamples.len() as f64) as usize).min(resamples.len() - 1);
        *resamples.select_nth_unstable_by(rank, f64::total_cmp).1
    };
    Interval { value, low: at(0.025), high: at(0.975) }
}

/// The mean of values (for pairs: of the differences), by the percentile bootstrap; `None` for fewer than two values.
#[must_use]
pub fn mean_interval(values: &[f64], seed: Seed) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let mut rng = seed.rng("bootstrap");
    let sample = Resampled::new(values);
    Some(interval(mean(values)?, (0..RESAMPLES).map(|_| sample.mean(&mut rng)).collect()))
}

/// The picks of [`mean_interval`] for samples of one size, made once for many samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Resamples {
    n: usize,
    seed: Seed,
    /// None for samples that are too few or too large to be picked from. Small, so that all stay near the processor.
    picks: Vec<u16>,
}

impl Resamples {
    /// For samples of `n` values.
    #[must_use]
    pub fn new(n: usize, seed: Seed) -> Self {
        let mut rng = seed.rng("bootstrap");
        // below n, and so below 2¹⁶
        let pick = |_| ((u128::from(rng.next_u64()) * n as u128) >> 64) as u16;
        let n_picks = if (2..=LARGE).contains(&n) { n * RESAMPLES } else { 0 };
        Self { n, seed, picks: (0..n_picks).map(pick).collect() }
    }

    /// As [`mean_interval`], which samples of another size are given to.
    #[must_use]
    pub fn mean_interval(&self, values: &[f64]) -> Option<Interval> {
        self.mean_intervals(&[values]).into_iter().next().flatten()
    }

    /// The intervals of many samples.
    #[must_use]
    pub fn mean_intervals(&self, samples: &[&[f64]]) -> Vec<Option<Interval>> {
        let is_kept = |values: &[f64]| values.len() == self.n && !self.picks.is_empty();
        let kept: Vec<usize> = (0..samples.len()).filter(|&at| is_kept(samples[at])).collect();
        let mut found: Vec<Option<Interval>> = samples
            .iter()
            .map(|values| if is_kept(values) { None } else { mean_interval(values, self.seed) })
            .collect();
        for group in kept.chunks(LANES) {
            let mut rows = vec![[0.0; LANES]; self.n];
            for (lane, &at) in group.iter().enumerate() {
                rows.iter_mut().zip(samples[at]).for_each(|(row, value)| row[lane] = *value);
            }
            // for the widest vectors that this processor has
            let means = Arch::new().dispatch(Means { rows: &rows, picks: &self.picks });
            for (lane, &at) in group.iter().enumerate() {
                let resamples = means.iter().map(|means| means[lane]).collect();
                found[at] = mean(samples[at]).map(|value| interval(value, resamples));
            }
        }
        found
    }
}

/// Samples that are picked from at a time: a pick costs as much as adding what it picks of so many.
const LANES: usize = 8;

/// The means of all resamples of some samples: the values of a row stand beside each other.
struct Means<'a> {
    rows: &'a [[f64; LANES]],
    picks: &'a [u16],
}

impl WithSimd for Means<'_> {
    type Output = Vec<[f64; LANES]>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        /// Sums side by side: one alone would wait for itself.
        const SUMS: usize = 4;
        let Self { rows, picks } = self;
        let n = rows.len();
        let mut means = vec![[0.0; LANES]; RESAMPLES];
        for resample in 0..RESAMPLES {
            let picks = &picks[resample * n..][..n];
            let mut sums = [[0.0; LANES]; SUMS];
            for group in 0..n / SUMS {
                for at in 0..SUMS {
                    let row = &rows[usize::from(picks[group * SUMS + at])];
                    for lane in 0..LANES {
                        sums[at][lane] += row[lane];
                    }
                }
            }
            for at in n / SUMS * SUMS..n {
                for lane in 0..LANES {
                    sums[0][lane] += rows[usize::from(picks[at])][lane];
                }
            }
            for lane in 0..LANES {
                means[resample][lane] =
                    ((sums[0][lane] + sums[1][lane]) + (sums[2][lane] + sums[3][lane])) / n as f64;
            }
        }
        means
    }
}

/// mean(after) − mean(before) of two samples that are not paired; `None` for fewer than two values on a side.
#[must_use]
pub fn difference_interval(before: &[f64], after: &[f64], seed: Seed) -> Option<Interval> {
    if before.len() < 2 || after.len() < 2 {
        return None;
    }
    let mut rng = seed.rng("bootstrap");
    let value = mean(after)? - mean(before)?;
    let (before, after) = (Resampled::new(before), Resampled::new(after));
    let draw = |_| after.mean(&mut rng) - before.mean(&mut rng);
    Some(interval(value, (0..RESAMPLES).map(draw).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    /// What large samples are given agrees with drawing them value by value.
    #[test]
    fn large_samples_get_the_interval_that_drawing_them_gives() {
        let mut rng = Seed(5).rng("large");
        // as skewed as losses are
        let values: Vec<f64> = (0..=LARGE).map(|_| -(1.0 - rng.random::<f64>()).ln()).collect();
        let quick = mean_interval(&values, Seed(1)).unwrap();
        let by_value = Resampled { values: &values, normal: None };
        let mut rng = Seed(1).rng("bootstrap");
        let drawn = interval(quick.value, (0..RESAMPLES).map(|_| by_value.mean(&mut rng)).collect());
        let width = drawn.high - drawn.low;
        assert!((quick.low - drawn.low).abs() < 0.1 * width, "{quick:?} {drawn:?}");
        assert!((quick.high - drawn.high).abs() < 0.1 * width, "{quick:?} {drawn:?}");
        // the textbook's width: 2 · 1.96 s/√n, with s = 1 for this distribution
        let textbook = 2.0 * 1.959_964 / (values.len() as f64).sqrt();
        assert!(((quick.high - quick.low) / textbook - 1.0).abs() < 0.1, "{quick:?}");
        let difference = difference_interval(&values, &[1.0, 2.0, 3.0], Seed(1)).unwrap();
        assert!(difference.low < difference.value && difference.value < difference.high);
    }
}
