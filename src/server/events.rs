//! What happened, as it happens: for the live log, and for looking at a request's real bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The stages a request went through. Those it did not are `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hops {
    /// Checking the key.
    pub auth: Option<Duration>,
    /// Waiting for and reading the body, from the network.
    pub read: Option<Duration>,
    /// From bytes to checked values.
    pub decode: Option<Duration>,
    /// In the queue, until a worker took it.
    pub queue: Option<Duration>,
    /// The arithmetic.
    pub inference: Option<Duration>,
    /// From numbers to bytes.
    pub encode: Option<Duration>,
}

impl Hops {
    /// The stages in order, with their names.
    #[must_use]
    pub fn list(&self) -> [(&'static str, Option<Duration>); 6] {
        [
            ("auth", self.auth),
            ("read", self.read),
            ("decode", self.decode),
            ("queue", self.queue),
            ("inference", self.inference),
            ("encode", self.encode),
        ]
    }

    /// The value of the header `Server-Timing`: milliseconds of each stage on the server (reading the body is the
    /// network's time, which the client sees itself).
    #[must_use]
    pub fn server_timing(&self) -> String {
        let mut text = String::with_capacity(96);
        for (name, time) in self.list() {
            let Some(time) = time.filter(|_| name != "read") else { continue };
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(name);
            text.push_str(";dur=");
            // microseconds with one more digit than that, in milliseconds
            let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 50);
            let tenths = (nanos + 50) / 100;
            push_number(&mut text, tenths / 10_000, 1);
            text.push('.');
            push_number(&mut text, tenths % 10_000, 4);
        }
        text
    }
}

/// A whole number with at least `digits` digits, of which there are one or more. By hand: every request has some.
pub(crate) fn push_number(text: &mut String, number: u64, digits: u32) {
    let mut place = 10_u64.pow(digits - 1);
    while number / place >= 10 {
        place *= 10;
    }
    while place > 0 {
        text.push(char::from(b'0' + (number / place % 10) as u8));
        place /= 10;
    }
}

/// An answered request.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestEvent {
    /// Its id, as in the header `X-Request-Id`.
    pub id: String,
    /// When it came, in milliseconds since 1970 (UTC).
    pub at_unix_millis: i64,
    /// Who sent it.
    pub peer: Option<SocketAddr>,
    /// The method.
    pub method: String,
    /// The path, without the part behind the question mark.
    pub path: String,
    /// The path's template, such as `/models/{model}/predict`.
    pub route: &'static str,
    /// The dialect's name.
    pub dialect: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// The name of the key's entry, and whether it was the publishable key.
    pub key: Option<(Arc<str>, bool)>,
    /// The model that answered.
    pub model: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Rows predicted.
    pub n_rows: usize,
    /// The stages.
    pub hops: Hops,
    /// From the head's arrival to the answer's departure.
    pub total: Duration,
    /// Bytes of the request's body.
    pub request_bytes: usize,
    /// Bytes of the answer's body; 0 for a stream.
    pub response_bytes: usize,
    /// What an error said.
    pub problem: Option<String>,
}

/// The bytes of a request and its answer as they went over the wire, keys cut out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireEvent {
    /// The request's id.
    pub id: String,
    /// Head and body as they came.
    pub request: Vec<u8>,
    /// Head and body as they went.
    pub response: Vec<u8>,
    /// Whether more came or went than is kept.
    pub cut: bool,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A request was answered.
    Request(Arc<RequestEvent>),
    /// Its bytes, while capturing is on; comes after the request's event.
    Wire(Arc<WireEvent>),
    /// Something else that is worth a line.
    Notice(Arc<str>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_timing_has_the_stages_that_were_taken() {
        let hops = Hops {
            auth: Some(Duration::from_nanos(1_250)),
            read: Some(Duration::from_millis(3)),
            inference: Some(Duration::from_micros(12_345)),
            ..Hops::default()
        };
        assert_eq!(hops.server_timing(), "auth;dur=0.0013, inference;dur=12.3450");
        assert_eq!(Hops::default().server_timing(), "");
    }
}
