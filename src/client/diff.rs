//! The difference of two answers: by value where both are JSON, line by line otherwise.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineChange {
    /// It is in both.
    Same,
    /// Only the first has it.
    Removed,
    /// Only the second has it.
    Added,
}

/// A line of the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// What happened to it.
    pub change: LineChange,
    /// Its number in the first text, from 1.
    pub before: Option<usize>,
    /// Its number in the second text, from 1.
    pub after: Option<usize>,
    /// The line, without its end.
    pub text: String,
}

/// The shortest list of removed and added lines (Myers); gives up being shortest after half a second.
#[must_use]
pub fn line_diff(before: &str, after: &str) -> Vec<DiffLine> {
    let limit = std::time::Duration::from_millis(500);
    let diff = TextDiff::configure().timeout(limit).diff_lines(before, after);
    diff.iter_all_changes()
        .map(|change| DiffLine {
            change: match change.tag() {
                ChangeTag::Equal => LineChange::Same,
                ChangeTag::Delete => LineChange::Removed,
                ChangeTag::Insert => LineChange::Added,
            },
            before: change.old_index().map(|at| at + 1),
            after: change.new_index().map(|at| at + 1),
            text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
        })
        .collect()
}

/// A difference of two JSON values.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueChange {
    /// Where, as [`super::json_path::at_path`] reads it.
    pub path: String,
    /// The first's value, as JSON text; `None` where only the second has one.
    pub before: Option<String>,
    /// The second's.
    pub after: Option<String>,
    /// For two numbers, the second minus the first.
    pub difference: Option<f64>,
}

/// Where two JSON values differ; the order of an object's keys does not count.
#[must_use]
pub fn value_diff(before: &Value, after: &Value) -> Vec<ValueChange> {
    let mut changes = Vec::new();
    compare("$", before, after, &mut changes);
    changes
}

fn compare(path: &str, before: &Value, after: &Value, changes: &mut Vec<ValueChange>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                let path = below(path, key);
                match b.get(key) {
                    Some(other) => compare(&path, value, other, changes),
                    None => changes.push(change(path, Some(value), None)),
                }
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                changes.push(change(below(path, key), None, Some(value)));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for at in 0..a.len().max(b.len()) {
                let path = format!("{path}[{at}]");
                match (a.get(at), b.get(at)) {
                    (Some(x), Some(y)) => compare(&path, x, y, changes),
                    (x, y) => changes.push(change(path, x, y)),
                }
            }
        }
        _ if before == after => {}
        _ => changes.push(change(path.to_owned(), Some(before), Some(after))),
    }
}

fn below(path: &str, key: &str) -> String {
    if !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        format!("{path}.{key}")
    } else {
        let quote = if key.contains('"') { '\'' } else { '"' };
        format!("{path}[{quote}{key}{quote}]")
    }
}

fn change(path: String, before: Option<&Value>, after: Option<&Value>) -> ValueChange {
    let difference = before.and_then(Value::as_f64).zip(after.and_then(Value::as_f64)).map(|(a, b)| b - a);
    ValueChange { path, before: before.map(Value::to_string), after: after.map(Value::to_string), difference }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_differs_by_value_and_not_by_order() {
        let a = serde_json::json!({"model": "m", "predictions": [1.5, 2], "old": true, "same": {"x": [1]}});
        let b = serde_json::json!({"same": {"x": [1]}, "predictions": [1.75, 2, 3], "model": "m", "new key": null});
        let shown: Vec<String> = value_diff(&a, &b)
            .into_iter()
            .map(|c| format!("{} {:?} {:?} {:?}", c.path, c.before, c.after, c.difference))
            .collect();
        assert_eq!(
            shown,
            [
                "$.predictions[0] Some(\"1.5\") Some(\"1.75\") Some(0.25)",
                "$.predictions[2] None Some(\"3\") None",
                "$.old Some(\"true\") None None",
                "$[\"new key\"] None Some(\"null\") None",
            ]
        );
        for change in value_diff(&a, &b).iter().filter(|change| change.after.is_some()) {
            assert!(super::super::json_path::at_path(&b, &change.path).is_ok(), "{}", change.path);
        }
        assert!(value_diff(&a, &a).is_empty());
    }

    #[test]
    fn lines_of_both_sides_can_be_put_together_again() {
        let (a, b) = ("a\nb\nc\nd\n", "a\nc\nx\nd");
        let lines = line_diff(a, b);
        let side = |wanted: LineChange| -> Vec<&str> {
            lines
                .iter()
                .filter(|l| l.change == LineChange::Same || l.change == wanted)
                .map(|l| l.text.as_str())
                .collect()
        };
        assert_eq!(side(LineChange::Removed), ["a", "b", "c", "d"]);
        assert_eq!(side(LineChange::Added), ["a", "c", "x", "d"]);
        assert_eq!(lines[1].before, Some(2));
        assert_eq!(lines[1].change, LineChange::Removed);
    }
}
