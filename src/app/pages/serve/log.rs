//! The live list of requests: filter, search, choose, open as glass, send again.

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, EventFilter, Key, Layout, Modifiers, Rect, Role, ScrollArea, Sense,
    Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::seen::{Log, Seen};
use super::{Command, Draft, Results, Show};
use crate::app::command::Commands;
use crate::app::pages::drift;
use crate::app::theme::{Icon, Tokens, font, hairline, radius, size, space, tokens};
use crate::app::widgets::{
    Button, Segment, Weight, card_ground, card_head, clipped, focus_ring, format, guarded_ui, icon_button,
    paint_icon, search_field, segmented,
};

/// Below this width the request's id and the key are left out.
const NARROW: f32 = 900.0;

/// Where the columns begin (numbers: where they end), from the card's left.
struct Columns {
    time: f32,
    id: Option<f32>,
    protocol: f32,
    endpoint: f32,
    rows: f32,
    status: f32,
    queue: Option<f32>,
    inference: Option<f32>,
    total: f32,
    key: Option<f32>,
}

impl Columns {
    fn of(width: f32) -> Self {
        let wide = width >= NARROW;
        let key = wide.then_some(width - 108.0);
        let total = key.map_or(width - space::S4, |key| key - space::S6);
        let inference = wide.then_some(total - 72.0);
        let queue = wide.then_some(total - 150.0);
        let status = if wide { total - 400.0 } else { total - 330.0 };
        Self {
            time: space::S4,
            id: wide.then_some(124.0),
            protocol: if wide { 224.0 } else { 124.0 },
            endpoint: if wide { 338.0 } else { 218.0 },
            rows: status - space::S4,
            status,
            queue,
            inference,
            total,
            key,
        }
    }
}

/// Whether a request is to be shown; `query` is in lower case.
pub(super) fn is_shown(seen: &Seen, show: Show, query: &str) -> bool {
    let wanted = match show {
        Show::All => true,
        Show::Errors => !seen.is_good(),
    };
    wanted
        && (query.is_empty()
            || [&seen.id, &seen.path, &seen.key, &seen.said, &seen.client, &seen.model]
                .into_iter()
                .any(|part| part.to_lowercase().contains(query))
            || seen.status.to_string().starts_with(query)
            || seen.protocol.is_some_and(|protocol| protocol.title().to_lowercase().contains(query)))
}

/// The card.
pub(super) fn log_ui(ui: &mut Ui, rect: Rect, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    card_ground(ui, rect);
    guarded_ui(ui, rect, "log", |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        let log = results.shown_log();
        card_head(ui, None, "Requests, live", false, |ui| head_ui(ui, results, draft, commands));
        let columns = Columns::of(rect.width());
        names_ui(ui, &t, rect.width(), &columns);
        let query = draft.search.trim().to_lowercase();
        let shown: Vec<&Seen> = log.iter().filter(|seen| is_shown(seen, draft.show, &query)).collect();
        let body = Rect::from_min_max(pos2(rect.left() + 1.0, ui.cursor().top()), rect.max - vec2(1.0, 2.0));
        if shown.is_empty() {
            let said = if log.total == 0 {
                "Every request is listed here as it comes, with its id, answer and times"
            } else if log.iter().next().is_none() {
                "The list was cleared; new requests appear here"
            } else {
                "No request in the list is like that"
            };
            ui.painter().text(body.center(), Align2::CENTER_CENTER, said, font::body(), t.text_2);
            return;
        }
        guarded_ui(ui, body, "requests", |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical().id_salt("requests").auto_shrink(false).show_rows(
                ui,
                size::ROW,
                shown.len(),
                |ui, range| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    rows_ui(ui, &shown, range, &columns, draft, commands);
                },
            );
        });
    });
}

fn head_ui(ui: &mut Ui, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    if icon_button(ui, Icon::TRASH, "Clear the list").clicked() {
        commands.push(Command::ClearLog);
    }
    let paused = results.paused.is_some();
    let (icon, name) = if paused { (Icon::PLAY, "Go on listing") } else { (Icon::PAUSE, "Pause the list") };
    if icon_button(ui, icon, name).clicked() {
        commands.push(Command::Pause);
    }
    let log: &Log = results.shown_log();
    let (all, errors) = log.since_cleared();
    let all = format!("All {}", format::count(all));
    let errors = format!("Errors {}", format::count(errors));
    let choices = [Segment::new(Show::All, &all), Segment::new(Show::Errors, &errors)];
    segmented(ui, "Which requests", &mut draft.show, &choices, size::CONTROL_COMPACT, None);
    if ui.available_width() > 420.0 {
        search_field(ui, "Search requests", &mut draft.search, "", 200.0);
    }
    let chosen = draft.selected.and_then(|number| log.get(number));
    if let Some(seen) = chosen
        && ui.available_width() > 330.0
    {
        let again = Button::secondary("Send again").icon(Icon::ARROW_COUNTER_CLOCKWISE).small();
        if again.enabled(seen.wire.is_some(), "Its bytes are no longer kept").ui(ui).clicked() {
            commands.push(Command::Replay(seen.number));
        }
        if ui.available_width() > 330.0 {
            let from = Button::secondary("Where it comes from").icon(Icon::MAGNIFYING_GLASS).small();
            if from.enabled(!seen.model.is_empty(), "No model answered it").ui(ui).clicked() {
                commands.push(drift::Command::Provenance(seen.id.clone()));
            }
        }
        let glass = Button::secondary("Step through").icon(Icon::EYE).small();
        if glass.enabled(seen.wire.is_some(), "Its bytes are no longer kept").ui(ui).clicked() {
            commands.push(Command::Glass(Some(seen.number)));
        }
    }
}

fn names_ui(ui: &mut Ui, t: &Tokens, width: f32, columns: &Columns) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::TABLE_HEAD), Sense::hover());
    let painter = ui.painter();
    let name = |x: f32, align: Align2, name: &str| {
        painter.text(pos2(rect.left() + x, rect.center().y), align, name, font::small(), t.text_2);
    };
    name(columns.time, Align2::LEFT_CENTER, "Time");
    columns.id.iter().for_each(|x| name(*x, Align2::LEFT_CENTER, "Request"));
    name(columns.protocol, Align2::LEFT_CENTER, "Protocol");
    name(columns.endpoint, Align2::LEFT_CENTER, "Endpoint");
    name(columns.rows, Align2::RIGHT_CENTER, "Rows");
    name(columns.status, Align2::LEFT_CENTER, "Status");
    columns.queue.iter().for_each(|x| name(*x, Align2::RIGHT_CENTER, "Queue ms"));
    columns.inference.iter().for_each(|x| name(*x, Align2::RIGHT_CENTER, "Model ms"));
    name(columns.total, Align2::RIGHT_CENTER, "Total ms");
    columns.key.iter().for_each(|x| name(*x, Align2::LEFT_CENTER, "Key"));
    painter.hline(
        rect.x_range().shrink(1.0),
        rect.bottom() - 0.5,
        eframe::egui::Stroke::new(1.0, t.stroke_strong),
    );
}

fn rows_ui(
    ui: &mut Ui,
    shown: &[&Seen],
    range: std::ops::Range<usize>,
    columns: &Columns,
    draft: &Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let mut focused = None;
    for at in range {
        let Some(seen) = shown.get(at) else { continue };
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
        let response = ui.interact(rect, ui.scope_id().with(("request", seen.number)), Sense::click());
        let chosen = draft.selected == Some(seen.number);
        let spoken = format!("Request {}: {} {} {}", seen.id, seen.method, seen.path, seen.status);
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &spoken));
        if response.clicked() {
            commands.push(Command::Select(Some(seen.number)));
            response.request_focus();
        }
        if response.double_clicked() && seen.wire.is_some() {
            commands.push(Command::Glass(Some(seen.number)));
        }
        if response.has_focus() {
            focused = Some((at, response.id));
        }
        let fill = if chosen {
            t.selected
        } else if response.hovered() {
            t.hover
        } else {
            Color32::TRANSPARENT
        };
        ui.painter().rect_filled(rect, CornerRadius::ZERO, fill);
        row_ui(ui, &t, rect, seen, columns);
        focus_ring(ui, &response, radius::TAG);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(&t));
        if !seen.said.is_empty() {
            response.on_hover_text(&seen.said);
        }
    }
    if let Some((at, id)) = focused {
        // up and down choose here, and do not move the focus on
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let step = ui.input_mut(|input| {
            if input.consume_key(Modifiers::NONE, Key::ArrowDown) {
                1
            } else if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
                -1
            } else {
                0
            }
        });
        let next = at.saturating_add_signed(step).min(shown.len() - 1);
        if step != 0 && next != at {
            commands.push(Command::Select(Some(shown[next].number)));
            let id = ui.scope_id().with(("request", shown[next].number));
            ui.memory_mut(|memory| memory.request_focus(id));
        }
    }
}

/// How a status is shown: its icon, its colour.
pub(super) fn status_look(t: &Tokens, status: u16) -> (Icon, Color32) {
    match status {
        202 => (Icon::CLOCK, t.info),
        200..=299 => (Icon::CHECK_CIRCLE, t.good),
        401 | 403 => (Icon::LOCK_SIMPLE, t.bad),
        400..=499 => (Icon::WARNING, t.warn),
        500.. => (Icon::X_CIRCLE, t.bad),
        _ => (Icon::INFO, t.info),
    }
}

/// The usual words for a status.
pub(super) fn status_words(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No content",
        400 => "Bad request",
        401 => "No valid key",
        403 => "Not allowed",
        404 => "Not found",
        405 => "Wrong method",
        408 => "Too slow",
        409 => "Conflict",
        413 => "Too large",
        415 => "Wrong type",
        422 => "Not valid",
        429 => "Too many",
        503 => "Busy",
        _ => "",
    }
}

fn row_ui(ui: &mut Ui, t: &Tokens, rect: Rect, seen: &Seen, columns: &Columns) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let y = rect.center().y;
    let at = |x: f32| pos2(rect.left() + x, y);
    let mono = |x: f32, align: Align2, what: &str, color: Color32| {
        painter.text(at(x), align, what, font::mono_key(), color);
    };
    mono(columns.time, Align2::LEFT_CENTER, &format::time_to_the_millisecond(seen.at_unix_millis), t.text_2);
    if let Some(x) = columns.id {
        clipped(
            &painter,
            at(x),
            Align2::LEFT_CENTER,
            format::request_id(&seen.id),
            columns.protocol - x - space::S3,
            t.text_2,
        );
    }
    let protocol = seen.protocol.map_or("–", super::short_title);
    clipped(
        &painter,
        at(columns.protocol),
        Align2::LEFT_CENTER,
        protocol,
        columns.endpoint - columns.protocol - space::S2,
        t.text,
    );
    let endpoint = format!("{} {}", seen.method, seen.path);
    clipped(
        &painter,
        at(columns.endpoint),
        Align2::LEFT_CENTER,
        &endpoint,
        columns.rows - 44.0 - columns.endpoint,
        t.text,
    );
    mono(columns.rows, Align2::RIGHT_CENTER, &format::count(seen.rows), t.text);
    let (icon, color) = status_look(t, seen.status);
    paint_icon(&painter, at(columns.status + 7.0), icon, Weight::Fill, size::ICON_SEGMENT, color);
    let words = if seen.said.is_empty() || seen.is_good() { status_words(seen.status) } else { &seen.said };
    let right = columns.queue.map_or(columns.total - 66.0, |queue| queue - 66.0);
    clipped(
        &painter,
        at(columns.status + 20.0),
        Align2::LEFT_CENTER,
        &format!("{} {words}", seen.status),
        right - columns.status - 20.0,
        color,
    );
    let reached = seen.hops.inference > 0.0;
    let hop = |value: f64| if reached { format::millis(value) } else { "–".to_owned() };
    columns.queue.iter().for_each(|x| mono(*x, Align2::RIGHT_CENTER, &hop(seen.hops.queue), t.text));
    columns.inference.iter().for_each(|x| mono(*x, Align2::RIGHT_CENTER, &hop(seen.hops.inference), t.text));
    mono(columns.total, Align2::RIGHT_CENTER, &format::millis(seen.total), t.text);
    if let Some(x) = columns.key {
        let key = if seen.key.is_empty() { "none" } else { &seen.key };
        clipped(&painter, at(x), Align2::LEFT_CENTER, key, rect.width() - x - space::S3, t.text_2);
    }
}

/// A row of small buttons on the right of a card's head.
pub(super) fn right_ui(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let mut right = ui.new_child(
        UiBuilder::new().id_salt("right").max_rect(rect).layout(Layout::right_to_left(Align::Center)),
    );
    add(&mut right);
}
