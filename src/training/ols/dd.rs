//! Double-double arithmetic: an unevaluated sum of two `f64`, about 106 bits, for the accurate least-squares path.
//!
//! The error-free transformations are Knuth's sum and Dekker's product; the operations on pairs follow
//! T. Ogita, S. M. Rump and S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005), and
//! Y. Hida, X. S. Li and D. H. Bailey, "Algorithms for quad-double precision floating point arithmetic" (2001).
//! All of them hold while no intermediate leaves the range of `f64`; callers scale by powers of two first.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use pulp::Simd;

/// A number held as `hi + lo`, where `hi` is the sum rounded to `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Dd {
    /// The number rounded to `f64`.
    pub(super) hi: f64,
    /// What the rounding left out, at most half a unit in the last place of `hi`.
    pub(super) lo: f64,
}

impl Dd {
    /// Zero.
    pub(super) const ZERO: Self = Self { hi: 0.0, lo: 0.0 };

    /// The exact sum of two `f64`, rounded to a pair (exactly, by Knuth's two-sum).
    #[inline(always)]
    pub(super) fn sum(a: f64, b: f64) -> Self {
        let hi = a + b;
        let b_part = hi - a;
        Self { hi, lo: (a - (hi - b_part)) + (b - b_part) }
    }

    /// The exact sum of two `f64` of which the first is not smaller in magnitude (Dekker's fast two-sum).
    #[inline(always)]
    fn ordered_sum(a: f64, b: f64) -> Self {
        let hi = a + b;
        Self { hi, lo: b - (hi - a) }
    }

    /// The exact product of two `f64`, by Dekker's splitting: as fast with and without a fused multiply-add.
    #[inline(always)]
    pub(super) fn product(a: f64, b: f64) -> Self {
        let hi = a * b;
        let (a_high, a_low) = split(a);
        let (b_high, b_low) = split(b);
        Self { hi, lo: ((a_high * b_high - hi) + a_high * b_low + a_low * b_high) + a_low * b_low }
    }

    /// This number times an `f64`.
    #[inline(always)]
    pub(super) fn times(self, factor: f64) -> Self {
        let product = Self::product(self.hi, factor);
        Self::ordered_sum(product.hi, product.lo + self.lo * factor)
    }

    /// The square, which is never negative for a normal pair.
    #[inline(always)]
    pub(super) fn square(self) -> Self {
        self * self
    }

    /// Whether both halves are finite.
    pub(super) fn is_finite(self) -> bool {
        self.hi.is_finite() && self.lo.is_finite()
    }

    /// The sum of products of two equally long slices (the shorter one decides), in four sums that do not wait for
    /// each other.
    pub(super) fn dot(a: &[Self], b: &[Self]) -> Self {
        let length = a.len().min(b.len());
        let ((a, a_rest), (b, b_rest)) = (a[..length].as_chunks::<4>(), b[..length].as_chunks::<4>());
        let mut sums = [Self::ZERO; 4];
        for (a, b) in a.iter().zip(b) {
            for (sum, (x, y)) in sums.iter_mut().zip(a.iter().zip(b)) {
                *sum += *x * *y;
            }
        }
        let rest = a_rest.iter().zip(b_rest).fold(Self::ZERO, |sum, (x, y)| sum + *x * *y);
        (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
    }
}

/// Veltkamp's split of an `f64` into two numbers of 26 bits.
#[inline(always)]
fn split(a: f64) -> (f64, f64) {
    let scaled = a * 134_217_729.0; // 2^27 + 1
    let high = scaled - (scaled - a);
    (high, a - high)
}

impl From<f64> for Dd {
    fn from(value: f64) -> Self {
        Self { hi: value, lo: 0.0 }
    }
}

impl Add for Dd {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let high = Self::sum(self.hi, other.hi);
        let low = Self::sum(self.lo, other.lo);
        let first = Self::ordered_sum(high.hi, high.lo + low.hi);
        Self::ordered_sum(first.hi, first.lo + low.lo)
    }
}

impl AddAssign for Dd {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Neg for Dd {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
    }
}

impl Sub for Dd {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl SubAssign for Dd {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Mul for Dd {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let product = Self::product(self.hi, other.hi);
        Self::ordered_sum(product.hi, product.lo + (self.hi * other.lo + self.lo * other.hi))
    }
}

impl Div for Dd {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let first = self.hi / other.hi;
        let rest = self - other.times(first);
        let second = rest.hi / other.hi;
        let rest = rest - other.times(second);
        Self::ordered_sum(first, second) + Self::from(rest.hi / other.hi)
    }
}

/// Lane by lane: the sum of two vectors and its exact rounding error.
#[inline(always)]
pub(super) fn two_sum<S: Simd>(simd: S, a: S::f64s, b: S::f64s) -> (S::f64s, S::f64s) {
    let sum = simd.add_f64s(a, b);
    let b_part = simd.sub_f64s(sum, a);
    let a_error = simd.sub_f64s(a, simd.sub_f64s(sum, b_part));
    (sum, simd.add_f64s(a_error, simd.sub_f64s(b, b_part)))
}

/// Lane by lane: the product of two vectors and its exact rounding error, by a fused multiply-add.
#[inline(always)]
pub(super) fn two_product<S: Simd>(simd: S, a: S::f64s, b: S::f64s) -> (S::f64s, S::f64s) {
    let product = simd.mul_f64s(a, b);
    (product, simd.mul_add_f64s(a, b, simd.neg_f64s(product)))
}

/// Adds up the lanes of a vector of pairs, first to last.
pub(super) fn add_lanes<S: Simd>(high: S::f64s, low: S::f64s) -> Dd {
    let (high, low) = ([high], [low]);
    let high: &[f64] = pulp::bytemuck::cast_slice(&high);
    let low: &[f64] = pulp::bytemuck::cast_slice(&low);
    high.iter().zip(low).fold(Dd::ZERO, |sum, (hi, lo)| sum + Dd::sum(*hi, *lo))
}
