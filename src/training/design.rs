//! The design: what the training rows say about each input, and the matrix of encoded terms, column by column.

use std::borrow::Cow;

use crate::data::quantile::quantiles;
use crate::data::{Coded, Column, ColumnData, MISSING_CODE, MISSING_DATE, Table};
use crate::model::{Input, InputKind, Term, TermKind};

const DAY_MICROS: f64 = 86_400_000_000.0;

/// The inputs with what training saw of them.
pub(crate) fn inputs(table: &Table, features: &[String], known: &[usize], train: &[usize]) -> Vec<Input> {
    features
        .iter()
        .filter_map(|name| table.column(name))
        .map(|column| Input {
            name: column.name.clone(),
            unit: None,
            kind: input_kind(column, known, train),
            policies: None,
        })
        .collect()
}

fn input_kind(column: &Column, known: &[usize], train: &[usize]) -> InputKind {
    match &column.data {
        ColumnData::Number(values) => {
            let values = rows_of(values, train);
            let spread = spread(&values);
            let whole = values.iter().all(|v| v.is_nan() || v.fract() == 0.0);
            InputKind::Number { min: spread.min, max: spread.max, typical: spread.median, fill: spread.mean, whole }
        }
        ColumnData::Date(dates) => {
            let days: Vec<f64> = train.iter().map(|&row| day(dates[row])).collect();
            let spread = spread(&days);
            InputKind::Date { min: spread.min, max: spread.max, typical: spread.median }
        }
        ColumnData::Boolean(coded) => {
            let yes = train.iter().filter(|&&row| coded.codes[row] == 1).count();
            let no = train.iter().filter(|&&row| coded.codes[row] == 0).count();
            InputKind::Boolean {
                no: coded.levels.get(0).to_owned(),
                yes: coded.levels.get(1).to_owned(),
                fill: yes > no,
            }
        }
        ColumnData::Category(coded) | ColumnData::Text(coded) => {
            let levels = sorted_levels(coded, known);
            let mut counts = vec![0_usize; coded.levels.len()];
            for &row in train {
                if let Some(count) = counts.get_mut(coded.codes[row] as usize) {
                    *count += 1;
                }
            }
            let count_of = |level: &String| coded.levels.code(level).map_or(0, |code| counts[code as usize]);
            // the first in order at a tie
            let fill = levels
                .iter()
                .enumerate()
                .max_by(|a, b| count_of(a.1).cmp(&count_of(b.1)).then(b.0.cmp(&a.0)))
                .map_or(0, |(at, _)| at);
            // a column without any value still needs a level, so that the model file stays valid
            let levels = if levels.is_empty() { vec![String::new()] } else { levels };
            InputKind::Category { levels, fill }
        }
    }
}

fn sorted_levels(coded: &Coded, rows: &[usize]) -> Vec<String> {
    let mut seen = vec![false; coded.levels.len()];
    for &row in rows {
        if let Some(seen) = seen.get_mut(coded.codes[row] as usize) {
            *seen = true;
        }
    }
    let mut levels: Vec<String> =
        coded.levels.iter().zip(seen).filter(|(_, seen)| *seen).map(|(level, _)| level.to_owned()).collect();
    levels.sort();
    levels
}

struct Spread {
    min: f64,
    max: f64,
    mean: f64,
    median: f64,
}

/// Missing values left out; all zero when there is nothing else.
fn spread(values: &[f64]) -> Spread {
    let Some(q) = quantiles(values, &[0.0, 0.5, 1.0]) else {
        return Spread { min: 0.0, max: 0.0, mean: 0.0, median: 0.0 };
    };
    let mean = crate::data::profile::summarize(values).map_or(q[1], |summary| summary.mean);
    Spread { min: q[0], max: q[2], mean, median: q[1] }
}

fn day(micros: i64) -> f64 {
    if micros == MISSING_DATE { f64::NAN } else { micros as f64 / DAY_MICROS }
}

/// The values at `rows`; the whole column where `rows` are all of its rows.
fn rows_of<'a>(values: &'a [f64], rows: &[usize]) -> Cow<'a, [f64]> {
    if rows.len() == values.len() {
        Cow::Borrowed(values)
    } else {
        Cow::Owned(rows.iter().map(|&row| values[row]).collect())
    }
}

/// The terms of an encoding. With `reference_dropped`, the first level of each category has no term, since the
/// others and the intercept determine it; a category of one level then has none at all.
pub(crate) fn terms(inputs: &[Input], reference_dropped: bool) -> Vec<Term> {
    let mut terms = Vec::new();
    for (input, of) in inputs.iter().enumerate() {
        match &of.kind {
            InputKind::Category { levels, .. } => {
                let first = usize::from(reference_dropped);
                terms.extend((first..levels.len()).map(|level| Term { input, kind: TermKind::Level { level } }));
            }
            _ => terms.push(Term { input, kind: TermKind::Value }),
        }
    }
    terms
}

/// The matrix of terms for the given rows, one column per term, missing values filled in.
pub(crate) fn matrix<'a>(table: &'a Table, inputs: &[Input], terms: &[Term], rows: &[usize]) -> Vec<Cow<'a, [f64]>> {
    let slots: Vec<Cow<'a, [f64]>> = inputs.iter().map(|input| slot_values(table, input, rows)).collect();
    let mut slots: Vec<Option<Cow<'a, [f64]>>> = slots.into_iter().map(Some).collect();
    terms
        .iter()
        .map(|term| match term.kind {
            // a value has one term, so that its column can be handed over
            TermKind::Value => slots[term.input].take().unwrap_or_default(),
            TermKind::Level { level } => {
                let level = level as f64;
                let codes = slots[term.input].as_deref().unwrap_or(&[]);
                Cow::Owned(codes.iter().map(|&code| f64::from(u8::from(code == level))).collect())
            }
        })
        .collect()
}

/// An input's slot values (numbers, codes, 0 and 1, days) for the given rows.
fn slot_values<'a>(table: &'a Table, input: &Input, rows: &[usize]) -> Cow<'a, [f64]> {
    let Some(column) = table.column(&input.name) else { return Cow::Owned(vec![0.0; rows.len()]) };
    match (&column.data, &input.kind) {
        (ColumnData::Number(values), InputKind::Number { fill, .. }) => {
            let values = rows_of(values, rows);
            if values.iter().any(|v| v.is_nan()) {
                let mut values = values.into_owned();
                values.iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = *fill);
                Cow::Owned(values)
            } else {
                values
            }
        }
        (ColumnData::Date(dates), InputKind::Date { typical, .. }) => Cow::Owned(
            rows.iter().map(|&row| day(dates[row])).map(|d| if d.is_nan() { *typical } else { d }).collect(),
        ),
        (ColumnData::Boolean(coded), InputKind::Boolean { fill, .. }) => {
            let fill = f64::from(u8::from(*fill));
            let value = |code: u32| if code == MISSING_CODE { fill } else { f64::from(code) };
            Cow::Owned(rows.iter().map(|&row| value(coded.codes[row])).collect())
        }
        (ColumnData::Category(coded) | ColumnData::Text(coded), InputKind::Category { levels, fill }) => {
            let map: Vec<f64> = coded
                .levels
                .iter()
                .map(|level| levels.binary_search_by(|l| l.as_str().cmp(level)).map_or(*fill, |at| at) as f64)
                .collect();
            let fill = *fill as f64;
            Cow::Owned(
                rows.iter().map(|&row| map.get(coded.codes[row] as usize).copied().unwrap_or(fill)).collect(),
            )
        }
        _ => Cow::Owned(vec![0.0; rows.len()]),
    }
}

/// The target as numbers (regression) or class codes (classification) for the given rows.
pub(crate) fn truth_numbers<'a>(table: &'a Table, target: &str, rows: &[usize]) -> Cow<'a, [f64]> {
    match table.column(target).map(|column| &column.data) {
        Some(ColumnData::Number(values)) => rows_of(values, rows),
        _ => Cow::Owned(vec![0.0; rows.len()]),
    }
}

/// The class of each of the rows as a place in `classes`; `None` where it is missing or no class.
pub(crate) fn truth_classes(column: &Column, classes: &[String], rows: &[usize]) -> Vec<Option<u32>> {
    let place = |text: &str| classes.iter().zip(0..).find(|(class, _)| *class == text).map(|(_, at)| at);
    match &column.data {
        ColumnData::Number(values) => {
            let numbers: Vec<Option<f64>> = classes.iter().map(|class| class.parse().ok()).collect();
            rows.iter()
                .map(|&row| numbers.iter().zip(0..).find(|(n, _)| **n == Some(values[row])).map(|(_, at)| at))
                .collect()
        }
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            let map: Vec<Option<u32>> = coded.levels.iter().map(place).collect();
            rows.iter().map(|&row| map.get(coded.codes[row] as usize).copied().flatten()).collect()
        }
        ColumnData::Date(_) => vec![None; rows.len()],
    }
}
