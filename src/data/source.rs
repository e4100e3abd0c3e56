//! Where the bytes come from, as UTF-8: a file or memory, decoded and hashed on the way.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::edits::{Editing, Edits};
use super::encoding::{Encoding, Utf8Count};
use super::options::{DataError, ReadOptions};
use super::spool::Spool;

/// A CSV text that can be read from the start as often as needed.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file.
    Path(PathBuf),
    /// Bytes in memory, with a name for messages.
    Bytes {
        /// What messages call it.
        name: String,
        /// The content.
        bytes: Arc<[u8]>,
    },
    /// A pipe, with a name for messages.
    Pipe {
        /// What messages call it.
        name: String,
        /// What comes through it.
        spool: Spool,
    },
    /// Another source, some of whose lines are not read.
    Edited {
        /// The source itself.
        source: Box<Self>,
        /// Which lines.
        edits: Edits,
    },
}

impl Source {
    /// Takes a path. What comes through a pipe or a device is kept in a temporary file as it is read, since reading
    /// may need a second pass.
    ///
    /// # Errors
    /// [`DataError::Io`] when the file can't be opened, is a folder, or can't be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        let io = |source| DataError::Io { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if metadata.is_dir() {
            return Err(io(std::io::Error::other("it is a folder; name a CSV file")));
        }
        if metadata.is_file() {
            return Ok(Self::Path(path.to_path_buf()));
        }
        Ok(Self::from_reader(path.display().to_string(), file))
    }

    /// Takes what can be read once, such as standard input; `name` stands for it in messages.
    pub fn from_reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self::Pipe { name: name.into(), spool: Spool::new(reader) }
    }

    /// Takes what was written to a temporary file before; `name` stands for it in messages.
    pub fn from_spooled(name: impl Into<String>, file: tempfile::SpooledTempFile, len: u64) -> Self {
        Self::Pipe { name: name.into(), spool: Spool::complete(file, len) }
    }

    /// Takes bytes in memory; `name` stands for them in messages.
    #[must_use]
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes { name: name.into(), bytes: bytes.into() }
    }

    /// What messages call the source: the path, or the name it was given.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Bytes { name, .. } | Self::Pipe { name, .. } => name.clone(),
            Self::Edited { source, .. } => source.name(),
        }
    }

    /// The number of bytes; 0 for a pipe that has not ended.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Path(path) => std::fs::metadata(path).map_or(0, |m| m.len()),
            Self::Bytes { bytes, .. } => bytes.len() as u64,
            Self::Pipe { spool, .. } => spool.size(),
            Self::Edited { source, .. } => source.size(),
        }
    }

    /// The source as `options` have it read: itself, or without some of its lines.
    #[must_use]
    pub fn edited(&self, options: &ReadOptions) -> std::borrow::Cow<'_, Self> {
        let edits = Edits { without: options.without_lines.clone(), last: options.last_line };
        if edits == Edits::default() || matches!(self, Self::Edited { .. }) {
            return std::borrow::Cow::Borrowed(self);
        }
        std::borrow::Cow::Owned(Self::Edited { source: Box::new(self.clone()), edits })
    }

    fn raw(&self) -> Result<Box<dyn Read + Send + '_>, DataError> {
        match self {
            Self::Path(path) => {
                let file = File::open(path).map_err(|source| self.io(source))?;
                Ok(Box::new(file))
            }
            Self::Bytes { bytes, .. } => Ok(Box::new(&bytes[..])),
            Self::Pipe { spool, .. } => Ok(Box::new(spool.reader())),
            Self::Edited { source, .. } => source.raw(),
        }
    }

    pub(crate) fn io(&self, source: std::io::Error) -> DataError {
        DataError::Io { path: PathBuf::from(self.name()), source }
    }

    /// The first `limit` bytes, undecoded; and whether that is all.
    pub(crate) fn start(&self, limit: usize) -> Result<(Vec<u8>, bool), DataError> {
        let mut bytes = Vec::new();
        let limit_u64 = limit as u64;
        self.raw()?.take(limit_u64 + 1).read_to_end(&mut bytes).map_err(|source| self.io(source))?;
        let whole = bytes.len() <= limit;
        bytes.truncate(limit);
        Ok((bytes, whole))
    }

    /// Whether a text that is not valid UTF-8 throughout is damaged UTF-8 or Windows-1252. Reads all of it.
    pub(crate) fn judge_encoding(&self) -> Result<Encoding, DataError> {
        let mut count = Utf8Count::default();
        let mut reader = self.text(Encoding::Utf8, false)?;
        let mut bytes = Vec::new();
        // a character cut by the end of a piece counts as one fault among a million bytes
        while reader.fill(&mut bytes, 1 << 20).map_err(|error| self.io(error))? {
            count.add(Utf8Count::of(&bytes));
            bytes.clear();
        }
        Ok(count.judge())
    }

    /// A reader of the text as UTF-8.
    pub(crate) fn text(&self, encoding: Encoding, hash: bool) -> Result<TextReader<'_>, DataError> {
        Ok(TextReader {
            raw: self.raw()?,
            decoder: (encoding != Encoding::Utf8).then(|| encoding.decoder()),
            pending: Vec::new(),
            hasher: hash.then(Sha256::new),
            raw_bytes: 0,
            at_start: true,
            replaced: false,
            editing: match self {
                Self::Edited { edits, .. } => Some(Editing::new(edits)),
                _ => None,
            },
        })
    }
}

/// Reads a source as UTF-8, without byte-order mark. UTF-8 input passes through unchecked.
pub(crate) struct TextReader<'a> {
    raw: Box<dyn Read + Send + 'a>,
    decoder: Option<encoding_rs::Decoder>,
    /// Raw bytes that wait to be decoded.
    pending: Vec<u8>,
    hasher: Option<Sha256>,
    /// Raw bytes read so far.
    pub(crate) raw_bytes: u64,
    at_start: bool,
    /// A byte sequence that the encoding does not know was replaced by U+FFFD.
    pub(crate) replaced: bool,
    /// Takes lines out of the text.
    editing: Option<Editing<'a>>,
}

impl TextReader<'_> {
    /// Appends up to about `wanted` bytes of text to `out`; returns false at the end.
    pub(crate) fn fill(&mut self, out: &mut Vec<u8>, wanted: usize) -> std::io::Result<bool> {
        let before = out.len();
        while self.fill_as_it_is(out, wanted)? {
            let Some(editing) = &mut self.editing else { return Ok(true) };
            editing.edit(out, before);
            if editing.ended {
                // the rest counts for nothing but the hash
                if let Some(hasher) = &mut self.hasher {
                    let mut rest = vec![0; 1 << 16];
                    loop {
                        match self.raw.read(&mut rest)? {
                            0 => break,
                            n => hasher.update(&rest[..n]),
                        }
                    }
                }
                self.decoder = None;
                self.raw = Box::new(std::io::empty());
            }
            if out.len() > before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn fill_as_it_is(&mut self, out: &mut Vec<u8>, wanted: usize) -> std::io::Result<bool> {
        if self.decoder.is_some() {
            return self.fill_decoded(out, wanted);
        }
        let before = out.len();
        out.resize(before + wanted, 0);
        let mut filled = before;
        while filled < out.len() {
            match self.raw.read(&mut out[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        out.truncate(filled);
        let fresh = &out[before..];
        self.raw_bytes += fresh.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(fresh);
        }
        let any = !fresh.is_empty();
        if self.at_start {
            self.at_start = false;
            if fresh.starts_with(b"\xef\xbb\xbf") {
                out.drain(before..before + 3);
            }
        }
        Ok(any)
    }

    fn fill_decoded(&mut self, out: &mut Vec<u8>, wanted: usize) -> std::io::Result<bool> {
        let Some(decoder) = &mut self.decoder else { return Ok(false) };
        self.pending.clear();
        self.pending.resize(wanted, 0);
        let mut filled = 0;
        while filled < wanted {
            match self.raw.read(&mut self.pending[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.pending.truncate(filled);
        self.raw_bytes += filled as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.pending);
        }
        let last = filled < wanted;
        let mut text = String::new();
        // room for the worst case, so that one call takes all of the input
        text.reserve(decoder.max_utf8_buffer_length(filled).unwrap_or(filled * 3 + 16));
        let (_, _, replaced) = decoder.decode_to_string(&self.pending, &mut text, last);
        self.replaced |= replaced;
        out.extend_from_slice(text.as_bytes());
        if last {
            // a decoder must not be used again after its last call
            self.decoder = None;
            self.raw = Box::new(std::io::empty());
        }
        Ok(filled > 0)
    }

    /// The SHA-256 of all raw bytes, in hexadecimal, if it was asked for.
    pub(crate) fn hash(&mut self) -> Option<String> {
        Some(crate::work::hex(&self.hasher.take()?.finalize()))
    }
}
