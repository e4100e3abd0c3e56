//! Times: CPU (user and system, all threads of this process) and wall, the best and the median of repeats.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

use crate::cli::Failure;

/// The best and the median of the repeats, in seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spread {
    pub(super) best: f64,
    pub(super) median: f64,
}

/// How long something took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timing {
    pub(super) cpu: Spread,
    pub(super) wall: Spread,
    pub(super) repeats: usize,
}

/// How often to repeat.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeats {
    /// At most this often.
    pub(super) most: usize,
    /// No further repeat after this time, once there are three.
    pub(super) budget: Duration,
}

impl Repeats {
    pub(super) const USUAL: Self = Self { most: 25, budget: Duration::from_millis(2500) };
    /// For what takes a second or more, and for peers.
    pub(super) const FEW: Self = Self { most: 5, budget: Duration::from_millis(1200) };
}

/// What the figures are: CPU time, or wall time where the system does not tell.
pub(super) fn name() -> &'static str {
    if ProcessTime::try_now().is_ok() {
        "CPU time (user + system) of this process"
    } else {
        "wall time, since this system does not tell the CPU time"
    }
}

/// Times `work` after a warm-up.
pub(super) fn time(
    repeats: Repeats,
    mut work: impl FnMut() -> Result<(), Failure>,
) -> Result<Timing, Failure> {
    work()?;
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    while cpu.len() < 3 || (cpu.len() < repeats.most && begun.elapsed() < repeats.budget) {
        let (before, started) = (ProcessTime::try_now(), Instant::now());
        work()?;
        let elapsed = started.elapsed();
        let used = match (before, ProcessTime::try_now()) {
            (Ok(before), Ok(after)) => after.duration_since(before),
            _ => elapsed,
        };
        cpu.push(used.as_secs_f64());
        wall.push(elapsed.as_secs_f64());
    }
    Ok(Timing { repeats: cpu.len(), cpu: spread(cpu), wall: spread(wall) })
}

/// Times one call of something that takes nanoseconds, by calling it often enough to fill ten milliseconds.
pub(super) fn time_short<T>(mut work: impl FnMut() -> T) -> Result<Timing, Failure> {
    let mut calls = 1_u32;
    loop {
        let started = Instant::now();
        (0..calls).for_each(|_| drop(black_box(work())));
        if started.elapsed() >= Duration::from_millis(10) || calls >= 1 << 30 {
            break;
        }
        calls *= 2;
    }
    let each = 1.0 / f64::from(calls);
    let repeats = Repeats { most: 25, budget: Duration::from_millis(500) };
    let all = time(repeats, || {
        (0..calls).for_each(|_| drop(black_box(work())));
        Ok(())
    })?;
    let scaled = |s: Spread| Spread { best: s.best * each, median: s.median * each };
    Ok(Timing { cpu: scaled(all.cpu), wall: scaled(all.wall), repeats: all.repeats })
}

fn spread(mut seconds: Vec<f64>) -> Spread {
    seconds.sort_by(f64::total_cmp);
    let at = |place: usize| seconds.get(place).copied().unwrap_or(0.0);
    Spread { best: at(0), median: at(seconds.len() / 2) }
}
