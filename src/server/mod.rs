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
mod handle;
mod handler;
mod heavy;
pub mod jobs;
pub mod keys;
pub mod mirror;
pub mod models;
mod pool;
mod recorder;
mod settings;
mod shared;
pub mod stats;
mod upstream;
pub mod yardstick;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize};
use std::time::Instant;

use tokio::sync::{broadcast, watch};

pub use answer::again::{NotAgain, answer_again};
pub use handle::{Events, Handle, NextEvent, Status};
pub use recorder::AccessLog;
pub use settings::{Access, Limits, ServerSettings, StartError};
pub use upstream::Upstream;

use connection::Connections;
use handle::Running;
use keys::Followed;
use models::Models;
use pool::Pool;
use recorder::{Recorder, Trouble};
use shared::{Shared, bit};

/// The largest result that a job keeps, in bytes.
pub(crate) const MAX_JOB_RESULT: u64 = 32 * 1024 * 1024;

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
        let followed = match &settings.access {
            Access::Open => None,
            Access::File(path) => Some(Followed::open(path)?),
        };
        if followed.is_none() && !settings.addr.ip().is_loopback() {
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
        if settings.canary.is_some() || settings.shadow {
            models
                .hold_back_the_last(settings.canary, settings.shadow)
                .map_err(|problem| StartError::Model(problem.detail))?;
        }
        if settings.text {
            models.set_text(Some(Arc::new(crate::training::text::bundled())));
        }
        let stats = stats::Stats::default();
        let events = broadcast::Sender::new(1024);
        let (recorder, writing) = if settings.log.is_some() || settings.access_log.is_some() {
            let trouble = Trouble::new(events.clone(), stats.log_failed.clone());
            let (recorder, writing) = Recorder::start(settings.log, settings.access_log, clock, trouble)
                .map_err(|error| match error {
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
            keys: arc_swap::ArcSwapOption::from(followed.as_ref().map(Followed::keys)),
            protocols: AtomicU32::new(settings.protocols.iter().fold(0, |bits, one| bits | bit(*one))),
            pool: Pool::new(workers, settings.limits.max_queued),
            limits: settings.limits,
            jobs: jobs::Jobs::default(),
            stats,
            events,
            recorder: arc_swap::ArcSwapOption::from(recorder.map(Arc::new)),
            upstreams: settings.upstreams,
            clock,
            started: Instant::now(),
            started_unix_millis: clock.unix_millis(),
            glass: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            csv_now: AtomicU32::new(0),
            mirror_bytes: AtomicUsize::new(0),
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
        runtime.spawn(connection::accept(listener, shared.clone(), connections.clone(), stopped));
        runtime.spawn(connection::watch_over(shared.clone(), connections.clone()));
        if let Some(followed) = followed {
            runtime.spawn(keys::follow(shared.clone(), followed));
        }
        let running = Running { runtime, stop, connections, writing };
        Ok(Handle::new(addr, shared, running))
    }
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
