//! The read settings: each detected or fixed, with a preview that follows every change.

use eframe::egui::{Align, Frame, Label, Layout, Margin, ScrollArea, Ui};

use super::parts::{delimiter_word, kind_sign};
use super::{Command, Draft, Results};
use crate::app::command::{Commands, hint};
use crate::app::pages::View;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{Button, field_label, format, hairline_ui, icon_button, select, text_field};
use crate::data::{ColumnOptions, Decimal, Encoding, Loaded, Quote, Ragged, ReadOptions};

const DELIMITERS: [u8; 5] = [b',', b';', b'\t', b'|', b' '];
const ENCODINGS: [Encoding; 4] =
    [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252];
const QUOTES: [Quote; 4] = [Quote::Byte(b'"'), Quote::Byte(b'\''), Quote::Backslash(b'"'), Quote::None];

/// The texts of a comma-separated list.
pub(super) fn markers(typed: &str) -> Vec<String> {
    typed.split(',').map(str::trim).filter(|marker| !marker.is_empty()).map(ToOwned::to_owned).collect()
}

fn quote_word(quote: Quote) -> &'static str {
    match quote {
        Quote::Byte(b'\'') => "single quotes '…'",
        Quote::Byte(_) => "double quotes \"…\"",
        Quote::Backslash(_) => "\"…\" with backslash \\\"",
        Quote::None => "none: a quote is a character",
    }
}

fn header_word(header: bool) -> &'static str {
    if header { "names the columns" } else { "is data already" }
}

fn decimal_word(decimal: Decimal) -> &'static str {
    match decimal {
        Decimal::Point => "point: 1.5",
        Decimal::Comma => "comma: 1,5",
    }
}

/// What the setting for lines of another length is called.
const LENGTHS: &str = "Lines with more or fewer fields";

fn ragged_word(ragged: Ragged) -> &'static str {
    match ragged {
        Ragged::Fit => "fill up or cut off",
        Ragged::Repair => "repair decimal commas",
        Ragged::Skip => "skip the line",
    }
}

/// A setting as a list: detected first, then the fixed ones. Returns what was chosen anew.
#[allow(clippy::option_option, reason = "not chosen, or chosen to be detected, or fixed")]
fn choice_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    fixed: Option<T>,
    detected: Option<T>,
    values: &[T],
    word: impl Fn(T) -> String,
) -> Option<Option<T>> {
    field_label(ui, name);
    let found = detected.map_or_else(|| "detected".to_owned(), |value| format!("detected: {}", word(value)));
    let first = if fixed.is_none() { found.clone() } else { "detect".to_owned() };
    let words: Vec<String> = values.iter().map(|value| word(*value)).collect();
    let mut options = vec![first.as_str()];
    options.extend(words.iter().map(String::as_str));
    let current = fixed.map_or(found, &word);
    let width = ui.available_width();
    let chosen = select(ui, name, None, &current, &options, width, size::CONTROL)?;
    Some(chosen.checked_sub(1).map(|at| values[at]))
}

fn detected_decimal(loaded: &Loaded) -> Option<Decimal> {
    let mut signs = loaded.columns.iter().filter_map(|column| column.decimal).peekable();
    signs.peek()?;
    Some(if signs.any(|sign| sign == Decimal::Comma) { Decimal::Comma } else { Decimal::Point })
}

/// The panel.
pub(super) fn settings_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let Some(settings) = &mut draft.settings else { return };
    let padding = if view.compact { 16 } else { 24 };
    let before = settings.options.clone();
    let loaded = results.preview.value.as_deref();
    let dialect = loaded.map(|loaded| loaded.dialect);
    ScrollArea::vertical().id_salt("read settings").auto_shrink([false, false]).show(ui, |ui| {
        Frame::new().inner_margin(Margin { left: padding, right: padding, top: 16, bottom: 24 }).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = space::S2;
            ui.horizontal(|ui| {
                ui.set_height(size::CONTROL_COMPACT);
                ui.label(text("How it is read", font::heading(), t.text));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if icon_button(ui, Icon::X, "Close the read settings").clicked() {
                        commands.push(Command::CloseSettings);
                    }
                });
            });
            let options = &mut settings.options;
            let found = dialect.map(|dialect| dialect.delimiter);
            if let Some(chosen) =
                choice_ui(ui, "Separator", options.delimiter, found, &DELIMITERS, delimiter_word)
            {
                options.delimiter = chosen;
            }
            let found = dialect.map(|dialect| dialect.header);
            let word = |header| header_word(header).to_owned();
            if let Some(chosen) = choice_ui(ui, "First line", options.header, found, &[true, false], word) {
                options.header = chosen;
                // columns are called otherwise now
                options.columns.clear();
            }
            let found = loaded.and_then(detected_decimal);
            let word = |decimal| decimal_word(decimal).to_owned();
            let signs = [Decimal::Point, Decimal::Comma];
            if let Some(chosen) = choice_ui(ui, "Decimal sign", options.decimal, found, &signs, word) {
                options.decimal = chosen;
            }
            let found = dialect.map(|dialect| dialect.quote);
            let word = |quote| quote_word(quote).to_owned();
            if let Some(chosen) = choice_ui(ui, "Quotes", options.quote, found, &QUOTES, word) {
                options.quote = chosen;
            }
            let found = dialect.map(|dialect| dialect.encoding);
            let word = |encoding: Encoding| encoding.name().to_owned();
            if let Some(chosen) = choice_ui(ui, "Encoding", options.encoding, found, &ENCODINGS, word) {
                options.encoding = chosen;
            }
            let all = [Ragged::Fit, Ragged::Repair, Ragged::Skip];
            field_label(ui, LENGTHS);
            let width = ui.available_width();
            let words = all.map(ragged_word);
            if let Some(at) =
                select(ui, LENGTHS, None, ragged_word(options.ragged), &words, width, size::CONTROL)
            {
                options.ragged = all[at];
            }
            field_label(ui, "Missing is written as");
            let width = ui.available_width();
            let hint_text = "usual: NA, N/A, null, NaN, -, ?";
            let field = text_field(ui, "Missing is written as", &mut settings.markers, hint_text, width, None);
            if field.changed() {
                let typed = markers(&settings.markers);
                settings.options.missing = (!typed.is_empty()).then_some(typed);
            }
            let said = "Separate several with commas. An empty field is always missing.";
            ui.add(Label::new(text(said, font::small(), t.text_3)).wrap());
            columns_ui(ui, &mut settings.options);
            hairline_ui(ui);
            ui.horizontal(|ui| {
                if Button::primary("Read again")
                    .name("Read again with these settings")
                    .key(hint(view.actions, "Read again with these settings"))
                    .ui(ui)
                    .clicked()
                {
                    commands.push(Command::ApplySettings);
                }
                if Button::ghost("Detect all").ui(ui).clicked() {
                    settings.options = ReadOptions::default();
                    settings.markers.clear();
                }
            });
            let said = "The rows beside are a preview of the file’s start. The open table stays until the file is read again.";
            ui.add(Label::new(text(said, font::small(), t.text_3)).wrap());
        });
    });
    if draft.settings.as_ref().is_some_and(|settings| settings.options != before) {
        commands.push(Command::Preview);
    }
}

/// What is fixed for single columns and lines, each with a way to forget it.
fn columns_ui(ui: &mut Ui, options: &mut ReadOptions) {
    if !options.columns.is_empty() {
        field_label(ui, "Fixed for single columns");
        let mut forgotten = None;
        for (name, own) in &options.columns {
            if fixed_ui(ui, name, &column_words(own), &format!("Detect {name}")) {
                forgotten = Some(name.clone());
            }
        }
        forgotten.map(|name| options.columns.remove(&name));
    }
    if !options.without_lines.is_empty() || options.last_line.is_some() {
        field_label(ui, "Lines that are not read");
        let mut read = None;
        for line in &options.without_lines {
            let line_name = format!("line {}", format::count(*line));
            if fixed_ui(ui, &line_name, "left out", &format!("Read {line_name} again")) {
                read = Some(*line);
            }
        }
        read.map(|line| options.without_lines.remove(&line));
        if let Some(last) = options.last_line {
            let what = format!("below line {}", format::count(last));
            if fixed_ui(ui, "everything", &what, "Read to the end of the file") {
                options.last_line = None;
            }
        }
    }
}

/// What is fixed, and how; true when it is to be forgotten.
fn fixed_ui(ui: &mut Ui, name: &str, how: &str, forget: &str) -> bool {
    let t = tokens(ui);
    let mut forgotten = false;
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL_COMPACT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            forgotten = icon_button(ui, Icon::X, forget).clicked();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = space::S2;
                ui.scope(|ui| {
                    ui.set_max_width(ui.available_width() * 0.5);
                    ui.add(Label::new(text(name, font::label(), t.text)).truncate());
                });
                ui.add(Label::new(text(how, font::small(), t.text_2)).truncate()).on_hover_text(how);
            });
        });
    });
    forgotten
}

/// What is fixed for a column, in words.
fn column_words(own: &ColumnOptions) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(own.kind.map(|kind| kind_sign(kind).1.to_owned()));
    words.extend(own.decimal.map(|sign| format!("decimal {}", decimal_word(sign))));
    words.extend(own.date.map(|form| form.name().to_owned()));
    words.extend(own.missing.as_ref().map(|markers| format!("missing: {}", markers.join(", "))));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::markers;

    #[test]
    fn markers_are_a_list_with_commas() {
        assert_eq!(markers(" 999, n.v. ,,"), ["999", "n.v."]);
        assert!(markers("  ").is_empty());
    }
}
