//! Why this number: from the typical record to this one, step by step.

use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2,
};

use super::record::Answer;
use crate::app::theme::{Tokens, font, space, tokens};
use crate::app::widgets::{elided, format};

/// The most steps that are shown one by one.
const STEPS: usize = 6;
/// The height of a row.
const ROW: f32 = 20.0;
/// The width of the names.
const NAMES: f32 = 104.0;
/// The room for a number beside a bar.
const NUMBERS: f32 = 52.0;

/// The steps in the rectangle.
pub(crate) fn waterfall_ui(ui: &mut Ui, rect: Rect, outcome: &Answer) {
    let t = tokens(ui);
    let title = match (outcome.adds_up, &outcome.class) {
        (true, _) => "Why this number".to_owned(),
        (false, None) => "Each change alone".to_owned(),
        (false, Some(class)) => format!("P({class}), each change alone"),
    };
    let about = if outcome.adds_up {
        "From the typical record (medians, most frequent levels) to this one: what each difference adds. The steps add up to the prediction."
    } else {
        "This model is no sum, so its parts can't be read off. Each bar is what happens to the typical record when only this value changes; they need not add up."
    };
    // a row of its own for all the others only pays when there are at least two
    let shown = if outcome.steps.len() > STEPS { STEPS - 1 } else { STEPS };
    let mut steps: Vec<(String, f64)> = outcome.steps.iter().take(shown).cloned().collect();
    let rest = &outcome.steps[steps.len()..];
    if outcome.adds_up && !rest.is_empty() {
        steps.push((format!("{} more", rest.len()), rest.iter().map(|(_, amount)| amount).sum()));
    }
    let spoken = steps
        .iter()
        .map(|(name, amount)| format!("{name} {}", format::signed(*amount, 3)))
        .collect::<Vec<_>>()
        .join(", ");
    let hidden = if outcome.adds_up { 0 } else { rest.len() };
    let response = ui.interact(rect, ui.scope_id().with("waterfall"), Sense::hover());
    let spoken = format!(
        "{title}: typical {}, {spoken}, prediction {}",
        format::number(outcome.typical, 4),
        format::number(outcome.value, 4)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &spoken));
    response.on_hover_text(about);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.text(rect.left_top(), Align2::LEFT_TOP, &title, font::small_medium(), t.text_2);
    let plot = Rect::from_min_max(pos2(rect.left() + NAMES, rect.top() + space::S6), rect.max);
    // the running total from step to step, or each step from the typical value
    let mut spans = Vec::new();
    let mut at = outcome.typical;
    for (_, amount) in &steps {
        let from = if outcome.adds_up { at } else { outcome.typical };
        spans.push((from, from + amount));
        at = from + amount;
    }
    let ends = spans.iter().flat_map(|(from, to)| [*from, *to]).chain([outcome.typical, outcome.value]);
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    let width = (plot.width() - NUMBERS * 2.0).max(40.0);
    let span = if high > low { high - low } else { 1.0 };
    // the two cut bars begin left of the lowest end
    let x = |value: f64| plot.left() + NUMBERS * 0.6 + (width * ((value - low) / span) as f32);
    let mut row = Row {
        painter: &painter,
        t,
        names_right: plot.left() - space::S2,
        top: plot.top(),
        left: plot.left(),
    };
    row.total("typical record", x(outcome.typical), &format::number(outcome.typical, 4), t.p_ref, false);
    let mut last = x(outcome.typical);
    for ((name, amount), (from, to)) in steps.iter().zip(&spans) {
        let color = if *amount < 0.0 { t.p_cur } else { t.p_pred };
        row.step(name, (x(*from), x(*to)), &format::signed(*amount, 3), color, *amount < 0.0, last);
        last = if outcome.adds_up { x(*to) } else { x(outcome.typical) };
    }
    row.total("prediction", x(outcome.value), &format::number(outcome.value, 4), t.p_pred, true);
    let said = match (steps.is_empty(), hidden) {
        (true, _) => "No step from the typical record yet: move a value to see what it changes.".to_owned(),
        (_, 0) => String::new(),
        (_, n) => format!("and {} with less effect", format::plural(n, "change", "changes")),
    };
    if !said.is_empty() {
        let galley = painter.layout(said, font::small(), t.text_3, rect.width() - space::S4);
        painter.galley(pos2(rect.left(), row.top + space::S1), galley, t.text_3);
    }
}

/// Paints row after row.
struct Row<'a> {
    painter: &'a Painter,
    t: Tokens,
    names_right: f32,
    top: f32,
    left: f32,
}

impl Row<'_> {
    fn name(&self, name: &str, strong: bool) {
        let (font, color) =
            if strong { (font::small_medium(), self.t.text) } else { (font::small(), self.t.text_2) };
        let at = pos2(self.names_right, self.top + ROW / 2.0);
        let galley = elided(self.painter, name.to_owned(), font, color, NAMES - space::S3);
        self.painter.galley(pos2(at.x - galley.size().x, at.y - galley.size().y / 2.0), galley, color);
    }

    /// A bar that does not begin at zero, and says so by a cut.
    fn total(&mut self, name: &str, end: f32, value: &str, color: Color32, strong: bool) {
        self.name(name, strong);
        let y = self.top + ROW / 2.0;
        let bar = Rect::from_min_max(pos2(self.left, y - 6.0), pos2(end.max(self.left + 20.0), y + 6.0));
        self.painter.rect_filled(bar, CornerRadius::same(2), color);
        for offset in [8.0, 13.0] {
            let slash = [
                pos2(bar.left() + offset - 2.0, bar.bottom() + 1.0),
                pos2(bar.left() + offset + 2.0, bar.top() - 1.0),
            ];
            self.painter.line_segment(slash, Stroke::new(2.0, self.t.surface));
        }
        let (font, color) =
            if strong { (font::small_medium(), self.t.text) } else { (font::small(), self.t.text_2) };
        self.painter.text(pos2(bar.right() + space::S2, y), Align2::LEFT_CENTER, value, font, color);
        self.top += ROW;
    }

    fn step(
        &mut self,
        name: &str,
        (from, to): (f32, f32),
        value: &str,
        color: Color32,
        down: bool,
        last: f32,
    ) {
        self.name(name, false);
        let y = self.top + ROW / 2.0;
        let (low, high) = (from.min(to), from.max(to).max(from.min(to) + 2.0));
        let bar = Rect::from_min_max(pos2(low, y - 6.0), pos2(high, y + 6.0));
        let link: [Pos2; 2] = [pos2(last, y - ROW / 2.0 - 5.0), pos2(last, y - 6.0)];
        self.painter.add(Shape::line_segment(link, Stroke::new(1.0, self.t.stroke_control)));
        self.painter.rect_filled(bar, CornerRadius::same(2), color);
        let (at, align) = if down {
            (pos2(bar.left() - space::S1, y), Align2::RIGHT_CENTER)
        } else {
            (pos2(bar.right() + space::S1, y), Align2::LEFT_CENTER)
        };
        self.painter.text(at, align, value, font::small(), self.t.text_2);
        self.top += ROW;
    }
}
