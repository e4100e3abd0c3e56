//! The table of versions, with what can be done with the one that is shown.

use eframe::egui::{
    Align, Align2, CornerRadius, EventFilter, Key, Layout, Modifiers, Rect, Role, ScrollArea, Sense, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{Command, Draft, Naming, Tab, metrics, plan};
use crate::app::command::{Command as AppCommand, Commands, hint};
use crate::app::pages::View;
use crate::app::picker::Purpose;
use crate::app::state::Version;
use crate::app::theme::{Icon, Tokens, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Tone, Weight, card_ground, card_head, check, clipped, elided, focus_ring, format, guarded_ui,
    icon_button, tag, text_field,
};
use crate::model::{Model, Task};

/// Rows that are seen without scrolling.
const ROWS: usize = 3;
/// The row with name and note.
const NAMING: f32 = 48.0;
/// Below this width, when it was trained and from how many features are left out.
const NARROW: f32 = 680.0;

/// The card's height for a number of versions.
pub(super) fn height(n: usize) -> f32 {
    let rows = n.clamp(1, ROWS) as f32;
    let naming = if n > 0 { NAMING } else { 0.0 };
    size::CARD_HEAD + size::TABLE_HEAD + rows * size::ROW_VERSION + naming + space::S1
}

/// What is done with a version; places are from the card's left.
struct Columns {
    version: f32,
    model: f32,
    features: Option<f32>,
    /// Right ends of the three scores.
    scores: [f32; 3],
    trained: Option<f32>,
    tag: f32,
}

impl Columns {
    fn of(width: f32) -> Self {
        let tag = width - 112.0;
        if width < NARROW {
            let step = 74.0;
            let first = tag - space::S4 - step * 2.0;
            return Self {
                version: 44.0,
                model: 110.0,
                features: None,
                scores: [first, first + step, first + step * 2.0],
                trained: None,
                tag,
            };
        }
        let trained = tag - 132.0;
        let step = 84.0;
        let first = trained - space::S6 - step * 2.0;
        Self {
            version: 44.0,
            model: 124.0,
            features: Some(first - 150.0),
            scores: [first, first + step, first + step * 2.0],
            trained: Some(trained),
            tag,
        }
    }
}

/// The card.
pub(super) fn versions_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    shown: Option<&Version>,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    card_ground(ui, rect);
    guarded_ui(ui, rect, "versions", |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        card_head(ui, None, "Model versions", false, |ui| head_ui(ui, view, shown, commands));
        let versions = &view.truth.versions;
        if versions.is_empty() {
            let place = Rect::from_min_max(pos2(rect.left(), ui.cursor().top()), rect.max);
            ui.painter().text(
                place.center(),
                Align2::CENTER_CENTER,
                "Every training adds a version here. The champion answers every prediction.",
                font::body(),
                t.text_2,
            );
            return;
        }
        let columns = Columns::of(rect.width());
        table_head_ui(ui, rect, &columns, shown.map_or(Task::Regression, |v| v.model().task));
        let naming = if shown.is_some() { NAMING } else { 0.0 };
        let body = Rect::from_min_max(
            pos2(rect.left() + 1.0, ui.cursor().top()),
            pos2(rect.right() - 1.0, rect.bottom() - naming - space::S1),
        );
        guarded_ui(ui, body, "rows", |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical().id_salt("versions").auto_shrink(false).show(ui, |ui| {
                rows_ui(ui, view, shown, &columns, draft, commands);
            });
        });
        if let Some(version) = shown {
            let place = Rect::from_min_max(pos2(rect.left(), rect.bottom() - naming), rect.max);
            naming_ui(ui, place, version, draft, commands);
        }
    });
}

fn head_ui(ui: &mut Ui, view: View<'_>, shown: Option<&Version>, commands: &mut Commands) {
    if icon_button(ui, Icon::FOLDER_OPEN, "Open model…").clicked() {
        commands.push(AppCommand::Choose(Purpose::OpenModel));
    }
    let Some(version) = shown else { return };
    let number = version.entry.number;
    if icon_button(ui, Icon::TRASH, "Delete version").clicked() {
        commands.push(Command::Delete(number));
    }
    let is_champion = view.truth.champion == Some(number);
    let champion = Button::secondary("Make champion")
        .icon(Icon::CROWN)
        .key(hint(view.actions, "Make champion"))
        .small()
        .enabled(!is_champion, "It is the champion already");
    if champion.ui(ui).clicked() {
        commands.push(Command::Champion(number));
    }
    if ui.available_width() > 300.0 {
        let t = tokens(ui);
        ui.label(text("The champion answers every prediction and every request", font::small(), t.text_3));
    }
}

fn score_titles(task: Task) -> [&'static str; 3] {
    match task {
        Task::Regression => ["R² test", "RMSE train", "RMSE test"],
        Task::Classification => ["Accuracy test", "Loss train", "Loss test"],
    }
}

fn scores(model: &Model) -> [String; 3] {
    let test = |key: &str| model.metrics.test.as_ref().and_then(|scores| plan::score(scores, key));
    let (first, error) = match model.task {
        Task::Regression => ("r2", "rmse"),
        Task::Classification => ("accuracy", "log_loss"),
    };
    [
        metrics::shown(test(first), true),
        metrics::shown(plan::score(&model.metrics.train, error), false),
        metrics::shown(test(error), false),
    ]
}

fn table_head_ui(ui: &mut Ui, card: Rect, columns: &Columns, task: Task) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(card.width(), size::TABLE_HEAD), Sense::hover());
    let painter = ui.painter();
    let y = rect.center().y;
    let left = |x: f32, name: &str| {
        painter.text(pos2(rect.left() + x, y), Align2::LEFT_CENTER, name, font::small(), t.text_2);
    };
    left(columns.version, "Version");
    left(columns.model, "Model");
    if let Some(x) = columns.features {
        left(x, "Features");
    }
    if let Some(x) = columns.trained {
        left(x, "Trained");
    }
    for (x, name) in columns.scores.into_iter().zip(score_titles(task)) {
        let at = pos2(rect.left() + x, y);
        painter.text(at, Align2::RIGHT_CENTER, name, font::small(), t.text_2);
    }
    painter.hline(
        rect.x_range().shrink(1.0),
        rect.bottom() - 0.5,
        eframe::egui::Stroke::new(1.0, t.stroke_strong),
    );
}

fn rows_ui(
    ui: &mut Ui,
    view: View<'_>,
    shown: Option<&Version>,
    columns: &Columns,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let newest_first: Vec<&Version> = view.truth.versions.iter().rev().collect();
    let mut focused = None;
    let mut responses = Vec::with_capacity(newest_first.len());
    for (at, version) in newest_first.iter().enumerate() {
        let number = version.entry.number;
        let chosen = shown.is_some_and(|shown| shown.entry.number == number);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_VERSION), Sense::hover());
        let response = ui.interact(rect, ui.scope_id().with(("version", number)), Sense::click());
        let cells = scores(version.model());
        response.widget_info(|| {
            let said = format!("Version {}, {}", version.entry.title(), plan::describe(version.model()));
            WidgetInfo::selected(Role::ListItem, true, chosen, said)
        });
        if response.clicked() {
            if ui.input(|input| input.modifiers.shift) {
                commands.push(Command::Mark(number));
            } else {
                commands.push(Command::Select(number));
            }
            response.request_focus();
        }
        if response.has_focus() {
            focused = Some(at);
            // up and down choose here, and do not move the focus on
            let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        }
        row_ui(ui, rect, view, version, &cells, columns, chosen, response.hovered());
        let mut mark = ui.new_child(UiBuilder::new().id_salt(("mark", number)).max_rect(
            Rect::from_min_size(pos2(rect.left() + space::S3, rect.top() + 4.0), vec2(24.0, 24.0)),
        ));
        let mut on = draft.compare.contains(&number);
        let name = format!("Compare {}", version.entry.title());
        if unlabelled_check(&mut mark, &mut on, &name) {
            commands.push(Command::Mark(number));
        }
        focus_ring(ui, &response, radius::TAG);
        let note = &version.entry.note;
        responses.push(if note.is_empty() { response } else { response.on_hover_text(note) });
        if at + 1 < newest_first.len() {
            ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(&t));
        }
    }
    if let Some(at) = focused {
        let step = ui.input_mut(|input| {
            if input.consume_key(Modifiers::NONE, Key::ArrowDown) {
                1
            } else if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
                -1
            } else {
                0
            }
        });
        let next = at.saturating_add_signed(step).min(newest_first.len() - 1);
        if step != 0 && next != at {
            commands.push(Command::Select(newest_first[next].entry.number));
            responses[next].request_focus();
            responses[next].scroll_to_me(None);
        }
    }
}

/// A check box whose name is read but not shown.
fn unlabelled_check(ui: &mut Ui, on: &mut bool, name: &str) -> bool {
    let clip = ui.clip_rect().intersect(ui.max_rect().expand(4.0));
    ui.set_clip_rect(clip);
    // the label is cut off by the width
    ui.set_max_width(size::CHECK);
    check(ui, on, name).on_hover_text(name).changed()
}

#[allow(clippy::too_many_arguments, reason = "a row is all of these")]
fn row_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    version: &Version,
    cells: &[String; 3],
    columns: &Columns,
    chosen: bool,
    hovered: bool,
) {
    let t = tokens(ui);
    let model = version.model();
    let painter = ui.painter();
    if chosen {
        painter.rect_filled(rect, CornerRadius::ZERO, t.selected);
    } else if hovered {
        painter.rect_filled(rect, CornerRadius::ZERO, t.hover);
    }
    let y = rect.center().y;
    let at = |x: f32| pos2(rect.left() + x, y);
    let title = version.entry.title();
    let galley =
        elided(painter, title, font::card_title(), t.text, columns.model - columns.version - space::S2);
    painter.galley(pos2(rect.left() + columns.version, y - galley.size().y / 2.0), galley, t.text);
    let end = columns.features.unwrap_or(columns.scores[0] - 60.0);
    let what = plan::describe(model);
    clipped(painter, at(columns.model), Align2::LEFT_CENTER, &what, end - columns.model - space::S2, t.text);
    if let Some(x) = columns.features {
        let said = features_text(view, model);
        clipped(painter, at(x), Align2::LEFT_CENTER, &said, columns.scores[0] - 64.0 - x, t.text);
    }
    for (x, cell) in columns.scores.into_iter().zip(cells) {
        painter.text(at(x), Align2::RIGHT_CENTER, cell, font::mono(), t.text);
    }
    if let Some(x) = columns.trained {
        let when = format::date_time(version.entry.at_unix_millis);
        painter.text(at(x), Align2::LEFT_CENTER, when, font::mono(), t.text_2);
    }
    tag_ui(ui, rect, view, version, columns, &t);
}

fn tag_ui(ui: &mut Ui, rect: Rect, view: View<'_>, version: &Version, columns: &Columns, _t: &Tokens) {
    let place = Rect::from_min_max(
        pos2(rect.left() + columns.tag, rect.center().y - size::TAG / 2.0),
        pos2(rect.right(), rect.center().y + size::TAG / 2.0),
    );
    let mut cell = ui.new_child(UiBuilder::new().id_salt(("tag", version.entry.number)).max_rect(place));
    if view.truth.champion == Some(version.entry.number) {
        tag(&mut cell, Tone::Solid, Some((Icon::CROWN, Weight::Fill)), "Champion");
    } else if plan::overfits(version.model()) {
        tag(&mut cell, Tone::Warn, Some((Icon::WARNING, Weight::Fill)), "Overfits")
            .on_hover_text("Its error on rows it has not seen is more than 1.25 times that on rows it has");
    } else if version.report.is_none() {
        tag(&mut cell, Tone::Neutral, Some((Icon::FOLDER_OPEN, Weight::Regular)), "Opened");
    } else {
        tag(&mut cell, Tone::Neutral, Some((Icon::FLAG, Weight::Regular)), "Challenger");
    }
}

/// How many features, and what the champion has and this one lacks.
fn features_text(view: View<'_>, model: &Model) -> String {
    let n = model.inputs.len();
    let lacking: Vec<&str> = view
        .truth
        .champion()
        .map(|champion| {
            let has = |name: &str| model.inputs.iter().any(|input| input.name == name);
            let inputs = champion.model().inputs.iter();
            inputs.map(|input| input.name.as_str()).filter(|name| !has(name)).collect()
        })
        .unwrap_or_default();
    if lacking.is_empty() { n.to_string() } else { format!("{n}, no {}", lacking.join(", ")) }
}

/// Name and note of the version that is shown, to be changed in place.
fn naming_ui(ui: &mut Ui, place: Rect, version: &Version, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    ui.painter().hline(place.x_range().shrink(1.0), place.top(), hairline(&t));
    let entry = &version.entry;
    let as_kept = Naming { number: entry.number, name: entry.name.clone(), note: entry.note.clone() };
    let mut naming = match draft.naming.take() {
        Some(naming) if naming.number == entry.number => naming,
        other => {
            // what was typed for another version stays its own
            if let Some(other) = other {
                commands.push(Command::Name(other));
            }
            as_kept.clone()
        }
    };
    let inner = place.shrink2(vec2(space::S4, space::S2));
    let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = space::S2;
    let hint_name = format!("v{}", entry.number);
    row.label(text("Name", font::small(), t.text_2));
    let name = text_field(&mut row, "Version name", &mut naming.name, &hint_name, 132.0, None);
    row.add_space(space::S2);
    row.label(text("Note", font::small(), t.text_2));
    let width = row.available_width();
    let note = text_field(
        &mut row,
        "Version note",
        &mut naming.note,
        "What you tried, and what came of it",
        width,
        None,
    );
    if name.lost_focus() || note.lost_focus() {
        if naming != as_kept {
            commands.push(Command::Name(naming));
        }
    } else if name.has_focus() || note.has_focus() {
        draft.naming = Some(naming);
    }
}

/// What the head of the page offers.
pub(super) fn page_actions_ui(ui: &mut Ui, view: View<'_>, shown: Option<&Version>, commands: &mut Commands) {
    let save = Button::secondary("Save model")
        .icon(Icon::FLOPPY_DISK)
        .key(hint(view.actions, "Save model"))
        .enabled(shown.is_some(), "There is no model yet");
    if save.ui(ui).clicked()
        && let Some(version) = shown
    {
        commands.push(AppCommand::Choose(Purpose::SaveModel(version.entry.number)));
    }
    let compare = Button::secondary("Compare versions")
        .icon(Icon::ARROWS_LEFT_RIGHT)
        .enabled(view.truth.versions.len() > 1, "It takes two versions");
    if compare.ui(ui).clicked() {
        commands.push(Command::Show(Tab::Compare));
    }
}
