//! Shifted rows as real requests to the running server, and the log that it writes, read and watched.

use std::time::Duration;

use serde_json::{Map, Value};

use super::jobs::{Drawn, rows_of_weeks};
use super::lab::Lab;
use super::served::{MonitorDraft, Sent, Served, ServedAsked};
use super::{Asked, WORSE};
use crate::app::job::{Handle, JobError};
use crate::app::pages::predict::{Endpoint, values_at};
use crate::app::state::Problem;
use crate::client::Request;
use crate::drift::Rule;
use crate::drift::lab::Week;
use crate::drift::monitor::{Logged, Watching};
use crate::inference::Predictor;
use crate::workspace::log::{LogRow, PredictionLog};

/// Requests of a week.
pub(super) const PER_WEEK: usize = 50;
/// The most requests of the log that are watched.
pub(super) const MOST_LOGGED: u32 = 5_000;
/// Pairs of resamples for a window's verdict.
const WINDOW_RESAMPLES: usize = 39;
/// How often a request is made again that the server put off, and how long is waited each time.
const TRIES: usize = 8;
const WAIT: Duration = Duration::from_millis(500);
/// How long the log's writer is waited for: it gathers for a tenth of a second.
const WRITTEN: usize = 100;
const LOOK: Duration = Duration::from_millis(30);

/// Sends the rows of each week as single records, with ids that labels can be joined by; those of the weeks whose labels
/// are there already come at once, the others later.
pub(super) fn send(
    predictor: &Predictor,
    lab: &Lab,
    asked: &Asked,
    endpoint: &Endpoint,
    run: &str,
    handle: &Handle,
) -> Result<Sent, JobError> {
    let model = predictor.model();
    let weeks = rows_of_weeks(predictor, lab, &asked.shifts, Drawn::Timeline, &handle.progress)?.0;
    let known = weeks.len().saturating_sub(usize::try_from(asked.delay).unwrap_or(usize::MAX));
    let mut sent = Sent::default();
    handle.progress.set_total((weeks.len() * PER_WEEK) as u64);
    let rows_of = |rows: &Week| rows.table.n_rows().min(PER_WEEK);
    'all: for (week, rows) in weeks.iter().enumerate() {
        for row in 0..rows_of(rows) {
            let id = format!("{run}-w{:02}-{row:03}", week + 1);
            let body = Value::Object(values_at(model, &rows.table, row)).to_string().into_bytes();
            let request = endpoint.request(body).header("X-Request-Id", &id);
            // what was sent until then stands in the log, and keeps its labels
            match ask(endpoint, &request, handle) {
                Ok(true) => sent.answered += 1,
                Ok(false) => sent.refused += 1,
                Err(error) => {
                    sent.ended = Some(error);
                    break 'all;
                }
            }
            if let Some(truth) = truth(lab, &rows.table, row) {
                let to = if week < known { &mut sent.labels } else { &mut sent.late };
                to.push((id, truth));
            }
            handle.progress.add(1);
        }
    }
    Ok(sent)
}

/// Sends one request; whether it was answered, or refused for what it says.
fn ask(endpoint: &Endpoint, request: &Request, handle: &Handle) -> Result<bool, JobError> {
    handle.progress.check()?;
    let mut exchange = endpoint.send(request, &handle.progress)?;
    for _ in 0..TRIES {
        if !matches!(exchange.status, 429 | 503) {
            break;
        }
        std::thread::sleep(WAIT);
        handle.progress.check()?;
        exchange = endpoint.send(request, &handle.progress)?;
    }
    match exchange.status {
        200 => Ok(true),
        400 | 422 => Ok(false),
        _ => Err(Endpoint::not_ok(&exchange).into()),
    }
}

/// The true value of a row, as an answer would hold it.
fn truth(lab: &Lab, table: &crate::data::Table, row: usize) -> Option<Value> {
    use crate::data::ColumnData;
    let column = table.column(lab.target.as_deref()?)?;
    if column.is_missing(row) {
        return None;
    }
    match &column.data {
        ColumnData::Number(values) => Some(Value::from(values[row])),
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            coded.get(row).map(Value::from)
        }
        ColumnData::Date(_) => None,
    }
}

/// Reads the log and looks at it, window by window. `least` requests are waited for.
pub(super) fn watch(
    predictor: &Predictor,
    lab: &Lab,
    asked: &ServedAsked,
    draft: &MonitorDraft,
    labels: &[(String, Value)],
    (last, handle): (Option<&str>, &Handle),
) -> Result<Served, JobError> {
    let model = predictor.model();
    let wrong =
        |error: &dyn std::fmt::Display| Problem::new("The prediction log can't be read", error.to_string());
    let read = || -> Result<Vec<LogRow>, JobError> {
        if !asked.log.exists() {
            return Ok(Vec::new());
        }
        let log = PredictionLog::open_to_read(&asked.log).map_err(|error| wrong(&error))?;
        Ok(log.of_version(&model.name, &model.version, MOST_LOGGED).map_err(|error| wrong(&error))?)
    };
    let mut rows = read()?;
    for _ in 0..WRITTEN {
        if last.is_none_or(|last| rows.iter().rev().any(|row| row.request_id == last)) {
            break;
        }
        std::thread::sleep(LOOK);
        handle.progress.check()?;
        rows = read()?;
    }
    let mut logged: Vec<Logged> = rows.iter().filter_map(single).collect();
    // the log's order is that of the answers; a request that took long may have come before the one in front of it
    let mut latest = i64::MIN;
    for one in &mut logged {
        latest = latest.max(one.at);
        one.at = latest;
    }
    let rule = Rule { resamples: WINDOW_RESAMPLES, ..Rule::default() };
    let threshold = lab.losses.mean().map(|before| before * WORSE);
    let watching = Watching {
        predictor,
        reference: &lab.reference,
        rule: &rule,
        by: draft.by.of(),
        threshold,
        shadow: asked.shadow.as_ref().map(|(_, shadow)| shadow.as_ref()),
        acknowledged: &draft.acknowledged,
    };
    let labels: Vec<(&str, Value)> = labels.iter().map(|(id, truth)| (id.as_str(), truth.clone())).collect();
    let watched = watching.watch(&logged, &labels, &handle.progress)?;
    Ok(Served {
        champion: asked.champion,
        shadow: asked.shadow.as_ref().map(|(number, _)| *number),
        threshold,
        n_logged: logged.len(),
        left_out: rows.len() - logged.len(),
        watched,
    })
}

/// A request of one record; `None` for batches, files and what the log does not hold the body of.
fn single(row: &LogRow) -> Option<Logged> {
    if !matches!(row.status, 200 | 400 | 422) {
        return None;
    }
    let record: Map<String, Value> = serde_json::from_str(row.request.as_deref()?).ok()?;
    if row.dialect != "plain" || record.contains_key("records") {
        return None;
    }
    let answer = if row.status == 200 {
        let answer: Value = serde_json::from_str(row.response.as_deref()?).ok()?;
        Some(answer.get("prediction")?.clone())
    } else {
        None
    };
    Some(Logged { id: row.request_id.clone(), at: row.at_unix_millis, record, answer })
}
