//! Follows every quote of a CSV text, as the `csv` crate does, for files whose quoting is odd.

use super::options::Quote;

/// What a walk over a text found; lines are counted from 0, fields from 1.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Behind the last record that ends.
    pub(crate) records_end: Option<usize>,
    /// Where a field goes on behind its closing quote: (line, field), once a line.
    pub(crate) text_behind_quote: Vec<(u64, usize)>,
    /// Where the quote was opened that is still open at the end: (line, field).
    pub(crate) unclosed: Option<(u64, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    RecordStart,
    FieldStart,
    Field,
    Quoted,
    Escaped,
    QuoteInQuoted,
}

/// Walks over a text that begins at a record.
pub(crate) fn walk(text: &[u8], delimiter: u8, quoting: Quote) -> Walk {
    let quote = quoting.byte();
    let backslash = matches!(quoting, Quote::Backslash(_));
    let mut walk = Walk::default();
    let mut state = State::RecordStart;
    let mut line = 0_u64;
    let (mut field, mut opened) = (1_usize, (0_u64, 1_usize));
    let mut previous = 0_u8;
    for (at, &byte) in text.iter().enumerate() {
        let ends_record = byte == b'\n' || byte == b'\r';
        // a lone carriage return ends a line, too
        if previous == b'\r' && byte != b'\n' {
            line += 1;
        }
        state = match state {
            State::FieldStart | State::RecordStart if byte == quote => {
                opened = (line, field);
                State::Quoted
            }
            State::Quoted if backslash && byte == b'\\' => State::Escaped,
            State::Quoted if byte == quote => State::QuoteInQuoted,
            State::Quoted | State::Escaped => State::Quoted,
            State::QuoteInQuoted if byte == quote && !backslash => State::Quoted,
            State::QuoteInQuoted if byte != delimiter && !ends_record => {
                if walk.text_behind_quote.last().is_none_or(|last| last.0 != line) {
                    walk.text_behind_quote.push((line, field));
                }
                State::Field
            }
            _ if byte == delimiter => {
                field += 1;
                State::FieldStart
            }
            _ if ends_record => {
                field = 1;
                // the line feed of a CR LF pair belongs to the record it ends
                walk.records_end = Some(at + 1);
                State::RecordStart
            }
            _ => State::Field,
        };
        if byte == b'\n' {
            line += 1;
        }
        previous = byte;
    }
    walk.unclosed = matches!(state, State::Quoted | State::Escaped).then_some(opened);
    walk
}
