//! Bars from a zero line: coefficients with their intervals, and the importance of inputs.

use std::sync::Arc;

use eframe::egui::{Align2, CornerRadius, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Draft;
use crate::app::state::Version;
use crate::app::theme::{font, size, space, tokens};
use crate::app::widgets::{clipped, format, select};
use crate::model::{Estimator, Model};
use crate::training::report::{Coefficients, Importances, coefficients};

/// The largest share of the width that names take.
const NAMES: f32 = 0.38;

/// So many of the first bars say how wide names and numbers are.
const WIDEST_OF: usize = 40;

/// The bars of a model's coefficients.
#[derive(Debug, Clone)]
pub(crate) struct Cached {
    model: Arc<Model>,
    class: usize,
    bars: Vec<Bar>,
    caption: String,
}

/// One bar.
#[derive(Debug, Clone)]
struct Bar {
    name: String,
    value: f64,
    interval: Option<(f64, f64)>,
    shown: String,
    hover: String,
}

/// The title of the card for a model.
pub(super) fn title(model: &Model) -> &'static str {
    match model.estimator {
        Estimator::Linear(_) | Estimator::Logistic(_) => "Coefficients",
        Estimator::Tree(_) | Estimator::Mlp(_) => "Importance",
    }
}

/// What the head says on the right.
pub(super) fn about(model: &Model) -> &'static str {
    match &model.estimator {
        Estimator::Linear(linear) if linear.standard_errors.is_some() => "with 95 % intervals",
        Estimator::Linear(_) => "penalised: no intervals",
        _ => "",
    }
}

/// The card's content.
pub(super) fn coefficients_ui(ui: &mut Ui, version: &Version, draft: &mut Draft) {
    let model = version.model();
    let names: &[String] = match &model.estimator {
        Estimator::Linear(_) => &[],
        // with two classes the one row is that of the second
        Estimator::Logistic(logistic) if logistic.intercepts.len() == 1 => &[],
        Estimator::Logistic(_) => &model.output.classes,
        Estimator::Tree(_) | Estimator::Mlp(_) => {
            let importances = version.report.as_ref().and_then(|report| report.importances.as_ref());
            importances_ui(ui, importances);
            return;
        }
    };
    if let Some(last) = names.len().checked_sub(1) {
        draft.class = draft.class.min(last);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (current, width) = (names[draft.class], ui.available_width());
        let name = "Class of the coefficients";
        if let Some(at) = select(ui, name, None, current, &names, width, size::CONTROL_COMPACT) {
            draft.class = at;
        }
        ui.add_space(space::S1);
    } else {
        draft.class = 0;
    }
    let fresh = |cached: &Cached| Arc::ptr_eq(&cached.model, model) && cached.class == draft.class;
    if !draft.bars.as_ref().is_some_and(fresh) {
        draft.bars = coefficients(model).get(draft.class).map(|set| Cached {
            model: Arc::clone(model),
            class: draft.class,
            bars: bars(set),
            caption: match (&set.class, &model.output.unit) {
                (Some(class), _) => format!("log-odds of {class} per 1 standard deviation"),
                (None, unit) => {
                    let unit = unit.as_ref().unwrap_or(&model.output.name);
                    format!("{unit} per 1 standard deviation")
                }
            },
        });
    }
    if let Some(cached) = &draft.bars {
        bars_ui(ui, &cached.bars, &cached.caption);
    }
}

fn bars(set: &Coefficients) -> Vec<Bar> {
    let mut bars: Vec<Bar> = set
        .terms
        .iter()
        .map(|term| {
            let name = term.term.replacen('=', " = ", 1);
            let value = term.per_std().unwrap_or(0.0);
            let interval = term.interval_per_std();
            let shown = if term.dropped { "left out".to_owned() } else { format::signed(value, 2) };
            let mut hover = format!("{name}: {} per 1", format::signed(term.value, 4));
            if let Some((low, high)) = term.interval {
                hover.push_str(&format!(
                    "\n95 % from {} to {}",
                    format::signed(low, 4),
                    format::signed(high, 4)
                ));
            }
            if let Some(std) = term.std {
                hover.push_str(&format!("\n1 standard deviation is {}", format::number(std, 3)));
            }
            if term.dropped {
                hover.push_str("\nThe other terms determine it, so it was left out of the fit.");
            }
            Bar { name, value, interval, shown, hover }
        })
        .collect();
    bars.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    bars
}

fn importances_ui(ui: &mut Ui, importances: Option<&Importances>) {
    let t = tokens(ui);
    let (found, caption) = match importances {
        Some(Importances::Splits(found)) => (found, "share of what all splits gain"),
        Some(Importances::Shuffling(found)) => (found, "rise of the error when shuffled"),
        None => {
            ui.label(crate::app::theme::text(
                "This kind of model has no coefficients, and the file does not say which inputs it goes by.",
                font::body(),
                t.text_2,
            ));
            return;
        }
    };
    let splits = matches!(importances, Some(Importances::Splits(_)));
    let bars: Vec<Bar> = found
        .iter()
        .map(|importance| {
            let shown = if splits {
                format!("{} %", format::number(importance.value * 100.0, 2))
            } else {
                format::signed(importance.value, 2)
            };
            let hover = format!("{}: {shown}", importance.input);
            Bar { name: importance.input.clone(), value: importance.value, interval: None, shown, hover }
        })
        .collect();
    bars_ui(ui, &bars, caption);
}

fn bars_ui(ui: &mut Ui, bars: &[Bar], caption: &str) {
    let t = tokens(ui);
    let whole = ui.available_rect_before_wrap();
    let caption_height = space::S6;
    let painter = ui.painter();
    let widest = bars
        .iter()
        .take(WIDEST_OF)
        .map(|bar| painter.layout_no_wrap(bar.name.clone(), font::small(), t.text).size().x)
        .fold(0.0, f32::max)
        .min(whole.width() * NAMES);
    let value_width = bars
        .iter()
        .take(WIDEST_OF)
        .map(|bar| painter.layout_no_wrap(bar.shown.clone(), font::small(), t.text).size().x)
        .fold(0.0, f32::max);
    let ends = bars.iter().flat_map(|bar| {
        let (low, high) = bar.interval.unwrap_or((bar.value, bar.value));
        [low, high, bar.value]
    });
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    ends.filter(|end| end.is_finite()).for_each(|end| {
        low = low.min(end);
        high = high.max(end);
    });
    if low == high {
        high = 1.0;
    }
    // values stand beside the bars: on the left only where there are negative ones
    let left_room = if low < 0.0 { value_width + space::S2 } else { 0.0 };
    let from = whole.left() + widest + space::S3 + left_room;
    let to = (whole.right() - value_width - space::S3).max(from + 10.0);
    let x_of = |value: f64| from + (to - from) * ((value - low) / (high - low)) as f32;
    let body = Rect::from_min_max(whole.min, pos2(whole.right(), whole.bottom() - caption_height));
    let row = (body.height() / bars.len().max(1) as f32).clamp(space::S6 - 2.0, 40.0).floor();
    let mut child = ui.new_child(eframe::egui::UiBuilder::new().id_salt("bars").max_rect(body));
    child.set_clip_rect(body.intersect(ui.clip_rect()));
    child.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt("terms").auto_shrink(false).show_rows(
        &mut child,
        row,
        bars.len(),
        |ui, range| {
            for bar in &bars[range] {
                let (rect, response) = ui.allocate_exact_size(vec2(whole.width(), row), Sense::hover());
                response.widget_info(|| {
                    WidgetInfo::labeled(Role::Label, true, format!("{} {}", bar.name, bar.shown))
                });
                let painter = ui.painter();
                let y = rect.center().y;
                clipped(painter, pos2(rect.left(), y), Align2::LEFT_CENTER, &bar.name, widest, t.text);
                let zero = x_of(0.0);
                painter.vline(zero, rect.y_range(), Stroke::new(1.0, t.stroke_control));
                let end = x_of(bar.value);
                let color = if bar.value < 0.0 { t.p_cur } else { t.p_pred };
                let half = (row * 0.28).clamp(4.0, 6.0);
                let place = Rect::from_x_y_ranges(
                    zero.min(end)..=zero.max(end).max(zero.min(end) + 1.0),
                    (y - half)..=(y + half),
                );
                painter.rect_filled(place, CornerRadius::same(2), color);
                let mut ends = (zero.min(end), zero.max(end));
                if let Some((low, high)) = bar.interval {
                    let (a, b) = (x_of(low), x_of(high));
                    let stroke = Stroke::new(1.0, t.text);
                    painter.hline(a..=b, y, stroke);
                    for x in [a, b] {
                        painter.vline(x, (y - 3.0)..=(y + 3.0), stroke);
                    }
                    ends = (ends.0.min(a), ends.1.max(b));
                }
                let (at, align) = if bar.value < 0.0 {
                    (pos2(ends.0 - space::S1, y), Align2::RIGHT_CENTER)
                } else {
                    (pos2(ends.1 + space::S1, y), Align2::LEFT_CENTER)
                };
                painter.text(at, align, &bar.shown, font::small(), t.text);
                response.on_hover_text(&bar.hover);
            }
        },
    );
    ui.painter().text(
        pos2(whole.center().x, whole.bottom()),
        Align2::CENTER_BOTTOM,
        caption,
        font::small(),
        t.text_2,
    );
}
