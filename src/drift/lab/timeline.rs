//! Weeks of rows under a schedule of shifts.

use rand::Rng;

use super::shifts::{Relation, Shifts, apply, means};
use crate::data::Table;
use crate::work::{Cancelled, Progress, Seed};

/// What a simulation is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeline {
    /// How many weeks.
    pub weeks: usize,
    /// Rows of each week.
    pub rows_per_week: usize,
    /// The seed of all chance.
    pub seed: Seed,
}

/// A week's rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Week {
    /// Which week, from 0.
    pub week: usize,
    /// How much of the shift was at work.
    pub intensity: f64,
    /// The rows, with the target by the week's relation.
    pub table: Table,
}

/// Draws every week's rows from a table (with replacement, by the seed) and shifts them by the schedule. `predict` carries
/// the target along as in [`apply`].
///
/// # Errors
/// [`Cancelled`] when the work was cancelled.
pub fn simulate(
    table: &Table,
    target: &str,
    shifts: &Shifts,
    timeline: Timeline,
    predict: Option<Relation<'_>>,
    progress: &Progress,
) -> Result<Vec<Week>, Cancelled> {
    let means = means(table);
    progress.set_total(timeline.weeks as u64);
    progress.set_done(0);
    let mut weeks = Vec::with_capacity(timeline.weeks);
    let n = table.n_rows() as u128;
    for week in 0..timeline.weeks {
        progress.check()?;
        let mut rng = timeline.seed.rng(&format!("week {week}"));
        let wanted = if n == 0 { 0 } else { timeline.rows_per_week };
        let rows: Vec<usize> =
            (0..wanted).map(|_| ((u128::from(rng.next_u64()) * n) >> 64) as usize).collect();
        let intensity = shifts.schedule.intensity(week);
        let seed = Seed(timeline.seed.0.wrapping_add(week as u64 + 1));
        let table = apply(&table.take(&rows), Some(target), shifts, &means, intensity, seed, predict);
        weeks.push(Week { week, intensity, table });
        progress.add(1);
    }
    Ok(weeks)
}
