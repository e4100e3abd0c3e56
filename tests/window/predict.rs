//! The Predict page.

use std::path::Path;

use drydock::data::{ReadOptions, Source, read_csv, samples};
use drydock::model::{ModelKind, Task};
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::Progress;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::{Value, json};

use crate::bench::Bench;

/// Trains a model on a bundled sample, as `drydock train` does, and puts it in a workspace as its champion.
pub(crate) fn with_model(workspace: &Path, sample: &str, kind: ModelKind) -> Value {
    with_model_and_split(workspace, sample, kind, 0.2)
}

/// As [`with_model`], with that share of the rows held out.
pub(crate) fn with_model_and_split(workspace: &Path, sample: &str, kind: ModelKind, held_out: f64) -> Value {
    let sample = samples::find(sample).unwrap();
    let source = Source::from_bytes(sample.file, sample.bytes());
    let loaded =
        read_csv(&source, &ReadOptions { hash: true, ..ReadOptions::default() }, &Progress::new()).unwrap();
    let mut settings = Settings::new(sample.target);
    settings.test_fraction = held_out;
    settings.model = Some(kind);
    settings.name = "model".into();
    if sample.task == "classification" {
        settings.task = Some(Task::Classification);
    }
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
pub(crate) fn shown(bench: &Bench) -> String {
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
    let first = first_prediction(&bench);
    let bad = bench.file("bad.csv", "store,price\nHarbour,3.2\n");
    bench.drop_file(&bad);
    assert!(bench.shows("The file has no column 'temperature_c'"), "{}", bench.labels());
    // the rows predicted before are still there, below what happened
    assert!(bench.shows(&first));
    bench.picture("predict_error");
    bench.click("Back to the result before");
    assert!(!bench.shows("Choose another file…"));
    assert!(bench.shows(&first));
}

/// What the first row of the result is called: "Load row 1: 61.54".
fn first_prediction(bench: &Bench) -> String {
    bench.harness.get_by_label_contains("Load row 1: ").accesskit_node().label().unwrap()
}

#[test]
fn a_row_of_the_result_in_the_controls_gives_the_number_that_stands_in_it() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    // a store that the model was not trained on is refused, a missing number is filled in
    let rows = "store,temperature_c,price,promotion,weekday,footfall\nHarbour,4.5,3.2,yes,Sat,\nLibrary,1,3,no,Mon,400\n";
    let file = bench.file("rows.csv", rows);
    bench.drop_file(&file);
    bench.wait_for("2 rows");
    let predicted = first_prediction(&bench);
    bench.click(&predicted);
    assert!(bench.status().starts_with("Row 1 of the result"), "{}", bench.status());
    assert_eq!(format!("Load row 1: {}", shown(&bench)), predicted);
    assert!(bench.shows("Missing: the model takes"), "{}", bench.labels());
    assert!(bench.shows("6 ways, equal to the last bit"), "{}", bench.labels());
}

#[test]
fn a_row_of_the_open_table_is_loaded_by_its_number() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    let before = shown(&bench);
    bench.keys(Modifiers::COMMAND, Key::I);
    assert!(bench.one("Load a row of the open table…").is_focused());
    bench.key(Key::Enter);
    bench.harness.get_by_role_and_label(egui::Role::SpinButton, "Row of the open table").focus();
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("2");
    bench.key(Key::Enter);
    bench.click("Load this row");
    assert_eq!(bench.status(), "Row 2 of the table is in the controls");
    assert_ne!(shown(&bench), before);
    // 2018-11-01,Harbour,11.2,3.70,no,Thu,463
    let field = bench.harness.get_by_role_and_label(egui::Role::SpinButton, "temperature_c value");
    assert_eq!(field.accesskit_node().numeric_value(), Some(11.2));
    bench.click("Typical values");
    assert_eq!(shown(&bench), before);
}

#[test]
fn a_what_if_grid_is_predicted_from_the_right_half_by_keyboard() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    bench.keys(Modifiers::COMMAND, Key::B);
    assert!(bench.one("Predict the open table").is_focused());
    bench.key(Key::Tab);
    bench.key(Key::Tab);
    assert!(bench.one("Predict a what-if grid").is_focused(), "{}", bench.labels());
    bench.key(Key::Enter);
    bench.wait_for("whatif_grid.csv");
    assert!(bench.status().starts_with("Predicted "), "{}", bench.status());
    assert!(bench.status().contains("whatif_grid.csv"), "{}", bench.status());
    // 12 stores, 2 promotions, 7 days, and 8 values of each of the three numbers
    assert!(bench.shows("86\u{2009}016 rows"), "{}", bench.labels());
    let scratch = bench.workspace().join("scratch");
    assert_eq!(std::fs::read_to_string(scratch.join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn predictions_are_not_saved_over_the_rows_they_are_of() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    let rows = "store,temperature_c,price,promotion,weekday,footfall\nLibrary,1,3,no,Mon,400\n";
    let file = bench.file("rows.csv", rows);
    bench.drop_file(&file);
    bench.wait_for("1 row");
    bench.keys(Modifiers::COMMAND, Key::S);
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("rows.csv");
    bench.key(Key::Enter);
    assert!(bench.status().contains("was left as it is"), "{}", bench.status());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), rows);
}

#[test]
fn every_way_to_predict_a_row_gives_the_same_bits_after_each_change() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    assert!(bench.shows("6 ways, equal to the last bit"), "{}", bench.labels());
    let way = |bench: &Bench| {
        let node = bench.harness.get_by_label_contains("through a CSV file: ");
        node.accesskit_node().value().unwrap()
    };
    let before = way(&bench);
    bench.harness.get_by_role_and_label(egui::Role::Slider, "price").set_value_accesskit(2.0);
    bench.settle();
    assert_ne!(way(&bench), before);
    assert!(bench.shows("6 ways, equal to the last bit"), "{}", bench.labels());
    // not said unless it is asked for
    assert!(!bench.status().contains("last bit"), "{}", bench.status());
    bench.click("Compare single with batch");
    assert!(bench.status().contains("to the last bit"), "{}", bench.status());
}

#[test]
fn classifiers_show_a_class_and_its_probabilities() {
    let mut bench = Bench::prepared(1440.0, 900.0, egui::Theme::Light, |workspace| {
        with_model(workspace, "orange-juice", ModelKind::Logistic)
    });
    assert!(["CH", "MM"].contains(&shown(&bench).as_str()), "{}", shown(&bench));
    assert!(bench.shows("6 ways, equal to the last bit"), "{}", bench.labels());
    bench.harness.get_by_role_and_label(egui::Role::Slider, "LoyalCH").set_value_accesskit(0.2);
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("1\u{2009}070 rows");
    bench.picture("predict_classifier");
}

#[test]
fn many_inputs_and_classes_find_their_place() {
    let mut bench = Bench::prepared(1440.0, 900.0, egui::Theme::Light, |workspace| {
        with_model(workspace, "digits", ModelKind::Tree)
    });
    bench.key(Key::Escape);
    assert!(bench.shows("ways, equal to the last bit"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("1\u{2009}797 rows");
    let predicted = first_prediction(&bench);
    bench.click(&predicted);
    assert_eq!(format!("Load row 1: {}", shown(&bench)), predicted);
    bench.picture("predict_digits");
}

#[test]
fn measuring_says_what_was_measured() {
    let clock = drydock::work::Clock::system();
    let mut bench = Bench::prepared_at(clock, 1440.0, 900.0, egui::Theme::Light, |workspace| {
        with_model(workspace, "winter-beverages", ModelKind::Linear)
    });
    bench.click("Measure time per row");
    assert_eq!(bench.status(), "Measured the time per row");
    assert!(bench.shows("Measure the time per row: done"), "{}", bench.labels());
    // whatever the machine, a row among a million costs less than one alone
    assert!(bench.shows(" times less"), "{}", bench.labels());
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

/// A file of so many rows of the winter table, too many to be predicted before a key is pressed.
fn large(bench: &Bench, n: usize) -> std::path::PathBuf {
    let mut text = String::from("store,temperature_c,price,promotion,weekday,footfall\n");
    for row in 0..n {
        text.push_str(&format!("Harbour,{}.5,3.2,no,Mon,{}\n", row % 9, 300 + row % 400));
    }
    bench.file("large.csv", text)
}

#[test]
fn a_stopped_batch_keeps_its_rows_under_a_mark_and_they_come_back_after_a_restart() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    let file = large(&bench, 3_000_000);
    bench.offer(&file);
    bench.harness.step();
    // the first rows and how they lie are there while the job runs
    bench.wait_for("Predictions from ");
    bench.key(Key::Escape);
    let status = bench.status();
    assert!(status.starts_with("Stopped: the first "), "{status}");
    assert!(bench.shows("Partial: stopped after "), "{}", bench.labels());
    let n: usize = status
        .trim_start_matches("Stopped: the first ")
        .split(" rows")
        .next()
        .unwrap()
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap();
    assert!(0 < n && n < 3_000_000, "{n}");
    let first = first_prediction(&bench);
    bench.click("Save part as CSV");
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text("part.csv");
    bench.key(Key::Enter);
    assert!(bench.status().contains("a part of the file"), "{}", bench.status());
    let saved = std::fs::read_to_string(bench.workspace().parent().unwrap().join("part.csv")).unwrap();
    assert_eq!(saved.lines().count(), n + 1);
    assert!(saved.ends_with('\n'));
    bench.let_time_pass();
    let mut bench = bench.killed_and_restarted();
    bench.keys(Modifiers::COMMAND, Key::Num4);
    assert_eq!(first_prediction(&bench), first);
    assert!(bench.shows("Partial: stopped after "), "{}", bench.labels());
    // the file is another one now
    std::fs::write(&file, "store\n").unwrap();
    bench.let_time_pass();
    let bench = bench.killed_and_restarted();
    assert!(bench.shows("large.csv has changed since it was predicted"), "{}", bench.labels());
    // one file of predictions is kept, not one for each run
    let scratch = std::fs::read_dir(bench.workspace().join("scratch")).unwrap().flatten();
    let kept = scratch.filter(|file| file.file_name().to_string_lossy().starts_with("predictions-"));
    assert_eq!(kept.count(), 1);
}

#[test]
fn predictions_say_by_which_model_they_are() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("12\u{2009}708 rows");
    let first = first_prediction(&bench);
    // another model becomes the champion
    let text = std::fs::read_to_string(bench.workspace().join("models/v1.json")).unwrap();
    let other = bench.file("other.json", text);
    bench.drop_file(&other);
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("Make champion");
    bench.key(Key::Enter);
    bench.keys(Modifiers::COMMAND, Key::Num4);
    assert!(bench.shows("Predicted by v1; the champion is v2 now"), "{}", bench.labels());
    assert_eq!(first_prediction(&bench), first);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(!bench.shows("Predicted by v1"), "{}", bench.labels());
}

#[test]
fn predictions_that_cannot_come_back_are_said_to_be_lost() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("12\u{2009}708 rows");
    bench.let_time_pass();
    let note = bench.workspace().join("scratch/last.json");
    let text = std::fs::read_to_string(&note).unwrap();
    let bench = bench.killed_and_restarted();
    assert!(bench.shows("Load row 1: "), "{}", bench.labels());
    std::fs::write(&note, &text[..text.len() / 2]).unwrap();
    let bench = bench.killed_and_restarted();
    assert!(!bench.shows("Load row 1: "));
    assert!(bench.shows("Predict the open table"), "{}", bench.labels());
}

#[test]
fn deleting_the_champion_while_a_batch_runs_stops_it_and_leaves_nothing_half_done() {
    let mut bench = winter(1440.0, 900.0, egui::Theme::Light);
    let file = large(&bench, 2_000_000);
    bench.offer(&file);
    bench.harness.step();
    bench.wait_for("Stop the batch");
    for key in [Key::K, Key::Enter, Key::Z] {
        if key == Key::Enter {
            bench.harness.event(egui::Event::Text("Delete version".into()));
            bench.harness.step();
            bench.harness.key_press(key);
        } else {
            bench.harness.key_press_modifiers(Modifiers::COMMAND, key);
        }
        bench.harness.step();
        bench.harness.step();
    }
    bench.settle();
    // it is back, and ready to predict
    assert!(bench.shows("Prediction: "), "{}", bench.labels());
    assert!(!bench.shows("Stop the batch") && !bench.shows("Load row 1"), "{}", bench.labels());
    assert!(!bench.workspace().join("scratch/last.json").exists());
}

#[test]
fn the_page_in_a_small_window() {
    full(1024.0, 700.0, egui::Theme::Light).picture("predict_small");
}

#[test]
fn the_page_in_a_small_dark_window() {
    full(1024.0, 700.0, egui::Theme::Dark).picture("predict_small_dark");
}

#[test]
fn the_page_on_a_dark_projector() {
    full(960.0, 600.0, egui::Theme::Dark).picture("predict_projector_dark");
}

#[test]
fn a_network_reads_digits() {
    let mut bench = Bench::prepared(1440.0, 900.0, egui::Theme::Dark, |workspace| {
        with_model(workspace, "digits", ModelKind::Mlp)
    });
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("1\u{2009}797 rows");
    bench.picture("predict_digits_network");
}
