//! Keys: the file they stand in, and the check at the door. A publishable key maps to its entry's secret key here, on the
//! server alone. Secrets are compared by their SHA-256 in constant time, and never shown again once they are made.

mod file;
mod follow;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use file::{Entry, KeyError, NewKey, Pair, new_key, read, revoke, rotate, sha256_hex};
pub(crate) use follow::{Followed, follow};

use file::digest_of;

use crate::protocol::Problem;
use crate::protocol::route::Scope;

/// The check at the door.
#[derive(Debug)]
pub(crate) struct Keys {
    entries: Vec<Guarded>,
}

#[derive(Debug)]
struct Guarded {
    entry: Entry,
    publishable: Option<[u8; 32]>,
    secret: [u8; 32],
    /// The same one as long as the key is known, however often its file is read.
    bucket: Arc<Mutex<Bucket>>,
}

/// Requests that are left, filled up evenly over a minute.
#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// Who came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name of the key's entry.
    pub name: std::sync::Arc<str>,
    /// Whether it was the publishable key.
    pub publishable: bool,
    /// The models it is for; `None` for all.
    pub models: Option<std::sync::Arc<[String]>>,
    /// Whether it may do everything.
    pub admin: bool,
}

impl Caller {
    /// Whether a model may be asked.
    #[must_use]
    pub fn may_ask(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|one| one == model))
    }
}

impl Keys {
    fn new(entries: Vec<Entry>) -> Self {
        let hash = |key: &str| -> [u8; 32] { Sha256::digest(key.as_bytes()).into() };
        let entries = entries
            .into_iter()
            .filter_map(|entry| {
                let secret = match (&entry.secret, &entry.secret_sha256) {
                    (Some(secret), _) => hash(secret),
                    (None, Some(hex)) => digest_of(hex)?,
                    (None, None) => return None,
                };
                let left = entry.requests_per_minute.map_or(0.0, f64::from);
                Some(Guarded {
                    publishable: entry.publishable.as_deref().map(hash),
                    secret,
                    bucket: Arc::new(Mutex::new(Bucket { left, at: Instant::now() })),
                    entry,
                })
            })
            .collect();
        Self { entries }
    }

    /// Keys from a file.
    ///
    /// # Errors
    /// [`KeyError`].
    pub(crate) fn open(path: &Path) -> Result<Self, KeyError> {
        Ok(Self::new(read(path)?))
    }

    /// A door that nobody comes through: what a key file becomes that can't be read any more.
    pub(crate) fn shut() -> Self {
        Self { entries: Vec::new() }
    }

    /// What the keys that stay have used up stays used up.
    fn take_over(&mut self, before: &Self) {
        for own in &mut self.entries {
            let same = before.entries.iter().find(|other| bool::from(other.secret.ct_eq(&own.secret)));
            if let Some(same) = same.filter(|same| same.entry.requests_per_minute.is_some()) {
                own.bucket = same.bucket.clone();
            }
        }
    }

    /// Lets a caller in, or says why not.
    ///
    /// # Errors
    /// [`Problem`] with status 401, 403 or 429.
    pub(crate) fn check(&self, authorization: Option<&str>, scope: Scope) -> Result<Caller, Problem> {
        let unauthorized = |detail: &str| Problem::new(401, detail).with("invalid_api_key", None);
        let Some(authorization) = authorization else {
            return Err(unauthorized(
                "a key is needed: send the header 'Authorization: Bearer KEY' with a publishable or a secret key",
            ));
        };
        let key = authorization
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, key)| key.trim());
        let Some(key) = key.filter(|key| !key.is_empty()) else {
            return Err(unauthorized(
                "expected the header 'Authorization: Bearer KEY', got another form of it",
            ));
        };
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        // every entry is compared, so that the time does not tell which one it was
        let mut found = None;
        for guarded in &self.entries {
            if bool::from(guarded.secret.ct_eq(&hash)) {
                found = Some((guarded, false));
            }
            if let Some(publishable) = &guarded.publishable
                && bool::from(publishable.ct_eq(&hash))
            {
                found = Some((guarded, true));
            }
        }
        let Some((guarded, publishable)) = found else {
            return Err(unauthorized(
                "the key is not known here; check it for typing mistakes, or ask for a new one",
            ));
        };
        if guarded.entry.revoked {
            return Err(unauthorized("the key was revoked; ask for a new one"));
        }
        let may = |what: &str| guarded.entry.may.iter().any(|may| may == what);
        let admin = may("admin") && !publishable;
        let allowed = match scope {
            Scope::Health | Scope::Read => true,
            Scope::Predict => admin || may("predict") || (publishable && may("admin")),
            Scope::Jobs => admin || (may("jobs") && !publishable),
            Scope::Operate => !publishable,
            Scope::Admin => admin,
        };
        if !allowed {
            let what = match scope {
                Scope::Jobs => "hand in jobs",
                Scope::Operate => "read the server's figures",
                Scope::Admin => "change what is loaded",
                _ => "predict",
            };
            let why = if publishable {
                "a publishable key may only predict; use a secret key that is allowed to"
            } else {
                "its entry in the key file does not allow it"
            };
            return Err(Problem::new(403, format!("the key '{}' may not {what}: {why}", guarded.entry.name))
                .with("forbidden", None));
        }
        guarded.take_one(Instant::now())?;
        Ok(Caller {
            name: guarded.entry.name.as_str().into(),
            publishable,
            models: guarded.entry.models.as_deref().map(Into::into),
            admin,
        })
    }
}

impl Guarded {
    fn take_one(&self, now: Instant) -> Result<(), Problem> {
        let Some(limit) = self.entry.requests_per_minute else { return Ok(()) };
        let limit = f64::from(limit);
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = now.duration_since(bucket.at).as_secs_f64() * limit / 60.0;
        bucket.left = (bucket.left + filled).min(limit);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        let wait = ((1.0 - bucket.left) * 60.0 / limit).ceil();
        let mut problem = Problem::new(
            429,
            format!(
                "the key '{}' may make {limit} requests a minute; try again in {wait} s",
                self.entry.name
            ),
        )
        .with("rate_limit_exceeded", None);
        problem.retry_after = Some((wait as u32).max(1));
        Err(problem)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_limit_is_kept_fills_up_evenly_and_says_when_to_come_again() {
        let entry: Entry =
            toml_edit::de::from_str("name = \"a\"\nsecret = \"sk_123456789\"\nrequests_per_minute = 2\n")
                .unwrap();
        let keys = Keys::new(vec![entry]);
        let start = Instant::now();
        let ask = |secs| {
            let asked = keys.entries[0].take_one(start + Duration::from_secs(secs));
            asked.map_err(|problem| (problem.status, problem.retry_after))
        };
        assert_eq!([ask(0), ask(0), ask(0)], [Ok(()), Ok(()), Err((429, Some(30)))]);
        assert_eq!([ask(29), ask(30), ask(30)], [Err((429, Some(1))), Ok(()), Err((429, Some(30)))]);
        // a pause saves up no more than a minute's requests
        assert_eq!([ask(3600), ask(3600), ask(3600)], [Ok(()), Ok(()), Err((429, Some(30)))]);
        // the door asks it
        let keys = Keys::new(vec![keys.entries[0].entry.clone()]);
        let enter =
            || keys.check(Some("Bearer sk_123456789"), Scope::Predict).map_err(|p| p.status).map(drop);
        assert_eq!([enter(), enter(), enter()], [Ok(()), Ok(()), Err(429)]);
    }
}
