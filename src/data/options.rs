//! How a file is to be read: what the user fixes, what was decided, and what can go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::closest::did_you_mean;
use super::date::DateFormat;
use super::encoding::Encoding;
use super::number::Decimal;
use super::table::ColumnKind;
use crate::work::Cancelled;

/// What the user fixes about reading; everything left `None` is detected.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ReadOptions {
    /// The byte between fields.
    pub delimiter: Option<u8>,
    /// Whether the first record names the columns.
    pub header: Option<bool>,
    /// The text encoding.
    pub encoding: Option<Encoding>,
    /// How fields are quoted.
    pub quote: Option<Quote>,
    /// Decimal point or decimal comma, for every column.
    pub decimal: Option<Decimal>,
    /// The texts that stand for a missing value, in place of the usual ones. An empty field is always missing.
    pub missing: Option<Vec<String>>,
    /// What is fixed for single columns, by name.
    pub columns: BTreeMap<String, ColumnOptions>,
    /// Read only these columns; the others stay out of the table. `None` reads all.
    pub only: Option<Vec<String>>,
    /// What becomes of lines with more or fewer fields than the header.
    #[serde(skip_serializing_if = "Ragged::is_usual")]
    pub ragged: Ragged,
    /// Lines of the file, from 1, that are read as if they were empty.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub without_lines: BTreeSet<u64>,
    /// The last line, from 1, that is read; `None` reads to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_line: Option<u64>,
    /// How many threads parse; 0 takes one per processor.
    pub threads: usize,
    /// Whether to hash the file's bytes (SHA-256) on the way.
    pub hash: bool,
}

/// What becomes of a line that has more or fewer fields than the header; each gets a warning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ragged {
    /// Fields that are missing are taken as empty, those that are too many are left out.
    #[default]
    Fit,
    /// The line becomes no row.
    Skip,
    /// Where commas separate fields and one is too many, two fields of digits that only together fit their column
    /// are read as a number with a decimal comma; everything else as under [`Ragged::Fit`].
    Repair,
}

impl Ragged {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl std::str::FromStr for Ragged {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "fit" => Ok(Self::Fit),
            "skip" => Ok(Self::Skip),
            "repair" => Ok(Self::Repair),
            _ => Err("expected fit, skip or repair".into()),
        }
    }
}

/// What the user fixes about one column.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ColumnOptions {
    /// The column's type. Cells that are not of that type become missing, each with a warning.
    pub kind: Option<ColumnKind>,
    /// Decimal point or comma.
    pub decimal: Option<Decimal>,
    /// The form dates are written in.
    pub date: Option<DateFormat>,
    /// The texts that stand for a missing value in this column.
    pub missing: Option<Vec<String>>,
    /// The decimal sign to take where the column leaves it open.
    pub likely_decimal: Option<Decimal>,
    /// The form of dates to take where the column leaves it open.
    pub likely_date: Option<DateFormat>,
}

/// How fields are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quote {
    /// Not at all: a quote is a character like any other.
    None,
    /// With this byte, doubled inside a field.
    Byte(u8),
    /// With this byte, escaped inside a field by a backslash.
    Backslash(u8),
}

impl Quote {
    /// The quote byte; 0xff, which UTF-8 never holds, when there is none.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::None => 0xff,
            Self::Byte(byte) | Self::Backslash(byte) => byte,
        }
    }
}

/// How a file is written, as detected or fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Dialect {
    /// The byte between fields.
    pub delimiter: u8,
    /// How fields are quoted.
    pub quote: Quote,
    /// Whether the first record names the columns.
    pub header: bool,
    /// The text encoding.
    pub encoding: Encoding,
}

impl Dialect {
    /// A `csv` reader that follows this dialect and takes records of any length.
    pub(crate) fn csv_reader<R: std::io::Read>(&self, input: R) -> csv::Reader<R> {
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(self.delimiter).has_headers(false).flexible(true);
        match self.quote {
            Quote::None => {
                builder.quoting(false);
            }
            Quote::Byte(byte) => {
                builder.quote(byte);
            }
            Quote::Backslash(byte) => {
                builder.quote(byte).double_quote(false).escape(Some(b'\\'));
            }
        }
        builder.from_reader(input)
    }
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file can't be opened or read.
    #[error("can't read {}: {source}{}", path.display(), advice(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds nothing.
    #[error("{name} is empty; a CSV file needs at least a header line")]
    Empty {
        /// The file.
        name: String,
    },
    /// The file is of another kind.
    #[error("{name} is {kind}; {instead}")]
    OtherKind {
        /// The file.
        name: String,
        /// What it is.
        kind: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// A quote is opened and never closed.
    #[error(
        "{name}, line {line}, field {field}: a quote is opened here and never closed; close it, or read the file with --quote none"
    )]
    UnclosedQuote {
        /// The file.
        name: String,
        /// The line on which the quote is opened.
        line: u64,
        /// The field on that line, counted from 1.
        field: usize,
    },
    /// A setting names a column that is not there.
    #[error("{name} has no column '{column}'{}; it has {}", did_you_mean(column, columns.iter().map(String::as_str)), list(columns))]
    NoSuchColumn {
        /// The file.
        name: String,
        /// The column asked for.
        column: String,
        /// The columns that are there.
        columns: Vec<String>,
    },
    /// The file is more than this program's tables hold.
    #[error("{name}, line {line}: {what}")]
    TooLarge {
        /// The file.
        name: String,
        /// Where the limit was met.
        line: u64,
        /// Which limit.
        what: String,
    },
    /// A setting contradicts another one or the file.
    #[error("{0}")]
    Setting(String),
    /// Someone asked the work to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What can be done about a system's error, to be put behind it.
pub(crate) fn advice(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "; check the name and the folder",
        ErrorKind::PermissionDenied => "; check the permissions of the file and its folder",
        ErrorKind::StorageFull => "; make room on the disk",
        _ => "",
    }
}

/// Names in quotes, the first twelve of them.
pub(crate) fn list(names: &[String]) -> String {
    let mut text = names.iter().take(12).map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    if names.len() > 12 {
        text.push_str(&format!(" and {} more", names.len() - 12));
    }
    text
}
