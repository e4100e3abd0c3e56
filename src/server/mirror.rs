//! Shadow traffic: what one version has answered, another is asked too, on a worker and behind everything that somebody
//! waits for, so that nobody waits for it and nobody gets what it says.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::request::Parts;

use super::answer::table::{self, How};
use super::events::{Hops, RequestEvent};
use super::models::{InShadow, Loaded};
use super::recorder::{Entry, Kept};
use super::shared::Shared;
use crate::protocol::route::Matched;

/// The method by which the log tells an answer that nobody got from those that were sent.
pub const METHOD: &str = "SHADOW";
/// How many bytes of requests may wait to be asked again, over all versions in shadow; what comes beyond is counted and left
/// out. Each request counts for a kilobyte more than its body.
const WAITING: usize = 32 * 1024 * 1024;

/// What came of asking along.
#[derive(Debug, Default)]
pub struct Mirrored {
    counts: Mutex<Counts>,
}

/// How the answers of a version in shadow compare with those that were sent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Requests that both answered.
    pub requests: u64,
    /// Their rows.
    pub rows: u64,
    /// Requests that the one in front answered and the one in shadow refused.
    pub refused: u64,
    /// Requests that were left out: too many waited.
    pub left_out: u64,
    /// The sum over rows of |difference|, or of 1 for another class.
    pub apart: f64,
    /// The largest |difference| of a row.
    pub farthest: f64,
    /// Time of the arithmetic in shadow.
    pub inference: Duration,
}

impl Counts {
    /// How far the answers are apart: mean |difference|, or the share of other classes; `None` before the first.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.apart / self.rows as f64)
    }
}

impl Mirrored {
    /// The figures up to now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A request that was answered, to be asked again.
pub(crate) struct Answered<'a> {
    pub(crate) by: &'a Arc<Loaded>,
    pub(crate) how: How,
    pub(crate) body: Bytes,
    pub(crate) id: &'a str,
    pub(crate) parts: &'a Parts,
    pub(crate) found: &'a Matched,
}

/// Asks the version in shadow what was answered, behind everything that somebody waits for.
pub(crate) fn mirror(shared: &Arc<Shared>, shadow: &InShadow, answered: Answered<'_>) {
    let bytes = answered.body.len() + 1_024;
    if shared.mirror_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > WAITING {
        shared.mirror_bytes.fetch_sub(bytes, Ordering::Relaxed);
        shadow.seen.count(|counts| counts.left_out += 1);
        return;
    }
    let Answered { by, how, body, id, parts, found } = answered;
    let event = RequestEvent {
        id: id.to_owned(),
        at_unix_millis: shared.clock.unix_millis(),
        peer: None,
        method: METHOD.to_owned(),
        path: crate::protocol::secrets::masked(parts.uri.path()),
        route: found.template,
        dialect: found.dialect.name(),
        status: 200,
        key: None,
        model: Some(shadow.loaded.name.clone()),
        version: Some(shadow.loaded.version().to_owned()),
        n_rows: 0,
        hops: Hops::default(),
        total: Duration::ZERO,
        request_bytes: body.len(),
        response_bytes: 0,
        problem: None,
    };
    let (shared_then, by, shadow) = (shared.clone(), by.clone(), shadow.clone());
    shared.pool.put_last(move || {
        shared_then.mirror_bytes.fetch_sub(bytes, Ordering::Relaxed);
        ask(&shared_then, &by, &shadow, how, &body, event);
    });
}

fn ask(shared: &Shared, by: &Loaded, shadow: &InShadow, how: How, body: &[u8], mut event: RequestEvent) {
    let began = Instant::now();
    let response = match table::both(by, &shadow.loaded, how, body) {
        Ok((done, apart)) => {
            event.n_rows = done.n_rows;
            event.hops = Hops {
                decode: Some(done.decode),
                inference: Some(done.inference),
                encode: Some(done.encode),
                ..Hops::default()
            };
            shadow.seen.count(|counts| {
                counts.requests += 1;
                counts.rows += done.n_rows as u64;
                counts.apart += apart.iter().sum::<f64>();
                counts.farthest = apart.iter().copied().fold(counts.farthest, f64::max);
                counts.inference += done.inference;
            });
            Bytes::from(done.body)
        }
        Err(problem) => {
            shadow.seen.count(|counts| counts.refused += 1);
            event.status = problem.status;
            let detail = crate::protocol::secrets::masked(&problem.detail);
            let (_, body) = problem.body(crate::protocol::Dialect::Plain);
            event.problem = Some(detail);
            body.into()
        }
    };
    event.total = began.elapsed();
    event.response_bytes = response.len();
    if let Some(recorder) = &*shared.recorder.load() {
        // the request stands in the row of the version that answered, under the same id
        let response = Kept::of(&response, recorder.body_bytes);
        let entry = Entry { event: Arc::new(event), logged: true, request: Kept::default(), response };
        recorder.record(entry, shared);
    }
}
