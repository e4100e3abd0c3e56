//! Small charts that are painted in place: bars, meters, progress. Larger ones with axes are `egui_plot`'s.

use eframe::egui::{
    Color32, CornerRadius, Painter, Rect, Response, Role, Sense, Ui, WidgetInfo, emath::Rot2, pos2, vec2,
};

use crate::app::theme::{Icon, motion, tokens};

/// The next 1, 2 or 5 times a power of ten; 1 for what is no positive number.
pub(crate) fn round_up(value: f64) -> f64 {
    if !(value.is_finite() && value > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    // what rounding makes a little larger is no reason for the next one
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * power >= value * 0.999);
    step.unwrap_or(10.0) * power
}

/// A step between ticks, so that about `n` fit in a width.
pub(crate) fn nice_step(width: f64, n: f64) -> f64 {
    round_up((width / n.max(1.0)).abs())
}

/// Bars side by side from one baseline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bars<'a> {
    /// One height each, in any unit.
    pub(crate) heights: &'a [f64],
    /// The points between bars.
    pub(crate) gap: f32,
    /// The colour.
    pub(crate) color: Color32,
}

/// Paints bars into a rectangle, the tallest as high as it. A bar that is not zero is seen.
pub(crate) fn bars(painter: &Painter, rect: Rect, bars: Bars<'_>) {
    let n = bars.heights.len();
    let largest = bars.heights.iter().copied().filter(|height| height.is_finite()).fold(0.0, f64::max);
    if n == 0 || largest <= 0.0 {
        return;
    }
    let step = rect.width() / n as f32;
    let gap = if step < 3.0 { 0.0 } else { bars.gap.min(step * 0.4) };
    for (at, height) in bars.heights.iter().enumerate() {
        if *height > 0.0 {
            let points = (rect.height() * (height / largest) as f32).max(1.0);
            let left = rect.left() + step * at as f32;
            let bar = Rect::from_min_max(
                pos2(left + gap / 2.0, rect.bottom() - points),
                pos2(left + step - gap / 2.0, rect.bottom()),
            );
            painter.rect_filled(bar, CornerRadius::ZERO, bars.color);
        }
    }
}

/// A bar filled to `share` (0 to 1), read aloud as `name`.
pub(crate) fn meter(
    ui: &mut Ui,
    name: &str,
    share: f32,
    width: f32,
    height: f32,
    color: Color32,
) -> Response {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, name));
    let corner = CornerRadius::same((height / 2.0).min(4.0) as u8);
    ui.painter().rect_filled(rect, corner, t.hover);
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    if share > 0.0 {
        let mut filled = rect;
        filled.set_width((rect.width() * share).max(height.min(2.0)));
        ui.painter().rect_filled(filled, corner, color);
    }
    response
}

/// The progress of a job; `share` is `None` while the whole is not known.
pub(crate) fn progress_bar(ui: &mut Ui, name: &str, share: Option<f32>, width: f32, height: f32) -> Response {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let spoken = share.map_or_else(|| name.to_owned(), |share| format!("{name}: {:.0} %", share * 100.0));
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &spoken));
    let corner = CornerRadius::same((height / 2.0) as u8);
    ui.painter().rect_filled(rect, corner, t.stroke);
    if let Some(share) = share {
        let mut filled = rect;
        filled.set_width((rect.width() * share.clamp(0.0, 1.0)).max(height));
        ui.painter().rect_filled(filled, corner, t.accent);
    }
    response
}

/// The turning circle of something that runs. It asks for the next frame itself, so show it only while it runs.
pub(crate) fn spinner(ui: &mut Ui, points: f32) -> Response {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(points, points), Sense::hover());
    let turn = (ui.input(|input| input.time) / motion::SPIN).fract() as f32 * std::f32::consts::TAU;
    let galley = ui.painter().layout_no_wrap(
        Icon::CIRCLE_NOTCH.glyph().to_string(),
        eframe::egui::FontId::new(points, super::font::icons_bold()),
        t.accent,
    );
    let offset = Rot2::from_angle(turn) * (galley.size() / 2.0);
    let shape =
        eframe::egui::epaint::TextShape::new(rect.center() - offset, galley, t.accent).with_angle(turn);
    ui.painter().add(shape);
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(33));
    response
}

#[cfg(test)]
mod tests {
    use super::{nice_step, round_up};

    #[test]
    fn steps_are_round() {
        let rounded = [1.0, 1.1, 24.0, 51.0, 0.3, 0.0, -2.0, f64::NAN].map(round_up);
        assert_eq!(rounded, [1.0, 2.0, 50.0, 100.0, 0.5, 1.0, 1.0, 1.0]);
        assert_eq!(nice_step(45.0, 4.0), 20.0);
        assert_eq!(nice_step(-45.0, 4.0), 20.0);
    }
}
