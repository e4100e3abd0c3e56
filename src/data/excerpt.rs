//! Parts of a file as they stand in it: the lines around one, the row that a line became, the first rows alone.

use super::options::{DataError, Dialect, Ragged};
use super::source::Source;
use super::{Encoding, Loaded, ReadOptions, read_csv};
use crate::work::Progress;

/// How long a line is shown, in characters.
const LINE_CHARS: usize = 400;
/// How much of a file is read at a time, and for its first rows.
const PIECE: usize = 1 << 18;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLine {
    /// Its number, from 1, as an editor counts.
    pub number: u64,
    /// Its text without line end, cut where it is very long.
    pub text: String,
}

/// The lines from `around` lines before `line` to as many after it.
///
/// # Errors
/// [`DataError::Io`] when the file can't be read, [`DataError::Cancelled`] when `progress` was cancelled.
pub fn raw_lines(
    source: &Source,
    encoding: Encoding,
    line: u64,
    around: u64,
    progress: &Progress,
) -> Result<Vec<RawLine>, DataError> {
    let (first, last) = (line.saturating_sub(around).max(1), line.saturating_add(around));
    let mut reader = source.text(encoding, false)?;
    let (mut lines, mut number, mut open, mut piece) = (Vec::new(), 1_u64, Vec::new(), Vec::new());
    let mut push = |number: u64, bytes: &[u8]| {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let mut shown: String = text.chars().take(LINE_CHARS).collect();
        if text.chars().nth(LINE_CHARS).is_some() {
            shown.push('…');
        }
        lines.push(RawLine { number, text: shown });
    };
    while number <= last {
        progress.check()?;
        piece.clear();
        if !reader.fill(&mut piece, PIECE).map_err(|error| source.io(error))? {
            break;
        }
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &piece) {
            if number >= first && number <= last {
                open.extend_from_slice(&piece[start..end]);
                push(number, &open);
            }
            open.clear();
            number += 1;
            start = end + 1;
            if number > last {
                return Ok(lines);
            }
        }
        // a line of many pieces is shown by its start only
        if number >= first && open.len() < LINE_CHARS * 4 {
            open.extend_from_slice(&piece[start..]);
        }
    }
    if number >= first && number <= last && !open.is_empty() {
        push(number, &open);
    }
    Ok(lines)
}

/// The row (from 0) that a line of the file became, found by reading the file's records up to it. `lines_before` is
/// the number of lines before the first data record, [`Loaded::lines_before`]; `options` those the table was read with,
/// and `n_fields` how many its header has. `None` for lines that became no row.
///
/// # Errors
/// [`DataError::Io`] when the file can't be read, [`DataError::Cancelled`] when `progress` was cancelled.
pub fn row_at_line(
    source: &Source,
    options: &ReadOptions,
    dialect: &Dialect,
    (lines_before, n_fields): (u64, usize),
    line: u64,
    progress: &Progress,
) -> Result<Option<u64>, DataError> {
    if line <= lines_before {
        return Ok(None);
    }
    let source = &*source.edited(options);
    let skips = |record: &csv::ByteRecord| {
        options.ragged == Ragged::Skip
            && (record.len() < n_fields || record.iter().skip(n_fields).any(|field| !field.is_empty()))
    };
    let text = Text { reader: source.text(dialect.encoding, false)?, piece: Vec::new(), at: 0 };
    let mut reader = dialect.csv_reader(text);
    let mut record = csv::ByteRecord::new();
    let mut rows = 0_u64;
    loop {
        if rows.is_multiple_of(16_384) {
            progress.check()?;
        }
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(source.io(std::io::Error::other(error))),
        }
        // where the record begins, and where the next one may
        let (start, next) = (record.position().map_or(0, csv::Position::line), reader.position().line());
        if start > lines_before {
            if start > line {
                return Ok(None);
            }
            let skipped = skips(&record);
            if line < next || start == line {
                return Ok((!skipped).then_some(rows));
            }
            rows += u64::from(!skipped);
        }
    }
}

struct Text<'a> {
    reader: super::source::TextReader<'a>,
    piece: Vec<u8>,
    at: usize,
}

impl std::io::Read for Text<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at >= self.piece.len() {
            self.piece.clear();
            self.at = 0;
            if !self.reader.fill(&mut self.piece, PIECE)? {
                return Ok(0);
            }
        }
        let n = out.len().min(self.piece.len() - self.at);
        out[..n].copy_from_slice(&self.piece[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// Reads the first rows only, at most `rows`, for a look at what settings do. Types are judged by the file's start.
///
/// # Errors
/// As [`read_csv`]. A quote that is open where the part ends is no error of the file.
pub fn read_start(
    source: &Source,
    options: &ReadOptions,
    rows: usize,
    progress: &Progress,
) -> Result<Loaded, DataError> {
    let (mut bytes, whole) = source.start(PIECE)?;
    if !whole {
        // up to the last whole line; both bytes of it in UTF-16
        let wide = matches!(options.encoding, Some(Encoding::Utf16Le | Encoding::Utf16Be))
            || matches!(Encoding::detect(&bytes, false), Encoding::Utf16Le | Encoding::Utf16Be);
        if let Some(end) = memchr::memrchr(b'\n', &bytes) {
            bytes.truncate(if wide { (end + 2) & !1 } else { end + 1 });
        }
    }
    let options = ReadOptions { hash: false, threads: 1, ..options.clone() };
    let part = Source::from_bytes(source.name(), bytes);
    let mut loaded = read_csv(&part, &options, progress)?;
    let shown: Vec<usize> = (0..rows.min(loaded.table.n_rows())).collect();
    loaded.table = loaded.table.take(&shown);
    Ok(loaded)
}

/// The encoding of a file, judged by its start.
///
/// # Errors
/// [`DataError::Io`] when the file can't be read.
pub fn encoding_of(source: &Source) -> Result<Encoding, DataError> {
    let (start, whole) = source.start(PIECE)?;
    Ok(Encoding::detect(&start, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::from_bytes("t.csv", text.as_bytes().to_vec())
    }

    #[test]
    fn lines_are_as_an_editor_counts_them() {
        let text = "a,b\r\n1,2\r\n\r\n3,4";
        let lines = |line, around| -> Vec<(u64, String)> {
            raw_lines(&source(text), Encoding::Utf8, line, around, &Progress::new())
                .unwrap()
                .into_iter()
                .map(|line| (line.number, line.text))
                .collect()
        };
        assert_eq!(lines(2, 0), [(2, "1,2".to_owned())]);
        assert_eq!(lines(1, 1), [(1, "a,b".to_owned()), (2, "1,2".to_owned())]);
        assert_eq!(lines(4, 1), [(3, String::new()), (4, "3,4".to_owned())]);
        assert_eq!(lines(9, 2), []);
        let long = format!("{}\nend\n", "x".repeat(3 * PIECE));
        let lines = raw_lines(&source(&long), Encoding::Utf8, 1, 1, &Progress::new()).unwrap();
        assert_eq!((lines.len(), lines[0].text.chars().count()), (2, LINE_CHARS + 1));
        assert_eq!(lines[1].text, "end");
    }

    #[test]
    fn a_line_is_found_past_blank_lines_and_texts_of_many_lines() {
        let text = "a,b\n1,\"two\nlines\"\n\n3,4\n5,6\n";
        let source = source(text);
        let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
        assert_eq!((loaded.table.n_rows(), loaded.lines_before), (3, 1));
        let row = |line| {
            let (options, before) = (ReadOptions::default(), (loaded.lines_before, 2));
            row_at_line(&source, &options, &loaded.dialect, before, line, &Progress::new()).unwrap()
        };
        let rows: Vec<Option<u64>> = (1..=8).map(row).collect();
        // an empty line is taken for a part of the row below it
        assert_eq!(rows, [None, Some(0), Some(0), Some(1), Some(1), Some(2), None, None]);
    }

    #[test]
    fn the_start_alone_is_read() {
        let mut text = String::from("n,t\n");
        for n in 0..100_000 {
            text.push_str(&format!("{n},x\n"));
        }
        let loaded = read_start(&source(&text), &ReadOptions::default(), 20, &Progress::new()).unwrap();
        assert_eq!((loaded.table.n_rows(), loaded.table.columns().len()), (20, 2));
    }
}
