//! What an answer is expected to be: checks that are kept in the request's file and run after each send.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exchange::Exchange;
use super::json_path::at_path;

/// One expectation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Assertion {
    /// The status is this number, or in a class such as `2xx`.
    Status {
        /// `200` or `4xx`.
        is: String,
    },
    /// A header is there and holds a text (whatever the case); an empty text asks only that it is there.
    Header {
        /// The header's name.
        name: String,
        /// What it holds.
        contains: String,
    },
    /// The JSON value at a path is this one.
    JsonEquals {
        /// The path.
        path: String,
        /// The value, as JSON text; what is no JSON is taken as a text.
        value: String,
    },
    /// The JSON value at a path, as text, holds this.
    JsonContains {
        /// The path.
        path: String,
        /// What it holds.
        text: String,
    },
    /// The JSON value at a path is a number near this one.
    JsonNumber {
        /// The path.
        path: String,
        /// The number.
        value: f64,
        /// How far off it may be.
        within: f64,
    },
    /// The body, as text, holds this.
    BodyContains {
        /// What it holds.
        text: String,
    },
    /// The whole took less than this.
    TimeBelow {
        /// Milliseconds.
        millis: f64,
    },
}

/// What came of an expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The expectation, in words.
    pub expectation: String,
    /// `Ok`, or what came instead.
    pub outcome: Result<(), String>,
}

impl Assertion {
    /// The expectation, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Status { is } => format!("status is {is}"),
            Self::Header { name, contains } if contains.is_empty() => format!("header {name} is there"),
            Self::Header { name, contains } => format!("header {name} holds '{contains}'"),
            Self::JsonEquals { path, value } => format!("{path} is {value}"),
            Self::JsonContains { path, text } => format!("{path} holds '{text}'"),
            Self::JsonNumber { path, value, within } => format!("{path} is {value} within {within}"),
            Self::BodyContains { text } => format!("the body holds '{text}'"),
            Self::TimeBelow { millis } => format!("it takes less than {millis} ms"),
        }
    }

    fn check(&self, exchange: &Exchange, body: Result<&Value, &str>) -> Result<(), String> {
        let json = |path: &str| body.map_err(str::to_owned).and_then(|body| at_path(body, path));
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self {
            Self::Status { is } => {
                let came = exchange.status.to_string();
                let wanted = is.trim().to_ascii_lowercase();
                let fits = wanted.len() == 3
                    && wanted.bytes().zip(came.bytes()).all(|(want, got)| want == got || want == b'x');
                if fits { Ok(()) } else { Err(format!("it is {came}")) }
            }
            Self::Header { name, contains } => {
                let values: Vec<&str> = exchange
                    .headers
                    .iter()
                    .filter(|(known, _)| known.eq_ignore_ascii_case(name.trim()))
                    .map(|(_, value)| value.as_str())
                    .collect();
                let wanted = contains.to_lowercase();
                if values.is_empty() {
                    Err("there is no such header".into())
                } else if values.iter().any(|value| value.to_lowercase().contains(&wanted)) {
                    Ok(())
                } else {
                    Err(format!("it is '{}'", values.join(", ")))
                }
            }
            Self::JsonEquals { path, value } => {
                let came = json(path)?;
                let wanted =
                    serde_json::from_str(value).unwrap_or_else(|_no_json| Value::from(value.as_str()));
                if same(came, &wanted) {
                    Ok(())
                } else {
                    Err(format!("it is {}", shorten(&came.to_string())))
                }
            }
            Self::JsonContains { path, text } => {
                let came = plain(json(path)?);
                if came.contains(text.as_str()) { Ok(()) } else { Err(format!("it is {}", shorten(&came))) }
            }
            Self::JsonNumber { path, value, within } => {
                let came = json(path)?;
                let number = came
                    .as_f64()
                    .ok_or_else(|| format!("it is no number but {}", shorten(&came.to_string())))?;
                let off = (number - value).abs();
                if off <= *within { Ok(()) } else { Err(format!("it is {number}, {off} off")) }
            }
            Self::BodyContains { text } => {
                let body = String::from_utf8_lossy(&exchange.body);
                if body.contains(text.as_str()) { Ok(()) } else { Err("it does not".into()) }
            }
            Self::TimeBelow { millis } => {
                let took = exchange.total_secs * 1e3;
                if took < *millis { Ok(()) } else { Err(format!("it took {took:.2} ms")) }
            }
        }
    }
}

/// Whether two JSON values are the same; 1 and 1.0 are.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same(a, b)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, a)| y.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 120 {
        return text.to_owned();
    }
    text.chars().take(119).chain(std::iter::once('…')).collect()
}

/// Checks an answer against every expectation.
#[must_use]
pub fn check_all(assertions: &[Assertion], exchange: &Exchange) -> Vec<Checked> {
    let parsed = serde_json::from_slice::<Value>(&exchange.body);
    let body = parsed.as_ref().map_err(|error| format!("the body is no JSON: {error}"));
    assertions
        .iter()
        .map(|assertion| Checked {
            expectation: assertion.describe(),
            outcome: assertion.check(exchange, body.as_ref().map(|v| *v).map_err(String::as_str)),
        })
        .collect()
}
