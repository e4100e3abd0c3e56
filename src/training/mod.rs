//! From a table to a model: a plan as typed, a checked plan, the fit, and an honest evaluation (held-out rows,
//! cross-validation, a naive baseline, signs of leakage). The only home of linfa.

mod cautions;
mod cross_validation;
mod design;
mod evaluate;
pub mod fit;
mod fitting;
mod leakage;
mod linfa_least_squares;
pub mod metrics;
pub mod ols;
mod outline;
mod plan;
pub mod python;
pub mod report;
pub mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

pub use cross_validation::FoldScheme;
pub use evaluate::{Evaluation, evaluate, evaluate_csv, measured};
pub(crate) use linfa_least_squares::linfa_least_squares;
pub use plan::{Plan, Settings, Solver, TrainError};

use crate::data::{ColumnData, Loaded, Table, Unit, split};
use crate::inference::{Predictions, Predictor};
use crate::model::{
    Baseline, FORMAT, FORMAT_VERSION, Metrics, Model, Output, Policy, Provenance, Scores, Task, Written,
};
use crate::work::Progress;
use cautions::Case;
use cross_validation::{CrossValidation, cross_validate};
use evaluate::evaluate_predictions;
use fitting::Truth;

/// What training yields.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The model, sealed.
    pub model: Model,
    /// Scores of each fold, when cross-validation was asked for.
    pub folds: Vec<Scores>,
    /// How the folds were made.
    pub fold_scheme: FoldScheme,
    /// How it was solved (`solver`, `condition`, `rank`, `iterations` …).
    pub notes: Map<String, Value>,
    /// What is worth knowing.
    pub warnings: Vec<String>,
}

/// Trains by a plan. `data` names where the table came from.
///
/// # Errors
/// [`TrainError`] when the fit fails or was cancelled.
pub fn train(plan: &Plan, table: &Table, data: &Origin, progress: &Progress) -> Result<Trained, TrainError> {
    let split = split_rows(plan, table)?;
    let mut trained = fit_rows(plan, table, &split.train, progress)?;
    let constant = cautions::constant_target(plan, table, &split.train);
    if constant.is_some() {
        // what the fit has to say of features means nothing then
        trained.warnings.clear();
    }
    trained.warnings.splice(0..0, plan.warnings.iter().cloned());
    let lenient = lenient(&trained.model);
    let (on_train, predictions) = score(&lenient, table, &split.train)?;
    let on_test = if split.test.is_empty() { None } else { Some(score(&lenient, table, &split.test)?.0) };
    let baseline = baseline(plan, table, &split);
    let case = Case {
        plan,
        table,
        split: &split,
        model: &trained.model,
        on_train: &on_train.scores,
        on_test: on_test.as_ref(),
        baseline: &baseline,
    };
    let cautions = constant.map_or_else(|| case.cautions(), |warning| vec![warning]);
    trained.warnings.extend(cautions);
    for (scores, rows) in
        [(Some(&on_train.scores), "training"), (on_test.as_ref().map(|e| &e.scores), "held-out")]
    {
        let key = if fitting::is_regression(plan.task) { "rmse" } else { "log_loss" };
        if scores.and_then(|scores| scores.get(key)).is_some_and(Value::is_null) {
            trained.warnings.push(format!(
                "the scores on the {rows} rows are not defined, since numbers overflow; check for values near the limits of a double (about 1.8e308)"
            ));
        }
    }
    if plan.settings.folds > 0 {
        let CrossValidation { folds, scheme, warnings } =
            cross_validate(plan, table, &split.train, progress)?;
        (trained.folds, trained.fold_scheme) = (folds, scheme);
        trained.warnings.extend(warnings);
    }
    let model = &mut trained.model;
    outline_target(plan, table, &split.train, &lenient, &predictions, model);
    for input in &mut model.inputs {
        input.unit = data.units.get(&input.name).cloned();
        input.written = data.written.get(&input.name).cloned().unwrap_or_default();
    }
    model.output.unit = data.units.get(&model.output.name).cloned();
    model.metrics =
        Metrics { train: on_train.scores, test: on_test.map(|evaluation| evaluation.scores), baseline };
    let mut settings = serde_json::to_value(&plan.settings).unwrap_or_default();
    // the name says nothing of how the model was made
    settings.as_object_mut().map(|settings| settings.remove("name"));
    model.training = Provenance {
        data: data.name.clone(),
        data_sha256: data.sha256.clone(),
        train_rows: split.train.len(),
        test_rows: split.test.len(),
        left_out_rows: table.n_rows() - plan.rows.len(),
        seed: plan.settings.seed.0,
        settings: settings.as_object().cloned().unwrap_or_default(),
        trained_by: concat!("drydock ", env!("CARGO_PKG_VERSION")).into(),
        warnings: trained.warnings.clone(),
    };
    model.seal();
    Ok(trained)
}

/// Where the data came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file's name.
    pub name: String,
    /// The SHA-256 of its bytes.
    pub sha256: Option<String>,
    /// The units that columns of numbers are written with, by column.
    pub units: BTreeMap<String, String>,
    /// How the columns are written.
    pub written: BTreeMap<String, Written>,
}

impl Origin {
    /// Of a loaded file.
    #[must_use]
    pub fn of(name: impl Into<String>, loaded: &Loaded) -> Self {
        let columns = loaded.table.columns().iter().zip(&loaded.columns);
        let units = columns.filter_map(|(column, reading)| {
            let text = match reading.unit? {
                Unit::Percent => "share (1 = 100 %)".to_owned(),
                currency @ Unit::Currency(_) => currency.text().to_owned(),
            };
            Some((column.name.clone(), text))
        });
        let units = units.collect();
        let columns = loaded.table.columns().iter().zip(&loaded.columns);
        let written = columns.map(|(column, reading)| {
            let written =
                Written { decimal: reading.decimal, date: reading.date, missing: reading.missing.clone() };
            (column.name.clone(), written)
        });
        Self { name: name.into(), sha256: loaded.sha256.clone(), units, written: written.collect() }
    }
}

pub(crate) fn split_rows(plan: &Plan, table: &Table) -> Result<split::Split, TrainError> {
    let settings = &plan.settings;
    let fraction = settings.test_fraction;
    let split = if fraction == 0.0 {
        split::Split { train: plan.rows.clone(), test: Vec::new() }
    } else if let Some(ColumnData::Date(dates)) =
        settings.time_column.as_ref().and_then(|time| table.column(time)).map(|column| &column.data)
    {
        split::by_time(&plan.rows, dates, fraction)
    } else if plan.task == Task::Classification {
        let codes = class_codes(plan, table, &plan.rows);
        let of_row: std::collections::HashMap<usize, u32> = plan.rows.iter().copied().zip(codes).collect();
        split::stratified(&plan.rows, |row| of_row.get(&row).copied().unwrap_or(0), fraction, settings.seed)
    } else {
        split::random(&plan.rows, fraction, settings.seed)
    };
    if split.train.is_empty() {
        return Err(TrainError::Data(format!(
            "with {} rows and a test fraction of {fraction} no row is left to train on; hold out less",
            plan.rows.len()
        )));
    }
    Ok(split)
}

fn class_codes(plan: &Plan, table: &Table, rows: &[usize]) -> Vec<u32> {
    // the plan's classes are those of its rows, so that every row has one
    table.column(&plan.settings.target).map_or_else(Vec::new, |column| {
        design::truth_classes(column, &plan.classes, rows)
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect()
    })
}

/// Fits the given rows; the model has no scores and no outline yet.
fn fit_rows(plan: &Plan, table: &Table, rows: &[usize], progress: &Progress) -> Result<Trained, TrainError> {
    progress.check()?;
    let (inputs, reference) = design::inputs(table, &plan.features, &plan.settings, rows);
    let encoding = design::terms(&inputs, fitting::levels(plan.model, plan.settings.intercept));
    let columns = design::matrix(table, &inputs, &encoding, rows);
    let columns: Vec<&[f64]> = columns.iter().map(|column| &**column).collect();
    let settings = &plan.settings;
    let mut model = Model {
        format: FORMAT.into(),
        format_version: FORMAT_VERSION,
        name: settings.name.clone(),
        version: String::new(),
        kind: plan.model,
        task: plan.task,
        inputs,
        output: Output {
            name: settings.target.clone(),
            unit: None,
            classes: plan.classes.clone(),
            range: None,
        },
        policies: settings.policies,
        encoding,
        estimator: crate::model::Estimator::Tree(crate::model::Tree { nodes: Vec::new() }),
        metrics: Metrics::default(),
        training: Provenance::default(),
        reference,
    };
    let terms = model.term_names();
    let fitted = if fitting::is_regression(plan.task) {
        let y = design::truth_numbers(table, &settings.target, rows);
        let range =
            y.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
        model.output.range = Some(range);
        fitting::fit(plan, &columns, &terms, Truth::Numbers(&y), progress)?
    } else {
        let codes = class_codes(plan, table, rows);
        fitting::fit(plan, &columns, &terms, Truth::Classes(&codes, plan.classes.len()), progress)?
    };
    model.estimator = fitted.estimator;
    let mut warnings = fitted.warnings;
    warnings.extend(cautions::levels_without_use(&model));
    Ok(Trained {
        model,
        folds: Vec::new(),
        fold_scheme: FoldScheme::default(),
        notes: fitted.notes,
        warnings,
    })
}

/// The model as it is evaluated: a row held out may go beyond the training range, or have a level that no training
/// row has, even where production refuses.
fn lenient(model: &Model) -> Predictor {
    let mut model = model.clone();
    let own = model.inputs.iter_mut().filter_map(|input| input.policies.as_mut());
    for policies in own.chain([&mut model.policies]) {
        for policy in [&mut policies.out_of_range, &mut policies.unknown_level] {
            if *policy == Policy::Reject {
                *policy = Policy::Ignore;
            }
        }
    }
    model.policies.extra_column = Policy::Ignore;
    Predictor::new(Arc::new(model))
}

fn score(
    predictor: &Predictor,
    table: &Table,
    rows: &[usize],
) -> Result<(Evaluation, Predictions), TrainError> {
    let all = rows.len() == table.n_rows();
    let table = if all { Cow::Borrowed(table) } else { Cow::Owned(table.take(rows)) };
    let refused = |error: crate::inference::InputError| TrainError::Fit(error.to_string());
    let predictions = predictor.predict_table(&table, 0).map_err(refused)?;
    let evaluation = evaluate_predictions(predictor, &table, &predictions).map_err(refused)?;
    Ok((evaluation, predictions))
}

/// The naive model: the mean of the training target, or the classes' shares in training.
fn baseline(plan: &Plan, table: &Table, split: &split::Split) -> Baseline {
    let target = &plan.settings.target;
    if fitting::is_regression(plan.task) {
        let train = design::truth_numbers(table, target, &split.train);
        let mean = crate::data::profile::summarize(&train).map_or(0.0, |summary| summary.mean);
        let of = |truth: &[f64]| evaluate::regression(truth, &vec![mean; truth.len()]).scores;
        return Baseline {
            rule: format!("always the training mean, {}", crate::data::number_text(mean)),
            train: of(&train),
            test: (!split.test.is_empty()).then(|| of(&design::truth_numbers(table, target, &split.test))),
        };
    }
    let train = class_codes(plan, table, &split.train);
    let mut shares = vec![0.0; plan.classes.len()];
    train.iter().for_each(|&code| shares[code as usize] += 1.0 / train.len() as f64);
    let most =
        shares.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map_or(0, |m| m.0);
    let of = |truth: &[u32]| {
        let probabilities: Vec<Vec<f64>> = shares.iter().map(|&share| vec![share; truth.len()]).collect();
        evaluate::classes_scores(truth, &probabilities, &plan.classes).scores
    };
    Baseline {
        rule: format!(
            "always the most frequent class, '{}', with the classes' shares in training as probabilities",
            plan.classes[most]
        ),
        train: of(&train),
        test: (!split.test.is_empty()).then(|| of(&class_codes(plan, table, &split.test))),
    }
}

/// Adds the outline of the training rows' target and predictions to the model.
fn outline_target(
    plan: &Plan,
    table: &Table,
    rows: &[usize],
    predictor: &Predictor,
    predictions: &Predictions,
    model: &mut Model,
) {
    model.reference.extend(table.column(&plan.settings.target).map(|column| outline::outline(column, rows)));
    let name = "prediction";
    model.reference.push(if fitting::is_regression(plan.task) {
        outline::numbers(name, predictions.output(0))
    } else {
        let mut counts = vec![0_usize; plan.classes.len()];
        predictions.classes(predictor).into_iter().for_each(|class| counts[class as usize] += 1);
        outline::named_counts(name, plan.classes.iter().cloned().zip(counts).collect(), 0)
    });
}

/// Mean and sample standard deviation of each score over the folds.
#[must_use]
pub fn fold_summary(folds: &[Scores]) -> Map<String, Value> {
    let mut summary = Map::new();
    let Some(first) = folds.first() else { return summary };
    for key in first.keys() {
        let values: Vec<f64> =
            folds.iter().filter_map(|fold| fold.get(key).and_then(Value::as_f64)).collect();
        if let Some(s) = crate::data::profile::summarize(&values) {
            summary.insert(key.clone(), json!({"mean": s.mean, "std": s.std}));
        }
    }
    summary
}
