//! The Data page: what a model learns from. Opening, reading again with other settings, looking, saving.

mod actions;
mod apply;
mod arrive;
mod cells;
mod distribution;
mod empty;
mod excerpt;
mod failure;
mod failure_ways;
mod find;
mod head;
mod inspector;
mod jobs;
mod page;
mod parts;
mod preview;
mod reading;
mod row_set;
mod settings;
mod table;
mod toolbar;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use actions::actions;
pub(crate) use apply::{apply, escape};
pub(crate) use arrive::{cancelled, failed, happened};
use find::Find;
pub(crate) use jobs::{carry_out, source};
pub(crate) use page::data_page_ui;
pub(crate) use row_set::{RowSet, go_to_row, show_rows};

use crate::app::effect::Effect as AppEffect;
use crate::app::state::{AppState, Dataset, Loadable, Problem, StatusKind};
use crate::data::{Loaded, Ragged, RawLine, ReadOptions, Relation};
use crate::model::Policy;
use crate::workspace::{DataRef, Role};

/// What the learner set on this page; kept over a restart, but for what is marked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// The column whose inspector is open.
    pub(crate) column: Option<String>,
    /// Whether this is the first start: what brings somebody here is asked once.
    #[serde(skip)]
    pub(crate) welcome: bool,
    /// Whether that was answered.
    pub(crate) welcomed: bool,
    /// Whether an inspector has been open for this table.
    pub(crate) inspected: bool,
    /// The table that this is about.
    of: Option<DataRef>,
    /// Which rows are asked for.
    find: Find,
    /// The columns whose width was dragged, with it.
    widths: BTreeMap<String, f32>,
    /// What is selected.
    #[serde(skip)]
    cursor: Option<Cursor>,
    /// What the table is to bring into view.
    #[serde(skip)]
    go_to: Option<GoTo>,
    /// The search field is to get the focus.
    #[serde(skip)]
    focus_search: bool,
    /// The read settings, while they are open.
    #[serde(skip)]
    settings: Option<Settings>,
    /// What is typed for the inspected column's missing markers.
    #[serde(skip)]
    markers: Option<(String, String)>,
    /// Which sample's story is open.
    #[serde(skip)]
    story: Option<&'static str>,
    /// Where a drag over a histogram began, as a share of its width.
    #[serde(skip)]
    drag: Option<f32>,
}

/// The read settings being changed.
#[derive(Debug, Clone, PartialEq, Default)]
struct Settings {
    options: ReadOptions,
    /// The missing markers, as typed.
    markers: String,
}

/// A selected cell: a place among the rows shown, and a column's place; a whole row without the latter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    row: usize,
    column: Option<usize>,
}

/// A place among the rows shown and a column's place, to bring into view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct GoTo {
    row: Option<usize>,
    column: Option<usize>,
}

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The first rows of a large file, while the others are being read.
    first_rows: Option<Arc<FirstRows>>,
    /// These are the results of such first rows: there is nothing yet to be sorted, filtered or inspected.
    still_reading: bool,
    /// What is being read, while it is, and after it failed.
    pub(crate) reading: Option<(DataRef, ReadOptions)>,
    /// How each column's cells are shown.
    shown: Arc<Vec<cells::Shown>>,
    /// The rows that were asked for; without, all of them in file order.
    rows: Option<(Find, Arc<Vec<u32>>)>,
    /// The inspected column, the target, and how they go together.
    relation: Option<(String, String, Option<Relation>)>,
    /// Where in the file a warning points to.
    excerpt: Option<Excerpt>,
    /// The lines around that at which reading failed.
    failed_at: Vec<RawLine>,
    /// The first rows, read as the settings being changed say.
    preview: Loadable<Arc<Loaded>>,
    /// What is drawn of the samples, in their order.
    samples: Option<Arc<Vec<SampleCard>>>,
    /// Whether that was asked for.
    samples_asked: bool,
}

impl Results {
    /// How many rows are shown of `n`.
    fn n_shown(&self, n: usize) -> usize {
        self.rows.as_ref().map_or(n, |(_, rows)| rows.len())
    }

    /// The table's row in a place of those shown.
    fn row_at(&self, place: usize) -> usize {
        self.rows.as_ref().map_or(place, |(_, rows)| rows.get(place).map_or(usize::MAX, |row| *row as usize))
    }

    fn rows(&self) -> Option<Arc<Vec<u32>>> {
        self.rows.as_ref().map(|(_, rows)| Arc::clone(rows))
    }
}

/// The first rows of a table that is being read, and how they are shown.
#[derive(Debug)]
pub(crate) struct FirstRows {
    data: Arc<Dataset>,
    results: Results,
}

/// A line of the file with those around it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Excerpt {
    line: u64,
    lines: Vec<RawLine>,
    /// The row it became, from 0.
    row: Option<usize>,
    /// The row's place among those shown.
    place: Option<usize>,
}

/// What is drawn of a sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SampleCard {
    rows: usize,
    columns: usize,
    bars: Vec<f64>,
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Read the open file again, as these settings say.
    ReadAgain(Box<ReadOptions>),
    /// Read what could not be read again, as these settings say.
    Retry(Box<ReadOptions>),
    /// What a column is for.
    SetRole(String, Role),
    /// What happens to a column's missing values; `None` as the model's policy says.
    SetMissing(String, Option<Policy>),
    /// Open a column's inspector.
    Inspect(Option<String>),
    /// How wide a column is; `None` as its name and cells need.
    SetWidth(String, Option<f32>),
    /// What becomes of lines with more or fewer fields than the header; the open file is read again.
    SetRagged(Ragged),
    /// Save the rows that are shown.
    Export(PathBuf),
    /// Leave the message of a failed attempt and go back to the table.
    Back,
    /// Look for the rows that the draft asks for.
    Find,
    /// Sort by a column: smallest first, then largest first, then not at all.
    Sort(String),
    /// Sort by a column in that direction; `None` for file order.
    SortBy(Option<(String, bool)>),
    /// Show every row.
    ClearFilters,
    /// Show the rows beside those that another page asked for, too.
    ForgetSet,
    /// Put the focus into the search field.
    FocusSearch,
    /// Open the read settings.
    OpenSettings,
    /// Close them without reading.
    CloseSettings,
    /// Read the first rows as the open settings say.
    Preview,
    /// Read the whole file as the open settings say.
    ApplySettings,
    /// Show where in the file a line is, and its row.
    ShowLine(u64),
    CloseExcerpt,
    /// Copy the values shown of a column.
    CopyColumn(String),
    /// Ask the desktop for what the clipboard holds.
    RequestPaste,
    /// Work out what is drawn of the samples.
    Samples,
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Read(DataRef, Box<ReadOptions>),
    /// Keep a pasted table as a file of the workspace, then read it.
    Paste(String),
    RequestPaste,
    Rows(Arc<Dataset>, Find),
    Relate(Arc<Dataset>, String, String),
    /// Find a line and its row among those shown.
    Locate(Arc<Dataset>, u64, Option<Arc<Vec<u32>>>),
    Preview(DataRef, Box<ReadOptions>),
    CopyColumn(Arc<Dataset>, String, Option<Arc<Vec<u32>>>),
    Export(Arc<Dataset>, Option<Arc<Vec<u32>>>, PathBuf),
    Samples,
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    Read(Arc<Dataset>, Arc<Vec<cells::Shown>>),
    /// The first rows of what is being read.
    FirstRows(Arc<Dataset>, Arc<Vec<cells::Shown>>),
    /// The pasted table was kept as this.
    Kept(DataRef),
    /// The lines around that at which reading is about to fail.
    FailedAt(Vec<RawLine>),
    Rows(Arc<Dataset>, Find, Arc<Vec<u32>>),
    Related(String, String, Option<Relation>),
    Located(Arc<Dataset>, Excerpt),
    Previewed(Result<Arc<Loaded>, Problem>),
    ColumnText(String, usize),
    Exported(PathBuf, usize),
    Samples(Vec<SampleCard>),
}

/// Opens a table; `options` fix how it is read.
pub(crate) fn open(state: &mut AppState, from: DataRef, options: Option<ReadOptions>) -> Vec<AppEffect> {
    use crate::app::pages::PageId;
    state.screen.page = PageId::Data;
    reopen(state, from, options.unwrap_or_default())
}

/// Reads a table without leaving the page that is shown.
pub(crate) fn reopen(state: &mut AppState, from: DataRef, options: ReadOptions) -> Vec<AppEffect> {
    state.truth.dataset.begin();
    let results = &mut state.results.data;
    results.reading = Some((from.clone(), options.clone()));
    results.failed_at.clear();
    results.first_rows = None;
    vec![AppEffect::Data(Effect::Read(from, Box::new(options)))]
}

/// Takes a table from the clipboard.
pub(crate) fn paste(state: &mut AppState, text: String) -> Vec<AppEffect> {
    if text.trim().is_empty() {
        state.say(StatusKind::Failed, "The clipboard holds no text to paste; copy a table first");
        return Vec::new();
    }
    state.screen.page = crate::app::pages::PageId::Data;
    state.truth.dataset.begin();
    state.results.data.reading = None;
    state.results.data.first_rows = None;
    state.results.data.failed_at.clear();
    vec![AppEffect::Data(Effect::Paste(text))]
}

#[cfg(test)]
mod tests;
