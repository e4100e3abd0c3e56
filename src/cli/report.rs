//! Text for people: tables, numbers, scores.

use std::io::Write;

use serde_json::{Map, Value};

/// Writes text to standard output.
pub(crate) fn print(text: std::fmt::Arguments<'_>) {
    settle(std::io::stdout().lock().write_fmt(text));
}

/// Writes bytes to standard output.
pub(crate) fn write_stdout(bytes: &[u8]) {
    settle(std::io::stdout().lock().write_all(bytes));
}

/// When nobody reads standard output any more (`drydock … | head`), the rest is not wanted and the program ends; any
/// other failure is an error.
fn settle(written: std::io::Result<()>) {
    if let Err(error) = written {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        eprintln!("drydock: can't write to standard output: {error}");
        std::process::exit(1);
    }
}

/// A number with about `digits` significant digits, without an exponent where that is readable.
pub(crate) fn short(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-5..15).contains(&magnitude) {
        return format!("{value:.*e}", digits.saturating_sub(1));
    }
    let decimals = (i32::try_from(digits).unwrap_or(6) - 1 - magnitude).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A whole number with a thin grouping: 1,000,000.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows of cells as aligned columns; `right` says which columns are numbers.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>], right: &[bool]) -> String {
    let width = |col: usize| {
        rows.iter()
            .filter_map(|row| row.get(col))
            .map(|cell| cell.chars().count())
            .chain(header.get(col).map(|cell| cell.chars().count()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::from(" ");
        for ((cell, &width), &right) in cells.zip(&widths).zip(right) {
            text.push(' ');
            text.push_str(&if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") });
            text.push(' ');
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    };
    let mut text = line(&mut header.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// `R² 0.881 · RMSE 14.9 · MAE 11.9`
pub(crate) fn scores(scores: &Map<String, Value>) -> String {
    let names = [
        ("r2", "R²"),
        ("rmse", "RMSE"),
        ("mae", "MAE"),
        ("accuracy", "accuracy"),
        ("f1", "F1"),
        ("log_loss", "log loss"),
        ("roc_auc", "ROC AUC"),
    ];
    names
        .iter()
        .filter_map(|(key, name)| {
            let value = scores.get(*key)?;
            Some(match value.as_f64() {
                Some(value) => format!("{name} {}", short(value, 4)),
                None => format!("{name} not defined"),
            })
        })
        .collect::<Vec<_>>()
        .join(" · ")
}

/// One JSON document on standard output.
pub(crate) fn print_json(value: &Value) {
    outln!("{value:#}");
}
