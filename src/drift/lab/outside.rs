//! Rows with a value that training never saw the like of, one bit a row, so that a move of one input asks for that input alone.

use pulp::{Arch, Simd, WithSimd};

use super::ranked::{Affine, touch};

/// A bit for each row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outside {
    bits: Vec<u64>,
}

impl Outside {
    /// From a flag for each row.
    #[must_use]
    pub fn new(flags: &[bool]) -> Self {
        Self::of(flags, |&flag| flag)
    }

    /// The rows whose moved value lies outside a range; a missing value is inside.
    #[must_use]
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch, many rows are asked at once")]
    pub fn of_moved(values: &[f64], affine: Affine, (min, max): (f64, f64)) -> Self {
        Self::of(values, |&value| {
            let moved = affine.of(value);
            (moved < min) | (moved > max)
        })
    }

    /// Reads each page of it, so that whoever reads it next does not wait for memory.
    pub fn touch(&self) {
        touch(bytemuck::must_cast_slice(&self.bits));
    }

    fn of<T>(rows: &[T], is_outside: impl Fn(&T) -> bool) -> Self {
        let mut bits = vec![0; rows.len().div_ceil(64)];
        // for the widest vectors that this processor has
        Arch::new().dispatch(Ask { rows, is_outside, bits: &mut bits });
        Self { bits }
    }

    /// The share of `rows` rows that one of these has a bit of; `None` without rows.
    #[must_use]
    pub fn share(all: &[&Self], rows: usize) -> Option<f64> {
        let words = all.iter().map(|outside| outside.bits.len()).max().unwrap_or(0);
        let any =
            |at: usize| all.iter().fold(0, |word, outside| word | outside.bits.get(at).copied().unwrap_or(0));
        let n: u32 = (0..words).map(|at| any(at).count_ones()).sum();
        (rows > 0).then(|| f64::from(n) / rows as f64)
    }
}

/// Asks all rows.
struct Ask<'a, T, F> {
    rows: &'a [T],
    is_outside: F,
    bits: &'a mut [u64],
}

impl<T, F: Fn(&T) -> bool> WithSimd for Ask<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { rows, is_outside, bits } = self;
        let (words, rest) = rows.as_chunks::<64>();
        for at in 0..words.len() {
            bits[at] = word(&words[at], &is_outside);
        }
        for (at, row) in rest.iter().enumerate() {
            bits[words.len()] |= u64::from(is_outside(row)) << at;
        }
    }
}

/// The bits of 64 rows: first a byte a row, which a processor does many of at once; then eight bytes to eight bits in one
/// product, whose partial sums meet nowhere.
#[inline(always)]
#[expect(
    clippy::needless_range_loop,
    reason = "what an iterator calls is not always compiled for wide vectors"
)]
fn word<T>(rows: &[T; 64], is_outside: &impl Fn(&T) -> bool) -> u64 {
    let mut bytes = [0_u8; 64];
    for at in 0..64 {
        bytes[at] = u8::from(is_outside(&rows[at]));
    }
    let (eights, _) = bytes.as_chunks::<8>();
    let mut word = 0;
    for at in 0..8 {
        word |= (u64::from_le_bytes(eights[at]).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at);
    }
    word
}
