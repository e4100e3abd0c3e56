//! The Predict page's jobs: a file predicted in constant memory and saved, time per row measured, the same row by every
//! way.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::call::{Call, Caller, Calls, ask_one};
use super::distribution::Distribution;
use super::grid::write_grid;
use super::http::Endpoint;
use super::kept::{self, Output, Stamp};
use super::measure::measure;
use super::parity::compare;
use super::results::By;
use super::{Batch, Effect, Event, News, grid};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::pages::data::source;
use crate::app::pages::serve;
use crate::app::state::{AppState, Problem};
use crate::data::{Quote, ReadOptions, Source, Table, read_csv, replace_file, same_file};
use crate::inference::{Notes, Predictor, ScoreError, score_csv_asking, score_csv_seen};
use crate::model::Model;
use crate::work::Progress;
use crate::workspace::{DataRef, Folder};

/// How much of the output is kept to be shown, in bytes.
const HEAD_BYTES: usize = 1 << 20;
/// How much of it is shown while the job still runs.
const FIRST_BYTES: usize = 1 << 16;
/// How often the rows so far are told, in seconds.
const TOLD_SECS: f64 = 0.05;
/// When a file that an earlier window left behind is thrown away, in seconds.
const LEFT_BEHIND_SECS: u64 = 24 * 3600;

/// Sends results that say which model they are of, so that those of an earlier champion can be told apart.
pub(super) struct Reports<'a> {
    pub(super) handle: &'a Handle,
    champion: u32,
}

impl Reports<'_> {
    /// Sends a part of the result.
    pub(super) fn send(&self, news: News) -> Result<(), JobError> {
        self.handle.partial(self.event(news))
    }

    fn event(&self, news: News) -> AppEvent {
        AppEvent::Predict(Event { champion: self.champion, news })
    }
}

/// Carries an effect of this page out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    let folder = state.truth.folder.clone();
    let effect = match effect {
        Effect::Back => {
            let Some(folder) = folder else { return };
            let versions = state.truth.versions.clone();
            outside.start(state, Slot::BatchBack, "Opening the last predictions", move |_| {
                let of = |by: &By| {
                    let version = versions.iter().find(|version| by.is(version))?;
                    Some(Arc::clone(&version.predictor))
                };
                let batch = kept::back(&folder, of)?;
                Ok(AppEvent::Predict(Event { champion: 0, news: News::Back(batch.map(Box::new)) }))
            });
            return;
        }
        Effect::Keep(batch) => {
            let Some(folder) = folder else { return };
            outside.start(state, Slot::BatchBack, "Keeping the predictions", move |handle| {
                handle.progress.check()?;
                kept::keep(&batch, &folder)?;
                Ok(AppEvent::Predict(Event { champion: 0, news: News::Kept }))
            });
            return;
        }
        effect => effect,
    };
    let Some(version) = state.truth.champion() else { return };
    let (champion, by) = (version.entry.number, By::of(version));
    let predictor = Arc::clone(&version.predictor);
    let endpoint = serve::endpoint(state);
    let draft = &state.screen.predict;
    let rows_per_call = draft.rows_per_call();
    let over = match draft.call {
        Call::InProcess => Ok(None),
        Call::Http => endpoint.clone().map(|endpoint| Some((endpoint, rows_per_call))).ok_or_else(not_served),
    };
    match effect {
        Effect::Back | Effect::Keep(_) => {}
        Effect::Batch(from, options) => {
            let title = format!("Predicting {}", from.title());
            outside.start(state, Slot::Batch, title, move |handle| {
                let reports = Reports { handle, champion };
                let over = over?;
                let source = source(&from, folder.as_ref())?;
                let job = Job { predictor: &predictor, by, over, folder: folder.as_ref(), reports: &reports };
                let batch = batch(job, from, &source, &options)?;
                Ok(reports.event(News::Batch(Box::new(batch))))
            });
        }
        Effect::Grid(record) => {
            outside.start(state, Slot::Batch, format!("Predicting {}", grid::FILE), move |handle| {
                let reports = Reports { handle, champion };
                let over = over?;
                let place = scratch(folder.as_ref(), handle).map_err(|error| not_written(&error))?;
                let path = place.join(grid::FILE);
                let written: std::io::Result<()> =
                    replace_file(&path, |out| write_grid(predictor.model(), &record, out, &handle.progress));
                handle.progress.check()?;
                written.map_err(|error| not_written(&error))?;
                let source = Source::Path(path.clone());
                let from = DataRef::Path(path);
                let options = ReadOptions::default();
                let job = Job { predictor: &predictor, by, over, folder: folder.as_ref(), reports: &reports };
                let batch = batch(job, from, &source, &options)?;
                Ok(reports.event(News::Batch(Box::new(batch))))
            });
        }
        Effect::Save(batch, path) => {
            outside.start(state, Slot::BatchSave, "Saving the predictions", move |handle| {
                save(&batch, &path, handle)?;
                Ok(Reports { handle, champion }.event(News::Saved(
                    path,
                    batch.n_rows,
                    batch.stopped.is_some(),
                )))
            });
        }
        Effect::Measure(record) => {
            outside.start(state, Slot::Measure, "Measuring time per row", move |handle| {
                let reports = Reports { handle, champion };
                measure(&predictor, endpoint.as_ref(), &record, &reports)?;
                Ok(reports.event(News::Measured))
            });
        }
        Effect::Ask(record) => {
            outside.start(state, Slot::Ask, "Asking over HTTP", move |handle| {
                let reply = ask_one(&endpoint.ok_or_else(not_served)?, record, handle)?;
                Ok(Reports { handle, champion }.event(News::Reply(reply)))
            });
        }
        Effect::Parity(record) => {
            outside.start(state, Slot::Parity, "Comparing single and batch", move |handle| {
                let parity = compare(&predictor, endpoint.as_ref(), record, handle)?;
                Ok(Reports { handle, champion }.event(News::Parity(parity)))
            });
        }
    }
}

/// Nothing answers over HTTP.
fn not_served() -> Problem {
    let what = "Start it on the Serve page, or predict in this process.";
    Problem::new("The server is not running", what)
}

fn not_written(error: &std::io::Error) -> Problem {
    Problem::new("The predictions could not be written", error.to_string())
}

/// The folder for output that is not saved yet. What earlier windows left there is removed.
fn scratch(folder: Option<&Folder>, handle: &Handle) -> std::io::Result<PathBuf> {
    let Some(folder) = folder else { return Ok(std::env::temp_dir()) };
    let place = folder.scratch();
    let now = u64::try_from(handle.clock.unix_millis() / 1000).unwrap_or(0);
    std::fs::create_dir_all(&place)?;
    let ignore = place.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n")?;
    }
    let kept = kept::kept_file(&place);
    for entry in std::fs::read_dir(&place)?.flatten() {
        let old = entry.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|modified| {
            let since = modified.duration_since(std::time::UNIX_EPOCH);
            since.is_ok_and(|since| since.as_secs() + LEFT_BEHIND_SECS < now)
        });
        let name = entry.file_name().to_string_lossy().into_owned();
        if old && name.starts_with(PREFIX) && kept.as_ref() != Some(&name) {
            // it is looked at again next time
            drop(std::fs::remove_file(entry.path()));
        }
    }
    Ok(place)
}

/// How files of output begin.
pub(super) const PREFIX: &str = "predictions-";

/// Takes the output to a file, and keeps its start.
struct Tee<'a> {
    file: std::io::BufWriter<std::fs::File>,
    head: Vec<u8>,
    shown: bool,
    reports: &'a Reports<'a>,
    predictor: &'a Predictor,
}

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write_all(bytes)?;
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if !self.shown && self.head.len() >= FIRST_BYTES {
            self.shown = true;
            if let Some(table) = head_table(&self.head, Some(self.predictor)) {
                let gone = |_| std::io::Error::other("cancelled");
                self.reports.send(News::First(table)).map_err(gone)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// The whole lines of the output's start, as a table to show: the model's inputs as it takes them.
fn head_table(head: &[u8], predictor: Option<&Predictor>) -> Option<Arc<Table>> {
    let end = head.iter().rposition(|byte| *byte == b'\n')? + 1;
    let source = Source::from_bytes("predictions", &head[..end]);
    let plain = ReadOptions {
        header: Some(true),
        delimiter: Some(b','),
        quote: Some(Quote::Byte(b'"')),
        ..ReadOptions::default()
    };
    let read = |options: &ReadOptions| read_csv(&source, options, &Progress::new()).ok();
    let guessed = read(&plain)?;
    let Some(predictor) = predictor else { return Some(Arc::new(guessed.table)) };
    let mut options = predictor.with_types(&plain).ok()?;
    options.columns.retain(|name, _| guessed.table.column(name).is_some());
    let table = read(&options).unwrap_or(guessed).table;
    Some(Arc::new(table))
}

/// The start of a file of predictions, as it was shown when it was written.
pub(super) fn head_of_file(path: &Path, predictor: Option<&Predictor>) -> std::io::Result<Arc<Table>> {
    let mut head = Vec::new();
    let file = std::fs::File::open(path)?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, HEAD_BYTES as u64), &mut head)?;
    Ok(head_table(&head, predictor).unwrap_or_default())
}

/// What predicts a file.
struct Job<'a> {
    predictor: &'a Predictor,
    by: By,
    /// The server that is asked, and with how many rows a call; none to predict in this process.
    over: Option<(Endpoint, usize)>,
    folder: Option<&'a Folder>,
    reports: &'a Reports<'a>,
}

/// Predicts a file. When it is stopped, the rows predicted so far are the result, which says so.
fn batch(job: Job<'_>, from: DataRef, source: &Source, options: &ReadOptions) -> Result<Batch, JobError> {
    let Job { predictor, by, over, folder, reports } = job;
    let handle = reports.handle;
    let write = |error: std::io::Error| not_written(&error);
    let place = scratch(folder, handle).map_err(write)?;
    let file = tempfile::Builder::new().prefix(PREFIX).suffix(".csv").tempfile_in(place).map_err(write)?;
    let stamp = Stamp::of(&from, folder);
    let stopwatch = handle.clock.stopwatch();
    let copy = file.as_file().try_clone().map_err(write)?;
    let file_out = std::io::BufWriter::with_capacity(1 << 18, copy);
    let mut tee = Tee { file: file_out, head: Vec::new(), shown: false, reports, predictor };
    let mut distribution = Distribution::of(predictor.model());
    let (mut told, mut n_written) = (0.0, 0);
    let mut seen = |n_rows, predictions: &[f64]| {
        distribution.add(predictions);
        n_written = n_rows;
        let now = stopwatch.seconds();
        if now - told >= TOLD_SECS || now == 0.0 {
            told = now;
            // when nobody listens any more, the work is cancelled and ends at its next check
            drop(reports.send(News::Rows(n_rows, distribution.chart())));
        }
    };
    let progress = &handle.progress;
    let (scored, calls) = match over {
        None => (score_csv_seen(predictor, source, options, &mut tee, progress, &mut seen), None),
        Some((endpoint, rows)) => {
            let caller = Caller::new(endpoint, predictor.model(), reports);
            let ask = |body: Vec<u8>, n| caller.call(body, n);
            let scored =
                score_csv_asking(predictor, source, options, &mut tee, progress, &mut seen, rows, &ask);
            (scored, Some(Calls { n: caller.n_calls(), rows }))
        }
    };
    if handle.progress.is_cancelled() && scored.is_err() {
        // fails when nobody waits for it: another model or another file has taken its place
        reports.send(News::Rows(n_written, distribution.chart()))?;
        if n_written == 0 {
            return Err(JobError::Cancelled);
        }
    }
    let (done, total) = handle.progress.state();
    let stopped = (handle.progress.is_cancelled() && scored.is_err())
        .then(|| if total == 0 { 0.0 } else { (done as f64 / total as f64).min(1.0) });
    let scored = match scored {
        Ok(scored) => Some(scored),
        Err(_) if stopped.is_some() => None,
        Err(error) => return Err(refusal(predictor.model(), &from, source, &error).into()),
    };
    tee.flush().map_err(write)?;
    let seconds = stopwatch.seconds();
    let table = head_table(&tee.head, Some(predictor)).unwrap_or_default();
    let notes = scored.as_ref().map_or_else(Vec::new, |scored| {
        let warnings =
            scored.warnings.iter().map(|warning| format!("line {}: {}", warning.line, warning.message));
        notes_of(predictor.model(), &scored.notes).into_iter().chain(warnings).collect()
    });
    // the predictions stand last, but for a classifier's probability
    let from_end = if predictor.model().output.classes.is_empty() { 1 } else { 2 };
    let columns = table.columns();
    let last = columns.len().checked_sub(from_end).and_then(|at| columns.get(at));
    let prediction_column = last.map_or_else(|| "prediction".to_owned(), |column| column.name.clone());
    Ok(Batch {
        notes,
        from,
        stamp,
        changed: None,
        n_bytes: source.size(),
        n_rows: n_written,
        stopped,
        seconds,
        table,
        prediction_column: scored.map_or(prediction_column, |scored| scored.prediction_column),
        chart: distribution.chart(),
        calls,
        by,
        file: Arc::new(Output::temporary(file)),
    })
}

/// Why a file was refused, with the column or row in the headline.
fn refusal(model: &Model, from: &DataRef, source: &Source, error: &ScoreError) -> Problem {
    let title = match error {
        ScoreError::Data(_) => "The file could not be read".to_owned(),
        ScoreError::Input { error, .. } if error.place.is_none() && !error.field.is_empty() => {
            let is_input = model.inputs.iter().any(|input| input.name == error.field);
            let what = if is_input { "has no column" } else { "has a column that the model does not know:" };
            format!("The file {what} '{}'", error.field)
        }
        ScoreError::Input { error, .. } if !error.field.is_empty() => {
            format!("A row is not as the model needs it: '{}'", error.field)
        }
        ScoreError::Input { .. } => "A row is not as the model needs it".to_owned(),
        ScoreError::Write(_) => "The predictions could not be written".to_owned(),
        ScoreError::Call(_) => "The rows were not predicted over HTTP".to_owned(),
    };
    // the file's name is enough: its folder was just chosen
    let detail = error.to_string().replace(&source.name(), &from.title());
    let mut problem = Problem::new(title, detail);
    if let ScoreError::Input { error, .. } = error
        && let Some(crate::inference::Place::Line(line)) = error.place
    {
        problem.line = Some(line);
    }
    problem
}

/// What was done to values that were not as expected, in words.
fn notes_of(model: &Model, notes: &Notes) -> Vec<String> {
    let mut said = Vec::new();
    for (at, input) in model.inputs.iter().enumerate() {
        for (counts, what) in [
            (&notes.missing, "missing, treated by the model's policy"),
            (&notes.unknown, "with a level that training never saw"),
            (&notes.out_of_range, "outside the training range"),
        ] {
            let count = counts.get(at).copied().unwrap_or(0);
            if count > 0 {
                let rows = super::rows_text(count);
                said.push(format!("{}: {rows} {what}", input.name));
            }
        }
    }
    said
}

fn save(batch: &Batch, path: &Path, handle: &Handle) -> Result<(), JobError> {
    let problem = |error: std::io::Error| {
        Problem::new(format!("{} could not be written", path.display()), error.to_string())
    };
    if let DataRef::Path(input) = &batch.from
        && same_file(input, path)
    {
        let why = "It is the file that was predicted, and its rows would be lost. Choose another name.";
        return Err(Problem::new(format!("{} was left as it is", path.display()), why).into());
    }
    let mut from = std::fs::File::open(batch.file.path()).map_err(|error| {
        let why = format!("{}: {error}. Predict the file again.", batch.file.path().display());
        Problem::new("The predictions are not there any more", why)
    })?;
    handle.progress.set_total(from.metadata().map_err(problem)?.len());
    let written: Result<(), std::io::Error> = replace_file(path, |out| {
        let mut piece = vec![0; 1 << 20];
        loop {
            if handle.progress.is_cancelled() {
                return Err(std::io::Error::other("cancelled"));
            }
            let n = std::io::Read::read(&mut from, &mut piece)?;
            if n == 0 {
                return Ok(());
            }
            out.write_all(&piece[..n])?;
            handle.progress.add(n as u64);
        }
    });
    handle.progress.check()?;
    Ok(written.map_err(problem)?)
}

/// A file of which the first blocks are predicted, as the page is told of it.
#[cfg(test)]
pub(crate) fn half_done(predictor: &Predictor, name: &str, bytes: Vec<u8>) -> super::Running {
    let mut running = super::Running { name: name.to_owned(), ..super::Running::default() };
    let mut distribution = Distribution::of(predictor.model());
    let mut out = Vec::new();
    let source = Source::from_bytes(name, bytes);
    let options = ReadOptions::default();
    score_csv_seen(predictor, &source, &options, &mut out, &Progress::new(), &mut |_, predictions| {
        if running.n_rows == 0 {
            distribution.add(predictions);
            running.n_rows = predictions.len() as u64;
        }
    })
    .unwrap();
    running.chart = distribution.chart();
    running.first = head_table(&out[..FIRST_BYTES.min(out.len())], Some(predictor));
    running
}

/// The same when it was stopped there.
#[cfg(test)]
pub(crate) fn stopped(predictor: &Predictor, by: By, name: &str, bytes: Vec<u8>, share: f64) -> Batch {
    let n_bytes = bytes.len() as u64;
    let running = half_done(predictor, name, bytes);
    Batch {
        from: DataRef::Path(name.into()),
        stamp: None,
        changed: None,
        n_bytes,
        n_rows: running.n_rows,
        stopped: Some(share),
        seconds: 0.25,
        table: running.first.unwrap_or_default(),
        prediction_column: "prediction".into(),
        chart: running.chart,
        notes: Vec::new(),
        calls: None,
        by,
        file: Arc::new(Output::temporary(tempfile::NamedTempFile::new().unwrap())),
    }
}
