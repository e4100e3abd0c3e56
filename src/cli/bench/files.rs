//! Benchmarks that read a CSV file: `csv`, `train` and `score`.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write};
use std::sync::Arc;

use super::clock::{Repeats, Timing, time};
use super::generate::CsvFile;
use super::{MILLISECONDS, Session, machine};
use crate::cli::Failure;
use crate::cli::report::grouped;
use crate::data::profile::profile;
use crate::data::{Loaded, ReadOptions, Source, read_csv};
use crate::inference::{Predictor, score_csv};
use crate::model::Model;
use crate::training::{Origin, Plan, Settings, train};
use crate::work::Progress;

/// A file read and profiled, as `inspect` does, and a small one.
pub(super) fn csv(session: &mut Session<'_>) -> Result<(), Failure> {
    let progress = session.progress;
    let small = CsvFile::new(10_000).map_err(Failure::work)?;
    inspect(session, progress, &small)?;
    let file = session.file()?;
    inspect(session, progress, &file)
}

fn inspect(session: &mut Session<'_>, progress: &Progress, file: &CsvFile) -> Result<(), Failure> {
    let source = Source::open(file.path()).map_err(Failure::work)?;
    let read = time(Repeats::USUAL, || load(&source, false, progress).map(drop))?;
    let inspect = time(Repeats::USUAL, || {
        let loaded = load(&source, false, progress)?;
        black_box(profile(&loaded.table, progress).map_err(Failure::work)?);
        Ok(())
    })?;
    let (bytes, lines) = limits(file)?;
    let limits = [("read the bytes", &bytes), ("count the lines", &lines)];
    session.time(format!("read {}", file.size()), MILLISECONDS, &read, &limits);
    session.time(format!("read and profile {}", file.size()), MILLISECONDS, &inspect, &limits);
    Ok(())
}

fn load(source: &Source, hash: bool, progress: &Progress) -> Result<Loaded, Failure> {
    let options = ReadOptions { hash, ..ReadOptions::default() };
    read_csv(source, &options, progress).map_err(Failure::work)
}

/// Reading the bytes of a file, and reading them in pieces and counting the lines.
fn limits(file: &CsvFile) -> Result<(Timing, Timing), Failure> {
    let bytes = time(Repeats::FEW, || {
        black_box(std::fs::read(file.path()).map_err(Failure::work)?);
        Ok(())
    })?;
    let lines = time(Repeats::FEW, || {
        black_box(pieces(file, |piece| memchr::memchr_iter(b'\n', piece).count())?);
        Ok(())
    })?;
    Ok((bytes, lines))
}

/// Reads a file in pieces of a megabyte and adds up what `each` says of them.
fn pieces(file: &CsvFile, mut each: impl FnMut(&[u8]) -> usize) -> Result<usize, Failure> {
    let mut input = File::open(file.path()).map_err(Failure::work)?;
    let mut piece = vec![0; 1 << 20];
    let mut sum = 0;
    loop {
        match input.read(&mut piece).map_err(Failure::work)? {
            0 => return Ok(sum),
            n => sum += each(&piece[..n]),
        }
    }
}

/// From a file to the bytes of a model file.
fn fit(source: &Source, progress: &Progress) -> Result<Vec<u8>, Failure> {
    let loaded = load(source, true, progress)?;
    let plan = Plan::new(Settings::new("y"), &loaded.table).map_err(Failure::work)?;
    let trained =
        train(&plan, &loaded.table, &Origin::of("bench.csv", &loaded), progress).map_err(Failure::work)?;
    Ok(trained.model.to_json())
}

/// A file to a fitted model, as `train` does it: read, hashed, fitted, evaluated, ready to be saved.
pub(super) fn train_file(session: &mut Session<'_>) -> Result<(), Failure> {
    let progress = session.progress;
    let file = session.file()?;
    let size = file.size();
    let source = Source::open(file.path()).map_err(Failure::work)?;
    let (bytes, _) = limits(&file)?;
    let plain = time(Repeats::FEW, || load(&source, false, progress).map(drop))?;
    let hashed = time(Repeats::FEW, || load(&source, true, progress).map(drop))?;
    let whole = time(Repeats::USUAL, || fit(&source, progress).map(drop))?;
    let beside = [("read alone", &plain), ("read and hash alone", &hashed), ("read the bytes", &bytes)];
    session.time(format!("CSV to model {size}"), MILLISECONDS, &whole, &beside);
    Ok(())
}

/// A file to a file with predictions, and the memory that takes.
pub(super) fn score(session: &mut Session<'_>) -> Result<(), Failure> {
    let progress = session.progress;
    // what is learned from ten thousand rows predicts as fast as what is learned from all
    let small = CsvFile::new(10_000).map_err(Failure::work)?;
    let model = fit(&Source::open(small.path()).map_err(Failure::work)?, progress)?;
    let predictor = Predictor::new(Arc::new(Model::from_json(&model).map_err(Failure::work)?));
    let quarter = CsvFile::new(session.rows.div_ceil(4)).map_err(Failure::work)?;
    let peak_quarter = peak(|| write_scored(&predictor, &quarter, progress).map(drop))?;
    drop(quarter);
    let file = session.file()?;
    let (size, rows) = (file.size(), file.rows);
    let peak_whole = peak(|| write_scored(&predictor, &file, progress).map(drop))?;
    let source = Source::open(file.path()).map_err(Failure::work)?;
    let whole = time(Repeats::USUAL, || write_scored(&predictor, &file, progress).map(drop))?;
    let read = time(Repeats::USUAL, || load(&source, false, progress).map(drop))?;
    let copy = time(Repeats::FEW, || copy(&file))?;
    let beside = [("read alone", &read), ("copy the bytes", &copy)];
    session.time(format!("CSV to CSV {size}"), MILLISECONDS, &whole, &beside);
    let rate = |timing: &Timing| rows as f64 / timing.cpu.best.max(1e-9);
    let beside = vec![("read alone".to_owned(), rate(&read)), ("copy the bytes".to_owned(), rate(&copy))];
    session.value("rows scored per CPU second", "rows/s", rate(&whole), beside);
    if let (Some(quarter), Some(whole)) = (peak_quarter, peak_whole) {
        let of = format!("at {} rows", grouped(session.rows.div_ceil(4) as u64));
        session.value("memory scoring takes at its peak", "MiB", whole, vec![(of, quarter)]);
    }
    Ok(())
}

fn write_scored(predictor: &Predictor, file: &CsvFile, progress: &Progress) -> Result<u64, Failure> {
    let source = Source::open(file.path()).map_err(Failure::work)?;
    let mut out = tempfile::tempfile().map_err(Failure::work)?;
    let scored =
        score_csv(predictor, &source, &ReadOptions::default(), &mut out, progress).map_err(Failure::work)?;
    Ok(scored.n_rows)
}

fn copy(file: &CsvFile) -> Result<(), Failure> {
    let mut out = tempfile::tempfile().map_err(Failure::work)?;
    let mut written = Ok(());
    pieces(file, |piece| {
        if written.is_ok() {
            written = out.write_all(piece);
        }
        piece.len()
    })?;
    written.map_err(Failure::work)
}

/// How much more memory than before is held at the peak of `work`, in MiB.
fn peak(work: impl FnOnce() -> Result<(), Failure>) -> Result<Option<f64>, Failure> {
    let anew = machine::forget_peak();
    let before = machine::peak_and_current();
    work()?;
    let after = machine::peak_and_current();
    Ok(match (before, after) {
        (Some((_, held)), Some((peak, _))) if anew => Some((peak - held).max(0.0)),
        _ => None,
    })
}
