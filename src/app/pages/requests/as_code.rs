//! The open request as code, and curl commands as requests.

use std::path::Path;

use super::apply::{file, put_aside};
use super::{FileWork, environment};
use crate::app::effect::Effect as AppEffect;
use crate::app::state::{AppState, StatusKind};
use crate::client::code::{Context, Language, generate};
use crate::client::collection::Body;
use crate::client::curl::import;
use crate::client::environment::SecretSource;

/// Makes a request of a curl command.
pub(super) fn take_import(state: &mut AppState, line: &str) -> Vec<AppEffect> {
    // files that the command names are not read here: only the client reads them, when it sends
    let no_file = |path: &str| {
        Err(std::io::Error::other(format!("use --data-binary @{path} to send the file as it is")))
    };
    match import(line, no_file) {
        Ok(imported) => {
            let draft = &mut state.screen.requests;
            draft.import = None;
            draft.settings.follow_redirects |= imported.follow_redirects;
            if imported.insecure {
                draft.settings.verify_tls = false;
            }
            let folder = draft.open.parent().unwrap_or(Path::new("")).to_path_buf();
            for note in imported.notes {
                state.say(StatusKind::Note, note);
            }
            put_aside(state);
            file(state, FileWork::Create { folder, request: Box::new(imported.request), rename: false })
        }
        Err(error) => {
            state.say(StatusKind::Failed, error.to_string());
            Vec::new()
        }
    }
}

/// The open request as code, or why it can't be written.
pub(super) fn code(
    state_draft: &super::Draft,
    results: &super::Results,
    language: Language,
) -> Result<String, String> {
    let mut values = crate::client::variables::Values::new();
    let mut env_names = std::collections::BTreeMap::new();
    if let Some(environment) = environment(results, state_draft) {
        for (name, value) in &environment.variables {
            values.set(name, value);
        }
        for (name, source) in &environment.secrets {
            // the value itself is not needed: it becomes a variable of the program
            values.set_secret(name, &format!("\u{1}secret {name}\u{1}"));
            if let SecretSource::Env(variable) = source {
                env_names.insert(name.clone(), variable.clone());
            }
        }
    }
    let saved = &state_draft.now.request;
    let body_file = match &saved.body {
        Body::File(path) => Some(path.display().to_string()),
        _ => None,
    };
    if let Some(path) = body_file {
        return Err(format!("The body is the file {path}; send its text to see it as code."));
    }
    let request = saved.fill(&values, Path::new("")).map_err(|error| error.to_string())?;
    let context = Context::new(&values, &env_names);
    generate(language, &request, &state_draft.settings, &context).ok_or_else(|| {
        "No SDK fits this request: openai takes completions and chats, tritonclient takes V2 inference."
            .into()
    })
}

/// Copies the open request as code.
pub(super) fn copy_as(state: &mut AppState, language: Language) -> Vec<AppEffect> {
    match code(&state.screen.requests, &state.results.requests, language) {
        Ok(text) => {
            state.screen.requests.achieved.insert("code".into());
            state.say(StatusKind::Done, format!("Copied as {}", language.label()));
            vec![AppEffect::Copy(text)]
        }
        Err(why) => {
            state.say(StatusKind::Failed, why);
            Vec::new()
        }
    }
}
