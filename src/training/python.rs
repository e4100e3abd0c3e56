//! The same training in Python: a script for pandas and scikit-learn that reads the same file the same way, holds out
//! the same rows, encodes, fits and scores alike, and prints the same numbers.

mod encode;
mod fit;
mod read;

use serde::{Deserialize, Serialize};

use super::plan::{Plan, Settings, Solver};
use crate::data::date::DateFormat;
use crate::data::{ColumnKind, Decimal, Dialect, Loaded, Unit};
use crate::model::{Estimator, Model, ModelKind, Task};

/// Numbers of a network's weights past which a script is no reading matter.
const MAX_WEIGHTS: usize = 100_000;

/// Nodes of a tree past which it is none either.
const MAX_NODES: usize = 20_000;

/// How the file behind a model was read, and which rows were held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Where the file is.
    pub path: String,
    /// How it is written.
    pub dialect: Dialect,
    /// Its data rows.
    pub n_rows: usize,
    /// The columns that the model uses, and the target.
    pub columns: Vec<ColumnRead>,
    /// A bit for each data row, 1 where it was held out, most significant first, in hexadecimal.
    pub held_out: String,
    /// In the same way the rows that were left out since they have no date to be split by; empty if none were.
    #[serde(default)]
    pub undated: String,
}

/// How one column was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnRead {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Its place in the file, from 0.
    pub position: usize,
    /// The decimal sign of its numbers.
    pub decimal: Option<Decimal>,
    /// Whether its numbers are percentages.
    pub percent: bool,
    /// The currency that stands beside its numbers.
    pub currency: Option<String>,
    /// The form of its dates.
    pub date: Option<DateFormat>,
    /// The texts that mean a missing value, where they are not the usual ones.
    pub missing: Option<Vec<String>>,
}

impl Reading {
    /// Of a table that a plan trains on; `held_out` are the rows held out.
    #[must_use]
    pub fn new(plan: &Plan, loaded: &Loaded, path: &str, held_out: &[usize]) -> Self {
        let table = &loaded.table;
        let used = |name: &str| name == plan.settings.target || plan.features.iter().any(|own| own == name);
        let columns = table
            .columns()
            .iter()
            .zip(&loaded.columns)
            .filter(|(column, _)| used(&column.name))
            .map(|(column, reading)| ColumnRead {
                name: column.name.clone(),
                kind: column.kind(),
                position: reading.position,
                decimal: reading.decimal,
                percent: reading.unit == Some(Unit::Percent),
                currency: reading
                    .unit
                    .filter(|unit| *unit != Unit::Percent)
                    .map(|unit| unit.text().to_owned()),
                date: reading.date,
                missing: reading.missing.clone(),
            })
            .collect();
        let time = plan.settings.time_column.as_ref().and_then(|name| table.column(name));
        let undated: Vec<usize> = time.map_or_else(Vec::new, |column| {
            (0..table.n_rows()).filter(|&row| column.is_missing(row)).collect()
        });
        let n_rows = table.n_rows();
        Self {
            path: path.to_owned(),
            dialect: loaded.dialect,
            n_rows,
            columns,
            held_out: bits(held_out, n_rows),
            undated: if undated.is_empty() { String::new() } else { bits(&undated, n_rows) },
        }
    }
}

/// A bit for each row, in hexadecimal.
fn bits(rows: &[usize], n_rows: usize) -> String {
    let mut bits = vec![0_u8; n_rows.div_ceil(8)];
    for &row in rows {
        bits[row / 8] |= 0x80 >> (row % 8);
    }
    crate::work::hex(&bits)
}

/// A text as Python writes it.
fn quoted(text: &str) -> String {
    // JSON's escapes are Python's, too
    serde_json::Value::from(text).to_string()
}

fn list(texts: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", texts.into_iter().collect::<Vec<_>>().join(", "))
}

fn number(value: f64) -> String {
    serde_json::Value::from(value).to_string()
}

/// The settings that a model was trained with.
///
/// # Errors
/// A sentence that says why they are not known.
pub fn settings_of(model: &Model) -> Result<Settings, String> {
    let mut settings = model.training.settings.clone();
    // the name is the model's own
    settings.insert("name".into(), model.name.clone().into());
    serde_json::from_value(serde_json::Value::Object(settings))
        .map_err(|error| format!("the model file does not say how it was trained ({error})"))
}

/// The script for a model; for those without one, the reason.
///
/// # Errors
/// A sentence that says why there is no script.
pub fn script(model: &Model, reading: &Reading) -> Result<String, String> {
    let settings = settings_of(model)?;
    if settings.solver == Solver::Linfa && model.kind == ModelKind::Tree {
        return Err("a tree grown by linfa is not the same tree as scikit-learn's".into());
    }
    if let Estimator::Mlp(mlp) = &model.estimator {
        let n = mlp.hidden_weights.iter().chain(&mlp.output_weights).map(Vec::len).sum::<usize>();
        if n > MAX_WEIGHTS {
            return Err(format!("its {n} weights would make a script nobody can read"));
        }
    }
    if let Estimator::Tree(tree) = &model.estimator
        && tree.nodes.len() > MAX_NODES
    {
        return Err(format!("its {} nodes would make a script nobody can read", tree.nodes.len()));
    }
    let mut out = String::new();
    head(&mut out, model, reading);
    read::read(&mut out, model, reading)?;
    encode::encode(&mut out, model, reading, &settings)?;
    fit::fit(&mut out, model, &settings);
    scores(&mut out, model);
    Ok(out)
}

fn title(model: &Model) -> String {
    let what = match model.kind {
        ModelKind::Linear => "Ordinary least squares",
        ModelKind::Ridge => "Ridge regression",
        ModelKind::ElasticNet => "Elastic net",
        ModelKind::Logistic => "Logistic regression",
        ModelKind::Tree => "Decision tree",
        ModelKind::Mlp => "Neural network",
    };
    format!("{what} for {}", model.output.name)
}

fn head(out: &mut String, model: &Model, reading: &Reading) {
    let title = title(model).replace('\\', "/").replace('"', "'");
    let imports = match (model.kind, model.task) {
        (ModelKind::Linear, _) => "from sklearn.linear_model import LinearRegression\n",
        (ModelKind::Ridge, _) => {
            "from sklearn.linear_model import Ridge\nfrom sklearn.preprocessing import StandardScaler\n"
        }
        (ModelKind::ElasticNet, _) => {
            "from sklearn.linear_model import ElasticNet, LinearRegression, Ridge\nfrom sklearn.preprocessing import StandardScaler\n"
        }
        (ModelKind::Logistic, _) => {
            "from sklearn.linear_model import LogisticRegression\nfrom sklearn.preprocessing import StandardScaler\n"
        }
        (ModelKind::Tree, Task::Regression) => "from sklearn.tree import DecisionTreeRegressor\n",
        (ModelKind::Tree, Task::Classification) => "from sklearn.tree import DecisionTreeClassifier\n",
        (ModelKind::Mlp, _) => "",
    };
    let metrics = match model.task {
        Task::Regression => "mean_absolute_error, mean_squared_error, r2_score",
        Task::Classification => "accuracy_score, f1_score, log_loss, roc_auc_score",
    };
    out.push_str(&format!(
        r#"#!/usr/bin/env python3
"""{title}: the same data, rows, encoding and model as in Drydock, and so the same numbers.

Needs pandas and scikit-learn:  python3 -m pip install pandas scikit-learn
Run it beside the data file, or name the file:  python3 SCRIPT.py FILE.csv
"""
import sys

import numpy as np
import pandas as pd
{imports}from sklearn.metrics import {metrics}

DATA = {}
TARGET = {}
"#,
        quoted(&reading.path),
        quoted(&model.output.name),
    ));
}

fn scores(out: &mut String, model: &Model) {
    out.push_str("\n# 5. Judge: on the rows it learned from, and on those it has never seen.\n");
    match model.task {
        Task::Regression => out.push_str(
            r#"def scores(truth, found):
    return {
        "r2": r2_score(truth, found),
        "rmse": mean_squared_error(truth, found) ** 0.5,
        "mae": mean_absolute_error(truth, found),
    }


naive = y[train].mean()
for part, rows in (("train", train), ("test", test)):
    if rows.any():
        for name, score in scores(y[rows], values(rows)).items():
            print(f"{part} {name} {float(score)!r}")
        for name, score in scores(y[rows], np.full(rows.sum(), naive)).items():
            print(f"naive-{part} {name} {float(score)!r}")
"#,
        ),
        Task::Classification => out.push_str(
            r#"def scores(truth, found):
    best = found.argmax(axis=1)
    two = len(CLASSES) == 2
    every = range(len(CLASSES))
    result = {
        "accuracy": accuracy_score(truth, best),
        "f1": f1_score(truth, best, average="binary" if two else "macro", zero_division=0),
        "log_loss": log_loss(truth, found, labels=every),
    }
    if len(np.unique(truth)) == len(CLASSES):
        result["roc_auc"] = roc_auc_score(truth, found[:, 1] if two else found, multi_class="ovr", labels=every)
    return result


shares = np.bincount(y[train], minlength=len(CLASSES)) / train.sum()
for part, rows in (("train", train), ("test", test)):
    if rows.any():
        for name, score in scores(y[rows], probabilities(rows)).items():
            print(f"{part} {name} {float(score)!r}")
        for name, score in scores(y[rows], np.tile(shares, (rows.sum(), 1))).items():
            print(f"naive-{part} {name} {float(score)!r}")
"#,
        ),
    }
    match model.kind {
        ModelKind::Linear | ModelKind::Ridge | ModelKind::ElasticNet => out.push_str(
            r#"print(f"intercept {float(intercept)!r}")
for name, value in zip(names, coefficients):
    print(f"coefficient {float(value)!r} {name}")
"#,
        ),
        ModelKind::Logistic => out.push_str(
            r#"for row, own in enumerate(coefficients):
    label = CLASSES[1] if len(CLASSES) == 2 else CLASSES[row]
    print(f"intercept {float(intercept[row])!r} {label}")
    for name, value in zip(names, own):
        print(f"coefficient {float(value)!r} {label}: {name}")
"#,
        ),
        ModelKind::Tree => {
            out.push_str(
                "print(f\"leaves {(FEATURE < 0).sum() if model is None else model.get_n_leaves()}\")\n",
            );
        }
        ModelKind::Mlp => {}
    }
}
