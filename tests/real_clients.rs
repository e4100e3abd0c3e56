//! Real clients against the real program: tritonclient, KServe's and MLflow's clients, OpenAI's SDK, requests, curl; and
//! schemathesis, which reads the server's own description and looks for answers that contradict it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use common::Folder;
use serde_json::{Value, json};

/// Python with the clients, made once below `target` and kept as long as the list of clients is the same.
fn python() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-clients");
        let bin = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let python = bin.join(if cfg!(windows) { "python.exe" } else { "python" });
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/requirements.txt");
        let wanted = std::fs::read(&list).unwrap();
        let stamp = folder.join("installed.txt");
        if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
            return python;
        }
        let run = |program: &Path, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| {
                panic!("{} does not run ({error}); install it: sudo apt install python3 python3-venv", program.display())
            });
            assert!(
                output.status.success(),
                "{} {}: {}\nThis test needs Python with venv and a package index: sudo apt install python3 python3-venv",
                program.display(),
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        };
        run(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()]);
        run(&python, &["-m", "pip", "install", "--quiet", "-r", &list.to_string_lossy()]);
        std::fs::write(&stamp, wanted).unwrap();
        python
    })
}

/// A served folder: two models, trained by the program.
struct Served {
    folder: Folder,
    program: Child,
    url: String,
    key: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // it may have ended by itself
        drop(self.program.kill());
        drop(self.program.wait());
    }
}

fn serve(with_keys: bool) -> Served {
    let folder = Folder::new();
    let mut line = String::from("a,shop,open,y\n");
    let mut plane = String::from("a,b,y\n");
    for n in 0..40 {
        let a = f64::from(n) / 2.0;
        let (shop, open) = (if n % 3 == 0 { "Y" } else { "X" }, n % 5 < 2);
        let noise = f64::from(n * 37 % 11) / 13.0;
        line.push_str(&format!("{a},{shop},{open},{}\n", 3.0 + 2.0 * a + noise));
        plane.push_str(&format!(
            "{},{},{}\n",
            n % 7,
            n % 5,
            f64::from(n % 7) / 3.0 - f64::from(n % 5) + noise
        ));
    }
    folder.write("line.csv", line);
    folder.write("plane.csv", plane);
    folder.run("train line.csv --target y -o line.json").done();
    folder.run("train plane.csv --target y -o plane.json").done();
    let mut key = String::new();
    let mut arguments = vec!["serve", "line.json", "plane.json", "--addr", "127.0.0.1:0", "--log", "log.db"];
    if with_keys {
        let made = folder.run("keys new keys.toml --name class --may predict,jobs --json").json();
        made["publishable"].as_str().unwrap().clone_into(&mut key);
        arguments.extend(["--keys", "keys.toml"]);
    }
    let mut program = Command::new(env!("CARGO_BIN_EXE_drydock"))
        .args(arguments)
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let url = url.trim().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url:?}");
    Served { folder, program, url, key }
}

/// What `drydock predict` says.
fn predicted(served: &Served, model: &str, record: &Value) -> Value {
    let arguments = ["predict", model, "--record", &record.to_string(), "--json"];
    served.folder.run_with(arguments).json()["prediction"].clone()
}

fn every_client_is_served(with_keys: bool) {
    let served = serve(with_keys);
    let record = json!({"a": 4.25, "shop": "Y", "open": true});
    let rows = json!([[3.0, 1.0], [0.5, 2.25]]);
    let plane: Vec<Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| predicted(&served, "plane.json", &json!({"a": row[0], "b": row[1]})))
        .collect();
    let expected = json!({
        "record": record,
        "prediction": predicted(&served, "line.json", &record),
        "plane": rows,
        "plane_predictions": plane,
    });
    served.folder.write("expected.json", expected.to_string());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/clients.py");
    let output = Command::new(python())
        .arg(script)
        .args([&served.url, &served.key])
        .arg(served.folder.path("expected.json"))
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("all clients are served"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn every_real_client_is_served() {
    every_client_is_served(false);
}

#[test]
fn every_real_client_that_can_send_a_key_is_served() {
    every_client_is_served(true);
}

#[test]
fn schemathesis_finds_no_fault_and_no_contradiction() {
    let served = serve(false);
    let program = python().with_file_name(if cfg!(windows) { "schemathesis.exe" } else { "schemathesis" });
    let output = Command::new(program)
        .args(["run", &format!("{}/openapi.json", served.url)])
        .args(["--max-examples", "12", "--seed", "1", "--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method"])
        .args(["--generation-database", "none", "--max-time", "60"])
        .current_dir(served.folder.path(""))
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("passed"), "{text}");
}
