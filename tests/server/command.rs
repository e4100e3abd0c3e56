//! `drydock serve` and `drydock keys`, run as a user would.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use super::common::Folder;
use super::http::post;
use super::models::{RECORD, shifted};
use super::served::{core, line};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("line.json", line().to_json());
    folder
}

#[test]
#[cfg(unix)]
fn the_first_line_is_the_address_and_sigterm_ends_it_in_order() {
    let folder = folder();
    let mut program = Command::new(env!("CARGO_BIN_EXE_drydock"))
        .args(["serve", "line.json", "--addr", "127.0.0.1:0", "--name", "renamed", "--access-log"])
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(program.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    let addr = first.trim().strip_prefix("http://").unwrap().parse().unwrap();
    let record = r#"{"a": 4, "shop": "Y", "open": true}"#;
    let answer = post(addr, "/models/renamed/predict", record).is(200).json();
    assert_eq!(answer["prediction"].as_f64().unwrap().to_bits(), core(&line(), record).to_bits());
    let killed = Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(program.wait().unwrap().success());
    let (mut rest, mut said) = (String::new(), String::new());
    out.read_to_string(&mut rest).unwrap();
    program.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(rest, "", "the address is all of standard output");
    assert!(
        said.contains("stopped after 1 requests") && said.contains("\"POST /models/renamed/predict\" 200"),
        "{said}"
    );
}

#[test]
fn the_last_of_two_models_is_a_canary() {
    let folder = folder();
    folder.write("new.json", String::from_utf8(shifted(100.0).to_json()).unwrap());
    let mut program = Command::new(env!("CARGO_BIN_EXE_drydock"))
        .args(["serve", "line.json", "new.json", "--addr", "127.0.0.1:0", "--name", "line", "--canary", "30"])
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let addr = first.trim().strip_prefix("http://").unwrap().parse().unwrap();
    let by_new = (0..100).filter(|_| {
        let answer = post(addr, "/predict", RECORD).is(200).json();
        answer["prediction"].as_f64().unwrap() > 50.0
    });
    assert_eq!(by_new.count(), 30);
    program.kill().unwrap();
    program.wait().unwrap();
}

#[test]
fn a_server_that_can_not_start_says_why() {
    let folder = folder();
    folder.write("bad.toml", "[[key]\n");
    folder.write("broken.json", "{}");
    for (arguments, status, part) in [
        ("serve line.json --queue redis://127.0.0.1:6379", 2, "not part of this version"),
        ("serve line.json --addr nowhere", 2, "127.0.0.1:8080"),
        ("serve line.json --without smtp", 2, "plain"),
        ("serve line.json --canary 10", 2, "two versions of a name"),
        ("serve line.json --shadow", 2, "two versions of a name"),
        ("serve line.json --canary 101", 2, "101"),
        ("serve line.json --upstream x", 2, "MODEL=URL"),
        ("serve line.json --upstream x=ftp://y", 2, "https://"),
        (
            "serve line.json --upstream x=http://y --upstream-key-env NO_SUCH_VARIABLE_HERE",
            1,
            "NO_SUCH_VARIABLE_HERE",
        ),
        ("serve gone.json", 1, "gone.json"),
        ("serve broken.json", 1, "broken.json"),
        ("serve line.json --addr 0.0.0.0:0", 1, "drydock keys new"),
        ("serve line.json --keys gone.toml", 1, "drydock keys new"),
        ("serve line.json --keys bad.toml", 1, "malformed"),
        ("serve", 2, "MODEL"),
    ] {
        let run = folder.run(arguments);
        assert_eq!(run.status, status, "{arguments}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{arguments}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{arguments}");
    }
}

#[test]
fn keys_are_made_listed_rotated_and_revoked_on_the_command_line() {
    let folder = folder();
    let made =
        folder.run("keys new keys.toml --name class --models line --requests-per-minute 60 --json").json();
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("sk_") && made["publishable"].as_str().unwrap().starts_with("pk_"));
    assert!(!folder.text("keys.toml").contains(secret));
    assert_eq!(folder.run("keys new keys.toml --name class").status, 1);
    let listed = folder.run("keys list keys.toml --json").json();
    let key = &listed["keys"][0];
    assert_eq!((&key["name"], &key["revoked"]), (&"class".into(), &false.into()));
    assert_eq!(key["requests_per_minute"], 60);
    let rotated = folder.run("keys rotate keys.toml class --json").json();
    assert_ne!(rotated["secret"], made["secret"]);
    folder.run("keys revoke keys.toml class").done();
    assert!(folder.run("keys list keys.toml").done().text().contains("revoked"));
    assert_eq!(folder.run("keys revoke keys.toml nobody").status, 1);
    // its name is free again, and the list tells the two apart
    let again = folder.run("keys new keys.toml --name class --json").json();
    let listed = folder.run("keys list keys.toml --json").json();
    let keys: Vec<_> =
        (0..2).map(|at| (&listed["keys"][at]["publishable"], &listed["keys"][at]["revoked"])).collect();
    assert_eq!(keys, [(&rotated["publishable"], &true.into()), (&again["publishable"], &false.into())]);
    let odd = folder.run_with(["keys", "new", "keys.toml", "--name", "two\nlines"]);
    assert!(odd.status == 1 && odd.stderr.contains("line break"), "{}", odd.stderr);
    assert_eq!(folder.run("keys list gone.toml").status, 1);
    assert_eq!(folder.run("keys new keys.toml --may everything").status, 2);
}
