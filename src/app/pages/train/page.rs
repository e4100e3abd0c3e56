//! What the Train page shows: the configuration on the left, scores, charts and versions on the right.

use eframe::egui::{Align, Label, Layout, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::residuals::residuals_ui;
use super::{
    Command, Draft, Results, Tab, charts, coefficients, compare, compared, configuration, folds, metrics,
};
use super::{plan, rows_of, script, shown, versions};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::job::{JobStatus, Slot};
use crate::app::pages::{PageId, View, data};
use crate::app::state::Version;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Tone, Weight, empty_state, follow_focus, format, guarded_ui, page_head, problem_ui,
    progress_bar, segmented, spinner, tag,
};
use crate::model::Task;
use crate::training::report::Judged;

/// The charts are never lower than this; the page scrolls where the window is.
const CHARTS_LOWEST: f32 = 250.0;

/// Below this width two charts stand side by side, not three.
const NARROW: f32 = 640.0;
/// How strong what is out of date is drawn.
const OLD: f32 = 0.55;

/// The page.
pub(crate) fn train_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let version = shown(view.truth, draft);
    let head = ui.cursor().top();
    let about = match version {
        Some(version) => rows_of(version.model()),
        None => "Fit a model, and judge it on rows it has never seen".to_owned(),
    };
    page_head(ui, view.compact, "Train", &about, |ui| {
        versions::page_actions_ui(ui, view, version, commands);
    });
    let mut rect = ui.available_rect_before_wrap();
    rect.min.y = head + if view.compact { size::PAGE_HEAD_COMPACT } else { size::PAGE_HEAD };
    let left = Rect::from_min_size(rect.min, vec2(size::TRAIN_CONFIGURATION, rect.height()));
    let right = Rect::from_min_max(pos2(left.right() + space::S4, rect.top()), rect.max);
    guarded_ui(ui, left, "configuration", |ui| {
        configuration::configuration_ui(ui, view, results, draft, commands);
    });
    // the scroll bar stands in the page's padding
    let gutter = Rect::from_min_max(right.min, pos2(right.right() + space::S4, right.bottom()));
    guarded_ui(ui, gutter, "results", |ui| {
        ScrollArea::vertical().id_salt("train results").auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(right.width());
            results_ui(ui, right.height(), view, results, version, draft, commands);
            follow_focus(ui);
        });
    });
    ui.allocate_rect(rect, Sense::hover());
}

fn results_ui(
    ui: &mut Ui,
    height: f32,
    view: View<'_>,
    results: &Results,
    version: Option<&Version>,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    ui.spacing_mut().item_spacing.y = space::S3;
    let top = ui.cursor().top();
    if let Some((problem, column)) = &results.problem {
        problem_ui(ui, problem, |ui| {
            if let Some(column) = column {
                let label = format!("Look at {column} in Data");
                if Button::secondary(&label).icon(Icon::TABLE).compact().ui(ui).clicked() {
                    commands.push(data::Command::Inspect(Some(column.clone())));
                    commands.push(AppCommand::Go(PageId::Data));
                }
            }
            if Button::secondary("Try again").compact().ui(ui).clicked() {
                commands.push(Command::Train);
            }
            if Button::ghost("Dismiss").key("Esc").compact().ui(ui).clicked() {
                commands.push(Command::Dismiss);
            }
        });
    }
    let old = results.training.is_some() && version.is_some();
    let task = version.map(|version| version.model().task).or_else(|| plan::task(view.truth, draft));
    ui.scope(|ui| {
        if old {
            ui.multiply_opacity(OLD);
        }
        metrics::metrics_ui(ui, version.map(|v| &**v.model()), task.unwrap_or(Task::Regression));
    });
    if let Some(version) = version {
        metrics::warnings_ui(ui, version.model(), draft);
        tabs_ui(ui, version, old, draft);
    }
    let table = versions::height(view.truth.versions.len());
    let used = ui.cursor().top() - top;
    // three charts side by side need width; where it lacks, the third goes below
    let two_rows = ui.available_width() < NARROW && draft.tab == Tab::Fit && version.is_some();
    let lowest = if two_rows { CHARTS_LOWEST * 2.0 + space::S3 } else { CHARTS_LOWEST };
    let charts_height = (height - used - table - space::S3).max(lowest);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), charts_height), Sense::hover());
    let mut charts = ui.new_child(UiBuilder::new().id_salt("charts").max_rect(rect));
    if old {
        charts.multiply_opacity(OLD);
    }
    match version {
        Some(version) => charts_ui(&mut charts, rect, view, results, version, draft, commands),
        None => nothing_ui(&mut charts, rect, view, results, commands),
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), table), Sense::hover());
    versions::versions_ui(ui, rect, view, version, draft, commands);
}

fn tabs_ui(ui: &mut Ui, version: &Version, old: bool, draft: &mut Draft) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL_COMPACT), Sense::hover());
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = space::S2;
    let segments = [
        Segment::new(Tab::Fit, "Fit"),
        Segment::new(Tab::Curve, "Learning curve"),
        Segment::new(Tab::Folds, "Cross-validation"),
        Segment::new(Tab::Compare, "Compare"),
        Segment::new(Tab::Python, "Python"),
    ];
    segmented(&mut row, "Charts", &mut draft.tab, &segments, size::CONTROL_COMPACT, None);
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if old {
            tag(ui, Tone::Warn, Some((Icon::CLOCK, Weight::Regular)), "Old");
        }
        let said = format!("{} · {}", version.entry.title(), plan::describe(version.model()));
        ui.add(Label::new(text(said, font::small(), t.text_2)).truncate());
    });
}

fn nothing_ui(ui: &mut Ui, rect: Rect, view: View<'_>, results: &Results, commands: &mut Commands) {
    charts::chart_card(ui, rect, "Charts", "", |ui| {
        ui.add_space((ui.available_height() / 2.0 - 80.0).max(0.0));
        if results.training.is_some() {
            empty_state(ui, Icon::CHART_SCATTER, "Training", "The charts appear when it is done.", |_| {});
        } else if view.truth.data().is_none() {
            empty_state(
                ui,
                Icon::CHART_SCATTER,
                "No table to learn from yet",
                "Open one on the Data page; then train here and see how well the model does on rows it has not seen.",
                |ui| {
                    if Button::secondary("Open the Data page").icon(Icon::TABLE).ui(ui).clicked() {
                        commands.push(AppCommand::Go(PageId::Data));
                    }
                },
            );
        } else {
            empty_state(
                ui,
                Icon::CHART_SCATTER,
                "No model yet",
                "Predicted against actual, residuals and coefficients stand here once a model is trained.",
                |_| {},
            );
        }
    });
}

fn charts_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    results: &Results,
    version: &Version,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    match draft.tab {
        Tab::Fit => fit_ui(ui, rect, version, draft, commands),
        Tab::Curve => curve_ui(ui, rect, view, results, version, commands),
        Tab::Folds => {
            let folds = version.report.as_ref().map_or(&[][..], |report| &report.folds);
            let by = version.report.as_ref().map_or("", |report| report.folds_by.as_str());
            let about = if folds.is_empty() { String::new() } else { format!("training rows, {by}") };
            charts::chart_card(ui, rect, "Cross-validation", &about, |ui| {
                if folds.is_empty() {
                    ui.add_space(space::S6);
                    let said = if version.report.is_some() {
                        "This version was trained without cross-validation. Set the number of folds on the left and train again."
                    } else {
                        "This model was opened from a file, which does not hold a cross-validation."
                    };
                    empty_state(ui, Icon::ROWS, "No folds", said, |_| {});
                } else {
                    folds::folds_ui(ui, folds, version.model().task);
                }
            });
        }
        Tab::Compare => match compared(view.truth, draft) {
            Some((first, second)) => {
                charts::chart_card(ui, rect, "Comparison", "tick two versions below to choose them", |ui| {
                    compare::compare_ui(ui, first, second);
                });
            }
            None => charts::chart_card(ui, rect, "Comparison", "", |ui| {
                ui.add_space(space::S6);
                let said =
                    "Train another version, with other features or another model, to see both side by side.";
                empty_state(ui, Icon::ARROWS_LEFT_RIGHT, "It takes two versions", said, |_| {});
            }),
        },
        Tab::Python => charts::chart_card(ui, rect, "The same in Python", "", |ui| {
            script::script_ui(ui, version, results, commands);
        }),
    }
}

/// The places of three charts: side by side, or two and one below where the width lacks.
fn three(rect: Rect, shares: [f32; 3]) -> [Rect; 3] {
    if rect.width() >= NARROW {
        return divided(rect, shares);
    }
    let middle = ((rect.height() - space::S3) / 2.0).floor();
    let top = Rect::from_min_size(rect.min, vec2(rect.width(), middle));
    let bottom = Rect::from_min_max(pos2(rect.left(), rect.top() + middle + space::S3), rect.max);
    let [first, second] = divided(top, [shares[0], shares[1]]);
    [first, second, bottom]
}

/// Divides a rectangle by shares, with gaps.
fn divided<const N: usize>(rect: Rect, shares: [f32; N]) -> [Rect; N] {
    let gap = space::S3;
    let whole: f32 = shares.iter().sum();
    let room = rect.width() - gap * (N as f32 - 1.0);
    let mut left = rect.left();
    shares.map(|share| {
        let width = (room * share / whole).floor();
        let part = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left += width + gap;
        part
    })
}

fn fit_ui(ui: &mut Ui, rect: Rect, version: &Version, draft: &mut Draft, commands: &mut Commands) {
    let model = version.model();
    let target = model.output.name.as_str();
    let unit = model.output.unit.as_deref().unwrap_or(target);
    let last = |ui: &mut Ui, rect: Rect, draft: &mut Draft| {
        let about = if rect.width() > 230.0 { coefficients::about(model) } else { "" };
        charts::chart_card(ui, rect, coefficients::title(model), about, |ui| {
            coefficients::coefficients_ui(ui, version, draft);
        });
    };
    let Some(report) = &version.report else {
        let [first, second] = divided(rect, [1.0, 1.0]);
        charts::chart_card(ui, first, "Charts", "", |ui| {
            ui.add_space(space::S6);
            let said =
                "A model file holds the scores and the coefficients, but not the rows it was judged on.";
            empty_state(ui, Icon::FOLDER_OPEN, "Opened from a file", said, |_| {});
        });
        last(ui, second, draft);
        return;
    };
    let rows = format::plural(
        report.n_rows,
        if report.held_out { "test row" } else { "training row" },
        if report.held_out { "test rows" } else { "training rows" },
    );
    match &report.judged {
        Judged::Regression { points, residuals } => {
            let [first, second, third] = three(rect, [0.36, 0.26, 0.38]);
            let right = if first.width() > 250.0 { rows.as_str() } else { "" };
            charts::chart_card(ui, first, "Predicted against actual", right, |ui| {
                if let Some(row) = charts::scatter_ui(ui, points, target) {
                    commands.push(Command::Row(version.entry.number, row));
                }
            });
            charts::chart_card(ui, second, "Residuals", "", |ui| {
                if let Some(residuals) = residuals {
                    residuals_ui(ui, version, residuals, unit, &mut draft.residual_bar, commands);
                }
            });
            last(ui, third, draft);
        }
        Judged::Classification { classes, confusion, each, roc } => {
            let [first, second, third] = three(rect, [0.34, 0.30, 0.36]);
            if confusion.is_empty() {
                charts::chart_card(ui, first, "Classes", &rows, |ui| charts::classes_ui(ui, classes, each));
            } else {
                charts::chart_card(ui, first, "Right and wrong", &rows, |ui| {
                    charts::confusion_ui(ui, classes, confusion);
                });
            }
            if roc.is_empty() {
                charts::chart_card(ui, second, "By class", "", |ui| charts::classes_ui(ui, classes, each));
            } else {
                let class = classes.get(1).map_or("", String::as_str);
                charts::chart_card(ui, second, "ROC", class, |ui| charts::roc_ui(ui, roc, class));
            }
            last(ui, third, draft);
        }
    }
}

fn curve_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    results: &Results,
    version: &Version,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let number = version.entry.number;
    let running = results.curve_of == Some(number);
    let curve = version.report.as_ref().and_then(|report| report.curve.as_ref());
    charts::chart_card(ui, rect, "Learning curve", "does more data help?", |ui| {
        let model = version.model();
        if running {
            ui.horizontal(|ui| {
                spinner(ui, size::ICON);
                let job = view.work.job(Slot::TrainChart);
                let share = job.and_then(JobStatus::share);
                progress_bar(ui, "Learning curve", share, 160.0, size::PROGRESS_SMALL);
                if Button::secondary("Cancel learning curve").key("Esc").small().ui(ui).clicked() {
                    commands.push(Command::CancelCurve);
                }
            });
        } else if let Some((of, problem)) = &results.curve_problem
            && *of == number
        {
            problem_ui(ui, problem, |_| {});
        } else if curve.is_none() {
            ui.add_space(space::S6);
            let said = "The model is fitted to growing parts of the training rows, and each is judged on the rows held out.";
            empty_state(ui, Icon::CHART_LINE_UP, "Not worked out yet", said, |ui| {
                if Button::secondary("Work out the curve").icon(Icon::CHART_LINE_UP).ui(ui).clicked() {
                    commands.push(Command::Curve(number));
                }
            });
        }
        if let Some(steps) = curve {
            ui.horizontal(|ui| {
                charts::legend_ui(ui, t.p_ref, false, "on the rows it learned from");
                ui.add_space(space::S2);
                charts::legend_ui(ui, t.p_pred, true, "on rows it has never seen");
            });
            let rest = ui.available_rect_before_wrap();
            guarded_ui(ui, rest, "curve", |ui| {
                let unit = model.output.unit.as_deref().unwrap_or(&model.output.name);
                charts::curve_ui(ui, steps, model.task, unit);
            });
        }
    });
}
