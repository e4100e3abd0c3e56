//! A new version beside the one that answers: as a canary it gets a share of the requests, in shadow it is asked along.

use std::time::{Duration, Instant};

use drydock::server::keys::{NewKey, new_key};
use drydock::server::{Access, Handle, ServerSettings};
use drydock::workspace::log::{LogSettings, PredictionLog};
use serde_json::{Value, json};

use super::http::{Connection, get, post, send};
use super::models::{RECORD, shifted};
use super::served::{line, server, with};

/// Asks `n` times over one connection; how many answers came from the model whose numbers are 100 larger.
fn from_the_new_one(server: &Handle, path: &str, n: usize) -> usize {
    let mut connection = Connection::new(server.addr());
    let head = format!("POST {path} HTTP/1.1");
    (0..n)
        .filter(|_| {
            connection.send(&head, RECORD.as_bytes());
            let answer = connection.read(false).expect("an answer").is(200).json();
            let value = answer["prediction"].as_f64().unwrap().round();
            assert!(value == 3.0 || value == 103.0, "{value}");
            value == 103.0
        })
        .count()
}

/// What `/models` says of the model `line`, once it holds.
fn until(server: &Handle, holds: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let models = get(server.addr(), "/models").is(200).json();
        let list = models["models"].as_array().unwrap().clone();
        let line = list.into_iter().find(|model| model["name"] == "line").unwrap();
        if holds(&line) {
            return line;
        }
        assert!(Instant::now() < end, "{line}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_canary_answers_exactly_its_share_of_what_names_no_version() {
    let server = server();
    let new = server.load(shifted(100.0), Some("line"), false).unwrap();
    for percent in [0, 1, 10, 37, 99, 100] {
        server.set_canary("line", "2", percent).unwrap();
        // whatever came before, any hundred requests in a row hold the share
        from_the_new_one(&server, "/predict", 13);
        assert_eq!(from_the_new_one(&server, "/models/line/predict", 100), usize::from(percent));
    }
    server.set_canary("line", "2", 0).unwrap();
    assert_eq!(
        from_the_new_one(&server, "/models/line/versions/2/predict", 10),
        10,
        "it has an address of its own"
    );
    server.set_canary("line", "2", 20).unwrap();
    let in_ten: Vec<usize> = (0..10).map(|_| from_the_new_one(&server, "/predict", 10)).collect();
    assert!(in_ten.iter().all(|n| (1..=3).contains(n)), "spread evenly: {in_ten:?}");
    let said = until(&server, |_| true);
    assert_eq!(said["canary"], json!({"version": new.version(), "percent": 20}));
    let metrics = get(server.addr(), "/metrics").text();
    assert!(
        metrics.lines().any(|l| l.starts_with("drydock_canary_percent{model=\"line\"") && l.ends_with(" 20"))
    );
    // who names a version gets it
    let inputs = json!([
        {"name": "a", "shape": [1], "datatype": "FP64", "data": [0]},
        {"name": "shop", "shape": [1], "datatype": "BYTES", "data": ["X"]},
        {"name": "open", "shape": [1], "datatype": "BOOL", "data": [false]},
    ]);
    let body = json!({"inputs": inputs}).to_string();
    for _ in 0..20 {
        let answer = post(server.addr(), "/v2/models/line/versions/1/infer", &body).is(200).json();
        assert_eq!(answer["model_version"], json!(line().version));
    }
    for _ in 0..20 {
        let answer = post(server.addr(), "/models/line/versions/1/predict", RECORD).is(200).json();
        assert_eq!(answer["version"], json!(line().version));
    }
    // other protocols have the canary too, and say who answered
    let by_new = (0..100).filter(|_| {
        let answer = post(server.addr(), "/v2/models/line/infer", &body).is(200).json();
        answer["model_version"] == json!(new.version())
    });
    assert_eq!(by_new.count(), 20);
    assert_eq!(server.set_canary("line", "1", 5).unwrap_err().status, 409, "it answers the rest");
    assert_eq!(server.set_canary("line", "2", 101).unwrap_err().status, 422);
    assert_eq!(server.set_canary("line", "9", 5).unwrap_err().status, 404);
    // promoted, it has all; taken back, none
    server.promote("line", "2").unwrap();
    assert_eq!(from_the_new_one(&server, "/predict", 50), 50);
    assert!(until(&server, |_| true)["canary"].is_null());
    server.promote("line", "1").unwrap();
    assert_eq!(from_the_new_one(&server, "/predict", 50), 0);
    // gone, it has none either
    server.set_canary("line", "2", 50).unwrap();
    server.unload("line", Some("2")).unwrap();
    assert_eq!(from_the_new_one(&server, "/predict", 100), 0);
}

#[test]
fn a_version_in_shadow_is_asked_along_and_nobody_gets_its_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = Some(LogSettings::new(&path));
    let server = with(ServerSettings { log, ..ServerSettings::default() });
    let new = server.load(shifted(100.0), Some("line"), false).unwrap();
    assert_eq!(server.set_shadow("line", "1", true).unwrap_err().status, 409);
    server.set_shadow("line", "2", true).unwrap();
    for n in 0..30 {
        let head = format!("POST /predict HTTP/1.1\nx-request-id: asked-{n}");
        let answer = send(server.addr(), &head, RECORD.as_bytes()).is(200).json();
        assert_eq!(answer["prediction"].as_f64().unwrap().round(), 3.0);
    }
    // a batch counts by rows; what is refused is not asked again; who names a version is not asked along
    post(server.addr(), "/predict", format!("[{RECORD},{RECORD},{RECORD}]")).is(200);
    post(server.addr(), "/predict", "{}").is(422);
    let said = until(&server, |line| line["shadow"]["requests"] == 31);
    let shadow = &said["shadow"];
    assert_eq!(
        (&shadow["rows"], &shadow["refused"], &shadow["left_out"]),
        (&33.into(), &0.into(), &0.into())
    );
    let apart = |field: &str| shadow[field].as_f64().unwrap();
    assert!((apart("mean_difference") - 100.0).abs() < 1e-9, "{shadow}");
    assert!((apart("largest_difference") - 100.0).abs() < 1e-9, "{shadow}");
    let metrics = get(server.addr(), "/metrics").text();
    let has = |start: &str, end: &str| metrics.lines().any(|l| l.starts_with(start) && l.ends_with(end));
    assert!(has("drydock_shadow_requests_total{model=\"line\"", " 31"), "{metrics}");
    // what nobody was sent is not counted as answered
    let answered = format!("drydock_predictions_total{{model=\"line\",version=\"{}\"}} 0", new.version());
    assert!(metrics.contains(&answered), "{metrics}");
    // asked again while it is there already: the figures go on
    server.set_shadow("line", "2", true).unwrap();
    assert_eq!(until(&server, |_| true)["shadow"]["requests"], 31);
    server.set_shadow("line", "2", false).unwrap();
    post(server.addr(), "/predict", RECORD).is(200);
    assert!(until(&server, |_| true)["shadow"].is_null());
    server.stop();
    let rows = PredictionLog::open_to_read(&path).unwrap().latest("asked-7", 10).unwrap();
    let of = |method: &str| rows.iter().find(|row| row.method == method).unwrap();
    let (answered, shadowed) = (of("POST"), of("SHADOW"));
    assert_eq!(rows.len(), 2);
    assert_eq!(answered.version.as_deref(), Some(line().version.as_str()));
    assert_eq!(shadowed.version.as_deref(), Some(new.version()));
    let value = |text: &Option<String>| {
        let answer: Value = serde_json::from_str(text.as_ref().unwrap()).unwrap();
        answer["prediction"].as_f64().unwrap().round()
    };
    assert_eq!((value(&answered.response), value(&shadowed.response)), (3.0, 103.0));
}

#[test]
fn both_are_set_over_the_network_by_who_may() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    let admin =
        new_key(&file, &NewKey { name: "teacher".into(), may: vec!["admin".into()], ..NewKey::default() })
            .unwrap();
    let server = with(ServerSettings { access: Access::File(file), ..ServerSettings::default() });
    server.load(shifted(100.0), Some("line"), false).unwrap();
    let ask = |path: &str, key: &str| {
        let head = format!("POST /admin/models/line/versions/2/{path} HTTP/1.1\nauthorization: Bearer {key}");
        send(server.addr(), &head, b"")
    };
    ask("canary?percent=10", &admin.publishable).is(403);
    assert_eq!(ask("canary?percent=10", &admin.secret).is(200).json()["percent"], 10);
    assert!(ask("canary", &admin.secret).is(422).json()["detail"].as_str().unwrap().contains("?percent="));
    ask("canary?percent=1000", &admin.secret).is(422);
    assert_eq!(ask("shadow", &admin.secret).is(200).json()["shadow"], true);
    assert_eq!(ask("shadow?on=false", &admin.secret).is(200).json()["shadow"], false);
}

#[test]
fn the_last_of_a_name_is_held_back_from_the_start() {
    let models = vec![line(), shifted(100.0)];
    let server = with(ServerSettings { models, canary: Some(25), shadow: true, ..ServerSettings::default() });
    assert_eq!(from_the_new_one(&server, "/predict", 100), 25);
    // what the canary answered itself is not asked again
    until(&server, |line| line["shadow"]["requests"] == 75);
}
