//! Dates and times as CSV files spell them: which formats a cell fits, and its value in microseconds.
//!
//! A value is the number of microseconds since 1970-01-01T00:00:00, for the years 0001 to 9999 of the
//! Gregorian calendar ([`jiff::civil`] decides which days exist). A time with an offset is turned into UTC;
//! one without stays as written.

use jiff::SignedDuration;
use jiff::civil::Date;

mod scan;
mod tally;

use scan::{Scanned, scan};
pub(crate) use tally::DateTally;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);
/// 0001-01-01T00:00:00.
const FIRST_MICROS: i64 = -719_162 * MICROS_PER_DAY;
/// The last microsecond of 9999-12-31.
const LAST_MICROS: i64 = 2_932_897 * MICROS_PER_DAY - 1;

/// How a column spells its dates. Days, months and hours may have one digit or two (`yyyymmdd` has none but
/// two-digit ones); month names are English, long or of three letters, in any case. Two-digit years are read
/// as POSIX does: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068.
///
/// Each format may be followed by `T` or blanks and a time: `HH:MM`, `HH:MM:SS`, a fraction of a second after
/// `.` or `,`, then `AM` or `PM`, then `Z`, `UTC`, `GMT`, `+hh:mm`, `+hhmm` or `+hh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum DateFormat {
    /// `2024-03-31`, ISO 8601.
    #[serde(rename = "yyyy-mm-dd")]
    YearMonthDay,
    /// `2024/03/31`.
    #[serde(rename = "yyyy/mm/dd")]
    YearMonthDaySlash,
    /// `20240331`.
    #[serde(rename = "yyyymmdd")]
    Compact,
    /// `31.03.2024`.
    #[serde(rename = "dd.mm.yyyy")]
    DayMonthYearDot,
    /// `31/03/2024`.
    #[serde(rename = "dd/mm/yyyy")]
    DayMonthYearSlash,
    /// `03/31/2024`.
    #[serde(rename = "mm/dd/yyyy")]
    MonthDayYearSlash,
    /// `31-03-2024`.
    #[serde(rename = "dd-mm-yyyy")]
    DayMonthYearDash,
    /// `03-31-2024`.
    #[serde(rename = "mm-dd-yyyy")]
    MonthDayYearDash,
    /// `31-Mar-2024`.
    #[serde(rename = "dd-mon-yyyy")]
    DayNameYearDash,
    /// `31 March 2024`.
    #[serde(rename = "dd mon yyyy")]
    DayNameYear,
    /// `March 31, 2024`, the comma optional.
    #[serde(rename = "mon dd yyyy")]
    NameDayYear,
    /// `31.03.24`.
    #[serde(rename = "dd.mm.yy")]
    DayMonthShortYearDot,
    /// `31/03/24`.
    #[serde(rename = "dd/mm/yy")]
    DayMonthShortYearSlash,
    /// `03/31/24`.
    #[serde(rename = "mm/dd/yy")]
    MonthDayShortYearSlash,
    /// `31-Mar-24`.
    #[serde(rename = "dd-mon-yy")]
    DayNameShortYearDash,
    /// `2024.03.31`.
    #[serde(rename = "yyyy.mm.dd")]
    YearMonthDayDot,
    /// `2024-03`, the first day of the month.
    #[serde(rename = "yyyy-mm")]
    YearMonth,
}

impl DateFormat {
    /// Every format; where the same cell may be day first or month first, day first comes first.
    pub const ALL: [Self; 17] = [
        Self::YearMonthDay,
        Self::YearMonthDaySlash,
        Self::Compact,
        Self::DayMonthYearDot,
        Self::DayMonthYearSlash,
        Self::MonthDayYearSlash,
        Self::DayMonthYearDash,
        Self::MonthDayYearDash,
        Self::DayNameYearDash,
        Self::DayNameYear,
        Self::NameDayYear,
        Self::DayMonthShortYearDot,
        Self::DayMonthShortYearSlash,
        Self::MonthDayShortYearSlash,
        Self::DayNameShortYearDash,
        Self::YearMonthDayDot,
        Self::YearMonth,
    ];

    /// The format's name, as used in files, commands and messages: `dd/mm/yyyy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::YearMonthDay => "yyyy-mm-dd",
            Self::YearMonthDaySlash => "yyyy/mm/dd",
            Self::Compact => "yyyymmdd",
            Self::DayMonthYearDot => "dd.mm.yyyy",
            Self::DayMonthYearSlash => "dd/mm/yyyy",
            Self::MonthDayYearSlash => "mm/dd/yyyy",
            Self::DayMonthYearDash => "dd-mm-yyyy",
            Self::MonthDayYearDash => "mm-dd-yyyy",
            Self::DayNameYearDash => "dd-mon-yyyy",
            Self::DayNameYear => "dd mon yyyy",
            Self::NameDayYear => "mon dd yyyy",
            Self::DayMonthShortYearDot => "dd.mm.yy",
            Self::DayMonthShortYearSlash => "dd/mm/yy",
            Self::MonthDayShortYearSlash => "mm/dd/yy",
            Self::DayNameShortYearDash => "dd-mon-yy",
            Self::YearMonthDayDot => "yyyy.mm.dd",
            Self::YearMonth => "yyyy-mm",
        }
    }

    /// Whether the month is written before the day.
    const fn month_first(self) -> bool {
        matches!(
            self,
            Self::YearMonthDay
                | Self::YearMonthDaySlash
                | Self::YearMonthDayDot
                | Self::YearMonth
                | Self::Compact
                | Self::MonthDayYearSlash
                | Self::MonthDayYearDash
                | Self::NameDayYear
                | Self::MonthDayShortYearSlash
        )
    }
}

impl std::fmt::Display for DateFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for DateFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("'{text}' is not a date format; expected one of {names}")
        })
    }
}

/// A set of formats: those that one cell fits, or, intersected over its cells, those a column fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatSet(u32);

impl FormatSet {
    /// No format: the cell is not a date.
    pub const EMPTY: Self = Self(0);
    /// Every format, where an intersection over cells starts.
    pub const ALL: Self = Self((1 << DateFormat::ALL.len()) - 1);

    const fn of(formats: &[DateFormat]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < formats.len() {
            bits |= 1 << formats[i] as u32;
            i += 1;
        }
        Self(bits)
    }

    /// The formats in both sets.
    #[must_use]
    pub const fn intersect(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is no format in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many formats are in the set.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether a format is in the set.
    #[must_use]
    pub const fn contains(self, format: DateFormat) -> bool {
        self.0 & (1 << format as u32) != 0
    }

    /// The formats in the set, in the order of [`DateFormat::ALL`].
    pub fn iter(self) -> impl Iterator<Item = DateFormat> {
        DateFormat::ALL.into_iter().filter(move |&format| self.contains(format))
    }

    /// The format to read a column with, and whether it is a guess; `None` when the set is empty. It is a
    /// guess when no cell tells day from month (each is at most 12): then the day comes first, the custom of
    /// most countries, and the caller should warn.
    #[must_use]
    pub fn preferred(self) -> Option<(DateFormat, bool)> {
        self.iter().next().map(|format| (format, self.len() > 1))
    }
}

/// The value of a cell in microseconds since 1970-01-01T00:00:00; outer blanks are ignored.
///
/// `None` when the cell does not fit the format, names a day or time that does not exist, has a fraction
/// finer than a microsecond (which is not rounded), or lies outside the years 0001 to 9999 once turned into
/// UTC.
#[must_use]
pub fn parse(format: DateFormat, text: &str) -> Option<i64> {
    let bytes = text.as_bytes().trim_ascii();
    if format == DateFormat::YearMonthDay
        && let Some((year, month, day)) = plain_iso(bytes)
    {
        return micros_of(year, month, day, 0);
    }
    let scanned = scan(bytes)?;
    if scanned.formats.contains(format) { scanned.micros(format) } else { None }
}

/// The formats that accept a cell; outer blanks are ignored. Eight bare digits are taken for `yyyymmdd` only
/// with `allow_compact`, since they may as well be a number.
///
/// Stricter than [`parse`] in one point: `1.2.24` could be a version number, so `dd.mm.yy` is offered only
/// for two-digit days and months.
#[must_use]
pub fn candidates(text: &str, allow_compact: bool) -> FormatSet {
    let Some(scanned) = scan(text.as_bytes().trim_ascii()) else { return FormatSet::EMPTY };
    let mut accepted = FormatSet::EMPTY;
    for format in scanned.formats.iter() {
        let doubtful = match format {
            DateFormat::Compact => scanned.bare && !allow_compact,
            DateFormat::DayMonthShortYearDot => !scanned.padded,
            _ => false,
        };
        if !doubtful && scanned.micros(format).is_some() {
            accepted.0 |= 1 << format as u32;
        }
    }
    accepted
}

/// A value as text: `yyyy-mm-dd` at midnight, else `yyyy-mm-ddThh:mm:ss` with six more digits where there is
/// a fraction. See [`write_iso`].
#[must_use]
pub fn format_iso(micros: i64) -> String {
    let mut out = Vec::with_capacity(26);
    write_iso(micros, &mut out);
    out.into_iter().map(char::from).collect()
}

/// Appends what [`format_iso`] returns, in ASCII. [`super::MISSING_DATE`] appends nothing; a value past the
/// year 9999 or before -9999, which [`parse`] never gives, is written as the number it is.
pub fn write_iso(micros: i64, out: &mut Vec<u8>) {
    if micros == super::MISSING_DATE {
        return;
    }
    let (days, of_day) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
    let Ok(date) = EPOCH.checked_add(SignedDuration::from_secs(days * 86_400)) else {
        out.extend_from_slice(micros.to_string().as_bytes());
        return;
    };
    if date.year() < 0 {
        out.extend_from_slice(date.to_string().as_bytes());
    } else {
        push_digits(out, i64::from(date.year()), 4);
        out.push(b'-');
        push_digits(out, i64::from(date.month()), 2);
        out.push(b'-');
        push_digits(out, i64::from(date.day()), 2);
    }
    if of_day == 0 {
        return;
    }
    let (seconds, fraction) = (of_day / MICROS_PER_SECOND, of_day % MICROS_PER_SECOND);
    out.push(b'T');
    push_digits(out, seconds / 3600, 2);
    out.push(b':');
    push_digits(out, seconds / 60 % 60, 2);
    out.push(b':');
    push_digits(out, seconds % 60, 2);
    if fraction != 0 {
        out.push(b'.');
        push_digits(out, fraction, 6);
    }
}

/// Appends the last `width` (at most 6) decimal digits of a number that is not negative.
fn push_digits(out: &mut Vec<u8>, mut value: i64, width: usize) {
    let mut digits = [b'0'; 6];
    for digit in digits[6 - width..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend_from_slice(&digits[6 - width..]);
}

/// Year, month and day of ten bytes that look like `2024-03-31`.
fn plain_iso(bytes: &[u8]) -> Option<(i16, i8, i8)> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = bytes else { return None };
    let digits = [a, b, c, d, e, f, g, h].map(|byte| byte.wrapping_sub(b'0'));
    if digits.iter().any(|&digit| digit > 9) {
        return None;
    }
    let [a, b, c, d, e, f, g, h] = digits.map(i16::from);
    Some((a * 1000 + b * 100 + c * 10 + d, (e * 10 + f) as i8, (g * 10 + h) as i8))
}

/// Microseconds of a day plus those since its midnight (which an offset may move to a neighbouring day).
fn micros_of(year: i16, month: i8, day: i8, since_midnight: i64) -> Option<i64> {
    // Rejected here first since jiff's errors cost a memory allocation each.
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let days = Date::new(year, month, day).ok()?.duration_since(EPOCH).as_secs() / 86_400;
    let micros = days * MICROS_PER_DAY + since_midnight;
    (FIRST_MICROS..=LAST_MICROS).contains(&micros).then_some(micros)
}

impl Scanned {
    fn micros(&self, format: DateFormat) -> Option<i64> {
        let (month, day) =
            if format.month_first() { (self.first, self.second) } else { (self.second, self.first) };
        micros_of(self.year, month, day, self.since_midnight)
    }
}

#[cfg(test)]
mod tests;
