//! Environments: what the variables stand for, here and there. Plain files; a secret's file entry says only where its
//! value is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::collection::FileError;
use super::variables::Values;
use crate::data::replace_file;

/// Where a secret's value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable of the process.
    Env(String),
    /// In the system's keychain.
    Keychain,
    /// Nowhere: typed by the user, and forgotten when the program ends.
    Session,
}

impl SecretSource {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "keychain" => Some(Self::Keychain),
            "session" => Some(Self::Session),
            _ => text
                .strip_prefix("env:")
                .filter(|name| !name.trim().is_empty())
                .map(|name| Self::Env(name.trim().into())),
        }
    }

    /// As it stands in the file.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Env(name) => format!("env:{name}"),
            Self::Keychain => "keychain".into(),
            Self::Session => "session".into(),
        }
    }
}

/// What variables stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// What it is called.
    pub name: String,
    /// Values that anyone may see.
    pub variables: BTreeMap<String, String>,
    /// Where values are that nobody may see.
    pub secrets: BTreeMap<String, SecretSource>,
}

/// The layout of environment files that this program writes.
const LAYOUT: u32 = 1;

impl Environment {
    /// Reads a file's text.
    ///
    /// # Errors
    /// [`FileError`] with the line.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Form {
            drydock_environment: u32,
            name: String,
            #[serde(default)]
            variables: BTreeMap<String, String>,
            #[serde(default)]
            secrets: BTreeMap<String, String>,
        }
        let form: Form = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| super::json::line_and_column(text, span.start).0);
            let what = error.message().trim().replace('\n', " ");
            FileError { line, message: line.map_or(what.clone(), |line| format!("line {line}: {what}")) }
        })?;
        if form.drydock_environment > LAYOUT {
            let found = form.drydock_environment;
            let message = format!("it has layout {found}, and this program reads up to {LAYOUT}");
            return Err(FileError { line: None, message });
        }
        let mut secrets = BTreeMap::new();
        for (name, source) in form.secrets {
            // the text may be a secret that someone typed here by mistake: not repeated
            let source = SecretSource::parse(&source).ok_or_else(|| FileError {
                line: None,
                message: format!(
                    "the secret '{name}' must say where its value is (env:NAME, keychain or session), not hold the value"
                ),
            })?;
            secrets.insert(name, source);
        }
        Ok(Self { name: form.name, variables: form.variables, secrets })
    }

    /// The file's text.
    #[must_use]
    pub fn to_toml(&self) -> String {
        use super::collection::quoted;
        let mut out = format!("drydock_environment = {LAYOUT}\nname = {}\n", quoted(&self.name));
        if !self.variables.is_empty() {
            out.push_str("\n[variables]\n");
            for (name, value) in &self.variables {
                out.push_str(&format!("{} = {}\n", key(name), quoted(value)));
            }
        }
        if !self.secrets.is_empty() {
            out.push_str(
                "\n# where each value is: env:NAME, keychain or session; never the value itself\n[secrets]\n",
            );
            for (name, source) in &self.secrets {
                out.push_str(&format!("{} = {}\n", key(name), quoted(&source.text())));
            }
        }
        out
    }

    /// What the variables stand for now, and the secrets that have no value, with the reason.
    #[must_use]
    pub fn values(&self, secrets: &Secrets) -> (Values, Vec<(String, String)>) {
        self.values_with(|name, source| secrets.get(&self.name, name, source))
    }

    /// As [`Environment::values`], each secret's value from `secret`: something that stands for it, say.
    pub fn values_with(
        &self,
        mut secret: impl FnMut(&str, &SecretSource) -> Result<String, String>,
    ) -> (Values, Vec<(String, String)>) {
        let mut values = Values::new();
        let mut missing = Vec::new();
        for (name, value) in &self.variables {
            values.set(name, value);
        }
        for (name, source) in &self.secrets {
            match secret(name, source) {
                Ok(value) => values.set_secret(name, &value),
                Err(reason) => missing.push((name.clone(), reason)),
            }
        }
        (values, missing)
    }
}

fn key(name: &str) -> String {
    let is_bare =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if is_bare { name.to_owned() } else { super::collection::quoted(name) }
}

/// The environments of a workspace, by file, in order of their names; a file that can't be read comes with the reason.
///
/// # Errors
/// The system's, when the folder can't be read.
pub fn read_environments(workspace: &Path) -> std::io::Result<Vec<(PathBuf, Result<Environment, String>)>> {
    let folder = workspace.join("environments");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found: Vec<(PathBuf, Result<Environment, String>)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| {
            let read = std::fs::read_to_string(&path).map_err(|error| error.to_string());
            let parsed = read.and_then(|text| Environment::from_toml(&text).map_err(|error| error.message));
            (path, parsed)
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// Writes an environment to the file that has its name, else to a new one, which is called like it; the file's path. The
/// files of other environments stay, also where their names differ only in what no file's name can hold (`a/b`, `a?b`).
///
/// # Errors
/// The system's, or a name that no file can have.
pub fn write_environment(workspace: &Path, environment: &Environment) -> std::io::Result<PathBuf> {
    let stem = super::collection::file_stem(&environment.name).map_err(std::io::Error::other)?.to_lowercase();
    let folder = workspace.join("environments");
    std::fs::create_dir_all(&folder)?;
    let present = read_environments(workspace)?;
    let own = present.iter().find(|(_, other)| other.as_ref().is_ok_and(|one| one.name == environment.name));
    let path = if let Some((path, _)) = own {
        path.clone()
    } else {
        let further = (2..=u32::MAX).map(|n| format!("{stem}-{n}"));
        let mut paths =
            std::iter::once(stem.clone()).chain(further).map(|stem| folder.join(format!("{stem}.toml")));
        // some systems take names that differ in their case for one
        let small = |path: &Path| path.to_string_lossy().to_lowercase();
        let is_of_another = |path: &PathBuf| {
            present.iter().any(|(known, other)| small(known) == small(path) && other.is_ok())
        };
        paths.find(|path| !is_of_another(path)).unwrap_or_else(|| folder.join(format!("{stem}.toml")))
    };
    if let Some((_, Err(error))) = present.iter().find(|(known, _)| *known == path) {
        let what = format!("{} is damaged and left alone: {error}", path.display());
        return Err(std::io::Error::other(what));
    }
    replace_file(&path, |out| out.write_all(environment.to_toml().as_bytes()))?;
    Ok(path)
}

/// Where secrets' values come from.
#[derive(Debug, Default)]
pub struct Secrets {
    session: Mutex<BTreeMap<(String, String), String>>,
}

/// The name under which the keychain keeps this program's secrets.
#[cfg(feature = "keychain")]
const SERVICE: &str = "drydock";

impl Secrets {
    /// The value of a secret of an environment.
    ///
    /// # Errors
    /// Why there is none, and what to do.
    pub fn get(&self, environment: &str, name: &str, source: &SecretSource) -> Result<String, String> {
        let typed = {
            let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
            session.get(&(environment.to_owned(), name.to_owned())).cloned()
        };
        if let Some(value) = typed {
            return Ok(value);
        }
        match source {
            SecretSource::Env(variable) => match std::env::var(variable) {
                Ok(value) if !value.is_empty() => Ok(value),
                Ok(_empty) => Err(format!("the environment variable {variable} is empty")),
                Err(std::env::VarError::NotPresent) => Err(format!(
                    "the environment variable {variable} is not set; set it before the program starts, or type the value here"
                )),
                Err(std::env::VarError::NotUnicode(_)) => {
                    Err(format!("the environment variable {variable} is no UTF-8 text"))
                }
            },
            SecretSource::Keychain => keychain_get(environment, name),
            SecretSource::Session => Err("it was not typed yet in this session".into()),
        }
    }

    /// Keeps a value until the program ends. It goes before any other source.
    pub fn set_session(&self, environment: &str, name: &str, value: &str) {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (environment.to_owned(), name.to_owned());
        if value.is_empty() {
            session.remove(&key);
        } else {
            session.insert(key, value.to_owned());
        }
    }

    /// Keeps a value in the system's keychain.
    ///
    /// # Errors
    /// Why the keychain can't, and what to do.
    #[cfg(feature = "keychain")]
    pub fn set_keychain(&self, environment: &str, name: &str, value: &str) -> Result<(), String> {
        self.set_session(environment, name, "");
        let entry = keyring::Entry::new(SERVICE, &format!("{environment}/{name}")).map_err(no_keychain)?;
        entry.set_password(value).map_err(no_keychain)
    }

    /// Keeps a value in the system's keychain; this build has no access to it.
    ///
    /// # Errors
    /// Always, with what to do.
    #[cfg(not(feature = "keychain"))]
    pub fn set_keychain(&self, _environment: &str, _name: &str, _value: &str) -> Result<(), String> {
        Err(NO_KEYCHAIN.into())
    }
}

#[cfg(feature = "keychain")]
fn keychain_get(environment: &str, name: &str) -> Result<String, String> {
    let entry = keyring::Entry::new(SERVICE, &format!("{environment}/{name}")).map_err(no_keychain)?;
    entry.get_password().map_err(|error| match error {
        keyring::Error::NoEntry => "the keychain has no such entry; type the value once".into(),
        other => no_keychain(other),
    })
}

#[cfg(feature = "keychain")]
#[allow(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn no_keychain(error: keyring::Error) -> String {
    format!(
        "the system's keychain is not available ({error}); use an environment variable, or type the value for this session"
    )
}

#[cfg(not(feature = "keychain"))]
const NO_KEYCHAIN: &str = "this build has no access to the system's keychain; use an environment variable, or type the value for this session";

#[cfg(not(feature = "keychain"))]
fn keychain_get(_environment: &str, _name: &str) -> Result<String, String> {
    Err(NO_KEYCHAIN.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_comes_back_and_holds_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let mut local = Environment { name: "Local \"x\"".into(), ..Environment::default() };
        local.variables.insert("base".into(), "http://127.0.0.1:8080\\\n".into());
        local.variables.insert("odd name".into(), String::new());
        local.secrets.insert("key".into(), SecretSource::Session);
        local.secrets.insert("other".into(), SecretSource::Env("DRYDOCK_NO_SUCH_VARIABLE".into()));
        let path = write_environment(folder.path(), &local).unwrap();
        let found = read_environments(folder.path()).unwrap();
        assert_eq!(found, [(path.clone(), Ok(local.clone()))]);

        let secrets = Secrets::default();
        secrets.set_session(&local.name, "key", "sk_very_secret");
        let (values, missing) = local.values(&secrets);
        assert_eq!(values.fill("{{key}}").unwrap(), "sk_very_secret");
        assert_eq!(values.secrets(), ["sk_very_secret"]);
        assert_eq!(missing.len(), 1);
        assert!(missing[0].1.contains("DRYDOCK_NO_SUCH_VARIABLE"), "{}", missing[0].1);
        write_environment(folder.path(), &local).unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("sk_very"));
        // PATH is set on every machine that runs tests
        assert!(secrets.get("x", "y", &SecretSource::Env("PATH".into())).is_ok());
    }

    #[test]
    fn names_that_make_one_file_name_get_a_file_each() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["a/b", "a?b", "A-B", "a-b-2"];
        let of = |name: &str, base: &str| {
            let variables = BTreeMap::from([("base".to_owned(), base.to_owned())]);
            Environment { name: name.into(), variables, ..Environment::default() }
        };
        for name in names {
            write_environment(folder.path(), &of(name, "first")).unwrap();
        }
        // written again, each keeps its file
        for name in names {
            write_environment(folder.path(), &of(name, name)).unwrap();
        }
        let mut found: Vec<Environment> =
            read_environments(folder.path()).unwrap().into_iter().map(|(_, one)| one.unwrap()).collect();
        found.sort_by_key(|one| names.iter().position(|name| *name == one.name));
        assert_eq!(found, names.map(|name| of(name, name)));
    }

    #[test]
    fn a_keychain_that_is_missing_or_empty_is_said_at_once() {
        let begun = std::time::Instant::now();
        let name = format!("no-such-secret-{}", std::process::id());
        let why = Secrets::default().get("a test", &name, &SecretSource::Keychain).unwrap_err();
        assert!(why.contains("keychain") && why.contains("type the value"), "{why}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_secret_typed_into_the_file_is_refused_and_not_repeated() {
        let text = "drydock_environment = 1\nname = \"a\"\n[secrets]\nkey = \"sk_abc\"\n";
        let error = Environment::from_toml(text).unwrap_err();
        assert!(error.message.contains("'key'") && !error.message.contains("sk_abc"), "{}", error.message);
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("environments")).unwrap();
        std::fs::write(folder.path().join("environments/a.toml"), text).unwrap();
        let new = Environment { name: "a".into(), ..Environment::default() };
        assert!(write_environment(folder.path(), &new).unwrap_err().to_string().contains("left alone"));
    }
}
