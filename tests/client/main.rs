//! The request client against real sockets: phases, redirects, proxies, TLS, streams, failures; curl, Python and Node as
//! judges of what is sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod code;
mod curl;
mod exchange;
mod failures;
mod rows;
mod server;
