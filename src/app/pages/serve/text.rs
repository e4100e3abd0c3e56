//! Words and addresses of the Serve page: what is copied, what is masked.

use std::net::IpAddr;

use super::{Draft, Results, Seat};
use crate::app::pages::predict;
use crate::app::state::Truth;
use crate::client::code::Context;
use crate::client::dialects::{Dialect, Shape};
use crate::client::{Request, Settings, curl};
use crate::protocol::Protocol;

/// What a protocol is called where there is little room.
pub(super) fn short_title(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Plain => "Plain JSON",
        Protocol::Jobs => "Jobs",
        Protocol::V2 => "Open Inference V2",
        Protocol::Mlflow => "MLflow",
        Protocol::TensorFlow => "TF Serving",
        Protocol::OpenAi => "OpenAI",
        Protocol::Metrics => "Metrics",
        Protocol::Docs => "Docs",
    }
}

/// The address of a protocol that one begins with: method and path.
pub(super) fn main_address(protocol: Protocol, model: &str) -> (&'static str, String) {
    match protocol {
        Protocol::Plain => ("POST", "/predict".into()),
        Protocol::Jobs => ("POST", "/jobs".into()),
        Protocol::V2 => ("POST", format!("/v2/models/{model}/infer")),
        Protocol::Mlflow => ("POST", "/invocations".into()),
        Protocol::TensorFlow => ("POST", format!("/v1/models/{model}:predict")),
        Protocol::OpenAi => ("POST", "/v1/chat/completions".into()),
        Protocol::Metrics => ("GET", "/metrics".into()),
        Protocol::Docs => ("GET", "/docs".into()),
    }
}

/// The name the champion is served under.
pub(super) fn served_name(truth: &Truth) -> String {
    truth.champion().map_or_else(String::new, |version| version.model().name.clone())
}

/// A port from text; `None` for what is none.
pub(super) fn port_of(text: &str) -> Option<u16> {
    text.trim().parse().ok()
}

/// Where the server listens, or would; an address that means all is written as this machine's own.
pub(super) fn address_of(results: &Results, draft: &Draft) -> String {
    let (ip, port) = match results.live() {
        Some(live) => (live.address.ip(), live.address.port()),
        None => (
            draft.address.trim().parse().unwrap_or(IpAddr::from([127, 0, 0, 1])),
            port_of(&draft.port).unwrap_or(0),
        ),
    };
    let ip = if ip.is_unspecified() { IpAddr::from([127, 0, 0, 1]) } else { ip };
    std::net::SocketAddr::new(ip, port).to_string()
}

/// Where others reach the server: this machine in its network while it listens on all addresses.
pub(super) fn public_address_of(results: &Results, draft: &Draft) -> String {
    let listens = results.live().map(|live| live.address);
    let network = results.networks.as_ref().and_then(|networks| networks.first());
    match (listens, network) {
        (Some(address), Some(network)) if address.ip().is_unspecified() => {
            format!("{network}:{}", address.port())
        }
        _ => address_of(results, draft),
    }
}

/// A request to a protocol with the record that is in the Predict page's controls.
pub(super) fn request_for(
    truth: &Truth,
    results: &Results,
    draft: &Draft,
    record: &predict::Record,
    protocol: Protocol,
) -> Option<Request> {
    let version = truth.champion()?;
    let shape = Shape::of_model(version.model());
    let (method, path) = main_address(protocol, &served_name(truth));
    let dialect = match protocol {
        Protocol::Plain | Protocol::Jobs => Some(Dialect::Plain),
        Protocol::V2 => Some(Dialect::V2),
        Protocol::Mlflow => Some(Dialect::MlflowSplit),
        Protocol::TensorFlow => Some(Dialect::TfRow),
        Protocol::OpenAi | Protocol::Metrics | Protocol::Docs => None,
    };
    let mut request = Request::new(method, &format!("http://{}{path}", address_of(results, draft)));
    let body = match (dialect, protocol) {
        (Some(dialect), _) => dialect.body(&shape, std::slice::from_ref(record)).ok()?,
        (None, Protocol::OpenAi) => serde_json::json!({
            "model": crate::app::pages::serve::TEXT_MODEL,
            "messages": [{"role": "user", "content": "The harbour in winter"}],
            "max_tokens": 32,
        })
        .to_string(),
        _ => String::new(),
    };
    if !body.is_empty() {
        request = request.header("Content-Type", "application/json").body(body);
    }
    if let Some(key) = results.publishable.as_deref().filter(|_| draft.ask_for_keys || draft.classroom) {
        request = request.header("Authorization", &format!("Bearer {key}"));
    }
    Some(request)
}

/// That request as a curl command line.
pub(super) fn curl_of(
    truth: &Truth,
    results: &Results,
    draft: &Draft,
    record: &predict::Record,
    protocol: Protocol,
) -> Option<String> {
    let request = request_for(truth, results, draft, record, protocol)?;
    let settings = Settings { follow_redirects: false, ..Settings::default() };
    Some(curl::export(&request, &settings, &Context::default()))
}

/// A secret with all but its ends hidden.
pub(super) fn masked(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let n = letters.len();
    if n < 12 {
        return "•".repeat(n);
    }
    let (first, last): (String, String) = (letters[..5].iter().collect(), letters[n - 4..].iter().collect());
    format!("{first}••••••{last}")
}

/// How long the server has been up: 42 s, 12 min 41 s, 3 h 5 min.
pub(super) fn uptime(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// What is handed out to the class: a line for each seat.
pub(super) fn hand_out(seats: &[Seat]) -> String {
    let lines: Vec<String> =
        seats.iter().map(|seat| format!("{}  {}  {}", seat.name, seat.address, seat.key)).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_show_their_ends_only() {
        assert_eq!(masked("sk_ABCDEFGHIJKLMNOP9f3a"), "sk_AB••••••9f3a");
        assert_eq!(masked("short"), "•••••");
    }

    #[test]
    fn time_up_is_in_words() {
        assert_eq!(uptime(0.4), "0 s");
        assert_eq!(uptime(761.9), "12 min 41 s");
        assert_eq!(uptime(11_100.0), "3 h 5 min");
    }

    #[test]
    fn ports_are_numbers_that_fit() {
        assert_eq!(port_of(" 8080 "), Some(8080));
        assert_eq!(port_of("0"), Some(0));
        assert!(["", "65536", "-1", "http", "80 80"].iter().all(|text| port_of(text).is_none()));
    }
}
