//! Drift against a model's own outline of its training data, when that data is not at hand.
//!
//! The outline of a number is its deciles with how many values are at most each, or its values where there are at most ten:
//! PSI and Jensen–Shannon are what the data itself gives, the verdict rests on chi-squared over those bins, and KS and
//! Wasserstein are not defined. The outline of levels is complete. A model file of an older program does not have the counts
//! at the deciles; a tenth between two of them is assumed there, which is off where values repeat.

use super::align::{Aligned, Pair, align};
use super::bins::Bins;
use super::column::{BinNames, ColumnDrift, Measures, Missing, NumberMeasures, Sides, settle};
use super::levels::{LevelCounts, of_counts};
use super::report::{Report, drifted_share};
use super::rule::Rule;
use super::sorted::Sorted;
use crate::data::profile::level_counts;
use crate::data::{Coded, Column, ColumnData, ColumnKind, Table};
use crate::model::{Model, ReferenceColumn, ReferenceValues};

/// Compares a table with the outline of a model's training data, column by column (the target among them, where the table
/// has it).
#[must_use]
pub fn compare_with_profile(model: &Model, current: &Table, rule: &Rule) -> Report {
    let mut columns = Vec::new();
    let mut only_in_reference = Vec::new();
    // the outline of the predictions comes last; a column of the data may have its name
    let outlines = match model.reference.split_last() {
        Some((last, data)) if last.name == "prediction" => data,
        _ => model.reference.as_slice(),
    };
    for outline in outlines {
        match current.column(&outline.name) {
            Some(column) => columns.push(compare_outline(outline, column.clone(), rule)),
            None => only_in_reference.push(outline.name.clone()),
        }
    }
    settle(&mut columns, rule);
    let known = |name: &str| outlines.iter().any(|outline| outline.name == name);
    let only_in_current =
        current.columns().iter().map(|column| column.name.clone()).filter(|name| !known(name)).collect();
    Report { drifted_share: drifted_share(&columns), columns, only_in_reference, only_in_current }
}

/// Compares a column with its outline; the verdict is open.
pub(crate) fn compare_outline(outline: &ReferenceColumn, current: Column, rule: &Rule) -> ColumnDrift {
    match &outline.values {
        ReferenceValues::Number { deciles, up_to, counts, mean, std } => {
            let kind = if current.kind() == ColumnKind::Date { ColumnKind::Date } else { ColumnKind::Number };
            let stand_in = match kind {
                ColumnKind::Date => Column { name: outline.name.clone(), data: ColumnData::Date(vec![0]) },
                _ => Column::number(outline.name.clone(), vec![0.0]),
            };
            let sides = sides_of(outline, &current);
            let aligned = align(stand_in, current);
            let Pair::Numbers(_, values) = aligned.pair else {
                return super::column::conflict(
                    outline.name.clone(),
                    kind,
                    "numbers in training, texts in the current data: there is no common scale to compare them on",
                    sides,
                );
            };
            let mut notes = aligned.notes;
            if counts.is_none() && up_to.is_empty() && outline.n > 0 {
                notes.push("an older program wrote this model file: how many training values lie between two deciles is assumed, a tenth each, which is off where values repeat; train again for the true counts".into());
            }
            let sorted = Sorted::new(values);
            let (bins, in_reference) = match counts {
                Some(counts) => {
                    let bins = Bins::Values(counts.iter().map(|(value, _)| *value).collect());
                    let mut of_bin: Vec<usize> = counts.iter().map(|(_, n)| *n).collect();
                    of_bin.push(0);
                    (bins, of_bin)
                }
                None => decile_bins(deciles, up_to, outline.n),
            };
            let in_current = bins.counts(&sorted);
            let names: Vec<String> = (0..bins.len()).map(|bin| bin.to_string()).collect();
            let bin_counts = LevelCounts {
                names: names.iter().map(String::as_str).collect(),
                of_reference: vec![true; bins.len()],
                reference: in_reference,
                current: in_current,
            };
            let missing = missing_of(outline, sorted.missing(), sorted.len() + sorted.missing());
            let mut drift = of_counts(outline.name.clone(), kind, &bin_counts, &[], missing, rule);
            let range = deciles.first().copied().zip(deciles.last().copied());
            let summary = sorted.mean_and_std();
            if let Measures::Levels(levels) = &drift.measures {
                let bin_shares = levels.bins.as_ref().map(|_| super::column::BinShares {
                    bins: match bins {
                        Bins::Edges(edges) => BinNames::Edges(edges),
                        Bins::Values(values) => BinNames::Values(values),
                    },
                    reference: super::column::shares(&bin_counts.reference),
                    current: super::column::shares(&bin_counts.current),
                });
                drift.measures = Measures::Numbers(Box::new(NumberMeasures {
                    psi: levels.psi,
                    ks: None,
                    wasserstein: None,
                    wasserstein_std: None,
                    jensen_shannon: levels.jensen_shannon,
                    out_of_range: range.filter(|_| !sorted.is_empty()).map(|(low, high)| {
                        (sorted.below(low) + sorted.len() - sorted.at_most(high)) as f64 / sorted.len() as f64
                    }),
                    mean: Sides {
                        reference: (outline.n > 0).then_some(*mean),
                        current: summary.map(|s| s.0),
                    },
                    std: Sides { reference: *std, current: summary.and_then(|s| s.1) },
                    bins: bin_shares,
                }));
            }
            drift.rule_card.clear();
            drift.notes.splice(0..0, notes);
            drift.notes.push("against the model's outline of its training data: KS and Wasserstein need the data itself; the verdict rests on chi-squared over the bins".into());
            drift
        }
        ReferenceValues::Category { counts } => {
            // Each level once stands in for the training column, so that what is made comparable between two files is made
            // comparable here. Its kind is not in the outline; the current one's, where it can have been that.
            let once: Coded = counts.iter().map(|(level, _)| Some(level.as_str())).collect();
            let data = match current.data {
                ColumnData::Boolean(_) => ColumnData::Boolean(once),
                ColumnData::Text(_) => ColumnData::Text(once),
                _ => ColumnData::Category(once),
            };
            let sides = sides_of(outline, &current);
            match align(Column { name: outline.name.clone(), data }, current) {
                Aligned { pair: Pair::Levels(reference, current), notes } => {
                    let mut drift = compare_level_outline(outline, counts, &reference, &current, rule);
                    drift.notes.splice(0..0, notes);
                    drift
                }
                Aligned { pair: Pair::Numbers(..) | Pair::Conflict(_), .. } => super::column::conflict(
                    outline.name.clone(),
                    ColumnKind::Category,
                    "levels in training, dates in the current data",
                    sides,
                ),
            }
        }
    }
}

/// `reference` has each of the outline's `counts` once, in their order, under the name that it is compared by.
fn compare_level_outline(
    outline: &ReferenceColumn,
    counts: &[(String, usize)],
    reference: &Coded,
    current: &Coded,
    rule: &Rule,
) -> ColumnDrift {
    let mut in_reference = vec![0_usize; reference.levels.len()];
    for (&code, (_, n)) in reference.codes.iter().zip(counts) {
        if let Some(count) = in_reference.get_mut(code as usize) {
            *count += n;
        }
    }
    let mut of_level = level_counts(&current.codes, current.levels.len());
    let missing = current.codes.len() - of_level.iter().sum::<usize>();
    let mut all = LevelCounts {
        names: Vec::new(),
        reference: Vec::new(),
        current: Vec::new(),
        of_reference: Vec::new(),
    };
    for (level, n) in reference.levels.iter().zip(in_reference) {
        let here = current
            .levels
            .code(level)
            .and_then(|code| of_level.get_mut(code as usize))
            .map_or(0, std::mem::take);
        all.names.push(level);
        all.reference.push(n);
        all.current.push(here);
        all.of_reference.push(true);
    }
    for (level, n) in current.levels.iter().zip(of_level).filter(|(_, n)| *n > 0) {
        all.names.push(level);
        all.reference.push(0);
        all.current.push(n);
        all.of_reference.push(false);
    }
    let missing = missing_of(outline, missing, current.codes.len());
    of_counts(outline.name.clone(), ColumnKind::Category, &all, &[], missing, rule)
}

fn missing_of(outline: &ReferenceColumn, missing: usize, rows: usize) -> Missing {
    Missing::new(
        Sides { reference: outline.missing, current: missing },
        Sides { reference: outline.n + outline.missing, current: rows },
    )
}

/// Values and missing ones of both sides, whatever they are.
fn sides_of(outline: &ReferenceColumn, current: &Column) -> (Sides<usize>, Missing) {
    let missing = super::column::missing_in(current);
    let n = Sides { reference: outline.n, current: current.len() - missing };
    (n, missing_of(outline, missing, current.len()))
}

/// Bins at the deciles, equal ones merged, and how many of n values each holds. `known` says how many values are at most each
/// inner decile; an older file does not, and there it is what values without ties would have.
fn decile_bins(deciles: &[f64], known: &[usize], n: usize) -> (Bins, Vec<usize>) {
    let inner = deciles.get(1..10).unwrap_or(&[]);
    let mut edges: Vec<f64> = Vec::new();
    let mut up_to: Vec<usize> = Vec::new();
    for (at, &edge) in inner.iter().enumerate() {
        // of values without ties, those up to place (n - 1) k / 10, counted from 0
        let rank = known.get(at).copied().unwrap_or_else(|| n.saturating_sub(1) * (at + 1) / 10 + 1).min(n);
        // halfway between infinities is nowhere
        if edge.is_nan() {
            continue;
        }
        if edges.last() == Some(&edge) {
            up_to.pop();
        } else {
            edges.push(edge);
        }
        up_to.push(rank);
    }
    up_to.push(n);
    let counts = up_to.iter().scan(0, |before, &now| Some(now - std::mem::replace(before, now))).collect();
    (Bins::Edges(edges), counts)
}
