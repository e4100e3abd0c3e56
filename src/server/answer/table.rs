//! Predictions of the models of tables: the same decode, arithmetic and encode whatever the dialect. Small bodies are
//! answered on the spot; larger ones go through the queue to a worker.

use std::cell::RefCell;
use std::io::{Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use hyper::body::Frame;
use tempfile::SpooledTempFile;

use super::{JSON, Reply, ReplyBody};
use crate::data::{ReadOptions, Source, write_number};
use crate::inference::{Batch, Form, Prediction, ScoreError, score_csv_seen};
use crate::protocol::{Problem, mlflow, plain, tensorflow, v2};
use crate::server::events::Hops;
use crate::server::models::Loaded;
use crate::server::pool::PoolError;
use crate::server::shared::Shared;
use crate::work::Progress;

/// Bodies up to this size are answered without a worker: that is faster than handing them over.
const ON_THE_SPOT: usize = 16 * 1024;

/// How the body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Plain,
    Mlflow,
    TensorFlow,
    /// With the number of bytes that are JSON, where a header says so.
    V2(Option<usize>),
}

/// A finished prediction.
pub(crate) struct Done {
    pub(crate) body: Vec<u8>,
    /// How many bytes of it are JSON, where others follow.
    pub(crate) json_length: Option<usize>,
    pub(crate) n_rows: usize,
    pub(crate) decode: Duration,
    pub(crate) inference: Duration,
    pub(crate) encode: Duration,
}

thread_local! {
    /// Memory that each thread uses again and again.
    static BATCH: RefCell<Batch> = RefCell::default();
}

/// Decodes, predicts and encodes.
pub(crate) fn run(loaded: &Loaded, how: How, body: &[u8]) -> Result<Done, Problem> {
    BATCH.with_borrow_mut(|batch| {
        let began = Instant::now();
        let read = read(loaded, how, body, batch);
        let decode = began.elapsed();
        let result = counted(loaded, read.and_then(|read| answer(loaded, read, batch, decode)));
        // a giant batch's memory is given back
        if batch.n_rows() > 100_000 {
            *batch = Batch::default();
        }
        result
    })
}

/// Predicts and encodes rows in our own form that were decoded before.
pub(crate) fn run_read(loaded: &Loaded, form: Form, batch: &mut Batch) -> Result<Done, Problem> {
    counted(loaded, answer(loaded, Read::Plain(form), batch, Duration::ZERO))
}

/// Has both versions predict a body: what the second one answers, and how far apart the two are at each row, |difference|
/// or 1 for another class. Counts for neither.
pub(crate) fn both(
    first: &Loaded,
    second: &Loaded,
    how: How,
    body: &[u8],
) -> Result<(Done, Vec<f64>), Problem> {
    let ask = |batch: &mut Batch| {
        read(first, how, body, batch)?;
        first.predictor.predict_batch(batch)?;
        let said: Vec<Said> =
            (0..batch.n_rows()).map(|row| Said::of(batch.get(&first.predictor, row))).collect();
        let began = Instant::now();
        let read = read(second, how, body, batch)?;
        let done = answer(second, read, batch, began.elapsed())?;
        let apart = said.iter().enumerate().map(|(row, said)| said.apart(batch.get(&second.predictor, row)));
        Ok((done, apart.collect()))
    };
    BATCH.with_borrow_mut(|batch| {
        let both = ask(batch);
        if batch.n_rows() > 100_000 {
            *batch = Batch::default();
        }
        both
    })
}

/// What a version said of a row.
enum Said {
    Number(f64),
    Class(String),
}

impl Said {
    fn of(prediction: Prediction<'_>) -> Self {
        match prediction {
            Prediction::Number(value) => Self::Number(value),
            Prediction::Class { name, .. } => Self::Class(name.to_owned()),
        }
    }

    /// How far another answer is from it.
    fn apart(&self, other: Prediction<'_>) -> f64 {
        match (self, other) {
            (Self::Number(value), Prediction::Number(other)) => (value - other).abs(),
            (Self::Class(class), Prediction::Class { name, .. }) => f64::from(u8::from(class != name)),
            // one says a class, the other a number: never the same
            _ => 1.0,
        }
    }
}

fn counted(loaded: &Loaded, result: Result<Done, Problem>) -> Result<Done, Problem> {
    let stats = &loaded.stats;
    match &result {
        Ok(done) => {
            stats.requests.fetch_add(1, Ordering::Relaxed);
            stats.rows.fetch_add(done.n_rows as u64, Ordering::Relaxed);
            stats.inference.observe(done.inference);
        }
        Err(_) => {
            stats.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
    result
}

/// A body that was decoded, and how its answer is to be written.
enum Read {
    Plain(Form),
    Mlflow,
    TensorFlow(tensorflow::Layout),
    V2(v2::Asked),
}

fn read(loaded: &Loaded, how: How, body: &[u8], batch: &mut Batch) -> Result<Read, Problem> {
    let predictor = &loaded.predictor;
    Ok(match how {
        How::Plain => Read::Plain(predictor.read_body(body, batch)?),
        How::Mlflow => {
            mlflow::read(predictor, body, batch)?;
            Read::Mlflow
        }
        How::TensorFlow => Read::TensorFlow(tensorflow::read(predictor, body, batch)?),
        How::V2(length) => Read::V2(v2::read(predictor, body, length, batch)?),
    })
}

fn answer(loaded: &Loaded, read: Read, batch: &mut Batch, decode: Duration) -> Result<Done, Problem> {
    let predictor = &loaded.predictor;
    let began = Instant::now();
    predictor.predict_batch(batch).map_err(|mut error| {
        if matches!(read, Read::Plain(Form::One)) {
            error.place = None;
        }
        let status = if matches!(read, Read::Plain(_)) { 422 } else { 400 };
        Problem { status, ..Problem::from(error) }
    })?;
    let predicted = Instant::now();
    let mut out = Vec::with_capacity(128 + batch.n_rows() * 20);
    let mut json_length = None;
    match read {
        Read::Plain(form) => plain::write_answer(predictor, batch, form, &mut out),
        Read::Mlflow => mlflow::write_answer(predictor, batch, &mut out),
        Read::TensorFlow(layout) => tensorflow::write_answer(predictor, batch, layout, &mut out),
        Read::V2(asked) => {
            json_length =
                v2::write_answer(predictor, batch, &asked, (&loaded.name, loaded.version()), &mut out);
        }
    }
    Ok(Done {
        body: out,
        json_length,
        n_rows: batch.n_rows(),
        decode,
        inference: predicted - began,
        encode: predicted.elapsed(),
    })
}

/// Answers a prediction request.
pub(crate) async fn predict(
    shared: &Shared,
    loaded: &Arc<Loaded>,
    how: How,
    body: Bytes,
    hops: &mut Hops,
) -> Result<(Reply, usize), Problem> {
    let done = if body.len() <= ON_THE_SPOT {
        run(loaded, how, &body)?
    } else {
        let own = loaded.clone();
        let (done, waited) = shared.pool.run(move || run(&own, how, &body)).await.map_err(busy)?;
        hops.queue = Some(waited);
        loaded.stats.queue.observe(waited);
        done?
    };
    hops.decode = Some(done.decode);
    hops.inference = Some(done.inference);
    hops.encode = Some(done.encode);
    let mut reply = Reply::new(200, JSON, done.body);
    if let Some(length) = done.json_length {
        reply.content_type = "application/octet-stream";
        reply = reply.with(v2::HEADER_LENGTH, &length.to_string());
    }
    Ok((reply, done.n_rows))
}

pub(crate) fn busy(error: PoolError) -> Problem {
    match error {
        PoolError::Full => {
            Problem::busy("the queue is full: more batches wait than the workers can take; try again")
        }
        PoolError::Died => Problem::busy("the server is stopping, or a worker failed; try again"),
    }
}

/// The most CSV bodies that are worked on or sent at a time.
const MAX_CSV: u32 = 64;

/// Gives a place back when it is dropped.
pub(crate) struct CsvPlace(Arc<Shared>);

impl CsvPlace {
    pub(crate) fn take(shared: &Arc<Shared>) -> Result<Self, Problem> {
        if shared.csv_now.fetch_add(1, Ordering::Relaxed) >= MAX_CSV {
            give_back(&shared.csv_now);
            return Err(Problem::busy(format!("{MAX_CSV} CSV files are being worked on already; try again")));
        }
        Ok(Self(shared.clone()))
    }
}

fn give_back(count: &AtomicU32) {
    count.fetch_sub(1, Ordering::Relaxed);
}

impl Drop for CsvPlace {
    fn drop(&mut self) {
        give_back(&self.0.csv_now);
    }
}

/// How long a CSV text took, stage by stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    decode: Duration,
    inference: Duration,
    encode: Duration,
}

impl Took {
    fn tell(self, hops: &mut Hops) {
        hops.decode = Some(self.decode);
        hops.inference = Some(self.inference);
        hops.encode = Some(self.encode);
    }
}

/// Scores a CSV text that was kept in memory or in a temporary file, into another one. All of it is scored before the
/// first byte goes out, so that a wrong row in the middle is a proper error; memory stays constant all the same.
pub(crate) fn score(
    loaded: &Loaded,
    file: SpooledTempFile,
    length: u64,
) -> Result<(SpooledTempFile, u64, usize, Took), Problem> {
    let mut out = Counting { file: tempfile::spooled_tempfile(1 << 20), length: 0 };
    let (n_rows, took) = score_into(loaded, file, length, &mut out, &mut |_, _| {})?;
    out.file
        .seek(SeekFrom::Start(0))
        .map_err(|error| Problem::busy(format!("the predictions can't be read back: {error}")))?;
    Ok((out.file, out.length, n_rows, took))
}

fn score_into(
    loaded: &Loaded,
    file: SpooledTempFile,
    length: u64,
    out: &mut dyn Write,
    seen: &mut dyn FnMut(u64, &[f64]),
) -> Result<(usize, Took), Problem> {
    let began = Instant::now();
    let source = Source::from_spooled("the body", file, length);
    // one thread: the workers are the parallelism here
    let options = ReadOptions { threads: 1, ..ReadOptions::default() };
    let scored = score_csv_seen(&loaded.predictor, &source, &options, out, &Progress::new(), seen);
    let scored = scored.map_err(|error| {
        loaded.stats.refused.fetch_add(1, Ordering::Relaxed);
        match error {
            ScoreError::Input { error, .. } => error.into(),
            ScoreError::Data(error) => Problem::bad_request(format!("the CSV can't be read: {error}")),
            ScoreError::Write(error) => Problem::busy(format!(
                "the server has no room for the predictions in a temporary file: {error}"
            )),
            // only a caller who asks elsewhere meets it
            ScoreError::Call(why) => Problem::new(502, why),
        }
    })?;
    let (inference, encode) = (scored.inference, scored.encode);
    // on one thread the rest is reading
    let took = Took { decode: began.elapsed().saturating_sub(inference + encode), inference, encode };
    loaded.stats.requests.fetch_add(1, Ordering::Relaxed);
    loaded.stats.rows.fetch_add(scored.n_rows, Ordering::Relaxed);
    loaded.stats.inference.observe(inference);
    Ok((scored.n_rows as usize, took))
}

/// The most bytes of an answer to MLflow's CSV, which is JSON in memory.
const MAX_INVOKED: usize = 64 << 20;

/// Answers CSV as MLflow does: with JSON.
pub(crate) async fn invoke_csv(
    shared: &Arc<Shared>,
    loaded: &Arc<Loaded>,
    (file, length): (SpooledTempFile, u64),
    hops: &mut Hops,
) -> Result<(Reply, usize), Problem> {
    let own = loaded.clone();
    let work = move || {
        let classes = &own.predictor.model().output.classes;
        let mut body = b"{\"predictions\":[".to_vec();
        let mut seen = |_: u64, values: &[f64]| {
            for value in values {
                if body.len() > MAX_INVOKED {
                    return;
                }
                if !body.ends_with(b"[") {
                    body.push(b',');
                }
                match classes.get(*value as usize).filter(|_| !classes.is_empty()) {
                    Some(class) => crate::data::write_json_text(class, &mut body),
                    None => write_number(*value, &mut body),
                }
            }
        };
        let scored = score_into(&own, file, length, &mut std::io::sink(), &mut seen);
        scored.map(|(n_rows, took)| (body, n_rows, took))
    };
    let (scored, waited) = shared.pool.run(work).await.map_err(busy)?;
    hops.queue = Some(waited);
    loaded.stats.queue.observe(waited);
    let (mut body, n_rows, took) =
        scored.map_err(
            |problem| {
                if problem.status == 422 { Problem { status: 400, ..problem } } else { problem }
            },
        )?;
    if body.len() > MAX_INVOKED {
        return Err(Problem::new(
            413,
            "the answer would be too large for JSON; send the file to /predict, which answers with CSV",
        ));
    }
    body.extend_from_slice(b"]}");
    took.tell(hops);
    Ok((Reply::new(200, JSON, body), n_rows))
}

struct Counting {
    file: SpooledTempFile,
    length: u64,
}

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.length += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

pub(crate) const CSV: &str = "text/csv; charset=utf-8";

/// Answers a CSV body.
pub(crate) async fn predict_csv(
    shared: &Arc<Shared>,
    loaded: &Arc<Loaded>,
    (file, length): (SpooledTempFile, u64),
    place: CsvPlace,
    hops: &mut Hops,
) -> Result<(Reply, usize), Problem> {
    let own = loaded.clone();
    let (scored, waited) = shared.pool.run(move || score(&own, file, length)).await.map_err(busy)?;
    hops.queue = Some(waited);
    loaded.stats.queue.observe(waited);
    let (file, length, n_rows, took) = scored?;
    took.tell(hops);
    let body = Body::new(FileBody { file: Some(file), left: length, reading: None, _place: place });
    let mut reply = Reply::new(200, CSV, Bytes::new()).with("content-length", &length.to_string());
    reply.body = ReplyBody::Stream(body);
    Ok((reply, n_rows))
}

/// The file, and what was read from it.
type Piece = (SpooledTempFile, Vec<u8>);

/// Sends a temporary file piece by piece, as fast as the client takes it.
struct FileBody {
    file: Option<SpooledTempFile>,
    left: u64,
    reading: Option<tokio::task::JoinHandle<std::io::Result<Piece>>>,
    _place: CsvPlace,
}

impl hyper::body::Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        use std::io::Read;
        const PIECE: u64 = 128 * 1024;
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let reading = match (&mut this.reading, this.file.take()) {
            (Some(reading), _) => reading,
            (none, Some(mut file)) => none.insert(tokio::task::spawn_blocking(move || {
                let mut piece = Vec::with_capacity(PIECE as usize);
                (&mut file).take(PIECE).read_to_end(&mut piece)?;
                Ok((file, piece))
            })),
            (None, None) => return Poll::Ready(None),
        };
        let read = std::task::ready!(Pin::new(reading).poll(cx));
        this.reading = None;
        let (file, piece) = read.map_err(std::io::Error::other)??;
        if piece.is_empty() {
            return Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())));
        }
        this.file = Some(file);
        this.left = this.left.saturating_sub(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }
}
