//! Drift: a move of a slider on ten columns, and two CSV files compared.

use std::hint::black_box;
use std::io::{BufWriter, Write};

use super::clock::{Repeats, time};
use super::{Session, generate};
use crate::cli::Failure;
use crate::data::{ReadOptions, Source};
use crate::drift::lab::{Affine, FeatureShift, LabColumn};
use crate::drift::{Bins, Rule, Sorted, compare, kolmogorov_smirnov, psi, read_both, wasserstein};
use crate::work::{Progress, Seed};

const COLUMNS: usize = 10;
const MILLIS: (&str, f64) = ("ms", 1e3);

/// Keeps the compiler from leaving out what nobody reads.
fn use_up<T>(value: T) {
    black_box(value);
}

pub(super) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    let rows = session.rows;
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = (0..COLUMNS)
        .map(|column| {
            let of = |side: &str| generate::normals(&format!("drift {side} {column}"), rows);
            (of("reference"), of("current"))
        })
        .collect();
    session.check()?;
    let sort = time(Repeats::FEW, || {
        black_box(Sorted::new(pairs[0].0.clone()));
        Ok(())
    })?;
    let by_comparison = time(Repeats::FEW, || {
        let mut values = pairs[0].0.clone();
        values.sort_unstable_by(f64::total_cmp);
        black_box(values);
        Ok(())
    })?;
    session.time("sort a column", MILLIS, &sort, &[("sort_unstable", &by_comparison)]);
    // as files have them: with five decimals, so that some values are there many times, and not as many on both sides
    let as_in_a_file = |values: &[f64], n: usize| {
        Sorted::new(values[..n].iter().map(|value| (value * 1e5).round() / 1e5).collect())
    };
    let columns: Vec<LabColumn> = pairs
        .iter()
        .filter_map(|(a, b)| {
            LabColumn::new(as_in_a_file(a, rows), as_in_a_file(b, rows - rows.div_ceil(1_000).min(rows - 1)))
        })
        .collect();
    session.check()?;

    // what a program without the sorted columns does at each move: it moves every value and looks again
    let naive = |statistic: &dyn Fn(&Sorted, &Sorted)| {
        time(Repeats { most: 3, ..Repeats::FEW }, || {
            for (column, (_, current)) in columns.iter().zip(&pairs) {
                let moved = Sorted::new(current.iter().map(|x| 1.1 * x + 0.2).collect());
                statistic(column.reference(), &moved);
            }
            Ok(())
        })
    };
    let naive_psi = naive(&|reference, moved| {
        if let Some(bins) = Bins::of_reference(reference) {
            black_box(psi(&bins.counts(reference), &bins.counts(moved)));
        }
    })?;
    let naive_ks = naive(&|reference, moved| use_up(kolmogorov_smirnov(reference, moved)))?;
    session.check()?;
    let naive_distance = naive(&|reference, moved| use_up(wasserstein(reference, moved)))?;
    session.check()?;
    let mut step = 0.0;
    let mut each = |statistic: &dyn Fn(&LabColumn, Affine)| {
        time(Repeats::USUAL, || {
            // never the same question twice
            step += 1e-3;
            columns.iter().for_each(|column| statistic(column, Affine { scale: 1.1, shift: 0.2 + step }));
            Ok(())
        })
    };
    let index = each(&|column, affine| use_up(column.psi(affine)))?;
    let distance = each(&|column, affine| use_up(column.wasserstein(affine)))?;
    let ks = each(&|column, affine| use_up(column.ks(affine)))?;
    let all = each(&|column, affine| use_up(column.measure(affine)))?;
    session.time("slider, PSI of ten columns", MILLIS, &index, &[("moved and sorted", &naive_psi)]);
    session.time(
        "slider, Wasserstein of ten columns",
        MILLIS,
        &distance,
        &[("moved and sorted", &naive_distance)],
    );
    session.time("slider, KS of ten columns", MILLIS, &ks, &[("moved and sorted", &naive_ks)]);
    session.time("slider, all statistics of ten columns", MILLIS, &all, &[]);
    let mut at_rest = |figure: &str, statistic: &dyn Fn(&LabColumn)| {
        let timing = time(Repeats::USUAL, || {
            columns.iter().for_each(statistic);
            Ok(())
        })?;
        session.time(figure, MILLIS, &timing, &[]);
        Ok::<(), Failure>(())
    };
    let still = Affine::default();
    at_rest("slider at rest, Wasserstein", &|column| use_up(column.wasserstein(still)))?;
    at_rest("slider at rest, KS", &|column| use_up(column.ks(still)))?;
    at_rest("slider at rest, all statistics", &|column| use_up(column.measure(still)))?;
    let values = &pairs[0].1;
    let one = time(Repeats::FEW, || {
        let clipped = values.iter().map(|x| x.clamp(-1.0, 1.0)).collect();
        black_box(columns[0].measure_values(clipped, false));
        Ok(())
    })?;
    session.time("clipping, one column, exactly", MILLIS, &one, &[]);
    let clip = FeatureShift { clip: Some((-1.0, 1.0)), ..FeatureShift::default() };
    let sampled = time(Repeats::FEW, || {
        use_up(columns[0].approximate(values, &clip, 0.0, 65_536, (Seed::default(), "bench")));
        Ok(())
    })?;
    session.time("clipping, one column, 65,536 rows at once", MILLIS, &sampled, &[]);
    drop(columns);
    session.check()?;

    let written = |side: usize| -> std::io::Result<tempfile::NamedTempFile> {
        let mut file = tempfile::Builder::new().prefix("drydock-bench-").suffix(".csv").tempfile()?;
        let mut out = BufWriter::with_capacity(1 << 20, file.as_file_mut());
        let names: Vec<String> = (1..=COLUMNS).map(|n| format!("x{n}")).collect();
        writeln!(out, "{}", names.join(","))?;
        for row in 0..rows {
            for (column, pair) in pairs.iter().enumerate() {
                let value = if side == 0 { pair.0[row] } else { pair.1[row] };
                write!(out, "{}{value:.5}", if column > 0 { "," } else { "" })?;
            }
            writeln!(out)?;
        }
        out.flush()?;
        drop(out);
        Ok(file)
    };
    let failed =
        |error: std::io::Error| Failure::work(format!("can't write a file to measure with: {error}"));
    let (reference, current) = (written(0).map_err(failed)?, written(1).map_err(failed)?);
    drop(pairs);
    let open = |file: &tempfile::NamedTempFile| Source::open(file.path()).map_err(Failure::work);
    let files = time(Repeats::FEW, || {
        let progress = Progress::new();
        let both = read_both(&open(&reference)?, &open(&current)?, &ReadOptions::default(), None, &progress)
            .map_err(Failure::work)?;
        let report = compare(both.reference, both.current, &Rule::default(), 0, &progress);
        black_box(report.map_err(Failure::work)?);
        Ok(())
    })?;
    let size = super::grouped(rows as u64);
    session.time(format!("two CSV files of {size} x {COLUMNS} compared"), ("s", 1.0), &files, &[]);
    Ok(())
}
