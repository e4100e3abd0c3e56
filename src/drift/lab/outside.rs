//! Rows with a value that training never saw the like of, one bit a row, so that a move of one input asks for that input alone.

use pulp::Arch;

use super::ranked::Affine;

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

    /// Reads all of it once, so that whoever reads it next does not wait for memory.
    pub fn touch(&self) {
        std::hint::black_box(self.bits.iter().step_by(8).fold(0, |all, bits| all | bits));
    }

    fn of<T>(rows: &[T], is_outside: impl Fn(&T) -> bool) -> Self {
        // first a byte a row, which a processor does many of at once; then eight bytes to eight bits in one product, whose
        // partial sums meet nowhere
        let word = |rows: &[T]| {
            let mut bytes = [0_u8; 64];
            if let Ok(rows) = <&[T; 64]>::try_from(rows) {
                // of a length that is known, which a compiler makes vectors of
                for at in 0..64 {
                    bytes[at] = u8::from(is_outside(&rows[at]));
                }
            } else {
                bytes.iter_mut().zip(rows).for_each(|(byte, row)| *byte = u8::from(is_outside(row)));
            }
            let (eights, _) = bytes.as_chunks::<8>();
            eights.iter().enumerate().fold(0_u64, |word, (at, eight)| {
                word | (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at)
            })
        };
        let mut bits = vec![0; rows.len().div_ceil(64)];
        // for the widest vectors that this processor has
        Arch::new().dispatch(|| {
            bits.iter_mut().zip(rows.chunks(64)).for_each(|(bits, rows)| *bits = word(rows));
        });
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
