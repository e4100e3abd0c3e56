//! Connections: made step by step so that each step is measured, kept for the next request, and watched for when
//! bytes go and come.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::rustls::pki_types::ServerName;

use super::exchange::{PhaseKind, Recorder, TlsInfo};
use super::failure::{FailureKind, Fault, Whom, connect_timeout, explain_connect, explain_lookup};
use super::proxy::Proxy;
use super::request::Settings;
use super::tls;

/// How long a connection may lie idle before it is not used again.
const IDLE: Duration = Duration::from_secs(30);
/// How many idle connections are kept to one place.
const IDLE_PER_PLACE: usize = 64;
/// How long one address is tried before the next one is tried beside it (RFC 8305's recommended delay).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// When bytes went and came on a connection, for the request that is under way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks {
    pub(super) first_write: Option<Instant>,
    pub(super) last_write: Option<Instant>,
    pub(super) first_read: Option<Instant>,
    pub(super) written: u64,
}

/// [`Marks`] shared with the stream that sets them.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Marks>>);

impl Watch {
    pub(super) fn get(&self) -> Marks {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Marks::default();
    }

    fn wrote(&self, n: usize) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        marks.first_write.get_or_insert(now);
        // what is written after the answer began belongs to receiving
        if marks.first_read.is_none() {
            marks.last_write = Some(now);
        }
        marks.written += n as u64;
    }

    fn read(&self) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.first_read.get_or_insert_with(Instant::now);
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A stream that notes when bytes go and come.
struct Watched {
    inner: Box<dyn Stream>,
    watch: Watch,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.watch.read();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        if let Poll::Ready(Ok(n)) = polled {
            self.watch.wrote(n);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// What makes two connections interchangeable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) https: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) proxy: Option<Proxy>,
    pub(super) verify: bool,
    pub(super) authorities: Option<PathBuf>,
}

/// A connection that a request can be sent on.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    pub(super) watch: Watch,
    pub(super) remote: Option<SocketAddr>,
    pub(super) tls: Option<TlsInfo>,
}

/// Connections that are kept for the next request.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<HashMap<Place, Vec<(Connection, Instant)>>>,
}

impl Pool {
    /// An idle connection that still stands, if there is one.
    pub(super) async fn take(&self, place: &Place) -> Option<Connection> {
        loop {
            let (mut connection, since) = {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.get_mut(place)?.pop()?
            };
            if since.elapsed() > IDLE || connection.sender.is_closed() {
                continue;
            }
            let ready = tokio::time::timeout(Duration::from_millis(100), connection.sender.ready()).await;
            if matches!(ready, Ok(Ok(()))) {
                return Some(connection);
            }
        }
    }

    pub(super) fn put(&self, place: Place, connection: Connection) {
        if connection.sender.is_closed() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let list = idle.entry(place).or_default();
        if list.len() < IDLE_PER_PLACE {
            list.push((connection, Instant::now()));
        }
    }

    pub(super) fn clear(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Makes a new connection to a place, and writes down each step.
pub(super) async fn connect(
    place: &Place,
    settings: &Settings,
    recorder: &mut Recorder,
) -> Result<Connection, Fault> {
    let limit = tokio::time::Instant::now() + settings.connect_timeout;
    let whom = match &place.proxy {
        Some(proxy) => Whom { host: &proxy.host, port: proxy.port, is_proxy: true },
        None => Whom { host: &place.host, port: place.port, is_proxy: false },
    };
    let too_long = |name: &str| connect_timeout(name);
    let addresses: Vec<SocketAddr> = if let Ok(ip) = whom.host.parse::<std::net::IpAddr>() {
        vec![SocketAddr::new(ip, whom.port)]
    } else {
        let looked_up = recorder
            .measure(
                PhaseKind::Dns,
                tokio::time::timeout_at(limit, tokio::net::lookup_host((whom.host, whom.port))),
            )
            .await;
        let found: Vec<SocketAddr> = looked_up
            .map_err(|_late| too_long("The name server"))?
            .map_err(|error| explain_lookup(&error, &whom))?
            .collect();
        if found.is_empty() {
            return Err(explain_lookup(&io::Error::other("the name has no address"), &whom));
        }
        found
    };
    let dialled =
        recorder.measure(PhaseKind::Connect, tokio::time::timeout_at(limit, dial(&addresses))).await;
    let mut stream = dialled
        .map_err(|_late| {
            let mut fault = too_long(&format!("{}:{}", whom.host, whom.port));
            if whom.is_proxy {
                fault.kind = FailureKind::ProxyUnreachable;
            }
            fault
        })?
        .map_err(|error| explain_connect(&error, &whom))?;
    // small requests go at once
    stream.set_nodelay(true).ok();
    let remote = stream.peer_addr().ok();
    if let Some(proxy) = place.proxy.as_ref().filter(|_| place.https) {
        let asked = recorder
            .measure(PhaseKind::Proxy, tokio::time::timeout_at(limit, tunnel(&mut stream, place, proxy)))
            .await;
        asked.map_err(|_late| too_long(&format!("The proxy {}", proxy.name())))??;
    }
    let (stream, tls): (Box<dyn Stream>, _) = if place.https {
        let (config, seen) = tls::config(place.verify, place.authorities.as_deref())?;
        let name = ServerName::try_from(place.host.clone()).map_err(|error| {
            Fault::new(
                FailureKind::InvalidUrl,
                format!("'{}' is no name that a certificate can be for.", place.host),
                &["Check the address."],
            )
            .detail(error)
        })?;
        let connector = tokio_rustls::TlsConnector::from(config);
        let shaken = recorder
            .measure(PhaseKind::Tls, tokio::time::timeout_at(limit, connector.connect(name, stream)))
            .await;
        let stream = shaken
            .map_err(|_late| {
                let mut fault = too_long(&place.host);
                fault.message = format!("{} did not finish the TLS handshake in time.", place.host);
                fault.advice.insert(0, "If the server speaks plain HTTP, write http:// in front.".into());
                fault
            })?
            .map_err(|error| tls::explain(&error, &seen, &place.host))?;
        let session = stream.get_ref().1;
        let info = TlsInfo {
            version: session
                .protocol_version()
                .map_or_else(String::new, |version| format!("{version:?}").replace("TLSv1_", "TLS 1.")),
            cipher: session
                .negotiated_cipher_suite()
                .map_or_else(String::new, |suite| format!("{:?}", suite.suite())),
            verified: place.verify,
        };
        (Box::new(stream), Some(info))
    } else {
        (Box::new(stream), None)
    };
    let watch = Watch::default();
    let watched = Watched { inner: stream, watch: watch.clone() };
    let handshake = hyper::client::conn::http1::Builder::new()
        .max_headers(500)
        .handshake::<_, Full<Bytes>>(TokioIo::new(watched))
        .await;
    let (sender, connection) = handshake.map_err(|error| {
        Fault::new(FailureKind::Other, format!("The connection could not be used: {error}."), &["Try again."])
    })?;
    // errors reach the request that waits for its answer
    tokio::spawn(async move { connection.await.ok() });
    Ok(Connection { sender, watch, remote, tls })
}

/// Connects to the first address that answers; the next is tried beside the one that takes long.
async fn dial(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut tries: JoinSet<io::Result<TcpStream>> = JoinSet::new();
    let mut left = addresses.iter().copied();
    let mut first_error: Option<io::Error> = None;
    loop {
        let started = left.next().map(|address| tries.spawn(TcpStream::connect(address))).is_some();
        if !started && tries.is_empty() {
            return Err(first_error.unwrap_or_else(|| io::Error::other("no address to connect to")));
        }
        let joined = if left.len() == 0 {
            tries.join_next().await
        } else {
            match tokio::time::timeout(NEXT_ADDRESS, tries.join_next()).await {
                Ok(joined) => joined,
                Err(_slow) => continue,
            }
        };
        match joined {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(error))) => {
                first_error.get_or_insert(error);
            }
            Some(Err(crashed)) => {
                first_error.get_or_insert(io::Error::other(crashed));
            }
            None => {}
        }
    }
}

/// Asks a proxy for a tunnel (CONNECT).
async fn tunnel(stream: &mut TcpStream, place: &Place, proxy: &Proxy) -> Result<(), Fault> {
    let host = if place.host.contains(':') { format!("[{}]", place.host) } else { place.host.clone() };
    let target = format!("{host}:{}", place.port);
    let mut ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(authorization) = &proxy.authorization {
        ask.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
    }
    ask.push_str("\r\n");
    let cut = |error: &dyn std::fmt::Display| {
        Fault::new(
            FailureKind::ProxyRefused,
            format!("The proxy {} cut the connection when asked for {target}.", proxy.name()),
            &["Check that it is an HTTP proxy and may be used for this address."],
        )
        .detail(error)
    };
    stream.write_all(ask.as_bytes()).await.map_err(|error| cut(&error))?;
    let mut answer = Vec::new();
    // byte by byte: nothing of what follows the head may be taken
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() > 16 << 10 {
            return Err(cut(&"an endless answer"));
        }
        answer.push(stream.read_u8().await.map_err(|error| cut(&error))?);
    }
    let head = String::from_utf8_lossy(&answer);
    let line = head.lines().next().unwrap_or("").trim();
    let status = line.split_whitespace().nth(1).and_then(|code| code.parse::<u16>().ok());
    match status {
        Some(200..=299) => Ok(()),
        Some(407) => Err(Fault::new(
            FailureKind::ProxyRefused,
            format!("The proxy {} wants a user and a password (407).", proxy.name()),
            &["Write them in the proxy's address: http://user:password@host:port."],
        )
        .detail(line)),
        Some(status) => Err(Fault::new(
            FailureKind::ProxyRefused,
            format!("The proxy {} refused the way to {target} ({status}).", proxy.name()),
            &["Ask whoever runs the proxy, or name the host in NO_PROXY if it can be reached directly."],
        )
        .detail(line)),
        None => Err(cut(&line)),
    }
}
