//! The window, driven as a person or a screen reader drives it: by accessible names and by keys, on real data; and
//! pictures of every page, light and dark.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod bench;
mod board;
mod call;
mod data;
mod data_more;
mod drift;
mod drift_parts;
mod drift_rollout;
mod frame;
mod hard;
mod keyboard;
mod monkey;
mod predict;
mod requests;
mod requests_more;
mod scenario;
mod serve;
mod train;
mod walkthrough;
