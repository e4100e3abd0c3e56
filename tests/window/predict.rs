//! The Predict page.

use std::path::Path;

use drydock::data::{ReadOptions, Source, read_csv, samples};
use drydock::model::ModelKind;
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::Progress;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::{Value, json};

use crate::bench::Bench;

/// Trains a model on a bundled sample, as `drydock train` does, and puts it in a workspace as its champion.
fn with_model(workspace: &Path, sample: &str, kind: ModelKind) -> Value {
    let sample = samples::find(sample).unwrap();
    let source = Source::from_bytes(sample.file, sample.bytes());
    let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
    let mut settings = Settings::new(sample.target);
    settings.test_fraction = 0.2;
    settings.model = Some(kind);
    settings.name = "model".into();
    let plan = Plan::new(settings, &loaded.table).unwrap();
    let trained = train(&plan, &loaded.table, &Origin::of(sample.file, &loaded), &Progress::new()).unwrap();
    std::fs::create_dir_all(workspace.join("models")).unwrap();
    std::fs::write(workspace.join("models/v1.json"), trained.model.to_json()).unwrap();
    json!({
        "data": {"sample": sample.name},
        "versions": [{"number": 1, "at_unix_millis": 1_763_460_000_000_i64, "seconds": 0.04}],
        "champion": 1,
        "next_number": 2,
        "screen": {"page": "predict"},
    })
}

fn winter(width: f32, height: f32, theme: egui::Theme) -> Bench {
    Bench::prepared(width, height, theme, |workspace| {
        with_model(workspace, "winter-beverages", ModelKind::Linear)
    })
}

/// The number that the page shows.
fn shown(bench: &Bench) -> String {
    let node = bench.harness.get_by_label_contains("Prediction: ");
    node.accesskit_node().label().unwrap().trim_start_matches("Prediction: ").to_owned()
}

#[test]
fn a_slider_moves_the_number_as_the_command_line_computes_it() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    let before = shown(&bench);
    bench.harness.get_by_role_and_label(egui::Role::Slider, "temperature_c").set_value_accesskit(-4.0);
    bench.settle();
    bench.harness.get_by_role_and_label(egui::Role::Switch, "promotion").click();
    bench.settle();
    let after = shown(&bench);
    assert_ne!(before, after);
    // typing works as dragging does
    bench.harness.get_by_role_and_label(egui::Role::SpinButton, "footfall value").focus();
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("1480");
    bench.key(Key::Enter);
    assert_ne!(shown(&bench), after);
    // what is shown is what the program predicts for these values
    bench.let_time_pass();
    let saved: Value =
        serde_json::from_slice(&std::fs::read(bench.workspace().join("workspace.json")).unwrap()).unwrap();
    let values = saved["screen"]["predict"]["values"].clone();
    assert_eq!(values["footfall"], 1480.0);
    let model = std::fs::read(bench.workspace().join("models/v1.json")).unwrap();
    let model = drydock::model::Model::from_json(&model).unwrap();
    let record: serde_json::Map<String, Value> = model
        .inputs
        .iter()
        .map(|input| {
            let own = values.get(&input.name).cloned();
            let typical = || match &input.kind {
                drydock::model::InputKind::Number { typical, whole, .. } => {
                    json!(if *whole { typical.round() } else { *typical })
                }
                drydock::model::InputKind::Category { levels, fill } => json!(levels[*fill]),
                drydock::model::InputKind::Boolean { fill, .. } => json!(fill),
                drydock::model::InputKind::Date { typical, .. } => {
                    let text = drydock::data::date::format_iso((typical.round() * 86_400e6) as i64);
                    json!(text[..10])
                }
            };
            (input.name.clone(), own.unwrap_or_else(typical))
        })
        .collect();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_drydock"))
        .args(["predict", "models/v1.json", "--json", "--record", &Value::Object(record).to_string()])
        .current_dir(bench.workspace())
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&run.stdout).unwrap();
    let predicted = document["prediction"].as_f64().unwrap();
    let number: f64 = shown(&bench).replace('\u{2009}', "").replace('\u{2212}', "-").parse().unwrap();
    assert!((number - predicted).abs() < 0.06, "{number} on screen, {predicted} by the command line");
}

#[test]
fn the_open_table_is_predicted_and_saved_by_keyboard_alone() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("12\u{2009}708 rows");
    assert!(bench.status().starts_with("Predicted 12\u{2009}708 rows"), "{}", bench.status());
    // there is no desktop here, so the in-app picker says so and takes a path
    bench.keys(Modifiers::COMMAND, Key::S);
    assert!(bench.shows("in its place"));
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("out.csv");
    bench.key(Key::Enter);
    let out = bench.workspace().parent().unwrap().join("out.csv");
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.lines().next().unwrap().ends_with(",prediction"), "{text}");
    assert_eq!(text.lines().count(), 12_709);
    // the same file by the command line, byte for byte
    let data = bench.file("winter.csv", samples::find("winter-beverages").unwrap().bytes());
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_drydock"))
        .args(["predict", "models/v1.json", "-o", "cli.csv", "--input"])
        .arg(&data)
        .current_dir(bench.workspace())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(std::fs::read_to_string(bench.workspace().join("cli.csv")).unwrap(), text);
}

#[test]
fn a_file_without_a_column_is_refused_by_its_name_and_the_result_before_stays() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Save as CSV");
    let bad = bench.file("bad.csv", "store,price\nHarbour,3.2\n");
    bench.drop_file(&bad);
    assert!(bench.shows("A row is not as the model needs it"), "{}", bench.labels());
    assert!(bench.shows("temperature_c"));
    bench.click("Back to the result before");
    assert!(bench.shows("12\u{2009}708 rows"));
}

#[test]
fn every_way_to_predict_a_row_gives_the_same_bits() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    bench.click("Compare single with batch");
    assert!(bench.shows("6 ways, equal to the last bit"), "{}", bench.labels());
}

#[test]
fn classifiers_show_a_class_and_its_probabilities() {
    let mut bench = Bench::prepared(1440.0, 900.0, egui::Theme::Light, |workspace| {
        with_model(workspace, "orange-juice", ModelKind::Logistic)
    });
    assert!(["CH", "MM"].contains(&shown(&bench).as_str()), "{}", shown(&bench));
    bench.click("Compare single with batch");
    assert!(bench.shows("equal to the last bit"), "{}", bench.labels());
    bench.picture("predict_classifier");
}

#[test]
fn measuring_says_what_was_measured() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    bench.click("Measure time per row");
    assert_eq!(bench.status(), "Measured the time per row");
    assert!(bench.shows("Measure the time per row: done"), "{}", bench.labels());
}

#[test]
fn without_a_model_the_page_says_what_to_do() {
    let mut bench = Bench::sized(1440.0, 900.0, egui::Theme::Light);
    bench.keys(Modifiers::COMMAND, Key::Num4);
    bench.picture("predict_no_model");
    bench.click("Go to Train");
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Train");
}

fn full(width: f32, height: f32, theme: egui::Theme) -> Bench {
    let mut bench = winter(width, height, theme);
    bench.harness.get_by_role_and_label(egui::Role::Slider, "temperature_c").set_value_accesskit(-4.0);
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("12\u{2009}708 rows");
    bench.click("Compare single with batch");
    bench
}

#[test]
fn the_page_in_light() {
    full(1440.0, 900.0, egui::Theme::Light).picture("predict_light");
}

#[test]
fn the_page_in_dark() {
    full(1440.0, 900.0, egui::Theme::Dark).picture("predict_dark");
}

#[test]
fn the_page_on_a_projector() {
    // 1440 × 900 at a zoom of 1.5
    full(960.0, 600.0, egui::Theme::Light).picture("predict_projector");
}
