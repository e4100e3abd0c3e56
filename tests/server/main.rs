//! The server, asked over real sockets: every dialect's bodies and errors, keys, limits, jobs, the log, stopping.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

#[path = "../common/mod.rs"]
mod common;

mod again;
mod command;
mod description;
mod dialects;
mod door;
mod http;
mod jobs;
mod limits;
mod models;
mod operation;
mod robustness;
mod rollout;
mod served;
mod text;
