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

/// Lists of plain values up to this long stand on one line.
const MAX_LINE: usize = 72;

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
    // up to which token a short list stands on one line
    let mut on_one_line = 0;
    for (at, token) in tokens.iter().enumerate() {
        if at < on_one_line {
            let piece = &text[token.start..token.end];
            out.push_str(if piece == "," && token.kind == TokenKind::Sign { ", " } else { piece });
            before = if token.kind == TokenKind::Sign { piece } else { "" };
            continue;
        }
        if pretty && let Some(end) = short_list(text, &tokens[at..]) {
            if before == "{" || before == "[" {
                new_line(&mut out, depth);
            }
            on_one_line = at + end + 1;
            out.push('[');
            before = "[";
            continue;
        }
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

/// Where a list of plain values that fits on a line ends, if the tokens begin with one.
fn short_list(text: &str, tokens: &[JsonToken]) -> Option<usize> {
    let is = |token: &JsonToken, sign: &str| {
        token.kind == TokenKind::Sign && &text[token.start..token.end] == sign
    };
    tokens.first().filter(|token| is(token, "["))?;
    let mut length = 0;
    for (at, token) in tokens.iter().enumerate().skip(1) {
        if is(token, "]") {
            // an empty list is written as such anyway
            return (at > 1).then_some(at);
        }
        length += token.end - token.start + 1;
        if is(token, "[") || is(token, "{") || length > MAX_LINE {
            return None;
        }
    }
    None
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
                let word: String = self.text[self.at..]
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .take(20)
                    .collect();
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
                    "'NaN'" | "'nan'" | "'Infinity'" | "'inf'" => {
                        "; JSON has no such number (write null for missing)"
                    }
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
                    return Err(
                        self.error(&format!("{} where a key in double quotes is expected", self.here()))
                    );
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
                            return Err(
                                self.error("a backslash that escapes nothing; write \\\\ for a backslash")
                            );
                        }
                    }
                }
                Some(b'\n' | b'\r') => {
                    return Err(self
                        .error_at(start, "a text that is not closed on its line; write \\n for a line end"));
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
                    return Err(
                        self.error_at(start, "a number with a leading zero; write it without, or as a text")
                    );
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
    let line =
        1 + before.matches('\n').count() + before.matches('\r').count() - before.matches("\r\n").count();
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests;
