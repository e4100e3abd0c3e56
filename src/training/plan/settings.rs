//! What the user asks for, and what can be wrong with it whatever the data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::model::{ModelKind, Policies, Policy, Task};
use crate::training::fit::{ElasticNetSettings, MlpSettings, TreeSettings};
use crate::work::Seed;

/// Hidden units past which a network is no longer a small one.
const MAX_HIDDEN: usize = 10_000;

/// By whose code least squares is solved and a classification tree grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Solver {
    /// This program's own: one pass for the normal equations, refined or extended where they are not enough; trees
    /// that are the same at every run (linfa's depend on the order of a hash map).
    #[default]
    Auto,
    /// The linfa crates' (QR for ordinary least squares, coordinate descent for ridge, linfa-trees).
    Linfa,
}

/// What the user asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The column to predict.
    pub target: String,
    /// The columns to predict from; `None` takes every suitable one.
    pub features: Option<Vec<String>>,
    /// The kind of model; `None` chooses by the task.
    pub model: Option<ModelKind>,
    /// The task; `None` chooses by the model or the target's type.
    pub task: Option<Task>,
    /// Whether a sum has an intercept.
    pub intercept: bool,
    /// The share of rows held out, from 0 up to but without 1.
    pub test_fraction: f64,
    /// Hold out the latest rows by this date column, in place of random ones.
    pub time_column: Option<String>,
    /// Folds of a cross-validation on the training rows; 0 for none.
    pub folds: usize,
    /// The seed of split, folds and training.
    pub seed: Seed,
    /// The penalty of ridge (on the scale of scikit-learn's `Ridge`), elastic net (of its `ElasticNet`) and
    /// logistic regression (its `1 / C`), all on standardised features.
    pub alpha: f64,
    /// The share of the absolute penalty in elastic net.
    pub l1_ratio: f64,
    /// The depth of a tree.
    pub max_depth: usize,
    /// The fewest rows in a leaf.
    pub min_leaf: usize,
    /// Hidden units of the neural network.
    pub hidden: usize,
    /// Passes over the training rows for the neural network.
    pub epochs: usize,
    /// By whose code least squares is solved and a classification tree grown.
    pub solver: Solver,
    /// What happens to input that is not as expected.
    pub policies: Policies,
    /// Rules for the missing values of single features; the others follow the policies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<String, Policy>,
    /// The model's name.
    pub name: String,
}

impl Settings {
    /// What happens to a missing value of a feature.
    #[must_use]
    pub fn on_missing(&self, feature: &str) -> Policy {
        self.missing.get(feature).copied().unwrap_or(self.policies.missing_value)
    }

    /// The defaults for a target.
    #[must_use]
    pub fn new(target: impl Into<String>) -> Self {
        let tree = TreeSettings::default();
        let mlp = MlpSettings::default();
        Self {
            target: target.into(),
            features: None,
            model: None,
            task: None,
            intercept: true,
            test_fraction: 0.0,
            time_column: None,
            folds: 0,
            seed: Seed::default(),
            alpha: 1.0,
            l1_ratio: ElasticNetSettings::default().l1_ratio,
            max_depth: tree.max_depth,
            min_leaf: tree.min_leaf_rows,
            hidden: mlp.hidden_units,
            epochs: mlp.epochs,
            solver: Solver::Auto,
            policies: Policies::default(),
            missing: BTreeMap::new(),
            name: "model".into(),
        }
    }
}

impl Settings {
    /// Checks what can be wrong whatever the data: numbers out of their range, names given twice, a model that can't
    /// do the task.
    ///
    /// # Errors
    /// [`TrainError::Setting`] that names the setting, and what is possible.
    pub fn check(&self) -> Result<(), TrainError> {
        check_numbers(self)?;
        let features = self.features.as_deref().unwrap_or(&[]);
        for (at, name) in features.iter().enumerate() {
            if *name == self.target {
                return Err(TrainError::Setting(format!(
                    "'{name}' is the target and can't be a feature, too"
                )));
            }
            if features[..at].contains(name) {
                return Err(TrainError::Setting(format!("the feature '{name}' is named twice")));
            }
        }
        let task = self.task.or_else(|| self.model.and_then(only_task));
        let model = self.model.or_else(|| task.map(usual_model));
        match (model, task) {
            (Some(model), Some(task)) => self.check_model(model, task),
            (Some(model), None) => self.check_intercept(model),
            _ => Ok(()),
        }
    }

    pub(super) fn check_model(&self, model: ModelKind, task: Task) -> Result<(), TrainError> {
        if !model.can(task) {
            let (what, instead) = match task {
                Task::Regression => ("regression", "linear, ridge, elastic-net, tree or mlp"),
                Task::Classification => ("classification", "logistic, tree or mlp"),
            };
            return Err(TrainError::Setting(format!("a {model} model can't do {what}; choose {instead}")));
        }
        self.check_intercept(model)
    }

    fn check_intercept(&self, model: ModelKind) -> Result<(), TrainError> {
        let through_origin_possible = match model {
            ModelKind::Linear => true,
            ModelKind::Ridge => self.solver == Solver::Auto,
            _ => false,
        };
        if !self.intercept && !through_origin_possible {
            return Err(TrainError::Setting(format!(
                "--no-intercept is not possible with this {model} model; only linear and ridge (by --solver auto) can go through the origin"
            )));
        }
        Ok(())
    }
}

/// The task of a model that can do one only.
pub(super) fn only_task(model: ModelKind) -> Option<Task> {
    match (model.can(Task::Regression), model.can(Task::Classification)) {
        (true, false) => Some(Task::Regression),
        (false, true) => Some(Task::Classification),
        _ => None,
    }
}

/// The model for a task where none is asked for.
pub(super) fn usual_model(task: Task) -> ModelKind {
    match task {
        Task::Regression => ModelKind::Linear,
        Task::Classification => ModelKind::Logistic,
    }
}

fn check_numbers(settings: &Settings) -> Result<(), TrainError> {
    let bad = |what: String| Err(TrainError::Setting(what));
    if !(0.0..1.0).contains(&settings.test_fraction) {
        return bad(format!(
            "the test fraction is {}; it must be at least 0 and less than 1",
            settings.test_fraction
        ));
    }
    if !(settings.alpha.is_finite() && settings.alpha >= 0.0) {
        return bad(format!("alpha is {}; it must be 0 or more", settings.alpha));
    }
    if !(0.0..=1.0).contains(&settings.l1_ratio) {
        return bad(format!("the L1 ratio is {}; it must be from 0 to 1", settings.l1_ratio));
    }
    if settings.folds == 1 {
        return bad("cross-validation needs at least 2 folds".into());
    }
    if settings.hidden > MAX_HIDDEN {
        return bad(format!(
            "the number of hidden units is {}; at most {MAX_HIDDEN} are possible",
            settings.hidden
        ));
    }
    for (what, value) in [
        ("the depth of the tree", settings.max_depth),
        ("the fewest rows in a leaf", settings.min_leaf),
        ("the number of hidden units", settings.hidden),
        ("the number of epochs", settings.epochs),
    ] {
        if value == 0 {
            return bad(format!("{what} is 0; it must be at least 1"));
        }
    }
    Ok(())
}
