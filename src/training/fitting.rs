//! From a design matrix to an estimator's parameters.

use super::design::Levels;
use super::fit::{self, ElasticNetSettings, LogisticSettings, MlpSettings, TreeSettings};
use super::linfa_least_squares::linfa_least_squares;
use super::ols;
use super::plan::{Plan, Solver, TrainError};
use crate::data::list;
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
        fit::FitError::SingleClass { code } => TrainError::Data(format!(
            "all rows to learn from are of one class, '{}'; a classifier needs rows of at least two{}",
            plan.classes.get(code as usize).map_or("?", String::as_str),
            if settings.time_column.is_some() { " (hold out less, or rows at random)" } else { "" }
        )),
        other => TrainError::Fit(name_columns(&other, terms)),
    };
    fitted.estimator = match (plan.model, truth) {
        (ModelKind::Linear | ModelKind::Ridge, Truth::Numbers(y)) if settings.solver == Solver::Auto => {
            least_squares(plan, columns, terms, y, &mut fitted)?
        }
        (ModelKind::Linear, Truth::Numbers(y)) => {
            fitted.notes.insert("solver".into(), "linfa-linear (QR)".into());
            let (coefficients, intercept) =
                linfa_least_squares(columns, y, settings.intercept).map_err(|error| {
                    TrainError::Fit(format!(
                        "linfa: {error}; its QR can't solve features that determine each other (a constant, a copy, a sum of them) or fewer rows than coefficients. The default solver (--solver auto) can, and says which features it drops"
                    ))
                })?;
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
            if result.coefficients.iter().all(|c| *c == 0.0) && columns.iter().any(|c| !fit::is_constant(c)) {
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
            if result.separated {
                fitted.warnings.push(
                    "the features part the classes so well that no finite coefficients are best: without a penalty they grow without bound, and these are where the search ended; give --alpha a value above 0"
                        .into(),
                );
            } else if !result.converged {
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
    // a tree just never asks for them
    if plan.model != ModelKind::Tree && settings.intercept {
        warn_of_constants(columns, terms, &mut fitted.warnings);
    }
    Ok(fitted)
}

fn warn_of_constants(columns: &[&[f64]], terms: &[String], warnings: &mut Vec<String>) {
    let constant: Vec<String> = columns
        .iter()
        .zip(terms)
        .filter(|(column, _)| fit::is_constant(column))
        .map(|(_, term)| term.clone())
        .collect();
    if !constant.is_empty() {
        warnings.push(format!(
            "{} {} constant in the training rows and {} no part (the weight is 0)",
            list(&constant),
            are(&constant),
            if constant.len() == 1 { "takes" } else { "take" }
        ));
    }
}

fn are(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
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
            ols::Path::Dual => "products of the rows (dual form)".into(),
        },
    );
    fitted.notes.insert("condition".into(), serde_json::json!(result.condition));
    fitted.notes.insert("rank".into(), result.rank.into());
    warn_of_dropped(columns, terms, plan.settings.intercept, &result, &mut fitted.warnings);
    warn_of_condition(terms, &result, &mut fitted.warnings);
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

/// Says which columns have no coefficient, and why. Constant ones are left to [`warn_of_constants`].
fn warn_of_dropped(
    columns: &[&[f64]],
    terms: &[String],
    intercept: bool,
    result: &ols::Fit,
    warnings: &mut Vec<String>,
) {
    // from this column on there are as many coefficients as rows
    let mut rank = usize::from(intercept);
    let full = (0..columns.len()).find(|at| {
        let full = rank >= columns[*at].len();
        rank += usize::from(result.dropped.binary_search(at).is_err());
        full
    });
    let (mut determined, mut too_many) = (Vec::new(), Vec::new());
    for &at in &result.dropped {
        let (Some(term), Some(column)) = (terms.get(at), columns.get(at)) else { continue };
        if intercept && fit::is_constant(column) {
            continue;
        }
        let names = if full.is_some_and(|full| at >= full) { &mut too_many } else { &mut determined };
        names.push(term.clone());
    }
    if !determined.is_empty() {
        warnings.push(format!(
            "{} {} determined by {}the other features (a copy, or a sum of them); the coefficient is 0, as if the column were dropped",
            list(&determined),
            are(&determined),
            if intercept { "the intercept and " } else { "" },
        ));
    }
    if !too_many.is_empty() {
        warnings.push(format!(
            "there are too few rows ({}) for so many coefficients: {} {} left without one (it is 0, as if the column were dropped)",
            columns.first().map_or(0, |column| column.len()),
            list(&too_many),
            are(&too_many)
        ));
    }
}

/// Beyond this condition a coefficient rests on the last digits of the data, though it is worked out accurately.
/// R's `lm` drops a column of which the others leave less than 1e-7.
const ILL_CONDITIONED: f64 = 1e7;

fn warn_of_condition(terms: &[String], result: &ols::Fit, warnings: &mut Vec<String>) {
    if result.condition < ILL_CONDITIONED || result.inflation.is_empty() {
        return;
    }
    // those whose variance is blown up nearly as much as the worst one's
    let most = result.inflation.iter().copied().fold(0.0, f64::max);
    let involved = result.inflation.iter().zip(terms).filter(|(factor, _)| **factor >= 0.01 * most);
    let names: Vec<String> = involved.map(|(_, term)| term.clone()).collect();
    warnings.push(format!(
        "{} {} nearly determined by the other features (condition {:.1e}): the coefficients are accurate for these numbers, but the last digits of the data decide them; leave one out, or use ridge",
        list(&names),
        are(&names),
        result.condition
    ));
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

/// Which levels of categories the model's encoding has terms for.
pub(crate) fn levels(kind: ModelKind, intercept: bool) -> Levels {
    match kind {
        // a tree and a network can use every level, and a tree's splits read better with all of them
        ModelKind::Tree | ModelKind::Mlp => Levels::All,
        _ if intercept => Levels::AllButFirst,
        _ => Levels::AllButFirstWithoutIntercept,
    }
}

/// Whether the task's truth is numbers.
pub(crate) fn is_regression(task: Task) -> bool {
    task == Task::Regression
}
