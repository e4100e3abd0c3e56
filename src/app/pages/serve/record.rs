//! The first row of a request's body, whatever its protocol, as one record by column name.

use serde_json::{Map, Value};

use crate::protocol::Protocol;

/// The first row; `None` where the body holds none, or is no JSON.
pub(crate) fn first_record(protocol: Option<Protocol>, body: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let record = match protocol? {
        Protocol::Plain | Protocol::Jobs => match value.get("records") {
            Some(records) => records.get(0)?.clone(),
            None if value.is_array() => value.get(0)?.clone(),
            None => value,
        },
        Protocol::V2 => {
            let mut record = Map::new();
            for input in value.get("inputs")?.as_array()? {
                record.insert(input.get("name")?.as_str()?.to_owned(), first_value(input.get("data")?)?);
            }
            Value::Object(record)
        }
        Protocol::Mlflow => {
            if let Some(split) = value.get("dataframe_split") {
                let columns = split.get("columns")?.as_array()?;
                let row = split.get("data")?.get(0)?.as_array()?;
                let names = columns.iter().filter_map(Value::as_str).map(str::to_owned);
                Value::Object(names.zip(row.iter().cloned()).collect())
            } else if let Some(records) = value.get("dataframe_records") {
                records.get(0)?.clone()
            } else {
                rows_or_columns(&value)?
            }
        }
        Protocol::TensorFlow => rows_or_columns(&value)?,
        _ => return None,
    };
    record.is_object().then_some(record)
}

/// `instances` are rows, `inputs` columns.
fn rows_or_columns(value: &Value) -> Option<Value> {
    if let Some(instances) = value.get("instances") {
        return instances.get(0).cloned();
    }
    let inputs = value.get("inputs")?;
    if let Some(columns) = inputs.as_object() {
        let first = columns.iter().map(|(name, values)| Some((name.clone(), first_value(values)?)));
        return first.collect::<Option<Map<String, Value>>>().map(Value::Object);
    }
    inputs.get(0).cloned()
}

/// The first number or text in nested lists.
fn first_value(value: &Value) -> Option<Value> {
    match value {
        Value::Array(values) => first_value(values.first()?),
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_protocol_gives_the_same_first_row() {
        let row = json!({"a": 1.5, "b": "x"});
        let bodies = [
            (Protocol::Plain, json!({"a": 1.5, "b": "x"})),
            (Protocol::Plain, json!([{"a": 1.5, "b": "x"}, {"a": 2, "b": "y"}])),
            (Protocol::Jobs, json!({"records": [{"a": 1.5, "b": "x"}]})),
            (
                Protocol::V2,
                json!({"inputs": [
                    {"name": "a", "shape": [2, 1], "datatype": "FP64", "data": [[1.5], [2]]},
                    {"name": "b", "shape": [2], "datatype": "BYTES", "data": ["x", "y"]},
                ]}),
            ),
            (Protocol::Mlflow, json!({"dataframe_split": {"columns": ["a", "b"], "data": [[1.5, "x"]]}})),
            (Protocol::Mlflow, json!({"dataframe_records": [{"a": 1.5, "b": "x"}]})),
            (Protocol::Mlflow, json!({"inputs": {"a": [1.5], "b": ["x"]}})),
            (Protocol::TensorFlow, json!({"instances": [{"a": 1.5, "b": "x"}]})),
            (Protocol::TensorFlow, json!({"inputs": {"a": [[1.5], [2]], "b": [["x"], ["y"]]}})),
        ];
        for (protocol, body) in bodies {
            assert_eq!(
                first_record(Some(protocol), body.to_string().as_bytes()),
                Some(row.clone()),
                "{body}"
            );
        }
    }

    #[test]
    fn what_holds_no_row_gives_none() {
        for protocol in Protocol::ALL {
            for body in ["", "{", "[]", "3", "null"] {
                assert_eq!(first_record(Some(protocol), body.as_bytes()), None, "{protocol:?} {body}");
            }
            // any object is a record where records are sent as they are
            let is_record = matches!(protocol, Protocol::Plain | Protocol::Jobs);
            assert_eq!(first_record(Some(protocol), b"{\"inputs\": 3}").is_some(), is_record, "{protocol:?}");
        }
        assert_eq!(first_record(None, b"{}"), None);
    }
}
