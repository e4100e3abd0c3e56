//! Input that is not as training saw it: every event under every policy, as a JSON record and as a CSV file, on
//! a model small enough to work out by hand.
//!
//! The model is y = 3 + 2·x, plus 10 in shop B and 20 in shop C. In training x goes from 0 to 4 with a mean of
//! 2, and B is the most frequent shop. So under impute a missing x counts as 2 and a missing shop as B; under
//! ignore x counts as 0 and the shop as the reference, A.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use common::{Folder, Run};
use serde_json::{Value, json};

const TRAINING: &str = "x,shop,y\n0,A,3\n4,A,11\n0,B,13\n2,B,17\n4,B,21\n0,C,23\n4,C,31\n";

fn trained(flags: &str) -> Folder {
    let folder = Folder::new();
    folder.write("train.csv", TRAINING);
    folder.train(&format!("train.csv --target y -o model.json {flags}"));
    folder
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-9
}

#[track_caller]
fn record_gives(folder: &Folder, record: &str, expected: f64) {
    let document = folder.run_with(["predict", "model.json", "--record", record, "--json"]).json();
    let found = document["prediction"].as_f64().unwrap();
    assert!(close(found, expected), "{record}: expected {expected}, got {found}");
}

fn record(folder: &Folder, record: &str) -> Run {
    folder.run_with(["predict", "model.json", "--record", record, "--json"])
}

/// Scores the rows and expects success; the predictions, which stand in the last field of each row.
#[track_caller]
fn file_gives(folder: &Folder, rows: &str, expected: &[f64]) {
    folder.write("rows.csv", rows);
    folder.run("predict model.json --input rows.csv -o out.csv").done();
    let out = folder.read("out.csv");
    let records: Vec<csv::StringRecord> =
        csv::Reader::from_reader(out.as_slice()).records().map(Result::unwrap).collect();
    let found: Vec<f64> = records.iter().map(|record| record[record.len() - 1].parse().unwrap()).collect();
    let same = found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| close(*f, *e));
    assert!(same, "{rows:?}: expected {expected:?}, got {found:?}");
}

/// Expects that the rows are refused with all of `parts`, and that nothing is left behind.
#[track_caller]
fn file_fails(folder: &Folder, rows: &str, parts: &[&str]) {
    folder.write("rows.csv", rows);
    let before = folder.files();
    let run = folder.run("predict model.json --input rows.csv -o refused.csv");
    run.fails(1, &[&["rows.csv"], parts].concat());
    assert_eq!(folder.files(), before, "something was left behind");
}

struct Event {
    flag: &'static str,
    /// The event's name in the model file.
    name: &'static str,
    record: &'static str,
    rows: &'static str,
    impute: f64,
    ignore: f64,
    /// What the messages for the record and for the file must say.
    refused: (&'static [&'static str], &'static [&'static str]),
}

const EVENTS: [Event; 10] = [
    Event {
        flag: "--on-unknown",
        name: "unknown_level",
        record: r#"{"x": 1, "shop": "Z"}"#,
        rows: "x,shop\n1,Z\n",
        impute: 15.0,
        ignore: 5.0,
        refused: (&["'shop'", "'A', 'B', 'C'", "'Z'"], &["line 2", "'shop'", "'A', 'B', 'C'", "'Z'"]),
    },
    Event {
        flag: "--on-missing",
        name: "missing_value",
        record: r#"{"x": null, "shop": "A"}"#,
        rows: "x,shop\n,A\n",
        impute: 7.0,
        ignore: 3.0,
        refused: (&["'x'", "a number", "missing"], &["line 2", "'x'", "a number", "missing"]),
    },
    Event {
        flag: "--on-missing",
        name: "missing_value",
        record: r#"{"x": 1, "shop": null}"#,
        rows: "x,shop\n1,NA\n",
        impute: 15.0,
        ignore: 5.0,
        refused: (&["'shop'", "'A', 'B', 'C'", "missing"], &["line 2", "'shop'", "'A', 'B', 'C'", "missing"]),
    },
    Event {
        flag: "--on-missing-column",
        name: "missing_column",
        record: r#"{"shop": "A"}"#,
        rows: "shop,other\nA,1\n",
        impute: 7.0,
        ignore: 3.0,
        refused: (&["'x'", "a number", "missing"], &["'x'", "a number", "'shop', 'other'"]),
    },
    Event {
        flag: "--on-missing-column",
        name: "missing_column",
        record: r#"{"x": 1}"#,
        rows: "x,other\n1,A\n",
        impute: 15.0,
        ignore: 5.0,
        refused: (&["'shop'", "'A', 'B', 'C'", "missing"], &["'shop'", "'A', 'B', 'C'", "'x', 'other'"]),
    },
    Event {
        flag: "--on-wrong-type",
        name: "wrong_type",
        record: r#"{"x": "abc", "shop": "A"}"#,
        rows: "x,shop\nabc,A\n",
        impute: 7.0,
        ignore: 3.0,
        refused: (&["'x'", "a number", "'abc'"], &["line 2", "'x'", "a number", "'abc'"]),
    },
    Event {
        flag: "--on-out-of-range",
        name: "out_of_range",
        record: r#"{"x": 10, "shop": "A"}"#,
        rows: "x,shop\n10,A\n",
        impute: 11.0,
        ignore: 23.0,
        refused: (&["'x'", "from 0 to 4", "10"], &["line 2", "'x'", "from 0 to 4", "10"]),
    },
    Event {
        flag: "--on-out-of-range",
        name: "out_of_range",
        record: r#"{"x": -1, "shop": "C"}"#,
        rows: "x,shop\n-1,C\n",
        impute: 23.0,
        ignore: 21.0,
        refused: (&["'x'", "from 0 to 4", "-1"], &["line 2", "'x'", "from 0 to 4", "-1"]),
    },
    Event {
        flag: "--on-extra-column",
        name: "extra_column",
        record: r#"{"x": 1, "shop": "B", "colour": "red"}"#,
        rows: "x,shop,colour\n1,B,red\n",
        impute: 15.0,
        ignore: 15.0,
        refused: (&["'colour'", "model's inputs"], &["'colour'", "model's inputs"]),
    },
    Event {
        flag: "--on-extra-column",
        name: "extra_column",
        record: r#"{"colour": {"a": [1, {"b": null}]}, "x": 1, "shop": "C"}"#,
        rows: "colour,x,shop\n\"a,b\",1,C\n",
        impute: 25.0,
        ignore: 25.0,
        refused: (&["'colour'", "model's inputs"], &["'colour'", "model's inputs"]),
    },
];

#[test]
fn the_model_is_the_one_worked_out_by_hand() {
    let folder = trained("");
    record_gives(&folder, r#"{"x": 1, "shop": "A"}"#, 5.0);
    record_gives(&folder, r#"{"shop": "B", "x": 2.5}"#, 18.0);
    file_gives(&folder, "shop,x\nC,1\nA,3\n", &[25.0, 9.0]);
    let model = folder.json("model.json");
    let x = &model["inputs"][0];
    assert_eq!((&x["min"], &x["max"], &x["fill"]), (&json!(0.0), &json!(4.0), &json!(2.0)));
    assert_eq!(model["inputs"][1]["levels"], json!(["A", "B", "C"]));
    assert_eq!(model["inputs"][1]["fill"], 1);
}

#[test]
fn impute_puts_the_training_value_in_its_place() {
    for event in &EVENTS {
        let folder = trained(&format!("{} impute", event.flag));
        record_gives(&folder, event.record, event.impute);
        file_gives(&folder, event.rows, &[event.impute]);
    }
}

#[test]
fn ignore_goes_on_without_it() {
    for event in &EVENTS {
        let folder = trained(&format!("{} ignore", event.flag));
        record_gives(&folder, event.record, event.ignore);
        file_gives(&folder, event.rows, &[event.ignore]);
    }
}

#[test]
fn reject_names_the_field_what_was_expected_and_what_came() {
    for event in &EVENTS {
        let folder = trained(&format!("{} reject", event.flag));
        record(&folder, event.record).fails(1, event.refused.0);
        file_fails(&folder, event.rows, event.refused.1);
        // what is as it should be still passes
        record_gives(&folder, r#"{"x": 3, "shop": "B"}"#, 19.0);
        file_gives(&folder, "x,shop\n3,B\n", &[19.0]);
    }
}

#[test]
fn the_model_file_shows_every_policy() {
    for event in &EVENTS {
        for policy in ["impute", "ignore", "reject"] {
            let folder = trained(&format!("{} {policy}", event.flag));
            assert_eq!(folder.json("model.json")["policies"][event.name], policy, "{}", event.flag);
        }
    }
    let expected: Value = json!({
        "missing_value": "impute", "unknown_level": "reject", "out_of_range": "ignore",
        "missing_column": "reject", "wrong_type": "reject", "extra_column": "ignore",
    });
    assert_eq!(trained("").json("model.json")["policies"], expected);
}

#[test]
fn an_unknown_policy_is_a_wrong_command_line() {
    let folder = Folder::new();
    folder.write("train.csv", TRAINING);
    let run = folder.run("train train.csv --target y -o model.json --on-missing guess");
    run.fails(2, &["guess", "impute", "ignore", "reject"]);
    assert_eq!(folder.files(), ["train.csv"]);
}

#[test]
fn the_line_is_that_of_the_file() {
    let folder = trained("");
    // a field of two lines stands before the line that is refused
    file_fails(&folder, "x,shop,note\n1,A,\"two\nlines\"\n1,B,x\n1,Z,x\n", &["line 5", "'Z'"]);
    file_fails(&folder, "x,shop\r\n1,A\r\noops,A\r\n", &["line 3", "'oops'"]);
    // the first of several, whichever column it is in
    file_fails(&folder, "x,shop\n1,A\n1,Y\noops,A\n1,Z\n", &["line 3", "'Y'"]);
    file_fails(&folder, "x,shop\n1,A\noops,A\n1,Y\n", &["line 3", "'oops'"]);
}

#[test]
fn a_row_refused_far_into_a_file_leaves_nothing_behind() {
    let folder = trained("");
    let mut rows = String::from("x,shop\n");
    for row in 1..=300_000 {
        rows.push_str(if row == 250_000 { "1,Z\n" } else { "1,A\n" });
    }
    file_fails(&folder, &rows, &["line 250001", "'Z'"]);
    // a file that was there before stays as it was
    folder.write("refused.csv", "kept\n");
    folder.run("predict model.json --input rows.csv -o refused.csv").fails(1, &["line 250001"]);
    assert_eq!(folder.text("refused.csv"), "kept\n");
}

#[test]
fn record_and_file_agree_on_the_target_as_a_further_field() {
    // labelled rows are scored as they are; a labelled record is the same thing
    let folder = trained("--on-extra-column reject");
    file_gives(&folder, "x,shop,y\n1,A,99\n", &[5.0]);
    record_gives(&folder, r#"{"x": 1, "shop": "A", "y": 99}"#, 5.0);
}

#[test]
fn values_of_other_json_types_are_wrong_types() {
    let folder = trained("");
    for (value, came) in
        [("true", "true"), ("[1]", "a list"), (r#"{"a": 1}"#, "an object"), (r#""1x""#, "'1x'")]
    {
        record(&folder, &format!(r#"{{"x": {value}, "shop": "A"}}"#)).fails(1, &["'x'", "a number", came]);
    }
    let folder = trained("--on-wrong-type impute");
    for value in ["true", "[1]", r#"{"a": 1}"#, r#""1x""#] {
        record_gives(&folder, &format!(r#"{{"x": {value}, "shop": "A"}}"#), 7.0);
    }
}

#[test]
fn what_is_no_record_is_an_error() {
    let folder = trained("");
    // the command line is wrong, whatever the model
    for text in
        ["", "{", "[]", "7", "null", "\"x\"", r#"{"x": 1, "shop": "A"} {}"#, r#"{"x": 1e999, "shop": "A"}"#]
    {
        record(&folder, text).fails(2, &["--record"]);
    }
    record(&folder, r#"{"x": 1, "shop": "A", "x": 2}"#).fails(1, &["'x'", "twice"]);
}

#[test]
fn several_events_in_one_row_are_each_treated() {
    let folder = trained("--on-unknown ignore --on-missing-column impute --on-out-of-range impute");
    // shop unknown: nothing; x beyond the range: 4
    record_gives(&folder, r#"{"x": 50, "shop": "Z"}"#, 11.0);
    file_gives(&folder, "shop,x\nZ,50\nB,\n,-3\n", &[11.0, 17.0, 13.0]);
}

#[test]
fn a_training_row_with_a_gap_is_filled_left_out_or_refused() {
    let rows = format!("{TRAINING},C,27\n");
    let folder = Folder::new();
    folder.write("train.csv", &rows);
    // filled in with the mean, 2, where y is 3 + 4 + 20: the same model
    let document = folder.train("train.csv --target y -o m.json --on-missing impute");
    assert_eq!(document["rows"]["train"], 8);
    assert!(
        close(document["intercept"].as_f64().unwrap(), 3.0)
            && close(document["coefficients"]["x"].as_f64().unwrap(), 2.0)
    );
    let document = folder.train("train.csv --target y -o m.json --on-missing ignore");
    assert_eq!(document["rows"]["train"], 7);
    let run = folder.run("train train.csv --target y -o refused.json --on-missing reject");
    run.fails(1, &["'x'", "row 8"]);
    assert!(!folder.files().contains(&"refused.json".to_owned()));
}

#[test]
fn a_column_may_have_a_rule_of_its_own_for_missing_values() {
    // every gap is refused but those in shop
    let folder = trained("--on-missing reject --on-missing shop=impute");
    record_gives(&folder, r#"{"x": 1, "shop": null}"#, 15.0);
    file_gives(&folder, "x,shop\n1,NA\n", &[15.0]);
    record(&folder, r#"{"x": null, "shop": "A"}"#).fails(1, &["'x'", "a number", "missing"]);
    file_fails(&folder, "x,shop\n1,A\n,A\n", &["line 3", "'x'", "missing"]);
    // every gap is filled in but those in x, which add nothing
    let folder = trained("--on-missing x=ignore");
    record_gives(&folder, r#"{"x": null, "shop": "A"}"#, 3.0);
    file_gives(&folder, "x,shop\n,A\n1,\n", &[3.0, 15.0]);
    // the file says it with the input, and only where there is a rule: older programs read it the same
    let model = folder.json("model.json");
    assert_eq!(model["policies"]["missing_value"], "impute");
    assert_eq!(model["inputs"][0]["policies"]["missing_value"], "ignore");
    assert_eq!(model["inputs"][0]["policies"]["unknown_level"], "reject");
    assert_eq!(model["inputs"][1].get("policies"), None);
    assert_eq!(model["training"]["settings"]["missing"], json!({"x": "ignore"}));
    assert_eq!(trained("").json("model.json")["training"]["settings"].get("missing"), None);
    // what else is refused for all columns is refused for this one, too
    file_fails(&folder, "x,shop\nabc,A\n", &["line 2", "'x'", "'abc'"]);
}

#[test]
fn the_rules_of_columns_decide_about_training_rows() {
    let rows = format!("{TRAINING},C,27\n3,,9\n");
    let folder = Folder::new();
    folder.write("train.csv", &rows);
    let n = |flags: &str| {
        folder.train(&format!("train.csv --target y -o m.json {flags}"))["rows"]["train"].as_u64().unwrap()
    };
    // one row has a gap in x, another one in shop
    assert_eq!(n(""), 9);
    assert_eq!(n("--on-missing x=ignore"), 8);
    assert_eq!(n("--on-missing ignore --on-missing x=impute"), 8);
    assert_eq!(n("--on-missing ignore"), 7);
    let run = folder.run("train train.csv --target y -o refused.json --on-missing shop=reject");
    run.fails(1, &["'shop'", "row 9", "its own rule", "--on-missing COL=ignore"]);
    assert!(!folder.files().contains(&"refused.json".to_owned()));
}

#[test]
fn a_rule_for_a_column_that_is_not_there_is_refused() {
    let folder = Folder::new();
    folder.write("train.csv", TRAINING);
    let run = |flags: &str| folder.run(&format!("train train.csv --target y -o m.json {flags}"));
    run("--on-missing shp=reject").fails(1, &["'shp'", "did you mean 'shop'"]);
    run("--on-missing x=guess").fails(2, &["guess", "impute, ignore or reject"]);
    run("--on-missing =reject").fails(2, &["no column before the equals sign"]);
    run("--on-missing impute --on-missing reject").fails(2, &["twice"]);
    run("--on-missing x=impute --on-missing x=reject").fails(2, &["twice", "'x'"]);
    // a rule for what is no feature says that it does nothing
    let document = folder.train("train.csv --target y -o m.json --features x --on-missing shop=reject");
    assert!(document["warnings"].to_string().contains("'shop' is no feature"), "{}", document["warnings"]);
}
