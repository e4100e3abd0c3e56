//! What each route answers.

pub(super) mod admin;
pub(super) mod again;
pub(super) mod jobs;
pub(super) mod table;
pub(super) mod text;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue};

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: ReplyBody,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// Its body.
#[derive(Debug)]
pub(crate) enum ReplyBody {
    /// All of it.
    Whole(Bytes),
    /// Made while it is sent.
    Stream(Body),
}

pub(crate) const JSON: &str = "application/json";

impl Reply {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type, body: ReplyBody::Whole(body.into()), headers: Vec::new() }
    }

    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::new(200, JSON, value.to_string())
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }
}
