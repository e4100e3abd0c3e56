//! Lines that are not read, taken out of a text as it passes by; the file itself is never changed.

use std::collections::BTreeSet;

/// Which lines of a text are not read. Lines are counted from 1, as an editor does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Lines that are read as if they were empty, so that the others keep their numbers.
    pub without: BTreeSet<u64>,
    /// The last line that is read.
    pub last: Option<u64>,
}

/// A text being edited as it passes by in pieces.
pub(crate) struct Editing<'a> {
    edits: &'a Edits,
    line: u64,
    /// The last line has passed.
    pub(crate) ended: bool,
}

impl<'a> Editing<'a> {
    pub(crate) fn new(edits: &'a Edits) -> Self {
        Self { edits, line: 1, ended: false }
    }

    /// Edits the piece of text from `start` on, the next one of the text.
    pub(crate) fn edit(&mut self, text: &mut Vec<u8>, start: usize) {
        let (mut from, mut to) = (start, start);
        while from < text.len() {
            if self.edits.last.is_some_and(|last| self.line > last) {
                self.ended = true;
                break;
            }
            let end = memchr::memchr(b'\n', &text[from..]).map(|at| from + at);
            let next = end.map_or(text.len(), |end| end + 1);
            let gone = self.edits.without.contains(&self.line);
            let kept = if gone { end.unwrap_or(next) } else { from };
            text.copy_within(kept..next, to);
            to += next - kept;
            self.line += u64::from(end.is_some());
            from = next;
        }
        text.truncate(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_out_wherever_the_pieces_are_cut() {
        let text = b"a,b\r\n1,2\n3,\"4\n5,6\n7,8";
        for cut in 0..=text.len() {
            let edited = |without: &[u64], last| {
                let edits = Edits { without: without.iter().copied().collect(), last };
                let mut editing = Editing::new(&edits);
                let mut out = Vec::new();
                for piece in [&text[..cut], &text[cut..]] {
                    let start = out.len();
                    out.extend_from_slice(piece);
                    editing.edit(&mut out, start);
                }
                String::from_utf8(out).unwrap()
            };
            assert_eq!(edited(&[3], None), "a,b\r\n1,2\n\n5,6\n7,8");
            assert_eq!(edited(&[5, 2], None), "a,b\r\n\n3,\"4\n5,6\n");
            assert_eq!(edited(&[], Some(2)), "a,b\r\n1,2\n");
            assert_eq!(edited(&[2], Some(2)), "a,b\r\n\n");
            assert_eq!(edited(&[], Some(9)), String::from_utf8_lossy(text));
        }
    }
}
