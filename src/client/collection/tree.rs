//! The folder of requests: what is in it, and every change to it with its undoing.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::SavedRequest;
use super::file::FileError;
use crate::data::replace_file;

/// What stands in the tree. Paths count from the collection's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder {
        /// Where.
        path: PathBuf,
        /// What it is called.
        name: String,
        /// What is in it.
        children: Vec<Node>,
    },
    /// A request.
    Request {
        /// Where.
        path: PathBuf,
        /// What it is called.
        name: String,
        /// Its method.
        method: String,
        /// Whether it sends a key.
        has_auth: bool,
    },
    /// A file that can't be read as a request; it is left alone.
    Damaged {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
}

impl Node {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder { path, .. } | Self::Request { path, .. } | Self::Damaged { path, .. } => path,
        }
    }

    /// How many requests it holds, itself included.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Folder { children, .. } => children.iter().map(Self::count).sum(),
            Self::Request { .. } => 1,
            Self::Damaged { .. } => 0,
        }
    }
}

/// Why the collection could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    /// The system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no request; it is left alone.
    #[error("{}: {source}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: FileError,
    },
    /// The file was changed by someone else since it was read.
    #[error("{} was changed by another program since it was opened here; save under another name, or load it again", path.display())]
    ChangedOutside {
        /// Which.
        path: PathBuf,
    },
    /// A path that leads out of the collection, or a name of nothing but signs.
    #[error("'{0}' can't be used as a name here")]
    Name(String),
    /// A folder can't be moved into itself.
    #[error("a folder can't be moved into itself")]
    IntoItself,
}

/// How to take a change back. Doing so gives the undoing of the undoing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// Moves a file or folder (paths from the workspace's folder), and gives a request its name.
    Move {
        /// Where it is.
        from: PathBuf,
        /// Where it was.
        to: PathBuf,
        /// The name to write into it, if it is a request.
        name: Option<String>,
    },
    /// Takes away what was made.
    Remove {
        /// What.
        path: PathBuf,
    },
}

/// The folder `requests` of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    workspace: PathBuf,
}

const FOLDER: &str = "requests";
const TRASH: &str = "scratch/deleted-requests";
const DEEPEST: usize = 12;

impl Collection {
    /// The collection of the workspace in that folder; nothing is read or made yet.
    #[must_use]
    pub fn new(workspace: impl Into<PathBuf>) -> Self {
        Self { workspace: workspace.into() }
    }

    /// The folder that holds the requests.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.workspace.join(FOLDER)
    }

    /// The workspace's folder, from which paths of body files count.
    #[must_use]
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// Everything in it, in order. A folder that is not there is empty.
    ///
    /// # Errors
    /// [`CollectionError::Io`] when the folder can't be read.
    pub fn read(&self) -> Result<Vec<Node>, CollectionError> {
        self.read_folder(Path::new(""), 0)
    }

    fn read_folder(&self, folder: &Path, depth: usize) -> Result<Vec<Node>, CollectionError> {
        let full = self.root().join(folder);
        let entries = match std::fs::read_dir(&full) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(CollectionError::Io { path: full, source }),
        };
        let mut nodes: Vec<(i64, Node)> = Vec::new();
        for entry in entries.flatten() {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            if file_name.starts_with('.') {
                continue;
            }
            let path = folder.join(&file_name);
            // links are not followed: they could lead in circles
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < DEEPEST {
                let children = self.read_folder(&path, depth + 1).unwrap_or_default();
                let order = folder_order(&entry.path());
                nodes.push((order, Node::Folder { path, name: file_name, children }));
            } else if kind.is_file()
                && path.extension().is_some_and(|ending| ending == "toml")
                && file_name != "folder.toml"
            {
                nodes.push(match self.load(&path) {
                    Ok(request) => {
                        let has_auth = request.auth != super::Auth::None;
                        let node =
                            Node::Request { path, name: request.name, method: request.method, has_auth };
                        (request.order, node)
                    }
                    Err(CollectionError::Damaged { source, .. }) => {
                        (i64::MAX, Node::Damaged { path, error: source.message })
                    }
                    Err(error) => (i64::MAX, Node::Damaged { path, error: error.to_string() }),
                });
            }
        }
        nodes.sort_by(|(a, x), (b, y)| {
            let name = |node: &Node| match node {
                Node::Folder { name, .. } | Node::Request { name, .. } => name.to_lowercase(),
                Node::Damaged { path, .. } => path.to_string_lossy().to_lowercase(),
            };
            let is_request = |node: &Node| !matches!(node, Node::Folder { .. });
            (is_request(x), a, name(x), x.path()).cmp(&(is_request(y), b, name(y), y.path()))
        });
        Ok(nodes.into_iter().map(|(_, node)| node).collect())
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`CollectionError`] that names the file.
    pub fn load(&self, path: &Path) -> Result<SavedRequest, CollectionError> {
        let full = self.inside(path)?;
        let bytes =
            std::fs::read(&full).map_err(|source| CollectionError::Io { path: full.clone(), source })?;
        let damaged = |source| CollectionError::Damaged { path: full.clone(), source };
        let text = String::from_utf8(bytes).map_err(|error| {
            damaged(FileError { line: None, message: format!("it is no UTF-8 text ({error})") })
        })?;
        SavedRequest::from_toml(&text).map_err(damaged)
    }

    /// The requests that lie in a folder itself, as far as they can be read.
    ///
    /// # Errors
    /// [`CollectionError::Io`] when the folder can't be read.
    pub fn requests_in(&self, folder: &Path) -> Result<Vec<SavedRequest>, CollectionError> {
        let nodes = self.read_folder(folder, 0)?;
        let paths = nodes.iter().filter_map(|node| match node {
            Node::Request { path, .. } => Some(path),
            Node::Folder { .. } | Node::Damaged { .. } => None,
        });
        Ok(paths.filter_map(|path| self.load(path).ok()).collect())
    }

    /// Writes a request to its file. `opened` is what the file held when it was read; a file that someone else changed since
    /// then, or that is damaged, is not written over.
    ///
    /// # Errors
    /// [`CollectionError`] that names the file.
    pub fn save(
        &self,
        path: &Path,
        request: &SavedRequest,
        opened: Option<&SavedRequest>,
    ) -> Result<(), CollectionError> {
        let full = self.inside(path)?;
        match (self.load(path), opened) {
            (Ok(now), Some(opened)) if now != *opened && now != *request => {
                return Err(CollectionError::ChangedOutside { path: full });
            }
            (Err(error @ CollectionError::Damaged { .. }), _) => return Err(error),
            _ => {}
        }
        self.write(&full, request)
    }

    fn write(&self, full: &Path, request: &SavedRequest) -> Result<(), CollectionError> {
        let io = |source| CollectionError::Io { path: full.to_path_buf(), source };
        std::fs::create_dir_all(full.parent().unwrap_or(&self.workspace)).map_err(io)?;
        let text = request.to_toml();
        replace_file(full, |out| out.write_all(text.as_bytes())).map_err(io)
    }

    /// Adds a request to a folder, under a file name made of its name; its path.
    ///
    /// # Errors
    /// [`CollectionError::Io`], [`CollectionError::Name`].
    pub fn create(&self, folder: &Path, request: &SavedRequest) -> Result<(PathBuf, Undo), CollectionError> {
        let path = self.free(folder, &file_stem(&request.name)?, ".toml")?;
        self.write(&self.inside(&path)?, request)?;
        Ok((path.clone(), Undo::Remove { path: Path::new(FOLDER).join(path) }))
    }

    /// Adds a folder; its path.
    ///
    /// # Errors
    /// [`CollectionError::Io`], [`CollectionError::Name`].
    pub fn create_folder(&self, parent: &Path, name: &str) -> Result<(PathBuf, Undo), CollectionError> {
        let path = self.free(parent, &file_stem(name)?, "")?;
        let full = self.inside(&path)?;
        std::fs::create_dir_all(&full)
            .map_err(|source| CollectionError::Io { path: full.clone(), source })?;
        Ok((path.clone(), Undo::Remove { path: Path::new(FOLDER).join(path) }))
    }

    /// Writes a folder's place among its neighbours.
    ///
    /// # Errors
    /// [`CollectionError::Io`].
    pub fn set_folder_order(&self, folder: &Path, order: i64) -> Result<(), CollectionError> {
        let full = self.inside(folder)?.join("folder.toml");
        replace_file(&full, |out| out.write_all(format!("order = {order}\n").as_bytes()))
            .map_err(|source| CollectionError::Io { path: full.clone(), source })
    }

    /// Gives a request or folder another name, and its file too; its new path.
    ///
    /// # Errors
    /// [`CollectionError`] that names the file.
    pub fn rename(&self, path: &Path, name: &str) -> Result<(PathBuf, Undo), CollectionError> {
        let full = self.inside(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let stem = file_stem(name)?;
        let is_folder = full.is_dir();
        let ending = if is_folder { "" } else { ".toml" };
        let mut old_name = None;
        let request = if is_folder {
            None
        } else {
            let mut request = self.load(path)?;
            old_name = Some(std::mem::replace(&mut request.name, name.trim().to_owned()));
            Some(request)
        };
        let wanted = folder.join(format!("{stem}{ending}"));
        let to = if wanted == path { wanted } else { self.free(folder, &stem, ending)? };
        if let Some(request) = request {
            self.write(&full, &request)?;
        }
        self.rename_file(&Path::new(FOLDER).join(path), &Path::new(FOLDER).join(&to))?;
        let undo = Undo::Move {
            from: Path::new(FOLDER).join(&to),
            to: Path::new(FOLDER).join(path),
            name: old_name,
        };
        Ok((to, undo))
    }

    /// Moves a request or folder into another folder; its new path.
    ///
    /// # Errors
    /// [`CollectionError`] that names the file.
    pub fn move_into(&self, path: &Path, folder: &Path) -> Result<(PathBuf, Undo), CollectionError> {
        self.inside(path)?;
        if folder.starts_with(path) {
            return Err(CollectionError::IntoItself);
        }
        let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (stem, ending) = match file_name.strip_suffix(".toml") {
            Some(stem) => (stem.to_owned(), ".toml"),
            None => (file_name, ""),
        };
        let to = if path.parent() == Some(folder) {
            path.to_path_buf()
        } else {
            self.free(folder, &stem, ending)?
        };
        self.rename_file(&Path::new(FOLDER).join(path), &Path::new(FOLDER).join(&to))?;
        let undo =
            Undo::Move { from: Path::new(FOLDER).join(&to), to: Path::new(FOLDER).join(path), name: None };
        Ok((to, undo))
    }

    /// Makes a copy of a request beside it; its path.
    ///
    /// # Errors
    /// [`CollectionError`] that names the file.
    pub fn duplicate(&self, path: &Path) -> Result<(PathBuf, Undo), CollectionError> {
        let mut request = self.load(path)?;
        request.name.push_str(" copy");
        self.create(path.parent().unwrap_or(Path::new("")), &request)
    }

    /// Takes a request or folder away; it is kept in the workspace's scratch folder until then.
    ///
    /// # Errors
    /// [`CollectionError`] that names the file.
    pub fn delete(&self, path: &Path) -> Result<Undo, CollectionError> {
        self.inside(path)?;
        self.throw_away(&Path::new(FOLDER).join(path))
    }

    fn throw_away(&self, from: &Path) -> Result<Undo, CollectionError> {
        let file_name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let trash = Path::new(TRASH);
        let to = (1..=u32::MAX)
            .map(|number: u32| trash.join(number.to_string()).join(&file_name))
            .find(|to| !self.workspace.join(to).exists())
            .ok_or_else(|| CollectionError::Name(file_name.clone()))?;
        self.rename_file(from, &to)?;
        Ok(Undo::Move { from: to, to: from.to_path_buf(), name: None })
    }

    /// Takes a change back; the path (from the collection's folder) of what came back, and how to do the change again.
    ///
    /// # Errors
    /// [`CollectionError`] when the place is taken in the meantime, or the system says no.
    pub fn undo(&self, undo: &Undo) -> Result<(Option<PathBuf>, Undo), CollectionError> {
        match undo {
            Undo::Move { from, to, name } => {
                let mut old_name = None;
                if let Some(name) = name
                    && let Ok(below) = from.strip_prefix(FOLDER)
                {
                    let mut request = self.load(below)?;
                    old_name = Some(std::mem::replace(&mut request.name, name.clone()));
                    self.write(&self.workspace.join(from), &request)?;
                }
                self.rename_file(from, to)?;
                let back = to.strip_prefix(FOLDER).ok().map(Path::to_path_buf);
                Ok((back, Undo::Move { from: to.clone(), to: from.clone(), name: old_name }))
            }
            Undo::Remove { path } => Ok((None, self.throw_away(path)?)),
        }
    }

    /// Renames within the workspace; never over something.
    fn rename_file(&self, from: &Path, to: &Path) -> Result<(), CollectionError> {
        if from == to {
            return Ok(());
        }
        let (full_from, full_to) = (self.workspace.join(from), self.workspace.join(to));
        let io = |path: &Path| {
            let path = path.to_path_buf();
            move |source| CollectionError::Io { path, source }
        };
        // on systems that ignore case, a name in other letters is the same file
        let is_same = full_from.canonicalize().ok() == full_to.canonicalize().ok();
        if full_to.exists() && !is_same {
            return Err(io(&full_to)(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is something of that name",
            )));
        }
        std::fs::create_dir_all(full_to.parent().unwrap_or(&self.workspace)).map_err(io(&full_to))?;
        std::fs::rename(&full_from, &full_to).map_err(io(&full_from))
    }

    /// A path in a folder that is not taken.
    fn free(&self, folder: &Path, stem: &str, ending: &str) -> Result<PathBuf, CollectionError> {
        self.inside(folder)?;
        let mut number = 1_u32;
        loop {
            let name =
                if number == 1 { format!("{stem}{ending}") } else { format!("{stem} {number}{ending}") };
            let path = folder.join(name);
            if !self.root().join(&path).exists() {
                return Ok(path);
            }
            number += 1;
        }
    }

    /// The full path, for paths that stay inside.
    fn inside(&self, path: &Path) -> Result<PathBuf, CollectionError> {
        if path.components().all(|part| matches!(part, Component::Normal(_))) {
            Ok(self.root().join(path))
        } else {
            Err(CollectionError::Name(path.display().to_string()))
        }
    }
}

fn folder_order(folder: &Path) -> i64 {
    #[derive(serde::Deserialize)]
    struct Form {
        order: i64,
    }
    let text = std::fs::read_to_string(folder.join("folder.toml")).unwrap_or_default();
    toml::from_str::<Form>(&text).map_or(0, |form| form.order)
}

/// A file name for a request's name that every system takes.
pub(in crate::client) fn file_stem(name: &str) -> Result<String, CollectionError> {
    let mut stem: String = name
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() || " -_.,()+".contains(c) { c } else { '-' })
        .collect();
    stem = stem.trim_start_matches('.').trim_end_matches(['.', ' ']).trim_start().chars().take(80).collect();
    let stem = stem.trim_end().to_owned();
    // names that Windows keeps for devices
    let device = stem.split('.').next().unwrap_or("").to_ascii_uppercase();
    let is_device = matches!(device.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (device.len() == 4
            && (device.starts_with("COM") || device.starts_with("LPT"))
            && device.ends_with(char::is_numeric));
    if !stem.chars().any(char::is_alphanumeric) {
        return Err(CollectionError::Name(name.to_owned()));
    }
    Ok(if is_device || stem == "folder" { format!("{stem}-") } else { stem })
}

#[cfg(test)]
mod tests;
