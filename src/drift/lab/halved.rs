//! Rows in two halves, for a thread each.

use pulp::{Arch, Simd, WithSimd};

use crate::drift::large::Large;

/// Values handled at a time: few enough to stay in a core's own cache between the loops that run over them.
pub(super) const RUN: usize = 4_096;

/// Values that are made when they are asked for.
pub trait Values: Sync {
    /// How many there are.
    fn rows(&self) -> usize;

    /// Writes those from a row on into what it is given, which does not reach beyond the last. It should be inlined always:
    /// what it becomes part of is compiled for the widest vectors.
    fn write(&self, from: usize, into: &mut [f64]);
}

/// As they are.
impl Values for [f64] {
    fn rows(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn write(&self, from: usize, into: &mut [f64]) {
        into.copy_from_slice(&self[from..from + into.len()]);
    }
}

/// Makes all values, on two threads.
#[must_use]
pub fn filled(values: &impl Values) -> Large {
    let n = values.rows();
    let mut made = Large::zeros(n);
    let (first, second) = made.split_at_mut(n / 2);
    let arch = Arch::new();
    on_two([(0, first), (n / 2, second)], |(from, into)| arch.dispatch(Write { values, from, into }));
    made
}

struct Write<'a, V> {
    values: &'a V,
    from: usize,
    into: &'a mut [f64],
}

impl<V: Values> WithSimd for Write<'_, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (run, into) in self.into.chunks_mut(RUN).enumerate() {
            self.values.write(self.from + run * RUN, into);
        }
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

#[cfg(test)]
mod tests {
    use super::{Values, filled};

    struct Counted(usize);

    impl Values for Counted {
        fn rows(&self) -> usize {
            self.0
        }

        fn write(&self, from: usize, into: &mut [f64]) {
            into.iter_mut().enumerate().for_each(|(at, value)| *value += (from + at) as f64 - 3.0);
        }
    }

    #[test]
    fn every_value_is_made_once_and_in_its_place() {
        for n in [0, 1, 2, 7, 8_191, 8_192, 8_193, 20_001] {
            let made = filled(&Counted(n));
            assert_eq!(*made, (0..n).map(|at| at as f64 - 3.0).collect::<Vec<_>>());
        }
    }
}
