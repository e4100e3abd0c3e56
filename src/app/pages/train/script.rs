//! The same training in Python: the script, to read, copy and save.

use eframe::egui::{Label, ScrollArea, Ui};

use super::{Command, Results};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::picker::Purpose;
use crate::app::state::Version;
use crate::app::theme::{Icon, font, space, text, tokens};
use crate::app::widgets::Button;

/// Lines of a block of digits that are shown; the rest is only in what is copied and saved.
const DIGIT_LINES: usize = 3;
/// Lines that are shown at most.
const MAX_LINES: usize = 600;
/// Characters of a line that are shown.
const MAX_LINE: usize = 400;

/// The panel's content.
pub(super) fn script_ui(ui: &mut Ui, version: &Version, results: &Results, commands: &mut Commands) {
    let t = tokens(ui);
    let number = version.entry.number;
    ui.spacing_mut().item_spacing.y = space::S2;
    match &results.script {
        Some((known, Ok(script))) if *known == number => {
            ui.horizontal(|ui| {
                if Button::secondary("Copy script").icon(Icon::COPY).compact().ui(ui).clicked() {
                    commands.push(AppCommand::Copy(script.to_string()));
                }
                if Button::secondary("Save script…").icon(Icon::FLOPPY_DISK).compact().ui(ui).clicked() {
                    commands.push(AppCommand::Choose(Purpose::SaveScript(number)));
                }
                ui.add(
                    Label::new(text(
                        "Reads the same file, holds out the same rows, and prints the same numbers with pandas and scikit-learn.",
                        font::small(),
                        t.text_3,
                    ))
                    .truncate(),
                );
            });
            eframe::egui::Frame::new()
                .fill(t.sunken)
                .corner_radius(eframe::egui::CornerRadius::same(crate::app::theme::radius::CONTROL))
                .inner_margin(eframe::egui::Margin::symmetric(12, 8))
                .show(ui, |ui| {
                    ScrollArea::both().id_salt("script").auto_shrink(false).show(ui, |ui| {
                        ui.add(
                            Label::new(text(shortened(script), font::mono(), t.text))
                                .extend()
                                .selectable(true),
                        );
                    });
                });
        }
        Some((known, Err(why))) if *known == number => {
            ui.add(
                Label::new(text(
                    format!("There is no script for this model: {why}."),
                    font::body(),
                    t.text_2,
                ))
                .wrap(),
            );
        }
        _ => commands.push(Command::Script(number)),
    }
}

/// The script without the middle of its block of digits, so that it can be read.
fn shortened(script: &str) -> String {
    let is_digits = |line: &str| {
        let inner = line.trim().trim_matches('"');
        line.starts_with("    \"") && inner.len() > 60 && inner.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let mut shown = String::new();
    let mut digits = 0;
    for line in script.lines().take(MAX_LINES * 1000) {
        if is_digits(line) {
            digits += 1;
            if digits > DIGIT_LINES {
                continue;
            }
        } else if digits > DIGIT_LINES {
            shown.push_str(&format!("    # … and {} lines more\n", digits - DIGIT_LINES));
            digits = 0;
        }
        if line.chars().count() > MAX_LINE {
            shown.extend(line.chars().take(MAX_LINE));
            shown.push('…');
        } else {
            shown.push_str(line);
        }
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_digits_is_left_out_of_what_is_shown() {
        let line = format!("    \"{}\"\n", "0f".repeat(48));
        let shown = shortened(&format!("a = 1\n{}b = 2\n", line.repeat(9)));
        assert!(shown.contains("# … and 6 lines more"), "{shown}");
        assert_eq!(shown.lines().count(), 1 + 3 + 1 + 1);
    }
}
