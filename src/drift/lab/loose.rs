//! A column that is too long to be sorted in a frame, measured against a sorted one all the same, exactly.
//!
//! Values are dropped into many narrow cells. Between cells both cumulative distributions are known; within one each only
//! rises, so that most cells can hold neither the largest gap nor a crossing, and their sums are all that an area needs. Only
//! the values of the other cells, a few in a hundred, are sorted.

use super::column::Measured;
use super::halved::{Halved, RUN, on_two};
use super::judge::Ranks;
use super::ranked::Ranked;
use crate::drift::ks::{of_gap, signed};
use crate::drift::{Bins, Sorted};

/// Cells over the range of both columns.
const CELLS: usize = 16_384;

/// A column of which as much is sorted as its measures need.
#[derive(Debug, Clone)]
pub struct Loose {
    grid: Grid,
    /// Values in the cells before each.
    before: Vec<usize>,
    /// Where the values of each opened cell begin in `sorted`; `None` for those that are not open.
    open: Vec<Option<usize>>,
    sorted: Sorted,
    /// The smallest and the largest value.
    pub range: (f64, f64),
    /// The mean.
    pub mean: f64,
    /// The sample standard deviation; `None` for one value.
    pub std: Option<f64>,
    /// KS and Wasserstein against the reference; what is counted in bins is left to those who have them.
    pub(crate) measured: Measured,
}

/// Cells of equal width.
#[derive(Debug, Clone, Copy)]
struct Grid {
    low: f64,
    scale: f64,
}

impl Grid {
    /// The cell of a value: never falls as the value rises, which is all that is asked of it.
    #[inline(always)]
    fn cell(self, value: f64) -> usize {
        usize::from(self.code(value))
    }

    /// The same as a code. A processor has no instruction that turns many floats into whole numbers at once, but one next to
    /// 2^52 has no room for a fraction: adding that rounds to a whole number, and leaves it in the last bits.
    #[inline(always)]
    fn code(self, value: f64) -> u16 {
        const ROUNDED: f64 = 4_503_599_627_370_496.0;
        let at = ((value - self.low) * self.scale - 0.5).max(0.0).min((CELLS - 1) as f64);
        (at + ROUNDED).to_bits() as u16
    }

    /// Where a cell begins.
    fn start(self, cell: usize) -> f64 {
        self.low + cell as f64 / self.scale
    }
}

/// What one half of the values comes to.
struct Dropped {
    /// Each value's cell.
    codes: Vec<u16>,
    /// By cell: how many, and the sum of the values less the centre.
    cells: Vec<(usize, f64)>,
    /// Sum of the squares of the values less their rough mean.
    squares: f64,
}

impl Loose {
    /// Every statistic.
    #[must_use]
    pub fn measured(&self) -> Measured {
        self.measured
    }

    /// How many values fall into each bin, whose edges must be among those that were asked for.
    #[must_use]
    pub fn counts_in(&self, bins: &Bins) -> Vec<usize> {
        self.counts(bins)
    }

    /// Measures values against a reference; `edges` are those that it will be asked for,
    /// and `more` gives further ones for the range of the values. `None` where a value is not finite or too large, all are one, or a
    /// side is empty: then sort.
    pub(crate) fn new(
        reference: &Ranked,
        values: &Halved,
        edges: &[f64],
        more: impl FnOnce((f64, f64)) -> Vec<f64>,
    ) -> Option<Self> {
        let of_reference = reference.sorted();
        let (low_r, high_r) = of_reference.range()?;
        let range = values.range()?;
        let (low, high) = (low_r.min(range.0), high_r.max(range.1));
        let scale = CELLS as f64 / (high - low);
        // false for NaN as well
        if !(scale.is_finite() && scale > 0.0) {
            return None;
        }
        let grid = Grid { low, scale };
        let (centre, near) = (reference.centre(), values.rough_mean());
        let parts = values.values();
        let [(first, below), (second, above)] =
            on_two([(parts[0], 0..CELLS / 2), (parts[1], CELLS / 2..CELLS)], |(part, cells)| {
                (drop_in(part, grid, (centre, near)), ranks(of_reference.values(), grid, cells))
            });
        let mut ranks = [below, above].concat();
        ranks.push(of_reference.len());
        let mut before = Vec::with_capacity(CELLS + 1);
        before.push(0_usize);
        for cell in 0..CELLS {
            before.push(before[cell] + first.cells[cell].0 + second.cells[cell].0);
        }
        let n = (of_reference.len(), values.len());
        let mut wanted = vec![false; CELLS];
        for edge in edges.iter().copied().chain(more(range)).filter(|edge| *edge >= low && *edge <= high) {
            wanted[grid.cell(edge)] = true;
        }
        let cells = Cells { grid, n, r: &ranks, c: &before };
        cells.want_gaps(&mut wanted);
        let sum = |cell: usize| first.cells[cell].1 + second.cells[cell].1;
        let mut area = 0.0;
        for (cell, wanted) in wanted.iter_mut().enumerate() {
            match cells.area_of(cell, reference, (sum(cell), centre)) {
                Some(part) if !*wanted => area += part,
                _ => *wanted = true,
            }
        }
        let sorted = pick([(parts[0], &first.codes), (parts[1], &second.codes)], &wanted);
        let mut open = vec![None; CELLS];
        let mut at = 0;
        for (cell, open) in open.iter_mut().enumerate().filter(|(cell, _)| wanted[*cell]) {
            *open = Some(at);
            at += before[cell + 1] - before[cell];
        }
        let total: f64 = first.cells.iter().chain(&second.cells).map(|(_, sum)| sum).sum();
        let m = values.len() as f64;
        let mean = centre + total / m;
        // around what is the mean but for its last digits: the difference of two large sums would lose those of a small one
        let squares = first.squares + second.squares - m * (mean - near) * (mean - near);
        if !squares.is_finite() {
            return None;
        }
        let mut own = Self {
            grid,
            open,
            sorted,
            range,
            mean,
            std: (values.len() > 1).then(|| (squares.max(0.0) / (m - 1.0)).sqrt()),
            measured: Measured::default(),
            before,
        };
        let (gap, at, inside) = own.walk_open(of_reference, &ranks, n);
        own.measured.ks = Some(of_gap(gap, at, n.0 as u64, n.1 as u64));
        own.measured.wasserstein = Some(area + inside).filter(|area| area.is_finite());
        Some(own)
    }

    fn count(&self, x: f64, holds: impl Fn(f64) -> bool) -> usize {
        if x < self.range.0 {
            return 0;
        }
        if x > self.range.1 {
            return self.len();
        }
        let cell = self.grid.cell(x);
        let values = self.of_cell(cell);
        debug_assert!(self.open[cell].is_some(), "{x} was not asked for");
        self.before[cell] + values.partition_point(|&value| holds(value))
    }

    /// The values of an opened cell.
    fn of_cell(&self, cell: usize) -> &[f64] {
        let n = self.before[cell + 1] - self.before[cell];
        self.open[cell].map_or(&[], |at| &self.sorted.values()[at..at + n])
    }

    /// Walks the open cells: the largest gap, where it is reached first, and the area between the two functions there.
    fn walk_open(&self, reference: &Sorted, ranks: &[usize], n: (usize, usize)) -> (u64, f64, f64) {
        let (n1, n2) = (signed(n.0), signed(n.1));
        let (mut best, mut at) = (0, reference.values()[0].min(self.range.0));
        let mut area = 0.0;
        for cell in (0..CELLS).filter(|&cell| self.open[cell].is_some()) {
            let a = &reference.values()[ranks[cell]..ranks[cell + 1]];
            let b = self.of_cell(cell);
            let (mut i, mut j) = (0, 0);
            let (from_r, from_c) = (signed(ranks[cell]), signed(self.before[cell]));
            let mut x = self.grid.start(cell);
            let mut gap = from_r * n2 - from_c * n1;
            while i < a.len() || j < b.len() {
                let next = match (a.get(i), b.get(j)) {
                    (Some(&a), Some(&b)) => a.min(b),
                    (Some(&x), None) | (None, Some(&x)) => x,
                    (None, None) => break,
                };
                area += gap.unsigned_abs() as f64 * (next - x);
                x = next;
                while a.get(i).is_some_and(|&value| value <= x) {
                    i += 1;
                }
                while b.get(j).is_some_and(|&value| value <= x) {
                    j += 1;
                }
                gap = (from_r + signed(i)) * n2 - (from_c + signed(j)) * n1;
                if gap.abs() > best {
                    (best, at) = (gap.abs(), x);
                }
            }
            area += gap.unsigned_abs() as f64 * (self.grid.start(cell + 1) - x);
        }
        (best.unsigned_abs(), at, area / (n.0 as f64 * n.1 as f64))
    }
}

impl Ranks for Loose {
    fn len(&self) -> usize {
        self.before[CELLS]
    }

    /// `x` must be among the edges that were asked for.
    fn at_most(&self, x: f64) -> usize {
        self.count(x, |value| value <= x)
    }

    /// `x` must be among the edges that were asked for.
    fn below(&self, x: f64) -> usize {
        self.count(x, |value| value < x)
    }
}

/// Both columns at the cells' borders.
struct Cells<'a> {
    grid: Grid,
    n: (usize, usize),
    /// Reference values before each cell.
    r: &'a [usize],
    /// Current values before each cell.
    c: &'a [usize],
}

impl Cells<'_> {
    /// n₁n₂ (F₁ − F₂), from counts.
    fn gap(&self, r: usize, c: usize) -> i64 {
        signed(r) * signed(self.n.1) - signed(c) * signed(self.n.0)
    }

    /// Marks the cells that could hold the largest gap.
    fn want_gaps(&self, wanted: &mut [bool]) {
        let best = (0..=CELLS).map(|cell| self.gap(self.r[cell], self.c[cell]).abs()).max().unwrap_or(0);
        for (cell, wanted) in wanted.iter_mut().enumerate() {
            let (r, c) = ((self.r[cell], self.r[cell + 1]), (self.c[cell], self.c[cell + 1]));
            let most = self.gap(r.1, c.0).max(-self.gap(r.0, c.1));
            *wanted |= most >= best && (r.0 < r.1 || c.0 < c.1);
        }
    }

    /// The area between the functions over a cell in which they do not cross; `None` where they may. `sum` is that of the
    /// current values less `centre`.
    fn area_of(&self, cell: usize, reference: &Ranked, (sum, centre): (f64, f64)) -> Option<f64> {
        let (r, c) = ((self.r[cell], self.r[cell + 1]), (self.c[cell], self.c[cell + 1]));
        if !(self.gap(r.0, c.1) >= 0 || self.gap(r.1, c.0) <= 0) {
            return None;
        }
        let (start, end) = (self.grid.start(cell), self.grid.start(cell + 1));
        let width = end - start;
        // each function's own area: what was there before, and each value inside from where it lies
        let inside_r = (r.1 - r.0) as f64 * (end - centre) - reference.sum_between(r.0, r.1);
        let inside_c = (c.1 - c.0) as f64 * (end - centre) - sum;
        let of_r = (r.0 as f64 * width + inside_r) / self.n.0 as f64;
        let of_c = (c.0 as f64 * width + inside_c) / self.n.1 as f64;
        Some((of_r - of_c).abs())
    }
}

/// Drops values into their cells.
fn drop_in(values: &[f64], grid: Grid, (centre, near): (f64, f64)) -> Dropped {
    const LANES: usize = 4;
    let mut dropped =
        Dropped { codes: Vec::with_capacity(values.len()), cells: vec![(0, 0.0); CELLS], squares: 0.0 };
    // in runs: first what a processor does many at a time
    for run in values.chunks(RUN) {
        let from = dropped.codes.len();
        dropped.codes.extend(run.iter().map(|&value| grid.code(value)));
        let (groups, rest) = run.as_chunks::<LANES>();
        let square = |value: f64| (value - near) * (value - near);
        let mut squares = [0.0; LANES];
        for group in groups {
            for lane in 0..LANES {
                squares[lane] += square(group[lane]);
            }
        }
        dropped.squares += squares.iter().sum::<f64>() + rest.iter().copied().map(square).sum::<f64>();
        for (&code, value) in dropped.codes[from..].iter().zip(run) {
            let cell = &mut dropped.cells[usize::from(code)];
            cell.0 += 1;
            cell.1 += value - centre;
        }
    }
    dropped
}

/// How many of the sorted values lie in the cells before each of these.
fn ranks(sorted: &[f64], grid: Grid, cells: std::ops::Range<usize>) -> Vec<usize> {
    let mut ranks = Vec::with_capacity(CELLS + 1);
    let mut at = sorted.partition_point(|&value| grid.cell(value) < cells.start);
    for cell in cells {
        ranks.push(at);
        // in steps that double: the next border is near
        let mut step = 1;
        while at + step < sorted.len() && grid.cell(sorted[at + step]) <= cell {
            at += step;
            step *= 2;
        }
        let end = (at + step).min(sorted.len());
        at += sorted[at..end].partition_point(|&value| grid.cell(value) <= cell);
    }
    ranks
}

/// The values of the wanted cells, sorted; `halves` with the cell of each.
fn pick(halves: [(&[f64], &Vec<u16>); 2], wanted: &[bool]) -> Sorted {
    let [first, second] = on_two(halves, |(values, codes)| {
        let mut found = Vec::new();
        for (value, &code) in values.iter().zip(codes) {
            if wanted[usize::from(code)] {
                found.push(*value);
            }
        }
        Sorted::new(found)
    });
    first.merged(&second)
}
