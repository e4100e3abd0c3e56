//! Pictures of the page with a server that is imagined and requests that are made up: real ones take another time each.

use std::sync::Arc;

use eframe::egui::Theme;

use super::seen::{Hops, Wire};
use super::upstream::{Place, Upstream};
use super::{AppState, Draft, KeyShown, Live, Part, Seat, Seen, Server, lab};
use crate::app::pages::PageId;
use crate::app::still::{paint, winter};
use crate::protocol::Protocol;

pub(super) fn seen(number: u64, protocol: Protocol, path: &str, rows: u64, status: u16, said: &str) -> Seen {
    let scale = 1.0 + rows as f64 / 64.0;
    let good = status < 400;
    let hops = Hops {
        read: 0.021,
        auth: 0.004,
        decode: 0.03 * scale,
        queue: if good { 0.09 } else { 0.0 },
        inference: if good { 0.012 * scale } else { 0.0 },
        encode: 0.018 * scale,
    };
    let body = br#"{"store": "Harbour", "temperature_c": -4.0, "price": 2.59, "promotion": "yes", "weekday": "Sat", "footfall": 480}"#;
    let wire = Wire {
        request_head: format!(
            "POST {path} HTTP/1.1\nHost: 127.0.0.1:8080\nContent-Type: application/json\nAuthorization: Bearer pk_dd_4mB7xT2q…"
        ),
        request_body: body.to_vec(),
        response_head: "HTTP/1.1 200 OK\nContent-Type: application/json".into(),
        response_body: br#"{"prediction":445.4,"model":"beverages","version":"3"}"#.to_vec(),
        cut: false,
    };
    Seen {
        number,
        id: format!("r-{number:06}"),
        at_unix_millis: 1_763_459_990_000 + i64::try_from(number).unwrap() * 431,
        protocol: Some(protocol),
        method: "POST".into(),
        path: path.into(),
        rows,
        status,
        said: said.into(),
        hops,
        total: hops.sum(),
        key: if status == 401 { String::new() } else { "class".into() },
        client: "127.0.0.1:50412".into(),
        model: "winter-beverages 1".into(),
        bytes_in: body.len() as u64,
        bytes_out: 53,
        wire: Some(Arc::new(wire)),
    }
}

fn serving() -> AppState {
    let mut state = winter(PageId::Serve);
    let results = &mut state.results.serve;
    results.server = Server::Serving(Live {
        address: "127.0.0.1:8080".parse().unwrap(),
        since_unix_millis: 1_763_459_239_000,
        host: None,
    });
    results.publishable = Some("pk_dd_4mB7xT2q".into());
    for number in 1..=40 {
        let next = match number % 8 {
            1 => seen(number, Protocol::V2, "/v2/models/winter-beverages/infer", 12, 200, ""),
            2 => seen(number, Protocol::Plain, "/predict", 1, 422, "price is missing"),
            3 => seen(number, Protocol::Plain, "/predict", 1, 401, "no key"),
            4 => seen(number, Protocol::Mlflow, "/invocations", 84, 200, ""),
            5 => seen(number, Protocol::Jobs, "/jobs", 512, 202, ""),
            _ => seen(number, Protocol::Plain, "/predict", 1, 200, ""),
        };
        results.log.add(next);
    }
    results.log.add(seen(41, Protocol::Plain, "/predict", 1, 200, ""));
    state.screen.guide_open = false;
    state
}

fn under_glass(stage: usize) -> AppState {
    let mut state = serving();
    super::apply(&mut state, super::Command::Glass(Some(41)));
    super::apply(&mut state, super::Command::Stage(stage));
    state
}

fn key(name: &str, may: &[&str], limit: Option<u32>, revoked: bool) -> KeyShown {
    KeyShown {
        name: name.into(),
        publishable: format!("pk_{name}_4mB7xT2qR8nV5cL1"),
        may: may.iter().map(|may| (*may).to_owned()).collect(),
        limit,
        revoked,
    }
}

fn keys() -> AppState {
    let mut state = serving();
    state.results.serve.keys = vec![
        key("class", &["predict", "jobs"], Some(600), false),
        key("teacher", &["admin"], None, false),
        key("last-year", &["predict"], None, true),
    ];
    let said = |trial: lab::Trial, words: &str| {
        let status = trial.status().unwrap_or(0);
        (trial, lab::Outcome { status, short: "", as_expected: true, said: words.into() })
    };
    state.results.serve.trials = [
        said(lab::Trial::Predict, ""),
        said(lab::Trial::NoKey, "Send a key: Authorization: Bearer KEY"),
        said(lab::Trial::MadeUp, "This server knows no such key"),
        said(lab::Trial::Admin, "A publishable key may only predict"),
    ]
    .into_iter()
    .collect();
    let draft = Draft {
        part: Part::Keys,
        key: Some("pk_class_4mB7xT2qR8nV5cL1".into()),
        ask_for_keys: true,
        ..Draft::default()
    };
    state.screen.serve = draft;
    state
}

fn classroom() -> AppState {
    let mut state = serving();
    let results = &mut state.results.serve;
    results.seats = (1..=30)
        .map(|n| {
            let (name, key) = (format!("seat-{n:02}"), format!("pk_seat{n:02}_R8nV5cL1wQ"));
            Seat::new(name, key, "192.168.1.20".into(), 8080)
        })
        .collect();
    for n in [1, 2, 3, 5, 8, 13] {
        let mut one = seen(41 + n, Protocol::Plain, "/predict", 1, if n == 5 { 422 } else { 200 }, "");
        one.key = format!("seat-{n:02}");
        results.log.add(one);
    }
    results.networks = Some(vec!["192.168.1.20".into()]);
    state.screen.serve = Draft { part: Part::Classroom, classroom: true, ..Draft::default() };
    state
}

fn upstream() -> AppState {
    let mut state = serving();
    state.screen.serve.upstream = Upstream {
        address: "https://api.example.com/v1".into(),
        model: "gpt-far".into(),
        secret: Place::Variable,
        variable: "FAR_API_KEY".into(),
        ..Upstream::default()
    };
    state
}

/// 1440 × 900, what a small laptop leaves of a window, and 1440 × 900 at zoom 1.5.
const WINDOWS: [(&str, f32, f32); 3] =
    [("", 1440.0, 900.0), ("_small", 1024.0, 700.0), ("_projector", 960.0, 600.0)];

/// Paints a state in every window, in light and dark.
fn pictures(name: &str, state: impl Fn() -> AppState) {
    let mut results = egui_kittest::SnapshotResults::new();
    for (window, width, height) in WINDOWS {
        for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let mut harness = paint(state(), width, height, theme);
            harness.snapshot(format!("{name}{window}_{shade}"));
            results.extend_harness(&mut harness);
        }
    }
}

#[test]
fn the_page_with_a_server_that_runs() {
    pictures("serve", serving);
}

#[test]
fn the_page_before_the_server_is_started() {
    pictures("serve_off", || {
        let mut state = winter(PageId::Serve);
        state.results.serve.record =
            crate::app::pages::predict::current(&state.truth, &state.screen.predict).unwrap();
        state
    });
}

#[test]
fn a_request_under_glass() {
    pictures("serve_glass", || under_glass(2));
}

#[test]
fn an_answer_under_glass() {
    pictures("serve_glass_answer", || under_glass(5));
}

#[test]
fn the_keys_and_the_lab() {
    pictures("serve_keys", keys);
}

#[test]
fn what_is_sent_on_and_with_what() {
    pictures("serve_upstream", upstream);
}

#[test]
fn the_upstream_that_is_being_edited() {
    pictures("serve_upstream_edit", || {
        let mut state = upstream();
        super::apply(&mut state, super::Command::EditUpstream);
        state
    });
}

#[test]
fn the_classroom() {
    pictures("serve_classroom", classroom);
}
