//! What the Requests page shows: the tree on the left, the request in the middle, its answer on the right.

use eframe::egui::{Rect, Ui, pos2, vec2};

use super::address::address_ui;
use super::dialects::dialects_ui;
use super::editor::editor_ui;
use super::environment::{environment_edit_ui, environment_ui};
use super::import::{import_ui, leaks_ui, secret_ui};
use super::response::response_ui;
use super::rows::rows_ui;
use super::tree::tree_ui;
use super::{Command, Draft, FileWork, Panel, Results};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::theme::{Icon, hairline, size, space, tokens};
use crate::app::widgets::{Button, empty_state, guarded_ui, problem_ui, spinner};

/// The page; it fills its whole place, without padding.
pub(crate) fn requests_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let unread = results.tree.value.is_none() && results.tree.problem.is_none();
    let new_model =
        view.truth.champion().is_some() && draft.begun.contains("general") && !draft.begun.contains("model");
    // the rows of the table that is being read go into the batch requests
    let may_load = !view.truth.dataset.loading;
    if may_load
        && (unread || new_model)
        && !results.is_filing
        && !results.tree.loading
        && results.tree.problem.is_none()
    {
        commands.push(Command::Files(FileWork::Load));
    }
    if !results.is_filing && !results.waiting.is_empty() {
        commands.push(Command::NextFile);
    }
    let t = tokens(ui);
    let whole = ui.max_rect();
    let tree_width = if view.compact { size::REQUEST_TREE_COMPACT } else { size::REQUEST_TREE };
    let tree = Rect::from_min_max(whole.min, pos2(whole.left() + tree_width, whole.bottom()));
    let rest = Rect::from_min_max(pos2(tree.right() + 1.0, whole.top()), whole.max);
    ui.painter().vline(tree.right() + 0.5, whole.y_range(), hairline(&t));
    guarded_ui(ui, tree, "requests", |ui| {
        let environment = size::REQUEST_ENVIRONMENT.min(tree.height() / 2.0);
        let upper = Rect::from_min_max(tree.min, pos2(tree.right(), tree.bottom() - environment));
        let lower = Rect::from_min_max(pos2(tree.left(), upper.bottom()), tree.max);
        guarded_ui(ui, upper, "tree", |ui| tree_ui(ui, view, results, draft, commands));
        ui.painter().hline(tree.x_range(), lower.top() + 0.5, hairline(&t));
        guarded_ui(ui, lower.shrink2(vec2(space::S4, space::S3)), "environment", |ui| {
            environment_ui(ui, results, draft, commands);
        });
    });
    guarded_ui(ui, rest, "request", |ui| match draft.panel {
        Panel::Dialects => dialects_ui(ui, view, results, commands),
        Panel::Rows => rows_ui(ui, view, results, draft, commands),
        Panel::Request => request_ui(ui, view, results, draft, commands),
    });
    import_ui(ui, draft, commands);
    leaks_ui(ui, draft, commands);
    secret_ui(ui, draft, commands);
    environment_edit_ui(ui, results, draft, commands);
}

fn request_ui(ui: &mut Ui, view: View<'_>, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let whole = ui.max_rect();
    if let Some(problem) = &results.tree.problem {
        guarded_ui(ui, whole.shrink(space::S4), "problem", |ui| {
            problem_ui(ui, problem, |ui| {
                if Button::secondary("Try again").icon(Icon::ARROW_COUNTER_CLOCKWISE).ui(ui).clicked() {
                    commands.push(Command::Files(FileWork::Load));
                }
            });
        });
        return;
    }
    if !draft.has_request() {
        guarded_ui(ui, whole.shrink(space::S8), "empty", |ui| {
            if results.tree.value.is_none() {
                spinner(ui, size::ICON_BANNER);
                return;
            }
            empty_state(
                ui,
                Icon::PAPER_PLANE_TILT,
                "No request is open",
                "Choose one on the left, make a new one, or paste a curl command.",
                |ui| {
                    ui.allocate_ui(vec2(300.0_f32.min(ui.available_width()), size::CONTROL), |ui| {
                        ui.horizontal(|ui| {
                            if Button::primary("Make a request").icon(Icon::PLUS).ui(ui).clicked() {
                                commands.push(Command::New);
                            }
                            if Button::secondary("Import curl…").icon(Icon::DOWNLOAD_SIMPLE).ui(ui).clicked()
                            {
                                commands.push(Command::Import);
                            }
                        });
                    });
                },
            );
        });
        return;
    }
    let bar_height = size::REQUEST_BAR;
    let bar = Rect::from_min_max(whole.min, pos2(whole.right(), whole.top() + bar_height));
    ui.painter().rect_filled(whole, 0.0, t.surface);
    guarded_ui(ui, bar.shrink2(vec2(space::S4, space::S3)), "address", |ui| {
        address_ui(ui, view, results, draft, commands);
    });
    ui.painter().hline(whole.x_range(), bar.bottom() - 0.5, hairline(&t));
    let below = Rect::from_min_max(pos2(whole.left(), bar.bottom()), whole.max);
    // side by side, or one below the other where it is narrow
    let (left, right) = if below.width() < size::REQUEST_SIDE_BY_SIDE {
        let middle = below.top() + (below.height() * 0.45).floor();
        ui.painter().hline(below.x_range(), middle + 0.5, hairline(&t));
        (
            Rect::from_min_max(below.min, pos2(below.right(), middle)),
            Rect::from_min_max(pos2(below.left(), middle + 1.0), below.max),
        )
    } else {
        let middle = below.left() + (below.width() / 2.0).floor();
        ui.painter().vline(middle + 0.5, below.y_range(), hairline(&t));
        (
            Rect::from_min_max(below.min, pos2(middle, below.bottom())),
            Rect::from_min_max(pos2(middle + 1.0, below.top()), below.max),
        )
    };
    guarded_ui(ui, left, "editor", |ui| editor_ui(ui, view, results, draft, commands));
    guarded_ui(ui, right, "answer", |ui| response_ui(ui, view, results, draft, commands));
}
