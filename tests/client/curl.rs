//! curl itself is the judge: what it sends for a command line is what the imported request sends, and what an exported command
//! line makes it send is what the request sends.

use std::collections::BTreeMap;
use std::process::Command;

use drydock::client::code::Context;
use drydock::client::curl::{export, import};
use drydock::client::variables::Values;
use drydock::client::{Client, Request};
use drydock::work::Progress;

use super::exchange::direct;
use super::server::{Arrived, Server};

/// Runs a command line in bash.
fn bash(line: &str, env: &[(&str, &str)]) {
    let out = Command::new("bash").args(["-c", line]).envs(env.iter().copied()).output().unwrap();
    assert!(out.status.success(), "{line}\n{}", String::from_utf8_lossy(&out.stderr));
}

fn only(server: &Server) -> Arrived {
    let mut all = server.take();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).essence()
}

#[test]
fn a_command_line_sends_what_curl_sends() {
    let server = Server::recording();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.bin");
    std::fs::write(&file, b"line 1\r\nline 2\n\x01\x02").unwrap();
    let file = file.to_str().unwrap();
    let lines = [
        "curl URL/a".to_owned(),
        "curl -s -X PUT 'URL/a?x=1&y=2' -H 'X-A: 1' -H \"X-B: two words\" -d '{\"a\": 1}'".into(),
        "curl --location --request POST 'URL/predict' \\\n  --header 'Content-Type: application/json' \\\n  --data-raw '{\n  \"store\": \"it'\\''s\",\n  \"t\": -4.0\n}'".into(),
        "curl -sSXPATCH URL/a -H'X-Glued: 1' -da=1 -d b=2 --data-raw @c".into(),
        "curl -G URL/search -d q=a -d 'p=xy' --data-urlencode 'z=ü &=' -H 'Accept: text/plain'".into(),
        "curl -u Aladdin:'open sesame' URL/".into(),
        "curl URL/ --data-raw $'{\"text\":\"it\\'s \\u00fc\\n\\x41\"}' -H 'content-type: text/plain'".into(),
        "curl -I URL/head".into(),
        "curl --compressed -A 'My Agent' -e http://ref/ -b 'a=1; b=2' URL/".into(),
        format!("curl --data-binary @{file} URL/file -H 'Content-Type: application/octet-stream'"),
        format!("curl -d @{file} -d more URL/file"),
        "curl --json '{\"a\": [1, 2]}' URL/json".into(),
        "curl -H 'Content-Type:' -H 'X-Empty;' -d x URL/".into(),
        "curl --url URL/u -XDELETE --oauth2-bearer tok_123 -k -L --max-time 5 -o /dev/null".into(),
        "curl URL/ -H \"Authorization: Bearer $DRY_KEY\" -d \"{\\\"k\\\": \\\"${DRY_KEY}\\\"}\" | cat".into(),
        "curl URL/r -r 0-99 -H 'X-Colon: a:b:c' -- ".into(),
    ];
    let client = Client::new().unwrap();
    let mut values = Values::new();
    values.set_secret("DRY_KEY", "sk_from_env");
    for line in lines {
        let line = line.replace("URL", &server.url(""));
        bash(&line, &[("DRY_KEY", "sk_from_env")]);
        let by_curl = server.take().remove(0);
        let imported = import(&line, |path| std::fs::read(path)).unwrap();
        let request = imported.request.fill(&values, folder.path()).unwrap();
        client.send(&request, &direct(), &Progress::new()).unwrap();
        let by_us = server.take().remove(0);
        // what the user set himself counts, also where it is one of a client's own headers
        for name in ["user-agent", "accept"] {
            if request.header_value(name).is_some() {
                assert_eq!(by_us.header(name), by_curl.header(name), "{line}");
            }
        }
        let (mut by_us, mut by_curl) = (by_us.essence(), by_curl.essence());
        // escapes are the same in small and in capital letters
        by_us.target.make_ascii_lowercase();
        by_curl.target.make_ascii_lowercase();
        assert_eq!(by_us, by_curl, "{line}");
    }
    let imported =
        import("curl -k -L -x http://p:1 -m 2.5 http://x/ -F a=@b --odd", |_| Ok(Vec::new())).unwrap();
    assert!(imported.insecure && imported.follow_redirects);
    assert_eq!((imported.proxy.as_deref(), imported.max_secs), (Some("http://p:1"), Some(2.5)));
    assert_eq!(imported.notes.len(), 2, "{:?}", imported.notes);
    for bad in ["", "wget http://x", "curl", "curl -H", "curl 'http://x", "curl -X"] {
        assert!(import(bad, |_| Ok(Vec::new())).is_err(), "{bad}");
    }
}

#[test]
fn what_belongs_to_an_option_is_not_taken_for_the_address() {
    let help = std::process::Command::new("curl").args(["--help", "all"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut tried = 0;
    for line in help.lines().filter(|line| line.trim_start().starts_with('-')) {
        // "-E, --cert <certificate[:password]> Client certificate": what is not in <> or [] behind the name has no value
        let words: Vec<&str> = line.split_whitespace().collect();
        let n_names = words.iter().take_while(|word| word.starts_with('-')).count();
        let has_value = words.get(n_names).is_some_and(|word| word.starts_with(['<', '[']));
        for name in words[..n_names].iter().map(|name| name.trim_end_matches(',')) {
            if matches!(name, "--url" | "-h" | "--help" | "-:") {
                continue;
            }
            let value = if has_value { "VALUE" } else { "" };
            let imported = import(&format!("curl {name} {value} http://x/"), |_| Ok(Vec::new())).unwrap();
            let url = imported.request.url;
            assert_eq!(url, "http://x/", "{name}");
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
    let imported = import("curl --cacert school.pem -U me:pw https://x/", |_| Ok(Vec::new())).unwrap();
    assert!(imported.notes[0].contains("school.pem") && imported.notes[0].contains("Options"));
    assert!(imported.notes[1].contains("-U") && !imported.notes[1].contains("pw"), "{:?}", imported.notes);
}

/// Requests with everything that quoting can get wrong.
pub(crate) fn nasty(server: &Server) -> Vec<Request> {
    let json = "{\n  \"it's\": \"$HOME `id` \\\\ \\\" %d ${x} ''' \\u00fc ü 😀\",\n\t\"n\": -0.10\n}";
    vec![
        Request::new("GET", &server.url("/plain")),
        Request::new("POST", &server.url("/q?a=1&b=it's&c=%20$x"))
            .header("Content-Type", "application/json")
            .body(json),
        Request::new("PUT", &server.url("/x"))
            .header("X-Quote", "it's \"so\" $HOME \\ `id`")
            .header("Content-Type", "text/plain")
            .body("@file"),
        Request::new("POST", &server.url("/untyped")).body("a=1\r\nb=2\n\"\"\"'''\"#\"##"),
        Request::new("PATCH", &server.url("/"))
            .header("Content-Type", "application/octet-stream")
            .body(vec![0_u8, 255, 10, 13, 39, 34]),
        Request::new("DELETE", &server.url("/item/[1]")),
        Request::new("POST", &server.url("/ends"))
            .header("Content-Type", "text/plain")
            .body("ends with \"quotes\"\n\\\""),
    ]
}

#[test]
fn an_exported_command_line_makes_curl_send_the_request() {
    let server = Server::recording();
    let client = Client::new().unwrap();
    for request in nasty(&server) {
        client.send(&request, &direct(), &Progress::new()).unwrap();
        let by_us = only(&server);
        let line = export(&request, &direct(), &Context::default());
        bash(&line, &[]);
        let mut by_curl = only(&server);
        // the URL standard escapes quotes in a query, curl does not; both name the same resource
        by_curl.target = by_curl.target.replace('\'', "%27");
        assert_eq!(by_curl, by_us, "{line}");
        // and what is exported can be imported again
        if !line.contains("base64") {
            let again = import(&line, |_| Ok(Vec::new()))
                .unwrap()
                .request
                .fill(&Values::new(), std::path::Path::new(""))
                .unwrap();
            assert_eq!(
                (&again.method, &again.url, &again.body),
                (&request.method, &request.url, &request.body),
                "{line}"
            );
        }
    }
}

#[test]
fn a_secret_is_a_variable_in_the_command_line() {
    let server = Server::recording();
    let mut values = Values::new();
    values.set_secret("key", "sk_it's secret");
    let env = BTreeMap::from([("key".to_owned(), "DRY_KEY".to_owned())]);
    let context = Context::new(&values, &env);
    let request = Request::new("POST", &server.url("/"))
        .header("Authorization", "Bearer sk_it's secret")
        .body("{\"k\": \"sk_it's secret\"}");
    let line = export(&request, &direct(), &context);
    assert!(!line.contains("sk_it"), "{line}");
    bash(&line, &[("DRY_KEY", "sk_it's secret")]);
    let arrived = only(&server);
    assert_eq!(arrived.header("authorization"), Some("Bearer sk_it's secret"));
    assert_eq!(arrived.body, b"{\"k\": \"sk_it's secret\"}");
}
