//! Files as they are found in the wild: how `drydock inspect` reads each of them, what it warns of and on which
//! line, and that none of them makes it panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use std::fmt::Write as _;

use common::{Folder, Run};
use serde_json::{Value, json};

fn corpus(file: &str) -> String {
    format!("{}/tests/corpus/csv/{file}.csv", env!("CARGO_MANIFEST_DIR"))
}

fn inspect(path: &str) -> Run {
    Folder::new().run_with(["inspect", path, "--json"])
}

/// Where `actual` is not what `expected` asks for; fields of objects that `expected` does not have do not
/// matter.
fn differences(actual: &Value, expected: &Value, at: &str, found: &mut Vec<String>) {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            for (key, expected) in expected {
                let null = Value::Null;
                differences(actual.get(key).unwrap_or(&null), expected, &format!("{at}.{key}"), found);
            }
        }
        (Value::Array(actual), Value::Array(expected)) if actual.len() == expected.len() => {
            for (i, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                differences(actual, expected, &format!("{at}[{i}]"), found);
            }
        }
        (Value::Number(actual), Value::Number(expected)) if actual.as_f64() == expected.as_f64() => {}
        _ if actual == expected => {}
        _ => found.push(format!("{at}: expected {expected}, found {actual}")),
    }
}

/// The warnings are these and no others: the line, and a part of the message.
fn check_warnings(document: &Value, expected: &[(u64, &str)], found: &mut Vec<String>) {
    let warnings = document["warnings"].as_array().expect("a list of warnings");
    let mut left: Vec<&Value> = warnings.iter().collect();
    for (line, part) in expected {
        let at = left.iter().position(|warning| {
            warning["line"] == *line && warning["message"].as_str().is_some_and(|text| text.contains(part))
        });
        match at {
            Some(at) => drop(left.remove(at)),
            None => found.push(format!("no warning of line {line} with {part:?} among {warnings:?}")),
        }
    }
    found.extend(left.iter().map(|warning| format!("unexpected warning {warning}")));
}

struct Case {
    file: &'static str,
    expected: Value,
    warnings: &'static [(u64, &'static str)],
}

fn case(file: &'static str, expected: Value, warnings: &'static [(u64, &'static str)]) -> Case {
    Case { file, expected, warnings }
}

fn number(name: &str, min: f64, max: f64) -> Value {
    json!({"name": name, "type": "number", "missing": 0, "min": min, "max": max})
}

/// A column of texts that all occur once, with the given type.
fn texts(name: &str, kind: &str, levels: &[&str]) -> Value {
    let top: Vec<Value> = levels.iter().map(|level| json!({"value": level, "count": 1})).collect();
    json!({"name": name, "type": kind, "missing": 0, "distinct": levels.len(), "top": top})
}

fn cases() -> Vec<Case> {
    let category = |name: &str, levels: &[&str]| texts(name, "category", levels);
    let ab = || json!([number("a", 1.0, 3.0), number("b", 2.0, 4.0)]);
    let people = || json!([category("name", &["Zoë", "Jürgen", "Æsa"]), number("value", 1.5, 3.5)]);
    let date = |name: &str| json!({"name": name, "type": "date", "missing": 0, "min": "2023-12-01", "max": "2024-03-31"});
    vec![
        // the number of fields
        case(
            "ragged_short",
            json!({"rows": 3, "columns": [
                {"missing": 0}, {"missing": 0}, {"name": "c", "missing": 1, "min": 3, "max": 9}]}),
            &[(3, "2 fields where 3 are expected")],
        ),
        case(
            "ragged_long",
            json!({"rows": 3, "columns": [number("a", 1.0, 5.0), number("b", 2.0, 6.0)]}),
            &[(3, "'x'")],
        ),
        case(
            "row_names",
            json!({"rows": 3, "columns": [{}, number("x", 1.0, 5.0), number("y", 2.0, 6.0)]}),
            &[(1, "row names")],
        ),
        case(
            "blank_lines",
            json!({"rows": 2, "columns": ab()}),
            &[(2, "empty"), (4, "empty"), (5, "empty"), (7, "empty")],
        ),
        case(
            "one_column_blank_lines",
            json!({"rows": 3, "columns": [number("v", 1.0, 3.0)]}),
            &[(3, "empty"), (5, "empty")],
        ),
        case(
            "one_column_text",
            json!({"rows": 3, "columns": [{"name": "colour", "type": "category", "distinct": 2}]}),
            &[],
        ),
        // headers
        case(
            "duplicate_headers",
            json!({"rows": 1, "columns": [{"name": "a"}, {"name": "a_2"}, {"name": "b"}, {"name": "a_3"}]}),
            &[(1, "column 2"), (1, "column 4")],
        ),
        case(
            "duplicate_header_taken",
            json!({"columns": [{"name": "a"}, {"name": "a_2"}, {"name": "a_3"}]}),
            &[(1, "column 3")],
        ),
        case(
            "empty_header",
            json!({"columns": [{"name": "a"}, {"name": "column_2"}, {"name": "c"}]}),
            &[(1, "column 2 has no name")],
        ),
        case("spaces_in_header", json!({"rows": 2, "columns": ab()}), &[]),
        case(
            "no_header",
            json!({"rows": 3, "header": false, "columns": [{"name": "column_1", "min": 1}, {"min": 2.5}, {"type": "category"}]}),
            &[],
        ),
        case(
            "header_only",
            json!({"rows": 0, "header": true, "columns": [{"name": "name"}, {"name": "age"}]}),
            &[(1, "no data lines")],
        ),
        case(
            "header_only_no_newline",
            json!({"rows": 0, "header": true, "columns": [{"name": "name"}, {"name": "age"}]}),
            &[(1, "no data lines")],
        ),
        case(
            "one_cell",
            json!({"rows": 0, "header": true, "columns": [{"name": "x"}]}),
            &[(1, "no data lines")],
        ),
        case("one_number", json!({"rows": 1, "header": false, "columns": [{"min": 7, "max": 7}]}), &[]),
        case(
            "title_lines",
            json!({"rows": 4, "columns": [{"name": "shop"}, number("units", 1.0, 4.0), {"name": "price", "missing": 1}]}),
            &[(1, "Sales report 2024"), (2, "exported on Monday"), (8, "2 fields where 3")],
        ),
        // encodings
        case("bom", json!({"encoding": "utf-8", "columns": ab()}), &[]),
        case("bom_quoted_header", json!({"columns": [{"name": "a"}, {"name": "b"}]}), &[]),
        case("utf16le_bom", json!({"encoding": "utf-16le", "rows": 3, "columns": people()}), &[]),
        case("utf16be_bom", json!({"encoding": "utf-16be", "rows": 3, "columns": people()}), &[]),
        case("utf16le", json!({"encoding": "utf-16le", "rows": 3, "columns": people()}), &[]),
        case("utf16be", json!({"encoding": "utf-16be", "rows": 3, "columns": people()}), &[]),
        case(
            "utf16le_odd_length",
            json!({"encoding": "utf-16le", "rows": 4}),
            &[(1, "U+FFFD"), (5, "1 fields where 2")],
        ),
        case(
            "windows1252",
            json!({"encoding": "windows-1252", "columns": [category("name", &["Zoë", "Café", "€uro"]), number("price", 1.0, 3.0)]}),
            &[],
        ),
        case(
            "nul_bytes",
            json!({"rows": 2, "columns": [{"min": 1}, category("b", &["x\0y", "z"])]}),
            &[(2, "NUL")],
        ),
        // delimiters and line ends
        case(
            "semicolon_decimal_comma",
            json!({"delimiter": ";", "rows": 3, "columns": [{"type": "category"}, number("price", 1.5, 3.75), number("units", 1000.0, 3500.0)]}),
            &[(1, "'units' could be written")],
        ),
        case(
            "tab",
            json!({"delimiter": "\t", "columns": [number("a", 1.0, 2.0), category("b", &["x, y", "z"])]}),
            &[],
        ),
        case(
            "pipe",
            json!({"delimiter": "|", "columns": [number("a", 1.0, 2.0), category("b", &["x", "y"])]}),
            &[],
        ),
        case("sep_line", json!({"delimiter": ";", "rows": 2, "columns": ab()}), &[]),
        case(
            "sep_line_crlf",
            json!({"delimiter": "|", "rows": 3, "columns": [number("a", 1.0, 5.0), {"missing": 1, "max": 4}]}),
            &[(5, "1 fields where 2")],
        ),
        case("cr_only", json!({"rows": 2, "columns": ab()}), &[]),
        case("crlf", json!({"rows": 2, "columns": [number("a", 1.0, 3.0), category("b", &["x", "y"])]}), &[]),
        case(
            "mixed_line_ends",
            json!({"rows": 3, "columns": [number("a", 1.0, 4.0), {"missing": 1}]}),
            &[(4, "1 fields where 2")],
        ),
        case("no_final_newline", json!({"rows": 2, "columns": ab()}), &[]),
        // quotes
        case(
            "quoted_newlines",
            json!({"rows": 4, "columns": [{"max": 4}, {"missing": 1, "top": [{"value": "x\ny"}, {"value": "p\r\nq"}, {"value": "z"}]}]}),
            &[(7, "1 fields where 2")],
        ),
        case(
            "text_after_quote",
            json!({"rows": 2, "columns": [{}, category("b", &["xy", "z"])]}),
            &[(2, "closing quote")],
        ),
        case(
            "quote_inside_field",
            json!({"rows": 2, "columns": [{}, category("b", &["5\" disk", "3\" disk"])]}),
            &[],
        ),
        case(
            "doubled_quotes",
            json!({"rows": 3, "columns": [{}, {"missing": 1, "top": [{"value": "say \"hi\""}, {"value": "\""}]}]}),
            &[],
        ),
        case(
            "single_quotes",
            json!({"rows": 3, "columns": [{}, category("b", &["x, y", "p, q", "it's"])]}),
            &[],
        ),
        case(
            "apostrophes",
            json!({"rows": 3, "columns": [{}, category("b", &["it's", "don't", "'tis"])]}),
            &[],
        ),
        case(
            "backslash_escapes",
            json!({"rows": 2, "columns": [{}, category("b", &["say \"hi\" now", "a \"b\", c"])]}),
            &[],
        ),
        // numbers as people write them
        case(
            "thousands",
            json!({"columns": [number("a", 1234.0, 12345.5), number("b", 1234.5, 2000.25), number("c", 1000.0, 2500.0)]}),
            &[],
        ),
        case(
            "currency",
            json!({"columns": [{"min": 5, "max": 7.5, "unit": "$"}, {"min": 1, "max": 2, "unit": "€"}, {"min": -4, "max": -3, "unit": "$"}]}),
            &[],
        ),
        case(
            "percent",
            json!({"columns": [{}, {"name": "rate", "type": "number", "min": 0.07, "max": 0.5, "unit": "%"}]}),
            &[],
        ),
        case("spaces_around_numbers", json!({"rows": 2, "columns": ab()}), &[]),
        case(
            "subnormal",
            json!({"columns": [{"type": "number", "missing": 0, "distinct": 3, "max": 2.225_073_858_507_201_4e-308}]}),
            &[],
        ),
        case(
            "missing_markers",
            json!({"rows": 9, "columns": [{"type": "number", "missing": 7, "min": 1, "max": 8}, {"missing": 5, "distinct": 3}]}),
            &[],
        ),
        case(
            "leading_zeros",
            json!({"columns": [category("id", &["001", "002", "010"]), category("zip", &["01234", "98765", "00501"]), number("v", 1.0, 3.0)]}),
            &[(2, "'id'"), (2, "'zip'")],
        ),
        // one past 2^53 would be rounded to its neighbour
        case(
            "big_integers",
            json!({"columns": [category("id", &["9007199254740992", "9007199254740993", "9007199254740994"]), {}]}),
            &[(3, "9007199254740993")],
        ),
        // types
        case(
            "dates",
            json!({"rows": 2, "columns": [date("iso"), date("dot"), date("us"), date("eu"), date("long"), date("month_first"),
            {"name": "stamp", "type": "date", "min": "2023-11-30T22:00:00", "max": "2024-03-31T14:30:00"}, date("short")]}),
            &[],
        ),
        case("ambiguous_dates", json!({"columns": [{"type": "date"}, {}]}), &[(1, "'day'")]),
        case(
            "impossible_date",
            json!({"columns": [category("day", &["2024-02-29", "2023-02-29", "2024-01-01"]), {}]}),
            &[(3, "'2023-02-29'")],
        ),
        case(
            "booleans",
            json!({"columns": [{"type": "boolean"}, {"type": "boolean", "missing": 1}, {"type": "boolean"}, {"type": "boolean"}, {"type": "number"}]}),
            &[],
        ),
        case(
            "mixed_column",
            json!({"rows": 10, "columns": [{"name": "x", "type": "category", "missing": 0, "distinct": 10}, number("y", 10.0, 100.0)]}),
            &[(7, "'oops'")],
        ),
        case(
            "formulas",
            json!({"columns": [category("a", &["=1+1", "=SUM(A1:A2)", "=HYPERLINK(\"http://x\")"]), category("b", &["@x", "+cmd", "-x"])]}),
            &[],
        ),
    ]
}

#[test]
fn every_file_of_the_corpus_is_read_as_expected() {
    let mut report = String::new();
    for case in cases() {
        let run = inspect(&corpus(case.file));
        let mut found = Vec::new();
        if run.status == 0 {
            let document = run.json();
            differences(&document, &case.expected, "", &mut found);
            check_warnings(&document, case.warnings, &mut found);
        } else {
            found.push(run.stderr);
        }
        for what in found {
            writeln!(report, "{}: {what}", case.file).unwrap();
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn a_number_that_is_not_finite_is_never_swallowed_in_silence() {
    for (file, cell) in [("infinity", "inf"), ("too_large_float", "1e999")] {
        let document = inspect(&corpus(file)).json();
        let warnings = document["warnings"].as_array().unwrap();
        let told = |w: &Value| w["line"] == 3 && w["message"].as_str().unwrap().contains(cell);
        assert!(warnings.iter().any(told), "{file}: no warning of line 3 among {warnings:?}");
    }
}

#[test]
fn a_column_of_mixed_units_stays_text_with_a_warning() {
    for (file, column) in [("mixed_currencies", "price"), ("percent_with_plain_numbers", "rate")] {
        let document = inspect(&corpus(file)).json();
        let found = document["columns"].as_array().unwrap().iter().find(|c| c["name"] == column).unwrap();
        assert_eq!(found["type"], "category", "{file}");
        let warnings = document["warnings"].as_array().unwrap();
        let told = |w: &Value| w["message"].as_str().unwrap().contains(column);
        assert!(warnings.iter().any(told), "{file}: no warning of '{column}' among {warnings:?}");
    }
}

#[test]
fn files_without_content_are_errors() {
    for file in ["empty", "whitespace", "bom_only"] {
        inspect(&corpus(file)).fails(1, &["is empty", file]);
    }
}

#[test]
fn an_unclosed_quote_is_an_error_that_names_the_line() {
    inspect(&corpus("unclosed_quote")).fails(1, &["line 3", "quote", "never closed"]);
    inspect(&corpus("unclosed_quote_second_field_later")).fails(1, &["line 4", "field 3"]);
    inspect(&corpus("lone_quote")).fails(1, &["line 1"]);
}

#[test]
fn an_unclosed_quote_far_into_a_file_is_an_error_that_names_the_line() {
    let folder = Folder::new();
    let mut text = String::from("a,b\n");
    for row in 0..200_000 {
        // lines are counted from 1 and the header is the first
        text.push_str(if row == 123_454 { "5,\"open\n" } else { "5,x\n" });
    }
    folder.write("late.csv", text);
    folder.run("inspect late.csv --json").fails(1, &["line 123456"]);
}

#[test]
fn what_is_no_file_is_an_error_that_names_it() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("data")).unwrap();
    folder.run("inspect data --json").fails(1, &["data", "folder"]);
    folder.run("inspect absent.csv --json").fails(1, &["absent.csv"]);
}

#[test]
fn what_is_not_text_is_reported_and_never_panics() {
    for file in ["random_bytes", "png", "nul_only", "only_commas", "utf8_cut", "nul_in_header"] {
        let run = inspect(&corpus(file));
        if run.status == 0 {
            let document = run.json();
            assert!(document["rows"].is_u64() && document["columns"].is_array(), "{file}");
            assert_ne!(document["warnings"], json!([]), "{file} gives no warning");
        } else {
            run.fails(1, &[file]);
        }
    }
}

#[test]
fn every_file_of_the_corpus_gives_one_document_or_one_error() {
    let mut seen = 0;
    for entry in std::fs::read_dir(format!("{}/tests/corpus/csv", env!("CARGO_MANIFEST_DIR"))).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "csv") {
            continue;
        }
        seen += 1;
        let run = inspect(path.to_str().unwrap());
        if run.status == 0 {
            run.json();
        } else {
            run.fails(1, &["drydock: "]);
        }
    }
    assert!(seen >= 70, "{seen} files");
}

#[test]
fn a_huge_quoted_field_is_one_cell() {
    let folder = Folder::new();
    let long = "lorem, \"\"ipsum\"\"\n".repeat(200_000);
    folder.write("huge.csv", format!("a,b\n1,x\n2,\"{long}\"\n3,y\n4\n"));
    let document = folder.run("inspect huge.csv --json").json();
    assert_eq!(document["rows"], 4);
    assert_eq!(document["columns"][1]["distinct"], 3);
    assert_eq!(document["columns"][1]["missing"], 1);
    assert_eq!(document["warnings"].as_array().unwrap().len(), 1);
    // the header, one line, the field's 200,001 lines, one line, then the short one
    assert_eq!(document["warnings"][0]["line"], 200_005);
}

#[test]
fn three_thousand_columns_are_read() {
    let folder = Folder::new();
    let row = |of: &dyn Fn(usize) -> String| (0..3000).map(of).collect::<Vec<_>>().join(",") + "\n";
    let header = row(&|i| format!("c{i}"));
    folder.write(
        "wide.csv",
        header + &row(&|i| i.to_string()) + &row(&|i| (i + 1).to_string()) + &row(&|_| "7".into()),
    );
    let document = folder.run("inspect wide.csv --json").json();
    assert_eq!(document["rows"], 3);
    let columns = document["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 3000);
    assert_eq!(columns[2999]["name"], "c2999");
    assert_eq!(columns[2999]["max"].as_f64(), Some(3000.0));
    assert_eq!(columns[2999]["min"].as_f64(), Some(7.0));
    assert_eq!(document["warnings"], json!([]));
}

/// 250,000 rows of a number and a word; row 200,000, which is line 200,001, is `odd`.
fn late(odd: &[u8]) -> Value {
    let folder = Folder::new();
    let mut text = b"v,w\n".to_vec();
    for row in 1..=250_000_u32 {
        if row == 200_000 {
            text.extend_from_slice(odd);
        } else {
            text.extend_from_slice(format!("{}.5,w{}\n", row % 10, row % 3).as_bytes());
        }
    }
    folder.write("late.csv", text);
    folder.run("inspect late.csv --json").json()
}

#[track_caller]
fn warned(document: &Value, line: u64, part: &str) {
    let mut found = Vec::new();
    check_warnings(document, &[(line, part)], &mut found);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_word_among_numbers_far_into_a_file_makes_the_column_text() {
    let document = late(b"oops,w0\n");
    assert_eq!(document["rows"], 250_000);
    assert_eq!(document["columns"][0]["type"], "category");
    assert_eq!(document["columns"][0]["missing"], 0);
    // 0.5, 1.5 … 9.5 and the word
    assert_eq!(document["columns"][0]["distinct"], 11);
    warned(&document, 200_001, "'oops'");
}

#[test]
fn a_decimal_comma_far_into_a_file_of_points_makes_the_column_text() {
    let document = late(b"\"3,25\",w0\n");
    assert_eq!(document["columns"][0]["type"], "category");
    assert_eq!(document["columns"][0]["distinct"], 11);
    warned(&document, 200_001, "'3,25'");
}

#[test]
fn a_decimal_comma_that_settles_the_notation_late_is_taken() {
    // 1.234 may be a thousand or a little over one, until 2.345,5 shows which
    let folder = Folder::new();
    let mut text = String::from("v;w\n");
    for row in 1..=100_000 {
        text.push_str(if row == 90_000 { "2.345,5;x\n" } else { "1.234;x\n" });
    }
    folder.write("late.csv", text);
    let document = folder.run("inspect late.csv --json").json();
    let v = &document["columns"][0];
    assert_eq!(v["type"], "number");
    assert_eq!((v["min"].as_f64(), v["max"].as_f64()), (Some(1234.0), Some(2345.5)));
}

#[test]
fn a_bad_byte_far_into_a_file_is_warned_of() {
    let document = late(b"1.5,caf\xe9\n");
    assert_eq!(document["rows"], 250_000);
    assert_eq!(document["columns"][0]["type"], "number");
    assert_eq!(document["columns"][1]["distinct"], 4);
    assert_eq!(document["warnings"].as_array().unwrap().len(), 1);
    let message = document["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("UTF-8"), "{message}");
}

#[test]
fn a_single_bad_byte_spoils_no_other_cell() {
    let folder = Folder::new();
    let mut text = "name,v\n".to_owned().into_bytes();
    for row in 1..=60_000 {
        text.extend_from_slice(if row == 50_000 { b"Zo\xeb,1\n" } else { "Zoë,1\n".as_bytes() });
    }
    folder.write("late.csv", text);
    let document = folder.run("inspect late.csv --json").json();
    assert_eq!(
        document["columns"][0]["top"][0],
        json!({"value": "Zoë", "count": 59_999}),
        "{}",
        document["warnings"]
    );
    assert_eq!(document["warnings"][0]["line"], 50_001, "{}", document["warnings"]);
}

#[test]
fn an_odd_quote_far_into_a_file_changes_one_cell() {
    let document = late(b"1.5,w\"0\"\n");
    assert_eq!(document["rows"], 250_000);
    assert_eq!(document["columns"][0]["type"], "number");
    let levels: Vec<&str> = document["columns"][1]["top"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["value"].as_str().unwrap())
        .collect();
    assert!(levels.contains(&"w\"0\""), "{levels:?}");
    assert_eq!(document["columns"][1]["distinct"], 4);

    let document = late(b"1.5,\"w\"0\n");
    assert_eq!(document["rows"], 250_000);
    assert_eq!(document["columns"][1]["distinct"], 3);
    warned(&document, 200_001, "closing quote");
}

#[test]
fn a_short_line_far_into_a_file_is_named() {
    let document = late(b"1.5\n");
    assert_eq!(document["columns"][1]["missing"], 1);
    warned(&document, 200_001, "1 fields where 2");
}
