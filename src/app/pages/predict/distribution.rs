//! How predictions lie: counted as they come, in memory that does not grow with their number.

use crate::data::Column;
use crate::data::chart::{ColumnChart, MAX_BINS, column_chart};
use crate::model::{Model, Task};

/// How many numbers are kept as they are; beyond that they are counted in bins.
const KEPT: usize = 4096;
/// The bins that numbers are counted in. Twice as many as are drawn at the least, so that little is lost when they are
/// joined.
const BINS: usize = 256;

/// Counts numbers or classes.
#[derive(Debug, Clone)]
pub(crate) enum Distribution {
    /// The first numbers.
    Few(Vec<f64>),
    /// Many numbers.
    Many(Bins),
    /// How often each class was predicted.
    Classes(Vec<String>, Vec<u64>),
}

impl Distribution {
    /// Nothing counted yet of what a model predicts.
    pub(crate) fn of(model: &Model) -> Self {
        match model.task {
            Task::Regression => Self::Few(Vec::new()),
            Task::Classification => {
                Self::Classes(model.output.classes.clone(), vec![0; model.output.classes.len()])
            }
        }
    }

    /// Counts predictions: numbers, or the places of classes. What is not finite is left out.
    pub(crate) fn add(&mut self, values: &[f64]) {
        let finite = values.iter().copied().filter(|value| value.is_finite());
        match self {
            Self::Few(kept) => {
                kept.extend(finite);
                if kept.len() > KEPT {
                    let mut bins = Bins::over(kept);
                    kept.iter().for_each(|value| bins.add(*value));
                    *self = Self::Many(bins);
                }
            }
            Self::Many(bins) => finite.for_each(|value| bins.add(value)),
            Self::Classes(_, counts) => {
                for class in finite {
                    if let Some(count) = counts.get_mut(class as usize) {
                        *count += 1;
                    }
                }
            }
        }
    }

    /// What is drawn.
    pub(crate) fn chart(&self) -> ColumnChart {
        match self {
            Self::Few(kept) => column_chart(&Column::number("prediction", kept.clone())),
            Self::Many(bins) => bins.chart(),
            Self::Classes(names, counts) => {
                let mut order: Vec<usize> = (0..names.len()).filter(|at| counts[*at] > 0).collect();
                order.sort_by_key(|at| std::cmp::Reverse(counts[*at]));
                order.truncate(MAX_BINS);
                ColumnChart {
                    counts: order.iter().map(|at| counts[*at] as f64).collect(),
                    levels: order.iter().map(|at| names[*at].clone()).collect(),
                    ..ColumnChart::default()
                }
            }
        }
    }
}

/// Bins of equal width. A number beyond them doubles their width, so that none is lost and none is kept.
#[derive(Debug, Clone)]
pub(crate) struct Bins {
    low: f64,
    width: f64,
    counts: Vec<u64>,
    smallest: f64,
    largest: f64,
}

impl Bins {
    /// Empty bins over the range of some finite numbers.
    fn over(values: &[f64]) -> Self {
        let (low, high) = values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
        // halves, so that the widest range of all is no infinity
        let width = (high / 2.0 - low / 2.0) / (BINS as f64 / 2.0);
        let least = low.abs().max(f64::MIN_POSITIVE) * f64::EPSILON;
        let width = width.max(least);
        Self { low, width, counts: vec![0; BINS], smallest: f64::INFINITY, largest: f64::NEG_INFINITY }
    }

    fn add(&mut self, value: f64) {
        self.smallest = self.smallest.min(value);
        self.largest = self.largest.max(value);
        while value > self.low + self.width * BINS as f64 {
            let joined: Vec<u64> = self.counts.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
            self.counts = joined;
            self.counts.resize(BINS, 0);
            self.width *= 2.0;
        }
        while value < self.low {
            let joined: Vec<u64> = self.counts.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
            self.low -= self.width * BINS as f64;
            self.counts = vec![0; BINS / 2];
            self.counts.extend(joined);
            self.width *= 2.0;
        }
        let bin = ((value - self.low) / self.width) as usize;
        self.counts[bin.min(BINS - 1)] += 1;
    }

    /// The bins that hold something, joined until they are few enough to be drawn.
    fn chart(&self) -> ColumnChart {
        let first = self.counts.iter().position(|count| *count > 0).unwrap_or(0);
        let last = self.counts.iter().rposition(|count| *count > 0).unwrap_or(0);
        let held = &self.counts[first..=last];
        let joined = held.len().div_ceil(MAX_BINS);
        let counts = held.chunks(joined).map(|bins| bins.iter().sum::<u64>() as f64).collect();
        let quartiles = [0.25, 0.5, 0.75].map(|share| self.quantile(share));
        ColumnChart {
            counts,
            range: Some((self.smallest, self.largest)),
            quartiles: Some(quartiles),
            ..ColumnChart::default()
        }
    }

    /// The number below which a share of all lies, as if they lay evenly within their bin.
    fn quantile(&self, share: f64) -> f64 {
        let wanted = share * self.counts.iter().sum::<u64>() as f64;
        let mut below = 0.0;
        for (bin, count) in self.counts.iter().map(|count| *count as f64).enumerate() {
            if count > 0.0 && below + count >= wanted {
                let within = (wanted - below) / count;
                return (self.low + self.width * (bin as f64 + within)).clamp(self.smallest, self.largest);
            }
            below += count;
        }
        self.largest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_numbers_are_counted_as_few_are_whatever_their_order() {
        // 0 to 9 999, in an order that begins in a corner and leaves it on both sides
        let values: Vec<f64> = (0..10_000_u64).map(|i| ((i * 7919 + 5000) % 10_000) as f64).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.rotate_left(5000);
        for order in [&values, &sorted] {
            let mut distribution = Distribution::Few(Vec::new());
            order.chunks(1000).for_each(|piece| distribution.add(piece));
            assert!(matches!(distribution, Distribution::Many(_)));
            let chart = distribution.chart();
            assert_eq!(chart.counts.iter().sum::<f64>(), 10_000.0);
            assert!(chart.counts.len() > MAX_BINS / 3 && chart.counts.len() <= MAX_BINS, "{chart:?}");
            assert_eq!(chart.range, Some((0.0, 9_999.0)));
            let [first, median, third] = chart.quartiles.unwrap();
            assert!((first - 2_500.0).abs() < 100.0 && (median - 5_000.0).abs() < 100.0, "{chart:?}");
            assert!((third - 7_500.0).abs() < 100.0, "{chart:?}");
        }
    }

    #[test]
    fn constant_and_extreme_numbers_end() {
        let mut constant = Distribution::Few(Vec::new());
        constant.add(&vec![7.0; 10_000]);
        assert_eq!(constant.chart().counts.iter().sum::<f64>(), 10_000.0);
        let mut extreme = Distribution::Few(Vec::new());
        extreme.add(&vec![0.0; 5_000]);
        extreme.add(&[f64::MAX, f64::MIN, f64::NAN, f64::INFINITY, 1e-300]);
        let chart = extreme.chart();
        assert_eq!(chart.counts.iter().sum::<f64>(), 5_003.0);
        assert_eq!(chart.range, Some((f64::MIN, f64::MAX)));
    }

    #[test]
    fn classes_are_counted_by_name() {
        let mut classes = Distribution::Classes(vec!["a".into(), "b".into(), "c".into()], vec![0; 3]);
        classes.add(&[1.0, 1.0, 0.0, f64::NAN]);
        let chart = classes.chart();
        assert_eq!((chart.counts, chart.levels), (vec![2.0, 1.0], vec!["b".to_owned(), "a".to_owned()]));
    }
}
