//! The last predictions, kept in the workspace's scratch folder until others take their place, so that they are there
//! again after a restart, with what has changed since.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::call::Calls;
use super::jobs::{PREFIX, head_of_file};
use super::results::{Batch, By};
use crate::app::state::Problem;
use crate::data::chart::ColumnChart;
use crate::data::replace_file;
use crate::inference::Predictor;
use crate::workspace::{DataRef, Folder};

/// The layout of the note that this program writes.
const LAYOUT: u32 = 1;
/// The name of the note.
const NOTE: &str = "last.json";

/// A file of predictions: gone when nothing shows it any more, unless it was kept.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    /// Removes the file when dropped.
    temporary: Mutex<Option<tempfile::TempPath>>,
}

impl Output {
    /// A file that goes with the result.
    pub(super) fn temporary(file: tempfile::NamedTempFile) -> Self {
        let temporary = file.into_temp_path();
        Self { path: temporary.to_path_buf(), temporary: Mutex::new(Some(temporary)) }
    }

    /// A file that was kept.
    fn kept(path: PathBuf) -> Self {
        Self { path, temporary: Mutex::new(None) }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// From now on it stays.
    fn keep(&self) -> std::io::Result<()> {
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        match temporary {
            Some(temporary) => temporary.keep().map(drop).map_err(|error| error.error),
            None => Ok(()),
        }
    }
}

/// How large a file is and when it was changed last: enough to tell that it is another one now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    n_bytes: u64,
    modified_millis: u64,
}

impl Stamp {
    /// Of a table's file; none for what is part of the program.
    pub(super) fn of(from: &DataRef, folder: Option<&Folder>) -> Option<Self> {
        let path = match from {
            DataRef::Path(path) => path.clone(),
            DataRef::Pasted(file) => folder?.pasted_path(file),
            DataRef::Sample(_) => return None,
        };
        let metadata = std::fs::metadata(path).ok()?;
        let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        let modified_millis = u64::try_from(since.as_millis()).ok()?;
        Some(Self { n_bytes: metadata.len(), modified_millis })
    }
}

/// What is written beside the predictions.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    layout: u32,
    /// The file of predictions, in the same folder, and its size.
    file: String,
    n_bytes_written: u64,
    from: DataRef,
    stamp: Option<Stamp>,
    n_bytes: u64,
    n_rows: u64,
    stopped: Option<f64>,
    seconds: f64,
    prediction_column: String,
    chart: ColumnChart,
    notes: Vec<String>,
    #[serde(default)]
    calls: Option<Calls>,
    by: By,
}

fn read_note(folder: &Path) -> Option<Result<Note, String>> {
    let bytes = std::fs::read(folder.join(NOTE)).ok()?;
    Some(serde_json::from_slice::<Note>(&bytes).map_err(|error| error.to_string()))
}

/// The name of the file of predictions that is kept, if one is.
pub(super) fn kept_file(folder: &Path) -> Option<String> {
    read_note(folder)?.ok().map(|note| note.file)
}

/// Keeps a result in place of the one before.
///
/// # Errors
/// A [`Problem`] when it can't be; the result stays on the screen all the same.
pub(super) fn keep(batch: &Batch, folder: &Folder) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        let why = format!("{error}. They are on the screen and can be saved; a restart would lose them.");
        Problem::new("The predictions could not be kept in the workspace", why)
    };
    let place = folder.scratch();
    let before = kept_file(&place);
    let Some(file) = batch.file.path().file_name().map(|name| name.to_string_lossy().into_owned()) else {
        return Ok(());
    };
    let note = Note {
        layout: LAYOUT,
        n_bytes_written: std::fs::metadata(batch.file.path()).map_err(failed)?.len(),
        file,
        from: batch.from.clone(),
        stamp: batch.stamp,
        n_bytes: batch.n_bytes,
        n_rows: batch.n_rows,
        stopped: batch.stopped,
        seconds: batch.seconds,
        prediction_column: batch.prediction_column.clone(),
        chart: batch.chart.clone(),
        notes: batch.notes.clone(),
        calls: batch.calls,
        by: batch.by.clone(),
    };
    let bytes = serde_json::to_vec_pretty(&note).unwrap_or_default();
    batch.file.keep().map_err(failed)?;
    replace_file(&place.join(NOTE), |out| out.write_all(&bytes)).map_err(failed)?;
    // the one before: a name of our own only, whatever the note says
    if let Some(before) = before.filter(|before| *before != note.file && is_own(before)) {
        drop(std::fs::remove_file(place.join(before)));
    }
    Ok(())
}

/// Whether a name is one that this program gave.
fn is_own(name: &str) -> bool {
    name.starts_with(PREFIX) && !name.contains(['/', '\\'])
}

/// The result that was kept, if there is one.
///
/// # Errors
/// A [`Problem`] when it can't be opened.
pub(super) fn back(
    folder: &Folder,
    predictor: impl Fn(&By) -> Option<Arc<Predictor>>,
) -> Result<Option<Batch>, Problem> {
    let place = folder.scratch();
    let failed = |why: String| {
        let detail = format!("{why}. Predict the file again.");
        Problem::new("The predictions of the last time could not be opened", detail)
    };
    let Some(note) = read_note(&place) else { return Ok(None) };
    let note = note.map_err(|why| failed(format!("{} is damaged ({why})", place.join(NOTE).display())))?;
    if note.layout > LAYOUT || !is_own(&note.file) {
        return Err(failed(format!("{} is from another program", place.join(NOTE).display())));
    }
    let path = place.join(&note.file);
    let n_bytes =
        std::fs::metadata(&path).map_err(|error| failed(format!("{}: {error}", path.display())))?.len();
    if n_bytes != note.n_bytes_written {
        return Err(failed(format!("{} was changed", path.display())));
    }
    let predictor = predictor(&note.by);
    let table = head_of_file(&path, predictor.as_deref())
        .map_err(|error| failed(format!("{}: {error}", path.display())))?;
    let changed = match (note.stamp, Stamp::of(&note.from, Some(folder))) {
        (Some(then), Some(now)) if then != now => {
            Some(format!("{} has changed since it was predicted", note.from.title()))
        }
        (Some(_), None) => Some(format!("{} is gone", note.from.title())),
        _ => None,
    };
    Ok(Some(Batch {
        from: note.from,
        stamp: note.stamp,
        changed,
        n_bytes: note.n_bytes,
        n_rows: note.n_rows,
        stopped: note.stopped,
        seconds: note.seconds,
        table,
        prediction_column: note.prediction_column,
        chart: note.chart,
        notes: note.notes,
        calls: note.calls,
        by: note.by,
        file: Arc::new(Output::kept(path)),
    }))
}
