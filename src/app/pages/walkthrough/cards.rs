//! A card of the sorting board: what it says, how it is dragged, moved by keys, and run.

use eframe::egui::{
    Align, Align2, CornerRadius, CursorIcon, EventFilter, Key, LayerId, Layout, Modifiers, Order, Painter,
    Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use super::board::{LABEL, Places, card_id, dashed};
use super::run::{Lack, said};
use super::{Command, Draft, Results};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::pages::{PageId, serve};
use crate::app::theme::{Icon, Tokens, font, radius, size, space, tokens};
use crate::app::widgets::{Button, Tone, Weight, clipped, elided, focus_ring, paint_icon, spinner, spot};
use crate::app::words::{say, say_with};
use crate::lesson::{Card, Field};

/// The width of a card's button.
const RUN: f32 = 64.0;
/// The width of one without a word, on cards narrower than [`NARROW`].
const RUN_NARROW: f32 = 32.0;
const NARROW: f32 = 250.0;

/// A card that was picked up by the keyboard, and where it would be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    card: String,
    /// `None` is the tray.
    pub(super) over: Option<Field>,
}

/// Where a card comes to by an arrow: the tray lies above the two fields in which somebody waits, and those above the two
/// in which nobody does.
fn moved(from: Option<Field>, key: Key) -> Option<Field> {
    let (waits, many) = (from.is_none_or(|field| field.waits), from.is_some_and(|field| field.many));
    match (key, from) {
        (Key::ArrowLeft, _) => Some(Field { waits, many: false }),
        (Key::ArrowRight, _) => Some(Field { waits, many: true }),
        (Key::ArrowDown, None) => Some(Field { waits: true, many }),
        (Key::ArrowDown, Some(_)) => Some(Field { waits: false, many }),
        (Key::ArrowUp, Some(field)) if !field.waits => Some(Field { waits: true, many }),
        _ => None,
    }
}

/// The width of the button of a card.
fn run_width(card: Rect) -> f32 {
    if card.width() < NARROW { RUN_NARROW } else { RUN }
}

/// What a card says below its name: by what tone, and with which icon.
fn caption(
    card: &Card,
    lies: Option<Field>,
    results: &Results,
    draft: &Draft,
) -> (Tone, Option<Icon>, String) {
    let board = &results.board;
    if board.running.as_ref() == Some(&card.id) {
        return (Tone::Accent, None, say("Running…"));
    }
    if let Some(lack) = board.lacks.get(&card.id) {
        return (Tone::Warn, Some(Icon::WARNING), say(lack.said()));
    }
    if let Some(why) = board.failed.get(&card.id) {
        return (Tone::Bad, Some(Icon::WARNING), why.clone());
    }
    if lies.is_some_and(|field| field != card.field()) {
        return (Tone::Warn, Some(Icon::WARNING), card.hint.clone());
    }
    if let Some((ran, run)) = draft.ran.get(&card.id).zip(card.run) {
        return (Tone::Good, Some(Icon::CHECK), said(run, *ran));
    }
    (Tone::Neutral, None, card.caption.clone())
}

/// A card without its button.
fn paint_card(
    painter: &Painter,
    rect: Rect,
    card: &Card,
    (border, fill): (Stroke, eframe::egui::Color32),
    (tone, icon, caption): &(Tone, Option<Icon>, String),
    (button, t): (f32, &Tokens),
) {
    painter.rect(rect, CornerRadius::same(radius::CONTROL), fill, border, StrokeKind::Inside);
    let at = pos2(rect.left() + 18.0, rect.center().y);
    let sign = Icon::named(&card.icon).unwrap_or(Icon::CUBE);
    paint_icon(painter, at, sign, Weight::Regular, size::ICON, t.text_2);
    let left = rect.left() + 36.0;
    let width = rect.right() - button - space::S2 - left;
    let title = elided(painter, &card.title, font::label(), t.text, width);
    painter.galley(pos2(left, rect.top() + 6.0), title, t.text);
    let (color, _) = tone.colors(t);
    let y = rect.bottom() - 14.0;
    let mut x = left;
    if let Some(icon) = icon {
        paint_icon(painter, pos2(x + 6.0, y), *icon, Weight::Fill, size::ICON_SMALL, color);
        x += 16.0;
    }
    clipped(painter, pos2(x, y), Align2::LEFT_CENTER, caption, width - (x - left), color);
}

pub(super) fn card_ui(
    ui: &mut Ui,
    (card, lies): (&Card, Option<Field>),
    rect: Rect,
    (results, draft): (&Results, &Draft),
    places: &Places,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let id = card_id(card);
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let is_chosen = draft.card.as_ref() == Some(&card.id);
    let is_wrong = lies.is_some_and(|field| field != card.field());
    let caption = caption(card, lies, results, draft);
    response.widget_info(|| {
        let mut info = WidgetInfo::selected(Role::ListItem, true, is_chosen, &card.title);
        let place = lies.map_or_else(|| say("to sort"), |field| say(field.name()));
        info.current_text_value = Some(format!("{place}; {}", caption.2));
        info
    });
    spot(ui, &card.title, rect);
    let border = match () {
        () if is_wrong => Stroke::new(1.0, t.warn),
        () if is_chosen => Stroke::new(1.0, t.accent),
        () => Stroke::new(1.0, t.stroke),
    };
    if response.dragged() {
        dashed(ui.painter(), rect, Stroke::new(1.0, t.stroke_control));
        let moved = ui.input(|input| {
            let from = input.pointer.press_origin()?;
            Some(input.pointer.interact_pos()? - from)
        });
        let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, id));
        let lifted = rect.translate(moved.unwrap_or(Vec2::ZERO));
        let border = Stroke::new(1.0, t.accent);
        painter.rect_filled(
            lifted.translate(vec2(0.0, 3.0)).expand(1.0),
            CornerRadius::same(radius::CONTROL),
            t.stroke_strong.gamma_multiply(0.5),
        );
        paint_card(&painter, lifted, card, (border, t.surface), &caption, (0.0, &t));
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    } else {
        let fill = if response.hovered() { t.hover } else { t.surface };
        paint_card(ui.painter(), rect, card, (border, fill), &caption, (run_width(rect) + space::S2, &t));
        run_ui(ui, rect, card, results, commands);
        if response.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Grab);
        }
        focus_ring(ui, &response, radius::CONTROL);
    }
    if response.drag_stopped()
        && let Some(at) = ui.input(|input| input.pointer.interact_pos())
    {
        let field = places.fields.iter().find(|(_, rect)| rect.contains(at)).map(|(field, _)| *field);
        if field.is_some() || places.tray.expand(LABEL).contains(at) {
            commands.push(Command::Place(card.id.clone(), field));
        }
    }
    keys_ui(ui, &response, (card, lies), draft, commands);
}

/// What runs a card, or leads to what it lacks.
fn run_ui(ui: &mut Ui, rect: Rect, card: &Card, results: &Results, commands: &mut Commands) {
    let width = if results.board.lacks.contains_key(&card.id) { RUN } else { run_width(rect) };
    let place = Rect::from_center_size(
        pos2(rect.right() - space::S2 - width / 2.0, rect.center().y),
        vec2(width, size::CONTROL_SMALL),
    );
    let mut area = ui.new_child(
        UiBuilder::new()
            .id_salt(("run", &card.id))
            .max_rect(place)
            .layout(Layout::left_to_right(Align::Center)),
    );
    let board = &results.board;
    if board.running.as_ref() == Some(&card.id) {
        area.add_space(width - size::ICON);
        spinner(&mut area, size::ICON);
        return;
    }
    if let Some(lack) = board.lacks.get(&card.id) {
        let (label, command): (_, AppCommand) = match lack {
            Lack::Server => ("Start it", serve::Command::Start.into()),
            Lack::Model => ("Train one", AppCommand::Go(PageId::Train)),
            Lack::Table => ("Open one", AppCommand::Go(PageId::Data)),
        };
        let name = format!("{}: {}", say(label), card.title);
        if Button::secondary(label).lesson().name(&name).small().width(RUN).ui(&mut area).clicked() {
            commands.push(command);
        }
        return;
    }
    let name = say_with("Run it: {0}", &[&card.title]);
    let why = if card.run.is_none() { card.about.as_str() } else { "" };
    let free = card.run.is_some() && board.running.is_none();
    let label = if width < RUN { "" } else { "Run" };
    let run = Button::secondary(label).lesson().name(&name).icon_fill(Icon::PLAY).small().width(width);
    let run = run.enabled(free, why).ui(&mut area);
    let run = if width < RUN && free { run.on_hover_text(&name) } else { run };
    if run.clicked() {
        commands.push(Command::Run(card.id.clone()));
    }
}

/// The keys of the card that has the focus: arrows move it, Space picks it up and drops it, R runs it.
fn keys_ui(
    ui: &Ui,
    response: &Response,
    (card, lies): (&Card, Option<Field>),
    draft: &Draft,
    commands: &mut Commands,
) {
    let held = draft.held.as_ref().filter(|held| held.card == card.id);
    let spaced = response.has_focus() && ui.input(|input| input.key_pressed(Key::Space));
    if spaced {
        match held {
            Some(held) => commands.push(Command::Place(card.id.clone(), held.over)),
            None => commands.push(Command::Hold(Some(Held { card: card.id.clone(), over: lies }))),
        }
    } else if response.clicked() || response.drag_started() {
        response.request_focus();
        commands.push(Command::Choose(card.id.clone()));
    }
    if !response.has_focus() {
        if held.is_some() {
            commands.push(Command::Hold(None));
        }
        return;
    }
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        tab: false,
        // put down first, where it was
        escape: held.is_some(),
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    for key in [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown] {
        if pressed(key) {
            let to = moved(held.map_or(lies, |held| held.over), key);
            match held {
                Some(_) => commands.push(Command::Hold(Some(Held { card: card.id.clone(), over: to }))),
                None if to != lies => commands.push(Command::Place(card.id.clone(), to)),
                None => {}
            }
        }
    }
    if held.is_none() && card.run.is_some() && pressed(Key::R) {
        commands.push(Command::Run(card.id.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_lead_into_every_field_and_back_to_the_tray() {
        let field = |waits, many| Some(Field { waits, many });
        for (from, key, to) in [
            (None, Key::ArrowDown, field(true, false)),
            (None, Key::ArrowRight, field(true, true)),
            (None, Key::ArrowUp, None),
            (field(true, true), Key::ArrowUp, None),
            (field(true, true), Key::ArrowLeft, field(true, false)),
            (field(true, true), Key::ArrowDown, field(false, true)),
            (field(false, true), Key::ArrowDown, field(false, true)),
            (field(false, true), Key::ArrowUp, field(true, true)),
            (field(false, false), Key::ArrowRight, field(false, true)),
        ] {
            assert_eq!(moved(from, key), to, "{from:?} {key:?}");
        }
    }

    #[test]
    fn every_card_has_an_icon() {
        for card in crate::lesson::units(crate::lesson::Language::English)
            .unwrap()
            .iter()
            .flat_map(|unit| &unit.cards)
        {
            assert!(Icon::named(&card.icon).is_some(), "{}", card.icon);
        }
    }
}
