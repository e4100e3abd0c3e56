//! Whatever comes, the answer is a proper one: no 5xx, no dropped connection, no hang.

use proptest::prelude::*;
use serde_json::Value;

use super::http::Connection;
use super::served::shared;

const PATHS: [&str; 14] = [
    "/predict",
    "/models/juice/predict",
    "/models/digits/predict",
    "/jobs",
    "/invocations",
    "/v2/models/line/infer",
    "/v2/models/plane/infer",
    "/v2/models/line/versions/1/infer",
    "/v1/models/line:predict",
    "/v1/models/plane/versions/1:predict",
    "/v1/completions",
    "/v1/chat/completions",
    "/v2/repository/index",
    "/admin/models",
];

/// Words that the server's readers look for, among others.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "a",
            "b",
            "shop",
            "open",
            "records",
            "image",
            "instances",
            "inputs",
            "columns",
            "data",
            "dataframe_split",
            "dataframe_records",
            "name",
            "shape",
            "datatype",
            "parameters",
            "binary_data_size",
            "outputs",
            "id",
            "model",
            "prompt",
            "messages",
            "role",
            "content",
            "max_tokens",
            "stop",
            "stream",
            "harbour-stories",
            "user",
            "FP64",
            "BYTES",
            "BOOL",
            "X",
            "Y",
            "logit_bias",
            "seed",
            "n",
            "signature_name",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-5_i64..70).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => json().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
        1 => (json(), any::<prop::sample::Index>()).prop_map(|(value, at)| {
            let mut text = value.to_string().into_bytes();
            text.truncate(at.index(text.len() + 1));
            text
        }),
    ]
}

fn check(path: &str, kind: &str, header: &str, body: &[u8]) -> Result<(), TestCaseError> {
    let mut connection = Connection::new(shared());
    connection.send(&format!("POST {path} HTTP/1.1\ncontent-type: {kind}{header}"), body);
    let Some(answer) = connection.read(false) else {
        return Err(TestCaseError::fail(format!(
            "no answer from {path} to {:?}",
            String::from_utf8_lossy(body)
        )));
    };
    prop_assert!(answer.status < 500, "{} from {path} to {:?}", answer.status, String::from_utf8_lossy(body));
    if answer.status >= 400 && answer.header("content-type").is_some_and(|kind| kind.contains("json")) {
        let value: Value =
            serde_json::from_slice(&answer.body).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(value.is_object());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_json_gets_a_fault_of_the_server(path in prop::sample::select(PATHS.to_vec()), body in body()) {
        check(path, "application/json", "", &body)?;
    }

    #[test]
    fn no_binary_tensor_gets_a_fault_of_the_server(
        length in 0_usize..200,
        sizes in prop::collection::vec((word(), any::<Option<u32>>(), -1_i64..4), 0..4),
        tail in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let inputs: Vec<Value> = sizes
            .iter()
            .map(|(name, size, n)| {
                let size = size.map(|size| size % 24);
                serde_json::json!({"name": name, "shape": [n], "datatype": "FP64", "parameters": {"binary_data_size": size}})
            })
            .collect();
        let mut body = serde_json::json!({"inputs": inputs}).to_string().into_bytes();
        let length = if length % 3 == 0 { length } else { body.len() };
        body.extend_from_slice(&tail);
        check("/v2/models/line/infer", "application/octet-stream", &format!("\ninference-header-content-length: {length}"), &body)?;
    }

    #[test]
    fn no_csv_gets_a_fault_of_the_server(text in "([ab,\";\n\r\t0-9XY.e-]|shop|open|true){0,80}") {
        for path in ["/predict", "/invocations", "/jobs"] {
            check(path, "text/csv", "", text.as_bytes())?;
        }
    }

    #[test]
    fn no_address_gets_a_fault_of_the_server(path in "(/|v1|v2|models|line|versions|:predict|%3[0-9A-F]|jobs|admin|[!-~&&[^ #]]){0,12}") {
        let mut connection = Connection::new(shared());
        connection.send(&format!("GET /{path} HTTP/1.1"), b"");
        let answer = connection.read(false);
        prop_assert!(answer.is_some_and(|answer| answer.status < 500), "{path}");
    }
}

#[test]
fn bytes_that_are_no_http_are_answered_or_cut_off() {
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
        b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
    ] {
        let mut connection = Connection::new(shared());
        connection.write(bytes);
        if let Some(answer) = connection.read(false) {
            assert!(answer.status < 500, "{} to {:?}", answer.status, String::from_utf8_lossy(bytes));
        }
    }
}
