//! JavaScript with fetch.

use super::{Context, double_quoted, joined};
use crate::client::request::{Request, Settings};

pub(super) fn fetch(request: &Request, settings: &Settings, context: &Context<'_>) -> String {
    let text =
        |text: &str| joined(&context.pieces(text), double_quoted, |name| format!("process.env.{name}"));
    let mut out = String::new();
    if !settings.verify_tls {
        out.push_str("// certificates are not checked: run with NODE_TLS_REJECT_UNAUTHORIZED=0\n");
    }
    out.push_str(&format!("const response = await fetch({}, {{\n", text(&request.url)));
    out.push_str(&format!("  method: {},\n", text(request.method.trim())));
    if !request.headers.is_empty() {
        out.push_str("  headers: [\n");
        for (name, value) in &request.headers {
            // a header's value is bytes: what is no ASCII is written byte by byte
            let value = value.trim();
            let value = if value.is_ascii() { text(value) } else { bytes_literal(value.as_bytes()) };
            out.push_str(&format!("    [{}, {value}],\n", double_quoted(name.trim())));
        }
        out.push_str("  ],\n");
    }
    if !request.body.is_empty() {
        let has_type = request.header_value("content-type").is_some();
        let body = match std::str::from_utf8(&request.body) {
            Ok(body) => {
                let pieces = context.pieces(body);
                let whole = joined(&pieces, template, |name| format!("process.env.{name}"));
                // a text alone would be sent as text/plain
                if has_type { whole } else { format!("new TextEncoder().encode({whole})") }
            }
            Err(_binary) => {
                use base64::Engine as _;
                let text = crate::client::BASE64.encode(&request.body);
                format!("Uint8Array.from(atob({}), (c) => c.charCodeAt(0))", double_quoted(&text))
            }
        };
        let is_allowed = !matches!(request.method.trim().to_ascii_uppercase().as_str(), "GET" | "HEAD");
        if is_allowed {
            out.push_str(&format!("  body: {body},\n"));
        } else {
            out.push_str("  // fetch sends no body with GET and HEAD\n");
        }
    }
    if !settings.follow_redirects {
        out.push_str("  redirect: \"manual\",\n");
    }
    if let Some(timeout) = settings.timeout {
        out.push_str(&format!("  signal: AbortSignal.timeout({}),\n", timeout.as_millis()));
    }
    out.push_str("});\nconsole.log(response.status);\nconsole.log(await response.text());\n");
    out
}

fn bytes_literal(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            0x20..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// A text that keeps its lines where it can.
fn template(text: &str) -> String {
    let is_plain =
        text.chars().all(|c| c == '\n' || (!c.is_control() && c != '`' && c != '\\' && c != '\u{FEFF}'));
    if is_plain && (text.contains('\n') || text.contains('"')) && !text.contains("${") {
        return format!("`{text}`");
    }
    double_quoted(text)
}
