//! What the tests share: a folder of their own, and the program run in it as a user would.
#![allow(dead_code, reason = "each test file uses its part of this")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// A folder that is gone when the test ends.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("a file for the test");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("UTF-8")
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of the files in it, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .expect("the test's folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs `drydock` in this folder with arguments separated by blanks.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        self.run_with(arguments.split_whitespace())
    }

    /// Runs `drydock` in this folder.
    pub(crate) fn run_with<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drydock"));
        // no display: what the program does without one is part of what is tested
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        let said = format!("{command:?}");
        let output = command.output().expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let status = output.status.code().unwrap_or_else(|| panic!("{said} was killed: {stderr}"));
        assert!(!stderr.contains("panicked"), "{said} panicked: {stderr}");
        Run { said, status, stdout: output.stdout, stderr }
    }

    /// Trains and expects success; the document that `--json` prints.
    pub(crate) fn train(&self, arguments: &str) -> Value {
        self.run(&format!("train {arguments} --json")).json()
    }
}

/// How a run of the program ended.
pub(crate) struct Run {
    pub(crate) said: String,
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.status, 0, "{}: {}", self.said, self.stderr);
        self
    }

    /// Expects success and exactly one JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let run = self.done();
        serde_json::from_slice(&run.stdout).unwrap_or_else(|error| {
            panic!("{}: no JSON document ({error}): {}", run.said, String::from_utf8_lossy(&run.stdout))
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Expects the given exit status, nothing on standard output, and a message with all of `parts`.
    #[track_caller]
    pub(crate) fn fails(&self, status: i32, parts: &[&str]) {
        assert_eq!(self.status, status, "{}: {}", self.said, self.stderr);
        assert!(self.stdout.is_empty(), "{} printed: {}", self.said, self.text());
        for part in parts {
            assert!(self.stderr.contains(part), "{}: no {part:?} in: {}", self.said, self.stderr);
        }
    }
}
