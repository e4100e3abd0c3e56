//! KS and Wasserstein of a shifted column, exactly, without walking it: the question moves, the data stays.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::ranked::Moved;
use crate::drift::ks::signed;

/// Points that are looked at first, so that most of the column is ruled out at once.
const FIRST_LOOKS: usize = 32;
/// So many ranks of the longer column are walked instead of split further.
const WALKED: u64 = 16;

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
    while let Some(Stretch { bound: most, from, to }) = open.pop() {
        if most <= best + slack {
            break;
        }
        let spans = (to.0 - from.0, to.1 - from.1);
        if spans == (0, 0) {
            continue;
        }
        // the longer side names the value; where its neighbours differ, its own ranks need no search
        let (longer, shorter, low, high, other_low, other_high) = if spans.0 >= spans.1 {
            (a, b, from.0, to.0, from.1, to.1)
        } else {
            (b, a, from.1, to.1, from.0, to.0)
        };
        let rank = usize::midpoint(low, high - 1);
        let x = longer.at(rank);
        let first = if rank == low || longer.at(rank - 1) < x {
            rank
        } else {
            longer.partition(low, rank, |v| v < x)
        };
        let end = if rank + 1 == high || longer.at(rank + 1) > x {
            rank + 1
        } else {
            longer.partition(rank + 1, high, |v| v <= x)
        };
        let other_first = shorter.partition(other_low, other_high, |v| v < x);
        let other_end = if other_first == other_high || shorter.at(other_first) > x {
            other_first
        } else {
            shorter.partition(other_first, other_high, |v| v <= x)
        };
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
    let upto = |moved: &Moved<'_>, width: u64, p: u64| {
        let (rank, part) = ranks(p, width);
        let whole = moved.sum(rank, origin) * width as f64;
        if part == 0 { whole } else { whole + part as f64 * (moved.at(rank) - origin) }
    };
    let mut total = 0.0;
    let mut open = vec![(0, all)];
    while let Some((from, to)) = open.pop() {
        let (a_low, a_high) = (a.at(ranks(from, n2).0), a.at(ranks(to - 1, n2).0));
        let (b_low, b_high) = (b.at(ranks(from, n1).0), b.at(ranks(to - 1, n1).0));
        if a_low >= b_high || b_low >= a_high {
            let (over_a, over_b) = (upto(a, n2, to) - upto(a, n2, from), upto(b, n1, to) - upto(b, n1, from));
            total += (over_a - over_b).abs();
            continue;
        }
        // few ranks are walked: where the columns cross, halving goes down to single ones
        if to - from <= WALKED * n1.min(n2) {
            let ((mut i, _), (mut j, _)) = (ranks(from, n2), ranks(from, n1));
            let mut p = from;
            while p < to {
                let (end_a, end_b) = ((i as u64 + 1) * n2, (j as u64 + 1) * n1);
                let end = end_a.min(end_b).min(to);
                total += (a.at(i) - b.at(j)).abs() * (end - p) as f64;
                i += usize::from(end == end_a);
                j += usize::from(end == end_b);
                p = end;
            }
            continue;
        }
        // at a rank's end, so that pieces stay whole
        let middle = u64::midpoint(from, to);
        let width = n1.min(n2);
        let split = if width == 1 { middle } else { middle / width * width };
        open.extend([(from, split), (split, to)]);
    }
    let distance = total / all as f64;
    distance.is_finite().then_some(distance)
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
