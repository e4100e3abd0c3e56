//! Correct digits on problems with certified solutions, from a table to a model's coefficients.

use super::Session;
use crate::cli::Failure;
use crate::data::{Column, Table};
use crate::training::{Origin, Plan, Settings, linfa_least_squares, train};

/// A vector at right angles to every polynomial of degree five on 0..20.
const DELTA: [f64; 21] = [
    759.0, -2048.0, 2048.0, -2048.0, 2523.0, -2048.0, 2048.0, -2048.0, 1838.0, -2048.0, 2048.0, -2048.0,
    1838.0, -2048.0, 2048.0, -2048.0, 2523.0, -2048.0, 2048.0, -2048.0, 759.0,
];

/// NIST's Longley data (J. W. Longley, JASA 62 (1967)): five of the columns; the sixth is the year, 1947 to 1962.
const LONGLEY: [[f64; 16]; 5] = [
    [83.0, 88.5, 88.2, 89.5, 96.2, 98.1, 99.0, 100.0, 101.2, 104.6, 108.4, 110.8, 112.6, 114.2, 115.7, 116.9],
    [
        234_289.0, 259_426.0, 258_054.0, 284_599.0, 328_975.0, 346_999.0, 365_385.0, 363_112.0, 397_469.0,
        419_180.0, 442_769.0, 444_546.0, 482_704.0, 502_601.0, 518_173.0, 554_894.0,
    ],
    [
        2356.0, 2325.0, 3682.0, 3351.0, 2099.0, 1932.0, 1870.0, 3578.0, 2904.0, 2822.0, 2936.0, 4681.0,
        3813.0, 3931.0, 4806.0, 4007.0,
    ],
    [
        1590.0, 1456.0, 1616.0, 1650.0, 3099.0, 3594.0, 3547.0, 3350.0, 3048.0, 2857.0, 2798.0, 2637.0,
        2552.0, 2514.0, 2572.0, 2827.0,
    ],
    [
        107_608.0, 108_632.0, 109_773.0, 110_929.0, 112_075.0, 113_270.0, 115_094.0, 116_219.0, 117_388.0,
        118_734.0, 120_445.0, 121_950.0, 123_366.0, 125_368.0, 127_852.0, 130_081.0,
    ],
];

const EMPLOYED: [f64; 16] = [
    60_323.0, 61_122.0, 60_171.0, 61_187.0, 63_221.0, 63_639.0, 64_989.0, 63_761.0, 66_019.0, 67_857.0,
    68_169.0, 66_513.0, 68_655.0, 69_564.0, 69_331.0, 70_551.0,
];

/// The exact solution and its standard errors, rounded; the intercept last.
const LONGLEY_SOLUTION: [f64; 7] = [
    15.061_872_271_373_323,
    -0.035_819_179_292_591_02,
    -2.020_229_803_816_825,
    -1.033_226_867_173_592,
    -0.051_104_105_653_580_71,
    1_829.151_464_613_552,
    -3_482_258.634_595_818_4,
];
const LONGLEY_ERRORS: [f64; 7] = [
    84.914_925_774_766_96,
    0.033_491_007_772_243_18,
    0.488_399_681_651_699_4,
    0.214_274_163_161_675_27,
    0.226_073_200_069_370_2,
    455.478_499_142_212,
    890_420.383_607_372_6,
];

/// Digits that a double holds.
const MOST: f64 = 15.95;

struct Problem {
    name: String,
    columns: Vec<Vec<f64>>,
    y: Vec<f64>,
    /// The intercept last.
    exact: Vec<f64>,
    exact_errors: Option<Vec<f64>>,
}

pub(super) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    for problem in problems() {
        let (solution, errors) = through_training(&problem, session)?;
        let columns: Vec<&[f64]> = problem.columns.iter().map(Vec::as_slice).collect();
        let mut beside = Vec::new();
        if let Ok((mut found, intercept)) = linfa_least_squares(&columns, &problem.y, true) {
            found.push(intercept);
            beside.push(("linfa-linear".to_owned(), digits(&found, &problem.exact)));
        }
        beside.push(("a double holds".to_owned(), MOST));
        let figure = format!("{}, coefficients", problem.name);
        session.value(figure, "digits", digits(&solution, &problem.exact), beside);
        if let Some(exact) = &problem.exact_errors {
            let beside = vec![("a double holds".to_owned(), MOST)];
            let figure = format!("{}, standard errors", problem.name);
            session.value(figure, "digits", digits(&errors, exact), beside);
        }
    }
    Ok(())
}

/// Coefficients and standard errors, the intercept's last.
fn through_training(problem: &Problem, session: &Session<'_>) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let mut columns: Vec<Column> = problem
        .columns
        .iter()
        .zip(1..)
        .map(|(values, n)| Column::number(format!("x{n}"), values.clone()))
        .collect();
    columns.push(Column::number("y", problem.y.clone()));
    let table = Table::new(columns).map_err(Failure::work)?;
    let plan = Plan::new(Settings::new("y"), &table).map_err(Failure::work)?;
    let trained = train(&plan, &table, &Origin::default(), session.progress).map_err(Failure::work)?;
    let Some((linear, _)) = trained.model.linear() else {
        return Err(Failure::work("training a linear model gave another kind"));
    };
    let mut solution = linear.coefficients.clone();
    solution.push(linear.intercept);
    let mut errors = linear.standard_errors.clone().unwrap_or_default();
    errors.extend(linear.intercept_standard_error);
    Ok((solution, errors))
}

/// Correct decimal digits of the worst of the numbers.
fn digits(found: &[f64], exact: &[f64]) -> f64 {
    if found.len() != exact.len() {
        return 0.0;
    }
    let of = |(found, exact): (&f64, &f64)| {
        let error = if *exact == 0.0 { found.abs() } else { ((found - exact) / exact).abs() };
        if error.is_finite() { (-error.log10()).clamp(0.0, MOST) } else { 0.0 }
    };
    found.iter().zip(exact).map(of).fold(MOST, f64::min)
}

/// NIST's Wampler problems (R. H. Wampler, JASA 65 (1970)): a polynomial of degree five of x = 0..20, exact or
/// with a multiple of what is at right angles to it; and Longley's.
fn problems() -> Vec<Problem> {
    let powers = |base: f64| (0..=5).map(move |power| base.powi(power));
    let mut problems: Vec<Problem> = [(1.0, 0.0), (0.1, 0.0), (1.0, 1.0), (1.0, 100.0), (1.0, 10_000.0)]
        .into_iter()
        .zip(1..)
        .map(|((base, multiple), number)| {
            let y = (0..=20)
                .zip(DELTA)
                .map(|(x, delta)| powers(f64::from(x) * base).sum::<f64>() + multiple * delta);
            let mut exact: Vec<f64> = powers(base).skip(1).collect();
            exact.push(1.0);
            Problem {
                name: format!("Wampler{number}"),
                columns: (1..=5).map(|p| (0..=20).map(|x| f64::from(x).powi(p)).collect()).collect(),
                y: y.collect(),
                exact,
                exact_errors: None,
            }
        })
        .collect();
    let mut columns: Vec<Vec<f64>> = LONGLEY.iter().map(|column| column.to_vec()).collect();
    columns.push((1947..=1962).map(f64::from).collect());
    problems.push(Problem {
        name: "Longley".into(),
        columns,
        y: EMPLOYED.to_vec(),
        exact: LONGLEY_SOLUTION.to_vec(),
        exact_errors: Some(LONGLEY_ERRORS.to_vec()),
    });
    problems
}
