//! Exchanges that succeed: phases, redirects, compression, streams, kept connections.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use drydock::client::{Client, Live, PhaseKind, ProxyChoice, Request, Settings};
use drydock::work::Progress;

use super::server::{Server, reply, thread};

pub(crate) fn direct() -> Settings {
    Settings { proxy: ProxyChoice::Direct, ..Settings::default() }
}

fn ms(secs: Option<f64>) -> f64 {
    secs.unwrap_or(-1.0) * 1e3
}

#[test]
fn every_phase_is_as_long_as_the_server_makes_it() {
    // waits 400 ms before its first byte and 300 ms before its last: long beside what a busy machine delays a thread by, which
    // moves the border between two phases and not their sum
    let server = Server::new(|_, stream| {
        std::thread::sleep(Duration::from_millis(400));
        stream.write_all(b"HTTP/1.1 200 OK\r\nServer-Timing: queue;dur=30, inference;dur=20\r\nContent-Length: 4\r\n\r\nab").unwrap();
        std::thread::sleep(Duration::from_millis(300));
        stream.write_all(b"cd").is_ok()
    });
    let client = Client::new().unwrap();
    let url = format!("http://localhost:{}/", server.port);
    let first = client.send(&Request::new("GET", &url), &direct(), &Progress::new()).unwrap();
    assert_eq!(first.body, b"abcd");
    let kinds = |exchange: &drydock::client::Exchange| {
        exchange.timings.phases.iter().map(|p| p.kind).collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(&first),
        [PhaseKind::Dns, PhaseKind::Connect, PhaseKind::Send, PhaseKind::Wait, PhaseKind::Receive]
    );
    let (wait, receive) =
        (ms(first.timings.secs(PhaseKind::Wait)), ms(first.timings.secs(PhaseKind::Receive)));
    let send = ms(first.timings.secs(PhaseKind::Send));
    assert!((320.0..600.0).contains(&wait), "waited {wait} ms");
    assert!((220.0..500.0).contains(&receive), "received for {receive} ms");
    assert!(send < 100.0 && send + wait + receive > 695.0, "{:?}", first.timings);
    // the phases follow each other, and nothing is counted twice
    let mut end = 0.0;
    for phase in &first.timings.phases {
        assert!(phase.start_secs >= end - 1e-6 && phase.secs >= 0.0, "{:?}", first.timings);
        end = phase.start_secs + phase.secs;
    }
    assert!(end <= first.timings.total_secs && first.timings.total_secs <= first.total_secs);
    assert!((first.server_secs() - 0.05).abs() < 1e-12);

    let second = client.send(&Request::new("GET", &url), &direct(), &Progress::new()).unwrap();
    assert!(second.timings.reused && !first.timings.reused);
    assert_eq!(kinds(&second), [PhaseKind::Send, PhaseKind::Wait, PhaseKind::Receive]);
    client.disconnect();
    let third = client.send(&Request::new("GET", &url), &direct(), &Progress::new()).unwrap();
    assert!(!third.timings.reused);
    // an address needs no look-up
    let fourth = client.send(&Request::new("GET", &server.url("/")), &direct(), &Progress::new()).unwrap();
    assert_eq!(kinds(&fourth)[0], PhaseKind::Connect);
}

/// A body that is larger than any buffer in between.
const LEN: usize = 24 << 20;

#[test]
fn sending_lasts_until_the_server_has_taken_the_body() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::thread::sleep(Duration::from_millis(400));
        let mut left = LEN;
        let mut buffer = vec![0; 1 << 20];
        while left > 0 {
            left -= stream.read(&mut buffer).unwrap().min(left);
        }
        std::thread::sleep(Duration::from_millis(50));
        reply(&mut stream, 204, "", b"");
    });
    let request = Request::new("POST", &format!("http://127.0.0.1:{port}/")).body(vec![b'x'; LEN]);
    let exchange = Client::new().unwrap().send(&request, &direct(), &Progress::new()).unwrap();
    let (send, wait) =
        (ms(exchange.timings.secs(PhaseKind::Send)), ms(exchange.timings.secs(PhaseKind::Wait)));
    assert!(send > 200.0, "sent for {send} ms");
    assert!((30.0..send + 200.0).contains(&wait), "waited {wait} ms");
    assert!(exchange.sent_bytes > LEN as u64);
}

#[test]
fn a_password_in_the_address_goes_along_to_the_same_server_and_to_no_other() {
    let away = Server::recording();
    let target = away.url("/away");
    let home = Server::new(move |request, stream| match request.target.as_str() {
        "/relative" => reply(stream, 302, "Location: got\r\n", b""),
        "/absolute" => {
            let to = format!("Location: http://{}/got\r\n", request.header("host").unwrap());
            reply(stream, 307, &to, b"")
        }
        "/away" => reply(stream, 302, &format!("Location: {target}\r\n"), b""),
        _ => reply(stream, 200, "", b"here"),
    });
    let client = Client::new().unwrap();
    let basic = "Basic bWU6cCBzcw=="; // me:p ss
    for path in ["/relative", "/absolute", "/away"] {
        let url = home.url(path).replace("http://", "http://me:p%20ss@");
        let exchange = client.send(&Request::new("GET", &url), &direct(), &Progress::new()).unwrap();
        assert_eq!(exchange.status, 200, "{path}");
        let shown = format!("{} {:?}", exchange.url, exchange.redirects);
        assert!(!shown.contains("p%20ss") && !shown.contains("p ss"), "{shown}");
        assert!(home.take().iter().all(|one| one.header("authorization") == Some(basic)), "{path}");
    }
    let arrived = away.take();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].header("authorization"), None);
}

#[test]
fn redirects_are_followed_as_browsers_do_and_the_key_stays_at_home() {
    let away = Server::recording();
    let target = away.url("/away");
    let home = Server::new(move |request, stream| match request.target.as_str() {
        "/see" => reply(stream, 303, "Location: /got?x=1\r\n", b"elsewhere"),
        "/keep" => reply(stream, 307, "Location: got\r\n", b""),
        "/found" => reply(stream, 302, "Location: /got\r\n", b""),
        "/away" => reply(stream, 308, &format!("Location: {target}\r\n"), b""),
        _ => reply(stream, 200, "", b"here"),
    });
    let client = Client::new().unwrap();
    let send = |path: &str| {
        let request = Request::new("POST", &home.url(path))
            .header("Authorization", "Bearer k")
            .header("X-Mine", "1")
            .body("body");
        client.send(&request, &direct(), &Progress::new()).unwrap()
    };
    let seen = send("/see");
    assert_eq!(
        (seen.status, seen.method.as_str(), seen.url.as_str()),
        (200, "GET", home.url("/got?x=1").as_str())
    );
    assert_eq!(seen.redirects.len(), 1);
    assert_eq!(
        (seen.redirects[0].status, seen.redirects[0].to.as_str()),
        (303, home.url("/got?x=1").as_str())
    );
    let arrived = home.take();
    assert_eq!((arrived[1].method.as_str(), arrived[1].body.as_slice()), ("GET", b"".as_slice()));
    assert_eq!(arrived[1].header("authorization"), Some("Bearer k"));
    assert_eq!(arrived[1].header("content-length"), None);

    send("/keep");
    assert_eq!(home.take()[1].body, b"body");
    send("/found");
    assert_eq!(home.take()[1].method, "GET");

    // another port is another server
    send("/away");
    let arrived = away.take();
    assert_eq!((arrived[0].method.as_str(), arrived[0].body.as_slice()), ("POST", b"body".as_slice()));
    assert_eq!((arrived[0].header("authorization"), arrived[0].header("x-mine")), (None, Some("1")));

    let settings = Settings { follow_redirects: false, ..direct() };
    let stopped = client.send(&Request::new("GET", &home.url("/see")), &settings, &Progress::new()).unwrap();
    assert_eq!((stopped.status, stopped.body.as_slice()), (303, b"elsewhere".as_slice()));
}

#[test]
fn compressed_bodies_come_out_as_they_went_in() {
    // made by Python: gzip.compress, zlib.compress, and zlib without its frame
    const TEXT: &[u8] = b"{\"a\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}";
    let compress = |code: &str| {
        let out = std::process::Command::new("python3")
            .args(["-c", &format!("import gzip, zlib, sys\nt = b'{{\"a\": \"' + b'x' * 30 + b'\"}}'\nsys.stdout.buffer.write({code})")])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    let bodies = [
        ("gzip", compress("gzip.compress(t)")),
        ("deflate", compress("zlib.compress(t)")),
        ("deflate", compress("(lambda c: c.compress(t) + c.flush())(zlib.compressobj(wbits=-15))")),
    ];
    for (encoding, body) in bodies {
        let sent = body.clone();
        let server = Server::new(move |_, stream| {
            reply(stream, 200, &format!("Content-Encoding: {encoding}\r\n"), &sent)
        });
        let exchange = Client::new()
            .unwrap()
            .send(&Request::new("GET", &server.url("/")), &direct(), &Progress::new())
            .unwrap();
        assert_eq!(exchange.body, TEXT, "{encoding}");
        assert_eq!(exchange.body_bytes_on_line, body.len() as u64);
        assert_eq!(server.take()[0].header("accept-encoding"), Some("gzip, deflate"));
    }
    // what is not what it says stays as it came, with a note
    let server =
        Server::new(|_, stream| reply(stream, 200, "Content-Encoding: gzip\r\n", b"plain after all"));
    let exchange = Client::new()
        .unwrap()
        .send(&Request::new("GET", &server.url("/")), &direct(), &Progress::new())
        .unwrap();
    assert_eq!(exchange.body, b"plain after all");
    assert!(exchange.notes[0].contains("not gzip"), "{:?}", exchange.notes);
}

#[test]
fn a_small_answer_can_not_fill_the_memory() {
    // a gigabyte of zeros in a megabyte
    let out = std::process::Command::new("python3")
        .args(["-c", "import gzip, sys\nsys.stdout.buffer.write(gzip.compress(bytes(1 << 28)))"])
        .output()
        .unwrap();
    let bomb = out.stdout;
    let server = Server::new(move |_, stream| reply(stream, 200, "Content-Encoding: gzip\r\n", &bomb));
    let settings = Settings { max_body_bytes: 1 << 20, ..direct() };
    let exchange = Client::new()
        .unwrap()
        .send(&Request::new("GET", &server.url("/")), &settings, &Progress::new())
        .unwrap();
    assert_eq!(exchange.body.len(), 1 << 20);
    assert!(exchange.notes[0].contains("larger than"), "{:?}", exchange.notes);
}

#[test]
fn events_are_told_as_they_come() {
    let server = Server::new(|_, stream| {
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
            )
            .unwrap();
        for word in ["A", "ship", "[DONE]"] {
            let event = format!("data: {word}\n\n");
            stream.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(70));
        }
        stream.write_all(b"0\r\n\r\n").is_ok()
    });
    let mut told = Vec::new();
    let begun = Instant::now();
    let exchange =
        Client::new()
            .unwrap()
            .send_live(&Request::new("GET", &server.url("/")), &direct(), &Progress::new(), &mut |live| {
                match live {
                    Live::Event(event) => told.push((event.data, begun.elapsed())),
                    Live::Head { status, .. } => told.push((status.to_string(), begun.elapsed())),
                    Live::Received(_) => {}
                }
            })
            .unwrap();
    let words: Vec<&str> = told.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["200", "A", "ship", "[DONE]"]);
    assert!(told[3].1 > told[1].1 + Duration::from_millis(120), "{told:?}");
    assert_eq!(exchange.events.len(), 3);
    assert!(exchange.events[1].at_secs - exchange.events[0].at_secs > 0.05);
}

#[test]
fn a_connection_that_the_server_closed_is_made_anew() {
    // closes after each answer without saying so
    let server = Server::new(|_, stream| {
        reply(stream, 200, "", b"{}");
        false
    });
    let client = Client::new().unwrap();
    for _ in 0..5 {
        let request = Request::new("POST", &server.url("/")).body("x");
        assert_eq!(client.send(&request, &direct(), &Progress::new()).unwrap().status, 200);
    }
    assert_eq!(server.take().len(), 5);
}

#[test]
fn bytes_that_nobody_asked_for_do_not_spoil_the_next_request() {
    // an answer to HEAD with a body, which must not be
    let server = Server::new(|_, stream| reply(stream, 200, "", b"{}"));
    let client = Client::new().unwrap();
    let head = client.send(&Request::new("HEAD", &server.url("/")), &direct(), &Progress::new()).unwrap();
    assert!(head.body.is_empty());
    let next =
        client.send(&Request::new("POST", &server.url("/")).body("x"), &direct(), &Progress::new()).unwrap();
    assert_eq!(next.body, b"{}");
    assert_eq!(server.take().iter().filter(|arrived| arrived.method == "POST").count(), 1);
}

#[test]
fn a_request_is_stopped_at_once() {
    let server = Server::new(|_, _| {
        std::thread::sleep(Duration::from_secs(20));
        false
    });
    let client = Client::new().unwrap();
    let progress = Progress::new();
    let stopper = progress.clone();
    thread(move || {
        std::thread::sleep(Duration::from_millis(100));
        stopper.cancel();
    });
    let begun = Instant::now();
    let outcome = client.send(&Request::new("GET", &server.url("/")), &direct(), &progress);
    assert_eq!(outcome, Err(drydock::client::SendError::Cancelled));
    assert!(begun.elapsed() < Duration::from_millis(600), "{:?}", begun.elapsed());
}

#[test]
fn what_is_sent_is_what_the_request_says() {
    let server = Server::recording();
    let request = Request::new("PURGE", &server.url("/a%20b/ü?q=ü&x=[1]#part"))
        .header("X-Twice", "1")
        .header("x-twice", "2")
        .header("User-Agent", "mine")
        .header("X-Text", "Grüße")
        .body(vec![0, 159, 146, 150]);
    let exchange = Client::new().unwrap().send(&request, &direct(), &Progress::new()).unwrap();
    let arrived = server.take().remove(0);
    assert_eq!((arrived.method.as_str(), arrived.target.as_str()), ("PURGE", "/a%20b/%C3%BC?q=%C3%BC&x=[1]"));
    let of = |name: &str| {
        arrived.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("x-twice"), of("user-agent"), of("x-text")),
        (vec!["1", "2"], vec!["mine"], vec!["Grüße"])
    );
    assert_eq!(arrived.body, [0, 159, 146, 150]);
    assert_eq!(of("content-type"), [] as [&str; 0]);
    assert_eq!((exchange.reason.as_str(), exchange.version.as_str()), ("Some words", "HTTP/1.1"));
    // a user in the address becomes a header and does not stay in the address
    let request = Request::new("GET", &format!("http://Aladdin:open%20sesame@127.0.0.1:{}/", server.port));
    let exchange = Client::new().unwrap().send(&request, &direct(), &Progress::new()).unwrap();
    assert_eq!(server.take()[0].header("authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert!(!exchange.url.contains("sesame"), "{}", exchange.url);
}
