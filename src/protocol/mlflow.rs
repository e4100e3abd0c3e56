//! MLflow's scoring server: `/invocations` takes exactly one of four forms.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Problem;
use super::plain::write_predictions;
use crate::inference::{Batch, Predictor, Rows};

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    dataframe_split: Option<&'a RawValue>,
    #[serde(borrow, default)]
    dataframe_records: Option<&'a RawValue>,
    #[serde(borrow, default)]
    instances: Option<&'a RawValue>,
    #[serde(borrow, default)]
    inputs: Option<&'a RawValue>,
    #[serde(borrow, default)]
    signature_name: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Split<'a> {
    columns: Vec<String>,
    #[serde(borrow)]
    data: &'a RawValue,
}

const FORMS: &str = "The input must be a JSON dictionary with exactly one of the input fields \
    {'dataframe_split', 'dataframe_records', 'instances', 'inputs'}";

/// Reads the records of an invocation.
///
/// # Errors
/// [`Problem`] with status 400.
pub fn read(predictor: &Predictor, body: &[u8], batch: &mut Batch) -> Result<(), Problem> {
    let body: Body<'_> = serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(if error.is_data() {
            format!("{FORMS}; {error}")
        } else {
            format!("the body is not valid JSON: {error}")
        })
    })?;
    if body.signature_name.is_some() {
        return Err(Problem::bad_request(format!("{FORMS}; 'signature_name' is not taken here")));
    }
    let read = match (body.dataframe_split, body.dataframe_records, body.instances, body.inputs) {
        (Some(split), None, None, None) => {
            let split: Split<'_> = serde_json::from_str(split.get()).map_err(|error| {
                Problem::bad_request(format!(
                    "field 'dataframe_split': expected an object with 'columns' and 'data', got something else: {error}"
                ))
            })?;
            predictor.read_rows(split.data.get().as_bytes(), Rows::Columns(&split.columns), batch)
        }
        (None, Some(records), None, None) => {
            predictor.read_rows(records.get().as_bytes(), Rows::Objects, batch)
        }
        (None, None, Some(rows), None) => predictor.read_rows(rows.get().as_bytes(), Rows::Any, batch),
        (None, None, None, Some(inputs)) => {
            if inputs.get().starts_with('{') {
                predictor.read_columns(inputs.get().as_bytes(), batch)
            } else {
                predictor.read_rows(inputs.get().as_bytes(), Rows::Any, batch)
            }
        }
        (None, None, None, None) => return Err(Problem::bad_request(format!("{FORMS}; none came"))),
        _ => return Err(Problem::bad_request(format!("{FORMS}; several came"))),
    };
    read.map_err(|error| Problem { status: 400, ..Problem::from(error) })
}

/// Writes the answer, `{"predictions": […]}`.
pub fn write_answer(predictor: &Predictor, batch: &Batch, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"predictions\":");
    write_predictions(predictor, batch, out);
    out.push(b'}');
}
