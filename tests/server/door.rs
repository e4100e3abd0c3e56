//! Who is let in: keys, their scopes and limits, a key file that changes, the network's door.

use std::time::{Duration, Instant};

use drydock::server::keys::{NewKey, new_key, revoke};
use drydock::server::{Access, Limits, Server, ServerSettings, StartError};
use serde_json::json;

use super::http::{Answer, Connection, send};
use super::served::{line, with};

const RECORD: &[u8] = br#"{"a": 4, "shop": "Y", "open": true}"#;

fn ask(addr: std::net::SocketAddr, method: &str, path: &str, key: Option<&str>, body: &[u8]) -> Answer {
    let key = key.map_or(String::new(), |key| format!("\nauthorization: Bearer {key}"));
    send(addr, &format!("{method} {path} HTTP/1.1\ncontent-type: application/json{key}"), body)
}

#[test]
fn keys_open_what_their_entries_say_and_health_needs_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    let class =
        new_key(&file, &NewKey { name: "class".into(), models: vec!["line".into()], ..NewKey::default() })
            .unwrap();
    let teacher =
        new_key(&file, &NewKey { name: "teacher".into(), may: vec!["admin".into()], ..NewKey::default() })
            .unwrap();
    let slow =
        new_key(&file, &NewKey { name: "slow".into(), requests_per_minute: Some(1), ..NewKey::default() })
            .unwrap();
    let server = with(ServerSettings { access: Access::File(file.clone()), ..ServerSettings::default() });
    let addr = server.addr();
    for path in ["/v2/health/live", "/v2/health/ready", "/ping", "/health", "/v2/models/line/ready"] {
        ask(addr, "GET", path, None, b"").is(200);
    }
    for (path, pointer) in [
        ("/predict", "/detail"),
        ("/invocations", "/message"),
        ("/v2/models/nobody/infer", "/error"),
        ("/v1/models/line:predict", "/error"),
        ("/v1/completions", "/error/message"),
    ] {
        // also for a model that is not there: nobody learns what is
        for key in [None, Some("sk_wrong_wrong_wrong")] {
            let answer = ask(addr, "POST", path, key, RECORD).is(401);
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{path}");
            assert!(answer.json().pointer(pointer).unwrap().is_string(), "{path}");
        }
    }
    let code = ask(addr, "POST", "/v1/completions", None, b"{}").json();
    assert_eq!(code["error"]["code"], "invalid_api_key");

    let predicted = ask(addr, "POST", "/predict", Some(&class.publishable), RECORD).is(200);
    assert!(predicted.header("server-timing").unwrap().starts_with("auth;dur="));
    ask(addr, "GET", "/v2/models/line", Some(&class.publishable), b"").is(200);
    ask(addr, "POST", "/models/plane/predict", Some(&class.secret), br#"{"a":1,"b":1}"#).is(403);
    ask(addr, "POST", "/jobs", Some(&class.publishable), RECORD).is(403);
    ask(addr, "POST", "/jobs", Some(&class.secret), RECORD).is(403);
    ask(addr, "GET", "/metrics", Some(&class.publishable), b"").is(403);
    ask(addr, "GET", "/metrics", Some(&class.secret), b"").is(200);
    ask(addr, "GET", "/admin/models", Some(&teacher.publishable), b"").is(403);
    ask(addr, "GET", "/admin/models", Some(&class.secret), b"").is(403);
    ask(addr, "GET", "/admin/models", Some(&teacher.secret), b"").is(200);
    let seen = ask(addr, "GET", "/models", Some(&class.secret), b"").json();
    assert_eq!(seen["models"].as_array().unwrap().len(), 1, "only its own model: {seen}");

    ask(addr, "POST", "/predict", Some(&slow.publishable), RECORD).is(200);
    let limited = ask(addr, "POST", "/predict", Some(&slow.secret), RECORD).is(429);
    assert_eq!(limited.header("retry-after"), Some("60"));
    let openai = ask(addr, "POST", "/v1/completions", Some(&slow.secret), b"{}").is(429).json();
    assert_eq!(openai["error"]["code"], "rate_limit_exceeded");

    // the file is followed: a revoked key, then a file that is damaged
    revoke(&file, "class").unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while ask(addr, "POST", "/predict", Some(&class.publishable), RECORD).status != 401 {
        assert!(Instant::now() < until, "the revoked key is still let in");
        std::thread::sleep(Duration::from_millis(50));
    }
    ask(addr, "GET", "/admin/models", Some(&teacher.secret), b"").is(200);
    std::fs::write(&file, "[[key]\n").unwrap();
    while ask(addr, "GET", "/admin/models", Some(&teacher.secret), b"").status != 401 {
        assert!(Instant::now() < until, "a damaged key file lets people in");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_network_address_needs_keys_and_a_bad_key_file_opens_no_door() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let start = |access| {
        Server::start(ServerSettings {
            addr: everywhere,
            access,
            models: vec![line()],
            ..ServerSettings::default()
        })
    };
    let refused = start(Access::Open).unwrap_err();
    assert!(matches!(refused, StartError::OpenDoor(_)));
    assert!(refused.to_string().contains("drydock keys new"), "{refused}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    assert!(matches!(start(Access::File(file.clone())), Err(StartError::Keys(_))));
    for text in ["", "[[key]]\nname = 'x'\n"] {
        std::fs::write(&file, text).unwrap();
        assert!(matches!(start(Access::File(file.clone())), Err(StartError::Keys(_))), "{text}");
    }
    std::fs::remove_file(&file).unwrap();
    new_key(&file, &NewKey { name: "class".into(), ..NewKey::default() }).unwrap();
    assert!(start(Access::File(file)).is_ok());
}

#[test]
fn without_keys_nobody_changes_what_is_loaded() {
    let server = with(ServerSettings::default());
    ask(server.addr(), "POST", "/admin/models", None, &line().to_json()).is(403);
    ask(server.addr(), "POST", "/admin/models", Some("sk_any_key_at_all_x"), &line().to_json()).is(403);
    // any key will do where none is asked for: the SDKs do not start without one
    ask(server.addr(), "POST", "/predict", Some("anything"), RECORD).is(200);
}

#[test]
fn the_key_is_checked_before_the_body() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    new_key(&file, &NewKey { name: "class".into(), ..NewKey::default() }).unwrap();
    let limits = Limits { max_body_bytes: 1000, ..Limits::default() };
    let server = with(ServerSettings { access: Access::File(file), limits, ..ServerSettings::default() });
    let mut connection = Connection::new(server.addr());
    // the body never comes
    connection.write(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n");
    let answer = connection.read(false).unwrap().is(401);
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(connection.is_closed());
}

#[test]
fn a_scanner_finds_what_the_server_would_take_for_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    let pair = new_key(&file, &NewKey { name: "class".into(), ..NewKey::default() }).unwrap();
    let saved =
        json!({"headers": {"Authorization": format!("Bearer {}", pair.secret)}, "note": pair.publishable})
            .to_string();
    let found = drydock::protocol::secrets::find(&saved);
    let kinds: Vec<bool> = found.iter().map(|one| one.secret).collect();
    assert_eq!(kinds, [true, false]);
    assert_eq!(saved[found[0].range.clone()], pair.secret);
}
