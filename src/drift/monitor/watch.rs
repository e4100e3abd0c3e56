//! A served model watched by what its log tells: window by window, the inputs that came against those that were learned
//! from, the answers against the labels that have come since, and an alert for each.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Alert, Window, WindowBy, join_labels, windows};
use crate::data::{Coded, Column, ColumnData, Levels, MISSING_CODE, MISSING_DATE, Table, number_text};
use crate::drift::{Report, Rule, compare, inputs_of};
use crate::inference::Predictor;
use crate::model::{Input, InputKind};
use crate::work::{Cancelled, Progress};

/// The name of the alert that watches the error.
pub const ERROR: &str = "error";

/// A request of the log: one record, and what was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Its id.
    pub id: String,
    /// When it came, in milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// The record, by input.
    pub record: Map<String, Value>,
    /// The number or the class that was answered; `None` where the record was refused.
    pub answer: Option<Value>,
}

/// What a log is watched with.
#[derive(Debug, Clone, Copy)]
pub struct Watching<'a> {
    /// The model that answered.
    pub predictor: &'a Predictor,
    /// The rows that it learned from.
    pub reference: &'a Table,
    /// The rule of the verdicts.
    pub rule: &'a Rule,
    /// How the log is cut.
    pub by: WindowBy,
    /// The loss above which a window is bad; `None` where that is not known.
    pub threshold: Option<f64>,
    /// The alerts that someone knows of: name, and when it was raised.
    pub acknowledged: &'a BTreeSet<(String, i64)>,
}

/// A window, looked at.
#[derive(Debug, Clone)]
pub struct WatchedWindow {
    /// Which entries.
    pub window: Window,
    /// Requests that were refused.
    pub refused: usize,
    /// The inputs against the reference's.
    pub report: Report,
    /// The mean loss of the answers whose label has come: |truth − answer|, or 1 for a wrong class.
    pub loss: Option<f64>,
    /// How many those are.
    pub labels: usize,
}

/// A log, watched.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Oldest first.
    pub windows: Vec<WatchedWindow>,
    /// One for each input, and one for the error.
    pub alerts: Vec<Alert>,
    /// Labels whose request is not in the log.
    pub unknown_labels: usize,
}

impl Watching<'_> {
    /// Looks at the log, whose times ascend, with the labels that have come, by request id.
    ///
    /// A window raises an input's alert when that input has drifted by the rule, and the error's when the mean loss of its
    /// labelled answers lies above the threshold. A window without a verdict changes nothing.
    ///
    /// # Errors
    /// [`Cancelled`] when the work was cancelled.
    pub fn watch(
        &self,
        logged: &[Logged],
        labels: &[(&str, Value)],
        progress: &Progress,
    ) -> Result<Watched, Cancelled> {
        let model = self.predictor.model();
        let ids: Vec<&str> = logged.iter().map(|one| one.id.as_str()).collect();
        let joined = join_labels(&ids, labels);
        let times: Vec<i64> = logged.iter().map(|one| one.at).collect();
        let cut = windows(&times, self.by);
        progress.set_total(cut.len() as u64);
        let mut alerts: Vec<Alert> = model.inputs.iter().map(|input| Alert::new(&input.name)).collect();
        alerts.push(Alert::new(ERROR));
        let reference = inputs_of(self.predictor, self.reference);
        let mut watched = Watched { unknown_labels: joined.unknown, ..Watched::default() };
        for window in cut {
            progress.check()?;
            let part = &logged[window.rows.clone()];
            let columns = model.inputs.iter().map(|input| column(input, part)).collect();
            // names of inputs are unique and the columns equally long
            let table = Table::new(columns).unwrap_or_default();
            let report = compare(reference.clone(), table, self.rule, 1, &Progress::new())?;
            let known = part.iter().zip(&joined.labels[window.rows.clone()]);
            let losses: Vec<f64> =
                known.filter_map(|(one, label)| loss(one.answer.as_ref()?, label.as_ref()?)).collect();
            let mean = (!losses.is_empty()).then(|| losses.iter().sum::<f64>() / losses.len() as f64);
            for alert in &mut alerts {
                let (bad, reason) = self.judge(&alert.name, &report, mean, losses.len());
                if alert.observe(window.last, bad, &reason)
                    && self.acknowledged.contains(&(alert.name.clone(), window.last))
                {
                    alert.acknowledge(window.last, "seen by hand");
                }
            }
            let refused = part.iter().filter(|one| one.answer.is_none()).count();
            watched.windows.push(WatchedWindow { window, refused, report, loss: mean, labels: losses.len() });
            progress.add(1);
        }
        watched.alerts = alerts;
        Ok(watched)
    }

    /// Whether a window is bad for an alert, and why.
    fn judge(&self, name: &str, report: &Report, loss: Option<f64>, n: usize) -> (Option<bool>, String) {
        // an input of that name is an input all the same: the error's alert is the last one
        if let Some(found) = report.columns.iter().find(|column| column.name == name) {
            let gaps = found.missing.changed == Some(true);
            let bad = if gaps { Some(true) } else { found.drifted };
            let reason = if gaps && found.drifted != Some(true) {
                "more values are missing than were".to_owned()
            } else {
                found.verdict.reason.clone()
            };
            return (bad, reason);
        }
        match (loss, self.threshold) {
            (Some(loss), Some(threshold)) if n >= self.rule.min_values => {
                let side = if loss > threshold { "above" } else { "below" };
                (
                    Some(loss > threshold),
                    format!("the loss {loss:.3} of {n} answers lies {side} {threshold:.3}"),
                )
            }
            _ => (None, "too few labels".to_owned()),
        }
    }
}

/// |truth − answer| of numbers, 0 or 1 of classes; `None` where they are of two kinds.
fn loss(answer: &Value, label: &Value) -> Option<f64> {
    match (answer, label) {
        (Value::Number(answer), Value::Number(label)) => Some((label.as_f64()? - answer.as_f64()?).abs()),
        (Value::String(answer), Value::String(label)) => Some(f64::from(u8::from(answer != label))),
        _ => None,
    }
}

/// An input's values in a part of the log; what is not as the input wants it is missing.
fn column(input: &Input, logged: &[Logged]) -> Column {
    let values = || logged.iter().map(|one| one.record.get(&input.name).unwrap_or(&Value::Null));
    let coded = |text: &dyn Fn(&Value) -> Option<String>| {
        let mut levels = Levels::default();
        let codes = values().map(|value| text(value).map_or(MISSING_CODE, |text| levels.intern(&text)));
        let codes = codes.collect();
        Coded { codes, levels: levels.into() }
    };
    let data = match &input.kind {
        InputKind::Number { .. } => {
            ColumnData::Number(values().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect())
        }
        InputKind::Date { .. } => ColumnData::Date(values().map(micros).collect()),
        InputKind::Category { .. } => ColumnData::Category(coded(&|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => number.as_f64().map(number_text),
            _ => None,
        })),
        InputKind::Boolean { no, yes, .. } => ColumnData::Category(coded(&|value| match value {
            Value::Bool(true) => Some(yes.clone()),
            Value::Bool(false) => Some(no.clone()),
            Value::String(text) => Some(text.clone()),
            _ => None,
        })),
    };
    Column { name: input.name.clone(), data }
}

/// The day of a date as it stands in a record.
fn micros(value: &Value) -> i64 {
    let day = value.as_str().and_then(|text| text.get(..10)?.parse::<jiff::civil::Date>().ok());
    let midnight = day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
    midnight.map_or(MISSING_DATE, |midnight| midnight.timestamp().as_microsecond())
}
