//! A column that is too long to be sorted in a frame, measured against a sorted one all the same, exactly.
//!
//! Values are dropped into many narrow cells. Between cells both cumulative distributions are known; within one each only
//! rises, so that most cells can hold neither the largest gap nor a crossing, and their sums are all that an area needs. Only
//! the values of the other cells, a few in a hundred, are sorted.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pulp::Arch;

use super::column::Measured;
use super::halved::{RUN, on_two};
use super::judge::Ranks;
use super::ranked::Ranked;
use crate::drift::ks::{of_gap, signed};
use crate::drift::sorted::sort;
use crate::drift::{Bins, Sorted};

/// The most cells.
const CELLS: usize = 1 << 15;
/// Cells begin at a multiple of so many of their widths, and are a power of two wide: values that moved a little have the
/// same ones, and the reference's ranks there are known.
const STEP: f64 = (CELLS / 16) as f64;
/// So many values show about where all lie.
const SHOWN: usize = 512;

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

/// Cells of equal width.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grid {
    low: f64,
    scale: f64,
}

impl Grid {
    /// Cells over about this range: what lies beyond falls into the first and the last one. `None` where there is no such.
    fn over((low, high): (f64, f64)) -> Option<Self> {
        // in a part of the cells, so that the beginning may be rounded
        let width = ((high - low) / (CELLS as f64 * 0.75)).log2().ceil().exp2();
        let scale = 1.0 / width;
        let low = (low / (width * STEP)).floor() * (width * STEP);
        (scale.is_finite() && scale > 0.0 && low.is_finite()).then_some(Self { low, scale })
    }

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

/// What is kept from one time to the next against the same reference. A copy begins with nothing.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Memory>);

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Memory, since fresh memory costs as much as filling it, and the reference's ranks at the cells' borders.
#[derive(Debug, Default)]
struct Memory {
    halves: [Dropped; 2],
    ranks: Option<(Grid, Vec<usize>)>,
}

/// What one half of the values comes to.
#[derive(Debug, Default)]
struct Dropped {
    /// Each value's cell.
    codes: Vec<u16>,
    /// By cell: how many, and the sum of the values less the centre.
    cells: Vec<(usize, f64)>,
    /// The smallest and the largest value.
    range: (f64, f64),
    /// 0; not a number where a value is not finite.
    zero: f64,
    /// Sum of the squares of the values less a number near the mean.
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
        let mut memory = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Memory { halves: [first, second], ranks } = &mut *memory;
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
        let mut before = Vec::with_capacity(CELLS + 1);
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
        let cells = Cells { grid, n, r: ranks, c: &before };
        cells.want_gaps(&mut wanted);
        let sum = |cell: usize| first.cells[cell].1 + second.cells[cell].1;
        let mut area = 0.0;
        for (cell, wanted) in wanted.iter_mut().enumerate() {
            match cells.area_of(cell, reference, (sum(cell), centre)) {
                Some(part) if !*wanted => area += part,
                _ => *wanted = true,
            }
        }
        let mut open = vec![None; CELLS];
        let mut at = 0;
        for (cell, open) in open.iter_mut().enumerate().filter(|(cell, _)| wanted[*cell]) {
            *open = Some(at);
            at += before[cell + 1] - before[cell];
        }
        let picked = on_two([(0..half, &first.codes), (half..n.1, &second.codes)], |(rows, codes)| {
            pick(rows, &fill, codes, &wanted)
        });
        let sorted = sorted_by_cell(&picked, &open, at);
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
            open,
            sorted,
            range,
            mean,
            std: (n.1 > 1).then(|| (squares.max(0.0) / (m - 1.0)).sqrt()),
            measured: Measured::default(),
            before,
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

/// About the range of values, with some room, and about their mean; `None` without values.
fn shown(n: usize, fill: &impl Fn(usize, &mut [f64])) -> Option<((f64, f64), f64)> {
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut sum, mut count) = (0.0, 0);
    for row in (0..n).step_by(n.div_ceil(SHOWN).max(1)) {
        let mut value = [0.0];
        fill(row, &mut value);
        range = (range.0.min(value[0]), range.1.max(value[0]));
        (sum, count) = (sum + value[0], count + 1);
    }
    let room = (range.1 - range.0) / 4.0;
    (count > 0).then(|| ((range.0 - room, range.1 + room), sum / f64::from(count)))
}

impl Dropped {
    /// Drops values into their cells.
    fn drop_in(
        &mut self,
        rows: Range<usize>,
        fill: &impl Fn(usize, &mut [f64]),
        grid: Grid,
        (centre, near): (f64, f64),
    ) {
        self.codes.clear();
        self.codes.resize(rows.len(), 0);
        self.cells.clear();
        self.cells.resize(CELLS, (0, 0.0));
        (self.range, self.zero, self.squares) = ((f64::INFINITY, f64::NEG_INFINITY), 0.0, 0.0);
        let mut values = vec![0.0; RUN];
        let arch = Arch::new();
        for (run, codes) in self.codes.chunks_mut(RUN).enumerate() {
            let values = &mut values[..codes.len()];
            // first what a processor does many at a time
            let read = arch.dispatch(|| {
                fill(rows.start + run * RUN, values);
                codes.iter_mut().zip(&*values).for_each(|(code, &value)| *code = grid.code(value));
                Read::of(values, near)
            });
            self.range = (self.range.0.min(read.low), self.range.1.max(read.high));
            self.zero += read.zero;
            self.squares += read.squares;
            for (&code, value) in codes.iter().zip(&*values) {
                let cell = &mut self.cells[usize::from(code)];
                cell.0 += 1;
                cell.1 += value - centre;
            }
        }
    }
}

/// What is read of a run of values.
struct Read {
    low: f64,
    high: f64,
    zero: f64,
    squares: f64,
}

impl Read {
    #[inline(always)]
    fn of(values: &[f64], near: f64) -> Self {
        const LANES: usize = 16;
        let mut low = [f64::INFINITY; LANES];
        let mut high = [f64::NEG_INFINITY; LANES];
        let mut squares = [0.0; LANES];
        // zero times infinity and NaN are NaN
        let mut zero = [0.0; LANES];
        let (groups, rest) = values.as_chunks::<LANES>();
        let square = |value: f64| (value - near) * (value - near);
        for group in groups {
            for lane in 0..LANES {
                let value = group[lane];
                low[lane] = if value < low[lane] { value } else { low[lane] };
                high[lane] = if value > high[lane] { value } else { high[lane] };
                squares[lane] += square(value);
                zero[lane] += value * 0.0;
            }
        }
        Self {
            low: low.iter().chain(rest).copied().fold(f64::INFINITY, f64::min),
            high: high.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max),
            zero: zero.iter().sum::<f64>() + rest.iter().map(|value| value * 0.0).sum::<f64>(),
            squares: squares.iter().sum::<f64>() + rest.iter().copied().map(square).sum::<f64>(),
        }
    }
}

/// How many of the sorted values lie in the cells before each, and in all.
fn ranks_at(sorted: &[f64], grid: Grid) -> Vec<usize> {
    let half = |cells: Range<usize>| {
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
    };
    let mut ranks = on_two([0..CELLS / 2, CELLS / 2..CELLS], half).concat();
    ranks.push(sorted.len());
    ranks
}

/// The values of the wanted cells, with their cells.
fn pick(
    rows: Range<usize>,
    fill: &impl Fn(usize, &mut [f64]),
    codes: &[u16],
    wanted: &[bool],
) -> Vec<(u16, f64)> {
    // so many of a run that making all of them again is quicker than one after another
    const MANY: usize = RUN / 8;
    let mut found = Vec::new();
    let mut all = vec![0.0; RUN];
    for (run, codes) in codes.chunks(RUN).enumerate() {
        let from = rows.start + run * RUN;
        let is_wanted = |code: &u16| wanted[usize::from(*code)];
        let many = codes.iter().filter(|code| is_wanted(code)).count() > MANY;
        if many {
            fill(from, &mut all[..codes.len()]);
        }
        for (at, code) in codes.iter().enumerate().filter(|(_, code)| is_wanted(code)) {
            if !many {
                fill(from + at, &mut all[at..=at]);
            }
            found.push((*code, all[at]));
        }
    }
    found
}

/// Values sorted into the open cells, `n` in all; `open` says where each begins.
fn sorted_by_cell(picked: &[Vec<(u16, f64)>; 2], open: &[Option<usize>], n: usize) -> Vec<f64> {
    let mut sorted = vec![0.0; n];
    let mut next: Vec<usize> = open.iter().map(|at| at.unwrap_or(0)).collect();
    for &(code, value) in picked.iter().flatten() {
        let at = &mut next[usize::from(code)];
        sorted[*at] = value;
        *at += 1;
    }
    // where cells begin, and the end: halves of about as many values
    let begins: Vec<usize> = open.iter().flatten().copied().chain([n]).collect();
    let half = begins.partition_point(|&at| at < n / 2);
    let (low, high) = sorted.split_at_mut(begins[half]);
    on_two([(low, &begins[..=half]), (high, &begins[half..])], |(values, begins)| {
        for ends in begins.windows(2) {
            sort(&mut values[ends[0] - begins[0]..ends[1] - begins[0]]);
        }
    });
    sorted
}
