//! Commands to state and effects, without a window or a server.

use super::*;
use crate::work::Clock;

fn state() -> AppState {
    AppState::new(Clock::fixed(1_763_460_000_000))
}

#[test]
fn without_a_model_nothing_is_started_and_the_reason_is_said() {
    let mut state = state();
    assert!(apply(&mut state, Command::Start).is_empty());
    assert!(matches!(state.results.serve.server, Server::Off));
    let said = state.screen.status.as_ref().map(|status| status.text.clone()).unwrap_or_default();
    assert!(said.contains("There is no model to serve"), "{said}");
}

#[test]
fn a_switched_off_protocol_is_remembered_by_name() {
    let mut state = state();
    assert!(apply(&mut state, Command::Toggle(Protocol::Mlflow)).is_empty());
    assert!(state.screen.serve.off.contains("mlflow"));
    let kept = serde_json::to_value(&state.screen.serve).unwrap();
    let back: Draft = serde_json::from_value(kept).unwrap();
    assert!(back.off.contains("mlflow"));
    apply(&mut state, Command::Toggle(Protocol::Mlflow));
    assert!(state.screen.serve.off.is_empty());
}

#[test]
fn a_port_in_use_offers_another() {
    let mut state = state();
    let problem = Problem::new("Port 8080 is in use by another program", "");
    happened(&mut state, Event::NotStarted(problem, Some(8081), false), 0.0);
    assert_eq!(state.results.serve.free_port, Some(8081));
    apply(&mut state, Command::StartOn(8081));
    assert_eq!(state.screen.serve.port, "8081");
}

#[test]
fn a_secret_is_neither_kept_nor_shown_again() {
    let mut state = state();
    let news =
        jobs::KeyNews { made: Some(("class".into(), "sk_0123456789".into())), ..jobs::KeyNews::default() };
    happened(&mut state, Event::Keys(Box::new(news)), 0.0);
    assert!(state.results.serve.made.is_some());
    assert!(!serde_json::to_string(&state.screen).unwrap().contains("sk_0123456789"));
    apply(&mut state, Command::ForgetSecret);
    assert!(state.results.serve.made.is_none());
}

#[test]
fn a_paused_list_stands_still_while_requests_are_counted() {
    let mut state = state();
    apply(&mut state, Command::Pause);
    assert!(state.results.serve.paused.is_some());
    state.results.serve.log.total += 3;
    assert_eq!(state.results.serve.shown_log().total, 0);
    apply(&mut state, Command::Pause);
    assert_eq!(state.results.serve.shown_log().total, 3);
}
