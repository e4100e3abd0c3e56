//! The file that keys stand in: read strictly, changed so that its comments stay.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::data::replace_file;

/// One entry of a key file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Shown in logs in place of the key.
    pub name: String,
    /// The key that clients may hold, `pk_…`.
    #[serde(default)]
    pub publishable: Option<String>,
    /// The SHA-256 of the secret key, in hexadecimal digits.
    #[serde(default)]
    pub secret_sha256: Option<String>,
    /// The secret key itself, where it must be sent on.
    #[serde(default)]
    pub secret: Option<String>,
    /// What the secret key allows: `predict`, `jobs`, `admin` (everything).
    #[serde(default = "usual_may")]
    pub may: Vec<String>,
    /// The models it is for; all, if left out.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// How many requests it may make in a minute; no limit, if left out.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// Whether it was revoked.
    #[serde(default)]
    pub revoked: bool,
}

fn usual_may() -> Vec<String> {
    vec!["predict".into()]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    key: Vec<Entry>,
}

/// Why keys can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct KeyError {
    /// The file.
    pub path: String,
    /// What is wrong with it, and what to do.
    pub what: String,
}

fn key_error(path: &Path, what: impl Into<String>) -> KeyError {
    KeyError { path: path.display().to_string(), what: what.into() }
}

/// Reads a key file. One that is missing, empty or malformed is an error: nobody would be let in, or everybody.
///
/// # Errors
/// [`KeyError`] that says what to do.
pub fn read(path: &Path) -> Result<Vec<Entry>, KeyError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let advice = if error.kind() == std::io::ErrorKind::NotFound {
            format!("; make one with: drydock keys new {}", path.display())
        } else {
            String::new()
        };
        key_error(path, format!("can't read the key file: {error}{advice}"))
    })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Vec<Entry>, KeyError> {
    let file: File = toml_edit::de::from_str(text).map_err(|error| {
        key_error(path, format!("the key file is malformed: {}", error.to_string().trim()))
    })?;
    if file.key.is_empty() {
        return Err(key_error(
            path,
            format!("the key file has no key; make one with: drydock keys new {}", path.display()),
        ));
    }
    for (at, entry) in file.key.iter().enumerate() {
        let which = format!("key {} ('{}')", at + 1, entry.name.escape_debug());
        let wrong = |what: &str| Err(key_error(path, format!("{which}: {what}")));
        if let Err(what) = check_name(&entry.name) {
            return wrong(what);
        }
        // a revoked key stays in the file beside the one that took its name
        let in_force = |other: &Entry| other.name == entry.name && !other.revoked;
        if !entry.revoked && file.key[..at].iter().any(in_force) {
            return wrong("the name is taken by an earlier key that is in force");
        }
        if entry.publishable.as_deref().is_some_and(|key| key.len() < 12 || !key.starts_with("pk_")) {
            return wrong(
                "'publishable' is no publishable key: it must begin with pk_ and have at least 12 characters",
            );
        }
        if entry.secret.as_deref().is_some_and(|key| key.len() < 12 || key.starts_with("pk_")) {
            return wrong("'secret' must have at least 12 characters and not begin with pk_");
        }
        if entry.secret_sha256.as_deref().is_some_and(|hash| digest_of(hash).is_none()) {
            return wrong("'secret_sha256' is no SHA-256: expected 64 hexadecimal digits");
        }
        if entry.secret.is_none() && entry.secret_sha256.is_none() {
            return wrong("it has neither 'secret_sha256' nor 'secret'");
        }
        if let Some(other) =
            entry.may.iter().find(|may| !["predict", "jobs", "admin"].contains(&may.as_str()))
        {
            return wrong(&format!("'may' has '{other}'; expected predict, jobs or admin"));
        }
        if entry.requests_per_minute == Some(0) {
            return wrong("'requests_per_minute' is 0; expected at least 1, or leave it out for no limit");
        }
    }
    Ok(file.key)
}

/// A key's name stands in the lines of logs.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it has no name");
    }
    if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err("the name has a line break or another control character; expected one line of text");
    }
    Ok(())
}

/// 64 hexadecimal digits as bytes.
pub(super) fn digest_of(hex: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
    }
    Some(digest)
}

/// The SHA-256 of a key, in hexadecimal digits.
#[must_use]
pub fn sha256_hex(key: &str) -> String {
    crate::work::hex(&Sha256::digest(key.as_bytes()))
}

/// Makes a random key with this prefix: 32 letters and digits, 190 bits.
///
/// # Errors
/// [`KeyError`] when the system has no randomness to give.
fn make(prefix: &str, path: &Path) -> Result<String, KeyError> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut key = prefix.to_owned();
    while key.len() < prefix.len() + 32 {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| key_error(path, format!("no random numbers: {error}")))?;
        // bytes beyond the last whole multiple of 62 are left out, so that every letter is as likely
        let letters =
            bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(LETTERS[usize::from(byte % 62)]));
        key.extend(letters.take(prefix.len() + 32 - key.len()));
    }
    Ok(key)
}

/// A fresh pair; the secret is shown this once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The entry's name.
    pub name: String,
    /// `pk_…`
    pub publishable: String,
    /// `sk_…`
    pub secret: String,
}

/// What a new key may.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// Its name.
    pub name: String,
    /// Scopes; `predict` if empty.
    pub may: Vec<String>,
    /// Models; all if empty.
    pub models: Vec<String>,
    /// Requests per minute.
    pub requests_per_minute: Option<u32>,
    /// Whether the file keeps the secret itself, for sending it on.
    pub keep_secret: bool,
}

/// Adds a key to a file, which is made if need be. The name of a revoked key can be used again.
///
/// # Errors
/// [`KeyError`].
pub fn new_key(path: &Path, new: &NewKey) -> Result<Pair, KeyError> {
    check_name(&new.name).map_err(|what| {
        key_error(path, format!("a key '{}' can't be made: {what}", new.name.escape_debug()))
    })?;
    let mut document = open(path, true)?;
    if entries_of(&document).any(|table| is_named(table, &new.name) && !is_revoked(table)) {
        return Err(key_error(
            path,
            format!("there is a key '{}' already; choose another name, or rotate it", new.name),
        ));
    }
    let pair = Pair { name: new.name.clone(), publishable: make("pk_", path)?, secret: make("sk_", path)? };
    let mut table = toml_edit::Table::new();
    table["name"] = toml_edit::value(new.name.as_str());
    set_keys(&mut table, &pair, new.keep_secret);
    let list = |items: &[String]| items.iter().map(String::as_str).collect::<toml_edit::Array>();
    table["may"] = toml_edit::value(if new.may.is_empty() { list(&usual_may()) } else { list(&new.may) });
    if !new.models.is_empty() {
        table["models"] = toml_edit::value(list(&new.models));
    }
    if let Some(limit) = new.requests_per_minute {
        table["requests_per_minute"] = toml_edit::value(i64::from(limit));
    }
    let tables = document
        .entry("key")
        .or_insert(toml_edit::Item::ArrayOfTables(toml_edit::ArrayOfTables::new()))
        .as_array_of_tables_mut()
        .ok_or_else(|| key_error(path, "the key file is malformed: expected [[key]] tables"))?;
    tables.push(table);
    save(path, &document)?;
    Ok(pair)
}

fn set_keys(table: &mut toml_edit::Table, pair: &Pair, keep_secret: bool) {
    table["publishable"] = toml_edit::value(pair.publishable.as_str());
    if keep_secret {
        table.remove("secret_sha256");
        table["secret"] = toml_edit::value(pair.secret.as_str());
    } else {
        table.remove("secret");
        table["secret_sha256"] = toml_edit::value(sha256_hex(&pair.secret));
    }
}

/// Marks a key as revoked.
///
/// # Errors
/// [`KeyError`], also when there is no such key.
pub fn revoke(path: &Path, name: &str) -> Result<(), KeyError> {
    change(path, name, |table| {
        table["revoked"] = toml_edit::value(true);
        Ok(())
    })
}

/// Gives a key new values; the old ones open nothing any more.
///
/// # Errors
/// [`KeyError`], also when there is no such key.
pub fn rotate(path: &Path, name: &str) -> Result<Pair, KeyError> {
    change(path, name, |table| {
        let pair =
            Pair { name: name.to_owned(), publishable: make("pk_", path)?, secret: make("sk_", path)? };
        let keep_secret = table.contains_key("secret");
        set_keys(table, &pair, keep_secret);
        table.remove("revoked");
        Ok(pair)
    })
}

fn change<T>(
    path: &Path,
    name: &str,
    change: impl FnOnce(&mut toml_edit::Table) -> Result<T, KeyError>,
) -> Result<T, KeyError> {
    let mut document = open(path, false)?;
    let known: Vec<String> = entries_of(&document)
        .filter_map(|table| table.get("name").and_then(|name| name.as_str()).map(str::to_owned))
        .collect();
    // of several with the name, the one in force; else the one that was revoked last
    let own = || entries_of(&document).enumerate().filter(|(_, table)| is_named(table, name));
    let at = own().find(|(_, table)| !is_revoked(table)).or_else(|| own().last()).map(|(at, _)| at);
    let tables = document.get_mut("key").and_then(toml_edit::Item::as_array_of_tables_mut);
    let table = tables.zip(at).and_then(|(tables, at)| tables.get_mut(at));
    let Some(table) = table else {
        return Err(key_error(path, format!("there is no key '{name}'; the keys are {}", known.join(", "))));
    };
    let value = change(table)?;
    save(path, &document)?;
    Ok(value)
}

fn open(path: &Path, or_new: bool) -> Result<toml_edit::DocumentMut, KeyError> {
    if or_new && !path.exists() {
        return Ok(toml_edit::DocumentMut::new());
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| key_error(path, format!("can't read the key file: {error}")))?;
    if !(or_new && text.trim().is_empty()) {
        // what is malformed is left as it is
        parse(path, &text)?;
    }
    text.parse()
        .map_err(|error: toml_edit::TomlError| key_error(path, format!("the key file is malformed: {error}")))
}

fn entries_of(document: &toml_edit::DocumentMut) -> impl Iterator<Item = &toml_edit::Table> {
    document
        .get("key")
        .and_then(toml_edit::Item::as_array_of_tables)
        .into_iter()
        .flat_map(|tables| tables.iter())
}

fn is_named(table: &toml_edit::Table, name: &str) -> bool {
    table.get("name").and_then(toml_edit::Item::as_str) == Some(name)
}

fn is_revoked(table: &toml_edit::Table) -> bool {
    table.get("revoked").and_then(toml_edit::Item::as_bool) == Some(true)
}

fn save(path: &Path, document: &toml_edit::DocumentMut) -> Result<(), KeyError> {
    let write = |out: &mut dyn std::io::Write| out.write_all(document.to_string().as_bytes());
    let made = !path.exists();
    replace_file::<(), std::io::Error>(path, write)
        .map_err(|error| key_error(path, format!("can't write the key file: {error}")))?;
    #[cfg(unix)]
    if made {
        use std::os::unix::fs::PermissionsExt;
        // nobody else's business
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .map_err(|error| key_error(path, format!("can't protect the key file: {error}")))?;
    }
    #[cfg(not(unix))]
    let _made = made;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::route::Scope;
    use crate::server::keys::Keys;

    #[test]
    fn a_key_is_made_used_rotated_and_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let new =
            NewKey { name: "class".into(), may: vec!["predict".into(), "admin".into()], ..NewKey::default() };
        let pair = new_key(&path, &new).unwrap();
        assert!(pair.publishable.starts_with("pk_") && pair.secret.starts_with("sk_"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&pair.secret), "the secret is not kept");
        assert!(new_key(&path, &new).unwrap_err().what.contains("already"));
        let check = |key: &str, scope| {
            Keys::open(&path).unwrap().check(Some(&format!("bearer {key}")), scope).map_err(|p| p.status)
        };
        assert!(check(&pair.secret, Scope::Admin).unwrap().admin);
        assert!(check(&pair.publishable, Scope::Predict).unwrap().publishable);
        assert_eq!(check(&pair.publishable, Scope::Admin), Err(403));
        assert_eq!(check(&pair.publishable, Scope::Jobs), Err(403));
        assert_eq!(check("sk_nobody_knows_this_one", Scope::Read), Err(401));
        // comments stay
        std::fs::write(&path, format!("# mine\n{text}")).unwrap();
        let second = rotate(&path, "class").unwrap();
        assert_eq!(check(&pair.secret, Scope::Read), Err(401));
        assert!(check(&second.secret, Scope::Jobs).is_ok());
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("# mine\n"));
        revoke(&path, "class").unwrap();
        assert_eq!(check(&second.secret, Scope::Read), Err(401));
        assert!(revoke(&path, "nobody").unwrap_err().what.contains("class"));
    }

    #[test]
    fn a_file_that_is_missing_empty_or_malformed_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        assert!(read(&path).is_err());
        for text in [
            "",
            "# nothing\n",
            "[[key]]\n",
            "key = 3",
            "[[key]]\nname = \"a\"\n",
            "[[key]]\nname = \"a\"\nsecret = \"short\"\n",
            "[[key]]\nname = \"a\"\nsecret_sha256 = \"xyz\"\n",
            "[[key]]\nname = \"a\"\nsecret = \"sk_123456789\"\nmay = [\"everything\"]\n",
            "[[key]]\nname = \"a\"\nsecret = \"sk_123456789\"\nrevokd = true\n",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(read(&path).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_name_of_a_revoked_key_can_be_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let new = NewKey { name: "class".into(), ..NewKey::default() };
        let first = new_key(&path, &new).unwrap();
        revoke(&path, "class").unwrap();
        let second = new_key(&path, &new).unwrap();
        let check = |pair: &Pair| {
            let given = format!("Bearer {}", pair.secret);
            Keys::open(&path).unwrap().check(Some(&given), Scope::Read).map_err(|p| p.status).map(drop)
        };
        assert_eq!((check(&first), check(&second)), (Err(401), Ok(())));
        let list: Vec<_> = read(&path)
            .unwrap()
            .into_iter()
            .map(|entry| (entry.publishable.unwrap(), entry.revoked))
            .collect();
        assert_eq!(list, [(first.publishable, true), (second.publishable.clone(), false)]);
        assert!(new_key(&path, &new).is_err(), "a key in force has the name");
        // what is said of a name is said of the key in force
        let third = rotate(&path, "class").unwrap();
        assert_eq!((check(&second), check(&third)), (Err(401), Ok(())));
        revoke(&path, "class").unwrap();
        assert_eq!(check(&third), Err(401));
        assert!(read(&path).unwrap().iter().all(|entry| entry.revoked));
    }

    #[test]
    fn a_name_is_one_line_of_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        for name in ["", "a\nb", "a\r", "\u{1b}[2J", "a\u{2028}b"] {
            let error = new_key(&path, &NewKey { name: name.into(), ..NewKey::default() }).unwrap_err();
            assert!(error.what.contains("name") && !error.what.contains(char::is_control), "{error:?}");
            assert!(!path.exists(), "{name:?}");
            let quoted = toml_edit::Value::from(name);
            std::fs::write(&path, format!("[[key]]\nname = {quoted}\nsecret = \"sk_123456789\"\n")).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.what.contains("name") && !error.what.contains(char::is_control), "{error:?}");
            std::fs::remove_file(&path).unwrap();
        }
        new_key(&path, &NewKey { name: "4. Klasse – früh".into(), ..NewKey::default() }).unwrap();
    }
}
