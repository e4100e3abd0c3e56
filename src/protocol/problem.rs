//! What went wrong with a request, and how each dialect says it.

use serde_json::{Map, Value, json};

use super::Dialect;
use crate::inference::{BodyError, InputError, Place};

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What happened, where, and what was expected.
    pub detail: String,
    /// A word for programs, such as `model_not_found`; empty for none.
    pub code: &'static str,
    /// The field it is about, in the dialects that name one.
    pub param: Option<String>,
    /// Where in the input it is.
    pub input: Option<Box<InputError>>,
    /// Seconds after which to try again.
    pub retry_after: Option<u32>,
    /// The methods that are allowed, with status 405.
    pub allow: Option<&'static str>,
}

impl Problem {
    /// A problem with a status and a sentence.
    #[must_use]
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            code: "",
            param: None,
            input: None,
            retry_after: None,
            allow: None,
        }
    }

    /// The body can't be read as what it should be.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, detail)
    }

    /// The model is not loaded.
    #[must_use]
    pub fn no_model(name: &str, version: Option<&str>, known: &str) -> Self {
        let which = match version {
            Some(version) => format!("model '{name}' in version '{version}'"),
            None => format!("model '{name}'"),
        };
        let mut problem = Self::new(404, format!("there is no {which}; loaded: {known}"));
        problem.code = "model_not_found";
        problem.param = Some("model".into());
        problem
    }

    /// The server has more to do than it may put off.
    #[must_use]
    pub fn busy(detail: impl Into<String>) -> Self {
        let mut problem = Self::new(503, detail);
        problem.retry_after = Some(1);
        problem.code = "busy";
        problem
    }

    /// Names a word for programs and the parameter it is about.
    #[must_use]
    pub fn with(mut self, code: &'static str, param: Option<&str>) -> Self {
        self.code = code;
        self.param = param.map(str::to_owned);
        self
    }

    /// The status's usual phrase.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self.status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            409 => "Conflict",
            411 => "Length Required",
            413 => "Content Too Large",
            415 => "Unsupported Media Type",
            417 => "Expectation Failed",
            422 => "Unprocessable Content",
            429 => "Too Many Requests",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            _ => "Error",
        }
    }

    /// Content type and body, as the dialect's clients expect them.
    #[must_use]
    pub fn body(&self, dialect: Dialect) -> (&'static str, Vec<u8>) {
        let value = match dialect {
            Dialect::Plain => self.plain(),
            Dialect::V2 | Dialect::TensorFlow => json!({"error": self.detail}),
            Dialect::Mlflow => {
                if self.status == 415 {
                    // as MLflow's own server answers it
                    return ("text/plain; charset=utf-8", format!("{}\n", self.detail).into_bytes());
                }
                json!({"error_code": self.mlflow_code(), "message": self.detail})
            }
            Dialect::OpenAi => json!({"error": {
                "message": self.detail,
                "type": self.openai_type(),
                "param": self.param,
                "code": if self.code.is_empty() { Value::Null } else { Value::from(self.code) },
            }}),
        };
        let kind = if dialect == Dialect::Plain { "application/problem+json" } else { "application/json" };
        (kind, value.to_string().into_bytes())
    }

    /// RFC 9457, with the place of the input as members of its own.
    fn plain(&self) -> Value {
        let mut value = Map::new();
        value.insert("type".into(), "about:blank".into());
        value.insert("title".into(), self.title().into());
        value.insert("status".into(), self.status.into());
        value.insert("detail".into(), self.detail.as_str().into());
        if !self.code.is_empty() {
            value.insert("code".into(), self.code.into());
        }
        if let Some(input) = &self.input {
            match input.place {
                Some(Place::Record(record)) => drop(value.insert("record".into(), record.into())),
                Some(Place::Line(line)) => drop(value.insert("line".into(), line.into())),
                None => {}
            }
            value.insert("field".into(), input.field.as_str().into());
            value.insert("expected".into(), input.expected.as_str().into());
            value.insert("got".into(), input.got.as_str().into());
        }
        Value::Object(value)
    }

    fn mlflow_code(&self) -> &'static str {
        match self.status {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "RESOURCE_DOES_NOT_EXIST",
            405 => "METHOD_NOT_ALLOWED",
            429 => "REQUEST_LIMIT_EXCEEDED",
            503 => "TEMPORARILY_UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            _ => "BAD_REQUEST",
        }
    }

    fn openai_type(&self) -> &'static str {
        match self.status {
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::Syntax(_) => Self::bad_request(detail).with("not_json", None),
            BodyError::Input(input) => input.into(),
        }
    }
}

impl From<InputError> for Problem {
    fn from(input: InputError) -> Self {
        let mut problem = Self::new(422, input.to_string()).with("invalid_input", None);
        problem.param = Some(input.field.clone()).filter(|field| !field.is_empty());
        problem.input = Some(Box::new(input));
        problem
    }
}
