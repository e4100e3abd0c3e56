//! Python with the SDK that fits the address: openai for completions and chats, tritonclient for V2 inference.

use serde_json::{Map, Value};
use url::Url;

use super::{Context, double_quoted, joined};
use crate::client::request::Request;

/// The program, if an SDK fits.
pub(super) fn python(request: &Request, context: &Context<'_>) -> Option<String> {
    if !request.method.trim().eq_ignore_ascii_case("POST") {
        return None;
    }
    let url = Url::parse(&request.url).ok()?;
    let body: Map<String, Value> = serde_json::from_slice(&request.body).ok()?;
    let path = url.path().trim_end_matches('/');
    if let Some(base) = path.strip_suffix("/chat/completions") {
        return Some(openai(&url, base, "chat.completions", &body, request, context));
    }
    if let Some(base) = path.strip_suffix("/completions") {
        return Some(openai(&url, base, "completions", &body, request, context));
    }
    triton(&url, path, &body, request, context)
}

/// What `create` takes by name; anything else goes as `extra_body`.
const KNOWN: [&str; 25] = [
    "model",
    "prompt",
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "n",
    "stream",
    "stream_options",
    "logprobs",
    "top_logprobs",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "user",
    "seed",
    "suffix",
    "echo",
    "best_of",
    "response_format",
    "tools",
    "tool_choice",
    "metadata",
];

fn openai(
    url: &Url,
    base: &str,
    what: &str,
    body: &Map<String, Value>,
    request: &Request,
    context: &Context<'_>,
) -> String {
    let text = |text: &str| {
        joined(&context.pieces(text), double_quoted, |name| format!("os.environ[{}]", double_quoted(name)))
    };
    let key = request
        .header_value("authorization")
        .and_then(|value| value.split_once(' '))
        .map(|(_, key)| key.trim());
    let origin = url.origin().ascii_serialization();
    let mut out = String::new();
    if context.used(request) {
        out.push_str("import os\n\n");
    }
    out.push_str("from openai import OpenAI  # pip install openai\n\nclient = OpenAI(\n");
    out.push_str(&format!("    base_url={},\n", text(&format!("{origin}{base}"))));
    // the SDK does not start without a key, also where the server wants none
    out.push_str(&format!("    api_key={},\n)\n", key.map_or_else(|| "\"none\"".to_owned(), text)));
    out.push_str(&format!("answer = client.{what}.create(\n"));
    let mut extra = Map::new();
    for (name, value) in body {
        if KNOWN.contains(&name.as_str()) {
            out.push_str(&format!("    {name}={},\n", python_value(value, 1, &text)));
        } else {
            extra.insert(name.clone(), value.clone());
        }
    }
    if !extra.is_empty() {
        out.push_str(&format!("    extra_body={},\n", python_value(&Value::Object(extra), 1, &text)));
    }
    out.push_str(")\n");
    let is_chat = what.starts_with("chat");
    let is_stream = body.get("stream") == Some(&Value::Bool(true));
    out.push_str(match (is_stream, is_chat) {
        (true, true) => {
            "for chunk in answer:\n    for choice in chunk.choices:\n        print(choice.delta.content or \"\", end=\"\", flush=True)\n"
        }
        (true, false) => {
            "for chunk in answer:\n    for choice in chunk.choices:\n        print(choice.text, end=\"\", flush=True)\n"
        }
        (false, true) => "print(answer.choices[0].message.content)\n",
        (false, false) => "print(answer.choices[0].text)\n",
    });
    out
}

fn triton(
    url: &Url,
    path: &str,
    body: &Map<String, Value>,
    request: &Request,
    context: &Context<'_>,
) -> Option<String> {
    let text = |text: &str| {
        joined(&context.pieces(text), double_quoted, |name| format!("os.environ[{}]", double_quoted(name)))
    };
    let (base, rest) = path.split_once("/v2/models/")?;
    let rest = rest.strip_suffix("/infer")?;
    let (model, version) = match rest.split_once("/versions/") {
        Some((model, version)) => (model, Some(version)),
        None => (rest, None),
    };
    let inputs = body.get("inputs")?.as_array()?;
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut out = String::new();
    if context.used(request) {
        out.push_str("import os\n\n");
    }
    out.push_str(
        "import numpy as np\nimport tritonclient.http as http  # pip install tritonclient[http]\n\n",
    );
    let ssl = if url.scheme() == "https" { ", ssl=True" } else { "" };
    out.push_str(&format!(
        "client = http.InferenceServerClient({}{ssl})\ninputs = []\n",
        text(&format!("{authority}{base}"))
    ));
    for input in inputs {
        let name = input.get("name")?.as_str()?;
        let datatype = input.get("datatype")?.as_str()?;
        let shape: Vec<u64> =
            input.get("shape")?.as_array()?.iter().map(Value::as_u64).collect::<Option<_>>()?;
        let dtype = match datatype {
            "FP64" => "np.float64",
            "FP32" => "np.float32",
            "FP16" => "np.float16",
            "INT64" => "np.int64",
            "INT32" => "np.int32",
            "INT16" => "np.int16",
            "INT8" => "np.int8",
            "UINT64" => "np.uint64",
            "UINT32" => "np.uint32",
            "UINT16" => "np.uint16",
            "UINT8" => "np.uint8",
            "BOOL" => "np.bool_",
            "BYTES" => "np.object_",
            _ => return None,
        };
        let shape: Vec<String> = shape.iter().map(u64::to_string).collect();
        let shape = shape.join(", ");
        let data = python_value(input.get("data")?, 0, &text);
        out.push_str(&format!(
            "tensor = http.InferInput({}, [{shape}], {})\n",
            text(name),
            double_quoted(datatype)
        ));
        out.push_str(&format!(
            "tensor.set_data_from_numpy(np.array({data}, dtype={dtype}).reshape([{shape}]), binary_data=False)\ninputs.append(tensor)\n"
        ));
    }
    out.push_str(&format!("result = client.infer({}, inputs", text(&crate::protocol::percent_decode(model))));
    if let Some(version) = version {
        out.push_str(&format!(", model_version={}", text(version)));
    }
    if let Some(id) = body.get("id").and_then(Value::as_str) {
        out.push_str(&format!(", request_id={}", text(id)));
    }
    if let Some(authorization) = request.header_value("authorization") {
        out.push_str(&format!(", headers={{\"Authorization\": {}}}", text(authorization)));
    }
    out.push_str(")\nprint(result.get_response())\n");
    Some(out)
}

/// A JSON value as Python writes it.
fn python_value(value: &Value, depth: usize, text: &impl Fn(&str) -> String) -> String {
    let inner = "    ".repeat(depth + 1);
    let outer = "    ".repeat(depth);
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(plain) => text(plain),
        Value::Array(list) if list.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Vec<String> = list.iter().map(|item| python_value(item, depth, text)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Array(list) => {
            let items: Vec<String> = list
                .iter()
                .map(|item| format!("{inner}{},\n", python_value(item, depth + 1, text)))
                .collect();
            format!("[\n{}{outer}]", items.concat())
        }
        Value::Object(map) => {
            let items: Vec<String> = map
                .iter()
                .map(|(key, item)| {
                    format!("{inner}{}: {},\n", double_quoted(key), python_value(item, depth + 1, text))
                })
                .collect();
            if items.is_empty() { "{}".into() } else { format!("{{\n{}{outer}}}", items.concat()) }
        }
    }
}
