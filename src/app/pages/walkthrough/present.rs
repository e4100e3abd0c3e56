//! What an instructor sees besides: the step large, how the time runs, what to say, what comes next, and the way to any
//! step's starting state.

use eframe::egui::{Align, Label, Layout, Ui};

use super::{Command, Draft, Results, after, task_key};
use crate::app::command::Commands;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{Button, Weight, hairline_ui, icon_ui, meter, task_line};
use crate::app::words::{say, say_with};
use crate::lesson::{Step, Unit};

/// Minutes and seconds.
fn clock(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// How many seconds a step has taken, and how many it may; if it was begun.
fn taken(ui: &Ui, results: &Results, step: &Step, now: i64) -> Option<(i64, i64)> {
    let began = results.began_at?;
    // the clock goes on without a hand on it
    ui.ctx().request_repaint_after(std::time::Duration::from_secs(1));
    Some(((now - began).max(0) / 1000, i64::from(step.minutes) * 60))
}

/// How long the step has taken, and how long it may.
fn time_ui(ui: &mut Ui, results: &Results, step: &Step, now: i64, width: f32) {
    let t = tokens(ui);
    let Some((seconds, planned)) = taken(ui, results, step, now) else { return };
    let color = if seconds > planned { t.warn } else { t.text };
    ui.horizontal(|ui| {
        ui.label(text(clock(seconds), font::metric(), color));
        ui.label(text(say_with("of {0} min", &[&step.minutes]), font::small(), t.text_2));
    });
    let share = (seconds as f32 / planned.max(1) as f32).min(1.0);
    let said = say_with("{0} of {1} min", &[&clock(seconds), &step.minutes]);
    meter(ui, &said, share, width, size::PROGRESS, if seconds > planned { t.warn } else { t.accent });
}

/// In the guide, on every page.
pub(crate) fn present_ui(
    ui: &mut Ui,
    (unit, step): (&Unit, &Step),
    (results, draft): (&Results, &Draft),
    now: i64,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    ui.add_space(space::S4);
    hairline_ui(ui);
    ui.add_space(space::S3);
    ui.label(text(say("For the instructor"), font::small_medium(), t.text_2));
    let width = ui.available_width();
    time_ui(ui, results, step, now, width);
    notes_ui(ui, step, font::body());
    buttons_ui(ui, (unit, step), (results, draft), width, commands);
}

fn notes_ui(ui: &mut Ui, step: &Step, font: eframe::egui::FontId) {
    let t = tokens(ui);
    let Some(notes) = &step.notes else { return };
    ui.add_space(space::S1);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S2;
        icon_ui(ui, Icon::LIGHTNING, Weight::Regular, size::ICON, t.accent);
        ui.add(Label::new(text(notes, font, t.text)).wrap());
    });
}

fn buttons_ui(
    ui: &mut Ui,
    (unit, step): (&Unit, &Step),
    (results, draft): (&Results, &Draft),
    width: f32,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    if let Some(line) = results.script.as_ref().and_then(|running| running.line()) {
        ui.label(text(say_with("At work: {0}", &[line]), font::small(), t.text_2));
    }
    let is_free = results.script.is_none();
    let why = "A script is at work";
    ui.add_space(space::S2);
    let again = Button::secondary("Begin this step")
        .lesson()
        .icon(Icon::ARROW_COUNTER_CLOCKWISE)
        .compact()
        .width(width);
    let again = again.enabled(is_free, why).ui(ui);
    if again.on_hover_text(say("Makes the step's starting state, apart from your own work")).clicked() {
        commands.push(Command::Begin(unit.id.clone(), step.id.clone()));
    }
    let solve = Button::secondary("Solve it").lesson().icon(Icon::LIGHTNING).compact().width(width);
    if solve.enabled(is_free, why).ui(ui).on_hover_text(say("Does what the step asks for")).clicked() {
        commands.push(Command::Solve);
    }
    if let Some((next_unit, next)) = after(&results.units, &unit.id, &step.id) {
        let then = say_with("Then: {0}", &[&next.title]);
        // what comes next once this step is done
        let is_next = draft.is_solved(unit, step);
        let button = if is_next { Button::primary(&then) } else { Button::secondary(&then) };
        let button = button.lesson().trailing(Icon::ARROW_RIGHT).compact().width(width);
        if button.enabled(is_free, why).ui(ui).clicked() {
            commands.push(Command::Begin(next_unit.id.clone(), next.id.clone()));
        }
    }
    if results.rehearsing {
        let back = Button::ghost("Back to my own work").lesson().icon(Icon::X).compact().width(width);
        if back.ui(ui).clicked() {
            commands.push(Command::Back);
        }
    }
}

/// On the lesson's own page: the step, large.
pub(super) fn large_ui(
    ui: &mut Ui,
    (unit, step): (&Unit, &Step),
    (results, draft): (&Results, &Draft),
    now: i64,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    ui.horizontal(|ui| {
        ui.label(text(&unit.title, font::heading(), t.text_2));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if Button::ghost("Read the unit").lesson().icon(Icon::FILE_TEXT).compact().ui(ui).clicked() {
                commands.push(Command::Leave);
            }
            if let Some((seconds, planned)) = taken(ui, results, step, now) {
                let said = say_with("{0} of {1} min", &[&clock(seconds), &step.minutes]);
                ui.label(text(said, font::heading(), if seconds > planned { t.warn } else { t.text_2 }));
            }
        });
    });
    ui.add_space(space::S1);
    ui.add(Label::new(text(&step.title, font::lead(), t.text)).wrap());
    ui.add_space(space::S2);
    ui.add(Label::new(text(&step.why, font::title(), t.text_2)).wrap());
    ui.add_space(space::S2);
    ui.add(Label::new(text(&step.action, font::title(), t.text)).wrap());
    ui.add_space(space::S2);
    if let Some(question) = &step.predict {
        ui.add(Label::new(text(&question.question, font::title(), t.accent)).wrap());
        for (at, option) in question.options.iter().enumerate() {
            let letter = char::from(b'A' + u8::try_from(at).unwrap_or(0));
            ui.add(Label::new(text(format!("{letter}  {option}"), font::heading(), t.text)).wrap());
        }
        ui.add_space(space::S2);
    }
    for (at, task) in step.tasks.iter().enumerate() {
        let is_done = draft.done.contains(&task_key(unit, step, at));
        task_line(ui, &task.text, is_done, font::heading());
    }
    if draft.is_solved(unit, step) {
        ui.add_space(space::S3);
        ui.add(Label::new(text(&step.after, font::title(), t.good)).wrap());
    }
    ui.add_space(space::S4);
    hairline_ui(ui);
    ui.add_space(space::S3);
    let width = ui.available_width().min(360.0);
    notes_ui(ui, step, font::heading());
    buttons_ui(ui, (unit, step), (results, draft), width, commands);
}
