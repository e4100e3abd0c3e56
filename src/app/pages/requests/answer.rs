//! An answer, made ready to be shown; fresh from the line or from the history.

use super::lines::{Lines, MAX_SHOWN};
use crate::app::widgets::format;
use crate::client::assertions::{Checked, check_all};
use crate::client::collection::SavedRequest;
use crate::client::history::{Entry, MAX_BODY};
use crate::client::json::pretty;
use crate::client::{Exchange, Failure, Redirect, ServerHop, Timings, server_hops};

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// Its number in the history.
    pub(crate) id: Option<u64>,
    /// When it was asked for, in milliseconds since 1970 (UTC).
    pub(crate) at_unix_millis: i64,
    /// Whether it comes from the history.
    pub(crate) recalled: bool,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) status: Option<u16>,
    /// The status's words, or why there is none.
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) sent_headers: Vec<(String, String)>,
    /// The body laid out, if it is JSON; the text of the events, if it is a stream; none where that is the body as it came.
    laid_out: Option<Lines>,
    /// The body as it came.
    pub(crate) raw: Lines,
    pub(crate) n_bytes: u64,
    pub(crate) timings: Timings,
    pub(crate) total_secs: f64,
    pub(crate) server: Vec<ServerHop>,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) n_events: usize,
    pub(crate) notes: Vec<String>,
    /// The connection: address, protocol, encryption.
    pub(crate) line: String,
    pub(crate) failure: Option<Box<Failure>>,
    pub(crate) checks: Vec<Checked>,
}

impl Answer {
    /// Of an exchange that came through.
    pub(super) fn of_exchange(
        exchange: Exchange,
        request: &SavedRequest,
        at_unix_millis: i64,
        timed: bool,
    ) -> Self {
        let checks = check_all(&request.assertions, &exchange);
        let raw = String::from_utf8(exchange.body).unwrap_or_else(|error| hex(error.as_bytes()));
        let mut line = exchange.version.clone();
        if let Some(tls) = &exchange.tls {
            line.push_str(
                format!(", {} {}", tls.version, if tls.verified { "" } else { "(not checked)" }).trim_end(),
            );
        }
        if let Some(remote) = exchange.remote {
            line.push_str(&format!(", {remote}"));
        }
        if let Some(proxy) = &exchange.proxy {
            line.push_str(&format!(", by the proxy {proxy}"));
        }
        let streamed = (!exchange.events.is_empty()).then(|| {
            let parts = exchange.events.iter().map(|event| streamed_text(&event.data));
            parts.collect::<Vec<_>>().concat()
        });
        let mut notes = exchange.notes;
        let laid_out = laid_out(&raw, streamed, &mut notes);
        let mut timings = exchange.timings;
        let mut total_secs = exchange.total_secs;
        if !timed {
            // a clock that stands still measures nothing
            timings = Timings { reused: timings.reused, ..Timings::default() };
            total_secs = 0.0;
        }
        Self {
            id: None,
            at_unix_millis,
            recalled: false,
            method: exchange.method,
            url: exchange.url,
            status: Some(exchange.status),
            reason: exchange.reason,
            headers: exchange.headers,
            sent_headers: exchange.sent_headers,
            laid_out,
            n_bytes: exchange.body_bytes_on_line,
            raw: Lines::new(raw, false),
            timings,
            total_secs,
            server: exchange.server,
            redirects: exchange.redirects,
            n_events: exchange.events.len(),
            notes,
            line,
            failure: None,
            checks,
        }
    }

    /// Of an exchange that failed.
    pub(super) fn of_failure(mut failure: Failure, method: &str, at_unix_millis: i64, timed: bool) -> Self {
        if !timed {
            failure.timings = Timings::default();
        }
        Self {
            at_unix_millis,
            method: method.to_owned(),
            url: failure.url.clone(),
            reason: failure.message.clone(),
            timings: failure.timings.clone(),
            total_secs: failure.timings.total_secs,
            redirects: failure.redirects.clone(),
            failure: Some(Box::new(failure)),
            ..Self::default()
        }
    }

    /// From the history.
    pub(super) fn of_entry(entry: &Entry) -> Self {
        let mut notes = Vec::new();
        if entry.is_cut() {
            let (kept, whole) = (format::bytes(MAX_BODY as u64), format::bytes(entry.answer_bytes));
            notes.push(format!("The history keeps the first {kept} of an answer; this one had {whole}."));
        }
        Self {
            id: Some(entry.id),
            at_unix_millis: entry.at_unix_millis,
            recalled: true,
            method: entry.method.clone(),
            url: entry.url.clone(),
            status: entry.status,
            reason: entry.outcome.clone(),
            headers: entry.answer_headers.clone(),
            sent_headers: entry.headers.clone(),
            laid_out: laid_out(&entry.answer, None, &mut notes),
            raw: Lines::new(entry.answer.clone(), false),
            n_bytes: entry.answer_bytes,
            timings: entry.timings.clone(),
            total_secs: entry.total_secs,
            server: server_hops(&entry.answer_headers),
            notes,
            ..Self::default()
        }
    }

    /// The body as it is read best.
    pub(super) fn pretty(&self) -> &Lines {
        self.laid_out.as_ref().unwrap_or(&self.raw)
    }
}

/// The body as it is read best, if that is not as it came; with a note where it is too long for that.
fn laid_out(raw: &str, streamed: Option<String>, notes: &mut Vec<String>) -> Option<Lines> {
    if let Some(text) = streamed {
        return Some(Lines::new(text, false));
    }
    if raw.len() > MAX_SHOWN {
        notes.push(format!(
            "It is too long to be laid out: the first {} of {} are shown as they came.",
            format::bytes(MAX_SHOWN as u64),
            format::bytes(raw.len() as u64)
        ));
        return None;
    }
    pretty(raw).ok().map(|text| Lines::new(text, true))
}

/// The text that an event of a stream adds: of `OpenAI`'s chunks the words, of others the data.
pub(super) fn streamed_text(data: &str) -> String {
    if data == "[DONE]" {
        return String::new();
    }
    let Ok(value) = serde_json::from_str::<serde_json::Value>(data) else { return format!("{data}\n") };
    match value.get("choices").and_then(serde_json::Value::as_array) {
        Some(choices) => choices
            .iter()
            .filter_map(|choice| choice.pointer("/delta/content").or_else(|| choice.get("text"))?.as_str())
            .collect(),
        None => format!("{data}\n"),
    }
}

/// Bytes that are no text, sixteen a line.
fn hex(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(64 << 10)];
    let mut out = String::new();
    for (at, chunk) in shown.chunks(16).enumerate() {
        let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let text: String = chunk
            .iter()
            .map(|&byte| if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '.' })
            .collect();
        out.push_str(&format!("{:06x}  {:<47}  {text}\n", at * 16, hex.join(" ")));
    }
    if shown.len() < bytes.len() {
        out.push_str(&format!("… and {} bytes more\n", bytes.len() - shown.len()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_very_long_body_is_not_laid_out_and_not_kept_twice() {
        let mut notes = Vec::new();
        let long = format!("[{}1]", "1,".repeat(MAX_SHOWN / 2));
        assert!(laid_out(&long, None, &mut notes).is_none());
        assert!(notes[0].starts_with("It is too long to be laid out"), "{notes:?}");
        notes.clear();
        assert!(
            laid_out("{\"a\": {\"b\": 1}}", None, &mut notes).is_some_and(|lines| lines.text.contains('\n'))
        );
        assert!(laid_out("no JSON", None, &mut notes).is_none());
        assert!(notes.is_empty());
    }
}
