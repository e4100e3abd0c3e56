//! The parity strip: the same row by every way, equal to the last bit, or the first way that differs.

use eframe::egui::{Align, Label, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::routes::Way;
use super::{Command, Parity, Results, Stage};
use crate::app::command::Commands;
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::theme::{Icon, Tokens, font, size, space, text, tokens};
use crate::app::widgets::{Button, Tone, Weight, elided, icon_ui, paint_icon, tag};
use crate::data::number_text;

/// The height of a strip of that width: a head and the lines of ways, those over HTTP only while a server runs.
pub(super) fn strip_height(width: f32, served: bool) -> f32 {
    let n = Way::ALL.into_iter().filter(|way| served || !way.is_remote()).count();
    HEAD + LINE * n.div_ceil(columns(width)) as f32 + space::S2
}
/// The height of the head.
const HEAD: f32 = 36.0;
/// The height of a line.
const LINE: f32 = 24.0;
/// The least width of a way: its name, and a number with all its digits.
const WAY: f32 = 260.0;
/// What is missing while nothing is served.
const CLOSED: &str = "start the server to compare over HTTP, too";

/// How many ways stand side by side.
fn columns(width: f32) -> usize {
    ((width / WAY) as usize).clamp(2, 4)
}

/// The strip in the rectangle.
pub(super) fn strip_ui(ui: &mut Ui, rect: Rect, view: View<'_>, results: &Results, commands: &mut Commands) {
    let t = tokens(ui);
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), HEAD));
    let mut right = ui.new_child(
        UiBuilder::new().id_salt("compare").max_rect(head).layout(Layout::right_to_left(Align::Center)),
    );
    let busy = view.work.job(Slot::Parity).is_some();
    let compare = Button::ghost("Compare again").name("Compare single with batch").icon(Icon::EQUALS).small();
    if compare.enabled(!busy, "It is being compared").ui(&mut right).clicked() {
        commands.push(Command::Parity { asked: true });
    }
    if !results.served {
        right.label(text(CLOSED, font::small(), t.text_3));
    }
    let rest = Rect::from_min_max(head.min, pos2(right.min_rect().left() - space::S3, head.bottom()));
    let mut left = ui.new_child(
        UiBuilder::new().id_salt("parity").max_rect(rest).layout(Layout::left_to_right(Align::Center)),
    );
    left.spacing_mut().item_spacing.x = space::S2;
    left.label(text("Parity: the same row by every way", font::card_title(), t.text));
    if let Some(problem) = &results.parity.problem {
        icon_ui(&mut left, Icon::X_CIRCLE, Weight::Fill, size::ICON, t.bad);
        let said = format!("{}. {}", problem.title, problem.detail);
        left.add(Label::new(text(said, font::small(), t.text_2)).truncate());
    }
    let lines = Rect::from_min_max(pos2(rect.left(), head.bottom()), rect.max);
    let Some(parity) = &results.parity.value else {
        if results.parity.problem.is_none() {
            let said = "Alone, as JSON, among others on one thread and on all, and through a file";
            left.add(Label::new(text(said, font::small(), t.text_2)).truncate());
        }
        return;
    };
    match parity.differs() {
        None => {
            let n = parity.stages.iter().filter(|stage| stage.problem.is_none()).count();
            let said = format!("{n} ways, equal to the last bit");
            tag(&mut left, Tone::Good, Some((Icon::CHECK_CIRCLE, Weight::Fill)), &said);
        }
        Some(stage) => {
            let said = format!("differs first: {}", stage.name);
            tag(&mut left, Tone::Bad, Some((Icon::X_CIRCLE, Weight::Fill)), &said);
        }
    }
    stages_ui(ui, t, lines, parity);
}

/// Every way with its number in full.
fn stages_ui(ui: &mut Ui, t: Tokens, rect: Rect, parity: &Parity) {
    let Some(first) = parity.stages.first() else { return };
    let columns = columns(rect.width());
    let width = (rect.width() / columns as f32).floor();
    // the number that is shown: for classifiers the greatest probability
    let shown = first
        .outputs
        .iter()
        .enumerate()
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map_or(0, |(output, _)| output);
    let place = |at: usize| {
        let (line, column) = (at / columns, at % columns);
        let corner = pos2(rect.left() + width * column as f32, rect.top() + LINE * line as f32);
        Rect::from_min_size(corner, vec2(width - space::S4, LINE))
    };
    for (at, stage) in parity.stages.iter().enumerate() {
        let equal = first.same_bits(stage);
        let value = stage.outputs.get(shown).map_or_else(String::new, |value| number_text(*value));
        stage_ui(ui, t, place(at), stage, equal, &value);
    }
}

fn stage_ui(ui: &mut Ui, t: Tokens, rect: Rect, stage: &Stage, equal: bool, value: &str) {
    let response = ui.interact(rect, ui.scope_id().with(("way", &stage.name)), Sense::hover());
    let (value, equal, none) = match &stage.problem {
        Some(_) => ("no answer", true, true),
        None => (value, equal, false),
    };
    let spoken = match &stage.problem {
        Some(problem) => format!("{}: {problem}", stage.name),
        None => format!("{}: {value}{}", stage.name, if equal { "" } else { ", differs" }),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let (icon, color) = match (none, equal) {
        (true, _) => (Icon::WARNING, t.warn),
        (false, true) => (Icon::CHECK_CIRCLE, t.good),
        (false, false) => (Icon::X_CIRCLE, t.bad),
    };
    let at = pos2(rect.left() + size::ICON_SEGMENT / 2.0, rect.center().y);
    paint_icon(ui.painter(), at, icon, Weight::Fill, size::ICON_SEGMENT, color);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let number_color = if equal { t.text } else { t.bad };
    let number = painter.layout_no_wrap(value.to_owned(), font::mono_key(), number_color);
    let number_left = rect.right() - number.size().x;
    painter.galley(pos2(number_left, rect.center().y - number.size().y / 2.0), number, number_color);
    let name_left = rect.left() + size::ICON_SEGMENT + space::S1;
    let name = elided(
        &painter,
        stage.name.clone(),
        font::small(),
        t.text_2,
        (number_left - space::S2 - name_left).max(1.0),
    );
    painter.galley(pos2(name_left, rect.center().y - name.size().y / 2.0), name, t.text_2);
    let all: Vec<String> = stage.outputs.iter().map(|output| number_text(*output)).collect();
    let said = stage.problem.clone().unwrap_or_else(|| all.join(", "));
    response.on_hover_text(format!("{}: {said}", stage.name));
}
