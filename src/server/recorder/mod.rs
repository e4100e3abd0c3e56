//! The thread that writes the prediction log and the access log, in batches, from a bounded channel: a slow disk costs
//! rows of the log (which are counted), never a request.

mod private;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use tokio::sync::broadcast;

use private::kept_text;

use super::events::{Event, RequestEvent};
use super::shared::Shared;
use crate::protocol::secrets::masked;
use crate::work::Clock;
use crate::workspace::log::{LogError, LogRow, LogSettings, PredictionLog};

/// What a body ends with of which there was more.
pub(crate) const CUT: &str = " … (cut)";
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
        trouble: Trouble,
    ) -> Result<(Self, Writing), StartError> {
        let opened = match &log {
            Some(settings) => Some(PredictionLog::open(&settings.path).map_err(StartError::Log)?),
            None => None,
        };
        let body_bytes = log.as_ref().map_or(0, |log| if log.bodies { log.max_body_bytes } else { 0 });
        let (sender, receiver) = sync_channel(WAITING);
        let writer = Writer { log: opened.zip(log), access, clock, trouble };
        let thread = std::thread::Builder::new()
            .name("request log".into())
            .spawn(move || writer.run(&receiver))
            .map_err(StartError::Thread)?;
        Ok((Self { sender, body_bytes }, thread))
    }

    pub(crate) fn record(&self, entry: Entry, shared: &Shared) {
        if self.sender.try_send(entry).is_err() {
            shared.stats.log_lost.fetch_add(1, Ordering::Relaxed);
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

/// Where it is told and counted that the log can't be written.
#[derive(Debug)]
pub(crate) struct Trouble {
    events: broadcast::Sender<Event>,
    failed: Arc<AtomicU64>,
    told: bool,
}

impl Trouble {
    pub(crate) fn new(events: broadcast::Sender<Event>, failed: Arc<AtomicU64>) -> Self {
        Self { events, failed, told: false }
    }

    /// Counts the rows that are lost, and says so once until the log can be written again.
    fn note(&mut self, result: Result<(), LogError>, n_rows: usize) {
        let Err(error) = result else {
            self.told = false;
            return;
        };
        self.failed.fetch_add(n_rows as u64, Ordering::Relaxed);
        if !std::mem::replace(&mut self.told, true) {
            let notice = format!(
                "{error}; requests are answered, and missing in the log until it can be written again"
            );
            // nobody may be listening; the metrics count it all the same
            drop(self.events.send(Event::Notice(notice.into())));
        }
    }
}

struct Writer {
    log: Option<(PredictionLog, LogSettings)>,
    access: Option<AccessLog>,
    clock: Clock,
    trouble: Trouble,
}

/// What stands in the log in place of an answer that may say what was asked.
const ERROR_NOT_KEPT: &str = "(not kept: an error may repeat a private value)";

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
                    self.trouble.note(result, 0);
                }
            }
        }
    }

    fn write(&mut self, entries: &[Entry]) {
        if let Some(access) = &mut self.access {
            let private = self.log.as_ref().is_some_and(|(_, settings)| !settings.private_fields.is_empty());
            let text: String = entries.iter().map(|entry| line(&entry.event, private)).collect();
            // whoever reads the lines may have gone; the server goes on
            if access.write_all(text.as_bytes()).and_then(|()| access.flush()).is_err() {
                self.access = None;
            }
        }
        let Some((log, settings)) = &mut self.log else { return };
        let rows: Vec<LogRow> =
            entries.iter().filter(|entry| entry.logged).map(|entry| row(entry, settings)).collect();
        if !rows.is_empty() {
            self.trouble.note(log.write(&rows), rows.len());
        }
    }
}

/// A line of the access log. Where fields are private it does not say what was wrong, which may repeat a value.
fn line(event: &RequestEvent, private: bool) -> String {
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
    if let Some(problem) = event.problem.as_ref().filter(|_| !private) {
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
        response: settings.bodies.then(|| kept_answer(entry, &settings.private_fields)).flatten(),
    }
}

/// An answer as text. Where fields are private, errors, jobs (which tell their errors) and continued texts (which may
/// begin with the prompt) are not kept, and the rest only as requests are: a job's CSV has the columns that were asked.
fn kept_answer(entry: &Entry, private: &[String]) -> Option<String> {
    let event = &entry.event;
    let is_error = event.problem.is_some();
    if private.is_empty() {
        // an error may repeat a key that was sent in the wrong place
        let text = kept_text(&entry.response, private);
        return if is_error { text.map(|text| masked(&text)) } else { text };
    }
    let repeats = is_error || ["/jobs/{id}", "/v1/completions"].contains(&event.route);
    if repeats && !entry.response.bytes.is_empty() {
        return Some(ERROR_NOT_KEPT.to_owned());
    }
    kept_text(&entry.response, private)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(route: &'static str, problem: Option<&str>) -> RequestEvent {
        RequestEvent {
            id: "1".into(),
            at_unix_millis: 0,
            peer: None,
            method: "POST".into(),
            path: "/predict".into(),
            route,
            dialect: "plain",
            status: if problem.is_some() { 422 } else { 200 },
            key: None,
            model: None,
            version: None,
            n_rows: 0,
            hops: crate::server::events::Hops::default(),
            total: Duration::ZERO,
            request_bytes: 0,
            response_bytes: 0,
            problem: problem.map(str::to_owned),
        }
    }

    #[test]
    fn answers_that_may_repeat_a_private_value_are_not_written() {
        let private = ["age".to_owned()];
        let kept = |route, problem, text: &str, private: &[String]| {
            let response = Kept { bytes: Bytes::copy_from_slice(text.as_bytes()), cut: false };
            let event = Arc::new(event(route, problem));
            kept_answer(&Entry { event, logged: true, request: Kept::default(), response }, private).unwrap()
        };
        for (route, problem, text) in [
            ("/predict", Some("field 'age': got 4711"), r#"{"detail":"field 'age': got 4711","got":"4711"}"#),
            ("/jobs/{id}", None, r#"{"status":"failed","error":"field 'age': got 4711"}"#),
            ("/jobs/{id}/result", None, "age,prediction\n4711,1\n"),
            ("/v1/completions", None, r#"{"choices":[{"text":"age 4711"}]}"#),
        ] {
            let text = kept(route, problem, text, &private);
            assert!(!text.contains("4711"), "{route}: {text}");
        }
        let answer = r#"{"prediction":21.5}"#;
        assert_eq!(kept("/predict", None, answer, &private), answer);
        let problem = Some("field 'age': got 4711");
        assert!(line(&event("/predict", problem), false).contains("problem=\"field 'age': got 4711\""));
        assert!(!line(&event("/predict", problem), true).contains("4711"));
        // a key in the wrong place is no business of the log's, whatever is private
        let nothing = r#"{"detail":"there is nothing at /sk_9fK2mQ7xTz4LpW8vRb3N"}"#;
        assert!(!kept("other", Some("nothing"), nothing, &[]).contains("mQ7xTz4"));
    }
}
