//! A request's file: TOML with one line a header and the body as a block, so that a change reads well in a diff.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Auth, Body, SavedHeader, SavedRequest};
use crate::client::assertions::Assertion;

/// The layout of request files that this program writes.
const LAYOUT: u32 = 1;

/// Why a file is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FileError {
    /// The line, from 1, if known.
    pub line: Option<usize>,
    /// What is wrong, with the line.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    drydock_request: u32,
    name: String,
    #[serde(default)]
    order: i64,
    #[serde(default)]
    note: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<HeaderForm>,
    #[serde(default)]
    auth: AuthForm,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_file: Option<PathBuf>,
    #[serde(default, rename = "assert")]
    assertions: Vec<Assertion>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum HeaderForm {
    Line(String),
    Parts {
        name: String,
        value: String,
        #[serde(default = "yes")]
        on: bool,
    },
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, Default)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum AuthForm {
    #[default]
    None,
    Bearer {
        token: String,
    },
    Basic {
        user: String,
        password: String,
    },
    Header {
        name: String,
        value: String,
    },
}

impl SavedRequest {
    /// Reads a file's text.
    ///
    /// # Errors
    /// [`FileError`] with the line.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        #[derive(Deserialize)]
        struct Layout {
            drydock_request: u32,
        }
        let error = |error: &toml::de::Error| {
            let line = error.span().map(|span| crate::client::json::line_and_column(text, span.start).0);
            let what = error.message().trim().replace('\n', " ");
            FileError { line, message: line.map_or(what.clone(), |line| format!("line {line}: {what}")) }
        };
        if let Ok(layout) = toml::from_str::<Layout>(text)
            && layout.drydock_request > LAYOUT
        {
            let found = layout.drydock_request;
            let message = format!(
                "it has layout {found}, and this program reads up to {LAYOUT}; open it with a newer Drydock"
            );
            return Err(FileError { line: None, message });
        }
        let form: Form = toml::from_str(text).map_err(|e| error(&e))?;
        if form.drydock_request == 0 {
            return Err(FileError { line: None, message: "it has layout 0, which never was".into() });
        }
        let body = match (form.body, form.body_file) {
            (Some(_), Some(_)) => {
                let message = "it has both body and body_file; only one can be sent".into();
                return Err(FileError { line: None, message });
            }
            (Some(text), None) => Body::Text(text),
            (None, Some(path)) => Body::File(path),
            (None, None) => Body::None,
        };
        let headers = form.headers.into_iter().map(|header| match header {
            HeaderForm::Parts { name, value, on } => SavedHeader { name, value, on },
            HeaderForm::Line(line) => {
                let (on, line) = match line.strip_prefix("# ") {
                    Some(rest) => (false, rest),
                    None => (true, line.as_str()),
                };
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                let value = value.strip_prefix(' ').unwrap_or(value);
                SavedHeader { name: name.to_owned(), value: value.to_owned(), on }
            }
        });
        Ok(Self {
            name: form.name,
            order: form.order,
            note: form.note,
            method: form.method,
            url: form.url,
            headers: headers.collect(),
            auth: match form.auth {
                AuthForm::None => Auth::None,
                AuthForm::Bearer { token } => Auth::Bearer { token },
                AuthForm::Basic { user, password } => Auth::Basic { user, password },
                AuthForm::Header { name, value } => Auth::Header { name, value },
            },
            body,
            assertions: form.assertions,
        })
    }

    /// The file's text.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        // writing to a string can't fail
        let mut line = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        line(format!("drydock_request = {LAYOUT}"));
        line(format!("name = {}", quoted(&self.name)));
        if self.order != 0 {
            line(format!("order = {}", self.order));
        }
        if !self.note.is_empty() {
            line(format!("note = {}", block(&self.note)));
        }
        line(format!("method = {}", quoted(&self.method)));
        line(format!("url = {}", quoted(&self.url)));
        if !self.headers.is_empty() {
            line("headers = [".into());
            for header in &self.headers {
                let plain = !header.name.contains(':')
                    && !header.name.starts_with("# ")
                    && !header.value.starts_with(' ');
                line(if plain {
                    let off = if header.on { "" } else { "# " };
                    format!("    {},", quoted(&format!("{off}{}: {}", header.name, header.value)))
                } else {
                    let (name, value) = (quoted(&header.name), quoted(&header.value));
                    format!("    {{ name = {name}, value = {value}, on = {} }},", header.on)
                });
            }
            line("]".into());
        }
        match &self.auth {
            Auth::None => {}
            Auth::Bearer { token } => {
                line(format!("auth = {{ kind = \"bearer\", token = {} }}", quoted(token)));
            }
            Auth::Basic { user, password } => line(format!(
                "auth = {{ kind = \"basic\", user = {}, password = {} }}",
                quoted(user),
                quoted(password)
            )),
            Auth::Header { name, value } => {
                line(format!(
                    "auth = {{ kind = \"header\", name = {}, value = {} }}",
                    quoted(name),
                    quoted(value)
                ));
            }
        }
        match &self.body {
            Body::None => {}
            Body::Text(text) => line(format!("body = {}", block(text))),
            Body::File(path) => {
                line(format!("body_file = {}", quoted(&path.to_string_lossy().replace('\\', "/"))));
            }
        }
        for assertion in &self.assertions {
            line(String::new());
            line("[[assert]]".into());
            // plain data with string keys can't fail to serialise
            line(toml::to_string(assertion).unwrap_or_default().trim_end().to_owned());
        }
        out
    }
}

/// In other files a request stands as its own file's text.
impl serde::Serialize for SavedRequest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_toml())
    }
}

impl<'de> Deserialize<'de> for SavedRequest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_toml(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A text as a TOML string of one line.
pub(in crate::client) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        escape(c, &mut out, false);
    }
    out.push('"');
    out
}

fn escape(c: char, out: &mut String, block: bool) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' if block => out.push('\n'),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() => {
            write!(out, "\\u{:04X}", c as u32).ok();
        }
        c => out.push(c),
    }
}

/// A text of several lines as a block: as it is where TOML allows, with escapes otherwise.
fn block(text: &str) -> String {
    if !text.contains('\n') && !text.contains('"') {
        return quoted(text);
    }
    let is_plain = text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control());
    // quotes at the end would run into the closing ones
    if is_plain && !text.contains("'''") && !text.ends_with('\'') {
        return format!("'''\n{text}'''");
    }
    let mut out = String::from("\"\"\"\n");
    for c in text.chars() {
        escape(c, &mut out, true);
    }
    out.push_str("\"\"\"");
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z{}\"'\\\\\n\r\t #:=\\[\\]]{0,40}", any::<String>()]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            name in text(), url in text(), note in text(), body in proptest::option::of(text()), order in any::<i64>(),
            headers in proptest::collection::vec(("[^:]{0,12}", text(), any::<bool>()), 0..4), token in text(),
        ) {
            let request = SavedRequest {
                name, order, note, method: "POST".into(), url,
                headers: headers.into_iter().map(|(name, value, on)| SavedHeader { name, value, on }).collect(),
                auth: Auth::Basic { user: token.clone(), password: token },
                body: body.map_or(Body::None, Body::Text),
                assertions: vec![
                    Assertion::Status { is: "2xx".into() },
                    Assertion::JsonNumber { path: "a[0]".into(), value: 1.5, within: 1e-9 },
                ],
            };
            let file = request.to_toml();
            prop_assert_eq!(SavedRequest::from_toml(&file), Ok(request), "{}", file);
        }
    }

    #[test]
    fn a_file_reads_as_a_person_would_write_it() {
        let mut request = SavedRequest::new("Predict one record", "POST", "{{base}}/predict")
            .json("{\n  \"t\": -4.0\n}\n")
            .bearer("{{key}}");
        request.headers.push(SavedHeader { name: "X-Debug".into(), value: "1".into(), on: false });
        request.assertions.push(Assertion::Status { is: "200".into() });
        let expected = "drydock_request = 1\nname = \"Predict one record\"\nmethod = \"POST\"\nurl = \"{{base}}/predict\"\nheaders = [\n    \
            \"Content-Type: application/json\",\n    \"# X-Debug: 1\",\n]\nauth = { kind = \"bearer\", token = \"{{key}}\" }\nbody = '''\n{\n  \
            \"t\": -4.0\n}\n'''\n\n[[assert]]\ncheck = \"status\"\nis = \"200\"\n";
        assert_eq!(request.to_toml(), expected);
        // Python's own TOML reader agrees on what the body is: see tests/requests.rs
    }

    #[test]
    fn a_damaged_file_is_named_with_its_line() {
        let check = |text: &str, expected: &str| {
            let error = SavedRequest::from_toml(text).unwrap_err();
            assert!(error.message.contains(expected), "{}", error.message);
        };
        check(
            "drydock_request = 1\nname = \"a\"\nmethod = \"GET\"\nurl = \"x\"\nfoo = 1\n",
            "line 5: unknown field `foo`",
        );
        check("drydock_request = 1\nname = = \"a\"\n", "line 2");
        check("drydock_request = 9\nnew = true\n", "layout 9");
        check("name = \"a\"\nmethod = \"GET\"\nurl = \"x\"\n", "missing field `drydock_request`");
    }
}
