//! Connections: taken up to a limit, watched, and cut when they are too slow or idle for too long. A watched stream
//! notes when bytes last came and went; one task looks at all of them twice a second.

mod watched;

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

pub(crate) use watched::{Busy, Connection};
use watched::{Told, Watched};

use super::handler;
use super::shared::Shared;

/// The connections that are open.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    emptied: Notify,
}

impl Connections {
    fn add(&self, number: u64, connection: Arc<Connection>) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, connection);
    }

    fn remove(&self, number: u64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&number);
        if open.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits until none is open.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.count() == 0 {
                return;
            }
            emptied.await;
        }
    }

    pub(crate) fn cut_all(&self) {
        self.tell(|_| Some(Told::Cut));
    }

    /// Tells every connection what `what` says of it, if anything.
    fn tell(&self, what: impl Fn(&Connection) -> Option<Told>) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        #[allow(clippy::iter_over_hash_type, reason = "all of them, in any order")]
        for connection in open.values() {
            if let Some(told) = what(connection) {
                connection.tell(told);
            }
        }
    }
}

/// Takes connections until told to stop, and then has those that are open finish what they accepted.
pub(crate) async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    connections: Arc<Connections>,
    mut stop: watch::Receiver<bool>,
) {
    let mut number = 0_u64;
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            _ = stop.wait_for(|stop| *stop) => {
                connections.tell(|_| Some(Told::Finish));
                return;
            }
        };
        let Ok((stream, peer)) = taken else {
            // out of file descriptors, or the caller has gone: neither ends the server
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        shared.stats.connections_taken.fetch_add(1, Ordering::Relaxed);
        if connections.count() >= shared.limits.max_connections {
            shared.stats.connections_refused.fetch_add(1, Ordering::Relaxed);
            refuse(&stream);
            continue;
        }
        number += 1;
        let connection = Arc::new(Connection::new(peer, shared.glass.load(Ordering::Relaxed)));
        connections.add(number, connection.clone());
        shared.stats.connections.fetch_add(1, Ordering::Relaxed);
        // answers go out at once
        drop(stream.set_nodelay(true));
        let watched = Watched::new(stream, connection.clone(), shared.clone());
        let (shared, connections) = (shared.clone(), connections.clone());
        tokio::spawn(async move {
            let _open = Open { number, shared: shared.clone(), connections };
            serve(watched, connection, &shared).await;
        });
    }
}

/// Counts a connection off when it ends, however it ends.
struct Open {
    number: u64,
    shared: Arc<Shared>,
    connections: Arc<Connections>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.stats.connections.fetch_sub(1, Ordering::Relaxed);
        self.connections.remove(self.number);
    }
}

/// Tells a caller that there are too many, without waiting for what it has to say.
fn refuse(stream: &TcpStream) {
    let body = "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"too many connections; try again\"}";
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // who can't be told is cut off all the same
    drop(stream.try_write(answer.as_bytes()));
}

async fn serve(watched: Watched, connection: Arc<Connection>, shared: &Arc<Shared>) {
    let service =
        service_fn(|request| Box::pin(handler::handle(shared.clone(), connection.clone(), request)));
    let mut builder = http1::Builder::new();
    builder.max_headers(shared.limits.max_headers).max_buf_size(shared.limits.max_header_bytes.max(8192));
    let mut serving = builder.serve_connection(TokioIo::new(watched), service);
    let mut finishes = false;
    let served = poll_fn(|cx| {
        match connection.told(cx.waker()) {
            Some(Told::Cut) => return Poll::Ready(None),
            // finishes what was accepted, and takes nothing more
            Some(Told::Finish) if !finishes => {
                finishes = true;
                Pin::new(&mut serving).graceful_shutdown();
            }
            Some(Told::Finish) | None => {}
        }
        serving.poll_without_shutdown(cx).map(|served| Some(served.is_ok()))
    });
    let Some(served) = served.await else {
        if !finishes {
            shared.stats.connections_cut.fetch_add(1, Ordering::Relaxed);
        }
        return;
    };
    let watched = serving.into_parts().io.into_inner();
    watched.flush_capture();
    if served {
        let mut stream = watched.stream;
        // who has gone needs no goodbye
        drop(stream.shutdown().await);
        if connection.unread.load(Ordering::Relaxed) {
            drain(stream).await;
        }
    }
}

/// Reads what a client still sends after an early answer, and throws it away: closing at once would take the answer
/// away from a client that has not read it yet.
async fn drain(mut stream: TcpStream) {
    const MOST: usize = 64 << 20;
    let read = async {
        let mut buffer = [0; 8192];
        let mut came = 0;
        while came < MOST {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(n) => came += n,
            }
        }
    };
    // a client that goes on for longer does not listen
    drop(tokio::time::timeout(Duration::from_secs(3), Box::pin(read)).await);
}

/// Cuts connections that are overdue, twice a second.
pub(crate) async fn watch_over(shared: Arc<Shared>, connections: Arc<Connections>) {
    let every =
        Duration::from_millis(500).min(shared.limits.header_timeout / 2).max(Duration::from_millis(20));
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        connections.tell(|connection| connection.is_overdue(&shared.limits).then_some(Told::Cut));
    }
}
