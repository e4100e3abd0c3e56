//! The Requests page: what of a request is kept over a restart, and what is shown of long answers.

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::NodeT;

use crate::requests::{page, predicting, server};

#[test]
fn a_secret_that_is_typed_is_not_kept_and_the_page_says_so() {
    let (port, arrived) = predicting();
    let mut bench = page(port);
    bench.keys(Modifiers::ALT, Key::Num3);
    bench.fill("Key", "my-own-private-token");
    assert!(bench.says("Not kept when the window closes: the bearer's key"), "{}", bench.labels());
    // it is sent as long as the window is open
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 Words");
    assert_eq!(arrived.lock().unwrap().len(), 1);
    bench.let_time_pass();
    let kept = std::fs::read_to_string(bench.workspace().join("workspace.json")).unwrap();
    assert!(kept.contains("{{not kept}}") && !kept.contains("my-own-private-token"), "{kept}");
    let mut bench = bench.killed_and_restarted();
    bench.wait_for("Predict one record");
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(bench.says("type it again"), "{}", bench.labels());
    assert_eq!(arrived.lock().unwrap().len(), 1);
}

#[test]
fn a_secret_that_stands_in_a_file_stays_there_and_is_written_nowhere_else() {
    let (port, arrived) = predicting();
    let mut bench = page(port);
    bench.keys(Modifiers::ALT, Key::Num3);
    bench.fill("Key", "my-own-private-token");
    bench.keys(Modifiers::COMMAND, Key::S);
    bench.click("Save it all the same");
    bench.let_time_pass();
    let kept = std::fs::read_to_string(bench.workspace().join("workspace.json")).unwrap();
    assert!(!kept.contains("my-own-private-token"), "{kept}");
    // opened again, the request is as its file says
    let mut bench = bench.killed_and_restarted();
    bench.wait_for("Predict one record");
    bench.settle();
    assert_eq!(bench.field("Key").accesskit_node().value().as_deref(), Some("my-own-private-token"));
    assert!(!bench.says("Not kept when the window closes"), "it is in the file");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 Words");
    assert_eq!(arrived.lock().unwrap().len(), 1);
}

#[test]
fn an_environment_is_not_saved_over_another() {
    let (port, _) = predicting();
    let mut bench = page(port);
    let file = bench.workspace().join("environments/local.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    bench.click("New environment");
    bench.fill("Environment name", "Local");
    assert!(bench.says("There is an environment called Local"), "{}", bench.labels());
    bench.click("Save environment");
    bench.fill("Environment name", "local!");
    bench.click("Save environment");
    bench.settle();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    let n = std::fs::read_dir(bench.workspace().join("environments")).unwrap().count();
    assert_eq!(n, 2, "{}", bench.status());
}

#[test]
fn a_long_answer_says_what_of_it_is_kept() {
    let (port, _) = server(|_, _| (200, format!("{{\"text\": \"{}\"}}", "sea ".repeat(100_000))));
    let mut bench = page(port);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 Words");
    bench.settle();
    assert!(!bench.says("The history keeps"), "{}", bench.labels());
    let mut bench = bench.killed_and_restarted();
    bench.wait_for("200 Words");
    assert!(bench.says("The history keeps the first"), "{}", bench.labels());
}

#[test]
fn what_was_sent_is_added_to_the_history_that_is_shown() {
    let (port, _) = predicting();
    let mut bench = page(port);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("200 Words");
    bench.settle();
    // the file is not read again for it
    std::fs::write(bench.workspace().join("scratch/history.jsonl"), "{\"id\": 7}\n").unwrap();
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.settle();
    // the entry that is not shown can be compared
    assert!(bench.shows("Compare with the answer of"), "{}", bench.labels());
}

#[test]
fn requests_for_the_model_are_added_once() {
    let (port, _) = predicting();
    let mut bench = page(port);
    let n_files = |bench: &crate::bench::Bench| {
        std::fs::read_dir(bench.workspace().join("requests/Local/One record")).unwrap().count()
    };
    let before = n_files(&bench);
    for _ in 0..2 {
        bench.click("More for requests");
        bench.click("Add requests for the model");
        bench.settle();
        assert!(bench.status().contains("are all there"), "{}", bench.status());
    }
    assert_eq!(n_files(&bench), before);
}
