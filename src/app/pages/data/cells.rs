//! Cells as they are shown and as they are copied. Nothing is formatted but what is seen.

use crate::app::widgets::format;
use crate::data::date::format_iso;
use crate::data::{Column, ColumnData, MISSING_DATE, number_text};

/// The most decimals a number is shown with; all of them are copied.
const MAX_DECIMALS: usize = 6;
/// How many rows of a column are looked at for its width and decimals.
const LOOKED_AT: usize = 4096;
/// How wide a text makes its column at most, in characters.
const MAX_CHARS: usize = 36;

/// How a column's cells are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The decimals of a number.
    pub(crate) decimals: usize,
    /// The longest text seen, in characters, as far as it counts for the usual width.
    pub(crate) chars: usize,
    /// The same without that limit, but no longer than a cell is painted.
    pub(crate) all_chars: usize,
}

fn decimals_of(value: f64) -> usize {
    let text = number_text(value);
    if text.contains(['e', 'E']) {
        return MAX_DECIMALS;
    }
    text.split_once('.').map_or(0, |(_, decimals)| decimals.len()).min(MAX_DECIMALS)
}

/// Looks at rows spread over a column.
pub(crate) fn shown(column: &Column) -> Shown {
    let step = (column.len() / LOOKED_AT).max(1);
    let rows = || (0..column.len()).step_by(step);
    let decimals = match &column.data {
        ColumnData::Number(values) => rows()
            .filter_map(|row| values.get(row))
            .filter(|value| !value.is_nan() && value.abs() < 1e15)
            .map(|value| decimals_of(*value))
            .max()
            .unwrap_or(0),
        _ => 0,
    };
    let chars =
        rows().map(|row| cell_text(column, row, decimals).map_or(0, |text| text.chars().count())).max();
    let all_chars = chars.unwrap_or(0);
    Shown { decimals, chars: all_chars.min(MAX_CHARS), all_chars }
}

/// A cell as it is shown; `None` when it is missing.
pub(crate) fn cell_text(column: &Column, row: usize, decimals: usize) -> Option<String> {
    match &column.data {
        ColumnData::Number(values) => {
            let value = values.get(row).copied().filter(|value| !value.is_nan())?;
            Some(number(value, decimals))
        }
        ColumnData::Date(values) => {
            values.get(row).copied().filter(|value| *value != MISSING_DATE).map(format_iso)
        }
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            coded.get(row).map(|text| {
                // a cell is one line, and no longer than anyone reads
                let mut line: String =
                    text.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
                if text.chars().nth(200).is_some() {
                    line.push('…');
                }
                line
            })
        }
    }
}

/// A number with its column's decimals; with its own, where it has more.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    if value != 0.0 && !(1e-5..1e15).contains(&value.abs()) {
        return format::number(value, 6);
    }
    format::fixed(value, decimals.max(decimals_of(value)))
}

/// A cell as a file has it; empty when it is missing.
pub(crate) fn plain_text(column: &Column, row: usize) -> String {
    match &column.data {
        ColumnData::Number(values) => values
            .get(row)
            .filter(|value| !value.is_nan())
            .map(|value| number_text(*value))
            .unwrap_or_default(),
        ColumnData::Date(values) => values
            .get(row)
            .copied()
            .filter(|value| *value != MISSING_DATE)
            .map(format_iso)
            .unwrap_or_default(),
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            coded.get(row).unwrap_or_default().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_decimals_of_their_column() {
        let column = Column::number("price", vec![1.79, 2.0, f64::NAN, -1234.5]);
        let shown = shown(&column);
        assert_eq!(shown.decimals, 2);
        let text = |row| cell_text(&column, row, shown.decimals);
        assert_eq!(text(1).as_deref(), Some("2.00"));
        assert_eq!(text(2), None);
        assert_eq!(text(3).as_deref(), Some("\u{2212}1\u{2009}234.50"));
        assert_eq!(plain_text(&column, 3), "-1234.5");
        assert_eq!(plain_text(&column, 2), "");
        assert_eq!(number(0.125, 1), "0.125");
        assert_eq!(number(1e300, 2), "1.00000e300");
    }
}
