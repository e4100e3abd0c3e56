//! The workers: named threads that take batches and jobs from one bounded queue. Requests that wait for their answer go
//! before jobs, which nobody waits for.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

/// The workers and their queue.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// How many requests may wait.
    limit: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Task>,
    jobs: VecDeque<Task>,
    /// What nobody will ever ask for: done when there is nothing else, and not finished before the end.
    last: VecDeque<Task>,
    /// How many workers are wanted, are there, and are busy.
    wanted: usize,
    there: usize,
    busy: usize,
    stopping: bool,
}

/// Why a task has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PoolError {
    /// The queue is full.
    Full,
    /// The task panicked, or the server stopped.
    Died,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    /// Starts workers.
    #[must_use]
    pub(crate) fn new(workers: usize, limit: usize) -> Self {
        let pool = Self(Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), limit }));
        pool.set_workers(workers);
        pool
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // tasks run outside the lock, so that what it guards is always whole
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the number of workers; one that is busy ends when its task does.
    pub(crate) fn set_workers(&self, workers: usize) {
        let mut state = self.lock();
        state.wanted = workers.max(1);
        while state.there < state.wanted && !state.stopping {
            let pool = self.clone();
            let name = format!("worker-{}", state.there + 1);
            if std::thread::Builder::new().name(name).spawn(move || pool.work()).is_err() {
                break;
            }
            state.there += 1;
        }
        drop(state);
        self.0.changed.notify_all();
    }

    /// (workers, busy ones, requests and jobs that wait)
    #[must_use]
    pub(crate) fn state(&self) -> (usize, usize, usize) {
        let state = self.lock();
        (state.wanted, state.busy, state.waiting.len() + state.jobs.len())
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if state.there > state.wanted {
                break;
            }
            let task = state.waiting.pop_front().or_else(|| state.jobs.pop_front());
            let task = task.or_else(|| state.last.pop_front());
            if let Some(task) = task {
                state.busy += 1;
                drop(state);
                // a panic is this task's own; whoever waits for it is told by the channel that closes
                drop(catch_unwind(AssertUnwindSafe(task)));
                state = self.lock();
                state.busy -= 1;
                continue;
            }
            if state.stopping {
                break;
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.there -= 1;
        drop(state);
        self.0.changed.notify_all();
    }

    /// Runs work on a worker: its result, and how long it waited for one.
    ///
    /// # Errors
    /// [`PoolError`].
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(T, Duration), PoolError> {
        let (sender, receiver) = oneshot::channel();
        let asked = Instant::now();
        let task: Task = Box::new(move || {
            // who has gone away needs no answer
            if !sender.is_closed() {
                let waited = asked.elapsed();
                drop(sender.send((work(), waited)));
            }
        });
        {
            let mut state = self.lock();
            if state.stopping || state.waiting.len() >= self.0.limit {
                return Err(PoolError::Full);
            }
            state.waiting.push_back(task);
        }
        self.0.changed.notify_one();
        receiver.await.map_err(|_closed| PoolError::Died)
    }

    /// Puts a job behind everything else. Whoever does so bounds the number of jobs.
    pub(crate) fn put(&self, job: impl FnOnce() + Send + 'static) {
        self.lock().jobs.push_back(Box::new(job));
        self.0.changed.notify_one();
    }

    /// Puts work behind all jobs, which is left undone when the server stops.
    pub(crate) fn put_last(&self, work: impl FnOnce() + Send + 'static) {
        self.lock().last.push_back(Box::new(work));
        self.0.changed.notify_one();
    }

    /// Lets the workers finish what is queued and end. False when they did not within the time.
    #[must_use]
    pub(crate) fn stop(&self, within: Duration) -> bool {
        let until = Instant::now() + within;
        let mut state = self.lock();
        state.stopping = true;
        state.last.clear();
        self.0.changed.notify_all();
        while state.there > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // what is left in the queue will not be done
                state.waiting.clear();
                state.jobs.clear();
                return false;
            }
            let waited = self.0.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn block<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn a_full_queue_refuses_and_a_panic_ends_one_task_only() {
        block(async {
            let pool = Pool::new(1, 1);
            let (release, wait) = sync_channel::<()>(0);
            let (begun, started) = sync_channel(1);
            let first = tokio::spawn({
                let pool = pool.clone();
                async move {
                    let work = move || {
                        begun.send(()).unwrap();
                        wait.recv().unwrap();
                        1
                    };
                    pool.run(work).await
                }
            });
            tokio::task::spawn_blocking(move || started.recv().unwrap()).await.unwrap();
            let queued = tokio::spawn({
                let pool = pool.clone();
                async move { pool.run(|| panic!("a test's own panic")).await.map(|((), _)| ()) }
            });
            while pool.state().2 == 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(pool.run(|| 3).await.map(|(n, _)| n), Err(PoolError::Full));
            release.send(()).unwrap();
            assert_eq!(first.await.unwrap().unwrap().0, 1);
            assert_eq!(queued.await.unwrap(), Err(PoolError::Died));
            assert_eq!(pool.run(|| 4).await.unwrap().0, 4);
            assert!(pool.stop(Duration::from_secs(5)));
        });
    }

    #[test]
    fn workers_can_be_more_and_fewer_and_jobs_are_finished_before_the_end() {
        let pool = Pool::new(1, 8);
        pool.set_workers(4);
        assert_eq!(pool.state().0, 4);
        pool.set_workers(2);
        let (sender, receiver) = sync_channel(100);
        for n in 0..100 {
            let sender = sender.clone();
            pool.put(move || sender.send(n).unwrap());
        }
        assert!(pool.stop(Duration::from_secs(10)));
        drop(sender);
        assert_eq!(receiver.iter().count(), 100);
    }
}
