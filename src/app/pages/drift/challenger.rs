//! The version beside the champion: the share of the requests that it answers, whether it is asked along, and what the
//! running server counts of both as it happens.

use eframe::egui::{Align, Label, Layout, Sense, Ui, UiBuilder, vec2};

use super::Command;
use crate::app::command::Commands;
use crate::app::pages::{View, serve, train};
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{Button, field_label, format, hairline_ui, select, slider, switch};

/// What stands beside the champion, and what comes of it.
pub(super) fn challenger_ui(
    ui: &mut Ui,
    view: View<'_>,
    server: &serve::Results,
    width: f32,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    hairline_ui(ui);
    field_label(ui, "Challenger").on_hover_text(
        "A version that predicts the same as the champion, tried beside it before it is promoted",
    );
    let others = view.truth.challengers();
    let Some(champion) = view.truth.champion().filter(|_| !others.is_empty()) else {
        let said = "There is one version only. Retrain in the laboratory: the new one can be tried here beside the champion.";
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        return;
    };
    let titles: Vec<String> = others.iter().map(|version| version.entry.title()).collect();
    let names: Vec<&str> = std::iter::once("None").chain(titles.iter().map(String::as_str)).collect();
    let challenger = view.truth.challenger();
    let place =
        challenger.and_then(|one| others.iter().position(|other| other.entry.number == one.entry.number));
    let current = names[place.map_or(0, |at| at + 1)];
    if let Some(at) = select(ui, "Challenger", None, current, &names, width, size::CONTROL_COMPACT) {
        commands.push(Command::Challenger(at.checked_sub(1).map(|at| others[at].entry.number)));
    }
    let Some(challenger) = challenger else { return };
    let rollout = view.truth.rollout;
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::TAG), Sense::hover());
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    row.label(text("Canary share", font::body(), t.text));
    let mut right =
        ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)));
    right.label(text(format!("{} %", rollout.canary), font::mono(), t.text));
    let mut percent = f64::from(rollout.canary);
    if slider(ui, "Canary share", &mut percent, 0.0..=100.0, 1.0, width).changed() {
        commands.push(Command::Canary(percent.round().clamp(0.0, 100.0) as u8));
    }
    let (rect, _) = ui.allocate_exact_size(vec2(width, space::S6), Sense::hover());
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = space::S2;
    let mut mirrored = rollout.mirrored;
    if switch(&mut row, &mut mirrored, "Mirror requests to it").changed() {
        commands.push(Command::Mirror(mirrored));
    }
    row.label(text("Mirror requests to it", font::body(), t.text)).on_hover_text(
        "Shadow traffic: what the champion has answered the challenger is asked too, behind all other work. Nobody gets what it says; the log keeps it",
    );
    let numbers = (champion.entry.number, challenger.entry.number);
    for said in live(server, (champion.model(), challenger.model()), numbers, rollout) {
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
    }
    let label = format!("Promote {}", challenger.entry.title());
    if Button::secondary(&label).icon(Icon::CROWN).compact().ui(ui).clicked() {
        commands.push(train::Command::Champion(challenger.entry.number));
    }
}

/// What the server counts.
fn live(
    server: &serve::Results,
    (champion, challenger): (&crate::model::Model, &crate::model::Model),
    (front, own): (u32, u32),
    rollout: crate::workspace::registry::Rollout,
) -> Vec<String> {
    if !(server.has(champion) && server.has(challenger)) {
        let wished = rollout.canary > 0 || rollout.mirrored;
        return if wished { vec!["It takes part once the server runs.".to_owned()] } else { Vec::new() };
    }
    let mut lines = Vec::new();
    if let Some((asked, taken)) = server.taken_by(challenger) {
        let share = if asked > 0 { taken as f64 / asked as f64 * 100.0 } else { 0.0 };
        lines.push(format!(
            "Since it is a canary: v{own} took {} of {} requests ({share:.1} %), v{front} the rest.",
            format::count(taken),
            format::count(asked)
        ));
    }
    if let Some(counts) = server.mirrored(challenger) {
        let mut said = format!("Asked along on {} requests", format::count(counts.requests));
        if let Some(mean) = counts.mean() {
            said.push_str(&format!(
                ": {} apart on average, {} at most",
                format::number(mean, 3),
                format::number(counts.farthest, 3)
            ));
        }
        if counts.refused > 0 {
            said.push_str(&format!("; it alone refused {}", format::count(counts.refused)));
        }
        if counts.left_out > 0 {
            said.push_str(&format!("; {} left out, too many waited", format::count(counts.left_out)));
        }
        said.push('.');
        lines.push(said);
    }
    lines
}
