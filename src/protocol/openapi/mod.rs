//! The `OpenAPI` 3.1 document of a server: an address of its own for each model, with the model's own fields.

mod completions;

use serde_json::{Map, Value, json};

use super::Protocol;
use super::plain::{day_text, example_record, typical};
use crate::inference::IMAGE_WHITE;
use crate::model::{Input, InputKind, Model, Policy, Task};

/// A model that is described.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// The name it is served by.
    pub name: &'a str,
    /// What it takes and gives.
    pub model: &'a Model,
    /// Whether it answers where none is named.
    pub is_default: bool,
    /// Whether it takes images.
    pub takes_images: bool,
}

/// The document.
#[must_use]
pub fn document(models: &[Served<'_>], text: Option<&str>, on: &[Protocol], needs_key: bool) -> Value {
    let mut paths = Map::new();
    let mut schemas = shared_schemas();
    let has = |protocol| on.contains(&protocol);
    for (at, served) in models.iter().enumerate() {
        let key = format!("model{}", at + 1);
        schemas.insert(format!("{key}_record"), record_schema(served.model));
        schemas.insert(format!("{key}_prediction"), prediction_schema(served.model));
        if has(Protocol::Plain) {
            let item = predict_item(served, &key);
            if served.is_default {
                paths.insert("/predict".into(), item.clone());
            }
            paths.insert(format!("/models/{}/predict", super::percent_encode(served.name)), item);
        }
        if has(Protocol::V2) {
            v2_paths(served, &mut paths);
        }
        if has(Protocol::TensorFlow) {
            tensorflow_paths(served, &mut paths);
        }
        if served.is_default {
            if has(Protocol::Mlflow) {
                paths.insert("/invocations".into(), invocations_item(served));
            }
            if has(Protocol::Jobs) {
                jobs_paths(served, &key, &mut paths);
            }
        }
    }
    let get = |summary: &str, schema: Value| json!({"get": {"summary": summary, "responses": with_errors(ok(&schema), &[401, 403, 404], "problem")}});
    if has(Protocol::Plain) {
        paths.insert(
            "/models".into(),
            get("What is loaded", json!({"type": "object", "required": ["models"]})),
        );
    }
    if has(Protocol::V2) {
        let error = |summary: &str, schema: Value| json!({"get": {"summary": summary, "responses": with_errors(ok(&schema), &[401, 403, 404], "v2_error")}});
        paths.insert(
            "/v2".into(),
            error(
                "The server's name and extensions",
                json!({"type": "object", "required": ["name", "version", "extensions"]}),
            ),
        );
        paths.insert("/v2/health/live".into(), error("Is the server alive?", json!({"type": "object"})));
        paths.insert("/v2/health/ready".into(), error("Can it answer?", json!({"type": "object"})));
    }
    if has(Protocol::Mlflow) {
        for path in ["/ping", "/health"] {
            paths.insert(path.into(), get("Is the server alive?", json!({"type": "object"})));
        }
    }
    if has(Protocol::OpenAi) {
        completions::paths(text, &mut paths);
    }
    if has(Protocol::Metrics) {
        let text = json!({"description": "Counters and times", "content": {"text/plain": {"schema": {"type": "string"}}}});
        let mut responses = Map::new();
        responses.insert("200".into(), text);
        paths.insert(
            "/metrics".into(),
            json!({"get": {"summary": "Prometheus metrics", "responses": with_errors(responses, &[401, 403, 404], "problem")}}),
        );
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Drydock",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every dialect at one address. NaN and infinities are no JSON and are refused; null is a missing value, which the model's policy decides about.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    });
    if needs_key {
        document["components"]["securitySchemes"] = json!({"key": {"type": "http", "scheme": "bearer"}});
        document["security"] = json!([{"key": []}]);
    }
    document
}

fn shared_schemas() -> Map<String, Value> {
    let schemas = json!({
        "problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "code": {"type": "string"},
                "record": {"type": "integer", "minimum": 0},
                "line": {"type": "integer", "minimum": 1},
                "field": {"type": "string"},
                "expected": {"type": "string"},
                "got": {"type": "string"},
            },
        },
        "v2_error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
        "mlflow_error": {
            "type": "object",
            "required": ["error_code", "message"],
            "properties": {"error_code": {"type": "string"}, "message": {"type": "string"}},
        },
        "openai_error": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {
                "type": "object",
                "required": ["message", "type", "param", "code"],
                "properties": {
                    "message": {"type": "string"},
                    "type": {"type": "string"},
                    "param": {"type": ["string", "null"]},
                    "code": {"type": ["string", "null"]},
                },
            }},
        },
        "job": {
            "type": "object",
            "required": ["id", "status"],
            "properties": {
                "id": {"type": "string"},
                "status": {"enum": ["queued", "running", "done", "failed"]},
                "model": {"type": "string"},
                "version": {"type": "string"},
                "rows": {"type": "integer", "minimum": 0},
                "created": {"type": "string"},
                "finished": {"type": "string"},
                "result": {"type": "string"},
                "error": {"type": "string"},
            },
        },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}

fn ok(schema: &Value) -> Map<String, Value> {
    let mut responses = Map::new();
    responses.insert(
        "200".into(),
        json!({"description": "Done", "content": {"application/json": {"schema": schema}}}),
    );
    responses
}

/// Adds the statuses of errors, in the dialect's form.
fn with_errors(mut responses: Map<String, Value>, statuses: &[u16], schema: &str) -> Value {
    let kind = if schema == "problem" { "application/problem+json" } else { "application/json" };
    for status in statuses.iter().chain(&[405, 429]) {
        let mut content = Map::new();
        if schema == "mlflow_error" && *status == 415 {
            content.insert("text/plain".into(), json!({"schema": {"type": "string"}}));
        } else {
            content
                .insert(kind.into(), json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}}));
        }
        let description = super::Problem::new(*status, "").title();
        responses.insert(status.to_string(), json!({"description": description, "content": content}));
    }
    Value::Object(responses)
}

/// What a field takes.
fn input_schema(input: &Input, model: &Model) -> Value {
    let policies = input.policies.unwrap_or(model.policies);
    let nullable = policies.missing_value != Policy::Reject;
    let or_null = |kind: &str| if nullable { json!([kind, "null"]) } else { json!(kind) };
    let mut schema = match &input.kind {
        InputKind::Number { min, max, .. } => {
            let mut schema = json!({"type": or_null("number")});
            if policies.out_of_range == Policy::Reject {
                schema["minimum"] = json!(min);
                schema["maximum"] = json!(max);
            }
            schema
        }
        InputKind::Category { levels, .. } => {
            if policies.unknown_level == Policy::Reject {
                let mut all: Vec<Value> = levels.iter().map(|level| json!(level)).collect();
                if nullable {
                    all.push(Value::Null);
                }
                json!({"enum": all})
            } else {
                json!({"type": or_null("string")})
            }
        }
        InputKind::Boolean { .. } => json!({"type": or_null("boolean")}),
        InputKind::Date { .. } => json!({"type": or_null("string"), "format": "date"}),
    };
    match (&input.kind, &input.unit) {
        // JSON Schema has no bounds of dates
        (InputKind::Date { min, max, .. }, _) if policies.out_of_range == Policy::Reject => {
            schema["description"] = format!("from {} to {}", day_text(*min), day_text(*max)).into();
        }
        (_, Some(unit)) => schema["description"] = format!("in {unit}").into(),
        _ => {}
    }
    schema["examples"] = json!([typical(input)]);
    schema
}

fn record_schema(model: &Model) -> Value {
    let properties: Map<String, Value> =
        model.inputs.iter().map(|input| (input.name.clone(), input_schema(input, model))).collect();
    let required: Vec<&str> = model
        .inputs
        .iter()
        .filter(|input| input.policies.unwrap_or(model.policies).missing_column == Policy::Reject)
        .map(|input| input.name.as_str())
        .collect();
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": model.policies.extra_column != Policy::Reject,
        "examples": [example_record(model)],
    })
}

fn output_schema(model: &Model) -> Value {
    if model.task == Task::Classification {
        json!({"enum": model.output.classes})
    } else {
        json!({"type": "number"})
    }
}

fn prediction_schema(model: &Model) -> Value {
    let own = output_schema(model);
    let tail = json!({"type": "string"});
    json!({"oneOf": [
        {
            "type": "object",
            "required": ["prediction", "model", "version"],
            "properties": {"prediction": own, "probability": {"type": "number"}, "model": tail, "version": tail},
        },
        {
            "type": "object",
            "required": ["predictions", "model", "version"],
            "properties": {
                "predictions": {"type": "array", "items": own},
                "probabilities": {"type": "array", "items": {"type": "number"}},
                "model": tail,
                "version": tail,
            },
        },
    ]})
}

/// One record, a list, or an object around a list.
fn records_schema(served: &Served<'_>, key: &str) -> Value {
    let record = json!({"$ref": format!("#/components/schemas/{key}_record")});
    let list = json!({"type": "array", "items": record});
    let mut forms = vec![
        record,
        list.clone(),
        json!({"type": "object", "required": ["records"], "properties": {"records": list}, "additionalProperties": false}),
    ];
    if served.takes_images {
        let n_points = served.model.inputs.len();
        forms.push(json!({
            "type": "object",
            "required": ["image"],
            "properties": {"image": {
                "type": "array", "minItems": n_points, "maxItems": n_points,
                "items": {"type": "number", "minimum": 0, "maximum": IMAGE_WHITE},
            }},
            "additionalProperties": false,
        }));
    }
    json!({"anyOf": forms})
}

fn predict_item(served: &Served<'_>, key: &str) -> Value {
    let mut responses = Map::new();
    responses.insert(
        "200".into(),
        json!({"description": "The prediction, or one for each record", "content": {
            "application/json": {"schema": {"$ref": format!("#/components/schemas/{key}_prediction")}},
            "text/csv": {"schema": {"type": "string"}},
        }}),
    );
    json!({"post": {
        "summary": format!("Predict with the model '{}'", served.name),
        "requestBody": {"required": true, "content": {
            "application/json": {"schema": records_schema(served, key)},
        }},
        "responses": with_errors(responses, &[400, 401, 403, 404, 408, 413, 415, 422, 503], "problem"),
    }})
}

const ALL: [u16; 8] = [400, 401, 403, 404, 408, 413, 415, 503];

fn v2_paths(served: &Served<'_>, paths: &mut Map<String, Value>) {
    let base = format!("/v2/models/{}", super::percent_encode(served.name));
    let get = |summary: &str, required: Value| {
        json!({"get": {"summary": summary, "responses": with_errors(
            ok(&json!({"type": "object", "required": required})), &[401, 403, 404], "v2_error")}})
    };
    paths.insert(base.clone(), get("The model's tensors", json!(["name", "platform", "inputs", "outputs"])));
    paths.insert(format!("{base}/ready"), get("Can the model answer?", json!(["name", "ready"])));
    let tensor = json!({
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer"}},
            "datatype": {"type": "string"},
            "data": {"type": "array"},
        },
    });
    paths.insert(
        format!("{base}/infer"),
        json!({"post": {
            "summary": format!("Open Inference Protocol: infer with '{}'", served.name),
            "requestBody": {"required": true, "content": {"application/json": {"schema": {
                "type": "object",
                "required": ["inputs"],
                "properties": {
                    "id": {"type": "string"},
                    "inputs": {"type": "array", "items": tensor, "minItems": 1},
                },
            }}}},
            "responses": with_errors(
                ok(&json!({"type": "object", "required": ["model_name", "outputs"]})), &ALL, "v2_error"),
        }}),
    );
}

fn tensorflow_paths(served: &Served<'_>, paths: &mut Map<String, Value>) {
    let base = format!("/v1/models/{}", super::percent_encode(served.name));
    paths.insert(
        base.clone(),
        json!({"get": {
            "summary": "The model's versions",
            "responses": with_errors(ok(&json!({"type": "object", "required": ["model_version_status"]})), &[401, 403, 404], "openai_error"),
        }}),
    );
    paths.insert(
        format!("{base}/metadata"),
        json!({"get": {
            "summary": "The model's signature",
            "responses": with_errors(ok(&json!({"type": "object", "required": ["model_spec", "metadata"]})), &[401, 403, 404], "v2_error"),
        }}),
    );
    paths.insert(
        format!("{base}:predict"),
        json!({"post": {
            "summary": format!("TensorFlow Serving: predict with '{}'", served.name),
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": with_errors(ok(&json!({"type": "object"})), &ALL, "v2_error"),
        }}),
    );
}

fn invocations_item(served: &Served<'_>) -> Value {
    let example = json!({"dataframe_records": [example_record(served.model)]});
    json!({"post": {
        "summary": "MLflow: score with the default model",
        "requestBody": {"required": true, "content": {"application/json": {
            "schema": {"type": "object"},
            "examples": {"typical": {"value": example}},
        }}},
        "responses": with_errors(
            ok(&json!({"type": "object", "required": ["predictions"], "properties": {"predictions": {"type": "array"}}})),
            &ALL, "mlflow_error"),
    }})
}

fn jobs_paths(served: &Served<'_>, key: &str, paths: &mut Map<String, Value>) {
    let job = json!({"$ref": "#/components/schemas/job"});
    let id =
        json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}});
    let mut responses = Map::new();
    responses.insert(
        "202".into(),
        json!({
            "description": "Taken",
            "headers": {"Location": {"schema": {"type": "string"}}},
            "content": {"application/json": {"schema": job}},
            "links": {
                "job": {"operationId": "getJob", "parameters": {"id": "$response.body#/id"}},
                "result": {"operationId": "getJobResult", "parameters": {"id": "$response.body#/id"}},
            },
        }),
    );
    paths.insert(
        "/jobs".into(),
        json!({"post": {
            "operationId": "postJob",
            "summary": "Hand in rows to be predicted later",
            "parameters": [
                {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}},
            ],
            "requestBody": {"required": true, "content": {"application/json": {"schema": records_schema(served, key)}}},
            "responses": with_errors(responses, &[400, 401, 403, 404, 408, 413, 415, 422, 503], "problem"),
        }}),
    );
    let mut deleted = Map::new();
    deleted.insert("204".into(), json!({"description": "Forgotten"}));
    paths.insert(
        "/jobs/{id}".into(),
        json!({
            "parameters": [id],
            "get": {"operationId": "getJob", "summary": "How far a job is", "responses": with_errors(ok(&job), &[401, 403, 404], "problem")},
            "delete": {"operationId": "deleteJob", "summary": "Forget a job", "responses": with_errors(deleted, &[401, 403, 404], "problem")},
        }),
    );
    let mut result = ok(&json!({"$ref": format!("#/components/schemas/{key}_prediction")}));
    result["200"]["content"]["text/csv"] = json!({"schema": {"type": "string"}});
    paths.insert(
        "/jobs/{id}/result".into(),
        json!({
            "parameters": [id],
            "get": {"operationId": "getJobResult", "summary": "A job's predictions", "responses": with_errors(result, &[401, 403, 404, 409, 422], "problem")},
        }),
    );
}
