//! The training rows in outline, kept in the model file for drift to be measured against.

use crate::data::profile::{level_counts, summarize};
use crate::data::quantile::quantiles;
use crate::data::{Coded, Column, ColumnData, MISSING_DATE, distinct_values_up_to};
use crate::model::{ReferenceColumn, ReferenceValues};

/// A column with at most this many distinct numbers is described by how often each occurs.
const FEW_VALUES: usize = 10;
const DECILES: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
const DAY_MICROS: f64 = 86_400_000_000.0;

/// A date as days since 1970-01-01; NaN when missing.
pub(crate) fn day(micros: i64) -> f64 {
    if micros == MISSING_DATE { f64::NAN } else { micros as f64 / DAY_MICROS }
}

/// The outline of a table's column at the given rows.
pub(crate) fn outline(column: &Column, rows: &[usize]) -> ReferenceColumn {
    let all = rows.len() == column.len();
    match &column.data {
        ColumnData::Number(values) if all => numbers(&column.name, values),
        ColumnData::Number(values) => {
            numbers(&column.name, &rows.iter().map(|&row| values[row]).collect::<Vec<_>>())
        }
        ColumnData::Date(dates) => {
            numbers(&column.name, &rows.iter().map(|&row| day(dates[row])).collect::<Vec<_>>())
        }
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            levels(&column.name, coded, rows)
        }
    }
}

/// The outline of numbers; NaN is missing.
pub(crate) fn numbers(name: &str, values: &[f64]) -> ReferenceColumn {
    let summary = summarize(values);
    let n = summary.as_ref().map_or(0, |s| s.count);
    let counts = distinct_values_up_to(values, FEW_VALUES).filter(|_| n > 0).map(|distinct| {
        distinct.into_iter().map(|value| (value, values.iter().filter(|&&v| v == value).count())).collect()
    });
    let deciles = quantiles(values, &DECILES).unwrap_or_default();
    // what counts say already is not said again
    let inner = if counts.is_some() { &[] } else { deciles.get(1..10).unwrap_or(&[]) };
    let up_to = inner.iter().map(|&decile| values.iter().filter(|&&value| value <= decile).count()).collect();
    ReferenceColumn {
        name: name.to_owned(),
        n,
        missing: values.len() - n,
        values: ReferenceValues::Number {
            mean: summary.as_ref().map_or(0.0, |s| s.mean),
            std: summary.as_ref().and_then(|s| s.std),
            deciles,
            up_to,
            counts,
        },
    }
}

fn levels(name: &str, coded: &Coded, rows: &[usize]) -> ReferenceColumn {
    let counts = level_counts(rows.iter().map(|&row| &coded.codes[row]), coded.levels.len());
    let missing = rows.len() - counts.iter().sum::<usize>();
    named_counts(name, coded.levels.iter().map(str::to_owned).zip(counts).collect(), missing)
}

/// The outline of levels with their counts.
pub(crate) fn named_counts(name: &str, mut counts: Vec<(String, usize)>, missing: usize) -> ReferenceColumn {
    counts.retain(|(_, count)| *count > 0);
    // most frequent first, the first in the file at a tie
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    ReferenceColumn {
        name: name.to_owned(),
        n: counts.iter().map(|(_, count)| count).sum(),
        missing,
        values: ReferenceValues::Category { counts },
    }
}
