//! Numbers and durations as people read them: thousands apart by a thin space, a true minus, a unit behind a space.

/// The space between groups of digits.
const THIN: char = '\u{2009}';
const MINUS: char = '\u{2212}';

/// A whole number: 3 636.
pub(crate) fn count(n: u64) -> String {
    group(&n.to_string())
}

/// A count as usize.
pub(crate) fn rows(n: usize) -> String {
    count(n as u64)
}

fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// A number with about `digits` significant digits, never with more than it has.
pub(crate) fn number(value: f64, digits: i32) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "–".to_owned()
        } else if value > 0.0 {
            "∞".to_owned()
        } else {
            format!("{MINUS}∞")
        };
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-5..=12).contains(&magnitude) {
        let text = format!("{value:.*e}", usize::try_from(digits - 1).unwrap_or(0));
        return text.replace('-', &MINUS.to_string());
    }
    let decimals = usize::try_from(digits - 1 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    grouped(text)
}

/// Milliseconds, with a digit that means something.
pub(crate) fn millis(value: f64) -> String {
    let decimals = if value >= 10.0 { 1 } else { 2 };
    if value > 0.0 && value < 0.005 { "< 0.01".to_owned() } else { fixed(value, decimals) }
}

/// A number with a fixed number of decimals.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if value.is_finite() { grouped(&format!("{value:.decimals$}")) } else { number(value, 4) }
}

/// A number as written in a file, grouped where it is a plain decimal.
pub(crate) fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) =
        rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.replace('-', &MINUS.to_string());
    }
    let mut out = String::new();
    // nothing is left of a negative number that rounds to zero but its sign
    if !sign.is_empty() && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        out.push(MINUS);
    }
    out.push_str(&if whole.len() > 3 { group(whole) } else { whole.to_owned() });
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A number with its sign always shown: +64, −13.
pub(crate) fn signed(value: f64, digits: i32) -> String {
    let text = number(value, digits);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// A duration with a fitting unit: 38 ms, 1.26 ms, 21.6 µs, 4.5 s, 2 min 5 s.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_owned();
    }
    match seconds {
        0.0 => "0 ms".to_owned(),
        s if s < 1e-6 => format!("{} ns", number(s * 1e9, 3)),
        s if s < 1e-3 => format!("{} µs", number(s * 1e6, 3)),
        s if s < 1.0 => format!("{} ms", number(s * 1e3, 3)),
        s if s < 100.0 => format!("{} s", number(s, 3)),
        s => format!("{} min {} s", count((s / 60.0) as u64), (s % 60.0) as u64),
    }
}

/// A limit that is a power of two: 16 MiB.
pub(crate) fn binary_bytes(n: u64) -> String {
    match n {
        n if n < 1 << 20 => format!("{} KiB", number(n as f64 / 1024.0, 3)),
        n => format!("{} MiB", number(n as f64 / f64::from(1 << 20), 3)),
    }
}

/// A size in bytes: 31.4 MB.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        n if n < 1_000 => format!("{n} bytes"),
        n if n < 1_000_000 => format!("{} kB", number(n as f64 / 1e3, 3)),
        n if n < 1_000_000_000 => format!("{} MB", number(n as f64 / 1e6, 3)),
        n => format!("{} GB", number(n as f64 / 1e9, 3)),
    }
}

/// One of something, or many: 1 row, 3 636 rows.
pub(crate) fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", rows(n), if n == 1 { one } else { many })
}

/// Local date and time, to the minute.
pub(crate) fn date_time(unix_millis: i64) -> String {
    zoned(unix_millis, "%Y-%m-%d %H:%M")
}

/// Local time of day.
pub(crate) fn time_of_day(unix_millis: i64) -> String {
    zoned(unix_millis, "%H:%M:%S")
}

/// Local time of day with its milliseconds.
pub(crate) fn time_to_the_millisecond(unix_millis: i64) -> String {
    zoned(unix_millis, "%H:%M:%S.%3f")
}

fn zoned(unix_millis: i64, form: &str) -> String {
    jiff::Timestamp::from_millisecond(unix_millis).map_or_else(
        |_| String::new(),
        |time| time.to_zoned(jiff::tz::TimeZone::system()).strftime(form).to_string(),
    )
}

/// A request's id as lists show it: of the server's own only the number, of others all.
pub(crate) fn request_id(id: &str) -> &str {
    let number = id.strip_prefix("r-").and_then(|rest| rest.split('-').next()).unwrap_or_default();
    let is_own = number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_own { &id[..2 + number.len()] } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(count(3636), "3\u{2009}636");
        assert_eq!(count(543_600), "543\u{2009}600");
        assert_eq!(count(12), "12");
        assert_eq!(number(-13.04, 3), "\u{2212}13");
        assert_eq!(number(1153.62, 5), "1\u{2009}153.6");
        assert_eq!(number(0.893_21, 3), "0.893");
        assert_eq!(number(1e300, 3), "1.00e300");
        assert_eq!(number(1.5e-9, 3), "1.50e\u{2212}9");
        assert_eq!(number(f64::NAN, 3), "–");
        assert_eq!(fixed(-0.000_1, 2), "0.00");
        assert_eq!(signed(64.2, 2), "+64");
        assert_eq!(grouped("-12345.50"), "\u{2212}12\u{2009}345.50");
        assert_eq!(grouped("2019-01-01"), "2019\u{2212}01\u{2212}01");
    }

    #[test]
    fn durations_take_the_unit_that_fits() {
        assert_eq!(duration(0.001_26), "1.26 ms");
        assert_eq!(duration(21.6e-6), "21.6 µs");
        assert_eq!(duration(45e-9), "45 ns");
        assert_eq!(duration(4.5), "4.5 s");
        assert_eq!(duration(125.0), "2 min 5 s");
        assert_eq!(bytes(31_400_000), "31.4 MB");
    }

    #[test]
    fn ids_of_the_server_are_shown_by_their_number() {
        for (id, shown) in [
            ("r-000214-5f3c9a1b2c3d", "r-000214"),
            ("r-1234567-5f3c9a1b2c3d", "r-1234567"),
            ("r-000041", "r-000041"),
            ("mine-7", "mine-7"),
            ("r-12", "r-12"),
            ("r-", "r-"),
            ("", ""),
        ] {
            assert_eq!(request_id(id), shown);
        }
    }
}
