//! Solutions of the normal equations and their iterative refinement.

use super::dd::Dd;
use super::frame::Scaled;
use super::residual::gradient;
use super::system::{System, Terms};

/// Relative error of the fast way's sums, so that its solution's error is about this times the squared condition.
/// Measured on random designs of 1,000 to 1,000,000 rows, 3 and 12 columns: 0.3e-16 to 6e-16, and more only for
/// coefficients that are small beside their standard errors.
const FAST_ERROR: f64 = 4e-16;

/// The fast way's solution stands without refinement up to this estimated error (a condition of about 16).
const GOOD: f64 = 1e-13;

/// Above this estimated error (a condition of about 50,000) the fast way would need more than two passes, and then the extended way is as quick.
const HOPELESS: f64 = 1e-6;

/// Refinement ends when what remains is below this part of each coefficient.
const DONE: f64 = 1e-17;

/// Passes of refinement at most.
const MOST_PASSES: usize = 10;

/// A solution in scaled units.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    /// One for each kept column.
    pub(super) coefficients: Vec<Dd>,
    /// The intercept, for scaled columns that are not shifted; 0 without one.
    pub(super) intercept: Dd,
    /// The residual sum of squares.
    pub(super) squares: Dd,
    /// Passes of refinement.
    pub(super) passes: usize,
}

/// Solves a system made from `f64` sums, and refines if that is needed; `None` if it does not help.
pub(super) fn fast(
    system: &System,
    columns: &[Scaled<'_>],
    terms: Terms,
    condition: f64,
    threads: usize,
) -> Option<Solution> {
    let error = FAST_ERROR * condition * condition * system.amplification;
    if !error.is_finite() || error > HOPELESS {
        return None;
    }
    let solution = solve(system, terms);
    let travel = travel(system, &solution);
    // An intercept that is a small difference of large numbers, or residuals that are.
    let cancels = travel > 1e3 * solution.intercept.hi.abs() || solution.squares.hi < 1e-3 * system.total.hi;
    if error <= GOOD && !cancels {
        return Some(solution);
    }
    let (solution, converged) = refine(system, columns, terms, solution, error, threads);
    converged.then_some(solution)
}

/// Solves a system made from double-double sums and refines it.
pub(super) fn extended(
    system: &System,
    columns: &[Scaled<'_>],
    terms: Terms,
    condition: f64,
    threads: usize,
) -> Solution {
    let rate = (1e-30 * condition * condition * system.amplification).min(1.0);
    refine(system, columns, terms, solve(system, terms), rate, threads).0
}

/// How far the intercept lies from the centre of the data: the sum of |coefficient * mean|.
fn travel(system: &System, solution: &Solution) -> f64 {
    let terms = solution.coefficients.iter().zip(&system.means);
    terms.map(|(coefficient, mean)| (coefficient.hi * mean.hi).abs()).sum()
}

/// The solution as the sums give it.
fn solve(system: &System, terms: Terms) -> Solution {
    let coefficients = system.solve(&system.right);
    let explained = Dd::dot(&coefficients, &system.right);
    let penalised = coefficients
        .iter()
        .zip(&system.penalties)
        .fold(Dd::ZERO, |sum, (coefficient, penalty)| sum + coefficient.square() * *penalty);
    let intercept = system.mean_y - Dd::dot(&coefficients, &system.means);
    Solution {
        intercept: if terms.intercept { intercept } else { Dd::ZERO },
        squares: system.total - explained - penalised,
        coefficients,
        passes: 0,
    }
}

/// Refines with residuals in double-double until nothing changes in `f64`. `rate` is the part of an error that a
/// pass is expected to leave. Returns also whether it converged.
fn refine(
    system: &System,
    columns: &[Scaled<'_>],
    terms: Terms,
    mut solution: Solution,
    rate: f64,
    threads: usize,
) -> (Solution, bool) {
    let Some((y, design)) = columns.split_last() else { return (solution, true) };
    let design: Vec<Scaled<'_>> =
        system.kept.iter().filter_map(|column| design.get(*column).copied()).collect();
    let rows = Dd::from(terms.rows as f64);
    let mut previous = f64::INFINITY;
    for pass in 1..=MOST_PASSES {
        let gradient = gradient(&design, *y, &solution.coefficients, solution.intercept, threads);
        solution.passes = pass;
        let right: Vec<Dd> = (gradient.products.iter().zip(&system.means))
            .zip(solution.coefficients.iter().zip(&system.penalties))
            .map(|((product, mean), (coefficient, penalty))| {
                *product - *mean * gradient.sum - *coefficient * *penalty
            })
            .collect();
        let steps = system.solve(&right);
        let mean = if terms.intercept { gradient.sum / rows } else { Dd::ZERO };
        let step = if terms.intercept { mean - Dd::dot(&steps, &system.means) } else { Dd::ZERO };
        solution.squares = gradient.squares;
        if !(step.is_finite() && steps.iter().all(|step| step.is_finite())) {
            return (solution, false);
        }
        let size = relative_size(system, terms, &solution, &steps, step);
        if size > 0.5 * previous {
            return (solution, size <= 1e-15);
        }
        for (coefficient, step) in solution.coefficients.iter_mut().zip(&steps) {
            *coefficient += *step;
        }
        solution.intercept += step;
        if terms.alpha == 0.0 {
            // What the step takes off the residuals, which stay at right angles to the columns.
            let gain = Dd::dot(&steps, &right) + mean * gradient.sum;
            let squares = gradient.squares - gain;
            solution.squares = if squares.hi > 0.0 { squares } else { Dd::ZERO };
        }
        let seen = if pass > 1 { size / previous } else { 0.0 };
        if size * rate.max(seen) <= DONE {
            return (solution, true);
        }
        previous = size;
    }
    (solution, false)
}

/// The largest step relative to its coefficient; a coefficient that is nothing beside y counts as small, not as 0.
fn relative_size(system: &System, terms: Terms, solution: &Solution, steps: &[Dd], step: Dd) -> f64 {
    let part = |step: f64, value: f64, floor: f64| {
        if step == 0.0 { 0.0 } else { step.abs() / (value.abs() + floor).max(f64::MIN_POSITIVE) }
    };
    let floor = 1e-16 * system.total.hi.max(0.0).sqrt();
    let of_steps = steps.iter().zip(&solution.coefficients).zip(&system.lengths);
    let largest = of_steps
        .map(|((step, coefficient), length)| part(step.hi * length, coefficient.hi * length, floor))
        .fold(0.0, f64::max);
    let floor = floor / (terms.rows as f64).sqrt() + 1e-16 * travel(system, solution);
    largest.max(part(step.hi, solution.intercept.hi, floor))
}
