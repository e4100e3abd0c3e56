//! What is drawn of a column: bars of how often its values occur, and its quartiles.

use super::profile::level_counts;
use super::quantile::quantiles;
use super::{Coded, Column, ColumnData, MISSING_DATE};

/// The most bars of a number or date column.
pub const MAX_BINS: usize = 40;

/// The bars of a column.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ColumnChart {
    /// How many values fall into each bin, or have each level.
    pub counts: Vec<f64>,
    /// The lower end of the first bin and the upper end of the last, for numbers (in the column's unit) and dates
    /// (microseconds since 1970).
    pub range: Option<(f64, f64)>,
    /// The level each bar stands for, for categories, booleans and texts: the most frequent ones, most frequent first.
    pub levels: Vec<String>,
    /// First quartile, median and third quartile of numbers, by linear interpolation.
    pub quartiles: Option<[f64; 3]>,
}

/// Counts a column's values in at most [`MAX_BINS`] bins of equal width from the smallest to the largest, each closed
/// below and open above but for the last, as `numpy.histogram`; a constant column has one bin. Categories are counted
/// by level. Missing values are left out.
#[must_use]
pub fn column_chart(column: &Column) -> ColumnChart {
    match &column.data {
        ColumnData::Number(values) => {
            let mut chart = histogram(values.iter().copied().filter(|value| !value.is_nan()), values.len());
            chart.quartiles =
                quantiles(values, &[0.25, 0.5, 0.75]).and_then(|quartiles| quartiles.try_into().ok());
            chart
        }
        ColumnData::Date(values) => {
            let present = || values.iter().filter(|value| **value != MISSING_DATE).map(|value| *value as f64);
            histogram(present(), values.len())
        }
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => levels(coded),
    }
}

fn histogram(values: impl Iterator<Item = f64> + Clone, n: usize) -> ColumnChart {
    let (low, high) = values
        .clone()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return ColumnChart::default();
    }
    // halves, so that the widest range of all is no infinity
    let half_width = high / 2.0 - low / 2.0;
    let bins = if half_width == 0.0 { 1 } else { MAX_BINS.min(n.max(1)) };
    let mut counts = vec![0.0; bins];
    for value in values {
        let share = if half_width == 0.0 { 0.0 } else { (value / 2.0 - low / 2.0) / half_width };
        counts[((share * bins as f64) as usize).min(bins - 1)] += 1.0;
    }
    ColumnChart { counts, range: Some((low, high)), ..ColumnChart::default() }
}

fn levels(coded: &Coded) -> ColumnChart {
    let counts = level_counts(&coded.codes, coded.levels.len());
    let mut order: Vec<u32> = (0..counts.len() as u32).filter(|&code| counts[code as usize] > 0).collect();
    order.sort_by_key(|&code| std::cmp::Reverse(counts[code as usize]));
    order.truncate(MAX_BINS);
    ColumnChart {
        counts: order.iter().map(|&code| counts[code as usize] as f64).collect(),
        levels: order.iter().map(|&code| coded.levels.get(code).to_owned()).collect(),
        ..ColumnChart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_as_numpy_counts_them() {
        // numpy.histogram([0, 1, 2, 3, 4, 4], bins=6) gives [1, 1, 1, 1, 0, 2]
        let chart = column_chart(&Column::number("x", vec![0.0, 1.0, f64::NAN, 2.0, 3.0, 4.0]));
        assert_eq!(chart.counts, [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(chart.range, Some((0.0, 4.0)));
        assert_eq!(chart.quartiles, Some([1.0, 2.0, 3.0]));
        assert_eq!(column_chart(&Column::number("x", vec![7.0, 7.0])).counts, [2.0]);
        assert_eq!(column_chart(&Column::number("x", vec![f64::NAN])), ColumnChart::default());
        let widest = column_chart(&Column::number("x", vec![-f64::MAX, f64::MAX, 0.0]));
        assert_eq!(widest.counts, [1.0, 1.0, 1.0]);
    }

    #[test]
    fn levels_are_counted_most_frequent_first() {
        let coded = [Some("b"), Some("a"), None, Some("a")].into_iter().collect::<Coded>();
        let chart = column_chart(&Column { name: "c".into(), data: ColumnData::Category(coded) });
        assert_eq!((chart.counts, chart.levels), (vec![2.0, 1.0], vec!["a".to_owned(), "b".to_owned()]));
    }
}
