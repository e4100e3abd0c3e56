//! The tail of the Kolmogorov–Smirnov statistic of one sample, which the two-sample test is measured against when both
//! samples are large.

use std::f64::consts::PI;

use super::special::{deviance, stirling_error};

/// Beyond this n·x² the tail is below 1e-300 and given as 0.
const HOPELESS: f64 = 370.0;

/// The chance that the largest gap between the distribution function of `n` independent draws and the true, continuous one
/// is at least `x`.
///
/// 1 for `x` ≤ 1/(2n), 0 for `x` ≥ 1 and without draws 1. Exact (Durbin's matrix, or twice the one-sided tail, which is exact
/// from x = ½ on) for n ≤ 140; above, twice the one-sided tail for n·x² ≥ 2.2, and below that Durbin's matrix where it is
/// cheap, else the expansion of Pelz and Good.
///
/// # Source
/// R. Simard, P. L'Ecuyer, "Computing the Two-Sided Kolmogorov-Smirnov Distribution", Journal of Statistical Software 39
/// (2011), with the same regions as `scipy.stats.kstwo.sf`, so that both agree to 1e-9 of the value.
#[must_use]
pub fn kolmogorov_sf(n: u64, x: f64) -> f64 {
    let n_f = n as f64;
    if x.is_nan() {
        return f64::NAN;
    }
    let t = n_f * x;
    if t <= 0.5 {
        return 1.0;
    }
    if x >= 1.0 {
        return 0.0;
    }
    if t <= 1.0 {
        // n!/nⁿ (2t − 1)ⁿ
        let log = stirling_error(n_f) + 0.5 * (2.0 * PI * n_f).ln() - n_f + n_f * (2.0 * t - 1.0).ln();
        return 1.0 - log.exp();
    }
    if t >= n_f - 1.0 {
        return clip(2.0 * (n_f * (-x).ln_1p()).exp());
    }
    let scaled = t * x;
    if n > 140 && x < 0.5 && scaled >= HOPELESS {
        return 0.0;
    }
    let one_sided_from = if n <= 140 { 4.0 } else { 2.2 };
    if x >= 0.5 || scaled >= one_sided_from {
        return clip(2.0 * smirnov_sf(n, x));
    }
    if n <= 140 || (n <= 100_000 && n_f * x.powf(1.5) <= 1.4) {
        // where the limit law leaves nothing, the matrix is not worth its cubes
        return if limit_cdf(scaled) < 1e-14 { 1.0 } else { clip(1.0 - durbin_cdf(n, x)) };
    }
    clip(1.0 - pelz_good_cdf(n_f, x))
}

fn clip(probability: f64) -> f64 {
    probability.clamp(0.0, 1.0)
}

/// The limit for many draws, `√(2π)/z Σ exp(−(2k−1)² π² / 8z²)`, by its first term; an upper bound is all that is asked.
fn limit_cdf(z_squared: f64) -> f64 {
    2.0 * (2.0 * PI / z_squared).sqrt() * (-PI * PI / 8.0 / z_squared).exp()
}

/// The chance that the one-sided gap is at least `x`, for 0 < x < 1 − 1/n:
/// Σⱼ C(n, j) x (x + j/n)^(j−1) (1 − x − j/n)^(n−j), j = 0 … ⌊n(1 − x)⌋.
///
/// Each term is a binomial density times x/(x + j/n), the density by Loader's saddle point, so that no digits cancel. For
/// many draws the terms are a smooth function of j that dies out at both ends, whose sum every s-th term gives to the last
/// digits.
fn smirnov_sf(n: u64, x: f64) -> f64 {
    const EVERY_TERM_UP_TO: u64 = 20_000;
    const TERMS: u64 = 5_000;
    let n_f = n as f64;
    let last = (n_f * (1.0 - x)).floor() as u64;
    let step = if n <= EVERY_TERM_UP_TO { 1 } else { n / TERMS };
    let mut sum = 0.0;
    let mut j = 0;
    while j <= last {
        sum += smirnov_term(n_f, x, j as f64);
        j += step;
    }
    sum * step as f64
}

fn smirnov_term(n: f64, x: f64, j: f64) -> f64 {
    let (p, q) = (x + j / n, 1.0 - x - j / n);
    if j == 0.0 {
        return (n * (-x).ln_1p()).exp();
    }
    if q <= 0.0 {
        return 0.0;
    }
    let rest = n - j;
    let log = stirling_error(n)
        - stirling_error(j)
        - stirling_error(rest)
        - deviance(j, j + n * x)
        - deviance(rest, rest - n * x);
    (log.exp() * (n / (2.0 * PI * j * rest)).sqrt()) * x / p
}

/// Durbin's matrix in the form of G. Marsaglia, W. W. Tsang, J. Wang, "Evaluating Kolmogorov's Distribution", Journal of
/// Statistical Software 8 (2003): n!/nⁿ times the middle element of Hⁿ.
fn durbin_cdf(n: u64, x: f64) -> f64 {
    let n_f = n as f64;
    let k = (n_f * x).floor() as usize + 1;
    let m = 2 * k - 1;
    let h = k as f64 - n_f * x;
    let mut matrix = Scaled::zero(m);
    for row in 0..m {
        for col in 0..m {
            matrix.set(row, col, if col <= row + 1 { 1.0 } else { 0.0 });
        }
    }
    for i in 0..m {
        let first = matrix.get(i, 0) - power(h, i + 1);
        matrix.set(i, 0, first);
        let below = matrix.get(m - 1, i) - power(h, m - i);
        matrix.set(m - 1, i, below);
    }
    if 2.0 * h > 1.0 {
        let corner = matrix.get(m - 1, 0) + power(2.0 * h - 1.0, m);
        matrix.set(m - 1, 0, corner);
    }
    for row in 0..m {
        for col in 0..=row {
            // the factorial of the distance from the superdiagonal
            let factorial: f64 = (1..=(row + 1 - col)).map(|f| f as f64).product();
            let value = matrix.get(row, col) / factorial;
            matrix.set(row, col, value);
        }
    }
    let power = matrix.power(n);
    let (mut value, mut exponent) = (power.get(k - 1, k - 1), power.exponent);
    for i in 1..=n {
        value *= i as f64 / n_f;
        if value < 1e-140 {
            value *= 1e140;
            exponent -= 140;
        }
    }
    value * 10_f64.powi(exponent.clamp(-400, 300))
}

fn power(base: f64, exponent: usize) -> f64 {
    base.powi(i32::try_from(exponent).unwrap_or(i32::MAX))
}

/// A square matrix times a power of ten.
#[derive(Debug, Clone)]
struct Scaled {
    m: usize,
    values: Vec<f64>,
    exponent: i32,
}

impl Scaled {
    fn zero(m: usize) -> Self {
        Self { m, values: vec![0.0; m * m], exponent: 0 }
    }

    fn get(&self, row: usize, col: usize) -> f64 {
        self.values[row * self.m + col]
    }

    fn set(&mut self, row: usize, col: usize, value: f64) {
        self.values[row * self.m + col] = value;
    }

    fn times(&self, other: &Self) -> Self {
        let mut product = Self { exponent: self.exponent + other.exponent, ..Self::zero(self.m) };
        let rows = product.values.chunks_exact_mut(self.m).zip(self.values.chunks_exact(self.m));
        for (into, row) in rows {
            for (factor, line) in row.iter().zip(other.values.chunks_exact(self.m)) {
                into.iter_mut().zip(line).for_each(|(sum, value)| *sum += factor * value);
            }
        }
        let middle = product.get(self.m / 2, self.m / 2);
        if middle > 1e140 {
            product.values.iter_mut().for_each(|value| *value *= 1e-140);
            product.exponent += 140;
        }
        product
    }

    fn power(&self, n: u64) -> Self {
        if n == 1 {
            return self.clone();
        }
        let half = self.power(n / 2);
        let square = half.times(&half);
        if n.is_multiple_of(2) { square } else { square.times(self) }
    }
}

/// W. Pelz, I. J. Good, "Approximating the Lower Tail-Areas of the Kolmogorov-Smirnov One-Sample Statistic", Journal of the
/// Royal Statistical Society B 38 (1976): the limit law and three corrections in powers of 1/√n, in the form for small
/// z = x√n.
fn pelz_good_cdf(n: f64, x: f64) -> f64 {
    let z = x * n.sqrt();
    let (z2, pi2) = (z * z, PI * PI);
    let (z3, z4, z6) = (z2 * z, z2 * z2, z2 * z2 * z2);
    let (pi4, pi6) = (pi2 * pi2, pi2 * pi2 * pi2);
    let log_q = -pi2 / 8.0 / z2;
    if log_q < -708.0 {
        return 0.0;
    }
    let sqrt_2pi = (2.0 * PI).sqrt();
    let mut k = [0.0_f64; 4];
    let terms = (16.0 * z / PI).ceil() as i32;
    for i in (1..=terms).rev() {
        let odd = f64::from(2 * i - 1);
        let (m2, m4) = (odd * odd, odd.powi(4));
        let q = (log_q * m2).exp();
        k[0] += q;
        k[1] += q * (pi2 / 4.0 * m2 - z2);
        k[2] += q
            * (6.0 * z6
                + 2.0 * z4
                + (2.0 * z4 - 5.0 * z2) * pi2 / 4.0 * m2
                + pi4 * (1.0 - 2.0 * z2) / 16.0 * m4);
        k[3] += q
            * (-30.0 * z6 - 90.0 * z4 * z4
                + pi2 * (135.0 * z4 - 96.0 * z6) / 4.0 * m2
                + pi4 * (-60.0 * z2 + 212.0 * z4) / 16.0 * m4
                + pi6 * (5.0 - 30.0 * z2) / 64.0 * m4 * m2);
    }
    k[0] *= sqrt_2pi / z;
    k[1] *= sqrt_2pi / (6.0 * z4);
    k[2] *= sqrt_2pi / (72.0 * z6 * z);
    k[3] *= sqrt_2pi / (6480.0 * z4 * z6);
    for i in (1..=terms).rev() {
        let i2 = f64::from(i * i);
        let q = (4.0 * log_q * i2).exp();
        k[2] -= q * i2 * pi2 * sqrt_2pi / (36.0 * z3);
        k[3] += q * (3.0 * z2 - pi2 * i2) * i2 * pi2 * sqrt_2pi / (216.0 * z6);
    }
    k[0] + (k[1] + (k[2] + k[3] / n.sqrt()) / n.sqrt()) / n.sqrt()
}
