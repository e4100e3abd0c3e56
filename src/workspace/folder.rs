//! Reading and writing the workspace's files.

use std::path::{Path, PathBuf};

use super::{Saved, WORKSPACE_VERSION};
use crate::data::replace_file;
use crate::model::{Model, ModelError};

/// Why a workspace or one of its files can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// A file or folder can't be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A model file is damaged.
    #[error("{}: {source}", path.display())]
    Model {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: ModelError,
    },
    /// The workspace was written by a newer program.
    #[error(
        "{} has layout {found}, and this program reads up to {WORKSPACE_VERSION}; open it with a newer Drydock, or choose another folder",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
}

/// A workspace that was opened, with what was odd about it.
#[derive(Debug)]
pub struct Opened {
    /// What it holds.
    pub saved: Saved,
    /// What could not be read, and where it was put aside.
    pub warnings: Vec<String>,
}

/// A workspace's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The workspace in that folder; nothing is read or made yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What to call the workspace: the folder's name.
    #[must_use]
    pub fn title(&self) -> String {
        self.root.file_name().map_or_else(|| "workspace".into(), |name| name.to_string_lossy().into_owned())
    }

    /// The path of the workspace's main file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.root.join("workspace.json")
    }

    /// The path of a version's model file.
    #[must_use]
    pub fn model_path(&self, number: u32) -> PathBuf {
        self.root.join("models").join(format!("v{number}.json"))
    }

    /// The path of a version's charts.
    #[must_use]
    pub fn report_path(&self, number: u32) -> PathBuf {
        self.root.join("models").join(format!("v{number}.report.json"))
    }

    /// The path of a pasted table.
    #[must_use]
    pub fn pasted_path(&self, file: &str) -> PathBuf {
        self.root.join("data").join(file)
    }

    /// The folder for files that are of no use after the window is closed: predictions that are not saved yet.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// Reads the workspace. A folder that does not exist or is empty is a fresh workspace. A main file that is
    /// damaged is put aside, with a warning that names it; models are found again by their files.
    ///
    /// # Errors
    /// [`WorkspaceError`] when the file can't be read at all or is from a newer program.
    pub fn open(&self) -> Result<Opened, WorkspaceError> {
        let path = self.file();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Opened { saved: self.recover(Saved::default()), warnings: Vec::new() });
            }
            Err(source) => return Err(WorkspaceError::Io { path, source }),
        };
        match serde_json::from_slice::<Saved>(&bytes) {
            Ok(saved) if saved.workspace_version > WORKSPACE_VERSION => {
                Err(WorkspaceError::Newer { path, found: saved.workspace_version })
            }
            Ok(saved) => Ok(Opened { saved: self.recover(saved), warnings: Vec::new() }),
            Err(error) => {
                let aside = self.aside(&path)?;
                let warning = format!(
                    "{} could not be read ({error}); it was kept as {}, and the models were found again by their files",
                    path.display(),
                    aside.display()
                );
                Ok(Opened { saved: self.recover(Saved::default()), warnings: vec![warning] })
            }
        }
    }

    /// Renames a file that can't be read, so that nothing is written over it.
    fn aside(&self, path: &Path) -> Result<PathBuf, WorkspaceError> {
        let mut number = 1;
        loop {
            let aside = self.root.join(format!("workspace.damaged-{number}.json"));
            if !aside.exists() {
                std::fs::rename(path, &aside)
                    .map_err(|source| WorkspaceError::Io { path: path.to_path_buf(), source })?;
                return Ok(aside);
            }
            number += 1;
        }
    }

    /// Adds models whose files are there though the main file does not name them, and sees that no number is
    /// given twice.
    fn recover(&self, mut saved: Saved) -> Saved {
        let files = std::fs::read_dir(self.root.join("models")).into_iter().flatten().flatten();
        let mut found: Vec<(u32, i64)> = files
            .filter_map(|file| {
                let name = file.file_name().into_string().ok()?;
                let number: u32 = name.strip_prefix('v')?.strip_suffix(".json")?.parse().ok()?;
                let modified = file.metadata().ok()?.modified().ok()?;
                let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
                Some((number, i64::try_from(since.as_millis()).ok()?))
            })
            .collect();
        found.sort_unstable();
        for (number, at_unix_millis) in found {
            if number >= saved.next_number && saved.versions.iter().all(|entry| entry.number != number) {
                saved.versions.push(super::Entry {
                    number,
                    name: String::new(),
                    note: String::new(),
                    at_unix_millis,
                    seconds: None,
                });
            }
        }
        let largest = saved.versions.iter().map(|entry| entry.number).max().unwrap_or(0);
        saved.next_number = saved.next_number.max(largest.saturating_add(1)).max(1);
        saved
    }

    /// Writes the main file.
    ///
    /// # Errors
    /// [`WorkspaceError::Io`].
    pub fn save(&self, saved: &Saved) -> Result<(), WorkspaceError> {
        // plain data with string keys can't fail to serialise
        let mut bytes = serde_json::to_vec_pretty(saved).unwrap_or_default();
        bytes.push(b'\n');
        self.write(&self.file(), &bytes)
    }

    /// Writes a version's model file, and its charts if there are any.
    ///
    /// # Errors
    /// [`WorkspaceError::Io`].
    pub fn save_model(
        &self,
        number: u32,
        model: &Model,
        report: Option<&[u8]>,
    ) -> Result<(), WorkspaceError> {
        self.write(&self.model_path(number), &model.to_json())?;
        if let Some(report) = report {
            self.write(&self.report_path(number), report)?;
        }
        Ok(())
    }

    /// Reads a version's model.
    ///
    /// # Errors
    /// [`WorkspaceError`] that names the file.
    pub fn read_model(&self, number: u32) -> Result<Model, WorkspaceError> {
        let path = self.model_path(number);
        let bytes =
            std::fs::read(&path).map_err(|source| WorkspaceError::Io { path: path.clone(), source })?;
        Model::from_json(&bytes).map_err(|source| WorkspaceError::Model { path, source })
    }

    /// The bytes of a version's charts, if there are any.
    #[must_use]
    pub fn read_report(&self, number: u32) -> Option<Vec<u8>> {
        std::fs::read(self.report_path(number)).ok()
    }

    /// Keeps a pasted table under a name that is free; the file's name.
    ///
    /// # Errors
    /// [`WorkspaceError::Io`].
    pub fn keep_pasted(&self, text: &str) -> Result<String, WorkspaceError> {
        let mut number = 1;
        loop {
            let file = format!("pasted-{number}.csv");
            let path = self.pasted_path(&file);
            if !path.exists() {
                self.write(&path, text.as_bytes())?;
                return Ok(file);
            }
            number += 1;
        }
    }

    /// Writes a file of the workspace, making its folder where needed.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), WorkspaceError> {
        let io = |source| WorkspaceError::Io { path: path.to_path_buf(), source };
        std::fs::create_dir_all(path.parent().unwrap_or(&self.root)).map_err(io)?;
        replace_file(path, |out| out.write_all(bytes)).map_err(io)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DataRef, Entry, Role};
    use super::*;

    fn entry(number: u32) -> Entry {
        Entry { number, name: String::new(), note: "n".into(), at_unix_millis: 5, seconds: Some(0.5) }
    }

    #[test]
    fn what_is_saved_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Folder::new(folder.path().join("new"));
        assert_eq!(workspace.open().unwrap().saved, Saved::default());
        let mut saved = Saved { data: Some(DataRef::Sample("winter-beverages".into())), ..Saved::default() };
        saved.roles.insert("date".into(), Role::Ignore);
        saved.versions = vec![entry(1), entry(2)];
        saved.champion = Some(2);
        saved.next_number = 3;
        workspace.save(&saved).unwrap();
        let opened = workspace.open().unwrap();
        assert_eq!(opened.saved, saved);
        assert!(opened.warnings.is_empty());
    }

    #[test]
    fn a_damaged_file_is_put_aside_and_models_are_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Folder::new(folder.path());
        std::fs::create_dir_all(folder.path().join("models")).unwrap();
        std::fs::write(workspace.model_path(7), "{}").unwrap();
        std::fs::write(workspace.file(), "{\"versions\": [").unwrap();
        let opened = workspace.open().unwrap();
        assert_eq!(opened.saved.versions.iter().map(|entry| entry.number).collect::<Vec<_>>(), [7]);
        assert_eq!(opened.saved.next_number, 8);
        assert!(opened.warnings[0].contains("workspace.damaged-1.json"), "{:?}", opened.warnings);
        assert_eq!(
            std::fs::read(folder.path().join("workspace.damaged-1.json")).unwrap(),
            b"{\"versions\": ["
        );
        assert!(!workspace.file().exists());
        // what it holds is no model, and reading it says so
        assert!(workspace.read_model(7).unwrap_err().to_string().contains("v7.json"));
    }

    #[test]
    fn a_newer_workspace_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Folder::new(folder.path());
        std::fs::write(workspace.file(), "{\"workspace_version\": 99}").unwrap();
        assert!(workspace.open().unwrap_err().to_string().contains("99"));
        assert!(workspace.file().exists());
    }

    #[test]
    fn a_deleted_version_does_not_come_back_and_its_number_is_not_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Folder::new(folder.path());
        std::fs::create_dir_all(folder.path().join("models")).unwrap();
        std::fs::write(workspace.model_path(2), "{}").unwrap();
        workspace.save(&Saved { next_number: 3, ..Saved::default() }).unwrap();
        let saved = workspace.open().unwrap().saved;
        assert!(saved.versions.is_empty());
        assert_eq!(saved.next_number, 3);
    }

    #[test]
    fn pasted_tables_do_not_overwrite_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Folder::new(folder.path());
        assert_eq!(workspace.keep_pasted("a\n1\n").unwrap(), "pasted-1.csv");
        assert_eq!(workspace.keep_pasted("b\n2\n").unwrap(), "pasted-2.csv");
        assert_eq!(std::fs::read(workspace.pasted_path("pasted-1.csv")).unwrap(), b"a\n1\n");
    }
}
