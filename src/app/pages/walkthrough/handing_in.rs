//! The open scenario on the lesson's page.

use eframe::egui::{Label, Ui};

use super::{Command, Draft, Results, task_key};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::picker::Purpose;
use crate::app::theme::{Icon, font, space, text, tokens};
use crate::app::widgets::{Button, field_label, hairline_ui, task_line, termed, text_field};
use crate::app::words::{say, say_with};
use crate::lesson::{Step, Unit};

/// The open scenario: what is asked, how far it is, and the way to hand it in.
pub(super) fn scenario_ui(
    ui: &mut Ui,
    (unit, step): (&Unit, &Step),
    (results, draft): (&Results, &Draft),
    commands: &mut Commands,
) {
    let t = tokens(ui);
    ui.label(text(say("Scenario"), font::small(), t.text_2));
    ui.add(Label::new(text(&step.title, font::title(), t.text)).wrap());
    for line in step.action.lines().map(str::trim).filter(|line| !line.is_empty()) {
        termed(ui, &results.words.glossary, line, (font::heading(), t.text_2));
    }
    ui.add_space(space::S2);
    for (at, task) in step.tasks.iter().enumerate() {
        let is_done = draft.done.contains(&task_key(unit, step, at));
        task_line(ui, &task.text, is_done, font::heading());
    }
    if let Some(stuck) = &results.stuck {
        ui.add_space(space::S2);
        ui.add(Label::new(text(format!("{stuck}."), font::body(), t.bad)).wrap());
    } else if let Some(line) = results.script.as_ref().and_then(|running| running.line()) {
        ui.label(text(say_with("Its state is being made: {0}", &[line]), font::small(), t.text_2));
    }
    ui.add_space(space::S4);
    hairline_ui(ui);
    ui.add_space(space::S3);
    field_label(ui, &say("Your name"));
    let mut by = draft.by.clone();
    if text_field(ui, &say("Your name"), &mut by, &say("Who hands it in"), 280.0, None).changed() {
        commands.push(Command::By(by));
    }
    ui.add_space(space::S2);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S2;
        let free = results.script.is_none();
        let hand_in = Button::primary("Hand in…").lesson().icon(Icon::EXPORT);
        if hand_in.enabled(free, "Its state is being made").ui(ui).clicked() {
            commands.push(AppCommand::Choose(Purpose::HandIn));
        }
        if !draft.leaving && Button::ghost("Back to my own work").lesson().icon(Icon::X).ui(ui).clicked() {
            commands.push(Command::Back);
        }
    });
    if draft.leaving {
        ui.add_space(space::S2);
        let said = say("What you did is in no file yet, and is gone when you leave.");
        ui.add(Label::new(text(said, font::label(), t.warn)).wrap());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S2;
            if Button::danger("Leave without handing in").lesson().compact().ui(ui).clicked() {
                commands.push(Command::Back);
            }
            if Button::secondary("Stay").lesson().compact().ui(ui).clicked() {
                commands.push(Command::Stay);
            }
        });
    }
    if let Some(opened) = results.scenario.as_ref().filter(|opened| !opened.lost.is_empty()) {
        let said = say_with(
            "Not in what is handed in, since it can't be done again: {0}",
            &[&opened.lost.join(", ")],
        );
        ui.add(Label::new(text(said, font::small(), t.warn)).wrap());
    }
    let said = "A file is saved that holds what was asked and what you did, step by step. Whoever grades it has it done again.";
    ui.add(Label::new(text(say(said), font::small(), t.text_2)).wrap());
}
