//! The effect on each input and on the predictions: how they lay and how they lie, two distances, a verdict.

use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind,
    Ui, WidgetInfo, pos2, vec2,
};

use super::lab::{Lab, Outline, Statistics};
use super::live::has_drifted;
use super::predicted::Predicted;
use super::{Command, Draft, Results, exact, live};
use crate::app::command::Commands;
use crate::app::state::Version;
use crate::app::theme::{Icon, Tokens, font, radius, size, space, tokens};
use crate::app::widgets::{Bars, Tone, Weight, bars, card_ground, elided, focus_ring, format, paint_icon};
use crate::drift::ColumnDrift;

/// The height of a card.
const CARD: f32 = 136.0;
/// From this width on two cards stand side by side.
const TWO: f32 = 430.0;
/// The name under which the predictions are looked at.
pub(super) const PREDICTION: &str = "\u{0}prediction";

/// What one card shows.
struct Shown<'a> {
    key: &'a str,
    name: String,
    outline: &'a Outline,
    /// The verdict, once it is there for this place of the sliders.
    verdict: Option<&'a ColumnDrift>,
    left: String,
    right: String,
}

/// The cards.
pub(super) fn cards_ui(
    ui: &mut Ui,
    version: &Version,
    results: &Results,
    lab: &Lab,
    draft: &Draft,
    commands: &mut Commands,
) {
    let Some(inputs) = draft.live.clone() else { return };
    let columns = live::columns(results, draft);
    let of_column =
        |name: &str| columns.and_then(|columns| columns.iter().find(|column| column.name == name));
    let mut shown: Vec<Shown<'_>> = Vec::new();
    let name = format!("prediction, {}", version.model().output.name);
    let stand_in = inputs.stand_in.as_deref();
    // where predictions are not worked out in the frame, a job's last ones are newer
    let world = results.world.as_ref().filter(|world| {
        let by_job = lab.predicted.as_ref().and_then(Predicted::weighted).is_none();
        by_job && world.asked.champion == version.entry.number
    });
    let stand_in = stand_in.filter(|_| world.is_none());
    let nothing = Outline::default();
    if let Some((column, outline)) = live::prediction(results, draft) {
        let (left, right) = figures(column);
        shown.push(Shown { key: PREDICTION, name, outline, verdict: Some(column), left, right });
    } else if stand_in.is_some() || world.is_some() || lab.predicted.is_some() {
        // the card keeps its place until its figures are there
        let of_world = world.and_then(|world| world.prediction.as_ref()).map(|(_, outline)| outline);
        let outline = stand_in.map(|stand_in| &stand_in.prediction).or(of_world).unwrap_or(&nothing);
        let (left, right) = ("PSI …".to_owned(), String::new());
        shown.push(Shown { key: PREDICTION, name, outline, verdict: None, left, right });
    }
    for (feature, (statistics, outline)) in lab.features.iter().zip(&inputs.features) {
        let (statistics, outline) = match exact(results, draft, &feature.name) {
            Some(exact) => (&exact.statistics, &exact.outline),
            None => (statistics, outline),
        };
        let (left, right) = live_figures(statistics);
        let missing = draft.shifts.features.get(&feature.name).map_or(0.0, |shift| shift.missing);
        let left = if missing > 0.0 { format!("{left}  gone {:.0} %", missing * 100.0) } else { left };
        shown.push(Shown {
            key: &feature.name,
            name: feature.name.clone(),
            outline,
            verdict: of_column(&feature.name),
            left,
            right,
        });
    }
    // what drifted is seen first; the predictions stay in front
    let drifted = |card: &Shown<'_>| match card.verdict {
        Some(column) => has_drifted(column),
        None => match stand_in {
            Some(stand_in) => stand_in.drifted.contains(card.key),
            None => world.is_some_and(|world| {
                world.report.columns.iter().any(|column| column.name == card.key && has_drifted(column))
            }),
        },
    };
    shown.sort_by_key(|card| (card.key != PREDICTION, !drifted(card)));
    let width = ui.available_width();
    let columns = if width >= TWO { 2 } else { 1 };
    ScrollArea::vertical().id_salt("cards").auto_shrink(false).show(ui, |ui| {
        let lines = shown.len().div_ceil(columns);
        let scrolls = lines as f32 * (CARD + space::S3) - space::S3 > ui.available_height() + 1.0;
        let width = width - if scrolls { space::S3 } else { 0.0 };
        let each = (width - space::S3 * (columns as f32 - 1.0)) / columns as f32;
        let height = lines as f32 * (CARD + space::S3) - space::S3;
        let (rect, _) = ui.allocate_exact_size(vec2(width, height.max(0.0)), Sense::hover());
        for (at, card) in shown.iter().enumerate() {
            let left = rect.left() + (each + space::S3) * (at % columns) as f32;
            let top = rect.top() + (CARD + space::S3) * (at / columns) as f32;
            let place = Rect::from_min_size(pos2(left, top), vec2(each, CARD));
            let chosen = draft.chosen.as_deref() == Some(card.key);
            if card_ui(ui, place, card, chosen) {
                commands.push(Command::Choose((!chosen).then(|| card.key.to_owned())));
            }
        }
    });
}

/// Two decimals, with "–" for what is not defined.
fn two(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format::fixed(value, 2))
}

fn live_figures(statistics: &Statistics) -> (String, String) {
    match statistics {
        Statistics::Numbers(measured) => {
            // with a band a part of the rows stands for all of them, until these are sorted
            let about = if measured.band.is_some() { "≈ " } else { "" };
            let band =
                measured.band.map_or_else(String::new, |band| format!(" ± {}", format::fixed(band, 2)));
            (
                format!("PSI {about}{}", two(measured.psi)),
                format!("KS {}{band}", two(measured.ks.map(|ks| ks.statistic))),
            )
        }
        Statistics::Levels(measured) => {
            (format!("PSI {}", two(measured.psi)), format!("V {}", two(measured.cramers_v)))
        }
        Statistics::None => (String::new(), String::new()),
    }
}

fn figures(column: &ColumnDrift) -> (String, String) {
    use crate::drift::Measures;
    match &column.measures {
        Measures::Numbers(measures) => {
            (format!("PSI {}", two(measures.psi)), format!("KS {}", two(measures.ks.map(|ks| ks.statistic))))
        }
        Measures::Levels(measures) => {
            (format!("PSI {}", two(measures.psi)), format!("V {}", two(measures.cramers_v)))
        }
        Measures::None { .. } => (String::new(), String::new()),
    }
}

/// The verdict in a word, never by a colour alone.
pub(super) fn word(verdict: Option<&ColumnDrift>) -> (Tone, Icon, &'static str) {
    match verdict {
        None => (Tone::Neutral, Icon::CIRCLE_NOTCH, "…"),
        Some(column) => match (column.drifted, column.missing.changed) {
            (Some(true), _) => (Tone::Bad, Icon::WARNING_OCTAGON, "Drift"),
            (_, Some(true)) => (Tone::Warn, Icon::WARNING, "Gaps"),
            (Some(false), _) if column.verdict.significant == Some(true) => (Tone::Warn, Icon::EYE, "Watch"),
            (Some(false), _) => (Tone::Good, Icon::CHECK_CIRCLE, "Stable"),
            (None, _) => (Tone::Neutral, Icon::QUESTION, "Not enough data"),
        },
    }
}

/// Paints a card; whether it was clicked.
fn card_ui(ui: &mut Ui, rect: Rect, card: &Shown<'_>, chosen: bool) -> bool {
    let t = tokens(ui);
    let id = ui.scope_id().with(("card", card.key));
    let response = ui.interact(rect, id, Sense::click());
    card_ground(ui, rect);
    if chosen || response.hovered() {
        let color = if chosen { t.accent } else { t.stroke_strong };
        let corner = CornerRadius::same(radius::CARD);
        ui.painter().rect_stroke(rect, corner, Stroke::new(1.0, color), StrokeKind::Inside);
    }
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let (tone, icon, said) = word(card.verdict);
    let (color, ground) = tone.colors(&t);
    let galley = painter.layout_no_wrap(said.to_owned(), font::small_medium(), color);
    let tag_width = galley.size().x + size::ICON_SMALL + space::S1 + space::S2 * 2.0;
    let tag = Rect::from_min_size(
        pos2(rect.right() - space::S3 - tag_width, rect.top() + space::S2),
        vec2(tag_width, size::TAG),
    );
    painter.rect_filled(tag, CornerRadius::same(radius::TAG), ground);
    let at = pos2(tag.left() + space::S2 + size::ICON_SMALL / 2.0, tag.center().y);
    paint_icon(&painter, at, icon, Weight::Fill, size::ICON_SMALL, color);
    let at = pos2(at.x + size::ICON_SMALL / 2.0 + space::S1, tag.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, color);
    let name = elided(
        &painter,
        card.name.clone(),
        font::label(),
        t.text,
        tag.left() - rect.left() - space::S3 - space::S2,
    );
    painter.galley(pos2(rect.left() + space::S3, tag.center().y - name.size().y / 2.0), name, t.text);
    let plot = Rect::from_min_max(
        pos2(rect.left() + space::S3, tag.bottom() + space::S2),
        pos2(rect.right() - space::S3, rect.bottom() - 42.0),
    );
    outline_ui(&painter, &t, plot, card.outline);
    let y = rect.bottom() - 13.0;
    let figures = [
        (rect.left() + space::S3, Align2::LEFT_CENTER, &card.left),
        (rect.right() - space::S3, Align2::RIGHT_CENTER, &card.right),
    ];
    for (x, align, figure) in figures {
        painter.text(pos2(x, y), align, figure, font::mono_key(), t.text);
    }
    let spoken = format!("{}: {said}, {}, {}", card.name, card.left, card.right);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &spoken));
    focus_ring(ui, &response, radius::CARD);
    let clicked = response.clicked();
    if let Some(column) = card.verdict {
        response.on_hover_text(format!("{}\nClick for every statistic", column.verdict.reason));
    }
    clicked
}

/// Grey what was, orange what is.
pub(super) fn outline_ui(painter: &Painter, t: &Tokens, plot: Rect, outline: &Outline) {
    let highest = outline.reference.iter().chain(&outline.current).copied().fold(f64::MIN_POSITIVE, f64::max);
    let scale = |share: f64| (share / highest) as f32;
    if let Some((low, high)) = outline.range {
        let n = outline.reference.len().max(1) as f32;
        let points = |shares: &[f64]| -> Vec<Pos2> {
            let width = plot.width() / n;
            shares
                .iter()
                .enumerate()
                .map(|(at, share)| {
                    pos2(
                        plot.left() + width * (at as f32 + 0.5),
                        plot.bottom() - plot.height() * scale(*share),
                    )
                })
                .collect()
        };
        let heights: Vec<f64> = outline.reference.iter().map(|share| share / highest * 100.0).collect();
        let tallest = heights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let part = Rect::from_min_max(
            pos2(plot.left(), plot.bottom() - plot.height() * (tallest / 100.0) as f32),
            plot.max,
        );
        bars(painter, part, Bars { heights: &heights, gap: 0.0, color: t.p_ref_fill });
        painter.add(Shape::line(points(&outline.reference), Stroke::new(1.0, t.p_ref)));
        painter.add(Shape::line(points(&outline.current), Stroke::new(1.75, t.p_cur)));
        painter.hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, t.stroke_strong));
        for (x, align, value) in [
            (plot.left(), Align2::LEFT_TOP, low),
            (plot.center().x, Align2::CENTER_TOP, f64::midpoint(low, high)),
            (plot.right(), Align2::RIGHT_TOP, high),
        ] {
            tick(painter, t, pos2(x, plot.bottom() + 3.0), align, &format::number(value, 3));
        }
        return;
    }
    let step = plot.width() / outline.levels.len().max(1) as f32;
    for (at, level) in outline.levels.iter().enumerate() {
        let centre = plot.left() + step * (at as f32 + 0.5);
        let width = (step * 0.36).min(28.0);
        let bar = |left: f32, share: f64, fill: Color32, border: Option<Color32>| {
            let top = plot.bottom() - plot.height() * scale(share);
            let rect = Rect::from_min_max(pos2(left, top), pos2(left + width, plot.bottom()));
            painter.rect_filled(rect, CornerRadius::ZERO, fill);
            if let Some(border) = border {
                painter.rect_stroke(rect, CornerRadius::ZERO, Stroke::new(1.0, border), StrokeKind::Inside);
            }
        };
        bar(
            centre - width - 0.5,
            outline.reference.get(at).copied().unwrap_or(0.0),
            t.p_ref_fill,
            Some(t.p_ref),
        );
        bar(centre + 0.5, outline.current.get(at).copied().unwrap_or(0.0), t.p_cur, None);
        let name = elided(painter, level.clone(), font::tick(), t.text_3, step - 2.0);
        painter.galley(pos2(centre - name.size().x / 2.0, plot.bottom() + 3.0), name, t.text_3);
    }
    painter.hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, t.stroke_strong));
}

fn tick(painter: &Painter, t: &Tokens, at: Pos2, align: Align2, said: &str) {
    painter.text(at, align, said, font::tick(), t.text_3);
}
