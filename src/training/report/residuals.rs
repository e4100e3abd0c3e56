//! Which rows a bar of the residuals' histogram stands for.

use super::{Plan, Table, TrainError, design, lenient, split_rows};
use crate::data::profile::Histogram;
use crate::model::Model;
use crate::work::Progress;

/// The rows (from 0, ascending) that a model is judged on and whose residual, actual − predicted, lies in the bin at
/// place `bin` of a histogram over all of them: from its lower bound to below its upper one, which the last bin
/// includes. They are as many as the bin counts.
///
/// # Errors
/// [`TrainError`] when the plan does not fit the table, or the work was cancelled.
pub fn rows_with_residuals(
    plan: &Plan,
    table: &Table,
    model: &Model,
    histogram: &Histogram,
    bin: usize,
    progress: &Progress,
) -> Result<Vec<usize>, TrainError> {
    let split = split_rows(plan, table)?;
    let mut rows = if split.test.is_empty() { split.train } else { split.test };
    rows.sort_unstable();
    progress.check()?;
    let part = table.take(&rows);
    let predictions =
        lenient(model).predict_table(&part, 0).map_err(|error| TrainError::Fit(error.to_string()))?;
    drop(part);
    progress.check()?;
    let (Some(&low), Some(&high)) = (histogram.edges.get(bin), histogram.edges.get(bin + 1)) else {
        return Ok(Vec::new());
    };
    let is_last = bin + 2 == histogram.edges.len();
    let truth = design::truth_numbers(table, &plan.settings.target, &rows);
    let found = truth.iter().zip(predictions.output(0)).map(|(truth, found)| truth - found);
    let inside = found.map(|residual| residual >= low && (residual < high || (is_last && residual <= high)));
    Ok(rows.iter().zip(inside).filter(|(_, inside)| *inside).map(|(row, _)| *row).collect())
}
