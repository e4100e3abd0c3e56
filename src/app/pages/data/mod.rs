//! The Data page: what a model learns from. Opening, reading again with other settings, looking, saving.

mod actions;
mod cells;
mod distribution;
mod empty;
mod failure;
mod find;
mod head;
mod inspector;
mod jobs;
mod page;
mod parts;
mod preview;
mod row_set;
mod settings;
mod table;
mod toolbar;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use actions::actions;
use find::Find;
pub(crate) use jobs::{carry_out, source};
pub(crate) use page::data_page_ui;
pub(crate) use row_set::{RowSet, go_to_row, show_rows};

use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::state::{AppState, Dataset, Loadable, Problem, StatusKind};
use crate::app::widgets::format;
use crate::data::{Loaded, RawLine, ReadOptions, Relation, samples};
use crate::workspace::{DataRef, Role};

/// What the learner set on this page; kept over a restart, but for what is marked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// The column whose inspector is open.
    pub(crate) column: Option<String>,
    /// Whether an inspector has been open for this table.
    pub(crate) inspected: bool,
    /// The table that this is about.
    of: Option<DataRef>,
    /// Which rows are asked for.
    find: Find,
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
    /// Open a column's inspector.
    Inspect(Option<String>),
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
    state.results.data.failed_at.clear();
    vec![AppEffect::Data(Effect::Paste(text))]
}

/// What the read settings are about: an attempt that failed, else the open table.
fn subject(state: &AppState) -> Option<(DataRef, ReadOptions)> {
    let failed = state.truth.dataset.problem.is_some();
    let attempt = state.results.data.reading.clone().filter(|_| failed);
    attempt.or_else(|| state.truth.data().map(|data| (data.from.clone(), data.options.clone())))
}

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    match command {
        Command::ReadAgain(options) => {
            if let Some(data) = state.truth.data() {
                let from = data.from.clone();
                return reopen(state, from, *options);
            }
        }
        Command::Retry(options) => {
            if let Some((from, _)) = subject(state) {
                return reopen(state, from, *options);
            }
        }
        Command::SetRole(column, role) => {
            set_role(state, &column, role);
            return relate(state);
        }
        Command::Inspect(column) => {
            state.screen.data.inspected |= column.is_some();
            let place = state.truth.data().and_then(|data| {
                let columns = data.loaded.table.columns();
                columns.iter().position(|other| Some(&other.name) == column.as_ref())
            });
            if let (Some(_), None) = (place, state.screen.data.go_to) {
                state.screen.data.go_to = Some(GoTo { row: None, column: place });
            }
            state.screen.data.column = column;
            return relate(state);
        }
        Command::Export(path) => return export(state, path),
        Command::Back => back(state),
        Command::Find => return find(state),
        Command::Sort(column) => {
            let find_now = &mut state.screen.data.find;
            find_now.sort = match find_now.sort.take() {
                Some((name, false)) if name == column => Some((column, true)),
                Some((name, true)) if name == column => None,
                _ => Some((column, false)),
            };
            return find(state);
        }
        Command::SortBy(sort) => {
            state.screen.data.find.sort = sort;
            return find(state);
        }
        Command::ClearFilters => {
            let find_now = &mut state.screen.data.find;
            find_now.search.clear();
            find_now.filters.clear();
            find_now.set = None;
            return find(state);
        }
        Command::ForgetSet => {
            state.screen.data.find.set = None;
            return find(state);
        }
        Command::FocusSearch => state.screen.data.focus_search = true,
        Command::OpenSettings => {
            if let Some((_, options)) = subject(state) {
                let markers = options.missing.as_ref().map(|m| m.join(", ")).unwrap_or_default();
                state.screen.data.settings = Some(Settings { options, markers });
                return preview(state);
            }
        }
        Command::CloseSettings => {
            state.screen.data.settings = None;
            state.results.data.preview = Loadable::default();
            return vec![AppEffect::CancelSlot(Slot::Preview)];
        }
        Command::Preview => return preview(state),
        Command::ApplySettings => {
            if let (Some(settings), Some((from, _))) = (state.screen.data.settings.take(), subject(state)) {
                state.results.data.preview = Loadable::default();
                return reopen(state, from, settings.options);
            }
        }
        Command::ShowLine(line) => {
            if let Some(data) = state.truth.data().cloned() {
                let rows = state.results.data.rows();
                return vec![AppEffect::Data(Effect::Locate(data, line, rows))];
            }
        }
        Command::CloseExcerpt => state.results.data.excerpt = None,
        Command::CopyColumn(column) => {
            if let Some(data) = state.truth.data().cloned() {
                let rows = state.results.data.rows();
                return vec![AppEffect::Data(Effect::CopyColumn(data, column, rows))];
            }
        }
        Command::RequestPaste => return vec![AppEffect::Data(Effect::RequestPaste)],
        Command::Samples => {
            if !std::mem::replace(&mut state.results.data.samples_asked, true) {
                return vec![AppEffect::Data(Effect::Samples)];
            }
        }
    }
    Vec::new()
}

/// Leaves a failed attempt.
fn back(state: &mut AppState) {
    state.truth.dataset.problem = None;
    state.results.data.reading = None;
    state.results.data.failed_at.clear();
    state.screen.data.settings = None;
}

/// The rows that the draft asks for: at once when it is all of them, else by a job. The rows found before stay shown
/// until then.
fn find(state: &mut AppState) -> Vec<AppEffect> {
    let Some(data) = state.truth.data().cloned() else { return Vec::new() };
    let find = state.screen.data.find.clone();
    if find.is_open() {
        state.results.data.rows = None;
        state.screen.data.cursor = None;
        return vec![AppEffect::CancelSlot(Slot::Rows)];
    }
    if state.results.data.rows.as_ref().is_some_and(|(old, _)| *old == find) {
        return Vec::new();
    }
    vec![AppEffect::Data(Effect::Rows(data, find))]
}

/// How the inspected column goes together with the target, if that is not known.
fn relate(state: &mut AppState) -> Vec<AppEffect> {
    let (Some(column), Some(data), Some(target)) =
        (state.screen.data.column.clone(), state.truth.data().cloned(), state.truth.target())
    else {
        return Vec::new();
    };
    let known = state.results.data.relation.as_ref().is_some_and(|(a, b, _)| *a == column && b == target);
    if column == target || known {
        return Vec::new();
    }
    vec![AppEffect::Data(Effect::Relate(data, column, target.to_owned()))]
}

fn preview(state: &mut AppState) -> Vec<AppEffect> {
    let (Some(settings), Some((from, _))) = (state.screen.data.settings.clone(), subject(state)) else {
        return Vec::new();
    };
    state.results.data.preview.begin();
    vec![AppEffect::Data(Effect::Preview(from, Box::new(settings.options)))]
}

fn export(state: &mut AppState, path: PathBuf) -> Vec<AppEffect> {
    let Some(data) = state.truth.data().cloned() else { return Vec::new() };
    let same = |open: &PathBuf| match (open.canonicalize(), path.canonicalize()) {
        (Ok(open), Ok(path)) => open == path,
        _ => *open == path,
    };
    if matches!(&data.from, DataRef::Path(open) if same(open)) {
        state.say(StatusKind::Failed, "That is the file that is open; save the rows under another name");
        return Vec::new();
    }
    let rows = state.results.data.rows();
    vec![AppEffect::Data(Effect::Export(data, rows, path))]
}

/// One column is the target at most.
fn set_role(state: &mut AppState, column: &str, role: Role) {
    let roles = &mut state.truth.roles;
    if role == Role::Target {
        roles.retain(|_, other| *other != Role::Target);
    }
    // said, though it may be what it would be anyway: a date or a text is a feature only when someone says so
    roles.insert(column.to_owned(), role);
}

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, _seconds: f64) -> Vec<AppEffect> {
    match event {
        Event::Read(data, shown) => return read(state, data, shown),
        Event::Kept(from) => state.results.data.reading = Some((from, ReadOptions::default())),
        Event::FailedAt(lines) => state.results.data.failed_at = lines,
        Event::Rows(data, find, rows) => {
            if is_open(state, &data) {
                state.results.data.rows = Some((find, rows));
                state.screen.data.cursor = None;
                state.screen.data.go_to = Some(GoTo { row: Some(0), column: None });
            }
        }
        Event::Related(column, target, relation) => {
            state.results.data.relation = Some((column, target, relation));
        }
        Event::Located(data, excerpt) => {
            if is_open(state, &data) {
                let cursor = excerpt.place.map(|row| Cursor { row, column: None });
                if cursor.is_some() {
                    state.screen.data.cursor = cursor;
                    state.screen.data.go_to = Some(GoTo { row: excerpt.place, column: None });
                }
                state.results.data.excerpt = Some(excerpt);
            }
        }
        Event::Previewed(Ok(loaded)) => state.results.data.preview.done(loaded),
        Event::Previewed(Err(problem)) => state.results.data.preview.failed(problem),
        Event::ColumnText(text, n) => {
            state.say(StatusKind::Done, format!("Copied {}", format::plural(n, "value", "values")));
            return vec![AppEffect::Copy(text)];
        }
        Event::Exported(path, n) => {
            let rows = format::plural(n, "row", "rows");
            state.say(StatusKind::Done, format!("Saved {rows} to {}", path.display()));
        }
        Event::Samples(cards) => state.results.data.samples = Some(Arc::new(cards)),
    }
    Vec::new()
}

fn is_open(state: &AppState, data: &Arc<Dataset>) -> bool {
    state.truth.data().is_some_and(|open| Arc::ptr_eq(open, data))
}

/// A table was read: it becomes the open one.
fn read(state: &mut AppState, data: Arc<Dataset>, shown: Arc<Vec<cells::Shown>>) -> Vec<AppEffect> {
    let again = state.screen.data.of.as_ref() == Some(&data.from);
    let table = &data.loaded.table;
    let columns = table.columns();
    let kept_samples = (state.results.data.samples.take(), state.results.data.samples_asked);
    state.results.data =
        Results { shown, samples: kept_samples.0, samples_asked: kept_samples.1, ..Results::default() };
    if again {
        let draft = &mut state.screen.data;
        draft.find.fit(table);
        draft.column = draft.column.take().filter(|name| table.column(name).is_some());
        draft.cursor = None;
        draft.settings = None;
        draft.markers = None;
    } else {
        state.screen.data = Draft { of: Some(data.from.clone()), ..Draft::default() };
        // the same columns as before keep their roles
        if state.truth.target().is_none() || !same_columns(state, &data) {
            state.truth.roles = first_roles(&data);
        }
    }
    state.truth.roles.retain(|name, _| table.column(name).is_some());
    let said = format!(
        "Loaded {}: {}, {} in {}",
        data.from.title(),
        format::plural(table.n_rows(), "row", "rows"),
        format::plural(columns.len(), "column", "columns"),
        format::duration(data.seconds)
    );
    state.remember(&data.from);
    state.truth.dataset.done(data);
    state.say(StatusKind::Done, said);
    let mut effects = vec![AppEffect::CancelSlot(Slot::Rows), AppEffect::CancelSlot(Slot::Preview)];
    if !state.screen.data.find.is_open() {
        effects.extend(find(state));
    }
    effects.extend(relate(state));
    effects
}

fn same_columns(state: &AppState, data: &Dataset) -> bool {
    state.truth.data().is_some_and(|old| {
        let names = |data: &Dataset| -> Vec<String> {
            data.loaded.table.columns().iter().map(|column| column.name.clone()).collect()
        };
        names(old) == names(data)
    })
}

/// The roles to begin with: a sample's own, else every column a feature and no target.
fn first_roles(data: &Dataset) -> BTreeMap<String, Role> {
    let DataRef::Sample(name) = &data.from else { return BTreeMap::new() };
    let Some(sample) = samples::find(name) else { return BTreeMap::new() };
    let mut roles: BTreeMap<String, Role> =
        sample.leave_out.iter().map(|name| ((*name).to_owned(), Role::Ignore)).collect();
    roles.insert(sample.target.to_owned(), Role::Target);
    roles
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    match slot {
        Slot::Read => {
            state.screen.data.settings = None;
            state.truth.dataset.failed(problem);
        }
        Slot::Preview => state.results.data.preview.failed(problem),
        _ => {}
    }
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    match slot {
        Slot::Read => {
            state.results.data.reading = None;
            state.truth.dataset.cancelled();
            let kept = if state.truth.data().is_some() { "; the table before is untouched" } else { "" };
            state.say(StatusKind::Note, format!("Reading was stopped{kept}"));
        }
        Slot::Preview => state.results.data.preview.cancelled(),
        Slot::Export => state.say(StatusKind::Note, "Saving was stopped; no file was written"),
        _ => {}
    }
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    if state.screen.data.settings.is_some() {
        return apply(state, Command::CloseSettings);
    }
    if state.truth.dataset.loading {
        return vec![AppEffect::CancelSlot(Slot::Read)];
    }
    if state.truth.dataset.problem.is_some() {
        back(state);
    } else if state.results.data.excerpt.take().is_none() {
        state.screen.data.column = None;
    }
    Vec::new()
}

#[cfg(test)]
mod tests;
