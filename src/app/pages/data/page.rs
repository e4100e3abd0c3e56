//! What the Data page shows.

use eframe::egui::Ui;

use super::{Draft, Results};
use crate::app::command::{Command, Commands};
use crate::app::pages::View;
use crate::app::widgets::{Button, page_head};
use crate::data::samples;
use crate::workspace::DataRef;

/// The page.
pub(crate) fn data_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    _results: &Results,
    _draft: &mut Draft,
    commands: &mut Commands,
) {
    page_head(ui, view.compact, "Data", "Nothing loaded yet", |_| {});
    for sample in samples::all() {
        if Button::secondary(sample.title).ui(ui).clicked() {
            commands.push(Command::Open(DataRef::Sample(sample.name.to_owned())));
        }
    }
}
