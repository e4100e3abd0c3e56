//! What was sent and what came back, kept in the workspace from one session to the next, without secrets.
//!
//! One JSON object a line, appended: a crash can at most tear the last line, which is then left out. When the file is full
//! it becomes `history.1.jsonl`, and the one that was that goes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::exchange::{Exchange, Timings};
use super::failure::Failure;
use super::request::Request;
use super::variables::Values;

/// How large the file may become before it is put aside.
const MAX_BYTES: u64 = 16 << 20;
/// How many bytes of a body are kept.
pub const MAX_BODY: usize = 64 << 10;

/// A line of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number; later ones are larger.
    pub id: u64,
    /// When it was sent, in milliseconds since 1970 (UTC).
    pub at_unix_millis: i64,
    /// The request's file in the collection, empty for one that was not saved.
    pub request: String,
    /// What the request is called.
    pub name: String,
    /// The method.
    pub method: String,
    /// The address, with variables in place of secrets.
    pub url: String,
    /// The headers that were sent, private values hidden.
    pub headers: Vec<(String, String)>,
    /// The body that was sent; the start of it if it is long.
    pub body: String,
    /// The status, if an answer came.
    pub status: Option<u16>,
    /// The status's words, or why there is no answer.
    pub outcome: String,
    /// The answer's headers.
    pub answer_headers: Vec<(String, String)>,
    /// The answer's body; the start of it if it is long.
    pub answer: String,
    /// How many bytes the answer's body had.
    pub answer_bytes: u64,
    /// Where the time went.
    pub timings: Timings,
    /// The whole, in seconds.
    pub total_secs: f64,
}

impl Entry {
    /// Whether only the start of the answer's body is kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.answer_bytes > MAX_BODY as u64
    }

    /// Whether it holds every word of `search` in its name, address, outcome or a body, whatever the case.
    #[must_use]
    pub fn holds(&self, search: &str) -> bool {
        let texts = [&self.name, &self.method, &self.url, &self.outcome, &self.body, &self.answer];
        search.split_whitespace().map(str::to_lowercase).all(|word| {
            self.status.is_some_and(|status| status.to_string() == word)
                || texts.iter().any(|text| text.to_lowercase().contains(&word))
        })
    }
}

/// What an entry is made of.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// When, in milliseconds since 1970 (UTC).
    pub at_unix_millis: i64,
    /// The request's file in the collection.
    pub file: &'a str,
    /// What the request is called.
    pub name: &'a str,
    /// What was sent.
    pub request: &'a Request,
    /// What came of it.
    pub outcome: Result<&'a Exchange, &'a Failure>,
    /// The values that were filled in: what is secret of them is not written down.
    pub values: &'a Values,
}

/// The history of a workspace.
#[derive(Debug, Clone)]
pub struct History {
    path: PathBuf,
}

impl History {
    /// The history of the workspace in that folder; nothing is read or made yet. It lies in `scratch`, which git leaves alone.
    #[must_use]
    pub fn new(workspace: &Path) -> Self {
        Self { path: workspace.join("scratch").join("history.jsonl") }
    }

    fn before(&self) -> PathBuf {
        self.path.with_extension("1.jsonl")
    }

    /// Adds what was sent; the entry as it was written.
    ///
    /// # Errors
    /// The system's.
    pub fn add(&self, sent: &Sent<'_>) -> io::Result<Entry> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let id = self.last_id() + 1;
        let entry = entry(id, sent);
        let mut line = serde_json::to_vec(&entry).map_err(io::Error::other)?;
        line.push(b'\n');
        if self.path.metadata().is_ok_and(|file| file.len() + line.len() as u64 > MAX_BYTES) {
            std::fs::rename(&self.path, self.before())?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        // a line that a crash tore is closed first
        if !self.ends_whole()? {
            line.insert(0, b'\n');
        }
        // one write, so that two windows do not mix their lines
        file.write_all(&line)?;
        Ok(entry)
    }

    fn ends_whole(&self) -> io::Result<bool> {
        let mut file = File::open(&self.path)?;
        if file.metadata()?.len() == 0 {
            return Ok(true);
        }
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        Ok(last == [b'\n'])
    }

    /// The number of the newest entry; 0 for none. Reads only the file's end.
    fn last_id(&self) -> u64 {
        #[derive(Deserialize)]
        struct Id {
            id: u64,
        }
        let newest_of = |path: &Path| -> Option<u64> {
            let mut file = File::open(path).ok()?;
            let len = file.metadata().ok()?.len();
            file.seek(SeekFrom::Start(len.saturating_sub(1 << 20))).ok()?;
            let mut end = Vec::new();
            file.read_to_end(&mut end).ok()?;
            end.rsplit(|&byte| byte == b'\n')
                .find_map(|line| Some(serde_json::from_slice::<Id>(line).ok()?.id))
        };
        newest_of(&self.path).or_else(|| newest_of(&self.before())).unwrap_or(0)
    }

    /// The newest entries that hold every word of `search` (in name, address, outcome or a body, whatever the case) and, if
    /// given, belong to a request's file; newest first, at most `limit`.
    ///
    /// # Errors
    /// The system's. Lines that can't be read are left out.
    pub fn find(&self, search: &str, file: Option<&str>, limit: usize) -> io::Result<Vec<Entry>> {
        let mut found = Vec::new();
        for path in [self.path.clone(), self.before()] {
            let file_text = match File::open(&path) {
                Ok(file) => BufReader::new(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let mut here: Vec<Entry> = Vec::new();
            for line in file_text.split(b'\n') {
                let Ok(entry) = serde_json::from_slice::<Entry>(&line?) else { continue };
                if file.is_some_and(|file| file != entry.request) {
                    continue;
                }
                if entry.holds(search) {
                    here.push(entry);
                }
            }
            here.reverse();
            found.extend(here);
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// The system's.
    pub fn clear(&self) -> io::Result<()> {
        for path in [self.path.clone(), self.before()] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn entry(id: u64, sent: &Sent<'_>) -> Entry {
    let mask = |text: &str| {
        let mut text = sent.values.mask(text);
        // also what was typed and never was a variable
        for found in crate::protocol::secrets::find(&text).into_iter().rev().filter(|found| found.secret) {
            text.replace_range(found.range, "•••");
        }
        text
    };
    let start_of = |bytes: &[u8]| {
        let cut = &bytes[..bytes.len().min(MAX_BODY)];
        match std::str::from_utf8(cut) {
            Ok(text) => mask(text),
            Err(error) if error.error_len().is_none() && bytes.len() > MAX_BODY => {
                mask(&String::from_utf8_lossy(&cut[..error.valid_up_to()]))
            }
            Err(_binary) => format!("({} bytes that are no text)", bytes.len()),
        }
    };
    let hide = |headers: &[(String, String)]| -> Vec<(String, String)> {
        let hide_one = |(name, value): &(String, String)| {
            let is_private = super::request::is_private(name);
            let masked = mask(value);
            // a variable in its place says more than dots
            let value = if is_private && !masked.contains("{{") { "•••".to_owned() } else { masked };
            (name.clone(), value)
        };
        headers.iter().map(hide_one).collect()
    };
    let mut url = mask(&sent.request.url);
    if let Ok(mut parsed) = url::Url::parse(&sent.request.url)
        && parsed.password().is_some()
    {
        parsed.set_password(Some("•••")).ok();
        url = mask(parsed.as_str());
    }
    let (status, outcome, answer_headers, answer, answer_bytes, timings, total_secs) = match sent.outcome {
        Ok(exchange) => (
            Some(exchange.status),
            exchange.reason.clone(),
            hide(&exchange.headers),
            start_of(&exchange.body),
            exchange.body.len() as u64,
            exchange.timings.clone(),
            exchange.total_secs,
        ),
        Err(failure) => {
            let total = failure.timings.total_secs;
            (None, mask(&failure.message), Vec::new(), String::new(), 0, failure.timings.clone(), total)
        }
    };
    Entry {
        id,
        at_unix_millis: sent.at_unix_millis,
        request: sent.file.to_owned(),
        name: sent.name.to_owned(),
        method: sent.request.method.clone(),
        url,
        headers: hide(&sent.request.headers),
        body: start_of(&sent.request.body),
        status,
        outcome,
        answer_headers,
        answer,
        answer_bytes,
        timings,
        total_secs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(message: &str) -> Failure {
        Failure {
            kind: crate::client::FailureKind::Refused,
            at: crate::client::PhaseKind::Connect,
            url: "http://x".into(),
            message: message.into(),
            advice: Vec::new(),
            detail: String::new(),
            timings: Timings::default(),
            redirects: Vec::new(),
        }
    }

    #[test]
    fn no_secret_is_written_down_and_everything_else_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::new(folder.path());
        assert!(history.find("", None, 9).unwrap().is_empty());
        let mut values = Values::new();
        values.set_secret("key", "my-very-own");
        let request = Request::new("POST", "http://me:hunter2@x/predict?k=my-very-own")
            .header("Authorization", "Bearer my-very-own")
            .header("X-Api-Key", "typed-by-hand")
            .header("X-Plain", "seen")
            .body("{\"store\": \"Hafen Süd\", \"k\": \"sk_typed_into_body\"}");
        let failed = failure("refused");
        let sent = Sent {
            at_unix_millis: 7,
            file: "a.toml",
            name: "A",
            request: &request,
            outcome: Err(&failed),
            values: &values,
        };
        history.add(&sent).unwrap();
        history.add(&Sent { file: "b.toml", name: "B", ..sent }).unwrap();
        let text = std::fs::read_to_string(folder.path().join("scratch/history.jsonl")).unwrap();
        for secret in ["my-very-own", "hunter2", "typed-by-hand", "sk_typed"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("Bearer {{key}}") && text.contains("seen"), "{text}");
        let ids = |search: &str, file: Option<&str>| -> Vec<u64> {
            history.find(search, file, 9).unwrap().iter().map(|entry| entry.id).collect()
        };
        assert_eq!(ids("", None), [2, 1]);
        assert_eq!(ids("SÜD refused", None), [2, 1]);
        assert_eq!(ids("süd", Some("a.toml")), [1]);
        assert_eq!(ids("nothing", None), [] as [u64; 0]);
        history.clear().unwrap();
        assert_eq!(ids("", None), [] as [u64; 0]);
    }

    #[test]
    fn a_torn_line_loses_only_itself_and_a_full_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::new(folder.path());
        let request = Request::new("GET", "http://x").body("y".repeat(60 << 10));
        let (failed, values) = (failure("no"), Values::new());
        let sent = Sent {
            at_unix_millis: 7,
            file: "",
            name: "",
            request: &request,
            outcome: Err(&failed),
            values: &values,
        };
        history.add(&sent).unwrap();
        let path = folder.path().join("scratch/history.jsonl");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"id\":2,\"at_un").unwrap();
        assert_eq!(history.add(&sent).unwrap().id, 2);
        assert_eq!(history.find("", None, 9).unwrap().len(), 2);
        for _ in 0..300 {
            history.add(&sent).unwrap();
        }
        assert!(folder.path().join("scratch/history.1.jsonl").exists());
        let size = std::fs::metadata(&path).unwrap().len();
        assert!(size < MAX_BYTES, "{size}");
        let newest: Vec<u64> = history.find("", None, 300).unwrap().iter().map(|entry| entry.id).collect();
        assert_eq!(newest, (3..=302).rev().collect::<Vec<_>>());
    }
}
