//! A what-if grid: the record with every input varied over what training saw, as a file to predict.

use std::io::Write;

use serde_json::Value;

use super::interactive::{decimals_of, step_of};
use super::record::{Record, day_text};
use crate::data::{number_text, write_field};
use crate::model::{Input, InputKind, Model};
use crate::work::Progress;

/// The name of the file.
pub(super) const FILE: &str = "whatif_grid.csv";
/// About how many rows it has at the most.
const ROWS: usize = 100_000;
/// The most values of a number.
const STEPS: usize = 50;

/// Writes every combination of the inputs' values.
///
/// # Errors
/// What `out` says, and an error when the work is no longer wanted.
pub(super) fn write_grid(
    model: &Model,
    record: &Record,
    out: &mut dyn Write,
    progress: &Progress,
) -> std::io::Result<()> {
    let choices = choices(model, record);
    let names: Vec<&str> = model.inputs.iter().map(|input| input.name.as_str()).collect();
    let mut text = line(names.iter().copied());
    let mut at = vec![0_usize; choices.len()];
    loop {
        text.extend(line(choices.iter().zip(&at).map(|(values, at)| values[*at].as_str())));
        if text.len() > 1 << 16 {
            progress.check().map_err(std::io::Error::other)?;
            out.write_all(&text)?;
            text.clear();
        }
        // the last input turns fastest
        let Some(turning) = (0..at.len()).rev().find(|input| at[*input] + 1 < choices[*input].len()) else {
            break;
        };
        at[turning] += 1;
        at[turning + 1..].fill(0);
    }
    out.write_all(&text)
}

fn line<'a>(fields: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut text = Vec::new();
    for field in fields {
        write_field(field.as_bytes(), &mut text);
        text.push(b',');
    }
    text.pop();
    if text.is_empty() {
        text.extend_from_slice(b"\"\"");
    }
    text.push(b'\n');
    text
}

/// The values of each input: every level, numbers in even steps. Where that would be too many rows, the inputs with the
/// most levels keep the record's value, and so do the last numbers.
fn choices(model: &Model, record: &Record) -> Vec<Vec<String>> {
    let own = |input: &Input| vec![own_text(input, record.get(&input.name))];
    let mut choices: Vec<Vec<String>> = model
        .inputs
        .iter()
        .map(|input| match &input.kind {
            InputKind::Category { levels, .. } if !levels.is_empty() => levels.clone(),
            InputKind::Boolean { no, yes, .. } => vec![no.clone(), yes.clone()],
            _ => own(input),
        })
        .collect();
    let rows = |choices: &[Vec<String>]| {
        choices.iter().map(Vec::len).fold(1, |product: usize, n| product.saturating_mul(n))
    };
    while rows(&choices) > ROWS {
        let Some(widest) = (0..choices.len()).max_by_key(|at| choices[*at].len()) else { break };
        choices[widest] = own(&model.inputs[widest]);
    }
    let room = (ROWS / rows(&choices)).max(1) as f64;
    let numbers: Vec<usize> = (0..choices.len())
        .filter(|at| matches!(model.inputs[*at].kind, InputKind::Number { min, max, .. } if min < max))
        .collect();
    // as many numbers as can have five values each
    let varied = numbers.len().min((room.ln() / 5.0_f64.ln()).max(1.0) as usize);
    let steps = if varied == 0 { 1 } else { room.powf(1.0 / varied as f64) as usize };
    for at in numbers.into_iter().take(varied) {
        if let InputKind::Number { min, max, whole, .. } = model.inputs[at].kind {
            choices[at] = steps_of(min, max, whole, steps.clamp(1, STEPS));
        }
    }
    choices
}

fn steps_of(min: f64, max: f64, whole: bool, n: usize) -> Vec<String> {
    let decimals = if whole { 0 } else { decimals_of(step_of(max - min, whole)) };
    let mut values: Vec<String> = (0..n)
        .map(|step| {
            let value = if n == 1 { min } else { min + (max - min) * step as f64 / (n - 1) as f64 };
            // rounded as the controls are, but not out of the range
            let rounded = format!("{value:.decimals$}").parse().unwrap_or(value);
            number_text(f64::clamp(rounded, min, max))
        })
        .collect();
    values.dedup();
    values
}

/// The record's value as it would stand in a file; empty where it is missing.
fn own_text(input: &Input, value: Option<&Value>) -> String {
    match (&input.kind, value) {
        (InputKind::Boolean { no, yes, .. }, Some(Value::Bool(on))) => if *on { yes } else { no }.clone(),
        (InputKind::Date { typical, .. }, None) => day_text(*typical),
        (_, Some(Value::Number(number))) => number.as_f64().map(number_text).unwrap_or_default(),
        (_, Some(Value::String(text))) => text.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::model;
    use super::*;

    #[test]
    fn the_grid_holds_every_level_and_even_steps() {
        let predictor = model();
        let record: Record = serde_json::from_str(r#"{"x": 1, "shop": "A"}"#).unwrap();
        let mut csv = Vec::new();
        write_grid(predictor.model(), &record, &mut csv, &Progress::new()).unwrap();
        let text = String::from_utf8(csv).unwrap();
        assert!(text.starts_with("x,shop\n0,A\n0,B\n"), "{text}");
        assert!(text.ends_with("4,A\n4,B\n"), "{text}");
        // x is whole from 0 to 4
        assert_eq!(text.lines().count(), 1 + 5 * 2);
    }

    #[test]
    fn a_column_of_one_missing_value_is_still_a_line() {
        assert_eq!(line([""].into_iter()), b"\"\"\n");
        assert_eq!(line(["a,b", "c"].into_iter()), b"\"a,b\",c\n");
        assert_eq!(steps_of(0.0, 1.0, false, 3), ["0", "0.5", "1"]);
    }
}
