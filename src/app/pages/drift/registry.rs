//! The registry: every version and what became of it, and every past prediction with where it comes from.

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, Galley, Label, Layout, Painter, Rect, Role, ScrollArea, Sense,
    TextWrapMode, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::page::{sentence_ui, under_head};
use super::past::{Again, LISTED, Outcome, identity};
use super::{Command, Draft, Results};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::pages::{View, train};
use crate::app::state::{Truth, Version};
use crate::app::theme::{Icon, Tokens, font, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Tone, Weight, card_head, card_place, clipped, focus_ring, follow_focus, format, hairline_ui,
    icon_button, search_field, tag,
};
use crate::server::mirror;
use crate::workspace::log::LogRow;
use crate::workspace::registry::{Change, What};

/// From this width on the list and where a prediction comes from stand side by side.
const BESIDE: f32 = 720.0;
/// The height of where a prediction comes from, where it stands below.
const BELOW: f32 = 320.0;
const LINE: f32 = 30.0;

/// Every version, the latest first, and what became of it.
pub(super) fn versions_ui(ui: &mut Ui, view: View<'_>, draft: &mut Draft, commands: &mut Commands) {
    let card = ui.max_rect();
    let truth = view.truth;
    card_head(ui, Some(Icon::ARCHIVE), "Versions", true, |ui| {
        let n = truth.versions.len();
        ui.label(text(format::plural(n, "version", "versions"), font::small(), tokens(ui).text_2));
    });
    let (body, _) = under_head(card, 0.0);
    let mut area = ui.new_child(UiBuilder::new().id_salt("versions").max_rect(body));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.set_width(body.width() - space::S3);
        ui.spacing_mut().item_spacing.y = space::S1;
        for number in numbers(truth) {
            ui.add_space(space::S2);
            version_ui(ui, truth, number, draft, commands);
            hairline_ui(ui);
        }
        follow_focus(ui);
    });
}

/// The numbers of all versions that there are and were, the latest first.
fn numbers(truth: &Truth) -> Vec<u32> {
    let known = truth.versions.iter().map(|version| version.entry.number);
    let mut all: Vec<u32> = known.chain(truth.history.iter().map(|change| change.number)).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.dedup();
    all
}

fn version_ui(ui: &mut Ui, truth: &Truth, number: u32, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let version = truth.version(number);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::TAG), Sense::hover());
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = space::S2;
    let title = version.map_or_else(|| format!("v{number}"), |version| version.entry.title());
    let color = if version.is_some() { t.text } else { t.text_3 };
    row.label(text(&title, font::label(), color));
    let mut right =
        ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)));
    right.spacing_mut().item_spacing.x = space::S1;
    let is_challenger = truth.challenger().is_some_and(|one| one.entry.number == number);
    let label = match version {
        None => Some((Tone::Neutral, None, "deleted".to_owned())),
        Some(_) if truth.champion == Some(number) => {
            Some((Tone::Good, Some((Icon::CROWN, Weight::Fill)), "champion".to_owned()))
        }
        Some(_) if is_challenger && truth.rollout.canary > 0 => {
            Some((Tone::Warn, None, format!("canary {} %", truth.rollout.canary)))
        }
        Some(_) if is_challenger && truth.rollout.mirrored => {
            Some((Tone::Neutral, None, "in shadow".to_owned()))
        }
        Some(_) => None,
    };
    if let Some((tone, icon, said)) = label {
        tag(&mut right, tone, icon, &said);
    }
    for (at, said) in story(truth, number, version) {
        let said = format!("{}  {said}", format::date_time(at));
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
    }
    if let Some(version) = version {
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL_SMALL), Sense::hover());
        let mut row =
            ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
        row.spacing_mut().item_spacing.x = space::S1;
        let name = format!("Predictions of {title}");
        if Button::ghost("Predictions").name(&name).small().ui(&mut row).clicked() {
            draft.past.clone_from(&version.model().version);
            commands.push(Command::Find);
        }
        if truth.champion != Some(number) {
            let was = truth.history.iter().any(|change| was_champion(change, number));
            let verb = if was { "Roll back to" } else { "Promote" };
            if Button::ghost(&format!("{verb} {title}")).small().ui(&mut row).clicked() {
                commands.push(train::Command::Champion(number));
            }
        }
    }
}

/// Whether that change says that the version is or was the champion.
fn was_champion(change: &Change, number: u32) -> bool {
    match change.what {
        What::Champion { before } => change.number == number || before == Some(number),
        _ => false,
    }
}

/// What became of a version, oldest first.
fn story(truth: &Truth, number: u32, version: Option<&Version>) -> Vec<(i64, String)> {
    let mut lines = Vec::new();
    let own: Vec<&Change> = truth.history.iter().filter(|change| change.number == number).collect();
    let began = own.iter().any(|change| matches!(change.what, What::Trained { .. } | What::Opened));
    // a workspace from before there was a registry knows this much
    if let Some(version) = version.filter(|_| !began) {
        let data = &version.model().training.data;
        lines.push((version.entry.at_unix_millis, format!("trained on {data}")));
    }
    for change in own {
        let said = match &change.what {
            What::Trained { data, sha256 } => {
                let hash =
                    sha256.as_deref().map_or_else(String::new, |hash| format!(", SHA-256 {}…", first(hash)));
                format!("trained on {data}{hash}")
            }
            What::Opened => "opened from a file".to_owned(),
            What::Champion { before } => {
                let earlier = truth.history.iter().take_while(|other| !std::ptr::eq(*other, change));
                let again = earlier.into_iter().any(|other| was_champion(other, number));
                let verb = if again { "rolled back to: champion again" } else { "champion" };
                before.map_or_else(|| verb.to_owned(), |before| format!("{verb}, after v{before}"))
            }
            What::Canary { percent: 0 } => "no canary any more".to_owned(),
            What::Canary { percent } => format!("canary, {percent} % of the requests"),
            What::Shadow { on: true } => "in shadow: asked along".to_owned(),
            What::Shadow { on: false } => "out of the shadow".to_owned(),
            What::Deleted => "deleted".to_owned(),
            What::Restored => "brought back".to_owned(),
        };
        lines.push((change.at_unix_millis, said));
    }
    lines
}

/// The first digits of a hash.
fn first(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// The past predictions, and where the chosen one comes from.
pub(super) fn past_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    if results.registry.found.is_none() && !results.registry.busy && results.registry.problem.is_none() {
        commands.push(Command::Find);
    }
    let (list, detail) = if rect.width() >= BESIDE {
        let middle = rect.left() + (rect.width() * 0.48).round();
        (rect.with_max_x(middle - space::S2), rect.with_min_x(middle + space::S2))
    } else {
        let middle = rect.bottom() - BELOW;
        (rect.with_max_y(middle - space::S4), rect.with_min_y(middle))
    };
    list_ui(&mut card_place(ui, list, "past"), view, results, draft, commands);
    let mut area = card_place(ui, detail, "provenance");
    let rows = results.registry.found.as_ref().map_or(&[][..], |found| &found.rows);
    if let Some(row) = rows.iter().find(|row| is_chosen(draft, row)) {
        provenance_ui(&mut area, view, results, row, commands);
        return;
    }
    card_head(&mut area, Some(Icon::MAGNIFYING_GLASS), "Where it comes from", true, |_| {});
    let (body, _) = under_head(detail, 0.0);
    let said = "Choose a prediction: which model answered, what it had learned from, what was asked";
    sentence_ui(&mut area, body, said);
}

fn is_chosen(draft: &Draft, row: &LogRow) -> bool {
    draft.prediction.as_ref() == Some(&identity(row))
}

fn list_ui(ui: &mut Ui, view: View<'_>, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let card = ui.max_rect();
    let registry = &results.registry;
    card_head(ui, Some(Icon::CLOCK), "Past predictions", true, |ui| {
        let again = icon_button(ui, Icon::ARROW_COUNTER_CLOCKWISE, "Read the log again");
        if again.clicked() {
            commands.push(Command::Find);
        }
        if let Some(found) = &registry.found {
            let n = format::count(found.in_all);
            let is_all = found.rows.len() < LISTED as usize;
            let said = if is_all { format!("{n} in the log") } else { format!("the latest {LISTED} of {n}") };
            ui.label(text(said, font::small(), tokens(ui).text_2));
        }
    });
    let (body, _) = under_head(card, 0.0);
    let field = Rect::from_min_size(
        pos2(body.left(), body.top() + space::S2),
        vec2(card.width() - 2.0 * space::S4, size::CONTROL_COMPACT),
    );
    let mut head = ui.new_child(UiBuilder::new().id_salt("find").max_rect(field));
    if search_field(&mut head, "Find predictions", &mut draft.past, "", field.width()).changed() {
        commands.push(Command::Find);
    }
    let body = body.with_min_y(field.bottom() + space::S2);
    let said = match (&registry.problem, &registry.found) {
        (Some(problem), _) => format!("{}. {}", problem.title, problem.detail),
        (None, None) => "The log is being read".to_owned(),
        (None, Some(found)) if found.rows.is_empty() && found.in_all == 0 => {
            "The log is empty. Start the server and ask it something: every answer is kept here.".to_owned()
        }
        (None, Some(found)) if found.rows.is_empty() => {
            format!("No request in the log has '{}' in it", found.text)
        }
        (None, Some(found)) => {
            let mut area = ui.new_child(UiBuilder::new().id_salt("rows").max_rect(body));
            ScrollArea::vertical().auto_shrink(false).show_rows(
                &mut area,
                LINE,
                found.rows.len(),
                |ui, shown| {
                    ui.set_width(body.width() - space::S3);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for row in &found.rows[shown] {
                        let chosen = is_chosen(draft, row);
                        if row_ui(ui, view.truth, row, chosen) {
                            draft.prediction = (!chosen).then(|| identity(row));
                        }
                    }
                },
            );
            return;
        }
    };
    sentence_ui(ui, body, &said);
}

/// The version as the workspace calls it.
fn called(truth: &Truth, row: &LogRow) -> String {
    let Some(hash) = row.version.as_deref() else { return "–".to_owned() };
    let open = truth.versions.iter().find(|version| version.model().version == hash);
    if let Some(version) = open {
        return version.entry.title();
    }
    let known = truth.history.iter().find(|change| change.version == hash);
    known.map_or_else(|| first(hash).to_owned(), |change| format!("v{}", change.number))
}

/// What was answered, in short.
fn answer(row: &LogRow) -> String {
    let json: Option<serde_json::Value> =
        row.response.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let single = json.as_ref().and_then(|json| json.get("prediction"));
    match single {
        Some(serde_json::Value::Number(value)) => {
            value.as_f64().map_or_else(|| value.to_string(), |value| format::number(value, 5))
        }
        Some(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        None if row.status >= 400 => "refused".to_owned(),
        None => format::plural(usize::try_from(row.n_rows).unwrap_or(usize::MAX), "row", "rows"),
    }
}

/// One prediction; whether it was clicked.
fn row_ui(ui: &mut Ui, truth: &Truth, row: &LogRow, chosen: bool) -> bool {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    let fill = if chosen {
        t.selected
    } else if response.hovered() {
        t.hover
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, CornerRadius::same(radius::CONTROL), fill);
    let inner = rect.shrink2(vec2(space::S2, 0.0));
    let version = called(truth, row);
    let in_shadow = row.method == mirror::METHOD;
    let who = if in_shadow { format!("{version}, shadow") } else { version };
    let said = answer(row);
    let id = format::request_id(&row.request_id);
    let y = rect.center().y;
    let painter = ui.painter();
    let time = format::time_of_day(row.at_unix_millis);
    painter.text(pos2(inner.left(), y), Align2::LEFT_CENTER, &time, font::mono_key(), t.text_2);
    let color = if row.status >= 400 { t.bad } else { t.text };
    painter.text(inner.right_center(), Align2::RIGHT_CENTER, &said, font::mono(), color);
    let (from, who_width) = (inner.left() + 68.0, 76.0);
    clipped(painter, pos2(from, y), Align2::LEFT_CENTER, &who, who_width, t.text);
    let width = inner.right() - 84.0 - (from + who_width + space::S2);
    if width > 40.0 {
        let id = ending(painter, id, width, t.text_2);
        let at = pos2(from + who_width + space::S2, y - id.size().y / 2.0);
        painter.galley(at, id, t.text_2);
    }
    let spoken = format!("{time} {who} {id}: {said}");
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &spoken));
    focus_ring(ui, &response, radius::CONTROL);
    response.clicked()
}

/// A text whose end tells it from others: what does not fit is left out in front.
fn ending(painter: &Painter, text: &str, width: f32, color: Color32) -> Arc<Galley> {
    let layout = |text: String| painter.layout_no_wrap(text, font::body(), color);
    let whole = layout(text.to_owned());
    if whole.size().x <= width {
        return whole;
    }
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let fits = |at: &usize| layout(format!("…{}", &text[*at..])).size().x > width;
    let first = starts.partition_point(fits);
    layout(format!("…{}", starts.get(first).map_or("", |at| &text[*at..])))
}

fn provenance_ui(ui: &mut Ui, view: View<'_>, results: &Results, row: &LogRow, commands: &mut Commands) {
    let t = tokens(ui);
    let card = ui.max_rect();
    card_head(ui, Some(Icon::MAGNIFYING_GLASS), "Where it comes from", true, |ui| {
        let is_busy = results.registry.busy;
        let again = Button::primary("Run it again").icon(Icon::ARROW_COUNTER_CLOCKWISE).compact();
        if again.enabled(!is_busy, "The log is being read").ui(ui).clicked() {
            commands.push(Command::RunAgain);
        }
    });
    let (body, _) = under_head(card, 0.0);
    let mut area = ui.new_child(UiBuilder::new().id_salt("from").max_rect(body));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.set_width(body.width() - space::S3);
        ui.spacing_mut().item_spacing.y = space::S1;
        ui.add_space(space::S2);
        let of = |again: &&Again| again.of == identity(row);
        if let Some(again) = results.registry.again.as_ref().filter(of) {
            again_ui(ui, &again.outcome);
        }
        heading(ui, &t, "Model");
        model_lines(ui, view, row);
        heading(ui, &t, "Request");
        line(ui, "id", &row.request_id);
        let date = jiff::Timestamp::from_millisecond(row.at_unix_millis)
            .map_or_else(|_| String::new(), |at| format!("{at:.3}"));
        line(ui, "came", &date);
        line(ui, "address", &format!("{} {}", row.method, row.path));
        line(ui, "dialect", &row.dialect);
        if let Some(key) = &row.key_name {
            line(ui, "key", key);
        }
        line(ui, "status", &row.status.to_string());
        let mut times = format!("{} ms in all", format::millis(row.total_ms));
        for (time, what) in [(row.inference_ms, "arithmetic"), (row.queue_ms, "in the queue")] {
            if let Some(time) = time {
                times.push_str(&format!(", {} ms {what}", format::millis(time)));
            }
        }
        line(ui, "time", &times);
        if row.method == mirror::METHOD {
            let said =
                "Asked in shadow: what was asked stands with the answer that was sent, under the same id.";
            ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        }
        for (title, body) in [("Asked", &row.request), ("Answered", &row.response)] {
            heading(ui, &t, title);
            match body {
                Some(body) => code_ui(ui, commands, title, body),
                None => {
                    ui.label(text("not kept", font::small(), t.text_3));
                }
            }
        }
        ui.add_space(space::S3);
        follow_focus(ui);
    });
}

fn model_lines(ui: &mut Ui, view: View<'_>, row: &LogRow) {
    let t = tokens(ui);
    let truth = view.truth;
    let hash = row.version.as_deref().unwrap_or("–");
    line(ui, "model", row.model.as_deref().unwrap_or("–"));
    line(ui, "version", &format!("{}, {hash}", called(truth, row)));
    let Some(version) = truth.versions.iter().find(|version| version.model().version == hash) else {
        let said = "This version is not in the workspace any more; what is left of it stands under Versions.";
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        return;
    };
    let from = &version.model().training;
    line(ui, "learned from", &from.data);
    line(ui, "SHA-256", from.data_sha256.as_deref().unwrap_or("not known"));
    let open = truth.data().and_then(|data| data.loaded.sha256.as_deref());
    if open.is_some() && open == from.data_sha256.as_deref() {
        ui.label(text("The very file that is open now", font::small(), t.good));
    }
    let rows = format!(
        "{}, {} held out, seed {}",
        format::rows(from.train_rows),
        format::rows(from.test_rows),
        from.seed
    );
    line(ui, "rows", &rows);
    line(
        ui,
        "trained",
        &format!("{}, by {}", format::date_time(version.entry.at_unix_millis), from.trained_by),
    );
}

fn again_ui(ui: &mut Ui, outcome: &Outcome) {
    let t = tokens(ui);
    let (tone, icon, title, said) = match outcome {
        Outcome::Same => (
            Tone::Good,
            Icon::CHECK_CIRCLE,
            "The same",
            "Run again by the same version: the answer is the same, byte for byte.".to_owned(),
        ),
        Outcome::Other(now) => (
            Tone::Bad,
            Icon::WARNING_OCTAGON,
            "Not the same",
            format!("Run again by the same version it says: {now}"),
        ),
        Outcome::Not(why) => (Tone::Neutral, Icon::QUESTION, "Not run", why.clone()),
    };
    ui.horizontal(|ui| tag(ui, tone, Some((icon, Weight::Fill)), title));
    ui.add(Label::new(text(said, font::small(), t.text)).wrap());
}

fn heading(ui: &mut Ui, t: &Tokens, said: &str) {
    ui.add_space(space::S2);
    ui.label(text(said, font::small_medium(), t.text_2));
}

/// A name and what it is, which may be long.
fn line(ui: &mut Ui, name: &str, said: &str) {
    const NAME: f32 = 88.0;
    let t = tokens(ui);
    let width = (ui.available_width() - NAME).max(60.0);
    let galley = ui.painter().layout(said.to_owned(), font::mono_key(), t.text, width);
    let height = galley.size().y.max(16.0) + 2.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().text(rect.left_top(), Align2::LEFT_TOP, name, font::small(), t.text_2);
    ui.painter().galley(pos2(rect.left() + NAME, rect.top()), galley, t.text);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {said}")));
}

/// The most of a body that is shown.
const SHOWN: usize = 4_000;

/// A body as it came.
fn code_ui(ui: &mut Ui, commands: &mut Commands, title: &str, body: &str) {
    let t = tokens(ui);
    let end = body.char_indices().nth(SHOWN).map_or(body.len(), |(at, _)| at);
    let cut = if end < body.len() { " …" } else { "" };
    ui.scope(|ui| {
        ui.style_mut().wrap_mode = Some(TextWrapMode::Wrap);
        ui.add(
            Label::new(text(format!("{}{cut}", &body[..end]), font::mono_key(), t.text))
                .wrap()
                .selectable(true),
        );
    });
    let name = format!("Copy what was {}", title.to_lowercase());
    if Button::ghost("Copy").name(&name).icon(Icon::COPY).small().ui(ui).clicked() {
        commands.push(AppCommand::Copy(body.to_owned()));
    }
}
