//! Time per row, measured: the same predict with ever more rows a call.

use std::sync::Arc;

use rand::RngExt;
use serde_json::Value;

use super::http::Endpoint;
use super::record::Record;
use super::routes::{Reached, Route};
use super::{News, Point};
use crate::app::job::{Handle, JobError};
use crate::app::pages::predict::jobs::Reports;
use crate::app::state::Problem;
use crate::data::{Coded, Column, ColumnData, Table};
use crate::inference::{InputError, Predictor, Scratch};
use crate::model::{InputKind, Model};
use crate::work::Seed;

/// The most numbers in a table that is measured with: 160 MB.
const MEASURED_CELLS: usize = 20_000_000;
/// How long a point of the curve is measured, in seconds.
const POINT_SECS: f64 = 0.25;

/// A table of `n` rows as the model takes them: values drawn from the training range, by a fixed seed.
pub(crate) fn drawn(model: &Model, n: usize) -> Table {
    let mut rng = Seed::default().rng("measure");
    let columns = model.inputs.iter().map(|input| {
        let data = match &input.kind {
            InputKind::Number { min, max, whole, .. } => ColumnData::Number(
                (0..n)
                    .map(|_| {
                        let value = min + (max - min) * rng.random::<f64>();
                        if *whole { value.round().clamp(*min, *max) } else { value }
                    })
                    .collect(),
            ),
            InputKind::Date { min, max, .. } => ColumnData::Date(
                (0..n).map(|_| ((min + (max - min) * rng.random::<f64>()) * 86_400e6) as i64).collect(),
            ),
            InputKind::Category { levels, .. } => coded(levels, n, |n| rng.random_range(0..n)),
            InputKind::Boolean { no, yes, .. } => {
                coded(&[no.clone(), yes.clone()], n, |n| rng.random_range(0..n))
            }
        };
        Column { name: input.name.clone(), data }
    });
    // names of inputs are unique and the columns equally long
    Table::new(columns.collect()).unwrap_or_default()
}

fn coded(levels: &[String], n: usize, mut draw: impl FnMut(u32) -> u32) -> ColumnData {
    let n_levels = levels.len() as u32;
    let codes = (0..n).map(|_| draw(n_levels.max(1))).collect();
    ColumnData::Category(Coded { codes, levels: Arc::new(levels.iter().collect()) })
}

/// Measures one call with ever more rows, and one record as JSON; each point is sent as soon as it is there.
pub(super) fn measure(
    predictor: &Predictor,
    endpoint: Option<&Endpoint>,
    record: &Record,
    reports: &Reports<'_>,
) -> Result<(), JobError> {
    let handle = reports.handle;
    let reached = Reached { predictor, endpoint, progress: &handle.progress };
    let sizes = [1_usize, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
    let width = predictor.model().inputs.len().max(1);
    let sizes: Vec<usize> = sizes.into_iter().filter(|n| n * width <= MEASURED_CELLS).collect();
    handle.progress.set_total((sizes.len() * Route::ALL.len()) as u64 + 1);
    let refused = |error: InputError| Problem::new("A row was refused", error.to_string());
    let json = Value::Object(record.clone()).to_string().into_bytes();
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    predictor.predict_json(&json, &mut scratch, &mut out).map_err(refused)?;
    let single = repeated(handle, 100, POINT_SECS, || {
        out.clear();
        // it was read once above
        drop(predictor.predict_json(std::hint::black_box(&json), &mut scratch, &mut out));
    })?;
    reports.send(News::Single(single))?;
    handle.progress.add(1);
    for n in sizes {
        handle.progress.check()?;
        let table = drawn(predictor.model(), n);
        for route in Route::ALL {
            let Some(mut call) = route.call(reached, &table) else {
                handle.progress.add(1);
                continue;
            };
            call()?;
            let calls = if route == Route::InProcess { (1_000 / n).max(1) } else { 1 };
            let mut failed = None;
            let mut point = repeated(handle, calls, POINT_SECS, || {
                if failed.is_none() {
                    failed = call().err();
                }
            })?;
            if let Some(error) = failed {
                // a server that was stopped meanwhile gives no times
                return Err(error);
            }
            point.rows = n;
            for time in [&mut point.median, &mut point.low, &mut point.high] {
                *time /= n as f64;
            }
            reports.send(News::Point(route, point))?;
            handle.progress.add(1);
        }
    }
    Ok(())
}

/// The seconds a call takes: the median over repeats, with the tenth and ninetieth percentile. Each repeat times
/// `calls` calls together, so that the clock's own step does not show.
pub(super) fn repeated(
    handle: &Handle,
    calls: usize,
    budget_secs: f64,
    mut call: impl FnMut(),
) -> Result<Point, JobError> {
    let whole = handle.clock.stopwatch();
    let mut times = Vec::new();
    while times.len() < 5 || (times.len() < 200 && whole.seconds() < budget_secs) {
        handle.progress.check()?;
        let stopwatch = handle.clock.stopwatch();
        for _ in 0..calls {
            call();
        }
        times.push(stopwatch.seconds() / calls as f64);
        // a clock that stands still has nothing more to tell
        if times.len() >= 5 && whole.seconds() == 0.0 {
            break;
        }
    }
    let at = |share| {
        crate::data::quantile::quantiles(&times, &[share]).and_then(|q| q.first().copied()).unwrap_or(0.0)
    };
    Ok(Point { rows: 1, median: at(0.5), low: at(0.1), high: at(0.9), repeats: times.len() })
}
