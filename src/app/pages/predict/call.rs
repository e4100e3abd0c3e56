//! How this page asks the model: in this process, or over HTTP as a client of the running server does.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::News;
use super::http::Endpoint;
use super::jobs::Reports;
use super::record::Record;
use crate::app::job::{Handle, JobError};
use crate::app::state::Problem;
use crate::client::Exchange;
use crate::inference::{Answers, CallError, InputError};
use crate::model::Model;
use crate::work::{Progress, Stopwatch};

/// The rows a call that can be chosen.
pub(crate) const ROWS_PER_CALL: [usize; 6] = [1, 8, 64, 512, 2_048, 8_192];
/// How often a call is made again that the server put off.
const TRIES: u32 = 8;
/// The longest wait that a server may ask for before a call is made again, in seconds.
const LONGEST_WAIT: u64 = 60;
/// How often a wait looks whether it is still wanted.
const STEP: Duration = Duration::from_millis(20);
/// How often the calls so far are told, in seconds.
const TOLD_SECS: f64 = 0.1;

/// How the model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Call {
    /// By a call in this process.
    #[default]
    InProcess,
    /// By requests to the running server.
    Http,
}

/// How many calls a file took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Calls {
    /// Requests that were answered.
    pub(crate) n: u64,
    /// The most rows in one of them.
    pub(crate) rows: usize,
}

/// What the server said to the record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    /// The record.
    pub(crate) record: Record,
    /// The answer, or why there is none.
    pub(crate) outcome: Result<Answered, Problem>,
}

/// The server's answer to the record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    /// The number, or the probability of the class.
    pub(crate) value: f64,
    /// The class.
    pub(crate) class: Option<String>,
    /// The request's id, as the server gave it.
    pub(crate) request: String,
    /// From the call to the last byte of the answer, in seconds.
    pub(crate) seconds: f64,
}

/// Sends the record to the server. What the server refuses is an answer, too.
///
/// # Errors
/// [`JobError::Cancelled`].
pub(super) fn ask_one(endpoint: &Endpoint, record: Record, handle: &Handle) -> Result<Reply, JobError> {
    let body = Value::Object(record.clone()).to_string().into_bytes();
    let asked = endpoint.exchange(&endpoint.request(body), &handle.progress).and_then(|exchange| {
        let answer = endpoint.answer(&exchange.body)?;
        let prediction = answer.get("prediction");
        let class = prediction.and_then(Value::as_str).map(str::to_owned);
        let number = if class.is_some() { answer.get("probability") } else { prediction };
        let value = number.and_then(Value::as_f64).ok_or_else(|| {
            Problem::new("The server's answer has no prediction", exchange.text().unwrap_or_default())
        })?;
        let request = exchange.header("x-request-id").unwrap_or_default().to_owned();
        Ok(Answered { value, class, request, seconds: exchange.timings.total_secs })
    });
    match asked {
        Ok(answered) => Ok(Reply { record, outcome: Ok(answered) }),
        Err(JobError::Failed(problem)) => Ok(Reply { record, outcome: Err(problem) }),
        Err(JobError::Cancelled) => Err(JobError::Cancelled),
    }
}

/// Asks for the rows of a file, call by call, from several threads at once.
pub(super) struct Caller<'a> {
    endpoint: Endpoint,
    model: &'a Model,
    reports: &'a Reports<'a>,
    stopwatch: Stopwatch,
    n_calls: AtomicU64,
    n_rows: AtomicU64,
    told: Mutex<f64>,
}

impl<'a> Caller<'a> {
    pub(super) fn new(endpoint: Endpoint, model: &'a Model, reports: &'a Reports<'a>) -> Self {
        let stopwatch = reports.handle.clock.stopwatch();
        let (n_calls, n_rows) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { endpoint, model, reports, stopwatch, n_calls, n_rows, told: Mutex::new(0.0) }
    }

    /// How many calls were answered.
    pub(super) fn n_calls(&self) -> u64 {
        self.n_calls.load(Ordering::Relaxed)
    }

    /// Makes a call; again where the server puts it off.
    pub(super) fn call(&self, body: Vec<u8>, n_rows: usize) -> Result<Answers, CallError> {
        let progress = &self.reports.handle.progress;
        let request = self.endpoint.request(body);
        let mut tries = 0;
        let exchange = loop {
            let exchange = self.endpoint.send(&request, progress).map_err(in_words)?;
            tries += 1;
            match put_off(&exchange) {
                Some(wait) if tries < TRIES => wait_for(wait, progress)?,
                _ => break exchange,
            }
        };
        if exchange.status != 200 {
            return Err(refused(&exchange).unwrap_or_else(|| in_words(Endpoint::not_ok(&exchange).into())));
        }
        let answer = self.endpoint.answer(&exchange.body).map_err(in_words)?;
        let answers = self.answers(&answer)?;
        let n_calls = self.n_calls.fetch_add(1, Ordering::Relaxed) + 1;
        let n_rows = self.n_rows.fetch_add(n_rows as u64, Ordering::Relaxed) + n_rows as u64;
        let now = self.stopwatch.seconds();
        // whoever else tells just now tells as much
        if let Ok(mut told) = self.told.try_lock()
            && now - *told >= TOLD_SECS
        {
            *told = now;
            // when nobody listens any more, the work is cancelled and ends at its next check
            drop(self.reports.send(News::Calls(n_calls, n_rows)));
        }
        Ok(answers)
    }

    fn answers(&self, answer: &Value) -> Result<Answers, CallError> {
        let wrong = || CallError::Failed("The server's answer has no list of predictions".to_owned());
        let list = |name: &str| answer.get(name).and_then(Value::as_array);
        let predictions = list("predictions").ok_or_else(wrong)?;
        let classes = &self.model.output.classes;
        if classes.is_empty() {
            let numbers = predictions.iter().map(|one| Some((one.as_f64()?, f64::NAN)));
            return numbers.collect::<Option<_>>().ok_or_else(wrong);
        }
        let probabilities = list("probabilities").ok_or_else(wrong)?;
        let both = predictions.iter().zip(probabilities).map(|(class, probability)| {
            let class = class.as_str()?;
            let place = classes.iter().position(|known| known == class)?;
            Some((place as f64, probability.as_f64()?))
        });
        both.collect::<Option<_>>().ok_or_else(wrong)
    }
}

fn in_words(error: JobError) -> CallError {
    CallError::Failed(match error {
        JobError::Cancelled => "stopped".to_owned(),
        JobError::Failed(problem) => format!("{}: {}", problem.title, problem.detail),
    })
}

/// The row and field that a 422 names.
fn refused(exchange: &Exchange) -> Option<CallError> {
    let body: Value = serde_json::from_slice(&exchange.body).ok().filter(|_| exchange.status == 422)?;
    let row = usize::try_from(body.get("record")?.as_u64()?).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let error =
        InputError { place: None, field: text("field")?, expected: text("expected")?, got: text("got")? };
    Some(CallError::Refused(row, error))
}

/// How long to wait before the call is made again, where the server is too busy or the key's rate is used up.
fn put_off(exchange: &Exchange) -> Option<Duration> {
    if !matches!(exchange.status, 429 | 503) {
        return None;
    }
    let seconds = exchange.header("retry-after")?.trim().parse::<u64>().ok()?;
    (seconds <= LONGEST_WAIT).then(|| Duration::from_secs(seconds))
}

fn wait_for(wait: Duration, progress: &Progress) -> Result<(), CallError> {
    let mut left = wait;
    while !left.is_zero() {
        progress.check().map_err(|cancelled| in_words(cancelled.into()))?;
        let step = left.min(STEP);
        std::thread::sleep(step);
        left -= step;
    }
    Ok(())
}
