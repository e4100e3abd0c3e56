//! The first page ever seen: where to drop a file, and the samples.

use eframe::egui::{
    Align, CornerRadius, Label, Layout, Rect, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2,
};

use super::page::scrolling_ui;
use super::{Command, Draft, Results, SampleCard};
use crate::app::command::{Command as AppCommand, Commands, hint};
use crate::app::pages::View;
use crate::app::pages::walkthrough::{self, Reason};
use crate::app::picker::Purpose;
use crate::app::theme::{Icon, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Bars, Button, Tone, Weight, bars, card, format, icon_ui, page_head, paint_icon, tag,
};
use crate::data::samples::{self, Sample};
use crate::workspace::DataRef;

/// The width of a sample's little chart.
const CHART: f32 = 72.0;
/// How many recent files are offered.
const RECENT: usize = 5;

/// The page.
pub(super) fn empty_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    if results.samples.is_none() && !results.samples_asked {
        commands.push(Command::Samples);
    }
    page_head(ui, view.compact, "Data", "Nothing loaded yet", |_| {});
    scrolling_ui(ui, view.compact, "empty", |ui| {
        ui.spacing_mut().item_spacing.y = space::S4;
        if draft.welcome {
            welcome_ui(ui, commands);
        }
        drop_zone_ui(ui, view, commands);
        recent_ui(ui, view, commands);
        ui.horizontal(|ui| {
            ui.label(text("Or take a sample", font::card_title(), t.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(text("included, works offline", font::small(), t.text_2));
            });
        });
        let columns = if ui.available_width() > 640.0 { 3 } else { 2 };
        let gap = space::S4;
        let width = ((ui.available_width() - gap * (columns as f32 - 1.0)) / columns as f32).floor();
        let cards = results.samples.as_deref();
        for (row, chunk) in samples::all().chunks(columns).enumerate() {
            let top = ui.cursor().top();
            let height = size::SAMPLE_CARD;
            let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
            for (at, sample) in chunk.iter().enumerate() {
                let left = line.left() + (width + gap) * at as f32;
                let place = Rect::from_min_size(pos2(left, top), vec2(width, height));
                let card = cards.and_then(|cards| cards.get(row * columns + at));
                sample_ui(ui, place, sample, card, draft, commands);
            }
            for sample in chunk.iter().filter(|sample| draft.story == Some(sample.name)) {
                story_ui(ui, sample);
            }
        }
        ui.horizontal(|ui| {
            icon_ui(ui, Icon::LOCK_SIMPLE, Weight::Regular, size::ICON_SEGMENT, t.text_3);
            let said = "Your data stays on this machine. Nothing is uploaded.";
            ui.label(text(said, font::small(), t.text_2));
        });
    });
}

/// The first start's one question; the samples below are a click away, whatever is answered.
fn welcome_ui(ui: &mut Ui, commands: &mut Commands) {
    let t = tokens(ui);
    eframe::egui::Frame::new()
        .fill(t.accent_tint)
        .corner_radius(CornerRadius::same(radius::CARD))
        .inner_margin(eframe::egui::Margin::same(16))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = space::S2;
                ui.label(text("Welcome. Teach, learn, or just use it?", font::heading(), t.text));
                ui.add_space(space::S4);
                let ways = [
                    (
                        Button::primary("Learn").icon(Icon::PATH),
                        Reason::Learn,
                        "The lesson, from its first step",
                    ),
                    (
                        Button::secondary("Teach").icon(Icon::COMPASS),
                        Reason::Teach,
                        "The lesson, with notes, times and starting states",
                    ),
                    (Button::secondary("Just use it"), Reason::Use, "Your own table, or a sample from below"),
                ];
                for (button, reason, why) in ways {
                    if button.ui(ui).on_hover_text(why).clicked() {
                        commands.push(walkthrough::Command::Welcome(reason));
                    }
                }
            });
        });
}

/// The rectangle to drop a file into, drawn dashed. A file may be dropped anywhere.
fn drop_zone_ui(ui: &mut Ui, view: View<'_>, commands: &mut Commands) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::DROP_ZONE), Sense::hover());
    let rect = rect.shrink(1.0);
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(radius::CARD), t.surface);
    painter.extend(Shape::dashed_line(&outline(rect), Stroke::new(1.0, t.stroke_control), 4.0, 4.0));
    let mut inner = ui
        .new_child(UiBuilder::new().max_rect(rect.shrink(space::S4)).layout(Layout::top_down(Align::Center)));
    let ui = &mut inner;
    ui.spacing_mut().item_spacing.y = space::S2;
    ui.add_space(space::S4);
    let side = size::ICON_EMPTY + space::S6;
    let (sign, _) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    ui.painter().rect_filled(sign, CornerRadius::same(radius::CARD), t.accent_tint);
    paint_icon(ui.painter(), sign.center(), Icon::FILE_CSV, Weight::Regular, size::ICON_EMPTY, t.accent);
    ui.add_space(space::S1);
    ui.label(text("Drop a CSV here", font::title(), t.text));
    ui.label(text("or anywhere in this window", font::body(), t.text_2));
    ui.add_space(space::S2);
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), Sense::hover());
    // two buttons as one block in the middle
    let id = ui.scope_id().with("the two buttons' width");
    let known: f32 = ui.data(|data| data.get_temp(id).unwrap_or(360.0));
    let mut block = row;
    block.min.x = row.center().x - known / 2.0;
    let mut pair =
        ui.new_child(UiBuilder::new().max_rect(block).layout(Layout::left_to_right(Align::Center)));
    let open = Button::secondary("Open CSV…").icon(Icon::FOLDER_OPEN).key(hint(view.actions, "Open CSV…"));
    if open.ui(&mut pair).clicked() {
        commands.push(AppCommand::Choose(Purpose::OpenData));
    }
    let paste = Button::secondary("Paste a table")
        .icon(Icon::CLIPBOARD_TEXT)
        .key(hint(view.actions, "Paste a table"));
    if paste.ui(&mut pair).clicked() {
        commands.push(Command::RequestPaste);
    }
    let width = pair.min_rect().width();
    if (width - known).abs() > 0.5 {
        ui.data_mut(|data| data.insert_temp(id, width));
        ui.ctx().request_repaint();
    }
    ui.add_space(space::S2);
    let said =
        "CSV, TSV or any text in columns. Separator, decimal sign, encoding and column types are detected.";
    ui.add(Label::new(text(said, font::small(), t.text_3)).wrap());
}

/// A rounded rectangle as a closed line.
fn outline(rect: Rect) -> Vec<eframe::egui::Pos2> {
    let corner = f32::from(radius::CARD);
    let mut points = Vec::new();
    let corners = [
        (rect.right() - corner, rect.top() + corner, -90.0_f32),
        (rect.right() - corner, rect.bottom() - corner, 0.0),
        (rect.left() + corner, rect.bottom() - corner, 90.0),
        (rect.left() + corner, rect.top() + corner, 180.0),
    ];
    for (x, y, from) in corners {
        for step in 0..=4_u8 {
            let angle = (from + 22.5 * f32::from(step)).to_radians();
            points.push(pos2(x + corner * angle.cos(), y + corner * angle.sin()));
        }
    }
    if let Some(&first) = points.first() {
        points.push(first);
    }
    points
}

/// What was open last.
fn recent_ui(ui: &mut Ui, view: View<'_>, commands: &mut Commands) {
    let recent: Vec<_> =
        view.actions.iter().filter(|action| action.label.starts_with("Open recent: ")).take(RECENT).collect();
    if recent.is_empty() {
        return;
    }
    let t = tokens(ui);
    ui.label(text("Recent", font::card_title(), t.text));
    ui.horizontal_wrapped(|ui| {
        for action in recent {
            let label = action.label.trim_start_matches("Open recent: ");
            let button = Button::secondary(label).name(&action.label).icon(Icon::CLOCK).compact();
            if button.ui(ui).clicked() {
                commands.push(action.command.clone());
            }
        }
    });
}

/// What a sample's task is, in one line.
fn task(sample: &Sample) -> String {
    match sample.task {
        "classification" => format!("Category target: {}", sample.target),
        _ => format!("Number target: {}", sample.target),
    }
}

/// What a sample is, where it comes from, and its licence.
fn story_ui(ui: &mut Ui, sample: &Sample) {
    let t = tokens(ui);
    card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.label(text(sample.title, font::card_title(), t.text));
        ui.add(Label::new(text(sample.story, font::body(), t.text)).wrap());
        let source = sample.source.trim_end_matches('.');
        let said = format!("Source: {source}. Licence: {}.", sample.licence);
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
    });
}

fn sample_ui(
    ui: &mut Ui,
    place: Rect,
    sample: &'static Sample,
    look: Option<&SampleCard>,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let course = sample.name == crate::data::samples::COURSE;
    let border = if course { Stroke::new(1.0, t.accent) } else { hairline(&t) };
    ui.painter().rect(place, CornerRadius::same(radius::CARD), t.surface, border, StrokeKind::Inside);
    let inner = place.shrink(space::S4);
    let mut card_ui = ui.new_child(
        UiBuilder::new().id_salt(sample.name).max_rect(inner).layout(Layout::top_down(Align::Min)),
    );
    let ui = &mut card_ui;
    ui.spacing_mut().item_spacing.y = space::S1;
    let (top, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::SAMPLE_CHART), Sense::hover());
    let chart = Rect::from_min_size(top.min, vec2(CHART, size::SAMPLE_CHART));
    match look {
        Some(look) => bars(ui.painter(), chart, Bars { heights: &look.bars, gap: 1.0, color: t.p_ref }),
        None => {
            ui.painter().rect_filled(chart, CornerRadius::same(radius::TAG), t.hover);
        }
    }
    let mut tags = ui.new_child(
        UiBuilder::new()
            .id_salt("tags")
            .max_rect(Rect::from_min_size(top.min, vec2(top.width(), size::TAG)))
            .layout(Layout::right_to_left(Align::Center)),
    );
    tags.spacing_mut().item_spacing.x = space::S1;
    if course {
        tag(&mut tags, Tone::Accent, Some((Icon::COMPASS, Weight::Regular)), "Used in the course");
    }
    ui.add_space(space::S2);
    ui.horizontal(|ui| {
        ui.set_height(size::TAG);
        ui.label(text(sample.title, font::card_title(), t.text));
        if sample.generated {
            let why = "Made by a rule with a seed, not observed; so the truth behind it is known";
            tag(ui, Tone::Neutral, None, "generated").on_hover_text(why);
        }
    });
    ui.add(Label::new(text(task(sample), font::body(), t.text_2)).truncate());
    let amount = look.map_or_else(
        || "counting…".to_owned(),
        |look| {
            let rows = format::plural(look.rows, "row", "rows");
            format!("{rows}, {}", format::plural(look.columns, "column", "columns"))
        },
    );
    ui.label(text(amount, font::small(), t.text_3));
    let open = draft.story == Some(sample.name);
    let foot = Rect::from_min_max(pos2(inner.left(), inner.bottom() - size::CONTROL), inner.max);
    let mut foot = ui.new_child(
        UiBuilder::new().id_salt("foot").max_rect(foot).layout(Layout::left_to_right(Align::Center)),
    );
    let name = format!("Use this sample: {}", sample.title);
    let button = if course {
        Button::primary("Use this sample").icon_fill(Icon::PLAY).key("Enter")
    } else {
        Button::secondary("Use this sample")
    };
    if button.name(&name).ui(&mut foot).on_hover_text(sample.story).clicked() {
        commands.push(AppCommand::Open(DataRef::Sample(sample.name.to_owned())));
    }
    let about = format!("About {}", sample.title);
    let label = if open { "Less" } else { "About" };
    if Button::ghost(label).name(&about).ui(&mut foot).clicked() {
        draft.story = (!open).then_some(sample.name);
    }
}
