//! One input looked at closely: every statistic, what chance alone does, and what other tools would conclude.

use eframe::egui::{Align, Label, Layout, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::cards::{PREDICTION, outline_ui, word};
use super::lab::{Lab, Statistics};
use super::page::sentence_ui;
use super::{Command, Draft, Results, exact, live};
use crate::app::command::Commands;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{Weight, card_head, clipped, format, icon_button, tag};
use crate::drift::{ColumnDrift, Measures};

/// The card in the place of the error's.
pub(super) fn detail_ui(ui: &mut Ui, results: &Results, lab: &Lab, draft: &Draft, commands: &mut Commands) {
    let card = ui.max_rect();
    let Some(chosen) = draft.chosen.as_deref() else { return };
    let (column, live, title) = if chosen == PREDICTION {
        let both = live::prediction(results, draft);
        (both.map(|(column, _)| column), both.map(|(_, outline)| (None, outline)), "prediction")
    } else {
        let columns = live::columns(results, draft);
        let column = columns.and_then(|columns| columns.iter().find(|column| column.name == chosen));
        let at = lab.features.iter().position(|feature| feature.name == chosen);
        let live = draft.live.as_ref().zip(at).and_then(|(live, at)| live.features.get(at));
        // the figures of this very frame, from all rows where these are sorted already
        let live = live.map(|(statistics, outline)| (statistics, outline));
        let live = exact(results, draft, chosen).map(|one| (&one.statistics, &one.outline)).or(live);
        (column, live.map(|(statistics, outline)| (Some(statistics), outline)), chosen)
    };
    card_head(ui, None, title, true, |ui| {
        if icon_button(ui, Icon::X, "Back to the error by week").clicked() {
            commands.push(Command::Choose(None));
        }
        let (tone, icon, said) = word(column);
        tag(ui, tone, Some((icon, Weight::Fill)), said);
    });
    let body = Rect::from_min_max(
        pos2(card.left() + space::S4, card.top() + size::CARD_HEAD + space::S2),
        pos2(card.right() - space::S2, card.bottom() - space::S2),
    );
    if column.is_none() && live.is_none_or(|(statistics, _)| statistics.is_none()) {
        sentence_ui(ui, body, "The statistics of these sliders are on their way");
        return;
    }
    let t = tokens(ui);
    let plot_width = (body.width() * 0.42).min(280.0);
    if let Some((_, outline)) = live {
        let plot = Rect::from_min_size(body.min, vec2(plot_width, body.height() - space::S6));
        outline_ui(&ui.painter().with_clip_rect(body.expand(4.0)), &t, plot, outline);
    }
    let right = Rect::from_min_max(pos2(body.left() + plot_width + space::S4, body.top()), body.max);
    let mut area = ui.new_child(
        UiBuilder::new().id_salt("statistics").max_rect(right).layout(Layout::top_down(Align::Min)),
    );
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing.y = space::S1;
        ui.set_width(right.width() - space::S3);
        let reason =
            column.map_or("The verdict of these sliders is on its way", |column| &column.verdict.reason);
        ui.add(Label::new(text(reason, font::small(), t.text)).wrap());
        let lines = match (column, live.and_then(|(statistics, _)| statistics)) {
            (Some(column), _) => statistics(column),
            (None, Some(live)) => live_statistics(live),
            (None, None) => Vec::new(),
        };
        for (name, value) in lines {
            line_ui(ui, &name, &value, "");
        }
        let Some(column) = column else { return };
        if let Some(control) = &column.control {
            let said = format!(
                "No drift at all reaches in 5 of 100 pairs of resamples of the reference ({} and {} rows):",
                format::rows(control.n.0),
                format::rows(control.n.1)
            );
            ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
            for (name, spread) in &control.statistics {
                line_ui(ui, &title_of(name), &format::number(spread.p95, 3), "");
            }
        }
        if !column.rule_card.is_empty() {
            ui.label(text("What other tools would conclude", font::small_medium(), t.text_2));
            for verdict in &column.rule_card {
                let value = verdict.value.map_or_else(|| "–".to_owned(), |value| format::number(value, 3));
                line_ui(
                    ui,
                    &format!("{}, {}: {}", verdict.tool, verdict.method, verdict.says),
                    &value,
                    verdict.why,
                );
            }
        }
    });
}

/// A name and a figure.
fn line_ui(ui: &mut Ui, name: &str, value: &str, why: &str) {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    response.widget_info(|| {
        eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Label, true, format!("{name}: {value}"))
    });
    let painter = ui.painter();
    let value = painter.layout_no_wrap(value.to_owned(), font::mono_key(), t.text);
    let left = rect.right() - value.size().x;
    clipped(
        painter,
        rect.left_center(),
        eframe::egui::Align2::LEFT_CENTER,
        name,
        left - rect.left() - space::S2,
        t.text_2,
    );
    painter.galley(pos2(left, rect.center().y - value.size().y / 2.0), value, t.text);
    if !why.is_empty() {
        response.on_hover_text(why);
    }
}

/// How a statistic of the output is called.
fn title_of(name: &str) -> String {
    match name {
        "psi" => "PSI",
        "ks" => "KS",
        "wasserstein_std" => "Wasserstein, in standard deviations",
        "wasserstein" => "Wasserstein",
        "cramers_v" => "Cramér's V",
        "jensen_shannon" => "Jensen–Shannon distance",
        "chi_squared" => "Chi-squared",
        other => other,
    }
    .to_owned()
}

/// Every statistic of this frame's place of the sliders.
fn live_statistics(live: &Statistics) -> Vec<(String, String)> {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format::number(value, 4));
    let named =
        |lines: Vec<(&str, String)>| lines.into_iter().map(|(name, said)| (name.to_owned(), said)).collect();
    match live {
        Statistics::Numbers(m) => named(vec![
            ("PSI", number(m.psi)),
            ("KS", number(m.ks.map(|ks| ks.statistic))),
            ("KS, p-value", number(m.ks.map(|ks| ks.p_value))),
            ("Wasserstein", number(m.wasserstein)),
            ("Jensen–Shannon distance", number(m.jensen_shannon)),
            ("Chi-squared", number(m.chi_squared.map(|chi| chi.statistic))),
            (
                "Outside the reference's range",
                m.out_of_range.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0)),
            ),
        ]),
        Statistics::Levels(m) => named(vec![
            ("PSI", number(m.psi)),
            ("Cramér's V", number(m.cramers_v)),
            ("Chi-squared", number(m.chi_squared.map(|chi| chi.statistic))),
            ("Chi-squared, p-value", number(m.chi_squared.map(|chi| chi.p_value))),
            ("Jensen–Shannon distance", number(m.jensen_shannon)),
        ]),
        Statistics::None => Vec::new(),
    }
}

/// Every statistic with its figure.
fn statistics(column: &ColumnDrift) -> Vec<(String, String)> {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format::number(value, 4));
    let percent =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", value * 100.0));
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| lines.push((name.to_owned(), value));
    match &column.measures {
        Measures::Numbers(m) => {
            add("PSI", number(m.psi));
            add("KS", number(m.ks.map(|ks| ks.statistic)));
            add("KS, p-value", number(m.ks.map(|ks| ks.p_value)));
            add("Wasserstein", number(m.wasserstein));
            add("Wasserstein, in standard deviations", number(m.wasserstein_std));
            add("Jensen–Shannon distance", number(m.jensen_shannon));
            add("Outside the reference's range", percent(m.out_of_range));
            add("Mean, then", number(m.mean.reference));
            add("Mean, now", number(m.mean.current));
        }
        Measures::Levels(m) => {
            add("PSI", number(m.psi));
            add("Cramér's V", number(m.cramers_v));
            add("Chi-squared", number(m.chi_squared.map(|chi| chi.statistic)));
            add("Chi-squared, p-value", number(m.chi_squared.map(|chi| chi.p_value)));
            add("Jensen–Shannon distance", number(m.jensen_shannon));
            add("Levels never seen", percent(m.unseen_share));
        }
        Measures::None { .. } => {}
    }
    add("Missing, then", percent(column.missing.reference));
    add("Missing, now", percent(column.missing.current));
    add(
        "Rows compared",
        format!("{} with {}", format::rows(column.n.reference), format::rows(column.n.current)),
    );
    lines
}
