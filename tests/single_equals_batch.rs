//! One record, a table and a file get the same prediction to the last bit, from every kind of model, on any
//! number of threads; and a sum's contributions add up to it exactly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use drydock::data::{
    Coded, Column, ColumnData, Decimal, Encoding, MISSING_DATE, Quote, ReadOptions, Source, Table, date,
    write_csv,
};
use drydock::inference::{Prediction, Predictor, Scratch, score_csv};
use drydock::model::{Model, ModelKind, Policies, Policy, Task};
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::Progress;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const DAY: i64 = 86_400_000_000;

/// A small generator of one's own, so that rows depend on nothing but the seed (Steele, Lea and Flood's
/// `SplitMix64`).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// From -1 to 1, with all 53 digits.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// Rows with every kind of column. One value in `gaps` is missing; with `wild`, numbers leave the training range
/// and levels are unknown.
fn rows(n: usize, seed: u64, gaps: u64, wild: bool) -> Table {
    let draw = &mut Draw(seed);
    let (mut x, mut z, mut days) = (Vec::new(), Vec::new(), Vec::new());
    let (mut shops, mut flags) = (Vec::new(), Vec::new());
    let (mut y, mut two, mut three) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let scale = if wild && draw.below(5) == 0 { 1e4 } else { 10.0 };
        let (a, b) = (draw.unit() * scale, draw.unit() * 1e-3);
        let shop = draw.below(if wild { 6 } else { 4 });
        let flag = draw.below(2);
        let day = 18_000 + draw.below(400).cast_signed();
        let noise = draw.unit();
        let score = 3.0 + 0.7 * a + 900.0 * b + shop as f64 - 2.0 * flag as f64 + noise;
        let mut gap = || draw.below(gaps) == 0;
        x.push(if gap() { f64::NAN } else { a });
        z.push(if gap() { f64::NAN } else { b });
        shops.push((!gap()).then(|| ["Pier", "Old, \"Town\"", "Éclair", "7", "New", "Other"][shop as usize]));
        flags.push((!gap()).then(|| ["no", "yes"][flag as usize]));
        days.push(if gap() { MISSING_DATE } else { day * DAY });
        y.push(score);
        two.push(Some(if score + 3.0 * noise > 3.0 { "up" } else { "down" }));
        three.push(Some(if score > 6.0 {
            "high"
        } else if score > 1.0 {
            "mid"
        } else {
            "low"
        }));
    }
    let flags = flags.into_iter().collect::<Coded>();
    // code 0 is no and code 1 is yes, whichever came first
    let codes = (0..n).map(|row| flags.get(row).map_or(u32::MAX, |word| u32::from(word == "yes"))).collect();
    let flags = Coded { codes, levels: Arc::new(["no", "yes"].iter().collect()) };
    let named = |name: &str, data| Column { name: name.into(), data };
    Table::new(vec![
        Column::number("x", x),
        named("shop", ColumnData::Category(shops.into_iter().collect())),
        Column::number("z", z),
        named("flag", ColumnData::Boolean(flags)),
        named("day", ColumnData::Date(days)),
        Column::number("y", y),
        named("two", ColumnData::Category(two.into_iter().collect())),
        named("three", ColumnData::Category(three.into_iter().collect())),
    ])
    .unwrap()
}

/// One model of every kind and task, each read back from its file.
fn models() -> &'static [(String, Predictor)] {
    static MODELS: OnceLock<Vec<(String, Predictor)>> = OnceLock::new();
    MODELS.get_or_init(|| {
        let table = rows(600, 1, 12, false);
        let fit_with = |target: &str, kind: ModelKind, task: Task, missing: BTreeMap<String, Policy>| {
            let features = ["x", "shop", "z", "flag", "day"].map(str::to_owned).to_vec();
            let policies = Policies {
                unknown_level: Policy::Impute,
                missing_value: Policy::Impute,
                ..Policies::default()
            };
            let settings = Settings {
                features: Some(features),
                model: Some(kind),
                task: Some(task),
                alpha: 0.01,
                hidden: 9,
                epochs: 3,
                policies,
                missing,
                ..Settings::new(target)
            };
            let plan = Plan::new(settings, &table).unwrap();
            let trained = train(&plan, &table, &Origin::default(), &Progress::new()).unwrap();
            let model = Model::from_json(&trained.model.to_json()).unwrap();
            (format!("{kind} for {target}"), Predictor::new(Arc::new(model)))
        };
        let fit = |target: &str, kind, task| fit_with(target, kind, task, BTreeMap::new());
        let mut models = Vec::new();
        for kind in ModelKind::ALL {
            if kind.can(Task::Regression) {
                models.push(fit("y", kind, Task::Regression));
                // a rule for a number, a category, and a date; the others follow the model's
                let own = ["x", "shop", "day"].map(|name| (name.to_owned(), Policy::Ignore));
                let (name, predictor) = fit_with("y", kind, Task::Regression, own.into());
                models.push((format!("{name} with rules of columns"), predictor));
            }
            if kind.can(Task::Classification) {
                models.push(fit("two", kind, Task::Classification));
                models.push(fit("three", kind, Task::Classification));
            }
        }
        models
    })
}

/// A row as a client would send it.
fn record(table: &Table, row: usize) -> Value {
    let mut record = Map::new();
    for column in table.columns().iter().take(5) {
        let value = match &column.data {
            ColumnData::Number(values) if values[row].is_nan() => Value::Null,
            ColumnData::Number(values) => json!(values[row]),
            ColumnData::Date(values) if values[row] == MISSING_DATE => Value::Null,
            ColumnData::Date(values) => json!(date::format_iso(values[row])),
            ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => json!(c.get(row)),
        };
        record.insert(column.name.clone(), value);
    }
    Value::Object(record)
}

/// A prediction as text and bits.
fn bits(prediction: Prediction<'_>) -> (String, u64) {
    match prediction {
        Prediction::Number(value) => (String::new(), value.to_bits()),
        Prediction::Class { name, probability } => (name.to_owned(), probability.to_bits()),
    }
}

/// The predictions that `score_csv` wrote, parsed by the csv crate and the standard library.
fn scored(predictor: &Predictor, csv: &Source, threads: usize) -> Vec<(String, u64)> {
    let options = ReadOptions {
        delimiter: Some(b','),
        header: Some(true),
        encoding: Some(Encoding::Utf8),
        quote: Some(Quote::Byte(b'"')),
        decimal: Some(Decimal::Point),
        threads,
        ..ReadOptions::default()
    };
    let mut out = Vec::new();
    score_csv(predictor, csv, &options, &mut out, &Progress::new()).unwrap();
    let mut reader = csv::Reader::from_reader(out.as_slice());
    let last = |record: &csv::StringRecord, back: usize| record[record.len() - back].to_owned();
    let classifier = predictor.model().task == Task::Classification;
    let parse =
        |text: String| text.parse::<f64>().unwrap_or_else(|_| panic!("'{text}' is no number")).to_bits();
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            if classifier {
                (last(&record, 2), parse(last(&record, 1)))
            } else {
                (String::new(), parse(last(&record, 1)))
            }
        })
        .collect()
}

fn as_csv(table: &Table) -> Source {
    let mut bytes = Vec::new();
    write_csv(table, &mut bytes).unwrap();
    Source::from_bytes("rows.csv", bytes)
}

/// Every way to predict gives every `step`th row the same.
fn check(table: &Table, step: usize) {
    let csv = as_csv(table);
    for (name, predictor) in models() {
        let of_table = predictor.predict_table(table, 1).unwrap();
        let expected: Vec<(String, u64)> =
            (0..table.n_rows()).map(|row| bits(of_table.get(predictor, row))).collect();
        for threads in [1, 2, 7] {
            let again = predictor.predict_table(table, threads).unwrap();
            for (row, expected) in expected.iter().enumerate() {
                let found = bits(again.get(predictor, row));
                assert_eq!(found, *expected, "{name}, {threads} threads, row {row}");
            }
            let of_file = scored(predictor, &csv, threads);
            assert_eq!(of_file.len(), expected.len(), "{name}");
            for (row, (file, table)) in of_file.iter().zip(&expected).enumerate() {
                assert_eq!(file, table, "{name}: file and table, {threads} threads, row {row}");
            }
        }
        let mut scratch = Scratch::default();
        for row in (0..table.n_rows()).step_by(step) {
            let record = record(table, row);
            predictor.read_value(&record, &mut scratch).unwrap();
            let single = bits(predictor.predict(&mut scratch));
            assert_eq!(single, expected[row], "{name}: {record}");
            let probabilities = predictor.probabilities(&scratch);
            for (class, (_, probability)) in probabilities.iter().enumerate() {
                let in_table = of_table.output(class)[row];
                assert_eq!(probability.to_bits(), in_table.to_bits(), "{name}, class {class}: {record}");
            }
            predictor.read_record(record.to_string().as_bytes(), &mut scratch).unwrap();
            assert_eq!(bits(predictor.predict(&mut scratch)), expected[row], "{name} as text: {record}");
            check_contributions(name, predictor, &mut scratch);
        }
    }
}

fn check_contributions(name: &str, predictor: &Predictor, scratch: &mut Scratch) {
    let Some((intercept, parts)) = predictor.contributions(scratch) else {
        assert!(
            !["linear", "ridge", "elastic-net"].iter().any(|kind| name.starts_with(kind)),
            "{name} has none"
        );
        return;
    };
    let sum = parts.iter().fold(intercept, |sum, (_, amount)| sum + amount);
    let Prediction::Number(value) = predictor.predict(scratch) else { panic!("{name} gave a class") };
    assert_eq!(sum.to_bits(), value.to_bits(), "{name}: {intercept} + {parts:?} is not {value}");
}

#[test]
fn there_is_a_model_of_every_kind() {
    let names: Vec<&str> = models().iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "linear for y",
        "linear for y with rules of columns",
        "ridge for y",
        "ridge for y with rules of columns",
        "elastic-net for y",
        "elastic-net for y with rules of columns",
        "logistic for two",
        "logistic for three",
        "tree for y",
        "tree for y with rules of columns",
        "tree for two",
        "tree for three",
        "mlp for y",
        "mlp for y with rules of columns",
        "mlp for two",
        "mlp for three",
    ];
    assert_eq!(names, expected);
    // and none that says the same of every row
    let table = rows(200, 5, 9, false);
    for (name, predictor) in models() {
        let predictions = predictor.predict_table(&table, 1).unwrap();
        let first = bits(predictions.get(predictor, 0));
        assert!((1..200).any(|row| bits(predictions.get(predictor, row)) != first), "{name} is constant");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn record_table_and_file_agree_to_the_bit(
        n in prop_oneof![1_usize..40, 1_usize..5000],
        seed in any::<u64>(),
        gaps in prop::sample::select(vec![2_u64, 7, 1_000_000]),
        wild in any::<bool>(),
    ) {
        check(&rows(n, seed, gaps, wild), 1 + n / 60);
    }
}

#[test]
fn they_agree_around_the_size_of_a_block() {
    // the core works on 2048 rows at a time, and on wide registers from 16 rows on
    for n in [1, 2, 15, 16, 17, 2047, 2048, 2049, 4096] {
        check(&rows(n, n as u64, 7, true), 1 + n / 40);
    }
}

#[test]
fn they_agree_on_a_file_of_many_blocks_and_a_table_for_many_threads() {
    // 10 MB of text, and more rows than three threads' least share
    check(&rows(200_000, 3, 9, true), 9_973);
}

#[test]
fn what_is_missing_as_null_is_missing_as_an_empty_cell() {
    let table = rows(50, 11, 1, false);
    let (_, predictor) = &models()[0];
    let mut scratch = Scratch::default();
    predictor.read_value(&record(&table, 0), &mut scratch).unwrap();
    let all_missing = bits(predictor.predict(&mut scratch));
    let source = as_csv(&table);
    assert!(scored(predictor, &source, 2).iter().all(|row| *row == all_missing));
}
