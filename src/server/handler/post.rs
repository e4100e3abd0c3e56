//! Everything that takes a body.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde_json::json;

use super::look::servable;
use super::{Trace, may_ask};
use crate::protocol::route::{Matched, ModelRef, Route};
use crate::protocol::{Problem, openai, v2};
use crate::server::answer::table::{CsvPlace, How};
use crate::server::answer::{JSON, Reply, admin, jobs, table, text};
use crate::server::body::{self, BodyLimits};
use crate::server::heavy::apart;
use crate::server::mirror::{self, Answered};
use crate::server::models::Loaded;
use crate::server::shared::Shared;

/// The content type without its parameters, in lower case; empty if there is none.
fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
    value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// Reads the body and answers it.
pub(super) async fn post(
    shared: &Arc<Shared>,
    parts: &Parts,
    body: Body,
    found: &Matched,
    id: &str,
    trace: &mut Trace,
) -> Result<Reply, Problem> {
    let headers = &parts.headers;
    let limits = BodyLimits {
        max_bytes: shared.limits.max_body_bytes,
        pause: shared.limits.body_pause,
        whole: shared.limits.body_timeout,
    };
    let query = parts.uri.query().unwrap_or("");
    let kind = content_type(headers);
    let wanted = match &found.route {
        Route::Predict(wanted) | Route::V2Infer(wanted) | Route::TfPredict(wanted) => wanted.clone(),
        Route::Jobs => ModelRef { name: parameter(query, "model"), version: parameter(query, "version") },
        _ => ModelRef::default(),
    };
    let predicts = matches!(
        found.route,
        Route::Predict(_) | Route::V2Infer(_) | Route::TfPredict(_) | Route::Jobs | Route::Invocations
    );
    let mut shadow = None;
    if predicts {
        let catalog = shared.models.get();
        may_ask(trace.caller.as_ref(), wanted.name.as_deref().or(catalog.default.as_deref()))?;
        let (loaded, in_shadow) = catalog.choose(&wanted).map_err(|problem| match found.route {
            Route::TfPredict(_) => servable(problem, &wanted),
            _ => problem,
        })?;
        trace.loaded = Some(loaded.clone());
        shadow = in_shadow.cloned();
    }
    let csv =
        kind == "text/csv" && matches!(found.route, Route::Predict(_) | Route::Jobs | Route::Invocations);
    check_type(&found.route, &kind, headers, csv)?;
    if csv && let Some(loaded) = trace.loaded.clone() {
        // what is rare is in boxes, so that the usual request's future is small: it is moved as a whole
        return Box::pin(take_csv(shared, headers, body, limits, found, &loaded, trace)).await;
    }
    let began = Instant::now();
    let bytes = body::read(headers, body, limits).await?;
    trace.set_unread(false);
    trace.hops.read = Some(began.elapsed());
    trace.request = bytes.clone();
    if let Some(loaded) = trace.loaded.clone() {
        let how = match &found.route {
            Route::Jobs => {
                let rows = jobs::Rows::Json(bytes);
                let key = idempotency_key(headers)?;
                return Box::pin(jobs::hand_in(shared, &loaded, rows, key, trace.caller.as_ref())).await;
            }
            Route::Invocations => How::Mlflow,
            Route::TfPredict(_) => How::TensorFlow,
            Route::V2Infer(_) => How::V2(header_length(headers)?),
            _ => How::Plain,
        };
        let body = shadow.is_some().then(|| bytes.clone());
        let (reply, n_rows) = table::predict(shared, &loaded, how, bytes, &mut trace.hops).await?;
        trace.n_rows = n_rows;
        if let (Some(shadow), Some(body)) = (&shadow, body) {
            mirror::mirror(shared, shadow, Answered { by: &loaded, how, body, id, parts, found });
        }
        return Ok(reply);
    }
    match &found.route {
        Route::Completions | Route::Chat => {
            Box::pin(complete(shared, bytes, found.route == Route::Chat, id, trace)).await
        }
        Route::V2Index => {
            let catalog = shared.models.get();
            let caller = trace.caller.as_ref();
            let index: Vec<_> = catalog
                .models
                .iter()
                .filter(|(name, _)| caller.is_none_or(|caller| caller.may_ask(name)))
                .flat_map(|(_, versions)| &versions.loaded)
                .map(
                    |one| json!({"name": one.name, "version": one.version(), "state": "READY", "reason": ""}),
                )
                .collect();
            Ok(Reply::json(&index.into()))
        }
        Route::AdminModels => {
            let promote = parameter(query, "promote").is_some_and(|value| value != "false");
            let (shared, name) = (shared.clone(), parameter(query, "name"));
            Box::pin(apart(bytes.len(), move || admin::load(&shared, name.as_deref(), promote, &bytes)))
                .await?
        }
        Route::AdminPromote(wanted) => admin::promote(shared, wanted),
        Route::AdminDefault(name) => admin::set_default(shared, name),
        Route::AdminCanary(wanted) => {
            admin::set_canary(shared, wanted, parameter(query, "percent").as_deref())
        }
        Route::AdminShadow(wanted) => {
            admin::set_shadow(shared, wanted, parameter(query, "on").is_none_or(|value| value != "false"))
        }
        _ => Err(Problem::new(404, "there is nothing here").with("not_found", None)),
    }
}

/// Takes rows as CSV, to be answered or worked on as a job.
async fn take_csv(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    body: Body,
    limits: BodyLimits,
    found: &Matched,
    loaded: &Arc<Loaded>,
    trace: &mut Trace,
) -> Result<Reply, Problem> {
    let place = CsvPlace::take(shared)?;
    let limits =
        BodyLimits { max_bytes: shared.limits.max_csv_bytes, whole: shared.limits.csv_timeout, ..limits };
    let began = Instant::now();
    let spooled = body::spool(headers, body, limits).await?;
    trace.set_unread(false);
    trace.hops.read = Some(began.elapsed());
    if found.route == Route::Jobs {
        let rows = jobs::Rows::Csv(spooled.0, spooled.1);
        return jobs::hand_in(shared, loaded, rows, idempotency_key(headers)?, trace.caller.as_ref()).await;
    }
    let (reply, n_rows) = if found.route == Route::Invocations {
        table::invoke_csv(shared, loaded, spooled, &mut trace.hops).await?
    } else {
        table::predict_csv(shared, loaded, spooled, place, &mut trace.hops).await?
    };
    trace.n_rows = n_rows;
    Ok(reply)
}

/// Our own routes and MLflow's want to be told what comes; the others take bytes, as their clients send them.
fn check_type(route: &Route, kind: &str, headers: &HeaderMap, csv: bool) -> Result<(), Problem> {
    let shown = crate::protocol::problem_text(kind);
    match route {
        _ if csv => Ok(()),
        Route::Predict(_) | Route::Jobs | Route::AdminModels => {
            if kind.is_empty() || kind == JSON || kind.ends_with("+json") {
                return Ok(());
            }
            Err(Problem::new(
                415,
                format!("expected the header 'Content-Type: application/json' or 'text/csv', got '{shown}' (curl: -H 'Content-Type: application/json')"),
            )
            .with("unsupported_media_type", None))
        }
        Route::Invocations => {
            let parameters = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
            let odd = parameters.split(';').skip(1).map(str::trim).any(|parameter| {
                !parameter.is_empty() && !parameter.trim_matches(' ').eq_ignore_ascii_case("charset=utf-8")
            });
            if kind == JSON && !odd {
                return Ok(());
            }
            Err(Problem::new(
                415,
                format!(
                    "This predictor only supports the content types application/json and text/csv (with no parameter but charset=utf-8), got '{shown}'"
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// `Inference-Header-Content-Length`.
fn header_length(headers: &HeaderMap) -> Result<Option<usize>, Problem> {
    let Some(value) = headers.get(v2::HEADER_LENGTH) else { return Ok(None) };
    value.to_str().ok().and_then(|text| text.parse().ok()).map(Some).ok_or_else(|| {
        Problem::bad_request(
            "header Inference-Header-Content-Length: expected the number of bytes that are JSON",
        )
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= 255);
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::bad_request("header Idempotency-Key: expected 1 to 255 visible ASCII characters")
    })
}

/// A parameter behind the question mark.
fn parameter(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = value.replace('+', " ");
        (key == name).then(|| crate::protocol::percent_decode(&value).into_owned())
    })
}

/// A completion or a chat: here, or at the server that has the model.
async fn complete(
    shared: &Arc<Shared>,
    bytes: Bytes,
    chat: bool,
    id: &str,
    trace: &mut Trace,
) -> Result<Reply, Problem> {
    let began = Instant::now();
    let body = bytes.clone();
    let (name, fields) = apart(bytes.len(), move || openai::read_model_name(&body)).await??;
    may_ask(trace.caller.as_ref(), Some(&name))?;
    if let Some(upstream) = shared.upstreams.iter().find(|upstream| upstream.model == name) {
        trace.hops.decode = Some(began.elapsed());
        trace.other = Some((name, upstream.base_url.clone()));
        let path = if chat { "/chat/completions" } else { "/completions" };
        let asked = Instant::now();
        let reply = upstream.forward(shared, path, &bytes, id).await;
        trace.hops.inference = Some(asked.elapsed());
        return reply;
    }
    let model = shared.models.get().text.clone();
    let Some(model) = model.filter(|model| model.name == name) else {
        let catalog = shared.models.get();
        let shown = crate::protocol::problem_text(&name);
        let detail = if catalog.models.contains_key(&name) {
            format!("the model '{shown}' predicts from tables and writes no text; send records to /predict")
        } else {
            let known = catalog.text.iter().map(|text| text.name.as_str());
            let known: Vec<&str> = known.chain(shared.upstreams.iter().map(|up| up.model.as_str())).collect();
            format!("the model '{shown}' does not exist; models of text here: {}", known.join(", "))
        };
        return Err(Problem::new(404, detail).with("model_not_found", Some("model")));
    };
    trace.other = Some((name.clone(), "1".into()));
    let request = apart(bytes.len(), move || openai::read(name, fields, chat)).await??;
    trace.hops.decode = Some(began.elapsed());
    let (reply, n_rows) = text::complete(shared, model, request, &mut trace.hops).await?;
    trace.n_rows = n_rows;
    Ok(reply)
}
