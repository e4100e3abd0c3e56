//! The pages, in the order of the rail.

pub(crate) mod coming;
pub(crate) mod data;
pub(crate) mod drift;
pub(crate) mod predict;
pub(crate) mod requests;
pub(crate) mod serve;
pub(crate) mod train;
pub(crate) mod walkthrough;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::command::{Action, Command};
use super::picker::Purpose;
use super::state::{AppState, Truth, Work};
use super::theme::Icon;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageId {
    /// The lesson.
    Walkthrough,
    /// What a model learns from.
    #[default]
    Data,
    /// Fitting and judging a model.
    Train,
    /// One record and many.
    Predict,
    /// The local server.
    Serve,
    /// The request client.
    Requests,
    /// A world that changes.
    Drift,
    /// How much hardware.
    Scale,
    /// Files for other systems.
    Ship,
    /// A machine of one's own.
    SetUp,
}

impl PageId {
    /// Every page, in the order of the rail and of Ctrl+1 to Ctrl+0.
    pub const ALL: [Self; 10] = [
        Self::Walkthrough,
        Self::Data,
        Self::Train,
        Self::Predict,
        Self::Serve,
        Self::Requests,
        Self::Drift,
        Self::Scale,
        Self::Ship,
        Self::SetUp,
    ];

    /// The page's name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Walkthrough => "Walkthrough",
            Self::Data => "Data",
            Self::Train => "Train",
            Self::Predict => "Predict",
            Self::Serve => "Serve",
            Self::Requests => "Requests",
            Self::Drift => "Drift",
            Self::Scale => "Scale",
            Self::Ship => "Ship",
            Self::SetUp => "Set-up",
        }
    }

    /// The group it stands in on the rail.
    pub(crate) fn group(self) -> &'static str {
        match self {
            Self::Walkthrough => "LEARN",
            Self::Data | Self::Train | Self::Predict => "BUILD",
            Self::Serve | Self::Requests | Self::Drift | Self::Scale => "RUN",
            Self::Ship | Self::SetUp => "SHIP",
        }
    }

    pub(crate) fn icon(self) -> Icon {
        match self {
            Self::Walkthrough => Icon::PATH,
            Self::Data => Icon::TABLE,
            Self::Train => Icon::CHART_SCATTER,
            Self::Predict => Icon::TARGET,
            Self::Serve => Icon::BROADCAST,
            Self::Requests => Icon::PAPER_PLANE_TILT,
            Self::Drift => Icon::WAVE_SINE,
            Self::Scale => Icon::GAUGE,
            Self::Ship => Icon::PACKAGE,
            Self::SetUp => Icon::LIST_CHECKS,
        }
    }
}

/// What a file that was dropped on the window is for: a model or a scenario is opened as one; on the Predict page a table is
/// predicted; anything else is data.
pub(crate) fn dropped(state: &AppState, path: PathBuf) -> Command {
    let is = |name: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(name));
    let purpose = match state.screen.page {
        _ if is("json") => Purpose::OpenModel,
        _ if is("toml") => Purpose::OpenScenario,
        PageId::Predict if state.truth.champion().is_some() => Purpose::OpenBatch,
        _ => Purpose::OpenData,
    };
    Command::Chosen(purpose, path)
}

/// What every page may read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// What is true.
    pub(crate) truth: &'a Truth,
    /// What runs.
    pub(crate) work: &'a Work,
    /// Every action, for the shortcuts that buttons show; see [`super::command::hint`].
    pub(crate) actions: &'a [Action],
    /// Whether the window is narrow (or zoomed): paddings and heads shrink.
    pub(crate) compact: bool,
}
