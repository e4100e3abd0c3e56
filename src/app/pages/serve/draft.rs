//! What the learner set on the Serve page; kept over a restart.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::upstream::{self, Upstream};
use super::{USUAL_LIMIT, glass};

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// The server, the way of a request, the live list.
    #[default]
    Overview,
    /// Keys and the key lab.
    Keys,
    /// The class on the network.
    Classroom,
}

/// Which requests are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Show {
    #[default]
    All,
    Errors,
}

/// What the learner set on this page; kept over a restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// The address to listen on, without port.
    pub(crate) address: String,
    /// The port.
    pub(crate) port: String,
    /// How many workers predict batches and jobs.
    pub(crate) workers: u64,
    /// The protocols that are switched off, by name.
    pub(crate) off: BTreeSet<String>,
    /// Whether a key is asked for.
    pub(crate) ask_for_keys: bool,
    /// Where requests for another model are sent on to.
    #[serde(rename = "elsewhere")]
    pub(crate) upstream: Upstream,
    /// The part that is shown.
    pub(crate) part: Part,
    /// Which requests are listed.
    pub(crate) show: Show,
    /// Whether the class may reach the server.
    pub(crate) classroom: bool,
    /// How many seats the class has.
    pub(crate) seats: u64,
    /// Whether a request was ever answered as asked.
    pub(crate) answered: bool,
    /// Whether one was ever refused.
    pub(crate) refused: bool,
    /// Whether one was ever stepped through.
    pub(crate) followed: bool,
    /// The protocols by which requests ever came.
    pub(crate) used: BTreeSet<String>,
    #[serde(skip)]
    pub(crate) search: String,
    /// The request whose way is drawn; the latest when none is chosen.
    #[serde(skip)]
    pub(crate) selected: Option<u64>,
    /// The request that is stepped through.
    #[serde(skip)]
    pub(crate) glass: Option<u64>,
    /// The stage that is shown of it.
    #[serde(skip)]
    pub(crate) stage: usize,
    /// What the core makes of it.
    #[serde(skip)]
    pub(crate) worked: Option<Arc<glass::Worked>>,
    /// Until when (in egui's seconds) the secret is shown.
    #[serde(skip)]
    pub(crate) revealed_until: Option<f64>,
    /// The key that is chosen in the list.
    #[serde(skip)]
    pub(crate) key: Option<String>,
    /// The form for a new key.
    #[serde(skip)]
    pub(crate) new_key: String,
    #[serde(skip)]
    pub(crate) new_admin: bool,
    #[serde(skip)]
    pub(crate) new_limited: bool,
    #[serde(skip)]
    pub(crate) new_limit: u64,
    /// The seat that is shown.
    #[serde(skip)]
    pub(crate) seat: usize,
    /// The upstream that is being edited.
    #[serde(skip)]
    pub(crate) upstream_edit: Option<upstream::Edit>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            address: "127.0.0.1".into(),
            port: "8080".into(),
            workers: 2,
            off: BTreeSet::new(),
            ask_for_keys: false,
            upstream: Upstream::default(),
            part: Part::Overview,
            show: Show::All,
            classroom: false,
            seats: 30,
            answered: false,
            refused: false,
            followed: false,
            used: BTreeSet::new(),
            search: String::new(),
            selected: None,
            glass: None,
            stage: 0,
            worked: None,
            revealed_until: None,
            key: None,
            new_key: String::new(),
            new_admin: false,
            new_limited: false,
            new_limit: u64::from(USUAL_LIMIT),
            seat: 0,
            upstream_edit: None,
        }
    }
}
