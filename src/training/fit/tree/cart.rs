//! An exact CART: every column sorted once, every threshold tried.

use super::{TreeSettings, midway};
use crate::model::{Node, Tree};
use crate::training::fit::FitError;
use crate::work::Progress;

/// Gains closer than this times the node's impurity are equal: what is left is rounding, and the first wins.
const TIE: f64 = 1e-12;

/// What the leaves are to predict.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'a> {
    /// Numbers with their mean taken off; the mean.
    Numbers { centred: &'a [f64], mean: f64 },
    /// Class codes below `n_classes`.
    Classes { codes: &'a [u32], n_classes: usize },
}

/// Sum or class counts of a set of rows.
#[derive(Debug, Clone)]
enum Summary {
    Sum(f64),
    Counts { counts: Vec<f64>, squares: f64 },
}

impl Summary {
    /// Moves one row in (`sign` 1) or out (−1).
    #[inline]
    fn change(&mut self, target: Target<'_>, row: usize, sign: f64) {
        match (self, target) {
            (Self::Sum(sum), Target::Numbers { centred, .. }) => *sum += sign * centred[row],
            (Self::Counts { counts, squares }, Target::Classes { codes, .. }) => {
                let count = &mut counts[codes[row] as usize];
                // (c ± 1)² = c² ± 2c + 1
                *squares += 2.0f64.mul_add(sign * *count, 1.0);
                *count += sign;
            }
            _ => {}
        }
    }

    /// What a set of `n` rows takes off the impurity: (Σ y)²/n, or Σ counts²/n.
    #[inline]
    fn score(&self, n: usize) -> f64 {
        match self {
            Self::Sum(sum) => sum * sum / n as f64,
            Self::Counts { squares, .. } => squares / n as f64,
        }
    }
}

/// The best way found to part a node.
#[derive(Debug, Clone, Copy)]
struct Split {
    feature: usize,
    threshold: f64,
    n_left: usize,
    gain: f64,
}

/// A node whose place is known and whose rows are `start..end` of every order.
#[derive(Debug, Clone, Copy)]
struct Open {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
}

/// A tree that is being grown.
pub(super) struct Growth<'a> {
    columns: &'a [&'a [f64]],
    target: Target<'a>,
    settings: &'a TreeSettings,
    progress: &'a Progress,
    /// Rows sorted by each column, kept so within every node.
    orders: Vec<Vec<u32>>,
    /// Rows in their own order, kept so within every node.
    rows: Vec<u32>,
    goes_left: Vec<bool>,
    spare: Vec<u32>,
}

impl<'a> Growth<'a> {
    /// Sorts the columns. There are fewer than 2³² rows, and all numbers are finite.
    pub(super) fn new(
        columns: &'a [&'a [f64]],
        target: Target<'a>,
        settings: &'a TreeSettings,
        progress: &'a Progress,
    ) -> Result<Self, FitError> {
        let n = match target {
            Target::Numbers { centred, .. } => centred.len(),
            Target::Classes { codes, .. } => codes.len(),
        };
        let rows: Vec<u32> = (0..u32::MAX).take(n).collect();
        let mut orders = Vec::with_capacity(columns.len());
        for column in columns {
            progress.check()?;
            let mut order = rows.clone();
            // Stable, and −0 equals 0: rows with equal numbers stay in their own order.
            order.sort_by(|a, b| (column[*a as usize] + 0.0).total_cmp(&(column[*b as usize] + 0.0)));
            orders.push(order);
        }
        Ok(Self {
            columns,
            target,
            settings,
            progress,
            orders,
            rows,
            goes_left: vec![false; n],
            spare: Vec::with_capacity(n),
        })
    }

    /// Grows the tree, depth first; a node's children come after it.
    pub(super) fn grow(mut self) -> Result<Tree, FitError> {
        let mut nodes = vec![Node::Leaf { value: Vec::new() }];
        let mut open = vec![Open { node: 0, start: 0, end: self.rows.len(), depth: 0 }];
        while let Some(at) = open.pop() {
            let summary = self.summary(at);
            let impurity = self.impurity(at, &summary);
            let n = at.end - at.start;
            let may_split = at.depth < self.settings.max_depth
                && n / 2 >= self.settings.min_leaf_rows
                && n >= 2
                && impurity > 0.0;
            let split = if may_split { self.best_split(at, &summary, impurity)? } else { None };
            let Some(split) = split else {
                nodes[at.node] = Node::Leaf { value: self.leaf(&summary, n) };
                continue;
            };
            self.part(at, split);
            let (left, right) = (nodes.len(), nodes.len() + 1);
            let Split { feature, threshold, n_left, .. } = split;
            nodes[at.node] = Node::Split { feature, threshold, left, right };
            nodes.resize(right + 1, Node::Leaf { value: Vec::new() });
            let (middle, depth) = (at.start + n_left, at.depth + 1);
            open.push(Open { node: right, start: middle, end: at.end, depth });
            open.push(Open { node: left, start: at.start, end: middle, depth });
        }
        Ok(Tree { nodes })
    }

    fn nothing(&self) -> Summary {
        match self.target {
            Target::Numbers { .. } => Summary::Sum(0.0),
            Target::Classes { n_classes, .. } => {
                Summary::Counts { counts: vec![0.0; n_classes], squares: 0.0 }
            }
        }
    }

    fn summary(&self, at: Open) -> Summary {
        let mut summary = self.nothing();
        for &row in &self.rows[at.start..at.end] {
            summary.change(self.target, row as usize, 1.0);
        }
        summary
    }

    /// Σ (y − mean)², or n·(Gini impurity): exactly 0 for a node of equal numbers or one class.
    fn impurity(&self, at: Open, summary: &Summary) -> f64 {
        let rows = &self.rows[at.start..at.end];
        match (self.target, summary) {
            (Target::Numbers { centred, .. }, Summary::Sum(sum)) => {
                let first = centred[rows[0] as usize];
                if rows.iter().all(|&row| centred[row as usize] == first) {
                    return 0.0;
                }
                let mean = sum / rows.len() as f64;
                rows.iter().map(|&row| (centred[row as usize] - mean).powi(2)).sum()
            }
            _ => rows.len() as f64 - summary.score(rows.len()),
        }
    }

    fn leaf(&self, summary: &Summary, n: usize) -> Vec<f64> {
        match (summary, self.target) {
            (Summary::Sum(sum), Target::Numbers { mean, .. }) => vec![mean + sum / n as f64],
            (Summary::Counts { counts, .. }, _) => counts.iter().map(|count| count / n as f64).collect(),
            (Summary::Sum(_), Target::Classes { .. }) => Vec::new(),
        }
    }

    /// The split with the largest gain, the first one in a tie; `None` where no split leaves enough rows on both
    /// sides.
    fn best_split(&self, at: Open, summary: &Summary, impurity: f64) -> Result<Option<Split>, FitError> {
        let n = at.end - at.start;
        let least = self.settings.min_leaf_rows;
        let mut best: Option<Split> = None;
        for (feature, (column, order)) in self.columns.iter().zip(&self.orders).enumerate() {
            self.progress.check()?;
            let order = &order[at.start..at.end];
            if column[order[0] as usize] == column[order[n - 1] as usize] {
                continue;
            }
            // Sums about the node's mean, so that the gain is not a difference of large numbers.
            let shift = if let Summary::Sum(sum) = summary { sum / n as f64 } else { 0.0 };
            let (mut left, mut right) = (self.nothing(), summary.clone());
            for (place, pair) in order.windows(2).enumerate() {
                let row = pair[0] as usize;
                left.change(self.target, row, 1.0);
                right.change(self.target, row, -1.0);
                let (n_left, n_right) = (place + 1, n - place - 1);
                let (here, next) = (column[row], column[pair[1] as usize]);
                if n_left < least || n_right < least || here == next {
                    continue;
                }
                let gain = match &left {
                    Summary::Sum(sum) => {
                        let deviation = sum - shift * n_left as f64;
                        deviation * deviation * (1.0 / n_left as f64 + 1.0 / n_right as f64)
                    }
                    Summary::Counts { .. } => left.score(n_left) + right.score(n_right) - summary.score(n),
                };
                if best.is_none_or(|best| gain > best.gain + TIE * impurity) {
                    best = Some(Split { feature, threshold: midway(here, next), n_left, gain });
                }
            }
        }
        Ok(best)
    }

    /// Puts the rows that go left before the others in every order, both kept in order.
    fn part(&mut self, at: Open, split: Split) {
        for &row in &self.rows[at.start..at.end] {
            self.goes_left[row as usize] = self.columns[split.feature][row as usize] <= split.threshold;
        }
        for order in self.orders.iter_mut().chain([&mut self.rows]) {
            self.spare.clear();
            let mut write = at.start;
            for read in at.start..at.end {
                let row = order[read];
                if self.goes_left[row as usize] {
                    order[write] = row;
                    write += 1;
                } else {
                    self.spare.push(row);
                }
            }
            order[write..at.end].copy_from_slice(&self.spare);
        }
    }
}
