//! A column that is too long to be sorted in a frame, measured against a sorted one all the same, exactly.
//!
//! Values are dropped into many narrow cells. Between cells both cumulative distributions are known; within one each only
//! rises, so that most cells can hold neither the largest gap nor a crossing, and their sums are all that an area needs. Only
//! the values of the other cells, a few in a hundred, are sorted.

use super::cells::{CELLS, Grid, Kept, Memory, ranks_at, shown, sort_cells};
use super::column::Measured;
use super::halved::on_two;
use super::judge::Ranks;
use super::ranked::Ranked;
use crate::drift::ks::{of_gap, signed};
use crate::drift::{Bins, Sorted};

/// A column of which as much is sorted as its measures need.
#[derive(Debug, Clone)]
pub struct Loose {
    grid: Grid,
    /// Values in the cells before each.
    before: Vec<usize>,
    /// Where the values of each opened cell begin in `sorted`; `None` for those that are not open.
    open: Vec<Option<usize>>,
    /// The values of the opened cells, ascending.
    sorted: Vec<f64>,
    /// The smallest and the largest value.
    pub range: (f64, f64),
    /// The mean.
    pub mean: f64,
    /// The sample standard deviation; `None` for one value.
    pub std: Option<f64>,
    /// KS and Wasserstein against the reference; what is counted in bins is left to those who have them.
    pub(crate) measured: Measured,
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

    /// Leaves its memory to the next one.
    pub(crate) fn leave(self, kept: &Kept) {
        let mut memory = kept.memory();
        (memory.before, memory.open, memory.sorted) = (self.before, self.open, self.sorted);
    }

    /// Measures `n` values against a reference: `fill` writes those from a row on into what it is given, and is asked for
    /// some of them twice. `edges` are those that the counts below will be asked for, and `more` gives further ones for the
    /// range of the values. `None` where a value is not finite or too large, all are one, or a side is empty: then sort.
    ///
    /// `kept` is what the last time against the same reference left.
    pub(crate) fn new(
        reference: &Ranked,
        (n, fill): (usize, impl Fn(usize, &mut [f64]) + Sync),
        edges: &[f64],
        more: impl FnOnce((f64, f64)) -> Vec<f64>,
        kept: &Kept,
    ) -> Option<Self> {
        let of_reference = reference.sorted();
        let (low, high) = of_reference.range()?;
        let (shown, near) = shown(n, &fill)?;
        let grid = Grid::over((low.min(shown.0), high.max(shown.1)))?;
        let centre = reference.centre();
        let mut memory = kept.memory();
        let Memory { halves: [first, second], ranks, before, open, sorted } = &mut *memory;
        let half = n / 2;
        on_two([(0..half, &mut *first), (half..n, &mut *second)], |(rows, dropped)| {
            dropped.drop_in(rows, &fill, grid, (centre, near));
        });
        let range = (first.range.0.min(second.range.0), first.range.1.max(second.range.1));
        // NaN is not 0 either
        if first.zero != 0.0 || second.zero != 0.0 {
            return None;
        }
        if ranks.as_ref().is_none_or(|(of, _)| *of != grid) {
            *ranks = Some((grid, ranks_at(of_reference.values(), grid)));
        }
        let (_, ranks) = ranks.as_ref()?;
        before.clear();
        before.push(0_usize);
        for cell in 0..CELLS {
            before.push(before[cell] + first.cells[cell].0 + second.cells[cell].0);
        }
        let n = (of_reference.len(), n);
        let (low, high) = (low.min(range.0), high.max(range.1));
        let mut wanted = vec![false; CELLS];
        for edge in edges.iter().copied().chain(more(range)).filter(|edge| *edge >= low && *edge <= high) {
            wanted[grid.cell(edge)] = true;
        }
        let cells = Cells { grid, n, r: ranks, c: before };
        cells.want_gaps(&mut wanted);
        let sum = |cell: usize| first.cells[cell].1 + second.cells[cell].1;
        let mut area = 0.0;
        for (cell, wanted) in wanted.iter_mut().enumerate() {
            match cells.area_of(cell, reference, (sum(cell), centre)) {
                Some(part) if !*wanted => area += part,
                _ => *wanted = true,
            }
        }
        open.clear();
        open.resize(CELLS, None);
        let mut at = 0;
        for (cell, open) in open.iter_mut().enumerate().filter(|(cell, _)| wanted[*cell]) {
            *open = Some(at);
            at += before[cell + 1] - before[cell];
        }
        on_two([(0..half, &mut *first), (half..n.1, &mut *second)], |(rows, dropped)| {
            dropped.pick(rows, &fill, &wanted);
        });
        sort_cells([first, second], open, (sorted, at));
        let total: f64 = first.cells.iter().chain(&second.cells).map(|(_, sum)| sum).sum();
        let m = n.1 as f64;
        let mean = centre + total / m;
        // around what is the mean but for some digits: the difference of two large sums would lose those of a small one
        let squares = first.squares + second.squares - m * (mean - near) * (mean - near);
        if !squares.is_finite() {
            return None;
        }
        let mut own = Self {
            grid,
            before: std::mem::take(before),
            open: std::mem::take(open),
            sorted: std::mem::take(sorted),
            range,
            mean,
            std: (n.1 > 1).then(|| (squares.max(0.0) / (m - 1.0)).sqrt()),
            measured: Measured::default(),
        };
        let (gap, at, inside) = own.walk_open(of_reference, ranks, n);
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
        self.open[cell].map_or(&[], |at| &self.sorted[at..at + n])
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
