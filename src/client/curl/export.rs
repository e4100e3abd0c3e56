//! A request as a curl command line, safe for any shell of the Bourne family.

use crate::client::code::{Context, Piece};
use crate::client::request::{ProxyChoice, Request, Settings};

/// The command line. Secrets become variables of the shell.
#[must_use]
pub fn export(request: &Request, settings: &Settings, context: &Context<'_>) -> String {
    let quote = |text: &str| shell(&context.pieces(text));
    let mut lines: Vec<String> = Vec::new();
    let has_body = !request.body.is_empty();
    let method = request.method.trim();
    let mut first = String::from("curl");
    if method.eq_ignore_ascii_case("HEAD") && !has_body {
        first.push_str(" --head");
    } else {
        // curl sends POST for data and GET without by itself
        let usual = if has_body { "POST" } else { "GET" };
        if method != usual {
            first.push_str(&format!(" -X {}", quote(method)));
        }
    }
    if request.url.contains(['[', ']', '{', '}']) {
        first.push_str(" --globoff");
    }
    first.push(' ');
    first.push_str(&quote(&request.url));
    lines.push(first);
    for (name, value) in &request.headers {
        let (name, value) = (name.trim(), value.trim());
        let text = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        lines.push(format!("-H {}", quote(&text)));
    }
    if has_body && request.header_value("content-type").is_none() {
        // curl would say that it is a form
        lines.push("-H 'Content-Type:'".into());
    }
    if request.body.len() > 1 << 20 {
        lines.push("-H 'Expect:'".into());
    }
    let mut before = String::new();
    if has_body {
        if let Some(text) = std::str::from_utf8(&request.body).ok().filter(|text| !text.contains('\0')) {
            lines.push(format!("--data-raw {}", quote(text)));
        } else {
            use base64::Engine as _;
            let text = crate::client::BASE64.encode(&request.body);
            before = format!("printf %s '{text}' | base64 -d | ");
            lines.push("--data-binary @-".into());
        }
    }
    if settings.follow_redirects {
        lines.push("--location".into());
    }
    if !settings.verify_tls {
        lines.push("--insecure".into());
    }
    if let Some(path) = &settings.extra_authorities {
        lines.push(format!("--cacert {}", quote(&path.to_string_lossy())));
    }
    match &settings.proxy {
        ProxyChoice::Explicit(proxy) => lines.push(format!("--proxy {}", quote(proxy))),
        ProxyChoice::Direct => lines.push("--noproxy '*'".into()),
        ProxyChoice::Environment => {}
    }
    format!("{before}{}", lines.join(" \\\n  "))
}

/// A text as one word of a shell.
fn shell(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                let is_plain = !text.is_empty()
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c))
                    && !text.starts_with(['=', '~']);
                if is_plain && pieces.len() == 1 {
                    out.push_str(text);
                } else {
                    out.push('\'');
                    out.push_str(&text.replace('\'', "'\\''"));
                    out.push('\'');
                }
            }
            Piece::Secret(name) => out.push_str(&format!("\"${name}\"")),
        }
    }
    if out.is_empty() { "''".into() } else { out }
}
