//! Special functions of the tests: the tail of chi-squared, and the pieces of binomial and gamma densities that must not
//! lose digits where their parts cancel.

use std::f64::consts::PI;

/// `ln n! − (n + ½) ln n + n − ½ ln 2π`, the error of Stirling's formula, for n > 0 (also halves).
///
/// # Source
/// C. Loader, "Fast and Accurate Computation of Binomial Probabilities" (2000): exact products for small n, the
/// asymptotic series above.
pub(crate) fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        return ln_factorial_of_halves(n) - (n + 0.5) * n.ln() + n - 0.5 * (2.0 * PI).ln();
    }
    let nn = n * n;
    let series = 1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360_360.0 / nn) / nn;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - series / nn) / nn) / nn) / n
}

/// `ln n!` for n a whole number or a half, 0 ≤ n < 16, by its product.
fn ln_factorial_of_halves(n: f64) -> f64 {
    // Γ(n + 1) down to Γ(1) = 1 or Γ(½) = √π
    let mut product = 1.0;
    let mut factor = n;
    while factor > 0.25 {
        product *= factor;
        factor -= 1.0;
    }
    let half = (n.fract() - 0.5).abs() < 0.25;
    product.ln() + if half { 0.5 * PI.ln() } else { 0.0 }
}

/// `a ln(a / m) + m − a`: what the binomial and the Poisson density lose by being `m` where `a` was expected.
pub(crate) fn deviance(a: f64, m: f64) -> f64 {
    if a == 0.0 {
        return m;
    }
    -a * ln_1p_minus((m - a) / a)
}

/// `ln(1 + x) − x` without losing the digits of a small x.
fn ln_1p_minus(x: f64) -> f64 {
    if x.abs() > 0.05 {
        return x.ln_1p() - x;
    }
    // −x²/2 + x³/3 − …; fifteen terms are below 1e-20 of the first for |x| ≤ 0.05
    let mut sum = 0.0;
    for k in (2..=16).rev() {
        let sign = if k % 2 == 0 { -1.0 } else { 1.0 };
        sum = sum * x + sign / f64::from(k);
    }
    sum * x * x
}

/// The chance that a chi-squared variable with `dof` degrees of freedom is at least `x`.
///
/// 1 for `x` ≤ 0 and for no degrees of freedom at `x` = 0; NaN for a NaN. The regularised upper incomplete gamma function
/// Q(dof/2, x/2), by its series below dof/2 + 1 and by Lentz's continued fraction above; relative error below 1e-12 down
/// to 1e-300.
///
/// # Source
/// NIST Digital Library of Mathematical Functions, 8.7.1 and 8.9.2; `scipy.stats.chi2.sf`.
#[must_use]
pub fn chi_squared_sf(x: f64, dof: usize) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 1.0;
    }
    if dof == 0 || x.is_infinite() {
        return 0.0;
    }
    let (a, x) = (dof as f64 / 2.0, x / 2.0);
    // x^a e^−x / Γ(a + 1)
    let density = (-deviance(a, x) - stirling_error(a)).exp() / (2.0 * PI * a).sqrt();
    if x < a + 1.0 {
        // P = density · Σ x^k / ((a+1)…(a+k))
        let (mut term, mut sum, mut at) = (1.0, 1.0, a);
        while term > sum * 1e-17 {
            at += 1.0;
            term *= x / at;
            sum += term;
        }
        return (1.0 - density * sum).clamp(0.0, 1.0);
    }
    // Q = density · a · 1/(x+1−a− 1(1−a)/(x+3−a− …))
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / 1e-300;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / nonzero(an * d + b);
        c = nonzero(b + an / c);
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (density * a * fraction).clamp(0.0, 1.0)
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < 1e-300 { 1e-300 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.chi2.sf(x, dof)`; `tests/drift.rs` has more.
    #[test]
    fn the_tail_agrees_with_scipy() {
        for (x, dof, expected) in [
            (3.84, 1, 0.05004352124870519),
            (0.5, 1, 0.47950012218695337),
            (1e-06, 3, 0.9999999997340385),
            (12.0, 5, 0.03478778050624185),
            (1200.0, 5, 2.9375604806857507e-257),
            (100.0, 100, 0.48119168452795674),
            (1000.0, 1000, 0.49405285382923964),
            (1200.0, 1000, 1.2255942330622893e-05),
        ] {
            let found = chi_squared_sf(x, dof);
            assert!((found - expected).abs() <= 1e-9 * expected, "{x} {dof}: {found} not {expected}");
        }
        assert_eq!(chi_squared_sf(0.0, 0), 1.0);
        assert_eq!(chi_squared_sf(f64::INFINITY, 3), 0.0);
    }

    /// `math.lgamma(n + 1) - (n + .5) * math.log(n) + n - .5 * math.log(2 * math.pi)`
    #[test]
    fn the_error_of_stirlings_formula() {
        for (n, expected) in [
            (0.5, 0.1534264097200273),
            (1.0, 0.08106146679532733),
            (7.5, 0.011104559758208676),
            (15.0, 0.005554733551961899),
            (16.0, 0.005207655919613696),
            (40.0, 0.002083289938292321),
        ] {
            assert!((stirling_error(n) - expected).abs() < 3e-14, "{n}: {}", stirling_error(n));
        }
    }
}
