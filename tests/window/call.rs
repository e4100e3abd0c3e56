//! The Predict page asks over HTTP: what it shows then has come from the server, request by request.

use std::io::{Read, Write};
use std::time::Duration;

use drydock::model::ModelKind;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::predict::{shown, with_model};

fn winter() -> Bench {
    Bench::prepared(1440.0, 900.0, egui::Theme::Light, |workspace| {
        let mut saved = with_model(workspace, "winter-beverages", ModelKind::Linear);
        saved["screen"] = json!({"page": "predict", "serve": {"port": "0"}});
        saved
    })
}

/// The switch at "Over HTTP", and the server started from there.
fn over_http() -> Bench {
    let mut bench = winter();
    bench.click("Over HTTP");
    bench.wait_till_said("The server is not running");
    bench.click("Start server");
    bench.wait_till_said("Request r-");
    bench.settle();
    bench
}

/// A number among the server's own metrics, as any client may read them.
fn metric(bench: &Bench, start: &str) -> f64 {
    let labels = bench.labels();
    let at = labels.find("127.0.0.1:").unwrap() + "127.0.0.1:".len();
    let port: u16 =
        labels[at..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let lines = text.lines().filter(|line| line.starts_with(start));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

const ROWS: &str = "drydock_rows_total";
const REQUESTS: &str = "drydock_requests_total";

#[test]
fn the_record_goes_to_the_server_at_each_change() {
    let mut bench = winter();
    let here = shown(&bench);
    bench.click("Over HTTP");
    bench.wait_till_said("The server is not running");
    bench.click("Start server");
    bench.wait_till_said("Request r-");
    assert_eq!(shown(&bench), here, "the same number by the other way");
    let first = bench.text_of("Request r-");
    let before = metric(&bench, REQUESTS);
    bench.harness.get_by_role_and_label(egui::Role::Slider, "temperature_c").set_value_accesskit(-4.0);
    let changed = |bench: &Bench| shown(bench) != here && bench.text_of("Request r-") != first;
    for _ in 0..4_000 {
        if changed(&bench) {
            break;
        }
        bench.harness.step();
        std::thread::sleep(Duration::from_millis(3));
    }
    assert!(changed(&bench), "{}", bench.labels());
    assert!(metric(&bench, REQUESTS) > before, "the server was asked");
    let there = shown(&bench);
    bench.click("In-process");
    bench.settle();
    assert_eq!(shown(&bench), there);
    assert!(!bench.says("Request r-"), "{}", bench.labels());
}

#[test]
fn a_server_that_stops_leaves_a_way_on() {
    let mut bench = over_http();
    bench.click("Serve");
    bench.click("Stop server");
    bench.wait_for("Not serving");
    bench.click("Predict");
    bench.wait_till_said("The server is not running");
    assert!(!bench.says("Prediction: "));
    // a file finds nobody there, either, and says so
    bench.click("Predict the open table");
    bench.wait_till_said("Start it on the Serve page");
    bench.picture("predict_not_served");
    bench.harness.get_all_by_label("Use In-process").last().unwrap().click();
    bench.wait_for("Prediction: ");
    bench.wait_for("12\u{2009}708 rows");
    assert!(!bench.says("rows over HTTP"));
}

#[test]
fn a_file_goes_in_calls_of_the_rows_that_were_chosen() {
    let mut bench = over_http();
    let rows = metric(&bench, ROWS);
    bench.click("Predict the open table");
    bench.wait_till_said("rows over HTTP");
    bench.wait_for("Predict the file again");
    let sample = drydock::data::samples::find("winter-beverages").unwrap();
    let n = csv::Reader::from_reader(sample.bytes()).records().count();
    assert_eq!(metric(&bench, ROWS) - rows, n as f64, "every row went through the server");
    // the file that comes of it is, byte for byte, the command line's
    let saved = bench.workspace().parent().unwrap().join("over_http.csv");
    bench.keys(Modifiers::COMMAND, Key::S);
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("over_http.csv");
    bench.key(Key::Enter);
    let input = bench.file("winter.csv", sample.bytes());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_drydock"))
        .arg("predict")
        .arg(bench.workspace().join("models/v1.json"))
        .arg("--input")
        .arg(input)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read(&saved).unwrap(), output.stdout);
    // fewer rows a call are more calls
    bench.click("Rows in a call");
    bench.settle();
    bench.click("64 rows a call");
    bench.click("Predict the file again");
    bench.wait_for("over HTTP, 2");
    let said = bench.text_of("12\u{2009}708 rows over HTTP, ");
    let calls: usize =
        said.split(", ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    // the last call of each piece of the file is shorter
    assert!((n.div_ceil(64)..n.div_ceil(64) + 16).contains(&calls), "{said}");
    // and it is remembered
    bench.let_time_pass();
    let kept: Value =
        serde_json::from_slice(&std::fs::read(bench.workspace().join("workspace.json")).unwrap()).unwrap();
    assert_eq!(kept["screen"]["predict"]["call"], "Http");
    assert_eq!(kept["screen"]["predict"]["rows_per_call"], 64);
}

#[test]
fn a_row_that_the_server_refuses_is_named_by_its_line() {
    let mut bench = over_http();
    let path = bench.file(
        "odd.csv",
        "store,temperature_c,price,promotion,weekday,footfall\nHarbour,-4,2.59,yes,Sat,480\nHarbour,-4,cheap,yes,Sat,480\n",
    );
    bench.drop_file(&path);
    bench.wait_till_said("A row is not as the model needs it: 'price'");
    assert!(bench.says("line 3"), "{}", bench.labels());
}
