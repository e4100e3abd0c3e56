//! The Python script of a model, really run with pandas and scikit-learn: it must print the same numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use drydock::data::{Loaded, ReadOptions, Source, read_csv, samples};
use drydock::model::{Estimator, Model, ModelKind, Policies, Policy, Scores};
use drydock::training::report::report;
use drydock::training::{Origin, Plan, Settings, python, train};
use drydock::work::Progress;

/// Agreement asked for, relative to the size of a number (or absolute below 1).
const TOLERANCE: f64 = 1e-6;

/// Python with pandas and scikit-learn, made once below `target` and kept.
fn interpreter() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-with-scikit-learn");
        let python = if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python") };
        let works = |python: &Path| {
            let run = Command::new(python).args(["-c", "import pandas, sklearn"]).output();
            run.is_ok_and(|output| output.status.success())
        };
        if works(&python) {
            return python;
        }
        let run = |program: &Path, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| {
                panic!("{} does not run ({error}); install it: sudo apt install python3 python3-venv", program.display())
            });
            assert!(
                output.status.success(),
                "{} {}: {}\nThis test needs Python with venv and a package index: sudo apt install python3 python3-venv",
                program.display(),
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        };
        run(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()]);
        run(&python, &["-m", "pip", "install", "--quiet", "pandas", "scikit-learn"]);
        assert!(works(&python), "pandas and scikit-learn were installed in {} and do not import", folder.display());
        python
    })
}

struct Said {
    scores: BTreeMap<String, BTreeMap<String, f64>>,
    intercepts: Vec<f64>,
    coefficients: Vec<f64>,
    other: BTreeMap<String, f64>,
}

/// Trains, writes the script and the file, and runs it.
fn run(loaded: &Loaded, file: &str, bytes: &[u8], settings: Settings) -> (Model, Said) {
    let plan = Plan::new(settings, &loaded.table).unwrap();
    let trained = train(&plan, &loaded.table, &Origin::of(file, loaded), &Progress::new()).unwrap();
    let report = report(&plan, loaded, file, &trained, &Progress::new()).unwrap();
    let script = python::script(&trained.model, &report.reading).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), bytes).unwrap();
    std::fs::write(folder.path().join("script.py"), &script).unwrap();
    let output = Command::new(interpreter()).arg("script.py").current_dir(folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}\n{text}\n{script}", String::from_utf8_lossy(&output.stderr));
    let mut said = Said {
        scores: BTreeMap::new(),
        intercepts: Vec::new(),
        coefficients: Vec::new(),
        other: BTreeMap::new(),
    };
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[0] {
            "intercept" => said.intercepts.push(words[1].parse().unwrap()),
            "coefficient" => said.coefficients.push(words[1].parse().unwrap()),
            "leaves" | "depth" => drop(said.other.insert(words[0].into(), words[1].parse().unwrap())),
            part => {
                let scores = said.scores.entry(part.into()).or_default();
                scores.insert(words[1].into(), words[2].parse().unwrap());
            }
        }
    }
    (trained.model, said)
}

#[track_caller]
fn agree(what: &str, ours: f64, theirs: f64) {
    assert!(
        (ours - theirs).abs() <= TOLERANCE * ours.abs().max(1.0),
        "{what}: {ours} here, {theirs} in Python"
    );
}

#[track_caller]
fn same_scores(what: &str, ours: &Scores, theirs: &BTreeMap<String, f64>) {
    assert!(theirs.len() >= 3, "{what}: only {theirs:?}");
    for (name, value) in theirs {
        agree(&format!("{what} {name}"), ours[name].as_f64().unwrap(), *value);
    }
}

#[track_caller]
fn same(model: &Model, said: &Said) {
    same_scores("train", &model.metrics.train, &said.scores["train"]);
    same_scores("test", model.metrics.test.as_ref().unwrap(), &said.scores["test"]);
    same_scores("naive train", &model.metrics.baseline.train, &said.scores["naive-train"]);
    same_scores("naive test", model.metrics.baseline.test.as_ref().unwrap(), &said.scores["naive-test"]);
    let (intercepts, coefficients) = match &model.estimator {
        Estimator::Linear(linear) => (vec![linear.intercept], linear.coefficients.clone()),
        Estimator::Logistic(logistic) => (logistic.intercepts.clone(), logistic.coefficients.concat()),
        Estimator::Tree(tree) => {
            let leaves = tree.nodes.iter().filter(|node| matches!(node, drydock::model::Node::Leaf { .. }));
            agree("leaves", leaves.count() as f64, said.other["leaves"]);
            return;
        }
        Estimator::Mlp(_) => return,
    };
    assert_eq!((intercepts.len(), coefficients.len()), (said.intercepts.len(), said.coefficients.len()));
    for (ours, theirs) in
        intercepts.iter().chain(&coefficients).zip(said.intercepts.iter().chain(&said.coefficients))
    {
        agree("coefficient", *ours, *theirs);
    }
}

fn sample(name: &str, change: impl Fn(&mut Settings)) -> (Model, Said) {
    let sample = samples::find(name).unwrap();
    let source = Source::from_bytes(sample.file, sample.bytes());
    let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
    let mut settings = Settings { test_fraction: 0.2, ..Settings::new(sample.target) };
    let features = Plan::suitable_features(&loaded.table, sample.target);
    settings.features =
        Some(features.into_iter().filter(|name| !sample.leave_out.contains(&name.as_str())).collect());
    change(&mut settings);
    run(&loaded, sample.file, sample.bytes(), settings)
}

#[test]
fn linear_ridge_and_elastic_net_are_scikit_learns() {
    for (kind, alpha) in [
        (ModelKind::Linear, 1.0),
        (ModelKind::Ridge, 3.5),
        (ModelKind::ElasticNet, 0.7),
        (ModelKind::ElasticNet, 0.0),
    ] {
        let (model, said) = sample("winter-beverages", |settings| {
            settings.model = Some(kind);
            settings.alpha = alpha;
        });
        same(&model, &said);
    }
    let (model, said) = sample("winter-beverages", |settings| {
        settings.model = Some(ModelKind::ElasticNet);
        settings.l1_ratio = 0.0;
        settings.alpha = 0.1;
    });
    same(&model, &said);
}

#[test]
fn sums_through_the_origin_are_scikit_learns() {
    for kind in [ModelKind::Linear, ModelKind::Ridge] {
        let (model, said) = sample("diabetes", |settings| {
            settings.model = Some(kind);
            settings.intercept = false;
        });
        same(&model, &said);
    }
}

#[test]
fn logistic_regression_of_two_and_three_classes_is_scikit_learns() {
    for name in ["orange-juice", "wine-recognition"] {
        let (model, said) = sample(name, |settings| settings.model = Some(ModelKind::Logistic));
        same(&model, &said);
    }
}

#[test]
fn trees_are_scikit_learns() {
    for name in ["winter-beverages", "wine-recognition"] {
        let (model, said) = sample(name, |settings| {
            settings.model = Some(ModelKind::Tree);
            settings.max_depth = 5;
        });
        same(&model, &said);
    }
}

#[test]
fn a_network_computes_the_same_from_its_weights() {
    for name in ["winter-beverages", "wine-recognition"] {
        let (model, said) = sample(name, |settings| {
            settings.model = Some(ModelKind::Mlp);
            settings.epochs = 10;
        });
        same(&model, &said);
    }
}

/// A semicolon, a decimal comma, gaps, percent, yes and no, dates, a byte order mark.
#[test]
fn a_file_as_europeans_write_it_is_read_alike() {
    let mut text = String::from("\u{feff}tag;menge;anteil;aktiv;ort;ziel\n");
    for row in 0..200_u32 {
        let quantity =
            if row % 17 == 3 { "NA".to_owned() } else { format!("{},{}", 1000 + row * 7 % 400, row % 10) };
        let place = if row % 23 == 5 { "" } else { ["Köln", "Łódź", "\"a; b\""][row as usize % 3] };
        let day =
            if row == 77 { String::new() } else { format!("{:02}.{:02}.2024", row % 28 + 1, row / 28 + 1) };
        let goal = if row == 50 { String::new() } else { format!("{},5", 100 + row * 13 % 97 + row) };
        text.push_str(&format!(
            "{day};{quantity};{} %;{};{place};{goal}\n",
            row * 3 % 100,
            if row % 4 == 0 { "Yes" } else { "No" },
        ));
    }
    let source = Source::from_bytes("eu.csv", text.clone().into_bytes());
    let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
    let features = ["tag", "menge", "anteil", "aktiv", "ort"].map(str::to_owned).to_vec();
    let own = [("menge".to_owned(), Policy::Ignore), ("ort".to_owned(), Policy::Impute)];
    for (time, missing, own) in [
        (None, Policy::Impute, None),
        (Some("tag".to_owned()), Policy::Impute, None),
        (None, Policy::Ignore, None),
        (None, Policy::Impute, Some(own.clone())),
        (None, Policy::Ignore, Some(own)),
    ] {
        let settings = Settings {
            policies: Policies { missing_value: missing, ..Policies::default() },
            model: Some(ModelKind::Ridge),
            test_fraction: 0.25,
            features: Some(features.clone()),
            time_column: time,
            missing: own.into_iter().flatten().collect(),
            ..Settings::new("ziel")
        };
        let (model, said) = run(&loaded, "eu.csv", text.as_bytes(), settings);
        same(&model, &said);
    }
}
