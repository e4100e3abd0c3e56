//! What `train` makes of data that is not as it should be, and what it says of it: encodings, folds, held-out rows,
//! classes, and warnings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use std::fmt::Write as _;

use common::Folder;
use serde_json::{Value, json};

/// A file of a header and rows made by number.
fn file(folder: &Folder, header: &str, n: usize, row: impl Fn(usize) -> String) {
    let mut text = format!("{header}\n");
    (0..n).for_each(|at| writeln!(text, "{}", row(at)).unwrap());
    folder.write("d.csv", text);
}

fn train(folder: &Folder, flags: &str) -> Value {
    folder.train(&format!("d.csv -o m.json {flags}"))
}

fn warnings(document: &Value) -> Vec<String> {
    document["warnings"].as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn warns(document: &Value, parts: &[&str]) {
    let all = warnings(document);
    let found = all.iter().any(|warning| parts.iter().all(|part| warning.contains(part)));
    assert!(found, "no warning with {parts:?} among {all:#?}");
}

#[track_caller]
fn does_not_warn(document: &Value, part: &str) {
    let all = warnings(document);
    assert!(!all.iter().any(|warning| warning.contains(part)), "{part:?} is among {all:#?}");
}

#[track_caller]
fn close(found: &Value, expected: f64) {
    let number = found.as_f64().unwrap_or(f64::NAN);
    assert!((number - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} for {expected}");
}

/// Without order in 0 to 1.
fn noise(at: usize) -> f64 {
    ((at as f64 * 12.9898 + 1.0).sin() * 43_758.547).rem_euclid(1.0)
}

#[test]
fn without_an_intercept_the_first_category_keeps_every_level() {
    // y is 10, 20 or 30 by k, plus x, plus 5 for the second level of m. statsmodels 0.15.0 (patsy 1.0.3) has these
    // columns for `y ~ 0 + x + k + m`, too: x, k[a], k[b], k[c], m[T.q]
    let folder = Folder::new();
    file(&folder, "x,k,m,y", 24, |at| {
        let (k, m, x) = (at % 3, at / 3 % 2, at * at % 7);
        format!("{x},{},{},{}", ["a", "b", "c"][k], ["p", "q"][m], 10 * (k + 1) + x + 5 * m)
    });
    let document = train(&folder, "--target y --no-intercept");
    let expected = json!({"x": 1.0, "k=a": 10.0, "k=b": 20.0, "k=c": 30.0, "m=q": 5.0});
    assert_eq!(document["coefficients"].as_object().unwrap().len(), 5);
    for (name, value) in expected.as_object().unwrap() {
        close(&document["coefficients"][name], value.as_f64().unwrap());
    }
    // a level of the first category that is not known adds nothing, and not the first level's 10
    train(&folder, "--target y --no-intercept --on-unknown ignore");
    let record = r#"{"x": 2, "k": "new", "m": "p"}"#;
    close(&folder.run_with(["predict", "m.json", "--record", record, "--json"]).json()["prediction"], 2.0);
    // ridge has the same terms; with an intercept the first level is the reference
    assert!(train(&folder, "--target y --model ridge --no-intercept")["coefficients"]["k=a"].is_number());
    assert!(train(&folder, "--target y")["coefficients"]["k=a"].is_null());
}

#[test]
fn a_level_of_held_out_rows_alone_is_unknown() {
    let folder = Folder::new();
    file(&folder, "day,k,x,y", 20, |at| {
        let k = if at >= 18 { "zz" } else { ["a", "b"][at % 2] };
        format!("2024-01-{:02},{k},{},{}", at + 1, noise(at), noise(at + 50))
    });
    let document = train(&folder, "--target y --time day --test-fraction 0.2 --features k,x --folds 3");
    warns(&document, &["2 of 4 held-out rows", "'k'", "no training row has"]);
    does_not_warn(&document, "k=zz");
    assert_eq!(document["coefficients"].as_object().unwrap().keys().collect::<Vec<_>>(), ["k=b", "x"]);
    // held-out rows with it are scored as the reference level, and in production it is refused
    assert!(document["metrics"]["test"]["rmse"].is_number());
    let record = r#"{"k": "zz", "x": 0.5}"#;
    folder.run_with(["predict", "m.json", "--record", record]).fails(1, &["unknown level 'zz'", "'a', 'b'"]);
}

#[test]
fn folds_by_time_go_forward_only() {
    // y is the day for ten days and 100 then. By a tree of depth one leaf (the mean of all rows before), the second of
    // two folds of three (rows 4 to 6 and 7 to 9) is predicted from the days 0 to 6: mean 3; it is 7, 8, 9
    let folder = Folder::new();
    file(&folder, "day,x,y", 10, |at| format!("2024-01-{:02},1,{at}", at + 1));
    for flags in ["--time day --folds 2", "--time day --folds 2 --seed 7"] {
        let document = train(&folder, &format!("--target y --features x --model tree {flags}"));
        let validation = &document["cross_validation"];
        assert_eq!(validation["scheme"], "forward-chaining");
        // means 1.5 of 0..=3 and 3 of 0..=6
        close(&validation["folds"][0]["bias"], 1.5 - 5.0);
        close(&validation["folds"][1]["bias"], 3.0 - 8.0);
    }
    let text = folder.run("train d.csv --target y --features x --time day --folds 2 -o m.json").done().text();
    assert!(text.contains("in order of time"), "{text}");
    let document = train(&folder, "--target y --features x --folds 2");
    assert_eq!(document["cross_validation"]["scheme"], "random");
    folder.run("train d.csv --target y --time day -o m.json").fails(2, &["--test-fraction", "--folds"]);
}

#[test]
fn rows_without_a_date_are_left_out_of_a_split_by_time() {
    let folder = Folder::new();
    file(&folder, "day,x,y", 20, |at| {
        let day = if at % 9 == 4 { String::new() } else { format!("2024-01-{:02}", at + 1) };
        format!("{day},{},{}", noise(at), noise(at + 50))
    });
    let document = train(&folder, "--target y --features x --time day --test-fraction 0.25");
    warns(&document, &["2 of 20 rows have no date in 'day'", "left out"]);
    assert_eq!(document["rows"], json!({"train": 13, "test": 5, "left_out": 2}));
    assert_eq!(train(&folder, "--target y --features x")["rows"]["train"], 20);
}

#[test]
fn a_rare_class_does_not_stop_the_folds() {
    let folder = Folder::new();
    file(&folder, "x,t", 40, |at| format!("{},{}", noise(at), if at == 7 { "rare" } else { "usual" }));
    let document = train(&folder, "--target t --folds 5");
    warns(&document, &["'rare' is a class of fewer training rows", "folds (5)"]);
    // the fold that holds the row out has nothing to learn from
    warns(&document, &["of 5 was left out", "class 'usual'"]);
    assert_eq!(document["cross_validation"]["folds"].as_array().unwrap().len(), 4);
    let document = train(&folder, "--target t --test-fraction 0.1");
    warns(&document, &["no held-out row is of class 'rare'"]);
    // by time all of one class may be held out
    file(&folder, "day,x,t", 20, |at| {
        format!("2024-01-{:02},{},{}", at + 1, noise(at), if at > 17 { "new" } else { "old" })
    });
    folder
        .run("train d.csv --target t --features x --time day --test-fraction 0.1 -o m.json")
        .fails(1, &["one class, 'old'"]);
    let document =
        train(&folder, "--target t --features x --time day --test-fraction 0.1 --model tree --min-leaf 1");
    warns(&document, &["no training row is of class 'new'"]);
}

#[test]
fn the_scores_of_classes_have_their_names() {
    let folder = Folder::new();
    file(&folder, "x,t", 30, |at| format!("{},{}", at % 7, if at % 7 > 3 { "yes" } else { "no" }));
    let document = train(&folder, "--target t --test-fraction 0.3");
    for part in ["train", "test"] {
        let scores = &document["metrics"][part];
        assert_eq!(scores["class_names"], json!(["no", "yes"]));
        assert_eq!(scores["positive_class"], "yes");
        assert_eq!(
            (&scores["classes"][0]["class"], &scores["classes"][1]["class"]),
            (&json!("no"), &json!("yes"))
        );
        assert_eq!(scores["f1"], scores["classes"][1]["f1"]);
    }
    assert_eq!(document["measured"], "F1 and ROC AUC are of class 'yes'");
    let rule = document["baseline"]["rule"].as_str().unwrap();
    assert!(rule.contains("always the most frequent class, 'no', with the classes' shares"), "{rule}");
    let evaluation = folder.run("evaluate m.json --input d.csv --json").json();
    assert_eq!(evaluation["metrics"]["class_names"], json!(["no", "yes"]));
    assert_eq!(evaluation["measured"], document["measured"]);

    file(&folder, "x,t", 30, |at| format!("{},{}", at % 7, ["a", "b", "c"][at % 3]));
    let document = train(&folder, "--target t");
    assert!(document["metrics"]["train"]["positive_class"].is_null());
    assert!(document["measured"].as_str().unwrap().contains("macro"));
}

#[test]
fn a_constant_target_is_said_once() {
    let folder = Folder::new();
    file(&folder, "x,c,y", 20, |at| format!("{},1,0.1", noise(at)));
    for model in ["linear", "ridge", "elastic-net", "tree", "mlp", "linear --test-fraction 0.3"] {
        let document = train(&folder, &format!("--target y --model {model}"));
        let all = warnings(&document);
        assert_eq!(all.len(), 1, "{model}: {all:?}");
        assert!(all[0].contains("the target is constant: 'y' is 0.1"), "{all:?}");
        assert_eq!(document["metrics"]["train"]["r2"], 1.0, "{model}");
    }
}

#[test]
fn a_fit_that_is_exact_by_construction_is_no_leakage() {
    let folder = Folder::new();
    for n in [4, 12] {
        let columns: Vec<String> = (0..20).map(|column| format!("f{column}")).collect();
        file(&folder, &format!("{},y", columns.join(",")), n, |at| {
            let numbers: Vec<String> = (0..21).map(|column| noise(at * 21 + column).to_string()).collect();
            numbers.join(",")
        });
        let document = train(&folder, "--target y");
        warns(&document, &["as many coefficients as training rows", "exact by construction"]);
        warns(&document, &[&format!("too few rows ({n})"), &format!("'f{}'", n - 1)]);
        does_not_warn(&document, "leakage");
        does_not_warn(&document, "determined");
        let document = train(&folder, "--target y --model ridge --alpha 0.000001");
        does_not_warn(&document, "leakage");
    }
    // a tree that knows its rows by heart
    file(&folder, "x,y", 60, |at| format!("{},{}", noise(at), noise(at * 7 + 3)));
    let document = train(&folder, "--target y --model tree --max-depth 30 --min-leaf 1");
    warns(&document, &["60 leaves for 60 training rows", "by heart"]);
    does_not_warn(&document, "leakage");
    // features that add up to the target
    file(&folder, "a,b,y", 60, |at| format!("{},{},{}", at % 7, at % 11, at % 7 + at % 11));
    warns(&train(&folder, "--target y"), &["possible leakage", "no features add up to it"]);
}

#[test]
fn a_copy_of_the_target_is_leakage_in_every_form() {
    let folder = Folder::new();
    file(&folder, "code,word,mark,chance,t", 60, |at| {
        let t = at * 7 % 3;
        let (word, name) = (["x", "y", "z"][t], ["low", "middle", "high"][t]);
        format!("{t},{word},{},{},{name}", 30.0 * t as f64 + 20.0 * noise(at), noise(at * 5))
    });
    let document = train(&folder, "--target t");
    for feature in ["'code'", "'word'", "'mark'"] {
        warns(&document, &["possible leakage", feature]);
    }
    does_not_warn(&document, "'chance'");
    file(&folder, "log,chance,y", 60, |at| {
        let y = (5.0 * noise(at)).exp();
        format!("{},{},{y}", y.ln(), noise(at * 5))
    });
    warns(&train(&folder, "--target y"), &["'log' alone puts the target in order", "1.0000"]);
    // no set that is merely easy
    for (sample, target) in
        [("wine-recognition", "class"), ("orange-juice", "Purchase"), ("diabetes", "progression")]
    {
        let document = folder.train(&format!("{sample} --target {target} -o m.json"));
        does_not_warn(&document, "leakage");
    }
}

#[test]
fn columns_that_nearly_determine_each_other_are_named() {
    let folder = Folder::new();
    file(&folder, "a,b,c,y", 40, |at| {
        let a = noise(at);
        format!("{a},{},{},{}", a + 1e-9 * noise(at * 3), noise(at * 5), noise(at * 7))
    });
    let document = train(&folder, "--target y");
    warns(&document, &["'a', 'b' are nearly determined", "condition"]);
    assert_eq!(document["dropped"], json!([]));
    let text = folder.run("train d.csv --target y -o m.json").done().text();
    assert!(text.contains("condition "), "{text}");
    does_not_warn(&train(&folder, "--target y --features a,c"), "determined");
}

#[test]
fn what_takes_no_part_is_said_by_every_model() {
    let folder = Folder::new();
    file(&folder, "x,c,k,y,t", 30, |at| {
        format!("{},7,only,{},{}", noise(at), noise(at * 3), ["no", "maybe"][at % 2])
    });
    for model in ["linear", "ridge", "ridge --solver linfa", "elastic-net --alpha 0.01", "mlp"] {
        let document = train(&folder, &format!("--target y --features x,c,k --model {model}"));
        warns(&document, &["'c'", "constant in the training rows"]);
    }
    let document = train(&folder, "--target t --features x,c,k");
    warns(&document, &["'c' is constant in the training rows"]);
    warns(&document, &["'k' has a single level"]);
    // what has no coefficient has no standard error
    let document = train(&folder, "--target y --features x,c");
    assert!(document["standard_errors"]["c"].is_null());
    assert!(document["standard_errors"]["x"].is_number());
}

#[test]
fn separable_classes_without_a_penalty_have_no_finite_solution() {
    let folder = Folder::new();
    file(&folder, "x,t", 40, |at| format!("{},{}", at, if at > 19 { "hi" } else { "lo" }));
    warns(&train(&folder, "--target t --alpha 0"), &["no finite coefficients", "--alpha"]);
    does_not_warn(&train(&folder, "--target t"), "finite");
}

#[test]
fn numbers_of_any_size_have_scores_and_readable_warnings() {
    let folder = Folder::new();
    for unit in [1e200, 1e-300] {
        file(&folder, "x,y", 30, |at| format!("{},{:e}", noise(at), noise(at * 7) * unit));
        let document = train(&folder, "--target y --test-fraction 0.4");
        assert!(document["metrics"]["train"]["r2"].is_number(), "{document:#}");
        assert!(document["metrics"]["test"]["r2"].is_number(), "{document:#}");
        // a target so large can't be standardised, and the message says so
        if unit < 1.0 {
            let document = train(&folder, "--target y --model elastic-net");
            warns(&document, &["does not beat the naive one", "rmse", "e-301"]);
            let document = train(&folder, "--target y --model elastic-net --alpha 0");
            assert_ne!(document["coefficients"]["x"], 0.0);
        }
    }
}

#[test]
fn hints_for_targets_that_may_be_meant_otherwise() {
    let folder = Folder::new();
    file(&folder, "x,grade,name,size", 60, |at| {
        format!("{},{},name{at},{}", noise(at), at % 4 + 1, noise(at * 3))
    });
    warns(
        &train(&folder, "--target grade --features x"),
        &["only 4 different values", "--task classification"],
    );
    does_not_warn(&train(&folder, "--target grade --features x --model linear"), "--task classification");
    does_not_warn(&train(&folder, "--target size --features x"), "--task classification");
    warns(&train(&folder, "--target name --features x"), &["'name' has 60 classes among 60 rows"]);
    let document = train(&folder, "--target size --features x --task classification");
    warns(&document, &["60 classes", "--task regression"]);
    does_not_warn(&train(&folder, "--target grade --features x --task classification"), "classes among");
}

#[test]
fn filling_in_says_with_what_and_linfa_says_where_to_turn() {
    let folder = Folder::new();
    file(&folder, "x,k,y", 20, |at| {
        let gap = at == 3;
        let (x, k) = (noise(at).to_string(), ["a", "b"][at % 2]);
        format!("{},{},{}", if gap { "" } else { &x }, if gap { "" } else { k }, noise(at * 3))
    });
    let document = train(&folder, "--target y");
    warns(&document, &["'x' has 1 missing", "the mean of the training rows"]);
    warns(&document, &["'k' has 1 missing", "the most frequent value"]);
    file(&folder, "x,copy,y", 20, |at| format!("{at},{at},{}", noise(at)));
    folder
        .run("train d.csv --target y --solver linfa -o m.json")
        .fails(1, &["determine each other", "--solver auto"]);
}
