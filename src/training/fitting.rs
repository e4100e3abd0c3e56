//! From a design matrix to an estimator's parameters.

use super::fit::{self, ElasticNetSettings, LogisticSettings, MlpSettings, TreeSettings};
use super::linfa_least_squares::linfa_least_squares;
use super::ols;
use super::plan::{Plan, Solver, TrainError};
use crate::model::{Estimator, Linear, ModelKind, Task};
use crate::work::Progress;

/// A fitted estimator and what the fit had to say.
#[derive(Debug)]
pub(crate) struct Fitted {
    pub(crate) estimator: Estimator,
    /// How it was solved, for the report.
    pub(crate) notes: serde_json::Map<String, serde_json::Value>,
    pub(crate) warnings: Vec<String>,
}

/// What the estimator learns: numbers, or class codes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truth<'a> {
    Numbers(&'a [f64]),
    Classes(&'a [u32], usize),
}

/// Fits the plan's kind of model. `terms` are the names of the columns.
pub(crate) fn fit(
    plan: &Plan,
    columns: &[&[f64]],
    terms: &[String],
    truth: Truth<'_>,
    progress: &Progress,
) -> Result<Fitted, TrainError> {
    let mut fitted = Fitted {
        estimator: weighted_sum(0.0, Vec::new()),
        notes: serde_json::Map::new(),
        warnings: Vec::new(),
    };
    let settings = &plan.settings;
    let failed = |error: fit::FitError| match error {
        fit::FitError::Cancelled(cancelled) => TrainError::Cancelled(cancelled),
        other => TrainError::Fit(name_columns(&other, terms)),
    };
    fitted.estimator = match (plan.model, truth) {
        (ModelKind::Linear | ModelKind::Ridge, Truth::Numbers(y)) if settings.solver == Solver::Auto => {
            least_squares(plan, columns, terms, y, &mut fitted)?
        }
        (ModelKind::Linear, Truth::Numbers(y)) => {
            fitted.notes.insert("solver".into(), "linfa-linear (QR)".into());
            let (coefficients, intercept) =
                linfa_least_squares(columns, y, settings.intercept).map_err(TrainError::Fit)?;
            weighted_sum(intercept, coefficients)
        }
        (ModelKind::Ridge, Truth::Numbers(y)) => {
            fitted.notes.insert("solver".into(), "linfa-elasticnet (coordinate descent)".into());
            penalised(fit::ridge(columns, y, settings.alpha, progress).map_err(failed)?, &mut fitted)
        }
        (ModelKind::ElasticNet, Truth::Numbers(y)) => {
            fitted.notes.insert("solver".into(), "linfa-elasticnet (coordinate descent)".into());
            let own = ElasticNetSettings {
                alpha: settings.alpha,
                l1_ratio: settings.l1_ratio,
                ..Default::default()
            };
            let result = fit::elastic_net(columns, y, &own, progress).map_err(failed)?;
            if result.coefficients.iter().all(|c| *c == 0.0) && !columns.is_empty() {
                fitted.warnings.push(format!(
                    "the penalty (alpha {}) set every coefficient to zero; try a smaller --alpha",
                    settings.alpha
                ));
            }
            penalised(result, &mut fitted)
        }
        (ModelKind::Logistic, Truth::Classes(codes, n)) => {
            // alpha is the inverse of scikit-learn's C
            let own = LogisticSettings { c: 1.0 / settings.alpha.max(1e-12), ..Default::default() };
            let result = fit::logistic(columns, codes, n, &own, progress).map_err(failed)?;
            if !result.converged {
                fitted
                    .warnings
                    .push("logistic regression did not converge; its figures are approximate".into());
            }
            fitted.notes.insert("iterations".into(), result.n_iterations.into());
            Estimator::Logistic(result.logistic)
        }
        (ModelKind::Tree, truth) => {
            let own = TreeSettings { max_depth: settings.max_depth, min_leaf_rows: settings.min_leaf };
            Estimator::Tree(match truth {
                Truth::Numbers(y) => fit::tree_regressor(columns, y, &own, progress).map_err(failed)?,
                Truth::Classes(codes, n) if settings.solver == Solver::Linfa => {
                    fitted.notes.insert("solver".into(), "linfa-trees".into());
                    fit::tree_classifier_linfa(columns, codes, n, &own, progress).map_err(failed)?
                }
                Truth::Classes(codes, n) => {
                    fit::tree_classifier(columns, codes, n, &own, progress).map_err(failed)?
                }
            })
        }
        (ModelKind::Mlp, truth) => {
            let (hidden_units, epochs, seed) = (settings.hidden, settings.epochs, settings.seed);
            let own = MlpSettings { hidden_units, epochs, seed, ..Default::default() };
            Estimator::Mlp(match truth {
                Truth::Numbers(y) => fit::mlp_regressor(columns, y, &own, progress).map_err(failed)?,
                Truth::Classes(codes, n) => {
                    fit::mlp_classifier(columns, codes, n, &own, progress).map_err(failed)?
                }
            })
        }
        (kind, _) => return Err(TrainError::Setting(format!("a {kind} model does not fit this target"))),
    };
    Ok(fitted)
}

fn weighted_sum(intercept: f64, coefficients: Vec<f64>) -> Estimator {
    Estimator::Linear(Linear {
        intercept,
        coefficients,
        standard_errors: None,
        intercept_standard_error: None,
        residual_std: None,
        dropped: Vec::new(),
    })
}

fn penalised(result: fit::LinearFit, fitted: &mut Fitted) -> Estimator {
    if !result.converged {
        fitted.warnings.push("coordinate descent did not converge; its figures are approximate".into());
    }
    fitted.notes.insert("iterations".into(), result.n_iterations.into());
    weighted_sum(result.intercept, result.coefficients)
}

fn least_squares(
    plan: &Plan,
    columns: &[&[f64]],
    terms: &[String],
    y: &[f64],
    fitted: &mut Fitted,
) -> Result<Estimator, TrainError> {
    let alpha = if plan.model == ModelKind::Ridge { plan.settings.alpha } else { 0.0 };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let problem = ols::Problem { columns, y, intercept: plan.settings.intercept, alpha, threads, path: None };
    let result = ols::fit(&problem).map_err(|error| {
        TrainError::Fit(match error {
            ols::OlsError::Feature { column, row } => {
                format!(
                    "'{}' has no finite number in row {}",
                    terms.get(column).map_or("?", String::as_str),
                    row + 1
                )
            }
            other => other.to_string(),
        })
    })?;
    fitted.notes.insert(
        "solver".into(),
        match result.path {
            ols::Path::Fast => "normal equations, refined".into(),
            ols::Path::Extended => "normal equations in extended precision".into(),
        },
    );
    fitted.notes.insert("condition".into(), serde_json::json!(result.condition));
    fitted.notes.insert("rank".into(), result.rank.into());
    if !result.dropped.is_empty() {
        let names: Vec<String> = result.dropped.iter().filter_map(|&at| terms.get(at)).cloned().collect();
        fitted.warnings.push(format!(
            "{} {} determined by the intercept and the other features (constant, a copy, or a sum of them); the coefficient is 0, as if the column were dropped",
            crate::data::list(&names),
            if names.len() == 1 { "is" } else { "are" }
        ));
    }
    let (standard_errors, intercept_standard_error) = match result.standard_errors {
        Some(errors) => (Some(errors.coefficients), plan.settings.intercept.then_some(errors.intercept)),
        None => (None, None),
    };
    Ok(Estimator::Linear(Linear {
        intercept: result.intercept,
        coefficients: result.coefficients,
        standard_errors: standard_errors.filter(|errors| errors.iter().all(|e| e.is_finite())),
        intercept_standard_error: intercept_standard_error.filter(|e| e.is_finite()),
        residual_std: result.sigma,
        dropped: result.dropped,
    }))
}

/// The fit's message with the column's name in place of its number.
fn name_columns(error: &fit::FitError, terms: &[String]) -> String {
    match error {
        fit::FitError::ColumnNotFinite { column } => {
            format!("'{}' holds a value too large to square", terms.get(*column).map_or("?", String::as_str))
        }
        other => other.to_string(),
    }
}

/// Whether the model's encoding leaves out each category's first level.
pub(crate) fn drops_reference(kind: ModelKind) -> bool {
    // a tree and a network can use every level, and a tree's splits read better with all of them
    !matches!(kind, ModelKind::Tree | ModelKind::Mlp)
}

/// Whether the task's truth is numbers.
pub(crate) fn is_regression(task: Task) -> bool {
    task == Task::Regression
}
