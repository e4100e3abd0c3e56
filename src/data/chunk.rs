//! Parses one block of text into typed pieces of columns.

use super::blocks::Block;
use super::cell::Missing;
use super::columns::{booleans, dates, numbers, texts};
use super::encoding::{Encoding, Utf8Count};
use super::infer::{Evidence, Plan};
use super::number::{Reading, general};
use super::options::Dialect;
use super::options::Ragged;
use super::ragged::fit;
use super::scan::{Index, Irregular, PAD, Rows};
use super::sniff::shorten;
use super::table::Levels;
use super::warning::{Topic, WarningLog};

/// How many cells per block and column that do not fit the plan are looked at; the others are only counted.
const ODD_CELLS_KEPT: u64 = 512;

/// What every worker needs to know about the file.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) dialect: Dialect,
    pub(crate) names: Vec<String>,
    pub(crate) columns: Vec<ColumnLayout>,
    /// What to do about bytes that are not UTF-8.
    pub(crate) invalid: Invalid,
    /// The file is cut with care, and so its blocks are read by the `csv` crate.
    pub(crate) careful: bool,
    /// What becomes of lines of another length.
    pub(crate) ragged: Ragged,
}

/// What to do about bytes that are not UTF-8 in a file that looked like UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// Give up this way of reading.
    Report,
    /// Put U+FFFD in their place.
    Replace,
    /// Take the block's bytes as Windows-1252.
    Windows1252,
}

/// How one column is read.
#[derive(Debug, Clone)]
pub(crate) struct ColumnLayout {
    pub(crate) plan: Plan,
    /// The user fixed the type: cells that do not fit become missing.
    pub(crate) forced: bool,
    pub(crate) missing: Missing,
    pub(crate) compact_dates: bool,
}

/// A parsed block.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) n_rows: usize,
    pub(crate) lines: u64,
    pub(crate) columns: Vec<Piece>,
    pub(crate) warnings: WarningLog,
    /// Per column: what the cells that do not fit the plan say, and how many there are.
    pub(crate) odd: Vec<Option<Odd>>,
    pub(crate) trouble: Option<Trouble>,
}

/// Cells that do not fit their column's plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Odd {
    pub(crate) evidence: Evidence,
    pub(crate) count: u64,
}

/// Why a block needs the whole file to be read another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Irregular,
    NotUtf8,
}

/// A piece of a column.
#[derive(Debug)]
pub(crate) enum Piece {
    Number(Vec<f64>),
    Date(Vec<i64>),
    /// Codes into the block's own dictionary.
    Texts(Vec<u32>, Levels),
    /// Codes of a boolean column.
    Boolean(Vec<u32>),
    Skip,
}

/// The memory a worker keeps from block to block.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    index: Index,
    spans: Shape,
    text: Vec<u8>,
}

/// Spans row by row, and the line of each row.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    pub(crate) spans: Vec<(u32, u32)>,
    pub(crate) lines: Vec<u32>,
}

impl Shape {
    fn clear(&mut self) {
        self.spans.clear();
        self.lines.clear();
    }
}

/// A block's rows with the fields found, whatever shape its records had.
pub(crate) enum Shaped<'a> {
    Rows(Rows<'a>),
    Trouble(Trouble),
}

impl Worker {
    /// Finds the fields of a block.
    pub(crate) fn shape<'a>(
        &'a mut self,
        block: &'a mut Block,
        layout: &Layout,
        warnings: &mut WarningLog,
        lines: &mut u64,
    ) -> Shaped<'a> {
        let quote = layout.dialect.quote.byte();
        let n_cols = layout.names.len();
        self.index.scan(&block.data, layout.dialect.delimiter, quote);
        if self.index.non_ascii
            && let Err(error) = std::str::from_utf8(&block.data)
        {
            if layout.invalid == Invalid::Report {
                return Shaped::Trouble(Trouble::NotUtf8);
            }
            let line = memchr::memchr_iter(b'\n', &block.data[..error.valid_up_to()]).count() as u64;
            let damaged = Utf8Count::of(&block.data).judge() == Encoding::Utf8;
            let (text, what) = if layout.invalid == Invalid::Replace || damaged {
                let what = "bytes that are not valid UTF-8 were replaced by U+FFFD, here and perhaps below";
                (String::from_utf8_lossy(&block.data).into_owned(), what)
            } else {
                let what = "bytes that are not valid UTF-8 were read as windows-1252, here and perhaps below";
                (encoding_rs::WINDOWS_1252.decode_without_bom_handling(&block.data).0.into_owned(), what)
            };
            warnings.push(Topic::Encoding, line, what);
            block.data = text.into_bytes();
            self.index.scan(&block.data, layout.dialect.delimiter, quote);
        }
        *lines = self.index.lines as u64;
        if self.index.nul {
            for (line, text) in block.data[PAD..].split(|&b| b == b'\n').enumerate() {
                if memchr::memchr(0, text).is_some() {
                    warnings.push(
                        Topic::Nul,
                        line as u64,
                        "the line holds NUL bytes, which are kept; the file may be damaged or not be text",
                    );
                }
            }
        }
        let data = &block.data;
        if layout.careful {
            self.careful_rows(data, layout, warnings, lines);
            return Shaped::Rows(Rows::explicit(
                &self.text,
                n_cols,
                &self.spans.spans,
                &self.spans.lines,
                None,
            ));
        }
        match self.index.rows(data, n_cols, quote) {
            Ok(Some(rows)) => Shaped::Rows(rows),
            Err(Irregular) => Shaped::Trouble(Trouble::Irregular),
            Ok(None) => {
                let mut line = 0_u64;
                let mut counted = PAD;
                self.spans.clear();
                let mut points = Vec::new();
                for fields in self.index.records(data) {
                    let start = fields.first().map_or(0, |f| f.0 as usize);
                    let end = fields.last().map_or(0, |f| f.1 as usize);
                    line += memchr::memchr_iter(b'\n', &data[counted..start]).count() as u64;
                    counted = start;
                    points.extend(fit(&fields, start == end, layout, data, line, &mut self.spans, warnings));
                }
                let quote = self.index.has_quotes().then_some(quote);
                let mut data = data;
                if !points.is_empty() {
                    self.text.clone_from(data);
                    points.into_iter().for_each(|at| self.text[at] = b'.');
                    data = &self.text;
                }
                Shaped::Rows(Rows::explicit(data, n_cols, &self.spans.spans, &self.spans.lines, quote))
            }
        }
    }

    /// Reads a block with the `csv` crate, whose reading of odd quotes is the one that counts.
    fn careful_rows(&mut self, data: &[u8], layout: &Layout, warnings: &mut WarningLog, lines: &mut u64) {
        let body = &data[PAD..];
        *lines = super::sniff::count_lines(body);
        self.text.clear();
        self.text.resize(PAD, b' ');
        self.spans.clear();
        let mut reader = layout.dialect.csv_reader(body);
        let mut record = csv::ByteRecord::new();
        let (mut line, mut seen, mut record_end) = (0_u64, 0_usize, 0_usize);
        let mut fields = Vec::new();
        // reading from memory does not fail
        while let Ok(true) = reader.read_byte_record(&mut record) {
            let mut byte = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0)).max(seen);
            while matches!(body.get(byte), Some(b'\r' | b'\n')) {
                byte += 1;
            }
            if body.get(record_end) == Some(&b'\n')
                && record_end > 0
                && body.get(record_end - 1) == Some(&b'\r')
            {
                record_end += 1;
            }
            let n_blank = super::sniff::count_lines(body.get(record_end..byte).unwrap_or(&[]));
            line += super::sniff::count_lines(&body[seen..byte]);
            for blank in line - n_blank..line {
                warnings.push(Topic::Blank, blank, "the line is empty and was skipped");
            }
            seen = byte;
            record_end = usize::try_from(reader.position().byte()).unwrap_or(0);
            fields.clear();
            for field in &record {
                let start = self.text.len();
                self.text.extend_from_slice(field);
                fields.push((to_u32(start), to_u32(self.text.len())));
                // what stands between fields in the file, should two of them be one
                self.text.push(layout.dialect.delimiter);
            }
            let point = fit(&fields, false, layout, &self.text, line, &mut self.spans, warnings);
            if let Some(at) = point {
                self.text[at] = b'.';
            }
        }
    }

    /// Parses a block by the layout.
    pub(crate) fn parse(&mut self, block: &mut Block, layout: &Layout) -> Chunk {
        let mut chunk = Chunk { warnings: std::mem::take(&mut block.warnings), ..Chunk::default() };
        let rows = match self.shape(block, layout, &mut chunk.warnings, &mut chunk.lines) {
            Shaped::Rows(rows) => rows,
            Shaped::Trouble(trouble) => {
                chunk.trouble = Some(trouble);
                return chunk;
            }
        };
        chunk.n_rows = rows.n_rows;
        for (col, column) in layout.columns.iter().enumerate() {
            let mut odd = OddCells { rows: &rows, layout: column, name: &layout.names[col], odd: None };
            let piece = match &column.plan {
                Plan::Skip => Piece::Skip,
                Plan::Number { .. } => {
                    let mut values = Vec::with_capacity(rows.n_rows);
                    numbers(&rows, col, column, &mut values, |row, cell, rounded| match rounded {
                        None => odd.see(row, cell, &mut chunk.warnings),
                        Some(value) => odd.see_rounded(row, cell, value, &mut chunk.warnings),
                    });
                    Piece::Number(values)
                }
                Plan::Date(format) => {
                    Piece::Date(dates(&rows, col, column, *format, &mut odd, &mut chunk.warnings))
                }
                Plan::Boolean(words) => {
                    Piece::Boolean(booleans(&rows, col, column, words, &mut odd, &mut chunk.warnings))
                }
                Plan::Texts => {
                    let mut levels = Levels::default();
                    Piece::Texts(texts(&rows, col, &column.missing, &mut levels), levels)
                }
            };
            chunk.odd.push(odd.odd);
            chunk.columns.push(piece);
        }
        chunk
    }
}

fn to_u32(position: usize) -> u32 {
    // blocks are bounded below 2^31 bytes
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// What is said of an integer that was rounded.
pub(crate) fn rounded(column: &str, cell: &str, value: f64) -> String {
    format!(
        "column '{column}': {} is an integer that a 64-bit float can't hold exactly; read as {value}",
        shorten(cell)
    )
}

/// Watches for cells that do not fit the plan.
pub(crate) struct OddCells<'a> {
    rows: &'a Rows<'a>,
    layout: &'a ColumnLayout,
    name: &'a str,
    odd: Option<Odd>,
}

impl OddCells<'_> {
    #[cold]
    fn see_rounded(&mut self, row: usize, cell: &[u8], value: f64, warnings: &mut WarningLog) {
        let what = rounded(self.name, &String::from_utf8_lossy(cell), value);
        warnings.push(Topic::Rounded, self.rows.line(row), what);
    }

    #[cold]
    pub(crate) fn see(&mut self, row: usize, cell: &[u8], warnings: &mut WarningLog) {
        let text = String::from_utf8_lossy(cell);
        if let Plan::Number { decimal, .. } = self.layout.plan
            && general(&text, decimal) == Reading::Infinite
        {
            let what = format!(
                "column '{}': '{}' is not a finite number; taken as missing",
                self.name,
                shorten(&text)
            );
            warnings.push(Topic::Cell, self.rows.line(row), what);
            return;
        }
        let odd = self.odd.get_or_insert_default();
        odd.count += 1;
        if odd.count > ODD_CELLS_KEPT {
            return;
        }
        let line = self.rows.line(row);
        if self.layout.forced {
            odd.evidence.first_other.get_or_insert_with(|| (line, text.clone().into_owned()));
            warnings.push(
                Topic::Cell,
                line,
                format!(
                    "column '{}': '{}' is not {}; taken as missing",
                    self.name,
                    shorten(&text),
                    match self.layout.plan {
                        Plan::Number { .. } => "a number",
                        Plan::Date(_) => "a date in the column's form",
                        _ => "one of the column's two words",
                    }
                ),
            );
        } else {
            odd.evidence.absorb(&text, line, self.layout.compact_dates);
        }
    }
}
