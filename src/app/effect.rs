//! What commands lead to outside the state: jobs, dialogs, the clipboard, the look; and what comes back.

use std::path::{Path, PathBuf};

use eframe::egui::{Context, Theme, ThemePreference};

use super::command::open_picker;
use super::job::{End, JobError, Jobs, Polled, Slot};
use super::pages::{data, drift, predict, requests, serve, train, walkthrough};
use super::picker::{Listing, Purpose};
use super::state::{AppState, Problem, StatusKind, ThemeChoice, Version};
use super::theme;
use crate::work::Clock;
use crate::workspace::Saved;

/// Something to be done outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Open the desktop's file dialog.
    Dialog(Purpose),
    /// List a folder for the in-app picker.
    ListFolder(PathBuf),
    Copy(String),
    /// Bring theme and zoom in line with the state.
    Look,
    /// From light to dark or back, whatever the present look comes from.
    SwitchTheme,
    Cancel(u64),
    CancelSlot(Slot),
    /// Stop what runs in a slot, and listen to it no longer.
    DropSlot(Slot),
    Data(data::Effect),
    Train(train::Effect),
    Predict(predict::Effect),
    Serve(serve::Effect),
    Drift(drift::Effect),
    Requests(requests::Effect),
    Walkthrough(Box<walkthrough::Effect>),
}

/// What comes from a job.
#[derive(Debug)]
pub(crate) enum Event {
    /// The workspace was read: what it says, the models it holds, and what was odd.
    Opened(Box<Saved>, Vec<Version>, Vec<String>),
    /// The workspace was written.
    Kept,
    /// The dialog was closed: with a path, or without.
    Dialog(Purpose, Option<PathBuf>, f64),
    /// A folder's files.
    Listed(Listing),
    Data(data::Event),
    Train(train::Event),
    Predict(predict::Event),
    Serve(serve::Event),
    Drift(drift::Event),
    Requests(requests::Event),
    Walkthrough(walkthrough::Event),
}

/// What effects work with.
pub(crate) struct Outside<'a> {
    pub(crate) jobs: &'a mut Jobs,
    pub(crate) ctx: &'a Context,
    pub(crate) clock: Clock,
    /// The real window; there is none in tests.
    pub(crate) frame: Option<&'a eframe::Frame>,
}

impl Outside<'_> {
    /// Starts a job; that it can't be started is said like any failure of it.
    pub(crate) fn start(
        &mut self,
        state: &mut AppState,
        slot: Slot,
        title: impl Into<String>,
        work: impl FnOnce(&super::job::Handle) -> Result<Event, JobError> + Send + 'static,
    ) {
        if let Err(problem) = self.jobs.start(slot, title, self.ctx, self.clock, work) {
            failed(state, slot, problem);
        }
    }
}

/// Carries an effect out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    match effect {
        Effect::Dialog(purpose) => super::dialog::show(state, outside, purpose),
        Effect::ListFolder(path) => {
            outside.start(state, Slot::Folder, "Listing a folder", move |_| {
                Ok(Event::Listed(Listing::of(path)))
            });
        }
        Effect::Copy(text) => outside.ctx.copy_text(text),
        Effect::Look => look(outside.ctx, state),
        Effect::SwitchTheme => {
            let dark = outside.ctx.theme() == Theme::Dark;
            state.screen.theme = if dark { ThemeChoice::Light } else { ThemeChoice::Dark };
            look(outside.ctx, state);
        }
        Effect::Cancel(id) => outside.jobs.cancel(id),
        Effect::CancelSlot(slot) => {
            let job = outside.jobs.status().into_iter().find(|job| job.slot == slot);
            if let Some(job) = job {
                outside.jobs.cancel(job.id);
            }
        }
        Effect::DropSlot(slot) => outside.jobs.cancel_slot(slot),
        Effect::Data(effect) => data::carry_out(effect, state, outside),
        Effect::Train(effect) => train::carry_out(effect, state, outside),
        Effect::Predict(effect) => predict::carry_out(effect, state, outside),
        Effect::Serve(effect) => serve::carry_out(effect, state, outside),
        Effect::Drift(effect) => drift::carry_out(effect, state, outside),
        Effect::Requests(effect) => requests::carry_out(effect, state, outside),
        Effect::Walkthrough(effect) => walkthrough::carry_out(*effect, state, outside),
    }
}

/// Brings theme and zoom in line with the state.
pub(crate) fn look(ctx: &Context, state: &AppState) {
    ctx.set_theme(match state.screen.theme {
        ThemeChoice::Light => ThemePreference::Light,
        ThemeChoice::Dark => ThemePreference::Dark,
        ThemeChoice::Auto => ThemePreference::System,
    });
    ctx.set_zoom_factor(if state.screen.projector { theme::PROJECTOR_ZOOM } else { 1.0 });
}

/// Takes in what came from a job; what is to be done next.
pub(crate) fn receive(state: &mut AppState, polled: Polled) -> Vec<Effect> {
    match polled {
        Polled::Partial(event) => happened(state, *event, 0.0),
        Polled::End(_, End::Done(event, seconds)) => happened(state, *event, seconds),
        Polled::End(slot, End::Failed(problem)) => {
            failed(state, slot, problem);
            Vec::new()
        }
        Polled::End(slot, End::Cancelled) => {
            walkthrough::not_done(state, slot);
            match slot {
                Slot::Read
                | Slot::Rows
                | Slot::Export
                | Slot::Lookup
                | Slot::Preview
                | Slot::Relation
                | Slot::Samples => data::cancelled(state, slot),
                Slot::Train | Slot::TrainChart | Slot::TrainRows | Slot::ModelFile => {
                    train::cancelled(state, slot);
                }
                Slot::Batch
                | Slot::BatchBack
                | Slot::BatchSave
                | Slot::Measure
                | Slot::Parity
                | Slot::Ask => {
                    predict::cancelled(state, slot);
                }
                Slot::Server
                | Slot::KeyFile
                | Slot::KeyLab
                | Slot::Classroom
                | Slot::ServeSend
                | Slot::ServeModels => {
                    serve::cancelled(state, slot);
                }
                Slot::Send
                | Slot::Dialects
                | Slot::RequestRows
                | Slot::RequestFiles
                | Slot::RequestHistory
                | Slot::Describe
                | Slot::KeepSecret => requests::cancelled(state, slot),
                Slot::DriftLab
                | Slot::DriftWorld
                | Slot::DriftExact
                | Slot::DriftWeeks
                | Slot::DriftRetrain
                | Slot::DriftPolicies
                | Slot::DriftPast
                | Slot::DriftSend => {
                    drift::cancelled(state, slot);
                }
                Slot::Card => walkthrough::cancelled(state),
                Slot::Workspace | Slot::Keep | Slot::Dialog | Slot::Folder | Slot::Scenario => {}
            }
            Vec::new()
        }
    }
}

fn happened(state: &mut AppState, event: Event, seconds: f64) -> Vec<Effect> {
    match event {
        Event::Opened(saved, versions, warnings) => return opened(state, *saved, versions, warnings),
        Event::Kept => {}
        Event::Dialog(purpose, Some(path), _) => {
            return super::command::apply(state, super::command::Command::Chosen(purpose, path));
        }
        Event::Dialog(purpose, None, open_secs) => {
            // a dialog that no person can have closed was never there
            if open_secs < super::dialog::TOO_QUICK_SECS && open_secs > 0.0 {
                let why =
                    "The desktop's file dialog did not open, so this list is shown in its place.".to_owned();
                state.work.no_dialog = Some(why.clone());
                return open_picker(state, purpose, why);
            }
        }
        Event::Listed(listing) => {
            if let Some(picker) = &mut state.screen.picker {
                picker.listed(listing);
            }
        }
        Event::Data(event) => return data::happened(state, event, seconds),
        Event::Train(event) => return train::happened(state, event, seconds),
        Event::Predict(event) => return predict::happened(state, event, seconds),
        Event::Serve(event) => return serve::happened(state, event, seconds),
        Event::Drift(event) => return drift::happened(state, event, seconds),
        Event::Requests(event) => return requests::happened(state, event, seconds),
        Event::Walkthrough(event) => return walkthrough::happened(state, event),
    }
    Vec::new()
}

fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    let said = if problem.detail.is_empty() {
        problem.title.clone()
    } else {
        format!("{}. {}", problem.title, problem.detail)
    };
    state.say(StatusKind::Failed, said);
    walkthrough::not_done(state, slot);
    match slot {
        Slot::Read
        | Slot::Rows
        | Slot::Export
        | Slot::Lookup
        | Slot::Preview
        | Slot::Relation
        | Slot::Samples => data::failed(state, slot, problem),
        Slot::Train | Slot::TrainChart | Slot::TrainRows | Slot::ModelFile => {
            train::failed(state, slot, problem);
        }
        Slot::Batch | Slot::BatchBack | Slot::BatchSave | Slot::Measure | Slot::Parity | Slot::Ask => {
            predict::failed(state, slot, problem);
        }
        Slot::Server
        | Slot::KeyFile
        | Slot::KeyLab
        | Slot::Classroom
        | Slot::ServeSend
        | Slot::ServeModels => {
            serve::failed(state, slot, problem);
        }
        Slot::Send
        | Slot::Dialects
        | Slot::RequestRows
        | Slot::RequestFiles
        | Slot::RequestHistory
        | Slot::Describe
        | Slot::KeepSecret => {
            requests::failed(state, slot, problem);
        }
        Slot::DriftLab
        | Slot::DriftWorld
        | Slot::DriftExact
        | Slot::DriftWeeks
        | Slot::DriftRetrain
        | Slot::DriftPolicies
        | Slot::DriftPast
        | Slot::DriftSend => {
            drift::failed(state, slot, problem);
        }
        Slot::Card => walkthrough::failed(state, &problem),
        Slot::Workspace | Slot::Keep | Slot::Dialog | Slot::Folder | Slot::Scenario => {}
    }
}

/// A workspace was read: it becomes the state.
fn opened(state: &mut AppState, saved: Saved, versions: Vec<Version>, warnings: Vec<String>) -> Vec<Effect> {
    let truth = &mut state.truth;
    truth.roles = saved.roles;
    truth.missing = saved.missing;
    truth.next_number = saved.next_number;
    truth.champion =
        saved.champion.filter(|number| versions.iter().any(|version| version.entry.number == *number));
    truth.versions = versions;
    truth.rollout = saved.rollout;
    truth.history = saved.history;
    // nothing was ever kept here
    let is_first = saved.screen.is_null();
    if let Ok(screen) = serde_json::from_value(saved.screen) {
        state.screen = screen;
    }
    state.screen.data.welcome = is_first && !state.screen.data.welcomed;
    for warning in warnings {
        state.say(StatusKind::Failed, warning);
    }
    let mut effects = vec![Effect::Look];
    effects.extend(predict::opened(state));
    if let Some(from) = saved.data {
        effects.extend(data::reopen(state, from, saved.options));
    }
    effects
}

/// A path as people want to read it: with `~` for the home folder.
pub(crate) fn short_path(path: &Path) -> String {
    let home = std::env::home_dir();
    match home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) if !rest.as_os_str().is_empty() => format!("~/{}", rest.display()),
        _ => path.display().to_string(),
    }
}
