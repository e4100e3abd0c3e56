//! A request as a program: Python (requests, and the SDKs where they fit), JavaScript (fetch) and Rust (reqwest). Secrets are
//! read from environment variables of the program's process, never written into it.

mod javascript;
mod python;
mod rust;
mod sdk;

use std::collections::BTreeMap;

use super::request::{Request, Settings};
use super::variables::Values;

/// A language to write a request in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// A curl command line.
    Curl,
    /// Python with requests.
    Python,
    /// Python with the SDK that fits: openai or tritonclient.
    Sdk,
    /// JavaScript with fetch, for Node 18 and newer as a module, and for browsers.
    JavaScript,
    /// Rust with reqwest.
    Rust,
}

impl Language {
    /// Every language, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Curl, Self::Python, Self::Sdk, Self::JavaScript, Self::Rust];

    /// What to call it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "Python",
            Self::Sdk => "Python SDK",
            Self::JavaScript => "JavaScript",
            Self::Rust => "Rust",
        }
    }
}

/// What is secret in a request, and from which environment variable a program gets it.
#[derive(Debug, Clone, Default)]
pub struct Context<'a> {
    secrets: Vec<(&'a str, String)>,
}

impl<'a> Context<'a> {
    /// Secrets by their values; `env_names` says for a variable's name which environment variable holds its value, where that
    /// is known; otherwise it is the name in capitals.
    #[must_use]
    pub fn new(values: &'a Values, env_names: &BTreeMap<String, String>) -> Self {
        let mut secrets: Vec<(&str, String)> = values
            .named_secrets()
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| {
                let env = env_names.get(name).cloned().unwrap_or_else(|| env_name(name));
                (value, env)
            })
            .collect();
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self { secrets }
    }

    /// A text cut at its secrets.
    pub(super) fn pieces<'t>(&'t self, text: &'t str) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let next = self
                .secrets
                .iter()
                .filter_map(|(value, env)| rest.find(value).map(|at| (at, value.len(), env)))
                .min_by_key(|(at, len, _)| (*at, std::cmp::Reverse(*len)));
            let Some((at, len, env)) = next else { break };
            if at > 0 {
                pieces.push(Piece::Text(&rest[..at]));
            }
            pieces.push(Piece::Secret(env));
            rest = &rest[at + len..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        pieces
    }

    /// The environment variables that a request's texts need.
    pub(super) fn used(&self, request: &Request) -> bool {
        let body = String::from_utf8_lossy(&request.body);
        self.secrets.iter().any(|(value, _)| {
            request.url.contains(value)
                || body.contains(value)
                || request.headers.iter().any(|(_, header)| header.contains(value))
        })
    }
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// As it is.
    Text(&'a str),
    /// The value of an environment variable.
    Secret(&'a str),
}

fn env_name(name: &str) -> String {
    let mut text: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        text.insert(0, '_');
    }
    text
}

/// Texts joined by a plus sign, each in the language's own manner.
fn joined(pieces: &[Piece<'_>], text: impl Fn(&str) -> String, secret: impl Fn(&str) -> String) -> String {
    if pieces.is_empty() {
        return text("");
    }
    let parts: Vec<String> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(plain) => text(plain),
            Piece::Secret(name) => secret(name),
        })
        .collect();
    parts.join(" + ")
}

/// A text on one line between double quotes, as Python, JavaScript and JSON read it.
fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}') => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A request in a language; `None` where no SDK fits it.
#[must_use]
pub fn generate(
    language: Language,
    request: &Request,
    settings: &Settings,
    context: &Context<'_>,
) -> Option<String> {
    match language {
        Language::Curl => Some(super::curl::export(request, settings, context)),
        Language::Python => Some(python::requests(request, settings, context)),
        Language::Sdk => sdk::python(request, context),
        Language::JavaScript => Some(javascript::fetch(request, settings, context)),
        Language::Rust => Some(rust::reqwest(request, settings, context)),
    }
}
