//! What a server is started with, and why it does not start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::keys::KeyError;
use super::recorder::AccessLog;
use super::upstream::Upstream;
use crate::model::Model;
use crate::protocol::Protocol;
use crate::work::Clock;
use crate::workspace::log::{LogError, LogSettings};

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
    /// How long a client may have ended its side of the connection and be sent nothing, until it counts as gone.
    pub departed_timeout: Duration,
    /// How long a model that answers elsewhere may take to begin its answer.
    pub upstream_timeout: Duration,
    /// How long such an answer may pause.
    pub upstream_pause: Duration,
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
            departed_timeout: Duration::from_secs(5),
            upstream_timeout: Duration::from_mins(1),
            upstream_pause: Duration::from_mins(1),
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
}

/// What a server is started with.
pub struct ServerSettings {
    /// Where to listen; port 0 picks a free one.
    pub addr: SocketAddr,
    /// The models, under their own names. Of several with one name, the last answers; the first name is the default.
    pub models: Vec<Model>,
    /// The last version of a name with several answers only this share of its requests, in percent, and the one before it
    /// the rest.
    pub canary: Option<u8>,
    /// The last version of a name with several is only asked along, and the one before it answers.
    pub shadow: bool,
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
            canary: None,
            shadow: false,
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
