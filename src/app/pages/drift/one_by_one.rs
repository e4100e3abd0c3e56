//! Sliders that move values one by one (noise, gaps, clipping, a part in another unit): what they make of an input, from all
//! rows, by a job.

use std::sync::Arc;

use super::lab::{FeatureData, Lab, Outline, Statistics, chart_bins, outline};
use super::predicted::Predicted;
use crate::drift::lab::{Affine, FeatureShift, Large, Outside, Shifts};
use crate::drift::{Bins, ColumnDrift, Sorted};
use crate::work::Seed;

/// An input under such sliders, from all rows.
#[derive(Debug)]
pub(crate) struct Refined {
    pub(super) name: String,
    /// Its sliders.
    pub(super) shift: FeatureShift,
    pub(super) statistics: Statistics,
    pub(super) outline: Outline,
    /// The verdict over it, open until all inputs are there.
    pub(super) column: ColumnDrift,
    /// The rows that lie outside the training range.
    pub(super) outside: Arc<Outside>,
    /// What it adds to the predictions.
    pub(super) added: Added,
}

/// What moves of single values add to the predictions.
#[derive(Debug)]
pub(super) enum Added {
    /// Nothing: the model gives the input no weight, and refuses no row for it.
    Nothing,
    /// This, row by row.
    Rows(Arc<Large>),
    /// Only predicting again can say.
    Unknown,
}

/// Whether sliders move the values of an input of numbers one by one.
pub(super) fn is_one_by_one(shift: &FeatureShift, mean: f64) -> bool {
    shift.missing > 0.0 || shift.affine(mean).is_none()
}

/// An input's figures at this place of its sliders, where they were worked out.
pub(super) fn of_place<'a>(exact: &'a [Refined], shifts: &Shifts, name: &str) -> Option<&'a Refined> {
    let shift = shifts.features.get(name)?;
    exact.iter().find(|refined| refined.name == name && refined.shift == *shift)
}

impl Lab {
    /// The inputs of these names, whose sliders move values one by one, from all rows. On two threads.
    pub(super) fn refined(&self, shifts: &Shifts, names: &[String]) -> Vec<Refined> {
        let one = |name: &String| self.refine(name, shifts.features.get(name)?);
        let (first, second) = names.split_at(names.len() / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| first.iter().filter_map(one).collect::<Vec<_>>());
            let own: Vec<Refined> = second.iter().filter_map(one).collect();
            let mut all = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.extend(own);
            all
        })
    }

    fn refine(&self, name: &str, shift: &FeatureShift) -> Option<Refined> {
        let feature = self.features.iter().find(|feature| feature.name == name)?;
        let FeatureData::Numbers { lab, values, mean, .. } = &feature.data else { return None };
        let mut left = self.spare.for_numbers(values.len());
        let moved = &mut left[..values.len()];
        let shifted = shift.shifted(values, *mean, Seed::default(), name);
        moved.iter_mut().zip(shifted).for_each(|(moved, value)| *moved = value);
        let outside = feature
            .range
            .map_or_else(Outside::default, |range| Outside::of_moved(moved, Affine::default(), range));
        let added = self.added(name, values, moved);
        // those that are there, in front
        let mut n = 0;
        for at in 0..moved.len() {
            moved[n] = moved[at];
            n += usize::from(!moved[at].is_nan());
        }
        let missing = moved.len() - n;
        let moved = &moved[..n];
        let (low, high) = lab.reference().range().unwrap_or((0.0, 1.0));
        let with = |(a, b): (f64, f64)| (low.min(a), high.max(b));
        let edges = |range: (f64, f64)| match chart_bins(with(range)) {
            Bins::Edges(edges) | Bins::Values(edges) => edges,
        };
        let (statistics, outline, column) =
            if let Some(loose) = lab.measure_loose(moved, &feature.judge, edges) {
                let drawn = outline(lab, with(loose.range), |bins| loose.counts_in(bins));
                let found = (loose.measured(), drawn, feature.judge.of_loose(lab, &loose, missing));
                lab.take_back(loose);
                found
            } else {
                let gaps = std::iter::repeat_n(f64::NAN, missing);
                let moved = Sorted::new(moved.iter().copied().chain(gaps).collect());
                let range = with(moved.range().unwrap_or((low, high)));
                let drawn = outline(lab, range, |bins| bins.counts(&moved));
                let column = feature.judge.of_sorted(lab, &moved);
                (lab.measure_sorted(moved), drawn, column)
            };
        self.spare.leave(left);
        Some(Refined {
            name: name.to_owned(),
            shift: shift.clone(),
            statistics: Statistics::Numbers(statistics),
            outline,
            column,
            outside: Arc::new(outside),
            added,
        })
    }

    fn added(&self, name: &str, values: &[f64], moved: &[f64]) -> Added {
        let Some(weighted) = self.predicted.as_ref().and_then(Predicted::weighted) else {
            return Added::Unknown;
        };
        let part = weighted.part(name);
        let Some(part) = part.filter(|part| part.weight != 0.0) else {
            // without a weight a value counts nothing, but for one that is not there: a model may refuse its row
            let is_filled = part.is_some_and(|part| part.fill.is_some());
            let has_gap = || values.iter().zip(moved).any(|(value, moved)| moved.is_nan() && !value.is_nan());
            return if is_filled || !has_gap() { Added::Nothing } else { Added::Unknown };
        };
        let mut added = self.spare_added.for_numbers(values.len());
        added.fill(0.0);
        if part.add_moved(values, moved, &mut added) {
            return Added::Rows(Arc::new(added));
        }
        self.spare_added.leave(added);
        Added::Unknown
    }

    /// Takes back what nobody asks any more: the next one is worked out in its memory.
    pub(super) fn take_back(&self, refined: Refined) {
        if let Added::Rows(rows) = refined.added
            && let Some(rows) = Arc::into_inner(rows)
        {
            self.spare_added.leave(rows);
        }
    }
}
