//! What all requests share.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use arc_swap::ArcSwapOption;
use tokio::sync::broadcast;

use super::Limits;
use super::events::{Event, push_number};
use super::jobs::Jobs;
use super::keys::Keys;
use super::models::Models;
use super::pool::Pool;
use super::recorder::Recorder;
use super::stats::{Gauges, Stats};
use super::upstream::Upstream;
use crate::protocol::Protocol;
use crate::work::Clock;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) models: Models,
    /// `None` lets everybody in.
    pub(crate) keys: ArcSwapOption<Keys>,
    /// One bit for each protocol that is on.
    pub(crate) protocols: AtomicU32,
    pub(crate) limits: Limits,
    pub(crate) pool: Pool,
    pub(crate) jobs: Jobs,
    pub(crate) stats: Stats,
    pub(crate) events: broadcast::Sender<Event>,
    /// Empty once the server has stopped.
    pub(crate) recorder: ArcSwapOption<Recorder>,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) clock: Clock,
    pub(crate) started: Instant,
    pub(crate) started_unix_millis: i64,
    /// Whether the bytes on the wire are captured.
    pub(crate) glass: AtomicBool,
    /// The server is about to stop: it is not ready any more.
    pub(crate) stopping: AtomicBool,
    /// CSV bodies that are being worked on.
    pub(crate) csv_now: AtomicU32,
    /// Bytes of requests that wait to be asked of a version in shadow.
    pub(crate) mirror_bytes: AtomicUsize,
    pub(crate) id_base: u64,
    pub(crate) next_id: AtomicU64,
}

impl Shared {
    /// Tells whoever listens.
    pub(crate) fn say(&self, event: Event) {
        // nobody may be listening
        drop(self.events.send(event));
    }

    pub(crate) fn speaks(&self, protocol: Protocol) -> bool {
        self.protocols.load(Ordering::Relaxed) & bit(protocol) != 0
    }

    /// An id that no other request has, of another run of the server neither: its number, readable, and what this run
    /// has of its own.
    pub(crate) fn new_id(&self) -> String {
        let n = self.next_id.fetch_add(1, Ordering::Relaxed);
        request_id(n, self.id_base)
    }

    pub(crate) fn metrics(&self) -> String {
        let (workers, _, queued) = self.pool.state();
        let gauges = Gauges {
            queued,
            workers,
            jobs: self.jobs.counts().to_vec(),
            started_unix_secs: self.started_unix_millis as f64 / 1e3,
        };
        self.stats.text(&self.models.get(), &gauges)
    }

    /// Nothing more is written; the thread that writes ends.
    pub(crate) fn close_recorder(&self) {
        self.recorder.store(None);
    }
}

/// The bit of a protocol.
pub(crate) fn bit(protocol: Protocol) -> u32 {
    1 << protocol as u8
}

/// `r-000214-0123456789ab`: a number of six digits or more, and the last twelve hexadecimal ones of `base`. Written by hand,
/// since every request has one.
fn request_id(n: u64, base: u64) -> String {
    let mut id = String::with_capacity(32);
    id.push_str("r-");
    push_number(&mut id, n, 6);
    id.push('-');
    for digit in (0..12).rev() {
        id.push(char::from(b"0123456789abcdef"[(base >> (4 * digit)) as usize & 15]));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::request_id;

    #[test]
    fn request_ids_are_as_formatted() {
        for n in [0, 7, 214, 99_999, 100_000, 999_999, 1_000_000, 123_456_789_012, u64::MAX] {
            for base in [0, 0x0123_4567_89ab_cdef, u64::MAX] {
                let formatted = format!("r-{n:06}-{:012x}", base & 0xffff_ffff_ffff);
                assert_eq!(request_id(n, base), formatted);
            }
        }
    }
}
