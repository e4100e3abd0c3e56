//! The decision: four questions with their evidence, what to do, and champion against challenger.

use eframe::egui::{Align, CornerRadius, Label, Layout, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::page::{busy_ui, sentence_ui, under_head};
use super::{COMPARE, Challenge, Command, Draft, Learn, Results, challenger_of};
use crate::app::command::{Commands, hint};
use crate::app::job::Slot;
use crate::app::pages::{View, train};
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Tone, Weight, card_head, format, hairline_ui, icon_ui, meter, segmented, spinner, tag,
};
use crate::drift::retraining::{Action, Answer, Finding};

/// The height of the buttons below.
const FOOT: f32 = 148.0;

/// The right card.
pub(super) fn advice_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let card = ui.max_rect();
    card_head(ui, Some(Icon::SCALES), "Should you re-train?", true, |ui| {
        busy_ui(ui, view, Slot::DriftWeeks);
    });
    let (body, foot) = under_head(card, FOOT);
    let weeks = results.weeks.as_ref().filter(|weeks| Some(weeks.asked.champion) == view.truth.champion);
    match weeks {
        None => sentence_ui(ui, body, "The advice needs the true values of some weeks"),
        Some(weeks) => {
            let mut area = ui.new_child(UiBuilder::new().id_salt("advice").max_rect(body));
            ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
                ui.set_width(body.width() - space::S3);
                ui.spacing_mut().item_spacing.y = space::S1;
                // what was asked for last is seen first
                if let Some(challenge) = &results.challenge {
                    ui.add_space(space::S2);
                    challenge_ui(ui, view, challenge, commands);
                    ui.add_space(space::S2);
                    hairline_ui(ui);
                }
                for (at, finding) in weeks.advice.findings.iter().enumerate() {
                    finding_ui(ui, at, finding);
                    hairline_ui(ui);
                }
                let is_of_now = weeks.asked.shifts == draft.shifts && weeks.asked.delay == draft.delay;
                advised_ui(ui, weeks.advice.action, &weeks.advice.text, is_of_now);
                ui.add_space(space::S2);
            });
        }
    }
    let t = tokens(ui);
    ui.painter().hline(card.x_range(), foot.top(), hairline(&t));
    let inner = foot.shrink2(vec2(space::S4, space::S3));
    let upper = inner.with_max_y(inner.top() + size::CONTROL_COMPACT);
    let mut choice = ui.new_child(UiBuilder::new().id_salt("learn").max_rect(upper));
    let choices = [
        Segment::new(Learn::Recent, "Recent"),
        Segment::new(Learn::All, "All"),
        Segment::new(Learn::Weighted, "Weighted"),
    ];
    segmented(
        &mut choice,
        "Learn from",
        &mut draft.learn,
        &choices,
        size::CONTROL_COMPACT,
        Some(inner.width()),
    );
    let lines = [upper.bottom() + space::S2, upper.bottom() + space::S4 + size::CONTROL];
    let mut at = lines.map(|top| {
        let rect = Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), size::CONTROL));
        let layout = Layout::left_to_right(Align::Center);
        ui.new_child(UiBuilder::new().id_salt(top.to_bits()).max_rect(rect).layout(layout))
    });
    let [row, compare_row] = &mut at;
    if results.retraining.is_some() || results.comparing {
        spinner(row, size::ICON);
        let said = if results.comparing { "Comparing" } else { "Training again" };
        row.label(text(said, font::body(), t.text_2));
        return;
    }
    let key = hint(view.actions, draft.learn.title());
    let retrain = Button::primary(draft.learn.title()).icon(Icon::ARROW_COUNTER_CLOCKWISE).key(key);
    let not_yet = "Ready once the model was followed over the weeks";
    if retrain.width(inner.width()).enabled(weeks.is_some(), not_yet).ui(row).clicked() {
        commands.push(Command::Retrain);
    }
    let has_two = challenger_of(view.truth, results).is_some();
    let compare = Button::secondary(COMPARE).icon(Icon::SCALES).width(inner.width());
    let why = if has_two { not_yet } else { "There is one version only; retrain first" };
    if compare.enabled(has_two && weeks.is_some(), why).ui(compare_row).clicked() {
        commands.push(Command::Compare);
    }
}

/// What each answer looks like: a yes is good or bad by the question.
fn tone(at: usize, answer: Answer) -> (Tone, Icon, &'static str) {
    match (at, answer) {
        (_, Answer::CantTell) => (Tone::Neutral, Icon::QUESTION, "Can't tell"),
        (0 | 1, Answer::Yes) => (Tone::Bad, Icon::WARNING_OCTAGON, "Yes"),
        (0 | 1, Answer::No) => (Tone::Good, Icon::CHECK_CIRCLE, "No"),
        (_, Answer::Yes) => (Tone::Good, Icon::CHECK_CIRCLE, "Yes"),
        (_, Answer::No) => (Tone::Neutral, Icon::MINUS, "No"),
    }
}

fn finding_ui(ui: &mut Ui, at: usize, finding: &Finding) {
    let t = tokens(ui);
    ui.add_space(space::S2);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::TAG), Sense::hover());
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)));
    let (tone, icon, said) = tone(at, finding.answer);
    tag(&mut row, tone, Some((icon, Weight::Fill)), said);
    let rest = Rect::from_min_max(rect.min, pos2(row.min_rect().left() - space::S2, rect.bottom()));
    let mut row = ui.new_child(UiBuilder::new().max_rect(rest).layout(Layout::left_to_right(Align::Center)));
    row.add(Label::new(text(finding.question, font::label(), t.text)).truncate());
    ui.add(Label::new(text(&finding.evidence, font::small(), t.text_2)).wrap());
    ui.add_space(space::S1);
}

fn advised_ui(ui: &mut Ui, action: Action, said: &str, is_of_now: bool) {
    let t = tokens(ui);
    let title = match action {
        Action::Retrain => "Retrain on recent data",
        Action::GetLabels => "Get labels",
        Action::RepairData => "Repair the data",
        Action::TryOther => "Try another kind of model",
        Action::Wait => "Wait",
    };
    ui.add_space(space::S2);
    let behind = ui.painter().add(eframe::egui::Shape::Noop);
    let width = ui.available_width();
    let inner = ui
        .horizontal_top(|ui| {
            ui.add_space(space::S2);
            icon_ui(ui, Icon::LIGHTNING, Weight::Fill, size::ICON, t.accent);
            ui.vertical(|ui| {
                ui.set_width(width - 44.0);
                ui.spacing_mut().item_spacing.y = 2.0;
                let color = if is_of_now { t.text } else { t.text_3 };
                ui.add(Label::new(text(title, font::card_title(), color)).wrap());
                ui.add(Label::new(text(said, font::small(), color)).wrap());
            });
        })
        .response
        .rect;
    let place = Rect::from_min_max(
        inner.min - vec2(0.0, space::S2),
        pos2(inner.left() + width, inner.bottom() + space::S2),
    );
    let shape = eframe::egui::epaint::RectShape::filled(
        place,
        CornerRadius::same(crate::app::theme::radius::CONTROL),
        t.accent_tint,
    );
    ui.painter().set(behind, shape);
    ui.add_space(space::S3);
}

/// With a capital letter.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Champion and challenger on the same later rows.
fn challenge_ui(ui: &mut Ui, view: View<'_>, challenge: &Challenge, commands: &mut Commands) {
    let t = tokens(ui);
    let duel = &challenge.duel;
    let unseen = if challenge.may_have_seen {
        ", some of which one of the two may have learned from".to_owned()
    } else {
        " that neither has seen".to_owned()
    };
    let said = format!(
        "v{} learned from {}. {} on {}{unseen}:",
        challenge.challenger,
        challenge.learned,
        capital(duel.loss),
        format::plural(duel.n, "later row", "later rows")
    );
    ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
    let highest = duel.champion.into_iter().chain(duel.challenger).fold(0.0, f64::max);
    for (number, loss, color) in
        [(challenge.champion, duel.champion, t.p_ref), (challenge.challenger, duel.challenger, t.p_pred)]
    {
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL_SMALL), Sense::hover());
        let mut row =
            ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
        row.spacing_mut().item_spacing.x = space::S2;
        let promoted = view.truth.champion == Some(challenge.challenger);
        let part = match (number == challenge.champion, promoted) {
            (true, false) | (false, true) => "champion",
            (true, true) => "before",
            (false, false) => "challenger",
        };
        let shown = loss.map_or_else(|| "–".to_owned(), |loss| format::number(loss, 3));
        let label = format!("v{number}, {part}");
        let (place, _) = row.allocate_exact_size(vec2(104.0, size::CONTROL_SMALL), Sense::hover());
        row.painter().text(
            place.left_center(),
            eframe::egui::Align2::LEFT_CENTER,
            &label,
            font::body(),
            t.text,
        );
        let share = loss.filter(|_| highest > 0.0).map_or(0.0, |loss| (loss / highest) as f32);
        let width = row.available_width() - 56.0;
        meter(&mut row, &format!("{label}: {shown}"), share, width.max(20.0), size::PROGRESS, color);
        row.painter().text(
            rect.right_center(),
            eframe::egui::Align2::RIGHT_CENTER,
            shown,
            font::mono(),
            t.text,
        );
    }
    if let Some(difference) = duel.difference {
        let [value, low, high] =
            [difference.value, difference.low, difference.high].map(|value| format::signed(value, 3));
        let said = format!("difference {value}, 95 % between {low} and {high}");
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
    }
    ui.add(Label::new(text(&duel.verdict, font::small(), t.text)).wrap());
    ui.add_space(space::S1);
    let is_champion = view.truth.champion == Some(challenge.challenger);
    if is_champion {
        let before = challenge.champion;
        if view.truth.version(before).is_some()
            && Button::secondary(&format!("Back to v{before}")).small().ui(ui).clicked()
        {
            commands.push(train::Command::Champion(before));
        }
    } else if view.truth.version(challenge.challenger).is_some()
        && Button::secondary(&format!("Promote v{} to champion", challenge.challenger))
            .icon(Icon::CROWN)
            .small()
            .ui(ui)
            .clicked()
    {
        commands.push(train::Command::Champion(challenge.challenger));
    }
}
