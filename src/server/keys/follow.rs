//! Follows a key file while the server runs: who was revoked is out within half a second.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{KeyError, Keys};
use crate::server::events::Event;
use crate::server::shared::Shared;

/// A key file, and what it looked like when it was last read.
#[derive(Debug)]
pub(crate) struct Followed {
    path: PathBuf,
    seen: Option<Stamp>,
    /// The keys that could be read last: what they have used up outlasts a file that is damaged for a while.
    known: Arc<Keys>,
}

/// What changes with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok(), length: metadata.len() })
    }
}

impl Followed {
    /// Reads a key file for the first time.
    ///
    /// # Errors
    /// [`KeyError`].
    pub(crate) fn open(path: &Path) -> Result<Self, KeyError> {
        Self::open_by(path, Keys::open)
    }

    fn open_by(path: &Path, read: impl FnOnce(&Path) -> Result<Keys, KeyError>) -> Result<Self, KeyError> {
        // looked at before it is read, so that a change in between is seen later
        let seen = Stamp::of(path);
        Ok(Self { known: Arc::new(read(path)?), path: path.to_path_buf(), seen })
    }

    /// The keys, as they were last read.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        self.known.clone()
    }

    /// Reads the file again if it has changed.
    fn changed(&mut self) -> Option<Result<Arc<Keys>, KeyError>> {
        let now = Stamp::of(&self.path);
        if now == self.seen {
            return None;
        }
        self.seen = now;
        Some(Keys::open(&self.path).map(|mut keys| {
            keys.take_over(&self.known);
            self.known = Arc::new(keys);
            self.known.clone()
        }))
    }
}

/// Looks at the file twice a second. One that can't be read shuts the door until it can.
pub(crate) async fn follow(shared: Arc<Shared>, mut followed: Followed) {
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    loop {
        ticks.tick().await;
        // a disk may be slow, and the threads of the requests do not wait for it
        let looked = tokio::task::spawn_blocking(move || {
            let changed = followed.changed();
            (followed, changed)
        });
        let Ok((same, changed)) = looked.await else { return };
        followed = same;
        let path = followed.path.display();
        let (keys, notice) = match changed {
            None => continue,
            Some(Ok(keys)) => (keys, format!("the key file {path} was read again")),
            Some(Err(error)) => {
                (Arc::new(Keys::shut()), format!("{error}; nobody is let in until the key file can be read"))
            }
        };
        shared.keys.store(Some(keys));
        shared.say(Event::Notice(notice.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::route::Scope;
    use crate::server::keys::{NewKey, new_key, revoke};

    fn enter(keys: &Keys, secret: &str) -> Result<(), u16> {
        keys.check(Some(&format!("Bearer {secret}")), Scope::Read).map_err(|problem| problem.status).map(drop)
    }

    #[test]
    fn a_key_that_is_revoked_while_the_file_is_first_read_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let pair = new_key(&path, &NewKey { name: "class".into(), ..NewKey::default() }).unwrap();
        let mut followed = Followed::open_by(&path, |path| {
            let keys = Keys::open(path);
            revoke(path, "class").unwrap();
            keys
        })
        .unwrap();
        assert_eq!(enter(&followed.keys(), &pair.secret), Ok(()));
        let keys = followed.changed().expect("the file has changed since it was read").unwrap();
        assert_eq!(enter(&keys, &pair.secret), Err(401));
        assert!(followed.changed().is_none());
    }

    #[test]
    fn a_key_that_stays_gets_no_new_requests_when_its_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let new = NewKey { name: "class".into(), requests_per_minute: Some(1), ..NewKey::default() };
        let pair = new_key(&path, &new).unwrap();
        let mut followed = Followed::open(&path).unwrap();
        assert_eq!(enter(&followed.keys(), &pair.secret), Ok(()));
        new_key(&path, &NewKey { name: "other".into(), ..NewKey::default() }).unwrap();
        let keys = followed.changed().unwrap().unwrap();
        assert_eq!(enter(&keys, &pair.secret), Err(429));
        // nor when it is damaged and mended
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, "[[key]\n").unwrap();
        assert!(followed.changed().unwrap().is_err());
        std::fs::write(&path, text).unwrap();
        assert_eq!(enter(&followed.changed().unwrap().unwrap(), &pair.secret), Err(429));
    }
}
