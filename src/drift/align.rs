//! Two columns of one name, made comparable: numbers with numbers, levels with levels, or a reason why not.

use std::sync::Arc;

use crate::data::{
    Coded, Column, ColumnData, ColumnKind, Levels, MISSING_CODE, MISSING_DATE, boolean_word, number_text,
};

const DAY_MICROS: f64 = 86_400_000_000.0;

/// A column of both tables, in each file's order.
#[derive(Debug, Clone, PartialEq)]
pub enum Pair {
    /// Numbers, NaN where missing; dates as days since 1970-01-01.
    Numbers(Vec<f64>, Vec<f64>),
    /// Levels.
    Levels(Coded, Coded),
    /// They can't be compared; why.
    Conflict(String),
}

/// What was made comparable, and what had to be done for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Aligned {
    /// The values.
    pub pair: Pair,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Makes two columns comparable. Where the kinds differ, texts that are numbers are read as numbers, and numbers as levels,
/// as the reference has it; when more than half of the current values can't be, the columns conflict.
#[must_use]
pub fn align(reference: Column, current: Column) -> Aligned {
    use ColumnData::{Boolean, Category, Date, Number, Text};
    let (kind, other) = (reference.kind(), current.kind());
    let mut notes = Vec::new();
    let changed = |notes: &mut Vec<String>| {
        if kind != other {
            notes.push(format!("the type changed: {kind} in the reference, {other} in the current data"));
        }
    };
    let conflict = || {
        Pair::Conflict(format!(
            "{kind} in the reference, {other} in the current data: there is no common scale to compare them on"
        ))
    };
    let pair = match (reference.data, current.data) {
        (Number(a), Number(b)) => Pair::Numbers(a, b),
        (Date(a), Date(b)) => Pair::Numbers(days(&a), days(&b)),
        (Category(a) | Text(a) | Boolean(a), Category(b) | Text(b) | Boolean(b)) => {
            let b = same_words(&a.levels, b);
            Pair::Levels(a, b)
        }
        (a, b) if is_empty(&b) => {
            notes.push("every current value is missing".into());
            match a {
                Number(a) => {
                    let n = len(&b);
                    Pair::Numbers(a, vec![f64::NAN; n])
                }
                Date(a) => {
                    let n = len(&b);
                    Pair::Numbers(days(&a), vec![f64::NAN; n])
                }
                Category(a) | Text(a) | Boolean(a) => {
                    let none = Coded { codes: vec![MISSING_CODE; len(&b)], levels: Arc::clone(&a.levels) };
                    Pair::Levels(a, none)
                }
            }
        }
        (a, b) if is_empty(&a) => {
            notes.push("every reference value is missing".into());
            match b {
                Number(b) => Pair::Numbers(vec![f64::NAN; len(&a)], b),
                Date(b) => Pair::Numbers(vec![f64::NAN; len(&a)], days(&b)),
                Category(b) | Text(b) | Boolean(b) => {
                    let none = Coded { codes: vec![MISSING_CODE; len(&a)], levels: Arc::clone(&b.levels) };
                    Pair::Levels(none, b)
                }
            }
        }
        (Number(a), Category(b) | Text(b) | Boolean(b)) => match numbers(&b) {
            Some((b, unreadable)) => {
                changed(&mut notes);
                if unreadable > 0 {
                    notes.push(format!("{unreadable} current values are no numbers and count as missing"));
                }
                Pair::Numbers(a, b)
            }
            None => conflict(),
        },
        (Category(a) | Text(a) | Boolean(a), Number(b)) => {
            changed(&mut notes);
            // a level that is no number still may be met; so the current numbers become levels
            Pair::Levels(renamed(a), levels(&b))
        }
        (Date(_), _) | (_, Date(_)) => conflict(),
    };
    if matches!(pair, Pair::Levels(..))
        && kind != other
        && notes.is_empty()
        && ![kind, other].contains(&ColumnKind::Text)
    {
        changed(&mut notes);
    }
    Aligned { pair, notes }
}

fn days(micros: &[i64]) -> Vec<f64> {
    micros.iter().map(|&m| if m == MISSING_DATE { f64::NAN } else { m as f64 / DAY_MICROS }).collect()
}

fn len(data: &ColumnData) -> usize {
    match data {
        ColumnData::Number(values) => values.len(),
        ColumnData::Date(values) => values.len(),
        ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => c.codes.len(),
    }
}

fn is_empty(data: &ColumnData) -> bool {
    match data {
        ColumnData::Number(values) => values.iter().all(|value| value.is_nan()),
        ColumnData::Date(values) => values.iter().all(|&value| value == MISSING_DATE),
        ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => {
            c.codes.iter().all(|&code| code == MISSING_CODE)
        }
    }
}

/// The current file's words for no and yes, spelled as the reference spells them where they are the same words. A file that
/// is read for a model has them as levels like any other.
fn same_words(reference: &Levels, current: Coded) -> Coded {
    let words = |levels: &Levels| -> Option<Vec<(usize, bool)>> {
        let words: Vec<_> = levels.iter().map(boolean_word).collect::<Option<_>>()?;
        // one or two, each once, of one pair
        let once = match words.as_slice() {
            [_] => true,
            [first, second] => first.0 == second.0 && first.1 != second.1,
            _ => false,
        };
        once.then_some(words)
    };
    let Some(of_reference) = words(reference).filter(|words| words.len() == 2) else { return current };
    let Some(of_current) = words(&current.levels) else { return current };
    let spelled: Option<Levels> = of_current
        .iter()
        .map(|word| of_reference.iter().position(|known| known == word).map(|at| reference.get(at as u32)))
        .collect();
    match spelled {
        Some(levels) => Coded { levels: Arc::new(levels), ..current },
        None => current,
    }
}

/// Texts as numbers, with how many are none; `None` when that is more than half.
fn numbers(coded: &Coded) -> Option<(Vec<f64>, usize)> {
    let of_level: Vec<f64> = coded
        .levels
        .iter()
        .map(|text| text.trim().parse::<f64>().ok().filter(|value| value.is_finite()).unwrap_or(f64::NAN))
        .collect();
    let of_code = |code: u32| of_level.get(code as usize).copied().unwrap_or(f64::NAN);
    let values: Vec<f64> = coded.codes.iter().map(|&code| of_code(code)).collect();
    let present = coded.codes.iter().filter(|&&code| code != MISSING_CODE).count();
    let readable = values.iter().filter(|value| !value.is_nan()).count();
    (2 * readable >= present).then_some((values, present - readable))
}

/// Numbers as levels.
fn levels(values: &[f64]) -> Coded {
    values.iter().map(|&value| (!value.is_nan()).then(|| number_text(value))).collect()
}

/// Levels that are numbers, written as numbers are (1.0 as 1).
fn renamed(coded: Coded) -> Coded {
    let text = |text: &str| match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => number_text(value),
        _ => text.to_owned(),
    };
    if coded.levels.iter().all(|level| text(level) == level) {
        return coded;
    }
    let of_level: Vec<String> = coded.levels.iter().map(text).collect();
    coded.codes.iter().map(|&code| of_level.get(code as usize)).collect()
}
