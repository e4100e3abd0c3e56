//! What lies over the page: the command list, the file picker, settings, the way back after a removal, and the sign
//! that a file may be dropped.

use eframe::egui::{
    Align, Align2, Area, CornerRadius, Id, LayerId, Layout, Modal, Order, Stroke, StrokeKind, Ui, vec2,
};

use super::palette::palette_ui;
use super::picker::picker_ui;
use super::top_bar::{modal_frame, popup_frame};
use crate::app::command::{Action, Command, Commands, hint, keys_text};
use crate::app::effect::short_path;
use crate::app::state::{AppState, ThemeChoice};
use crate::app::theme::{Icon, font, radius, size, space, text, tokens};
use crate::app::widgets::{Button, Segment, field_label, hairline_ui, icon_button, segmented, switch};
use crate::lesson::Language;

/// Everything that lies over the page.
pub(crate) fn over_ui(ui: &mut Ui, state: &mut AppState, actions: &[Action], commands: &mut Commands) {
    undo_ui(ui, state, actions, commands);
    settings_ui(ui, state, actions, commands);
    picker_ui(ui, state, commands);
    palette_ui(ui, state, actions, commands);
    drop_ui(ui, state);
}

/// What was removed last, with the way back.
fn undo_ui(ui: &Ui, state: &AppState, actions: &[Action], commands: &mut Commands) {
    let Some(undo) = state.screen.undo.last() else { return };
    let t = tokens(ui);
    Area::new(Id::unique("undo"))
        .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -size::STATUS - space::S4))
        .order(Order::Foreground)
        .show(ui.ctx(), |ui| {
            popup_frame(ui).show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.add_space(space::S2);
                    ui.label(text(&undo.what, font::body(), t.text));
                    if Button::ghost("Undo")
                        .icon(Icon::ARROW_COUNTER_CLOCKWISE)
                        .key(hint(actions, "Undo"))
                        .compact()
                        .ui(ui)
                        .clicked()
                    {
                        commands.push(Command::Undo);
                    }
                    if icon_button(ui, Icon::X, "Keep it removed").clicked() {
                        commands.push(Command::ForgetUndo);
                    }
                });
            });
        });
}

/// A file is held over the window.
fn drop_ui(ui: &Ui, state: &AppState) {
    let Some(name) = &state.screen.hovered_file else { return };
    let t = tokens(ui);
    let rect = ui.ctx().content_rect().shrink(space::S4);
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("drop")));
    painter.rect(
        rect,
        CornerRadius::same(radius::CARD),
        t.accent_tint.gamma_multiply(0.92),
        Stroke::new(2.0, t.accent),
        StrokeKind::Inside,
    );
    let said = format!("Drop {name} to open it");
    painter.text(rect.center(), Align2::CENTER_CENTER, said, font::title(), t.text);
}

fn settings_ui(ui: &Ui, state: &mut AppState, actions: &[Action], commands: &mut Commands) {
    if !state.screen.settings {
        return;
    }
    let t = tokens(ui);
    let modal = Modal::new(Id::unique("settings")).frame(modal_frame(ui)).show(ui.ctx(), |ui| {
        ui.set_width(460.0_f32.min(ui.ctx().content_rect().width() - 64.0));
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.horizontal(|ui| {
            ui.label(text("Settings", font::heading(), t.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if icon_button(ui, Icon::X, "Close settings").clicked() {
                    commands.push(Command::Settings);
                }
            });
        });
        field_label(ui, "Look");
        let mut theme = state.screen.theme;
        let choices = [
            Segment::with_icon(ThemeChoice::Light, "Light theme", Icon::SUN),
            Segment::with_icon(ThemeChoice::Dark, "Dark theme", Icon::MOON),
            Segment::with_icon(ThemeChoice::Auto, "As the system", Icon::MONITOR),
        ];
        let width = ui.available_width();
        if segmented(ui, "Look", &mut theme, &choices, size::CONTROL, Some(width)) {
            commands.push(Command::SetTheme(theme));
        }
        ui.horizontal(|ui| {
            let mut on = state.screen.projector;
            if switch(ui, &mut on, "Projector mode").changed() {
                commands.push(Command::Projector);
            }
            ui.label(text("Projector mode: everything half as large again", font::body(), t.text));
            ui.label(text(hint(actions, "Projector mode"), font::mono_key(), t.text_3));
        });
        hairline_ui(ui);
        field_label(ui, "Language of the lesson");
        let mut language = state.screen.language;
        let choices = Language::ALL.map(|language| Segment::new(language, language.name()));
        let width = ui.available_width();
        if segmented(ui, "Language of the lesson", &mut language, &choices, size::CONTROL, Some(width)) {
            commands.push(Command::SetLanguage(language));
        }
        hairline_ui(ui);
        field_label(ui, "Your work is kept in");
        let folder = state
            .truth
            .folder
            .as_ref()
            .map_or_else(|| "nowhere (this is a trial)".into(), |f| short_path(f.root()));
        ui.label(text(folder, font::mono(), t.text_2));
        hairline_ui(ui);
        field_label(ui, "Keys");
        eframe::egui::ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for action in actions {
                let Some(keys) = action.keys else { continue };
                ui.horizontal(|ui| {
                    ui.set_height(space::S6);
                    ui.label(text(&action.label, font::body(), t.text));
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.add_space(space::S3);
                        ui.label(text(keys_text(keys), font::mono_key(), t.text_2));
                    });
                });
            }
        });
    });
    if modal.should_close() {
        commands.push(Command::Escape);
    }
}
