//! The glass request: one real request, stage by stage, with the bytes that really went over the wire. What parse,
//! validate and predict show is worked out by the same core on those bytes.

use eframe::egui::{
    Align, Align2, CornerRadius, Label, Layout, Rect, Role, ScrollArea, Sense, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::record::first_record;
use super::seen::{Seen, Wire};
use super::{Command, Draft};
use crate::app::command::Commands;
use crate::app::pages::{View, predict};
use crate::app::state::Version;
use crate::app::theme::{Icon, Tokens, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Tone, Weight, card_ground, card_head, clipped, focus_ring, format, guarded_ui, paint_icon, tag,
};
use crate::inference::{Prediction, Scratch};
use crate::model::{Input, InputKind};

/// The stages, in the order a request goes through them.
const STAGES: [(&str, &str); 7] = [
    ("Key check", "May this key ask this? The server looks before it reads the body."),
    ("Parse", "Bytes become values, in the form that this protocol prescribes."),
    ("Validate", "Each field is held against the model's signature: its name, its type, its range."),
    ("Queue", "A request waits until a worker is free. One record is so quick that it goes straight on."),
    ("Predict", "The model, the same code as on the Predict page and on the command line."),
    ("Encode", "Numbers become bytes again, in the form that the client expects."),
    ("Screen", "What the person at the other end reads."),
];

/// How many bytes of a body are shown.
const SHOWN: usize = 4096;

/// A field as the model takes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    name: String,
    expected: String,
    came: String,
    verdict: String,
    good: bool,
}

/// What the core makes of the request's first row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Worked {
    fields: Vec<Field>,
    /// Why the row is refused.
    refused: Option<String>,
    /// The prediction, in full.
    prediction: Option<String>,
    /// The intercept and what each feature adds.
    contributions: Option<(f64, Vec<(String, f64)>)>,
}

#[cfg(test)]
impl Worked {
    /// The fields with what was found of them.
    pub(super) fn verdicts(&self) -> Vec<(String, String)> {
        self.fields.iter().map(|field| (field.name.clone(), field.verdict.clone())).collect()
    }
}

/// Works the request's first row through the model.
pub(crate) fn work_through(seen: &Seen, version: &Version) -> Worked {
    let record = seen.wire.as_ref().and_then(|wire| first_record(seen.protocol, &wire.request_body));
    let Some(record) = record else { return Worked::default() };
    let predictor = &version.predictor;
    let model = version.model();
    let mut scratch = Scratch::default();
    let read = predictor.read_value(&record, &mut scratch);
    // each value by itself among typical ones, since the core stops at the first that it refuses
    let typical = predict::record_for(model, &predict::Record::new());
    let alone = |input: &Input| {
        let value = record.get(&input.name)?;
        let mut one = typical.clone();
        one.insert(input.name.clone(), value.clone());
        let mut scratch = Scratch::default();
        let read = predictor.read_value(&serde_json::Value::Object(one), &mut scratch);
        let outside = || predictor.out_of_range(&scratch).iter().any(|(name, ..)| *name == input.name);
        Some(read.is_ok().then(outside))
    };
    let wrong = read.as_ref().err().map(|error| error.field.clone());
    let mut fields: Vec<Field> = model
        .inputs
        .iter()
        .map(|input| {
            let expected = match &input.kind {
                InputKind::Category { levels, .. } => {
                    format!("one of {}", format::plural(levels.len(), "level", "levels"))
                }
                InputKind::Number { min, max, .. } => {
                    format!("a number, {} to {}", format::number(*min, 4), format::number(*max, 4))
                }
                InputKind::Boolean { no, yes, .. } => format!("{no} or {yes}"),
                InputKind::Date { .. } => "a date".to_owned(),
            };
            let came = record.get(&input.name);
            let alone = alone(input);
            let is_wrong = wrong.as_ref() == Some(&input.name) || alone == Some(None);
            let verdict = match came {
                _ if is_wrong => "refused",
                None | Some(serde_json::Value::Null) => "missing: the model's policy fills it",
                Some(_) if alone == Some(Some(true)) => "taken, outside the training range",
                Some(_) => "taken",
            };
            Field {
                name: input.name.clone(),
                expected,
                came: came.map_or_else(|| "nothing".to_owned(), ToString::to_string),
                verdict: verdict.to_owned(),
                good: !is_wrong,
            }
        })
        .collect();
    for (name, value) in record.as_object().into_iter().flatten() {
        if model.inputs.iter().all(|input| input.name != *name) {
            let is_wrong = wrong.as_deref() == Some(name);
            fields.push(Field {
                name: name.clone(),
                expected: "nothing of that name".to_owned(),
                came: value.to_string(),
                verdict: if is_wrong { "refused" } else { "left aside" }.to_owned(),
                good: !is_wrong,
            });
        }
    }
    let refused = read.err().map(|error| error.to_string());
    if refused.is_some() {
        return Worked { fields, refused, ..Worked::default() };
    }
    let contributions = predictor.contributions(&scratch).map(|(intercept, parts)| {
        (intercept, parts.into_iter().map(|(name, amount)| (name.to_owned(), amount)).collect())
    });
    let prediction = match predictor.predict(&mut scratch) {
        Prediction::Number(value) => crate::data::number_text(value),
        Prediction::Class { name, probability } => {
            format!("{name}, probability {}", crate::data::number_text(probability))
        }
    };
    Worked { fields, refused, prediction: Some(prediction), contributions }
}

/// The view of one request.
pub(super) fn glass_ui(
    ui: &mut Ui,
    width: f32,
    view: View<'_>,
    seen: &Seen,
    draft: &Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let place = ui.available_rect_before_wrap();
    let rect = Rect::from_min_max(place.min, pos2(place.left() + width, place.bottom() - 2.0));
    card_ground(ui, rect);
    guarded_ui(ui, rect, "glass", |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, 0.0);
        let title = format!("Request {}: {} {}", seen.id, seen.method, seen.path);
        card_head(ui, Some(Icon::EYE), &title, true, |ui| {
            if Button::secondary("Back to the list").icon(Icon::X).key("Esc").small().ui(ui).clicked() {
                commands.push(Command::Glass(None));
            }
            let at = draft.stage.min(STAGES.len() - 1);
            let next = Button::primary("Next stage").trailing(Icon::ARROW_RIGHT).small();
            if next.enabled(at + 1 < STAGES.len(), "This is the last stage").ui(ui).clicked() {
                commands.push(Command::Stage(at + 1));
            }
            let back = Button::secondary("Stage before").icon(Icon::ARROW_LEFT).small();
            if back.enabled(at > 0, "This is the first stage").ui(ui).clicked() {
                commands.push(Command::Stage(at - 1));
            }
        });
        let rest = Rect::from_min_max(pos2(rect.left(), rect.top() + size::CARD_HEAD), rect.max);
        let list = Rect::from_min_size(rest.min, vec2(208.0, rest.height()));
        stages_ui(ui, list, seen, draft, commands);
        ui.painter().vline(list.right(), list.y_range(), hairline(&t));
        let body = Rect::from_min_max(
            pos2(list.right() + space::S4, rest.top() + space::S3),
            rest.max - vec2(space::S4, space::S3),
        );
        guarded_ui(ui, body, "stage", |ui| {
            ui.spacing_mut().item_spacing.y = space::S2;
            let at = draft.stage.min(STAGES.len() - 1);
            ui.label(text(format!("{}. {}", at + 1, STAGES[at].0), font::heading(), t.text));
            ui.add(Label::new(text(STAGES[at].1, font::body(), t.text_2)).wrap());
            ui.add_space(space::S1);
            ScrollArea::vertical().id_salt(("stage", at)).auto_shrink(false).show(ui, |ui| {
                stage_ui(ui, at, view, seen, draft.worked.as_deref());
            });
        });
    });
}

/// How long a stage took, where it is one that the server measures.
fn took(at: usize, seen: &Seen) -> Option<f64> {
    match at {
        0 => Some(seen.hops.auth),
        1 => Some(seen.hops.decode),
        3 => Some(seen.hops.queue),
        4 => Some(seen.hops.inference),
        5 => Some(seen.hops.encode),
        _ => None,
    }
}

fn stages_ui(ui: &mut Ui, rect: Rect, seen: &Seen, draft: &Draft, commands: &mut Commands) {
    let t = tokens(ui);
    for (at, (name, _)) in STAGES.iter().enumerate() {
        let line = Rect::from_min_size(
            pos2(rect.left() + space::S2, rect.top() + space::S2 + 40.0 * at as f32),
            vec2(rect.width() - space::S4, 36.0),
        );
        let response = ui.interact(line, ui.scope_id().with(("stage", at)), Sense::click());
        let chosen = draft.stage == at;
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, format!("Stage: {name}")));
        let fill = if chosen {
            t.selected
        } else if response.hovered() {
            t.hover
        } else {
            eframe::egui::Color32::TRANSPARENT
        };
        ui.painter().rect_filled(line, CornerRadius::same(radius::CONTROL), fill);
        let number = pos2(line.left() + space::S4, line.center().y);
        let color = if chosen { t.accent } else { t.text_3 };
        ui.painter().circle_stroke(number, 9.0, eframe::egui::Stroke::new(1.0, color));
        ui.painter().text(number, Align2::CENTER_CENTER, (at + 1).to_string(), font::step_digit(), color);
        let x = number.x + space::S4;
        ui.painter().text(pos2(x, line.center().y), Align2::LEFT_CENTER, *name, font::label(), t.text);
        if let Some(value) = took(at, seen) {
            let words = format!("{} ms", format::millis(value));
            ui.painter().text(
                pos2(line.right() - space::S2, line.center().y),
                Align2::RIGHT_CENTER,
                words,
                font::mono_key(),
                t.text_2,
            );
        }
        focus_ring(ui, &response, radius::CONTROL);
        if response.clicked() {
            commands.push(Command::Stage(at));
        }
    }
}

fn stage_ui(ui: &mut Ui, at: usize, view: View<'_>, seen: &Seen, worked: Option<&Worked>) {
    let t = tokens(ui);
    let empty = Wire::default();
    let wire = seen.wire.as_deref().unwrap_or(&empty);
    let explain = |ui: &mut Ui, what: &str| {
        ui.add(Label::new(text(what, font::body(), t.text)).wrap());
    };
    match at {
        0 => {
            bytes_ui(ui, &t, "The head, as it came", wire.request_head.as_bytes());
            match (seen.status, seen.key.as_str()) {
                (401, _) => {
                    explain(ui, "No key, or one the server does not know: 401, and the body is not read.");
                }
                (403, key) => explain(ui, &format!("The key {key} is known, but may not do this: 403.")),
                (429, key) => {
                    explain(ui, &format!("The key {key} has asked too often: 429, with Retry-After."));
                }
                (_, "") => explain(ui, "This server asks for no key, so anyone on this machine may."),
                (_, key) => explain(
                    ui,
                    &format!(
                        "The key belongs to the entry {key}. The server holds only the SHA-256 of the secret it \
                         stands for, and compares in constant time."
                    ),
                ),
            }
        }
        1 => {
            let title = format!("The body: {}", format::bytes(seen.bytes_in));
            bytes_ui(ui, &t, &title, &wire.request_body);
            if wire.cut {
                explain(ui, "The body is longer than what is kept of it.");
            }
            if seen.status == 400 {
                explain(ui, &format!("It could not be read: {}", seen.said));
            }
        }
        2 => match worked {
            Some(worked) if !worked.fields.is_empty() => {
                if seen.rows > 1 {
                    explain(ui, &format!("The first of {} rows:", format::count(seen.rows)));
                }
                worked.fields.iter().for_each(|field| field_ui(ui, &t, field));
                if let Some(refused) = &worked.refused {
                    tag(ui, Tone::Bad, Some((Icon::X_CIRCLE, Weight::Fill)), "Refused");
                    explain(ui, refused);
                }
            }
            _ => explain(ui, "This request carries no record for the model's signature."),
        },
        3 => {
            explain(ui, &format!("It waited {} ms.", format::millis(seen.hops.queue)));
            if seen.status == 503 {
                explain(ui, "The queue was full: 503 with Retry-After, rather than a queue without end.");
            }
        }
        4 => match worked {
            Some(Worked { prediction: Some(prediction), contributions, .. }) => {
                if let Some((intercept, parts)) = contributions {
                    sum_ui(ui, &t, *intercept, parts, prediction);
                } else {
                    explain(ui, &format!("The model answers {prediction}."));
                }
                explain(ui, &format!("The server took {} ms for it.", format::millis(seen.hops.inference)));
            }
            _ => explain(ui, "The model was not asked."),
        },
        5 => {
            bytes_ui(ui, &t, "The answer's head", wire.response_head.as_bytes());
            let title = format!("The answer's body: {}", format::bytes(seen.bytes_out));
            bytes_ui(ui, &t, &title, &wire.response_body);
        }
        _ => screen_ui(ui, &t, view, seen, worked),
    }
}

/// Bytes as text where they are text, else as hexadecimal numbers.
fn bytes_ui(ui: &mut Ui, t: &Tokens, title: &str, bytes: &[u8]) {
    ui.label(text(title, font::small_medium(), t.text_2));
    let shown = &bytes[..bytes.len().min(SHOWN)];
    let words = match std::str::from_utf8(shown) {
        Ok("") => "(nothing)".to_owned(),
        Ok(words) => words.to_owned(),
        // the cut may fall inside a character
        Err(error) if error.error_len().is_none() => {
            String::from_utf8_lossy(&shown[..error.valid_up_to()]).into_owned()
        }
        Err(_) => hexadecimal(&shown[..shown.len().min(512)]),
    };
    eframe::egui::Frame::new()
        .fill(t.sunken)
        .corner_radius(CornerRadius::same(radius::CONTROL))
        .inner_margin(eframe::egui::Margin::same(8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(Label::new(text(words, font::mono_key(), t.text)).wrap());
        });
}

/// Sixteen bytes a line.
fn hexadecimal(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (line, part) in bytes.chunks(16).enumerate() {
        out.push_str(&format!("{:04x} ", line * 16));
        for byte in part {
            out.push_str(&format!(" {byte:02x}"));
        }
        out.push('\n');
    }
    out
}

fn field_ui(ui: &mut Ui, t: &Tokens, field: &Field) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    let spoken = format!("{}: {}, {}", field.name, field.came, field.verdict);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let (icon, color) = if field.good { (Icon::CHECK_CIRCLE, t.good) } else { (Icon::X_CIRCLE, t.bad) };
    let y = rect.center().y;
    paint_icon(&painter, pos2(rect.left() + 8.0, y), icon, Weight::Fill, size::ICON_SEGMENT, color);
    let column = (rect.width() - 24.0) / 4.0;
    let parts = [
        (&field.name, t.text),
        (&field.expected, t.text_2),
        (&field.came, t.text),
        (&field.verdict, if field.good { t.text_2 } else { t.bad }),
    ];
    for (at, (words, color)) in parts.into_iter().enumerate() {
        let x = rect.left() + 24.0 + column * at as f32;
        clipped(&painter, pos2(x, y), Align2::LEFT_CENTER, words, column - space::S2, color);
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(t));
}

/// The sum that the model is, line by line.
fn sum_ui(ui: &mut Ui, t: &Tokens, intercept: f64, parts: &[(String, f64)], prediction: &str) {
    let width = ui.available_width().min(420.0);
    let line = |ui: &mut Ui, name: &str, value: String, strong: bool| {
        let (rect, response) = ui.allocate_exact_size(vec2(width, space::S6), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {value}")));
        let name_font = if strong { font::label() } else { font::body() };
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, name, name_font, t.text);
        ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, value, font::mono(), t.text);
        if strong {
            ui.painter().hline(rect.x_range(), rect.top() + 0.5, hairline(t));
        }
    };
    line(ui, "base", format::number(intercept, 6), false);
    parts.iter().for_each(|(name, amount)| line(ui, name, format::signed(*amount, 6), false));
    line(ui, "prediction", prediction.to_owned(), true);
}

/// What the person at the other end reads.
fn screen_ui(ui: &mut Ui, t: &Tokens, view: View<'_>, seen: &Seen, worked: Option<&Worked>) {
    let output = view.truth.champion().map_or("", |version| version.model().output.name.as_str());
    let (big, small) = match worked.and_then(|worked| worked.prediction.as_deref()) {
        Some(prediction) if seen.is_good() => {
            let value =
                prediction.parse::<f64>().map_or_else(|_| prediction.to_owned(), |v| format::number(v, 6));
            (value, output.to_owned())
        }
        _ => (seen.status.to_string(), seen.said.clone()),
    };
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width().min(420.0), 148.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{big} {small}")));
    ui.painter().rect(rect, CornerRadius::same(radius::CARD), t.accent_tint, hairline(t), StrokeKind::Inside);
    ui.painter().text(rect.center() - vec2(0.0, 12.0), Align2::CENTER_CENTER, big, font::display(), t.text);
    let mut below = ui.new_child(
        UiBuilder::new()
            .id_salt("small")
            .max_rect(Rect::from_min_max(
                pos2(rect.left() + 8.0, rect.bottom() - 40.0),
                rect.max - vec2(8.0, 4.0),
            ))
            .layout(Layout::top_down(Align::Center)),
    );
    below.add(Label::new(text(small, font::body(), t.text_2)).truncate());
    if seen.rows > 1 {
        ui.label(text(format!("The first of {} rows.", format::count(seen.rows)), font::small(), t.text_2));
    }
}
