//! The same record in every dialect, side by side.

use eframe::egui::{Align, CornerRadius, Frame, Label, Layout, Margin, ScrollArea, Ui, vec2};

use super::response::status_sign;
use super::{Command, DialectAnswer, Panel, Results, shape};
use crate::app::command::Commands;
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::theme::{Icon, font, radius, size, space, text, tokens};
use crate::app::widgets::{Button, Weight, card_frame, format, page_head, problem_ui, spinner, tag};
use crate::client::dialects::Dialect;

/// Lines of a body that are shown.
const LINES: usize = 14;

/// The cards.
pub(super) fn dialects_ui(ui: &mut Ui, view: View<'_>, results: &Results, commands: &mut Commands) {
    let t = tokens(ui);
    let place = ui.max_rect().shrink2(vec2(space::S4, 0.0));
    let mut ui = ui.new_child(eframe::egui::UiBuilder::new().max_rect(place));
    let ui = &mut ui;
    page_head(ui, true, "Every dialect", "the same record, as each kind of server wants it", |ui| {
        if Button::ghost("One request").icon(Icon::ARROW_LEFT).compact().ui(ui).clicked() {
            commands.push(Command::Show(Panel::Request));
        }
        if view.work.job(Slot::Dialects).is_some() {
            if Button::secondary("Stop").icon(Icon::STOP).compact().ui(ui).clicked() {
                commands.push(Command::Stop(Slot::Dialects));
            }
            spinner(ui, size::ICON);
        } else if Button::primary("Send all").icon(Icon::PAPER_PLANE_TILT).compact().ui(ui).clicked() {
            commands.push(Command::AskDialects);
        }
    });
    let Some(shape) = shape(view.truth) else {
        ui.label(text(
            "Train a model and make it the champion: its signature gives the record.",
            font::body(),
            t.text_2,
        ));
        return;
    };
    if let Some(problem) = &results.dialects.problem {
        problem_ui(ui, problem, |_| {});
    }
    let answers = results.dialects.value.as_deref().map_or(&[][..], Vec::as_slice);
    let record = results.record.clone().unwrap_or_else(|| shape.example());
    // the same prediction everywhere, or not: that is the point
    let predicted: Vec<&String> = answers.iter().filter_map(|answer| answer.prediction.as_ref()).collect();
    if predicted.len() > 1 {
        let same = predicted.iter().all(|other| is_same(other, predicted[0]));
        let (tone, icon, said) = if same {
            (
                crate::app::widgets::Tone::Good,
                Icon::EQUALS,
                format!("{} dialects, one prediction: {}", predicted.len(), predicted[0]),
            )
        } else {
            (crate::app::widgets::Tone::Bad, Icon::X_CIRCLE, "The predictions differ".to_owned())
        };
        tag(ui, tone, Some((icon, Weight::Fill)), &said);
        ui.add_space(space::S2);
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let columns = ((ui.available_width() / 272.0) as usize).clamp(1, 4);
        let width = ((ui.available_width() - space::S3 * columns as f32) / columns as f32).floor();
        ui.spacing_mut().item_spacing = vec2(space::S3, space::S3);
        for row in Dialect::ALL.chunks(columns) {
            ui.horizontal_top(|ui| {
                for dialect in row {
                    let answer = answers.iter().find(|answer| answer.dialect == *dialect);
                    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                        // what was sent, or what will be
                        let (path, body) = match answer {
                            Some(answer) => (answer.path.clone(), answer.body.clone()),
                            None => (
                                dialect.path(&shape.model),
                                dialect.body(&shape, std::slice::from_ref(&record)),
                            ),
                        };
                        card_ui(ui, width, *dialect, &path, &body, answer);
                    });
                }
            });
        }
        let said = "Text, images and the health of a server are asked with requests of their own, in the tree: no record goes with them, so there is nothing to compare.";
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        ui.add_space(space::S4);
    });
}

/// Whether two dialects gave the same: a number by its value, a class by its name.
fn is_same(one: &str, other: &str) -> bool {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}

fn card_ui(
    ui: &mut Ui,
    width: f32,
    dialect: Dialect,
    path: &str,
    body: &Result<String, String>,
    answer: Option<&DialectAnswer>,
) {
    let t = tokens(ui);
    card_frame(ui).inner_margin(Margin::same(12)).show(ui, |ui| {
        ui.set_width(width - 24.0);
        ui.spacing_mut().item_spacing.y = space::S1;
        ui.horizontal(|ui| {
            ui.label(text(dialect.label(), font::card_title(), t.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(answer) = answer {
                    match &answer.outcome {
                        Ok(status) => {
                            let (tone, icon) = status_sign(Some(*status));
                            tag(ui, tone, Some((icon, Weight::Fill)), &status.to_string());
                        }
                        Err(why) => {
                            tag(
                                ui,
                                crate::app::widgets::Tone::Bad,
                                Some((Icon::X_CIRCLE, Weight::Fill)),
                                "No answer",
                            )
                            .on_hover_text(why);
                        }
                    }
                }
            });
        });
        ui.add(Label::new(text(format!("POST {path}"), font::mono(), t.info)).truncate());
        Frame::new()
            .fill(t.sunken)
            .corner_radius(CornerRadius::same(radius::TAG))
            .inner_margin(Margin::same(8))
            .show(ui, |ui| {
                ui.set_width(width - 40.0);
                let shown = match body {
                    Ok(body) => {
                        let n = body.lines().count();
                        let mut lines: Vec<&str> = body.lines().take(LINES).collect();
                        if n > LINES {
                            lines.push("…");
                        }
                        lines.join("\n")
                    }
                    Err(why) => format!("It can't be said: {why}"),
                };
                ui.add(Label::new(text(shown, font::mono_key(), t.text_2)).wrap());
            });
        let Some(answer) = answer else { return };
        if let Some(prediction) = &answer.prediction {
            ui.label(text(prediction, font::metric(), t.accent));
        } else {
            let why = answer
                .outcome
                .as_ref()
                .err()
                .cloned()
                .unwrap_or_else(|| answer.answer.chars().take(300).collect());
            ui.add(Label::new(text(why, font::small(), t.text_2)).wrap());
        }
        let mut said = format!(
            "{} sent, {} back",
            format::bytes(answer.n_sent as u64),
            format::bytes(answer.n_received as u64)
        );
        if answer.total_secs > 0.0 {
            said.push_str(&format!(", {}", format::duration(answer.total_secs)));
        }
        if answer.server_secs > 0.0 {
            said.push_str(&format!(" (server {})", format::duration(answer.server_secs)));
        }
        ui.label(text(said, font::small(), t.text_3));
    });
}
