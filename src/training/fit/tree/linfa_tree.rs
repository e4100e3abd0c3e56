//! linfa's classification tree, taken over node by node.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_trees::{DecisionTree, SplitQuality, TreeNode};
use ndarray::{Array1, Array2, ShapeBuilder};

use super::{TreeSettings, check_tree, midway};
use crate::model::{Node, Tree};
use crate::training::fit::{FitError, class_counts};
use crate::work::Progress;

/// A classification tree by linfa-trees (Gini impurity, then pruned where all leaves below agree), its leaves
/// holding the share of every class among the training rows that fall into them.
///
/// For comparison; [`super::tree_classifier`] is the better choice, for what linfa-trees 0.8.1 does:
/// - it takes numbers less than 1e-5 apart as equal, whatever their unit (avoided here: linfa gets every number's
///   rank in its column, and the thresholds are translated back);
/// - it sends rows at the threshold left in training and right in prediction (avoided by the ranks as well);
/// - within a node it only tries a threshold if the last of *all* rows with the number below it is in the node,
///   so in columns with repeated numbers (such as 0 and 1) splits are missed;
/// - ties between classes and between splits are decided by the order of a hash map, which differs from run to
///   run: the same data can give different trees;
/// - it cannot be cancelled.
///
/// # Shapes
/// As for [`super::tree_classifier`].
///
/// # Edge cases
/// As for [`super::tree_classifier`], but a split that lowers the impurity by less than 1e-5 is not made.
/// Thresholds are midway between neighbouring numbers of the whole column, not of the node.
///
/// # Errors
/// Those of [`super::tree_classifier`]; [`FitError::Cancelled`] is only checked before and after linfa's work.
pub fn tree_classifier_linfa(
    columns: &[&[f64]],
    classes: &[u32],
    n_classes: usize,
    settings: &TreeSettings,
    progress: &Progress,
) -> Result<Tree, FitError> {
    check_tree(columns, classes.len(), settings, progress)?;
    class_counts(classes, n_classes)?;
    if columns.is_empty() {
        return super::tree_classifier(columns, classes, n_classes, settings, progress);
    }
    let ranks = Ranks::new(columns, progress)?;
    let fit = fit_linfa(&ranks, classes, settings)?;
    progress.check()?;
    Ok(from_linfa(fit.root_node(), &ranks, columns, classes, n_classes))
}

/// Columns as linfa gets them.
struct Ranks {
    /// The distinct numbers of every column in ascending order.
    values: Vec<Vec<f64>>,
    /// n × p in Fortran order: every number's place among them.
    ranks: Array2<f64>,
}

impl Ranks {
    fn new(columns: &[&[f64]], progress: &Progress) -> Result<Self, FitError> {
        let n = columns.first().map_or(0, |column| column.len());
        let (mut values, mut flat) = (Vec::new(), Vec::new());
        for column in columns {
            progress.check()?;
            let mut distinct: Vec<f64> = column.iter().map(|value| value + 0.0).collect();
            distinct.sort_by(f64::total_cmp);
            distinct.dedup();
            flat.extend(column.iter().map(|value| distinct.partition_point(|other| other < value) as f64));
            values.push(distinct);
        }
        let ranks = Array2::from_shape_vec((n, columns.len()).f(), flat).map_err(|error| refused(&error))?;
        Ok(Self { values, ranks })
    }
}

fn refused(error: &dyn std::fmt::Display) -> FitError {
    FitError::Solver { solver: "linfa-trees", message: error.to_string() }
}

fn fit_linfa(
    ranks: &Ranks,
    classes: &[u32],
    settings: &TreeSettings,
) -> Result<DecisionTree<f64, usize>, FitError> {
    let y: Array1<usize> = classes.iter().map(|code| *code as usize).collect();
    DecisionTree::params()
        .split_quality(SplitQuality::Gini)
        .max_depth(Some(settings.max_depth))
        .min_weight_leaf(settings.min_leaf_rows as f32)
        .fit(&DatasetBase::new(ranks.ranks.view(), y))
        .map_err(|error| refused(&error))
}

/// The tree below `root` with raw thresholds, and in its leaves the classes' shares of the training rows.
fn from_linfa(
    root: &TreeNode<f64, usize>,
    ranks: &Ranks,
    columns: &[&[f64]],
    classes: &[u32],
    n_classes: usize,
) -> Tree {
    let mut nodes = Vec::new();
    copy(root, &ranks.values, &mut nodes);
    fill_leaves(&mut nodes, columns, classes, n_classes);
    Tree { nodes }
}

/// Appends a node and all below it, with leaves empty; returns its place.
fn copy(node: &TreeNode<f64, usize>, values_by_rank: &[Vec<f64>], nodes: &mut Vec<Node>) -> usize {
    let place = nodes.len();
    nodes.push(Node::Leaf { value: Vec::new() });
    if let ([Some(left), Some(right)], false) = (&node.children()[..], node.is_leaf()) {
        let (feature, rank, _) = node.split();
        let values = &values_by_rank[feature];
        // linfa splits midway between the ranks r and r + 1.
        let below = (rank.floor().max(0.0) as usize).min(values.len().saturating_sub(2));
        let threshold = midway(values[below], values[below + 1]);
        let left = copy(left, values_by_rank, nodes);
        let right = copy(right, values_by_rank, nodes);
        nodes[place] = Node::Split { feature, threshold, left, right };
    }
    place
}

/// Gives every leaf the shares of the classes among the rows that fall into it.
fn fill_leaves(nodes: &mut [Node], columns: &[&[f64]], classes: &[u32], n_classes: usize) {
    let mut counts = vec![vec![0.0; n_classes]; nodes.len()];
    for (row, &code) in classes.iter().enumerate() {
        let mut at = 0;
        while let Node::Split { feature, threshold, left, right } = &nodes[at] {
            at = if columns[*feature][row] <= *threshold { *left } else { *right };
        }
        counts[at][code as usize] += 1.0;
    }
    for (node, counts) in nodes.iter_mut().zip(counts) {
        if let Node::Leaf { value } = node {
            let n: f64 = counts.iter().sum();
            *value = counts.iter().map(|count| count / n.max(1.0)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;

    use super::*;
    use crate::training::fit::reference::{PredictRow, argmax, row, views};
    use crate::training::fit::tree::tests::{made_up_tree_columns, made_up_tree_target};

    /// The rank of any number: between two ranks for one between two of the column's numbers.
    fn rank_of(values: &[f64], x: f64) -> f64 {
        let above = values.partition_point(|other| *other < x);
        if above == values.len() {
            return above as f64;
        }
        if values[above] == x || above == 0 {
            return above as f64 - f64::from(u8::from(values[above] != x));
        }
        let (a, b) = (values[above - 1], values[above]);
        above as f64 - 1.0 + (x - a) / (b - a)
    }

    #[test]
    fn predictions_are_linfas() {
        let columns = made_up_tree_columns(300);
        let columns = views(&columns);
        let classes: Vec<u32> =
            made_up_tree_target(300).iter().map(|y| u32::from(*y >= 60.0) + u32::from(*y >= 110.0)).collect();
        let progress = Progress::new();
        let settings = TreeSettings { max_depth: 7, min_leaf_rows: 3 };
        let ranks = Ranks::new(&columns, &progress).unwrap();
        let fit = fit_linfa(&ranks, &classes, &settings).unwrap();
        let tree = from_linfa(fit.root_node(), &ranks, &columns, &classes, 3);
        assert!(tree.nodes.len() > 20);
        // Rows of the training data, and rows a quarter beside them (no threshold is there).
        let mut compared = 0;
        for shift in [0.0, 0.25, -0.25] {
            let shifted = Array2::from_shape_fn(ranks.ranks.dim(), |(i, j)| {
                rank_of(&ranks.values[j], columns[j][i] + shift)
            });
            let by_linfa = fit.predict(&shifted);
            for i in 0..300 {
                let x: Vec<f64> = row(&columns, i).iter().map(|x| x + shift).collect();
                let shares = tree.predict_row(&x);
                let best = argmax(&shares) as usize;
                let tie = shares.iter().enumerate().any(|(c, share)| c != best && *share == shares[best]);
                if !tie {
                    assert_eq!(best, by_linfa[i], "row {i}, shift {shift}: {shares:?}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 700, "{compared}");
    }

    #[test]
    fn ranks_keep_tiny_differences_apart() {
        let column = [1e-9, 2e-9, 3e-9, 4e-9];
        let settings = TreeSettings { max_depth: 3, min_leaf_rows: 1 };
        let tree = tree_classifier_linfa(&[&column], &[0, 0, 1, 1], 2, &settings, &Progress::new()).unwrap();
        assert_eq!(tree.nodes.len(), 3);
        assert_eq!(tree.predict_row(&[2.4e-9]), [1.0, 0.0]);
        assert_eq!(tree.predict_row(&[2.6e-9]), [0.0, 1.0]);
    }

    #[test]
    fn small_and_plain_data_give_one_leaf() {
        let settings = TreeSettings { max_depth: 3, min_leaf_rows: 1 };
        let fit = |columns: &[&[f64]], classes: &[u32]| {
            tree_classifier_linfa(columns, classes, 2, &settings, &Progress::new()).unwrap().nodes
        };
        let leaf = |value: [f64; 2]| vec![Node::Leaf { value: value.to_vec() }];
        assert_eq!(fit(&[&[1.0]], &[1]), leaf([0.0, 1.0]));
        assert_eq!(fit(&[&[1.0; 4]], &[1, 0, 0, 0]), leaf([0.75, 0.25]));
        assert_eq!(fit(&[], &[1, 0, 0, 0]), leaf([0.75, 0.25]));
    }
}
