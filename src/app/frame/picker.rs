//! The in-app file picker.

use eframe::egui::{
    Align, Align2, CornerRadius, Id, Key, Label, Layout, Modal, Role, ScrollArea, Sense, Ui, WidgetInfo,
    pos2, vec2,
};

use super::top_bar::modal_frame;
use crate::app::command::{Command, Commands};
use crate::app::effect::short_path;
use crate::app::picker::Listed;
use crate::app::state::AppState;
use crate::app::theme::{Icon, font, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Weight, check, format, hairline_ui, icon_button, icon_ui, paint_icon, text_field,
};

/// Shows the picker while it is open.
pub(crate) fn picker_ui(ui: &mut Ui, state: &mut AppState, commands: &mut Commands) {
    let file_name =
        state.screen.picker.as_ref().map(|picker| picker.purpose.file_name(state)).unwrap_or_default();
    let Some(picker) = &mut state.screen.picker else { return };
    let t = tokens(ui);
    let saves = picker.purpose.saves();
    let modal = Modal::new(Id::unique("file picker")).frame(modal_frame(ui)).show(ui.ctx(), |ui| {
        let screen = ui.ctx().content_rect();
        ui.set_width(600.0_f32.min(screen.width() - 64.0));
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.label(text(picker.purpose.title(), font::heading(), t.text));
        ui.horizontal_top(|ui| {
            icon_ui(ui, Icon::INFO, Weight::Regular, size::ICON, t.info);
            ui.add(Label::new(text(&picker.why, font::small(), t.text_2)).wrap());
        });
        if !picker.focused {
            picker.typed = file_name;
        }
        let width = ui.available_width();
        let hint = if saves { "File name or path" } else { "Paste or type a path, or choose below" };
        let field = text_field(ui, "Path", &mut picker.typed, hint, width, None);
        if !picker.focused {
            field.request_focus();
            picker.focused = true;
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.horizontal(|ui| {
            let parent = picker.folder.parent().map(std::path::Path::to_path_buf);
            ui.add_enabled_ui(parent.is_some(), |ui| {
                if icon_button(ui, Icon::CARET_UP, "Folder above").clicked()
                    && let Some(parent) = parent
                {
                    commands.push(Command::PickerFolder(parent));
                }
            });
            ui.label(text(short_path(&picker.folder), font::mono(), t.text_2));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                check(ui, &mut picker.all, "Show all files");
            });
        });
        hairline_ui(ui);
        let height = (screen.height() - 360.0).clamp(120.0, 320.0);
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink(false).show(
            ui,
            |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                if let Some(problem) = &picker.problem {
                    ui.label(text(problem, font::body(), t.bad));
                }
                let shown: Vec<Listed> = picker.shown().cloned().collect();
                if shown.is_empty() && picker.problem.is_none() {
                    ui.label(text(
                        "No such files here; show all files or go to another folder",
                        font::body(),
                        t.text_2,
                    ));
                }
                for entry in shown {
                    if row_ui(ui, &entry).clicked() {
                        let path = picker.folder.join(&entry.name);
                        if entry.is_folder {
                            commands.push(Command::PickerFolder(path));
                        } else if saves {
                            picker.typed = entry.name;
                        } else {
                            commands.push(Command::Chosen(picker.purpose, path));
                        }
                    }
                }
            },
        );
        hairline_ui(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let path = picker.typed_path();
            let label = if saves { "Save" } else { "Open" };
            let go = Button::primary(label)
                .enabled(path.is_some(), "Type a path or choose a file")
                .ui(ui)
                .clicked();
            if Button::secondary("Cancel").ui(ui).clicked() {
                commands.push(Command::ClosePicker);
            }
            if let Some(path) = path
                && (go || entered)
            {
                if path.is_dir() {
                    commands.push(Command::PickerFolder(path));
                } else {
                    commands.push(Command::Chosen(picker.purpose, path));
                }
            }
        });
    });
    if modal.should_close() {
        commands.push(Command::ClosePicker);
    }
}

fn row_ui(ui: &mut Ui, entry: &Listed) -> eframe::egui::Response {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &entry.name));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        if response.hovered() || response.has_focus() {
            painter.rect_filled(rect, CornerRadius::same(radius::TAG), t.hover);
        }
        let icon = if entry.is_folder { Icon::FOLDER_OPEN } else { Icon::FILE_CSV };
        let y = rect.center().y;
        paint_icon(painter, pos2(rect.left() + space::S4, y), icon, Weight::Regular, size::ICON, t.text_2);
        painter.text(
            pos2(rect.left() + space::S8, y),
            Align2::LEFT_CENTER,
            &entry.name,
            font::body(),
            t.text,
        );
        if !entry.is_folder {
            let at = pos2(rect.right() - space::S3, y);
            painter.text(at, Align2::RIGHT_CENTER, format::bytes(entry.n_bytes), font::mono(), t.text_3);
        }
    }
    response
}
