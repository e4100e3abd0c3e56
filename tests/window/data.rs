//! The Data page.

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable;

use crate::bench::{Bench, window};

const WINTER: &str = "Use this sample: Winter beverages";

fn with_winter(theme: egui::Theme) -> Bench {
    let mut bench = Bench::sized(1440., 900., theme);
    bench.click(WINTER);
    bench
}

/// A file in which a quote is opened and never closed.
const BROKEN: &str = "day,store,note,units\n\
    2025-02-07,S01,fine,208\n\
    2025-02-08,S02,fine,203\n\
    2025-02-09,S03,\"snow all day,180\n\
    2025-02-10,S04,fine,248\n\
    2025-02-11,S05,fine,221\n";

/// Lines with a field too many, one too few, and a cell that is no number.
const ODD: &str = "price,store,units\n1.79,S01,10\n1,79,S02,11\n1.59,S03\n1.69,S04,13\n";

#[test]
fn the_empty_page_offers_files_and_samples() {
    let mut bench = window();
    for title in ["Winter beverages", "Handwritten digits", "Seattle weather"] {
        assert!(bench.shows(title), "{}", bench.labels());
    }
    assert!(bench.shows("12\u{2009}708 rows, 8 columns"), "{}", bench.labels());
    bench.picture("data_empty_light");
}

#[test]
fn the_empty_page_in_the_dark() {
    let mut bench = Bench::sized(1440., 900., egui::Theme::Dark);
    bench.click("About Handwritten digits");
    bench.picture("data_empty_dark");
}

#[test]
fn enter_opens_the_course_sample_and_the_keys_look_at_it() {
    let mut bench = window();
    bench.key(Key::Enter);
    assert!(bench.status().starts_with("Loaded winter_beverages.csv: 12\u{2009}708 rows, 8 columns"));
    // right chooses a column; the inspector opens
    bench.key(Key::ArrowRight);
    assert!(bench.shows("Role in the model"), "{}", bench.labels());
    bench.key(Key::End);
    assert!(bench.shows("Sort by units_sold"));
    bench.key(Key::I);
    bench.keys(Modifiers::COMMAND, Key::End);
    assert!(bench.shows("row 12\u{2009}708"), "{}", bench.labels());
    bench.keys(Modifiers::COMMAND, Key::Home);
    assert!(bench.shows("row 1"));
    bench.key(Key::Escape);
    assert!(!bench.shows("Role in the model"));
}

#[test]
fn the_table_with_its_inspector() {
    let mut bench = with_winter(egui::Theme::Light);
    bench.click("Inspect footfall");
    assert!(bench.shows("Relation to units_sold"), "{}", bench.labels());
    bench.picture("data_table_light");
}

#[test]
fn the_table_in_the_dark_with_a_category() {
    let mut bench = with_winter(egui::Theme::Dark);
    bench.click("Inspect store");
    bench.click("Only Castle Hill (1\u{2009}059 rows)");
    assert!(bench.shows("1\u{2009}059 of 12\u{2009}708 rows"), "{}", bench.labels());
    bench.picture("data_table_dark");
    bench.click("Clear filters");
    assert!(!bench.shows("of 12\u{2009}708 rows"));
}

#[test]
fn a_small_window_shows_the_table_too() {
    let mut bench = Bench::sized(1024., 700., egui::Theme::Light);
    bench.click(WINTER);
    bench.click("Inspect temperature_c");
    bench.picture("data_small");
}

#[test]
fn sorting_searching_and_filtering_work_together() {
    let mut bench = window();
    let csv = "n,word\n3,apple\n1,pear\n2,apple pie\n,plum\n";
    let path = bench.file("fruit.csv", csv);
    bench.drop_file(&path);
    bench.click("Sort by n");
    let first = |bench: &Bench| {
        let all: Vec<String> = bench
            .harness
            .query_all_by_label_contains("word, row ")
            .filter_map(|node| egui_kittest::kittest::NodeT::accesskit_node(&node).label())
            .collect();
        all.join(" | ")
    };
    assert_eq!(
        first(&bench),
        "word, row 2: pear | word, row 3: apple pie | word, row 1: apple | word, row 4: plum"
    );
    bench.click("Sort by n");
    assert_eq!(
        first(&bench),
        "word, row 1: apple | word, row 3: apple pie | word, row 2: pear | word, row 4: plum"
    );
    bench.keys(Modifiers::COMMAND, Key::F);
    bench.type_text("APPLE");
    assert_eq!(first(&bench), "word, row 1: apple | word, row 3: apple pie");
    assert!(bench.shows("2 of 4 rows"));
    bench.type_text(" nothing");
    assert!(bench.shows("Every row is hidden"));
    bench.click("Show every row");
    bench.click("Inspect n");
    bench.click("Only rows where it is missing (1)");
    assert_eq!(first(&bench), "word, row 4: plum");
}

#[test]
fn a_cell_and_a_row_are_copied_as_a_file_has_them() {
    let mut bench = window();
    let path = bench.file("t.csv", "price,day,ok\n1234.5,2024-03-01,yes\n,2024-03-02,no\n");
    bench.drop_file(&path);
    bench.click("price, row 1: 1\u{2009}234.5");
    assert_eq!(bench.copy(), "1234.5");
    bench.click("row 2");
    assert_eq!(bench.copy(), "\t2024-03-02\tno");
}

#[test]
fn a_drag_over_the_histogram_filters() {
    let mut bench = with_winter(egui::Theme::Light);
    bench.click("Inspect price");
    let rect = bench.harness.query_all_by_label_contains("Distribution of price").next().unwrap().rect();
    let at = |share: f32| egui::pos2(rect.left() + rect.width() * share, rect.center().y);
    bench.harness.hover_at(at(0.2));
    bench.harness.drag_at(at(0.2));
    bench.harness.step();
    bench.harness.hover_at(at(0.5));
    bench.harness.step();
    bench.harness.drop_at(at(0.5));
    bench.settle();
    assert!(bench.shows("of 12\u{2009}708 rows"), "{}", bench.labels());
    bench.picture("data_filtered");
}

#[test]
fn warnings_lead_to_their_line() {
    let mut bench = window();
    let path = bench.file("odd.csv", ODD);
    bench.drop_file(&path);
    bench.click("2 warnings");
    assert!(bench.shows("line 3: 4 fields where 3 are expected"), "{}", bench.labels());
    let warning = "line 4: 2 fields where 3 are expected; the missing ones are taken as empty";
    bench.click(warning);
    bench.key(Key::Escape);
    assert!(bench.shows("row 3, selected above"), "{}", bench.labels());
    assert!(bench.shows("line 4: 1.59,S03"), "{}", bench.labels());
    bench.picture("data_warning");
}

#[test]
fn a_broken_file_says_where_and_what_to_do() {
    let mut bench = with_winter(egui::Theme::Light);
    let path = bench.file("winter_2024_25.csv", BROKEN);
    bench.drop_file(&path);
    assert!(bench.shows("winter_2024_25.csv could not be read: line 4"), "{}", bench.labels());
    assert!(bench.shows("winter_beverages.csv is still loaded"));
    bench.picture("data_error_light");
    bench.click("Read without quotes");
    assert!(bench.status().starts_with("Loaded winter_2024_25.csv: 5 rows"), "{}", bench.status());
}

#[test]
fn a_broken_file_in_the_dark_and_back_to_the_old_table() {
    let mut bench = with_winter(egui::Theme::Dark);
    let path = bench.file("winter_2024_25.csv", BROKEN);
    bench.drop_file(&path);
    bench.picture("data_error_dark");
    bench.key(Key::Escape);
    assert!(bench.shows("Table of winter_beverages.csv"), "{}", bench.labels());
}

#[test]
fn what_is_no_table_is_refused_by_its_kind() {
    let mut bench = window();
    let path = bench.file("report.csv", b"%PDF-1.7\n\x00\x01");
    bench.drop_file(&path);
    assert!(bench.shows("This is a PDF document, not a table"), "{}", bench.labels());
    let path = bench.file("gone.csv", "a\n1\n");
    std::fs::remove_file(&path).unwrap();
    bench.drop_file(&path);
    assert!(bench.shows("The file could not be read"), "{}", bench.labels());
}

#[test]
fn the_read_settings_are_tried_on_the_first_rows() {
    let mut bench = window();
    let path = bench.file("semicolons.csv", "day;price\n2024-03-01;1,79\n2024-03-02;2,05\n");
    bench.drop_file(&path);
    bench.keys(Modifiers::COMMAND, Key::R);
    assert!(bench.shows("Preview of price: number"), "{}", bench.labels());
    bench.picture("data_settings");
    // down goes from detected to comma
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, "Separator").focus();
    bench.settle();
    bench.key(Key::ArrowDown);
    bench.settle();
    assert!(bench.shows("Preview of day;price"), "{}", bench.labels());
    // the open table is as it was
    bench.key(Key::Escape);
    assert!(bench.shows("price, row 1: 1.79"), "{}", bench.labels());
}

#[test]
fn a_column_is_read_as_another_type() {
    let mut bench = window();
    let path = bench.file("codes.csv", "code,units\n1,10\n2,11\n1,12\n");
    bench.drop_file(&path);
    bench.click("Inspect code");
    bench.harness.get_by_role_and_label(egui::Role::ComboBox, "Read as").focus();
    bench.settle();
    bench.key(Key::ArrowDown);
    bench.key(Key::ArrowDown);
    assert!(bench.shows("Only 1 (2 rows)"), "{}", bench.labels());
}

#[test]
fn a_filter_and_the_roles_outlive_a_kill() {
    let mut bench = window();
    let path = bench.file("fruit.csv", "n,word\n3,apple\n1,pear\n");
    bench.drop_file(&path);
    bench.click("Inspect word");
    bench.click("Target");
    bench.click("Only pear (1 row)");
    assert!(bench.shows("1 of 2 rows"), "{}", bench.labels());
    bench.let_time_pass();
    let bench = bench.killed_and_restarted();
    assert!(bench.shows("1 of 2 rows"), "{}", bench.labels());
    assert!(bench.shows("word, row 2: pear"), "{}", bench.labels());
}

#[test]
fn a_wide_table_of_many_rows_paints_what_is_seen_only() {
    use std::fmt::Write as _;
    let mut bench = window();
    let mut csv = String::from("id");
    (1..40).for_each(|column| write!(csv, ",c{column}").unwrap());
    csv.push('\n');
    for row in 0..50_000 {
        write!(csv, "{row}").unwrap();
        (1..40).for_each(|column| write!(csv, ",{}", (row * column) % 97).unwrap());
        csv.push('\n');
    }
    let path = bench.file("wide.csv", csv);
    bench.drop_file(&path);
    bench.keys(Modifiers::COMMAND, Key::End);
    assert!(bench.shows("id, row 50000: 49\u{2009}999"), "{}", bench.labels());
    let cells = bench.harness.query_all_by_label_contains(", row ").count();
    assert!(cells < 800, "{cells} cells are painted");
}

#[test]
fn the_rows_shown_are_saved_in_their_order() {
    let mut bench = window();
    let path = bench.file("fruit.csv", "n,word\n3,\"apple, red\"\n1,pear\n2,apple pie\n,plum\n");
    bench.drop_file(&path);
    bench.click("Sort by n");
    bench.keys(Modifiers::COMMAND, Key::F);
    bench.type_text("apple");
    bench.keys(Modifiers::COMMAND, Key::S);
    // the picker stands in for the desktop's dialog, and takes a typed path
    let target = path.with_file_name("out.csv");
    let field = bench.harness.get_by_role_and_label(egui::Role::TextInput, "Path");
    field.focus();
    bench.settle();
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.type_text(target.to_str().unwrap());
    bench.key(Key::Enter);
    assert!(bench.status().starts_with("Saved 2 rows to "), "{} {}", bench.status(), bench.labels());
    assert_eq!(std::fs::read_to_string(target).unwrap(), "n,word\n2,apple pie\n3,\"apple, red\"\n");
}

#[test]
fn the_open_file_is_not_written_over_by_any_path() {
    let mut bench = window();
    let text = "n,word\n3,apple\n1,pear\n";
    let path = bench.file("fruit.csv", text);
    bench.drop_file(&path);
    for name in ["fruit.csv", "./fruit.csv"] {
        bench.keys(Modifiers::COMMAND, Key::S);
        let field = bench.harness.get_by_role_and_label(egui::Role::TextInput, "Path");
        field.focus();
        bench.settle();
        bench.keys(Modifiers::COMMAND, Key::A);
        bench.type_text(name);
        bench.key(Key::Enter);
        assert!(bench.status().contains("was left as it is"), "{name}: {}", bench.status());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_pasted_table_is_opened() {
    let mut bench = window();
    bench.harness.input_mut().events.push(egui::Event::Paste("a\tb\n1\tx\n2\ty\n".into()));
    bench.harness.step();
    bench.settle();
    assert!(bench.shows("b, row 2: y"), "{}", bench.labels());
}

#[test]
fn letters_give_the_role_wherever_the_focus_is() {
    let mut bench = window();
    let path = bench.file("fruit.csv", "n,word\n3,apple\n1,pear\n");
    bench.drop_file(&path);
    bench.click("Inspect n");
    bench.key(Key::Tab);
    bench.key(Key::T);
    assert!(bench.shows("Choose the target column: done"), "{}", bench.labels());
    // but not what is typed
    bench.keys(Modifiers::COMMAND, Key::F);
    bench.key(Key::I);
    bench.type_text("i");
    assert!(bench.shows("Choose the target column: done"));
}
