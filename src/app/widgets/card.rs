//! Cards, page heads, empty and error states.

use eframe::egui::{
    Align, Align2, CornerRadius, Frame, Label, Layout, Margin, Rect, Response, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, pos2, vec2,
};

use super::{Weight, icon_ui, paint_icon};
use crate::app::state::Problem;
use crate::app::theme::{Icon, font, hairline, radius, shadow, size, space, text, tokens};

/// The frame of a card, without padding.
pub(crate) fn card_frame(ui: &Ui) -> Frame {
    let t = tokens(ui);
    Frame::new().fill(t.surface).stroke(hairline(&t)).corner_radius(CornerRadius::same(radius::CARD))
}

/// The ground of a card whose place is known.
pub(crate) fn card_ground(ui: &Ui, rect: Rect) {
    let t = tokens(ui);
    let corner = CornerRadius::same(radius::CARD);
    ui.painter().rect(rect, corner, t.surface, hairline(&t), StrokeKind::Inside);
}

/// A card's place, with its ground painted: what is shown in it stays inside.
pub(crate) fn card_place(ui: &mut Ui, rect: Rect, salt: &str) -> Ui {
    card_ground(ui, rect);
    let mut child = ui.new_child(UiBuilder::new().id_salt(salt).max_rect(rect));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    child.spacing_mut().item_spacing = vec2(space::S2, 0.0);
    child
}

/// A card that fills the width it is given, with padding.
pub(crate) fn card<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    card_frame(ui)
        .inner_margin(Margin::same(16))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            add(ui)
        })
        .inner
}

/// The frame of a popup.
pub(crate) fn popup_frame(ui: &Ui) -> Frame {
    let t = tokens(ui);
    card_frame(ui).inner_margin(Margin::same(8)).shadow(shadow(&t))
}

/// The head of a card: a title on the left, what belongs to it on the right, a line below when `ruled`.
pub(crate) fn card_head(
    ui: &mut Ui,
    icon: Option<Icon>,
    title: &str,
    ruled: bool,
    right: impl FnOnce(&mut Ui),
) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CARD_HEAD), Sense::hover());
    let inner = rect.shrink2(vec2(space::S4, 0.0));
    let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    if let Some(icon) = icon {
        icon_ui(&mut row, icon, Weight::Regular, size::ICON, t.accent);
    }
    row.label(text(title, font::card_title(), t.text));
    row.with_layout(Layout::right_to_left(Align::Center), right);
    if ruled {
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(&t));
    }
}

/// The head of a page: title, what it is about, and its actions on the right.
pub(crate) fn page_head(ui: &mut Ui, compact: bool, title: &str, about: &str, right: impl FnOnce(&mut Ui)) {
    let t = tokens(ui);
    let height = if compact { size::PAGE_HEAD_COMPACT } else { size::PAGE_HEAD };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)));
    right(&mut row);
    let rest = Rect::from_min_max(rect.min, pos2(row.min_rect().left() - space::S4, rect.bottom()));
    let mut row = ui.new_child(UiBuilder::new().max_rect(rest).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = space::S3;
    row.label(text(title, font::title(), t.text));
    row.add(Label::new(text(about, font::body(), t.text_2)).truncate());
}

/// A horizontal hairline over the available width.
pub(crate) fn hairline_ui(ui: &mut Ui) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, hairline(&t));
}

/// The caption over a field.
pub(crate) fn field_label(ui: &mut Ui, label: &str) -> Response {
    let t = tokens(ui);
    ui.label(text(label, font::small_medium(), t.text_2))
}

/// A name on the left and its value on the right.
pub(crate) fn stat(ui: &mut Ui, name: &str, value: &str) {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::S6), Sense::hover());
    response.widget_info(|| {
        eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Label, true, format!("{name}: {value}"))
    });
    let painter = ui.painter().with_clip_rect(rect);
    painter.text(rect.left_center(), Align2::LEFT_CENTER, name, font::body(), t.text_2);
    painter.text(rect.right_center(), Align2::RIGHT_CENTER, value, font::mono(), t.text);
}

/// What stands where there is nothing yet: an icon, what will be here, and what to do.
pub(crate) fn empty_state<R>(
    ui: &mut Ui,
    icon: Icon,
    title: &str,
    explanation: &str,
    actions: impl FnOnce(&mut Ui) -> R,
) -> R {
    let t = tokens(ui);
    ui.vertical_centered(|ui| {
        let side = size::ICON_EMPTY + space::S6;
        let (rect, _) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
        ui.painter().rect_filled(rect, CornerRadius::same(radius::CARD), t.accent_tint);
        paint_icon(ui.painter(), rect.center(), icon, Weight::Regular, size::ICON_EMPTY, t.accent);
        ui.add_space(space::S2);
        ui.label(text(title, font::heading(), t.text));
        ui.add(Label::new(text(explanation, font::body(), t.text_2)).wrap());
        ui.add_space(space::S2);
        actions(ui)
    })
    .inner
}

/// What went wrong, where, and what to do; `actions` offers ways on.
pub(crate) fn problem_ui(ui: &mut Ui, problem: &Problem, actions: impl FnOnce(&mut Ui)) {
    let t = tokens(ui);
    card_frame(ui).stroke(Stroke::new(1.0, t.bad)).inner_margin(Margin::same(16)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            icon_ui(ui, Icon::X_CIRCLE, Weight::Fill, size::ICON_BANNER, t.bad);
            ui.add_space(space::S1);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = space::S1;
                ui.add(Label::new(text(&problem.title, font::heading(), t.text)).wrap());
                if !problem.detail.is_empty() {
                    ui.add(Label::new(text(&problem.detail, font::body(), t.text_2)).wrap());
                }
                ui.add_space(space::S1);
                ui.horizontal_wrapped(actions);
            });
        });
    });
}

/// Shows `add` in a rectangle of its own inside `ui`, clipped to it.
pub(crate) fn guarded_ui<R>(ui: &mut Ui, rect: Rect, salt: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    let mut child = ui.new_child(UiBuilder::new().id_salt(salt).max_rect(rect));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    add(&mut child)
}
