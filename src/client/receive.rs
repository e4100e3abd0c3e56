//! The body of an answer: read as it comes, decompressed, cut into events where it is a stream, and bounded.

use std::io::Write as _;
use std::time::Instant;

use http_body_util::BodyExt as _;

use super::exchange::Live;
use super::request::Settings;
use super::sse::{EventParser, ServerEvent};

/// A body.
pub(super) struct Received {
    pub(super) body: Vec<u8>,
    pub(super) on_line: u64,
    pub(super) events: Vec<ServerEvent>,
    /// What the user should know of it.
    pub(super) notes: Vec<String>,
    /// Whether it was read to its end.
    pub(super) complete: bool,
}

/// Undoes a body's compression as it comes.
enum Decoder {
    Plain(Vec<u8>),
    Gzip(flate2::write::MultiGzDecoder<Vec<u8>>),
    Zlib(flate2::write::ZlibDecoder<Vec<u8>>),
    Raw(flate2::write::DeflateDecoder<Vec<u8>>),
}

impl Decoder {
    fn new(encoding: &str, first: &[u8]) -> Self {
        match encoding {
            "gzip" | "x-gzip" => Self::Gzip(flate2::write::MultiGzDecoder::new(Vec::new())),
            // "deflate" means zlib; some servers send it without zlib's frame
            "deflate" => {
                let is_zlib = matches!(first, [a, b, ..] if a & 0x0f == 8 && (u16::from(*a) * 256 + u16::from(*b)) % 31 == 0);
                if is_zlib || first.len() < 2 {
                    Self::Zlib(flate2::write::ZlibDecoder::new(Vec::new()))
                } else {
                    Self::Raw(flate2::write::DeflateDecoder::new(Vec::new()))
                }
            }
            _ => Self::Plain(Vec::new()),
        }
    }

    /// Takes bytes; what came out of them.
    fn push(&mut self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        Ok(match self {
            Self::Plain(out) => {
                out.extend_from_slice(bytes);
                std::mem::take(out)
            }
            Self::Gzip(decoder) => {
                decoder.write_all(bytes)?;
                decoder.flush()?;
                std::mem::take(decoder.get_mut())
            }
            Self::Zlib(decoder) => {
                decoder.write_all(bytes)?;
                decoder.flush()?;
                std::mem::take(decoder.get_mut())
            }
            Self::Raw(decoder) => {
                decoder.write_all(bytes)?;
                decoder.flush()?;
                std::mem::take(decoder.get_mut())
            }
        })
    }
}

/// Reads a body to its end, or to the limit.
pub(super) async fn receive(
    mut incoming: hyper::body::Incoming,
    headers: &[(String, String)],
    settings: &Settings,
    live: &mut (dyn FnMut(Live) + Send),
    begun: Instant,
) -> Result<Received, hyper::Error> {
    let header =
        |name: &str| super::request::find_header(headers, name).unwrap_or("").trim().to_ascii_lowercase();
    let encoding = header("content-encoding");
    let is_stream = header("content-type").starts_with("text/event-stream");
    let mut received =
        Received { body: Vec::new(), on_line: 0, events: Vec::new(), notes: Vec::new(), complete: true };
    let known = matches!(encoding.as_str(), "" | "identity" | "gzip" | "x-gzip" | "deflate");
    if !known {
        received.notes.push(format!(
            "The body is compressed as '{encoding}', which was not asked for and is not undone: these are the bytes as they came."
        ));
    }
    let mut decoder: Option<Decoder> = None;
    // as they came, in case they are not what the header says
    let mut raw: Vec<u8> = Vec::new();
    let mut parser = EventParser::default();
    while let Some(frame) = incoming.frame().await {
        let Ok(bytes) = frame?.into_data() else { continue };
        if bytes.is_empty() {
            continue;
        }
        received.on_line += bytes.len() as u64;
        let decoder = decoder.get_or_insert_with(|| Decoder::new(&encoding, &bytes));
        let is_plain = matches!(decoder, Decoder::Plain(_));
        if !is_plain && raw.len() < settings.max_body_bytes {
            raw.extend_from_slice(&bytes);
        }
        let mut cut = false;
        // a small piece can hold very much: undo it bit by bit
        for piece in bytes.chunks(if is_plain { usize::MAX } else { 16 << 10 }) {
            let out = match decoder.push(piece) {
                Ok(out) => out,
                Err(error) => {
                    received.notes.push(format!(
                        "The body is not {encoding}, though its header says so ({error}): these are the bytes as they came."
                    ));
                    *decoder = Decoder::Plain(Vec::new());
                    received.body = std::mem::take(&mut raw);
                    break;
                }
            };
            if is_stream {
                let events = parser.push(&out, begun.elapsed().as_secs_f64());
                for event in events {
                    live(Live::Event(event.clone()));
                    received.events.push(event);
                }
            }
            let room = settings.max_body_bytes.saturating_sub(received.body.len());
            received.body.extend_from_slice(&out[..out.len().min(room)]);
            if out.len() > room {
                cut = true;
                break;
            }
        }
        live(Live::Received(received.on_line));
        if cut {
            received.notes.push(format!(
                "The body is larger than {} bytes; the rest was not read.",
                settings.max_body_bytes
            ));
            received.complete = false;
            break;
        }
    }
    Ok(received)
}
