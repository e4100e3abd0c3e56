//! The way of a request: id, address, key, limits, body, answer, headers, counters, log.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use hyper::body::Frame;
use serde_json::json;

use super::answer::table::{CsvPlace, How};
use super::answer::{JSON, Reply, ReplyBody, admin, jobs, table, text};
use super::body::{self, BodyLimits};
use super::connection::{Busy, Connection};
use super::events::{Event, Hops, RequestEvent};
use super::keys::Caller;
use super::models::Loaded;
use super::recorder::{Entry, Kept};
use super::shared::Shared;
use crate::protocol::route::{self, Matched, ModelRef, Route, Scope};
use crate::protocol::{Dialect, Problem, Protocol, openai, openapi, tensorflow, v2};

/// What becomes known of a request on its way.
#[derive(Default)]
struct Trace {
    hops: Hops,
    caller: Option<Caller>,
    loaded: Option<Arc<Loaded>>,
    /// The name and version of a model that is no table's.
    other: Option<(String, String)>,
    n_rows: usize,
    request: Bytes,
    /// Not all of the body was read, so that the connection can't be used again.
    unread: bool,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Answers a request, whatever it is.
pub(crate) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let connection = parts.extensions.get::<Arc<Connection>>().cloned();
    let busy = connection.as_ref().map(Connection::begin);
    let id = request_id(&parts.headers).unwrap_or_else(|| shared.new_id());
    if let Some(connection) = &connection {
        connection.name_capture(&id);
    }
    let found = route::find(parts.uri.path());
    let mut trace = Trace::default();
    let answered = Guarded(Box::pin(answer(&shared, &parts, body, &found, &id, &mut trace))).await;
    let answered = answered.unwrap_or_else(|_panic| {
        Err(Problem::new(500, format!("a fault in the server; please report it with the request id {id}")))
    });
    let (reply, problem) = match answered {
        Ok(reply) => (reply, None),
        Err(problem) => (problem_reply(&problem, found.dialect), Some(problem)),
    };
    finish(&shared, &parts, &found, trace, reply, problem, id, began, connection, busy)
}

/// A future whose panic is an error of its own.
struct Guarded<F>(F);

impl<F: Future + Unpin> Future for Guarded<F> {
    type Output = Result<F::Output, ()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = &mut self.get_mut().0;
        match catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll(cx))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_panic) => Poll::Ready(Err(())),
        }
    }
}

/// The id that the client gave, if it can be sent back and stand in a log.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fits = !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| id.to_owned())
}

fn problem_reply(problem: &Problem, dialect: Dialect) -> Reply {
    let mut status = problem.status;
    // the SDK tries a 429 again, as it should when there is too much to do
    if dialect == Dialect::OpenAi && status == 503 {
        status = 429;
    }
    let (content_type, body) = Problem { status, ..problem.clone() }.body(dialect);
    let mut reply = Reply::new(status, content_type, body);
    if let Some(seconds) = problem.retry_after {
        reply.headers.push((RETRY_AFTER, seconds.into()));
    }
    if let Some(allow) = problem.allow {
        reply.headers.push((ALLOW, HeaderValue::from_static(allow)));
    }
    if status == 401 {
        reply.headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
    }
    reply
}

#[allow(clippy::too_many_arguments, reason = "the end of a request is told everything about it, once")]
fn finish(
    shared: &Shared,
    parts: &Parts,
    found: &Matched,
    trace: Trace,
    reply: Reply,
    problem: Option<Problem>,
    id: String,
    began: Instant,
    connection: Option<Arc<Connection>>,
    busy: Option<Busy>,
) -> Response {
    let (mut whole, stream) = match reply.body {
        ReplyBody::Whole(bytes) => (bytes, None),
        ReplyBody::Stream(body) => (Bytes::new(), Some(body)),
    };
    let plain_body = whole.clone();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.reserve(6);
    if !reply.content_type.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    let timing = trace.hops.server_timing();
    if !timing.is_empty()
        && let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(timing))
    {
        headers.insert(SERVER_TIMING, value);
    }
    for (name, value) in reply.headers {
        headers.insert(name, value);
    }
    if trace.unread {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if let Some(connection) = &connection {
            connection.unread.store(true, Ordering::Relaxed);
        }
    }
    if whole.len() >= COMPRESSED_FROM
        && let Some(name) = accepted_encoding(&parts.headers)
    {
        whole = compress(&whole, name).unwrap_or(whole);
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    let total = began.elapsed();
    shared.stats.count(found.template, parts.method.as_str(), reply.status, total);
    let recorder = shared.recorder.load();
    if recorder.is_some() || shared.events.receiver_count() > 0 {
        let (model, version) = match (&trace.loaded, trace.other) {
            (Some(loaded), _) => (Some(loaded.name.clone()), Some(loaded.version().to_owned())),
            (None, Some((name, version))) => (Some(name), Some(version)),
            (None, None) => (None, None),
        };
        let event = Arc::new(RequestEvent {
            id,
            at_unix_millis: shared.clock.unix_millis() - i64::try_from(total.as_millis()).unwrap_or(0),
            peer: connection.map(|connection| connection.peer),
            method: parts.method.as_str().to_owned(),
            path: crate::protocol::secrets::masked(parts.uri.path()),
            route: found.template,
            dialect: found.dialect.name(),
            status: reply.status,
            key: trace.caller.map(|caller| (caller.name, caller.publishable)),
            model,
            version,
            n_rows: trace.n_rows,
            hops: trace.hops,
            total,
            request_bytes: trace.request.len(),
            response_bytes: whole.len(),
            // which may repeat the path, or a part of the body
            problem: problem.map(|problem| crate::protocol::secrets::masked(&problem.detail)),
        });
        if let Some(recorder) = &*recorder {
            let limit = recorder.body_bytes;
            let logged = !matches!(found.scope, Scope::Health | Scope::Operate)
                && !matches!(found.route, Route::OpenApi | Route::Docs);
            let keep =
                |bytes: &Bytes| if logged && limit > 0 { Kept::of(bytes, limit) } else { Kept::default() };
            let entry = Entry {
                event: event.clone(),
                logged,
                request: keep(&trace.request),
                response: keep(&plain_body),
            };
            recorder.record(entry, shared);
        }
        shared.say(Event::Request(event));
    }
    *response.body_mut() = match stream {
        Some(body) => Body::new(Held { body, _busy: busy }),
        None => Body::from(whole),
    };
    response
}

/// Answers from this size on are compressed for those who take it.
const COMPRESSED_FROM: usize = 16 * 1024;

fn accepted_encoding(headers: &HeaderMap) -> Option<&'static str> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    ["gzip", "deflate"].into_iter().find(|name| {
        accepted.split(',').any(|one| {
            let mut parts = one.split(';').map(str::trim);
            let is = parts.next().is_some_and(|own| own.eq_ignore_ascii_case(name));
            is && !parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    })
}

fn compress(bytes: &Bytes, name: &str) -> Option<Bytes> {
    use std::io::Write;
    let level = flate2::Compression::fast();
    let out = Vec::with_capacity(bytes.len() / 3);
    let compressed = if name == "gzip" {
        let mut encoder = flate2::write::GzEncoder::new(out, level);
        encoder.write_all(bytes).and_then(|()| encoder.finish())
    } else {
        let mut encoder = flate2::write::ZlibEncoder::new(out, level);
        encoder.write_all(bytes).and_then(|()| encoder.finish())
    };
    compressed.ok().map(Bytes::from)
}

/// A streamed body during which the connection counts as busy.
struct Held {
    body: Body,
    _busy: Option<Busy>,
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// From the head to the answer.
async fn answer(
    shared: &Arc<Shared>,
    parts: &Parts,
    body: Body,
    found: &Matched,
    id: &str,
    trace: &mut Trace,
) -> Result<Reply, Problem> {
    // until it is read
    trace.unread = !hyper::body::Body::is_end_stream(&body);
    if found.scope != Scope::Health
        && let Some(keys) = &*shared.keys.load()
    {
        let began = Instant::now();
        let given = parts.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or(""));
        let checked = keys.check(given, found.scope);
        trace.hops.auth = Some(began.elapsed());
        trace.caller = Some(checked?);
    }
    if found.scope == Scope::Admin && trace.caller.is_none() {
        return Err(Problem::new(
            403,
            "what is loaded can be changed over the network only with a secret key that may; start the server with --keys FILE",
        )
        .with("forbidden", None));
    }
    let off = found.protocol.is_some_and(|protocol| !shared.speaks(protocol));
    if found.route == Route::Unknown || off {
        let path = crate::protocol::problem_text(parts.uri.path());
        let why = if off { "; this protocol is switched off" } else { "; GET /docs lists what there is" };
        return Err(Problem::new(404, format!("there is nothing at {path}{why}")).with("not_found", None));
    }
    let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
    if !found.allow.split(", ").any(|allowed| allowed == parts.method.as_str()) {
        let mut problem = Problem::new(
            405,
            format!(
                "{} is not possible here; allowed: {}",
                crate::protocol::problem_text(parts.method.as_str()),
                found.allow
            ),
        )
        .with("method_not_allowed", None);
        problem.allow = Some(found.allow);
        return Err(problem);
    }
    if *method == Method::GET || *method == Method::DELETE {
        return look(shared, parts, found, trace);
    }
    post(shared, parts, body, found, id, trace).await
}

/// Everything that needs no body.
fn look(shared: &Arc<Shared>, parts: &Parts, found: &Matched, trace: &Trace) -> Result<Reply, Problem> {
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
            if html { super::docs::root() } else { Reply::json(&json!({"status": "alive"})) }
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
        Route::Docs => super::docs::page(),
        Route::AdminModel(wanted) => admin::unload(shared, wanted)?,
        _ => return Err(Problem::new(404, "there is nothing here").with("not_found", None)),
    })
}

/// `GET /v1/models/NAME`: one address, three protocols, one answer that all their clients understand.
fn v1_model(
    shared: &Shared,
    catalog: &super::models::Catalog,
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
fn servable(problem: Problem, wanted: &ModelRef) -> Problem {
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

fn may_ask(caller: Option<&Caller>, name: Option<&str>) -> Result<(), Problem> {
    match (caller, name) {
        (Some(caller), Some(name)) if !caller.may_ask(name) => Err(Problem::new(
            403,
            format!(
                "the key '{}' is not for the model '{}'",
                caller.name,
                crate::protocol::problem_text(name)
            ),
        )
        .with("forbidden", Some("model"))),
        _ => Ok(()),
    }
}

/// The content type without its parameters, in lower case; empty if there is none.
fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
    value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// Everything that takes a body.
async fn post(
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
    if predicts {
        let catalog = shared.models.get();
        may_ask(trace.caller.as_ref(), wanted.name.as_deref().or(catalog.default.as_deref()))?;
        let loaded = catalog.find(&wanted).map_err(|problem| match found.route {
            Route::TfPredict(_) => servable(problem, &wanted),
            _ => problem,
        })?;
        trace.loaded = Some(loaded.clone());
    }
    let csv =
        kind == "text/csv" && matches!(found.route, Route::Predict(_) | Route::Jobs | Route::Invocations);
    check_type(&found.route, &kind, headers, csv)?;
    if csv && let Some(loaded) = trace.loaded.clone() {
        let place = CsvPlace::take(shared)?;
        let limits =
            BodyLimits { max_bytes: shared.limits.max_csv_bytes, whole: shared.limits.csv_timeout, ..limits };
        let began = Instant::now();
        let spooled = body::spool(headers, body, limits).await?;
        trace.unread = false;
        trace.hops.read = Some(began.elapsed());
        if found.route == Route::Jobs {
            let rows = jobs::Rows::Csv(spooled.0, spooled.1);
            return jobs::hand_in(shared, &loaded, rows, idempotency_key(headers)?, trace.caller.as_ref())
                .await;
        }
        let (reply, n_rows) = if found.route == Route::Invocations {
            table::invoke_csv(shared, &loaded, spooled, &mut trace.hops).await?
        } else {
            table::predict_csv(shared, &loaded, spooled, place, &mut trace.hops).await?
        };
        trace.n_rows = n_rows;
        return Ok(reply);
    }
    let began = Instant::now();
    let bytes = body::read(headers, body, limits).await?;
    trace.unread = false;
    trace.hops.read = Some(began.elapsed());
    trace.request = bytes.clone();
    if let Some(loaded) = trace.loaded.clone() {
        let how = match &found.route {
            Route::Jobs => {
                let rows = jobs::Rows::Json(bytes);
                return jobs::hand_in(
                    shared,
                    &loaded,
                    rows,
                    idempotency_key(headers)?,
                    trace.caller.as_ref(),
                )
                .await;
            }
            Route::Invocations => How::Mlflow,
            Route::TfPredict(_) => How::TensorFlow,
            Route::V2Infer(_) => How::V2(header_length(headers)?),
            _ => How::Plain,
        };
        let (reply, n_rows) = table::predict(shared, &loaded, how, bytes, &mut trace.hops).await?;
        trace.n_rows = n_rows;
        return Ok(reply);
    }
    match &found.route {
        Route::Completions | Route::Chat => {
            complete(shared, bytes, found.route == Route::Chat, id, trace).await
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
            admin::load(shared, parameter(query, "name").as_deref(), promote, &bytes)
        }
        Route::AdminPromote(wanted) => admin::promote(shared, wanted),
        Route::AdminDefault(name) => admin::set_default(shared, name),
        _ => Err(Problem::new(404, "there is nothing here").with("not_found", None)),
    }
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
    let (name, fields) = openai::read_model_name(&bytes)?;
    may_ask(trace.caller.as_ref(), Some(&name))?;
    if let Some(upstream) = shared.upstreams.iter().find(|upstream| upstream.model == name) {
        trace.hops.decode = Some(began.elapsed());
        trace.other = Some((name, upstream.base_url.clone()));
        let path = if chat { "/chat/completions" } else { "/completions" };
        let asked = Instant::now();
        let reply = upstream.forward(path, &bytes, id).await;
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
    let request = openai::read(name.clone(), fields, chat)?;
    trace.other = Some((name, "1".into()));
    trace.hops.decode = Some(began.elapsed());
    let (reply, n_rows) = text::complete(shared, model, request, &mut trace.hops).await?;
    trace.n_rows = n_rows;
    Ok(reply)
}
