//! Rust with reqwest.

use super::{Context, Piece};
use crate::client::request::{ProxyChoice, Request, Settings};

pub(super) fn reqwest(request: &Request, settings: &Settings, context: &Context<'_>) -> String {
    let text = |text: &str| format_or_literal(&context.pieces(text));
    let mut out =
        String::from("// [dependencies] reqwest = { version = \"0.12\", features = [\"blocking\"] }\n");
    out.push_str("fn main() -> Result<(), Box<dyn std::error::Error>> {\n");
    out.push_str("    let client = reqwest::blocking::Client::builder()\n");
    if let Some(timeout) = settings.timeout {
        out.push_str(&format!(
            "        .timeout(std::time::Duration::from_millis({}))\n",
            timeout.as_millis()
        ));
    }
    if !settings.follow_redirects {
        out.push_str("        .redirect(reqwest::redirect::Policy::none())\n");
    }
    if !settings.verify_tls {
        out.push_str("        .danger_accept_invalid_certs(true)\n");
    }
    match &settings.proxy {
        ProxyChoice::Explicit(proxy) => {
            out.push_str(&format!("        .proxy(reqwest::Proxy::all({})?)\n", text(proxy)));
        }
        ProxyChoice::Direct => out.push_str("        .no_proxy()\n"),
        ProxyChoice::Environment => {}
    }
    out.push_str("        .build()?;\n    let response = client\n");
    out.push_str(&format!(
        "        .request({}.parse()?, {})\n",
        text(request.method.trim()),
        text(&request.url)
    ));
    for (name, value) in &request.headers {
        out.push_str(&format!("        .header({}, {})\n", literal(name.trim()), text(value.trim())));
    }
    match std::str::from_utf8(&request.body) {
        Ok("") => {}
        Ok(body) => out.push_str(&format!("        .body({})\n", text(body))),
        Err(_binary) => {
            let bytes: Vec<String> = request.body.iter().map(u8::to_string).collect();
            out.push_str(&format!("        .body(vec![{}_u8])\n", bytes.join(", ")));
        }
    }
    out.push_str("        .send()?;\n    println!(\"{}\", response.status());\n    println!(\"{}\", response.text()?);\n    Ok(())\n}\n");
    out
}

fn format_or_literal(pieces: &[Piece<'_>]) -> String {
    match pieces {
        [] => "\"\"".into(),
        [Piece::Text(text)] => literal(text),
        _ => {
            let mut parts: Vec<String> = Vec::new();
            for piece in pieces {
                parts.push(match piece {
                    Piece::Text(text) => format!("{}.to_owned()", literal(text)),
                    Piece::Secret(name) => format!("std::env::var({})?", literal(name)),
                });
            }
            format!("[{}].concat()", parts.join(", "))
        }
    }
}

/// A Rust text; raw where that reads better.
fn literal(text: &str) -> String {
    let is_plain = text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{FEFF}'));
    if is_plain && text.contains(['"', '\\', '\n']) {
        let mut hashes = 1;
        while text.contains(&format!("\"{}", "#".repeat(hashes))) {
            hashes += 1;
        }
        let marks = "#".repeat(hashes);
        return format!("r{marks}\"{text}\"{marks}");
    }
    format!("{text:?}")
}
