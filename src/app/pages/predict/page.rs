//! What the Predict page shows: one record on the left, many on the right, and below why the two differ in time.

use eframe::egui::{Label, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::batch::batch_ui;
use super::curve::curve_ui;
use super::interactive::interactive_ui;
use super::record::Record;
use super::strip::strip_height;
use super::{Call, Command as Asked, Draft, Results};
use crate::app::command::{Command, Commands};
use crate::app::pages::{PageId, View, serve};
use crate::app::picker::Purpose;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{Button, Segment, card_frame, empty_state, follow_focus, page_head, segmented};

/// The least height of the two cards: what a window of 900 points leaves beside the curve.
const CARDS: f32 = 440.0;
/// The height of the curve's card with the parity strip.
const CURVE: f32 = 282.0;
/// What keeps the lower card's border inside the scrolled area.
const EDGE: f32 = 2.0;
/// How long a record is left alone before it is compared by every way, in seconds: a hand that drags a slider does not
/// rest that long.
const REST_SECS: f64 = 0.05;

/// The page.
pub(crate) fn predict_page_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let Some(version) = view.truth.champion() else {
        page_head(ui, view.compact, "Predict", "No model yet", |_| {});
        no_model_ui(ui, view, commands);
        return;
    };
    let about =
        format!("{} {}, {}", version.model().output.name, version.entry.title(), version.model().kind);
    page_head(ui, view.compact, "Predict", &about, |ui| {
        call_ui(ui, draft, commands);
        if Button::secondary("Open model…").icon(Icon::CUBE).ui(ui).clicked() {
            commands.push(Command::Choose(Purpose::OpenModel));
        }
    });
    // the scroll bar stands in the page's padding, not over the cards
    let mut place = ui.available_rect_before_wrap();
    let width = place.width();
    place.max.x += space::S3;
    let mut area = ui.new_child(UiBuilder::new().id_salt("halves and curve").max_rect(place));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S4, space::S4);
        ui.set_max_width(width);
        let strip = |served| strip_height(width - space::S8, served);
        let curve = CURVE + strip(results.served) - strip(false);
        let height =
            if view.compact { CARDS } else { (ui.available_height() - curve - space::S4 - EDGE).max(CARDS) };
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let half = ((width - space::S4) / 2.0).floor();
        let left = Rect::from_min_size(rect.min, vec2(half, height));
        let right = Rect::from_min_size(pos2(left.right() + space::S4, rect.top()), vec2(half, height));
        for (place, is_left) in [(left, true), (right, false)] {
            ui.painter().add(card_frame(ui).paint(place.shrink(0.5)));
            let mut card = ui.new_child(UiBuilder::new().id_salt(("half", is_left)).max_rect(place));
            card.spacing_mut().item_spacing = vec2(space::S2, space::S2);
            if is_left {
                let (record, answered) = interactive_ui(&mut card, view, version, results, draft, commands);
                ask_the_server(results, draft, &record, commands);
                if answered {
                    compare_at_rest(&card, results, draft, record, commands);
                }
            } else {
                batch_ui(&mut card, view, version, results, draft, commands);
            }
        }
        curve_ui(ui, view, results, curve, commands);
        follow_focus(ui);
    });
}

/// In this process or over HTTP, for both halves.
fn call_ui(ui: &mut Ui, draft: &Draft, commands: &mut Commands) {
    let mut call = draft.call;
    let choices = [Segment::new(Call::InProcess, "In-process"), Segment::new(Call::Http, "Over HTTP")];
    if segmented(ui, "How the model is called", &mut call, &choices, size::CONTROL, None) {
        commands.push(Asked::Call(call));
    }
    ui.label(text("Call", font::body(), tokens(ui).text_2));
}

/// Sends the record to the server, if that is how the model is called: one at a time, so that what is answered next is
/// what stands in the controls then.
fn ask_the_server(results: &Results, draft: &Draft, record: &Record, commands: &mut Commands) {
    let known = results.reply.as_ref().is_some_and(|reply| reply.record == *record);
    if draft.call == Call::Http && results.served && !results.asking && !known {
        commands.push(Asked::Ask(record.clone()));
    }
}

/// What stands where an answer over HTTP would be, while no server runs.
pub(super) fn not_served_ui(ui: &mut Ui, commands: &mut Commands) {
    let t = tokens(ui);
    ui.label(text("The server is not running", font::heading(), t.text));
    let said =
        "Over HTTP, the server answers as it does any other client. Start it, or predict in this process.";
    ui.add(Label::new(text(said, font::body(), t.text_2)).wrap());
    ui.add_space(space::S1);
    ui.horizontal(|ui| {
        if Button::primary("Start server").icon_fill(Icon::PLAY).compact().ui(ui).clicked() {
            commands.push(serve::Command::Start);
        }
        if Button::secondary("Use In-process").compact().ui(ui).clicked() {
            commands.push(Asked::Call(Call::InProcess));
        }
    });
}

/// Has the record compared by every way once the hand has come to rest.
fn compare_at_rest(ui: &Ui, results: &Results, draft: &mut Draft, record: Record, commands: &mut Commands) {
    if results.compared.as_ref() == Some(&record) {
        draft.rest = None;
        return;
    }
    let now = ui.input(|input| input.time);
    let since = match &draft.rest {
        Some((seen, since)) if *seen == record => *since,
        _ => {
            draft.rest = Some((record, now));
            now
        }
    };
    let left = REST_SECS - (now - since);
    if left > 0.0 {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(left));
    } else {
        commands.push(Asked::Parity { asked: false });
    }
}

fn no_model_ui(ui: &mut Ui, view: View<'_>, commands: &mut Commands) {
    card_frame(ui).inner_margin(32).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let (title, explanation) = if view.truth.versions.is_empty() {
            ("There is no model to predict with", "Train one on a table, or open a model file.")
        } else {
            (
                "No model is the champion",
                "The champion answers every prediction; choose one on the Train page.",
            )
        };
        empty_state(ui, Icon::TARGET, title, explanation, |ui| {
            let width = 320.0_f32.min(ui.available_width());
            ui.allocate_ui(vec2(width, size::CONTROL), |ui| {
                ui.horizontal(|ui| {
                    if Button::primary("Go to Train").icon(Icon::CHART_SCATTER).ui(ui).clicked() {
                        commands.push(Command::Go(PageId::Train));
                    }
                    if Button::secondary("Open model…").icon(Icon::CUBE).ui(ui).clicked() {
                        commands.push(Command::Choose(Purpose::OpenModel));
                    }
                });
            });
        });
    });
}
