//! Cuts a text into blocks at record boundaries and hands them to parsing threads, in order and bounded.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use super::options::{DataError, Dialect, Quote};
use super::quotes::walk;
use super::scan::PAD;
use super::source::{Source, TextReader};
use super::warning::{Topic, WarningLog};
use crate::work::Progress;

/// The text of one block. Small enough that the block, its separator list and its parsed columns stay in the
/// second-level cache together.
const BLOCK_BYTES: usize = 512 * 1024;
/// A well-formed record is not longer than this; past it the quotes are looked at with care.
const REGULAR_RECORD_LIMIT: usize = 16 * 1024 * 1024;
/// Positions in a block are 32-bit.
pub(crate) const RECORD_LIMIT: usize = 1 << 31;

/// A run of whole records.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// [`PAD`] bytes, then the text, which ends with a line feed.
    pub(crate) data: Vec<u8>,
    /// What the cutting noticed, lines counted from 0 at the block's start.
    pub(crate) warnings: WarningLog,
}

/// Reads a source from its first data record on, block by block.
pub(crate) struct Blocks<'a> {
    source: &'a Source,
    reader: TextReader<'a>,
    quote: Quote,
    delimiter: u8,
    /// Decoded bytes before the first data record, still to be skipped.
    skip: usize,
    carry: Vec<u8>,
    /// Cut by following every quote, because the file's quoting is odd.
    careful: bool,
    lines: u64,
    ended: bool,
    progress: &'a Progress,
}

/// Why no further block comes.
#[derive(Debug)]
pub(crate) enum BlockError {
    /// The quick way of cutting does not fit this file; start again with care.
    Irregular,
    Data(DataError),
}

impl From<DataError> for BlockError {
    fn from(error: DataError) -> Self {
        Self::Data(error)
    }
}

/// Where and how to begin reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// Decoded bytes before the first data record.
    pub(crate) byte: u64,
    /// Lines before the first data record.
    pub(crate) lines: u64,
}

impl<'a> Blocks<'a> {
    pub(crate) fn new(
        source: &'a Source,
        dialect: &Dialect,
        start: Start,
        careful: bool,
        hash: bool,
        progress: &'a Progress,
    ) -> Result<Self, DataError> {
        progress.set_total(source.size());
        progress.set_done(0);
        Ok(Self {
            source,
            reader: source.text(dialect.encoding, hash)?,
            quote: dialect.quote,
            delimiter: dialect.delimiter,
            skip: usize::try_from(start.byte).unwrap_or(usize::MAX),
            carry: Vec::new(),
            // a backslash before a quote defeats counting
            careful: careful || matches!(dialect.quote, Quote::Backslash(_)),
            lines: start.lines,
            ended: false,
            progress,
        })
    }

    /// The SHA-256 of the whole file, once the last block was read.
    pub(crate) fn hash(&mut self) -> Option<String> {
        self.reader.hash()
    }

    /// Whether bytes had to be replaced since the encoding does not know them.
    pub(crate) fn replaced(&self) -> bool {
        self.reader.replaced
    }

    /// The next block, in the memory of an old one.
    pub(crate) fn next(&mut self, mut data: Vec<u8>) -> Result<Option<Block>, BlockError> {
        if self.ended && self.carry.is_empty() {
            return Ok(None);
        }
        data.clear();
        data.resize(PAD, b' ');
        data.append(&mut self.carry);
        let mut wanted = BLOCK_BYTES;
        loop {
            self.progress.check().map_err(DataError::from)?;
            while !self.ended && data.len() < PAD + wanted {
                let missing = PAD + wanted - data.len();
                let before = data.len();
                let more = self.reader.fill(&mut data, missing).map_err(|error| self.source.io(error))?;
                if !more {
                    self.ended = true;
                }
                if self.skip > 0 {
                    let gone = self.skip.min(data.len() - before);
                    data.drain(before..before + gone);
                    self.skip -= gone;
                }
            }
            self.progress.set_done(self.reader.raw_bytes);
            if self.ended && data.last().is_some_and(|&b| b != b'\n') && data.len() > PAD {
                data.push(b'\n');
            }
            if data.len() == PAD {
                return Ok(None);
            }
            let mut warnings = WarningLog::default();
            let cut = if self.careful {
                self.careful_cut(&data, &mut warnings)?
            } else {
                quick_cut(&data, self.quote.byte())
            };
            match cut {
                Some(cut) if !self.ended || cut == data.len() => {
                    self.carry.extend_from_slice(&data[cut..]);
                    data.truncate(cut);
                    self.lines += memchr::memchr_iter(b'\n', &data).count() as u64;
                    return Ok(Some(Block { data, warnings }));
                }
                _ if self.ended || (!self.careful && data.len() > REGULAR_RECORD_LIMIT) => {
                    return Err(BlockError::Irregular);
                }
                _ if data.len() > RECORD_LIMIT => {
                    return Err(BlockError::Data(DataError::TooLarge {
                        name: self.source.name(),
                        line: self.lines + 1,
                        what: "a single record is longer than 2 GiB; check the quotes near this line".into(),
                    }));
                }
                _ => wanted = data.len() * 2,
            }
        }
    }

    /// The end of the last whole record, following the state of every field as the `csv` crate does.
    fn careful_cut(&self, data: &[u8], warnings: &mut WarningLog) -> Result<Option<usize>, DataError> {
        let walk = walk(data.get(PAD..).unwrap_or(&[]), self.delimiter, self.quote);
        for (line, field) in walk.text_behind_quote {
            let what = format!(
                "field {field}: text goes on behind the closing quote; it is kept as part of the field"
            );
            warnings.push(Topic::Quote, line, what);
        }
        if let (true, Some((line, field))) = (self.ended, walk.unclosed) {
            return Err(DataError::UnclosedQuote {
                name: self.source.name(),
                line: self.lines + line + 1,
                field,
            });
        }
        let end = walk.records_end.map(|end| end + PAD);
        // do not cut between the two bytes of CR LF
        if !self.ended && end == Some(data.len()) && data.last() == Some(&b'\r') {
            let before = &data[..data.len() - 1];
            return Ok(before.iter().rposition(|&b| b == b'\n').filter(|&at| at >= PAD).map(|at| at + 1));
        }
        Ok(end)
    }
}

/// The end of the last line that is outside quotes, going by whether the number of quotes before it is even.
fn quick_cut(data: &[u8], quote: u8) -> Option<usize> {
    let text = data.get(PAD..)?;
    let mut inside = memchr::memchr_iter(quote, text).count() % 2 == 1;
    let mut end = text.len();
    while let Some(at) = memchr::memrchr2(b'\n', quote, &text[..end]) {
        if text[at] == quote {
            inside = !inside;
        } else if !inside {
            return Some(PAD + at + 1);
        }
        end = at;
    }
    None
}

/// Reads every block, lets `work` parse them on `threads` threads and hands the results to `merge` in file
/// order, on the calling thread. At most a few blocks are in memory at a time.
///
/// # Errors
/// The first error of the cutting or of `merge`; the threads have ended by then.
pub(crate) fn in_order<W, T, E>(
    blocks: &mut Blocks<'_>,
    threads: usize,
    make_worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &mut Block) -> T + Sync,
    mut merge: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
    E: From<BlockError> + Send,
{
    // one block needs no threads
    let Some(mut first) = blocks.next(Vec::new())? else { return Ok(()) };
    if threads <= 1 || (blocks.ended && blocks.carry.is_empty()) {
        let mut worker = make_worker();
        loop {
            merge(work(&mut worker, &mut first))?;
            match blocks.next(std::mem::take(&mut first.data))? {
                Some(block) => first = block,
                None => return Ok(()),
            }
        }
    }
    let (to_work, from_reader): (SyncSender<(u64, Block)>, _) = sync_channel(threads);
    let (to_merge, results): (SyncSender<Result<(u64, T), BlockError>>, _) = sync_channel(threads * 2);
    let (recycle, recycled) = std::sync::mpsc::sync_channel::<Vec<u8>>(threads * 4);
    // shared by the workers alone, so that the reader notices when they are gone
    let from_reader: Arc<Mutex<Receiver<(u64, Block)>>> = Arc::new(Mutex::new(from_reader));
    let make_worker = &make_worker;
    let work = &work;
    std::thread::scope(|scope| {
        let mut spawned = Vec::new();
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let reader_results = to_merge.clone();
        let reader = move || {
            let mut next = Some(first);
            let mut number = 0_u64;
            while let Some(block) = next.take() {
                if to_work.send((number, block)).is_err() {
                    return;
                }
                number += 1;
                let memory = recycled.try_recv().unwrap_or_default();
                match blocks.next(memory) {
                    Ok(block) => next = block,
                    Err(error) => {
                        // nobody listens only once the merging has failed, and then that error counts
                        drop(reader_results.send(Err(error)));
                        return;
                    }
                }
            }
        };
        spawned.push(named("csv-read").spawn_scoped(scope, reader));
        for _ in 0..threads {
            let to_merge = to_merge.clone();
            let recycle = recycle.clone();
            let from_reader = Arc::clone(&from_reader);
            let worker = move || {
                let mut state = make_worker();
                loop {
                    let received = match from_reader.lock() {
                        Ok(receiver) => receiver.recv(),
                        Err(_poisoned) => return,
                    };
                    let Ok((number, mut block)) = received else { return };
                    let result = work(&mut state, &mut block);
                    drop(recycle.try_send(block.data));
                    if to_merge.send(Ok((number, result))).is_err() {
                        return;
                    }
                }
            };
            spawned.push(named("csv-parse").spawn_scoped(scope, worker));
        }
        drop(to_merge);
        drop(recycle);
        drop(from_reader);
        if let Some(error) = spawned.into_iter().find_map(Result::err) {
            return Err(E::from(BlockError::Data(DataError::Setting(format!(
                "can't start a thread: {error}"
            )))));
        }
        merge_in_order(results, &mut merge)
    })
}

fn merge_in_order<T, E: From<BlockError>>(
    results: Receiver<Result<(u64, T), BlockError>>,
    merge: &mut impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut waiting = std::collections::BTreeMap::new();
    let mut expected = 0_u64;
    let mut failed = None;
    for result in results {
        match result {
            Ok((number, value)) => {
                waiting.insert(number, value);
            }
            Err(error) => failed = Some(error),
        }
        while let Some(value) = waiting.remove(&expected) {
            merge(value)?;
            expected += 1;
        }
    }
    failed.map_or(Ok(()), |error| Err(E::from(error)))
}
