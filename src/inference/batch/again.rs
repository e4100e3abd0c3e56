//! The words of requests that came before. A client that asks again asks in the same words, with other values: where they
//! are the same to the byte, only the values are read. What such a request means is what the one before it meant, which
//! was read in full.

use super::Batch;
use crate::inference::Predictor;
use crate::inference::scan::JsonScan;

/// Requests longer than this are not kept: their values outweigh their words.
const MOST_BYTES: usize = 8 * 1024;
/// How many are kept, for that many models, dialects and clients in turn.
const KEPT: usize = 4;

/// Which reader's words they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    /// One record alone.
    Record,
    /// A tensor for each input.
    Tensors,
}

/// A value in a text: where it stands, and the input it is for.
#[derive(Debug, Clone, Copy)]
struct Gap {
    start: usize,
    end: usize,
    input: usize,
}

/// The values of the request that is being read, while they are noted.
#[derive(Debug, Default, Clone)]
pub(in crate::inference) struct Noted {
    on: bool,
    gaps: Vec<Gap>,
}

impl Noted {
    #[inline]
    pub(in crate::inference) fn value(&mut self, start: usize, end: usize, input: usize) {
        if self.on {
            self.gaps.push(Gap { start, end, input });
        }
    }
}

/// A request's words, one after the other, and what comes between them.
#[derive(Debug, Default, Clone)]
struct Kept {
    of: Option<(u64, Words)>,
    words: Vec<u8>,
    /// Where each value interrupts the words, and the input it is for.
    gaps: Vec<(usize, usize)>,
    n_rows: usize,
}

/// The requests whose words are kept.
#[derive(Debug, Default, Clone)]
pub(super) struct Again {
    kept: Vec<Kept>,
    next: usize,
}

impl Predictor {
    /// Reads a request into the batch, if it has the words of one that was kept. Else nothing is said of the batch, and
    /// the values that are read next are noted, for [`Predictor::keep_words`].
    pub(crate) fn read_again(&self, words: Words, body: &[u8], batch: &mut Batch) -> bool {
        batch.noted.on = body.len() <= MOST_BYTES;
        batch.noted.gaps.clear();
        if !batch.noted.on {
            return false;
        }
        let again = std::mem::take(&mut batch.again);
        let of = Some((self.id, words));
        let read = again.kept.iter().any(|kept| kept.of == of && self.fill_gaps(kept, body, batch).is_some());
        batch.again = again;
        batch.noted.on = !read;
        read
    }

    fn fill_gaps(&self, kept: &Kept, body: &[u8], batch: &mut Batch) -> Option<()> {
        self.begin_columns(batch);
        let mut scan = JsonScan::new(body);
        let mut from = 0;
        for (end, input) in &kept.gaps {
            if !scan.is_next(kept.words.get(from..*end)?) {
                return None;
            }
            from = *end;
            let value = self.slots.get(*input)?.scan(&mut scan)?;
            batch.columns.get_mut(*input)?.push(value);
        }
        batch.n_rows = kept.n_rows;
        (scan.is_next(kept.words.get(from..)?) && scan.is_at_end()).then_some(())
    }

    /// Keeps the words of the request that was read into the batch, if all of the batch came from values in it.
    pub(crate) fn keep_words(&self, words: Words, body: &[u8], batch: &mut Batch) {
        let noted = &mut batch.noted;
        let is_whole =
            noted.on && !noted.gaps.is_empty() && noted.gaps.len() == batch.n_rows * self.slots.len();
        noted.on = false;
        if !is_whole {
            return;
        }
        let again = &mut batch.again;
        if again.kept.len() <= again.next {
            again.kept.push(Kept::default());
        }
        let kept = &mut again.kept[again.next];
        again.next = (again.next + 1) % KEPT;
        *kept = Kept { of: Some((self.id, words)), n_rows: batch.n_rows, ..Kept::default() };
        let mut from = 0;
        for gap in &noted.gaps {
            kept.words.extend_from_slice(&body[from..gap.start]);
            kept.gaps.push((kept.words.len(), gap.input));
            from = gap.end;
        }
        kept.words.extend_from_slice(&body[from..]);
    }
}
