//! Least squares through the public `train` command, digit by digit, against solutions known exactly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use common::Folder;
use drydock::work::Seed;
use rand::RngExt;
use serde_json::Value;

/// Digits right of the worst coefficient: −log10 of the relative error (of the error itself where zero is exact).
fn digits_right(document: &Value, expected: &[(&str, f64)]) -> f64 {
    let digits = expected.iter().map(|(name, exact)| {
        let got =
            if *name == "intercept" { &document["intercept"] } else { &document["coefficients"][*name] };
        let error = (got.as_f64().unwrap_or_else(|| panic!("no {name} in {document}")) - exact).abs();
        let relative = if *exact == 0.0 { error } else { error / exact.abs() };
        if relative == 0.0 { 16.0 } else { -relative.log10() }
    });
    digits.fold(16.0, f64::min)
}

/// The Wampler sets of the NIST `StRD` (R. H. Wampler, 1970): y is a polynomial of degree 5 in x = 0, 1 … 20, with
/// the powers as columns; sets 3 to 5 add multiples of a vector that is orthogonal to them.
fn wampler(delta_times: i64, small: bool) -> String {
    const DELTA: [i64; 11] = [759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048];
    let mut csv = String::from("y,x,x2,x3,x4,x5\n");
    for x in 0_i64..=20 {
        let delta = DELTA[usize::try_from(x.min(20 - x)).unwrap()] * delta_times;
        let y = if small {
            // 1 + 0.1x + … + 0.00001x⁵ in units of 0.00001, so that each digit is right
            let units: i64 = (0..=5).map(|power| 10_i64.pow(5 - power) * x.pow(power)).sum();
            format!("{}.{:05}", units / 100_000, units % 100_000)
        } else {
            ((0..=5).map(|power| x.pow(power)).sum::<i64>() + delta).to_string()
        };
        csv.push_str(&format!("{y},{x},{},{},{},{}\n", x.pow(2), x.pow(3), x.pow(4), x.pow(5)));
    }
    csv
}

#[test]
fn the_wampler_sets_come_out_to_nearly_every_digit() {
    let folder = Folder::new();
    let ones = ["intercept", "x", "x2", "x3", "x4", "x5"].map(|name| (name, 1.0));
    for (set, times, at_least) in [(1, 0, 12.0), (3, 1, 12.0), (4, 100, 11.0), (5, 10_000, 9.0)] {
        folder.write("w.csv", wampler(times, false));
        let digits = digits_right(&folder.train("w.csv --target y -o w.json"), &ones);
        assert!(digits >= at_least, "Wampler{set}: {digits:.1} digits");
    }
    folder.write("w.csv", wampler(0, true));
    let tenths = [("intercept", 1.0), ("x", 0.1), ("x2", 0.01), ("x3", 1e-3), ("x4", 1e-4), ("x5", 1e-5)];
    let digits = digits_right(&folder.train("w.csv --target y -o w.json"), &tenths);
    assert!(digits >= 12.0, "Wampler2: {digits:.1} digits");
}

/// Longley (1967), the numbers as the `statsmodels` package on `PyPI` ships them (`statsmodels.datasets.longley`); the
/// solution is NIST's certified one.
#[test]
fn longley_comes_out_to_twelve_digits() {
    let rows = "60323,83,234289,2356,1590,107608,1947\n61122,88.5,259426,2325,1456,108632,1948\n\
        60171,88.2,258054,3682,1616,109773,1949\n61187,89.5,284599,3351,1650,110929,1950\n\
        63221,96.2,328975,2099,3099,112075,1951\n63639,98.1,346999,1932,3594,113270,1952\n\
        64989,99,365385,1870,3547,115094,1953\n63761,100,363112,3578,3350,116219,1954\n\
        66019,101.2,397469,2904,3048,117388,1955\n67857,104.6,419180,2822,2857,118734,1956\n\
        68169,108.4,442769,2936,2798,120445,1957\n66513,110.8,444546,4681,2637,121950,1958\n\
        68655,112.6,482704,3813,2552,123366,1959\n69564,114.2,502601,3931,2514,125368,1960\n\
        69331,115.7,518173,4806,2572,127852,1961\n70551,116.9,554894,4007,2827,130081,1962\n";
    let folder = Folder::new();
    folder.write("l.csv", format!("TOTEMP,GNPDEFL,GNP,UNEMP,ARMED,POP,YEAR\n{rows}"));
    let document = folder.train("l.csv --target TOTEMP -o l.json");
    let certified = [
        ("intercept", -3482258.63459582),
        ("GNPDEFL", 15.0618722713733),
        ("GNP", -0.358191792925910E-01),
        ("UNEMP", -2.02022980381683),
        ("ARMED", -1.03322686717359),
        ("POP", -0.511041056535807E-01),
        ("YEAR", 1829.15146461355),
    ];
    let digits = digits_right(&document, &certified);
    assert!(digits >= 12.0, "{digits:.1} digits");
    let error = document["standard_errors"]["GNPDEFL"].as_f64().unwrap();
    assert!((error / 84.9149257747669 - 1.0).abs() < 1e-12, "{error}");
    assert!((document["residual_std"].as_f64().unwrap() / 304.854073561965 - 1.0).abs() < 1e-12);
    assert!((document["metrics"]["train"]["r2"].as_f64().unwrap() - 0.995479004577296).abs() < 1e-14);
}

/// As the NIST set `NoInt1`: y = 130 … 140 on x = 60 … 70 through the origin. The slope is Σxy / Σx², whole numbers.
#[test]
fn a_line_through_the_origin_has_the_exact_slope() {
    let folder = Folder::new();
    let mut csv = String::from("y,x\n");
    let (mut xy, mut xx) = (0_i64, 0_i64);
    for x in 60..=70 {
        csv.push_str(&format!("{},{x}\n", x + 70));
        xy += x * (x + 70);
        xx += x * x;
    }
    folder.write("n.csv", csv);
    let document = folder.train("n.csv --target y --no-intercept -o n.json");
    assert!(digits_right(&document, &[("x", xy as f64 / xx as f64)]) >= 14.0);
    assert_eq!(document["intercept"], 0.0);
}

/// The determinant of a matrix of whole numbers, exactly, by the fraction-free elimination of Bareiss (1968).
fn determinant(mut rows: Vec<Vec<i128>>) -> i128 {
    let n = rows.len();
    let (mut sign, mut previous) = (1, 1);
    for pivot in 0..n {
        let Some(at) = (pivot..n).find(|&row| rows[row][pivot] != 0) else { return 0 };
        if at != pivot {
            rows.swap(pivot, at);
            sign = -sign;
        }
        for row in pivot + 1..n {
            for col in pivot + 1..n {
                let cross = rows[row][col] * rows[pivot][pivot] - rows[row][pivot] * rows[pivot][col];
                rows[row][col] = cross / previous;
            }
        }
        previous = rows[pivot][pivot];
    }
    sign * previous
}

/// Solves the normal equations of whole-number columns exactly, by Cramer's rule.
fn exact_least_squares(columns: &[Vec<i128>], y: &[i128]) -> Vec<f64> {
    let dot = |a: &[i128], b: &[i128]| -> i128 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let gram: Vec<Vec<i128>> = columns.iter().map(|a| columns.iter().map(|b| dot(a, b)).collect()).collect();
    let bottom = determinant(gram.clone());
    assert_ne!(bottom, 0, "the columns are independent");
    (0..columns.len())
        .map(|replaced| {
            let mut matrix = gram.clone();
            for (row, column) in matrix.iter_mut().zip(columns) {
                row[replaced] = dot(column, y);
            }
            determinant(matrix) as f64 / bottom as f64
        })
        .collect()
}

#[test]
fn random_whole_number_designs_agree_with_exact_fractions() {
    let folder = Folder::new();
    let mut rng = Seed(5).rng("designs");
    for round in 0..12 {
        let p = 2 + round % 3;
        let n = p + 3 + round;
        // every other design is nearly collinear: the last column is the sum of the others, off by one now and then
        let mut columns: Vec<Vec<i128>> =
            (0..p).map(|_| (0..n).map(|_| rng.random_range(-9_i128..10)).collect()).collect();
        if round % 2 == 1 {
            for row in 0..n {
                let sum: i128 = columns[..p - 1].iter().map(|column| column[row]).sum();
                columns[p - 1][row] = sum + rng.random_range(0..2);
            }
        }
        let y: Vec<i128> = (0..n).map(|_| rng.random_range(-50_i128..51)).collect();
        let names: Vec<String> = (0..p).map(|col| format!("x{col}")).collect();
        let mut csv = names.join(",") + ",y\n";
        for row in 0..n {
            let cells: Vec<String> = columns.iter().map(|column| column[row].to_string()).collect();
            csv.push_str(&format!("{},{}\n", cells.join(","), y[row]));
        }
        folder.write("d.csv", csv);
        let document = folder.train("d.csv --target y -o d.json");
        let mut with_ones = vec![vec![1_i128; n]];
        with_ones.extend(columns);
        let exact = exact_least_squares(&with_ones, &y);
        let names: Vec<String> =
            std::iter::once("intercept".to_owned()).chain((0..p).map(|col| format!("x{col}"))).collect();
        let expected: Vec<(&str, f64)> = names.iter().map(String::as_str).zip(exact).collect();
        let digits = digits_right(&document, &expected);
        assert!(digits >= 12.0, "design {round}: {digits:.1} digits of {expected:?}");
    }
}

#[test]
fn what_determines_each_other_is_dropped_with_a_warning_and_fits_as_well() {
    let folder = Folder::new();
    let cases = [
        ("a copy", "a,b,y\n1,1,2\n2,2,3\n3,3,5\n4,4,4\n", "'b'"),
        ("a multiple", "a,b,y\n1,2.5,2\n2,5,3\n3,7.5,5\n4,10,4\n", "'b'"),
        (
            "a sum in decimals",
            "a,b,c,y\n0.1,0.2,0.3,1\n0.7,0.1,0.8,2\n0.2,0.4,0.6,4\n0.3,0.9,1.2,3\n0.5,0.3,0.8,7\n",
            "'c'",
        ),
        ("a constant", "a,b,y\n1,7,2\n2,7,3\n3,7,5\n4,7,4\n", "'b'"),
        ("more columns than rows", "a,b,c,y\n1,5,2,3\n2,1,9,8\n", "'b', 'c'"),
        ("one row", "a,y\n1,5\n", "'a'"),
    ];
    for (what, csv, names) in cases {
        folder.write("r.csv", csv);
        let run = folder.run("train r.csv --target y -o r.json --json");
        assert!(run.stderr.contains(names), "{what}: {}", run.stderr);
        let document = run.json();
        assert!(
            document["intercept"].is_f64() && !document["dropped"].as_array().unwrap().is_empty(),
            "{what}"
        );
        assert!(document["coefficients"].as_object().unwrap().values().all(Value::is_f64), "{what}");
        // the residuals of least squares are orthogonal to every column, dropped or not
        folder.run("predict r.json --input r.csv -o o.csv").done();
        let text = folder.text("o.csv");
        let rows: Vec<Vec<f64>> = text
            .lines()
            .skip(1)
            .map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect())
            .collect();
        let width = rows[0].len();
        let residual = |row: &[f64]| row[width - 2] - row[width - 1];
        assert!(rows.iter().map(|row| residual(row)).sum::<f64>().abs() < 1e-11, "{what}");
        for col in 0..width - 2 {
            let product: f64 = rows.iter().map(|row| row[col] * residual(row)).sum();
            assert!(
                product.abs() < 1e-10,
                "{what}: column {col} is not orthogonal to the residuals: {product}"
            );
        }
    }
}

#[test]
fn ridge_agrees_with_scikit_learn() {
    // import numpy as np; from sklearn.linear_model import Ridge; from sklearn.preprocessing import StandardScaler
    // a = np.arange(1, 9.); b = np.array([3, 1, 4, 1, 5, 9, 2, 6.]); y = np.array([2, 7, 1, 8, 2, 8, 1, 8.])
    // X = np.c_[a, b]; s = StandardScaler().fit(X); m = Ridge(alpha=2).fit(s.transform(X), y)
    // m.coef_ / s.scale_, m.intercept_ - (m.coef_ / s.scale_ * s.mean_).sum()
    let folder = Folder::new();
    folder.write("r.csv", "a,b,y\n1,3,2\n2,1,7\n3,4,1\n4,1,8\n5,5,2\n6,9,8\n7,2,1\n8,6,8\n");
    for solver in ["auto", "linfa"] {
        let document =
            folder.train(&format!("r.csv --target y --model ridge --alpha 2 --solver {solver} -o r.json"));
        let expected = [("a", RIDGE.0), ("b", RIDGE.1), ("intercept", RIDGE.2)];
        assert!(digits_right(&document, &expected) >= 9.0, "{solver}: {document}");
    }
}

const RIDGE: (f64, f64, f64) = (0.19762752075919338, 0.13886911822854883, 3.197558323448003);
