//! Keeping the learner's work: the workspace is written soon after something changed, by a job, so that a crash or a
//! kill loses a second at most; and read again at the start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::APP_ID;
use super::effect::{Event, Outside};
use super::job::{Handle, JobError, Slot};
use super::state::{AppState, Problem, StatusKind, Version};
use crate::inference::Predictor;
use crate::workspace::{Folder, Saved};

/// How soon after a change the workspace is written, in seconds.
const SOON_SECS: f64 = 0.7;

/// Watches for changes and writes them.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    /// What was written last.
    written: Option<Vec<u8>>,
    /// When the state was last compared, in egui's time.
    looked_at: f64,
}

impl Keeper {
    /// Starts to write the workspace if it changed, at most once in a while.
    pub(crate) fn watch(&mut self, state: &mut AppState, outside: &mut Outside<'_>) {
        let Some(folder) = state.truth.folder.clone() else { return };
        let (now, touched) = outside.ctx.input(|input| (input.time, !input.events.is_empty()));
        let due = now - self.looked_at >= SOON_SECS;
        if !due {
            if touched {
                // look again once the hand has come to rest
                outside.ctx.request_repaint_after(std::time::Duration::from_secs_f64(SOON_SECS));
            }
            return;
        }
        self.looked_at = now;
        if outside.jobs.is_running(Slot::Keep) {
            outside.ctx.request_repaint_after(std::time::Duration::from_secs_f64(SOON_SECS));
            return;
        }
        let saved = saved(state);
        let bytes = serde_json::to_vec(&saved).unwrap_or_default();
        match &self.written {
            Some(written) if *written == bytes => {}
            // nothing was done yet: an empty folder stays empty
            None if state.truth.versions.is_empty()
                && state.truth.dataset.value.is_none()
                && !state.screen.data.welcomed =>
            {
                self.written = Some(bytes);
            }
            _ => {
                self.written = Some(bytes);
                outside.start(state, Slot::Keep, "Keeping your work", move |_| {
                    folder.save(&saved).map(|()| Event::Kept).map_err(|error| {
                        JobError::Failed(Problem::new("Your work could not be kept", error.to_string()))
                    })
                });
            }
        }
    }

    /// Writes the workspace at once: when the window closes, or another one is opened in its place. Whether it is kept; if
    /// not, why was said.
    pub(crate) fn now(&mut self, state: &mut AppState) -> bool {
        let Some(folder) = state.truth.folder.clone() else { return true };
        let saved = saved(state);
        let bytes = serde_json::to_vec(&saved).unwrap_or_default();
        if self.written.as_ref() != Some(&bytes) {
            match folder.save(&saved) {
                Ok(()) => self.written = Some(bytes),
                Err(error) => {
                    state.say(StatusKind::Failed, format!("Your work could not be kept: {error}"));
                    return false;
                }
            }
        }
        true
    }
}

/// What is worth keeping of the state.
fn saved(state: &AppState) -> Saved {
    let truth = &state.truth;
    // what is being read counts as open: after a kill it is read again
    let open = state
        .results
        .data
        .reading
        .clone()
        .or_else(|| truth.data().map(|data| (data.from.clone(), data.options.clone())));
    let (data, options) = open
        .map_or_else(|| (None, crate::data::ReadOptions::default()), |(from, options)| (Some(from), options));
    Saved {
        data,
        options,
        roles: truth.roles.clone(),
        missing: truth.missing.clone(),
        versions: truth.versions.iter().map(|version| version.entry.clone()).collect(),
        champion: truth.champion,
        next_number: truth.next_number,
        rollout: truth.rollout,
        history: truth.history.clone(),
        screen: serde_json::to_value(&state.screen).unwrap_or_default(),
        ..Saved::default()
    }
}

/// Reads a workspace and its models.
pub(crate) fn open(folder: &Folder, handle: &Handle) -> Result<Event, JobError> {
    let opened = folder
        .open()
        .map_err(|error| Problem::new("The workspace could not be opened", error.to_string()))?;
    let mut warnings = opened.warnings;
    let mut versions = Vec::new();
    for entry in &opened.saved.versions {
        handle.progress.check()?;
        match folder.read_model(entry.number) {
            Ok(model) => {
                let report =
                    folder.read_report(entry.number).and_then(|bytes| serde_json::from_slice(&bytes).ok());
                versions.push(Version {
                    entry: entry.clone(),
                    predictor: Arc::new(Predictor::new(Arc::new(model))),
                    report: report.map(Arc::new),
                });
            }
            Err(error) => warnings.push(format!("{} could not be opened: {error}", entry.title())),
        }
    }
    Ok(Event::Opened(Box::new(opened.saved), versions, warnings))
}

/// The folder for work that was given no folder of its own.
pub(crate) fn default_folder() -> Option<PathBuf> {
    Some(eframe::storage_dir(APP_ID)?.join("untitled"))
}

fn last_folder_file() -> Option<PathBuf> {
    Some(eframe::storage_dir(APP_ID)?.join("last-workspace.txt"))
}

/// The workspace that was open last, if it is still there.
pub(crate) fn last_folder() -> Option<PathBuf> {
    let text = std::fs::read_to_string(last_folder_file()?).ok()?;
    let folder = PathBuf::from(text.trim());
    (folder.is_absolute() && folder.is_dir()).then_some(folder)
}

/// Notes which workspace is open. That this can't be noted is no reason to stop.
pub(crate) fn remember_folder(folder: &Path) {
    let Some(file) = last_folder_file() else { return };
    if let Some(parent) = file.parent() {
        drop(std::fs::create_dir_all(parent));
    }
    let text = folder.display().to_string();
    drop(crate::data::replace_file(&file, |out| out.write_all(text.as_bytes())));
}
