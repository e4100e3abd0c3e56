//! Which characters the bytes of a file stand for: UTF-8 with and without byte-order mark, UTF-16, Windows-1252.

use std::fmt;
use std::str::FromStr;

/// A text encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, low byte first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Windows-1252, of which ISO 8859-1 is a part.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// The encoding's name as the WHATWG registers it, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// A decoder to UTF-8 that drops a byte-order mark.
    pub(crate) fn decoder(self) -> encoding_rs::Decoder {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
        }
        .new_decoder_with_bom_removal()
    }

    /// Guesses the encoding from a file's first bytes: a byte-order mark; else zero bytes in every other place
    /// (UTF-16 without mark); else UTF-8 if the bytes are valid; else Windows-1252.
    #[must_use]
    pub fn detect(start: &[u8], is_whole_file: bool) -> Self {
        match start {
            [0xef, 0xbb, 0xbf, ..] => return Self::Utf8,
            [0xff, 0xfe, ..] => return Self::Utf16Le,
            [0xfe, 0xff, ..] => return Self::Utf16Be,
            _ => {}
        }
        let zeros = |first: usize| start.iter().skip(first).step_by(2).filter(|&&b| b == 0).count();
        let pairs = start.len() / 2;
        if pairs >= 2 {
            let (even, odd) = (zeros(0), zeros(1));
            if odd * 10 >= pairs * 7 && even * 10 <= pairs {
                return Self::Utf16Le;
            }
            if even * 10 >= pairs * 7 && odd * 10 <= pairs {
                return Self::Utf16Be;
            }
        }
        match std::str::from_utf8(start) {
            Ok(_) => Self::Utf8,
            // a character cut in two by the end of the sample is no fault
            Err(error) if error.error_len().is_none() && !is_whole_file => Self::Utf8,
            Err(_) => Utf8Count::of(start).judge(),
        }
    }
}

/// How many characters beyond ASCII are valid UTF-8, and how many byte sequences are not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Utf8Count {
    valid: u64,
    invalid: u64,
}

impl Utf8Count {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut count = Self::default();
        for chunk in bytes.utf8_chunks() {
            count.valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
            count.invalid += u64::from(!chunk.invalid().is_empty());
        }
        count
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.valid += other.valid;
        self.invalid += other.invalid;
    }

    /// A text with more valid characters than faults is UTF-8 with a few damaged bytes. Text in Windows-1252
    /// hardly ever makes a valid character by chance.
    pub(crate) fn judge(self) -> Encoding {
        if self.valid > self.invalid { Encoding::Utf8 } else { Encoding::Windows1252 }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" | "ascii" | "us-ascii" => Ok(Self::Utf8),
            "utf-16le" | "utf-16" | "utf16" | "utf16le" => Ok(Self::Utf16Le),
            "utf-16be" | "utf16be" => Ok(Self::Utf16Be),
            "windows-1252" | "cp1252" | "latin-1" | "latin1" | "iso-8859-1" => Ok(Self::Windows1252),
            _ => Err(format!(
                "'{text}' is not a known encoding; expected utf-8, utf-16le, utf-16be or windows-1252"
            )),
        }
    }
}
