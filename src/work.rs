//! What long or random work is handed: progress, cancellation, a clock and a seed; and hashes as text. Starts no threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The work was stopped because someone asked for it; not a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Bytes as hexadecimal digits, such as those of a hash.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// How far a piece of work has come, and whether it should stop. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    cancelled: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    done: AtomicU64,
    total: AtomicU64,
    rows: AtomicU64,
}

impl Progress {
    /// A fresh progress: nothing done, total unknown (0), not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The progress of a part of the work, which counts for itself and is stopped with the whole.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { cancelled: Arc::clone(&self.cancelled), shared: Arc::default() }
    }

    /// Asks the work to stop at its next check.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether someone asked the work to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Called by the work at each step.
    ///
    /// # Errors
    /// [`Cancelled`] once [`Progress::cancel`] was called.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Sets the size of the whole, in the work's own unit (bytes, rows, folds).
    pub fn set_total(&self, total: u64) {
        self.shared.total.store(total, Ordering::Relaxed);
    }

    /// Sets how much is done.
    pub fn set_done(&self, done: u64) {
        self.shared.done.store(done, Ordering::Relaxed);
    }

    /// Adds to what is done.
    pub fn add(&self, amount: u64) {
        self.shared.done.fetch_add(amount, Ordering::Relaxed);
    }

    /// Sets how many rows there are so far, for work that counts its progress in something else.
    pub fn set_rows(&self, rows: u64) {
        self.shared.rows.store(rows, Ordering::Relaxed);
    }

    /// How many rows there are so far; 0 for work that has none.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.shared.rows.load(Ordering::Relaxed)
    }

    /// (done, total); total is 0 while unknown.
    #[must_use]
    pub fn state(&self) -> (u64, u64) {
        (self.shared.done.load(Ordering::Relaxed), self.shared.total.load(Ordering::Relaxed))
    }
}

/// What time it is. Only the outermost layers read it; everything they call is handed the time it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    fixed: Option<i64>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still, for pictures that must come out the same every time. Every stopwatch reads zero.
    #[must_use]
    pub fn fixed(unix_millis: i64) -> Self {
        Self { fixed: Some(unix_millis) }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; 0 when the system's clock stands before that.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn unix_millis(self) -> i64 {
        self.fixed.unwrap_or_else(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// Starts to measure a duration.
    #[must_use]
    pub fn stopwatch(self) -> Stopwatch {
        Stopwatch { started: self.fixed.is_none().then(std::time::Instant::now) }
    }
}

/// Measures a duration.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    started: Option<std::time::Instant>,
}

impl Stopwatch {
    /// Seconds since it was started.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.started.map_or(0.0, |started| started.elapsed().as_secs_f64())
    }
}

/// The one number from which all randomness of a piece of work is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Default for Seed {
    fn default() -> Self {
        Self(42)
    }
}

impl Seed {
    /// A generator (`ChaCha8`, the same on every machine) for the purpose named by `stream`. Different
    /// purposes draw from different streams, so that adding a draw to one does not move another.
    #[must_use]
    pub fn rng(self, stream: &str) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.0);
        // FNV-1a of the name: a fixed, documented mapping from purpose to ChaCha stream number.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in stream.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        rng.set_stream(hash);
        rng
    }
}
