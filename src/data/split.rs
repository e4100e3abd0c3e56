//! Which rows train and which are held out: at random, stratified by class, or in order of time.

use rand::seq::SliceRandom;

use super::table::MISSING_DATE;
use crate::work::Seed;

/// Row numbers of the two parts, each in ascending order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// The rows to learn from.
    pub train: Vec<usize>,
    /// The rows held out.
    pub test: Vec<usize>,
}

/// How many of `n` rows a fraction holds out: rounded up, as scikit-learn's `train_test_split` does.
///
/// A fraction that is a whole number of rows but for rounding counts as that number.
#[must_use]
pub fn held_out(n: usize, fraction: f64) -> usize {
    let wanted = (n as f64 * fraction - 1e-9).ceil();
    if wanted <= 0.0 { 0 } else { (wanted as usize).min(n) }
}

/// Splits `rows` at random.
#[must_use]
pub fn random(rows: &[usize], fraction: f64, seed: Seed) -> Split {
    let mut shuffled = rows.to_vec();
    shuffled.shuffle(&mut seed.rng("split"));
    let n_test = held_out(rows.len(), fraction);
    let train = shuffled.split_off(n_test);
    sorted(train, shuffled)
}

/// Splits `rows` at random so that every class has the same share in both parts, as near as whole rows allow:
/// each class gives its share rounded down, and the classes with the largest remainders one row more (the
/// largest-remainder method). `class_of(row)` names a row's class.
#[must_use]
pub fn stratified(rows: &[usize], class_of: impl Fn(usize) -> u32, fraction: f64, seed: Seed) -> Split {
    let mut classes: std::collections::BTreeMap<u32, Vec<usize>> = std::collections::BTreeMap::new();
    for &row in rows {
        classes.entry(class_of(row)).or_default().push(row);
    }
    let n_test = held_out(rows.len(), fraction);
    let mut shares: Vec<(u32, usize, f64)> = classes
        .iter()
        .map(|(&class, members)| {
            let share = members.len() as f64 * n_test as f64 / rows.len().max(1) as f64;
            (class, share as usize, share.fract())
        })
        .collect();
    let given: usize = shares.iter().map(|share| share.1).sum();
    shares.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    for share in shares.iter_mut().take(n_test.saturating_sub(given)) {
        share.1 += 1;
    }
    let mut rng = seed.rng("split");
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (class, members) in &mut classes {
        members.shuffle(&mut rng);
        let take =
            shares.iter().find(|share| share.0 == *class).map_or(0, |share| share.1.min(members.len()));
        test.extend_from_slice(&members[..take]);
        train.extend_from_slice(&members[take..]);
    }
    sorted(train, test)
}

/// Splits `rows` by time: the latest are held out. Rows of the same moment stay on one side, so that no row is
/// predicted from its own day: the training side, unless nothing would be held out then. Rows without a date train.
#[must_use]
pub fn by_time(rows: &[usize], dates: &[i64], fraction: f64) -> Split {
    let mut ordered = rows.to_vec();
    let date = |row: usize| dates.get(row).copied().unwrap_or(MISSING_DATE);
    ordered.sort_by_key(|&row| date(row));
    let n_test = held_out(rows.len(), fraction);
    let mut cut = rows.len() - n_test;
    while cut > 0 && cut < ordered.len() && date(ordered[cut]) == date(ordered[cut - 1]) {
        cut += 1;
    }
    // the last moment alone is more than was asked for: it is held out whole
    if cut == ordered.len() && n_test > 0 {
        cut = ordered.partition_point(|&row| date(row) < ordered.last().map_or(0, |&last| date(last)));
    }
    let test = ordered.split_off(cut);
    sorted(ordered, test)
}

/// Deals `rows` into `k` folds of equal size (to within one row) at random. Where `class_of` is given, each class
/// is dealt out evenly.
#[must_use]
pub fn folds(
    rows: &[usize],
    class_of: Option<&dyn Fn(usize) -> u32>,
    k: usize,
    seed: Seed,
) -> Vec<Vec<usize>> {
    let mut shuffled = rows.to_vec();
    shuffled.shuffle(&mut seed.rng("folds"));
    if let Some(class_of) = class_of {
        shuffled.sort_by_key(|&row| class_of(row));
    }
    let mut folds = vec![Vec::new(); k.max(1)];
    for (at, row) in shuffled.into_iter().enumerate() {
        folds[at % k.max(1)].push(row);
    }
    folds.iter_mut().for_each(|fold| fold.sort_unstable());
    folds
}

fn sorted(mut train: Vec<usize>, mut test: Vec<usize>) -> Split {
    train.sort_unstable();
    test.sort_unstable();
    Split { train, test }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_disjoint_complete_and_repeatable() {
        let rows: Vec<usize> = (0..101).collect();
        let split = random(&rows, 0.2, Seed(7));
        assert_eq!((split.train.len(), split.test.len()), (80, 21));
        let mut all = [split.train.clone(), split.test.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, rows);
        assert_eq!(split, random(&rows, 0.2, Seed(7)));
        assert_ne!(split, random(&rows, 0.2, Seed(8)));
    }

    #[test]
    fn strata_keep_their_shares() {
        // 70, 20 and 10 of three classes, a fifth held out: 14, 4 and 2
        let rows: Vec<usize> = (0..100).collect();
        let class = |row: usize| {
            if row < 70 {
                0
            } else if row < 90 {
                1
            } else {
                2
            }
        };
        let split = stratified(&rows, class, 0.2, Seed(1));
        let count = |wanted: u32| split.test.iter().filter(|&&row| class(row) == wanted).count();
        assert_eq!((count(0), count(1), count(2)), (14, 4, 2));
    }

    #[test]
    fn the_latest_days_are_held_out_whole() {
        let dates = [5, 1, 3, 3, 2, 4];
        let rows: Vec<usize> = (0..6).collect();
        assert_eq!(by_time(&rows, &dates, 0.34), Split { train: vec![1, 2, 3, 4], test: vec![0, 5] });
        // three of six would cut through the two rows of day 3
        assert_eq!(by_time(&rows, &dates, 0.5).test, vec![0, 5]);
        assert_eq!(by_time(&[0, 1, 2], &[1, 2, 2], 0.2).test, vec![1, 2]);
    }

    #[test]
    fn held_out_rounds_up_but_not_for_rounding_errors() {
        assert_eq!(held_out(100, 0.07), 7);
        assert_eq!(held_out(10, 0.25), 3);
        assert_eq!(held_out(10, 0.0), 0);
        assert_eq!(held_out(3, 1.0), 3);
    }
}
