//! Reads a CSV text into a [`Table`]: looks at its start, then parses all of it in parallel, and reads it once
//! more where later cells disprove the first guess of a column's type.

mod explain;

use std::sync::Arc;

use super::blocks::{BlockError, Blocks, in_order};
use super::cell::Missing;
use super::chunk::{Chunk, ColumnLayout, Invalid, Layout, Odd, Piece, Trouble, Worker};
use super::columns::TextsMerged;
use super::date::DateFormat;
use super::encoding::Encoding;
use super::infer::{Evidence, Plan, compact_dates, is_text};
use super::number::{Decimal, Unit};
use super::options::{ColumnOptions, DataError, Dialect, ReadOptions};
use super::sniff::{Sniffed, file_decimal, sniff};
use super::source::Source;
use super::table::{Coded, Column, ColumnData, ColumnKind, Levels, Table};
use super::warning::{Topic, Warning, WarningLog};
use crate::work::Progress;

/// How often a file is read anew because cells disprove a column's type, before such columns are read as text.
const MAX_PASSES: usize = 4;

/// A table and how its file was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The data.
    pub table: Table,
    /// How the file is written.
    pub dialect: Dialect,
    /// What stands behind each column of the table, in the same order.
    pub columns: Vec<ColumnReading>,
    /// What was odd, in line order.
    pub warnings: Vec<Warning>,
    /// The SHA-256 of the file's bytes, if [`ReadOptions::hash`] was set.
    pub sha256: Option<String>,
    /// The file's size.
    pub n_bytes: u64,
    /// How many lines stand before the first data record: the header, and what is above it.
    pub lines_before: u64,
    /// The first cell of each column of fixed type that is not of that type: column, line, cell.
    pub misfits: Vec<(String, u64, String)>,
}

/// How a column's cells were read.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ColumnReading {
    /// The texts that meant a missing value, where they were not the usual ones.
    pub missing: Option<Vec<String>>,
    /// Its place among all columns of the file, from 0.
    pub position: usize,
    /// The decimal sign of a number column.
    pub decimal: Option<Decimal>,
    /// The unit that a number column's cells are written with.
    pub unit: Option<Unit>,
    /// The form of a date column.
    pub date: Option<DateFormat>,
}

/// Reads a whole CSV text into memory.
///
/// # Errors
/// [`DataError`] when the source can't be read, is empty, opens a quote that it never closes, when `options`
/// name a column that is not there, or when `progress` was cancelled. Everything else that is odd becomes a
/// warning.
pub fn read_csv(source: &Source, options: &ReadOptions, progress: &Progress) -> Result<Loaded, DataError> {
    let source = &*source.edited(options);
    let mut options = options.clone();
    let mut careful = false;
    let mut note = None;
    loop {
        let sniffed = sniff(source, &options)?;
        match Reader::new(source, &options, sniffed, careful)?.read(progress)? {
            Outcome::Loaded(mut loaded) => {
                say_edits(&mut loaded.warnings, &options);
                if let Some(note) = note {
                    loaded.warnings.insert(0, Warning { line: 1, message: note });
                }
                return Ok(*loaded);
            }
            Outcome::Trouble(Trouble::Irregular) => careful = true,
            Outcome::Trouble(Trouble::NotUtf8) => {
                let encoding = source.judge_encoding()?;
                options.encoding = Some(encoding);
                if encoding == Encoding::Windows1252 {
                    note = Some(
                        "the file is not valid UTF-8 throughout; it was read as windows-1252".to_owned(),
                    );
                }
            }
        }
    }
}

/// Says of lines that were not read why that is so.
fn say_edits(warnings: &mut Vec<Warning>, options: &ReadOptions) {
    for warning in warnings.iter_mut().filter(|warning| options.without_lines.contains(&warning.line)) {
        "the line was left out, as was asked for".clone_into(&mut warning.message);
    }
    if let Some(line) = options.last_line {
        let message = "the lines below this one were not read, as was asked for".to_owned();
        warnings.push(Warning { line, message });
    }
}

enum Outcome {
    Loaded(Box<Loaded>),
    Trouble(Trouble),
}

enum PassError {
    Data(DataError),
    Trouble(Trouble),
}

impl From<BlockError> for PassError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Irregular => Self::Trouble(Trouble::Irregular),
            BlockError::Data(error) => Self::Data(error),
        }
    }
}

struct Reader<'a> {
    source: &'a Source,
    options: &'a ReadOptions,
    sniffed: Sniffed,
    careful: bool,
    threads: usize,
    /// Per file column: what all cells that were looked at one by one say.
    evidence: Vec<Evidence>,
    /// Per file column: cells that did not fit the plan of the pass in which they were met first.
    odd_counts: Vec<u64>,
}

/// What a pass over the file yields.
struct Pass {
    columns: Vec<Merged>,
    n_rows: usize,
    lines: u64,
    odd: Vec<Option<Odd>>,
    warnings: WarningLog,
    hash: Option<String>,
}

enum Merged {
    Number(Vec<f64>),
    Date(Vec<i64>),
    Texts(TextsMerged),
    Boolean(Vec<u32>),
    Skip,
}

impl<'a> Reader<'a> {
    fn new(
        source: &'a Source,
        options: &'a ReadOptions,
        sniffed: Sniffed,
        careful: bool,
    ) -> Result<Self, DataError> {
        for column in options.columns.keys().chain(options.only.iter().flatten()) {
            if !sniffed.names.contains(column) {
                return Err(DataError::NoSuchColumn {
                    name: source.name(),
                    column: column.clone(),
                    columns: sniffed.names,
                });
            }
        }
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let evidence = sniffed.evidence.clone();
        let odd_counts = vec![0; evidence.len()];
        Ok(Self { source, options, sniffed, careful, threads, evidence, odd_counts })
    }

    fn read(mut self, progress: &Progress) -> Result<Outcome, DataError> {
        let mut plans = self.plans();
        let mut passes = 0;
        loop {
            passes += 1;
            let pass = match self.pass(&plans, progress) {
                Ok(pass) => pass,
                Err(PassError::Trouble(trouble)) => return Ok(Outcome::Trouble(trouble)),
                Err(PassError::Data(error)) => return Err(error),
            };
            let mut again = false;
            for (col, odd) in pass.odd.iter().enumerate() {
                let Some(odd) = odd else { continue };
                if plans[col].forced {
                    continue;
                }
                again = true;
                self.evidence[col].merge(&odd.evidence);
                self.odd_counts[col] = self.odd_counts[col].max(odd.count);
            }
            if !again {
                return Ok(Outcome::Loaded(Box::new(self.finish(pass, &plans))));
            }
            let mut next = self.plans();
            for (col, odd) in pass.odd.iter().enumerate() {
                // the same plan, or too many attempts: as texts, which every cell fits
                if odd.is_some()
                    && !plans[col].forced
                    && (next[col].plan == plans[col].plan || passes >= MAX_PASSES)
                {
                    next[col].plan = Plan::Texts;
                }
                if plans[col].plan == Plan::Texts && odd.is_none() && passes >= MAX_PASSES {
                    next[col].plan = Plan::Texts;
                }
            }
            plans = next;
        }
    }

    fn plans(&self) -> Vec<ColumnLayout> {
        let decimal = self
            .options
            .decimal
            .unwrap_or_else(|| file_decimal(&self.evidence, self.sniffed.dialect.delimiter));
        let names = &self.sniffed.names;
        names
            .iter()
            .zip(&self.evidence)
            .map(|(name, evidence)| {
                let own = self.options.columns.get(name);
                let wanted = self.options.only.as_ref().is_none_or(|only| only.contains(name));
                let missing = own.and_then(|o| o.missing.clone()).or_else(|| self.options.missing.clone());
                ColumnLayout {
                    plan: if wanted { evidence.decide_with(own, decimal) } else { Plan::Skip },
                    forced: own.is_some_and(|o: &ColumnOptions| o.kind.is_some() || o.date.is_some()),
                    missing: Missing::new(missing),
                    compact_dates: compact_dates(name, own),
                }
            })
            .collect()
    }

    fn pass(&self, plans: &[ColumnLayout], progress: &Progress) -> Result<Pass, PassError> {
        let layout = Layout {
            dialect: self.sniffed.dialect,
            names: self.sniffed.names.clone(),
            columns: plans.to_vec(),
            invalid: if self.options.encoding.is_some() { Invalid::Replace } else { Invalid::Report },
            careful: self.careful
                || matches!(self.sniffed.dialect.quote, super::options::Quote::Backslash(_)),
            ragged: self.options.ragged,
        };
        let start = self.sniffed.start;
        let mut blocks =
            Blocks::new(self.source, &layout.dialect, start, self.careful, self.options.hash, progress)
                .map_err(PassError::Data)?;
        let mut pass = Pass {
            columns: plans.iter().map(|column| Merged::new(&column.plan)).collect(),
            n_rows: 0,
            lines: start.lines,
            odd: vec![None; plans.len()],
            warnings: WarningLog::default(),
            hash: None,
        };
        let n_bytes = self.source.size();
        let mut bytes_seen = 0_u64;
        in_order(
            &mut blocks,
            self.threads,
            Worker::default,
            |worker, block| {
                let bytes = block.data.len() as u64;
                (worker.parse(block, &layout), bytes)
            },
            |(chunk, bytes): (Chunk, u64)| {
                if pass.n_rows == 0 && chunk.n_rows > 0 && n_bytes > bytes {
                    // room for the rows that the first block promises, so that columns need not be moved
                    let rows = chunk.n_rows as f64 * (n_bytes as f64 / bytes as f64) * 1.02 + 64.0;
                    pass.columns.iter_mut().for_each(|column| column.reserve(rows as usize));
                }
                bytes_seen += bytes;
                let appended = pass.append(chunk);
                progress.set_rows(pass.n_rows as u64);
                appended
            },
        )?;
        if blocks.replaced() {
            pass.warnings.push(
                Topic::Encoding,
                1,
                format!("some bytes are not valid {}; they were replaced by U+FFFD", layout.dialect.encoding),
            );
        }
        pass.hash = blocks.hash();
        Ok(pass)
    }

    fn finish(self, mut pass: Pass, plans: &[ColumnLayout]) -> Loaded {
        let mut warnings = self.sniffed.warnings.clone();
        warnings.append(std::mem::take(&mut pass.warnings), 0);
        if pass.n_rows == 0 {
            warnings.push(
                Topic::General,
                self.sniffed.start.lines.max(1),
                "the file has a header and no data lines",
            );
        }
        let (mut columns, mut readings) = (Vec::new(), Vec::new());
        for (col, merged) in std::mem::take(&mut pass.columns).into_iter().enumerate() {
            let name = &self.sniffed.names[col];
            let own = self.options.columns.get(name);
            let asked = own.and_then(|o| o.kind);
            let fixed = own.is_some_and(|o| o.kind.is_some() || o.date.is_some() || o.decimal.is_some());
            let plan = &plans[col].plan;
            let data = match merged {
                Merged::Skip => continue,
                Merged::Number(values) => ColumnData::Number(shrink(values)),
                Merged::Date(values) => ColumnData::Date(shrink(values)),
                Merged::Boolean(codes) => {
                    let words = match plan {
                        Plan::Boolean(words) => [words.no.clone(), words.yes.clone()],
                        _ => [String::new(), String::new()],
                    };
                    let levels = Arc::new(words.iter().collect::<Levels>());
                    ColumnData::Boolean(Coded { codes: shrink(codes), levels })
                }
                Merged::Texts(texts) => {
                    let coded = texts.finish();
                    self.explain_texts(col, &coded, pass.n_rows, &mut warnings);
                    texts_kind(coded, asked)
                }
            };
            self.explain(col, plan, pass.n_rows, fixed, &mut warnings);
            readings.push(ColumnReading {
                missing: own.and_then(|o| o.missing.clone()).or_else(|| self.options.missing.clone()),
                position: col,
                decimal: if let Plan::Number { decimal, .. } = plan { Some(*decimal) } else { None },
                unit: if let Plan::Number { unit, .. } = plan { *unit } else { None },
                date: if let Plan::Date(format) = plan { Some(*format) } else { None },
            });
            columns.push(Column { name: name.clone(), data });
        }
        let misfits = pass
            .odd
            .iter()
            .zip(plans)
            .zip(&self.sniffed.names)
            .filter(|((_, plan), _)| plan.forced)
            .filter_map(|((odd, _), name)| {
                let (line, cell) = odd.as_ref()?.evidence.first_other.clone()?;
                Some((name.clone(), line, cell))
            })
            .collect();
        Loaded {
            misfits,
            // the columns are equally long and the names unique, by construction
            table: Table::new(columns).unwrap_or_default(),
            dialect: self.sniffed.dialect,
            columns: readings,
            warnings: warnings.finish(),
            sha256: pass.hash,
            n_bytes: self.source.size(),
            lines_before: self.sniffed.start.lines,
        }
    }
}

fn texts_kind(coded: Coded, asked: Option<ColumnKind>) -> ColumnData {
    match asked {
        Some(ColumnKind::Text) => ColumnData::Text(coded),
        Some(_) => ColumnData::Category(coded),
        None => {
            let present = coded.codes.iter().filter(|&&code| code != super::table::MISSING_CODE).count();
            let bytes = coded.levels.iter().map(str::len).sum();
            if is_text(present, coded.levels.len(), bytes) {
                ColumnData::Text(coded)
            } else {
                ColumnData::Category(coded)
            }
        }
    }
}

/// Gives back memory that was reserved for rows that did not come, where it is much.
fn shrink<T>(mut values: Vec<T>) -> Vec<T> {
    if values.capacity() > values.len() + values.len() / 8 + 1024 {
        values.shrink_to_fit();
    }
    values
}

impl Merged {
    fn new(plan: &Plan) -> Self {
        match plan {
            Plan::Number { .. } => Self::Number(Vec::new()),
            Plan::Date(_) => Self::Date(Vec::new()),
            Plan::Boolean(_) => Self::Boolean(Vec::new()),
            Plan::Texts => Self::Texts(TextsMerged::default()),
            Plan::Skip => Self::Skip,
        }
    }

    fn reserve(&mut self, rows: usize) {
        match self {
            Self::Number(values) => values.reserve_exact(rows),
            Self::Date(values) => values.reserve_exact(rows),
            Self::Boolean(codes) => codes.reserve_exact(rows),
            Self::Texts(texts) => texts.codes.reserve_exact(rows),
            Self::Skip => {}
        }
    }
}

impl Pass {
    fn append(&mut self, chunk: Chunk) -> Result<(), PassError> {
        if let Some(trouble) = chunk.trouble {
            return Err(PassError::Trouble(trouble));
        }
        // lines in a chunk count from 0, in a file from 1
        self.warnings.append(chunk.warnings, self.lines + 1);
        for (mine, theirs) in self.odd.iter_mut().zip(chunk.odd) {
            let Some(mut theirs) = theirs else { continue };
            theirs.evidence.shift_lines(self.lines + 1);
            match mine {
                None => *mine = Some(theirs),
                Some(mine) => {
                    mine.evidence.merge(&theirs.evidence);
                    mine.count += theirs.count;
                }
            }
        }
        for (merged, piece) in self.columns.iter_mut().zip(chunk.columns) {
            match (merged, piece) {
                (Merged::Number(all), Piece::Number(part)) => all.extend_from_slice(&part),
                (Merged::Date(all), Piece::Date(part)) => all.extend_from_slice(&part),
                (Merged::Boolean(all), Piece::Boolean(part)) => all.extend_from_slice(&part),
                (Merged::Texts(all), Piece::Texts(codes, levels)) => all.append(&codes, &levels),
                // both sides were made from the same plan
                _ => {}
            }
        }
        self.n_rows += chunk.n_rows;
        self.lines += chunk.lines;
        Ok(())
    }
}
