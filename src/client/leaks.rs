//! Secrets in a request that is about to be saved: where they stand, and how they are taken out.

use std::ops::Range;

use super::collection::{Auth, Body, SavedRequest};
use super::is_private;
use super::variables::names;
use crate::protocol::secrets;

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

/// What looks like a secret in a request that is about to be saved.
#[must_use]
pub fn leaks(request: &SavedRequest) -> Vec<Leak> {
    let mut leaks = Vec::new();
    let mut look = |place: &str, text: &str, by_line: bool| {
        for found in secrets::find(text).into_iter().filter(|found| found.secret) {
            let place = if by_line { format!("{place}, line {}", found.line) } else { place.to_owned() };
            leaks.push(Leak { place, what: found.kind.to_owned(), shown: found.shown });
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
    let private = request.headers.iter().filter(|header| is_private(&header.name) && is_plain(&header.value));
    for header in private {
        if secrets::find(&header.value).iter().all(|found| !found.secret) {
            leaks.push(as_it_is(&format!("header {}", header.name), &header.value));
        }
    }
    // a field for a secret that holds anything but a variable or a publishable key
    let (place, secret) = match &request.auth {
        Auth::None => ("", ""),
        Auth::Bearer { token } => ("the bearer's key", token.as_str()),
        Auth::Basic { password, .. } => ("the password", password.as_str()),
        Auth::Header { value, .. } => ("the key", value.as_str()),
    };
    if is_plain(secret) {
        leaks.push(as_it_is(place, secret));
    }
    if password_in(&request.url).is_some() {
        leaks.push(Leak {
            place: "address".into(),
            what: "a password in the address".into(),
            shown: "…".into(),
        });
    }
    leaks
}

fn as_it_is(place: &str, secret: &str) -> Leak {
    let first: String = secret.chars().take(3).collect();
    Leak {
        place: place.to_owned(),
        what: "a secret that stands in the file as it is".into(),
        shown: format!("{first}…"),
    }
}

/// Whether it is anything but a variable or a publishable key.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && names(text).is_empty() && !text.starts_with("pk_")
}

/// Where the password stands in an address, if one stands there as it is.
fn password_in(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + 3;
    let authority = start + url[start..].find(['/', '?', '#']).unwrap_or(url.len() - start);
    let end = start + url[start..authority].rfind('@')?;
    let begin = start + url[start..end].find(':')? + 1;
    is_plain(&url[begin..end]).then_some(begin..end)
}

/// Puts variables in place of what is secret in a request; the names, each with what it stands for. `is_taken` says which
/// names are in use.
pub fn take_out(request: &mut SavedRequest, is_taken: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    replace(request, |wish, value| {
        let known = out.iter().find(|(_, known)| known == value).map(|(name, _)| name.clone());
        known.unwrap_or_else(|| {
            let in_use = |name: &str| is_taken(name) || out.iter().any(|(known, _)| known == name);
            let further = (2..).map(|n: u32| format!("{wish}_{n}"));
            let free = std::iter::once(wish.to_owned()).chain(further).find(|name| !in_use(name));
            let name = free.unwrap_or_else(|| wish.to_owned());
            out.push((name.clone(), value.to_owned()));
            name
        })
    });
    out
}

/// The variable that stands where a secret was that is not kept. It never has a value, so that sending says what lacks.
pub const NOT_KEPT: &str = "not kept";

/// A request as it may be written beside the user's other work: [`NOT_KEPT`] in place of every secret.
#[must_use]
pub fn without_secrets(request: &SavedRequest) -> SavedRequest {
    let mut kept = request.clone();
    replace(&mut kept, |_, _| NOT_KEPT.to_owned());
    kept
}

/// A proxy's address without its password.
#[must_use]
pub fn without_password(url: &str) -> String {
    let mut kept = url.to_owned();
    if let Some(range) = password_in(url) {
        kept.replace_range(range, "");
    }
    kept
}

/// Puts a variable in place of each secret; `name` says which, of a wish and the secret.
fn replace(request: &mut SavedRequest, mut name: impl FnMut(&str, &str) -> String) {
    let mut cut = |text: &mut String, range: Range<usize>, wish: &str| {
        let name = name(wish, &text[range.clone()]);
        text.replace_range(range, &format!("{{{{{name}}}}}"));
    };
    match &mut request.auth {
        Auth::Bearer { token: text } | Auth::Header { value: text, .. } if is_plain(text) => {
            let all = 0..text.len();
            cut(text, all, "own_key");
        }
        Auth::Basic { password, .. } if is_plain(password) => {
            let all = 0..password.len();
            cut(password, all, "password");
        }
        _ => {}
    }
    for header in request.headers.iter_mut().filter(|header| is_private(&header.name)) {
        if is_plain(&header.value) {
            let all = 0..header.value.len();
            cut(&mut header.value, all, "own_key");
        }
    }
    if let Some(range) = password_in(&request.url) {
        cut(&mut request.url, range, "password");
    }
    let values = request.headers.iter_mut().map(|header| &mut header.value);
    let body = if let Body::Text(text) = &mut request.body { Some(text) } else { None };
    for text in [&mut request.url, &mut request.note].into_iter().chain(values).chain(body) {
        // from the end, so that the places before stay where they are
        for found in secrets::find(text).into_iter().rev().filter(|found| found.secret) {
            cut(text, found.range, "own_key");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_and_named() {
        let mut request = SavedRequest::new("a", "POST", "https://me:pw1@x/?k=sk_live9f3k2")
            .bearer("abc123")
            .header("X-Api-Key", "zzz")
            .header("Cookie", "{{cookie}}")
            .json("{\"k\": \"sk_live9f3k2\"}");
        let taken = take_out(&mut request, |name| name == "own_key");
        let of = |name: &str| taken.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(of("own_key_2"), Some("abc123"));
        assert_eq!(of("own_key_3"), Some("zzz"));
        assert_eq!(of("password"), Some("pw1"));
        // the same secret is one variable wherever it stands
        assert_eq!(of("own_key_4"), Some("sk_live9f3k2"));
        assert_eq!(taken.len(), 4);
        assert_eq!(request.url, "https://me:{{password}}@x/?k={{own_key_4}}");
        assert_eq!(request.body, Body::Text("{\"k\": \"{{own_key_4}}\"}".into()));
        assert!(leaks(&request).is_empty(), "{:?}", leaks(&request));
        assert!(take_out(&mut request, |_| false).is_empty());
    }

    #[test]
    fn what_is_kept_of_a_request_holds_no_secret_and_says_where_one_was() {
        let request = SavedRequest::new("a", "POST", "https://me:pw1@x/")
            .bearer("abc123")
            .header("X-Plain", "seen")
            .json("{\"k\": \"sk_live9f3k2\", \"price\": 3.2}");
        let kept = without_secrets(&request);
        let text = kept.to_toml();
        assert!(["pw1", "abc123", "sk_live"].iter().all(|secret| !text.contains(secret)), "{text}");
        assert_eq!(kept.url, "https://me:{{not kept}}@x/");
        assert!(text.contains("seen") && text.contains("3.2"), "{text}");
        assert_eq!(kept.variables(), [NOT_KEPT]);
        assert_eq!(without_secrets(&kept), kept);
        assert_eq!(without_password("http://me:pw@proxy:1/"), "http://me:@proxy:1/");
        assert_eq!(without_password("http://proxy:1"), "http://proxy:1");
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
                "body, line 2: a secret key (sk_…) (sk_te…)",
                "the bearer's key: a secret that stands in the file as it is (abc…)",
                "address: a password in the address (…)",
            ]
        );
        assert!(leaks(&SavedRequest::new("a", "GET", "{{base}}").bearer("{{key}}")).is_empty());
        assert!(leaks(&SavedRequest::new("a", "GET", "{{base}}").bearer("pk_dd_4mB7xT2q")).is_empty());
    }
}
