//! Keys off the thread that paints: the workspace's key file, the key lab's trials, the seats of the class.

use std::path::Path;

use super::jobs::{key_file, own_client};
use super::lab::{self, Trial};
use super::text::{address_of, port_of};
use super::{Event, KeyShown, Seat};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::pages::predict;
use crate::app::state::{AppState, Problem};
use crate::server::keys::{self, NewKey};

/// What the seats' keys are called.
const SEAT: &str = "seat-";

/// What is done with the key file.
#[derive(Debug, Clone)]
pub(crate) enum KeyWork {
    Make { name: String, admin: bool, limit: Option<u32> },
    Revoke(String),
    Rotate(String),
}

/// The keys as they are now.
#[derive(Debug, Default)]
pub(crate) struct KeyNews {
    pub(crate) keys: Vec<KeyShown>,
    pub(crate) publishable: Option<String>,
    /// A secret that was just made: its key's name and itself.
    pub(crate) made: Option<(String, String)>,
    pub(crate) networks: Vec<String>,
    pub(crate) said: Option<String>,
}

fn key_problem(error: &keys::KeyError) -> Problem {
    Problem::new("The key file can't be used", error.to_string())
}

/// The keys in a file; none where there is no file.
pub(super) fn news(path: &Path) -> Result<KeyNews, JobError> {
    let entries = if path.exists() {
        keys::read(path).map_err(|error| JobError::Failed(key_problem(&error)))?
    } else {
        Vec::new()
    };
    let usable = entries
        .iter()
        .find(|entry| !entry.revoked && entry.publishable.is_some() && !entry.name.starts_with(SEAT));
    let publishable = usable.and_then(|entry| entry.publishable.clone());
    let keys = entries
        .into_iter()
        .map(|entry| KeyShown {
            name: entry.name,
            publishable: entry.publishable.unwrap_or_default(),
            may: entry.may,
            limit: entry.requests_per_minute,
            revoked: entry.revoked,
        })
        .collect();
    Ok(KeyNews { keys, publishable, networks: networks(), ..KeyNews::default() })
}

pub(super) fn change(path: &Path, work: KeyWork) -> Result<KeyNews, JobError> {
    let wrong = |error: keys::KeyError| JobError::Failed(key_problem(&error));
    let (made, said) = match work {
        KeyWork::Make { name, admin, limit } => {
            let may =
                if admin { vec!["admin".to_owned()] } else { vec!["predict".to_owned(), "jobs".to_owned()] };
            let new = NewKey { name, may, requests_per_minute: limit, ..NewKey::default() };
            let pair = keys::new_key(path, &new).map_err(wrong)?;
            let said = format!("Made the key {}", pair.name);
            (Some((pair.name, pair.secret)), said)
        }
        KeyWork::Revoke(name) => {
            keys::revoke(path, &name).map_err(wrong)?;
            (None, format!("Revoked {name}: it opens nothing any more"))
        }
        KeyWork::Rotate(name) => {
            let pair = keys::rotate(path, &name).map_err(wrong)?;
            (
                Some((pair.name, pair.secret)),
                format!("{name} has new keys; the old ones open nothing any more"),
            )
        }
    };
    Ok(KeyNews { made, said: Some(said), ..news(path)? })
}

/// This machine's addresses in its networks, those of its own loop left out.
fn networks() -> Vec<String> {
    let mut found: Vec<std::net::IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| interface.ip())
        .filter(|ip| !ip.is_loopback() && ip.is_ipv4())
        .collect();
    // what a class is likely to be in stands first
    found.sort_by_key(|ip| match ip {
        std::net::IpAddr::V4(v4) if v4.is_private() => 0,
        std::net::IpAddr::V4(v4) if v4.is_link_local() => 2,
        _ => 1,
    });
    found.iter().map(ToString::to_string).collect()
}

pub(super) fn try_all(state: &mut AppState, outside: &mut Outside<'_>, trials: Vec<Trial>) {
    let results = &state.results.serve;
    let draft = &state.screen.serve;
    let record = predict::current(&state.truth, &state.screen.predict).unwrap_or_default();
    let revoked = results.keys.iter().find(|key| key.revoked && !key.publishable.is_empty());
    let bench = lab::Bench {
        base: format!("http://{}", address_of(results, draft)),
        body: serde_json::Value::Object(record).to_string(),
        publishable: results.publishable.clone(),
        revoked: revoked.map(|key| key.publishable.clone()),
        admin_path: "/admin/models".to_owned(),
        folder: state.truth.folder.as_ref().map(|folder| folder.root().to_path_buf()),
    };
    let Some(client) = own_client(state) else { return };
    outside.start(state, Slot::KeyLab, "Trying the keys", move |handle: &Handle| {
        for trial in trials {
            let outcome = lab::try_one(trial, &bench, &client, handle)?;
            handle.partial(AppEvent::Serve(Event::Tried(trial, outcome)))?;
        }
        Ok(AppEvent::Serve(Event::TriedAll))
    });
}

/// Makes the seats' keys, or revokes them.
pub(super) fn classroom(state: &mut AppState, outside: &mut Outside<'_>, on: bool) {
    let Some(path) = key_file(state) else { return };
    let port = port_of(&state.screen.serve.port).unwrap_or(0);
    let n = usize::try_from(state.screen.serve.seats).unwrap_or(1).max(1);
    outside.start(state, Slot::Classroom, "Preparing the seats", move |handle| {
        let wrong = |error: keys::KeyError| JobError::Failed(key_problem(&error));
        let entries = if path.exists() { keys::read(&path).map_err(wrong)? } else { Vec::new() };
        let mut seats = Vec::new();
        if !on {
            for entry in entries.iter().filter(|entry| entry.name.starts_with(SEAT) && !entry.revoked) {
                handle.progress.check()?;
                keys::revoke(&path, &entry.name).map_err(wrong)?;
            }
            return Ok(AppEvent::Serve(Event::Seats(seats)));
        }
        let here = networks().into_iter().next().unwrap_or_else(|| "127.0.0.1".to_owned());
        for at in 1..=n {
            handle.progress.check()?;
            let name = format!("{SEAT}{at:02}");
            let known = entries.iter().find(|entry| entry.name == name);
            let key = match known {
                Some(entry) if !entry.revoked && entry.publishable.is_some() => {
                    entry.publishable.clone().unwrap_or_default()
                }
                Some(_) => keys::rotate(&path, &name).map_err(wrong)?.publishable,
                None => {
                    let new = NewKey {
                        name: name.clone(),
                        may: vec!["predict".to_owned(), "jobs".to_owned()],
                        requests_per_minute: Some(super::USUAL_LIMIT),
                        ..NewKey::default()
                    };
                    keys::new_key(&path, &new).map_err(wrong)?.publishable
                }
            };
            seats.push(Seat::new(name, key, here.clone(), port));
        }
        Ok(AppEvent::Serve(Event::Seats(seats)))
    });
}
