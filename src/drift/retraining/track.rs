//! A model followed over weeks: its true error as far as labels have come, the estimate without them, and what drifts.

use serde::Serialize;

use super::bootstrap::{Interval, Resamples};
use super::estimate::{Estimated, LossEstimator};
use super::losses::losses;
use super::replay::{ReplayError, compare_inputs};
use crate::data::{Column, ColumnData, Table};
use crate::drift::{Report, Rule};
use crate::inference::Predictor;
use crate::model::{Input, InputKind};
use crate::work::{Progress, Seed};

/// What a week does to a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FollowedWeek {
    /// Mean loss with its 95 % band; it is known only when the labels have come.
    pub loss: Option<Interval>,
    /// The estimate, which needs no labels and must not be taken for the truth.
    pub estimated: Option<Estimated>,
    /// Share of rows with an input outside its training range, or a level that training never saw.
    pub outside: Option<f64>,
}

impl FollowedWeek {
    /// Follows a model over weeks of labelled rows. `bands` are the resamples for weeks of this size.
    ///
    /// # Errors
    /// [`ReplayError`] when rows can't be predicted.
    pub fn of_weeks<'a>(
        predictor: &Predictor,
        estimator: Option<&LossEstimator>,
        weeks: impl IntoIterator<Item = &'a Table>,
        bands: &Resamples,
    ) -> Result<Vec<Self>, ReplayError> {
        let mut found = Vec::new();
        let mut followed = Vec::new();
        for table in weeks {
            found.push(losses(predictor, table)?.values);
            let estimated = match estimator {
                Some(estimator) => estimator.estimate(table)?,
                None => None,
            };
            followed.push(Self { loss: None, estimated, outside: outside(predictor, table) });
        }
        let found: Vec<&[f64]> = found.iter().map(Vec::as_slice).collect();
        for (week, loss) in followed.iter_mut().zip(bands.mean_intervals(&found)) {
            week.loss = loss;
        }
        Ok(followed)
    }
}

/// A week of a model at work, and what came in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackedWeek {
    /// What it did to the model.
    #[serde(flatten)]
    pub followed: FollowedWeek,
    /// The week in which the labels of this one have come.
    pub known_in_week: usize,
    /// The inputs against those of the training data.
    pub drift: Report,
}

/// What a model is followed with.
#[derive(Debug)]
pub struct Following<'a> {
    /// The model.
    pub predictor: &'a Predictor,
    /// Labelled rows that drift is measured against.
    pub reference: &'a Table,
    /// The estimate of the loss, if one could be learned.
    pub estimator: Option<&'a LossEstimator>,
    /// The rule of the verdicts.
    pub rule: &'a Rule,
    /// Weeks until a label comes.
    pub label_delay: usize,
    /// The seed of the bands.
    pub seed: Seed,
}

/// Follows a model over weeks of labelled rows.
///
/// # Errors
/// [`ReplayError`] when rows can't be predicted, or the work was cancelled.
pub fn track(
    following: &Following<'_>,
    weeks: &[Table],
    progress: &Progress,
) -> Result<Vec<TrackedWeek>, ReplayError> {
    progress.set_total(weeks.len() as u64);
    progress.set_done(0);
    let bands = Resamples::new(weeks.first().map_or(0, Table::n_rows), following.seed);
    let followed = FollowedWeek::of_weeks(following.predictor, following.estimator, weeks, &bands)?;
    let mut tracked = Vec::with_capacity(weeks.len());
    for (week, (table, followed)) in weeks.iter().zip(followed).enumerate() {
        progress.check()?;
        tracked.push(TrackedWeek {
            followed,
            known_in_week: week + following.label_delay,
            drift: compare_inputs(following.predictor, following.reference, table, following.rule, progress)?,
        });
        progress.add(1);
    }
    Ok(tracked)
}

/// Share of rows with an input that training never saw the like of; `None` without rows.
#[must_use]
pub fn outside(predictor: &Predictor, table: &Table) -> Option<f64> {
    if table.n_rows() == 0 {
        return None;
    }
    let mut is_outside = vec![false; table.n_rows()];
    for input in &predictor.model().inputs {
        let flags = table.column(&input.name).map(|column| outside_of(input, column)).unwrap_or_default();
        is_outside.iter_mut().zip(flags).for_each(|(any, flag)| *any |= flag);
    }
    let n = is_outside.iter().filter(|&&flag| flag).count();
    Some(n as f64 / table.n_rows() as f64)
}

/// For each value of an input's column, whether training never saw the like of it: a number beyond its range, a level that
/// was not there. A missing value is none. Empty for columns of another kind.
#[must_use]
pub fn outside_of(input: &Input, column: &Column) -> Vec<bool> {
    match (&input.kind, &column.data) {
        (InputKind::Number { min, max, .. }, ColumnData::Number(values)) => {
            values.iter().map(|value| value < min || value > max).collect()
        }
        (
            InputKind::Category { levels, .. },
            ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded),
        ) => {
            let new: Vec<bool> =
                coded.levels.iter().map(|level| !levels.iter().any(|known| known == level)).collect();
            coded.codes.iter().map(|&code| new.get(code as usize).copied().unwrap_or(false)).collect()
        }
        _ => Vec::new(),
    }
}
