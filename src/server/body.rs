//! Reading a request's body: up to a limit, within a time, decompressed within the limit, too.

use std::io::{Read, Write};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;

use super::heavy::apart;
use crate::protocol::Problem;

/// Limits of one body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) max_bytes: u64,
    /// The longest time between two pieces.
    pub(crate) pause: Duration,
    /// The longest time for all of it.
    pub(crate) whole: Duration,
}

fn too_large(limit: u64) -> Problem {
    Problem::new(413, format!("the body is larger than the {limit} bytes that this server takes; send fewer rows at once, or CSV"))
        .with("body_too_large", None)
}

fn too_slow() -> Problem {
    Problem::new(408, "the body did not come in time").with("timeout", None)
}

/// Refuses a body whose head says that it is too large, before any of it is read.
pub(crate) fn check_length(headers: &HeaderMap, limits: BodyLimits) -> Result<(), Problem> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limits.max_bytes) {
        Err(too_large(limits.max_bytes))
    } else {
        Ok(())
    }
}

/// Reads a body piece by piece.
async fn read_pieces(
    mut body: Body,
    limits: BodyLimits,
    mut take: impl FnMut(Bytes) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut came = 0_u64;
    let read = async {
        loop {
            let Ok(frame) = tokio::time::timeout(limits.pause, body.frame()).await else {
                return Err(too_slow());
            };
            let Some(frame) = frame else { return Ok(()) };
            let frame = frame.map_err(|error| {
                Problem::bad_request(format!("the body ended early or was malformed: {error}"))
            })?;
            // trailers tell nothing here
            if let Ok(piece) = frame.into_data() {
                came += piece.len() as u64;
                if came > limits.max_bytes {
                    return Err(too_large(limits.max_bytes));
                }
                take(piece)?;
            }
        }
    };
    tokio::time::timeout(limits.whole, read).await.unwrap_or_else(|_elapsed| Err(too_slow()))
}

/// Reads a whole body into memory, decompressed.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limits: BodyLimits) -> Result<Bytes, Problem> {
    check_length(headers, limits)?;
    let mut first: Option<Bytes> = None;
    let mut all: Vec<u8> = Vec::new();
    read_pieces(body, limits, |piece| {
        if first.is_none() && all.is_empty() {
            // a body that comes in one piece is not copied
            first = Some(piece);
            return Ok(());
        }
        if let Some(first) = first.take() {
            all.reserve(first.len() + piece.len());
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&piece);
        Ok(())
    })
    .await?;
    let bytes = first.unwrap_or_else(|| all.into());
    let Some(gzip) = encoding(headers)? else { return Ok(bytes) };
    // a small body may become a large one
    apart(bytes.len().saturating_mul(64), move || decompress(gzip, &bytes, limits.max_bytes)).await?
}

/// How a body is compressed.
fn encoding(headers: &HeaderMap) -> Result<Option<bool>, Problem> {
    let Some(value) = headers.get(CONTENT_ENCODING) else { return Ok(None) };
    match value.to_str().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(None),
        "gzip" | "x-gzip" => Ok(Some(true)),
        "deflate" => Ok(Some(false)),
        other => Err(Problem::new(
            415,
            format!(
                "Content-Encoding '{}' is not taken; send gzip, deflate or none",
                crate::protocol::problem_text(other)
            ),
        )),
    }
}

fn decompress(gzip: bool, bytes: &Bytes, limit: u64) -> Result<Bytes, Problem> {
    let mut out = Vec::new();
    let read = if gzip {
        flate2::read::MultiGzDecoder::new(&bytes[..]).take(limit + 1).read_to_end(&mut out)
    } else {
        flate2::read::ZlibDecoder::new(&bytes[..]).take(limit + 1).read_to_end(&mut out)
    };
    read.map_err(|error| Problem::bad_request(format!("the body can't be decompressed: {error}")))?;
    if out.len() as u64 > limit { Err(too_large(limit)) } else { Ok(out.into()) }
}

/// A body larger than this is kept in a temporary file.
pub(crate) const SPOOLED_BYTES: usize = 1 << 20;

/// A body kept in memory while it is small, else in a temporary file; and its length.
pub(crate) async fn spool(
    headers: &HeaderMap,
    body: Body,
    limits: BodyLimits,
) -> Result<(tempfile::SpooledTempFile, u64), Problem> {
    check_length(headers, limits)?;
    if encoding(headers)?.is_some() {
        return Err(Problem::new(415, "a compressed CSV is not taken here; send it as it is"));
    }
    let mut file = tempfile::spooled_tempfile(SPOOLED_BYTES);
    let mut length = 0;
    read_pieces(body, limits, |piece| {
        length += piece.len() as u64;
        file.write_all(&piece).map_err(|error| {
            Problem::busy(format!("the server has no room to keep the body in a temporary file: {error}"))
        })
    })
    .await?;
    Ok((file, length))
}
