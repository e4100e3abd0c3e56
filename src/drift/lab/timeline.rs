//! Weeks of rows under a schedule of shifts.

use std::collections::BTreeMap;

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

/// The rows of each week as they are before any shift: drawn from a table with replacement, by the seed.
#[must_use]
pub fn draw(table: &Table, timeline: Timeline) -> Vec<Table> {
    let n = table.n_rows() as u128;
    let wanted = if n == 0 { 0 } else { timeline.rows_per_week };
    let week = |week: usize| {
        let mut rng = timeline.seed.rng(&format!("week {week}"));
        let rows: Vec<usize> =
            (0..wanted).map(|_| ((u128::from(rng.next_u64()) * n) >> 64) as usize).collect();
        table.take(&rows)
    };
    (0..timeline.weeks).map(week).collect()
}

impl Week {
    /// A week of rows that were drawn, shifted by the schedule around the given means. `predict` carries the target along as
    /// in [`apply`].
    #[must_use]
    pub fn new(
        week: usize,
        drawn: &Table,
        (target, predict): (&str, Option<Relation<'_>>),
        (shifts, means): (&Shifts, &BTreeMap<String, f64>),
        seed: Seed,
    ) -> Self {
        let intensity = shifts.schedule.intensity(week);
        let seed = Seed(seed.0.wrapping_add(week as u64 + 1));
        let table = apply(drawn, Some(target), shifts, means, intensity, seed, predict);
        Self { week, intensity, table }
    }
}

/// Draws every week's rows from a table as [`draw`] does, and shifts them by the schedule. `predict` carries the target along
/// as in [`apply`].
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
    for (week, drawn) in draw(table, timeline).iter().enumerate() {
        progress.check()?;
        weeks.push(Week::new(week, drawn, (target, predict), (shifts, &means), timeline.seed));
        progress.add(1);
    }
    Ok(weeks)
}
