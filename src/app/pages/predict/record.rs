//! One record: its values as the controls hold them, and what the model makes of it.

use serde_json::{Map, Value};

use crate::app::widgets::format;
use crate::data::date::format_iso;
use crate::data::{Column, ColumnData, Table, number_text};
use crate::inference::{InputError, Prediction, Predictor, Scratch};
use crate::model::{Input, InputKind, Model, Policy, ReferenceValues};

/// A record by field name.
pub(crate) type Record = Map<String, Value>;

/// Microseconds in a day.
const DAY_MICROS: f64 = 86_400e6;

/// Half the width of the band in which 8 of 10 values of a normal distribution lie, in standard deviations.
const EIGHT_OF_TEN: f64 = 1.281_551_565_544_600_4;

/// A day, counted from 1970-01-01, as text.
pub(crate) fn day_text(days: f64) -> String {
    let text = format_iso((days.round() * DAY_MICROS) as i64);
    text.get(..10).unwrap_or(&text).to_owned()
}

/// What is typical of an input: the median, the most frequent level.
pub(crate) fn typical(input: &Input) -> Value {
    match &input.kind {
        InputKind::Number { typical, whole, .. } => {
            let value = if *whole { typical.round() } else { *typical };
            serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
        }
        InputKind::Category { levels, fill } => levels.get(*fill).cloned().map_or(Value::Null, Value::String),
        InputKind::Boolean { fill, .. } => Value::Bool(*fill),
        InputKind::Date { typical, .. } => Value::String(day_text(*typical)),
    }
}

/// The record of typical values.
pub(crate) fn typical_record(model: &Model) -> Record {
    model.inputs.iter().map(|input| (input.name.clone(), typical(input))).collect()
}

/// Whether a value is of an input's kind. A missing value, a level that training never saw and a date that is still
/// being typed are: the model's policies say what happens to them.
fn fits(input: &Input, value: &Value) -> bool {
    value.is_null()
        || match &input.kind {
            InputKind::Number { .. } => value.is_number(),
            InputKind::Boolean { .. } => value.is_boolean() || value.is_string(),
            InputKind::Category { .. } | InputKind::Date { .. } => value.is_string(),
        }
}

/// Drops the values that a model does not know: those of another model's inputs, its levels, and missing ones.
pub(crate) fn keep_known(model: &Model, values: &mut Record) {
    values.retain(|name, value| {
        model.inputs.iter().find(|input| input.name == *name).is_some_and(|input| {
            let known = match &input.kind {
                InputKind::Category { levels, .. } => levels.iter().any(|level| value == level),
                InputKind::Boolean { .. } => value.is_boolean(),
                InputKind::Number { .. } | InputKind::Date { .. } => !value.is_null(),
            };
            known && fits(input, value)
        })
    });
}

/// The record for a model: the learner's values where they are of the inputs' kinds, else typical ones.
pub(crate) fn record_for(model: &Model, values: &Record) -> Record {
    let value = |input: &Input| match values.get(&input.name) {
        Some(value) if fits(input, value) => value.clone(),
        _ => typical(input),
    };
    model.inputs.iter().map(|input| (input.name.clone(), value(input))).collect()
}

/// A row of a table as the controls hold it; inputs that the table has no column for are left out.
pub(crate) fn values_of(model: &Model, table: &Table, row: usize) -> Record {
    let mut values = Record::new();
    for input in &model.inputs {
        let Some(column) = table.column(&input.name) else { continue };
        values.insert(input.name.clone(), value_of(input, column, row));
    }
    values
}

/// A cell as a record holds it.
pub(super) fn value_of(input: &Input, column: &Column, row: usize) -> Value {
    let value = match &column.data {
        _ if column.is_missing(row) => Value::Null,
        ColumnData::Number(numbers) => Value::from(numbers[row]),
        ColumnData::Date(dates) => Value::from(format_iso(dates[row])),
        ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => {
            Value::from(c.get(row).unwrap_or(""))
        }
    };
    as_control(&input.kind, value)
}

/// A cell as its control holds it: yes and no for booleans, text for levels that look like numbers.
fn as_control(kind: &InputKind, value: Value) -> Value {
    match (kind, &value) {
        (InputKind::Boolean { yes, .. }, Value::String(text)) if text == yes => Value::Bool(true),
        (InputKind::Boolean { no, .. }, Value::String(text)) if text == no => Value::Bool(false),
        (InputKind::Category { .. }, Value::Number(number)) => {
            number.as_f64().map_or(value.clone(), |number| number_text(number).into())
        }
        _ => value,
    }
}

/// What the model's policies do to a value that is not as training saw it, in words; `None` where it is taken as it is,
/// or refused (which is an error and is said as one).
pub(crate) fn treatment(model: &Model, input: &Input, value: &Value) -> Option<String> {
    let policies = input.policies.unwrap_or(model.policies);
    let said = |policy: Policy, what: &str, taken: String| match policy {
        Policy::Impute => Some(format!("{what}: the model takes {taken}")),
        Policy::Ignore => Some(format!("{what}: it adds nothing")),
        Policy::Reject => None,
    };
    let fill = || match &input.kind {
        InputKind::Number { fill, .. } => format::number(*fill, 5),
        InputKind::Category { levels, fill } => levels.get(*fill).cloned().unwrap_or_default(),
        InputKind::Boolean { no, yes, fill } => if *fill { yes } else { no }.clone(),
        InputKind::Date { typical, .. } => day_text(*typical),
    };
    match (&input.kind, value) {
        (_, Value::Null) => said(policies.missing_value, "Missing", fill()),
        (InputKind::Category { levels, .. }, Value::String(level)) if !levels.contains(level) => {
            said(policies.unknown_level, &format!("Training never saw '{level}'"), fill())
        }
        (InputKind::Number { min, max, .. }, Value::Number(number))
            if policies.out_of_range == Policy::Impute =>
        {
            let number = number.as_f64()?;
            let end = number.clamp(*min, *max);
            (end != number).then(|| format!("Beyond training: the model takes {}", format::number(end, 5)))
        }
        _ => None,
    }
}

/// An answer that was worked out, with what it is of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cached {
    /// The number of the version.
    pub(crate) version: u32,
    /// The record.
    pub(crate) record: Record,
    /// The answer, or the field that a policy refuses.
    pub(crate) outcome: Result<Answer, InputError>,
}

/// What the model makes of a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The number, or the probability of the predicted class.
    pub(crate) value: f64,
    /// The predicted class.
    pub(crate) class: Option<String>,
    /// Every class with its probability.
    pub(crate) probabilities: Vec<(String, f64)>,
    /// The same output for the typical record.
    pub(crate) typical: f64,
    /// What each input that differs from the typical record adds.
    pub(crate) steps: Vec<(String, f64)>,
    /// Whether the steps add up to the difference (a weighted sum), or each was tried alone.
    pub(crate) adds_up: bool,
    /// The band in which 8 of 10 such cases lie, by the spread of errors on held-out rows (else on training rows).
    pub(crate) band: Option<(f64, f64)>,
    /// Whether that spread is of held-out rows.
    pub(crate) band_held_out: bool,
    /// Inputs outside the training range: name, value, range.
    pub(crate) outside: Vec<(String, f64, (f64, f64))>,
    /// How far the numbers are from their training means, in standard deviations: the root mean square over them,
    /// and the farthest by name.
    pub(crate) distance: Option<(f64, String, f64)>,
}

/// The output that the page is about: the number, or the probability of one class.
fn output(predictor: &Predictor, record: &Record, class: Option<&str>) -> Result<(f64, Scratch), InputError> {
    let mut scratch = Scratch::default();
    predictor.read_value(&Value::Object(record.clone()), &mut scratch)?;
    let value = match predictor.predict(&mut scratch) {
        Prediction::Number(value) => value,
        Prediction::Class { probability, .. } => match class {
            Some(class) => {
                let found = predictor.probabilities(&scratch).into_iter().find(|(name, _)| *name == class);
                found.map_or(probability, |(_, probability)| probability)
            }
            None => probability,
        },
    };
    Ok((value, scratch))
}

/// Predicts a record, and says why.
///
/// # Errors
/// The field that a policy refuses, with what was expected.
pub(crate) fn answer(predictor: &Predictor, record: &Record) -> Result<Answer, InputError> {
    let model = predictor.model();
    let mut scratch = Scratch::default();
    predictor.read_value(&Value::Object(record.clone()), &mut scratch)?;
    let (value, class) = match predictor.predict(&mut scratch) {
        Prediction::Number(value) => (value, None),
        Prediction::Class { name, probability } => (probability, Some(name.to_owned())),
    };
    if !value.is_finite() {
        return Err(InputError::overflow());
    }
    let probabilities =
        predictor.probabilities(&scratch).into_iter().map(|(name, p)| (name.to_owned(), p)).collect();
    let usual = typical_record(model);
    let (typical, typical_scratch) = output(predictor, &usual, class.as_deref())?;
    let mut steps = Vec::new();
    let own = predictor.contributions(&scratch);
    let theirs = predictor.contributions(&typical_scratch);
    let adds_up = own.is_some();
    if let (Some((_, own)), Some((_, theirs))) = (own, theirs) {
        for ((name, own), (_, theirs)) in own.into_iter().zip(theirs) {
            steps.push((name.to_owned(), own - theirs));
        }
    } else {
        for input in &model.inputs {
            if record.get(&input.name) == usual.get(&input.name) {
                continue;
            }
            let mut alone = usual.clone();
            if let Some(value) = record.get(&input.name) {
                alone.insert(input.name.clone(), value.clone());
            }
            steps.push((input.name.clone(), output(predictor, &alone, class.as_deref())?.0 - typical));
        }
    }
    steps.retain(|(_, amount)| *amount != 0.0);
    steps.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let outside = predictor.out_of_range(&scratch);
    let outside = outside.into_iter().map(|(name, value, range)| (name.to_owned(), value, range)).collect();
    let (band, band_held_out) = band(model, value, class.is_some());
    Ok(Answer {
        value,
        class,
        probabilities,
        typical,
        steps,
        adds_up,
        band,
        band_held_out,
        outside,
        distance: distance(model, record),
    })
}

fn band(model: &Model, value: f64, is_class: bool) -> (Option<(f64, f64)>, bool) {
    let rmse = |scores: &crate::model::Scores| scores.get("rmse").and_then(Value::as_f64);
    let held_out = model.metrics.test.as_ref().and_then(rmse);
    let spread = held_out.or_else(|| rmse(&model.metrics.train));
    let band = spread
        .filter(|_| !is_class)
        .map(|spread| (value - EIGHT_OF_TEN * spread, value + EIGHT_OF_TEN * spread));
    (band, held_out.is_some())
}

fn distance(model: &Model, record: &Record) -> Option<(f64, String, f64)> {
    let (mut sum, mut n) = (0.0, 0_usize);
    let mut farthest = (String::new(), 0.0_f64);
    for input in &model.inputs {
        let Some(value) = record.get(&input.name).and_then(Value::as_f64) else { continue };
        let reference = model.reference.iter().find(|column| column.name == input.name)?;
        let ReferenceValues::Number { mean, std: Some(std), .. } = &reference.values else { continue };
        if *std > 0.0 {
            let deviations = (value - mean) / std;
            sum += deviations * deviations;
            n += 1;
            if farthest.0.is_empty() || deviations.abs() > farthest.1.abs() {
                farthest = (input.name.clone(), deviations);
            }
        }
    }
    (n > 0).then(|| ((sum / n as f64).sqrt(), farthest.0, farthest.1))
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{ReadOptions, Source, read_csv};
    use crate::training::{Origin, Plan, Settings, train};
    use crate::work::Progress;

    /// y = 3 + 2·x, plus 10 in shop B.
    pub(in super::super) fn model() -> Predictor {
        let source = Source::from_bytes("t.csv", *b"x,shop,y\n0,A,3\n4,A,11\n0,B,13\n2,B,17\n4,B,21\n");
        let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
        let plan = Plan::new(Settings::new("y"), &loaded.table).unwrap();
        let trained = train(&plan, &loaded.table, &Origin::of("t.csv", &loaded), &Progress::new()).unwrap();
        Predictor::new(Arc::new(trained.model))
    }

    fn record(text: &str) -> Record {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_steps_lead_from_the_typical_record_to_the_prediction() {
        let predictor = model();
        // typical: x 2 (the median), shop B (three of five)
        let answer = answer(&predictor, &record(r#"{"x": 3.5, "shop": "A"}"#)).unwrap();
        assert!((answer.value - 10.0).abs() < 1e-12);
        assert!((answer.typical - 17.0).abs() < 1e-12);
        let steps: Vec<(&str, f64)> =
            answer.steps.iter().map(|(name, amount)| (name.as_str(), (amount * 1e9).round() / 1e9)).collect();
        assert_eq!(steps, [("shop", -10.0), ("x", 3.0)]);
        assert!(answer.adds_up && answer.outside.is_empty());
    }

    #[test]
    fn what_lies_outside_and_how_far_is_said() {
        let answer = answer(&model(), &record(r#"{"x": 10, "shop": "A"}"#)).unwrap();
        assert_eq!(answer.outside, [("x".to_owned(), 10.0, (0.0, 4.0))]);
        // the mean of 0, 4, 0, 2, 4 is 2, its sample standard deviation 2
        let (rms, name, farthest) = answer.distance.unwrap();
        assert!((rms - 4.0).abs() < 1e-12 && name == "x" && (farthest - 4.0).abs() < 1e-12);
    }

    #[test]
    fn values_that_fit_no_longer_give_way_to_typical_ones() {
        let predictor = model();
        let mut values = record(r#"{"x": "text", "shop": "Z", "other": 1}"#);
        keep_known(predictor.model(), &mut values);
        assert_eq!(record_for(predictor.model(), &values), record(r#"{"x": 2.0, "shop": "B"}"#));
        assert_eq!(day_text(0.0), "1970-01-01");
    }

    #[test]
    fn a_loaded_row_keeps_what_is_missing_or_unknown_and_says_what_becomes_of_it() {
        let predictor = model();
        let source = Source::from_bytes("t.csv", *b"x,shop\n,Z\n1,A\n");
        let table = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap().table;
        let values = values_of(predictor.model(), &table, 0);
        assert_eq!(values, record(r#"{"x": null, "shop": "Z"}"#));
        let said = |at: usize, name: &str| {
            treatment(predictor.model(), &predictor.model().inputs[at], &values[name])
        };
        // the mean of 0, 4, 0, 2, 4; unknown levels are refused, which is an error
        assert_eq!(said(0, "x").as_deref(), Some("Missing: the model takes 2"));
        assert_eq!(said(1, "shop"), None);
        let refused = answer(&predictor, &record_for(predictor.model(), &values)).unwrap_err();
        assert_eq!(refused.field, "shop");
        assert_eq!(values_of(predictor.model(), &table, 1), record(r#"{"x": 1.0, "shop": "A"}"#));
    }
}
