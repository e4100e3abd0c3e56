//! What is around every page.

use drydock::data::samples;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::bench::{Bench, window};

#[test]
fn control_and_a_number_open_the_pages_in_rail_order() {
    let mut bench = window();
    let keys = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
        Key::Num0,
    ];
    let mut seen = Vec::new();
    for key in keys {
        bench.keys(Modifiers::COMMAND, key);
        seen.push(format!("{:?}", bench.harness.state().page()));
    }
    let pages =
        ["Walkthrough", "Data", "Train", "Predict", "Serve", "Requests", "Drift", "Scale", "Ship", "SetUp"];
    assert_eq!(seen, pages);
}

#[test]
fn pages_that_are_still_to_come_say_what_they_are_for() {
    let mut bench = window();
    for page in ["Scale", "Ship", "Set-up"] {
        bench.click(page);
        assert!(bench.shows("Coming") && bench.shows("What this page will let you do"), "{page}");
    }
    bench.click("Scale");
    bench.picture("coming_light");
}

#[test]
fn the_command_list_finds_an_action_by_a_few_letters_and_enter_does_it() {
    let mut bench = window();
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("sample: diab");
    bench.picture("palette_light");
    bench.key(Key::Enter);
    assert!(bench.status().starts_with("Loaded diabetes.csv: 442 rows, 11 columns"), "{}", bench.status());
    // every page's actions are there, and what can't be done says why
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("measure");
    assert!(bench.shows("Measure time per row"));
    bench.key(Key::Escape);
    assert!(bench.harness.query_by_label("Command").is_none());
}

#[test]
fn open_falls_back_to_the_picker_and_says_why() {
    let mut bench = window();
    bench.file("my table.csv", "a,b\n1,2\n3,4\n");
    bench.keys(Modifiers::COMMAND, Key::O);
    assert!(bench.shows("Open data set") && bench.shows("in its place"), "{}", bench.labels());
    bench.click("my table.csv");
    assert!(bench.status().starts_with("Loaded my table.csv: 2 rows"), "{}", bench.status());
}

#[test]
fn themes_projector_and_guide_are_on_keys() {
    let mut bench = window();
    let dark = |bench: &Bench| bench.harness.ctx.theme() == egui::Theme::Dark;
    assert!(!dark(&bench));
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::L);
    assert!(dark(&bench));
    bench.click("Light");
    assert!(!dark(&bench));
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    assert_eq!(bench.harness.ctx.zoom_factor(), 1.5);
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    assert_eq!(bench.harness.ctx.zoom_factor(), 1.0);
    // projector mode closed the guide
    assert!(bench.shows("Open the guide"));
    bench.key(Key::F1);
    assert!(bench.shows("Close the guide"));
}

#[test]
fn what_was_open_is_there_again_after_a_kill() {
    let mut bench = window();
    let file = bench.file("winter.csv", samples::find("winter-beverages").unwrap().bytes());
    bench.drop_file(&file);
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::L);
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.let_time_pass();
    let bench = bench.killed_and_restarted();
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Train");
    assert_eq!(bench.harness.ctx.theme(), egui::Theme::Dark);
    assert!(bench.shows("12\u{2009}708 rows"), "{}", bench.labels());
}

#[test]
fn a_pasted_table_is_kept_in_the_workspace() {
    let mut bench = window();
    bench.harness.event(egui::Event::Paste("city;degrees\nBonn;3,5\nKiel;-1,0\n".to_owned()));
    bench.harness.step();
    bench.settle();
    assert!(bench.status().contains("pasted-1.csv: 2 rows, 2 columns"), "{}", bench.status());
    let kept = std::fs::read_to_string(bench.workspace().join("data/pasted-1.csv")).unwrap();
    assert_eq!(kept, "city;degrees\nBonn;3,5\nKiel;-1,0\n");
    bench.let_time_pass();
    assert!(bench.killed_and_restarted().shows("2 rows"));
}

#[test]
fn a_damaged_workspace_opens_with_a_word_about_it() {
    let mut bench = window();
    bench.let_time_pass();
    std::fs::write(bench.workspace().join("workspace.json"), "{\"versions\": [").unwrap();
    let bench = bench.killed_and_restarted();
    assert!(bench.status().contains("workspace.damaged-1.json"), "{}", bench.status());
    assert!(bench.workspace().join("workspace.damaged-1.json").exists());
}

#[test]
fn settings_show_where_work_is_kept_and_every_key() {
    let mut bench = window();
    bench.keys(Modifiers::COMMAND, Key::Comma);
    assert!(bench.shows("Your work is kept in") && bench.shows("Ctrl+Shift+P"), "{}", bench.labels());
    bench.key(Key::Escape);
    assert!(!bench.shows("Your work is kept in"));
}

#[test]
fn tab_reaches_every_page_of_the_rail_and_enter_opens_it() {
    let mut bench = window();
    let mut found = false;
    for _ in 0..60 {
        bench.key(Key::Tab);
        if bench.harness.get_by_role_and_label(egui::Role::Tab, "Train").is_focused() {
            found = true;
            break;
        }
    }
    assert!(found, "Tab does not reach Train");
    bench.key(Key::Enter);
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Train");
}

/// The accessible name of what has the keyboard's focus.
fn focused(bench: &Bench) -> String {
    #[allow(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's lifetimes are narrower than asked for"
    )]
    let node = bench.harness.query_all_by(|node| node.is_focused()).next();
    node.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

#[test]
fn f6_goes_from_panel_to_panel_and_tab_into_it() {
    let mut bench = window();
    let mut seen = Vec::new();
    for _ in 0..6 {
        bench.key(Key::F6);
        seen.push(focused(&bench));
    }
    let panels = [
        "Panel: the page",
        "Panel: guide",
        "Panel: status line",
        "Panel: pages",
        "Panel: state of the deployment",
        "Panel: the page",
    ];
    assert_eq!(seen, panels);
    bench.keys(Modifiers::SHIFT, Key::F6);
    bench.keys(Modifiers::SHIFT, Key::F6);
    assert_eq!(focused(&bench), "Panel: pages");
    bench.key(Key::Tab);
    assert_eq!(focused(&bench), "Walkthrough");
    bench.key(Key::Tab);
    bench.key(Key::Tab);
    bench.key(Key::Enter);
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Train");
    // from within a panel it is the next one all the same
    bench.key(Key::F6);
    assert_eq!(focused(&bench), "Panel: state of the deployment");
}
