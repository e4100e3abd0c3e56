//! A new version beside the champion while the server answers, and where each answer came from.

use drydock::model::ModelKind;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use serde_json::json;
use sha2::Digest as _;

use crate::bench::Bench;
use crate::drift::{at_rest, settled};
use crate::drift_parts::set;
use crate::predict::with_model;

/// What SQLite itself reads in the log.
fn logged(bench: &Bench, sql: &str) -> i64 {
    let log = rusqlite::Connection::open(bench.workspace().join("log.db")).unwrap();
    log.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A pandemic winter, and a challenger that has learned it.
fn challenged(width: f32, height: f32, theme: egui::Theme) -> Bench {
    let mut bench = settled(width, height, theme);
    bench.key(Key::Num2);
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    bench.keys(Modifiers::COMMAND, Key::R);
    bench.wait_for("Promote v2 to champion");
    at_rest(&mut bench);
    bench
}

#[test]
fn a_canary_answers_its_share_and_what_it_is_asked_along_is_compared() {
    let mut bench = challenged(1440.0, 900.0, egui::Theme::Light);
    bench.click("Monitor");
    bench.wait_till_said("The server is not running");
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, "Challenger").click();
    bench.settle();
    bench.click("v2");
    bench.wait_till_said("Canary share");
    set(&mut bench, "Canary share", 20.0);
    bench.harness.get_by_role_and_label(egui::Role::Switch, "Mirror requests to it").click();
    bench.settle();
    assert!(bench.says("It takes part once the server runs."), "{}", bench.labels());
    bench.click("Start server");
    bench.wait_till_said("Send 1");
    let send = bench.text_of("Send 1");
    bench.click(&send);
    bench.wait_till_said("As a canary v2 answered ");
    bench.wait_for(&send);
    bench.settle();
    // a fifth of a thousand rows, to the row, and the rest was asked along
    let file = bench.workspace().join("log.db");
    let by_version = |method: &str| {
        let log = rusqlite::Connection::open(&file).unwrap();
        let sql =
            "SELECT count(*) FROM requests WHERE method = ?1 AND request_id LIKE 'drift-%' GROUP BY version";
        let mut select = log.prepare(sql).unwrap();
        let counts = select.query_map([method], |row| row.get(0)).unwrap();
        let mut counts: Vec<i64> = counts.map(Result::unwrap).collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!(by_version("POST"), [200, 800]);
    assert_eq!(by_version("SHADOW"), [800]);
    let taken = bench.text_of("Since it is a canary: v2 took 200 of 1");
    assert!(taken.ends_with("000 requests (20.0 %), v1 the rest."), "{taken}");
    bench.wait_till_said("Asked along on 800 requests: ");
    let said = bench.text_of("As a canary v2");
    let counts: Vec<u32> = said.split([' ', '.']).filter_map(|word| word.parse().ok()).collect();
    // the clock of this window stands still: a request that took a millisecond seems to have come before the canary
    assert!((190..=200).contains(&counts[0]) && (780..=800).contains(&counts[1]), "{said}");
    // what the server counted as it went is what the log says row by row
    let live = bench.text_of("Asked along on 800 requests: ");
    let mean: f64 = live.split(": ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let sql = "SELECT CAST(1e6 * avg(abs(json_extract(a.response, '$.prediction') - json_extract(b.response, '$.prediction'))) AS INTEGER) \
        FROM requests a JOIN requests b USING (request_id) WHERE a.method = 'POST' AND b.method = 'SHADOW'";
    let by_log = logged(&bench, sql) as f64 / 1e6;
    assert!((mean - by_log).abs() / by_log < 0.006, "{mean} {by_log}");
    // the labels stand in the log, too, those that have not come apart
    assert_eq!(logged(&bench, "SELECT count(*) FROM labels WHERE come"), 900);
    assert_eq!(logged(&bench, "SELECT count(*) FROM labels WHERE NOT come"), 100);
    // out of the server's way as well as off the screen
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, "Challenger").click();
    bench.settle();
    bench.click("None");
    bench.settle();
    bench.click(&send);
    bench.wait_till_said("Last time 1");
    bench.wait_for(&send);
    bench.settle();
    assert_eq!(by_version("POST"), [200, 1_800]);
    assert_eq!(by_version("SHADOW"), [800]);
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, "Challenger").click();
    bench.settle();
    bench.click("v2");
    bench.wait_till_said("Canary share");
    // all of it, while the server goes on
    bench.click("Promote v2");
    bench.wait_till_said("v2 is the champion now");
    bench.wait_till_said("Send 1");
    bench.click("Registry");
    bench.wait_till_said("Roll back to v1");
    for said in ["champion, after v1", "canary, 20 % of the requests", "in shadow: asked along"] {
        assert!(bench.says(said), "{said}: {}", bench.labels());
    }
    bench.click("Roll back to v1");
    bench.wait_till_said("rolled back to: champion again, after v2");
    assert!(!bench.says("canary 20 %"), "the share is not taken up again");
    // pictures show no address, which would be another each time
    bench.click("Serve");
    bench.click("Stop server");
    bench.wait_for("Server: not serving");
    bench.click("Drift");
    bench.click("Monitor");
    bench.click("Read the log");
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, "Challenger").click();
    bench.settle();
    bench.click("v2");
    bench.wait_till_said("v2 in shadow: better in ");
    set(&mut bench, "Canary share", 20.0);
    bench.settle();
    bench.picture("drift_canary");
}

/// The window's own comparisons are with the champion, whoever answers the others.
#[test]
fn a_batch_over_http_is_the_champions_while_there_is_a_canary() {
    let mut bench = challenged(1440.0, 900.0, egui::Theme::Light);
    bench.click("Monitor");
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, "Challenger").click();
    bench.settle();
    bench.click("v2");
    bench.wait_till_said("Canary share");
    set(&mut bench, "Canary share", 50.0);
    bench.click("Start server");
    bench.wait_till_said("Send 1");
    bench.wait_till_said("Since it is a canary: ");
    bench.click("Predict");
    bench.settle();
    bench.click("Over HTTP");
    bench.settle();
    // thousands of rows in many requests: half of them would be another's
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("12\u{2009}708 rows");
    assert!(bench.status().starts_with("Predicted 12\u{2009}708 rows"), "{}", bench.status());
    let file = bench.workspace().join("log.db");
    bench.click("Serve");
    bench.click("Stop server");
    bench.wait_for("Server: not serving");
    let log = rusqlite::Connection::open(&file).unwrap();
    let asked = |sql: &str| log.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(asked("SELECT count(DISTINCT version) FROM requests WHERE n_rows > 0"), 1);
    assert!(asked("SELECT sum(n_rows) FROM requests") >= 12_708);
}

#[test]
fn every_past_prediction_says_where_it_comes_from_and_runs_again() {
    let mut bench = challenged(1440.0, 900.0, egui::Theme::Light);
    bench.click("Registry");
    bench.wait_till_said("The log is empty");
    assert!(bench.says("trained on recent rows, simulated, SHA-256 "), "{}", bench.labels());
    bench.click("Monitor");
    bench.click("Start server");
    bench.wait_till_said("Send 1");
    let send = bench.text_of("Send 1");
    bench.click(&send);
    bench.wait_till_said("mean error: ");
    bench.wait_for(&send);
    bench.click("Registry");
    bench.click("Read the log again");
    bench.wait_till_said("the latest 200 of 1");
    bench.fill("Find predictions", "w07-013");
    bench.settle();
    let row = bench.text_of("10:00:00 v1 drift-");
    bench.click(&row);
    bench.settle();
    // the data's hash is that of the file itself
    let sample = drydock::data::samples::find("winter-beverages").unwrap();
    let digest = sha2::Sha256::digest(sample.bytes());
    let hash = digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    assert_eq!(bench.text_of("SHA-256: "), format!("SHA-256: {hash}"));
    assert!(bench.says("The very file that is open now"), "{}", bench.labels());
    bench.click("Run it again");
    bench.wait_till_said("the answer is the same, byte for byte");
    // another one has not been run again, and its figures are its own
    bench.fill("Find predictions", "w20-049");
    bench.settle();
    let row = bench.text_of("10:00:00 v1 drift-");
    bench.click(&row);
    bench.settle();
    assert!(!bench.says("byte for byte"), "{}", bench.labels());
    assert!(bench.says("w20-049") && !bench.says("w07-013"), "{}", bench.labels());
    bench.fill("Find predictions", "nobody asked this");
    bench.wait_till_said("No request in the log has 'nobody asked this' in it");
    // labels as another system hands them over: of a request of the last week, of one that is not in the log, and none
    let late = row.split_whitespace().find(|word| word.starts_with("drift-")).unwrap().trim_end_matches(':');
    let csv = format!("request_id,units_sold\n{late},5\nnobody,7\nr-000001-0,\n");
    let file = bench.file("labels.csv", csv);
    bench.click("Monitor");
    bench.click("Labels from a file…");
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text(&file.display().to_string());
    bench.key(Key::Enter);
    bench.wait_till_said("902 have come, 99 are on their way");
    assert_eq!(
        logged(&bench, "SELECT CAST(label AS INTEGER) FROM labels WHERE request_id LIKE '%w20-049'"),
        5
    );
    // from the list of what the server answers to where it comes from
    bench.click("Serve");
    bench.settle();
    let shown = bench.text_of("Request drift-");
    let id = shown.split_whitespace().nth(1).unwrap().trim_end_matches(':').to_owned();
    bench.click(&shown);
    bench.settle();
    bench.click("Where it comes from");
    bench.wait_till_said(&format!("id: {id}"));
    bench.click("Serve");
    bench.click("Stop server");
    bench.wait_for("Server: not serving");
    bench.click("Drift");
    bench.click("Predictions of v1");
    bench.wait_till_said("the latest 200 of 1");
    // what was looked at is put away: its milliseconds are others each time
    let chosen = bench.text_of("10:00:00 v1 drift-");
    bench.click(&chosen);
    bench.settle();
    bench.picture("drift_registry");
}

#[test]
fn the_registry_is_there_before_any_row_is_ready() {
    let mut bench = Bench::prepared(1024.0, 700.0, egui::Theme::Dark, |workspace| {
        let mut saved = with_model(workspace, "winter-beverages", ModelKind::Linear);
        saved["screen"] = json!({"page": "drift", "drift": {"part": "registry"}});
        saved
    });
    bench.wait_till_said("The log is empty");
    bench.settle();
    bench.picture("drift_registry_small");
    // labels come before the server ever ran: what reads the log finds one
    let file = bench.file("labels.csv", "request_id,label\na,1\n");
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("labels from");
    bench.key(Key::Enter);
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text(&file.display().to_string());
    bench.key(Key::Enter);
    bench.wait_till_said("1 label came from the file");
    bench.click("Read the log again");
    bench.settle();
    assert!(bench.says("The log is empty"), "{}", bench.labels());
}

#[test]
fn two_versions_are_compared_by_their_key_and_the_loop_closes() {
    let mut bench = challenged(1440.0, 900.0, egui::Theme::Light);
    let figures = |bench: &Bench| (bench.text_of("v1, champion"), bench.text_of("v2, challenger"));
    let trained = figures(&bench);
    bench.click("Method duel");
    bench.settle();
    bench.keys(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::C);
    bench.wait_for("Promote v2 to champion");
    at_rest(&mut bench);
    // the same rows, the same models, the same figures
    assert_eq!(figures(&bench), trained);
    // in a world that moved away a model is what is needed next, until there is one
    assert!(bench.says("Model: current"), "{}", bench.labels());
    bench.click("Promote v2 to champion");
    bench.wait_for("Back to v1");
    at_rest(&mut bench);
    bench.wait_till_said("Model: done");
    bench.click("Back to v1");
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    bench.wait_till_said("Model: current");
    bench.click("Reset the sliders");
    at_rest(&mut bench);
    bench.wait_till_said("Model: done");
}
