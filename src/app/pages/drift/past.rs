//! Past predictions: what the log holds, where each comes from, and each run again.

use std::path::Path;
use std::sync::Arc;

use super::Event;
use crate::app::job::JobError;
use crate::app::state::{AppState, Problem};
use crate::model::Model;
use crate::server::answer_again;
use crate::workspace::Folder;
use crate::workspace::log::{LogRow, PredictionLog};

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

/// A prediction that was run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Again {
    /// Which request, and by which version.
    pub(super) of: (String, String),
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

/// Looks predictions up.
pub(super) fn find(log: &Path, text: String) -> Result<Event, JobError> {
    if !log.exists() {
        return Ok(Event::Found(Found { text, rows: Vec::new(), in_all: 0 }));
    }
    let read = || {
        let log = PredictionLog::open_to_read(log)?;
        Ok((log.latest(&text, LISTED)?, log.count()?))
    };
    let wrong = |error: crate::workspace::log::LogError| {
        Problem::new("The prediction log can't be read", error.to_string())
    };
    let (rows, in_all) = read().map_err(wrong)?;
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
pub(super) fn run_again(row: &LogRow, source: Source) -> Again {
    let of = (row.request_id.clone(), row.version.clone().unwrap_or_default());
    let gone = || Outcome::Not("The model that answered is not in this workspace any more.".to_owned());
    let model = match source {
        Source::Open(model) => Some(Model::clone(&model)),
        // another model may have that number by now
        Source::File(folder, number) => folder
            .read_model(number)
            .ok()
            .filter(|model| Some(model.version.as_str()) == row.version.as_deref()),
        Source::Gone => None,
    };
    let outcome = match (model, row.response.as_deref()) {
        (None, _) => gone(),
        (_, None) => Outcome::Not("The log does not hold what was answered.".to_owned()),
        (Some(model), Some(then)) => match answer_again(model, row) {
            Ok(now) if now == then => Outcome::Same,
            Ok(now) => Outcome::Other(now),
            Err(why) => Outcome::Not(format!("It can't be run again: {why}.")),
        },
    };
    Again { of, outcome }
}
