//! What `inspect` says of a column: how much is missing, how many distinct values, and a summary by kind.

mod histogram;

pub use histogram::{Histogram, histogram};

use super::distinct::{count_distinct_f64, count_distinct_i64};
use super::{Coded, Column, ColumnData, ColumnKind, MISSING_DATE, Table};
use crate::work::{Cancelled, Progress};

/// How many levels [`Summary::Levels`] has at most.
pub const TOP_LEVELS: usize = 10;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ColumnProfile {
    /// The column's name.
    pub name: String,
    /// The column's kind.
    pub kind: ColumnKind,
    /// How many rows there are, those with a missing value included.
    pub rows: usize,
    /// In how many rows the value is missing.
    pub missing: usize,
    /// How many distinct values are present; exact. -0.0 and 0.0 are one value.
    pub distinct: usize,
    /// The values that are present; `None` when none is.
    pub summary: Option<Summary>,
}

/// What the values that are present in a column are like, by the column's kind.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Summary {
    /// Of numbers.
    Number(NumberSummary),
    /// Of categories, booleans and texts: the most frequent levels, most frequent first, those equally
    /// frequent in the order in which they first appear; [`TOP_LEVELS`] at most.
    Levels(Vec<LevelCount>),
    /// Of dates.
    Date(DateSummary),
}

/// What the numbers that are present in a column are like.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct NumberSummary {
    /// How many there are, at least one.
    pub count: usize,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The mean; finite, if the values are.
    pub mean: f64,
    /// The sample standard deviation, with the divisor `count - 1`. `None` for a single value, and when it
    /// exceeds the largest `f64`.
    pub std: Option<f64>,
    /// How many are zero.
    pub zeros: usize,
    /// How many are below zero.
    pub negatives: usize,
}

/// How often a level appears.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LevelCount {
    /// The level's text.
    pub text: String,
    /// In how many rows, at least one.
    pub count: usize,
}

/// What the dates that are present in a column are like, in microseconds since 1970-01-01T00:00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DateSummary {
    /// The earliest.
    pub min: i64,
    /// The latest.
    pub max: i64,
}

/// Profiles every column of a table, in file order. Progress counts columns.
///
/// # Errors
/// [`Cancelled`] when the work was cancelled, which is looked for between columns.
pub fn profile(table: &Table, progress: &Progress) -> Result<Vec<ColumnProfile>, Cancelled> {
    progress.set_total(table.columns().len() as u64);
    progress.set_done(0);
    let mut profiles = Vec::with_capacity(table.columns().len());
    for column in table.columns() {
        progress.check()?;
        profiles.push(profile_column(column));
        progress.add(1);
    }
    Ok(profiles)
}

/// Profiles a column.
#[must_use]
pub fn profile_column(column: &Column) -> ColumnProfile {
    let rows = column.len();
    let (present, distinct, summary) = match &column.data {
        ColumnData::Number(values) => {
            let summary = summarize(values);
            let present = summary.map_or(0, |summary| summary.count);
            (present, count_distinct_f64(values), summary.map(Summary::Number))
        }
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            let counts = level_counts(&coded.codes, coded.levels.len());
            let present = counts.iter().sum();
            let distinct = counts.iter().filter(|&&count| count > 0).count();
            (present, distinct, (distinct > 0).then(|| Summary::Levels(top_levels(coded, &counts))))
        }
        ColumnData::Date(values) => {
            let present = values.iter().filter(|&&value| value != MISSING_DATE).count();
            (present, count_distinct_i64(values), dates(values).map(Summary::Date))
        }
    };
    ColumnProfile {
        name: column.name.clone(),
        kind: column.kind(),
        rows,
        missing: rows - present,
        distinct,
        summary,
    }
}

/// The earliest and the latest date; `None` when every date is missing.
fn dates(values: &[i64]) -> Option<DateSummary> {
    let present = || values.iter().copied().filter(|&value| value != MISSING_DATE);
    Some(DateSummary { min: present().min()?, max: present().max()? })
}

/// In how many rows each of `n_levels` levels appears, by code. Missing values have a code beyond them all.
pub(crate) fn level_counts<'a>(codes: impl IntoIterator<Item = &'a u32>, n_levels: usize) -> Vec<usize> {
    let mut counts = vec![0; n_levels];
    for &code in codes {
        if let Some(count) = counts.get_mut(code as usize) {
            *count += 1;
        }
    }
    counts
}

/// The most frequent levels; see [`Summary::Levels`].
fn top_levels(coded: &Coded, counts: &[usize]) -> Vec<LevelCount> {
    // The ten largest counts, descending.
    let mut largest: Vec<usize> = Vec::with_capacity(TOP_LEVELS + 1);
    for &count in counts {
        if count > 0 && (largest.len() < TOP_LEVELS || largest.last().is_some_and(|&last| count > last)) {
            largest.insert(largest.partition_point(|&other| other >= count), count);
            largest.truncate(TOP_LEVELS);
        }
    }
    let Some(&least) = largest.last() else { return Vec::new() };
    // Of the levels that are as frequent as the last of them, those that appear first have a place.
    let mut open_ties = largest.iter().filter(|&&count| count == least).count();
    let mut top: Vec<(u32, usize)> = Vec::with_capacity(TOP_LEVELS);
    for &code in &coded.codes {
        let Some(&count) = counts.get(code as usize) else { continue };
        if count < least || count == least && open_ties == 0 || top.iter().any(|&(other, _)| other == code) {
            continue;
        }
        open_ties -= usize::from(count == least);
        top.push((code, count));
        if top.len() == largest.len() {
            break;
        }
    }
    // Stable: equal counts stay in order of appearance.
    top.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    top.into_iter()
        .map(|(code, count)| LevelCount { text: coded.levels.get(code).to_owned(), count })
        .collect()
}

/// Summarizes numbers, leaving NaN out; `None` when there are no others. Mean and standard deviation are
/// accurate whatever the offset and the magnitude: sums are taken about a mean that is close already.
#[must_use]
pub fn summarize(values: &[f64]) -> Option<NumberSummary> {
    let summary = summarize_scaled(values, 1.0)?;
    let magnitude = summary.max.abs().max(summary.min.abs());
    if (1e-120..1e140).contains(&magnitude) || magnitude == 0.0 || magnitude.is_infinite() {
        return Some(summary);
    }
    // Sums and squares would overflow or underflow, so bring the largest value close to 1 by a power of two,
    // which loses nothing.
    let exponent = (magnitude.log2() as i32).clamp(-1020, 1020);
    let (down, up) = (2_f64.powi(-exponent), 2_f64.powi(exponent));
    let scaled = summarize_scaled(values, down)?;
    let std = scaled.std.map(|std| std * up).filter(|std| std.is_finite());
    Some(NumberSummary { mean: scaled.mean * up, std, ..summary })
}

/// How many values are summed around a mean of their own: few enough to stay in the first cache.
const BLOCK: usize = 2048;
/// How many sums run side by side, for the processor's vectors and to hide the time that additions take.
const LANES: usize = 8;

/// The sums of one block of values.
#[derive(Default)]
struct Block {
    count: f64,
    /// About the mean.
    center: f64,
    /// The sum of the differences from the center.
    first: f64,
    /// The sum of their squares.
    second: f64,
}

/// Zero or the value, by masking rather than by a branch, which the compiler would otherwise make of it.
#[inline]
fn zero_if(condition: bool, value: f64) -> f64 {
    f64::from_bits(value.to_bits() & u64::from(condition).wrapping_sub(1))
}

/// Adds up what `term` makes of each value.
#[inline]
fn sum_of(groups: &[[f64; LANES]], term: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    for group in groups {
        for lane in 0..LANES {
            sums[lane] += term(group[lane]);
        }
    }
    sums.iter().sum()
}

/// Counts the values that satisfy a condition.
#[inline]
fn count_of(values: &[f64], condition: impl Fn(f64) -> bool) -> usize {
    values.iter().map(|&value| u64::from(condition(value))).sum::<u64>() as usize
}

/// As [`summarize`], of the values multiplied by a power of two where it concerns mean and standard
/// deviation.
fn summarize_scaled(values: &[f64], scale: f64) -> Option<NumberSummary> {
    let mut min = [f64::INFINITY; LANES];
    let mut max = [f64::NEG_INFINITY; LANES];
    let (mut zeros, mut negatives) = (0, 0);
    let mut blocks: Vec<Block> = Vec::with_capacity(values.len().div_ceil(BLOCK));
    for block in values.chunks(BLOCK) {
        // Each loop over the block, which stays in the first cache, does one simple thing, so that the
        // compiler makes vector instructions of it. All comparisons with NaN are false.
        let count = count_of(block, |value| !value.is_nan());
        if count == 0 {
            continue;
        }
        zeros += count_of(block, |value| value == 0.0);
        negatives += count_of(block, |value| value < 0.0);
        let (groups, rest) = block.as_chunks::<LANES>();
        let mut tail = [[f64::NAN; LANES]];
        tail[0][..rest.len()].copy_from_slice(rest);
        for group in groups.iter().chain(&tail) {
            for lane in 0..LANES {
                let value = group[lane];
                min[lane] = if value < min[lane] { value } else { min[lane] };
                max[lane] = if value > max[lane] { value } else { max[lane] };
            }
        }
        let total = |value: f64| zero_if(value.is_nan(), value * scale);
        let center = (sum_of(groups, total) + sum_of(&tail, total)) / count as f64;
        let difference = |value: f64| zero_if(value.is_nan(), value * scale - center);
        let square = |value: f64| difference(value) * difference(value);
        blocks.push(Block {
            count: count as f64,
            center,
            first: sum_of(groups, difference) + sum_of(&tail, difference),
            second: sum_of(groups, square) + sum_of(&tail, square),
        });
    }

    let count: f64 = blocks.iter().map(|block| block.count).sum();
    if count == 0.0 {
        return None;
    }
    // Again in two passes: about the mean, then what is missing from it.
    let rough = blocks.iter().map(|block| block.center * (block.count / count)).sum::<f64>();
    let residue = |mean: f64| -> f64 {
        blocks.iter().map(|block| block.count * (block.center - mean) + block.first).sum()
    };
    let min = min.into_iter().fold(f64::INFINITY, f64::min);
    let max = max.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let mean = (rough + residue(rough) / count).clamp(min * scale, max * scale);
    let about_mean = blocks.iter().map(|block| {
        let shift = block.center - mean;
        block.second + 2.0 * shift * block.first + shift * shift * block.count
    });
    // The rounding of the mean itself would show in values that are close together and far from zero.
    let squares = about_mean.sum::<f64>() - residue(mean).powi(2) / count;
    let squares = if squares < 0.0 { 0.0 } else { squares };
    Some(NumberSummary {
        count: count as usize,
        min,
        max,
        mean,
        std: (count > 1.0).then(|| (squares / (count - 1.0)).sqrt()).filter(|std| std.is_finite()),
        zeros,
        negatives,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::MISSING_CODE;

    const NAN: f64 = f64::NAN;

    fn close(a: f64, b: f64, tolerance: f64) -> bool {
        (a - b).abs() <= tolerance * b.abs()
    }

    /// `((np.arange(100000, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)) / 2**32 * 10 - 3`
    fn scattered() -> Vec<f64> {
        (0..100_000_u64)
            .map(|i| (i * 2_654_435_761 % (1 << 32)) as f64 / 4_294_967_296.0 * 10.0 - 3.0)
            .collect()
    }

    /// `x.mean()`, `x.std(ddof=1)`; for the long column equal to what exact fractions give.
    #[test]
    fn numbers_agree_with_numpy() {
        let summary = summarize(&[3.0, -1.0, NAN, 4.0, 0.0, 5.0, 9.0, -2.6, -0.0]).unwrap();
        assert_eq!((summary.count, summary.zeros, summary.negatives), (8, 2, 2));
        assert_eq!((summary.min, summary.max, summary.mean), (-2.6, 9.0, 2.175));
        assert!(close(summary.std.unwrap(), 3.7968972295057677, 1e-15));
        let summary = summarize(&scattered()).unwrap();
        assert_eq!((summary.count, summary.zeros, summary.negatives), (100_000, 0, 29_999));
        assert_eq!((summary.min, summary.max), (-3.0, 6.999973115045577));
        assert!(close(summary.mean, 2.000015805767104, 1e-15));
        assert!(close(summary.std.unwrap(), 2.8867795887699526, 1e-15));
    }

    /// Data like NIST's `NumAcc3` and `NumAcc4`, and others far from zero.
    #[test]
    fn a_large_offset_costs_no_digits() {
        let mut accuracy = vec![10_000_000.2];
        accuracy.extend([10_000_000.1, 10_000_000.3].repeat(500));
        let summary = summarize(&accuracy).unwrap();
        assert!(close(summary.mean, 10_000_000.2, 1e-15));
        assert!(close(summary.std.unwrap(), 0.1, 1e-8));
        // Multiples of 2^-20 near 2^30 are exact.
        let steps: Vec<f64> =
            (0..99_999).map(|i| 2_f64.powi(30) + f64::from(i % 3) * 2_f64.powi(-20)).collect();
        let summary = summarize(&steps).unwrap();
        assert_eq!(summary.mean, 2_f64.powi(30) + 2_f64.powi(-20));
        let std = (2.0 / 3.0 * 99_999.0 / 99_998.0_f64).sqrt() * 2_f64.powi(-20);
        assert!(close(summary.std.unwrap(), std, 1e-14));
        // The mean cannot be told from either value; their distance still can.
        let neighbours = [1e9, 1e9 + 2_f64.powi(-23)];
        assert!(close(summarize(&neighbours).unwrap().std.unwrap(), 2_f64.powi(-23) / 2_f64.sqrt(), 1e-15));
    }

    #[test]
    fn magnitudes_up_to_the_largest() {
        let summary = summarize(&vec![f64::MAX; 5000]).unwrap();
        assert_eq!((summary.mean, summary.std), (f64::MAX, Some(0.0)));
        let summary = summarize(&[f64::MAX, -f64::MAX]).unwrap();
        assert_eq!((summary.mean, summary.std), (0.0, None));
        let summary = summarize(&[1e308, 1.2e308, NAN, 1.4e308]).unwrap();
        assert!(close(summary.mean, 1.2e308, 1e-15) && close(summary.std.unwrap(), 2e307, 1e-14));
        let summary = summarize(&[1e-310, 3e-310, 2e-310]).unwrap();
        assert!(close(summary.mean, 2e-310, 1e-12) && close(summary.std.unwrap(), 1e-310, 1e-12));
        let summary = summarize(&[5e-324, 5e-324]).unwrap();
        assert_eq!((summary.mean, summary.std, summary.max), (5e-324, Some(0.0), 5e-324));
        assert!(summarize(&[1.0, f64::INFINITY]).unwrap().std.is_none());
    }

    #[test]
    fn few_values() {
        assert_eq!(summarize(&[]), None);
        assert_eq!(summarize(&[NAN; 5000]), None);
        let one = summarize(&[NAN, 0.1]).unwrap();
        assert_eq!((one.count, one.min, one.max, one.mean, one.std), (1, 0.1, 0.1, 0.1, None));
        for n in [2, LANES, LANES + 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let constant = summarize(&vec![0.1; n]).unwrap();
            assert_eq!((constant.count, constant.mean, constant.std), (n, 0.1, Some(0.0)), "{n}");
        }
    }

    fn levels(coded: Coded) -> (ColumnProfile, Vec<(String, usize)>) {
        let profile = profile_column(&Column { name: "c".into(), data: ColumnData::Category(coded) });
        let top = match profile.summary.clone() {
            Some(Summary::Levels(top)) => top.into_iter().map(|level| (level.text, level.count)).collect(),
            _ => Vec::new(),
        };
        (profile, top)
    }

    #[test]
    fn levels_by_frequency_then_appearance() {
        let (profile, top) = levels(
            ["b", "a", "", "a", "c", "c", "", "d"]
                .map(|t| (!t.is_empty()).then_some(t))
                .into_iter()
                .collect(),
        );
        assert_eq!((profile.rows, profile.missing, profile.distinct), (8, 2, 4));
        assert_eq!(
            top,
            [("a", 2), ("c", 2), ("b", 1), ("d", 1)].map(|(text, count)| (text.to_owned(), count))
        );
        // 30 levels, of which 25 appears thrice; in descending order of code, as after sorting a table.
        let levels_of = (0..30).map(|i| i.to_string()).collect();
        let codes = (0..30).rev().chain([25, MISSING_CODE, 25]).collect();
        let (profile, top) = levels(Coded { codes, levels: std::sync::Arc::new(levels_of) });
        assert_eq!((profile.distinct, profile.missing), (30, 1));
        let texts: Vec<&str> = top.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["25", "29", "28", "27", "26", "24", "23", "22", "21", "20"]);
        // Levels that no row has do not count.
        let levels_of = ["x", "y"].into_iter().collect();
        let (profile, top) = levels(Coded { codes: vec![1, 1], levels: std::sync::Arc::new(levels_of) });
        assert_eq!((profile.distinct, top), (1, vec![("y".to_owned(), 2)]));
        assert_eq!(levels([None::<&str>].into_iter().collect()).0.summary, None);
    }

    #[test]
    fn tables() {
        let dates = ColumnData::Date(vec![MISSING_DATE, 5, -7, 5]);
        let columns = vec![
            Column::number("x", vec![1.0, NAN, -0.0, 0.0]),
            Column { name: "day".into(), data: dates },
            Column::number("gone", vec![NAN; 4]),
        ];
        let table = Table::new(columns).unwrap();
        let progress = Progress::new();
        let profiles = profile(&table, &progress).unwrap();
        assert_eq!(progress.state(), (3, 3));
        let figures: Vec<_> =
            profiles.iter().map(|p| (p.name.as_str(), p.rows, p.missing, p.distinct)).collect();
        assert_eq!(figures, [("x", 4, 1, 2), ("day", 4, 1, 2), ("gone", 4, 4, 0)]);
        assert_eq!(profiles[1].summary, Some(Summary::Date(DateSummary { min: -7, max: 5 })));
        assert_eq!((profiles[2].kind, &profiles[2].summary), (ColumnKind::Number, &None));
        progress.cancel();
        assert_eq!(profile(&table, &progress), Err(Cancelled));
        assert_eq!(profile(&Table::default(), &Progress::new()), Ok(vec![]));
    }
}
