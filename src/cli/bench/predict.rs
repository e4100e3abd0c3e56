//! Prediction: one record in the core, one record from JSON to JSON, and a batch in memory.

use std::hint::black_box;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::clock::{Repeats, time, time_short};
use super::generate::{FEATURES, normals, problem};
use super::{MILLISECONDS, NANOSECONDS, Session};
use crate::cli::Failure;
use crate::cli::report::grouped;
use crate::data::{Column, Table};
use crate::inference::{Predictor, Scratch};
use crate::training::{Origin, Plan, Settings, train};
use crate::work::Progress;

/// Inputs of the model that predicts single records.
const INPUTS: usize = 10;

pub(super) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    let predictor = linear(INPUTS)?;
    one(session, &predictor)?;
    as_json(session, &predictor)?;
    batch(session)
}

/// A linear model of that many numbers, trained on a thousand rows.
pub(super) fn linear(inputs: usize) -> Result<Predictor, Failure> {
    // enough rows for the training range to hold nearly all that are predicted
    let (x, y) = problem(100_000, inputs);
    let mut columns: Vec<Column> =
        x.into_iter().zip(1..).map(|(x, n)| Column::number(format!("feature_{n}"), x)).collect();
    columns.push(Column::number("y", y));
    let table = Table::new(columns).map_err(Failure::work)?;
    let plan = Plan::new(Settings::new("y"), &table).map_err(Failure::work)?;
    let trained = train(&plan, &table, &Origin::default(), &Progress::new()).map_err(Failure::work)?;
    Ok(Predictor::new(Arc::new(trained.model)))
}

/// A record in the order of the inputs, with numbers as a form or a service sends them.
fn record(predictor: &Predictor) -> Vec<(String, f64)> {
    let values = normals("bench record", INPUTS).into_iter().map(|v| (v * 1e4).round() / 1e4);
    predictor.model().inputs.iter().map(|input| input.name.clone()).zip(values).collect()
}

fn one(session: &mut Session<'_>, predictor: &Predictor) -> Result<(), Failure> {
    let fields: Map<String, Value> = record(predictor).into_iter().map(|(k, v)| (k, json!(v))).collect();
    let mut scratch = Scratch::default();
    predictor.read_value(&Value::Object(fields), &mut scratch).map_err(Failure::work)?;
    let core = time_short(|| predictor.predict(black_box(&mut scratch)))?;
    let values = normals("bench record", INPUTS);
    let weights: Vec<f64> = coefficients(predictor);
    let sum = time_short(|| dot(black_box(&weights), black_box(&values)))?;
    let beside = [("loop over the weights", &sum)];
    session.time(format!("one record of {INPUTS} numbers, in the core"), NANOSECONDS, &core, &beside);
    Ok(())
}

fn coefficients(predictor: &Predictor) -> Vec<f64> {
    predictor.model().linear().map_or_else(Vec::new, |(linear, _)| linear.coefficients.clone())
}

fn dot(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(w, v)| w * v).sum()
}

fn as_json(session: &mut Session<'_>, predictor: &Predictor) -> Result<(), Failure> {
    let mut fields = record(predictor);
    let text = |fields: &[(String, f64)]| {
        let fields: Map<String, Value> = fields.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        Value::Object(fields).to_string().into_bytes()
    };
    let in_order = text(&fields);
    fields.reverse();
    let reversed = text(&fields);
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    predictor.predict_json(&in_order, &mut scratch, &mut out).map_err(Failure::work)?;
    let mut predict = |json: &[u8]| {
        out.clear();
        // it went well above, and goes as it went
        let done = predictor.predict_json(black_box(json), &mut scratch, &mut out).is_ok();
        (done, out.len())
    };
    let ordered = time_short(|| predict(&in_order))?;
    let unordered = time_short(|| predict(&reversed))?;
    let weights: Vec<(String, f64)> =
        predictor.model().inputs.iter().map(|i| i.name.clone()).zip(coefficients(predictor)).collect();
    let tree = time_short(|| through_a_tree(black_box(&in_order), &weights))?;
    let beside = [("through a tree of values", &tree), ("fields in another order", &unordered)];
    session.time(format!("JSON to JSON, {INPUTS} fields by name"), NANOSECONDS, &ordered, &beside);
    Ok(())
}

/// The usual way: parse to a tree, look each field up, print a tree.
fn through_a_tree(json: &[u8], weights: &[(String, f64)]) -> Option<String> {
    let record: Value = serde_json::from_slice(json).ok()?;
    let mut sum = 3.0;
    for (name, weight) in weights {
        sum += weight * record.get(name)?.as_f64()?;
    }
    Some(json!({"prediction": sum, "model": "model", "version": "0123456789ab"}).to_string())
}

fn batch(session: &mut Session<'_>) -> Result<(), Failure> {
    let predictor = linear(FEATURES)?;
    let (columns, _) = problem(session.rows, FEATURES);
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let predict = |threads: usize| {
        time(Repeats::USUAL, || {
            black_box(predictor.predict_columns(&columns, threads).map_err(Failure::work)?);
            Ok(())
        })
    };
    let (one, all) = (predict(1)?, predict(0)?);
    let sum = time(Repeats::USUAL, || {
        black_box(columns.iter().map(|column| plain_sum(column)).sum::<f64>());
        Ok(())
    })?;
    let fresh = time(Repeats::USUAL, || {
        black_box(vec![1.0_f64; session.rows]);
        Ok(())
    })?;
    let size = format!("{} x {FEATURES}", grouped(session.rows as u64));
    let beside = [("sum of the same memory", &sum), ("fill memory for the result", &fresh)];
    session.time(format!("batch {size}, one thread"), MILLISECONDS, &one, &beside);
    session.time(format!("batch {size}, all threads"), MILLISECONDS, &all, &beside);
    Ok(())
}

/// The sum in 32 lanes, which no other use of a column is quicker than.
pub(super) fn plain_sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 32];
    let (groups, rest) = values.as_chunks::<32>();
    for group in groups {
        lanes.iter_mut().zip(group).for_each(|(lane, value)| *lane += value);
    }
    lanes.iter().chain(rest).sum()
}
