//! What the Walkthrough page shows: the course on the left, the unit in the middle.

use eframe::egui::{
    Align, Label, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::board::board_ui;
use super::handing_in::scenario_ui;
use super::present::large_ui;
use super::step::{because_ui, quiz_ui, step_ui};
use super::{Command, Draft, GLOSSARY, Results, page_of};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::pages::{PageId, View};
use crate::app::picker::Purpose;
use crate::app::theme::{Icon, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Tone, Weight, card_place, clipped, empty_state, focus_ring, follow_focus, hairline_ui, icon_ui,
    meaning_ui, meter, page_head, paint_icon, switch, tag, termed_job,
};
use crate::app::words::{say, say_with};
use crate::lesson::{Glossary, SCENARIO, Unit, to_keep};

/// The width of the course.
const COURSE: f32 = 248.0;
/// The widest that text is read well.
const READ: f32 = 680.0;
const LINE: f32 = 40.0;

/// The page.
pub(crate) fn walkthrough_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &Draft,
    commands: &mut Commands,
) {
    let about = "From a table to a model that people use, with your own hands";
    page_head(ui, view.compact, &say("Walkthrough"), &say(about), |ui| {
        ui.label(text(say("Teach"), font::label(), tokens(ui).text_2));
        let mut teaching = draft.teaching;
        if switch(ui, &mut teaching, &say("Teach the lesson"))
            .on_hover_text(say("Notes, times, and the starting state of any step"))
            .changed()
        {
            commands.push(Command::Teach(teaching));
        }
        ui.add_space(space::S2);
        ui.label(text(say("Fast track"), font::label(), tokens(ui).text_2));
        let mut fast = draft.fast;
        let about = "For those who know it: no reading, only what is to be done and the questions";
        if switch(ui, &mut fast, &say("Take the fast track")).on_hover_text(say(about)).changed() {
            commands.push(Command::Fast(fast));
        }
        ui.add_space(space::S2);
        let over = Button::ghost("Start over").lesson().icon(Icon::ARROW_COUNTER_CLOCKWISE).compact();
        let over = over.ui(ui).on_hover_text(say("Every tick and answer goes; data, models and server stay"));
        if over.clicked() {
            commands.push(Command::StartOver);
        }
    });
    let rect = ui.available_rect_before_wrap();
    let rect = rect.with_max_y(rect.bottom() - 2.0);
    let is_glossary = draft.unit == GLOSSARY;
    let Some(unit) = results.unit(&draft.unit).or(results.units.first()) else {
        let said = results.problem.as_deref().unwrap_or("The lesson is being read");
        empty_state(ui, Icon::PATH, &say("There is no lesson"), said, |_| {});
        return;
    };
    let left = rect.with_max_x(rect.left() + COURSE);
    let right = rect.with_min_x(left.right() + space::S4);
    let shown = if is_glossary { GLOSSARY } else { unit.id.as_str() };
    course_ui(&mut card_place(ui, left, "course"), results, shown, draft, commands);
    let mut area = card_place(ui, right, "unit");
    let body = Rect::from_min_max(
        pos2(right.left() + space::S6, right.top()),
        pos2(right.right() - space::S2, right.bottom()),
    );
    // each text keeps its own place of the scroll bar
    let what = draft.following.as_ref().filter(|(of, _)| *of == unit.id).map(|(_, step)| step.as_str());
    let mut inner = area.new_child(UiBuilder::new().id_salt((shown, what)).max_rect(body));
    ScrollArea::vertical().auto_shrink(false).show(&mut inner, |ui| {
        ui.set_width((body.width() - space::S4).min(READ));
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.add_space(space::S4);
        let step = draft.following.as_ref().filter(|(of, _)| *of == unit.id);
        let step = step.and_then(|(_, step)| unit.steps.iter().find(|one| one.id == *step));
        let is_here = step.is_some_and(|step| page_of(&step.page) == Some(PageId::Walkthrough));
        match step.filter(|_| draft.teaching || is_here) {
            _ if is_glossary => glossary_ui(ui, &results.words.glossary),
            Some(step) if unit.id == SCENARIO => scenario_ui(ui, (unit, step), (results, draft), commands),
            Some(step) if is_here => {
                let number = results.units.iter().position(|one| one.id == unit.id).unwrap_or(0) + 1;
                board_ui(ui, (number, unit, step), (results, draft), commands);
            }
            Some(step) => {
                let now = view.work.clock.unix_millis();
                large_ui(ui, (unit, step), (results, draft), now, commands);
            }
            None => unit_ui(ui, results, unit, draft, commands),
        }
        ui.add_space(space::S6);
        follow_focus(ui);
    });
}

/// The units, how far each is, and what is left.
fn course_ui(ui: &mut Ui, results: &Results, shown: &str, draft: &Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let card = ui.max_rect();
    let inner = Rect::from_min_max(
        pos2(card.left() + space::S2, card.top() + space::S4),
        pos2(card.right() - space::S2, card.bottom() - space::S2),
    );
    let ready: Vec<&Unit> = results.units.iter().filter(|unit| unit.coming.is_none()).collect();
    let done = ready.iter().filter(|unit| draft.is_done(unit)).count();
    let left: u32 = ready.iter().filter(|unit| !draft.is_done(unit)).map(|unit| draft.minutes(unit)).sum();
    let mut list = ui.new_child(UiBuilder::new().id_salt("list").max_rect(inner));
    ScrollArea::vertical().auto_shrink(false).show(&mut list, |ui| {
        ui.spacing_mut().item_spacing.y = space::S1;
        ui.horizontal(|ui| {
            ui.add_space(space::S2);
            ui.vertical(|ui| {
                ui.label(text(say("A model goes to production"), font::card_title(), t.text));
                let share = done as f32 / ready.len().max(1) as f32;
                let said = say_with("{0} of {1} units done", &[&done, &ready.len()]);
                meter(ui, &said, share, inner.width() - space::S6, size::PROGRESS, t.accent);
                let rest = if left > 0 { say_with("{0}, about {1} min left", &[&said, &left]) } else { said };
                ui.label(text(rest, font::small(), t.text_2));
            });
        });
        ui.add_space(space::S2);
        // beside the scroll bar
        ui.set_width(inner.width() - space::S2);
        for (at, unit) in results.units.iter().enumerate() {
            if unit_line_ui(ui, at + 1, unit, unit.id == shown, draft).clicked() {
                commands.push(Command::Show(unit.id.clone()));
            }
            if unit.id == shown {
                parts_ui(ui, unit, draft, commands);
            }
        }
        ui.add_space(space::S2);
        hairline_ui(ui);
        ui.add_space(space::S2);
        let glossary = Button::ghost("Glossary").lesson().icon(Icon::QUESTION).compact();
        if glossary.ui(ui).clicked() {
            commands.push(Command::Show(GLOSSARY.into()));
        }
        let open = Button::ghost("Open a scenario…").lesson().icon(Icon::FOLDER_OPEN).compact();
        let about = "A state to begin in and what is asked there, from an instructor; your own work stays";
        if open.ui(ui).on_hover_text(say(about)).clicked() {
            commands.push(AppCommand::Choose(Purpose::OpenScenario));
        }
        if let Some(opened) = &results.scenario {
            let name = say_with("Scenario: {0}", &[&opened.scenario.title]);
            let back = Button::ghost("To the open scenario").lesson().name(&name).icon(Icon::PATH).compact();
            if back.ui(ui).clicked() {
                commands.push(Command::Follow(SCENARIO.into(), SCENARIO.into()));
            }
        }
        if results.rehearsing && !draft.teaching {
            let back = Button::ghost("Back to my own work").lesson().icon(Icon::X).compact();
            if back.ui(ui).clicked() {
                commands.push(Command::Back);
            }
        }
        if draft.teaching {
            let save = Button::ghost("Save this state as a scenario…").lesson().icon(Icon::FILE_CODE).compact();
            let about = "The open table, its roles, models and sliders as a text file, to which you add what is asked";
            if save.ui(ui).on_hover_text(say(about)).clicked() {
                commands.push(AppCommand::Choose(Purpose::SaveScenario));
            }
            let guide = Button::ghost("Save the teacher's guide…").lesson().icon(Icon::FILE_CODE).compact();
            if guide.ui(ui).clicked() {
                commands.push(AppCommand::Choose(Purpose::SaveGuide));
            }
        }
        follow_focus(ui);
    });
}

/// Every term with its one meaning.
fn glossary_ui(ui: &mut Ui, glossary: &Glossary) {
    let t = tokens(ui);
    ui.label(text(say("Glossary"), font::title(), t.text));
    ui.add(
        Label::new(text(
            say("One meaning for each term. Point at a term anywhere in the lesson to see it."),
            font::body(),
            t.text_2,
        ))
        .wrap(),
    );
    let mut terms: Vec<_> = glossary.terms.iter().collect();
    terms.sort_by_key(|term| term.name.to_lowercase());
    for term in terms {
        ui.add_space(space::S2);
        meaning_ui(ui, term);
    }
}

fn unit_line_ui(
    ui: &mut Ui,
    number: usize,
    unit: &Unit,
    here: bool,
    draft: &Draft,
) -> eframe::egui::Response {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    let is_done = draft.is_done(unit);
    let state = match () {
        () if is_done => "done",
        () if unit.coming.is_some() => "to read; the activity is still to come",
        () => "to do",
    };
    let spoken =
        say_with("Lesson {0}: {1}, {2} min, {3}", &[&number, &unit.title, &draft.minutes(unit), &say(state)]);
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, here, &spoken));
    let fill = if here {
        t.selected
    } else if response.hovered() {
        t.hover
    } else {
        eframe::egui::Color32::TRANSPARENT
    };
    let painter = ui.painter();
    painter.rect_filled(rect, eframe::egui::CornerRadius::same(radius::CONTROL), fill);
    let at = pos2(rect.left() + space::S4, rect.center().y);
    if is_done {
        paint_icon(painter, at, Icon::CHECK_CIRCLE, Weight::Fill, size::ICON, t.good);
    } else if here {
        painter.circle_filled(at, size::ICON / 2.0 - 0.5, t.accent);
        painter.text(
            at,
            eframe::egui::Align2::CENTER_CENTER,
            number.to_string(),
            font::step_digit(),
            t.on_accent,
        );
    } else {
        painter.circle_stroke(at, size::ICON / 2.0 - 1.0, eframe::egui::Stroke::new(1.0, t.stroke_control));
        painter.text(
            at,
            eframe::egui::Align2::CENTER_CENTER,
            number.to_string(),
            font::step_digit(),
            t.text_2,
        );
    }
    let minutes = say_with("{0} min", &[&draft.minutes(unit)]);
    let right = painter.layout_no_wrap(minutes, font::small(), t.text_3);
    let width = rect.width() - space::S8 - right.size().x - space::S4;
    let color = if unit.coming.is_some() { t.text_2 } else { t.text };
    let title = painter.layout(unit.title.clone(), font::label(), color, width);
    painter.galley(pos2(rect.left() + space::S8, rect.center().y - title.size().y / 2.0), title, color);
    painter.galley(
        pos2(rect.right() - space::S2 - right.size().x, rect.center().y - right.size().y / 2.0),
        right,
        t.text_3,
    );
    focus_ring(ui, &response, radius::CONTROL);
    response
}

/// The parts of the unit that is shown: what to read, its steps, the questions.
fn parts_ui(ui: &mut Ui, unit: &Unit, draft: &Draft, commands: &mut Commands) {
    let followed = draft.following.as_ref().filter(|(of, _)| *of == unit.id).map(|(_, step)| step);
    if !draft.fast && part_ui(ui, &say("Read"), None, followed.is_none()).clicked() {
        commands.push(Command::Leave);
    }
    // the part that is shown is in view when it comes to be shown; after that whoever scrolls is free
    let shown = ui.scope_id().with("shown part");
    let here = (unit.id.clone(), followed.cloned());
    let is_new = ui.data(|data| data.get_temp::<(String, Option<String>)>(shown)).as_ref() != Some(&here);
    for step in &unit.steps {
        let is_solved = draft.is_solved(unit, step);
        let is_here = followed == Some(&step.id);
        let part = part_ui(ui, &step.title, Some(is_solved), is_here);
        if is_here && is_new {
            part.scroll_to_me(Some(Align::Center));
        }
        if part.clicked() {
            commands.push(Command::Follow(unit.id.clone(), step.id.clone()));
        }
    }
    ui.data_mut(|data| data.insert_temp(shown, here));
    if !unit.quiz.is_empty()
        && part_ui(ui, &say("Check yourself"), Some(draft.is_checked(unit)), false).clicked()
    {
        commands.push(Command::ToCheck(unit.id.clone()));
    }
}

fn part_ui(ui: &mut Ui, name: &str, is_done: Option<bool>, here: bool) -> eframe::egui::Response {
    let t = tokens(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL_SMALL), Sense::click());
    let state = is_done.map(|is_done| say(if is_done { "done" } else { "to do" }));
    let spoken = state.map_or_else(|| name.to_owned(), |state| format!("{name}, {state}"));
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, here, &spoken));
    let painter = ui.painter();
    if response.hovered() {
        painter.rect_filled(rect, eframe::egui::CornerRadius::same(radius::CONTROL), t.hover);
    }
    let at = pos2(rect.left() + space::S8 + 6.0, rect.center().y);
    match is_done {
        Some(true) => paint_icon(painter, at, Icon::CHECK, Weight::Bold, size::ICON_SMALL, t.good),
        _ if here => paint_icon(painter, at, Icon::CARET_RIGHT, Weight::Bold, size::ICON_SMALL, t.accent),
        _ => {
            painter.circle_stroke(at, 3.0, eframe::egui::Stroke::new(1.0, t.stroke_control));
        }
    }
    let color = if here { t.accent } else { t.text_2 };
    let left = rect.left() + space::S8 + space::S4 + 4.0;
    let width = rect.right() - left - space::S2;
    clipped(painter, pos2(left, rect.center().y), eframe::egui::Align2::LEFT_CENTER, name, width, color);
    focus_ring(ui, &response, radius::CONTROL);
    response
}

/// A unit: what to read, its steps, the questions at the end, what to keep.
fn unit_ui(ui: &mut Ui, results: &Results, unit: &Unit, draft: &Draft, commands: &mut Commands) {
    let t = tokens(ui);
    if let Some(problem) = &results.problem {
        ui.add(
            Label::new(text(say_with("The lesson's files: {0}", &[problem]), font::small(), t.bad)).wrap(),
        );
    }
    ui.label(text(&unit.title, font::title(), t.text));
    ui.add(Label::new(text(&unit.purpose, font::heading(), t.text_2)).wrap());
    if let Some(coming) = &unit.coming {
        ui.add_space(space::S1);
        ui.horizontal(|ui| {
            let said = say("Reading now, activity to come");
            tag(ui, Tone::Info, Some((Icon::CLOCK, Weight::Regular)), &said);
        });
        ui.add(Label::new(text(coming, font::body(), t.text)).wrap());
    }
    ui.add_space(space::S2);
    if !draft.fast || unit.coming.is_some() {
        reading_ui(ui, &results.words.glossary, &unit.reading);
    }
    for (at, step) in unit.steps.iter().enumerate() {
        ui.add_space(space::S4);
        let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
        ui.painter().hline(line.x_range(), line.center().y, hairline(&t));
        ui.add_space(space::S2);
        step_ui(ui, (&results.words.glossary, unit), (at + 1, step), draft, commands);
    }
    if !unit.quiz.is_empty() {
        ui.add_space(space::S4);
        let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
        ui.painter().hline(line.x_range(), line.center().y, hairline(&t));
        ui.add_space(space::S2);
        let head = ui.label(text(say("Check yourself"), font::heading(), t.text));
        if draft.to_check {
            head.scroll_to_me(Some(Align::Min));
            commands.push(Command::Shown);
        }
        for at in 0..unit.quiz.len() {
            quiz_ui(ui, unit, at, draft, commands);
        }
    }
    ui.add_space(space::S4);
    // the questions first: what is to be kept would answer them
    if draft.fast || unit.quiz.is_empty() || draft.is_checked(unit) {
        takeaway_ui(ui, results, unit, commands);
    } else {
        let said = "What is to keep of this unit appears once the questions are answered.";
        ui.add(Label::new(text(say(said), font::small(), t.text_2)).wrap());
    }
    let next = results.units.iter().skip_while(|one| one.id != unit.id).nth(1);
    if let Some(next) = next.filter(|_| draft.is_done(unit) || unit.coming.is_some()) {
        ui.add_space(space::S2);
        let label = say_with("Next unit: {0}", &[&next.title]);
        if Button::primary(&label).lesson().trailing(Icon::ARROW_RIGHT).ui(ui).clicked() {
            commands.push(Command::Show(next.id.clone()));
        }
    }
    let mut ready = results.units.iter().filter(|unit| unit.coming.is_none());
    if draft.is_done(unit) && ready.all(|unit| draft.is_done(unit)) {
        ui.add_space(space::S2);
        let said = "That was the whole lesson. Your model, its versions, the keys, the requests and their log stay in your workspace: go on with a table of your own on the Data page.";
        because_ui(ui, (Icon::CHECK_CIRCLE, t.good), &say(said));
    }
}

/// Paragraphs with terms in bold, and lists.
fn reading_ui(ui: &mut Ui, glossary: &Glossary, reading: &str) {
    let t = tokens(ui);
    for line in reading.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (mark, said) = match line.split_once(' ') {
            Some(("-", rest)) => ("•", rest),
            Some((number, rest))
                if number.ends_with('.') && number.len() <= 3 && number.as_bytes()[0].is_ascii_digit() =>
            {
                (number, rest)
            }
            _ => ("", line),
        };
        let mut job = eframe::egui::text::LayoutJob::default();
        for (at, piece) in said.split("**").enumerate() {
            let is_term = at % 2 == 1;
            let font = if is_term { font::label() } else { font::body() };
            let color = if is_term { t.text } else { t.text_2 };
            job.append(
                piece,
                0.0,
                eframe::egui::TextFormat {
                    font_id: font,
                    color,
                    line_height: Some(21.0),
                    ..Default::default()
                },
            );
        }
        if mark.is_empty() {
            termed_job(ui, glossary, job);
        } else {
            ui.horizontal_top(|ui| {
                ui.allocate_ui_with_layout(vec2(space::S6, 21.0), Layout::left_to_right(Align::Min), |ui| {
                    ui.label(text(mark, font::body(), t.text_3));
                });
                termed_job(ui, glossary, job);
            });
        }
    }
}

fn takeaway_ui(ui: &mut Ui, results: &Results, unit: &Unit, commands: &mut Commands) {
    let t = tokens(ui);
    eframe::egui::Frame::new()
        .fill(t.selected)
        .corner_radius(eframe::egui::CornerRadius::same(radius::CARD))
        .inner_margin(eframe::egui::Margin::same(16))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                icon_ui(ui, Icon::LIGHTNING, Weight::Fill, size::ICON, t.accent);
                ui.vertical(|ui| {
                    ui.label(text(say("To keep"), font::small_medium(), t.text_2));
                    for one in &unit.takeaway {
                        ui.add(Label::new(text(&one.text, font::body(), t.text)).wrap());
                    }
                    ui.horizontal(|ui| {
                        if Button::ghost("Save all that is to keep…")
                            .lesson()
                            .icon(Icon::FILE_CODE)
                            .small()
                            .ui(ui)
                            .clicked()
                        {
                            commands.push(AppCommand::Choose(Purpose::SaveToKeep));
                        }
                        if Button::ghost("Copy all that is to keep")
                            .lesson()
                            .icon(Icon::COPY)
                            .small()
                            .ui(ui)
                            .clicked()
                        {
                            commands.push(AppCommand::Copy(to_keep(&results.units, &results.words)));
                        }
                    });
                });
            });
        });
}
