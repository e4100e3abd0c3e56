//! The Serve page: the champion behind an address, and every request to it in view.

mod apply;
mod cards;
mod classroom;
mod draft;
mod glass;
mod hear;
mod jobs;
mod key_jobs;
mod keys;
mod lab;
mod log;
mod page;
#[cfg(test)]
mod pictures;
mod record;
mod results;
mod rollout;
mod route;
mod seen;
#[cfg(test)]
mod tests;
mod text;
mod upstream;

use eframe::egui::{Key, Modifiers};

pub(crate) use apply::{apply, cancelled, escape, failed, happened};
pub(crate) use cards::body_limit;
pub(crate) use draft::{Draft, Part, Show};
pub(crate) use hear::poll;
pub(crate) use jobs::{carry_out, close, close_beside, endpoint, log_file};
pub(crate) use page::serve_page_ui;
pub(crate) use results::{KeyShown, Live, Results, Seat, Server};
pub(crate) use seen::Log;
#[cfg(test)]
use seen::Seen;
use text::{
    curl_of, hand_out, main_address, masked, port_of, public_address_of, served_name, short_title, uptime,
};

use crate::app::command::Action;
use crate::app::state::{AppState, Problem};
use crate::app::theme::Icon;
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
    /// Send one that is refused.
    FirstWrong,
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
    /// Opens the upstream's dialog.
    EditUpstream,
    SetUpstream(Box<upstream::Edit>),
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
    Keys(key_jobs::KeyWork),
    Try(Vec<lab::Trial>),
    /// Make the seats' keys, and begin again on the network; or revoke them and go back.
    Classroom(bool),
    /// Keep the upstream's secret in the system's keychain.
    KeepSecret(String),
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    Started(Live),
    /// It did not start.
    NotStarted(Problem, Why),
    /// It stopped; whether all that it had accepted was finished.
    Stopped {
        again: bool,
        finished: bool,
    },
    Keys(Box<key_jobs::KeyNews>),
    Tried(lab::Trial, lab::Outcome),
    TriedAll,
    Seats(Vec<Seat>),
    /// The server has the champion and the versions, or not all of them for that reason.
    Models((Option<u32>, Vec<u32>), Option<String>),
    /// A request that was sent from here was answered: what it was, and the status.
    Sent(String, u16, f64),
    /// The upstream's secret is in the keychain.
    SecretKept,
}

/// What kept the server from starting.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Why {
    /// The port is not free; one that is.
    PortTaken(Option<u16>),
    /// The key file.
    Keys,
    /// The upstream.
    Upstream,
    /// The port or anything else.
    Other,
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
        Action::new("Serve: upstream", Icon::ARROW_RIGHT, Command::EditUpstream),
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
