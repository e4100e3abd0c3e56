//! Long work, off the thread that paints: named, with progress, cancellable, and its death visible.
//!
//! A job gets a snapshot of what it needs, and sends typed results back through a bounded channel. Dropping a job
//! cancels it. There is at most one job per [`Slot`]; starting another cancels the one before, whose results are no
//! longer listened to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use eframe::egui::Context;

use super::effect::Event;
use super::state::Problem;
use super::widgets::format;
use crate::work::{Cancelled, Clock, Progress, Stopwatch};

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the window's own list")]
pub(crate) enum Slot {
    /// Opening the workspace.
    Workspace,
    /// Writing the workspace.
    Keep,
    /// A dialog of the desktop.
    Dialog,
    /// Listing a folder for the in-app picker.
    Folder,
    /// Reading a data file.
    Read,
    /// Finding the rows to show.
    Rows,
    /// Writing a file from the Data page.
    Export,
    /// Looking something up in the open file or table.
    Lookup,
    /// Reading the first rows with other settings.
    Preview,
    /// How a column goes together with the target.
    Relation,
    /// What is drawn of the bundled samples.
    Samples,
    /// A model being trained.
    Train,
    /// The learning curve or another chart of a model that takes long.
    TrainChart,
    /// Finding the rows behind a bar of a chart.
    TrainRows,
    /// Reading or writing a model file.
    ModelFile,
    /// A file being predicted.
    Batch,
    /// The predictions of the last time being opened again.
    BatchBack,
    /// Writing the predictions.
    BatchSave,
    /// Measuring time per row.
    Measure,
    /// Comparing single with batch.
    Parity,
    /// The record on its way to the server.
    Ask,
    /// Starting or stopping the server.
    Server,
    /// Reading or changing the key file.
    KeyFile,
    /// Trying what keys may.
    KeyLab,
    /// The seats' keys.
    Classroom,
    /// Sending a request from the Serve page.
    ServeSend,
    /// The served models are made those of the workspace.
    ServeModels,
    /// A server is asked what it takes.
    Describe,
    /// A secret goes to the system's keychain.
    KeepSecret,
    /// A request on its way.
    Send,
    /// The same record in every dialect.
    Dialects,
    /// One request for every row.
    RequestRows,
    /// Reading or changing the requests' files.
    RequestFiles,
    /// Looking into the history of requests.
    RequestHistory,
    /// The rows of the Drift page being made ready.
    DriftLab,
    /// The verdicts of a place of the sliders.
    DriftWorld,
    /// Inputs that are known from a part of the rows being worked out from all of them.
    DriftExact,
    /// The model being followed over weeks.
    DriftWeeks,
    /// A model being trained on recent rows.
    DriftRetrain,
    /// Re-training policies being played over the same weeks.
    DriftPolicies,
    /// The log being searched for past predictions, or one of them run again.
    DriftPast,
    /// Rows being sent through the server, or its log being watched.
    DriftSend,
    /// A scenario being read.
    Scenario,
    /// A card of the lesson's sorting board that runs.
    Card,
}

/// Why a job did not do what it was for.
#[derive(Debug)]
pub(crate) enum JobError {
    /// Someone asked it to stop.
    Cancelled,
    /// It failed.
    Failed(Problem),
}

impl From<Cancelled> for JobError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<Problem> for JobError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

/// How a job ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With its result, and how long it took in seconds.
    Done(Box<Event>, f64),
    /// Because someone asked it to stop.
    Cancelled,
    /// With a problem; a panic is one, too.
    Failed(Problem),
}

enum Message {
    Partial(Box<Event>),
    End(End),
}

/// What a job's work is handed.
#[derive(Debug)]
pub(crate) struct Handle {
    /// How far it is, and whether it should stop.
    pub(crate) progress: Progress,
    /// To measure with.
    pub(crate) clock: Clock,
    sender: SyncSender<Message>,
    ctx: Context,
}

impl Handle {
    /// Sends a part of the result. Waits while the window has not taken earlier parts.
    ///
    /// # Errors
    /// [`JobError::Cancelled`] when nobody listens any more.
    pub(crate) fn partial(&self, event: Event) -> Result<(), JobError> {
        self.sender.send(Message::Partial(Box::new(event))).map_err(|_closed| JobError::Cancelled)?;
        self.ctx.request_repaint();
        Ok(())
    }
}

struct Job {
    id: u64,
    slot: Slot,
    title: String,
    shown: bool,
    progress: Progress,
    receiver: Receiver<Message>,
    since: Stopwatch,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

/// What the window shows of a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobStatus {
    /// Its number.
    pub(crate) id: u64,
    /// What it is for.
    pub(crate) slot: Slot,
    /// What it does, in words.
    pub(crate) title: String,
    /// How much is done, and the whole (0 while unknown), in the work's own unit.
    pub(crate) done: u64,
    /// See `done`.
    pub(crate) total: u64,
    /// How many rows it has so far, where it reads or makes rows.
    pub(crate) rows: u64,
    /// Seconds since it began.
    pub(crate) seconds: f64,
    /// Whether it is worth showing: reading a folder is not.
    pub(crate) shown: bool,
}

impl JobStatus {
    /// How many rows there are so far and how many come in a second: "340 000 rows, 1 900 000 rows/s".
    pub(crate) fn rows_text(&self) -> Option<String> {
        let rows = usize::try_from(self.rows).ok().filter(|rows| *rows > 0)?;
        let rate = self.rows as f64 / self.seconds;
        let count = format::plural(rows, "row", "rows");
        // too soon to tell a rate
        if !(self.seconds >= 0.05 && rate.is_finite()) {
            return Some(count);
        }
        Some(format!("{count}, {} rows/s", format::count(three_digits(rate))))
    }

    /// The share that is done, while the whole is known.
    pub(crate) fn share(&self) -> Option<f32> {
        (self.total > 0).then(|| (self.done as f64 / self.total as f64).min(1.0) as f32)
    }
}

/// A rate to three digits, so that it does not flicker.
fn three_digits(rate: f64) -> u64 {
    let unit = 10_f64.powf((rate.max(1.0).log10().floor() - 2.0).max(0.0));
    ((rate / unit).round() * unit) as u64
}

/// Every job that runs.
#[derive(Default)]
pub(crate) struct Jobs {
    started: u64,
    running: Vec<Job>,
}

/// How many parts may wait for the window.
const PARTS_WAITING: usize = 32;

impl Jobs {
    /// Starts work on a thread of its own, in place of what runs in the same slot.
    pub(crate) fn start(
        &mut self,
        slot: Slot,
        title: impl Into<String>,
        ctx: &Context,
        clock: Clock,
        work: impl FnOnce(&Handle) -> Result<Event, JobError> + Send + 'static,
    ) -> Result<u64, Problem> {
        self.cancel_slot(slot);
        self.started += 1;
        let (id, title, progress) = (self.started, title.into(), Progress::new());
        let (sender, receiver) = sync_channel(PARTS_WAITING);
        let handle = Handle { progress: progress.clone(), clock, sender, ctx: ctx.clone() };
        let since = clock.stopwatch();
        let body = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&handle)));
            let end = match outcome {
                Ok(Ok(event)) => End::Done(Box::new(event), since.seconds()),
                Ok(Err(JobError::Cancelled)) => End::Cancelled,
                Ok(Err(JobError::Failed(problem))) => End::Failed(problem),
                Err(panic) => End::Failed(Problem::crash(panic.as_ref())),
            };
            // nobody listens when the slot was taken by a later job
            drop(handle.sender.send(Message::End(end)));
            handle.ctx.request_repaint();
        };
        let thread = std::thread::Builder::new().name(format!("{slot:?}").to_lowercase()).spawn(body);
        thread.map_err(|error| {
            Problem::new(
                "The computer could not start another thread",
                format!("{error}; close other programs and try again"),
            )
        })?;
        let shown = !matches!(
            slot,
            Slot::Keep
                | Slot::Dialog
                | Slot::Folder
                | Slot::Workspace
                | Slot::Rows
                | Slot::Lookup
                | Slot::Preview
                | Slot::Relation
                | Slot::Samples
                | Slot::TrainRows
                | Slot::BatchBack
                | Slot::Parity
                | Slot::Ask
                | Slot::DriftWorld
                | Slot::DriftExact
                | Slot::DriftWeeks
                | Slot::RequestFiles
                | Slot::RequestHistory
        );
        self.running.push(Job { id, slot, title, shown, progress, receiver, since });
        Ok(id)
    }

    /// Asks a job to stop; its end is still reported.
    pub(crate) fn cancel(&mut self, id: u64) {
        self.running.iter().filter(|job| job.id == id).for_each(|job| job.progress.cancel());
    }

    /// Stops what runs in a slot, and listens to it no longer.
    pub(crate) fn cancel_slot(&mut self, slot: Slot) {
        self.running.retain(|job| job.slot != slot);
    }

    /// Whether something runs in a slot.
    pub(crate) fn is_running(&self, slot: Slot) -> bool {
        self.running.iter().any(|job| job.slot == slot)
    }

    /// Whether anything runs that is worth waiting for.
    pub(crate) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// What the window shows.
    pub(crate) fn status(&self) -> Vec<JobStatus> {
        self.running
            .iter()
            .map(|job| {
                let (done, total) = job.progress.state();
                JobStatus {
                    id: job.id,
                    slot: job.slot,
                    title: job.title.clone(),
                    done,
                    total,
                    rows: job.progress.rows(),
                    seconds: job.since.seconds(),
                    shown: job.shown,
                }
            })
            .collect()
    }

    /// What has come from the jobs, for at most `budget_secs`, so that a frame is never late.
    pub(crate) fn poll(&mut self, clock: Clock, budget_secs: f64) -> Vec<Polled> {
        let since = clock.stopwatch();
        let mut polled = Vec::new();
        let mut at = 0;
        while at < self.running.len() {
            if since.seconds() > budget_secs {
                break;
            }
            let slot = self.running[at].slot;
            match self.running[at].receiver.try_recv() {
                Ok(Message::Partial(event)) => polled.push(Polled::Partial(event)),
                Ok(Message::End(end)) => {
                    polled.push(Polled::End(slot, end));
                    self.running.remove(at);
                }
                Err(TryRecvError::Empty) => at += 1,
                Err(TryRecvError::Disconnected) => {
                    let problem = Problem::new("A job ended without a result", "Please report this.");
                    polled.push(Polled::End(slot, End::Failed(problem)));
                    self.running.remove(at);
                }
            }
        }
        polled
    }

    /// Waits until a slot's job has ended, at most `seconds`: for writing files as the window closes.
    pub(crate) fn wait(&mut self, slot: Slot, seconds: u64) {
        let limit = std::time::Duration::from_secs(seconds);
        if let Some(job) = self.running.iter().find(|job| job.slot == slot) {
            // parts are not waited for, its end is
            while let Ok(Message::Partial(_)) = job.receiver.recv_timeout(limit) {}
        }
    }
}

/// Something that came from a job.
#[derive(Debug)]
pub(crate) enum Polled {
    /// A part of a result.
    Partial(Box<Event>),
    /// The end of the job in that slot.
    End(Slot, End),
}
