//! The requests' files, read and changed: what a job of this page does with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{FileWork, Filed};
use crate::app::widgets::format;
use crate::client::collection::{Collection, CollectionError, Undo};
use crate::client::dialects::{Record, Shape};
use crate::client::environment::{read_environments, write_environment};
use crate::client::presets;

/// Reads or changes files, and reads how they are then.
pub(super) fn work_on(
    collection: &Collection,
    work: FileWork,
    shape: Option<&Shape>,
    rows: &[Record],
    begun: BTreeSet<String>,
) -> Result<Filed, CollectionError> {
    let mut filed = Filed { begun, ..Filed::default() };
    let name_of = |path: &Path| match collection.load(path) {
        Ok(request) => request.name,
        Err(_folder) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    match work {
        FileWork::Load => presets::begin(collection, shape, rows, presets::LOCAL, &mut filed.begun)?,
        FileWork::AddModelRequests => {
            if let Some(shape) = shape {
                let n = presets::add(collection, presets::model_folders(shape, rows))?;
                filed.begun.insert("model".into());
                let said = match n {
                    0 => "The requests for the model are all there".to_owned(),
                    n => format!("Added {} for the model", format::plural(n, "request", "requests")),
                };
                filed.done = Some((said, None));
            }
        }
        FileWork::Open(path) => {
            let request = collection.load(&path)?;
            filed.opened = Some((path, request));
        }
        FileWork::Create { folder, request, rename } => {
            let (path, _undo) = collection.create(&folder, &request)?;
            filed.done = Some((format!("Made {}", request.name), None));
            filed.rename = rename.then(|| (path.clone(), request.name.clone()));
            filed.opened = Some((path, *request));
        }
        FileWork::CreateFolder(parent) => {
            let (path, _undo) = collection.create_folder(&parent, "New folder")?;
            filed.done = Some(("Made a folder".into(), None));
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            filed.rename = Some((path, name));
        }
        FileWork::Duplicate(path) => {
            let (copy, _undo) = collection.duplicate(&path)?;
            filed.done = Some((format!("Copied {}", name_of(&path)), None));
            let request = collection.load(&copy)?;
            filed.opened = Some((copy, request));
        }
        FileWork::Delete(path) => {
            let name = name_of(&path);
            let undo = collection.delete(&path)?;
            filed.done = Some((format!("Deleted {name}"), Some(undo)));
            filed.gone = Some(path);
        }
        FileWork::Rename(path, name) => {
            let (to, undo) = collection.rename(&path, &name)?;
            filed.done = Some((format!("Renamed to {}", name.trim()), Some(undo)));
            if let Ok(request) = collection.load(&to) {
                filed.saved = Some((to.clone(), request));
            }
            filed.moved = Some((path, to));
        }
        FileWork::Move(path, folder) => {
            let (to, undo) = collection.move_into(&path, &folder)?;
            let place =
                if folder.as_os_str().is_empty() { "the top".into() } else { folder.display().to_string() };
            filed.done = Some((format!("Moved to {place}"), Some(undo)));
            filed.moved = Some((path, to));
        }
        FileWork::Undo(undo) => {
            let (back, _redo) = collection.undo(&undo)?;
            let below = |path: &Path| path.strip_prefix("requests").ok().map(Path::to_path_buf);
            let moved = match &undo {
                Undo::Move { from, to, .. } => below(from).zip(below(to)),
                Undo::Remove { .. } => None,
            };
            if moved.is_some() {
                filed.moved = moved;
                filed.saved = back.and_then(|path| Some((path.clone(), collection.load(&path).ok()?)));
            } else if let Some(path) = back
                && let Ok(request) = collection.load(&path)
            {
                filed.opened = Some((path, request));
            }
        }
        FileWork::Save { path, edited } => {
            collection.save(&path, &edited.request, Some(&edited.opened))?;
            filed.done = Some((format!("Saved {}", edited.request.name), None));
            filed.saved = Some((path, edited.request));
        }
        FileWork::SaveEnvironment(environment) => {
            write_environment(collection.workspace(), &environment)
                .map_err(|source| CollectionError::Io { path: PathBuf::from("environments"), source })?;
            filed.done = Some((format!("Saved the environment {}", environment.name), None));
        }
    }
    filed.tree = collection.read()?;
    filed.environments = read_environments(collection.workspace()).map_err(|source| CollectionError::Io {
        path: collection.workspace().join("environments"),
        source,
    })?;
    Ok(filed)
}
