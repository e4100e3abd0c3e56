//! A model's scores on labelled rows, beside those of the naive model.

use super::design::truth_classes;
use super::metrics::{ClassificationMetrics, RegressionMetrics};
use crate::data::{ColumnData, ReadOptions, Source, Table, Warning};
use crate::inference::{
    InputError, Notes, Predictions, Predictor, ScoreError, TrueClass, Truth, score_labelled,
};
use crate::model::{Scores, Task};
use crate::work::Progress;

/// Scores and how many rows they are from.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Scores by name.
    pub scores: Scores,
    /// Rows with a target that were predicted.
    pub n_rows: usize,
    /// Rows left out since their target is missing.
    pub n_left_out: usize,
    /// Of the rows with a target, those whose class the model does not know. It can't predict them: they count as
    /// wrong in the accuracy. The other scores need a place among the model's classes and are those of the other rows.
    pub n_unknown_class: usize,
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

/// Predicts every row of a labelled CSV text and compares with its target column; with the warnings of reading. A row
/// is treated by the model's policies exactly as when the text is scored.
///
/// # Errors
/// [`ScoreError`] when the text can't be read, has no column with the target, or a row is refused.
pub fn evaluate_csv(
    predictor: &Predictor,
    source: &Source,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<(Evaluation, Vec<Warning>), ScoreError> {
    let labelled = score_labelled(predictor, source, options, progress)?;
    let evaluation = match &labelled.truth {
        Truth::Numbers(truth) => regression(truth, labelled.outputs.first().map_or(&[], Vec::as_slice)),
        Truth::Classes(truth) => {
            let outputs: Vec<&[f64]> = labelled.outputs.iter().map(Vec::as_slice).collect();
            classification(truth, &outputs, &predictor.model().output.classes)
        }
    };
    Ok((Evaluation { notes: labelled.notes, ..evaluation }, labelled.warnings))
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
        Task::Classification => {
            let classes = &model.output.classes;
            let rows: Vec<usize> = (0..predictions.n_rows()).collect();
            let truth: Vec<TrueClass> = truth_classes(column, classes, &rows)
                .into_iter()
                .zip(rows)
                .map(|(class, row)| match class {
                    Some(class) => TrueClass::Known(class),
                    None if column.is_missing(row) => TrueClass::Missing,
                    None => TrueClass::Unknown,
                })
                .collect();
            let outputs: Vec<&[f64]> = (0..classes.len()).map(|class| predictions.output(class)).collect();
            Ok(Evaluation { notes, ..classification(&truth, &outputs, classes) })
        }
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
    let scores = match RegressionMetrics::new(truth, predicted) {
        Some(metrics) => to_scores(&metrics),
        None => undefined(&REGRESSION_SCORES),
    };
    Evaluation { scores, n_rows: truth.len(), n_left_out: 0, n_unknown_class: 0, notes: Notes::default() }
}

/// Scores of classes; rows whose class is missing are left out.
fn classification(truth: &[TrueClass], outputs: &[&[f64]], names: &[String]) -> Evaluation {
    let (mut known, mut codes, mut n_unknown_class) = (Vec::new(), Vec::new(), 0);
    for (row, class) in truth.iter().enumerate() {
        match class {
            TrueClass::Known(code) => {
                known.push(row);
                codes.push(*code);
            }
            TrueClass::Unknown => n_unknown_class += 1,
            TrueClass::Missing => {}
        }
    }
    let probabilities: Vec<Vec<f64>> =
        outputs.iter().map(|class| known.iter().map(|&row| class[row]).collect()).collect();
    let mut evaluation = classes_scores(&codes, &probabilities, names);
    evaluation.n_rows += n_unknown_class;
    evaluation.n_unknown_class = n_unknown_class;
    evaluation.n_left_out = truth.len() - evaluation.n_rows;
    if n_unknown_class > 0 {
        let of_known = evaluation.scores.get("accuracy").and_then(serde_json::Value::as_f64).unwrap_or(0.0);
        let accuracy = of_known * known.len() as f64 / evaluation.n_rows as f64;
        evaluation.scores.insert("accuracy".into(), accuracy.into());
    }
    evaluation
}

/// Scores of class probabilities, given class by class. The scores of each class get its name as `class`, and
/// `class_names` are the names in the order of the confusion matrix's rows and columns; for two classes
/// `positive_class` is the one that `f1` and `roc_auc` are of.
pub(crate) fn classes_scores(truth: &[u32], probabilities: &[Vec<f64>], names: &[String]) -> Evaluation {
    let views: Vec<&[f64]> = probabilities.iter().map(Vec::as_slice).collect();
    let mut scores = match ClassificationMetrics::new(truth, &views) {
        Some(metrics) => to_scores(&metrics),
        None => undefined(&CLASSIFICATION_SCORES),
    };
    if let Some(serde_json::Value::Array(classes)) = scores.get_mut("classes") {
        for (class, name) in classes.iter_mut().zip(names) {
            class["class"] = name.as_str().into();
        }
    }
    scores.insert("class_names".into(), names.into());
    if let [_, positive] = names {
        scores.insert("positive_class".into(), positive.as_str().into());
    }
    Evaluation { scores, n_rows: truth.len(), n_left_out: 0, n_unknown_class: 0, notes: Notes::default() }
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

const REGRESSION_SCORES: [&str; 6] = ["r2", "rmse", "mae", "median_absolute_error", "max_error", "bias"];
const CLASSIFICATION_SCORES: [&str; 6] = ["accuracy", "f1", "log_loss", "roc_auc", "classes", "confusion"];

/// The scores of no rows, or of numbers that overflow: each is there and has no value.
fn undefined(names: &[&str]) -> Scores {
    names.iter().map(|name| ((*name).to_owned(), serde_json::Value::Null)).collect()
}

fn to_scores(metrics: &impl serde::Serialize) -> Scores {
    match serde_json::to_value(metrics) {
        Ok(serde_json::Value::Object(scores)) => scores,
        // metrics are plain numbers
        _ => Scores::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_is_there_even_where_none_is_defined() {
        let keys = |scores: &Scores| scores.keys().cloned().collect::<Vec<_>>();
        let (defined, none) = (regression(&[1.0, 2.0], &[1.0, 3.0]), regression(&[], &[]));
        assert_eq!(keys(&defined.scores), keys(&none.scores));
        assert!(none.scores.values().all(serde_json::Value::is_null));
        let names = ["a".to_owned(), "b".to_owned()];
        let half = vec![vec![0.5, 0.5]; 2];
        let (defined, none) =
            (classes_scores(&[0, 1], &half, &names), classes_scores(&[], &[Vec::new(), Vec::new()], &names));
        assert_eq!(keys(&defined.scores), keys(&none.scores));
    }

    #[test]
    fn a_class_that_the_model_does_not_know_is_a_wrong_prediction() {
        // two right, one unknown, one missing: 2 of 3
        let truth = [TrueClass::Known(0), TrueClass::Unknown, TrueClass::Known(1), TrueClass::Missing];
        let names = ["a".to_owned(), "b".to_owned()];
        let evaluation = classification(&truth, &[&[0.9, 0.9, 0.2, 0.5], &[0.1, 0.1, 0.8, 0.5]], &names);
        assert_eq!(evaluation.scores["accuracy"].as_f64(), Some(2.0 / 3.0));
        assert_eq!((evaluation.n_rows, evaluation.n_unknown_class, evaluation.n_left_out), (3, 1, 1));
        let evaluation = classification(&[TrueClass::Unknown], &[&[0.9], &[0.1]], &names);
        assert_eq!(evaluation.scores["accuracy"].as_f64(), Some(0.0));
        assert!(evaluation.scores["f1"].is_null());
    }
}
