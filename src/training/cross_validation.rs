//! Cross-validation on the training rows: folds at random, stratified by class, or forward in time.

use super::evaluate::Evaluation;
use super::{TrainError, class_codes, fit_rows, lenient, plan::Plan, score};
use crate::data::{ColumnData, Table, list, split};
use crate::model::{Scores, Task};
use crate::work::Progress;

/// How rows were dealt into folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoldScheme {
    /// At random.
    #[default]
    Random,
    /// At random, every class dealt out evenly.
    Stratified,
    /// In order of time: each fold is predicted by a model of all rows before it.
    ForwardChaining,
}

/// The rows that a fold learns from and those it is measured on, each in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fold {
    train: Vec<usize>,
    test: Vec<usize>,
}

/// The scores of each fold, how the folds were made, and what is worth knowing of them.
#[derive(Debug, Default)]
pub(crate) struct CrossValidation {
    pub(crate) folds: Vec<Scores>,
    pub(crate) scheme: FoldScheme,
    pub(crate) warnings: Vec<String>,
}

/// Scores of each fold by a model fitted to other rows. A fold that leaves no two classes to learn from is left out
/// with a warning.
pub(crate) fn cross_validate(
    plan: &Plan,
    table: &Table,
    rows: &[usize],
    progress: &Progress,
) -> Result<CrossValidation, TrainError> {
    let k = plan.settings.folds;
    let (scheme, folds) = deal(plan, table, rows)?;
    let mut result = CrossValidation { scheme, ..CrossValidation::default() };
    if plan.task == Task::Classification && scheme == FoldScheme::Stratified {
        warn_of_rare_classes(plan, table, rows, &mut result.warnings);
    }
    progress.set_total(folds.len() as u64);
    progress.set_done(0);
    let mut unseen = 0;
    for (at, fold) in folds.iter().enumerate() {
        progress.check()?;
        if let Some(reason) = unfit(plan, table, fold) {
            result.warnings.push(format!("fold {} of {k} was left out: {reason}", at + 1));
        } else {
            let fitted = fit_rows(plan, table, &fold.train, &Progress::new())?;
            let (Evaluation { scores, notes, .. }, _) = score(&lenient(&fitted.model), table, &fold.test)?;
            unseen += notes.unknown.iter().sum::<u64>();
            result.folds.push(scores);
        }
        progress.add(1);
    }
    if unseen > 0 {
        result.warnings.push(format!(
            "in the cross-validation {unseen} values are levels that the fold's model had not seen; they were scored as if they added nothing"
        ));
    }
    Ok(result)
}

fn deal(plan: &Plan, table: &Table, rows: &[usize]) -> Result<(FoldScheme, Vec<Fold>), TrainError> {
    let (k, seed) = (plan.settings.folds, plan.settings.seed);
    let time = plan.settings.time_column.as_ref().and_then(|time| table.column(time)).map(|c| &c.data);
    let forward = matches!(time, Some(ColumnData::Date(_)));
    let needed = k.saturating_add(usize::from(forward));
    if rows.len() < needed {
        return Err(TrainError::Setting(format!(
            "{k} folds need at least {needed} training rows, and there are {}",
            rows.len()
        )));
    }
    if let Some(ColumnData::Date(dates)) = time {
        let folds = forward_chaining(rows, |row| dates[row], k);
        if folds.is_empty() {
            return Err(TrainError::Data(
                "the training rows are all of one moment, and can't be dealt into folds by time".into(),
            ));
        }
        return Ok((FoldScheme::ForwardChaining, folds));
    }
    let (scheme, parts) = if plan.task == Task::Classification {
        let codes: std::collections::HashMap<usize, u32> =
            rows.iter().copied().zip(class_codes(plan, table, rows)).collect();
        let class_of = |row: usize| codes.get(&row).copied().unwrap_or(0);
        (FoldScheme::Stratified, split::folds(rows, Some(&class_of), k, seed))
    } else {
        (FoldScheme::Random, split::folds(rows, None, k, seed))
    };
    let folds = (0..parts.len()).map(|held_out| {
        let others = parts.iter().enumerate().filter(|(at, _)| *at != held_out);
        let mut train: Vec<usize> = others.flat_map(|(_, part)| part).copied().collect();
        train.sort_unstable();
        Fold { train, test: parts[held_out].clone() }
    });
    Ok((scheme, folds.collect()))
}

/// Deals `rows` into at most `k` folds by time. In order of time they are cut into k + 1 pieces, the first of which
/// takes what does not divide; each later piece is predicted from all rows before it.
///
/// A cut that would part rows of one moment moves behind them, and a fold that is empty then is left out. Where no
/// two rows are of one moment these are the folds of scikit-learn's `TimeSeriesSplit(n_splits=k)`.
fn forward_chaining(rows: &[usize], moment: impl Fn(usize) -> i64, k: usize) -> Vec<Fold> {
    let mut ordered = rows.to_vec();
    ordered.sort_by_key(|&row| moment(row));
    let n = ordered.len();
    let piece = n / (k + 1);
    let cut = |at: usize| {
        let mut cut = n - (k - at) * piece;
        while cut < n && cut > 0 && moment(ordered[cut]) == moment(ordered[cut - 1]) {
            cut += 1;
        }
        cut
    };
    let cuts: Vec<usize> = (0..=k).map(cut).collect();
    let sorted = |part: &[usize]| {
        let mut part = part.to_vec();
        part.sort_unstable();
        part
    };
    let folds = cuts.windows(2).filter(|cuts| cuts[0] < cuts[1]);
    folds
        .map(|cuts| Fold { train: sorted(&ordered[..cuts[0]]), test: sorted(&ordered[cuts[0]..cuts[1]]) })
        .collect()
}

/// Why no classifier can learn from a fold's rows.
fn unfit(plan: &Plan, table: &Table, fold: &Fold) -> Option<String> {
    if plan.task == Task::Regression {
        return None;
    }
    let codes = class_codes(plan, table, &fold.train);
    let first = *codes.first()?;
    codes
        .iter()
        .all(|code| *code == first)
        .then(|| format!("all rows to learn from are of class '{}'", plan.classes[first as usize]))
}

fn warn_of_rare_classes(plan: &Plan, table: &Table, rows: &[usize], warnings: &mut Vec<String>) {
    let k = plan.settings.folds;
    let mut counts = vec![0_usize; plan.classes.len()];
    class_codes(plan, table, rows).into_iter().for_each(|code| counts[code as usize] += 1);
    let rare: Vec<String> = plan
        .classes
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count < k)
        .map(|(class, _)| class.clone())
        .collect();
    if !rare.is_empty() {
        warnings.push(format!(
            "{} {} fewer training rows than there are folds ({k}): not every fold can be measured on {}",
            list(&rare),
            if rare.len() == 1 { "is a class of" } else { "are classes of" },
            if rare.len() == 1 { "it" } else { "them" }
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From scikit-learn 1.9.1:
    /// `[(list(a), list(b)) for a, b in TimeSeriesSplit(n_splits=3).split(range(11))]`
    #[test]
    fn forward_chaining_is_sklearns_time_series_split() {
        let rows: Vec<usize> = (0..11).collect();
        let range = |train: usize, test: std::ops::Range<usize>| Fold {
            train: (0..train).collect(),
            test: test.collect(),
        };
        let moment = |row: usize| i64::try_from(row).unwrap();
        let folds = forward_chaining(&rows, moment, 3);
        assert_eq!(folds, [range(5, 5..7), range(7, 7..9), range(9, 9..11)]);
        // the same in whatever order the rows stand in the file: row r is moment 10 − r
        let folds = forward_chaining(&rows, |row| -moment(row), 3);
        assert_eq!(folds[0], Fold { train: (6..11).collect(), test: vec![4, 5] });
        assert_eq!(folds[2].test, [0, 1]);
        assert_eq!(forward_chaining(&rows, moment, 10).len(), 10);
    }

    #[test]
    fn rows_of_one_moment_stay_together() {
        // nine rows of the days 0 0 0 1 1 1 2 2 2 in three pieces of three: the cuts are where they should be
        let day = |row: usize| i64::try_from(row / 3).unwrap();
        let rows: Vec<usize> = (0..9).collect();
        let folds = forward_chaining(&rows, day, 2);
        assert_eq!(folds.iter().map(|fold| fold.test.clone()).collect::<Vec<_>>(), [[3, 4, 5], [6, 7, 8]]);
        // eight of them in pieces of two: cuts at 2, 4 and 6 move to 3, 6 and 6, so that one fold is empty
        let folds = forward_chaining(&rows[..8], day, 3);
        assert_eq!(folds.iter().map(|fold| fold.train.len()).collect::<Vec<_>>(), [3, 6]);
        assert_eq!(folds[1].test, [6, 7]);
        assert!(forward_chaining(&rows, |_| 5, 2).is_empty());
    }
}
