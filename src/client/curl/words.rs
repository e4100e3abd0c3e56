//! A command line cut into words as a shell does: quotes, escapes, `$'…'`, line continuations. Variables of the shell become
//! variables of the request; nothing is run.

/// Words, and what was noticed on the way.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) words: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// Cuts a command line.
///
/// # Errors
/// An open quote, in words.
pub(super) fn split(text: &str) -> Result<Words, String> {
    let is_cmd = looks_like_cmd(text);
    let text = if is_cmd { without_carets(text) } else { text.to_owned() };
    let mut out = Words::default();
    let mut chars = text.chars().peekable();
    let mut word: Option<Vec<u8>> = None;
    let push = |word: &mut Option<Vec<u8>>, c: char| {
        let mut buffer = [0; 4];
        word.get_or_insert_default().extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    };
    let finish = |word: &mut Option<Vec<u8>>, out: &mut Words| {
        if let Some(bytes) = word.take() {
            out.words.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' if !is_cmd => {
                word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => push(&mut word, c),
                        None => return Err("a single quote ' is not closed".into()),
                    }
                }
            }
            '"' => {
                word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') if is_cmd && chars.peek() == Some(&'"') => {
                            chars.next();
                            push(&mut word, '"');
                        }
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some('\n') if !is_cmd => {}
                            Some(c @ ('"' | '\\')) => push(&mut word, c),
                            Some(c @ ('$' | '`')) if !is_cmd => push(&mut word, c),
                            Some(c) => {
                                push(&mut word, '\\');
                                push(&mut word, c);
                            }
                            None => return Err("a double quote \" is not closed".into()),
                        },
                        Some('$') if !is_cmd => {
                            if let Some(name) = variable(&mut chars) {
                                word.get_or_insert_default()
                                    .extend_from_slice(format!("{{{{{name}}}}}").as_bytes());
                            } else {
                                push(&mut word, '$');
                            }
                        }
                        Some(c) => push(&mut word, c),
                        None => return Err("a double quote \" is not closed".into()),
                    }
                }
            }
            '$' if !is_cmd && chars.peek() == Some(&'\'') => {
                chars.next();
                ansi_c(&mut chars, word.get_or_insert_default())?;
            }
            // $"…" is "…" in the usual language
            '$' if !is_cmd && chars.peek() == Some(&'"') => {}
            '$' if !is_cmd => match variable(&mut chars) {
                Some(name) => {
                    word.get_or_insert_default().extend_from_slice(format!("{{{{{name}}}}}").as_bytes());
                }
                None => push(&mut word, '$'),
            },
            '\\' if !is_cmd => match chars.next() {
                Some('\n') | None => {}
                Some('\r') if chars.peek() == Some(&'\n') => {
                    chars.next();
                }
                Some(c) => push(&mut word, c),
            },
            // PowerShell's continuation
            '`' if matches!(chars.peek(), Some('\n' | '\r')) => {
                while matches!(chars.peek(), Some('\n' | '\r')) {
                    chars.next();
                }
            }
            '#' if word.is_none() => {
                while chars.peek().is_some_and(|&c| c != '\n') {
                    chars.next();
                }
            }
            '|' | ';' | '>' | '<' if !is_cmd || word.is_none() => {
                finish(&mut word, &mut out);
                if !out.words.is_empty() {
                    let rest: String = chars.collect();
                    out.notes.push(format!("What follows the {c} was left out: {}.", rest.trim()));
                    return Ok(out);
                }
            }
            '&' if word.is_none() => {
                let rest: String = chars.collect();
                if !rest.trim().trim_start_matches('&').is_empty() {
                    out.notes.push(format!("What follows the & was left out: {}.", rest.trim()));
                }
                break;
            }
            c if c.is_whitespace() => {
                // a new command on a new line
                if c == '\n' && word.is_none() && out.words.first().is_some_and(|first| is_curl(first)) {
                    let rest: String = chars.clone().collect();
                    if rest.trim_start().starts_with("curl ") {
                        out.notes.push("Only the first of several commands was read.".into());
                        break;
                    }
                }
                finish(&mut word, &mut out);
            }
            c => {
                if c == '&' {
                    out.notes.push("An & without quotes was taken as part of the word.".into());
                }
                push(&mut word, c);
            }
        }
    }
    finish(&mut word, &mut out);
    out.notes.dedup();
    Ok(out)
}

/// Whether a word is curl's name.
pub(super) fn is_curl(word: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
    name == "curl" || name == "curl.exe"
}

/// Whether a text is in the manner of Windows' cmd: carets at line ends or before quotes.
fn looks_like_cmd(text: &str) -> bool {
    text.contains("^\n") || text.contains("^\r\n") || text.contains("^\"")
}

/// A text without cmd's carets: outside quotes each stands before a character that means only itself, or before a line end that
/// does not end the command.
fn without_carets(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '^' if !quoted => match chars.next() {
                Some('\r' | '\n') | None => {
                    if chars.peek() == Some(&'\n') {
                        chars.next();
                        // an empty line in between is a line end of the text itself
                        out.push('\n');
                    }
                }
                Some(c) => out.push(c),
            },
            '"' => {
                quoted = !quoted;
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The name of a shell's variable that follows a `$`.
fn variable(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    if chars.peek() == Some(&'{') {
        let mut ahead = chars.clone();
        ahead.next();
        let name: String = std::iter::from_fn(|| ahead.next_if(is_name)).collect();
        if name.is_empty() || ahead.next() != Some('}') {
            return None;
        }
        *chars = ahead;
        return Some(name);
    }
    if !chars.peek().is_some_and(|c| c.is_ascii_alphabetic() || *c == '_') {
        return None;
    }
    Some(std::iter::from_fn(|| chars.next_if(is_name)).collect())
}

/// The inside of a `$'…'`, with the escapes of ANSI C.
fn ansi_c(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, word: &mut Vec<u8>) -> Result<(), String> {
    fn digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize) -> Option<u32> {
        let mut value = None;
        for _ in 0..most {
            let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
            chars.next();
            value = Some(value.unwrap_or(0_u32).wrapping_mul(radix).wrapping_add(digit));
        }
        value
    }
    let push = |word: &mut Vec<u8>, c: char| {
        let mut buffer = [0; 4];
        word.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    };
    loop {
        match chars.next() {
            None => return Err("a quote $' is not closed".into()),
            Some('\'') => return Ok(()),
            Some('\\') => match chars.next() {
                None => return Err("a quote $' is not closed".into()),
                Some('n') => word.push(b'\n'),
                Some('t') => word.push(b'\t'),
                Some('r') => word.push(b'\r'),
                Some('a') => word.push(7),
                Some('b') => word.push(8),
                Some('e' | 'E') => word.push(27),
                Some('f') => word.push(12),
                Some('v') => word.push(11),
                Some(c @ ('\\' | '\'' | '"' | '?')) => push(word, c),
                Some('x') => match digits(chars, 16, 2) {
                    Some(byte) => word.push(byte as u8),
                    None => word.extend_from_slice(b"\\x"),
                },
                Some(c @ ('u' | 'U')) => {
                    if let Some(mut code) = digits(chars, 16, if c == 'u' { 4 } else { 8 }) {
                        // Chrome writes characters beyond the first plane as two
                        let is_high = (0xd800..0xdc00).contains(&code);
                        let mut ahead = chars.clone();
                        if is_high
                            && ahead.next() == Some('\\')
                            && ahead.next() == Some('u')
                            && let Some(low) =
                                digits(&mut ahead, 16, 4).filter(|low| (0xdc00..0xe000).contains(low))
                        {
                            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                            *chars = ahead;
                        }
                        push(word, char::from_u32(code).unwrap_or('\u{FFFD}'));
                    } else {
                        word.push(b'\\');
                        push(word, c);
                    }
                }
                Some(c) if c.is_digit(8) => {
                    let first = c.to_digit(8).unwrap_or(0);
                    let mut value = first;
                    for _ in 0..2 {
                        let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) else { break };
                        chars.next();
                        value = value * 8 + digit;
                    }
                    word.push(value as u8);
                }
                Some(c) => {
                    word.push(b'\\');
                    push(word, c);
                }
            },
            Some(c) => push(word, c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_out_as_a_shell_cuts_them() {
        // what bash 5.2 prints for: printf '<%s>' …
        let check =
            |text: &str, expected: &[&str]| assert_eq!(split(text).unwrap().words, expected, "{text}");
        check(r#"curl 'a b' "c \"d\" \$e \x" f\ g"#, &["curl", "a b", r#"c "d" $e \x"#, "f g"]);
        check("a\\\n  b 'c\nd'", &["a", "b", "c\nd"]);
        check(r#"'it'\''s' "a"'b'c"#, &["it's", "abc"]);
        check(r"$'a\n\'\u00fc\x41\101\\' x", &["a\n'üAA\\", "x"]);
        check(r"$'\ud83d\ude00'", &["😀"]);
        check("'' \"\"", &["", ""]);
        check("\"Bearer $KEY\" ${B}x '$C' $", &["Bearer {{KEY}}", "{{B}}x", "$C", "$"]);
        check("curl a # comment", &["curl", "a"]);
        check("curl a | jq .", &["curl", "a"]);
        check("curl http://x/?a=1&b=2", &["curl", "http://x/?a=1&b=2"]);
        check(
            "curl ^\"http://x/^\" ^\n  -H ^\"A: b^\" --data-raw ^\"^{^\\^\"a^\\^\": 1^}^\"",
            &["curl", "http://x/", "-H", "A: b", "--data-raw", "{\"a\": 1}"],
        );
        check("curl a `\n -k", &["curl", "a", "-k"]);
        for open in ["'a", "\"a", "$'a", "\"a\\"] {
            assert!(split(open).is_err(), "{open}");
        }
    }
}
