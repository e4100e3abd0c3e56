//! The same rows to the running server and back: over a real connection, through the dialect that clients use.

use serde_json::{Map, Value};

use super::record::{Record, value_of};
use crate::app::job::JobError;
use crate::app::pages::serve::body_limit;
use crate::app::state::Problem;
use crate::client::{Client, Exchange, Request, SendError, Settings};
use crate::data::Table;
use crate::model::Model;
use crate::work::Progress;

/// The running server, as a client of it sees it.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// `http://127.0.0.1:8080`.
    pub(crate) base: String,
    /// The publishable key, where one is asked for.
    pub(crate) key: Option<String>,
    /// The name the champion is served under, and its version there.
    pub(crate) model: (String, String),
    /// Whether that version is named in the address: another one answers a share of the requests that name none.
    pub(crate) pinned: bool,
    /// What sends; it keeps its connections.
    pub(crate) client: Client,
}

impl Endpoint {
    /// A JSON body to the model.
    pub(crate) fn request(&self, body: Vec<u8>) -> Request {
        let (name, version) = &self.model;
        let version = if self.pinned { format!("/versions/{version}") } else { String::new() };
        let path = format!("{}/models/{}{version}/predict", self.base, crate::protocol::percent_encode(name));
        self.post(&path, body)
    }

    /// A JSON body to any address of the server.
    pub(crate) fn post(&self, url: &str, body: Vec<u8>) -> Request {
        let request = Request::new("POST", url).header("Content-Type", "application/json").body(body);
        match &self.key {
            Some(key) => request.header("Authorization", &format!("Bearer {key}")),
            None => request,
        }
    }

    /// Sends a request, whatever is answered.
    ///
    /// # Errors
    /// A [`Problem`] where nothing is; [`JobError::Cancelled`].
    pub(crate) fn send(&self, request: &Request, progress: &Progress) -> Result<Exchange, JobError> {
        match self.client.send(request, &Settings::default(), progress) {
            Ok(exchange) => Ok(exchange),
            Err(SendError::Cancelled) => Err(JobError::Cancelled),
            Err(error) => Err(Problem::new("The server did not answer", error.to_string()).into()),
        }
    }

    /// Sends a request that is to succeed.
    ///
    /// # Errors
    /// A [`Problem`] that says what came instead of an answer; [`JobError::Cancelled`].
    pub(crate) fn exchange(&self, request: &Request, progress: &Progress) -> Result<Exchange, JobError> {
        let exchange = self.send(request, progress)?;
        if exchange.status == 200 { Ok(exchange) } else { Err(Self::not_ok(&exchange).into()) }
    }

    /// What an answer says that is no success.
    pub(crate) fn not_ok(exchange: &Exchange) -> Problem {
        let json: Option<Value> = serde_json::from_slice(&exchange.body).ok();
        let detail = json.as_ref().and_then(|json| json.get("detail")).and_then(Value::as_str);
        let said = detail.or_else(|| exchange.text()).unwrap_or_default();
        let said = said.chars().take(300).collect::<String>();
        Problem::new(format!("The server answered with {}", exchange.status), said)
    }

    /// Sends a request and returns the answer's body.
    ///
    /// # Errors
    /// As [`Endpoint::exchange`].
    pub(super) fn ask(&self, request: &Request, progress: &Progress) -> Result<Vec<u8>, JobError> {
        Ok(self.exchange(request, progress)?.body)
    }

    /// The record's outputs over HTTP, alone. A classifier's answer holds the probability of its class; the others are
    /// taken as they were in `alone`.
    ///
    /// # Errors
    /// As [`Endpoint::ask`]; a [`Problem`] where another model answered.
    pub(super) fn one(
        &self,
        model: &Model,
        record: &Record,
        alone: &[f64],
        progress: &Progress,
    ) -> Result<Vec<f64>, JobError> {
        let body = Value::Object(record.clone()).to_string().into_bytes();
        let answer = self.answer(&self.ask(&self.request(body), progress)?)?;
        Ok(outputs(model, alone, answer.get("prediction"), answer.get("probability")))
    }

    /// The outputs of row `at` of a table that is sent as one body.
    ///
    /// # Errors
    /// As [`Endpoint::one`].
    pub(super) fn among(
        &self,
        model: &Model,
        table: &Table,
        at: usize,
        alone: &[f64],
        progress: &Progress,
    ) -> Result<Vec<f64>, JobError> {
        let Some(body) = body_of(model, table) else { return Ok(Vec::new()) };
        let answer = self.answer(&self.ask(&self.request(body), progress)?)?;
        let of = |name: &str| answer.get(name).and_then(|list| list.get(at));
        Ok(outputs(model, alone, of("predictions"), of("probabilities")))
    }

    /// The answer's JSON, if it is the champion's.
    ///
    /// # Errors
    /// A [`Problem`] where another model answered.
    pub(super) fn answer(&self, body: &[u8]) -> Result<Value, JobError> {
        let answer: Value = serde_json::from_slice(body)
            .map_err(|error| Problem::new("The server's answer is no JSON", error.to_string()))?;
        let version = answer.get("version").and_then(Value::as_str).unwrap_or_default();
        if version != self.model.1 {
            let said = format!("Version {version} answered, the champion is {}; compare again", self.model.1);
            return Err(Problem::new("The server has another model", said).into());
        }
        Ok(answer)
    }
}

/// The outputs by an answer: the number, or `alone` with the probability of the class that was answered.
fn outputs(
    model: &Model,
    alone: &[f64],
    prediction: Option<&Value>,
    probability: Option<&Value>,
) -> Vec<f64> {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or(f64::NAN);
    let classes = &model.output.classes;
    if classes.is_empty() {
        return vec![number(prediction)];
    }
    let mut outputs = alone.to_vec();
    match classes.iter().position(|class| prediction.and_then(Value::as_str) == Some(class)) {
        Some(class) if class < outputs.len() => outputs[class] = number(probability),
        _ => outputs.fill(f64::NAN),
    }
    outputs
}

/// A table as the body of one request, `{"records": […]}`; `None` where it is larger than the server takes.
pub(super) fn body_of(model: &Model, table: &Table) -> Option<Vec<u8>> {
    let limit = usize::try_from(body_limit()).unwrap_or(usize::MAX);
    let columns: Vec<_> = table.columns().iter().zip(&model.inputs).collect();
    let mut body = Vec::from(br#"{"records":["#);
    for row in 0..table.n_rows() {
        if row > 0 {
            body.push(b',');
        }
        let fields = columns.iter().map(|(column, input)| (input.name.clone(), value_of(input, column, row)));
        serde_json::to_writer(&mut body, &fields.collect::<Map<String, Value>>()).ok()?;
        if body.len() + 2 > limit {
            return None;
        }
    }
    body.extend_from_slice(b"]}");
    Some(body)
}
