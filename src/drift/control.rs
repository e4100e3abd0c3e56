//! The no-drift control: what the same statistics are when nothing has drifted and chance alone is at work.
//!
//! Pairs of samples as large as the two at hand are drawn, with replacement, from the reference alone. A large column is
//! grouped into a few hundred cells of equal share first, whose counts are drawn instead of single values; for KS and
//! Wasserstein that is exact to a few parts in a hundred, for what is counted in bins it is exact.

use std::collections::BTreeMap;

use rand::Rng;
use rand_distr::{Binomial, Distribution};
use serde::Serialize;

use super::bins::{Bins, jensen_shannon, psi};
use super::chi_squared::chi_squared;
use super::sorted::Sorted;
use crate::work::Seed;

/// Up to so many values in all, single values are drawn.
const DRAW_SINGLY: usize = 8_192;
/// A larger column is grouped into about so many cells.
const CELLS: usize = 192;
/// With more levels than this no control is made.
pub(crate) const MAX_LEVELS: usize = 1_024;

/// How a statistic is distributed when nothing has drifted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// Reached in 5 of 100 pairs.
    pub p95: f64,
    /// Reached in 1 of 100 pairs.
    pub p99: f64,
}

/// The control of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Control {
    /// How many pairs were drawn.
    pub resamples: usize,
    /// The seed they were drawn with.
    pub seed: Seed,
    /// Sizes of the two samples of each pair.
    pub n: (usize, usize),
    /// Each statistic by its name in the output.
    pub statistics: BTreeMap<&'static str, Spread>,
}

impl Control {
    /// What chance alone reaches in 5 of 100 pairs.
    #[must_use]
    pub fn p95(&self, statistic: &str) -> Option<f64> {
        self.statistics.get(statistic).map(|spread| spread.p95)
    }
}

/// Equal or neighbouring values of the reference that are counted together.
struct Cell {
    n: usize,
    bin: usize,
    value: f64,
}

/// The control of a column of numbers; `None` without values or resamples.
#[must_use]
pub fn control_of_numbers(
    reference: &Sorted,
    bins: &Bins,
    n_current: usize,
    std: Option<f64>,
    (resamples, seed, name): (usize, Seed, &str),
) -> Option<Control> {
    let n = (reference.len(), n_current);
    if n.0 == 0 || n.1 == 0 || resamples == 0 {
        return None;
    }
    let cells = cells_of(reference, bins, n.0 + n.1 > DRAW_SINGLY);
    let mut drawer = Drawer::new(cells.iter().map(|cell| cell.n).collect(), seed, name);
    let mut found = Found::new(resamples);
    for _ in 0..resamples {
        let (a, b) = (drawer.draw(n.0), drawer.draw(n.1));
        let (wa, wb) = (1.0 / n.0 as f64, 1.0 / n.1 as f64);
        let (mut up_a, mut up_b, mut ks, mut area) = (0, 0, 0.0_f64, 0.0);
        let (mut in_a, mut in_b) = (vec![0; bins.len()], vec![0; bins.len()]);
        for (at, cell) in cells.iter().enumerate() {
            up_a += a[at];
            up_b += b[at];
            in_a[cell.bin] += a[at];
            in_b[cell.bin] += b[at];
            let gap = (up_a as f64 * wa - up_b as f64 * wb).abs();
            ks = ks.max(gap);
            if let Some(next) = cells.get(at + 1).filter(|_| gap > 0.0) {
                area += gap * (next.value - cell.value);
            }
        }
        found.note("psi", psi(&in_a, &in_b));
        found.note("jensen_shannon", jensen_shannon(&in_a, &in_b));
        found.note("ks", Some(ks));
        found.note("wasserstein", Some(area));
        found.note("wasserstein_std", std.filter(|std| *std > 0.0).map(|std| area / std));
    }
    Some(found.control(n, seed))
}

/// The control of a column of levels, from the reference's counts; `None` without values or resamples, and for more than
/// 1,024 levels.
#[must_use]
pub fn control_of_levels(
    reference: &[usize],
    n_current: usize,
    (resamples, seed, name): (usize, Seed, &str),
) -> Option<Control> {
    let counts: Vec<usize> = reference.iter().copied().filter(|&count| count > 0).collect();
    let n = (counts.iter().sum::<usize>(), n_current);
    if n.0 == 0 || n.1 == 0 || resamples == 0 || counts.len() > MAX_LEVELS {
        return None;
    }
    let mut drawer = Drawer::new(counts, seed, name);
    let mut found = Found::new(resamples);
    for _ in 0..resamples {
        let (a, b) = (drawer.draw(n.0), drawer.draw(n.1));
        found.note("psi", psi(&a, &b));
        found.note("jensen_shannon", jensen_shannon(&a, &b));
        let statistic = chi_squared(&a, &b).map(|test| test.statistic);
        found.note("chi_squared", statistic);
        found.note("cramers_v", statistic.map(|s| (s / (n.0 + n.1) as f64).sqrt().min(1.0)));
    }
    Some(found.control(n, seed))
}

fn cells_of(reference: &Sorted, bins: &Bins, group: bool) -> Vec<Cell> {
    let values = reference.values();
    let bin_of = |value: f64| match bins {
        Bins::Edges(edges) => edges.partition_point(|&edge| edge < value),
        Bins::Values(all) => all.iter().position(|&v| v == value).unwrap_or(all.len()),
    };
    let mut cells = Vec::new();
    let mut start = 0;
    while start < values.len() {
        let bin = bin_of(values[start]);
        // The tails are cut ever finer: a few values far out may be most of a distance, and one cell would put them at one
        // place.
        let width =
            if group { (values.len() / CELLS).min(start.min(values.len() - start) / 8).max(1) } else { 1 };
        // all of a value, within one bin
        let wanted = values[(start + width - 1).min(values.len() - 1)];
        let last = match bins {
            Bins::Edges(edges) => edges.get(bin).map_or(wanted, |&edge| wanted.min(edge)),
            Bins::Values(_) => values[start],
        };
        let end = start + values[start..].partition_point(|&v| v <= last).max(1);
        cells.push(Cell { n: end - start, bin, value: values[usize::midpoint(start, end - 1)] });
        start = end;
    }
    cells
}

/// Draws how many of n values, drawn with replacement, fall into each cell.
struct Drawer<R> {
    counts: Vec<usize>,
    total: usize,
    /// The cell of each single value, where values are drawn singly.
    cell_of: Vec<u32>,
    rng: R,
}

impl Drawer<rand_chacha::ChaCha8Rng> {
    fn new(counts: Vec<usize>, seed: Seed, name: &str) -> Self {
        let total = counts.iter().sum();
        let cell_of = if total <= DRAW_SINGLY {
            (0..).zip(&counts).flat_map(|(cell, &n)| std::iter::repeat_n(cell, n)).collect()
        } else {
            Vec::new()
        };
        Self { counts, total, cell_of, rng: seed.rng(&format!("no-drift control {name}")) }
    }

    fn draw(&mut self, n: usize) -> Vec<usize> {
        let mut drawn = vec![0; self.counts.len()];
        if n <= DRAW_SINGLY && !self.cell_of.is_empty() {
            for _ in 0..n {
                let at = ((u128::from(self.rng.next_u64()) * self.total as u128) >> 64) as usize;
                drawn[self.cell_of[at] as usize] += 1;
            }
            return drawn;
        }
        // a multinomial draw is a chain of binomial ones
        let (mut left, mut mass) = (n, self.total);
        for (into, &count) in drawn.iter_mut().zip(&self.counts) {
            if left == 0 {
                break;
            }
            let taken = if count == mass {
                left
            } else {
                Binomial::new(left as u64, count as f64 / mass as f64)
                    .map_or(0, |binomial| binomial.sample(&mut self.rng) as usize)
            };
            *into = taken;
            left -= taken.min(left);
            mass -= count;
        }
        drawn
    }
}

struct Found {
    resamples: usize,
    values: BTreeMap<&'static str, Vec<f64>>,
}

impl Found {
    fn new(resamples: usize) -> Self {
        Self { resamples, values: BTreeMap::new() }
    }

    fn note(&mut self, name: &'static str, value: Option<f64>) {
        self.values.entry(name).or_default().extend(value.filter(|value| value.is_finite()));
    }

    fn control(self, n: (usize, usize), seed: Seed) -> Control {
        let spread = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            let at = |share: f64| values[((share * values.len() as f64).ceil() as usize).max(1) - 1];
            Spread { mean: values.iter().sum::<f64>() / values.len() as f64, p95: at(0.95), p99: at(0.99) }
        };
        let all = self.values.into_iter().filter(|(_, values)| !values.is_empty());
        Control {
            resamples: self.resamples,
            seed,
            n,
            statistics: all.map(|(name, values)| (name, spread(values))).collect(),
        }
    }
}
