//! What is asked for on the Data page: each command to state and effects, without egui and threads.

use std::path::PathBuf;

use super::{Command, Effect, GoTo, Settings, reopen};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::state::{AppState, Loadable, StatusKind};
use crate::data::ReadOptions;
use crate::workspace::{DataRef, Role};

/// What the read settings are about: an attempt that failed, else the open table.
fn subject(state: &AppState) -> Option<(DataRef, ReadOptions)> {
    let failed = state.truth.dataset.problem.is_some();
    let attempt = state.results.data.reading.clone().filter(|_| failed);
    attempt.or_else(|| state.truth.data().map(|data| (data.from.clone(), data.options.clone())))
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
        Command::Retry(options) => {
            if let Some((from, _)) = subject(state) {
                return reopen(state, from, *options);
            }
        }
        Command::SetRole(column, role) => {
            set_role(state, &column, role);
            return relate(state);
        }
        Command::SetMissing(column, rule) => {
            match rule {
                Some(policy) => state.truth.missing.insert(column, policy),
                None => state.truth.missing.remove(&column),
            };
        }
        Command::SetWidth(column, width) => {
            match width {
                Some(width) => state.screen.data.widths.insert(column, width),
                None => state.screen.data.widths.remove(&column),
            };
        }
        Command::SetRagged(ragged) => {
            if let Some(data) = state.truth.data().filter(|data| data.options.ragged != ragged) {
                let (from, options) = (data.from.clone(), ReadOptions { ragged, ..data.options.clone() });
                return reopen(state, from, options);
            }
        }
        Command::Inspect(column) => {
            state.screen.data.inspected |= column.is_some();
            let place = state.truth.data().and_then(|data| {
                let columns = data.loaded.table.columns();
                columns.iter().position(|other| Some(&other.name) == column.as_ref())
            });
            if let (Some(_), None) = (place, state.screen.data.go_to) {
                state.screen.data.go_to = Some(GoTo { row: None, column: place });
            }
            state.screen.data.column = column;
            return relate(state);
        }
        Command::Export(path) => return export(state, path),
        Command::Back => back(state),
        Command::Find => return find(state),
        Command::Sort(column) => {
            let find_now = &mut state.screen.data.find;
            find_now.sort = match find_now.sort.take() {
                Some((name, false)) if name == column => Some((column, true)),
                Some((name, true)) if name == column => None,
                _ => Some((column, false)),
            };
            return find(state);
        }
        Command::SortBy(sort) => {
            state.screen.data.find.sort = sort;
            return find(state);
        }
        Command::ClearFilters => {
            let find_now = &mut state.screen.data.find;
            find_now.search.clear();
            find_now.filters.clear();
            find_now.set = None;
            return find(state);
        }
        Command::ForgetSet => {
            state.screen.data.find.set = None;
            return find(state);
        }
        Command::FocusSearch => state.screen.data.focus_search = true,
        Command::OpenSettings => {
            if let Some((_, options)) = subject(state) {
                let markers = options.missing.as_ref().map(|m| m.join(", ")).unwrap_or_default();
                state.screen.data.settings = Some(Settings { options, markers });
                return preview(state);
            }
        }
        Command::CloseSettings => {
            state.screen.data.settings = None;
            state.results.data.preview = Loadable::default();
            return vec![AppEffect::CancelSlot(Slot::Preview)];
        }
        Command::Preview => return preview(state),
        Command::ApplySettings => {
            if let (Some(settings), Some((from, _))) = (state.screen.data.settings.take(), subject(state)) {
                state.results.data.preview = Loadable::default();
                return reopen(state, from, settings.options);
            }
        }
        Command::ShowLine(line) => {
            if let Some(data) = state.truth.data().cloned() {
                let rows = state.results.data.rows();
                return vec![AppEffect::Data(Effect::Locate(data, line, rows))];
            }
        }
        Command::CloseExcerpt => state.results.data.excerpt = None,
        Command::CopyColumn(column) => {
            if let Some(data) = state.truth.data().cloned() {
                let rows = state.results.data.rows();
                return vec![AppEffect::Data(Effect::CopyColumn(data, column, rows))];
            }
        }
        Command::RequestPaste => return vec![AppEffect::Data(Effect::RequestPaste)],
        Command::Samples => {
            if !std::mem::replace(&mut state.results.data.samples_asked, true) {
                return vec![AppEffect::Data(Effect::Samples)];
            }
        }
    }
    Vec::new()
}

/// Leaves a failed attempt.
pub(super) fn back(state: &mut AppState) {
    state.truth.dataset.problem = None;
    state.results.data.reading = None;
    state.results.data.failed_at.clear();
    state.screen.data.settings = None;
}

/// The rows that the draft asks for: at once when it is all of them, else by a job. The rows found before stay shown
/// until then.
pub(super) fn find(state: &mut AppState) -> Vec<AppEffect> {
    let Some(data) = state.truth.data().cloned() else { return Vec::new() };
    let find = state.screen.data.find.clone();
    if find.is_open() {
        state.results.data.rows = None;
        state.screen.data.cursor = None;
        return vec![AppEffect::CancelSlot(Slot::Rows)];
    }
    if state.results.data.rows.as_ref().is_some_and(|(old, _)| *old == find) {
        return Vec::new();
    }
    vec![AppEffect::Data(Effect::Rows(data, find))]
}

/// How the inspected column goes together with the target, if that is not known.
pub(super) fn relate(state: &mut AppState) -> Vec<AppEffect> {
    let (Some(column), Some(data), Some(target)) =
        (state.screen.data.column.clone(), state.truth.data().cloned(), state.truth.target())
    else {
        return Vec::new();
    };
    let known = state.results.data.relation.as_ref().is_some_and(|(a, b, _)| *a == column && b == target);
    if column == target || known {
        return Vec::new();
    }
    vec![AppEffect::Data(Effect::Relate(data, column, target.to_owned()))]
}

fn preview(state: &mut AppState) -> Vec<AppEffect> {
    let (Some(settings), Some((from, _))) = (state.screen.data.settings.clone(), subject(state)) else {
        return Vec::new();
    };
    state.results.data.preview.begin();
    vec![AppEffect::Data(Effect::Preview(from, Box::new(settings.options)))]
}

fn export(state: &mut AppState, path: PathBuf) -> Vec<AppEffect> {
    let Some(data) = state.truth.data().cloned() else { return Vec::new() };
    let same = |open: &PathBuf| match (open.canonicalize(), path.canonicalize()) {
        (Ok(open), Ok(path)) => open == path,
        _ => *open == path,
    };
    if matches!(&data.from, DataRef::Path(open) if same(open)) {
        state.say(StatusKind::Failed, "That is the file that is open; save the rows under another name");
        return Vec::new();
    }
    let rows = state.results.data.rows();
    vec![AppEffect::Data(Effect::Export(data, rows, path))]
}

/// One column is the target at most.
fn set_role(state: &mut AppState, column: &str, role: Role) {
    let roles = &mut state.truth.roles;
    if role == Role::Target {
        roles.retain(|_, other| *other != Role::Target);
    }
    // said, though it may be what it would be anyway: a date or a text is a feature only when someone says so
    roles.insert(column.to_owned(), role);
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    if state.screen.data.settings.is_some() {
        return apply(state, Command::CloseSettings);
    }
    if state.truth.dataset.loading {
        return vec![AppEffect::CancelSlot(Slot::Read)];
    }
    if state.truth.dataset.problem.is_some() {
        back(state);
    } else if state.results.data.excerpt.take().is_none() {
        state.screen.data.column = None;
    }
    Vec::new()
}
