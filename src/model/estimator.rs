//! The parameters of each kind of estimator, on encoded terms in raw units.

use serde::{Deserialize, Serialize};

/// An estimator's parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Estimator {
    /// A weighted sum (linear, ridge, elastic net).
    Linear(Linear),
    /// Logistic regression.
    Logistic(Logistic),
    /// A decision tree.
    Tree(Tree),
    /// A neural network with one hidden layer.
    Mlp(Mlp),
}

/// `intercept + Σ coefficient · term`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// The value when every term is zero.
    pub intercept: f64,
    /// One per term.
    pub coefficients: Vec<f64>,
    /// Standard errors of the coefficients (ordinary least squares only); 0 for dropped terms, which have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_errors: Option<Vec<f64>>,
    /// Standard error of the intercept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intercept_standard_error: Option<f64>,
    /// Standard deviation of the residuals, with the degrees of freedom taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual_std: Option<f64>,
    /// Terms that others determine and whose coefficient is therefore zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<usize>,
}

/// Class scores are `intercept + Σ coefficient · term`; their softmax is the probability. With two classes there
/// is one row, the log-odds of the second class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// One per class, or one for two classes.
    pub intercepts: Vec<f64>,
    /// One row per intercept, one column per term.
    pub coefficients: Vec<Vec<f64>>,
}

/// A tree as a flat list; node 0 is the root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// The nodes; a node's children come after it.
    pub nodes: Vec<Node>,
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Node {
    /// Goes left when the term is at most the threshold, else right.
    Split {
        /// The term's place.
        feature: usize,
        /// The threshold.
        threshold: f64,
        /// The node for terms at most the threshold.
        left: usize,
        /// The node for terms above it.
        right: usize,
    },
    /// The mean of the target, or the probability of every class.
    Leaf {
        /// One number for regression, one per class for classification.
        value: Vec<f64>,
    },
}

/// `output = output_weights · relu(hidden_weights · terms + hidden_biases) + output_biases`; for classification
/// the softmax of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mlp {
    /// One row per hidden unit, one column per term.
    pub hidden_weights: Vec<Vec<f64>>,
    /// One per hidden unit.
    pub hidden_biases: Vec<f64>,
    /// One row per output, one column per hidden unit.
    pub output_weights: Vec<Vec<f64>>,
    /// One per output.
    pub output_biases: Vec<f64>,
}
