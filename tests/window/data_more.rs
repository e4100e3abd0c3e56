//! The Data page: rules for gaps, rows that come while a file is read, widths, lines of another length, keys alone, and
//! its looks at every size.

use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{AccessKitNode, NodeT as _, Queryable as _};

use crate::bench::{Bench, window};

const WINTER: &str = "Use this sample: Winter beverages";
/// A quote is opened in line 4 and never closed, and another one in line 6.
const BROKEN: &str = "day,store,note,units\n\
    2025-02-07,S01,fine,208\n\
    2025-02-08,S02,fine,203\n\
    2025-02-09,S03,\"snow all day,180\n\
    2025-02-10,S04,fine,248\n\
    2025-02-11,S05,6 o'clock,221\n";
/// A decimal comma among commas, a field too few, and a field too many that is no comma.
const ODD: &str = "price,store,units\n1.79,S01,10\n1,79,S02,11\n1.59,S03\n1.69,S04,13\n1.49,S05,14,x\n";

/// Chooses in a list by its name: down from the entry in force.
fn choose(bench: &mut Bench, list: &str, downs: usize) {
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, list).focus();
    bench.settle();
    for _ in 0..downs {
        bench.key(Key::ArrowDown);
    }
}

fn model(bench: &Bench) -> serde_json::Value {
    let bytes = std::fs::read(bench.workspace().join("models/v1.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn a_rule_for_gaps_is_kept_and_goes_into_the_model() {
    let mut bench = window();
    bench.click(WINTER);
    bench.click("Inspect footfall");
    // from the model's policy past filling in to going on without
    choose(&mut bench, "When a value is missing", 2);
    assert!(bench.shows("Training leaves such rows out"), "{}", bench.labels());
    bench.let_time_pass();
    let mut bench = bench.killed_and_restarted();
    assert!(bench.shows("Training leaves such rows out"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Num3);
    bench.keys(Modifiers::COMMAND, Key::Enter);
    assert!(bench.status().contains("Trained v1"), "{}", bench.status());
    let model = model(&bench);
    let rule = |name: &str| {
        let inputs = model["inputs"].as_array().unwrap();
        let input = inputs.iter().find(|input| input["name"] == name).unwrap();
        input.get("policies").map(|policies| policies["missing_value"].clone())
    };
    assert_eq!((rule("footfall"), rule("price")), (Some("ignore".into()), None));
    // every row of the sample whose footfall is written down, and no other
    let csv = include_str!("../../assets/data/winter_beverages.csv");
    let there = csv.lines().skip(1).filter(|line| !line.split(',').nth(6).unwrap().is_empty()).count();
    let rows = &model["training"];
    let used = rows["train_rows"].as_u64().unwrap() + rows["test_rows"].as_u64().unwrap();
    assert_eq!(used, there as u64);
}

#[test]
fn a_rule_is_only_for_features() {
    let mut bench = window();
    bench.click(WINTER);
    bench.click("Inspect units_sold");
    assert!(!bench.shows("When a value is missing"), "{}", bench.labels());
}

/// Rows of a file with the columns id, store and units, below its header where they are the first.
fn rows(range: std::ops::Range<usize>) -> String {
    use std::fmt::Write as _;
    let mut text = String::from(if range.start == 0 { "id,store,units\n" } else { "" });
    range.for_each(|at| writeln!(text, "{at},S{:02},{}", at % 12, at * 7 % 1000).unwrap());
    text
}

/// A file that gives its first part, and the rest when it is told to.
fn slow_file(path: &Path, first: &str, rest: String) -> (SyncSender<()>, JoinHandle<()>) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let (go, wait) = sync_channel::<()>(1);
    let (path, first) = (path.to_path_buf(), first.to_owned());
    let work = move || {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        // who reads may have stopped
        let taken = pipe.write_all(first.as_bytes());
        wait.recv().unwrap();
        drop(taken.and_then(|()| pipe.write_all(rest.as_bytes())));
    };
    (go, std::thread::Builder::new().name("slow file".into()).spawn(work).unwrap())
}

#[cfg(unix)]
#[test]
fn the_first_rows_are_there_while_the_others_are_read() {
    let mut bench = window();
    let old = bench.file("old.csv", "a\n1\n");
    bench.drop_file(&old);
    let path = old.with_file_name("slow.csv");
    let (go, writer) = slow_file(&path, &rows(0..1_200_000), rows(1_200_000..1_300_000));
    bench.offer(&path);
    bench.wait_for("Still reading");
    // the rows are the file's, in its order; nothing can be done with them yet that would be undone
    bench.wait_for("store, row 2: S01");
    assert!(bench.shows("the first 500 rows are shown"), "{}", bench.labels());
    assert!(!bench.shows("Sort by units") && !bench.shows("Inspect units"), "{}", bench.labels());
    // the job says how many there are so far
    let counted = |bench: &Bench| {
        let mut chips = bench.harness.query_all_by_label_contains("Jobs: ");
        chips.any(|chip| chip.accesskit_node().label().is_some_and(|label| label.contains(" rows")))
    };
    for _ in 0..20_000 {
        if counted(&bench) {
            break;
        }
        bench.harness.step();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(counted(&bench), "{}", bench.labels());
    assert!(!bench.status().starts_with("Loaded slow.csv"));
    go.send(()).unwrap();
    bench.settle();
    writer.join().unwrap();
    assert!(
        bench.status().starts_with("Loaded slow.csv: 1\u{2009}300\u{2009}000 rows, 3 columns"),
        "{}",
        bench.status()
    );
    assert!(!bench.shows("Still reading") && bench.shows("Sort by units"));
}

#[cfg(unix)]
#[test]
fn a_table_whose_reading_is_stopped_gives_way_to_the_one_before() {
    let mut bench = window();
    let old = bench.file("old.csv", "a\n1\n");
    bench.drop_file(&old);
    let path = old.with_file_name("slow.csv");
    let (go, writer) = slow_file(&path, &rows(0..200_000), String::new());
    bench.offer(&path);
    bench.wait_for("Still reading");
    bench.one("Stop reading").click();
    bench.harness.step();
    go.send(()).unwrap();
    bench.settle();
    writer.join().unwrap();
    assert!(
        bench.status().contains("Reading was stopped; the table before is untouched"),
        "{}",
        bench.status()
    );
    assert!(bench.shows("Table of old.csv") && !bench.shows("Still reading"), "{}", bench.labels());
}

/// The width of a column's head.
fn width(bench: &Bench, name: &str) -> f32 {
    bench.one(&format!("Inspect {name}")).rect().width()
}

#[test]
fn a_border_is_dragged_fitted_and_kept() {
    let mut bench = window();
    let long = "x".repeat(60);
    let path = bench.file("notes.csv", format!("id,note\n1,{long}\n2,short\n"));
    bench.drop_file(&path);
    let (id, note) = (width(&bench, "id"), width(&bench, "note"));
    let grip = bench.one("Width of id").rect().center();
    bench.harness.hover_at(grip);
    bench.harness.drag_at(grip);
    bench.harness.step();
    bench.harness.hover_at(grip + egui::vec2(90.0, 0.0));
    bench.harness.step();
    bench.harness.drop_at(grip + egui::vec2(90.0, 0.0));
    bench.settle();
    let dragged = width(&bench, "id");
    assert!((dragged - id - 90.0).abs() < 8.0, "from {id} to {dragged}");
    // the name was not clicked
    assert!(!bench.shows("Role in the model"));
    // sixty characters are wider than a column usually gets
    let grip = bench.one("Width of note").rect().center();
    for _ in 0..2 {
        bench.harness.hover_at(grip);
        bench.harness.drag_at(grip);
        bench.harness.drop_at(grip);
        bench.harness.step();
    }
    bench.settle();
    let fitted = width(&bench, "note");
    assert!(fitted > note + 60.0, "from {note} to {fitted}");
    bench.let_time_pass();
    let mut bench = bench.killed_and_restarted();
    assert_eq!((width(&bench, "id"), width(&bench, "note")), (dragged, fitted));
    // and by the keyboard, from the column's menu
    bench.click("Inspect note");
    bench.click("More for this column");
    bench.click("The usual width");
    assert!(width(&bench, "note") < fitted);
    bench.click("More for this column");
    bench.click("As wide as its content");
    assert_eq!(width(&bench, "note"), fitted);
}

#[test]
fn what_is_fixed_for_a_column_is_listed_and_forgotten() {
    let mut bench = window();
    let path = bench.file("codes.csv", "code,units\n1,10\n2,11\n");
    bench.drop_file(&path);
    bench.click("Inspect code");
    choose(&mut bench, "Read as", 2);
    assert!(bench.shows("Only 1 (1 row)"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::R);
    assert!(bench.shows("Fixed for single columns"), "{}", bench.labels());
    assert!(bench.shows("Preview of code: category"), "{}", bench.labels());
    bench.click("Detect code");
    assert!(bench.shows("Preview of code: number"), "{}", bench.labels());
    bench.click("Read again with these settings");
    assert!(!bench.shows("Only 1 (1 row)"), "{}", bench.labels());
}

#[test]
fn lines_of_another_length_are_repaired_skipped_or_used_by_key() {
    let mut bench = window();
    let path = bench.file("odd.csv", ODD);
    bench.drop_file(&path);
    // one of them of the column that a shifted cell turned into a category
    bench.click("4 warnings");
    bench.click("line 3: 4 fields where 3 are expected; left out: '11'");
    bench.key(Key::Escape);
    assert!(bench.shows("1 of 3"), "{}", bench.labels());
    bench.click("Next line with a warning");
    assert!(bench.shows("line 4: 1.59,S03"), "{}", bench.labels());
    // nothing there that a comma could mend
    assert!(bench.shows("Skip such lines") && !bench.shows("Repair decimal commas"), "{}", bench.labels());
    bench.click("Previous line with a warning");
    bench.picture("data_ragged");
    bench.key(Key::Enter);
    assert!(bench.shows("price, row 2: 1.79"), "{}", bench.labels());
    assert!(bench.shows("units, row 2: 11"), "{}", bench.labels());
    assert!(bench.status().starts_with("Loaded odd.csv: 5 rows"), "{}", bench.status());
    bench.click("3 warnings");
    assert!(bench.shows("repaired: '1,79' is one number, in column 'price'"), "{}", bench.labels());
    bench.click("line 6: 4 fields where 3 are expected; left out: 'x'");
    bench.key(Key::Escape);
    bench.key(Key::S);
    assert!(bench.status().starts_with("Loaded odd.csv: 2 rows"), "{}", bench.status());
    assert!(bench.shows("store, row 2: S04"), "{}", bench.labels());
    bench.click("3 warnings");
    bench.click("line 6: 4 fields where 3 are expected; the line was left out");
    bench.key(Key::Escape);
    assert!(bench.shows("this line became no row of the table"), "{}", bench.labels());
    bench.key(Key::U);
    assert!(bench.status().starts_with("Loaded odd.csv: 5 rows"), "{}", bench.status());
    assert_eq!(std::fs::read_to_string(path).unwrap(), ODD, "the file on disk is never changed");
}

#[test]
fn a_broken_file_is_mended_by_keys_and_not_changed() {
    let open = || {
        let mut bench = window();
        let path = bench.file("broken.csv", BROKEN);
        bench.drop_file(&path);
        assert!(bench.shows("broken.csv could not be read: line 4"), "{}", bench.labels());
        (bench, path)
    };
    let (mut bench, path) = open();
    bench.key(Key::Enter);
    assert!(bench.status().starts_with("Loaded broken.csv: 5 rows"), "{}", bench.status());
    assert!(bench.shows("note, row 3: \"snow all day"), "{}", bench.labels());
    assert_eq!(std::fs::read_to_string(path).unwrap(), BROKEN);

    let (mut bench, path) = open();
    bench.key(Key::S);
    assert!(bench.status().starts_with("Loaded broken.csv: 4 rows"), "{}", bench.status());
    assert!(bench.shows("store, row 3: S04") && bench.shows("store, row 2: S02"), "{}", bench.labels());
    // it is said, and can be taken back
    bench.click("1 warning");
    bench.click("line 4: the line was left out, as was asked for");
    bench.key(Key::Escape);
    assert!(bench.shows("line 4: 2025-02-09,S03,\"snow all day,180"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::R);
    bench.click("Read line 4 again");
    bench.click("Read again with these settings");
    assert!(bench.shows("broken.csv could not be read: line 4"), "{}", bench.labels());
    bench.key(Key::U);
    assert!(bench.status().starts_with("Loaded broken.csv: 2 rows"), "{}", bench.status());
    assert!(bench.shows("1 warning"));
    assert_eq!(std::fs::read_to_string(path).unwrap(), BROKEN);
}

#[test]
fn the_whole_page_works_by_keyboard_alone() {
    let mut bench = window();
    bench.key(Key::Enter);
    assert!(bench.status().starts_with("Loaded winter_beverages.csv"));
    // columns: right, right, to the last and back
    for _ in 0..3 {
        bench.key(Key::ArrowRight);
    }
    assert!(bench.shows("Distribution of temperature_c"), "{}", bench.labels());
    bench.key(Key::I);
    assert!(bench.shows("7 columns can be used") || bench.shows("Ignore"), "{}", bench.labels());
    bench.key(Key::F);
    bench.key(Key::End);
    bench.key(Key::T);
    assert!(bench.shows("Distribution of units_sold"), "{}", bench.labels());
    // jump, and copy a cell
    bench.keys(Modifiers::COMMAND, Key::End);
    assert!(bench.shows("row 12\u{2009}708"), "{}", bench.labels());
    let last = include_str!("../../assets/data/winter_beverages.csv").lines().last().unwrap();
    assert_eq!(bench.copy(), last.rsplit(',').next().unwrap());
    bench.keys(Modifiers::COMMAND, Key::Home);
    bench.key(Key::Home);
    assert_eq!(bench.copy(), "2018-11-01");
    // search, and back to the table
    bench.keys(Modifiers::COMMAND, Key::F);
    bench.type_text("harbour");
    assert!(bench.shows("1\u{2009}059 of 12\u{2009}708 rows"), "{}", bench.labels());
    bench.key(Key::Escape);
    bench.key(Key::Home);
    // sort by the inspected column, from the list of commands
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("Sort by date: largest first");
    bench.key(Key::Enter);
    assert!(bench.shows("date, row 12698: 2025-03-31"), "{}", bench.labels());
    // a filter: the focus goes to a level and Enter presses it
    bench.keys(Modifiers::COMMAND, Key::K);
    bench.type_text("Clear filters");
    bench.key(Key::Enter);
    bench.key(Key::ArrowRight);
    assert!(bench.shows("Only Harbour"), "{}", bench.labels());
    tab_to(&mut bench, "Only Library (1\u{2009}059 rows)");
    bench.key(Key::Enter);
    assert!(bench.shows("1\u{2009}059 of 12\u{2009}708 rows"), "{}", bench.labels());
    // save what is shown
    bench.keys(Modifiers::COMMAND, Key::S);
    let target = bench.workspace().with_file_name("out.csv");
    bench.harness.get_by_role_and_label(egui::Role::TextInput, "Path").focus();
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text(target.to_str().unwrap());
    bench.key(Key::Enter);
    let saved = std::fs::read_to_string(target).unwrap();
    let mut lines = saved.lines();
    assert_eq!(lines.next(), Some("date,store,temperature_c,price,promotion,weekday,footfall,units_sold"));
    assert!(lines.next().unwrap().starts_with("2025-03-31,Library,"));
    assert_eq!(saved.lines().count(), 1060);
}

/// Tab until that is reached.
#[track_caller]
fn tab_to(bench: &mut Bench, label: &str) {
    for _ in 0..200 {
        bench.key(Key::Tab);
        let is_it = |node: &AccessKitNode<'_>| node.is_focused() && node.label().as_deref() == Some(label);
        let reached = bench.harness.query_all_by(is_it).next().is_some();
        if reached {
            return;
        }
    }
    panic!("'{label}' is not reached by Tab; there are: {}", bench.labels());
}

/// The page's looks: the empty page, the table with its inspector, the read settings, and a file that can't be read.
fn looks(name: &str, width: f32, height: f32, theme: egui::Theme, projector: bool) {
    let mut bench = Bench::sized(width, height, theme);
    if projector {
        bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    }
    bench.picture(&format!("data_{name}_empty"));
    bench.key(Key::Enter);
    bench.picture(&format!("data_{name}_table"));
    bench.click("Inspect footfall");
    bench.picture(&format!("data_{name}_inspector"));
    bench.keys(Modifiers::COMMAND, Key::R);
    bench.picture(&format!("data_{name}_settings"));
    bench.key(Key::Escape);
    let path = bench.file("winter_2024_25.csv", BROKEN);
    bench.drop_file(&path);
    bench.picture(&format!("data_{name}_error"));
}

#[test]
fn looks_in_a_small_window() {
    looks("1024", 1024.0, 700.0, egui::Theme::Light, false);
}

#[test]
fn looks_in_a_small_window_in_the_dark() {
    looks("1024_dark", 1024.0, 700.0, egui::Theme::Dark, false);
}

#[test]
fn looks_on_a_projector() {
    looks("projector", 1440.0, 900.0, egui::Theme::Light, true);
}

#[test]
fn looks_on_a_projector_in_the_dark() {
    looks("projector_dark", 1440.0, 900.0, egui::Theme::Dark, true);
}

/// Opens a file and uses everything on it that has a key.
fn use_it(bench: &mut Bench, name: &str, text: impl AsRef<[u8]>) {
    let path = bench.file(name, text);
    bench.drop_file(&path);
    for (modifiers, key) in [
        (Modifiers::NONE, Key::ArrowRight),
        (Modifiers::NONE, Key::End),
        (Modifiers::COMMAND, Key::End),
        (Modifiers::NONE, Key::T),
        (Modifiers::NONE, Key::PageUp),
        (Modifiers::COMMAND, Key::Home),
        (Modifiers::COMMAND, Key::R),
        (Modifiers::NONE, Key::Escape),
        (Modifiers::NONE, Key::Home),
        (Modifiers::NONE, Key::I),
        (Modifiers::NONE, Key::F),
    ] {
        bench.keys(modifiers, key);
    }
}

#[test]
fn odd_files_are_shown_and_used_like_others() {
    let mut bench = window();
    use_it(&mut bench, "no_rows.csv", "a,b\n");
    assert!(bench.shows("The file has no rows"), "{}", bench.labels());
    use_it(&mut bench, "one_column.csv", "only\n1\n2\n3\n");
    assert!(bench.shows("only, row 3: 3"), "{}", bench.labels());
    let names: Vec<String> = (0..2000).map(|at| format!("c{at}")).collect();
    let row = vec!["1"; 2000].join(",");
    use_it(&mut bench, "wide.csv", format!("{}\n{row}\n{row}\n", names.join(",")));
    assert!(bench.status().contains("2 rows, 2\u{2009}000 columns"), "{}", bench.status());
    bench.key(Key::End);
    assert!(bench.shows("Sort by c1999"), "{}", bench.labels().len());
    let cell = "lorem ipsum ".repeat(900_000);
    use_it(&mut bench, "huge_cell.csv", format!("id,text\n1,\"{cell}\"\n2,short\n"));
    assert!(bench.shows("text, row 2: short"), "{}", bench.labels().len());
    use_it(&mut bench, "nothing_but_gaps.csv", "a,b\n,\n,\nNA,-\n");
    assert!(bench.shows("a, row 3: missing"), "{}", bench.labels());
}

#[test]
fn names_and_cells_of_every_script_are_shown() {
    let mut bench = window();
    // where no font knows a character, a box stands for it
    bench.harness.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    let long = "n".repeat(5000);
    let text = format!(
        "\"two\nlines\",price,price,\u{5e9}\u{5dc}\u{5d5}\u{5dd},\u{1f9ca} ice,\u{200b},{long},e\u{301}t\u{e9}\n\
         \"a\nb\",1.5,2,\u{5d0}\u{5d1}\u{5d2},\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467},\u{fffd},x,\u{645}\u{631}\u{62d}\u{628}\u{627}\n\
         \"c\td\",2.5,3,\u{5d3},\u{2603},\u{202e}abc,y,\u{4f60}\u{597d}\n"
    );
    use_it(&mut bench, "scripts.csv", &text);
    assert!(bench.status().contains("2 rows, 8 columns"), "{}", bench.status());
    assert!(bench.shows("two\nlines, row 1: a b"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Home);
    bench.key(Key::End);
}
