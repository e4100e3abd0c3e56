//! The table: only what is seen is formatted and painted, however many rows and columns there are.

use std::ops::Range;

use eframe::egui::{
    Align2, CornerRadius, Event as InputEvent, EventFilter, Id, Key, Modifiers, Rect, Role, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use egui_table::{
    CellInfo, Column as GridColumn, HeaderCellInfo, HeaderRow, PrefetchInfo, TableDelegate, TableState,
};

use super::cells::{Shown, cell_text, plain_text};
use super::head::{Head, head_ui};
use super::parts::one_line;
use super::{Command, Cursor, Draft, GoTo, Results};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::pages::View;
use crate::app::state::{Dataset, Truth};
use crate::app::theme::{Icon, Tokens, font, radius, size, space, tokens};
use crate::app::widgets::{Button, Weight, elided, empty_state, focus_ring, format, paint_icon};
use crate::data::ColumnData;
use crate::workspace::Role as ColumnRole;

/// The width of a digit of the table's font.
const DIGIT: f32 = 7.2;
/// How many rows Page Up and Page Down move.
const PAGE: usize = 20;

/// The table of the rows that are shown.
pub(super) fn table_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    data: &Dataset,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let area = ui.max_rect();
    ui.painter().rect_filled(area, CornerRadius::ZERO, t.surface);
    let head_line = area.top() + size::DATA_HEAD - 0.5;
    ui.painter().hline(area.x_range(), head_line, Stroke::new(1.0, t.stroke_strong));
    let table = &data.loaded.table;
    let n = results.n_shown(table.n_rows());

    let response = ui.interact(area, ui.scope_id().with("grid"), Sense::focusable_noninteractive());
    response.widget_info(|| WidgetInfo::labeled(Role::Grid, true, format!("Table of {}", data.from.title())));
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
    let nothing_focused = ui.memory(|memory| memory.focused().is_none());
    if (response.has_focus() || nothing_focused) && !results.still_reading {
        keys(ui, results, data, n, draft, commands);
    }

    let digits = format::rows(table.n_rows()).chars().count().max(2);
    let gutter = space::S4 + digits as f32 * DIGIT + space::S2;
    let widths = widths(ui, view.truth, results, data, draft, area.width() - gutter);
    let mut columns = vec![GridColumn::new(gutter).resizable(false).id(Id::unique("row numbers"))];
    columns.extend(
        widths
            .iter()
            .enumerate()
            .map(|(at, width)| GridColumn::new(*width).resizable(false).id(Id::unique(("data column", at)))),
    );
    // the lines of the rows go on to the edge
    let rest = area.width() - gutter - widths.iter().sum::<f32>();
    if rest > 0.0 {
        columns.push(GridColumn::new(rest).resizable(false).id(Id::unique("rest of the row")));
    }
    let mut grid = egui_table::Table::new()
        .id_salt(("data table", data.from.title()))
        .num_rows(n as u64)
        .num_sticky_cols(1)
        .headers([HeaderRow::new(size::DATA_HEAD)])
        .columns(columns.clone());
    if let Some(go_to) = draft.go_to.take()
        && n > 0
    {
        if let Some(row) = go_to.row {
            grid = grid.scroll_to_row(row.min(n - 1) as u64, None);
        }
        if let Some(column) = go_to.column {
            grid = grid.scroll_to_column(column + 1, None);
        }
    }
    // the widths are this page's business: egui_table would measure every cell of every column once
    let id = grid.get_id(ui);
    let mut state = TableState::load(ui.ctx(), id).unwrap_or_default();
    state.col_widths =
        columns.iter().enumerate().map(|(at, column)| (column.id_for(at), column.current)).collect();
    state.store(ui.ctx(), id);
    let mut cells = Cells { t, view, results, data, draft, commands, rows: 0..0, pressed: None };
    grid.show(ui, &mut cells);
    if let Some(cursor) = cells.pressed {
        draft.cursor = Some(cursor);
        if let (Some(column), true) = (cursor.column, draft.column.is_some()) {
            commands.push(Command::Inspect(Some(table.columns()[column].name.clone())));
        }
        // letters and arrows are for the table from now on
        ui.memory_mut(|memory| {
            if let Some(focused) = memory.focused() {
                memory.surrender_focus(focused);
            }
        });
    }
    if n == 0 {
        nothing_ui(ui, data, area, commands);
    }
    focus_ring(ui, &response, radius::TAG);
}

/// What stands where no row is.
fn nothing_ui(ui: &mut Ui, data: &Dataset, area: Rect, commands: &mut Commands) {
    let mut below = area;
    below.min.y += size::DATA_HEAD + space::S8;
    let mut ui = ui.new_child(eframe::egui::UiBuilder::new().max_rect(below));
    if data.loaded.table.n_rows() == 0 {
        let said = "There is a header, and nothing below it.";
        empty_state(&mut ui, Icon::ROWS, "The file has no rows", said, |_| {});
        return;
    }
    let said = "No row fits the search and the filters together.";
    empty_state(&mut ui, Icon::FUNNEL_SIMPLE, "Every row is hidden", said, |ui| {
        if Button::secondary("Show every row").ui(ui).clicked() {
            commands.push(Command::ClearFilters);
        }
    });
}

/// How wide each column is: as its name and cells need, and a little more where there is room.
fn widths(ui: &Ui, truth: &Truth, results: &Results, data: &Dataset, draft: &Draft, room: f32) -> Vec<f32> {
    let columns = data.loaded.table.columns();
    let target = truth.target();
    let mut widths: Vec<f32> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            if let Some(width) = draft.widths.get(&column.name) {
                return width.clamp(size::COLUMN_NARROWEST, size::COLUMN_WIDEST);
            }
            let name = name_width(ui, &column.name);
            let marks = if target == Some(column.name.as_str()) { size::ICON + space::S1 } else { 0.0 };
            let cells = results.shown.get(at).map_or(0.0, |shown| shown.chars as f32 * DIGIT);
            // room for the mark of the order, so that sorting does not move columns
            let named = name.min(size::COLUMN_NAME_MAX) + marks + size::ICON;
            (named.max(cells) + space::S3 * 2.0).clamp(size::COLUMN_MIN, size::COLUMN_MAX).ceil()
        })
        .collect();
    let total: f32 = widths.iter().sum();
    if total < room && !widths.is_empty() {
        let more = ((room - total) / widths.len() as f32).floor().min(size::COLUMN_MIN / 2.0);
        for (width, column) in widths.iter_mut().zip(columns) {
            // what was dragged stays where it is
            if !draft.widths.contains_key(&column.name) {
                *width += more;
            }
        }
    }
    widths
}

fn name_width(ui: &Ui, name: &str) -> f32 {
    // no name is read further than this
    let name: String = name.chars().take(200).collect();
    let color = eframe::egui::Color32::PLACEHOLDER;
    ui.painter().layout_no_wrap(one_line(&name), font::card_title(), color).size().x
}

/// The width that shows a column's name and its cells in full, as far as a screen goes.
pub(super) fn fitting_width(ui: &Ui, name: &str, shown: Shown) -> f32 {
    let named = name_width(ui, name) + size::ICON * 2.0 + space::S1;
    let cells = shown.all_chars as f32 * DIGIT;
    (named.max(cells) + space::S3 * 2.0).clamp(size::COLUMN_MIN, size::COLUMN_WIDEST).ceil()
}

/// What the keyboard asks for while the table has it.
fn keys(ui: &Ui, results: &Results, data: &Dataset, n: usize, draft: &mut Draft, commands: &mut Commands) {
    let columns = data.loaded.table.columns();
    if columns.is_empty() {
        return;
    }
    let pressed = |modifiers: Modifiers, key: Key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let none = Modifiers::NONE;
    let control = Modifiers::COMMAND;
    let place = |name: &Option<String>| {
        columns.iter().position(|column| Some(column.name.as_str()) == name.as_deref())
    };
    let old = draft.cursor;
    let column_now = old.and_then(|cursor| cursor.column).or_else(|| place(&draft.column));
    let last_row = n.saturating_sub(1);
    let mut row = old.map(|cursor| cursor.row.min(last_row));
    let mut column = column_now;
    let mut moved = false;
    let mut to_row = |target: usize| {
        row = Some(target.min(last_row));
        moved = true;
    };
    let at = old.map(|cursor| cursor.row);
    if pressed(control, Key::Home) {
        to_row(0);
    } else if pressed(control, Key::End) {
        to_row(last_row);
    } else if pressed(none, Key::ArrowDown) {
        to_row(at.map_or(0, |row| row + 1));
    } else if pressed(none, Key::ArrowUp) {
        to_row(at.map_or(0, |row| row.saturating_sub(1)));
    } else if pressed(none, Key::PageDown) {
        to_row(at.map_or(PAGE, |row| row + PAGE));
    } else if pressed(none, Key::PageUp) {
        to_row(at.map_or(0, |row| row.saturating_sub(PAGE)));
    }
    let mut sideways = |target: usize| {
        column = Some(target.min(columns.len() - 1));
        moved = true;
    };
    let mut chose = true;
    if pressed(none, Key::ArrowRight) {
        sideways(column_now.map_or(0, |column| column + 1));
    } else if pressed(none, Key::ArrowLeft) {
        sideways(column_now.map_or(0, |column| column.saturating_sub(1)));
    } else if pressed(none, Key::Home) {
        sideways(0);
    } else if pressed(none, Key::End) {
        sideways(columns.len() - 1);
    } else {
        chose = false;
    }
    if moved {
        let cursor = Cursor { row: row.unwrap_or(0), column };
        draft.cursor = (n > 0).then_some(cursor);
        draft.go_to = Some(GoTo { row: row.map(|_| cursor.row), column });
    }
    // sideways chooses a column, as a click on its head does
    if let (true, Some(column)) = (chose, column) {
        commands.push(Command::Inspect(Some(columns[column].name.clone())));
    }
    let copies = ui.input(|input| input.events.iter().any(|event| matches!(event, InputEvent::Copy)))
        || pressed(control, Key::C);
    if let (true, Some(cursor)) = (copies, draft.cursor) {
        commands.push(AppCommand::Copy(copied(results, data, cursor)));
    }
}

/// F, T and I give the inspected column its role, wherever the focus is, while nothing is typed.
pub(super) fn role_keys(ui: &Ui, draft: &Draft, commands: &mut Commands) {
    let Some(name) = draft.column.as_ref().filter(|_| !ui.ctx().text_edit_focused()) else { return };
    for (key, role) in
        [(Key::F, ColumnRole::Feature), (Key::T, ColumnRole::Target), (Key::I, ColumnRole::Ignore)]
    {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            commands.push(Command::SetRole(name.clone(), role));
        }
    }
}

/// A cell, or a row with tabs between its cells, as a file has them.
fn copied(results: &Results, data: &Dataset, cursor: Cursor) -> String {
    let columns = data.loaded.table.columns();
    let row = results.row_at(cursor.row);
    if let Some(column) = cursor.column.and_then(|column| columns.get(column)) {
        return plain_text(column, row);
    }
    let cells: Vec<String> = columns.iter().map(|column| plain_text(column, row)).collect();
    cells.join("\t")
}

struct Cells<'a> {
    t: Tokens,
    view: View<'a>,
    results: &'a Results,
    data: &'a Dataset,
    draft: &'a Draft,
    commands: &'a mut Commands,
    rows: Range<u64>,
    pressed: Option<Cursor>,
}

impl TableDelegate for Cells<'_> {
    fn prepare(&mut self, info: &PrefetchInfo) {
        self.rows = info.visible_rows.clone();
    }

    fn default_row_height(&self) -> f32 {
        size::ROW
    }

    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        let rect = ui.max_rect();
        let Some(place) = cell.col_range.start.checked_sub(1) else {
            ui.painter().rect_filled(rect, CornerRadius::ZERO, self.t.surface);
            ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, self.t.stroke_strong));
            return;
        };
        let (Some(profile), Some(chart)) = (self.data.profiles.get(place), self.data.charts.get(place))
        else {
            ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, self.t.stroke_strong));
            return;
        };
        let find = &self.draft.find;
        let sorted = find.sort.as_ref().filter(|(name, _)| *name == profile.name);
        let head = Head {
            profile,
            chart,
            role: self.view.truth.role(&profile.name),
            inspected: self.draft.column.as_deref() == Some(profile.name.as_str()),
            sorted: sorted.map(|(_, descending)| *descending),
            filtered: find.filters.contains_key(&profile.name),
            still_reading: self.results.still_reading,
            fitting: self
                .results
                .shown
                .get(place)
                .map_or(size::COLUMN_MIN, |shown| fitting_width(ui, &profile.name, *shown)),
        };
        head_ui(ui, &head, self.commands);
    }

    fn row_ui(&mut self, ui: &mut Ui, row: u64) {
        let rect = ui.max_rect();
        let selected = self.draft.cursor.is_some_and(|cursor| cursor.row as u64 == row);
        if selected {
            ui.painter().rect_filled(rect, CornerRadius::ZERO, self.t.selected);
        } else if ui.rect_contains_pointer(rect) {
            ui.painter().rect_filled(rect, CornerRadius::ZERO, self.t.sunken);
        }
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, self.t.stroke));
    }

    fn cell_ui(&mut self, ui: &mut Ui, cell: &CellInfo) {
        let t = &self.t;
        let rect = ui.max_rect();
        let place = usize::try_from(cell.row_nr).unwrap_or(usize::MAX);
        let row = self.results.row_at(place);
        let column = cell.col_nr.checked_sub(1);
        let cursor = Cursor { row: place, column };
        if column.is_some_and(|at| at >= self.data.loaded.table.columns().len()) {
            return;
        }
        let sense = if self.results.still_reading { Sense::HOVER } else { Sense::CLICK };
        let response = ui.interact(rect, ui.scope_id().with("cell"), sense);
        if response.clicked() {
            self.pressed = Some(cursor);
        }
        let center = rect.center().y;
        let Some(at) = column else {
            let number = format::rows(row.saturating_add(1));
            response.widget_info(|| WidgetInfo::labeled(Role::RowHeader, true, format!("row {number}")));
            let at = pos2(rect.right() - space::S2, center);
            ui.painter().text(at, Align2::RIGHT_CENTER, number, font::mono_key(), t.text_3);
            return;
        };
        let Some(column) = self.data.loaded.table.columns().get(at) else { return };
        let decimals = self.results.shown.get(at).map_or(0, |shown| shown.decimals);
        let inspected = self.draft.column.as_deref() == Some(column.name.as_str());
        let painter = ui.painter();
        if inspected {
            let fill = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - 1.0));
            painter.rect_filled(fill, CornerRadius::ZERO, t.selected);
        }
        let text = cell_text(column, row, decimals);
        response.widget_info(|| {
            let value = text.as_deref().unwrap_or("missing");
            WidgetInfo::labeled(Role::Cell, true, format!("{}, row {}: {value}", column.name, row + 1))
        });
        let inner = rect.shrink2(vec2(space::S3, 0.0));
        let numeric = matches!(column.data, ColumnData::Number(_));
        match &text {
            None => {
                let word = painter.layout_no_wrap("missing".to_owned(), font::small(), t.warn);
                let width = word.size().x + size::ICON;
                let left = if numeric { inner.right() - width } else { inner.left() };
                let icon_at = pos2(left + size::ICON_SMALL / 2.0, center);
                paint_icon(painter, icon_at, Icon::WARNING, Weight::Fill, size::ICON_SMALL, t.warn);
                painter.galley(pos2(left + size::ICON, center - word.size().y / 2.0), word, t.warn);
            }
            Some(text) if numeric => {
                painter.text(pos2(inner.right(), center), Align2::RIGHT_CENTER, text, font::mono(), t.text);
            }
            Some(text) => {
                let mut left = inner.left();
                let (face, color) = match &column.data {
                    ColumnData::Date(_) => (font::mono(), t.text),
                    ColumnData::Boolean(coded) => {
                        let yes = coded.codes.get(row) == Some(&1);
                        if yes {
                            let at = pos2(left + size::ICON_SMALL / 2.0, center);
                            paint_icon(painter, at, Icon::CHECK, Weight::Bold, size::ICON_SMALL, t.accent);
                            left += size::ICON;
                        }
                        (font::body(), if yes { t.text } else { t.text_2 })
                    }
                    _ => (font::body(), t.text),
                };
                let galley = elided(painter, text.clone(), face, color, (inner.right() - left).max(1.0));
                let elided = galley.elided;
                painter.galley(pos2(left, center - galley.size().y / 2.0), galley, color);
                if elided && response.hovered() {
                    response.clone().on_hover_text(text);
                }
            }
        }
        if self.draft.cursor == Some(cursor) {
            ui.painter().rect_stroke(
                rect.shrink(1.0),
                CornerRadius::same(radius::TAG),
                Stroke::new(1.5, t.accent),
                StrokeKind::Inside,
            );
        }
    }
}
