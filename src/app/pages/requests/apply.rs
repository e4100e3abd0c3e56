//! What the Requests page's commands and events do to the state.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::answer::Answer;
use super::jobs::HISTORY;
use super::{
    Command, Effect, Event, FileWork, Live, Panel, Sending, Tab, filed, filed_environment, no_rows_because,
    shape,
};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::pages::PageId;
use crate::app::state::{AppState, Problem, StatusKind};
use crate::app::widgets::format;
use crate::client::collection::{Body, SavedRequest};
use crate::client::dialects::Dialect;
use crate::client::environment::{Environment, SecretSource};
use crate::client::json::pretty;
use crate::client::leaks::{leaks, take_out};

/// How many bytes of a stream that is still coming are shown: its end.
const MAX_STREAMED: usize = 16 << 10;

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    let draft = &mut state.screen.requests;
    let results = &mut state.results.requests;
    match command {
        Command::Files(work) => return file(state, work),
        Command::NextFile => return if results.is_filing { Vec::new() } else { next_work(state) },
        Command::Open(path) => {
            draft.panel = Panel::Request;
            if draft.open == path {
                return Vec::new();
            }
            if let Some(edited) = draft.edited.remove(&path) {
                put_aside(state);
                let draft = &mut state.screen.requests;
                draft.open = path;
                draft.now = edited;
                let mut effects = opened(state);
                effects.extend(filed::complete(state));
                return effects;
            }
            return file(state, FileWork::Open(path));
        }
        Command::New => {
            draft.panel = Panel::Request;
            let folder = draft.open.parent().unwrap_or(Path::new("")).to_path_buf();
            let folder = if folder.as_os_str().is_empty() { PathBuf::from("Local") } else { folder };
            let request = SavedRequest::new("New request", "GET", "{{base}}/").bearer("{{key}}");
            return create(state, folder, request, true);
        }
        Command::NewFolder => {
            let folder = draft.open.parent().unwrap_or(Path::new("")).to_path_buf();
            return file(state, FileWork::CreateFolder(folder));
        }
        Command::Duplicate => {
            if draft.has_request() {
                let mut request = draft.now.request.clone();
                request.name.push_str(" copy");
                let folder = draft.open.parent().unwrap_or(Path::new("")).to_path_buf();
                return create(state, folder, request, false);
            }
        }
        Command::Delete(path) => return file(state, FileWork::Delete(path)),
        Command::Rename(path) => {
            let name = match path.file_name() {
                Some(_) if path == draft.open => draft.now.request.name.clone(),
                Some(name) => name.to_string_lossy().trim_end_matches(".toml").to_owned(),
                None => return Vec::new(),
            };
            draft.renaming = Some((path, name, true));
        }
        Command::Save { although_leaking } => {
            if !draft.has_request() || !draft.is_edited() {
                return Vec::new();
            }
            let found = leaks(&draft.now.request);
            if !found.is_empty() && !although_leaking {
                draft.leaks = found.iter().map(ToString::to_string).collect();
                state.say(StatusKind::Note, "Not saved: something in it looks like a secret");
                return Vec::new();
            }
            draft.leaks.clear();
            let work = FileWork::Save { path: draft.open.clone(), edited: Box::new(draft.now.clone()) };
            return file(state, work);
        }
        Command::Revert => {
            draft.now.request = draft.now.opened.clone();
            draft.leaks.clear();
            state.say(StatusKind::Done, "Back to the saved request");
        }
        Command::Send => {
            if !draft.has_request() {
                return Vec::new();
            }
            draft.panel = Panel::Request;
            results.sending = Some(Sending::default());
            results.unsendable = None;
            results.comparison = None;
            state.screen.page = PageId::Requests;
            return vec![AppEffect::Requests(Effect::Send)];
        }
        Command::Stop(slot) => return vec![AppEffect::CancelSlot(slot)],
        Command::Tab(tab) => {
            draft.tab = tab;
            draft.panel = Panel::Request;
        }
        Command::FocusAddress => {
            draft.focus_address = true;
            draft.panel = Panel::Request;
        }
        Command::Format => {
            if let Body::Text(body) = &mut draft.now.request.body {
                match pretty(body) {
                    Ok(text) => *body = text,
                    Err(error) => {
                        let said = format!("The body can't be laid out: {error}");
                        state.say(StatusKind::Failed, said);
                    }
                }
            }
        }
        Command::Generate => {
            let Some(shape) = shape(&state.truth) else { return Vec::new() };
            let record = current_record(state, &shape);
            if let Ok(request) = Dialect::Plain.request(&shape, &[record]) {
                let draft = &mut state.screen.requests;
                draft.now.request.body = request.body;
                let headers = &mut draft.now.request.headers;
                if !headers.iter().any(|header| header.name.eq_ignore_ascii_case("content-type")) {
                    headers.extend(request.headers);
                }
                draft.tab = Tab::Body;
                state.say(StatusKind::Done, "The body is a record that the champion takes");
            }
        }
        Command::Describe => {
            if draft.has_request() {
                return vec![AppEffect::Requests(Effect::Describe)];
            }
        }
        Command::Import => draft.import = Some(String::new()),
        Command::TakeImport(line) => return super::as_code::take_import(state, &line),
        Command::CopyAs(language) => return super::as_code::copy_as(state, language),
        Command::ChooseEnvironment(name) => draft.environment = name,
        Command::SetSecret { name, value, keep } => {
            draft.secret = None;
            let Some(environment) = filed_environment(results, draft) else { return Vec::new() };
            if keep {
                return vec![AppEffect::Requests(Effect::Secret { name, value })];
            }
            results.secrets.set_session(&environment.name, &name, &value);
            state.say(StatusKind::Done, format!("{name} is known until the window closes"));
        }
        Command::ShowEntry(id) => {
            if let Some(entry) = results.history.iter().find(|entry| entry.id == id) {
                results.answer = Some(Arc::new(Answer::of_entry(entry)));
                results.comparison = None;
                results.unsendable = None;
                draft.panel = Panel::Request;
            }
        }
        Command::Compare(id) => {
            if let (Some(answer), Some(entry)) =
                (results.answer.clone(), results.history.iter().find(|entry| entry.id == id))
            {
                return vec![AppEffect::Requests(Effect::Compare(answer, Box::new(entry.clone())))];
            }
        }
        Command::CloseComparison => results.comparison = None,
        Command::FindHistory => return vec![AppEffect::Requests(Effect::FindHistory)],
        Command::ForgetHistory => return vec![AppEffect::Requests(Effect::ForgetHistory)],
        Command::Show(panel) => {
            draft.panel = panel;
            state.screen.page = PageId::Requests;
            if panel == Panel::Dialects {
                state.results.requests.record =
                    shape(&state.truth).map(|shape| current_record(state, &shape));
            }
        }
        Command::AskDialects => {
            results.dialects.begin();
            state.results.requests.record = shape(&state.truth).map(|shape| current_record(state, &shape));
            return vec![AppEffect::Requests(Effect::AskDialects)];
        }
        Command::RunRows => {
            if let Some(why) = no_rows_because(&state.truth, draft) {
                state.say(StatusKind::Note, why);
                return Vec::new();
            }
            results.rows.begin();
            results.rows_so_far.clear();
            return vec![AppEffect::Requests(Effect::RunRows)];
        }
        Command::SaveRows(path) => {
            if let Some(rows) = results.rows.value.clone() {
                return vec![AppEffect::Requests(Effect::SaveRows(rows, path))];
            }
        }
        Command::ModelRequests => return file(state, FileWork::AddModelRequests),
    }
    Vec::new()
}

/// The record in the Predict page's controls, else a typical one.
pub(super) fn current_record(
    state: &AppState,
    shape: &crate::client::dialects::Shape,
) -> crate::client::dialects::Record {
    let mut record = shape.example();
    let of_predict = crate::app::pages::predict::current(&state.truth, &state.screen.predict);
    for (name, value) in of_predict.into_iter().flatten() {
        if record.contains_key(&name) && !value.is_null() {
            // whole numbers as people write them
            let value = words(shape, &name, value);
            let value = if value.is_f64() {
                value.as_f64().map_or(value, crate::client::dialects::number)
            } else {
                value
            };
            record.insert(name, value);
        }
    }
    record
}

/// Yes and no by the model's own words.
pub(super) fn words(
    shape: &crate::client::dialects::Shape,
    name: &str,
    value: serde_json::Value,
) -> serde_json::Value {
    let field = shape.fields.iter().find(|field| field.name == name);
    match (field.map(|field| &field.kind), value.as_bool()) {
        (Some(crate::client::dialects::FieldKind::Boolean { no, yes }), Some(on)) => {
            serde_json::Value::from(if on { yes.as_str() } else { no.as_str() })
        }
        _ => value,
    }
}

/// Makes a request's file. What is secret in it becomes a secret of the environment, known until the window closes: the
/// file is plain text that others will read.
pub(super) fn create(
    state: &mut AppState,
    folder: PathBuf,
    mut request: SavedRequest,
    rename: bool,
) -> Vec<AppEffect> {
    let results = &mut state.results.requests;
    let filed = filed_environment(results, &state.screen.requests).cloned();
    let mut environment =
        filed.unwrap_or_else(|| Environment { name: "Local".into(), ..Environment::default() });
    let is_taken =
        |name: &str| environment.variables.contains_key(name) || environment.secrets.contains_key(name);
    let taken = take_out(&mut request, is_taken);
    for (name, value) in &taken {
        environment.secrets.insert(name.clone(), SecretSource::Session);
        results.secrets.set_session(&environment.name, name, value);
    }
    let mut effects = Vec::new();
    if !taken.is_empty() {
        let names: Vec<String> = taken.iter().map(|(name, _)| format!("{{{{{name}}}}}")).collect();
        let said =
            format!("{} stands for a secret, which is known until the window closes", names.join(", "));
        state.say(StatusKind::Note, said);
        effects.extend(file(state, FileWork::SaveEnvironment(Box::new(environment))));
    }
    effects.extend(file(state, FileWork::Create { folder, request: Box::new(request), rename }));
    effects
}

/// Keeps the edits of the open request while another is open.
pub(super) fn put_aside(state: &mut AppState) {
    let draft = &mut state.screen.requests;
    if draft.has_request() && draft.is_edited() {
        draft.edited.insert(draft.open.clone(), draft.now.clone());
    }
    draft.leaks.clear();
}

/// Another request is open: its answers are shown.
pub(super) fn opened(state: &mut AppState) -> Vec<AppEffect> {
    let results = &mut state.results.requests;
    results.answer = None;
    results.unsendable = None;
    results.comparison = None;
    results.history = Arc::default();
    vec![AppEffect::Requests(Effect::FindHistory)]
}

/// Changes files, one change after the other.
pub(super) fn file(state: &mut AppState, work: FileWork) -> Vec<AppEffect> {
    let results = &mut state.results.requests;
    if results.is_filing {
        results.waiting.push_back(work);
        return Vec::new();
    }
    results.is_filing = true;
    if matches!(work, FileWork::Load) {
        results.tree.begin();
    }
    vec![AppEffect::Requests(Effect::Files(work))]
}

/// The next change that waits.
pub(super) fn next_work(state: &mut AppState) -> Vec<AppEffect> {
    state.results.requests.is_filing = false;
    match state.results.requests.waiting.pop_front() {
        Some(work) => file(state, work),
        None => Vec::new(),
    }
}

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, _seconds: f64) -> Vec<AppEffect> {
    let results = &mut state.results.requests;
    match event {
        Event::Filed(filed) => return filed::filed(state, *filed),
        Event::Progress(live) => {
            if let Some(sending) = &mut results.sending {
                match live {
                    Live::Head(status, reason) => sending.status = Some((status, reason)),
                    Live::Streamed(text) => {
                        sending.streamed.push_str(&text);
                        // a stream may last as long as it likes; the whole is shown when it is over
                        if sending.streamed.len() > MAX_STREAMED * 2 {
                            let end = sending.streamed.len() - MAX_STREAMED;
                            let end = sending.streamed.ceil_char_boundary(end);
                            sending.streamed.replace_range(..end, "… ");
                        }
                    }
                    Live::Received(n) => sending.received = n,
                }
            }
        }
        Event::Sent(sent) => {
            results.sending = None;
            // another request may be open by now: the answer is in this one's history
            let is_open = state.screen.requests.open == sent.path;
            let name = sent.name;
            let draft = &state.screen.requests;
            // a search under way may have read the file before
            let again = state.work.job(Slot::RequestHistory).is_some();
            if let Some(entry) = sent.entry.filter(|entry| {
                !again && (is_open || draft.history_of_all) && entry.holds(&draft.history_search)
            }) {
                let history = Arc::make_mut(&mut results.history);
                history.insert(0, entry);
                history.truncate(HISTORY);
            }
            match sent.answer {
                Ok(answer) => {
                    let (kind, said) = match (answer.status, &answer.failure) {
                        (Some(status), _) => {
                            (StatusKind::Done, format!("{status} {}: {name}", answer.reason))
                        }
                        (None, Some(failure)) => (StatusKind::Failed, failure.to_string()),
                        (None, None) => (StatusKind::Note, name),
                    };
                    let what = match answer.status {
                        Some(200..=299) => Some("answered"),
                        Some(400..=499) => Some("refused"),
                        _ => None,
                    };
                    state.screen.requests.achieved.extend(what.map(str::to_owned));
                    // a job that was taken on is the one to ask for next
                    let location =
                        answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
                    if answer.status == Some(202)
                        && let Some(id) = location.and_then(|(_, to)| to.split("/jobs/").nth(1))
                        && !id.is_empty()
                    {
                        state.screen.requests.captured.insert("job".into(), id.to_owned());
                    }
                    if is_open {
                        results.answer = Some(Arc::new(answer));
                    }
                    state.say(kind, said);
                }
                Err(why) => {
                    if is_open {
                        results.unsendable = Some(why.clone());
                    }
                    state.say(StatusKind::Failed, why);
                }
            }
            if again {
                return vec![AppEffect::Requests(Effect::FindHistory)];
            }
        }
        Event::History(entries) => {
            // what was answered last is shown at once
            if results.answer.is_none()
                && results.sending.is_none()
                && state.screen.requests.history_search.is_empty()
                && !state.screen.requests.history_of_all
                && let Some(entry) = entries.first()
            {
                results.answer = Some(Arc::new(Answer::of_entry(entry)));
            }
            results.history = Arc::new(entries);
        }
        Event::Dialects(answers) => {
            let n_right = answers.iter().filter(|answer| matches!(answer.outcome, Ok(200..=299))).count();
            if n_right > 0 {
                state.screen.requests.achieved.insert("dialects".into());
            }
            let n = answers.len();
            results.dialects.done(Arc::new(answers));
            state.say(StatusKind::Done, format!("{n_right} of {n} dialects answered"));
        }
        Event::Row(row) => results.rows_so_far.push(row),
        Event::Rows(run) => {
            let n = format::plural(run.results.len(), "row", "rows");
            let (kind, said) = match &run.given_up {
                Some(why) => (StatusKind::Failed, format!("Given up after {n}: {why}")),
                None => (StatusKind::Done, format!("Asked for {n}")),
            };
            results.rows_so_far.clear();
            results.rows.done(Arc::new(run));
            state.say(kind, said);
        }
        Event::RowsSaved(path) => state.say(StatusKind::Done, format!("Saved as {}", path.display())),
        Event::Compared(comparison) => results.comparison = Some(Arc::new(*comparison)),
        Event::SecretKept(name) => state.say(StatusKind::Done, format!("{name} is in the system's keychain")),
        Event::Described(path, _) if path != state.screen.requests.open => {
            state.say(StatusKind::Note, "The server said what it takes; another request is open now");
        }
        Event::Described(_, shape) => {
            let is_v2 = state.screen.requests.now.request.url.contains("/v2/");
            let dialect = if is_v2 { Dialect::V2 } else { Dialect::Plain };
            match dialect.body(&shape, &[shape.example()]) {
                Ok(body) => {
                    state.screen.requests.now.request.body = Body::Text(body);
                    state.screen.requests.tab = Tab::Body;
                    let n = format::plural(shape.fields.len(), "input", "inputs");
                    state.say(StatusKind::Done, format!("The body has the {n} that the server names"));
                }
                Err(why) => state.say(StatusKind::Failed, why),
            }
        }
        Event::HistoryForgotten => {
            results.history = Arc::default();
            state.say(StatusKind::Done, "The history is forgotten");
        }
    }
    Vec::new()
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    let results = &mut state.results.requests;
    match slot {
        Slot::RequestFiles => {
            results.is_filing = false;
            if results.tree.loading {
                results.tree.failed(problem);
            }
        }
        Slot::Send => {
            results.sending = None;
            results.unsendable = Some(format!("{}. {}", problem.title, problem.detail));
        }
        Slot::Dialects => results.dialects.failed(problem),
        Slot::RequestRows => results.rows.failed(problem),
        _ => {}
    }
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    let results = &mut state.results.requests;
    match slot {
        Slot::Send => {
            results.sending = None;
            state.say(StatusKind::Note, "Sending was stopped");
        }
        Slot::Dialects => results.dialects.cancelled(),
        Slot::RequestRows => results.rows.cancelled(),
        Slot::RequestFiles => results.is_filing = false,
        _ => {}
    }
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    let running = [Slot::Send, Slot::Dialects, Slot::RequestRows];
    if let Some(slot) = running.into_iter().find(|slot| state.work.job(*slot).is_some()) {
        return vec![AppEffect::CancelSlot(slot)];
    }
    let draft = &mut state.screen.requests;
    if draft.renaming.take().is_some() || draft.import.take().is_some() || draft.secret.take().is_some() {
        return Vec::new();
    }
    if draft.environment_edit.take().is_some() {
        return Vec::new();
    }
    if !draft.leaks.is_empty() {
        draft.leaks.clear();
        return Vec::new();
    }
    if state.results.requests.comparison.take().is_some() {
        return Vec::new();
    }
    draft.panel = Panel::Request;
    Vec::new()
}
