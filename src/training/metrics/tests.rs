//! Scores worked by hand, and scikit-learn's. What is said to be scikit-learn's is from version 1.9.1:
//!
//! ```python
//! from sklearn.metrics import *
//! t, p = [3, -0.5, 2, 7, 4.2], [2.5, 0.0, 2, 8, 5.5]
//! r2_score(t, p), root_mean_squared_error(t, p), mean_absolute_error(t, p), median_absolute_error(t, p)
//! t, p = [0, 1, 2, 2, 1, 0, 2], [0, 2, 2, 1, 1, 0, 2]
//! f1_score(t, p, average="macro"), f1_score([0, 1, 2, 2], [0, 0, 2, 2], average="macro", zero_division=0)
//! f1_score([0, 1, 1, 0, 1], [0, 1, 0, 1, 1])
//! q = [[.7, .2, .1], [.2, .5, .3], [.1, .2, .7], [.3, .3, .4], [.1, .8, .1], [1, 0, 0], [1, 0, 0]]
//! log_loss(t, q), roc_auc_score(t, q, multi_class="ovr")
//! roc_auc_score([0, 0, 1, 1, 0, 1, 1], [.1, .4, .35, .8, .4, .4, .9])
//! ```

use super::*;

const T: [u32; 7] = [0, 1, 2, 2, 1, 0, 2];
const Q: [&[f64]; 3] = [
    &[0.7, 0.2, 0.1, 0.3, 0.1, 1.0, 1.0],
    &[0.2, 0.5, 0.2, 0.3, 0.8, 0.0, 0.0],
    &[0.1, 0.3, 0.7, 0.4, 0.1, 0.0, 0.0],
];

fn close(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1.0), "{found} for {expected}");
}

#[test]
fn regression_scores_are_sklearns() {
    let (truth, predicted) = ([3.0, -0.5, 2.0, 7.0, 4.2], [2.5, 0.0, 2.0, 8.0, 5.5]);
    close(r2(&truth, &predicted), 0.8957243723849373);
    close(rmse(&truth, &predicted), 0.7987490219086343);
    close(mae(&truth, &predicted), 0.6599999999999999);
    close(median_absolute_error(&truth, &predicted), 0.5);
    close(max_error(&truth, &predicted), 1.3);
    close(bias(&truth, &predicted), 2.3 / 5.0);
    let all = RegressionMetrics::new(&truth, &predicted).unwrap();
    assert_eq!((all.r2, Some(all.mae)), (r2(&truth, &predicted), mae(&truth, &predicted)));
}

#[test]
fn regression_scores_of_hand_worked_numbers() {
    close(r2(&[1.0, 2.0, 3.0], &[1.0, 2.0, 4.0]), 0.5);
    close(r2(&[1.0, 2.0, 3.0], &[2.0; 3]), 0.0);
    close(rmse(&[0.0, 0.0], &[3.0, 4.0]), 12.5_f64.sqrt());
    close(median_absolute_error(&[0.0; 4], &[1.0, -2.0, 10.0, 4.0]), 3.0);
    close(bias(&[1.0, 1.0], &[2.0, 4.0]), 2.0);
}

#[test]
fn r2_of_a_constant_truth_is_one_or_zero() {
    close(r2(&[0.1; 3], &[0.1; 3]), 1.0);
    close(r2(&[0.1; 3], &[0.1, 0.1, 0.2]), 0.0);
    close(r2(&[0.1; 3], &[0.1_f64.next_up(); 3]), 1.0);
    close(r2(&[0.0; 2], &[0.0, 1e-300]), 0.0);
    assert_eq!(r2(&[1.0], &[1.0]), None);
    let one = RegressionMetrics::new(&[1.0], &[3.0]).unwrap();
    assert_eq!((one.r2, one.rmse, one.bias), (None, 2.0, 2.0));
}

#[test]
fn r2_does_not_depend_on_the_unit() {
    // 1 − 1/2, as of 1, 2, 3 and 1, 2, 4
    for unit in [1e-320, 1e-300, 1e-160, 1e150, 1e200, 4e307] {
        let found = r2(&[unit, 2.0 * unit, 3.0 * unit], &[unit, 2.0 * unit, 4.0 * unit]).unwrap();
        assert!((found - 0.5).abs() < 1e-15, "{unit}: {found}");
    }
    // worse than `f64` can say
    assert_eq!(r2(&[1.0, 2.0, 3.0], &[1e160, 2.0, 3.0]), None);
    close(r2(&[1.0, 2.0, 3.0], &[1e150, 2.0, 3.0]), -5e299);
}

#[test]
fn regression_scores_without_meaning_are_none() {
    for (truth, predicted) in [
        (&[][..], &[][..]),
        (&[1.0], &[]),
        (&[f64::NAN, 1.0], &[1.0, 1.0]),
        (&[1.0, 1.0], &[f64::INFINITY, 1.0]),
        (&[-f64::MAX, 1.0], &[f64::MAX, 1.0]),
    ] {
        assert_eq!(RegressionMetrics::new(truth, predicted), None);
        assert_eq!(r2(truth, predicted), None);
    }
    close(rmse(&[0.0, 0.0], &[1e200, -1e200]), 1e200);
}

#[test]
fn classification_scores_are_sklearns() {
    let predicted = [0, 2, 2, 1, 1, 0, 2];
    close(f1(&T, &predicted, 3), 0.7222222222222222);
    close(f1(&T, &predicted, 5), 0.7222222222222222);
    close(f1(&[0, 1, 2, 2], &[0, 0, 2, 2], 3), 0.5555555555555555);
    close(f1(&[0, 1, 1, 0, 1], &[0, 1, 0, 1, 1], 2), 0.6666666666666666);
    close(log_loss(&T, &Q), 5.512797820106132);
    close(roc_auc_one_vs_rest(&T, &Q), 0.8527777777777779);
    let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9];
    close(roc_auc(&[0, 0, 1, 1, 0, 1, 1], 1, &scores), 0.75);
    let all = ClassificationMetrics::new(&T, &Q).unwrap();
    close(Some(all.accuracy), 6.0 / 7.0);
    assert_eq!(all.confusion, [[2, 0, 0], [0, 2, 0], [1, 0, 2]]);
    assert_eq!((Some(all.log_loss), all.roc_auc), (log_loss(&T, &Q), roc_auc_one_vs_rest(&T, &Q)));
}

#[test]
fn classes_of_a_confusion_matrix_worked_by_hand() {
    let classes = class_metrics(&[vec![3, 1, 0, 0], vec![2, 4, 0, 0], vec![1, 0, 0, 0], vec![0; 4]]);
    assert_eq!((classes[0].precision, classes[0].recall, classes[0].n), (Some(0.5), Some(0.75), 4));
    assert_eq!((classes[0].f1, classes[1].precision), (Some(0.6), Some(0.8)));
    assert_eq!((classes[2].precision, classes[2].recall, classes[2].f1), (None, Some(0.0), Some(0.0)));
    assert_eq!((classes[3].precision, classes[3].recall, classes[3].f1), (None, None, None));
}

#[test]
fn roc_auc_counts_pairs_and_halves_ties() {
    close(roc_auc(&[0, 1], 1, &[0.2, 0.3]), 1.0);
    close(roc_auc(&[0, 1], 0, &[0.2, 0.3]), 0.0);
    close(roc_auc(&[0, 1, 1, 0], 1, &[0.5; 4]), 0.5);
    close(roc_auc(&[0, 1, 1], 1, &[0.5, 0.5, f64::INFINITY]), 0.75);
    assert_eq!(roc_auc(&[1, 1], 1, &[0.1, 0.2]), None);
    assert_eq!(roc_auc(&[0, 1], 1, &[0.1, f64::NAN]), None);
    assert_eq!(roc_auc(&[], 1, &[]), None);
}

#[test]
fn log_loss_is_normalised_and_bounded() {
    close(log_loss(&[0, 1], &[&[0.5, 0.25], &[0.5, 0.75]]), (2.0_f64.ln() - 0.75_f64.ln()) / 2.0);
    close(log_loss(&[1], &[&[2.0], &[6.0]]), -(0.75_f64.ln()));
    close(log_loss(&[1], &[&[1.0], &[0.0]]), 52.0 * 2.0_f64.ln());
    for (truth, probabilities) in [
        (&[][..], [&[][..], &[]]),
        (&[2], [&[0.5], &[0.5]]),
        (&[0], [&[f64::NAN], &[0.5]]),
        (&[0], [&[0.0], &[0.0]]),
        (&[0], [&[1.5], &[-0.5]]),
        (&[0], [&[0.5, 0.5], &[0.5]]),
    ] {
        assert_eq!(log_loss(truth, &probabilities), None);
        assert_eq!(ClassificationMetrics::new(truth, &probabilities), None);
    }
}

#[test]
fn a_single_class_has_all_scores_but_roc_auc() {
    let all = ClassificationMetrics::new(&[0, 0], &[&[0.75, 0.5], &[0.25, 0.5]]).unwrap();
    assert_eq!((all.accuracy, all.f1, all.roc_auc), (1.0, 0.0, None));
    assert_eq!(accuracy(&[], &[]), None);
    assert_eq!((f1(&[], &[], 2), f1(&[3], &[0], 2)), (None, None));
    assert_eq!(roc_auc_one_vs_rest(&[], &[]), None);
}
