//! Finds secrets in text that is about to be written down or handed on: our own keys, the shapes of common ones, and
//! whatever stands behind "Bearer".

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

/// A prefix, how many characters must follow it at least, and what it is.
struct Shape {
    prefix: &'static str,
    at_least: usize,
    kind: &'static str,
    secret: bool,
    /// Whether words of a language may look like it (`sk-learn-contrib-tools`), so that a digit or a capital must be there.
    like_words: bool,
}

const fn shape(prefix: &'static str, at_least: usize, kind: &'static str) -> Shape {
    Shape { prefix, at_least, kind, secret: true, like_words: true }
}

/// Longer prefixes stand before shorter ones that they begin with.
const SHAPES: [Shape; 22] = [
    shape("sk_live_", 8, "a Stripe secret key"),
    Shape { like_words: false, ..shape("sk_", 6, "a secret key (sk_…)") },
    Shape { secret: false, ..shape("pk_", 16, "a publishable key (pk_…)") },
    shape("rk_live_", 8, "a restricted key"),
    shape("sk-ant-", 12, "an Anthropic API key"),
    shape("sk-", 12, "an OpenAI API key"),
    shape("hf_", 20, "a Hugging Face token"),
    shape("ghp_", 20, "a GitHub token"),
    shape("gho_", 20, "a GitHub token"),
    shape("ghs_", 20, "a GitHub token"),
    shape("github_pat_", 20, "a GitHub token"),
    shape("glpat-", 16, "a GitLab token"),
    shape("AKIA", 16, "an AWS access key"),
    shape("ASIA", 16, "an AWS access key"),
    shape("AIza", 30, "a Google API key"),
    shape("ya29.", 16, "a Google access token"),
    shape("xoxb-", 10, "a Slack token"),
    shape("xoxp-", 10, "a Slack token"),
    shape("dapi", 32, "a Databricks token"),
    shape("npm_", 20, "an npm token"),
    shape("pypi-", 20, "a PyPI token"),
    shape(JWT, 20, "a signed token (JWT)"),
];

/// What a JSON web token begins with; its parts are joined by full stops.
const JWT: &str = "eyJ";
/// How many characters of a secret are shown behind its prefix.
const SHOWN: usize = 2;
/// What stands before a key in a header.
const BEARER: &[u8] = b"bearer ";

impl Shape {
    fn fits(&self, word: &str) -> bool {
        let Some(rest) = word.strip_prefix(self.prefix) else { return false };
        let has_digit_or_capital = rest.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        rest.len() >= self.at_least
            && is_random(rest)
            && (!self.like_words || has_digit_or_capital)
            && (self.prefix != JWT || rest.contains('.'))
    }
}

/// What was hit: what it is, whether it is secret, what is shown of it, where it ends.
type Hit = (&'static str, bool, String, usize);

/// A key of a known shape that begins at `at`.
fn known(text: &str, at: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    let begins = is_word(bytes[at])
        && (at == 0 || bytes[at - 1] == b'-' || !(is_word(bytes[at - 1]) || bytes[at - 1] >= 0x80));
    if !begins {
        return None;
    }
    if !SHAPES.iter().any(|shape| shape.prefix.as_bytes()[0] == bytes[at]) {
        return None;
    }
    let end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
    // a full stop ends a sentence, not a key
    let word = text[at..end].trim_end_matches(['.', '-']);
    let shape = SHAPES.iter().find(|shape| shape.fits(word))?;
    let shown: String = word.chars().take(shape.prefix.len() + SHOWN).collect();
    Some((shape.kind, shape.secret, format!("{shown}…"), at + word.len()))
}

/// A private key that begins at `at`: to its end, or to the text's where that is cut off.
fn private_key(text: &str, at: usize) -> Option<Hit> {
    if text.as_bytes().get(at) != Some(&b'-') {
        return None;
    }
    let line = text.get(at..)?.lines().next()?;
    if !line.starts_with("-----BEGIN") || !line.contains("PRIVATE KEY-----") {
        return None;
    }
    let end = text[at..].find("-----END").map_or(text.len(), |end| at + end);
    Some(("a private key", true, "-----BEGIN … PRIVATE KEY-----".into(), end))
}

/// Whatever stands at `at` behind "Bearer" is a key; a variable, a placeholder and a publishable key are no secrets.
fn bearers(text: &str, at: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    if !bytes.get(at.checked_sub(BEARER.len())?..at)?.eq_ignore_ascii_case(BEARER) {
        return None;
    }
    let rest = text.get(at..)?;
    let end = rest.find(|c: char| c.is_whitespace() || "\"',;".contains(c)).unwrap_or(rest.len());
    let token = &rest[..end];
    let is_placeholder = ["{{", "<", "$", "pk_", "•"].iter().any(|start| token.starts_with(start));
    let is_token = token.len() >= 8
        && token.bytes().any(|b| b.is_ascii_digit() || b == b'_' || b == b'-')
        && is_random(token);
    let shown: String = token.chars().take(SHOWN).collect();
    (is_token && !is_placeholder).then(|| ("a bearer's key", true, format!("{shown}…"), at + end))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.'
}

/// Whether there may be a secret in a text at all: a word as long as the shortest of them, or a blank, as behind "Bearer".
/// Most paths have neither.
fn may_have(text: &str) -> bool {
    const SHORTEST: usize = 8;
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if is_word(byte) { run + 1 } else { 0 };
        run >= SHORTEST || byte == b' '
    })
}

/// Every secret in a text, in order. Placeholders (`sk_…`, `{{KEY}}`, `$KEY`, `sk_xxxxxxxxxxxxxxxxxxxx`) are none.
#[must_use]
pub fn find(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    if !may_have(text) {
        return found;
    }
    let mut line = 1;
    let mut line_start = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'\n' {
            line += 1;
            line_start = at + 1;
        }
        let hit = known(text, at).or_else(|| private_key(text, at)).or_else(|| bearers(text, at));
        let Some((kind, secret, shown, end)) = hit else {
            at += 1;
            continue;
        };
        let column = text[line_start..at].chars().count() + 1;
        found.push(Found { kind, line, column, shown, range: at..end, secret });
        line += text[at..end].matches('\n').count();
        if let Some(last) = text[at..end].rfind('\n') {
            line_start = at + last + 1;
        }
        at = end.max(at + 1);
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
        assert!(masked(text).contains("sk_9f…"));
    }

    #[test]
    fn a_key_is_known_by_its_shape_or_by_where_it_stands() {
        let seen =
            |text: &str| find(text).iter().map(|f| format!("{} {}", f.kind, f.shown)).collect::<Vec<_>>();
        assert_eq!(seen("x sk_live9f3k2 y"), ["a secret key (sk_…) sk_li…"]);
        assert_eq!(seen("Bearer sk-proj-4kd93hG82h1"), ["an OpenAI API key sk-pr…"]);
        assert_eq!(seen("authorization: bearer 0123456789abcdef"), ["a bearer's key 01…"]);
        assert_eq!(seen("Bearer a+b/c~1$x2=="), ["a bearer's key a+…"]);
        assert_eq!(seen("AKIAIOSFODNN7EXAMPLE"), ["an AWS access key AKIAIO…"]);
        assert_eq!(
            seen("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"),
            ["a signed token (JWT) eyJhb…"]
        );
        assert_eq!(
            seen("-----BEGIN RSA PRIVATE KEY-----\nMII"),
            ["a private key -----BEGIN … PRIVATE KEY-----"]
        );
        // a key that is cut off is one to its last byte
        assert_eq!(find("-----BEGIN RSA PRIVATE KEY-----\nMII")[0].range, 0..35);
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
            "task_id",
            "Bearer pk_dd_4mB7xT2q",
            "risk_assessment",
            "sk-learn-contrib-tools",
            "the bearer of news arrives",
            "-----BEGIN CERTIFICATE-----",
            "Bearer $KEY",
            "disk_space sk_",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }
}
