//! The Train page: a model is fitted, judged, named, compared, kept; by name and by keys.

use eframe::egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::bench::Bench;
use crate::bench::window;

/// A window on the Train page with the winter beverages open.
fn with_data(theme: Theme) -> Bench {
    let mut bench = Bench::sized(1440.0, 900.0, theme);
    open(&mut bench, "Winter beverages");
    bench
}

/// Opens a sample through the command list, closes the guide, and goes to Train.
fn open(bench: &mut Bench, sample: &str) {
    command(bench, &format!("Open sample: {sample}"));
    bench.keys(Modifiers::COMMAND, Key::Num3);
    if bench.harness.state().page() == drydock::app::PageId::Train {
        bench.key(Key::F1);
    }
}

/// Runs an action from the command list.
fn command(bench: &mut Bench, label: &str) {
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text(label);
    bench.key(Key::Enter);
}

/// Moves the focus, as a screen reader does.
fn focus(bench: &mut Bench, label: &str) {
    bench.one(label).focus();
    bench.harness.step();
    bench.settle();
}

fn train(bench: &mut Bench) {
    bench.keys(Modifiers::COMMAND, Key::Enter);
}

#[test]
fn the_empty_page_says_what_will_stand_there_and_what_to_do() {
    let mut bench = window();
    bench.keys(Modifiers::COMMAND, Key::Num3);
    assert!(bench.shows("No table to learn from yet"), "{}", bench.labels());
    train(&mut bench);
    assert!(bench.status().contains("Open data first"), "{}", bench.status());
    bench.picture("train_empty");
}

#[test]
fn a_model_is_trained_by_one_key_and_becomes_the_champion() {
    let mut bench = with_data(Theme::Light);
    bench.picture("train_ready");
    bench.click("Ridge");
    train(&mut bench);
    assert!(bench.status().contains("Trained v1, Ridge"), "{}", bench.status());
    assert!(bench.status().contains("it is the champion"), "{}", bench.status());
    for expected in ["R²: test 0.", "RMSE: test", "MAE: test", "Residuals: 80 % within", "Champion"] {
        assert!(bench.shows(expected), "no '{expected}' among {}", bench.labels());
    }
    assert!(bench.workspace().join("models/v1.json").exists());
    bench.picture("train_light");
    bench.click("Learning curve");
    bench.picture("train_curve");
    bench.click("Cross-validation");
    assert!(bench.shows("Fold 5, R²"), "{}", bench.labels());
    bench.picture("train_folds");
}

#[test]
fn versions_are_compared_chosen_named_deleted_and_brought_back() {
    let mut bench = with_data(Theme::Dark);
    train(&mut bench);
    bench.click("Decision tree");
    train(&mut bench);
    assert!(bench.status().contains("v1 stays champion"), "{}", bench.status());
    assert!(bench.shows("Importance"), "{}", bench.labels());
    bench.picture("train_dark");
    bench.click("Compare versions");
    assert!(bench.shows("RMSE, test: "), "{}", bench.labels());
    assert!(bench.shows("model: linear and tree"), "{}", bench.labels());
    bench.picture("train_compare");
    // up and down in the versions
    bench.click("Version v2, Decision tree, depth 6");
    bench.key(Key::ArrowDown);
    bench.key(Key::ArrowUp);
    bench.key(Key::C);
    assert!(bench.status().contains("v2 is the champion"), "{}", bench.status());
    focus(&mut bench, "Version name");
    bench.type_text("deep");
    bench.key(Key::Enter);
    focus(&mut bench, "Version note");
    bench.type_text("a first tree");
    bench.key(Key::Enter);
    assert!(bench.shows("Version deep, Decision tree"), "{}", bench.labels());
    bench.click("Delete version");
    assert!(!bench.shows("Version deep"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Z);
    assert!(bench.shows("Version deep, Decision tree"), "{}", bench.labels());
    // all of it is there after a kill
    bench.let_time_pass();
    let mut bench = bench.killed_and_restarted();
    bench.keys(Modifiers::COMMAND, Key::Num3);
    assert!(bench.shows("Version deep, Decision tree"), "{}", bench.labels());
    assert!(bench.workspace().join("models/v2.report.json").exists());
}

#[test]
fn classes_have_their_own_scores_and_charts() {
    let mut bench = window();
    open(&mut bench, "Orange juice");
    train(&mut bench);
    assert!(bench.status().contains("Logistic"), "{}", bench.status());
    for expected in ["Accuracy: test", "Log loss: test", "AUC: test", "Confusion matrix", "ROC curve of"] {
        assert!(bench.shows(expected), "no '{expected}' among {}", bench.labels());
    }
    bench.picture("train_classes");
}

#[test]
fn a_training_that_fails_names_the_column_and_the_reason() {
    let mut bench = window();
    let mut text = String::from("a,b,y\n");
    for row in 0..40 {
        text.push_str(&format!("{row},{},{}\n", if row == 7 { "" } else { "3" }, row * 2));
    }
    let path = bench.file("gaps.csv", text);
    bench.drop_file(&path);
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.key(Key::F1);
    // the first column by the arrow keys alone
    focus(&mut bench, "Target column");
    bench.key(Key::ArrowDown);
    bench.key(Key::ArrowDown);
    bench.key(Key::ArrowDown);
    bench.click("When input is not as expected");
    focus(&mut bench, "Missing value");
    bench.key(Key::ArrowDown);
    bench.key(Key::ArrowDown);
    train(&mut bench);
    assert!(bench.shows("The model could not be trained"), "{}", bench.labels());
    assert!(bench.shows("'b' has no value in data row 8"), "{}", bench.labels());
    bench.picture("train_error");
    bench.click("Look at b in Data");
    assert_eq!(bench.harness.state().page(), drydock::app::PageId::Data);
}

#[test]
fn the_same_is_shown_in_python_and_a_model_file_comes_back() {
    let mut bench = with_data(Theme::Light);
    train(&mut bench);
    command(&mut bench, "Show the same in Python");
    assert!(bench.shows("from sklearn.linear_model import LinearRegression"), "{}", bench.labels());
    bench.picture("train_python");
    let copy = bench.workspace().join("models/v1.json");
    let text = std::fs::read(copy).unwrap();
    let path = bench.file("mine.json", text);
    bench.drop_file(&path);
    assert!(bench.status().contains("Opened v2, Linear"), "{}", bench.status());
    assert!(bench.shows("There is no script for this model"), "{}", bench.labels());
    bench.click("Fit");
    bench.picture("train_opened");
    // a file that is no model changes nothing
    let path = bench.file("other.json", "{}");
    bench.drop_file(&path);
    assert!(bench.status().contains("not a Drydock model"), "{}", bench.status());
    assert!(!bench.shows("Version v3"));
}

#[test]
fn nothing_is_cut_off_in_a_small_window() {
    let mut bench = Bench::sized(1024.0, 700.0, Theme::Light);
    open(&mut bench, "Winter beverages");
    train(&mut bench);
    bench.picture("train_small");
}

#[test]
fn training_can_be_stopped_and_leaves_what_was_there() {
    let mut bench = with_data(Theme::Light);
    train(&mut bench);
    bench.click("Neural net");
    bench.harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    bench.wait_for("Cancel");
    assert!(bench.shows("Old"), "{}", bench.labels());
    bench.key(Key::Escape);
    assert!(bench.status().contains("Training was stopped"), "{}", bench.status());
    assert!(bench.shows("Version v1, Linear") && !bench.shows("Version v2"), "{}", bench.labels());
    assert!(!bench.workspace().join("models/v2.json").exists());
    // the number was not used up
    bench.click("Decision tree");
    train(&mut bench);
    assert!(bench.shows("Version v2, Decision tree"), "{}", bench.labels());
}

#[test]
fn a_model_and_its_script_are_saved_to_files() {
    let mut bench = with_data(Theme::Light);
    train(&mut bench);
    let save = |bench: &mut Bench, name: &str| {
        let path = bench.workspace().parent().unwrap().join(name);
        focus(bench, "Path");
        bench.keys(Modifiers::COMMAND, Key::A);
        bench.type_text(&path.to_string_lossy());
        bench.click("Save");
        path
    };
    bench.keys(Modifiers::COMMAND, Key::S);
    let path = save(&mut bench, "mine.json");
    assert!(bench.status().contains("Saved"), "{}", bench.status());
    let kept = std::fs::read(bench.workspace().join("models/v1.json")).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), kept);
    command(&mut bench, "Save Python script…");
    let path = save(&mut bench, "mine.py");
    assert!(std::fs::read_to_string(path).unwrap().contains("LinearRegression"));
}

#[test]
fn each_of_three_classes_has_its_coefficients() {
    let mut bench = window();
    open(&mut bench, "Wine");
    train(&mut bench);
    assert!(bench.shows("Logistic"), "{}", bench.labels());
    focus(&mut bench, "Class of the coefficients");
    bench.key(Key::ArrowDown);
    assert!(bench.shows("Precision") || bench.shows(": precision "), "{}", bench.labels());
    bench.picture("train_three_classes");
}

#[test]
fn a_bar_of_the_residuals_shows_its_rows_in_data() {
    let mut bench = with_data(Theme::Light);
    train(&mut bench);
    let chart =
        bench.harness.get_by_label_contains("Residuals: 80 % within").accesskit_node().label().unwrap();
    focus(&mut bench, &chart);
    // the last bar that has rows, then the one before: few rows, far off
    bench.key(Key::End);
    bench.key(Key::ArrowLeft);
    let bar = bench.one(&chart).accesskit_node().value().unwrap();
    bench.picture("train_residual_bar");
    bench.key(Key::Enter);
    assert_eq!(bench.harness.state().page(), drydock::app::PageId::Data);
    let rows = bar.split(" from").next().unwrap();
    assert!(bench.status().contains(&format!("on test rows: {rows}")), "{bar} but {}", bench.status());
    let n = rows.split(' ').next().unwrap();
    assert!(bench.shows(&format!("{n} of 12\u{2009}708 rows")), "{}", bench.labels());
    bench.picture("train_residual_rows");
    let node = bench.harness.get_by_label_contains("Show every row, not only v1, residuals");
    let chip = node.accesskit_node().label().unwrap();
    bench.click(&chip);
    assert!(!bench.shows(&format!("{n} of 12\u{2009}708 rows")), "{}", bench.labels());
}

#[test]
fn a_point_of_the_scatter_leads_to_its_row() {
    let mut bench = with_data(Theme::Light);
    train(&mut bench);
    let place = bench.harness.get_by_label_contains("Predicted against actual units_sold").rect();
    // somewhere in the middle of the crowd
    let at = place.center() + eframe::egui::vec2(-20.0, 12.0);
    bench.harness.hover_at(at);
    bench.harness.step();
    bench.harness.drag_at(at);
    bench.harness.step();
    bench.harness.drop_at(at);
    bench.harness.step();
    bench.settle();
    assert_eq!(bench.harness.state().page(), drydock::app::PageId::Data);
    assert!(
        bench.status().starts_with("Row ") && bench.status().ends_with("of the table"),
        "{}",
        bench.status()
    );
}

#[test]
fn a_date_is_a_feature_once_it_is_asked_for() {
    let mut bench = with_data(Theme::Light);
    bench.click("date");
    train(&mut bench);
    let model = std::fs::read(bench.workspace().join("models/v1.json")).unwrap();
    let model = drydock::model::Model::from_json(&model).unwrap();
    assert!(model.inputs.iter().any(|input| input.name == "date"));
    // and no longer once it is taken out
    bench.click("date");
    train(&mut bench);
    let model = std::fs::read(bench.workspace().join("models/v2.json")).unwrap();
    let model = drydock::model::Model::from_json(&model).unwrap();
    assert!(model.inputs.iter().all(|input| input.name != "date"));
}

fn trained(width: f32, height: f32, theme: Theme) -> Bench {
    let mut bench = Bench::sized(width, height, theme);
    open(&mut bench, "Winter beverages");
    train(&mut bench);
    bench
}

#[test]
fn the_page_in_a_small_dark_window() {
    trained(1024.0, 700.0, Theme::Dark).picture("train_small_dark");
}

#[test]
fn the_page_on_a_projector() {
    // 1440 × 900 at a zoom of 1.5
    trained(960.0, 600.0, Theme::Light).picture("train_projector");
}

#[test]
fn the_page_on_a_dark_projector() {
    trained(960.0, 600.0, Theme::Dark).picture("train_projector_dark");
}

#[test]
fn a_network_that_reads_digits() {
    let mut bench = window();
    open(&mut bench, "Digits");
    bench.click("Neural net");
    train(&mut bench);
    assert!(bench.shows("Confusion matrix"), "{}", bench.labels());
    bench.picture("train_digits");
}
