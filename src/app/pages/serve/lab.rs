//! The key lab's trials: each is a real request to the running server, or a real look through the workspace's files.

use std::path::{Path, PathBuf};

use crate::app::job::{Handle, JobError};
use crate::client::{Client, Request, SendError, Settings};

/// Something a key may or must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Trial {
    /// A publishable key predicts.
    Predict,
    /// No key at all.
    NoKey,
    /// A key that was made up.
    MadeUp,
    /// A publishable key wants to manage the server.
    Admin,
    /// A key that was revoked.
    Revoked,
    /// A secret in a file that others will read.
    Leak,
}

impl Trial {
    /// All of them, in the order they are shown in.
    pub(crate) const ALL: [Self; 6] =
        [Self::Predict, Self::NoKey, Self::MadeUp, Self::Admin, Self::Revoked, Self::Leak];

    /// What is tried.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Predict => "A publishable key predicts",
            Self::NoKey => "No key at all",
            Self::MadeUp => "A key that was made up",
            Self::Admin => "A publishable key tries to manage the server",
            Self::Revoked => "A key that was revoked",
            Self::Leak => "A secret that leaked into a file",
        }
    }

    /// What must happen, and why.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Predict => "200: it stands for a secret that only the server knows",
            Self::NoKey => "401, before the body is read",
            Self::MadeUp => "401, after a comparison that takes the same time for every key",
            Self::Admin => "403: known, but not allowed",
            Self::Revoked => "401: a key is gone the moment it is revoked",
            Self::Leak => "Saved requests, exports and notes in the workspace hold no secret",
        }
    }

    /// The status that must come; none for the look through files.
    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Predict => Some(200),
            Self::NoKey | Self::MadeUp | Self::Revoked => Some(401),
            Self::Admin => Some(403),
            Self::Leak => None,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The status, 0 where no request was sent.
    pub(crate) status: u16,
    /// What stands in place of a status.
    pub(crate) short: &'static str,
    /// Whether it is what must happen.
    pub(crate) as_expected: bool,
    /// In words.
    pub(crate) said: String,
}

/// What the trials are made with.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    /// `http://…`, without a path.
    pub(crate) base: String,
    /// A record as JSON.
    pub(crate) body: String,
    /// A valid publishable key.
    pub(crate) publishable: Option<String>,
    /// The publishable key of an entry that was revoked.
    pub(crate) revoked: Option<String>,
    /// Where a server's own affairs are changed.
    pub(crate) admin_path: String,
    /// The folder to look through.
    pub(crate) folder: Option<PathBuf>,
}

/// Tries one.
pub(crate) fn try_one(
    trial: Trial,
    bench: &Bench,
    client: &Client,
    handle: &Handle,
) -> Result<Outcome, JobError> {
    if trial == Trial::Leak {
        return look(bench.folder.as_deref(), handle);
    }
    let missing =
        |said: &str| Ok(Outcome { status: 0, short: "not tried", as_expected: false, said: said.to_owned() });
    let key = match trial {
        Trial::NoKey => None,
        Trial::MadeUp => Some("pk_made_up_by_somebody_00000000".to_owned()),
        Trial::Revoked => match &bench.revoked {
            Some(key) => Some(key.clone()),
            None => return missing("There is no revoked key; revoke one on the left"),
        },
        _ => match &bench.publishable {
            Some(key) => Some(key.clone()),
            None => return missing("There is no valid key; make one on the left"),
        },
    };
    let path = if trial == Trial::Admin { bench.admin_path.as_str() } else { "/predict" };
    let mut request = Request::new("POST", &format!("{}{path}", bench.base))
        .header("Content-Type", "application/json")
        .body(if trial == Trial::Admin { "{}" } else { &bench.body });
    if let Some(key) = key {
        request = request.header("Authorization", &format!("Bearer {key}"));
    }
    match client.send(&request, &Settings::default(), &handle.progress) {
        Ok(exchange) => {
            let detail = exchange
                .text()
                .and_then(|body| serde_json::from_str::<serde_json::Value>(body).ok())
                .and_then(|body| body.get("detail").and_then(|detail| detail.as_str().map(str::to_owned)))
                .or_else(|| exchange.text().map(|body| body.chars().take(160).collect()))
                .unwrap_or_default();
            let as_expected = Some(exchange.status) == trial.status();
            let said = if as_expected {
                detail
            } else if exchange.status == 200 && trial != Trial::Predict {
                "It was answered: the server asks for no key. Switch on 'Ask for a key'.".to_owned()
            } else {
                detail
            };
            Ok(Outcome { status: exchange.status, short: "", as_expected, said })
        }
        Err(SendError::Cancelled) => Err(JobError::Cancelled),
        Err(error) => {
            Ok(Outcome { status: 0, short: "no answer", as_expected: false, said: error.to_string() })
        }
    }
}

/// The largest file that is looked through.
const LARGEST: u64 = 4 << 20;
/// How many files are looked through at most.
const MOST_FILES: usize = 5_000;
/// Where secrets belong, or what others write.
const LEFT_ALONE: [&str; 3] = ["keys.toml", "scratch", ".git"];

/// Looks for secrets in the workspace's files.
fn look(folder: Option<&Path>, handle: &Handle) -> Result<Outcome, JobError> {
    let Some(folder) = folder else {
        return Ok(Outcome {
            status: 0,
            short: "not tried",
            as_expected: false,
            said: "This window has no workspace".to_owned(),
        });
    };
    let mut waiting = vec![folder.to_path_buf()];
    let (mut files, mut found) = (0, Vec::new());
    while let Some(at) = waiting.pop() {
        handle.progress.check()?;
        for entry in std::fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if LEFT_ALONE.contains(&name.as_str()) || files >= MOST_FILES {
                continue;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() && entry.metadata().is_ok_and(|metadata| metadata.len() <= LARGEST) {
                files += 1;
                let Ok(bytes) = std::fs::read(&path) else { continue };
                let Ok(words) = std::str::from_utf8(&bytes) else { continue };
                for secret in crate::protocol::secrets::find(words).iter().filter(|found| found.secret) {
                    let short = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                    found.push(format!("{short}:{}: {}", secret.line, secret.kind));
                }
            }
        }
    }
    let looked = crate::app::widgets::format::plural(files, "file", "files");
    let said = match found.first() {
        None => format!("{looked} looked through, no secret in them"),
        Some(first) if found.len() == 1 => format!("{first} — take it out, and rotate the key"),
        Some(first) => format!("{first}, and {} more — take them out, and rotate the keys", found.len() - 1),
    };
    let short = if found.is_empty() { "clean" } else { "found" };
    Ok(Outcome { status: 0, short, as_expected: found.is_empty(), said })
}
