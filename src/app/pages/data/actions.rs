//! What can be done on the Data page, with its shortcuts.

use eframe::egui::{Key, Modifiers};

use super::Command;
use super::excerpt::ragged_choices;
use super::failure_ways::ways;
use crate::app::command::{Action, Command as AppCommand};
use crate::app::picker::Purpose;
use crate::app::state::AppState;
use crate::app::theme::Icon;
use crate::data::samples;
use crate::workspace::{DataRef, Role};

/// What can be done on this page.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    let data = state.truth.data();
    let (open, none) = (data.is_some(), "No table is open");
    let ctrl = Modifiers::COMMAND;
    let failed = state.truth.dataset.problem.is_some();
    let settings = state.screen.data.settings.is_some();
    let mut actions = vec![
        Action::new("Find in the table", Icon::MAGNIFYING_GLASS, Command::FocusSearch)
            .keys(ctrl, Key::F)
            .when(open, none),
        Action::new("Save the rows shown…", Icon::EXPORT, AppCommand::Choose(Purpose::ExportData))
            .keys(ctrl, Key::S)
            .when(open, none),
        Action::new("How it was read", Icon::SLIDERS_HORIZONTAL, Command::OpenSettings)
            .keys(ctrl, Key::R)
            .when(open || state.results.data.reading.is_some(), none),
        Action::new("Read again with these settings", Icon::CHECK, Command::ApplySettings)
            .keys(ctrl, Key::Enter)
            .when(settings, "The read settings are not open"),
        Action::new("Clear filters", Icon::X, Command::ClearFilters)
            .when(!state.screen.data.find.hides_nothing(), "No row is hidden"),
        Action::new("Paste a table", Icon::CLIPBOARD_TEXT, Command::RequestPaste).keys(ctrl, Key::V),
    ];
    if let (Some(problem), false) = (&state.truth.dataset.problem, settings) {
        for way in ways(&state.results.data, problem) {
            let Some(key) = way.key else { continue };
            actions.push(Action::new(way.title, way.icon, way.command).keys(Modifiers::NONE, key));
        }
    }
    if let (Some(choices), false) = (ragged_choices(state), failed || settings) {
        for (key, choice) in choices {
            let action = Action::new(choice.label, choice.icon, choice.command);
            actions.push(action.keys(Modifiers::NONE, key));
        }
    }
    if let (Some(column), false) = (&state.screen.data.column, failed || settings) {
        for (key, word, icon, role) in [
            (Key::F, "feature", Icon::ARROW_RIGHT, Role::Feature),
            (Key::T, "target", Icon::TARGET, Role::Target),
            (Key::I, "ignored", Icon::PROHIBIT, Role::Ignore),
        ] {
            let label = format!("Make {column} {}{word}", if role == Role::Target { "the " } else { "" });
            let label = if role == Role::Feature { format!("Make {column} a feature") } else { label };
            actions.push(
                Action::new(label, icon, Command::SetRole(column.clone(), role)).keys(Modifiers::NONE, key),
            );
        }
    }
    if let (Some(column), false) = (&state.screen.data.column, failed || settings) {
        for (icon, word, sort) in [
            (Icon::SORT_ASCENDING, "smallest first", Some((column.clone(), false))),
            (Icon::SORT_DESCENDING, "largest first", Some((column.clone(), true))),
            (Icon::ROWS, "as in the file", None),
        ] {
            let label = format!("Sort by {column}: {word}");
            actions.push(Action::new(label, icon, Command::SortBy(sort)));
        }
    }
    for (at, sample) in samples::all().iter().enumerate() {
        let command = AppCommand::Open(DataRef::Sample(sample.name.to_owned()));
        let mut action = Action::new(format!("Open sample: {}", sample.title), Icon::FLASK, command);
        if at == 0 && !open && !failed && !state.truth.dataset.loading {
            action = action.keys(Modifiers::NONE, Key::Enter);
        }
        actions.push(action);
    }
    for from in &state.screen.recent {
        let label = format!("Open recent: {}", from.title());
        actions.push(Action::new(label, Icon::CLOCK, AppCommand::Open(from.clone())));
    }
    actions
}
