//! Finds the separators of a block of CSV text, 64 bytes at a time, and hands out its fields.
//!
//! The block is first turned into a list of separator positions (delimiters and line ends outside quotes); the
//! columns are then parsed one after the other from that list. The quote mask is the prefix-xor of Langdale &
//! Lemire, "Parsing gigabytes of JSON per second" (2019), carried over to CSV. Only well-formed quoting is
//! handled here; a block with anything odd says so and is read again by the `csv` crate, whose word is final.

use wide::u8x16;

/// How many bytes of padding stand before the data of a block, so that the sixteen bytes that end a field can
/// always be loaded.
pub(crate) const PAD: usize = 16;

/// What the scan found in a block.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Positions of the separators; only the first `len` are meaningful.
    positions: Vec<u32>,
    len: usize,
    /// Line ends outside quotes.
    records: usize,
    /// Line ends, inside quotes too.
    pub(crate) lines: usize,
    quotes: usize,
    /// A carriage return stands before a line end somewhere.
    crlf: bool,
    /// A carriage return that no line feed follows.
    lone_cr: bool,
    pub(crate) non_ascii: bool,
    pub(crate) nul: bool,
    ends_in_quotes: bool,
}

/// Why a block can't be read by the fast path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Irregular;

#[derive(Debug, Clone, Copy, Default)]
struct Masks {
    delimiter: u64,
    newline: u64,
    quote: u64,
    cr: u64,
    nul: u64,
    high: u64,
}

#[inline(always)]
fn masks(bytes: &[u8; 64], delimiter: u8, quote: u8) -> Masks {
    // Sixteen bytes at a time, which every 64-bit processor can. Wider registers gain nothing here, since the
    // time goes into the fields, not into this.
    let parts: [[u8; 16]; 4] = bytemuck::must_cast(*bytes);
    let parts = parts.map(u8x16::new);
    let gather = |bits: [u32; 4]| {
        u64::from(bits[0]) | u64::from(bits[1]) << 16 | u64::from(bits[2]) << 32 | u64::from(bits[3]) << 48
    };
    let find = |byte: u8| {
        let wanted = u8x16::splat(byte);
        gather(parts.map(|part| part.simd_eq(wanted).to_bitmask()))
    };
    Masks {
        delimiter: find(delimiter),
        newline: find(b'\n'),
        quote: find(quote),
        cr: find(b'\r'),
        nul: find(0),
        high: gather(parts.map(u8x16::to_bitmask)),
    }
}

impl Index {
    /// Scans `buf[PAD..]`, which must begin at a record and end with a line feed.
    ///
    /// `quote` is 0xff (a byte that UTF-8 never holds) when the file has no quoting.
    pub(crate) fn scan(&mut self, buf: &[u8], delimiter: u8, quote: u8) {
        let Self { positions, .. } = self;
        let mut positions = std::mem::take(positions);
        *self = Self::default();
        let mut count = 0_usize;
        let mut inside = 0_u64; // all ones while the previous chunk ended inside quotes
        let mut cr_before = 0_u64;
        let mut any_high = 0_u64;
        let mut any_nul = 0_u64;
        let mut any_cr = 0_u64;
        let mut lone_cr = 0_u64;
        let data = buf.get(PAD..).unwrap_or(&[]);
        let mut base = PAD;
        let mut step = |bytes: &[u8; 64], base: usize| {
            let m = masks(bytes, delimiter, quote);
            if count + 64 > positions.len() {
                positions.resize((positions.len() * 2).max(count + 4096), 0);
            }
            let mut separators = m.delimiter | m.newline;
            if m.quote | inside != 0 {
                let mut within = m.quote;
                for shift in [1, 2, 4, 8, 16, 32] {
                    within ^= within << shift;
                }
                within ^= inside;
                inside = ((within >> 63) & 1).wrapping_neg();
                separators &= !within;
                self.quotes += m.quote.count_ones() as usize;
            }
            self.records += (separators & m.newline).count_ones() as usize;
            self.lines += m.newline.count_ones() as usize;
            any_high |= m.high;
            any_nul |= m.nul;
            any_cr |= m.cr;
            // every carriage return must have its line feed right behind it
            lone_cr |= ((m.cr << 1) | cr_before) & !m.newline;
            cr_before = m.cr >> 63;
            let base = u32::try_from(base).unwrap_or(u32::MAX);
            let found = separators.count_ones() as usize;
            if let Some(slots) = positions.get_mut(count..count + found) {
                for slot in slots {
                    *slot = base + separators.trailing_zeros();
                    separators &= separators.wrapping_sub(1);
                }
            }
            count += found;
        };
        let mut chunks = data.chunks_exact(64);
        for chunk in &mut chunks {
            if let Ok(bytes) = chunk.try_into() {
                step(bytes, base);
            }
            base += 64;
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            // spaces neither separate nor warn
            let mut last = [b' '; 64];
            last[..rest.len()].copy_from_slice(rest);
            if delimiter == b' ' {
                last[rest.len()..].fill(b'.');
            }
            step(&last, base);
        }
        self.positions = positions;
        self.len = count;
        self.non_ascii = any_high != 0;
        self.nul = any_nul != 0;
        self.crlf = any_cr != 0;
        self.lone_cr = lone_cr != 0;
        self.ends_in_quotes = inside != 0;
    }

    fn positions(&self) -> &[u32] {
        self.positions.get(..self.len).unwrap_or(&[])
    }

    /// The block's rows when every record has `n_cols` fields; otherwise `None`.
    ///
    /// # Errors
    /// [`Irregular`] when quotes or carriage returns stand where RFC 4180 has none.
    pub(crate) fn rows<'a>(
        &'a self,
        buf: &'a [u8],
        n_cols: usize,
        quote: u8,
    ) -> Result<Option<Rows<'a>>, Irregular> {
        if self.lone_cr || self.ends_in_quotes {
            return Err(Irregular);
        }
        let positions = self.positions();
        if self.quotes > 0 && !well_quoted(buf, positions, quote, self.quotes) {
            return Err(Irregular);
        }
        // a file of one column may have empty lines, which are no records
        let rectangular = n_cols > 1
            && positions.len() == self.records * n_cols
            && positions
                .iter()
                .skip(n_cols - 1)
                .step_by(n_cols)
                .all(|&at| buf.get(at as usize) == Some(&b'\n'));
        if !rectangular {
            return Ok(None);
        }
        Ok(Some(Rows {
            buf,
            n_cols,
            n_rows: self.records,
            spans: Spans::Regular { positions, crlf: self.crlf },
            quote: (self.quotes > 0).then_some(quote),
        }))
    }

    /// The block's records one by one, each as the list of its fields' spans, for blocks whose records differ
    /// in length. Empty lines yield one empty span.
    pub(crate) fn records<'a>(&'a self, buf: &'a [u8]) -> impl Iterator<Item = Vec<(u32, u32)>> + 'a {
        let mut start = u32::try_from(PAD).unwrap_or(0);
        let mut fields = Vec::new();
        self.positions().iter().filter_map(move |&at| {
            let newline = buf.get(at as usize) == Some(&b'\n');
            let mut end = at;
            if newline && end > start && buf.get(end as usize - 1) == Some(&b'\r') {
                end -= 1;
            }
            fields.push((start, end));
            start = at + 1;
            newline.then(|| std::mem::take(&mut fields))
        })
    }

    /// The quote byte if the block holds one.
    pub(crate) fn has_quotes(&self) -> bool {
        self.quotes > 0
    }
}

/// Whether every quoted field is quoted as a whole, with the quotes inside doubled, and no quote stands in a
/// field that is not quoted.
fn well_quoted(buf: &[u8], positions: &[u32], quote: u8, quotes: usize) -> bool {
    let mut start = PAD;
    let mut counted = 0_usize;
    for &at in positions {
        let at = at as usize;
        let mut end = at;
        if buf.get(start) == Some(&quote) {
            if end > start && buf[at] == b'\n' && buf[end - 1] == b'\r' {
                end -= 1;
            }
            if end < start + 2 || buf[end - 1] != quote {
                return false;
            }
            counted += 2;
            let mut inner = &buf[start + 1..end - 1];
            while let Some(first) = memchr::memchr(quote, inner) {
                if inner.get(first + 1) != Some(&quote) {
                    return false;
                }
                counted += 2;
                inner = &inner[first + 2..];
            }
        }
        start = at + 1;
    }
    counted == quotes
}

/// The fields of a block as a table of `n_rows` by `n_cols` spans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// The text the spans point into.
    pub(crate) buf: &'a [u8],
    pub(crate) n_cols: usize,
    pub(crate) n_rows: usize,
    spans: Spans<'a>,
    /// The quote that fields may still wear; `None` when they were unquoted already.
    pub(crate) quote: Option<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Spans<'a> {
    Regular {
        positions: &'a [u32],
        crlf: bool,
    },
    /// Spans row by row, and the line each row begins on, counted from 0 at the block's start.
    Explicit {
        spans: &'a [(u32, u32)],
        lines: &'a [u32],
    },
}

impl<'a> Rows<'a> {
    /// Rows from a list of `n_rows * n_cols` spans and the lines they begin on.
    pub(crate) fn explicit(
        buf: &'a [u8],
        n_cols: usize,
        spans: &'a [(u32, u32)],
        lines: &'a [u32],
        quote: Option<u8>,
    ) -> Rows<'a> {
        Rows { buf, n_cols, n_rows: lines.len(), spans: Spans::Explicit { spans, lines }, quote }
    }

    /// The line a row begins on, counted from 0 at the block's start.
    pub(crate) fn line(&self, row: usize) -> u64 {
        match self.spans {
            Spans::Explicit { lines, .. } => lines.get(row).map_or(0, |&line| u64::from(line)),
            Spans::Regular { .. } => {
                let (start, _) = self.field(row, 0);
                memchr::memchr_iter(b'\n', &self.buf[PAD..start]).count() as u64
            }
        }
    }

    /// Calls `visit(row, start, end)` for each row's field of column `col`.
    #[inline(always)]
    pub(crate) fn for_each(&self, col: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let n_cols = self.n_cols;
        match self.spans {
            Spans::Regular { positions, crlf } => {
                let trim = crlf && col + 1 == n_cols;
                let mut start = PAD;
                let mut at = 0;
                if col > 0 {
                    at = col - 1;
                }
                for row in 0..self.n_rows {
                    if col > 0 {
                        start = positions[at] as usize + 1;
                        at += 1;
                    }
                    let mut end = positions[at] as usize;
                    let next = at + n_cols;
                    if col == 0 {
                        at = next;
                        let here = start;
                        start = positions.get(at - 1).map_or(0, |&p| p as usize + 1);
                        visit(row, here, end);
                    } else {
                        at = next - 1;
                        if trim && end > start && self.buf[end - 1] == b'\r' {
                            end -= 1;
                        }
                        visit(row, start, end);
                    }
                }
            }
            Spans::Explicit { spans, .. } => {
                for (row, &(start, end)) in spans.iter().skip(col).step_by(n_cols).enumerate() {
                    visit(row, start as usize, end as usize);
                }
            }
        }
    }

    /// The span of one field.
    pub(crate) fn field(&self, row: usize, col: usize) -> (usize, usize) {
        let at = row * self.n_cols + col;
        match self.spans {
            Spans::Regular { positions, crlf } => {
                let start = if at == 0 { PAD } else { positions[at - 1] as usize + 1 };
                let mut end = positions[at] as usize;
                if crlf && col + 1 == self.n_cols && end > start && self.buf[end - 1] == b'\r' {
                    end -= 1;
                }
                (start, end)
            }
            Spans::Explicit { spans, .. } => {
                let (start, end) = spans[at];
                (start as usize, end as usize)
            }
        }
    }

    /// The bytes of a whole row as they stand in the file, without the line end; `None` where the row was
    /// put together from a record of another shape.
    pub(crate) fn raw_row(&self, row: usize) -> Option<&'a [u8]> {
        match self.spans {
            Spans::Regular { .. } => {
                let (start, _) = self.field(row, 0);
                let (_, end) = self.field(row, self.n_cols - 1);
                self.buf.get(start..end)
            }
            Spans::Explicit { .. } => None,
        }
    }
}

/// The content of a field: outer quotes taken off, doubled quotes inside made single. `scratch` holds the text
/// when it had to be changed.
#[inline]
pub(crate) fn unquote<'a>(field: &'a [u8], quote: Option<u8>, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let Some(quote) = quote else { return field };
    if field.first() != Some(&quote) || field.len() < 2 || field.last() != Some(&quote) {
        return field;
    }
    let inner = &field[1..field.len() - 1];
    if memchr::memchr(quote, inner).is_none() {
        return inner;
    }
    scratch.clear();
    let mut after_quote = false;
    for &byte in inner {
        if byte == quote && after_quote {
            after_quote = false;
            continue;
        }
        after_quote = byte == quote;
        scratch.push(byte);
    }
    scratch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn padded(text: &str) -> Vec<u8> {
        let mut buf = vec![b' '; PAD];
        buf.extend_from_slice(text.as_bytes());
        buf
    }

    fn fields(text: &str, n_cols: usize) -> Result<Option<Vec<String>>, Irregular> {
        let buf = padded(text);
        let mut index = Index::default();
        index.scan(&buf, b',', b'"');
        let rows = index.rows(&buf, n_cols, b'"')?;
        Ok(rows.map(|rows| {
            let mut out = Vec::new();
            for row in 0..rows.n_rows {
                for col in 0..n_cols {
                    let (start, end) = rows.field(row, col);
                    let mut scratch = Vec::new();
                    let text = unquote(&buf[start..end], rows.quote, &mut scratch);
                    out.push(String::from_utf8_lossy(text).into_owned());
                }
            }
            // the column-wise walk must see the same spans as the row-wise one
            for col in 0..n_cols {
                rows.for_each(col, |row, start, end| assert_eq!((start, end), rows.field(row, col)));
            }
            out
        }))
    }

    #[test]
    fn splits_plain_quoted_and_multi_line_fields() {
        let text = "a,\"b,1\",c\r\n\"x\"\"y\",,\"two\nlines\"\n";
        assert_eq!(
            fields(text, 3),
            Ok(Some(vec!["a", "b,1", "c", "x\"y", "", "two\nlines"].into_iter().map(String::from).collect()))
        );
    }

    #[test]
    fn long_quoted_text_crosses_the_64_byte_chunks() {
        let inner = "word, ".repeat(40);
        let text = format!("\"{inner}\",2\n3,4\n");
        let got = fields(&text, 2);
        assert_eq!(got, Ok(Some(vec![inner, "2".into(), "3".into(), "4".into()])));
    }

    #[test]
    fn odd_quotes_and_lone_carriage_returns_are_irregular() {
        for text in ["a,b\"c\"\n", "\"a\"b,c\n", "\"a\"b\"c\",d\n", "a\rb,c\n", "\"a,b\n"] {
            assert_eq!(fields(text, 2), Err(Irregular), "{text:?}");
        }
    }

    #[test]
    fn ragged_records_are_not_rectangular() {
        assert_eq!(fields("a,b\nc\nd,e,f\n", 2), Ok(None));
    }
}
