//! Two answers side by side: where they differ.

use eframe::egui::{Label, ScrollArea, Ui};

use super::Command;
use crate::app::command::Commands;
use crate::app::theme::{Icon, font, space, text, tokens};
use crate::app::widgets::{card_head, format, icon_button};
use crate::client::diff::{DiffLine, LineChange, ValueChange, line_diff, value_diff};
use crate::client::history::{Entry, MAX_BODY};

/// The most differences that are listed.
const MOST: usize = 500;

/// How two answers differ.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// Which: "12:47:15, 200" against "12:49:02, 200".
    pub(crate) title: String,
    /// By value, where both are JSON.
    pub(crate) values: Option<Vec<ValueChange>>,
    /// By line.
    pub(crate) lines: Vec<DiffLine>,
}

impl Comparison {
    /// Compares the body of an entry with another; only their starts, where the history keeps no more.
    pub(super) fn new(mut title: String, entry: &Entry, after: &str) -> Self {
        let (before, mut after) = (entry.answer.as_str(), after);
        if entry.is_cut() || after.len() > MAX_BODY {
            after = &after[..after.floor_char_boundary(MAX_BODY)];
            title.push_str(&format!(", the first {} of each", format::bytes(MAX_BODY as u64)));
        }
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        let values = parsed(before).zip(parsed(after)).map(|(a, b)| value_diff(&a, &b));
        let pretty = |text: &str| crate::client::json::pretty(text).unwrap_or_else(|_| text.to_owned());
        Self { title, values, lines: line_diff(&pretty(before), &pretty(after)) }
    }
}

/// The differences.
pub(super) fn comparison_ui(ui: &mut Ui, comparison: &Comparison, commands: &mut Commands) {
    let t = tokens(ui);
    card_head(ui, Some(Icon::GIT_DIFF), &comparison.title, true, |ui| {
        if icon_button(ui, Icon::X, "Close the comparison").clicked() {
            commands.push(Command::CloseComparison);
        }
    });
    ScrollArea::both().id_salt("comparison").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S1;
        ui.add_space(space::S2);
        if let Some(values) = &comparison.values {
            let said = match values.len() {
                0 => "The same values".to_owned(),
                n => format::plural(n, "value differs", "values differ"),
            };
            indented(ui, |ui| {
                ui.label(text(said, font::label(), t.text));
            });
            for change in values.iter().take(MOST) {
                indented(ui, |ui| {
                    ui.label(text(&change.path, font::mono(), t.text_2));
                    ui.label(text(change.before.as_deref().unwrap_or("not there"), font::mono(), t.bad));
                    ui.label(text("to", font::small(), t.text_3));
                    ui.label(text(change.after.as_deref().unwrap_or("not there"), font::mono(), t.good));
                    if let Some(difference) = change.difference {
                        ui.label(text(
                            format!("({})", format::signed(difference, 4)),
                            font::small(),
                            t.text_2,
                        ));
                    }
                });
            }
            ui.add_space(space::S2);
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        for line in comparison.lines.iter().take(MOST * 4) {
            let (sign, color) = match line.change {
                LineChange::Same => (" ", t.text_3),
                LineChange::Removed => ("\u{2212}", t.bad),
                LineChange::Added => ("+", t.good),
            };
            let shown: String = line.text.chars().take(400).collect();
            indented(ui, |ui| {
                ui.add(Label::new(text(format!("{sign} {shown}"), font::mono(), color)).extend());
            });
        }
    });
}

fn indented(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.add_space(space::S4);
        ui.spacing_mut().item_spacing.x = space::S2;
        add(ui);
    });
}
