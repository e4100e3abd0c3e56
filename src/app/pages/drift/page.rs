//! What the Drift page shows, from left to right: the cause, the effect, the decision.

use std::sync::Arc;

use eframe::egui::{Align, Label, Layout, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use super::advice::advice_ui;
use super::cards::cards_ui;
use super::controls::{controls_foot_ui, controls_ui};
use super::detail::detail_ui;
use super::lab::Lab;
use super::methods::{pairs_ui, race_ui};
use super::policies::{bet_ui, revealed_ui};
use super::registry::{past_ui, versions_ui};
use super::served::send_ui;
use super::watched::served_ui;
use super::weeks::weeks_ui;
use super::{Asked, Command, Draft, Live, Part, Results, asked, exact, live, ready};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::job::Slot;
use crate::app::pages::{PageId, View, serve};
use crate::app::state::Version;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, card_frame, card_place, empty_state, follow_focus, page_head, problem_ui, segmented,
    spinner,
};

/// The width of the sliders' card and of the advice's.
const CONTROLS: f32 = 272.0;
const ADVICE: f32 = 308.0;
/// From this width on there is room for what the page is about, in its head.
const WIDE: f32 = 1120.0;
/// The width of the choice between the page's parts.
const PARTS: f32 = 432.0;
/// From this width on all three stand side by side.
const SIDE_BY_SIDE: f32 = 1000.0;
/// The height of the error's card, and the least of all cards together.
const ERROR: f32 = 264.0;
const LEAST: f32 = 640.0;
/// The height of the advice where it stands below.
const BELOW: f32 = 560.0;

/// The page.
pub(crate) fn drift_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    (server, results): (&serve::Results, &Results),
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let is_wide = ui.available_width() >= WIDE;
    let about = match draft.part {
        _ if !is_wide => "",
        // what stands for what takes its place
        Part::Laboratory | Part::Methods => "Has the world moved away?",
        _ => "Has the world moved away from the data the model learned?",
    };
    let is_ready = ready(view.truth, results).is_some();
    // what was is known without rows to shift
    let has_registry = draft.part == Part::Registry && !view.truth.versions.is_empty();
    page_head(ui, view.compact, "Drift", about, |ui| {
        if matches!(draft.part, Part::Laboratory | Part::Methods) {
            legend_ui(ui);
            ui.add_space(space::S4);
        }
        if is_ready || has_registry {
            parts_ui(ui, draft);
        }
    });
    if has_registry {
        let rect = ui.available_rect_before_wrap();
        let rect = rect.with_max_y(rect.bottom() - 2.0);
        let left = rect.with_max_x(rect.left() + CONTROLS);
        versions_ui(&mut card_place(ui, left, "choice"), view, draft, commands);
        past_ui(ui, rect.with_min_x(left.right() + space::S4), view, results, draft, commands);
        return;
    }
    let (Some(version), Some(data)) = (view.truth.champion(), view.truth.data()) else {
        nothing_ui(ui, view, commands);
        return;
    };
    let Some(lab) = ready(view.truth, results) else {
        let known = results
            .problem
            .as_ref()
            .filter(|(champion, table, _)| *champion == version.entry.number && Arc::ptr_eq(table, data));
        match known {
            Some((_, _, problem)) => {
                problem_ui(ui, problem, |ui| {
                    if Button::secondary("Try again").small().ui(ui).clicked() {
                        commands.push(Command::Prepare);
                    }
                    if Button::ghost("Go to Data").small().ui(ui).clicked() {
                        commands.push(AppCommand::Go(PageId::Data));
                    }
                    if Button::ghost("Go to Train").small().ui(ui).clicked() {
                        commands.push(AppCommand::Go(PageId::Train));
                    }
                });
            }
            None => waiting_ui(ui, results, commands),
        }
        return;
    };
    let lab = Arc::clone(lab);
    // a scenario, an undone step or a job's figures may have come since the last frame
    let has_moved = keep_up(version, results, &lab, draft);
    if draft.part != Part::Laboratory {
        ask_for_rest(ui, (view, results), (&lab, draft), has_moved, commands);
        two_ui(ui, view, (server, results), &lab, draft, commands);
        return;
    }
    let mut place = ui.available_rect_before_wrap();
    let width = place.width();
    // the scroll bar stands in the page's padding, not over the cards
    place.max.x += space::S3;
    let mut area = ui.new_child(UiBuilder::new().id_salt("drift").max_rect(place));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S4, space::S4);
        let beside = width >= SIDE_BY_SIDE;
        let height = (place.height() - 2.0).max(LEAST);
        let whole = if beside { height } else { height + space::S4 + BELOW };
        let (rect, _) = ui.allocate_exact_size(vec2(width, whole), Sense::hover());
        let column = |left: f32, right: f32| {
            Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.top() + height))
        };
        let left = column(rect.left(), rect.left() + CONTROLS);
        let right = if beside {
            column(rect.right() - ADVICE, rect.right())
        } else {
            Rect::from_min_max(pos2(rect.left(), rect.top() + height + space::S4), rect.max)
        };
        let middle_end = if beside { right.left() - space::S4 } else { rect.right() };
        let middle = column(left.right() + space::S4, middle_end);
        let mut sliders = card_place(ui, left, "sliders");
        controls_ui(&mut sliders, view, &lab, draft, commands);
        // what a slider does is drawn in the very frame in which it moves
        let has_moved = keep_up(version, results, &lab, draft) || has_moved;
        ask_for_rest(&sliders, (view, results), (&lab, draft), has_moved, commands);
        controls_foot_ui(&mut sliders, &lab, live::outside(results, draft), commands);
        middle_ui(ui, middle, view, version, results, &lab, draft, commands);
        advice_ui(&mut card_place(ui, right, "advice"), view, results, draft, commands);
        follow_focus(ui);
    });
}

/// Works out what is not of this place of the sliders, or is known better by now. Whether they moved.
fn keep_up(version: &Version, results: &Results, lab: &Lab, draft: &mut Draft) -> bool {
    let before = draft.live.as_deref();
    let is_here = before.is_some_and(|live| live.shifts == draft.shifts);
    let has_come = |live: &Live| live.rough.iter().any(|name| exact(results, draft, name).is_some());
    if !is_here || before.is_some_and(has_come) {
        let live = Live::new(lab, &version.predictor, &draft.shifts, &results.exact, before);
        draft.live = Some(Arc::new(live));
    }
    !is_here
}

/// Asks the jobs for what is not worked out in the frame.
fn ask_for_rest(
    ui: &Ui,
    (view, results): (View<'_>, &Results),
    (lab, draft): (&Lab, &mut Draft),
    has_moved: bool,
    commands: &mut Commands,
) {
    if has_moved {
        draft.at_rest = 0;
        if results.simulating {
            // what it works out is of another place of the sliders by now, and it would take this frame's time
            commands.push(Command::StopSimulating);
        }
    } else if draft.at_rest < AT_REST {
        draft.at_rest += 1;
        ui.ctx().request_repaint();
    }
    let is_rough = draft.live.as_ref().is_some_and(|live| !live.rough.is_empty());
    let waits = is_rough && results.not_refined.as_ref() != Some(&draft.shifts);
    if waits && !results.refining {
        commands.push(Command::Refine);
    }
    // the exact figures first: two workers would take longer for both
    if let Some(asked) = asked(view.truth, draft)
        && !waits
    {
        work_out(ui, results, (lab, draft), &asked, commands);
    }
}

/// The parts of the page.
fn parts_ui(ui: &mut Ui, draft: &mut Draft) {
    let parts = [
        Segment::new(Part::Laboratory, "Laboratory"),
        Segment::new(Part::Methods, "Method duel"),
        Segment::new(Part::Policies, "Policies"),
        Segment::new(Part::Monitor, "Monitor"),
        Segment::new(Part::Registry, "Registry"),
    ];
    ui.allocate_ui_with_layout(
        vec2(PARTS, size::CONTROL_COMPACT),
        Layout::left_to_right(Align::Center),
        |ui| {
            segmented(ui, "Part of the page", &mut draft.part, &parts, size::CONTROL_COMPACT, Some(PARTS));
        },
    );
}

/// A choice on the left, and what comes of it on the right.
fn two_ui(
    ui: &mut Ui,
    view: View<'_>,
    (server, results): (&serve::Results, &Results),
    lab: &Lab,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let rect = ui.available_rect_before_wrap();
    let rect = rect.with_max_y(rect.bottom() - 2.0);
    let left = rect.with_max_x(rect.left() + CONTROLS);
    let right = rect.with_min_x(left.right() + space::S4);
    let mut choice = card_place(ui, left, "choice");
    match draft.part {
        Part::Methods => {
            pairs_ui(&mut choice, lab, draft);
            race_ui(&mut card_place(ui, right, "race"), lab, draft);
        }
        Part::Policies => {
            bet_ui(&mut choice, view, results, lab, draft, commands);
            let now = asked(view.truth, draft);
            revealed_ui(&mut card_place(ui, right, "revealed"), results, draft, now.as_ref());
        }
        Part::Monitor | Part::Laboratory | Part::Registry => {
            send_ui(&mut choice, view, (server, results), draft, commands);
            served_ui(&mut card_place(ui, right, "served"), view, results, commands);
        }
    }
}

/// The place under a card's head, scroll bar included, and that of the buttons below it, `foot` high.
pub(super) fn under_head(card: Rect, foot: f32) -> (Rect, Rect) {
    let foot = Rect::from_min_max(pos2(card.left(), card.bottom() - foot), card.max);
    let body = Rect::from_min_max(
        pos2(card.left() + space::S4, card.top() + size::CARD_HEAD),
        pos2(card.right() - space::S2, foot.top()),
    );
    (body, foot)
}

#[expect(clippy::too_many_arguments, reason = "what the page has, for the part in its middle")]
fn middle_ui(
    ui: &mut Ui,
    rect: Rect,
    view: View<'_>,
    version: &Version,
    results: &Results,
    lab: &Lab,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let split = rect.bottom() - ERROR - space::S4;
    let upper = Rect::from_min_max(rect.min, pos2(rect.right(), split));
    let mut area = ui.new_child(UiBuilder::new().id_salt("cards").max_rect(upper));
    cards_ui(&mut area, version, results, lab, draft, commands);
    let lower = Rect::from_min_max(pos2(rect.left(), split + space::S4), rect.max);
    let mut below = card_place(ui, lower, "below");
    if draft.chosen.is_some() {
        detail_ui(&mut below, results, lab, draft, commands);
    } else {
        weeks_ui(&mut below, view, version, results, draft);
    }
}

/// What grey and orange stand for.
fn legend_ui(ui: &mut Ui) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.x = space::S2;
    ui.label(text("current, shifted", font::small(), t.text_2));
    let (rect, _) = ui.allocate_exact_size(vec2(22.0, space::S4), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(2.0, t.p_cur));
    ui.add_space(space::S2);
    ui.label(text("reference, learned from", font::small(), t.text_2));
    let (rect, _) = ui.allocate_exact_size(vec2(22.0, 10.0), Sense::hover());
    ui.painter().rect(rect, 0.0, t.p_ref_fill, Stroke::new(1.0, t.p_ref), eframe::egui::StrokeKind::Inside);
}

/// Frames without a move after which the hand has come to rest.
const AT_REST: u8 = 4;

/// Has worked out what is not of this place of the sliders, one at a time: what is asked next is what stands there then.
fn work_out(
    ui: &Ui,
    results: &Results,
    (lab, draft): (&Lab, &Draft),
    asked: &Asked,
    commands: &mut Commands,
) {
    let is_wrong = results.wrong.as_ref().is_some_and(|(wrong, _)| wrong == asked);
    if is_wrong {
        return;
    }
    let same_world = results
        .world
        .as_ref()
        .is_some_and(|world| world.asked.champion == asked.champion && world.asked.shifts == asked.shifts);
    if !same_world && !live::is_whole(draft) && !results.measuring {
        commands.push(Command::Measure);
    }
    let same_weeks = results.weeks.as_ref().is_some_and(|weeks| weeks.asked == *asked);
    // what each week drifted by, and the advice, take longer: they wait until the hand has come to rest
    let is_held = ui.input(|input| input.pointer.any_down()) || draft.at_rest < AT_REST;
    if !same_weeks && !results.simulating && !is_held && lab.target.is_some() {
        commands.push(Command::Simulate);
    }
}

fn waiting_ui(ui: &mut Ui, results: &Results, commands: &mut Commands) {
    if !results.preparing {
        commands.push(Command::Prepare);
    }
    let t = tokens(ui);
    card_frame(ui).inner_margin(32).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            spinner(ui, size::ICON_CARD);
            ui.label(text("Making the rows ready: each input is sorted once", font::body(), t.text_2));
            if Button::ghost("Stop").small().ui(ui).clicked() {
                commands.push(AppCommand::Escape);
            }
        });
    });
}

fn nothing_ui(ui: &mut Ui, view: View<'_>, commands: &mut Commands) {
    let no_data = view.truth.data().is_none();
    card_frame(ui).inner_margin(32).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let (title, said) = if no_data {
            ("There are no rows to shift", "Open the table that the model learned from, or one like it.")
        } else {
            ("There is no model to watch", "Train one on the open table; it becomes the champion.")
        };
        empty_state(ui, Icon::WAVE_SINE, title, said, |ui| {
            let (label, page) =
                if no_data { ("Go to Data", PageId::Data) } else { ("Go to Train", PageId::Train) };
            if Button::primary(label).icon(page.icon()).ui(ui).clicked() {
                commands.push(AppCommand::Go(page));
            }
        });
    });
}

/// A line that says that work goes on, or nothing.
pub(super) fn busy_ui(ui: &mut Ui, view: View<'_>, slot: Slot) {
    if view.work.job(slot).is_some() {
        spinner(ui, size::ICON_SEGMENT);
    }
}

/// The widest that a sentence in the middle gets.
const SENTENCE: f32 = 420.0;

/// A sentence in the middle of a place that has nothing yet.
pub(super) fn sentence_ui(ui: &mut Ui, rect: Rect, said: &str) {
    let t = tokens(ui);
    let width = rect.width().min(SENTENCE);
    let height = ui.painter().layout(said.to_owned(), font::body(), t.text_2, width).size().y;
    let place = Rect::from_center_size(rect.center(), vec2(width, height));
    let mut area = ui.new_child(
        UiBuilder::new().id_salt("sentence").max_rect(place).layout(Layout::top_down(Align::Center)),
    );
    area.add(Label::new(text(said, font::body(), t.text_2)).wrap().halign(Align::Center));
}
