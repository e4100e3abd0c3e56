//! From cells to a column's type: evidence is gathered cell by cell, and a plan decided from it.

use super::cell::{BooleanEvidence, Booleans};
use super::date::{self, DateFormat, DateTally, FormatSet};
use super::number::{Decimal, Leaning, Reading, Unit, general, leaning};
use super::options::ColumnOptions;
use super::table::ColumnKind;

/// How the cells of a column are to be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// As numbers.
    Number { decimal: Decimal, unit: Option<Unit> },
    /// As dates.
    Date(DateFormat),
    /// As yes and no.
    Boolean(Booleans),
    /// As they are; whether they form categories or text shows at the end.
    Texts,
    /// Not at all.
    Skip,
}

/// What the cells of a column seen so far say about its type.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// Cells that are not missing.
    pub(crate) cells: u64,
    /// Cells that read as numbers, whatever the notation.
    pub(crate) numeric: u64,
    /// Every cell reads as a number with a decimal point; with a decimal comma.
    point: bool,
    comma: bool,
    /// Cells that only a decimal point, or only a decimal comma, makes sense of.
    pub(crate) only_point: u64,
    pub(crate) only_comma: u64,
    /// Cells with one separator that either could explain.
    pub(crate) either: u64,
    unit: Seen<Unit>,
    units_differ: bool,
    /// A cell with leading zeros, and one that a double can't hold: the first of each, with its line.
    pub(crate) leading_zero: Option<(u64, String)>,
    pub(crate) too_precise: Option<(u64, String)>,
    /// The first cell that only a decimal point makes sense of, and the first for a comma, with their lines.
    pub(crate) first_point: Option<(u64, String)>,
    pub(crate) first_comma: Option<(u64, String)>,
    /// The first cell that is no number, with its line.
    pub(crate) first_other: Option<(u64, String)>,
    dates: Option<FormatSet>,
    /// The forms of the cells that are dates, and the first cell that is none, with its line.
    date_tally: Option<Box<DateTally>>,
    undated: Option<(u64, String)>,
    booleans: BooleanEvidence,
}

/// What the cells seen so far are written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen<T> {
    Nothing,
    Without,
    With(T),
}

impl<T> Seen<T> {
    fn the_one(self) -> Option<T> {
        if let Self::With(one) = self { Some(one) } else { None }
    }
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            cells: 0,
            numeric: 0,
            point: true,
            comma: true,
            only_point: 0,
            only_comma: 0,
            either: 0,
            unit: Seen::Nothing,
            units_differ: false,
            leading_zero: None,
            too_precise: None,
            first_point: None,
            first_comma: None,
            first_other: None,
            dates: None,
            date_tally: None,
            undated: None,
            booleans: BooleanEvidence::default(),
        }
    }
}

/// Whether a cell is an integer that reads the same in every notation (`Some(false)`), or a number that only a
/// decimal point makes sense of (`Some(true)`): digits, and perhaps a point and digits that are not three, which
/// might be a group. `None` for everything else.
fn ordinary(cell: &str) -> Option<bool> {
    let text = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    if text.len() > 15 {
        return None;
    }
    let whole = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if whole == 0 {
        return None;
    }
    match text[whole..].split_first() {
        None => (whole == 1 || text[0] != b'0').then_some(false),
        Some((b'.', digits)) => {
            let only_point = digits.len() != 3 && !digits.is_empty();
            (only_point && digits.iter().all(u8::is_ascii_digit)).then_some(true)
        }
        Some(_) => None,
    }
}

impl Evidence {
    /// Takes in a cell that is not missing.
    pub(crate) fn absorb(&mut self, cell: &str, line: u64, compact_dates: bool) {
        self.cells += 1;
        // what most cells are needs no second look
        if let Some(fraction) = ordinary(cell) {
            self.numeric += 1;
            self.comma &= !fraction;
            self.only_point += u64::from(fraction);
            if fraction && self.first_point.is_none() {
                self.first_point = Some((line, cell.to_owned()));
            }
            self.see_unit(None);
            self.see_other_than_numbers(cell, line, compact_dates);
            return;
        }
        let point = general(cell, Decimal::Point);
        let comma = general(cell, Decimal::Comma);
        let is_number = |reading| matches!(reading, Reading::Value(..) | Reading::Infinite);
        let (with_point, with_comma) = (is_number(point), is_number(comma));
        self.point &= with_point;
        self.comma &= with_comma;
        match (with_point, with_comma) {
            (true, true) => {
                if leaning(point, comma) == Leaning::Either {
                    self.either += 1;
                }
            }
            (true, false) => {
                self.only_point += 1;
                self.first_point.get_or_insert_with(|| (line, cell.to_owned()));
            }
            (false, true) => {
                self.only_comma += 1;
                self.first_comma.get_or_insert_with(|| (line, cell.to_owned()));
            }
            (false, false) => {}
        }
        for reading in [point, comma] {
            let slot = match reading {
                Reading::LeadingZero => &mut self.leading_zero,
                Reading::TooPrecise => &mut self.too_precise,
                _ => continue,
            };
            slot.get_or_insert_with(|| (line, cell.to_owned()));
        }
        if with_point || with_comma {
            self.numeric += 1;
            let unit = match (point, comma) {
                (Reading::Value(_, unit), _) | (_, Reading::Value(_, unit)) => unit,
                _ => None,
            };
            self.see_unit(unit);
        } else if self.first_other.is_none() {
            self.first_other = Some((line, cell.to_owned()));
        }
        self.see_other_than_numbers(cell, line, compact_dates);
    }

    fn see_other_than_numbers(&mut self, cell: &str, line: u64, compact_dates: bool) {
        // numbers with a point may look like dates; only what is no plain number can be one
        let formats = date::candidates(cell, compact_dates);
        self.dates = Some(self.dates.map_or(formats, |seen| seen.intersect(formats)));
        if !formats.is_empty() {
            self.date_tally.get_or_insert_default().add(formats, cell, line);
        } else if self.undated.is_none() {
            self.undated = Some((line, cell.to_owned()));
        }
        self.booleans.absorb(cell);
    }

    fn see_unit(&mut self, unit: Option<Unit>) {
        match (self.unit, unit) {
            (Seen::Nothing, None) => self.unit = Seen::Without,
            // a currency sign may be left out (totals, zeros); a percent sign changes the value
            (Seen::Nothing, Some(unit)) | (Seen::Without, Some(unit @ Unit::Currency(_))) => {
                self.unit = Seen::With(unit);
            }
            (Seen::Without | Seen::With(Unit::Currency(_)), None) => {}
            (Seen::With(seen), Some(unit)) if seen == unit => {}
            _ => self.units_differ = true,
        }
    }

    /// Takes in what another part of the column said.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.cells += other.cells;
        self.numeric += other.numeric;
        self.point &= other.point;
        self.comma &= other.comma;
        self.only_point += other.only_point;
        self.only_comma += other.only_comma;
        self.either += other.either;
        match other.unit {
            Seen::Nothing => {}
            Seen::Without => self.see_unit(None),
            Seen::With(unit) => self.see_unit(Some(unit)),
        }
        self.units_differ |= other.units_differ;
        for (mine, theirs) in [
            (&mut self.leading_zero, &other.leading_zero),
            (&mut self.too_precise, &other.too_precise),
            (&mut self.first_other, &other.first_other),
            (&mut self.first_point, &other.first_point),
            (&mut self.first_comma, &other.first_comma),
            (&mut self.undated, &other.undated),
        ] {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        if let Some(dates) = other.dates {
            self.dates = Some(self.dates.map_or(dates, |seen| seen.intersect(dates)));
        }
        if let Some(tally) = &other.date_tally {
            self.date_tally.get_or_insert_default().merge(tally);
        }
        if other.cells > 0 {
            self.booleans.merge(&other.booleans);
        }
    }

    /// Moves the line numbers by the lines that stand before this part of the file.
    pub(crate) fn shift_lines(&mut self, lines: u64) {
        let Self { leading_zero, too_precise, first_other, first_point, first_comma, undated, .. } = self;
        for (line, _) in
            [leading_zero, too_precise, first_other, first_point, first_comma, undated].into_iter().flatten()
        {
            *line += lines;
        }
        if let Some(tally) = &mut self.date_tally {
            tally.shift_lines(lines);
        }
    }

    /// Whether every cell can be a number in at least one notation.
    pub(crate) fn is_number(&self) -> bool {
        (self.point || self.comma) && !self.units_differ
    }

    /// Whether units stand in the way of a number column.
    pub(crate) fn units_differ(&self) -> bool {
        self.units_differ && (self.point || self.comma)
    }

    /// Whether the notation is open: every cell that has a separator could be read both ways.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.point && self.comma && self.either > 0
    }

    /// Whether day and month could be the other way round.
    pub(crate) fn date_is_ambiguous(&self) -> bool {
        self.dates.and_then(FormatSet::preferred).is_some_and(|(_, ambiguous)| ambiguous)
    }

    /// The form that most dates of the column have, how many have it, and the first cell that has not.
    pub(crate) fn usual_date(&self) -> Option<(DateFormat, u64, &(u64, String))> {
        let tally = self.date_tally.as_deref()?;
        let (format, count) = tally.usual();
        let first = [tally.other_than(format), self.undated.as_ref()].into_iter().flatten();
        Some((format, count, first.min_by_key(|(line, _)| *line)?))
    }

    /// The plan that fits every cell seen; `file_decimal` settles what the column leaves open.
    pub(crate) fn decide(&self, file_decimal: Decimal) -> Plan {
        if let Some(format) =
            self.dates.filter(|_| self.cells > 0).and_then(FormatSet::preferred).map(|(format, _)| format)
        {
            return Plan::Date(format);
        }
        if self.is_number() {
            let decimal = match (self.point, self.comma) {
                (true, false) => Decimal::Point,
                (false, true) => Decimal::Comma,
                _ => file_decimal,
            };
            return Plan::Number { decimal, unit: self.unit.the_one() };
        }
        if let Some(booleans) = self.booleans.decide() {
            return Plan::Boolean(booleans);
        }
        Plan::Texts
    }

    /// The plan under what the user fixed for the column.
    pub(crate) fn decide_with(&self, options: Option<&ColumnOptions>, file_decimal: Decimal) -> Plan {
        let own_decimal = options.and_then(|o| o.decimal);
        let decimal = own_decimal.unwrap_or(file_decimal);
        match options.and_then(|o| o.kind) {
            None => match (options.and_then(|o| o.date), self.decide(decimal)) {
                (Some(format), _) => Plan::Date(format),
                (None, Plan::Number { unit, .. }) if own_decimal.is_some() => Plan::Number { decimal, unit },
                (None, plan) => plan,
            },
            Some(ColumnKind::Number) => {
                let likely = options.and_then(|o| o.likely_decimal);
                let decimal = match own_decimal {
                    Some(own) => own,
                    None if self.only_comma > self.only_point => Decimal::Comma,
                    None if self.only_point > self.only_comma => Decimal::Point,
                    None => likely.unwrap_or(file_decimal),
                };
                Plan::Number { decimal, unit: self.unit.the_one() }
            }
            Some(ColumnKind::Date) => {
                // a few cells of another form, or none, must not decide for the others
                let tally = self.date_tally.as_deref();
                let usual = tally.map(DateTally::usual);
                let fits_as_many = |format: &DateFormat| {
                    tally.zip(usual).is_none_or(|(tally, (_, most))| tally.count(*format) == most)
                };
                let likely = options.and_then(|o| o.likely_date).filter(fits_as_many);
                let format =
                    options.and_then(|o| o.date).or(likely).or_else(|| usual.map(|(format, _)| format));
                Plan::Date(format.unwrap_or(DateFormat::YearMonthDay))
            }
            Some(ColumnKind::Boolean) => Plan::Boolean(
                self.booleans.asked().unwrap_or(Booleans { no: "false".into(), yes: "true".into() }),
            ),
            Some(ColumnKind::Category | ColumnKind::Text) => Plan::Texts,
        }
    }
}

/// Whether a column's eight-digit numbers may be dates: by its name, or since it is asked to be one of dates.
pub(crate) fn compact_dates(name: &str, options: Option<&ColumnOptions>) -> bool {
    if options.is_some_and(|own| own.kind == Some(ColumnKind::Date)) {
        return true;
    }
    let lower = name.to_lowercase();
    ["date", "day", "datum", "fecha", "yyyymmdd"].iter().any(|word| lower.contains(word))
        && !lower.contains("days")
}

/// Whether distinct texts make a text column rather than a category: free text, or nearly every row its own.
///
/// The bounds: mean length above 60 bytes; more than 65,536 levels; or, from 20 rows on, more levels than half
/// the rows.
pub(crate) fn is_text(n_rows_present: usize, n_levels: usize, level_bytes: usize) -> bool {
    let long = n_levels > 0 && level_bytes / n_levels > 60;
    long || n_levels > 65_536 || (n_rows_present >= 20 && n_levels * 2 > n_rows_present)
}
