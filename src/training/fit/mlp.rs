//! A neural network with one hidden layer of rectified linear units, trained by Adam.

mod network;

use ndarray::{Array2, Axis};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use self::network::{Adam, Loss, Network};
use super::elastic_net::target_mean_and_std;
use super::standardise::Standardised;
use super::{FitError, check_setting, class_counts};
use crate::model::Mlp;
use crate::work::{Progress, Seed};

/// The least rows for which a part is kept back to stop early.
const MIN_ROWS_TO_VALIDATE: usize = 50;

/// Settings of [`mlp_regressor`] and [`mlp_classifier`].
///
/// | Name | Default | Range |
/// |------|---------|-------|
/// | `hidden_units` | 64 | ≥ 1 |
/// | `epochs` | 60 | ≥ 1 |
/// | `min_steps` | 1500 | ≥ 0 |
/// | `batch_rows` | 64 | ≥ 1 |
/// | `learning_rate` | 0.001 | > 0 |
/// | `alpha` | 0.0001 | ≥ 0 |
/// | `patience` | none | ≥ 1 |
/// | `seed` | 42 | |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MlpSettings {
    /// Units of the hidden layer.
    pub hidden_units: usize,
    /// Passes over the rows.
    pub epochs: usize,
    /// Steps of the optimiser at least: few rows make few batches per epoch, and get more epochs than `epochs`
    /// until this many steps are done. 0 for exactly `epochs`.
    pub min_steps: usize,
    /// Rows per step.
    pub batch_rows: usize,
    /// Adam's step size.
    pub learning_rate: f64,
    /// Strength of the squared penalty on the weights (not the biases), as scikit-learn's `alpha`.
    pub alpha: f64,
    /// Stops early: a tenth of the rows is kept back, and training ends when its loss has not improved for this
    /// many epochs; the weights of the best epoch are kept. Not with fewer than 50 rows.
    pub patience: Option<usize>,
    /// What the starting weights and the order of the rows are drawn from.
    pub seed: Seed,
}

impl Default for MlpSettings {
    fn default() -> Self {
        Self {
            hidden_units: 64,
            epochs: 60,
            min_steps: 1500,
            batch_rows: 64,
            learning_rate: 1e-3,
            alpha: 1e-4,
            patience: None,
            seed: Seed::default(),
        }
    }
}

/// A network for a number: squared loss on the standardised target.
///
/// Parameters are for raw columns and the raw target: the standardisation of both is folded into the layers.
/// The same data, settings and machine give the same bits; another processor may round matrix products
/// differently in the last place, which training amplifies.
///
/// # Shapes
/// `columns` has p columns of length n, `target` length n; the network has p inputs and 1 output.
///
/// # Edge cases
/// A constant column gets weight 0. A constant target, or no column that varies, gives a network whose answer is
/// the target's mean. `progress` is set to the number of epochs and counts them.
///
/// # Errors
/// Settings out of range, no rows, lengths that differ, numbers that are not finite, [`FitError::Diverged`],
/// [`FitError::Cancelled`] (checked at every step).
///
/// # Source
/// Kingma, Ba (2015), *Adam: A Method for Stochastic Optimization*; starting weights of Glorot, Bengio (2010).
pub fn mlp_regressor(
    columns: &[&[f64]],
    target: &[f64],
    settings: &MlpSettings,
    progress: &Progress,
) -> Result<Mlp, FitError> {
    check_settings(settings)?;
    let scaled = Standardised::new(columns, target.len(), progress)?;
    let (mean, std) = target_mean_and_std(target)?;
    if std == 0.0 || scaled.z.ncols() == 0 {
        let network = Network::constant(scaled.z.ncols(), settings.hidden_units, &[mean]);
        return Ok(to_raw(&network, &scaled, 1.0, 0.0));
    }
    let y: Vec<f64> = target.iter().map(|value| (value - mean) / std).collect();
    let network = train(&scaled.z, Loss::Squares { truth: &y }, settings, progress)?;
    Ok(to_raw(&network, &scaled, std, mean))
}

/// A network for a class: softmax of one output per class, cross-entropy loss.
///
/// See [`mlp_regressor`] for what is the same for both.
///
/// # Shapes
/// `columns` has p columns of length n; `classes` has n codes below `n_classes`; the network has p inputs and
/// `n_classes` outputs (two for two classes), whose softmax is the probability.
///
/// # Edge cases
/// A class without rows gets an ever lower output. Without a column that varies, a tiny share stands for such a
/// class and the probabilities are the classes' shares.
///
/// # Errors
/// Those of [`mlp_regressor`], [`FitError::UnknownClass`] and [`FitError::SingleClass`].
pub fn mlp_classifier(
    columns: &[&[f64]],
    classes: &[u32],
    n_classes: usize,
    settings: &MlpSettings,
    progress: &Progress,
) -> Result<Mlp, FitError> {
    check_settings(settings)?;
    let scaled = Standardised::new(columns, classes.len(), progress)?;
    let counts = class_counts(classes, n_classes)?;
    if counts.iter().filter(|count| **count > 0).count() < 2 {
        return Err(FitError::SingleClass { code: classes[0] });
    }
    if scaled.z.ncols() == 0 {
        let logs: Vec<f64> = counts.iter().map(|count| (*count as f64).max(1e-9).ln()).collect();
        return Ok(to_raw(&Network::constant(0, settings.hidden_units, &logs), &scaled, 1.0, 0.0));
    }
    let loss = Loss::CrossEntropy { classes, n_classes };
    let network = train(&scaled.z, loss, settings, progress)?;
    Ok(to_raw(&network, &scaled, 1.0, 0.0))
}

fn check_settings(settings: &MlpSettings) -> Result<(), FitError> {
    let MlpSettings { hidden_units, epochs, batch_rows, learning_rate, alpha, patience, .. } = *settings;
    for (name, value) in [
        ("hidden_units", hidden_units),
        ("epochs", epochs),
        ("batch_rows", batch_rows),
        ("patience", patience.unwrap_or(1)),
    ] {
        check_setting(value > 0, name, "at least 1", value as f64)?;
    }
    check_setting(
        learning_rate.is_finite() && learning_rate > 0.0,
        "learning_rate",
        "above 0",
        learning_rate,
    )?;
    check_setting(alpha.is_finite() && alpha >= 0.0, "alpha", "a number from 0", alpha)
}

/// Trains on standardised columns; `z` is n × p.
fn train(
    z: &Array2<f64>,
    loss: Loss<'_>,
    settings: &MlpSettings,
    progress: &Progress,
) -> Result<Network, FitError> {
    let z = z.as_standard_layout();
    let n = z.nrows();
    let mut rng = settings.seed.rng("mlp");
    let mut network = Network::random(z.ncols(), settings.hidden_units, loss.n_outputs(), &mut rng);
    let mut adam = Adam::new(&network, settings.learning_rate);

    let mut rows: Vec<usize> = (0..n).collect();
    let mut validation = Vec::new();
    if settings.patience.is_some() && n >= MIN_ROWS_TO_VALIDATE {
        shuffle(&mut rows, &mut rng);
        validation = rows.split_off(n - n / 10);
    }
    let steps_per_epoch = rows.len().div_ceil(settings.batch_rows);
    let epochs = settings.epochs.max(settings.min_steps.div_ceil(steps_per_epoch));
    progress.set_total(epochs as u64);
    let mut best: Option<(f64, usize, Network)> = None;
    for epoch in 0..epochs {
        shuffle(&mut rows, &mut rng);
        for batch in rows.chunks(settings.batch_rows) {
            progress.check()?;
            let gradient = network.gradient(&z.select(Axis(0), batch), batch, loss, settings.alpha);
            adam.step(&mut network, &gradient);
        }
        progress.set_done(epoch as u64 + 1);
        if !network.is_finite() {
            return Err(FitError::Diverged { step: epoch + 1 });
        }
        if validation.is_empty() {
            continue;
        }
        let now = network.loss(&z.select(Axis(0), &validation), &validation, loss);
        match &best {
            Some((least, _, _)) if now >= *least => {}
            _ => best = Some((now, epoch, network.clone())),
        }
        let since = best.as_ref().map_or(0, |(_, at, _)| epoch - at);
        if settings.patience.is_some_and(|patience| since >= patience) {
            break;
        }
    }
    Ok(best.map_or(network, |(_, _, network)| network))
}

/// Folds the standardisation into both layers.
fn to_raw(network: &Network, scaled: &Standardised, target_std: f64, target_mean: f64) -> Mlp {
    let (hidden_weights, hidden_biases) = network
        .w1
        .columns()
        .into_iter()
        .zip(&network.b1)
        .map(|(weights, bias)| scaled.raw_from_scaled(weights.iter().copied(), *bias))
        .unzip();
    let output_weights = network.w2.columns().into_iter().map(|w| w.iter().map(|w| w * target_std).collect());
    Mlp {
        hidden_weights,
        hidden_biases,
        output_weights: output_weights.collect(),
        output_biases: network.b2.iter().map(|b| b * target_std + target_mean).collect(),
    }
}

/// Fisher and Yates' shuffle. Own, so that no release of a library changes a model.
fn shuffle(rows: &mut [usize], rng: &mut ChaCha8Rng) {
    for last in (1..rows.len()).rev() {
        // The high word of a 64 × 64-bit product: 0 ..= last, uneven by less than rows / 2⁶⁴.
        let pick = (u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64;
        rows.swap(last, pick as usize);
    }
}

#[cfg(test)]
mod tests;
