//! The cause: scenarios, sliders for each input, the rule itself, when it happens.

use std::time::Duration;

use eframe::egui::{Align, Align2, Layout, Rect, Response, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::lab::{Feature, FeatureData, Lab};
use super::page::under_head;
use super::{Command, Draft, FROM, scenarios};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, card_head, elided, format, hairline_ui, icon_button, radio_row, round_up, segmented,
    slider_from_zero, stepper, switch,
};
use crate::drift::lab::{Affine, Concept, FeatureShift, Schedule, UnitError};
use crate::model::Task;

/// How far the mean goes, in the reference's standard deviations.
const MEAN_STDS: f64 = 3.0;
/// The height of the buttons below.
const FOOT: f32 = 52.0;

/// The left card.
pub(super) fn controls_ui(
    ui: &mut Ui,
    view: View<'_>,
    lab: &Lab,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let card = ui.max_rect();
    card_head(ui, None, "What changed in the world?", true, |_| {});
    let (body, _) = under_head(card, FOOT);
    let mut area = ui.new_child(UiBuilder::new().id_salt("world").max_rect(body));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_width(body.width() - space::S3);
        let presets = scenarios(view.truth);
        if !presets.is_empty() {
            ui.add_space(space::S1);
            for preset in &presets {
                let chosen = draft.scenario.as_deref() == Some(preset.name);
                let row = radio_row(ui, chosen, true, preset.title, "").on_hover_text(preset.story);
                if row.clicked() && !chosen {
                    commands.push(Command::Scenario(preset.name));
                }
            }
            ui.add_space(space::S1);
            hairline_ui(ui);
        }
        let (before, near) = (draft.shifts.clone(), draft.near.take());
        for feature in &lab.features {
            feature_ui(ui, feature, draft);
        }
        ui.add_space(space::S2);
        hairline_ui(ui);
        behaviour_ui(ui, view, draft);
        ui.add_space(space::S2);
        hairline_ui(ui);
        schedule_ui(ui, draft);
        ui.add_space(space::S3);
        if draft.shifts != before {
            commands.push(Command::Moved);
        }
        near_ui(ui, lab, (draft, near), commands);
    });
}

/// Has read what a move of the sliders takes that the pointer or the focus is at: at once where they are `near` others than
/// before, and again while the hand is there.
fn near_ui(ui: &Ui, lab: &Lab, (draft, near): (&mut Draft, Option<(String, bool)>), commands: &mut Commands) {
    let Some((name, by_value)) = draft.near.clone().filter(|_| lab.n_rows() >= MANY) else { return };
    let (now, is_down, is_looked_at) = ui.input(|input| {
        let is_there = input.focused && f64::from(input.pointer.time_since_last_movement()) < LEFT;
        (input.time, input.pointer.any_down(), is_there)
    });
    // a move reads it itself
    if is_down {
        return;
    }
    if draft.near != near || (is_looked_at && now - draft.near_since >= AGAIN) {
        draft.near_since = now;
        commands.push(Command::Near(name, by_value));
    }
    if is_looked_at {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(AGAIN));
    }
}

/// The foot of the left card.
pub(super) fn controls_foot_ui(ui: &mut Ui, lab: &Lab, outside: Option<f64>, commands: &mut Commands) {
    let card = ui.max_rect();
    let (_, foot) = under_head(card, FOOT);
    let t = tokens(ui);
    ui.painter().hline(card.x_range(), foot.top(), hairline(&t));
    let mut row = ui.new_child(
        UiBuilder::new()
            .id_salt("foot")
            .max_rect(foot.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    if Button::secondary("Reset")
        .name("Reset the sliders")
        .icon(Icon::ARROW_COUNTER_CLOCKWISE)
        .ui(&mut row)
        .clicked()
    {
        commands.push(Command::Reset);
    }
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let rows = format::plural(lab.n_rows(), "row", "rows");
        let (said, why) = if lab.held_out {
            (format!("{rows} held out"), "The rows that are shifted: the champion has not learned from them")
        } else {
            (
                format!("{rows}, learned from"),
                "The rows that are shifted: the champion has learned from them, so that its error looks smaller than it is. Hold rows out when you train",
            )
        };
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.add_space(space::S2);
            ui.with_layout(Layout::top_down(Align::Max), |ui| {
                ui.label(text(said, font::small(), t.text_2)).on_hover_text(why);
                if let Some(outside) = outside {
                    let said = format!("{:.0} % outside training", outside * 100.0);
                    ui.label(text(said, font::small(), t.text_2)).on_hover_text(
                        "The share of the shifted rows with an input outside the range that training saw, or a level that it never saw",
                    );
                }
            });
        });
    });
}

/// Rows from which their memory is not near the processor any more when a hand comes to a slider.
const MANY: usize = 100_000;
/// Seconds after which memory that nobody reads may be slow again.
const AGAIN: f64 = 0.5;
/// Seconds without a movement after which the hand has left the pointer.
const LEFT: f64 = 10.0;

/// A slider with its name's value above it, in one of three columns.
fn column_ui(
    ui: &mut Ui,
    rect: Rect,
    name: &str,
    shown: &str,
    value: &mut f64,
    (range, step): (std::ops::RangeInclusive<f64>, f64),
) -> Response {
    let t = tokens(ui);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let color = if (*value).abs() > 0.0 { t.text } else { t.text_3 };
    painter.text(pos2(rect.left(), rect.top() + 8.0), Align2::LEFT_CENTER, shown, font::mono_key(), color);
    let place = Rect::from_min_max(pos2(rect.left(), rect.top() + 16.0), rect.max);
    let mut area = ui.new_child(
        UiBuilder::new().id_salt(name).max_rect(place).layout(Layout::left_to_right(Align::Center)),
    );
    let before = *value;
    let response = slider_from_zero(&mut area, name, value, range.clone(), step, rect.width());
    // a number close to the middle means the middle
    let near = (range.end() - range.start()) * 0.012;
    if *value != before && value.abs() < near && *range.start() < 0.0 {
        *value = 0.0;
    }
    response
}

/// The sliders of an input.
fn feature_ui(ui: &mut Ui, feature: &Feature, draft: &mut Draft) {
    let t = tokens(ui);
    let mut shift = draft.shifts.features.get(&feature.name).cloned().unwrap_or_default();
    let before = shift.clone();
    // what goes wrong in measuring: shown on demand, and where something does
    let goes_wrong = shift.noise != 0.0 || shift.unit.is_some() || shift.clip.is_some();
    let can = matches!(feature.data, FeatureData::Numbers { .. });
    let is_open = can && (goes_wrong || draft.open.contains(&feature.name));
    let height = if is_open { 64.0 + MEASURING } else { 64.0 };
    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let rect = whole.with_max_y(whole.top() + 64.0);
    let title = elided(ui.painter(), feature.name.clone(), font::label(), t.text, rect.width() - 32.0);
    ui.painter().galley(pos2(rect.left(), rect.top() + space::S2), title, t.text);
    let gap = space::S3;
    let width = (rect.width() - gap * 2.0) / 3.0;
    let place = |at: f32| {
        let left = rect.left() + (width + gap) * at;
        Rect::from_min_max(pos2(left, rect.top() + 26.0), pos2(left + width, rect.bottom()))
    };
    let mut area = ui.new_child(UiBuilder::new().id_salt(("feature", &feature.name)).max_rect(rect));
    let ui = &mut area;
    let named = |what: &str| format!("{}: {what}", feature.name);
    if can {
        let at = Rect::from_min_size(pos2(rect.right() - 24.0, rect.top() + 2.0), vec2(24.0, 24.0));
        let mut corner = ui.new_child(UiBuilder::new().id_salt("more").max_rect(at));
        let (icon, what) = if is_open {
            (Icon::CARET_UP, named("fewer sliders"))
        } else {
            (Icon::CARET_DOWN, named("more sliders"))
        };
        if icon_button(&mut corner, icon, &what).clicked() {
            if is_open {
                // what can't be seen must not be at work
                draft.open.remove(&feature.name);
                shift = FeatureShift { noise: 0.0, unit: None, clip: None, ..shift };
            } else {
                draft.open.insert(feature.name.clone());
            }
        }
    }
    if is_open && let FeatureData::Numbers { std, range, .. } = &feature.data {
        let place = |at: f32| place(at).translate(vec2(0.0, MEASURING));
        measuring_ui(ui, feature, (*std, *range), [place(0.0), place(1.0), place(2.0)], &mut shift);
    }
    match &feature.data {
        FeatureData::Numbers { std, .. } => {
            let span = round_up(std * MEAN_STDS);
            let unit = feature.unit.as_deref().map_or_else(String::new, |unit| format!(" {unit}"));
            let shown = if shift.mean == 0.0 {
                "mean ±0".to_owned()
            } else {
                format!("{}{unit}", format::signed(shift.mean, 3))
            };
            let mean = &mut shift.mean;
            let mean = column_ui(ui, place(0.0), &named("mean"), &shown, mean, (-span..=span, span / 100.0));
            let mut percent = (shift.spread - 1.0) * 100.0;
            let shown = if percent == 0.0 {
                "spread ±0".to_owned()
            } else {
                format!("{} %", format::signed(percent.round(), 3))
            };
            let spread =
                column_ui(ui, place(1.0), &named("spread"), &shown, &mut percent, (-90.0..=200.0, 1.0));
            let has_focus = mean.has_focus() || spread.has_focus();
            if ((shift.spread - 1.0) * 100.0 - percent).abs() > 1e-9 {
                shift.spread = 1.0 + percent / 100.0;
            }
            let missing = missing_ui(ui, place(2.0), &named("missing"), &mut shift);
            if has_focus || missing.has_focus() || ui.rect_contains_pointer(whole) {
                let takes_away = shift.missing > 0.0 || missing.has_focus() || missing.hovered();
                draft.near = Some((feature.name.clone(), is_open || takes_away));
            }
        }
        FeatureData::Levels { rare, .. } => {
            let mut percent = shift.mix_share * 100.0;
            let to = shift.mix.keys().next().unwrap_or(rare).clone();
            let shown =
                if percent == 0.0 { "mix ±0".to_owned() } else { format!("{percent:.0} % → {to}") };
            let wide = place(0.0).union(place(1.0));
            column_ui(ui, wide, &named("mix"), &shown, &mut percent, (0.0..=90.0, 1.0));
            if (shift.mix_share * 100.0 - percent).abs() > 1e-9 {
                shift.mix_share = percent / 100.0;
                if shift.mix.is_empty() {
                    shift.mix.insert(rare.clone(), 1.0);
                }
            }
            missing_ui(ui, place(2.0), &named("missing"), &mut shift);
        }
        FeatureData::None => {
            let at = pos2(rect.left(), rect.top() + 36.0);
            ui.painter().text(at, Align2::LEFT_CENTER, "has nothing to shift", font::small(), t.text_3);
        }
    }
    if shift != before {
        if shift == FeatureShift::default() {
            draft.shifts.features.remove(&feature.name);
        } else {
            draft.shifts.features.insert(feature.name.clone(), shift);
        }
    }
}

/// The height of the sliders of what goes wrong in measuring.
const MEASURING: f32 = 40.0;

/// What goes wrong in measuring: noise, values in another unit, an end that the sensor does not go beyond.
fn measuring_ui(
    ui: &mut Ui,
    feature: &Feature,
    (std, range): (f64, (f64, f64)),
    places: [Rect; 3],
    shift: &mut FeatureShift,
) {
    let named = |what: &str| format!("{}: {what}", feature.name);
    let most = round_up(std * 2.0);
    let shown = if shift.noise == 0.0 {
        "noise 0".to_owned()
    } else {
        format!("±{}", format::number(shift.noise, 3))
    };
    column_ui(ui, places[0], &named("noise"), &shown, &mut shift.noise, (0.0..=most, most / 100.0));
    let (affine, unit) = other_unit(feature);
    let share = shift.unit.map_or(0.0, |unit| unit.share);
    let mut percent = share * 100.0;
    let shown = if percent == 0.0 { "unit 0".to_owned() } else { format!("{percent:.0} % {unit}") };
    column_ui(ui, places[1], &named("in another unit"), &shown, &mut percent, (0.0..=100.0, 1.0));
    if (share * 100.0 - percent).abs() > 1e-9 {
        let affine = shift.unit.map_or(affine, |unit| unit.affine);
        shift.unit = (percent > 0.0).then_some(UnitError { affine, share: percent / 100.0 });
    }
    let now = clipped_percent(shift.clip, range);
    let mut percent = now;
    let shown = match shift.clip {
        Some((low, _)) if percent < 0.0 => format!("≥ {}", format::number(low, 3)),
        Some((_, high)) if percent > 0.0 => format!("≤ {}", format::number(high, 3)),
        _ => "clip off".to_owned(),
    };
    column_ui(ui, places[2], &named("clipped"), &shown, &mut percent, (-90.0..=90.0, 1.0));
    if (percent - now).abs() > 1e-9 {
        let width = range.1 - range.0;
        shift.clip = match percent {
            above if above > 0.0 => Some((f64::MIN, range.1 - width * above / 100.0)),
            below if below < 0.0 => Some((range.0 - width * below / 100.0, f64::MAX)),
            _ => None,
        };
    }
}

/// How much of the range is cut off: above as a positive percentage, below as a negative one.
fn clipped_percent(clip: Option<(f64, f64)>, (low, high): (f64, f64)) -> f64 {
    let width = (high - low).max(f64::MIN_POSITIVE);
    match clip {
        Some((from, _)) if from > low => (-(from - low) / width * 100.0).max(-90.0),
        Some((_, to)) if to < high => ((high - to) / width * 100.0).min(90.0),
        _ => 0.0,
    }
}

/// The unit that a value may be written in by mistake: degrees Fahrenheit for Celsius, else the hundredth part (cents for a
/// currency, percent for shares).
fn other_unit(feature: &Feature) -> (Affine, &'static str) {
    let unit = feature.unit.as_deref().unwrap_or("");
    let name = feature.name.to_lowercase();
    if unit.contains("°C") || unit == "C" || name.ends_with("_c") || name.contains("celsius") {
        (Affine { scale: 1.8, shift: 32.0 }, "in °F")
    } else {
        (Affine { scale: 100.0, shift: 0.0 }, "× 100")
    }
}

fn missing_ui(ui: &mut Ui, rect: Rect, name: &str, shift: &mut FeatureShift) -> Response {
    let mut percent = shift.missing * 100.0;
    let shown = if percent == 0.0 { "missing 0".to_owned() } else { format!("{percent:.0} % gone") };
    let response = column_ui(ui, rect, name, &shown, &mut percent, (0.0..=80.0, 1.0));
    if (shift.missing * 100.0 - percent).abs() > 1e-9 {
        shift.missing = percent / 100.0;
    }
    response
}

/// The relation between inputs and target.
fn behaviour_ui(ui: &mut Ui, view: View<'_>, draft: &mut Draft) {
    let t = tokens(ui);
    let Some(version) = view.truth.champion() else { return };
    let output = &version.model().output.name;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL_COMPACT), Sense::hover());
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, "Behaviour", font::label(), t.text);
    let mut row = ui.new_child(
        UiBuilder::new().id_salt("behaviour").max_rect(rect).layout(Layout::right_to_left(Align::Center)),
    );
    // the pandemic's switch: the same inputs, with and without another rule
    let mut is_on = draft.shifts.concept != Concept::default();
    if switch(&mut row, &mut is_on, "The rule itself changes, too").clicked() {
        let usual = || Concept { factor: 0.75, flipped: 0.2, ..Concept::default() };
        if is_on {
            draft.shifts.concept = draft.held.take().unwrap_or_else(usual);
        } else {
            draft.held = Some(std::mem::take(&mut draft.shifts.concept));
        }
    }
    row.label(text("the rule itself", font::small(), t.text_2));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 38.0), Sense::hover());
    response.on_hover_text(
        "Concept drift: the same inputs lead to another outcome. No statistic of the inputs can see it; only true values can",
    );
    let concept = &mut draft.shifts.concept;
    if version.model().task == Task::Regression {
        let mut percent = (concept.factor - 1.0) * 100.0;
        let shown = format!("{output} {} %", format::signed(percent.round(), 3));
        column_ui(ui, rect, "Behaviour", &shown, &mut percent, (-60.0..=60.0, 1.0));
        if ((concept.factor - 1.0) * 100.0 - percent).abs() > 1e-9 {
            concept.factor = 1.0 + percent / 100.0;
        }
    } else {
        let mut percent = concept.flipped * 100.0;
        let shown = format!("{percent:.0} % another {output}");
        column_ui(ui, rect, "Behaviour", &shown, &mut percent, (0.0..=60.0, 1.0));
        if (concept.flipped * 100.0 - percent).abs() > 1e-9 {
            concept.flipped = percent / 100.0;
        }
    }
}

/// A schedule's kind.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Sudden,
    Gradual,
    Seasonal,
    Recurring,
}

/// When it happens, and when the true values are known.
fn schedule_ui(ui: &mut Ui, draft: &mut Draft) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL_COMPACT), Sense::hover());
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, "When", font::label(), t.text);
    let said = match draft.shifts.schedule {
        Schedule::Sudden { from } => format!("from week {} on", from + 1),
        Schedule::Gradual { from, over } => format!("from week {}, over {over} weeks", from + 1),
        Schedule::Seasonal { period } => format!("every {period} weeks"),
        Schedule::Recurring { on, off, .. } => format!("{on} weeks on, {off} off"),
    };
    ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, said, font::small(), t.text_2);
    let now = match draft.shifts.schedule {
        Schedule::Sudden { .. } => When::Sudden,
        Schedule::Gradual { .. } => When::Gradual,
        Schedule::Seasonal { .. } => When::Seasonal,
        Schedule::Recurring { .. } => When::Recurring,
    };
    let mut chosen = now;
    let choices = [
        Segment::new(When::Sudden, "At once"),
        Segment::new(When::Gradual, "Slowly"),
        Segment::new(When::Seasonal, "Season"),
        Segment::new(When::Recurring, "On, off"),
    ];
    let width = ui.available_width();
    segmented(ui, "Schedule", &mut chosen, &choices, size::CONTROL_COMPACT, Some(width));
    if chosen != now {
        draft.shifts.schedule = match chosen {
            When::Sudden => Schedule::Sudden { from: FROM },
            When::Gradual => Schedule::Gradual { from: FROM, over: 8 },
            When::Seasonal => Schedule::Seasonal { period: 10 },
            When::Recurring => Schedule::Recurring { from: FROM, on: 3, off: 3 },
        };
    }
    ui.add_space(space::S3);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S2;
        ui.label(text("Labels after", font::body(), t.text));
        stepper(ui, "Weeks until the true values are known", &mut draft.delay, 0..=12, 96.0);
        let weeks = if draft.delay == 1 { "week" } else { "weeks" };
        ui.label(text(weeks, font::body(), t.text_2));
    });
}
