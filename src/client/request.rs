//! What is sent, and how: a request with every variable filled in, and the settings of the client.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A request that is ready to go: no variables, no secrets to be looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` and so on; any token that HTTP allows.
    pub method: String,
    /// An `http` or `https` address. Without a scheme, `http://` is taken.
    pub url: String,
    /// Names and values, in the order they are sent.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body; empty for none.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: &str, url: &str) -> Self {
        Self { method: method.into(), url: url.into(), ..Self::default() }
    }

    /// With a header added.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

/// The first value of a header in a list, whatever the case of its name.
#[must_use]
pub fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Which proxy requests go through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyChoice {
    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say. Addresses of this machine go direct.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Direct,
    /// This one, for every address: `http://[user:password@]host:port`.
    Explicit(String),
}

/// How requests are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How long finding the host, connecting and the TLS handshake may take.
    pub connect_timeout: Duration,
    /// How long the whole exchange may take, redirects included; `None` for as long as it lasts (streams).
    pub timeout: Option<Duration>,
    /// Whether redirects are followed.
    pub follow_redirects: bool,
    /// How many redirects are followed.
    pub max_redirects: usize,
    /// Whether the server's certificate must be trusted. Without, anyone in between can read and change everything.
    pub verify_tls: bool,
    /// A PEM file with authorities to trust beside the machine's own.
    pub extra_authorities: Option<PathBuf>,
    /// The proxy.
    pub proxy: ProxyChoice,
    /// How many bytes of an answer's body are kept.
    pub max_body_bytes: usize,
    /// Whether connections are kept for the next request.
    pub keep_alive: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Some(Duration::from_mins(1)),
            follow_redirects: true,
            max_redirects: 10,
            verify_tls: true,
            extra_authorities: None,
            proxy: ProxyChoice::Environment,
            max_body_bytes: 64 << 20,
            keep_alive: true,
        }
    }
}

/// Headers whose values say who asks: never written down, and sent to no other server than the first.
const PRIVATE: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
    "x-csrf-token",
];

/// Whether a header's value says who asks.
#[must_use]
pub fn is_private(name: &str) -> bool {
    PRIVATE.iter().any(|known| name.eq_ignore_ascii_case(known))
}
