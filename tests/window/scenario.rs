//! Scenarios: saved from a state, opened in the same state, worked on, handed in, and done again.

use drydock::app::grading::grade;
use drydock::lesson::Scenario;
use drydock::model::ModelKind;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use serde_json::json;

use crate::bench::Bench;
use crate::predict::with_model;

/// Saves by the in-app picker, which stands in for the desktop's dialog.
fn save_as(bench: &mut Bench, button: &str, path: &std::path::Path) {
    bench.one(button).click_accesskit();
    bench.settle();
    bench.fill("Path", &path.display().to_string());
    bench.key(Key::Enter);
    bench.settle();
}

const TASKS: &str = r#"
[[task]]
text = "An input has drifted"
check = "drift.drifted >= 1"

[[task]]
text = "A challenger was compared with the champion"
check = "drift.compared >= 1"

[[task]]
text = "A request was answered"
check = "server.answered >= 1"
"#;

#[test]
fn a_state_becomes_a_scenario_that_is_opened_handed_in_and_graded() {
    let mut bench = Bench::prepared(1440.0, 900.0, egui::Theme::Light, |workspace| {
        let mut saved = with_model(workspace, "winter-beverages", ModelKind::Linear);
        saved["screen"] = json!({
            "page": "walkthrough",
            "guide_open": true,
            "serve": {"port": "0"},
            "walkthrough": {"teaching": true},
        });
        saved
    });
    bench.wait_till_said("units done");
    bench.settle();
    // the instructor saves the state, and adds what is asked
    let given = bench.file("given.toml", "");
    save_as(&mut bench, "Save this state as a scenario…", &given);
    let text = std::fs::read_to_string(&given).unwrap();
    assert!(text.contains("open winter-beverages") && text.contains("data_sha256"), "{text}");
    let scenario = Scenario::parse("given.toml", &text).unwrap();
    assert_eq!(
        scenario.start.iter().filter(|line| line.to_string().starts_with("train {")).count(),
        1,
        "{text}"
    );
    let mut scenario = scenario;
    scenario.title = "A strange winter".into();
    scenario.ask = "Choose a winter in which an input drifts, retrain, and ask the served model once.".into();
    scenario.hide = ["Requests", "Heat wave"].map(str::to_owned).into();
    let text = format!("{}{TASKS}", scenario.to_toml(&[]).unwrap());
    std::fs::write(&given, &text).unwrap();

    // the learner opens it by dropping it on the window
    let mut bench = Bench::prepared(
        1440.0,
        900.0,
        egui::Theme::Light,
        |_| json!({"screen": {"page": "walkthrough", "guide_open": true, "serve": {"port": "0"}}}),
    );
    bench.wait_till_said("units done");
    let given = bench.file("given.toml", &text);
    bench.drop_file(&given);
    bench.wait_till_said("A strange winter");
    bench.settle();
    assert!(bench.says("An input has drifted: to do"), "{}", bench.labels());
    bench.picture("scenario");
    // what is hidden is not there, on the page, in the rail, in the command list
    assert!(bench.harness.query_by_label("Requests").is_none());
    bench.click("Drift");
    bench.settle();
    assert!(bench.harness.query_by_label("Heat wave").is_none());
    assert!(bench.harness.query_all_by_label("Pandemic winter").next().is_some(), "{}", bench.labels());
    bench.click("Pandemic winter");
    crate::drift::at_rest(&mut bench);
    // the advice says the same words
    bench.harness.get_by_role_and_label(egui::Role::Button, "Retrain on recent data").click_accesskit();
    bench.settle();
    bench.click("Serve");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.settle();
    bench.one("Send it from here").click_accesskit();
    bench.settle();
    for task in
        ["An input has drifted", "A challenger was compared with the champion", "A request was answered"]
    {
        assert!(bench.says(&format!("{task}: done")), "{task}; {}", bench.labels());
    }
    bench.click("To the scenario");
    bench.settle();
    // what was done is in no file yet: leaving asks first
    bench.one("Back to my own work").click_accesskit();
    bench.settle();
    assert!(bench.says("What you did is in no file yet"), "{}", bench.labels());
    crate::walkthrough::look(&mut bench, "scenario_leaving", false);
    bench.click("Stay");
    bench.settle();
    // and so does closing the window
    let root = bench.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
    root.events.push(egui::ViewportEvent::Close);
    bench.settle();
    assert!(bench.says("What you did is in no file yet"), "{}", bench.labels());
    bench.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default().events.clear();
    bench.click("Stay");
    bench.settle();
    bench.fill("Your name", "Ada");
    let handed_in = bench.file("ada.toml", "");
    save_as(&mut bench, "Hand in…", &handed_in);
    let text = std::fs::read_to_string(&handed_in).unwrap();
    for line in ["by = \"Ada\"", "scenario pandemic-winter", "retrain recent", "serve", "send right"] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    // what is done after that is in no file again
    bench.click("Drift");
    bench.settle();
    bench.click("Price rise");
    crate::drift::at_rest(&mut bench);
    bench.harness.get_by_role_and_label(egui::Role::Button, "Retrain on recent data").click_accesskit();
    bench.settle();
    bench.click("To the scenario");
    bench.settle();
    bench.one("Back to my own work").click_accesskit();
    bench.settle();
    assert!(bench.says("What you did is in no file yet"), "{}", bench.labels());
    bench.click("Leave without handing in");
    bench.settle();
    // work of one's own was untouched
    assert!(bench.says("Workspace: winter-beverages") && bench.says("Model: none yet"), "{}", bench.labels());

    // whoever grades has it done again
    let scenario = Scenario::parse("ada.toml", &text).unwrap();
    let graded = grade(&scenario, given.parent().unwrap()).unwrap();
    assert_eq!((graded.n_done(), graded.tasks.len()), (3, 3), "{graded:?}");
    assert_eq!(graded.problem, None);
    // a line that can't be done again is said, and the others count all the same
    let mut broken = scenario.clone();
    broken.did.insert(0, drydock::lesson::Line::Promote(7));
    let graded = grade(&broken, given.parent().unwrap()).unwrap();
    assert_eq!(graded.n_done(), 3, "{graded:?}");
    assert!(graded.problem.unwrap().contains("'promote v7'"));
    // and what was not done is not marked
    let lazy = Scenario { did: scenario.did[..1].to_vec(), ..scenario };
    let graded = grade(&lazy, given.parent().unwrap()).unwrap();
    assert_eq!(graded.n_done(), 1, "{graded:?}");
}

#[test]
fn a_file_that_is_no_scenario_is_refused_with_its_place() {
    let mut bench = Bench::sized(1440.0, 900.0, egui::Theme::Light);
    let wrong = bench.file("wrong.toml", "form = \"drydock-scenario 1\"\ntitle = 3\n");
    bench.drop_file(&wrong);
    bench.settle();
    assert!(bench.status().contains("wrong.toml") && bench.status().contains("line 2"), "{}", bench.status());
}
