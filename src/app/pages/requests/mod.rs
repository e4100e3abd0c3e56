//! The Requests page: be the client of this server or any other; send by hand, right requests and wrong ones.

mod address;
mod answer;
mod apply;
mod as_code;
mod body;
mod code_edit;
mod compare;
mod dialects;
mod draft;
mod editor;
mod environment;
mod filed;
mod files;
mod history;
mod import;
mod jobs;
mod lines;
mod page;
mod response;
mod rows;
mod tree;
mod waterfall;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use eframe::egui::{Key, Modifiers};

pub(crate) use answer::Answer;
pub(crate) use apply::{apply, cancelled, escape, failed, happened};
pub(crate) use draft::{Draft, Edited, Panel, Part, Tab};
pub(crate) use jobs::carry_out;
pub(crate) use page::requests_page_ui;

use crate::app::command::{Action, Command as AppCommand};
use crate::app::job::Slot;
use crate::app::picker::Purpose;
use crate::app::state::{AppState, Loadable, Truth};
use crate::app::theme::Icon;
use crate::client::code::Language;
use crate::client::collection::{Node, SavedRequest, Undo};
use crate::client::dialects::{Dialect, Shape};
use crate::client::environment::{Environment, SecretSource, Secrets};
use crate::client::history::Entry;
use crate::client::rows::{RowResult, RowsRun};
use crate::client::variables::Values;
use crate::client::{Client, presets};

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The requests.
    pub(crate) tree: Loadable<Arc<Vec<Node>>>,
    /// The environments, by their files.
    pub(crate) environments: Vec<(PathBuf, Result<Environment, String>)>,
    /// Where this window's own server listens, and its publishable key where one is asked for.
    pub(crate) served: Option<(String, Option<String>)>,
    pub(crate) secrets: Arc<Secrets>,
    /// The client with its connections; made when first needed.
    pub(crate) client: Arc<OnceLock<Client>>,
    /// What is on its way.
    pub(crate) sending: Option<Sending>,
    /// What came last, or what the history shows.
    pub(crate) answer: Option<Arc<Answer>>,
    /// Why nothing could be sent: a variable without a value, say.
    pub(crate) unsendable: Option<String>,
    /// The history shown, latest first.
    pub(crate) history: Arc<Vec<Entry>>,
    /// Two answers side by side.
    pub(crate) comparison: Option<Arc<compare::Comparison>>,
    /// The record that is asked in every dialect.
    pub(crate) record: Option<crate::client::dialects::Record>,
    /// The answers in every dialect.
    pub(crate) dialects: Loadable<Arc<Vec<DialectAnswer>>>,
    /// The answers for every row.
    pub(crate) rows: Loadable<Arc<RowsRun>>,
    /// Rows that are answered while others are under way.
    pub(crate) rows_so_far: Vec<RowResult>,
    /// Changes of files that wait for the one under way.
    pub(crate) waiting: VecDeque<FileWork>,
    /// A change of a file is under way.
    pub(crate) is_filing: bool,
}

/// What is on its way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sending {
    /// The status and its words, once they are there.
    pub(crate) status: Option<(u16, String)>,
    /// The end of the text of the stream's events so far.
    pub(crate) streamed: String,
    /// Bytes received.
    pub(crate) received: u64,
}

/// The same record, asked in one dialect.
#[derive(Debug, Clone)]
pub(crate) struct DialectAnswer {
    pub(crate) dialect: Dialect,
    pub(crate) path: String,
    /// What was sent, or why it can't be said in this dialect.
    pub(crate) body: Result<String, String>,
    /// Status, or why there is none.
    pub(crate) outcome: Result<u16, String>,
    pub(crate) prediction: Option<String>,
    pub(crate) n_sent: usize,
    pub(crate) n_received: usize,
    pub(crate) total_secs: f64,
    pub(crate) server_secs: f64,
    pub(crate) answer: String,
}

/// A change of the files.
#[derive(Debug, Clone)]
pub(crate) enum FileWork {
    /// Read everything; write what is there to begin with.
    Load,
    Open(PathBuf),
    Create {
        folder: PathBuf,
        request: Box<SavedRequest>,
        rename: bool,
    },
    CreateFolder(PathBuf),
    Duplicate(PathBuf),
    Delete(PathBuf),
    Rename(PathBuf, String),
    Move(PathBuf, PathBuf),
    Undo(Undo),
    Save {
        path: PathBuf,
        edited: Box<Edited>,
    },
    SaveEnvironment(Box<Environment>),
    AddModelRequests,
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Files(FileWork),
    /// Goes on with the changes that wait, after one failed.
    NextFile,
    /// Opens a request.
    Open(PathBuf),
    New,
    NewFolder,
    Duplicate,
    Delete(PathBuf),
    /// Begin to rename.
    Rename(PathBuf),
    Save {
        although_leaking: bool,
    },
    Revert,
    Send,
    Stop(Slot),
    Tab(Tab),
    FocusAddress,
    Format,
    /// A body made from the model's own signature.
    Generate,
    /// A body made from what the server says of itself.
    Describe,
    Import,
    TakeImport(String),
    CopyAs(Language),
    ChooseEnvironment(String),
    SetSecret {
        name: String,
        value: String,
        keep: bool,
    },
    ShowEntry(u64),
    Compare(u64),
    CloseComparison,
    FindHistory,
    ForgetHistory,
    Show(Panel),
    AskDialects,
    RunRows,
    SaveRows(PathBuf),
    ModelRequests,
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Files(FileWork),
    Send,
    FindHistory,
    AskDialects,
    RunRows,
    SaveRows(Arc<RowsRun>, PathBuf),
    Compare(Arc<Answer>, Box<Entry>),
    Secret { name: String, value: String },
    Describe,
    ForgetHistory,
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    /// Files were read or changed.
    Filed(Box<Filed>),
    Progress(Live),
    Sent(Box<Sent>),
    History(Vec<Entry>),
    Dialects(Vec<DialectAnswer>),
    Row(RowResult),
    Rows(RowsRun),
    RowsSaved(PathBuf),
    Compared(Box<compare::Comparison>),
    SecretKept(String),
    Described(PathBuf, Box<Shape>),
    HistoryForgotten,
}

/// A part of an answer.
#[derive(Debug)]
pub(crate) enum Live {
    Head(u16, String),
    Streamed(String),
    Received(u64),
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Sent {
    /// The request's file.
    pub(crate) path: PathBuf,
    /// What it is called.
    pub(crate) name: String,
    /// The answer, or why it could not be sent at all.
    pub(crate) answer: Result<Answer, String>,
    /// What of it stands in the history now.
    pub(crate) entry: Option<Entry>,
}

/// How the files are now.
#[derive(Debug, Default)]
pub(crate) struct Filed {
    pub(crate) tree: Vec<Node>,
    pub(crate) environments: Vec<(PathBuf, Result<Environment, String>)>,
    pub(crate) begun: BTreeSet<String>,
    /// What was opened.
    pub(crate) opened: Option<(PathBuf, SavedRequest)>,
    /// What was written.
    pub(crate) saved: Option<(PathBuf, SavedRequest)>,
    /// What moved: from, to.
    pub(crate) moved: Option<(PathBuf, PathBuf)>,
    /// What went.
    pub(crate) gone: Option<PathBuf>,
    /// What was done, with its way back.
    pub(crate) done: Option<(String, Option<Undo>)>,
    /// A name is to be typed for it.
    pub(crate) rename: Option<(PathBuf, String)>,
}

/// The environment that is chosen, or the first, as it stands in its file.
pub(crate) fn filed_environment<'a>(results: &'a Results, draft: &Draft) -> Option<&'a Environment> {
    let all = || results.environments.iter().filter_map(|(_, environment)| environment.as_ref().ok());
    all().find(|environment| environment.name == draft.environment).or_else(|| all().next())
}

/// The environment that is chosen, or the first; with the address and key of this window's own server while it runs.
pub(crate) fn environment<'a>(results: &'a Results, draft: &Draft) -> Option<Cow<'a, Environment>> {
    let chosen = filed_environment(results, draft)?;
    let Some((base, key)) = &results.served else { return Some(Cow::Borrowed(chosen)) };
    Some(presets::following(chosen, base, key.as_deref()))
}

/// What variables stand for, in what is sent and in what is shown: the environment's values, and before them those that
/// answers gave. With the secrets that have no value, and the reason; `secret` says what stands for a secret.
pub(crate) fn values(
    environment: Option<&Environment>,
    captured: &BTreeMap<String, String>,
    secret: impl FnMut(&str, &SecretSource) -> Result<String, String>,
) -> (Values, Vec<(String, String)>) {
    let (mut values, unknown) =
        environment.map(|environment| environment.values_with(secret)).unwrap_or_default();
    for (name, value) in captured {
        values.set(name, value);
    }
    (values, unknown)
}

/// Why the open request can't be sent for every row of the open table.
pub(crate) fn no_rows_because(truth: &Truth, draft: &Draft) -> Option<&'static str> {
    let Some(data) = truth.data() else { return Some("Open a table on the Data page first") };
    if !draft.has_request() {
        return Some("Open a request first");
    }
    let used = draft.now.request.variables();
    let varies = data.loaded.table.columns().iter().any(|column| used.contains(&column.name));
    (!varies).then_some("Every row would send the same: write a column in the address, a header or the body")
}

/// What the champion takes.
pub(crate) fn shape(truth: &Truth) -> Option<Shape> {
    truth.champion().map(|version| Shape::of_model(version.model()))
}

/// The first request of a tree.
pub(crate) fn first_request(nodes: &[Node]) -> Option<&Path> {
    nodes.iter().find_map(|node| match node {
        Node::Folder { children, .. } => first_request(children),
        Node::Request { path, .. } => Some(path.as_path()),
        Node::Damaged { .. } => None,
    })
}

/// What the guide asks for on this page, and whether it is done.
pub(crate) fn tasks(state: &AppState) -> Vec<(&'static str, bool)> {
    let achieved = |what: &str| state.screen.requests.achieved.contains(what);
    vec![
        ("Send a request and get an answer", achieved("answered")),
        ("Send a wrong one and read the refusal", achieved("refused")),
        ("Send the same record in every dialect", achieved("dialects")),
        ("Take a request along as code", achieved("code")),
    ]
}

/// What can be done on this page.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    const NONE: &str = "Open a request first";
    const NO_MODEL: &str = "Train a model and make it the champion first";
    const TABS: [Key; 6] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6];
    let ctrl = Modifiers::COMMAND;
    let draft = &state.screen.requests;
    let results = &state.results.requests;
    let has = draft.has_request();
    let has_model = state.truth.champion().is_some();
    let mut all = vec![
        if results.sending.is_some() {
            Action::new("Stop sending", Icon::STOP, Command::Stop(Slot::Send)).keys(ctrl, Key::Enter)
        } else {
            Action::new("Send", Icon::PAPER_PLANE_TILT, Command::Send).keys(ctrl, Key::Enter).when(has, NONE)
        },
        Action::new("New request", Icon::PLUS, Command::New).keys(ctrl, Key::N),
        Action::new("Duplicate request", Icon::COPY, Command::Duplicate).keys(ctrl, Key::D).when(has, NONE),
        Action::new("Save request", Icon::FLOPPY_DISK, Command::Save { although_leaking: false })
            .keys(ctrl, Key::S)
            .when(has && draft.is_edited(), "Nothing was changed"),
        Action::new("Back to the saved request", Icon::ARROW_COUNTER_CLOCKWISE, Command::Revert)
            .when(has && draft.is_edited(), "Nothing was changed"),
        Action::new("Go to the address", Icon::TEXTBOX, Command::FocusAddress)
            .keys(ctrl, Key::L)
            .when(has, NONE),
        Action::new("New folder", Icon::FOLDER_OPEN, Command::NewFolder),
        Action::new("Import a curl command…", Icon::DOWNLOAD_SIMPLE, Command::Import),
        Action::new("Copy as curl", Icon::COMMAND, Command::CopyAs(Language::Curl)).when(has, NONE),
        Action::new("Lay the body out", Icon::LIST, Command::Format).when(has, NONE),
        Action::new("Body from the model", Icon::CUBE, Command::Generate).when(has && has_model, NO_MODEL),
        Action::new("Body from the server", Icon::HARD_DRIVES, Command::Describe).when(has, NONE),
        Action::new("Add requests for the model", Icon::PLUS, Command::ModelRequests)
            .when(has_model, NO_MODEL),
        Action::new("Every dialect", Icon::ARROWS_LEFT_RIGHT, Command::Show(Panel::Dialects))
            .when(has_model, NO_MODEL),
        Action::new("Run for every row", Icon::ROWS, Command::Show(Panel::Rows)).when(has, NONE),
        Action::new("One request", Icon::PAPER_PLANE_TILT, Command::Show(Panel::Request)),
        Action::new("Save the rows' answers…", Icon::EXPORT, AppCommand::Choose(Purpose::SaveRequestRows))
            .when(results.rows.value.is_some(), "Run a request for every row first"),
        Action::new("Forget the history", Icon::TRASH, Command::ForgetHistory)
            .when(!results.history.is_empty(), "Nothing was sent yet"),
        Action::new("Read the requests again", Icon::ARROW_COUNTER_CLOCKWISE, Command::Files(FileWork::Load)),
    ];
    for (tab, key) in Tab::ALL.into_iter().zip(TABS) {
        let label = format!("Show {}", tab.label().to_lowercase());
        all.push(
            Action::new(label, Icon::SIDEBAR_SIMPLE, Command::Tab(tab))
                .keys(Modifiers::ALT, key)
                .when(has, NONE),
        );
    }
    all
}
