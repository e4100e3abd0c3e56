//! Drift against a model's own outline of its training data, when that data is not at hand.
//!
//! The outline of a number is its deciles, or its values where there are at most ten: PSI and Jensen–Shannon are what the
//! data itself gives (the share between two deciles is a tenth, unless values repeat at a decile), the verdict rests on
//! chi-squared over those bins, and KS and Wasserstein are not defined. The outline of levels is complete.

use super::align::{Pair, align};
use super::bins::Bins;
use super::column::{BinNames, ColumnDrift, Measures, Missing, NumberMeasures, Sides, settle};
use super::levels::{LevelCounts, of_counts};
use super::report::{Report, drifted_share};
use super::rule::Rule;
use super::sorted::Sorted;
use crate::data::{Coded, Column, ColumnData, ColumnKind, MISSING_CODE, Table};
use crate::model::{Model, ReferenceColumn, ReferenceValues};

/// Compares a table with the outline of a model's training data, column by column (the target among them, where the table
/// has it).
#[must_use]
pub fn compare_with_profile(model: &Model, current: &Table, rule: &Rule) -> Report {
    let mut columns = Vec::new();
    let mut only_in_reference = Vec::new();
    for outline in model.reference.iter().filter(|outline| outline.name != "prediction") {
        match current.column(&outline.name) {
            Some(column) => columns.push(compare_outline(outline, column.clone(), rule)),
            None => only_in_reference.push(outline.name.clone()),
        }
    }
    settle(&mut columns, rule);
    let known = |name: &str| model.reference.iter().any(|outline| outline.name == name);
    let only_in_current =
        current.columns().iter().map(|column| column.name.clone()).filter(|name| !known(name)).collect();
    Report { drifted_share: drifted_share(&columns), columns, only_in_reference, only_in_current }
}

/// Compares a column with its outline; the verdict is open.
pub(crate) fn compare_outline(outline: &ReferenceColumn, current: Column, rule: &Rule) -> ColumnDrift {
    match &outline.values {
        ReferenceValues::Number { deciles, counts, mean, std } => {
            let kind = if current.kind() == ColumnKind::Date { ColumnKind::Date } else { ColumnKind::Number };
            let stand_in = match kind {
                ColumnKind::Date => Column { name: outline.name.clone(), data: ColumnData::Date(vec![0]) },
                _ => Column::number(outline.name.clone(), vec![0.0]),
            };
            let aligned = align(stand_in, current);
            let Pair::Numbers(_, values) = aligned.pair else {
                return super::column::conflict(
                    outline.name.clone(),
                    kind,
                    "numbers in training, texts in the current data: there is no common scale to compare them on",
                );
            };
            let sorted = Sorted::new(values);
            let (bins, in_reference) = match counts {
                Some(counts) => {
                    let bins = Bins::Values(counts.iter().map(|(value, _)| *value).collect());
                    let mut of_bin: Vec<usize> = counts.iter().map(|(_, n)| *n).collect();
                    of_bin.push(0);
                    (bins, of_bin)
                }
                None => decile_bins(deciles, outline.n),
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
            drift.notes = aligned.notes;
            drift.notes.push("against the model's outline of its training data: KS and Wasserstein need the data itself; the verdict rests on chi-squared over the bins".into());
            drift
        }
        ReferenceValues::Category { counts } => {
            let coded = match current.data {
                ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => coded,
                ColumnData::Number(values) => values
                    .iter()
                    .map(|&value| (!value.is_nan()).then(|| crate::data::number_text(value)))
                    .collect(),
                ColumnData::Date(_) => {
                    return super::column::conflict(
                        outline.name.clone(),
                        ColumnKind::Category,
                        "levels in training, dates in the current data",
                    );
                }
            };
            compare_level_outline(outline, counts, &coded, rule)
        }
    }
}

fn compare_level_outline(
    outline: &ReferenceColumn,
    counts: &[(String, usize)],
    current: &Coded,
    rule: &Rule,
) -> ColumnDrift {
    let mut of_level = vec![0_usize; current.levels.len()];
    let mut missing = 0;
    for &code in &current.codes {
        match of_level.get_mut(code as usize) {
            Some(count) if code != MISSING_CODE => *count += 1,
            _ => missing += 1,
        }
    }
    let mut all = LevelCounts {
        names: Vec::new(),
        reference: Vec::new(),
        current: Vec::new(),
        of_reference: Vec::new(),
    };
    for (level, n) in counts {
        let here = current
            .levels
            .code(level)
            .and_then(|code| of_level.get_mut(code as usize))
            .map_or(0, std::mem::take);
        all.names.push(level);
        all.reference.push(*n);
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

/// Bins at the deciles, equal ones merged, and how many of n values each holds: a tenth for each decile in it.
fn decile_bins(deciles: &[f64], n: usize) -> (Bins, Vec<usize>) {
    let inner = deciles.get(1..10).unwrap_or(&[]);
    let mut edges: Vec<f64> = Vec::new();
    let mut up_to: Vec<usize> = Vec::new();
    for (&edge, tenth) in inner.iter().zip(1_usize..) {
        let rank = (n * tenth).div_ceil(10);
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
