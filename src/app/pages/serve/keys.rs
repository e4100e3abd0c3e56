//! Keys: who may ask what; made, revoked and changed here as on the command line; and the key lab, which tries what a key
//! must not do.

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align, Align2, CornerRadius, Key, Label, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::lab::{Outcome, Trial};
use super::{Command, Draft, KeyShown, Results};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::pages::View;
use crate::app::theme::{Icon, Tokens, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Tone, Weight, card_ground, card_head, check, clipped, field_label, focus_ring, format,
    guarded_ui, icon_ui, paint_icon, segmented, stepper, switch, tag, text_field,
};

/// The height of the form for a new key, and of what a new key's secret is shown in.
const FORM: f32 = 168.0;
/// The height of both cards.
const HEIGHT: f32 = 44.0 + TRIAL * 6.0;
/// The height of a trial.
const TRIAL: f32 = 94.0;

/// The part of the page.
pub(super) fn keys_ui(
    ui: &mut Ui,
    width: f32,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let first = ((width - space::S4) * 0.5).floor();
    let left = Rect::from_min_size(rect.min, vec2(first, rect.height()));
    let right = Rect::from_min_max(pos2(left.right() + space::S4, rect.top()), rect.max);
    list_ui(ui, left, view, results, draft, commands);
    lab_ui(ui, right, results, commands);
}

fn list_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    card_ground(ui, rect);
    guarded_ui(ui, rect, "keys", |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        card_head(ui, Some(Icon::LOCK_SIMPLE), "Keys", true, |ui| {
            let mut on = draft.ask_for_keys;
            let possible = view.truth.folder.is_some() && !draft.classroom;
            ui.add_enabled_ui(possible, |ui| {
                if switch(ui, &mut on, "Ask for a key").changed() {
                    commands.push(Command::AskForKeys(on));
                }
            });
            ui.label(text("Ask for a key", font::small_medium(), t.text_2));
        });
        let form = Rect::from_min_max(pos2(rect.left(), rect.bottom() - FORM), rect.max);
        let body = Rect::from_min_max(
            pos2(rect.left() + 1.0, ui.cursor().top()),
            pos2(rect.right() - 1.0, form.top()),
        );
        if results.keys.is_empty() {
            let said = if view.truth.folder.is_none() {
                "Keys are kept in the workspace; this window has none"
            } else if draft.ask_for_keys {
                "No key yet: nobody can ask until one is made"
            } else {
                "Without keys anyone on this machine may ask. Make one below to see how keys work."
            };
            guarded_ui(ui, body.shrink2(vec2(space::S4, space::S4)), "no keys", |ui| {
                ui.add(Label::new(text(said, font::body(), t.text_2)).wrap());
            });
        } else {
            guarded_ui(ui, body, "list", |ui| {
                ScrollArea::vertical().id_salt("keys").auto_shrink(false).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for key in &results.keys {
                        line_ui(ui, &t, key, results, draft, commands);
                    }
                });
            });
        }
        ui.painter().hline(form.x_range().shrink(1.0), form.top() + 0.5, hairline(&t));
        guarded_ui(ui, form.shrink2(vec2(space::S4, space::S3)), "form", |ui| {
            form_ui(ui, &t, view, results, draft, commands);
        });
    });
}

fn line_ui(
    ui: &mut Ui,
    t: &Tokens,
    key: &KeyShown,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let chosen = draft.key.as_deref() == Some(key.publishable.as_str());
    let height = if chosen { 88.0 } else { 48.0 };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("key", &key.publishable)), Sense::click());
    let state = if key.revoked { "revoked" } else { "valid" };
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, true, chosen, format!("Key {}: {state}", key.name))
    });
    if response.clicked() {
        draft.key = if chosen { None } else { Some(key.publishable.clone()) };
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
    let (icon, color) = if key.revoked { (Icon::PROHIBIT, t.bad) } else { (Icon::CHECK_CIRCLE, t.good) };
    let y = rect.top() + 16.0;
    paint_icon(&painter, pos2(rect.left() + space::S4, y), icon, Weight::Regular, size::ICON, color);
    let x = rect.left() + 36.0;
    painter.text(pos2(x, y), Align2::LEFT_CENTER, &key.name, font::label(), t.text);
    let rights = format!(
        "may {}{}",
        key.may.join(", "),
        key.limit.map_or_else(String::new, |n| format!(", {n} a minute"))
    );
    clipped(
        &painter,
        pos2(x, rect.top() + 35.0),
        Align2::LEFT_CENTER,
        &format!("{}   {rights}", key.publishable),
        rect.right() - x - space::S3,
        t.text_2,
    );
    let used = results.log.key(&key.name).map_or(0, |used| used.requests);
    painter.text(
        pos2(rect.right() - space::S3, y),
        Align2::RIGHT_CENTER,
        if key.revoked {
            "revoked".to_owned()
        } else {
            format::plural(usize::try_from(used).unwrap_or(usize::MAX), "request", "requests")
        },
        font::small(),
        if key.revoked { t.bad } else { t.text_3 },
    );
    focus_ring(ui, &response, radius::TAG);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(t));
    if chosen {
        let place = Rect::from_min_max(pos2(x, rect.top() + 52.0), rect.max - vec2(space::S3, space::S2));
        let mut row = ui.new_child(
            UiBuilder::new()
                .id_salt(("ways", &key.publishable))
                .max_rect(place)
                .layout(Layout::left_to_right(Align::Center)),
        );
        row.spacing_mut().item_spacing.x = space::S2;
        if Button::secondary("Copy publishable").icon(Icon::COPY).small().ui(&mut row).clicked() {
            commands.push(AppCommand::Copy(key.publishable.clone()));
        }
        let usable = !key.revoked;
        let rotate = Button::secondary("Rotate").icon(Icon::ARROW_COUNTER_CLOCKWISE).small();
        if rotate.enabled(usable, "It was revoked").ui(&mut row).clicked() {
            commands.push(Command::RotateKey(key.name.clone()));
        }
        let revoke = Button::secondary("Revoke").icon(Icon::PROHIBIT).small();
        if revoke.enabled(usable, "It was revoked").ui(&mut row).clicked() {
            commands.push(Command::RevokeKey(key.name.clone()));
        }
    }
}

fn form_ui(
    ui: &mut Ui,
    t: &Tokens,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    ui.spacing_mut().item_spacing = vec2(space::S2, space::S2);
    if let Some((name, secret)) = &results.made {
        ui.horizontal(|ui| {
            icon_ui(ui, Icon::CHECK_CIRCLE, Weight::Fill, size::ICON, t.good);
            let said = format!("The secret of {name}; only this window knows it, until it closes:");
            ui.add(Label::new(text(said, font::label(), t.text)).wrap());
        });
        ui.add(Label::new(text(secret, font::mono(), t.text)).truncate());
        let about = "Only its SHA-256 is kept. A client never gets it: the publishable key stands for it on the server.";
        ui.add(Label::new(text(about, font::small(), t.text_2)).wrap());
        ui.horizontal(|ui| {
            if Button::secondary("Copy the secret").icon(Icon::COPY).small().ui(ui).clicked() {
                commands.push(AppCommand::Copy(secret.clone()));
            }
            if Button::primary("I have it").small().ui(ui).clicked() {
                commands.push(Command::ForgetSecret);
            }
        });
        return;
    }
    field_label(ui, "A new key");
    let wanted = wanted(view, results, &draft.new_key);
    ui.horizontal(|ui| {
        let field = text_field(ui, "Name of the new key", &mut draft.new_key, "class", 150.0, None);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if entered && wanted.is_ok() {
            commands.push(Command::MakeKey);
        }
        let choices = [Segment::new(false, "May predict"), Segment::new(true, "May do everything")];
        segmented(ui, "Rights", &mut draft.new_admin, &choices, size::CONTROL, None);
    });
    ui.horizontal(|ui| {
        check(ui, &mut draft.new_limited, "At most");
        ui.add_enabled_ui(draft.new_limited, |ui| {
            stepper(ui, "Requests a minute", &mut draft.new_limit, 1..=100_000, 128.0);
        });
        ui.label(text("requests a minute", font::body(), t.text_2));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let make = Button::primary("Make a key").icon(Icon::PLUS);
            if make.enabled(wanted.is_ok(), wanted.err().unwrap_or_default()).ui(ui).clicked() {
                commands.push(Command::MakeKey);
            }
        });
    });
}

/// Whether a key can be made under a name, or why not.
fn wanted(view: View<'_>, results: &Results, name: &str) -> Result<(), &'static str> {
    let name = name.trim();
    if view.truth.folder.is_none() {
        Err("Keys are kept in the workspace; this window has none")
    } else if name.is_empty() {
        Err("Give it a name; logs show it in place of the key")
    } else if name.chars().any(char::is_control) {
        Err("The name holds a line break or a character that can't be seen; type it again")
    } else if results.keys.iter().any(|key| key.name == name && !key.revoked) {
        Err("There is a key of that name")
    } else {
        Ok(())
    }
}

fn lab_ui(ui: &mut Ui, rect: Rect, results: &Results, commands: &mut Commands) {
    let t = tokens(ui);
    card_ground(ui, rect);
    guarded_ui(ui, rect, "lab", |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        let live = results.live().is_some();
        card_head(ui, Some(Icon::FLASK), "Key lab", true, |ui| {
            let all = Button::primary("Try all").icon(Icon::PLAY).small();
            let (possible, why) = if !live {
                (false, "Start the server first")
            } else if results.trying {
                (false, "They are being tried")
            } else {
                (true, "")
            };
            if all.enabled(possible, why).ui(ui).clicked() {
                commands.push(Command::Try(None));
            }
            if ui.available_width() > 240.0 {
                ui.label(text("real requests to this server", font::small(), t.text_3));
            }
        });
        let body = Rect::from_min_max(pos2(rect.left() + 1.0, ui.cursor().top()), rect.max - vec2(1.0, 2.0));
        guarded_ui(ui, body, "trials", |ui| {
            ScrollArea::vertical().id_salt("trials").auto_shrink(false).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for trial in Trial::ALL {
                    trial_ui(ui, &t, trial, results.trials.get(&trial), live && !results.trying, commands);
                }
            });
        });
    });
}

fn trial_ui(
    ui: &mut Ui,
    t: &Tokens,
    trial: Trial,
    outcome: Option<&Outcome>,
    possible: bool,
    commands: &mut Commands,
) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), TRIAL), Sense::hover());
    let said = outcome.map_or_else(|| "not tried yet".to_owned(), |outcome| outcome.said.clone());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: {said}", trial.title())));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let x = rect.left() + space::S4;
    painter.text(pos2(x, rect.top() + 18.0), Align2::LEFT_CENTER, trial.title(), font::label(), t.text);
    clipped(
        &painter,
        pos2(x, rect.top() + 37.0),
        Align2::LEFT_CENTER,
        trial.expected(),
        rect.width() - space::S4 * 2.0,
        t.text_2,
    );
    let right = rect.right() - space::S4;
    let corner = Rect::from_min_max(pos2(right - 64.0, rect.top() + 6.0), pos2(right, rect.top() + 30.0));
    let mut row = ui.new_child(
        UiBuilder::new().id_salt(trial.title()).max_rect(corner).layout(Layout::right_to_left(Align::Center)),
    );
    let label = if trial == Trial::Leak { "Look" } else { "Try" };
    let name = format!("{label}: {}", trial.title());
    let button = Button::secondary(label).name(&name).small();
    if button.enabled(possible, "Start the server first").ui(&mut row).clicked() {
        commands.push(Command::Try(Some(trial)));
    }
    let line = Rect::from_min_max(pos2(x, rect.top() + 50.0), pos2(right, rect.bottom() - 6.0));
    let mut row = ui.new_child(
        UiBuilder::new().id_salt(("said", trial.title())).max_rect(line).layout(Layout::top_down(Align::Min)),
    );
    row.horizontal_top(|ui| match outcome {
        Some(outcome) => {
            let (tone, icon) = if outcome.as_expected {
                (Tone::Good, Icon::CHECK_CIRCLE)
            } else {
                (Tone::Bad, Icon::X_CIRCLE)
            };
            let short =
                if outcome.status > 0 { outcome.status.to_string() } else { outcome.short.to_owned() };
            tag(ui, tone, Some((icon, Weight::Fill)), &short);
            let mut job =
                LayoutJob::simple(outcome.said.clone(), font::small(), t.text_2, ui.available_width());
            job.wrap.max_rows = 2;
            let galley = ui.painter().layout_job(job);
            ui.add(Label::new(galley)).on_hover_text(&outcome.said);
        }
        None => {
            ui.label(text("Not tried yet", font::small(), t.text_3));
        }
    });
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(t));
}
