//! The answer to one record: the number or class, how far it may be off, how far the record is from the training data.

use eframe::egui::{
    Align, Align2, Color32, FontId, Label, Layout, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::call::Answered;
use super::record::Answer;
use super::waterfall::waterfall_ui;
use crate::app::state::Version;
use crate::app::theme::{Icon, Tokens, font, size, space, text, tokens};
use crate::app::widgets::{Weight, elided, format, hairline_ui, meter, paint_icon};

/// The most classes that are shown with their probability.
const CLASSES: usize = 3;

/// Who gave the answer.
pub(super) enum Said<'a> {
    /// The model in this process.
    Here,
    /// The server, once it has.
    NotYet,
    /// The server; to the record in the controls, or to one that stood there a moment ago.
    There { answered: &'a Answered, is_of_record: bool },
}

/// The number, its band, its distance from the training data; and why it is what it is.
pub(super) fn answer_ui(
    ui: &mut Ui,
    rect: Rect,
    compact: bool,
    version: &Version,
    outcome: &Answer,
    said: &Said<'_>,
) {
    let t = tokens(ui);
    let output = &version.model().output;
    let side = if compact { 140.0 } else { 156.0 };
    let left = Rect::from_min_size(rect.min, vec2(side, rect.height()));
    let mut column =
        ui.new_child(UiBuilder::new().id_salt("answer").max_rect(left).layout(Layout::top_down(Align::Min)));
    column.spacing_mut().item_spacing.y = space::S1;
    column.set_clip_rect(left.expand(2.0).intersect(ui.clip_rect()));
    let name = match &output.unit {
        Some(unit) => format!("{}, {unit}", output.name),
        None => output.name.clone(),
    };
    column.add(Label::new(text(name, font::small(), t.text_2)).truncate());
    let (class, value, color) = match said {
        Said::There { answered, is_of_record } => {
            (&answered.class, answered.value, if *is_of_record { t.text } else { t.text_3 })
        }
        Said::Here | Said::NotYet => (&outcome.class, outcome.value, t.text),
    };
    let shown = match class {
        _ if matches!(said, Said::NotYet) => "…".to_owned(),
        Some(class) => class.clone(),
        None => format::number(value, 4),
    };
    let font = fitting(&column, &shown, side);
    let spoken = format!("Prediction: {shown}");
    let height = font.size + space::S2;
    let (place, response) = column.allocate_exact_size(vec2(side, height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &spoken));
    column.painter().text(place.left_center(), Align2::LEFT_CENTER, &shown, font, color);
    if outcome.class.is_some() {
        classes_ui(&mut column, t, outcome, side);
    } else {
        if let Some((low, high)) = outcome.band {
            let said = format!("{} to {}", format::number(low, 3), format::number(high, 3));
            let rests = if outcome.band_held_out { "held-out" } else { "training" };
            column.label(text(said, font::body(), t.text_2)).on_hover_text(format!(
                "Where 8 of 10 such cases lie if errors are as on the {rests} rows: the prediction ± 1.28 × RMSE, taking errors as normal"
            ));
            column.label(text("in 8 of 10 cases", font::small(), t.text_3));
        }
        let difference = format!("{} against typical", format::signed(outcome.value - outcome.typical, 3));
        column.label(text(difference, font::small(), t.text_2));
    }
    distance_ui(&mut column, outcome);
    if let Said::There { answered, .. } = said {
        let line = format!("Request {}", format::request_id(&answered.request));
        column.add(Label::new(text(line, font::small(), t.text_3)).truncate()).on_hover_text(
            "The request's id, as the server gave it: the Serve page lists it. What stands beside the number is worked out here, by the same model",
        );
    }
    let right = Rect::from_min_max(pos2(left.right() + space::S3, rect.top()), rect.max);
    waterfall_ui(ui, right, outcome);
}

/// The most probable classes, and what the others have together.
fn classes_ui(ui: &mut Ui, t: Tokens, outcome: &Answer, side: f32) {
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut classes: Vec<&(String, f64)> = outcome.probabilities.iter().collect();
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    // a line for the others takes the place of one of them
    let shown = if classes.len() > CLASSES { CLASSES - 1 } else { CLASSES };
    for (class, probability) in classes.iter().take(shown) {
        class_line(ui, t, class, &percent(*probability), t.text_2);
        let said = format!("{class} {}", percent(*probability));
        meter(ui, &said, *probability as f32, side - space::S4, size::PROGRESS_SMALL, t.p_pred);
    }
    if let Some(rest) = classes.get(shown..).filter(|rest| !rest.is_empty()) {
        let sum: f64 = rest.iter().map(|(_, probability)| probability).sum();
        let all = rest
            .iter()
            .map(|(class, probability)| format!("{class} {}", percent(*probability)))
            .collect::<Vec<_>>()
            .join("\n");
        let others = format::plural(rest.len(), "other", "others");
        class_line(ui, t, &others, &percent(sum), t.text_3).on_hover_text(all);
    }
}

/// A class on the left, its probability on the right.
fn class_line(ui: &mut Ui, t: Tokens, class: &str, percent: &str, color: Color32) -> Response {
    let (place, response) =
        ui.allocate_exact_size(vec2(ui.available_width() - space::S4, space::S4), Sense::hover());
    let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
    painter.text(place.left_center(), Align2::LEFT_CENTER, class, font::small(), color);
    let number = painter.layout_no_wrap(percent.to_owned(), font::small(), color);
    let left = pos2(place.right() - number.size().x, place.center().y - number.size().y / 2.0);
    let under = Rect::from_min_max(pos2(left.x - space::S1, place.top()), place.max);
    painter.rect_filled(under, 0.0, t.surface);
    painter.galley(left, number, color);
    response
}

/// A probability as people read it; what is not quite certain is not shown as certain.
fn percent(probability: f64) -> String {
    match probability * 100.0 {
        p if p > 99.0 && p < 100.0 => format!("{} %", format::number(p.min(99.99), 4)),
        p if p > 0.0 && p < 0.01 => "< 0.01 %".to_owned(),
        p if p < 1.0 => format!("{} %", format::number(p, 2)),
        p => format!("{p:.0} %"),
    }
}

/// The display font, smaller where the text is long.
fn fitting(ui: &Ui, shown: &str, width: f32) -> FontId {
    let mut font = font::display();
    for _ in 0..8 {
        let galley = ui.painter().layout_no_wrap(shown.to_owned(), font.clone(), tokens(ui).text);
        if galley.size().x <= width {
            break;
        }
        font.size *= 0.82;
    }
    font
}

/// How far the record is from what training saw: how many numbers lie outside, and the distance of all of them.
fn distance_ui(ui: &mut Ui, outcome: &Answer) {
    let t = tokens(ui);
    hairline_ui(ui);
    let named: Vec<String> = outcome
        .outside
        .iter()
        .map(|(name, value, (low, high))| {
            let [value, low, high] = [value, low, high].map(|number| format::number(*number, 4));
            format!("{name} is {value}, training saw {low} to {high}")
        })
        .collect();
    let far = outcome.distance.as_ref().map_or_else(String::new, |(rms, ..)| format::number(*rms, 2));
    let (icon, color, said) = match outcome.outside.as_slice() {
        [] if far.is_empty() => (Icon::CHECK_CIRCLE, t.good, "inside training".to_owned()),
        [] => (Icon::CHECK_CIRCLE, t.good, format!("inside training, {far} σ")),
        [(name, ..)] => (Icon::WARNING, t.warn, format!("outside: {name}")),
        outside => (Icon::WARNING, t.warn, format!("{} outside training", outside.len())),
    };
    let explained = outcome.distance.as_ref().map(|(rms, name, farthest)| {
        format!(
            "Distance {}: the root mean square, over the numbers, of how many standard deviations each lies from its training mean. Farthest: {name}, {} σ",
            format::number(*rms, 3),
            format::signed(*farthest, 2)
        )
    });
    let (place, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::S4), Sense::hover());
    let spoken = if named.is_empty() { said.clone() } else { named.join("; ") };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let at = pos2(place.left() + size::ICON_SEGMENT / 2.0, place.center().y);
    paint_icon(ui.painter(), at, icon, Weight::Fill, size::ICON_SEGMENT, color);
    let left = pos2(place.left() + size::ICON_SEGMENT + space::S1, place.center().y);
    let galley = elided(ui.painter(), said, font::small_medium(), t.text_2, place.right() - left.x);
    ui.painter().galley(pos2(left.x, left.y - galley.size().y / 2.0), galley, t.text_2);
    if let Some((_, value, (low, high))) = outcome.outside.first() {
        let [value, low, high] = [value, low, high].map(|number| format::number(*number, 4));
        let first =
            if outcome.outside.len() > 1 { format!("{}: ", outcome.outside[0].0) } else { String::new() };
        let said = format!("{first}{value}, saw {low} to {high}");
        ui.add(Label::new(text(said, font::small(), t.text_3)).truncate());
    }
    let all: Vec<String> = named.into_iter().chain(explained).collect();
    response.on_hover_text(all.join("\n"));
}
