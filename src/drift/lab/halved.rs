//! Values in two halves, each made and read by a thread of its own, in one pass.

/// Values handled at a time: few enough to stay in a core's own cache between the loops that run over them.
pub(super) const RUN: usize = 4_096;

/// Values in two halves, and what is known of each once it has been read.
#[derive(Debug, Clone)]
pub struct Halved {
    halves: [Half; 2],
}

/// One half.
#[derive(Debug, Clone)]
struct Half {
    values: Vec<f64>,
    /// The smallest and the largest value.
    range: (f64, f64),
    /// Whether every value is finite.
    is_finite: bool,
    sum: f64,
}

impl Halved {
    /// Makes `n` values on two threads: `fill` writes those from a row on into what it is given.
    #[must_use]
    pub fn new(n: usize, fill: impl Fn(usize, &mut [f64]) + Sync) -> Self {
        Self::again(None, n, fill)
    }

    /// As [`Halved::new`], in the memory of values that nobody needs any more: fresh memory costs as much as filling it.
    #[must_use]
    pub fn again(old: Option<Self>, n: usize, fill: impl Fn(usize, &mut [f64]) + Sync) -> Self {
        let first = n / 2;
        let [a, b] = old.map_or([Vec::new(), Vec::new()], |old| old.halves.map(|half| half.values));
        let halves = on_two([(0, first, a), (first, n - first, b)], |(from, n, mut values)| {
            values.clear();
            values.reserve_exact(n);
            let mut half =
                Half { values, range: (f64::INFINITY, f64::NEG_INFINITY), is_finite: true, sum: 0.0 };
            while half.values.len() < n {
                let at = half.values.len();
                half.values.resize((at + RUN).min(n), 0.0);
                let run = &mut half.values[at..];
                fill(from + at, run);
                let read = Run::of(run);
                half.range = (half.range.0.min(read.low), half.range.1.max(read.high));
                half.is_finite &= read.is_finite;
                half.sum += read.sum;
            }
            half
        });
        Self { halves }
    }

    /// Copies values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        Self::new(values.len(), |from, into| into.copy_from_slice(&values[from..from + into.len()]))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.halves.iter().map(|half| half.values.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All values, in order.
    #[must_use]
    pub fn concat(&self) -> Vec<f64> {
        self.values().concat()
    }

    /// Both halves, in order.
    pub(crate) fn values(&self) -> [&[f64]; 2] {
        self.halves.each_ref().map(|half| half.values.as_slice())
    }

    /// The smallest and the largest value; `None` without values, and where one is not finite.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        let [a, b] = &self.halves;
        let range = (a.range.0.min(b.range.0), a.range.1.max(b.range.1));
        (a.is_finite && b.is_finite && range.0 <= range.1).then_some(range)
    }

    /// About the mean: summed as the values come, so that its last digits are not to be relied on.
    pub(crate) fn rough_mean(&self) -> f64 {
        self.halves.iter().map(|half| half.sum).sum::<f64>() / self.len().max(1) as f64
    }
}

/// Runs over two things on two threads.
pub(crate) fn on_two<A: Send, T: Send>(things: [A; 2], of: impl Fn(A) -> T + Sync) -> [T; 2] {
    let [first, second] = things;
    std::thread::scope(|scope| {
        let other = scope.spawn(|| of(first));
        let own = of(second);
        // a panic there is this thread's own
        [other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), own]
    })
}

/// What is known of a run of values.
struct Run {
    low: f64,
    high: f64,
    is_finite: bool,
    sum: f64,
}

impl Run {
    fn of(values: &[f64]) -> Self {
        const LANES: usize = 8;
        let mut low = [f64::INFINITY; LANES];
        let mut high = [f64::NEG_INFINITY; LANES];
        let mut sum = [0.0; LANES];
        // zero times infinity and NaN are NaN
        let mut zero = [0.0; LANES];
        let (groups, rest) = values.as_chunks::<LANES>();
        for group in groups {
            for lane in 0..LANES {
                let value = group[lane];
                low[lane] = if value < low[lane] { value } else { low[lane] };
                high[lane] = if value > high[lane] { value } else { high[lane] };
                sum[lane] += value;
                zero[lane] += value * 0.0;
            }
        }
        let zero = zero.iter().sum::<f64>() + rest.iter().map(|value| value * 0.0).sum::<f64>();
        Self {
            low: low.iter().chain(rest).copied().fold(f64::INFINITY, f64::min),
            high: high.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max),
            is_finite: zero == 0.0,
            sum: sum.iter().chain(rest).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Halved;

    #[test]
    fn halves_are_made_in_order_and_what_is_known_of_them_is_true() {
        for n in [0, 1, 2, 7, 8_191, 8_192, 8_193, 20_001] {
            let made = Halved::new(n, |from, into| {
                for (at, value) in into.iter_mut().enumerate() {
                    *value = (from + at) as f64 - 3.0;
                }
            });
            let values: Vec<f64> = (0..n).map(|at| at as f64 - 3.0).collect();
            assert_eq!(made.concat(), values);
            assert_eq!(made.concat(), Halved::of(&values).concat());
            let again = Halved::again(Some(Halved::of(&[0.5; 3_000])), n, |from, into| {
                into.copy_from_slice(&values[from..from + into.len()]);
            });
            assert_eq!((again.concat(), again.range()), (values, made.range()));
            assert_eq!((made.len(), made.is_empty()), (n, n == 0));
            assert_eq!(made.range(), (n > 0).then(|| (-3.0, n as f64 - 4.0)));
            if n > 0 {
                assert_eq!(made.rough_mean(), (n as f64 - 7.0) / 2.0);
            }
        }
    }

    #[test]
    fn a_value_that_is_not_finite_leaves_no_range() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for at in [0, 5_000, 9_999] {
                let mut values = vec![1.0; 10_000];
                values[at] = odd;
                assert_eq!(Halved::of(&values).range(), None);
            }
        }
    }
}
