//! Each dialect's bodies and errors. Expected numbers come from the rule the data was made by, or from the core.

use serde_json::{Value, json};

use super::http::{get, post, send};
use super::served::{core, juice, line, shared};

const RECORD: &str = r#"{"a": 4, "shop": "Y", "open": true}"#;

/// `3 + 2 · 4 + 10 + 0.5`, by the rule the data was made by.
const BY_RULE: f64 = 21.5;

#[track_caller]
fn near(value: &Value, expected: f64) {
    let number = value.as_f64().unwrap_or_else(|| panic!("no number: {value}"));
    assert!((number - expected).abs() < 1e-9, "{number} for {expected}");
}

#[test]
fn a_record_gets_the_number_of_the_rule_and_the_bits_of_the_core() {
    let answer = post(shared(), "/predict", RECORD).is(200);
    near(&answer.json()["prediction"], BY_RULE);
    assert_eq!(answer.json()["prediction"].as_f64().unwrap().to_bits(), core(&line(), RECORD).to_bits());
    assert_eq!(answer.json()["model"], "line");
    assert_eq!(answer.json()["version"], line().version);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let timing = answer.header("server-timing").unwrap();
    for hop in ["decode;dur=", "inference;dur=", "encode;dur="] {
        assert!(timing.contains(hop), "{timing}");
    }
    assert!(!timing.contains("auth") && !timing.contains("queue"), "neither was there: {timing}");
}

#[test]
fn every_dialect_gives_the_same_bits() {
    let expected = core(&line(), RECORD).to_bits();
    let shop = |body: Value, path: &str, pointer: &str| {
        let answer = post(shared(), path, body.to_string()).is(200);
        let value = answer.json().pointer(pointer).unwrap_or_else(|| panic!("{}", answer.text())).as_f64();
        assert_eq!(value.unwrap().to_bits(), expected, "{path}: {}", answer.text());
    };
    let record: Value = serde_json::from_str(RECORD).unwrap();
    shop(record.clone(), "/models/line/predict", "/prediction");
    shop(json!([record]), "/predict", "/predictions/0");
    shop(json!({"records": [record, record]}), "/predict", "/predictions/1");
    let tensor = |name: &str, kind: &str, data: Value| json!({"name": name, "shape": [1, 1], "datatype": kind, "data": data});
    let inputs = json!([
        tensor("open", "BOOL", json!([true])),
        tensor("shop", "BYTES", json!(["Y"])),
        tensor("a", "INT64", json!([[4]]))
    ]);
    shop(json!({"inputs": inputs}), "/v2/models/line/infer", "/outputs/0/data/0");
    shop(
        json!({"dataframe_split": {"columns": ["open", "a", "shop"], "data": [[true, 4, "Y"]]}}),
        "/invocations",
        "/predictions/0",
    );
    shop(json!({"dataframe_records": [record]}), "/invocations", "/predictions/0");
    shop(json!({"instances": [[4, "Y", true]]}), "/invocations", "/predictions/0");
    shop(json!({"inputs": {"a": [4], "shop": ["Y"], "open": [true]}}), "/invocations", "/predictions/0");
    shop(json!({"instances": [record]}), "/v1/models/line:predict", "/predictions/0");
    shop(
        json!({"inputs": {"a": [[4]], "shop": ["Y"], "open": [true]}}),
        "/v1/models/line:predict",
        "/outputs/0",
    );
    let csv =
        send(shared(), "POST /predict HTTP/1.1\ncontent-type: text/csv", b"a,shop,open\n4,Y,true\n").is(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let timing = csv.header("server-timing").unwrap();
    for stage in ["decode;dur=", "queue;dur=", "inference;dur=", "encode;dur="] {
        assert!(timing.contains(stage), "{timing}");
    }
    let text = csv.text();
    let last = text.lines().nth(1).unwrap().rsplit(',').next().unwrap().parse::<f64>().unwrap();
    assert_eq!(last.to_bits(), expected);
    let csv =
        send(shared(), "POST /invocations HTTP/1.1\ncontent-type: text/csv", b"a,shop,open\n4,Y,true\n")
            .is(200);
    assert_eq!(csv.json()["predictions"][0].as_f64().unwrap().to_bits(), expected);
}

#[test]
fn a_large_batch_goes_through_the_queue_and_has_the_bits_of_single_records() {
    let records: Vec<Value> =
        (0..1000).map(|n| json!({"a": f64::from(n) / 7.0, "shop": if n % 2 == 0 { "X" } else { "Y" }, "open": n % 3 == 0})).collect();
    let answer = post(shared(), "/predict", json!(records).to_string()).is(200);
    assert!(answer.header("server-timing").unwrap().contains("queue;dur="));
    let predictions = answer.json()["predictions"].as_array().unwrap().clone();
    assert_eq!(predictions.len(), 1000);
    for (record, prediction) in records.iter().zip(&predictions) {
        let single = core(&line(), &record.to_string());
        assert_eq!(prediction.as_f64().unwrap().to_bits(), single.to_bits(), "{record}");
    }
}

#[test]
fn a_classifier_gives_class_and_probability() {
    let record = r#"{"LoyalCH": 0.9, "PriceMM": 2.1, "PriceCH": 1.8}"#;
    let answer = post(shared(), "/models/juice/predict", record).is(200).json();
    assert_eq!(answer["prediction"], "CH");
    assert_eq!(answer["probability"].as_f64().unwrap().to_bits(), core(&juice(), record).to_bits());
    let many = post(shared(), "/models/juice/predict", format!("[{record}]")).is(200).json();
    assert_eq!(
        (&many["predictions"][0], &many["probabilities"][0]),
        (&answer["prediction"], &answer["probability"])
    );
    let inputs: Vec<Value> = [("LoyalCH", 0.9), ("PriceMM", 2.1), ("PriceCH", 1.8)]
        .map(|(name, value)| json!({"name": name, "shape": [1], "datatype": "FP64", "data": [value]}))
        .to_vec();
    let v2 = post(shared(), "/v2/models/juice/infer", json!({"id": "q1", "inputs": inputs}).to_string())
        .is(200)
        .json();
    assert_eq!(v2["id"], "q1");
    assert_eq!(v2["model_version"], juice().version);
    assert_eq!(
        v2["outputs"],
        json!([
            {"name": "prediction", "datatype": "BYTES", "shape": [1], "data": ["CH"]},
            {"name": "probability", "datatype": "FP64", "shape": [1], "data": [answer["probability"]]},
        ])
    );
}

#[test]
fn an_image_is_sixty_four_numbers() {
    let sample = drydock::data::samples::find("digits").unwrap();
    let row = std::str::from_utf8(sample.bytes()).unwrap().lines().nth(1).unwrap();
    let cells: Vec<f64> = row.split(',').map(|cell| cell.parse().unwrap()).collect();
    let answer =
        post(shared(), "/models/digits/predict", json!({"image": cells[..64]}).to_string()).is(200).json();
    assert_eq!(answer["prediction"], cells[64].to_string());
    let mut bright = cells[..64].to_vec();
    bright[7] = 17.0;
    let refused =
        post(shared(), "/models/digits/predict", json!({"image": bright}).to_string()).is(422).json();
    assert_eq!((&refused["field"], &refused["got"]), (&json!("image[7]"), &json!("17")));
    let short = post(shared(), "/models/digits/predict", r#"{"image": [1, 2]}"#).is(422).json();
    assert_eq!(short["got"], "2 numbers");
    let text = post(shared(), "/models/digits/predict", r#"[{"image": ["a"]}]"#).is(422).json();
    assert_eq!((&text["record"], &text["field"]), (&json!(0), &json!("image[0]")));
}

#[test]
fn what_is_wrong_is_named_by_record_field_expectation_and_what_came() {
    for (body, status, record, field, expected, got) in [
        (r#"{"a": "x", "shop": "X", "open": true}"#, 422, None, "a", "a number", "the text 'x'"),
        (
            r#"{"a": 1, "shop": "Z", "open": true}"#,
            422,
            None,
            "shop",
            "one of 'X', 'Y'",
            "the unknown level 'Z'",
        ),
        (r#"{"shop": "X", "open": true}"#, 422, None, "a", "a number", "nothing: the field is missing"),
        (
            r#"[{"a":1,"shop":"X","open":true},{"a":[],"shop":"X","open":true}]"#,
            422,
            Some(1),
            "a",
            "a number",
            "a list",
        ),
        (
            r#"{"records":[{"a":1,"shop":"X","open":7}]}"#,
            422,
            Some(0),
            "open",
            "true or false ('true' or 'false')",
            "the number 7",
        ),
        (r#"{"a":1,"a":2,"shop":"X","open":true}"#, 422, None, "a", "a number", "the field twice"),
        (r#"{"records":[],"x":1}"#, 422, None, "x", "nothing beside 'records'", "a further field"),
        ("[1]", 422, Some(0), "", "an object with the model's inputs as fields", ""),
    ] {
        let answer = post(shared(), "/predict", body).is(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{body}");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem.get("record").and_then(Value::as_u64), record, "{body}: {problem}");
        assert_eq!(problem["field"], field, "{body}: {problem}");
        assert_eq!(problem["expected"], expected, "{body}: {problem}");
        if !got.is_empty() {
            assert_eq!(problem["got"], got, "{body}: {problem}");
        }
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(expected), "{detail}");
    }
}

#[test]
fn columns_of_other_names_are_missing_fields_and_no_rows_are_no_rows() {
    let tensor = |name: &str, kind: &str, shape: Value, data: Value| json!({"name": name, "shape": shape, "datatype": kind, "data": data});
    let none = |n: usize| (json!([n]), json!(vec![1; n]));
    for (path, pointer, body, field) in [
        ("/v1/models/line:predict", "/error", json!({"inputs": {"typo": [1]}}), "'a'"),
        ("/v1/models/line:predict", "/error", json!({"inputs": {}}), "'a'"),
        ("/v1/models/line:predict", "/error", json!({"inputs": {"a": []}}), "'shop'"),
        ("/invocations", "/message", json!({"inputs": {"typo": [1]}}), "'a'"),
        (
            "/invocations",
            "/message",
            json!({"inputs": {"a": [1], "shop": ["X"], "opened": [true]}}),
            "'open'",
        ),
        (
            "/v2/models/line/infer",
            "/error",
            json!({"inputs": [tensor("typo", "FP64", none(1).0, none(1).1)]}),
            "'a'",
        ),
        (
            "/v2/models/line/infer",
            "/error",
            json!({"inputs": [tensor("a", "FP64", none(0).0, none(0).1), tensor("b", "FP64", none(0).0, none(0).1)]}),
            "'shop'",
        ),
    ] {
        let answer = post(shared(), path, body.to_string()).is(400).json();
        let said = answer.pointer(pointer).unwrap().as_str().unwrap();
        assert!(
            said.contains(field) && said.contains("expected") && said.contains("missing"),
            "{body}: {said}"
        );
    }
    // columns of no values are an honest request for nothing
    let empty = json!({"inputs": {"a": [], "shop": [], "open": []}}).to_string();
    assert_eq!(post(shared(), "/v1/models/line:predict", &empty).is(200).json(), json!({"outputs": []}));
    assert_eq!(post(shared(), "/invocations", &empty).is(200).json(), json!({"predictions": []}));
    let tensors: Vec<Value> = [("a", "FP64"), ("shop", "BYTES"), ("open", "BOOL")]
        .map(|(name, kind)| tensor(name, kind, json!([0]), json!([])))
        .to_vec();
    let answer =
        post(shared(), "/v2/models/line/infer", json!({"inputs": tensors}).to_string()).is(200).json();
    assert_eq!(answer["outputs"][0]["data"], json!([]));
}

#[test]
fn what_is_no_json_is_400_also_nan_and_infinity() {
    for body in [
        "",
        "{",
        "nonsense",
        r#"{"a": NaN}"#,
        r#"{"a": Infinity}"#,
        r#"{"a": 1e999}"#,
        "{\"a\": 1,}",
        "\u{feff}{}",
    ] {
        for (path, key) in [
            ("/predict", "detail"),
            ("/invocations", "message"),
            ("/v2/models/line/infer", "error"),
            ("/v1/models/line:predict", "error"),
        ] {
            let answer = post(shared(), path, body);
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
            assert!(answer.json()[key].is_string(), "{path}: {}", answer.text());
        }
    }
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    assert_eq!(post(shared(), "/predict", deep).status, 400);
}

#[test]
fn null_is_a_missing_value_and_follows_the_models_policy() {
    // the mean of a in training fills in: 0, 0.5 … 19.5
    let answer = post(shared(), "/predict", r#"{"a": null, "shop": "X", "open": false}"#).is(200).json();
    near(&answer["prediction"], 3.0 + 2.0 * 9.75);
}

#[test]
fn v2_takes_and_gives_binary_tensors() {
    let header = json!({
        "inputs": [
            {"name": "shop", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": 10}},
            {"name": "open", "shape": [2, 1], "datatype": "BOOL", "parameters": {"binary_data_size": 2}},
            {"name": "a", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}},
        ],
        "parameters": {"binary_data_output": true},
    })
    .to_string();
    let mut body = header.clone().into_bytes();
    body.extend_from_slice(b"\x01\0\0\0Y\x01\0\0\0X\x01\x00");
    body.extend_from_slice(&4.0_f32.to_le_bytes());
    body.extend_from_slice(&0.5_f32.to_le_bytes());
    let head =
        format!("POST /v2/models/line/infer HTTP/1.1\ninference-header-content-length: {}", header.len());
    let answer = send(shared(), &head, &body).is(200);
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    let length: usize = answer.header("inference-header-content-length").unwrap().parse().unwrap();
    let (json, raw) = answer.body.split_at(length);
    let json: Value = serde_json::from_slice(json).unwrap();
    assert_eq!(json["outputs"][0]["parameters"]["binary_data_size"], 16);
    assert_eq!(json["outputs"][0].get("data"), None);
    let numbers: Vec<f64> =
        raw.chunks(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect();
    assert_eq!(numbers[0].to_bits(), core(&line(), RECORD).to_bits());
    assert!((numbers[1] - 4.0).abs() < 1e-9);
    // infinities in binary data are refused, too
    let mut odd = body.clone();
    odd[header.len() + 12..header.len() + 16].copy_from_slice(&f32::INFINITY.to_le_bytes());
    assert!(send(shared(), &head, &odd).is(400).json()["error"].as_str().unwrap().contains("not finite"));
    // cut and overlong bodies, a length beyond the body
    for wrong in [&body[..body.len() - 1], &[body.as_slice(), b"x"].concat()] {
        send(shared(), &head, wrong).is(400);
    }
    send(shared(), "POST /v2/models/line/infer HTTP/1.1\ninference-header-content-length: 999999", &body)
        .is(400);
}

#[test]
fn v2_takes_one_matrix_for_a_model_of_numbers() {
    let matrix = json!({"inputs": [{"name": "predict", "shape": [2, 2], "datatype": "FP64", "data": [[3, 1], [0, 2]]}]});
    let answer = post(shared(), "/v2/models/plane/infer", matrix.to_string()).is(200).json();
    near(&answer["outputs"][0]["data"][0], 1.0 + 3.0 - 2.0);
    near(&answer["outputs"][0]["data"][1], 1.0 - 4.0);
}

#[test]
fn v2_says_what_is_wrong_with_a_tensor() {
    let infer = |inputs: Value| {
        let answer = post(shared(), "/v2/models/plane/infer", json!({"inputs": inputs}).to_string()).is(400);
        answer.json()["error"].as_str().unwrap().to_owned()
    };
    let b = json!({"name": "b", "shape": [1], "datatype": "FP64", "data": [1]});
    for (inputs, part) in [
        (json!([]), "got none"),
        (json!([b]), "'a'"),
        (json!([{"name": "a", "shape": [2], "datatype": "FP64", "data": [1]}, b]), "promises 2 values"),
        (json!([{"name": "a", "shape": [1], "datatype": "FP128", "data": [1]}, b]), "FP128"),
        (json!([{"name": "a", "shape": [-1], "datatype": "FP64", "data": [1]}, b]), "negative"),
        (json!([{"name": "a", "shape": [], "datatype": "FP64", "data": [1]}, b]), "rows first"),
        (json!([{"name": "a", "shape": [1], "datatype": "FP64"}, b]), "'data'"),
        (json!([{"name": "a", "shape": [1], "datatype": "FP64", "data": ["x"]}, b]), "'x'"),
        (json!([{"name": "a", "shape": [2], "datatype": "FP64", "data": [1, 2]}, b]), "2 rows"),
        (json!([b, b]), "twice"),
        (json!([{"name": "m", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3]}]), "[N, 2]"),
    ] {
        let said = infer(inputs.clone());
        assert!(said.contains(part), "{inputs}: {said}");
    }
    let unknown = post(shared(), "/v2/models/nobody/infer", "{}").is(404).json();
    assert!(unknown["error"].as_str().unwrap().contains("nobody"));
}

#[test]
fn v2_describes_itself_and_its_models() {
    for path in ["/v2", "/v2/"] {
        let server = get(shared(), path).is(200).json();
        assert!(server["extensions"].as_array().unwrap().contains(&json!("binary_tensor_data")));
    }
    assert_eq!(get(shared(), "/v2/health/live").is(200).json()["live"], true);
    assert_eq!(get(shared(), "/v2/health/ready").is(200).json()["ready"], true);
    let model = get(shared(), "/v2/models/line").is(200).json();
    assert_eq!(
        model["inputs"],
        json!([
            {"name": "a", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "shop", "datatype": "BYTES", "shape": [-1, 1]},
            {"name": "open", "datatype": "BOOL", "shape": [-1, 1]},
        ])
    );
    let version = line().version;
    for version in [version.as_str(), "1"] {
        get(shared(), &format!("/v2/models/line/versions/{version}/ready")).is(200);
    }
    get(shared(), "/v2/models/line/versions/2/ready").is(404);
}

#[test]
fn mlflow_answers_as_its_own_server_does() {
    get(shared(), "/ping").is(200);
    get(shared(), "/health").is(200);
    assert_eq!(get(shared(), "/version").is(200).text(), env!("CARGO_PKG_VERSION"));
    for body in
        ["{}", r#"{"instances": [], "inputs": []}"#, r#"{"instances": [[1]], "signature_name": "x"}"#, "[]"]
    {
        let answer = post(shared(), "/invocations", body).is(400).json();
        assert_eq!(answer["error_code"], "BAD_REQUEST");
        assert!(answer["message"].as_str().unwrap().contains("exactly one"), "{answer}");
    }
    for kind in ["text/plain", "application/json; format=pandas-split", "application/json; charset=latin1"] {
        let answer =
            send(shared(), &format!("POST /invocations HTTP/1.1\ncontent-type: {kind}"), b"{}").is(415);
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    }
    let wrong = json!({"dataframe_split": {"columns": ["a", "shop", "open"], "data": [[1, "X", true], [1, "Q", true]]}});
    let said = post(shared(), "/invocations", wrong.to_string()).is(400).json();
    let message = said["message"].as_str().unwrap();
    assert!(message.contains("record 1") && message.contains("'shop'"), "{message}");
}

#[test]
fn tensorflow_serving_speaks_its_own_words() {
    let status = get(shared(), "/v1/models/line").is(200).json();
    assert_eq!(status["model_version_status"][0]["version"], "1");
    assert_eq!(status["model_version_status"][0]["state"], "AVAILABLE");
    assert_eq!(
        (&status["id"], &status["object"], &status["ready"]),
        (&json!("line"), &json!("model"), &json!(true))
    );
    let metadata = get(shared(), "/v1/models/line/metadata").is(200).json();
    let inputs = &metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"];
    assert_eq!((&inputs["a"]["dtype"], &inputs["shop"]["dtype"]), (&json!("DT_DOUBLE"), &json!("DT_STRING")));
    let error = |path: &str, body: &str, status: u16| {
        post(shared(), path, body).is(status).json()["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(error("/v1/models/line:predict", "{}", 400), "Missing 'inputs' or 'instances' key");
    assert!(error("/v1/models/line:predict", "[", 400).starts_with("JSON Parse error"));
    assert_eq!(error("/v1/models/gone:predict", "{}", 404), "Servable not found for request: Latest(gone)");
    assert_eq!(
        error("/v1/models/line/versions/9:predict", "{}", 404),
        "Servable not found for request: Specific(line, 9)"
    );
    assert!(
        error("/v1/models/line:predict", r#"{"instances":[{"a":1}]}"#, 400).contains("process element: 0")
    );
    let form = send(
        shared(),
        "POST /v1/models/line/versions/1%3Apredict HTTP/1.1\ncontent-type: application/x-www-form-urlencoded",
        br#"{"instances":[[4,"Y",true]]}"#,
    );
    near(&form.is(200).json()["predictions"][0], BY_RULE);
}

#[test]
fn unknown_addresses_and_methods_are_told_in_each_dialect() {
    for (path, pointer) in [
        ("/nothing", "/detail"),
        ("/v2/nothing", "/error"),
        ("/v1/embeddings", "/error/message"),
        ("/v1/models/nobody", "/error/code"),
        ("/v1/models/line/versions/1/nothing", "/error"),
    ] {
        let answer = get(shared(), path).is(404).json();
        assert!(answer.pointer(pointer).is_some_and(Value::is_string), "{path}: {answer}");
    }
    for (method, path, allow) in [
        ("GET", "/predict", "POST"),
        ("TRACE", "/predict", "POST"),
        ("QUERY", "/v2/models/line/infer", "POST"),
        ("PUT", "/v2", "GET, HEAD"),
        ("POST", "/jobs/1", "GET, HEAD, DELETE"),
        ("OPTIONS", "/v1/completions", "POST"),
    ] {
        let answer = send(shared(), &format!("{method} {path} HTTP/1.1"), b"").is(405);
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        assert!(answer.json().is_object());
    }
    let head = send(shared(), "HEAD /v2/models/line HTTP/1.1", b"").is(200);
    let whole = get(shared(), "/v2/models/line");
    assert_eq!(head.header("content-length"), whole.header("content-length"));
}

#[test]
fn predict_wants_to_be_told_what_comes() {
    let form = send(
        shared(),
        "POST /predict HTTP/1.1\ncontent-type: application/x-www-form-urlencoded",
        RECORD.as_bytes(),
    );
    assert!(form.is(415).json()["detail"].as_str().unwrap().contains("curl"));
    send(shared(), "POST /predict HTTP/1.1", RECORD.as_bytes()).is(200);
    send(
        shared(),
        "POST /predict HTTP/1.1\ncontent-type: application/json; charset=utf-8",
        RECORD.as_bytes(),
    )
    .is(200);
}

#[test]
fn a_wrong_row_of_a_csv_is_named_by_its_line() {
    let csv = b"a,shop,open\n1,X,true\n2,Z,true\n";
    let problem = send(shared(), "POST /predict HTTP/1.1\ncontent-type: text/csv", csv).is(422).json();
    assert_eq!((&problem["line"], &problem["field"]), (&json!(3), &json!("shop")));
    let empty = send(shared(), "POST /predict HTTP/1.1\ncontent-type: text/csv", b"");
    assert!((400..500).contains(&empty.status), "{}", empty.text());
    // larger than what is kept in memory
    let mut long = String::from("a,shop,open,note\n");
    for n in 0..120_000 {
        long.push_str(&format!("{n},X,false,\"a, {n}\"\n"));
    }
    let answer = send(shared(), "POST /predict HTTP/1.1\ncontent-type: text/csv", long.as_bytes()).is(200);
    let text = answer.text();
    assert_eq!(text.lines().count(), 120_001);
    assert!(text.lines().next().unwrap().ends_with(",note,prediction"));
    assert!(text.lines().last().unwrap().starts_with("119999,X,false,\"a, 119999\",2400"));
}
