//! What the Drift page's jobs worked out: gone after a restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lab::{Outline, Prepared};
use super::one_by_one::Refined;
use super::past::{Again, Found};
use super::policies::{Played, Revealed};
use super::served::Monitor;
use crate::app::state::{Dataset, Problem};
use crate::data::Table;
use crate::drift::lab::Shifts;
use crate::drift::retraining::{Advice, Duel};
use crate::drift::{ColumnDrift, Report};

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The rows, made ready.
    pub(crate) lab: Option<Prepared>,
    /// Why they could not be.
    pub(crate) problem: Option<(u32, Arc<Dataset>, Problem)>,
    /// Whether a job makes them ready.
    pub(crate) preparing: bool,
    /// The verdicts at a place of the sliders.
    pub(crate) world: Option<World>,
    /// Inputs whose sliders move values one by one, from all rows.
    pub(crate) exact: Vec<Refined>,
    pub(crate) refining: bool,
    /// The sliders for which that failed.
    pub(crate) not_refined: Option<Shifts>,
    /// The weeks at a place of the sliders.
    pub(crate) weeks: Option<Weeks>,
    /// Why there are none, at that place of the sliders.
    pub(crate) wrong: Option<(Asked, Problem)>,
    /// Whether jobs work on them.
    pub(crate) measuring: bool,
    pub(crate) simulating: bool,
    /// The number of the model that is being trained on recent rows.
    pub(crate) retraining: Option<u32>,
    /// The last model that was, against the champion of then.
    pub(crate) challenge: Option<Challenge>,
    /// What each re-training policy would have cost.
    pub(crate) revealed: Option<Revealed>,
    /// Why it could not be played.
    pub(crate) replay_problem: Option<(Played, Problem)>,
    /// Whether a job plays them.
    pub(crate) replaying: bool,
    /// The served model, watched.
    pub(crate) monitor: Monitor,
    /// Past predictions.
    pub(crate) registry: Registry,
    /// Whether two versions are being compared.
    pub(crate) comparing: bool,
    /// What models that were trained here learned from, by number.
    pub(crate) learned: BTreeMap<u32, Arc<Table>>,
    /// In whose laboratory each of them was trained.
    pub(crate) trained_in: BTreeMap<u32, u32>,
}

/// What the log holds of past predictions.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// Whether a job reads it.
    pub(super) busy: bool,
    /// Whether something else was looked for meanwhile.
    pub(super) again_for: bool,
    /// The request whose answer is looked at once it is found.
    pub(super) choose: Option<String>,
    pub(super) problem: Option<Problem>,
    pub(super) found: Option<Found>,
    /// The prediction that was run again last.
    pub(super) again: Option<Again>,
}

/// What a result is of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// The champion.
    pub(crate) champion: u32,
    /// The sliders.
    pub(crate) shifts: Shifts,
    /// Weeks until the true values are known.
    pub(crate) delay: u64,
}

/// The verdicts over the inputs and the predictions.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) asked: Asked,
    /// The inputs.
    pub(crate) report: Report,
    /// The predictions, and what is drawn of them.
    pub(crate) prediction: Option<(ColumnDrift, Outline)>,
    /// The share of rows with an input outside its training range.
    pub(crate) outside: Option<f64>,
}

/// What the weeks of a changing world come to.
#[derive(Debug)]
pub(crate) struct Weeks {
    pub(crate) asked: Asked,
    /// The inputs of each week against those of the training data.
    pub(crate) drift: Vec<Report>,
    pub(crate) advice: Advice,
}

/// A model trained on recent rows against the champion, on later rows that neither has seen.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) champion: u32,
    pub(crate) challenger: u32,
    /// What the challenger learned from, in words.
    pub(crate) learned: String,
    /// Whether it may have learned from rows that the two are compared on.
    pub(crate) may_have_seen: bool,
    pub(crate) duel: Duel,
}
