//! Drift against a model's outline of its training data: what the outline holds, that it stands in for the data as far as it
//! says, and that a file of another program, older or spoilt, does no harm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use std::fmt::Write as _;

use common::Folder;
use serde_json::Value;

/// Uniform numbers as `tests/oracles/drift.py` draws them.
fn uniform(seed: u64, n: usize) -> impl Iterator<Item = f64> {
    let mut state = seed;
    (0..n).map(move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    })
}

fn csv(header: &str, n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).fold(format!("{header}\n"), |mut text, row| {
        writeln!(text, "{}", line(row)).unwrap();
        text
    })
}

fn column<'a>(document: &'a Value, name: &str) -> &'a Value {
    let columns = document["columns"].as_array().unwrap();
    columns.iter().find(|column| column["name"] == name).unwrap_or_else(|| panic!("no column {name}"))
}

/// Numbers from 0 to 14, many of each: `k` in the table, and a target beside.
fn ties(seed: u64, n: usize) -> String {
    let values: Vec<f64> = uniform(seed, n).collect();
    csv("k,y", n, |row| format!("{},{}", (values[row] * 15.0).floor(), row % 97))
}

/// A model's outline without what an older program did not write.
fn as_older_program_wrote(model: &Value) -> String {
    let mut model = model.clone();
    for outline in model["reference"].as_array_mut().unwrap() {
        outline.as_object_mut().unwrap().remove("up_to");
    }
    model.to_string()
}

/// The shares between repeated deciles are numpy's, from the oracle, and the data does not drift against its own outline.
#[test]
fn an_outline_of_repeated_values_is_that_of_the_data() {
    let oracle: Value = serde_json::from_str(include_str!("oracles/drift.json")).unwrap();
    let case = oracle["numbers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["reference"] == serde_json::json!([9, 5000, "ties"]))
        .unwrap();
    let folder = Folder::new();
    folder.write("r.csv", ties(9, 5_000));
    folder.write("c.csv", ties(10, 4_000));
    folder.train("r.csv --target y -o m.json");
    let own = folder.run("drift r.csv --model m.json --json").json();
    for name in ["k", "y"] {
        let column = column(&own, name);
        assert_eq!(column["psi"].as_f64(), Some(0.0), "{name}");
        assert_eq!(column["drifted"].as_bool(), Some(false), "{name}");
    }
    let document = folder.run("drift c.csv --model m.json --json").json();
    let k = column(&document, "k");
    assert!((k["psi"].as_f64().unwrap() - case["psi"].as_f64().unwrap()).abs() < 1e-12);
    for (side, counts) in [("reference", &case["counts"][0]), ("current", &case["counts"][1])] {
        let counts: Vec<f64> = counts.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect();
        let total: f64 = counts.iter().sum();
        let shares: Vec<f64> = counts.iter().map(|n| n / total).collect();
        let found: Vec<f64> =
            k["bins"][side].as_array().unwrap().iter().map(|share| share.as_f64().unwrap()).collect();
        assert_eq!(found, shares, "{side}");
    }
    // hours of the day, each as often
    folder.write("hours.csv", csv("hour,y", 2_400, |row| format!("{},{}", row % 24, row % 97)));
    folder.train("hours.csv --target y -o h.json");
    let own = folder.run("drift hours.csv --model h.json --json").json();
    assert_eq!(column(&own, "hour")["psi"].as_f64(), Some(0.0));
}

/// A file without the counts at the deciles opens, predicts the same, and says what it can't know. Of values without ties it
/// knows it: 101 values have ten between two deciles and eleven up to the first.
#[test]
fn a_model_file_of_an_older_program_is_read() {
    let folder = Folder::new();
    folder.write("r.csv", csv("x,y", 101, |row| format!("{}.5,{}", row * 37 % 101, row * 3)));
    folder.train("r.csv --target y -o m.json");
    let model = folder.json("m.json");
    let up_to = &model["reference"].as_array().unwrap().iter().find(|o| o["name"] == "x").unwrap()["up_to"];
    assert_eq!(*up_to, serde_json::json!([11, 21, 31, 41, 51, 61, 71, 81, 91]));
    folder.write("old.json", as_older_program_wrote(&model));
    let predict = |model: &str| folder.run(&format!("predict {model} --input r.csv")).done().text();
    assert_eq!(predict("old.json"), predict("m.json"));
    let document = folder.run("drift r.csv --model old.json --json").json();
    let x = column(&document, "x");
    assert_eq!((x["psi"].as_f64(), x["drifted"].as_bool()), (Some(0.0), Some(false)));
    assert!(x["notes"].to_string().contains("an older program"), "{}", x["notes"]);
    let now = folder.run("drift r.csv --model m.json --json").json();
    assert!(!column(&now, "x")["notes"].to_string().contains("an older program"));
}

#[test]
fn an_outline_that_contradicts_itself_is_refused() {
    let folder = Folder::new();
    folder.write(
        "r.csv",
        csv("x,few,shop,y", 120, |row| {
            format!("{}.5,{},{},{}", row * 37 % 120, row % 3, ["a", "b"][row % 2], row * 3)
        }),
    );
    folder.train("r.csv --target y -o m.json");
    let model = folder.json("m.json");
    let place = |name: &str| {
        model["reference"].as_array().unwrap().iter().position(|outline| outline["name"] == name).unwrap()
    };
    let (x, few, shop) = (place("x"), place("few"), place("shop"));
    let refused = |says: &str, spoil: &dyn Fn(&mut Value)| {
        let mut model = model.clone();
        spoil(&mut model["reference"]);
        assert_ne!(model, folder.json("m.json"), "nothing was spoilt: {says}");
        folder.write("bad.json", model.to_string());
        folder
            .run("drift r.csv --model bad.json")
            .fails(1, &["contradicts itself", says, "train the model again"]);
    };
    refused("'x' has deciles that do not ascend", &|all| all[x]["deciles"].as_array_mut().unwrap().reverse());
    refused("'x' has 10 deciles", &|all| {
        all[x]["deciles"].as_array_mut().unwrap().pop();
    });
    refused("'x' has counts at its deciles", &|all| all[x]["up_to"].as_array_mut().unwrap().reverse());
    refused("'x' has counts at its deciles", &|all| all[x]["up_to"][8] = 121.into());
    refused("'x' has 8 counts for 11 deciles", &|all| {
        all[x]["up_to"].as_array_mut().unwrap().pop();
    });
    refused("'few' names a value twice", &|all| {
        let first = all[few]["counts"][0].clone();
        all[few]["counts"][1] = first;
    });
    refused("'few' has 120 values, and their counts make 119", &|all| all[few]["counts"][0][1] = 39.into());
    refused("'few' has 120 values, and their counts make too much", &|all| {
        all[few]["counts"][0][1] = u64::MAX.into();
    });
    refused("'few' counts more rows than there can be", &|all| all[few]["missing"] = u64::MAX.into());
    refused("'shop' names the level", &|all| {
        let first = all[shop]["counts"][0].clone();
        all[shop]["counts"][1] = first;
    });
    refused("'shop' has 120 values", &|all| all[shop]["counts"][0][1] = 1.into());
}

/// The same words in another spelling are the same answers, with a model as without one; other answers are drift.
#[test]
fn the_spelling_of_yes_and_no_is_no_drift() {
    let folder = Folder::new();
    let lines = |words: [&str; 2], yes: usize| {
        csv("flag,x,y", 300, |row| {
            format!(
                "{},{},{}",
                words[usize::from(row % 10 < yes)],
                row % 29,
                row % 29 + 3 * usize::from(row % 10 < yes)
            )
        })
    };
    folder.write("r.csv", lines(["no", "yes"], 4));
    folder.write("c.csv", lines(["No", "YES"], 4));
    folder.write("more.csv", lines(["No", "YES"], 8));
    folder.write("all.csv", lines(["No", "YES"], 10));
    folder.train("r.csv --target y -o m.json");
    for (file, drifted) in [("c.csv", false), ("more.csv", true), ("all.csv", true)] {
        for arguments in ["r.csv {}", "r.csv {} --model m.json", "{} --model m.json"] {
            let arguments = arguments.replace("{}", file);
            let document = folder.run(&format!("drift {arguments} --json")).json();
            let flag = column(&document, "flag");
            assert_eq!(flag["drifted"].as_bool(), Some(drifted), "{arguments}: {flag}");
            assert_eq!(flag["n_new_levels"].as_u64(), Some(0), "{arguments}");
            if !drifted {
                assert_eq!(flag["psi"].as_f64(), Some(0.0), "{arguments}");
            }
        }
    }
}

#[test]
fn a_column_called_prediction_is_a_column() {
    let folder = Folder::new();
    folder
        .write("r.csv", csv("prediction,y", 200, |row| format!("{},{}", row * 37 % 200, row * 37 % 200 * 2)));
    folder.write("c.csv", csv("prediction,y", 200, |row| format!("{},{}", row + 150, row)));
    folder.train("r.csv --target y -o m.json");
    let document = folder.run("drift c.csv --model m.json --json").json();
    assert_eq!(column(&document, "prediction")["drifted"].as_bool(), Some(true));
    assert_eq!(document["columns"].as_array().unwrap().len(), 2);
    assert_eq!(document["only_in_current"], serde_json::json!([]));
    assert_eq!(document["prediction"]["drifted"].as_bool(), Some(true));
}

#[test]
fn an_outline_has_nothing_to_learn_thresholds_from() {
    let folder = Folder::new();
    folder.write("r.csv", ties(1, 200));
    folder.train("r.csv --target y -o m.json");
    folder
        .run("drift r.csv --model m.json --thresholds learned")
        .fails(2, &["--thresholds learned", "give a reference file"]);
    folder.run("drift r.csv r.csv --model m.json --thresholds learned").done();
}
