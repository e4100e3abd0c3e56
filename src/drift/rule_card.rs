//! What other tools would choose here by their published defaults, and what they would conclude.
//!
//! | tool | numbers | levels |
//! |---|---|---|
//! | Evidently, up to 1,000 reference rows | KS, p < 0.05; with two values a Z-test, with up to five chi-squared | chi-squared, p < 0.05; with two levels a Z-test of proportions |
//! | Evidently, above | Wasserstein over standard deviation ≥ 0.1; with up to five values Jensen–Shannon ≥ 0.1 | Jensen–Shannon distance ≥ 0.1 |
//! | `NannyML` | Jensen–Shannon over Doane's bins, above mean + 3σ of ten reference chunks | the same over levels |
//! | deepchecks | KS statistic, must stay below 0.2 | Cramér's V, must stay below 0.2 |
//! | whylogs | KS p-value: drift to 0.05, possible to 0.15 | chi-squared p-value, the same states |
//!
//! Their approximations are not copied: where whylogs works on sketches and deepchecks corrects Cramér's V for bias, the
//! exact figure stands here.

use serde::Serialize;

use super::bins::{Bins, jensen_shannon};
use super::special::chi_squared_sf;
use crate::data::profile::histogram;

/// Up to so many reference rows Evidently tests for significance; above it measures distance.
const EVIDENTLY_SMALL: usize = 1_000;
const NANNYML_CHUNKS: usize = 10;

/// What a tool would say of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolVerdict {
    /// The tool.
    pub tool: &'static str,
    /// The statistic that it chooses.
    pub method: &'static str,
    /// Its value here.
    pub value: Option<f64>,
    /// What it is held against.
    pub threshold: Option<f64>,
    /// Whether the tool calls it drift; whylogs' middle state counts as no.
    pub drifted: Option<bool>,
    /// The conclusion in the tool's own words.
    pub says: &'static str,
    /// Why the tool chose it.
    pub why: &'static str,
}

/// What the tools look at in a column of numbers.
#[derive(Debug, Clone, Copy)]
pub struct NumberFacts<'a> {
    /// Reference rows with a value.
    pub n_reference: usize,
    /// Distinct reference values, if there are at most five.
    pub few_values: Option<(&'a [usize], &'a [usize])>,
    /// KS statistic and p-value.
    pub ks: Option<(f64, f64)>,
    /// Wasserstein's distance.
    pub wasserstein: Option<f64>,
    /// Sample standard deviation of the reference.
    pub std: Option<f64>,
    /// `NannyML`'s statistic and threshold.
    pub nannyml: Option<(f64, f64)>,
}

/// The rule card of a column of numbers.
#[must_use]
pub fn of_numbers(facts: &NumberFacts<'_>) -> Vec<ToolVerdict> {
    let small = facts.n_reference <= EVIDENTLY_SMALL;
    let evidently = match facts.few_values {
        Some((reference, current)) => evidently_levels(reference, current, facts.n_reference, true),
        None if small => below(
            ("Evidently", "KS p-value", "numbers, at most 1,000 reference rows"),
            facts.ks.map(|ks| ks.1),
            0.05,
        ),
        None => {
            let n = facts.n_reference as f64;
            // over the population standard deviation, at least 0.001
            let std = facts.std.map(|std| (std * ((n - 1.0) / n).sqrt()).max(0.001));
            at_least(
                ("Evidently", "Wasserstein / standard deviation", "numbers, more than 1,000 reference rows"),
                facts.wasserstein.zip(std).map(|(distance, std)| distance / std),
                0.1,
            )
        }
    };
    vec![
        evidently,
        above(("NannyML", "Jensen-Shannon distance", "the default for every column"), facts.nannyml),
        at_least(
            ("deepchecks", "KS statistic", "numbers; size, not significance"),
            facts.ks.map(|ks| ks.0),
            0.2,
        ),
        whylogs("KS p-value", "numbers", facts.ks.map(|ks| ks.1)),
    ]
}

/// The rule card of a column of levels. `nannyml`: its statistic and threshold.
#[must_use]
pub fn of_levels(
    reference: &[usize],
    current: &[usize],
    chi_squared_p: Option<f64>,
    cramers_v: Option<f64>,
    nannyml: Option<(f64, f64)>,
) -> Vec<ToolVerdict> {
    let n_reference = reference.iter().sum();
    vec![
        evidently_levels(reference, current, n_reference, false),
        above(("NannyML", "Jensen-Shannon distance", "the default for every column"), nannyml),
        at_least(("deepchecks", "Cramér's V", "levels; size, not significance"), cramers_v, 0.2),
        whylogs("chi-squared p-value", "levels", chi_squared_p),
    ]
}

fn evidently_levels(
    reference: &[usize],
    current: &[usize],
    n_reference: usize,
    numbers: bool,
) -> ToolVerdict {
    if n_reference > EVIDENTLY_SMALL {
        let why = if numbers {
            "numbers with at most five values, more than 1,000 reference rows"
        } else {
            "levels, more than 1,000 reference rows"
        };
        return at_least(
            ("Evidently", "Jensen-Shannon distance", why),
            jensen_shannon(reference, current),
            0.1,
        );
    }
    let n_levels = reference.iter().zip(current).filter(|(r, c)| **r + **c > 0).count();
    if n_levels <= 2 {
        let p = two_proportions(reference, current);
        return below(("Evidently", "Z-test p-value", "two levels, at most 1,000 reference rows"), p, 0.05);
    }
    let p = super::chi_squared::chi_squared(reference, current).map(|test| test.p_value);
    let why = if numbers {
        "numbers with at most five values, at most 1,000 reference rows"
    } else {
        "levels, at most 1,000 reference rows"
    };
    below(("Evidently", "chi-squared p-value", why), p, 0.05)
}

/// The pooled Z-test of two proportions, two-sided: chi-squared with one degree of freedom.
pub(crate) fn two_proportions(reference: &[usize], current: &[usize]) -> Option<f64> {
    let test = super::chi_squared::chi_squared(reference, current)?;
    Some(if test.dof == 0 { 1.0 } else { chi_squared_sf(test.statistic, 1) })
}

type Named = (&'static str, &'static str, &'static str);

fn below((tool, method, why): Named, value: Option<f64>, threshold: f64) -> ToolVerdict {
    let drifted = value.map(|value| value < threshold);
    ToolVerdict { tool, method, value, threshold: Some(threshold), drifted, says: says(drifted), why }
}

fn at_least((tool, method, why): Named, value: Option<f64>, threshold: f64) -> ToolVerdict {
    let drifted = value.map(|value| value >= threshold);
    ToolVerdict { tool, method, value, threshold: Some(threshold), drifted, says: says(drifted), why }
}

fn above((tool, method, why): Named, value: Option<(f64, f64)>) -> ToolVerdict {
    let drifted = value.map(|(value, threshold)| value > threshold);
    let (value, threshold) = value.unzip();
    ToolVerdict { tool, method, value, threshold, drifted, says: says(drifted), why }
}

fn says(drifted: Option<bool>) -> &'static str {
    match drifted {
        Some(true) => "drift",
        Some(false) => "no drift",
        None => "not defined here",
    }
}

fn whylogs(method: &'static str, why: &'static str, p: Option<f64>) -> ToolVerdict {
    let says = match p {
        None => "not defined here",
        Some(p) if p <= 0.05 => "drift",
        Some(p) if p <= 0.15 => "possible drift",
        Some(_) => "no drift",
    };
    let drifted = p.map(|p| p <= 0.05);
    ToolVerdict { tool: "whylogs", method, value: p, threshold: Some(0.05), drifted, says, why }
}

/// `NannyML`'s Jensen–Shannon distance of a column of numbers in the file's order, and its threshold; `None` with fewer than
/// ten reference values or values that are not finite.
#[must_use]
pub fn nannyml_numbers(reference: &[f64], current: &[f64]) -> Option<(f64, f64)> {
    let of_reference = NannymlNumbers::new(reference)?;
    of_reference.distance(&of_reference.counts(current)?)
}

/// What `NannyML` learns from a reference column of numbers: Doane's bins, how many values each holds, and the threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct NannymlNumbers {
    range: (f64, f64),
    /// The bins' edges, ascending: each bin from its lower one to below its upper one, which the last includes.
    edges: Vec<f64>,
    whole: Vec<usize>,
    threshold: f64,
}

impl NannymlNumbers {
    /// Learns from the reference, in the file's order.
    #[must_use]
    pub fn new(reference: &[f64]) -> Option<Self> {
        let (low, high, bins) = doane(reference)?;
        let edges = histogram(&[], bins, Some((low, high)))?.edges;
        let mut own = Self { range: (low, high), edges, whole: Vec::new(), threshold: 0.0 };
        let chunks: Option<Vec<Vec<usize>>> =
            chunked(reference.len()).map(|rows| own.counts(&reference[rows])).collect();
        (own.whole, own.threshold) = whole_and_threshold(&chunks?)?;
        Some(own)
    }

    /// How many values each bin holds; those beyond the reference's range have a bin of their own, the last.
    fn counts(&self, values: &[f64]) -> Option<Vec<usize>> {
        let mut counts = histogram(values, self.edges.len() - 1, Some(self.range))?.counts;
        let present = values.iter().filter(|value| !value.is_nan()).count();
        counts.push(present - counts.iter().sum::<usize>());
        Some(counts)
    }

    /// The same from whatever can say how many of its `n` values are at most, and below, an edge.
    pub(crate) fn counts_by(
        &self,
        n: usize,
        at_most: impl Fn(f64) -> usize,
        below: impl Fn(f64) -> usize,
    ) -> Vec<usize> {
        // below each edge but the last, which its bin includes
        let last = self.edges.last().copied();
        let up_to = |edge: f64| if Some(edge) == last { at_most(edge) } else { below(edge) };
        let mut counts = Bins::Edges(self.edges.clone()).counts_by(n, up_to, &below);
        // beyond the range on either side is one bin, the last
        let before = counts.remove(0);
        if let Some(others) = counts.last_mut() {
            *others += before;
        }
        counts
    }

    /// The edges that [`NannymlNumbers::counts_by`] asks for.
    pub(crate) fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// The distance of a column that fills the bins so, and the threshold.
    pub(crate) fn distance(&self, counts: &[usize]) -> Option<(f64, f64)> {
        Some((jensen_shannon(&self.whole, counts)?, self.threshold))
    }
}

/// `NannyML`'s Jensen–Shannon distance of levels; `chunks` are the counts of ten consecutive parts of the reference.
#[must_use]
pub fn nannyml(chunks: &[Vec<usize>], current: &[usize]) -> Option<(f64, f64)> {
    let (whole, threshold) = whole_and_threshold(chunks)?;
    Some((jensen_shannon(&whole, current)?, threshold))
}

/// The parts' counts put together, and the mean + 3σ of their distances from the whole.
fn whole_and_threshold(chunks: &[Vec<usize>]) -> Option<(Vec<usize>, f64)> {
    if chunks.len() < NANNYML_CHUNKS {
        return None;
    }
    let mut whole = vec![0_usize; chunks[0].len()];
    for chunk in chunks {
        whole.iter_mut().zip(chunk).for_each(|(sum, n)| *sum += n);
    }
    let distances: Vec<f64> = chunks.iter().filter_map(|chunk| jensen_shannon(&whole, chunk)).collect();
    let threshold = mean_plus_three_std(&distances)?;
    Some((whole, threshold))
}

/// Ten consecutive ranges of rows; none with fewer than ten rows.
pub(crate) fn chunked(n: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let chunks = if n < NANNYML_CHUNKS { 0 } else { NANNYML_CHUNKS };
    (0..chunks).map(move |chunk| n * chunk / NANNYML_CHUNKS..n * (chunk + 1) / NANNYML_CHUNKS)
}

/// Mean + 3 population standard deviations.
pub(crate) fn mean_plus_three_std(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    Some(mean + 3.0 * variance.sqrt())
}

/// Range and number of bins by Doane's rule: 1 + log₂ n + log₂(1 + |g₁| / σ(g₁)), as `numpy.histogram_bin_edges` has it.
fn doane(values: &[f64]) -> Option<(f64, f64, usize)> {
    let summary = crate::data::profile::summarize(values)?;
    let n = summary.count as f64;
    if !(summary.max - summary.min).is_finite() || summary.count < NANNYML_CHUNKS {
        return None;
    }
    let population = summary.std.unwrap_or(0.0) * ((n - 1.0) / n).sqrt();
    if population <= 0.0 || !population.is_finite() {
        return Some((summary.min, summary.max, 1));
    }
    let (mean, scale) = (summary.mean, 1.0 / population);
    let mut cubes = [0.0; 8];
    let (blocks, rest) = values.as_chunks::<8>();
    let cube = |value: f64| {
        let z = (value - mean) * scale;
        if z.is_nan() { 0.0 } else { z * z * z }
    };
    for block in blocks {
        cubes.iter_mut().zip(block).for_each(|(sum, &value)| *sum += cube(value));
    }
    let total = cubes.iter().sum::<f64>() + rest.iter().map(|&value| cube(value)).sum::<f64>();
    let skewness = total / n;
    let sigma = (6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0))).sqrt();
    let width = (summary.max - summary.min) / (1.0 + n.log2() + (1.0 + skewness.abs() / sigma).log2());
    Some((summary.min, summary.max, (((summary.max - summary.min) / width).ceil() as usize).clamp(1, 10_000)))
}
