//! The description at `/openapi.json`: what it says is what the server takes.

use drydock::server::ServerSettings;
use serde_json::{Value, json};

use super::http::{get, post, send};
use super::served::{days, digits, line, server, shared, with};

#[test]
fn the_description_knows_the_models_fields() {
    let server = server();
    let document = get(server.addr(), "/openapi.json").is(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    let schemas = &document["components"]["schemas"];
    let record = schemas
        .as_object()
        .unwrap()
        .values()
        .find(|schema| schema["properties"]["shop"].is_object())
        .expect("the record of 'line'");
    assert_eq!(record["required"], json!(["a", "shop", "open"]));
    assert_eq!(record["properties"]["shop"]["enum"], json!(["X", "Y", null]));
    for path in [
        "/predict",
        "/models/line/predict",
        "/v2/models/line/infer",
        "/v1/models/line:predict",
        "/invocations",
        "/jobs",
    ] {
        let responses = &document["paths"][path]["post"]["responses"];
        for status in ["400", "401", "404", "405", "413", "415"] {
            assert!(responses[status].is_object(), "{path} {status}");
        }
    }
    assert!(document["paths"]["/jobs"]["post"]["responses"]["202"]["links"].is_object());
    let docs = get(server.addr(), "/docs").is(200);
    let page = docs.text();
    assert!(docs.header("content-type").unwrap().starts_with("text/html"));
    assert!(
        !page.contains("https://") && !page.contains("http://") && !page.contains("src="),
        "it works offline"
    );
    let root = send(server.addr(), "GET / HTTP/1.1\naccept: text/html", b"").is(200);
    assert!(root.text().contains("/docs"));
    assert_eq!(get(server.addr(), "/").is(200).json()["status"], "alive");
}

/// The schema of what a `POST` to this address takes.
fn taken(document: &Value, path: &str) -> Value {
    document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"].clone()
}

#[test]
fn the_bounds_of_texts_in_the_description_are_the_servers() {
    let document = get(shared(), "/openapi.json").is(200).json();
    let ask = |path: &str, field: &str, value: &Value| {
        let chat = path.contains("chat");
        let mut body = json!({"model": "harbour-stories", "max_tokens": 1});
        if chat {
            body["messages"] = json!([{"role": "user", "content": "The keeper"}]);
        } else {
            body["prompt"] = "The keeper".into();
        }
        body[field] = value.clone();
        post(shared(), path, body.to_string()).status
    };
    for path in ["/v1/completions", "/v1/chat/completions"] {
        let properties = taken(&document, path)["properties"].clone();
        for (field, property) in properties.as_object().unwrap() {
            for bound in ["minimum", "maximum"] {
                let Some(value) = property.get(bound) else { continue };
                assert_eq!(ask(path, field, value), 200, "{path} {field}: {value}");
                let step = if bound == "minimum" { -1.0 } else { 1.0 };
                let beyond = match value.as_i64() {
                    Some(i64::MIN) | None => json!(value.as_f64().unwrap() * 2.0),
                    Some(whole) => json!(whole + step as i64),
                };
                assert_eq!(ask(path, field, &beyond), 400, "{path} {field}: {beyond}");
            }
        }
    }
    let messages = &taken(&document, "/v1/chat/completions")["properties"]["messages"];
    assert!(messages.get("maxItems").is_none(), "there is no such bound");
    let roles = messages["items"]["properties"]["role"]["enum"].as_array().unwrap();
    assert_eq!(roles.len(), drydock::protocol::openai::ROLES.len());
    for role in roles {
        let message = json!([{"role": role, "content": "The keeper"}]);
        assert_eq!(ask("/v1/chat/completions", "messages", &message), 200, "{role}");
    }
}

#[test]
fn no_bound_of_records_is_described_that_the_server_does_not_have() {
    let server = with(ServerSettings { models: vec![line(), digits(), days()], ..ServerSettings::default() });
    let document = get(server.addr(), "/openapi.json").is(200).json();
    let lists = taken(&document, "/predict").to_string();
    assert!(!lists.contains("maxItems"), "as many as the body has room for: {lists}");
    let image = taken(&document, "/models/digits/predict")["anyOf"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|form| form["properties"]["image"].as_object().cloned())
        .expect("the form of an image");
    let ask = |n: &Value, value: f64| {
        let points = vec![value; n.as_u64().unwrap() as usize];
        post(server.addr(), "/models/digits/predict", json!({"image": points}).to_string()).status
    };
    let white = image["items"]["maximum"].as_f64().unwrap();
    assert_eq!(image["minItems"], image["maxItems"]);
    assert_eq!((ask(&image["minItems"], white), ask(&image["minItems"], white + 1.0)), (200, 422));
    // the last days of a month are days, too
    let record = taken(&document, "/models/days/predict")["anyOf"][0]["$ref"].as_str().unwrap().to_owned();
    let properties = &document.pointer(record.strip_prefix('#').unwrap()).unwrap()["properties"];
    let day = &properties["day"];
    assert_eq!((&day["format"], day.get("pattern")), (&json!("date"), None), "{properties}");
    assert_eq!(day["description"], "from 2024-01-01 to 2024-02-09");
    for (text, status) in [("2024-01-31", 200), ("2024-01-32", 422), ("2024-02-10", 422)] {
        post(server.addr(), "/models/days/predict", json!({"day": text}).to_string()).is(status);
    }
}
