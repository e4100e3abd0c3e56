//! The slider: egui's, in this window's dress.

use eframe::egui::style::HandleShape;
use eframe::egui::{Response, Role, Slider, SliderClamping, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{focus_ring, hidden, spot};
use crate::app::theme::{radius, size, tokens};

/// A slider over `range`, moved in steps of `step` (0: freely), `width` points wide, read aloud as `name`. Arrow keys
/// move it by a step.
pub(crate) fn slider(
    ui: &mut Ui,
    name: &str,
    value: &mut f64,
    range: std::ops::RangeInclusive<f64>,
    step: f64,
    width: f32,
) -> Response {
    slider_from(ui, name, value, range, step, width, None)
}

/// A slider whose coloured part begins at 0, for what can be more or less than usual.
pub(crate) fn slider_from_zero(
    ui: &mut Ui,
    name: &str,
    value: &mut f64,
    range: std::ops::RangeInclusive<f64>,
    step: f64,
    width: f32,
) -> Response {
    slider_from(ui, name, value, range, step, width, Some(0.0))
}

fn slider_from(
    ui: &mut Ui,
    name: &str,
    value: &mut f64,
    range: std::ops::RangeInclusive<f64>,
    step: f64,
    width: f32,
    from: Option<f64>,
) -> Response {
    if let Some(nothing) = hidden(ui, name) {
        return nothing;
    }
    let t = tokens(ui);
    let response = ui
        .scope(|ui| {
            let style = ui.style_mut();
            style.spacing.slider_width = width;
            // the handle's radius is the height divided by 2.5
            style.spacing.interact_size = vec2(0.0, (size::SLIDER_THUMB / 2.0) * 2.5);
            style.spacing.slider_rail_height = size::SLIDER_TROUGH;
            let widgets = &mut style.visuals.widgets;
            for visuals in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                visuals.bg_fill = t.surface;
                visuals.fg_stroke = Stroke::new(2.0, t.accent);
            }
            widgets.inactive.bg_fill = t.surface;
            style.visuals.selection.bg_fill = t.accent;
            let trough = t.stroke_strong;
            // egui paints the trough in the fill of the resting state, and the handle in that of the present one
            style.visuals.widgets.inactive.bg_fill = trough;
            let mut slider = Slider::new(value, range.clone())
                .show_value(false)
                // a number that was typed stays as it was typed until the slider itself is moved
                .clamping(SliderClamping::Edits)
                .trailing_fill(from.is_none())
                .handle_shape(HandleShape::Circle);
            if step > 0.0 {
                slider = slider.step_by(step);
            }
            ui.add(slider)
        })
        .inner;
    if step > 0.0 && response.changed() {
        // what a step adds up to in binary has a tail that nobody asked for
        let decimals = (1.0 - step.log10()).ceil().clamp(0.0, 12.0) as usize;
        *value = format!("{value:.decimals$}").parse().unwrap_or(*value);
    }
    // egui fills trough and handle alike; the handle is a ring around the card's own colour
    let half = size::SLIDER_THUMB / 2.0;
    let span = range.end() - range.start();
    let rect = response.rect;
    let x_of = |value: f64| {
        let share = if span > 0.0 { ((value - range.start()) / span).clamp(0.0, 1.0) as f32 } else { 0.0 };
        rect.left() + half + share * (width.min(rect.width()) - size::SLIDER_THUMB)
    };
    let at = pos2(x_of(*value), rect.center().y);
    if let Some(from) = from {
        let stroke = Stroke::new(size::SLIDER_TROUGH, t.accent);
        let (a, b) = (x_of(from).min(at.x), x_of(from).max(at.x));
        ui.painter().hline(a..=b, at.y, stroke);
    }
    let fill = if response.hovered() || response.dragged() { t.accent_tint } else { t.surface };
    ui.painter().circle(
        at,
        half - 1.0,
        fill,
        Stroke::new(2.0, if ui.is_enabled() { t.accent } else { t.disabled }),
    );
    let shown = *value;
    let enabled = ui.is_enabled();
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(enabled, shown, name);
        info.role = Role::Slider;
        info
    });
    spot(ui, name, response.rect);
    focus_ring(ui, &response, radius::CONTROL);
    response
}
