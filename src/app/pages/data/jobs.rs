//! The Data page's jobs: reading a table with its profile and charts.

use std::sync::Arc;

use super::{Effect, Event};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::state::{AppState, Dataset, Problem};
use crate::data::chart::column_chart;
use crate::data::profile::profile;
use crate::data::{DataError, ReadOptions, Source, read_csv, samples};
use crate::workspace::{DataRef, Folder};

/// Carries an effect of this page out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    let folder = state.truth.folder.clone();
    match effect {
        Effect::Read(from, options) => {
            let title = format!("Reading {}", from.title());
            outside.start(state, Slot::Read, title, move |handle| {
                read(from, *options, folder.as_ref(), handle)
                    .map(|data| AppEvent::Data(Event::Read(Arc::new(data))))
            });
        }
        Effect::Paste(text) => {
            outside.start(state, Slot::Read, "Reading the clipboard", move |handle| {
                let folder = folder.ok_or_else(|| {
                    Problem::new(
                        "There is no workspace to keep the pasted table in",
                        "Open a workspace folder first.",
                    )
                })?;
                let file = folder
                    .keep_pasted(&text)
                    .map_err(|error| Problem::new("The pasted table could not be kept", error.to_string()))?;
                read(DataRef::Pasted(file), ReadOptions::default(), Some(&folder), handle)
                    .map(|data| AppEvent::Data(Event::Read(Arc::new(data))))
            });
        }
    }
}

/// Where a table's bytes are.
pub(crate) fn source(from: &DataRef, folder: Option<&Folder>) -> Result<Source, Problem> {
    let open = |path: &std::path::Path| Source::open(path).map_err(|error| problem(&error));
    match from {
        DataRef::Path(path) => open(path),
        DataRef::Pasted(file) => match folder {
            Some(folder) => open(&folder.pasted_path(file)),
            None => Err(Problem::new("The pasted table is not at hand", "It was kept in another workspace.")),
        },
        DataRef::Sample(name) => match samples::find(name) {
            Some(sample) => Ok(Source::from_bytes(sample.file, sample.bytes())),
            None => Err(Problem::new(
                format!("There is no bundled sample '{name}'"),
                "It may be from another version of this program; choose one from the list.",
            )),
        },
    }
}

fn read(
    from: DataRef,
    mut options: ReadOptions,
    folder: Option<&Folder>,
    handle: &Handle,
) -> Result<Dataset, JobError> {
    let stopwatch = handle.clock.stopwatch();
    let source = source(&from, folder)?;
    // what a model remembers of its data
    options.hash = true;
    let loaded = read_csv(&source, &options, &handle.progress).map_err(|error| match error {
        DataError::Cancelled(_) => JobError::Cancelled,
        error => JobError::Failed(problem(&error)),
    })?;
    let seconds = stopwatch.seconds();
    let profiles = profile(&loaded.table, &crate::work::Progress::new())?;
    let mut charts = Vec::with_capacity(profiles.len());
    for column in loaded.table.columns() {
        handle.progress.check()?;
        charts.push(column_chart(column));
    }
    Ok(Dataset { from, options, loaded, profiles, charts, seconds })
}

/// An error of reading as the page shows it.
pub(crate) fn problem(error: &DataError) -> Problem {
    let line = match error {
        DataError::UnclosedQuote { line, .. } | DataError::TooLarge { line, .. } => Some(*line),
        _ => None,
    };
    let title = match error {
        DataError::Io { .. } => "The file could not be read",
        DataError::Empty { .. } => "The file is empty",
        DataError::UnclosedQuote { .. } => "A quote is opened and never closed",
        DataError::NoSuchColumn { .. } => "A setting names a column that is not there",
        DataError::TooLarge { .. } => "The file is more than a table here can hold",
        DataError::OtherKind { .. } => "This is no table",
        DataError::Setting(_) => "The settings contradict each other",
        DataError::Cancelled(_) => "Reading was stopped",
    };
    Problem { title: title.into(), detail: error.to_string(), line }
}
