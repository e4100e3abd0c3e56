//! Models and versions that come and go while requests are answered.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use drydock::model::{Estimator, Model};
use drydock::server::keys::{NewKey, new_key};
use drydock::server::{Access, ServerSettings};
use serde_json::json;

use super::http::{Connection, get, post, send};
use super::served::{line, server, with};

/// The same model with another intercept, which makes another version of it.
pub(crate) fn shifted(by: f64) -> Model {
    let mut model = line();
    if let Estimator::Linear(linear) = &mut model.estimator {
        linear.intercept += by;
    }
    model.seal();
    model
}

pub(crate) const RECORD: &str = r#"{"a": 0, "shop": "X", "open": false}"#;

fn predicted(addr: std::net::SocketAddr, path: &str) -> f64 {
    post(addr, path, RECORD).is(200).json()["prediction"].as_f64().unwrap().round()
}

#[test]
fn a_version_answers_once_it_is_promoted_and_others_by_name() {
    let server = server();
    let addr = server.addr();
    assert_eq!(predicted(addr, "/predict"), 3.0);
    let loaded = server.load(shifted(100.0), Some("line"), false).unwrap();
    assert_eq!(loaded.number, 2);
    assert_eq!(predicted(addr, "/predict"), 3.0, "not promoted yet");
    let inputs = json!([
        {"name": "a", "shape": [1], "datatype": "FP64", "data": [0]},
        {"name": "shop", "shape": [1], "datatype": "BYTES", "data": ["X"]},
        {"name": "open", "shape": [1], "datatype": "BOOL", "data": [false]},
    ]);
    let v2 = |version: &str| {
        let path = format!("/v2/models/line/versions/{version}/infer");
        let answer = post(addr, &path, json!({"inputs": inputs}).to_string()).is(200).json();
        (
            answer["outputs"][0]["data"][0].as_f64().unwrap().round(),
            answer["model_version"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(v2("2"), (103.0, shifted(100.0).version));
    assert_eq!(v2(&line().version), (3.0, line().version));
    assert_eq!(
        get(addr, "/v2/models/line").json()["versions"],
        json!([line().version, shifted(100.0).version])
    );
    assert_eq!(server.unload("line", Some("1")).unwrap_err().status, 409, "it answers");
    server.promote("line", "2").unwrap();
    assert_eq!(predicted(addr, "/predict"), 103.0);
    server.unload("line", Some("1")).unwrap();
    assert_eq!(predicted(addr, "/predict"), 103.0);
    server.set_default("plane").unwrap();
    post(addr, "/predict", r#"{"a": 1, "b": 1}"#).is(200);
    server.unload("line", None).unwrap();
    post(addr, "/models/line/predict", RECORD).is(404);
    assert!(server.unload("line", None).is_err() && server.promote("plane", "9").is_err());
    assert_eq!(server.load(line(), Some("a/b"), true).unwrap_err().status, 422);
}

#[test]
fn no_request_is_dropped_while_versions_change() {
    let server = server();
    let addr = server.addr();
    let done = AtomicBool::new(false);
    let answered = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::new(addr);
                    while !done.load(Ordering::Relaxed) {
                        connection.send("POST /predict HTTP/1.1", RECORD.as_bytes());
                        let answer = connection.read(false).expect("an answer").is(200);
                        let value = answer.json()["prediction"].as_f64().unwrap();
                        // one version's number or another's, never a mixture
                        assert!((value - 3.0).rem_euclid(1000.0).round() % 1000.0 == 0.0, "{value}");
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for round in 1..=50 {
            let loaded = server.load(shifted(1000.0 * f64::from(round)), Some("line"), true).unwrap();
            if loaded.number > 2 {
                server.unload("line", Some(&(loaded.number - 1).to_string())).unwrap();
            }
        }
        while answered.load(Ordering::Relaxed) < 200 {
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
        askers.into_iter().for_each(|asker| asker.join().unwrap());
    });
    assert_eq!(server.status().failed, 0);
}

#[test]
fn models_are_loaded_over_the_network_by_who_may() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    let admin =
        new_key(&file, &NewKey { name: "teacher".into(), may: vec!["admin".into()], ..NewKey::default() })
            .unwrap();
    let server = with(ServerSettings { access: Access::File(file), ..ServerSettings::default() });
    let ask = |method: &str, path: &str, body: &[u8]| {
        let head = format!(
            "{method} {path} HTTP/1.1\ncontent-type: application/json\nauthorization: Bearer {}",
            admin.secret
        );
        send(server.addr(), &head, body)
    };
    let loaded =
        ask("POST", "/admin/models?name=new%20one&promote=true", &shifted(7.0).to_json()).is(201).json();
    assert_eq!((&loaded["name"], &loaded["number"]), (&json!("new one"), &json!(1)));
    let answer = ask("POST", "/models/new%20one/predict", RECORD.as_bytes()).is(200).json();
    assert_eq!(answer["prediction"].as_f64().unwrap().round(), 10.0);
    ask("POST", "/admin/models", b"{}").is(422);
    ask("POST", "/admin/models/new%20one/versions/1/promote", b"").is(200);
    ask("POST", "/admin/models/new%20one/default", b"").is(200);
    ask("DELETE", "/admin/models/new%20one", b"").is(204);
    ask("POST", "/models/new%20one/predict", RECORD.as_bytes()).is(404);
    let problem = ask("GET", "/admin/nothing", b"").is(404);
    assert!(problem.json()["detail"].is_string());
}
