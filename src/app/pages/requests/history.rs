//! What was sent before, to be seen again and compared.

use eframe::egui::{
    Align, Align2, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::response::status_sign;
use super::{Command, Draft, Results};
use crate::app::command::Commands;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{
    Button, Weight, elided, focus_ring, format, icon_button, paint_icon, search_field,
};

/// The list.
pub(super) fn history_ui(ui: &mut Ui, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let whole = ui.max_rect();
    let bar = Rect::from_min_max(whole.min, pos2(whole.right(), whole.top() + size::CARD_HEAD));
    let mut head = ui.new_child(
        UiBuilder::new()
            .max_rect(bar.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    head.label(text("History", font::card_title(), t.text));
    head.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let label = if draft.history_of_all { "all requests" } else { "this request" };
        let name =
            if draft.history_of_all { "History of this request only" } else { "History of all requests" };
        if Button::ghost(label).name(name).small().ui(ui).clicked() {
            draft.history_of_all = !draft.history_of_all;
            commands.push(Command::FindHistory);
        }
        let width = (ui.available_width() - space::S2).min(size::SEARCH_COMPACT);
        if width > 90.0
            && search_field(ui, "Search the history", &mut draft.history_search, "", width).changed()
        {
            commands.push(Command::FindHistory);
        }
    });
    let list = Rect::from_min_max(pos2(whole.left(), bar.bottom()), whole.max);
    let mut area = ui.new_child(UiBuilder::new().id_salt("entries").max_rect(list));
    area.set_clip_rect(list);
    area.spacing_mut().item_spacing.y = 0.0;
    if results.history.is_empty() {
        area.horizontal(|ui| {
            ui.add_space(space::S4);
            let said = if draft.history_search.is_empty() {
                "Nothing was sent yet"
            } else {
                "Nothing of that was sent"
            };
            ui.label(text(said, font::small(), t.text_3));
        });
        return;
    }
    let entries = results.history.clone();
    let shown = results.answer.as_ref().and_then(|answer| answer.id);
    ScrollArea::vertical().id_salt("history list").auto_shrink(false).show_rows(
        &mut area,
        size::ROW,
        entries.len(),
        |ui, rows| {
            for entry in &entries[rows] {
                let selected = shown == Some(entry.id);
                let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
                let can_compare = shown.is_some() && !selected;
                let right =
                    if can_compare { rect.right() - size::CONTROL_COMPACT - space::S4 } else { rect.right() };
                let place = Rect::from_min_max(rect.min, pos2(right, rect.bottom()));
                let response = ui.interact(place, ui.scope_id().with(("entry", entry.id)), Sense::click());
                let time = format::time_of_day(entry.at_unix_millis);
                let said = match entry.status {
                    Some(status) => format!("{status} {}", entry.outcome),
                    None => entry.outcome.clone(),
                };
                let spoken = format!("{time}, {said}");
                response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, &spoken));
                let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
                if selected {
                    painter.rect_filled(rect, 0.0, t.selected);
                } else if response.hovered() {
                    painter.rect_filled(rect, 0.0, t.hover);
                }
                let y = rect.center().y;
                let mut x = rect.left() + space::S4;
                painter.text(pos2(x, y), Align2::LEFT_CENTER, &time, font::mono(), t.text_2);
                x += 72.0;
                let (tone, icon) = status_sign(entry.status);
                let (color, _) = tone.colors(&t);
                paint_icon(&painter, pos2(x + 7.0, y), icon, Weight::Fill, size::ICON_SEGMENT, color);
                x += space::S6;
                let took =
                    if entry.total_secs > 0.0 { format::duration(entry.total_secs) } else { String::new() };
                let numbers = painter.text(
                    pos2(right - space::S4, y),
                    Align2::RIGHT_CENTER,
                    took,
                    font::mono(),
                    t.text,
                );
                let name = if draft.history_of_all { format!("{said}   {}", entry.name) } else { said };
                let galley =
                    elided(&painter, name, font::small(), color, (numbers.left() - x - space::S2).max(20.0));
                painter.galley(pos2(x, y - galley.size().y / 2.0), galley, color);
                focus_ring(ui, &response, 4);
                if response.clicked() {
                    commands.push(Command::ShowEntry(entry.id));
                }
                if can_compare {
                    let place = Rect::from_center_size(
                        pos2(rect.right() - space::S4 - size::CONTROL_COMPACT / 2.0, y),
                        vec2(size::CONTROL_COMPACT, size::CONTROL_COMPACT),
                    );
                    let mut button =
                        ui.new_child(UiBuilder::new().id_salt(("compare", entry.id)).max_rect(place));
                    if icon_button(&mut button, Icon::GIT_DIFF, &format!("Compare with the answer of {time}"))
                        .clicked()
                    {
                        commands.push(Command::Compare(entry.id));
                    }
                }
            }
        },
    );
}
