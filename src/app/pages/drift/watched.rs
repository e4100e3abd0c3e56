//! What the prediction log tells: a cell for each input and window, the versions beside the champion, every alert.

use eframe::egui::{
    Align, Align2, CornerRadius, Label, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::page::sentence_ui;
use super::served::Served;
use super::{Command, Results};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Button, Tone, Weight, card_head, clipped, format, tag};
use crate::drift::Rule;
use crate::drift::monitor::{AlertState, ERROR, Shadow, Shared, WatchedWindow};

/// What the log tells, on the right.
pub(super) fn served_ui(ui: &mut Ui, view: View<'_>, results: &Results, commands: &mut Commands) {
    let card = ui.max_rect();
    let served =
        results.monitor.served.as_ref().filter(|served| Some(served.champion) == view.truth.champion);
    card_head(ui, Some(Icon::PULSE), "What the prediction log says", true, |ui| {
        if let Some(served) = served {
            let latest = if served.before == 0 { "" } else { "the latest " };
            let mut said = format!("{latest}{}", format::plural(served.n_logged, "request", "requests"));
            if served.left_out > 0 {
                said = format!("{said}, {} left out", format::rows(served.left_out));
            }
            let why = "Requests of one record in our own form. Batches, other dialects and requests without a kept body are left out";
            ui.label(text(said, font::small(), tokens(ui).text_2)).on_hover_text(why);
        }
    });
    let body = Rect::from_min_max(
        pos2(card.left() + space::S4, card.top() + size::CARD_HEAD + space::S3),
        pos2(card.right() - space::S2, card.bottom() - space::S2),
    );
    let said = match (&results.monitor.problem, served) {
        (Some(problem), _) => format!("{}. {}", problem.title, problem.detail),
        (None, None) if results.monitor.busy => "The log is being read".to_owned(),
        (None, None) => "Send rows through the server, or read the log of what others sent. Each window of it is compared with what the model learned from".to_owned(),
        (None, Some(served)) if served.watched.windows.is_empty() => "The log holds no single record yet".to_owned(),
        (None, Some(served)) => {
            let mut area = ui.new_child(UiBuilder::new().id_salt("served").max_rect(body));
            ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
                ui.set_width(body.width() - space::S3);
                ui.spacing_mut().item_spacing.y = 0.0;
                windows_ui(ui, served);
                if let Some(number) = served.challenger {
                    let shadow = served.watched.shadow.map(|shadow| in_shadow(number, served.champion, &shadow));
                    let shared = served.shared.map(|shared| as_canary(number, served.champion, &shared));
                    for said in shadow.into_iter().chain(shared) {
                        ui.add_space(space::S2);
                        ui.add(Label::new(text(said, font::body(), tokens(ui).text)).wrap());
                    }
                }
                ui.add_space(space::S4);
                alerts_ui(ui, served, commands);
            });
            return;
        }
    };
    sentence_ui(ui, body, &said);
}

/// The most windows that are drawn.
const MOST_WINDOWS: usize = 40;
const NAME: f32 = 140.0;
const CELL: f32 = 26.0;

/// A row for each input, and one for the error, with a cell for each window.
fn windows_ui(ui: &mut Ui, served: &Served) {
    let t = tokens(ui);
    let all = &served.watched.windows;
    let windows = &all[all.len().saturating_sub(MOST_WINDOWS)..];
    // windows that are too old to be looked at count all the same
    let first = served.windows_before + all.len() - windows.len();
    let names: Vec<&str> = served.watched.alerts.iter().map(|alert| alert.name.as_str()).collect();
    for (place, name) in names.iter().enumerate() {
        let is_error = place + 1 == names.len();
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), CELL), Sense::hover());
        let title = if is_error { "mean error" } else { name };
        clipped(ui.painter(), rect.left_center(), Align2::LEFT_CENTER, title, NAME - space::S2, t.text);
        let step = (rect.width() - NAME) / windows.len().max(1) as f32;
        let mut bad = 0;
        for (at, window) in windows.iter().enumerate() {
            let left = rect.left() + NAME + step * at as f32;
            let cell =
                Rect::from_min_size(pos2(left, rect.top() + 2.0), vec2((step - 2.0).max(1.0), CELL - 4.0));
            let state =
                if is_error { error_state(window, served.threshold) } else { input_state(window, name) };
            bad += usize::from(state == Some(true));
            let (fill, sign) = match state {
                None => (t.hover, "–"),
                Some(false) => (t.good_tint, "·"),
                Some(true) => (t.p_err, "!"),
            };
            ui.painter().rect_filled(cell, CornerRadius::same(3), fill);
            let sign = match window.loss {
                Some(loss) if is_error && step > 34.0 => format::number(loss, 3),
                _ => sign.to_owned(),
            };
            let color = if state == Some(true) { t.on_accent } else { t.text_2 };
            ui.painter().text(cell.center(), Align2::CENTER_CENTER, sign, font::tick(), color);
        }
        let what = if is_error { "above the line" } else { "drifted" };
        let spoken = format!("{title}: {bad} of {} windows {what}", windows.len());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        if let Some(hover) = response.hover_pos() {
            let at = ((hover.x - rect.left() - NAME) / step).floor();
            if at >= 0.0
                && let Some(window) = windows.get(at as usize)
            {
                response.on_hover_text(about(window, name, is_error, first + at as usize));
            }
        }
    }
    if let Some(number) = served.challenger.filter(|_| served.watched.shadow.is_some()) {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), CELL), Sense::hover());
        let title = format!("v{number} in shadow");
        clipped(ui.painter(), rect.left_center(), Align2::LEFT_CENTER, &title, NAME - space::S2, t.text);
        let step = (rect.width() - NAME) / windows.len().max(1) as f32;
        let mut better = 0;
        for (at, window) in windows.iter().enumerate() {
            let left = rect.left() + NAME + step * at as f32;
            let cell =
                Rect::from_min_size(pos2(left, rect.top() + 2.0), vec2((step - 2.0).max(1.0), CELL - 4.0));
            let is_better = window.shadow.is_some_and(|(answered, own)| own < answered);
            better += usize::from(is_better);
            ui.painter().rect_filled(
                cell,
                CornerRadius::same(3),
                if is_better { t.good_tint } else { t.hover },
            );
            let sign = match window.shadow.map(|(_, own)| own) {
                Some(loss) if step > 34.0 => format::number(loss, 3),
                Some(_) => if is_better { "<" } else { "·" }.to_owned(),
                None => "–".to_owned(),
            };
            ui.painter().text(cell.center(), Align2::CENTER_CENTER, sign, font::tick(), t.text_2);
        }
        let spoken = format!("{title}: better in {better} of {} windows", windows.len());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let painter = ui.painter();
    let left = pos2(rect.left() + NAME, rect.center().y);
    painter.text(left, Align2::LEFT_CENTER, format!("window {}", first + 1), font::tick(), t.text_3);
    painter.text(
        rect.right_center(),
        Align2::RIGHT_CENTER,
        format!("{}", served.windows_before + all.len()),
        font::tick(),
        t.text_3,
    );
}

/// The model in shadow against the one that answered.
fn in_shadow(number: u32, champion: u32, shadow: &Shadow) -> String {
    let mut said = format!(
        "To {} v{number} would have said something else by {} on average.",
        format::plural(shadow.answered, "request", "requests"),
        format::number(shadow.apart, 3)
    );
    if let (Some((answered, own)), Some(difference)) = (shadow.loss, shadow.difference) {
        let [value, low, high] =
            [difference.value, difference.low, difference.high].map(|value| format::signed(value, 3));
        said.push_str(&format!(
            " On the {} with a label its mean error is {}, beside {} of v{champion}: {value} (95 % between {low} and {high}).",
            format::rows(shadow.labels),
            format::number(own, 3),
            format::number(answered, 3)
        ));
    }
    said
}

/// A canary beside the model that answered the rest.
fn as_canary(number: u32, champion: u32, shared: &Shared) -> String {
    let refused = |n: usize| if n > 0 { format!(", refused {}", format::rows(n)) } else { String::new() };
    let mut said = format!(
        "As a canary v{number} answered {}{}, while v{champion} answered {}{}.",
        format::plural(shared.answered.1, "request", "requests"),
        refused(shared.refused.1),
        format::rows(shared.answered.0),
        refused(shared.refused.0)
    );
    match (shared.loss, shared.difference) {
        (Some((front, own)), Some(difference)) => {
            let [value, low, high] =
                [difference.value, difference.low, difference.high].map(|value| format::signed(value, 3));
            said.push_str(&format!(
                " Where the label has come its mean error is {} ({}), beside {} ({}): {value} (95 % between {low} and {high}).",
                format::number(own, 3),
                format::plural(shared.labels.1, "label", "labels"),
                format::number(front, 3),
                format::rows(shared.labels.0),
            ));
        }
        _ => said.push_str(" Too few labels have come to say which is better."),
    }
    said
}

fn input_state(window: &WatchedWindow, name: &str) -> Option<bool> {
    let column = window.report.columns.iter().find(|column| column.name == name)?;
    if column.missing.changed == Some(true) { Some(true) } else { column.drifted }
}

fn error_state(window: &WatchedWindow, threshold: Option<f64>) -> Option<bool> {
    // as many labels as an alert asks for
    let enough = window.labels >= Rule::default().min_values;
    Some(window.loss.filter(|_| enough)? > threshold?)
}

fn about(window: &WatchedWindow, name: &str, is_error: bool, at: usize) -> String {
    let n = window.window.rows.len();
    let mut lines = vec![format!("window {}: {}", at + 1, format::plural(n, "request", "requests"))];
    if window.refused > 0 {
        lines.push(format!("{} refused", format::rows(window.refused)));
    }
    if is_error {
        let loss = window.loss.map_or_else(|| "not known".to_owned(), |loss| format::number(loss, 4));
        lines.push(format!("mean error {loss}, of {} labels", format::rows(window.labels)));
    } else if let Some(column) = window.report.columns.iter().find(|column| column.name == name) {
        lines.push(column.verdict.reason.clone());
    }
    lines.join("\n")
}

/// Every alert with its state and its history.
fn alerts_ui(ui: &mut Ui, served: &Served, commands: &mut Commands) {
    let t = tokens(ui);
    ui.label(text("Alerts", font::heading(), t.text));
    ui.add_space(space::S1);
    let said = format!(
        "Raised by one bad window, over after two good ones. Each window is judged alone, at a chance of {:.0} %: among many calm windows some drift by chance, and do not come again.",
        Rule::default().alpha * 100.0
    );
    ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
    ui.add_space(space::S2);
    let told: Vec<_> = served.watched.alerts.iter().filter(|alert| !alert.history.is_empty()).collect();
    if told.is_empty() {
        ui.label(text(
            "None was raised: no input drifted in a window, and no window's error lies above the line.",
            font::body(),
            t.text_2,
        ));
    }
    for alert in told {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
        let (tone, icon, said) = match alert.state {
            AlertState::Quiet => (Tone::Good, Icon::CHECK_CIRCLE, "Over"),
            AlertState::Raised => (Tone::Bad, Icon::WARNING_OCTAGON, "Raised"),
            AlertState::Acknowledged => (Tone::Warn, Icon::EYE, "Acknowledged"),
        };
        let title = if alert.name == ERROR { "mean error" } else { &alert.name };
        let mut row = ui.new_child(
            UiBuilder::new()
                .id_salt(("alert", title))
                .max_rect(rect)
                .layout(Layout::left_to_right(Align::Center)),
        );
        tag(&mut row, tone, Some((icon, Weight::Fill)), said);
        row.label(text(title, font::label(), t.text));
        let last = alert.history.last();
        let mut right = ui.new_child(
            UiBuilder::new()
                .id_salt(("known", title))
                .max_rect(rect)
                .layout(Layout::right_to_left(Align::Center)),
        );
        if alert.state == AlertState::Raised
            && let Some(event) = last
            && Button::secondary("Acknowledge")
                .name(&format!("Acknowledge {title}"))
                .small()
                .ui(&mut right)
                .clicked()
        {
            commands.push(Command::Acknowledge(alert.name.clone(), event.at));
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("alert {title}: {said}")));
        for event in &alert.history {
            let state = match event.state {
                AlertState::Quiet => "over",
                AlertState::Raised => "raised",
                AlertState::Acknowledged => "acknowledged",
            };
            let said = format!("{} {state}: {}", format::time_of_day(event.at), event.reason);
            ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        }
        ui.add_space(space::S2);
        let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
        ui.painter().hline(line.x_range(), line.center().y, hairline(&t));
    }
}
