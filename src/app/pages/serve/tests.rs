//! Commands to state and effects, without a window or a server.

use std::sync::Arc;

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
    happened(&mut state, Event::NotStarted(problem, Why::PortTaken(Some(8081))), 0.0);
    assert_eq!(state.results.serve.free_port, Some(8081));
    apply(&mut state, Command::StartOn(8081));
    assert_eq!(state.screen.serve.port, "8081");
}

#[test]
fn a_secret_is_neither_kept_nor_shown_again() {
    let mut state = state();
    let news = key_jobs::KeyNews {
        made: Some(("class".into(), "sk_0123456789".into())),
        ..key_jobs::KeyNews::default()
    };
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

#[test]
fn the_class_is_let_in_only_when_it_is_wanted() {
    let mut state = state();
    // switched off while nothing runs: nothing is started
    state.screen.serve.classroom = false;
    assert!(happened(&mut state, Event::Seats(Vec::new()), 0.0).is_empty());
    assert!(matches!(state.results.serve.server, Server::Off));
}

#[test]
fn every_refused_value_of_a_request_is_marked_not_only_the_first() {
    let mut state = crate::app::still::winter(crate::app::pages::PageId::Serve);
    let body = br#"{"store": "Mars", "temperature_c": "abc", "price": 3.25, "promotion": "yes", "weekday": "Sun", "footfall": 1e9}"#;
    let wire = seen::Wire { request_body: body.to_vec(), ..seen::Wire::default() };
    let seen = pictures::seen(1, Protocol::Plain, "/predict", 1, 422, "");
    let seen = Seen { wire: Some(Arc::new(wire)), ..seen };
    assert!(seen.is_turned_away());
    let version = state.truth.versions.remove(0);
    let verdicts = glass::work_through(&seen, &version).verdicts();
    let of =
        |name: &str| verdicts.iter().find(|(field, _)| field == name).map(|(_, verdict)| verdict.as_str());
    assert_eq!(of("store"), Some("refused"));
    assert_eq!(of("temperature_c"), Some("refused"));
    assert_eq!(of("price"), Some("taken"));
    assert_eq!(of("footfall"), Some("taken, outside the training range"));
}

#[test]
fn progress_outlives_the_list_and_the_server() {
    let mut state = state();
    state.results.serve.log.add(pictures::seen(1, Protocol::Plain, "/predict", 1, 200, ""));
    state.results.serve.log.add(pictures::seen(2, Protocol::Mlflow, "/invocations", 1, 422, ""));
    hear::note_progress(&mut state);
    apply(&mut state, Command::ClearLog);
    assert_eq!(state.results.serve.log.since_cleared(), (0, 0));
    assert_eq!(state.results.serve.log.total, 2);
    state.results.serve.log = Log::default();
    let open: Vec<&str> = tasks(&state).into_iter().filter(|(_, done)| !done).map(|(task, _)| task).collect();
    assert!(open.is_empty(), "{open:?}");
}
