//! KS and Wasserstein of a shifted column, exactly, without walking it: the question moves, the data stays.

use std::iter::Peekable;

use super::ranked::{LEVELS, Moved};
use crate::drift::ks::signed;

/// What two columns differ by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Swept {
    /// n₁n₂ · sup |F₁ − F₂|, a whole number.
    pub gap: u64,
    /// The value where it is reached first.
    pub at: f64,
    /// ∫ |F₁ − F₂| dx; `None` where a value is not finite, or the area is too large.
    pub area: Option<f64>,
}

/// Measures two columns along their marks, the values that each keeps of every thousand, and of every few.
///
/// Between two marks both functions only rise, and each by no more than what lies there. So most stretches between marks can't
/// hold the largest gap, and in most of them it is plain which function is above: a run of such has an area that is a
/// difference of running sums. Only the others are looked at along the finer marks, and what is left is walked value by value.
pub(crate) fn sweep(a: &Moved<'_>, b: &Moved<'_>) -> Swept {
    let sides = Sides { a, b, n: (signed(a.len()), signed(b.len())) };
    let ends = [a.at(0), b.at(0), a.at(a.len() - 1), b.at(b.len() - 1)];
    let x = ends[0].min(ends[1]);
    let of = |moved: &Moved<'_>| if moved.at(0) <= x { moved.last_equal(0, moved.len(), x) } else { 0 };
    let from = Point { x, ranks: (of(a), of(b)) };
    let to = Point { x: ends[2].max(ends[3]), ranks: (a.len(), b.len()) };
    let mut sweep = Sweep { sides, least: 0, best: 0, at: x, area: 0.0 };
    // some value reaches at least what is certain of a stretch, and the nearer one looks the more that is
    sweep.least = sides.least(LEVELS, (from, to));
    for (run, from, to) in sides.runs(LEVELS, (from, to), sweep.least) {
        if run == Run::Open {
            sweep.least = sweep.least.max(sides.least(LEVELS - 1, (from, to)));
        }
    }
    sweep.over(LEVELS, (from, to));
    let area = ends.iter().all(|end| end.is_finite()).then_some(sweep.area).filter(|area| area.is_finite());
    Swept { gap: sweep.best.unsigned_abs(), at: sweep.at, area }
}

/// How many values of each column are at most some value.
type RanksAt = (usize, usize);

/// A value, and the ranks there.
#[derive(Debug, Clone, Copy)]
struct Point {
    x: f64,
    ranks: RanksAt,
}

/// Two columns.
#[derive(Clone, Copy)]
struct Sides<'a> {
    a: &'a Moved<'a>,
    b: &'a Moved<'a>,
    n: (i64, i64),
}

/// From one mark to before the next: how many values of each column are at most one that lies here.
struct Stretch {
    x: f64,
    low: RanksAt,
    high: RanksAt,
}

/// Stretches of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    /// The first function is nowhere below the second, and never as far above it as somewhere else.
    Above,
    /// The other way round.
    Below,
    /// Whatever else.
    Open,
}

impl<'a> Sides<'a> {
    fn gap(&self, (of_a, of_b): RanksAt) -> i64 {
        signed(of_a) * self.n.1 - signed(of_b) * self.n.0
    }

    fn stretches(
        &self,
        level: usize,
        (from, to): (Point, Point),
    ) -> Stretches<impl Iterator<Item = (usize, f64)> + use<'a>> {
        Stretches {
            a: self.a.marks(level, from.ranks.0, to.ranks.0).peekable(),
            b: self.b.marks(level, from.ranks.1, to.ranks.1).peekable(),
            next: Some(from.x),
            low: from.ranks,
            to,
        }
    }

    /// What the largest gap between two points is at least.
    fn least(&self, level: usize, points: (Point, Point)) -> i64 {
        let least = |stretch: Stretch| {
            let ((low_a, low_b), (high_a, high_b)) = (stretch.low, stretch.high);
            self.gap((low_a, high_b)).max(-self.gap((high_a, low_b)))
        };
        self.stretches(level, points).map(least).max().unwrap_or(0).max(0)
    }

    /// What is to be done with a stretch, where gaps matter from `wanted` on.
    fn run(&self, stretch: &Stretch, wanted: i64) -> Run {
        let ((low_a, low_b), (high_a, high_b)) = (stretch.low, stretch.high);
        let (most, least) = (self.gap((high_a, low_b)), self.gap((low_a, high_b)));
        if most.max(-least) >= wanted {
            Run::Open
        } else if least >= 0 {
            Run::Above
        } else if most <= 0 {
            Run::Below
        } else {
            Run::Open
        }
    }

    /// The stretches between two points, those of one kind that follow each other as one.
    fn runs(&self, level: usize, points: (Point, Point), wanted: i64) -> Vec<(Run, Point, Point)> {
        let mut runs: Vec<(Run, Point, Point)> = Vec::new();
        for stretch in self.stretches(level, points) {
            let run = self.run(&stretch, wanted);
            match runs.last_mut() {
                Some((last, ..)) if *last == run => {}
                last => {
                    let here = self.point(&stretch);
                    if let Some((.., to)) = last {
                        *to = here;
                    }
                    runs.push((run, here, points.1));
                }
            }
        }
        runs
    }

    /// Where a stretch begins.
    fn point(&self, stretch: &Stretch) -> Point {
        let of = |moved: &Moved<'_>, low, high| moved.partition(low, high, |value| value <= stretch.x);
        let ranks = (of(self.a, stretch.low.0, stretch.high.0), of(self.b, stretch.low.1, stretch.high.1));
        Point { x: stretch.x, ranks }
    }
}

/// The stretches of two columns' marks between two points, in order.
struct Stretches<I: Iterator<Item = (usize, f64)>> {
    a: Peekable<I>,
    b: Peekable<I>,
    /// Where the next one begins.
    next: Option<f64>,
    low: RanksAt,
    to: Point,
}

impl<I: Iterator<Item = (usize, f64)>> Iterator for Stretches<I> {
    type Item = Stretch;

    #[inline(always)]
    fn next(&mut self) -> Option<Stretch> {
        let x = self.next.filter(|x| *x < self.to.x)?;
        while let Some((rank, _)) = self.a.next_if(|(_, value)| *value <= x) {
            self.low.0 = rank + 1;
        }
        while let Some((rank, _)) = self.b.next_if(|(_, value)| *value <= x) {
            self.low.1 = rank + 1;
        }
        let (a, b) = (self.a.peek().copied(), self.b.peek().copied());
        // the next mark is larger than all that lies here
        let high = (a.map_or(self.to.ranks.0, |(rank, _)| rank), b.map_or(self.to.ranks.1, |(rank, _)| rank));
        self.next = match (a, b) {
            (Some((_, a)), Some((_, b))) => Some(a.min(b)),
            (a, b) => a.or(b).map(|(_, value)| value),
        };
        Some(Stretch { x, low: self.low, high })
    }
}

/// What was found up to some value.
struct Sweep<'a> {
    sides: Sides<'a>,
    /// What the largest gap is at least.
    least: i64,
    /// The largest one so far, and where it is reached first.
    best: i64,
    at: f64,
    area: f64,
}

impl Sweep<'_> {
    /// Takes in what lies from one point to before another.
    fn over(&mut self, level: usize, (from, to): (Point, Point)) {
        if level == 0 {
            return self.walk(from, to.x);
        }
        for (run, from, to) in self.sides.runs(level, (from, to), self.least.max(self.best + 1)) {
            match run {
                Run::Open => self.over(level - 1, (from, to)),
                Run::Above | Run::Below => self.area += self.area_apart(from, to),
            }
        }
    }

    /// The area between two points between which the functions don't cross.
    fn area_apart(&self, from: Point, to: Point) -> f64 {
        // what was there before, and each value inside from where it lies; one that lies at the end adds nothing
        let of = |moved: &Moved<'_>, rank: usize, end: usize| {
            (rank as f64 * (to.x - from.x) - moved.sum_between(rank, end, to.x)) / moved.len() as f64
        };
        let Sides { a, b, .. } = self.sides;
        (of(a, from.ranks.0, to.ranks.0) - of(b, from.ranks.1, to.ranks.1)).abs()
    }

    /// Walks the values from one point to before another.
    fn walk(&mut self, from: Point, to: f64) {
        let Sides { a, b, n } = self.sides;
        let Point { mut x, ranks: (mut i, mut j) } = from;
        let mut area = 0.0;
        loop {
            let gap = self.sides.gap((i, j)).abs();
            if gap > self.best {
                (self.best, self.at) = (gap, x);
            }
            let next_a = if i < a.len() { a.at(i) } else { f64::INFINITY };
            let next_b = if j < b.len() { b.at(j) } else { f64::INFINITY };
            let next = next_a.min(next_b).min(to);
            area += gap as f64 * (next - x);
            if next >= to {
                break;
            }
            x = next;
            if next_a == x {
                i = a.last_equal(i, a.len(), x);
            }
            if next_b == x {
                j = b.last_equal(j, b.len(), x);
            }
        }
        self.area += area / (n.0 as f64 * n.1 as f64);
    }
}
