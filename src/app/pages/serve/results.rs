//! What the Serve page knows of its server: gone after a restart.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::seen::Log;
use super::{jobs, lab};
use crate::app::pages::predict;
use crate::app::state::Problem;
use crate::model::Model;
use crate::server::mirror::Counts;

/// A server that runs.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Since when.
    pub(crate) since_unix_millis: i64,
    /// What stops it and hears what it does; none in a picture.
    pub(crate) host: Option<Arc<jobs::Host>>,
}

/// What the server does.
#[derive(Debug, Clone, Default)]
pub(crate) enum Server {
    #[default]
    Off,
    Starting,
    Serving(Live),
    Stopping,
}

/// A key, as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyShown {
    pub(crate) name: String,
    pub(crate) publishable: String,
    pub(crate) may: Vec<String>,
    pub(crate) limit: Option<u32>,
    pub(crate) revoked: bool,
}

/// A seat of the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    /// Its key's name: seat-07.
    pub(crate) name: String,
    /// Its publishable key.
    pub(crate) key: String,
    /// This machine in the network.
    host: String,
    /// The server's address in the network.
    pub(crate) address: String,
    /// What its code holds: the address with the key.
    pub(crate) url: String,
}

impl Seat {
    pub(super) fn new(name: String, key: String, host: String, port: u16) -> Self {
        let mut seat = Self { name, key, host, address: String::new(), url: String::new() };
        seat.set_port(port);
        seat
    }

    /// The server listens on that port: it is not always the one that was wished for.
    pub(super) fn set_port(&mut self, port: u16) {
        self.address = format!("http://{}:{port}", self.host);
        self.url = format!("{}/docs#key={}", self.address, self.key);
    }
}

/// A version beside the champion, as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) percent: u8,
    pub(super) mirrored: bool,
}

/// What was worked out for this page; gone after a restart.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) server: Server,
    /// Why the server did not start, or stopped.
    pub(crate) problem: Option<Problem>,
    /// A port that is free, when the wanted one is not.
    pub(crate) free_port: Option<u16>,
    /// Whether the key file is what is wrong.
    pub(crate) keys_wrong: bool,
    /// Whether the upstream is what is wrong.
    pub(crate) upstream_wrong: bool,
    pub(crate) log: Log,
    /// The list as it was when it was paused.
    pub(crate) paused: Option<Box<Log>>,
    /// How many pieces of work wait for a worker.
    pub(crate) waiting: u64,
    /// The keys in the workspace's file.
    pub(crate) keys: Vec<KeyShown>,
    /// The publishable key that clients are shown.
    pub(crate) publishable: Option<String>,
    /// The secret that was made last, by its key's name: known to this window alone, and only while it is open.
    pub(crate) secret: Option<(String, String)>,
    /// A secret that was just made: the key's name and the secret, shown once.
    pub(crate) made: Option<(String, String)>,
    pub(crate) trials: BTreeMap<lab::Trial, lab::Outcome>,
    pub(crate) trying: bool,
    /// The class's seats.
    pub(crate) seats: Vec<Seat>,
    /// This machine's addresses in its networks, once they were looked up.
    pub(crate) networks: Option<Vec<String>>,
    /// The champion and the versions that the server has.
    pub(crate) served: (Option<u32>, Vec<u32>),
    /// What the server could not be told of the version beside the champion.
    pub(super) aside_refused: Option<Aside>,
    /// The record of the first request: what is in the Predict page's controls.
    pub(crate) record: predict::Record,
}

impl Results {
    /// The server that runs.
    pub(crate) fn live(&self) -> Option<&Live> {
        if let Server::Serving(live) = &self.server { Some(live) } else { None }
    }

    /// Whether it is being started or stopped.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.server, Server::Starting | Server::Stopping)
    }

    /// Whether the running server has a version.
    pub(crate) fn has(&self, model: &Model) -> bool {
        let Some(host) = self.live().and_then(|live| live.host.as_ref()) else { return false };
        let catalog = host.server.catalog();
        let versions = catalog.models.get(&model.name);
        versions
            .is_some_and(|versions| versions.loaded.iter().any(|loaded| loaded.version() == model.version))
    }

    /// Of how many requests, since it is a canary, a version took how many.
    pub(crate) fn taken_by(&self, model: &Model) -> Option<(u64, u64)> {
        let catalog = self.live()?.host.as_ref()?.server.catalog();
        let canary = catalog.models.get(&model.name)?.canary.as_ref()?;
        (canary.loaded.version() == model.version).then(|| canary.counts())
    }

    /// What came of asking a version along.
    pub(crate) fn mirrored(&self, model: &Model) -> Option<Counts> {
        let catalog = self.live()?.host.as_ref()?.server.catalog();
        let shadow = catalog.models.get(&model.name)?.shadow.as_ref()?;
        (shadow.loaded.version() == model.version).then(|| shadow.seen.counts())
    }

    /// The list as it is to be shown.
    pub(crate) fn shown_log(&self) -> &Log {
        self.paused.as_deref().unwrap_or(&self.log)
    }

    /// What stands in place of the secret.
    pub(super) fn key_note(&self) -> &'static str {
        if self.keys.is_empty() { "no keys in use" } else { "only its SHA-256 is kept" }
    }
}
