//! Requests to begin with: right ones in every dialect, and wrong ones, because errors are part of the contract.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::assertions::Assertion;
use super::collection::{Body, Collection, CollectionError, SavedRequest};
use super::dialects::{Dialect, FieldKind, Record, Shape};
use super::environment::{Environment, SecretSource, read_environments, write_environment};

/// The address of the local server unless another is known.
pub const LOCAL: &str = "http://127.0.0.1:8080";

/// What stands for the local server's key until there is one.
const NO_KEY: &str = "pk_local";
/// The model of text that every server here has.
const TEXT: &str = crate::training::text::BUNDLED;

/// A folder of requests: its path and what is in it.
pub type Folder = (&'static str, Vec<SavedRequest>);

fn expecting(mut request: SavedRequest, status: &str) -> SavedRequest {
    request.assertions.push(Assertion::Status { is: status.into() });
    request
}

fn named(mut request: SavedRequest, name: &str) -> SavedRequest {
    name.clone_into(&mut request.name);
    request
}

/// The requests to begin with for a model; `rows` are some of its records.
#[must_use]
pub fn model_folders(shape: &Shape, rows: &[Record]) -> Vec<Folder> {
    let record = rows.first().cloned().unwrap_or_else(|| shape.example());
    let one = std::slice::from_ref(&record);
    let many: Vec<Record> = if rows.len() > 1 { rows.to_vec() } else { vec![record.clone(); 3] };
    // the default model's address is the shortest
    let plain = Shape { model: String::new(), ..shape.clone() };
    // a missing value can't be said in every dialect; then that request is left out
    let right = |dialect: Dialect, shape: &Shape, records: &[Record], name: &str| {
        dialect.request(shape, records).ok().map(|request| expecting(named(request, name), "200"))
    };
    let single = [
        right(Dialect::Plain, &plain, one, "Predict one record"),
        right(Dialect::V2, shape, one, "Open Inference V2"),
        right(Dialect::MlflowSplit, shape, one, "MLflow invocations"),
        right(Dialect::TfRow, shape, one, "TF Serving predict"),
    ];
    let batch = [
        right(Dialect::PlainBatch, &plain, &many, &format!("Predict {} records", many.len())),
        right(Dialect::Csv, &plain, &many, "Predict a CSV"),
        right(Dialect::V2, shape, &many, "Open Inference V2, batch"),
        Some(expecting(post("Submit a job", "/jobs", &json!({"records": many})), "202")),
        Some(SavedRequest::new("Result of a job", "GET", "{{base}}/jobs/{{job}}/result").bearer("{{key}}")),
    ];
    let mut wrong = Vec::new();
    if let Ok(request) = Dialect::Plain.request(&plain, one) {
        let with = |record: Record, name: &str| {
            let mut request = expecting(named(request.clone(), name), "422");
            request.body = Body::Text(pretty(&Value::Object(record)));
            request
        };
        let mut keyless = expecting(named(request.clone(), "Without a key, 401"), "401");
        keyless.auth = super::collection::Auth::None;
        let mut unknown_key = expecting(named(request.clone(), "With an unknown key, 401"), "401");
        unknown_key.auth = super::collection::Auth::Bearer { token: "pk_unknown".into() };
        wrong.extend([keyless, unknown_key]);
        if let Some(first) = shape.fields.first() {
            let mut short = record.clone();
            short.shift_remove(&first.name);
            wrong.push(with(short, &format!("{} missing, 422", first.name)));
        }
        let number = shape.fields.iter().find(|field| matches!(field.kind, FieldKind::Number { .. }));
        if let Some(number) = number {
            let mut typed = record.clone();
            typed.insert(number.name.clone(), Value::from("warm"));
            wrong.push(with(typed, &format!("{} is a text, 422", number.name)));
        }
        let category = shape.fields.iter().find(|field| matches!(field.kind, FieldKind::Category { .. }));
        if let Some(category) = category {
            let mut odd = record.clone();
            odd.insert(category.name.clone(), Value::from("no such level"));
            wrong.push(with(odd, &format!("{} unknown, 422", category.name)));
        }
        let mut broken = expecting(named(request.clone(), "Broken JSON, 400"), "400");
        broken.body = Body::Text("{\"cut off\": ".into());
        let mut nowhere = expecting(named(request, "No such model, 404"), "404");
        nowhere.url = "{{base}}/models/no-such-model/predict".into();
        wrong.extend([broken, nowhere]);
    }
    wrong.push(SavedRequest::new("Nobody listens", "GET", "http://127.0.0.1:9/"));
    in_order(vec![
        ("Local/One record", single.into_iter().flatten().collect()),
        ("Local/Many records", batch.into_iter().flatten().collect()),
        ("Local/On purpose wrong", wrong),
    ])
}

/// The requests to begin with that need no model of one's own.
#[must_use]
pub fn general_folders() -> Vec<Folder> {
    let chat = json!({"model": TEXT, "messages": [{"role": "user", "content": "A ship is built"}], "max_tokens": 24});
    let completion =
        json!({"model": TEXT, "prompt": "A ship is built", "max_tokens": 24, "temperature": 0.7});
    let stream = json!({"model": TEXT, "prompt": "A ship is built", "max_tokens": 24, "stream": true});
    let mut single = vec![
        post("OpenAI chat", "/v1/chat/completions", &chat),
        post("Text completion", "/v1/completions", &completion),
        post("Text completion, streamed", "/v1/completions", &stream),
        post("Image of a digit", "/models/digits/predict", &json!({"image": seven()})),
    ];
    let get = |name: &str, path: &str| {
        expecting(SavedRequest::new(name, "GET", &format!("{{{{base}}}}{path}")), "200")
    };
    let health = vec![
        get("Ready", "/v2/health/ready"),
        get("Live", "/v2/health/live"),
        get("Ping", "/ping"),
        get("Models", "/v1/models").bearer("{{key}}"),
        get("Metrics", "/metrics").bearer("{{key}}"),
        get("OpenAPI document", "/openapi.json").bearer("{{key}}"),
    ];
    let mut remote = post(
        "Text completion API",
        "",
        &json!({"model": "{{model}}", "prompt": "A ship is built", "max_tokens": 24, "temperature": 0.7}),
    );
    remote.url = "{{openai_base}}/completions".into();
    remote.auth = super::collection::Auth::Bearer { token: "{{openai_key}}".into() };
    let staging =
        expecting(SavedRequest::new("Staging, health", "GET", "{{staging}}/v2/health/ready"), "200");
    // they stand behind those of the model
    for (order, request) in (110..).step_by(10).zip(&mut single) {
        request.order = order;
    }
    let mut folders = in_order(vec![("Local/Health", health), ("Remote", vec![remote, staging])]);
    folders.insert(0, ("Local/One record", single));
    folders
}

fn in_order(mut folders: Vec<Folder>) -> Vec<Folder> {
    for (_, requests) in &mut folders {
        for (order, request) in (10..).step_by(10).zip(requests) {
            request.order = order;
        }
    }
    folders
}

fn post(name: &str, path: &str, body: &Value) -> SavedRequest {
    SavedRequest::new(name, "POST", &format!("{{{{base}}}}{path}")).json(pretty(body)).bearer("{{key}}")
}

fn pretty(value: &Value) -> String {
    let text = value.to_string();
    let pretty = super::json::pretty(&text).unwrap_or(text);
    // a list of numbers is read in rows of eight
    if value.get("image").is_none() {
        return pretty;
    }
    let numbers: Vec<String> = value
        .get("image")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|n| format!("{n:>2}"))
        .collect();
    let rows: Vec<String> = numbers.chunks(8).map(|row| format!("    {}", row.join(", "))).collect();
    format!("{{\n  \"image\": [\n{}\n  ]\n}}", rows.join(",\n"))
}

/// A seven, drawn by hand on eight by eight places, 0 to 16.
fn seven() -> Vec<i64> {
    #[rustfmt::skip]
    const SEVEN: [i64; 64] = [
        0,  0,  7, 12, 15, 16,  3,  0,
        0,  0, 12, 11,  9, 16,  4,  0,
        0,  0,  0,  0,  7, 14,  0,  0,
        0,  0,  3,  8, 14, 15,  6,  0,
        0,  0,  8, 14, 16,  9,  2,  0,
        0,  0,  0, 10, 12,  0,  0,  0,
        0,  0,  2, 16,  5,  0,  0,  0,
        0,  0,  9, 13,  0,  0,  0,  0,
    ];
    SEVEN.to_vec()
}

/// Writes the requests and environments to begin with, each part once: `written` holds the parts that were written before, so
/// that what the user deleted does not come back.
///
/// # Errors
/// [`CollectionError`] that names the file.
pub fn begin(
    collection: &Collection,
    shape: Option<&Shape>,
    rows: &[Record],
    base: &str,
    written: &mut BTreeSet<String>,
) -> Result<(), CollectionError> {
    let io = |source| CollectionError::Io { path: collection.workspace().to_path_buf(), source };
    if !written.contains("general") {
        if read_environments(collection.workspace()).map_err(io)?.is_empty() {
            for environment in environments(base) {
                write_environment(collection.workspace(), &environment).map_err(io)?;
            }
        }
        // a collection that came with the folder (from git, say) is not added to
        if collection.read()?.is_empty() {
            add(collection, general_folders())?;
        } else {
            written.insert("model".into());
        }
        written.insert("general".into());
    }
    if let Some(shape) = shape
        && !written.contains("model")
    {
        add(collection, model_folders(shape, rows))?;
        written.insert("model".into());
    }
    Ok(())
}

/// Adds requests, each folder at its place; how many. One that is there already, whatever the values in its body, is not
/// added again.
///
/// # Errors
/// [`CollectionError`] that names the file.
pub fn add(collection: &Collection, folders: Vec<Folder>) -> Result<usize, CollectionError> {
    const ORDER: [&str; 6] = [
        "Local",
        "Local/One record",
        "Local/Many records",
        "Local/On purpose wrong",
        "Local/Health",
        "Remote",
    ];
    let mut n_added = 0;
    for (folder, requests) in folders {
        let present = collection.requests_in(Path::new(folder))?;
        for request in requests.iter().filter(|new| !present.iter().any(|old| is_alike(old, new))) {
            collection.create(Path::new(folder), request)?;
            n_added += 1;
        }
    }
    for (order, folder) in (10..).step_by(10).zip(ORDER) {
        if collection.root().join(folder).is_dir() {
            collection.set_folder_order(Path::new(folder), order)?;
        }
    }
    Ok(n_added)
}

/// Whether two requests ask the same of the same address: the fields of their bodies are the same, whatever their values.
fn is_alike(one: &SavedRequest, other: &SavedRequest) -> bool {
    fn fields(value: &Value) -> Value {
        match value {
            Value::Object(of) => {
                let field = |(name, value): (&String, &Value)| {
                    // some dialects name fields in values
                    let is_name = matches!(name.as_str(), "name" | "columns");
                    (name.clone(), if is_name { value.clone() } else { fields(value) })
                };
                of.iter().map(field).collect()
            }
            // rows are alike
            Value::Array(items) => {
                let mut kinds: Vec<Value> = items.iter().map(fields).collect();
                kinds.dedup();
                kinds.into()
            }
            _ => Value::Null,
        }
    }
    let body = |request: &SavedRequest| match &request.body {
        Body::Text(text) => match serde_json::from_str::<Value>(text) {
            Ok(value) => fields(&value),
            // a table by its head
            Err(_no_json) => text.lines().next().unwrap_or("").into(),
        },
        Body::None | Body::File(_) => Value::Null,
    };
    one.name == other.name && one.method == other.method && one.url == other.url && body(one) == body(other)
}

/// The environments to begin with.
#[must_use]
pub fn environments(base: &str) -> Vec<Environment> {
    let mut local = Environment { name: "Local".into(), ..Environment::default() };
    local.variables.insert("base".into(), base.into());
    local.variables.insert("job".into(), "1".into());
    local.variables.insert("key".into(), NO_KEY.into());
    let remote_part = |environment: &mut Environment| {
        environment.variables.insert("openai_base".into(), "https://api.openai.com/v1".into());
        environment.variables.insert("model".into(), "gpt-3.5-turbo-instruct".into());
        environment.variables.insert("staging".into(), "https://staging.example.org".into());
        environment.secrets.insert("openai_key".into(), SecretSource::Env("OPENAI_API_KEY".into()));
    };
    remote_part(&mut local);
    let mut remote = Environment { name: "Remote".into(), ..Environment::default() };
    remote.variables.insert("base".into(), "https://staging.example.org".into());
    remote.variables.insert("job".into(), "1".into());
    remote.secrets.insert("key".into(), SecretSource::Env("DRYDOCK_KEY".into()));
    remote_part(&mut remote);
    vec![local, remote]
}

/// An environment whose `base` is as it was written to begin with, with the address the server really has and a key that it takes: the port
/// is not always the one that was wished for, and keys are made later than requests. Any other environment stays as it
/// is, and so does a key that somebody put in.
#[must_use]
pub fn following<'a>(environment: &'a Environment, base: &str, key: Option<&str>) -> Cow<'a, Environment> {
    if environment.variables.get("base").map(String::as_str) != Some(LOCAL) {
        return Cow::Borrowed(environment);
    }
    let mut followed = environment.clone();
    followed.variables.insert("base".into(), base.into());
    if let Some(key) = key
        && followed.variables.get("key").is_some_and(|key| key == NO_KEY)
    {
        followed.variables.insert("key".into(), key.into());
    }
    Cow::Owned(followed)
}

#[cfg(test)]
mod tests {
    use super::super::collection::Node;
    use super::super::dialects::Field;
    use super::super::leaks::leaks;
    use super::*;

    #[test]
    fn the_requests_to_begin_with_are_written_once_and_hold_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let collection = Collection::new(folder.path());
        let shape = Shape {
            model: "m".into(),
            fields: vec![
                Field { name: "t".into(), kind: FieldKind::Number { typical: 1.0 } },
                Field { name: "s".into(), kind: FieldKind::Category { levels: vec!["a".into()] } },
            ],
        };
        let mut written = BTreeSet::new();
        begin(&collection, None, &[], LOCAL, &mut written).unwrap();
        begin(&collection, Some(&shape), &[], LOCAL, &mut written).unwrap();
        let count = |nodes: &[Node]| nodes.iter().map(Node::count).sum::<usize>();
        let n = count(&collection.read().unwrap());
        begin(&collection, Some(&shape), &[], LOCAL, &mut written).unwrap();
        assert_eq!(count(&collection.read().unwrap()), n);
        // asked for again with other values, nothing is added; with other fields, the model's requests are
        let record = serde_json::from_value(json!({"t": 9.5, "s": "a"})).unwrap();
        assert_eq!(add(&collection, model_folders(&shape, &[record])).unwrap(), 0);
        assert_eq!(count(&collection.read().unwrap()), n);
        let mut wider = shape.clone();
        wider.fields.push(Field { name: "u".into(), kind: FieldKind::Number { typical: 1.0 } });
        let other = tempfile::tempdir().unwrap();
        let copy = Collection::new(other.path());
        let n_first = add(&copy, model_folders(&shape, &[])).unwrap();
        assert!(n_first > 0);
        assert!(add(&copy, model_folders(&wider, &[])).unwrap() > 7);
        let nodes = collection.read().unwrap();
        let names: Vec<String> = nodes.iter().map(|node| node.path().display().to_string()).collect();
        assert_eq!(names, ["Local", "Remote"]);
        let Node::Folder { children, .. } = &nodes[0] else { panic!("a folder") };
        let names: Vec<String> = children.iter().map(|node| node.path().display().to_string()).collect();
        assert_eq!(
            names,
            ["Local/One record", "Local/Many records", "Local/On purpose wrong", "Local/Health"]
        );
        let local = &environments(LOCAL)[0];
        let (values, _) = local.values(&super::super::environment::Secrets::default());
        for (_, requests) in model_folders(&shape, &[]).into_iter().chain(general_folders()) {
            for request in requests {
                assert_eq!(leaks(&request), [], "{}", request.name);
                let unset: Vec<String> = request
                    .variables()
                    .into_iter()
                    .filter(|name| values.get(name).is_none() && name != "openai_key")
                    .collect();
                assert!(unset.is_empty(), "{}: {unset:?}", request.name);
            }
        }
    }
}
