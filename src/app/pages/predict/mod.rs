//! The Predict page: one model answers one question or a million.

mod page;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(crate) use page::predict_page_ui;

use crate::app::command::Action;
use crate::app::effect::{Effect as AppEffect, Outside};
use crate::app::job::Slot;
use crate::app::state::{AppState, Problem};

/// What the learner set on this page; kept over a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {}

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    OpenBatch(PathBuf),
    SaveBatch(PathBuf),
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {}

/// Another model answers now, or none: what was worked out with the old one is gone.
pub(crate) fn champion_changed(_state: &mut AppState) {}

/// What the guide asks for on this page, and whether it is done.
pub(crate) fn tasks(state: &AppState) -> Vec<(&'static str, bool)> {
    vec![("Train a model and make it the champion", state.truth.champion.is_some())]
}

/// What can be done on this page.
pub(crate) fn actions(_state: &AppState) -> Vec<Action> {
    Vec::new()
}

/// Does what was asked.
pub(crate) fn apply(_state: &mut AppState, _command: Command) -> Vec<AppEffect> {
    Vec::new()
}

/// Carries an effect of this page out.
pub(crate) fn carry_out(effect: Effect, _state: &mut AppState, _outside: &mut Outside<'_>) {
    match effect {}
}

/// A result has come.
pub(crate) fn happened(_state: &mut AppState, event: Event, _seconds: f64) -> Vec<AppEffect> {
    match event {}
}

/// A job failed.
pub(crate) fn failed(_state: &mut AppState, _slot: Slot, _problem: Problem) {}

/// A job was cancelled.
pub(crate) fn cancelled(_state: &mut AppState, _slot: Slot) {}

/// Esc on this page.
pub(crate) fn escape(_state: &mut AppState) -> Vec<AppEffect> {
    Vec::new()
}
