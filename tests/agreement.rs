//! `train`, `evaluate` and `predict` on the same cells: one rule for what is no number, for what overflows, and for a
//! class that is not known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use common::Folder;
use serde_json::{Value, json};

const ODD: &str = "x,y\n1,2\n2,4\n3,6.5\ninf,7\n1e400,8\noops,9\n,10\n4,8\n";

fn trained(flags: &str) -> Folder {
    let folder = Folder::new();
    folder.write("odd.csv", ODD);
    folder.train(&format!("odd.csv --target y --type x=number -o m.json {flags}"));
    folder
}

/// The root mean squared error of the predictions that `predict` writes, worked out here.
fn rmse_of_predict(folder: &Folder) -> f64 {
    folder.run("predict m.json --input odd.csv -o out.csv").done();
    let out = folder.read("out.csv");
    let squares: Vec<f64> = csv::Reader::from_reader(out.as_slice())
        .records()
        .map(|record| {
            let record = record.unwrap();
            let number = |at: usize| record[at].parse::<f64>().unwrap();
            (number(1) - number(2)).powi(2)
        })
        .collect();
    assert_eq!(squares.len(), 8);
    (squares.iter().sum::<f64>() / 8.0).sqrt()
}

#[test]
fn a_training_cell_that_is_no_number_is_missing_and_said_so() {
    let folder = Folder::new();
    folder.write("odd.csv", ODD);
    let document = folder.train("odd.csv --target y --type x=number -o m.json");
    let warnings = document["reading_warnings"].as_array().unwrap();
    let lines: Vec<u64> = warnings.iter().map(|w| w["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [5, 6, 7]);
    assert!(warnings.iter().all(|w| w["message"].as_str().unwrap().contains("taken as missing")));
}

#[test]
fn evaluate_and_predict_refuse_the_same_cell_in_the_same_words() {
    let folder = trained("");
    let scored = folder.run("predict m.json --input odd.csv -o out.csv");
    scored.fails(1, &["line 5", "'x'", "a number", "'inf'"]);
    for options in ["", "--type x=number"] {
        let evaluated = folder.run(&format!("evaluate m.json --input odd.csv {options}"));
        evaluated.fails(1, &[]);
        assert!(
            scored.stderr.starts_with(evaluated.stderr.trim_end()),
            "{} {}",
            scored.stderr,
            evaluated.stderr
        );
    }
}

#[test]
fn evaluate_measures_what_predict_writes_under_every_policy() {
    // the slope is not zero, so that a value filled in and one left out give different predictions
    let mut found = Vec::new();
    for policy in ["impute", "ignore"] {
        let folder = trained(&format!("--on-wrong-type {policy}"));
        let document = folder.run("evaluate m.json --input odd.csv --json").json();
        let rmse = document["metrics"]["rmse"].as_f64().unwrap();
        assert!((rmse - rmse_of_predict(&folder)).abs() < 1e-12, "{policy}: {rmse}");
        let warnings = document["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        found.push(rmse);
    }
    assert!((found[0] - found[1]).abs() > 0.1, "{found:?}");
}

#[test]
fn a_target_that_is_no_number_leaves_its_row_out() {
    let folder = trained("");
    folder.write("new.csv", "x,y\n1,2\n2,oops\n3,\n4,8\n");
    let document = folder.run("evaluate m.json --input new.csv --json").json();
    assert_eq!((&document["rows"], &document["left_out"]), (&json!(2), &json!(2)));
    let warning = &document["warnings"][0];
    assert!(warning["line"] == 3 && warning["message"].as_str().unwrap().contains("'oops'"), "{warning}");
}

#[test]
fn an_input_can_not_be_read_as_another_type_than_the_models() {
    let folder = trained("");
    for command in ["predict", "evaluate"] {
        for kind in ["category", "date"] {
            let run = folder.run(&format!("{command} m.json --input odd.csv --type x={kind}"));
            run.fails(1, &["'x'", "number", kind]);
        }
    }
}

/// y = 20·x exactly.
fn steep() -> Folder {
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,20\n2,40\n3,60\n4,80\n");
    folder.train("t.csv --target y -o m.json");
    folder
}

#[test]
fn a_prediction_that_overflows_is_refused_with_its_line() {
    let folder = steep();
    folder.write("rows.csv", "x\n1\n8e306\n1.7e308\n");
    folder
        .run("predict m.json --input rows.csv -o out.csv")
        .fails(1, &["rows.csv, line 4", "finite", "overflows"]);
    assert!(!folder.files().contains(&"out.csv".to_owned()));
    folder.run_with(["predict", "m.json", "--record", r#"{"x": 1.7e308}"#, "--json"]).fails(1, &["finite"]);
    folder.write("labelled.csv", "x,y\n1,20\n1.7e308,1\n");
    folder.run("evaluate m.json --input labelled.csv").fails(1, &["line 3", "finite"]);
    // just below, it is a prediction: 20 · 8e306
    let document = folder.run_with(["predict", "m.json", "--record", r#"{"x": 8e306}"#, "--json"]).json();
    assert!((document["prediction"].as_f64().unwrap() / 1.6e308 - 1.0).abs() < 1e-9);
}

#[test]
fn scores_that_are_not_defined_are_null_and_said_so() {
    let folder = Folder::new();
    folder.write("t.csv", "a,y\n1,1e308\n2,-1e308\n3,1e308\n");
    let document = folder.train("t.csv --target y --model ridge -o m.json");
    let scores = document["metrics"]["train"].as_object().unwrap();
    for key in ["r2", "rmse", "mae"] {
        assert_eq!(scores.get(key), Some(&Value::Null), "{key}");
    }
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("training") && warnings.contains("overflow"), "{warnings}");
}

#[test]
fn a_class_that_is_not_known_counts_as_wrong() {
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,p\n2,p\n3,p\n7,q\n8,q\n9,q\n");
    folder.train("t.csv --target y -o m.json");
    folder.write("new.csv", "x,y\n1,p\n9,q\n1,zz\n2,\n");
    let document = folder.run("evaluate m.json --input new.csv --json").json();
    assert_eq!(document["metrics"]["accuracy"].as_f64(), Some(2.0 / 3.0));
    assert_eq!(
        (&document["rows"], &document["unknown_class"], &document["left_out"]),
        (&json!(3), &json!(1), &json!(1))
    );
    let text = folder.run("evaluate m.json --input new.csv").done().text();
    assert!(text.contains("not known to the model") && text.contains("1 further"), "{text}");
}

#[test]
fn classes_that_are_numbers_are_known_however_they_are_written() {
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,0.0\n2,0.0\n3,0.0\n7,1.0\n8,1.0\n9,1.0\n");
    folder.train("t.csv --target y --task classification -o m.json");
    for rows in ["x,y\n1,0.0\n9,1.0\n", "x,y\n1,0\n9,1\n"] {
        folder.write("new.csv", rows);
        let document = folder.run("evaluate m.json --input new.csv --json").json();
        assert_eq!((&document["unknown_class"], &document["metrics"]["accuracy"]), (&json!(0), &json!(1.0)));
    }
}
