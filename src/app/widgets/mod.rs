//! The few shared widgets. Each has an accessible name, a keyboard way and a focus ring, and takes its colours and
//! sizes from the theme.

mod button;
mod card;
mod chart;
mod choice;
mod field;
pub(crate) mod format;
mod slider;
mod terms;

pub(crate) use button::{Button, icon_button};
pub(crate) use card::{
    card, card_frame, card_ground, card_head, card_place, empty_state, field_label, guarded_ui, hairline_ui,
    page_head, popup_frame, problem_ui, stat,
};
pub(crate) use chart::{Bars, bars, meter, nice_step, progress_bar, round_up, spinner};
pub(crate) use choice::{Segment, check, radio_row, segmented, switch, task_line};
pub(crate) use field::{menu_item, number_field, search_field, select, stepper, text_field};
pub(crate) use slider::{slider, slider_from_zero};
pub(crate) use terms::{meaning_ui, termed, termed_job};

use std::collections::BTreeSet;
use std::sync::Arc;

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align2, Color32, Context, CornerRadius, FontId, Galley, Id, Painter, Pos2, Rect, Response, Role, Sense,
    Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::theme::{Icon, Tokens, font, radius, size, space, tokens};

/// The weights icons come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Outlined: the default.
    Regular,
    /// Strong outline: what is active.
    Bold,
    /// Filled: states.
    Fill,
}

/// Paints an icon with its centre at `at`. It is a picture, not a label: screen readers do not see it.
pub(crate) fn paint_icon(
    painter: &Painter,
    at: Pos2,
    icon: Icon,
    weight: Weight,
    points: f32,
    color: Color32,
) {
    let family = match weight {
        Weight::Regular => font::icons(),
        Weight::Bold => font::icons_bold(),
        Weight::Fill => font::icons_fill(),
    };
    painter.text(at, Align2::CENTER_CENTER, icon.glyph(), FontId::new(points, family), color);
}

/// A text in one line, cut off with an ellipsis where it is wider than `width`.
pub(crate) fn elided(
    painter: &Painter,
    what: impl Into<String>,
    font: FontId,
    color: Color32,
    width: f32,
) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(what.into(), font, color);
    // a galley without room shows its first letter
    job.wrap.max_width = width.max(8.0);
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    painter.layout_job(job)
}

/// Small text at a place, [`elided`]; where it stands.
pub(crate) fn clipped(
    painter: &Painter,
    at: Pos2,
    align: Align2,
    what: &str,
    width: f32,
    color: Color32,
) -> Rect {
    let galley = elided(painter, what, font::small(), color, width);
    let rect = align.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}

/// An icon in the flow of a layout.
pub(crate) fn icon_ui(ui: &mut Ui, icon: Icon, weight: Weight, points: f32, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(points, points), Sense::hover());
    paint_icon(ui.painter(), rect.center(), icon, weight, points, color);
    response
}

fn keyboard_id() -> Id {
    Id::unique("the keyboard moves the focus")
}

/// Notes whether the keyboard or the pointer was used last: rings around the focus are for the keyboard. Call once
/// a frame.
pub(crate) fn watch_focus(ctx: &Context) {
    let (keyboard, pointer) = ctx.input(|input| {
        use eframe::egui::Key;
        let keys = [Key::Tab, Key::F6, Key::ArrowUp, Key::ArrowDown, Key::ArrowLeft, Key::ArrowRight];
        (keys.iter().any(|key| input.key_pressed(*key)), input.pointer.any_pressed())
    });
    if keyboard || pointer {
        ctx.data_mut(|data| data.insert_temp(keyboard_id(), keyboard));
    }
}

/// A ring around what has the focus, when it came there by the keyboard.
pub(crate) fn focus_ring(ui: &Ui, response: &Response, corner: u8) {
    if response.has_focus() && ui.data(|data| data.get_temp(keyboard_id()).unwrap_or(false)) {
        let t = tokens(ui);
        ui.painter().rect_stroke(
            response.rect.expand(3.0),
            CornerRadius::same(corner.saturating_add(3)),
            Stroke::new(2.0, t.accent),
            StrokeKind::Inside,
        );
    }
}

/// Brings what has got the focus by the keyboard into view; call at the end of what a scrolled area holds.
pub(crate) fn follow_focus(ui: &Ui) {
    if !ui.data(|data| data.get_temp(keyboard_id()).unwrap_or(false)) {
        return;
    }
    let focused = ui.memory(eframe::egui::Memory::focused).and_then(|id| ui.ctx().read_response(id));
    let held =
        eframe::egui::Rect::from_x_y_ranges(ui.clip_rect().x_range(), ui.min_rect().y_range()).expand(1.0);
    if let Some(response) = focused
        && response.gained_focus()
        && held.contains_rect(response.rect)
    {
        ui.scroll_to_rect(response.rect.expand(4.0), None);
    }
}

/// What a tag or chip says of a state, always with a word and an icon beside the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "a set to choose from")]
pub(crate) enum Tone {
    /// Nothing to say.
    Neutral,
    /// What the program points at.
    Accent,
    /// Selected, filled with the accent.
    Solid,
    /// Done, passed.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// News.
    Info,
}

impl Tone {
    /// Foreground and background.
    pub(crate) fn colors(self, t: &Tokens) -> (Color32, Color32) {
        match self {
            Self::Neutral => (t.text_2, t.hover),
            Self::Accent => (t.accent, t.accent_tint),
            Self::Solid => (t.on_accent, t.accent),
            Self::Good => (t.good, t.good_tint),
            Self::Warn => (t.warn, t.warn_tint),
            Self::Bad => (t.bad, t.bad_tint),
            Self::Info => (t.info, t.info_tint),
        }
    }
}

/// A small labelled patch: a type, a state.
pub(crate) fn tag(ui: &mut Ui, tone: Tone, icon: Option<(Icon, Weight)>, text: &str) -> Response {
    let (foreground, background) = tone.colors(&tokens(ui));
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font::small_medium(), foreground);
    let icon_width = if icon.is_some() { size::ICON_SMALL + space::S1 } else { 0.0 };
    let width = galley.size().x + icon_width + space::S2 * 2.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::TAG), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(radius::TAG), background);
    let mut x = rect.left() + space::S2;
    if let Some((icon, weight)) = icon {
        let at = pos2(x + size::ICON_SMALL / 2.0, rect.center().y);
        paint_icon(painter, at, icon, weight, size::ICON_SMALL, foreground);
        x += icon_width;
    }
    painter.galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, foreground);
    response
}

fn hidden_id() -> Id {
    Id::unique("what the scenario hides")
}

/// From now on the controls of these accessible names are not shown.
pub(crate) fn hide(ctx: &Context, names: Option<&BTreeSet<String>>) {
    let is_known = ctx.data(|data| {
        let known: Option<Arc<BTreeSet<String>>> = data.get_temp(hidden_id()).flatten();
        known.as_deref() == names
    });
    if !is_known {
        let names: Option<Arc<BTreeSet<String>>> = names.map(|names| Arc::new(names.clone()));
        ctx.data_mut(|data| data.insert_temp(hidden_id(), names));
    }
}

/// A place without anything, where the control of that name is not to be shown.
pub(crate) fn hidden(ui: &mut Ui, name: &str) -> Option<Response> {
    let names: Option<Arc<BTreeSet<String>>> = ui.ctx().data(|data| data.get_temp(hidden_id())).flatten();
    names?.contains(name).then(|| ui.allocate_exact_size(Vec2::ZERO, Sense::hover()).1)
}

fn spot_id() -> Id {
    Id::unique("what the lesson points to")
}

/// From now on the control of that accessible name is pointed to; none, if there is no name.
pub(crate) fn point_to(ctx: &Context, name: Option<&str>) {
    let name: Option<Arc<str>> = name.map(Arc::from);
    ctx.data_mut(|data| {
        let before: Option<Arc<str>> = data.get_temp(spot_id()).flatten();
        if before != name {
            data.insert_temp(spot_id().with("unseen"), name.is_some());
            data.insert_temp(spot_id(), name);
        }
    });
}

/// Draws a ring around a control that the lesson points to.
pub(crate) fn spot(ui: &Ui, name: &str, rect: Rect) {
    let wanted: Option<Arc<str>> = ui.ctx().data(|data| data.get_temp(spot_id())).flatten();
    if wanted.as_deref() != Some(name) {
        return;
    }
    // it comes into view once; after that whoever scrolls is free
    let unseen = spot_id().with("unseen");
    if ui.ctx().data(|data| data.get_temp(unseen)) == Some(true) {
        ui.ctx().data_mut(|data| data.insert_temp(unseen, false));
        if !ui.clip_rect().contains_rect(rect) {
            ui.scroll_to_rect(rect, Some(eframe::egui::Align::Center));
        }
    }
    let t = tokens(ui);
    let corner = CornerRadius::same(radius::CONTROL + 3);
    let painter = ui.painter().with_clip_rect(ui.clip_rect().expand(space::S1));
    painter.rect_stroke(rect.expand(3.0), corner, Stroke::new(2.0, t.warn), StrokeKind::Outside);
}
