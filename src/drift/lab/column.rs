//! A feature in the laboratory: its reference, its current values, and every statistic after a move of its sliders.

use serde::Serialize;

use super::exact::{Swept, sweep};
use super::halved::Values;
use super::judge::{Judge, Ranks};
use super::loose::Loose;
use super::memory::Kept;
use super::ranked::{Affine, Moved, Ranked};
use super::shifts::FeatureShift;
use crate::drift::ks::of_gap;
use crate::drift::{Bins, ChiSquared, KolmogorovSmirnov, Sorted, chi_squared, jensen_shannon, psi};
use crate::work::Seed;

/// Every statistic of a shifted column.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Measured {
    /// Population stability index.
    pub psi: Option<f64>,
    /// Jensen–Shannon distance.
    pub jensen_shannon: Option<f64>,
    /// Kolmogorov–Smirnov.
    pub ks: Option<KolmogorovSmirnov>,
    /// Wasserstein's distance, in the column's unit.
    pub wasserstein: Option<f64>,
    /// Chi-squared over the bins.
    pub chi_squared: Option<ChiSquared>,
    /// Share of values outside the reference's range.
    pub out_of_range: Option<f64>,
    /// Where the figures are from a sample: with 95 % confidence no share is off by more than this (and so neither is KS).
    pub band: Option<f64>,
}

/// A feature of numbers, sorted once.
#[derive(Debug, Clone)]
pub struct LabColumn {
    reference: Ranked,
    current: Ranked,
    bins: Bins,
    in_reference: Vec<usize>,
    /// Whether both sides hold the very same values.
    same: bool,
    /// What measuring other values left.
    kept: Kept,
}

impl LabColumn {
    /// Prepares a feature: the reference, and the values that are shifted (often the reference's own). `None` where a side
    /// has no value.
    #[must_use]
    pub fn new(reference: Sorted, current: Sorted) -> Option<Self> {
        let bins = Bins::of_reference(&reference)?;
        if current.is_empty() {
            return None;
        }
        let in_reference = bins.counts(&reference);
        let same = reference.values() == current.values();
        Some(Self {
            reference: Ranked::new(reference),
            current: Ranked::new(current),
            bins,
            in_reference,
            same,
            kept: Kept::default(),
        })
    }

    /// The bins.
    #[must_use]
    pub fn bins(&self) -> &Bins {
        &self.bins
    }

    /// Reads both sides, so that the next move does not wait for memory.
    pub fn touch(&self) {
        self.reference.touch();
        self.current.touch();
    }

    /// Reads what [`LabColumn::measure_loose`] reads all of, and what the last one left.
    pub fn touch_loose(&self) {
        self.kept.touch();
        self.reference.touch_sums();
    }

    /// Has memory ready in which [`LabColumn::measure_loose`] measures `n` values.
    pub fn make_ready(&self, n: usize) {
        self.kept.make_ready(n);
    }

    /// Takes what [`LabColumn::measure_loose`] gave back, when nobody asks it any more: the next one is made in its memory.
    pub fn take_back(&self, loose: Loose) {
        loose.leave(&self.kept);
    }

    /// How many current values there are.
    #[must_use]
    pub fn current_len(&self) -> usize {
        self.current.sorted().len()
    }

    /// The smallest and the largest current value.
    #[must_use]
    pub fn current_range(&self) -> Option<(f64, f64)> {
        self.current.sorted().range()
    }

    /// The reference, sorted.
    #[must_use]
    pub fn reference(&self) -> &Sorted {
        self.reference.sorted()
    }

    /// How many reference values any bins hold, such as those of a chart.
    #[must_use]
    pub fn reference_counts_in(&self, bins: &Bins) -> Vec<usize> {
        Moved::new(&self.reference, Affine::default()).counts(bins)
    }

    /// How many reference values each bin holds.
    #[must_use]
    pub fn reference_counts(&self) -> &[usize] {
        &self.in_reference
    }

    /// How many shifted values each bin holds: by binary search for its edges.
    #[must_use]
    pub fn counts(&self, affine: Affine) -> Vec<usize> {
        self.counts_in(&self.bins, affine)
    }

    /// The same for any bins, such as those of a chart.
    #[must_use]
    pub fn counts_in(&self, bins: &Bins, affine: Affine) -> Vec<usize> {
        self.moved(affine).counts(bins)
    }

    /// The current values as they lie after a shift.
    pub(crate) fn moved(&self, affine: Affine) -> Moved<'_> {
        Moved::new(&self.current, affine)
    }

    /// Every statistic of other values, in any order, exactly, without sorting more of them than that needs; some are asked for
    /// twice. `judge` is the column's, and `more` gives edges that [`Loose::counts_in`] will be asked for besides, from the
    /// range of the values. `None` where a value is not finite, or all are one: then sort.
    #[must_use]
    pub fn measure_loose(
        &self,
        values: &(impl Values + ?Sized),
        judge: &Judge,
        more: impl FnOnce((f64, f64)) -> Vec<f64>,
    ) -> Option<Loose> {
        let own = match &self.bins {
            Bins::Edges(edges) | Bins::Values(edges) => edges,
        };
        let (low, high) = self.reference.sorted().range()?;
        let edges = [own, judge.edges(), &[low, high]].concat();
        let mut loose = Loose::new(&self.reference, values, &edges, more, &self.kept)?;
        let counts = loose.counts(&self.bins);
        let outside = loose.below(low) + loose.len() - loose.at_most(high);
        loose.measured = Measured {
            psi: psi(&self.in_reference, &counts),
            jensen_shannon: jensen_shannon(&self.in_reference, &counts),
            chi_squared: chi_squared(&self.in_reference, &counts),
            out_of_range: Some(outside as f64 / loose.len() as f64),
            ..loose.measured
        };
        Some(loose)
    }

    /// Kolmogorov–Smirnov after a shift.
    #[must_use]
    pub fn ks(&self, affine: Affine) -> KolmogorovSmirnov {
        let swept = self.swept(affine);
        of_gap(swept.gap, swept.at, self.reference.sorted().len() as u64, self.current_len() as u64)
    }

    /// Wasserstein's distance after a shift; infinite or too large gives `None`.
    #[must_use]
    pub fn wasserstein(&self, affine: Affine) -> Option<f64> {
        self.swept(affine).area
    }

    /// Population stability index after a shift.
    #[must_use]
    pub fn psi(&self, affine: Affine) -> Option<f64> {
        psi(&self.in_reference, &self.counts(affine))
    }

    /// KS and Wasserstein after a shift.
    fn swept(&self, affine: Affine) -> Swept {
        let (a, b) = (Moved::new(&self.reference, Affine::default()), Moved::new(&self.current, affine));
        if self.same && affine == Affine::default() {
            // the dearest question of all, where its answer is known
            let is_finite = a.at(0).is_finite() && a.at(a.len() - 1).is_finite();
            return Swept { gap: 0, at: a.at(0), area: is_finite.then_some(0.0) };
        }
        sweep(&a, &b)
    }

    /// Every statistic after a shift of all values.
    #[must_use]
    pub fn measure(&self, affine: Affine) -> Measured {
        self.measure_moved(&Moved::new(&self.current, affine), self.swept(affine))
    }

    fn measure_moved(&self, moved: &Moved<'_>, swept: Swept) -> Measured {
        let counts = moved.counts(&self.bins);
        let (low, high) = self.reference.sorted().range().unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let outside = moved.below(low) + moved.len() - moved.at_most(high);
        Measured {
            psi: psi(&self.in_reference, &counts),
            jensen_shannon: jensen_shannon(&self.in_reference, &counts),
            ks: Some(of_gap(swept.gap, swept.at, self.reference.sorted().len() as u64, moved.len() as u64)),
            wasserstein: swept.area,
            chi_squared: chi_squared(&self.in_reference, &counts),
            out_of_range: Some(outside as f64 / moved.len() as f64),
            band: None,
        }
    }

    /// Every statistic of values that were shifted in another way (noise, clipping, gaps): all of them, or a sample, whose
    /// error band is that of Dvoretzky, Kiefer and Wolfowitz with Massart's constant, √(ln(2/0.05) / 2n).
    #[must_use]
    pub fn measure_values(&self, values: Vec<f64>, is_sample: bool) -> Measured {
        let current = Sorted::new(values);
        let n = current.len() as f64;
        let band = is_sample.then(|| (40.0_f64.ln() / (2.0 * n)).sqrt());
        Measured { band, ..self.measure_sorted(current) }
    }

    /// Every statistic of values that are sorted already.
    #[must_use]
    pub fn measure_sorted(&self, current: Sorted) -> Measured {
        if current.is_empty() {
            return Measured::default();
        }
        let ranked = Ranked::new(current);
        let (a, b) = (Moved::new(&self.reference, Affine::default()), Moved::new(&ranked, Affine::default()));
        self.measure_moved(&b, sweep(&a, &b))
    }

    /// Every statistic of a shift of any kind, from at most `rows` of the current values (in the file's order, NaN where
    /// missing), with its error band: what is shown at once, until the figure of all rows is there.
    #[must_use]
    pub fn approximate(
        &self,
        values: &[f64],
        shift: &FeatureShift,
        mean: f64,
        rows: usize,
        (seed, name): (Seed, &str),
    ) -> Measured {
        let picked = crate::drift::classifier::sample(values.len(), rows, seed, name);
        let sampled: Vec<f64> = picked.iter().map(|&row| values[row]).collect();
        self.measure_values(shift.numbers(&sampled, mean, seed, name), picked.len() < values.len())
    }
}
