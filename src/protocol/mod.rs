//! The wire: bodies, errors and addresses of every dialect, as the real clients send and expect them. No input or output
//! but bytes; the server and the client share it.

pub mod mlflow;
pub mod openai;
pub mod openapi;
pub mod plain;
pub mod problem;
pub mod route;
pub mod secrets;
pub mod tensorflow;
pub mod v2;

pub use problem::Problem;
pub use route::{Dialect, Protocol, Route};

/// A text of a request as a message may repeat it: not longer than a line.
pub(crate) fn problem_text(text: &str) -> &str {
    match text.char_indices().nth(80) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Names for a message, the first twelve of them.
pub(crate) fn shortened(names: &[&str]) -> String {
    let mut text = names.iter().take(12).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 12 {
        text.push_str(&format!(" and {} more", names.len() - 12));
    }
    text
}

/// Escapes everything but letters, digits and `-._~` (RFC 3986's unreserved characters).
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Undoes %-escapes; what is none, or makes no UTF-8, stays.
#[must_use]
pub fn percent_decode(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| bytes[at] == b'%' && !digits.starts_with('+'));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).map_or(text.into(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::percent_decode;

    #[test]
    fn escapes_are_undone_and_what_is_none_stays() {
        for (text, expected) in [
            ("a", "a"),
            ("a%20b", "a b"),
            ("%3Apredict", ":predict"),
            ("%c3%a9", "é"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%+1", "%+1"),
            ("%ff", "%ff"),
            ("%é", "%é"),
        ] {
            assert_eq!(percent_decode(text), expected, "{text}");
        }
    }
}
