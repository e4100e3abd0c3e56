//! A model followed over weeks: its true error as far as labels have come, the estimate without them, and what drifts.

use serde::Serialize;

use super::bootstrap::{Interval, mean_interval};
use super::estimate::{Estimated, LossEstimator};
use super::losses::losses;
use super::replay::{ReplayError, compare_inputs};
use crate::data::Table;
use crate::drift::{Report, Rule};
use crate::inference::Predictor;
use crate::work::{Progress, Seed};

/// A week of a model at work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackedWeek {
    /// Mean loss with its 95 % band; it is known only when the labels have come.
    pub loss: Option<Interval>,
    /// The week in which the labels of this one have come.
    pub known_in_week: usize,
    /// The estimate, which needs no labels and must not be taken for the truth.
    pub estimated: Option<Estimated>,
    /// Share of rows with an input outside its training range, or a level that training never saw.
    pub outside: Option<f64>,
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
    let mut tracked = Vec::with_capacity(weeks.len());
    for (week, table) in weeks.iter().enumerate() {
        progress.check()?;
        let found = losses(following.predictor, table)?;
        let estimated = match following.estimator {
            Some(estimator) => estimator.estimate(table)?,
            None => None,
        };
        tracked.push(TrackedWeek {
            loss: mean_interval(&found.values, following.seed),
            known_in_week: week + following.label_delay,
            estimated,
            outside: outside(following.predictor, table),
            drift: compare_inputs(following.predictor, following.reference, table, following.rule)?,
        });
        progress.add(1);
    }
    Ok(tracked)
}

/// Share of rows with an input that training never saw the like of; `None` without rows.
#[must_use]
pub fn outside(predictor: &Predictor, table: &Table) -> Option<f64> {
    use crate::data::ColumnData;
    use crate::model::InputKind;
    if table.n_rows() == 0 {
        return None;
    }
    let mut is_outside = vec![false; table.n_rows()];
    for input in &predictor.model().inputs {
        let Some(column) = table.column(&input.name) else { continue };
        match (&input.kind, &column.data) {
            (InputKind::Number { min, max, .. }, ColumnData::Number(values)) => {
                for (flag, value) in is_outside.iter_mut().zip(values) {
                    // a missing value is inside
                    *flag |= value < min || value > max;
                }
            }
            (
                InputKind::Category { levels, .. },
                ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded),
            ) => {
                let new: Vec<bool> =
                    coded.levels.iter().map(|level| !levels.iter().any(|l| l == level)).collect();
                for (flag, &code) in is_outside.iter_mut().zip(&coded.codes) {
                    *flag |= new.get(code as usize).copied().unwrap_or(false);
                }
            }
            _ => {}
        }
    }
    let n = is_outside.iter().filter(|&&flag| flag).count();
    Some(n as f64 / table.n_rows() as f64)
}
