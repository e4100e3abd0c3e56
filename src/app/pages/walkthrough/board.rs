//! The sorting board: cards that are dragged, or moved by arrows, into one of four fields, and run where they can.

use std::collections::BTreeMap;

use eframe::egui::{
    Align, Align2, CornerRadius, Id, Label, Layout, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind,
    Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::cards::card_ui;
use super::run::Lack;
use super::step::because_ui;
use super::{Command, Draft, Results};
use crate::app::command::Commands;
use crate::app::theme::{Icon, Tokens, font, radius, size, space, text, tokens};
use crate::app::widgets::{Button, Tone, Weight, clipped, icon_ui, paint_icon};
use crate::app::words::{say, say_with};
use crate::lesson::{Card, Field, Step, Unit};

const CARD: f32 = 48.0;
const GAP: f32 = 8.0;
/// A row of cards.
const ROW: f32 = CARD + GAP;
pub(super) const LABEL: f32 = 24.0;
const BAND: f32 = 56.0;
/// The width from which the head's title and buttons stand in one line.
const HEAD_WIDE: f32 = 570.0;
/// Room below a field's last card.
const ROOM: f32 = 16.0;
/// What is going on with the cards.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// The card that runs.
    pub(super) running: Option<String>,
    /// What cards that were to run do not have.
    pub(super) lacks: BTreeMap<String, Lack>,
    /// Why cards failed.
    pub(super) failed: BTreeMap<String, String>,
}

fn cards_said(n: usize) -> String {
    if n == 1 { say("1 card") } else { say_with("{0} cards", &[&n]) }
}

/// Where everything lies.
pub(super) struct Places {
    pub(super) tray: Rect,
    pub(super) fields: [(Field, Rect); 4],
    band: Rect,
}

impl Places {
    fn new(at: Rect, in_tray: usize, over: Option<Field>, count: impl Fn(Field) -> usize) -> Self {
        let half = (at.width() - GAP) / 2.0;
        let column = |many: bool, top: f32, height: f32| {
            let left = at.left() + if many { half + GAP } else { 0.0 };
            Rect::from_min_size(pos2(left, top), vec2(half, height))
        };
        let mut y = at.top() + LABEL;
        let tray =
            Rect::from_min_size(pos2(at.left(), y), vec2(at.width(), in_tray.div_ceil(2) as f32 * ROW));
        y = tray.bottom() + LABEL + GAP;
        let mut fields = [(Field::ALL[0], at); 4];
        for (row, pair) in Field::ALL.chunks(2).enumerate() {
            y += LABEL;
            // room for the one that is held over it
            let rows = |field: &Field| count(*field) + usize::from(over == Some(*field));
            let most = pair.iter().map(rows).max().unwrap_or(0);
            let height = most.max(2) as f32 * ROW + GAP + ROOM;
            for (at, field) in pair.iter().enumerate() {
                fields[row * 2 + at] = (*field, column(field.many, y, height));
            }
            y += height + GAP;
        }
        let band = Rect::from_min_size(pos2(at.left(), y), vec2(at.width(), BAND));
        Self { tray, fields, band }
    }

    /// Where the card of that number lies in the tray.
    fn in_tray(&self, at: usize) -> Rect {
        let half = (self.tray.width() - GAP) / 2.0;
        let left = self.tray.left() + if at % 2 == 1 { half + GAP } else { 0.0 };
        Rect::from_min_size(pos2(left, self.tray.top() + (at / 2) as f32 * ROW), vec2(half, CARD))
    }
}

/// Where the card of that number lies in a field.
fn in_field(field: Rect, at: usize) -> Rect {
    let left = field.left() + GAP;
    Rect::from_min_size(
        pos2(left, field.top() + GAP + at as f32 * ROW),
        vec2(field.width() - 2.0 * GAP, CARD),
    )
}

pub(super) fn card_id(card: &Card) -> Id {
    Id::unique(("card of the board", &card.id))
}

/// The board of a unit, with its head.
pub(super) fn board_ui(
    ui: &mut Ui,
    (number, unit, step): (usize, &Unit, &Step),
    (results, draft): (&Results, &Draft),
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let title = text(say("Where does each system belong?"), font::title(), t.text);
    // beside the buttons, or below them where there is no room (a projector)
    let is_wide = ui.available_width() >= HEAD_WIDE;
    ui.horizontal(|ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(text(say_with("Lesson {0}, activity", &[&number]), font::small(), t.text_2));
            if is_wide {
                ui.label(title.clone());
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if Button::ghost("Read the unit").lesson().icon(Icon::FILE_TEXT).compact().ui(ui).clicked() {
                commands.push(Command::Leave);
            }
            let over = Button::ghost("Sort again").lesson().icon(Icon::ARROW_COUNTER_CLOCKWISE).compact();
            let can = !draft.placed.is_empty();
            let over = over.enabled(can, if can { "" } else { "All cards are in the tray" });
            if over.ui(ui).clicked() {
                commands.push(Command::SortAgain);
            }
        });
    });
    if !is_wide {
        ui.add(Label::new(title).wrap());
    }
    let place = |card: &Card| draft.placed.get(&card.id).copied();
    let of = |field: Field| unit.cards.iter().filter(move |card| place(card) == Some(field));
    let tray: Vec<&Card> = unit.cards.iter().filter(|card| place(card).is_none()).collect();
    let count = |field: Field| of(field).count();
    let origin = ui.cursor().min;
    let width = ui.available_width();
    let at = Rect::from_min_size(origin, vec2(width, f32::INFINITY));
    let over = over(ui, unit, draft, &Places::new(at, tray.len(), None, count));
    let places = Places::new(at, tray.len(), over, count);
    let (all, _) = ui.allocate_exact_size(vec2(width, places.band.bottom() - origin.y), Sense::hover());
    let painter = ui.painter().clone();
    let at = pos2(all.left(), all.top() + LABEL / 2.0);
    let how = match tray.len() {
        0 => "Every card lies in a field; drag one back to look at it again",
        _ => "Drag a card, or choose it and press an arrow key",
    };
    pair(&painter, at, ("To sort", how), width, &t);
    fields_ui(ui, &places, (over, count), width);
    for (at, card) in tray.iter().enumerate() {
        card_ui(ui, (card, None), places.in_tray(at), (results, draft), &places, commands);
    }
    for (field, rect) in places.fields {
        for (at, card) in of(field).enumerate() {
            card_ui(ui, (card, Some(field)), in_field(rect, at), (results, draft), &places, commands);
        }
    }
    band_ui(ui, places.band, unit, (results, draft));
    if draft.is_solved(unit, step) {
        ui.add_space(space::S2);
        because_ui(ui, (Icon::CHECK_CIRCLE, t.good), &step.after);
    }
}

/// A word in bold, and what it means, on one line.
fn pair(painter: &Painter, at: eframe::egui::Pos2, (name, about): (&str, &str), width: f32, t: &Tokens) {
    let (name, about) = (say(name), say(about));
    let galley = painter.layout_no_wrap(name, font::label(), t.text);
    let left = galley.size().x + space::S2;
    painter.galley(pos2(at.x, at.y - galley.size().y / 2.0), galley, t.text);
    clipped(painter, pos2(at.x + left, at.y), Align2::LEFT_CENTER, &about, width - left, t.text_2);
}

/// The field that a card is held over: by the pointer, or by the keyboard.
fn over(ui: &Ui, unit: &Unit, draft: &Draft, places: &Places) -> Option<Field> {
    if let Some(held) = &draft.held {
        return held.over;
    }
    let dragged = ui.ctx().dragged_id()?;
    unit.cards.iter().find(|card| card_id(card) == dragged)?;
    let at = ui.input(|input| input.pointer.interact_pos())?;
    places.fields.iter().find(|(_, rect)| rect.contains(at)).map(|(field, _)| *field)
}

fn fields_ui(ui: &Ui, places: &Places, (over, count): (Option<Field>, impl Fn(Field) -> usize), width: f32) {
    let t = tokens(ui);
    let painter = ui.painter();
    let half = (width - GAP) / 2.0;
    let head = places.fields[0].1.top() - LABEL - GAP - LABEL / 2.0;
    for (many, name, about) in
        [(false, "Single record", "one row for each call"), (true, "Batch", "many rows for each call")]
    {
        let left = places.band.left() + if many { half + GAP } else { 0.0 };
        pair(painter, pos2(left + 4.0, head), (name, about), half, &t);
    }
    let line = head + LABEL / 2.0 + 2.0;
    painter.hline(places.band.x_range(), line, Stroke::new(1.0, t.stroke));
    for (row, (name, about)) in [
        ("Interactive", "somebody waits for the answer"),
        ("Non-interactive", "nobody waits: it was computed before, or goes by its own clock"),
    ]
    .into_iter()
    .enumerate()
    {
        let top = places.fields[row * 2].1.top();
        pair(painter, pos2(places.band.left() + 4.0, top - LABEL / 2.0), (name, about), width, &t);
    }
    for (field, rect) in places.fields {
        let n = count(field);
        let is_over = over == Some(field);
        let stroke = if is_over { Stroke::new(1.5, t.accent) } else { Stroke::new(1.0, t.stroke) };
        let corner = CornerRadius::same(radius::CARD);
        painter.rect(rect, corner, t.sunken, stroke, StrokeKind::Inside);
        let response = ui.interact(rect, Id::unique(("field of the board", field)), Sense::hover());
        let said = format!("{}: {}", say(field.name()), cards_said(n));
        response.widget_info(|| WidgetInfo::labeled(Role::Group, true, &said));
        if is_over {
            let slot = in_field(rect, n);
            painter.rect_filled(slot, CornerRadius::same(radius::CONTROL), t.accent_tint);
            dashed(painter, slot, Stroke::new(1.0, t.accent));
            let galley = painter.layout_no_wrap(say("Drop here"), font::label(), t.accent);
            let at = slot.center() - vec2(galley.size().x / 2.0 - 10.0, galley.size().y / 2.0);
            let icon = pos2(at.x - 12.0, slot.center().y);
            paint_icon(painter, icon, Icon::DOWNLOAD_SIMPLE, Weight::Regular, size::ICON, t.accent);
            painter.galley(at, galley, t.accent);
        }
    }
}

pub(super) fn dashed(painter: &Painter, rect: Rect, stroke: Stroke) {
    let rect = rect.shrink(0.5);
    let corners =
        [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    painter.extend(Shape::dashed_line(&corners, stroke, 4.0, 3.0));
}

/// Explains one card at a time, and counts.
fn band_ui(ui: &mut Ui, rect: Rect, unit: &Unit, (results, draft): (&Results, &Draft)) {
    let t = tokens(ui);
    let chosen = unit.cards.iter().find(|card| draft.card.as_ref() == Some(&card.id));
    let lies = |card: &Card| draft.placed.get(&card.id).copied();
    let is_wrong = |card: &&Card| lies(card).is_some_and(|field| field != card.field());
    // what is chosen, else the first that lies wrong
    let card = chosen.or_else(|| unit.cards.iter().find(is_wrong));
    let placed = unit.cards.iter().filter(|card| lies(card).is_some()).count();
    let right = unit.cards.iter().filter(|card| lies(card) == Some(card.field())).count();
    let (tone, icon, head, said) = match card {
        None => (
            Tone::Info,
            Icon::QUESTION,
            say("Two questions sort every card."),
            say("Does somebody wait for the answer? And does a call have one row or many?"),
        ),
        Some(card) => {
            let failed = results.board.failed.get(&card.id);
            let has_run =
                draft.ran.contains_key(&card.id) || results.board.running.as_ref() == Some(&card.id);
            match (failed, lies(card)) {
                (Some(why), _) => {
                    (Tone::Bad, Icon::WARNING, say_with("{0} did not run.", &[&card.title]), why.clone())
                }
                (_, Some(field)) if field != card.field() => {
                    let first = card.hint.clone();
                    (Tone::Warn, Icon::WARNING, say_with("Look again at {0}.", &[&card.title]), first)
                }
                (_, Some(_)) if !has_run => (
                    Tone::Good,
                    Icon::CHECK_CIRCLE,
                    say_with("{0} lies right.", &[&card.title]),
                    card.because.clone(),
                ),
                _ => (Tone::Info, Icon::QUESTION, format!("{}.", card.title), card.about.clone()),
            }
        }
    };
    let (color, fill) = tone.colors(&t);
    ui.painter().rect_filled(rect, CornerRadius::same(radius::CONTROL), fill);
    let mut area = ui.new_child(
        UiBuilder::new()
            .id_salt("band")
            .max_rect(rect.shrink2(vec2(space::S3, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    icon_ui(&mut area, icon, Weight::Fill, size::ICON, color);
    area.add_space(space::S1);
    let count = if placed == 0 {
        cards_said(unit.cards.len())
    } else {
        say_with("{0} of {1} right", &[&right, &placed])
    };
    let count_width = 96.0;
    let width = (area.available_width() - count_width).max(80.0);
    let mut job = eframe::egui::text::LayoutJob::default();
    let format = |font, color| eframe::egui::TextFormat { font_id: font, color, ..Default::default() };
    job.append(&format!("{head} "), 0.0, format(font::label(), t.text));
    job.append(&said, 0.0, format(font::body(), t.text));
    area.allocate_ui_with_layout(vec2(width, BAND), Layout::left_to_right(Align::Center), |ui| {
        ui.set_width(width);
        ui.add(Label::new(job).wrap());
    });
    area.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.label(text(count, font::small(), t.text_2));
    });
}
