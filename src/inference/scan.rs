//! Reads the JSON that clients usually send, byte by byte and without a tree: objects, lists, texts without escapes,
//! numbers. Whatever is unusual or wrong is `None`, and left to a reader that takes everything and explains what it does
//! not take; `tests/bodies.rs` holds the two together.

use crate::data::plain_number;

/// A JSON text and how far it was read. What it says no to leaves it anywhere: it is not to be used any more.
#[derive(Debug, Clone)]
pub struct JsonScan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> JsonScan<'a> {
    /// At the start of a text.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next byte that is no blank.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
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

    /// Goes past `true`, `false` or `null`, if it is next.
    pub fn word(&mut self, word: &str) -> bool {
        self.peek();
        let is_next = self.bytes[self.at..].starts_with(word.as_bytes());
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// A text without escapes.
    #[inline]
    pub fn text(&mut self) -> Option<&'a str> {
        if !self.take(b'"') {
            return None;
        }
        let start = self.at;
        loop {
            match *self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' | 0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).ok()?;
        self.at += 1;
        Some(text)
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
        let text = std::str::from_utf8(&self.bytes[start..self.at]).ok()?;
        text.parse::<f64>().ok().filter(|value| value.is_finite())
    }

    /// Goes past digits, and counts them.
    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        self.at - start
    }

    /// A whole number that is not negative.
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
    fn counts_are_whole() {
        let count = |text: &str| JsonScan::new(text.as_bytes()).count();
        assert_eq!([count(" 12]"), count("0,"), count("999999999")], [Some(12), Some(0), Some(999_999_999)]);
        for text in ["", "-1", "1.0", "1e2", "01", "1234567890", "x"] {
            assert_eq!(count(text), None, "{text}");
        }
    }
}
