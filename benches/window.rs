//! What a frame of the window costs with a table of a million rows, and what such a table costs in memory:
//! `cargo bench --bench window`. Figures are processor time of the thread that paints, without the graphics card's part.
//! What a real window adds (the first frame, rest) is measured by `tests/real_window/figures.sh`.
#![allow(clippy::print_stdout, reason = "figures are to be read")]
#![allow(clippy::unwrap_used, reason = "a benchmark that can't run should say so")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cpu_time::ThreadTime;
use drydock::app::{Drydock, Start};
use drydock::work::Clock;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

const ROWS: u64 = 1_000_000;
const COLUMNS: u64 = 20;
const FRAMES: usize = 200;

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

fn settle(harness: &mut Harness<'_, Drydock>) {
    let mut quiet = 0;
    while quiet < 6 {
        harness.step();
        quiet = if harness.state().is_busy() { 0 } else { quiet + 1 };
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Memory of this process in bytes, where the system tells.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? * 1024.0)
}

/// Milliseconds of processor time a frame, while `key` is pressed at each: median and 95th percentile.
fn frames(harness: &mut Harness<'_, Drydock>, key: Option<Key>) -> (f64, f64) {
    let mut times = Vec::with_capacity(FRAMES);
    for frame in 0..FRAMES {
        match key {
            Some(_) if frame % 40 == 39 => harness.key_press_modifiers(Modifiers::COMMAND, Key::Home),
            Some(key) => harness.key_press(key),
            // something moves, so that nothing is spared
            None => harness.event(egui::Event::PointerMoved(egui::pos2(
                300.0 + (frame % 50) as f32 * 10.0,
                200.0 + (frame % 30) as f32 * 15.0,
            ))),
        }
        let since = ThreadTime::now();
        harness.step();
        let per_frame = if key.is_some() { 2.0 } else { 1.0 }; // a press and a release are two frames
        times.push(since.elapsed().as_secs_f64() * 1e3 / per_frame);
    }
    times.sort_by(f64::total_cmp);
    (times[FRAMES / 2], times[FRAMES * 95 / 100])
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let start =
        Start { folder: Some(folder.path().join("work")), open: None, clock: Clock::system(), cage: None };
    let mut harness = Harness::builder()
        .with_size([1440.0, 900.0])
        .build_eframe(move |cc| Drydock::new(&cc.egui_ctx, start));
    settle(&mut harness);

    let mut csv = String::from("id");
    (1..COLUMNS).for_each(|column| write!(csv, ",c{column}").unwrap());
    csv.push('\n');
    for row in 0..ROWS {
        write!(csv, "{row}").unwrap();
        (1..COLUMNS).for_each(|column| write!(csv, ",{}", (row * column) % 977).unwrap());
        csv.push('\n');
    }
    let path = folder.path().join("million.csv");
    std::fs::write(&path, &csv).unwrap();
    drop(csv);
    let before = resident();
    harness.input_mut().dropped_files.push(Arc::new(Dropped(path)));
    settle(&mut harness);
    println!("table: {ROWS} rows × {COLUMNS} columns");
    if let (Some(before), Some(after)) = (before, resident()) {
        let columns = (ROWS * COLUMNS * 8) as f64;
        println!(
            "memory: {:.0} MB in all, {:.0} MB more than before, {:.2} × the columns' {:.0} MB",
            after / 1e6,
            (after - before) / 1e6,
            (after - before) / columns,
            columns / 1e6
        );
    }
    let show = |name: &str, (median, high): (f64, f64)| {
        println!("frame, {name}: {median:.2} ms median, {high:.2} ms 95th percentile");
    };
    show("Data, scrolling", frames(&mut harness, Some(Key::PageDown)));
    show("Data, pointer moving", frames(&mut harness, None));
    harness.get_by_label("Inspect c1").click();
    settle(&mut harness);
    show("Data with the inspector, scrolling", frames(&mut harness, Some(Key::PageDown)));
    // a model of the million rows, so that Train and Predict have what they show
    harness.key_press(Key::T);
    settle(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut harness);
    println!("{}", harness.state().status().unwrap_or("nothing was said"));
    let pages =
        [Key::Num1, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0];
    for key in pages {
        harness.key_press_modifiers(Modifiers::COMMAND, key);
        settle(&mut harness);
        let page = format!("{:?}", harness.state().page());
        show(&page, frames(&mut harness, None));
    }
}
