//! The distribution of a column: bars with an axis, to drag over for a filter; or its most frequent values, to tick.

use eframe::egui::{
    Align2, CornerRadius, PointerButton, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::{Command, Draft};
use crate::app::command::Commands;
use crate::app::theme::{Icon, Tokens, font, radius, size, space, text, tokens};
use crate::app::widgets::{Weight, check, elided, focus_ring, format, number_field, paint_icon};
use crate::data::chart::ColumnChart;
use crate::data::date::format_iso;
use crate::data::{ColumnFilter, ColumnKind};

/// How many values are listed before "more".
const LISTED: usize = 12;

/// A column's values, of which a range can be chosen.
pub(super) struct Distribution<'a> {
    pub(super) name: &'a str,
    pub(super) kind: ColumnKind,
    pub(super) chart: &'a ColumnChart,
    pub(super) missing: usize,
    /// The decimals its numbers are shown with.
    pub(super) decimals: usize,
}

/// Round numbers along an axis, about `wanted` of them.
fn ticks(low: f64, high: f64, wanted: f64) -> (Vec<f64>, usize) {
    let span = high - low;
    if !(span > 0.0 && span.is_finite()) {
        return (vec![low], 2);
    }
    let power = 10_f64.powf((span / wanted).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| span / s <= wanted + 1.5);
    let step = step.unwrap_or(power * 10.0);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let mut ticks = Vec::new();
    let mut at = (low / step).ceil();
    while at * step <= high && ticks.len() < 12 {
        ticks.push(at * step);
        at += 1.0;
    }
    (ticks, decimals.min(6))
}

/// A step that makes a value between two ends round: a four-hundredth part of the span or less, as a power of ten, but
/// no finer than the values are.
fn round_step(low: f64, high: f64, decimals: usize) -> f64 {
    let span = (high - low).abs();
    let fine = if span > 0.0 && span.is_finite() { 10_f64.powf((span / 400.0).log10().floor()) } else { 1.0 };
    fine.max(10_f64.powi(-i32::try_from(decimals).unwrap_or(0)))
}

fn rounded(value: f64, step: f64, up: bool) -> f64 {
    let steps = value / step;
    let whole = if up { steps.ceil() } else { steps.floor() };
    if step < 1.0 {
        // dividing by a whole number leaves no 0.30000000000000004
        whole / (1.0 / step).round()
    } else {
        whole * step
    }
}

/// Sets or removes a column's filter.
fn set_filter(
    draft: &mut Draft,
    name: &str,
    commands: &mut Commands,
    change: impl FnOnce(&mut ColumnFilter),
) {
    let mut filter = draft.find.filters.get(name).cloned().unwrap_or_default();
    change(&mut filter);
    if filter.is_open() {
        draft.find.filters.remove(name);
    } else {
        draft.find.filters.insert(name.to_owned(), filter);
    }
    commands.push(Command::Find);
}

/// The distribution and the filter by it.
pub(super) fn distribution_ui(
    ui: &mut Ui,
    column: &Distribution<'_>,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let ordered = matches!(column.kind, ColumnKind::Number | ColumnKind::Date);
    if let (true, Some(range)) = (ordered, column.chart.range) {
        histogram_ui(ui, column, range, draft, commands);
    } else if !ordered && !column.chart.levels.is_empty() {
        levels_ui(ui, column, draft, commands);
    } else {
        let t = tokens(ui);
        ui.label(text("Every value is missing.", font::body(), t.text_2));
    }
    if column.missing > 0 {
        let mut on = draft.find.filters.get(column.name).is_some_and(|filter| filter.missing);
        let label = format!("Only rows where it is missing ({})", format::rows(column.missing));
        if check(ui, &mut on, &label).changed() {
            set_filter(draft, column.name, commands, |filter| {
                *filter = ColumnFilter { missing: on, ..ColumnFilter::default() };
            });
        }
    }
}

fn histogram_ui(
    ui: &mut Ui,
    column: &Distribution<'_>,
    (low, high): (f64, f64),
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let width = ui.available_width();
    let (rect, response) =
        ui.allocate_exact_size(vec2(width, size::DISTRIBUTION + space::S4), Sense::click_and_drag());
    let plot = Rect::from_min_max(
        pos2(rect.left(), rect.top() + space::S4),
        pos2(rect.right(), rect.top() + size::DISTRIBUTION),
    );
    let bins = column.chart.counts.len();
    let ends = |value: f64| match column.kind {
        ColumnKind::Date => format_iso(value as i64),
        _ => format::number(value, 5),
    };
    let about = format!(
        "Distribution of {}: {} from {} to {}; drag to filter",
        column.name,
        format::plural(bins, "bin", "bins"),
        ends(low),
        ends(high)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
    drag(&response, plot, column, (low, high), draft, commands);

    // the bars within the filter stand out
    let range = draft.find.filters.get(column.name).and_then(|filter| filter.range);
    let largest = column.chart.counts.iter().copied().fold(0.0, f64::max);
    let painter = ui.painter();
    let step = plot.width() / bins.max(1) as f32;
    for (at, count) in column.chart.counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        let left = plot.left() + step * at as f32;
        let bar_height = (plot.height() * (count / largest) as f32).max(1.0);
        let bar = Rect::from_min_max(
            pos2(left + 0.5, plot.bottom() - bar_height),
            pos2(left + step - 0.5, plot.bottom()),
        );
        let span = (high - low) / bins as f64;
        let (from, to) = (low + span * at as f64, low + span * (at + 1) as f64);
        let inside = range.is_none_or(|(first, last)| to >= first && from <= last);
        painter.rect_filled(bar, CornerRadius::ZERO, if inside { t.accent } else { t.p_ref_fill });
    }
    painter.hline(plot.x_range(), plot.bottom() + 0.5, Stroke::new(1.0, t.stroke_strong));
    let x_of = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        plot.left() + plot.width() * share as f32
    };
    axis(ui, &t, plot, column.kind, (low, high), x_of);
    if let Some([_, median, _]) = column.chart.quartiles {
        let x = x_of(median).round() + 0.5;
        let line = [pos2(x, rect.top()), pos2(x, plot.bottom())];
        painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, t.text), 4.0, 4.0));
        let said = format!("median {}", format::number(median, 5));
        let right = x < plot.center().x;
        let (at, align) = if right {
            (pos2(x + space::S1, rect.top() + space::S2), Align2::LEFT_CENTER)
        } else {
            (pos2(x - space::S1, rect.top() + space::S2), Align2::RIGHT_CENTER)
        };
        painter.text(at, align, said, font::tick(), t.text_2);
    }
    if let Some((first, last)) = range {
        for value in [first, last] {
            let x = x_of(value).clamp(plot.left(), plot.right());
            painter.vline(x, plot.y_range(), Stroke::new(1.5, t.accent));
        }
    }
    if let (Some(pointer), true) = (response.hover_pos(), bins > 0) {
        let at = (((pointer.x - plot.left()) / step).max(0.0) as usize).min(bins - 1);
        let span = (high - low) / bins as f64;
        let said = format!(
            "{} from {} to {}",
            format::plural(column.chart.counts[at] as usize, "row", "rows"),
            ends(low + span * at as f64),
            ends(low + span * (at + 1) as f64)
        );
        response.on_hover_text(said);
    }
    if column.kind == ColumnKind::Number {
        bounds_ui(ui, column, (low, high), draft, commands);
    } else if let Some((first, last)) = range {
        ui.horizontal(|ui| {
            let said = format!("{} to {}", format_iso(first as i64), format_iso(last as i64));
            ui.label(text(said, font::mono(), t.text));
            if crate::app::widgets::Button::ghost("Show all days").small().ui(ui).clicked() {
                set_filter(draft, column.name, commands, |filter| filter.range = None);
            }
        });
    }
}

/// A drag chooses a range, a double click all of it.
fn drag(
    response: &Response,
    plot: Rect,
    column: &Distribution<'_>,
    (low, high): (f64, f64),
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let share = |x: f32| ((x - plot.left()) / plot.width()).clamp(0.0, 1.0);
    if response.double_clicked() {
        draft.drag = None;
        set_filter(draft, column.name, commands, |filter| filter.range = None);
        return;
    }
    if response.drag_started_by(PointerButton::Primary) {
        let origin = response.ctx.input(|input| input.pointer.press_origin());
        draft.drag = origin.map(|at| share(at.x));
    }
    if let (Some(start), Some(pointer), true) =
        (draft.drag, response.interact_pointer_pos(), response.dragged())
    {
        let now = share(pointer.x);
        let (first, last) = (f64::from(start.min(now)), f64::from(start.max(now)));
        let span = high - low;
        // days are whole
        let step =
            if column.kind == ColumnKind::Date { 86_400e6 } else { round_step(low, high, column.decimals) };
        let range = (
            rounded(low + span * first, step, false).max(low),
            rounded(low + span * last, step, true).min(high),
        );
        let old = draft.find.filters.get(column.name).and_then(|filter| filter.range);
        if old != Some(range) {
            set_filter(draft, column.name, commands, |filter| {
                *filter = ColumnFilter { range: Some(range), ..ColumnFilter::default() };
            });
        }
    }
    if response.drag_stopped() {
        draft.drag = None;
    }
}

fn axis(
    ui: &Ui,
    t: &Tokens,
    plot: Rect,
    kind: ColumnKind,
    (low, high): (f64, f64),
    x_of: impl Fn(f64) -> f32,
) {
    let painter = ui.painter();
    let y = plot.bottom() + space::S2 + 2.0;
    if kind == ColumnKind::Date {
        let day = |value: f64| format_iso(value as i64).chars().take(10).collect::<String>();
        painter.text(pos2(plot.left(), y), Align2::LEFT_CENTER, day(low), font::tick(), t.text_3);
        painter.text(pos2(plot.right(), y), Align2::RIGHT_CENTER, day(high), font::tick(), t.text_3);
        return;
    }
    let (values, decimals) = ticks(low, high, 4.0);
    for value in values {
        let said = if value.abs() < 1e9 { format::fixed(value, decimals) } else { format::number(value, 3) };
        let galley = painter.layout_no_wrap(said, font::tick(), t.text_3);
        let half = galley.size().x / 2.0;
        let x = x_of(value).clamp(plot.left() + half, (plot.right() - half).max(plot.left() + half));
        painter.vline(
            x_of(value),
            (plot.bottom())..=(plot.bottom() + 3.0),
            Stroke::new(1.0, t.stroke_strong),
        );
        painter.galley(pos2(x - half, y - galley.size().y / 2.0), galley, t.text_3);
    }
}

/// The two ends of a filter, to type.
fn bounds_ui(
    ui: &mut Ui,
    column: &Distribution<'_>,
    (low, high): (f64, f64),
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let range = draft.find.filters.get(column.name).and_then(|filter| filter.range);
    let (mut first, mut last) = range.unwrap_or((low, high));
    let step = round_step(low, high, column.decimals);
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S2;
        // what is left by the words and the button
        let width = ((ui.available_width() - 148.0) / 2.0).clamp(48.0, 96.0);
        ui.label(text("Rows from", font::small(), t.text_2));
        let from = format!("Rows with {} from", column.name);
        let mut changed = number_field(ui, &from, &mut first, low..=high, step, decimals, width).changed();
        ui.label(text("to", font::small(), t.text_2));
        let to = format!("Rows with {} to", column.name);
        changed |= number_field(ui, &to, &mut last, low..=high, step, decimals, width).changed();
        if changed {
            let whole = first <= low && last >= high;
            let range = (!whole).then_some((first.min(last), last.max(first)));
            set_filter(draft, column.name, commands, |filter| {
                *filter = ColumnFilter { range, ..ColumnFilter::default() };
            });
        }
        if range.is_some() {
            let name = format!("Remove the filter on {}", column.name);
            if crate::app::widgets::icon_button(ui, Icon::X, &name).clicked() {
                set_filter(draft, column.name, commands, |filter| filter.range = None);
            }
        }
    });
}

/// The most frequent values, each with its bar and count; ticked ones are a filter.
fn levels_ui(ui: &mut Ui, column: &Distribution<'_>, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let chart = column.chart;
    let largest = chart.counts.first().copied().unwrap_or(1.0).max(1.0);
    let id = ui.scope_id().with(("all levels", column.name));
    let all = ui.data(|data| data.get_temp::<bool>(id).unwrap_or(false));
    let listed = if all { chart.levels.len() } else { LISTED.min(chart.levels.len()) };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (level, count) in chart.levels.iter().zip(&chart.counts).take(listed) {
            let ticked =
                draft.find.filters.get(column.name).is_some_and(|filter| filter.levels.contains(level));
            if level_ui(ui, level, *count, largest, ticked).clicked() {
                set_filter(draft, column.name, commands, |filter| {
                    filter.missing = false;
                    filter.range = None;
                    if !filter.levels.remove(level) {
                        filter.levels.insert(level.clone());
                    }
                });
            }
        }
    });
    if chart.levels.len() > LISTED {
        let label = if all { "Show fewer".to_owned() } else { format!("Show {}", chart.levels.len()) };
        if crate::app::widgets::Button::ghost(&label).small().ui(ui).clicked() {
            ui.data_mut(|data| data.insert_temp(id, !all));
        }
    }
    ui.label(text("Tick values to see only their rows.", font::small(), t.text_3));
}

fn level_ui(ui: &mut Ui, level: &str, count: f64, largest: f64, ticked: bool) -> Response {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::S6), Sense::click());
    let said = format::rows(count as usize);
    response.widget_info(|| {
        let rows = format::plural(count as usize, "row", "rows");
        WidgetInfo::selected(Role::CheckBox, true, ticked, format!("Only {level} ({rows})"))
    });
    let painter = ui.painter().with_clip_rect(rect.expand(space::S1).intersect(ui.clip_rect()));
    if response.hovered() {
        painter.rect_filled(rect, CornerRadius::same(radius::TAG), t.hover);
    }
    let mark = Rect::from_center_size(
        pos2(rect.left() + size::ICON_SEGMENT / 2.0, rect.center().y),
        vec2(size::ICON_SEGMENT, size::ICON_SEGMENT),
    );
    if ticked {
        painter.rect_filled(mark, CornerRadius::same(radius::TAG), t.accent);
        paint_icon(&painter, mark.center(), Icon::CHECK, Weight::Bold, size::ICON_SMALL, t.on_accent);
    } else {
        let border = Stroke::new(1.0, t.stroke_control);
        painter.rect(mark, CornerRadius::same(radius::TAG), t.surface, border, StrokeKind::Inside);
    }
    let count_width = 56.0;
    let bars_left = rect.left() + rect.width() * 0.5;
    let bars_right = rect.right() - count_width;
    let shown: String = level.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let galley = elided(&painter, shown, font::body(), t.text, bars_left - mark.right() - space::S4);
    painter.galley(pos2(mark.right() + space::S2, rect.center().y - galley.size().y / 2.0), galley, t.text);
    let width = ((bars_right - bars_left) * (count / largest) as f32).max(1.0);
    let bar = Rect::from_min_size(pos2(bars_left, rect.center().y - 5.0), vec2(width, 10.0));
    painter.rect_filled(bar, CornerRadius::same(2), if ticked { t.accent } else { t.p_ref });
    painter.text(rect.right_center(), Align2::RIGHT_CENTER, said, font::mono(), t.text);
    focus_ring(ui, &response, radius::TAG);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let (values, decimals) = ticks(452.0, 2747.0, 4.0);
        assert_eq!((values, decimals), (vec![500.0, 1000.0, 1500.0, 2000.0, 2500.0], 0));
        let (values, decimals) = ticks(-0.3, 0.35, 4.0);
        assert_eq!((values.len(), decimals), (3, 1));
        assert_eq!(ticks(1.0, 1.0, 4.0).0, [1.0]);
        assert!(ticks(-1e308, 1e308, 4.0).0.len() <= 12);
    }

    #[test]
    fn ends_of_a_range_are_round() {
        let step = round_step(0.0, 4.0, 4);
        assert_eq!(round_step(0.0, 4.0, 1), 0.1);
        assert_eq!(rounded(1.2345, step, false), 1.23);
        assert_eq!(rounded(1.2345, step, true), 1.24);
        assert_eq!(rounded(-0.3, 0.1, false), -0.3);
    }
}
