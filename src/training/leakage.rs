//! Signs that the answer leaks into the features: one feature that alone tells the target, and held-out rows
//! that were also trained on.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};

use crate::data::{Column, ColumnData, MISSING_CODE, Table};

/// Above this R² a single feature is suspicious.
const SUSPICIOUS_R2: f64 = 0.99;
/// How many rows tell whether a closer look is worth it.
const GLANCE: usize = 10_000;
/// Below this many rows a single feature fits by chance.
const FEWEST_ROWS: usize = 10;

/// Features that alone explain the target with R² above 0.99, with that R².
///
/// For a number: the squared correlation. For a category: the share of the target's sum of squares between the
/// levels' means (eta squared), adjusted for the number of levels as R² is for the number of coefficients. `truth`
/// are the target's values at `rows`; for a classifier pass the indicators of each class in turn.
pub(crate) fn telling_features(
    table: &Table,
    features: &[String],
    rows: &[usize],
    truth: &[f64],
) -> Vec<(String, f64)> {
    if rows.len() < FEWEST_ROWS {
        return Vec::new();
    }
    features
        .iter()
        .filter_map(|name| table.column(name))
        .filter_map(|column| {
            let r2 = |rows: &[usize], truth: &[f64]| match &column.data {
                ColumnData::Number(values) => squared_correlation(values, rows, truth),
                ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => {
                    eta_squared(&c.codes, c.levels.len(), rows, truth)
                }
                ColumnData::Date(_) => None,
            };
            // what falls far short on the first rows need not be worked out on a million
            if rows.len() > 4 * GLANCE && !r2(&rows[..GLANCE], &truth[..GLANCE]).is_none_or(|r2| r2 > 0.5) {
                return None;
            }
            let r2 = r2(rows, truth);
            r2.filter(|&r2| r2 > SUSPICIOUS_R2).map(|r2| (column.name.clone(), r2))
        })
        .collect()
}

fn squared_correlation(values: &[f64], rows: &[usize], truth: &[f64]) -> Option<f64> {
    // shifted by the first value, so that a large common offset takes no digits
    let (x0, y0) = (values[*rows.iter().find(|&&row| !values[row].is_nan())?], *truth.first()?);
    let (mut n, mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut add = |x: f64, y: f64| {
        if !x.is_nan() {
            let (x, y) = (x - x0, y - y0);
            n += 1.0;
            sx += x;
            sy += y;
            sxx += x * x;
            syy += y * y;
            sxy += x * y;
        }
    };
    if rows.len() == values.len() {
        values.iter().zip(truth).for_each(|(&x, &y)| add(x, y));
    } else {
        rows.iter().zip(truth).for_each(|(&row, &y)| add(values[row], y));
    }
    let (vx, vy, cov) = (sxx - sx * sx / n, syy - sy * sy / n, sxy - sx * sy / n);
    let r2 = cov * cov / (vx * vy);
    (vx > 0.0 && vy > 0.0 && r2.is_finite()).then_some(r2)
}

fn eta_squared(codes: &[u32], n_levels: usize, rows: &[usize], truth: &[f64]) -> Option<f64> {
    let mut groups = vec![(0.0_f64, 0.0_f64); n_levels];
    let y0 = *truth.first()?;
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (&row, &y) in rows.iter().zip(truth) {
        if codes[row] == MISSING_CODE {
            continue;
        }
        let y = y - y0;
        let group = groups.get_mut(codes[row] as usize)?;
        group.0 += 1.0;
        group.1 += y;
        n += 1.0;
        sum += y;
        squares += y * y;
    }
    let used = groups.iter().filter(|group| group.0 > 0.0).count() as f64;
    let total = squares - sum * sum / n;
    let between: f64 =
        groups.iter().filter(|g| g.0 > 0.0).map(|g| g.1 * g.1 / g.0).sum::<f64>() - sum * sum / n;
    let free = n - used;
    // every row its own level explains everything and means nothing
    if free < 1.0 || total <= 0.0 {
        return None;
    }
    Some(1.0 - (1.0 - between / total) * (n - 1.0) / free)
}

/// How many of the `test` rows equal a `train` row in every feature and the target.
pub(crate) fn shared_rows(table: &Table, columns: &[&str], train: &[usize], test: &[usize]) -> usize {
    let columns: Vec<&Column> = columns.iter().filter_map(|name| table.column(name)).collect();
    if columns.is_empty() || test.is_empty() {
        return 0;
    }
    let state = foldhash::quality::FixedState::default();
    let hash = |row: usize| {
        let mut hasher = state.build_hasher();
        for column in &columns {
            hasher.write_u64(match &column.data {
                // one zero, one NaN
                ColumnData::Number(values) => (values[row] + 0.0).to_bits(),
                ColumnData::Date(values) => values[row].cast_unsigned(),
                ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => {
                    u64::from(c.codes[row])
                }
            });
        }
        hasher.finish()
    };
    // among a million rows two different ones share a 64-bit hash with a chance below one in ten million
    let trained: HashSet<u64, foldhash::fast::FixedState> = train.iter().map(|&row| hash(row)).collect();
    test.iter().filter(|&&row| trained.contains(&hash(row))).count()
}
