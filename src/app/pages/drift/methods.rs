//! The method duel: one slider, five statistics side by side, on samples each of which fools one of them, and on the
//! learner's own inputs.

use eframe::egui::{
    Align, Align2, CornerRadius, Label, Layout, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use serde::{Deserialize, Serialize};

use super::Draft;
use super::cards::outline_ui;
use super::lab::{Feature, FeatureData, Lab, Outline, outline};
use super::page::under_head;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{
    Tone, Weight, card_head, field_label, format, hairline_ui, radio_row, slider_from_zero, tag,
};
use crate::drift::Sorted;
use crate::drift::lab::{Affine, Fooled, LabColumn, Measured, fooled};
use crate::work::Seed;

/// From this PSI on it is usually said that something moved.
const PSI: f64 = 0.1;
/// Below this chance a test calls a difference significant.
const P_VALUE: f64 = 0.05;
/// Evidently's mark for Wasserstein's distance over the standard deviation, and for the Jensen–Shannon distance.
const EVIDENTLY: f64 = 0.1;
/// How far the slider goes, in the reference's standard deviations.
const MOST_STDS: f64 = 1.0;
/// A bar is as long as so many times its threshold at most.
const LONGEST: f64 = 3.0;

/// Which pair of samples is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pair {
    /// One that fools this statistic.
    Fooled(String),
    /// An input of the model, against the rows of the laboratory.
    Own(String),
}

/// What the learner set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Methods {
    pair: Pair,
    /// How far the current sample is moved, in the reference's standard deviations.
    stds: f64,
    /// What the last frame showed, so that no frame works it out again.
    #[serde(skip)]
    pub(super) seen: Option<Seen>,
}

impl Default for Methods {
    fn default() -> Self {
        Self { pair: Pair::Fooled("psi".into()), stds: 0.0, seen: None }
    }
}

/// The statistics and the drawing at a place of the slider.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pair: Pair,
    stds: f64,
    measured: Measured,
    outline: Outline,
}

/// The samples that fool, made ready; a moment's work, and none for the frame.
pub(super) fn races() -> Vec<Race> {
    fooled(Seed::default()).into_iter().filter_map(Race::new).collect()
}

/// A pair of samples, made ready.
#[derive(Debug)]
pub(super) struct Race {
    of: Fooled,
    lab: LabColumn,
    /// Of the reference, and the smallest and largest of the current values.
    std: f64,
    range: (f64, f64),
}

impl Race {
    fn new(mut of: Fooled) -> Option<Self> {
        let reference = Sorted::new(std::mem::take(&mut of.reference));
        let current = Sorted::new(std::mem::take(&mut of.current));
        let (_, std) = reference.mean_and_std()?;
        let range = current.range()?;
        let lab = LabColumn::new(reference, current)?;
        Some(Self { of, lab, std: std.filter(|std| *std > 0.0).unwrap_or(1.0), range })
    }
}

/// One statistic at this place of the slider.
struct Entrant {
    /// Its name in [`Fooled::statistic`].
    key: &'static str,
    name: &'static str,
    /// How far it is on the way to its threshold, which stands at 1; nothing where it is not defined.
    way: Option<f64>,
    figure: String,
    threshold: String,
}

/// The five, at their usual thresholds.
fn entrants(measured: &Measured, std: f64) -> [Entrant; 5] {
    let figure = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format::number(value, 3));
    // how small a chance is counts by its digits
    let chance = |p: Option<f64>| p.map(|p| p.max(f64::MIN_POSITIVE).ln() / P_VALUE.ln());
    let p_value =
        |p: Option<f64>| p.map_or_else(|| "–".to_owned(), |p| format!("p {}", format::number(p, 2)));
    let wasserstein = measured.wasserstein.map(|distance| distance / std);
    let ks = measured.ks.map(|ks| ks.p_value);
    let chi = measured.chi_squared.map(|chi| chi.p_value);
    let by_size = |key, name, value: Option<f64>, threshold: f64| {
        let way = value.map(|value| value / threshold);
        Entrant { key, name, way, figure: figure(value), threshold: format!("≥ {threshold}") }
    };
    let by_chance = |key, name, p| Entrant {
        key,
        name,
        way: chance(p),
        figure: p_value(p),
        threshold: format!("p < {P_VALUE}"),
    };
    [
        by_size("psi", "PSI", measured.psi, PSI),
        by_chance("ks", "Kolmogorov–Smirnov", ks),
        by_size("wasserstein", "Wasserstein, in σ", wasserstein, EVIDENTLY),
        by_size("jensen_shannon", "Jensen–Shannon", measured.jensen_shannon, EVIDENTLY),
        by_chance("chi_squared", "Chi-squared", chi),
    ]
}

/// The samples on the left.
pub(super) fn pairs_ui(ui: &mut Ui, lab: &Lab, draft: &mut Draft) {
    let card = ui.max_rect();
    card_head(ui, None, "Which samples?", true, |_| {});
    let methods = &mut draft.methods;
    let (body, _) = under_head(card, 0.0);
    let mut area = ui.new_child(UiBuilder::new().id_salt("pairs").max_rect(body));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_width(body.width() - space::S3);
        ui.add_space(space::S2);
        field_label(ui, "Each fools one statistic");
        ui.add_space(space::S1);
        let mut choose = |ui: &mut Ui, pair: Pair, title: &str, about: &str| {
            let chosen = methods.pair == pair;
            let row = radio_row(ui, chosen, true, title, "").on_hover_text(about);
            if row.clicked() && !chosen {
                methods.pair = pair;
                methods.stds = 0.0;
            }
        };
        for race in &lab.races {
            choose(ui, Pair::Fooled(race.of.statistic.to_owned()), race.of.title, race.of.story);
        }
        ui.add_space(space::S2);
        hairline_ui(ui);
        ui.add_space(space::S2);
        field_label(ui, "Your own inputs");
        ui.add_space(space::S1);
        let is_number = |feature: &&Feature| matches!(feature.data, FeatureData::Numbers { .. });
        if !lab.features.iter().any(|feature| is_number(&feature)) {
            let said = "None of the model's inputs is a number.";
            ui.label(text(said, font::small(), tokens(ui).text_2));
        }
        for feature in lab.features.iter().filter(is_number) {
            let about = "What the model learned from, against the rows of the laboratory";
            choose(ui, Pair::Own(feature.name.clone()), &feature.name, about);
        }
        ui.add_space(space::S3);
    });
}

/// The race on the right.
pub(super) fn race_ui(ui: &mut Ui, lab: &Lab, draft: &mut Draft) {
    let t = tokens(ui);
    let card = ui.max_rect();
    card_head(ui, Some(Icon::SCALES), "Who raises the alarm?", true, |_| {});
    let methods = &mut draft.methods;
    let race = match &methods.pair {
        Pair::Fooled(statistic) => lab.races.iter().find(|race| race.of.statistic == statistic),
        Pair::Own(_) => None,
    };
    let own = match &methods.pair {
        Pair::Own(name) => lab.features.iter().find(|feature| feature.name == *name),
        Pair::Fooled(_) => None,
    };
    let (column, std, range, story) = match (race, own.map(|feature| &feature.data)) {
        (Some(race), _) => (&race.lab, race.std, race.range, race.of.story),
        (None, Some(FeatureData::Numbers { lab, std, range, .. })) => (
            lab.as_ref(),
            *std,
            *range,
            "The rows of the laboratory against those that the model learned from. Move them: who notices first, and is it worth noticing?",
        ),
        // an input that the champion before had
        _ => {
            methods.pair = Methods::default().pair;
            return;
        }
    };
    let body = Rect::from_min_max(
        pos2(card.left() + space::S4, card.top() + size::CARD_HEAD + space::S3),
        pos2(card.right() - space::S4, card.bottom() - space::S3),
    );
    let mut area =
        ui.new_child(UiBuilder::new().id_salt("race").max_rect(body).layout(Layout::top_down(Align::Min)));
    let ui = &mut area;
    ui.spacing_mut().item_spacing.y = space::S2;
    ui.add(Label::new(text(story, font::body(), t.text)).wrap());
    let said = format!(
        "{} against {}",
        format::plural(column.current_len(), "value now", "values now"),
        format::plural(column.reference().len(), "then", "then")
    );
    ui.label(text(said, font::small(), t.text_2));
    ui.add_space(space::S2);
    ui.horizontal(|ui| {
        ui.label(text("Move the values now", font::label(), t.text));
        let width = (ui.available_width() - 90.0).clamp(80.0, 420.0);
        slider_from_zero(
            ui,
            "Move, in standard deviations",
            &mut methods.stds,
            -MOST_STDS..=MOST_STDS,
            0.01,
            width,
        );
        if methods.stds.abs() < 0.012 {
            methods.stds = 0.0;
        }
        let shown = if methods.stds == 0.0 {
            "±0 σ".to_owned()
        } else {
            format!("{} σ", format::signed(methods.stds, 2))
        };
        ui.label(text(shown, font::mono(), t.text));
    });
    let affine = Affine { scale: 1.0, shift: methods.stds * std };
    let known = methods.seen.take().filter(|seen| seen.pair == methods.pair && seen.stds == methods.stds);
    let seen = known.unwrap_or_else(|| {
        let (low, high) = column.reference().range().unwrap_or((0.0, 1.0));
        // a value far outside would make everything else one bar
        let window = (low - 2.0 * std, high + 2.0 * std);
        let drawn = (low.min(affine.of(range.0)).max(window.0), high.max(affine.of(range.1)).min(window.1));
        Seen {
            pair: methods.pair.clone(),
            stds: methods.stds,
            measured: column.measure(affine),
            outline: outline(column, drawn, |bins| column.counts_in(bins, affine)),
        }
    });
    let rows_height = 5.0 * ROW;
    let plot_height = (ui.available_height() - rows_height - 40.0).clamp(90.0, 260.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), plot_height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, "Values then and now"));
    let plot = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - 20.0));
    outline_ui(&ui.painter().with_clip_rect(rect), &t, plot, &seen.outline);
    ui.add_space(space::S2);
    ui.spacing_mut().item_spacing.y = 0.0;
    let fooled = race.map(|race| (race.of.statistic, race.of.misses));
    for entrant in entrants(&seen.measured, std) {
        let own = fooled.filter(|(statistic, _)| *statistic == entrant.key && methods.stds == 0.0);
        entrant_ui(ui, &entrant, own.map(|(_, misses)| misses));
    }
    methods.seen = Some(seen);
}

/// The height of a statistic's row.
const ROW: f32 = 40.0;

fn entrant_ui(ui: &mut Ui, entrant: &Entrant, fooled: Option<bool>) {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let alarm = entrant.way.map(|way| way >= 1.0);
    let said = match alarm {
        None => "not defined",
        Some(true) => "alarm",
        Some(false) => "calm",
    };
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let name = if fooled.is_some() { font::label() } else { font::body() };
    painter.text(rect.left_center(), Align2::LEFT_CENTER, entrant.name, name, t.text);
    let mut right = ui.new_child(
        UiBuilder::new().id_salt(entrant.key).max_rect(rect).layout(Layout::right_to_left(Align::Center)),
    );
    let (tone, icon, word) = match alarm {
        None => (Tone::Neutral, Icon::QUESTION, "Not defined"),
        Some(true) => (Tone::Bad, Icon::WARNING_OCTAGON, "Alarm"),
        Some(false) => (Tone::Good, Icon::CHECK_CIRCLE, "Calm"),
    };
    let (slot, _) = right.allocate_exact_size(vec2(92.0, ROW), Sense::hover());
    let mut place =
        right.new_child(UiBuilder::new().max_rect(slot).layout(Layout::right_to_left(Align::Center)));
    tag(&mut place, tone, Some((icon, Weight::Fill)), word);
    let figures = pos2(slot.left() - space::S3, rect.center().y);
    painter.text(figures - vec2(0.0, 8.0), Align2::RIGHT_CENTER, &entrant.figure, font::mono_key(), t.text);
    painter.text(figures + vec2(0.0, 8.0), Align2::RIGHT_CENTER, &entrant.threshold, font::tick(), t.text_3);
    let track = Rect::from_min_max(
        pos2(rect.left() + 150.0, rect.center().y - 6.0),
        pos2(figures.x - 84.0, rect.center().y + 6.0),
    );
    if track.width() > 20.0 {
        let corner = CornerRadius::same(3);
        painter.rect_filled(track, corner, t.hover);
        let share = (entrant.way.unwrap_or(0.0) / LONGEST).clamp(0.0, 1.0);
        let color = if alarm == Some(true) { t.p_err } else { t.p_pred };
        let filled = Rect::from_min_size(track.min, vec2(track.width() * share as f32, track.height()));
        painter.rect_filled(filled, corner, color);
        let mark = track.left() + track.width() / LONGEST as f32;
        painter.vline(mark, track.expand(4.0).y_range(), Stroke::new(1.5, t.text_2));
    }
    if let Some(misses) = fooled {
        let why = if misses { "fooled: it sees nothing" } else { "fooled: it cries wolf" };
        let at = pos2(rect.left(), rect.center().y + 14.0);
        painter.text(at, Align2::LEFT_CENTER, why, font::tick_medium(), t.warn);
    }
    let fooled = if fooled.is_some() { ", fooled" } else { "" };
    let spoken = format!("{}: {}, {said} at {}{fooled}", entrant.name, entrant.figure, entrant.threshold);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
}
