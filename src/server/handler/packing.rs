//! Large answers are compressed for those who take it.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

use crate::server::heavy::apart;

/// The answer, compressed, and the name of how.
pub(super) async fn packed(headers: &HeaderMap, body: &Bytes) -> Option<(Bytes, &'static str)> {
    if body.len() < COMPRESSED_FROM {
        return None;
    }
    let name = accepted_encoding(headers)?;
    let plain = body.clone();
    // what can't be compressed goes as it is
    let packed = apart(body.len(), move || compress(&plain, name)).await.ok().flatten()?;
    Some((packed, name))
}

/// Answers from this size on are compressed for those who take it.
const COMPRESSED_FROM: usize = 16 * 1024;

fn accepted_encoding(headers: &HeaderMap) -> Option<&'static str> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    ["gzip", "deflate"].into_iter().find(|name| {
        accepted.split(',').any(|one| {
            let mut parts = one.split(';').map(str::trim);
            let is = parts.next().is_some_and(|own| own.eq_ignore_ascii_case(name));
            is && !parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    })
}

fn compress(bytes: &Bytes, name: &str) -> Option<Bytes> {
    use std::io::Write;
    let level = flate2::Compression::fast();
    let out = Vec::with_capacity(bytes.len() / 3);
    let compressed = if name == "gzip" {
        let mut encoder = flate2::write::GzEncoder::new(out, level);
        encoder.write_all(bytes).and_then(|()| encoder.finish())
    } else {
        let mut encoder = flate2::write::ZlibEncoder::new(out, level);
        encoder.write_all(bytes).and_then(|()| encoder.finish())
    };
    compressed.ok().map(Bytes::from)
}
