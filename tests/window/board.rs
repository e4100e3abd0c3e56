//! The sorting board: cards are sorted by hand and by keys, a wrong one asks a question back, and each that can run runs.

use drydock::lesson::{Language, units};
use drydock::model::ModelKind;
use drydock::work::Clock;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::json;

use crate::bench::Bench;
use crate::predict::with_model;

fn at_board(theme: egui::Theme) -> Bench {
    let mut bench = Bench::sized(1440.0, 900.0, theme);
    bench.click("Walkthrough");
    bench.settle();
    bench.one("To the board: Sort the systems").click_accesskit();
    bench.settle();
    assert!(bench.says("Where does each system belong?"), "{}", bench.labels());
    bench
}

/// What a card says of itself to a screen reader.
fn state_of(bench: &Bench, card: &str) -> String {
    let mut found = bench.harness.query_all_by_label(card);
    found.find_map(|node| node.accesskit_node().value()).unwrap_or_default()
}

/// Moves every card from the tray to where it belongs, by keys.
pub(crate) fn sort_all(bench: &mut Bench) {
    for card in &units(Language::English).unwrap()[0].cards {
        bench.one(&card.title).focus();
        bench.harness.step();
        bench.key(Key::ArrowDown);
        if card.many {
            bench.key(Key::ArrowRight);
        }
        if !card.waits {
            bench.key(Key::ArrowDown);
        }
    }
}

/// Drags a card by its middle to a place.
fn drag(bench: &mut Bench, card: &str, to: egui::Pos2) {
    let from = bench.one(card).rect().left_center() + egui::vec2(60.0, 0.0);
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    bench.harness.event(egui::Event::PointerMoved(from));
    bench.harness.step();
    bench.harness.event(button(from, true));
    bench.harness.step();
    for part in 1..=4 {
        let at = from + (to - from) * (part as f32 / 4.0);
        bench.harness.event(egui::Event::PointerMoved(at));
        bench.harness.step();
    }
    bench.harness.event(button(to, false));
    bench.harness.step();
    bench.settle();
}

#[test]
fn cards_are_dragged_and_a_wrong_one_asks_back() {
    let mut bench = at_board(egui::Theme::Light);
    bench.picture("board_empty");
    let place = |bench: &Bench, field: &str| bench.one(field).rect().center();
    let to = place(&bench, "Non-interactive, batch: 0 cards");
    drag(&mut bench, "Mail spam filter", to);
    assert!(bench.says("Non-interactive, batch: 1 card"), "{}", bench.labels());
    assert_eq!(state_of(&bench, "Mail spam filter"), "Non-interactive, batch; Does mail arrive in bulk?");
    assert!(bench.says("Look again at Mail spam filter. Does mail arrive in bulk?"), "{}", bench.labels());
    assert!(bench.says("0 of 1 right"));
    let to = place(&bench, "Non-interactive, single record: 0 cards");
    drag(&mut bench, "Mail spam filter", to);
    assert!(bench.says("Mail spam filter lies right. Each message"), "{}", bench.labels());
    assert!(bench.says("1 of 1 right"));
    // dropped beside every field it stays where it was
    drag(&mut bench, "Mail spam filter", egui::pos2(1300.0, 700.0));
    assert!(bench.says("1 of 1 right"));
    // and goes back to the tray
    let tray = bench.one("Lane assist").rect().center();
    drag(&mut bench, "Mail spam filter", tray);
    assert!(state_of(&bench, "Mail spam filter").starts_with("to sort"));
}

#[test]
fn cards_are_moved_by_keys_and_the_task_is_done_when_all_lie_right() {
    let mut bench = at_board(egui::Theme::Light);
    let focus = |bench: &mut Bench, card: &str| {
        bench.one(card).focus();
        bench.harness.step();
    };
    focus(&mut bench, "Card payment check");
    bench.key(Key::ArrowDown);
    assert!(state_of(&bench, "Card payment check").starts_with("Interactive, single record"));
    bench.key(Key::ArrowRight);
    assert!(bench.says("Look again at Card payment check."), "{}", bench.labels());
    // picked up, carried, put down where it was, and carried on
    bench.key(Key::Space);
    bench.key(Key::ArrowLeft);
    bench.key(Key::Escape);
    assert!(state_of(&bench, "Card payment check").starts_with("Interactive, batch"));
    focus(&mut bench, "Card payment check");
    bench.key(Key::Space);
    bench.key(Key::ArrowLeft);
    bench.key(Key::Space);
    assert!(state_of(&bench, "Card payment check").starts_with("Interactive, single record"));
    assert!(bench.says("Each of the 12 cards lies where it belongs: to do"));
    bench.key(Key::ArrowUp);
    assert!(state_of(&bench, "Card payment check").starts_with("to sort"));
    sort_all(&mut bench);
    assert!(bench.says("12 of 12 right"), "{}", bench.labels());
    bench.wait_till_said("Each of the 12 cards lies where it belongs: done");
    bench.picture("board_sorted");
    // what was sorted outlives the window, and is sorted anew on demand
    bench.let_time_pass();
    let mut bench = bench.killed_and_restarted();
    assert!(bench.says("12 of 12 right"), "{}", bench.labels());
    bench.click("Sort again");
    assert!(state_of(&bench, "Lane assist").starts_with("to sort"));
}

/// Without a model and a server a card says what it lacks, with the way there; then each of them truly runs.
#[test]
fn cards_run_by_the_learners_own_model() {
    let mut bench = at_board(egui::Theme::Dark);
    bench.click("Run it: Card payment check");
    assert!(state_of(&bench, "Card payment check").ends_with("No model yet"));
    bench.one("Mail spam filter").focus();
    bench.harness.step();
    bench.key(Key::ArrowRight);
    bench.picture("board_dark");
    // half as large again, there is no room for the title beside the buttons
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    bench.picture("board_projector");
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    bench.click("Train one: Card payment check");
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Train");

    let mut bench = Bench::prepared_at(Clock::system(), 1440.0, 900.0, egui::Theme::Light, |workspace| {
        let mut saved = with_model(workspace, "winter-beverages", ModelKind::Linear);
        saved["screen"] = json!({
            "page": "walkthrough",
            "guide_open": true,
            "serve": {"port": "0"},
            "walkthrough": {"unit": "ai-around-you", "following": ["ai-around-you", "run"]},
        });
        saved
    });
    bench.wait_till_said("Where does each system belong?");
    bench.settle();
    bench.click("Run it: Card payment check");
    assert!(state_of(&bench, "Card payment check").ends_with("Not serving"), "{}", bench.labels());
    bench.click("Start it: Card payment check");
    bench.wait_for("Run it: Card payment check");
    bench.settle();
    for card in &units(Language::English).unwrap()[0].cards {
        let name = format!("Run it: {}", card.title);
        if card.run.is_none() {
            bench.click(&name);
            assert!(state_of(&bench, &card.title).ends_with(&card.caption), "{}", card.title);
            continue;
        }
        bench.one(&name).click_accesskit();
        bench.settle();
        let said = state_of(&bench, &card.title);
        let is_right = match card.id.as_str() {
            "churn-list" | "nightly-forecast" | "shop-recommendations" => {
                said.contains("12\u{2009}708 rows in ")
            }
            "lane-assist" => said.contains("30 rows, each in "),
            "sensor-alarm" => said.contains("60 rows, each in "),
            "text-completion" => said.contains(" tokens in "),
            "phone-keyboard" => said.contains("1 token in "),
            "price-list" => said.contains("84 rows in "),
            _ => said.contains("1 row in "),
        };
        assert!(is_right, "{}: {said}; {}", card.title, bench.status());
    }
    assert!(bench.says("A system with a single record ran: done"));
    assert!(bench.says("A system with a batch ran: done"));
    // R runs the chosen card again
    bench.one("Thermostat controller").focus();
    bench.harness.step();
    bench.key(Key::R);
    assert!(bench.status().starts_with("Ran Thermostat controller: 1 row in "), "{}", bench.status());
}
