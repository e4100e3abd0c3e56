//! Logistic regression against scikit-learn 1.9.1 and by hand.
//!
//! ```python
//! import numpy as np
//! from sklearn.linear_model import LogisticRegression
//! from sklearn.preprocessing import StandardScaler
//! i, j = np.arange(60)[:, None], np.arange(5)[None, :]
//! X = (((i+1)**2*(j+2) + 13*(i+1)*(j+1)) % 101) / 10 * (j+1) + 100*j
//! i = i[:, 0]
//! two = ((X[:, 0] - (X[:, 1]-100)/5 + (i*37 % 23)/4) > 4).astype(int)
//! three = (((X[:, 0] + (X[:, 1]-100)/3 + (i*37 % 23)/2)//6) % 3).astype(int)
//! separable = (X[:, 0] > 5).astype(int)
//! single = (i == 7).astype(int)
//! s = StandardScaler().fit(X)
//! for y, C in [(two, 1), (two, 100), (three, 1), (separable, 1), (single, 1)]:
//!     m = LogisticRegression(C=C, tol=1e-12, solver='newton-cholesky').fit(s.transform(X), y)
//!     w = m.coef_ / s.scale_
//!     print(m.intercept_ - (w * s.mean_).sum(-1), w)
//! ```

use super::*;
use crate::training::fit::reference::{PredictRow, assert_close, made_up_columns, row, views};

const TWO: [f64; 6] = [
    9.419997832822355,
    0.8901415781716888,
    -0.07154738926783827,
    0.012767680390477317,
    -0.031089602198480604,
    0.005212615468267874,
];
const TWO_C100: [f64; 6] = [
    31.457713406515317,
    1.7635913265063186,
    -0.1775593912470367,
    0.03226434701691754,
    -0.0743824223034824,
    -0.004994357776567237,
];
const THREE: [[f64; 6]; 3] = [
    [
        -14.148027065644959,
        0.2894769800933376,
        -0.024504821840070717,
        0.018155346478126246,
        0.025934504949111915,
        0.006887328367931207,
    ],
    [
        16.769131859131136,
        -0.27132050936355206,
        -0.01994886707517411,
        -0.024188548980285614,
        -1.4093288328721713e-05,
        -0.01906803780516542,
    ],
    [
        -2.6211047934861984,
        -0.01815647072978553,
        0.04445368891524484,
        0.006033202502159361,
        -0.025920411660783235,
        0.012180709437234295,
    ],
];
const SEPARABLE: [f64; 6] = [
    -14.556607866559325,
    1.0207137561826825,
    0.01733748052944957,
    -0.027327572516918575,
    0.021711618151073066,
    0.01417114203737331,
];
const SINGLE: [f64; 6] = [
    -41.54875085985862,
    -0.14978576843180552,
    0.16993490239597175,
    -0.0018346610383907728,
    -0.033303203939130964,
    0.07019816692004463,
];

fn fit(columns: &[&[f64]], classes: &[u32], n_classes: usize, c: f64) -> Logistic {
    let settings = LogisticSettings { c, ..Default::default() };
    let fit = logistic(columns, classes, n_classes, &settings, &Progress::new()).unwrap();
    assert!(fit.converged, "{fit:?}");
    fit.logistic
}

fn rows_of(logistic: &Logistic) -> Vec<Vec<f64>> {
    let rows = logistic.intercepts.iter().zip(&logistic.coefficients);
    rows.map(|(intercept, row)| [vec![*intercept], row.clone()].concat()).collect()
}

/// Relative to the number itself, however small.
fn assert_relative(found: &[f64], expected: &[f64], relative: f64) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= relative * expected.abs(), "found {found}, expected {expected}");
    }
}

fn noise(i: usize) -> f64 {
    (i * 37 % 23) as f64
}

fn three_classes(x: &[Vec<f64>]) -> Vec<u32> {
    let score = |i: usize| x[0][i] + (x[1][i] - 100.0) / 3.0 + noise(i) / 2.0;
    (0..60).map(|i| ((score(i) / 6.0).floor() as u32) % 3).collect()
}

#[test]
fn scikit_learn_agrees_on_two_classes() {
    let x = made_up_columns(60, 5);
    let score = |i: usize| x[0][i] - (x[1][i] - 100.0) / 5.0 + noise(i) / 4.0;
    let y: Vec<u32> = (0..60).map(|i| u32::from(score(i) > 4.0)).collect();
    assert_relative(&rows_of(&fit(&views(&x), &y, 2, 1.0))[0], &TWO, 1e-8);
    assert_relative(&rows_of(&fit(&views(&x), &y, 2, 100.0))[0], &TWO_C100, 1e-8);
    // Swapped classes: swapped signs, although linfa chooses the positive class by the data.
    let swapped: Vec<u32> = y.iter().map(|class| 1 - class).collect();
    let minus: Vec<f64> = TWO.iter().map(|value| -value).collect();
    assert_relative(&rows_of(&fit(&views(&x), &swapped, 2, 1.0))[0], &minus, 1e-8);
}

#[test]
fn scikit_learn_agrees_on_three_classes() {
    let x = made_up_columns(60, 5);
    let y = three_classes(&x);
    let found = fit(&views(&x), &y, 3, 1.0);
    for (found, expected) in rows_of(&found).iter().zip(&THREE) {
        assert_relative(found, expected, 1e-8);
    }
    let expected = [0.08857317673606013, 0.5707931862415278, 0.340633637022412];
    assert_close(&found.predict_row(&row(&views(&x), 0)), &expected, 1e-8);
    let sums = |row: usize| found.coefficients.iter().map(|weights| weights[row]).sum::<f64>();
    assert!((0..5).all(|row| sums(row).abs() < 1e-10) && found.intercepts.iter().sum::<f64>().abs() < 1e-9);
}

#[test]
fn scikit_learn_agrees_on_separable_classes_and_a_class_with_one_row() {
    let x = made_up_columns(60, 5);
    let separable: Vec<u32> = x[0].iter().map(|x| u32::from(*x > 5.0)).collect();
    assert_relative(&rows_of(&fit(&views(&x), &separable, 2, 1.0))[0], &SEPARABLE, 1e-8);
    let single: Vec<u32> = (0..60).map(|i| u32::from(i == 7)).collect();
    assert_relative(&rows_of(&fit(&views(&x), &single, 2, 1.0))[0], &SINGLE, 1e-8);
    // Almost no penalty: large, finite, converged, and every row right.
    let logistic = fit(&views(&x), &separable, 2, 1e6);
    for (i, class) in separable.iter().enumerate() {
        assert!(logistic.predict_row(&row(&views(&x), i))[*class as usize] > 0.99);
    }
}

#[test]
fn the_gradient_is_zero_at_the_solution() {
    let x = made_up_columns(60, 5);
    let y = three_classes(&x);
    for c in [0.01, 1.0, 1e4] {
        let logistic = fit(&views(&x), &y, 3, c);
        for class in 0..3 {
            // Without penalty on the intercept, expected and actual counts are equal.
            let expected: f64 =
                (0..60).map(|i| logistic.predict_row(&row(&views(&x), i))[class as usize]).sum();
            let actual = y.iter().filter(|code| **code == class).count() as f64;
            assert!((expected - actual).abs() < 1e-8, "C {c}: {expected} for {actual}");
        }
    }
}

#[test]
fn a_class_without_rows_has_probability_zero() {
    let x = made_up_columns(60, 5);
    let three = three_classes(&x);
    let logistic = fit(&views(&x), &three, 5, 1.0);
    assert_eq!(logistic.intercepts[3..], [ABSENT_CLASS_INTERCEPT; 2]);
    let p = logistic.predict_row(&row(&views(&x), 0));
    assert_eq!(p[3..], [0.0, 0.0]);
    assert_close(&p[..3], &fit(&views(&x), &three, 3, 1.0).predict_row(&row(&views(&x), 0)), 1e-10);
    // Two of three: as with two classes.
    let separable: Vec<u32> = x[0].iter().map(|x| 2 * u32::from(*x > 5.0)).collect();
    let logistic = fit(&views(&x), &separable, 3, 1.0);
    assert_relative(&rows_of(&logistic)[2], &SEPARABLE, 1e-8);
    assert_eq!(logistic.intercepts[..2], [0.0, ABSENT_CLASS_INTERCEPT]);
    assert_eq!(logistic.predict_row(&row(&views(&x), 0))[1], 0.0);
}

#[test]
fn without_a_column_that_varies_the_shares_are_the_probabilities() {
    let constant = [5.0; 4];
    let logistic = fit(&[&constant], &[0, 1, 1, 1], 2, 1.0);
    assert_eq!(logistic.coefficients, [[0.0]]);
    assert_close(&logistic.predict_row(&[5.0]), &[0.25, 0.75], 1e-12);
    assert_close(&fit(&[], &[0, 1, 2, 2], 3, 1.0).predict_row(&[]), &[0.25, 0.25, 0.5], 1e-12);
}

#[test]
fn two_rows_are_enough() {
    // w is where 1 − σ(2w) + … balances the penalty: two rows at z = ±1, so w = 2(1 − σ(w)).
    let logistic = fit(&[&[0.0, 2.0]], &[0, 1], 2, 1.0);
    let w = logistic.coefficients[0][0];
    assert!((w - 2.0 / (1.0 + w.exp())).abs() < 1e-10 && (logistic.intercepts[0] + w).abs() < 1e-10);
}

#[test]
fn wide_values_and_twins_are_fine() {
    let x: Vec<f64> = (0..40).map(|i| f64::from(i).powi(5) * 1e6).collect();
    let y: Vec<u32> = (0..40).map(|i| u32::from(i % 7 > 3) + u32::from(i > 30)).collect();
    let logistic = fit(&[&x, &x], &y, 3, 1e5);
    for row in &logistic.coefficients {
        assert!((row[0] - row[1]).abs() <= 1e-6 * row[0].abs(), "{row:?}");
    }
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let check = |y: &[u32], n_classes: usize, c: f64| {
        let settings = LogisticSettings { c, ..Default::default() };
        logistic(&[&[1.0, 2.0]], y, n_classes, &settings, &Progress::new()).unwrap_err()
    };
    assert_eq!(check(&[1, 1], 2, 1.0), FitError::SingleClass { code: 1 });
    assert_eq!(check(&[1, 2], 2, 1.0), FitError::UnknownClass { row: 1, code: 2, n_classes: 2 });
    assert_eq!(check(&[0, 1], 2, 0.0).to_string(), "c must be above 0, but is 0");
    let message =
        "all rows to learn from are of one class (class 0); a classifier needs rows of at least two";
    assert_eq!(check(&[0, 0], 2, 1.0).to_string(), message);
    let progress = Progress::new();
    progress.cancel();
    let error = logistic(&[&[1.0, 2.0]], &[0, 1], 2, &LogisticSettings::default(), &progress).unwrap_err();
    assert!(matches!(error, FitError::Cancelled(_)));
}

#[test]
fn classes_that_a_line_parts_have_no_best_coefficients() {
    let separated = |x: &[f64], codes: &[u32], n_classes: usize, c: f64| {
        let settings = LogisticSettings { c, ..Default::default() };
        logistic(&[x], codes, n_classes, &settings, &Progress::new()).unwrap().separated
    };
    let six = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    assert!(separated(&six, &[0, 0, 0, 1, 1, 1], 2, 1e12));
    assert!(separated(&six, &[0, 0, 1, 1, 2, 2], 3, 1e12));
    // parted but for two equal rows (R: "fitted probabilities numerically 0 or 1 occurred")
    assert!(separated(&[1.0, 2.0, 3.0, 3.0, 4.0, 5.0], &[0, 0, 0, 1, 1, 1], 2, 1e12));
    // the classes overlap
    assert!(!separated(&six, &[0, 0, 1, 0, 1, 1], 2, 1e12));
    // and do so with a row so far out that its probability is 1 to the last bit
    assert!(!separated(&[1.0, 2.0, 3.0, 4.0, 5.0, 600.0], &[0, 0, 1, 0, 1, 1], 2, 1e12));
    // with a penalty there is a best solution
    assert!(!separated(&six, &[0, 0, 0, 1, 1, 1], 2, 1.0));
}
