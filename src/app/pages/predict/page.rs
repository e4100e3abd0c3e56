//! What the Predict page shows: one record on the left, many on the right, and below why the two differ in time.

use eframe::egui::{ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::batch::batch_ui;
use super::curve::curve_ui;
use super::interactive::interactive_ui;
use super::{Draft, Results};
use crate::app::command::{Command, Commands};
use crate::app::pages::{PageId, View};
use crate::app::picker::Purpose;
use crate::app::theme::{Icon, size, space};
use crate::app::widgets::{Button, card_frame, empty_state, page_head};

/// The height of the two cards: what a window of 900 points leaves beside the curve.
const CARDS: f32 = 440.0;
/// The height of the curve's card with the parity strip.
const CURVE: f32 = 250.0;

/// The page.
pub(crate) fn predict_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let Some(version) = view.truth.champion() else {
        page_head(ui, view.compact, "Predict", "No model yet", |_| {});
        no_model_ui(ui, view, commands);
        return;
    };
    let about =
        format!("{} {}, {}", version.model().output.name, version.entry.title(), version.model().kind);
    page_head(ui, view.compact, "Predict", &about, |ui| {
        if Button::secondary("Open model…").icon(Icon::CUBE).ui(ui).clicked() {
            commands.push(Command::Choose(Purpose::OpenModel));
        }
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S4, space::S4);
        let width = ui.available_width();
        let height =
            if view.compact { CARDS } else { (ui.available_height() - CURVE - space::S4).max(CARDS) };
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), eframe::egui::Sense::hover());
        let half = (width - space::S4) / 2.0;
        let left = eframe::egui::Rect::from_min_size(rect.min, vec2(half, height));
        let right =
            eframe::egui::Rect::from_min_size(pos2(left.right() + space::S4, rect.top()), vec2(half, height));
        for (place, is_left) in [(left, true), (right, false)] {
            ui.painter().add(card_frame(ui).paint(place.shrink(0.5)));
            let mut card = ui.new_child(UiBuilder::new().id_salt(("half", is_left)).max_rect(place));
            card.spacing_mut().item_spacing = vec2(space::S2, space::S2);
            if is_left {
                interactive_ui(&mut card, view, version, results, draft, commands);
            } else {
                batch_ui(&mut card, view, version, results, draft, commands);
            }
        }
        curve_ui(ui, view, results, draft, CURVE, commands);
    });
}

fn no_model_ui(ui: &mut Ui, view: View<'_>, commands: &mut Commands) {
    card_frame(ui).inner_margin(32).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let (title, explanation) = if view.truth.versions.is_empty() {
            ("There is no model to predict with", "Train one on a table, or open a model file.")
        } else {
            (
                "No model is the champion",
                "The champion answers every prediction; choose one on the Train page.",
            )
        };
        empty_state(ui, Icon::TARGET, title, explanation, |ui| {
            let width = 320.0_f32.min(ui.available_width());
            ui.allocate_ui(vec2(width, size::CONTROL), |ui| {
                ui.horizontal(|ui| {
                    if Button::primary("Go to Train").icon(Icon::CHART_SCATTER).ui(ui).clicked() {
                        commands.push(Command::Go(PageId::Train));
                    }
                    if Button::secondary("Open model…").icon(Icon::CUBE).ui(ui).clicked() {
                        commands.push(Command::Choose(Purpose::OpenModel));
                    }
                });
            });
        });
    });
}
