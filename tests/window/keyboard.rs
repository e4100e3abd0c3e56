//! The Train and the Predict page by keyboard alone: the focus goes from control to control by Tab, and every control
//! answers to its keys.

use eframe::egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::bench::Bench;

/// Tab is pressed at most so often to find a control.
const STOPS: usize = 150;

/// What has the focus is called.
fn focused(bench: &Bench) -> String {
    let node = bench.harness.query_all_by(|node| node.is_focused() && node.label().is_some()).last();
    node.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

/// Presses Tab until what has the focus is called so.
#[track_caller]
fn tab_to(bench: &mut Bench, label: &str) {
    let mut passed = Vec::new();
    for _ in 0..STOPS {
        bench.key(Key::Tab);
        let at = focused(bench);
        if at.starts_with(label) {
            return;
        }
        passed.push(at);
    }
    panic!("Tab does not come to '{label}'; it came by {passed:?}");
}

/// A fresh window with the winter beverages, opened and brought to Train by keys.
fn at_train() -> Bench {
    let mut bench = Bench::sized(1440.0, 900.0, Theme::Light);
    bench.key(Key::Enter);
    assert!(bench.status().starts_with("Loaded winter_beverages.csv"), "{}", bench.status());
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.key(Key::F1);
    bench
}

#[test]
fn a_model_is_chosen_trained_compared_deleted_and_brought_back() {
    let mut bench = at_train();
    // features by Space
    tab_to(&mut bench, "footfall");
    bench.key(Key::Space);
    assert!(bench.shows("5 of 7"), "{}", bench.labels());
    bench.key(Key::Space);
    assert!(bench.shows("6 of 7"), "{}", bench.labels());
    // the model, and its own setting
    tab_to(&mut bench, "Ridge");
    bench.key(Key::Space);
    tab_to(&mut bench, "Penalty α");
    bench.key(Key::ArrowRight);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(bench.status().starts_with("Trained v1, Ridge, α = 1.8"), "{}", bench.status());
    tab_to(&mut bench, "Decision tree");
    bench.key(Key::Space);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(bench.status().starts_with("Trained v2, Decision tree"), "{}", bench.status());
    // the charts by the arrow keys
    tab_to(&mut bench, "Fit");
    bench.key(Key::ArrowRight);
    assert!(bench.shows("Learning curve of rmse"), "{}", bench.labels());
    bench.key(Key::ArrowLeft);
    // up and down in the versions, C, Delete, Ctrl+Z
    tab_to(&mut bench, "Version v2");
    bench.key(Key::C);
    assert!(bench.status().starts_with("v2 is the champion"), "{}", bench.status());
    bench.key(Key::ArrowDown);
    assert!(focused(&bench).starts_with("Version v1"), "{}", focused(&bench));
    bench.key(Key::C);
    assert!(bench.status().starts_with("v1 is the champion"), "{}", bench.status());
    bench.key(Key::Delete);
    assert_eq!(bench.status(), "Deleted v1");
    assert!(!bench.shows("Version v1"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Z);
    assert!(bench.shows("Version v1, Ridge"), "{}", bench.labels());
    // a note, in which C, Delete and Ctrl+Z are the field's own
    tab_to(&mut bench, "Version note");
    bench.type_text("Come back");
    bench.key(Key::C);
    bench.key(Key::Delete);
    assert!(bench.shows("Version v1, Ridge"), "{}", bench.labels());
    bench.key(Key::Escape);
    // Ctrl+S asks where to
    bench.keys(Modifiers::COMMAND, Key::S);
    assert!(bench.shows("in its place"), "{}", bench.labels());
    bench.key(Key::Escape);
}

#[test]
fn a_record_is_set_a_file_predicted_and_its_rows_loaded() {
    let mut bench = at_train();
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.keys(Modifiers::COMMAND, Key::Num4);
    let shown =
        |bench: &Bench| bench.harness.get_by_label_contains("Prediction: ").accesskit_node().label().unwrap();
    // the left half
    bench.keys(Modifiers::COMMAND, Key::I);
    assert!(!focused(&bench).is_empty());
    let before = shown(&bench);
    tab_to(&mut bench, "temperature_c");
    bench.key(Key::ArrowRight);
    let one = shown(&bench);
    assert_ne!(one, before);
    bench.keys(Modifiers::SHIFT, Key::ArrowRight);
    assert_ne!(shown(&bench), one);
    let before = shown(&bench);
    tab_to(&mut bench, "promotion");
    bench.key(Key::Space);
    assert_ne!(shown(&bench), before);
    let before = shown(&bench);
    // a segment of the weekday
    tab_to(&mut bench, "Wed");
    bench.key(Key::Space);
    assert_ne!(shown(&bench), before);
    // the right half
    bench.keys(Modifiers::COMMAND, Key::B);
    bench.key(Key::Enter);
    bench.wait_for("12\u{2009}708 rows");
    tab_to(&mut bench, "Load row 1: ");
    let row = focused(&bench);
    bench.key(Key::Enter);
    assert!(bench.status().starts_with("Row 1 of the result"), "{}", bench.status());
    assert_eq!(format!("Load row 1: {}", shown(&bench).trim_start_matches("Prediction: ")), row);
    // below
    tab_to(&mut bench, "Compare single with batch");
    bench.key(Key::Enter);
    assert!(bench.status().contains("to the last bit"), "{}", bench.status());
    bench.keys(Modifiers::COMMAND, Key::S);
    assert!(bench.shows("in its place"), "{}", bench.labels());
    bench.key(Key::Escape);
}

#[test]
fn tab_goes_through_features_that_are_out_of_sight() {
    let mut bench = Bench::sized(1440.0, 900.0, Theme::Light);
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("Open sample: Digits");
    bench.key(Key::Enter);
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.key(Key::F1);
    assert!(bench.shows("64 of 64"), "{}", bench.labels());
    tab_to(&mut bench, "p77");
    bench.key(Key::Space);
    assert!(bench.shows("63 of 64"), "{}", bench.labels());
    // it was scrolled into view
    bench.let_time_pass();
    let list = bench.one("Target column").rect();
    let model = bench.one("Neural net").rect();
    let at = bench.one("p77").rect();
    assert!(list.bottom() < at.top() && at.bottom() < model.top(), "{at} between {list} and {model}");
}
