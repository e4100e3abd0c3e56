//! What the Serve page's commands and events do to the state.

use std::sync::Arc;

use super::text::curl_of;
use super::{Command, Effect, Event, Log, Part, Server, Why, glass, jobs, key_jobs, lab, log, upstream};
use crate::app::command::Command as AppCommand;
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::pages::{PageId, predict};
use crate::app::state::{AppState, Problem, StatusKind};
use crate::app::widgets::format;

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
        Command::FirstWrong => {
            if let Some(mut send) = jobs::first_request(state) {
                // half a record, as it comes from a program with a fault in it
                send.request = send.request.body("{\"".to_owned());
                return effect(Effect::Send(Box::new(send)));
            }
        }
        Command::Select(number) => draft.selected = number,
        Command::Glass(number) => {
            draft.glass = number;
            draft.stage = 0;
            draft.followed |= number.is_some();
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
            let work = key_jobs::KeyWork::Make {
                name: draft.new_key.trim().to_owned(),
                admin: draft.new_admin,
                limit: draft.new_limited.then(|| u32::try_from(draft.new_limit).unwrap_or(u32::MAX)),
            };
            return effect(Effect::Keys(work));
        }
        Command::RevokeKey(name) => return effect(Effect::Keys(key_jobs::KeyWork::Revoke(name))),
        Command::RotateKey(name) => return effect(Effect::Keys(key_jobs::KeyWork::Rotate(name))),
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
        Command::EditUpstream => {
            let upstream = draft.upstream.clone();
            draft.upstream_edit = Some(upstream::Edit { upstream, ..upstream::Edit::default() });
            draft.glass = None;
            state.screen.page = PageId::Serve;
        }
        Command::SetUpstream(edit) => return set_upstream(state, *edit),
        Command::TrySeat(name) => {
            if let Some(send) = jobs::as_seat(state, &name) {
                return effect(Effect::Send(Box::new(send)));
            }
        }
    }
    Vec::new()
}

/// The server, its address or its key is another one: the pages that send requests to it hear of it.
pub(super) fn served_changed(state: &mut AppState) {
    let served = jobs::endpoint(state);
    state.results.requests.served = served.map(|endpoint| (endpoint.base, endpoint.key));
    predict::served_changed(state);
}

/// Another upstream, or none. A server that runs begins again with it.
fn set_upstream(state: &mut AppState, edit: upstream::Edit) -> Vec<AppEffect> {
    let upstream::Edit { upstream, typed } = edit;
    let unchanged = state.screen.serve.upstream == upstream && typed.is_empty();
    state.screen.serve.upstream = upstream;
    let upstream = &state.screen.serve.upstream;
    match upstream.secret {
        upstream::Place::Keychain if !typed.is_empty() => {
            return vec![AppEffect::Serve(Effect::KeepSecret(typed))];
        }
        upstream::Place::Session if !typed.is_empty() => {
            upstream.keep_for_session(&state.results.requests.secrets, &typed);
        }
        _ => {}
    }
    if unchanged { Vec::new() } else { upstream_changed(state) }
}

fn upstream_changed(state: &mut AppState) -> Vec<AppEffect> {
    let results = &mut state.results.serve;
    if results.upstream_wrong {
        results.problem = None;
        results.upstream_wrong = false;
    }
    if results.live().is_some() {
        return vec![AppEffect::Serve(Effect::Stop { again: true })];
    }
    let upstream = &state.screen.serve.upstream;
    let said = if upstream.is_on() {
        format!("The server will send on what is asked of {}", upstream.words())
    } else {
        "The server will send nothing on".to_owned()
    };
    state.say(StatusKind::Done, said);
    Vec::new()
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
    results.upstream_wrong = false;
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
            results.aside_refused = None;
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
        Event::NotStarted(problem, why) => {
            results.server = Server::Off;
            results.free_port = if let Why::PortTaken(free) = why { free } else { None };
            results.keys_wrong = matches!(why, Why::Keys);
            results.upstream_wrong = matches!(why, Why::Upstream);
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
        Event::SecretKept => return upstream_changed(state),
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
    if draft.upstream_edit.take().is_some() || draft.glass.take().is_some() {
        return Vec::new();
    }
    if draft.selected.take().is_none() {
        state.results.serve.problem = None;
    }
    Vec::new()
}
