//! The page at `/docs`: reads `/openapi.json` and shows it. One file, nothing from elsewhere, so that it works offline.

use super::answer::Reply;

const PAGE: &str = include_str!("../../assets/server/docs.html");

const HTML: &str = "text/html; charset=utf-8";

pub(crate) fn page() -> Reply {
    Reply::new(200, HTML, PAGE)
        .with("content-security-policy", POLICY)
        .with("x-content-type-options", "nosniff")
}

/// Scripts and styles of the page itself, and nothing from elsewhere.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";

/// The page at `/` for a browser.
pub(crate) fn root() -> Reply {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Drydock</title>\
        <p>A Drydock server. <a href=\"/docs\">What it answers</a></p></html>";
    Reply::new(200, HTML, page).with("content-security-policy", POLICY)
}
