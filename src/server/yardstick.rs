//! What the server's speed is measured against: a bare axum echo, and an axum handler with the fields typed into a struct.
//! Nothing of ours is in between.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};

/// A running yardstick, on threads called `yardstick`.
#[derive(Debug)]
pub struct Yardstick {
    /// Where it listens: `/echo`, `/typed` (a list of records).
    pub addr: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Yardstick {
    /// Starts it with as many threads as the server has.
    ///
    /// # Errors
    /// The system's.
    pub fn start() -> std::io::Result<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(processors.clamp(1, 8))
            .thread_name("yardstick")
            .enable_all()
            .build()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let addr = listener.local_addr()?;
        let router = Router::new().route("/echo", post(echo)).route("/typed", post(typed));
        runtime.spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { addr, runtime: Some(runtime) })
    }
}

impl Drop for Yardstick {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn echo(body: Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The fields of a record, as someone would type them for this one model.
macro_rules! record {
    ($($name:ident)*) => {
        #[derive(Deserialize)]
        struct Record { $($name: f64),* }
        impl Record {
            fn sum(&self) -> f64 {
                let mut sum = 3.0;
                let mut weight = 0.0;
                $(weight += 1.0 / 7.0; sum += weight * self.$name;)*
                sum
            }
        }
    };
}

record!(feature_1 feature_2 feature_3 feature_4 feature_5 feature_6 feature_7 feature_8 feature_9 feature_10
    feature_11 feature_12 feature_13 feature_14 feature_15 feature_16 feature_17 feature_18 feature_19 feature_20);

#[derive(Serialize)]
struct Answer {
    predictions: Vec<f64>,
}

async fn typed(body: Bytes) -> Response {
    let Ok(records) = serde_json::from_slice::<Vec<Record>>(&body) else {
        return axum::http::StatusCode::BAD_REQUEST.into_response();
    };
    let predictions = records.iter().map(Record::sum).collect();
    let body = serde_json::to_vec(&Answer { predictions }).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}
