//! What the learner set on the Requests page; kept over a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

use super::environment;
use crate::client::code::Language;
use crate::client::collection::SavedRequest;
use crate::client::leaks;
use crate::client::{ProxyChoice, Settings};

/// A part of the request that is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tab {
    #[default]
    Body,
    Headers,
    Auth,
    Code,
    Checks,
    Settings,
}

impl Tab {
    /// Every part, in the order of Alt+1 and so on.
    pub(super) const ALL: [Self; 6] =
        [Self::Body, Self::Headers, Self::Auth, Self::Code, Self::Checks, Self::Settings];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Body => "Body",
            Self::Headers => "Headers",
            Self::Auth => "Auth",
            Self::Code => "Code",
            Self::Checks => "Assertions",
            Self::Settings => "Options",
        }
    }
}

/// What is shown of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    #[default]
    Pretty,
    Raw,
    Headers,
    /// Where the time went, where there is no room beside the body.
    Time,
}

/// What the page is for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Panel {
    /// One request.
    #[default]
    Request,
    /// The same record in every dialect.
    Dialects,
    /// One request for every row of a table.
    Rows,
}

/// An edited request that is not saved yet. What is secret in it is not kept over a restart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Edited {
    /// As edited.
    #[serde(serialize_with = "without_secrets")]
    pub(crate) request: SavedRequest,
    /// As it stands in its file.
    #[serde(serialize_with = "without_secrets")]
    pub(crate) opened: SavedRequest,
}

impl Edited {
    /// Whether its file holds a secret, so that what is known of the file is not all of it.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.opened.variables().iter().any(|name| name == leaks::NOT_KEPT)
    }
}

fn without_secrets<S: Serializer>(request: &SavedRequest, serializer: S) -> Result<S::Ok, S::Error> {
    leaks::without_secrets(request).serialize(serializer)
}

fn without_password<S: Serializer>(settings: &Settings, serializer: S) -> Result<S::Ok, S::Error> {
    let mut kept = settings.clone();
    if let ProxyChoice::Explicit(proxy) = &mut kept.proxy {
        *proxy = leaks::without_password(proxy);
    }
    kept.serialize(serializer)
}

/// What of a request is not kept over a restart, as it was worked out last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unkept {
    of: Edited,
    places: Vec<String>,
}

/// What the user set on this page; kept over a restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// The file of the open request; empty for none.
    pub(crate) open: PathBuf,
    /// The open request.
    pub(crate) now: Edited,
    /// Other requests that were edited and not saved, by their files.
    pub(crate) edited: BTreeMap<PathBuf, Edited>,
    /// The name of the environment.
    pub(crate) environment: String,
    pub(crate) tab: Tab,
    pub(crate) part: Part,
    pub(crate) panel: Panel,
    pub(crate) language: Language,
    /// Folders that are folded.
    pub(crate) folded: BTreeSet<PathBuf>,
    /// Which requests to begin with were written.
    pub(crate) begun: BTreeSet<String>,
    /// How requests are sent.
    #[serde(serialize_with = "without_password")]
    pub(crate) settings: Settings,
    /// How many rows are under way at once.
    pub(crate) concurrency: usize,
    /// What the guide asks for: a right answer, a refusal, a run in every dialect, code copied.
    pub(crate) achieved: BTreeSet<String>,
    /// Values that answers gave: the number of the job that was taken on.
    pub(crate) captured: BTreeMap<String, String>,
    /// What the tree is searched for.
    #[serde(skip)]
    pub(crate) filter: String,
    /// What the history is searched for.
    #[serde(skip)]
    pub(crate) history_search: String,
    /// The history of every request, not only of the open one.
    #[serde(skip)]
    pub(crate) history_of_all: bool,
    /// The name that is being typed, and of what.
    #[serde(skip)]
    pub(crate) renaming: Option<(PathBuf, String, bool)>,
    #[serde(skip)]
    pub(crate) focus_address: bool,
    /// A curl command that is being pasted.
    #[serde(skip)]
    pub(crate) import: Option<String>,
    /// The environment that is being edited.
    #[serde(skip)]
    pub(crate) environment_edit: Option<environment::Edit>,
    /// The secret that is being typed: name and value.
    #[serde(skip)]
    pub(crate) secret: Option<(String, String)>,
    /// What looks like a secret in what is about to be saved.
    #[serde(skip)]
    pub(crate) leaks: Vec<String>,
    #[serde(skip)]
    unkept: Unkept,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            open: PathBuf::new(),
            now: Edited::default(),
            edited: BTreeMap::new(),
            environment: "Local".into(),
            tab: Tab::default(),
            part: Part::default(),
            panel: Panel::default(),
            language: Language::Python,
            folded: BTreeSet::new(),
            begun: BTreeSet::new(),
            settings: Settings::default(),
            concurrency: 4,
            achieved: BTreeSet::new(),
            captured: BTreeMap::new(),
            filter: String::new(),
            history_search: String::new(),
            history_of_all: false,
            renaming: None,
            focus_address: false,
            import: None,
            environment_edit: None,
            secret: None,
            leaks: Vec::new(),
            unkept: Unkept::default(),
        }
    }
}

impl Draft {
    /// Whether the open request differs from its file.
    pub(crate) fn is_edited(&self) -> bool {
        self.now.request != self.now.opened
    }

    /// Where the open request holds what looks like a secret and is not in its file: it is gone with the window.
    pub(super) fn unkept(&mut self) -> &[String] {
        if self.unkept.of != self.now {
            let in_file = leaks::leaks(&self.now.opened);
            let found = leaks::leaks(&self.now.request).into_iter().filter(|leak| !in_file.contains(leak));
            self.unkept = Unkept {
                of: self.now.clone(),
                places: found.map(|leak| format!("{} ({})", leak.place, leak.what)).collect(),
            };
        }
        &self.unkept.places
    }

    /// Whether there is an open request.
    pub(crate) fn has_request(&self) -> bool {
        !self.open.as_os_str().is_empty()
    }
}
