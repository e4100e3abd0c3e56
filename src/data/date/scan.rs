//! Takes the text of a date apart, without yet deciding which number is the day and which the month.

use super::{DateFormat, FormatSet, MICROS_PER_SECOND};

/// The parts of a date. Numbers are as written: month 13 and day 0 are still possible.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanned {
    /// The formats that have this layout.
    pub(super) formats: FormatSet,
    /// The year, two-digit ones completed.
    pub(super) year: i16,
    /// Of day and month, the one written first.
    pub(super) first: i8,
    /// Of day and month, the one written second.
    pub(super) second: i8,
    /// Microseconds since midnight, less the offset from UTC; so possibly negative or more than a day.
    pub(super) since_midnight: i64,
    /// Whether there is no time part.
    pub(super) bare: bool,
    /// Whether day and month have two digits each.
    pub(super) padded: bool,
}

const YEAR_MONTH_DAY: FormatSet = FormatSet::of(&[DateFormat::YearMonthDay]);
const YEAR_MONTH_DAY_SLASH: FormatSet = FormatSet::of(&[DateFormat::YearMonthDaySlash]);
const YEAR_MONTH_DAY_DOT: FormatSet = FormatSet::of(&[DateFormat::YearMonthDayDot]);
const YEAR_MONTH: FormatSet = FormatSet::of(&[DateFormat::YearMonth]);
const COMPACT: FormatSet = FormatSet::of(&[DateFormat::Compact]);
const DOT: FormatSet = FormatSet::of(&[DateFormat::DayMonthYearDot]);
const SLASH: FormatSet = FormatSet::of(&[DateFormat::DayMonthYearSlash, DateFormat::MonthDayYearSlash]);
const DASH: FormatSet = FormatSet::of(&[DateFormat::DayMonthYearDash, DateFormat::MonthDayYearDash]);
const DAY_NAME_DASH: FormatSet = FormatSet::of(&[DateFormat::DayNameYearDash]);
const DAY_NAME: FormatSet = FormatSet::of(&[DateFormat::DayNameYear]);
const NAME_DAY: FormatSet = FormatSet::of(&[DateFormat::NameDayYear]);
const SHORT_DOT: FormatSet = FormatSet::of(&[DateFormat::DayMonthShortYearDot]);
const SHORT_SLASH: FormatSet =
    FormatSet::of(&[DateFormat::DayMonthShortYearSlash, DateFormat::MonthDayShortYearSlash]);
const SHORT_DAY_NAME_DASH: FormatSet = FormatSet::of(&[DateFormat::DayNameShortYearDash]);

/// Takes a cell without outer blanks apart; `None` when its layout is none of a date.
pub(super) fn scan(bytes: &[u8]) -> Option<Scanned> {
    // The shortest date is 1/2/24, the longest has a long month name, a long fraction and an offset.
    if bytes.len() < 6 || bytes.len() > 80 {
        return None;
    }
    let mut cursor = Cursor { rest: bytes };
    let mut scanned = if bytes[0].is_ascii_digit() { cursor.number_first()? } else { cursor.name_first()? };
    scanned.bare = cursor.rest.is_empty();
    if !scanned.bare {
        scanned.since_midnight = cursor.time()?;
    }
    Some(scanned)
}

/// What is left to read.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// Skips blanks; says whether there were any.
    fn eat_blanks(&mut self) -> bool {
        let before = self.rest.len();
        while self.eat(b' ') {}
        self.rest.len() < before
    }

    /// The run of digits here, of which there are 1 to 8: its value and length.
    fn number(&mut self) -> Option<(i32, usize)> {
        let mut value = 0;
        let mut length = 0;
        while let Some(&byte) = self.rest.get(length)
            && byte.is_ascii_digit()
        {
            if length == 8 {
                return None;
            }
            value = value * 10 + i32::from(byte - b'0');
            length += 1;
        }
        self.rest = &self.rest[length..];
        (length > 0).then_some((value, length))
    }

    /// A day or a month in digits: its value, and whether it has two digits.
    fn short_number(&mut self) -> Option<(i8, bool)> {
        match self.number()? {
            (value, length @ (1 | 2)) => Some((value as i8, length == 2)),
            _ => None,
        }
    }

    /// A number of exactly two digits.
    fn two_digits(&mut self) -> Option<i64> {
        match self.number()? {
            (value, 2) => Some(i64::from(value)),
            _ => None,
        }
    }

    /// The English name of a month here: 1 to 12.
    fn month_name(&mut self) -> Option<i8> {
        const NAMES: [&[u8]; 12] = [
            b"january",
            b"february",
            b"march",
            b"april",
            b"may",
            b"june",
            b"july",
            b"august",
            b"september",
            b"october",
            b"november",
            b"december",
        ];
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (name, rest) = self.rest.split_at(length);
        self.rest = rest;
        let found = NAMES
            .iter()
            .position(|month| name.eq_ignore_ascii_case(month) || name.eq_ignore_ascii_case(&month[..3]));
        match found {
            Some(index) => Some(index as i8 + 1),
            None if name.eq_ignore_ascii_case(b"sept") => Some(9),
            None => None,
        }
    }

    /// A year of four digits, or of two that are completed as POSIX says; whether it had two.
    fn year(&mut self) -> Option<(i16, bool)> {
        match self.number()? {
            (year, 4) => Some((year as i16, false)),
            (year, 2) => Some((year as i16 + if year >= 69 { 1900 } else { 2000 }, true)),
            _ => None,
        }
    }

    /// `March 31, 2024`.
    fn name_first(&mut self) -> Option<Scanned> {
        let month = self.month_name()?;
        if !self.eat_blanks() {
            return None;
        }
        let (day, padded) = self.short_number()?;
        let comma = self.eat(b',');
        if !self.eat_blanks() && !comma {
            return None;
        }
        match self.year()? {
            (year, false) => Some(date(NAME_DAY, year, month, day, padded)),
            _ => None,
        }
    }

    /// Every other format.
    fn number_first(&mut self) -> Option<Scanned> {
        let (number, length) = self.number()?;
        match length {
            8 => {
                let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
                return Some(date(COMPACT, year as i16, month as i8, day as i8, true));
            }
            1 | 2 | 4 => {}
            _ => return None,
        }
        let &separator = self.rest.first()?;
        self.rest = &self.rest[1..];
        if length == 4 {
            let formats = match separator {
                b'-' => YEAR_MONTH_DAY,
                b'/' => YEAR_MONTH_DAY_SLASH,
                b'.' => YEAR_MONTH_DAY_DOT,
                _ => return None,
            };
            let (month, wide_month) = self.short_number()?;
            if separator == b'-' && wide_month && self.rest.is_empty() {
                return Some(date(YEAR_MONTH, number as i16, month, 1, true));
            }
            if !self.eat(separator) {
                return None;
            }
            let (day, wide_day) = self.short_number()?;
            return Some(date(formats, number as i16, month, day, wide_month && wide_day));
        }
        let first = number as i8;
        if separator == b' ' {
            self.eat_blanks();
        }
        if !self.rest.first()?.is_ascii_digit() {
            let month = self.month_name()?;
            if !self.eat(separator) {
                return None;
            }
            if separator == b' ' {
                self.eat_blanks();
            }
            let (year, short) = self.year()?;
            let formats = match (separator, short) {
                (b'-', false) => DAY_NAME_DASH,
                (b' ', false) => DAY_NAME,
                (b'-', true) => SHORT_DAY_NAME_DASH,
                _ => return None,
            };
            return Some(date(formats, year, first, month, length == 2));
        }
        let (second, wide) = self.short_number()?;
        if !self.eat(separator) {
            return None;
        }
        let (year, short) = self.year()?;
        let formats = match (separator, short) {
            (b'.', false) => DOT,
            (b'/', false) => SLASH,
            (b'-', false) => DASH,
            (b'.', true) => SHORT_DOT,
            (b'/', true) => SHORT_SLASH,
            _ => return None,
        };
        Some(date(formats, year, first, second, wide && length == 2))
    }

    /// All that may follow a date: microseconds since midnight, less the offset from UTC.
    fn time(&mut self) -> Option<i64> {
        if !self.eat(b'T') && !self.eat_blanks() {
            return None;
        }
        let (hour, _) = self.short_number()?;
        let mut hour = i64::from(hour);
        if !self.eat(b':') {
            return None;
        }
        let minute = self.two_digits()?;
        let mut second = 0;
        let mut micros = 0;
        if self.eat(b':') {
            second = self.two_digits()?;
            if self.eat(b'.') || self.eat(b',') {
                micros = self.fraction()?;
            }
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        self.eat_blanks();
        if let [half @ (b'A' | b'a' | b'P' | b'p'), b'M' | b'm', rest @ ..] = self.rest {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if half.eq_ignore_ascii_case(&b'P') { 12 } else { 0 };
            self.rest = rest;
            self.eat_blanks();
        }
        let offset = self.offset()?;
        Some(((hour * 60 + minute - offset) * 60 + second) * MICROS_PER_SECOND + micros)
    }

    /// The digits after the decimal mark, in microseconds. Digits past the sixth must be zeros.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        if length == 0 || digits.iter().skip(6).any(|&digit| digit != b'0') {
            return None;
        }
        let digit = |place: usize| digits.get(place).map_or(0, |&digit| i64::from(digit - b'0'));
        Some((0..6).fold(0, |micros, place| micros * 10 + digit(place)))
    }

    /// The offset from UTC in minutes, with which the cell must end; 0 where there is none.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.rest {
            [] | b"Z" | b"z" | b"UTC" | b"GMT" => return Some(0),
            [b'+', ..] => 1,
            [b'-', ..] => -1,
            _ => return None,
        };
        self.rest = &self.rest[1..];
        let (hours, minutes) = match self.number()? {
            (hours, 2) if self.eat(b':') => (i64::from(hours), self.two_digits()?),
            (hours, 2) => (i64::from(hours), 0),
            (both, 4) => (i64::from(both / 100), i64::from(both % 100)),
            _ => return None,
        };
        (self.rest.is_empty() && hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
    }
}

/// A date without a time.
fn date(formats: FormatSet, year: i16, first: i8, second: i8, padded: bool) -> Scanned {
    Scanned { formats, year, first, second, since_midnight: 0, bare: true, padded }
}
