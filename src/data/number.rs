//! Reading numbers: plain ones at speed, and those people write (decimal comma, thousands separators, currency,
//! percent) with care. Never rounds an integer in silence.

use super::scan::PAD;

/// Which character separates the whole from the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// `1,234.5`
    #[default]
    Point,
    /// `1.234,5`
    Comma,
}

/// What a number is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A percent sign; the value is the hundredth part, as in spreadsheets (`12.5%` is 0.125).
    Percent,
    /// A currency sign or code, by its number in [`Unit::text`]'s list.
    Currency(u8),
}

const CURRENCIES: [&str; 16] =
    ["$", "€", "£", "¥", "₹", "₽", "₩", "CHF", "USD", "EUR", "GBP", "JPY", "kr", "zł", "Fr.", "R$"];

impl Unit {
    /// The sign or code as it stands in the file.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Percent => "%",
            Self::Currency(index) => CURRENCIES.get(index as usize).copied().unwrap_or("$"),
        }
    }
}

const POW10: [f64; 17] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];
const TWO_53: u64 = 1 << 53;

/// The value of eight digit bytes (0–9 each, first digit in the lowest byte).
#[inline(always)]
fn eight_digits(x: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let x = x.wrapping_mul(10).wrapping_add(x >> 8);
    let high = (x & PAIRS).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((x >> 16) & PAIRS).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

/// Reads `buf[start..end]` if it is a plain number: an optional minus, at most 16 digits with at most one
/// decimal point, no leading zero on an integer. The result is the correctly rounded double: the digits fit
/// 2^53 and the power of ten is exact, so that one division rounds once. Needs [`PAD`] bytes before the field.
#[inline(always)]
pub(crate) fn plain(buf: &[u8], start: usize, end: usize) -> Option<f64> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const LOW7: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const ABOVE9: u64 = 0x7676_7676_7676_7676;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const POINT: u8 = b'.' ^ b'0';
    let tail: &[u8; PAD] = buf.get(end.wrapping_sub(PAD)..end)?.try_into().ok()?;
    let negative = *buf.get(start)? == b'-';
    let first = start + usize::from(negative);
    let len = end.wrapping_sub(first);
    if len <= 8 {
        if len == 0 {
            return None;
        }
        let raw = u64::from_le_bytes([
            tail[8], tail[9], tail[10], tail[11], tail[12], tail[13], tail[14], tail[15],
        ]);
        let shift = 64 - 8 * len;
        let x = ((raw ^ ZEROS) >> shift) << shift;
        let odd = (((x & LOW7) + ABOVE9) | x) & HIGH;
        let value = if odd == 0 {
            if len > 1 && buf[first] == b'0' {
                return None;
            }
            eight_digits(x) as f64
        } else {
            let bit = odd.trailing_zeros();
            let at = bit - 7;
            if odd & (odd - 1) != 0 || (x >> at) as u8 != POINT || len == 1 {
                return None;
            }
            let digits = (x & ((!0_u64 << bit) << 1)) | ((x & ((1_u64 << at) - 1)) << 8);
            eight_digits(digits) as f64 / POW10[(7 - at / 8) as usize]
        };
        return Some(f64::from_bits(value.to_bits() ^ (u64::from(negative) << 63)));
    }
    if len > PAD {
        return None;
    }
    let shift = 128 - 8 * len;
    let wide = |x: u64| u128::from(x) | (u128::from(x) << 64);
    let x = ((u128::from_le_bytes(*tail) ^ wide(ZEROS)) >> shift) << shift;
    let odd = (((x & wide(LOW7)) + wide(ABOVE9)) | x) & wide(HIGH);
    let value_of = |x: u128| eight_digits(x as u64) * 100_000_000 + eight_digits((x >> 64) as u64);
    let value = if odd == 0 {
        let digits = value_of(x);
        if buf[first] == b'0' || digits > TWO_53 {
            return None;
        }
        digits as f64
    } else {
        let bit = odd.trailing_zeros();
        let at = bit - 7;
        if odd & (odd - 1) != 0 || (x >> at) as u8 != POINT {
            return None;
        }
        let digits = value_of((x & ((!0_u128 << bit) << 1)) | ((x & ((1_u128 << at) - 1)) << 8));
        if digits > TWO_53 {
            return None;
        }
        digits as f64 / POW10[(15 - at / 8) as usize]
    };
    Some(f64::from_bits(value.to_bits() ^ (u64::from(negative) << 63)))
}

/// What a cell says when it is read as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// A number, and the unit it is written with.
    Value(f64, Option<Unit>),
    /// Infinite, or too large for a double.
    Infinite,
    /// An integer with leading zeros: an identifier.
    LeadingZero,
    /// An integer that a double can't hold exactly.
    TooPrecise,
    /// The double nearest to such an integer, where the column is asked to be numbers.
    Rounded(f64, Option<Unit>),
    /// Not a number.
    No,
}

/// How a cell's separators speak for a decimal point or a decimal comma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaning {
    /// Reads the same both ways.
    None,
    /// Reads as a number both ways, with different values (`1,234`).
    Either,
}

/// Reads a cell (outer blanks ignored) as a number in the given notation.
pub(crate) fn general(cell: &str, decimal: Decimal) -> Reading {
    read(cell, decimal, false)
}

/// As [`general`], for a column that is asked to be numbers: leading zeros count for nothing, and an integer that
/// a double can't hold is rounded to the nearest and says so.
pub(crate) fn asked(cell: &str, decimal: Decimal) -> Reading {
    read(cell, decimal, true)
}

fn read(cell: &str, decimal: Decimal, asked: bool) -> Reading {
    let mut text = cell.trim_matches([' ', '\t', '\u{a0}', '\u{202f}']);
    let mut negative = false;
    let mut unit = None;
    let mut signed = false;
    // sign and currency may come in either order: -$5, $-5, (5)
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'))
        && !inner.contains(['(', ')', '-', '+'])
    {
        negative = true;
        signed = true;
        text = inner.trim();
    }
    for _ in 0..2 {
        if !signed {
            if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
                (negative, signed, text) = (true, true, rest);
            } else if let Some(rest) = text.strip_prefix('+') {
                (signed, text) = (true, rest);
            }
        }
        if unit.is_none()
            && let Some((index, rest)) = currency(text, str::strip_prefix)
        {
            unit = Some(Unit::Currency(index));
            text = rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        }
    }
    if unit.is_none() {
        if let Some(rest) = text.strip_suffix('%') {
            unit = Some(Unit::Percent);
            text = rest.trim_end_matches([' ', '\u{a0}', '\u{202f}']);
        } else if let Some((index, rest)) = currency(text, str::strip_suffix) {
            unit = Some(Unit::Currency(index));
            text = rest.trim_end_matches([' ', '\u{a0}', '\u{202f}']);
        }
    }
    let signed = |value: f64| {
        let value = if negative { -value } else { value };
        if unit == Some(Unit::Percent) { percent(value, text) } else { value }
    };
    match unsigned(text, decimal, asked) {
        Reading::Value(value, _) => Reading::Value(signed(value), unit),
        Reading::Rounded(value, _) => Reading::Rounded(signed(value), unit),
        other => other,
    }
}

/// The hundredth part, rounded once: the text with its decimal exponent lowered by two.
fn percent(value: f64, text: &str) -> f64 {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain && let Ok(exact) = format!("{text}e-2").parse::<f64>() {
        return exact.copysign(value);
    }
    value / 100.0
}

fn currency<'a>(text: &'a str, strip: fn(&'a str, &'static str) -> Option<&'a str>) -> Option<(u8, &'a str)> {
    // longest first, so that R$ is not read as a $ behind an R
    let mut best: Option<(u8, &'a str)> = None;
    for (index, sign) in CURRENCIES.iter().enumerate() {
        if let Some(rest) = strip(text, sign)
            && best.is_none_or(|(_, other)| rest.len() < other.len())
        {
            best = Some((u8::try_from(index).unwrap_or(0), rest));
        }
    }
    best.filter(|(_, rest)| rest.bytes().any(|b| b.is_ascii_digit()))
}

/// Reads digits with separators and an exponent, no sign in front.
fn unsigned(text: &str, decimal: Decimal, asked: bool) -> Reading {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b) if b.is_ascii_digit() => {}
        Some(b'.') if decimal == Decimal::Point => {}
        Some(b',') if decimal == Decimal::Comma => {}
        Some(b'i' | b'I') => {
            let lower = text.to_ascii_lowercase();
            return if lower == "inf" || lower == "infinity" { Reading::Infinite } else { Reading::No };
        }
        Some(_) if text == "∞" => return Reading::Infinite,
        _ => return Reading::No,
    }
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Reading::No;
        }
    }
    let point = if decimal == Decimal::Point { '.' } else { ',' };
    let (whole, fraction) = match mantissa.find(point) {
        Some(at) => (&mantissa[..at], Some(&mantissa[at + 1..])),
        None => (mantissa, None),
    };
    if fraction.is_some_and(|f| !f.bytes().all(|b| b.is_ascii_digit())) {
        return Reading::No;
    }
    let Some(whole) = ungroup(whole, decimal) else { return Reading::No };
    if whole.is_empty() && fraction.is_none_or(str::is_empty) {
        return Reading::No;
    }
    let integer = fraction.is_none() && exponent.is_none();
    if integer && !asked && whole.len() > 1 && whole.starts_with('0') {
        return Reading::LeadingZero;
    }
    let mut plain = String::with_capacity(text.len() + 2);
    plain.push_str(if whole.is_empty() { "0" } else { &whole });
    if let Some(fraction) = fraction.filter(|f| !f.is_empty()) {
        plain.push('.');
        plain.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        plain.push('e');
        plain.push_str(exponent);
    }
    let Ok(value) = plain.parse::<f64>() else { return Reading::No };
    if value.is_infinite() {
        return if integer && !asked { Reading::TooPrecise } else { Reading::Infinite };
    }
    if integer && value >= TWO_53 as f64 && !is_exact(whole.trim_start_matches('0'), value) {
        return if asked { Reading::Rounded(value, None) } else { Reading::TooPrecise };
    }
    Reading::Value(value, None)
}

/// Whether the double is exactly the integer that the digits spell.
fn is_exact(digits: &str, value: f64) -> bool {
    // Display of a double prints an integer's exact digits
    digits == format!("{value}")
}

/// The digits of the whole part without thousands separators; `None` if they are not groups of three behind one
/// to three leading digits, all with the same separator.
fn ungroup(whole: &str, decimal: Decimal) -> Option<std::borrow::Cow<'_, str>> {
    if whole.bytes().all(|b| b.is_ascii_digit()) {
        return Some(whole.into());
    }
    let separator = whole.chars().find(|c| !c.is_ascii_digit())?;
    let allowed = match separator {
        ',' => decimal == Decimal::Point,
        '.' => decimal == Decimal::Comma,
        ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '_' => true,
        _ => false,
    };
    if !allowed {
        return None;
    }
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    if !(1..=3).contains(&first.len()) || first.starts_with('0') {
        return None;
    }
    let mut digits = String::from(first);
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        digits.push_str(group);
    }
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.into())
}

/// Whether a cell that reads as a number in both notations means different values in them.
pub(crate) fn leaning(point: Reading, comma: Reading) -> Leaning {
    match (point, comma) {
        (Reading::Value(a, _), Reading::Value(b, _)) if a.to_bits() != b.to_bits() => Leaning::Either,
        _ => Leaning::None,
    }
}

/// Appends the shortest text that reads back as the same double. Integers have no point; NaN writes nothing.
pub fn write_number(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format(value);
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
}

/// The shortest text that reads back as the same double; empty for NaN.
#[must_use]
pub fn number_text(value: f64) -> String {
    let mut out = Vec::new();
    write_number(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests;
