//! The first rows of a file, read as the settings being changed say.

use eframe::egui::{
    Align2, CornerRadius, Label, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::Results;
use super::cells::{cell_text, shown};
use super::jobs::PREVIEW_ROWS;
use super::parts::kind_sign;
use crate::app::pages::View;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Tone, Weight, format, paint_icon, problem_ui, spinner, tag};
use crate::data::{ColumnData, Loaded};

/// The width of a column.
const COLUMN: f32 = 128.0;
/// The height of the heads: name and kind.
const HEAD: f32 = 48.0;
/// The height of the line above.
const NOTE: f32 = 44.0;

/// The preview.
pub(super) fn preview_ui(ui: &mut Ui, view: View<'_>, results: &Results) {
    let t = tokens(ui);
    let area = ui.max_rect();
    ui.painter().rect_filled(area, CornerRadius::ZERO, t.surface);
    let padding = if view.compact { space::S4 } else { space::S6 };
    let note = Rect::from_min_size(area.min, vec2(area.width(), NOTE)).shrink2(vec2(padding, 0.0));
    let layout = eframe::egui::Layout::left_to_right(eframe::egui::Align::Center);
    ui.scope_builder(eframe::egui::UiBuilder::new().max_rect(note).layout(layout), |ui| {
        tag(ui, Tone::Info, Some((Icon::EYE, Weight::Regular)), "Preview");
        let said = match &results.preview.value {
            Some(loaded) => format!(
                "the first {} of {}, not applied yet",
                format::plural(loaded.table.n_rows(), "row", "rows"),
                format::bytes(loaded.n_bytes)
            ),
            None => format!("the first {PREVIEW_ROWS} rows"),
        };
        ui.add(Label::new(text(said, font::body(), t.text_2)).truncate());
        if results.preview.loading {
            spinner(ui, size::ICON_SEGMENT);
        }
    });
    let mut rest = area;
    rest.min.y += NOTE;
    ui.painter().hline(area.x_range(), rest.top() + 0.5, hairline(&t));
    let mut ui = ui.new_child(eframe::egui::UiBuilder::new().id_salt("preview rows").max_rect(rest));
    ui.set_clip_rect(rest.intersect(ui.clip_rect()));
    if let Some(problem) = &results.preview.problem {
        let mut inner = ui.new_child(eframe::egui::UiBuilder::new().max_rect(rest.shrink(padding)));
        problem_ui(&mut inner, problem, |_| {});
        return;
    }
    if let Some(loaded) = &results.preview.value {
        rows_ui(&mut ui, loaded, padding);
    }
}

fn rows_ui(ui: &mut Ui, loaded: &Loaded, padding: f32) {
    let t = tokens(ui);
    let columns = loaded.table.columns();
    let n = loaded.table.n_rows();
    let whole = vec2(
        padding * 2.0 + COLUMN * columns.len() as f32,
        HEAD + size::ROW * n as f32 + space::S6 * (loaded.warnings.len().min(3) as f32 + 1.0),
    );
    ScrollArea::both().auto_shrink([false, false]).show_viewport(ui, |ui, viewport| {
        let (rect, _) = ui.allocate_exact_size(whole, Sense::hover());
        let first = ((viewport.left() - padding) / COLUMN).floor().max(0.0) as usize;
        let last = ((viewport.right() - padding) / COLUMN).ceil().max(0.0) as usize;
        let seen = last.saturating_sub(first);
        for (at, column) in columns.iter().enumerate().skip(first).take(seen) {
            let left = rect.left() + padding + COLUMN * at as f32;
            let painter = ui.painter();
            let place = |row: usize| {
                let top = rect.top() + HEAD + size::ROW * row as f32;
                Rect::from_min_size(pos2(left, top), vec2(COLUMN, size::ROW))
            };
            let head = Rect::from_min_size(pos2(left, rect.top()), vec2(COLUMN, HEAD));
            let clipped = painter.with_clip_rect(head.shrink2(vec2(4.0, 0.0)).intersect(ui.clip_rect()));
            let (icon, word) = kind_sign(column.kind());
            let name_at = head.left_top() + vec2(space::S2, 16.0);
            clipped.text(name_at, Align2::LEFT_CENTER, &column.name, font::card_title(), t.text);
            let kind_at = head.left_top() + vec2(space::S2, 34.0);
            paint_icon(&clipped, kind_at + vec2(6.0, 0.0), icon, Weight::Regular, size::ICON_SMALL, t.text_3);
            clipped.text(kind_at + vec2(size::ICON, 0.0), Align2::LEFT_CENTER, word, font::small(), t.text_2);
            let response = ui.interact(head, ui.scope_id().with(("preview head", at)), Sense::hover());
            response.widget_info(|| {
                WidgetInfo::labeled(Role::ColumnHeader, true, format!("Preview of {}: {word}", column.name))
            });
            let decimals = shown(column).decimals;
            let numeric = matches!(column.data, ColumnData::Number(_));
            for row in 0..n {
                let cell = place(row).shrink2(vec2(space::S2, 0.0));
                let clipped = ui.painter().with_clip_rect(cell.intersect(ui.clip_rect()));
                let text = cell_text(column, row, decimals);
                let (said, face, color) = match &text {
                    None => ("missing", font::small(), t.warn),
                    Some(text) if numeric => (text.as_str(), font::mono(), t.text),
                    Some(text) => (text.as_str(), font::body(), t.text),
                };
                let (at, align) = if numeric {
                    (cell.right_center(), Align2::RIGHT_CENTER)
                } else {
                    (cell.left_center(), Align2::LEFT_CENTER)
                };
                clipped.text(at, align, said, face, color);
            }
        }
        let line = |y: f32, color| ui.painter().hline(rect.x_range(), y - 0.5, Stroke::new(1.0, color));
        line(rect.top() + HEAD, t.stroke_strong);
        for row in 1..=n {
            line(rect.top() + HEAD + size::ROW * row as f32, t.stroke);
        }
        // what is odd about them
        let mut at = pos2(rect.left() + padding, rect.top() + HEAD + size::ROW * n as f32 + space::S6);
        for warning in loaded.warnings.iter().take(3) {
            let said = format!("line {}: {}", format::count(warning.line), warning.message);
            let icon_at = at + vec2(size::ICON_SMALL / 2.0, 0.0);
            paint_icon(ui.painter(), icon_at, Icon::WARNING, Weight::Fill, size::ICON_SMALL, t.warn);
            ui.painter().text(at + vec2(size::ICON, 0.0), Align2::LEFT_CENTER, said, font::small(), t.text_2);
            at.y += space::S6;
        }
    });
}
