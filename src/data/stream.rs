//! A CSV text as a stream of blocks: for work that needs each row once and must not hold the file.

use super::blocks::{BlockError, Blocks, in_order};
use super::cell::Missing;
use super::chunk::{self, ColumnLayout, Layout, Shaped, Trouble, Worker};
use super::date;
use super::encoding::Encoding;
use super::infer::{Plan, names_a_date};
use super::options::{DataError, Quote, ReadOptions};
use super::scan::{Rows, unquote};
use super::sniff::{Sniffed, sniff};
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
    /// What `merge` has taken in before a file turns out to need another way of reading is not given again:
    /// how a file is to be read is found out by a first pass over its separators, where it is in doubt.
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
        let careful = self.settle(progress)?;
        let decimal = self.sniffed.decimal;
        let layout = Layout {
            dialect: self.sniffed.dialect,
            names: self.sniffed.names.clone(),
            columns: self
                .sniffed
                .names
                .iter()
                .zip(&self.sniffed.evidence)
                .map(|(name, evidence)| {
                    let own = self.options.columns.get(name);
                    let missing = own.and_then(|o| o.missing.clone()).or_else(|| self.options.missing.clone());
                    ColumnLayout {
                        plan: evidence.decide_with(own, decimal),
                        forced: true,
                        missing: Missing::new(missing),
                        compact_dates: names_a_date(name),
                    }
                })
                .collect(),
            replace_invalid: true,
            careful: careful || matches!(self.sniffed.dialect.quote, Quote::Backslash(_)),
        };
        let verbatim = layout.dialect.delimiter == b',' && matches!(layout.dialect.quote, Quote::Byte(b'"'));
        let threads = match self.options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let start = self.sniffed.start;
        let mut blocks =
            Blocks::new(self.source, &layout.dialect, start, careful, false, progress).map_err(E::from)?;
        let mut log = std::mem::take(&mut self.sniffed.warnings);
        let mut lines_before = start.lines;
        let name = self.source.name();
        in_order(
            &mut blocks,
            threads,
            || (Worker::default(), make()),
            |(worker, state), block| {
                let mut warnings = std::mem::take(&mut block.warnings);
                let mut lines = 0;
                let result = match worker.shape(block, &layout, &mut warnings, &mut lines) {
                    Shaped::Rows(rows) => Ok(work(state, &Cells { rows, layout: &layout, verbatim })),
                    Shaped::Trouble(trouble) => Err(trouble),
                };
                (result, warnings, lines)
            },
            |(result, warnings, lines)| {
                log.append(warnings, lines_before + 1);
                let value = result.map_err(|trouble| StreamError::changed(&name, trouble))?;
                merge(value, lines_before).map_err(StreamError::Merge)?;
                lines_before += lines;
                Ok(())
            },
        )
        .map_err(|error| match error {
            StreamError::Merge(error) => error,
            StreamError::Data(error) => E::from(error),
        })?;
        if blocks.replaced() {
            log.push(Topic::Encoding, 1, "some bytes are not valid in the file's encoding; they were replaced by U+FFFD");
        }
        Ok(log.finish())
    }

    /// Whether the file must be cut with care; also settles its encoding. Reads the file's separators once,
    /// unless the whole file was seen already.
    fn settle(&mut self, progress: &Progress) -> Result<bool, DataError> {
        let layout = Layout {
            dialect: self.sniffed.dialect,
            names: self.sniffed.names.clone(),
            columns: Vec::new(),
            replace_invalid: self.options.encoding.is_some(),
            careful: false,
        };
        if matches!(layout.dialect.quote, Quote::Backslash(_)) {
            return Ok(true);
        }
        let mut blocks = Blocks::new(self.source, &layout.dialect, self.sniffed.start, false, false, progress)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let looked = in_order(
            &mut blocks,
            threads,
            Worker::default,
            |worker, block| match worker.shape(block, &layout, &mut WarningLog::default(), &mut 0) {
                Shaped::Rows(_) => Ok(()),
                Shaped::Trouble(trouble) => Err(trouble),
            },
            |result: Result<(), Trouble>| result.map_err(Looked::Trouble),
        );
        match looked {
            Ok(()) => Ok(false),
            Err(Looked::Trouble(Trouble::Irregular)) => Ok(true),
            Err(Looked::Trouble(Trouble::NotUtf8)) => {
                self.options.encoding = Some(Encoding::Windows1252);
                self.sniffed = sniff(self.source, &self.options)?;
                self.settle(progress)
            }
            Err(Looked::Data(error)) => Err(error),
        }
    }
}

enum Looked {
    Trouble(Trouble),
    Data(DataError),
}

impl From<BlockError> for Looked {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Irregular => Self::Trouble(Trouble::Irregular),
            BlockError::Data(error) => Self::Data(error),
        }
    }
}

enum StreamError<E> {
    Merge(E),
    Data(DataError),
}

impl<E> StreamError<E> {
    fn changed(name: &str, _: Trouble) -> Self {
        Self::Data(DataError::Setting(format!("{name} changed while it was read; run the command again")))
    }
}

impl<E> From<BlockError> for StreamError<E> {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Irregular => Self::changed("the file", Trouble::Irregular),
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

    /// A column as numbers, NaN where missing; `odd` hears of the cells that are no numbers (NaN, too).
    pub(crate) fn numbers(&self, col: usize, values: &mut Vec<f64>, odd: impl FnMut(usize, &[u8])) {
        values.clear();
        chunk::numbers(&self.rows, col, &self.layout.columns[col], values, odd);
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
        let codes = chunk::texts(&self.rows, col, &self.layout.columns[col].missing, &mut levels);
        (codes, levels)
    }

    /// Appends a row's fields, separated by commas, quoted as RFC 4180 asks for, without the line end. Where
    /// the file is written that way, these are its own bytes.
    pub(crate) fn write_row(&self, row: usize, out: &mut Vec<u8>) {
        if self.verbatim {
            if let Some(raw) = self.rows.raw_row(row) {
                out.extend_from_slice(raw);
                return;
            }
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
