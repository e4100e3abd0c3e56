//! Jobs: rows handed in now and predicted when a worker is free. Kept in memory, up to a number and for a time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::protocol::Problem;

/// The most jobs that may wait or run.
pub const MAX_OPEN: usize = 1000;
/// The most finished jobs that are kept.
const MAX_DONE: usize = 2000;
/// The most bytes of results that are kept.
const MAX_RESULT_BYTES: usize = 64 * 1024 * 1024;
/// The most bytes of rows that may wait in memory.
const MAX_OPEN_BYTES: usize = 256 * 1024 * 1024;
/// The most bytes of rows that may wait in temporary files; one file may always.
const MAX_OPEN_FILE_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// How long a finished job is kept.
const KEPT: Duration = Duration::from_hours(1);

/// How far a job has come.
#[derive(Debug, Clone)]
enum State {
    Queued,
    Running,
    Done { body: Bytes, content_type: &'static str },
    Failed(Box<Problem>),
}

/// Each owner has keys of their own.
type IdempotencyKey = (Option<Arc<str>>, String);

#[derive(Debug)]
struct Job {
    state: State,
    owner: Option<Arc<str>>,
    model: String,
    version: String,
    n_rows: usize,
    created_unix_millis: i64,
    finished_unix_millis: Option<i64>,
    finished: Option<Instant>,
    idempotency: Option<IdempotencyKey>,
}

#[derive(Debug, Default)]
struct Kept {
    jobs: HashMap<String, Job>,
    /// Finished ones, oldest first.
    done: VecDeque<String>,
    by_key: HashMap<IdempotencyKey, ([u8; 32], String)>,
    open: usize,
    open_bytes: usize,
    open_file_bytes: u64,
    result_bytes: usize,
}

/// The jobs.
#[derive(Debug, Clone, Default)]
pub struct Jobs(Arc<Mutex<Kept>>);

/// A job to be added.
#[derive(Debug)]
pub(crate) struct NewJob {
    pub(crate) owner: Option<Arc<str>>,
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) n_rows: usize,
    /// What its rows take in memory, and in a temporary file.
    pub(crate) n_bytes: usize,
    pub(crate) n_file_bytes: u64,
    /// The idempotency key, and the hash of what was asked.
    pub(crate) idempotency: Option<(String, [u8; 32])>,
    pub(crate) now: i64,
}

/// What an idempotency key stands for: the hash of what was asked.
pub(crate) fn fingerprint(target: &str, content_type: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(target.as_bytes());
    hash.update([0]);
    hash.update(content_type.as_bytes());
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}

/// The room that a job's rows take until they are done with, which a job that is deleted takes, too, as long as it waits.
#[derive(Debug)]
pub(crate) struct Room {
    jobs: Jobs,
    n_bytes: usize,
    n_file_bytes: u64,
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut kept = self.jobs.lock();
        kept.open -= 1;
        kept.open_bytes -= self.n_bytes;
        kept.open_file_bytes -= self.n_file_bytes;
    }
}

/// What came of handing in a job.
pub(crate) enum Added {
    /// A new job.
    New(String, Room),
    /// One that was handed in before under the same idempotency key.
    Same(String),
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job that an idempotency key stands for, if it was used.
    pub(crate) fn same(
        &self,
        owner: Option<&Arc<str>>,
        key: &str,
        fingerprint: &[u8; 32],
    ) -> Result<Option<String>, Problem> {
        self.lock().same(owner, key, fingerprint)
    }

    pub(crate) fn add(&self, new: NewJob) -> Result<Added, Problem> {
        let id = random_id()?;
        // locked from the look to the entry, so that of those who bring the same key at once only one adds a job
        let mut kept = self.lock();
        if let Some((key, fingerprint)) = &new.idempotency
            && let Some(id) = kept.same(new.owner.as_ref(), key, fingerprint)?
        {
            return Ok(Added::Same(id));
        }
        if new.n_bytes > MAX_OPEN_BYTES {
            return Err(Problem::new(
                413,
                format!("the rows take more than the {MAX_OPEN_BYTES} bytes that may wait; send fewer at once, or CSV"),
            )
            .with("body_too_large", None));
        }
        kept.tidy();
        let file_bytes = kept.open_file_bytes.saturating_add(new.n_file_bytes);
        if kept.open >= MAX_OPEN
            || kept.open_bytes + new.n_bytes > MAX_OPEN_BYTES
            || (kept.open_file_bytes > 0 && file_bytes > MAX_OPEN_FILE_BYTES)
        {
            return Err(Problem::busy(format!("{} jobs wait already; try again later", kept.open)));
        }
        let idempotency = new.idempotency.map(|(key, fingerprint)| {
            let place = (new.owner.clone(), key);
            kept.by_key.insert(place.clone(), (fingerprint, id.clone()));
            place
        });
        kept.open += 1;
        kept.open_bytes += new.n_bytes;
        kept.open_file_bytes = file_bytes;
        kept.jobs.insert(
            id.clone(),
            Job {
                state: State::Queued,
                owner: new.owner,
                model: new.model,
                version: new.version,
                n_rows: new.n_rows,
                created_unix_millis: new.now,
                finished_unix_millis: None,
                finished: None,
                idempotency,
            },
        );
        let room = Room { jobs: self.clone(), n_bytes: new.n_bytes, n_file_bytes: new.n_file_bytes };
        Ok(Added::New(id, room))
    }

    /// Marks a job as running. False when it was deleted.
    pub(crate) fn begin(&self, id: &str) -> bool {
        match self.lock().jobs.get_mut(id) {
            Some(job) => {
                job.state = State::Running;
                true
            }
            None => false,
        }
    }

    pub(crate) fn finish(&self, id: &str, result: Result<(Bytes, &'static str, usize), Problem>, now: i64) {
        let mut kept = self.lock();
        let kept = &mut *kept;
        let Some(job) = kept.jobs.get_mut(id) else { return };
        job.finished = Some(Instant::now());
        job.finished_unix_millis = Some(now);
        job.state = match result {
            Ok((body, content_type, n_rows)) => {
                kept.result_bytes += body.len();
                job.n_rows = n_rows;
                State::Done { body, content_type }
            }
            Err(problem) => State::Failed(Box::new(problem)),
        };
        kept.done.push_back(id.to_owned());
        kept.tidy();
    }

    fn with<T>(
        &self,
        id: &str,
        caller: Option<&super::keys::Caller>,
        look: impl FnOnce(&mut Kept, &Job) -> T,
    ) -> Result<T, Problem> {
        let mut kept = self.lock();
        // jobs are their owner's, and an administrator's
        let job = kept.jobs.remove(id).ok_or_else(no_job)?;
        let own = caller.is_none_or(|caller| caller.admin || job.owner.as_ref() == Some(&caller.name));
        let result = if own { Ok(look(&mut kept, &job)) } else { Err(no_job()) };
        kept.jobs.insert(id.to_owned(), job);
        result
    }

    /// A job as `GET /jobs/ID` shows it.
    pub(crate) fn show(&self, id: &str, caller: Option<&super::keys::Caller>) -> Result<Value, Problem> {
        self.with(id, caller, |_, job| job.to_json(id))
    }

    /// A job's result.
    pub(crate) fn result(
        &self,
        id: &str,
        caller: Option<&super::keys::Caller>,
    ) -> Result<(Bytes, &'static str), Problem> {
        self.with(id, caller, |_, job| match &job.state {
            State::Done { body, content_type } => Ok((body.clone(), *content_type)),
            State::Failed(problem) => Err(Problem::clone(problem)),
            State::Queued | State::Running => {
                let mut problem = Problem::new(409, format!("the job is {}; ask again later", job.status()))
                    .with("not_done", None);
                problem.retry_after = Some(1);
                Err(problem)
            }
        })?
    }

    /// Forgets a job; one that waits is not done any more.
    pub(crate) fn delete(&self, id: &str, caller: Option<&super::keys::Caller>) -> Result<(), Problem> {
        self.with(id, caller, |_, _| ())?;
        self.lock().forget(id);
        Ok(())
    }

    /// How many jobs are kept, by status.
    #[must_use]
    pub fn counts(&self) -> [(&'static str, usize); 4] {
        let kept = self.lock();
        let mut counts = [("queued", 0), ("running", 0), ("done", 0), ("failed", 0)];
        #[allow(clippy::iter_over_hash_type, reason = "they are only counted")]
        for job in kept.jobs.values() {
            for (name, count) in &mut counts {
                *count += usize::from(*name == job.status());
            }
        }
        counts
    }
}

fn no_job() -> Problem {
    Problem::new(404, "there is no such job; finished jobs are kept for an hour").with("job_not_found", None)
}

fn random_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_no_randomness| Problem::busy("the system has no random numbers; try again"))?;
    Ok(crate::work::hex(&bytes))
}

impl Job {
    fn status(&self) -> &'static str {
        match self.state {
            State::Queued => "queued",
            State::Running => "running",
            State::Done { .. } => "done",
            State::Failed(_) => "failed",
        }
    }

    fn to_json(&self, id: &str) -> Value {
        let time = |millis: i64| {
            let at = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
            format!("{at:.3}")
        };
        let mut value = json!({
            "id": id,
            "status": self.status(),
            "model": self.model,
            "version": self.version,
            "rows": self.n_rows,
            "created": time(self.created_unix_millis),
        });
        if let Some(finished) = self.finished_unix_millis {
            value["finished"] = time(finished).into();
        }
        match &self.state {
            State::Done { .. } => value["result"] = format!("/jobs/{id}/result").into(),
            State::Failed(problem) => value["error"] = problem.detail.as_str().into(),
            State::Queued | State::Running => {}
        }
        value
    }
}

impl Kept {
    fn same(
        &self,
        owner: Option<&Arc<str>>,
        key: &str,
        fingerprint: &[u8; 32],
    ) -> Result<Option<String>, Problem> {
        match self.by_key.get(&(owner.cloned(), key.to_owned())) {
            Some((known, id)) if known == fingerprint => Ok(Some(id.clone())),
            Some(_) => Err(Problem::new(
                422,
                "this Idempotency-Key was used for another body; use a new one for a new job",
            )
            .with("idempotency_key_reused", None)),
            None => Ok(None),
        }
    }

    fn forget(&mut self, id: &str) {
        let Some(job) = self.jobs.remove(id) else { return };
        if let Some(key) = &job.idempotency {
            self.by_key.remove(key);
        }
        if let State::Done { body, .. } = &job.state {
            self.result_bytes -= body.len();
        }
    }

    /// Forgets finished jobs that are too old or too many.
    fn tidy(&mut self) {
        while let Some(id) = self.done.front() {
            let old = match self.jobs.get(id) {
                // deleted
                None => true,
                Some(job) => job.finished.is_some_and(|at| at.elapsed() > KEPT),
            };
            if !(old
                || self.done.len() > MAX_DONE
                || self.result_bytes > MAX_RESULT_BYTES && self.done.len() > 1)
            {
                return;
            }
            if let Some(id) = self.done.pop_front() {
                self.forget(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(key: Option<(&str, &[u8])>) -> NewJob {
        NewJob {
            owner: None,
            model: "m".into(),
            version: "1".into(),
            n_rows: 1,
            n_bytes: 10,
            n_file_bytes: 0,
            idempotency: key.map(|(key, body)| (key.to_owned(), fingerprint("", "", body))),
            now: 0,
        }
    }

    #[test]
    fn the_same_key_and_body_are_the_same_job() {
        let jobs = Jobs::default();
        let Ok(Added::New(id, _room)) = jobs.add(new(Some(("k", b"1")))) else { panic!("a new job") };
        assert!(matches!(jobs.add(new(Some(("k", b"1")))), Ok(Added::Same(same)) if same == id));
        assert_eq!(jobs.add(new(Some(("k", b"2")))).err().unwrap().status, 422);
        assert_eq!(jobs.result(&id, None).unwrap_err().status, 409);
        jobs.delete(&id, None).unwrap();
        assert_eq!(jobs.show(&id, None).unwrap_err().status, 404);
        assert!(!jobs.begin(&id));
        assert!(matches!(jobs.add(new(Some(("k", b"2")))), Ok(Added::New(..))));
    }

    #[test]
    fn of_many_with_the_same_key_at_once_one_adds_a_job() {
        const THREADS: usize = 8;
        let jobs = Jobs::default();
        for round in 0..100 {
            let key = format!("k{round}");
            let barrier = std::sync::Barrier::new(THREADS);
            let ids: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS)
                    .map(|_| {
                        scope.spawn(|| {
                            barrier.wait();
                            match jobs.add(new(Some((&key, b"1")))) {
                                Ok(Added::New(id, _) | Added::Same(id)) => id,
                                Err(problem) => panic!("{problem:?}"),
                            }
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!((ids.len(), jobs.counts()[0].1), (1, round + 1));
        }
    }

    #[test]
    fn more_than_the_limit_is_refused_and_finished_jobs_make_room() {
        let jobs = Jobs::default();
        let mut open: Vec<(String, Room)> = (0..MAX_OPEN)
            .map(|_| match jobs.add(new(None)) {
                Ok(Added::New(id, room)) => (id, room),
                _ => panic!("a new job"),
            })
            .collect();
        let refused = jobs.add(new(None)).err().unwrap();
        assert_eq!((refused.status, refused.retry_after), (503, Some(1)));
        let (id, room) = open.remove(0);
        jobs.finish(&id, Ok((Bytes::from_static(b"x"), "text/plain", 1)), 5);
        drop(room);
        assert!(jobs.add(new(None)).is_ok());
        assert_eq!(jobs.result(&id, None).unwrap().0, "x");
    }

    #[test]
    fn the_rows_that_wait_are_bounded_in_memory_and_in_files() {
        const GIB: u64 = 1024 * 1024 * 1024;
        let jobs = Jobs::default();
        let add = |n_bytes, n_file_bytes| match jobs.add(NewJob { n_bytes, n_file_bytes, ..new(None) }) {
            Ok(Added::New(id, room)) => Ok((id, room)),
            Ok(Added::Same(_)) => panic!("there is no key"),
            Err(problem) => Err((problem.status, problem.retry_after)),
        };
        let refused = (503, Some(1));
        let (_, first) = add(0, 5 * GIB).unwrap();
        assert_eq!(add(0, 4 * GIB).unwrap_err(), refused);
        let (second, waits) = add(0, 2 * GIB).unwrap();
        drop(first);
        let (_, third) = add(0, 5 * GIB).unwrap();
        // one that was deleted has its file as long as it waits for a worker
        jobs.delete(&second, None).unwrap();
        assert_eq!(add(0, 2 * GIB).unwrap_err(), refused);
        drop(waits);
        drop(add(0, 2 * GIB).unwrap());
        drop(third);
        // what can never be taken is not to be tried again
        assert_eq!(add(MAX_OPEN_BYTES + 1, 0).unwrap_err(), (413, None));
        let _all = add(MAX_OPEN_BYTES, 0).unwrap();
        assert_eq!(add(1, 0).unwrap_err(), refused);
    }
}
