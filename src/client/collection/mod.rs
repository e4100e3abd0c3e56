//! Requests as plain text files: one file a request, folders are folders, variables in place of anything secret.
//!
//! ```toml
//! drydock_request = 1
//! name = "Predict one record"
//! method = "POST"
//! url = "{{base}}/predict"
//! headers = [
//!     "Content-Type: application/json",
//!     "# X-Debug: 1",
//! ]
//! auth = { kind = "bearer", token = "{{key}}" }
//! body = '''
//! {"temperature_c": -4.0}'''
//!
//! [[assert]]
//! check = "status"
//! is = "200"
//! ```

mod file;
mod tree;

pub use file::FileError;
pub(in crate::client) use file::quoted;
pub(in crate::client) use tree::file_stem;
pub use tree::{Collection, CollectionError, Node, Undo};

use std::path::{Path, PathBuf};

use super::assertions::Assertion;
use super::request::Request;
use super::variables::{Values, names};

/// A header as it stands in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedHeader {
    /// Its name.
    pub name: String,
    /// Its value, with variables.
    pub value: String,
    /// Whether it is sent.
    pub on: bool,
}

/// How a request says who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// It does not.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer {
        /// The key, usually a variable.
        token: String,
    },
    /// `Authorization: Basic …`.
    Basic {
        /// The user.
        user: String,
        /// The password, usually a variable.
        password: String,
    },
    /// A key in a header of its own.
    Header {
        /// The header's name, `X-Api-Key` say.
        name: String,
        /// The key, usually a variable.
        value: String,
    },
}

/// The body of a saved request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Body {
    /// None.
    #[default]
    None,
    /// A text with variables.
    Text(String),
    /// The bytes of a file, by its path; a relative one counts from the workspace.
    File(PathBuf),
}

/// A request as it is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SavedRequest {
    /// What it is called.
    pub name: String,
    /// Its place among its neighbours; equal ones stand by name.
    pub order: i64,
    /// What the user wrote about it.
    pub note: String,
    /// The method.
    pub method: String,
    /// The address, with variables.
    pub url: String,
    /// The headers.
    pub headers: Vec<SavedHeader>,
    /// Who asks.
    pub auth: Auth,
    /// The body.
    pub body: Body,
    /// What the answer is expected to be.
    pub assertions: Vec<Assertion>,
}

impl SavedRequest {
    /// A request with a name, a method and an address.
    #[must_use]
    pub fn new(name: &str, method: &str, url: &str) -> Self {
        Self { name: name.into(), method: method.into(), url: url.into(), ..Self::default() }
    }

    /// With a header added.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(SavedHeader { name: name.into(), value: value.into(), on: true });
        self
    }

    /// With a JSON body, and the header that says so.
    #[must_use]
    pub fn json(self, body: impl Into<String>) -> Self {
        let mut with = self.header("Content-Type", "application/json");
        with.body = Body::Text(body.into());
        with
    }

    /// With the variable `key` sent as a bearer's.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.auth = Auth::Bearer { token: token.into() };
        self
    }

    /// The variables it uses, each once, in the order they are met.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let mut texts: Vec<&str> = vec![&self.url];
        for header in self.headers.iter().filter(|header| header.on) {
            texts.extend([header.name.as_str(), header.value.as_str()]);
        }
        match &self.auth {
            Auth::None => {}
            Auth::Bearer { token } => texts.push(token),
            Auth::Basic { user, password } => texts.extend([user.as_str(), password.as_str()]),
            Auth::Header { name, value } => texts.extend([name.as_str(), value.as_str()]),
        }
        if let Body::Text(text) = &self.body {
            texts.push(text);
        }
        let mut found: Vec<String> = Vec::new();
        for (_, _, name) in texts.into_iter().flat_map(names) {
            if !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
        }
        found
    }

    /// The request with every variable filled in, ready to be sent.
    ///
    /// # Errors
    /// [`FillError`]: variables without a value, or a body file that can't be read.
    pub fn fill(&self, values: &Values, workspace: &Path) -> Result<Request, FillError> {
        let mut missing: Vec<String> = Vec::new();
        let mut fill = |text: &str| {
            values.fill(text).unwrap_or_else(|names| {
                for name in names {
                    if !missing.contains(&name) {
                        missing.push(name);
                    }
                }
                String::new()
            })
        };
        let mut request = Request::new(self.method.trim(), &fill(&self.url));
        for header in self.headers.iter().filter(|header| header.on && !header.name.trim().is_empty()) {
            request.headers.push((fill(&header.name), fill(&header.value)));
        }
        match &self.auth {
            Auth::None => {}
            Auth::Bearer { token } => {
                let token = fill(token);
                request.headers.push(("Authorization".into(), format!("Bearer {token}")));
            }
            Auth::Basic { user, password } => {
                let value = super::basic(&fill(user), &fill(password));
                request.headers.push(("Authorization".into(), value));
            }
            Auth::Header { name, value } => {
                let name = fill(name);
                request.headers.push((name, fill(value)));
            }
        }
        match &self.body {
            Body::None => {}
            Body::Text(text) => request.body = fill(text).into_bytes(),
            Body::File(path) => {
                let path = workspace.join(path);
                request.body = std::fs::read(&path)
                    .map_err(|source| FillError::BodyFile { path: path.clone(), source })?;
            }
        }
        if missing.is_empty() { Ok(request) } else { Err(FillError::Missing(missing)) }
    }
}

/// Why a saved request can't be sent as it is.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// Variables have no value.
    #[error("{}", missing_text(.0))]
    Missing(Vec<String>),
    /// The body's file can't be read.
    #[error("the body's file {} can't be read: {source}", path.display())]
    BodyFile {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn missing_text(names: &[String]) -> String {
    let list: Vec<String> = names.iter().map(|name| format!("{{{{{name}}}}}")).collect();
    let (verb, them) = if names.len() == 1 { ("has", "it") } else { ("have", "them") };
    let what = format!("{} {verb} no value", list.join(", "));
    if names.iter().any(|name| name == super::leaks::NOT_KEPT) {
        return format!("{what}: a secret that was typed is not kept when the window closes; type it again");
    }
    format!("{what}; give {them} one in the environment")
}
