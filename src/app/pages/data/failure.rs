//! A file that could not be read: what happened, where, what to do, and what was kept.

use eframe::egui::{Align, Label, Layout, Ui, UiBuilder, vec2};

use super::excerpt::raw_lines_ui;
use super::failure_ways::ways;
use super::page::{sample_menu_ui, scrolling_ui};
use super::{Command, Results};
use crate::app::command::{Command as AppCommand, Commands, hint};
use crate::app::pages::View;
use crate::app::picker::Purpose;
use crate::app::state::Problem;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Weight, card_frame, card_head, format, icon_ui, page_head, problem_ui, segmented,
};
use crate::data::{Decimal, ReadOptions};

/// Below this width the two lists stand one below the other.
const SIDE_BY_SIDE: f32 = 720.0;
/// The height of a way on.
const WAY: f32 = 60.0;

/// The page.
pub(super) fn failure_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    problem: &Problem,
    commands: &mut Commands,
) {
    let name = results.reading.as_ref().map(|(from, _)| from.title());
    let name = name.unwrap_or_else(|| "The clipboard".to_owned());
    let kept = view.truth.data().map(|data| data.from.title());
    page_head(ui, view.compact, "Data", &name, |ui| {
        if Button::secondary("Open CSV…")
            .icon(Icon::FOLDER_OPEN)
            .key(hint(view.actions, "Open CSV…"))
            .ui(ui)
            .clicked()
        {
            commands.push(AppCommand::Choose(Purpose::OpenData));
        }
        sample_menu_ui(ui, view, commands);
        if let Some(kept) = &kept {
            let label = format!("Back to {kept}");
            if Button::secondary(&label).icon(Icon::ARROW_LEFT).key("Esc").ui(ui).clicked() {
                commands.push(Command::Back);
            }
        }
    });
    scrolling_ui(ui, view.compact, "failure", |ui| {
        ui.spacing_mut().item_spacing.y = space::S4;
        let mut shown = problem.clone();
        shown.title = match problem.line {
            Some(line) => format!("{name} could not be read: line {}", format::count(line)),
            None => problem.title.clone(),
        };
        shown.detail = match problem.line {
            Some(_) => format!("{}. {}", problem.title, cause(problem)),
            None => problem.detail.clone(),
        };
        problem_ui(ui, &shown, |ui| {
            if Button::ghost("Copy details").icon(Icon::COPY).small().ui(ui).clicked() {
                commands.push(AppCommand::Copy(format!("{}: {}\n{}", name, problem.title, problem.detail)));
            }
        });
        if let (Some(line), false) = (problem.line, results.failed_at.is_empty()) {
            card_frame(ui).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.set_width(ui.available_width());
                card_head(ui, None, "Where it happened, as it stands in the file", true, |ui| {
                    settings_here_ui(ui, results, commands);
                });
                raw_lines_ui(ui, &results.failed_at, line, true);
                ui.add_space(space::S1);
            });
        }
        let wide = ui.available_width() >= SIDE_BY_SIDE;
        if wide {
            ui.spacing_mut().item_spacing.x = space::S4;
            ui.columns(2, |columns| {
                ways_ui(&mut columns[0], results, problem, commands);
                kept_ui(&mut columns[1], view);
            });
        } else {
            ways_ui(ui, results, problem, commands);
            kept_ui(ui, view);
        }
    });
}

/// The likely cause, in words for this page rather than for a command line.
fn cause(problem: &Problem) -> String {
    if problem.title.contains("quote") {
        return "Likely cause: a quote character that is part of the text, or one that was forgotten. \
                Everything behind it would become one field."
            .to_owned();
    }
    problem.detail.clone()
}

/// Separator and decimal sign, read again at once.
fn settings_here_ui(ui: &mut Ui, results: &Results, commands: &mut Commands) {
    let Some((_, options)) = &results.reading else { return };
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.x = space::S2;
    let mut decimal = options.decimal;
    let signs = [
        Segment::new(None, "Detect decimal"),
        Segment::new(Some(Decimal::Point), "Point"),
        Segment::new(Some(Decimal::Comma), "Comma"),
    ];
    let mut delimiter = options.delimiter;
    let separators = [
        Segment::new(None, "Detect"),
        Segment::new(Some(b','), "Commas"),
        Segment::new(Some(b';'), "Semicolons"),
        Segment::new(Some(b'\t'), "Tabs"),
    ];
    let mut changed = false;
    if ui.available_width() > 640.0 {
        changed |= segmented(ui, "Decimal sign", &mut decimal, &signs, size::CONTROL_SMALL, None);
        ui.label(text("Decimal", font::small(), t.text_2));
        ui.add_space(space::S2);
    }
    changed |= segmented(ui, "Separator", &mut delimiter, &separators, size::CONTROL_SMALL, None);
    ui.label(text("Separator", font::small(), t.text_2));
    if changed {
        let options = ReadOptions { delimiter, decimal, ..options.clone() };
        commands.push(Command::Retry(Box::new(options)));
    }
}

/// A way on: what it does, and its button.
fn way_ui(ui: &mut Ui, icon: Icon, title: &str, about: &str, button: impl FnOnce(&mut Ui)) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), WAY), eframe::egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(&t));
    let inner = rect.shrink2(vec2(space::S4, space::S2));
    let layout = Layout::right_to_left(Align::Center);
    let mut row = ui.new_child(UiBuilder::new().id_salt(title).max_rect(inner).layout(layout));
    button(&mut row);
    let mut left = inner;
    left.max.x = row.min_rect().left() - space::S3;
    let layout = Layout::left_to_right(Align::Center);
    let mut row = ui.new_child(UiBuilder::new().id_salt((title, "left")).max_rect(left).layout(layout));
    row.spacing_mut().item_spacing.x = space::S3;
    icon_ui(&mut row, icon, Weight::Regular, size::ICON, t.accent);
    row.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(space::S1);
        ui.add(Label::new(text(title, font::label(), t.text)).truncate());
        ui.add(Label::new(text(about, font::small(), t.text_2)).truncate()).on_hover_text(about);
    });
}

fn ways_ui(ui: &mut Ui, results: &Results, problem: &Problem, commands: &mut Commands) {
    card_frame(ui).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_width(ui.available_width());
        card_head(ui, None, "What to do", true, |_| {});
        for (at, way) in ways(results, problem).into_iter().enumerate() {
            way_ui(ui, way.icon, &way.title, &way.about, |ui| {
                let button =
                    if at == 0 { Button::primary(&way.button) } else { Button::secondary(&way.button) };
                let key = way.key.map_or_else(String::new, |key| key.name().to_owned());
                if button.key(key).ui(ui).clicked() {
                    commands.push(way.command);
                }
            });
        }
    });
}

fn kept_ui(ui: &mut Ui, view: View<'_>) {
    card_frame(ui).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_width(ui.available_width());
        card_head(ui, None, "What was kept", true, |_| {});
        if let Some(data) = view.truth.data() {
            let rows = format::plural(data.loaded.table.n_rows(), "row", "rows");
            kept_row_ui(ui, &format!("{} is still loaded", data.from.title()), &format!("{rows}, untouched"));
        }
        if let Some(champion) = view.truth.champion() {
            let title = format!("{} is still the champion", champion.entry.title());
            kept_row_ui(ui, &title, "It predicts as before");
        }
        kept_row_ui(ui, "The file on disk", "It is never changed");
    });
}

fn kept_row_ui(ui: &mut Ui, title: &str, about: &str) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), WAY), eframe::egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(&t));
    let inner = rect.shrink2(vec2(space::S4, space::S2));
    let layout = Layout::left_to_right(Align::Center);
    let mut row = ui.new_child(UiBuilder::new().id_salt(title).max_rect(inner).layout(layout));
    row.spacing_mut().item_spacing.x = space::S3;
    icon_ui(&mut row, Icon::CHECK_CIRCLE, Weight::Fill, size::ICON, t.good);
    row.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(space::S1);
        ui.add(Label::new(text(title, font::label(), t.text)).truncate());
        ui.add(Label::new(text(about, font::small(), t.text_2)).truncate());
    });
}
