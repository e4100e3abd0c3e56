//! The answer: status, body, headers, where the time went, and what was asked before.

use eframe::egui::{Align, Label, Layout, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::answer::Answer;
use super::compare::comparison_ui;
use super::history::history_ui;
use super::lines::{Lines, lines_ui};
use super::waterfall::{waterfall_height, waterfall_ui};
use super::{Command, Draft, Part, Results};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::job::Slot;
use crate::app::pages::{PageId, View};
use crate::app::state::Problem;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Tone, Weight, format, icon_button, icon_ui, problem_ui, segmented, spinner, tag,
};
use crate::client::{Failure, FailureKind, is_loopback};

/// How a status looks.
pub(super) fn status_sign(status: Option<u16>) -> (Tone, Icon) {
    match status {
        Some(200..=299) => (Tone::Good, Icon::CHECK_CIRCLE),
        Some(100..=399) => (Tone::Info, Icon::ARROW_RIGHT),
        Some(400..=499) => (Tone::Warn, Icon::WARNING),
        _ => (Tone::Bad, Icon::X_CIRCLE),
    }
}

/// The right side of the page.
pub(super) fn response_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let whole = ui.max_rect();
    let bar = Rect::from_min_max(whole.min, pos2(whole.right(), whole.top() + size::CARD_HEAD));
    ui.painter().hline(whole.x_range(), bar.bottom() - 0.5, hairline(&t));
    let mut head = ui.new_child(
        UiBuilder::new()
            .id_salt("answer head")
            .max_rect(bar.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    head.set_clip_rect(bar);
    let mut has_time_part = false;
    let below = Rect::from_min_max(pos2(whole.left(), bar.bottom()), whole.max);
    let history_height = (size::CARD_HEAD + 4.0 * size::ROW + space::S2).min(below.height() * 0.3);
    let history = Rect::from_min_max(pos2(below.left(), below.bottom() - history_height), below.max);
    let mut middle = Rect::from_min_max(below.min, pos2(below.right(), history.top()));
    ui.painter().hline(whole.x_range(), history.top() + 0.5, hairline(&t));
    let mut place = ui.new_child(UiBuilder::new().id_salt("history").max_rect(history));
    place.set_clip_rect(history);
    history_ui(&mut place, results, draft, commands);

    let shown =
        results.answer.as_deref().filter(|_| results.unsendable.is_none() && results.sending.is_none());
    if let Some(answer) = shown {
        let height = waterfall_height(answer, &t);
        // a low window shows the answer first
        let fits = middle.height() - height - checks_height(answer) > size::CODE_LINE * 8.0;
        has_time_part = height > 0.0 && !fits;
        if height > 0.0 && fits {
            let place = Rect::from_min_max(pos2(middle.left(), middle.bottom() - height), middle.max);
            ui.painter().hline(whole.x_range(), place.top() + 0.5, hairline(&t));
            waterfall_ui(ui, place, answer);
            middle.max.y = place.top();
        }
    }
    if !has_time_part && draft.part == Part::Time {
        draft.part = Part::Pretty;
    }
    head_ui(&mut head, view, results, has_time_part, draft, commands);
    let mut place = ui.new_child(UiBuilder::new().id_salt("answer body").max_rect(middle));
    place.set_clip_rect(middle);
    content_ui(&mut place, results, draft, commands);
}

fn head_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    has_time: bool,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    if let Some(sending) = &results.sending {
        spinner(ui, size::ICON);
        let said = match &sending.status {
            Some((status, reason)) => format!("{status} {reason}, receiving"),
            None => "Waiting for the answer".to_owned(),
        };
        ui.label(text(said, font::label(), t.text));
        if sending.received > 0 {
            ui.label(text(format::bytes(sending.received), font::small(), t.text_2));
        }
        if view.work.job(Slot::Send).is_some_and(|job| job.seconds > 3.0) {
            ui.label(text("the server takes its time", font::small(), t.text_3));
        }
        return;
    }
    let Some(answer) = results.answer.as_deref().filter(|_| results.unsendable.is_none()) else {
        ui.label(text("Answer", font::card_title(), t.text));
        return;
    };
    let (tone, icon) = status_sign(answer.status);
    let said = match answer.status {
        Some(status) => format!("{status} {}", short_reason(&answer.reason)),
        None => "No answer".to_owned(),
    };
    tag(ui, tone, Some((icon, Weight::Fill)), said.trim());
    if answer.total_secs > 0.0 {
        icon_ui(ui, Icon::TIMER, Weight::Regular, size::ICON_SEGMENT, t.text_3);
        ui.label(text(format::duration(answer.total_secs), font::mono(), t.text_2));
    }
    if answer.status.is_some() {
        icon_ui(ui, Icon::DOWNLOAD_SIMPLE, Weight::Regular, size::ICON_SEGMENT, t.text_3);
        let size = if answer.n_bytes < 1000 {
            format!("{} B", answer.n_bytes)
        } else {
            format::bytes(answer.n_bytes)
        };
        ui.label(text(size, font::mono(), t.text_2));
    }
    if answer.recalled && ui.available_width() > 300.0 {
        ui.label(text(format!("of {}", format::time_of_day(answer.at_unix_millis)), font::small(), t.text_3));
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let choices = [
            Segment::new(Part::Pretty, "Pretty"),
            Segment::new(Part::Raw, "Raw"),
            Segment::new(Part::Headers, "Headers"),
            Segment::new(Part::Time, "Time"),
        ];
        let choices = if has_time { &choices[..] } else { &choices[..3] };
        segmented(ui, "Part of the answer", &mut draft.part, choices, size::CONTROL_COMPACT, None);
        if ui.available_width() > 60.0 && icon_button(ui, Icon::COPY, "Copy the answer").clicked() {
            let body = if draft.part == Part::Raw { &answer.raw } else { answer.pretty() };
            commands.push(AppCommand::Copy(body.text.clone()));
        }
    });
}

fn short_reason(reason: &str) -> String {
    reason.chars().take(28).collect()
}

fn content_ui(ui: &mut Ui, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    if let Some(sending) = &results.sending {
        if sending.streamed.is_empty() {
            return;
        }
        padded(ui, |ui| {
            ui.add(Label::new(text(&sending.streamed, font::mono(), t.text)).wrap());
        });
        return;
    }
    if let Some(why) = &results.unsendable {
        padded(ui, |ui| {
            problem_ui(ui, &Problem::new("Not sent", why.clone()), |_| {});
        });
        return;
    }
    if let Some(comparison) = &results.comparison {
        comparison_ui(ui, comparison, commands);
        return;
    }
    let Some(answer) = results.answer.as_deref() else {
        padded(ui, |ui| {
            ui.add_space(space::S4);
            ui.add(
                Label::new(text(
                    "Nothing was sent yet. Ctrl+Enter sends the request.",
                    font::body(),
                    t.text_2,
                ))
                .wrap(),
            );
        });
        return;
    };
    if let Some(failure) = &answer.failure {
        padded(ui, |ui| failure_ui(ui, failure, commands));
        return;
    }
    if answer.status.is_none() {
        padded(ui, |ui| {
            problem_ui(ui, &Problem::new("No answer came", answer.reason.clone()), |_| {});
        });
        return;
    }
    let checks = checks_height(answer);
    let whole = ui.max_rect();
    if checks > 0.0 {
        let place = Rect::from_min_size(whole.min, vec2(whole.width(), checks));
        let mut place = ui.new_child(
            UiBuilder::new().id_salt("checks").max_rect(place.shrink2(vec2(space::S4, space::S1))),
        );
        place.spacing_mut().item_spacing.y = space::S1;
        checks_ui(&mut place, answer);
    }
    let place = Rect::from_min_max(pos2(whole.left(), whole.top() + checks + space::S1), whole.max);
    let mut place = ui.new_child(UiBuilder::new().id_salt("text").max_rect(place));
    place.set_clip_rect(whole);
    match draft.part {
        Part::Pretty => body_ui(&mut place, "Answer body", answer.pretty()),
        Part::Raw => body_ui(&mut place, "Raw answer", &answer.raw),
        Part::Headers => padded(&mut place, |ui| headers_ui(ui, answer)),
        Part::Time => {
            let rect = place.max_rect();
            waterfall_ui(&mut place, rect, answer);
        }
    }
}

fn body_ui(ui: &mut Ui, name: &str, lines: &Lines) {
    if lines.text.is_empty() {
        let t = tokens(ui);
        padded(ui, |ui| {
            ui.label(text("The answer has no body.", font::body(), t.text_2));
        });
    } else {
        lines_ui(ui, name, lines);
    }
}

fn padded(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().id_salt("padded").auto_shrink(false).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.add_space(space::S4);
            ui.vertical(|ui| {
                ui.set_max_width(ui.available_width() - space::S4);
                ui.spacing_mut().item_spacing.y = space::S2;
                ui.add_space(space::S2);
                add(ui);
                ui.add_space(space::S2);
            });
        });
    });
}

/// The lines above the body: redirects, expectations, notes.
fn checks_height(answer: &Answer) -> f32 {
    let n = answer.checks.len() + answer.notes.len() + usize::from(!answer.redirects.is_empty());
    if n == 0 { 0.0 } else { n.min(5) as f32 * size::ICON_CARD + space::S2 + space::S1 * n.min(5) as f32 }
}

fn checks_ui(ui: &mut Ui, answer: &Answer) {
    let t = tokens(ui);
    let mut left = 5;
    let mut line = |ui: &mut Ui, icon: Icon, color, said: String| {
        if left == 0 {
            return;
        }
        left -= 1;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S2;
            ui.set_height(size::ICON_CARD);
            icon_ui(ui, icon, Weight::Fill, size::ICON_SEGMENT, color);
            let response = ui.add(Label::new(text(&said, font::small(), t.text_2)).truncate());
            response.on_hover_text(said);
        });
    };
    if !answer.redirects.is_empty() {
        let hops: Vec<String> =
            answer.redirects.iter().map(|hop| format!("{} to {}", hop.status, hop.to)).collect();
        line(ui, Icon::ARROW_RIGHT, t.info, format!("Redirected: {}", hops.join(", then ")));
    }
    for checked in &answer.checks {
        match &checked.outcome {
            Ok(()) => line(ui, Icon::CHECK_CIRCLE, t.good, format!("Passed: {}", checked.expectation)),
            Err(came) => {
                line(ui, Icon::X_CIRCLE, t.bad, format!("Failed: {}, but {came}", checked.expectation));
            }
        }
    }
    for note in &answer.notes {
        line(ui, Icon::INFO, t.info, note.clone());
    }
}

fn failure_ui(ui: &mut Ui, failure: &Failure, commands: &mut Commands) {
    let t = tokens(ui);
    let advice = failure.advice.join(" ");
    let problem = Problem::new(failure.message.clone(), advice);
    let is_local = url::Url::parse(&failure.url).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
        || !failure.url.contains("://");
    problem_ui(ui, &problem, |ui| {
        if Button::secondary("Send again").icon(Icon::ARROW_COUNTER_CLOCKWISE).compact().ui(ui).clicked() {
            commands.push(Command::Send);
        }
        if failure.kind == FailureKind::Refused
            && is_local
            && Button::secondary("Start the server").icon(Icon::BROADCAST).compact().ui(ui).clicked()
        {
            commands.push(AppCommand::Go(PageId::Serve));
        }
    });
    ui.label(text(format!("It failed at: {}", failure.at.label()), font::small_medium(), t.text_2));
    if !failure.detail.is_empty() {
        ui.add(Label::new(text(&failure.detail, font::mono(), t.text_3)).wrap());
    }
    for hop in &failure.redirects {
        ui.add(Label::new(text(format!("{} to {}", hop.status, hop.to), font::mono(), t.text_3)).wrap());
    }
}

fn headers_ui(ui: &mut Ui, answer: &Answer) {
    let t = tokens(ui);
    let list = |ui: &mut Ui, title: &str, headers: &[(String, String)]| {
        ui.label(text(title, font::card_title(), t.text));
        for (name, value) in headers {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = space::S2;
                ui.label(text(format!("{name}:"), font::mono(), t.accent));
                // what says who asks is not shown on a projector
                let shown = if crate::client::is_private(name) && value.len() > 12 && !value.contains("{{") {
                    let start: String = value.chars().take(12).collect();
                    format!("{start}…")
                } else {
                    value.clone()
                };
                ui.add(Label::new(text(shown, font::mono(), t.text)).wrap());
            });
        }
        ui.add_space(space::S2);
    };
    list(ui, "Received", &answer.headers);
    list(ui, "Sent", &answer.sent_headers);
    if !answer.line.is_empty() {
        ui.label(text(format!("Over {}", answer.line), font::small(), t.text_2));
    }
    ui.add(Label::new(text(format!("{} {}", answer.method, answer.url), font::mono(), t.text_3)).wrap());
    if answer.n_events > 0 {
        ui.label(text(format::plural(answer.n_events, "event", "events"), font::small(), t.text_2));
    }
}
