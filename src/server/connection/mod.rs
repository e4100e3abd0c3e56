//! Connections: taken up to a limit, watched, and cut when they are too slow or idle for too long. A watched stream
//! notes when bytes last came and went; one task looks at all of them twice a second.

mod watched;

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use watched::Watched;
pub(crate) use watched::{Busy, Connection};

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
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        #[allow(clippy::iter_over_hash_type, reason = "all of them, in any order")]
        for connection in open.values() {
            connection.cut.notify_one();
        }
    }
}

/// Takes connections until told to stop.
pub(crate) async fn accept(
    listener: TcpListener,
    router: Router,
    shared: Arc<Shared>,
    connections: Arc<Connections>,
    mut stop: watch::Receiver<bool>,
) {
    let mut number = 0_u64;
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            _ = stop.wait_for(|stop| *stop) => return,
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
        let (router, shared) = (router.clone(), shared.clone());
        let (connections, stop) = (connections.clone(), stop.clone());
        tokio::spawn(async move {
            serve(watched, connection, router, &shared, stop).await;
            shared.stats.connections.fetch_sub(1, Ordering::Relaxed);
            connections.remove(number);
        });
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

async fn serve(
    watched: Watched,
    connection: Arc<Connection>,
    router: Router,
    shared: &Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let own = connection.clone();
    let service = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(own.clone());
        // before the client's end is looked for, and until the answer's own mark takes over
        let busy = own.begin();
        own.is_reading.store(!hyper::body::Body::is_end_stream(request.body()), Ordering::Relaxed);
        let answered = hyper::service::Service::call(&service, request.map(Body::new));
        Box::pin(async move {
            let answered = answered.await;
            drop(busy);
            answered
        })
    });
    let mut builder = http1::Builder::new();
    builder.max_headers(shared.limits.max_headers).max_buf_size(shared.limits.max_header_bytes.max(8192));
    let mut serving = builder.serve_connection(TokioIo::new(watched), service);
    let served = tokio::select! {
        served = poll_fn(|cx| serving.poll_without_shutdown(cx)) => Some(served.is_ok()),
        () = connection.cut.notified() => {
            shared.stats.connections_cut.fetch_add(1, Ordering::Relaxed);
            return;
        }
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let served = if let Some(served) = served {
        served
    } else {
        // finishes what was accepted, and takes nothing more
        Pin::new(&mut serving).graceful_shutdown();
        tokio::select! {
            served = poll_fn(|cx| serving.poll_without_shutdown(cx)) => served.is_ok(),
            () = connection.cut.notified() => return,
        }
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
        let open = connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        #[allow(clippy::iter_over_hash_type, reason = "all of them, in any order")]
        for connection in open.values() {
            if connection.is_overdue(&shared.limits) {
                connection.cut.notify_one();
            }
        }
    }
}
