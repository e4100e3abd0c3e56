//! Why one row costs more than one of many: time per row against rows per call, measured then and there.

use eframe::egui::{
    Align2, Color32, FontId, Rangef, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder, Vec2b, WidgetInfo,
    pos2, vec2,
};
use egui_plot::{AxisHints, GridMark, Line, MarkerShape, Plot, PlotPoint, PlotPoints, Points, Text};

use super::routes::Route;
use super::strip::{strip_height, strip_ui};
use super::{Command, Point, Results};
use crate::app::command::Commands;
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::theme::{Icon, Tokens, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Button, card_ground, card_head, format};

/// How far below its point the label of a single record stands, in decades: out of the way of the curve.
const BELOW: f64 = 0.3;
/// The markers of a measured point and of a single record, and the ring around what is the learner's own.
const DOT: f32 = 4.0;
const SQUARE: f32 = 4.5;
const RING: f32 = 7.0;

/// The card below.
pub(crate) fn curve_ui(ui: &mut Ui, view: View<'_>, results: &Results, height: f32, commands: &mut Commands) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    card_ground(ui, rect);
    let mut card = ui.new_child(UiBuilder::new().id_salt("curve").max_rect(rect));
    let measuring = view.work.job(Slot::Measure).is_some();
    card_head(&mut card, None, "Same model, same predict; only the number of rows differs", false, |ui| {
        if measuring {
            if Button::secondary("Stop").name("Stop measuring").icon(Icon::STOP).compact().ui(ui).clicked() {
                commands.push(Command::Stop(Slot::Measure));
            }
        } else {
            let label = if results.is_unmeasured() { "Measure" } else { "Measure again" };
            if Button::secondary(label)
                .name("Measure time per row")
                .icon(Icon::TIMER)
                .compact()
                .ui(ui)
                .clicked()
            {
                commands.push(Command::Measure);
            }
        }
        if rect.width() > 980.0 {
            ui.label(text("time per row, both axes logarithmic", font::small(), t.text_3));
        }
        legend_ui(ui, t, results, results.served, rect.width() > 760.0);
    });
    let strip_top = rect.bottom() - strip_height(rect.width() - space::S8, results.served);
    let plot = Rect::from_min_max(
        pos2(rect.left() + space::S4, rect.top() + size::CARD_HEAD),
        pos2(rect.right() - space::S4, strip_top - space::S1),
    );
    let mut area = ui.new_child(UiBuilder::new().id_salt("plot").max_rect(plot));
    plot_ui(&mut area, t, results);
    if Route::ALL.into_iter().all(|route| results.points(route).is_empty()) && !measuring {
        let said = match &results.measure_problem {
            Some(problem) => format!("{}. {}", problem.title, problem.detail),
            None => "Nothing is measured yet: Measure calls the model with 1, 10, 100 … rows on this machine"
                .to_owned(),
        };
        let place = Rect::from_center_size(plot.center(), vec2(plot.width() - space::S8, space::S6));
        label_at(&mut card, place, Align2::CENTER_CENTER, &said, font::body(), t.text_2);
    }
    let measured = Route::ALL.into_iter().filter_map(|route| {
        let said = conclusion(&results.points(route))?;
        Some(if route == Route::InProcess { said } else { format!("{}: {said}", route.title()) })
    });
    for (line, said) in measured.enumerate() {
        let place = Rect::from_min_size(
            pos2(plot.left() + plot.width() / 3.0, plot.top() + space::S4 * line as f32),
            vec2(plot.width() * 2.0 / 3.0, space::S6),
        );
        label_at(&mut card, place, Align2::RIGHT_CENTER, &said, font::small(), t.text_2).on_hover_text(WHAT);
    }
    ui.painter().hline(rect.x_range(), strip_top, hairline(&t));
    let strip = Rect::from_min_max(
        pos2(rect.left() + space::S4, strip_top),
        pos2(rect.right() - space::S4, rect.bottom()),
    );
    strip_ui(&mut card, strip, view, results, commands);
}

/// Text at a place in the plot, read aloud as it stands.
fn label_at(ui: &mut Ui, place: Rect, align: Align2, said: &str, font: FontId, color: Color32) -> Response {
    let response = ui.interact(place, ui.scope_id().with(said), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
    ui.painter().text(align.pos_in_rect(&place), align, said, font, color);
    response
}

/// What the curve is of.
const WHAT: &str = "A table in memory goes in, its predictions come out, on all threads where they pay. The rows are drawn from the training range. Each point is the median of repeats, its line holds 8 of 10 of them. The square is one record as JSON text to its prediction as JSON text. Over HTTP the rows are JSON, from the first byte that is sent to the last that comes back, on a connection that is kept.";

/// What the measured points say, in a sentence.
fn conclusion(points: &[Point]) -> Option<String> {
    let (first, last) = (points.first()?, points.last()?);
    if first.median <= 0.0 || last.median <= 0.0 || first.rows == last.rows {
        return None;
    }
    Some(format!(
        "{} a row alone, {} among {}: {} times less",
        format::duration(first.median),
        format::duration(last.median),
        format::rows(last.rows),
        format::number(first.median / last.median, 2)
    ))
}

fn legend_ui(ui: &mut Ui, t: Tokens, results: &Results, served: bool, roomy: bool) {
    if roomy && !served && results.points(Route::Http).is_empty() {
        ui.label(text("over HTTP: start the server", font::small(), t.text_3));
        ui.add_space(space::S2);
    }
    let shown = |route: &Route| *route == Route::InProcess || served || !results.points(*route).is_empty();
    for route in Route::ALL.into_iter().rev().filter(shown) {
        ui.label(text(route.title(), font::small(), t.text_2));
        let (rect, _) = ui.allocate_exact_size(vec2(space::S4, space::S4), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(2.0, color(t, route)));
        ui.painter().circle_filled(rect.center(), 3.5, color(t, route));
        ui.add_space(space::S3);
    }
}

/// A route's colour.
fn color(t: Tokens, route: Route) -> Color32 {
    match route {
        Route::InProcess => t.p_pred,
        Route::Http => t.p_5,
    }
}

fn marks(low: i32, high: i32) -> Vec<GridMark> {
    (low..=high).map(|power| GridMark { value: f64::from(power), step_size: 1.0 }).collect()
}

fn plot_ui(ui: &mut Ui, t: Tokens, results: &Results) {
    let curves: Vec<(Route, Vec<Point>)> =
        Route::ALL.into_iter().map(|route| (route, results.points(route))).collect();
    let measured = curves.iter().flat_map(|(_, points)| points);
    let xy = |point: &Point| [(point.rows as f64).log10(), point.median.log10()];
    let (mut low, mut high) = (-8, -4);
    for point in measured.chain(results.single.as_ref()).filter(|point| point.low > 0.0) {
        low = low.min(point.low.log10().floor() as i32);
        high = high.max(point.high.log10().ceil() as i32);
    }
    let axes = |axis: AxisHints<'static>| axis.tick_label_color(t.text_3).tick_label_font(font::tick());
    let x_axis = axes(AxisHints::new_x())
        .label(text("rows per call", font::tick(), t.text_3))
        .formatter(|mark, _| format::number(10_f64.powf(mark.value), 7));
    let y_axis = axes(AxisHints::new_y())
        .formatter(|mark, _| format::duration(10_f64.powf(mark.value)))
        // a decade may be low where many are shown
        .label_spacing(Rangef::new(8.0, 14.0))
        .min_thickness(56.0);
    let ends = |point: &Point| {
        let x = (point.rows as f64).log10();
        vec![[x, point.low.log10()], [x, point.high.log10()]]
    };
    let hovered = curves.clone();
    Plot::new("time per row")
        .show_background(false)
        .show_grid(Vec2b::new(false, true))
        .grid_color(t.stroke)
        .grid_fade(0.0)
        .allow_drag(false)
        // what it shows is said by its labels; there is nothing to press
        .sense(Sense::hover())
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_crosshair(false)
        .x_grid_spacer(|_| marks(0, 6))
        .y_grid_spacer(move |_| marks(low, high))
        .custom_x_axes(vec![x_axis])
        .custom_y_axes(vec![y_axis])
        .default_x_bounds(-0.2, 6.4)
        .label_formatter(|position| hover_text(&hovered, position))
        .show(ui, |plot| {
            // the plot remembers its bounds, and a faster call than any before needs others
            plot.set_plot_bounds_y(f64::from(low) - 0.15..=f64::from(high) + 0.15);
            for (route, points) in &curves {
                let color = color(t, *route);
                for point in points.iter().filter(|point| point.low > 0.0) {
                    plot.line(Line::new("spread", ends(point)).color(color).width(1.0).allow_hover(false));
                }
                let line: Vec<[f64; 2]> = points.iter().map(xy).collect();
                let path = Line::new(route.title(), PlotPoints::from(line.clone())).allow_hover(false);
                plot.line(path.color(color).width(2.0));
                plot.points(Points::new(route.title(), PlotPoints::from(line)).color(color).radius(DOT));
            }
            if let Some(single) = results.single.filter(|single| single.median > 0.0) {
                let at = [0.0, single.median.log10()];
                let square = Points::new("one record as JSON", vec![at]).shape(MarkerShape::Square);
                plot.points(square.color(t.p_cur).radius(SQUARE));
                let said = format!("   as JSON: {}", format::duration(single.median));
                let label = Text::new(
                    "label",
                    PlotPoint::new(at[0], at[1] - BELOW),
                    text(said, font::tick(), t.text_2),
                );
                plot.text(label.anchor(Align2::LEFT_TOP));
            }
            if let Some(batch) = &results.batch.value
                && batch.seconds > 0.0
                && batch.n_rows > 0
            {
                let per_row = batch.seconds / batch.n_rows as f64;
                // a file in this process is one call, however long; over HTTP its calls have so many rows
                let rows = batch.calls.map_or(batch.n_rows, |calls| batch.n_rows.min(calls.rows as u64));
                let at = [(rows.max(1) as f64).log10(), per_row.log10()];
                plot.points(Points::new(YOUR_FILE, vec![at]).filled(false).color(t.text).radius(RING));
                plot.points(Points::new(YOUR_FILE, vec![at]).color(t.text).radius(1.5).allow_hover(false));
                let said = format!(
                    "   your file{} of {}: {} a row with reading and writing   ",
                    if batch.calls.is_some() { ", over HTTP in calls" } else { "" },
                    super::rows_text(rows),
                    format::duration(per_row)
                );
                // two conclusions stand above it
                let is_below = !results.points(Route::Http).is_empty();
                let align = match (at[0] > 3.0, is_below) {
                    (true, true) => Align2::RIGHT_TOP,
                    (true, false) => Align2::RIGHT_BOTTOM,
                    (false, true) => Align2::LEFT_TOP,
                    (false, false) => Align2::LEFT_BOTTOM,
                };
                let label =
                    Text::new("label", PlotPoint::new(at[0], at[1]), text(said, font::tick(), t.text));
                plot.text(label.anchor(align));
            }
        });
}

/// The name of the point of the learner's own file.
const YOUR_FILE: &str = "your file";

/// The exact values of the point under the pointer.
fn hover_text(curves: &[(Route, Vec<Point>)], position: &egui_plot::HoverPosition<'_>) -> Option<String> {
    let egui_plot::HoverPosition::NearDataPoint { plot_name, position, index } = position else {
        return None;
    };
    let per_row = format::duration(10_f64.powf(position.y));
    let rows = format::rows(10_f64.powf(position.x).round() as usize);
    let of_route = curves.iter().find(|(route, _)| *plot_name == route.title());
    match of_route.and_then(|(route, points)| Some((route, points.get(*index)?))) {
        Some((route, point)) => Some(format!(
            "{}, {rows} rows per call: {per_row} a row\n8 of 10 of {} repeats: {} to {}",
            route.title(),
            point.repeats,
            format::duration(point.low),
            format::duration(point.high)
        )),
        None if *plot_name == YOUR_FILE => Some(format!("{rows} rows of a file: {per_row} a row")),
        None => Some(format!("{plot_name}: {per_row}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(rows: usize, median: f64) -> Point {
        Point { rows, median, low: median, high: median, repeats: 9 }
    }

    #[test]
    fn the_conclusion_compares_the_ends() {
        let points = [point(1, 2e-6), point(10, 3e-7), point(1_000_000, 1e-8)];
        let said = conclusion(&points).unwrap();
        assert_eq!(said, "2 µs a row alone, 10 ns among 1\u{2009}000\u{2009}000: 200 times less");
        // a clock that stands still, and a single point, say nothing
        assert_eq!(conclusion(&[point(1, 0.0), point(10, 0.0)]), None);
        assert_eq!(conclusion(&points[..1]), None);
    }
}
