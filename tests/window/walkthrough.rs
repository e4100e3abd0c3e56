//! The lesson: units are read, steps lead to pages, and a tick is what really happened there.

use drydock::lesson::{Language, units};
use drydock::model::ModelKind;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::json;

use crate::bench::Bench;
use crate::predict::with_model;

/// Presses what may stand below the fold, as a screen reader does.
fn press(bench: &mut Bench, label: &str) {
    bench.one(label).click_accesskit();
    bench.settle();
}

fn at_lesson(theme: egui::Theme) -> Bench {
    let mut bench = Bench::sized(1440.0, 900.0, theme);
    bench.click("Walkthrough");
    bench.settle();
    bench
}

#[test]
fn a_step_is_followed_done_and_explained() {
    let mut bench = at_lesson(egui::Theme::Light);
    assert!(bench.says("0 of 6 units done, about "), "{}", bench.labels());
    assert!(bench.says("The course's table is open: to do"), "{}", bench.labels());
    assert!(!bench.says("12 708 rows"), "the explanation comes after the success");
    // help comes on demand, a little at a time
    press(&mut bench, "Give me a hint: Take the course's table");
    assert!(bench.says("second one in the rail") && !bench.says("the first one is the course's"));
    press(&mut bench, "One more hint: Take the course's table");
    assert!(bench.says("the first one is the course's"));
    bench.picture("walkthrough");
    press(&mut bench, "Go to Data: Take the course's table");
    // the guide has the step now, and the page is where it is done
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Data");
    assert!(bench.says("Take the course's table"), "{}", bench.labels());
    assert!(bench.says("The course's table is open: to do") && bench.says("The ring on the page marks"));
    bench.click("Use this sample: Winter beverages");
    bench.wait_till_said("The course's table is open: done");
    bench.settle();
    // what is to be understood stands beside the page, with the way on
    assert!(bench.says("The table has 12 708 rows.") && !bench.says("The ring on the page marks"));
    bench.click("Next step");
    bench.settle();
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Train");
    // the next step asks before it is done, and says afterwards whether it came true
    press(&mut bench, "The same on both");
    bench.keys(Modifiers::COMMAND, Key::Enter);
    bench.wait_till_said("It beats the naive model on them: done");
    bench.settle();
    assert!(bench.says("Not as you said. It has seen the first ones."), "{}", bench.labels());
    bench.click("Walkthrough");
    bench.settle();
    assert!(bench.says("Not as you said. It has seen the first ones."), "{}", bench.labels());
    // the questions at the end explain a right answer, and give a wrong one no tick
    press(&mut bench, "You did, when the page opened");
    assert!(bench.says("Not this one."), "{}", bench.labels());
    press(&mut bench, "The shop did, in a job that ran before; the page only looks the result up");
    press(&mut bench, "A card payment that is checked while you wait");
    assert!(bench.says("0 of 6 units done"), "the board is still to sort");
    press(&mut bench, "To the board: Sort the systems");
    crate::board::sort_all(&mut bench);
    bench.click("Run it: Thermostat controller");
    bench.click("Run it: Churn list");
    bench.click("Read the unit");
    bench.wait_till_said("1 of 6 units done");
    assert!(bench.says("Lesson 1: AI around you, 14 min, done"), "{}", bench.labels());
    bench.picture("walkthrough_done");
    // starting over can be taken back
    bench.click("Start over");
    bench.settle();
    assert!(bench.says("0 of 6 units done") && bench.says("Ctrl+Z takes it back"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Z);
    bench.wait_till_said("1 of 6 units done");
    // what was done outlives the window
    bench.let_time_pass();
    let bench = bench.killed_and_restarted();
    assert!(bench.says("1 of 6 units done"), "{}", bench.labels());
}

#[test]
fn another_table_than_the_lesson_is_about_is_no_tick() {
    let mut bench = at_lesson(egui::Theme::Light);
    press(&mut bench, "Go to Data: Take the course's table");
    bench.click("Use this sample: Bike rentals by the hour");
    bench.wait_till_said("Loaded bike");
    bench.settle();
    assert!(bench.says("The course's table is open: to do"), "{}", bench.labels());
}

/// Every figure that the lesson quotes of its data, counted by the csv crate.
#[test]
fn what_the_lesson_says_of_its_data_is_so() {
    let sample = drydock::data::samples::find("winter-beverages").unwrap();
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(sample.bytes()).records().map(Result::unwrap).collect();
    let shops: std::collections::BTreeSet<&str> = rows.iter().map(|row| &row[1]).collect();
    // a winter begins in November
    let winters: std::collections::BTreeSet<i32> = rows
        .iter()
        .map(|row| row[0][..4].parse::<i32>().unwrap() - i32::from(&row[0][5..7] < "07"))
        .collect();
    let unit = &units(Language::English).unwrap()[0];
    let step = unit.steps.iter().find(|step| step.id == "open").unwrap();
    assert!(step.action.contains(&format!("{} shops, {} winters", shops.len(), winters.len())));
    let n = rows.len().to_string();
    let (thousands, rest) = n.split_at(n.len() - 3);
    assert!(step.after.contains(&format!("{thousands}\u{2009}{rest} rows")), "{}", step.after);
    // the board's own figures
    let sort = unit.steps.iter().find(|step| step.id == "sort").unwrap();
    assert_eq!(unit.cards.len(), 12);
    assert!(sort.action.contains("twelve") && sort.tasks[0].text.contains("12 cards"));
    assert_eq!(unit.cards.iter().filter(|card| card.waits).count(), 5);
    assert!(sort.predict.as_ref().unwrap().reveal.starts_with("Five do."));
}

/// Brings the step with that title to its starting state, as an instructor does.
fn begin(bench: &mut Bench, (number, unit): (usize, &drydock::lesson::Unit), title: &str) {
    bench.click("Walkthrough");
    bench.settle();
    if bench.says("Read the unit") {
        bench.click("Read the unit");
        bench.settle();
    }
    let line = bench.text_of(&format!("Lesson {number}: {}", unit.title));
    bench.click(&line);
    bench.settle();
    press(bench, &format!("Begin here: {title}"));
    bench.settle();
}

/// Writes what is shown into the folder that LOOK names, for an author to look every step over: a server's port and what was
/// measured change, so that such pictures can't be compared.
pub(crate) fn look(bench: &mut Bench, name: &str, projector: bool) {
    let Some(folder) = std::env::var_os("LOOK") else { return };
    let keys = Modifiers::COMMAND | Modifiers::SHIFT;
    if projector {
        bench.keys(keys, Key::P);
    }
    bench.settle();
    let image = bench.harness.render().unwrap();
    image.save(std::path::Path::new(&folder).join(format!("{name}.png"))).unwrap();
    if projector {
        bench.keys(keys, Key::P);
        bench.key(Key::F1);
    }
}

/// The lesson from start to end: every step begins unsolved, what it points to is there, its script solves it, and what is to
/// be understood afterwards is said. The learner's own work is untouched by all of it.
#[test]
fn the_whole_lesson_is_played_through() {
    let mut bench = Bench::prepared(1440.0, 900.0, egui::Theme::Light, |workspace| {
        let mut saved = with_model(workspace, "winter-beverages", ModelKind::Linear);
        saved["screen"] = json!({"page": "walkthrough", "guide_open": true, "serve": {"port": "0"}});
        saved
    });
    bench.wait_till_said("units done");
    bench.click("Teach the lesson");
    bench.settle();
    let mut played = 0;
    for (at, unit) in units(Language::English).unwrap().iter().enumerate() {
        for step in &unit.steps {
            let place = format!("{}/{}", unit.id, step.id);
            begin(&mut bench, (at + 1, unit), &step.title);
            let guide = bench.says(&unit.title) && bench.says(&step.title) && bench.says(&step.action);
            assert!(guide, "{place}: {}", bench.labels());
            for task in &step.tasks {
                assert!(bench.says(&format!("{}: to do", task.text)), "{place} begins solved: {}", task.text);
            }
            let wanted = step.highlight.as_deref().unwrap();
            let found = bench.harness.query_all_by_label(wanted).count();
            assert!(found > 0, "{place}: '{wanted}' is not there; {}", bench.labels());
            // a server's port is another every time
            if !step.start.contains(&drydock::lesson::Line::Serve) {
                bench.picture(&format!("lesson_{}_{}", at + 1, step.id));
            }
            look(&mut bench, &format!("{}_{}", at + 1, step.id), false);
            press(&mut bench, "Solve it");
            bench.settle();
            look(&mut bench, &format!("{}_{}_solved", at + 1, step.id), false);
            for task in &step.tasks {
                let done = format!("{}: done", task.text);
                assert!(bench.says(&done), "{place}: its script does not solve it; {}", bench.labels());
            }
            if step.id == "move" {
                // what is said afterwards of this very model: one input drifted, the others are calm
                assert!(step.after.starts_with("footfall drifted, the others are calm."));
                for (input, drifts) in [("footfall", true), ("temperature_c", false), ("price", false)] {
                    let psi = crate::drift::psi(&crate::drift::card(&bench, input));
                    assert!(if drifts { psi > 0.25 } else { psi < 0.1 }, "{input}: {psi}");
                }
                assert!(
                    step.after.contains("in week 9") && step.after.contains("in week 11"),
                    "{}",
                    step.after
                );
                assert!(bench.says("above the line from week 9, known in week 11"), "{}", bench.labels());
            }
            if step.id == "watch" {
                assert!(step.after.contains("red in nearly every window from then on"));
                let red = |input: &str| -> usize {
                    let said = bench.text_of(&format!("{input}: "));
                    said[input.len() + 2..].split(' ').next().unwrap().parse().unwrap()
                };
                // the change comes in week 9 of 20
                assert!(red("footfall") >= 10 && red("temperature_c") <= 2, "{}", bench.labels());
            }
            bench.click("Walkthrough");
            bench.settle();
            assert!(bench.says(&step.after), "{place}: {}", bench.labels());
            look(&mut bench, &format!("{}_{}_projector", at + 1, step.id), true);
            played += 1;
        }
    }
    assert_eq!(played, 15);
    bench.picture("lesson_large");
    // nothing of it was the learner's
    press(&mut bench, "Back to my own work");
    bench.settle();
    bench.click("Walkthrough");
    bench.wait_till_said("0 of 6 units done");
    bench.click("Train");
    bench.settle();
    assert!(bench.says("v1"), "{}", bench.labels());
}

#[test]
fn every_unit_can_be_read_and_every_step_leads_to_a_page_that_is_there() {
    let mut bench = at_lesson(egui::Theme::Dark);
    for (at, unit) in units(Language::English).unwrap().iter().enumerate() {
        let line = bench.text_of(&format!("Lesson {}: {}", at + 1, unit.title));
        bench.click(&line);
        bench.settle();
        assert!(bench.says(&unit.purpose), "{}: {}", unit.id, bench.labels());
        if let Some(coming) = &unit.coming {
            assert!(bench.says(coming) && bench.says("Reading now, activity to come"), "{}", unit.id);
        }
        for step in &unit.steps {
            let go = bench.harness.query_all_by_role(egui::Role::Button).find(|node| {
                let label = node.accesskit_node().label().unwrap_or_default();
                (label.starts_with("Go to ") || label.starts_with("To the board"))
                    && label.ends_with(&format!(": {}", step.title))
            });
            assert!(go.is_some(), "{}/{}: {}", unit.id, step.id, bench.labels());
            for task in &step.tasks {
                assert!(
                    bench.says(&format!("{}: to do", task.text)),
                    "{}/{} starts unsolved",
                    unit.id,
                    step.id
                );
            }
        }
        if at == 6 {
            bench.picture("walkthrough_dark");
        }
    }
    press(&mut bench, "Copy all that is to keep");
}

/// The first start asks one question, once; the sample is a click away whatever is answered.
#[test]
fn the_first_start_asks_what_brings_one_here() {
    for (answer, page, teaches) in
        [("Learn", "Walkthrough", false), ("Teach", "Walkthrough", true), ("Just use it", "Data", false)]
    {
        let mut bench = Bench::prepared(1440.0, 900.0, egui::Theme::Light, |_| json!({}));
        // as if nothing had ever been kept there
        std::fs::remove_file(bench.workspace().join("workspace.json")).unwrap();
        bench = bench.killed_and_restarted();
        assert!(bench.says("Welcome. Teach, learn, or just use it?"), "{}", bench.labels());
        assert!(bench.says("Use this sample: Winter beverages"));
        if answer == "Learn" {
            bench.picture("first_start");
        }
        bench.click(answer);
        bench.settle();
        assert_eq!(format!("{:?}", bench.harness.state().page()), page);
        if page == "Walkthrough" {
            assert_eq!(
                bench.harness.query_all_by_label("Begin here: Take the course's table").count() == 1,
                teaches
            );
        }
        bench.let_time_pass();
        let mut bench = bench.killed_and_restarted();
        bench.click("Data");
        bench.settle();
        assert!(!bench.says("Welcome. "), "{answer}: {}", bench.labels());
    }
}

/// Every term has its meaning where it stands, and in a list; each page says what it is called in other tools.
#[test]
fn terms_and_tools_are_explained_where_they_stand() {
    let mut bench = at_lesson(egui::Theme::Light);
    let word = bench.one("A non-interactive model works without a question. A shop's recommendations were worked out last night; the page only shows them. What you do is collected, and the model's result is there before you come. Most of what reaches you in a day is of this kind.");
    let at = word.rect().left_top() + egui::vec2(40.0, 8.0);
    bench.harness.hover_at(at);
    bench.wait_till_said("Nobody asks in that moment");
    bench.click("Glossary");
    bench.settle();
    assert!(
        bench.says("Not concept drift: the relation to the target may be what it was"),
        "{}",
        bench.labels()
    );
    bench.click("Serve");
    bench.settle();
    assert!(!bench.says("A Deployment with replicas behind a Service"));
    bench.click("What this is called elsewhere");
    bench.settle();
    assert!(bench.says("A Deployment with replicas behind a Service"), "{}", bench.labels());
    bench.picture("tools");
}

/// The lesson is there in another language in the very window in which that is chosen, and goes on where it stood.
#[test]
fn the_language_changes_in_the_settings_without_a_restart() {
    let mut bench = at_lesson(egui::Theme::Light);
    press(&mut bench, "To the board: Sort the systems");
    bench.one("Card payment check").focus();
    bench.harness.step();
    bench.key(Key::ArrowDown);
    bench.keys(Modifiers::COMMAND, Key::Comma);
    bench.click("Deutsch");
    bench.click("Close settings");
    bench.settle();
    assert!(bench.says("Wohin gehört welches System?"), "{}", bench.labels());
    // what was sorted lies where it lay, under its other name, and is what the step points to
    assert!(bench.says("Interaktiv, einzelner Datensatz: 1 Karte"), "{}", bench.labels());
    assert!(bench.says("Kartenzahlung liegt richtig."), "{}", bench.labels());
    bench.picture("board_german");
    bench.click("Einheit lesen");
    bench.settle();
    assert!(bench.says("0 von 6 Einheiten erledigt, noch etwa "), "{}", bench.labels());
    bench.picture("walkthrough_german");
    for (at, unit) in units(Language::German).unwrap().iter().enumerate() {
        let line = bench.text_of(&format!("Einheit {}: {}", at + 1, unit.title));
        bench.click(&line);
        bench.settle();
        assert!(bench.says(&unit.purpose), "{}: {}", unit.id, bench.labels());
        for step in &unit.steps {
            assert!(bench.says(&format!("{}: offen", step.tasks[0].text)), "{}/{}", unit.id, step.id);
        }
    }
    // it is kept, and changes back
    bench.let_time_pass();
    let mut bench = bench.killed_and_restarted();
    assert!(bench.says("0 von 6 Einheiten erledigt"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Comma);
    bench.click("English");
    bench.click("Close settings");
    assert!(bench.says("0 of 6 units done"), "{}", bench.labels());
}

/// On the fast track there is nothing to read, and no tick for what was not done.
#[test]
fn the_fast_track_has_the_tasks_and_the_questions_only() {
    let mut bench = at_lesson(egui::Theme::Light);
    let unit = &units(Language::English).unwrap()[0];
    assert!(bench.says(&unit.steps[0].why));
    bench.click("Take the fast track");
    bench.settle();
    assert!(!bench.says(&unit.steps[0].why) && !bench.says("must not be there"), "{}", bench.labels());
    assert!(bench.says(&format!("{}: to do", unit.steps[0].tasks[0].text)));
    assert!(bench.says(&unit.quiz[0].question));
    bench.picture("fast_track");
    // a part of the unit is a click away
    bench.click("Check yourself, to do");
    bench.settle();
    assert!(bench.says("0/6"), "{}", bench.labels());
}
