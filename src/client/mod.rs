//! The request client: sends to any http(s) server and says where each millisecond went; collections of requests as plain
//! files, environments and secrets, history, the same record in every dialect, curl and code.
//!
//! hyper's connections are made here step by step, so that every phase is measured where it happens:
//!
//! ```no_run
//! use drydock::client::{Client, PhaseKind, Request, Settings};
//! use drydock::work::Progress;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let request = Request::new("POST", "http://127.0.0.1:8080/predict")
//!     .header("Content-Type", "application/json")
//!     .body(r#"{"degrees": 5}"#);
//! let exchange = Client::new()?.send(&request, &Settings::default(), &Progress::new())?;
//! println!("{} after {:?} s of waiting", exchange.status, exchange.timings.secs(PhaseKind::Wait));
//! # Ok(())
//! # }
//! ```

pub mod assertions;
pub mod code;
pub mod collection;
mod connect;
pub mod curl;
pub mod dialects;
pub mod diff;
pub mod environment;
mod exchange;
mod failure;
pub mod history;
pub mod json;
pub mod json_path;
pub mod leaks;
pub mod presets;
mod proxy;
mod receive;
mod request;
pub mod rows;
mod send;
mod shape;
mod sse;
mod tls;
pub mod variables;

pub use exchange::{Exchange, Live, Phase, PhaseKind, Redirect, ServerHop, Timings, TlsInfo, server_hops};
pub use failure::{Failure, FailureKind, SendError, is_loopback};
pub use request::{ProxyChoice, Request, Settings, find_header, is_private};
pub use send::Client;
pub use sse::{EventParser, ServerEvent};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// `Basic …` for a user and a password (RFC 7617, UTF-8).
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}")))
}

/// Bytes as text in files: as they are where they are UTF-8, else in base 64.
mod base64_bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Written {
        Text(String),
        Base64(String),
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;

        use super::BASE64;
        match std::str::from_utf8(bytes) {
            Ok(text) => Written::Text(text.to_owned()),
            Err(_binary) => Written::Base64(BASE64.encode(bytes)),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        use base64::Engine as _;

        use super::BASE64;
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(text.into_bytes()),
            Written::Base64(text) => BASE64.decode(text).map_err(serde::de::Error::custom),
        }
    }
}
