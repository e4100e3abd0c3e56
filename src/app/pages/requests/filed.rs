//! What changes of the requests' files do to the state: what is open moves along, and each change has its way back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::apply::{apply, file, next_work, opened, put_aside};
use super::{Command, Edited, Effect, FileWork, Filed, Panel, first_request};
use crate::app::command::Command as AppCommand;
use crate::app::effect::Effect as AppEffect;
use crate::app::state::{AppState, StatusKind};

/// Reads the open request's file again, where a secret in it was not kept.
pub(super) fn complete(state: &mut AppState) -> Vec<AppEffect> {
    let draft = &state.screen.requests;
    if !draft.now.is_incomplete() {
        return Vec::new();
    }
    let path = draft.open.clone();
    file(state, FileWork::Open(path))
}

/// Takes in how the files are now.
pub(super) fn filed(state: &mut AppState, filed: Filed) -> Vec<AppEffect> {
    let mut effects = Vec::new();
    let draft = &mut state.screen.requests;
    draft.begun = filed.begun;
    if let Some((from, to)) = &filed.moved {
        let moved = |path: &Path| -> Option<PathBuf> {
            let rest = path.strip_prefix(from).ok()?;
            Some(if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) })
        };
        if let Some(path) = moved(&draft.open) {
            draft.open = path;
        }
        let edited = std::mem::take(&mut draft.edited);
        draft.edited =
            edited.into_iter().map(|(path, edited)| (moved(&path).unwrap_or(path), edited)).collect();
    }
    if let Some((path, request)) = &filed.saved
        && *path == draft.open
    {
        // what was typed since then stays
        if draft.now.request.name == draft.now.opened.name {
            draft.now.request.name.clone_from(&request.name);
        }
        draft.now.opened = request.clone();
    }
    if let Some(path) = &filed.gone {
        draft.edited.retain(|other, _| !other.starts_with(path));
        if draft.open.starts_with(path) && draft.has_request() {
            draft.open = PathBuf::new();
            draft.now = Edited::default();
            effects.extend(opened(state));
        }
    }
    if let Some((path, request)) = filed.opened {
        let draft = &mut state.screen.requests;
        if path == draft.open && draft.now.is_incomplete() {
            // its file, read again for the secret in it: what was edited since stays
            let edited = draft.is_edited();
            draft.now.opened = request.clone();
            if !edited {
                draft.now.request = request;
            }
        } else {
            put_aside(state);
            let draft = &mut state.screen.requests;
            draft.open = path;
            draft.now = Edited { request: request.clone(), opened: request };
            draft.panel = Panel::Request;
            effects.extend(opened(state));
        }
    }
    let draft = &mut state.screen.requests;
    if let Some((path, name)) = filed.rename {
        draft.renaming = Some((path, name, true));
    }
    let is_first = state.results.requests.tree.value.is_none();
    let first = first_request(&filed.tree).map(Path::to_path_buf);
    state.results.requests.tree.done(Arc::new(filed.tree));
    state.results.requests.environments = filed.environments;
    if let Some((what, undo)) = filed.done {
        match undo {
            Some(undo) => {
                state.removed(what, AppCommand::Requests(Command::Files(FileWork::Undo(undo))));
            }
            None => state.say(StatusKind::Done, what),
        }
    }
    effects.extend(next_work(state));
    // with nothing open, the first one is
    if is_first && !state.screen.requests.has_request() {
        if let Some(path) = first {
            effects.extend(apply(state, Command::Open(path)));
        }
    } else if is_first {
        effects.push(AppEffect::Requests(Effect::FindHistory));
        effects.extend(complete(state));
    }
    effects
}
