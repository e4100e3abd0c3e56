//! A served model watched by what its log tells: window by window, the inputs that came against those that were learned
//! from, the answers against the labels that have come since, and an alert for each.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Alert, Window, WindowBy, join_labels, windows};
use crate::data::{Coded, Column, ColumnData, Levels, MISSING_CODE, MISSING_DATE, Table, number_text};
use crate::drift::retraining::{Interval, mean_interval};
use crate::drift::{Report, Rule, compare, inputs_of};
use crate::inference::{Prediction, Predictor, Scratch};
use crate::model::{Input, InputKind};
use crate::work::{Cancelled, Progress, Seed};

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
    /// A model that answers nobody and is asked all the same; none, if there is no such one.
    pub shadow: Option<&'a Predictor>,
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
    /// The mean loss of what the model in shadow would have answered to them.
    pub shadow_loss: Option<f64>,
}

/// A model in shadow beside the one that answered, over the whole log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shadow {
    /// Requests that both answered.
    pub answered: usize,
    /// How far apart the answers are: mean |difference|, or the share of other classes.
    pub apart: f64,
    /// Requests among them whose label has come.
    pub labels: usize,
    /// The mean loss of the answers, and of those in shadow.
    pub loss: Option<(f64, f64)>,
    /// In shadow less answered, request by request: below 0 the model in shadow is better. A paired bootstrap.
    pub difference: Option<Interval>,
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
    /// The model in shadow, if there is one and it could answer.
    pub shadow: Option<Shadow>,
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
        let shadows = self.shadow_answers(logged);
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
            let mean = mean_of(&losses);
            // of the same requests: what was refused is nobody's loss
            let rows = window.rows.clone();
            let shadowed: Vec<f64> = rows
                .filter(|&row| logged[row].answer.is_some())
                .filter_map(|row| loss(shadows.get(row)?.as_ref()?, joined.labels[row].as_ref()?))
                .collect();
            let shadow_loss = mean_of(&shadowed);
            for alert in &mut alerts {
                let (bad, reason) = self.judge(&alert.name, &report, mean, losses.len());
                if alert.observe(window.last, bad, &reason)
                    && self.acknowledged.contains(&(alert.name.clone(), window.last))
                {
                    alert.acknowledge(window.last, "seen by hand");
                }
            }
            let refused = part.iter().filter(|one| one.answer.is_none()).count();
            watched.windows.push(WatchedWindow {
                window,
                refused,
                report,
                loss: mean,
                labels: losses.len(),
                shadow_loss,
            });
            progress.add(1);
        }
        watched.alerts = alerts;
        watched.shadow = in_shadow(logged, &shadows, &joined.labels);
        Ok(watched)
    }

    /// What the model in shadow says to each request; nothing where there is none, and where it refuses.
    fn shadow_answers(&self, logged: &[Logged]) -> Vec<Option<Value>> {
        let Some(shadow) = self.shadow else { return Vec::new() };
        let mut scratch = Scratch::default();
        let answer = |one: &Logged| {
            shadow.read_value(&Value::Object(one.record.clone()), &mut scratch).ok()?;
            Some(match shadow.predict(&mut scratch) {
                Prediction::Number(value) => Value::from(value),
                Prediction::Class { name, .. } => Value::from(name),
            })
        };
        logged.iter().map(answer).collect()
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

fn mean_of(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The model in shadow beside the one that answered.
fn in_shadow(logged: &[Logged], shadows: &[Option<Value>], labels: &[Option<Value>]) -> Option<Shadow> {
    let both =
        logged.iter().zip(shadows).zip(labels).filter_map(|((one, shadow), label)| {
            Some((one.answer.as_ref()?, shadow.as_ref()?, label.as_ref()))
        });
    let (mut apart, mut answered, mut shadowed) = (Vec::new(), Vec::new(), Vec::new());
    for (answer, shadow, label) in both {
        // how far one is from the other is the loss of one, were the other the truth
        apart.extend(loss(answer, shadow));
        if let Some((a, b)) = label.and_then(|label| Some((loss(answer, label)?, loss(shadow, label)?))) {
            answered.push(a);
            shadowed.push(b);
        }
    }
    let differences: Vec<f64> = answered.iter().zip(&shadowed).map(|(a, b)| b - a).collect();
    Some(Shadow {
        answered: apart.len(),
        apart: mean_of(&apart)?,
        labels: answered.len(),
        loss: mean_of(&answered).zip(mean_of(&shadowed)),
        difference: mean_interval(&differences, Seed::default()),
    })
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::data::{ReadOptions, Source, read_csv};
    use crate::drift::monitor::AlertState;
    use crate::training::{Origin, Plan, Settings, train};

    fn rows(n: usize) -> Vec<(f64, &'static str, bool)> {
        (0..n).map(|at| (((at * 7) % 31) as f64, ["A", "B"][at / 3 % 2], at % 5 < 2)).collect()
    }

    fn model() -> (Predictor, Table) {
        let lines: Vec<String> = rows(62)
            .iter()
            .enumerate()
            .map(|(at, (x, shop, ok))| {
                let day = at % 28 + 1;
                format!("{x},{shop},{},2024-02-{day:02},{}", if *ok { "yes" } else { "no" }, 2.0 * x)
            })
            .collect();
        let csv = format!("x,shop,ok,day,y\n{}\n", lines.join("\n"));
        let source = Source::from_bytes("t.csv", csv.into_bytes());
        let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
        let features = Some(["x", "shop", "ok", "day"].map(str::to_owned).to_vec());
        let plan = Plan::new(Settings { features, ..Settings::new("y") }, &loaded.table).unwrap();
        let trained = train(&plan, &loaded.table, &Origin::of("t.csv", &loaded), &Progress::new()).unwrap();
        (Predictor::new(Arc::new(trained.model)), loaded.table)
    }

    fn logged(n: usize, by: f64) -> Vec<Logged> {
        let one = |(at, (x, shop, ok)): (usize, &(f64, &str, bool))| {
            let record =
                json!({"x": x + by, "shop": shop, "ok": ok, "day": format!("2024-02-{:02}", at % 28 + 1)});
            let Value::Object(record) = record else { panic!("an object") };
            // the server's answer, right but for 1
            let answer = Some(json!(2.0 * (x + by) + 1.0));
            Logged {
                id: format!("{by}-{at}"),
                at: by as i64 * 1000 + i64::try_from(at).unwrap(),
                record,
                answer,
            }
        };
        rows(n).iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_log_is_watched_window_by_window() {
        let (predictor, reference) = model();
        let mut log = logged(62, 0.0);
        log.extend(logged(62, 20.0));
        log[3].answer = None;
        let rule = Rule::default();
        let mut acknowledged = BTreeSet::new();
        let watch = |acknowledged: &BTreeSet<(String, i64)>, labels: &[(&str, Value)]| {
            let by = WindowBy::Count { size: 62 };
            let (rule, threshold) = (&rule, Some(2.0));
            // the very model, which knows the rule: what the log says is 1 beside it
            let shadow = Some(&predictor);
            Watching {
                predictor: &predictor,
                reference: &reference,
                rule,
                by,
                threshold,
                shadow,
                acknowledged,
            }
            .watch(&log, labels, &Progress::new())
            .unwrap()
        };
        // the first window is answered 1 beside the truth, the second 3 beside it
        let truths: Vec<(String, Value)> = log
            .iter()
            .map(|one| {
                let off = if one.at < 1000 { 1.0 } else { 3.0 };
                let answer = one.answer.as_ref().map_or(0.0, |answer| answer.as_f64().unwrap());
                (one.id.clone(), json!(answer - off))
            })
            .collect();
        let mut labels: Vec<(&str, Value)> =
            truths.iter().map(|(id, truth)| (id.as_str(), truth.clone())).collect();
        labels.push(("nobody", json!(1.0)));
        let watched = watch(&acknowledged, &labels);
        assert_eq!((watched.windows.len(), watched.unknown_labels), (2, 1));
        assert_eq!(watched.windows.iter().map(|window| window.refused).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(watched.windows.iter().map(|window| window.labels).collect::<Vec<_>>(), [61, 62]);
        let losses: Vec<f64> = watched.windows.iter().filter_map(|window| window.loss).collect();
        assert!((losses[0] - 1.0).abs() < 1e-12 && (losses[1] - 3.0).abs() < 1e-12, "{losses:?}");
        let state = |watched: &Watched, name: &str| {
            watched.alerts.iter().find(|alert| alert.name == name).unwrap().state
        };
        assert_eq!(state(&watched, "x"), AlertState::Raised);
        assert_eq!(state(&watched, ERROR), AlertState::Raised);
        // levels, booleans and dates as records hold them are those of the file
        for name in ["shop", "ok", "day"] {
            assert_eq!(state(&watched, name), AlertState::Quiet, "{name}");
            let column = watched.windows[1].report.columns.iter().find(|column| column.name == name).unwrap();
            assert_eq!(column.drifted, Some(false), "{name}: {column:?}");
            assert_eq!(column.n.current, 62, "{name}");
        }
        // in shadow the model is right by the old rule: 0 beside its truth, and 2 beside the new one
        let shadow = watched.shadow.unwrap();
        assert_eq!((shadow.answered, shadow.labels), (123, 123));
        assert!((shadow.apart - 1.0).abs() < 1e-6, "{shadow:?}");
        let (answered, shadowed) = shadow.loss.unwrap();
        assert!((answered - (61.0 + 3.0 * 62.0) / 123.0).abs() < 1e-9, "{shadow:?}");
        assert!((shadowed - 2.0 * 62.0 / 123.0).abs() < 1e-6, "{shadow:?}");
        assert!(shadow.difference.unwrap().is_below(-0.99), "{shadow:?}");
        let by_window: Vec<f64> = watched.windows.iter().filter_map(|window| window.shadow_loss).collect();
        assert!(by_window[0].abs() < 1e-6 && (by_window[1] - 2.0).abs() < 1e-6, "{by_window:?}");
        // without labels nothing is said of the error
        assert_eq!(state(&watch(&acknowledged, &[]), ERROR), AlertState::Quiet);
        acknowledged.insert(("x".to_owned(), watched.windows[1].window.last));
        let watched = watch(&acknowledged, &labels);
        assert_eq!(state(&watched, "x"), AlertState::Acknowledged);
        assert_eq!(state(&watched, ERROR), AlertState::Raised);
    }
}
