//! A seeded monkey: clicks, drags, keys, text and dropped files at random over every page. Nothing may panic, no job may
//! be stuck, and what was kept must open again.

use drydock::data::samples;
use drydock::work::Seed;
use eframe::egui::{self, Key, Modifiers, PointerButton, Pos2, Vec2, pos2};
use rand::RngExt;

use crate::bench::{Bench, window};

/// How many things the monkey does.
const DEEDS: usize = 20_000;

const KEYS: [Key; 24] = [
    Key::Tab,
    Key::Enter,
    Key::Space,
    Key::Escape,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::Delete,
    Key::Backspace,
    Key::Home,
    Key::End,
    Key::PageUp,
    Key::PageDown,
    Key::F1,
    Key::F5,
    Key::F,
    Key::T,
    Key::I,
    Key::C,
    Key::S,
    Key::Z,
    Key::K,
    Key::L,
];

const TEXTS: [&str; 8] = ["1", "-4.5", "abc", "1e999", "", "Ünïcödé 漢字", "=1+1", "2024-02-30"];

fn press(bench: &mut Bench, at: Pos2, button: PointerButton, pressed: bool) {
    let modifiers = Modifiers::NONE;
    bench.harness.event(egui::Event::PointerMoved(at));
    bench.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
}

#[test]
fn twenty_thousand_random_deeds_break_nothing() {
    let mut bench = window();
    // what the monkey types and opens may be in any script; a real window asks the system for such fonts
    bench.harness.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    let files = [
        bench.file("winter.csv", samples::find("winter-beverages").unwrap().bytes()),
        bench.file("diabetes.csv", samples::find("diabetes").unwrap().bytes()),
        bench.file("weather.csv", samples::find("seattle-weather").unwrap().bytes()),
        bench.file("empty.csv", ""),
        bench.file("quote.csv", "a,b\n1,\"never closed\n2,3\n"),
        bench.file("ragged.csv", "a,b\n1\n2,3,4\n"),
        bench.file("no_model.json", "{}"),
        bench.file("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0"),
    ];
    let mut rng = Seed(7).rng("monkey");
    let mut at = pos2(700.0, 450.0);
    for deed in 0..DEEDS {
        let anywhere = pos2(rng.random_range(0.0..1440.0), rng.random_range(0.0..900.0));
        match rng.random_range(0..100) {
            0..55 => {
                at = anywhere;
                let button = if rng.random_range(0..20) == 0 {
                    PointerButton::Secondary
                } else {
                    PointerButton::Primary
                };
                press(&mut bench, at, button, true);
                bench.harness.step();
                press(&mut bench, at, button, false);
            }
            55..67 => {
                press(&mut bench, at, PointerButton::Primary, true);
                bench.harness.step();
                bench.harness.event(egui::Event::PointerMoved(anywhere));
                bench.harness.step();
                press(&mut bench, anywhere, PointerButton::Primary, false);
            }
            67..82 => {
                let key = KEYS[rng.random_range(0..KEYS.len())];
                let modifiers = match rng.random_range(0..6) {
                    0 => Modifiers::COMMAND,
                    1 => Modifiers::SHIFT,
                    2 => Modifiers::COMMAND | Modifiers::SHIFT,
                    _ => Modifiers::NONE,
                };
                bench.harness.key_press_modifiers(modifiers, key);
            }
            82..87 => {
                bench.harness.event(egui::Event::Text(TEXTS[rng.random_range(0..TEXTS.len())].to_owned()));
            }
            87..95 => {
                let delta = Vec2::new(0.0, rng.random_range(-400.0..400.0));
                bench.harness.event(egui::Event::MouseWheel {
                    unit: egui::MouseWheelUnit::Point,
                    delta,
                    phase: egui::TouchPhase::Move,
                    source: egui::MouseWheelSource::Wheel,
                    modifiers: Modifiers::NONE,
                });
            }
            95..97 => {
                let file = files[rng.random_range(0..files.len())].clone();
                bench.offer(&file);
            }
            97 => bench.harness.event(egui::Event::Paste("a;b\n1;2\n3;4\n".to_owned())),
            _ => {
                let page = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num7][rng.random_range(0..5)];
                bench.harness.key_press_modifiers(Modifiers::COMMAND, page);
            }
        }
        bench.harness.step();
        if deed % 1000 == 999 {
            bench.settle();
        }
    }
    bench.settle();
    bench.let_time_pass();
    let bench = bench.killed_and_restarted();
    assert!(!bench.status().contains("could not be opened"), "{}", bench.status());
    assert!(!bench.labels().is_empty());
}
