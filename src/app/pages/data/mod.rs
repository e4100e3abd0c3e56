//! The Data page: what a model learns from. Opening, reading again with other settings, looking, saving.

mod jobs;
mod page;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use jobs::{carry_out, source};
pub(crate) use page::data_page_ui;

use crate::app::command::{Action, Command as AppCommand};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::state::{AppState, Dataset, Problem, StatusKind};
use crate::app::theme::Icon;
use crate::app::widgets::format;
use crate::data::{ReadOptions, samples};
use crate::workspace::{DataRef, Role};

/// What the learner set on this page; kept over a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// The column whose inspector is open.
    pub(crate) column: Option<String>,
    /// Whether an inspector has been open for this table.
    pub(crate) inspected: bool,
}

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// What is being read, while it is.
    pub(crate) reading: Option<(DataRef, ReadOptions)>,
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Read the open file again, as these settings say.
    ReadAgain(Box<ReadOptions>),
    /// What a column is for.
    SetRole(String, Role),
    /// Open a column's inspector.
    Inspect(Option<String>),
    /// Save the rows that are shown.
    Export(PathBuf),
    /// Leave the message of a failed attempt and go back to the table.
    Back,
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Read(DataRef, Box<ReadOptions>),
    /// Keep a pasted table as a file of the workspace, then read it.
    Paste(String),
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    Read(Arc<Dataset>),
}

/// Opens a table; `options` fix how it is read.
pub(crate) fn open(state: &mut AppState, from: DataRef, options: Option<ReadOptions>) -> Vec<AppEffect> {
    use crate::app::pages::PageId;
    state.screen.page = PageId::Data;
    reopen(state, from, options.unwrap_or_default())
}

/// Reads a table without leaving the page that is shown.
pub(crate) fn reopen(state: &mut AppState, from: DataRef, options: ReadOptions) -> Vec<AppEffect> {
    state.truth.dataset.begin();
    state.results.data.reading = Some((from.clone(), options.clone()));
    vec![AppEffect::Data(Effect::Read(from, Box::new(options)))]
}

/// Takes a table from the clipboard.
pub(crate) fn paste(state: &mut AppState, text: String) -> Vec<AppEffect> {
    if text.trim().is_empty() {
        state.say(StatusKind::Failed, "The clipboard holds no text to paste; copy a table first");
        return Vec::new();
    }
    state.truth.dataset.begin();
    vec![AppEffect::Data(Effect::Paste(text))]
}

/// What can be done on this page.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    let mut actions: Vec<Action> = samples::all()
        .iter()
        .map(|sample| {
            let open = AppCommand::Open(DataRef::Sample(sample.name.to_owned()));
            Action::new(format!("Open sample: {}", sample.title), Icon::FLASK, open)
        })
        .collect();
    for from in &state.screen.recent {
        let label = format!("Open recent: {}", from.title());
        actions.push(Action::new(label, Icon::CLOCK, AppCommand::Open(from.clone())));
    }
    actions
}

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    match command {
        Command::ReadAgain(options) => {
            if let Some(data) = state.truth.data() {
                let from = data.from.clone();
                return reopen(state, from, *options);
            }
        }
        Command::SetRole(column, role) => set_role(state, &column, role),
        Command::Inspect(column) => {
            state.screen.data.inspected |= column.is_some();
            state.screen.data.column = column;
        }
        Command::Export(_) => {}
        Command::Back => state.truth.dataset.problem = None,
    }
    Vec::new()
}

/// One column is the target at most.
fn set_role(state: &mut AppState, column: &str, role: Role) {
    let roles = &mut state.truth.roles;
    if role == Role::Target {
        roles.retain(|_, other| *other != Role::Target);
    }
    if role == Role::Feature {
        roles.remove(column);
    } else {
        roles.insert(column.to_owned(), role);
    }
}

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, _seconds: f64) -> Vec<AppEffect> {
    match event {
        Event::Read(data) => {
            let again = state.truth.data().is_some_and(|old| old.from == data.from);
            state.results.data.reading = None;
            let table = &data.loaded.table;
            let columns = table.columns();
            state.truth.roles.retain(|name, _| table.column(name).is_some());
            if !again {
                state.screen.data = Draft::default();
                if state.truth.target().is_none() || !same_columns(state, &data) {
                    state.truth.roles = first_roles(&data);
                }
            }
            let rows = format::plural(table.n_rows(), "row", "rows");
            let said = format!(
                "Loaded {}: {rows}, {} in {}",
                data.from.title(),
                format::plural(columns.len(), "column", "columns"),
                format::duration(data.seconds)
            );
            state.remember(&data.from);
            state.truth.dataset.done(data);
            state.say(StatusKind::Done, said);
        }
    }
    Vec::new()
}

fn same_columns(state: &AppState, data: &Dataset) -> bool {
    state.truth.data().is_some_and(|old| {
        let names = |data: &Dataset| -> Vec<String> {
            data.loaded.table.columns().iter().map(|column| column.name.clone()).collect()
        };
        names(old) == names(data)
    })
}

/// The roles to begin with: a sample's own, else every column a feature and no target.
fn first_roles(data: &Dataset) -> std::collections::BTreeMap<String, Role> {
    let DataRef::Sample(name) = &data.from else { return std::collections::BTreeMap::new() };
    let Some(sample) = samples::find(name) else { return std::collections::BTreeMap::new() };
    let mut roles: std::collections::BTreeMap<String, Role> =
        sample.leave_out.iter().map(|name| ((*name).to_owned(), Role::Ignore)).collect();
    roles.insert(sample.target.to_owned(), Role::Target);
    roles
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    if slot == Slot::Read {
        state.truth.dataset.failed(problem);
    }
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    if slot == Slot::Read {
        state.results.data.reading = None;
        state.truth.dataset.cancelled();
        state.say(StatusKind::Note, "Reading was stopped; the table before is untouched");
    }
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    if state.truth.dataset.loading {
        return vec![AppEffect::CancelSlot(Slot::Read)];
    }
    if state.truth.dataset.problem.take().is_none() {
        state.screen.data.column = None;
    }
    Vec::new()
}
