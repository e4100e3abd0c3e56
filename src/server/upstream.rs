//! Models that answer elsewhere: a request that names one is sent on to a remote API of OpenAI's form, with a secret that
//! only this server holds. The client's own key goes no further than this. A remote API that stalls is not waited for.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::answer::{JSON, Reply, ReplyBody};
use super::events::Event;
use super::shared::Shared;
use crate::protocol::{Dialect, Problem, openai};

/// A model that answers elsewhere.
#[derive(Clone)]
pub struct Upstream {
    /// The name that clients ask for.
    pub model: String,
    /// Where, such as `https://api.example.com/v1`.
    pub base_url: String,
    /// The secret that goes with each request; none for an API that needs none.
    secret: Option<HeaderValue>,
    /// The name it has there; the same, if `None`.
    pub remote_model: Option<String>,
    /// Whom an `https` address is trusted by.
    tls: Option<Arc<ClientConfig>>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream")
            .field("model", &self.model)
            .field("base_url", &self.base_url)
            .field("secret", &self.secret.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

impl Upstream {
    /// A model that answers at a base URL.
    ///
    /// # Errors
    /// What is wrong with the URL or the secret.
    pub fn new(model: &str, base_url: &str, secret: Option<&str>) -> Result<Self, String> {
        let base_url = base_url.trim_end_matches('/').to_owned();
        let uri: Uri = base_url.parse().map_err(|error| format!("'{base_url}' is no address: {error}"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(format!("'{base_url}': expected an address such as https://api.example.com/v1"));
        }
        let secret = secret
            .map(|secret| {
                let mut value = HeaderValue::from_str(&format!("Bearer {secret}"))
                    .map_err(|_invalid| "the secret has characters that no header can carry".to_owned())?;
                value.set_sensitive(true);
                Ok::<_, String>(value)
            })
            .transpose()?;
        let tls = if uri.scheme_str() == Some("https") { Some(tls()?) } else { None };
        Ok(Self { model: model.to_owned(), remote_model: None, base_url, secret, tls })
    }

    /// Sends a request on, and hands the answer back as it comes.
    pub(crate) async fn forward(
        &self,
        shared: &Arc<Shared>,
        path: &str,
        body: &Bytes,
        id: &str,
    ) -> Result<Reply, Problem> {
        let answered =
            tokio::time::timeout(shared.limits.upstream_timeout, self.send(path, self.rename(body), id))
                .await;
        let (mut reply, body) = match answered {
            Ok(sent) => sent.map_err(|what| self.failed(&format!("could not be asked: {what}")))?,
            Err(_elapsed) => return Err(self.late("did not begin to answer", shared.limits.upstream_timeout)),
        };
        reply.body = if reply.content_type == EVENTS {
            ReplyBody::Stream(Body::new(Events {
                upstream: self.clone(),
                shared: shared.clone(),
                id: id.to_owned(),
                silent: Box::pin(tokio::time::sleep(shared.limits.upstream_pause)),
                body: Some(body),
            }))
        } else {
            ReplyBody::Whole(self.whole(shared, body).await?)
        };
        Ok(reply)
    }

    /// The body with the model's name there.
    fn rename(&self, body: &Bytes) -> Bytes {
        let Some(remote) = &self.remote_model else { return body.clone() };
        match serde_json::from_slice::<serde_json::Value>(body) {
            Ok(mut value) => {
                value["model"] = remote.as_str().into();
                value.to_string().into()
            }
            Err(_) => body.clone(),
        }
    }

    /// An answer that is no stream: read before any of it is sent on, so that half of one can still be told as an error.
    async fn whole(&self, shared: &Shared, mut body: Incoming) -> Result<Bytes, Problem> {
        let mut all = Vec::new();
        loop {
            let pause = shared.limits.upstream_pause;
            let Ok(frame) = tokio::time::timeout(pause, body.frame()).await else {
                return Err(self.late("stopped in the middle of its answer", pause));
            };
            let Some(frame) = frame else { return Ok(all.into()) };
            let frame = frame.map_err(|error| self.failed(&format!("broke off its answer: {error}")))?;
            if let Ok(piece) = frame.into_data() {
                all.extend_from_slice(&piece);
            }
            if all.len() as u64 > shared.limits.max_body_bytes {
                let limit = shared.limits.max_body_bytes;
                return Err(self.failed(&format!("answers with more than the {limit} bytes that are taken")));
            }
        }
    }

    fn failed(&self, what: &str) -> Problem {
        Problem::new(502, format!("the model '{}' answers at another server, which {what}", self.model))
            .with("upstream_failed", None)
    }

    fn late(&self, what: &str, within: Duration) -> Problem {
        let secs = within.as_secs_f64();
        Problem::new(
            504,
            format!(
                "the model '{}' answers at another server, which {what} within {secs} s; try again later",
                self.model
            ),
        )
        .with("upstream_timeout", None)
    }

    /// The answer's head, and its body as it comes.
    async fn send(&self, path: &str, body: Bytes, id: &str) -> Result<(Reply, Incoming), String> {
        let uri: Uri = format!("{}{path}", self.base_url).parse().map_err(|error| format!("{error}"))?;
        let host = uri.host().ok_or("the address has no host")?;
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let stream = TcpStream::connect((bare.as_str(), port))
            .await
            .map_err(|error| format!("no connection to {host}:{port}: {error}"))?;
        drop(stream.set_nodelay(true));
        let mut builder = Request::post(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, uri.authority().map_or(host, |authority| authority.as_str()))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .header(USER_AGENT, concat!("drydock/", env!("CARGO_PKG_VERSION")))
            .header("x-request-id", id);
        if let Some(secret) = &self.secret {
            builder = builder.header(AUTHORIZATION, secret);
        }
        let request = builder.body(Full::new(body)).map_err(|error| error.to_string())?;
        let response = if let Some(tls) = &self.tls {
            let name = ServerName::try_from(bare).map_err(|error| error.to_string())?;
            let stream = TlsConnector::from(tls.clone())
                .connect(name, stream)
                .await
                .map_err(|error| format!("no trusted connection to {host}: {error}"))?;
            exchange(TokioIo::new(stream), request).await?
        } else {
            exchange(TokioIo::new(stream), request).await?
        };
        let (parts, body) = response.into_parts();
        let status = match parts.status.as_u16() {
            // the server's own key was refused there; the client's was not
            401 | 403 => {
                return Err("it refused this server's key (401 or 403); ask whoever runs this server".into());
            }
            status if status >= 500 => return Err(format!("it answered with status {status}")),
            status => status,
        };
        let is_stream = parts
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let content_type = if is_stream { EVENTS } else { JSON };
        let mut reply = Reply::new(status, content_type, Bytes::new());
        if let Some(value) = parts.headers.get(RETRY_AFTER) {
            reply.headers.push((RETRY_AFTER, value.clone()));
        }
        Ok((reply, body))
    }
}

const EVENTS: &str = "text/event-stream; charset=utf-8";

/// A stream of events as it comes. Where it stalls or breaks off it ends with an event that says so, as OpenAI's own does.
struct Events {
    upstream: Upstream,
    shared: Arc<Shared>,
    id: String,
    /// Ends when nothing has come for too long.
    silent: Pin<Box<Sleep>>,
    /// `None` when nothing more is sent.
    body: Option<Incoming>,
}

impl Events {
    fn end(&mut self, problem: &Problem) -> Bytes {
        self.body = None;
        self.shared.say(Event::Notice(format!("{} (request {})", problem.detail, self.id).into()));
        let (_, error) = problem.body(Dialect::OpenAi);
        // half an event that came before is closed by the empty line
        [b"\n\n".as_slice(), &openai::event(&*String::from_utf8_lossy(&error))].concat().into()
    }
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        let this = self.get_mut();
        let Some(body) = this.body.as_mut() else { return Poll::Ready(None) };
        let pause = this.shared.limits.upstream_pause;
        let problem = match Pin::new(body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.silent.as_mut().reset(Instant::now() + pause);
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(Some(Err(error))) => this.upstream.failed(&format!("broke off its answer: {error}")),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {
                std::task::ready!(this.silent.as_mut().poll(cx));
                this.upstream.late("stopped in the middle of its answer", pause)
            }
        };
        Poll::Ready(Some(Ok(Frame::data(this.end(&problem)))))
    }
}

async fn exchange<S>(
    stream: TokioIo<S>,
    request: Request<Full<Bytes>>,
) -> Result<hyper::Response<Incoming>, String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(stream).await.map_err(|error| error.to_string())?;
    // the connection lives as long as the answer
    tokio::spawn(async move { drop(connection.await) });
    sender.send_request(request).await.map_err(|error| format!("it did not answer: {error}"))
}

/// Trust in the machine's own list of authorities, which is read once.
fn tls() -> Result<Arc<ClientConfig>, String> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(
            "this machine has no list of trusted authorities; on Debian: apt-get install ca-certificates"
                .into(),
        );
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    Ok(CONFIG.get_or_init(|| config).clone())
}
