//! Student's t, for the width of confidence intervals.

/// The t that a variable of Student's distribution with `freedom` degrees of freedom stays within, on both sides
/// of zero, with probability `inside`.
///
/// `None` without degrees of freedom, or for a probability outside 0 to 1 (both excluded).
///
/// # Example
/// With 10 degrees of freedom, 95 % of the values lie within ±2.2281.
/// # Source
/// P(|T| > t) is the regularised incomplete beta function at n / (n + t²) with the parameters n/2 and ½ (Abramowitz
/// and Stegun 26.7.1), here by its continued fraction (26.5.8) and bisection.
#[must_use]
pub fn two_sided_t(inside: f64, freedom: usize) -> Option<f64> {
    if freedom == 0 || !(inside > 0.0 && inside < 1.0) {
        return None;
    }
    let n = freedom as f64;
    let outside = |t: f64| incomplete_beta(n / 2.0, 0.5, n / (n + t * t));
    let (mut low, mut high) = (0.0, 2.0);
    while outside(high) > 1.0 - inside {
        low = high;
        high *= 2.0;
        if high > 1e300 {
            return None;
        }
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if outside(middle) > 1.0 - inside {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}

/// The regularised incomplete beta function.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    // the fraction converges fast on one side of the mean, and the function is symmetric
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction of the incomplete beta function, by the method of Lentz.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for step in 1..500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = d * c;
        result *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    result
}

/// The logarithm of the gamma function for positive numbers, by Stirling's series after moving up.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 15.0 {
        product *= x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = (1.0 / 12.0
        - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse * (1.0 / 1680.0 - inverse / 1188.0))))
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.t.ppf(0.975, n)`, SciPy 1.16.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (freedom, wanted) in [
            (1, 12.706204736174694),
            (2, 4.302652729749462),
            (3, 3.182446305283708),
            (10, 2.228138851986274),
            (30, 2.0422724563012373),
            (100, 1.983971518523552),
            (1000, 1.9623390808264078),
            (1_000_000, 1.959966351444),
        ] {
            let found = two_sided_t(0.95, freedom).unwrap();
            assert!((found - wanted).abs() < 1e-8 * wanted, "{freedom}: {found} against {wanted}");
        }
    }

    #[test]
    fn the_gamma_function_of_whole_numbers_is_the_factorial() {
        assert!((ln_gamma(5.0) - 24.0_f64.ln()).abs() < 1e-13);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-13);
    }

    #[test]
    fn without_freedom_there_is_no_interval() {
        assert_eq!(two_sided_t(0.95, 0), None);
        assert_eq!(two_sided_t(1.0, 5), None);
    }
}
