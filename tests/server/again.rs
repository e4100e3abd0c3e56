//! A logged request answered once more gives the bytes of then, in every dialect.

use drydock::server::{NotAgain, ServerSettings, answer_again};
use drydock::workspace::log::{LogRow, LogSettings, PredictionLog};
use serde_json::json;

use super::http::{post, send};
use super::models::{RECORD, shifted};
use super::served::{juice, line, with};

#[test]
fn what_was_answered_can_be_answered_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let models = vec![line(), juice()];
    let log = Some(LogSettings { max_body_bytes: 2_000, ..LogSettings::new(&path) });
    let server = with(ServerSettings { models, log, ..ServerSettings::default() });
    let addr = server.addr();
    let columns = json!({"columns": ["a", "shop", "open"], "data": [[1.5, "X", true], [2, "Y", false]]});
    let juice_row = json!({"LoyalCH": 0.3, "PriceMM": 2.09, "PriceCH": 1.86});
    let v2 = json!({"id": "mine", "inputs": [
        {"name": "a", "shape": [2], "datatype": "FP64", "data": [0.1, 0.2]},
        {"name": "shop", "shape": [2], "datatype": "BYTES", "data": ["X", "Y"]},
        {"name": "open", "shape": [2], "datatype": "BOOL", "data": [false, true]},
    ]});
    for (path, body) in [
        ("/predict", RECORD.to_owned()),
        ("/predict", format!("[{RECORD}, {RECORD}]")),
        ("/models/line/predict", format!("{{\"records\": [{RECORD}]}}")),
        ("/models/juice/predict", juice_row.to_string()),
        ("/v2/models/line/infer", v2.to_string()),
        ("/invocations", json!({"dataframe_split": columns}).to_string()),
        ("/v1/models/juice:predict", json!({"instances": [juice_row]}).to_string()),
    ] {
        post(addr, path, body).is(200);
    }
    post(addr, "/predict", r#"{"a": "seven", "shop": "X", "open": true}"#).is(422);
    post(addr, "/v2/models/line/infer", "{}").is(400);
    // what can't be run again
    let long: Vec<&str> = vec![RECORD; 100];
    post(addr, "/predict", format!("[{}]", long.join(","))).is(200);
    send(addr, "POST /predict HTTP/1.1\ncontent-type: text/csv", b"a,shop,open\n1,X,false\n").is(200);
    server.stop();
    let rows: Vec<LogRow> = PredictionLog::open_to_read(&path).unwrap().latest("", 100).unwrap();
    assert_eq!(rows.len(), 11);
    let mut same = 0;
    for row in &rows {
        let model = if row.model.as_deref() == Some("juice") { juice() } else { line() };
        let again = answer_again(model, row);
        if row.n_rows == 100 {
            assert_eq!(again, Err(NotAgain::NoBody), "it was cut: {row:?}");
        } else if row.request.as_deref().is_some_and(|body| body.starts_with("a,shop")) {
            assert_eq!(again, Err(NotAgain::NoPrediction));
        } else if row.request.is_none() {
            assert_eq!(again, Err(NotAgain::NoBody), "a file's rows are not kept");
        } else {
            assert_eq!(again.as_ref().ok(), row.response.as_ref(), "{row:?}");
            same += 1;
        }
    }
    assert_eq!(same, 9);
    // another model gives another answer
    let first = rows.last().unwrap();
    let other = answer_again(shifted(1.0), first).unwrap();
    assert_ne!(Some(other), first.response);
    let looked = LogRow { path: "/models".into(), ..first.clone() };
    assert_eq!(answer_again(line(), &looked), Err(NotAgain::NoPrediction));
}
