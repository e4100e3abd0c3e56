//! The page's small dialogs: a curl command to take over, a secret to type, a warning before a secret is written down.

use eframe::egui::{Frame, Id, Label, Margin, Modal, Role, ScrollArea, TextEdit, Ui, WidgetInfo, vec2};

use super::{Command, Draft};
use crate::app::command::Commands;
use crate::app::theme::{Icon, font, space, text, tokens};
use crate::app::widgets::{Button, Weight, field_label, icon_ui, popup_frame};

/// A curl command is pasted.
pub(super) fn import_ui(ui: &Ui, draft: &mut Draft, commands: &mut Commands) {
    let Some(line) = &mut draft.import else { return };
    let t = tokens(ui);
    let mut close = false;
    let modal =
        Modal::new(Id::unique("import")).frame(popup_frame(ui).inner_margin(16)).show(ui.ctx(), |ui| {
            ui.set_width(600.0_f32.min(ui.ctx().content_rect().width() - 64.0));
            ui.spacing_mut().item_spacing.y = space::S2;
            ui.label(text("Import a curl command", font::heading(), t.text));
            field_label(ui, "Paste it as a terminal or a browser's network panel has it");
            Frame::new().fill(t.sunken).inner_margin(Margin::same(8)).show(ui, |ui| {
                ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
                    let response = ui.add(
                        TextEdit::multiline(line)
                            .font(font::mono())
                            .frame(Frame::NONE)
                            .desired_width(f32::INFINITY)
                            .desired_rows(8)
                            .hint_text(text(
                                "curl -X POST http://127.0.0.1:8080/predict -d '{…}'",
                                font::mono(),
                                t.text_3,
                            )),
                    );
                    let value = line.clone();
                    response.widget_info(|| {
                        let mut info = WidgetInfo::labeled(Role::MultilineTextInput, true, "curl command");
                        info.current_text_value = Some(value.clone());
                        info
                    });
                    if line.is_empty() && !response.has_focus() {
                        response.request_focus();
                    }
                });
            });
            ui.horizontal(|ui| {
                let import = Button::primary("Import").icon(Icon::DOWNLOAD_SIMPLE);
                if import.enabled(!line.trim().is_empty(), "Paste a command first").ui(ui).clicked() {
                    commands.push(Command::TakeImport(line.clone()));
                }
                if Button::secondary("Close").ui(ui).clicked() {
                    close = true;
                }
            });
        });
    if close || modal.should_close() {
        draft.import = None;
    }
}

/// A secret is typed.
pub(super) fn secret_ui(ui: &Ui, draft: &mut Draft, commands: &mut Commands) {
    let Some((name, value)) = &mut draft.secret else { return };
    let t = tokens(ui);
    let mut close = false;
    let modal = Modal::new(Id::unique("secret")).frame(popup_frame(ui).inner_margin(16)).show(ui.ctx(), |ui| {
        ui.set_width(420.0_f32.min(ui.ctx().content_rect().width() - 64.0));
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.label(text(format!("Secret {name}"), font::heading(), t.text));
        let said = "It is written into no file. Keep it in the system's keychain, or only until the window closes.";
        ui.add(Label::new(text(said, font::body(), t.text_2)).wrap());
        let response = ui.add(
            TextEdit::singleline(value).password(true).font(font::mono_input()).desired_width(f32::INFINITY).min_size(vec2(0.0, 32.0)),
        );
        response.widget_info(|| WidgetInfo::labeled(Role::PasswordInput, true, "Secret value"));
        if value.is_empty() && !response.has_focus() {
            response.request_focus();
        }
        ui.horizontal(|ui| {
            let has = !value.is_empty();
            if Button::primary("For this session").enabled(has, "Type it first").ui(ui).clicked() {
                commands.push(Command::SetSecret { name: name.clone(), value: value.clone(), keep: false });
                close = true;
            }
            if Button::secondary("In the keychain").enabled(has, "Type it first").ui(ui).clicked() {
                commands.push(Command::SetSecret { name: name.clone(), value: value.clone(), keep: true });
                close = true;
            }
        });
    });
    if close || modal.should_close() {
        draft.secret = None;
    }
}

/// What is about to be saved looks like it holds a secret.
pub(super) fn leaks_ui(ui: &Ui, draft: &mut Draft, commands: &mut Commands) {
    if draft.leaks.is_empty() {
        return;
    }
    let t = tokens(ui);
    let mut close = false;
    let modal = Modal::new(Id::unique("leaks")).frame(popup_frame(ui).inner_margin(16)).show(ui.ctx(), |ui| {
        ui.set_width(480.0_f32.min(ui.ctx().content_rect().width() - 64.0));
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.horizontal(|ui| {
            icon_ui(ui, Icon::WARNING, Weight::Fill, 24.0, t.warn);
            ui.label(text("This looks like a secret", font::heading(), t.text));
        });
        for leak in &draft.leaks {
            ui.add(Label::new(text(leak, font::mono(), t.text)).wrap());
        }
        let said = "The file may end up in git, in a mail, on a projector. Put a variable such as {{key}} in its place, and the value into the environment's secrets.";
        ui.add(Label::new(text(said, font::body(), t.text_2)).wrap());
        ui.horizontal(|ui| {
            if Button::primary("Go back and change it").ui(ui).clicked() {
                close = true;
            }
            if Button::secondary("Save it all the same").ui(ui).clicked() {
                commands.push(Command::Save { although_leaking: true });
                close = true;
            }
        });
    });
    if close || modal.should_close() {
        draft.leaks.clear();
    }
}
