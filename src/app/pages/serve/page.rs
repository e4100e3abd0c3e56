//! The Serve page: the server and its settings, the way of a request, who sees what, and every request as it comes.

use eframe::egui::{
    Align, CornerRadius, Label, Layout, Rect, ScrollArea, Sense, StrokeKind, Ui, UiBuilder, pos2, vec2,
};

use super::{Command, Draft, Part, Results, Server, cards, classroom, glass, keys, log, route, upstream};
use crate::app::command::{Command as AppCommand, Commands, hint};
use crate::app::job::Slot;
use crate::app::pages::{PageId, View};
use crate::app::picker::Purpose;
use crate::app::theme::{Icon, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Weight, card_frame, card_ground, empty_state, format, guarded_ui, icon_button, icon_ui,
    page_head, paint_icon, problem_ui, segmented, spinner, stepper, text_field,
};

/// The least height of the live list.
const LIST: f32 = 220.0;
/// The card with the server's settings.
const SETTINGS: f32 = 64.0;
/// Below this width (in points) the three cards stand below each other.
const STACKED: f32 = 820.0;

/// The page.
pub(crate) fn serve_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let about = "The model behind an address for other programs";
    page_head(ui, view.compact, "Serve", about, |ui| head_ui(ui, view, results, commands));
    if view.truth.champion().is_none() && results.live().is_none() {
        no_model_ui(ui, view, commands);
        return;
    }
    let mut place = ui.available_rect_before_wrap();
    let width = place.width();
    place.max.x += space::S3;
    let mut area = ui.new_child(UiBuilder::new().id_salt("serve").max_rect(place));
    if let Some(seen) = draft.glass.and_then(|number| results.shown_log().get(number)) {
        glass::glass_ui(&mut area, width, view, seen, draft, commands);
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S4, space::S4);
        ui.set_max_width(width);
        if let Some(problem) = &results.problem {
            problem_ui(ui, problem, |ui| problem_ways_ui(ui, results, draft, commands));
        }
        settings_ui(ui, width, view, results, draft, commands);
        if draft.part != Part::Overview
            && results.networks.is_none()
            && view.work.job(Slot::KeyFile).is_none()
        {
            // a part that was open when the window was closed
            commands.push(Command::Part(draft.part));
        }
        match draft.part {
            Part::Overview => overview_ui(ui, width, view, results, draft, commands),
            Part::Keys => keys::keys_ui(ui, width, view, results, draft, commands),
            Part::Classroom => classroom::classroom_ui(ui, width, view, results, draft, commands),
        }
    });
    upstream::upstream_ui(ui, view, results, draft, commands);
}

fn head_ui(ui: &mut Ui, view: View<'_>, results: &Results, commands: &mut Commands) {
    let key = hint(view.actions, "Start or stop the server");
    match &results.server {
        Server::Serving(_) => {
            if Button::danger("Stop server").icon(Icon::STOP).key(key).ui(ui).clicked() {
                commands.push(Command::Stop);
            }
            if Button::secondary("Restart").icon(Icon::ARROW_COUNTER_CLOCKWISE).ui(ui).clicked() {
                commands.push(Command::Restart);
            }
            let to_requests = Button::secondary("Open in Requests").icon(Icon::PAPER_PLANE_TILT);
            if to_requests.ui(ui).clicked() {
                commands.push(AppCommand::Go(PageId::Requests));
            }
        }
        Server::Starting => {
            let busy = Button::primary("Starting…").enabled(false, "The server is being started");
            busy.ui(ui);
            spinner(ui, size::ICON);
        }
        Server::Stopping => {
            let busy = Button::secondary("Stopping…").enabled(false, "It finishes what it accepted");
            busy.ui(ui);
            spinner(ui, size::ICON);
        }
        Server::Off => {
            let start = Button::primary("Start server").icon(Icon::BROADCAST).key(key);
            let possible = view.truth.champion().is_some();
            if start.enabled(possible, "Train a model and make it the champion first").ui(ui).clicked() {
                commands.push(Command::Start);
            }
        }
    }
}

/// What can be done about a server that did not start.
fn problem_ways_ui(ui: &mut Ui, results: &Results, draft: &Draft, commands: &mut Commands) {
    if Button::secondary("Try again").icon(Icon::ARROW_COUNTER_CLOCKWISE).ui(ui).clicked() {
        commands.push(Command::Start);
    }
    if let Some(port) = results.free_port {
        let label = format!("Use port {port}");
        if Button::secondary(&label).icon(Icon::BROADCAST).ui(ui).clicked() {
            commands.push(Command::StartOn(port));
        }
    }
    if draft.part != Part::Keys
        && results.keys_wrong
        && Button::secondary("Show the keys").icon(Icon::LOCK_SIMPLE).ui(ui).clicked()
    {
        commands.push(Command::Part(Part::Keys));
    }
    if draft.upstream.is_on()
        && results.upstream_wrong
        && Button::secondary("Change the upstream").icon(Icon::PENCIL_SIMPLE).ui(ui).clicked()
    {
        commands.push(Command::EditUpstream);
    }
    if Button::ghost("Dismiss").ui(ui).clicked() {
        commands.push(Command::Dismiss);
    }
}

fn settings_ui(
    ui: &mut Ui,
    width: f32,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, SETTINGS), Sense::hover());
    card_ground(ui, rect);
    let inner = rect.shrink2(vec2(space::S4, 0.0));
    let status = Rect::from_min_size(inner.min, vec2(190.0, rect.height()));
    status_ui(ui, status, view, results);
    let mut row = ui.new_child(
        UiBuilder::new()
            .id_salt("settings")
            .max_rect(Rect::from_min_max(pos2(status.right(), inner.top()), inner.max))
            .layout(Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = space::S2;
    let (line, _) = row.allocate_exact_size(vec2(1.0, space::S8), Sense::hover());
    row.painter().vline(line.center().x, line.y_range(), hairline(&t));
    row.add_space(space::S2);
    let running = results.live().is_some() || results.is_busy();
    let roomy = width > 960.0;
    row.add_enabled_ui(!running, |ui| {
        if roomy {
            ui.label(text("Address", font::small_medium(), t.text_2));
        }
        let wrong = draft.address.trim().parse::<std::net::IpAddr>().is_err();
        let why = "An address of this machine in numbers, as 127.0.0.1 or 0.0.0.0";
        text_field(ui, "Address", &mut draft.address, "127.0.0.1", 112.0, wrong.then_some(why));
        let wrong = super::port_of(&draft.port).is_none();
        let why = "A port from 0 to 65535; 0 takes any free one";
        text_field(ui, "Port", &mut draft.port, "8080", 64.0, wrong.then_some(why));
    });
    let url = format!("http://{}", super::public_address_of(results, draft));
    if icon_button(&mut row, Icon::COPY, "Copy the server's address").clicked() {
        commands.push(AppCommand::Copy(url));
    }
    row.add_space(space::S2);
    if roomy {
        row.label(text("Workers", font::small_medium(), t.text_2));
    }
    let before = draft.workers;
    stepper(&mut row, "Workers", &mut draft.workers, 1..=32, 104.0);
    if draft.workers != before {
        commands.push(Command::Workers);
    }
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let choices = [
            Segment::new(Part::Overview, "Overview"),
            Segment::new(Part::Keys, "Keys"),
            Segment::new(Part::Classroom, "Classroom"),
        ];
        let mut part = draft.part;
        if segmented(ui, "Part of the page", &mut part, &choices, size::CONTROL, None) {
            commands.push(Command::Part(part));
        }
    });
}

fn status_ui(ui: &mut Ui, rect: Rect, view: View<'_>, results: &Results) {
    let t = tokens(ui);
    let (words, color) = match &results.server {
        Server::Off if results.problem.is_some() => ("Failed", t.bad),
        Server::Off => ("Not serving", t.text_2),
        Server::Starting => ("Starting", t.info),
        Server::Stopping => ("Stopping", t.info),
        Server::Serving(_) => ("Serving", t.good),
    };
    let below = match &results.server {
        Server::Serving(live) => {
            let seconds = (view.work.clock.unix_millis() - live.since_unix_millis).max(0) as f64 / 1000.0;
            let requests = usize::try_from(results.log.total).unwrap_or(usize::MAX);
            format!("{}, {}", super::uptime(seconds), format::plural(requests, "request", "requests"))
        }
        Server::Starting => "binds the address".to_owned(),
        Server::Stopping => "finishes what it accepted".to_owned(),
        Server::Off => "nobody can ask the model".to_owned(),
    };
    let at = pos2(rect.left() + size::ICON / 2.0, rect.center().y);
    paint_icon(ui.painter(), at, Icon::BROADCAST, Weight::Regular, size::ICON_CARD, color);
    let place = Rect::from_min_max(pos2(rect.left() + size::ICON_CARD + space::S2, rect.top()), rect.max);
    guarded_ui(ui, place, "server state", |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add_space(place.height() / 2.0 - 19.0);
        ui.label(text(words, font::label(), color));
        ui.label(text(below, font::small(), t.text_2));
    });
    if results.live().is_some() {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs(1));
    }
}

fn overview_ui(
    ui: &mut Ui,
    width: f32,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let top = ui.cursor().top();
    let (rect, _) = ui.allocate_exact_size(vec2(width, route::HEIGHT), Sense::hover());
    let log = results.shown_log();
    let chosen = draft.selected.and_then(|number| log.get(number));
    route::route_ui(ui, rect, chosen.or_else(|| log.latest()), chosen.is_none());
    let Some(version) = view.truth.champion() else {
        let (rect, _) = ui.allocate_exact_size(vec2(width, LIST), Sense::hover());
        log::log_ui(ui, rect, results, draft, commands);
        return;
    };
    if width < STACKED {
        let half = ((width - space::S4) / 2.0).floor();
        let (rect, _) = ui.allocate_exact_size(vec2(width, cards::HEIGHT), Sense::hover());
        cards::protocols_ui(ui, rect, view, results, draft, commands);
        let (rect, _) = ui.allocate_exact_size(vec2(width, cards::HEIGHT), Sense::hover());
        let left = Rect::from_min_size(rect.min, vec2(half, rect.height()));
        let right = Rect::from_min_max(pos2(left.right() + space::S4, rect.top()), rect.max);
        cards::client_ui(ui, left, version, results, draft, commands);
        cards::server_ui(ui, right, view, version, results, draft, commands);
    } else {
        let (rect, _) = ui.allocate_exact_size(vec2(width, cards::HEIGHT), Sense::hover());
        let first = ((width - space::S4 * 2.0) * 0.44).floor();
        let other = ((width - space::S4 * 2.0 - first) / 2.0).floor();
        let left = Rect::from_min_size(rect.min, vec2(first, rect.height()));
        let middle =
            Rect::from_min_size(pos2(left.right() + space::S4, rect.top()), vec2(other, rect.height()));
        let right = Rect::from_min_max(pos2(middle.right() + space::S4, rect.top()), rect.max);
        cards::protocols_ui(ui, left, view, results, draft, commands);
        cards::client_ui(ui, middle, version, results, draft, commands);
        cards::server_ui(ui, right, view, version, results, draft, commands);
    }
    if results.live().is_some() && log.total == 0 {
        first_request_ui(ui, width, view, results, draft, commands);
    }
    let used = ui.cursor().top() - top;
    let rest = (ui.clip_rect().bottom() - top - used - 2.0).max(LIST);
    let (rect, _) = ui.allocate_exact_size(vec2(width, rest), Sense::hover());
    log::log_ui(ui, rect, results, draft, commands);
}

/// The first request, ready to be pasted into a terminal.
fn first_request_ui(
    ui: &mut Ui,
    width: f32,
    view: View<'_>,
    results: &Results,
    draft: &Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let Some(curl) =
        super::curl_of(view.truth, results, draft, &results.record, crate::protocol::Protocol::Plain)
    else {
        return;
    };
    let (rect, _) = ui.allocate_exact_size(vec2(width, 44.0), Sense::hover());
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CARD),
        t.accent_tint,
        hairline(&t),
        StrokeKind::Inside,
    );
    let mut row = ui.new_child(
        UiBuilder::new()
            .id_salt("first request")
            .max_rect(rect.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::right_to_left(Align::Center)),
    );
    if Button::secondary("Send it from here").icon(Icon::PAPER_PLANE_TILT).small().ui(&mut row).clicked() {
        commands.push(Command::First);
    }
    if Button::secondary("Copy")
        .name("Copy the first request")
        .icon(Icon::COPY)
        .small()
        .ui(&mut row)
        .clicked()
    {
        commands.push(AppCommand::Copy(curl.clone()));
    }
    row.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S3;
        icon_ui(ui, Icon::LIGHTNING, Weight::Regular, size::ICON, t.accent);
        ui.label(text("Your first request", font::label(), t.text));
        let one_line = curl.replace(" \\\n", " ").replace('\n', " ");
        ui.add(Label::new(text(one_line, font::mono_key(), t.text_2)).truncate());
    });
}

fn no_model_ui(ui: &mut Ui, view: View<'_>, commands: &mut Commands) {
    card_frame(ui).inner_margin(32).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let explanation = if view.truth.versions.is_empty() {
            "Train a model, or open a model file; then other programs can ask it here."
        } else {
            "No model is the champion. The champion answers every request; choose one on the Train page."
        };
        empty_state(ui, Icon::BROADCAST, "There is no model to serve", explanation, |ui| {
            let width = 320.0_f32.min(ui.available_width());
            ui.allocate_ui(vec2(width, size::CONTROL), |ui| {
                ui.horizontal(|ui| {
                    if Button::primary("Go to Train").icon(Icon::CHART_SCATTER).ui(ui).clicked() {
                        commands.push(AppCommand::Go(PageId::Train));
                    }
                    if Button::secondary("Open model…").icon(Icon::CUBE).ui(ui).clicked() {
                        commands.push(AppCommand::Choose(Purpose::OpenModel));
                    }
                });
            });
        });
    });
}
