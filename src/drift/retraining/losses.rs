//! What each row's prediction costs: the absolute error of a number, 0 or 1 for a class.

use crate::data::{ColumnData, MISSING_CODE, Table};
use crate::drift::predict_leniently;
use crate::inference::{InputError, Predictor, class_of};
use crate::model::Task;

/// A row's loss by its row number; rows without a known target are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Losses {
    /// Row numbers, ascending.
    pub rows: Vec<usize>,
    /// The loss of each: |truth − prediction| in the target's unit, or 0 for the right class and 1 for a wrong one.
    pub values: Vec<f64>,
}

impl Losses {
    /// Mean absolute error, or error rate; `None` without rows.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        mean(&self.values)
    }
}

pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// What the losses are called.
#[must_use]
pub fn loss_name(task: Task) -> &'static str {
    match task {
        Task::Regression => "mean absolute error",
        Task::Classification => "error rate",
    }
}

/// The loss of every labelled row of a table. Rows that the model's policies refuse are left out.
///
/// # Errors
/// [`InputError`] when the target's column is not there, or as for [`predict_leniently`].
pub fn losses(predictor: &Predictor, table: &Table) -> Result<Losses, InputError> {
    let model = predictor.model();
    let name = &model.output.name;
    let Some(column) = table.column(name) else {
        return Err(InputError {
            place: None,
            field: name.clone(),
            expected: "a column with the true values of the target".into(),
            got: "a table without it".into(),
        });
    };
    // refused rows are those with a missing input; taking the others first keeps row numbers known
    let known: Vec<usize> = (0..table.n_rows()).filter(|&row| !column.is_missing(row)).collect();
    let kept = crate::drift::prediction::accepted_rows(model, table, &known);
    let taken = table.take(&kept);
    let (lenient, predictions, _) = predict_leniently(predictor, &taken, 0)?;
    let mut found = Losses::default();
    match (model.task, &column.data) {
        (Task::Regression, ColumnData::Number(truth)) => {
            for (at, &row) in kept.iter().enumerate() {
                found.rows.push(row);
                found.values.push((truth[row] - predictions.output(0)[at]).abs());
            }
        }
        (Task::Regression, _) => {
            return Err(InputError {
                place: None,
                field: name.clone(),
                expected: "numbers".into(),
                got: format!("a {} column", column.kind()),
            });
        }
        (Task::Classification, data) => {
            let classes = predictions.classes(&lenient);
            let of_text = |text: &str| class_of(text, &model.output.classes);
            let truth: Vec<Option<u32>> = match data {
                ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => {
                    let of_level: Vec<Option<u32>> = c.levels.iter().map(of_text).collect();
                    let of_code = |code: u32| of_level.get(code as usize).copied().flatten();
                    c.codes
                        .iter()
                        .map(|&code| if code == MISSING_CODE { None } else { of_code(code) })
                        .collect()
                }
                ColumnData::Number(values) => {
                    values.iter().map(|&value| of_text(&crate::data::number_text(value))).collect()
                }
                ColumnData::Date(values) => vec![None; values.len()],
            };
            for (at, &row) in kept.iter().enumerate() {
                found.rows.push(row);
                // a class that the model does not know is a wrong prediction
                found.values.push(f64::from(u8::from(truth[row] != Some(classes[at]))));
            }
        }
    }
    Ok(found)
}
