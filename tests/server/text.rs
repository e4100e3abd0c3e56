//! Completions and chats, whole and as streams, and models that answer elsewhere.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use drydock::server::events::Event;
use drydock::server::keys::{NewKey, new_key};
use drydock::server::{Access, Handle, Limits, NextEvent, ServerSettings, Upstream};
use serde_json::{Value, json};

use super::http::{Connection, get, post, send};
use super::served::{shared, with};

const MODEL: &str = "harbour-stories";

fn events(text: &str) -> Vec<Value> {
    let lines: Vec<&str> = text.split("\n\n").filter(|line| !line.is_empty()).collect();
    let (last, before) = lines.split_last().unwrap();
    assert_eq!(*last, "data: [DONE]");
    before.iter().map(|line| serde_json::from_str(line.strip_prefix("data: ").unwrap()).unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_text_whole_and_streamed() {
    let ask = |extra: Value| {
        let mut body =
            json!({"model": MODEL, "prompt": "The keeper", "max_tokens": 30, "seed": 7, "logprobs": null});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        post(shared(), "/v1/completions", body.to_string()).is(200)
    };
    let whole = ask(json!({})).json();
    let text = whole["choices"][0]["text"].as_str().unwrap().to_owned();
    assert!(!text.is_empty());
    assert_eq!(ask(json!({})).json()["choices"], whole["choices"]);
    assert_ne!(ask(json!({"seed": 8})).json()["choices"][0]["text"], whole["choices"][0]["text"]);
    let usage = &whole["usage"];
    assert_eq!(usage["prompt_tokens"], 2);
    assert_eq!(usage["total_tokens"].as_u64().unwrap(), 2 + usage["completion_tokens"].as_u64().unwrap());
    let streamed = ask(json!({"stream": true, "stream_options": {"include_usage": true}}));
    assert!(streamed.header("content-type").unwrap().starts_with("text/event-stream"));
    let events = events(&streamed.text());
    let pieces: String = events.iter().filter_map(|event| event["choices"][0]["text"].as_str()).collect();
    assert_eq!(pieces, text);
    let (last, before) = events.split_last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]), (&json!([]), usage));
    assert!(before.iter().all(|event| event["usage"].is_null() && event["id"] == last["id"]));
    assert_eq!(before.last().unwrap()["choices"][0]["finish_reason"], whole["choices"][0]["finish_reason"]);
}

#[test]
fn every_word_it_writes_is_a_word_of_its_stories() {
    let answer = post(
        shared(),
        "/v1/completions",
        json!({"model": MODEL, "prompt": ["", "xyzzy"], "n": 2, "max_tokens": 200, "seed": 3}).to_string(),
    );
    let answer = answer.is(200).json();
    let choices = answer["choices"].as_array().unwrap();
    assert_eq!(choices.len(), 4);
    for choice in choices {
        for word in choice["text"]
            .as_str()
            .unwrap()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            assert!(drydock::training::text::STORIES.contains(word), "{word}");
        }
        assert!(["stop", "length"].contains(&choice["finish_reason"].as_str().unwrap()));
    }
}

#[test]
fn temperature_zero_takes_the_likeliest_word_and_stops_are_kept() {
    let ask = |extra: Value| {
        let mut body = json!({"model": MODEL, "prompt": "The harbour wakes before the", "max_tokens": 20, "temperature": 0});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        post(shared(), "/v1/completions", body.to_string()).is(200).json()
    };
    let text = ask(json!({}))["choices"][0]["text"].as_str().unwrap().to_owned();
    // as the story goes on
    assert!(text.starts_with(" town does. At five the first boat comes in"), "{text}");
    let stopped = ask(json!({"stop": [" five", "never"], "echo": true, "logprobs": 2}));
    let choice = &stopped["choices"][0];
    assert_eq!(choice["text"], "The harbour wakes before the town does. At");
    assert_eq!(choice["finish_reason"], "stop");
    let tokens = choice["logprobs"]["tokens"].as_array().unwrap();
    assert_eq!(tokens[0], "The");
    assert!(choice["logprobs"]["token_logprobs"][0].is_null(), "the prompt's tokens were not drawn");
    assert!(choice["logprobs"]["token_logprobs"][5].as_f64().unwrap() <= 0.0);
    let length = ask(json!({"max_tokens": 0}));
    assert_eq!(
        (&length["choices"][0]["text"], &length["choices"][0]["finish_reason"]),
        (&json!(""), &json!("length"))
    );
}

#[test]
fn as_much_as_is_allowed_is_answered() {
    // to the byte: 128 texts of 2048 bytes are 256 KiB
    let body = json!({
        "model": MODEL, "prompt": "x ".repeat(1024), "n": 128, "max_tokens": 1, "echo": true, "logprobs": 0,
        "stop": ["a".repeat(1024), "b".repeat(1024), "c".repeat(1024), "d".repeat(1024)],
        "logit_bias": (0..1024).map(|token| (token.to_string(), json!(0))).collect::<serde_json::Map<_, _>>(),
    });
    let answer = post(shared(), "/v1/completions", body.to_string()).is(200).json();
    assert_eq!(answer["choices"].as_array().unwrap().len(), 128);
    let mut more = body;
    more["prompt"] = ("x ".repeat(1024) + "x").into();
    post(shared(), "/v1/completions", more.to_string()).is(400);
}

#[test]
fn a_chat_answers_as_the_assistant() {
    let body = json!({
        "model": MODEL, "seed": 5, "max_completion_tokens": 12,
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": [{"type": "text", "text": "tell me about the dock"}]}],
    });
    let whole = post(shared(), "/v1/chat/completions", body.to_string()).is(200).json();
    assert_eq!(whole["object"], "chat.completion");
    let content = whole["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(!content.is_empty() && !content.starts_with(' '));
    let mut streamed = body;
    streamed["stream"] = true.into();
    let events = events(&post(shared(), "/v1/chat/completions", streamed.to_string()).is(200).text());
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(events.last().unwrap()["choices"][0]["delta"], json!({}));
    let pieces: String =
        events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(pieces, content);
}

#[test]
fn what_is_wrong_is_told_in_openais_form() {
    let messages = json!([{"role": "user", "content": "x"}]);
    // 256 KiB of prompts, 4 stops of 1024 bytes, 1024 biased tokens
    let long = "ship ".repeat(60_000);
    let biases = (0..1025).map(|token| (token.to_string(), json!(1))).collect::<serde_json::Map<_, _>>();
    for (path, body, status, param) in [
        ("/v1/completions", json!({"prompt": "x"}), 400, json!("model")),
        ("/v1/completions", json!({"model": MODEL}), 400, json!("prompt")),
        ("/v1/completions", json!({"model": "nobody", "prompt": "x"}), 404, json!("model")),
        ("/v1/completions", json!({"model": "line", "prompt": "x"}), 404, json!("model")),
        ("/v1/completions", json!({"model": MODEL, "prompt": 5}), 400, json!("prompt")),
        ("/v1/completions", json!({"model": MODEL, "prompt": [999_999]}), 400, json!("prompt")),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": "x", "temperature": 3}),
            400,
            json!("temperature"),
        ),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": "x", "max_tokens": -1}),
            400,
            json!("max_tokens"),
        ),
        ("/v1/completions", json!({"model": MODEL, "prompt": "x", "n": 0}), 400, json!("n")),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": "x", "n": 100, "max_tokens": 4096}),
            400,
            json!("max_tokens"),
        ),
        ("/v1/completions", json!({"model": MODEL, "prompt": "x", "stop": [1]}), 400, json!("stop")),
        ("/v1/completions", json!({"model": MODEL, "prompt": "x", "stream": "yes"}), 400, json!("stream")),
        ("/v1/completions", json!({"model": MODEL, "prompt": long}), 400, json!("prompt")),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": "x".repeat(4096), "n": 128, "max_tokens": 1, "echo": true, "logprobs": 0}),
            400,
            json!("prompt"),
        ),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": vec!["x".repeat(4096); 65]}),
            400,
            json!("prompt"),
        ),
        ("/v1/completions", json!({"model": MODEL, "prompt": vec![1; 40_000]}), 400, json!("prompt")),
        (
            "/v1/chat/completions",
            json!({"model": MODEL, "messages": [{"role": "user", "content": long}]}),
            400,
            json!("messages"),
        ),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": "x", "stop": ["1", "2", "3", "4", "5"]}),
            400,
            json!("stop"),
        ),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": "x", "stop": "y".repeat(1025)}),
            400,
            json!("stop"),
        ),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": "x", "stop": ["y", "z".repeat(1025)]}),
            400,
            json!("stop"),
        ),
        (
            "/v1/completions",
            json!({"model": MODEL, "prompt": "x", "logit_bias": biases}),
            400,
            json!("logit_bias"),
        ),
        ("/v1/chat/completions", json!({"model": MODEL, "messages": []}), 400, json!("messages")),
        (
            "/v1/chat/completions",
            json!({"model": MODEL, "messages": [{"role": "boss", "content": "x"}]}),
            400,
            json!("messages"),
        ),
        (
            "/v1/chat/completions",
            json!({"model": MODEL, "messages": messages, "top_p": "x"}),
            400,
            json!("top_p"),
        ),
    ] {
        let answer = post(shared(), path, body.to_string()).is(status).json();
        let error = answer["error"].as_object().unwrap();
        assert_eq!(error.keys().collect::<Vec<_>>(), ["message", "type", "param", "code"], "{body}");
        assert_eq!(error["param"], param, "{body}: {answer}");
    }
    let listed = get(shared(), "/v1/models").is(200).json();
    assert!(
        listed["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|model| model["id"] == MODEL && model["owned_by"] == "drydock")
    );
    assert_eq!(get(shared(), &format!("/v1/models/{MODEL}")).is(200).json()["id"], MODEL);
}

/// A server that answers one request with these bytes, and says what it was asked.
fn elsewhere(answer: &'static [u8]) -> (String, JoinHandle<String>) {
    remote(move |mut stream| {
        let asked = read_request(&mut stream);
        stream.write_all(answer).unwrap();
        asked
    })
}

/// A server that begins its answer to one request with these bytes and never goes on. Ends when it is left, and says
/// whether it was.
fn stalling(beginning: &'static [u8]) -> (String, JoinHandle<bool>) {
    remote(move |mut stream| {
        read_request(&mut stream);
        stream.write_all(beginning).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        match stream.read(&mut [0]) {
            Ok(n) => n == 0,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    })
}

fn remote<T: Send + 'static>(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = std::thread::Builder::new()
        .name("elsewhere".into())
        .spawn(move || serve(listener.accept().unwrap().0));
    (url, served.unwrap())
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let n = stream.read(&mut piece).unwrap();
        bytes.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let length =
            text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if let (Some(length), Some(end)) = (length, text.find("\r\n\r\n"))
            && bytes.len() >= end + 4 + length
        {
            return text;
        }
    }
}

#[test]
fn a_publishable_key_becomes_the_servers_secret_on_the_way_to_a_remote_api() {
    let (url, asked) = elsewhere(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: {\"id\":\"far\"}\n\ndata: [DONE]\n\n",
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    let pair = new_key(&file, &NewKey { name: "class".into(), ..NewKey::default() }).unwrap();
    let upstream = Upstream::new("gpt-far", &url, Some("sk-remote-secret")).unwrap();
    assert!(!format!("{upstream:?}").contains("remote-secret"));
    let server = with(ServerSettings {
        access: Access::File(file),
        upstreams: vec![upstream],
        ..ServerSettings::default()
    });
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\ncontent-type: application/json\nauthorization: Bearer {}",
        pair.publishable
    );
    let body =
        json!({"model": "gpt-far", "messages": [{"role": "user", "content": "hello"}], "stream": true})
            .to_string();
    let answer = send(server.addr(), &head, body.as_bytes()).is(200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(answer.text(), "data: {\"id\":\"far\"}\n\ndata: [DONE]\n\n");
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("POST /v1/chat/completions HTTP/1.1"), "{asked}");
    assert!(asked.contains("authorization: Bearer sk-remote-secret"), "{asked}");
    assert!(!asked.contains(&pair.publishable), "the client's key goes no further");
    assert!(asked.contains(&body));
    assert!(!answer.headers.iter().any(|(_, value)| value.contains("remote-secret")));
}

#[test]
fn a_remote_api_that_fails_is_told_without_its_secrets() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = gone.local_addr().unwrap();
    drop(gone);
    let upstream = Upstream::new("gpt-far", &format!("http://{addr}/v1"), Some("sk-remote-secret")).unwrap();
    let server = with(ServerSettings { upstreams: vec![upstream], ..ServerSettings::default() });
    let ask =
        || post(server.addr(), "/v1/completions", json!({"model": "gpt-far", "prompt": "x"}).to_string());
    let answer = ask().is(502);
    assert_eq!(answer.json()["error"]["code"], "upstream_failed");
    assert!(!answer.text().contains("remote-secret"));
}

/// A server that sends requests for `gpt-far` on to this address.
fn before(url: &str, limits: Limits) -> Handle {
    let upstreams = vec![Upstream::new("gpt-far", url, None).unwrap()];
    with(ServerSettings { upstreams, limits, ..ServerSettings::default() })
}

const FAR: &str = r#"{"model": "gpt-far", "prompt": "x", "stream": true}"#;

#[test]
fn a_remote_api_that_stalls_is_not_waited_for() {
    let soon = Duration::from_millis(300);
    // no head ever comes, or the rest of an answer that is no stream
    let waiting = Limits { upstream_timeout: soon, ..Limits::default() };
    let halting = Limits { upstream_pause: soon, ..Limits::default() };
    let half = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{\"id\":";
    for (beginning, limits, part) in
        [(b"".as_slice(), waiting, "did not begin"), (half.as_slice(), halting, "in the middle")]
    {
        let (url, left) = stalling(beginning);
        let server = before(&url, limits);
        let error = post(server.addr(), "/v1/completions", FAR).is(504).json()["error"].clone();
        assert_eq!(error["code"], "upstream_timeout");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        assert!(left.join().unwrap(), "the remote API is left");
    }
}

#[test]
fn a_stream_that_stops_in_the_middle_ends_with_an_error() {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {\"id\":\"far\"}\n\n";
    let (url, left) = stalling(begun);
    let server = before(&url, Limits { upstream_pause: Duration::from_millis(300), ..Limits::default() });
    let mut events = server.events();
    let text = post(server.addr(), "/v1/completions", FAR).is(200).text();
    let (first, rest) = text.split_once("\n\n").unwrap();
    assert_eq!(first, "data: {\"id\":\"far\"}");
    let error: Value = serde_json::from_str(rest.trim().strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "upstream_timeout", "{text}");
    assert!(left.join().unwrap());
    // who runs the server is told
    loop {
        match events.try_next() {
            NextEvent::Event(Event::Notice(notice)) => {
                assert!(notice.contains("in the middle") && notice.contains("gpt-far"), "{notice}");
                break;
            }
            NextEvent::Event(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_client_that_has_gone_keeps_nobody_busy() {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {\"id\":\"far\"}\n\n";
    for beginning in [b"".as_slice(), begun.as_slice()] {
        let (url, left) = stalling(beginning);
        let server =
            before(&url, Limits { departed_timeout: Duration::from_millis(300), ..Limits::default() });
        let mut connection = Connection::new(server.addr());
        connection.send("POST /v1/completions HTTP/1.1", FAR.as_bytes());
        drop(connection);
        assert!(left.join().unwrap(), "the remote API still answers a client that has gone");
    }
}
