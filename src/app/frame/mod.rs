//! What is around every page: the rail, the top bar, the guide, the status line, and what lies over the page.

mod guide;
mod over;
mod palette;
pub(crate) mod panels;
mod picker;
mod rail;
mod status;
mod top_bar;

use eframe::egui::{CentralPanel, Frame, Margin, Panel, Ui};

use panels::{PanelId, panel_ui};

use super::command::{Action, Commands};
use super::pages::coming::coming_page_ui;
use super::pages::data::data_page_ui;
use super::pages::drift::drift_page_ui;
use super::pages::predict::predict_page_ui;
use super::pages::requests::requests_page_ui;
use super::pages::serve::serve_page_ui;
use super::pages::train::train_page_ui;
use super::pages::walkthrough::walkthrough_page_ui;
use super::pages::{PageId, View, walkthrough};
use super::state::AppState;
use super::theme::{size, tokens};
use super::widgets::{hide, point_to};
use super::words::speak;

/// Paints the whole window.
pub(crate) fn frame_ui(ui: &mut Ui, state: &mut AppState, actions: &[Action], commands: &mut Commands) {
    if let Some(backwards) = state.screen.panel_step.take() {
        panels::step(ui, backwards);
    }
    speak(&state.results.walkthrough.words);
    hide(ui.ctx(), walkthrough::hides(state));
    // the lesson's own page points at nothing but what is done there, and what is done is not pointed at
    let here = state.screen.page;
    let step = walkthrough::followed(state).filter(|(unit, step)| {
        let is_here = here != PageId::Walkthrough || walkthrough::page_of(&step.page) == Some(here);
        is_here && !state.screen.walkthrough.is_solved(unit, step)
    });
    point_to(ui.ctx(), step.and_then(|(_, step)| step.highlight.as_deref()));
    let t = tokens(ui);
    let compact = ui.max_rect().width() < size::COMPACT_BELOW;
    let plain = |fill| Frame::new().fill(fill).inner_margin(Margin::ZERO);
    Panel::bottom("status")
        .exact_size(size::STATUS)
        .resizable(false)
        .show_separator_line(false)
        .frame(plain(t.rail))
        .show(ui, |ui| {
            panel_ui(ui, PanelId::Status);
            status::status_ui(ui, state, commands);
        });
    Panel::left("rail")
        .exact_size(if compact { size::RAIL_COMPACT } else { size::RAIL })
        .resizable(false)
        .show_separator_line(false)
        .frame(plain(t.rail))
        .show(ui, |ui| {
            panel_ui(ui, PanelId::Pages);
            rail::rail_ui(ui, state, compact, actions, commands);
        });
    Panel::top("top bar")
        .exact_size(size::TOP_BAR)
        .resizable(false)
        .show_separator_line(false)
        .frame(plain(t.surface))
        .show(ui, |ui| {
            panel_ui(ui, PanelId::State);
            top_bar::top_bar_ui(ui, state, compact, actions, commands);
        });
    let guide_width = if state.screen.guide_open && !compact { size::GUIDE } else { size::GUIDE_CLOSED };
    Panel::right("guide")
        .exact_size(guide_width)
        .resizable(false)
        .show_separator_line(false)
        .frame(plain(t.surface))
        .show(ui, |ui| {
            panel_ui(ui, PanelId::Guide);
            guide::guide_ui(ui, state, compact, commands);
        });
    CentralPanel::default().frame(plain(t.canvas)).show(ui, |ui| {
        panel_ui(ui, PanelId::Page);
        page_ui(ui, state, compact, actions, commands);
    });
    over::over_ui(ui, state, actions, commands);
}

/// The open page, in its padding.
fn page_ui(ui: &mut Ui, state: &mut AppState, compact: bool, actions: &[Action], commands: &mut Commands) {
    let AppState { truth, screen, results, work } = state;
    let view = View { truth, work, actions, compact };
    if screen.page == PageId::Requests {
        // its panes reach the edges
        requests_page_ui(ui, view, &results.requests, &mut screen.requests, commands);
        return;
    }
    let padding: i8 = if compact { 16 } else { 24 };
    let margin = Margin { left: padding, right: padding, top: 0, bottom: padding };
    Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.spacing_mut().item_spacing.y = 0.0;
        match screen.page {
            PageId::Data => data_page_ui(ui, view, &results.data, &mut screen.data, commands),
            PageId::Train => train_page_ui(ui, view, &results.train, &mut screen.train, commands),
            PageId::Predict => predict_page_ui(ui, view, &results.predict, &mut screen.predict, commands),
            PageId::Serve => serve_page_ui(ui, view, &results.serve, &mut screen.serve, commands),
            PageId::Drift => {
                drift_page_ui(ui, view, (&results.serve, &results.drift), &mut screen.drift, commands);
            }
            PageId::Walkthrough => {
                walkthrough_page_ui(ui, view, &results.walkthrough, &screen.walkthrough, commands);
            }
            page => coming_page_ui(ui, page, view),
        }
    });
}
