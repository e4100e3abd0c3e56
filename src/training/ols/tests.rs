//! Tests of the least-squares core: certified polynomials, exact rational solutions, degenerate designs.

use super::*;

fn solve(columns: &[Vec<f64>], y: &[f64], intercept: bool, alpha: f64, path: Option<Path>) -> Fit {
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    fit(&Problem { columns: &columns, y, intercept, alpha, threads: 1, path }).unwrap()
}

fn ols(columns: &[Vec<f64>], y: &[f64]) -> Fit {
    solve(columns, y, true, 0.0, None)
}

/// Correct decimal digits, at most 16.5.
fn digits(found: f64, expected: f64) -> f64 {
    let error = if expected == 0.0 { found.abs() } else { ((found - expected) / expected).abs() };
    -error.max(3e-17).log10()
}

/// Normal random numbers from a fixed xorshift generator.
fn normals(seed: u64, count: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count)
        .map(|_| (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos())
        .collect()
}

/// R. H. Wampler, "A report on the accuracy of some widely used least squares computer programs", JASA 65 (1970):
/// y is a polynomial of x = 0..20, plus a multiple of a vector at right angles to all of them.
#[test]
fn wampler() {
    const DELTA: [f64; 21] = [
        759.0, -2048.0, 2048.0, -2048.0, 2523.0, -2048.0, 2048.0, -2048.0, 1838.0, -2048.0, 2048.0, -2048.0,
        1838.0, -2048.0, 2048.0, -2048.0, 2523.0, -2048.0, 2048.0, -2048.0, 759.0,
    ];
    let columns: Vec<Vec<f64>> =
        (1..=5).map(|power| (0..=20).map(|x| f64::from(x).powi(power)).collect()).collect();
    for (base, multiple, limit) in
        [(1.0, 0.0, 15.0), (0.1, 0.0, 12.0), (1.0, 1.0, 15.0), (1.0, 100.0, 15.0), (1.0, 10_000.0, 15.0)]
    {
        let y: Vec<f64> = (0..=20)
            .zip(DELTA)
            .map(|(x, delta)| (0..=5).map(|k| (f64::from(x) * base).powi(k)).sum::<f64>() + multiple * delta)
            .collect();
        for path in [Path::Fast, Path::Extended] {
            let fit = solve(&columns, &y, true, 0.0, Some(path));
            assert_eq!((fit.rank, fit.dof, fit.path), (5, 15, path));
            assert!(digits(fit.intercept, 1.0) >= limit, "{fit:?}");
            for (coefficient, power) in fit.coefficients.iter().zip(1..) {
                assert!(digits(*coefficient, base.powi(power)) >= limit, "{fit:?}");
            }
            let squares = multiple.powi(2) * DELTA.iter().map(|delta| delta * delta).sum::<f64>();
            assert!(digits(fit.rss, squares) >= 15.0);
        }
    }
}

/// J. W. Longley, "An appraisal of least squares programs for the electronic computer", JASA 62 (1967). The data
/// are those of `statsmodels.datasets.longley` (statsmodels 0.15 on the Python index), the expected numbers their exact
/// solution in Python's `fractions`, rounded.
#[test]
fn longley() {
    let columns = [
        vec![
            83.0, 88.5, 88.2, 89.5, 96.2, 98.1, 99.0, 100.0, 101.2, 104.6, 108.4, 110.8, 112.6, 114.2, 115.7,
            116.9,
        ],
        vec![
            234_289.0, 259_426.0, 258_054.0, 284_599.0, 328_975.0, 346_999.0, 365_385.0, 363_112.0,
            397_469.0, 419_180.0, 442_769.0, 444_546.0, 482_704.0, 502_601.0, 518_173.0, 554_894.0,
        ],
        vec![
            2356.0, 2325.0, 3682.0, 3351.0, 2099.0, 1932.0, 1870.0, 3578.0, 2904.0, 2822.0, 2936.0, 4681.0,
            3813.0, 3931.0, 4806.0, 4007.0,
        ],
        vec![
            1590.0, 1456.0, 1616.0, 1650.0, 3099.0, 3594.0, 3547.0, 3350.0, 3048.0, 2857.0, 2798.0, 2637.0,
            2552.0, 2514.0, 2572.0, 2827.0,
        ],
        vec![
            107_608.0, 108_632.0, 109_773.0, 110_929.0, 112_075.0, 113_270.0, 115_094.0, 116_219.0,
            117_388.0, 118_734.0, 120_445.0, 121_950.0, 123_366.0, 125_368.0, 127_852.0, 130_081.0,
        ],
        (1947..=1962).map(f64::from).collect(),
    ];
    let y = [
        60_323.0, 61_122.0, 60_171.0, 61_187.0, 63_221.0, 63_639.0, 64_989.0, 63_761.0, 66_019.0, 67_857.0,
        68_169.0, 66_513.0, 68_655.0, 69_564.0, 69_331.0, 70_551.0,
    ];
    let fit = ols(&columns, &y);
    let expected = [
        15.061_872_271_373_323,
        -0.035_819_179_292_591_02,
        -2.020_229_803_816_825,
        -1.033_226_867_173_592,
        -0.051_104_105_653_580_71,
        1_829.151_464_613_552,
        -3_482_258.634_595_818_4,
    ];
    let errors = [
        84.914_925_774_766_96,
        0.033_491_007_772_243_18,
        0.488_399_681_651_699_4,
        0.214_274_163_161_675_27,
        0.226_073_200_069_370_2,
        455.478_499_142_212,
        890_420.383_607_372_6,
    ];
    let found = fit.standard_errors.unwrap();
    for ((found, expected), limit) in [
        (fit.coefficients.iter().chain([&fit.intercept]), expected),
        (found.coefficients.iter().chain([&found.intercept]), errors),
    ]
    .into_iter()
    .zip([15.5, 14.5])
    {
        for (found, expected) in found.zip(expected) {
            assert!(digits(*found, expected) >= limit, "{found} {expected}");
        }
    }
    assert!(digits(fit.rss, 836_424.055_505_914_6) >= 15.0);
}

/// Determinant by fraction-free elimination (E. H. Bareiss, Math. Comp. 22 (1968)).
fn determinant(mut a: Vec<Vec<i128>>) -> i128 {
    let (size, mut sign, mut before) = (a.len(), 1, 1);
    for k in 0..size {
        let Some(pivot) = (k..size).find(|row| a[*row][k] != 0) else { return 0 };
        if pivot != k {
            a.swap(pivot, k);
            sign = -sign;
        }
        for i in k + 1..size {
            for j in k + 1..size {
                a[i][j] = (a[i][j] * a[k][k] - a[i][k] * a[k][j]) / before;
            }
        }
        before = a[k][k];
    }
    sign * before
}

/// Sums of products of integer columns.
fn products(a: &[Vec<i128>], b: &[Vec<i128>]) -> Vec<Vec<i128>> {
    let dot = |x: &Vec<i128>, y: &Vec<i128>| x.iter().zip(y).map(|(x, y)| x * y).sum();
    a.iter().map(|x| b.iter().map(|y| dot(x, y)).collect()).collect()
}

/// Random designs of small integers, most of them with dependent columns: which columns are kept and what their
/// coefficients are must agree with exact arithmetic.
#[test]
fn integer_designs_are_exact() {
    let source = normals(11, 60_000);
    let mut source = source.iter().map(|x| i128::from((x * 1.5).round() as i32));
    for case in 0..600 {
        let (rows, count) = (1 + case % 8, 1 + case / 8 % 5);
        let intercept = case % 2 == 0;
        let design: Vec<Vec<i128>> = (0..count).map(|_| source.by_ref().take(rows).collect()).collect();
        let y: Vec<i128> = source.by_ref().take(rows).map(|y| 10 * y).collect();
        let mut basis: Vec<Vec<i128>> = if intercept { vec![vec![1; rows]] } else { Vec::new() };
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (index, column) in design.iter().enumerate() {
            basis.push(column.clone());
            if determinant(products(&basis, &basis)) == 0 {
                basis.pop();
                dropped.push(index);
            } else {
                kept.push(index);
            }
        }
        let columns: Vec<Vec<f64>> =
            design.iter().map(|column| column.iter().map(|x| *x as f64).collect()).collect();
        let target: Vec<f64> = y.iter().map(|y| *y as f64).collect();
        let fit = solve(&columns, &target, intercept, 0.0, None);
        assert_eq!(fit.dropped, dropped, "{design:?}");
        let gram = products(&basis, &basis);
        let right = products(&basis, &[y]);
        let whole = determinant(gram.clone());
        let start = usize::from(intercept);
        for position in 0..basis.len() {
            let mut replaced = gram.clone();
            for (row, value) in replaced.iter_mut().zip(&right) {
                row[position] = value[0];
            }
            let expected = determinant(replaced) as f64 / whole as f64;
            let found =
                if position < start { fit.intercept } else { fit.coefficients[kept[position - start]] };
            assert!((found - expected).abs() <= 4e-16 * expected.abs() + 1e-28, "{found} {expected}");
        }
        assert!(dropped.iter().all(|column| fit.coefficients[*column] == 0.0));
        assert_eq!(fit.standard_errors.is_some(), rows > basis.len());
    }
}

#[test]
fn dependent_columns_of_decimals_are_dropped() {
    let count = 500;
    let decimal = |seed| -> Vec<f64> {
        normals(seed, count).iter().map(|x| (x * 10.0).round() / 10.0 + 0.1 * seed as f64).collect()
    };
    let (a, b, noise) = (decimal(1), decimal(2), normals(3, count));
    let y: Vec<f64> = (0..count).map(|i| 1.0 + 2.0 * a[i] - b[i] + noise[i]).collect();
    let rounded_sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| ((a + b) * 10.0).round() / 10.0).collect();
    let combination: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 0.3 * a - 7.1 * b + 1e3).collect();
    let double: Vec<f64> = a.iter().map(|a| 2.0 * a).collect();
    let fahrenheit: Vec<f64> = a.iter().map(|a| a * 1.8 + 32.0).collect();
    let constant = vec![0.1; count];
    let alone = ols(&[a.clone(), b.clone()], &y);
    for path in [Path::Fast, Path::Extended] {
        for extra in [&rounded_sum, &combination, &double, &fahrenheit, &constant, &a, &vec![0.0; count]] {
            let fit = solve(&[a.clone(), extra.clone(), b.clone(), extra.clone()], &y, true, 0.0, Some(path));
            assert!(fit.dropped == [1, 3] || fit.dropped == [2, 3], "{:?}", fit.dropped);
            assert!(digits(fit.rss, alone.rss) > 12.0);
            assert_eq!(fit.path, Path::Extended);
        }
    }
    // A full set of dummies with an intercept: the last goes; without one, all stay.
    let dummies: Vec<Vec<f64>> =
        (0..4).map(|level| (0..count).map(|row| f64::from(u8::from(row % 4 == level))).collect()).collect();
    assert_eq!(ols(&dummies, &y).dropped, [3]);
    assert_eq!(solve(&dummies, &y, false, 0.0, None).rank, 4);
    // Columns that differ by more than rounding stay.
    let near: Vec<f64> = a.iter().zip(&noise).map(|(a, e)| a + 1e-11 * e).collect();
    let fit = ols(&[a, near], &y);
    assert!(fit.dropped.is_empty() && fit.condition > 1e10);
}

#[test]
fn few_rows_constant_targets_and_no_columns() {
    let fit = ols(&[vec![2.0], vec![3.0]], &[7.0]);
    assert_eq!((fit.intercept, fit.rank, fit.dof), (7.0, 0, 0));
    assert_eq!((fit.sigma, fit.standard_errors), (None, None));
    let fit = ols(&[vec![1.0, 3.0], vec![5.0, 4.0]], &[7.0, 11.0]);
    assert_eq!((fit.coefficients, fit.intercept, fit.dropped), (vec![2.0, 0.0], 5.0, vec![1]));
    let wide: Vec<Vec<f64>> = (0..30).map(|seed| normals(seed, 10)).collect();
    let fit = ols(&wide, &normals(99, 10));
    assert_eq!((fit.rank, fit.dropped.len(), fit.dof), (9, 21, 0));
    assert!(fit.rss < 1e-25);
    for value in [0.0, 0.1, -1e300] {
        let fit = ols(&[normals(1, 50)], &[value; 50]);
        assert_eq!((fit.coefficients, fit.intercept, fit.rss), (vec![0.0], value, 0.0));
    }
    let fit = ols(&[], &[1.0, 2.0, 6.0]);
    assert_eq!((fit.intercept, fit.dof, fit.rss), (3.0, 2, 14.0));
    assert!(digits(fit.standard_errors.unwrap().intercept, (14.0_f64 / 6.0).sqrt()) > 15.0);
}

#[test]
fn extreme_magnitudes() {
    let (a, b, noise) = (normals(1, 200), normals(2, 200), normals(3, 200));
    let y: Vec<f64> = (0..200).map(|i| 3.0 * a[i] - 2.0 * b[i] + noise[i]).collect();
    let plain = ols(&[a.clone(), b.clone()], &y);
    let times = |column: &[f64], factor: f64| -> Vec<f64> { column.iter().map(|x| x * factor).collect() };
    let power = 2.0_f64.powi(990);
    for path in [Path::Fast, Path::Extended] {
        let columns = [times(&a, power), times(&b, 1.0 / power)];
        let fit = solve(&columns, &y, true, 0.0, Some(path));
        let expected = [plain.coefficients[0] / power, plain.coefficients[1] * power];
        assert!(digits(fit.coefficients[0], expected[0]) > 15.0, "{fit:?}");
        assert!(digits(fit.coefficients[1], expected[1]) > 15.0, "{fit:?}");
        assert!(digits(fit.intercept, plain.intercept) > 14.0);
        let columns = [times(&a, 1.0 / power), times(&b, 1.0 / power)];
        let fit = solve(&columns, &times(&y, 1.0 / power), true, 0.0, Some(path));
        assert!(digits(fit.coefficients[1], plain.coefficients[1]) > 15.0);
        let columns = [times(&a, 1.0 / power)];
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let y = times(&y, power);
        let problem =
            Problem { columns: &columns, y: &y, intercept: true, alpha: 0.0, threads: 1, path: Some(path) };
        assert_eq!(fit_error(&problem), OlsError::Overflow);
    }
    // One outlier of 1e308 among ordinary numbers, out of the reach of the sampled rows.
    let mut wild = a.clone();
    wild[101] = 1e308;
    wild[103] = -1e308;
    let fit = solve(&[wild, b], &y, true, 0.0, Some(Path::Fast));
    assert!(fit.coefficients.iter().all(|c| c.is_finite()) && fit.rank == 2);
}

fn fit_error(problem: &Problem<'_>) -> OlsError {
    fit(problem).unwrap_err()
}

/// What scikit-learn 1.9.1 gives:
/// ```python
/// i = np.arange(12)
/// X = np.column_stack([i, (i*i) % 7, 100 + (i*5) % 11 / 4]).astype(float)
/// y = (3*i - 2*((i*i) % 7) + ((i*7) % 5)).astype(float)
/// m = make_pipeline(StandardScaler(with_mean=icpt), Ridge(a, fit_intercept=icpt, solver="cholesky")).fit(X, y)
/// w = m[1].coef_ / m[0].scale_
/// b0 = m[1].intercept_ - (w @ m[0].mean_ if icpt else 0)
/// ```
#[test]
fn ridge() {
    let i = || 0..12_i32;
    let columns: [Vec<f64>; 3] = [
        i().map(f64::from).collect(),
        i().map(|i| f64::from(i * i % 7)).collect(),
        i().map(|i| 100.0 + f64::from(i * 5 % 11) / 4.0).collect(),
    ];
    let y: Vec<f64> = i().map(|i| f64::from(3 * i - 2 * (i * i % 7) + i * 7 % 5)).collect();
    let expected = [
        (
            0.5,
            true,
            [2.886_711_156_004_567_5, -1.784_874_463_307_109_2, 0.265_927_225_464_712_7],
            -24.853_332_795_669_417,
        ),
        (0.5, false, [2.873_217_520_679_897, -1.759_575_554_478_498, 0.020_479_857_044_151_388], 0.0),
        (
            10.0,
            true,
            [1.582_787_670_610_737, -0.706_644_490_940_912_1, -0.589_426_985_873_868_7],
            66.767_153_427_978_37,
        ),
        (10.0, false, [1.603_205_366_746_632, -0.740_026_420_856_570_9, 0.070_123_038_306_209_43], 0.0),
    ];
    for (alpha, intercept, coefficients, constant) in expected {
        for path in [Path::Fast, Path::Extended] {
            let fit = solve(&columns, &y, intercept, alpha, Some(path));
            for (found, expected) in fit.coefficients.iter().zip(coefficients) {
                assert!(digits(*found, expected) > 11.0, "{found} {expected}");
            }
            assert!(digits(fit.intercept, constant) > 12.0);
            let rss: f64 = (0..12)
                .map(|row| {
                    let part = fit.coefficients.iter().zip(&columns).map(|(b, x)| b * x[row]).sum::<f64>();
                    (y[row] - fit.intercept - part).powi(2)
                })
                .sum();
            assert!(digits(fit.rss, rss) > 11.0);
            assert_eq!(fit.standard_errors, None);
        }
    }
    // A penalty shares the weight of two equal columns; a constant one is dropped.
    let twice = [columns[0].clone(), columns[0].clone(), vec![5.0; 12]];
    let fit = solve(&twice, &y, true, 1.0, None);
    assert_eq!(fit.dropped, [2]);
    assert!(digits(fit.coefficients[0], fit.coefficients[1]) > 14.0);
}

#[test]
fn both_ways_and_all_thread_counts_agree() {
    let rows = 140_001;
    let base = normals(5, rows);
    for (mix, offset, passes) in [(0.0, 0.0, 0), (0.99, 0.0, 1), (0.999, 0.0, 1), (0.0, 1e9, 1)] {
        let columns: Vec<Vec<f64>> = (0..5)
            .map(|seed| {
                let own = normals(20 + seed, rows);
                own.iter().zip(&base).map(|(x, b)| x * (1.0 - mix) + b * mix + offset).collect()
            })
            .collect();
        let noise = normals(40, rows);
        let y: Vec<f64> =
            (0..rows).map(|i| columns.iter().map(|x| x[i]).sum::<f64>() * 0.7 + noise[i]).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let run = |path, threads| {
            fit(&Problem { columns: &slices, y: &y, intercept: true, alpha: 0.0, threads, path: Some(path) })
                .unwrap()
        };
        let (fast, extended) = (run(Path::Fast, 1), run(Path::Extended, 1));
        assert_eq!(fast, run(Path::Fast, 3));
        assert_eq!(extended, run(Path::Extended, 2));
        assert_eq!((fast.path, extended.path), (Path::Fast, Path::Extended));
        assert!(fast.refinements >= passes, "{} {}", fast.refinements, fast.condition);
        let errors = (fast.standard_errors.unwrap(), extended.standard_errors.unwrap());
        for (found, expected) in fast.coefficients.iter().zip(&extended.coefficients) {
            assert!(digits(*found, *expected) > 12.0);
        }
        for (found, expected) in errors.0.coefficients.iter().zip(&errors.1.coefficients) {
            assert!(digits(*found, *expected) > 7.0);
        }
        assert!(digits(fast.rss, extended.rss) > 11.0);
    }
}

#[test]
fn what_cannot_be_fitted_is_named() {
    let (good, short, bad) = ([1.0, 2.0, 3.0], [1.0, 2.0], [1.0, f64::NAN, 3.0]);
    let run = |columns: &[&[f64]], y: &[f64], alpha: f64| {
        [Path::Fast, Path::Extended].map(|path| {
            fit_error(&Problem { columns, y, intercept: true, alpha, threads: 1, path: Some(path) })
        })
    };
    assert!(run(&[], &[], 0.0).iter().all(|error| *error == OlsError::Empty));
    let expected = OlsError::Length { column: 1, found: 2, expected: 3 };
    assert!(run(&[&good, &short], &good, 0.0).iter().all(|error| *error == expected));
    let expected = OlsError::Feature { column: 1, row: 1 };
    assert!(run(&[&good, &bad], &good, 0.0).iter().all(|error| *error == expected));
    let infinite = [1.0, 2.0, f64::INFINITY];
    assert!(run(&[&good], &infinite, 0.0).iter().all(|error| *error == OlsError::Target { row: 2 }));
    assert!(run(&[&good], &good, -1.0).iter().all(|error| *error == OlsError::Alpha(-1.0)));
}

/// By hand: for two columns of correlation r the variance inflation is 1/(1 - r²). Of 1, 2, 3, 4 and 1, 3, 2, 4, r is
/// 4/5 and the condition the root of (1 + r)/(1 - r) = 9.
#[test]
fn variance_inflation() {
    let y = [1.0, 0.0, 2.0, 5.0];
    let columns = vec![vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 3.0, 2.0, 4.0], vec![2.0; 4]];
    let fit = ols(&columns, &y);
    for (found, expected) in fit.inflation.iter().zip([1.0 / 0.36, 1.0 / 0.36, 0.0]) {
        assert!((found - expected).abs() < 1e-14, "{found} for {expected}");
    }
    assert!((fit.condition - 3.0).abs() < 1e-6);
    assert!(solve(&columns, &y, true, 1.0, None).inflation.is_empty());
}

#[test]
fn of_very_many_columns_the_first_ones_decide() {
    let columns: Vec<Vec<f64>> = (0..1200)
        .map(|column| if column % 3 == 2 { vec![1.0, 2.0, 3.0, 4.0, 5.0] } else { normals(column + 1, 5) })
        .collect();
    let y = normals(5000, 5);
    for intercept in [true, false] {
        let fit = solve(&columns, &y, intercept, 0.0, None);
        assert_eq!(fit, solve(&columns, &y, intercept, 0.0, Some(Path::Extended)));
        assert_eq!((fit.coefficients.len(), fit.dropped.len()), (1200, 1200 - fit.rank));
    }
    // the only one that is not a constant comes late
    let mut columns = vec![vec![1.0; 5]; 1200];
    columns[1100] = vec![1.0, 2.0, 3.0, 4.0, 5.0];
    assert_eq!(solve(&columns, &y, true, 0.0, None).rank, 1);
    let mut columns: Vec<Vec<f64>> = (0..1200).map(|column| normals(column + 1, 5)).collect();
    columns[1100][4] = f64::INFINITY;
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let problem = Problem { columns: &views, y: &y, intercept: true, alpha: 0.0, threads: 1, path: None };
    assert_eq!(super::fit(&problem), Err(OlsError::Feature { column: 1100, row: 4 }));
}
