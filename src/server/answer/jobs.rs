//! `/jobs`: rows are read when they are handed in, and predicted when a worker is free.

use std::sync::Arc;

use axum::body::Bytes;
use tempfile::SpooledTempFile;

use super::table::{self, CSV};
use super::{JSON, Reply};
use crate::inference::{Batch, Form};
use crate::protocol::Problem;
use crate::server::body::SPOOLED_BYTES;
use crate::server::heavy::apart;
use crate::server::jobs::{Added, NewJob, fingerprint};
use crate::server::keys::Caller;
use crate::server::models::Loaded;
use crate::server::shared::Shared;

/// What was handed in.
pub(crate) enum Rows {
    Json(Bytes),
    Csv(SpooledTempFile, u64),
}

/// What waits for a worker.
enum Waiting {
    /// Rows that were read already.
    Read(Batch, Form),
    Csv(SpooledTempFile, u64),
}

/// Takes a job.
pub(crate) async fn hand_in(
    shared: &Arc<Shared>,
    loaded: &Arc<Loaded>,
    rows: Rows,
    idempotency_key: Option<String>,
    caller: Option<&Caller>,
) -> Result<Reply, Problem> {
    let owner = caller.map(|caller| caller.name.clone());
    let idempotency = match (&rows, idempotency_key) {
        (_, None) => None,
        (Rows::Json(body), Some(key)) => {
            let (own, body) = (loaded.clone(), body.clone());
            Some((key, apart(body.len(), move || fingerprint(&own.name, JSON, &body)).await?))
        }
        (Rows::Csv(..), Some(_)) => {
            return Err(Problem::bad_request(
                "an Idempotency-Key is taken with JSON bodies only; leave it out, or send JSON",
            ));
        }
    };
    if let Some((key, fingerprint)) = &idempotency
        && let Some(id) = shared.jobs.same(owner.as_ref(), key, fingerprint)?
    {
        return accepted(shared, &id, caller);
    }
    // wrong rows of JSON are told at once
    let (waiting, n_rows, n_bytes, n_file_bytes) = match rows {
        Rows::Json(body) => {
            let own = loaded.clone();
            let read = move || {
                let mut batch = Batch::default();
                own.predictor.read_body(&body, &mut batch).map(|form| (batch, form))
            };
            let (batch, form) = shared.pool.run(read).await.map_err(table::busy)?.0?;
            let n_rows = batch.n_rows();
            let n_bytes = n_rows * loaded.predictor.model().inputs.len() * size_of::<f64>();
            (Waiting::Read(batch, form), n_rows, n_bytes, 0)
        }
        Rows::Csv(file, length) => {
            let n_bytes = length.min(SPOOLED_BYTES as u64) as usize;
            (Waiting::Csv(file, length), 0, n_bytes, length)
        }
    };
    let new = NewJob {
        owner,
        model: loaded.name.clone(),
        version: loaded.version().to_owned(),
        n_rows,
        n_bytes,
        n_file_bytes,
        idempotency,
        now: shared.clock.unix_millis(),
    };
    let (id, room) = match shared.jobs.add(new)? {
        Added::Same(id) => return accepted(shared, &id, caller),
        Added::New(id, room) => (id, room),
    };
    let reply = accepted(shared, &id, caller);
    let (shared_later, loaded) = (shared.clone(), loaded.clone());
    shared.pool.put(move || {
        work(&shared_later, &loaded, waiting, &id);
        drop(room);
    });
    reply
}

fn work(shared: &Shared, loaded: &Loaded, rows: Waiting, id: &str) {
    if !shared.jobs.begin(id) {
        return;
    }
    // whatever happens in there, the job ends
    let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| match rows {
        Waiting::Read(mut batch, form) => {
            let done = table::run_read(loaded, form, &mut batch)?;
            Ok((done.body.into(), JSON, done.n_rows))
        }
        Waiting::Csv(file, length) => {
            use std::io::Read;
            let (mut file, length, n_rows, _) = table::score(loaded, file, length)?;
            if length > crate::server::MAX_JOB_RESULT {
                return Err(Problem::new(
                    422,
                    format!(
                        "the result has {length} bytes, more than a job keeps; send the file to /predict"
                    ),
                ));
            }
            let mut out = Vec::with_capacity(length as usize);
            file.read_to_end(&mut out)
                .map_err(|error| Problem::busy(format!("the predictions can't be read back: {error}")))?;
            Ok((out.into(), CSV, n_rows))
        }
    }));
    let result =
        worked.unwrap_or_else(|_panic| Err(Problem::new(500, "the worker failed; please report this")));
    shared.jobs.finish(id, result, shared.clock.unix_millis());
}

fn accepted(shared: &Shared, id: &str, caller: Option<&Caller>) -> Result<Reply, Problem> {
    let mut reply = Reply::json(&shared.jobs.show(id, caller)?).with("location", &format!("/jobs/{id}"));
    reply.status = 202;
    Ok(reply)
}
