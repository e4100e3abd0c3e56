//! Server-sent events: a stream of text cut into events as it comes.

use serde::{Deserialize, Serialize};

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerEvent {
    /// Its type; `message` unless the server says otherwise.
    pub event: String,
    /// Its data; several `data:` lines are joined by line ends.
    pub data: String,
    /// The last id that was given, if any.
    pub id: String,
    /// When it came, in seconds after the exchange began.
    pub at_secs: f64,
}

/// Takes bytes as they come and gives the events that are complete.
///
/// # Source
/// WHATWG HTML, "Server-sent events": lines end in CR LF, LF or CR; a line that begins with a colon is a comment; an empty line
/// ends an event; one without data is dropped; a byte-order mark at the start is ignored.
#[derive(Debug, Default)]
pub struct EventParser {
    line: Vec<u8>,
    after_cr: bool,
    begun: bool,
    event: String,
    data: String,
    has_data: bool,
    id: String,
}

impl EventParser {
    /// Takes the next bytes; the events that they complete.
    pub fn push(&mut self, bytes: &[u8], at_secs: f64) -> Vec<ServerEvent> {
        let mut events = Vec::new();
        for &byte in bytes {
            if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                continue;
            }
            match byte {
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.end_line(&line, at_secs));
                }
                _ => self.line.push(byte),
            }
        }
        events
    }

    fn end_line(&mut self, line: &[u8], at_secs: f64) -> Option<ServerEvent> {
        let line = if std::mem::replace(&mut self.begun, true) {
            line
        } else {
            line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
        };
        if line.is_empty() {
            let (event, mut data) = (std::mem::take(&mut self.event), std::mem::take(&mut self.data));
            if !std::mem::take(&mut self.has_data) {
                return None;
            }
            data.pop();
            let event = if event.is_empty() { "message".into() } else { event };
            return Some(ServerEvent { event, data, id: self.id.clone(), at_secs });
        }
        let text = String::from_utf8_lossy(line);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
                self.has_data = true;
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events as `type|data|id`, fed in pieces of `step` bytes.
    fn parse(text: &str, step: usize) -> Vec<String> {
        let mut parser = EventParser::default();
        let pieces = text.as_bytes().chunks(step);
        pieces
            .flat_map(|piece| parser.push(piece, 0.0))
            .map(|e| format!("{}|{}|{}", e.event, e.data, e.id))
            .collect()
    }

    #[test]
    fn events_come_out_the_same_however_the_stream_is_cut() {
        // the examples of the WHATWG specification
        let stream = "\u{FEFF}: test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n\
                      data: YHOO\r\ndata: +2\rdata: 10\n\nevent: add\ndata: ü\n\ndata\n\ndata\ndata\n\ndata:";
        let expected = [
            "message|first event|1",
            "message|second event|",
            "message| third event|",
            "message|YHOO\n+2\n10|",
            "add|ü|",
            "message||",
            "message|\n|",
        ];
        for step in [1, 2, 3, 7, 1000] {
            assert_eq!(parse(stream, step), expected, "in pieces of {step}");
        }
    }
}
