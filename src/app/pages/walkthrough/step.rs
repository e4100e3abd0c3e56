//! A step of the lesson, and the questions at a unit's end.

use eframe::egui::{Align, Label, Layout, Ui};

use super::{Command, Draft, page_of, quiz_key, step_key, task_key};
use crate::app::command::Commands;
use crate::app::pages::PageId;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{Button, Weight, hairline_ui, icon_ui, radio_row, task_line, termed};
use crate::app::words::{say, say_with};
use crate::lesson::{Glossary, Step, Unit};

/// A step: why, what to do, the tasks as they stand, help, and what to understand once it is done.
pub(super) fn step_ui(
    ui: &mut Ui,
    (glossary, unit): (&Glossary, &Unit),
    (number, step): (usize, &Step),
    draft: &Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let is_solved = draft.is_solved(unit, step);
    ui.horizontal(|ui| {
        if is_solved {
            icon_ui(ui, Icon::CHECK_CIRCLE, Weight::Fill, size::ICON_CARD, t.good);
        }
        ui.label(text(say_with("Step {0}: {1}", &[&number, &step.title]), font::heading(), t.text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(text(say_with("{0} min", &[&step.minutes]), font::small(), t.text_3));
        });
    });
    let key = step_key(unit, step);
    if !draft.fast {
        termed(ui, glossary, &step.why, (font::body(), t.text_2));
    }
    predict_ui(ui, (unit, step), draft, commands);
    ui.add_space(space::S1);
    termed(ui, glossary, &step.action, (font::label(), t.text));
    for (at, task) in step.tasks.iter().enumerate() {
        let is_done = draft.done.contains(&task_key(unit, step, at));
        task_line(ui, &task.text, is_done, font::body());
    }
    let shown = draft.hints.get(&key).copied().unwrap_or(0).min(step.hints.len());
    for hint in &step.hints[..shown] {
        because_ui(ui, (Icon::QUESTION, t.text_2), hint);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S2;
        if let Some(page) = page_of(&step.page) {
            let is_board = page == PageId::Walkthrough;
            let label = if is_board { say("To the board") } else { say_with("Go to {0}", &[&page.title()]) };
            let name = format!("{label}: {}", step.title);
            let button =
                if is_solved { Button::secondary(&label).lesson() } else { Button::primary(&label).lesson() };
            if button.icon(page.icon()).name(&name).compact().ui(ui).clicked() {
                commands.push(Command::Follow(unit.id.clone(), step.id.clone()));
            }
        }
        if draft.teaching {
            let name = say_with("Begin here: {0}", &[&step.title]);
            let begin = Button::secondary("Begin here")
                .lesson()
                .name(&name)
                .icon(Icon::ARROW_COUNTER_CLOCKWISE)
                .compact();
            let begin =
                begin.ui(ui).on_hover_text(say("Makes the step's starting state, apart from your own work"));
            if begin.clicked() {
                commands.push(Command::Begin(unit.id.clone(), step.id.clone()));
            }
        }
        if shown < step.hints.len() && !is_solved {
            let label = if shown == 0 { "Give me a hint" } else { "One more hint" };
            let name = format!("{}: {}", say(label), step.title);
            if Button::ghost(label).lesson().name(&name).icon(Icon::QUESTION).compact().ui(ui).clicked() {
                commands.push(Command::Hint(key.clone()));
            }
        }
    });
    if is_solved {
        because_ui(ui, (Icon::CHECK_CIRCLE, t.good), &step.after);
    }
    if let Some(notes) = step.notes.as_ref().filter(|_| draft.teaching) {
        because_ui(ui, (Icon::LIGHTNING, t.accent), notes);
    }
}

/// The question before a step, and what came of it once the step is done.
pub(crate) fn predict_ui(ui: &mut Ui, (unit, step): (&Unit, &Step), draft: &Draft, commands: &mut Commands) {
    let Some(question) = step.predict.as_ref().filter(|_| !draft.fast) else { return };
    let t = tokens(ui);
    let (is_solved, key) = (draft.is_solved(unit, step), step_key(unit, step));
    ui.add_space(space::S1);
    let given = draft.answers.get(&key).copied();
    ui.add(
        Label::new(text(say_with("Before you begin: {0}", &[&question.question]), font::label(), t.text))
            .wrap(),
    );
    for (at, option) in question.options.iter().enumerate() {
        // what was predicted stands once it is revealed
        let is_open = !(is_solved && given.is_some());
        if radio_row(ui, given == Some(at), is_open, option, "").clicked() {
            commands.push(Command::Answer(key.clone(), at));
        }
    }
    if let Some(given) = given.filter(|_| is_solved) {
        let came_true = given == question.answer;
        let said = say(if came_true { "As you said." } else { "Not as you said." });
        let (icon, color) = if came_true { (Icon::CHECK_CIRCLE, t.good) } else { (Icon::EYE, t.warn) };
        because_ui(ui, (icon, color), &format!("{said} {}", question.reveal));
    }
}

/// In the guide, on every page: the question before the step, and what is to be understood once it is done.
pub(crate) fn beside_ui(ui: &mut Ui, (unit, step): (&Unit, &Step), draft: &Draft, commands: &mut Commands) {
    let is_solved = draft.is_solved(unit, step);
    if step.predict.is_some() && !draft.fast {
        ui.add_space(space::S3);
        hairline_ui(ui);
        ui.add_space(space::S1);
        predict_ui(ui, (unit, step), draft, commands);
    }
    if is_solved {
        ui.add_space(space::S3);
        because_ui(ui, (Icon::CHECK_CIRCLE, tokens(ui).good), &step.after);
    }
}

/// A sentence with a sign before it.
pub(super) fn because_ui(ui: &mut Ui, (icon, color): (Icon, eframe::egui::Color32), said: &str) {
    let t = tokens(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S2;
        icon_ui(ui, icon, Weight::Regular, size::ICON, color);
        ui.add(Label::new(text(said, font::body(), t.text)).wrap());
    });
}

/// A question at the end, with its explanation once it was answered.
pub(super) fn quiz_ui(ui: &mut Ui, unit: &Unit, at: usize, draft: &Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let (quiz, key) = (&unit.quiz[at], quiz_key(unit, at));
    let given = draft.answers.get(&key).copied();
    ui.add_space(space::S1);
    ui.add(Label::new(text(&quiz.question, font::label(), t.text)).wrap());
    for (option, said) in quiz.options.iter().enumerate() {
        if radio_row(ui, given == Some(option), true, said, "").clicked() {
            commands.push(Command::Answer(key.clone(), option));
        }
    }
    match given {
        Some(given) if given == quiz.answer => {
            because_ui(ui, (Icon::CHECK_CIRCLE, t.good), &format!("{} {}", say("Right."), quiz.because));
        }
        Some(_) => {
            let said = say("Not this one. Read the unit again, and choose another.");
            because_ui(ui, (Icon::WARNING, t.warn), &said);
        }
        None => {}
    }
}
