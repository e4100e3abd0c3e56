//! How a text is written: its quote, its delimiter, and the line that names the delimiter.

use super::{Record, records_of, usual_width};
use crate::data::cell::Missing;
use crate::data::date;
use crate::data::encoding::Encoding;
use crate::data::infer::{Evidence, Plan};
use crate::data::number::Decimal;
use crate::data::options::{Dialect, Quote};
use crate::data::quotes::walk;

/// The start of a file as text, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) bytes: &'a [u8],
    /// It is all of the file.
    pub(super) whole: bool,
    /// The file's name.
    pub(super) name: &'a str,
}

/// What a file is that begins as no text does, and what to do about it.
pub(super) fn other_kind(start: &[u8]) -> Option<(&'static str, &'static str)> {
    const PICTURE: &str = "name a file of text";
    const KINDS: [(&[u8], &str, &str); 9] = [
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", "save the sheet as CSV"),
        (b"\x1f\x8b", "compressed with gzip", "unpack it first (gunzip)"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first (unzstd)"),
        (b"PAR1", "a Parquet file", "export it as CSV"),
        (b"SQLite format 3\0", "an SQLite database", "export a table as CSV"),
        (b"%PDF-", "a PDF document", "export its table as CSV"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture", PICTURE),
        (b"\xff\xd8\xff", "a JPEG picture", PICTURE),
    ];
    KINDS.iter().find(|(magic, ..)| start.starts_with(magic)).map(|(_, kind, instead)| (*kind, *instead))
}

/// `sep=;` as a first line is Excel's way of naming the delimiter: (bytes, lines, delimiter).
pub(super) fn separator_line(sample: &[u8], fixed: Option<u8>) -> (usize, u64, Option<u8>) {
    if sample.len() < 5 || !sample[..4].eq_ignore_ascii_case(b"sep=") {
        return (0, 0, None);
    }
    // a column may be called sep=…
    if sample[4].is_ascii_alphanumeric() || fixed.is_some_and(|fixed| fixed != sample[4]) {
        return (0, 0, None);
    }
    let rest = &sample[5..];
    let end = match rest {
        [b'\r', b'\n', ..] => 7,
        [b'\n' | b'\r', ..] => 6,
        _ => return (0, 0, None),
    };
    (end, 1, Some(sample[4]))
}

/// The double quote, unless only single quotes enclose fields. Whether a backslash escapes it is settled by reading
/// the text both ways, since a field may well end with a backslash: only where the usual way leaves more lines in
/// disorder.
pub(super) fn detect_quote(text: Text<'_>, delimiter: Option<u8>) -> Quote {
    let bytes = text.bytes;
    let encloses = |quote: u8| {
        let mut opens = 0_usize;
        let mut closes = 0_usize;
        let separates = |b: Option<&u8>| matches!(b, None | Some(b',' | b';' | b'\t' | b'|' | b'\n' | b'\r'));
        for at in memchr::memchr_iter(quote, bytes) {
            let before = at.checked_sub(1).and_then(|i| bytes.get(i));
            opens += usize::from(separates(before));
            closes += usize::from(separates(bytes.get(at + 1)));
        }
        opens.min(closes)
    };
    if encloses(b'"') > 0 {
        if memchr::memmem::find(bytes, b"\\\"").is_none() {
            return Quote::Byte(b'"');
        }
        let [doubled, escaped] = [Quote::Byte(b'"'), Quote::Backslash(b'"')].map(|quote| {
            let delimiter = delimiter.unwrap_or_else(|| detect_delimiter(text, quote));
            disorder(text, delimiter, quote)
        });
        return if escaped < doubled { Quote::Backslash(b'"') } else { Quote::Byte(b'"') };
    }
    if encloses(b'\'') > 1 { Quote::Byte(b'\'') } else { Quote::Byte(b'"') }
}

/// How many places do not fit a way of reading: records of another length, text behind a closing quote, a quote
/// that is never closed.
fn disorder(text: Text<'_>, delimiter: u8, quote: Quote) -> usize {
    let walked = walk(text.bytes, delimiter, quote);
    let records = records_of(text.bytes, &dialect(delimiter, quote), text.whole, super::SAMPLE_RECORDS);
    let width = usual_width(&records);
    let ragged = records.iter().filter(|record| record.fields.len() != width).count();
    ragged + walked.text_behind_quote.len() + usize::from(text.whole && walked.unclosed.is_some())
}

fn dialect(delimiter: u8, quote: Quote) -> Dialect {
    Dialect { delimiter, quote, header: true, encoding: Encoding::Utf8 }
}

/// The candidate under which records have equal numbers of fields and cells look like values.
pub(super) fn detect_delimiter(text: Text<'_>, quote: Quote) -> u8 {
    let mut best = (0.0, if text.name.to_ascii_lowercase().ends_with(".tsv") { b'\t' } else { b',' });
    for delimiter in [b',', b';', b'\t', b'|'] {
        let records = records_of(text.bytes, &dialect(delimiter, quote), text.whole, 200);
        let width = usual_width(&records);
        if width < 2 {
            continue;
        }
        let fitting: Vec<_> = records.iter().filter(|r| r.fields.len() == width).collect();
        let share = fitting.len() as f64 / records.len() as f64;
        let missing = Missing::default();
        let (mut cells, mut typed) = (0_u32, 0_u32);
        for record in fitting.iter().skip(1).take(50) {
            for cell in &record.fields {
                cells += 1;
                let mut evidence = Evidence::default();
                if missing.is(cell.as_bytes()) {
                    typed += 1;
                } else {
                    evidence.absorb(cell, 0, false);
                    typed += u32::from(evidence.decide(Decimal::Point) != Plan::Texts);
                }
            }
        }
        let typed_share = if cells == 0 { 0.0 } else { f64::from(typed) / f64::from(cells) };
        // the first record decides much: a header is rarely ragged
        let first = if records.first().is_some_and(|r| r.fields.len() == width) { 1.0 } else { 0.6 };
        let score = share * share * first * (1.0 + typed_share) * (1.0 + 0.02 * width.min(20) as f64);
        if score > best.0 + 1e-9 {
            best = (score, delimiter);
        }
    }
    let (_, delimiter) = best;
    if lines_are_dates(text, &records_of(text.bytes, &dialect(delimiter, quote), text.whole, 3)) {
        // a byte that does not occur: the lines are one column
        let unused = |byte: &u8| memchr::memchr(*byte, text.bytes).is_none();
        return [b';', b'\t', b'|'].into_iter().find(unused).unwrap_or(delimiter);
    }
    delimiter
}

/// Whether the lines below a name of one field are dates as wholes (`Jan 3, 2024`), so that the comma in them does
/// not separate.
fn lines_are_dates(text: Text<'_>, first: &[Record]) -> bool {
    let [header, next, ..] = first else { return false };
    if header.fields.len() != 1 || next.fields.len() != 2 {
        return false;
    }
    let mut lines = text.bytes.split(|&byte| byte == b'\n').skip(1).take(50);
    let is_date = |line: &[u8]| {
        std::str::from_utf8(line)
            .is_ok_and(|line| line.trim().is_empty() || !date::candidates(line, false).is_empty())
    };
    lines.all(is_date)
}
