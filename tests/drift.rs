//! Drift statistics against scipy (values in `tests/oracles/drift.json`, made by the script beside it), against numbers
//! worked by hand, and against laws that hold for any data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use drydock::drift::{
    Bins, PValueMethod, Sorted, chi_squared, chi_squared_pooled, chi_squared_sf, cramers_v, jensen_shannon,
    kolmogorov_sf, kolmogorov_smirnov, psi, wasserstein,
};
use drydock::work::Seed;
use proptest::prelude::*;
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracles/drift.json")).unwrap()
}

/// The samples that the oracle's script draws, by the same rule.
fn draws(from: &Value) -> Vec<f64> {
    let mut state = from[0].as_u64().unwrap();
    let n = from[1].as_u64().unwrap();
    let kind = from[2].as_str().unwrap();
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let u = (state >> 11) as f64 / 9_007_199_254_740_992.0;
            match kind {
                "uniform" => u,
                "shifted" => u * 1.1 + 0.07,
                "ties" => (u * 15.0).floor(),
                "few" => (u * 4.0).floor(),
                "few_other" => (u * u * 6.0).floor(),
                "tail" => 1.0 / ((1.0 - u) * (1.0 - u)),
                "offset" => 1e9 + u,
                "constant" => 3.5,
                "tenths" => (u * 12.0).floor() / 10.0,
                "pareto" => (1.0 - u).powf(-1.0 / 1.5),
                "lognormal" => {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let v = (state >> 11) as f64 / 9_007_199_254_740_992.0;
                    (2.0 * (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()).exp()
                }
                other => panic!("{other}"),
            }
        })
        .collect()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        found == expected || (found - expected).abs() <= tolerance * expected.abs(),
        "{what}: {found:e} where {expected:e} was expected (off by {:e})",
        (found - expected) / expected
    );
}

fn counts(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|n| usize::try_from(n.as_u64().unwrap()).unwrap()).collect()
}

#[test]
fn numbers_agree_with_scipy() {
    for case in oracle()["numbers"].as_array().unwrap() {
        let name = format!("{} {}", case["reference"], case["current"]);
        let (a, b) = (Sorted::new(draws(&case["reference"])), Sorted::new(draws(&case["current"])));
        let number = |key: &str| case[key].as_f64().unwrap();
        let ks = kolmogorov_smirnov(&a, &b).unwrap();
        close(ks.statistic, number("ks"), 1e-12, &format!("KS {name}"));
        close(ks.p_value, number("p"), 1e-9, &format!("p {name}"));
        assert_eq!(ks.method == PValueMethod::Exact, a.len() * b.len() <= 10_000, "{name}");
        close(wasserstein(&a, &b).unwrap(), number("wasserstein"), 1e-9, &format!("Wasserstein {name}"));
        let bins = Bins::of_reference(&a).unwrap();
        let (r, c) = (bins.counts(&a), bins.counts(&b));
        assert_eq!((&r, &c), (&counts(&case["counts"][0]), &counts(&case["counts"][1])), "bins {name}");
        close(psi(&r, &c).unwrap(), number("psi"), 1e-12, &format!("PSI {name}"));
        close(jensen_shannon(&r, &c).unwrap(), number("jensen_shannon"), 1e-9, &format!("JS {name}"));
    }
}

#[test]
fn the_kolmogorov_tail_agrees_with_scipy() {
    for case in oracle()["tails"].as_array().unwrap() {
        let (n, x) = (case[0].as_u64().unwrap(), case[1].as_f64().unwrap());
        close(kolmogorov_sf(n, x), case[2].as_f64().unwrap(), 1e-9, &format!("n = {n}, x = {x}"));
    }
}

#[test]
fn the_chi_squared_tail_agrees_with_scipy() {
    for case in oracle()["chi_squared_sf"].as_array().unwrap() {
        let (x, dof) = (case[0].as_f64().unwrap(), usize::try_from(case[1].as_u64().unwrap()).unwrap());
        close(chi_squared_sf(x, dof), case[2].as_f64().unwrap(), 1e-9, &format!("x = {x}, dof = {dof}"));
    }
}

#[test]
fn levels_agree_with_scipy() {
    for case in oracle()["levels"].as_array().unwrap() {
        let (r, c) = (counts(&case["reference"]), counts(&case["current"]));
        let number = |key: &str| case[key].as_f64().unwrap();
        let test = chi_squared(&r, &c).unwrap();
        let name = format!("{r:?} {c:?}");
        close(test.statistic, number("statistic"), 1e-9, &name);
        close(test.p_value, number("p"), 1e-9, &name);
        assert_eq!(test.dof as u64, case["dof"].as_u64().unwrap(), "{name}");
        close(cramers_v(&r, &c).unwrap(), number("cramers_v"), 1e-9, &name);
        close(psi(&r, &c).unwrap(), number("psi"), 1e-12, &name);
        close(jensen_shannon(&r, &c).unwrap(), number("jensen_shannon"), 1e-9, &name);
    }
}

#[test]
fn rare_levels_are_put_together_as_the_test_needs_it() {
    for case in oracle()["rare_levels"].as_array().unwrap() {
        let (r, c) = (counts(&case["reference"]), counts(&case["current"]));
        let name = format!("{r:?} {c:?}");
        let test = chi_squared_pooled(&r, &c);
        let Some(groups) = case["groups"].as_u64() else {
            assert_eq!(test, None, "{name}");
            continue;
        };
        let test = test.unwrap_or_else(|| panic!("{name}: no test"));
        assert_eq!(test.dof as u64 + 1, groups, "{name}");
        close(test.statistic, case["statistic"].as_f64().unwrap(), 1e-9, &name);
        close(test.p_value, case["p"].as_f64().unwrap(), 1e-9, &name);
    }
    // a thousand rows of ten values, and thirty that are all the last of them
    let mut last = [0; 10];
    last[9] = 30;
    assert!(chi_squared_pooled(&[100; 10], &last).unwrap().p_value < 1e-20);
}

/// Both sides drawn from one distribution, the levels in the order in which they appear, the reference first: 5 in 100 tests
/// reject. Of 3,000 a number with mean 150 and standard deviation √(3,000 · 0.05 · 0.95) = 11.9; four of these on each side.
#[test]
fn rare_levels_raise_no_more_false_alarms_than_alpha() {
    let mut state = 7_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    };
    // ten and three hundred levels alike, and 200 of which the k-th is k times as rare as the first
    for (levels, falling, n_reference, n_current) in
        [(10, false, 1000, 30), (300, false, 1000, 300), (200, true, 1000, 300)]
    {
        let weight = |level: usize| if falling { 1.0 / (level as f64 + 1.0) } else { 1.0 };
        let total: f64 = (0..levels).map(weight).sum();
        let up_to: Vec<f64> = (0..levels)
            .scan(0.0, |sum, level| {
                *sum += weight(level) / total;
                Some(*sum)
            })
            .collect();
        let rejected = (0..3_000)
            .filter(|_| {
                let mut place = vec![None; levels];
                let (mut r, mut c) = (Vec::new(), Vec::new());
                for row in 0..n_reference + n_current {
                    let u = uniform();
                    let level = up_to.partition_point(|&bound| bound < u).min(levels - 1);
                    let at = *place[level].get_or_insert_with(|| {
                        r.push(0_usize);
                        c.push(0_usize);
                        r.len() - 1
                    });
                    if row < n_reference { r[at] += 1 } else { c[at] += 1 }
                }
                chi_squared_pooled(&r, &c).unwrap().p_value <= 0.05
            })
            .count();
        assert!((103..=197).contains(&rejected), "{levels} levels: {rejected} of 3,000");
    }
}

/// The control counts neighbouring values together; drawn singly they give the same, also where a few values far out make
/// most of the distance. Both sides of the comparison are simulations, of 2,000 and 10,000 pairs.
#[test]
fn the_control_of_heavy_tails_is_that_of_single_values() {
    for case in oracle()["heavy_tails"].as_array().unwrap() {
        let reference = Sorted::new(draws(&case["reference"]));
        let bins = Bins::of_reference(&reference).unwrap();
        let n = usize::try_from(case["n_current"].as_u64().unwrap()).unwrap();
        let control =
            drydock::drift::control_of_numbers(&reference, &bins, n, Some(1.0), (2000, Seed(5), "x"))
                .unwrap();
        let found = control.statistics["wasserstein"];
        let name = case["reference"].to_string();
        close(found.p95, case["p95"].as_f64().unwrap(), 0.12, &format!("95 % point {name}"));
        close(found.mean, case["mean"].as_f64().unwrap(), 0.08, &format!("mean {name}"));
    }
}

/// Parts of the reference are cut as `numpy.array_split` cuts them only where ten divides its length.
#[test]
fn the_rule_cards_nannyml_figures_are_those_of_its_definition() {
    for case in oracle()["nannyml"].as_array().unwrap() {
        let (a, b) = (draws(&case["reference"]), draws(&case["current"]));
        let (distance, threshold) = drydock::drift::rule_card::nannyml_numbers(&a, &b).unwrap();
        let name = format!("{} {}", case["reference"], case["current"]);
        close(distance, case["distance"].as_f64().unwrap(), 1e-9, &name);
        close(threshold, case["threshold"].as_f64().unwrap(), 1e-9, &name);
    }
}

/// The 95 % point of KS for two large samples of n is 1.3581 √(2/n) (Kolmogorov's limit law); PSI over ten bins is on
/// average about 9 · 2/n, as chi-squared with nine degrees of freedom.
#[test]
fn the_no_drift_control_is_what_theory_says() {
    for n in [4_000_usize, 20_000] {
        let values = draws(&serde_json::json!([9, n, "uniform"]));
        let reference = Sorted::new(values);
        let bins = Bins::of_reference(&reference).unwrap();
        let control =
            drydock::drift::control_of_numbers(&reference, &bins, n, Some(1.0), (1500, Seed(3), "x"))
                .unwrap();
        let root = (2.0 / n as f64).sqrt();
        close(control.statistics["ks"].p95, 1.3581 * root, 0.07, "KS");
        close(control.statistics["psi"].mean, 18.0 / n as f64, 0.05, "PSI");
        // E ∫ |bridge| over a uniform: √(2/π) · π/8 times √(2/n)
        let expected = (2.0 / std::f64::consts::PI).sqrt() * std::f64::consts::PI / 8.0 * root;
        close(control.statistics["wasserstein"].mean, expected, 0.05, "Wasserstein");
    }
    let control = drydock::drift::control_of_levels(&[500, 300, 200], 800, (3000, Seed(1), "c")).unwrap();
    // chi-squared with two degrees of freedom
    close(control.statistics["chi_squared"].mean, 2.0, 0.06, "chi-squared");
    close(control.statistics["chi_squared"].p95, 5.991, 0.1, "chi-squared");
}

fn sorted(values: &[f64]) -> Sorted {
    Sorted::new(values.to_vec())
}

#[test]
fn two_values_apart_from_two_have_a_third() {
    // of the six orders of four values, two keep the samples apart
    let ks = kolmogorov_smirnov(&sorted(&[1.0, 2.0]), &sorted(&[3.0, 4.0])).unwrap();
    close(ks.p_value, 1.0 / 3.0, 1e-15, "2 of 6");
    assert_eq!((ks.statistic, ks.method, ks.at), (1.0, PValueMethod::Exact, 2.0));
    // one of three values against one: 2 of 4
    let ks = kolmogorov_smirnov(&sorted(&[1.0, 2.0, 3.0]), &sorted(&[9.0])).unwrap();
    close(ks.p_value, 0.5, 1e-15, "2 of 4");
    // one value below twenty thousand: 2 of 20,001, where the one-sample distribution says 0
    let many: Vec<f64> = (0..20_000).map(f64::from).collect();
    close(
        kolmogorov_smirnov(&sorted(&many), &sorted(&[-1.0])).unwrap().p_value,
        2.0 / 20_001.0,
        1e-14,
        "2 of 20,001",
    );
}

#[test]
fn empty_constant_and_infinite_columns_are_defined() {
    let (none, some) = (sorted(&[f64::NAN]), sorted(&[1.0, 2.0]));
    assert_eq!(kolmogorov_smirnov(&none, &some), None);
    assert_eq!(wasserstein(&some, &none), None);
    assert_eq!(Bins::of_reference(&none), None);
    assert_eq!(psi(&[], &[]), None);
    assert_eq!(psi(&[1], &[1, 2]), None);
    assert_eq!(chi_squared(&[0, 0], &[1, 2]), None);
    let constant = sorted(&[5.0; 30]);
    let ks = kolmogorov_smirnov(&constant, &constant).unwrap();
    assert_eq!((ks.statistic, ks.p_value), (0.0, 1.0));
    assert_eq!(wasserstein(&constant, &sorted(&[7.0; 3])), Some(2.0));
    // ln(1e4) from each of two bins whose shares go from 1 to 0 and from 0 to 1, floored at 1e-4
    let bins = Bins::of_reference(&constant).unwrap();
    let moved = psi(&bins.counts(&constant), &bins.counts(&sorted(&[7.0; 3]))).unwrap();
    close(moved, 2.0 * 0.9999 * 1e4_f64.ln(), 1e-14, "constant moved");
    let (inf, neg) = (f64::INFINITY, f64::NEG_INFINITY);
    assert_eq!(wasserstein(&sorted(&[0.0, inf]), &sorted(&[1.0, inf])), Some(0.5));
    assert_eq!(wasserstein(&sorted(&[0.0, inf]), &sorted(&[1.0, 2.0])), Some(inf));
    assert_eq!(wasserstein(&sorted(&[neg, 0.0]), &sorted(&[neg, 4.0])), Some(2.0));
    assert_eq!(kolmogorov_smirnov(&sorted(&[neg, 0.0]), &sorted(&[inf, inf])).unwrap().statistic, 1.0);
    // a distance beyond the largest double is none
    assert_eq!(wasserstein(&sorted(&[-f64::MAX]), &sorted(&[f64::MAX])), None);
}

fn column() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![-50.0..50.0_f64, (-5..5_i32).prop_map(f64::from)];
    proptest::collection::vec(value, 1..120)
}

/// The largest gap, looked for at every value, in whole numbers.
fn slow_gap(a: &[f64], b: &[f64]) -> f64 {
    let below =
        |values: &[f64], x: f64| values.iter().filter(|v| **v <= x).count() as f64 / values.len() as f64;
    a.iter().chain(b).map(|&x| (below(a, x) - below(b, x)).abs()).fold(0.0, f64::max)
}

/// Wasserstein's distance as the mean distance of quantiles: every value repeated until both samples are as long.
fn slow_distance(a: &[f64], b: &[f64]) -> f64 {
    let stretched = |values: &[f64], times: usize| {
        let mut values: Vec<f64> = values.iter().flat_map(|&v| std::iter::repeat_n(v, times)).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (a, b) = (stretched(a, b.len()), stretched(b, a.len()));
    a.iter().zip(&b).map(|(x, y)| (x - y).abs()).sum::<f64>() / a.len() as f64
}

proptest! {
    #[test]
    fn statistics_are_what_their_definitions_say(a in column(), b in column()) {
        let (x, y) = (sorted(&a), sorted(&b));
        let ks = kolmogorov_smirnov(&x, &y).unwrap();
        prop_assert!((ks.statistic - slow_gap(&a, &b)).abs() < 1e-12);
        let distance = wasserstein(&x, &y).unwrap();
        prop_assert!((distance - slow_distance(&a, &b)).abs() <= 1e-10 * (1.0 + distance));
        prop_assert!((0.0..=1.0).contains(&ks.p_value));
    }

    #[test]
    fn statistics_do_not_care_for_side_or_place(a in column(), b in column()) {
        let (x, y) = (sorted(&a), sorted(&b));
        let (there, back) = (kolmogorov_smirnov(&x, &y).unwrap(), kolmogorov_smirnov(&y, &x).unwrap());
        prop_assert_eq!(there.statistic, back.statistic);
        prop_assert!((there.p_value - back.p_value).abs() <= 1e-12);
        // a power of two and a whole number lose no digits here
        let moved = |values: &[f64]| Sorted::new(values.iter().map(|v| v * 4.0).collect());
        prop_assert_eq!(kolmogorov_smirnov(&moved(&a), &moved(&b)).unwrap().statistic, there.statistic);
        let (d, d4) = (wasserstein(&x, &y).unwrap(), wasserstein(&moved(&a), &moved(&b)).unwrap());
        prop_assert!((d4 - 4.0 * d).abs() <= 1e-12 * d4);
        prop_assert_eq!(wasserstein(&x, &x), Some(0.0));
    }

    #[test]
    fn bins_hold_every_value_once(a in column(), b in column()) {
        let (x, y) = (sorted(&a), sorted(&b));
        let bins = Bins::of_reference(&x).unwrap();
        let (r, c) = (bins.counts(&x), bins.counts(&y));
        prop_assert_eq!((r.iter().sum::<usize>(), c.iter().sum::<usize>()), (a.len(), b.len()));
        let index = psi(&r, &c).unwrap();
        let distance = jensen_shannon(&r, &c).unwrap();
        prop_assert!(index >= 0.0 && (0.0..=1.0).contains(&distance));
        prop_assert_eq!(psi(&r, &r), Some(0.0));
    }
}
