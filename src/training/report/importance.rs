//! Which inputs a model without coefficients goes by.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::super::plan::Plan;
use super::super::{TrainError, class_codes, design, evaluate::evaluate_predictions};
use crate::data::{Column, Table};
use crate::inference::Predictor;
use crate::model::{Estimator, Model, Node, Task, Tree};
use crate::work::Progress;

/// Rows that are looked at, at most: enough to order the inputs.
const MAX_ROWS: usize = 20_000;

/// How much an input matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The input.
    pub input: String,
    /// See [`Importances`].
    pub value: f64,
}

/// How much each input matters, most first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", content = "inputs", rename_all = "kebab-case")]
pub enum Importances {
    /// Of a tree: the share of all that its splits gain (in squared error or Gini impurity, weighted by rows) which
    /// the splits by this input gain. They add up to 1.
    Splits(Vec<Importance>),
    /// Of a network: by how much the error on the judged rows (RMSE, or log loss) rises when this input's values
    /// change places among the rows.
    Shuffling(Vec<Importance>),
}

/// The importances of a tree by its training rows, or of a network by the judged ones; `None` for a weighted sum.
pub(super) fn importances(
    plan: &Plan,
    table: &Table,
    model: &Model,
    predictor: &Predictor,
    train: &[usize],
    judged: &[usize],
    progress: &Progress,
) -> Result<Option<Importances>, TrainError> {
    match &model.estimator {
        Estimator::Tree(tree) => {
            Ok(Some(Importances::Splits(by_splits(plan, table, model, tree, &spread(train, MAX_ROWS)))))
        }
        Estimator::Mlp(_) => {
            let rows = spread(judged, MAX_ROWS / 10);
            by_shuffling(plan, &table.take(&rows), model, predictor, progress)
                .map(|found| Some(Importances::Shuffling(found)))
        }
        Estimator::Linear(_) | Estimator::Logistic(_) => Ok(None),
    }
}

/// At most `most` of the rows, evenly spread.
pub(super) fn spread(rows: &[usize], most: usize) -> Vec<usize> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    (0..most).map(|at| rows[at * rows.len() / most]).collect()
}

/// Adds a row to the sums of a node.
type Adder = Box<dyn Fn(usize, &mut [f64])>;

fn by_splits(plan: &Plan, table: &Table, model: &Model, tree: &Tree, rows: &[usize]) -> Vec<Importance> {
    let columns = design::matrix(table, &model.inputs, &model.encoding, rows);
    // regression: count, sum and sum of squares about the mean; classification: rows of each class
    let (n_sums, sums): (usize, Adder) = if plan.task == Task::Regression {
        let y = design::truth_numbers(table, &plan.settings.target, rows).into_owned();
        let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
        let add = move |row: usize, sums: &mut [f64]| {
            let value = y[row] - mean;
            sums[0] += 1.0;
            sums[1] += value;
            sums[2] += value * value;
        };
        (3, Box::new(add))
    } else {
        let codes = class_codes(plan, table, rows);
        (plan.classes.len(), Box::new(move |row, sums| sums[codes[row] as usize] += 1.0))
    };
    let mut at_nodes = vec![0.0; tree.nodes.len() * n_sums];
    (0..rows.len()).for_each(|row| {
        let mut node = 0;
        loop {
            sums(row, &mut at_nodes[node * n_sums..(node + 1) * n_sums]);
            match &tree.nodes[node] {
                Node::Split { feature, threshold, left, right } => {
                    node = if columns[*feature][row] <= *threshold { *left } else { *right };
                }
                Node::Leaf { .. } => break,
            }
        }
    });
    let impurity = |node: usize| {
        let sums = &at_nodes[node * n_sums..(node + 1) * n_sums];
        if plan.task == Task::Regression {
            if sums[0] > 0.0 { sums[2] - sums[1] * sums[1] / sums[0] } else { 0.0 }
        } else {
            let n: f64 = sums.iter().sum();
            if n > 0.0 { n - sums.iter().map(|count| count * count).sum::<f64>() / n } else { 0.0 }
        }
    };
    let mut gains = vec![0.0; model.inputs.len()];
    for (at, node) in tree.nodes.iter().enumerate() {
        if let Node::Split { feature, left, right, .. } = node {
            gains[model.encoding[*feature].input] +=
                (impurity(at) - impurity(*left) - impurity(*right)).max(0.0);
        }
    }
    let whole: f64 = gains.iter().sum();
    let share = |gain: f64| if whole > 0.0 { gain / whole } else { 0.0 };
    ordered(model, gains.into_iter().map(share))
}

fn by_shuffling(
    plan: &Plan,
    table: &Table,
    model: &Model,
    predictor: &Predictor,
    progress: &Progress,
) -> Result<Vec<Importance>, TrainError> {
    let error = |table: &Table| -> Result<f64, TrainError> {
        let refused = |error: crate::inference::InputError| TrainError::Fit(error.to_string());
        let predictions = predictor.predict_table(table, 0).map_err(refused)?;
        let scores = evaluate_predictions(predictor, table, &predictions).map_err(refused)?.scores;
        let key = if plan.task == Task::Regression { "rmse" } else { "log_loss" };
        Ok(scores.get(key).and_then(serde_json::Value::as_f64).unwrap_or(0.0))
    };
    let before = error(table)?;
    let mut rng = plan.settings.seed.rng("importance");
    let mut order: Vec<usize> = (0..table.n_rows()).collect();
    let mut rises = Vec::with_capacity(model.inputs.len());
    for input in &model.inputs {
        progress.check()?;
        order.shuffle(&mut rng);
        let moved = |column: &Column| {
            if column.name == input.name { column.take(&order) } else { column.clone() }
        };
        let shuffled = Table::new(table.columns().iter().map(moved).collect()).map_err(TrainError::Fit)?;
        rises.push(error(&shuffled)? - before);
    }
    Ok(ordered(model, rises.into_iter()))
}

fn ordered(model: &Model, values: impl Iterator<Item = f64>) -> Vec<Importance> {
    let mut found: Vec<Importance> = model
        .inputs
        .iter()
        .zip(values)
        .map(|(input, value)| Importance { input: input.name.clone(), value })
        .collect();
    found.sort_by(|a, b| b.value.total_cmp(&a.value));
    found
}
