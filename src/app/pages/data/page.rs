//! What the Data page shows: the empty page, the table with its inspector, or what went wrong.

use eframe::egui::{Align, Layout, Popup, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::empty::empty_ui;
use super::excerpt::excerpt_ui;
use super::failure::failure_ui;
use super::inspector::inspector_ui;
use super::parts::popup_frame;
use super::preview::preview_ui;
use super::reading::{loading_ui, reading_ui};
use super::settings::settings_ui;
use super::table::{role_keys, table_ui};
use super::toolbar::toolbar_ui;
use super::{Command, Draft, Results};
use crate::app::command::{Command as AppCommand, Commands, hint};
use crate::app::pages::View;
use crate::app::picker::Purpose;
use crate::app::state::Dataset;
use crate::app::theme::{Icon, hairline, size, space, tokens};
use crate::app::widgets::{Button, field_label, icon_button, menu_item, page_head};
use crate::data::samples;
use crate::workspace::DataRef;

/// The height of the excerpt below the table.
const EXCERPT: f32 = 208.0;
/// The table is never narrower than this beside a panel.
const TABLE_MIN: f32 = 320.0;

/// The page.
pub(crate) fn data_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let dataset = &view.truth.dataset;
    if let (Some(problem), false) = (&dataset.problem, draft.settings.is_some()) {
        failure_ui(ui, view, results, problem, commands);
        return;
    }
    if let (Some(first), true) = (&results.first_rows, dataset.loading) {
        reading_ui(ui, view, first, commands);
        return;
    }
    match view.truth.data() {
        Some(data) => table_page_ui(ui, view, results, data, draft, commands),
        None if draft.settings.is_some() => settings_only_ui(ui, view, results, draft, commands),
        None if dataset.loading => loading_ui(ui, view, results, commands),
        None => empty_ui(ui, view, results, draft, commands),
    }
}

/// The page's rectangle with its padding, as wide as the window leaves it.
pub(super) fn full_rect(ui: &Ui, compact: bool) -> Rect {
    let padding = if compact { space::S4 } else { space::S6 };
    let mut rect = ui.max_rect();
    rect.min.x -= padding;
    rect.max.x += padding;
    rect.max.y += padding;
    rect
}

/// Where the page's head ends.
pub(super) fn head_bottom(ui: &Ui, compact: bool) -> f32 {
    ui.max_rect().top() + if compact { size::PAGE_HEAD_COMPACT } else { size::PAGE_HEAD }
}

/// What is below the head, scrolling where it is too high; its scroll bar stands in the page's padding.
pub(super) fn scrolling_ui(ui: &mut Ui, compact: bool, salt: &str, add: impl FnOnce(&mut Ui)) {
    let full = full_rect(ui, compact);
    let rest = Rect::from_min_max(pos2(ui.max_rect().left(), head_bottom(ui, compact)), full.max);
    let width = ui.max_rect().width();
    let mut ui =
        ui.new_child(UiBuilder::new().id_salt(salt).max_rect(rest).layout(Layout::top_down(Align::Min)));
    ui.set_clip_rect(rest.expand2(vec2(space::S1, 0.0)).intersect(ui.clip_rect()));
    ScrollArea::vertical().id_salt(salt).auto_shrink([false, false]).show(&mut ui, |ui| {
        ui.set_max_width(width);
        add(ui);
        ui.add_space(if compact { space::S4 } else { space::S6 });
    });
}

fn table_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    data: &Dataset,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let full = full_rect(ui, view.compact);
    page_head(ui, view.compact, "Data", &data.from.title(), |ui| {
        if Button::primary("Open CSV…")
            .icon(Icon::FOLDER_OPEN)
            .key(hint(view.actions, "Open CSV…"))
            .ui(ui)
            .clicked()
        {
            commands.push(AppCommand::Choose(Purpose::OpenData));
        }
        sample_menu_ui(ui, view, commands);
    });
    let head_bottom = head_bottom(ui, view.compact);
    ui.painter().hline(full.x_range(), head_bottom, hairline(&t));
    let bar = Rect::from_min_max(
        pos2(ui.max_rect().left(), head_bottom),
        pos2(ui.max_rect().right(), head_bottom + size::PAGE_HEAD_COMPACT),
    );
    ui.painter().rect_filled(Rect::from_x_y_ranges(full.x_range(), bar.y_range()), 0.0, t.surface);
    toolbar_ui(&mut part(ui, "toolbar", bar), view, results, data, draft, commands);
    ui.painter().hline(full.x_range(), bar.bottom() - 0.5, hairline(&t));

    if draft.settings.is_none() {
        role_keys(ui, draft, commands);
    }
    let mut rest = Rect::from_min_max(pos2(full.left(), bar.bottom()), full.max);
    let panel = draft.settings.is_some() || draft.column.is_some();
    if panel {
        let width = size::INSPECTOR.min((rest.width() - TABLE_MIN).max(size::INSPECTOR_NARROW));
        let side = Rect::from_min_max(pos2(rest.right() - width, rest.top()), rest.max);
        rest.max.x = side.left();
        ui.painter().rect_filled(side, 0.0, t.surface);
        ui.painter().vline(side.left() + 0.5, side.y_range(), hairline(&t));
        let mut inner = side;
        inner.min.x += 1.0;
        let mut ui = part(ui, "side", inner);
        if draft.settings.is_some() {
            settings_ui(&mut ui, view, results, draft, commands);
        } else {
            inspector_ui(&mut ui, view, results, data, draft, commands);
        }
    }
    if draft.settings.is_some() {
        preview_ui(&mut part(ui, "preview", rest), view, results);
        return;
    }
    if let Some(excerpt) = &results.excerpt {
        let below = Rect::from_min_max(pos2(rest.left(), rest.bottom() - EXCERPT), rest.max);
        rest.max.y = below.top();
        excerpt_ui(&mut part(ui, "excerpt", below), data, results, excerpt, commands);
    }
    let mut ui = part(ui, "table", rest);
    table_ui(&mut ui, view, results, data, draft, commands);
}

/// A part of the page in a rectangle of its own.
pub(super) fn part(ui: &mut Ui, salt: &str, rect: Rect) -> Ui {
    let mut part =
        ui.new_child(UiBuilder::new().id_salt(salt).max_rect(rect).layout(Layout::top_down(Align::Min)));
    part.set_clip_rect(rect.intersect(ui.clip_rect()));
    part
}

/// Samples and what was open last.
pub(super) fn sample_menu_ui(ui: &mut Ui, view: View<'_>, commands: &mut Commands) {
    let response = Button::secondary("Sample data").icon(Icon::FLASK).trailing(Icon::CARET_DOWN).ui(ui);
    Popup::menu(&response).gap(space::S1).frame(popup_frame(ui)).accessible_name("Sample data").show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_min_width(size::MENU);
        field_label(ui, "Samples, included");
        for sample in samples::all() {
            let kind = if sample.generated { "generated" } else { "" };
            let from = DataRef::Sample(sample.name.to_owned());
            let current = view.truth.data().is_some_and(|data| data.from == from);
            if menu_item(ui, Some(Icon::FLASK), sample.title, kind, current, true).clicked() {
                commands.push(AppCommand::Open(from));
            }
        }
        let recent: Vec<_> =
            view.actions.iter().filter(|action| action.label.starts_with("Open recent: ")).take(5).collect();
        if !recent.is_empty() {
            ui.add_space(space::S2);
            field_label(ui, "Recent");
            for action in recent {
                let label = action.label.trim_start_matches("Open recent: ");
                if menu_item(ui, Some(Icon::CLOCK), label, "", false, true).clicked() {
                    commands.push(action.command.clone());
                }
            }
        }
    });
}

/// The settings of a file that was never read.
fn settings_only_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let full = full_rect(ui, view.compact);
    let name = results.reading.as_ref().map(|(from, _)| from.title()).unwrap_or_default();
    page_head(ui, view.compact, "Data", &name, |_| {});
    let top = head_bottom(ui, view.compact);
    ui.painter().hline(full.x_range(), top, hairline(&t));
    let side = Rect::from_min_max(pos2(full.right() - size::INSPECTOR, top), full.max);
    ui.painter().rect_filled(side, 0.0, t.surface);
    ui.painter().vline(side.left() + 0.5, side.y_range(), hairline(&t));
    settings_ui(&mut part(ui, "side", side), view, results, draft, commands);
    let rest = Rect::from_min_max(pos2(full.left(), top), pos2(side.left(), full.bottom()));
    preview_ui(&mut part(ui, "preview", rest), view, results);
}

/// Opens the read settings.
pub(super) fn settings_button(
    ui: &mut Ui,
    view: View<'_>,
    narrow: bool,
    tiny: bool,
    commands: &mut Commands,
) {
    let key = if narrow { String::new() } else { hint(view.actions, "How it was read") };
    let response = if tiny {
        icon_button(ui, Icon::SLIDERS_HORIZONTAL, "How it was read")
    } else {
        Button::secondary("How it was read").icon(Icon::SLIDERS_HORIZONTAL).key(key).compact().ui(ui)
    };
    if response.clicked() {
        commands.push(Command::OpenSettings);
    }
}
