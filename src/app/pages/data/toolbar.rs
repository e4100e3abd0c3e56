//! The bar above the table: search, filters, settings, warnings, and how much is shown.

use eframe::egui::{Align, Layout, Popup, PopupCloseBehavior, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use super::page::settings_button;
use super::parts::{kind_sign, popup_frame};
use super::row_set::chip_ui;
use super::{Command, Draft, Results};
use crate::app::command::{Command as AppCommand, Commands, hint};
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::picker::Purpose;
use crate::app::state::Dataset;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{
    Button, Weight, field_label, focus_ring, format, icon_button, icon_ui, menu_item, paint_icon,
    progress_bar, search_field, spinner,
};
use crate::data::Warning;

/// The bar.
pub(super) fn toolbar_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    data: &Dataset,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let n = data.loaded.table.n_rows();
    // what gives way when it gets narrow: shortcuts and times first, then words
    let narrow = rect.width() < size::TOOLBAR_WIDE;
    let tiny = rect.width() < size::TOOLBAR_NARROW;
    ui.scope_builder(
        eframe::egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)),
        |ui| {
            ui.spacing_mut().item_spacing.x = if narrow { space::S2 } else { space::S3 };
            let key = if narrow { String::new() } else { hint(view.actions, "Find in the table") };
            let width = if narrow { size::SEARCH_COMPACT } else { size::SEARCH };
            let response = search_field(ui, "Find in the table", &mut draft.find.search, &key, width);
            if std::mem::take(&mut draft.focus_search) {
                response.request_focus();
            }
            if response.changed() {
                commands.push(Command::Find);
            }
            filter_menu_ui(ui, data, draft, commands);
            if let Some(set) = &draft.find.set {
                chip_ui(ui, set, narrow || rect.width() < size::TOOLBAR_WIDE * 1.3, commands);
            }
            settings_button(ui, view, narrow, tiny, commands);
            warnings_ui(ui, &data.loaded.warnings, commands);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                export_ui(ui, view, narrow, tiny, commands);
                if !narrow && ui.available_width() > 300.0 {
                    let took = format!("loaded in {}", format::duration(data.seconds));
                    ui.label(text(took, font::small(), t.text_2));
                    icon_ui(ui, Icon::TIMER, Weight::Regular, size::ICON_SEGMENT, t.text_3);
                    let columns = data.loaded.table.columns().len();
                    ui.label(text(format::plural(columns, "column", "columns"), font::small(), t.text_2));
                }
                let shown = results.n_shown(n);
                let hides = results.rows.as_ref().is_some_and(|(find, _)| !find.hides_nothing());
                let clear = hides && {
                    if narrow {
                        icon_button(ui, Icon::X, "Clear filters").clicked()
                    } else {
                        Button::ghost("Clear filters").icon(Icon::X).small().ui(ui).clicked()
                    }
                };
                if clear {
                    commands.push(Command::ClearFilters);
                }
                let said = if hides {
                    format!("{} of {}", format::rows(shown), format::plural(n, "row", "rows"))
                } else {
                    format::plural(n, "row", "rows")
                };
                ui.label(text(said, font::small_medium(), t.text));
                if view.work.job(Slot::Rows).is_some() {
                    spinner(ui, size::ICON_SEGMENT);
                }
            });
        },
    );
}

/// Saving the rows shown, or how far that is.
fn export_ui(ui: &mut Ui, view: View<'_>, narrow: bool, tiny: bool, commands: &mut Commands) {
    if let Some(job) = view.work.job(Slot::Export) {
        if Button::secondary("Stop saving").icon(Icon::STOP).compact().ui(ui).clicked() {
            commands.push(AppCommand::Cancel(job.id));
        }
        progress_bar(ui, "Saving the rows", job.share(), size::RAIL / 2.0, size::PROGRESS);
        return;
    }
    let key = if narrow { String::new() } else { hint(view.actions, "Save the rows shown…") };
    let response = if tiny {
        icon_button(ui, Icon::EXPORT, "Save the rows shown…")
    } else {
        let button = Button::secondary("Export…").key(key).name("Save the rows shown…");
        button.icon(Icon::EXPORT).compact().ui(ui)
    };
    if response.on_hover_text("Save the rows shown, in this order, as CSV").clicked() {
        commands.push(AppCommand::Choose(Purpose::ExportData));
    }
}

/// What is filtered, and columns to filter by.
fn filter_menu_ui(ui: &mut Ui, data: &Dataset, draft: &mut Draft, commands: &mut Commands) {
    let n = draft.find.filters.len();
    let label = if n == 0 { "Filter rows".to_owned() } else { format!("Filter rows ({n})") };
    let response = Button::secondary(&label).icon(Icon::FUNNEL_SIMPLE).compact().ui(ui);
    Popup::menu(&response).gap(space::S1).frame(popup_frame(ui)).accessible_name("Filter rows").show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_min_width(size::MENU);
        if !draft.find.filters.is_empty() {
            field_label(ui, "Filtered by");
            let names: Vec<String> = draft.find.filters.keys().cloned().collect();
            for name in names {
                if menu_item(ui, Some(Icon::X), &format!("Remove the filter on {name}"), "", false, true)
                    .clicked()
                {
                    draft.find.filters.remove(&name);
                    commands.push(Command::Find);
                }
            }
            ui.add_space(space::S2);
        }
        field_label(ui, "Set a filter in the inspector of");
        ScrollArea::vertical().max_height(size::MENU_HEIGHT).show(ui, |ui| {
            for column in data.loaded.table.columns() {
                let (icon, word) = kind_sign(column.kind());
                let current = draft.find.filters.contains_key(&column.name);
                if menu_item(ui, Some(icon), &column.name, word, current, true).clicked() {
                    commands.push(Command::Inspect(Some(column.name.clone())));
                }
            }
        });
    });
}

/// How many warnings there are; a click lists them, a click on one shows its line.
fn warnings_ui(ui: &mut Ui, warnings: &[Warning], commands: &mut Commands) {
    if warnings.is_empty() {
        return;
    }
    let t = tokens(ui);
    let label = format::plural(warnings.len(), "warning", "warnings");
    let response = Button::secondary(&label).icon_fill(Icon::WARNING).compact().ui(ui);
    Popup::menu(&response)
        .gap(space::S1)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .frame(popup_frame(ui))
        .accessible_name("Warnings")
        .show(|ui| {
            ui.set_width(size::WARNINGS);
            ui.spacing_mut().item_spacing.y = 0.0;
            field_label(ui, "A click shows the line in the file and in the table");
            ui.add_space(space::S1);
            ScrollArea::vertical().max_height(size::MENU_HEIGHT).show_rows(
                ui,
                size::CONTROL_COMPACT,
                warnings.len(),
                |ui, range| {
                    for warning in &warnings[range] {
                        let width = ui.available_width();
                        let (rect, response) =
                            ui.allocate_exact_size(vec2(width, size::CONTROL_COMPACT), Sense::click());
                        let line = format!("line {}", format::count(warning.line));
                        let spoken = format!("{line}: {}", warning.message);
                        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
                        if response.hovered() || response.has_focus() {
                            ui.painter().rect_filled(rect, eframe::egui::CornerRadius::same(4), t.hover);
                        }
                        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
                        let left = rect.left_center() + vec2(space::S2, 0.0);
                        paint_icon(
                            &painter,
                            left + vec2(size::ICON_SMALL / 2.0, 0.0),
                            Icon::WARNING,
                            Weight::Fill,
                            size::ICON_SMALL,
                            t.warn,
                        );
                        let at = left + vec2(size::ICON_SMALL + space::S2, 0.0);
                        let number =
                            painter.text(at, eframe::egui::Align2::LEFT_CENTER, line, font::mono(), t.text_2);
                        painter.text(
                            eframe::egui::pos2((at.x + 88.0).max(number.right() + space::S3), at.y),
                            eframe::egui::Align2::LEFT_CENTER,
                            &warning.message,
                            font::body(),
                            t.text,
                        );
                        focus_ring(ui, &response, 4);
                        if response.on_hover_text(&warning.message).clicked() {
                            commands.push(Command::ShowLine(warning.line));
                        }
                    }
                },
            );
            ui.add_space(space::S2);
            if Button::secondary("Copy all warnings").icon(Icon::COPY).small().ui(ui).clicked() {
                let lines: Vec<String> =
                    warnings.iter().map(|w| format!("line {}: {}", w.line, w.message)).collect();
                commands.push(AppCommand::Copy(lines.join("\n")));
            }
        });
}
