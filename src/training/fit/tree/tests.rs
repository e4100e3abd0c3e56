//! Trees against scikit-learn 1.9.1 and by hand.
//!
//! ```python
//! import numpy as np
//! from sklearn.tree import DecisionTreeRegressor, DecisionTreeClassifier
//! i = np.arange(300)
//! X = np.stack([((i*(2*j+7)*31 + j*17) % 307).astype(float) for j in range(3)], 1)
//! y = (X[:, 0]*X[:, 1])//1000 + ((X[:, 2]-150)**2)//300 + (i*i*13) % 29
//! train = i % 3 != 0
//! for depth, rows in [(3, 10), (6, 5)]:
//!     m = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=rows, random_state=0).fit(X[train], y[train])
//!     p = m.predict(X[~train]); print(p[:12], p.sum(), (p*p).sum())
//! m = DecisionTreeClassifier(max_depth=3, min_samples_leaf=10).fit(X[train], np.digitize(y, [60, 110])[train])
//! p = m.predict_proba(X[~train]); print(p[:6], (p**2).sum(), (p[:, 1]*np.arange(100)).sum())
//! ```

use super::*;
use crate::model::Node;
use crate::training::fit::reference::{PredictRow, argmax, assert_close, row, views};

/// Three columns without repeated numbers.
pub(super) fn made_up_tree_columns(n: usize) -> Vec<Vec<f64>> {
    let value = |i: usize, j: usize| ((i * (2 * j + 7) * 31 + j * 17) % 307) as f64;
    (0..3).map(|j| (0..n).map(|i| value(i, j)).collect()).collect()
}

pub(super) fn made_up_tree_target(n: usize) -> Vec<f64> {
    let x = made_up_tree_columns(n);
    let value = |i: usize| {
        let first = (x[0][i] * x[1][i] / 1000.0).floor() + ((x[2][i] - 150.0).powi(2) / 300.0).floor();
        first + (i * i * 13 % 29) as f64
    };
    (0..n).map(value).collect()
}

/// The rows that scikit-learn was trained on, and the rest.
fn parts<T: Copy>(values: &[T]) -> (Vec<T>, Vec<T>) {
    let part = |test: bool| {
        values.iter().enumerate().filter(|(i, _)| (i % 3 == 0) == test).map(|(_, value)| *value).collect()
    };
    (part(false), part(true))
}

fn settings(max_depth: usize, min_leaf_rows: usize) -> TreeSettings {
    TreeSettings { max_depth, min_leaf_rows }
}

fn regressor(columns: &[&[f64]], y: &[f64], max_depth: usize, min_leaf_rows: usize) -> Tree {
    tree_regressor(columns, y, &settings(max_depth, min_leaf_rows), &Progress::new()).unwrap()
}

fn leaf(value: &[f64]) -> Node {
    Node::Leaf { value: value.to_vec() }
}

#[test]
fn scikit_learn_agrees_on_regression() {
    let columns: Vec<_> = made_up_tree_columns(300).iter().map(|column| parts(column)).collect();
    let (train, test): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let (y, _) = parts(&made_up_tree_target(300));
    for (depth, rows, first, sum, squares) in [
        (
            3,
            10,
            [
                60.7,
                43.285714285714285,
                43.285714285714285,
                60.7,
                76.16,
                76.16,
                60.7,
                34.293103448275865,
                76.16,
                43.285714285714285,
                34.293103448275865,
                34.293103448275865,
            ],
            5380.977142857143,
            319950.5740486981,
        ),
        (
            6,
            5,
            [
                47.8,
                30.25,
                49.333333333333336,
                73.6,
                81.0,
                52.69230769230769,
                73.6,
                23.21875,
                112.2,
                57.25,
                23.21875,
                23.21875,
            ],
            5365.981341575092,
            357115.6272810348,
        ),
    ] {
        let tree = regressor(&views(&train), &y, depth, rows);
        let p: Vec<f64> = (0..100).map(|i| tree.predict_row(&row(&views(&test), i))[0]).collect();
        assert_close(&p[..12], &first, 1e-12);
        assert_close(&[p.iter().sum(), p.iter().map(|p| p * p).sum()], &[sum, squares], 1e-12);
    }
}

#[test]
fn scikit_learn_agrees_on_classification() {
    let columns: Vec<_> = made_up_tree_columns(300).iter().map(|column| parts(column)).collect();
    let (train, test): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let (y, _) = parts(&made_up_tree_target(300));
    let classes: Vec<u32> = y.iter().map(|y| u32::from(*y >= 60.0) + u32::from(*y >= 110.0)).collect();
    let tree = tree_classifier(&views(&train), &classes, 3, &settings(3, 10), &Progress::new()).unwrap();
    let p: Vec<Vec<f64>> = (0..100).map(|i| tree.predict_row(&row(&views(&test), i))).collect();
    let last = [0.30158730158730157, 0.6190476190476191, 0.07936507936507936];
    for (found, expected) in
        p.iter().zip([[0.8, 0.2, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.8, 0.2, 0.0], last, last])
    {
        assert_close(found, &expected, 1e-12);
    }
    let squares: f64 = p.iter().flatten().map(|p| p * p).sum();
    let weighted: f64 = p.iter().enumerate().map(|(i, p)| p[1] * i as f64).sum();
    assert_close(&[squares, weighted], &[72.46131519274377, 1504.3999999999996], 1e-12);
}

#[test]
fn a_small_tree_is_worked_by_hand() {
    // Parting after 2 leaves squares of 0 and 2/3·… on the sides; every other threshold leaves more.
    let tree = regressor(&[&[1.0, 2.0, 3.0, 4.0]], &[1.0, 1.0, 5.0, 6.0], 1, 1);
    let root = Node::Split { feature: 0, threshold: 2.5, left: 1, right: 2 };
    assert_eq!(tree.nodes, [root, leaf(&[1.0]), leaf(&[5.5])]);
    assert_eq!(tree.predict_row(&[2.5]), [1.0]);
    let tree = tree_classifier(
        &[&[0.0, 0.0, 0.0], &[3.0, 1.0, 2.0]],
        &[0, 2, 2],
        3,
        &settings(4, 1),
        &Progress::new(),
    )
    .unwrap();
    let root = Node::Split { feature: 1, threshold: 2.5, left: 1, right: 2 };
    assert_eq!(tree.nodes, [root, leaf(&[0.0, 0.0, 1.0]), leaf(&[1.0, 0.0, 0.0])]);
}

#[test]
fn exclusive_or_is_found_although_the_first_split_gains_nothing() {
    let (a, b) = ([0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]);
    let tree = regressor(&[&a, &b], &[0.0, 1.0, 1.0, 0.0], 2, 1);
    assert_eq!(tree.nodes.len(), 7);
    for (i, expected) in [0.0, 1.0, 1.0, 0.0].into_iter().enumerate() {
        assert_eq!(tree.predict_row(&[a[i], b[i]]), [expected]);
    }
}

#[test]
fn ties_go_to_the_first_column_and_the_lowest_threshold() {
    let x = [1.0, 2.0, 3.0, 4.0];
    let tree = regressor(&[&x, &x], &[0.0, 1.0, 0.0, 1.0], 1, 1);
    let Node::Split { feature, threshold, .. } = tree.nodes[0] else { unreachable!() };
    assert_eq!((feature, threshold), (0, 1.5));
    // The same column in another order of summation: its gain differs by rounding, and still the first wins.
    let target: Vec<f64> = made_up_tree_target(300).iter().map(|y| y / 7.0).collect();
    let column = &made_up_tree_columns(300)[2];
    let mirrored: Vec<f64> = column.iter().map(|x| -x).collect();
    let tree = regressor(&[&mirrored, column], &target, 4, 3);
    for node in &tree.nodes {
        assert!(!matches!(node, Node::Split { feature: 1, .. }));
    }
}

#[test]
fn plain_data_give_one_leaf() {
    assert_eq!(regressor(&[&[5.0]], &[3.0], 6, 1).nodes, [leaf(&[3.0])]);
    assert_eq!(regressor(&[&[5.0; 4]], &[1.0, 2.0, 3.0, 4.0], 6, 1).nodes, [leaf(&[2.5])]);
    assert_eq!(regressor(&[], &[1.0, 2.0], 6, 1).nodes, [leaf(&[1.5])]);
    assert_eq!(regressor(&[&[1.0, 2.0]], &[0.1, 0.1], 6, 1).nodes, [leaf(&[0.1])]);
    assert_eq!(regressor(&[&[1.0, 2.0]], &[1.0, 2.0], 0, 1).nodes, [leaf(&[1.5])]);
    assert_eq!(regressor(&[&[1.0, 2.0, 3.0]], &[1.0, 2.0, 3.0], 6, 2).nodes, [leaf(&[2.0])]);
    let one_class =
        tree_classifier(&[&[1.0, 2.0]], &[1, 1], 3, &TreeSettings::default(), &Progress::new()).unwrap();
    assert_eq!(one_class.nodes, [leaf(&[0.0, 1.0, 0.0])]);
}

#[test]
fn rows_with_equal_numbers_stay_together() {
    let x = [1.0, 1.0, 1.0, 2.0, -0.0, 0.0];
    let tree = regressor(&[&x], &[1.0, 5.0, 9.0, 2.0, 3.0, 4.0], 6, 1);
    assert_eq!(tree.predict_row(&[1.0]), [5.0]);
    assert_eq!(tree.predict_row(&[-0.0]), [3.5]);
    assert_eq!(tree.predict_row(&[0.0]), [3.5]);
}

#[test]
fn a_split_of_0_and_1_columns_is_not_missed_within_a_node() {
    // Where `b` is 1, the class is `a`. The last of all rows with a = 0 has b = 0, which hides the split from a
    // tree that looks for ends of runs among all rows instead of the node's.
    let b = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let a = [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0];
    let class = [0, 0, 1, 1, 2, 2, 2, 2, 2];
    let tree = tree_classifier(&[&b, &a], &class, 3, &settings(3, 1), &Progress::new()).unwrap();
    for (i, class) in class.into_iter().enumerate() {
        assert_eq!(argmax(&tree.predict_row(&[b[i], a[i]])), class);
    }
}

#[test]
fn the_middle_parts_even_neighbours_and_extremes() {
    assert_eq!(midway(1.0, 2.0), 1.5);
    let next = 1.0_f64.next_up();
    assert_eq!(midway(1.0, next), 1.0);
    assert_eq!(midway(next, next.next_up()), next);
    assert_eq!(midway(-f64::MAX, f64::MAX), 0.0);
    assert_eq!(midway(f64::MAX.next_down(), f64::MAX), f64::MAX.next_down());
    let tiny = f64::from_bits(1);
    assert_eq!(midway(0.0, tiny), 0.0);
    assert_eq!(midway(tiny, f64::from_bits(2)), tiny);
}

#[test]
fn children_come_after_their_parent_and_leaves_have_enough_rows() {
    let columns = made_up_tree_columns(300);
    let tree = regressor(&views(&columns), &made_up_tree_target(300), 9, 7);
    let mut rows = vec![0; tree.nodes.len()];
    for i in 0..300 {
        let x = row(&views(&columns), i);
        let mut at = 0;
        while let Node::Split { feature, threshold, left, right } = &tree.nodes[at] {
            assert!(*left > at && *right > at);
            at = if x[*feature] <= *threshold { *left } else { *right };
        }
        rows[at] += 1;
    }
    assert!(rows.iter().all(|rows| *rows == 0 || *rows >= 7) && rows.iter().sum::<i32>() == 300);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let error = tree_regressor(&[&[1.0]], &[1.0], &settings(6, 0), &Progress::new()).unwrap_err();
    assert_eq!(error.to_string(), "min_leaf_rows must be at least 1, but is 0");
    let error = tree_classifier(&[&[1.0]], &[3], 2, &TreeSettings::default(), &Progress::new()).unwrap_err();
    assert_eq!(error.to_string(), "row 0 has class 3, but there are 2 classes (0 to 1)");
    let progress = Progress::new();
    progress.cancel();
    let error = tree_regressor(&[&[1.0]], &[1.0], &TreeSettings::default(), &progress).unwrap_err();
    assert!(matches!(error, FitError::Cancelled(_)));
}
