//! Signs that the answer leaks into the features: one feature that alone tells the target, and held-out rows
//! that were also trained on.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};

use super::fitting::Truth;
use crate::data::{Column, ColumnData, MISSING_CODE, Table};

/// Above this R² a single feature is suspicious.
const SUSPICIOUS_R2: f64 = 0.99;
/// Above this squared rank correlation a single feature is suspicious: the target in another unit, as its logarithm
/// or as a rank has 1, and an honest feature that is very nearly linear may well have 0.99.
const SUSPICIOUS_ORDER: f64 = 0.999;
/// How many rows tell whether a closer look is worth it.
const GLANCE: usize = 10_000;
/// Below this many rows a single feature fits by chance.
const FEWEST_ROWS: usize = 10;
/// A feature of many values may part the classes by chance; up to this logarithm of the probability (one in a
/// million) it is taken as no chance.
const CHANCE: f64 = -13.8;
/// Classes that are looked at one by one.
const MOST_CLASSES: usize = 20;

/// What gives a feature away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sign {
    /// It alone explains the target with this R².
    Explains(f64),
    /// It alone puts the target in order, with this squared rank correlation.
    Orders(f64),
}

/// Features that alone tell the target.
///
/// For a number: the squared correlation, the share of the target's sum of squares between the means of its distinct
/// values (eta squared, adjusted for their number as R² is for the number of coefficients), and the squared rank
/// correlation. For a category: eta squared of its levels. A classifier's classes count as their indicators, one
/// after the other for what is linear and for levels, all at once (summed over the classes) for distinct numbers;
/// and a number along which every class is one stretch explains them, too. `truth` are the target's values at `rows`.
pub(crate) fn telling_features(
    table: &Table,
    features: &[String],
    rows: &[usize],
    truth: Truth<'_>,
) -> Vec<(String, Sign)> {
    if rows.len() < FEWEST_ROWS {
        return Vec::new();
    }
    let step = if rows.len() > 4 * GLANCE { rows.len() / GLANCE } else { 1 };
    let sample: Vec<usize> = (0..rows.len()).step_by(step).collect();
    let all: Vec<usize> = if step > 1 { (0..rows.len()).collect() } else { Vec::new() };
    features
        .iter()
        .filter_map(|name| table.column(name))
        .filter_map(|column| {
            let glance = sign(column, rows, &sample, truth);
            // what falls far short on some rows need not be worked out on a million
            let sign = if step > 1 && is_worth_it(glance) { sign(column, rows, &all, truth) } else { glance };
            sign.filter(|sign| match sign {
                Sign::Explains(r2) => *r2 > SUSPICIOUS_R2,
                Sign::Orders(r2) => *r2 > SUSPICIOUS_ORDER,
            })
            .map(|sign| (column.name.clone(), sign))
        })
        .collect()
}

fn is_worth_it(sign: Option<Sign>) -> bool {
    sign.is_none_or(|sign| matches!(sign, Sign::Explains(r2) | Sign::Orders(r2) if r2 > 0.5))
}

/// The strongest sign in a column at the given places of `rows`.
fn sign(column: &Column, rows: &[usize], places: &[usize], truth: Truth<'_>) -> Option<Sign> {
    match (&column.data, truth) {
        (ColumnData::Number(values), truth) => {
            let present: Vec<usize> =
                places.iter().copied().filter(|&place| !values[rows[place]].is_nan()).collect();
            let x: Vec<f64> = present.iter().map(|&place| values[rows[place]]).collect();
            let x = in_reach(x);
            match truth {
                Truth::Numbers(y) => {
                    number_and_number(&x, &in_reach(present.iter().map(|&place| y[place]).collect()))
                }
                Truth::Classes(codes, n) => {
                    let codes: Vec<u32> = present.iter().map(|&place| codes[place]).collect();
                    number_and_classes(&x, &codes, n)
                }
            }
        }
        (ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c), truth) => {
            let present = places.iter().copied().filter(|&place| c.codes[rows[place]] != MISSING_CODE);
            let present: Vec<usize> = present.collect();
            let groups: Vec<usize> = present.iter().map(|&place| c.codes[rows[place]] as usize).collect();
            let r2 = |y: &[f64]| eta_squared(&groups, c.levels.len(), y);
            match truth {
                Truth::Numbers(y) => r2(&in_reach(present.iter().map(|&place| y[place]).collect())),
                Truth::Classes(codes, n) => largest((0..n.min(MOST_CLASSES)).filter_map(|class| {
                    r2(&present.iter().map(|&place| indicator(codes[place], class)).collect::<Vec<_>>())
                })),
            }
            .map(Sign::Explains)
        }
        (ColumnData::Date(_), _) => None,
    }
}

fn number_and_number(x: &[f64], y: &[f64]) -> Option<Sign> {
    let linear = squared_correlation(x, y);
    if linear.is_some_and(|r2| r2 > SUSPICIOUS_R2) {
        return linear.map(Sign::Explains);
    }
    let (order, groups, n_groups) = ties(x);
    // with a value of its own in nearly every row, eta squared says nothing
    let by_value = if 2 * n_groups > x.len() { None } else { eta_squared(&groups, n_groups, y) };
    let explains = largest(linear.into_iter().chain(by_value));
    if explains.is_some_and(|r2| r2 > SUSPICIOUS_R2) {
        return explains.map(Sign::Explains);
    }
    let (y_order, y_groups, _) = ties(y);
    let ordered = squared_correlation(&ranks(&order, &groups), &ranks(&y_order, &y_groups));
    if ordered.is_some_and(|r2| r2 > SUSPICIOUS_ORDER) {
        return ordered.map(Sign::Orders);
    }
    largest(explains.into_iter().chain(ordered)).map(Sign::Explains).map(below_suspicion)
}

/// A rank correlation that is no sign must not pass for an R² that is one.
fn below_suspicion(sign: Sign) -> Sign {
    match sign {
        Sign::Explains(r2) => Sign::Explains(r2.min(SUSPICIOUS_R2)),
        other @ Sign::Orders(_) => other,
    }
}

fn number_and_classes(x: &[f64], codes: &[u32], n_classes: usize) -> Option<Sign> {
    let linear = (0..n_classes.min(MOST_CLASSES)).filter_map(|class| {
        let y: Vec<f64> = codes.iter().map(|&code| indicator(code, class)).collect();
        squared_correlation(x, &y)
    });
    let linear = largest(linear);
    if linear.is_some_and(|r2| r2 > SUSPICIOUS_R2) {
        return linear.map(Sign::Explains);
    }
    largest(linear.into_iter().chain(along(x, codes, n_classes))).map(Sign::Explains)
}

/// How well distinct values, or stretches, of `x` explain the classes.
fn along(x: &[f64], codes: &[u32], n_classes: usize) -> Option<f64> {
    let n = x.len() as f64;
    let count = |places: &[usize]| {
        let mut counts = vec![0.0_f64; n_classes];
        places.iter().for_each(|&place| counts[codes[place] as usize] += 1.0);
        counts
    };
    let (order, groups, n_groups) = ties(x);
    let totals = count(&order);
    let present = totals.iter().filter(|total| **total > 0.0).count() as f64;
    // pairs of neighbours that are not of one class, if the order meant nothing
    let mixed = |counts: &[f64], n: f64| {
        if n < 2.0 { 0.0 } else { n - 1.0 - counts.iter().map(|c| c * (c - 1.0)).sum::<f64>() / n }
    };
    let expected = mixed(&totals, n);
    let impurity = |counts: &[f64], n: f64| n - counts.iter().map(|c| c * c).sum::<f64>() / n;
    let total = impurity(&totals, n);
    if expected <= 0.0 || total <= 0.0 {
        return None;
    }
    let (mut changes, mut within, mut last) = (0.0, 0.0, None);
    for group in order.chunk_by(|a, b| groups[*a] == groups[*b]) {
        let counts = count(group);
        let size = group.len() as f64;
        changes += mixed(&counts, size);
        within += impurity(&counts, size);
        let most = counts.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(class, _)| class);
        changes += f64::from(u8::from(last.is_some() && last != most));
        last = most;
    }
    let free = n - n_groups as f64;
    let by_value = (2.0 * free >= n).then(|| 1.0 - within / total * (n - 1.0) / free);
    // each class in one stretch has probability (classes)!·Π(rows of the class)!/(rows)! by chance
    let chance =
        ln_factorial(present) + totals.iter().map(|t| ln_factorial(*t)).sum::<f64>() - ln_factorial(n);
    let by_stretch = (chance < CHANCE).then(|| 1.0 - (changes - (present - 1.0)).max(0.0) / expected);
    largest(by_value.into_iter().chain(by_stretch))
}

fn ln_factorial(n: f64) -> f64 {
    // exact enough for a threshold: Stirling's formula with its first correction
    if n < 2.0 { 0.0 } else { n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + 1.0 / (12.0 * n) }
}

fn indicator(code: u32, class: usize) -> f64 {
    f64::from(u8::from(code as usize == class))
}

fn largest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.filter(|value| value.is_finite()).max_by(f64::total_cmp)
}

/// The numbers divided by a power of two, so that no square leaves the range of `f64`.
fn in_reach(mut values: Vec<f64>) -> Vec<f64> {
    let scale = super::metrics::power_of_two(values.iter().fold(0.0, |most, value| most.max(value.abs())));
    if scale != 1.0 {
        values.iter_mut().for_each(|value| *value /= scale);
    }
    values
}

/// The places in order of their numbers, the number of each place's group of equal ones, and how many groups there are.
fn ties(values: &[f64]) -> (Vec<usize>, Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| (values[a] + 0.0).total_cmp(&(values[b] + 0.0)));
    let mut groups = vec![0; values.len()];
    let mut n_groups = 0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        group.iter().for_each(|&place| groups[place] = n_groups);
        n_groups += 1;
    }
    (order, groups, n_groups)
}

/// Midranks from the answer of [`ties`].
fn ranks(order: &[usize], groups: &[usize]) -> Vec<f64> {
    let mut ranks = vec![0.0; order.len()];
    let mut before = 0.0;
    for group in order.chunk_by(|&a, &b| groups[a] == groups[b]) {
        let size = group.len() as f64;
        group.iter().for_each(|&place| ranks[place] = before + 0.5 * (size - 1.0));
        before += size;
    }
    ranks
}

fn squared_correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    // shifted by the first value, so that a large common offset takes no digits
    let (x0, y0) = (*x.first()?, *y.first()?);
    let n = x.len() as f64;
    let (mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - x0, y - y0);
        sx += x;
        sy += y;
        sxx += x * x;
        syy += y * y;
        sxy += x * y;
    }
    let (vx, vy, cov) = (sxx - sx * sx / n, syy - sy * sy / n, sxy - sx * sy / n);
    let r2 = cov * cov / (vx * vy);
    (vx > 0.0 && vy > 0.0 && r2.is_finite()).then_some(r2)
}

/// The share of the sum of squares of `y` between its groups' means, adjusted for their number.
fn eta_squared(groups: &[usize], n_groups: usize, y: &[f64]) -> Option<f64> {
    let mut sums = vec![(0.0_f64, 0.0_f64); n_groups];
    let y0 = *y.first()?;
    let (mut sum, mut squares) = (0.0, 0.0);
    for (&group, &y) in groups.iter().zip(y) {
        let y = y - y0;
        let of_group = sums.get_mut(group)?;
        of_group.0 += 1.0;
        of_group.1 += y;
        sum += y;
        squares += y * y;
    }
    let n = y.len() as f64;
    sums.retain(|group| group.0 > 0.0);
    let total = squares - sum * sum / n;
    let between: f64 = sums.iter().map(|g| g.1 * g.1 / g.0).sum::<f64>() - sum * sum / n;
    let free = n - sums.len() as f64;
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

#[cfg(test)]
mod tests;
