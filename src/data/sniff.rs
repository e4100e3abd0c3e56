//! Looks at the start of a file and decides how it is written: encoding, quoting, delimiter, header, and a
//! first guess of each column's type.

mod detect;
mod header;

use super::blocks::{RECORD_LIMIT, Start};
use super::cell::Missing;
use super::encoding::Encoding;
use super::infer::{Evidence, compact_dates};
use super::number::Decimal;
use super::options::{DataError, Dialect, Ragged, ReadOptions};
use super::quotes::walk;
use super::source::Source;
use super::warning::{Topic, WarningLog};
use detect::{Text, detect_delimiter, detect_quote, other_kind, separator_line};
use header::{Votes, header_names, lines_above};

/// How much of the file is looked at, unless a record is longer.
const SAMPLE_BYTES: usize = 256 * 1024;
/// How many records of the sample are looked at for types.
const SAMPLE_RECORDS: usize = 2000;

/// What the start of the file told.
#[derive(Debug, Clone)]
pub(crate) struct Sniffed {
    pub(crate) dialect: Dialect,
    /// Unique, never empty.
    pub(crate) names: Vec<String>,
    /// Where the data records begin.
    pub(crate) start: Start,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) decimal: Decimal,
    pub(crate) warnings: WarningLog,
}

struct Record {
    fields: Vec<String>,
    line: u64,
    byte: u64,
}

impl Record {
    /// Whether it has fields too few, or too many that are not empty.
    fn is_ragged(&self, width: usize) -> bool {
        self.fields.len() < width || self.fields[width..].iter().any(|field| !field.is_empty())
    }
}

/// Reads the start of the file: as much of it as the header and one record need.
pub(crate) fn sniff(source: &Source, options: &ReadOptions) -> Result<Sniffed, DataError> {
    let mut limit = SAMPLE_BYTES;
    loop {
        if let Some(sniffed) = sniff_start(source, options, limit)? {
            return Ok(sniffed);
        }
        limit *= 16;
        if limit > RECORD_LIMIT {
            return Err(DataError::TooLarge {
                name: source.name(),
                line: 1,
                what:
                    "the header and the first record are longer than 2 GiB; check the quotes near this line"
                        .into(),
            });
        }
    }
}

/// Looks at the first `limit` bytes; `None` when they end before the first record below the header does.
fn sniff_start(source: &Source, options: &ReadOptions, limit: usize) -> Result<Option<Sniffed>, DataError> {
    let (raw, whole) = source.start(limit)?;
    if options.encoding.is_none()
        && let Some((kind, instead)) = other_kind(&raw)
    {
        return Err(DataError::OtherKind { name: source.name(), kind, instead });
    }
    let encoding = options.encoding.unwrap_or_else(|| Encoding::detect(&raw, whole));
    let mut sample = Vec::new();
    source.text(encoding, false)?.fill(&mut sample, raw.len()).map_err(|error| source.io(error))?;
    if sample.iter().all(u8::is_ascii_whitespace) {
        return if whole { Err(DataError::Empty { name: source.name() }) } else { Ok(None) };
    }
    let mut warnings = WarningLog::default();
    let separator_line = separator_line(&sample, options.delimiter);
    let (mut skip, mut skipped_lines, declared) = separator_line;
    let text = &sample[skip..];
    let name = source.name();
    let start = Text { bytes: text, whole, name: &name };
    let fixed = options.delimiter.or(declared);
    let quote = options.quote.unwrap_or_else(|| detect_quote(start, fixed));
    let delimiter = fixed.unwrap_or_else(|| detect_delimiter(start, quote));
    let mut dialect = Dialect { delimiter, quote, header: true, encoding };
    let mut records = records_of(text, &dialect, whole, SAMPLE_RECORDS + 1);
    let mut width = usual_width(&records);
    // a delimiter at the end of every data line, and none at the end of the header
    let header_fields = records.first().map_or(0, |r| r.fields.len());
    if header_fields + 1 == width && records.len() > 1 && options.header != Some(false) {
        let ends_empty =
            |r: &Record| r.fields.len() != width || r.fields.last().is_some_and(String::is_empty);
        if records.iter().skip(1).all(ends_empty) {
            let what = "the lines end with a delimiter; the empty field behind it was left out";
            warnings.push(Topic::General, records[1].line + skipped_lines, what);
            width -= 1;
        }
    }
    for record in records.drain(..lines_above(&records, width, options)) {
        warnings.push(
            Topic::General,
            record.line + skipped_lines,
            format!("the line above the table was left out: '{}'", shorten(&record.fields.concat())),
        );
    }
    // a record that the sample cuts is the only one there is, or was left out
    if !whole && records.len() < 2 {
        return Ok(None);
    }
    let Some(first) = records.first() else { return Err(DataError::Empty { name: source.name() }) };
    dialect.header = match options.header {
        Some(header) => header,
        None => Votes::of(&records, width, options).is_header(),
    };
    let first_line = first.line + skipped_lines;
    // a quote that the header opens and never closes would take in all of the file
    if records.len() == 1 {
        let from = usize::try_from(first.byte).unwrap_or(0);
        if let Some((line, field)) = walk(text.get(from..).unwrap_or(&[]), delimiter, quote).unclosed {
            return Err(DataError::UnclosedQuote { name: source.name(), line: first_line + line, field });
        }
    }
    let names = if dialect.header {
        header_names(first, width, &records[1..], first_line, &mut warnings)
    } else {
        (1..=width).map(|i| format!("column_{i}")).collect()
    };
    if memchr::memchr(0, first.fields.concat().as_bytes()).is_some() {
        let what = "the line holds NUL bytes, which are kept; the file may be damaged or not be text";
        warnings.push(Topic::Nul, first_line, what);
    }
    if dialect.header {
        let next = records.get(1);
        // where the header ends: at the next record, or at the end of what there is
        let end = next.map_or(text.len() as u64, |r| r.byte);
        skipped_lines += count_lines(&text[..usize::try_from(end).unwrap_or(0)]);
        if let Some(next) = next {
            let own_lines = 1 + count_lines(first.fields.concat().as_bytes());
            for line in first.line + own_lines..next.line {
                let line = line + separator_line.1;
                warnings.push(Topic::Blank, line, "the line is empty and was skipped");
            }
        }
        skip += usize::try_from(end).unwrap_or(0);
        records.remove(0);
    } else {
        skip += usize::try_from(first.byte).unwrap_or(0);
        skipped_lines = first_line - 1;
    }
    let mut evidence = vec![Evidence::default(); names.len()];
    let line_offset = separator_line.1;
    for (col, evidence) in evidence.iter_mut().enumerate() {
        let own = options.columns.get(&names[col]);
        let missing = own.and_then(|own| own.missing.clone()).or_else(|| options.missing.clone());
        let missing = Missing::new(missing);
        let compact = compact_dates(&names[col], own);
        for record in records.iter().take(SAMPLE_RECORDS) {
            // cells that slipped into another column, which these lines will not have
            if options.ragged != Ragged::Fit && record.is_ragged(width) {
                continue;
            }
            if let Some(cell) = record.fields.get(col).filter(|cell| !missing.is(cell.as_bytes())) {
                evidence.absorb(cell, record.line + line_offset, compact);
            }
        }
    }
    let decimal = options.decimal.unwrap_or_else(|| file_decimal(&evidence, delimiter));
    Ok(Some(Sniffed {
        dialect,
        names,
        start: Start { byte: skip as u64, lines: skipped_lines },
        evidence,
        decimal,
        warnings,
    }))
}

/// Decimal comma if only that makes sense of some cells and no cell needs a point; where nothing tells, the
/// delimiter does (a semicolon is what spreadsheets write where the comma is the decimal sign).
pub(crate) fn file_decimal(evidence: &[Evidence], delimiter: u8) -> Decimal {
    let numeric = || evidence.iter().filter(|e| e.is_number());
    let point: u64 = numeric().map(|e| e.only_point).sum();
    let comma: u64 = numeric().map(|e| e.only_comma).sum();
    if comma > point || (comma == 0 && point == 0 && delimiter == b';') {
        Decimal::Comma
    } else {
        Decimal::Point
    }
}

/// The first `most` records.
fn records_of(text: &[u8], dialect: &Dialect, whole: bool, most: usize) -> Vec<Record> {
    let mut reader = dialect.csv_reader(text);
    let mut records: Vec<Record> = Vec::new();
    let mut record = csv::ByteRecord::new();
    let (mut seen, mut line) = (0_usize, 1_u64);
    while records.len() < most {
        // reading from memory does not fail; if it did, what there is must do
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            // the sample may end in the middle of a record
            if !whole && records.len() > 1 {
                records.pop();
            }
            break;
        }
        // the reader's position may stand between CR and LF, or before empty lines
        let mut byte = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0)).max(seen);
        while matches!(text.get(byte), Some(b'\r' | b'\n')) {
            byte += 1;
        }
        line += count_lines(&text[seen..byte]);
        seen = byte;
        records.push(Record {
            fields: record.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect(),
            line,
            byte: byte as u64,
        });
    }
    records
}

/// Line ends: line feeds, and carriage returns without one.
pub(crate) fn count_lines(text: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', text).count();
    let lone = memchr::memchr_iter(b'\r', text).filter(|&at| text.get(at + 1) != Some(&b'\n')).count();
    (feeds + lone) as u64
}

/// The most frequent number of fields (the larger one at a tie).
fn usual_width(records: &[Record]) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    for record in records {
        *counts.entry(record.fields.len()).or_insert(0_usize) += 1;
    }
    counts.into_iter().max_by_key(|&(width, count)| (count, width)).map_or(1, |(width, _)| width)
}

/// At most 60 characters of a text, for messages.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(57).collect();
    short.push('…');
    short
}
