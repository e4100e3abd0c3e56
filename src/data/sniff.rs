//! Looks at the start of a file and decides how it is written: encoding, quoting, delimiter, header, and a
//! first guess of each column's type.

use super::blocks::Start;
use super::cell::Missing;
use super::encoding::Encoding;
use super::infer::{Evidence, Plan, names_a_date};
use super::number::Decimal;
use super::options::{DataError, Dialect, Quote, ReadOptions};
use super::quotes::walk;
use super::source::Source;
use super::warning::{Topic, WarningLog};

/// How much of the file is looked at.
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

/// Reads the start of the file.
pub(crate) fn sniff(source: &Source, options: &ReadOptions) -> Result<Sniffed, DataError> {
    let (raw, whole) = source.start(SAMPLE_BYTES)?;
    let encoding = options.encoding.unwrap_or_else(|| Encoding::detect(&raw, whole));
    let mut sample = Vec::new();
    source.text(encoding, false)?.fill(&mut sample, raw.len()).map_err(|error| source.io(error))?;
    if sample.iter().all(u8::is_ascii_whitespace) {
        return Err(DataError::Empty { name: source.name() });
    }
    let mut warnings = WarningLog::default();
    let separator_line = separator_line(&sample, options.delimiter);
    let (mut skip, mut skipped_lines, declared) = separator_line;
    let text = &sample[skip..];
    let quote = options.quote.unwrap_or_else(|| detect_quote(text));
    let dialect_with = |delimiter| Dialect { delimiter, quote, header: true, encoding };
    let delimiter = match options.delimiter.or(declared) {
        Some(delimiter) => delimiter,
        None => detect_delimiter(text, dialect_with, whole, &source.name()),
    };
    let mut dialect = dialect_with(delimiter);
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
    // lines above the table: a title, a date of export, each a single field
    let preamble = if options.header == Some(false) || width < 3 {
        0
    } else {
        records.iter().take(20).take_while(|r| r.fields.iter().skip(1).all(String::is_empty)).count()
    };
    if preamble > 0 && preamble < records.len() {
        for record in records.drain(..preamble) {
            warnings.push(
                Topic::General,
                record.line + skipped_lines,
                format!("the line above the table was left out: '{}'", shorten(&record.fields.concat())),
            );
        }
    }
    let Some(first) = records.first() else { return Err(DataError::Empty { name: source.name() }) };
    dialect.header = match options.header {
        Some(header) => header,
        None => has_header(&records, width, options),
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
        header_names(first, width, records.len(), first_line, &mut warnings)
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
        let own = options.columns.get(&names[col]).and_then(|c| c.missing.clone());
        let missing = Missing::new(own.or_else(|| options.missing.clone()));
        let compact = names_a_date(&names[col]);
        for record in records.iter().take(SAMPLE_RECORDS) {
            if let Some(cell) = record.fields.get(col).filter(|cell| !missing.is(cell.as_bytes())) {
                evidence.absorb(cell, record.line + line_offset, compact);
            }
        }
    }
    let decimal = options.decimal.unwrap_or_else(|| file_decimal(&evidence, delimiter));
    Ok(Sniffed {
        dialect,
        names,
        start: Start { byte: skip as u64, lines: skipped_lines },
        evidence,
        decimal,
        warnings,
    })
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

/// `sep=;` as a first line is Excel's way of naming the delimiter: (bytes, lines, delimiter).
fn separator_line(sample: &[u8], fixed: Option<u8>) -> (usize, u64, Option<u8>) {
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

/// The double quote, unless only single quotes enclose fields.
fn detect_quote(text: &[u8]) -> Quote {
    let encloses = |quote: u8| {
        let mut opens = 0_usize;
        let mut closes = 0_usize;
        let separates = |b: Option<&u8>| matches!(b, None | Some(b',' | b';' | b'\t' | b'|' | b'\n' | b'\r'));
        for at in memchr::memchr_iter(quote, text) {
            let before = at.checked_sub(1).and_then(|i| text.get(i));
            opens += usize::from(separates(before));
            closes += usize::from(separates(text.get(at + 1)));
        }
        opens.min(closes)
    };
    if encloses(b'"') > 0 {
        let backslashed = memchr::memmem::find_iter(text, b"\\\"").count();
        let doubled = memchr::memmem::find_iter(text, b"\"\"").count();
        // an empty quoted field also looks doubled; backslashes before quotes look like nothing else, save for a
        // field that ends with one
        let at_field_end = memchr::memmem::find_iter(text, b"\\\",").count()
            + memchr::memmem::find_iter(text, b"\\\"\n").count();
        return if backslashed > at_field_end && doubled < backslashed {
            Quote::Backslash(b'"')
        } else {
            Quote::Byte(b'"')
        };
    }
    if encloses(b'\'') > 1 { Quote::Byte(b'\'') } else { Quote::Byte(b'"') }
}

/// The candidate under which records have equal numbers of fields and cells look like values.
fn detect_delimiter(text: &[u8], dialect_with: impl Fn(u8) -> Dialect, whole: bool, name: &str) -> u8 {
    let mut best = (0.0, if name.to_ascii_lowercase().ends_with(".tsv") { b'\t' } else { b',' });
    for delimiter in [b',', b';', b'\t', b'|'] {
        let records = records_of(text, &dialect_with(delimiter), whole, 200);
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
    best.1
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

/// Whether the first record names columns: its cells are of another type than those below. Where no column has
/// a type, it is a header unless its cells are found again below.
fn has_header(records: &[Record], width: usize, options: &ReadOptions) -> bool {
    let Some((first, body)) = records.split_first() else { return true };
    let missing = Missing::new(options.missing.clone());
    let year_names = year_names(first, body, width);
    let (mut for_header, mut against) = (usize::from(!year_names.is_empty()), 0_usize);
    let mut repeated = 0_usize;
    for col in 0..width {
        let Some(head) = first.fields.get(col) else { continue };
        let mut evidence = Evidence::default();
        for record in body.iter().take(200) {
            if let Some(cell) = record.fields.get(col).filter(|c| !missing.is(c.as_bytes())) {
                evidence.absorb(cell, 0, false);
                repeated += usize::from(cell == head);
            }
        }
        if missing.is(head.as_bytes()) || year_names.contains(&col) {
            continue;
        }
        let mut own = Evidence::default();
        own.absorb(head, 0, false);
        let head_is_value = own.is_number() || matches!(own.decide(Decimal::Point), Plan::Date(_));
        if evidence.cells == 0 {
            // nothing below: a number is no name
            against += usize::from(head_is_value && body.is_empty());
            for_header += usize::from(!head_is_value && body.is_empty());
            continue;
        }
        // most cells below are numbers, even if some are not
        let mostly_numeric = evidence.numeric * 10 >= evidence.cells * 8;
        let body_typed = mostly_numeric || evidence.decide(Decimal::Point) != Plan::Texts;
        if body_typed {
            let mut with_head = evidence.clone();
            with_head.absorb(head, 0, false);
            let same = with_head.decide(Decimal::Point) != Plan::Texts || (mostly_numeric && own.is_number());
            if same { against += 1 } else { for_header += 1 }
        } else if head_is_value {
            against += 1;
        }
    }
    if for_header == 0 && against == 0 {
        return repeated == 0;
    }
    for_header >= against && for_header > 0
}

/// Columns whose first cells are ascending years (2019, 2020 …) over values that are none: a table by year.
fn year_names(first: &Record, body: &[Record], width: usize) -> Vec<usize> {
    let year = |cell: &String| cell.trim().parse::<u32>().ok().filter(|year| (1900..=2100).contains(year));
    let columns: Vec<usize> =
        (0..width).filter(|&col| first.fields.get(col).and_then(year).is_some()).collect();
    let years: Vec<u32> = columns.iter().filter_map(|&col| first.fields.get(col).and_then(year)).collect();
    let ascending = years.len() >= 2 && years.windows(2).all(|pair| pair[0] < pair[1]);
    let below_are_years = body
        .iter()
        .all(|record| columns.iter().all(|&col| record.fields.get(col).is_none_or(|c| year(c).is_some())));
    if ascending && !body.is_empty() && !below_are_years { columns } else { Vec::new() }
}

/// Names for the columns: trimmed, unique, never empty; what had to be changed is said.
fn header_names(
    header: &Record,
    width: usize,
    n_records: usize,
    line: u64,
    warnings: &mut WarningLog,
) -> Vec<String> {
    let mut fields: Vec<String> = header.fields.iter().map(|f| f.trim().to_owned()).collect();
    if n_records > 1 && fields.len() + 1 == width && !fields.is_empty() {
        warnings.push(
            Topic::General,
            line,
            format!(
                "the header has {} names and the lines below have {width} fields; the first column is taken as row names",
                fields.len()
            ),
        );
        fields.insert(0, "row".to_owned());
    } else if n_records > 1 && fields.len() < width {
        warnings.push(
            Topic::General,
            line,
            format!(
                "the header has {} names and most lines below have {width} fields; the columns without a name are numbered",
                fields.len()
            ),
        );
        fields.resize(width, String::new());
    }
    let mut names: Vec<String> = Vec::with_capacity(fields.len());
    let taken: std::collections::HashSet<String> = fields.iter().cloned().collect();
    for (i, field) in fields.iter().enumerate() {
        let mut name = if field.is_empty() { format!("column_{}", i + 1) } else { field.clone() };
        if names.contains(&name) || (field.is_empty() && taken.contains(&name)) {
            let mut number = 2;
            let unique = |n: usize| format!("{name}_{n}");
            while names.contains(&unique(number)) || taken.contains(&unique(number)) {
                number += 1;
            }
            name = unique(number);
        }
        if field.is_empty() {
            warnings.push(
                Topic::General,
                line,
                format!("column {} has no name; it is called '{name}'", i + 1),
            );
        } else if name != *field {
            warnings.push(
                Topic::General,
                line,
                format!("two columns are called '{field}'; column {} is now called '{name}'", i + 1),
            );
        }
        names.push(name);
    }
    names
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
