//! How the start of a file is understood: long first records, titles, comments, headers with gaps, row names, quotes
//! that end with a backslash.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use common::Folder;
use serde_json::Value;

/// What `inspect` says of a text, read with further arguments.
fn inspect_with(text: &str, arguments: &str) -> Value {
    let folder = Folder::new();
    folder.write("start.csv", text);
    folder.run(&format!("inspect start.csv --json {arguments}")).json()
}

fn inspect(text: &str) -> Value {
    inspect_with(text, "")
}

fn names(document: &Value) -> Vec<&str> {
    document["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect()
}

#[track_caller]
fn shape(document: &Value, rows: u64, columns: &[&str]) {
    assert_eq!(document["rows"], rows, "{document:#}");
    assert_eq!(names(document), columns, "{}", document["warnings"]);
}

#[track_caller]
fn warned(document: &Value, line: u64, part: &str) {
    let told = |w: &Value| w["line"] == line && w["message"].as_str().unwrap().contains(part);
    let warnings = document["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(told), "no warning of line {line} with {part:?} among {warnings:?}");
}

#[test]
fn a_first_record_longer_than_the_sample_is_read_whole() {
    let long = "x".repeat(300_000);
    for field in [long.clone(), format!("\"{long}\""), format!("\"{}\"", "x\n".repeat(150_000))] {
        let document = inspect(&format!("a,b\n1,{field}\n2,y\n3,z\n"));
        shape(&document, 3, &["a", "b"]);
        assert_eq!(
            (&document["columns"][0]["min"], &document["columns"][0]["max"]),
            (&1.0.into(), &3.0.into())
        );
        assert_eq!(document["columns"][1]["distinct"], 3);
        assert_eq!(document["warnings"], serde_json::json!([]));
    }
}

#[test]
fn a_header_longer_than_the_sample_is_read_whole() {
    for (n, width) in [(5000, 60), (60_000, 1)] {
        let row = |of: &dyn Fn(usize) -> String| (0..n).map(of).collect::<Vec<_>>().join(",") + "\n";
        let text = row(&|i| format!("c{i:0width$}")) + &row(&|i| i.to_string()) + &row(&|_| "7".into());
        let document = inspect(&text);
        assert_eq!(document["rows"], 2);
        let columns = document["columns"].as_array().unwrap();
        assert_eq!(columns.len(), n);
        assert_eq!(columns[n - 1]["max"].as_f64(), Some((n - 1) as f64));
        assert_eq!(document["warnings"], serde_json::json!([]));
    }
}

#[test]
fn a_header_of_which_only_the_first_cell_is_named_is_a_header() {
    shape(&inspect("y,,\n1,2,3\n4,5,6\n"), 2, &["y", "column_2", "column_3"]);
    shape(&inspect_with("a,,\n1,2,3\n", "--header"), 1, &["a", "column_2", "column_3"]);
    shape(&inspect("name,,\nBob,x,y\nAnn,z,w\n"), 2, &["name", "column_2", "column_3"]);
    shape(&inspect("id,,x\n1,2,3\n4,5,6\n"), 2, &["id", "column_2", "x"]);
}

#[test]
fn a_title_as_spreadsheets_write_it_is_left_out() {
    let document = inspect("Sales 2024,,\nshop,units,price\nA,1,2.5\nB,2,3.5\n");
    shape(&document, 2, &["shop", "units", "price"]);
    warned(&document, 1, "Sales 2024");
    shape(&inspect("Sales 2024,,\n,,\nshop,town,boss\nA,x,y\nB,z,w\n"), 2, &["shop", "town", "boss"]);
}

#[test]
fn a_comment_above_the_header_is_left_out() {
    for comment in ["# hello", "# hello, you", "#a, b, c"] {
        let document = inspect(&format!("{comment}\na,b\n1,2\n3,4\n"));
        shape(&document, 2, &["a", "b"]);
        warned(&document, 1, "left out");
    }
    shape(&inspect("#id,b\n1,2\n3,4\n"), 2, &["#id", "b"]);
}

#[test]
fn only_tables_whose_every_row_has_a_name_have_row_names() {
    let document = inspect("\"x\",\"y\"\n\"r1\",1,2\n\"r2\",3,4\n");
    shape(&document, 2, &["row", "x", "y"]);
    // nothing moves to the side
    let document = inspect("a,b\n1,2\n3,4,5\n6,7,8\n9,10,11\n");
    shape(&document, 4, &["a", "b", "column_3"]);
    assert_eq!((&document["columns"][0]["min"], &document["columns"][0]["max"]), (&1.0.into(), &9.0.into()));
    assert_eq!(document["columns"][2]["missing"], 1);
    shape(&inspect("a,b\n1,2,3\n"), 1, &["a", "b", "column_3"]);
    shape(&inspect("a,b\nk,2,3\nk,4,5\n"), 2, &["a", "b", "column_3"]);
}

#[test]
fn a_column_of_dates_with_commas_is_one_column() {
    let document = inspect("d\nJan 3, 2024\nFeb 28, 2024\nMay 1, 2024\n");
    shape(&document, 3, &["d"]);
    assert_eq!(
        (&document["columns"][0]["type"], &document["columns"][0]["max"]),
        (&"date".into(), &"2024-05-01".into())
    );
}

#[test]
fn a_field_that_ends_with_a_backslash_escapes_nothing() {
    let document = inspect("\"a\"|\"c1\"|\"c2\"|\"c3\"\r\n\"66\"|\"a\nb\"|\"1,5-\"|\"\\\"\r\n");
    shape(&document, 1, &["a", "c1", "c2", "c3"]);
    assert_eq!(document["columns"][3]["top"][0]["value"], "\\");
    let document = inspect("\"a\",\"c1\",\"c2\"\n\"10\",\"\\\"\"a\",\"x\"\n\"11\",\"b\",\"y\"\n");
    shape(&document, 2, &["a", "c1", "c2"]);
    assert_eq!(document["columns"][1]["top"][0]["value"], "\\\"a");
    // a short line elsewhere does not make it an escape
    shape(&inspect("\"a\",\"b\"\n\"1\",\"C:\\\"\n\"2\"\n\"3\",\"D:\\\"\n"), 3, &["a", "b"]);
    // where it is one, it is seen
    let document = inspect("\"a\",\"b\"\n\"1\",\"x\\\"y, z\"\n\"2\",\"w\"\n");
    assert_eq!(document["columns"][1]["top"][0]["value"], "x\"y, z");
}
