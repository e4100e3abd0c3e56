//! One column of two tables compared: the statistics, the control, the verdict, the rule card.

use serde::Serialize;

use super::align::{Aligned, Pair, align};
use super::bins::{Bins, jensen_shannon, psi};
use super::chi_squared::{ChiSquared, chi_squared_pooled};
use super::control::{Control, control_of_numbers};
use super::ks::{KolmogorovSmirnov, detectable_gap, kolmogorov_smirnov};
use super::levels::compare_levels;
use super::rule::{Effect, Rule, ThresholdSource, Verdict};
use super::rule_card::{self, ToolVerdict, chunked, mean_plus_three_std};
use super::sorted::Sorted;
use super::wasserstein::wasserstein;
use crate::data::{Column, ColumnKind};

/// The same figure of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sides<T> {
    /// In the reference.
    pub reference: T,
    /// In the current data.
    pub current: T,
}

/// Missing values, as shares of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Missing {
    /// Share missing in the reference; `None` without rows.
    pub reference: Option<f64>,
    /// Share missing in the current data.
    pub current: Option<f64>,
    /// Current less reference.
    pub change: Option<f64>,
    /// The chance of a change at least this large if the shares were the same (two proportions, pooled).
    pub p_value: Option<f64>,
    /// Whether the share changed: p at most alpha over the number of columns, and by at least a percentage point.
    pub changed: Option<bool>,
}

/// The smallest change of the missing share that is called a change.
pub(crate) const MISSING_CHANGE: f64 = 0.01;

impl Missing {
    pub(crate) fn new(missing: Sides<usize>, rows: Sides<usize>) -> Self {
        let share = |missing: usize, rows: usize| (rows > 0).then(|| missing as f64 / rows as f64);
        let reference = share(missing.reference, rows.reference);
        let current = share(missing.current, rows.current);
        let counts = |missing: usize, rows: usize| [missing, rows - missing];
        let p_value = rule_card::two_proportions(
            &counts(missing.reference, rows.reference),
            &counts(missing.current, rows.current),
        );
        let change = reference.zip(current).map(|(reference, current)| current - reference);
        Self { reference, current, change, p_value, changed: None }
    }
}

/// A bin with its share on both sides, for charts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BinShares {
    /// The bins' edges, their values, or the levels' names.
    #[serde(flatten)]
    pub bins: BinNames,
    /// Share of the reference in each bin.
    pub reference: Vec<f64>,
    /// Share of the current data.
    pub current: Vec<f64>,
}

/// What the bins are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BinNames {
    /// Upper edges; the last bin has none.
    Edges(Vec<f64>),
    /// Single values; the last bin holds all others.
    Values(Vec<f64>),
    /// Levels, most frequent first; the last bin holds all that are not listed, if there are more.
    Levels(Vec<String>),
}

/// A level that only one side has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelShare {
    /// The level.
    pub level: String,
    /// Its share there.
    pub share: f64,
}

/// Statistics of a column of numbers; `None` where a side has no values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NumberMeasures {
    /// Population stability index.
    pub psi: Option<f64>,
    /// Kolmogorov–Smirnov.
    pub ks: Option<KolmogorovSmirnov>,
    /// Wasserstein's distance, in the column's unit (days for dates).
    pub wasserstein: Option<f64>,
    /// The same over the reference's sample standard deviation.
    pub wasserstein_std: Option<f64>,
    /// Jensen–Shannon distance.
    pub jensen_shannon: Option<f64>,
    /// Share of current values outside the reference's range.
    pub out_of_range: Option<f64>,
    /// Mean of each side.
    pub mean: Sides<Option<f64>>,
    /// Sample standard deviation of each side.
    pub std: Sides<Option<f64>>,
    /// The bins.
    pub bins: Option<BinShares>,
}

/// Statistics of a column of levels; `None` where a side has no values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelMeasures {
    /// Population stability index.
    pub psi: Option<f64>,
    /// Chi-squared.
    pub chi_squared: Option<ChiSquared>,
    /// Cramér's V.
    pub cramers_v: Option<f64>,
    /// Jensen–Shannon distance.
    pub jensen_shannon: Option<f64>,
    /// Share of current values whose level the reference does not have.
    pub unseen_share: Option<f64>,
    /// How many levels are new and how many vanished.
    pub n_new_levels: usize,
    /// How many levels vanished.
    pub n_vanished_levels: usize,
    /// The new levels, most frequent first, at most fifty.
    pub new_levels: Vec<LevelShare>,
    /// The vanished levels, most frequent first, at most fifty.
    pub vanished_levels: Vec<LevelShare>,
    /// The bins.
    pub bins: Option<BinShares>,
}

/// Statistics by what the column holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Measures {
    /// Of numbers and dates.
    Numbers(Box<NumberMeasures>),
    /// Of levels.
    Levels(Box<LevelMeasures>),
    /// Of columns that can't be compared.
    None {
        /// Always `None`.
        psi: Option<f64>,
        /// Always `None`.
        jensen_shannon: Option<f64>,
    },
}

/// A column compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnDrift {
    /// The column's name.
    pub name: String,
    /// Its kind in the reference.
    #[serde(rename = "type")]
    pub kind: ColumnKind,
    /// How many values are present.
    pub n: Sides<usize>,
    /// What is missing.
    pub missing: Missing,
    /// The statistics.
    #[serde(flatten)]
    pub measures: Measures,
    /// The conclusion; `None` where nothing can be concluded.
    pub drifted: Option<bool>,
    /// From what it was concluded.
    pub verdict: Verdict,
    /// What chance alone does.
    pub control: Option<Control>,
    /// What other tools would conclude.
    pub rule_card: Vec<ToolVerdict>,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// Why there can be no verdict.
    #[serde(skip)]
    pub(crate) unusable: Option<String>,
}

/// Compares a column of the reference with the current one of the same name. The verdict is open until
/// [`settle`] has seen all columns.
pub(crate) fn compare_columns(reference: Column, current: Column, rule: &Rule) -> ColumnDrift {
    let (name, kind) = (reference.name.clone(), reference.kind());
    let rows = Sides { reference: reference.len(), current: current.len() };
    let missing = Sides { reference: missing_in(&reference), current: missing_in(&current) };
    let Aligned { pair, notes } = align(reference, current);
    let mut drift = match pair {
        Pair::Numbers(reference, current) => compare_numbers(name, kind, reference, current, rule),
        Pair::Levels(reference, current) => compare_levels(name, kind, &reference, &current, rule),
        Pair::Conflict(why) => {
            let n = Sides {
                reference: rows.reference - missing.reference,
                current: rows.current - missing.current,
            };
            conflict(name, kind, &why, (n, Missing::new(missing, rows)))
        }
    };
    drift.notes.splice(0..0, notes);
    drift
}

/// In how many rows a column has no value.
pub(crate) fn missing_in(column: &Column) -> usize {
    (0..column.len()).filter(|&row| column.is_missing(row)).count()
}

/// A column that can't be compared; how many values it has, and how many are missing, is known all the same.
pub(crate) fn conflict(
    name: String,
    kind: ColumnKind,
    why: &str,
    (n, missing): (Sides<usize>, Missing),
) -> ColumnDrift {
    ColumnDrift {
        name,
        kind,
        n,
        missing,
        measures: Measures::None { psi: None, jensen_shannon: None },
        drifted: None,
        verdict: open("none", None, Vec::new(), None),
        control: None,
        rule_card: Vec::new(),
        notes: vec![why.to_owned()],
        unusable: Some(format!("no verdict: {why}")),
    }
}

pub(crate) fn open(
    test: &'static str,
    p_value: Option<f64>,
    effects: Vec<Effect>,
    detectable_ks: Option<f64>,
) -> Verdict {
    Verdict {
        test,
        p_value,
        adjusted_p_value: None,
        alpha: 0.0,
        significant: None,
        effects,
        material: None,
        detectable_ks,
        reason: String::new(),
    }
}

/// PSI, KS, Wasserstein, and the last over the reference's standard deviation.
type Distances = (Option<f64>, Option<KolmogorovSmirnov>, Option<f64>, Option<f64>);

/// Compares numbers, given in each file's order; NaN is missing.
#[must_use]
pub fn compare_numbers(
    name: String,
    kind: ColumnKind,
    reference: Vec<f64>,
    current: Vec<f64>,
    rule: &Rule,
) -> ColumnDrift {
    let rows = Sides { reference: reference.len(), current: current.len() };
    let nannyml = rule_card::nannyml_numbers(&reference, &current);
    let parts: Vec<Sorted> = match rule.threshold_source {
        ThresholdSource::Learned => {
            chunked(reference.len()).map(|rows| Sorted::new(reference[rows].to_vec())).collect()
        }
        ThresholdSource::Fixed => Vec::new(),
    };
    let (reference, current) = (Sorted::new(reference), Sorted::new(current));
    let n = Sides { reference: reference.len(), current: current.len() };
    let bins = Bins::of_reference(&reference);
    let counts = bins.as_ref().map(|bins| (bins.counts(&reference), bins.counts(&current)));
    let summaries = (reference.mean_and_std(), current.mean_and_std());
    let std = summaries.0.and_then(|(_, std)| std);
    let measured = |current: &Sorted| -> Distances {
        let counts = bins.as_ref().map(|bins| (bins.counts(&reference), bins.counts(current)));
        let distance = wasserstein(&reference, current);
        (
            counts.as_ref().and_then(|(r, c)| psi(r, c)),
            kolmogorov_smirnov(&reference, current),
            distance,
            distance.zip(std).filter(|(_, std)| *std > 0.0).map(|(distance, std)| distance / std),
        )
    };
    let (index, ks, distance, distance_std) = measured(&current);
    let control = bins.as_ref().and_then(|bins| {
        control_of_numbers(&reference, bins, current.len(), std, (rule.resamples, rule.seed, &name))
    });
    let mut notes = Vec::new();
    let fixed = rule.thresholds;
    let thresholds = match rule.threshold_source {
        ThresholdSource::Fixed => [Some(fixed.psi), Some(fixed.ks), Some(fixed.wasserstein_std)],
        ThresholdSource::Learned => {
            let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(measured).collect();
            if parts.is_empty() {
                notes.push(
                    "the reference has fewer than ten rows to learn thresholds from; the fixed ones are used"
                        .into(),
                );
                [Some(fixed.psi), Some(fixed.ks), Some(fixed.wasserstein_std)]
            } else {
                let learn = |of: &dyn Fn(&Distances) -> Option<f64>| {
                    mean_plus_three_std(&parts.iter().filter_map(of).collect::<Vec<_>>())
                };
                [learn(&|p| p.0), learn(&|p| p.1.map(|ks| ks.statistic)), learn(&|p| p.3)]
            }
        }
    };
    let p95 = |statistic: &str| control.as_ref().and_then(|control| control.p95(statistic));
    let effects = vec![
        Effect::new("psi", index, thresholds[0], p95("psi")),
        Effect::new("ks", ks.map(|ks| ks.statistic), thresholds[1], p95("ks")),
        Effect::new("wasserstein_std", distance_std, thresholds[2], p95("wasserstein_std")),
    ];
    let out_of_range = reference.range().filter(|_| !current.is_empty()).map(|(low, high)| {
        let outside = current.below(low) + current.len() - current.at_most(high);
        outside as f64 / current.len() as f64
    });
    let few = reference.distinct_up_to(5).and(counts.as_ref());
    let rule_card = rule_card::of_numbers(&rule_card::NumberFacts {
        n_reference: n.reference,
        few_values: few.map(|(r, c)| (r.as_slice(), c.as_slice())),
        ks: ks.map(|ks| (ks.statistic, ks.p_value)),
        wasserstein: distance,
        std,
        nannyml,
    });
    // between a few values KS sees little of one that is new or gone; they are levels to the test
    let few_values = matches!(bins, Some(Bins::Values(_)));
    let (test, p_value) = match counts.as_ref().filter(|_| few_values) {
        Some((r, c)) => ("chi_squared", chi_squared_pooled(r, c).map(|test| test.p_value)),
        None => ("kolmogorov_smirnov", ks.map(|ks| ks.p_value)),
    };
    let bin_shares = bins.zip(counts.as_ref()).map(|(bins, (r, c))| BinShares {
        bins: match bins {
            Bins::Edges(edges) => BinNames::Edges(edges),
            Bins::Values(values) => BinNames::Values(values),
        },
        reference: shares(r),
        current: shares(c),
    });
    ColumnDrift {
        name,
        kind,
        n,
        missing: Missing::new(Sides { reference: reference.missing(), current: current.missing() }, rows),
        measures: Measures::Numbers(Box::new(NumberMeasures {
            psi: index,
            ks,
            wasserstein: distance,
            wasserstein_std: distance_std,
            jensen_shannon: counts.as_ref().and_then(|(r, c)| jensen_shannon(r, c)),
            out_of_range,
            mean: Sides { reference: summaries.0.map(|s| s.0), current: summaries.1.map(|s| s.0) },
            std: Sides { reference: std, current: summaries.1.and_then(|s| s.1) },
            bins: bin_shares,
        })),
        drifted: None,
        verdict: open(test, p_value, effects, detectable_gap(n.reference, n.current, rule.alpha)),
        control,
        rule_card,
        notes,
        unusable: empty_side(n),
    }
}

pub(crate) fn empty_side(n: Sides<usize>) -> Option<String> {
    match (n.reference, n.current) {
        (0, 0) => Some("no verdict: neither side has a value".into()),
        (0, _) => Some("no verdict: the reference has no value".into()),
        (_, 0) => Some("no verdict: the current data has no value".into()),
        _ => None,
    }
}

pub(crate) fn shares(counts: &[usize]) -> Vec<f64> {
    let n: usize = counts.iter().sum();
    counts.iter().map(|&count| if n == 0 { 0.0 } else { count as f64 / n as f64 }).collect()
}

/// Concludes, now that all columns are there.
pub(crate) fn settle(columns: &mut [ColumnDrift], rule: &Rule) {
    let tested: Vec<Option<f64>> = columns
        .iter()
        .map(|column| {
            let enough = column.n.reference.min(column.n.current) >= rule.min_values;
            column.verdict.p_value.filter(|_| enough && column.unusable.is_none())
        })
        .collect();
    let adjusted = super::multiple::adjust(&tested, rule.correction);
    let n_columns = columns.len().max(1) as f64;
    for (column, adjusted) in columns.iter_mut().zip(adjusted) {
        column.verdict.alpha = rule.alpha;
        column.verdict.adjusted_p_value = adjusted;
        let n = (column.n.reference, column.n.current);
        column.drifted = column.verdict.conclude(n, rule, column.unusable.as_deref());
        let missing = &mut column.missing;
        missing.changed = missing
            .p_value
            .zip(missing.change)
            .map(|(p, change)| p <= rule.alpha / n_columns && change.abs() >= MISSING_CHANGE);
    }
}
