//! The slider laboratory: what it answers without moving the data is what moving the data gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::collections::BTreeMap;

use drydock::data::{Column, ColumnData, ColumnKind, Table};
use drydock::drift::lab::{
    Affine, Concept, FeatureShift, Judge, LabColumn, Outside, Schedule, Shifts, Timeline, UnitError,
    Weighted, apply, conclude, means, simulate, winter_presets,
};
use drydock::drift::retraining::{Interval, Resamples, mean_interval, outside};
use drydock::drift::{
    Bins, ColumnDrift, Measures, Rule, Sorted, compare_numbers, jensen_shannon, kolmogorov_smirnov,
    predict_leniently, psi, wasserstein,
};
use drydock::inference::Predictor;
use drydock::model::{InputKind, Policies, Policy};
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::{Progress, Seed};
use proptest::prelude::*;

fn column() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![-50.0..50.0_f64, (-5..5_i32).prop_map(f64::from)];
    prop_oneof![
        proptest::collection::vec(value.clone(), 1..40),
        proptest::collection::vec(value, 200..900),
        proptest::collection::vec((0..4_i32).prop_map(f64::from), 1..300),
    ]
}

fn affine() -> impl Strategy<Value = Affine> {
    let scale = prop_oneof![Just(1.0), Just(-1.0), Just(0.0), -3.0..3.0_f64];
    let shift = prop_oneof![Just(0.0), Just(1.0), -40.0..40.0_f64];
    (scale, shift).prop_map(|(scale, shift)| Affine { scale, shift })
}

#[track_caller]
fn same_as_moving(reference: &[f64], current: &[f64], affine: Affine) {
    let lab = LabColumn::new(Sorted::new(reference.to_vec()), Sorted::new(current.to_vec())).unwrap();
    let (a, b) = (
        Sorted::new(reference.to_vec()),
        Sorted::new(current.iter().map(|x| affine.scale * x + affine.shift).collect()),
    );
    let measured = lab.measure(affine);
    let (ks, moved) = (kolmogorov_smirnov(&a, &b).unwrap(), measured.ks.unwrap());
    assert_eq!((moved.statistic, moved.p_value), (ks.statistic, ks.p_value));
    let bins = Bins::of_reference(&a).unwrap();
    let (r, c) = (bins.counts(&a), bins.counts(&b));
    assert_eq!(measured.psi, psi(&r, &c));
    assert_eq!(measured.jensen_shannon, jensen_shannon(&r, &c));
    let distance = wasserstein(&a, &b).unwrap();
    let found = measured.wasserstein.unwrap();
    // a sum of values is no more exact than the largest of them
    let largest = a.values().iter().chain(b.values()).fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let off = 1e-12 * (distance + 100.0) + 4.0 * f64::EPSILON * largest;
    assert!((found - distance).abs() <= off, "{found} {distance}");
    let (low, high) = a.range().unwrap();
    let outside = b.values().iter().filter(|v| **v < low || **v > high).count();
    assert_eq!(measured.out_of_range, Some(outside as f64 / b.len() as f64));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn moving_the_question_is_moving_the_data(a in column(), b in column(), affine in affine()) {
        same_as_moving(&a, &b, affine);
        same_as_moving(&a, &a, affine);
    }
}

/// Columns long enough for marks of both levels, of unequal length, smooth, in steps, and with a lump.
#[test]
fn long_columns_are_measured_as_they_are_when_they_are_moved() {
    use rand::RngExt;
    let mut rng = Seed(7).rng("long");
    for n in [1_023, 1_024, 1_025, 5_000, 40_000] {
        for shape in 0..4 {
            let mut column = |n: usize| -> Vec<f64> {
                let mut value = || (0..4).map(|_| rng.random::<f64>()).sum::<f64>() * 20.0 - 40.0;
                (0..n)
                    .map(|at| match shape {
                        0 => value().abs().powi(5),
                        1 => (value() / 4.0).round(),
                        2 if at % 3 == 0 => 2.5,
                        _ => value(),
                    })
                    .collect()
            };
            let (a, b) = (column(n), column(n * 2 / 3 + 1));
            for (scale, shift) in
                [(1.0, 0.0), (1.0, 0.01), (1.05, 0.0), (1.0, 3.0), (-1.0, 0.0), (-0.7, 2.0), (0.0, 1.0)]
            {
                same_as_moving(&a, &b, Affine { scale, shift });
                same_as_moving(&b, &a, Affine { scale, shift });
                same_as_moving(&a, &a, Affine { scale, shift });
            }
        }
    }
}

/// Columns that hardly differ leave no stretch to rule out, so that they are walked; the figure is the same.
#[test]
fn columns_that_hardly_differ_are_measured_exactly() {
    let values: Vec<f64> = (0..9_000).map(|n| f64::from(n % 4_500)).collect();
    same_as_moving(&values, &values, Affine { scale: 1.0, shift: 1e-9 });
    same_as_moving(&values, &values, Affine { scale: 1.0, shift: -1e-9 });
    same_as_moving(&values, &values, Affine::default());
    let most: Vec<f64> = values.iter().copied().filter(|value| *value != 77.0).collect();
    for affine in [Affine::default(), Affine { scale: 1.0 + 1e-13, shift: 0.0 }] {
        same_as_moving(&values, &most, affine);
        same_as_moving(&most, &values, affine);
    }
}

#[test]
fn large_columns_far_from_zero_lose_no_digits() {
    let values = |seed: u64, n: usize| {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                1e9 + (state >> 11) as f64 / 9_007_199_254_740_992.0
            })
            .collect::<Vec<f64>>()
    };
    let (a, b) = (values(1, 30_000), values(2, 20_011));
    let lab = LabColumn::new(Sorted::new(a.clone()), Sorted::new(b.clone())).unwrap();
    for shift in [0.0, 0.001, 0.3] {
        let moved = Sorted::new(b.iter().map(|x| x + shift).collect());
        let expected = wasserstein(&Sorted::new(a.clone()), &moved).unwrap();
        let found = lab.wasserstein(Affine { scale: 1.0, shift }).unwrap();
        // a double near 1e9 is right to 1e-7
        assert!((found - expected).abs() < 1e-7, "{shift}: {found} {expected}");
        let expected = kolmogorov_smirnov(&Sorted::new(a.clone()), &moved).unwrap().statistic;
        assert_eq!(lab.ks(Affine { scale: 1.0, shift }).statistic, expected);
    }
}

fn table() -> Table {
    let levels = (0..1000).map(|row| Some(["a", "b"][row % 2])).collect();
    Table::new(vec![
        Column::number("x", (0..1000).map(|row| f64::from(row) / 100.0).collect()),
        Column { name: "shop".into(), data: ColumnData::Category(levels) },
        Column::number("y", (0..1000).map(|row| f64::from(row) / 50.0 + 1.0).collect()),
    ])
    .unwrap()
}

fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match &table.column(name).unwrap().data {
        ColumnData::Number(values) => values,
        other => panic!("{other:?}"),
    }
}

fn shifted(shift: FeatureShift, concept: Concept, intensity: f64) -> Table {
    let table = table();
    let name = if shift.mix.is_empty() { "x" } else { "shop" };
    let shifts =
        Shifts { features: BTreeMap::from([(name.to_owned(), shift)]), concept, ..Shifts::default() };
    // the true relation: y = 2 x + 1
    let predict = |table: &Table| Some(numbers(table, "x").iter().map(|x| 2.0 * x + 1.0).collect());
    apply(&table, Some("y"), &shifts, &means(&table), intensity, Seed(7), Some(&predict))
}

#[test]
fn a_shift_of_the_inputs_carries_the_target_along() {
    let before = table();
    let after = shifted(FeatureShift { mean: 3.0, ..FeatureShift::default() }, Concept::default(), 0.5);
    for row in [0, 499, 999] {
        let x = numbers(&after, "x")[row];
        assert!((x - numbers(&before, "x")[row] - 1.5).abs() < 1e-12);
        assert!((numbers(&after, "y")[row] - (2.0 * x + 1.0)).abs() < 1e-12, "the relation holds");
    }
    // spread turns around the mean, which stays
    let wide = shifted(FeatureShift { spread: 2.0, ..FeatureShift::default() }, Concept::default(), 1.0);
    assert!((numbers(&wide, "x").iter().sum::<f64>() / 1000.0 - 4.995).abs() < 1e-9);
    assert!((numbers(&wide, "x")[0] - (4.995 - 2.0 * 4.995)).abs() < 1e-9);
}

#[test]
fn a_shift_of_the_world_leaves_the_inputs() {
    let concept = Concept {
        factor: 0.5,
        offset: 2.0,
        slopes: BTreeMap::from([("x".to_owned(), 1.0)]),
        ..Concept::default()
    };
    let after = shifted(FeatureShift::default(), concept, 1.0);
    let before = table();
    assert_eq!(numbers(&after, "x"), numbers(&before, "x"));
    let (x, y) = (numbers(&before, "x")[10], numbers(&before, "y")[10]);
    assert!((numbers(&after, "y")[10] - (0.5 * y + 2.0 + (x - 4.995))).abs() < 1e-9);
}

#[test]
fn what_goes_wrong_in_measuring_leaves_the_target() {
    let before = table();
    let unit = UnitError { affine: Affine { scale: 1.8, shift: 32.0 }, share: 0.25 };
    let shift =
        FeatureShift { unit: Some(unit), missing: 0.1, clip: Some((1.0, 40.0)), ..FeatureShift::default() };
    let after = shifted(shift, Concept::default(), 1.0);
    assert_eq!(numbers(&after, "y"), numbers(&before, "y"));
    let x = numbers(&after, "x");
    let missing = x.iter().filter(|v| v.is_nan()).count();
    assert!((60..=140).contains(&missing), "{missing}");
    assert!(x.iter().filter(|v| !v.is_nan()).all(|v| (1.0..=40.0).contains(v)));
    let wrong = x.iter().filter(|v| **v >= 32.0).count();
    assert!((170..=280).contains(&wrong), "{wrong}");
}

#[test]
fn levels_can_move_to_one_that_was_never_there() {
    let shift = FeatureShift {
        mix_share: 0.5,
        mix: BTreeMap::from([("new".into(), 1.0)]),
        ..FeatureShift::default()
    };
    let after = shifted(shift, Concept::default(), 1.0);
    let ColumnData::Category(coded) = &after.column("shop").unwrap().data else { panic!("levels") };
    let new = (0..1000).filter(|&row| coded.get(row) == Some("new")).count();
    assert!((430..=570).contains(&new), "{new}");
}

#[test]
fn schedules_say_how_much_when() {
    let of = |schedule: Schedule, weeks: &[usize]| {
        weeks.iter().map(|&w| schedule.intensity(w)).collect::<Vec<_>>()
    };
    assert_eq!(of(Schedule::Sudden { from: 3 }, &[0, 2, 3, 9]), [0.0, 0.0, 1.0, 1.0]);
    assert_eq!(of(Schedule::Gradual { from: 2, over: 4 }, &[1, 2, 3, 5, 9]), [0.0, 0.25, 0.5, 1.0, 1.0]);
    assert_eq!(
        of(Schedule::Recurring { from: 1, on: 2, off: 1 }, &[0, 1, 2, 3, 4]),
        [0.0, 1.0, 1.0, 0.0, 1.0]
    );
    let season = of(Schedule::Seasonal { period: 52 }, &[0, 26, 52]);
    assert!(season[0].abs() < 1e-12 && (season[1] - 1.0).abs() < 1e-12 && season[2].abs() < 1e-12);
}

/// Whether two tables hold the same, a missing number being equal to a missing one.
fn same(a: &Table, b: &Table) -> bool {
    a.columns().len() == b.columns().len()
        && a.columns().iter().zip(b.columns()).all(|(a, b)| match (&a.data, &b.data) {
            (ColumnData::Number(a), ColumnData::Number(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
            }
            (a, b) => a == b,
        })
}

#[test]
fn presets_fit_the_winter_data() {
    use rand::Rng as _;

    use drydock::data::{ReadOptions, Source, read_csv, samples};
    let sample = samples::find("winter-beverages").unwrap();
    let source = Source::from_bytes(sample.file, sample.bytes());
    let table = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap().table;
    let timeline = Timeline { weeks: 20, rows_per_week: 84, seed: Seed(1) };
    for preset in winter_presets() {
        assert!(preset.shifts.features.keys().all(|name| table.column(name).is_some()), "{}", preset.name);
        let weeks =
            simulate(&table, sample.target, &preset.shifts, timeline, None, &Progress::new()).unwrap();
        assert_eq!(weeks.len(), 20);
        let mut moved = 0;
        for week in &weeks {
            assert!(week.table.n_rows() == 84 && week.table.columns().len() == 8);
            // the week's rows as they are in the data
            let mut rng = timeline.seed.rng(&format!("week {}", week.week));
            let n = table.n_rows() as u128;
            let rows: Vec<usize> =
                (0..84).map(|_| ((u128::from(rng.next_u64()) * n) >> 64) as usize).collect();
            let equal = same(&week.table, &table.take(&rows));
            let still = preset.name == "normal-winter" || week.intensity == 0.0;
            assert_eq!(equal, still, "{} week {}", preset.name, week.week);
            moved += usize::from(!equal);
        }
        assert_eq!(moved == 0, preset.name == "normal-winter", "{}", preset.name);
    }
}

#[test]
fn each_pair_fools_its_statistic_and_not_another() {
    use drydock::drift::lab::fooled;
    for seed in [1, 42] {
        for pair in fooled(Seed(seed)) {
            let std = Sorted::new(pair.reference.clone()).mean_and_std().unwrap().1.unwrap();
            let lab = LabColumn::new(Sorted::new(pair.reference), Sorted::new(pair.current)).unwrap();
            let m = lab.measure(Affine::default());
            let (ks, chi) = (m.ks.unwrap(), m.chi_squared.unwrap());
            let (index, js) = (m.psi.unwrap(), m.jensen_shannon.unwrap());
            let distance = m.wasserstein.unwrap() / std;
            match pair.statistic {
                "psi" => assert!(index < 0.01 && ks.p_value < 1e-6, "{index} {ks:?}"),
                "ks" => assert!(ks.p_value > 0.05 && distance > 0.25, "{ks:?} {distance}"),
                "wasserstein" => {
                    assert!(distance > 1.0 && index < 0.02 && ks.p_value > 0.05, "{distance} {index}");
                }
                "jensen_shannon" => assert!(js > 0.1 && ks.p_value > 0.01, "{js} {ks:?}"),
                "chi_squared" => {
                    assert!(chi.p_value < 0.01 && index < 0.01 && ks.statistic < 0.05, "{chi:?}");
                }
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn a_sample_is_off_by_no_more_than_its_band() {
    let values: Vec<f64> = (0..60_000).map(|i| f64::from(i * 7919 % 60_000) / 600.0).collect();
    let lab = LabColumn::new(Sorted::new(values.clone()), Sorted::new(values.clone())).unwrap();
    let shift =
        FeatureShift { noise: 5.0, clip: Some((10.0, 80.0)), missing: 0.2, ..FeatureShift::default() };
    let quick = lab.approximate(&values, &shift, 50.0, 8_000, (Seed(1), "x"));
    let whole = lab.measure_values(shift.numbers(&values, 50.0, Seed(1), "x"), false);
    let band = quick.band.unwrap();
    // a fifth of the values is missing: √(ln 40 / 2 · 6,400) = 0.017
    assert!((0.016..0.018).contains(&band) && whole.band.is_none());
    assert!((quick.ks.unwrap().statistic - whole.ks.unwrap().statistic).abs() <= band);
    assert!((quick.wasserstein.unwrap() - whole.wasserstein.unwrap()).abs() <= band * 100.0);
    let moved = Sorted::new(shift.numbers(&values, 50.0, Seed(1), "x"));
    let expected = kolmogorov_smirnov(&Sorted::new(values.clone()), &moved).unwrap();
    assert_eq!(whole.ks.unwrap().statistic, expected.statistic);
    assert!((whole.wasserstein.unwrap() - wasserstein(&Sorted::new(values), &moved).unwrap()).abs() < 1e-9);
}

/// A judge of `current` against `reference`, and the column.
fn judged(reference: &[f64], current: &[f64]) -> (LabColumn, Judge) {
    let before = compare_numbers(
        "x".into(),
        ColumnKind::Number,
        reference.to_vec(),
        current.to_vec(),
        &Rule::default(),
    );
    let lab = LabColumn::new(Sorted::new(reference.to_vec()), Sorted::new(current.to_vec())).unwrap();
    let judge = Judge::new(before, lab.reference(), reference);
    (lab, judge)
}

/// Whether two comparisons say the same: figures to 1e-9, words and counts exactly.
#[track_caller]
fn say_the_same(mut found: ColumnDrift, reference: &[f64], moved: &[f64]) {
    let rule = Rule::default();
    let mut expected =
        compare_numbers("x".into(), ColumnKind::Number, reference.to_vec(), moved.to_vec(), &rule);
    conclude(std::slice::from_mut(&mut found), &rule);
    conclude(std::slice::from_mut(&mut expected), &rule);
    // a gap may be reached at several values, and which one is named is open: it has to be reached there
    if let (Measures::Numbers(found), Measures::Numbers(expected)) = (&found.measures, &mut expected.measures)
        && let (Some(found), Some(expected)) = (found.ks, &mut expected.ks)
    {
        let share = |values: &[f64]| {
            let there = values.iter().filter(|value| !value.is_nan()).count();
            values.iter().filter(|value| **value <= found.at).count() as f64 / there as f64
        };
        let gap = (share(reference) - share(moved)).abs();
        assert!(
            (gap - expected.statistic).abs() < 1e-12,
            "at {}: {gap} for {}",
            found.at,
            expected.statistic
        );
        expected.at = found.at;
    }
    let value = |column: &ColumnDrift| serde_json::to_value(column).unwrap();
    near(&value(&found), &value(&expected), "x");
}

#[track_caller]
fn near(a: &serde_json::Value, b: &serde_json::Value, place: &str) {
    use serde_json::Value;
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            assert!((x - y).abs() <= 1e-9 * (1.0 + y.abs()), "{place}: {x} for {y}");
        }
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "{place}");
            x.iter().zip(y).enumerate().for_each(|(at, (x, y))| near(x, y, &format!("{place}[{at}]")));
        }
        (Value::Object(x), Value::Object(y)) => {
            assert_eq!(x.keys().collect::<Vec<_>>(), y.keys().collect::<Vec<_>>(), "{place}");
            x.iter().for_each(|(key, x)| near(x, &y[key], &format!("{place}.{key}")));
        }
        _ => assert_eq!(a, b, "{place}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The verdict of a frame is the verdict of a comparison from nothing: statistics, control, words, other tools.
    #[test]
    fn a_moved_columns_verdict_is_that_of_moving_it(
        reference in column(),
        current in column(),
        affine in affine(),
    ) {
        let (lab, judge) = judged(&reference, &current);
        let moved: Vec<f64> = current.iter().map(|&x| affine.of(x)).collect();
        let found = judge.after(&lab, affine, &lab.measure(affine));
        say_the_same(found, &reference, &moved);
        let sorted = judge.of_sorted(&lab, &Sorted::new(moved.clone()));
        say_the_same(sorted, &reference, &moved);
    }

    /// What is measured without sorting is what sorting gives.
    #[test]
    fn values_that_are_not_sorted_are_measured_exactly(
        reference in column(),
        current in column(),
        moves in (affine(), affine()),
    ) {
        let (lab, judge) = judged(&reference, &current);
        // no affine move of the column: every other value goes elsewhere
        let moved: Vec<f64> = current
            .iter()
            .enumerate()
            .map(|(at, &x)| if at % 2 == 0 { moves.0.of(x) } else { moves.1.of(x) })
            .collect();
        match lab.measure_loose(moved.as_slice(), &judge, |_| Vec::new()) {
            Some(loose) => say_the_same(judge.of_loose(&lab, &loose, 0), &reference, &moved),
            None => prop_assert!(reference.iter().chain(&moved).all(|x| *x == moved[0])),
        }
        // and some of them are gone: chance has fewer values to work on
        let gone = |at: usize| at % 3 == 1;
        let there: Vec<f64> =
            moved.iter().enumerate().filter(|(at, _)| !gone(*at)).map(|(_, x)| *x).collect();
        let gaps: Vec<f64> =
            moved.iter().enumerate().map(|(at, &x)| if gone(at) { f64::NAN } else { x }).collect();
        if let Some(loose) = lab.measure_loose(there.as_slice(), &judge, |_| Vec::new()) {
            let found = judge.of_loose(&lab, &loose, gaps.len() - there.len());
            say_the_same(found, &reference, &gaps);
        }
        say_the_same(judge.of_sorted(&lab, &Sorted::new(gaps.clone())), &reference, &gaps);
    }
}

#[test]
fn a_hundred_thousand_values_that_are_not_sorted_are_measured_exactly() {
    use rand::RngExt;
    let mut rng = Seed(3).rng("loose");
    let mut normal = |n: usize| -> Vec<f64> {
        (0..n).map(|_| (0..6).map(|_| rng.random::<f64>()).sum::<f64>() * 10.0 + 1000.0).collect()
    };
    let (reference, current) = (normal(100_000), normal(60_000));
    let (lab, judge) = judged(&reference, &current);
    for (scale, shift) in
        [(1.0, 0.0), (1.0001, 0.0), (1.0, 0.02), (1.3, -200.0), (0.5, 600.0), (-1.0, 2100.0)]
    {
        // one shift of odd rows, another of even ones
        let moved: Vec<f64> = current
            .iter()
            .enumerate()
            .map(|(at, x)| if at % 2 == 0 { *x } else { scale * x + shift })
            .collect();
        let loose = lab.measure_loose(moved.as_slice(), &judge, |_| Vec::new()).unwrap();
        say_the_same(judge.of_loose(&lab, &loose, 0), &reference, &moved);
        // the next one is made in its memory
        lab.take_back(loose);
    }
    // what has no cells is left to sorting
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
        let mut moved = current.clone();
        moved[7] = odd;
        assert!(lab.measure_loose(moved.as_slice(), &judge, |_| Vec::new()).is_none());
    }
    assert!(lab.measure_loose([].as_slice(), &judge, |_| Vec::new()).is_none());
}

/// A move of a weighted sum's inputs adds to its predictions what predicting again gives, whatever the policies.
#[test]
fn moves_of_a_weighted_sum_add_up_to_its_predictions() {
    for out_of_range in [Policy::Ignore, Policy::Impute] {
        let n = 400;
        let number = |f: &dyn Fn(f64) -> f64| -> Vec<f64> { (0..n).map(|at| f(f64::from(at))).collect() };
        let mut x = number(&|at| (at * 0.37).sin() * 5.0);
        let z = number(&|at| at % 13.0);
        let level: Vec<Option<&str>> = (0..n).map(|at| Some(if at % 3 == 0 { "a" } else { "b" })).collect();
        let y: Vec<f64> = (0..n as usize)
            .map(|at| 2.0 * x[at] - 0.5 * z[at] + f64::from(u8::from(at % 3 == 0)) + (at as f64).cos())
            .collect();
        let table = |x: Vec<f64>| {
            Table::new(vec![
                Column::number("x", x),
                Column::number("z", z.clone()),
                Column { name: "level".into(), data: ColumnData::Category(level.iter().copied().collect()) },
                Column::number("y", y.clone()),
            ])
            .unwrap()
        };
        let policies = Policies { out_of_range, missing_value: Policy::Impute, ..Policies::default() };
        let settings = Settings { policies, test_fraction: 0.0, folds: 0, ..Settings::new("y") };
        let learned = table(x.clone());
        let plan = Plan::new(settings, &learned).unwrap();
        let trained = train(&plan, &learned, &Origin::default(), &Progress::new()).unwrap();
        x[5] = f64::NAN;
        let rows = table(x.clone());
        let predictor = Predictor::new(std::sync::Arc::new(trained.model));
        let (_, before, _) = predict_leniently(&predictor, &rows, 1).unwrap();
        let shifts = Shifts {
            features: BTreeMap::from([
                ("x".to_owned(), FeatureShift { mean: 1.5, spread: 1.8, ..FeatureShift::default() }),
                ("z".to_owned(), FeatureShift { mean: -2.0, ..FeatureShift::default() }),
            ]),
            ..Shifts::default()
        };
        let means = means(&rows);
        let moved = apply(&rows, None, &shifts, &means, 1.0, Seed::default(), None);
        let (_, after, _) = predict_leniently(&predictor, &moved, 1).unwrap();
        let weighted = Weighted::new(predictor.model()).unwrap();
        let mut predictions = before.output(0).to_vec();
        for (name, values, has_missing) in [("x", &x, true), ("z", &z, false)] {
            let affine = shifts.features[name].affine(means[name]).unwrap();
            let part = weighted.part(name).unwrap();
            match part.constant(affine, has_missing) {
                Some(amount) => {
                    assert!(name == "z" && out_of_range == Policy::Ignore);
                    predictions.iter_mut().for_each(|prediction| *prediction += amount);
                }
                None => part.add(affine, values, &mut predictions),
            }
        }
        for (row, (found, expected)) in predictions.iter().zip(after.output(0)).enumerate() {
            assert!((found - expected).abs() < 1e-9, "row {row}: {found} for {expected}");
        }
        // and the rows outside the training range are those of the table
        let range = |name: &str| {
            let input = predictor.model().inputs.iter().find(|input| input.name == name).unwrap();
            let InputKind::Number { min, max, .. } = input.kind else { panic!("{name}") };
            (min, max)
        };
        let flags = |name: &str, values: &[f64]| {
            Outside::of_moved(values, shifts.features[name].affine(means[name]).unwrap(), range(name))
        };
        let found = Outside::share(&[&flags("x", &x), &flags("z", &z)], rows.n_rows());
        assert_eq!(found, outside(&predictor, &moved));
        assert!(found.is_some_and(|share| share > 0.2 && share < 0.9), "{found:?}");
        // moves of single values, some of which go missing, add up as well
        let shift = FeatureShift {
            noise: 2.0,
            missing: 0.2,
            clip: Some((-3.0, f64::MAX)),
            ..shifts.features["x"].clone()
        };
        let moves =
            Shifts { features: BTreeMap::from([("x".to_owned(), shift.clone())]), ..Shifts::default() };
        let table = apply(&rows, None, &moves, &means, 1.0, Seed::default(), None);
        let (_, after, left_out) = predict_leniently(&predictor, &table, 1).unwrap();
        assert_eq!(left_out, 0);
        let moved = shift.numbers(&x, means["x"], Seed::default(), "x");
        assert!(moved.iter().filter(|value| value.is_nan()).count() > 40);
        let mut predictions = before.output(0).to_vec();
        assert!(weighted.part("x").unwrap().add_moved(&x, &moved, &mut predictions));
        for (row, (found, expected)) in predictions.iter().zip(after.output(0)).enumerate() {
            assert!((found - expected).abs() < 1e-9, "row {row}: {found} for {expected}");
        }
        let flags = Outside::of_moved(&moved, Affine::default(), range("x"));
        assert_eq!(Outside::share(&[&flags], rows.n_rows()), outside(&predictor, &table));
        // a model that fills nothing in has no prediction there
        let strict = drydock::drift::lab::Part { fill: None, ..weighted.part("x").unwrap().clone() };
        assert!(!strict.add_moved(&x, &moved, &mut predictions));
    }
}

/// Resamples that are kept give the band that drawing anew gives.
#[test]
fn kept_resamples_are_those_that_are_drawn() {
    let values: Vec<f64> = (0..137).map(|at| (f64::from(at) * 0.7).sin().abs() * 12.0).collect();
    let kept = Resamples::new(values.len(), Seed(4));
    for values in [&values[..], &values[..50], &values[..1], &[]] {
        let (found, expected) = (kept.mean_interval(values), mean_interval(values, Seed(4)));
        let all = |interval: Option<Interval>| interval.map(|i| [i.value, i.low, i.high]);
        for (a, b) in all(found).into_iter().flatten().zip(all(expected).into_iter().flatten()) {
            assert!((a - b).abs() < 1e-12, "{a} for {b}");
        }
        assert_eq!(found.is_some(), expected.is_some());
    }
}
