//! The matrix of sums of products of all pairs of columns, in one pass over the rows.
//!
//! Two kernels of one shape: `f64` with fused multiply-adds in register tiles of 4 x 4 (3 x 3 where there are only
//! sixteen vector registers), and double-double in tiles of 2 x 2. Sums run per lane and block, then over blocks,
//! then over chunks, which keeps the rounding error of the `f64` kernel near that of pairwise summation
//! (N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 4.2).

use std::marker::PhantomData;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::dd::{Dd, add_lanes, two_product, two_sum};
use super::frame::{Packed, Scaled, blocks, over_chunks};

/// Sums of products of all pairs of the columns and, last, a column of ones (so: also sums, and the row count).
#[derive(Debug, Clone)]
pub(super) struct Moments {
    size: usize,
    upper: Vec<Dd>,
}

impl Moments {
    fn zero(size: usize) -> Self {
        Self { size, upper: vec![Dd::ZERO; size * (size + 1) / 2] }
    }

    fn place(&self, first: usize, second: usize) -> usize {
        let (low, high) = if first <= second { (first, second) } else { (second, first) };
        low * self.size - low * (low + 1) / 2 + high
    }

    /// The sum of products of two columns.
    pub(super) fn product(&self, first: usize, second: usize) -> Dd {
        self.upper.get(self.place(first, second)).copied().unwrap_or_default()
    }

    /// The sum of a column.
    pub(super) fn sum(&self, column: usize) -> Dd {
        self.product(column, self.size - 1)
    }

    /// Whether all sums are finite, which they are not if a value is not or a product leaves the range of `f64`.
    pub(super) fn is_finite(&self) -> bool {
        self.upper.iter().all(|sum| sum.is_finite())
    }

    fn add(mut self, other: &Self) -> Self {
        for (sum, part) in self.upper.iter_mut().zip(&other.upper) {
            *sum += *part;
        }
        self
    }
}

/// The sums in `f64`: relative error about 1e-16 of the sum of absolute products.
pub(super) fn fast(columns: &[Scaled<'_>], threads: usize) -> Moments {
    collect::<Fast>(columns, threads)
}

/// The sums in double-double: relative error about 1e-31 of the sum of absolute products.
pub(super) fn extended(columns: &[Scaled<'_>], threads: usize) -> Moments {
    collect::<Extended>(columns, threads)
}

fn collect<K: Kernel>(columns: &[Scaled<'_>], threads: usize) -> Moments {
    let rows = columns.first().map_or(0, |column| column.values.len());
    let parts = over_chunks(rows, threads, |rows| {
        Arch::new().dispatch(Task { columns, rows, kernel: PhantomData::<K> })
    });
    parts.iter().fold(Moments::zero(columns.len() + 1), Moments::add)
}

/// What a tile adds up, and how.
trait Kernel {
    /// Vectors held for each pair of columns.
    const PARTS: usize;

    /// Adds the products of the columns of two groups to `total`, [`Kernel::PARTS`] vectors for each pair.
    fn tile<S: Simd, const A: usize, const B: usize>(
        simd: S,
        a: &[S::f64s],
        b: &[S::f64s],
        total: &mut [S::f64s],
    );

    /// One pair's sum.
    fn finish<S: Simd>(simd: S, total: &[S::f64s]) -> Dd;

    /// Runs with the number of columns in a group that suits the registers.
    fn run<S: Simd>(simd: S, columns: &[Scaled<'_>], rows: Range<usize>) -> Moments;
}

struct Fast;

impl Kernel for Fast {
    const PARTS: usize = 1;

    #[inline(always)]
    fn tile<S: Simd, const A: usize, const B: usize>(
        simd: S,
        a: &[S::f64s],
        b: &[S::f64s],
        total: &mut [S::f64s],
    ) {
        let mut sums = [[simd.splat_f64s(0.0); B]; A];
        for (a, b) in a.as_chunks::<A>().0.iter().zip(b.as_chunks::<B>().0) {
            for (sums, a) in sums.iter_mut().zip(a) {
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = simd.mul_add_f64s(*a, *b, *sum);
                }
            }
        }
        for (total, sum) in total.iter_mut().zip(sums.as_flattened()) {
            *total = simd.add_f64s(*total, *sum);
        }
    }

    #[inline(always)]
    fn finish<S: Simd>(simd: S, total: &[S::f64s]) -> Dd {
        total.iter().fold(Dd::ZERO, |sum, part| sum + add_lanes::<S>(*part, simd.splat_f64s(0.0)))
    }

    #[inline(always)]
    fn run<S: Simd>(simd: S, columns: &[Scaled<'_>], rows: Range<usize>) -> Moments {
        if S::REGISTER_COUNT >= 32 {
            chunk::<S, Self, 4>(simd, columns, rows)
        } else {
            chunk::<S, Self, 3>(simd, columns, rows)
        }
    }
}

struct Extended;

impl Kernel for Extended {
    const PARTS: usize = 2;

    #[inline(always)]
    fn tile<S: Simd, const A: usize, const B: usize>(
        simd: S,
        a: &[S::f64s],
        b: &[S::f64s],
        total: &mut [S::f64s],
    ) {
        let mut sums = [[(simd.splat_f64s(0.0), simd.splat_f64s(0.0)); B]; A];
        for (sum, total) in sums.as_flattened_mut().iter_mut().zip(total.as_chunks::<2>().0) {
            *sum = (total[0], total[1]);
        }
        for (a, b) in a.as_chunks::<A>().0.iter().zip(b.as_chunks::<B>().0) {
            for (sums, a) in sums.iter_mut().zip(a) {
                for ((high, low), b) in sums.iter_mut().zip(b) {
                    let (product, product_error) = two_product(simd, *a, *b);
                    let (sum, sum_error) = two_sum(simd, *high, product);
                    *high = sum;
                    *low = simd.add_f64s(*low, simd.add_f64s(sum_error, product_error));
                }
            }
        }
        for (sum, total) in sums.as_flattened().iter().zip(total.as_chunks_mut::<2>().0) {
            *total = [sum.0, sum.1];
        }
    }

    #[inline(always)]
    fn finish<S: Simd>(_: S, total: &[S::f64s]) -> Dd {
        total.as_chunks::<2>().0.iter().fold(Dd::ZERO, |sum, pair| sum + add_lanes::<S>(pair[0], pair[1]))
    }

    #[inline(always)]
    fn run<S: Simd>(simd: S, columns: &[Scaled<'_>], rows: Range<usize>) -> Moments {
        chunk::<S, Self, 2>(simd, columns, rows)
    }
}

/// One chunk of rows, to be run with the instructions that the processor has.
struct Task<'a, K> {
    columns: &'a [Scaled<'a>],
    rows: Range<usize>,
    kernel: PhantomData<K>,
}

impl<K: Kernel> WithSimd for Task<'_, K> {
    type Output = Moments;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Moments {
        let Self { columns, rows, kernel: _ } = self;
        K::run(simd, columns, rows)
    }
}

#[inline(always)]
fn chunk<S: Simd, K: Kernel, const G: usize>(simd: S, columns: &[Scaled<'_>], rows: Range<usize>) -> Moments {
    let mut packed = Packed::<S, G>::new(simd, columns.len(), rows.len());
    let groups = packed.groups();
    let tile = G * G * K::PARTS;
    let mut totals = vec![simd.splat_f64s(0.0); groups * (groups + 1) / 2 * tile];
    for block in blocks(rows) {
        packed.fill(simd, columns, &block);
        let mut tiles = totals.chunks_exact_mut(tile);
        for first in 0..groups {
            for second in first..groups {
                let Some(total) = tiles.next() else { break };
                let (a, b) = (packed.group(first), packed.group(second));
                match (packed.width(first), packed.width(second)) {
                    (4, 4) if G >= 4 => K::tile::<S, 4, 4>(simd, a, b, total),
                    (4, 3) if G >= 4 => K::tile::<S, 4, 3>(simd, a, b, total),
                    (4, 2) if G >= 4 => K::tile::<S, 4, 2>(simd, a, b, total),
                    (4, 1) if G >= 4 => K::tile::<S, 4, 1>(simd, a, b, total),
                    (3, 3) if G >= 3 => K::tile::<S, 3, 3>(simd, a, b, total),
                    (3, 2) if G >= 3 => K::tile::<S, 3, 2>(simd, a, b, total),
                    (3, 1) if G >= 3 => K::tile::<S, 3, 1>(simd, a, b, total),
                    (2, 2) => K::tile::<S, 2, 2>(simd, a, b, total),
                    (2, 1) => K::tile::<S, 2, 1>(simd, a, b, total),
                    _ => K::tile::<S, 1, 1>(simd, a, b, total),
                }
            }
        }
    }
    let mut moments = Moments::zero(columns.len() + 1);
    let mut tiles = totals.chunks_exact(tile);
    for first in 0..groups {
        for second in first..groups {
            let Some(total) = tiles.next() else { break };
            let pairs = (0..packed.width(first))
                .flat_map(|i| (0..packed.width(second)).map(move |j| (first * G + i, second * G + j)));
            for ((i, j), total) in pairs.zip(total.chunks_exact(K::PARTS)) {
                if i <= j {
                    let place = moments.place(i, j);
                    if let Some(sum) = moments.upper.get_mut(place) {
                        *sum = K::finish(simd, total);
                    }
                }
            }
        }
    }
    moments
}
