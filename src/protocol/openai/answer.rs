//! Answers, whole and as a stream of events.

use serde_json::{Map, Value, json};

/// Numbers of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// In the prompts.
    pub prompt: usize,
    /// In the answers.
    pub completion: usize,
}

impl Usage {
    /// As the API writes it.
    #[must_use]
    pub fn to_json(self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
        })
    }
}

/// A finished text.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The text.
    pub text: String,
    /// Probabilities of its tokens, as the API writes them; null if not asked for.
    pub logprobs: Value,
    /// `stop` or `length`.
    pub finish_reason: &'static str,
}

/// What all parts of an answer have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `cmpl-…` or `chatcmpl-…`.
    pub id: String,
    /// Seconds since 1970.
    pub created: i64,
    /// The model's name.
    pub model: String,
    /// Whether it answers a chat.
    pub chat: bool,
}

impl Answer {
    fn head(&self, object: &str) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("id".into(), self.id.as_str().into());
        map.insert("object".into(), object.into());
        map.insert("created".into(), self.created.into());
        map.insert("model".into(), self.model.as_str().into());
        map
    }

    /// The whole answer.
    #[must_use]
    pub fn whole(&self, choices: Vec<Choice>, usage: Usage) -> Value {
        let mut map = self.head(if self.chat { "chat.completion" } else { "text_completion" });
        let choices: Vec<Value> = choices
            .into_iter()
            .enumerate()
            .map(|(index, choice)| {
                if self.chat {
                    json!({
                        "index": index,
                        "message": {"role": "assistant", "content": choice.text, "refusal": null, "annotations": []},
                        "logprobs": choice.logprobs,
                        "finish_reason": choice.finish_reason,
                    })
                } else {
                    json!({"text": choice.text, "index": index, "logprobs": choice.logprobs,
                        "finish_reason": choice.finish_reason})
                }
            })
            .collect();
        map.insert("choices".into(), choices.into());
        map.insert("usage".into(), usage.to_json());
        Value::Object(map)
    }

    /// The first event of a chat's stream, for one of its choices.
    #[must_use]
    pub fn opening(&self, index: usize, include_usage: bool) -> Value {
        self.chunk(
            &json!({"index": index, "delta": {"role": "assistant", "content": "", "refusal": null},
                "logprobs": null, "finish_reason": null}),
            include_usage,
        )
    }

    /// An event with a piece of text, or with the reason for the end.
    #[must_use]
    pub fn piece(
        &self,
        index: usize,
        text: &str,
        logprobs: &Value,
        finish_reason: Option<&str>,
        include_usage: bool,
    ) -> Value {
        let choice = if self.chat {
            let delta =
                if finish_reason.is_some() && text.is_empty() { json!({}) } else { json!({"content": text}) };
            json!({"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason})
        } else {
            json!({"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish_reason})
        };
        self.chunk(&choice, include_usage)
    }

    fn chunk(&self, choice: &Value, include_usage: bool) -> Value {
        let mut map = self.head(if self.chat { "chat.completion.chunk" } else { "text_completion" });
        map.insert("choices".into(), json!([choice]));
        if include_usage {
            map.insert("usage".into(), Value::Null);
        }
        Value::Object(map)
    }

    /// The last event, where the tokens' numbers were asked for.
    #[must_use]
    pub fn usage_chunk(&self, usage: Usage) -> Value {
        let mut map = self.head(if self.chat { "chat.completion.chunk" } else { "text_completion" });
        map.insert("choices".into(), json!([]));
        map.insert("usage".into(), usage.to_json());
        Value::Object(map)
    }
}

/// A value as a server-sent event.
#[must_use]
pub fn event(value: &(impl std::fmt::Display + ?Sized)) -> Vec<u8> {
    format!("data: {value}\n\n").into_bytes()
}

/// What ends a stream.
pub const DONE: &[u8] = b"data: [DONE]\n\n";

/// `GET /v1/models`' entry of a model.
#[must_use]
pub fn model_entry(id: &str, created: i64, about: Option<&str>) -> Value {
    let mut entry = json!({"id": id, "object": "model", "created": created, "owned_by": "drydock"});
    if let Some(about) = about {
        entry["description"] = about.into();
    }
    entry
}
