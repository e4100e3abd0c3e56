//! The cards with the scores: held-out rows, training rows and the naive model on one scale.

use eframe::egui::{
    Align2, CornerRadius, Frame, Label, Margin, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use super::{Draft, plan};
use crate::app::theme::{Icon, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{Button, Weight, format, icon_ui};
use crate::model::{Model, Scores, Task};

/// A card's height: head, number, three bars.
pub(super) const HEIGHT: f32 = 138.0;

/// How a score is shown.
struct Metric {
    key: &'static str,
    title: &'static str,
    about: &'static str,
    /// 1 is the best, and bars go from 0 to 1; otherwise 0 is the best.
    to_one: bool,
}

const REGRESSION: [Metric; 3] = [
    Metric { key: "r2", title: "R²", about: "1 is best", to_one: true },
    Metric { key: "rmse", title: "RMSE", about: "big misses count more", to_one: false },
    Metric { key: "mae", title: "MAE", about: "average miss, units", to_one: false },
];
const CLASSIFICATION: [Metric; 4] = [
    Metric { key: "accuracy", title: "Accuracy", about: "share right", to_one: true },
    Metric { key: "f1", title: "F1", about: "1 is best", to_one: true },
    Metric { key: "log_loss", title: "Log loss", about: "0 is best", to_one: false },
    Metric { key: "roc_auc", title: "AUC", about: "0.5 is chance", to_one: true },
];

/// The scores that a task is judged by: key and title.
pub(super) fn titles(task: Task) -> Vec<(&'static str, &'static str, bool)> {
    let of = |metric: &Metric| (metric.key, metric.title, metric.to_one);
    match task {
        Task::Regression => REGRESSION.iter().map(of).collect(),
        Task::Classification => CLASSIFICATION.iter().map(of).collect(),
    }
}

/// A score with the digits that count.
pub(super) fn shown(value: Option<f64>, to_one: bool) -> String {
    match value {
        None => "–".into(),
        Some(value) if to_one => format::fixed(value, 3),
        Some(value) => {
            let decimals = match value.abs() {
                0.0 => 0,
                v if v >= 1000.0 => 0,
                v if v >= 10.0 => 1,
                v if v >= 0.1 => 3,
                v if v >= 0.001 => 4,
                _ => return format::number(value, 3),
            };
            format::fixed(value, decimals)
        }
    }
}

/// The cards in a row; empty ones say what will stand there.
pub(super) fn metrics_ui(ui: &mut Ui, model: Option<&Model>, task: Task) {
    let metrics: &[Metric] = match task {
        Task::Regression => &REGRESSION,
        Task::Classification => &CLASSIFICATION,
    };
    let n = metrics.len() as f32;
    let gap = if n > 3.0 { space::S3 } else { space::S4 };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let width = ((rect.width() - gap * (n - 1.0)) / n).floor();
    for (at, metric) in metrics.iter().enumerate() {
        let left = rect.left() + (width + gap) * at as f32;
        card_ui(ui, Rect::from_min_size(pos2(left, rect.top()), vec2(width, HEIGHT)), metric, model);
    }
}

fn card_ui(ui: &mut Ui, rect: Rect, metric: &Metric, model: Option<&Model>) {
    let t = tokens(ui);
    let score = |scores: &Scores| plan::score(scores, metric.key);
    let (train, test, naive) = model.map_or((None, None, None), |model| {
        let metrics = &model.metrics;
        let naive = metrics.baseline.test.as_ref().map_or_else(|| score(&metrics.baseline.train), score);
        (score(&metrics.train), metrics.test.as_ref().and_then(score), naive)
    });
    let has_test = model.is_none_or(|model| model.metrics.test.is_some());
    let (main, of) = if has_test { (test, "test") } else { (train, "training rows") };
    let text_of = |value| shown(value, metric.to_one);
    let spoken = if model.is_some() {
        format!(
            "{}: test {}, train {}, naive {}",
            metric.title,
            if has_test { text_of(test) } else { "none held out".into() },
            text_of(train),
            text_of(naive)
        )
    } else {
        format!("{}: no model yet", metric.title)
    };
    let response = ui.interact(rect, ui.scope_id().with(("metric", metric.key)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect(rect, CornerRadius::same(radius::CARD), t.surface, hairline(&t), StrokeKind::Inside);
    let inner = rect.shrink2(vec2(space::S4, space::S3));
    let title = painter.text(inner.min, Align2::LEFT_TOP, metric.title, font::card_title(), t.text);
    let about = painter.layout_no_wrap(metric.about.to_owned(), font::small(), t.text_3);
    if title.right() + space::S2 + about.size().x <= inner.right() {
        painter.galley(pos2(inner.right() - about.size().x, inner.top() + 1.0), about, t.text_3);
    }
    let middle = inner.top() + space::S6 + space::S3;
    let number = if model.is_some() { text_of(main) } else { "–".into() };
    let color = if model.is_some() { t.text } else { t.text_3 };
    let drawn = painter.text(pos2(inner.left(), middle), Align2::LEFT_CENTER, number, font::metric(), color);
    if model.is_some() {
        let at = pos2(drawn.right() + space::S2, middle + 3.0);
        painter.text(at, Align2::LEFT_CENTER, of, font::small(), t.text_3);
    }
    let largest = if metric.to_one {
        1.0
    } else {
        [train, test, naive].into_iter().flatten().filter(|v| v.is_finite()).fold(0.0, f64::max)
    };
    let rows = [("Train", train, t.p_ref), ("Test", test, t.p_pred), ("Naive", naive, t.stroke_control)];
    let values = rows.map(|(_, value, _)| {
        painter.layout_no_wrap(
            if model.is_some() { text_of(value) } else { "–".into() },
            font::mono(),
            t.text,
        )
    });
    let value_width = values.iter().map(|value| value.size().x).fold(0.0, f32::max);
    let mut y = middle + space::S6 + 2.0;
    for ((name, value, color), value_text) in rows.into_iter().zip(values) {
        painter.text(pos2(inner.left(), y), Align2::LEFT_CENTER, name, font::small(), t.text_2);
        let bar = Rect::from_min_max(
            pos2(inner.left() + 40.0, y - size::PROGRESS / 2.0),
            pos2(inner.right() - value_width - space::S2, y + size::PROGRESS / 2.0),
        );
        let corner = CornerRadius::same(2);
        painter.rect_filled(bar, corner, t.sunken);
        let share =
            value.map_or(0.0, |value| if largest > 0.0 { (value / largest).clamp(0.0, 1.0) } else { 0.0 });
        if share > 0.0 {
            let mut filled = bar;
            filled.set_width((bar.width() * share as f32).max(2.0));
            if name == "Naive" {
                painter.rect(filled, corner, t.surface, Stroke::new(1.0, color), StrokeKind::Inside);
            } else {
                painter.rect_filled(filled, corner, color);
            }
        }
        let at = pos2(inner.right() - value_text.size().x, y - value_text.size().y / 2.0);
        painter.galley(at, value_text, t.text);
        y += 18.0;
    }
}

/// What training had to say: leaks, a naive model that was not beaten, columns left out.
pub(super) fn warnings_ui(ui: &mut Ui, model: &Model, draft: &mut Draft) {
    const FEW: usize = 1;
    let warnings = &model.training.warnings;
    if warnings.is_empty() {
        return;
    }
    let t = tokens(ui);
    // what may make the scores worthless comes first
    let grave = |text: &&String| !(text.contains("leakage") || text.contains("does not beat"));
    let mut ordered: Vec<&String> = warnings.iter().collect();
    ordered.sort_by_key(grave);
    Frame::new()
        .fill(t.warn_tint)
        .corner_radius(CornerRadius::same(radius::CONTROL))
        .inner_margin(Margin::symmetric(12, 4))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 2.0;
            let n = if draft.all_warnings { ordered.len() } else { FEW.min(ordered.len()) };
            for (at, warning) in ordered[..n].iter().enumerate() {
                ui.horizontal(|ui| {
                    ui.set_min_height(space::S6);
                    icon_ui(ui, Icon::WARNING, Weight::Fill, size::ICON_SEGMENT, t.warn);
                    let more = ordered.len() - FEW.min(ordered.len());
                    let room = if at == 0 && more > 0 { 120.0 } else { 0.0 };
                    let label = Label::new(text(plan::in_window(warning), font::small(), t.text));
                    let width = (ui.available_width() - room).max(40.0);
                    ui.scope(|ui| {
                        ui.set_max_width(width);
                        if draft.all_warnings {
                            ui.add(label.wrap());
                        } else {
                            ui.add(label.truncate());
                        }
                    });
                    if at == 0 && more > 0 {
                        let say = if draft.all_warnings {
                            "Show less".to_owned()
                        } else {
                            format!("{more} more to know")
                        };
                        ui.with_layout(
                            eframe::egui::Layout::right_to_left(eframe::egui::Align::Center),
                            |ui| {
                                if Button::ghost(&say).small().ui(ui).clicked() {
                                    draft.all_warnings = !draft.all_warnings;
                                }
                            },
                        );
                    }
                });
            }
        });
}
