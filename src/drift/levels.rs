//! A column of levels compared: counts, new and vanished levels, the verdict's ingredients.

use super::bins::{jensen_shannon, psi};
use super::chi_squared::{chi_squared, chi_squared_pooled, cramers_v};
use super::column::{
    BinNames, BinShares, ColumnDrift, LevelMeasures, LevelShare, Measures, Missing, Sides, empty_side, open,
    shares,
};
use super::control::{MAX_LEVELS, control_of_levels};
use super::rule::{Effect, Rule, ThresholdSource};
use super::rule_card::{self, chunked, mean_plus_three_std};
use crate::data::profile::level_counts;
use crate::data::{Coded, ColumnKind};

/// How many levels are listed by name.
const LISTED: usize = 50;
/// Above so many levels the reference is not cut into parts.
const MANY_LEVELS: usize = 50_000;

/// Compares levels, given in each file's order.
#[must_use]
pub fn compare_levels(
    name: String,
    kind: ColumnKind,
    reference: &Coded,
    current: &Coded,
    rule: &Rule,
) -> ColumnDrift {
    // a place for each level of the reference, then for each that only the current side has
    let n_reference_levels = reference.levels.len();
    let mut names: Vec<&str> = reference.levels.iter().collect();
    let place: Vec<usize> = current
        .levels
        .iter()
        .map(|level| {
            reference.levels.code(level).map_or_else(
                || {
                    names.push(level);
                    names.len() - 1
                },
                |code| code as usize,
            )
        })
        .collect();
    let n_names = names.len();
    let tally = |codes: &[u32]| level_counts(codes, n_names);
    let r = tally(&reference.codes);
    let mut c = vec![0_usize; n_names];
    for (&at, n) in place.iter().zip(level_counts(&current.codes, place.len())) {
        c[at] += n;
    }
    let rows = Sides { reference: reference.codes.len(), current: current.codes.len() };
    let missing = Sides {
        reference: rows.reference - r.iter().sum::<usize>(),
        current: rows.current - c.iter().sum::<usize>(),
    };
    // with very many levels ten tallies would not fit, and would say nothing
    let parts = if names.len() > MANY_LEVELS { 0 } else { reference.codes.len() };
    let chunks: Vec<Vec<usize>> = chunked(parts).map(|rows| tally(&reference.codes[rows])).collect();
    // levels that neither side uses are none
    let used: Vec<usize> = (0..names.len()).filter(|&at| r[at] + c[at] > 0).collect();
    let pick = |counts: &[usize]| used.iter().map(|&at| counts[at]).collect::<Vec<usize>>();
    let names: Vec<&str> = used.iter().map(|&at| names[at]).collect();
    let of_reference: Vec<bool> = used.iter().map(|&at| at < n_reference_levels && r[at] > 0).collect();
    let chunks: Vec<Vec<usize>> = chunks.iter().map(|chunk| pick(chunk)).collect();
    let counts = LevelCounts { names, reference: pick(&r), current: pick(&c), of_reference };
    of_counts(name, kind, &counts, &chunks, Missing::new(missing, rows), rule)
}

/// How often each level occurs on both sides.
#[derive(Debug)]
pub(crate) struct LevelCounts<'a> {
    pub(crate) names: Vec<&'a str>,
    pub(crate) reference: Vec<usize>,
    pub(crate) current: Vec<usize>,
    /// Whether the reference has the level.
    pub(crate) of_reference: Vec<bool>,
}

pub(crate) fn of_counts(
    name: String,
    kind: ColumnKind,
    counts: &LevelCounts<'_>,
    chunks: &[Vec<usize>],
    missing: Missing,
    rule: &Rule,
) -> ColumnDrift {
    let LevelCounts { names, reference: r, current: c, of_reference } = counts;
    let n = Sides { reference: r.iter().sum::<usize>(), current: c.iter().sum() };
    let index = psi(r, c);
    let test = chi_squared(r, c);
    let v = cramers_v(r, c);
    let control = control_of_levels(r, n.current, (rule.resamples, rule.seed, &name));
    let nannyml = rule_card::nannyml(chunks, c);
    let fixed = rule.thresholds;
    let mut notes = Vec::new();
    if rule.threshold_source == ThresholdSource::Learned && chunks.is_empty() {
        notes.push(format!("thresholds can't be learned from a reference with fewer than ten rows or more than {MANY_LEVELS} levels; the fixed ones are used"));
    }
    if control.is_none() && rule.resamples > 0 && r.iter().filter(|&&count| count > 0).count() > MAX_LEVELS {
        notes.push(format!("no no-drift control is made of more than {MAX_LEVELS} levels, so that an effect need only reach its threshold"));
    }
    let thresholds = match rule.threshold_source {
        ThresholdSource::Learned if !chunks.is_empty() => {
            let learn = |of: &dyn Fn(&[usize]) -> Option<f64>| {
                mean_plus_three_std(&chunks.iter().filter_map(|chunk| of(chunk)).collect::<Vec<_>>())
            };
            [learn(&|chunk| psi(r, chunk)), learn(&|chunk| cramers_v(r, chunk))]
        }
        _ => [Some(fixed.psi), Some(fixed.cramers_v)],
    };
    let p95 = |statistic: &str| control.as_ref().and_then(|control| control.p95(statistic));
    let effects = vec![
        Effect::new("psi", index, thresholds[0], p95("psi")),
        Effect::new("cramers_v", v, thresholds[1], p95("cramers_v")),
    ];
    let only = |counts: &[usize], n: usize, wanted: &dyn Fn(usize) -> bool| {
        let mut found: Vec<(usize, usize)> =
            counts.iter().copied().enumerate().filter(|(at, count)| *count > 0 && wanted(*at)).collect();
        found.sort_by_key(|(at, count)| (std::cmp::Reverse(*count), *at));
        let total: usize = found.iter().map(|(_, count)| count).sum();
        let listed = found.iter().take(LISTED);
        let listed = listed
            .map(|&(at, count)| LevelShare { level: names[at].to_owned(), share: count as f64 / n as f64 })
            .collect();
        (found.len(), total, listed)
    };
    let (n_new_levels, n_unseen, new_levels) = only(c, n.current, &|at| !of_reference[at]);
    let (n_vanished_levels, _, vanished_levels) = only(r, n.reference, &|at| c[at] == 0);
    let mut unusable = empty_side(n);
    let n_levels = r.iter().filter(|&&count| count > 0).count();
    if unusable.is_none() && n.reference >= 20 && 2 * n_levels > n.reference {
        unusable =
            Some("no verdict: nearly every value is a level of its own (an identifier or free text)".into());
    }
    if test.is_some_and(|test| test.dof > 0 && test.smallest_expected < 5.0) {
        notes.push("levels expected fewer than five times make the chi-squared p-value rough; the verdict's p puts them together".into());
    }
    let pooled = chi_squared_pooled(r, c).map(|test| test.p_value);
    ColumnDrift {
        rule_card: rule_card::of_levels(r, c, test.map(|test| test.p_value), v, nannyml),
        measures: Measures::Levels(Box::new(LevelMeasures {
            psi: index,
            chi_squared: test,
            cramers_v: v,
            jensen_shannon: jensen_shannon(r, c),
            unseen_share: (n.current > 0).then(|| n_unseen as f64 / n.current as f64),
            n_new_levels,
            n_vanished_levels,
            new_levels,
            vanished_levels,
            bins: Some(level_bins(counts)),
        })),
        name,
        kind,
        n,
        missing,
        drifted: None,
        verdict: open("chi_squared", pooled, effects, None),
        control,
        notes,
        unusable,
    }
}

fn level_bins(counts: &LevelCounts<'_>) -> BinShares {
    let (r, c) = (shares(&counts.reference), shares(&counts.current));
    let mut order: Vec<usize> = (0..counts.names.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(counts.reference[at] + counts.current[at]));
    let pick = |shares: &[f64]| {
        let mut listed: Vec<f64> = order.iter().take(LISTED).map(|&at| shares[at]).collect();
        if order.len() > LISTED {
            listed.push(order[LISTED..].iter().map(|&at| shares[at]).sum());
        }
        listed
    };
    BinShares {
        reference: pick(&r),
        current: pick(&c),
        bins: BinNames::Levels(order.iter().take(LISTED).map(|&at| counts.names[at].to_owned()).collect()),
    }
}
