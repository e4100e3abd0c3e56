//! The rows of the laboratory, made ready once, so that a slider is answered in the frame in which it moves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::followed::{LabWeeks, weeks_now};
use super::methods::{Race, races};
use super::predicted::Predicted;
use crate::app::job::JobError;
use crate::app::state::Problem;
use crate::data::{ColumnData, Table};
use crate::drift::lab::{
    FeatureShift, Judge, LabColumn, LabLevels, Large, Left, LevelsMeasured, Measured, Outside, Shifts, means,
    touch,
};
use crate::drift::retraining::{LossEstimator, Losses, losses, outside_of};
use crate::drift::{BinNames, BinShares, Bins, Rule, Sorted, compare, inputs_of};
use crate::inference::Predictor;
use crate::model::InputKind;
use crate::training::Settings;
use crate::work::{Progress, Seed};

/// The bars of a number's chart.
const CHART_BINS: usize = 36;
/// Rows from which a slider that moves one by one (noise, gaps, clipping) is answered from a part of them at once.
pub(super) const AT_ONCE: usize = 20_000;

/// The most rows that what helps to judge is learned from (the estimate without labels, another kind of model, the
/// policies' models): more of them would not make it better, only later.
pub(super) const LEARNED: usize = 200_000;

/// The most rows of the reference that a week or a window of a log is compared with: those are some hundred rows, whose
/// chance is the larger one by far.
const COMPARED: usize = 50_000;

/// At most so many of `n` rows, evenly over the table, which may be in the order of time.
pub(super) fn evenly(n: usize, most: usize) -> Vec<usize> {
    (0..n).step_by(n.div_ceil(most.max(1)).max(1)).collect()
}

/// The rows, and what is known of them.
#[derive(Debug)]
pub(crate) struct Lab {
    /// What the model learned from; what drift is measured against.
    pub(super) reference: Table,
    /// Of these, evenly, at most [`COMPARED`]: what weeks and windows are compared with.
    pub(super) some: Table,
    /// Rows that the sliders shift: those that were held out, where there are such.
    pub(super) current: Table,
    /// Whether the model has not learned from `current`.
    pub(super) held_out: bool,
    /// The means of `current`, which shifts turn around.
    pub(super) means: BTreeMap<String, f64>,
    /// The model's inputs, in its order.
    pub(super) features: Vec<Feature>,
    /// The target's column; none where the table lacks it.
    pub(super) target: Option<String>,
    /// The loss of each row of `current`, unshifted.
    pub(super) losses: Losses,
    /// Their mean: over a million rows it is not for every frame.
    pub(super) mean_loss: Option<f64>,
    /// The predictions, where every row can be predicted.
    pub(super) predicted: Option<Predicted>,
    /// What estimates the loss without labels.
    pub(super) estimator: Option<LossEstimator>,
    /// The weeks; none without true values.
    pub(super) weeks: Option<LabWeeks>,
    /// Samples that fool a statistic each.
    pub(super) races: Vec<Race>,
    /// How the model was trained.
    pub(super) settings: Settings,
    /// Another kind of model that learned from the same rows, and its name; none where it could not be trained.
    pub(super) other: Option<(&'static str, Predictor)>,
    /// Where values are moved one by one.
    pub(super) spare: Left<Large>,
    /// Where it is kept what that adds to the predictions.
    pub(super) spare_added: Left<Large>,
    /// Held while memory is read ahead, and for whom it is to be read next.
    touching: Mutex<()>,
    touch_next: Left<Near>,
}

/// A slider that may be moved next.
#[derive(Debug)]
pub(super) struct Near {
    /// The sliders of now.
    pub(super) shifts: Shifts,
    /// The input whose slider it is.
    pub(super) name: String,
    /// Whether it may move values one by one.
    pub(super) by_value: bool,
}

/// An input of the model.
#[derive(Debug)]
pub(super) struct Feature {
    pub(super) name: String,
    pub(super) unit: Option<String>,
    pub(super) data: FeatureData,
    /// What judges it.
    pub(super) judge: Judge,
    /// The rows that lie outside the training range before any move.
    pub(super) outside: Arc<Outside>,
    /// The training range, of numbers.
    pub(super) range: Option<(f64, f64)>,
    /// What it comes to before any move: where both sides hardly differ that is dearest to work out.
    pub(super) at_rest: (Statistics, Outline),
}

/// Its values.
#[derive(Debug)]
pub(super) enum FeatureData {
    Numbers {
        lab: Box<LabColumn>,
        /// The current values, in the table's order.
        values: Large,
        /// The smallest and the largest of them.
        range: (f64, f64),
        mean: f64,
        std: f64,
        has_missing: bool,
    },
    Levels {
        lab: LabLevels,
        /// The least frequent level: where the mix slider moves rows to.
        rare: String,
    },
    /// Dates, and columns without a value: nothing to shift.
    None,
}

/// Every statistic of an input at a place of the sliders.
#[derive(Debug, Clone)]
pub(super) enum Statistics {
    Numbers(Measured),
    Levels(LevelsMeasured),
    None,
}

/// What is drawn of an input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outline {
    /// The ends of the axis, for numbers.
    pub(super) range: Option<(f64, f64)>,
    /// The levels, for the others.
    pub(super) levels: Vec<String>,
    /// The reference's share in each bar.
    pub(super) reference: Vec<f64>,
    /// The current rows' share in each bar.
    pub(super) current: Vec<f64>,
}

impl Lab {
    /// Makes rows ready.
    ///
    /// # Errors
    /// A [`Problem`] when the rows have not what the model needs, or the work was stopped.
    pub(super) fn new(
        predictor: &Predictor,
        (reference, current): (Table, Table),
        held_out: bool,
        settings: Settings,
        progress: &Progress,
    ) -> Result<Self, JobError> {
        let model = predictor.model();
        let lacking: Vec<String> = model
            .inputs
            .iter()
            .filter(|input| current.column(&input.name).is_none())
            .map(|input| input.name.clone())
            .collect();
        if !lacking.is_empty() {
            let detail = format!(
                "The open table has no column {}. Open a table with the model's columns on the Data page.",
                crate::data::list(&lacking)
            );
            return Err(Problem::new("These rows do not fit the champion", detail).into());
        }
        if current.n_rows() == 0 || reference.n_rows() == 0 {
            return Err(Problem::new(
                "There are no rows to shift",
                "Open a table with rows on the Data page.",
            )
            .into());
        }
        // the world's own means, whatever the champion learned from: another champion does not move the world
        let means = means(&current);
        // what a verdict needs and no move changes
        let before = compare(
            inputs_of(predictor, &reference),
            inputs_of(predictor, &current),
            &Rule::default(),
            0,
            progress,
        )?;
        progress.set_total(model.inputs.len() as u64 + 2);
        progress.set_done(0);
        let mut features = Vec::new();
        for input in &model.inputs {
            let data = feature(&reference, &current, &input.name);
            let Some(before) = before.columns.iter().find(|column| column.name == input.name) else {
                continue;
            };
            let judge = match (&data, reference.column(&input.name).map(|column| &column.data)) {
                (FeatureData::Numbers { lab, .. }, Some(ColumnData::Number(values))) => {
                    Judge::new(before.clone(), lab.reference(), values)
                }
                _ => Judge::at_rest(before.clone()),
            };
            let flags =
                current.column(&input.name).map(|column| outside_of(input, column)).unwrap_or_default();
            let range = match input.kind {
                InputKind::Number { min, max, .. } => Some((min, max)),
                _ => None,
            };
            let outside = Arc::new(Outside::new(&flags));
            let (name, unit) = (input.name.clone(), input.unit.clone());
            let at_rest = measured(&name, &data, &FeatureShift::default());
            features.push(Feature { name, unit, data, judge, outside, range, at_rest });
            progress.add(1);
        }
        let target = current.column(&model.output.name).map(|column| column.name.clone());
        let losses = match target {
            Some(_) => losses(predictor, &current).unwrap_or_default(),
            None => Losses::default(),
        };
        let predicted = Predicted::new(predictor, &reference, &current);
        progress.add(1);
        // too few rows to learn an estimate from give none
        let estimator = target.as_ref().and_then(|_| {
            let some = current.take(&evenly(current.n_rows(), LEARNED));
            LossEstimator::fit(predictor, &some, Seed::default()).ok()
        });
        let weeks =
            target.as_ref().and_then(|target| LabWeeks::new(predictor, &current, target, estimator.as_ref()));
        progress.add(1);
        let some = reference.take(&evenly(reference.n_rows(), COMPARED));
        let mean_loss = losses.mean();
        Ok(Self {
            reference,
            some,
            current,
            held_out,
            means,
            features,
            target,
            losses,
            mean_loss,
            predicted,
            estimator,
            weeks,
            races: races(),
            settings,
            other: None,
            spare: Left::default(),
            spare_added: Left::default(),
            touching: Mutex::default(),
            touch_next: Left::default(),
        })
    }

    /// Reads what a move asks for: memory that was not read for a while is slow, and a move has a frame.
    pub(super) fn touch(&self, predictor: &Predictor, near: Near) {
        // one at a time: a pointer may come over many sliders, of which the last one counts
        self.touch_next.leave(near);
        let Ok(_alone) = self.touching.try_lock() else { return };
        while let Some(near) = self.touch_next.take() {
            self.touch_for(predictor, near);
        }
    }

    fn touch_for(&self, predictor: &Predictor, Near { mut shifts, name, by_value }: Near) {
        let data = self.features.iter().find(|feature| feature.name == name).map(|feature| &feature.data);
        let numbers = match data {
            Some(FeatureData::Numbers { lab, values, .. }) => Some((lab, values)),
            _ => None,
        };
        if by_value && let Some((lab, values)) = numbers {
            self.spare.make_ready(values.len());
            self.spare_added.make_ready(values.len());
            lab.make_ready(values.len());
        }
        // what is spread over many small pieces is read by following the weeks, of a move that is none
        shifts.features.entry(name).or_default().mean += f64::MIN_POSITIVE;
        let beside = |of_predicted: &(dyn Fn(&Predicted) + Sync), own: &dyn Fn()| {
            std::thread::scope(|scope| {
                scope.spawn(|| self.predicted.iter().for_each(of_predicted));
                own();
            });
        };
        // first all that a move reads all of, then what it reads here and there
        beside(&Predicted::touch_first, &|| {
            drop(weeks_now(self, predictor, &shifts));
            self.features.iter().for_each(|feature| feature.outside.touch());
            numbers.iter().for_each(|(_, values)| touch(values));
        });
        beside(&Predicted::touch, &|| numbers.iter().for_each(|(lab, _)| lab.touch()));
    }

    /// The current rows' number.
    pub(super) fn n_rows(&self) -> usize {
        self.current.n_rows()
    }
}

/// An input under its sliders.
pub(super) fn measured(name: &str, data: &FeatureData, shift: &FeatureShift) -> (Statistics, Outline) {
    match data {
        FeatureData::Numbers { lab, values, range, mean, .. } => {
            let (low, high) = lab.reference().range().unwrap_or((0.0, 1.0));
            if let Some(affine) = shift.affine(*mean) {
                let (a, b) = (affine.of(range.0), affine.of(range.1));
                let range = (low.min(a).min(b), high.max(a).max(b));
                let outline = outline(lab, range, |bins| lab.counts_in(bins, affine));
                return (Statistics::Numbers(lab.measure(affine)), outline);
            }
            let seed = Seed::default();
            let measured = lab.approximate(values, shift, *mean, AT_ONCE, (seed, name));
            // evenly over the file, which may be in the order of time
            let step = values.len().div_ceil(AT_ONCE).max(1);
            let part: Vec<f64> = values.iter().copied().step_by(step).collect();
            let moved = Sorted::new(shift.numbers(&part, *mean, seed, name));
            let (a, b) = moved.range().unwrap_or((low, high));
            let outline = outline(lab, (low.min(a), high.max(b)), |bins| bins.counts(&moved));
            (Statistics::Numbers(measured), outline)
        }
        FeatureData::Levels { lab, .. } => {
            let measured = lab.measure(shift.mix_share, &shift.mix);
            (Statistics::Levels(measured), outline_of_levels(lab, shift.mix_share, &shift.mix))
        }
        FeatureData::None => (Statistics::None, Outline::default()),
    }
}

fn feature(reference: &Table, current: &Table, name: &str) -> FeatureData {
    let (Some(before), Some(now)) = (reference.column(name), current.column(name)) else {
        return FeatureData::None;
    };
    match (&before.data, &now.data) {
        (ColumnData::Number(before), ColumnData::Number(now)) => {
            let sorted = Sorted::new(before.clone());
            let Some((_, std)) = sorted.mean_and_std() else { return FeatureData::None };
            let shifted = Sorted::new(now.clone());
            let Some((mean, _)) = shifted.mean_and_std() else { return FeatureData::None };
            let Some(range) = shifted.range() else { return FeatureData::None };
            let has_missing = shifted.missing() > 0;
            match LabColumn::new(sorted, shifted) {
                Some(lab) => FeatureData::Numbers {
                    lab: Box::new(lab),
                    values: now.clone().into(),
                    range,
                    mean,
                    std: std.filter(|std| *std > 0.0).unwrap_or(1.0),
                    has_missing,
                },
                None => FeatureData::None,
            }
        }
        (
            ColumnData::Category(before) | ColumnData::Boolean(before) | ColumnData::Text(before),
            ColumnData::Category(now) | ColumnData::Boolean(now) | ColumnData::Text(now),
        ) => {
            let lab = LabLevels::new(before, now);
            let counts = lab.counts(0.0, &BTreeMap::new());
            let rare = counts.into_iter().min_by_key(|(_, reference, _)| *reference).map(|(name, ..)| name);
            match rare {
                Some(rare) => FeatureData::Levels { lab, rare },
                None => FeatureData::None,
            }
        }
        _ => FeatureData::None,
    }
}

fn shares(counts: &[usize]) -> Vec<f64> {
    let total = counts.iter().sum::<usize>().max(1) as f64;
    counts.iter().map(|count| *count as f64 / total).collect()
}

/// The bars of a chart over a range.
pub(super) fn chart_bins(range: (f64, f64)) -> Bins {
    let width = (range.1 - range.0) / CHART_BINS as f64;
    Bins::Edges((1..CHART_BINS).map(|at| range.0 + width * at as f64).collect())
}

/// Bars of equal width over a range, beside a column's reference.
pub(super) fn outline(
    column: &LabColumn,
    range: (f64, f64),
    counts: impl Fn(&Bins) -> Vec<usize>,
) -> Outline {
    bars(range, |bins| column.reference_counts_in(bins), counts)
}

fn bars(
    range: (f64, f64),
    reference: impl Fn(&Bins) -> Vec<usize>,
    current: impl Fn(&Bins) -> Vec<usize>,
) -> Outline {
    let bins = chart_bins(range);
    Outline {
        range: Some(range),
        levels: Vec::new(),
        reference: shares(&reference(&bins)),
        current: shares(&current(&bins)),
    }
}

/// The most levels that are drawn.
const MOST_LEVELS: usize = 12;

fn outline_of_levels(lab: &LabLevels, share: f64, mix: &BTreeMap<String, f64>) -> Outline {
    let counts = lab.counts(share, mix);
    let reference = shares(&counts.iter().map(|(_, reference, _)| *reference).collect::<Vec<_>>());
    let current = shares(&counts.iter().map(|(.., current)| *current).collect::<Vec<_>>());
    let names = counts.into_iter().map(|(name, ..)| name);
    let rows: Vec<_> = names.zip(reference).zip(current).take(MOST_LEVELS).collect();
    Outline {
        range: None,
        levels: rows.iter().map(|((name, _), _)| name.clone()).collect(),
        reference: rows.iter().map(|((_, reference), _)| *reference).collect(),
        current: rows.iter().map(|(_, current)| *current).collect(),
    }
}

/// The outline of predictions, which no slider moves by itself.
pub(super) fn outline_of(reference: &Sorted, current: &Sorted) -> Outline {
    let (Some(a), Some(b)) = (reference.range(), current.range()) else { return Outline::default() };
    bars((a.0.min(b.0), a.1.max(b.1)), |bins| bins.counts(reference), |bins| bins.counts(current))
}

/// The outline of predicted classes.
pub(super) fn outline_of_shares(shares: &BinShares) -> Outline {
    let BinNames::Levels(names) = &shares.bins else { return Outline::default() };
    let n = names.len().min(MOST_LEVELS);
    let part = |shares: &[f64]| shares.iter().copied().take(n).collect();
    Outline {
        range: None,
        levels: names[..n].to_vec(),
        reference: part(&shares.reference),
        current: part(&shares.current),
    }
}

/// A laboratory and what it was made of.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// The champion's number.
    pub(super) champion: u32,
    /// The open table.
    pub(super) data: Arc<crate::app::state::Dataset>,
    pub(super) lab: Arc<Lab>,
}
