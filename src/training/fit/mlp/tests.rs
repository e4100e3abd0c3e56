//! The network: gradients against differences, learning, folding of units, edge cases.

use super::*;
use crate::training::fit::reference::{PredictRow, argmax, assert_close, made_up_columns, row, views};

/// Four clouds at the corners of a square, in units far from 0 and 1; the class is exclusive or of the corner.
fn exclusive_or(n: usize) -> (Vec<Vec<f64>>, Vec<u32>) {
    let spread = |i: usize| ((i * 53 % 97) as f64 / 97.0 - 0.5) * 0.8;
    let a: Vec<f64> = (0..n).map(|i| 1000.0 + 5.0 * ((i % 2) as f64 + spread(i))).collect();
    let b: Vec<f64> = (0..n).map(|i| -0.001 * ((i / 2 % 2) as f64 + spread(i + 31))).collect();
    (vec![a, b], (0..n).map(|i| ((i % 2) ^ (i / 2 % 2)) as u32).collect())
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    let x = Array2::from_shape_fn((5, 3), |(i, j)| ((i * 7 + j * 3) % 5) as f64 / 2.0 - 1.0);
    let rows = [0, 1, 2, 3, 4];
    let (truth, classes) = ([0.3, -1.0, 0.5, 2.0, 0.0], [0, 2, 1, 1, 0]);
    for loss in [Loss::Squares { truth: &truth }, Loss::CrossEntropy { classes: &classes, n_classes: 3 }] {
        let network = Network::random(3, 4, loss.n_outputs(), &mut Seed(1).rng("test"));
        let alpha = 0.7;
        let objective = |network: &Network| {
            let squares = |w: &Array2<f64>| w.iter().map(|w| w * w).sum::<f64>();
            network.loss(&x, &rows, loss) + alpha / 2.0 * (squares(&network.w1) + squares(&network.w2)) / 5.0
        };
        let gradient = network.gradient(&x, &rows, loss, alpha);
        let gradient: Vec<f64> = gradient.values().copied().collect();
        for (place, slope) in gradient.iter().enumerate() {
            let (mut up, mut down) = (network.clone(), network.clone());
            up.values_mut().enumerate().filter(|(at, _)| *at == place).for_each(|(_, value)| *value += 1e-6);
            down.values_mut()
                .enumerate()
                .filter(|(at, _)| *at == place)
                .for_each(|(_, value)| *value -= 1e-6);
            let expected = (objective(&up) - objective(&down)) / 2e-6;
            assert!((slope - expected).abs() < 1e-7, "{place}: {slope} for {expected}");
        }
    }
}

#[test]
fn exclusive_or_is_learned_in_raw_units() {
    let (columns, classes) = exclusive_or(200);
    for patience in [None, Some(10)] {
        let settings = MlpSettings { patience, hidden_units: 16, learning_rate: 0.01, ..Default::default() };
        let mlp = mlp_classifier(&views(&columns), &classes, 2, &settings, &Progress::new()).unwrap();
        assert_eq!((mlp.hidden_weights.len(), mlp.output_weights.len()), (16, 2));
        for (i, class) in classes.iter().enumerate() {
            assert_eq!(argmax(&mlp.predict_row(&row(&views(&columns), i))), *class);
        }
    }
}

#[test]
fn a_curve_is_learned_in_raw_units() {
    let x: Vec<f64> = (0..400).map(|i| 500.0 + f64::from(i)).collect();
    let y: Vec<f64> = x.iter().map(|x| 1e4 + 100.0 * ((x - 700.0) / 100.0).powi(2)).collect();
    let settings = MlpSettings { learning_rate: 0.01, ..Default::default() };
    let mlp = mlp_regressor(&[&x], &y, &settings, &Progress::new()).unwrap();
    let worst = x.iter().zip(&y).map(|(x, y)| (mlp.predict_row(&[*x])[0] - y).abs()).fold(0.0, f64::max);
    // The curve spans 400.
    assert!(worst < 15.0, "{worst}");
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let (columns, classes) = exclusive_or(60);
    let fit = |seed: u64| {
        let settings = MlpSettings { epochs: 3, min_steps: 0, seed: Seed(seed), ..Default::default() };
        mlp_classifier(&views(&columns), &classes, 2, &settings, &Progress::new()).unwrap()
    };
    assert_eq!(fit(1), fit(1));
    assert_ne!(fit(1), fit(2));
}

#[test]
fn units_of_a_column_do_not_matter() {
    let (mut columns, classes) = exclusive_or(60);
    let settings = MlpSettings { epochs: 3, min_steps: 0, hidden_units: 8, ..Default::default() };
    let fit = |columns: &[Vec<f64>]| {
        let mlp = mlp_classifier(&views(columns), &classes, 2, &settings, &Progress::new()).unwrap();
        mlp.predict_row(&row(&views(columns), 0))
    };
    let before = fit(&columns);
    // A power of two, so that scaling rounds nothing.
    columns[0].iter_mut().for_each(|value| *value *= 1024.0);
    assert_close(&fit(&columns), &before, 1e-9);
}

#[test]
fn progress_counts_epochs() {
    let (columns, classes) = exclusive_or(100);
    let progress = Progress::new();
    let settings = MlpSettings { epochs: 5, min_steps: 0, ..Default::default() };
    mlp_classifier(&views(&columns), &classes, 2, &settings, &progress).unwrap();
    assert_eq!(progress.state(), (5, 5));
    // 100 rows are 2 steps per epoch, so 11 steps take 6 epochs.
    let settings = MlpSettings { min_steps: 11, ..settings };
    mlp_classifier(&views(&columns), &classes, 2, &settings, &progress).unwrap();
    assert_eq!(progress.state(), (6, 6));
}

#[test]
fn plain_data_give_a_constant_answer() {
    let settings = MlpSettings::default();
    let constant = mlp_regressor(&[&[1.0, 2.0]], &[7.0, 7.0], &settings, &Progress::new()).unwrap();
    assert_eq!(constant.predict_row(&[5.0]), [7.0]);
    let one = mlp_regressor(&[&[1.0]], &[7.0], &settings, &Progress::new()).unwrap();
    assert_eq!((one.predict_row(&[5.0]), one.hidden_weights[0].len()), (vec![7.0], 1));
    let shares = mlp_classifier(&[&[4.0; 4]], &[0, 1, 1, 1], 2, &settings, &Progress::new()).unwrap();
    let out = shares.predict_row(&[4.0]);
    assert_close(&[(out[1] - out[0]).exp()], &[3.0], 1e-12);
}

#[test]
fn a_shuffle_is_a_permutation_that_stays() {
    let mut rows: Vec<usize> = (0..10).collect();
    shuffle(&mut rows, &mut Seed(42).rng("test"));
    let mut sorted = rows.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..10).collect::<Vec<_>>());
    // Held so that no change of a library moves the models of a seed unnoticed.
    assert_eq!(rows, [1, 2, 9, 3, 0, 6, 4, 7, 5, 8]);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let x = made_up_columns(4, 1);
    let check = |classes: &[u32], settings: &MlpSettings| {
        mlp_classifier(&views(&x), classes, 2, settings, &Progress::new()).unwrap_err().to_string()
    };
    let none = MlpSettings { hidden_units: 0, ..Default::default() };
    assert_eq!(check(&[0, 1, 0, 1], &none), "hidden_units must be at least 1, but is 0");
    let single = FitError::SingleClass { code: 1 };
    assert_eq!(check(&[1; 4], &MlpSettings::default()), single.to_string());
    let wild = MlpSettings { learning_rate: 1e300, ..Default::default() };
    assert_eq!(check(&[0, 1, 0, 1], &wild), "training diverged in step 2; try a smaller learning rate");
    let progress = Progress::new();
    progress.cancel();
    let error = mlp_regressor(&views(&x), &[1.0; 4], &MlpSettings::default(), &progress).unwrap_err();
    assert!(matches!(error, FitError::Cancelled(_)));
}
