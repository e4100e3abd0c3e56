//! OpenAI's API: what a completion request asks for, and the answers, whole and as a stream of events.

mod answer;

use serde_json::{Map, Value};

pub use answer::{Answer, Choice, DONE, Usage, event, model_entry};

use super::Problem;

/// What is to be continued.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// A text.
    Text(String),
    /// Tokens, by their numbers.
    Tokens(Vec<u64>),
}

impl Prompt {
    /// Its size: that of the text, or eight bytes for each token.
    pub(crate) fn n_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Tokens(tokens) => tokens.len() * size_of::<u64>(),
        }
    }
}

/// A request for text, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRequest {
    /// Whether it came as a chat.
    pub chat: bool,
    /// The model's name.
    pub model: String,
    /// One for each text that is asked for.
    pub prompts: Vec<Prompt>,
    /// How many tokens at most.
    pub max_tokens: usize,
    /// See [`crate::inference::text::Sampling`].
    pub temperature: f64,
    /// The share of the likeliest tokens.
    pub top_p: f64,
    /// How many texts for each prompt.
    pub n: usize,
    /// Whether the prompt is part of the answer.
    pub echo: bool,
    /// How many of the likeliest tokens to name, if probabilities are asked for at all.
    pub logprobs: Option<usize>,
    /// Texts before which to stop.
    pub stop: Vec<String>,
    /// Whether the answer is a stream of events.
    pub stream: bool,
    /// Whether the stream ends with the tokens' numbers.
    pub include_usage: bool,
    /// The seed, if one was given.
    pub seed: Option<u64>,
    /// Penalties for what has come before.
    pub presence_penalty: f64,
    /// Penalties for each time it has come.
    pub frequency_penalty: f64,
    /// Token numbers and what is added to their logarithms.
    pub bias: Vec<(u32, f64)>,
}

/// The most tokens that a request may ask for.
pub const MAX_TOKENS: usize = 4096;
/// The most tokens over all texts of a request.
pub const MAX_ALL_TOKENS: usize = 16_384;
/// The most texts that a request may ask for, over all prompts.
pub const MAX_TEXTS: usize = 128;
/// The most bytes of prompts that a request may have, each counted once for each of its texts. A prompt takes many times
/// its size while it is worked on.
pub const MAX_PROMPT_BYTES: usize = 256 * 1024;
/// The most texts to stop before, as `OpenAI` has it.
pub const MAX_STOPS: usize = 4;
/// The most bytes of a text to stop before.
pub const MAX_STOP_BYTES: usize = 1024;
/// The most tokens that a request may make likelier or less likely.
pub const MAX_BIASES: usize = 1024;
/// Who may have said a message of a chat.
pub const ROLES: [&str; 6] = ["system", "developer", "user", "assistant", "tool", "function"];

fn bad(param: &str, detail: impl Into<String>) -> Problem {
    Problem::bad_request(detail).with("", Some(param))
}

/// The fields of a body; null counts as left out.
struct Fields(Map<String, Value>);

impl Fields {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn number(&self, name: &str, usual: f64, low: f64, high: f64) -> Result<f64, Problem> {
        let Some(value) = self.get(name) else { return Ok(usual) };
        value.as_f64().filter(|number| *number >= low && *number <= high).ok_or_else(|| {
            bad(name, format!("field '{name}': expected a number from {low} to {high}, got {}", shown(value)))
        })
    }

    fn count(&self, name: &str, low: usize, high: usize) -> Result<Option<usize>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.filter(|number| (low..=high).contains(number)).map(Some).ok_or_else(|| {
            bad(
                name,
                format!("field '{name}': expected a whole number from {low} to {high}, got {}", shown(value)),
            )
        })
    }

    fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => {
                Err(bad(name, format!("field '{name}': expected true or false, got {}", shown(other))))
            }
        }
    }
}

/// A value for a message, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The model a body names, for looking it up before anything else.
///
/// # Errors
/// [`Problem`] with status 400.
pub fn read_model_name(body: &[u8]) -> Result<(String, Map<String, Value>), Problem> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(format!("We could not parse the JSON body of your request: {error}"))
    })?;
    let Value::Object(fields) = value else {
        return Err(Problem::bad_request("expected a JSON object as the body"));
    };
    match fields.get("model") {
        Some(Value::String(name)) => Ok((name.clone(), fields)),
        None | Some(Value::Null) => Err(bad("model", "you must provide a model parameter")),
        Some(other) => Err(bad("model", format!("field 'model': expected a text, got {}", shown(other)))),
    }
}

/// Checks a completion request's fields, or a chat's.
///
/// # Errors
/// [`Problem`] with status 400 that names the field.
pub fn read(model: String, fields: Map<String, Value>, chat: bool) -> Result<TextRequest, Problem> {
    let fields = Fields(fields);
    let prompts = if chat { vec![chat_prompt(&fields)?] } else { prompts(&fields)? };
    let usual_tokens = if chat { 64 } else { 16 };
    let max_tokens = match fields.count("max_completion_tokens", 0, MAX_TOKENS)? {
        Some(count) if chat => count,
        _ => fields.count("max_tokens", 0, MAX_TOKENS)?.unwrap_or(usual_tokens),
    };
    let n = fields.count("n", 1, MAX_TEXTS)?.unwrap_or(1);
    if let Some(best_of) = fields.count("best_of", 1, 20)?
        && best_of < n
    {
        return Err(bad("best_of", format!("field 'best_of': expected at least n ({n}), got {best_of}")));
    }
    if n * prompts.len() > MAX_TEXTS {
        return Err(bad(
            "n",
            format!("at most {MAX_TEXTS} texts at once, and {} were asked for", n * prompts.len()),
        ));
    }
    if n * prompts.len() * max_tokens > MAX_ALL_TOKENS {
        return Err(bad(
            "max_tokens",
            format!(
                "at most {MAX_ALL_TOKENS} tokens over all texts, and {} were asked for",
                n * prompts.len() * max_tokens
            ),
        ));
    }
    let n_bytes = prompts.iter().map(Prompt::n_bytes).sum::<usize>().saturating_mul(n);
    if n_bytes > MAX_PROMPT_BYTES {
        let field = if chat { "messages" } else { "prompt" };
        return Err(bad(
            field,
            format!(
                "field '{field}': expected at most {MAX_PROMPT_BYTES} bytes over all texts, got {n_bytes}"
            ),
        ));
    }
    let logprobs = if chat {
        let top = fields.count("top_logprobs", 0, 20)?;
        if fields.flag("logprobs")? { Some(top.unwrap_or(0)) } else { None }
    } else {
        fields.count("logprobs", 0, 5)?
    };
    let include_usage = match fields.get("stream_options") {
        None => false,
        Some(Value::Object(options)) => match options.get("include_usage") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                return Err(bad(
                    "stream_options",
                    format!(
                        "field 'stream_options.include_usage': expected true or false, got {}",
                        shown(other)
                    ),
                ));
            }
        },
        Some(other) => {
            return Err(bad(
                "stream_options",
                format!("field 'stream_options': expected an object, got {}", shown(other)),
            ));
        }
    };
    let seed = match fields.get("seed") {
        None => None,
        Some(value) => {
            Some(value.as_i64().map(i64::cast_unsigned).or_else(|| value.as_u64()).ok_or_else(|| {
                bad("seed", format!("field 'seed': expected a whole number, got {}", shown(value)))
            })?)
        }
    };
    if fields.get("suffix").is_some() {
        return Err(bad(
            "suffix",
            "field 'suffix': this model can't write towards a given end; leave it out",
        ));
    }
    Ok(TextRequest {
        chat,
        model,
        prompts,
        max_tokens,
        temperature: fields.number("temperature", 1.0, 0.0, 2.0)?,
        top_p: fields.number("top_p", 1.0, 0.0, 1.0)?,
        n,
        echo: !chat && fields.flag("echo")?,
        logprobs,
        stop: stops(&fields)?,
        stream: fields.flag("stream")?,
        include_usage,
        seed,
        presence_penalty: fields.number("presence_penalty", 0.0, -2.0, 2.0)?,
        frequency_penalty: fields.number("frequency_penalty", 0.0, -2.0, 2.0)?,
        bias: bias(&fields)?,
    })
}

fn prompts(fields: &Fields) -> Result<Vec<Prompt>, Problem> {
    const EXPECTED: &str = "a text, a list of texts, a list of token numbers, or a list of such lists";
    let wrong =
        |got: &Value| bad("prompt", format!("field 'prompt': expected {EXPECTED}, got {}", shown(got)));
    let Some(prompt) = fields.get("prompt") else {
        return Err(bad("prompt", format!("you must provide a prompt: {EXPECTED}")));
    };
    let tokens = |list: &[Value]| list.iter().map(Value::as_u64).collect::<Option<Vec<u64>>>();
    match prompt {
        Value::String(text) => Ok(vec![Prompt::Text(text.clone())]),
        Value::Array(list) if list.is_empty() => Err(wrong(prompt)),
        Value::Array(list) => {
            if list.iter().all(Value::is_number) {
                return Ok(vec![Prompt::Tokens(tokens(list).ok_or_else(|| wrong(prompt))?)]);
            }
            if list.len() > MAX_TEXTS {
                return Err(bad(
                    "prompt",
                    format!("field 'prompt': expected at most {MAX_TEXTS} prompts, got {}", list.len()),
                ));
            }
            list.iter()
                .map(|item| match item {
                    Value::String(text) => Ok(Prompt::Text(text.clone())),
                    Value::Array(list) => Ok(Prompt::Tokens(tokens(list).ok_or_else(|| wrong(item))?)),
                    other => Err(wrong(other)),
                })
                .collect()
        }
        other => Err(wrong(other)),
    }
}

/// The text a chat is continued from: what the user said last.
fn chat_prompt(fields: &Fields) -> Result<Prompt, Problem> {
    let wrong = |detail: String| bad("messages", detail);
    let messages = match fields.get("messages") {
        Some(Value::Array(messages)) if !messages.is_empty() => messages,
        Some(other) => {
            return Err(wrong(format!(
                "field 'messages': expected a list with at least one message, got {}",
                shown(other)
            )));
        }
        None => return Err(wrong("you must provide a messages parameter".into())),
    };
    let mut last = String::new();
    for (at, message) in messages.iter().enumerate() {
        let role = message.get("role").and_then(Value::as_str).unwrap_or("");
        if !ROLES.contains(&role) {
            return Err(wrong(format!(
                "field 'messages[{at}].role': expected system, developer, user, assistant or tool, got {}",
                shown(message.get("role").unwrap_or(&Value::Null))
            )));
        }
        let text = match message.get("content") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => parts
                .iter()
                .map(|part| {
                    part.get("text").and_then(Value::as_str).ok_or_else(|| {
                        wrong(format!(
                            "field 'messages[{at}].content': expected parts of type text, got {}",
                            shown(part)
                        ))
                    })
                })
                .collect::<Result<Vec<_>, _>>()?
                .concat(),
            // an assistant's message may be a call of a tool
            None | Some(Value::Null) if role == "assistant" => String::new(),
            other => {
                return Err(wrong(format!(
                    "field 'messages[{at}].content': expected a text or a list of parts, got {}",
                    shown(other.unwrap_or(&Value::Null))
                )));
            }
        };
        if role == "user" {
            last = text;
        }
    }
    Ok(Prompt::Text(last))
}

fn stops(fields: &Fields) -> Result<Vec<String>, Problem> {
    let wrong = |got: String| {
        bad(
            "stop",
            format!(
                "field 'stop': expected a text or up to {MAX_STOPS} texts, each of at most {MAX_STOP_BYTES} bytes, got {got}"
            ),
        )
    };
    let texts = match fields.get("stop") {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() > MAX_STOPS => {
            return Err(wrong(format!("{} texts", list.len())));
        }
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    texts
        .iter()
        .map(|text| match text {
            Value::String(text) if text.len() <= MAX_STOP_BYTES => Ok(text.clone()),
            Value::String(text) => Err(wrong(format!("a text of {} bytes", text.len()))),
            other => Err(wrong(shown(other))),
        })
        .collect()
}

fn bias(fields: &Fields) -> Result<Vec<(u32, f64)>, Problem> {
    let wrong = |got: &Value| {
        bad(
            "logit_bias",
            format!(
                "field 'logit_bias': expected an object of token numbers and values from -100 to 100, got {}",
                shown(got)
            ),
        )
    };
    match fields.get("logit_bias") {
        None => Ok(Vec::new()),
        Some(Value::Object(biases)) if biases.len() > MAX_BIASES => Err(bad(
            "logit_bias",
            format!("field 'logit_bias': expected at most {MAX_BIASES} tokens, got {}", biases.len()),
        )),
        Some(value @ Value::Object(biases)) => biases
            .iter()
            .map(|(token, bias)| {
                let token = token.parse().map_err(|_no_number| wrong(value))?;
                let bias = bias.as_f64().filter(|bias| bias.abs() <= 100.0).ok_or_else(|| wrong(value))?;
                Ok((token, bias))
            })
            .collect(),
        Some(other) => Err(wrong(other)),
    }
}
