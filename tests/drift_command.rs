//! `drydock drift` as a user and a script meet it: the document, the verdicts, what is said of odd columns.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use std::fmt::Write as _;

use common::Folder;
use serde_json::Value;

/// Uniform numbers from a congruential generator.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// About normal: twelve uniform numbers less six.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// `x` about normal around `mean`, `shop` one of three, with `b` as likely as `share_b`.
fn rows(seed: u64, n: usize, mean: f64, share_b: f64) -> String {
    let mut draws = Draws(seed);
    let mut text = String::from("x,shop\n");
    for _ in 0..n {
        let x = draws.normal() + mean;
        let shop = match draws.next() {
            u if u < share_b => "b",
            u if u < 0.5 + share_b / 2.0 => "a",
            _ => "c",
        };
        writeln!(text, "{x:.6},{shop}").unwrap();
    }
    text
}

fn column<'a>(document: &'a Value, name: &str) -> &'a Value {
    let columns = document["columns"].as_array().unwrap();
    columns.iter().find(|column| column["name"] == name).unwrap_or_else(|| panic!("no column {name}"))
}

#[test]
fn the_document_has_every_field_that_scripts_rely_on() {
    let folder = Folder::new();
    folder.write("r.csv", rows(1, 600, 0.0, 0.3));
    folder.write("c.csv", rows(2, 500, 0.8, 0.6));
    let document = folder.run("drift r.csv c.csv --json").json();
    let x = column(&document, "x");
    assert_eq!((x["type"].as_str(), x["drifted"].as_bool()), (Some("number"), Some(true)));
    for key in ["psi", "wasserstein", "jensen_shannon"] {
        assert!(x[key].as_f64().unwrap() > 0.0, "{key}");
    }
    assert!(x["ks"]["statistic"].as_f64().unwrap() > 0.2 && x["ks"]["p_value"].as_f64().unwrap() < 1e-6);
    let shop = column(&document, "shop");
    assert_eq!((shop["type"].as_str(), shop["drifted"].as_bool()), (Some("category"), Some(true)));
    assert_eq!(shop["chi_squared"]["dof"], 2);
    assert!(shop["chi_squared"]["statistic"].as_f64().unwrap() > 30.0);
    assert_eq!(document["drifted_share"].as_f64(), Some(1.0));
    assert!(document["prediction"].is_null());
    assert_eq!(x["missing"]["reference"].as_f64(), Some(0.0));
    assert!(document["rule"]["text"].as_str().unwrap().contains("material"));
    // never a bare red light
    assert_eq!((x["n"]["reference"].as_u64(), x["n"]["current"].as_u64()), (Some(600), Some(500)));
    assert_eq!(x["reference"].as_array().or(x["bins"]["reference"].as_array()).unwrap().len(), 10);
    assert!(x["control"]["statistics"]["psi"]["p95"].as_f64().unwrap() < x["psi"].as_f64().unwrap());
    assert!(x["verdict"]["effects"][0]["threshold"].as_f64().is_some());
    let tools: Vec<_> =
        x["rule_card"].as_array().unwrap().iter().map(|t| t["tool"].as_str().unwrap()).collect();
    assert_eq!(tools, ["Evidently", "NannyML", "deepchecks", "whylogs"]);
    // the same again, to the last digit
    assert_eq!(folder.run("drift r.csv c.csv --json").json()["columns"], document["columns"]);
    let text = folder.run("drift r.csv c.csv --rule-card").done().text();
    for part in ["DRIFTED", "2 of 2 columns", "Rule:", "Evidently", "without drift at this n"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn chance_is_not_drift_and_a_trifle_does_not_matter() {
    let folder = Folder::new();
    folder.write("r.csv", rows(3, 400, 0.0, 0.3));
    folder.write("same.csv", rows(4, 300, 0.0, 0.3));
    let document = folder.run("drift r.csv same.csv --json").json();
    assert_eq!(column(&document, "x")["drifted"].as_bool(), Some(false));
    assert_eq!(column(&document, "shop")["drifted"].as_bool(), Some(false));
    assert_eq!(document["drifted_share"].as_f64(), Some(0.0));
    // a twentieth of a standard deviation, seen by 40,000 rows: significant, not material
    folder.write("many.csv", rows(5, 40_000, 0.0, 0.3));
    folder.write("trifle.csv", rows(6, 40_000, 0.05, 0.3));
    let document = folder.run("drift many.csv trifle.csv --json").json();
    let x = column(&document, "x");
    assert_eq!(
        (&x["verdict"]["significant"], &x["verdict"]["material"], &x["drifted"]),
        (&Value::Bool(true), &Value::Bool(false), &Value::Bool(false))
    );
    // Evidently's rule flips at 1,000 reference rows
    let method =
        |document: &Value| column(document, "x")["rule_card"][0]["method"].as_str().unwrap().to_owned();
    assert!(method(&document).contains("Wasserstein"));
    assert!(method(&folder.run("drift r.csv trifle.csv --json").json()).contains("KS"));
}

#[test]
fn a_new_value_among_few_is_seen() {
    let folder = Folder::new();
    let lines = |n: usize| {
        (0..48).fold("grade\n".to_owned(), |mut text, row| {
            writeln!(text, "{}", row % n + 1).unwrap();
            text
        })
    };
    folder.write("r.csv", lines(3));
    folder.write("c.csv", lines(4));
    let document = folder.run("drift r.csv c.csv --json").json();
    let grade = column(&document, "grade");
    // KS alone would call a quarter of the rows chance
    assert!(grade["ks"]["p_value"].as_f64().unwrap() > 0.05);
    assert_eq!(
        (grade["verdict"]["test"].as_str(), grade["drifted"].as_bool()),
        (Some("chi_squared"), Some(true))
    );
    assert_eq!(
        column(&folder.run("drift r.csv r.csv --json").json(), "grade")["drifted"].as_bool(),
        Some(false)
    );
}

#[test]
fn too_few_rows_give_no_verdict() {
    let folder = Folder::new();
    folder.write("r.csv", "x\n1\n2\n");
    folder.write("c.csv", "x\n3\n4\n");
    let document = folder.run("drift r.csv c.csv --json").json();
    let x = column(&document, "x");
    assert!((x["ks"]["p_value"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-15);
    assert!(x["drifted"].is_null() && document["drifted_share"].is_null());
    assert!(x["verdict"]["reason"].as_str().unwrap().contains("too few"));
    assert!(folder.run("drift r.csv c.csv").done().text().contains("can't tell"));
}

#[test]
fn missing_values_are_left_out_and_their_share_is_told() {
    let folder = Folder::new();
    let with_gaps = |every: usize| {
        (0..1000).fold("x,y\n".to_owned(), |mut text, row| {
            let x = if row % every == 0 { String::new() } else { (row % 50).to_string() };
            writeln!(text, "{x},{row}").unwrap();
            text
        })
    };
    folder.write("r.csv", with_gaps(100));
    folder.write("c.csv", with_gaps(4));
    let document = folder.run("drift r.csv c.csv --json").json();
    let x = column(&document, "x");
    assert_eq!(x["missing"]["reference"].as_f64(), Some(0.01));
    assert_eq!(x["missing"]["current"].as_f64(), Some(0.25));
    assert_eq!(x["missing"]["changed"].as_bool(), Some(true));
    assert_eq!((x["n"]["reference"].as_u64(), x["n"]["current"].as_u64()), (Some(990), Some(750)));
    // an empty column is no crash
    folder.write("none.csv", format!("x,y\n{}", ",1\n".repeat(50)));
    let document = folder.run("drift r.csv none.csv --json").json();
    let x = column(&document, "x");
    assert!(x["drifted"].is_null() && x["psi"].is_null() && x["ks"].is_null() && x["wasserstein"].is_null());
    assert_eq!(x["missing"]["current"].as_f64(), Some(1.0));
}

#[test]
fn new_vanished_and_unlike_columns_are_said() {
    let folder = Folder::new();
    let text = |shops: &[&str], extra: &str, value: &dyn Fn(usize) -> String| {
        (0..60).fold(format!("shop,v,{extra}\n"), |mut text, row| {
            writeln!(text, "{},{},{row}", shops[row % shops.len()], value(row)).unwrap();
            text
        })
    };
    folder.write("r.csv", text(&["a", "b", "c"], "old", &|row| row.to_string()));
    folder.write("c.csv", text(&["a", "b", "d"], "new", &|row| format!("word{}", row % 7)));
    let run = folder.run("drift r.csv c.csv --json");
    let document = run.json();
    let shop = column(&document, "shop");
    assert_eq!(shop["new_levels"][0]["level"], "d");
    assert_eq!(shop["vanished_levels"][0]["level"], "c");
    assert!((shop["unseen_share"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-15);
    // by hand: c from a third to nothing, d from nothing to a third, floored at 1e-4
    let expected = 2.0 * (1.0 / 3.0 - 1e-4) * (1.0 / 3.0 / 1e-4_f64).ln();
    assert!((shop["psi"].as_f64().unwrap() - expected).abs() < 1e-12);
    let v = column(&document, "v");
    assert!(v["drifted"].is_null() && v["psi"].is_null());
    assert!(v["verdict"]["reason"].as_str().unwrap().contains("category in the current data"), "{v}");
    assert_eq!(document["only_in_reference"][0], "old");
    assert_eq!(document["only_in_current"][0], "new");
    // a few bad cells among numbers count as missing, with a warning
    folder.write(
        "bad.csv",
        text(&["a", "b", "c"], "old", &|row| if row == 7 { "oops".into() } else { row.to_string() }),
    );
    let document = folder.run("drift r.csv bad.csv --json").json();
    let v = column(&document, "v");
    assert_eq!((v["type"].as_str(), v["n"]["current"].as_u64()), (Some("number"), Some(59)));
}

#[test]
fn a_models_predictions_are_compared_too() {
    let folder = Folder::new();
    let lines = |seed: u64, mean: f64| {
        let mut draws = Draws(seed);
        (0..300).fold("x,z,y\n".to_owned(), |mut text, _| {
            let (x, z) = (draws.normal() + mean, draws.normal());
            writeln!(text, "{x:.5},{z:.5},{:.5}", 3.0 * x + z + draws.normal()).unwrap();
            text
        })
    };
    folder.write("r.csv", lines(1, 0.0));
    folder.write("c.csv", lines(2, 1.5));
    folder.train("r.csv --target y -o m.json");
    let document = folder.run("drift r.csv c.csv --model m.json --json").json();
    let prediction = &document["prediction"];
    assert_eq!((prediction["type"].as_str(), prediction["drifted"].as_bool()), (Some("number"), Some(true)));
    assert_eq!(column(&document, "z")["drifted"].as_bool(), Some(false));
    // 3 × 1.5 more, up to noise
    assert!((prediction["wasserstein"].as_f64().unwrap() - 4.5).abs() < 0.8);
    // the model's own outline stands in for the reference as far as it can
    let outline = folder.run("drift c.csv --model m.json --json").json();
    for name in ["x", "z", "y"] {
        let (whole, outlined) = (column(&document, name), column(&outline, name));
        assert!((whole["psi"].as_f64().unwrap() - outlined["psi"].as_f64().unwrap()).abs() < 1e-12, "{name}");
        assert_eq!(whole["drifted"], outlined["drifted"], "{name}");
        assert!(outlined["ks"].is_null() && outlined["wasserstein"].is_null());
    }
    assert_eq!(outline["prediction"]["drifted"].as_bool(), Some(true));
}

#[test]
fn a_classifiers_classes_are_compared() {
    let folder = Folder::new();
    let lines = |seed: u64, mean: f64| {
        let mut draws = Draws(seed);
        (0..300).fold("x,y\n".to_owned(), |mut text, _| {
            let x = draws.normal() + mean;
            writeln!(text, "{x:.5},{}", if x + draws.normal() > 0.0 { "hot" } else { "cold" }).unwrap();
            text
        })
    };
    folder.write("r.csv", lines(1, 0.0));
    folder.write("c.csv", lines(2, 1.5));
    folder.train("r.csv --target y -o m.json");
    let prediction = &folder.run("drift r.csv c.csv --model m.json --json").json()["prediction"];
    assert_eq!(
        (prediction["type"].as_str(), prediction["drifted"].as_bool()),
        (Some("category"), Some(true))
    );
    assert_eq!(prediction["chi_squared"]["dof"], 1);
    assert!(prediction["probability"]["psi"].as_f64().is_some());
}

#[test]
fn a_classifier_sees_what_no_single_column_shows() {
    let folder = Folder::new();
    let lines = |seed: u64, sign: f64| {
        let mut draws = Draws(seed);
        (0..800).fold("a,b\n".to_owned(), |mut text, _| {
            let a = draws.normal();
            writeln!(text, "{a:.5},{:.5}", sign * a + 0.3 * draws.normal()).unwrap();
            text
        })
    };
    folder.write("r.csv", lines(1, 1.0));
    folder.write("turned.csv", lines(2, -1.0));
    folder.write("same.csv", lines(3, 1.0));
    let auc = |file: &str| folder.run(&format!("drift r.csv {file} --classifier 800 --json")).json();
    let turned = auc("turned.csv");
    assert_eq!(turned["drifted_share"].as_f64(), Some(0.0));
    // a tree finds a turned correlation only by luck at first, but it finds it
    assert!(turned["classifier"]["auc"].as_f64().unwrap() > 0.7, "{}", turned["classifier"]);
    assert!(auc("same.csv")["classifier"]["auc"].as_f64().unwrap() < 0.6);
}

/// The rule's own words against what it does: its alpha is the classifier's as well.
#[test]
fn the_classifier_answers_to_alpha() {
    let folder = Folder::new();
    folder.write("r.csv", rows(1, 300, 0.0, 0.3));
    folder.write("c.csv", rows(2, 300, 0.05, 0.3));
    let p = folder.run("drift r.csv c.csv --classifier 300 --json").json()["classifier"]["p_value"].as_f64();
    let p = p.unwrap();
    assert!((1e-6..0.99).contains(&p), "{p}");
    let says = |alpha: f64| folder.run(&format!("drift r.csv c.csv --classifier 300 --alpha {alpha}")).text();
    assert!(says(p * 1.001).contains("a classifier can tell"), "p = {p}");
    assert!(says(p * 0.999).contains("a classifier can't tell"), "p = {p}");
}

#[test]
fn the_rule_that_is_printed_is_the_rule_that_is_used() {
    let folder = Folder::new();
    folder.write("r.csv", rows(1, 300, 0.0, 0.3));
    folder.write("c.csv", rows(2, 300, 0.5, 0.3));
    let rule = |arguments: &str| {
        let document = folder.run(&format!("drift r.csv c.csv --json {arguments}")).json();
        document["rule"]["text"].as_str().unwrap().to_owned()
    };
    assert!(rule("").contains("no-drift control"));
    assert!(!rule("--resamples 0").contains("control"));
    assert!(rule("").contains("missing values changed if") && rule("").contains("1 percentage point"));
    // more levels than a control is made of, each often enough
    let levels = |n: usize| {
        (0..4 * n).fold("code\n".to_owned(), |mut text, row| {
            writeln!(text, "k{}", row % n).unwrap();
            text
        })
    };
    let notes = |name: &str, document: &Value| column(document, name)["notes"].to_string();
    for (n, noted) in [(1_024, false), (1_025, true)] {
        folder.write("many.csv", levels(n));
        let document = folder.run("drift many.csv many.csv --type code=category --json").json();
        assert_eq!(column(&document, "code")["control"].is_null(), noted, "{n}");
        assert_eq!(notes("code", &document).contains("no no-drift control"), noted, "{n}");
    }
    // nine rows have no ten parts to learn from
    folder.write("few.csv", rows(3, 9, 0.0, 0.3));
    let document = folder.run("drift few.csv c.csv --thresholds learned --json").json();
    let shop = column(&document, "shop");
    assert!(shop["notes"].to_string().contains("the fixed ones are used"), "{}", shop["notes"]);
    assert_eq!(shop["verdict"]["effects"][0]["threshold"].as_f64(), Some(0.1));
    let document = folder.run("drift r.csv c.csv --thresholds learned --json").json();
    assert!(!notes("shop", &document).contains("the fixed ones"));
}

/// A thousand rows of ten codes against thirty rows that all have the last: chi-squared, the codes in pairs, has
/// p = 2.5e-22 (`rare_levels` in the oracle).
#[test]
fn a_level_that_takes_over_a_small_file_is_seen() {
    let folder = Folder::new();
    let lines = |rows: usize, code: &dyn Fn(usize) -> usize| {
        (0..rows).fold("code,name\n".to_owned(), |mut text, row| {
            writeln!(text, "{},k{}", code(row), code(row)).unwrap();
            text
        })
    };
    folder.write("r.csv", lines(1000, &|row| row % 10 + 1));
    folder.write("c.csv", lines(30, &|_| 10));
    folder.write("same.csv", lines(30, &|row| row % 10 + 1));
    let document = folder.run("drift r.csv c.csv --json").json();
    for name in ["code", "name"] {
        let column = column(&document, name);
        assert_eq!(column["drifted"].as_bool(), Some(true), "{name}");
        assert!((column["verdict"]["p_value"].as_f64().unwrap() / 2.5100945686868147e-22 - 1.0).abs() < 1e-6);
    }
    let document = folder.run("drift r.csv same.csv --json").json();
    assert_eq!(column(&document, "name")["drifted"].as_bool(), Some(false));
    // what is left is one group: nothing to say, and it is not called calm
    folder.write("one.csv", lines(300, &|row| usize::from(row == 7)));
    folder.write("none.csv", lines(300, &|_| 0));
    let document = folder.run("drift one.csv none.csv --json").json();
    let name = column(&document, "name");
    assert!(name["drifted"].is_null() && name["verdict"]["p_value"].is_null());
    assert!(name["verdict"]["reason"].as_str().unwrap().contains("tell nothing"), "{name}");
}

/// `a` has one bad cell among numbers and is read as numbers again; `b` became words and stays. The bad cell is told.
#[test]
fn the_warnings_are_of_the_columns_as_they_are_compared() {
    let folder = Folder::new();
    let lines = |a: &dyn Fn(usize) -> String, b: &dyn Fn(usize) -> String| {
        (0..60).fold("a,b\n".to_owned(), |mut text, row| {
            writeln!(text, "{},{}", a(row), b(row)).unwrap();
            text
        })
    };
    let number = |row: usize| row.to_string();
    folder.write("r.csv", lines(&number, &number));
    let bad = |row: usize| if row % 10 == 7 { format!("oops{row}") } else { row.to_string() };
    folder.write("c.csv", lines(&bad, &|row| format!("word{}", row % 5)));
    let document = folder.run("drift r.csv c.csv --json").json();
    let a = column(&document, "a");
    assert_eq!((a["type"].as_str(), a["n"]["current"].as_u64()), (Some("number"), Some(54)));
    assert_eq!(a["missing"]["current"].as_f64(), Some(0.1));
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("oops7") || warnings.contains("'a'"), "{warnings}");
    assert!(!warnings.contains("word"), "{warnings}");
    // the other one can't be compared, and has its rows all the same
    let b = column(&document, "b");
    assert!(b["drifted"].is_null());
    assert_eq!((b["n"]["reference"].as_u64(), b["n"]["current"].as_u64()), (Some(60), Some(60)));
    assert_eq!(
        (b["missing"]["reference"].as_f64(), b["missing"]["current"].as_f64()),
        (Some(0.0), Some(0.0))
    );
}

#[test]
fn what_is_wrong_with_the_request_is_said() {
    let folder = Folder::new();
    folder.write("r.csv", "a\n1\n");
    folder.write("c.csv", "b\n1\n");
    folder.run("drift r.csv").fails(2, &["nothing to be compared with", "--model"]);
    folder.run("drift - -").fails(2, &["standard input"]);
    folder.run("drift r.csv c.csv --alpha 2").fails(2, &["--alpha"]);
    folder.run("drift r.csv absent.csv").fails(1, &["absent.csv"]);
    folder.run("drift r.csv c.csv").fails(1, &["no column is in both"]);
    folder.run("drift r.csv r.csv --columns z").fails(1, &["no column 'z'"]);
}
