//! What the Serve page does off the thread that paints: the server's start and stop, its models, requests of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::hear::listen;
use super::key_jobs::{change, classroom, news, try_all};
use super::seen::Seen;
use super::text::{address_of, port_of, request_for};
use super::{Effect, Event, Live, Why};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{JobError, Slot};
use crate::app::pages::predict;
use crate::app::state::{AppState, Problem, Truth};
use crate::client::{Client, Request, SendError, Settings};
use crate::model::Model;
use crate::protocol::Protocol;
use crate::server::events::Event as ServerEvent;
use crate::server::{Access, Handle as Serving, Server, ServerSettings, StartError};
use crate::workspace::log::LogSettings;

/// How long the server may finish what it accepted.
const STOP: Duration = Duration::from_secs(10);

/// A running server, and what it tells.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) server: Serving,
    /// What this window's own requests are sent with.
    client: Client,
    pub(super) events: Mutex<Receiver<ServerEvent>>,
}

/// A request that is sent from this page.
#[derive(Debug, Clone)]
pub(crate) struct ToSend {
    /// What it is, for the status line.
    pub(crate) what: String,
    pub(crate) request: Request,
}

/// The first request: the record in the Predict page's controls.
pub(super) fn first_request(state: &AppState) -> Option<ToSend> {
    let record = predict::current(&state.truth, &state.screen.predict)?;
    let (results, draft) = (&state.results.serve, &state.screen.serve);
    let request = request_for(&state.truth, results, draft, &record, Protocol::Plain)?;
    Some(ToSend { what: "POST /predict".into(), request })
}

/// A request of the list, to be sent again as it came.
pub(super) fn again(state: &AppState, seen: &Seen) -> Option<ToSend> {
    let wire = seen.wire.as_ref()?;
    let address = address_of(&state.results.serve, &state.screen.serve);
    let mut lines = wire.request_head.lines();
    // the first line holds the address with what stands behind the question mark
    let target =
        lines.next().and_then(|line| line.split_whitespace().nth(1)).unwrap_or(&seen.path).to_owned();
    let url = format!("http://{address}{target}");
    let mut request = Request::new(&seen.method, &url).body(wire.request_body.clone());
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        let own = [
            "host",
            "content-length",
            "connection",
            "authorization",
            "accept-encoding",
            "transfer-encoding",
            "x-request-id",
        ];
        if !own.contains(&name.trim().to_ascii_lowercase().as_str()) {
            request = request.header(name.trim(), value.trim());
        }
    }
    if let Some(key) = state.results.serve.publishable.as_deref().filter(|_| !seen.key.is_empty()) {
        request = request.header("Authorization", &format!("Bearer {key}"));
    }
    Some(ToSend { what: format!("{} {} again", seen.method, seen.path), request })
}

/// The first request as a seat of the class sends it.
pub(super) fn as_seat(state: &AppState, name: &str) -> Option<ToSend> {
    let seat = state.results.serve.seats.iter().find(|seat| seat.name == name)?;
    let mut send = first_request(state)?;
    send.request.headers.retain(|(header, _)| !header.eq_ignore_ascii_case("authorization"));
    send.request = send.request.header("Authorization", &format!("Bearer {}", seat.key));
    send.what = format!("POST /predict as {name}");
    Some(send)
}

/// The workspace's key file.
pub(super) fn key_file(state: &AppState) -> Option<PathBuf> {
    state.truth.folder.as_ref().map(|folder| folder.root().join("keys.toml"))
}

/// The prediction log of this workspace's server.
pub(crate) fn log_file(state: &AppState) -> Option<PathBuf> {
    state.truth.folder.as_ref().map(|folder| folder.root().join("log.db"))
}

/// The running server with the champion, as a client reaches it.
pub(crate) fn endpoint(state: &AppState) -> Option<predict::Endpoint> {
    let (results, draft) = (&state.results.serve, &state.screen.serve);
    let model = state.truth.champion()?.model();
    let asked = draft.ask_for_keys || draft.classroom;
    Some(predict::Endpoint {
        base: format!("http://{}", address_of(results, draft)),
        key: results.publishable.clone().filter(|_| asked),
        model: (model.name.clone(), model.version.clone()),
        pinned: state.truth.challenger().is_some() && state.truth.rollout.canary > 0,
        client: own_client(state)?,
    })
}

/// Carries an effect out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    match effect {
        Effect::Start => start(state, outside),
        Effect::Stop { again } => {
            let Some(live) = state.results.serve.live().cloned() else { return };
            state.results.serve.server = super::Server::Stopping;
            outside.start(state, Slot::Server, "Stopping the server", move |_| {
                let finished = live.host.is_none_or(|host| host.server.stop_within(STOP));
                Ok(AppEvent::Serve(Event::Stopped { again, finished }))
            });
        }
        Effect::Workers(n) => {
            if let Some(live) = state.results.serve.live() {
                live.host.iter().for_each(|host| host.server.set_workers(n));
            }
        }
        Effect::Protocols => {
            if let Some(live) = state.results.serve.live() {
                for (host, protocol) in live.host.iter().flat_map(|host| Protocol::ALL.map(|one| (host, one)))
                {
                    host.server.set_protocol(protocol, !state.screen.serve.off.contains(protocol.name()));
                }
            }
        }
        Effect::Models => models(state, outside),
        Effect::Send(send) => {
            let Some(client) = own_client(state) else { return };
            outside.start(
                state,
                Slot::ServeSend,
                format!("Sending {}", send.what),
                move |handle| match client.send(&send.request, &Settings::default(), &handle.progress) {
                    Ok(exchange) => Ok(AppEvent::Serve(Event::Sent(
                        send.what,
                        exchange.status,
                        exchange.total_secs * 1000.0,
                    ))),
                    Err(SendError::Cancelled) => Err(JobError::Cancelled),
                    Err(SendError::Failed(failure)) => Err(JobError::Failed(Problem::new(
                        format!("{} failed", send.what),
                        failure.to_string(),
                    ))),
                },
            );
        }
        Effect::ReadKeys => {
            let Some(path) = key_file(state) else { return };
            outside.start(state, Slot::KeyFile, "Reading the keys", move |_| {
                Ok(AppEvent::Serve(Event::Keys(Box::new(news(&path)?))))
            });
        }
        Effect::Keys(work) => {
            let Some(path) = key_file(state) else { return };
            outside.start(state, Slot::KeyFile, "Changing the keys", move |_| {
                change(&path, work).map(|news| AppEvent::Serve(Event::Keys(Box::new(news))))
            });
        }
        Effect::Try(trials) => try_all(state, outside, trials),
        Effect::Classroom(on) => classroom(state, outside, on),
        Effect::KeepSecret(value) => {
            let upstream = state.screen.serve.upstream.clone();
            let (secrets, caged) = (state.results.requests.secrets.clone(), state.work.cage.is_some());
            outside.start(state, Slot::KeepSecret, "Keeping a secret", move |_| {
                if caged {
                    return Err(Problem::new("Not kept", "This trial has no keychain.").into());
                }
                upstream
                    .keep_in_keychain(&secrets, &value)
                    .map_err(|why| Problem::new("The secret could not be kept", why))?;
                Ok(AppEvent::Serve(Event::SecretKept))
            });
        }
    }
}

/// What this window's own requests to its server are sent with; it keeps its connections.
pub(super) fn own_client(state: &AppState) -> Option<Client> {
    Some(state.results.serve.live()?.host.as_ref()?.client.clone())
}

fn client() -> Result<Client, JobError> {
    Client::new().map_err(|error| {
        JobError::Failed(Problem::new(
            "No request can be sent",
            format!("The system gives no threads: {error}"),
        ))
    })
}

fn start(state: &mut AppState, outside: &mut Outside<'_>) {
    let draft = &state.screen.serve;
    let class = draft.classroom;
    let ip = if class { Ok(std::net::IpAddr::from([0, 0, 0, 0])) } else { draft.address.trim().parse() };
    let (Ok(ip), Some(port)) = (ip, port_of(&draft.port)) else {
        let problem = Problem::new(
            "The address can't be used",
            "An address is written in numbers, as 127.0.0.1; a port is a number from 0 to 65535",
        );
        state.results.serve.server = super::Server::Off;
        state.results.serve.problem = Some(problem);
        return;
    };
    let key_file = key_file(state);
    let access = match key_file {
        Some(path) if draft.ask_for_keys || class => Access::File(path),
        _ => Access::Open,
    };
    let models = served(&state.truth);
    let mut settings = ServerSettings {
        addr: std::net::SocketAddr::new(ip, port),
        workers: usize::try_from(draft.workers).unwrap_or(1).max(1),
        protocols: Protocol::ALL.into_iter().filter(|one| !draft.off.contains(one.name())).collect(),
        access,
        log: log_file(state).map(LogSettings::new),
        clock: outside.clock,
        ..ServerSettings::default()
    };
    let (upstream, secrets) = (draft.upstream.clone(), state.results.requests.secrets.clone());
    let caged = state.work.cage.is_some();
    // pictures and tests have a clock that stands still, and want a server that any machine can start
    let clock = outside.clock;
    state.results.serve.served = as_served(&state.truth);
    let ctx = outside.ctx.clone();
    outside.start(state, Slot::Server, "Starting the server", move |_| {
        // a keychain may take its time
        match upstream.forward(&secrets, caged) {
            Ok(forward) => settings.upstreams.extend(forward),
            Err(said) => {
                let problem = Problem::new("The upstream can't be used", said);
                return Ok(AppEvent::Serve(Event::NotStarted(problem, Why::Upstream)));
            }
        }
        settings.models = models.iter().map(|model| Model::clone(model)).collect();
        match Server::start(settings) {
            Ok(server) => {
                server.set_capturing(true);
                let address = server.addr();
                let events = listen(&server, ctx);
                let host = Arc::new(Host { server, client: client()?, events: Mutex::new(events) });
                let live = Live { address, since_unix_millis: clock.unix_millis(), host: Some(host) };
                Ok(AppEvent::Serve(Event::Started(live)))
            }
            Err(error) => {
                let in_use = matches!(&error, StartError::Listen { source, .. }
                    if source.kind() == std::io::ErrorKind::AddrInUse);
                let title = if in_use {
                    format!("Port {port} is in use by another program")
                } else {
                    "The server did not start".to_owned()
                };
                let why = match &error {
                    _ if in_use => Why::PortTaken(free_port(ip, port)),
                    StartError::Keys(_) | StartError::OpenDoor(_) => Why::Keys,
                    _ => Why::Other,
                };
                Ok(AppEvent::Serve(Event::NotStarted(Problem::new(title, error.to_string()), why)))
            }
        }
    });
}

/// The next port that nobody listens on.
fn free_port(ip: std::net::IpAddr, taken: u16) -> Option<u16> {
    (taken.saturating_add(1)..=taken.saturating_add(50))
        .find(|port| std::net::TcpListener::bind(std::net::SocketAddr::new(ip, *port)).is_ok())
}

/// The models that are served: every version, the champion last, since the last of a name answers. The first name is the
/// default, so that the champion's name stands first.
fn served(truth: &Truth) -> Vec<Arc<Model>> {
    let Some(champion) = truth.champion() else { return Vec::new() };
    let name = &champion.model().name;
    let of_name = |own: bool| {
        let others =
            truth.versions.iter().filter(move |version| version.entry.number != champion.entry.number);
        others.filter(move |version| (version.model().name == *name) == own)
    };
    of_name(true)
        .chain(std::iter::once(champion))
        .chain(of_name(false))
        .map(|version| Arc::clone(version.predictor.model()))
        .collect()
}

/// What the server should have: the champion and the versions.
pub(super) fn as_served(truth: &Truth) -> (Option<u32>, Vec<u32>) {
    (truth.champion, truth.versions.iter().map(|version| version.entry.number).collect())
}

/// Gives the server the models as they are now; it answers on with the old ones until then.
fn models(state: &mut AppState, outside: &mut Outside<'_>) {
    let Some(host) = state.results.serve.live().and_then(|live| live.host.clone()) else { return };
    let (models, wanted) = (served(&state.truth), as_served(&state.truth));
    let Some(champion) = state.truth.champion().map(|version| Arc::clone(version.predictor.model())) else {
        return;
    };
    outside.start(state, Slot::ServeModels, "Giving the server its models", move |_| {
        let server = &host.server;
        let mut wrong = None;
        let has = |name: &str, version: &str| {
            let catalog = server.catalog();
            let loaded = catalog.models.iter().filter(|(known, _)| *known == name);
            loaded.flat_map(|(_, versions)| &versions.loaded).any(|loaded| loaded.version() == version)
        };
        for model in &models {
            if !has(&model.name, &model.version) {
                wrong = server.load(Model::clone(model), None, false).err().or(wrong);
            }
        }
        wrong = server.promote(&champion.name, &champion.version).err().or(wrong);
        wrong = server.set_default(&champion.name).err().or(wrong);
        // what is no longer in the workspace is unloaded; requests that it answers are answered
        for (name, versions) in &server.catalog().models {
            for loaded in &versions.loaded {
                let there =
                    models.iter().any(|model| model.name == *name && model.version == loaded.version());
                if !there {
                    wrong = server.unload(name, Some(loaded.version())).err().or(wrong);
                }
            }
        }
        Ok(AppEvent::Serve(Event::Models(wanted, wrong.map(|problem| problem.detail))))
    });
}

/// Stops the server as the window closes, after a moment for what it accepted.
pub(crate) fn close(state: &mut AppState) {
    let results = &mut state.results.serve;
    if let super::Server::Serving(live) = std::mem::take(&mut results.server)
        && let Some(host) = live.host
    {
        let _finished = host.server.stop_within(Duration::from_secs(2));
    }
}

/// The same without waiting for what it still answers: on a thread of its own, so that the window goes on.
pub(crate) fn close_beside(state: &mut AppState) {
    let mut server = super::Server::default();
    std::mem::swap(&mut server, &mut state.results.serve.server);
    if let super::Server::Serving(live) = server {
        let stop = move || {
            if let Some(host) = &live.host {
                let _finished = host.server.stop_within(Duration::from_secs(2));
            }
        };
        // where no thread can be had it is stopped when it is dropped
        drop(std::thread::Builder::new().name("stopping".into()).spawn(stop));
    }
}
