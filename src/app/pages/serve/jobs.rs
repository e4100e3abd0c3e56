//! What the Serve page does off the thread that paints: the server's start and stop, keys, requests of its own, and hearing
//! what the server did.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use eframe::egui::Context;

use super::lab::{self, Trial};
use super::seen::{Hops, Seen, Wire};
use super::text::{address_of, port_of, request_for};
use super::{Effect, Event, KeyShown, Live, Results, Seat};
use crate::app::effect::{Effect as AppEffect, Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::pages::{PageId, predict};
use crate::app::state::{AppState, Problem, Truth};
use crate::client::{Client, Request, SendError, Settings};
use crate::model::Model;
use crate::protocol::Protocol;
use crate::server::events::Event as ServerEvent;
use crate::server::keys::{self, NewKey};
use crate::server::{Access, Handle as Serving, NextEvent, Server, ServerSettings, StartError, Upstream};
use crate::workspace::log::LogSettings;

/// How many requests are taken in a frame at most.
const TAKEN_A_FRAME: usize = 256;
/// How many may wait for the window; under a storm more are counted than listed.
const WAITING: usize = 4096;
/// The shortest time between two frames that the server's requests ask for.
const FRAME: Duration = Duration::from_millis(33);
/// How long the server may finish what it accepted.
const STOP: Duration = Duration::from_secs(10);
/// What the seats' keys are called.
const SEAT: &str = "seat-";

/// A running server, and what it tells.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) server: Serving,
    /// What this window's own requests are sent with.
    client: Client,
    events: Mutex<Receiver<ServerEvent>>,
}

/// A request that is sent from this page.
#[derive(Debug, Clone)]
pub(crate) struct ToSend {
    /// What it is, for the status line.
    pub(crate) what: String,
    pub(crate) request: Request,
}

/// What is done with the key file.
#[derive(Debug, Clone)]
pub(crate) enum KeyWork {
    Make { name: String, admin: bool, limit: Option<u32> },
    Revoke(String),
    Rotate(String),
}

/// The keys as they are now.
#[derive(Debug, Default)]
pub(crate) struct KeyNews {
    pub(crate) keys: Vec<KeyShown>,
    pub(crate) publishable: Option<String>,
    /// A secret that was just made: its key's name and itself.
    pub(crate) made: Option<(String, String)>,
    pub(crate) networks: Vec<String>,
    pub(crate) said: Option<String>,
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
fn key_file(state: &AppState) -> Option<PathBuf> {
    state.truth.folder.as_ref().map(|folder| folder.root().join("keys.toml"))
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
    }
}

/// What this window's own requests to its server are sent with; it keeps its connections.
fn own_client(state: &AppState) -> Option<Client> {
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

fn key_problem(error: &keys::KeyError) -> Problem {
    Problem::new("The key file can't be used", error.to_string())
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
        log: state.truth.folder.as_ref().map(|folder| LogSettings::new(folder.root().join("log.db"))),
        clock: outside.clock,
        ..ServerSettings::default()
    };
    if let Some(upstream) = upstream(draft) {
        match upstream {
            Ok(upstream) => settings.upstreams.push(upstream),
            Err(said) => {
                state.results.serve.server = super::Server::Off;
                state.results.serve.problem = Some(Problem::new("The upstream can't be used", said));
                return;
            }
        }
    }
    // pictures and tests have a clock that stands still, and want a server that any machine can start
    let clock = outside.clock;
    state.results.serve.served = as_served(&state.truth);
    let ctx = outside.ctx.clone();
    outside.start(state, Slot::Server, "Starting the server", move |_| {
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
                let keys_wrong = matches!(error, StartError::Keys(_) | StartError::OpenDoor(_));
                let in_use = matches!(&error, StartError::Listen { source, .. }
                    if source.kind() == std::io::ErrorKind::AddrInUse);
                let free = in_use.then(|| free_port(ip, port)).flatten();
                let title = if in_use {
                    format!("Port {port} is in use by another program")
                } else {
                    "The server did not start".to_owned()
                };
                Ok(AppEvent::Serve(Event::NotStarted(
                    Problem::new(title, error.to_string()),
                    free,
                    keys_wrong,
                )))
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

/// Where requests for other models are sent on to; `None` for nowhere.
fn upstream(draft: &super::Draft) -> Option<Result<Upstream, String>> {
    let base = draft.upstream.trim();
    if base.is_empty() {
        return None;
    }
    let variable = draft.upstream_secret.trim();
    let secret = match std::env::var(variable) {
        Ok(secret) => Some(secret),
        Err(_) if variable.is_empty() => None,
        Err(error) => {
            return Some(Err(format!("the environment variable {variable} can't be read: {error}")));
        }
    };
    Some(Upstream::new(draft.upstream_model.trim(), base, secret.as_deref()))
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

/// Hears the server on a thread of its own, which ends with the server, and asks for frames as requests come.
fn listen(server: &Serving, ctx: Context) -> Receiver<ServerEvent> {
    let (sender, receiver) = sync_channel(WAITING);
    let mut events = server.events();
    let hear = move || {
        loop {
            match events.next_blocking() {
                // under a storm the list has gaps; the server's own figures have none
                NextEvent::Event(event) => drop(sender.try_send(event)),
                NextEvent::Missed(_) | NextEvent::None => {}
                NextEvent::Closed => return,
            }
            ctx.request_repaint_after(FRAME);
        }
    };
    // without the thread the list stays empty, and the server goes on
    drop(std::thread::Builder::new().name("server events".into()).spawn(hear));
    receiver
}

/// Takes in what the server told since the last frame.
pub(crate) fn poll(state: &mut AppState) -> Vec<AppEffect> {
    let results = &mut state.results.serve;
    // the first request is offered until there is one
    if state.screen.page == PageId::Serve
        && results.log.total == 0
        && let Some(record) = predict::current(&state.truth, &state.screen.predict)
    {
        results.record = record;
    }
    let Some(host) = results.live().and_then(|live| live.host.clone()) else { return Vec::new() };
    results.waiting = host.server.waiting() as u64;
    let is_other = results.served != as_served(&state.truth) && state.truth.champion.is_some();
    let is_given = state.work.job(Slot::ServeModels).is_some();
    let effects = if is_other && !is_given { vec![AppEffect::Serve(Effect::Models)] } else { Vec::new() };
    take_in_all(state, &host);
    note_progress(state);
    effects
}

fn take_in_all(state: &mut AppState, host: &Host) {
    let results = &mut state.results.serve;
    let Ok(events) = host.events.lock() else { return };
    for _ in 0..TAKEN_A_FRAME {
        match events.try_recv() {
            Ok(event) => take_in(results, event),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
        }
    }
}

/// What was ever reached: progress outlives the list, which can be cleared, and the server.
pub(super) fn note_progress(state: &mut AppState) {
    let (results, draft) = (&state.results.serve, &mut state.screen.serve);
    draft.answered |= results.log.answered;
    draft.refused |= results.log.errors > 0;
    for protocol in super::SHOWN_PROTOCOLS.into_iter().filter(|one| results.log.count(*one) > 0) {
        if !draft.used.contains(protocol.name()) {
            draft.used.insert(protocol.name().to_owned());
        }
    }
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

fn take_in(results: &mut Results, event: ServerEvent) {
    match event {
        ServerEvent::Request(request) => {
            let millis = |time: Option<Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
            let hops = request.hops;
            results.log.add(Seen {
                number: results.log.total + 1,
                id: request.id.clone(),
                at_unix_millis: request.at_unix_millis,
                protocol: crate::protocol::route::find(&request.path).protocol,
                method: request.method.clone(),
                path: request.path.clone(),
                rows: request.n_rows as u64,
                status: request.status,
                said: request.problem.clone().unwrap_or_default(),
                hops: Hops {
                    read: millis(hops.read),
                    auth: millis(hops.auth),
                    decode: millis(hops.decode),
                    queue: millis(hops.queue),
                    inference: millis(hops.inference),
                    encode: millis(hops.encode),
                },
                total: request.total.as_secs_f64() * 1000.0,
                key: request.key.as_ref().map_or_else(String::new, |(name, _)| name.to_string()),
                client: request.peer.map_or_else(String::new, |peer| peer.to_string()),
                model: request.model.clone().unwrap_or_default(),
                bytes_in: request.request_bytes as u64,
                bytes_out: request.response_bytes as u64,
                wire: None,
            });
        }
        ServerEvent::Wire(wire) => {
            let (request_head, request_body) = parted(&wire.request);
            let (response_head, response_body) = parted(&wire.response);
            let wire_bytes = Wire { request_head, request_body, response_head, response_body, cut: wire.cut };
            results.log.attach(&wire.id, Arc::new(wire_bytes));
        }
        ServerEvent::Notice(_) => {}
    }
}

/// Head and body of a message.
fn parted(bytes: &[u8]) -> (String, Vec<u8>) {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    match end {
        Some(end) => (String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes[end + 4..].to_vec()),
        None => (String::from_utf8_lossy(bytes).into_owned(), Vec::new()),
    }
}

/// The keys in a file; none where there is no file.
fn news(path: &Path) -> Result<KeyNews, JobError> {
    let entries = if path.exists() {
        keys::read(path).map_err(|error| JobError::Failed(key_problem(&error)))?
    } else {
        Vec::new()
    };
    let usable = entries
        .iter()
        .find(|entry| !entry.revoked && entry.publishable.is_some() && !entry.name.starts_with(SEAT));
    let publishable = usable.and_then(|entry| entry.publishable.clone());
    let keys = entries
        .into_iter()
        .map(|entry| KeyShown {
            name: entry.name,
            publishable: entry.publishable.unwrap_or_default(),
            may: entry.may,
            limit: entry.requests_per_minute,
            revoked: entry.revoked,
        })
        .collect();
    Ok(KeyNews { keys, publishable, networks: networks(), ..KeyNews::default() })
}

fn change(path: &Path, work: KeyWork) -> Result<KeyNews, JobError> {
    let wrong = |error: keys::KeyError| JobError::Failed(key_problem(&error));
    let (made, said) = match work {
        KeyWork::Make { name, admin, limit } => {
            let may =
                if admin { vec!["admin".to_owned()] } else { vec!["predict".to_owned(), "jobs".to_owned()] };
            let new = NewKey { name, may, requests_per_minute: limit, ..NewKey::default() };
            let pair = keys::new_key(path, &new).map_err(wrong)?;
            let said = format!("Made the key {}", pair.name);
            (Some((pair.name, pair.secret)), said)
        }
        KeyWork::Revoke(name) => {
            keys::revoke(path, &name).map_err(wrong)?;
            (None, format!("Revoked {name}: it opens nothing any more"))
        }
        KeyWork::Rotate(name) => {
            let pair = keys::rotate(path, &name).map_err(wrong)?;
            (
                Some((pair.name, pair.secret)),
                format!("{name} has new keys; the old ones open nothing any more"),
            )
        }
    };
    Ok(KeyNews { made, said: Some(said), ..news(path)? })
}

/// This machine's addresses in its networks, those of its own loop left out.
fn networks() -> Vec<String> {
    let mut found: Vec<std::net::IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| interface.ip())
        .filter(|ip| !ip.is_loopback() && ip.is_ipv4())
        .collect();
    // what a class is likely to be in stands first
    found.sort_by_key(|ip| match ip {
        std::net::IpAddr::V4(v4) if v4.is_private() => 0,
        std::net::IpAddr::V4(v4) if v4.is_link_local() => 2,
        _ => 1,
    });
    found.iter().map(ToString::to_string).collect()
}

fn try_all(state: &mut AppState, outside: &mut Outside<'_>, trials: Vec<Trial>) {
    let results = &state.results.serve;
    let draft = &state.screen.serve;
    let record = predict::current(&state.truth, &state.screen.predict).unwrap_or_default();
    let revoked = results.keys.iter().find(|key| key.revoked && !key.publishable.is_empty());
    let bench = lab::Bench {
        base: format!("http://{}", address_of(results, draft)),
        body: serde_json::Value::Object(record).to_string(),
        publishable: results.publishable.clone(),
        revoked: revoked.map(|key| key.publishable.clone()),
        admin_path: "/admin/models".to_owned(),
        folder: state.truth.folder.as_ref().map(|folder| folder.root().to_path_buf()),
    };
    let Some(client) = own_client(state) else { return };
    outside.start(state, Slot::KeyLab, "Trying the keys", move |handle: &Handle| {
        for trial in trials {
            let outcome = lab::try_one(trial, &bench, &client, handle)?;
            handle.partial(AppEvent::Serve(Event::Tried(trial, outcome)))?;
        }
        Ok(AppEvent::Serve(Event::TriedAll))
    });
}

/// Makes the seats' keys, or revokes them.
fn classroom(state: &mut AppState, outside: &mut Outside<'_>, on: bool) {
    let Some(path) = key_file(state) else { return };
    let port = port_of(&state.screen.serve.port).unwrap_or(0);
    let n = usize::try_from(state.screen.serve.seats).unwrap_or(1).max(1);
    outside.start(state, Slot::Classroom, "Preparing the seats", move |handle| {
        let wrong = |error: keys::KeyError| JobError::Failed(key_problem(&error));
        let entries = if path.exists() { keys::read(&path).map_err(wrong)? } else { Vec::new() };
        let mut seats = Vec::new();
        if !on {
            for entry in entries.iter().filter(|entry| entry.name.starts_with(SEAT) && !entry.revoked) {
                handle.progress.check()?;
                keys::revoke(&path, &entry.name).map_err(wrong)?;
            }
            return Ok(AppEvent::Serve(Event::Seats(seats)));
        }
        let here = networks().into_iter().next().unwrap_or_else(|| "127.0.0.1".to_owned());
        for at in 1..=n {
            handle.progress.check()?;
            let name = format!("{SEAT}{at:02}");
            let known = entries.iter().find(|entry| entry.name == name);
            let key = match known {
                Some(entry) if !entry.revoked && entry.publishable.is_some() => {
                    entry.publishable.clone().unwrap_or_default()
                }
                Some(_) => keys::rotate(&path, &name).map_err(wrong)?.publishable,
                None => {
                    let new = NewKey {
                        name: name.clone(),
                        may: vec!["predict".to_owned(), "jobs".to_owned()],
                        requests_per_minute: Some(super::USUAL_LIMIT),
                        ..NewKey::default()
                    };
                    keys::new_key(&path, &new).map_err(wrong)?.publishable
                }
            };
            seats.push(Seat::new(name, key, here.clone(), port));
        }
        Ok(AppEvent::Serve(Event::Seats(seats)))
    });
}
