//! What the sliders of this moment make of the inputs, the predictions and the weeks: worked out in the frame in which one
//! moves, from what was made ready.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::followed::weeks_now;
use super::lab::{Feature, FeatureData, Lab, Outline, Statistics, measured};
use super::one_by_one::{Refined, is_one_by_one, of_place};
use super::predicted::Kept;
use super::{Draft, Results};
use crate::drift::ColumnDrift;
use crate::drift::Rule;
use crate::drift::lab::{Affine, FeatureShift, Outside, Shifts, conclude};
use crate::drift::retraining::FollowedWeek;
use crate::inference::Predictor;

/// Values, over all inputs that moved, from which they are measured by two threads: below, a thread costs more than it
/// saves.
const BY_TWO: usize = 400_000;

/// What the sliders of this moment make of everything that is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    /// The sliders.
    pub(super) shifts: Shifts,
    /// By feature, in order.
    pub(super) features: Vec<(Statistics, Outline)>,
    /// The verdicts over the inputs; none where sliders move values one by one and all rows are not measured yet, and where
    /// they replace levels.
    pub(super) columns: Option<Vec<ColumnDrift>>,
    /// The verdict over the predictions; none where they take longer.
    pub(super) prediction: Option<(ColumnDrift, Outline)>,
    /// Share of rows outside the training range; none where it takes longer.
    pub(super) outside: Option<f64>,
    /// The weeks; none without true values, or where rows can't be predicted.
    pub(super) weeks: Option<Vec<FollowedWeek>>,
    /// The inputs whose sliders move values one by one, and that were not known from all rows then.
    pub(super) rough: Vec<String>,
    /// The rows outside the training range, by feature.
    flags: Vec<Arc<Outside>>,
    /// The sum that the last slider was added to.
    kept: Option<Kept>,
    /// What stands while this place waits for a job.
    pub(super) stand_in: Option<Arc<StandIn>>,
}

/// What was last known of all inputs and the predictions.
#[derive(Debug)]
pub(super) struct StandIn {
    /// The inputs that had drifted.
    pub(super) drifted: BTreeSet<String>,
    pub(super) prediction: Outline,
}

/// Whether a column drifted, or its gaps did.
pub(super) fn has_drifted(column: &ColumnDrift) -> bool {
    column.drifted == Some(true) || column.missing.changed == Some(true)
}

/// Moves of the inputs.
pub(super) struct Moves<'a> {
    /// Those of all values of an input alike, by its place.
    pub(super) affine: Vec<(usize, Affine)>,
    /// Those of single values.
    pub(super) one_by_one: Vec<&'a Refined>,
}

impl Live {
    /// What the sliders make of the rows: exactly where they move all values alike, or `exact` has what they make of single
    /// ones; else the inputs from a part of the rows, with an error band. What did not move since `before` is taken from there.
    pub(super) fn new(
        lab: &Lab,
        predictor: &Predictor,
        shifts: &Shifts,
        exact: &[Refined],
        before: Option<&Self>,
    ) -> Self {
        let rough: Vec<String> = lab
            .features
            .iter()
            .filter(|feature| is_rough(feature, shifts, exact))
            .map(|feature| feature.name.clone())
            .collect();
        let moves = if rough.is_empty() { moves(lab, shifts, exact) } else { None };
        let moves = moves.as_ref();
        let predict = || {
            let kept = before.and_then(|before| before.kept.as_ref());
            let predicted = lab.predicted.as_ref().zip(moves);
            predicted.map(|(predicted, moves)| predicted.at(lab, predictor, shifts, moves, kept))
        };
        let takes_two = lab
            .predicted
            .as_ref()
            .zip(moves)
            .is_some_and(|(predicted, moves)| predicted.takes_two(lab, moves));
        // what does not ask for the inputs' figures beside them, so that a move of all sliders fits in a frame
        let (beside, own) = std::thread::scope(|scope| {
            let beside = scope.spawn(|| {
                let known = before.filter(|before| before.shifts == *shifts);
                let weeks = match known {
                    Some(before) => before.weeks.clone(),
                    None => weeks_now(lab, predictor, shifts),
                };
                (weeks, if takes_two { None } else { predict() })
            });
            let own = Self::of_inputs(lab, shifts, (moves, exact), before);
            let predicted = if takes_two { predict() } else { None };
            // a panic there is this frame's own
            let (weeks, other) = beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            ((weeks, predicted.or(other)), own)
        });
        let (weeks, predicted) = beside;
        let (prediction, kept) = predicted.unwrap_or_default();
        let now = Self { prediction, weeks, rough, kept, ..own };
        let stand_in = match before {
            Some(before) if !now.is_whole() => before.as_stand_in(),
            _ => None,
        };
        Self { stand_in, ..now }
    }

    /// Whether nothing that is drawn waits for a job: the weeks' drift and the advice do not belong to it.
    fn is_whole(&self) -> bool {
        self.columns.is_some() && self.prediction.is_some()
    }

    /// What of it stands until another place of the sliders is known.
    fn as_stand_in(&self) -> Option<Arc<StandIn>> {
        let (Some(columns), Some((_, outline))) = (&self.columns, &self.prediction) else {
            return self.stand_in.clone();
        };
        let drifted = columns.iter().filter(|column| has_drifted(column)).map(|column| column.name.clone());
        Some(Arc::new(StandIn { drifted: drifted.collect(), prediction: outline.clone() }))
    }

    fn of_inputs(
        lab: &Lab,
        shifts: &Shifts,
        (moves, exact): (Option<&Moves<'_>>, &[Refined]),
        before: Option<&Self>,
    ) -> Self {
        let features = features(lab, shifts, exact, before);
        let mut own = Self {
            shifts: shifts.clone(),
            features,
            columns: None,
            prediction: None,
            outside: None,
            weeks: None,
            rough: Vec::new(),
            flags: Vec::new(),
            kept: None,
            stand_in: None,
        };
        let Some(moves) = moves else { return own };
        let moved =
            |at: usize| moves.affine.iter().find(|(moved, _)| *moved == at).map(|(_, affine)| *affine);
        let refined = |name: &str| moves.one_by_one.iter().find(|refined| refined.name == name);
        let columns = lab.features.iter().enumerate().map(|(at, feature)| {
            if let Some(refined) = refined(&feature.name) {
                return refined.column.clone();
            }
            match (moved(at), &feature.data, &own.features[at].0) {
                (Some(affine), FeatureData::Numbers { lab, .. }, Statistics::Numbers(measured)) => {
                    feature.judge.after(lab, affine, measured)
                }
                _ => feature.judge.before().clone(),
            }
        });
        let mut columns: Vec<ColumnDrift> = columns.collect();
        conclude(&mut columns, &Rule::default());
        own.columns = Some(columns);
        own.flags = (0..lab.features.len())
            .map(|at| {
                let feature = &lab.features[at];
                if let Some(refined) = refined(&feature.name) {
                    return Arc::clone(&refined.outside);
                }
                let (Some(affine), FeatureData::Numbers { values, .. }) = (moved(at), &feature.data) else {
                    return Arc::clone(&feature.outside);
                };
                let kept = before.filter(|before| {
                    shift_of(&before.shifts, &feature.name) == shift_of(shifts, &feature.name)
                });
                kept.and_then(|before| before.flags.get(at).cloned()).unwrap_or_else(|| {
                    feature
                        .range
                        .map_or_else(Arc::default, |range| Arc::new(Outside::of_moved(values, affine, range)))
                })
            })
            .collect();
        own.outside = Outside::share(&own.flags.iter().map(Arc::as_ref).collect::<Vec<_>>(), lab.n_rows());
        own
    }
}

fn shift_of<'a>(shifts: &'a Shifts, name: &str) -> Option<&'a FeatureShift> {
    shifts.features.get(name)
}

/// What the sliders make of each input.
fn features(
    lab: &Lab,
    shifts: &Shifts,
    exact: &[Refined],
    before: Option<&Live>,
) -> Vec<(Statistics, Outline)> {
    let known = |at: usize, name: &str| {
        if let Some(refined) = of_place(exact, shifts, name) {
            return Some((refined.statistics.clone(), refined.outline.clone()));
        }
        let before = before?;
        let is_same = shift_of(&before.shifts, name) == shift_of(shifts, name);
        before.features.get(at).filter(|_| is_same).cloned()
    };
    let still = FeatureShift::default();
    let mut found: Vec<Option<(Statistics, Outline)>> = lab
        .features
        .iter()
        .enumerate()
        .map(|(at, feature)| {
            let is_still = shift_of(shifts, &feature.name).is_none_or(|shift| *shift == still);
            if is_still { Some(feature.at_rest.clone()) } else { known(at, &feature.name) }
        })
        .collect();
    let moved: Vec<usize> = (0..found.len()).filter(|&at| found[at].is_none()).collect();
    let measured = |part: &[usize]| -> Vec<(usize, (Statistics, Outline))> {
        let one = |at: usize| {
            let feature = &lab.features[at];
            measured(&feature.name, &feature.data, shift_of(shifts, &feature.name).unwrap_or(&still))
        };
        part.iter().map(|&at| (at, one(at))).collect()
    };
    let (first, second) = moved.split_at(moved.len() / 2);
    let own = if moved.len() * lab.n_rows() >= BY_TWO && !first.is_empty() {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| measured(first));
            let own = measured(second);
            // a panic in the other half is this frame's own
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            [other, own].concat()
        })
    } else {
        measured(&moved)
    };
    for (at, feature) in own {
        found[at] = Some(feature);
    }
    found.into_iter().flatten().collect()
}

/// Whether sliders move single values of an input, and what that makes of it is not known from all rows.
fn is_rough(feature: &Feature, shifts: &Shifts, exact: &[Refined]) -> bool {
    let FeatureData::Numbers { mean, .. } = &feature.data else { return false };
    let moves = shift_of(shifts, &feature.name).is_some_and(|shift| is_one_by_one(shift, *mean));
    moves && of_place(exact, shifts, &feature.name).is_none()
}

/// The inputs that moved; `None` where what a slider does to one is known only from the rows as they are then.
fn moves<'a>(lab: &Lab, shifts: &Shifts, exact: &'a [Refined]) -> Option<Moves<'a>> {
    let mut moves = Moves { affine: Vec::new(), one_by_one: Vec::new() };
    for (at, feature) in lab.features.iter().enumerate() {
        let Some(shift) = shift_of(shifts, &feature.name) else { continue };
        match &feature.data {
            FeatureData::Numbers { mean, .. } => match shift.affine(*mean) {
                Some(affine) if !is_one_by_one(shift, *mean) => {
                    if affine != Affine::default() {
                        moves.affine.push((at, affine));
                    }
                }
                _ => moves.one_by_one.push(of_place(exact, shifts, &feature.name)?),
            },
            FeatureData::Levels { .. } => {
                if shift.missing > 0.0 || shift.mix_share > 0.0 {
                    return None;
                }
            }
            FeatureData::None => {}
        }
    }
    Some(moves)
}

/// What is known of this very place of the sliders: worked out in the frame.
fn now(draft: &Draft) -> Option<&Live> {
    draft.live.as_deref().filter(|live| live.shifts == draft.shifts)
}

/// The verdicts over the inputs at this place of the sliders.
pub(super) fn columns<'a>(results: &'a Results, draft: &'a Draft) -> Option<&'a [ColumnDrift]> {
    now(draft).and_then(|live| live.columns.as_deref()).or_else(|| {
        let world = results.world.as_ref().filter(|world| world.asked.shifts == draft.shifts);
        world.map(|world| world.report.columns.as_slice())
    })
}

/// The verdict over the predictions at this place of the sliders.
pub(super) fn prediction<'a>(results: &'a Results, draft: &'a Draft) -> Option<&'a (ColumnDrift, Outline)> {
    now(draft).and_then(|live| live.prediction.as_ref()).or_else(|| {
        let world = results.world.as_ref().filter(|world| world.asked.shifts == draft.shifts);
        world.and_then(|world| world.prediction.as_ref())
    })
}

/// The share of rows outside the training range at this place of the sliders.
pub(super) fn outside(results: &Results, draft: &Draft) -> Option<f64> {
    now(draft).and_then(|live| live.outside).or_else(|| {
        let world = results.world.as_ref().filter(|world| world.asked.shifts == draft.shifts);
        world.and_then(|world| world.outside)
    })
}

/// Whether nothing that is drawn waits for a job: the weeks' drift and the advice do not belong to it.
pub(super) fn is_whole(draft: &Draft) -> bool {
    now(draft).is_some_and(Live::is_whole)
}
