//! A column that is too long to be sorted in a frame, measured against a sorted one all the same, exactly.
//!
//! Values are dropped into many narrow cells. Between cells both cumulative distributions are known; within one each only
//! rises, so that most cells can hold neither the largest gap nor a crossing, and their sums are all that an area needs. Only
//! the values of the other cells, a few in a hundred, are sorted.

use super::cells::{CELLS, Grid, Read, Set, ranks_at, shown};
use super::column::Measured;
use super::halved::{Values, on_two};
use super::judge::Ranks;
use super::memory::{Found, Kept, Memory, Parts};
use super::ranked::Ranked;
use crate::drift::Bins;
use crate::drift::ks::{of_gap, signed};

/// A column of which as much is sorted as its measures need.
#[derive(Debug)]
pub struct Loose {
    grid: Grid,
    /// Holds how many values lie before each cell, and those of the opened cells.
    memory: Memory,
    n: usize,
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
        kept.leave(self.memory);
    }

    /// Measures values against a reference; some are asked for twice. `edges` are those that the counts below will be asked
    /// for, and `more` gives further ones for the range of the values. `None` where a value is not finite or too large, all
    /// are one, a side is empty or has more than four thousand million values: then sort.
    ///
    /// `kept` is what the last time against the same reference left.
    pub(crate) fn new(
        reference: &Ranked,
        values: &(impl Values + ?Sized),
        edges: &[f64],
        more: impl FnOnce((f64, f64)) -> Vec<f64>,
        kept: &Kept,
    ) -> Option<Self> {
        let (low, high) = reference.sorted().range()?;
        let n = values.rows();
        let (shown, near) = shown(values)?;
        let grid = Grid::over((low.min(shown.0), high.max(shown.1)))?;
        if u32::try_from(n.max(reference.sorted().len())).is_err() {
            return None;
        }
        let mut memory = kept.for_values(n);
        let found = measure(reference, values, (edges, more), (grid, near), &mut memory);
        let Some((read, total, measured)) = found else {
            kept.leave(memory);
            return None;
        };
        let m = n as f64;
        let mean = reference.centre() + total / m;
        // around what is the mean but for some digits: the difference of two large sums would lose those of a small one
        let squares = read.squares - m * (mean - near) * (mean - near);
        let std = (n > 1).then(|| (squares.max(0.0) / (m - 1.0)).sqrt());
        let own = Self { grid, memory, n, range: (read.low, read.high), mean, std, measured };
        if !squares.is_finite() {
            own.leave(kept);
            return None;
        }
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
        let found = self.memory.found();
        let inside = [0, 1].map(|half| found.of_cell(half, cell).partition_point(|&value| holds(value)));
        let before = [cell, cell + 1].map(|border| found.before[border] as usize);
        debug_assert!(
            [0, 1].map(|half| found.of_cell(half, cell).len()).iter().sum::<usize>() == before[1] - before[0],
            "{x} was not asked for"
        );
        before[0] + inside[0] + inside[1]
    }
}

/// What the values come to: what was read of them, the sum of the values less the reference's centre, KS and Wasserstein.
fn measure(
    reference: &Ranked,
    values: &(impl Values + ?Sized),
    (edges, more): (&[f64], impl FnOnce((f64, f64)) -> Vec<f64>),
    (grid, near): (Grid, f64),
    memory: &mut Memory,
) -> Option<(Read, f64, Measured)> {
    let of_reference = reference.sorted();
    let (low, high) = of_reference.range()?;
    let centre = reference.centre();
    let Parts { ranks, ranks_of, before, halves } = memory.parts()?;
    let dropped = on_two(halves, |mut half| (half.drop_in(values, grid, (centre, near)), half));
    let [(of_first, first), (of_second, second)] = dropped;
    let read = of_first.and(&of_second);
    // NaN is not 0 either
    if read.zero != 0.0 {
        return None;
    }
    if *ranks_of != Some(grid) {
        ranks_at(of_reference.values(), grid, ranks);
        *ranks_of = Some(grid);
    }
    let cells = || first.cells.iter().zip(&*second.cells);
    let (mut n, mut total) = (0.0, 0.0);
    for (before, (a, b)) in before.iter_mut().zip(cells()) {
        *before = n as u32;
        (n, total) = (n + a[0] + b[0], total + a[1] + b[1]);
    }
    before[CELLS] = n as u32;
    let mut wanted = Set::none();
    let (low, high) = (low.min(read.low), high.max(read.high));
    let more = more((read.low, read.high));
    for edge in edges.iter().chain(&more).filter(|edge| **edge >= low && **edge <= high) {
        wanted.add(grid.cell(*edge));
    }
    let n = (of_reference.len(), n as usize);
    let both = Cells { grid, n, r: ranks, c: before };
    both.want_gaps(&mut wanted);
    let mut area = 0.0;
    for (cell, (a, b)) in cells().enumerate() {
        match both.area_of(cell, reference, (a[1] + b[1], centre)) {
            Some(part) if !wanted.has(cell) => area += part,
            _ => wanted.add(cell),
        }
    }
    on_two([first, second], |mut half| half.pick(values, &wanted));
    let found = memory.found();
    let reference = of_reference.values();
    let walked = walk(&wanted, &Walk { grid, reference, found: &found, n, smallest: low });
    area += walked.area / (n.0 as f64 * n.1 as f64);
    let measured = Measured {
        ks: Some(of_gap(walked.gap.unsigned_abs(), walked.at, n.0 as u64, n.1 as u64)),
        wasserstein: Some(area).filter(|area| area.is_finite()),
        ..Measured::default()
    };
    Some((read, total, measured))
}

/// What a walk over open cells finds.
struct Walked {
    /// n₁n₂ · sup |F₁ − F₂|, where that is in an open cell.
    gap: i64,
    /// The value where it is reached first.
    at: f64,
    /// n₁n₂ times the area between the two functions.
    area: f64,
}

/// Walks the open cells, on two threads.
fn walk(open: &Set, walk: &Walk<'_>) -> Walked {
    let cells: Vec<usize> = open.iter().collect();
    let mut passed = 0;
    let ends = cells.iter().map(|&cell| {
        passed += walk.values_in(cell);
        passed
    });
    let ends: Vec<usize> = ends.collect();
    let middle = ends.partition_point(|end| *end < passed / 2);
    let (low, high) = cells.split_at(middle);
    let [low, high] = on_two([low, high], |cells| walk.over(cells));
    let first = if high.gap > low.gap { &high } else { &low };
    Walked { gap: first.gap, at: first.at, area: low.area + high.area }
}

/// Two columns whose open cells are walked.
struct Walk<'a> {
    grid: Grid,
    reference: &'a [f64],
    found: &'a Found<'a>,
    n: (usize, usize),
    /// The smallest value of both.
    smallest: f64,
}

impl Walk<'_> {
    /// How many values of both lie in a cell.
    fn values_in(&self, cell: usize) -> usize {
        let Found { ranks, before, .. } = self.found;
        (ranks[cell + 1] - ranks[cell]) as usize + (before[cell + 1] - before[cell]) as usize
    }

    /// Walks some cells, in order.
    fn over(&self, cells: &[usize]) -> Walked {
        let (n1, n2) = (signed(self.n.0), signed(self.n.1));
        let mut walked = Walked { gap: 0, at: self.smallest, area: 0.0 };
        for &cell in cells {
            let [from, to] = [cell, cell + 1].map(|border| self.found.ranks[border] as usize);
            // the reference's values, and those of both halves, each ascending
            let (a, b, c) =
                (&self.reference[from..to], self.found.of_cell(0, cell), self.found.of_cell(1, cell));
            let (mut i, mut j, mut k) = (0, 0, 0);
            let mut gap = signed(from) * n2 - signed(self.found.before[cell] as usize) * n1;
            let mut x = self.grid.start(cell);
            // the gap before the first value is that of an earlier one
            let mut began = false;
            loop {
                // all are finite
                let head = |list: &[f64], at: usize| if at < list.len() { list[at] } else { f64::INFINITY };
                let (of_a, of_b, of_c) = (head(a, i), head(b, j), head(c, k));
                let least = |x: f64, y: f64| if x < y { x } else { y };
                let next = least(of_a, least(of_b, of_c));
                if next > x || !began {
                    // all values at most x are behind
                    if began && gap.abs() > walked.gap {
                        (walked.gap, walked.at) = (gap.abs(), x);
                    }
                    let to = if next == f64::INFINITY { self.grid.start(cell + 1) } else { next };
                    walked.area += gap.unsigned_abs() as f64 * (to - x);
                    (x, began) = (next, true);
                }
                if next == f64::INFINITY {
                    break;
                }
                // whichever it is of, without a branch: nobody could guess it
                let (is_a, is_b, is_c) = (of_a <= x, of_b <= x, of_c <= x);
                (i, j, k) = (i + usize::from(is_a), j + usize::from(is_b), k + usize::from(is_c));
                gap += n2 * i64::from(is_a) - n1 * (i64::from(is_b) + i64::from(is_c));
            }
        }
        walked
    }
}

impl Ranks for Loose {
    fn len(&self) -> usize {
        self.n
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
    r: &'a [u32],
    /// Current values before each cell.
    c: &'a [u32],
}

impl Cells<'_> {
    /// n₁n₂ (F₁ − F₂), from counts.
    fn gap(&self, r: usize, c: usize) -> i64 {
        signed(r) * signed(self.n.1) - signed(c) * signed(self.n.0)
    }

    /// How many values of each column lie before a border.
    fn at(&self, border: usize) -> (usize, usize) {
        (self.r[border] as usize, self.c[border] as usize)
    }

    /// How many values of each column lie before a cell, and before the next.
    fn ends(&self, cell: usize) -> ((usize, usize), (usize, usize)) {
        let (from, to) = (self.at(cell), self.at(cell + 1));
        ((from.0, to.0), (from.1, to.1))
    }

    /// Adds the cells that could hold the largest gap.
    fn want_gaps(&self, wanted: &mut Set) {
        let gap = |border| {
            let (r, c) = self.at(border);
            self.gap(r, c).abs()
        };
        let best = (0..=CELLS).map(gap).max().unwrap_or(0);
        for cell in 0..CELLS {
            let (r, c) = self.ends(cell);
            let most = self.gap(r.1, c.0).max(-self.gap(r.0, c.1));
            if most >= best && (r.0 < r.1 || c.0 < c.1) {
                wanted.add(cell);
            }
        }
    }

    /// The area between the functions over a cell in which they do not cross; `None` where they may. `sum` is that of the
    /// current values less `centre`.
    fn area_of(&self, cell: usize, reference: &Ranked, (sum, centre): (f64, f64)) -> Option<f64> {
        let (r, c) = self.ends(cell);
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
