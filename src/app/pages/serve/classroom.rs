//! The classroom: the server on the network of the room, a publishable key for every seat, and who sends what.

use eframe::egui::{
    Align, Align2, CornerRadius, Label, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::{Command, Draft, Results, Seat};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::pages::View;
use crate::app::theme::{Icon, Tokens, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Tone, Weight, card_ground, card_head, clipped, elided, focus_ring, format, guarded_ui, icon_ui,
    stepper, switch, tag,
};

/// The card with the switch.
const SWITCH: f32 = 72.0;
/// The height of the seats and of the card beside them.
const SEATS: f32 = 470.0;
/// The side of the code that phones read.
const CODE: f32 = 232.0;
/// The quiet zone around it, in modules, as its standard asks for.
const QUIET: usize = 4;

/// The part of the page.
pub(super) fn classroom_ui(
    ui: &mut Ui,
    width: f32,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, SWITCH), Sense::hover());
    card_ground(ui, rect);
    let mut row = ui.new_child(
        UiBuilder::new()
            .id_salt("classroom")
            .max_rect(rect.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = space::S3;
    let mut on = draft.classroom;
    let possible = view.truth.folder.is_some() && view.truth.champion().is_some() && !results.is_busy();
    row.add_enabled_ui(possible, |ui| {
        if switch(ui, &mut on, "Accept the class on the network").changed() {
            commands.push(Command::Classroom(on));
        }
    });
    row.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add_space(SWITCH / 2.0 - 20.0);
        ui.label(text("Accept the class on the network", font::label(), t.text));
        let about = if draft.classroom && results.live().is_none() {
            "Start the server, and every machine in this network can reach it with a key."
        } else if draft.classroom {
            "Every machine in this network can reach the server; every request needs a key."
        } else {
            "The server then listens on all addresses of this machine, and asks for a key with every request."
        };
        ui.add(Label::new(text(about, font::small(), t.text_2)).truncate());
    });
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let before = draft.seats;
        ui.add_enabled_ui(!draft.classroom, |ui| {
            stepper(ui, "Seats", &mut draft.seats, 1..=super::MOST_SEATS, 112.0);
        });
        if before != draft.seats {
            draft.seats = draft.seats.clamp(1, super::MOST_SEATS);
        }
        ui.label(text("Seats", font::small_medium(), t.text_2));
    });
    if !draft.classroom || results.seats.is_empty() {
        off_ui(ui, width, &t, results, draft);
        return;
    }
    let (rect, _) = ui.allocate_exact_size(vec2(width, SEATS), Sense::hover());
    let right_width = 320.0_f32.min(width * 0.4);
    let left = Rect::from_min_max(rect.min, pos2(rect.right() - right_width - space::S4, rect.bottom()));
    let right = Rect::from_min_max(pos2(left.right() + space::S4, rect.top()), rect.max);
    seats_ui(ui, left, results, draft, commands);
    let at = draft.seat.min(results.seats.len() - 1);
    seat_ui(ui, right, results, &results.seats[at], commands);
}

fn off_ui(ui: &mut Ui, width: f32, t: &Tokens, results: &Results, draft: &Draft) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, 204.0), Sense::hover());
    card_ground(ui, rect);
    guarded_ui(ui, rect.shrink(space::S4), "off", |ui| {
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.label(text("What happens when it is switched on", font::card_title(), t.text));
        let seats = format::plural(usize::try_from(draft.seats).unwrap_or(1), "seat", "seats");
        let here = match results.networks.as_deref() {
            None => "This machine's address in its network is looked up.".to_owned(),
            Some([]) => {
                "This machine has no address in a network now; the class can't reach it until it has one."
                    .to_owned()
            }
            Some(networks) => format!("This machine is {} in its network.", networks.join(", ")),
        };
        for line in [
            format!("A publishable key is made for each of {seats}; it may predict, and nothing else."),
            "Each seat gets a code to scan and a short text to type; you see live who sends what.".to_owned(),
            here,
            "Switched off, the server goes back to this machine alone and the seats' keys are revoked."
                .to_owned(),
        ] {
            ui.horizontal(|ui| {
                icon_ui(ui, Icon::ARROW_RIGHT, Weight::Regular, size::ICON_SEGMENT, t.text_3);
                ui.add(Label::new(text(line, font::body(), t.text_2)).truncate());
            });
        }
    });
}

fn seats_ui(ui: &mut Ui, rect: Rect, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    card_ground(ui, rect);
    guarded_ui(ui, rect, "seats", |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        let heard = results
            .seats
            .iter()
            .filter(|seat| results.log.key(&seat.name).is_some_and(|used| used.requests > 0))
            .count();
        card_head(ui, None, "Who sends what", true, |ui| {
            if Button::secondary("Copy all seats").icon(Icon::COPY).small().ui(ui).clicked() {
                commands.push(AppCommand::Copy(super::hand_out(&results.seats)));
            }
            ui.label(text(
                format!("{heard} of {} were heard", format::plural(results.seats.len(), "seat", "seats")),
                font::small(),
                t.text_2,
            ));
        });
        let body = Rect::from_min_max(pos2(rect.left() + 1.0, ui.cursor().top()), rect.max - vec2(1.0, 2.0));
        guarded_ui(ui, body, "list", |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical().id_salt("seats").auto_shrink(false).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for (at, seat) in results.seats.iter().enumerate() {
                    line_ui(ui, &t, at, seat, results, draft);
                }
            });
        });
    });
}

fn line_ui(ui: &mut Ui, t: &Tokens, at: usize, seat: &Seat, results: &Results, draft: &mut Draft) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_VERSION), Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("seat", at)), Sense::click());
    let chosen = draft.seat == at;
    let used = results.log.key(&seat.name);
    let said = used.map_or_else(
        || "not heard yet".to_owned(),
        |used| {
            let n = usize::try_from(used.requests).unwrap_or(usize::MAX);
            format!("{}, last {}", format::plural(n, "request", "requests"), used.last)
        },
    );
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, true, chosen, format!("Seat {}: {said}", seat.name))
    });
    if response.clicked() {
        draft.seat = at;
    }
    let fill = if chosen {
        t.selected
    } else if response.hovered() {
        t.hover
    } else {
        eframe::egui::Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, CornerRadius::ZERO, fill);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let y = rect.center().y;
    let color = match used {
        None => t.stroke_strong,
        Some(used) if used.errors > 0 => t.warn,
        Some(_) => t.good,
    };
    painter.circle_filled(pos2(rect.left() + space::S4, y), 4.0, color);
    painter.text(pos2(rect.left() + 32.0, y), Align2::LEFT_CENTER, &seat.name, font::label(), t.text);
    let left = rect.left() + (rect.width() * 0.46).max(220.0);
    let key = elided(&painter, &seat.key, font::mono_key(), t.text_2, left - rect.left() - 116.0 - space::S3);
    painter.galley(pos2(rect.left() + 116.0, y - key.size().y / 2.0), key, t.text_2);
    clipped(
        &painter,
        pos2(left, y),
        Align2::LEFT_CENTER,
        &said,
        rect.right() - left - space::S3,
        if used.is_some() { t.text } else { t.text_3 },
    );
    focus_ring(ui, &response, radius::TAG);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(t));
}

fn seat_ui(ui: &mut Ui, rect: Rect, results: &Results, seat: &Seat, commands: &mut Commands) {
    let t = tokens(ui);
    card_ground(ui, rect);
    guarded_ui(ui, rect, "seat", |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        card_head(ui, None, &format!("Seat {}", seat.name), true, |ui| {
            if results.live().is_some() {
                tag(ui, Tone::Good, Some((Icon::BROADCAST, Weight::Regular)), "Reachable");
            }
        });
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = space::S2;
            ui.add_space(space::S3);
            code_ui(ui, &seat.url, &format!("Code for seat {}", seat.name));
            ui.add_space(space::S1);
            ui.add(Label::new(text(&seat.address, font::mono(), t.text)).truncate());
            ui.add(Label::new(text(&seat.key, font::mono(), t.text)).truncate());
        });
        let foot = Rect::from_min_max(
            pos2(rect.left() + space::S4, rect.bottom() - 100.0),
            rect.max - vec2(space::S4, space::S3),
        );
        guarded_ui(ui, foot, "foot", |ui| {
            ui.spacing_mut().item_spacing.y = space::S2;
            let about =
                "Scan it, or type address and key into Requests. The key may predict, and nothing else.";
            ui.add(Label::new(text(about, font::small(), t.text_2)).wrap());
            ui.horizontal(|ui| {
                if Button::secondary("Copy").name("Copy this seat").icon(Icon::COPY).ui(ui).clicked() {
                    commands.push(AppCommand::Copy(super::hand_out(std::slice::from_ref(seat))));
                }
                if Button::secondary("Try this key").icon(Icon::PAPER_PLANE_TILT).ui(ui).clicked() {
                    commands.push(Command::TrySeat(seat.name.clone()));
                }
            });
        });
    });
}

/// A QR code (ISO/IEC 18004) of a text. Dark on light in both themes, since many readers take nothing else.
fn code_ui(ui: &mut Ui, what: &str, name: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(CODE, CODE), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let (light, dark) = crate::app::theme::CODE_COLORS;
    ui.painter().rect_filled(rect, CornerRadius::same(radius::CONTROL), light);
    let Ok(code) = qrcode::QrCode::with_error_correction_level(what, qrcode::EcLevel::M) else {
        let t = tokens(ui);
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            "Too long for a code",
            font::small(),
            t.text_2,
        );
        return;
    };
    let side = code.width();
    let module = CODE / (side + QUIET * 2) as f32;
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            let (x, y) = ((at % side + QUIET) as f32, (at / side + QUIET) as f32);
            let corner = rect.min + vec2(x * module, y * module);
            // a hair more than a module, so that no light line stands between two
            ui.painter().rect_filled(
                Rect::from_min_size(corner, vec2(module + 0.25, module + 0.25)),
                CornerRadius::ZERO,
                dark,
            );
        }
    }
    response.on_hover_text(what);
}
