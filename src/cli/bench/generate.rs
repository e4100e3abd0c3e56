//! Generated data: normal random numbers from fixed seeds, in memory and as CSV.

use std::io::{BufWriter, Write};
use std::path::Path;

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use tempfile::NamedTempFile;

use crate::work::Seed;

/// Features of the generated data.
pub(super) const FEATURES: usize = 20;
/// Levels of its category.
const LEVELS: usize = 12;

/// `count` normal random numbers, different ones for each `stream`.
pub(super) fn normals(stream: &str, count: usize) -> Vec<f64> {
    let mut rng = Seed::default().rng(stream);
    (0..count).map(|_| StandardNormal.sample(&mut rng)).collect()
}

/// Columns of normal random numbers, and a sum of them with noise.
pub(super) fn problem(rows: usize, columns: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let x: Vec<Vec<f64>> = (0..columns).map(|column| normals(&format!("bench x{column}"), rows)).collect();
    let mut y = normals("bench noise", rows);
    y.iter_mut().for_each(|y| *y += 3.0);
    for (column, weight) in x.iter().zip(1..) {
        y.iter_mut().zip(column).for_each(|(y, x)| *y += f64::from(weight) / 7.0 * x);
    }
    (x, y)
}

/// A CSV file that goes when this does: 20 columns of normal numbers with five decimals, a category of twelve
/// levels, a target.
#[derive(Debug)]
pub(super) struct CsvFile {
    file: NamedTempFile,
    pub(super) rows: usize,
    pub(super) bytes: u64,
}

impl CsvFile {
    pub(super) fn new(rows: usize) -> std::io::Result<Self> {
        let mut file = tempfile::Builder::new().prefix("drydock-bench-").suffix(".csv").tempfile()?;
        let mut out = BufWriter::with_capacity(1 << 20, file.as_file_mut());
        write(rows, &mut out)?;
        out.flush()?;
        drop(out);
        let bytes = file.as_file().metadata()?.len();
        Ok(Self { file, rows, bytes })
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// `1,000,000 x 22 (185 MB)`
    pub(super) fn size(&self) -> String {
        let rows = super::grouped(self.rows as u64);
        format!("{rows} x {} ({} MB)", FEATURES + 2, super::short(self.bytes as f64 / 1e6, 3))
    }
}

fn write(rows: usize, out: &mut impl Write) -> std::io::Result<()> {
    let mut rng = Seed::default().rng("bench csv");
    let names: Vec<String> = (1..=FEATURES).map(|n| format!("x{n}")).collect();
    writeln!(out, "{},shop,y", names.join(","))?;
    let mut line = Vec::new();
    for _ in 0..rows {
        line.clear();
        let mut sum = 3.0;
        for weight in 1..=FEATURES {
            let x: f64 = StandardNormal.sample(&mut rng);
            let x = (x * 1e5).round() / 1e5;
            sum += weight as f64 / 7.0 * x;
            five_decimals(x, &mut line);
            line.push(b',');
        }
        let level = ((u128::from(rng.next_u64()) * LEVELS as u128) >> 64) as usize;
        let noise: f64 = StandardNormal.sample(&mut rng);
        write!(line, "shop_{level},")?;
        five_decimals(sum + level as f64 + noise, &mut line);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

fn five_decimals(value: f64, out: &mut Vec<u8>) {
    let mut scaled = (value.abs() * 1e5).round() as u64;
    if value < 0.0 && scaled > 0 {
        out.push(b'-');
    }
    let mut digits = [b'0'; 24];
    let mut at = digits.len();
    while scaled > 0 || digits.len() - at < 7 {
        at -= 1;
        if digits.len() - at == 6 {
            digits[at] = b'.';
        } else {
            digits[at] = b'0' + (scaled % 10) as u8;
            scaled /= 10;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_five_decimals() {
        for value in [0.0, 1.0, -0.5, 12.345_67, -123_456.789_01, 0.000_01, 9.999_99] {
            let mut out = Vec::new();
            five_decimals(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{value:.5}"));
        }
    }

    #[test]
    fn the_file_has_the_rows_asked_for() {
        let file = CsvFile::new(1000).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(text.lines().count(), 1001);
        assert!(text.lines().all(|line| line.split(',').count() == FEATURES + 2));
    }
}
