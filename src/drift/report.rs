//! Two tables compared, column by column.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::column::{ColumnDrift, compare_columns, settle};
use super::rule::Rule;
use crate::data::{Column, Table};
use crate::work::{Cancelled, Progress};

/// What the comparison yields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The columns that both tables have, in the reference's order.
    pub columns: Vec<ColumnDrift>,
    /// Columns that drifted, as a share of all columns compared; `None` when no column has a verdict.
    pub drifted_share: Option<f64>,
    /// Columns of the reference that the current table does not have.
    pub only_in_reference: Vec<String>,
    /// Columns of the current table that the reference does not have.
    pub only_in_current: Vec<String>,
}

/// Compares the columns that both tables have, on up to `threads` threads (0: one per processor). The tables are used up,
/// so that a large one is not held twice.
///
/// # Errors
/// [`Cancelled`] when the work was cancelled, which is looked for between columns.
pub fn compare(
    reference: Table,
    current: Table,
    rule: &Rule,
    threads: usize,
    progress: &Progress,
) -> Result<Report, Cancelled> {
    let has = |table: &Table, name: &str| table.column(name).is_some();
    let missing_from = |other: &Table, table: &Table| -> Vec<String> {
        let names = table.columns().iter().map(|column| column.name.clone());
        names.filter(|name| !has(other, name)).collect()
    };
    let only_in_reference = missing_from(&current, &reference);
    let only_in_current = missing_from(&reference, &current);
    let mut of_current: Vec<Option<Column>> = current.into_columns().into_iter().map(Some).collect();
    let pairs: Vec<(Column, Column)> = reference
        .into_columns()
        .into_iter()
        .filter_map(|column| {
            let other =
                of_current.iter_mut().find(|other| other.as_ref().is_some_and(|o| o.name == column.name))?;
            Some((column, other.take()?))
        })
        .collect();
    drop(of_current);
    let columns = compare_pairs(pairs, rule, threads, progress)?;
    Ok(Report { drifted_share: drifted_share(&columns), columns, only_in_reference, only_in_current })
}

/// Compares pairs of columns and concludes over all of them.
pub(crate) fn compare_pairs(
    pairs: Vec<(Column, Column)>,
    rule: &Rule,
    threads: usize,
    progress: &Progress,
) -> Result<Vec<ColumnDrift>, Cancelled> {
    progress.set_total(pairs.len() as u64);
    progress.set_done(0);
    let available = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let work: Vec<Mutex<Option<(Column, Column)>>> =
        pairs.into_iter().map(|pair| Mutex::new(Some(pair))).collect();
    let done: Vec<Mutex<Option<ColumnDrift>>> = work.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let run = || {
        while !progress.is_cancelled() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = work.get(at) else { break };
            // taken once each, so that no lock waits and none is poisoned
            let pair = slot.lock().ok().and_then(|mut slot| slot.take());
            if let (Some((reference, current)), Some(into)) = (pair, done.get(at))
                && let Ok(mut into) = into.lock()
            {
                *into = Some(compare_columns(reference, current, rule));
            }
            progress.add(1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..available.min(work.len()) {
            // where no thread can be had, this one does all the work
            drop(std::thread::Builder::new().name("drift".into()).spawn_scoped(scope, run));
        }
        run();
    });
    progress.check()?;
    let mut columns: Vec<ColumnDrift> =
        done.into_iter().filter_map(|slot| slot.into_inner().ok().flatten()).collect();
    settle(&mut columns, rule);
    Ok(columns)
}

/// Columns that drifted, as a share of all; `None` when no column has a verdict.
pub(crate) fn drifted_share(columns: &[ColumnDrift]) -> Option<f64> {
    if columns.iter().all(|column| column.drifted.is_none()) {
        return None;
    }
    let drifted = columns.iter().filter(|column| column.drifted == Some(true)).count();
    Some(drifted as f64 / columns.len() as f64)
}
