//! Values dropped into cells by two threads, and those of some cells sorted.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pulp::Arch;

use super::halved::{RUN, on_two};
use crate::drift::sorted::sort;

/// The most cells.
pub(super) const CELLS: usize = 1 << 15;
/// Cells begin at a multiple of so many of their widths, and are a power of two wide: values that moved a little have the
/// same ones, and the reference's ranks there are known.
const STEP: f64 = (CELLS / 16) as f64;
/// So many values show about where all lie.
const SHOWN: usize = 512;

/// Cells of equal width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grid {
    low: f64,
    scale: f64,
}

impl Grid {
    /// Cells over about this range: what lies beyond falls into the first and the last one. `None` where there is no such.
    pub(super) fn over((low, high): (f64, f64)) -> Option<Self> {
        // in a part of the cells, so that the beginning may be rounded
        let width = ((high - low) / (CELLS as f64 * 0.75)).log2().ceil().exp2();
        let scale = 1.0 / width;
        let low = (low / (width * STEP)).floor() * (width * STEP);
        (scale.is_finite() && scale > 0.0 && low.is_finite()).then_some(Self { low, scale })
    }

    /// The cell of a value: never falls as the value rises, which is all that is asked of it.
    #[inline(always)]
    pub(super) fn cell(self, value: f64) -> usize {
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
    pub(super) fn start(self, cell: usize) -> f64 {
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
pub(super) struct Memory {
    pub(super) halves: [Dropped; 2],
    pub(super) ranks: Option<(Grid, Vec<usize>)>,
    /// Of what was measured last, if it was given back.
    pub(super) before: Vec<usize>,
    pub(super) open: Vec<Option<usize>>,
    pub(super) sorted: Vec<f64>,
}

impl Kept {
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one half of the values comes to.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    /// Each value's cell.
    codes: Vec<u16>,
    /// By cell: how many, and the sum of the values less the centre.
    pub(super) cells: Vec<(usize, f64)>,
    /// The values of the open cells, those of a cell beside each other.
    picked: Vec<f64>,
    /// The smallest and the largest value.
    pub(super) range: (f64, f64),
    /// 0; not a number where a value is not finite.
    pub(super) zero: f64,
    /// Sum of the squares of the values less a number near the mean.
    pub(super) squares: f64,
}

/// About the range of values, with some room, and about their mean; `None` without values.
pub(super) fn shown(n: usize, fill: &impl Fn(usize, &mut [f64])) -> Option<((f64, f64), f64)> {
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
    pub(super) fn drop_in(
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

impl Dropped {
    /// Makes the values of the wanted cells again, those of a cell beside each other.
    pub(super) fn pick(&mut self, rows: Range<usize>, fill: &impl Fn(usize, &mut [f64]), wanted: &[bool]) {
        // so many of a run that making all of them again is quicker than one after another
        const MANY: usize = RUN / 8;
        let mut n = 0;
        let mut next: Vec<usize> = Vec::with_capacity(CELLS);
        for (cell, wanted) in self.cells.iter().zip(wanted) {
            next.push(n);
            n += if *wanted { cell.0 } else { 0 };
        }
        self.picked.clear();
        self.picked.resize(n, 0.0);
        let mut all = vec![0.0; RUN];
        for (run, codes) in self.codes.chunks(RUN).enumerate() {
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
                let place = &mut next[usize::from(*code)];
                self.picked[*place] = all[at];
                *place += 1;
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
pub(super) fn ranks_at(sorted: &[f64], grid: Grid) -> Vec<usize> {
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

/// The values of the open cells from two halves, sorted, `n` in all; `open` says where each cell begins.
pub(super) fn sort_cells(halves: [&Dropped; 2], open: &[Option<usize>], (sorted, n): (&mut Vec<f64>, usize)) {
    sorted.clear();
    sorted.resize(n, 0.0);
    // where cells begin in each half, and in all
    let mut ends = (0, 0);
    let mut cells: Vec<[usize; 3]> = Vec::new();
    for (cell, at) in open.iter().enumerate().filter_map(|(cell, at)| Some((cell, (*at)?))) {
        cells.push([ends.0, ends.1, at]);
        ends = (ends.0 + halves[0].cells[cell].0, ends.1 + halves[1].cells[cell].0);
    }
    cells.push([ends.0, ends.1, n]);
    // parts of about as many values
    let middle = cells.partition_point(|[.., at]| *at < n / 2);
    let (low, high) = sorted.split_at_mut(cells[middle][2]);
    on_two([(low, &cells[..=middle]), (high, &cells[middle..])], |(values, cells)| {
        for ends in cells.windows(2) {
            let [from, to] = [ends[0], ends[1]];
            let values = &mut values[from[2] - cells[0][2]..to[2] - cells[0][2]];
            let (a, b) = values.split_at_mut(to[0] - from[0]);
            a.copy_from_slice(&halves[0].picked[from[0]..to[0]]);
            b.copy_from_slice(&halves[1].picked[from[1]..to[1]]);
            sort(values);
        }
    });
}
