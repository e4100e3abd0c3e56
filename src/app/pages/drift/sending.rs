//! Shifted rows as real requests to the running server, and the log that it writes, read and watched.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use super::followed::Drawn;
use super::jobs::rows_of_weeks;
use super::lab::Lab;
use super::served::{MonitorDraft, Sent, Served, ServedAsked};
use super::{Asked, WORSE, labels};
use crate::app::job::{Handle, JobError};
use crate::app::pages::predict::{Endpoint, values_at};
use crate::app::state::Problem;
use crate::client::Request;
use crate::drift::Rule;
use crate::drift::lab::Week;
use crate::drift::monitor::{Logged, Watching, WindowBy, share};
use crate::inference::Predictor;
use crate::workspace::labels::{Known, Labels};
use crate::workspace::log::{LogRow, PredictionLog};

/// Requests of a week.
pub(super) const PER_WEEK: usize = 50;
/// The most requests of the log that are watched.
const MOST_LOGGED: usize = 5_000;
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
    (run, log): (&str, Option<&Path>),
    (now, handle): (i64, &Handle),
) -> Result<Sent, JobError> {
    let model = predictor.model();
    let weeks = rows_of_weeks(predictor, lab, &asked.shifts, Drawn::Timeline, &handle.progress)?.0;
    let known = weeks.len().saturating_sub(usize::try_from(asked.delay).unwrap_or(usize::MAX));
    let mut sent = Sent::default();
    let (mut labels, mut late) = (Vec::new(), Vec::new());
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
                let to = if week < known { &mut labels } else { &mut late };
                to.push((id.clone(), truth));
            }
            sent.last = Some(id);
            handle.progress.add(1);
        }
    }
    if let Some(log) = log {
        let keep = || {
            let mut kept = Labels::open(log)?;
            // what was still to come of the time before has come by now
            kept.deliver(None)?;
            kept.put(&labels, true, now)?;
            kept.put(&late, false, now)
        };
        keep().map_err(|error| Problem::new("The labels can't be kept", error.to_string()))?;
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
    labels::value(table.column(lab.target.as_deref()?)?, row)
}

/// What is asked of the log beside a look at it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// Wait until this request stands in it.
    pub(super) last: Option<String>,
    /// So many late labels come first.
    pub(super) deliver: usize,
}

/// The requests of one record that a version answered, oldest first.
#[derive(Debug, Default)]
struct Single {
    logged: VecDeque<Logged>,
    /// Those before, which are not kept.
    before: usize,
    /// Requests that were no single record.
    left_out: usize,
    /// The request that is waited for is among them.
    found: bool,
}

/// Reads the log and looks at it, window by window.
pub(super) fn watch(
    predictor: &Predictor,
    lab: &Lab,
    asked: &ServedAsked,
    draft: &MonitorDraft,
    look: &Look,
    handle: &Handle,
) -> Result<Served, JobError> {
    let wrong =
        |error: &dyn std::fmt::Display| Problem::new("The prediction log can't be read", error.to_string());
    let by = draft.by.of();
    let read = |predictor: &Predictor| -> Result<Single, JobError> {
        let mut single = Single::default();
        if !asked.log.exists() {
            return Ok(single);
        }
        let log = PredictionLog::open_to_read(&asked.log).map_err(|error| wrong(&error))?;
        let model = predictor.model();
        log.each_of_version(&model.name, &model.version, |row| single.add(&row, look.last.as_deref()))
            .map_err(|error| wrong(&error))?;
        Ok(single.aligned(by))
    };
    let mut front = read(predictor)?;
    let challenger = asked.challenger.as_ref().map(|(_, challenger)| challenger.as_ref());
    let mut canary = challenger.map(&read).transpose()?.unwrap_or_default();
    for _ in 0..WRITTEN {
        // the last one may have been the canary's
        if look.last.is_none() || front.found || canary.found {
            break;
        }
        std::thread::sleep(LOOK);
        handle.progress.check()?;
        front = read(predictor)?;
        canary = challenger.map(&read).transpose()?.unwrap_or_default();
    }
    let labels = if asked.log.exists() {
        let mut labels = Labels::open(&asked.log).map_err(|error| wrong(&error))?;
        if look.deliver > 0 {
            labels.deliver(Some(look.deliver)).map_err(|error| wrong(&error))?;
        }
        labels.known().map_err(|error| wrong(&error))?
    } else {
        Known::default()
    };
    let logged = front.in_order();
    let rule = Rule { resamples: WINDOW_RESAMPLES, ..Rule::default() };
    let threshold = lab.mean_loss.map(|before| before * WORSE);
    let watching = Watching {
        predictor,
        reference: &lab.some,
        rule: &rule,
        by,
        threshold,
        shadow: challenger,
        acknowledged: &draft.acknowledged,
        is_all: front.before == 0,
    };
    let counts = (labels.come.len(), labels.late);
    let labels: Vec<(&str, Value)> =
        labels.come.iter().map(|(id, truth)| (id.as_str(), truth.clone())).collect();
    let watched = watching.watch(&logged, &labels, &handle.progress)?;
    let shared = asked.canary_since.and_then(|since| {
        let after =
            |logged: Vec<Logged>| logged.into_iter().filter(|one| one.at >= since).collect::<Vec<_>>();
        let (front, own) = (after(logged.clone()), after(canary.in_order()));
        share(&front, &own, &labels, &predictor.model().output.classes)
    });
    let windows_before = match by {
        WindowBy::Count { size } => front.before / size.max(1),
        WindowBy::Time { .. } => 0,
    };
    Ok(Served {
        champion: asked.champion,
        challenger: asked.challenger.as_ref().map(|(number, _)| *number),
        shared,
        threshold,
        n_logged: logged.len(),
        left_out: front.left_out,
        before: front.before,
        windows_before,
        labels: counts,
        watched,
    })
}

impl Single {
    fn add(&mut self, row: &LogRow, last: Option<&str>) {
        // what was said in shadow nobody was answered
        if row.method == crate::server::mirror::METHOD {
            return;
        }
        self.found |= last.is_some_and(|last| row.request_id == last);
        let Some(logged) = single(row) else {
            self.left_out += 1;
            return;
        };
        if self.logged.len() == MOST_LOGGED {
            self.logged.pop_front();
            self.before += 1;
        }
        self.logged.push_back(logged);
    }

    /// Windows of so many requests each begin at the log's first one: where the oldest are not kept, the rest begins with a
    /// whole window, so that windows stay what they are while the log grows.
    fn aligned(mut self, by: WindowBy) -> Self {
        match by {
            WindowBy::Count { size } => {
                let size = size.max(1);
                while !self.before.is_multiple_of(size) && self.logged.pop_front().is_some() {
                    self.before += 1;
                }
            }
            WindowBy::Time { millis } => {
                // what is left of the first window is no whole one; where it is all there is, it is better than nothing
                let of = |one: &Logged| one.at.div_euclid(millis.max(1));
                let first = self.logged.front().map(of).filter(|_| self.before > 0);
                let first = first.filter(|first| self.logged.back().map(of) != Some(*first));
                while first.is_some() && self.logged.front().map(of) == first {
                    self.logged.pop_front();
                    self.before += 1;
                }
            }
        }
        self
    }

    /// The log's order is that of the answers; a request that took long may have come before the one in front of it.
    fn in_order(&self) -> Vec<Logged> {
        let mut latest = i64::MIN;
        let in_order = |one: &Logged| {
            latest = latest.max(one.at);
            Logged { at: latest, ..one.clone() }
        };
        self.logged.iter().map(in_order).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: usize) -> LogRow {
        LogRow {
            request_id: format!("r{n}"),
            at_unix_millis: i64::try_from(n).unwrap(),
            method: "POST".into(),
            dialect: "plain".into(),
            status: 200,
            request: Some(format!("{{\"x\": {n}}}")),
            response: Some("{\"prediction\": 1}".into()),
            ..LogRow::default()
        }
    }

    #[test]
    fn windows_stay_where_they_are_while_the_log_grows() {
        let first_of = |n: usize| {
            let mut single = Single::default();
            (0..n).for_each(|at| single.add(&row(at), None));
            let single = single.aligned(WindowBy::Count { size: 200 });
            (single.before, single.logged.front().map(|one| one.id.clone()), single.logged.len())
        };
        assert_eq!(first_of(4_999), (0, Some("r0".into()), 4_999));
        assert_eq!(first_of(5_000), (0, Some("r0".into()), 5_000));
        // the oldest are not kept: the first window that is whole begins what is
        assert_eq!(first_of(5_001), (200, Some("r200".into()), 4_801));
        assert_eq!(first_of(5_200), (200, Some("r200".into()), 5_000));
        assert_eq!(first_of(5_201), (400, Some("r400".into()), 4_801));
    }

    #[test]
    fn the_rest_of_a_minute_is_left_out_unless_it_is_all_there_is() {
        let of = |at: &dyn Fn(usize) -> i64| {
            let mut single = Single::default();
            (0..5_100).for_each(|n| single.add(&LogRow { at_unix_millis: at(n), ..row(n) }, None));
            let single = single.aligned(WindowBy::Time { millis: 60_000 });
            (single.before, single.logged.len())
        };
        // all in one minute
        assert_eq!(of(&|_| 1_000), (100, 5_000));
        // a hundred a minute, of which the first kept one lacks fifty
        assert_eq!(of(&|n| i64::try_from((n + 50) / 100 * 60_000).unwrap()), (150, 4_950));
    }

    #[test]
    fn what_was_said_in_shadow_is_no_answer() {
        let mut single = Single::default();
        single.add(&LogRow { method: "SHADOW".into(), ..row(1) }, None);
        single.add(&LogRow { dialect: "v2".into(), ..row(2) }, None);
        single.add(&row(3), Some("r3"));
        assert_eq!((single.logged.len(), single.left_out, single.found), (1, 1, true));
    }
}
