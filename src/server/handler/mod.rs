//! The way of a request: id, address, key, limits, body, answer, headers, counters, log.

mod look;
mod packing;
mod post;

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ALLOW, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use hyper::Request;
use hyper::body::{Frame, Incoming};

use super::answer::{Reply, ReplyBody};
use super::connection::{Busy, Connection};
use super::events::{Event, Hops, RequestEvent};
use super::keys::Caller;
use super::models::Loaded;
use super::recorder::{Entry, Kept};
use super::shared::Shared;
use crate::protocol::route::{self, Matched, Route, Scope};
use crate::protocol::{Dialect, Problem};

/// What becomes known of a request on its way.
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
    connection: Arc<Connection>,
}

impl Trace {
    fn new(connection: Arc<Connection>) -> Self {
        Self {
            hops: Hops::default(),
            caller: None,
            loaded: None,
            other: None,
            n_rows: 0,
            request: Bytes::new(),
            unread: false,
            connection,
        }
    }

    /// Notes whether some of the body is still to be read.
    fn set_unread(&mut self, unread: bool) {
        self.unread = unread;
        self.connection.is_reading.store(unread, Ordering::Relaxed);
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Answers a request, whatever it is.
pub(crate) fn handle(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response, Infallible>> + Send {
    let began = Instant::now();
    // both before anything is awaited: the client's end is looked for from here on
    let busy = connection.begin();
    let mut trace = Trace::new(connection);
    trace.set_unread(!hyper::body::Body::is_end_stream(request.body()));
    async move {
        let (parts, body) = request.into_parts();
        let id = request_id(&parts.headers).unwrap_or_else(|| shared.new_id());
        trace.connection.name_capture(&id);
        let found = route::find(parts.uri.path());
        let answered = {
            let answering = pin!(answer(&shared, &parts, Body::new(body), &found, &id, &mut trace));
            Guarded(answering).await
        };
        let answered = answered.unwrap_or_else(|_panic| {
            Err(Problem::new(
                500,
                format!("a fault in the server; please report it with the request id {id}"),
            ))
        });
        let (reply, problem) = match answered {
            Ok(reply) => (reply, None),
            Err(problem) => (problem_reply(&problem, found.dialect), Some(problem)),
        };
        let packed = match &reply.body {
            ReplyBody::Whole(body) => packing::packed(&parts.headers, body).await,
            ReplyBody::Stream(_) => None,
        };
        Ok(finish(&shared, &parts, &found, trace, reply, packed, problem, id, began, busy))
    }
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
    packed: Option<(Bytes, &'static str)>,
    problem: Option<Problem>,
    id: String,
    began: Instant,
    busy: Busy,
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
        trace.connection.unread.store(true, Ordering::Relaxed);
    }
    if let Some((bytes, name)) = packed {
        whole = bytes;
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
            peer: Some(trace.connection.peer),
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

/// A streamed body during which the connection counts as busy.
struct Held {
    body: Body,
    _busy: Busy,
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
        return look::look(shared, parts, found, trace);
    }
    post::post(shared, parts, body, found, id, trace).await
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
