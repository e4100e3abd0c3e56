//! Our own JSON: a record, a list, `{"records": […]}` in; `prediction` or `predictions` out.

use serde_json::{Value, json};

use crate::data::write_json_text;
use crate::data::write_number;
use crate::inference::{Batch, Form, Prediction, Predictor};
use crate::model::{Input, InputKind, Model, Task};

/// Writes the answer: `{"prediction": …, "model": …, "version": …}` for one record, `{"predictions": […], …}` for many.
pub fn write_answer(predictor: &Predictor, batch: &Batch, form: Form, out: &mut Vec<u8>) {
    let classes = predictor.model().task == Task::Classification;
    match form {
        Form::One => {
            out.extend_from_slice(b"{\"prediction\":");
            match batch.get(predictor, 0) {
                Prediction::Number(value) => write_number(value, out),
                Prediction::Class { name, probability } => {
                    write_json_text(name, out);
                    out.extend_from_slice(b",\"probability\":");
                    write_number(probability, out);
                }
            }
        }
        Form::Many => {
            out.extend_from_slice(b"{\"predictions\":");
            write_predictions(predictor, batch, out);
            if classes {
                out.extend_from_slice(b",\"probabilities\":");
                write_list(batch.n_rows(), out, |row, out| {
                    if let Prediction::Class { probability, .. } = batch.get(predictor, row) {
                        write_number(probability, out);
                    }
                });
            }
        }
    }
    out.extend_from_slice(predictor.json_tail().as_bytes());
}

/// Writes the predictions as a JSON list: numbers, or the classes' names.
pub fn write_predictions(predictor: &Predictor, batch: &Batch, out: &mut Vec<u8>) {
    out.reserve(batch.n_rows() * 20);
    write_list(batch.n_rows(), out, |row, out| match batch.get(predictor, row) {
        Prediction::Number(value) => write_number(value, out),
        Prediction::Class { name, .. } => write_json_text(name, out),
    });
}

/// Writes a JSON list of `n` items.
pub(crate) fn write_list(n: usize, out: &mut Vec<u8>, mut item: impl FnMut(usize, &mut Vec<u8>)) {
    out.push(b'[');
    for at in 0..n {
        if at > 0 {
            out.push(b',');
        }
        item(at, out);
    }
    out.push(b']');
}

/// A typical record of the model, as JSON: what documentation and try-out forms start from.
#[must_use]
pub fn example_record(model: &Model) -> Value {
    let fields = model.inputs.iter().map(|input| (input.name.clone(), typical(input)));
    Value::Object(fields.collect())
}

/// A typical value of an input, as JSON.
#[must_use]
pub fn typical(input: &Input) -> Value {
    match &input.kind {
        InputKind::Number { typical, whole, .. } => {
            if *whole && typical.fract() == 0.0 && typical.abs() < 1e15 {
                json!(*typical as i64)
            } else {
                json!(typical)
            }
        }
        InputKind::Category { levels, fill } => json!(levels.get(*fill)),
        InputKind::Boolean { fill, .. } => json!(fill),
        InputKind::Date { typical, .. } => json!(day_text(*typical)),
    }
}

/// A day (since 1970-01-01) as yyyy-mm-dd.
pub(super) fn day_text(day: f64) -> String {
    let date = jiff::civil::date(1970, 1, 1);
    let span = jiff::Span::new().try_days(day.floor().clamp(-3e6, 2.9e6) as i64);
    span.and_then(|span| date.checked_add(span)).unwrap_or(date).to_string()
}
