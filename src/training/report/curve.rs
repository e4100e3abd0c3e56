//! The learning curve: scores of models fitted to growing parts of the training rows.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::super::plan::Plan;
use super::super::{TrainError, fit_rows, lenient, score, split_rows};
use crate::data::Table;
use crate::model::Scores;
use crate::work::Progress;

/// The parts of the training rows, as shares.
const SHARES: [f64; 6] = [0.1, 0.2, 0.35, 0.5, 0.75, 1.0];
/// Fewer rows are not worth a point.
const FEWEST: usize = 10;

/// One point of a learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The rows that the model learned from.
    pub n_rows: usize,
    /// Its scores on them.
    pub train: Scores,
    /// Its scores on the rows held out.
    pub test: Scores,
}

/// Fits the plan's model to growing parts of the training rows and scores each on its own rows and on those held
/// out. The parts are drawn at random (by the plan's seed), each within the next. Progress counts parts.
///
/// # Errors
/// [`TrainError`] when no rows are held out, no part can be fitted, or the work was cancelled.
pub fn learning_curve(plan: &Plan, table: &Table, progress: &Progress) -> Result<Vec<Step>, TrainError> {
    let split = split_rows(plan, table)?;
    if split.test.is_empty() {
        return Err(TrainError::Setting(
            "a learning curve needs rows held out; hold out some and train".into(),
        ));
    }
    let mut rows = split.train;
    rows.shuffle(&mut plan.settings.seed.rng("learning-curve"));
    let mut sizes: Vec<usize> =
        SHARES.iter().map(|share| ((rows.len() as f64 * share).round() as usize).min(rows.len())).collect();
    sizes.retain(|&size| size >= FEWEST.min(rows.len()));
    sizes.dedup();
    progress.set_total(sizes.len() as u64);
    progress.set_done(0);
    let mut steps = Vec::with_capacity(sizes.len());
    let mut last = None;
    for size in sizes {
        progress.check()?;
        let mut part = rows[..size].to_vec();
        part.sort_unstable();
        let fitted = match fit_rows(plan, table, &part, &fresh(progress)) {
            Ok(fitted) => fitted,
            Err(TrainError::Cancelled(cancelled)) => return Err(cancelled.into()),
            // a part too small for the model (one class only) has no point
            Err(error) => {
                last = Some(error);
                progress.add(1);
                continue;
            }
        };
        let predictor = lenient(&fitted.model);
        progress.check()?;
        let train = score(&predictor, table, &part)?.0.scores;
        let test = score(&predictor, table, &split.test)?.0.scores;
        steps.push(Step { n_rows: size, train, test });
        progress.add(1);
    }
    match last {
        Some(error) if steps.is_empty() => Err(error),
        _ => Ok(steps),
    }
}

/// The fit of a part has its own count; that of the curve is the caller's.
fn fresh(progress: &Progress) -> Progress {
    let own = Progress::new();
    if progress.is_cancelled() {
        own.cancel();
    }
    own
}
