//! The Drift page, on the bundled winters: the cause is moved, the effect is read off the page, the decision taken.

use drydock::model::ModelKind;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::predict::with_model_and_split;

fn at_drift(width: f32, height: f32, theme: egui::Theme) -> Bench {
    at_drift_with(0.2, width, height, theme)
}

fn at_drift_with(held_out: f64, width: f32, height: f32, theme: egui::Theme) -> Bench {
    Bench::prepared(width, height, theme, |workspace| {
        let mut saved = with_model_and_split(workspace, "winter-beverages", ModelKind::Linear, held_out);
        saved["screen"] = json!({"page": "drift", "serve": {"port": "0"}});
        saved
    })
}

/// The page once everything of the moment was worked out.
pub(crate) fn settled(width: f32, height: f32, theme: egui::Theme) -> Bench {
    let bench = at_drift(width, height, theme);
    settled_from(bench)
}

fn settled_from(mut bench: Bench) -> Bench {
    if bench.harness.query_by_label("Close the guide").is_some() {
        bench.click("Close the guide");
    }
    bench.wait_for("footfall: Stable");
    at_rest(&mut bench);
    bench
}

/// Waits until the verdicts and the weeks are those of the sliders.
pub(crate) fn at_rest(bench: &mut Bench) {
    bench.wait_for("over 20 weeks");
    for _ in 0..20_000 {
        bench.harness.step();
        let busy = bench.says("…") && !bench.says("Ready");
        let open = bench.labels().contains(": …,");
        if !busy && !open {
            bench.settle();
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    panic!("it does not come to rest; there are: {}", bench.labels());
}

/// What the card of an input says: "footfall: Drift, PSI 1.17, KS 0.43".
pub(crate) fn card(bench: &Bench, name: &str) -> String {
    let labels = bench.labels();
    let start = format!("{name}: ");
    let card = labels.split(" | ").find(|label| label.starts_with(&start) && label.contains("PSI "));
    card.unwrap_or_else(|| panic!("no card of {name} in: {labels}")).to_owned()
}

pub(crate) fn psi(card: &str) -> f64 {
    let rest = card.split("PSI ").nth(1).unwrap_or_else(|| panic!("no PSI in {card}"));
    rest.split([',', ' ']).next().unwrap().parse().unwrap()
}

#[test]
fn a_normal_winter_is_stable_and_a_pandemic_is_not() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    for name in ["store", "temperature_c", "price", "promotion", "weekday", "footfall"] {
        assert!(card(&bench, name).contains(": Stable, "), "{}", card(&bench, name));
    }
    assert!(!bench.says("above the line"), "{}", bench.labels());
    bench.key(Key::Num2);
    bench.wait_for("footfall: Drift");
    at_rest(&mut bench);
    assert!(bench.status().starts_with("Pandemic winter: "), "{}", bench.status());
    assert!(card(&bench, "prediction, units_sold").contains(": Drift, "));
    for name in ["store", "temperature_c", "price"] {
        assert!(card(&bench, name).contains(": Stable, "), "{}", card(&bench, name));
    }
    // the error crosses the line in the week in which it happens, known two weeks later
    bench.wait_for("above the line from week 9");
    assert!(bench.says("Retrain on recent data"));
    // and back
    bench.click("Reset the sliders");
    bench.wait_for("footfall: Stable");
    at_rest(&mut bench);
    assert!(!bench.says("above the line"), "{}", bench.labels());
}

/// The bundled rows with a higher temperature, written by the csv crate.
fn warmer(bench: &Bench, by: f64) -> std::path::PathBuf {
    let sample = drydock::data::samples::find("winter-beverages").unwrap();
    let mut reader = csv::Reader::from_reader(sample.bytes());
    let heads = reader.headers().unwrap().clone();
    let at = heads.iter().position(|head| head == "temperature_c").unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&heads).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        let cells = row.iter().enumerate().map(|(column, cell)| match cell.parse::<f64>() {
            Ok(number) if column == at => (number + by).to_string(),
            _ => cell.to_owned(),
        });
        writer.write_record(cells).unwrap();
    }
    bench.file("warmer.csv", writer.into_inner().unwrap())
}

/// A hand that drags a slider moves it in every frame, and every frame shows all that its place comes to.
#[test]
fn while_a_slider_is_dragged_every_frame_is_of_its_own_place() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    let slider = bench.harness.get_by_role_and_label(egui::Role::Slider, "temperature_c: mean").rect();
    let at = |step: f32| egui::pos2(slider.center().x + step * 2.0, slider.center().y);
    bench.harness.event(egui::Event::PointerMoved(at(2.0)));
    bench.harness.step();
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    bench.harness.event(button(at(2.0), true));
    bench.harness.step();
    let mut last = psi(&card(&bench, "temperature_c"));
    for step in 4..12_u8 {
        bench.harness.event(egui::Event::PointerMoved(at(f32::from(step))));
        bench.harness.step();
        let now = psi(&card(&bench, "temperature_c"));
        assert!(now > last, "step {step}: {now} after {last}");
        last = now;
        assert!(!bench.labels().contains(": …,"), "step {step}: {}", bench.labels());
        assert!(bench.says("prediction, units_sold: ") && bench.says("over 20 weeks"), "step {step}");
    }
    bench.harness.event(button(at(11.0), false));
    at_rest(&mut bench);
    assert_eq!(psi(&card(&bench, "temperature_c")), last);
}

#[test]
fn a_slider_is_answered_in_the_frame_in_which_it_moves() {
    // nothing held out: what is shifted is the whole table, which another program can shift, too
    let mut bench = settled_from(at_drift_with(0.0, 1440.0, 900.0, egui::Theme::Light));
    let before = psi(&card(&bench, "temperature_c"));
    bench.harness.get_by_role_and_label(egui::Role::Slider, "temperature_c: mean").set_value_accesskit(9.0);
    bench.harness.step();
    let after = psi(&card(&bench, "temperature_c"));
    assert!(after > before + 0.2, "{before} {after}");
    bench.wait_for("temperature_c: Drift");
    at_rest(&mut bench);
    // the figure of the drag is that of the verdict
    assert_eq!(psi(&card(&bench, "temperature_c")), after);
    // and, to the two decimals shown, that of the command line on rows that are shifted outside this program
    let shifted = warmer(&bench, 9.0);
    let whole = bench.file("whole.csv", drydock::data::samples::find("winter-beverages").unwrap().bytes());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_drydock"))
        .arg("drift")
        .args([whole, shifted])
        .args(["--json", "--columns", "temperature_c"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = told["columns"][0]["psi"].as_f64().unwrap();
    assert_eq!(format!("{told:.2}"), format!("{after:.2}"));
    bench.let_time_pass();
    let saved: Value =
        serde_json::from_slice(&std::fs::read(bench.workspace().join("workspace.json")).unwrap()).unwrap();
    assert_eq!(saved["screen"]["drift"]["shifts"]["features"]["temperature_c"]["mean"], 9.0);
    // the sliders outlive the window
    let bench = bench.killed_and_restarted();
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Drift");
}

#[test]
fn behaviour_alone_moves_no_input_but_the_error() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    bench.harness.get_by_role_and_label(egui::Role::Slider, "Behaviour").set_value_accesskit(-40.0);
    bench.harness.step();
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    for name in ["store", "temperature_c", "price", "promotion", "weekday", "footfall"] {
        assert!(card(&bench, name).contains(": Stable, "), "{}", card(&bench, name));
    }
}

#[test]
fn a_challenger_from_recent_rows_is_compared_promoted_and_taken_back() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    bench.key(Key::Num2);
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    bench.keys(Modifiers::COMMAND, Key::R);
    bench.wait_for("Promote v2 to champion");
    assert!(bench.status().contains("the challenger is better"), "{}", bench.status());
    let loss = |start: &str| -> f64 { bench.text_of(start).trim_start_matches(start).parse().unwrap() };
    assert!(loss("v2, challenger: ") < loss("v1, champion: ") * 0.8, "{}", bench.labels());
    bench.click("Promote v2 to champion");
    bench.wait_for("Back to v1");
    at_rest(&mut bench);
    // to the model of the pandemic the pandemic is normal
    assert!(psi(&card(&bench, "footfall")) < 0.05, "{}", card(&bench, "footfall"));
    assert!(!card(&bench, "footfall").contains(": Drift, "), "{}", card(&bench, "footfall"));
    bench.wait_for("Back to v1");
    bench.click("Back to v1");
    bench.wait_for("footfall: Drift");
    // both are among the versions
    bench.click("Train");
    assert!(bench.says("v2"), "{}", bench.labels());
}

#[test]
fn an_input_is_looked_at_closely() {
    let mut bench = settled(1440.0, 900.0, egui::Theme::Light);
    bench.key(Key::Num3);
    bench.wait_for("temperature_c: Drift");
    at_rest(&mut bench);
    let name = card(&bench, "temperature_c");
    bench.click(&name);
    bench.wait_for("Wasserstein: ");
    assert!(bench.says("drifted: more than chance"), "{}", bench.labels());
    assert!(bench.says("Evidently"), "{}", bench.labels());
    bench.picture("drift_detail");
    bench.key(Key::Escape);
    bench.wait_for("over 20 weeks");
}

#[test]
fn without_a_model_or_rows_the_page_says_what_to_do() {
    let mut bench =
        Bench::prepared(1440.0, 900.0, egui::Theme::Light, |_| json!({"screen": {"page": "drift"}}));
    assert!(bench.says("There are no rows to shift"), "{}", bench.labels());
    bench.picture("drift_empty");
    bench.click("Go to Data");
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Data");
}

fn pandemic(width: f32, height: f32, theme: egui::Theme, name: &str) {
    let mut bench = settled(width, height, theme);
    bench.key(Key::Num2);
    bench.wait_for("footfall: Drift");
    bench.wait_for("above the line from week 9");
    at_rest(&mut bench);
    bench.picture(name);
}

#[test]
fn the_page_in_light() {
    pandemic(1440.0, 900.0, egui::Theme::Light, "drift_light");
}

#[test]
fn the_page_in_dark() {
    pandemic(1440.0, 900.0, egui::Theme::Dark, "drift_dark");
}

#[test]
fn the_page_in_a_small_window() {
    pandemic(1024.0, 700.0, egui::Theme::Light, "drift_small");
}
