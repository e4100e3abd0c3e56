//! The Open Inference Protocol (`KServe` V2): JSON tensors and the binary tensor extension.

mod binary;
mod quick;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use binary::{numbers, texts, unknown_datatype, width};

use super::Problem;
use super::plain::write_list;
use crate::data::{write_json_text, write_number};
use crate::inference::{Batch, Prediction, Predictor};
use crate::model::{InputKind, Model, Task};

/// The header that says how many bytes of a binary body are JSON.
pub const HEADER_LENGTH: &str = "inference-header-content-length";

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    inputs: Vec<Tensor<'a>>,
    #[serde(borrow, default)]
    outputs: Option<Vec<Wanted<'a>>>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Tensor<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    shape: Vec<i64>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Wanted<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Deserialize, Default)]
struct Parameters {
    #[serde(default)]
    binary_data_size: Option<u64>,
    #[serde(default)]
    binary_data_output: Option<bool>,
    #[serde(default)]
    binary_data: Option<bool>,
}

/// What the answer must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The request's id, which comes back.
    id: Option<String>,
    /// Output and whether it is wanted as bytes; in order.
    outputs: Vec<(Output, bool)>,
}

/// The outputs a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    Prediction,
    Probability,
}

impl Output {
    fn name(self) -> &'static str {
        match self {
            Self::Prediction => "prediction",
            Self::Probability => "probability",
        }
    }

    fn of(model: &Model) -> &'static [Self] {
        if model.task == Task::Classification {
            &[Self::Prediction, Self::Probability]
        } else {
            &[Self::Prediction]
        }
    }

    fn is_text(self, model: &Model) -> bool {
        self == Self::Prediction && model.task == Task::Classification
    }

    fn datatype(self, model: &Model) -> &'static str {
        if self.is_text(model) { "BYTES" } else { "FP64" }
    }
}

/// Reads an inference request. `header_length` is the number of bytes that are JSON, where the header says so.
///
/// # Errors
/// [`Problem`] with status 400.
pub fn read(
    predictor: &Predictor,
    body: &[u8],
    header_length: Option<usize>,
    batch: &mut Batch,
) -> Result<Asked, Problem> {
    let quickly = if header_length.is_none() { quick::read(predictor, body, batch) } else { None };
    quickly.map_or_else(|| read_any(predictor, body, header_length, batch), Ok)
}

/// Reads a request of any kind, and says what is wrong with one that is none.
fn read_any(
    predictor: &Predictor,
    body: &[u8],
    header_length: Option<usize>,
    batch: &mut Batch,
) -> Result<Asked, Problem> {
    let bad = Problem::bad_request;
    let (head, mut raw) = match header_length {
        Some(length) => body.split_at_checked(length).ok_or_else(|| {
            bad(format!(
                "header Inference-Header-Content-Length: expected at most the body's {} bytes, got {length}",
                body.len()
            ))
        })?,
        None => (body, [].as_slice()),
    };
    let request: Body<'_> = serde_json::from_slice(head).map_err(|error| {
        bad(if error.is_data() {
            format!("the request is not an inference request: {error}")
        } else {
            format!("the body is not valid JSON: {error}")
        })
    })?;
    if request.inputs.is_empty() {
        return Err(bad(format!(
            "field 'inputs': expected a tensor for each of the model's inputs ({}), got none",
            input_names(predictor.model())
        )));
    }
    let whole_binary = request.parameters.unwrap_or_default().binary_data_output.unwrap_or(false);
    let model = predictor.model();
    let outputs = match &request.outputs {
        Some(wanted) if !wanted.is_empty() => {
            let mut outputs = Vec::with_capacity(wanted.len());
            for wanted in wanted {
                let known = Output::of(model).iter().find(|output| output.name() == wanted.name);
                let output = known.ok_or_else(|| {
                    let names: Vec<&str> = Output::of(model).iter().map(|output| output.name()).collect();
                    bad(format!(
                        "output '{}': the model gives {}",
                        super::problem_text(&wanted.name),
                        names.join(" and ")
                    ))
                })?;
                let binary = wanted.parameters.as_ref().and_then(|p| p.binary_data).unwrap_or(whole_binary);
                if !outputs.iter().any(|(known, _)| known == output) {
                    outputs.push((*output, binary));
                }
            }
            outputs
        }
        _ => Output::of(model).iter().map(|output| (*output, whole_binary)).collect(),
    };
    // one matrix of any name for a model of numbers, or a tensor for each input
    let matrix = match request.inputs.as_slice() {
        [tensor] => {
            predictor.input(&tensor.name).is_none_or(|_| is_matrix(tensor, model)) && predictor.all_numbers()
        }
        _ => false,
    };
    predictor.begin_columns(batch);
    let mut rows: Option<(usize, &str)> = None;
    let mut came = vec![false; model.inputs.len()];
    for tensor in &request.inputs {
        let name = super::problem_text(&tensor.name);
        let count = elements(tensor, name)?;
        let n_rows = tensor.shape.first().map_or(0, |n| *n as usize);
        let bytes = take_raw(tensor, name, &mut raw)?;
        if matrix {
            read_matrix(predictor, tensor, name, bytes, count, batch)?;
            continue;
        }
        let Some(input) = predictor.input(&tensor.name) else {
            if tensor.name == model.output.name || model.policies.extra_column != crate::model::Policy::Reject
            {
                continue;
            }
            return Err(bad(format!("input '{name}': the model's inputs are {}", input_names(model))));
        };
        if std::mem::replace(&mut came[input], true) {
            return Err(bad(format!("input '{name}': expected it once, got it twice")));
        }
        if count != n_rows {
            return Err(bad(format!("input '{name}': expected shape [N] or [N, 1], got {:?}", tensor.shape)));
        }
        match rows {
            None => rows = Some((n_rows, name)),
            Some((expected, first)) if expected != n_rows => {
                return Err(bad(format!(
                    "input '{name}': expected {expected} rows, as input '{first}' has, got {n_rows}"
                )));
            }
            Some(_) => {}
        }
        read_tensor(predictor, input, tensor, name, bytes, count, batch)?;
    }
    if !raw.is_empty() {
        return Err(bad(format!(
            "{} bytes are left over behind the binary tensors; 'binary_data_size' and the body must agree",
            raw.len()
        )));
    }
    if !matrix {
        predictor.check_came(&came).and_then(|()| predictor.end_columns(batch)).map_err(bad_input)?;
    }
    Ok(Asked { id: request.id.map(Cow::into_owned), outputs })
}

fn bad_input(error: crate::inference::InputError) -> Problem {
    Problem { status: 400, ..Problem::from(error) }
}

fn input_names(model: &Model) -> String {
    let names: Vec<&str> = model.inputs.iter().map(|input| input.name.as_str()).collect();
    crate::protocol::shortened(&names)
}

/// Whether the tensor is wider than a column.
fn is_matrix(tensor: &Tensor<'_>, model: &Model) -> bool {
    model.inputs.len() > 1 && tensor.shape.get(1..).is_some_and(|rest| rest.iter().any(|n| *n > 1))
}

/// How many values the shape promises.
fn elements(tensor: &Tensor<'_>, name: &str) -> Result<usize, Problem> {
    let bad = |what: &str| {
        Problem::bad_request(format!("input '{name}': expected {what}, got the shape {:?}", tensor.shape))
    };
    if tensor.shape.is_empty() {
        return Err(bad("a shape with the number of rows first"));
    }
    let mut count: usize = 1;
    for n in &tensor.shape {
        let n = usize::try_from(*n).map_err(|_negative| bad("a shape without negative numbers"))?;
        count = count.checked_mul(n).filter(|count| *count <= 1 << 32).ok_or_else(|| bad("fewer values"))?;
    }
    Ok(count)
}

/// The tensor's bytes behind the JSON, if it has some there.
fn take_raw<'b>(tensor: &Tensor<'_>, name: &str, raw: &mut &'b [u8]) -> Result<Option<&'b [u8]>, Problem> {
    let Some(size) = tensor.parameters.as_ref().and_then(|parameters| parameters.binary_data_size) else {
        return Ok(None);
    };
    if tensor.data.is_some() {
        return Err(Problem::bad_request(format!("input '{name}': both 'data' and 'binary_data_size' came")));
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let Some((own, rest)) = raw.split_at_checked(size) else {
        return Err(Problem::bad_request(format!(
            "input '{name}': 'binary_data_size' is {size}, and only {} bytes are left of the body",
            raw.len()
        )));
    };
    *raw = rest;
    Ok(Some(own))
}

fn read_tensor(
    predictor: &Predictor,
    input: usize,
    tensor: &Tensor<'_>,
    name: &str,
    bytes: Option<&[u8]>,
    count: usize,
    batch: &mut Batch,
) -> Result<(), Problem> {
    let datatype = tensor.datatype.as_ref();
    let before = batch.column_len(input);
    if let Some(bytes) = bytes {
        if datatype == "BYTES" {
            let texts = texts(bytes, name)?;
            predictor.take_texts(input, texts.into_iter(), batch).map_err(bad_input)?;
        } else {
            let numbers = numbers(bytes, datatype, name)?;
            predictor.take_numbers(input, numbers.into_iter(), batch).map_err(bad_input)?;
        }
    } else {
        if datatype != "BYTES" && width(datatype).is_none() {
            return Err(unknown_datatype(datatype, name));
        }
        let data = tensor.data.ok_or_else(|| {
            Problem::bad_request(format!(
                "input '{name}': expected 'data', or 'binary_data_size' with binary data"
            ))
        })?;
        predictor
            .read_column(input, data.get().as_bytes(), batch)
            .map_err(|error| Problem { status: 400, ..Problem::from(error) })?;
    }
    check_count(name, count, batch.column_len(input) - before)
}

fn check_count(name: &str, expected: usize, came: usize) -> Result<(), Problem> {
    if came == expected {
        return Ok(());
    }
    Err(Problem::bad_request(format!(
        "input '{name}': the shape promises {expected} values, and {came} came"
    )))
}

fn read_matrix(
    predictor: &Predictor,
    tensor: &Tensor<'_>,
    name: &str,
    bytes: Option<&[u8]>,
    count: usize,
    batch: &mut Batch,
) -> Result<(), Problem> {
    let n_inputs = predictor.model().inputs.len();
    let n_rows = tensor.shape.first().map_or(0, |n| *n as usize);
    if count != n_rows * n_inputs {
        return Err(Problem::bad_request(format!(
            "input '{name}': expected the shape [N, {n_inputs}] for the inputs {}, got {:?}",
            input_names(predictor.model()),
            tensor.shape
        )));
    }
    let datatype = tensor.datatype.as_ref();
    let values = if let Some(bytes) = bytes {
        numbers(bytes, datatype, name)?
    } else {
        if width(datatype).is_none() {
            return Err(unknown_datatype(datatype, name));
        }
        let data = tensor.data.ok_or_else(|| {
            Problem::bad_request(format!(
                "input '{name}': expected 'data', or 'binary_data_size' with binary data"
            ))
        })?;
        flat_numbers(data.get(), name)?
    };
    check_count(name, count, values.len())?;
    predictor.take_matrix(&values, batch).map_err(bad_input)
}

/// The numbers of nested JSON lists.
fn flat_numbers(json: &str, name: &str) -> Result<Vec<f64>, Problem> {
    struct Flat<'a>(&'a mut Vec<f64>);
    impl<'de> serde::de::DeserializeSeed<'de> for Flat<'_> {
        type Value = ();
        fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            deserializer.deserialize_any(self)
        }
    }
    impl<'de> serde::de::Visitor<'de> for Flat<'_> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number")
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
            while seq.next_element_seed(Flat(self.0))?.is_some() {}
            Ok(())
        }
        fn visit_f64<E>(self, value: f64) -> Result<(), E> {
            self.0.push(value);
            Ok(())
        }
        fn visit_u64<E>(self, value: u64) -> Result<(), E> {
            self.0.push(value as f64);
            Ok(())
        }
        fn visit_i64<E>(self, value: i64) -> Result<(), E> {
            self.0.push(value as f64);
            Ok(())
        }
        fn visit_bool<E>(self, value: bool) -> Result<(), E> {
            self.0.push(f64::from(u8::from(value)));
            Ok(())
        }
    }
    let mut values = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde::de::DeserializeSeed::deserialize(Flat(&mut values), &mut deserializer)
        .map_err(|error| Problem::bad_request(format!("input '{name}': {error}")))?;
    Ok(values)
}

/// Writes the answer; the number of bytes that are JSON, where bytes follow them.
pub fn write_answer(
    predictor: &Predictor,
    batch: &Batch,
    asked: &Asked,
    (name, version): (&str, &str),
    out: &mut Vec<u8>,
) -> Option<usize> {
    let model = predictor.model();
    let n_rows = batch.n_rows();
    let probability = |row| match batch.get(predictor, row) {
        Prediction::Number(value) => value,
        Prediction::Class { probability, .. } => probability,
    };
    let class = |row| match batch.get(predictor, row) {
        Prediction::Class { name, .. } => name,
        Prediction::Number(_) => "",
    };
    let mut raw = Vec::new();
    out.extend_from_slice(b"{\"model_name\":");
    write_json_text(name, out);
    out.extend_from_slice(b",\"model_version\":");
    write_json_text(version, out);
    if let Some(id) = &asked.id {
        out.extend_from_slice(b",\"id\":");
        write_json_text(id, out);
    }
    out.extend_from_slice(b",\"outputs\":");
    let any_binary = asked.outputs.iter().any(|(_, binary)| *binary);
    write_list(asked.outputs.len(), out, |at, out| {
        let (output, binary) = asked.outputs[at];
        let names =
            ["{\"name\":\"", output.name(), "\",\"datatype\":\"", output.datatype(model), "\",\"shape\":["];
        names.iter().for_each(|text| out.extend_from_slice(text.as_bytes()));
        write_number(n_rows as f64, out);
        out.push(b']');
        if binary {
            let before = raw.len();
            for row in 0..n_rows {
                if output.is_text(model) {
                    let text = class(row);
                    raw.extend_from_slice(&(text.len() as u32).to_le_bytes());
                    raw.extend_from_slice(text.as_bytes());
                } else {
                    raw.extend_from_slice(&probability(row).to_le_bytes());
                }
            }
            let size = raw.len() - before;
            out.extend_from_slice(format!(",\"parameters\":{{\"binary_data_size\":{size}}}}}").as_bytes());
        } else {
            out.extend_from_slice(b",\"data\":");
            write_list(n_rows, out, |row, out| {
                if output.is_text(model) {
                    write_json_text(class(row), out);
                } else {
                    write_number(probability(row), out);
                }
            });
            out.push(b'}');
        }
    });
    out.push(b'}');
    let length = out.len();
    out.extend_from_slice(&raw);
    any_binary.then_some(length)
}

/// What the server says of itself.
#[must_use]
pub fn server_metadata() -> Value {
    json!({"name": "drydock", "version": env!("CARGO_PKG_VERSION"), "extensions": ["binary_tensor_data"]})
}

/// What the server says of a model.
#[must_use]
pub fn model_metadata(model: &Model, name: &str, versions: &[String]) -> Value {
    let inputs: Vec<Value> = model
        .inputs
        .iter()
        .map(|input| {
            let datatype = match input.kind {
                InputKind::Number { .. } => "FP64",
                InputKind::Boolean { .. } => "BOOL",
                InputKind::Category { .. } | InputKind::Date { .. } => "BYTES",
            };
            json!({"name": input.name, "datatype": datatype, "shape": [-1, 1]})
        })
        .collect();
    let outputs: Vec<Value> = Output::of(model)
        .iter()
        .map(|output| json!({"name": output.name(), "datatype": output.datatype(model), "shape": [-1]}))
        .collect();
    json!({"name": name, "versions": versions, "platform": "drydock", "inputs": inputs, "outputs": outputs})
}
