//! The Serve page: the champion behind an address, and every request to it in view.

mod cards;
mod classroom;
mod glass;
mod jobs;
mod keys;
mod lab;
mod log;
mod page;
#[cfg(test)]
mod pictures;
mod record;
mod route;
mod seen;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};

pub(crate) use cards::body_limit;
pub(crate) use jobs::{carry_out, close, endpoint, poll};
pub(crate) use page::serve_page_ui;
pub(crate) use seen::Log;
#[cfg(test)]
use seen::Seen;
use text::{
    curl_of, hand_out, main_address, masked, port_of, public_address_of, served_name, short_title, uptime,
};

use crate::app::command::{Action, Command as AppCommand};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::pages::predict;
use crate::app::state::{AppState, Problem, StatusKind};
use crate::app::theme::Icon;
use crate::app::widgets::format;
use crate::protocol::Protocol;

/// The protocols that have a switch, in the order they are shown in.
pub(crate) const SHOWN_PROTOCOLS: [Protocol; 8] = Protocol::ALL;
/// The name of the small text model.
pub(crate) const TEXT_MODEL: &str = crate::training::text::BUNDLED;
/// The most seats that a class has.
pub(crate) const MOST_SEATS: u64 = 60;
/// How many requests a minute a key may send, unless somebody says otherwise.
pub(crate) const USUAL_LIMIT: u32 = 600;
/// How long a secret is shown, in seconds.
const REVEAL_SECS: f64 = 10.0;

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// The server, the way of a request, the live list.
    #[default]
    Overview,
    /// Keys and the key lab.
    Keys,
    /// The class on the network.
    Classroom,
}

/// Which requests are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Show {
    #[default]
    All,
    Errors,
}

/// What the learner set on this page; kept over a restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// The address to listen on, without port.
    pub(crate) address: String,
    /// The port.
    pub(crate) port: String,
    /// How many workers predict batches and jobs.
    pub(crate) workers: u64,
    /// The protocols that are switched off, by name.
    pub(crate) off: BTreeSet<String>,
    /// Whether a key is asked for.
    pub(crate) ask_for_keys: bool,
    /// Where requests for other models are sent on to; empty for nowhere.
    pub(crate) upstream: String,
    /// The model's name there, and here.
    pub(crate) upstream_model: String,
    /// The environment variable that holds its secret.
    pub(crate) upstream_secret: String,
    /// The part that is shown.
    pub(crate) part: Part,
    /// Which requests are listed.
    pub(crate) show: Show,
    /// Whether the class may reach the server.
    pub(crate) classroom: bool,
    /// How many seats the class has.
    pub(crate) seats: u64,
    /// Whether a request was ever answered as asked.
    pub(crate) answered: bool,
    /// Whether one was ever refused.
    pub(crate) refused: bool,
    /// The protocols by which requests ever came.
    pub(crate) used: BTreeSet<String>,
    #[serde(skip)]
    pub(crate) search: String,
    /// The request whose way is drawn; the latest when none is chosen.
    #[serde(skip)]
    pub(crate) selected: Option<u64>,
    /// The request that is stepped through.
    #[serde(skip)]
    pub(crate) glass: Option<u64>,
    /// The stage that is shown of it.
    #[serde(skip)]
    pub(crate) stage: usize,
    /// What the core makes of it.
    #[serde(skip)]
    pub(crate) worked: Option<Arc<glass::Worked>>,
    /// Until when (in egui's seconds) the secret is shown.
    #[serde(skip)]
    pub(crate) revealed_until: Option<f64>,
    /// The key that is chosen in the list.
    #[serde(skip)]
    pub(crate) key: Option<String>,
    /// The form for a new key.
    #[serde(skip)]
    pub(crate) new_key: String,
    #[serde(skip)]
    pub(crate) new_admin: bool,
    #[serde(skip)]
    pub(crate) new_limited: bool,
    #[serde(skip)]
    pub(crate) new_limit: u64,
    /// The seat that is shown.
    #[serde(skip)]
    pub(crate) seat: usize,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            address: "127.0.0.1".into(),
            port: "8080".into(),
            workers: 2,
            off: BTreeSet::new(),
            ask_for_keys: false,
            upstream: String::new(),
            upstream_model: String::new(),
            upstream_secret: String::new(),
            part: Part::Overview,
            show: Show::All,
            classroom: false,
            seats: 30,
            answered: false,
            refused: false,
            used: BTreeSet::new(),
            search: String::new(),
            selected: None,
            glass: None,
            stage: 0,
            worked: None,
            revealed_until: None,
            key: None,
            new_key: String::new(),
            new_admin: false,
            new_limited: false,
            new_limit: u64::from(USUAL_LIMIT),
            seat: 0,
        }
    }
}

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
    fn new(name: String, key: String, host: String, port: u16) -> Self {
        let mut seat = Self { name, key, host, address: String::new(), url: String::new() };
        seat.set_port(port);
        seat
    }

    /// The server listens on that port: it is not always the one that was wished for.
    fn set_port(&mut self, port: u16) {
        self.address = format!("http://{}:{port}", self.host);
        self.url = format!("{}/docs#key={}", self.address, self.key);
    }
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

    /// The list as it is to be shown.
    pub(crate) fn shown_log(&self) -> &Log {
        self.paused.as_deref().unwrap_or(&self.log)
    }

    /// What stands in place of the secret.
    fn key_note(&self) -> &'static str {
        if self.keys.is_empty() { "no keys in use" } else { "only its SHA-256 is kept" }
    }
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Start, or stop what runs.
    Switch,
    Start,
    /// Start on another port.
    StartOn(u16),
    Stop,
    Restart,
    /// The number of workers was changed.
    Workers,
    Toggle(Protocol),
    CopyCurl(Protocol),
    /// Send the first request from here.
    First,
    Select(Option<u64>),
    /// Step through a request, or back to the list.
    Glass(Option<u64>),
    Stage(usize),
    Replay(u64),
    Pause,
    ClearLog,
    Part(Part),
    Reveal(Option<f64>),
    Dismiss,
    AskForKeys(bool),
    MakeKey,
    RevokeKey(String),
    RotateKey(String),
    ForgetSecret,
    /// Try one thing in the key lab, or all.
    Try(Option<lab::Trial>),
    Classroom(bool),
    TrySeat(String),
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Start,
    Stop {
        again: bool,
    },
    Workers(usize),
    Protocols,
    /// Give the server the models as they are now.
    Models,
    /// Send a request to the server: method, path, headers, body.
    Send(Box<jobs::ToSend>),
    ReadKeys,
    Keys(jobs::KeyWork),
    Try(Vec<lab::Trial>),
    /// Make the seats' keys, and begin again on the network; or revoke them and go back.
    Classroom(bool),
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    Started(Live),
    /// It did not start; with a port that is free, where the wanted one is not.
    NotStarted(Problem, Option<u16>, bool),
    /// It stopped; whether all that it had accepted was finished.
    Stopped {
        again: bool,
        finished: bool,
    },
    Keys(Box<jobs::KeyNews>),
    Tried(lab::Trial, lab::Outcome),
    TriedAll,
    Seats(Vec<Seat>),
    /// The server has the champion and the versions, or not all of them for that reason.
    Models((Option<u32>, Vec<u32>), Option<String>),
    /// A request that was sent from here was answered: what it was, and the status.
    Sent(String, u16, f64),
}

/// What the guide asks for on this page, and whether it is done.
pub(crate) fn tasks(state: &AppState) -> Vec<(&'static str, bool)> {
    let (results, draft) = (&state.results.serve, &state.screen.serve);
    vec![
        ("Start the server", results.live().is_some() || draft.answered || draft.refused),
        ("Get an answer: one request with status 200", draft.answered),
        ("Get an error on purpose, and read what it says", draft.refused),
        ("Ask by two protocols", draft.used.len() > 1),
    ]
}

/// What can be done on this page.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    const NOT_RUNNING: &str = "Start the server first";
    let ctrl = Modifiers::COMMAND;
    let results = &state.results.serve;
    let draft = &state.screen.serve;
    let running = results.live().is_some();
    let chosen = draft.selected.and_then(|number| results.shown_log().get(number));
    let wire = chosen.or_else(|| results.shown_log().latest()).filter(|seen| seen.wire.is_some());
    let number = wire.map(|seen| seen.number);
    let can_start = state.truth.champion().is_some() || running;
    let mut all = vec![
        Action::new("Start or stop the server", Icon::BROADCAST, Command::Switch)
            .keys(ctrl, Key::Enter)
            .when(
                can_start && !results.is_busy(),
                if results.is_busy() {
                    "The server is being started or stopped"
                } else {
                    "Train a model and make it the champion first"
                },
            ),
        Action::new("Restart the server", Icon::ARROW_COUNTER_CLOCKWISE, Command::Restart)
            .when(running, NOT_RUNNING),
        Action::new("Send a first request", Icon::PAPER_PLANE_TILT, Command::First)
            .when(running, NOT_RUNNING),
        Action::new("Pause the list of requests", Icon::PAUSE, Command::Pause).keys(Modifiers::NONE, Key::P),
        Action::new("Clear the list of requests", Icon::TRASH, Command::ClearLog).keys(ctrl, Key::L),
        Action::new("Step through a request", Icon::EYE, Command::Glass(number))
            .when(number.is_some(), "No request whose bytes are kept is chosen"),
        Action::new("Serve: overview", Icon::BROADCAST, Command::Part(Part::Overview)),
        Action::new("Serve: keys", Icon::LOCK_SIMPLE, Command::Part(Part::Keys)),
        Action::new("Serve: classroom", Icon::MONITOR, Command::Part(Part::Classroom)),
        Action::new("Try the keys", Icon::FLASK, Command::Try(None)).when(running, NOT_RUNNING),
    ];
    for protocol in SHOWN_PROTOCOLS {
        all.push(Action::new(
            format!("Copy as curl: {}", short_title(protocol)),
            Icon::COPY,
            Command::CopyCurl(protocol),
        ));
    }
    all
}

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    let results = &mut state.results.serve;
    let draft = &mut state.screen.serve;
    let effect = |effect: Effect| vec![AppEffect::Serve(effect)];
    match command {
        Command::Switch if results.live().is_some() => return apply(state, Command::Stop),
        Command::Switch | Command::Start => return start(state),
        Command::StartOn(port) => {
            draft.port = port.to_string();
            return start(state);
        }
        Command::Stop | Command::Restart if results.live().is_none() => {}
        Command::Stop => {
            return effect(Effect::Stop { again: false });
        }
        Command::Restart => {
            return effect(Effect::Stop { again: true });
        }
        Command::Workers => {
            let n = usize::try_from(draft.workers).unwrap_or(1).max(1);
            if results.live().is_some() {
                return effect(Effect::Workers(n));
            }
        }
        Command::Toggle(protocol) => {
            let name = protocol.name().to_owned();
            if !draft.off.remove(&name) {
                draft.off.insert(name);
            }
            if results.live().is_some() {
                return effect(Effect::Protocols);
            }
        }
        Command::CopyCurl(protocol) => {
            let record = predict::current(&state.truth, &state.screen.predict).unwrap_or_default();
            let (results, draft) = (&state.results.serve, &state.screen.serve);
            if let Some(curl) = curl_of(&state.truth, results, draft, &record, protocol) {
                return crate::app::command::apply(state, AppCommand::Copy(curl));
            }
        }
        Command::First => {
            if let Some(send) = jobs::first_request(state) {
                return effect(Effect::Send(Box::new(send)));
            }
        }
        Command::Select(number) => draft.selected = number,
        Command::Glass(number) => {
            draft.glass = number;
            draft.stage = 0;
            let log = state.results.serve.shown_log();
            let seen = number.and_then(|number| log.get(number));
            state.screen.serve.worked = match (seen, state.truth.champion()) {
                (Some(seen), Some(version)) => Some(Arc::new(glass::work_through(seen, version))),
                _ => None,
            };
        }
        Command::Stage(stage) => draft.stage = stage,
        Command::Replay(number) => {
            let state = &*state;
            let seen = state.results.serve.shown_log().get(number);
            let send = seen.and_then(|seen| jobs::again(state, seen));
            if let Some(send) = send {
                return effect(Effect::Send(Box::new(send)));
            }
        }
        Command::Pause => {
            results.paused = match results.paused.take() {
                Some(_) => None,
                None => Some(Box::new(results.log.clone())),
            };
        }
        Command::ClearLog => {
            results.log.clear();
            results.paused = None;
            draft.selected = None;
            draft.glass = None;
        }
        Command::Part(part) => {
            draft.part = part;
            draft.glass = None;
            if part != Part::Overview {
                return effect(Effect::ReadKeys);
            }
        }
        Command::Reveal(until) => draft.revealed_until = until,
        Command::Dismiss => {
            results.problem = None;
            results.free_port = None;
        }
        Command::AskForKeys(on) => {
            if on && results.keys.iter().all(|key| key.revoked) {
                state.say(StatusKind::Note, "Make a key first: without one nobody could ask");
                return Vec::new();
            }
            draft.ask_for_keys = on;
            if results.live().is_some() {
                return effect(Effect::Stop { again: true });
            }
        }
        Command::MakeKey => {
            let work = jobs::KeyWork::Make {
                name: draft.new_key.trim().to_owned(),
                admin: draft.new_admin,
                limit: draft.new_limited.then(|| u32::try_from(draft.new_limit).unwrap_or(u32::MAX)),
            };
            return effect(Effect::Keys(work));
        }
        Command::RevokeKey(name) => return effect(Effect::Keys(jobs::KeyWork::Revoke(name))),
        Command::RotateKey(name) => return effect(Effect::Keys(jobs::KeyWork::Rotate(name))),
        Command::ForgetSecret => results.made = None,
        Command::Try(which) => {
            results.trying = true;
            if let Some(trial) = which {
                results.trials.remove(&trial);
                return effect(Effect::Try(vec![trial]));
            }
            results.trials.clear();
            return effect(Effect::Try(lab::Trial::ALL.to_vec()));
        }
        Command::Classroom(on) => {
            draft.classroom = on;
            draft.seat = 0;
            return effect(Effect::Classroom(on));
        }
        Command::TrySeat(name) => {
            if let Some(send) = jobs::as_seat(state, &name) {
                return effect(Effect::Send(Box::new(send)));
            }
        }
    }
    Vec::new()
}

/// The server, its address or its key is another one: the pages that send requests to it hear of it.
fn served_changed(state: &mut AppState) {
    let served = jobs::endpoint(state);
    state.results.requests.served = served.map(|endpoint| (endpoint.base, endpoint.key));
    predict::served_changed(state);
}

fn start(state: &mut AppState) -> Vec<AppEffect> {
    let results = &mut state.results.serve;
    if results.live().is_some() || results.is_busy() {
        return Vec::new();
    }
    if state.truth.champion().is_none() {
        state.say(StatusKind::Failed, "There is no model to serve; train one and make it the champion");
        return Vec::new();
    }
    results.problem = None;
    results.free_port = None;
    results.keys_wrong = false;
    if state.screen.serve.classroom && results.seats.is_empty() && state.truth.folder.is_some() {
        // the seats of an earlier session; the server starts when they are there
        return vec![AppEffect::Serve(Effect::Classroom(true))];
    }
    results.server = Server::Starting;
    vec![AppEffect::Serve(Effect::Start)]
}

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, _seconds: f64) -> Vec<AppEffect> {
    let effect = |effect: Effect| vec![AppEffect::Serve(effect)];
    let results = &mut state.results.serve;
    match event {
        Event::Started(live) => {
            let said = format!("Serving on {}", live.address);
            results.seats.iter_mut().for_each(|seat| seat.set_port(live.address.port()));
            results.server = Server::Serving(live);
            results.log = Log::default();
            results.paused = None;
            state.screen.serve.selected = None;
            served_changed(state);
            state.say(StatusKind::Done, said);
            // its own requests need a key, too
            if state.screen.serve.ask_for_keys || state.screen.serve.classroom {
                return effect(Effect::ReadKeys);
            }
        }
        Event::NotStarted(problem, free_port, keys_wrong) => {
            results.server = Server::Off;
            results.free_port = free_port;
            results.keys_wrong = keys_wrong;
            let said = format!("{}. {}", problem.title, problem.detail);
            results.problem = Some(problem);
            state.say(StatusKind::Failed, said);
        }
        Event::Stopped { again, finished } => {
            results.server = Server::Off;
            results.waiting = 0;
            served_changed(state);
            if again {
                return start(state);
            }
            if finished {
                state.say(StatusKind::Done, "The server has stopped; what it had accepted was finished");
            } else {
                let said =
                    "The server has stopped; some requests took longer than it waits, and were cut off";
                state.say(StatusKind::Note, said);
            }
        }
        Event::Keys(news) => {
            results.keys = news.keys;
            let other = results.publishable != news.publishable;
            results.publishable = news.publishable;
            if let Some((name, secret)) = news.made {
                results.secret = Some((name.clone(), secret.clone()));
                results.made = Some((name, secret));
                state.screen.serve.new_key.clear();
            }
            let is_valid = |name: &str| results.keys.iter().any(|key| key.name == name && !key.revoked);
            if results.secret.as_ref().is_some_and(|(name, _)| !is_valid(name)) {
                results.secret = None;
            }
            results.networks = Some(news.networks);
            if other {
                served_changed(state);
            }
            if let Some(said) = news.said {
                state.say(StatusKind::Done, said);
            }
        }
        Event::Tried(trial, outcome) => {
            results.trials.insert(trial, outcome);
        }
        Event::TriedAll => {
            results.trying = false;
            let good = results.trials.values().filter(|outcome| outcome.as_expected).count();
            let said = format!(
                "{good} of {} went as they must",
                format::plural(results.trials.len(), "trial", "trials")
            );
            state.say(StatusKind::Done, said);
        }
        Event::Seats(seats) => {
            results.seats = seats;
            if state.results.serve.live().is_some() {
                return vec![AppEffect::Serve(Effect::Stop { again: true })];
            }
            if state.screen.serve.classroom {
                return start(state);
            }
        }
        Event::Models(served, wrong) => {
            results.served = served;
            served_changed(state);
            if let Some(wrong) = wrong {
                state.say(StatusKind::Failed, format!("The server does not have all models: {wrong}"));
            }
        }
        Event::Sent(what, status, millis) => {
            let kind = if status < 400 { StatusKind::Done } else { StatusKind::Note };
            let words = log::status_words(status);
            state.say(kind, format!("{status} {words}: {what} in {}", format::duration(millis / 1000.0)));
        }
    }
    Vec::new()
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    let results = &mut state.results.serve;
    match slot {
        Slot::Server => {
            results.server = Server::Off;
            results.problem = Some(problem);
        }
        Slot::KeyLab => results.trying = false,
        // it is not tried again until there are other models
        Slot::ServeModels => results.served = jobs::as_served(&state.truth),
        Slot::Classroom => {
            state.screen.serve.classroom = false;
            results.problem = Some(problem);
        }
        Slot::KeyFile => {
            results.keys_wrong = true;
            results.problem = Some(problem);
        }
        _ => {}
    }
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    let results = &mut state.results.serve;
    match slot {
        Slot::Server => results.server = Server::Off,
        Slot::KeyLab => results.trying = false,
        Slot::ServeModels => results.served = jobs::as_served(&state.truth),
        Slot::Classroom => state.screen.serve.classroom = false,
        _ => {}
    }
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    let draft = &mut state.screen.serve;
    if draft.glass.take().is_some() {
        return Vec::new();
    }
    if draft.selected.take().is_none() {
        state.results.serve.problem = None;
    }
    Vec::new()
}
