//! KS and Wasserstein of a shifted column, exactly, without walking it: the question moves, the data stays.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::ranked::Moved;
use crate::drift::ks::signed;

/// Points that are looked at first, so that most of the column is ruled out at once.
const FIRST_LOOKS: usize = 32;
/// One stretch is split for so many ranks before the columns are walked instead, which costs about as much.
const SPLITS_PER_RANK: usize = 32;
/// So many ranks of the longer column are walked instead of split further.
const WALKED: u64 = 48;

/// The states of both step functions, as counts, at the two ends of a stretch of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    /// The largest gap that could lie inside.
    bound: i64,
    from: (usize, usize),
    to: (usize, usize),
}

impl Ord for Stretch {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.cmp(&other.bound)
    }
}

impl PartialOrd for Stretch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// n₁n₂ · sup |F₁ − F₂| as a whole number, and the value where it is reached.
///
/// Inside a stretch both functions only rise, so that the gap is at most the larger of what one reaches at the end less what
/// the other had at the beginning. The stretch with the largest bound is split at the middle of its longer side, until no
/// bound beats the best gap seen by more than `slack`. Exact for `slack` 0.
pub(crate) fn largest_gap(a: &Moved<'_>, b: &Moved<'_>, slack: i64) -> (u64, f64) {
    let (n1, n2) = (signed(a.len()), signed(b.len()));
    let gap = |state: (usize, usize)| (signed(state.0) * n2 - signed(state.1) * n1).abs();
    let bound = |from: (usize, usize), to: (usize, usize)| {
        (signed(to.0) * n2 - signed(from.1) * n1).max(signed(to.1) * n1 - signed(from.0) * n2)
    };
    let (mut best, mut at) = (0, a.at(0));
    let mut open = BinaryHeap::with_capacity(1024);
    let all = (a.len(), b.len());
    let mut from = (0, 0);
    let mut looks: Vec<f64> = (1..FIRST_LOOKS).map(|i| a.at((a.len() - 1) * i / FIRST_LOOKS)).collect();
    looks.dedup();
    for x in looks {
        let le = (a.partition(from.0, all.0, |v| v <= x), b.partition(from.1, all.1, |v| v <= x));
        if gap(le) > best {
            (best, at) = (gap(le), x);
        }
        open.push(Stretch { bound: bound(from, le), from, to: le });
        from = le;
    }
    open.push(Stretch { bound: bound(from, all), from, to: all });
    let mut left = (a.len() + b.len()) / SPLITS_PER_RANK + 1_024;
    while let Some(Stretch { bound: most, from, to }) = open.pop() {
        if most <= best + slack {
            break;
        }
        // columns that hardly differ have no stretch that could be ruled out: they are walked
        left -= 1;
        if left == 0 {
            return walked_gap(a, b);
        }
        let spans = (to.0 - from.0, to.1 - from.1);
        if spans == (0, 0) {
            continue;
        }
        // the longer side names the value; its own ranks are found from there
        let (longer, shorter, low, high, other_low, other_high) = if spans.0 >= spans.1 {
            (a, b, from.0, to.0, from.1, to.1)
        } else {
            (b, a, from.1, to.1, from.0, to.0)
        };
        let rank = usize::midpoint(low, high - 1);
        let x = longer.at(rank);
        let first = longer.first_equal(low, rank, x);
        let end = longer.last_equal(rank, high, x);
        let other_first = shorter.partition(other_low, other_high, |v| v < x);
        let other_end = shorter.last_equal(other_first, other_high, x);
        let (lt, le) = if spans.0 >= spans.1 {
            ((first, other_first), (end, other_end))
        } else {
            ((other_first, first), (other_end, end))
        };
        if gap(le) > best {
            (best, at) = (gap(le), x);
        }
        if gap(lt) > best {
            best = gap(lt);
            // the state just below x began at the last value below it
            let last = |moved: &Moved<'_>, n: usize| n.checked_sub(1).map(|rank| moved.at(rank));
            at = last(a, lt.0).into_iter().chain(last(b, lt.1)).fold(f64::NEG_INFINITY, f64::max);
        }
        for (from, to) in [(from, lt), (le, to)] {
            let most = bound(from, to);
            if most > best + slack && from != to {
                open.push(Stretch { bound: most, from, to });
            }
        }
    }
    (best.unsigned_abs(), at)
}

/// As [`largest_gap`], by walking both columns from end to end.
fn walked_gap(a: &Moved<'_>, b: &Moved<'_>) -> (u64, f64) {
    let (n1, n2) = (signed(a.len()), signed(b.len()));
    let (mut i, mut j) = (0, 0);
    let (mut best, mut at) = (0, a.at(0));
    while i < a.len() && j < b.len() {
        let x = a.at(i).min(b.at(j));
        i = a.last_equal(i, a.len(), x);
        j = b.last_equal(j, b.len(), x);
        let gap = (signed(i) * n2 - signed(j) * n1).abs();
        if gap > best {
            (best, at) = (gap, x);
        }
    }
    (best.unsigned_abs(), at)
}

/// ∫ |Q₁(u) − Q₂(u)| du over the quantiles: where one column lies wholly above the other that is a difference of two running
/// sums, and only where they cross is it split. `None` where a value is not finite, or the distance is too large.
pub(crate) fn area(a: &Moved<'_>, b: &Moved<'_>) -> Option<f64> {
    let divisor = gcd(a.len() as u64, b.len() as u64).max(1);
    // a rank of `a` is `n2` wide and one of `b` is `n1`, in units that make both whole
    let (n1, n2) = (a.len() as u64 / divisor, b.len() as u64 / divisor);
    let all = (a.len() as u64).checked_mul(n2)?;
    if all == 0 || ![a.at(0), a.at(a.len() - 1), b.at(0), b.at(b.len() - 1)].iter().all(|v| v.is_finite()) {
        return None;
    }
    let origin = a.at(a.len() / 2);
    let cut = |p: u64| Cut { p, a: ranks(p, n2), b: ranks(p, n1) };
    let upto = |moved: &Moved<'_>, width: u64, (rank, part): (usize, u64)| {
        let whole = moved.sum(rank, origin) * width as f64;
        if part == 0 { whole } else { whole + part as f64 * (moved.at(rank) - origin) }
    };
    let mut total = 0.0;
    let mut open = vec![(cut(0), cut(all))];
    while let Some((from, to)) = open.pop() {
        let (a_low, a_high) = (a.at(from.a.0), a.at(last_before(to.a)));
        let (b_low, b_high) = (b.at(from.b.0), b.at(last_before(to.b)));
        if a_low >= b_high || b_low >= a_high {
            let over_a = upto(a, n2, to.a) - upto(a, n2, from.a);
            let over_b = upto(b, n1, to.b) - upto(b, n1, from.b);
            total += (over_a - over_b).abs();
            continue;
        }
        // few ranks are walked: where the columns cross, halving goes down to single ones
        if to.p - from.p <= WALKED * n1.min(n2) {
            let (mut i, mut j, mut p) = (from.a.0, from.b.0, from.p);
            let (mut end_a, mut end_b) = ((i as u64 + 1) * n2, (j as u64 + 1) * n1);
            while p < to.p {
                let end = end_a.min(end_b).min(to.p);
                total += (a.at(i) - b.at(j)).abs() * (end - p) as f64;
                if end == end_a {
                    (i, end_a) = (i + 1, end_a + n2);
                }
                if end == end_b {
                    (j, end_b) = (j + 1, end_b + n1);
                }
                p = end;
            }
            continue;
        }
        // at a rank's end, so that pieces stay whole
        let middle = u64::midpoint(from.p, to.p);
        let width = n1.min(n2);
        let split = cut(if width == 1 { middle } else { middle / width * width });
        open.extend([(from, split), (split, to)]);
    }
    let distance = total / all as f64;
    distance.is_finite().then_some(distance)
}

/// A place along the quantiles, and the rank of each column that it lies in, with how far inside: worked out once, since a
/// division costs as much as all the rest.
#[derive(Debug, Clone, Copy)]
struct Cut {
    p: u64,
    a: (usize, u64),
    b: (usize, u64),
}

/// The last rank that lies before a cut, at least in part.
#[inline(always)]
fn last_before((rank, part): (usize, u64)) -> usize {
    if part == 0 { rank - 1 } else { rank }
}

/// The rank that a place lies in, and how far inside.
#[inline(always)]
fn ranks(p: u64, width: u64) -> (usize, u64) {
    // a division costs as much as all the rest
    if width == 1 { (p as usize, 0) } else { ((p / width) as usize, p % width) }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
