//! The open request as code, and curl commands as requests.

use std::path::Path;

use super::apply::create;
use super::{environment, values};
use crate::app::effect::Effect as AppEffect;
use crate::app::state::{AppState, StatusKind};
use crate::client::code::{Context, Language, generate};
use crate::client::collection::{Auth, Body};
use crate::client::curl::import;
use crate::client::environment::SecretSource;

/// Makes a request of a curl command.
pub(super) fn take_import(state: &mut AppState, line: &str) -> Vec<AppEffect> {
    // files that the command names are not read here: only the client reads them, when it sends
    let no_file = |path: &str| {
        Err(std::io::Error::other(format!("use --data-binary @{path} to send the file as it is")))
    };
    match import(line, no_file) {
        Ok(mut imported) => {
            let draft = &mut state.screen.requests;
            draft.import = None;
            draft.settings.follow_redirects |= imported.follow_redirects;
            // the options are those of every request: what weakens them all is left to the person
            if imported.insecure {
                let said = "-k is left out: certificates are checked, unless Options says otherwise for every request";
                imported.notes.push(said.into());
            }
            let folder = draft.open.parent().unwrap_or(Path::new("")).to_path_buf();
            for note in imported.notes {
                state.say(StatusKind::Note, note);
            }
            create(state, folder, imported.request, false)
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
    let environment = environment(results, state_draft);
    let mut env_names = std::collections::BTreeMap::new();
    let (values, _) = values(environment.as_deref(), &state_draft.captured, |name, source| {
        if let SecretSource::Env(variable) = source {
            env_names.insert(name.to_owned(), variable.clone());
        }
        // the value itself is not needed: it becomes a variable of the program
        Ok(format!("<<secret {name}>>"))
    });
    let saved = &state_draft.now.request;
    let body_file = match &saved.body {
        Body::File(path) => Some(path.display().to_string()),
        _ => None,
    };
    if let Some(path) = body_file {
        return Err(format!("The body is the file {path}; send its text to see it as code."));
    }
    let named_secret = |text: &str| {
        let secrets = values.named_secrets();
        crate::client::variables::names(text)
            .iter()
            .any(|name| secrets.iter().any(|(known, _)| name.2 == *known))
    };
    if let Auth::Basic { user, password } = &saved.auth
        && (named_secret(user) || named_secret(password))
    {
        let why =
            "A secret password can't stand in code: Basic writes it in base 64. Use a bearer's key instead.";
        return Err(why.into());
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
