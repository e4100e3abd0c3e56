//! Rows that another page asks to look at: a filter on exactly these, with a chip that says which they are and takes
//! the filter away; and a single row to go to.

use std::sync::Arc;

use eframe::egui::Ui;

use super::apply::find;
use super::{Command, Cursor, GoTo, apply};
use crate::app::command::Commands;
use crate::app::effect::Effect as AppEffect;
use crate::app::pages::PageId;
use crate::app::state::{AppState, StatusKind};
use crate::app::theme::Icon;
use crate::app::widgets::{Button, format};

/// Exactly these rows, and what they are.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct RowSet {
    /// What they are: "v1, residuals −40 to −30 on test rows".
    pub(crate) title: String,
    /// The same where room lacks: "residuals −40 to −30".
    pub(crate) short: String,
    /// Which, from 0, ascending.
    pub(crate) rows: Arc<Vec<u32>>,
}

impl RowSet {
    /// Those of `rows`, in their order, that are in the set.
    pub(super) fn keep(&self, rows: &mut Vec<u32>) {
        rows.retain(|row| self.rows.binary_search(row).is_ok());
    }

    /// What the chip says.
    fn label(&self) -> String {
        format!("{}: {}", self.title, format::plural(self.rows.len(), "row", "rows"))
    }
}

/// Goes to the Data page and shows exactly these rows there.
pub(crate) fn show_rows(state: &mut AppState, set: RowSet) -> Vec<AppEffect> {
    state.screen.page = PageId::Data;
    let said = format!("Showing {}", set.label());
    let find_now = &mut state.screen.data.find;
    // what was looked for before would hide some of them
    find_now.search.clear();
    find_now.filters.clear();
    find_now.set = Some(set);
    state.say(StatusKind::Done, said);
    find(state)
}

/// Goes to a row (from 0) on the Data page; filters that hide it are taken away.
pub(crate) fn go_to_row(state: &mut AppState, row: usize) -> Vec<AppEffect> {
    let Some(data) = state.truth.data() else { return Vec::new() };
    if row >= data.loaded.table.n_rows() {
        return Vec::new();
    }
    state.screen.page = PageId::Data;
    let mut effects = Vec::new();
    let place = match state.results.data.rows() {
        Some(rows) => rows.iter().position(|other| *other as usize == row),
        None => Some(row),
    };
    let place = place.unwrap_or_else(|| {
        state.screen.data.find.sort = None;
        effects = apply(state, Command::ClearFilters);
        row
    });
    state.screen.data.cursor = Some(Cursor { row: place, column: None });
    state.screen.data.go_to = Some(GoTo { row: Some(place), column: None });
    state.say(StatusKind::Done, format!("Row {} of the table", format::rows(row + 1)));
    effects
}

/// The chip that says which rows are shown; a click shows the others, too.
pub(super) fn chip_ui(ui: &mut Ui, set: &RowSet, narrow: bool, commands: &mut Commands) {
    let label = set.label();
    // where room lacks, the rest is told by the pointer and to a screen reader
    let shown = if narrow { &set.short } else { &label };
    let name = format!("Show every row, not only {label}");
    let chip = Button::secondary(shown).name(&name).icon(Icon::X);
    if chip.compact().ui(ui).on_hover_text(format!("{label}. A click shows every row")).clicked() {
        commands.push(Command::ForgetSet);
    }
}
