//! Reads the cells of a block column by column: numbers, dates, booleans, texts.

use std::sync::Arc;

use super::cell::{Booleans, Missing, boolean_word};
use super::chunk::{ColumnLayout, OddCells};
use super::date;
use super::infer::Plan;
use super::number::{Decimal, Reading, Unit, asked, general, plain};
use super::scan::{Rows, unquote};
use super::table::{Coded, Levels, MISSING_CODE, MISSING_DATE};
use super::warning::WarningLog;

/// Reads a column of numbers; `odd(row, cell, None)` is called for each cell that is neither number nor missing, and
/// `odd(row, cell, Some(value))` for each integer that was rounded to a double.
#[inline]
pub(crate) fn numbers(
    rows: &Rows<'_>,
    col: usize,
    column: &ColumnLayout,
    values: &mut Vec<f64>,
    mut odd: impl FnMut(usize, &[u8], Option<f64>),
) {
    let buf = rows.buf;
    let Plan::Number { decimal, unit } = column.plan else { return };
    let quick = unit.is_none() && decimal == Decimal::Point && !column.missing.may_be_numeric();
    let integers_too = unit.is_none() && !column.missing.may_be_numeric();
    let mut scratch = Vec::new();
    let mut slow = |row: usize, start: usize, end: usize| -> f64 {
        let cell = unquote(&buf[start..end], rows.quote, &mut scratch);
        if column.missing.is(cell) {
            return f64::NAN;
        }
        match std::str::from_utf8(cell).map(|text| general(text, decimal)) {
            Ok(Reading::Value(value, cell_unit)) if fits(unit, cell_unit) => value,
            Ok(Reading::LeadingZero | Reading::TooPrecise) if column.forced => {
                match std::str::from_utf8(cell).map(|text| asked(text, decimal)) {
                    Ok(Reading::Value(value, cell_unit)) if fits(unit, cell_unit) => value,
                    Ok(Reading::Rounded(value, cell_unit)) if fits(unit, cell_unit) => {
                        odd(row, cell, Some(value));
                        value
                    }
                    _ => {
                        odd(row, cell, None);
                        f64::NAN
                    }
                }
            }
            _ => {
                odd(row, cell, None);
                f64::NAN
            }
        }
    };
    if quick {
        rows.for_each(col, |row, start, end| {
            values.push(match plain(buf, start, end) {
                Some(value) => value,
                None => slow(row, start, end),
            });
        });
    } else {
        rows.for_each(col, |row, start, end| {
            // a run of digits reads the same in every notation
            let digits = integers_too && end - start < 4 && buf[start..end].iter().all(u8::is_ascii_digit);
            values.push(match digits.then(|| plain(buf, start, end)).flatten() {
                Some(value) => value,
                None => slow(row, start, end),
            });
        });
    }
}

/// Whether a cell's unit belongs into a column of that unit: a currency sign may be left out, percent may not.
fn fits(column: Option<Unit>, cell: Option<Unit>) -> bool {
    match (column, cell) {
        (Some(Unit::Currency(a)), Some(Unit::Currency(b))) => a == b,
        (Some(Unit::Currency(_)), None) => true,
        (a, b) => a == b,
    }
}

pub(crate) fn dates(
    rows: &Rows<'_>,
    col: usize,
    column: &ColumnLayout,
    format: date::DateFormat,
    odd: &mut OddCells<'_>,
    warnings: &mut WarningLog,
) -> Vec<i64> {
    let mut values = Vec::with_capacity(rows.n_rows);
    let mut scratch = Vec::new();
    rows.for_each(col, |row, start, end| {
        let cell = unquote(&rows.buf[start..end], rows.quote, &mut scratch);
        let parsed = std::str::from_utf8(cell).ok().and_then(|text| date::parse(format, text));
        values.push(match parsed {
            // a marker of the user's own may look like a date
            Some(_) if column.missing.may_be_numeric() && column.missing.is(cell) => MISSING_DATE,
            Some(value) => value,
            None if column.missing.is(cell) => MISSING_DATE,
            None => {
                odd.see(row, cell, warnings);
                MISSING_DATE
            }
        });
    });
    values
}

pub(crate) fn booleans(
    rows: &Rows<'_>,
    col: usize,
    column: &ColumnLayout,
    words: &Booleans,
    odd: &mut OddCells<'_>,
    warnings: &mut WarningLog,
) -> Vec<u32> {
    let mut codes = Vec::with_capacity(rows.n_rows);
    let mut scratch = Vec::new();
    let own_pair = boolean_word(&words.no).map(|(pair, _)| pair);
    rows.for_each(col, |row, start, end| {
        let cell = unquote(&rows.buf[start..end], rows.quote, &mut scratch);
        codes.push(if column.missing.is_own(cell) {
            MISSING_CODE
        } else if cell == words.no.as_bytes() {
            0
        } else if cell == words.yes.as_bytes() {
            1
        } else {
            if !column.missing.is(cell) {
                let word = std::str::from_utf8(cell).ok().and_then(boolean_word);
                // another spelling; where the column is asked to be boolean, the words of every pair
                if let Some((pair, yes)) = word
                    && (column.forced || Some(pair) == own_pair)
                {
                    codes.push(u32::from(yes));
                    return;
                }
                odd.see(row, cell, warnings);
            }
            MISSING_CODE
        });
    });
    codes
}

/// Reads a column as texts, codes into `levels`.
pub(crate) fn texts(rows: &Rows<'_>, col: usize, missing: &Missing, levels: &mut Levels) -> Vec<u32> {
    let mut codes = Vec::with_capacity(rows.n_rows);
    let mut scratch = Vec::new();
    // whether a text is missing is asked once per level; a missing marker is a level the merge drops
    let mut level_is_missing: Vec<bool> = levels.iter().map(|text| missing.is(text.as_bytes())).collect();
    let (mut last, mut last_code) = (Vec::new(), MISSING_CODE);
    rows.for_each(col, |_, start, end| {
        if start == end {
            codes.push(MISSING_CODE);
            return;
        }
        let field = &rows.buf[start..end];
        if field == last.as_slice() {
            codes.push(last_code);
            return;
        }
        let cell = unquote(field, rows.quote, &mut scratch);
        // the block is valid UTF-8 and is cut at ASCII bytes
        let text = std::str::from_utf8(cell).unwrap_or("");
        let code = levels.intern(text);
        if code as usize == level_is_missing.len() {
            level_is_missing.push(missing.is(cell));
        }
        let code = if level_is_missing.get(code as usize) == Some(&true) { MISSING_CODE } else { code };
        codes.push(code);
        last.clear();
        last.extend_from_slice(field);
        last_code = code;
    });
    codes
}

/// The dictionary that all blocks of a column share, and the codes so far.
#[derive(Debug, Default)]
pub(crate) struct TextsMerged {
    pub(crate) codes: Vec<u32>,
    pub(crate) levels: Levels,
    map: Vec<u32>,
}

impl TextsMerged {
    /// Appends a block's codes. Levels that only marked missing values stay out, since no code uses them.
    pub(crate) fn append(&mut self, codes: &[u32], levels: &Levels) {
        self.map.clear();
        self.map.resize(levels.len(), MISSING_CODE);
        let mut unmapped = levels.len();
        for &code in codes {
            if unmapped == 0 {
                break;
            }
            if let Some(slot) = self.map.get_mut(code as usize)
                && *slot == MISSING_CODE
            {
                *slot = self.levels.intern(levels.get(code));
                unmapped -= 1;
            }
        }
        let map = &self.map;
        self.codes.extend(codes.iter().map(|&code| map.get(code as usize).copied().unwrap_or(MISSING_CODE)));
    }

    pub(crate) fn finish(self) -> Coded {
        Coded { codes: self.codes, levels: Arc::new(self.levels) }
    }
}
