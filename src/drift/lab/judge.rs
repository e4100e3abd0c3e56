//! The verdict over a column of numbers in the frame in which a slider moves it: what a verdict needs and no move changes
//! (the control, the thresholds, what other tools learn from the reference) is worked out once.

use super::column::{LabColumn, Measured};
use super::loose::Loose;
use super::ranked::Affine;
use crate::drift::column::{Missing, NumberMeasures, empty_side, settle, shares};
use crate::drift::control::control_of_numbers;
use crate::drift::ks::detectable_gap;
use crate::drift::rule_card::{NannymlNumbers, NumberFacts, of_numbers};
use crate::drift::{Bins, ColumnDrift, Effect, Measures, Rule, Sides, Sorted, chi_squared_pooled};

/// What judges a column, made from the comparison before any move.
#[derive(Debug, Clone)]
pub struct Judge {
    before: ColumnDrift,
    few_values: bool,
    nannyml: Option<NannymlNumbers>,
}

/// Values that are asked for their ranks.
pub(crate) trait Ranks {
    /// How many there are.
    fn len(&self) -> usize;
    /// How many are at most x.
    fn at_most(&self, x: f64) -> usize;
    /// How many are below x.
    fn below(&self, x: f64) -> usize;

    /// How many fall into each bin.
    fn counts(&self, bins: &Bins) -> Vec<usize> {
        bins.counts_by(self.len(), |x| self.at_most(x), |x| self.below(x))
    }
}

impl Ranks for Sorted {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn at_most(&self, x: f64) -> usize {
        Self::at_most(self, x)
    }

    fn below(&self, x: f64) -> usize {
        Self::below(self, x)
    }
}

impl Judge {
    /// Of a column of numbers. `before` compares the reference with the current values as they are, none of them moved;
    /// `in_order` are the reference's values in the file's order, which some tools look at.
    #[must_use]
    pub fn new(before: ColumnDrift, reference: &Sorted, in_order: &[f64]) -> Self {
        Self {
            few_values: reference.distinct_up_to(5).is_some(),
            nannyml: NannymlNumbers::new(in_order),
            before,
        }
    }

    /// Of a column that is not measured anew.
    #[must_use]
    pub fn at_rest(before: ColumnDrift) -> Self {
        Self { before, few_values: false, nannyml: None }
    }

    /// The comparison before any move.
    #[must_use]
    pub fn before(&self) -> &ColumnDrift {
        &self.before
    }

    /// The edges that are asked for besides the column's own bins.
    pub(crate) fn edges(&self) -> &[f64] {
        self.nannyml.as_ref().map_or(&[], NannymlNumbers::edges)
    }

    /// The comparison after a move of every value. `measured` is [`LabColumn::measure`] of it. The verdict is open until
    /// [`conclude`] has seen all columns.
    #[must_use]
    pub fn after(&self, lab: &LabColumn, affine: Affine, measured: &Measured) -> ColumnDrift {
        let Measures::Numbers(before) = &self.before.measures else { return self.before.clone() };
        let mean = before.mean.current.map(|mean| affine.of(mean));
        let std = before.std.current.map(|std| std * affine.scale.abs());
        self.judged(lab, &lab.moved(affine), measured, (mean, std))
    }

    /// The comparison with other values, of which some are `missing`. The verdict is open until [`conclude`] has seen all
    /// columns.
    #[must_use]
    pub fn of_loose(&self, lab: &LabColumn, loose: &Loose, missing: usize) -> ColumnDrift {
        let after = self.judged(lab, loose, &loose.measured, (Some(loose.mean), loose.std));
        Self::with_missing(after, lab, (loose.len(), missing))
    }

    /// The comparison with other values, sorted. The verdict is open until [`conclude`] has seen all columns.
    #[must_use]
    pub fn of_sorted(&self, lab: &LabColumn, current: &Sorted) -> ColumnDrift {
        let (mean, std) = current.mean_and_std().unzip();
        let after = self.judged(lab, current, &lab.measure_sorted(current.clone()), (mean, std.flatten()));
        Self::with_missing(after, lab, (current.len(), current.missing()))
    }

    /// The same with `n` values and some missing: what is missing is compared, and where chance has another number of values
    /// to work on than before, what it does is worked out anew.
    fn with_missing(mut after: ColumnDrift, lab: &LabColumn, (n, missing): (usize, usize)) -> ColumnDrift {
        let missing = Sides { reference: lab.reference().missing(), current: missing };
        let rows = Sides { reference: after.n.reference + missing.reference, current: n + missing.current };
        after.missing = Missing::new(missing, rows);
        if n == after.n.current {
            return after;
        }
        after.n.current = n;
        after.unusable = empty_side(after.n);
        let Measures::Numbers(measures) = &after.measures else { return after };
        after.control = after.control.and_then(|before| {
            let drawn = (before.resamples, before.seed, after.name.as_str());
            control_of_numbers(lab.reference(), lab.bins(), n, measures.std.reference, drawn)
        });
        after.verdict.detectable_ks = detectable_gap(after.n.reference, n, Rule::default().alpha);
        Self::with_new_control(after)
    }

    /// What an effect is held against, after another control.
    fn with_new_control(mut after: ColumnDrift) -> ColumnDrift {
        let p95 = |measure| after.control.as_ref().and_then(|control| control.p95(measure));
        let again =
            |effect: Effect| Effect::new(effect.measure, effect.value, effect.threshold, p95(effect.measure));
        after.verdict.effects = after.verdict.effects.drain(..).map(again).collect();
        after
    }

    /// What was compared without a control, given the control of the same column before; `None` where there are not as many
    /// values as then, so that chance does something else.
    #[must_use]
    pub fn with_control(&self, mut after: ColumnDrift) -> Option<ColumnDrift> {
        if after.n != self.before.n {
            return None;
        }
        after.control.clone_from(&self.before.control);
        Some(Self::with_new_control(after))
    }

    fn judged(
        &self,
        lab: &LabColumn,
        current: &impl Ranks,
        measured: &Measured,
        (mean, current_std): (Option<f64>, Option<f64>),
    ) -> ColumnDrift {
        let mut after = self.before.clone();
        let Measures::Numbers(before) = &self.before.measures else { return after };
        let counts = current.counts(lab.bins());
        let nannyml = self.nannyml.as_ref().and_then(|own| {
            own.distance(&own.counts_by(current.len(), |x| current.at_most(x), |x| current.below(x)))
        });
        let Measured { psi, jensen_shannon, ks, wasserstein, out_of_range, .. } = *measured;
        let std = before.std.reference;
        let wasserstein_std =
            wasserstein.zip(std).filter(|(_, std)| *std > 0.0).map(|(distance, std)| distance / std);
        let reference = lab.reference_counts();
        let few = matches!(lab.bins(), Bins::Values(_));
        after.verdict.p_value = if few {
            chi_squared_pooled(reference, &counts).map(|test| test.p_value)
        } else {
            ks.map(|ks| ks.p_value)
        };
        let effects = after.verdict.effects.drain(..).map(|effect| {
            let value = match effect.measure {
                "psi" => psi,
                "ks" => ks.map(|ks| ks.statistic),
                _ => wasserstein_std,
            };
            Effect::new(effect.measure, value, effect.threshold, effect.no_drift_p95)
        });
        after.verdict.effects = effects.collect();
        after.rule_card = of_numbers(&NumberFacts {
            n_reference: after.n.reference,
            few_values: self.few_values.then_some((reference, counts.as_slice())),
            ks: ks.map(|ks| (ks.statistic, ks.p_value)),
            wasserstein,
            std,
            nannyml,
        });
        let bins = before.bins.clone().map(|mut bins| {
            bins.current = shares(&counts);
            bins
        });
        after.measures = Measures::Numbers(Box::new(NumberMeasures {
            psi,
            ks,
            wasserstein,
            wasserstein_std,
            jensen_shannon,
            out_of_range,
            mean: Sides { current: mean, ..before.mean },
            std: Sides { current: current_std, ..before.std },
            bins,
        }));
        after
    }
}

/// Concludes over all columns that were looked at together, as a comparison of whole tables does.
pub fn conclude(columns: &mut [ColumnDrift], rule: &Rule) {
    settle(columns, rule);
}
