//! Hearing what the server did: on a thread of its own, and taken in between two frames.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use eframe::egui::Context;

use super::jobs::{self, Host};
use super::seen::{Hops, Seen, Wire};
use super::{Effect, Results, rollout};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::pages::{PageId, predict};
use crate::app::state::AppState;
use crate::server::events::Event as ServerEvent;
use crate::server::{Handle as Serving, NextEvent};

/// How many requests are taken in a frame at most.
const TAKEN_A_FRAME: usize = 256;
/// How many may wait for the window; under a storm more are counted than listed.
const WAITING: usize = 4096;
/// The shortest time between two frames that the server's requests ask for.
const FRAME: Duration = Duration::from_millis(33);

/// Hears the server on a thread of its own, which ends with the server, and asks for frames as requests come.
pub(super) fn listen(server: &Serving, ctx: Context) -> Receiver<ServerEvent> {
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
    let is_other = results.served != jobs::as_served(&state.truth) && state.truth.champion.is_some();
    let is_given = state.work.job(Slot::ServeModels).is_some();
    let effects = if is_other && !is_given { vec![AppEffect::Serve(Effect::Models)] } else { Vec::new() };
    if !is_other && !is_given {
        rollout::keep_up(state, &host);
    }
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
