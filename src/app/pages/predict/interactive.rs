//! One record: a control for each input, made from the model's signature, and the answer with its reasons.

use std::sync::Arc;

use eframe::egui::{
    Align, Color32, Frame, Label, Layout, Popup, PopupCloseBehavior, Rect, Response, ScrollArea, Sense,
    Stroke, Ui, UiBuilder, pos2, vec2,
};
use serde_json::Value;

use super::answer::{Said, answer_ui};
use super::page::not_served_ui;
use super::record::{Cached, Record, answer, day_text, record_for, treatment};
use super::{Call, Command, Draft, Half, Results};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::state::Version;
use crate::app::theme::{Icon, Tokens, font, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Tone, Weight, card_head, follow_focus, format, icon_button, icon_ui, number_field,
    paint_icon, popup_frame, segmented, select, slider, switch, tag, text_field,
};
use crate::model::{Input, InputKind};

/// The most levels that are shown as segments, and the most letters they may have together.
const SEGMENTS: usize = 7;
const SEGMENT_LETTERS: usize = 30;
/// How far a slider goes beyond the training range, as a share of it.
const BEYOND: f64 = 0.1;
/// The height of the answer below the controls.
const ANSWER: f32 = 204.0;
/// The width of an input's name.
const NAME: f32 = 104.0;
/// The width of a number's field.
const FIELD: f32 = 76.0;

/// The left card. Returns the record and whether the model answers it.
pub(crate) fn interactive_ui(
    ui: &mut Ui,
    view: View<'_>,
    version: &Version,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) -> (Record, bool) {
    let card = ui.max_rect();
    let cached = worked_out(version, draft);
    let (record, outcome) = (&cached.record, &cached.outcome);
    card_head(ui, Some(Icon::CURSOR_CLICK), "Interactive: one record", true, |ui| {
        head_ui(ui, view, results, draft, commands);
    });
    let top = card.top() + size::CARD_HEAD;
    let split = card.bottom() - ANSWER;
    let controls = Rect::from_min_max(
        pos2(card.left() + space::S4, top + space::S1),
        pos2(card.right() - space::S2, split),
    );
    let mut area = ui.new_child(UiBuilder::new().id_salt("controls").max_rect(controls));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_width(controls.width() - space::S3);
        for input in &version.model().inputs {
            let outside =
                outcome.as_ref().is_ok_and(|a| a.outside.iter().any(|(name, ..)| *name == input.name));
            input_ui(ui, input, record, outside, draft, commands);
            let value = record.get(&input.name);
            if let Some(said) = value.and_then(|value| treatment(version.model(), input, value)) {
                below_field(ui, Icon::INFO, tokens(ui).info, &said);
            }
            if let Err(error) = outcome
                && error.field == input.name
            {
                let said = format!("Expected {}, got {}", error.expected, error.got);
                below_field(ui, Icon::X_CIRCLE, tokens(ui).bad, &said);
            }
        }
        follow_focus(ui);
    });
    let t = tokens(ui);
    ui.painter().hline(card.x_range(), split, crate::app::theme::hairline(&t));
    let below = Rect::from_min_max(
        pos2(card.left() + space::S4, split + space::S3),
        pos2(card.right() - space::S4, card.bottom() - space::S1),
    );
    let mut area = ui.new_child(UiBuilder::new().id_salt("answer").max_rect(below));
    area.set_clip_rect(below.expand(2.0).intersect(ui.clip_rect()));
    let over_http = draft.call == Call::Http;
    let reply = results.reply.as_ref().filter(|_| over_http);
    match (outcome, reply.map(|reply| (&reply.outcome, reply.record == *record))) {
        _ if over_http && !results.served => not_served_ui(&mut area, commands),
        (_, Some((Err(problem), true))) => {
            refused_ui(&mut area, &problem.title, &problem.detail);
            area.add_space(space::S1);
            area.horizontal(|ui| {
                if Button::secondary("Ask again").compact().ui(ui).clicked() {
                    commands.push(Command::Call(Call::Http));
                }
                if Button::ghost("Use In-process").compact().ui(ui).clicked() {
                    commands.push(Command::Call(Call::InProcess));
                }
            });
        }
        (Ok(outcome), None | Some((Err(_), _))) => {
            let said = if over_http { Said::NotYet } else { Said::Here };
            answer_ui(ui, below, view.compact, version, outcome, &said);
        }
        (Ok(outcome), Some((Ok(answered), is_of_record))) => {
            let said = Said::There { answered, is_of_record };
            answer_ui(ui, below, view.compact, version, outcome, &said);
        }
        (Err(error), _) => {
            refused_ui(&mut area, "No prediction", &error.to_string());
            let said = "A policy of the model refuses this value. Change it, or go back to typical values.";
            area.add(Label::new(text(said, font::body(), t.text_2)).wrap());
        }
    }
    (cached.record.clone(), cached.outcome.is_ok())
}

/// What stands in the answer's place where there is none.
fn refused_ui(ui: &mut Ui, title: &str, detail: &str) {
    let t = tokens(ui);
    ui.label(text(title, font::heading(), t.text));
    ui.add(Label::new(text(detail, font::body(), t.text_2)).wrap());
}

/// What the champion makes of the record in the controls, worked out anew only when one of them has changed.
fn worked_out(version: &Version, draft: &mut Draft) -> Arc<Cached> {
    let number = version.entry.number;
    let record = record_for(version.model(), &draft.values);
    match &draft.cached {
        Some(cached) if cached.version == number && cached.record == record => Arc::clone(cached),
        _ => {
            let outcome = answer(&version.predictor, &record);
            let cached = Arc::new(Cached { version: number, record, outcome });
            draft.cached = Some(Arc::clone(&cached));
            cached
        }
    }
}

/// What stands on the right of the card's head, from right to left.
fn head_ui(ui: &mut Ui, view: View<'_>, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    ui.spacing_mut().item_spacing.x = space::S1;
    let mut last = icon_button(ui, Icon::ARROW_COUNTER_CLOCKWISE, "Typical values");
    if last.clicked() {
        commands.push(Command::Reset);
    }
    let n_rows = view.truth.data().map_or(0, |data| data.loaded.table.n_rows() as u64);
    if n_rows > 0 {
        last = icon_button(ui, Icon::TABLE, "Load a row of the open table…");
        row_menu_ui(&last, popup_frame(ui), n_rows, draft, commands);
    }
    // the first control is the next one from here
    if draft.focus == Some(Half::One) {
        draft.focus = None;
        last.request_focus();
    }
    let reply = results.reply.as_ref().filter(|_| draft.call == Call::Http);
    if draft.call == Call::Http {
        if let Some(answered) = reply.and_then(|reply| reply.outcome.as_ref().ok()) {
            ui.add_space(space::S1);
            let time = format::duration(answered.seconds);
            tag(ui, Tone::Neutral, Some((Icon::TIMER, Weight::Regular)), &time).on_hover_text(
                "The record to the server and its prediction back: from the first byte sent to the last received, this once",
            );
        }
        return;
    }
    let call = results.parity.value.as_ref().map(|parity| parity.call).filter(|call| call.median > 0.0);
    if let Some(call) = call {
        ui.add_space(space::S1);
        let time = format::duration(call.median);
        tag(ui, Tone::Neutral, Some((Icon::TIMER, Weight::Regular)), &time).on_hover_text(format!(
            "This record to this prediction, in process: the median of {} measurements just now, 8 of 10 between {} and {}",
            call.repeats,
            format::duration(call.low),
            format::duration(call.high)
        ));
    }
}

/// Which row of the open table to load.
fn row_menu_ui(button: &Response, frame: Frame, n_rows: u64, draft: &mut Draft, commands: &mut Commands) {
    Popup::menu(button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .gap(space::S1)
        .frame(frame)
        .accessible_name("Load a row")
        .show(|ui| {
            ui.horizontal(|ui| {
                let t = tokens(ui);
                ui.label(text("Row", font::body(), t.text_2));
                let mut row = draft.row.clamp(1, n_rows) as f64;
                number_field(ui, "Row of the open table", &mut row, 1.0..=n_rows as f64, 1.0, 0, FIELD);
                draft.row = row as u64;
                ui.label(text(format!("of {}", format::count(n_rows)), font::body(), t.text_2));
                if Button::secondary("Load").name("Load this row").compact().ui(ui).clicked() {
                    commands.push(Command::LoadTable(usize::try_from(draft.row - 1).unwrap_or(usize::MAX)));
                    ui.close();
                }
            });
        });
}

/// A sentence below a field.
fn below_field(ui: &mut Ui, icon: Icon, color: Color32, said: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S1;
        ui.add_space(NAME + space::S2);
        icon_ui(ui, icon, Weight::Fill, size::ICON_SMALL, color);
        let color = if icon == Icon::X_CIRCLE { color } else { tokens(ui).text_2 };
        ui.add(Label::new(text(said, font::small(), color)).wrap());
    });
}

/// One input's name and control.
fn input_ui(
    ui: &mut Ui,
    input: &Input,
    record: &Record,
    outside: bool,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), Sense::hover());
    let mut row = ui.new_child(
        UiBuilder::new()
            .id_salt(("input", &input.name))
            .max_rect(rect)
            .layout(Layout::left_to_right(Align::Center)),
    );
    let name_rect = Rect::from_min_size(rect.min, vec2(NAME, rect.height()));
    let (_, name) = row.allocate_exact_size(name_rect.size(), Sense::hover());
    let mut label = row.new_child(
        UiBuilder::new().id_salt("name").max_rect(name_rect).layout(Layout::left_to_right(Align::Center)),
    );
    label.add(Label::new(text(&input.name, font::body(), t.text)).truncate());
    if outside {
        let at = pos2(name_rect.right() - space::S2, name_rect.center().y);
        paint_icon(row.painter(), at, Icon::WARNING, Weight::Fill, size::ICON_SEGMENT, t.warn);
    }
    name.on_hover_text(about(input));
    let mut set = |value: Value| commands.push(Command::Set(input.name.clone(), value));
    let value = record.get(&input.name);
    let room = rect.width() - NAME - space::S2;
    match &input.kind {
        InputKind::Number { min, max, whole, typical, fill } => {
            let mut number = value.and_then(Value::as_f64).unwrap_or(*fill);
            let before = number;
            let reach = (max - min) * BEYOND;
            let step = step_of(max - min, *whole);
            let bar = (room - FIELD - space::S4).max(40.0);
            let (low, high) = if min < max { (min - reach, max + reach) } else { (min - 1.0, max + 1.0) };
            let range = low.min(number)..=high.max(number);
            let rail = slider(&mut row, &input.name, &mut number, range.clone(), step, bar);
            marks_ui(&row, t, rail.rect, bar, &range, (*min, *max, *typical));
            rail.on_hover_text(about(input));
            row.add_space(space::S1);
            let decimals = decimals_of(step);
            let name = format!("{} value", input.name);
            number_field(&mut row, &name, &mut number, f64::MIN..=f64::MAX, step, decimals, FIELD);
            if number != before
                && let Some(number) = serde_json::Number::from_f64(number)
            {
                set(Value::Number(number));
            }
        }
        InputKind::Category { levels, .. } => {
            let current = value.and_then(Value::as_str).unwrap_or("");
            let letters: usize = levels.iter().map(|level| level.chars().count()).sum();
            if levels.len() <= SEGMENTS && letters <= SEGMENT_LETTERS {
                let mut at = levels.iter().position(|level| level == current).unwrap_or(0);
                let order = calendar_order(levels);
                let segments: Vec<Segment<'_, usize>> =
                    order.into_iter().map(|at| Segment::new(at, &levels[at])).collect();
                if segmented(&mut row, &input.name, &mut at, &segments, size::CONTROL_COMPACT, Some(room)) {
                    set(Value::String(levels[at].clone()));
                }
            } else {
                let options: Vec<&str> = levels.iter().map(String::as_str).collect();
                let width = room.min(220.0);
                let chosen =
                    select(&mut row, &input.name, None, current, &options, width, size::CONTROL_COMPACT);
                if let Some(at) = chosen {
                    set(Value::String(levels[at].clone()));
                }
            }
        }
        InputKind::Boolean { no, yes, .. } => {
            let mut on = value.and_then(Value::as_bool).unwrap_or(false);
            if switch(&mut row, &mut on, &input.name).changed() {
                set(Value::Bool(on));
            }
            row.label(text(if on { yes } else { no }, font::body(), t.text));
        }
        InputKind::Date { min, max, typical } => {
            let current = value.and_then(Value::as_str).unwrap_or("");
            let micros = crate::data::date::candidates(current, false)
                .iter()
                .find_map(|format| crate::data::date::parse(format, current));
            let mut days = micros.map_or(*min, |micros| micros as f64 / 86_400e6);
            let before = days;
            let reach = ((max - min) * BEYOND).max(1.0);
            let field = 108.0;
            let bar = (room - field - space::S4).max(40.0);
            let range = (min - reach).min(days)..=(max + reach).max(days);
            let rail = slider(&mut row, &input.name, &mut days, range.clone(), 1.0, bar);
            marks_ui(&row, t, rail.rect, bar, &range, (*min, *max, *typical));
            rail.on_hover_text(about(input));
            if days != before {
                draft.typing = None;
                set(Value::String(day_text(days)));
            }
            row.add_space(space::S1);
            let mut typed = match &draft.typing {
                Some((name, typed)) if *name == input.name => typed.clone(),
                _ => current.get(..10).unwrap_or(current).to_owned(),
            };
            let name = format!("{} day", input.name);
            let response = text_field(&mut row, &name, &mut typed, "yyyy-mm-dd", field, None);
            if response.changed() {
                set(Value::String(typed.clone()));
                draft.typing = Some((input.name.clone(), typed));
            }
            if response.lost_focus() {
                draft.typing = None;
            }
        }
    }
}

/// Marks on a slider's rail: where training began and ended, and what is typical.
fn marks_ui(
    ui: &Ui,
    t: Tokens,
    rail: Rect,
    width: f32,
    range: &std::ops::RangeInclusive<f64>,
    (min, max, typical): (f64, f64, f64),
) {
    let (low, high) = (*range.start(), *range.end());
    let half = size::SLIDER_THUMB / 2.0;
    let room = width.min(rail.width()) - size::SLIDER_THUMB;
    let x = |value: f64| {
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) as f32 } else { 0.5 };
        rail.left() + half + share * room
    };
    let y = rail.center().y + half + 1.0;
    for end in [min, max] {
        ui.painter().vline(x(end), y..=y + 3.0, Stroke::new(1.0, t.stroke_control));
    }
    ui.painter().circle_filled(pos2(x(typical), y + 1.5), 1.5, t.text_3);
}

/// The order in which to show levels: days of the week as they follow each other, anything else as it is.
fn calendar_order(levels: &[String]) -> Vec<usize> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let day = |level: &String| {
        let level = level.to_lowercase();
        DAYS.iter().position(|day| level.starts_with(day))
    };
    let mut order: Vec<usize> = (0..levels.len()).collect();
    if levels.iter().all(|level| day(level).is_some()) {
        order.sort_by_key(|at| day(&levels[*at]));
    }
    order
}

/// What training saw of an input.
fn about(input: &Input) -> String {
    let unit = input.unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
    match &input.kind {
        InputKind::Number { min, max, typical, .. } => format!(
            "{}: training saw {} to {}{unit} (the marks), half of it below {} (the dot)",
            input.name,
            format::number(*min, 5),
            format::number(*max, 5),
            format::number(*typical, 5)
        ),
        InputKind::Category { levels, fill } => format!(
            "{}: training saw {}, most often {}",
            input.name,
            format::plural(levels.len(), "level", "levels"),
            levels.get(*fill).map_or("", String::as_str)
        ),
        InputKind::Boolean { no, yes, fill } => {
            format!("{}: {no} or {yes}, most often {}", input.name, if *fill { yes } else { no })
        }
        InputKind::Date { min, max, .. } => {
            format!("{}: training saw {} to {}", input.name, day_text(*min), day_text(*max))
        }
    }
}

/// A step that makes about two hundred of the range: 1, 2 or 5 times a power of ten.
pub(super) fn step_of(range: f64, whole: bool) -> f64 {
    if range.is_nan() || range <= 0.0 || !range.is_finite() {
        return if whole { 1.0 } else { 0.1 };
    }
    let raw = range / 200.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= raw)
        .unwrap_or(raw);
    if whole { step.max(1.0).round() } else { step }
}

pub(super) fn decimals_of(step: f64) -> usize {
    (0..12)
        .find(|decimals| {
            (step * 10_f64.powi(*decimals) - (step * 10_f64.powi(*decimals)).round()).abs() < 1e-9
        })
        .map_or(12, |d| d as usize)
}

#[cfg(test)]
mod tests {
    use super::{calendar_order, decimals_of, step_of};

    #[test]
    fn days_of_the_week_follow_each_other() {
        let levels = ["Fri", "Mon", "Sat"].map(str::to_owned);
        assert_eq!(calendar_order(&levels), [1, 0, 2]);
        let levels = ["Fri", "Harbour"].map(str::to_owned);
        assert_eq!(calendar_order(&levels), [0, 1]);
    }

    #[test]
    fn steps_are_round_and_fine_enough() {
        assert_eq!(step_of(30.0, false), 0.2);
        assert_eq!(step_of(2000.0, true), 10.0);
        assert_eq!(step_of(3.0, true), 1.0);
        assert_eq!(step_of(0.0, false), 0.1);
        assert_eq!(decimals_of(0.2), 1);
        assert_eq!(decimals_of(0.05), 2);
        assert_eq!(decimals_of(10.0), 0);
    }
}
