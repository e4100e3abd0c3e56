//! Rows in two halves, for a thread each.

/// Values handled at a time: few enough to stay in a core's own cache between the loops that run over them.
pub(super) const RUN: usize = 4_096;

/// Makes `n` values on two threads: `fill` writes those from a row on into what it is given.
#[must_use]
pub fn filled(n: usize, fill: impl Fn(usize, &mut [f64]) + Sync) -> Vec<f64> {
    let mut values = vec![0.0; n];
    let (first, second) = values.split_at_mut(n / 2);
    on_two([(0, first), (n / 2, second)], |(from, into)| {
        into.chunks_mut(RUN).enumerate().for_each(|(run, into)| fill(from + run * RUN, into));
    });
    values
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

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn every_value_is_made_once_and_in_its_place() {
        for n in [0, 1, 2, 7, 8_191, 8_192, 8_193, 20_001] {
            let made = filled(n, |from, into| {
                into.iter_mut().enumerate().for_each(|(at, value)| *value += (from + at) as f64 - 3.0);
            });
            assert_eq!(made, (0..n).map(|at| at as f64 - 3.0).collect::<Vec<_>>());
        }
    }
}
