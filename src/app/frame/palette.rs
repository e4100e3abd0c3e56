//! The command list: every action, found by a few letters.

use eframe::egui::{
    Align2, Area, CornerRadius, Id, Key, Modal, Modifiers, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2,
    vec2,
};

use super::top_bar::popup_frame;
use crate::app::command::{Action, Command, Commands, keys_text};
use crate::app::state::AppState;
use crate::app::theme::{font, radius, size, space, text, tokens};
use crate::app::widgets::{Weight, hairline_ui, paint_icon, text_field};

/// The actions that fit what was typed, best first: every word must occur; a label that begins with the text is better
/// than one that holds it.
pub(crate) fn found<'a>(actions: &'a [Action], query: &str) -> Vec<&'a Action> {
    let query = query.trim().to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut found: Vec<(u8, &Action)> = actions
        .iter()
        .filter_map(|action| {
            let label = action.label.to_lowercase();
            if !words.iter().all(|word| label.contains(word)) {
                return None;
            }
            let starts = |part: &str| words.first().is_some_and(|word| part.starts_with(word));
            let rank = if label.starts_with(&query) {
                0
            } else if label.split(|c: char| !c.is_alphanumeric()).any(starts) {
                1
            } else {
                2
            };
            Some((rank, action))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, action)| action).collect()
}

/// Shows the list while it is open.
pub(crate) fn palette_ui(ui: &mut Ui, state: &mut AppState, actions: &[Action], commands: &mut Commands) {
    let Some(palette) = &mut state.screen.palette else { return };
    let t = tokens(ui);
    let id = Id::unique("command list");
    let area =
        Area::new(id).anchor(Align2::CENTER_TOP, vec2(0.0, 96.0)).order(eframe::egui::Order::Foreground);
    let modal = Modal::new(id)
        .area(area.sense(Sense::hover()).interactable(true))
        .frame(popup_frame(ui))
        .show(ui.ctx(), |ui| {
            ui.set_width(520.0_f32.min(ui.ctx().content_rect().width() - 64.0));
            ui.spacing_mut().item_spacing.y = space::S1;
            let width = ui.available_width();
            let before = palette.query.clone();
            let field =
                text_field(ui, "Command", &mut palette.query, "Type what you want to do", width, None);
            field.request_focus();
            if palette.query != before {
                palette.at = 0;
            }
            let found = found(actions, &palette.query);
            let (up, down, enter) = ui.input_mut(|input| {
                (
                    input.consume_key(Modifiers::NONE, Key::ArrowUp),
                    input.consume_key(Modifiers::NONE, Key::ArrowDown),
                    input.key_pressed(Key::Enter),
                )
            });
            let last = found.len().saturating_sub(1);
            if up {
                palette.at = palette.at.saturating_sub(1);
            }
            if down {
                palette.at = (palette.at + 1).min(last);
            }
            palette.at = palette.at.min(last);
            hairline_ui(ui);
            if found.is_empty() {
                ui.label(text("Nothing fits; try another word", font::body(), t.text_2));
            }
            let mut chosen = if enter { found.get(palette.at).copied() } else { None };
            ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for (at, action) in found.iter().enumerate() {
                    let response = row_ui(ui, action, at == palette.at);
                    if (up || down) && at == palette.at {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        chosen = Some(action);
                    }
                }
            });
            chosen.cloned()
        });
    let close = modal.should_close();
    if let Some(action) = modal.inner {
        if action.unavailable.is_none() {
            state.screen.palette = None;
            commands.push(action.command);
        }
    } else if close {
        commands.push(Command::Escape);
    }
}

fn row_ui(ui: &mut Ui, action: &Action, marked: bool) -> eframe::egui::Response {
    let t = tokens(ui);
    let enabled = action.unavailable.is_none();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, enabled, marked, &action.label));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        if marked {
            painter.rect_filled(rect, CornerRadius::same(radius::CONTROL), t.selected);
        } else if response.hovered() {
            painter.rect_filled(rect, CornerRadius::same(radius::CONTROL), t.hover);
        }
        let y = rect.center().y;
        let color = if enabled { t.text } else { t.text_3 };
        paint_icon(
            painter,
            pos2(rect.left() + space::S4, y),
            action.icon,
            Weight::Regular,
            size::ICON,
            t.text_2,
        );
        painter.text(
            pos2(rect.left() + space::S8, y),
            Align2::LEFT_CENTER,
            &action.label,
            font::body(),
            color,
        );
        let right = match (action.unavailable, action.keys) {
            (Some(why), _) => (why.to_owned(), font::small()),
            (None, Some(keys)) => (keys_text(keys), font::mono_key()),
            (None, None) => return response,
        };
        painter.text(pos2(rect.right() - space::S2, y), Align2::RIGHT_CENTER, right.0, right.1, t.text_3);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::theme::Icon;

    #[test]
    fn a_few_letters_find_an_action_and_beginnings_come_first() {
        let actions: Vec<Action> = ["Open sample: Digits", "Theme: dark", "Go to Data", "Open CSV…"]
            .iter()
            .map(|label| Action::new(*label, Icon::CHECK, Command::Undo))
            .collect();
        let labels = |query: &str| {
            found(&actions, query).iter().map(|action| action.label.clone()).collect::<Vec<_>>()
        };
        assert_eq!(labels("dig"), ["Open sample: Digits"]);
        assert_eq!(labels("open csv"), ["Open CSV…"]);
        assert_eq!(labels("da"), ["Theme: dark", "Go to Data"]);
        assert_eq!(labels("").len(), 4);
        assert!(labels("nothing like it").is_empty());
    }
}
