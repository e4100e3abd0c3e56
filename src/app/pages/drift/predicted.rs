//! The predictions, made ready once, so that what a slider makes of them is known in the frame in which it moves.

use std::sync::Arc;

use super::lab::{AT_ONCE, FeatureData, Lab, Outline, chart_bins, outline, outline_of_shares};
use super::live::Moves;
use super::one_by_one::Added;
use crate::data::{Coded, ColumnKind, Table};
use crate::drift::lab::{
    Affine, Judge, LabColumn, Large, Part, Shifts, Values, Weighted, apply, conclude, filled, touch,
};
use crate::drift::{
    Bins, ColumnDrift, Measures, Rule, Sorted, compare_levels, compare_numbers, predict_leniently,
};
use crate::inference::{Predictions, Predictor};
use crate::model::Task;
use crate::work::Seed;

/// The predictions of both sides before any move.
#[derive(Debug)]
pub(super) struct Predicted {
    judge: Judge,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Numbers: sorted, in the order of the rows, and what moves of the inputs add to them where that is known.
    Numbers { lab: Box<LabColumn>, rows: Large, weighted: Option<Weighted> },
    /// Classes of the reference.
    Classes(Coded),
}

/// The predictions with all moves but one.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The feature whose move is not in it.
    except: usize,
    /// The others' moves.
    others: Vec<(usize, Affine)>,
    /// The predictions with them; none where no other moves.
    sums: Option<Arc<Large>>,
}

/// What a move adds to the predictions, row by row.
type Stream<'a> = (usize, Affine, &'a Part, &'a [f64]);

/// What is drawn of the predictions.
type Shown = (ColumnDrift, Outline);

impl Predicted {
    /// Predicts both sides; `None` where a row can't be, since then another place of the sliders has other rows.
    pub(super) fn new(predictor: &Predictor, reference: &Table, current: &Table) -> Option<Self> {
        let (lenient, of_reference, left_out) = predict_leniently(predictor, reference, 0).ok()?;
        let (_, of_current, left_out_now) = predict_leniently(predictor, current, 0).ok()?;
        if left_out + left_out_now > 0 {
            return None;
        }
        let (name, rule) = ("prediction".to_owned(), Rule::default());
        let model = predictor.model();
        match model.task {
            Task::Regression => {
                let (a, b) = (of_reference.output(0).to_vec(), of_current.output(0).to_vec());
                let rows = Large::from(b.clone());
                let before = compare_numbers(name, ColumnKind::Number, a.clone(), b.clone(), &rule);
                let lab = LabColumn::new(Sorted::new(a.clone()), Sorted::new(b))?;
                let judge = Judge::new(before, lab.reference(), &a);
                // the first move finds its memory there
                if let Some(loose) = lab.measure_loose(&*rows, &judge, |_| Vec::new()) {
                    lab.take_back(loose);
                }
                let kind = Kind::Numbers { lab: Box::new(lab), rows, weighted: Weighted::new(model) };
                Some(Self { judge, kind })
            }
            Task::Classification => {
                let (a, b) = (coded(&lenient, &of_reference), coded(&lenient, &of_current));
                let before = compare_levels(name, ColumnKind::Category, &a, &b, &rule);
                let (judge, kind) = (Judge::at_rest(before), Kind::Classes(a));
                Some(Self { judge, kind })
            }
        }
    }

    /// Reads all that a move reads all of, so that it does not wait for memory.
    pub(super) fn touch_first(&self) {
        if let Kind::Numbers { lab, rows, .. } = &self.kind {
            touch(rows);
            lab.touch_loose();
        }
    }

    /// Reads the rest.
    pub(super) fn touch(&self) {
        if let Kind::Numbers { lab, .. } = &self.kind {
            lab.touch();
        }
    }

    /// The predictions as a weighted sum, where they are one.
    pub(super) fn weighted(&self) -> Option<&Weighted> {
        match &self.kind {
            Kind::Numbers { weighted, .. } => weighted.as_ref(),
            Kind::Classes(_) => None,
        }
    }

    /// Whether what these moves make of the predictions is worked out by two threads.
    pub(super) fn takes_two(&self, lab: &Lab, moves: &Moves<'_>) -> bool {
        let Some(weighted) = self.weighted() else { return false };
        !moves.one_by_one.is_empty()
            || moves.affine.iter().any(|&(at, affine)| {
                let feature = &lab.features[at];
                let FeatureData::Numbers { has_missing, .. } = &feature.data else { return false };
                let part = weighted.part(&feature.name).filter(|part| part.weight != 0.0);
                part.is_some_and(|part| part.constant(affine, *has_missing).is_none())
            })
    }

    /// The predictions' verdict and outline after moves of the inputs; none where that takes longer than a frame. And what
    /// makes the next move of the same slider quicker.
    pub(super) fn at(
        &self,
        lab: &Lab,
        predictor: &Predictor,
        shifts: &Shifts,
        moves: &Moves<'_>,
        kept: Option<&Kept>,
    ) -> (Option<Shown>, Option<Kept>) {
        let (found, kept) = match &self.kind {
            Kind::Numbers { lab: column, rows, weighted: Some(weighted) } => {
                self.by_weights(lab, (column, rows, weighted), moves, kept)
            }
            _ if moves.affine.is_empty() && moves.one_by_one.is_empty() => (self.at_rest(), None),
            _ if lab.n_rows() <= AT_ONCE => (self.predicted_again(lab, predictor, shifts), None),
            _ => (None, None),
        };
        let concluded = found.map(|(mut column, outline)| {
            // a question of its own
            conclude(std::slice::from_mut(&mut column), &Rule::default());
            (column, outline)
        });
        (concluded, kept)
    }

    fn at_rest(&self) -> Option<Shown> {
        let before = self.judge.before().clone();
        let outline = match (&self.kind, &before.measures) {
            (Kind::Numbers { lab, .. }, _) => {
                let range = range_with(lab, lab.current_range()?)?;
                outline(lab, range, |bins| lab.counts_in(bins, Affine::default()))
            }
            (_, Measures::Levels(measures)) => measures.bins.as_ref().map(outline_of_shares)?,
            _ => return None,
        };
        Some((before, outline))
    }

    /// Few rows: all are predicted again.
    fn predicted_again(&self, lab: &Lab, predictor: &Predictor, shifts: &Shifts) -> Option<Shown> {
        let shifted = apply(&lab.current, None, shifts, &lab.means, 1.0, Seed::default(), None);
        let (lenient, predictions, _) =
            predict_leniently(predictor, &shifted, 0).ok().filter(|(.., left_out)| *left_out == 0)?;
        match &self.kind {
            Kind::Numbers { lab: column, .. } => {
                self.of_sorted(column, &Sorted::new(predictions.output(0).to_vec()))
            }
            Kind::Classes(reference) => {
                let now = coded(&lenient, &predictions);
                let rule = Rule { resamples: 0, ..Rule::default() };
                let after = compare_levels("prediction".into(), ColumnKind::Category, reference, &now, &rule);
                let after = self.judge.with_control(after)?;
                let Measures::Levels(measures) = &after.measures else { return None };
                let outline = measures.bins.as_ref().map(outline_of_shares)?;
                Some((after, outline))
            }
        }
    }

    fn of_sorted(&self, column: &LabColumn, now: &Sorted) -> Option<Shown> {
        let range = range_with(column, now.range()?)?;
        let outline = outline(column, range, |bins| bins.counts(now));
        Some((self.judge.of_sorted(column, now), outline))
    }

    /// A weighted sum: what each move adds is known without predicting again.
    fn by_weights(
        &self,
        lab: &Lab,
        (column, rows, weighted): (&LabColumn, &[f64], &Weighted),
        moves: &Moves<'_>,
        kept: Option<&Kept>,
    ) -> (Option<Shown>, Option<Kept>) {
        let mut added: Vec<&[f64]> = Vec::new();
        for refined in &moves.one_by_one {
            match &refined.added {
                Added::Nothing => {}
                Added::Rows(rows) => added.push(rows),
                Added::Unknown => return (None, None),
            }
        }
        let mut constant = 0.0;
        let mut streams: Vec<Stream<'_>> = Vec::new();
        for &(at, affine) in &moves.affine {
            let feature = &lab.features[at];
            let FeatureData::Numbers { values, has_missing, .. } = &feature.data else { continue };
            let Some(part) = weighted.part(&feature.name).filter(|part| part.weight != 0.0) else { continue };
            match part.constant(affine, *has_missing) {
                Some(amount) => constant += amount,
                None => streams.push((at, affine, part, values)),
            }
        }
        if streams.is_empty() && added.is_empty() {
            let affine = Affine { scale: 1.0, shift: constant };
            let measured = column.measure(affine);
            let ends = column.current_range().map(|(low, high)| (affine.of(low), affine.of(high)));
            let outline = ends
                .and_then(|ends| range_with(column, ends))
                .map(|range| outline(column, range, |bins| column.counts_in(bins, affine)));
            let shown = outline.map(|outline| (self.judge.after(column, affine, &measured), outline));
            return (shown, None);
        }
        let kept = kept_of(rows, &streams, kept);
        let except = kept.as_ref().map(|kept| kept.except);
        let last: Vec<Stream<'_>> = streams.iter().copied().filter(|(at, ..)| Some(*at) == except).collect();
        let before = kept.as_ref().and_then(|kept| kept.sums.as_ref()).map_or(rows, |sums| sums);
        let now = Summed { rows: before, constant, streams: &last, added: &added };
        let edges = |range: (f64, f64)| match range_with(column, range).map(chart_bins) {
            Some(Bins::Edges(edges)) => edges,
            _ => Vec::new(),
        };
        let shown = match column.measure_loose(&now, &self.judge, edges) {
            Some(loose) => {
                let drawn = range_with(column, loose.range)
                    .map(|range| outline(column, range, |bins| loose.counts_in(bins)));
                let judged = self.judge.of_loose(column, &loose, 0);
                column.take_back(loose);
                Some((judged, drawn.unwrap_or_default()))
            }
            None => self.of_sorted(column, &Sorted::new(filled(&now).to_vec())),
        };
        (shown, kept)
    }
}

/// The predictions with all of these moves but one, from the last time if they are the same; none without a move.
fn kept_of(rows: &[f64], streams: &[Stream<'_>], before: Option<&Kept>) -> Option<Kept> {
    // the slider that is being moved is the one that was left out before, or another that was not there or was else
    let others_of = |except: usize| -> Vec<(usize, Affine)> {
        streams.iter().filter(|(at, ..)| *at != except).map(|(at, affine, ..)| (*at, *affine)).collect()
    };
    let known = before.filter(|kept| {
        streams.iter().any(|(at, ..)| *at == kept.except) && others_of(kept.except) == kept.others
    });
    if let Some(known) = known {
        return Some(known.clone());
    }
    let is_new = |stream: &&Stream<'_>| {
        before.is_none_or(|kept| !kept.others.contains(&(stream.0, stream.1)) && kept.except != stream.0)
    };
    let except = streams.iter().find(is_new).or(streams.first())?.0;
    let others: Vec<Stream<'_>> = streams.iter().copied().filter(|(at, ..)| *at != except).collect();
    let summed = Summed { rows, constant: 0.0, streams: &others, added: &[] };
    let sums = (!others.is_empty()).then(|| Arc::new(filled(&summed)));
    Some(Kept { except, others: others_of(except), sums })
}

/// The range of the reference's predictions and others.
fn range_with(column: &LabColumn, range: (f64, f64)) -> Option<(f64, f64)> {
    let own = column.reference().range()?;
    Some((own.0.min(range.0), own.1.max(range.1)))
}

/// Predictions, a constant, and what moves add.
struct Summed<'a> {
    rows: &'a [f64],
    constant: f64,
    streams: &'a [Stream<'a>],
    /// What moves of single values add, row by row.
    added: &'a [&'a [f64]],
}

impl Values for Summed<'_> {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    #[inline(always)]
    fn write(&self, from: usize, into: &mut [f64]) {
        let rows = &self.rows[from..][..into.len()];
        for at in 0..into.len() {
            into[at] = rows[at] + self.constant;
        }
        for (_, affine, part, values) in self.streams {
            part.add(*affine, &values[from..][..into.len()], into);
        }
        for added in self.added {
            let added = &added[from..][..into.len()];
            for at in 0..into.len() {
                into[at] += added[at];
            }
        }
    }
}

/// Predicted classes as a column of levels.
fn coded(lenient: &Predictor, predictions: &Predictions) -> Coded {
    let classes = &lenient.model().output.classes;
    Coded { codes: predictions.classes(lenient), levels: Arc::new(classes.iter().collect()) }
}
