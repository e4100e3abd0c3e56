//! The weeks, made ready once, so that the model is followed over them in the frame in which a slider moves.

use std::collections::BTreeMap;

use rand::RngExt;

use super::jobs::relation;
use super::lab::Lab;
use super::{Draft, Results, WEEKS, WORSE, ready};
use crate::app::state::Truth;
use crate::data::Table;
use crate::drift::lab::{Shifts, Timeline, Week, draw, means};
use crate::drift::retraining::{FollowedWeek, LossEstimator, Resamples};
use crate::inference::Predictor;
use crate::work::Seed;

/// The rows of a week: a quarter of the rows there are, within these.
const WEEK_ROWS: (usize, usize) = (40, 400);
/// Weeks after the timeline on which champion and challenger are compared.
const LATER: usize = 6;

/// Which rows a simulation draws from. What a challenger has learned from must not come up again when it is judged, so
/// the weeks to learn from and those to be judged on draw from different rows.
#[derive(Clone, Copy)]
pub(super) enum Drawn {
    /// The weeks of the timeline.
    Timeline,
    /// The weeks after it.
    Later,
}

/// The weeks' rows before any shift.
#[derive(Debug)]
pub(super) struct DrawnWeeks {
    /// The number of the first.
    first: usize,
    /// The rows of each.
    weeks: Vec<Table>,
    /// The means that they are shifted around.
    means: BTreeMap<String, f64>,
    pub(super) rows_per_week: usize,
}

impl DrawnWeeks {
    /// Draws rows of a table.
    pub(super) fn new(current: &Table, drawn: Drawn) -> Self {
        let n = current.n_rows();
        let rows_per_week = (n / 4).clamp(WEEK_ROWS.0, WEEK_ROWS.1);
        let (second_half, weeks, first) = match drawn {
            Drawn::Timeline => (false, WEEKS, 0),
            Drawn::Later => (true, WEEKS + LATER, WEEKS),
        };
        // by chance: every other row would be every other store
        let mut rng = Seed::default().rng("halves");
        let rows: Vec<usize> = (0..n).filter(|_| rng.random::<bool>() == second_half).collect();
        let table = current.take(&rows);
        let timeline = Timeline { weeks, rows_per_week, seed: Seed::default() };
        let mut weeks = draw(&table, timeline);
        weeks.drain(..first.min(weeks.len()));
        Self { first, weeks, means: means(&table), rows_per_week }
    }

    /// Each week under the sliders, one after another.
    pub(super) fn shifted<'a>(
        &'a self,
        predictor: &'a Predictor,
        target: &'a str,
        shifts: &'a Shifts,
    ) -> impl Iterator<Item = Week> + 'a {
        (self.first..).zip(&self.weeks).map(move |(week, drawn)| {
            let relation = relation(predictor);
            let around = (shifts, &self.means);
            Week::new(week, drawn, (target, Some(&relation)), around, Seed::default())
        })
    }
}

/// The weeks of the timeline, and the model over them while nothing is shifted.
#[derive(Debug)]
pub(super) struct LabWeeks {
    pub(super) drawn: DrawnWeeks,
    at_rest: Vec<FollowedWeek>,
    bands: Resamples,
}

impl LabWeeks {
    /// Draws the weeks and follows the model over them; `None` where they can't be predicted.
    pub(super) fn new(
        predictor: &Predictor,
        current: &Table,
        target: &str,
        estimator: Option<&LossEstimator>,
    ) -> Option<Self> {
        let drawn = DrawnWeeks::new(current, Drawn::Timeline);
        let bands = Resamples::new(drawn.rows_per_week, Seed::default());
        let still = Shifts::default();
        let weeks: Vec<Week> = drawn.shifted(predictor, target, &still).collect();
        let tables = weeks.iter().map(|week| &week.table);
        let at_rest = FollowedWeek::of_weeks(predictor, estimator, tables, &bands).ok()?;
        Some(Self { drawn, at_rest, bands })
    }
}

/// The model over the weeks under the sliders; `None` without true values, or where rows can't be predicted.
pub(super) fn weeks_now(lab: &Lab, predictor: &Predictor, shifts: &Shifts) -> Option<Vec<FollowedWeek>> {
    let (weeks, target) = (lab.weeks.as_ref()?, lab.target.as_deref()?);
    if shifts.features.is_empty() && shifts.concept == Shifts::default().concept {
        return Some(weeks.at_rest.clone());
    }
    let drawn = &weeks.drawn;
    let relation = relation(predictor);
    // in the others nothing of the change is at work
    let changed: Vec<usize> =
        (0..drawn.weeks.len()).filter(|&at| shifts.schedule.intensity(at) != 0.0).collect();
    let week = |&at: &usize| {
        let around = (shifts, &drawn.means);
        Week::new(at, &drawn.weeks[at], (target, Some(&relation)), around, Seed::default())
    };
    let shifted: Vec<Week> = changed.iter().map(week).collect();
    let tables = shifted.iter().map(|week| &week.table);
    let now = FollowedWeek::of_weeks(predictor, lab.estimator.as_ref(), tables, &weeks.bands).ok()?;
    let mut all = weeks.at_rest.clone();
    changed.into_iter().zip(now).for_each(|(at, week)| all[at] = week);
    Some(all)
}

/// The model over the weeks at this place of the sliders.
#[derive(Clone, Copy)]
pub(super) struct Followed<'a> {
    pub(super) weeks: &'a [FollowedWeek],
    /// Weeks until the true values are known.
    pub(super) delay: usize,
    /// The loss on rows held out at training.
    before: Option<f64>,
}

impl Followed<'_> {
    /// The loss from which on the model is called worse.
    pub(super) fn threshold(&self) -> Option<f64> {
        self.before.map(|before| before * WORSE)
    }

    /// Whether the true values of a week are there at the end of the last.
    pub(super) fn is_known(&self, week: usize) -> bool {
        week + self.delay < self.weeks.len()
    }

    /// The first week whose known loss lies above the threshold.
    pub(super) fn crossed(&self) -> Option<usize> {
        let threshold = self.threshold()?;
        let above = |week: &FollowedWeek| week.loss.is_some_and(|loss| loss.value > threshold);
        (0..self.weeks.len()).find(|&week| self.is_known(week) && above(&self.weeks[week]))
    }
}

/// The model over the weeks at this place of the sliders, if it was followed.
pub(super) fn followed<'a>(truth: &Truth, results: &'a Results, draft: &'a Draft) -> Option<Followed<'a>> {
    let lab = ready(truth, results)?;
    let live = draft.live.as_ref().filter(|live| live.shifts == draft.shifts)?;
    let delay = usize::try_from(draft.delay).unwrap_or(WEEKS);
    Some(Followed { weeks: live.weeks.as_ref()?, delay, before: lab.mean_loss })
}
