//! The first rows of the predicted file, as a table; a click on a row loads it into the controls.

use eframe::egui::{Align2, CornerRadius, Id, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_table::{CellInfo, Column as GridColumn, HeaderCellInfo, HeaderRow, TableDelegate};

use super::Command;
use crate::app::command::Commands;
use crate::app::theme::{Tokens, font, hairline, size, space};
use crate::app::widgets::{focus_ring, format};
use crate::data::date::format_iso;
use crate::data::{Column, ColumnData, Table};

/// How wide a column of the result is at the least and at the most.
const COLUMN: f32 = 88.0;
const COLUMN_MAX: f32 = 180.0;

/// The first rows of the output, the predictions tinted.
pub(super) fn table_ui(
    ui: &mut Ui,
    t: Tokens,
    table: &Table,
    prediction: &str,
    target: &str,
    loads: bool,
    commands: &mut Commands,
) {
    // the prediction stands first: it is what one looks for, also among many columns
    let mut order: Vec<usize> = (0..table.columns().len()).collect();
    order.sort_by_key(|at| table.columns()[*at].name != prediction);
    let columns: Vec<GridColumn> = order
        .iter()
        .map(|at| {
            let name = &table.columns()[*at].name;
            let galley = ui.painter().layout_no_wrap(name.clone(), font::small_medium(), t.text_2);
            let width = (galley.size().x + space::S3 + space::S2).clamp(COLUMN, COLUMN_MAX).ceil();
            GridColumn::new(width).resizable(false).id(Id::unique(("result column", *at)))
        })
        .collect();
    // where the file holds the target, too, the two must not be called the same
    let target = if table.column(target).is_some() { "predicted" } else { target };
    let mut cells = Cells { t, table, order, prediction, target, loads, pressed: None };
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    egui_table::Table::new()
        .id_salt("result table")
        .num_rows(table.n_rows() as u64)
        .num_sticky_cols(1)
        .headers([HeaderRow::new(size::TABLE_HEAD)])
        .columns(columns)
        .show(ui, &mut cells);
    if let Some(row) = cells.pressed {
        commands.push(Command::Load(row));
    }
}

struct Cells<'a> {
    t: Tokens,
    table: &'a Table,
    order: Vec<usize>,
    prediction: &'a str,
    target: &'a str,
    loads: bool,
    pressed: Option<usize>,
}

impl Cells<'_> {
    fn column(&self, at: usize) -> Option<&Column> {
        self.table.columns().get(*self.order.get(at)?)
    }
}

fn is_number(column: &Column) -> bool {
    matches!(column.data, ColumnData::Number(_))
}

fn cell_text(column: &Column, row: usize, digits: i32) -> String {
    if column.is_missing(row) {
        return "missing".to_owned();
    }
    match &column.data {
        ColumnData::Number(values) => format::number(values[row], digits),
        ColumnData::Date(values) => format_iso(values[row]).trim_end_matches("T00:00:00").to_owned(),
        ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => {
            c.get(row).unwrap_or("").to_owned()
        }
    }
}

impl TableDelegate for Cells<'_> {
    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        let t = self.t;
        let Some(column) = self.column(cell.col_range.start) else { return };
        let rect = ui.max_rect();
        let is_prediction = column.name == self.prediction;
        ui.painter().rect_filled(
            rect,
            CornerRadius::ZERO,
            if is_prediction { t.accent_tint } else { t.surface },
        );
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_strong));
        let name = if is_prediction { self.target.to_owned() } else { column.name.clone() };
        let (at, align) = if is_number(column) {
            (pos2(rect.right() - space::S2, rect.center().y), Align2::RIGHT_CENTER)
        } else {
            (pos2(rect.left() + space::S3, rect.center().y), Align2::LEFT_CENTER)
        };
        let color = if is_prediction { t.accent } else { t.text_2 };
        ui.painter().with_clip_rect(rect).text(at, align, &name, font::small_medium(), color);
        let response = ui.interact(rect, ui.scope_id().with(("head", cell.col_range.start)), Sense::hover());
        let spoken = if is_prediction { format!("{name}, predicted") } else { name };
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &spoken));
        response.on_hover_text(spoken);
    }

    fn cell_ui(&mut self, ui: &mut Ui, cell: &CellInfo) {
        let t = self.t;
        let row = usize::try_from(cell.row_nr).unwrap_or(usize::MAX);
        let Some(column) = self.column(cell.col_nr) else { return };
        let rect = ui.max_rect();
        let is_prediction = column.name == self.prediction;
        let number = is_number(column);
        let text = cell_text(column, row, if is_prediction { 4 } else { 6 });
        ui.painter().rect_filled(
            rect,
            CornerRadius::ZERO,
            if is_prediction { t.accent_tint } else { t.surface },
        );
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(&t));
        let (at, align) = if number {
            (pos2(rect.right() - space::S2, rect.center().y), Align2::RIGHT_CENTER)
        } else {
            (pos2(rect.left() + space::S3, rect.center().y), Align2::LEFT_CENTER)
        };
        let missing = column.is_missing(row);
        let color = if missing { t.warn } else { t.text };
        let font = if number && !missing { font::mono() } else { font::small() };
        ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())).text(at, align, &text, font, color);
        // one stop for the keyboard a row; a click counts anywhere in it
        let sense = match (self.loads, is_prediction) {
            (false, _) => Sense::hover(),
            (true, true) => Sense::click(),
            (true, false) => Sense::CLICK,
        };
        let response = ui.interact(rect, ui.scope_id().with(("cell", row, cell.col_nr)), sense);
        if is_prediction && self.loads {
            let name = format!("Load row {}: {text}", format::rows(row + 1));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            focus_ring(ui, &response, 0);
        } else {
            response.widget_info(|| WidgetInfo::labeled(Role::Cell, true, &text));
        }
        if response.clicked() {
            self.pressed = Some(row);
        }
    }

    fn default_row_height(&self) -> f32 {
        size::ROW
    }
}
