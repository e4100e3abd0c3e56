//! The same records in every dialect a model server may speak: a path and a body, and the predictions of the answer.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::collection::{Body, SavedRequest};
pub use super::shape::{Field, FieldKind, Record, Shape, number};
use crate::data::write_field;

/// A way to ask a model server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// `POST /predict`, one record.
    Plain,
    /// `POST /predict`, many records.
    PlainBatch,
    /// The Open Inference Protocol (`KServe` V2), one tensor a column.
    V2,
    /// `MLflow`, `dataframe_split`.
    MlflowSplit,
    /// `MLflow`, `dataframe_records`.
    MlflowRecords,
    /// TensorFlow Serving, row format.
    TfRow,
    /// TensorFlow Serving, column format.
    TfColumn,
    /// `POST /predict` with CSV in and out.
    Csv,
}

impl Dialect {
    /// Every dialect that carries records, in the order they are shown.
    pub const ALL: [Self; 8] = [
        Self::Plain,
        Self::PlainBatch,
        Self::V2,
        Self::MlflowSplit,
        Self::MlflowRecords,
        Self::TfRow,
        Self::TfColumn,
        Self::Csv,
    ];

    /// What to call it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "Plain, one record",
            Self::PlainBatch => "Plain, batch",
            Self::V2 => "Open Inference V2",
            Self::MlflowSplit => "MLflow split",
            Self::MlflowRecords => "MLflow records",
            Self::TfRow => "TF Serving rows",
            Self::TfColumn => "TF Serving columns",
            Self::Csv => "CSV",
        }
    }

    /// The path that takes it.
    #[must_use]
    pub fn path(self, model: &str) -> String {
        let model = crate::protocol::percent_encode(model);
        match self {
            Self::Plain | Self::PlainBatch | Self::Csv if model.is_empty() => "/predict".into(),
            Self::Plain | Self::PlainBatch | Self::Csv => format!("/models/{model}/predict"),
            Self::V2 => format!("/v2/models/{model}/infer"),
            Self::MlflowSplit | Self::MlflowRecords => "/invocations".into(),
            Self::TfRow | Self::TfColumn => format!("/v1/models/{model}:predict"),
        }
    }

    /// The content type it needs.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        if self == Self::Csv { "text/csv" } else { "application/json" }
    }

    /// The records as a body.
    ///
    /// # Errors
    /// What the dialect can't say, in words.
    pub fn body(self, shape: &Shape, records: &[Record]) -> Result<String, String> {
        if records.is_empty() {
            return Err("there is no record to send".into());
        }
        let names: Vec<&str> = shape.fields.iter().map(|field| field.name.as_str()).collect();
        let value = |record: &Record, name: &str| record.get(name).cloned().unwrap_or(Value::Null);
        let column =
            |name: &str| -> Vec<Value> { records.iter().map(|record| value(record, name)).collect() };
        let only = |record: &Record| -> Value { Value::Object(record.clone()) };
        let body = match self {
            Self::Plain => match records {
                [record] => only(record),
                _ => return Err(format!("it takes one record, not {}", records.len())),
            },
            Self::PlainBatch => json!({"records": records}),
            Self::MlflowRecords => json!({"dataframe_records": records}),
            Self::MlflowSplit => {
                let rows: Vec<Value> = records
                    .iter()
                    .map(|record| names.iter().map(|name| value(record, name)).collect())
                    .collect();
                json!({"dataframe_split": {"columns": names, "data": rows}})
            }
            Self::TfRow => match names[..] {
                [name] => json!({"instances": column(name)}),
                _ => json!({"instances": records}),
            },
            Self::TfColumn => {
                if let [name] = names[..] {
                    json!({"inputs": column(name)})
                } else {
                    let columns: Record =
                        names.iter().map(|name| ((*name).to_owned(), Value::from(column(name)))).collect();
                    json!({"inputs": columns})
                }
            }
            Self::V2 => {
                let mut inputs = Vec::new();
                for field in &shape.fields {
                    let data = column(&field.name);
                    if let Some(row) = data.iter().position(Value::is_null) {
                        let which =
                            if records.len() > 1 { format!(" of record {}", row + 1) } else { String::new() };
                        return Err(format!(
                            "a tensor has no missing values: '{}'{which} needs one",
                            field.name
                        ));
                    }
                    let (datatype, data) = if data.iter().all(Value::is_number) {
                        ("FP64", data)
                    } else if data.iter().all(Value::is_boolean) {
                        ("BOOL", data)
                    } else {
                        let text = |value: Value| match value {
                            Value::String(text) => Value::String(text),
                            other => Value::String(other.to_string()),
                        };
                        ("BYTES", data.into_iter().map(text).collect())
                    };
                    inputs.push(json!({
                        "name": field.name, "shape": [records.len(), 1], "datatype": datatype, "data": data
                    }));
                }
                json!({"inputs": inputs})
            }
            Self::Csv => {
                let mut out = Vec::new();
                let mut line = |cells: &mut dyn Iterator<Item = String>| {
                    for (at, cell) in cells.enumerate() {
                        if at > 0 {
                            out.push(b',');
                        }
                        write_field(cell.as_bytes(), &mut out);
                    }
                    out.push(b'\n');
                };
                line(&mut names.iter().map(|name| (*name).to_owned()));
                for record in records {
                    line(&mut names.iter().map(|name| match value(record, name) {
                        Value::Null => String::new(),
                        Value::String(text) => text,
                        other => other.to_string(),
                    }));
                }
                return Ok(String::from_utf8_lossy(&out).into_owned());
            }
        };
        let text = body.to_string();
        Ok(super::json::pretty(&text).unwrap_or(text))
    }

    /// The whole request, to `{{base}}` and with `{{key}}`.
    ///
    /// # Errors
    /// As [`Dialect::body`].
    pub fn request(self, shape: &Shape, records: &[Record]) -> Result<SavedRequest, String> {
        let body = self.body(shape, records)?;
        let url = format!("{{{{base}}}}{}", self.path(&shape.model));
        let mut request = SavedRequest::new(self.label(), "POST", &url)
            .header("Content-Type", self.content_type())
            .bearer("{{key}}");
        request.body = Body::Text(body);
        Ok(request)
    }
}

/// The predictions in an answer of any dialect, in order; `None` where there are none.
#[must_use]
pub fn predictions(content_type: &str, body: &[u8]) -> Option<Vec<Value>> {
    if content_type.trim().to_ascii_lowercase().starts_with("text/csv") {
        return csv_predictions(body);
    }
    let value: Value = serde_json::from_slice(body).ok()?;
    let list = |value: &Value| match value {
        // a column of one-element rows, as tensors have them
        Value::Array(rows) => rows
            .iter()
            .map(|row| match row {
                Value::Array(cells) if cells.len() == 1 => cells[0].clone(),
                other => other.clone(),
            })
            .collect(),
        one => vec![one.clone()],
    };
    if let Some(prediction) = value.get("prediction") {
        return Some(vec![prediction.clone()]);
    }
    if let Some(predictions) = value.get("predictions") {
        return Some(list(predictions));
    }
    if let Some(outputs) = value.get("outputs") {
        // V2 lists tensors; TensorFlow gives the values themselves
        return match outputs
            .as_array()
            .and_then(|list| list.first())
            .filter(|first| first.get("data").is_some())
        {
            Some(tensor) => Some(list(tensor.get("data")?)),
            None => Some(list(outputs)),
        };
    }
    let choices = value.get("choices")?.as_array()?;
    choices
        .iter()
        .map(|choice| choice.get("text").or_else(|| choice.pointer("/message/content")).cloned())
        .collect()
}

fn csv_predictions(body: &[u8]) -> Option<Vec<Value>> {
    use crate::data::{ColumnData, ReadOptions, Source, read_csv};
    let source = Source::from_bytes("answer", body.to_vec());
    let loaded = read_csv(&source, &ReadOptions::default(), &crate::work::Progress::new()).ok()?;
    let column = loaded.table.column("prediction").or_else(|| loaded.table.columns().last())?;
    Some(
        (0..loaded.table.n_rows())
            .map(|row| match &column.data {
                ColumnData::Number(values) => number(values[row]),
                ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
                    coded.get(row).map_or(Value::Null, Value::from)
                }
                ColumnData::Date(values) => Value::from(crate::data::date::format_iso(values[row])),
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape {
            model: "bev erages".into(),
            fields: vec![
                Field { name: "t".into(), kind: FieldKind::Number { typical: -4.0 } },
                Field {
                    name: "store".into(),
                    kind: FieldKind::Category { levels: vec!["S07".into(), "S,1".into()] },
                },
            ],
        }
    }

    /// A body without blanks.
    fn body(dialect: Dialect, records: &[Record]) -> String {
        let text = dialect.body(&shape(), records).unwrap();
        if dialect == Dialect::Csv { text } else { super::super::json::compact(&text).unwrap() }
    }

    #[test]
    fn one_record_reads_the_same_in_every_dialect() {
        let one = [shape().example()];
        let check = |dialect: Dialect, path: &str, expected: &str| {
            assert_eq!(dialect.path("bev erages"), path);
            assert_eq!(body(dialect, &one), expected);
        };
        // bodies as the protocols' documents print them
        check(Dialect::Plain, "/models/bev%20erages/predict", r#"{"t":-4,"store":"S07"}"#);
        check(Dialect::PlainBatch, "/models/bev%20erages/predict", r#"{"records":[{"t":-4,"store":"S07"}]}"#);
        check(
            Dialect::V2,
            "/v2/models/bev%20erages/infer",
            r#"{"inputs":[{"name":"t","shape":[1,1],"datatype":"FP64","data":[-4]},{"name":"store","shape":[1,1],"datatype":"BYTES","data":["S07"]}]}"#,
        );
        check(
            Dialect::MlflowSplit,
            "/invocations",
            r#"{"dataframe_split":{"columns":["t","store"],"data":[[-4,"S07"]]}}"#,
        );
        check(Dialect::MlflowRecords, "/invocations", r#"{"dataframe_records":[{"t":-4,"store":"S07"}]}"#);
        check(Dialect::TfRow, "/v1/models/bev%20erages:predict", r#"{"instances":[{"t":-4,"store":"S07"}]}"#);
        check(
            Dialect::TfColumn,
            "/v1/models/bev%20erages:predict",
            r#"{"inputs":{"t":[-4],"store":["S07"]}}"#,
        );
        check(Dialect::Csv, "/models/bev%20erages/predict", "t,store\n-4,S07\n");
    }

    #[test]
    fn what_a_dialect_can_not_say_is_said() {
        let mut record = shape().example();
        record.insert("store".into(), Value::Null);
        let records = [shape().example(), record];
        assert_eq!(
            Dialect::V2.body(&shape(), &records).unwrap_err(),
            "a tensor has no missing values: 'store' of record 2 needs one"
        );
        assert!(Dialect::Plain.body(&shape(), &records).is_err());
        assert_eq!(body(Dialect::Csv, &records), "t,store\n-4,S07\n-4,\n");
        assert!(Dialect::Csv.body(&shape(), &[]).is_err());
    }

    #[test]
    fn predictions_are_found_in_every_answer() {
        let check = |text: &str, expected: Value| {
            assert_eq!(
                predictions("application/json", text.as_bytes()).map(Value::from),
                Some(expected),
                "{text}"
            );
        };
        check(r#"{"prediction": 1.5, "model": "m"}"#, json!([1.5]));
        check(r#"{"predictions": [1, [2], "x"]}"#, json!([1, 2, "x"]));
        check(
            r#"{"outputs": [{"name": "y", "datatype": "FP64", "shape": [2, 1], "data": [1.5, 2]}]}"#,
            json!([1.5, 2]),
        );
        check(r#"{"outputs": [[1.5], [2]]}"#, json!([1.5, 2]));
        check(r#"{"choices": [{"text": "a"}, {"message": {"content": "b"}}]}"#, json!(["a", "b"]));
        assert_eq!(predictions("text/csv", b"t,prediction\n1,2.5\n2,3\n").unwrap(), [json!(2.5), json!(3)]);
        assert_eq!(predictions("application/json", b"{\"error\": \"x\"}"), None);
    }
}
