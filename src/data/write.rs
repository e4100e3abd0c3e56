//! Writing CSV: RFC 4180 with commas, UTF-8 and line feeds.
//!
//! Numbers are written in the shortest form that reads back as the same double. Texts are written exactly as
//! they are, also those that a spreadsheet would run as a formula (`=1+1`, `+49…`, `@x`): changing them would
//! change the data. Whoever opens a file of unknown origin in a spreadsheet should import it as text.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::date;
use super::number::write_number;
use super::table::{Column, ColumnData, MISSING_DATE, Table};
use crate::work::Progress;

/// Appends a text as JSON.
pub(crate) fn write_json_text(text: &str, out: &mut Vec<u8>) {
    // writing to memory can't fail, and a text is always JSON
    drop(serde_json::to_writer(out, text));
}

/// Appends a field, quoted where RFC 4180 asks for it.
pub fn write_field(text: &[u8], out: &mut Vec<u8>) {
    let must_quote = memchr::memchr3(b',', b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some()
        // at a file's start it would be taken for a byte-order mark
        || text.starts_with(b"\xef\xbb\xbf");
    if !must_quote {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for &byte in text {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Writes a table with a header line. Missing values are empty fields; an empty text is written as `""`.
///
/// # Errors
/// What `out` says.
pub fn write_csv(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    write_csv_rows(table, None, out, &Progress::new())
}

/// The SHA-256 of a table as the CSV file that [`write_csv`] makes of it, in hexadecimal digits.
#[must_use]
pub fn csv_sha256(table: &Table) -> String {
    struct Hashing(Sha256);
    impl Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hashing = Hashing(Sha256::new());
    // hashing takes whatever comes
    drop(write_csv(table, &mut hashing));
    crate::work::hex(&hashing.0.finalize())
}

/// Writes rows of a table, named by `rows` and in that order, or all of them; as [`write_csv`] does. Progress counts
/// rows.
///
/// # Errors
/// What `out` says, and an error of kind [`io::ErrorKind::Interrupted`] when `progress` was cancelled.
pub fn write_csv_rows(
    table: &Table,
    rows: Option<&[u32]>,
    out: &mut dyn Write,
    progress: &Progress,
) -> io::Result<()> {
    let n = rows.map_or(table.n_rows(), <[u32]>::len);
    progress.set_total(n as u64);
    progress.set_done(0);
    let mut line = Vec::new();
    let columns = table.columns();
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        write_field(column.name.as_bytes(), &mut line);
    }
    line.push(b'\n');
    for at in 0..n {
        let row = rows.map_or(at, |rows| rows[at] as usize);
        let start = line.len();
        for (place, column) in columns.iter().enumerate() {
            if place > 0 {
                line.push(b',');
            }
            write_cell(column, row, &mut line);
        }
        if line.len() == start {
            // an empty line would be no record
            line.extend_from_slice(b"\"\"");
        }
        line.push(b'\n');
        if line.len() > 1 << 16 {
            progress.check().map_err(|cancelled| io::Error::new(io::ErrorKind::Interrupted, cancelled))?;
            progress.set_done(at as u64);
            out.write_all(&line)?;
            line.clear();
        }
    }
    progress.set_done(n as u64);
    out.write_all(&line)
}

fn write_cell(column: &Column, row: usize, out: &mut Vec<u8>) {
    match &column.data {
        ColumnData::Number(values) => write_number(values.get(row).copied().unwrap_or(f64::NAN), out),
        ColumnData::Date(values) => match values.get(row) {
            None | Some(&MISSING_DATE) => {}
            Some(&micros) => date::write_iso(micros, out),
        },
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            if let Some(text) = coded.get(row) {
                write_field(text.as_bytes(), out);
            }
        }
    }
}
