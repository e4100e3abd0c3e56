//! What the Train page shows.

use eframe::egui::Ui;

use super::{Draft, Results};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::widgets::page_head;

/// The page.
pub(crate) fn train_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    _results: &Results,
    _draft: &mut Draft,
    _commands: &mut Commands,
) {
    page_head(ui, view.compact, "Train", "", |_| {});
}
