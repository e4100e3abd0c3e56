//! The design: what the training rows say about each input, and the matrix of encoded terms, column by column.

use std::borrow::Cow;

use super::Settings;
use super::outline::{day, outline};
use crate::data::{Coded, Column, ColumnData, MISSING_CODE, Table};
use crate::inference::class_of;
use crate::model::{Input, InputKind, Policies, ReferenceColumn, ReferenceValues, Term, TermKind, Written};

/// The inputs with what training saw of them, and the outline of each input's column.
pub(crate) fn inputs(
    table: &Table,
    features: &[String],
    settings: &Settings,
    train: &[usize],
) -> (Vec<Input>, Vec<ReferenceColumn>) {
    features
        .iter()
        .filter_map(|name| table.column(name))
        .map(|column| {
            let outline = outline(column, train);
            let kind = input_kind(column, &outline, train);
            (
                Input {
                    name: column.name.clone(),
                    unit: None,
                    kind,
                    written: Written::default(),
                    policies: own_policies(settings, &column.name),
                },
                outline,
            )
        })
        .unzip()
}

/// The policies of a feature that has a rule of its own.
fn own_policies(settings: &Settings, name: &str) -> Option<Policies> {
    let missing_value = *settings.missing.get(name)?;
    Some(Policies { missing_value, ..settings.policies })
}

fn input_kind(column: &Column, outline: &ReferenceColumn, train: &[usize]) -> InputKind {
    match &column.data {
        ColumnData::Number(values) => {
            let (min, typical, max, mean) = spread(outline);
            let whole = train.iter().all(|&row| values[row].is_nan() || values[row].fract() == 0.0);
            InputKind::Number { min, max, typical, fill: mean, whole }
        }
        ColumnData::Date(_) => {
            let (min, typical, max, _) = spread(outline);
            InputKind::Date { min, max, typical }
        }
        ColumnData::Boolean(coded) => {
            let count = |wanted: u32| train.iter().filter(|&&row| coded.codes[row] == wanted).count();
            let (no, yes) = (coded.levels.get(0).to_owned(), coded.levels.get(1).to_owned());
            InputKind::Boolean { no, yes, fill: count(1) > count(0) }
        }
        ColumnData::Category(coded) | ColumnData::Text(coded) => {
            let levels = sorted_levels(coded, train);
            let most = match &outline.values {
                ReferenceValues::Category { counts } => counts.iter().map(|(_, count)| *count).max(),
                ReferenceValues::Number { .. } => None,
            };
            // the first in order at a tie
            let is_most = |level: &String| match &outline.values {
                ReferenceValues::Category { counts } => {
                    counts.iter().any(|(text, count)| text == level && Some(*count) == most)
                }
                ReferenceValues::Number { .. } => false,
            };
            let fill = levels.iter().position(is_most).unwrap_or(0);
            // a column without any value still needs a level, so that the model file stays valid
            let levels = if levels.is_empty() { vec![String::new()] } else { levels };
            InputKind::Category { levels, fill }
        }
    }
}

/// Minimum, median, maximum and mean; all zero when there is no value.
fn spread(outline: &ReferenceColumn) -> (f64, f64, f64, f64) {
    match &outline.values {
        ReferenceValues::Number { mean, deciles, .. } if deciles.len() == 11 => {
            (deciles[0], deciles[5], deciles[10], *mean)
        }
        _ => (0.0, 0.0, 0.0, 0.0),
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

/// The values at `rows`; the whole column where `rows` are all of its rows.
fn rows_of<'a>(values: &'a [f64], rows: &[usize]) -> Cow<'a, [f64]> {
    if rows.len() == values.len() {
        Cow::Borrowed(values)
    } else {
        Cow::Owned(rows.iter().map(|&row| values[row]).collect())
    }
}

/// Which levels of the categories have a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Levels {
    /// Every level.
    All,
    /// All but the first of each category, since the others and the intercept determine it; a category of one level
    /// then has no term at all.
    AllButFirst,
    /// As `AllButFirst`, but every level of the first category: without an intercept nothing else stands for its first
    /// level, which would be forced to 0. As R and patsy do, except that a boolean is one number here, 0 or 1, and
    /// never has two terms.
    AllButFirstWithoutIntercept,
}

/// The terms of an encoding.
pub(crate) fn terms(inputs: &[Input], which: Levels) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut every_level = which != Levels::AllButFirst;
    for (input, of) in inputs.iter().enumerate() {
        match &of.kind {
            InputKind::Category { levels, .. } => {
                let first = usize::from(!every_level);
                every_level = which == Levels::All;
                terms.extend(
                    (first..levels.len()).map(|level| Term { input, kind: TermKind::Level { level } }),
                );
            }
            _ => terms.push(Term { input, kind: TermKind::Value }),
        }
    }
    terms
}

/// The matrix of terms for the given rows, one column per term, missing values filled in.
pub(crate) fn matrix<'a>(
    table: &'a Table,
    inputs: &[Input],
    terms: &[Term],
    rows: &[usize],
) -> Vec<Cow<'a, [f64]>> {
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
            // counted in pieces, which takes vector instructions, unlike a search for the first
            let any = |piece: &[f64]| piece.iter().filter(|v| v.is_nan()).count() > 0;
            if values.chunks(4096).any(any) {
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
    match &column.data {
        ColumnData::Number(values) => {
            let numbers: Vec<Option<f64>> = classes.iter().map(|class| class.parse().ok()).collect();
            rows.iter()
                .map(|&row| numbers.iter().zip(0..).find(|(n, _)| **n == Some(values[row])).map(|(_, at)| at))
                .collect()
        }
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            let map: Vec<Option<u32>> = coded.levels.iter().map(|level| class_of(level, classes)).collect();
            rows.iter().map(|&row| map.get(coded.codes[row] as usize).copied().flatten()).collect()
        }
        ColumnData::Date(_) => vec![None; rows.len()],
    }
}
