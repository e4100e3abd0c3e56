//! Fields: text, numbers, search, selects.

use eframe::egui::{
    Align2, Color32, CornerRadius, DragValue, EventFilter, Frame, Key, Margin, Modifiers, Popup,
    PopupCloseBehavior, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::{Weight, elided, focus_ring, format, hidden, paint_icon};
use crate::app::theme::{Icon, font, radius, shadow, size, space, text, tokens};

/// Paints the box of a field.
fn field_box(ui: &Ui, rect: Rect, wrong: bool, enabled: bool) {
    let t = tokens(ui);
    let (fill, border) = match (enabled, wrong) {
        (false, _) => (t.hover, Color32::TRANSPARENT),
        (true, true) => (t.surface, t.bad),
        (true, false) => (t.surface, t.stroke_control),
    };
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CONTROL),
        fill,
        Stroke::new(1.0, border),
        StrokeKind::Inside,
    );
}

/// A line of text. `wrong` is a sentence shown below when the text can't be used.
pub(crate) fn text_field(
    ui: &mut Ui,
    name: &str,
    value: &mut String,
    hint: &str,
    width: f32,
    wrong: Option<&str>,
) -> Response {
    if let Some(nothing) = hidden(ui, name) {
        return nothing;
    }
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    field_box(ui, rect, wrong.is_some(), ui.is_enabled());
    let edit = TextEdit::singleline(value)
        .hint_text(text(hint, font::body(), t.text_3))
        .frame(Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .margin(Margin::ZERO)
        .desired_width(f32::INFINITY);
    let response = put_edit(ui, name, rect.shrink2(vec2(space::S3, 2.0)), edit);
    name_text(ui, &response, Role::TextInput, name, value);
    ring(ui, &response, rect);
    match wrong {
        // beside others in a row there is no place below
        Some(wrong) if ui.layout().is_horizontal() => response.on_hover_text(wrong),
        Some(wrong) => {
            ui.label(text(wrong, font::small(), t.bad));
            response
        }
        None => response,
    }
}

/// A field to search with, with its icon and shortcut.
pub(crate) fn search_field(ui: &mut Ui, name: &str, value: &mut String, key: &str, width: f32) -> Response {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL_COMPACT), Sense::hover());
    field_box(ui, rect, false, ui.is_enabled());
    let icon_at = pos2(rect.left() + space::S4, rect.center().y);
    paint_icon(ui.painter(), icon_at, Icon::MAGNIFYING_GLASS, Weight::Regular, size::ICON, t.text_2);
    let mut inner = rect.shrink2(vec2(space::S2, 2.0));
    inner.min.x = rect.left() + space::S8;
    if value.is_empty() && !key.is_empty() {
        ui.painter().text(
            pos2(rect.right() - space::S2, rect.center().y),
            Align2::RIGHT_CENTER,
            key,
            font::mono_key(),
            t.text_3,
        );
    }
    let edit = TextEdit::singleline(value)
        .hint_text(text(name, font::body(), t.text_3))
        .frame(Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .margin(Margin::ZERO)
        .desired_width(f32::INFINITY);
    let response = put_edit(ui, name, inner, edit);
    name_text(ui, &response, Role::SearchInput, name, value);
    ring(ui, &response, rect);
    response
}

/// A line of text in the middle of a rectangle, whatever the height of other controls.
fn put_edit(ui: &mut Ui, name: &str, rect: Rect, edit: TextEdit<'_>) -> Response {
    let mut inner = ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect));
    inner.spacing_mut().interact_size = vec2(0.0, 0.0);
    inner.put(rect, edit)
}

fn name_text(ui: &Ui, response: &Response, role: Role, name: &str, value: &str) {
    let enabled = ui.is_enabled();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(role, enabled, name);
        info.current_text_value = Some(value.to_owned());
        info
    });
}

/// A field being edited always shows its ring, whoever moved the focus there.
fn ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let t = tokens(ui);
        ui.painter().rect_stroke(
            rect.expand(3.0),
            CornerRadius::same(radius::CONTROL + 3),
            Stroke::new(2.0, t.accent),
            StrokeKind::Inside,
        );
    }
}

/// A number to type or to drag, kept within `range`; `decimals` are shown when the number has more. Read aloud as
/// `name`.
pub(crate) fn number_field(
    ui: &mut Ui,
    name: &str,
    value: &mut f64,
    range: std::ops::RangeInclusive<f64>,
    step: f64,
    decimals: usize,
    width: f32,
) -> Response {
    if let Some(nothing) = hidden(ui, name) {
        return nothing;
    }
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL_COMPACT), Sense::hover());
    field_box(ui, rect, false, ui.is_enabled());
    let mut inner = ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect));
    let response = inner
        .scope(|ui| {
            let style = ui.style_mut();
            style.override_font_id = Some(font::mono_input());
            style.spacing.interact_size = vec2(0.0, size::CONTROL_COMPACT - 4.0);
            style.spacing.button_padding = vec2(space::S2, 0.0);
            let widgets = &mut style.visuals.widgets;
            for visuals in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                visuals.weak_bg_fill = Color32::TRANSPARENT;
                visuals.bg_fill = Color32::TRANSPARENT;
                visuals.bg_stroke = Stroke::NONE;
                visuals.fg_stroke.color = t.text;
            }
            let drag = DragValue::new(value)
                .range(range)
                .speed(step)
                .max_decimals(decimals)
                .custom_formatter(move |number, _| format::fixed(number, decimals))
                .custom_parser(parse_number);
            ui.put(rect.shrink(2.0), drag)
        })
        .inner;
    let shown = *value;
    let enabled = ui.is_enabled();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::SpinButton, enabled, name);
        info.value = Some(shown);
        info
    });
    ring(ui, &response, rect);
    response
}

/// A number as people type it: groups, a true minus or a decimal comma do not matter.
fn parse_number(typed: &str) -> Option<f64> {
    let text: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\u{2009}' && *c != '\u{202f}')
        .map(|c| if c == '\u{2212}' { '-' } else { c })
        .collect();
    let text = if text.contains('.') { text.replace(',', "") } else { text.replace(',', ".") };
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A whole number with buttons to step it down and up.
pub(crate) fn stepper(
    ui: &mut Ui,
    name: &str,
    value: &mut u64,
    range: std::ops::RangeInclusive<u64>,
    width: f32,
) {
    if hidden(ui, name).is_some() {
        return;
    }
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    field_box(ui, rect, false, ui.is_enabled());
    let side = size::CONTROL;
    let press = |ui: &mut Ui, at: f32, icon: Icon, label: &str, enabled: bool| {
        let place = Rect::from_min_size(pos2(at, rect.top()), vec2(side, side));
        let id = ui.scope_id().with((name, label));
        let response = ui.interact(place, id, if enabled { Sense::click() } else { Sense::hover() });
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, format!("{name}: {label}")));
        if response.hovered() && enabled {
            ui.painter().rect_filled(place.shrink(1.0), CornerRadius::same(radius::CONTROL), t.hover);
        }
        let color = if enabled { t.text_2 } else { t.disabled };
        paint_icon(ui.painter(), place.center(), icon, Weight::Regular, size::ICON_SEGMENT, color);
        focus_ring(ui, &response, radius::CONTROL);
        response.clicked()
    };
    let down = press(ui, rect.left(), Icon::MINUS, "less", *value > *range.start());
    let up = press(ui, rect.right() - side, Icon::PLUS, "more", *value < *range.end());
    for x in [rect.left() + side, rect.right() - side] {
        ui.painter().vline(x, rect.y_range().shrink(1.0), Stroke::new(1.0, t.stroke_strong));
    }
    if down {
        *value = value.saturating_sub(1).max(*range.start());
    }
    if up {
        *value = value.saturating_add(1).min(*range.end());
    }
    let inner =
        Rect::from_min_max(pos2(rect.left() + side, rect.top()), pos2(rect.right() - side, rect.bottom()));
    let response = ui
        .scope(|ui| {
            let style = ui.style_mut();
            style.override_font_id = Some(font::mono_input());
            style.spacing.button_padding = vec2(2.0, 0.0);
            style.spacing.interact_size = vec2(0.0, 0.0);
            let widgets = &mut style.visuals.widgets;
            for visuals in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                visuals.weak_bg_fill = Color32::TRANSPARENT;
                visuals.bg_stroke = Stroke::NONE;
            }
            ui.put(inner.shrink(2.0), DragValue::new(value).range(range.clone()).speed(0.1))
        })
        .inner;
    let (shown, enabled) = (*value as f64, ui.is_enabled());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::SpinButton, enabled, name);
        info.value = Some(shown);
        info
    });
    focus_ring(ui, &response, radius::TAG);
}

/// A field that opens a list; returns the place of what was chosen. Up and down arrow keys choose without opening.
/// Read aloud as `name` with the current choice as its value.
pub(crate) fn select(
    ui: &mut Ui,
    name: &str,
    icon: Option<Icon>,
    current: &str,
    options: &[&str],
    width: f32,
    height: f32,
) -> Option<usize> {
    if hidden(ui, name).is_some() {
        return None;
    }
    let t = tokens(ui);
    let enabled = ui.is_enabled();
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, enabled, name);
        info.current_text_value = Some(current.to_owned());
        info
    });
    field_box(ui, rect, false, enabled);
    let painter = ui.painter().with_clip_rect(rect.shrink2(vec2(2.0, 0.0)).intersect(ui.clip_rect()));
    let mut x = rect.left() + space::S3;
    if let Some(icon) = icon {
        paint_icon(
            &painter,
            pos2(x + size::ICON / 2.0, rect.center().y),
            icon,
            Weight::Regular,
            size::ICON,
            t.text_2,
        );
        x += size::ICON + space::S2;
    }
    let color = if enabled { t.text } else { t.text_3 };
    let room = rect.right() - space::S6 - x;
    let galley = elided(&painter, current.to_owned(), font::body(), color, room.max(1.0));
    painter.galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, color);
    let caret_at = pos2(rect.right() - space::S4, rect.center().y);
    paint_icon(&painter, caret_at, Icon::CARET_UP_DOWN, Weight::Regular, size::ICON_SEGMENT, t.text_2);
    focus_ring(ui, &response, radius::CONTROL);

    let mut chosen = None;
    let at = options.iter().position(|option| *option == current);
    if response.has_focus() && !Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response)) {
        // up and down choose here, and do not move the focus on
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let step = ui.input_mut(|input| {
            if input.consume_key(Modifiers::NONE, Key::ArrowDown) {
                1
            } else if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
                -1
            } else {
                0
            }
        });
        if step != 0 && !options.is_empty() {
            let next = at.map_or(0, |at| at.saturating_add_signed(step).min(options.len() - 1));
            chosen = (Some(next) != at).then_some(next);
        }
    }
    Popup::menu(&response)
        .width(width)
        .gap(space::S1)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .frame(
            Frame::new()
                .fill(t.surface)
                .stroke(Stroke::new(1.0, t.stroke))
                .corner_radius(CornerRadius::same(radius::CARD))
                .inner_margin(Margin::same(4))
                .shadow(shadow(&t)),
        )
        .accessible_name(name)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                ui.set_min_width(width - 8.0);
                for (place, option) in options.iter().enumerate() {
                    if menu_item(ui, None, option, "", Some(place) == at, true).clicked() {
                        chosen = Some(place);
                    }
                }
            });
        });
    chosen
}

/// A row of a menu: an icon, a label, a shortcut; marked when it is the current one.
pub(crate) fn menu_item(
    ui: &mut Ui,
    icon: Option<Icon>,
    label: &str,
    key: &str,
    current: bool,
    enabled: bool,
) -> Response {
    let t = tokens(ui);
    let label_galley = ui.painter().layout_no_wrap(label.to_owned(), font::body(), Color32::PLACEHOLDER);
    let key_galley = ui.painter().layout_no_wrap(key.to_owned(), font::mono_key(), t.text_3);
    let icon_width = if icon.is_some() { size::ICON + space::S2 } else { 0.0 };
    let needed = space::S2 * 3.0 + icon_width + label_galley.size().x + key_galley.size().x + size::ICON;
    let width = needed.max(ui.available_width().min(10_000.0));
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL_COMPACT), sense);
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, enabled, current, label));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        if response.hovered() && enabled || response.has_focus() {
            painter.rect_filled(rect, CornerRadius::same(radius::TAG), t.hover);
        }
        let mut x = rect.left() + space::S2;
        let y = rect.center().y;
        let color = if enabled { t.text } else { t.text_3 };
        if let Some(icon) = icon {
            paint_icon(painter, pos2(x + size::ICON / 2.0, y), icon, Weight::Regular, size::ICON, t.text_2);
            x += icon_width;
        }
        painter.galley(pos2(x, y - label_galley.size().y / 2.0), label_galley, color);
        let right = rect.right() - space::S2;
        if current {
            let at = pos2(right - size::ICON / 2.0, y);
            paint_icon(painter, at, Icon::CHECK, Weight::Bold, size::ICON_SEGMENT, t.accent);
        } else {
            painter.galley(
                pos2(right - key_galley.size().x, y - key_galley.size().y / 2.0),
                key_galley,
                t.text_3,
            );
        }
        focus_ring(ui, &response, radius::TAG);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::parse_number;

    #[test]
    fn numbers_are_taken_as_people_type_them() {
        for (typed, meant) in [
            ("1480", 1480.0),
            ("1\u{2009}480", 1480.0),
            ("\u{2212}4.0", -4.0),
            ("1,59", 1.59),
            ("1,480.5", 1480.5),
            (" 7 ", 7.0),
        ] {
            assert_eq!(parse_number(typed), Some(meant), "{typed}");
        }
        assert_eq!(parse_number("abc"), None);
        assert_eq!(parse_number("1e999"), None);
    }
}
