//! How the residuals lie, with the middle 80 %. A click on a bar shows its rows on the Data page; with the keyboard the
//! arrow keys go from bar to bar, and Enter shows its rows.

use eframe::egui::{
    Align2, CornerRadius, EventFilter, Key, Modifiers, Painter, Rect, Role, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2,
};

use super::Command;
use crate::app::command::Commands;
use crate::app::state::Version;
use crate::app::theme::{Tokens, font, radius, space, tokens};
use crate::app::widgets::{focus_ring, format, nice_step};
use crate::training::report::Residuals;

/// The chart; `unit` is the target's.
pub(super) fn residuals_ui(
    ui: &mut Ui,
    version: &Version,
    residuals: &Residuals,
    unit: &str,
    marked: &mut Option<usize>,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let histogram = &residuals.histogram;
    let (Some(&first), Some(&last)) = (histogram.edges.first(), histogram.edges.last()) else { return };
    let (low, high) = residuals.middle;
    let said = format!("80 % within {} to {}", format::signed(low, 3), format::signed(high, 3));
    let painter = ui.painter().with_clip_rect(rect.expand(space::S1).intersect(ui.clip_rect()));
    let plot = Rect::from_min_max(
        pos2(rect.left() + space::S1, rect.top() + space::S8 + space::S1),
        pos2(rect.right() - space::S1, rect.bottom() - space::S8),
    );
    let response = ui.interact(rect, ui.scope_id().with("residual bars"), Sense::click());
    let x_of = |value: f64| plot.left() + plot.width() * ((value - first) / (last - first)) as f32;
    let bar_at =
        |x: f32| histogram.edges.windows(2).position(|edges| x >= x_of(edges[0]) && x < x_of(edges[1]));
    let count = |bar: usize| histogram.counts.get(bar).copied().unwrap_or(0);
    let hovered = response.hover_pos().filter(|at| rect.contains(*at)).and_then(|at| bar_at(at.x));
    if response.has_focus() {
        by_keyboard(ui, &response, &histogram.counts, marked);
    } else {
        *marked = None;
    }
    let chosen = hovered.or(*marked);
    let about = |bar: usize| {
        let edge = |at: usize| format::signed(histogram.edges[at], 3);
        format!("{} from {} to {}", format::plural(count(bar), "row", "rows"), edge(bar), edge(bar + 1))
    };
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Button, true, format!("Residuals: {said}"));
        info.current_text_value = chosen.map(about);
        info
    });
    // the keyboard presses the marked bar, the pointer the one under it
    let pressed = if response.clicked() { hovered.or(*marked) } else { None };
    if let Some(bar) = pressed.filter(|bar| count(*bar) > 0) {
        commands.push(Command::ResidualRows(version.entry.number, bar));
    }
    let largest = histogram.counts.iter().copied().max().unwrap_or(1).max(1);
    for (bar, (edges, &count)) in histogram.edges.windows(2).zip(&histogram.counts).enumerate() {
        let (left, right) = (x_of(edges[0]), x_of(edges[1]));
        if count > 0 {
            let height = (plot.height() * count as f32 / largest as f32).max(1.0);
            let gap = if right - left > 3.0 { 0.5 } else { 0.0 };
            let place = Rect::from_min_max(
                pos2(left + gap, plot.bottom() - height),
                pos2(right - gap, plot.bottom()),
            );
            let color = if chosen == Some(bar) { t.p_pred } else { t.p_ref };
            painter.rect_filled(place, CornerRadius::ZERO, color);
        }
    }
    painter.hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, t.stroke_strong));
    if first < 0.0 && last > 0.0 {
        let x = x_of(0.0);
        let line = [pos2(x, plot.top() - space::S1), pos2(x, plot.bottom())];
        painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, t.text), 4.0, 4.0));
    }
    let ends = (x_of(low).max(plot.left()), x_of(high).min(plot.right()));
    middle_ui(&painter, t, rect, plot, ends, said);
    ticks_ui(&painter, t, rect, plot, (first, last));
    let full = format!("actual − predicted, {unit}");
    let fits = painter.layout_no_wrap(full.clone(), font::small(), t.text_2).size().x <= rect.width();
    let caption = match marked.filter(|_| response.has_focus()) {
        Some(bar) => about(bar),
        None if fits && !unit.is_empty() => full,
        None => "actual − predicted".to_owned(),
    };
    let at = pos2(rect.center().x, rect.bottom());
    painter.text(at, Align2::CENTER_BOTTOM, caption, font::small(), t.text_2);
    focus_ring(ui, &response, radius::TAG);
    if let Some(bar) = hovered {
        let click = if count(bar) > 0 { ": click to see them in Data" } else { "" };
        response.on_hover_text_at_pointer(format!("{}{click}", about(bar)));
    }
}

/// The arrow keys go to the next bar that has rows; Home and End to the ends.
fn by_keyboard(ui: &Ui, response: &eframe::egui::Response, counts: &[usize], marked: &mut Option<usize>) {
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let filled: Vec<usize> = (0..counts.len()).filter(|bar| counts[*bar] > 0).collect();
    let (Some(&first), Some(&last)) = (filled.first(), filled.last()) else { return };
    let fullest = filled.iter().copied().max_by_key(|bar| (counts[*bar], usize::MAX - bar)).unwrap_or(first);
    let now = marked.filter(|bar| filled.contains(bar)).unwrap_or(fullest);
    let next = ui.input_mut(|input| {
        if input.consume_key(Modifiers::NONE, Key::ArrowLeft) {
            filled.iter().rev().find(|bar| **bar < now).copied()
        } else if input.consume_key(Modifiers::NONE, Key::ArrowRight) {
            filled.iter().find(|bar| **bar > now).copied()
        } else if input.consume_key(Modifiers::NONE, Key::Home) {
            Some(first)
        } else if input.consume_key(Modifiers::NONE, Key::End) {
            Some(last)
        } else {
            None
        }
    });
    *marked = Some(next.unwrap_or(now));
}

/// The span that holds four in five.
fn middle_ui(painter: &Painter, t: Tokens, rect: Rect, plot: Rect, (a, b): (f32, f32), said: String) {
    let y = plot.top() - space::S2;
    let stroke = Stroke::new(1.5, t.p_pred);
    painter.hline(a..=b, y, stroke);
    for x in [a, b] {
        painter.vline(x, (y - 4.0)..=(y + 4.0), stroke);
    }
    let galley = painter.layout_no_wrap(said, font::small_medium(), t.accent);
    let half = galley.size().x / 2.0;
    let center = f32::midpoint(a, b).clamp(rect.left() + half, (rect.right() - half).max(rect.left() + half));
    painter.galley(pos2(center - half, rect.top()), galley, t.accent);
}

fn ticks_ui(painter: &Painter, t: Tokens, rect: Rect, plot: Rect, (first, last): (f64, f64)) {
    let step = nice_step(last - first, f64::from(plot.width() / 48.0).max(2.0));
    let start = (first / step).ceil();
    // a step too small for numbers of that size would never end
    for tick in (0..64).map(|at| (start + f64::from(at)) * step).take_while(|tick| *tick <= last) {
        let near_zero = if tick.abs() < step * 1e-6 { 0.0 } else { tick };
        let galley = painter.layout_no_wrap(format::signed(near_zero, 3), font::tick(), t.text_3);
        let x = plot.left() + plot.width() * ((tick - first) / (last - first)) as f32 - galley.size().x / 2.0;
        if x >= rect.left() && x + galley.size().x <= rect.right() {
            painter.galley(pos2(x, plot.bottom() + 3.0), galley, t.text_3);
        }
    }
}
