//! One record, a table and a file give the same prediction to the last bit, for every kind of model, any number of
//! rows and any number of threads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::sync::Arc;

use drydock::data::{Coded, Column, ColumnData, ReadOptions, Source, Table, write_csv};
use drydock::inference::{Prediction, Predictor, Scratch, score_csv};
use drydock::model::{Model, ModelKind, Policies, Policy, Task};
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::{Progress, Seed};
use proptest::prelude::*;
use rand::RngExt;
use serde_json::{Value, json};

/// Rows of numbers of very different sizes, a category and a boolean, with gaps in every feature.
fn table(n_rows: usize, seed: u64) -> Table {
    let mut rng = Seed(seed).rng("rows");
    let mut number = |scale: f64| -> Vec<f64> {
        (0..n_rows)
            .map(
                |_| if rng.random_range(0..20) == 0 { f64::NAN } else { scale * (rng.random::<f64>() - 0.4) },
            )
            .collect()
    };
    let (a, b, c) = (number(1.0), number(1e6), number(1e-7));
    let mut rng = Seed(seed).rng("levels");
    let mut level = |levels: &[&'static str]| -> Vec<Option<&'static str>> {
        (0..n_rows)
            .map(|_| (rng.random_range(0..15) > 0).then(|| levels[rng.random_range(0..levels.len())]))
            .collect()
    };
    let (shop, open) = (level(&["A", "B, C", "\"D\"", "é"]), level(&["no", "yes"]));
    let three: Vec<Option<&str>> =
        (0..n_rows).map(|row| Some(["low", "mid", "top"][(row + usize::from(a[row] > 0.1)) % 3])).collect();
    let two: Vec<Option<&str>> = (0..n_rows)
        .map(|row| Some(["out", "in"][usize::from(a[row] + (row % 3) as f64 / 3.0 > 0.5)]))
        .collect();
    let y =
        (0..n_rows).map(|row| if a[row].is_nan() { 1.0 } else { 3.0 * a[row] + (row % 7) as f64 }).collect();
    // code 0 is no, code 1 is yes
    let mut open_coded: Coded = [Some("no"), Some("yes")].into_iter().chain(open).collect();
    open_coded.codes.drain(..2);
    Table::new(vec![
        Column::number("a", a),
        Column::number("b", b),
        Column::number("c", c),
        Column { name: "shop".into(), data: ColumnData::Category(shop.into_iter().collect()) },
        Column { name: "open".into(), data: ColumnData::Boolean(open_coded) },
        Column::number("y", y),
        Column { name: "two".into(), data: ColumnData::Category(two.into_iter().collect()) },
        Column { name: "three".into(), data: ColumnData::Category(three.into_iter().collect()) },
    ])
    .unwrap()
}

const FEATURES: [&str; 5] = ["a", "b", "c", "shop", "open"];

fn models() -> Vec<(String, Predictor)> {
    let training = table(600, 1);
    let mut all = Vec::new();
    for kind in ModelKind::ALL {
        for (target, task) in
            [("y", Task::Regression), ("two", Task::Classification), ("three", Task::Classification)]
        {
            if !kind.can(task) {
                continue;
            }
            let settings = Settings {
                features: Some(FEATURES.map(str::to_owned).to_vec()),
                model: Some(kind),
                task: Some(task),
                hidden: 5,
                epochs: 3,
                alpha: 0.1,
                policies: Policies { unknown_level: Policy::Ignore, ..Policies::default() },
                ..Settings::new(target)
            };
            let plan = Plan::new(settings, &training).unwrap();
            let trained = train(&plan, &training, &Origin::default(), &Progress::new()).unwrap();
            // through the file, as a served model goes
            let model = Model::from_json(&trained.model.to_json()).unwrap();
            assert_eq!(model, trained.model);
            all.push((format!("{kind} of {target}"), Predictor::new(Arc::new(model))));
        }
    }
    assert_eq!(all.len(), 11);
    all
}

fn record(table: &Table, row: usize) -> Value {
    let fields = FEATURES.iter().map(|name| {
        let value = match &table.column(name).unwrap().data {
            ColumnData::Number(values) if values[row].is_nan() => Value::Null,
            ColumnData::Number(values) => json!(values[row]),
            ColumnData::Category(coded) | ColumnData::Boolean(coded) => json!(coded.get(row)),
            other => panic!("{other:?}"),
        };
        ((*name).to_owned(), value)
    });
    Value::Object(fields.collect())
}

/// The number, or the class and the bits of its probability.
fn bits(prediction: &Prediction<'_>) -> (String, u64) {
    match prediction {
        Prediction::Number(value) => (String::new(), value.to_bits()),
        Prediction::Class { name, probability } => ((*name).to_owned(), probability.to_bits()),
    }
}

fn check(name: &str, predictor: &Predictor, table: &Table) {
    let n_rows = table.n_rows();
    let mut scratch = Scratch::default();
    let singles: Vec<(String, u64)> = (0..n_rows)
        .map(|row| {
            let record = record(table, row);
            predictor.read_value(&record, &mut scratch).unwrap();
            let by_value = bits(&predictor.predict(&mut scratch));
            predictor.read_record(record.to_string().as_bytes(), &mut scratch).unwrap();
            assert_eq!(bits(&predictor.predict(&mut scratch)), by_value, "{name}, row {row}: JSON text");
            if let Some((intercept, parts)) = predictor.contributions(&scratch) {
                let sum = parts.iter().fold(intercept, |sum, (_, amount)| sum + amount);
                assert_eq!(sum.to_bits(), by_value.1, "{name}, row {row}: the contributions' sum");
            }
            by_value
        })
        .collect();
    for threads in [1, 2, 7] {
        let predictions = predictor.predict_table(table, threads).unwrap();
        for (row, single) in singles.iter().enumerate() {
            assert_eq!(
                &bits(&predictions.get(predictor, row)),
                single,
                "{name}, row {row}, {threads} threads"
            );
        }
    }
    let mut csv = Vec::new();
    write_csv(table, &mut csv).unwrap();
    let source = Source::from_bytes("rows.csv", csv);
    for threads in [1, 3] {
        let mut out = Vec::new();
        let options = ReadOptions { threads, ..ReadOptions::default() };
        let scored = score_csv(predictor, &source, &options, &mut out, &Progress::new()).unwrap();
        assert_eq!(scored.n_rows, n_rows as u64);
        let mut reader = csv::Reader::from_reader(&out[..]);
        let headers = reader.headers().unwrap().clone();
        let at = |name: &str| headers.iter().position(|header| header == name);
        for (row, line) in reader.records().enumerate() {
            let line = line.unwrap();
            let of = |name: &str| line[at(name).unwrap()].to_owned();
            let got = match at("probability") {
                Some(_) => (of("prediction"), of("probability").parse::<f64>().unwrap().to_bits()),
                None => (String::new(), of("prediction").parse::<f64>().unwrap().to_bits()),
            };
            assert_eq!(got, singles[row], "{name}, row {row} of the file, {threads} threads");
        }
    }
}

#[test]
fn every_kind_of_model_predicts_a_row_the_same_alone_and_among_others() {
    for (name, predictor) in models() {
        // around the edges of vector registers and blocks
        for n_rows in [1, 2, 15, 16, 17, 2047, 2048, 2049] {
            check(&name, &predictor, &table(n_rows, n_rows as u64));
        }
    }
}

#[test]
fn many_rows_on_many_threads_are_the_same_as_on_one() {
    let (_, predictor) = models().remove(0);
    let table = table(200_000, 3);
    let one = predictor.predict_table(&table, 1).unwrap();
    for threads in [2, 3] {
        let more = predictor.predict_table(&table, threads).unwrap();
        assert!(one.output(0).iter().zip(more.output(0)).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert_eq!(one.notes, more.notes);
    }
    let mut scratch = Scratch::default();
    for row in (0..table.n_rows()).step_by(997) {
        predictor.read_value(&record(&table, row), &mut scratch).unwrap();
        assert_eq!(bits(&predictor.predict(&mut scratch)).1, one.output(0)[row].to_bits());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sum_of_any_numbers_is_the_same_in_any_company(
        weights in prop::collection::vec(prop::num::f64::NORMAL, 1..12),
        intercept in prop::num::f64::NORMAL,
        values in prop::collection::vec(-1e3_f64..1e3, 12..400),
    ) {
        let p = weights.len();
        let names: Vec<String> = (0..p).map(|col| format!("x{col}")).collect();
        let input = |name: &String| json!({"name": name, "type": "number", "min": 0.0, "max": 1.0, "typical": 0.5, "fill": 0.5});
        // tame exponents, so that sums stay finite
        let weights: Vec<f64> = weights.iter().map(|w| w % 1e9).collect();
        let mut model = json!({
            "format": "drydock-model", "format_version": 1, "name": "m", "version": "v", "kind": "linear",
            "task": "regression", "inputs": names.iter().map(input).collect::<Vec<_>>(), "output": {"name": "y"},
            "policies": Policies::default(),
            "encoding": (0..p).map(|at| json!({"input": at, "is": "value"})).collect::<Vec<_>>(),
            "estimator": {"kind": "linear", "intercept": intercept % 1e9, "coefficients": weights},
            "metrics": {"train": {}, "test": null, "baseline": {"rule": "", "train": {}, "test": null}},
            "training": {"data": "", "data_sha256": null, "train_rows": 1, "test_rows": 0, "left_out_rows": 0,
                "seed": 1, "settings": {}, "trained_by": "", "warnings": []},
            "reference": [],
        });
        model["task"] = json!("regression");
        let predictor = Predictor::new(Arc::new(Model::from_json(model.to_string().as_bytes()).unwrap()));
        let n_rows = values.len() / p;
        let columns: Vec<&[f64]> = values.chunks_exact(n_rows).take(p).collect();
        let batch = predictor.predict_columns(&columns, 1).unwrap();
        let mut scratch = Scratch::default();
        for row in 0..n_rows {
            let fields = names.iter().zip(&columns).map(|(name, column)| (name.clone(), json!(column[row])));
            predictor.read_value(&Value::Object(fields.collect()), &mut scratch).unwrap();
            let Prediction::Number(single) = predictor.predict(&mut scratch) else { panic!("a number") };
            prop_assert_eq!(single.to_bits(), batch.output(0)[row].to_bits());
        }
    }
}
