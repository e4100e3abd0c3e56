//! The model file: JSON that people can read, checked in full before anything computes with it.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Estimator, InputKind, Model, ModelKind, Node, Task, TermKind};

/// The first field of every model file.
pub const FORMAT: &str = "drydock-model";
/// The layout this program writes. It reads this and every older one.
pub const FORMAT_VERSION: u32 = 1;

/// Why a model file can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The text is no JSON, or a field is missing or of the wrong type.
    #[error("this is not a readable model file: {0}")]
    Damaged(String),
    /// The JSON is something else.
    #[error(
        "this is not a Drydock model: its 'format' is {0}; a model file made by `drydock train` says \"{FORMAT}\""
    )]
    OtherFormat(String),
    /// The file was written by a newer program.
    #[error(
        "this model file has layout {found}, and this program reads up to {FORMAT_VERSION}; open it with a newer Drydock"
    )]
    Newer {
        /// The file's layout.
        found: u64,
    },
    /// The parts do not fit each other.
    #[error("the model file contradicts itself: {0}; train the model again or restore the file")]
    Inconsistent(String),
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    format: serde_json::Value,
    #[serde(default)]
    format_version: serde_json::Value,
}

impl Model {
    /// Reads a model file's bytes. Numbers come back exactly as they were written.
    ///
    /// # Errors
    /// [`ModelError`] that says what is wrong and where.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ModelError> {
        let damaged = |error: serde_json::Error| ModelError::Damaged(error.to_string());
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let head: Head = serde_json::from_slice(bytes).map_err(damaged)?;
        if head.format != FORMAT {
            return Err(ModelError::OtherFormat(match head.format {
                serde_json::Value::Null => "missing".to_owned(),
                other => other.to_string(),
            }));
        }
        match head.format_version.as_u64() {
            Some(found) if found > u64::from(FORMAT_VERSION) => return Err(ModelError::Newer { found }),
            Some(1..) => {}
            _ => return Err(ModelError::Damaged("'format_version' is not a positive whole number".into())),
        }
        let model: Self = serde_json::from_slice(bytes).map_err(damaged)?;
        model.check().map_err(ModelError::Inconsistent)?;
        Ok(model)
    }

    /// The file's bytes: indented JSON with a line feed at the end, every number in the shortest form that reads
    /// back the same.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // a model is plain data with string keys, so that serialising can't fail
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Gives the model the version that its content determines, whatever its name.
    pub fn seal(&mut self) {
        self.version.clear();
        let name = std::mem::take(&mut self.name);
        let digest = Sha256::digest(self.to_json());
        self.name = name;
        self.version = crate::work::hex(&digest[..6]);
    }

    /// Whether all parts fit each other; the message names the first that does not.
    fn check(&self) -> Result<(), String> {
        let n_terms = self.encoding.len();
        let n_classes = self.output.classes.len();
        let mut names = std::collections::HashSet::new();
        for input in &self.inputs {
            if !names.insert(&input.name) {
                return Err(format!("two inputs are called '{}'", input.name));
            }
            input_is_sound(&input.kind).map_err(|what| format!("input '{}': {what}", input.name))?;
        }
        for (at, term) in self.encoding.iter().enumerate() {
            let input = self.inputs.get(term.input).ok_or_else(|| {
                format!("term {at} refers to input {}, and there are {}", term.input, self.inputs.len())
            })?;
            match (&term.kind, &input.kind) {
                (TermKind::Level { level }, InputKind::Category { levels, .. }) if *level < levels.len() => {}
                (TermKind::Level { level }, _) => {
                    return Err(format!("term {at} refers to level {level} of input '{}'", input.name));
                }
                (TermKind::Value, InputKind::Category { .. }) => {
                    return Err(format!("term {at} takes the category '{}' as a number", input.name));
                }
                (TermKind::Value, _) => {}
            }
        }
        match self.task {
            Task::Regression if n_classes > 0 => return Err("a regression lists classes".into()),
            Task::Classification if n_classes < 2 => {
                return Err("a classifier needs two or more classes".into());
            }
            _ => {}
        }
        let fits = match &self.estimator {
            Estimator::Linear(_) => {
                matches!(self.kind, ModelKind::Linear | ModelKind::Ridge | ModelKind::ElasticNet)
            }
            Estimator::Logistic(_) => self.kind == ModelKind::Logistic,
            Estimator::Tree(_) => self.kind == ModelKind::Tree,
            Estimator::Mlp(_) => self.kind == ModelKind::Mlp,
        };
        if !fits {
            return Err(format!("it says to be a {} model, and its parameters are another's", self.kind));
        }
        if !self.kind.can(self.task) {
            return Err(format!("a {} model can't do {:?}", self.kind, self.task));
        }
        for column in &self.reference {
            column.check().map_err(|what| format!("reference column '{}' {what}", column.name))?;
        }
        let n_outputs = if self.task == Task::Regression { 1 } else { n_classes };
        self.estimator.check(self.task, n_terms, n_outputs)
    }
}

fn input_is_sound(kind: &InputKind) -> Result<(), String> {
    match kind {
        InputKind::Category { levels, fill } => {
            let distinct: std::collections::HashSet<_> = levels.iter().collect();
            if levels.is_empty() || distinct.len() != levels.len() {
                return Err("its levels are empty or repeat".into());
            }
            if *fill >= levels.len() {
                return Err(format!("its fill level {fill} does not exist"));
            }
        }
        InputKind::Number { min, max, .. } | InputKind::Date { min, max, .. } if min > max => {
            return Err(format!("its range {min} to {max} is reversed"));
        }
        InputKind::Boolean { no, yes, .. } if no == yes => {
            return Err(format!("its two words are both '{no}'"));
        }
        _ => {}
    }
    Ok(())
}

impl Estimator {
    fn check(&self, task: Task, n_terms: usize, n_outputs: usize) -> Result<(), String> {
        let count = |what: &str, found: usize, expected: usize| {
            if found == expected {
                Ok(())
            } else {
                Err(format!("{found} {what} where {expected} are expected"))
            }
        };
        match self {
            Self::Linear(linear) => {
                if task == Task::Classification {
                    return Err("a weighted sum can't be a classifier".into());
                }
                count("coefficients", linear.coefficients.len(), n_terms)?;
                if let Some(errors) = &linear.standard_errors {
                    count("standard errors", errors.len(), n_terms)?;
                }
                linear.dropped.iter().try_for_each(|&at| {
                    if at < n_terms { Ok(()) } else { Err(format!("dropped term {at} does not exist")) }
                })
            }
            Self::Logistic(logistic) => {
                if task == Task::Regression {
                    return Err("a logistic model can't do regression".into());
                }
                let rows = if n_outputs == 2 { 1 } else { n_outputs };
                count("intercepts", logistic.intercepts.len(), rows)?;
                count("rows of coefficients", logistic.coefficients.len(), rows)?;
                logistic.coefficients.iter().try_for_each(|row| count("coefficients", row.len(), n_terms))
            }
            Self::Tree(tree) => {
                if tree.nodes.is_empty() {
                    return Err("the tree has no node".into());
                }
                for (at, node) in tree.nodes.iter().enumerate() {
                    match node {
                        Node::Split { feature, left, right, .. } => {
                            if *feature >= n_terms {
                                return Err(format!(
                                    "node {at} asks for term {feature}, and there are {n_terms}"
                                ));
                            }
                            // children behind their parent: no loop is possible
                            if [left, right].iter().any(|&&child| child <= at || child >= tree.nodes.len()) {
                                return Err(format!(
                                    "node {at} has a child that is not behind it in the list"
                                ));
                            }
                        }
                        Node::Leaf { value } => count("leaf values", value.len(), n_outputs)?,
                    }
                }
                Ok(())
            }
            Self::Mlp(mlp) => {
                let hidden = mlp.hidden_biases.len();
                count("hidden rows", mlp.hidden_weights.len(), hidden)?;
                mlp.hidden_weights.iter().try_for_each(|row| count("hidden weights", row.len(), n_terms))?;
                count("output biases", mlp.output_biases.len(), n_outputs)?;
                count("output rows", mlp.output_weights.len(), n_outputs)?;
                mlp.output_weights.iter().try_for_each(|row| count("output weights", row.len(), hidden))
            }
        }
    }
}
