//! One request for every row of a table: columns stand for variables, answers become a table.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;

use super::collection::{Body, FillError, SavedRequest};
use super::dialects::predictions;
use super::failure::SendError;
use super::json::{self, TokenKind};
use super::request::{Request, Settings};
use super::send::Client;
use super::variables::{Values, names};
use crate::data::{ColumnData, Table, date::format_iso, number_text, write_field};
use crate::work::Progress;

/// After so many rows in a row that could not be sent at all, the rest is not tried.
const GIVE_UP_AFTER: usize = 5;

/// What came of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowResult {
    /// The row, from 0.
    pub row: usize,
    /// The status, if an answer came.
    pub status: Option<u16>,
    /// How long it took, in seconds.
    pub secs: f64,
    /// The predictions of the answer, in one text.
    pub prediction: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What came of all rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowsRun {
    /// What was answered, in the order of the rows.
    pub results: Vec<RowResult>,
    /// Whether someone stopped it.
    pub cancelled: bool,
    /// Why the rest was not tried, if it was not.
    pub given_up: Option<String>,
}

impl RowsRun {
    /// As CSV: `row,status,milliseconds,prediction,error`; rows count from 1.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        let mut out = b"row,status,milliseconds,prediction,error\n".to_vec();
        for result in &self.results {
            let status = result.status.map_or_else(String::new, |status| status.to_string());
            out.extend_from_slice(
                format!("{},{status},{},", result.row + 1, number_text(result.secs * 1e3)).as_bytes(),
            );
            write_field(result.prediction.as_deref().unwrap_or("").as_bytes(), &mut out);
            out.push(b',');
            write_field(result.error.as_deref().unwrap_or("").as_bytes(), &mut out);
            out.push(b'\n');
        }
        out
    }
}

/// A cell as JSON: a number, a text, or null where it is missing.
fn cell(table: &Table, column: usize, row: usize) -> Value {
    let Some(column) = table.columns().get(column).filter(|column| !column.is_missing(row)) else {
        return Value::Null;
    };
    match &column.data {
        ColumnData::Number(values) => {
            // as it would be typed, so that whole numbers have no point
            serde_json::from_str(&number_text(values[row])).unwrap_or(Value::Null)
        }
        ColumnData::Date(values) => Value::from(format_iso(values[row])),
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            coded.get(row).map_or(Value::Null, Value::from)
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The request for one row. In a JSON body a variable without quotes becomes the cell's value (a number, a quoted text,
/// null), one inside quotes the cell's text, escaped; in the address it is %-escaped.
///
/// # Errors
/// [`FillError`]: variables that are neither a column nor in the environment, or a body file that can't be read.
pub fn request_for_row(
    saved: &SavedRequest,
    values: &Values,
    table: &Table,
    row: usize,
    workspace: &Path,
) -> Result<Request, FillError> {
    let mut saved = saved.clone();
    let find = |name: &str| table.columns().iter().position(|column| column.name == name);
    saved.url = replace(&saved.url, |name| {
        Some(crate::protocol::percent_encode(&plain(&cell(table, find(name)?, row))))
    });
    if let Body::Text(text) = &saved.body {
        let quoted_or_not = json::template_tokens(text).ok();
        let filled = match quoted_or_not {
            Some(tokens) => {
                let mut out = String::with_capacity(text.len());
                let mut at = 0;
                for token in tokens {
                    out.push_str(&text[at..token.start]);
                    let piece = &text[token.start..token.end];
                    let filled = match token.kind {
                        TokenKind::Variable => {
                            replace(piece, |name| Some(cell(table, find(name)?, row).to_string()))
                        }
                        TokenKind::Text | TokenKind::Key => replace(piece, |name| {
                            let text = Value::from(plain(&cell(table, find(name)?, row))).to_string();
                            Some(text[1..text.len() - 1].to_owned())
                        }),
                        _ => piece.to_owned(),
                    };
                    out.push_str(&filled);
                    at = token.end;
                }
                out.push_str(&text[at..]);
                out
            }
            None => replace(text, |name| Some(plain(&cell(table, find(name)?, row)))),
        };
        saved.body = Body::Text(filled);
    }
    let mut values = values.clone();
    for (place, column) in table.columns().iter().enumerate() {
        values.set(&column.name, &plain(&cell(table, place, row)));
    }
    saved.fill(&values, workspace)
}

/// A text with those variables replaced that `value` knows.
fn replace(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end, name) in names(text) {
        out.push_str(&text[at..start]);
        match value(name) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&text[start..end]),
        }
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct RowsPlan {
    /// The request, with `{{column}}` variables.
    pub request: SavedRequest,
    /// The environment's values.
    pub values: Values,
    /// The workspace's folder, from which body files count.
    pub workspace: std::path::PathBuf,
    /// The rows.
    pub table: Arc<Table>,
    /// How it is sent.
    pub settings: Settings,
    /// How many are under way at once.
    pub concurrency: usize,
}

/// Sends a request for every row; `progress` counts rows and can stop it. What was answered until then stays. `on_row` is
/// told each result as it comes.
#[must_use]
pub fn run_rows(
    client: &Client,
    plan: &RowsPlan,
    progress: &Progress,
    on_row: &mut dyn FnMut(&RowResult),
) -> RowsRun {
    let n = plan.table.n_rows();
    progress.set_total(n as u64);
    client.runtime().block_on(async {
        let mut run = RowsRun::default();
        let mut tasks: JoinSet<(RowResult, bool)> = JoinSet::new();
        let mut next = 0;
        let mut unsent = 0;
        loop {
            let open = !progress.is_cancelled() && run.given_up.is_none();
            while open && next < n && tasks.len() < plan.concurrency.clamp(1, 256) {
                let row = next;
                next += 1;
                match request_for_row(&plan.request, &plan.values, &plan.table, row, &plan.workspace) {
                    Ok(request) => {
                        let (client, settings, progress) =
                            (client.clone(), plan.settings.clone(), progress.clone());
                        tasks.spawn(async move { one(&client, row, &request, &settings, &progress).await });
                    }
                    Err(error) => {
                        run.given_up = Some(format!("row {}: {error}", row + 1));
                        break;
                    }
                }
            }
            let Some(joined) = tasks.join_next().await else { break };
            let Ok((result, was_sent)) = joined else { continue };
            if progress.is_cancelled() && result.status.is_none() {
                continue;
            }
            unsent = if was_sent { 0 } else { unsent + 1 };
            if unsent >= GIVE_UP_AFTER && run.given_up.is_none() {
                let why = result.error.clone().unwrap_or_default();
                run.given_up = Some(format!("{unsent} rows one after the other got no answer: {why}"));
            }
            on_row(&result);
            progress.add(1);
            run.results.push(result);
        }
        run.cancelled = progress.is_cancelled();
        run.results.sort_by_key(|result| result.row);
        run
    })
}

/// Sends one row; whether an answer came.
async fn one(
    client: &Client,
    row: usize,
    request: &Request,
    settings: &Settings,
    progress: &Progress,
) -> (RowResult, bool) {
    match client.exchange(request, settings, progress, &mut |_| ()).await {
        Ok(exchange) => {
            let is_good = (200..300).contains(&exchange.status);
            let found = predictions(exchange.header("content-type").unwrap_or(""), &exchange.body);
            let prediction = found.map(|values| values.iter().map(plain).collect::<Vec<_>>().join(" "));
            let error =
                (!is_good).then(|| error_text(&exchange.body).unwrap_or_else(|| exchange.reason.clone()));
            let result = RowResult {
                row,
                status: Some(exchange.status),
                secs: exchange.total_secs,
                prediction: prediction.filter(|_| is_good),
                error,
            };
            (result, true)
        }
        Err(error) => {
            let (text, secs) = match &error {
                SendError::Cancelled => ("cancelled".to_owned(), 0.0),
                SendError::Failed(failure) => (failure.message.clone(), failure.timings.total_secs),
            };
            (RowResult { row, status: None, secs, prediction: None, error: Some(text) }, false)
        }
    }
}

/// What a server says is wrong, in any dialect's form.
#[must_use]
pub fn error_text(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    value
        .get("detail")
        .and_then(text)
        .or_else(|| value.pointer("/error/message").and_then(text))
        .or_else(|| value.get("error").and_then(text))
        .or_else(|| value.get("message").and_then(text))
        .or_else(|| value.get("title").and_then(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ReadOptions, Source, read_csv};

    #[test]
    fn cells_become_values_texts_and_parts_of_an_address() {
        let csv = "t,store,note\n-4.50,\"Süd \"\"A\"\"\",\n7,b,x\n";
        let source = Source::from_bytes("a.csv", csv.as_bytes());
        let table = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap().table;
        let saved = SavedRequest::new("a", "POST", "{{base}}/{{store}}")
            .header("X-Store", "{{note}}")
            .json(r#"{"t": {{t}}, "s": {{store}}, "s2": "<{{store}}>", "n": {{note}}, "k": "{{key}}"}"#);
        let mut values = Values::new();
        values.set("base", "http://x");
        values.set("key", "\\\"k");
        let request = |row| request_for_row(&saved, &values, &table, row, Path::new("")).unwrap();
        assert_eq!(request(0).url, "http://x/S%C3%BCd%20%22A%22");
        assert_eq!(
            String::from_utf8(request(0).body).unwrap(),
            r#"{"t": -4.5, "s": "Süd \"A\"", "s2": "<Süd \"A\">", "n": null, "k": "\"k"}"#
        );
        assert_eq!(
            String::from_utf8(request(1).body).unwrap(),
            r#"{"t": 7, "s": "b", "s2": "<b>", "n": "x", "k": "\"k"}"#
        );
        assert_eq!(request(1).header_value("x-store"), Some("x"));
        let error = request_for_row(&saved, &Values::new(), &table, 0, Path::new("")).unwrap_err();
        assert_eq!(error.to_string(), "{{base}}, {{key}} have no value; give them one in the environment");
    }
}
