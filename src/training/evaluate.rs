//! A model's scores on labelled rows, beside those of the naive model.

use super::design::truth_classes;
use super::metrics::{ClassificationMetrics, RegressionMetrics};
use crate::data::{Column, ColumnData, Table};
use crate::inference::{InputError, Notes, Predictions, Predictor};
use crate::model::{Scores, Task};

/// Scores and how many rows they are from.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Scores by name.
    pub scores: Scores,
    /// Rows with a known target that were predicted.
    pub n_rows: usize,
    /// Rows left out since their target is missing or is a class the model does not know.
    pub n_left_out: usize,
    /// What was done to values that were not as expected.
    pub notes: Notes,
}

/// Predicts every row of a labelled table and compares with its target column.
///
/// # Errors
/// [`InputError`] when the target's column is not there or not of the right type, or a row is refused.
pub fn evaluate(predictor: &Predictor, table: &Table, threads: usize) -> Result<Evaluation, InputError> {
    let predictions = predictor.predict_table(table, threads)?;
    evaluate_predictions(predictor, table, &predictions)
}

/// Compares predictions of a table with its target column.
pub(crate) fn evaluate_predictions(
    predictor: &Predictor,
    table: &Table,
    predictions: &Predictions,
) -> Result<Evaluation, InputError> {
    let model = predictor.model();
    let name = &model.output.name;
    let column = table.column(name).ok_or_else(|| InputError {
        place: None,
        field: name.clone(),
        expected: "a column with the true values of the target".into(),
        got: "a table without it".into(),
    })?;
    let notes = predictions.notes.clone();
    match model.task {
        Task::Regression => {
            let ColumnData::Number(truth) = &column.data else {
                return Err(InputError {
                    place: None,
                    field: name.clone(),
                    expected: "numbers".into(),
                    got: format!("a {} column", column.kind()),
                });
            };
            Ok(Evaluation { notes, ..regression(truth, predictions.output(0)) })
        }
        Task::Classification => Ok(Evaluation { notes, ..classification(predictor, column, predictions) }),
    }
}

/// Scores of numbers; rows whose truth is missing are left out.
pub(crate) fn regression(truth: &[f64], predicted: &[f64]) -> Evaluation {
    if truth.iter().any(|t| t.is_nan()) {
        let (known, of_known): (Vec<f64>, Vec<f64>) =
            truth.iter().zip(predicted).filter(|(t, _)| !t.is_nan()).unzip();
        let n_left_out = truth.len() - known.len();
        return Evaluation { n_left_out, ..regression(&known, &of_known) };
    }
    let metrics = RegressionMetrics::new(truth, predicted);
    Evaluation { scores: to_scores(&metrics), n_rows: truth.len(), n_left_out: 0, notes: Notes::default() }
}

fn classification(predictor: &Predictor, column: &Column, predictions: &Predictions) -> Evaluation {
    let classes = &predictor.model().output.classes;
    let rows: Vec<usize> = (0..predictions.n_rows()).collect();
    let truth = truth_classes(column, classes, &rows);
    let known: Vec<usize> = rows.into_iter().filter(|&row| truth[row].is_some()).collect();
    let codes: Vec<u32> = truth.iter().flatten().copied().collect();
    let probabilities: Vec<Vec<f64>> = (0..classes.len())
        .map(|class| {
            let all = predictions.output(class);
            known.iter().map(|&row| all[row]).collect()
        })
        .collect();
    let mut evaluation = classes_scores(&codes, &probabilities, classes);
    evaluation.n_left_out = predictions.n_rows() - known.len();
    evaluation
}

/// Scores of class probabilities, given class by class. The scores of each class get its name as `class`, and
/// `class_names` are the names in the order of the confusion matrix's rows and columns; for two classes
/// `positive_class` is the one that `f1` and `roc_auc` are of.
pub(crate) fn classes_scores(truth: &[u32], probabilities: &[Vec<f64>], names: &[String]) -> Evaluation {
    let views: Vec<&[f64]> = probabilities.iter().map(Vec::as_slice).collect();
    let metrics = ClassificationMetrics::new(truth, &views);
    let mut scores = to_scores(&metrics);
    if let Some(serde_json::Value::Array(classes)) = scores.get_mut("classes") {
        for (class, name) in classes.iter_mut().zip(names) {
            class["class"] = name.as_str().into();
        }
    }
    scores.insert("class_names".into(), names.into());
    if let [_, positive] = names {
        scores.insert("positive_class".into(), positive.as_str().into());
    }
    Evaluation { scores, n_rows: truth.len(), n_left_out: 0, notes: Notes::default() }
}

/// What the scores of a classifier of these classes are of, in words; `None` for a regression.
#[must_use]
pub fn measured(classes: &[String]) -> Option<String> {
    match classes {
        [] => None,
        [_, positive] => Some(format!("F1 and ROC AUC are of class '{positive}'")),
        _ => Some(
            "F1 is the mean over the classes (macro), ROC AUC the mean of each class against the rest".into(),
        ),
    }
}

fn to_scores(metrics: &impl serde::Serialize) -> Scores {
    match serde_json::to_value(metrics) {
        Ok(serde_json::Value::Object(scores)) => scores,
        // metrics are plain numbers
        _ => Scores::new(),
    }
}
