//! Which rows of a table to show, and in which order: searched, filtered, sorted.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::number::write_number;
use super::{Coded, Column, ColumnData, MISSING_CODE, MISSING_DATE, Table, date};
use crate::work::{Cancelled, Progress};

/// How many rows are looked at between two looks at whether to stop.
const STEP: usize = 16_384;

/// What the rows to show have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowQuery {
    /// A text that some cell of the row holds, whatever the case; empty for any row.
    pub search: String,
    /// What single columns hold, by their place in the table.
    pub filters: Vec<(usize, ColumnFilter)>,
    /// The column to sort by, by its place, and whether the largest comes first. Missing values come last either way;
    /// equal ones stay in file order.
    pub sort: Option<(usize, bool)>,
}

/// What a column's values are to be.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ColumnFilter {
    /// Numbers, or dates in microseconds since 1970, from the first to the second, both included.
    pub range: Option<(f64, f64)>,
    /// One of these texts; none stands for any.
    pub levels: BTreeSet<String>,
    /// Only rows in which the value is missing.
    pub missing: bool,
}

impl ColumnFilter {
    /// Whether every row passes.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.range.is_none() && self.levels.is_empty() && !self.missing
    }
}

/// The rows that a query asks for, in the order it asks for. Progress counts rows and columns looked at.
///
/// # Errors
/// [`Cancelled`] when the work was cancelled.
///
/// # Example
/// ```
/// use drydock::data::{Column, RowQuery, Table, find_rows};
/// let table = Table::new(vec![Column::number("x", vec![3.0, f64::NAN, 1.0])]).unwrap();
/// let query = RowQuery { sort: Some((0, false)), ..RowQuery::default() };
/// assert_eq!(find_rows(&table, &query, &drydock::work::Progress::new()), Ok(vec![2, 0, 1]));
/// ```
pub fn find_rows(table: &Table, query: &RowQuery, progress: &Progress) -> Result<Vec<u32>, Cancelled> {
    let n = u32::try_from(table.n_rows()).unwrap_or(u32::MAX);
    let mut rows: Vec<u32> = (0..n).collect();
    for (place, filter) in &query.filters {
        if let Some(column) = table.columns().get(*place) {
            keep(&mut rows, progress, |row| passes(column, filter, row))?;
        }
    }
    if !query.search.trim().is_empty() {
        let found = search(table, query.search.trim(), &rows, progress)?;
        let mut found = found.into_iter();
        rows.retain(|_| found.next().unwrap_or(false));
    }
    if let Some((place, descending)) = query.sort
        && let Some(column) = table.columns().get(place)
    {
        progress.check()?;
        sort(&mut rows, column, descending);
    }
    progress.check()?;
    Ok(rows)
}

fn keep(rows: &mut Vec<u32>, progress: &Progress, wanted: impl Fn(usize) -> bool) -> Result<(), Cancelled> {
    let mut kept = Vec::new();
    for chunk in rows.chunks(STEP) {
        progress.check()?;
        kept.extend(chunk.iter().copied().filter(|row| wanted(*row as usize)));
    }
    *rows = kept;
    Ok(())
}

fn passes(column: &Column, filter: &ColumnFilter, row: usize) -> bool {
    if filter.missing {
        return column.is_missing(row);
    }
    let in_range = |value: f64| filter.range.is_none_or(|(low, high)| value >= low && value <= high);
    match &column.data {
        ColumnData::Number(values) => {
            let value = values.get(row).copied().unwrap_or(f64::NAN);
            filter.range.is_none() || in_range(value)
        }
        ColumnData::Date(values) => match values.get(row) {
            Some(&value) if value != MISSING_DATE => in_range(value as f64),
            _ => filter.range.is_none(),
        },
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            filter.levels.is_empty() || coded.get(row).is_some_and(|text| filter.levels.contains(text))
        }
    }
}

/// For each of `rows`, whether a cell of it holds the text.
fn search(table: &Table, text: &str, rows: &[u32], progress: &Progress) -> Result<Vec<bool>, Cancelled> {
    let text = text.to_lowercase();
    // numbers as they are shown have thin spaces and a true minus
    let plain: String =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '\u{2212}' { '-' } else { c }).collect();
    let may_be_number = plain.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte));
    let may_be_date = text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.t z".contains(&byte));
    let mut found = vec![false; rows.len()];
    let mut cell = Vec::new();
    for column in table.columns() {
        let levels = match &column.data {
            ColumnData::Number(_) if !may_be_number => continue,
            ColumnData::Date(_) if !may_be_date => continue,
            ColumnData::Number(_) | ColumnData::Date(_) => Vec::new(),
            ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
                levels_with(coded, &text, progress)?
            }
        };
        for (rows, found) in rows.chunks(STEP).zip(found.chunks_mut(STEP)) {
            progress.check()?;
            for (&row, found) in rows.iter().zip(found) {
                if *found {
                    continue;
                }
                let row = row as usize;
                *found = match &column.data {
                    ColumnData::Number(values) => {
                        cell.clear();
                        write_number(values.get(row).copied().unwrap_or(f64::NAN), &mut cell);
                        memchr::memmem::find(&cell, plain.as_bytes()).is_some()
                    }
                    ColumnData::Date(values) => match values.get(row) {
                        Some(&value) if value != MISSING_DATE => {
                            cell.clear();
                            date::write_iso(value, &mut cell);
                            cell.make_ascii_lowercase();
                            memchr::memmem::find(&cell, text.as_bytes()).is_some()
                        }
                        _ => false,
                    },
                    ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
                        let code = coded.codes.get(row).copied().unwrap_or(MISSING_CODE);
                        levels.get(code as usize).copied().unwrap_or(false)
                    }
                };
            }
        }
    }
    Ok(found)
}

/// For each level, whether it holds the text (which is lower case).
fn levels_with(coded: &Coded, text: &str, progress: &Progress) -> Result<Vec<bool>, Cancelled> {
    let mut found = Vec::with_capacity(coded.levels.len());
    for (at, level) in coded.levels.iter().enumerate() {
        if at.is_multiple_of(STEP) {
            progress.check()?;
        }
        let holds = if level.is_ascii() && text.is_ascii() {
            level.len() >= text.len()
                && level.as_bytes().windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
        } else {
            level.to_lowercase().contains(text)
        };
        found.push(holds);
    }
    Ok(found)
}

fn sort(rows: &mut [u32], column: &Column, descending: bool) {
    match &column.data {
        ColumnData::Number(values) => {
            let at = |row: u32| values.get(row as usize).copied().unwrap_or(f64::NAN);
            rows.sort_by(|&a, &b| {
                let (a, b) = (at(a), at(b));
                // -0.0 and 0.0 are one value
                with_missing_last(a.is_nan(), b.is_nan(), descending, || {
                    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
                })
            });
        }
        ColumnData::Date(values) => {
            let at = |row: u32| values.get(row as usize).copied().unwrap_or(MISSING_DATE);
            rows.sort_by(|&a, &b| {
                let (a, b) = (at(a), at(b));
                with_missing_last(a == MISSING_DATE, b == MISSING_DATE, descending, || a.cmp(&b))
            });
        }
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            let mut order: Vec<u32> = (0..u32::try_from(coded.levels.len()).unwrap_or(u32::MAX)).collect();
            if !matches!(column.data, ColumnData::Boolean(_)) {
                order.sort_by_cached_key(|&code| coded.levels.get(code).to_lowercase());
            }
            let mut ranks = vec![0_u32; order.len()];
            for (rank, &code) in (0..).zip(&order) {
                ranks[code as usize] = rank;
            }
            let at = |row: u32| {
                let code = coded.codes.get(row as usize).copied().unwrap_or(MISSING_CODE);
                ranks.get(code as usize).copied()
            };
            rows.sort_by(|&a, &b| {
                let (a, b) = (at(a), at(b));
                with_missing_last(a.is_none(), b.is_none(), descending, || a.cmp(&b))
            });
        }
    }
}

fn with_missing_last(a: bool, b: bool, descending: bool, order: impl FnOnce() -> Ordering) -> Ordering {
    match (a, b) {
        (false, false) if descending => order().reverse(),
        (false, false) => order(),
        (a, b) => a.cmp(&b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    fn table() -> Table {
        let texts = |texts: [Option<&str>; 5]| texts.into_iter().collect::<Coded>();
        Table::new(vec![
            Column::number("price", vec![1.79, -4.5, NAN, 1.79, 12.0]),
            Column {
                name: "store".into(),
                data: ColumnData::Category(texts([
                    Some("S02"),
                    Some("s10"),
                    None,
                    Some("S01"),
                    Some("Äpfel"),
                ])),
            },
            // 2022-11-04, 2022-11-05
            Column {
                name: "day".into(),
                data: ColumnData::Date(vec![
                    1_667_520_000_000_000,
                    1_667_606_400_000_000,
                    MISSING_DATE,
                    1_667_520_000_000_000,
                    1_667_520_000_000_000,
                ]),
            },
        ])
        .unwrap()
    }

    fn rows(query: &RowQuery) -> Vec<u32> {
        find_rows(&table(), query, &Progress::new()).unwrap()
    }

    #[test]
    fn sorting_keeps_file_order_among_equals_and_missing_values_last() {
        let by = |place, descending| RowQuery { sort: Some((place, descending)), ..RowQuery::default() };
        assert_eq!(rows(&by(0, false)), [1, 0, 3, 4, 2]);
        assert_eq!(rows(&by(0, true)), [4, 0, 3, 1, 2]);
        assert_eq!(rows(&by(1, false)), [3, 0, 1, 4, 2]);
        assert_eq!(rows(&by(2, true)), [1, 0, 3, 4, 2]);
        assert_eq!(rows(&by(9, true)), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_search_looks_into_every_kind_of_cell() {
        let with = |search: &str| rows(&RowQuery { search: search.into(), ..RowQuery::default() });
        assert_eq!(with("1.79"), [0, 3]);
        assert_eq!(with("\u{2212}4.5"), [1]);
        assert_eq!(with("S1"), [1]);
        assert_eq!(with("äPF"), [4]);
        assert_eq!(with("11-05"), [1]);
        assert_eq!(with("nothing"), [0_u32; 0]);
        assert_eq!(with("  "), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn filters_hold_together() {
        let range = ColumnFilter { range: Some((1.0, 12.0)), ..ColumnFilter::default() };
        let level = ColumnFilter { levels: ["S01".to_owned()].into(), ..ColumnFilter::default() };
        let missing = ColumnFilter { missing: true, ..ColumnFilter::default() };
        let filters = |filters: Vec<(usize, ColumnFilter)>| RowQuery { filters, ..RowQuery::default() };
        assert_eq!(rows(&filters(vec![(0, range.clone())])), [0, 3, 4]);
        assert_eq!(rows(&filters(vec![(0, range), (1, level)])), [3]);
        assert_eq!(rows(&filters(vec![(1, missing)])), [2]);
        assert_eq!(rows(&filters(vec![(0, ColumnFilter::default())])), [0, 1, 2, 3, 4]);
        let day = ColumnFilter { range: Some((1.6676e15, 1.7e15)), ..ColumnFilter::default() };
        assert_eq!(rows(&filters(vec![(2, day)])), [1]);
    }

    #[test]
    fn it_stops_when_asked() {
        let progress = Progress::new();
        progress.cancel();
        assert_eq!(find_rows(&table(), &RowQuery::default(), &progress), Err(Cancelled));
    }
}
