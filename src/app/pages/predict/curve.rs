//! Why one row costs more than one of many: time per row against rows per call, measured then and there; and the
//! same row by every way, bit by bit.

use eframe::egui::{Align, Label, Layout, Rect, Sense, Ui, UiBuilder, Vec2b, pos2, vec2};
use egui_plot::{AxisHints, GridMark, Line, MarkerShape, Plot, PlotPoint, PlotPoints, Points, Text};

use super::{Command, Draft, Parity, Point, Results, current};
use crate::app::command::Commands;
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::theme::{Icon, Tokens, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Button, Tone, Weight, card_frame, card_head, format, icon_ui, tag};

/// The height of the parity strip.
const STRIP: f32 = 40.0;

/// The card below.
pub(crate) fn curve_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &Draft,
    height: f32,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().add(card_frame(ui).paint(rect.shrink(0.5)));
    let mut card = ui.new_child(UiBuilder::new().id_salt("curve").max_rect(rect));
    let measuring = view.work.job(Slot::Measure).is_some();
    card_head(&mut card, None, "Same model, same predict; only the number of rows differs", false, |ui| {
        if measuring {
            if Button::secondary("Stop").name("Stop measuring").icon(Icon::STOP).compact().ui(ui).clicked() {
                commands.push(Command::Stop(Slot::Measure));
            }
        } else {
            let label = if results.points.is_empty() { "Measure" } else { "Measure again" };
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
        legend_ui(ui, t, rect.width() > 760.0);
    });
    let strip_top = rect.bottom() - STRIP;
    let plot = Rect::from_min_max(
        pos2(rect.left() + space::S4, rect.top() + size::CARD_HEAD),
        pos2(rect.right() - space::S4, strip_top - space::S1),
    );
    let mut area = ui.new_child(UiBuilder::new().id_salt("plot").max_rect(plot));
    plot_ui(&mut area, t, results);
    if results.points.iter().all(|point| point.median <= 0.0) && !measuring {
        let said = match &results.measure_problem {
            Some(problem) => format!("{}. {}", problem.title, problem.detail),
            None => "Nothing is measured yet: Measure calls the model with 1, 10, 100 … rows on this machine"
                .to_owned(),
        };
        let at = plot.center();
        ui.painter().text(at, eframe::egui::Align2::CENTER_CENTER, said, font::body(), t.text_2);
    }
    ui.painter().hline(rect.x_range(), strip_top, hairline(&t));
    let strip = Rect::from_min_max(
        pos2(rect.left() + space::S4, strip_top),
        pos2(rect.right() - space::S4, rect.bottom()),
    );
    let mut area = ui.new_child(
        UiBuilder::new().id_salt("strip").max_rect(strip).layout(Layout::left_to_right(Align::Center)),
    );
    strip_ui(&mut area, view, results, draft, commands);
}

fn legend_ui(ui: &mut Ui, t: Tokens, roomy: bool) {
    if roomy {
        ui.label(text("over HTTP: comes with the server", font::small(), t.text_3));
        ui.add_space(space::S2);
    }
    ui.label(text("in-process", font::small(), t.text_2));
    let (rect, _) = ui.allocate_exact_size(vec2(space::S4, space::S4), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, eframe::egui::Stroke::new(2.0, t.p_pred));
    ui.painter().circle_filled(rect.center(), 3.5, t.p_pred);
    ui.add_space(space::S3);
}

fn marks(low: i32, high: i32) -> Vec<GridMark> {
    (low..=high).map(|power| GridMark { value: f64::from(power), step_size: 1.0 }).collect()
}

fn plot_ui(ui: &mut Ui, t: Tokens, results: &Results) {
    let measured: Vec<Point> = results.points.iter().copied().filter(|point| point.median > 0.0).collect();
    let xy = |point: &Point| [(point.rows as f64).log10(), point.median.log10()];
    let (mut low, mut high) = (-8, -4);
    for point in measured.iter().chain(results.single.as_ref()).filter(|point| point.low > 0.0) {
        low = low.min(point.low.log10().floor() as i32);
        high = high.max(point.high.log10().ceil() as i32);
    }
    let axes = |axis: AxisHints<'static>| axis.tick_label_color(t.text_3).tick_label_font(font::tick());
    let x_axis = axes(AxisHints::new_x())
        .label(text("rows per call", font::tick(), t.text_3))
        .formatter(|mark, _| format::number(10_f64.powf(mark.value), 7));
    let y_axis = axes(AxisHints::new_y())
        .formatter(|mark, _| format::duration(10_f64.powf(mark.value)))
        .min_thickness(56.0);
    let spread: Vec<[[f64; 2]; 2]> = measured
        .iter()
        .filter(|point| point.low > 0.0)
        .map(|point| {
            let x = (point.rows as f64).log10();
            [[x, point.low.log10()], [x, point.high.log10()]]
        })
        .collect();
    Plot::new("time per row")
        .show_background(false)
        .show_grid(Vec2b::new(false, true))
        .grid_color(t.stroke)
        .grid_fade(0.0)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_crosshair(false)
        .x_grid_spacer(|_| marks(0, 6))
        .y_grid_spacer(move |_| marks(low, high))
        .custom_x_axes(vec![x_axis])
        .custom_y_axes(vec![y_axis])
        .default_x_bounds(-0.2, 6.4)
        .default_y_bounds(f64::from(low) - 0.15, f64::from(high) + 0.15)
        .label_formatter(|position| match position {
            egui_plot::HoverPosition::NearDataPoint { position, .. } => Some(format!(
                "{} rows per call\n{} per row",
                format::number(10_f64.powf(position.x), 7),
                format::duration(10_f64.powf(position.y))
            )),
            egui_plot::HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            for ends in &spread {
                plot.line(Line::new("spread", ends.to_vec()).color(t.p_pred).width(1.0).allow_hover(false));
            }
            let line: Vec<[f64; 2]> = measured.iter().map(xy).collect();
            plot.line(Line::new("in-process", PlotPoints::from(line.clone())).color(t.p_pred).width(2.0));
            plot.points(Points::new("in-process", PlotPoints::from(line)).color(t.p_pred).radius(4.0));
            if let Some(single) = results.single.filter(|single| single.median > 0.0) {
                let at = [0.0, single.median.log10()];
                let square = Points::new("one record as JSON", vec![at]).shape(MarkerShape::Square);
                plot.points(square.color(t.p_5).radius(4.5));
                let said = format!("   one record as JSON: {}", format::duration(single.median));
                let label =
                    Text::new("label", PlotPoint::new(at[0], at[1]), text(said, font::tick(), t.text_2));
                plot.text(label.anchor(eframe::egui::Align2::LEFT_CENTER));
            }
            if let Some(batch) = &results.batch.value
                && batch.seconds > 0.0
                && batch.n_rows > 0
            {
                let at = [(batch.n_rows as f64).log10(), (batch.seconds / batch.n_rows as f64).log10()];
                let ring = Points::new("your file", vec![at]).filled(false).color(t.text).radius(7.0);
                plot.points(ring);
                let said =
                    format!("your file: {} a row   ", format::duration(batch.seconds / batch.n_rows as f64));
                let label =
                    Text::new("label", PlotPoint::new(at[0], at[1]), text(said, font::tick(), t.text_2));
                plot.text(label.anchor(eframe::egui::Align2::RIGHT_BOTTOM));
            }
        });
}

/// The same row by every way: equal to the last bit, or the first that differs.
fn strip_ui(ui: &mut Ui, view: View<'_>, results: &Results, draft: &Draft, commands: &mut Commands) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.x = space::S2;
    let record = current(view.truth, draft);
    let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let mut right = ui.new_child(
        UiBuilder::new().id_salt("compare").max_rect(rect).layout(Layout::right_to_left(Align::Center)),
    );
    let busy = view.work.job(Slot::Parity).is_some();
    let compare = Button::secondary("Compare").name("Compare single with batch").icon(Icon::EQUALS).compact();
    if compare.enabled(!busy, "It runs").ui(&mut right).clicked() {
        commands.push(Command::Parity);
    }
    let rest = Rect::from_min_max(rect.min, pos2(right.min_rect().left() - space::S3, rect.bottom()));
    let mut left = ui.new_child(
        UiBuilder::new().id_salt("stages").max_rect(rest).layout(Layout::left_to_right(Align::Center)),
    );
    left.label(text("Parity", font::card_title(), t.text));
    if let Some(problem) = &results.parity.problem {
        icon_ui(&mut left, Icon::X_CIRCLE, Weight::Fill, size::ICON, t.bad);
        let said = format!("{}. {}", problem.title, problem.detail);
        left.add(Label::new(text(said, font::small(), t.text_2)).truncate());
        return;
    }
    let Some(parity) = &results.parity.value else {
        let said = "The same row as one record, as JSON, in batches of 1 to 200 000, on one thread and on all, and through a file";
        left.add(Label::new(text(said, font::small(), t.text_2)).truncate());
        return;
    };
    parity_ui(&mut left, t, parity);
    if record.as_ref() != Some(&parity.record) {
        left.label(text("for the record before", font::small(), t.text_3));
    }
}

fn parity_ui(ui: &mut Ui, t: Tokens, parity: &Parity) {
    let value =
        |outputs: &[f64]| outputs.first().map_or_else(String::new, |value| crate::data::number_text(*value));
    let lines: Vec<String> = parity
        .stages
        .iter()
        .map(|stage| {
            format!(
                "{}: {}",
                stage.name,
                stage.outputs.iter().map(|v| crate::data::number_text(*v)).collect::<Vec<_>>().join(", ")
            )
        })
        .collect();
    let (tone, icon, said) = match parity.differs() {
        None => (
            Tone::Good,
            (Icon::CHECK_CIRCLE, Weight::Fill),
            format!("{} ways, equal to the last bit", parity.stages.len()),
        ),
        Some(stage) => (Tone::Bad, (Icon::X_CIRCLE, Weight::Fill), format!("differs first: {}", stage.name)),
    };
    tag(ui, tone, Some(icon), &said).on_hover_text(lines.join("\n"));
    let first = parity.stages.first().map_or_else(String::new, |stage| value(&stage.outputs));
    ui.label(text(first, font::mono(), t.text));
    let names: Vec<&str> = parity.stages.iter().map(|stage| stage.name.as_str()).collect();
    ui.add(Label::new(text(names.join(" · "), font::small(), t.text_3)).truncate())
        .on_hover_text(lines.join("\n"));
}
