//! The Serve page with a real server behind it, asked over real sockets by a program that is not ours to vouch for: a
//! few lines of HTTP written here.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use drydock::model::ModelKind;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::predict::with_model;

/// A window at the Serve page with a model, its server to listen on `port`.
fn page_on(port: u16) -> Bench {
    Bench::prepared(1440.0, 900.0, egui::Theme::Light, |workspace| {
        let mut saved = with_model(workspace, "winter-beverages", ModelKind::Linear);
        saved["screen"] = json!({"page": "serve", "serve": {"port": port.to_string()}});
        saved
    })
}

/// The same, with the server running on a free port.
fn serving() -> Bench {
    let mut bench = page_on(0);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Stop server");
    bench.settle();
    bench
}

/// Where the server listens, as the chip in the top bar says.
fn address(bench: &Bench) -> SocketAddr {
    let labels = bench.labels();
    let at = labels.find("127.0.0.1:").unwrap_or_else(|| panic!("no address in: {labels}"));
    let rest = &labels[at..];
    let end = rest["127.0.0.1:".len()..]
        .find(|c: char| !c.is_ascii_digit())
        .map_or(rest.len(), |n| n + "127.0.0.1:".len());
    rest[..end].parse().unwrap()
}

/// Sends a request on a connection of its own and returns status, head and body.
fn ask(to: SocketAddr, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut head = format!("{line} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A record that the model takes, from its own file.
fn record(bench: &Bench) -> Value {
    let model = std::fs::read(bench.workspace().join("models/v1.json")).unwrap();
    let model = drydock::model::Model::from_json(&model).unwrap();
    let sample = drydock::data::samples::find("winter-beverages").unwrap();
    let mut reader = csv::Reader::from_reader(sample.bytes());
    let heads = reader.headers().unwrap().clone();
    let row = reader.records().next().unwrap().unwrap();
    let fields = model.inputs.iter().map(|input| {
        let at = heads.iter().position(|head| head == input.name).unwrap();
        let value = row[at].parse::<f64>().map_or_else(|_| json!(&row[at]), |number| json!(number));
        (input.name.clone(), value)
    });
    Value::Object(fields.collect())
}

/// Paints frames until something is so.
#[track_caller]
fn until(bench: &mut Bench, what: &str, is_so: impl Fn(&Bench) -> bool) {
    let since = Instant::now();
    while !is_so(bench) {
        bench.harness.step();
        std::thread::sleep(Duration::from_millis(3));
        assert!(since.elapsed() < Duration::from_mins(1), "not so: {what}; there are: {}", bench.labels());
    }
}

#[test]
fn the_server_answers_others_and_every_request_is_listed() {
    let mut bench = serving();
    assert!(bench.status().starts_with("Serving on 127.0.0.1:"), "{}", bench.status());
    let to = address(&bench);
    let record = record(&bench);
    let (status, head, body) =
        ask(to, "POST /predict", &[JSON, ("X-Request-Id", "mine-7")], &record.to_string());
    assert_eq!(status, 200, "{body}");
    assert!(head.to_ascii_lowercase().contains("x-request-id: mine-7"), "{head}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    // the same number as the command line gives for the record, to the last bit
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_drydock"))
        .arg("predict")
        .arg(bench.workspace().join("models/v1.json"))
        .args(["--json", "--record", &record.to_string()])
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = told["prediction"].as_f64().unwrap();
    assert_eq!(answer["prediction"].as_f64().unwrap().to_bits(), number.to_bits());
    bench.wait_for("Request mine-7: POST /predict 200");
    // a field left out is a 422 that names it, here and there
    let mut short = record.as_object().unwrap().clone();
    let gone = short.keys().next().unwrap().clone();
    short.remove(&gone);
    let (status, _, body) = ask(to, "POST /predict", &[JSON], &Value::Object(short).to_string());
    assert_eq!(status, 422);
    assert!(body.contains(&gone), "{body}");
    bench.wait_for("422");
    // and the API is done, as the stack in the top bar says
    assert!(bench.shows("API: done"), "{}", bench.labels());
    bench.settle();
    bench.click("Errors 1");
    assert!(!bench.shows("mine-7"), "only the errors are listed");
}

#[test]
fn a_stopped_server_is_gone_and_starts_again_by_keyboard() {
    let mut bench = serving();
    let to = address(&bench);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Start server");
    bench.settle();
    assert!(bench.status().contains("The server has stopped"), "{}", bench.status());
    assert!(TcpStream::connect_timeout(&to, Duration::from_secs(2)).is_err(), "nobody listens any more");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Stop server");
    let (status, _, _) = ask(address(&bench), "GET /health", &[], "");
    assert_eq!(status, 200);
}

#[test]
fn a_port_that_is_taken_is_named_and_another_is_offered() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut bench = page_on(port);
    bench.click("Start server");
    bench.wait_for("Use port");
    assert!(bench.shows(&port.to_string()) && bench.shows("in use"), "{}", bench.labels());
    let offered = bench
        .harness
        .query_all_by_label_contains("Use port")
        .next()
        .unwrap()
        .accesskit_node()
        .label()
        .unwrap();
    bench.click(&offered);
    bench.wait_for("Stop server");
    bench.settle();
    assert_ne!(address(&bench).port(), port);
}

#[test]
fn a_protocol_that_is_switched_off_is_not_there_until_it_is_switched_on() {
    let mut bench = serving();
    let to = address(&bench);
    let body = json!({"dataframe_records": [record(&bench)]}).to_string();
    assert_eq!(ask(to, "POST /invocations", &[JSON], &body).0, 200);
    bench.wait_for("/invocations");
    bench.click("MLflow");
    until(&mut bench, "MLflow is off", |_| ask(to, "POST /invocations", &[JSON], &body).0 == 404);
    assert_eq!(ask(to, "POST /predict", &[JSON], &record(&bench).to_string()).0, 200, "the others stay");
    bench.click("MLflow");
    until(&mut bench, "MLflow is on", |_| ask(to, "POST /invocations", &[JSON], &body).0 == 200);
}

#[test]
fn a_request_is_stepped_through_with_its_true_bytes_and_sent_again() {
    let mut bench = serving();
    bench.click("Send it from here");
    bench.wait_for("200 OK");
    bench.settle();
    assert!(bench.status().starts_with("200 OK: POST /predict in"), "{}", bench.status());
    let row = bench.harness.query_all_by_label_contains("POST /predict").next().is_some();
    assert!(row, "{}", bench.labels());
    // by the command list, as without a mouse
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("step through");
    bench.key(Key::Enter);
    bench.settle();
    assert!(bench.shows("Stage: Key check"), "{}", bench.labels());
    assert!(bench.says("POST /predict HTTP/1.1"), "the head as it came");
    bench.click("Next stage");
    assert!(bench.says("\"store\":"), "the body as it came");
    bench.click("Next stage");
    assert!(bench.shows("store: ") && bench.shows(", taken"), "{}", bench.labels());
    bench.click("Next stage");
    assert!(bench.says("It waited"), "{}", bench.labels());
    bench.click("Next stage");
    let sum = bench.text_of("prediction: ");
    bench.click("Next stage");
    // the answer's bytes hold the number that the sum comes to
    assert!(bench.says(&format!("\"prediction\":{}", sum.trim_start_matches("prediction: "))), "{sum}");
    bench.key(Key::Escape);
    bench.settle();
    assert!(!bench.shows("Stage:"), "{}", bench.labels());
    bench.wait_for("Requests, live");
}

#[test]
fn keys_open_and_close_the_door_and_the_lab_shows_it() {
    let mut bench = serving();
    let record = record(&bench).to_string();
    bench.click("Keys");
    // without a key nobody could ask: the server goes on as it is
    bench.click("Ask for a key");
    assert!(bench.status().starts_with("Make a key first"), "{}", bench.status());
    assert_eq!(ask(address(&bench), "POST /predict", &[JSON], &record).0, 200);
    bench.one("Name of the new key").focus();
    bench.harness.step();
    bench.type_text("class");
    bench.click("Make a key");
    bench.wait_for("I have it");
    bench.settle();
    bench.click("I have it");
    let file = std::fs::read_to_string(bench.workspace().join("keys.toml")).unwrap();
    assert!(file.contains("name = \"class\"") && file.contains("pk_"), "{file}");
    let key = file.split('"').find(|part| part.starts_with("pk_")).unwrap().to_owned();
    bench.click("Ask for a key");
    bench.wait_for("Stop server");
    bench.settle();
    let to = address(&bench);
    let bearer = format!("Bearer {key}");
    assert_eq!(ask(to, "POST /predict", &[JSON], &record).0, 401);
    assert_eq!(ask(to, "POST /predict", &[JSON, ("Authorization", &bearer)], &record).0, 200);
    assert_eq!(ask(to, "GET /health", &[], "").0, 200, "health needs no key");
    // the lab: everything but the revoked key, of which there is none yet
    bench.click("Try all");
    bench.wait_for("went as they must");
    bench.settle();
    assert!(bench.status().starts_with("5 of 6"), "{}: {}", bench.status(), bench.labels());
    // a second one is made and revoked: its request is refused from then on
    bench.one("Name of the new key").focus();
    bench.harness.step();
    bench.type_text("gone");
    bench.click("Make a key");
    bench.wait_for("I have it");
    bench.settle();
    bench.click("I have it");
    bench.click("Key gone: valid");
    bench.click("Revoke");
    bench.wait_for("Key gone: revoked");
    bench.settle();
    bench.click("Try all");
    until(&mut bench, "all six", |bench| bench.status().starts_with("6 of 6"));
    // nothing secret stands in what the window keeps
    bench.let_time_pass();
    let kept = std::fs::read_to_string(bench.workspace().join("workspace.json")).unwrap();
    assert!(kept.contains("ask_for_keys") && !kept.contains("\"sk_"), "{kept}");
}

/// An API elsewhere: what it was asked, head and body.
fn elsewhere() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let list = asked.clone();
    let serve = move || {
        for mut stream in listener.incoming().flatten() {
            let mut got = Vec::new();
            let mut part = [0; 4096];
            // the body is JSON: it ends with the brace that closes it
            while !String::from_utf8_lossy(&got).contains("\r\n\r\n{") || !got.ends_with(b"}") {
                match stream.read(&mut part) {
                    Ok(n) if n > 0 => got.extend_from_slice(&part[..n]),
                    _ => break,
                }
            }
            list.lock().unwrap().push(String::from_utf8(got).unwrap());
            let body = r#"{"object":"chat.completion","choices":[{"message":{"content":"from far away"}}]}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    };
    std::thread::Builder::new().name("elsewhere".into()).spawn(serve).unwrap();
    (port, asked)
}

#[test]
fn a_model_elsewhere_is_asked_with_a_secret_that_no_client_and_no_file_sees() {
    let (port, asked) = elsewhere();
    let mut bench = serving();
    let upstream = "Upstream: none";
    assert!(bench.shows(upstream), "{}", bench.labels());
    bench.click("Set up the upstream");
    assert!(bench.says("Give its address"), "{}", bench.labels());
    bench.fill("Address of the upstream", &format!("http://127.0.0.1:{port}/v1"));
    bench.fill("Model's name here", "gpt-far");
    bench.fill("Model's name there", "far-2");
    bench.click("Session");
    bench.fill("Secret of the upstream", "the-far-secret");
    bench.click("Save and restart");
    bench.wait_for("Stop server");
    bench.settle();
    assert!(bench.shows(&format!("Upstream: gpt-far at 127.0.0.1:{port}/v1")), "{}", bench.labels());
    assert!(bench.shows("Its secret: typed, for this session"), "{}", bench.labels());
    let to = address(&bench);
    let body = json!({"model": "gpt-far", "messages": [{"role": "user", "content": "hi"}]}).to_string();
    let own = ("Authorization", "Bearer pk_of_the_client");
    let (status, head, answer) = ask(to, "POST /v1/chat/completions", &[JSON, own], &body);
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("from far away"), "{answer}");
    assert!(!format!("{head}{answer}").contains("the-far-secret"));
    let request = asked.lock().unwrap().remove(0);
    assert!(request.starts_with("POST /v1/chat/completions "), "{request}");
    assert!(request.contains("Bearer the-far-secret") && !request.contains("pk_of_the_client"), "{request}");
    assert!(request.contains("\"model\":\"far-2\""), "{request}");
    // the workspace says where it goes, and not with what
    bench.let_time_pass();
    let kept = std::fs::read_to_string(bench.workspace().join("workspace.json")).unwrap();
    assert!(kept.contains("gpt-far") && !kept.contains("the-far-secret"), "{kept}");
    // another session does not know the secret: that is said, with the way to change it
    let mut bench = bench.killed_and_restarted();
    bench.click("Start server");
    bench.wait_for("Change the upstream");
    assert!(bench.says("not typed yet in this session"), "{}", bench.labels());
    bench.click("Change the upstream");
    bench.click("No upstream");
    bench.click("Start server");
    bench.wait_for("Stop server");
    bench.settle();
    let (status, _, answer) = ask(address(&bench), "POST /v1/chat/completions", &[JSON], &body);
    assert_eq!(status, 404, "{answer}");
}

#[test]
fn an_upstream_whose_secret_is_missing_or_typed_into_the_wrong_field_is_refused_in_words() {
    let mut bench = page_on(0);
    bench.click("Set up the upstream");
    bench.fill("Address of the upstream", "http://127.0.0.1:9/v1");
    bench.fill("Model's name here", "gpt-far");
    bench.click("Variable");
    bench.fill("Environment variable", "sk_live_4mB7xT2qR8nV5cL1");
    assert!(bench.says("looks like a secret"), "{}", bench.labels());
    bench.let_time_pass();
    let kept = std::fs::read_to_string(bench.workspace().join("workspace.json")).unwrap();
    assert!(!kept.contains("sk_live"), "{kept}");
    bench.fill("Environment variable", "NO_SUCH_VARIABLE_HERE");
    bench.click("Save upstream");
    assert!(bench.status().contains("gpt-far at 127.0.0.1:9/v1"), "{}", bench.status());
    bench.click("Start server");
    bench.wait_for("Change the upstream");
    assert!(bench.says("The upstream can't be used"), "{}", bench.labels());
    assert!(bench.says("NO_SUCH_VARIABLE_HERE is not set"), "{}", bench.labels());
}

#[test]
fn a_key_is_made_by_enter_and_not_under_a_name_that_can_not_be_seen() {
    let mut bench = page_on(0);
    bench.click("Keys");
    let name = "Name of the new key";
    bench.fill(name, "a\u{1b}[31mb");
    bench.key(Key::Enter);
    assert!(!bench.workspace().join("keys.toml").exists());
    bench.fill(name, "class");
    bench.key(Key::Enter);
    bench.wait_for("I have it");
    let file = std::fs::read_to_string(bench.workspace().join("keys.toml")).unwrap();
    assert_eq!(file.matches("[[key]]").count(), 1, "{file}");
}

#[test]
fn the_class_comes_in_with_a_key_for_each_seat_and_is_seen() {
    let mut bench = page_on(0);
    bench.click("Classroom");
    bench.click("Accept the class on the network");
    bench.wait_for("Who sends what");
    bench.wait_for("Stop server");
    bench.settle();
    let port = bench.status().rsplit(':').next().unwrap().to_owned();
    let seats = bench.copied_by("Copy all seats");
    assert!(
        seats.lines().all(|line| line.contains(&format!(":{port}  pk_"))),
        "the real port, {port}: {seats}"
    );
    assert_eq!(seats.lines().count(), 30);
    let file = std::fs::read_to_string(bench.workspace().join("keys.toml")).unwrap();
    assert_eq!(file.matches("[[key]]").count(), 30, "{file}");
    bench.click("Try this key");
    bench.wait_for("1 request, last POST /predict 200");
    // switched off, every seat's key is gone
    bench.click("Accept the class on the network");
    bench.wait_for("What happens when it is switched on");
    bench.settle();
    let file = std::fs::read_to_string(bench.workspace().join("keys.toml")).unwrap();
    assert_eq!(file.matches("revoked").count(), 30, "{file}");
}

#[test]
fn without_a_model_the_page_leads_to_train() {
    let mut bench = crate::bench::window();
    bench.click("Serve");
    assert!(bench.shows("There is no model to serve"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(bench.harness.query_by_label("Stop server").is_none());
    bench.click("Go to Train");
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Train");
}

#[test]
fn the_same_row_over_http_has_the_same_bits_and_its_time_is_measured() {
    // measuring needs a clock that runs
    let mut bench =
        Bench::prepared_at(drydock::work::Clock::system(), 1440.0, 900.0, egui::Theme::Light, |workspace| {
            let mut saved = with_model(workspace, "winter-beverages", ModelKind::Linear);
            saved["screen"] = json!({"page": "predict", "serve": {"port": "0"}});
            saved
        });
    bench.wait_for("6 ways, equal to the last bit");
    assert!(bench.shows("start the server to compare over HTTP"), "{}", bench.labels());
    bench.click("Serve");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Stop server");
    bench.click("Predict");
    // a started server has the row compared again, through it
    bench.wait_for("8 ways, equal to the last bit");
    let number = |name: &str| bench.text_of(name).trim_start_matches(name).to_owned();
    assert_eq!(number("over HTTP: "), number("one record: "));
    assert_eq!(number("over HTTP, in 1 000: "), number("one record: "));
    bench.click("Measure time per row");
    bench.wait_for("over HTTP: ");
    bench.settle();
    assert!(bench.status().starts_with("Measured the time per row"), "{}", bench.status());
    let said = bench.harness.query_all_by_label_contains("a row alone").count();
    assert_eq!(said, 2, "one sentence for each route: {}", bench.labels());
    // the requests went through the server that everybody sees
    bench.click("Serve");
    assert!(bench.shows("POST /models/"), "{}", bench.labels());
}

#[test]
fn the_request_client_follows_the_server_to_its_port_and_takes_its_key() {
    let mut bench = serving();
    let to = address(&bench);
    bench.click("Requests");
    bench.wait_for("Predict one record");
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 OK");
    // with keys, the same request is sent with one that is valid
    bench.click("Serve");
    bench.click("Keys");
    bench.one("Name of the new key").focus();
    bench.harness.step();
    bench.type_text("class");
    bench.click("Make a key");
    bench.wait_for("I have it");
    bench.settle();
    bench.click("Ask for a key");
    bench.wait_for("Stop server");
    bench.settle();
    assert_ne!(address(&bench), to, "port 0 is another one each time");
    bench.click("Requests");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.settle();
    assert!(bench.status().contains("200"), "{}: {}", bench.status(), bench.labels());
}
