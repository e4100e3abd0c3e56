//! Completions and chats: the bundled model of text, token by token, whole or as a stream of events.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes};
use hyper::body::Frame;
use serde_json::{Map, Value, json};

use super::{Reply, ReplyBody};
use crate::inference::text::{Continuation, Drawn, Sampling};
use crate::model::text::{END, TextModel, TokenId};
use crate::protocol::Problem;
use crate::protocol::openai::{self, Answer, Choice, Prompt, TextRequest, Usage};
use crate::server::events::Hops;
use crate::server::heavy::apart;
use crate::server::shared::Shared;

/// A prompt's tokens, with their texts; a word that the model does not know has no number.
type Tokens = Vec<(Option<TokenId>, String)>;

/// What was asked, with the prompts' tokens.
struct Asked {
    request: TextRequest,
    model: Arc<TextModel>,
    prompts: Vec<Tokens>,
    seed: u64,
}

/// Answers a request for text.
pub(crate) async fn complete(
    shared: &Arc<Shared>,
    model: Arc<TextModel>,
    request: TextRequest,
    hops: &mut Hops,
) -> Result<(Reply, usize), Problem> {
    let began = Instant::now();
    let n_bytes = request.prompts.iter().map(Prompt::n_bytes).sum();
    let own = model.clone();
    let read = move || tokens_of(&own, &request.prompts).map(|prompts| (prompts, request));
    let (prompts, request) = apart(n_bytes, read).await??;
    // without a seed, each request draws anew
    let seed = request
        .seed
        .unwrap_or_else(|| shared.id_base ^ shared.next_id.load(Ordering::Relaxed).rotate_left(32));
    let answer = Answer {
        id: format!("{}-{}", if request.chat { "chatcmpl" } else { "cmpl" }, shared.new_id()),
        created: shared.clock.unix_millis() / 1000,
        model: request.model.clone(),
        chat: request.chat,
    };
    let stream = request.stream;
    let asked = Asked { request, model, prompts, seed };
    if stream {
        hops.decode = hops.decode.map(|time| time + began.elapsed());
        let mut reply = Reply::new(200, "text/event-stream; charset=utf-8", Bytes::new())
            .with("cache-control", "no-store")
            .with("x-accel-buffering", "no");
        reply.body = ReplyBody::Stream(Body::new(EventBody::new(asked, answer, shared.clone())));
        return Ok((reply, 1));
    }
    hops.decode = hops.decode.map(|time| time + began.elapsed());
    let n_texts = asked.n_choices();
    let (made, waited) = shared.pool.run(move || write_all(&asked)).await.map_err(super::table::busy)?;
    let (choices, usage, took) = made;
    shared.stats.tokens.fetch_add(usage.completion as u64, Ordering::Relaxed);
    hops.queue = Some(waited);
    hops.inference = Some(took);
    let encoding = Instant::now();
    let body = answer.whole(choices, usage).to_string();
    hops.encode = Some(encoding.elapsed());
    Ok((Reply::new(200, super::JSON, body), n_texts))
}

/// The prompts' tokens, with their texts.
fn tokens_of(model: &TextModel, prompts: &[Prompt]) -> Result<Vec<Tokens>, Problem> {
    let n_tokens = model.tokens.len();
    let token_of = |token: &u64| {
        let id = TokenId::try_from(*token).ok().filter(|id| (*id as usize) < n_tokens);
        id.map(|id| (Some(id), model.text(id).to_owned())).ok_or_else(|| {
            Problem::bad_request(format!(
                "field 'prompt': the model has the tokens 0 to {}, got {token}",
                n_tokens - 1
            ))
            .with("", Some("prompt"))
        })
    };
    let prompts = prompts.iter().map(|prompt| match prompt {
        Prompt::Text(text) => Ok(model.encode(text)),
        Prompt::Tokens(tokens) => tokens.iter().map(token_of).collect(),
    });
    prompts.collect()
}

/// Writes all texts that were asked for.
fn write_all(asked: &Asked) -> (Vec<Choice>, Usage, std::time::Duration) {
    let began = Instant::now();
    let mut usage = Usage { prompt: asked.prompts.iter().map(Vec::len).sum(), completion: 0 };
    let mut choices = Vec::new();
    for index in 0..asked.n_choices() {
        let mut writer = Writer::new(asked, index);
        let mut text = writer.opening(asked);
        while let Some(piece) = writer.next(asked) {
            text.push_str(&piece.text);
        }
        usage.completion += writer.n_tokens;
        choices.push(Choice {
            text,
            logprobs: writer.logprobs.to_json(asked.request.chat, asked.request.logprobs),
            finish_reason: writer.finish.unwrap_or("length"),
        });
    }
    (choices, usage, began.elapsed())
}

impl Asked {
    fn n_choices(&self) -> usize {
        self.prompts.len() * self.request.n
    }
}

/// A token's text, its probability's logarithm, and the likeliest tokens with theirs.
type Likelihood = (String, Option<f64>, Vec<(String, f64)>);

/// Probabilities of tokens, gathered as they are drawn.
#[derive(Debug, Default)]
struct LogProbs {
    tokens: Vec<Likelihood>,
}

impl LogProbs {
    fn push(&mut self, model: &TextModel, drawn: &Drawn) {
        let top = drawn.likeliest.iter().map(|(token, p)| (model.text(*token).to_owned(), *p)).collect();
        self.tokens.push((model.text(drawn.token).to_owned(), Some(drawn.log_probability), top));
    }

    fn to_json(&self, chat: bool, wanted: Option<usize>) -> Value {
        if wanted.is_none() {
            return Value::Null;
        }
        if chat {
            let content: Vec<Value> = self
                .tokens
                .iter()
                .map(|(text, p, top)| {
                    let top: Vec<Value> = top
                        .iter()
                        .map(|(text, p)| json!({"token": text, "logprob": p, "bytes": text.as_bytes()}))
                        .collect();
                    json!({"token": text, "logprob": p, "bytes": text.as_bytes(), "top_logprobs": top})
                })
                .collect();
            return json!({"content": content, "refusal": null});
        }
        let mut offset = 0;
        let offsets: Vec<usize> = self
            .tokens
            .iter()
            .map(|(text, ..)| {
                let at = offset;
                offset += text.chars().count();
                at
            })
            .collect();
        let top: Vec<Value> = self
            .tokens
            .iter()
            .map(|(_, _, top)| {
                Value::Object(top.iter().map(|(text, p)| (text.clone(), json!(p))).collect::<Map<_, _>>())
            })
            .collect();
        json!({
            "tokens": self.tokens.iter().map(|(text, ..)| text).collect::<Vec<_>>(),
            "token_logprobs": self.tokens.iter().map(|(_, p, _)| p).collect::<Vec<_>>(),
            "top_logprobs": top,
            "text_offset": offsets,
        })
    }
}

/// A piece of text that may be sent.
struct Piece {
    text: String,
    logprobs: LogProbs,
}

/// Writes one of the texts that were asked for.
struct Writer {
    continuation: Continuation,
    prompt: usize,
    n_tokens: usize,
    finish: Option<&'static str>,
    logprobs: LogProbs,
    /// Text that a stop sequence may still begin in.
    held: String,
    begun: bool,
}

impl Writer {
    fn new(asked: &Asked, index: usize) -> Self {
        let prompt = index / asked.request.n;
        let request = &asked.request;
        let sampling = Sampling {
            temperature: request.temperature,
            top_p: request.top_p,
            presence_penalty: request.presence_penalty,
            frequency_penalty: request.frequency_penalty,
            bias: request.bias.clone(),
            // each of the texts draws on its own
            seed: asked.seed.wrapping_add(index as u64),
        };
        let tokens: Vec<Option<TokenId>> = asked.prompts[prompt].iter().map(|(id, _)| *id).collect();
        Self {
            continuation: Continuation::new(asked.model.clone(), &tokens, sampling),
            prompt,
            n_tokens: 0,
            finish: None,
            logprobs: LogProbs::default(),
            held: String::new(),
            begun: false,
        }
    }

    /// What stands before the first token: the prompt, where it is echoed.
    fn opening(&mut self, asked: &Asked) -> String {
        if !asked.request.echo {
            return String::new();
        }
        let prompt = &asked.prompts[self.prompt];
        if asked.request.logprobs.is_some() {
            let tokens = prompt.iter().map(|(_, text)| (text.clone(), None, Vec::new()));
            self.logprobs.tokens.extend(tokens);
        }
        prompt.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The next piece of text; `None` at the end.
    fn next(&mut self, asked: &Asked) -> Option<Piece> {
        let model = &asked.model;
        let mut fresh = LogProbs::default();
        loop {
            if self.finish.is_some() {
                return None;
            }
            if self.n_tokens >= asked.request.max_tokens {
                self.finish = Some("length");
                return self.rest(fresh);
            }
            let drawn = self.continuation.draw(asked.request.logprobs.unwrap_or(0));
            if drawn.token == END {
                self.finish = Some("stop");
                return self.rest(fresh);
            }
            self.n_tokens += 1;
            if asked.request.logprobs.is_some() {
                fresh.push(model, &drawn);
                self.logprobs.push(model, &drawn);
            }
            let mut text = model.text(drawn.token);
            // a text that begins anew does not begin with a blank
            if !self.begun && self.is_fresh(asked) {
                text = text.trim_start();
            }
            self.begun = true;
            self.held.push_str(text);
            let stops = asked.request.stop.iter().filter(|stop| !stop.is_empty());
            if let Some(at) = stops.clone().filter_map(|stop| self.held.find(stop.as_str())).min() {
                self.held.truncate(at);
                self.finish = Some("stop");
                return self.rest(fresh);
            }
            // keeps back what a stop may begin with
            let held = self.held.len();
            let keep = stops
                .flat_map(|stop| {
                    (1..stop.len().min(held + 1))
                        .filter(|n| stop.is_char_boundary(*n))
                        .map(move |n| &stop[..n])
                })
                .filter(|start| self.held.ends_with(start))
                .map(str::len)
                .max()
                .unwrap_or(0);
            let ready = self.held.len() - keep;
            if ready > 0 {
                let rest = self.held.split_off(ready);
                let text = std::mem::replace(&mut self.held, rest);
                return Some(Piece { text, logprobs: fresh });
            }
        }
    }

    fn is_fresh(&self, asked: &Asked) -> bool {
        asked.request.chat || asked.prompts[self.prompt].is_empty()
    }

    fn rest(&mut self, logprobs: LogProbs) -> Option<Piece> {
        if self.held.is_empty() && logprobs.tokens.is_empty() {
            return None;
        }
        Some(Piece { text: std::mem::take(&mut self.held), logprobs })
    }
}

/// Makes one event whenever the connection can take one.
struct EventBody {
    asked: Asked,
    answer: Answer,
    shared: Arc<Shared>,
    index: usize,
    writer: Option<Writer>,
    usage: Usage,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    Text,
    Usage,
    Done,
    Over,
}

impl EventBody {
    fn new(asked: Asked, answer: Answer, shared: Arc<Shared>) -> Self {
        let usage = Usage { prompt: asked.prompts.iter().map(Vec::len).sum(), completion: 0 };
        Self { asked, answer, shared, index: 0, writer: None, usage, stage: Stage::Open }
    }

    fn next_event(&mut self) -> Option<Vec<u8>> {
        let include_usage = self.asked.request.include_usage;
        match self.stage {
            Stage::Open => {
                let mut writer = Writer::new(&self.asked, self.index);
                let opening = writer.opening(&self.asked);
                self.writer = Some(writer);
                self.stage = Stage::Text;
                if self.answer.chat {
                    return Some(openai::event(&self.answer.opening(self.index, include_usage)));
                }
                if opening.is_empty() {
                    return self.next_event();
                }
                Some(openai::event(&self.answer.piece(
                    self.index,
                    &opening,
                    &Value::Null,
                    None,
                    include_usage,
                )))
            }
            Stage::Text => {
                let writer = self.writer.as_mut()?;
                if let Some(piece) = writer.next(&self.asked) {
                    let logprobs = piece.logprobs.to_json(self.answer.chat, self.asked.request.logprobs);
                    return Some(openai::event(&self.answer.piece(
                        self.index,
                        &piece.text,
                        &logprobs,
                        None,
                        include_usage,
                    )));
                }
                self.usage.completion += writer.n_tokens;
                let finish = writer.finish.or(Some("length"));
                let last = self.answer.piece(self.index, "", &Value::Null, finish, include_usage);
                self.index += 1;
                self.stage = if self.index < self.asked.n_choices() { Stage::Open } else { Stage::Usage };
                Some(openai::event(&last))
            }
            Stage::Usage => {
                let tokens = self.usage.completion as u64;
                self.shared.stats.tokens.fetch_add(tokens, Ordering::Relaxed);
                self.stage = Stage::Done;
                if include_usage {
                    return Some(openai::event(&self.answer.usage_chunk(self.usage)));
                }
                self.next_event()
            }
            Stage::Done => {
                self.stage = Stage::Over;
                Some(openai::DONE.to_vec())
            }
            Stage::Over => None,
        }
    }
}

impl hyper::body::Body for EventBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        Poll::Ready(self.get_mut().next_event().map(|event| Ok(Frame::data(event.into()))))
    }
}
