//! Values dropped into cells by two threads, and those of some cells sorted.

use pulp::{Arch, Simd, WithSimd};

use super::halved::{RUN, Values, on_two};
use super::memory::HalfParts;
use crate::drift::sorted::sort;

/// The number of cells.
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

/// About the range of values, with some room, and about their mean; `None` without values.
pub(super) fn shown(values: &(impl Values + ?Sized)) -> Option<((f64, f64), f64)> {
    let n = values.rows();
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut sum, mut count) = (0.0, 0);
    for row in (0..n).step_by(n.div_ceil(SHOWN).max(1)) {
        let mut value = [0.0];
        values.write(row, &mut value);
        range = (range.0.min(value[0]), range.1.max(value[0]));
        (sum, count) = (sum + value[0], count + 1);
    }
    let room = (range.1 - range.0) / 4.0;
    (count > 0).then(|| ((range.0 - room, range.1 + room), sum / f64::from(count)))
}

/// Cells, a bit each.
pub(super) struct Set(Box<[u64; CELLS / 64]>);

impl Set {
    pub(super) fn none() -> Self {
        Self(Box::new([0; CELLS / 64]))
    }

    #[inline(always)]
    pub(super) fn has(&self, cell: usize) -> bool {
        self.bit(cell) == 1
    }

    #[inline(always)]
    fn bit(&self, cell: usize) -> u64 {
        // no cell lies beyond, which a compiler can't know
        self.0[cell / 64 % (CELLS / 64)] >> (cell % 64) & 1
    }

    pub(super) fn add(&mut self, cell: usize) {
        self.0[cell / 64] |= 1 << (cell % 64);
    }

    /// Those that are in it, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, &bits)| {
            std::iter::successors(Some(bits), |bits| Some(bits & bits.wrapping_sub(1)))
                .take_while(|bits| *bits != 0)
                .map(move |bits| at * 64 + bits.trailing_zeros() as usize)
        })
    }
}

impl HalfParts<'_> {
    /// Drops values into their cells.
    pub(super) fn drop_in(
        &mut self,
        values: &(impl Values + ?Sized),
        grid: Grid,
        (centre, near): (f64, f64),
    ) -> Read {
        self.cells.fill([0.0; 2]);
        let mut all = Read::default();
        let arch = Arch::new();
        for (run, codes) in self.codes.chunks_mut(RUN).enumerate() {
            let made = &mut self.run[..codes.len()];
            let from = self.rows.start + run * RUN;
            // first what a processor does many at a time
            all = all.and(&arch.dispatch(Code { values, from, made, codes, grid, near }));
            for (&code, value) in codes.iter().zip(&*made) {
                let cell = &mut self.cells[usize::from(code)];
                // as numbers both, which are added at once; whole ones are exact up to 2^53
                *cell = [cell[0] + 1.0, cell[1] + (value - centre)];
            }
        }
        all
    }

    /// Makes the values of the wanted cells again, and sorts those of each.
    pub(super) fn pick(&mut self, values: &(impl Values + ?Sized), wanted: &Set) {
        // so many of a run that making all of them again is quicker than one after another
        const MANY: usize = RUN / 8;
        let mut n = 0;
        for (cell, ([many, _], end)) in self.cells.iter().zip(&mut *self.ends).enumerate() {
            // where the cell begins; each value that comes moves it on
            *end = n;
            n += if wanted.has(cell) { *many as u32 } else { 0 };
        }
        let mut places = [0_u16; RUN];
        for (run, codes) in self.codes.chunks(RUN).enumerate() {
            let from = self.rows.start + run * RUN;
            // every place is written down, and the next one over it where its value is not wanted: there is nothing to guess
            let mut found = 0;
            for (at, &code) in codes.iter().enumerate() {
                places[found % RUN] = at as u16;
                found += wanted.bit(usize::from(code)) as usize;
            }
            let places = &places[..found];
            let many = found > MANY;
            if many {
                values.write(from, &mut self.run[..codes.len()]);
            }
            for at in places.iter().copied().map(usize::from) {
                if !many {
                    values.write(from + at, &mut self.run[at..=at]);
                }
                let place = &mut self.ends[usize::from(codes[at])];
                self.picked[*place as usize] = self.run[at];
                *place += 1;
            }
        }
        for cell in wanted.iter() {
            let from = if cell == 0 { 0 } else { self.ends[cell - 1] };
            sort(&mut self.picked[from as usize..self.ends[cell] as usize]);
        }
    }
}

/// Makes a run of values, finds their cells and reads them.
struct Code<'a, V: ?Sized> {
    values: &'a V,
    from: usize,
    made: &'a mut [f64],
    codes: &'a mut [u16],
    grid: Grid,
    near: f64,
}

impl<V: Values + ?Sized> WithSimd for Code<'_, V> {
    type Output = Read;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Read {
        let Self { values, from, made, codes, grid, near } = self;
        values.write(from, made);
        // of one length, which a compiler is to see
        let (made, codes) = (&*made, &mut codes[..made.len()]);
        for at in 0..made.len() {
            codes[at] = grid.code(made[at]);
        }
        Read::of(made, near)
    }
}

/// What is read of a run of values.
pub(super) struct Read {
    /// The smallest value.
    pub(super) low: f64,
    /// The largest one.
    pub(super) high: f64,
    /// 0; not a number where a value is not finite.
    pub(super) zero: f64,
    /// Sum of the squares of the values less a number near the mean.
    pub(super) squares: f64,
}

impl Default for Read {
    fn default() -> Self {
        Self { low: f64::INFINITY, high: f64::NEG_INFINITY, zero: 0.0, squares: 0.0 }
    }
}

impl Read {
    /// Of both.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            zero: self.zero + other.zero,
            squares: self.squares + other.squares,
        }
    }

    #[inline(always)]
    #[expect(
        clippy::needless_range_loop,
        reason = "what an iterator calls is not always compiled for wide vectors"
    )]
    fn of(values: &[f64], near: f64) -> Self {
        const LANES: usize = 16;
        let mut low = [f64::INFINITY; LANES];
        let mut high = [f64::NEG_INFINITY; LANES];
        let mut squares = [0.0; LANES];
        // zero times infinity and NaN are NaN
        let mut zero = [0.0; LANES];
        let (groups, rest) = values.as_chunks::<LANES>();
        for at in 0..groups.len() {
            for lane in 0..LANES {
                let value = groups[at][lane];
                low[lane] = if value < low[lane] { value } else { low[lane] };
                high[lane] = if value > high[lane] { value } else { high[lane] };
                squares[lane] += (value - near) * (value - near);
                zero[lane] += value * 0.0;
            }
        }
        let mut all = Self::default();
        for lane in 0..LANES {
            let [low, high] = [low[lane], high[lane]];
            all = all.and(&Self { low, high, zero: zero[lane], squares: squares[lane] });
        }
        for &value in rest {
            let squares = (value - near) * (value - near);
            all = all.and(&Self { low: value, high: value, zero: value * 0.0, squares });
        }
        all
    }
}

/// Writes down how many of the sorted values lie in the cells before each, and in all.
pub(super) fn ranks_at(sorted: &[f64], grid: Grid, ranks: &mut [u32]) {
    let half = |(first, ranks): (usize, &mut [u32])| {
        let mut at = sorted.partition_point(|&value| grid.cell(value) < first);
        for (cell, rank) in ranks.iter_mut().enumerate().map(|(at, rank)| (first + at, rank)) {
            *rank = at as u32;
            // in steps that double: the next border is near
            let mut step = 1;
            while at + step < sorted.len() && grid.cell(sorted[at + step]) <= cell {
                at += step;
                step *= 2;
            }
            let end = (at + step).min(sorted.len());
            at += sorted[at..end].partition_point(|&value| grid.cell(value) <= cell);
        }
    };
    let (low, high) = ranks.split_at_mut(CELLS / 2);
    // the last is that of a cell beyond all
    on_two([(0, low), (CELLS / 2, high)], half);
}
