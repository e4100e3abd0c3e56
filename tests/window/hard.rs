//! Data and habits that are hard on the Train and the Predict page: whatever comes, the window says what it made of it,
//! and goes on.

use std::fmt::Write as _;

use eframe::egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::bench::{Bench, window};

const KINDS: [&str; 6] = ["Linear", "Ridge", "Elastic net", "Logistic", "Decision tree", "Neural net"];

/// Opens a table and makes one of its columns the target, on the Train page.
fn open(bench: &mut Bench, name: &str, text: &str, target: usize) {
    let path = bench.file(name, text);
    bench.keys(Modifiers::COMMAND, Key::Num2);
    bench.drop_file(&path);
    bench.keys(Modifiers::COMMAND, Key::Num3);
    if bench.shows("Fit a model, judge it honestly") {
        bench.key(Key::F1);
    }
    bench.one("Target column").focus();
    bench.harness.step();
    bench.settle();
    for _ in 0..=target {
        bench.key(Key::ArrowDown);
    }
}

/// Trains every kind of model that can be chosen; what the status line says of each.
fn train_all(bench: &mut Bench) -> Vec<String> {
    KINDS
        .into_iter()
        .map(|kind| {
            bench.click(kind);
            bench.keys(Modifiers::COMMAND, Key::Enter);
            bench.status()
        })
        .collect()
}

/// Predicts the open table and a grid with the champion, and looks at what is shown.
fn predict(bench: &mut Bench) {
    bench.keys(Modifiers::COMMAND, Key::Num4);
    if bench.shows("Go to Train") {
        bench.keys(Modifiers::COMMAND, Key::Num3);
        return;
    }
    assert!(bench.shows("Prediction: ") || bench.shows("No prediction"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Enter);
    let said = bench.status();
    assert!(said.starts_with("Predicted ") || bench.shows("Choose another file…"), "{said}");
    bench.keys(Modifiers::COMMAND, Key::Num3);
}

#[test]
fn a_target_that_never_changes() {
    let mut bench = window();
    let mut text = String::from("x,y\n");
    (0..60).for_each(|row| writeln!(text, "{row},5").unwrap());
    open(&mut bench, "constant.csv", &text, 1);
    for said in train_all(&mut bench) {
        assert!(said.starts_with("Trained ") || said.contains("could not be trained"), "{said}");
    }
    assert!(
        bench.shows("always the same") || bench.shows("never changes") || bench.shows("constant"),
        "{}",
        bench.labels()
    );
    bench.picture("train_constant_target");
    predict(&mut bench);
}

#[test]
fn two_rows_and_one_row() {
    for text in ["x,y\n1,2\n2,3\n", "x,y\n1,2\n", "x,y\na,b\nc,d\n", "x,y\n"] {
        let mut bench = window();
        open(&mut bench, "few.csv", text, 1);
        for said in train_all(&mut bench) {
            assert!(!said.contains("fault of the program"), "{said}");
        }
        predict(&mut bench);
    }
}

#[test]
fn a_thousand_categories_and_one_more() {
    let mut text = String::from("shop,item,y\n");
    for row in 0..3_000 {
        writeln!(text, "s{},i{},{}", row % 1_000, row % 1_001, row % 17).unwrap();
    }
    let mut bench = window();
    open(&mut bench, "many.csv", &text, 2);
    assert!(bench.shows("1 of 2"), "{}", bench.labels());
    for kind in ["Ridge", "Decision tree"] {
        bench.click(kind);
        bench.keys(Modifiers::COMMAND, Key::Enter);
        assert!(bench.status().starts_with("Trained "), "{}", bench.status());
    }
    predict(&mut bench);
    // a thousand classes
    let mut bench = window();
    open(&mut bench, "many.csv", &text, 0);
    bench.click("Decision tree");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    let said = bench.status();
    assert!(said.starts_with("Trained ") || said.contains("could not be trained"), "{said}");
    predict(&mut bench);
}

#[test]
fn values_that_are_missing_everywhere() {
    let mut text = String::from("empty,holes,y,gone\n");
    for row in 0..80 {
        let hole = if row % 2 == 0 { String::new() } else { row.to_string() };
        writeln!(text, ",{hole},{},", row * 3).unwrap();
    }
    let mut bench = window();
    // columns that are empty can't be the target: y is the second that can
    open(&mut bench, "missing.csv", &text, 1);
    for said in train_all(&mut bench) {
        assert!(said.starts_with("Trained ") || said.contains("could not be trained"), "{said}");
    }
    predict(&mut bench);
    // with every row left out, it is said why
    bench.click("When input is not as expected");
    bench.one("Missing value").focus();
    bench.harness.step();
    bench.settle();
    bench.key(Key::ArrowDown);
    bench.click("Linear");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(!bench.status().contains("fault of the program"), "{}", bench.status());
}

#[test]
fn features_of_which_none_is_of_use() {
    let mut text = String::from("one,same,y\n");
    (0..60).for_each(|row| writeln!(text, "1,red,{row}").unwrap());
    let mut bench = window();
    open(&mut bench, "useless.csv", &text, 2);
    for said in train_all(&mut bench) {
        assert!(said.starts_with("Trained ") || said.contains("could not be trained"), "{said}");
    }
    for tab in ["Learning curve", "Cross-validation", "Compare", "Python", "Fit"] {
        bench.click(tab);
    }
    predict(&mut bench);
    // and none at all
    bench.click("one");
    bench.click("same");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(bench.status().contains("Choose at least one feature"), "{}", bench.status());
}

#[test]
fn a_huge_network_is_stopped_at_once() {
    let mut bench = Bench::sized(1440.0, 900.0, Theme::Light);
    bench.key(Key::Enter);
    bench.let_time_pass();
    let path = bench.workspace().join("workspace.json");
    let mut saved: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    saved["screen"]["page"] = "train".into();
    saved["screen"]["train"]["kind"] = "mlp".into();
    saved["screen"]["train"]["hidden"] = 1_000.into();
    saved["screen"]["train"]["epochs"] = 10_000.into();
    let mut bench = Bench::prepared(1440.0, 900.0, Theme::Light, |_| saved);
    bench.harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Cancel");
    for _ in 0..30 {
        bench.harness.step();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let since = std::time::Instant::now();
    bench.key(Key::Escape);
    assert!(bench.status().contains("Training was stopped"), "{}", bench.status());
    assert!(since.elapsed().as_secs() < 20, "{:?}", since.elapsed());
}

#[test]
fn another_table_is_opened_while_a_model_is_trained() {
    let mut bench = Bench::sized(1440.0, 900.0, Theme::Light);
    bench.key(Key::Enter);
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.key(Key::F1);
    bench.click("Neural net");
    bench.harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Cancel");
    let path = bench.file("other.csv", "a,b\n1,2\n3,4\n5,6\n");
    bench.offer(&path);
    bench.harness.step();
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::Num3);
    assert!(bench.shows("Version v1, Neural net"), "{}", bench.labels());
    // its rows are not those of the open table
    let chart =
        bench.harness.get_by_label_contains("Residuals: 80 % within").accesskit_node().label().unwrap();
    bench.one(&chart).focus();
    bench.harness.step();
    bench.settle();
    bench.key(Key::End);
    bench.key(Key::Enter);
    assert!(bench.status().contains("Open winter_beverages.csv again"), "{}", bench.status());
    bench.keys(Modifiers::COMMAND, Key::Num4);
    assert!(bench.shows("Prediction: "), "{}", bench.labels());
}

#[test]
fn a_name_of_any_letters() {
    let mut bench = Bench::sized(1440.0, 900.0, Theme::Light);
    bench.key(Key::Enter);
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.key(Key::F1);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    for name in ["Überwinterung ñ Ж № 7 → ∞", &"long ".repeat(200), "<b>&\"'\\"] {
        for field in ["Version name", "Version note"] {
            bench.one(field).focus();
            bench.harness.step();
            bench.settle();
            bench.keys(Modifiers::COMMAND, Key::A);
            bench.type_text(name);
            bench.key(Key::Enter);
        }
        assert!(bench.shows(&format!("Version {}", name.trim())), "{}", bench.labels());
        bench.keys(Modifiers::COMMAND, Key::Num4);
        bench.keys(Modifiers::COMMAND, Key::Num3);
    }
    bench.let_time_pass();
    let mut bench = bench.killed_and_restarted();
    bench.keys(Modifiers::COMMAND, Key::Num3);
    assert!(bench.shows("Version <b>&"), "{}", bench.labels());
}

#[test]
fn model_files_that_are_damaged() {
    let mut bench = Bench::sized(1440.0, 900.0, Theme::Light);
    bench.key(Key::Enter);
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.key(Key::F1);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    let whole = std::fs::read_to_string(bench.workspace().join("models/v1.json")).unwrap();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let damaged: [Vec<u8>; 6] = [
        Vec::new(),
        whole.as_bytes()[..whole.len() / 2].to_vec(),
        vec![0xff; 4096],
        deep.into_bytes(),
        whole.replacen("\"coefficients\"", "\"coefficient\"", 1).into_bytes(),
        whole.replacen("1.", "1e999", 1).into_bytes(),
    ];
    for (at, bytes) in damaged.into_iter().enumerate() {
        let path = bench.file(&format!("damaged{at}.json"), bytes);
        bench.drop_file(&path);
        assert!(bench.status().contains("could not be opened"), "{at}: {}", bench.status());
        assert!(!bench.shows("Version v2"), "{at}: {}", bench.labels());
    }
    // its number was not used up
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(bench.shows("Version v2"), "{}", bench.labels());
}

#[test]
fn two_thousand_columns() {
    let mut text = String::new();
    (0..2_000).for_each(|column| write!(text, "c{column},").unwrap());
    text.push_str("y\n");
    for row in 0..60 {
        (0..2_000).for_each(|column| write!(text, "{},", (row * 7 + column * 13) % 23).unwrap());
        writeln!(text, "{}", row % 19).unwrap();
    }
    let mut bench = window();
    let path = bench.file("wide.csv", &text);
    bench.drop_file(&path);
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("Go to Train");
    bench.key(Key::Enter);
    assert!(bench.shows("Choose a target first"), "{}", bench.labels());
    // a frame lays out those that are seen, not all of them
    let boxes = bench.harness.query_all_by_role(eframe::egui::Role::CheckBox).count();
    assert!((4..100).contains(&boxes), "{boxes} boxes");
}
