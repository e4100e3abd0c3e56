//! The shape of `src/`: every file says what it is for, layers use only themselves and earlier ones, and CSV,
//! linfa, axum and printing each have one home.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The layers, each of which may use itself and those before it.
const LAYERS: [&str; 13] = [
    "work",
    "lesson",
    "data",
    "model",
    "inference",
    "training",
    "drift",
    "workspace",
    "protocol",
    "client",
    "server",
    "cli",
    "app",
];

/// One breach: file, line (from 1) and what is wrong.
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    file: String,
    line: usize,
    what: String,
}

#[test]
fn the_source_keeps_to_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 10, "only {} files under {}", files.len(), root.display());
    let mut breaches = Vec::new();
    for path in files {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        breaches.extend(check(&name, &std::fs::read_to_string(&path).unwrap()));
    }
    let report = breaches.iter().fold(String::new(), |mut text, breach| {
        writeln!(text, "src/{}:{}: {}", breach.file, breach.line, breach.what).unwrap();
        text
    });
    assert!(breaches.is_empty(), "{} breaches:\n{report}", breaches.len());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Every breach in one file; `name` is its path below `src/`.
fn check(name: &str, source: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut add = |line: usize, what: String| breaches.push(Breach { file: name.to_owned(), line, what });
    if !source.starts_with("//!") {
        add(1, "does not begin with a line of `//!` that says what the file is for".into());
    }
    let layer = name.split('/').next().unwrap_or("").trim_end_matches(".rs");
    let place = LAYERS.iter().position(|known| *known == layer);
    // lib.rs and main.rs stand above all layers
    let is_top = ["lib", "main"].contains(&layer) && !name.contains('/');
    if place.is_none() && !is_top {
        add(1, format!("'{layer}' has no place in the order of layers; give it one in LAYERS"));
    }
    let tokens = tokens(source);
    for (at, token) in tokens.iter().enumerate() {
        let next = |offset: usize| tokens.get(at + offset).map_or("", |t| t.text.as_str());
        let before = at.checked_sub(1).and_then(|i| tokens.get(i)).map_or("", |t| t.text.as_str());
        match token.text.as_str() {
            "crate" if next(1) == "::" && before != "$" => {
                for (line, used) in first_segments(&tokens, at + 2) {
                    let used_place = LAYERS.iter().position(|known| *known == used);
                    if let (Some(own), Some(other)) = (place, used_place)
                        && other > own
                    {
                        add(line, format!("'{layer}' uses `crate::{used}`, which comes after it"));
                    }
                }
            }
            "csv" if next(1) == "::" && before != "::" && layer != "data" => {
                add(token.line, "the csv crate is used outside data".into());
            }
            crate_name
                if crate_name.starts_with("linfa")
                    && (next(1) == "::" || before == "use")
                    && before != "::"
                    && layer != "training" =>
            {
                add(token.line, format!("{crate_name} is used outside training"));
            }
            "axum" if next(1) == "::" && before != "::" && layer != "server" => {
                add(token.line, "axum is used outside server".into());
            }
            "println" | "print" | "eprintln" | "eprint"
                if next(1) == "!" && layer != "cli" && name != "main.rs" =>
            {
                add(token.line, format!("`{}!` outside cli", token.text));
            }
            "unsafe" => add(token.line, "unsafe code".into()),
            _ => {}
        }
    }
    breaches
}

/// The first segments of the path, or group of paths, that begins at `at`, with their lines.
fn first_segments(tokens: &[Token], at: usize) -> Vec<(usize, &str)> {
    let Some(first) = tokens.get(at) else { return Vec::new() };
    if first.text != "{" {
        return vec![(first.line, &first.text)];
    }
    let mut segments = Vec::new();
    let mut depth = 0;
    let mut expected = false;
    for token in &tokens[at..] {
        match token.text.as_str() {
            "{" => {
                depth += 1;
                expected = depth == 1;
            }
            "}" => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            "," if depth == 1 => expected = true,
            segment if depth == 1 && expected => {
                segments.push((token.line, segment));
                expected = false;
            }
            _ => {}
        }
    }
    segments
}

#[derive(Debug)]
struct Token {
    text: String,
    line: usize,
}

/// Words, `::` and single signs, without comments and without the content of strings.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at_is = |at: usize, text: &str| text.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(&c) = chars.get(at) {
        let start = at;
        if at_is(at, "//") {
            while chars.get(at).is_some_and(|&c| c != '\n') {
                at += 1;
            }
        } else if at_is(at, "/*") {
            let mut depth = 0;
            while at < chars.len() {
                if at_is(at, "/*") {
                    (depth, at) = (depth + 1, at + 2);
                } else if at_is(at, "*/") {
                    (depth, at) = (depth - 1, at + 2);
                } else {
                    at += 1;
                }
                if depth == 0 {
                    break;
                }
            }
        } else if let Some(end) = raw_string_end(&chars, at) {
            at = end;
        } else if c == '"' {
            at += 1;
            while chars.get(at).is_some_and(|&c| c != '"') {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if c == '\'' {
            // a character, or a lifetime
            at += match (chars.get(at + 1), chars.get(at + 2)) {
                (Some('\\'), _) => {
                    let close = chars[(at + 3).min(chars.len())..].iter().position(|&c| c == '\'');
                    close.map_or(1, |close| close + 4)
                }
                (Some(_), Some('\'')) => 3,
                _ => 1,
            };
        } else if c.is_alphanumeric() || c == '_' {
            while chars.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                at += 1;
            }
            tokens.push(Token { text: chars[start..at].iter().collect(), line });
        } else {
            at += if at_is(at, "::") { 2 } else { 1 };
            if !c.is_whitespace() {
                tokens.push(Token { text: chars[start..at].iter().collect(), line });
            }
        }
        line += chars[start..at.min(chars.len())].iter().filter(|&&c| c == '\n').count();
    }
    tokens
}

/// The end of the raw string (`r"…"`, `br#"…"#`) that begins at `at`, if one does.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    if at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') {
        return None;
    }
    let r = if chars.get(at) == Some(&'b') { at + 1 } else { at };
    if chars.get(r) != Some(&'r') {
        return None;
    }
    let hashes = chars[r + 1..].iter().take_while(|&&c| c == '#').count();
    let open = r + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let closes = |i: usize| {
        chars[i] == '"' && chars.len() > i + hashes && chars[i + 1..=i + hashes].iter().all(|&c| c == '#')
    };
    Some((open + 1..chars.len()).find(|&i| closes(i)).map_or(chars.len(), |i| i + hashes + 1))
}

#[test]
fn a_planted_breach_is_found_with_its_line() {
    let found = |name: &str, source: &str| -> Vec<(usize, String)> {
        check(name, source).into_iter().map(|breach| (breach.line, breach.what)).collect()
    };
    let later = |layer: &str, used: &str| format!("'{layer}' uses `crate::{used}`, which comes after it");
    // a plain path, a path in an expression, a group within a group
    assert_eq!(found("data/a.rs", "//! A.\n\nuse crate::model::Model;\n"), [(3, later("data", "model"))]);
    assert_eq!(
        found("inference/mod.rs", "//! A.\nfn f() { crate::training::train(); }\n"),
        [(2, later("inference", "training"))]
    );
    assert_eq!(
        found(
            "model/a.rs",
            "//! A.\nuse crate::{\n    data::{Table, model},\n    work::Seed,\n    inference::{self, Predictor},\n};\n"
        ),
        [(5, later("model", "inference"))]
    );
    assert_eq!(found("work.rs", "//! A.\npub(crate) use crate::{cli};\n"), [(2, later("work", "cli"))]);
    // the other rules
    let first = |name: &str, source: &str| found(name, source).remove(0);
    assert_eq!(first("data/a.rs", "use std::io;\n").0, 1);
    assert_eq!(
        first("cli/a.rs", "//! A.\nlet r = csv::Reader::new();\n"),
        (2, "the csv crate is used outside data".into())
    );
    assert_eq!(
        first("data/a.rs", "//! A.\n\nuse linfa_trees::Tree;\n"),
        (3, "linfa_trees is used outside training".into())
    );
    assert_eq!(first("cli/a.rs", "//! A.\nuse axum::Router;\n"), (2, "axum is used outside server".into()));
    assert_eq!(
        first("data/a.rs", "//! A.\nfn f() {\n    eprintln!(\"x\");\n}\n"),
        (3, "`eprintln!` outside cli".into())
    );
    assert_eq!(first("data/a.rs", "//! A.\nfn f() { unsafe { g() } }\n"), (2, "unsafe code".into()));
    assert!(first("newcomer/mod.rs", "//! A.\n").1.contains("LAYERS"));
}

#[test]
fn what_is_allowed_is_no_breach() {
    let clean = |name: &str, source: &str| assert_eq!(check(name, source), []);
    clean(
        "training/a.rs",
        "//! A.\nuse crate::{data::Table, inference::Predictor, work};\nuse linfa::Dataset;\n",
    );
    clean("data/a.rs", "//! A.\nlet r = csv::Reader::new(); use crate::work::Seed; use super::model;\n");
    clean("cli/a.rs", "//! A.\nfn f() { println!(\"{}\", crate::training::x()); }\n");
    clean("main.rs", "//! A.\nfn main() { eprintln!(\"x\"); drydock::cli::run() }\n");
    // comments and strings are no code
    clean(
        "data/a.rs",
        "//! See crate::cli and csv::Reader.\n/* crate::model */ let s = \"crate::model unsafe println!\";\n\
         let r = r#\"crate::cli::\"x\" unsafe\"#; let c = '\"'; let d = '\\''; fn g<'a>(x: &'a str) {}\n",
    );
    // a module of one's own may be called csv
    clean("cli/a.rs", "//! A.\nuse crate::data::csv::Thing;\n");
}
