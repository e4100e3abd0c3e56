//! Reads the JSON that clients usually send, byte by byte and without a tree: objects, lists, texts without escapes,
//! numbers. Whatever is unusual or wrong is `None`, and left to a reader that takes everything and explains what it does
//! not take; `tests::whatever_is_scanned_reads_the_same` holds the two together.

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
    use std::sync::Arc;

    use rand::RngExt;

    use super::*;
    use crate::data::{ReadOptions, Source, read_csv};
    use crate::inference::{Batch, Predictor, Scratch};
    use crate::training::{Origin, Plan, Settings, train};
    use crate::work::{Progress, Seed};

    /// What bodies are changed to.
    const BYTES: &[u8] = b"\"\\{}[],: 0123456789.eE+-truefalsn\x00\xc3\xa9AB";

    fn model() -> Predictor {
        let csv = "x,shop,ok,day,y\n0,A,yes,2024-01-01,3\n4,A,no,2024-01-05,11\n0,B,yes,2024-02-01,13\n2,B,no,2024-02-09,17\n4,B,yes,2024-03-01,21\n1,A,no,2024-03-02,4\n3,A,yes,2024-03-05,8\n3,B,no,2024-03-09,18\n2,A,yes,2024-03-10,7\n";
        let source = Source::from_bytes("t.csv", csv.as_bytes());
        let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
        let features = ["x", "shop", "ok", "day"].map(str::to_owned).to_vec();
        let settings = Settings { features: Some(features), ..Settings::new("y") };
        let plan = Plan::new(settings, &loaded.table).unwrap();
        let trained = train(&plan, &loaded.table, &Origin::of("t.csv", &loaded), &Progress::new()).unwrap();
        Predictor::new(Arc::new(trained.model))
    }

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

    /// Bodies that are right, and then with bytes changed at random: what the scanner takes, the reader of all JSON takes
    /// with the same values in every bit.
    #[test]
    fn whatever_is_scanned_reads_the_same() {
        let predictor = model();
        let right = [
            r#"{"x":1.5,"shop":"A","ok":"yes","day":"2024-02-02"}"#,
            r#" { "day" : "2024-02-02T00:00:00", "ok":true, "x":-3e-1, "shop":"B" } "#,
            r#"[{"x":1.5,"shop":"A","ok":false,"day":"2024-02-02"},{"x":100,"shop":"B","ok":"no","day":"2024-02-03"}]"#,
            r#"{"records":[{"x":0.30000000000000004,"shop":"A","ok":"yes","day":"2024-02-02"},{"x":2,"shop":"B","ok":"no","day":"2024-02-03"}]}"#,
        ];
        let mut rng = Seed::default().rng("scan");
        let (mut n_taken, mut n_changed) = (0, 0);
        for body in right {
            for round in 0..20_000 {
                let mut bytes = body.as_bytes().to_vec();
                for _ in 0..(round % 4) {
                    let at = rng.random_range(0..bytes.len());
                    let byte = BYTES[rng.random_range(0..BYTES.len())];
                    match rng.random_range(0..3) {
                        0 => bytes[at] = byte,
                        1 => bytes.insert(at, byte),
                        _ => drop(bytes.remove(at)),
                    }
                }
                let (mut quick, mut slow) = (Batch::default(), Batch::default());
                let taken = predictor.scan_body(&bytes, &mut quick);
                assert!(round > 0 || taken.is_some(), "{body}");
                let Some(form) = taken else { continue };
                n_taken += 1;
                n_changed += usize::from(bytes != body.as_bytes());
                let shown = String::from_utf8_lossy(&bytes);
                let read = predictor.read_body_explained(&bytes, &mut slow);
                assert_eq!(read, Ok(form), "{shown}");
                assert_eq!(quick.bits(), slow.bits(), "{shown}");
                if form == crate::inference::Form::One {
                    let mut scratch = Scratch::default();
                    predictor.read_record(&bytes, &mut scratch).unwrap();
                    let bits: Vec<u64> = scratch.slots.iter().map(|value| value.to_bits()).collect();
                    assert_eq!(vec![bits], quick.bits(), "{shown}");
                }
            }
        }
        assert!(n_taken > 20_000 && n_changed > 1_000, "{n_taken}, of them {n_changed} changed");
    }
}
