//! One request for every row of the open table.

use eframe::egui::{Align2, Label, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::response::status_sign;
use super::{Command, Draft, Panel, Results, no_rows_because};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::picker::Purpose;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{
    Button, Weight, field_label, format, number_field, page_head, paint_icon, problem_ui, progress_bar,
};
use crate::client::rows::RowResult;

/// The settings and the table of answers.
pub(super) fn rows_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let place = ui.max_rect().shrink2(vec2(space::S4, 0.0));
    let mut ui = ui.new_child(eframe::egui::UiBuilder::new().max_rect(place));
    let ui = &mut ui;
    let job = view.work.job(Slot::RequestRows);
    let about = format!("{} for each row of the open table", draft.now.request.name);
    page_head(ui, true, "Run for every row", &about, |ui| {
        if Button::ghost("One request").icon(Icon::ARROW_LEFT).compact().ui(ui).clicked() {
            commands.push(Command::Show(Panel::Request));
        }
        if job.is_some() {
            if Button::secondary("Stop").icon(Icon::STOP).compact().ui(ui).clicked() {
                commands.push(Command::Stop(Slot::RequestRows));
            }
        } else {
            let why = no_rows_because(view.truth, draft);
            if Button::primary("Run")
                .icon(Icon::PLAY)
                .compact()
                .enabled(why.is_none(), why.unwrap_or_default())
                .ui(ui)
                .clicked()
            {
                commands.push(Command::RunRows);
            }
        }
        let has = results.rows.value.is_some();
        let save =
            Button::secondary("Save as CSV").name("Save the rows' answers…").icon(Icon::EXPORT).compact();
        if save.enabled(has, "Run it first").ui(ui).clicked() {
            commands.push(AppCommand::Choose(Purpose::SaveRequestRows));
        }
    });
    ui.spacing_mut().item_spacing.y = space::S2;
    match view.truth.data() {
        None => {
            ui.label(text(
                "Open a table on the Data page: its columns become variables.",
                font::body(),
                t.text_2,
            ));
        }
        Some(data) => {
            let columns: Vec<String> = data
                .loaded
                .table
                .columns()
                .iter()
                .take(8)
                .map(|column| format!("{{{{{}}}}}", column.name))
                .collect();
            let said = format!(
                "{} of {}. Write {} in the address, a header or the body. Without quotes in JSON a number stays a number and a missing cell becomes null.",
                format::plural(data.loaded.table.n_rows(), "row", "rows"),
                data.from.title(),
                columns.join(", ")
            );
            ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
            if let Some(why) = no_rows_because(view.truth, draft) {
                ui.add(Label::new(text(why, font::small(), t.warn)).wrap());
            }
            ui.horizontal(|ui| {
                field_label(ui, "At once");
                let mut n = draft.concurrency as f64;
                if number_field(ui, "Requests at once", &mut n, 1.0..=64.0, 1.0, 0, 72.0).changed() {
                    draft.concurrency = n as usize;
                }
                if let Some(job) = job {
                    progress_bar(ui, "Asking for every row", job.share(), size::RAIL, size::PROGRESS);
                    ui.label(text(
                        format!("{} of {}", format::count(job.done), format::count(job.total)),
                        font::small(),
                        t.text_2,
                    ));
                }
            });
        }
    }
    if let Some(problem) = &results.rows.problem {
        problem_ui(ui, problem, |_| {});
    }
    let empty = Vec::new();
    let finished = results.rows.value.as_ref().map_or(&empty, |run| &run.results);
    let shown: &[RowResult] = if job.is_some() { &results.rows_so_far } else { finished };
    if let Some(run) = results.rows.value.as_ref().filter(|_| job.is_none()) {
        let n_right = run.results.iter().filter(|row| row.error.is_none()).count();
        let mut said =
            format!("{} answered, {} right", format::rows(run.results.len()), format::rows(n_right));
        if let Some(why) = &run.given_up {
            said.push_str(&format!(". Given up: {why}"));
        }
        if run.cancelled {
            said.push_str(". Stopped; the rest was not asked");
        }
        ui.add(Label::new(text(said, font::body(), t.text)).wrap());
    }
    if shown.is_empty() {
        return;
    }
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::TABLE_HEAD), Sense::hover());
    let columns = |left: f32| [left, left + 72.0, left + 168.0, left + 264.0, left + 420.0];
    for (x, name) in
        columns(head.left() + space::S2).into_iter().zip(["Row", "Status", "Time", "Prediction", "Error"])
    {
        ui.painter().text(
            pos2(x, head.center().y),
            Align2::LEFT_CENTER,
            name,
            font::small_medium(),
            t.text_2,
        );
    }
    ui.painter().hline(head.x_range(), head.bottom(), hairline(&t));
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt("rows").auto_shrink(false).show_rows(
        ui,
        size::ROW,
        shown.len(),
        |ui, rows| {
            for result in &shown[rows] {
                let (rect, response) =
                    ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
                let x = columns(rect.left() + space::S2);
                let y = rect.center().y;
                let status = result.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
                let spoken = format!(
                    "Row {}: {status}, {}",
                    result.row + 1,
                    result.prediction.as_ref().or(result.error.as_ref()).map_or("", String::as_str)
                );
                response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &spoken));
                let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
                let (tone, icon) = status_sign(result.status);
                let (color, _) = tone.colors(&t);
                painter.text(
                    pos2(x[0], y),
                    Align2::LEFT_CENTER,
                    format::rows(result.row + 1),
                    font::mono(),
                    t.text_2,
                );
                paint_icon(&painter, pos2(x[1] + 7.0, y), icon, Weight::Fill, size::ICON_SEGMENT, color);
                painter.text(pos2(x[1] + space::S6, y), Align2::LEFT_CENTER, status, font::mono(), color);
                let took = if result.secs > 0.0 { format::duration(result.secs) } else { String::new() };
                painter.text(pos2(x[2], y), Align2::LEFT_CENTER, took, font::mono(), t.text_2);
                let prediction: String = result.prediction.iter().flat_map(|p| p.chars()).take(24).collect();
                painter.text(pos2(x[3], y), Align2::LEFT_CENTER, prediction, font::mono(), t.text);
                let error: String = result.error.iter().flat_map(|e| e.chars()).take(200).collect();
                painter.text(pos2(x[4], y), Align2::LEFT_CENTER, error, font::small(), t.bad);
            }
        },
    );
}
