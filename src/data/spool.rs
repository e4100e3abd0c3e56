//! A pipe that can be read again: what has come through is kept in a temporary file without a name, so that memory
//! stays constant however much comes.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

/// What is small enough to be kept in memory.
const IN_MEMORY: usize = 4 * 1024 * 1024;

/// A pipe and what has come through it so far. Clones share it.
#[derive(Clone)]
pub struct Spool(Arc<Mutex<State>>);

struct State {
    pipe: Box<dyn Read + Send>,
    /// Everything read from the pipe. The system removes the file when the program ends, however it ends.
    kept: tempfile::SpooledTempFile,
    len: u64,
    ended: bool,
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").finish_non_exhaustive()
    }
}

impl Spool {
    pub(crate) fn new(pipe: impl Read + Send + 'static) -> Self {
        let kept = tempfile::spooled_tempfile(IN_MEMORY);
        Self(Arc::new(Mutex::new(State { pipe: Box::new(pipe), kept, len: 0, ended: false })))
    }

    /// What came through a pipe that has ended.
    pub(crate) fn complete(kept: tempfile::SpooledTempFile, len: u64) -> Self {
        Self(Arc::new(Mutex::new(State { pipe: Box::new(io::empty()), kept, len, ended: true })))
    }

    /// The number of bytes once the pipe has ended, 0 before.
    pub(crate) fn size(&self) -> u64 {
        self.0.lock().map_or(0, |state| if state.ended { state.len } else { 0 })
    }

    /// A reader from the start.
    pub(crate) fn reader(&self) -> impl Read + Send + 'static {
        SpoolReader { spool: self.clone(), at: 0 }
    }
}

struct SpoolReader {
    spool: Spool,
    at: u64,
}

impl Read for SpoolReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut state =
            self.spool.0.lock().map_err(|_poisoned| io::Error::other("another reader of the pipe failed"))?;
        let n = if self.at < state.len {
            state.kept.seek(SeekFrom::Start(self.at))?;
            let there = usize::try_from(state.len - self.at).unwrap_or(usize::MAX).min(buf.len());
            state.kept.read(&mut buf[..there])?
        } else if state.ended {
            0
        } else {
            let n = state.pipe.read(buf)?;
            let end = state.len;
            state.kept.seek(SeekFrom::Start(end))?;
            state.kept.write_all(&buf[..n]).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("can't keep what comes through the pipe in a temporary file ({error}); set TMPDIR to a folder with room"),
                )
            })?;
            state.len += n as u64;
            state.ended |= n == 0 && !buf.is_empty();
            n
        };
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_read_twice_and_only_as_far_as_asked() {
        let text: Vec<u8> = (0..9_000_000_u32).map(|i| (i % 251) as u8).collect();
        let spool = Spool::new(io::Cursor::new(text.clone()));
        let mut start = [0; 1000];
        spool.reader().read_exact(&mut start).unwrap();
        assert_eq!((&start[..], spool.size()), (&text[..1000], 0));
        assert_eq!(spool.0.lock().unwrap().len, 1000);
        for _ in 0..2 {
            let mut all = Vec::new();
            spool.reader().read_to_end(&mut all).unwrap();
            assert!(all == text);
        }
        assert_eq!(spool.size(), 9_000_000);
    }
}
