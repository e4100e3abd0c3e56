//! The server: every dialect at one address, on the same core as the window and the command line. The only home of axum.
//!
//! ```no_run
//! use drydock::server::{Server, ServerSettings};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = drydock::model::Model::from_json(&std::fs::read("winter.json")?)?;
//! let handle = Server::start(ServerSettings { models: vec![model], ..ServerSettings::default() })?;
//! println!("http://{}", handle.addr());
//! handle.stop();
//! # Ok(())
//! # }
//! ```
//!
//! The models are swapped whole and never locked while they predict. Single records are answered on the thread that read
//! them; larger batches and jobs go through one bounded queue to named workers. A slow client is cut off, a full queue
//! says so, and stopping finishes what was accepted.

mod answer;
mod body;
mod connection;
mod docs;
pub mod events;
mod handler;
pub mod jobs;
pub mod keys;
pub mod models;
mod pool;
mod recorder;
mod shared;
pub mod stats;
mod upstream;
pub mod yardstick;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use tokio::sync::{broadcast, watch};

pub use recorder::AccessLog;
pub use upstream::Upstream;

use connection::Connections;
use events::Event;
use keys::{Caller, KeyError, Keys};
use models::{Catalog, Loaded, Models};
use pool::Pool;
use recorder::{Recorder, Writing};
use shared::{Shared, bit};

use crate::model::Model;
use crate::protocol::route::ModelRef;
use crate::protocol::{Problem, Protocol};
use crate::work::Clock;
use crate::workspace::log::{LogError, LogSettings};

/// The largest result that a job keeps, in bytes.
pub(crate) const MAX_JOB_RESULT: u64 = 32 * 1024 * 1024;

/// How much the server takes, and for how long it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes (CSV apart).
    pub max_body_bytes: u64,
    /// The largest CSV body, in bytes; it is kept in a temporary file.
    pub max_csv_bytes: u64,
    /// The most headers of a request.
    pub max_headers: usize,
    /// The most bytes of a request's head (at least 8192).
    pub max_header_bytes: usize,
    /// How long a request's head may take to come.
    pub header_timeout: Duration,
    /// How long a body may pause.
    pub body_pause: Duration,
    /// How long a body may take in all.
    pub body_timeout: Duration,
    /// How long a CSV body may take in all.
    pub csv_timeout: Duration,
    /// How long a client may not take what is sent.
    pub write_timeout: Duration,
    /// How long a connection may be idle.
    pub idle_timeout: Duration,
    /// The most connections at a time.
    pub max_connections: usize,
    /// The most requests that may wait for a worker.
    pub max_queued: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 16 * 1024 * 1024,
            max_csv_bytes: 2 * 1024 * 1024 * 1024,
            max_headers: 100,
            max_header_bytes: 64 * 1024,
            header_timeout: Duration::from_secs(10),
            body_pause: Duration::from_secs(10),
            body_timeout: Duration::from_mins(1),
            csv_timeout: Duration::from_mins(30),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(90),
            max_connections: 16_384,
            max_queued: 256,
        }
    }
}

/// Who is let in.
#[derive(Debug, Clone, Default)]
pub enum Access {
    /// Everybody; only on a loopback address.
    #[default]
    Open,
    /// Who has a key of this file, which is followed while it changes.
    File(PathBuf),
    /// Who has one of these keys.
    Keys(Vec<keys::Entry>),
}

/// What a server is started with.
pub struct ServerSettings {
    /// Where to listen; port 0 picks a free one.
    pub addr: SocketAddr,
    /// The models, under their own names. Of several with one name, the last answers; the first name is the default.
    pub models: Vec<Model>,
    /// Whether the bundled model of text is served, too.
    pub text: bool,
    /// Workers for batches and jobs; 0 for one per processor.
    pub workers: usize,
    /// The protocols that are on.
    pub protocols: Vec<Protocol>,
    /// Who is let in.
    pub access: Access,
    /// The prediction log, if one is kept.
    pub log: Option<LogSettings>,
    /// Where the access log goes, if anywhere.
    pub access_log: Option<AccessLog>,
    /// Models that answer elsewhere.
    pub upstreams: Vec<Upstream>,
    /// What it takes, and for how long it waits.
    pub limits: Limits,
    /// The clock of logs and jobs.
    pub clock: Clock,
}

impl std::fmt::Debug for ServerSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSettings")
            .field("addr", &self.addr)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            models: Vec::new(),
            text: true,
            workers: 0,
            protocols: Protocol::ALL.to_vec(),
            access: Access::Open,
            log: None,
            access_log: None,
            upstreams: Vec::new(),
            limits: Limits::default(),
            clock: Clock::system(),
        }
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It would be open to everybody on the network.
    #[error(
        "{0} can be reached from other machines, and no keys are set; everybody on the network could use this server. \
         Make keys (drydock keys new keys.toml --name class) and start with --keys keys.toml, or listen on 127.0.0.1"
    )]
    OpenDoor(SocketAddr),
    /// The address can't be listened on.
    #[error("can't listen on {addr}: {source}{advice}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: std::io::Error,
        /// What to try.
        advice: &'static str,
    },
    /// The keys can't be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The prediction log can't be opened.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A model can't be served.
    #[error("{0}")]
    Model(String),
    /// The system gives no threads.
    #[error("can't start the server's threads: {0}")]
    Threads(std::io::Error),
}

/// Lets this process hold as many connections as the system allows; the usual limit is far lower.
pub fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // where it is not allowed, the limit stays
        let _refused = setrlimit(Resource::Nofile, limit);
    }
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts a server on threads of its own and returns once it listens.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(settings: ServerSettings) -> Result<Handle, StartError> {
        let keys = match &settings.access {
            Access::Open => None,
            Access::File(path) => Some(Keys::open(path)?),
            Access::Keys(entries) => Some(Keys::new(entries.clone())),
        };
        if keys.is_none() && !settings.addr.ip().is_loopback() {
            return Err(StartError::OpenDoor(settings.addr));
        }
        raise_file_limit();
        let listener = std::net::TcpListener::bind(settings.addr)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|source| StartError::Listen { addr: settings.addr, advice: advice(&source), source })?;
        let addr = listener.local_addr().map_err(StartError::Threads)?;
        let clock = settings.clock;
        let models = Models::default();
        for model in settings.models {
            models
                .load(model, None, true, clock.unix_millis())
                .map_err(|problem| StartError::Model(problem.detail))?;
        }
        if settings.text {
            models.set_text(Some(Arc::new(crate::training::text::bundled())));
        }
        let (recorder, writing) = if settings.log.is_some() || settings.access_log.is_some() {
            let (recorder, writing) =
                Recorder::start(settings.log, settings.access_log, clock).map_err(|error| match error {
                    recorder::StartError::Log(error) => StartError::Log(error),
                    recorder::StartError::Thread(error) => StartError::Threads(error),
                })?;
            (Some(recorder), Some(writing))
        } else {
            (None, None)
        };
        let mut base = [0; 8];
        // without randomness the ids begin with the time
        let random = getrandom::fill(&mut base).is_ok();
        let id_base = if random { u64::from_le_bytes(base) } else { clock.unix_millis().cast_unsigned() };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if settings.workers == 0 { processors } else { settings.workers };
        let shared = Arc::new(Shared {
            models,
            keys: arc_swap::ArcSwapOption::from(keys.map(Arc::new)),
            protocols: AtomicU32::new(settings.protocols.iter().fold(0, |bits, one| bits | bit(*one))),
            pool: Pool::new(workers, settings.limits.max_queued),
            limits: settings.limits,
            jobs: jobs::Jobs::default(),
            stats: stats::Stats::default(),
            events: broadcast::Sender::new(1024),
            recorder: arc_swap::ArcSwapOption::from(recorder.map(Arc::new)),
            upstreams: settings.upstreams,
            clock,
            started: Instant::now(),
            started_unix_millis: clock.unix_millis(),
            glass: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            csv_now: AtomicU32::new(0),
            id_base,
            next_id: AtomicU64::new(0),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(processors.clamp(1, 8))
            .thread_name("server")
            .max_blocking_threads(16)
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        let connections = Arc::new(Connections::default());
        let (stop, stopped) = watch::channel(false);
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(StartError::Threads)?
        };
        runtime.spawn(connection::accept(
            listener,
            router(shared.clone()),
            shared.clone(),
            connections.clone(),
            stopped,
        ));
        runtime.spawn(connection::watch_over(shared.clone(), connections.clone()));
        if let Access::File(path) = settings.access {
            runtime.spawn(follow_keys(shared.clone(), path));
        }
        let running = Running { runtime, stop, connections, writing };
        Ok(Handle { addr, shared, running: Mutex::new(Some(running)) })
    }
}

/// The application: every request goes to one handler, which finds what its address means.
fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handler::handle).with_state(shared)
}

fn advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "; another program listens there: choose another port, or 0 for a free one"
        }
        std::io::ErrorKind::PermissionDenied => "; ports below 1024 need special rights: choose a higher one",
        std::io::ErrorKind::AddrNotAvailable => "; this machine has no such address: use 127.0.0.1",
        _ => "",
    }
}

/// Reads the key file again when it changes. One that can't be read shuts the door until it can.
async fn follow_keys(shared: Arc<Shared>, path: PathBuf) {
    let stamp = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok(), metadata.len()))
    };
    let mut seen = stamp(&path);
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    loop {
        ticks.tick().await;
        let now = stamp(&path);
        if now == seen {
            continue;
        }
        seen = now;
        let (keys, notice) = match Keys::open(&path) {
            Ok(keys) => (keys, format!("the key file {} was read again", path.display())),
            Err(error) => (
                Keys::shut(Some(path.clone())),
                format!("{error}; nobody is let in until the key file can be read"),
            ),
        };
        shared.set_keys(Some(keys));
        shared.say(Event::Notice(notice.into()));
    }
}

struct Running {
    runtime: tokio::runtime::Runtime,
    stop: watch::Sender<bool>,
    connections: Arc<Connections>,
    writing: Option<Writing>,
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
    /// Rows the prediction log could not take in time.
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
            log_lost: shared.stats.log_lost.load(Ordering::Relaxed),
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

    /// The text at `/metrics`.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.shared.metrics()
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

    /// Loads a model, under its own name if none is given; see [`Models::load`].
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

    /// Replaces the keys.
    ///
    /// # Errors
    /// [`StartError::OpenDoor`] when nobody needed one on a network address.
    pub fn set_keys(&self, entries: Option<Vec<keys::Entry>>) -> Result<(), StartError> {
        if entries.is_none() && !self.addr.ip().is_loopback() {
            return Err(StartError::OpenDoor(self.addr));
        }
        self.shared.set_keys(entries.map(Keys::new));
        Ok(())
    }

    /// Who a key belongs to, as the door would see it for predicting; for showing what a key may do.
    ///
    /// # Errors
    /// [`Problem`] with the status that a request with this key would get.
    pub fn try_key(
        &self,
        key: &str,
        scope: crate::protocol::route::Scope,
    ) -> Result<Option<Caller>, Problem> {
        match &*self.shared.keys.load() {
            None => Ok(None),
            Some(keys) => keys.check(Some(&format!("Bearer {key}")), scope).map(Some),
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
