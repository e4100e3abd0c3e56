//! The value at a path in JSON: `predictions[0].units_sold`.

use serde_json::Value;

/// The value at a path such as `predictions[0].units_sold` or `$.a["odd key"][2]`; a plain number after a dot is a list's
/// place too.
///
/// # Errors
/// What part of the path is not there, in words.
pub fn at_path<'a>(value: &'a Value, path: &str) -> Result<&'a Value, String> {
    let mut value = value;
    let mut walked = String::from("$");
    for step in steps(path)? {
        let next = match (&step, value) {
            (Step::Key(key), Value::Object(map)) => map.get(key),
            (Step::Key(key), Value::Array(list)) => key.parse::<usize>().ok().and_then(|at| list.get(at)),
            (Step::Place(at), Value::Array(list)) => {
                let place = if *at < 0 {
                    list.len().checked_sub(at.unsigned_abs())
                } else {
                    usize::try_from(*at).ok()
                };
                place.and_then(|place| list.get(place))
            }
            _ => None,
        };
        let what = match value {
            Value::Object(map) => {
                let keys: Vec<&str> = map.keys().take(8).map(String::as_str).collect();
                format!("an object with {}", if keys.is_empty() { "no keys".into() } else { keys.join(", ") })
            }
            Value::Array(list) => format!("a list of {}", list.len()),
            other => format!("{other}"),
        };
        value = next.ok_or_else(|| format!("{walked} is {what}; it has no {step}"))?;
        match &step {
            Step::Key(key) => walked.push_str(&format!(".{key}")),
            Step::Place(at) => walked.push_str(&format!("[{at}]")),
        }
    }
    Ok(value)
}

enum Step {
    Key(String),
    Place(isize),
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => write!(f, "'{key}'"),
            Self::Place(at) => write!(f, "place {at}"),
        }
    }
}

fn steps(path: &str) -> Result<Vec<Step>, String> {
    let mut rest = path.trim();
    rest = rest.strip_prefix('$').unwrap_or(rest);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''));
            if let Some(quote) = quote {
                let close =
                    inside[1..].find(quote).ok_or_else(|| format!("the path '{path}' has an open quote"))?;
                steps.push(Step::Key(inside[1..=close].to_owned()));
                rest = inside[close + 2..]
                    .strip_prefix(']')
                    .ok_or_else(|| format!("the path '{path}' has an open bracket"))?;
            } else {
                let (number, after) =
                    inside.split_once(']').ok_or_else(|| format!("the path '{path}' has an open bracket"))?;
                let place = number.trim().parse().map_err(|_error| {
                    format!(
                        "'{number}' in the path '{path}' is no place in a list; keys in brackets have quotes"
                    )
                })?;
                steps.push(Step::Place(place));
                rest = after;
            }
        } else {
            let text = rest.strip_prefix('.').unwrap_or(rest);
            let end = text.find(['.', '[']).unwrap_or(text.len());
            if end == 0 {
                return Err(format!("the path '{path}' has an empty step"));
            }
            steps.push(Step::Key(text[..end].to_owned()));
            rest = &text[end..];
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_value_or_says_where_it_ends() {
        let value: Value = serde_json::from_str(r#"{"a": [{"b c": 1}, 2], "d": {"e": null}}"#).unwrap();
        assert_eq!(at_path(&value, "a[0]['b c']").unwrap(), 1);
        assert_eq!(at_path(&value, "$.a[-1]").unwrap(), 2);
        assert_eq!(at_path(&value, "a.1").unwrap(), 2);
        assert!(at_path(&value, "d.e").unwrap().is_null());
        assert_eq!(at_path(&value, "").unwrap(), &value);
        assert_eq!(at_path(&value, "a[2]").unwrap_err(), "$.a is a list of 2; it has no place 2");
        assert_eq!(at_path(&value, "d.x").unwrap_err(), "$.d is an object with e; it has no 'x'");
        for bad in ["a[", "a[x]", "a['b", "..a", "a['b'x"] {
            assert!(at_path(&value, bad).is_err(), "{bad}");
        }
    }
}
