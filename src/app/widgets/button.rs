//! Buttons.

use eframe::egui::{
    Color32, CornerRadius, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{Weight, focus_ring, hidden, paint_icon, spot};
use crate::app::theme::{Icon, font, radius, size, space, tokens};
use crate::app::words::say;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primary,
    Secondary,
    Danger,
    Ghost,
}

/// A button with an optional icon and shortcut. Its accessible name is its label.
#[derive(Debug)]
#[must_use = "a button is shown by `ui`"]
pub(crate) struct Button<'a> {
    kind: Kind,
    label: &'a str,
    name: Option<&'a str>,
    icon: Option<(Icon, Weight)>,
    trailing: Option<Icon>,
    key: Option<String>,
    enabled: bool,
    why_not: Option<&'a str>,
    height: f32,
    width: Option<f32>,
    lesson: bool,
}

impl<'a> Button<'a> {
    fn new(kind: Kind, label: &'a str) -> Self {
        Self {
            kind,
            label,
            name: None,
            icon: None,
            trailing: None,
            key: None,
            enabled: true,
            why_not: None,
            height: size::CONTROL,
            width: None,
            lesson: false,
        }
    }

    /// The one thing to do in a region.
    pub(crate) fn primary(label: &'a str) -> Self {
        Self::new(Kind::Primary, label)
    }

    /// Anything else.
    pub(crate) fn secondary(label: &'a str) -> Self {
        Self::new(Kind::Secondary, label)
    }

    /// What ends something that others rely on.
    pub(crate) fn danger(label: &'a str) -> Self {
        Self::new(Kind::Danger, label)
    }

    /// What must not draw the eye.
    pub(crate) fn ghost(label: &'a str) -> Self {
        Self::new(Kind::Ghost, label)
    }

    /// An accessible name that says more than the label, where the same label stands more than once.
    pub(crate) fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// An icon in front.
    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some((icon, Weight::Regular));
        self
    }

    /// A filled icon in front.
    pub(crate) fn icon_fill(mut self, icon: Icon) -> Self {
        self.icon = Some((icon, Weight::Fill));
        self
    }

    /// An icon behind the label.
    pub(crate) fn trailing(mut self, icon: Icon) -> Self {
        self.trailing = Some(icon);
        self
    }

    /// The shortcut that does the same.
    pub(crate) fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into()).filter(|key| !key.is_empty());
        self
    }

    /// Disabled unless `enabled`; `why_not` is shown on hover then.
    pub(crate) fn enabled(mut self, enabled: bool, why_not: &'a str) -> Self {
        self.enabled = enabled;
        self.why_not = (!enabled).then_some(why_not);
        self
    }

    /// 28 points high.
    pub(crate) fn compact(mut self) -> Self {
        self.height = size::CONTROL_COMPACT;
        self
    }

    /// 24 points high.
    pub(crate) fn small(mut self) -> Self {
        self.height = size::CONTROL_SMALL;
        self
    }

    /// Exactly this wide, with the label in the middle.
    pub(crate) fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Belongs to the lesson, and is labelled in its language.
    pub(crate) fn lesson(mut self) -> Self {
        self.lesson = true;
        self
    }

    /// Shows it.
    pub(crate) fn ui(self, ui: &mut Ui) -> Response {
        if let Some(nothing) = hidden(ui, self.name.unwrap_or(self.label)) {
            return nothing;
        }
        let t = tokens(ui);
        let enabled = self.enabled && ui.is_enabled();
        let label_font =
            if self.height < size::CONTROL_COMPACT { font::small_medium() } else { font::label() };
        let icon_size = if self.height < size::CONTROL_COMPACT { size::ICON_SEGMENT } else { size::ICON };
        let label = if self.lesson { say(self.label) } else { self.label.to_owned() };
        let galley = ui.painter().layout_no_wrap(label.clone(), label_font, Color32::PLACEHOLDER);
        let key =
            self.key.map(|key| ui.painter().layout_no_wrap(key, font::mono_key(), Color32::PLACEHOLDER));
        let icon_width =
            self.icon.map_or(0.0, |_| icon_size + if label.is_empty() { 0.0 } else { space::S2 });
        let trailing_width = self.trailing.map_or(0.0, |_| icon_size + space::S1);
        let key_width = key.as_ref().map_or(0.0, |key| key.size().x + space::S2);
        let content = galley.size().x + icon_width + trailing_width + key_width;
        let padding = if self.height < size::CONTROL { 10.0 } else { space::S3 };
        let width = self.width.unwrap_or(content + padding * 2.0);
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(width, self.height), sense);
        // who points to it calls it by its English name
        spot(ui, self.name.unwrap_or(self.label), rect);
        let name = self.name.unwrap_or(&label);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
        if ui.is_rect_visible(rect) {
            let (down, hovered) = (response.is_pointer_button_down_on(), response.hovered());
            let (fill, border, foreground, quiet) = match self.kind {
                _ if !enabled && self.kind != Kind::Ghost => {
                    (t.hover, Color32::TRANSPARENT, t.text_3, t.text_3)
                }
                Kind::Ghost if !enabled => (Color32::TRANSPARENT, Color32::TRANSPARENT, t.text_3, t.text_3),
                Kind::Primary if down => (t.accent_press, Color32::TRANSPARENT, t.on_accent, t.on_accent),
                Kind::Primary if hovered => (t.accent_hover, Color32::TRANSPARENT, t.on_accent, t.on_accent),
                Kind::Primary => (t.accent, Color32::TRANSPARENT, t.on_accent, t.on_accent),
                Kind::Secondary | Kind::Danger => {
                    let fill = if down {
                        t.selected
                    } else if hovered {
                        t.hover
                    } else {
                        t.surface
                    };
                    match self.kind {
                        Kind::Danger => (fill, t.bad, t.bad, t.bad),
                        _ => (fill, t.stroke_strong, t.text, t.text_2),
                    }
                }
                Kind::Ghost => {
                    let fill = if down {
                        t.selected
                    } else if hovered {
                        t.hover
                    } else {
                        Color32::TRANSPARENT
                    };
                    (fill, Color32::TRANSPARENT, t.text, t.text_2)
                }
            };
            let painter = ui.painter();
            painter.rect(
                rect,
                CornerRadius::same(radius::CONTROL),
                fill,
                Stroke::new(1.0, border),
                StrokeKind::Inside,
            );
            let mut x = (rect.center().x - content / 2.0).max(rect.left() + 4.0);
            let y = rect.center().y;
            if let Some((icon, weight)) = self.icon {
                paint_icon(painter, pos2(x + icon_size / 2.0, y), icon, weight, icon_size, quiet);
                x += icon_width;
            }
            let label_width = galley.size().x;
            painter.galley(pos2(x, y - galley.size().y / 2.0), galley, foreground);
            x += label_width;
            if let Some(icon) = self.trailing {
                paint_icon(
                    painter,
                    pos2(x + space::S1 + icon_size / 2.0, y),
                    icon,
                    Weight::Regular,
                    icon_size,
                    quiet,
                );
                x += trailing_width;
            }
            if let Some(key) = key {
                let color = if self.kind == Kind::Primary && enabled { foreground } else { t.text_3 };
                painter.galley(pos2(x + space::S2, y - key.size().y / 2.0), key, color);
            }
            focus_ring(ui, &response, radius::CONTROL);
        }
        match self.why_not {
            Some(why_not) if !why_not.is_empty() => response.on_hover_text(why_not),
            _ => response,
        }
    }
}

/// A button that is only an icon; `name` is read aloud and shown on hover.
pub(crate) fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    if let Some(nothing) = hidden(ui, name) {
        return nothing;
    }
    let t = tokens(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(size::CONTROL_COMPACT, size::CONTROL_COMPACT), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    if ui.is_rect_visible(rect) {
        let fill = if response.is_pointer_button_down_on() {
            t.selected
        } else if response.hovered() {
            t.hover
        } else {
            Color32::TRANSPARENT
        };
        ui.painter().rect_filled(rect, CornerRadius::same(radius::CONTROL), fill);
        let color = if !enabled {
            t.disabled
        } else if response.hovered() {
            t.text
        } else {
            t.text_2
        };
        paint_icon(ui.painter(), rect.center(), icon, Weight::Regular, size::ICON, color);
        focus_ring(ui, &response, radius::CONTROL);
    }
    response.on_hover_text(name)
}
