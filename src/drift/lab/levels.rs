//! A feature of levels in the laboratory: the mix slider, answered from counts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::data::profile::level_counts;
use crate::data::{Coded, Levels};
use crate::drift::{ChiSquared, chi_squared, cramers_v, jensen_shannon, psi};

/// Every statistic of levels after a move of the mix slider.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelsMeasured {
    /// Population stability index.
    pub psi: Option<f64>,
    /// Jensen–Shannon distance.
    pub jensen_shannon: Option<f64>,
    /// Chi-squared.
    pub chi_squared: Option<ChiSquared>,
    /// Cramér's V.
    pub cramers_v: Option<f64>,
    /// Share of rows with a level that the reference does not have.
    pub unseen_share: Option<f64>,
}

/// A feature of levels, counted once.
#[derive(Debug, Clone)]
pub struct LabLevels {
    names: Vec<String>,
    reference: Vec<usize>,
    current: Vec<usize>,
}

impl LabLevels {
    /// Counts both sides.
    #[must_use]
    pub fn new(reference: &Coded, current: &Coded) -> Self {
        let mut names = Levels::default();
        let (mut r, mut c) = (Vec::new(), Vec::new());
        for (coded, side) in [(reference, &mut r), (current, &mut c)] {
            let counts = level_counts(&coded.codes, coded.levels.len());
            for (level, count) in coded.levels.iter().zip(counts).filter(|(_, count)| *count > 0) {
                let place = names.intern(level) as usize;
                if side.len() <= place {
                    side.resize(place + 1, 0);
                }
                side[place] += count;
            }
        }
        r.resize(names.len(), 0);
        c.resize(names.len(), 0);
        Self { names: names.iter().map(str::to_owned).collect(), reference: r, current: c }
    }

    /// The levels, those of the reference first.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How often each level occurs when this share of the current rows gets a level of `mix` in its place: name, reference,
    /// current. These are the counts to be expected, in whole rows by the largest remainders.
    #[must_use]
    pub fn counts(&self, share: f64, mix: &BTreeMap<String, f64>) -> Vec<(String, usize, usize)> {
        let weights: Vec<(&String, f64)> =
            mix.iter().filter(|(_, w)| w.is_finite() && **w > 0.0).map(|(name, w)| (name, *w)).collect();
        let total: f64 = weights.iter().map(|(_, w)| w).sum();
        let share = if total > 0.0 { share.clamp(0.0, 1.0) } else { 0.0 };
        let n: usize = self.current.iter().sum();
        let mut names = self.names.clone();
        let mut expected: Vec<f64> = self.current.iter().map(|&count| count as f64 * (1.0 - share)).collect();
        for (name, weight) in weights {
            let place = names.iter().position(|known| known == name).unwrap_or(names.len());
            if place == names.len() {
                names.push(name.clone());
                expected.push(0.0);
            }
            expected[place] += n as f64 * share * weight / total;
        }
        let mut counts: Vec<usize> = expected.iter().map(|count| count.floor() as usize).collect();
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by(|&a, &b| expected[b].fract().total_cmp(&expected[a].fract()).then(a.cmp(&b)));
        let given: usize = counts.iter().sum();
        for at in order.into_iter().take(n.saturating_sub(given)) {
            counts[at] += 1;
        }
        let reference = self.reference.iter().copied().chain(std::iter::repeat(0));
        names.into_iter().zip(reference).zip(counts).map(|((name, r), c)| (name, r, c)).collect()
    }

    /// Every statistic at a place of the slider.
    #[must_use]
    pub fn measure(&self, share: f64, mix: &BTreeMap<String, f64>) -> LevelsMeasured {
        let (reference, current): (Vec<usize>, Vec<usize>) =
            self.counts(share, mix).into_iter().map(|(_, r, c)| (r, c)).unzip();
        let n: usize = current.iter().sum();
        let unseen: usize = reference.iter().zip(&current).filter(|(r, _)| **r == 0).map(|(_, c)| c).sum();
        LevelsMeasured {
            psi: psi(&reference, &current),
            jensen_shannon: jensen_shannon(&reference, &current),
            chi_squared: chi_squared(&reference, &current),
            cramers_v: cramers_v(&reference, &current),
            unseen_share: (n > 0).then(|| unseen as f64 / n as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Identifiers: a search through all names for each would compare ten thousand million of them, and not end.
    #[test]
    fn a_hundred_thousand_levels_are_counted() {
        let coded = |from: u32| -> Coded { (from..from + 100_000).map(|id| Some(id.to_string())).collect() };
        let lab = LabLevels::new(&coded(0), &coded(50_000));
        assert_eq!(lab.names().len(), 150_000);
        let counts = lab.counts(0.0, &BTreeMap::new());
        assert_eq!(counts[0], ("0".to_owned(), 1, 0));
        assert_eq!(counts[50_000], ("50000".to_owned(), 1, 1));
        assert_eq!(counts[149_999], ("149999".to_owned(), 0, 1));
    }

    #[test]
    fn the_mix_moves_whole_rows() {
        let coded =
            |texts: &[&str]| -> Coded { texts.iter().map(|t| (!t.is_empty()).then_some(*t)).collect() };
        let lab = LabLevels::new(&coded(&["a", "a", "b", ""]), &coded(&["b", "a", "a", "a", "c"]));
        let at = |share: f64, mix: &[(&str, f64)]| {
            let mix = mix.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
            (lab.counts(share, &mix), lab.measure(share, &mix))
        };
        let names = |counts: &[(String, usize, usize)]| -> Vec<(String, usize, usize)> { counts.to_vec() };
        let (still, measured) = at(0.0, &[("d", 1.0)]);
        let row = |name: &str, r: usize, c: usize| (name.to_owned(), r, c);
        assert_eq!(names(&still), [row("a", 2, 3), row("b", 1, 1), row("c", 0, 1), row("d", 0, 0)]);
        assert_eq!(measured.unseen_share, Some(0.2));
        // all rows: three parts of four to a
        let (all, measured) = at(1.0, &[("a", 3.0), ("d", 1.0)]);
        assert_eq!(names(&all), [row("a", 2, 4), row("b", 1, 0), row("c", 0, 0), row("d", 0, 1)]);
        assert_eq!(measured.unseen_share, Some(0.2));
        // no weights, no move
        assert_eq!(at(1.0, &[]).0, at(0.0, &[]).0);
        let none = LabLevels::new(&coded(&[""]), &coded(&[]));
        assert_eq!(none.measure(0.5, &BTreeMap::new()).psi, None);
    }
}
