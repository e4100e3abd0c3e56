//! The thread that writes the prediction log and the access log, in batches, from a bounded channel: a slow disk costs
//! rows of the log (which are counted), never a request.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use serde_json::Value;

use super::events::RequestEvent;
use super::shared::Shared;
use crate::work::Clock;
use crate::workspace::log::{LogError, LogRow, LogSettings, PredictionLog};

/// How many requests may wait to be written.
const WAITING: usize = 8192;
/// How long rows are gathered for one transaction.
const GATHER: Duration = Duration::from_millis(100);

/// One request to be written.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) event: Arc<RequestEvent>,
    /// Whether it belongs into the prediction log.
    pub(crate) logged: bool,
    pub(crate) request: Kept,
    pub(crate) response: Kept,
}

/// A body, or what is kept of it.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) bytes: Bytes,
    /// Whether there was more.
    pub(crate) cut: bool,
}

impl Kept {
    pub(crate) fn of(bytes: &Bytes, limit: usize) -> Self {
        if bytes.len() <= limit {
            Self { bytes: bytes.clone(), cut: false }
        } else {
            // a slice would hold on to all of it
            Self { bytes: Bytes::copy_from_slice(&bytes[..limit]), cut: true }
        }
    }
}

/// Where access lines go.
pub type AccessLog = Box<dyn Write + Send>;

/// Hands requests to the thread that writes them.
#[derive(Debug)]
pub(crate) struct Recorder {
    sender: SyncSender<Entry>,
    /// The most bytes of a body that the log keeps; 0 for none.
    pub(crate) body_bytes: usize,
}

/// The thread, to wait for.
pub(crate) type Writing = std::thread::JoinHandle<()>;

impl Recorder {
    /// Starts the thread.
    pub(crate) fn start(
        log: Option<LogSettings>,
        access: Option<AccessLog>,
        clock: Clock,
    ) -> Result<(Self, Writing), StartError> {
        let opened = match &log {
            Some(settings) => Some(PredictionLog::open(&settings.path).map_err(StartError::Log)?),
            None => None,
        };
        let body_bytes = log.as_ref().map_or(0, |log| if log.bodies { log.max_body_bytes } else { 0 });
        let (sender, receiver) = sync_channel(WAITING);
        let writer = Writer { log: opened.zip(log), access, clock, complained: false };
        let thread = std::thread::Builder::new()
            .name("request log".into())
            .spawn(move || writer.run(&receiver))
            .map_err(StartError::Thread)?;
        Ok((Self { sender, body_bytes }, thread))
    }

    pub(crate) fn record(&self, entry: Entry, shared: &Shared) {
        if self.sender.try_send(entry).is_err() {
            shared.stats.log_lost.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

/// Why it can't be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Log(LogError),
    #[error("no thread for the request log: {0}")]
    Thread(std::io::Error),
}

struct Writer {
    log: Option<(PredictionLog, LogSettings)>,
    access: Option<AccessLog>,
    clock: Clock,
    complained: bool,
}

impl Writer {
    fn run(mut self, receiver: &Receiver<Entry>) {
        let mut entries = Vec::new();
        let mut pruned: Option<Instant> = None;
        loop {
            match receiver.recv_timeout(Duration::from_mins(1)) {
                Ok(entry) => entries.push(entry),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // the thread sleeps while more come, so that those who send need not wake it
            if entries.len() == 1 {
                std::thread::sleep(GATHER);
            }
            while entries.len() < WAITING
                && let Ok(entry) = receiver.try_recv()
            {
                entries.push(entry);
            }
            self.write(&entries);
            entries.clear();
            if pruned.is_none_or(|at| at.elapsed() > Duration::from_mins(1)) {
                pruned = Some(Instant::now());
                if let Some((log, settings)) = &mut self.log {
                    let result = log.prune(settings, self.clock.unix_millis());
                    self.complain(result);
                }
            }
        }
    }

    fn write(&mut self, entries: &[Entry]) {
        if let Some(access) = &mut self.access {
            let text: String = entries.iter().map(|entry| line(&entry.event)).collect();
            // whoever reads the lines may have gone; the server goes on
            if access.write_all(text.as_bytes()).and_then(|()| access.flush()).is_err() {
                self.access = None;
            }
        }
        let Some((log, settings)) = &mut self.log else { return };
        let rows: Vec<LogRow> =
            entries.iter().filter(|entry| entry.logged).map(|entry| row(entry, settings)).collect();
        if !rows.is_empty() {
            let result = log.write(&rows);
            self.complain(result);
        }
    }

    /// Says once that the log can't be written.
    fn complain(&mut self, result: Result<(), LogError>) {
        if let Err(error) = result
            && !std::mem::replace(&mut self.complained, true)
            && let Some(access) = &mut self.access
        {
            drop(writeln!(access, "{error}; requests are answered, and missing in the log"));
        }
    }
}

/// A line of the access log.
fn line(event: &RequestEvent) -> String {
    let at = jiff::Timestamp::from_millisecond(event.at_unix_millis).unwrap_or_default();
    let peer = event.peer.map_or_else(|| "-".to_owned(), |peer| peer.to_string());
    let mut text = format!(
        "{at:.3} {peer} \"{} {}\" {} {} B {:.3} ms id={}",
        event.method,
        event.path,
        event.status,
        event.response_bytes,
        event.total.as_secs_f64() * 1e3,
        event.id
    );
    if let (Some(model), Some(version)) = (&event.model, &event.version) {
        text.push_str(&format!(" model={model}@{version} rows={}", event.n_rows));
    }
    if let Some((key, publishable)) = &event.key {
        text.push_str(&format!(" key={key}{}", if *publishable { " (publishable)" } else { "" }));
    }
    if let Some(problem) = &event.problem {
        text.push_str(&format!(" problem={problem:?}"));
    }
    text.push('\n');
    text
}

fn row(entry: &Entry, settings: &LogSettings) -> LogRow {
    let event = &entry.event;
    let millis = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
    LogRow {
        request_id: event.id.clone(),
        at_unix_millis: event.at_unix_millis,
        method: event.method.clone(),
        path: event.path.clone(),
        dialect: event.dialect.to_owned(),
        key_name: event.key.as_ref().map(|(name, _)| name.to_string()),
        model: event.model.clone(),
        version: event.version.clone(),
        n_rows: event.n_rows as u64,
        status: event.status,
        queue_ms: millis(event.hops.queue),
        inference_ms: millis(event.hops.inference),
        total_ms: event.total.as_secs_f64() * 1e3,
        request: settings.bodies.then(|| kept_text(&entry.request, &settings.private_fields)).flatten(),
        response: settings.bodies.then(|| kept_text(&entry.response, &[])).flatten(),
    }
}

/// A body as text. Where fields are private, only JSON whose fields can be told apart is kept, without their values.
fn kept_text(kept: &Kept, private: &[String]) -> Option<String> {
    if kept.bytes.is_empty() {
        return None;
    }
    if private.is_empty() {
        let text = match std::str::from_utf8(&kept.bytes) {
            Ok(text) => text.to_owned(),
            Err(error) if kept.cut && error.error_len().is_none() => {
                String::from_utf8_lossy(&kept.bytes[..error.valid_up_to()]).into_owned()
            }
            Err(_) => return Some(format!("({} bytes of binary data)", kept.bytes.len())),
        };
        return Some(if kept.cut { text + " … (cut)" } else { text });
    }
    match serde_json::from_slice::<Value>(&kept.bytes) {
        Ok(mut value) if !kept.cut => Some(if mask(&mut value, private) {
            value.to_string()
        } else {
            "(not kept: its values have no names, and some fields are private)".to_owned()
        }),
        _ => Some("(not kept: some fields are private, and this is no whole JSON)".to_owned()),
    }
}

/// Replaces the values of private fields. False when values may stand without their names.
fn mask(value: &mut Value, private: &[String]) -> bool {
    const MASKED: &str = "***";
    let is_private = |name: &str| private.iter().any(|one| one == name);
    match value {
        Value::Array(items) => items.iter_mut().all(|item| !item.is_array() && mask(item, private)),
        Value::Object(fields) => {
            // a tensor of V2
            if fields.contains_key("datatype")
                && let Some(name) = fields.get("name").and_then(Value::as_str).map(str::to_owned)
            {
                let matrix = fields
                    .get("shape")
                    .and_then(Value::as_array)
                    .is_some_and(|shape| shape.iter().skip(1).any(|n| n.as_u64() != Some(1)));
                if is_private(&name) && fields.contains_key("data") {
                    fields.insert("data".into(), MASKED.into());
                }
                return !matrix;
            }
            // a table of MLflow
            if let Some(Value::Array(columns)) = fields.get("columns") {
                let places: Vec<usize> = columns
                    .iter()
                    .enumerate()
                    .filter(|(_, name)| name.as_str().is_some_and(is_private))
                    .map(|(at, _)| at)
                    .collect();
                let Some(Value::Array(rows)) = fields.get_mut("data") else { return false };
                for row in rows {
                    let Value::Array(cells) = row else { return false };
                    for place in &places {
                        if let Some(cell) = cells.get_mut(*place) {
                            *cell = MASKED.into();
                        }
                    }
                }
                return true;
            }
            for (name, value) in fields {
                if is_private(name) {
                    *value = MASKED.into();
                } else if let Value::Array(items) = value {
                    // a column of plain values has its name; rows of lists do not
                    let nested =
                        items.iter().any(|item| matches!(item, Value::Array(cells) if cells.len() > 1));
                    if nested || !items.iter_mut().all(|item| item.is_array() || mask(item, private)) {
                        return false;
                    }
                } else if !mask(value, private) {
                    return false;
                }
            }
            true
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_values_are_not_written_in_any_form() {
        let private = ["age".to_owned()];
        let kept = |text: &str| {
            kept_text(&Kept { bytes: Bytes::copy_from_slice(text.as_bytes()), cut: false }, &private).unwrap()
        };
        for body in [
            r#"{"age":4711,"b":1}"#,
            r#"[{"age":4711}]"#,
            r#"{"records":[{"b":2,"age":"4711"}]}"#,
            r#"{"dataframe_split":{"columns":["b","age"],"data":[[1,4711]]}}"#,
            r#"{"instances":[[1,4711]]}"#,
            r#"{"instances":[{"age":4711}]}"#,
            r#"{"inputs":{"age":[4711]}}"#,
            r#"{"inputs":[{"name":"age","datatype":"FP64","shape":[1],"data":[4711]}]}"#,
            r#"{"inputs":[{"name":"x","datatype":"FP64","shape":[1,2],"data":[1,4711]}]}"#,
            "age\n4711\n",
        ] {
            let text = kept(body);
            assert!(!text.contains("4711"), "{body}: {text}");
        }
        assert_eq!(kept(r#"{"age":4711,"b":1}"#), r#"{"age":"***","b":1}"#);
    }
}
