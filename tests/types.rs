//! What type a column is read as: as asked for, as its cells are spelled, and what is said of a cell that does not fit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use common::Folder;
use serde_json::{Value, json};

fn inspect(text: &str, arguments: &str) -> Value {
    let folder = Folder::new();
    folder.write("types.csv", text);
    folder.run(&format!("inspect types.csv --json {arguments}")).json()
}

#[track_caller]
fn column(document: &Value, name: &str, kind: &str, missing: u64) -> Value {
    let found = document["columns"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap();
    assert_eq!((&found["type"], &found["missing"]), (&json!(kind), &json!(missing)), "{document:#}");
    found.clone()
}

fn messages(document: &Value) -> Vec<(u64, &str)> {
    let warnings = document["warnings"].as_array().unwrap();
    warnings.iter().map(|w| (w["line"].as_u64().unwrap(), w["message"].as_str().unwrap())).collect()
}

#[test]
fn zero_and_one_are_no_and_yes_where_that_is_asked_for() {
    let text = "a,c\n1,0\n2,1\n3,1\n";
    column(&inspect(text, ""), "c", "number", 0);
    let document = inspect(text, "--type c=boolean");
    let c = column(&document, "c", "boolean", 0);
    assert_eq!(c["top"], json!([{"value": "1", "count": 2}, {"value": "0", "count": 1}]));
    assert_eq!(document["warnings"], json!([]));
}

#[test]
fn zero_and_one_asked_to_be_boolean_train_and_predict() {
    let folder = Folder::new();
    folder.write("t.csv", "c,y\n0,1\n1,3\n0,1\n1,3\n");
    folder.train("t.csv --target y --type c=boolean -o m.json");
    for (record, expected) in [(r#"{"c": 1}"#, 3.0), (r#"{"c": false}"#, 1.0), (r#"{"c": "1"}"#, 3.0)] {
        let found = folder.run_with(["predict", "m.json", "--record", record, "--json"]).json();
        assert!((found["prediction"].as_f64().unwrap() - expected).abs() < 1e-9, "{record}: {found}");
    }
}

#[test]
fn leading_zeros_and_long_integers_are_numbers_where_that_is_asked_for() {
    let document = inspect("a,b\n007,x\n-0008,y\n12345678901234567890,z\n", "--type a=number");
    let a = column(&document, "a", "number", 0);
    // the double nearest to 12345678901234567890, by `float('12345678901234567890')` in Python
    assert_eq!((a["min"].as_f64(), a["max"].as_f64()), (Some(-8.0), Some(12345678901234567168.0)));
    let told = messages(&document);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].0 == 4 && told[0].1.contains("12345678901234567890") && told[0].1.contains("exactly"));
}

#[test]
fn eight_digits_are_dates_where_that_is_asked_for() {
    let text = "a,d\n1,20240105\n2,20240331\n";
    column(&inspect(text, ""), "d", "number", 0);
    let d = column(&inspect(text, "--type d=date"), "d", "date", 0);
    assert_eq!((&d["min"], &d["max"]), (&json!("2024-01-05"), &json!("2024-03-31")));
}

#[test]
fn one_cell_that_is_no_date_does_not_unsettle_the_others() {
    let document = inspect("a,d\n1,05/02/2024\n2,20/02/2024\n3,oops\n", "--type d=date");
    let d = column(&document, "d", "date", 1);
    assert_eq!((&d["min"], &d["max"]), (&json!("2024-02-05"), &json!("2024-02-20")));
    assert!(messages(&document)[0].1.contains("'oops'"));
}

#[test]
fn spellings_that_differ_in_case_are_one_word() {
    for (cells, no, yes) in [
        ("true false TRUE False", "false", "true"),
        ("Yes NO yes no YES", "NO", "Yes"),
        ("on Off OFF", "Off", "on"),
    ] {
        let rows: Vec<String> = cells.split(' ').map(|cell| format!("1,{cell}\n")).collect();
        let document = inspect(&format!("a,c\n{}", rows.concat()), "");
        let c = column(&document, "c", "boolean", 0);
        let mut levels: Vec<&str> =
            c["top"].as_array().unwrap().iter().map(|level| level["value"].as_str().unwrap()).collect();
        levels.sort_unstable();
        let mut expected = [no, yes];
        expected.sort_unstable();
        assert_eq!(levels, expected);
    }
}

#[test]
fn a_classifier_of_yes_and_no_knows_every_spelling() {
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,no\n2,NO\n3,no\n7,yes\n8,Yes\n9,yes\n");
    let document = folder.train("t.csv --target y -o m.json");
    assert_eq!(document["metrics"]["train"]["accuracy"], 1.0);
    folder.write("new.csv", "x,y\n1,No\n9,YES\n");
    let document = folder.run("evaluate m.json --input new.csv --json").json();
    assert_eq!((&document["rows"], &document["metrics"]["accuracy"]), (&json!(2), &json!(1.0)));
    // the rows come out as they went in
    folder.run("predict m.json --input new.csv -o out.csv").done();
    assert!(folder.text("out.csv").contains("\n9,YES,yes,"), "{}", folder.text("out.csv"));
}

#[test]
fn a_column_of_dates_with_one_that_does_not_exist_says_so() {
    let days: Vec<String> = (1..=10).map(|day| format!("{day},2024-01-{day:02}\n")).collect();
    let document = inspect(&format!("a,d\n{}11,2023-02-29\n", days.concat()), "");
    column(&document, "d", "category", 0);
    assert!(
        matches!(messages(&document)[..], [(12, what)] if what.contains("'2023-02-29'") && what.contains("yyyy-mm-dd"))
    );
    let document = inspect("a,d\n1,13/02/2024\n2,03/14/2024\n", "");
    assert!(
        matches!(messages(&document)[..], [(3, what)] if what.contains("'03/14/2024'") && what.contains("dd/mm/yyyy"))
    );
    // far into the file, too
    let mut text = String::from("a,d\n");
    for row in 2..=100_000 {
        text.push_str(if row == 90_000 { "1,2023-02-29\n" } else { "1,2024-02-29\n" });
    }
    let document = inspect(&text, "");
    column(&document, "d", "category", 0);
    assert!(matches!(messages(&document)[..], [(90_000, what)] if what.contains("'2023-02-29'")));
}

#[test]
fn years_first_with_points_and_months_are_dates() {
    let document = inspect("a,b\n2024.01.05,2024-01\n2023.12.31,2023-11\n", "");
    let (a, b) = (column(&document, "a", "date", 0), column(&document, "b", "date", 0));
    assert_eq!((&a["min"], &a["max"]), (&json!("2023-12-31"), &json!("2024-01-05")));
    assert_eq!((&b["min"], &b["max"]), (&json!("2023-11-01"), &json!("2024-01-01")));
}

#[test]
fn negative_numbers_of_accountants_and_typesetters_are_numbers() {
    let document = inspect("a,b\n\u{2212}5,1\n3,(5)\n", "");
    assert_eq!(column(&document, "a", "number", 0)["min"].as_f64(), Some(-5.0));
    assert_eq!(column(&document, "b", "number", 0)["min"].as_f64(), Some(-5.0));
}

#[test]
fn a_file_of_another_kind_is_named() {
    let folder = Folder::new();
    for (bytes, part) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "PNG"),
        (b"\x1f\x8b\x08\0\0\0,a\n", "gzip"),
        (b"PK\x03\x04\x14\0,a\n", "Excel"),
        (b"%PDF-1.7\n1,2\n", "PDF"),
    ] {
        folder.write("other.csv", bytes);
        folder.run("inspect other.csv").fails(1, &["other.csv", part]);
    }
    // whoever names the encoding says that it is text
    folder.run("inspect other.csv --encoding utf-8").done();
}
