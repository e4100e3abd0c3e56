//! Finds what looks like a secret in a text that is about to be written down or handed on.

use super::collection::{Auth, Body, SavedRequest};
use super::variables::names;

/// Something that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Where it stands: `header Authorization`, `body, line 3`.
    pub place: String,
    /// What it looks like: `a secret key (sk_…)`.
    pub what: String,
    /// Its first characters, the rest hidden.
    pub shown: String,
}

impl std::fmt::Display for Leak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.what, self.shown)
    }
}

/// Beginnings of well-known secrets, what they are, and how many characters follow at least.
const BEGINNINGS: [(&str, &str, usize); 20] = [
    ("sk_", "a secret key", 6),
    ("sk-", "a secret key", 12),
    ("rk_live_", "a restricted key", 8),
    ("ghp_", "a GitHub token", 20),
    ("gho_", "a GitHub token", 20),
    ("ghs_", "a GitHub token", 20),
    ("github_pat_", "a GitHub token", 20),
    ("glpat-", "a GitLab token", 16),
    ("xoxb-", "a Slack token", 10),
    ("xoxp-", "a Slack token", 10),
    ("AKIA", "an AWS access key", 16),
    ("ASIA", "an AWS access key", 16),
    ("AIza", "a Google API key", 30),
    ("ya29.", "a Google access token", 16),
    ("hf_", "a Hugging Face token", 20),
    ("npm_", "an npm token", 20),
    ("pypi-", "a PyPI token", 20),
    ("dapi", "a Databricks token", 32),
    ("eyJ", "a signed token (JWT)", 20),
    ("-----BEGIN", "a private key", 0),
];

/// What looks like a secret in a text, each with its first byte.
#[must_use]
pub fn secrets_in(text: &str) -> Vec<(usize, &'static str, String)> {
    let mut found: Vec<(usize, &'static str, String)> = Vec::new();
    for (beginning, what, least) in BEGINNINGS {
        for (at, _) in text.match_indices(beginning) {
            let starts_word =
                text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.');
            if !starts_word {
                continue;
            }
            if beginning == "-----BEGIN" {
                if text[at..].lines().next().is_some_and(|line| line.contains("PRIVATE KEY")) {
                    found.push((at, what, "-----BEGIN … PRIVATE KEY-----".into()));
                }
                continue;
            }
            let rest = &text[at + beginning.len()..];
            let run: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).collect();
            let is_token = run.len() >= least && (beginning != "eyJ" || run.contains('.'));
            // words of a language are no keys: sk-learn-contrib-tools
            let has_digit_or_case =
                run.bytes().any(|b| b.is_ascii_digit()) || run.bytes().any(|b| b.is_ascii_uppercase());
            if is_token && (has_digit_or_case || beginning == "sk_") {
                found.push((at, what, shown(beginning, &run)));
            }
        }
    }
    // what stands behind "Bearer" is a key whatever it looks like
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices("bearer ") {
        let token: String =
            text[at + 7..].chars().take_while(|c| !c.is_whitespace() && !"\"',;".contains(*c)).collect();
        let start = at + 7;
        let is_placeholder = token.starts_with("{{")
            || token.starts_with('<')
            || token.starts_with('$')
            || token.starts_with("pk_");
        let known = found.iter().any(|(place, ..)| *place == start);
        if token.len() >= 8
            && !is_placeholder
            && !known
            && token.chars().any(|c| c.is_ascii_digit() || c == '_' || c == '-')
        {
            found.push((start, "a bearer's key", shown("", &token)));
        }
    }
    found.sort();
    found
}

fn shown(beginning: &str, rest: &str) -> String {
    let first: String = rest.chars().take(2).collect();
    format!("{beginning}{first}…")
}

/// What looks like a secret in a request that is about to be saved.
#[must_use]
pub fn leaks(request: &SavedRequest) -> Vec<Leak> {
    let mut leaks = Vec::new();
    let mut look = |place: &str, text: &str, by_line: bool| {
        for (at, what, shown) in secrets_in(text) {
            let place = if by_line {
                format!("{place}, line {}", super::json::line_and_column(text, at).0)
            } else {
                place.to_owned()
            };
            leaks.push(Leak { place, what: what.to_owned(), shown });
        }
    };
    look("address", &request.url, false);
    look("note", &request.note, true);
    for header in &request.headers {
        look(&format!("header {}", header.name), &header.value, false);
    }
    if let Body::Text(text) = &request.body {
        look("body", text, true);
    }
    // a field for a secret that holds anything but a variable or a publishable key
    let (place, secret) = match &request.auth {
        Auth::None => ("", ""),
        Auth::Bearer { token } => ("the bearer's key", token.as_str()),
        Auth::Basic { password, .. } => ("the password", password.as_str()),
        Auth::Header { value, .. } => ("the key", value.as_str()),
    };
    if !secret.is_empty() && names(secret).is_empty() && !secret.starts_with("pk_") {
        let first: String = secret.chars().take(3).collect();
        leaks.push(Leak {
            place: place.to_owned(),
            what: "a secret that stands in the file as it is".into(),
            shown: format!("{first}…"),
        });
    }
    let has_password =
        url::Url::parse(&request.url).is_ok_and(|url| url.password().is_some_and(|p| !p.contains("%7B%7B")));
    if has_password {
        leaks.push(Leak {
            place: "address".into(),
            what: "a password in the address".into(),
            shown: "…".into(),
        });
    }
    leaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_and_harmless_text_is_not() {
        let found = |text: &str| {
            secrets_in(text).into_iter().map(|(_, what, shown)| format!("{what} {shown}")).collect::<Vec<_>>()
        };
        assert_eq!(found("x sk_live9f3k2 y"), ["a secret key sk_li…"]);
        assert_eq!(found("Bearer sk-proj-4kd93hG82h1"), ["a secret key sk-pr…"]);
        assert_eq!(found("authorization: bearer 0123456789abcdef"), ["a bearer's key 01…"]);
        assert_eq!(found("AKIAIOSFODNN7EXAMPLE"), ["an AWS access key AKIAIO…"]);
        assert_eq!(
            found("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"),
            ["a signed token (JWT) eyJhb…"]
        );
        assert_eq!(
            found("-----BEGIN RSA PRIVATE KEY-----\nMII"),
            ["a private key -----BEGIN … PRIVATE KEY-----"]
        );
        for harmless in [
            "task_id",
            "Bearer {{key}}",
            "Bearer pk_dd_4mB7xT2q",
            "risk_assessment",
            "sk-learn-contrib-tools",
            "the bearer of news arrives",
            "-----BEGIN CERTIFICATE-----",
            "Bearer $KEY",
            "disk_space sk_",
        ] {
            assert_eq!(found(harmless), [] as [&str; 0], "{harmless}");
        }
    }

    #[test]
    fn a_request_says_where_its_secret_stands() {
        let request = SavedRequest::new("a", "POST", "https://me:pw@x/?k=1")
            .bearer("abc123")
            .json("{\n\"k\": \"sk_test_12345\"}");
        let places: Vec<String> = leaks(&request).iter().map(ToString::to_string).collect();
        assert_eq!(
            places,
            [
                "body, line 2: a secret key (sk_te…)",
                "the bearer's key: a secret that stands in the file as it is (abc…)",
                "address: a password in the address (…)",
            ]
        );
        assert!(leaks(&SavedRequest::new("a", "GET", "{{base}}").bearer("{{key}}")).is_empty());
        assert!(leaks(&SavedRequest::new("a", "GET", "{{base}}").bearer("pk_dd_4mB7xT2q")).is_empty());
    }
}
