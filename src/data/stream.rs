//! A CSV text as a stream of blocks: for work that needs each row once and must not hold the file.

use std::cell::RefCell;

use super::blocks::{BlockError, Blocks, in_order};
use super::cell::Missing;
use super::chunk::{ColumnLayout, Invalid, Layout, Shaped, Worker, rounded};
use super::columns;
use super::date;
use super::infer::{Plan, compact_dates};
use super::options::{DataError, Quote, ReadOptions};
use super::scan::{PAD, Rows, unquote};
use super::sniff::{Sniffed, shorten, sniff};
use super::source::Source;
use super::table::Levels;
use super::warning::{Topic, Warning, WarningLog};
use super::write::write_field;
use crate::work::Progress;

/// A CSV text ready to be streamed.
pub(crate) struct CsvStream<'a> {
    source: &'a Source,
    options: ReadOptions,
    sniffed: Sniffed,
}

/// The cells of a block.
pub(crate) struct Cells<'a> {
    rows: Rows<'a>,
    layout: &'a Layout,
    /// Rows can be copied as they stand in the file.
    verbatim: bool,
    warnings: RefCell<WarningLog>,
}

impl<'a> CsvStream<'a> {
    /// Looks at the start of the text. Unlike for a whole table, options may name columns that are not there.
    pub(crate) fn open(source: &'a Source, options: &ReadOptions) -> Result<Self, DataError> {
        let sniffed = sniff(source, options)?;
        Ok(Self { source, options: options.clone(), sniffed })
    }

    /// The column names.
    pub(crate) fn names(&self) -> &[String] {
        &self.sniffed.names
    }

    /// Hands each block's cells to `work`, on several threads, and the results in order to `merge`, with the
    /// number of lines before the block. Returns the file's warnings.
    ///
    /// Nothing is handed out twice: where the quoting turns odd in the middle of the file, reading goes on with
    /// care from that block on; the blocks before it were well-formed, so that its start is a record's start.
    pub(crate) fn run<W, T, E>(
        mut self,
        progress: &Progress,
        make: impl Fn() -> W + Sync,
        work: impl Fn(&mut W, &Cells<'_>) -> T + Sync,
        mut merge: impl FnMut(T, u64) -> Result<(), E>,
    ) -> Result<Vec<Warning>, E>
    where
        T: Send,
        E: From<DataError> + Send,
    {
        let mut layout = self.layout();
        let verbatim = layout.dialect.delimiter == b',' && matches!(layout.dialect.quote, Quote::Byte(b'"'));
        let threads = match self.options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let mut log = std::mem::take(&mut self.sniffed.warnings);
        let mut at = self.sniffed.start;
        loop {
            let mut blocks = Blocks::new(self.source, &layout.dialect, at, layout.careful, false, progress)
                .map_err(E::from)?;
            let streamed = in_order(
                &mut blocks,
                threads,
                || (Worker::default(), make()),
                |(worker, state), block| {
                    let mut warnings = std::mem::take(&mut block.warnings);
                    let n_bytes = (block.data.len() - PAD) as u64;
                    let mut lines = 0;
                    let result = match worker.shape(block, &layout, &mut warnings, &mut lines) {
                        Shaped::Rows(rows) => {
                            let cells =
                                Cells { rows, layout: &layout, verbatim, warnings: RefCell::default() };
                            let result = work(state, &cells);
                            warnings.append(cells.warnings.into_inner(), 0);
                            Some(result)
                        }
                        Shaped::Trouble(_) => None,
                    };
                    (result, warnings, lines, n_bytes)
                },
                |(result, warnings, lines, n_bytes)| {
                    let value = result.ok_or(StreamError::Irregular)?;
                    log.append(warnings, at.lines + 1);
                    merge(value, at.lines).map_err(StreamError::Merge)?;
                    at.lines += lines;
                    at.byte += n_bytes;
                    Ok(())
                },
            );
            let replaced = blocks.replaced();
            match streamed {
                Ok(()) => {
                    if replaced {
                        let what =
                            "some bytes are not valid in the file's encoding; they were replaced by U+FFFD";
                        log.push(Topic::Encoding, 1, what);
                    }
                    return Ok(log.finish());
                }
                Err(StreamError::Irregular) if !layout.careful => layout.careful = true,
                Err(StreamError::Irregular) => {
                    let what =
                        format!("{} changed while it was read; run the command again", self.source.name());
                    return Err(E::from(DataError::Setting(what)));
                }
                Err(StreamError::Merge(error)) => return Err(error),
                Err(StreamError::Data(error)) => return Err(E::from(error)),
            }
        }
    }

    fn layout(&self) -> Layout {
        let columns = self.sniffed.names.iter().zip(&self.sniffed.evidence).map(|(name, evidence)| {
            let own = self.options.columns.get(name);
            let missing = own.and_then(|o| o.missing.clone()).or_else(|| self.options.missing.clone());
            ColumnLayout {
                plan: evidence.decide_with(own, self.sniffed.decimal),
                forced: true,
                missing: Missing::new(missing),
                compact_dates: compact_dates(name, own),
            }
        });
        Layout {
            dialect: self.sniffed.dialect,
            names: self.sniffed.names.clone(),
            columns: columns.collect(),
            invalid: if self.options.encoding.is_some() { Invalid::Replace } else { Invalid::Windows1252 },
            careful: matches!(self.sniffed.dialect.quote, Quote::Backslash(_)),
            ragged: self.options.ragged,
        }
    }
}

enum StreamError<E> {
    Irregular,
    Merge(E),
    Data(DataError),
}

impl<E> From<BlockError> for StreamError<E> {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Irregular => Self::Irregular,
            BlockError::Data(error) => Self::Data(error),
        }
    }
}

impl Cells<'_> {
    /// How many rows the block has.
    pub(crate) fn n_rows(&self) -> usize {
        self.rows.n_rows
    }

    /// How many bytes of text the block has.
    pub(crate) fn n_bytes(&self) -> usize {
        self.rows.buf.len()
    }

    /// The line a row begins on, counted from 0 at the block's start.
    pub(crate) fn line(&self, row: usize) -> u64 {
        self.rows.line(row)
    }

    /// Says that a cell is not of the type that its column is read as, and what is done about it.
    pub(crate) fn warn_wrong_type(&self, row: usize, col: usize, cell: &str, done: &str) {
        let column = &self.layout.columns[col];
        let what = format!(
            "column '{}': '{}' is not {}; {done}",
            self.layout.names[col],
            shorten(cell),
            if matches!(column.plan, Plan::Number { .. }) {
                "a finite number"
            } else {
                "a date in the column's form"
            }
        );
        self.warnings.borrow_mut().push(Topic::Cell, self.line(row), what);
    }

    /// Says that an integer was rounded to a double.
    pub(crate) fn warn_rounded(&self, row: usize, col: usize, cell: &[u8], value: f64) {
        let what = rounded(&self.layout.names[col], &String::from_utf8_lossy(cell), value);
        self.warnings.borrow_mut().push(Topic::Rounded, self.line(row), what);
    }

    /// A column as numbers, NaN where missing; `odd` hears of the cells that are no numbers (NaN, too), and of the
    /// integers that were rounded, with their value.
    pub(crate) fn numbers(
        &self,
        col: usize,
        values: &mut Vec<f64>,
        odd: impl FnMut(usize, &[u8], Option<f64>),
    ) {
        values.clear();
        columns::numbers(&self.rows, col, &self.layout.columns[col], values, odd);
    }

    /// A column as dates: `Ok(None)` where missing, the cell where it is no date.
    pub(crate) fn dates(&self, col: usize, values: &mut Vec<Result<Option<i64>, String>>) {
        let column = &self.layout.columns[col];
        let Plan::Date(format) = column.plan else { return };
        let mut scratch = Vec::new();
        self.rows.for_each(col, |_, start, end| {
            let cell = unquote(&self.rows.buf[start..end], self.rows.quote, &mut scratch);
            let text = String::from_utf8_lossy(cell);
            values.push(match date::parse(format, &text) {
                Some(micros) => Ok(Some(micros)),
                None if column.missing.is(cell) => Ok(None),
                None => Err(text.into_owned()),
            });
        });
    }

    /// A column as texts: codes into the block's own dictionary.
    pub(crate) fn texts(&self, col: usize) -> (Vec<u32>, Levels) {
        let mut levels = Levels::default();
        let codes = columns::texts(&self.rows, col, &self.layout.columns[col].missing, &mut levels);
        (codes, levels)
    }

    /// Appends a row's fields, separated by commas, quoted as RFC 4180 asks for, without the line end. Where
    /// the file is written that way, these are its own bytes.
    pub(crate) fn write_row(&self, row: usize, out: &mut Vec<u8>) {
        if self.verbatim
            && let Some(raw) = self.rows.raw_row(row)
        {
            out.extend_from_slice(raw);
            return;
        }
        let mut scratch = Vec::new();
        for col in 0..self.rows.n_cols {
            if col > 0 {
                out.push(b',');
            }
            let (start, end) = self.rows.field(row, col);
            write_field(unquote(&self.rows.buf[start..end], self.rows.quote, &mut scratch), out);
        }
    }
}
