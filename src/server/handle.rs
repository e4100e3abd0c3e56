//! A running server as its owner holds it: what it is doing, what it is to do, how it stops.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, watch};

use super::connection::Connections;
use super::events::Event;
use super::models::{Catalog, Loaded};
use super::recorder::Writing;
use super::shared::{Shared, bit};
use crate::model::Model;
use crate::protocol::route::ModelRef;
use crate::protocol::{Problem, Protocol};

/// What runs until it is stopped.
pub(super) struct Running {
    pub(super) runtime: tokio::runtime::Runtime,
    pub(super) stop: watch::Sender<bool>,
    pub(super) connections: Arc<Connections>,
    pub(super) writing: Option<Writing>,
}

/// What a server is doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// Whether it listens.
    pub running: bool,
    /// Seconds since it started.
    pub uptime_secs: f64,
    /// Requests answered.
    pub requests: u64,
    /// Of those, with a status from 400 to 499.
    pub refused: u64,
    /// Of those, with a status from 500 on.
    pub failed: u64,
    /// Open connections.
    pub connections: u64,
    /// Workers, and how many are busy.
    pub workers: usize,
    /// Of those, busy ones.
    pub busy: usize,
    /// Batches and jobs that wait.
    pub queued: usize,
    /// Jobs by status.
    pub jobs: Vec<(&'static str, usize)>,
    /// Rows that are missing in the prediction log: it could not take them in time, or could not be written.
    pub log_lost: u64,
    /// The protocols that are on.
    pub protocols: Vec<Protocol>,
    /// Whether bytes on the wire are captured.
    pub capturing: bool,
    /// Whether a key is needed.
    pub needs_keys: bool,
}

/// A running server. Dropping it stops it.
pub struct Handle {
    addr: SocketAddr,
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Handle {
    pub(super) fn new(addr: SocketAddr, shared: Arc<Shared>, running: Running) -> Self {
        Self { addr, shared, running: Mutex::new(Some(running)) }
    }

    /// The address it really listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://ADDRESS`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What it is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        let shared = &self.shared;
        let (workers, busy, queued) = shared.pool.state();
        Status {
            running: self.running.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
            uptime_secs: shared.started.elapsed().as_secs_f64(),
            requests: shared.stats.requests(0, u16::MAX),
            refused: shared.stats.requests(400, 499),
            failed: shared.stats.requests(500, 599),
            connections: shared.stats.connections.load(Ordering::Relaxed),
            workers,
            busy,
            queued,
            jobs: shared.jobs.counts().to_vec(),
            log_lost: shared.stats.log_lost.load(Ordering::Relaxed)
                + shared.stats.log_failed.load(Ordering::Relaxed),
            protocols: Protocol::ALL.into_iter().filter(|one| shared.speaks(*one)).collect(),
            capturing: shared.glass.load(Ordering::Relaxed),
            needs_keys: shared.keys.load().is_some(),
        }
    }

    /// How many batches and jobs wait for a worker.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.pool.state().2
    }

    /// What happens from now on. Who reads too slowly misses the oldest, and is told how many.
    #[must_use]
    pub fn events(&self) -> Events {
        Events(self.shared.events.subscribe())
    }

    /// Switches the capture of the bytes on the wire on or off; they come as [`Event::Wire`].
    pub fn set_capturing(&self, on: bool) {
        self.shared.glass.store(on, Ordering::Relaxed);
    }

    /// What is loaded.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        self.shared.models.get().clone()
    }

    /// Loads a model, under its own name if none is given; see [`Models::load`](super::models::Models::load).
    ///
    /// # Errors
    /// [`Problem`] with a sentence for people.
    pub fn load(&self, model: Model, name: Option<&str>, promote: bool) -> Result<Arc<Loaded>, Problem> {
        self.shared.models.load(model, name, promote, self.shared.clock.unix_millis())
    }

    /// Makes a version the one that answers for its name.
    ///
    /// # Errors
    /// [`Problem`] when it is not loaded.
    pub fn promote(&self, name: &str, version: &str) -> Result<Arc<Loaded>, Problem> {
        self.shared.models.promote(&named(name, Some(version)))
    }

    /// Gives a version a share of the requests, in percent; see [`Models::set_canary`](super::models::Models::set_canary).
    ///
    /// # Errors
    /// [`Problem`] when it is not loaded, answers the rest itself, or the share is none.
    pub fn set_canary(&self, name: &str, version: &str, percent: u8) -> Result<Arc<Loaded>, Problem> {
        self.shared.models.set_canary(&named(name, Some(version)), percent)
    }

    /// Has a version asked along, or no longer; see [`Models::set_shadow`](super::models::Models::set_shadow).
    ///
    /// # Errors
    /// [`Problem`] when it is not loaded, or answers.
    pub fn set_shadow(&self, name: &str, version: &str, on: bool) -> Result<Arc<Loaded>, Problem> {
        self.shared.models.set_shadow(&named(name, Some(version)), on)
    }

    /// Makes a model the one that answers where none is named.
    ///
    /// # Errors
    /// [`Problem`] when it is not loaded.
    pub fn set_default(&self, name: &str) -> Result<(), Problem> {
        self.shared.models.set_default(name)
    }

    /// Unloads a version, or all versions of a name.
    ///
    /// # Errors
    /// [`Problem`] when it is not loaded, or answers while there are others.
    pub fn unload(&self, name: &str, version: Option<&str>) -> Result<(), Problem> {
        self.shared.models.unload(&named(name, version))
    }

    /// Changes the number of workers.
    pub fn set_workers(&self, workers: usize) {
        self.shared.pool.set_workers(workers);
    }

    /// Switches a protocol on or off.
    pub fn set_protocol(&self, protocol: Protocol, on: bool) {
        if on {
            self.shared.protocols.fetch_or(bit(protocol), Ordering::Relaxed);
        } else {
            self.shared.protocols.fetch_and(!bit(protocol), Ordering::Relaxed);
        }
    }

    /// Stops the server: takes nothing more, finishes what it accepted (for up to 30 s), writes its logs.
    pub fn stop(&self) {
        // whether all of it was finished matters to those who ask
        let _finished = self.stop_within(Duration::from_secs(30));
    }

    /// As [`Handle::stop`], with a time of its own. False when something had to be cut off.
    #[must_use]
    pub fn stop_within(&self, time: Duration) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else { return true };
        let until = Instant::now() + time;
        let left = || until.saturating_duration_since(Instant::now());
        self.shared.stopping.store(true, Ordering::Relaxed);
        running.stop.send_replace(true);
        let connections = running.connections.clone();
        let mut finished = running
            .runtime
            .block_on(async { tokio::time::timeout(left(), connections.emptied()).await.is_ok() });
        if !finished {
            running.connections.cut_all();
        }
        finished &= self.shared.pool.stop(left().max(Duration::from_millis(10)));
        running.runtime.shutdown_timeout(Duration::from_millis(500));
        if let Some(writing) = running.writing {
            // the thread ends when nobody can hand it anything any more
            self.shared.close_recorder();
            if writing.join().is_err() {
                finished = false;
            }
        }
        finished
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _finished = self.stop_within(Duration::from_secs(5));
    }
}

fn named(name: &str, version: Option<&str>) -> ModelRef {
    ModelRef { name: Some(name.to_owned()), version: version.map(str::to_owned) }
}

/// What happens, one event after the other.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

/// What came of asking for an event.
#[derive(Debug, Clone)]
pub enum NextEvent {
    /// One.
    Event(Event),
    /// So many were missed.
    Missed(u64),
    /// None at present.
    None,
    /// The server is gone.
    Closed,
}

impl Events {
    /// The next event, if there is one; does not wait.
    pub fn try_next(&mut self) -> NextEvent {
        match self.0.try_recv() {
            Ok(event) => NextEvent::Event(event),
            Err(broadcast::error::TryRecvError::Lagged(missed)) => NextEvent::Missed(missed),
            Err(broadcast::error::TryRecvError::Empty) => NextEvent::None,
            Err(broadcast::error::TryRecvError::Closed) => NextEvent::Closed,
        }
    }

    /// The next event; waits for it on this thread.
    pub fn next_blocking(&mut self) -> NextEvent {
        match self.0.blocking_recv() {
            Ok(event) => NextEvent::Event(event),
            Err(broadcast::error::RecvError::Lagged(missed)) => NextEvent::Missed(missed),
            Err(broadcast::error::RecvError::Closed) => NextEvent::Closed,
        }
    }
}
