//! What can be done on the Train page, with its shortcuts.

use eframe::egui::{Key, Modifiers};

use super::{Command, Tab, plan, shown};
use crate::app::command::{Action, Command as AppCommand};
use crate::app::picker::Purpose;
use crate::app::state::AppState;
use crate::app::theme::Icon;

/// What can be done on this page.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    let ctrl = Modifiers::COMMAND;
    let truth = &state.truth;
    let version = shown(truth, &state.screen.train);
    let number = version.map_or(0, |version| version.entry.number);
    let none = "There is no model yet; train one first";
    let is_champion = truth.champion == Some(number);
    let train_reason = match plan::settings(truth, &state.screen.train) {
        _ if state.results.train.training.is_some() => Some("A model is being trained"),
        Ok(_) => None,
        Err(why) => Some(why.reason()),
    };
    let mut train = Action::new("Train", Icon::PLAY, Command::Train).keys(ctrl, Key::Enter);
    train.unavailable = train_reason;
    vec![
        train,
        Action::new("Cancel training", Icon::STOP, Command::Cancel)
            .when(state.results.train.training.is_some(), "Nothing is being trained"),
        Action::new("Save model", Icon::FLOPPY_DISK, AppCommand::Choose(Purpose::SaveModel(number)))
            .keys(ctrl, Key::S)
            .when(version.is_some(), none),
        Action::new("Open model…", Icon::FOLDER_OPEN, AppCommand::Choose(Purpose::OpenModel)),
        Action::new("Make champion", Icon::CROWN, Command::Champion(number))
            .keys(Modifiers::NONE, Key::C)
            .when(
                version.is_some() && !is_champion,
                if version.is_some() { "It is the champion already" } else { none },
            ),
        Action::new("Compare versions", Icon::ARROWS_LEFT_RIGHT, Command::Show(Tab::Compare))
            .when(truth.versions.len() > 1, "There is only one version, or none"),
        Action::new("Show learning curve", Icon::CHART_LINE_UP, Command::Show(Tab::Curve))
            .when(version.is_some(), none),
        Action::new("Show cross-validation", Icon::ROWS, Command::Show(Tab::Folds))
            .when(version.is_some(), none),
        Action::new("Show the same in Python", Icon::FILE_CODE, Command::Show(Tab::Python))
            .when(version.is_some(), none),
        Action::new("Save Python script…", Icon::FILE_CODE, AppCommand::Choose(Purpose::SaveScript(number)))
            .when(
                version.is_some_and(|version| version.report.is_some()),
                "This model has no training report",
            ),
        Action::new("Delete version", Icon::TRASH, Command::Delete(number))
            .keys(Modifiers::NONE, Key::Delete)
            .when(version.is_some(), none),
    ]
}
