//! A file that is being read: its first rows as soon as they are there, and until then the place where they will stand.

use eframe::egui::{Align, Layout, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::page::{full_rect, head_bottom, part};
use super::table::table_ui;
use super::{Draft, FirstRows, Results};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Button, Tone, format, page_head, progress_bar, spinner, tag};

/// The first rows of a table whose other rows are being read. Nothing can be sorted, filtered or inspected yet.
pub(super) fn reading_ui(ui: &mut Ui, view: View<'_>, first: &FirstRows, commands: &mut Commands) {
    let t = tokens(ui);
    let full = full_rect(ui, view.compact);
    page_head(ui, view.compact, "Data", &first.data.from.title(), |_| {});
    let top = head_bottom(ui, view.compact);
    ui.painter().hline(full.x_range(), top, hairline(&t));
    let width = ui.max_rect().x_range();
    let bar = Rect::from_x_y_ranges(width, top..=top + size::PAGE_HEAD_COMPACT);
    ui.painter().rect_filled(Rect::from_x_y_ranges(full.x_range(), bar.y_range()), 0.0, t.surface);
    ui.painter().hline(full.x_range(), bar.bottom() - 0.5, hairline(&t));
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(bar).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = space::S3;
        spinner(ui, size::ICON);
        tag(ui, Tone::Info, None, "Still reading");
        let n = first.data.loaded.table.n_rows();
        let said = format!("the first {} are shown", format::plural(n, "row", "rows"));
        ui.label(text(said, font::small(), t.text_2));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let Some(job) = view.work.job(Slot::Read) else { return };
            if Button::secondary("Stop reading").icon(Icon::STOP).compact().ui(ui).clicked() {
                commands.push(AppCommand::Cancel(job.id));
            }
            progress_bar(ui, "Reading", job.share(), size::RAIL / 2.0, size::PROGRESS);
            if let Some(rows) = job.rows_text() {
                ui.label(text(rows, font::mono(), t.text_2));
            }
        });
    });
    let rest = Rect::from_min_max(pos2(full.left(), bar.bottom()), full.max);
    let mut ui = part(ui, "table", rest);
    table_ui(&mut ui, view, &first.results, &first.data, &mut Draft::default(), &mut Commands::default());
}

/// Rows that are still being read: the place where they will stand, and how far it is.
pub(super) fn loading_ui(ui: &mut Ui, view: View<'_>, results: &Results, commands: &mut Commands) {
    let t = tokens(ui);
    let name = results.reading.as_ref().map_or_else(|| "The clipboard".to_owned(), |(from, _)| from.title());
    page_head(ui, view.compact, "Data", &name, |_| {});
    let job = view.work.job(Slot::Read);
    ui.horizontal(|ui| {
        spinner(ui, size::ICON);
        ui.label(text(format!("Reading {name}"), font::label(), t.text));
        if let Some(job) = job {
            progress_bar(ui, "Reading", job.share(), size::GUIDE, size::PROGRESS);
            if job.total > 0 {
                ui.label(text(format::bytes(job.done), font::mono(), t.text_2));
            }
            if Button::secondary("Stop reading").icon(Icon::STOP).compact().ui(ui).clicked() {
                commands.push(AppCommand::Cancel(job.id));
            }
        }
    });
    ui.add_space(space::S4);
    // rows to come, once it takes longer than one notices
    if job.is_none_or(|job| job.seconds > 0.2) {
        ScrollArea::vertical().max_height(ui.available_height()).show(ui, |ui| {
            for _ in 0..12 {
                let (rect, _) = ui
                    .allocate_exact_size(vec2(ui.available_width(), space::S4), eframe::egui::Sense::hover());
                ui.painter().rect_filled(rect, eframe::egui::CornerRadius::same(4), t.hover);
            }
        });
    }
}
