//! Least squares in memory: speed beside other ways to the same solution, and accuracy on problems whose exact
//! solution is known.

use std::hint::black_box;

use super::clock::{Repeats, time};
use super::generate::{FEATURES, problem};
use super::{MILLISECONDS, Session, conditioning};
use crate::cli::Failure;
use crate::cli::report::grouped;
use crate::training::linfa_least_squares;
use crate::training::ols::{Fit, Path, Problem, fit};

pub(super) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    let (columns, y) = problem(session.rows, FEATURES);
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let one = time(Repeats::USUAL, || solve(&columns, &y, None, 1).map(drop))?;
    let all = time(Repeats::USUAL, || solve(&columns, &y, None, threads).map(drop))?;
    let extended = time(Repeats::FEW, || solve(&columns, &y, Some(Path::Extended), 1).map(drop))?;
    let sum = time(Repeats::USUAL, || {
        black_box(columns.iter().map(|column| super::predict::plain_sum(column)).sum::<f64>());
        Ok(())
    })?;
    session.check()?;
    let linfa = time(Repeats::FEW, || {
        black_box(linfa_least_squares(&columns, &y, true).map_err(Failure::work)?);
        Ok(())
    })?;
    session.check()?;
    #[cfg(feature = "peers")]
    let (gram, qr) = {
        let design = super::peers::Design::new(&columns, &y);
        let gram = time(Repeats::USUAL, || {
            black_box(design.gram());
            Ok(())
        })?;
        let qr = time(Repeats::FEW, || {
            black_box(design.qr());
            Ok(())
        })?;
        (gram, qr)
    };
    let beside = [
        #[cfg(feature = "peers")]
        ("faer Gram + LLT", &gram),
        #[cfg(feature = "peers")]
        ("faer QR", &qr),
        ("linfa-linear", &linfa),
        ("sum of the same memory", &sum),
    ];
    let size = format!("{} x {FEATURES}", grouped(y.len() as u64));
    session.time(format!("fit {size}, one thread"), MILLISECONDS, &one, &beside);
    session.time(format!("fit {size}, {threads} threads"), MILLISECONDS, &all, &[]);
    session.time(format!("fit {size}, extended"), MILLISECONDS, &extended, &[]);
    accuracy(session)
}

fn solve(columns: &[&[f64]], y: &[f64], path: Option<Path>, threads: usize) -> Result<Fit, Failure> {
    let problem = Problem { columns, y, intercept: true, alpha: 0.0, threads, path };
    fit(&problem).map(black_box).map_err(Failure::work)
}

fn accuracy(session: &mut Session<'_>) -> Result<(), Failure> {
    for case in conditioning::cases() {
        let columns: Vec<&[f64]> = case.columns.iter().map(Vec::as_slice).collect();
        let fitted = solve(&columns, &case.y, None, 1)?;
        let linfa = linfa_least_squares(&columns, &case.y, true).map_err(Failure::work)?.0;
        let mut beside = vec![("linfa-linear".to_owned(), case.error(&linfa))];
        #[cfg(feature = "peers")]
        {
            let design = super::peers::Design::new(&columns, &case.y);
            beside.push(("faer QR".to_owned(), case.error(&design.qr())));
            // it does not always get that far
            if let Some(gram) = design.gram() {
                beside.push(("faer Gram + LLT".to_owned(), case.error(&gram)));
            }
        }
        beside.push(("rounding".to_owned(), f64::EPSILON / 2.0));
        let figure = format!(
            "error of the slopes, {} x {FEATURES}, {}, condition {:.0e}",
            case.y.len(),
            case.name,
            fitted.condition
        );
        session.value(figure, "relative", case.error(&fitted.coefficients), beside);
    }
    Ok(())
}
