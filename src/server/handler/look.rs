//! Everything that needs no body.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::http::Method;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use serde_json::json;

use super::{Trace, may_ask};
use crate::protocol::route::{Matched, ModelRef, Route};
use crate::protocol::{Problem, Protocol, openai, openapi, tensorflow, v2};
use crate::server::answer::{Reply, admin};
use crate::server::docs;
use crate::server::keys::Caller;
use crate::server::models::{Catalog, Loaded};
use crate::server::shared::Shared;

/// Answers it.
pub(super) fn look(
    shared: &Arc<Shared>,
    parts: &Parts,
    found: &Matched,
    trace: &Trace,
) -> Result<Reply, Problem> {
    let catalog = shared.models.get();
    let caller = trace.caller.as_ref();
    let may_see = |name: &str| caller.is_none_or(|caller| caller.may_ask(name));
    let find = |wanted: &ModelRef| -> Result<Arc<Loaded>, Problem> {
        may_ask(caller, wanted.name.as_deref().or(catalog.default.as_deref()))?;
        catalog.find(wanted).cloned()
    };
    Ok(match &found.route {
        Route::Root => {
            let html = parts
                .headers
                .get(ACCEPT)
                .is_some_and(|accept| String::from_utf8_lossy(accept.as_bytes()).contains("text/html"));
            if html { docs::root() } else { Reply::json(&json!({"status": "alive"})) }
        }
        Route::Models | Route::AdminModels => Reply::json(&admin::list(&catalog, may_see)),
        Route::Job(job) if parts.method == Method::DELETE => {
            shared.jobs.delete(job, caller)?;
            Reply::new(204, "", "")
        }
        Route::Job(job) => Reply::json(&shared.jobs.show(job, caller)?),
        Route::JobResult(job) => {
            let (body, content_type) = shared.jobs.result(job, caller)?;
            Reply::new(200, content_type, body)
        }
        Route::V2Server => Reply::json(&v2::server_metadata()),
        Route::V2Live => Reply::json(&json!({"live": true})),
        Route::V2Ready => {
            if shared.stopping.load(Ordering::Relaxed) {
                return Err(Problem::busy("the server is stopping"));
            }
            Reply::json(&json!({"ready": true, "live": true}))
        }
        Route::V2Model(wanted) => {
            let loaded = find(wanted)?;
            let versions: Vec<String> = catalog.models.get(&loaded.name).map_or_else(Vec::new, |versions| {
                versions.loaded.iter().map(|one| one.version().to_owned()).collect()
            });
            Reply::json(&v2::model_metadata(loaded.predictor.model(), &loaded.name, &versions))
        }
        Route::V2ModelReady(wanted) => {
            // health needs no key, and tells no more than that
            let loaded = catalog.find(wanted)?;
            Reply::json(&json!({"name": loaded.name, "ready": true}))
        }
        Route::Ping => Reply::json(&json!({"status": "ok"})),
        Route::Version => Reply::new(200, "text/plain; charset=utf-8", env!("CARGO_PKG_VERSION")),
        Route::OpenAiModels => {
            let created = |millis: i64| millis / 1000;
            let text = catalog.text.iter().filter(|text| may_see(&text.name)).map(|text| {
                openai::model_entry(&text.name, created(shared.started_unix_millis), Some(&text.about))
            });
            let remote =
                shared.upstreams.iter().filter(|upstream| may_see(&upstream.model)).map(|upstream| {
                    openai::model_entry(&upstream.model, created(shared.started_unix_millis), None)
                });
            let tables =
                catalog.models.iter().filter(|(name, _)| may_see(name)).filter_map(|(name, versions)| {
                    let loaded = versions.current()?;
                    Some(openai::model_entry(name, created(loaded.loaded_unix_millis), None))
                });
            let data: Vec<_> = text.chain(remote).chain(tables).collect();
            Reply::json(&json!({"object": "list", "data": data}))
        }
        Route::V1Model(wanted) => v1_model(shared, &catalog, wanted, caller)?,
        Route::TfMetadata(wanted) => {
            let loaded = find(wanted).map_err(|problem| servable(problem, wanted))?;
            Reply::json(&tensorflow::metadata(loaded.predictor.model(), &loaded.name, loaded.number))
        }
        Route::Metrics => Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", shared.metrics()),
        Route::OpenApi => {
            let models: Vec<Arc<Loaded>> = catalog
                .models
                .iter()
                .filter(|(name, _)| may_see(name))
                .filter_map(|(_, versions)| versions.current().cloned())
                .collect();
            let described: Vec<openapi::Served<'_>> = models
                .iter()
                .map(|loaded| openapi::Served {
                    name: &loaded.name,
                    model: loaded.predictor.model(),
                    is_default: catalog.default.as_deref() == Some(loaded.name.as_str()),
                    takes_images: loaded.predictor.takes_images(),
                })
                .collect();
            let text =
                catalog.text.as_deref().filter(|text| may_see(&text.name)).map(|text| text.name.as_str());
            let on: Vec<Protocol> = Protocol::ALL.into_iter().filter(|one| shared.speaks(*one)).collect();
            Reply::json(&openapi::document(&described, text, &on, shared.keys.load().is_some()))
        }
        Route::Docs => docs::page(),
        Route::AdminModel(wanted) => admin::unload(shared, wanted)?,
        _ => return Err(Problem::new(404, "there is nothing here").with("not_found", None)),
    })
}

/// `GET /v1/models/NAME`: one address, three protocols, one answer that all their clients understand.
fn v1_model(
    shared: &Shared,
    catalog: &Catalog,
    wanted: &ModelRef,
    caller: Option<&Caller>,
) -> Result<Reply, Problem> {
    if !shared.speaks(Protocol::OpenAi) && !shared.speaks(Protocol::TensorFlow) {
        return Err(Problem::new(404, "there is nothing here; this protocol is switched off"));
    }
    may_ask(caller, wanted.name.as_deref())?;
    let name = wanted.name.as_deref().unwrap_or("");
    let started = shared.started_unix_millis / 1000;
    if let Some(text) = catalog.text.as_ref().filter(|text| text.name == name && wanted.version.is_none()) {
        return Ok(Reply::json(&openai::model_entry(&text.name, started, Some(&text.about))));
    }
    if wanted.version.is_none() && shared.upstreams.iter().any(|upstream| upstream.model == name) {
        return Ok(Reply::json(&openai::model_entry(name, started, None)));
    }
    let loaded = catalog
        .find(wanted)
        .map_err(|problem| if wanted.version.is_some() { servable(problem, wanted) } else { problem })?;
    let numbers: Vec<usize> = match &wanted.version {
        Some(_) => vec![loaded.number],
        None => catalog
            .models
            .get(&loaded.name)
            .map_or_else(Vec::new, |versions| versions.loaded.iter().map(|one| one.number).collect()),
    };
    Ok(Reply::json(&tensorflow::status(&loaded.name, &numbers, loaded.loaded_unix_millis / 1000)))
}

/// TensorFlow Serving's words for a model that is not there.
pub(super) fn servable(problem: Problem, wanted: &ModelRef) -> Problem {
    if problem.status != 404 {
        return problem;
    }
    let name = crate::protocol::problem_text(wanted.name.as_deref().unwrap_or(""));
    let which = match &wanted.version {
        Some(version) => format!("Specific({name}, {})", crate::protocol::problem_text(version)),
        None => format!("Latest({name})"),
    };
    Problem { detail: format!("Servable not found for request: {which}"), ..problem }
}
