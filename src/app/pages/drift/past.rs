//! Past predictions: what the log holds, where each comes from, and each run again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Event;
use crate::app::job::{Handle, JobError};
use crate::app::state::{AppState, Problem};
use crate::model::Model;
use crate::server::answer_again;
use crate::server::mirror::METHOD;
use crate::workspace::Folder;
use crate::workspace::log::{LogError, LogRow, PredictionLog};

/// The most predictions that are listed.
pub(super) const LISTED: u32 = 200;

/// What the log holds of what was looked for.
#[derive(Debug)]
pub(crate) struct Found {
    /// What was looked for.
    pub(super) text: String,
    /// The latest first.
    pub(super) rows: Vec<LogRow>,
    /// How many requests the log holds in all.
    pub(super) in_all: u64,
}

/// Which row of the log: the request, who answered, and when, since a request may be made again under its id.
pub(crate) type PastId = (String, String, i64);

/// Which row that is.
pub(super) fn identity(row: &LogRow) -> PastId {
    (row.request_id.clone(), row.version.clone().unwrap_or_default(), row.at_unix_millis)
}

/// A prediction that was run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Again {
    pub(super) of: PastId,
    /// What came of it.
    pub(super) outcome: Outcome,
}

/// What running a prediction again said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The very bytes of then.
    Same,
    /// Others.
    Other(String),
    /// It can't be run again, for that reason.
    Not(String),
}

/// How often the log is read until a request stands in it whose answer has just gone: its writer gathers for a tenth of a
/// second.
const TRIES: usize = 30;
const LOOK: Duration = Duration::from_millis(30);

/// Looks predictions up.
pub(super) fn find(
    log: &Path,
    text: String,
    request: Option<&str>,
    handle: &Handle,
) -> Result<Event, JobError> {
    let read = || -> Result<(Vec<LogRow>, u64), LogError> {
        if !log.exists() {
            return Ok((Vec::new(), 0));
        }
        let log = PredictionLog::open_to_read(log)?;
        Ok((log.latest(&text, LISTED)?, log.count()?))
    };
    let wrong = |error: LogError| Problem::new("The prediction log can't be read", error.to_string());
    let (mut rows, mut in_all) = read().map_err(wrong)?;
    for _ in 0..TRIES {
        if request.is_none_or(|id| rows.iter().any(|row| row.request_id == id)) {
            break;
        }
        std::thread::sleep(LOOK);
        handle.progress.check()?;
        (rows, in_all) = read().map_err(wrong)?;
    }
    Ok(Event::Found(Found { text, rows, in_all }))
}

/// The model that answered, where it is to be had.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A version of the workspace.
    Open(Arc<Model>),
    /// A version that was deleted, whose file may still be there.
    File(Folder, u32),
    /// None.
    Gone,
}

/// Where the model is that answered a request.
pub(super) fn source(state: &AppState, row: &LogRow) -> Source {
    let truth = &state.truth;
    let is_it = |model: &Model| {
        Some(model.version.as_str()) == row.version.as_deref()
            && Some(model.name.as_str()) == row.model.as_deref()
    };
    if let Some(version) = truth.versions.iter().find(|version| is_it(version.model())) {
        return Source::Open(Arc::clone(version.model()));
    }
    let known = truth.history.iter().find(|change| Some(change.version.as_str()) == row.version.as_deref());
    match (known, &truth.folder) {
        (Some(change), Some(folder)) => Source::File(folder.clone(), change.number),
        _ => Source::Gone,
    }
}

/// Runs a prediction again.
pub(super) fn run_again(row: &LogRow, source: Source, log: Option<&Path>) -> Again {
    let model = match source {
        Source::Open(model) => Some(Model::clone(&model)),
        // another model may have that number by now
        Source::File(folder, number) => folder
            .read_model(number)
            .ok()
            .filter(|model| Some(model.version.as_str()) == row.version.as_deref()),
        Source::Gone => None,
    };
    let Some(model) = model else {
        let why = "The model that answered is not in this workspace any more.".to_owned();
        return Again { of: identity(row), outcome: Outcome::Not(why) };
    };
    let asked = LogRow { request: row.request.clone().or_else(|| asked_along(row, log?)), ..row.clone() };
    let outcome = match answer_again(model, &asked) {
        Ok(now) if Some(&now) == row.response.as_ref() => Outcome::Same,
        Ok(now) => Outcome::Other(now),
        Err(why) => Outcome::Not(format!("It can't be run again: {why}.")),
    };
    Again { of: identity(row), outcome }
}

/// What was asked stands with the answer that was sent, under the same id.
fn asked_along(row: &LogRow, log: &Path) -> Option<String> {
    if row.method != METHOD {
        return None;
    }
    let rows = PredictionLog::open_to_read(log).ok()?.latest(&row.request_id, LISTED).ok()?;
    rows.into_iter().find(|other| other.request_id == row.request_id && other.method != METHOD)?.request
}
