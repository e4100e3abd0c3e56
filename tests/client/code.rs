//! Generated programs are run, and what arrives is compared byte for byte with what the request sends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use drydock::client::code::{Context, Language, generate};
use drydock::client::variables::Values;
use drydock::client::{Client, Request};
use drydock::work::Progress;

use super::curl::nasty;
use super::exchange::direct;
use super::server::{Arrived, Server};

/// Python with requests and the SDKs, made once below `target` and kept.
fn python() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-with-clients");
        let python = if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python") };
        let works = |python: &Path| {
            let run = Command::new(python).args(["-c", "import requests, openai, tritonclient.http"]).output();
            run.is_ok_and(|output| output.status.success())
        };
        if !works(&python) {
            let run = |program: &Path, arguments: &[&str]| {
                let said = format!(
                    "{} {arguments:?}: this test needs Python with venv and a package index: sudo apt install python3 python3-venv",
                    program.display()
                );
                let output = Command::new(program).args(arguments).output().expect(&said);
                assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
            };
            run(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()]);
            run(&python, &["-m", "pip", "install", "--quiet", "requests", "openai", "tritonclient[http]", "numpy"]);
        }
        assert!(works(&python), "{} lacks its packages", folder.display());
        python
    })
}

/// Compiles a program against the reqwest that this test is built with.
fn compiled(source: &Path) -> PathBuf {
    // it lies beside the test
    let test = std::env::current_exe().unwrap();
    let libraries = test.parent().unwrap();
    let is_reqwest = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libreqwest-") && name.ends_with(".rlib")
    };
    let all = std::fs::read_dir(libraries).unwrap().map(|entry| entry.unwrap().path()).filter(is_reqwest);
    let reqwest = all.max_by_key(|path| path.metadata().unwrap().modified().unwrap()).unwrap();
    let program = source.with_extension(std::env::consts::EXE_EXTENSION);
    let mut search = std::ffi::OsString::from("dependency=");
    search.push(libraries);
    let mut library = std::ffi::OsString::from("reqwest=");
    library.push(reqwest);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let out = Command::new(rustc)
        .args(["--edition", "2021", "-C", "debuginfo=0", "-D", "warnings", "-o"])
        .arg(&program)
        .arg("-L")
        .arg(search)
        .arg("--extern")
        .arg(library)
        .arg(source)
        .output()
        .unwrap();
    let text = std::fs::read_to_string(source).unwrap();
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
    program
}

fn run(language: Language, program: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = match language {
        Language::JavaScript => "program.mjs",
        Language::Rust => "program.rs",
        _ => "program.py",
    };
    let path = folder.path().join(file);
    std::fs::write(&path, program).unwrap();
    let mut command = match language {
        Language::Rust => Command::new(compiled(&path)),
        Language::JavaScript => Command::new("node"),
        _ => Command::new(python()),
    };
    let out = command.arg(&path).env("DRY_KEY", "sk_\"'secret").env("NO_PROXY", "*").output().unwrap();
    assert!(out.status.success(), "{program}\n{}", String::from_utf8_lossy(&out.stderr));
}

fn only(server: &Server) -> Arrived {
    let mut all = server.take();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).essence()
}

/// Whether there is a Node with fetch (18 and newer). It is no part of this project's tools.
fn has_node() -> bool {
    Command::new("node").args(["-e", "fetch"]).output().is_ok_and(|out| out.status.success())
}

#[test]
fn programs_send_what_the_request_sends() {
    let server = Server::recording();
    let client = Client::new().unwrap();
    let mut values = Values::new();
    values.set_secret("key", "sk_\"'secret");
    let env = BTreeMap::from([("key".to_owned(), "DRY_KEY".to_owned())]);
    let context = Context::new(&values, &env);
    let mut requests = nasty(&server);
    requests.push(
        Request::new("POST", &server.url("/secret?k=1"))
            .header("Authorization", "Bearer sk_\"'secret")
            .header("Content-Type", "application/json")
            .body("{\n  \"k\": \"sk_\"'secret\"\n}"),
    );
    let mut languages = vec![Language::Python, Language::Rust];
    if has_node() {
        languages.push(Language::JavaScript);
    }
    for request in requests {
        client.send(&request, &direct(), &Progress::new()).unwrap();
        let by_us = only(&server);
        for &language in &languages {
            let program = generate(language, &request, &direct(), &context).unwrap();
            assert!(!program.contains("'secret"), "{program}");
            run(language, &program);
            let mut theirs = only(&server);
            // requests escapes what the URL standard leaves as it is; both name the same resource
            theirs.target = theirs.target.replace("%5B", "[").replace("%5D", "]").replace("%27", "'");
            let ours = Arrived {
                target: by_us.target.replace("%5B", "[").replace("%5D", "]").replace("%27", "'"),
                ..by_us.clone()
            };
            assert_eq!(theirs, ours, "{program}");
        }
    }
}

#[test]
fn the_openai_sdk_sends_the_completion() {
    let answer = br#"{"id":"c","object":"text_completion","created":1,"model":"m","choices":[{"text":"x","index":0,"logprobs":null,"finish_reason":"stop"}]}"#;
    let server = Server::new(|_, stream| {
        super::server::reply(stream, 200, "Content-Type: application/json\r\n", answer)
    });
    let body = r#"{"model":"m","prompt":"it's \"so\"","max_tokens":24,"temperature":0.7,"echo":false,"stop":null,"mine":{"a":[1,2]}}"#;
    let request = Request::new("POST", &server.url("/v1/completions"))
        .header("Authorization", "Bearer pk_x")
        .body(body);
    let program = generate(Language::Sdk, &request, &direct(), &Context::default()).unwrap();
    run(Language::Sdk, &program);
    let arrived = only(&server);
    assert_eq!(arrived.target, "/v1/completions");
    assert_eq!(arrived.header("authorization"), Some("Bearer pk_x"));
    let json = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    assert_eq!(json(&arrived.body), json(body.as_bytes()));
}

#[test]
fn the_triton_client_sends_the_tensors() {
    let answer = br#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP64","shape":[1],"data":[1.5]}]}"#;
    let server = Server::new(|_, stream| {
        super::server::reply(stream, 200, "Content-Type: application/json\r\n", answer)
    });
    let body = r#"{"inputs":[{"name":"t","shape":[2,1],"datatype":"FP64","data":[-4.5,1]},{"name":"s","shape":[2,1],"datatype":"BYTES","data":["a","ü"]}]}"#;
    let request = Request::new("POST", &server.url("/v2/models/m/versions/3/infer")).body(body);
    let program = generate(Language::Sdk, &request, &direct(), &Context::default()).unwrap();
    run(Language::Sdk, &program);
    let arrived = only(&server);
    assert_eq!(arrived.target, "/v2/models/m/versions/3/infer");
    let json: serde_json::Value = serde_json::from_slice(&arrived.body).unwrap();
    assert_eq!(json["inputs"][0]["data"], serde_json::json!([-4.5, 1.0]));
    assert_eq!(json["inputs"][1]["data"], serde_json::json!(["a", "ü"]));
}

#[test]
fn no_sdk_is_offered_where_none_fits() {
    for (method, url, body) in [
        ("GET", "http://x/v1/completions", "{}"),
        ("POST", "http://x/predict", "{}"),
        ("POST", "http://x/v2/models/m/infer", "{"),
    ] {
        let request = Request::new(method, url).body(body);
        assert_eq!(generate(Language::Sdk, &request, &direct(), &Context::default()), None, "{url}");
    }
}
