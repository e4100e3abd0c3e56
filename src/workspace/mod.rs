//! The folder that a learner's work lives in: plain files that can live in git.
//!
//! ```text
//! workspace.json     what is open, the columns' roles, the versions and the champion, what the screen showed
//! models/v3.json     a model file, as `drydock predict` takes it
//! models/v3.report.json   its charts
//! data/pasted-1.csv  tables that were pasted and are nowhere else
//! scratch/           predictions that are not saved yet; git leaves it alone
//! ```
//!
//! Every file is written beside its target and renamed, so that a crash leaves the old one or the new one. A file
//! that can't be read is kept under another name and said so; what the others hold stays usable.

mod folder;
pub mod labels;
pub mod log;
pub mod registry;

pub use folder::{Folder, Opened, WorkspaceError};

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::data::ReadOptions;
use crate::model::Policy;
use registry::{Change, Rollout};

/// The layout of `workspace.json` that this program writes.
pub const WORKSPACE_VERSION: u32 = 1;

/// Where a table comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataRef {
    /// A file, by path.
    Path(PathBuf),
    /// A bundled sample, by name.
    Sample(String),
    /// A table that was pasted, by its file in the workspace's `data` folder.
    Pasted(String),
}

impl DataRef {
    /// What to call it: the file's name.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Path(path) => path
                .file_name()
                .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned()),
            Self::Sample(name) => crate::data::samples::all()
                .iter()
                .find(|sample| sample.name == name)
                .map_or_else(|| name.clone(), |sample| sample.file.to_owned()),
            Self::Pasted(file) => file.clone(),
        }
    }
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The model may use it.
    Feature,
    /// The model predicts it.
    Target,
    /// The model must not see it.
    Ignore,
}

/// A trained model among others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number: 1 for the first. Never given twice.
    pub number: u32,
    /// What the learner calls it; empty for "v" and the number.
    #[serde(default)]
    pub name: String,
    /// What the learner wrote about it.
    #[serde(default)]
    pub note: String,
    /// When it was trained or opened, in milliseconds since 1970 (UTC).
    pub at_unix_millis: i64,
    /// How long training took, in seconds; `None` for a model that was opened from a file.
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl Entry {
    /// What to call it.
    #[must_use]
    pub fn title(&self) -> String {
        if self.name.is_empty() { format!("v{}", self.number) } else { self.name.clone() }
    }
}

/// What `workspace.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    /// The file's layout, [`WORKSPACE_VERSION`].
    pub workspace_version: u32,
    /// The table that is open.
    pub data: Option<DataRef>,
    /// How it is read.
    pub options: ReadOptions,
    /// What each column is for, where it was said.
    pub roles: BTreeMap<String, Role>,
    /// The rules for missing values of single columns; the others follow the model's.
    pub missing: BTreeMap<String, Policy>,
    /// The models, oldest first.
    pub versions: Vec<Entry>,
    /// The number of the model that answers predictions.
    pub champion: Option<u32>,
    /// The number the next model gets.
    pub next_number: u32,
    /// The version beside the champion.
    pub rollout: Rollout,
    /// What became of the models, oldest first.
    pub history: Vec<Change>,
    /// What the screen showed: the window's own business.
    pub screen: serde_json::Value,
}

impl Default for Saved {
    fn default() -> Self {
        Self {
            workspace_version: WORKSPACE_VERSION,
            data: None,
            options: ReadOptions::default(),
            roles: BTreeMap::new(),
            missing: BTreeMap::new(),
            versions: Vec::new(),
            champion: None,
            next_number: 1,
            rollout: Rollout::default(),
            history: Vec::new(),
            screen: serde_json::Value::Null,
        }
    }
}
