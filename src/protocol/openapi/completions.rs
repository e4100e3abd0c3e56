//! The addresses of OpenAI's API, with the bounds that requests for text are really checked by.

use serde_json::{Map, Value, json};

use super::{ALL, ok, with_errors};
use crate::protocol::openai::{MAX_STOP_BYTES, MAX_STOPS, MAX_TEXTS, MAX_TOKENS, ROLES};

/// The models, and completions by the model of text if one is served.
pub(super) fn paths(text: Option<&str>, paths: &mut Map<String, Value>) {
    paths.insert(
        "/v1/models".into(),
        json!({"get": {"summary": "The models by OpenAI's form", "responses": with_errors(
            ok(&json!({"type": "object", "required": ["object", "data"]})), &[401, 403, 404], "openai_error")}}),
    );
    let Some(name) = text else { return };
    for (path, own, schema) in [
        ("/v1/completions", "prompt", prompt_schema()),
        ("/v1/chat/completions", "messages", messages_schema()),
    ] {
        let mut properties = common_properties(name);
        properties[own] = schema;
        let mut responses = ok(&json!({"type": "object", "required": ["id", "object", "choices"]}));
        // with "stream": each of the events
        let event =
            json!({"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}});
        responses["200"]["content"]["text/event-stream"] = json!({"schema": event});
        paths.insert(
            path.into(),
            json!({"post": {
                "summary": format!("OpenAI: continue a text with '{name}'"),
                "requestBody": {"required": true, "content": {"application/json": {"schema": {
                    "type": "object", "required": ["model", own], "properties": properties,
                }}}},
                "responses": with_errors(responses, &ALL, "openai_error"),
            }}),
        );
    }
}

fn common_properties(name: &str) -> Value {
    let stop = json!({"type": "string", "maxLength": MAX_STOP_BYTES});
    json!({
        "model": {"type": "string", "examples": [name]},
        "max_tokens": {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_TOKENS},
        "n": {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_TEXTS},
        "temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 2},
        "top_p": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "presence_penalty": {"type": ["number", "null"], "minimum": -2, "maximum": 2},
        "frequency_penalty": {"type": ["number", "null"], "minimum": -2, "maximum": 2},
        "seed": {"type": ["integer", "null"], "minimum": i64::MIN, "maximum": u64::MAX},
        "stop": {"anyOf": [{"type": "null"}, stop, {"type": "array", "maxItems": MAX_STOPS, "items": stop}]},
        "stream": {"type": ["boolean", "null"]},
    })
}

fn prompt_schema() -> Value {
    let tokens = json!({"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0}});
    json!({"anyOf": [
        {"type": "string"},
        tokens,
        {"type": "array", "minItems": 1, "maxItems": MAX_TEXTS, "items": {"anyOf": [{"type": "string"}, tokens]}},
    ]})
}

fn messages_schema() -> Value {
    let part = json!({
        "type": "object",
        "required": ["type", "text"],
        "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
    });
    json!({"type": "array", "minItems": 1, "items": {
        "type": "object",
        "required": ["role", "content"],
        "properties": {
            "role": {"enum": ROLES},
            "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": part}]},
        },
    }})
}
