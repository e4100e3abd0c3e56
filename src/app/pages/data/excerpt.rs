//! The lines of the file that a warning is about: what is there, what it became, and what else could be done with it.

use eframe::egui::{Align, Key, Label, Layout, Role, Sense, Ui, WidgetInfo, vec2};

use super::{Command, Excerpt, Results};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::state::{AppState, Dataset};
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Button, Weight, card_head, format, icon_button, icon_ui, paint_icon};
use crate::data::{Ragged, RawLine};

/// What can be done about a line with more or fewer fields than the header.
pub(super) struct Choice {
    pub(super) label: &'static str,
    pub(super) icon: Icon,
    pub(super) command: AppCommand,
}

/// The choices for lines of another length, with their keys, while such a line is shown.
pub(super) fn ragged_choices(state: &AppState) -> Option<Vec<(Key, Choice)>> {
    choices(state.truth.data()?, state.results.data.excerpt.as_ref()?)
}

fn choices(data: &Dataset, excerpt: &Excerpt) -> Option<Vec<(Key, Choice)>> {
    let warnings = &data.loaded.warnings;
    let warning = warnings.iter().find(|warning| warning.line == excerpt.line && warning.is_ragged())?;
    // a line with too few fields has no comma too many
    let n_fields = warning.message.split(' ').next().and_then(|n| n.parse::<usize>().ok());
    let too_many = n_fields.is_some_and(|n| n > data.loaded.columns.len());
    let now = data.options.ragged;
    let mut choices = Vec::new();
    let mut choice = |key, label, icon, ragged| {
        if ragged != now {
            let command = Command::SetRagged(ragged).into();
            choices.push((key, Choice { label, icon, command }));
        }
    };
    if data.loaded.dialect.delimiter == b',' && too_many {
        choice(Key::Enter, "Repair decimal commas", Icon::WRENCH, Ragged::Repair);
    }
    choice(Key::S, "Skip such lines", Icon::PROHIBIT, Ragged::Skip);
    choice(Key::U, "Use them as they are", Icon::ROWS, Ragged::Fit);
    Some(choices)
}

/// The lines with a warning before and after one, that one's place among them, and how many there are.
fn neighbours(data: &Dataset, line: u64) -> (Option<u64>, Option<u64>, usize, usize) {
    let mut lines: Vec<u64> = data.loaded.warnings.iter().map(|warning| warning.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let place = lines.partition_point(|other| *other < line);
    let next = place + usize::from(lines.get(place) == Some(&line));
    (place.checked_sub(1).map(|at| lines[at]), lines.get(next).copied(), next, lines.len())
}

/// The lines of the file around one, with what they became.
pub(super) fn excerpt_ui(
    ui: &mut Ui,
    data: &Dataset,
    results: &Results,
    excerpt: &Excerpt,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    ui.painter().rect_filled(ui.max_rect(), 0.0, t.surface);
    ui.painter().hline(ui.max_rect().x_range(), ui.max_rect().top() + 0.5, hairline(&t));
    ui.spacing_mut().item_spacing.y = 0.0;
    let wide = ui.available_width() > WIDE;
    let file = if wide { format!(" of {}", data.from.title()) } else { String::new() };
    let title = format!("Line {}{file}", format::count(excerpt.line));
    card_head(ui, Some(Icon::FILE_TEXT), &title, true, |ui| {
        ui.spacing_mut().item_spacing.x = space::S1;
        if icon_button(ui, Icon::X, "Close the lines of the file").clicked() {
            commands.push(Command::CloseExcerpt);
        }
        let (before, after, place, n) = neighbours(data, excerpt.line);
        if n > 1 {
            for (icon, label, line) in [
                (Icon::CARET_RIGHT, "Next line with a warning", after),
                (Icon::CARET_LEFT, "Previous line with a warning", before),
            ] {
                let button = ui.add_enabled_ui(line.is_some(), |ui| icon_button(ui, icon, label)).inner;
                if let (true, Some(line)) = (button.clicked(), line) {
                    commands.push(Command::ShowLine(line));
                }
            }
            let said = format!("{} of {}", format::rows(place), format::rows(n));
            ui.label(text(said, font::small(), t.text_2));
            ui.add_space(space::S2);
        }
        let said = match (excerpt.row, excerpt.place) {
            (Some(row), Some(_)) => format!("row {}, selected above", format::rows(row + 1)),
            (Some(row), None) => format!("row {}, hidden by the filters", format::rows(row + 1)),
            _ => "this line became no row of the table".to_owned(),
        };
        ui.label(text(said, font::small(), t.text_2));
        if excerpt.row.is_some()
            && excerpt.place.is_none()
            && results.rows.is_some()
            && Button::ghost("Show every row").small().ui(ui).clicked()
        {
            commands.push(Command::ClearFilters);
            commands.push(Command::ShowLine(excerpt.line));
        }
    });
    for message in data.loaded.warnings.iter().filter(|w| w.line == excerpt.line).take(1) {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), Sense::hover());
        let inner = rect.shrink2(vec2(space::S4, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut row = ui.new_child(eframe::egui::UiBuilder::new().max_rect(inner).layout(layout));
        row.spacing_mut().item_spacing.x = space::S2;
        for (key, choice) in choices(data, excerpt).into_iter().flatten().rev() {
            let key = if wide { key.name() } else { "" };
            if Button::secondary(choice.label).icon(choice.icon).key(key).small().ui(&mut row).clicked() {
                commands.push(choice.command);
            }
        }
        row.with_layout(Layout::left_to_right(Align::Center), |ui| {
            icon_ui(ui, Icon::WARNING, Weight::Fill, size::ICON_SEGMENT, t.warn);
            ui.add(Label::new(text(&message.message, font::body(), t.text)).truncate())
                .on_hover_text(&message.message);
        });
    }
    raw_lines_ui(ui, &excerpt.lines, excerpt.line, false);
}

/// From this width on there is room for keys and the file's name.
const WIDE: f32 = 820.0;

/// Lines as they stand in the file; the one that is meant is marked.
pub(super) fn raw_lines_ui(ui: &mut Ui, lines: &[RawLine], marked: u64, bad: bool) {
    let t = tokens(ui);
    for line in lines {
        let here = line.number == marked;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::S6), Sense::hover());
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Label, true, format!("line {}: {}", line.number, line.text))
        });
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let (fill, ink) = match (here, bad) {
            (true, true) => (t.bad_tint, t.bad),
            (true, false) => (t.warn_tint, t.warn),
            (false, _) => (t.surface, t.text_3),
        };
        painter.rect_filled(rect, 0.0, fill);
        if here {
            let icon = if bad { Icon::X_CIRCLE } else { Icon::WARNING };
            let at = rect.left_center() + vec2(space::S4 + size::ICON_SEGMENT / 2.0, 0.0);
            paint_icon(&painter, at, icon, Weight::Fill, size::ICON_SEGMENT, ink);
        }
        let number_right = rect.left_center() + vec2(size::LINE_NUMBER, 0.0);
        let number = format::count(line.number);
        painter.text(number_right, eframe::egui::Align2::RIGHT_CENTER, number, font::mono(), ink);
        // a tab is a sign of its own
        let shown: String = line.text.chars().map(|c| if c == '\t' { '→' } else { c }).collect();
        painter.text(
            number_right + vec2(space::S4, 0.0),
            eframe::egui::Align2::LEFT_CENTER,
            shown,
            font::mono(),
            if here { t.text } else { t.text_2 },
        );
    }
}
