//! Sending: one request, its redirects, and its answer as it comes.

use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use url::Url;

use super::connect::{Connection, Place, Pool, connect};
use super::exchange::{Exchange, Live, PhaseKind, Recorder, Redirect, server_hops};
use super::failure::{Failure, FailureKind, Fault, SendError, explain_exchange, whole_timeout};
use super::proxy;
use super::receive::receive;
use super::request::{Request, Settings};
use crate::work::Progress;

/// Sends requests. Keeps connections between them; clones share all of it.
#[derive(Clone)]
pub struct Client {
    inner: std::sync::Arc<Inner>,
}

struct Inner {
    runtime: tokio::runtime::Runtime,
    pool: Pool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    /// A client with a runtime of its own.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn new() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("client")
            .enable_all()
            .build()?;
        Ok(Self { inner: std::sync::Arc::new(Inner { runtime, pool: Pool::default() }) })
    }

    /// Forgets all connections that are kept, so that the next request makes a new one.
    pub fn disconnect(&self) {
        self.inner.pool.clear();
    }

    /// Sends a request and waits for the whole answer; `progress` can stop it at any moment.
    ///
    /// # Errors
    /// [`SendError`]: stopped, or failed with the hop and what to try.
    pub fn send(
        &self,
        request: &Request,
        settings: &Settings,
        progress: &Progress,
    ) -> Result<Exchange, SendError> {
        self.send_live(request, settings, progress, &mut |_| ())
    }

    /// As [`Client::send`], and tells what comes as it comes.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn send_live(
        &self,
        request: &Request,
        settings: &Settings,
        progress: &Progress,
        live: &mut (dyn FnMut(Live) + Send),
    ) -> Result<Exchange, SendError> {
        self.inner.runtime.block_on(self.exchange(request, settings, progress, live))
    }

    /// As [`Client::send_live`], for callers on a runtime.
    pub(crate) async fn exchange(
        &self,
        request: &Request,
        settings: &Settings,
        progress: &Progress,
        live: &mut (dyn FnMut(Live) + Send),
    ) -> Result<Exchange, SendError> {
        tokio::select! {
            biased;
            () = until_cancelled(progress) => Err(SendError::Cancelled),
            done = follow(&self.inner.pool, request, settings, live) => done.map_err(|failure| SendError::Failed(Box::new(failure))),
        }
    }

    /// The runtime, for work of this layer that sends many requests at once.
    pub(super) fn runtime(&self) -> &tokio::runtime::Runtime {
        &self.inner.runtime
    }
}

/// Waits until the work is to stop.
pub(super) async fn until_cancelled(progress: &Progress) {
    while !progress.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// Sends a request and follows redirects.
async fn follow(
    pool: &Pool,
    request: &Request,
    settings: &Settings,
    live: &mut (dyn FnMut(Live) + Send),
) -> Result<Exchange, Failure> {
    let begun = Instant::now();
    let mut redirects: Vec<Redirect> = Vec::new();
    let mut request = request.clone();
    loop {
        let mut recorder = Recorder::new();
        let left = settings.timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
        let once = once(pool, &request, settings, &mut recorder, live, begun);
        let done = match left {
            Some(left) => match tokio::time::timeout(left, once).await {
                Ok(done) => done,
                Err(_late) => {
                    Err(whole_timeout(recorder.now, settings.timeout.unwrap_or(left).as_secs_f64()))
                }
            },
            None => once.await,
        };
        let fail = |fault: Fault, redirects: Vec<Redirect>, recorder: &Recorder, url: &str| Failure {
            kind: fault.kind,
            at: recorder.now,
            url: url.to_owned(),
            message: fault.message,
            advice: fault.advice,
            detail: fault.detail,
            timings: recorder.timings(),
            redirects,
        };
        let mut exchange = match done {
            Ok(exchange) => exchange,
            Err(fault) => return Err(fail(fault, redirects, &recorder, &request.url)),
        };
        let location = exchange.header("location").map(str::to_owned);
        let (Some(location), true) = (location, settings.follow_redirects && is_redirect(exchange.status))
        else {
            exchange.total_secs = begun.elapsed().as_secs_f64();
            exchange.redirects = redirects;
            return Ok(exchange);
        };
        // not the exchange's address: that one lacks the password, which a redirect to the same server needs again
        let next = parse_url(&request.url).and_then(|from| Ok((next_url(&from, &location)?, from)));
        let to = next.as_ref().map_or_else(|_| location.clone(), |(next, _)| without_password(next));
        redirects.push(Redirect {
            method: exchange.method.clone(),
            url: exchange.url.clone(),
            status: exchange.status,
            to: to.clone(),
            timings: exchange.timings.clone(),
        });
        let (next, from) = match next {
            Ok(next) => next,
            Err(fault) => return Err(fail(fault, redirects, &recorder, &request.url)),
        };
        if redirects.len() > settings.max_redirects {
            let goes_in_circles = redirects.iter().filter(|hop| hop.to == to).count() > 1;
            let fault = Fault::new(
                FailureKind::TooManyRedirects,
                format!(
                    "The server redirected {} times{}.",
                    redirects.len(),
                    if goes_in_circles { ", in circles" } else { "" }
                ),
                &[
                    "Look at the chain of redirects: often http and https point at each other, or a login is missing.",
                    "Turn off following redirects in the settings to see the first answer.",
                ],
            );
            return Err(fail(fault, redirects, &recorder, &request.url));
        }
        redirect(&mut request, exchange.status, &from, &next);
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads. A name and a password in the address go along to the same server, and to no other.
fn next_url(from: &Url, location: &str) -> Result<Url, Fault> {
    let bad = |error: &dyn std::fmt::Display| {
        Fault::new(
            FailureKind::BadRedirect,
            format!("The server redirects to '{location}', which is no http(s) address."),
            &["Turn off following redirects in the settings to see the answer itself."],
        )
        .detail(error)
    };
    let mut next = from.join(location).map_err(|error| bad(&error))?;
    if !matches!(next.scheme(), "http" | "https") || !next.has_host() {
        return Err(bad(&""));
    }
    if next.username().is_empty() && next.origin() == from.origin() {
        // an address with a host takes both
        next.set_username(from.username()).and_then(|()| next.set_password(from.password())).ok();
    }
    Ok(next)
}

/// An address as it may be shown.
fn without_password(url: &Url) -> String {
    let mut shown = url.clone();
    // one without a host has none
    shown.set_password(None).ok();
    shown.to_string()
}

/// Changes a request as a redirect wants it: 303, and 301 and 302 after a POST, become GET (as browsers do); what
/// identifies the user does not go to another server.
fn redirect(request: &mut Request, status: u16, from: &Url, next: &Url) {
    let becomes_get = match status {
        303 => !request.method.eq_ignore_ascii_case("HEAD"),
        301 | 302 => request.method.eq_ignore_ascii_case("POST"),
        _ => false,
    };
    if becomes_get {
        request.method = "GET".into();
        request.body.clear();
        let of_body =
            ["content-type", "content-length", "content-encoding", "content-language", "content-location"];
        request.headers.retain(|(name, _)| !of_body.iter().any(|known| name.eq_ignore_ascii_case(known)));
    }
    if from.origin() != next.origin() {
        let stays = |name: &str| !super::request::is_private(name) && !name.eq_ignore_ascii_case("host");
        request.headers.retain(|(name, _)| stays(name));
    }
    request.url = next.to_string();
}

/// Reads an address as typed.
pub(super) fn parse_url(text: &str) -> Result<Url, Fault> {
    let text = text.trim();
    let invalid = |message: String, advice: &[&str]| Fault::new(FailureKind::InvalidUrl, message, advice);
    if text.is_empty() {
        return Err(invalid(
            "The address is empty.".into(),
            &["Write one, such as http://127.0.0.1:8080/predict."],
        ));
    }
    if let Some(open) = text.find("{{") {
        let name: String = text[open + 2..].chars().take_while(|&c| c != '}').collect();
        return Err(invalid(
            format!("The variable '{name}' in the address has no value."),
            &["Give it one in the environment."],
        ));
    }
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&full).map_err(|error| {
        invalid(format!("'{text}' is no address: {error}."), &["It must look like http://host:port/path."])
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(
            format!("'{}' addresses can't be asked here, only http and https.", url.scheme()),
            &["It must look like http://host:port/path."],
        ));
    }
    Ok(url)
}

/// A request's head, checked.
fn head(
    request: &Request,
    url: &Url,
    proxy: Option<&proxy::Proxy>,
) -> Result<hyper::Request<Full<Bytes>>, Fault> {
    let method = hyper::Method::from_bytes(request.method.trim().as_bytes()).map_err(|error| {
        Fault::new(
            FailureKind::InvalidMethod,
            format!("'{}' is no HTTP method.", request.method),
            &["Methods are single words: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS."],
        )
        .detail(error)
    })?;
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    // to a proxy the whole address is said, to a server only its path
    let target = match proxy {
        Some(_) if url.scheme() == "http" => {
            format!("http://{authority}{}", &url[url::Position::BeforePath..url::Position::AfterQuery])
        }
        _ => url[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
    };
    let mut built = hyper::Request::builder().method(method).uri(target);
    let headers = built.headers_mut();
    let mut list: Vec<(HeaderName, HeaderValue)> = Vec::new();
    for (name, value) in &request.headers {
        let refuse = |what: &str| {
            Fault::new(
                FailureKind::InvalidHeader,
                format!("The header '{name}' {what}."),
                &[
                    "A name is one word of letters, digits and dashes; a value is one line without control characters.",
                ],
            )
        };
        let name = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|error| refuse("has a name that HTTP does not allow").detail(error))?;
        let value = HeaderValue::from_bytes(value.trim().as_bytes())
            .map_err(|error| refuse("has a value that HTTP does not allow").detail(error))?;
        list.push((name, value));
    }
    if let Some(headers) = headers {
        let has = |wanted: &HeaderName| list.iter().any(|(name, _)| name == wanted);
        let mut usual = |name: HeaderName, value: Result<HeaderValue, hyper::header::InvalidHeaderValue>| {
            if !has(&name)
                && let Ok(value) = value
            {
                headers.append(name, value);
            }
        };
        usual(hyper::header::HOST, HeaderValue::from_str(authority));
        usual(
            hyper::header::USER_AGENT,
            Ok(HeaderValue::from_static(concat!("drydock/", env!("CARGO_PKG_VERSION")))),
        );
        usual(hyper::header::ACCEPT, Ok(HeaderValue::from_static("*/*")));
        usual(hyper::header::ACCEPT_ENCODING, Ok(HeaderValue::from_static("gzip, deflate")));
        if !url.username().is_empty() {
            let user = crate::protocol::percent_decode(url.username());
            let password = crate::protocol::percent_decode(url.password().unwrap_or(""));
            usual(hyper::header::AUTHORIZATION, HeaderValue::from_str(&super::basic(&user, &password)));
        }
        if let Some(authorization) =
            proxy.filter(|_| url.scheme() == "http").and_then(|p| p.authorization.as_ref())
        {
            usual(hyper::header::PROXY_AUTHORIZATION, HeaderValue::from_str(authorization));
        }
        let has_length = has(&hyper::header::CONTENT_LENGTH) || has(&hyper::header::TRANSFER_ENCODING);
        let wants_length =
            !request.body.is_empty() || matches!(request.method.trim(), "POST" | "PUT" | "PATCH");
        if wants_length && !has_length {
            headers.append(hyper::header::CONTENT_LENGTH, HeaderValue::from(request.body.len()));
        }
        for (name, value) in list {
            // a length that does not fit the body would only hang
            if name == hyper::header::CONTENT_LENGTH
                && value.as_bytes() != request.body.len().to_string().as_bytes()
            {
                return Err(Fault::new(
                    FailureKind::InvalidHeader,
                    format!(
                        "The header Content-Length does not fit the body of {} bytes.",
                        request.body.len()
                    ),
                    &["Leave it out: it is written for you."],
                ));
            }
            headers.append(name, value);
        }
    }
    built.body(Full::new(Bytes::from(request.body.clone()))).map_err(|error| {
        Fault::new(
            FailureKind::InvalidUrl,
            format!("The address can't be sent: {error}."),
            &["Check the address."],
        )
    })
}

/// One request and its answer, without redirects.
async fn once(
    pool: &Pool,
    request: &Request,
    settings: &Settings,
    recorder: &mut Recorder,
    live: &mut (dyn FnMut(Live) + Send),
    begun: Instant,
) -> Result<Exchange, Fault> {
    let url = parse_url(&request.url)?;
    let proxy = proxy::choose(&settings.proxy, &url, |name| std::env::var(name).ok())?;
    let place = Place {
        https: url.scheme() == "https",
        host: url.host_str().unwrap_or("").trim_start_matches('[').trim_end_matches(']').to_owned(),
        port: url.port_or_known_default().unwrap_or(80),
        proxy: proxy.clone(),
        verify: settings.verify_tls,
        authorities: settings.extra_authorities.clone(),
    };
    let mut message = head(request, &url, proxy.as_ref())?;
    let sent_headers = pairs(message.headers());
    let mut notes = Vec::new();
    let kept = if settings.keep_alive { pool.take(&place).await } else { None };
    if !settings.keep_alive {
        message.headers_mut().insert(hyper::header::CONNECTION, HeaderValue::from_static("close"));
    }
    let (mut connection, response) = if let Some(mut connection) = kept {
        recorder.reused = true;
        match ask(&mut connection, message.clone(), recorder, place.https).await {
            Ok(response) => (connection, response),
            Err(fault) if fault.stale => {
                // the server had closed it in the meantime: as curl and browsers do, once more on a new one
                recorder.phases.clear();
                recorder.reused = false;
                notes.push(
                    "The kept connection had been closed by the server; a new one was made.".to_owned(),
                );
                let mut connection = connect(&place, settings, recorder).await?;
                let response = ask(&mut connection, message, recorder, place.https).await?;
                (connection, response)
            }
            Err(fault) => return Err(fault),
        }
    } else {
        let mut connection = connect(&place, settings, recorder).await?;
        let response = ask(&mut connection, message, recorder, place.https).await?;
        (connection, response)
    };
    recorder.now = PhaseKind::Receive;
    let (head, body) = response.into_parts();
    let headers = pairs(&head.headers);
    let reason = head
        .extensions
        .get::<hyper::ext::ReasonPhrase>()
        .map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned())
        .or_else(|| head.status.canonical_reason().map(str::to_owned))
        .unwrap_or_default();
    live(Live::Head { status: head.status.as_u16(), reason: reason.clone(), headers: headers.clone() });
    let received = receive(body, &headers, settings, live, begun).await;
    let marks = connection.watch.get();
    recorder.add(PhaseKind::Receive, marks.first_read.unwrap_or_else(Instant::now), Instant::now());
    let received = received.map_err(|error| explain_exchange(&error, true, place.https))?;
    notes.extend(received.notes);
    let exchange = Exchange {
        method: request.method.trim().to_owned(),
        url: without_password(&url),
        sent_headers,
        sent_bytes: marks.written,
        status: head.status.as_u16(),
        reason,
        version: format!("{:?}", head.version),
        server: server_hops(&headers),
        headers,
        body: received.body,
        body_bytes_on_line: received.on_line,
        timings: recorder.timings(),
        total_secs: 0.0,
        redirects: Vec::new(),
        events: received.events,
        remote: connection.remote,
        proxy: proxy.map(|proxy| proxy.name()),
        tls: connection.tls.take(),
        notes,
    };
    // a server that sends a body after HEAD, which must not be, may do so at any moment
    if settings.keep_alive && received.complete && !exchange.method.eq_ignore_ascii_case("HEAD") {
        connection.tls.clone_from(&exchange.tls);
        pool.put(place, connection);
    }
    Ok(exchange)
}

/// Sends on a connection and waits for the head of the answer; writes down sending and waiting.
async fn ask(
    connection: &mut Connection,
    message: hyper::Request<Full<Bytes>>,
    recorder: &mut Recorder,
    https: bool,
) -> Result<hyper::Response<hyper::body::Incoming>, Fault> {
    connection.watch.reset();
    recorder.now = PhaseKind::Send;
    let asked_at = Instant::now();
    let watch = connection.watch.clone();
    let mut answer = std::pin::pin!(connection.sender.send_request(message));
    // so that a time-out knows whether the request had gone
    let answer = loop {
        tokio::select! {
            biased;
            answer = &mut answer => break answer,
            () = tokio::time::sleep(Duration::from_millis(50)) => {
                let marks = watch.get();
                if marks.last_write.is_some_and(|at| at.elapsed() > Duration::from_millis(40)) {
                    recorder.now = PhaseKind::Wait;
                }
            }
        }
    };
    let marks = watch.get();
    let first_write = marks.first_write.unwrap_or(asked_at);
    let last_write = marks.last_write.unwrap_or(first_write);
    recorder.add(PhaseKind::Send, first_write, last_write);
    recorder.now = PhaseKind::Wait;
    recorder.add(PhaseKind::Wait, last_write, marks.first_read.unwrap_or_else(Instant::now));
    answer.map_err(|error| {
        let mut fault = explain_exchange(&error, marks.first_read.is_some(), https);
        // unasked bytes that lay on the line count as little as none: the request has not gone
        fault.stale = recorder.reused && (marks.first_read.is_none() || marks.written == 0);
        fault
    })
}

fn pairs(headers: &hyper::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
