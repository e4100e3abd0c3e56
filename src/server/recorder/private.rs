//! What of a body is kept where the values of some fields are private.

use serde_json::{Map, Value};

use super::{CUT, Kept};

/// A body as text. Where fields are private, only JSON whose fields can be told apart is kept, without their values.
pub(super) fn kept_text(kept: &Kept, private: &[String]) -> Option<String> {
    if kept.bytes.is_empty() {
        return None;
    }
    if private.is_empty() {
        let text = match std::str::from_utf8(&kept.bytes) {
            Ok(text) => text.to_owned(),
            Err(error) if kept.cut && error.error_len().is_none() => {
                String::from_utf8_lossy(&kept.bytes[..error.valid_up_to()]).into_owned()
            }
            Err(_) => return Some(format!("({} bytes of binary data)", kept.bytes.len())),
        };
        return Some(if kept.cut { text + CUT } else { text });
    }
    match serde_json::from_slice::<Value>(&kept.bytes) {
        Ok(mut value) if !kept.cut => Some(if mask(&mut value, private) {
            value.to_string()
        } else {
            "(not kept: its values have no names, and some fields are private)".to_owned()
        }),
        _ => Some("(not kept: some fields are private, and this is no whole JSON)".to_owned()),
    }
}

/// What stands for a value that is not kept.
const MASKED: &str = "***";

/// The fields that have rows, or columns, in them: what they hold has a name only where it is an object.
const ENVELOPES: [&str; 7] =
    ["instances", "inputs", "data", "image", "records", "dataframe_records", "dataframe_split"];

/// Replaces the values of private fields of a body. False when values may stand without their names.
fn mask(value: &mut Value, private: &[String]) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().all(|item| mask_named(item, private)),
        other => mask_named(other, private),
    }
}

/// As [`mask`], for what has a name only if it is an object.
fn mask_named(value: &mut Value, private: &[String]) -> bool {
    match value {
        Value::Object(fields) => mask_fields(fields, private),
        _ => false,
    }
}

fn mask_fields(fields: &mut Map<String, Value>, private: &[String]) -> bool {
    let tensor = fields.get("name").is_some_and(Value::is_string) && fields.contains_key("data");
    let table = fields.get("columns").is_some_and(Value::is_array);
    if (tensor && !mask_tensor(fields, private)) || (!tensor && table && !mask_table(fields, private)) {
        return false;
    }
    // a model of one input takes a tensor of any name
    if let Some(Value::Array(tensors)) = fields.get("inputs")
        && let [Value::Object(tensor)] = tensors.as_slice()
        && let Some(Value::String(name)) = tensor.get("name")
        && !private.contains(name)
    {
        return false;
    }
    fields.iter_mut().all(|(name, value)| {
        if (tensor || table) && name == "data" {
            return true;
        }
        if private.contains(name) {
            *value = MASKED.into();
            return true;
        }
        if ENVELOPES.contains(&name.as_str()) {
            return mask_rows(value, private);
        }
        match value {
            // a column of plain values has its name; rows of lists do not
            Value::Array(items) => items.iter_mut().all(|item| match item {
                Value::Array(cells) => cells.len() <= 1,
                Value::Object(fields) => mask_fields(fields, private),
                _ => true,
            }),
            Value::Object(fields) => mask_fields(fields, private),
            _ => true,
        }
    })
}

/// Rows or columns behind the name of an envelope. A list that is empty has no values.
fn mask_rows(value: &mut Value, private: &[String]) -> bool {
    match value {
        Value::Null => true,
        other => mask(other, private),
    }
}

/// A tensor of V2: its values are those of one field unless it is a matrix.
fn mask_tensor(fields: &mut Map<String, Value>, private: &[String]) -> bool {
    let is_private =
        fields.get("name").and_then(Value::as_str).is_some_and(|name| private.iter().any(|one| one == name));
    let shape = fields.get("shape").and_then(Value::as_array);
    let column =
        shape.is_some_and(|shape| !shape.is_empty() && shape.iter().skip(1).all(|n| n.as_u64() == Some(1)));
    let flat = match fields.get("data") {
        Some(Value::Array(items)) => {
            items.iter().all(|item| !matches!(item, Value::Array(cells) if cells.len() > 1))
        }
        _ => false,
    };
    if is_private {
        fields.insert("data".into(), MASKED.into());
    }
    column && (flat || is_private)
}

/// A table of MLflow: names first, then rows of as many cells.
fn mask_table(fields: &mut Map<String, Value>, private: &[String]) -> bool {
    let Some(Value::Array(columns)) = fields.get("columns") else { return false };
    let n_columns = columns.len();
    let places: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, name)| name.as_str().is_some_and(|name| private.iter().any(|one| one == name)))
        .map(|(at, _)| at)
        .collect();
    let Some(Value::Array(rows)) = fields.get_mut("data") else { return false };
    rows.iter_mut().all(|row| {
        let Value::Array(cells) = row else { return false };
        if cells.len() != n_columns {
            return false;
        }
        for place in &places {
            cells[*place] = MASKED.into();
        }
        !cells.iter().any(|cell| cell.is_array() || cell.is_object())
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    #[test]
    fn private_values_are_not_written_in_any_form() {
        let private = ["age".to_owned()];
        let kept = |text: &str| {
            kept_text(&Kept { bytes: Bytes::copy_from_slice(text.as_bytes()), cut: false }, &private).unwrap()
        };
        for body in [
            r#"{"age":4711,"b":1}"#,
            r#"[{"age":4711}]"#,
            r#"{"records":[{"b":2,"age":"4711"}]}"#,
            r#"{"dataframe_split":{"columns":["b","age"],"data":[[1,4711]]}}"#,
            r#"{"instances":[[1,4711]]}"#,
            r#"{"instances":[{"age":4711}]}"#,
            r#"{"inputs":{"age":[4711]}}"#,
            r#"{"inputs":[{"name":"age","datatype":"FP64","shape":[1],"data":[4711]}]}"#,
            r#"{"inputs":[{"name":"x","datatype":"FP64","shape":[1,2],"data":[1,4711]}]}"#,
            // a model of one input takes values without a name, and a tensor of any name
            r#"{"instances":[4711]}"#,
            r#"{"instances":4711}"#,
            r#"{"inputs":[4711]}"#,
            r#"{"inputs":[[4711]]}"#,
            r#"{"inputs":4711}"#,
            r#"{"records":[4711]}"#,
            r#"{"image":[4711]}"#,
            r#"{"data":[[4711]]}"#,
            r#"{"dataframe_records":["4711"]}"#,
            r#"{"dataframe_split":[4711]}"#,
            "[[4711]]",
            "[4711]",
            "4711",
            r#""4711""#,
            r#"{"inputs":[{"name":"x","datatype":"FP64","shape":[1],"data":[4711]}]}"#,
            // what is half a tensor, or half a table
            r#"{"inputs":[{"name":"age","shape":[1],"data":[4711]}]}"#,
            r#"{"inputs":[{"name":"age","data":[4711]}]}"#,
            r#"{"inputs":[{"name":"b","datatype":"FP64","data":[1,4711]},{"name":"c","shape":[1],"data":[2]}]}"#,
            r#"{"inputs":[{"name":"b","datatype":"FP64","shape":[1],"data":[[1,4711]]},{"name":"c","shape":[1],"data":[2]}]}"#,
            r#"{"inputs":[{"name":"b","shape":[1],"data":[1],"age":4711},{"name":"c","shape":[1],"data":[2]}]}"#,
            r#"{"dataframe_split":{"columns":["b"],"data":[[1,4711]]}}"#,
            r#"{"dataframe_split":{"columns":["b"],"data":[[1]],"age":4711}}"#,
            "age\n4711\n",
        ] {
            let text = kept(body);
            assert!(!text.contains("4711"), "{body}: {text}");
        }
        assert_eq!(kept(r#"{"age":4711,"b":1}"#), r#"{"age":"***","b":1}"#);
        // what is not private is kept
        assert_eq!(kept(r#"{"inputs":{"age":[4711],"b":[1,2]}}"#), r#"{"inputs":{"age":"***","b":[1,2]}}"#);
        assert_eq!(
            kept(r#"{"dataframe_split":{"columns":["b","age"],"index":[0],"data":[[1,4711]]}}"#),
            r#"{"dataframe_split":{"columns":["b","age"],"index":[0],"data":[[1,"***"]]}}"#
        );
        assert_eq!(
            kept(
                r#"{"inputs":[{"name":"age","shape":[1],"data":[4711]},{"name":"b","shape":[1],"data":[2]}]}"#
            ),
            r#"{"inputs":[{"name":"age","shape":[1],"data":"***"},{"name":"b","shape":[1],"data":[2]}]}"#
        );
    }
}
