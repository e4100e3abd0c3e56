//! Python with requests.

use super::{Context, double_quoted, joined};
use crate::client::request::{ProxyChoice, Request, Settings};

pub(super) fn requests(request: &Request, settings: &Settings, context: &Context<'_>) -> String {
    let text = |text: &str| {
        joined(&context.pieces(text), double_quoted, |name| format!("os.environ[{}]", double_quoted(name)))
    };
    let mut imports = Vec::new();
    let body = std::str::from_utf8(&request.body);
    if body.is_err() {
        imports.push("import base64");
    }
    if context.used(request) {
        imports.push("import os");
    }
    let mut out = String::new();
    for import in imports {
        out.push_str(import);
        out.push('\n');
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str("import requests  # pip install requests\n\nresponse = requests.request(\n");
    out.push_str(&format!("    {},\n    {},\n", text(request.method.trim()), text(&request.url)));
    if !request.headers.is_empty() {
        out.push_str("    headers={\n");
        let mut done: Vec<String> = Vec::new();
        for (name, _) in &request.headers {
            let name = name.trim();
            if done.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                continue;
            }
            done.push(name.to_owned());
            // a dict has each name once; HTTP joins values by commas
            let values: Vec<&str> = request
                .headers
                .iter()
                .filter(|(known, _)| known.trim().eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
                .collect();
            let value = values.join(", ");
            let encoded = if value.is_ascii() { "" } else { ".encode()" };
            let value = text(&value);
            let value = if encoded.is_empty() { value } else { format!("({value}){encoded}") };
            out.push_str(&format!("        {}: {value},\n", double_quoted(name)));
        }
        out.push_str("    },\n");
    }
    match body {
        Ok("") => {}
        Ok(body) => {
            let pieces = context.pieces(body);
            let whole = joined(&pieces, literal_block, |name| format!("os.environ[{}]", double_quoted(name)));
            let whole = if pieces.len() > 1 { format!("({whole})") } else { whole };
            out.push_str(&format!("    data={whole}.encode(),\n"));
        }
        Err(_binary) => {
            use base64::Engine as _;
            let text = crate::client::BASE64.encode(&request.body);
            out.push_str(&format!("    data=base64.b64decode({}),\n", double_quoted(&text)));
        }
    }
    if !settings.follow_redirects {
        out.push_str("    allow_redirects=False,\n");
    }
    if !settings.verify_tls {
        out.push_str("    verify=False,  # certificates are not checked\n");
    } else if let Some(path) = &settings.extra_authorities {
        out.push_str(&format!("    verify={},\n", double_quoted(&path.to_string_lossy())));
    }
    match &settings.proxy {
        ProxyChoice::Explicit(proxy) => {
            let proxy = text(proxy);
            out.push_str(&format!("    proxies={{\"http\": {proxy}, \"https\": {proxy}}},\n"));
        }
        ProxyChoice::Direct => out.push_str("    proxies={\"http\": \"\", \"https\": \"\"},\n"),
        ProxyChoice::Environment => {}
    }
    if let Some(timeout) = settings.timeout {
        out.push_str(&format!("    timeout={},\n", timeout.as_secs_f64()));
    }
    out.push_str(")\nprint(response.status_code)\nprint(response.text)\n");
    out
}

/// A Python text that keeps its lines where it can.
fn literal_block(text: &str) -> String {
    let is_plain = text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\\'));
    if text.contains('\n')
        && is_plain
        && !text.contains("\"\"\"")
        && !text.ends_with('"')
        && !text.starts_with('"')
    {
        return format!("\"\"\"{text}\"\"\"");
    }
    if text.contains('"') && !text.contains(['\'', '\\']) && text.chars().all(|c| !c.is_control()) {
        return format!("'{text}'");
    }
    double_quoted(text)
}
