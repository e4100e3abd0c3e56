//! The Requests page, against small servers.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use drydock::client::collection::SavedRequest;
use drydock::client::history::Entry;
use drydock::client::{Phase, PhaseKind, Timings};
use drydock::model::ModelKind;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::predict::with_model;

/// What arrived: method and path, and the body.
pub(crate) type Arrived = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A server that answers each request with a status and a JSON body.
pub(crate) fn server(
    answer: impl Fn(&str, &[u8]) -> (u16, String) + Send + Sync + 'static,
) -> (u16, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let arrived = Arrived::default();
    let list = arrived.clone();
    let answer = Arc::new(answer);
    let serve = move || {
        for mut stream in listener.incoming().flatten() {
            let (list, answer) = (list.clone(), answer.clone());
            let one = move || {
                while let Some((line, body)) = read(&mut stream) {
                    list.lock().unwrap().push((line.clone(), body.clone()));
                    let (status, text) = answer(&line, &body);
                    let head = format!(
                        "HTTP/1.1 {status} Words\r\nContent-Type: application/json\r\nServer-Timing: queue;dur=0.34, inference;dur=0.18\r\nContent-Length: {}\r\n\r\n{text}",
                        text.len()
                    );
                    if stream.write_all(head.as_bytes()).is_err() {
                        break;
                    }
                }
            };
            std::thread::Builder::new().name("connection".into()).spawn(one).unwrap();
        }
    };
    std::thread::Builder::new().name("server".into()).spawn(serve).unwrap();
    (port, arrived)
}

fn read(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .to_ascii_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    Some((line, body))
}

/// A workspace with a model whose Local environment points at `base`.
fn prepared(workspace: &Path, base: &str) -> Value {
    std::fs::create_dir_all(workspace.join("environments")).unwrap();
    let local = format!(
        "drydock_environment = 1\nname = \"Local\"\n[variables]\nbase = \"{base}\"\njob = \"1\"\nkey = \"pk_dd_4mB7xT2q\"\n"
    );
    std::fs::write(workspace.join("environments/local.toml"), local).unwrap();
    let mut saved = with_model(workspace, "winter-beverages", ModelKind::Linear);
    saved["screen"] = json!({"page": "requests"});
    saved
}

pub(crate) fn page(port: u16) -> Bench {
    let mut bench = Bench::prepared(1440.0, 900.0, egui::Theme::Light, |workspace| {
        prepared(workspace, &format!("http://127.0.0.1:{port}"))
    });
    bench.wait_for("Predict one record");
    bench.settle();
    bench
}

/// The text of a field or document.
fn value_of(bench: &Bench, name: &str) -> String {
    bench.one(name).accesskit_node().value().unwrap_or_default()
}

pub(crate) fn predicting() -> (u16, Arrived) {
    server(|_, _| (200, r#"{"prediction":445.40,"model":"model","version":"3"}"#.into()))
}

#[test]
fn a_request_is_sent_by_keyboard_and_its_answer_is_kept() {
    let (port, arrived) = predicting();
    let mut bench = page(port);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 Words");
    let (line, body) = arrived.lock().unwrap().remove(0);
    assert_eq!(line, "POST /predict");
    let body: Value = serde_json::from_slice(&body).unwrap();
    let model = std::fs::read(bench.workspace().join("models/v1.json")).unwrap();
    let model = drydock::model::Model::from_json(&model).unwrap();
    let mut wanted: Vec<&str> = model.inputs.iter().map(|input| input.name.as_str()).collect();
    let mut sent: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    wanted.sort_unstable();
    sent.sort_unstable();
    assert_eq!(sent, wanted);
    // numbers as they came, laid out
    assert_eq!(
        value_of(&bench, "Answer body"),
        "{\n  \"prediction\": 445.40,\n  \"model\": \"model\",\n  \"version\": \"3\"\n}"
    );
    assert!(bench.shows("Passed: status is 200"), "{}", bench.labels());
    assert_eq!(bench.status(), "200 Words: Predict one record");
    // another window on the same workspace knows it
    bench.let_time_pass();
    let mut again = bench.killed_and_restarted();
    again.wait_for("200 Words");
    assert!(value_of(&again, "Answer body").contains("445.40"));
}

#[test]
fn what_the_server_refuses_and_what_nobody_hears_is_explained() {
    let (port, _) = server(|_, _| (422, r#"{"detail":"price is missing"}"#.into()));
    let mut bench = page(port);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("422 Words");
    assert!(bench.shows("Failed: status is 200, but it is 422"), "{}", bench.labels());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    bench.keys(Modifiers::COMMAND, Key::L);
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text(&format!("http://127.0.0.1:{free}/predict"));
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Nothing listens on");
    assert!(bench.shows("It failed at: Connect"), "{}", bench.labels());
    bench.click("Start the server");
    assert_eq!(bench.harness.state().page(), drydock::app::PageId::Serve);
}

#[test]
fn a_variable_without_value_and_a_broken_body_are_named_before_sending() {
    let (port, arrived) = predicting();
    let mut bench = page(port);
    bench.keys(Modifiers::COMMAND, Key::L);
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("{{nowhere}}/predict");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Not sent");
    assert!(bench.shows("{{nowhere}} has no value"), "{}", bench.labels());
    bench.one("Body").focus();
    bench.settle();
    bench.harness.get_by_role_and_label(egui::Role::MultilineTextInput, "Body").focus();
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("{\n  \"store\": Harbour\n}");
    assert!(
        bench.shows("Not valid JSON: line 2, column 12: 'Harbour' where a value is expected"),
        "{}",
        bench.labels()
    );
    assert!(arrived.lock().unwrap().is_empty());
}

#[test]
fn requests_are_made_renamed_copied_and_deleted_and_come_back() {
    let (port, _) = predicting();
    let mut bench = page(port);
    let folder = bench.workspace().join("requests/Local/One record");
    bench.keys(Modifiers::COMMAND, Key::N);
    bench.wait_for("New name");
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("Mine");
    bench.key(Key::Enter);
    bench.wait_for("Mine");
    assert!(
        folder.join("Mine.toml").exists(),
        "{:?}",
        std::fs::read_dir(&folder).unwrap().collect::<Vec<_>>()
    );
    bench.keys(Modifiers::COMMAND, Key::D);
    bench.wait_for("Mine copy");
    let copy =
        SavedRequest::from_toml(&std::fs::read_to_string(folder.join("Mine copy.toml")).unwrap()).unwrap();
    assert_eq!((copy.name.as_str(), copy.url.as_str()), ("Mine copy", "{{base}}/"));
    bench.one("Mine copy").click_secondary();
    bench.settle();
    bench.click("Delete");
    assert!(!folder.join("Mine copy.toml").exists());
    bench.keys(Modifiers::COMMAND, Key::Z);
    assert!(folder.join("Mine copy.toml").exists(), "status: {}", bench.status());
}

#[test]
fn edits_survive_a_kill_and_a_save_warns_of_a_secret() {
    let (port, _) = predicting();
    let mut bench = page(port);
    let file = bench.workspace().join("requests/Local/One record/Predict one record.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    bench.keys(Modifiers::COMMAND, Key::L);
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("http://x/?k=sk_live_12345678");
    bench.let_time_pass();
    let mut bench = bench.killed_and_restarted();
    bench.wait_for("Predict one record, not saved");
    // all but the secret in them
    assert_eq!(value_of(&bench, "Address"), "http://x/?k={{not kept}}");
    bench.keys(Modifiers::COMMAND, Key::L);
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("http://x/?k=sk_live_12345678");
    bench.keys(Modifiers::COMMAND, Key::S);
    bench.wait_for("This looks like a secret");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    bench.click("Go back and change it");
    bench.keys(Modifiers::COMMAND, Key::L);
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("{{base}}/elsewhere");
    bench.keys(Modifiers::COMMAND, Key::S);
    assert!(
        std::fs::read_to_string(&file).unwrap().contains("url = \"{{base}}/elsewhere\""),
        "status: {}",
        bench.status()
    );
    assert!(!bench.shows("not saved"));
}

#[test]
fn the_same_record_goes_out_in_every_dialect() {
    let (port, arrived) = server(|line, _| {
        let body = match line.split('/').next_back().unwrap_or("") {
            _ if line.contains("/v2/") => {
                r#"{"outputs":[{"name":"y","datatype":"FP64","shape":[1],"data":[445.4]}]}"#
            }
            _ if line.contains(":predict") || line.contains("invocations") => r#"{"predictions":[445.4]}"#,
            _ => r#"{"prediction":445.4}"#,
        };
        (200, body.into())
    });
    let mut bench = page(port);
    bench.click("More for requests");
    bench.click("Every dialect");
    bench.click("Send all");
    bench.wait_for("8 dialects, one prediction: 445.4");
    let lines: Vec<String> = arrived.lock().unwrap().iter().map(|(line, _)| line.clone()).collect();
    assert_eq!(
        lines,
        [
            "POST /models/model/predict",
            "POST /models/model/predict",
            "POST /v2/models/model/infer",
            "POST /invocations",
            "POST /invocations",
            "POST /v1/models/model:predict",
            "POST /v1/models/model:predict",
            "POST /models/model/predict",
        ]
    );
    bench.key(Key::Escape);
    assert!(bench.shows("Address"));
}

#[test]
fn a_curl_command_is_taken_over_and_given_back() {
    let (port, arrived) = predicting();
    let mut bench = page(port);
    bench.click("More for requests");
    bench.click("Import a curl command…");
    bench.type_text(&format!(
        "curl -X PUT 'http://127.0.0.1:{port}/over?a=1' -H 'X-A: it'\\''s' --data-raw '{{\"a\": 1}}'"
    ));
    bench.click("Import");
    bench.wait_for("over");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 Words");
    let (line, body) = arrived.lock().unwrap().remove(0);
    assert_eq!((line.as_str(), body.as_slice()), ("PUT /over?a=1", b"{\"a\": 1}".as_slice()));
    bench.keys(Modifiers::ALT, Key::Num4);
    bench.click("curl");
    let code = |bench: &Bench| {
        let node = bench.harness.get_by_role_and_label(egui::Role::Document, "Code");
        node.accesskit_node().value().unwrap_or_default()
    };
    let shown = code(&bench);
    assert!(shown.contains("-X PUT") && shown.contains("'X-A: it'\\''s'"), "{shown}");
    bench.click("Python");
    assert!(code(&bench).contains("import requests"));
    for (key, label) in [
        (Key::Num1, "Body from the server"),
        (Key::Num2, "Add a header"),
        (Key::Num3, "Bearer"),
        (Key::Num5, "Add an assertion"),
    ] {
        bench.keys(Modifiers::ALT, key);
        assert!(bench.shows(label), "{label}");
    }
}

#[test]
fn every_row_of_the_table_is_asked_for() {
    let (port, arrived) = server(|_, body| {
        let body: Value = serde_json::from_slice(body).unwrap();
        (200, json!({"prediction": body["x"].as_f64().unwrap() * 2.0}).to_string())
    });
    let mut bench = page(port);
    let table = bench.file("small.csv", "x,name\n1,a\n2,\"b \"\"q\"\"\"\n3,c\n");
    bench.drop_file(&table);
    bench.keys(Modifiers::COMMAND, Key::Num6);
    bench.harness.get_by_role_and_label(egui::Role::MultilineTextInput, "Body").focus();
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("{\"x\": {{x}}, \"name\": \"{{name}}\"}");
    bench.click("More for requests");
    bench.click("Run for every row");
    bench.click("Run");
    bench.wait_for("3 answered, 3 right");
    for (row, prediction) in [(1, "2.0"), (2, "4.0"), (3, "6.0")] {
        assert!(bench.shows(&format!("Row {row}: 200, {prediction}")), "{}", bench.labels());
    }
    let names: Vec<Value> = arrived
        .lock()
        .unwrap()
        .iter()
        .map(|(_, body)| serde_json::from_slice::<Value>(body).unwrap()["name"].clone())
        .collect();
    assert!(names.contains(&json!("b \"q\"")), "{names:?}");
}

#[test]
fn two_answers_are_compared() {
    let n = Arc::new(Mutex::new(0));
    let (port, _) = server(move |_, _| {
        let mut n = n.lock().unwrap();
        *n += 1;
        (200, format!("{{\"prediction\":{}}}", 440 + *n))
    });
    let mut bench = page(port);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 Words");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.settle();
    let compare = bench.harness.query_all_by_label_contains("Compare with the answer of").next().unwrap();
    compare.click();
    bench.settle();
    bench.wait_for("1 value differs");
    assert!(bench.shows("$.prediction") && bench.shows("441") && bench.shows("442"), "{}", bench.labels());
}

#[test]
fn a_body_comes_from_what_the_server_says_of_itself() {
    let (port, arrived) = server(|line, _| {
        match line {
        "GET /v2/models/other" => (
            200,
            r#"{"name":"other","inputs":[{"name":"depth_m","datatype":"FP64","shape":[-1,1]},{"name":"site","datatype":"BYTES","shape":[-1,1]}]}"#
                .into(),
        ),
        _ => (404, r#"{"error":"no such model"}"#.into()),
    }
    });
    let mut bench = page(port);
    let ask = |bench: &mut Bench, url: &str| {
        bench.keys(Modifiers::COMMAND, Key::L);
        bench.keys(Modifiers::COMMAND, Key::A);
        bench.type_text(url);
        bench.click("Body from the server");
    };
    ask(&mut bench, "{{base}}/v2/models/other/infer");
    let body =
        bench.harness.get_by_role_and_label(egui::Role::MultilineTextInput, "Body").accesskit_node().value();
    let body: Value = serde_json::from_str(&body.unwrap()).unwrap();
    assert_eq!(
        body["inputs"][0],
        json!({"name": "depth_m", "shape": [1, 1], "datatype": "FP64", "data": [0]})
    );
    assert_eq!(body["inputs"][1]["datatype"], "BYTES");
    ask(&mut bench, "{{base}}/v2/models/gone/infer");
    assert!(bench.shows("answered 404: no such model"), "{}", bench.labels());
    let asked: Vec<String> = arrived.lock().unwrap().iter().map(|(line, _)| line.clone()).collect();
    assert_eq!(asked, ["GET /v2/models/other", "GET /v2/models/gone"]);
}

#[test]
fn no_other_machine_is_asked_in_a_trial() {
    let (port, _) = predicting();
    let mut bench = page(port);
    for url in ["https://example.com/", "http://10.0.0.1/predict"] {
        bench.keys(Modifiers::COMMAND, Key::L);
        bench.keys(Modifiers::COMMAND, Key::A);
        bench.type_text(url);
        bench.keys(Modifiers::COMMAND, Key::Enter);
        bench.wait_for("Only this machine may be asked here");
        // what was said goes, so that the next one must say it again
        bench.keys(Modifiers::COMMAND, Key::S);
        assert!(!bench.status().contains("Only this machine"), "{}", bench.status());
        bench.click("Body");
    }
}

#[test]
fn a_secret_in_an_imported_command_does_not_reach_the_files() {
    let (port, arrived) = predicting();
    let mut bench = page(port);
    bench.click("More for requests");
    bench.click("Import a curl command…");
    bench.type_text(&format!(
        "curl http://127.0.0.1:{port}/predict -H 'Authorization: Bearer sk_9fK2mQ7xTz4LpW8v' -H 'X-Api-Key: zzz-private' -d '{{}}'"
    ));
    bench.click("Import");
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 Words");
    assert_eq!(arrived.lock().unwrap().last().unwrap().0, "POST /predict");
    bench.let_time_pass();
    let mut waiting = vec![bench.workspace()];
    let mut n_files = 0;
    while let Some(at) = waiting.pop() {
        for entry in std::fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                waiting.push(entry);
            } else {
                n_files += 1;
                let text = String::from_utf8_lossy(&std::fs::read(&entry).unwrap()).into_owned();
                for secret in ["sk_9fK2mQ7xTz4LpW8v", "zzz-private"] {
                    assert!(!text.contains(secret), "{} holds {secret}", entry.display());
                }
            }
        }
    }
    assert!(n_files > 20, "{n_files}");
    let environment = std::fs::read_to_string(bench.workspace().join("environments/local.toml")).unwrap();
    assert!(environment.contains("own_key = \"session\""), "{environment}");
}

#[test]
fn a_request_that_says_the_same_for_every_row_is_not_run() {
    let (port, arrived) = predicting();
    let mut bench = page(port);
    bench.click("More for requests");
    bench.click("Run for every row");
    assert!(bench.says("Every row would send the same"), "{}", bench.labels());
    bench.click("Run");
    bench.settle();
    assert!(arrived.lock().unwrap().is_empty());
}

#[test]
fn an_answer_that_comes_late_stays_with_its_request() {
    let (port, _) = server(|_, _| {
        std::thread::sleep(std::time::Duration::from_millis(400));
        (200, r#"{"prediction":445.40}"#.into())
    });
    let mut bench = page(port);
    bench.one("Send").click();
    bench.harness.step();
    bench.one("MLflow invocations").click();
    bench.settle();
    bench.wait_for("200 Words: Predict one record");
    // the other request, which is open now, has no answer
    assert!(!bench.shows("Answer body"), "{}", bench.labels());
    bench.click("Predict one record");
    bench.wait_for("Answer body");
}

/// A workspace in which a request was answered, with the times it took then.
fn answered(workspace: &Path) -> Value {
    let saved = prepared(workspace, "http://127.0.0.1:8080");
    let phase = |kind, start: f64, ms: f64| Phase { kind, start_secs: start / 1e3, secs: ms / 1e3 };
    let timings = Timings {
        phases: vec![
            phase(PhaseKind::Connect, 0.0, 0.21),
            phase(PhaseKind::Send, 0.21, 0.12),
            phase(PhaseKind::Wait, 0.33, 0.62),
            phase(PhaseKind::Receive, 0.95, 0.31),
        ],
        total_secs: 1.26e-3,
        reused: false,
    };
    let entry = |id: u64, seconds: i64, status: u16, outcome: &str, answer: &str| Entry {
        id,
        at_unix_millis: 1_763_459_342_000 + seconds * 1000,
        request: "Local/One record/Predict one record.toml".into(),
        name: "Predict one record".into(),
        method: "POST".into(),
        url: "http://127.0.0.1:8080/predict".into(),
        headers: vec![("Content-Type".into(), "application/json".into())],
        body: "{}".into(),
        status: Some(status),
        outcome: outcome.into(),
        answer_headers: vec![
            ("content-type".into(), "application/json".into()),
            ("server-timing".into(), "queue;dur=0.34, inference;dur=0.18".into()),
        ],
        answer: answer.into(),
        answer_bytes: answer.len() as u64,
        timings: timings.clone(),
        total_secs: 1.26e-3,
    };
    let right = r#"{"prediction":445.4,"model":"beverages","version":"3f9a2c"}"#;
    let lines = [
        entry(1, 0, 200, "OK", right),
        entry(2, 12, 422, "Unprocessable Content", r#"{"detail":"price is missing"}"#),
        entry(3, 105, 200, "OK", right),
    ];
    std::fs::create_dir_all(workspace.join("scratch")).unwrap();
    let text: Vec<String> = lines.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect();
    std::fs::write(workspace.join("scratch/history.jsonl"), text.concat()).unwrap();
    saved
}

fn picture(name: &str, width: f32, height: f32, theme: egui::Theme, more: impl FnOnce(&mut Bench)) {
    let mut bench = Bench::prepared(width, height, theme, |workspace| {
        let mut saved = answered(workspace);
        saved["screen"]["guide_open"] = json!(false);
        saved
    });
    bench.wait_for("Predict one record");
    bench.wait_for("200 OK");
    more(&mut bench);
    bench.picture(name);
}

#[test]
fn requests_light() {
    picture("requests_light", 1440.0, 900.0, egui::Theme::Light, |_| ());
}

#[test]
fn requests_dark() {
    picture("requests_dark", 1440.0, 900.0, egui::Theme::Dark, |_| ());
}

#[test]
fn requests_compact() {
    picture("requests_compact", 1024.0, 700.0, egui::Theme::Light, |_| ());
}

#[test]
fn requests_projector() {
    picture("requests_projector", 1440.0, 900.0, egui::Theme::Light, |bench| {
        bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    });
}

#[test]
fn requests_dialects_picture() {
    picture("requests_dialects", 1440.0, 900.0, egui::Theme::Light, |bench| {
        bench.click("More for requests");
        bench.click("Every dialect");
    });
}

#[test]
fn requests_code_picture() {
    picture("requests_code", 1440.0, 900.0, egui::Theme::Dark, |bench| {
        bench.keys(Modifiers::ALT, Key::Num4);
    });
}
