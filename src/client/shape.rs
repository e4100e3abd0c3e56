//! What a served model takes: read from a model of this program, from a server's V2 metadata, or from its `OpenAPI` document.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{InputKind, Model};

/// One record: values by column, in order.
pub type Record = Map<String, Value>;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Numbers, with a typical one.
    Number {
        /// A value to begin with.
        typical: f64,
    },
    /// One of several texts; none where they are not known.
    Category {
        /// The texts.
        levels: Vec<String>,
    },
    /// Yes or no, by these words.
    Boolean {
        /// The word for no.
        no: String,
        /// The word for yes.
        yes: String,
    },
    /// A day.
    Date {
        /// One to begin with, `yyyy-mm-dd`.
        typical: String,
    },
}

/// A column of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a served model takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The model's name on the server.
    pub model: String,
    /// Its columns, in order.
    pub fields: Vec<Field>,
}

impl Shape {
    /// Of a model of this program.
    #[must_use]
    pub fn of_model(model: &Model) -> Self {
        let day =
            |days: f64| crate::data::date::format_iso((days.round() as i64).saturating_mul(86_400_000_000));
        let fields = model.inputs.iter().map(|input| Field {
            name: input.name.clone(),
            kind: match &input.kind {
                InputKind::Number { typical, .. } => FieldKind::Number { typical: *typical },
                InputKind::Category { levels, fill } => {
                    // the most frequent level first: it is the one to begin with
                    let mut levels = levels.clone();
                    if *fill < levels.len() {
                        levels[..=*fill].rotate_right(1);
                    }
                    FieldKind::Category { levels }
                }
                InputKind::Boolean { no, yes, .. } => FieldKind::Boolean { no: no.clone(), yes: yes.clone() },
                InputKind::Date { typical, .. } => FieldKind::Date { typical: day(*typical) },
            },
        });
        Self { model: model.name.clone(), fields: fields.collect() }
    }

    /// Of a server's V2 model metadata (`GET /v2/models/NAME`).
    ///
    /// # Errors
    /// What the metadata lacks, in words.
    pub fn of_v2(metadata: &Value) -> Result<Self, String> {
        let model = metadata.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let inputs = metadata
            .get("inputs")
            .and_then(Value::as_array)
            .ok_or("the answer has no list 'inputs': this is no V2 model metadata")?;
        let fields = inputs.iter().map(|input| {
            let name =
                input.get("name").and_then(Value::as_str).ok_or("an input of the metadata has no name")?;
            let datatype = input.get("datatype").and_then(Value::as_str).unwrap_or("FP64");
            let kind = match datatype {
                "BYTES" => FieldKind::Category { levels: Vec::new() },
                "BOOL" => FieldKind::Boolean { no: "false".into(), yes: "true".into() },
                _ => FieldKind::Number { typical: 0.0 },
            };
            Ok(Field { name: name.to_owned(), kind })
        });
        Ok(Self { model, fields: fields.collect::<Result<_, String>>()? })
    }

    /// Of an `OpenAPI` document: the properties of the JSON object that `POST` to `path` takes; `None` where it does not say.
    #[must_use]
    pub fn of_openapi(document: &Value, path: &str) -> Option<Self> {
        let schema = document
            .get("paths")?
            .get(path)?
            .get("post")?
            .pointer("/requestBody/content/application~1json/schema")?;
        let (properties, _) = object_schema(document, schema, 0)?;
        let fields = properties
            .iter()
            .map(|(name, property)| Field { name: name.clone(), kind: kind_of_schema(document, property) })
            .collect();
        let mut words = path.split('/').skip_while(|word| *word != "models");
        let model = words.nth(1).unwrap_or_default().to_owned();
        Some(Self { model, fields })
    }

    /// A typical record.
    #[must_use]
    pub fn example(&self) -> Record {
        self.fields
            .iter()
            .map(|field| {
                let value = match &field.kind {
                    FieldKind::Number { typical } => number(*typical),
                    FieldKind::Category { levels } => Value::from(levels.first().map_or("", String::as_str)),
                    FieldKind::Boolean { no, .. } => Value::from(no.as_str()),
                    FieldKind::Date { typical } => Value::from(typical.as_str()),
                };
                (field.name.clone(), value)
            })
            .collect()
    }

    /// What is wrong with a record: columns that are missing, not known, or of the wrong kind. The server has the last word.
    #[must_use]
    pub fn problems(&self, record: &Record) -> Vec<String> {
        let mut problems = Vec::new();
        for field in &self.fields {
            match (record.get(&field.name), &field.kind) {
                (None, _) => problems.push(format!("'{}' is missing", field.name)),
                (Some(Value::Null), _) => {}
                (Some(value), FieldKind::Number { .. }) if !value.is_number() => {
                    problems.push(format!("'{}' must be a number, not {value}", field.name));
                }
                (Some(value), FieldKind::Category { levels }) if !levels.is_empty() => {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    if !levels.contains(&text) {
                        problems.push(format!("'{}' does not know {value}", field.name));
                    }
                }
                _ => {}
            }
        }
        for name in record.keys().filter(|name| self.fields.iter().all(|field| field.name != **name)) {
            problems.push(format!("'{name}' is no column of the model"));
        }
        problems
    }
}

/// A number as JSON; a whole one without a point.
#[must_use]
pub fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(value) }
}

/// The schema that a `$ref` names.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..16 {
        let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'))
        else {
            return schema;
        };
        let Some(found) = document.pointer(target) else { return schema };
        schema = found;
    }
    schema
}

fn object_schema<'a>(
    document: &'a Value,
    schema: &'a Value,
    depth: usize,
) -> Option<(&'a Map<String, Value>, usize)> {
    let schema = resolve(document, schema);
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        // {"records": [..]} is a batch, not a record
        let is_batch = properties.len() == 1 && properties.contains_key("records");
        return (!is_batch).then_some((properties, depth));
    }
    if depth > 8 {
        return None;
    }
    ["oneOf", "anyOf", "allOf"]
        .iter()
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten()
        .find_map(|option| object_schema(document, option, depth + 1))
}

fn kind_of_schema(document: &Value, schema: &Value) -> FieldKind {
    let schema = resolve(document, schema);
    if let Some(levels) = schema.get("enum").and_then(Value::as_array) {
        let levels: Vec<String> = levels.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if !levels.is_empty() {
            return FieldKind::Category { levels };
        }
    }
    let is = |wanted: &str| match schema.get("type") {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
        _ => false,
    };
    let example =
        schema.get("example").or_else(|| schema.pointer("/examples/0")).or_else(|| schema.get("default"));
    if is("number") || is("integer") {
        FieldKind::Number { typical: example.and_then(Value::as_f64).unwrap_or(0.0) }
    } else if is("boolean") {
        FieldKind::Boolean { no: "false".into(), yes: "true".into() }
    } else if schema.get("format").and_then(Value::as_str) == Some("date") {
        FieldKind::Date { typical: example.and_then(Value::as_str).unwrap_or("2026-01-01").to_owned() }
    } else {
        FieldKind::Category {
            levels: example.and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_servers_own_description_gives_the_shape() {
        let v2 = json!({"name": "m", "inputs": [{"name": "t", "datatype": "FP64", "shape": [-1, 1]}, {"name": "s", "datatype": "BYTES", "shape": [-1]}]});
        let shape = Shape::of_v2(&v2).unwrap();
        assert_eq!(shape.example(), *json!({"t": 0, "s": ""}).as_object().unwrap());
        assert!(Shape::of_v2(&json!({"error": "x"})).is_err());
        let openapi = json!({
            "paths": {"/models/m/predict": {"post": {"requestBody": {"content": {"application/json": {"schema": {"oneOf": [
                {"$ref": "#/components/schemas/Batch"}, {"$ref": "#/components/schemas/Record"}]}}}}}}},
            "components": {"schemas": {
                "Batch": {"type": "object", "properties": {"records": {"type": "array"}}},
                "Record": {"type": "object", "properties": {"t": {"type": ["number", "null"], "example": 3.5}, "s": {"enum": ["a", "b"]}}}}}
        });
        let shape = Shape::of_openapi(&openapi, "/models/m/predict").unwrap();
        assert_eq!(shape.model, "m");
        assert_eq!(shape.example(), *json!({"t": 3.5, "s": "a"}).as_object().unwrap());
        assert_eq!(
            shape.problems(json!({"s": "c", "x": 1}).as_object().unwrap()),
            ["'t' is missing", "'s' does not know \"c\"", "'x' is no column of the model"]
        );
    }
}
