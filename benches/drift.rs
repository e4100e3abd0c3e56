//! What a move of a slider on the Drift page costs with a million shifted rows of ten inputs, measured against a million:
//! `cargo bench --bench drift`. Figures are wall clock of whole frames (everything worked out, laid out and made into
//! triangles anew, without the graphics card's part), while the page's workers follow the model over the weeks on the other core.
#![allow(clippy::print_stdout, reason = "figures are to be read")]
#![allow(clippy::unwrap_used, reason = "a benchmark that can't run should say so")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use drydock::app::{Drydock, Start};
use drydock::data::{ReadOptions, Source, read_csv};
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::{Clock, Progress, Seed};
use eframe::egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use rand::RngExt;

const ROWS: usize = 2_000_000;
const COLUMNS: usize = 10;
const MOVES: usize = 60;

fn settle(harness: &mut Harness<'_, Drydock>) {
    let mut quiet = 0;
    while quiet < 6 {
        harness.step();
        quiet = if harness.state().is_busy() { 0 } else { quiet + 1 };
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Milliseconds of a frame, down to the triangles that a graphics card is given.
fn frame(harness: &mut Harness<'_, Drydock>) -> f64 {
    let since = Instant::now();
    harness.step();
    let drawn = harness.output();
    std::hint::black_box(harness.ctx.tessellate(drawn.shapes.clone(), drawn.pixels_per_point));
    since.elapsed().as_secs_f64() * 1e3
}

fn show(name: &str, mut times: Vec<f64>) {
    if std::env::var_os("EACH").is_some() {
        println!("{name}: {times:.1?}");
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[(times.len() as f64 * share) as usize];
    println!(
        "{name}: {:.1} ms least, {:.1} ms median, {:.1} ms 95th percentile, {:.1} ms most, of {}",
        times[0],
        at(0.5),
        at(0.95),
        times[times.len() - 1],
        times.len()
    );
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = Seed(1).rng("bench");
    let mut csv = String::new();
    (1..=COLUMNS).for_each(|column| write!(csv, "x{column},").unwrap());
    csv.push_str("y\n");
    for _ in 0..ROWS {
        let mut y = 0.0;
        for column in 1..=COLUMNS {
            // about normal: a sum of uniforms
            let x: f64 = (0..4).map(|_| rng.random::<f64>()).sum::<f64>() - 2.0;
            y += x * column as f64;
            write!(csv, "{x:.5},").unwrap();
        }
        writeln!(csv, "{:.3}", y + rng.random::<f64>()).unwrap();
    }
    let path = folder.path().join("two-million.csv");
    std::fs::write(&path, &csv).unwrap();
    drop(csv);
    let workspace = folder.path().join("work");
    std::fs::create_dir_all(workspace.join("models")).unwrap();
    let options = ReadOptions { hash: true, ..ReadOptions::default() };
    let loaded = read_csv(&Source::open(&path).unwrap(), &options, &Progress::new()).unwrap();
    let settings = Settings { test_fraction: 0.5, folds: 0, name: "model".into(), ..Settings::new("y") };
    let plan = Plan::new(settings, &loaded.table).unwrap();
    let trained =
        train(&plan, &loaded.table, &Origin::of("two-million.csv", &loaded), &Progress::new()).unwrap();
    std::fs::write(workspace.join("models/v1.json"), trained.model.to_json()).unwrap();
    drop((loaded, plan));
    let saved = serde_json::json!({
        "data": {"path": path},
        "roles": {"y": "target"},
        "versions": [{"number": 1, "at_unix_millis": 0, "seconds": 0.0}],
        "champion": 1,
        "next_number": 2,
        "screen": {"page": "drift"},
    });
    std::fs::write(workspace.join("workspace.json"), saved.to_string()).unwrap();
    let start = Start { folder: Some(workspace), open: None, clock: Clock::system(), cage: None };
    let mut harness = Harness::builder()
        .with_size([1440.0, 900.0])
        // frames of a screen, as far as the page's own clock goes
        .with_step_dt(1.0 / 60.0)
        .build_eframe(move |cc| Drydock::new(&cc.egui_ctx, start));
    let since = Instant::now();
    while harness.query_by_role_and_label(Role::Slider, "x1: mean").is_none() {
        harness.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    println!(
        "from the start to the sliders: {:.1} s (the file read, every input sorted)",
        since.elapsed().as_secs_f64()
    );
    settle(&mut harness);
    println!("until every verdict and week stands: {:.1} s", since.elapsed().as_secs_f64());

    let set = |harness: &mut Harness<'_, Drydock>, slider: &str, value: f64| {
        harness.get_by_role_and_label(Role::Slider, slider).set_value_accesskit(value);
        // the value comes in with this frame, which draws what it does to the rows
        frame(harness)
    };
    let still = |harness: &mut Harness<'_, Drydock>| (0..MOVES).map(|_| frame(harness)).collect::<Vec<_>>();
    show("a frame at rest", still(&mut harness));
    // as by a script, of memory that nobody has read for a while; a hand comes over the slider first
    let cold = vec![set(&mut harness, "x5: mean", 0.3)];
    show("the first move of a slider that neither pointer nor focus has come to", cold);
    settle(&mut harness);
    let come_to = |harness: &mut Harness<'_, Drydock>, slider: &str| {
        harness.get_by_role_and_label(Role::Slider, slider).hover();
        // three frames of a screen: no hand is quicker from arriving to dragging
        for _ in 0..3 {
            harness.step();
            std::thread::sleep(Duration::from_millis(16));
        }
    };
    come_to(&mut harness, "x3: mean");
    let one = (1..=MOVES).map(|at| set(&mut harness, "x3: mean", 0.1 + at as f64 * 0.02)).collect();
    show("one slider moved, with workers busy", one);
    settle(&mut harness);
    come_to(&mut harness, "x4: spread");
    let spread = (1..=MOVES).map(|at| set(&mut harness, "x4: spread", at as f64 + 4.0)).collect();
    show("one slider that moves each prediction by its own amount", spread);
    let waits = harness.query_all_by_role(Role::Button).filter(|node| {
        node.accesskit_node().label().is_some_and(|label| label.contains("PSI") && label.contains("…"))
    });
    println!("cards whose verdict is not of the frame itself: {} of {}", waits.count(), COLUMNS + 1);
    settle(&mut harness);
    let mut all = Vec::new();
    for _ in 0..12 {
        for column in 1..=COLUMNS {
            set(&mut harness, &format!("x{column}: mean"), 0.3);
        }
        // every input back where it was: all ten worked out at once, the dearest place of the sliders
        harness.key_press(Key::Num0);
        let first = frame(&mut harness);
        let second = frame(&mut harness);
        all.push(first.max(second));
    }
    settle(&mut harness);
    show("all ten sliders back at once", all);
    harness.get_by_label("x3: more sliders").click();
    settle(&mut harness);
    come_to(&mut harness, "x3: noise");
    let since = Instant::now();
    set(&mut harness, "x3: noise", 0.4);
    let mut exact = 0.0;
    let mut worst = 0.0_f64;
    while exact == 0.0 {
        worst = worst.max(frame(&mut harness));
        let is_rough = harness.query_all_by_role(Role::Button).any(|node| {
            node.accesskit_node()
                .label()
                .is_some_and(|label| label.starts_with("x3: ") && label.contains('±'))
        });
        if !is_rough {
            exact = since.elapsed().as_secs_f64() * 1e3;
        }
    }
    println!("noise: {exact:.0} ms until the exact figures stand, {worst:.1} ms the longest frame");
    let is_open = |harness: &Harness<'_, Drydock>| {
        harness.query_all_by_role(Role::Button).any(|node| {
            node.accesskit_node().label().is_some_and(|label| label.contains("PSI") && label.contains("…"))
        })
    };
    while is_open(&harness) {
        worst = worst.max(frame(&mut harness));
    }
    let verdicts = since.elapsed().as_secs_f64() * 1e3;
    println!("noise: {verdicts:.0} ms until every verdict stands, {worst:.1} ms the longest frame");
}
