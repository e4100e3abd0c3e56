//! A column sorted once, with what lets a shifted copy of it be asked about without being made.

use crate::drift::Sorted;
use crate::drift::large::Large;

/// What a slider does to every value: `scale · x + shift`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Affine {
    /// The factor; below 0 it turns the order round, 0 makes the column constant.
    pub scale: f64,
    /// What is added, in the column's unit.
    pub shift: f64,
}

impl Default for Affine {
    fn default() -> Self {
        Self { scale: 1.0, shift: 0.0 }
    }
}

impl Affine {
    /// The value of x.
    #[inline(always)]
    #[must_use]
    pub fn of(self, x: f64) -> f64 {
        self.scale * x + self.shift
    }

    /// First `self`, then `next`.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self { scale: next.scale * self.scale, shift: next.scale * self.shift + next.shift }
    }
}

/// How many levels of marks there are.
pub(crate) const LEVELS: usize = 2;
/// Of so many values, or marks of the level below, one is marked.
const EVERY: usize = 32;

/// A sorted column with running sums.
#[derive(Debug, Clone)]
pub struct Ranked {
    sorted: Sorted,
    /// Every 32nd value, and every 32nd of these: few enough to stay near the processor, so that most of a search asks
    /// only them.
    marks: [Vec<f64>; LEVELS],
    centre: f64,
    /// Sum of the first k values less the centre, rounded once each.
    sums: Large,
}

impl Ranked {
    /// Prepares a column; for a million values about 20 ms.
    #[must_use]
    pub fn new(sorted: Sorted) -> Self {
        let values = sorted.values();
        // the middle value, so that sums of values far from 0 lose no digits
        let centre = values.get(values.len() / 2).copied().filter(|value| value.is_finite()).unwrap_or(0.0);
        let mut sums = Vec::with_capacity(values.len() + 1);
        sums.push(0.0);
        let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
        for value in values {
            let term = value - centre;
            let total = sum + term;
            lost += if sum.abs() >= term.abs() { (sum - total) + term } else { (term - total) + sum };
            sum = total;
            sums.push(sum + lost);
        }
        let every = |values: &[f64]| values.iter().step_by(EVERY).copied().collect::<Vec<_>>();
        let fine = every(values);
        let marks = [every(&fine), fine];
        Self { sorted: sorted.kept(), marks, centre, sums: sums.into() }
    }

    /// Reads each page of it, so that whoever asks next does not wait for memory.
    pub(crate) fn touch(&self) {
        self.marks.iter().for_each(|marks| touch(marks));
        touch(self.sorted.values());
        self.touch_sums();
    }

    /// Reads each page of the running sums.
    pub(crate) fn touch_sums(&self) {
        touch(&self.sums);
    }

    /// What the running sums are taken from.
    pub(crate) fn centre(&self) -> f64 {
        self.centre
    }

    /// The sum of (value − centre) over the ranks from `from` to before `to`.
    pub(crate) fn sum_between(&self, from: usize, to: usize) -> f64 {
        self.sums[to] - self.sums[from]
    }

    /// The sorted values.
    #[must_use]
    pub fn sorted(&self) -> &Sorted {
        &self.sorted
    }
}

/// The numbers of a page of memory.
pub(super) const PAGE: usize = 4096 / size_of::<f64>();

/// Reads a number of each page of memory, so that whoever reads all of them next does not wait for the system.
pub fn touch(values: &[f64]) {
    std::hint::black_box(values.iter().step_by(PAGE).sum::<f64>());
}

/// A ranked column seen through an affine shift: its values in ascending order, never written down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved<'a> {
    values: &'a [f64],
    marks: &'a [Vec<f64>; LEVELS],
    sums: &'a [f64],
    centre: f64,
    affine: Affine,
    turned: bool,
}

impl<'a> Moved<'a> {
    pub(crate) fn new(ranked: &'a Ranked, affine: Affine) -> Self {
        Self {
            values: ranked.sorted.values(),
            marks: &ranked.marks,
            sums: &ranked.sums,
            centre: ranked.centre,
            affine,
            turned: affine.scale < 0.0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The value of a rank.
    #[inline(always)]
    pub(crate) fn at(&self, rank: usize) -> f64 {
        let place = if self.turned { self.values.len() - 1 - rank } else { rank };
        self.affine.of(self.values[place])
    }

    /// How many of the ranks from `from` to before `to` have values that `holds` is true of; all of them come first.
    #[inline(always)]
    pub(crate) fn partition(&self, from: usize, to: usize, holds: impl Fn(f64) -> bool) -> usize {
        search(from, to, |rank| holds(self.at(rank)))
    }

    /// The end of the ranks from `rank` on, up to `to`, whose values are at most `x`, as that of `rank` is: in steps that
    /// double, since most values are there a few times only.
    #[inline(always)]
    pub(crate) fn last_equal(&self, rank: usize, to: usize, x: f64) -> usize {
        let (mut found, mut step) = (rank + 1, 1);
        // all before `found` are at most x
        while found < to && self.at(found) <= x {
            let next = if to - found > step { found + step } else { to };
            if self.at(next - 1) > x {
                return self.partition(found, next - 1, |value| value <= x);
            }
            (found, step) = (next, step * 2);
        }
        found
    }

    /// The marks of a level (1 the finer ones), as places in their list, whose ranks lie from `from` to before `to`, and how
    /// a place's rank and value are found; places go up where values do.
    #[inline(always)]
    fn marked(&self, level: usize, from: usize, to: usize) -> Marked<'a> {
        let values = self.marks[LEVELS - level].as_slice();
        let stride = EVERY.pow(level as u32);
        let (last, last_mark) = (self.values.len() - 1, values.len() - 1);
        // how many marks have a rank below
        let below = |rank: usize| {
            if self.turned {
                last_mark + 1 - if rank > last { 0 } else { (last - rank) / stride + 1 }
            } else {
                rank.div_ceil(stride).min(last_mark + 1)
            }
        };
        Marked {
            values,
            stride,
            last,
            affine: self.affine,
            turned: self.turned,
            places: (below(from), below(to)),
        }
    }

    /// The marks of a level whose ranks lie from `from` to before `to`, with their ranks, ascending.
    pub(crate) fn marks(
        &self,
        level: usize,
        from: usize,
        to: usize,
    ) -> impl Iterator<Item = (usize, f64)> + use<'a> {
        let marked = self.marked(level, from, to);
        (marked.places.0..marked.places.1).map(move |place| (marked.rank(place), marked.value(place)))
    }

    /// How many values `holds` is true of; all of them come first.
    fn count(&self, holds: impl Fn(f64) -> bool) -> usize {
        let (mut from, mut to) = (0, self.values.len());
        for level in (1..=LEVELS).rev() {
            let marked = self.marked(level, from, to);
            let (first, end) = marked.places;
            let found = search(first, end, |place| holds(marked.value(place)));
            from = if found == first { from } else { marked.rank(found - 1) + 1 };
            to = if found == end { to } else { marked.rank(found) };
        }
        self.partition(from, to, holds)
    }

    /// How many values are at most x.
    pub(crate) fn at_most(&self, x: f64) -> usize {
        self.count(|value| value <= x)
    }

    /// How many values are below x.
    pub(crate) fn below(&self, x: f64) -> usize {
        self.count(|value| value < x)
    }

    /// The sum of (value − origin) over the ranks from `from` to before `to`.
    #[inline(always)]
    pub(crate) fn sum_between(&self, from: usize, to: usize, origin: f64) -> f64 {
        let n = self.values.len();
        let (low, high) = if self.turned { (n - to, n - from) } else { (from, to) };
        let raw = self.sums[high] - self.sums[low];
        self.affine.scale * raw + (to - from) as f64 * (self.affine.of(self.centre) - origin)
    }
}

/// The first place from `low` on, up to `high`, that `holds` is not true of; those before are the ones that it is true of.
#[inline(always)]
fn search(mut low: usize, mut high: usize, holds: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Marks of a level.
#[derive(Clone, Copy)]
struct Marked<'a> {
    values: &'a [f64],
    stride: usize,
    /// The last rank.
    last: usize,
    affine: Affine,
    turned: bool,
    places: (usize, usize),
}

impl Marked<'_> {
    /// Where in the list the mark of a place is.
    #[inline(always)]
    fn index(&self, place: usize) -> usize {
        if self.turned { self.values.len() - 1 - place } else { place }
    }

    #[inline(always)]
    fn rank(&self, place: usize) -> usize {
        let rank = self.stride * self.index(place);
        if self.turned { self.last - rank } else { rank }
    }

    #[inline(always)]
    fn value(&self, place: usize) -> f64 {
        self.affine.of(self.values[self.index(place)])
    }
}

impl super::judge::Ranks for Moved<'_> {
    fn len(&self) -> usize {
        Moved::len(self)
    }

    fn at_most(&self, x: f64) -> usize {
        Moved::at_most(self, x)
    }

    fn below(&self, x: f64) -> usize {
        Moved::below(self, x)
    }
}
