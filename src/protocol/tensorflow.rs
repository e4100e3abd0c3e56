//! TensorFlow Serving's REST form: rows (`instances`) or columns (`inputs`) in, `predictions` or `outputs` out.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Problem;
use super::plain::write_predictions;
use crate::inference::{Batch, BodyError, Place, Predictor, Rows};
use crate::model::{InputKind, Model, Task};

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    signature_name: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    instances: Option<&'a RawValue>,
    #[serde(borrow, default)]
    inputs: Option<&'a RawValue>,
}

/// How the request was written, which the answer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `instances`.
    Rows,
    /// `inputs`.
    Columns,
}

/// Reads a predict request.
///
/// # Errors
/// [`Problem`] with status 400, in TensorFlow Serving's words where it has some.
pub fn read(predictor: &Predictor, body: &[u8], batch: &mut Batch) -> Result<Layout, Problem> {
    let body: Body<'_> = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("JSON Parse error: {error}")))?;
    if let Some(name) = body.signature_name.filter(|name| name != "serving_default" && !name.is_empty()) {
        return Err(Problem::bad_request(format!(
            "Serving signature name: \"{name}\" not found in signature def; the model has \"serving_default\""
        )));
    }
    match (body.instances, body.inputs) {
        (Some(_), Some(_)) => {
            Err(Problem::bad_request("Request has both 'inputs' and 'instances' keys; send one"))
        }
        (None, None) => Err(Problem::bad_request("Missing 'inputs' or 'instances' key")),
        (Some(rows), None) => {
            let read = predictor.read_rows(rows.get().as_bytes(), Rows::Any, batch);
            read.map_err(|error| element_problem(predictor, error))?;
            Ok(Layout::Rows)
        }
        (None, Some(columns)) => {
            let text = columns.get().as_bytes();
            let read = match predictor.model().inputs.as_slice() {
                [_] if !text.starts_with(b"{") => {
                    predictor.begin_columns(batch);
                    predictor
                        .read_column(0, text, batch)
                        .and_then(|()| predictor.end_columns(batch).map_err(BodyError::from))
                }
                _ => predictor.read_columns(text, batch),
            };
            read.map_err(|error| Problem { status: 400, ..Problem::from(error) })?;
            Ok(Layout::Columns)
        }
    }
}

fn element_problem(predictor: &Predictor, error: BodyError) -> Problem {
    let place = match &error {
        BodyError::Input(input) => match input.place {
            Some(Place::Record(row)) => Some(row),
            _ => None,
        },
        BodyError::Syntax(_) => None,
    };
    let mut problem = Problem { status: 400, ..Problem::from(error) };
    if let Some(row) = place {
        let names: Vec<&str> = predictor.model().inputs.iter().map(|input| input.name.as_str()).collect();
        let said = &problem.detail;
        problem.detail = format!(
            "Failed to process element: {row} of 'instances' list. {said}; keys must be equal to: {}",
            names.join(",")
        );
    }
    problem
}

/// Writes the answer in the request's layout.
pub fn write_answer(predictor: &Predictor, batch: &Batch, layout: Layout, out: &mut Vec<u8>) {
    out.extend_from_slice(match layout {
        Layout::Rows => b"{\"predictions\":".as_slice(),
        Layout::Columns => b"{\"outputs\":".as_slice(),
    });
    write_predictions(predictor, batch, out);
    out.push(b'}');
}

/// `GET /v1/models/NAME`, as TensorFlow Serving, `KServe` V1 and `OpenAI` clients each read it.
#[must_use]
pub fn status(name: &str, versions: &[usize], created: i64) -> Value {
    let states: Vec<Value> = versions
        .iter()
        .map(|number| {
            json!({"version": number.to_string(), "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""}})
        })
        .collect();
    json!({
        "id": name, "object": "model", "created": created, "owned_by": "drydock",
        "model_version_status": states,
        "name": name, "ready": true,
    })
}

/// The signature, as `GET …/metadata` gives it.
#[must_use]
pub fn metadata(model: &Model, name: &str, number: usize) -> Value {
    let dims = json!({"dim": [{"size": "-1", "name": ""}], "unknown_rank": false});
    let mut inputs = Map::new();
    for input in &model.inputs {
        let dtype = match input.kind {
            InputKind::Number { .. } => "DT_DOUBLE",
            InputKind::Boolean { .. } => "DT_BOOL",
            InputKind::Category { .. } | InputKind::Date { .. } => "DT_STRING",
        };
        let tensor = json!({"dtype": dtype, "tensor_shape": dims, "name": format!("{}:0", input.name)});
        inputs.insert(input.name.clone(), tensor);
    }
    let dtype = if model.task == Task::Classification { "DT_STRING" } else { "DT_DOUBLE" };
    json!({
        "model_spec": {"name": name, "signature_name": "", "version": number.to_string()},
        "metadata": {"signature_def": {"signature_def": {"serving_default": {
            "inputs": inputs,
            "outputs": {"prediction": {"dtype": dtype, "tensor_shape": dims, "name": "prediction:0"}},
            "method_name": "tensorflow/serving/predict",
        }}}},
    })
}
