//! How the columns of a design are read: scaled by powers of two, shifted, and packed block by block.
//!
//! Scaling by a power of two and a shift that Sterbenz' lemma covers (`x` and the shift within a factor of two of
//! each other) lose nothing, so that what the kernels see still *is* the data.

use std::ops::Range;

use pulp::Simd;

/// Rows that are packed and multiplied at a time; a block of twenty columns stays in the second-level cache.
pub(super) const BLOCK: usize = 512;

/// Rows that one task sums before results are added, in row order, whatever the number of threads.
const CHUNK: usize = 128 * BLOCK;

/// A column and how it is read: `x * scale - shift`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scaled<'a> {
    /// The raw values.
    pub(super) values: &'a [f64],
    /// A power of two.
    pub(super) scale: f64,
    /// What is taken off after scaling.
    pub(super) shift: f64,
}

/// The smallest and the largest value of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    min: f64,
    max: f64,
}

impl<'a> Scaled<'a> {
    /// A good but not exact frame from 128 rows spread over the column: near their mean (when `centre`) and sd.
    pub(super) fn sampled(values: &'a [f64], centre: bool) -> Self {
        let step = values.len().div_ceil(128).max(1);
        let sample: Vec<f64> = values.iter().copied().step_by(step).collect();
        let part = 1.0 / sample.len().max(1) as f64;
        let mean: f64 = sample.iter().map(|x| x * part).sum();
        let origin = if centre { mean } else { 0.0 };
        let largest = sample.iter().fold(0.0_f64, |most, x| most.max((x - origin).abs()));
        let spread = if largest > 0.0 {
            largest * sample.iter().map(|x| ((x - origin) / largest).powi(2) * part).sum::<f64>().sqrt()
        } else {
            mean.abs()
        };
        let scale = inverse_power_of_two(spread);
        // A shift with few bits: then the difference is exact for most data that were decimals or integers.
        let shift = (origin * scale * 8.0).round() / 8.0;
        Self { values, scale, shift }
    }

    /// A frame that changes no value: an exact power of two, and a shift only where the difference is exact.
    pub(super) fn exact(values: &'a [f64], span: Span, centre: bool) -> Self {
        let Span { min, max } = span;
        let middle = f64::midpoint(min, max);
        let near = |x: f64| x.abs() >= middle.abs() * 0.5 && x.abs() <= middle.abs() * 2.0;
        let shift =
            if centre && min.signum() == max.signum() && near(min) && near(max) { middle } else { 0.0 };
        let reach = (min - shift).abs().max((max - shift).abs());
        let scale = inverse_power_of_two(if reach > 0.0 { reach } else { shift.abs() });
        Self { values, scale, shift: shift * scale }
    }

    /// Writes rows of this column as vectors at every `stride`-th place of `out`, starting at `place`; rows that
    /// fill up the last vector are 0.
    #[inline(always)]
    fn pack<S: Simd>(self, simd: S, rows: Range<usize>, out: &mut [S::f64s], place: usize, stride: usize) {
        let Some(values) = self.values.get(rows) else { return };
        let scale = simd.splat_f64s(self.scale);
        let shift = simd.splat_f64s(-self.shift);
        let (head, tail) = S::as_simd_f64s(values);
        let mut slots = out.chunks_exact_mut(stride);
        for (slot, x) in slots.by_ref().zip(head) {
            slot[place] = simd.mul_add_f64s(*x, scale, shift);
        }
        if tail.is_empty() {
            return;
        }
        let mut rest = [0.0; 64];
        for (slot, x) in rest.iter_mut().zip(tail) {
            *slot = x * self.scale - self.shift;
        }
        if let Some(slot) = out.chunks_exact_mut(stride).nth(head.len()) {
            slot[place] = simd.partial_load_f64s(&rest[..S::F64_LANES]);
        }
    }
}

/// Finds the smallest and largest value, or the first row that is not finite.
pub(super) fn span(values: &[f64]) -> Result<Span, usize> {
    // In eight lanes, so that the compiler can use vectors: `x * 0` is NaN exactly where x is not finite.
    let (head, tail) = values.as_chunks::<8>();
    let first = values.first().copied().unwrap_or(0.0);
    let (mut min, mut max, mut check) = ([first; 8], [first; 8], [0.0; 8]);
    for eight in head {
        for (lane, x) in eight.iter().enumerate() {
            min[lane] = if *x < min[lane] { *x } else { min[lane] };
            max[lane] = if *x > max[lane] { *x } else { max[lane] };
            check[lane] += x * 0.0;
        }
    }
    for x in tail {
        min[0] = min[0].min(*x);
        max[0] = max[0].max(*x);
        check[0] += x * 0.0;
    }
    if check.iter().sum::<f64>().is_nan()
        && let Some(row) = values.iter().position(|x| !x.is_finite())
    {
        return Err(row);
    }
    Ok(Span { min: min.into_iter().fold(first, f64::min), max: max.into_iter().fold(first, f64::max) })
}

/// The power of two that brings `size` into [1, 2), within what an `f64` can hold; 1 for 0 and what is not finite.
fn inverse_power_of_two(size: f64) -> f64 {
    if size == 0.0 || !size.is_finite() {
        return 1.0;
    }
    let exponent = if size < f64::MIN_POSITIVE { -1022 } else { i64::from(exponent_of(size)) };
    power_of_two(-exponent.clamp(-1020, 1020))
}

/// `value * up / down` for powers of two, without leaving the range of `f64` on the way.
pub(super) fn rescale(value: f64, up: f64, down: f64) -> f64 {
    let exponent = i64::from(exponent_of(up) - exponent_of(down));
    let half = exponent / 2;
    value * power_of_two(half) * power_of_two(exponent - half)
}

/// The exponent of a positive normal number.
fn exponent_of(size: f64) -> i32 {
    ((size.abs().to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// 2^exponent for exponents of normal numbers.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits((exponent + 1023).cast_unsigned() << 52)
}

/// A block of rows of all columns and a column of ones behind them, as vectors: groups of `G` columns, within a
/// group one vector of each column in turn. The last group is as narrow as what is left.
pub(super) struct Packed<S: Simd, const G: usize> {
    vectors: Vec<S::f64s>,
    columns: usize,
    steps: usize,
}

impl<S: Simd, const G: usize> Packed<S, G> {
    /// Room for blocks of at most `rows` rows of the columns and the ones.
    #[inline(always)]
    pub(super) fn new(simd: S, columns: usize, rows: usize) -> Self {
        let steps = rows.min(BLOCK).div_ceil(S::F64_LANES);
        Self { vectors: vec![simd.splat_f64s(0.0); (columns + 1) * steps], columns: columns + 1, steps }
    }

    /// The number of groups.
    #[inline(always)]
    pub(super) fn groups(&self) -> usize {
        self.columns.div_ceil(G)
    }

    /// The number of columns of a group.
    #[inline(always)]
    pub(super) fn width(&self, group: usize) -> usize {
        G.min(self.columns.saturating_sub(group * G))
    }

    /// The vectors of a group.
    #[inline(always)]
    pub(super) fn group(&self, group: usize) -> &[S::f64s] {
        let start = group * G * self.steps;
        &self.vectors[start..start + self.width(group) * self.steps]
    }

    /// Reads a block of rows.
    #[inline(always)]
    pub(super) fn fill(&mut self, simd: S, columns: &[Scaled<'_>], rows: &Range<usize>) {
        let steps = rows.len().div_ceil(S::F64_LANES);
        if steps < self.steps {
            self.steps = steps;
        }
        let ones = [1.0; BLOCK];
        let ones = Scaled { values: &ones, scale: 1.0, shift: 0.0 };
        for index in 0..self.columns {
            let (group, place) = (index / G, index % G);
            let (start, width) = (group * G * self.steps, self.width(group));
            let out = &mut self.vectors[start..start + width * self.steps];
            match columns.get(index) {
                Some(column) => column.pack(simd, rows.clone(), out, place, width),
                None => ones.pack(simd, 0..rows.len(), out, place, width),
            }
        }
    }
}

/// The blocks of a range of rows, first to last.
pub(super) fn blocks(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(BLOCK).map(move |start| start..(start + BLOCK).min(end))
}

/// Runs `work` on fixed chunks of `rows` rows, on at most `threads` threads, and returns the results in row order:
/// they do not depend on the number of threads.
pub(super) fn over_chunks<T: Send>(
    rows: usize,
    threads: usize,
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    let chunks = rows.div_ceil(CHUNK).max(1);
    let range = |chunk: usize| chunk * CHUNK..((chunk + 1) * CHUNK).min(rows);
    let threads = threads.clamp(1, chunks);
    let share = |thread: usize| {
        (thread..chunks).step_by(threads).map(|chunk| (chunk, work(range(chunk)))).collect::<Vec<_>>()
    };
    let mut results = std::thread::scope(|scope| {
        let share = &share;
        let started: Vec<_> = (1..threads)
            .map(|thread| {
                let builder = std::thread::Builder::new().name(format!("ols-{thread}"));
                (thread, builder.spawn_scoped(scope, move || share(thread)))
            })
            .collect();
        let mut results = share(0);
        for (thread, handle) in started {
            results.extend(match handle {
                Ok(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(_) => share(thread),
            });
        }
        results
    });
    results.sort_by_key(|(chunk, _)| *chunk);
    results.into_iter().map(|(_, result)| result).collect()
}
