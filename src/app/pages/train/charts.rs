//! The charts with axes: predicted against actual, residuals, the confusion matrix, the ROC and the learning curve.

use eframe::egui::{
    Align2, Color32, CornerRadius, Rect, Role, Sense, Ui, UiBuilder, Vec2b, WidgetInfo, pos2, vec2,
};
use egui_plot::{AxisHints, HoverPosition, Line, LineStyle, MarkerShape, Plot, PlotPoints, Points};

use super::plan;
use crate::app::theme::{Tokens, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{card_head, clipped, format, guarded_ui, nice_step};
use crate::model::Task;
use crate::training::metrics::ClassMetrics;
use crate::training::report::{Point, Step};

/// The width that four columns of numbers beside a name need.
const FOUR_COLUMNS: f32 = 300.0;
/// How far from a point a click still means it.
const REACH: f32 = 12.0;
/// Points past which they are a crowd.
const CROWD: usize = 400;

/// A card with a head, and what `add` puts into the rest of it.
pub(super) fn chart_card(ui: &mut Ui, rect: Rect, title: &str, right: &str, add: impl FnOnce(&mut Ui)) {
    let t = tokens(ui);
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CARD),
        t.surface,
        hairline(&t),
        eframe::egui::StrokeKind::Inside,
    );
    guarded_ui(ui, rect, title, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        card_head(ui, None, title, false, |ui| {
            ui.label(text(right, font::small(), t.text_3));
        });
        let inner = Rect::from_min_max(
            pos2(rect.left() + space::S4, rect.top() + size::CARD_HEAD),
            pos2(rect.right() - space::S4, rect.bottom() - space::S3),
        );
        let mut body = ui.new_child(UiBuilder::new().id_salt("body").max_rect(inner));
        // room for a ring around what has the focus
        body.set_clip_rect(inner.expand(space::S1).intersect(ui.clip_rect()));
        add(&mut body);
    });
}

/// Whether a value is not at the very edge.
fn within((low, high): (f64, f64), value: f64) -> bool {
    let edge = (high - low) * 0.01;
    value > low + edge && value < high - edge
}

fn axis<'a>(t: &Tokens, x: bool, label: &str) -> AxisHints<'a> {
    let hints = if x { AxisHints::new_x() } else { AxisHints::new_y() };
    hints
        .label(text(label, font::small(), t.text_2))
        .tick_label_color(t.text_3)
        .tick_label_font(font::tick())
        .formatter(|mark, _| format::number(mark.value, 5))
}

/// A plot in this window's dress: horizontal grid only, no zoom by accident.
fn dressed<'a>(t: &Tokens, id: &str, x_label: &str, y_label: &str, rect: Rect) -> Plot<'a> {
    let spacer = |n: f64| {
        move |input: egui_plot::GridInput| {
            let step = nice_step(input.bounds.1 - input.bounds.0, n);
            let first = (input.bounds.0 / step).ceil() as i64;
            (0..40)
                .map(|at| egui_plot::GridMark { value: (first + at) as f64 * step, step_size: step })
                .take_while(|mark| mark.value <= input.bounds.1)
                // a label at the very edge would be cut off or stand on that of the other axis
                .filter(|mark| within(input.bounds, mark.value))
                .collect()
        }
    };
    Plot::new(id.to_owned())
        .width(rect.width())
        .height(rect.height())
        .allow_zoom(false)
        .allow_drag(false)
        // a click is taken where points lead somewhere; the keyboard passes by
        .sense(Sense::CLICK)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .show_crosshair(false)
        .show_background(false)
        .show_grid(Vec2b::new(false, true))
        .grid_color(t.stroke)
        .grid_fade(0.0)
        .set_margin_fraction(vec2(0.02, 0.04))
        .x_grid_spacer(spacer(f64::from(rect.width() / 70.0).max(2.0)))
        .y_grid_spacer(spacer(f64::from(rect.height() / 70.0).max(2.0)))
        .custom_x_axes(vec![axis(t, true, x_label)])
        .custom_y_axes(vec![axis(t, false, y_label)])
}

/// Predicted against actual, with the line of a perfect model. Gives the data row (from 1) of a point that was clicked.
pub(super) fn scatter_ui(ui: &mut Ui, points: &[Point], target: &str) -> Option<usize> {
    let t = tokens(ui);
    let rect = ui.max_rect();
    speak(ui, rect, &format!("Predicted against actual {target}, {} points", points.len()));
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for point in points {
        low = low.min(point.actual).min(point.predicted);
        high = high.max(point.actual).max(point.predicted);
    }
    if low > high {
        return None;
    }
    let all: Vec<[f64; 2]> = points.iter().map(|point| [point.actual, point.predicted]).collect();
    let rows: Vec<Point> = points.to_vec();
    let plot = dressed(&t, "predicted against actual", &format!("actual {target}"), "predicted", rect)
        .label_formatter(move |at| match at {
            HoverPosition::NearDataPoint { plot_name, index, .. } if *plot_name == "rows" => {
                rows.get(*index).map(|point| {
                    format!(
                        "row {}\nactual {}\npredicted {}\nclick to see it in Data",
                        format::rows(point.row),
                        format::number(point.actual, 5),
                        format::number(point.predicted, 5)
                    )
                })
            }
            _ => None,
        });
    let shown = plot.show(ui, |plot| {
        plot.line(
            Line::new("perfect", vec![[low, low], [high, high]])
                .color(t.text)
                .width(1.0)
                .style(LineStyle::Dashed { length: 4.0 })
                .allow_hover(false),
        );
        // a crowd is read by its density
        let (radius, color) =
            if all.len() > CROWD { (1.6, t.p_pred.gamma_multiply(0.6)) } else { (2.4, t.p_pred) };
        let dots = Points::new("rows", all).color(color).radius(radius).filled(true);
        plot.points(dots.shape(MarkerShape::Circle));
    });
    let at = shown.response.interact_pointer_pos().filter(|_| shown.response.clicked())?;
    let near = |point: &Point| {
        let place = egui_plot::PlotPoint::new(point.actual, point.predicted);
        shown.transform.position_from_point(&place).distance(at)
    };
    let nearest = points.iter().min_by(|a, b| near(a).total_cmp(&near(b)))?;
    (near(nearest) <= REACH).then_some(nearest.row)
}

/// Rows by true and predicted class.
pub(super) fn confusion_ui(ui: &mut Ui, classes: &[String], confusion: &[Vec<usize>]) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let n = classes.len() as f32;
    let longest = classes
        .iter()
        .map(|class| painter.layout_no_wrap(class.clone(), font::small(), t.text_2).size().x + 1.0)
        .fold(0.0, f32::max)
        .min(80.0);
    let left = rect.left() + longest + space::S2;
    let grid =
        Rect::from_min_max(pos2(left, rect.top() + space::S1), pos2(rect.right(), rect.bottom() - 36.0));
    let cell = (grid.width() / n).min(grid.height() / n).max(1.0);
    let beside = vec2(grid.width() - cell * n, grid.height() - cell * n) / 2.0;
    let grid = Rect::from_min_size(grid.min + beside.max(vec2(0.0, 0.0)), vec2(cell * n, cell * n));
    let mut spoken = String::from("Confusion matrix");
    for (truth, row) in confusion.iter().enumerate() {
        let total: usize = row.iter().sum();
        for (found, &count) in row.iter().enumerate() {
            let place = Rect::from_min_size(
                pos2(grid.left() + cell * found as f32, grid.top() + cell * truth as f32),
                vec2(cell, cell),
            )
            .shrink(1.0);
            let share = if total > 0 { count as f32 / total as f32 } else { 0.0 };
            let full = if truth == found { t.p_pred } else { t.p_cur };
            let color = t.sunken.lerp_to_gamma(full, share);
            painter.rect_filled(place, CornerRadius::same(radius::TAG), color);
            if cell > 22.0 {
                let on =
                    if share > 0.5 { if truth == found { t.on_accent } else { t.surface } } else { t.text };
                painter.text(place.center(), Align2::CENTER_CENTER, format::rows(count), font::mono(), on);
            }
            if n <= 6.0 {
                spoken.push_str(&format!("; true {}, predicted {}: {count}", classes[truth], classes[found]));
            }
        }
        if cell > 12.0 {
            let at = pos2(grid.left() - space::S2, grid.top() + cell * (truth as f32 + 0.5));
            clipped(&painter, at, Align2::RIGHT_CENTER, &classes[truth], longest.max(24.0), t.text_2);
        }
    }
    for (found, class) in classes.iter().enumerate() {
        let at = pos2(grid.left() + cell * (found as f32 + 0.5), grid.bottom() + space::S1);
        if cell > 16.0 {
            clipped(&painter, at, Align2::CENTER_TOP, class, cell - 4.0, t.text_2);
        }
    }
    painter.text(
        pos2(rect.center().x, rect.bottom()),
        Align2::CENTER_BOTTOM,
        "columns: predicted class, rows: true class",
        font::small(),
        t.text_2,
    );
    speak(ui, rect, &spoken);
}

/// Precision and recall of each class.
pub(super) fn classes_ui(ui: &mut Ui, classes: &[String], each: &[ClassMetrics]) {
    let t = tokens(ui);
    let share = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format::fixed(value, 3));
    // the bar of a list that scrolls stands beside it
    let scrolls = classes.len() as f32 * size::ROW > ui.available_height() - size::CONTROL_SMALL;
    let width = ui.available_width() - if scrolls { space::S3 } else { 0.0 };
    // four columns of numbers need width; F1 follows from the two before it
    let columns: &[(&str, f32, usize)] = if width < FOUR_COLUMNS {
        &[("Precision", 0.56, 0), ("Recall", 0.79, 1), ("Rows", 1.0, 3)]
    } else {
        &[("Precision", 0.50, 0), ("Recall", 0.68, 1), ("F1", 0.84, 2), ("Rows", 1.0, 3)]
    };
    let head = |ui: &mut Ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL_SMALL), Sense::hover());
        let painter = ui.painter();
        painter.text(rect.left_center(), Align2::LEFT_CENTER, "Class", font::small(), t.text_2);
        for &(name, right, _) in columns {
            let at = pos2(rect.left() + width * right, rect.center().y);
            painter.text(at, Align2::RIGHT_CENTER, name, font::small(), t.text_2);
        }
        painter.hline(rect.x_range(), rect.bottom() - 0.5, hairline(&t));
    };
    head(ui);
    eframe::egui::ScrollArea::vertical().id_salt("classes").auto_shrink(false).show(ui, |ui| {
        for (class, metrics) in classes.iter().zip(each) {
            let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW), Sense::hover());
            let values =
                [share(metrics.precision), share(metrics.recall), share(metrics.f1), format::rows(metrics.n)];
            response.widget_info(|| {
                let said = format!("{class}: precision {}, recall {}", values[0], values[1]);
                WidgetInfo::labeled(Role::Label, true, said)
            });
            let painter = ui.painter();
            clipped(painter, rect.left_center(), Align2::LEFT_CENTER, class, width * 0.3, t.text);
            for &(_, right, value) in columns {
                let at = pos2(rect.left() + width * right, rect.center().y);
                painter.text(at, Align2::RIGHT_CENTER, &values[value], font::mono(), t.text);
            }
        }
    });
}

/// The ROC curve.
pub(super) fn roc_ui(ui: &mut Ui, roc: &[(f64, f64)], class: &str) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    speak(ui, rect, &format!("ROC curve of {class}"));
    let line: Vec<[f64; 2]> = roc.iter().map(|&(x, y)| [x, y]).collect();
    let plot = dressed(&t, "roc", "false positive rate", "true positive rate", rect)
        .include_x(0.0)
        .include_x(1.0)
        .include_y(0.0)
        .include_y(1.0)
        .label_formatter(|at| match at {
            HoverPosition::NearDataPoint { plot_name, position, .. } if *plot_name == "roc" => Some(format!(
                "false positives {}\ntrue positives {}",
                format::fixed(position.x, 3),
                format::fixed(position.y, 3)
            )),
            _ => None,
        });
    plot.show(ui, |plot| {
        plot.line(
            Line::new("chance", vec![[0.0, 0.0], [1.0, 1.0]])
                .color(t.text)
                .width(1.0)
                .style(LineStyle::Dashed { length: 4.0 })
                .allow_hover(false),
        );
        plot.line(Line::new("roc", PlotPoints::from(line)).color(t.p_pred).width(2.0));
    });
}

/// Scores of models that learned from growing parts of the training rows.
pub(super) fn curve_ui(ui: &mut Ui, steps: &[Step], task: Task, unit: &str) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let (key, label) = match task {
        Task::Regression => ("rmse", format!("RMSE, {unit}")),
        Task::Classification => ("accuracy", "accuracy".to_owned()),
    };
    speak(ui, rect, &format!("Learning curve of {key}, {} sizes", steps.len()));
    let series = |test: bool| -> Vec<[f64; 2]> {
        steps
            .iter()
            .filter_map(|step| {
                let scores = if test { &step.test } else { &step.train };
                plan::score(scores, key).map(|value| [step.n_rows as f64, value])
            })
            .collect()
    };
    let (train, test) = (series(false), series(true));
    let plot =
        dressed(&t, "learning curve", "training rows", &label, rect).include_x(0.0).label_formatter(|at| {
            match at {
                HoverPosition::NearDataPoint { plot_name, position, .. } => Some(format!(
                    "{plot_name}\n{} rows: {}",
                    format::number(position.x, 9),
                    format::number(position.y, 5)
                )),
                HoverPosition::Elsewhere { .. } => None,
            }
        });
    plot.show(ui, |plot| {
        let dots = |name: &str, points: &[[f64; 2]], color, shape| {
            Points::new(name, points.to_vec()).color(color).radius(4.0).filled(true).shape(shape)
        };
        plot.line(Line::new("train", train.clone()).color(t.p_ref).width(1.5).allow_hover(false));
        plot.line(Line::new("test", test.clone()).color(t.p_pred).width(2.0).allow_hover(false));
        plot.points(dots("train", &train, t.p_ref, MarkerShape::Circle));
        plot.points(dots("test", &test, t.p_pred, MarkerShape::Square));
    });
}

/// A legend entry: a mark in a colour, and a word.
pub(super) fn legend_ui(ui: &mut Ui, color: Color32, square: bool, word: &str) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(space::S2, space::S2), Sense::hover());
    if square {
        ui.painter().rect_filled(rect, CornerRadius::ZERO, color);
    } else {
        ui.painter().circle_filled(rect.center(), 4.0, color);
    }
    ui.label(text(word, font::small(), t.text_2));
}

/// What a chart says to those who do not see it.
fn speak(ui: &mut Ui, rect: Rect, what: &str) {
    let response = ui.interact(rect, ui.scope_id().with(("chart", what.len())), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, what));
}
