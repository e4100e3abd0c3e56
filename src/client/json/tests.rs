//! Mistakes by their place, numbers as written, and the same verdicts as `serde_json`.

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
        pretty("{\"shape\":[2,1],\"rows\":[[1.50,null],[]],\"e\":[]}").unwrap(),
        "{\n  \"shape\": [2, 1],\n  \"rows\": [\n    [1.50, null],\n    []\n  ],\n  \"e\": []\n}"
    );
    let long = format!("[{}]", vec!["12345678"; 20].join(","));
    assert_eq!(pretty(&long).unwrap().lines().count(), 22);
    assert_eq!(compact(&pretty(&long).unwrap()).unwrap(), long);
    assert_eq!(
        compact(&pretty(text).unwrap()).unwrap(),
        r#"{"a":0.1000,"b":[1e5,-0,12345678901234567890123,{}],"c":{},"d":[],"e":"x\u00e9\"{"}"#
    );
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let check = |text: &str, expected: &str| {
        assert_eq!(tokens(text).unwrap_err().to_string(), expected, "{text}");
    };
    check("", "line 1, column 1: the text is empty; expected a JSON value");
    check("{\n  \"ü\": 1,\n}", "line 3, column 1: '}' after a comma; the comma before it must go");
    check("{\"ü\": nope}", "line 1, column 7: 'nope' where a value is expected");
    check("[1, 2", "line 1, column 6: the text ends before the '[' of line 1, column 1 is closed");
    check("{'a': 1}", "line 1, column 2: ''' where a key in double quotes is expected");
    check("[True]", "line 1, column 2: 'True' where a value is expected; JSON writes true");
    check(
        "[NaN]",
        "line 1, column 2: 'NaN' where a value is expected; JSON has no such number (write null for missing)",
    );
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
        "1",
        "-1.5e-7",
        "\"\"",
        "null",
        "true",
        " [ ] ",
        "{\"a\":{\"b\":[1,2,{\"c\":null}]}}",
        "1.",
        ".5",
        "+1",
        "01",
        "-",
        "1e",
        "[1 2]",
        "{\"a\":}",
        "{a:1}",
        "nul",
        "truefalse",
        "\"\\x\"",
        "\"\\u12\"",
        "\"a\tb\"",
        "[1,,2]",
        "{,}",
        "\u{FEFF}1",
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
