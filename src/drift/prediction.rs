//! Drift of what a model says: its predictions on the reference against its predictions on the current rows.

use std::sync::Arc;

use serde::Serialize;

use super::column::{ColumnDrift, compare_numbers, settle};
use super::levels::compare_levels;
use super::profile::compare_outline;
use super::rule::Rule;
use crate::data::{Coded, Column, ColumnData, ColumnKind, Table};
use crate::inference::{InputError, Predictions, Predictor};
use crate::model::{Model, Policy, Task};

/// Drift of a model's predictions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictionDrift {
    /// The predictions as a column: numbers, or the classes.
    #[serde(flatten)]
    pub column: ColumnDrift,
    /// The probability of the predicted class, for classifiers.
    pub probability: Option<ColumnDrift>,
    /// Rows of each side that the model's policies refuse for a missing value; they are left out.
    pub left_out: super::column::Sides<usize>,
}

/// A model's predictions of a table, leniently: a level it never saw or a number out of its range is what drift is about,
/// and refuses no row here. Rows that a policy refuses for a missing value are left out; how many.
///
/// # Errors
/// [`InputError`] when an input's column is not there and the model refuses that, or a prediction overflows.
pub fn predict_leniently(
    predictor: &Predictor,
    table: &Table,
    threads: usize,
) -> Result<(Arc<Predictor>, Predictions, usize), InputError> {
    let all: Vec<usize> = (0..table.n_rows()).collect();
    let kept = accepted_rows(predictor.model(), table, &all);
    let left_out = table.n_rows() - kept.len();
    let lenient = predictor.lenient();
    let predictions = if left_out == 0 {
        lenient.predict_table(table, threads)?
    } else {
        lenient.predict_table(&table.take(&kept), threads)?
    };
    Ok((Arc::clone(lenient), predictions, left_out))
}

/// Of the given rows, those that the model's policies don't refuse for a missing value.
pub(crate) fn accepted_rows(model: &Model, table: &Table, rows: &[usize]) -> Vec<usize> {
    let refusing: Vec<&Column> = model
        .inputs
        .iter()
        .filter(|input| input.policies.unwrap_or(model.policies).missing_value == Policy::Reject)
        .filter_map(|input| table.column(&input.name))
        .collect();
    rows.iter().copied().filter(|&row| !refusing.iter().any(|column| column.is_missing(row))).collect()
}

/// The columns of a table that are inputs of a model, in the model's order.
#[must_use]
pub fn inputs_of(predictor: &Predictor, table: &Table) -> Table {
    let columns = predictor.model().inputs.iter().filter_map(|input| table.column(&input.name)).cloned();
    // names of inputs are unique and the columns equally long
    Table::new(columns.collect()).unwrap_or_default()
}

/// Compares a model's predictions on two tables.
///
/// # Errors
/// As for [`predict_leniently`].
pub fn prediction_drift(
    predictor: &Predictor,
    reference: &Table,
    current: &Table,
    rule: &Rule,
    threads: usize,
) -> Result<PredictionDrift, InputError> {
    let (lenient, of_reference, left_out_reference) = predict_leniently(predictor, reference, threads)?;
    let (_, of_current, left_out_current) = predict_leniently(predictor, current, threads)?;
    let left_out = super::column::Sides { reference: left_out_reference, current: left_out_current };
    let name = "prediction".to_owned();
    let model = predictor.model();
    let mut columns = match model.task {
        Task::Regression => vec![compare_numbers(
            name,
            ColumnKind::Number,
            of_reference.output(0).to_vec(),
            of_current.output(0).to_vec(),
            rule,
        )],
        Task::Classification => {
            let coded = |predictions: &Predictions| Coded {
                codes: predictions.classes(&lenient),
                levels: Arc::new(model.output.classes.iter().collect()),
            };
            let (a, b) = (coded(&of_reference), coded(&of_current));
            let probability = |predictions: &Predictions, coded: &Coded| -> Vec<f64> {
                let codes = coded.codes.iter().enumerate();
                codes.map(|(row, &class)| predictions.output(class as usize)[row]).collect()
            };
            let (p, q) = (probability(&of_reference, &a), probability(&of_current, &b));
            vec![
                compare_levels(name, ColumnKind::Category, &a, &b, rule),
                compare_numbers("probability".into(), ColumnKind::Number, p, q, rule),
            ]
        }
    };
    // each is a question of its own
    columns.iter_mut().for_each(|column| settle(std::slice::from_mut(column), rule));
    let probability = if columns.len() > 1 { columns.pop() } else { None };
    let column = columns.remove(0);
    Ok(PredictionDrift { column, probability, left_out })
}

/// Compares a model's predictions with the outline of its predictions in training; `None` where the model has no such
/// outline.
///
/// # Errors
/// As for [`predict_leniently`].
pub fn prediction_drift_from_profile(
    predictor: &Predictor,
    current: &Table,
    rule: &Rule,
    threads: usize,
) -> Result<Option<PredictionDrift>, InputError> {
    let model = predictor.model();
    // the target may be called `prediction`; the outline of the predictions comes last
    let Some(outline) = model.reference.last().filter(|outline| outline.name == "prediction") else {
        return Ok(None);
    };
    let (lenient, predictions, left_out) = predict_leniently(predictor, current, threads)?;
    let data = match model.task {
        Task::Regression => ColumnData::Number(predictions.output(0).to_vec()),
        Task::Classification => ColumnData::Category(Coded {
            codes: predictions.classes(&lenient),
            levels: Arc::new(model.output.classes.iter().collect()),
        }),
    };
    let mut column = compare_outline(outline, Column { name: "prediction".into(), data }, rule);
    settle(std::slice::from_mut(&mut column), rule);
    let left_out = super::column::Sides { reference: 0, current: left_out };
    Ok(Some(PredictionDrift { column, probability: None, left_out }))
}
