//! The Requests page's jobs: files read and changed, requests sent, the history searched.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::answer::{Answer, streamed_text};
use super::apply::{current_record, words};
use super::compare::Comparison;
use super::files::work_on;
use super::{DialectAnswer, Effect, Event, FileWork, Live, Sent, environment, filed_environment, shape};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::state::{AppState, Problem};
use crate::client::collection::{Collection, CollectionError, SavedRequest};
use crate::client::dialects::{Dialect, Record, Shape, predictions};
use crate::client::environment::{Environment, Secrets};
use crate::client::history::{Entry, History, Sent as HistorySent};
use crate::client::rows::{RowsPlan, error_text, run_rows};
use crate::client::variables::Values;
use crate::client::{Client, Live as ClientLive, SendError, Settings, is_loopback};
use crate::data::replace_file;
use crate::work::Clock;

/// How many entries of the history are shown.
pub(super) const HISTORY: usize = 100;
/// How many rows the batch requests to begin with have.
const BATCH_ROWS: usize = 12;

/// Carries an effect of this page out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    // without a workspace the files lie where they are gone with the machine's next start
    let folder = state
        .truth
        .folder
        .as_ref()
        .map_or_else(|| std::env::temp_dir().join("drydock-trial"), |folder| folder.root().to_path_buf());
    let draft = &state.screen.requests;
    let results = &state.results.requests;
    let history = History::new(&folder);
    let captured = draft.captured.clone();
    // a trial by random input keeps to this machine and its folder
    let cage = state.work.cage.clone();
    match effect {
        Effect::Files(work) => {
            // what the model takes is only asked for where requests are made of it
            let of_model = matches!(work, FileWork::Load | FileWork::AddModelRequests);
            let shape = shape(&state.truth).filter(|_| of_model);
            let rows = shape.as_ref().map(|shape| rows(state, shape)).unwrap_or_default();
            let begun = draft.begun.clone();
            outside.start(state, Slot::RequestFiles, "Reading the requests", move |_| {
                let collection = Collection::new(folder);
                let filed = work_on(&collection, work, shape.as_ref(), &rows, begun).map_err(problem)?;
                Ok(AppEvent::Requests(Event::Filed(Box::new(filed))))
            });
        }
        Effect::Send => {
            let (request, settings) = (draft.now.request.clone(), draft.settings.clone());
            let environment = environment(results, draft).map(Cow::into_owned);
            let (secrets, client) = (results.secrets.clone(), results.client.clone());
            let file = draft.open.to_string_lossy().into_owned();
            let (path, name) = (draft.open.clone(), request.name.clone());
            let title = format!("Sending {name}");
            outside.start(state, Slot::Send, title, move |handle| {
                let client = client_of(&client)?;
                let at = handle.clock.unix_millis();
                let (values, unknown) = to_send(environment.as_ref(), &captured, &secrets);
                let place = Place { folder: &folder, file: &file, cage: cage.as_deref(), at };
                let mut entry = None;
                let answer = send(
                    &client, &request, &values, unknown, &settings, &place, &history, handle, &mut entry,
                )?;
                Ok(AppEvent::Requests(Event::Sent(Box::new(Sent { path, name, answer, entry }))))
            });
        }
        Effect::FindHistory => {
            let search = draft.history_search.clone();
            let scope = (!draft.history_of_all).then(|| draft.open.to_string_lossy().into_owned());
            outside.start(state, Slot::RequestHistory, "Searching the history", move |_| {
                let found = history
                    .find(&search, scope.as_deref(), HISTORY)
                    .map_err(|error| Problem::new("The history can't be read", error.to_string()))?;
                Ok(AppEvent::Requests(Event::History(found)))
            });
        }
        Effect::ForgetHistory => {
            outside.start(state, Slot::RequestHistory, "Forgetting the history", move |_| {
                history
                    .clear()
                    .map_err(|error| Problem::new("The history can't be removed", error.to_string()))?;
                Ok(AppEvent::Requests(Event::HistoryForgotten))
            });
        }
        Effect::Compare(answer, entry) => {
            outside.start(state, Slot::RequestHistory, "Comparing two answers", move |_| {
                let title = format!(
                    "{} against {}",
                    crate::app::widgets::format::time_of_day(entry.at_unix_millis),
                    crate::app::widgets::format::time_of_day(answer.at_unix_millis)
                );
                let comparison = Comparison::new(title, &entry, &answer.raw.text);
                Ok(AppEvent::Requests(Event::Compared(Box::new(comparison))))
            });
        }
        Effect::AskDialects => {
            let Some(shape) = shape(&state.truth) else { return };
            let record = current_record(state, &shape);
            let settings = draft.settings.clone();
            let environment = environment(results, draft).map(Cow::into_owned);
            let (secrets, client) = (results.secrets.clone(), results.client.clone());
            outside.start(state, Slot::Dialects, "Asking in every dialect", move |handle| {
                let client = client_of(&client)?;
                let (values, _) = to_send(environment.as_ref(), &captured, &secrets);
                keep_here(cage.as_deref(), values.get("base").unwrap_or(""))?;
                let answers = ask_dialects(&client, &shape, &record, &values, &settings, handle)?;
                Ok(AppEvent::Requests(Event::Dialects(answers)))
            });
        }
        Effect::RunRows => {
            let Some(data) = state.truth.data().cloned() else { return };
            let environment = environment(results, draft).map(Cow::into_owned);
            let (secrets, client) = (results.secrets.clone(), results.client.clone());
            let (request, settings, concurrency) =
                (draft.now.request.clone(), draft.settings.clone(), draft.concurrency);
            outside.start(state, Slot::RequestRows, "Asking for every row", move |handle| {
                let client = client_of(&client)?;
                let (values, _) = to_send(environment.as_ref(), &captured, &secrets);
                keep_here(cage.as_deref(), &values.fill(&request.url).unwrap_or_default())?;
                let table = Arc::new(data.loaded.table.clone());
                let plan = RowsPlan { request, values, workspace: folder, table, settings, concurrency };
                let timed = is_timed(handle.clock);
                let mut run = run_rows(&client, &plan, &handle.progress, &mut |row| {
                    let mut row = row.clone();
                    row.secs = if timed { row.secs } else { 0.0 };
                    // the window may be gone; then the run is stopped, too
                    handle.partial(AppEvent::Requests(Event::Row(row))).ok();
                });
                if !timed {
                    run.results.iter_mut().for_each(|row| row.secs = 0.0);
                }
                Ok(AppEvent::Requests(Event::Rows(run)))
            });
        }
        Effect::SaveRows(run, path) => outside.start(state, Slot::Export, "Saving the answers", move |_| {
            let bytes = run.to_csv();
            replace_file(&path, |out| out.write_all(&bytes))
                .map_err(|error| Problem::new("The answers could not be saved", error.to_string()))?;
            Ok(AppEvent::Requests(Event::RowsSaved(path)))
        }),
        Effect::Describe => {
            let path = draft.open.clone();
            let url = draft.now.request.url.clone();
            let auth = draft.now.request.auth.clone();
            let settings = draft.settings.clone();
            let environment = environment(results, draft).map(Cow::into_owned);
            let (secrets, client) = (results.secrets.clone(), results.client.clone());
            outside.start(state, Slot::Describe, "Asking what the server takes", move |handle| {
                let client = client_of(&client)?;
                let (values, _) = to_send(environment.as_ref(), &captured, &secrets);
                let shape = describe(&client, &url, auth, &values, &settings, cage.as_deref(), handle)?;
                Ok(AppEvent::Requests(Event::Described(path, Box::new(shape))))
            });
        }
        Effect::Secret { name, value } => {
            let Some(environment) =
                filed_environment(results, draft).map(|environment| environment.name.clone())
            else {
                return;
            };
            let secrets = results.secrets.clone();
            outside.start(state, Slot::KeepSecret, "Keeping a secret", move |_| {
                if cage.is_some() {
                    return Err(Problem::new("Not kept", "This trial has no keychain.").into());
                }
                secrets
                    .set_keychain(&environment, &name, &value)
                    .map_err(|why| Problem::new("The secret could not be kept", why))?;
                Ok(AppEvent::Requests(Event::SecretKept(name)))
            });
        }
    }
}

/// A clock that stands still measures nothing.
fn is_timed(clock: Clock) -> bool {
    clock == Clock::system()
}

fn client_of(shared: &OnceLock<Client>) -> Result<Client, Problem> {
    if let Some(client) = shared.get() {
        return Ok(client.clone());
    }
    let client = Client::new()
        .map_err(|error| Problem::new("The computer could not start another thread", error.to_string()))?;
    Ok(shared.get_or_init(|| client).clone())
}

#[allow(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn problem(error: CollectionError) -> Problem {
    Problem::new("The requests' files could not be used", error.to_string())
}

/// Some rows of the open table as records, as far as it has the model's columns.
fn rows(state: &AppState, shape: &Shape) -> Vec<Record> {
    let Some((data, version)) = state.truth.data().zip(state.truth.champion()) else { return Vec::new() };
    let table = &data.loaded.table;
    if shape.fields.iter().any(|field| table.column(&field.name).is_none()) {
        return Vec::new();
    }
    let mut rows: Vec<Record> = (0..table.n_rows().min(BATCH_ROWS * 20))
        .map(|row| crate::app::pages::predict::values_at(version.model(), table, row))
        .filter(|record| {
            shape.fields.iter().all(|field| record.get(&field.name).is_some_and(|v| !v.is_null()))
        })
        .take(BATCH_ROWS)
        .map(|values| {
            let in_order = shape.fields.iter();
            in_order
                .filter_map(|f| Some((f.name.clone(), words(shape, &f.name, values.get(&f.name)?.clone()))))
                .collect()
        })
        .collect();
    // the first request is the record in the controls
    if !rows.is_empty() {
        let record = current_record(state, shape);
        rows.insert(0, record);
        rows.truncate(BATCH_ROWS);
    }
    rows
}

/// What the variables stand for in what is sent. A keychain may take its time: this is for a job.
fn to_send(
    environment: Option<&Environment>,
    captured: &BTreeMap<String, String>,
    secrets: &Secrets,
) -> (Values, Vec<(String, String)>) {
    let name = environment.map_or("", |environment| environment.name.as_str());
    super::values(environment, captured, |secret, source| secrets.get(name, secret, source))
}

/// Refuses addresses of other machines in a trial by random input.
fn keep_here(cage: Option<&Path>, url: &str) -> Result<(), Problem> {
    let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let is_here = url::Url::parse(&full).is_ok_and(|url| url.host_str().is_some_and(is_loopback));
    if cage.is_none() || is_here {
        return Ok(());
    }
    Err(Problem::new("Not sent", "Only this machine may be asked here."))
}

/// What the server says that the address takes: V2's metadata of the model, else its `OpenAPI` document.
fn describe(
    client: &Client,
    url: &str,
    auth: crate::client::collection::Auth,
    values: &Values,
    settings: &Settings,
    cage: Option<&Path>,
    handle: &Handle,
) -> Result<Shape, JobError> {
    let fail =
        |what: String| JobError::Failed(Problem::new("The server's description could not be used", what));
    let full = values.fill(url).map_err(|names| fail(format!("no value for {}", names.join(", "))))?;
    keep_here(cage, &full)?;
    let parsed = url::Url::parse(&full).map_err(|error| fail(format!("the address is none: {error}")))?;
    let path = parsed.path().to_owned();
    let mut ask = parsed.clone();
    ask.set_query(None);
    match path.strip_suffix("/infer").filter(|path| path.contains("/v2/models/")) {
        Some(model) => ask.set_path(model),
        None => ask.set_path("/openapi.json"),
    }
    let mut saved = SavedRequest::new("", "GET", ask.as_str());
    saved.auth = auth;
    let request = saved.fill(values, Path::new("")).map_err(|error| fail(error.to_string()))?;
    let exchange = match client.send(&request, settings, &handle.progress) {
        Ok(exchange) => exchange,
        Err(SendError::Cancelled) => return Err(JobError::Cancelled),
        Err(SendError::Failed(failure)) => return Err(fail(failure.to_string())),
    };
    let value: serde_json::Value = serde_json::from_slice(&exchange.body)
        .map_err(|error| fail(format!("{ask} answered {} with no JSON: {error}", exchange.status)))?;
    if exchange.status != 200 {
        let said = error_text(&exchange.body).unwrap_or(exchange.reason);
        return Err(fail(format!("{ask} answered {}: {said}", exchange.status)));
    }
    if ask.path() == "/openapi.json" {
        Shape::of_openapi(&value, &path)
            .ok_or_else(|| fail(format!("{ask} does not say what a record for {path} looks like")))
    } else {
        Shape::of_v2(&value).map_err(fail)
    }
}

/// Where a request comes from.
struct Place<'a> {
    folder: &'a Path,
    file: &'a str,
    cage: Option<&'a Path>,
    at: i64,
}

/// Sends a request and writes it down; the answer, or why it could not be sent at all.
#[allow(clippy::too_many_arguments, reason = "a snapshot of everything that sending needs")]
fn send(
    client: &Client,
    saved: &SavedRequest,
    values: &Values,
    unknown: Vec<(String, String)>,
    settings: &Settings,
    place: &Place<'_>,
    history: &History,
    handle: &Handle,
    kept: &mut Option<Entry>,
) -> Result<Result<Answer, String>, JobError> {
    if let (Some(cage), crate::client::collection::Body::File(path)) = (place.cage, &saved.body)
        && !place.folder.join(path).starts_with(cage)
    {
        return Ok(Err(format!("Only files in {} may be sent here.", cage.display())));
    }
    let request = match saved.fill(values, place.folder) {
        Ok(request) => request,
        Err(error) => {
            let used = saved.variables();
            let why: Vec<String> = unknown
                .into_iter()
                .filter(|(name, _)| used.contains(name))
                .map(|(name, why)| format!("{name}: {why}"))
                .collect();
            let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) };
            return Ok(Err(format!("It can't be sent: {error}{why}")));
        }
    };
    if let Err(problem) = keep_here(place.cage, &request.url) {
        return Ok(Err(problem.detail));
    }
    let (at, file) = (place.at, place.file);
    let timed = is_timed(handle.clock);
    let mut told = 0;
    let outcome = client.send_live(&request, settings, &handle.progress, &mut |live| {
        let live = match live {
            ClientLive::Head { status, reason, .. } => Live::Head(status, reason),
            ClientLive::Event(event) => Live::Streamed(streamed_text(&event.data)),
            // not every packet is worth a frame
            ClientLive::Received(n) if n > told + (256 << 10) => {
                told = n;
                Live::Received(n)
            }
            ClientLive::Received(_) => return,
        };
        // the window may be gone; then the request is stopped, too
        handle.partial(AppEvent::Requests(Event::Progress(live))).ok();
    });
    let (mut exchange, mut failure) = match outcome {
        Ok(exchange) => (Some(exchange), None),
        Err(SendError::Cancelled) => return Err(JobError::Cancelled),
        Err(SendError::Failed(failure)) => (None, Some(failure)),
    };
    if !timed {
        if let Some(exchange) = &mut exchange {
            exchange.timings.phases.clear();
            exchange.timings.total_secs = 0.0;
            exchange.total_secs = 0.0;
        }
        if let Some(failure) = &mut failure {
            failure.timings = crate::client::Timings::default();
        }
    }
    let entry = {
        let outcome = match (&exchange, &failure) {
            (Some(exchange), _) => Ok(exchange),
            (None, Some(failure)) => Err(&**failure),
            (None, None) => return Err(JobError::Cancelled),
        };
        let sent =
            HistorySent { at_unix_millis: at, file, name: &saved.name, request: &request, outcome, values };
        history.add(&sent)
    };
    let mut answer = match (exchange, failure) {
        (Some(exchange), _) => Answer::of_exchange(exchange, saved, at, timed),
        (None, Some(failure)) => Answer::of_failure(*failure, &request.method, at, timed),
        (None, None) => return Err(JobError::Cancelled),
    };
    match entry {
        Ok(entry) => {
            answer.id = Some(entry.id);
            *kept = Some(entry);
        }
        Err(error) => answer.notes.push(format!("It could not be written into the history: {error}.")),
    }
    Ok(Ok(answer))
}

/// The same record in every dialect, one after the other on one connection.
fn ask_dialects(
    client: &Client,
    shape: &Shape,
    record: &Record,
    values: &Values,
    settings: &Settings,
    handle: &Handle,
) -> Result<Vec<DialectAnswer>, JobError> {
    let timed = is_timed(handle.clock);
    let mut answers = Vec::new();
    for dialect in Dialect::ALL {
        handle.progress.check()?;
        let path = dialect.path(&shape.model);
        let mut answer = DialectAnswer {
            dialect,
            path,
            body: dialect.body(shape, std::slice::from_ref(record)),
            outcome: Err("not sent".into()),
            prediction: None,
            n_sent: 0,
            n_received: 0,
            total_secs: 0.0,
            server_secs: 0.0,
            answer: String::new(),
        };
        let filled = dialect
            .request(shape, std::slice::from_ref(record))
            .and_then(|request| request.fill(values, Path::new("")).map_err(|error| error.to_string()));
        match filled {
            Err(why) => answer.outcome = Err(why),
            Ok(request) => {
                answer.n_sent = request.body.len();
                match client.send(&request, settings, &handle.progress) {
                    Err(SendError::Cancelled) => return Err(JobError::Cancelled),
                    Err(SendError::Failed(failure)) => answer.outcome = Err(failure.message),
                    Ok(exchange) => {
                        let kind = exchange.header("content-type").unwrap_or("").to_owned();
                        let found = predictions(&kind, &exchange.body).filter(|_| exchange.status < 300);
                        answer.prediction = found.and_then(|values| {
                            values
                                .first()
                                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                        });
                        answer.outcome = Ok(exchange.status);
                        answer.n_received = exchange.body.len();
                        if timed {
                            answer.total_secs = exchange.total_secs;
                            answer.server_secs = exchange.server_secs();
                        }
                        answer.answer = error_text(&exchange.body)
                            .filter(|_| exchange.status >= 300)
                            .unwrap_or_else(|| String::from_utf8_lossy(&exchange.body).into_owned());
                    }
                }
            }
        }
        answers.push(answer);
    }
    Ok(answers)
}
