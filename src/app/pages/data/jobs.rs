//! The Data page's jobs: reading a table with its profile and charts, finding rows and lines, saving.

use std::sync::Arc;

use eframe::egui::ViewportCommand;

use super::cells::{Shown, plain_text, shown};
use super::{Effect, Event, Excerpt, SampleCard};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::state::{AppState, Dataset, Problem};
use crate::data::chart::column_chart;
use crate::data::profile::profile;
use crate::data::{
    DataError, Loaded, ReadOptions, Source, encoding_of, find_rows, raw_lines, read_csv, read_start,
    relation, replace_file, row_at_line, samples, write_csv_rows,
};
use crate::work::Progress;
use crate::workspace::{DataRef, Folder};

/// How many lines are shown before and after one.
const LINES_AROUND: u64 = 2;
/// How many rows a preview has.
pub(crate) const PREVIEW_ROWS: usize = 20;
/// From this size on, in bytes, the first rows of a file are shown while the others are being read.
const FIRST_ROWS_FROM: u64 = 8 << 20;
/// How many rows that is.
const FIRST_ROWS: usize = 500;

/// Carries an effect of this page out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    let folder = state.truth.folder.clone();
    let event = |event: Event| Ok(AppEvent::Data(event));
    match effect {
        Effect::Read(from, options) => {
            let title = format!("Reading {}", from.title());
            outside
                .start(state, Slot::Read, title, move |handle| read(from, *options, folder.as_ref(), handle));
        }
        Effect::Paste(text) => {
            outside.start(state, Slot::Read, "Reading the clipboard", move |handle| {
                let folder = folder.ok_or_else(|| {
                    Problem::new(
                        "There is no workspace to keep the pasted table in",
                        "Open a workspace folder first.",
                    )
                })?;
                let file = folder
                    .keep_pasted(&text)
                    .map_err(|error| Problem::new("The pasted table could not be kept", error.to_string()))?;
                let from = DataRef::Pasted(file);
                handle.partial(AppEvent::Data(Event::Kept(from.clone())))?;
                read(from, ReadOptions::default(), Some(&folder), handle)
            });
        }
        Effect::RequestPaste => outside.ctx.send_viewport_cmd(ViewportCommand::RequestPaste),
        Effect::Rows(data, find) => {
            outside.start(state, Slot::Rows, "Finding rows", move |handle| {
                let table = &data.loaded.table;
                let mut rows = find_rows(table, &find.query(table), &handle.progress)?;
                if let Some(set) = &find.set {
                    set.keep(&mut rows);
                }
                event(Event::Rows(data, find, Arc::new(rows)))
            });
        }
        Effect::Relate(data, column, target) => {
            outside.start(state, Slot::Relation, "Relating columns", move |handle| {
                let table = &data.loaded.table;
                let found = match (table.column(&column), table.column(&target)) {
                    (Some(a), Some(b)) => relation(a, b, &handle.progress)?,
                    _ => None,
                };
                event(Event::Related(column, target, found))
            });
        }
        Effect::Locate(data, line, rows) => {
            outside.start(state, Slot::Lookup, "Finding a line", move |handle| {
                let source = source(&data.from, folder.as_ref())?;
                let dialect = &data.loaded.dialect;
                let failed = |error: DataError| job_error(&error);
                let progress = &handle.progress;
                let lines =
                    raw_lines(&source, dialect.encoding, line, LINES_AROUND, progress).map_err(failed)?;
                let before = (data.loaded.lines_before, data.loaded.columns.len());
                let row =
                    row_at_line(&source, &data.options, dialect, before, line, progress).map_err(failed)?;
                let row = row.and_then(|row| usize::try_from(row).ok());
                let row = row.filter(|row| *row < data.loaded.table.n_rows());
                let place = match &rows {
                    Some(rows) => row.and_then(|row| rows.iter().position(|other| *other as usize == row)),
                    None => row,
                };
                event(Event::Located(data, Excerpt { line, lines, row, place }))
            });
        }
        Effect::Preview(from, options) => {
            outside.start(state, Slot::Preview, "Reading the first rows", move |handle| {
                let read = source(&from, folder.as_ref()).and_then(|source| {
                    read_start(&source, &options, PREVIEW_ROWS, &handle.progress)
                        .map_err(|error| problem(&error))
                });
                handle.progress.check()?;
                event(Event::Previewed(read.map(Arc::new)))
            });
        }
        Effect::CopyColumn(data, column, rows) => {
            outside.start(state, Slot::Lookup, "Copying a column", move |handle| {
                let table = &data.loaded.table;
                let Some(column) = table.column(&column) else { return event(Event::ColumnText(column, 0)) };
                let n = rows.as_ref().map_or(table.n_rows(), |rows| rows.len());
                let mut text = format!("{}\n", column.name);
                for place in 0..n {
                    if place.is_multiple_of(65_536) {
                        handle.progress.check()?;
                    }
                    let row = rows.as_ref().map_or(place, |rows| rows[place] as usize);
                    text.push_str(&plain_text(column, row));
                    text.push('\n');
                }
                event(Event::ColumnText(text, n))
            });
        }
        Effect::Export(data, rows, path) => {
            outside.start(state, Slot::Export, "Saving the rows", move |handle| {
                let table = &data.loaded.table;
                let rows = rows.as_ref().map(|rows| rows.as_slice());
                replace_file(&path, |out| write_csv_rows(table, rows, out, &handle.progress)).map_err(
                    |error: std::io::Error| {
                        if handle.progress.is_cancelled() {
                            return JobError::Cancelled;
                        }
                        let title = format!("{} could not be written", path.display());
                        JobError::Failed(Problem::new(title, error.to_string()))
                    },
                )?;
                event(Event::Exported(path, rows.map_or(table.n_rows(), <[u32]>::len)))
            });
        }
        Effect::Samples => {
            outside.start(state, Slot::Samples, "Looking at the samples", move |handle| {
                let mut cards = Vec::new();
                for sample in samples::all() {
                    let bytes = Source::from_bytes(sample.file, sample.bytes());
                    let loaded = read_csv(&bytes, &ReadOptions::default(), &handle.progress)
                        .map_err(|error| job_error(&error))?;
                    let bars = loaded.table.column(sample.target).map(|column| column_chart(column).counts);
                    cards.push(SampleCard {
                        rows: loaded.table.n_rows(),
                        columns: loaded.table.columns().len(),
                        bars: bars.unwrap_or_default(),
                    });
                }
                event(Event::Samples(cards))
            });
        }
    }
}

fn job_error(error: &DataError) -> JobError {
    match error {
        DataError::Cancelled(_) => JobError::Cancelled,
        error => JobError::Failed(problem(error)),
    }
}

/// Where a table's bytes are.
pub(crate) fn source(from: &DataRef, folder: Option<&Folder>) -> Result<Source, Problem> {
    let open = |path: &std::path::Path| Source::open(path).map_err(|error| problem(&error));
    match from {
        DataRef::Path(path) => open(path),
        DataRef::Pasted(file) => match folder {
            Some(folder) => open(&folder.pasted_path(file)),
            None => Err(Problem::new("The pasted table is not at hand", "It was kept in another workspace.")),
        },
        DataRef::Sample(name) => match samples::find(name) {
            Some(sample) => Ok(Source::from_bytes(sample.file, sample.bytes())),
            None => Err(Problem::new(
                format!("There is no bundled sample '{name}'"),
                "It may be from another version of this program; choose one from the list.",
            )),
        },
    }
}

fn read(
    from: DataRef,
    mut options: ReadOptions,
    folder: Option<&Folder>,
    handle: &Handle,
) -> Result<AppEvent, JobError> {
    let stopwatch = handle.clock.stopwatch();
    let source = source(&from, folder)?;
    // what a model remembers of its data
    options.hash = true;
    if source.size() == 0 || source.size() >= FIRST_ROWS_FROM {
        send_first_rows(&from, &options, &source, handle)?;
    }
    let loaded = match read_csv(&source, &options, &handle.progress) {
        Ok(loaded) => loaded,
        Err(DataError::Cancelled(_)) => return Err(JobError::Cancelled),
        Err(error) => {
            let problem = problem(&error);
            if let Some(line) = problem.line {
                let encoding = options.encoding.map_or_else(|| encoding_of(&source), Ok);
                let lines = encoding.and_then(|encoding| {
                    raw_lines(&source, encoding, line, LINES_AROUND + 1, &handle.progress)
                });
                handle.partial(AppEvent::Data(Event::FailedAt(lines.unwrap_or_default())))?;
            }
            return Err(problem.into());
        }
    };
    let seconds = stopwatch.seconds();
    let (data, looks) = dataset(from, options, loaded, seconds, handle)?;
    Ok(AppEvent::Data(Event::Read(data, looks)))
}

/// Sends the first rows of a file that takes long to read. That they can't be read is said when the whole can't.
fn send_first_rows(
    from: &DataRef,
    options: &ReadOptions,
    source: &Source,
    handle: &Handle,
) -> Result<(), JobError> {
    let Ok(loaded) = read_start(source, options, FIRST_ROWS, &Progress::new()) else { return Ok(()) };
    let (data, looks) = dataset(from.clone(), options.clone(), loaded, 0.0, handle)?;
    handle.partial(AppEvent::Data(Event::FirstRows(data, looks)))
}

/// A table with what is shown of it.
fn dataset(
    from: DataRef,
    options: ReadOptions,
    loaded: Loaded,
    seconds: f64,
    handle: &Handle,
) -> Result<(Arc<Dataset>, Arc<Vec<Shown>>), JobError> {
    let profiles = profile(&loaded.table, &Progress::new())?;
    let (mut charts, mut looks) = (Vec::with_capacity(profiles.len()), Vec::with_capacity(profiles.len()));
    for column in loaded.table.columns() {
        handle.progress.check()?;
        charts.push(column_chart(column));
        looks.push(shown(column));
    }
    let data = Dataset { from, options, loaded, profiles, charts, seconds };
    Ok((Arc::new(data), Arc::new(looks)))
}

/// An error of reading as the page shows it.
pub(crate) fn problem(error: &DataError) -> Problem {
    let line = match error {
        DataError::UnclosedQuote { line, .. } | DataError::TooLarge { line, .. } => Some(*line),
        _ => None,
    };
    if let DataError::OtherKind { kind, instead, .. } = error {
        let detail = format!("{}. Drydock reads text: CSV, TSV and their like.", sentence(instead));
        return Problem::new(format!("This is {kind}, not a table"), detail);
    }
    let title = match error {
        DataError::Io { .. } => "The file could not be read",
        DataError::Empty { .. } => "The file is empty",
        DataError::UnclosedQuote { .. } => "A quote is opened and never closed",
        DataError::NoSuchColumn { .. } => "A setting names a column that is not there",
        DataError::TooLarge { .. } => "The file is more than a table here can hold",
        DataError::OtherKind { .. } => "This is no table",
        DataError::Setting(_) => "The settings contradict each other",
        DataError::Cancelled(_) => "Reading was stopped",
    };
    let detail = match error {
        // this page has a button for it
        DataError::UnclosedQuote { name, line, field } => {
            let name =
                std::path::Path::new(name).file_name().map_or(name.as_str().into(), |n| n.to_string_lossy());
            format!("{name}, line {line}, field {field}: close the quote, or read the file without quotes")
        }
        error => error.to_string(),
    };
    Problem { title: title.into(), detail, line }
}

/// A part of a sentence as one of its own.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
