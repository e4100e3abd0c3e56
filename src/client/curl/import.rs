//! A curl command line read as a request, the way curl itself would send it.

use std::path::PathBuf;

use super::options::{IGNORED, IGNORED_WITH_VALUE, LEFT_OUT_WITH_VALUE};
use super::words::{is_curl, split};
use crate::client::collection::{Auth, Body, SavedHeader, SavedRequest};

/// Why a text is no curl command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ImportError(String);

/// A command as a request, and what of it belongs to the settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// The request. Its name is made of method and path.
    pub request: SavedRequest,
    /// `-k`: certificates are not checked.
    pub insecure: bool,
    /// `-L`: redirects are followed.
    pub follow_redirects: bool,
    /// `-x`: the proxy.
    pub proxy: Option<String>,
    /// `-m`: seconds for the whole.
    pub max_secs: Option<f64>,
    /// What could not be taken over, or was read with care.
    pub notes: Vec<String>,
}

/// Reads a command line. `read` gives the content of files that `-d @file` names.
///
/// # Errors
/// [`ImportError`] when it is no curl command or lacks its address.
pub fn import(text: &str, read: impl Fn(&str) -> std::io::Result<Vec<u8>>) -> Result<Imported, ImportError> {
    let fail = |what: &str| ImportError(what.to_owned());
    let cut =
        split(text.trim()).map_err(|what| ImportError(format!("The command can't be read: {what}.")))?;
    let mut out = Imported { notes: cut.notes, ..Imported::default() };
    // a prompt, or settings of variables before the command
    let words: Vec<String> = cut.words.into_iter().skip_while(|word| !is_curl(word)).collect();
    if words.is_empty() {
        return Err(fail("This is no curl command: it must begin with curl."));
    }
    let mut state = State::default();
    let mut words = words.into_iter().skip(1).peekable();
    let mut only_urls = false;
    while let Some(word) = words.next() {
        if only_urls || !word.starts_with('-') || word == "-" {
            state.urls.push(word);
            continue;
        }
        if word == "--" {
            only_urls = true;
            continue;
        }
        if word.starts_with("--") {
            // curl itself takes no =, people write it all the same
            let (name, glued) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            state.option(
                &name,
                &mut |missing| glued.clone().or_else(|| words.next()).ok_or(ImportError(missing)),
                &mut out,
                &read,
            )?;
            continue;
        }
        // short options may stand together, the last with its value: -sSXPOST
        let letters: Vec<char> = word.chars().skip(1).collect();
        let mut at = 0;
        while at < letters.len() {
            let name = format!("-{}", letters[at]);
            let rest: String = letters[at + 1..].iter().collect();
            let mut used = false;
            state.option(
                &name,
                &mut |missing| {
                    used = true;
                    if rest.is_empty() { words.next().ok_or(ImportError(missing)) } else { Ok(rest.clone()) }
                },
                &mut out,
                &read,
            )?;
            if used {
                break;
            }
            at += 1;
        }
    }
    state.finish(out)
}

#[derive(Default)]
struct State {
    urls: Vec<String>,
    method: Option<String>,
    headers: Vec<(String, String)>,
    /// Headers that curl would add and that were taken out (`-H 'Accept:'`).
    removed: Vec<String>,
    data: Option<String>,
    file: Option<PathBuf>,
    is_json: bool,
    get: bool,
    head: bool,
    upload: bool,
    auth: Auth,
}

impl State {
    fn add_data(&mut self, text: &str) {
        match &mut self.data {
            Some(data) => {
                if !self.is_json {
                    data.push('&');
                }
                data.push_str(text);
            }
            None => self.data = Some(text.to_owned()),
        }
    }

    fn option(
        &mut self,
        name: &str,
        value: &mut dyn FnMut(String) -> Result<String, ImportError>,
        out: &mut Imported,
        read: &impl Fn(&str) -> std::io::Result<Vec<u8>>,
    ) -> Result<(), ImportError> {
        let mut take = || value(format!("The option {name} lacks its value."));
        match name {
            "-X" | "--request" => self.method = Some(take()?),
            "-H" | "--header" => {
                let header = take()?;
                if let Some((name, value)) = header.split_once(':') {
                    if value.trim().is_empty() {
                        self.removed.push(name.trim().to_owned());
                    } else {
                        self.headers.push((name.trim().to_owned(), value.trim().to_owned()));
                    }
                } else if let Some(name) = header.strip_suffix(';') {
                    self.headers.push((name.trim().to_owned(), String::new()));
                } else {
                    out.notes.push(format!("The header '{header}' has no colon and was left out."));
                }
            }
            "-d" | "--data" | "--data-ascii" => {
                let text = take()?;
                if let Some(path) = text.strip_prefix('@') {
                    match read(path) {
                        // curl takes line ends and NULs out here
                        Ok(bytes) => {
                            let text = String::from_utf8_lossy(&bytes).replace(['\r', '\n', '\0'], "");
                            self.add_data(&text);
                        }
                        Err(error) => out.notes.push(format!(
                            "The file {path} can't be read ({error}): its content is left out."
                        )),
                    }
                } else {
                    self.add_data(&text);
                }
            }
            "--data-raw" => {
                let text = take()?;
                self.add_data(&text);
            }
            "--data-binary" => {
                let text = take()?;
                match text.strip_prefix('@') {
                    Some(path) if self.data.is_none() => self.file = Some(PathBuf::from(path)),
                    Some(path) => {
                        out.notes.push(format!("The file {path} stands beside other data and was left out."));
                    }
                    None => self.add_data(&text),
                }
            }
            "--json" => {
                let text = take()?;
                self.is_json = true;
                match text.strip_prefix('@') {
                    Some(path) => self.file = Some(PathBuf::from(path)),
                    None => self.add_data(&text),
                }
            }
            "--data-urlencode" => {
                let text = take()?;
                // as forms are: a blank is a plus
                let encode = |text: &str| crate::protocol::percent_encode(text).replace("%20", "+");
                let encoded = match text.split_once(['=', '@']) {
                    _ if text.contains('@') && !text.contains('=') => {
                        out.notes.push(format!("'--data-urlencode {text}' names a file and was left out."));
                        return Ok(());
                    }
                    Some(("", content)) => encode(content),
                    Some((name, content)) => format!("{name}={}", encode(content)),
                    None => encode(&text),
                };
                self.add_data(&encoded);
            }
            "-T" | "--upload-file" => {
                self.file = Some(PathBuf::from(take()?));
                self.upload = true;
            }
            "-F" | "--form" | "--form-string" => {
                let field = take()?;
                let field = field.split('=').next().unwrap_or("").to_owned();
                out.notes.push(format!(
                    "The form field '{field}' was left out: multipart forms are not made here."
                ));
            }
            "-u" | "--user" => {
                let user = take()?;
                let (user, password) = user.split_once(':').unwrap_or((&user, ""));
                self.auth = Auth::Basic { user: user.to_owned(), password: password.to_owned() };
            }
            "--oauth2-bearer" => self.auth = Auth::Bearer { token: take()? },
            "-A" | "--user-agent" => self.headers.push(("User-Agent".into(), take()?)),
            "-e" | "--referer" => self.headers.push(("Referer".into(), take()?)),
            "-b" | "--cookie" => {
                let cookie = take()?;
                if cookie.contains('=') {
                    self.headers.push(("Cookie".into(), cookie));
                } else {
                    out.notes.push(format!("The cookie file {cookie} was left out."));
                }
            }
            "-r" | "--range" => {
                let range = take()?;
                self.headers.push(("Range".into(), format!("bytes={range}")));
            }
            "-k" | "--insecure" => out.insecure = true,
            "-L" | "--location" | "--location-trusted" => out.follow_redirects = true,
            "-x" | "--proxy" => out.proxy = Some(take()?),
            "-m" | "--max-time" => out.max_secs = take()?.parse().ok(),
            "-G" | "--get" => self.get = true,
            "-I" | "--head" => self.head = true,
            "--url" => self.urls.push(take()?),
            "--basic" => {}
            name if IGNORED_WITH_VALUE.contains(&name) => {
                take()?;
            }
            name if LEFT_OUT_WITH_VALUE.contains(&name) => {
                let value = take()?;
                out.notes.push(match name {
                    "--cacert" => format!(
                        "The authority {value} was left out: name it under Options, where it counts for every request."
                    ),
                    // the value may be a password
                    _ => format!("The option {name} was left out, and what belongs to it."),
                });
            }
            name if IGNORED.contains(&name) => {}
            other => {
                // unknown: whether it takes a value can't be known either
                out.notes.push(format!("The option {other} is not known here and was left out."));
            }
        }
        Ok(())
    }

    fn finish(self, mut out: Imported) -> Result<Imported, ImportError> {
        let mut urls = self.urls.into_iter();
        let url = urls.next().ok_or_else(|| ImportError("The command has no address.".into()))?;
        let more: Vec<String> = urls.collect();
        if !more.is_empty() {
            out.notes.push(format!("Only the first address was taken; left out: {}.", more.join(", ")));
        }
        let mut url =
            if url.contains("://") || url.starts_with("{{") { url } else { format!("http://{url}") };
        let has_data = self.data.is_some() || self.file.is_some();
        let method = self.method.unwrap_or_else(|| {
            let usual = if self.head {
                "HEAD"
            } else if self.upload {
                "PUT"
            } else if has_data && !self.get {
                "POST"
            } else {
                "GET"
            };
            usual.to_owned()
        });
        let mut data = self.data;
        if self.get
            && let Some(query) = data.take()
        {
            let (before, fragment) = match url.split_once('#') {
                Some((before, fragment)) => (before.to_owned(), format!("#{fragment}")),
                None => (url.clone(), String::new()),
            };
            let sign = if before.contains('?') { '&' } else { '?' };
            url = format!("{before}{sign}{query}{fragment}");
        }
        let has = |name: &str| {
            self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
                || self.removed.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let mut usual: Vec<(&str, &str)> = Vec::new();
        if (data.is_some() || self.file.is_some()) && !has("Content-Type") && !self.upload {
            let kind = if self.is_json { "application/json" } else { "application/x-www-form-urlencoded" };
            usual.push(("Content-Type", kind));
        }
        if self.is_json && !has("Accept") {
            usual.push(("Accept", "application/json"));
        }
        let mut headers: Vec<SavedHeader> = self
            .headers
            .iter()
            .map(|(name, value)| SavedHeader { name: name.clone(), value: value.clone(), on: true })
            .collect();
        headers.extend(usual.into_iter().map(|(name, value)| SavedHeader {
            name: name.into(),
            value: value.into(),
            on: true,
        }));
        let mut auth = self.auth;
        // a bearer's key has a place of its own
        if auth == Auth::None
            && let Some(at) = headers.iter().position(|h| {
                h.name.eq_ignore_ascii_case("authorization")
                    && h.value.to_ascii_lowercase().starts_with("bearer ")
            })
        {
            let header = headers.remove(at);
            auth = Auth::Bearer { token: header.value[7..].trim().to_owned() };
        }
        let path = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let path = path.split(['?', '#']).next().unwrap_or(path);
        out.request = SavedRequest {
            name: format!("{method} {path}"),
            method,
            url,
            headers,
            auth,
            body: match (self.file, data) {
                (Some(file), _) => Body::File(file),
                (None, Some(text)) => Body::Text(text),
                (None, None) => Body::None,
            },
            ..SavedRequest::default()
        };
        Ok(out)
    }
}
