//! The monitor: the served model, by what its prediction log tells.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{
    Align, Align2, CornerRadius, Label, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::page::{sentence_ui, under_head};
use super::sending::{MOST_LOGGED, PER_WEEK};
use super::{Command, Draft, Results, WEEKS};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::job::{JobError, Slot};
use crate::app::pages::{View, serve};
use crate::app::state::{Problem, Truth, Version};
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Tone, Weight, card_head, clipped, field_label, format, hairline_ui, progress_bar,
    segmented, select, tag,
};
use crate::drift::Rule;
use crate::drift::monitor::{AlertState, ERROR, Shadow, Watched, WatchedWindow, WindowBy};
use crate::inference::Predictor;

/// How the log is cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
    /// A week of the laboratory.
    #[default]
    Fifty,
    TwoHundred,
    Minute,
}

impl By {
    pub(super) fn of(self) -> WindowBy {
        match self {
            Self::Fifty => WindowBy::Count { size: PER_WEEK },
            Self::TwoHundred => WindowBy::Count { size: 200 },
            Self::Minute => WindowBy::Time { millis: 60_000 },
        }
    }
}

/// What the learner set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MonitorDraft {
    pub(super) by: By,
    /// The version that answers nobody and is asked all the same.
    pub(super) shadow: Option<u32>,
    /// Alerts that someone knows of: the name, and the time of the window that raised it.
    pub(super) acknowledged: BTreeSet<(String, i64)>,
}

/// What came of sending.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Why it ended before all was sent.
    pub(super) ended: Option<JobError>,
    pub(super) answered: usize,
    pub(super) refused: usize,
    /// The true values that are known, by request id.
    pub(super) labels: Vec<(String, Value)>,
    /// Those that are not yet.
    pub(super) late: Vec<(String, Value)>,
}

/// What is watched.
#[derive(Debug, Clone)]
pub(crate) struct ServedAsked {
    pub(super) champion: u32,
    /// The server's log.
    pub(super) log: PathBuf,
    /// The version in shadow.
    pub(super) shadow: Option<(u32, Arc<Predictor>)>,
}

/// The version in shadow, if it is still there, is not the champion, and predicts the same.
pub(super) fn shadow<'a>(truth: &'a Truth, draft: &MonitorDraft) -> Option<&'a Version> {
    shadows(truth).into_iter().find(|version| Some(version.entry.number) == draft.shadow)
}

/// Every version that could be in shadow.
fn shadows(truth: &Truth) -> Vec<&Version> {
    let Some(champion) = truth.champion() else { return Vec::new() };
    let same = |version: &&Version| {
        let (a, b) = (version.model(), champion.model());
        version.entry.number != champion.entry.number && a.output.name == b.output.name && a.task == b.task
    };
    truth.versions.iter().filter(same).collect()
}

/// The log, watched.
#[derive(Debug)]
pub(crate) struct Served {
    pub(super) champion: u32,
    pub(super) shadow: Option<u32>,
    pub(super) threshold: Option<f64>,
    /// Requests of one record.
    pub(super) n_logged: usize,
    /// Requests that were no single record.
    pub(super) left_out: usize,
    pub(super) watched: Watched,
}

/// What this part holds.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    /// Whether a job sends or reads.
    pub(super) busy: bool,
    pub(super) problem: Option<Problem>,
    pub(super) served: Option<Served>,
    /// The true values that have come, and those that are to come, by request id.
    pub(super) labels: Vec<(String, Value)>,
    pub(super) late: Vec<(String, Value)>,
    /// Requests that were answered and refused when the rows were last sent.
    pub(super) sent: Option<(usize, usize)>,
    /// Whether something was asked for while a job read the log.
    pub(super) again: bool,
    /// How often rows were sent, so that no two requests have the same id.
    pub(super) runs: usize,
}

/// What to send, on the left.
pub(super) fn send_ui(
    ui: &mut Ui,
    view: View<'_>,
    (server, results): (&serve::Results, &Results),
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let card = ui.max_rect();
    let monitor = &results.monitor;
    card_head(ui, None, "What reaches the server?", true, |_| {});
    let (body, _) = under_head(card, 0.0);
    let mut area = ui.new_child(UiBuilder::new().id_salt("send").max_rect(body));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        let t = tokens(ui);
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.set_width(body.width() - space::S3);
        ui.add_space(space::S2);
        let n = WEEKS * PER_WEEK;
        let said = format!(
            "{WEEKS} weeks of the laboratory, {PER_WEEK} rows each, under the sliders that are set there: each row is a request of its own over HTTP."
        );
        ui.add(Label::new(text(said, font::body(), t.text_2)).wrap());
        let width = ui.available_width();
        if monitor.busy {
            let share = view.work.job(Slot::DriftSend).and_then(crate::app::job::JobStatus::share);
            progress_bar(ui, "Sending and watching", share, width, 6.0);
            if Button::ghost("Stop").small().ui(ui).clicked()
                && let Some(job) = view.work.job(Slot::DriftSend)
            {
                commands.push(AppCommand::Cancel(job.id));
            }
        } else if server.live().is_none() {
            ui.add(Label::new(text("The server is not running.", font::label(), t.text)).wrap());
            let starts = Button::primary("Start server").icon_fill(Icon::PLAY).width(width);
            if starts.enabled(!server.is_busy(), "It is starting or stopping").ui(ui).clicked() {
                commands.push(serve::Command::Start);
            }
        } else {
            let label = format!("Send {} rows", format::rows(n));
            if Button::primary(&label).icon(Icon::PAPER_PLANE_TILT).width(width).ui(ui).clicked() {
                commands.push(Command::Send);
            }
        }
        if let Some((answered, refused)) = monitor.sent {
            let said = format!("Last time {} answered, {} refused", format::rows(answered), format::rows(refused));
            ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        }
        hairline_ui(ui);
        field_label(ui, "Labels");
        let said = format!(
            "{} have come, {} are on their way. They are joined to the log by the request's id.",
            format::rows(monitor.labels.len()),
            format::rows(monitor.late.len())
        );
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        let next = monitor.late.len().min(PER_WEEK);
        if next > 0 {
            let label = format!("Deliver the next {next}");
            if Button::secondary(&label).compact().enabled(!monitor.busy, "The log is being read").ui(ui).clicked() {
                commands.push(Command::Deliver);
            }
        }
        hairline_ui(ui);
        field_label(ui, "A window is");
        let before = draft.monitor.by;
        let choices = [
            Segment::new(By::Fifty, "50"),
            Segment::new(By::TwoHundred, "200 requests"),
            Segment::new(By::Minute, "1 minute"),
        ];
        segmented(ui, "A window is", &mut draft.monitor.by, &choices, size::CONTROL_COMPACT, Some(width));
        if draft.monitor.by != before {
            commands.push(Command::Watch);
        }
        let others = shadows(view.truth);
        if !others.is_empty() {
            hairline_ui(ui);
            field_label(ui, "In shadow").on_hover_text(
                "A version that is asked the same requests and answers nobody: what it would have said is compared with what was said",
            );
            let titles: Vec<String> = others.iter().map(|version| version.entry.title()).collect();
            let names: Vec<&str> = std::iter::once("None").chain(titles.iter().map(String::as_str)).collect();
            let chosen = others.iter().position(|version| Some(version.entry.number) == draft.monitor.shadow);
            let current = names[chosen.map_or(0, |at| at + 1)];
            if let Some(at) = select(ui, "In shadow", None, current, &names, width, size::CONTROL_COMPACT) {
                draft.monitor.shadow = at.checked_sub(1).map(|at| others[at].entry.number);
                commands.push(Command::Watch);
            }
        }
        ui.add_space(space::S1);
        let again = Button::secondary("Read the log").icon(Icon::ARROW_COUNTER_CLOCKWISE).compact();
        if again.enabled(!monitor.busy, "The log is being read").ui(ui).clicked() {
            commands.push(Command::Watch);
        }
    });
}

/// What the log tells, on the right.
pub(super) fn served_ui(ui: &mut Ui, view: View<'_>, results: &Results, commands: &mut Commands) {
    let card = ui.max_rect();
    let served =
        results.monitor.served.as_ref().filter(|served| Some(served.champion) == view.truth.champion);
    card_head(ui, Some(Icon::PULSE), "What the prediction log says", true, |ui| {
        if let Some(served) = served {
            let is_all = served.n_logged + served.left_out < MOST_LOGGED as usize;
            let latest = if is_all { "" } else { "the latest " };
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
                if let (Some(number), Some(shadow)) = (served.shadow, served.watched.shadow) {
                    ui.add_space(space::S2);
                    let said = in_words(number, served.champion, &shadow);
                    ui.add(Label::new(text(said, font::body(), tokens(ui).text)).wrap());
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
    let first = all.len() - windows.len();
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
    if let Some(number) = served.shadow {
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
    painter.text(rect.right_center(), Align2::RIGHT_CENTER, format!("{}", all.len()), font::tick(), t.text_3);
}

/// The model in shadow against the one that answered.
fn in_words(number: u32, champion: u32, shadow: &Shadow) -> String {
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
