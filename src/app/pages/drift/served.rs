//! The monitor: the served model, by what its prediction log tells.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Label, ScrollArea, Ui, UiBuilder};
use serde::{Deserialize, Serialize};

use super::challenger::challenger_ui;
use super::page::under_head;
use super::sending::PER_WEEK;
use super::{Command, Draft, Results, WEEKS};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::job::{JobError, Slot};
use crate::app::pages::{View, serve};
use crate::app::picker::Purpose;
use crate::app::state::Problem;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, card_head, field_label, format, hairline_ui, progress_bar, segmented,
};
use crate::drift::monitor::{Shared, Watched, WindowBy};
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
    /// The id of the last request.
    pub(super) last: Option<String>,
}

/// What is watched.
#[derive(Debug, Clone)]
pub(crate) struct ServedAsked {
    pub(super) champion: u32,
    /// The server's log.
    pub(super) log: PathBuf,
    /// The version beside the champion.
    pub(super) challenger: Option<(u32, Arc<Predictor>)>,
    /// Since when it is a canary; none if it is not.
    pub(super) canary_since: Option<i64>,
}

/// The log, watched.
#[derive(Debug)]
pub(crate) struct Served {
    pub(super) champion: u32,
    /// The version beside it.
    pub(super) challenger: Option<u32>,
    /// What that one answered itself.
    pub(super) shared: Option<Shared>,
    pub(super) threshold: Option<f64>,
    /// Requests of one record.
    pub(super) n_logged: usize,
    /// Requests that were no single record.
    pub(super) left_out: usize,
    /// Requests of one record that are too old to be looked at, and the windows they fill.
    pub(super) before: usize,
    pub(super) windows_before: usize,
    /// Labels that have come, and those that are on their way.
    pub(super) labels: (usize, usize),
    pub(super) watched: Watched,
}

/// What this part holds.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    /// Whether a job sends or reads.
    pub(super) busy: bool,
    pub(super) problem: Option<Problem>,
    pub(super) served: Option<Served>,
    /// Labels that have come, and those that are on their way, as of the last look.
    pub(super) labels: Option<(usize, usize)>,
    /// Requests that the server had answered when the log was last read, and when that was, in the window's time.
    pub(super) looked: (u64, f64),
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
    look_again(ui, view, (server, monitor), commands);
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
        if let Some((come, late)) = monitor.labels {
            hairline_ui(ui);
            field_label(ui, "Labels");
            let said = format!(
                "{} have come, {} are on their way. They are joined to the log by the request's id.",
                format::rows(come),
                format::rows(late)
            );
            ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
            let next = late.min(PER_WEEK);
            if next > 0 {
                let label = format!("Deliver the next {next}");
                let deliver = Button::secondary(&label).compact();
                if deliver.enabled(!monitor.busy, "The log is being read").ui(ui).clicked() {
                    commands.push(Command::Deliver);
                }
            }
        }
        let file = Button::ghost("Labels from a file…").icon(Icon::FOLDER_OPEN).small();
        let file = file.enabled(!monitor.busy, "The log is being read").ui(ui);
        if file.on_hover_text("A table with the columns request_id and label, or the target's name").clicked() {
            commands.push(AppCommand::Choose(Purpose::OpenLabels));
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
        challenger_ui(ui, view, server, width, commands);
        ui.add_space(space::S1);
        let again = Button::secondary("Read the log").icon(Icon::ARROW_COUNTER_CLOCKWISE).compact();
        if again.enabled(!monitor.busy, "The log is being read").ui(ui).clicked() {
            commands.push(Command::Watch);
        }
    });
}

/// How often the log is read again by itself, in seconds, while requests come and two versions answer them.
const OFTEN: f64 = 4.0;

/// With a version beside the champion the comparison keeps up with what comes in.
fn look_again(
    ui: &Ui,
    view: View<'_>,
    (server, monitor): (&serve::Results, &Monitor),
    commands: &mut Commands,
) {
    let rollout = view.truth.rollout;
    let is_beside = view.truth.challenger().is_some() && (rollout.canary > 0 || rollout.mirrored);
    if !is_beside || monitor.busy || monitor.served.is_none() || server.log.total == monitor.looked.0 {
        return;
    }
    let now = ui.input(|input| input.time);
    let left = monitor.looked.1 + OFTEN - now;
    if left <= 0.0 {
        commands.push(Command::Watch);
    } else {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(left));
    }
}
