//! The body: its kind, its text, and whether it is what the model takes.

use eframe::egui::{Align, Align2, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2};

use super::code_edit::code_edit;
use super::{Command, Draft, shape};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Button, Weight, field_label, icon_button, paint_icon, select, text_field};
use crate::client::collection::{Body, SavedHeader};
use crate::client::dialects::Record;
use crate::client::find_header;
use crate::client::json::{JsonError, template_tokens};

const KINDS: [&str; 5] = ["JSON", "CSV", "Text", "File", "No body"];

/// Above this many bytes a body is not checked while it is typed.
const MAX_CHECKED: usize = 1 << 20;

fn content_type(draft: &Draft) -> String {
    let headers: Vec<(String, String)> = draft
        .now
        .request
        .headers
        .iter()
        .filter(|h| h.on)
        .map(|h| (h.name.clone(), h.value.clone()))
        .collect();
    find_header(&headers, "content-type").unwrap_or("").to_ascii_lowercase()
}

fn kind(draft: &Draft) -> usize {
    match &draft.now.request.body {
        Body::None => 4,
        Body::File(_) => 3,
        Body::Text(_) => {
            let kind = content_type(draft);
            if kind.contains("json") {
                0
            } else if kind.contains("csv") {
                1
            } else {
                2
            }
        }
    }
}

/// The kind of body, and what can be done with it.
pub(super) fn body_tools_ui(ui: &mut Ui, view: View<'_>, draft: &mut Draft, commands: &mut Commands) {
    let now = kind(draft);
    if let Some(chosen) = select(ui, "Kind of body", None, KINDS[now], &KINDS, 104.0, size::CONTROL_COMPACT) {
        set_kind(draft, chosen);
    }
    let is_json = kind(draft) == 0;
    if is_json && icon_button(ui, Icon::LIST, "Format").clicked() {
        commands.push(Command::Format);
    }
    let has_model = view.truth.champion().is_some();
    let generate = Button::ghost("From the model").name("Body from the model").icon(Icon::CUBE).compact();
    if generate.enabled(has_model, "Train a model and make it the champion first").ui(ui).clicked() {
        commands.push(Command::Generate);
    }
    if Button::ghost("From the server")
        .name("Body from the server")
        .icon(Icon::HARD_DRIVES)
        .compact()
        .ui(ui)
        .clicked()
    {
        commands.push(Command::Describe);
    }
}

fn set_kind(draft: &mut Draft, chosen: usize) {
    let request = &mut draft.now.request;
    let old = std::mem::take(&mut request.body);
    let text = match &old {
        Body::Text(text) => text.clone(),
        _ => String::new(),
    };
    let wanted = match chosen {
        0 => Some("application/json"),
        1 => Some("text/csv"),
        2 => Some("text/plain"),
        _ => None,
    };
    request.body = match chosen {
        3 => match old {
            Body::File(path) => Body::File(path),
            _ => Body::File(std::path::PathBuf::new()),
        },
        4 => Body::None,
        _ => Body::Text(text),
    };
    if let Some(wanted) = wanted {
        match request.headers.iter_mut().find(|header| header.name.eq_ignore_ascii_case("content-type")) {
            Some(header) => {
                wanted.clone_into(&mut header.value);
                header.on = true;
            }
            None => {
                request.headers.push(SavedHeader {
                    name: "Content-Type".into(),
                    value: wanted.into(),
                    on: true,
                });
            }
        }
    }
}

/// The text, and below it what is wrong with it.
pub(super) fn body_tab_ui(ui: &mut Ui, view: View<'_>, draft: &mut Draft) {
    let t = tokens(ui);
    let whole = ui.max_rect();
    let foot = Rect::from_min_max(pos2(whole.left(), whole.bottom() - size::CARD_HEAD), whole.max);
    let place = Rect::from_min_max(whole.min, pos2(whole.right(), foot.top()));
    ui.painter().hline(whole.x_range(), foot.top() + 0.5, hairline(&t));
    let is_json = kind(draft) == 0;
    let (mut icon, mut color, mut said, mut more) = (Icon::INFO, t.text_3, String::new(), String::new());
    match &mut draft.now.request.body {
        Body::None => {
            let mut inner = ui.new_child(
                UiBuilder::new().max_rect(place.shrink(space::S4)).layout(Layout::top_down(Align::Min)),
            );
            inner.label(text("This request has no body.", font::body(), t.text_2));
        }
        Body::File(path) => {
            let mut inner = ui.new_child(UiBuilder::new().max_rect(place.shrink(space::S4)));
            field_label(
                &mut inner,
                "The bytes of this file are sent; a relative path counts from the workspace",
            );
            let mut shown = path.to_string_lossy().into_owned();
            let width = inner.available_width();
            if text_field(&mut inner, "Body file", &mut shown, "data/image.bin", width, None).changed() {
                *path = shown.into();
            }
        }
        Body::Text(body) => {
            let wrong = if is_json { json_error(body) } else { None };
            let mut inner = ui.new_child(
                UiBuilder::new()
                    .id_salt("text")
                    .max_rect(Rect::from_min_max(pos2(place.left(), place.top() + space::S1), place.max)),
            );
            inner.set_clip_rect(place);
            code_edit(&mut inner, "Body", body, is_json, wrong.as_ref());
            match wrong {
                Some(wrong) => {
                    (icon, color) = (Icon::X_CIRCLE, t.bad);
                    said = "Not valid JSON".into();
                    more = wrong.to_string();
                }
                None if is_json => {
                    (icon, color) = (Icon::CHECK_CIRCLE, t.good);
                    said = "Valid JSON".into();
                    more = about_model(view, body);
                }
                None => said = crate::app::widgets::format::bytes(body.len() as u64),
            }
        }
    }
    if !said.is_empty() {
        let response = ui.interact(foot, ui.scope_id().with("verdict"), Sense::hover());
        let spoken = if more.is_empty() { said.clone() } else { format!("{said}: {more}") };
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        let painter = ui.painter().with_clip_rect(foot);
        let mut x = foot.left() + space::S4;
        paint_icon(&painter, pos2(x + 7.0, foot.center().y), icon, Weight::Fill, size::ICON_SEGMENT, color);
        x += space::S6;
        let drawn = painter.text(pos2(x, foot.center().y), Align2::LEFT_CENTER, &said, font::label(), color);
        painter.text(
            pos2(drawn.right() + space::S3, foot.center().y),
            Align2::LEFT_CENTER,
            &more,
            font::body(),
            t.text_2,
        );
        response.on_hover_text(spoken);
    }
}

fn json_error(body: &str) -> Option<JsonError> {
    if body.len() > MAX_CHECKED { None } else { template_tokens(body).err() }
}

/// Whether the body is a record of the champion's, or a list of them.
fn about_model(view: View<'_>, body: &str) -> String {
    let Some(shape) = shape(view.truth).filter(|_| body.len() <= MAX_CHECKED) else { return String::new() };
    let Ok(value) = serde_json::from_str::<serde_json::Value>(body) else { return String::new() };
    let records: Vec<&Record> = match &value {
        serde_json::Value::Object(map) => match map.get("records").or_else(|| map.get("dataframe_records")) {
            Some(serde_json::Value::Array(list)) => list.iter().filter_map(|item| item.as_object()).collect(),
            _ if map.keys().any(|key| shape.fields.iter().any(|field| field.name == *key)) => vec![map],
            _ => return String::new(),
        },
        serde_json::Value::Array(list) => list.iter().filter_map(|item| item.as_object()).collect(),
        _ => return String::new(),
    };
    for (at, record) in records.iter().enumerate() {
        if let Some(problem) = shape.problems(record).first() {
            let which = if records.len() > 1 { format!("record {}: ", at + 1) } else { String::new() };
            return format!("{which}{problem}");
        }
    }
    match records.len() {
        0 => String::new(),
        1 => format!("all {} inputs of {} are there", shape.fields.len(), shape.model),
        n => format!("{n} records, each with all {} inputs of {}", shape.fields.len(), shape.model),
    }
}
