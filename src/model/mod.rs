//! What a model is: a signature (what it takes and gives), an encoding (how inputs become numbers) and an
//! estimator (the parameters), in one readable file. Knows no training, and no input or output but its own
//! bytes. Reading a model runs no code.

mod estimator;
mod file;
mod policy;
mod reference;
mod signature;
pub mod text;

pub use estimator::{Estimator, Linear, Logistic, Mlp, Node, Tree};
pub use file::{FORMAT, FORMAT_VERSION, ModelError};
pub use policy::{Policies, Policy};
pub use reference::{ReferenceColumn, ReferenceValues};
pub use signature::{Input, InputKind, Output, Term, TermKind, Written};

use serde::{Deserialize, Serialize};

/// What a model is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// A number.
    Regression,
    /// One of a set of classes.
    Classification,
}

/// The kinds of model, by the name they have on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// Ordinary least squares.
    Linear,
    /// Least squares with a squared penalty on the coefficients.
    Ridge,
    /// Least squares with a squared and an absolute penalty.
    ElasticNet,
    /// Logistic regression for two and more classes.
    Logistic,
    /// A decision tree.
    Tree,
    /// A neural network with one hidden layer.
    Mlp,
}

impl ModelKind {
    /// Every kind, in the order of the command line's help.
    pub const ALL: [Self; 6] =
        [Self::Linear, Self::Ridge, Self::ElasticNet, Self::Logistic, Self::Tree, Self::Mlp];

    /// The kind's name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Ridge => "ridge",
            Self::ElasticNet => "elastic-net",
            Self::Logistic => "logistic",
            Self::Tree => "tree",
            Self::Mlp => "mlp",
        }
    }

    /// Whether the kind can do the task.
    #[must_use]
    pub fn can(self, task: Task) -> bool {
        match self {
            Self::Linear | Self::Ridge | Self::ElasticNet => task == Task::Regression,
            Self::Logistic => task == Task::Classification,
            Self::Tree | Self::Mlp => true,
        }
    }
}

impl std::fmt::Display for ModelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Scores by name (`r2`, `rmse`, `accuracy` …); `None` where a score is not defined.
pub type Scores = serde_json::Map<String, serde_json::Value>;

/// How the model did when it was trained.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// On the rows it learned from.
    pub train: Scores,
    /// On rows held out; `None` when all rows were used for training.
    pub test: Option<Scores>,
    /// The naive model (mean, or most frequent class) on the same rows.
    pub baseline: Baseline,
}

/// Scores of the naive model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// What it predicts, in words.
    pub rule: String,
    /// On the training rows.
    pub train: Scores,
    /// On the held-out rows.
    pub test: Option<Scores>,
}

/// Where a model comes from: enough to train it again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The name of the data file.
    pub data: String,
    /// The SHA-256 of its bytes.
    pub data_sha256: Option<String>,
    /// Rows it learned from.
    pub train_rows: usize,
    /// Rows held out.
    pub test_rows: usize,
    /// Rows left out since their target (or, when split by time, their date) is missing, or for a missing value the
    /// policy does not fill.
    pub left_out_rows: usize,
    /// The seed of the split and of training.
    pub seed: u64,
    /// The settings, as they would be typed.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// The program and version that trained it.
    pub trained_by: String,
    /// What was worth a warning.
    pub warnings: Vec<String>,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Always [`FORMAT`].
    pub format: String,
    /// The version of the file's layout.
    pub format_version: u32,
    /// The model's name.
    pub name: String,
    /// The first twelve digits of the SHA-256 of everything in the file but itself and the name.
    pub version: String,
    /// The kind of estimator.
    pub kind: ModelKind,
    /// What it is asked for.
    pub task: Task,
    /// What it takes.
    pub inputs: Vec<Input>,
    /// What it gives.
    pub output: Output,
    /// What happens to input that is not as expected, model-wide.
    pub policies: Policies,
    /// How inputs become the numbers that the estimator takes.
    pub encoding: Vec<Term>,
    /// The parameters.
    pub estimator: Estimator,
    /// How it did.
    pub metrics: Metrics,
    /// Where it comes from.
    pub training: Provenance,
    /// The training data in outline, for drift to be measured against.
    pub reference: Vec<ReferenceColumn>,
}

impl Model {
    /// The coefficients by term name with the intercept, for models that are a weighted sum.
    #[must_use]
    pub fn linear(&self) -> Option<(&Linear, Vec<String>)> {
        match &self.estimator {
            Estimator::Linear(linear) => Some((linear, self.term_names())),
            _ => None,
        }
    }

    /// The name of every term: the input's, with the level behind an equals sign for one of its levels.
    #[must_use]
    pub fn term_names(&self) -> Vec<String> {
        self.encoding
            .iter()
            .map(|term| {
                let input = &self.inputs[term.input];
                match (&term.kind, &input.kind) {
                    (TermKind::Level { level }, InputKind::Category { levels, .. }) => {
                        format!("{}={}", input.name, levels.get(*level).map_or("", String::as_str))
                    }
                    _ => input.name.clone(),
                }
            })
            .collect()
    }
}
