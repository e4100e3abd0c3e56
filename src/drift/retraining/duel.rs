//! Champion against challenger, on the same rows.

use serde::Serialize;

use super::bootstrap::{Interval, mean_interval};
use super::losses::{loss_name, losses, mean};
use crate::data::Table;
use crate::inference::{InputError, Predictor};
use crate::work::Seed;

/// The comparison of two models on the same labelled rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Duel {
    /// What is compared: mean absolute error or error rate.
    pub loss: &'static str,
    /// Rows that both models predicted.
    pub n: usize,
    /// The champion's mean loss.
    pub champion: Option<f64>,
    /// The challenger's mean loss.
    pub challenger: Option<f64>,
    /// Challenger less champion, row by row: below 0 the challenger is better. A paired bootstrap of 1,000 resamples.
    pub difference: Option<Interval>,
    /// Share of rows on which the challenger is strictly better.
    pub wins: Option<f64>,
    /// The conclusion in words.
    pub verdict: String,
}

/// Compares two models for the same target.
///
/// # Errors
/// [`InputError`] when a model can't predict the rows, or the target is not there.
pub fn duel(
    champion: &Predictor,
    challenger: &Predictor,
    table: &Table,
    seed: Seed,
) -> Result<Duel, InputError> {
    let (first, second) = (losses(champion, table)?, losses(challenger, table)?);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let mut others = second.rows.iter().zip(&second.values).peekable();
    for (row, loss) in first.rows.iter().zip(&first.values) {
        while others.next_if(|(other, _)| *other < row).is_some() {}
        if let Some((_, other)) = others.next_if(|(other, _)| *other == row) {
            a.push(*loss);
            b.push(*other);
        }
    }
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
    let difference = mean_interval(&differences, seed);
    let loss = loss_name(champion.model().task);
    let verdict = match difference {
        None => "no verdict: fewer than two rows that both models can predict".to_owned(),
        Some(d) if d.is_below(0.0) => format!(
            "the challenger is better: its {loss} is lower, and the 95 % interval of the difference excludes 0"
        ),
        Some(d) if d.is_above(0.0) => format!(
            "the champion is better: its {loss} is lower, and the 95 % interval of the difference excludes 0"
        ),
        Some(_) => {
            "not shown: the 95 % interval of the difference includes 0; more rows would narrow it".to_owned()
        }
    };
    let wins = differences.iter().filter(|d| **d < 0.0).count();
    Ok(Duel {
        loss,
        n: a.len(),
        champion: mean(&a),
        challenger: mean(&b),
        difference,
        wins: (!a.is_empty()).then(|| wins as f64 / a.len() as f64),
        verdict,
    })
}
