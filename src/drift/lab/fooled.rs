//! Five pairs of samples, each of which fools one statistic: why one number is never enough.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::work::Seed;

/// A pair of samples and whom it fools.
#[derive(Debug, Clone, PartialEq)]
pub struct Fooled {
    /// The statistic that is fooled: `psi`, `ks`, `wasserstein`, `jensen_shannon` or `chi_squared`.
    pub statistic: &'static str,
    /// Its name on a button.
    pub title: &'static str,
    /// How it is fooled, in a sentence.
    pub story: &'static str,
    /// Whether it misses a change (true) or cries wolf (false).
    pub misses: bool,
    /// The reference.
    pub reference: Vec<f64>,
    /// The current values.
    pub current: Vec<f64>,
}

/// The five pairs, drawn with a seed; generated, not observed.
#[must_use]
pub fn fooled(seed: Seed) -> Vec<Fooled> {
    let normals = |stream: &str, n: usize| -> Vec<f64> {
        let mut rng = seed.rng(stream);
        (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
    };
    let uniform = |stream: &str, n: usize| -> Vec<f64> {
        let mut rng = seed.rng(stream);
        (0..n).map(|_| (rng.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0).collect()
    };
    // well inside the bins, so that no value crosses an edge
    let even: Vec<f64> = (0..4_000).map(|i| (f64::from(i) + 0.5) / 4_000.0).collect();
    let huddled =
        even.iter().map(|x| (x * 10.0).floor() / 10.0 + 0.002 + 0.02 * (x * 10.0).fract()).collect();
    let mut tail = normals("fooled tail", 3_000);
    tail.iter_mut().take(60).for_each(|x| *x *= 40.0);
    let mut typo = normals("fooled typo", 3_000);
    if let Some(first) = typo.first_mut() {
        *first = 4_000.0;
    }
    vec![
        Fooled {
            statistic: "psi",
            title: "Huddled inside the bins",
            story: "Every value moves to the low end of its own bin: no share changes, so what counts in bins sees nothing. KS does.",
            misses: true,
            reference: even,
            current: huddled,
        },
        Fooled {
            statistic: "ks",
            title: "Two in a hundred in another unit",
            story: "2 % of the values are forty times too large: the largest gap is 1 %, which KS takes for chance. Wasserstein sees how far they are off.",
            misses: true,
            reference: normals("fooled ks", 3_000),
            current: tail,
        },
        Fooled {
            statistic: "wasserstein",
            title: "A single typing error",
            story: "One value of three thousand reads 4000: the mean distance jumps above one standard deviation, and nothing else happened.",
            misses: false,
            reference: normals("fooled wasserstein", 3_000),
            current: typo,
        },
        Fooled {
            statistic: "jensen_shannon",
            title: "A handful of rows",
            story: "Forty rows of the same distribution: at this size chance alone lifts the distance above 0.1.",
            misses: false,
            reference: uniform("fooled js", 2_000),
            current: uniform("fooled js now", 40),
        },
        Fooled {
            statistic: "chi_squared",
            title: "Very many rows",
            story: "A shift of a twenty-fifth of a standard deviation, seen by 60,000 rows: certainly there, and of no consequence.",
            misses: false,
            reference: normals("fooled chi", 60_000),
            current: normals("fooled chi now", 60_000).into_iter().map(|x| x + 0.04).collect(),
        },
    ]
}
