//! The bins of a column, and what is computed from the shares in them: PSI and the Jensen–Shannon distance.

use serde::Serialize;

use super::sorted::Sorted;

/// A number column with at most this many distinct reference values has one bin for each.
pub const FEW_VALUES: usize = 10;
/// Shares below this count as this much in PSI, so that an empty bin does not make it infinite.
pub const SHARE_FLOOR: f64 = 1e-4;

/// The bins of a column of numbers; made from the reference alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bins {
    /// (−∞, e₁], (e₁, e₂], …, (eₖ, ∞).
    Edges(Vec<f64>),
    /// One bin for each value, and a last one for all others.
    Values(Vec<f64>),
}

impl Bins {
    /// The bins of a reference: its values where there are at most ten, else its deciles, by linear interpolation between
    /// order statistics, equal ones merged. `None` without values.
    #[must_use]
    pub fn of_reference(reference: &Sorted) -> Option<Self> {
        if reference.is_empty() {
            return None;
        }
        if let Some(values) = reference.distinct_up_to(FEW_VALUES) {
            return Some(Self::Values(values));
        }
        let mut edges: Vec<f64> =
            (1..10).filter_map(|tenth| reference.quantile(f64::from(tenth) / 10.0)).collect();
        // halfway between infinities is nowhere
        edges.retain(|edge| !edge.is_nan());
        edges.dedup();
        Some(Self::Edges(edges))
    }

    /// How many bins there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Edges(edges) => edges.len() + 1,
            Self::Values(values) => values.len() + 1,
        }
    }

    /// Never: there is at least one bin.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// How many values fall into each bin, by binary search.
    #[must_use]
    pub fn counts(&self, sorted: &Sorted) -> Vec<usize> {
        self.counts_by(sorted.len(), |x| sorted.at_most(x), |x| sorted.below(x))
    }

    /// As [`Bins::counts`], for whatever can say how many of its `n` values are at most, and below, a number.
    pub(crate) fn counts_by(
        &self,
        n: usize,
        at_most: impl Fn(f64) -> usize,
        below: impl Fn(f64) -> usize,
    ) -> Vec<usize> {
        let mut counts = Vec::with_capacity(self.len());
        match self {
            Self::Edges(edges) => {
                let mut so_far = 0;
                for &edge in edges {
                    let up_to = at_most(edge);
                    counts.push(up_to - so_far);
                    so_far = up_to;
                }
                counts.push(n - so_far);
            }
            Self::Values(values) => {
                counts.extend(values.iter().map(|&value| at_most(value) - below(value)));
                let named: usize = counts.iter().sum();
                counts.push(n - named);
            }
        }
        counts
    }
}

/// The population stability index: Σ (c − r) ln(c / r) over the bins' shares, each at least 1e-4; without a unit.
///
/// # Shapes
/// As many counts on both sides. `None` for other shapes, and when a side is empty.
/// # Example
/// Half and half against 60 and 40 of a hundred: 0.1 ln 1.2 − 0.1 ln 0.8 = 0.0405.
#[must_use]
pub fn psi(reference: &[usize], current: &[usize]) -> Option<f64> {
    let terms = shares(reference, current)?
        .map(|(r, c)| (r.max(SHARE_FLOOR), c.max(SHARE_FLOOR)))
        .map(|(r, c)| (c - r) * (c / r).ln());
    Some(terms.sum())
}

/// The Jensen–Shannon distance: the root of the divergence to base 2, from 0 (equal shares) to 1 (no bin in common).
///
/// # Shapes
/// As for [`psi`]. Empty bins add nothing; no share is floored.
/// # Source
/// `scipy.spatial.distance.jensenshannon` with `base=2`.
#[must_use]
pub fn jensen_shannon(reference: &[usize], current: &[usize]) -> Option<f64> {
    let part = |p: f64, middle: f64| if p > 0.0 { p * (p / middle).ln() } else { 0.0 };
    let terms = shares(reference, current)?.map(|(r, c)| {
        let middle = f64::midpoint(r, c);
        part(r, middle) + part(c, middle)
    });
    let divergence = terms.sum::<f64>() / 2.0 / std::f64::consts::LN_2;
    Some(divergence.clamp(0.0, 1.0).sqrt())
}

fn shares(reference: &[usize], current: &[usize]) -> Option<impl Iterator<Item = (f64, f64)>> {
    let n_reference: usize = reference.iter().sum();
    let n_current: usize = current.iter().sum();
    if reference.len() != current.len() || n_reference == 0 || n_current == 0 {
        return None;
    }
    let (r, c) = (n_reference as f64, n_current as f64);
    Some(reference.iter().zip(current).map(move |(&a, &b)| (a as f64 / r, b as f64 / c)))
}
