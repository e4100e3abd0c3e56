//! Expected values are from scikit-learn 1.9.1 and numpy 2.4.6:
//!
//! ```python
//! X = np.array([[((i+1)*(j+2)*7 + (j+1)*(i+1)**2*3) % 17 for j in range(6)] for i in range(4)], float)
//! s = StandardScaler(with_mean=intercept).fit(X)
//! r = Ridge(alpha=.5, fit_intercept=intercept, solver='svd').fit(s.transform(X), [1, 4, 2, 8])
//! r.coef_ / s.scale_, r.intercept_ - (r.coef_ / s.scale_ * s.mean_).sum()
//! ```

use super::*;

fn ridge(columns: &[Vec<f64>], y: &[f64], intercept: bool, alpha: f64, path: Option<Path>) -> Fit {
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    super::super::fit(&Problem { columns: &columns, y, intercept, alpha, threads: 2, path }).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-13 * expected.abs().max(0.1), "{found} for {expected}");
}

fn whole_numbers() -> Vec<Vec<f64>> {
    let value = |i: usize, j: usize| ((i + 1) * (j + 2) * 7 + (j + 1) * (i + 1).pow(2) * 3) % 17;
    (0..6).map(|j| (0..4).map(|i| value(i, j) as f64).collect()).collect()
}

/// Values without order in -1 to 1.
fn wild(seed: usize, n: usize) -> Vec<f64> {
    (0..n).map(|i| (((i * 31 + seed * 17 + 5) as f64).sin() * 1e4).fract()).collect()
}

#[test]
fn the_dual_form_gives_what_scikit_learn_gives() {
    let (columns, y) = (whole_numbers(), [1.0, 4.0, 2.0, 8.0]);
    let fit = ridge(&columns, &y, true, 0.5, Some(Path::Dual));
    let expected = [
        0.4805199825160814,
        -0.09208788292358434,
        -0.2060096647828683,
        -0.16376478270080505,
        -0.49899480303198046,
        -0.15270411973386663,
    ];
    fit.coefficients.iter().zip(expected).for_each(|(found, expected)| close(*found, expected));
    close(fit.intercept, 10.454447168483075);
    close(fit.rss, 0.3214441758719744);
    assert_eq!((fit.path, fit.rank, fit.dof, fit.sigma), (Path::Dual, 6, 0, None));

    let fit = ridge(&columns, &y, false, 0.5, Some(Path::Dual));
    let expected = [
        0.4062520425488134,
        0.5849581915682024,
        -0.2378060619949021,
        0.06469221869064794,
        -0.8111299743290106,
        0.017431118981251683,
    ];
    fit.coefficients.iter().zip(expected).for_each(|(found, expected)| close(*found, expected));
    close(fit.rss, 0.8985938061307225);
    assert_eq!(fit.intercept, 0.0);
}

#[test]
fn both_forms_agree_also_for_constant_columns_and_extreme_units() {
    let mut columns: Vec<Vec<f64>> = (0..40).map(|column| wild(column, 15)).collect();
    columns[7] = vec![3.0; 15];
    columns[11].iter_mut().for_each(|x| *x = *x * 1e200 + 1e201);
    columns[12].iter_mut().for_each(|x| *x *= 1e-250);
    let y: Vec<f64> = wild(99, 15).iter().map(|y| y * 1e5 + 1e6).collect();
    for (intercept, alpha) in [(true, 1.0), (true, 1e-3), (false, 1.0), (false, 30.0)] {
        let dual = ridge(&columns, &y, intercept, alpha, Some(Path::Dual));
        let primal = ridge(&columns, &y, intercept, alpha, None);
        assert_eq!(primal.path, Path::Extended);
        assert_eq!((&dual.dropped, dual.rank), (&primal.dropped, primal.rank));
        for (found, expected) in dual.coefficients.iter().zip(&primal.coefficients) {
            assert!((found - expected).abs() <= 1e-10 * expected.abs(), "{found} for {expected}");
        }
        close(dual.intercept / 1e6, primal.intercept / 1e6);
        assert!((dual.rss / primal.rss - 1.0).abs() < 1e-9, "{} for {}", dual.rss, primal.rss);
        // without an intercept standardised columns are not of one length, and the conditions are of other designs
        assert!(!intercept || (dual.condition / primal.condition - 1.0).abs() < 1e-3, "{alpha}");
    }
}

#[test]
fn a_wide_problem_goes_the_dual_way_and_names_a_bad_value() {
    let mut columns: Vec<Vec<f64>> = (0..1000).map(|column| wild(column, 8)).collect();
    let y = wild(5000, 8);
    assert_eq!(ridge(&columns, &y, true, 1.0, None).path, Path::Dual);
    assert_ne!(ridge(&columns, &y, true, 0.0, None).path, Path::Dual);
    columns[3][2] = f64::NAN;
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let problem = Problem { columns: &views, y: &y, intercept: true, alpha: 1.0, threads: 1, path: None };
    assert_eq!(super::super::fit(&problem), Err(OlsError::Feature { column: 3, row: 2 }));
}
