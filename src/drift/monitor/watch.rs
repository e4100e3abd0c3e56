//! A served model watched by what its log tells: window by window, the inputs that came against those that were learned
//! from, the answers against the labels that have come since, and an alert for each.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::beside::{Shadow, in_shadow, loss, mean_of, pairs};
use super::{Alert, Window, WindowBy, join_labels, windows};
use crate::data::{Coded, Column, ColumnData, Levels, MISSING_CODE, MISSING_DATE, Table, number_text};
use crate::drift::{Report, Rule, compare, inputs_of};
use crate::inference::{DAY_MICROS, Prediction, Predictor, Scratch};
use crate::model::{Input, InputKind};
use crate::work::{Cancelled, Progress};

/// The name of the alert that watches the error: no input is called so.
pub const ERROR: &str = "\0error";

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
    /// Whether the log begins with what is watched. Where older entries are left out, an alert that the first window raises
    /// may have been raised by one before it: it is known if one of its name was.
    pub is_all: bool,
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
    /// Where both have an answer and a label has come: the mean loss of the answers, and of what the model in shadow would
    /// have answered.
    pub shadow: Option<(f64, f64)>,
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
        let classes = &model.output.classes;
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
            let slots: Vec<Option<Vec<f64>>> = part.iter().map(|one| self.slots(one)).collect();
            let columns = model.inputs.iter().enumerate();
            let columns = columns.map(|(at, input)| column((at, input), part, &slots)).collect();
            // names of inputs are unique and the columns equally long
            let table = Table::new(columns).unwrap_or_default();
            let report = compare(reference.clone(), table, self.rule, 1, &Progress::new())?;
            let known = part.iter().zip(&joined.labels[window.rows.clone()]);
            let losses: Vec<f64> = known
                .filter_map(|(one, label)| loss(one.answer.as_ref()?, label.as_ref()?, classes))
                .collect();
            let mean = mean_of(&losses);
            let paired = pairs(
                &logged[window.rows.clone()],
                shadows.get(window.rows.clone()),
                &joined.labels[window.rows.clone()],
                classes,
            );
            let shadow = mean_of(&paired.0).zip(mean_of(&paired.1));
            for alert in &mut alerts {
                let (bad, reason) = self.judge(&alert.name, &report, mean, losses.len());
                let is_first = watched.windows.is_empty() && !self.is_all;
                let is_known = |(name, at): &(String, i64)| {
                    *name == alert.name && (*at == window.first || (is_first && *at < window.first))
                };
                let known = self.acknowledged.iter().any(is_known);
                if alert.observe(window.first, bad, &reason) && known {
                    alert.acknowledge(window.first, "seen by hand");
                }
            }
            let refused = part.iter().filter(|one| one.answer.is_none()).count();
            watched.windows.push(WatchedWindow {
                window,
                refused,
                report,
                loss: mean,
                labels: losses.len(),
                shadow,
            });
            progress.add(1);
        }
        watched.alerts = alerts;
        watched.shadow = in_shadow(logged, &shadows, &joined.labels, classes);
        Ok(watched)
    }

    /// A record as the model takes it, one number per input; nothing where it is refused.
    fn slots(&self, one: &Logged) -> Option<Vec<f64>> {
        let mut scratch = Scratch::default();
        self.predictor.read_value(&Value::Object(one.record.clone()), &mut scratch).ok()?;
        Some(scratch.slots)
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

/// An input's values in a part of the log: what the record says, and where that may be written in several ways (dates, yes
/// and no, images), what the model takes it for. What is not as the input wants it is missing.
fn column((at, input): (usize, &Input), logged: &[Logged], slots: &[Option<Vec<f64>>]) -> Column {
    let given = |one: &Logged| one.record.get(&input.name).filter(|value| !value.is_null()).cloned();
    let taken = |row: usize| slots[row].as_ref().and_then(|slots| slots.get(at)).copied();
    let rows = || logged.iter().enumerate();
    let coded = |text: &dyn Fn(usize, &Logged) -> Option<String>| {
        let mut levels = Levels::default();
        let code = |(row, one)| text(row, one).map_or(MISSING_CODE, |text| levels.intern(&text));
        let codes = rows().map(code).collect();
        Coded { codes, levels: levels.into() }
    };
    let data = match &input.kind {
        InputKind::Number { .. } => {
            let value = |(row, one): (usize, &Logged)| match given(one) {
                Some(value) => value.as_f64(),
                None if one.record.contains_key("image") => taken(row),
                None => None,
            };
            ColumnData::Number(rows().map(|row| value(row).unwrap_or(f64::NAN)).collect())
        }
        InputKind::Date { .. } => {
            let day = |(row, one)| given(one).and_then(|_| taken(row));
            let micros = |row| day(row).map_or(MISSING_DATE, |day| (day * DAY_MICROS) as i64);
            ColumnData::Date(rows().map(micros).collect())
        }
        InputKind::Category { .. } => ColumnData::Category(coded(&|_, one| match given(one)? {
            Value::String(text) => Some(text),
            Value::Number(number) => number.as_f64().map(number_text),
            _ => None,
        })),
        InputKind::Boolean { no, yes, .. } => ColumnData::Category(coded(&|row, one| {
            let value = given(one)?;
            match (taken(row), value) {
                (Some(taken), _) => Some(if taken == 1.0 { yes.clone() } else { no.clone() }),
                // refused: the word itself
                (None, Value::String(text)) => Some(text),
                _ => None,
            }
        })),
    };
    Column { name: input.name.clone(), data }
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
                is_all: true,
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
        let by_window: Vec<f64> =
            watched.windows.iter().filter_map(|window| window.shadow.map(|(_, own)| own)).collect();
        assert!(by_window[0].abs() < 1e-6 && (by_window[1] - 2.0).abs() < 1e-6, "{by_window:?}");
        // without labels nothing is said of the error
        assert_eq!(state(&watch(&acknowledged, &[]), ERROR), AlertState::Quiet);
        acknowledged.insert(("x".to_owned(), watched.windows[1].window.first));
        let watched = watch(&acknowledged, &labels);
        assert_eq!(state(&watched, "x"), AlertState::Acknowledged);
        assert_eq!(state(&watched, ERROR), AlertState::Raised);
    }

    #[test]
    fn a_class_is_the_same_however_it_is_written() {
        let (digits, words) = (["3", "7"].map(str::to_owned), ["no", "yes"].map(str::to_owned));
        let truths = ["false", "true"].map(str::to_owned);
        for (answer, label, classes, loss) in [
            (json!("7"), json!(7.0), &digits, Some(0.0)),
            (json!("3"), json!(7), &digits, Some(1.0)),
            (json!("true"), json!(true), &truths, Some(0.0)),
            (json!("no"), json!("YES"), &words, Some(1.0)),
            (json!("no"), json!("perhaps"), &words, Some(1.0)),
            (json!("no"), json!(null), &words, None),
        ] {
            assert_eq!(super::loss(&answer, &label, classes), loss, "{answer} {label}");
        }
        assert_eq!(super::loss(&json!(2.5), &json!(4), &[]), Some(1.5));
        assert_eq!(super::loss(&json!("2.5"), &json!(4), &[]), None);
    }
}
