//! Finds secrets in text that is about to leave the house: our own keys, and the shapes of common ones.

/// A secret found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it looks like.
    pub kind: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The column of its first character, from 1.
    pub column: usize,
    /// Its first characters, and nothing more.
    pub shown: String,
    /// Where it is in the text, in bytes.
    pub range: std::ops::Range<usize>,
    /// Whether it gives its holder any power (a publishable key does not).
    pub secret: bool,
}

/// A prefix, how many characters must follow it at least, which those may be, and what it is.
struct Shape {
    prefix: &'static str,
    at_least: usize,
    kind: &'static str,
    secret: bool,
}

const fn shape(prefix: &'static str, at_least: usize, kind: &'static str) -> Shape {
    Shape { prefix, at_least, kind, secret: true }
}

/// Longer prefixes stand before shorter ones that they begin with.
const SHAPES: [Shape; 21] = [
    shape("sk_live_", 16, "a Stripe secret key"),
    shape("sk_", 16, "a secret key of this server (sk_…)"),
    Shape { prefix: "pk_", at_least: 16, kind: "a publishable key (pk_…)", secret: false },
    shape("sk-ant-", 20, "an Anthropic API key"),
    shape("sk-", 20, "an OpenAI API key"),
    shape("hf_", 20, "a Hugging Face token"),
    shape("ghp_", 30, "a GitHub token"),
    shape("gho_", 30, "a GitHub token"),
    shape("ghs_", 30, "a GitHub token"),
    shape("github_pat_", 20, "a GitHub token"),
    shape("glpat-", 16, "a GitLab token"),
    shape("AKIA", 16, "an AWS access key"),
    shape("ASIA", 16, "an AWS access key"),
    shape("AIza", 30, "a Google API key"),
    shape("ya29.", 20, "a Google access token"),
    shape("xoxb-", 16, "a Slack token"),
    shape("xoxp-", 16, "a Slack token"),
    shape("dapi", 32, "a Databricks token"),
    shape("npm_", 30, "an npm token"),
    shape("pypi-", 40, "a PyPI token"),
    shape("eyJ", 60, "a JSON web token"),
];

/// Every secret in a text, in order. Placeholders (`sk_…`, `{{KEY}}`, `$KEY`, `sk_xxxxxxxxxxxxxxxxxxxx`) are none.
#[must_use]
pub fn find(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.';
    let mut found = Vec::new();
    let mut line = 1;
    let mut line_start = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'\n' {
            line += 1;
            line_start = at + 1;
        }
        let begins = is_word(bytes[at]) && (at == 0 || !is_word(bytes[at - 1]));
        let mut hit = None;
        if begins {
            let end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
            // a full stop ends a sentence, not a key
            let word = text[at..end].trim_end_matches(['.', '-']);
            hit = SHAPES
                .iter()
                .find(|shape| {
                    word.strip_prefix(shape.prefix)
                        .is_some_and(|rest| rest.len() >= shape.at_least && is_random(rest))
                })
                .map(|shape| (shape.kind, shape.secret, at..at + word.len()));
        }
        if hit.is_none() && bytes[at..].starts_with(b"-----BEGIN") {
            let end = text[at..].find('\n').map_or(bytes.len(), |end| at + end);
            if text[at..end].contains("PRIVATE KEY-----") {
                let close = text[at..].find("-----END").map_or(end, |close| at + close);
                hit = Some(("a private key", true, at..close));
            }
        }
        if let Some((kind, secret, range)) = hit {
            let shown: String = text[range.clone()].chars().take(6).collect();
            found.push(Found {
                kind,
                line,
                column: text[line_start..at].chars().count() + 1,
                shown: format!("{shown}…"),
                range: range.clone(),
                secret,
            });
            line += text[at..range.end].matches('\n').count();
            if let Some(last) = text[at..range.end].rfind('\n') {
                line_start = at + last + 1;
            }
            at = range.end.max(at + 1);
            continue;
        }
        at += 1;
    }
    found
}

/// Whether the characters vary as random ones do: placeholders repeat one.
fn is_random(text: &str) -> bool {
    let mut seen = [false; 128];
    for byte in text.bytes() {
        seen[usize::from(byte & 0x7f)] = true;
    }
    seen.iter().filter(|seen| **seen).count() >= 6
}

/// The text with every secret cut to its first characters.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for found in find(text) {
        out.push_str(&text[at..found.range.start]);
        out.push_str(&found.shown);
        at = found.range.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_where_they_stand() {
        let text = "curl -H 'Authorization: Bearer sk_9fK2mQ7xTz4LpW8vRb3N'\n\
            é key = \"AKIAIOSFODNN7EXAMPLE\", \"sk-proj-abc123DEF456ghi789JKL\"\n\
            -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\npk_9fK2mQ7xTz4LpW8vRb3N.";
        let found = find(text);
        let seen: Vec<_> = found.iter().map(|f| (f.line, f.column, f.secret, &f.kind[..8])).collect();
        assert_eq!(
            seen,
            [
                (1, 32, true, "a secret"),
                (2, 10, true, "an AWS a"),
                (2, 34, true, "an OpenA"),
                (3, 1, true, "a privat"),
                (6, 1, false, "a publis"),
            ]
        );
        assert!(!masked(text).contains("mQ7xTz4"));
        assert!(masked(text).contains("sk_9fK…"));
    }

    #[test]
    fn placeholders_and_words_are_no_secrets() {
        for text in [
            "sk_…",
            "Bearer {{KEY}}",
            "$SECRET",
            "sk_xxxxxxxxxxxxxxxxxxxxxxxx",
            "task_management_of_ships",
            "sk_1234",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }
}
