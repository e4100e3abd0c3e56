//! What is around every page.

use eframe::egui::{Key, Modifiers};

use crate::bench::window;

#[test]
fn the_first_window_looks_like_this() {
    let mut bench = window();
    bench.picture("frame_empty");
}

#[test]
fn control_and_a_number_open_the_pages_in_rail_order() {
    let mut bench = window();
    bench.keys(Modifiers::COMMAND, Key::Num5);
    assert_eq!(format!("{:?}", bench.harness.state().page()), "Serve");
    bench.keys(Modifiers::COMMAND, Key::Num0);
    assert_eq!(format!("{:?}", bench.harness.state().page()), "SetUp");
}
