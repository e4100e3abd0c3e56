//! `/jobs`: rows are checked when they are handed in, and predicted when a worker is free.

use std::sync::Arc;

use axum::body::Bytes;
use tempfile::SpooledTempFile;

use super::table::{self, CSV, How};
use super::{JSON, Reply};
use crate::inference::Batch;
use crate::protocol::Problem;
use crate::server::jobs::{Added, NewJob, fingerprint};
use crate::server::keys::Caller;
use crate::server::models::Loaded;
use crate::server::shared::Shared;

/// What was handed in.
pub(crate) enum Rows {
    Json(Bytes),
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
    let (n_bytes, idempotency) = match &rows {
        Rows::Json(body) => {
            (body.len(), idempotency_key.map(|key| (key, fingerprint(&loaded.name, JSON, body))))
        }
        Rows::Csv(..) if idempotency_key.is_some() => {
            return Err(Problem::bad_request(
                "an Idempotency-Key is taken with JSON bodies only; leave it out, or send JSON",
            ));
        }
        // the rows lie in a temporary file
        Rows::Csv(..) => (0, None),
    };
    if let Some((key, fingerprint)) = &idempotency
        && let Some(id) = shared.jobs.same(owner.as_ref(), key, fingerprint)?
    {
        return accepted(shared, &id, caller);
    }
    // wrong rows are told at once
    let rows = match rows {
        Rows::Json(body) => {
            let (own, bytes) = (loaded.clone(), body.clone());
            let check = move || {
                let mut batch = Batch::default();
                own.predictor.read_body(&bytes, &mut batch).map(|_| batch.n_rows())
            };
            let n_rows = shared.pool.run(check).await.map_err(table::busy)?.0?;
            (Rows::Json(body), n_rows)
        }
        csv @ Rows::Csv(..) => (csv, 0),
    };
    let new = NewJob {
        owner,
        model: loaded.name.clone(),
        version: loaded.version().to_owned(),
        n_rows: rows.1,
        n_bytes,
        idempotency,
        now: shared.clock.unix_millis(),
    };
    let id = match shared.jobs.add(new)? {
        Added::Same(id) => return accepted(shared, &id, caller),
        Added::New(id) => id,
    };
    let reply = accepted(shared, &id, caller);
    let (shared_later, loaded, rows) = (shared.clone(), loaded.clone(), rows.0);
    shared.pool.put(move || work(&shared_later, &loaded, rows, &id));
    reply
}

fn work(shared: &Shared, loaded: &Loaded, rows: Rows, id: &str) {
    if !shared.jobs.begin(id) {
        return;
    }
    // whatever happens in there, the job ends
    let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| match rows {
        Rows::Json(body) => {
            let done = table::run(loaded, How::Plain, &body)?;
            Ok((done.body.into(), JSON, done.n_rows))
        }
        Rows::Csv(file, length) => {
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
