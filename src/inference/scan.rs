//! Reads the JSON that clients usually send, byte by byte and without a tree: objects, lists, texts without escapes,
//! numbers. Whatever is unusual or wrong is `None`, and left to a reader that takes everything and explains what it does
//! not take; `tests/bodies.rs` holds the two together.

use crate::data::plain_number;

/// A JSON text and how far it was read. What it says no to leaves it anywhere: it is not to be used any more.
#[derive(Debug, Clone)]
pub struct JsonScan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

/// Eight bytes of one value.
const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each of eight bytes: set in the first one that is a quote, a backslash or a control character, and
/// perhaps in later ones.
///
/// # Source
/// Mycroft's test for a zero byte (Warren, Hacker's Delight, section 6-1).
#[inline]
fn ends_plain(x: u64) -> u64 {
    const fn zero(x: u64) -> u64 {
        x.wrapping_sub(eight(1)) & !x
    }
    let control = x.wrapping_sub(eight(0x20)) & !x;
    (zero(x ^ eight(b'"')) | zero(x ^ eight(b'\\')) | control) & eight(0x80)
}

/// Whether a text can stand in JSON as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
}

impl<'a> JsonScan<'a> {
    /// At the start of a text. What is no UTF-8 counts as empty.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap_or("");
        Self { text, bytes: text.as_bytes(), at: 0 }
    }

    /// The next byte that is no blank.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if byte > b' ' {
                return Some(byte);
            }
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Goes past a byte, if it is the next one.
    #[inline]
    pub fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// How many bytes were read.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Goes past these bytes, if they are the next ones.
    #[inline]
    pub(crate) fn is_next(&mut self, bytes: &[u8]) -> bool {
        let is_next = self.bytes[self.at..].starts_with(bytes);
        self.at += if is_next { bytes.len() } else { 0 };
        is_next
    }

    /// Goes past `true`, `false` or `null`, if it is next.
    pub fn word(&mut self, word: &str) -> bool {
        self.peek();
        self.is_next(word.as_bytes())
    }

    /// A text without escapes.
    #[inline]
    pub fn text(&mut self) -> Option<&'a str> {
        if !self.take(b'"') {
            return None;
        }
        let start = self.at;
        while let Some(eight) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            let ends = ends_plain(u64::from_le_bytes(*eight));
            if ends != 0 {
                self.at += ends.trailing_zeros() as usize / 8;
                return self.ends_text(start);
            }
            self.at += 8;
        }
        while !matches!(self.bytes.get(self.at)?, b'"' | b'\\' | 0..=0x1f) {
            self.at += 1;
        }
        self.ends_text(start)
    }

    /// The text from `start` to the quote that is next.
    #[inline]
    fn ends_text(&mut self, start: usize) -> Option<&'a str> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let text = self.text.get(start..self.at)?;
        self.at += 1;
        Some(text)
    }

    /// Goes past this text, if it is the next one and stands there without escapes. It must be one that can stand so.
    #[inline]
    pub fn is_text(&mut self, text: &str) -> bool {
        debug_assert!(is_plain(text));
        if self.peek() != Some(b'"') {
            return false;
        }
        let end = self.at + 1 + text.len();
        let is_next =
            self.bytes.get(self.at + 1..end) == Some(text.as_bytes()) && self.bytes.get(end) == Some(&b'"');
        if is_next {
            self.at = end + 1;
        }
        is_next
    }

    /// A finite number: the double nearest to it.
    ///
    /// # Source
    /// RFC 8259, section 6, for what is a number.
    #[inline]
    pub fn number(&mut self) -> Option<f64> {
        self.peek()?;
        let start = self.at;
        self.at += usize::from(self.bytes.get(start) == Some(&b'-'));
        let first = self.at;
        let n_whole = self.digits();
        if n_whole == 0 || (n_whole > 1 && self.bytes.get(first) == Some(&b'0')) {
            return None;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return None;
            }
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return None;
            }
        } else if let Some(value) = plain_number(self.bytes, start, self.at) {
            return Some(value);
        }
        let text = self.text.get(start..self.at)?;
        text.parse::<f64>().ok().filter(|value| value.is_finite())
    }

    /// Goes past digits, and counts them.
    #[inline]
    fn digits(&mut self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let n = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.at += n;
        n
    }

    /// A whole number that is not negative.
    #[inline]
    pub fn count(&mut self) -> Option<usize> {
        self.peek()?;
        let start = self.at;
        let n = self.digits();
        if n == 0 || n > 9 || (n > 1 && self.bytes[start] == b'0') {
            return None;
        }
        // a fraction or exponent is no count
        if matches!(self.bytes.get(self.at), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        let digits = self.bytes[start..self.at].iter();
        Some(digits.fold(0, |count, digit| count * 10 + usize::from(digit - b'0')))
    }

    /// Whether nothing but blanks is left.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for text in [
            "0",
            "-0",
            "7",
            "-7.25",
            "0.1",
            "12345678.9",
            "0.1234567890123456",
            "9007199254740993",
            "-0.8414709848078965",
            "1e3",
            "1.5E-7",
            "2.2250738585072014e-308",
            "5e-324",
            "123456789012345678901234567890",
        ] {
            for before in ["", "                    "] {
                let padded = format!("{before}{text} ");
                let mut scan = JsonScan::new(padded.as_bytes());
                let value: f64 = serde_json::from_str(text).unwrap();
                assert_eq!(scan.number().map(f64::to_bits), Some(value.to_bits()), "{text}");
                assert!(scan.is_at_end(), "{text}");
            }
        }
        for text in
            ["", "-", "+1", ".5", "1e", "1.", "1.e3", "01", "00.5", "-01", "1e999", "NaN", "Infinity", "0x1"]
        {
            let padded = format!("                    {text} ");
            let mut scan = JsonScan::new(padded.as_bytes());
            assert!(scan.number().is_none() || !scan.is_at_end(), "{text}");
        }
    }

    #[test]
    fn texts_end_at_their_quote() {
        let long = "é".repeat(20);
        for before in ["", "a", "abcdefg", "abcdefgh", "ünterhalb, über", &long] {
            for (after, whole) in
                [("\"", true), ("\\\"", false), ("\n\"", false), ("\u{1}\"", false), ("", false)]
            {
                for rest in ["", ":", ":12345678901234567890"] {
                    let json = format!("\"{before}{after}{rest}");
                    let mut scan = JsonScan::new(json.as_bytes());
                    let read = scan.text();
                    assert_eq!(read, whole.then_some(before), "{json}");
                    if whole {
                        assert_eq!(scan.take(b':'), !rest.is_empty());
                        let mut scan = JsonScan::new(json.as_bytes());
                        assert!(!scan.is_text("other") && scan.is_text(before));
                        assert_eq!(scan.take(b':'), !rest.is_empty());
                    }
                }
            }
        }
        let mut scan = JsonScan::new(b"\"\xff\"");
        assert_eq!(scan.text(), None);
    }

    #[test]
    fn counts_are_whole() {
        let count = |text: &str| JsonScan::new(text.as_bytes()).count();
        assert_eq!([count(" 12]"), count("0,"), count("999999999")], [Some(12), Some(0), Some(999_999_999)]);
        for text in ["", "-1", "1.0", "1e2", "01", "1234567890", "x"] {
            assert_eq!(count(text), None, "{text}");
        }
    }
}
