//! JSON as text: checked with line and column, and laid out anew with every number as it was written.
//! Nothing is turned into doubles, so that 0.1000 stays 0.1000 and large integers stay whole.

/// A mistake in a JSON text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct JsonError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// How deep values may be nested.
const MAX_DEPTH: usize = 512;

/// What a piece of JSON text is, for colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A key of an object, with its quotes.
    Key,
    /// A text, with its quotes.
    Text,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Word,
    /// A bracket, a colon or a comma.
    Sign,
    /// A `{{variable}}` where a value stands.
    Variable,
}

/// A piece of JSON text: what it is, and from which byte to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonToken {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// Checks a text; the tokens it consists of.
///
/// # Errors
/// [`JsonError`] with the place of the first mistake.
pub fn tokens(text: &str) -> Result<Vec<JsonToken>, JsonError> {
    let mut reader = Reader { text, at: 0, tokens: Vec::new(), variables: false };
    reader.document()?;
    Ok(reader.tokens)
}

/// As [`tokens`], where a `{{variable}}` may stand in place of a value.
///
/// # Errors
/// As [`tokens`].
pub fn template_tokens(text: &str) -> Result<Vec<JsonToken>, JsonError> {
    let mut reader = Reader { text, at: 0, tokens: Vec::new(), variables: true };
    reader.document()?;
    Ok(reader.tokens)
}

/// The tokens up to the first mistake, and the mistake: for colours while typing.
#[must_use]
pub fn tokens_so_far(text: &str) -> (Vec<JsonToken>, Option<JsonError>) {
    let mut reader = Reader { text, at: 0, tokens: Vec::new(), variables: true };
    let outcome = reader.document();
    (reader.tokens, outcome.err())
}

/// Lays a text out with two spaces a level; every number and text stays as it is written.
///
/// # Errors
/// As [`tokens`].
pub fn pretty(text: &str) -> Result<String, JsonError> {
    Ok(lay_out(text, &template_tokens(text)?, true))
}

/// Takes all blanks out of a text; every number and text stays as it is written.
///
/// # Errors
/// As [`tokens`].
pub fn compact(text: &str) -> Result<String, JsonError> {
    Ok(lay_out(text, &template_tokens(text)?, false))
}

fn lay_out(text: &str, tokens: &[JsonToken], pretty: bool) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let new_line = |out: &mut String, depth: usize| {
        if pretty {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        }
    };
    let mut before = "";
    for token in tokens {
        let piece = &text[token.start..token.end];
        let is_sign = token.kind == TokenKind::Sign;
        match piece {
            "}" | "]" if is_sign => {
                depth = depth.saturating_sub(1);
                if before != "{" && before != "[" {
                    new_line(&mut out, depth);
                }
                out.push_str(piece);
            }
            "," if is_sign => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ":" if is_sign => out.push_str(if pretty { ": " } else { ":" }),
            _ => {
                if before == "{" || before == "[" {
                    new_line(&mut out, depth);
                }
                out.push_str(piece);
                if is_sign {
                    depth += 1;
                }
            }
        }
        before = if is_sign { piece } else { "" };
    }
    out
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<JsonToken>,
    variables: bool,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), JsonError> {
        self.blanks();
        if self.at == self.text.len() {
            return Err(self.error("the text is empty; expected a JSON value"));
        }
        self.value(0)?;
        self.blanks();
        if self.at < self.text.len() {
            return Err(self.error(&format!("{} after the end of the value", self.here())));
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What stands at the place, in words.
    fn here(&self) -> String {
        match self.text[self.at..].chars().next() {
            None => "the text ends here".into(),
            Some(c) if c.is_control() => format!("the control character U+{:04X}", c as u32),
            Some('\u{FEFF}') => "a byte-order mark".into(),
            Some(c) if c.is_alphabetic() => {
                let word: String =
                    self.text[self.at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(20).collect();
                format!("'{word}'")
            }
            Some(c) => format!("'{c}'"),
        }
    }

    fn error(&self, message: &str) -> JsonError {
        self.error_at(self.at, message)
    }

    fn error_at(&self, at: usize, message: &str) -> JsonError {
        let (line, column) = line_and_column(self.text, at);
        JsonError { line, column, message: message.to_owned() }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn add(&mut self, kind: TokenKind, start: usize) {
        self.tokens.push(JsonToken { kind, start, end: self.at });
    }

    fn sign(&mut self) {
        let start = self.at;
        self.at += 1;
        self.add(TokenKind::Sign, start);
    }

    fn value(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error(&format!("nested more than {MAX_DEPTH} deep")));
        }
        let start = self.at;
        match self.peek() {
            Some(b'{') if self.variables && self.text[self.at..].starts_with("{{") => {
                let Some(len) = self.text[self.at..].find("}}") else {
                    return Err(self.error("a variable that is not closed; expected }}"));
                };
                self.at += len + 2;
                self.add(TokenKind::Variable, start);
                Ok(())
            }
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.quoted(TokenKind::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for word in ["true", "false", "null"] {
                    let rest = &self.text[self.at..];
                    if rest.starts_with(word)
                        && !rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                    {
                        self.at += word.len();
                        self.add(TokenKind::Word, start);
                        return Ok(());
                    }
                }
                let here = self.here();
                let hint = match here.as_str() {
                    "'True'" | "'TRUE'" => "; JSON writes true",
                    "'False'" | "'FALSE'" => "; JSON writes false",
                    "'None'" | "'NULL'" | "'Null'" => "; JSON writes null",
                    "'NaN'" | "'nan'" | "'Infinity'" | "'inf'" => "; JSON has no such number (write null for missing)",
                    "'''" => "; JSON texts have double quotes",
                    "'}'" | "']'" => "; a comma before it must go",
                    "'/'" | "'#'" => "; JSON has no comments",
                    _ => "",
                };
                Err(self.error(&format!("{here} where a value is expected{hint}")))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), JsonError> {
        let open = self.at;
        self.sign();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.sign();
            return Ok(());
        }
        loop {
            self.blanks();
            match self.peek() {
                Some(b'"') => self.quoted(TokenKind::Key)?,
                Some(b'}') => return Err(self.error("'}' after a comma; the comma before it must go")),
                None => return Err(self.unclosed(open, '{')),
                _ => {
                    return Err(self.error(&format!("{} where a key in double quotes is expected", self.here())));
                }
            }
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.error(&format!("{} where ':' is expected after the key", self.here())));
            }
            self.sign();
            self.blanks();
            self.value(depth + 1)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.sign(),
                Some(b'}') => {
                    self.sign();
                    return Ok(());
                }
                None => return Err(self.unclosed(open, '{')),
                _ => return Err(self.error(&format!("{} where ',' or '}}' is expected", self.here()))),
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<(), JsonError> {
        let open = self.at;
        self.sign();
        self.blanks();
        if self.peek() == Some(b']') {
            self.sign();
            return Ok(());
        }
        loop {
            self.blanks();
            if self.peek().is_none() {
                return Err(self.unclosed(open, '['));
            }
            self.value(depth + 1)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.sign(),
                Some(b']') => {
                    self.sign();
                    return Ok(());
                }
                None => return Err(self.unclosed(open, '[')),
                _ => return Err(self.error(&format!("{} where ',' or ']' is expected", self.here()))),
            }
        }
    }

    fn unclosed(&self, open: usize, sign: char) -> JsonError {
        let (line, column) = line_and_column(self.text, open);
        self.error(&format!("the text ends before the '{sign}' of line {line}, column {column} is closed"))
    }

    fn quoted(&mut self, kind: TokenKind) -> Result<(), JsonError> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error_at(start, "a text that is not closed; expected \"")),
                Some(b'"') => {
                    self.at += 1;
                    self.add(kind, start);
                    return Ok(());
                }
                Some(b'\\') => {
                    let escape = self.text.as_bytes().get(self.at + 1).copied();
                    match escape {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
                        Some(b'u') => {
                            let digits = self.text.as_bytes().get(self.at + 2..self.at + 6);
                            if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                                return Err(self.error("\\u must be followed by four hexadecimal digits"));
                            }
                            self.at += 6;
                        }
                        _ => {
                            return Err(self.error("a backslash that escapes nothing; write \\\\ for a backslash"));
                        }
                    }
                }
                Some(b'\n' | b'\r') => {
                    return Err(self.error_at(start, "a text that is not closed on its line; write \\n for a line end"));
                }
                Some(byte) if byte < 0x20 => {
                    return Err(self.error(&format!("{} inside a text; write it as an escape", self.here())));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => {
                self.at += 1;
                if matches!(self.peek(), Some(b'0'..=b'9')) {
                    return Err(self.error_at(start, "a number with a leading zero; write it without, or as a text"));
                }
            }
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.error_at(start, "a minus without digits")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.error_at(start, "a number without digits after its point"));
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.error_at(start, "a number without digits in its exponent"));
            }
            self.digits();
        }
        self.add(TokenKind::Number, start);
        Ok(())
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }
}

/// Line and column (in characters) of a byte, from 1. Lines end in LF, CR LF or CR.
#[must_use]
pub fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let line = 1 + before.matches('\n').count() + before.matches('\r').count() - before.matches("\r\n").count();
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn numbers_stay_as_they_are_written() {
        let text = r#"{"a":0.1000,"b":[1e5,-0,12345678901234567890123,{}],"c":{},"d":[], "e" : "x\u00e9\"{" }"#;
        assert_eq!(
            pretty(text).unwrap(),
            "{\n  \"a\": 0.1000,\n  \"b\": [\n    1e5,\n    -0,\n    12345678901234567890123,\n    {}\n  ],\n  \"c\": {},\n  \
             \"d\": [],\n  \"e\": \"x\\u00e9\\\"{\"\n}"
        );
        assert_eq!(
            compact(&pretty(text).unwrap()).unwrap(),
            r#"{"a":0.1000,"b":[1e5,-0,12345678901234567890123,{}],"c":{},"d":[],"e":"x\u00e9\"{"}"#
        );
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let check = |text: &str, expected: &str| assert_eq!(tokens(text).unwrap_err().to_string(), expected, "{text}");
        check("", "line 1, column 1: the text is empty; expected a JSON value");
        check("{\n  \"ü\": 1,\n}", "line 3, column 1: '}' after a comma; the comma before it must go");
        check("{\"ü\": nope}", "line 1, column 7: 'nope' where a value is expected");
        check("[1, 2", "line 1, column 6: the text ends before the '[' of line 1, column 1 is closed");
        check("{'a': 1}", "line 1, column 2: ''' where a key in double quotes is expected");
        check("[True]", "line 1, column 2: 'True' where a value is expected; JSON writes true");
        check("[NaN]", "line 1, column 2: 'NaN' where a value is expected; JSON has no such number (write null for missing)");
        check("[01]", "line 1, column 2: a number with a leading zero; write it without, or as a text");
        check("{\"a\" 1}", "line 1, column 6: '1' where ':' is expected after the key");
        check("{\"a\": 1 \"b\": 2}", "line 1, column 9: '\"' where ',' or '}' is expected");
        check("[\"a\nb\"]", "line 1, column 2: a text that is not closed on its line; write \\n for a line end");
        check("{} x", "line 1, column 4: 'x' after the end of the value");
        check("\r\n\r\n[1,]", "line 3, column 4: ']' where a value is expected; a comma before it must go");
        assert!(tokens(&"[".repeat(100_000)).unwrap_err().message.contains("512 deep"));
    }

    #[test]
    fn what_serde_takes_is_taken_and_what_it_refuses_is_refused() {
        let texts = [
            "1", "-1.5e-7", "\"\"", "null", "true", " [ ] ", "{\"a\":{\"b\":[1,2,{\"c\":null}]}}", "1.", ".5", "+1", "01", "-",
            "1e", "[1 2]", "{\"a\":}", "{a:1}", "nul", "truefalse", "\"\\x\"", "\"\\u12\"", "\"a\tb\"", "[1,,2]", "{,}", "\u{FEFF}1",
        ];
        for text in texts {
            let serde = serde_json::from_str::<Value>(text).is_ok();
            assert_eq!(tokens(text).is_ok(), serde, "{text}");
        }
    }

    #[test]
    fn variables_may_stand_for_values_in_templates() {
        assert!(tokens("{\"a\": {{x}}}").is_err());
        assert_eq!(pretty("{\"a\":{{x}},\"b\":\"{{y}}\"}").unwrap(), "{\n  \"a\": {{x}},\n  \"b\": \"{{y}}\"\n}");
    }
}
