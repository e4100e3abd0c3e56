//! Models that answer elsewhere: a request that names one is sent on to a remote API of OpenAI's form, with a secret that
//! only this server holds. The client's own key goes no further than this.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::answer::{Reply, ReplyBody};
use crate::protocol::Problem;

/// A model that answers elsewhere.
#[derive(Clone)]
pub struct Upstream {
    /// The name that clients ask for.
    pub model: String,
    /// The name it has there; the same, if `None`.
    pub remote_model: Option<String>,
    /// Where, such as `https://api.example.com/v1`.
    pub base_url: String,
    /// The secret that goes with each request; none for an API that needs none.
    secret: Option<HeaderValue>,
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
        Ok(Self { model: model.to_owned(), remote_model: None, base_url, secret })
    }

    /// Sends a request on, and hands the answer back as it comes.
    pub(crate) async fn forward(&self, path: &str, body: &Bytes, id: &str) -> Result<Reply, Problem> {
        let body = self.rename(body);
        let answered = tokio::time::timeout(Duration::from_mins(1), self.send(path, body, id)).await;
        match answered {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(what)) => Err(Problem::new(
                502,
                format!(
                    "the model '{}' answers at another server, which could not be asked: {what}",
                    self.model
                ),
            )
            .with("upstream_failed", None)),
            Err(_elapsed) => Err(Problem::new(
                504,
                format!(
                    "the model '{}' answers at another server, which did not begin to answer within 60 s",
                    self.model
                ),
            )
            .with("upstream_timeout", None)),
        }
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

    async fn send(&self, path: &str, body: Bytes, id: &str) -> Result<Reply, String> {
        let uri: Uri = format!("{}{path}", self.base_url).parse().map_err(|error| format!("{error}"))?;
        let host = uri.host().ok_or("the address has no host")?;
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
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
        let response = if secure {
            let name = ServerName::try_from(bare).map_err(|error| error.to_string())?;
            let connector = TlsConnector::from(Arc::new(tls()?));
            let stream = connector
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
        let content_type = if is_stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        let mut reply = Reply::new(status, content_type, Bytes::new());
        if let Some(value) = parts.headers.get(RETRY_AFTER) {
            reply.headers.push((RETRY_AFTER, value.clone()));
        }
        reply.body = ReplyBody::Stream(Body::new(body.map_err(std::io::Error::other)));
        Ok(reply)
    }
}

async fn exchange<S>(
    stream: TokioIo<S>,
    request: Request<Full<Bytes>>,
) -> Result<hyper::Response<hyper::body::Incoming>, String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(stream).await.map_err(|error| error.to_string())?;
    // the connection lives as long as the answer
    tokio::spawn(async move { drop(connection.await) });
    sender.send_request(request).await.map_err(|error| format!("it did not answer: {error}"))
}

/// Trust in the machine's own list of authorities.
fn tls() -> Result<ClientConfig, String> {
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
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
