//! Choosing one of a few, or yes and no.

use eframe::egui::{
    Align2, Color32, CornerRadius, EventFilter, Key, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::{Weight, focus_ring, hidden, paint_icon, spot};
use crate::app::theme::{Icon, font, radius, size, space, tokens};
use crate::app::words::say;

/// One of the choices of [`segmented`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a, T> {
    /// What it stands for.
    pub(crate) value: T,
    /// Its label, also its accessible name.
    pub(crate) label: &'a str,
    /// An icon in front.
    pub(crate) icon: Option<Icon>,
}

impl<'a, T> Segment<'a, T> {
    /// A choice without an icon.
    pub(crate) const fn new(value: T, label: &'a str) -> Self {
        Self { value, label, icon: None }
    }

    /// A choice with an icon.
    pub(crate) const fn with_icon(value: T, label: &'a str, icon: Icon) -> Self {
        Self { value, label, icon: Some(icon) }
    }
}

/// A row of choices of which one holds; left and right arrow keys move. `width` spreads them evenly. `group` names
/// the choice for screen readers. Returns whether the choice changed.
pub(crate) fn segmented<T: Copy + PartialEq>(
    ui: &mut Ui,
    group: &str,
    current: &mut T,
    segments: &[Segment<'_, T>],
    height: f32,
    width: Option<f32>,
) -> bool {
    if hidden(ui, group).is_some() {
        return false;
    }
    let t = tokens(ui);
    let label_font = if height < size::CONTROL_COMPACT { font::small_medium() } else { font::label() };
    let before = *current;
    let widths: Vec<f32> = segments
        .iter()
        .map(|segment| {
            let galley = ui.painter().layout_no_wrap(segment.label.to_owned(), label_font.clone(), t.text);
            galley.size().x + segment.icon.map_or(0.0, |_| size::ICON_SEGMENT + space::S1) + 20.0
        })
        .collect();
    let natural: f32 = widths.iter().sum();
    let total = width.unwrap_or(natural + 4.0).max(1.0);
    let (rect, outer) = ui.allocate_exact_size(vec2(total, height), Sense::hover());
    outer.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, group));
    let enabled = ui.is_enabled();
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CONTROL),
        t.sunken,
        Stroke::new(1.0, t.stroke_strong),
        StrokeKind::Inside,
    );
    let mut x = rect.left() + 2.0;
    let stretch = (total - 4.0) / natural;
    let mut responses = Vec::with_capacity(segments.len());
    for (segment, width) in segments.iter().zip(&widths) {
        let place = Rect::from_min_size(pos2(x, rect.top() + 2.0), vec2(width * stretch, height - 4.0));
        x += width * stretch;
        let id = outer.id.with(segment.label);
        let response = ui.interact(place, id, if enabled { Sense::click() } else { Sense::hover() });
        let chosen = *current == segment.value;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, chosen, segment.label));
        spot(ui, segment.label, place);
        if response.clicked() {
            *current = segment.value;
        }
        responses.push((place, response));
    }
    if let Some(at) = responses.iter().position(|(_, response)| response.has_focus()) {
        // left and right choose here, and do not move the focus on
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(responses[at].1.id, filter));
        let step = ui.input_mut(|input| {
            use eframe::egui::Modifiers;
            if input.consume_key(Modifiers::NONE, Key::ArrowRight) {
                1
            } else if input.consume_key(Modifiers::NONE, Key::ArrowLeft) {
                -1
            } else {
                0
            }
        });
        let next = at.saturating_add_signed(step).min(segments.len() - 1);
        if step != 0 && next != at {
            *current = segments[next].value;
            responses[next].1.request_focus();
        }
    }
    for (segment, (place, response)) in segments.iter().zip(&responses) {
        let chosen = *current == segment.value;
        let painter = ui.painter();
        if chosen {
            painter.rect(
                *place,
                CornerRadius::same(radius::TAG),
                t.surface,
                Stroke::new(1.0, t.stroke_control),
                StrokeKind::Inside,
            );
        } else if response.hovered() {
            painter.rect_filled(*place, CornerRadius::same(radius::TAG), t.hover);
        }
        let color = if !enabled {
            t.text_3
        } else if chosen || response.hovered() {
            t.text
        } else {
            t.text_2
        };
        let galley = painter.layout_no_wrap(segment.label.to_owned(), label_font.clone(), color);
        let icon_width = segment.icon.map_or(0.0, |_| size::ICON_SEGMENT + space::S1);
        let mut x = place.center().x - f32::midpoint(galley.size().x, icon_width);
        if let Some(icon) = segment.icon {
            let at = pos2(x + size::ICON_SEGMENT / 2.0, place.center().y);
            let color = if chosen { t.accent } else { color };
            paint_icon(painter, at, icon, Weight::Regular, size::ICON_SEGMENT, color);
            x += icon_width;
        }
        painter.galley(pos2(x, place.center().y - galley.size().y / 2.0), galley, color);
        focus_ring(ui, response, radius::TAG);
    }
    *current != before
}

/// A check box with its label.
pub(crate) fn check(ui: &mut Ui, on: &mut bool, label: &str) -> Response {
    if let Some(nothing) = hidden(ui, label) {
        return nothing;
    }
    let t = tokens(ui);
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font::body(), t.text);
    let width = (size::CHECK + space::S2 + galley.size().x).min(ui.available_width().max(size::CHECK));
    let (rect, mut response) = ui.allocate_exact_size(vec2(width, space::S6), Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, *on, label));
    let mark = Rect::from_center_size(
        pos2(rect.left() + size::CHECK / 2.0, rect.center().y),
        vec2(size::CHECK, size::CHECK),
    );
    let painter = ui.painter().with_clip_rect(rect.expand(4.0).intersect(ui.clip_rect()));
    let corner = CornerRadius::same(radius::TAG);
    if *on {
        painter.rect_filled(mark, corner, if enabled { t.accent } else { t.disabled });
        paint_icon(&painter, mark.center(), Icon::CHECK, Weight::Bold, size::ICON_SMALL, t.on_accent);
    } else {
        let border = if response.hovered() { t.text_2 } else { t.stroke_control };
        painter.rect(mark, corner, t.surface, Stroke::new(1.0, border), StrokeKind::Inside);
    }
    let color = if !enabled {
        t.text_3
    } else if *on {
        t.text
    } else {
        t.text_2
    };
    painter.text(
        pos2(mark.right() + space::S2, rect.center().y),
        Align2::LEFT_CENTER,
        label,
        font::body(),
        color,
    );
    focus_ring(ui, &response, radius::TAG);
    response
}

/// One row of a list of which one holds: a radio mark, a label, and what to say of it on the right.
pub(crate) fn radio_row(ui: &mut Ui, chosen: bool, enabled: bool, label: &str, about: &str) -> Response {
    if let Some(nothing) = hidden(ui, label) {
        return nothing;
    }
    let t = tokens(ui);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let color = if enabled { t.text } else { t.text_3 };
    let about = ui.painter().layout_no_wrap(about.to_owned(), font::small(), t.text_3);
    // where there is little room a label takes more lines
    let left = space::S2 + size::CHECK + space::S2;
    let width = (ui.available_width() - left - space::S2 - about.size().x).max(40.0);
    let font = if chosen { font::label() } else { font::body() };
    let said = ui.painter().layout(label.to_owned(), font, color, width);
    let height = size::NAV_ITEM.max(said.size().y + space::S2);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), sense);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, chosen, label));
    spot(ui, label, rect);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if chosen {
        painter.rect_filled(rect, CornerRadius::ZERO, t.selected);
    } else if response.hovered() && enabled {
        painter.rect_filled(rect, CornerRadius::ZERO, t.hover);
    }
    let at = pos2(rect.left() + space::S2 + size::CHECK / 2.0, rect.center().y);
    let half = size::CHECK / 2.0;
    if chosen {
        painter.circle(at, half - 2.0, t.surface, Stroke::new(4.0, t.accent));
    } else {
        let border = if enabled { t.stroke_control } else { t.disabled };
        painter.circle(at, half - 0.5, t.surface, Stroke::new(1.0, border));
    }
    painter.galley(pos2(rect.left() + left, at.y - said.size().y / 2.0), said, color);
    let place = pos2(rect.right() - space::S2 - about.size().x, at.y - about.size().y / 2.0);
    painter.galley(place, about, t.text_3);
    focus_ring(ui, &response, radius::TAG);
    response
}

/// A switch, read aloud as `name`.
pub(crate) fn switch(ui: &mut Ui, on: &mut bool, name: &str) -> Response {
    if let Some(nothing) = hidden(ui, name) {
        return nothing;
    }
    let t = tokens(ui);
    let (rect, mut response) = ui.allocate_exact_size(vec2(28.0, space::S6), Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Switch, enabled, *on, name));
    let track = Rect::from_center_size(rect.center(), vec2(28.0, size::CHECK));
    let (fill, border) =
        if *on { (t.accent, Color32::TRANSPARENT) } else { (t.stroke_strong, t.stroke_control) };
    ui.painter().rect(track, CornerRadius::same(8), fill, Stroke::new(1.0, border), StrokeKind::Inside);
    let x = if *on { track.right() - 8.0 } else { track.left() + 8.0 };
    ui.painter().circle_filled(pos2(x, track.center().y), 5.5, t.surface);
    focus_ring(ui, &response, radius::CARD);
    response
}

/// Something to do, and whether it is done: ticked by what is true, so that it can't be clicked.
pub(crate) fn task_line(ui: &mut Ui, said: &str, is_done: bool, font: eframe::egui::FontId) {
    let t = tokens(ui);
    let color = if is_done { t.text_2 } else { t.text };
    let indent = size::ICON + space::S2;
    let galley = ui.painter().layout(said.to_owned(), font, color, ui.available_width() - indent);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y), Sense::hover());
    let spoken = format!("{said}: {}", say(if is_done { "done" } else { "to do" }));
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &spoken));
    let at = pos2(rect.left() + size::ICON / 2.0, rect.top() + 10.0);
    let (icon, weight, sign) = if is_done {
        (Icon::CHECK_CIRCLE, Weight::Fill, t.good)
    } else {
        (Icon::CIRCLE, Weight::Regular, t.stroke_control)
    };
    paint_icon(ui.painter(), at, icon, weight, size::ICON, sign);
    ui.painter().galley(pos2(rect.left() + indent, rect.top()), galley, color);
}
