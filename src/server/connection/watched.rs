//! A connection and its stream, which notes when bytes come and go and keeps them for looking at.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use atomic_waker::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::server::Limits;
use crate::server::events::{Event, WireEvent};
use crate::server::shared::Shared;

/// The most bytes of each direction that are captured for looking at.
const CAPTURED: usize = 64 * 1024;

/// What is known of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    started: Instant,
    /// Requests that are being answered: 0 or 1.
    busy: AtomicU32,
    /// Milliseconds after `started`, plus 1, when the head of a request began to come; 0 while none is coming.
    head_since: AtomicU64,
    /// The same, when the last byte came or went.
    active_at: AtomicU64,
    /// The same, when the socket began to take no more bytes; 0 while it takes them.
    blocked_since: AtomicU64,
    /// What the task was told from outside: nothing, or a [`Told`] and 1.
    told: AtomicU8,
    /// Who is to hear it.
    listens: AtomicWaker,
    glass: Mutex<Option<Box<Glass>>>,
    capturing: AtomicBool,
    /// The request's body has not come whole yet.
    pub(crate) is_reading: AtomicBool,
    /// Milliseconds after `started`, plus 1, when the client ended its side; 0 while it has not.
    ended_at: AtomicU64,
    /// The last answer went out before all of its request's body was read.
    pub(crate) unread: AtomicBool,
}

/// What a connection can be told, the stronger word last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// To finish what it accepted, and to take nothing more.
    Finish,
    /// To end at once.
    Cut,
}

#[derive(Debug, Default)]
struct Glass {
    id: Option<String>,
    request: Vec<u8>,
    response: Vec<u8>,
    cut: bool,
}

/// Sets a time that is not set yet.
fn start(time: &AtomicU64, now: u64) {
    // only the connection's own task sets it
    if time.load(Ordering::Relaxed) == 0 {
        time.store(now, Ordering::Relaxed);
    }
}

/// Marks a request as being answered, until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.active_at.store(self.0.now(), Ordering::Relaxed);
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connection {
    pub(super) fn new(peer: SocketAddr, capturing: bool) -> Self {
        Self {
            peer,
            started: Instant::now(),
            busy: AtomicU32::new(0),
            head_since: AtomicU64::new(0),
            active_at: AtomicU64::new(1),
            blocked_since: AtomicU64::new(0),
            told: AtomicU8::new(0),
            listens: AtomicWaker::new(),
            glass: Mutex::new(capturing.then(Box::default)),
            capturing: AtomicBool::new(capturing),
            is_reading: AtomicBool::new(false),
            ended_at: AtomicU64::new(0),
            unread: AtomicBool::new(false),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    /// A request's head has come whole.
    pub(crate) fn begin(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
        Busy(self.clone())
    }

    /// Tells the connection's task something.
    pub(super) fn tell(&self, what: Told) {
        self.told.fetch_max(what as u8 + 1, Ordering::Release);
        self.listens.wake();
    }

    /// What it was told; `waker` hears what comes later.
    pub(super) fn told(&self, waker: &Waker) -> Option<Told> {
        // first, so that nothing falls between
        self.listens.register(waker);
        match self.told.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Told::Finish),
            _ => Some(Told::Cut),
        }
    }

    /// Whether there is a request whose answer is not out yet.
    fn awaits_answer(&self) -> bool {
        let is_made = self.busy.load(Ordering::Relaxed) == 0;
        !(is_made && self.blocked_since.load(Ordering::Relaxed) == 0)
    }

    /// The request whose bytes are captured has this id.
    pub(crate) fn name_capture(&self, id: &str) {
        if self.capturing.load(Ordering::Relaxed)
            && let Some(glass) = self.glass.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            glass.id = Some(id.to_owned());
        }
    }

    /// Whether the connection is to be cut now.
    pub(super) fn is_overdue(&self, limits: &Limits) -> bool {
        let now = self.now();
        let longer = |since: u64, limit: Duration| {
            since > 0 && now.saturating_sub(since) > u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)
        };
        if longer(self.blocked_since.load(Ordering::Relaxed), limits.write_timeout) {
            return true;
        }
        // who has ended its side may still wait for the answer, or be gone: nothing but time tells
        let ended = self.ended_at.load(Ordering::Relaxed);
        if ended > 0 && longer(ended.max(self.active_at.load(Ordering::Relaxed)), limits.departed_timeout) {
            return true;
        }
        if self.busy.load(Ordering::Relaxed) > 0 {
            // the body has its own clock
            return false;
        }
        let head = self.head_since.load(Ordering::Relaxed);
        if head > 0 {
            return longer(head, limits.header_timeout);
        }
        longer(self.active_at.load(Ordering::Relaxed), limits.idle_timeout)
    }
}

/// A stream that notes when bytes come and go.
pub(super) struct Watched {
    pub(super) stream: TcpStream,
    connection: Arc<Connection>,
    shared: Arc<Shared>,
    /// Who is to be woken for the end of what the client sends, which it is told after the answer.
    told_later: Option<Waker>,
    /// How often that end is still looked at again while a body is being read, before it is told.
    looks_left: u32,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, connection: Arc<Connection>, shared: Arc<Shared>) -> Self {
        Self { stream, connection, shared, told_later: None, looks_left: 64 }
    }

    fn capture(&self, incoming: bool, bytes: &[u8]) {
        let on = self.shared.glass.load(Ordering::Relaxed);
        let was_on = self.connection.capturing.load(Ordering::Relaxed);
        if !on && !was_on {
            return;
        }
        self.connection.capturing.store(on, Ordering::Relaxed);
        let mut kept = self.connection.glass.lock().unwrap_or_else(PoisonError::into_inner);
        if !on {
            *kept = None;
            return;
        }
        let glass = kept.get_or_insert_default();
        if incoming && !glass.response.is_empty() {
            // the next request begins
            self.send(std::mem::take(glass.as_mut()));
        }
        let own = if incoming { &mut glass.request } else { &mut glass.response };
        let room = CAPTURED.saturating_sub(own.len()).min(bytes.len());
        own.extend_from_slice(&bytes[..room]);
        glass.cut |= room < bytes.len();
    }

    /// Sends what was captured, once an answer is out.
    pub(super) fn flush_capture(&self) {
        if !self.connection.capturing.load(Ordering::Relaxed)
            || self.connection.busy.load(Ordering::Relaxed) > 0
        {
            return;
        }
        let mut kept = self.connection.glass.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(glass) = kept.as_mut()
            && !glass.response.is_empty()
        {
            self.send(std::mem::take(glass.as_mut()));
        }
    }

    fn send(&self, glass: Glass) {
        let Some(id) = glass.id else { return };
        let event =
            WireEvent { id, request: without_key(glass.request), response: glass.response, cut: glass.cut };
        self.shared.say(Event::Wire(Arc::new(event)));
    }
}

/// Overwrites the credentials in a request's head, all but their first characters.
fn without_key(mut request: Vec<u8>) -> Vec<u8> {
    let end = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(request.len());
    let mut at = 0;
    while at < end {
        let line_end = request[at..end].windows(2).position(|two| two == b"\r\n").map_or(end, |n| at + n);
        let line = &mut request[at..line_end];
        let secret = [b"authorization:".as_slice(), b"proxy-authorization:", b"cookie:", b"x-api-key:"];
        if let Some(name) = secret
            .iter()
            .find(|name| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
        {
            let value = line.get_mut(name.len()..).unwrap_or(&mut []);
            let start = value.iter().position(|byte| *byte != b' ').unwrap_or(0);
            // the scheme and the key's prefix may be seen
            let scheme =
                value[start..].iter().position(|byte| *byte == b' ').map_or(start, |n| start + n + 1);
            value.iter_mut().skip(scheme + 3).for_each(|byte| *byte = b'*');
        }
        at = line_end + 2;
    }
    request
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        if polled.is_ready() && buf.filled().len() > before {
            let now = this.connection.now();
            this.connection.active_at.store(now, Ordering::Relaxed);
            if this.connection.busy.load(Ordering::Relaxed) == 0 {
                start(&this.connection.head_since, now);
            }
            this.capture(true, &buf.filled()[before..]);
            return polled;
        }
        this.flush_capture();
        let ended = matches!(polled, Poll::Ready(Ok(()))) && buf.remaining() > 0;
        if ended && this.connection.awaits_answer() {
            // the end is told once the answer is out: hyper would drop the request at once
            start(&this.connection.ended_at, this.connection.now());
            if !this.connection.is_reading.load(Ordering::Relaxed) {
                this.told_later = Some(cx.waker().clone());
                return Poll::Pending;
            }
            // the body's last piece may be on its way to who reads it, on this very task
            if this.looks_left > 0 {
                this.looks_left -= 1;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.wrote(&polled, &[io::IoSlice::new(bytes)]);
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes);
        this.wrote(&polled, bytes);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.flush_capture();
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

impl Watched {
    fn wrote(&mut self, polled: &Poll<io::Result<usize>>, bytes: &[io::IoSlice<'_>]) {
        let connection = &self.connection;
        match polled {
            Poll::Ready(Ok(n)) => {
                if let Some(waker) = self.told_later.take() {
                    waker.wake();
                }
                connection.active_at.store(connection.now(), Ordering::Relaxed);
                connection.blocked_since.store(0, Ordering::Relaxed);
                let mut left = *n;
                for slice in bytes {
                    let part = left.min(slice.len());
                    self.capture(false, &slice[..part]);
                    left -= part;
                }
            }
            Poll::Pending => {
                start(&connection.blocked_since, connection.now());
            }
            Poll::Ready(Err(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_key;

    #[test]
    fn a_captured_request_does_not_show_its_key() {
        let request =
            b"POST / HTTP/1.1\r\nAuthorization: Bearer sk_abcdef\r\nhost: x\r\n\r\nauthorization: body"
                .to_vec();
        assert_eq!(
            String::from_utf8(without_key(request)).unwrap(),
            "POST / HTTP/1.1\r\nAuthorization: Bearer sk_******\r\nhost: x\r\n\r\nauthorization: body"
        );
    }
}
