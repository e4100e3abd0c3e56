//! The status line: what just happened, and the size of what is open.

use eframe::egui::{
    Align, Label, Layout, Popup, PopupCloseBehavior, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2,
};

use super::top_bar::popup_frame;
use crate::app::command::{Command, Commands};
use crate::app::pages::PageId;
use crate::app::state::{AppState, StatusKind};
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Button, Weight, focus_ring, format, icon_ui, paint_icon};

/// The line.
pub(crate) fn status_ui(ui: &mut Ui, state: &AppState, commands: &mut Commands) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, hairline(&t));
    let inner = rect.shrink2(vec2(space::S4, 0.0));
    let mut right =
        ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
    right.spacing_mut().item_spacing.x = space::S4;
    if let Some(status) = &state.screen.status {
        let time = format::time_of_day(status.at_unix_millis);
        right.label(text(time, font::small(), t.text_3)).on_hover_text("When this happened");
    }
    if matches!(state.screen.page, PageId::Serve | PageId::Requests) && state.results.serve.live().is_some() {
        served_ui(&mut right, state);
    } else if let Some(data) = state.truth.data() {
        let columns = data.loaded.table.columns().len();
        right.label(text(format::plural(columns, "column", "columns"), font::small(), t.text_2));
        right.label(text(format::plural(data.loaded.table.n_rows(), "row", "rows"), font::small(), t.text_2));
    } else {
        right.label(text("0 rows", font::small(), t.text_2));
    }
    if !state.screen.log.is_empty() {
        log_ui(&mut right, state, commands);
    }
    let mut left_rect = inner;
    left_rect.max.x = right.min_rect().left() - space::S4;
    let mut left =
        ui.new_child(UiBuilder::new().max_rect(left_rect).layout(Layout::left_to_right(Align::Center)));
    left.spacing_mut().item_spacing.x = space::S3;
    let (icon, weight, color, said) = match &state.screen.status {
        Some(status) => {
            let (icon, weight, color) = match status.kind {
                StatusKind::Done => (Icon::CHECK, Weight::Regular, t.good),
                StatusKind::Note => (Icon::INFO, Weight::Regular, t.info),
                StatusKind::Failed => (Icon::X_CIRCLE, Weight::Fill, t.bad),
            };
            (icon, weight, color, status.text.as_str())
        }
        None => (Icon::CHECK, Weight::Regular, t.good, "Ready"),
    };
    icon_ui(&mut left, icon, weight, size::ICON_SEGMENT, color);
    left.add(Label::new(text(said, font::small(), t.text_2)).truncate()).on_hover_text(said);
}

/// What the running server has answered.
fn served_ui(ui: &mut Ui, state: &AppState) {
    let t = tokens(ui);
    let log = &state.results.serve.log;
    if let Some(millis) = log.p95() {
        ui.label(text(format!("p95 {} ms", format::millis(millis)), font::small(), t.text_2)).on_hover_text(
            "95 % of the requests in the list took no longer, from the first byte to the last on the server",
        );
    }
    let total = usize::try_from(log.total).unwrap_or(usize::MAX);
    ui.label(text(format::plural(total, "request", "requests"), font::small(), t.text_2));
}

/// Everything that went wrong, to read and to copy.
fn log_ui(ui: &mut Ui, state: &AppState, commands: &mut Commands) {
    let t = tokens(ui);
    let n = state.screen.log.len();
    let label = format::plural(n, "problem so far", "problems so far");
    let galley = ui.painter().layout_no_wrap(label.clone(), font::small(), t.text_2);
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x + size::ICON, size::STATUS - 4.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let at = rect.left_center() + vec2(size::ICON_SMALL / 2.0, 0.0);
    paint_icon(ui.painter(), at, Icon::LIST, Weight::Regular, size::ICON_SMALL, t.text_2);
    let at = rect.left_center() + vec2(size::ICON, -galley.size().y / 2.0);
    ui.painter().galley(at, galley, t.text_2);
    focus_ring(ui, &response, 4);
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .frame(popup_frame(ui))
        .accessible_name("Problems so far")
        .show(|ui| {
            ui.set_width(520.0);
            eframe::egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                for entry in state.screen.log.iter().rev() {
                    ui.horizontal_top(|ui| {
                        ui.label(text(format::time_of_day(entry.at_unix_millis), font::mono(), t.text_3));
                        ui.add(Label::new(text(&entry.text, font::body(), t.text)).wrap());
                    });
                }
            });
            if Button::secondary("Copy all").icon(Icon::COPY).small().ui(ui).clicked() {
                let lines: Vec<String> = state
                    .screen
                    .log
                    .iter()
                    .map(|entry| format!("{} {}", format::date_time(entry.at_unix_millis), entry.text))
                    .collect();
                commands.push(Command::Copy(lines.join("\n")));
            }
        });
}
