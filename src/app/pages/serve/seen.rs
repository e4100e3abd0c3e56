//! What is known of the requests that the server answered: the live list, and the figures over it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::protocol::Protocol;

/// How many requests the live list keeps; the prediction log in the workspace keeps more.
pub(crate) const KEPT: usize = 1000;

/// The hops of a request as the server took them, in milliseconds, in their order.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Hops {
    /// The body's way from the network.
    pub(crate) read: f64,
    /// Whether the key may do this.
    pub(crate) auth: f64,
    /// From bytes to rows that the model takes.
    pub(crate) decode: f64,
    /// Waiting for a worker.
    pub(crate) queue: f64,
    /// The model.
    pub(crate) inference: f64,
    /// From numbers to bytes.
    pub(crate) encode: f64,
}

impl Hops {
    /// What is drawn between the six stations, in their order: names and milliseconds.
    pub(crate) fn between(self) -> [(&'static str, f64); 5] {
        [
            ("receive", self.read),
            ("check, decode", self.auth + self.decode),
            ("queue", self.queue),
            ("inference", self.inference),
            ("encode", self.encode),
        ]
    }

    /// Their sum.
    pub(crate) fn sum(self) -> f64 {
        self.between().iter().map(|(_, millis)| millis).sum()
    }
}

/// The bytes of a request and its answer, as they went over the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wire {
    /// Method, address and headers; a key's secret part is not among them.
    pub(crate) request_head: String,
    /// The request's body.
    pub(crate) request_body: Vec<u8>,
    /// Status and headers.
    pub(crate) response_head: String,
    /// The answer's body.
    pub(crate) response_body: Vec<u8>,
    /// Whether a body was longer than what is kept of it.
    pub(crate) cut: bool,
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// Counts from 1 since the server started.
    pub(crate) number: u64,
    /// The request's id, as in the header `X-Request-Id`.
    pub(crate) id: String,
    /// When it came.
    pub(crate) at_unix_millis: i64,
    /// The dialect, if the address belongs to one that can be switched.
    pub(crate) protocol: Option<Protocol>,
    /// POST …
    pub(crate) method: String,
    /// Its address.
    pub(crate) path: String,
    /// How many rows it asked about.
    pub(crate) rows: u64,
    /// 200 …
    pub(crate) status: u16,
    /// What was wrong, in words; empty when nothing was.
    pub(crate) said: String,
    /// Where the time went.
    pub(crate) hops: Hops,
    /// From the first byte to the last, in milliseconds.
    pub(crate) total: f64,
    /// The name of the key, empty without one.
    pub(crate) key: String,
    /// Where it came from.
    pub(crate) client: String,
    /// Name and version of the model that answered.
    pub(crate) model: String,
    /// Size of the request's body.
    pub(crate) bytes_in: u64,
    /// Size of the answer's body.
    pub(crate) bytes_out: u64,
    /// The bytes, while they are kept.
    pub(crate) wire: Option<Arc<Wire>>,
}

impl Seen {
    /// Whether it was refused before it came to the queue and the model.
    pub(crate) fn is_turned_away(&self) -> bool {
        !self.is_good() && self.hops.inference <= 0.0
    }

    /// Whether it was answered as asked.
    pub(crate) fn is_good(&self) -> bool {
        self.status < 400
    }
}

/// The live list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    /// The latest first.
    requests: VecDeque<Seen>,
    /// All since the server started.
    pub(crate) total: u64,
    /// Those not answered as asked.
    pub(crate) errors: u64,
    /// Whether one about rows was answered with 200.
    pub(crate) answered: bool,
    /// All, and those not answered as asked, when the list was cleared last.
    cleared: (u64, u64),
    /// By protocol.
    counts: BTreeMap<&'static str, u64>,
    /// By key.
    keys: BTreeMap<String, KeyUse>,
}

/// What came with one key.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct KeyUse {
    /// Requests.
    pub(crate) requests: u64,
    /// Those not answered as asked.
    pub(crate) errors: u64,
    /// When the last came.
    pub(crate) last_unix_millis: i64,
    /// What the last was.
    pub(crate) last: String,
}

impl Log {
    /// Notes a request.
    pub(crate) fn add(&mut self, seen: Seen) {
        self.total += 1;
        self.errors += u64::from(!seen.is_good());
        self.answered |= seen.status == 200 && seen.rows > 0;
        if let Some(protocol) = seen.protocol {
            *self.counts.entry(protocol.name()).or_default() += 1;
        }
        if !seen.key.is_empty() {
            let key = self.keys.entry(seen.key.clone()).or_default();
            key.requests += 1;
            key.errors += u64::from(!seen.is_good());
            key.last_unix_millis = seen.at_unix_millis;
            key.last = format!("{} {} {}", seen.method, seen.path, seen.status);
        }
        self.requests.push_front(seen);
        self.requests.truncate(KEPT);
    }

    /// The bytes of a request that was noted before.
    pub(crate) fn attach(&mut self, id: &str, wire: Arc<Wire>) {
        // it is one of the last ones
        if let Some(seen) = self.requests.iter_mut().take(64).find(|seen| seen.id == id) {
            seen.wire = Some(wire);
        }
    }

    /// Empties the list; what was counted since the start stays.
    pub(crate) fn clear(&mut self) {
        self.cleared = (self.total, self.errors);
        self.requests.clear();
    }

    /// All requests since the list was cleared, and those of them not answered as asked.
    pub(crate) fn since_cleared(&self) -> (u64, u64) {
        (self.total - self.cleared.0, self.errors - self.cleared.1)
    }

    /// The requests, latest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Seen> {
        self.requests.iter()
    }

    /// The request of that number, if it is still there.
    pub(crate) fn get(&self, number: u64) -> Option<&Seen> {
        self.requests.iter().find(|seen| seen.number == number)
    }

    /// The latest.
    pub(crate) fn latest(&self) -> Option<&Seen> {
        self.requests.front()
    }

    /// How many came by a protocol.
    pub(crate) fn count(&self, protocol: Protocol) -> u64 {
        self.counts.get(protocol.name()).copied().unwrap_or(0)
    }

    /// What came with a key.
    pub(crate) fn key(&self, name: &str) -> Option<&KeyUse> {
        self.keys.get(name)
    }

    /// The time that 95 % of the requests in the list stayed below, in milliseconds; `None` for an empty list.
    /// The nearest-rank definition: the smallest value that at least 95 % of the values do not exceed.
    pub(crate) fn p95(&self) -> Option<f64> {
        let mut totals: Vec<f64> = self.requests.iter().map(|seen| seen.total).collect();
        if totals.is_empty() {
            return None;
        }
        totals.sort_by(f64::total_cmp);
        let rank = (0.95 * totals.len() as f64).ceil() as usize;
        totals.get(rank.max(1) - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(number: u64, total: f64, status: u16, key: &str) -> Seen {
        Seen {
            number,
            id: format!("r-{number}"),
            at_unix_millis: number.cast_signed(),
            protocol: Some(Protocol::Plain),
            method: "POST".into(),
            path: "/predict".into(),
            rows: 1,
            status,
            said: String::new(),
            hops: Hops::default(),
            total,
            key: key.into(),
            client: "127.0.0.1:5000".into(),
            model: "m 1".into(),
            bytes_in: 10,
            bytes_out: 20,
            wire: None,
        }
    }

    #[test]
    fn the_nearest_rank_is_taken() {
        let mut log = Log::default();
        assert_eq!(log.p95(), None);
        (1..=20).for_each(|n| log.add(seen(n, n as f64, 200, "")));
        // 19 of 20 are 95 %
        assert_eq!(log.p95(), Some(19.0));
        log.add(seen(21, 21.0, 200, ""));
        assert_eq!(log.p95(), Some(20.0));
    }

    #[test]
    fn counts_outlive_the_list() {
        let mut log = Log::default();
        (1..=KEPT as u64 + 5)
            .for_each(|n| log.add(seen(n, 1.0, if n % 2 == 0 { 200 } else { 422 }, "class")));
        assert_eq!(log.iter().count(), KEPT);
        assert_eq!(log.total, KEPT as u64 + 5);
        assert_eq!(log.errors, 503);
        assert_eq!(log.count(Protocol::Plain), KEPT as u64 + 5);
        assert!(log.get(1).is_none() && log.get(KEPT as u64).is_some());
        log.clear();
        assert_eq!(log.key("class").map(|key| key.requests), Some(KEPT as u64 + 5));
    }
}
