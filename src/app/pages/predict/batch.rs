//! Many records: a file predicted row by row in constant memory, its first rows, and how the predictions lie.

use eframe::egui::{
    Align, Align2, CornerRadius, Label, Layout, Popup, Rect, Response, Role, ScrollArea, Sense, Stroke, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::call::ROWS_PER_CALL;
use super::result::table_ui;
use super::{Batch, Call, Command, Draft, Half, Results, rows_text};
use crate::app::command::{Command as AppCommand, Commands, hint};
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::picker::Purpose;
use crate::app::state::{Problem, Version};
use crate::app::theme::{Icon, Tokens, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Bars, Button, Tone, Weight, bars, card_head, empty_state, format, icon_ui, menu_item, popup_frame,
    progress_bar, select, tag,
};
use crate::data::chart::ColumnChart;

/// The height of what stands above the table: the file and its progress.
const FILE: f32 = 80.0;
/// The height of the distribution of the predictions, and that of its bars.
const DISTRIBUTION: f32 = 72.0;
const BARS: f32 = 36.0;
/// The height of the buttons below.
const FOOT: f32 = 52.0;
/// The height of the band that says what must be known of the predictions.
const REMARKS: f32 = 28.0;
/// The most room that a problem's details take.
const DETAIL: f32 = 64.0;

/// The right card.
pub(crate) fn batch_ui(
    ui: &mut Ui,
    view: View<'_>,
    version: &Version,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let card = ui.max_rect();
    let t = tokens(ui);
    let batch = results.batch.value.as_ref();
    card_head(ui, Some(Icon::ROWS), "Batch: many records", true, |ui| {
        if let Some(batch) = batch.filter(|batch| batch.seconds > 0.0 && batch.n_rows > 0) {
            let time = format!("{} a row", format::duration(batch.seconds / batch.n_rows as f64));
            tag(ui, Tone::Neutral, Some((Icon::TIMER, Weight::Regular)), &time)
                .on_hover_text("The whole file: read, predicted and written, divided by its rows");
        }
    });
    let top = card.top() + size::CARD_HEAD;
    if batch.is_none() && results.running.is_none() && results.batch.problem.is_none() {
        let below = Rect::from_min_max(pos2(card.left() + space::S6, top + space::S8), card.max);
        let mut area = ui
            .new_child(UiBuilder::new().id_salt("empty batch").max_rect(below.shrink2(vec2(space::S4, 0.0))));
        nothing_ui(&mut area, view, draft, commands);
        return;
    }
    let file = Rect::from_min_size(pos2(card.left() + space::S4, top), vec2(card.width() - space::S8, FILE));
    let mut file_ui_area =
        ui.new_child(UiBuilder::new().id_salt("file").max_rect(file).layout(Layout::top_down(Align::Min)));
    file_ui(&mut file_ui_area, view, results, draft, commands);
    ui.painter().hline(card.x_range(), top + FILE, hairline(&t));
    let (shown, chart) = match &results.running {
        // the result before stays until there are new rows
        Some(running) if running.first.is_some() => (running.first.as_deref(), Some(&running.chart)),
        _ => (batch.map(|batch| &*batch.table), batch.map(|batch| &batch.chart)),
    };
    // what went wrong needs the room more
    let chart = chart.filter(|chart| !chart.counts.is_empty() && results.batch.problem.is_none());
    let below = FOOT + if chart.is_some() { DISTRIBUTION } else { 0.0 };
    let mut middle = Rect::from_min_max(
        pos2(card.left() + 1.0, top + FILE),
        pos2(card.right() - 1.0, card.bottom() - below),
    );
    let remarks = batch.filter(|_| results.running.is_none()).map(|batch| batch.remarks(version));
    if let Some(remarks) = remarks.filter(|remarks| !remarks.is_empty()) {
        let place = Rect::from_min_size(middle.min, vec2(middle.width(), REMARKS));
        remarks_ui(ui, t, place, &remarks.join(" · "));
        middle.min.y += REMARKS;
    }
    if let Some(problem) = &results.batch.problem {
        let over_http = draft.call == Call::Http;
        middle.min.y += problem_part(ui, middle, problem, batch.is_some(), over_http, commands);
    }
    if let Some(table) = shown {
        let name = batch.map_or("prediction", |batch| batch.prediction_column.as_str());
        let mut area = ui.new_child(UiBuilder::new().id_salt("result").max_rect(middle));
        area.set_clip_rect(middle.intersect(ui.clip_rect()));
        let loads = results.running.is_none();
        table_ui(&mut area, t, table, name, &version.model().output.name, loads, commands);
    } else if results.running.is_some() {
        waiting_ui(ui, t, middle);
    }
    if let Some(chart) = chart {
        let place = Rect::from_min_max(
            pos2(card.left() + space::S4, card.bottom() - FOOT - DISTRIBUTION),
            pos2(card.right() - space::S4, card.bottom() - FOOT),
        );
        ui.painter().hline(card.x_range(), place.top(), hairline(&t));
        distribution_ui(ui, t, place, chart);
    }
    ui.painter().hline(card.x_range(), card.bottom() - FOOT, hairline(&t));
    let foot = Rect::from_min_max(
        pos2(card.left() + space::S4, card.bottom() - FOOT),
        pos2(card.right() - space::S4, card.bottom()),
    );
    let mut area = ui.new_child(
        UiBuilder::new().id_salt("foot").max_rect(foot).layout(Layout::right_to_left(Align::Center)),
    );
    foot_ui(&mut area, view, results, draft, batch.map(|batch| &**batch), commands);
}

/// What must be known before these predictions are used.
fn remarks_ui(ui: &mut Ui, t: Tokens, place: Rect, said: &str) {
    ui.painter().rect_filled(place, CornerRadius::ZERO, t.warn_tint);
    ui.painter().hline(place.x_range(), place.bottom() - 0.5, hairline(&t));
    let inner = place.shrink2(vec2(space::S4, 0.0));
    let mut row = ui.new_child(
        UiBuilder::new().id_salt("remarks").max_rect(inner).layout(Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = space::S2;
    icon_ui(&mut row, Icon::WARNING, Weight::Fill, size::ICON_SEGMENT, t.warn);
    row.add(Label::new(text(said, font::small(), t.text)).truncate()).on_hover_text(said);
}

/// What went wrong with the last file; the result before stays below. Returns the room that it takes.
fn problem_part(
    ui: &mut Ui,
    place: Rect,
    problem: &Problem,
    has_result: bool,
    over_http: bool,
    commands: &mut Commands,
) -> f32 {
    let t = tokens(ui);
    let inner = place.shrink2(vec2(space::S4, space::S3));
    let mut area = ui.new_child(UiBuilder::new().id_salt("batch problem").max_rect(inner));
    area.set_clip_rect(place.intersect(ui.clip_rect()));
    let behind = area.painter().add(eframe::egui::Shape::Noop);
    area.spacing_mut().item_spacing.y = space::S1;
    area.horizontal_top(|ui| {
        icon_ui(ui, Icon::X_CIRCLE, Weight::Fill, size::ICON_CARD, t.bad);
        ui.vertical(|ui| {
            ui.add(Label::new(text(&problem.title, font::card_title(), t.text)).wrap());
            ScrollArea::vertical().id_salt("detail").max_height(DETAIL).show(ui, |ui| {
                ui.add(Label::new(text(&problem.detail, font::small(), t.text_2)).wrap());
            });
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::S1;
                if Button::secondary("Choose another file…").small().ui(ui).clicked() {
                    commands.push(AppCommand::Choose(Purpose::OpenBatch));
                }
                if Button::ghost("Try again").small().ui(ui).clicked() {
                    commands.push(Command::Again);
                }
                if over_http && Button::ghost("Use In-process").small().ui(ui).clicked() {
                    commands.push(Command::Call(Call::InProcess));
                    commands.push(Command::Again);
                }
                let label = if has_result { "Back to the result before" } else { "Close" };
                if Button::ghost(label).small().ui(ui).clicked() {
                    commands.push(AppCommand::Escape);
                }
            });
        });
    });
    let height = area.min_rect().height() + space::S3 * 2.0;
    let band = Rect::from_min_size(place.min, vec2(place.width(), height));
    area.painter().set(behind, eframe::egui::epaint::RectShape::filled(band, CornerRadius::ZERO, t.bad_tint));
    ui.painter().hline(band.x_range(), band.bottom(), hairline(&t));
    height
}

/// Rows that are still to come.
fn waiting_ui(ui: &Ui, t: Tokens, place: Rect) {
    let rows = (place.height() / size::ROW) as usize;
    for row in 0..rows {
        let y = place.top() + size::ROW * (row as f32 + 0.5);
        let bar = Rect::from_min_max(
            pos2(place.left() + space::S4, y - space::S1),
            pos2(place.right() - space::S4, y + space::S1),
        );
        ui.painter().rect_filled(bar, CornerRadius::same(radius::TAG), t.hover);
    }
}

fn nothing_ui(ui: &mut Ui, view: View<'_>, draft: &mut Draft, commands: &mut Commands) {
    let explanation = "Choose a CSV with the model's columns, or drop one here. It is predicted in pieces, so it may be larger than memory.";
    empty_state(ui, Icon::FILE_CSV, "Predict a whole file", explanation, |ui| {
        let key = hint(view.actions, "Predict the file");
        let open = view.truth.data().map(|data| &data.from);
        // the same as the shortcut does: the file of last time, else the open table
        let again = draft.file.clone().filter(|file| open != Some(file));
        let primary = match (&again, open) {
            (Some(file), _) => Some((file.title(), "Predict the file of last time", Command::Again)),
            (None, Some(from)) => Some((from.title(), "Predict the open table", Command::OpenTable)),
            (None, None) => None,
        };
        let choose = |key: String| Button::secondary("Choose a file…").icon(Icon::FOLDER_OPEN).key(key);
        let choose = match primary {
            Some((title, name, command)) => {
                let label = format!("Predict {title}");
                let button = Button::primary(&label).name(name).icon_fill(Icon::PLAY).key(key);
                let response = button.ui(ui);
                take_focus(draft, &response);
                if response.clicked() {
                    commands.push(command);
                }
                choose(String::new())
            }
            None => choose(key),
        };
        let response = choose.ui(ui);
        take_focus(draft, &response);
        if response.clicked() {
            commands.push(AppCommand::Choose(Purpose::OpenBatch));
        }
        if again.is_some() && open.is_some() {
            let button = Button::secondary("Predict the open table").icon(Icon::TABLE);
            if button.ui(ui).clicked() {
                commands.push(Command::OpenTable);
            }
        }
        let grid = Button::ghost("Predict a what-if grid").icon(Icon::LIST).ui(ui).on_hover_text(GRID);
        if grid.clicked() {
            commands.push(Command::Grid);
        }
    });
}

/// What a what-if grid is.
const GRID: &str = "Every combination of the inputs' values around the record on the left, about 100 000 rows: every level, numbers in even steps over the training range";

/// Takes the keyboard's focus when this half was asked for.
fn take_focus(draft: &mut Draft, response: &Response) {
    if draft.focus == Some(Half::Many) {
        draft.focus = None;
        response.request_focus();
    }
}

/// What else can be predicted.
fn change_menu_ui(ui: &mut Ui, view: View<'_>, draft: &mut Draft, commands: &mut Commands) {
    let response = Button::secondary("Change…").name("Choose what to predict").compact().ui(ui);
    take_focus(draft, &response);
    Popup::menu(&response).gap(space::S1).frame(popup_frame(ui)).accessible_name("What to predict").show(
        |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_min_width(size::MENU);
            if menu_item(ui, Some(Icon::FOLDER_OPEN), "Choose a file…", "", false, true).clicked() {
                commands.push(AppCommand::Choose(Purpose::OpenBatch));
            }
            if let Some(data) = view.truth.data() {
                let label = format!("The open table: {}", data.from.title());
                let is_shown = draft.file.as_ref() == Some(&data.from);
                if menu_item(ui, Some(Icon::TABLE), &label, "", is_shown, true).clicked() {
                    commands.push(Command::OpenTable);
                }
            }
            let grid = menu_item(ui, Some(Icon::LIST), "A what-if grid around the record", "", false, true);
            if grid.on_hover_text(GRID).clicked() {
                commands.push(Command::Grid);
            }
        },
    );
}

/// The file, and how far it is.
fn file_ui(ui: &mut Ui, view: View<'_>, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S1;
    ui.add_space(space::S2);
    let batch = results.batch.value.as_ref();
    // the file whose rows are shown: that of the result while there is one
    let running = results.running.as_ref().map(|running| running.name.clone());
    let name = running
        .or_else(|| batch.map(|batch| batch.from.title()))
        .or_else(|| draft.file.as_ref().map(crate::workspace::DataRef::title));
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), Sense::hover());
    let mut right = ui.new_child(
        UiBuilder::new().id_salt("change").max_rect(row).layout(Layout::right_to_left(Align::Center)),
    );
    change_menu_ui(&mut right, view, draft, commands);
    let rest = Rect::from_min_max(row.min, pos2(right.min_rect().left() - space::S2, row.bottom()));
    let mut left = ui.new_child(
        UiBuilder::new().id_salt("name").max_rect(rest).layout(Layout::left_to_right(Align::Center)),
    );
    icon_ui(&mut left, Icon::FILE_CSV, Weight::Regular, size::ICON, t.text_2);
    left.add(Label::new(text(name.unwrap_or_default(), font::label(), t.text)).truncate());
    if let Some(batch) = batch.filter(|_| results.running.is_none()) {
        let about = format!("{}, {}", rows_text(batch.n_rows), format::bytes(batch.n_bytes));
        left.add(Label::new(text(about, font::small(), t.text_2)).truncate());
    }
    let job = view.work.job(Slot::Batch);
    let share = if results.running.is_some() {
        job.and_then(crate::app::job::JobStatus::share)
    } else {
        Some(whole(batch))
    };
    let shown = if batch.is_none() && results.running.is_none() { None } else { share };
    progress_bar(ui, "Batch", shown, ui.available_width(), size::PROGRESS);
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::S4), Sense::hover());
    let (done, rate) = match (&results.running, batch) {
        (Some(running), _) => {
            let seconds = job.map_or(0.0, |job| job.seconds);
            let share = share.map_or_else(String::new, |share| format!("{:.0} %  ", share * 100.0));
            let left = job
                .and_then(crate::app::job::JobStatus::share)
                .filter(|share| *share > 0.02)
                .map_or_else(String::new, |share| {
                    format!("  {} left", format::duration(seconds * (1.0 / f64::from(share) - 1.0)))
                });
            (
                format!("{share}{}{}", rows_text(running.n_rows), calls_text(running.calls)),
                format!("{}{left}", rate(running.n_rows, seconds)),
            )
        }
        (None, Some(batch)) => {
            let calls = calls_text(batch.calls.map_or(0, |calls| calls.n));
            (format!("{}{calls}", rows_text(batch.n_rows)), rate(batch.n_rows, batch.seconds))
        }
        (None, None) => (String::new(), String::new()),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{done} {rate}")));
    ui.painter().text(row.left_center(), Align2::LEFT_CENTER, done, font::small(), t.text_2);
    ui.painter().text(row.right_center(), Align2::RIGHT_CENTER, rate, font::mono(), t.text_2);
}

/// How many requests it took, if any.
fn calls_text(n: u64) -> String {
    match n {
        0 => String::new(),
        1 => " over HTTP, 1 call".to_owned(),
        n => format!(" over HTTP, {} calls", format::count(n)),
    }
}

/// How much of its file a result is of.
fn whole(batch: Option<&std::sync::Arc<Batch>>) -> f32 {
    batch.and_then(|batch| batch.stopped).map_or(1.0, |share| share as f32)
}

fn rate(n: u64, seconds: f64) -> String {
    if seconds > 0.0 && n > 0 {
        format!("{} rows/s", format::number(n as f64 / seconds, 3))
    } else {
        String::new()
    }
}

/// How the predictions lie: bars over their range, or over their classes.
fn distribution_ui(ui: &mut Ui, t: Tokens, place: Rect, chart: &ColumnChart) {
    let response = ui.interact(place, ui.scope_id().with("distribution"), Sense::hover());
    let (left, middle, right, said) = match (chart.range, chart.levels.as_slice()) {
        (Some((low, high)), _) => {
            let (low, high) = (format::number(low, 4), format::number(high, 4));
            let median = chart.quartiles.map_or_else(String::new, |[_, median, _]| {
                format!("half below {}", format::number(median, 3))
            });
            let said = format!("Predictions from {low} to {high}, {median}");
            (low, median, high, said)
        }
        (None, levels) => {
            let parts: Vec<String> = levels
                .iter()
                .zip(&chart.counts)
                .map(|(level, n)| format!("{level}: {}", format::count(*n as u64)))
                .collect();
            let last = if parts.len() > 1 { parts.last().cloned() } else { None };
            let first = parts.first().cloned().unwrap_or_default();
            (first, String::new(), last.unwrap_or_default(), format!("Predictions: {}", parts.join(", ")))
        }
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &said));
    let bars_place =
        Rect::from_min_size(pos2(place.left(), place.top() + space::S3), vec2(place.width(), BARS));
    bars(ui.painter(), bars_place, Bars { heights: &chart.counts, gap: 1.0, color: t.p_pred });
    ui.painter().hline(place.x_range(), bars_place.bottom(), Stroke::new(1.0, t.stroke_strong));
    let y = f32::midpoint(bars_place.bottom(), place.bottom());
    // every class under its bar where there is room
    let step = place.width() / chart.levels.len().max(1) as f32;
    let galley = |level: &String| ui.painter().layout_no_wrap(level.clone(), font::tick(), t.text_3);
    if chart.range.is_none() && chart.levels.iter().all(|level| galley(level).size().x < step - space::S1) {
        for (at, level) in chart.levels.iter().enumerate() {
            let x = place.left() + step * (at as f32 + 0.5);
            ui.painter().text(pos2(x, y), Align2::CENTER_CENTER, level, font::tick(), t.text_3);
        }
        response.on_hover_text(said);
        return;
    }
    for (x, align, said) in [
        (place.left(), Align2::LEFT_CENTER, left),
        (place.center().x, Align2::CENTER_CENTER, middle),
        (place.right(), Align2::RIGHT_CENTER, right),
    ] {
        ui.painter().text(pos2(x, y), align, said, font::tick(), t.text_3);
    }
    response.on_hover_text(said);
}

/// What to do with the predictions, and what was odd about the rows.
fn foot_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    batch: Option<&Batch>,
    commands: &mut Commands,
) {
    let ready = batch.is_some() && results.running.is_none();
    let key = hint(view.actions, "Save as CSV");
    // the same name for both, so that it is found; the words on it say that it is a part
    let is_part = batch.is_some_and(|batch| batch.stopped.is_some());
    let label = if is_part { "Save part as CSV" } else { "Save as CSV" };
    let save = Button::secondary(label).icon(Icon::DOWNLOAD_SIMPLE).key(key);
    if save.enabled(ready, "Ready once the file is predicted").ui(ui).clicked() {
        commands.push(AppCommand::Choose(Purpose::SaveBatch));
    }
    if results.running.is_some() {
        if Button::secondary("Stop").name("Stop the batch").icon(Icon::STOP).ui(ui).clicked() {
            commands.push(Command::Stop(Slot::Batch));
        }
    } else if draft.file.is_some() {
        let again = Button::ghost("Again").name("Predict the file again").icon(Icon::ARROW_COUNTER_CLOCKWISE);
        let key = hint(view.actions, "Predict the file");
        if again.ui(ui).on_hover_text(format!("Predict the file once more ({key})")).clicked() {
            commands.push(Command::Again);
        }
    }
    let notes = batch.filter(|batch| results.running.is_none() && !batch.notes.is_empty());
    if notes.is_none() && draft.call == Call::InProcess {
        return;
    }
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        if draft.call == Call::Http {
            rows_per_call_ui(ui, draft, results.running.is_none());
        }
        let Some(batch) = notes else { return };
        let said = format::plural(batch.notes.len(), "note", "notes");
        tag(ui, Tone::Warn, Some((Icon::WARNING, Weight::Fill)), &said)
            .on_hover_text(batch.notes.iter().take(12).cloned().collect::<Vec<_>>().join("\n"));
    });
}

/// How many rows a request is to have.
fn rows_per_call_ui(ui: &mut Ui, draft: &mut Draft, enabled: bool) {
    let label = |rows: usize| format!("{} a call", rows_text(rows as u64));
    let labels = ROWS_PER_CALL.map(label);
    let options: Vec<&str> = labels.iter().map(String::as_str).collect();
    let current = label(draft.rows_per_call());
    let width = if ui.available_width() > 150.0 { 150.0 } else { ui.available_width() };
    ui.add_enabled_ui(enabled, |ui| {
        let chosen = select(ui, "Rows in a call", None, &current, &options, width, size::CONTROL_COMPACT);
        if let Some(chosen) = chosen {
            draft.rows_per_call = Some(ROWS_PER_CALL[chosen]);
        }
    });
}
