//! Elastic net against scikit-learn 1.9.1 and by hand.
//!
//! ```python
//! import numpy as np
//! from sklearn.linear_model import ElasticNet, Ridge
//! from sklearn.preprocessing import StandardScaler
//! i, j = np.arange(60)[:, None], np.arange(5)[None, :]
//! X = (((i+1)**2*(j+2) + 13*(i+1)*(j+1)) % 101) / 10 * (j+1) + 100*j
//! i = i[:, 0]
//! y = 3 + 2*X[:, 0] - 0.5*X[:, 1] + 0.25*X[:, 3] + (i*37 % 23)/5
//! s = StandardScaler().fit(X)
//! for alpha, l1 in [(1, .5), (.1, .9), (.5, 1), (.01, 0)]:
//!     m = ElasticNet(alpha=alpha, l1_ratio=l1, tol=1e-12, max_iter=1000000).fit(s.transform(X), y)
//!     w = m.coef_ / s.scale_
//!     print(m.intercept_ - w @ s.mean_, w)
//! m = Ridge(alpha=7.0, solver='cholesky').fit(s.transform(X), y)  # and w, as above
//! ```

use super::*;
use crate::training::fit::reference::{assert_close, made_up_columns, views};

fn made_up() -> (Vec<Vec<f64>>, Vec<f64>) {
    let x = made_up_columns(60, 5);
    let y =
        (0..60).map(|i| 3.0 + 2.0 * x[0][i] - 0.5 * x[1][i] + 0.25 * x[3][i] + (i * 37 % 23) as f64 / 5.0);
    let y = y.collect();
    (x, y)
}

fn settings(alpha: f64, l1_ratio: f64) -> ElasticNetSettings {
    ElasticNetSettings { alpha, l1_ratio, ..Default::default() }
}

/// Fits, and returns the intercept followed by the coefficients.
fn fit(columns: &[&[f64]], y: &[f64], settings: &ElasticNetSettings) -> Vec<f64> {
    let fit = elastic_net(columns, y, settings, &Progress::new()).unwrap();
    assert!(fit.converged);
    [vec![fit.intercept], fit.coefficients].concat()
}

#[test]
fn a_line_far_from_the_origin_is_found() {
    // What linfa-elasticnet alone gets wrong, since it does not centre columns.
    let x: Vec<f64> = (0..100).map(|i| 10.0 + f64::from(i) / 10.0).collect();
    let y: Vec<f64> = x.iter().map(|x| 3.0 + 2.0 * x).collect();
    for l1_ratio in [0.0, 0.5, 1.0] {
        assert_close(&fit(&[&x], &y, &settings(0.0, l1_ratio)), &[3.0, 2.0], 1e-10);
        assert_close(&fit(&[&x], &y, &settings(1e-6, l1_ratio)), &[3.0, 2.0], 1e-4);
    }
}

#[test]
fn the_lasso_of_one_column_is_worked_by_hand() {
    // x has mean 2 and standard deviation √2, and z·y/n = √2·2 for y = 2x: the lasso takes alpha off.
    let x = [0.0, 1.0, 2.0, 3.0, 4.0];
    let y = [0.0, 2.0, 4.0, 6.0, 8.0];
    let slope = (2.0 * 2.0_f64.sqrt() - 0.5) / 2.0_f64.sqrt();
    assert_close(&fit(&[&x], &y, &settings(0.5, 1.0)), &[4.0 - 2.0 * slope, slope], 1e-12);
    // Ridge: Σzy / (Σz² + alpha) = 10√2 / (5 + 5).
    let ridge = ridge(&[&x], &y, 5.0, &Progress::new()).unwrap();
    assert_close(&[ridge.intercept, ridge.coefficients[0]], &[2.0, 1.0], 1e-12);
}

#[test]
fn scikit_learn_agrees() {
    let (x, y) = made_up();
    for (alpha, l1_ratio, expected) in [
        (
            1.0,
            0.5,
            [
                20.266035192203145,
                1.3294716707366487,
                -0.2746914824292073,
                -0.027859866102313755,
                0.14425125041368345,
                0.007919414824349047,
            ],
        ),
        (
            0.1,
            0.9,
            [10.661085084093557, 2.1003243256791797, -0.4973197712560255, 0.0, 0.23032713628881962, 0.0],
        ),
        (
            0.5,
            1.0,
            [12.218023238562722, 1.9925276862968706, -0.425992777877187, 0.0, 0.20263646410329575, 0.0],
        ),
        (
            0.01,
            0.0,
            [
                7.902541869353179,
                2.134498149734283,
                -0.5150635579152214,
                0.008983322660919463,
                0.23726164255677465,
                0.0008904684367562156,
            ],
        ),
    ] {
        assert_close(&fit(&views(&x), &y, &settings(alpha, l1_ratio)), &expected, 1e-10);
    }
    let ridge = ridge(&views(&x), &y, 7.0, &Progress::new()).unwrap();
    assert!(ridge.converged);
    assert_close(&[ridge.intercept], &[10.256856090886654], 1e-10);
    let expected = [
        1.9122003773917213,
        -0.45507892826798785,
        -0.022234755693774855,
        0.21532127896100775,
        0.014866541987183034,
    ];
    assert_close(&ridge.coefficients, &expected, 1e-10);
}

#[test]
fn a_strong_penalty_leaves_the_mean() {
    let (x, y) = made_up();
    assert_close(&fit(&views(&x), &y, &settings(100.0, 0.5)), &[40.265, 0.0, 0.0, 0.0, 0.0, 0.0], 1e-12);
}

#[test]
fn units_do_not_matter() {
    let (mut x, mut y) = made_up();
    let plain = fit(&views(&x), &y, &settings(0.1, 0.5));
    x[1].iter_mut().for_each(|value| *value *= 1e-9);
    let rescaled = fit(&views(&x), &y, &settings(0.1, 0.5));
    assert_close(&[rescaled[2] * 1e-9], &[plain[2]], 1e-9);
    y.iter_mut().for_each(|value| *value *= 1e9);
    let rescaled = fit(&views(&x), &y, &settings(0.1 * 1e9, 1.0));
    let plain: Vec<f64> = y.iter().map(|value| value / 1e9).collect();
    let plain = fit(&views(&x), &plain, &settings(0.1, 1.0));
    assert_close(&[rescaled[1] / 1e9, rescaled[0] / 1e9], &[plain[1], plain[0]], 1e-9);
}

#[test]
fn constant_columns_get_zero() {
    let (x, y) = made_up();
    let constant = vec![7.0; 60];
    let with = fit(&[&constant, &x[0]], &y, &settings(0.1, 0.5));
    let without = fit(&[&x[0]], &y, &settings(0.1, 0.5));
    assert_eq!(with[1], 0.0);
    assert_eq!((with[0], with[2]), (without[0], without[1]));
}

#[test]
fn little_data_gives_the_mean() {
    assert_eq!(fit(&[&[5.0]], &[3.0], &settings(1.0, 0.5)), [3.0, 0.0]);
    assert_eq!(fit(&[], &[1.0, 3.0], &settings(1.0, 0.5)), [2.0]);
    assert_eq!(fit(&[&[1.0, 2.0]], &[4.0, 4.0], &settings(1.0, 0.5)), [4.0, 0.0]);
}

#[test]
fn more_columns_than_rows_and_twins_are_fine() {
    let x = made_up_columns(6, 12);
    let y: Vec<f64> = (0..6).map(f64::from).collect();
    fit(&views(&x), &y, &settings(0.1, 0.5));
    // The same column twice shares the weight when the penalty is squared.
    let twins = fit(&[&x[0], &x[0]], &y, &settings(0.5, 0.0));
    assert!((twins[1] - twins[2]).abs() < 1e-9, "{twins:?}");
}

/// Columns that nearly determine each other, and a target of them.
fn near_twins() -> ([Vec<f64>; 2], Vec<f64>) {
    let base = &made_up_columns(60, 1)[0];
    let near = |step: usize| -> Vec<f64> {
        base.iter().enumerate().map(|(i, x)| x + 0.001 * (i * step % 7) as f64).collect()
    };
    let (a, b) = (near(2), near(3));
    let y = (0..60).map(|i| 1.0 + 3.0 * a[i] - 2.0 * b[i]).collect();
    ([a, b], y)
}

#[test]
fn columns_that_nearly_determine_each_other_are_no_obstacle() {
    // Descent alone needs far more than 10 000 sweeps here.
    let (x, y) = near_twins();
    assert_close(&fit(&views(&x), &y, &settings(0.0, 0.0)), &[1.0, 3.0, -2.0], 1e-6);
}

#[test]
fn a_fit_that_gives_up_says_so() {
    // Many columns and a slight absolute penalty: which ones drop out is not settled by one sweep.
    let x = made_up_columns(60, 40);
    let y: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 23)).collect();
    let fit = |max_iterations: u32| {
        let settings = ElasticNetSettings { max_iterations, ..settings(0.05, 1.0) };
        elastic_net(&views(&x), &y, &settings, &Progress::new()).unwrap()
    };
    assert!(!fit(1).converged);
    assert!(fit(10_000).converged);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let check = |columns: &[&[f64]], y: &[f64], settings: &ElasticNetSettings| {
        elastic_net(columns, y, settings, &Progress::new()).unwrap_err().to_string()
    };
    let x: &[f64] = &[1.0, 2.0];
    assert_eq!(check(&[x], &[1.0, 2.0], &settings(-1.0, 0.5)), "alpha must be a number from 0, but is -1");
    assert_eq!(
        check(&[x], &[1.0, 2.0], &settings(1.0, 1.5)),
        "l1_ratio must be a number from 0 to 1, but is 1.5"
    );
    assert_eq!(check(&[x], &[1.0, f64::NAN], &settings(1.0, 0.5)), FitError::TargetNotFinite.to_string());
    assert_eq!(check(&[], &[], &settings(1.0, 0.5)), "there are no rows to learn from");
    let progress = Progress::new();
    progress.cancel();
    let error = ridge(&[x], &[1.0, 2.0], 1.0, &progress).unwrap_err();
    assert!(matches!(error, FitError::Cancelled(_)));
}
