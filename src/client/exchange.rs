//! What came of a request: the answer, and where the time went.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::request::find_header;
use super::sse::ServerEvent;

/// A stage of an exchange, in the order they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseKind {
    /// Before anything is sent: the address and headers are checked.
    Prepare,
    /// The host's name is looked up.
    Dns,
    /// The TCP connection is made.
    Connect,
    /// The proxy is asked for a tunnel.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// From the first to the last byte of the request handed to the connection.
    Send,
    /// From the last byte sent to the first byte of the answer.
    Wait,
    /// From the first byte of the answer to its last.
    Receive,
}

impl PhaseKind {
    /// What to call it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Prepare => "Prepare",
            Self::Dns => "DNS",
            Self::Connect => "Connect",
            Self::Proxy => "Proxy",
            Self::Tls => "TLS",
            Self::Send => "Send",
            Self::Wait => "Wait",
            Self::Receive => "Receive",
        }
    }
}

/// One measured stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Which.
    pub kind: PhaseKind,
    /// When it began, in seconds after the exchange began.
    pub start_secs: f64,
    /// How long it took, in seconds.
    pub secs: f64,
}

/// Where the time of one exchange went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// The stages that took place, in order. A connection that was used before has no DNS, connect and TLS.
    pub phases: Vec<Phase>,
    /// From the start to the last byte, in seconds. What the stages leave over is the client's own work.
    pub total_secs: f64,
    /// Whether the connection was used before.
    pub reused: bool,
}

impl Timings {
    /// How long a stage took, in seconds, if it took place.
    #[must_use]
    pub fn secs(&self, kind: PhaseKind) -> Option<f64> {
        self.phases.iter().find(|phase| phase.kind == kind).map(|phase| phase.secs)
    }
}

/// A stage on the server, as its `Server-Timing` header tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerHop {
    /// The stage's name.
    pub name: String,
    /// What the server says about it; may be empty.
    pub description: String,
    /// How long it took, in seconds, if said.
    pub secs: Option<f64>,
}

/// A redirect that was followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redirect {
    /// The method that was sent.
    pub method: String,
    /// The address that was asked.
    pub url: String,
    /// The answer's status.
    pub status: u16,
    /// Where it pointed.
    pub to: String,
    /// Where its time went.
    pub timings: Timings,
}

/// The encryption of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsInfo {
    /// `TLS 1.3`, say.
    pub version: String,
    /// The cipher suite.
    pub cipher: String,
    /// Whether the certificate was checked.
    pub verified: bool,
}

/// A request with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The method that was sent last.
    pub method: String,
    /// The address that answered, after redirects.
    pub url: String,
    /// The headers that were really sent, the client's own included.
    pub sent_headers: Vec<(String, String)>,
    /// Bytes written for the last request: head and body, before encryption.
    pub sent_bytes: u64,
    /// The status.
    pub status: u16,
    /// Its words: the server's, or the usual ones.
    pub reason: String,
    /// `HTTP/1.1`, say.
    pub version: String,
    /// The answer's headers, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The answer's body, decompressed.
    #[serde(with = "super::base64_bytes")]
    pub body: Vec<u8>,
    /// Bytes of the body as they came over the line.
    pub body_bytes_on_line: u64,
    /// Where the time of the last request went.
    pub timings: Timings,
    /// From the first request to the last byte, redirects included, in seconds.
    pub total_secs: f64,
    /// The server's own account of its time.
    pub server: Vec<ServerHop>,
    /// The redirects before.
    pub redirects: Vec<Redirect>,
    /// The events of a stream, each with the time it came.
    pub events: Vec<ServerEvent>,
    /// The address that was connected to.
    pub remote: Option<SocketAddr>,
    /// The proxy in between, without its password.
    pub proxy: Option<String>,
    /// The encryption.
    pub tls: Option<TlsInfo>,
    /// What the user should know: a body cut short, an encoding that is not understood.
    pub notes: Vec<String>,
}

impl Exchange {
    /// The first value of one of the answer's headers.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The body as text, if it is UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }

    /// Whether the body calls itself JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            kind == "application/json" || kind.ends_with("+json")
        })
    }

    /// The seconds that the server accounts for.
    #[must_use]
    pub fn server_secs(&self) -> f64 {
        self.server.iter().filter_map(|hop| hop.secs).sum()
    }
}

/// What the user can see while an exchange goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Live {
    /// The status and headers are there.
    Head {
        /// The status.
        status: u16,
        /// Its words.
        reason: String,
        /// The headers.
        headers: Vec<(String, String)>,
    },
    /// An event of a stream.
    Event(ServerEvent),
    /// So many bytes of the body have come.
    Received(u64),
}

/// The hops of `Server-Timing` headers: `auth;dur=0.1, queue;desc="waiting";dur=2`, milliseconds.
///
/// # Source
/// W3C Server Timing: names are tokens, parameters `dur` and `desc`; the first of each counts, unknown ones are ignored.
#[must_use]
pub fn server_hops(headers: &[(String, String)]) -> Vec<ServerHop> {
    let mut hops = Vec::new();
    for (_, value) in headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("server-timing")) {
        for entry in split_outside_quotes(value, ',') {
            let mut parts = split_outside_quotes(entry, ';').into_iter().map(str::trim);
            let Some(name) = parts.next().filter(|name| !name.is_empty()) else { continue };
            let mut hop = ServerHop { name: name.to_owned(), description: String::new(), secs: None };
            let mut has_description = false;
            for part in parts {
                let (key, value) = part.split_once('=').unwrap_or((part, ""));
                let value = unquote(value.trim());
                match key.trim().to_ascii_lowercase().as_str() {
                    "dur" if hop.secs.is_none() => {
                        let millis = value.parse::<f64>().ok().filter(|ms| ms.is_finite() && *ms >= 0.0);
                        hop.secs = millis.map(|ms| ms / 1e3);
                    }
                    "desc" if !has_description => {
                        has_description = true;
                        hop.description = value;
                    }
                    _ => {}
                }
            }
            hops.push(hop);
        }
    }
    hops
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == separator && !quoted => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// Writes down stages as they happen.
#[derive(Debug)]
pub(super) struct Recorder {
    started: Instant,
    pub(super) phases: Vec<Phase>,
    pub(super) reused: bool,
    /// The stage that is under way.
    pub(super) now: PhaseKind,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), phases: Vec::new(), reused: false, now: PhaseKind::Prepare }
    }

    /// Measures a stage, also one that fails.
    pub(super) async fn measure<T>(&mut self, kind: PhaseKind, work: impl Future<Output = T>) -> T {
        self.now = kind;
        let begun = Instant::now();
        let done = work.await;
        self.add(kind, begun, Instant::now());
        done
    }

    pub(super) fn add(&mut self, kind: PhaseKind, from: Instant, to: Instant) {
        let start = from.saturating_duration_since(self.started);
        let took = to.saturating_duration_since(from);
        self.phases.push(Phase { kind, start_secs: start.as_secs_f64(), secs: took.as_secs_f64() });
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn timings(&self) -> Timings {
        Timings { phases: self.phases.clone(), total_secs: self.elapsed().as_secs_f64(), reused: self.reused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_timing_is_read_as_the_specification_says() {
        let headers = |value: &str| vec![("Server-Timing".to_owned(), value.to_owned())];
        let hop = |name: &str, description: &str, secs: Option<f64>| ServerHop {
            name: name.into(),
            description: description.into(),
            secs,
        };
        assert_eq!(server_hops(&headers("queue;dur=0.34")), [hop("queue", "", Some(0.34 / 1e3))]);
        assert_eq!(
            server_hops(&headers(
                "cache;desc=\"Read, \\\"hot\\\"; no\";dur=23.2, miss, db;dur=x;foo=1 ;dur=5"
            )),
            [
                hop("cache", "Read, \"hot\"; no", Some(23.2 / 1e3)),
                hop("miss", "", None),
                hop("db", "", Some(5.0 / 1e3))
            ]
        );
        assert_eq!(server_hops(&headers(", ;dur=1, \"")), [hop("\"", "", None)]);
        assert_eq!(server_hops(&headers("a;dur=-1, b;dur=NaN")), [hop("a", "", None), hop("b", "", None)]);
    }
}
