//! The three cards of one model behind six doors: its protocols, what the client sees, what only the server sees.

use eframe::egui::{
    Align, Align2, CornerRadius, Layout, Rect, Role, Sense, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{Command, Draft, Results, SHOWN_PROTOCOLS, public_address_of, short_title};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::pages::View;
use crate::app::state::Version;
use crate::app::theme::{Icon, Tokens, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{card_head, clipped, elided, format, guarded_ui, icon_button, switch};
use crate::model::Task;
use crate::server::Limits;

/// Below this width a protocol's line has no room for the method.
const ROOMY: f32 = 400.0;
/// The height of a protocol's line.
const LINE: f32 = 28.0;
/// The height of the cards.
pub(super) const HEIGHT: f32 = size::CARD_HEAD + LINE * SHOWN_PROTOCOLS.len() as f32 + space::S2;

/// The largest body that the server reads, in bytes.
pub(crate) fn body_limit() -> u64 {
    Limits::default().max_body_bytes
}

fn card_ui(
    ui: &mut Ui,
    rect: Rect,
    icon: Option<Icon>,
    title: &str,
    sunken: bool,
    note: &str,
    add: impl FnOnce(&mut Ui, Rect),
) {
    let t = tokens(ui);
    let fill = if sunken { t.sunken } else { t.surface };
    ui.painter().rect(rect, CornerRadius::same(radius::CARD), fill, hairline(&t), StrokeKind::Inside);
    guarded_ui(ui, rect, title, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        card_head(ui, icon, title, true, |ui| {
            if ui.available_width() > 220.0 {
                ui.label(text(note, font::small(), t.text_3));
            }
        });
        let rest = Rect::from_min_max(
            pos2(rect.left() + space::S4, rect.top() + size::CARD_HEAD),
            pos2(rect.right() - space::S3, rect.bottom()),
        );
        add(ui, rest);
    });
}

/// The protocols, each with a switch, its main address and how often it was asked.
pub(super) fn protocols_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    results: &Results,
    draft: &Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    card_ui(ui, rect, None, "Protocols", false, "one model, many ways to ask", |ui, rest| {
        for (at, protocol) in SHOWN_PROTOCOLS.into_iter().enumerate() {
            let line = Rect::from_min_size(
                pos2(rest.left(), rest.top() + LINE * at as f32),
                vec2(rest.width(), LINE),
            );
            let mut row = ui.new_child(
                UiBuilder::new()
                    .id_salt(protocol.name())
                    .max_rect(line)
                    .layout(Layout::left_to_right(Align::Center)),
            );
            row.spacing_mut().item_spacing.x = space::S3;
            let mut on = !draft.off.contains(protocol.name());
            if switch(&mut row, &mut on, short_title(protocol)).changed() {
                commands.push(Command::Toggle(protocol));
            }
            let roomy = line.width() > ROOMY;
            let name_right = line.left() + 176.0;
            let color = if on { t.text } else { t.text_3 };
            let painter = row.painter().with_clip_rect(line.intersect(row.clip_rect()));
            let y = line.center().y;
            clipped(
                &painter,
                pos2(line.left() + 48.0, y),
                Align2::LEFT_CENTER,
                short_title(protocol),
                128.0,
                color,
            );
            let (method, path) = super::main_address(protocol, &super::served_name(view.truth));
            let method_color = if on { t.info } else { t.text_3 };
            let path_left = if roomy {
                let at = pos2(name_right, y);
                painter.text(at, Align2::LEFT_CENTER, method, font::mono_key(), method_color);
                name_right + 38.0
            } else {
                name_right
            };
            let path_right = line.right() - if roomy { 76.0 } else { 64.0 };
            let place = Rect::from_min_max(pos2(path_left, line.top()), pos2(path_right, line.bottom()));
            let response = row.interact(place, row.scope_id().with("path"), Sense::hover());
            let spoken = format!("{method} {path}");
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
            let galley = elided(&painter, &path, font::mono_key(), color, place.width());
            painter.galley(pos2(path_left, y - galley.size().y / 2.0), galley, color);
            response.on_hover_text(spoken);
            let count = results.shown_log().count(protocol);
            if count > 0 {
                painter.text(
                    pos2(line.right() - 36.0, y),
                    Align2::RIGHT_CENTER,
                    format::count(count),
                    font::mono_key(),
                    t.text_2,
                );
            }
            super::log::right_ui(&mut row, line, |ui| {
                if icon_button(ui, Icon::COPY, &format!("Copy {} as curl", short_title(protocol))).clicked() {
                    commands.push(Command::CopyCurl(protocol));
                }
            });
            if at + 1 < SHOWN_PROTOCOLS.len() {
                ui.painter().hline(line.x_range(), line.bottom() - 0.5, hairline(&t));
            }
        }
    });
}

/// A name and what it stands for, cut off where it must be, with buttons behind.
fn fact_ui(ui: &mut Ui, t: &Tokens, line: Rect, name: &str, value: &str, buttons: f32) {
    let response = ui.interact(line, ui.scope_id().with(("fact", name)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {value}")));
    let painter = ui.painter().with_clip_rect(line.intersect(ui.clip_rect()));
    let y = line.center().y;
    painter.text(pos2(line.left(), y), Align2::LEFT_CENTER, name, font::body(), t.text_2);
    let left = line.left() + if line.width() > 250.0 { 104.0 } else { 80.0 };
    let width = (line.right() - buttons - left).max(8.0);
    let mut galley = elided(&painter, value, font::mono(), t.text, width);
    if galley.elided
        && let Some(short) = value.strip_prefix("http://")
    {
        galley = elided(&painter, short, font::mono(), t.text, width);
    }
    let cut = galley.elided;
    painter.galley(pos2(left, y - galley.size().y / 2.0), galley, t.text);
    if cut {
        response.on_hover_text(value);
    }
}

fn lines(rest: Rect) -> impl FnMut() -> Rect {
    let mut top = rest.top() + space::S2;
    move || {
        let line = Rect::from_min_size(pos2(rest.left(), top), vec2(rest.width(), LINE));
        top += LINE;
        line
    }
}

/// What a client knows, and nothing else.
pub(super) fn client_ui(
    ui: &mut Ui,
    rect: Rect,
    version: &Version,
    results: &Results,
    draft: &Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    card_ui(ui, rect, Some(Icon::EYE), "What the client sees", false, "", |ui, rest| {
        let mut next = lines(rest);
        let model = version.model();
        let url = format!("http://{}", public_address_of(results, draft));
        let line = next();
        fact_ui(ui, &t, line, "Address", &url, 28.0);
        super::log::right_ui(ui, line, |ui| {
            if icon_button(ui, Icon::COPY, "Copy the address").clicked() {
                commands.push(AppCommand::Copy(url.clone()));
            }
        });
        let line = next();
        match results.publishable.as_deref() {
            Some(key) => {
                fact_ui(ui, &t, line, "Publishable", key, 28.0);
                let mut row = ui.new_child(UiBuilder::new().id_salt("publishable").max_rect(line));
                super::log::right_ui(&mut row, line, |ui| {
                    if icon_button(ui, Icon::COPY, "Copy the publishable key").clicked() {
                        commands.push(AppCommand::Copy(key.to_owned()));
                    }
                });
            }
            None if draft.ask_for_keys || draft.classroom => {
                fact_ui(ui, &t, line, "Key", "asked for; none is valid", 0.0);
            }
            None => fact_ui(ui, &t, line, "Key", "none needed", 0.0),
        }
        let inputs = format::plural(model.inputs.len(), "feature value", "feature values");
        fact_ui(ui, &t, next(), "Sends", &inputs, 0.0);
        let gets = match model.task {
            Task::Regression => model.output.name.clone(),
            Task::Classification => format!("{} and its probability", model.output.name),
        };
        fact_ui(ui, &t, next(), "Gets", &gets, 0.0);
        fact_ui(ui, &t, next(), "Model", &format!("{} {}", model.name, model.version), 0.0);
        fact_ui(ui, &t, next(), "Limit", &format!("{} a request", format::binary_bytes(body_limit())), 0.0);
    });
}

/// What never leaves the server.
pub(super) fn server_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    version: &Version,
    results: &Results,
    draft: &Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    card_ui(ui, rect, Some(Icon::LOCK_SIMPLE), "What only the server sees", true, "", |ui, rest| {
        let mut next = lines(rest);
        let model = version.model();
        let line = next();
        let now = ui.input(|input| input.time);
        match &results.secret {
            Some((_, secret)) => {
                let open = draft.revealed_until.is_some_and(|until| now < until);
                let shown = if open { secret.clone() } else { super::masked(secret) };
                fact_ui(ui, &t, line, "Secret key", &shown, 60.0);
                super::log::right_ui(ui, line, |ui| {
                    if icon_button(ui, Icon::COPY, "Copy the secret key").clicked() {
                        commands.push(AppCommand::Copy(secret.clone()));
                    }
                    let name = if open { "Hide the secret key" } else { "Show the secret key for 10 s" };
                    if icon_button(ui, Icon::EYE, name).clicked() {
                        commands.push(Command::Reveal(if open {
                            None
                        } else {
                            Some(now + super::REVEAL_SECS)
                        }));
                    }
                });
                if let Some(until) = draft.revealed_until.filter(|until| now < *until) {
                    ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(until - now));
                }
            }
            None => fact_ui(ui, &t, line, "Secret key", results.key_note(), 0.0),
        }
        fact_ui(ui, &t, next(), "Model file", &format!("models/v{}.json", version.entry.number), 0.0);
        fact_ui(ui, &t, next(), "Trained on", &model.training.data, 0.0);
        let workers = format::plural(usize::try_from(draft.workers).unwrap_or(1), "worker", "workers");
        let queue = match results.live() {
            Some(_) => format!("{} waiting, {workers}", format::count(results.waiting)),
            None => workers,
        };
        fact_ui(ui, &t, next(), "Queue", &queue, 0.0);
        let log = if view.truth.folder.is_some() { "log.db: every request and its key" } else { "not kept" };
        fact_ui(ui, &t, next(), "Log", log, 0.0);
        let line = next();
        fact_ui(ui, &t, line, "Upstream", &draft.upstream.words(), 28.0);
        let mut row = ui.new_child(UiBuilder::new().id_salt("upstream").max_rect(line));
        super::log::right_ui(&mut row, line, |ui| {
            if icon_button(ui, Icon::PENCIL_SIMPLE, "Set up the upstream").clicked() {
                commands.push(Command::EditUpstream);
            }
        });
        if draft.upstream.is_on() {
            fact_ui(ui, &t, next(), "Its secret", &draft.upstream.secret_words(), 0.0);
        }
    });
}
