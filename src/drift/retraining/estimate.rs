//! Estimates of a model's performance while the labels are still on their way.
//!
//! Both learn on labelled reference rows that the model did not learn from, and both assume that the relation between
//! inputs and target is the one of the reference. They see what new inputs do to the model; when the relation itself changes
//! they stay calm and are wrong. An estimate is no truth.

use std::sync::Arc;

use serde::Serialize;

use super::losses::losses;
use crate::data::{Column, Table};
use crate::drift::predict_leniently;
use crate::inference::{InputError, Predictor};
use crate::model::{ModelKind, Policies, Policy, Task};
use crate::training::{Origin, Plan, Settings, TrainError, train};
use crate::work::{Progress, Seed};

/// Why nothing can be estimated.
#[derive(Debug, thiserror::Error)]
pub enum EstimateError {
    /// The rows can't be predicted.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The estimator can't be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Too few labelled rows.
    #[error("{0} labelled rows are too few to learn an estimate from; at least {1} are needed")]
    TooFew(usize, usize),
}

/// An estimated loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimated {
    /// The mean loss: absolute error, or error rate.
    pub loss: f64,
    /// Half the width of its 95 % band: 1.96 standard errors of so many rows.
    pub band: f64,
    /// Rows it is of.
    pub n: usize,
}

const MIN_ROWS: usize = 50;

/// Estimates a model's loss on rows without labels.
#[derive(Debug)]
pub struct LossEstimator {
    predictor: Predictor,
    how: How,
}

#[derive(Debug)]
enum How {
    /// Direct loss estimation: a tree that predicts the absolute error from the inputs and the prediction; and the
    /// standard deviation of the errors it leaves.
    Direct { nanny: Box<Predictor>, spread: f64 },
    /// Confidence: the chance of being right by the predicted class's probability, calibrated (thresholds ascending, and
    /// the chance from each on).
    Confidence { from: Vec<f64>, right: Vec<f64> },
}

const PREDICTION: &str = "prediction of the model";
const LOSS: &str = "loss of the model";

impl LossEstimator {
    /// Learns from labelled reference rows, best rows that the model did not learn from: on its own training rows a model
    /// looks better than it is.
    ///
    /// # Errors
    /// [`EstimateError`].
    pub fn fit(predictor: &Predictor, reference: &Table, seed: Seed) -> Result<Self, EstimateError> {
        let found = losses(predictor, reference)?;
        if found.rows.len() < MIN_ROWS {
            return Err(EstimateError::TooFew(found.rows.len(), MIN_ROWS));
        }
        let rows = reference.take(&found.rows);
        let how = match predictor.model().task {
            Task::Regression => direct(predictor, &rows, &found.values, seed)?,
            Task::Classification => confidence(predictor, &rows, &found.values)?,
        };
        Ok(Self { predictor: Predictor::new(Arc::clone(predictor.model())), how })
    }

    /// The method's name.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self.how {
            How::Direct { .. } => "direct loss estimation",
            How::Confidence { .. } => "confidence-based estimation",
        }
    }

    /// Estimates the loss on rows, whose labels are not looked at; `None` without a row that the model can predict.
    ///
    /// # Errors
    /// [`EstimateError`] when the rows can't be predicted.
    pub fn estimate(&self, table: &Table) -> Result<Option<Estimated>, EstimateError> {
        let model = self.predictor.model();
        let all: Vec<usize> = (0..table.n_rows()).collect();
        let kept = crate::drift::prediction::accepted_rows(model, table, &all);
        let taken = table.take(&kept);
        let n = kept.len();
        if n == 0 {
            return Ok(None);
        }
        let (loss, variance) = match &self.how {
            How::Direct { nanny, spread } => {
                let inputs = inputs(&self.predictor, &taken)?;
                let inputs = Table::new(inputs).map_err(TrainError::Data)?;
                let (_, predicted, _) = predict_leniently(nanny, &inputs, 0)?;
                // an absolute error is not below 0
                let of_row: Vec<f64> = predicted.output(0).iter().map(|loss| loss.max(0.0)).collect();
                let mean = of_row.iter().sum::<f64>() / n as f64;
                (mean, spread * spread)
            }
            How::Confidence { from, right } => {
                let confidences = confidences(&self.predictor, &taken)?;
                let chance = |p: f64| {
                    let at = from.partition_point(|&start| start <= p).max(1) - 1;
                    right.get(at).copied().unwrap_or(p)
                };
                let wrong: Vec<f64> = confidences.iter().map(|&p| 1.0 - chance(p)).collect();
                let mean = wrong.iter().sum::<f64>() / n as f64;
                (mean, wrong.iter().map(|p| p * (1.0 - p)).sum::<f64>() / n as f64)
            }
        };
        Ok(Some(Estimated { loss, band: 1.96 * (variance / n as f64).sqrt(), n }))
    }
}

/// The model's inputs and its prediction, as columns.
fn inputs(predictor: &Predictor, table: &Table) -> Result<Vec<Column>, InputError> {
    let (_, predictions, _) = predict_leniently(predictor, table, 0)?;
    let model = predictor.model();
    let mut columns: Vec<Column> =
        model.inputs.iter().filter_map(|input| table.column(&input.name)).cloned().collect();
    columns.push(Column::number(PREDICTION, predictions.output(0).to_vec()));
    Ok(columns)
}

fn direct(predictor: &Predictor, rows: &Table, losses: &[f64], seed: Seed) -> Result<How, EstimateError> {
    let mut columns = inputs(predictor, rows)?;
    columns.push(Column::number(LOSS, losses.to_vec()));
    let table = Table::new(columns).map_err(TrainError::Data)?;
    let settings = Settings {
        model: Some(ModelKind::Tree),
        task: Some(Task::Regression),
        max_depth: 6,
        min_leaf: (losses.len() / 50).max(10),
        policies: Policies {
            missing_value: Policy::Impute,
            unknown_level: Policy::Impute,
            out_of_range: Policy::Ignore,
            ..Policies::default()
        },
        seed,
        ..Settings::new(LOSS)
    };
    let plan = Plan::new(settings, &table)?;
    let trained = train(&plan, &table, &Origin::default(), &Progress::new())?;
    let nanny = Predictor::new(Arc::new(trained.model));
    let predicted = nanny.predict_table(&table, 0)?;
    let left: Vec<f64> = losses.iter().zip(predicted.output(0)).map(|(loss, guess)| loss - guess).collect();
    let spread = crate::data::profile::summarize(&left).and_then(|summary| summary.std).unwrap_or(0.0);
    Ok(How::Direct { nanny: Box::new(nanny), spread })
}

/// The probability of each row's predicted class.
fn confidences(predictor: &Predictor, table: &Table) -> Result<Vec<f64>, InputError> {
    let (lenient, predictions, _) = predict_leniently(predictor, table, 0)?;
    let classes = predictions.classes(&lenient).into_iter().enumerate();
    Ok(classes.map(|(row, class)| predictions.output(class as usize)[row]).collect())
}

/// Calibrates by isotonic regression: pools neighbours until the chance of being right never falls as confidence rises.
fn confidence(predictor: &Predictor, rows: &Table, losses: &[f64]) -> Result<How, EstimateError> {
    let mut pairs: Vec<(f64, f64)> =
        confidences(predictor, rows)?.into_iter().zip(losses.iter().map(|loss| 1.0 - loss)).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    // each pool: where it begins, how many were right, how many there are
    let mut pools: Vec<(f64, f64, f64)> = Vec::new();
    for tie in pairs.chunk_by(|a, b| a.0 == b.0) {
        let right: f64 = tie.iter().map(|(_, right)| right).sum();
        let mut pool = (tie[0].0, right, tie.len() as f64);
        while let Some(&(start, r, n)) = pools.last()
            && r / n >= pool.1 / pool.2
        {
            pool = (start, pool.1 + r, pool.2 + n);
            pools.pop();
        }
        pools.push(pool);
    }
    Ok(How::Confidence {
        from: pools.iter().map(|pool| pool.0).collect(),
        right: pools.iter().map(|pool| pool.1 / pool.2).collect(),
    })
}
