//! What is too large, too slow or too much.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use drydock::server::{Limits, ServerSettings};

use super::http::{Connection, get, post, send};
use super::served::with;

const RECORD: &str = r#"{"a": 4, "shop": "Y", "open": true}"#;

fn limited(limits: Limits) -> drydock::server::Handle {
    with(ServerSettings { limits, ..ServerSettings::default() })
}

#[test]
fn a_body_that_is_too_large_is_refused_at_once_in_every_dialect() {
    let server = limited(Limits { max_body_bytes: 100, ..Limits::default() });
    for path in [
        "/predict",
        "/jobs",
        "/invocations",
        "/v2/models/line/infer",
        "/v1/models/line:predict",
        "/v1/completions",
    ] {
        let mut connection = Connection::new(server.addr());
        // only the head is sent
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 101\r\n\r\n"
        );
        connection.write(head.as_bytes());
        let answer = connection.read(false).unwrap().is(413);
        assert!(answer.json().is_object(), "{path}");
        assert!(connection.is_closed(), "{path}");
    }
    // without a length, while it comes
    let mut connection = Connection::new(server.addr());
    connection.write(b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    connection.write(format!("c8\r\n{}\r\n", "x".repeat(200)).as_bytes());
    connection.read(false).unwrap().is(413);
    post(server.addr(), "/predict", RECORD).is(200);
}

#[test]
fn a_client_that_sends_all_of_a_refused_body_still_gets_the_answer() {
    let server = limited(Limits { max_body_bytes: 100, ..Limits::default() });
    for _ in 0..5 {
        let mut connection = Connection::new(server.addr());
        // written whole before anything is read, as most clients do
        connection.send("POST /predict HTTP/1.1", &vec![b' '; 8_000_000]);
        connection.read(false).unwrap().is(413);
    }
}

#[test]
fn a_compressed_body_is_read_and_a_bomb_is_not() {
    let server = limited(Limits { max_body_bytes: 10_000, ..Limits::default() });
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let head = "POST /predict HTTP/1.1\ncontent-type: application/json\ncontent-encoding: ";
    send(server.addr(), &format!("{head}gzip"), &gzip(RECORD.as_bytes())).is(200);
    let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    deflate.write_all(RECORD.as_bytes()).unwrap();
    send(server.addr(), &format!("{head}deflate"), &deflate.finish().unwrap()).is(200);
    let bomb = gzip(&vec![b' '; 5_000_000]);
    assert!(bomb.len() < 10_000);
    send(server.addr(), &format!("{head}gzip"), &bomb).is(413);
    send(server.addr(), &format!("{head}gzip"), b"no gzip at all").is(400);
    send(server.addr(), &format!("{head}br"), b"x").is(415);
}

#[test]
fn a_client_that_sends_its_head_or_body_too_slowly_is_cut_off() {
    let limits = Limits {
        header_timeout: Duration::from_millis(400),
        body_pause: Duration::from_millis(400),
        ..Limits::default()
    };
    let server = limited(limits);
    let began = Instant::now();
    let mut slow = TcpStream::connect(server.addr()).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.write_all(b"POST /predict HTT").unwrap();
    let mut rest = Vec::new();
    // a closed or reset connection, either way
    drop(slow.read_to_end(&mut rest));
    assert!(began.elapsed() < Duration::from_secs(15));
    let mut body = Connection::new(server.addr());
    body.write(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 30\r\n\r\n{\"a\":");
    body.read(false).unwrap().is(408);
    assert!(body.is_closed());
    // drip by drip does not help with the head
    let mut drip = TcpStream::connect(server.addr()).unwrap();
    let cut = (0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        drip.write_all(b"G").is_err()
    });
    assert!(cut, "a head that never ends is read for ever");
    get(server.addr(), "/ping").is(200);
}

#[test]
fn an_idle_connection_is_closed_and_a_working_one_is_kept() {
    let server = limited(Limits { idle_timeout: Duration::from_millis(800), ..Limits::default() });
    let mut connection = Connection::new(server.addr());
    // longer in all than it may be idle
    for _ in 0..12 {
        connection.send("POST /predict HTTP/1.1", RECORD.as_bytes());
        connection.read(false).unwrap().is(200);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(connection.is_closed());
}

#[test]
fn a_client_that_ends_its_side_still_gets_its_answers() {
    let limits = Limits { departed_timeout: Duration::from_secs(20), ..Limits::default() };
    let server = limited(limits);
    let large = format!("[{}]", vec![RECORD; 100_000].join(","));
    for body in [RECORD, &large] {
        let mut connection = Connection::new(server.addr());
        connection.send("POST /predict HTTP/1.1\ncontent-type: application/json", body.as_bytes());
        connection.end();
        let answer = connection.read(false).expect("an answer").is(200);
        assert!(answer.json()["model"] == "line");
        assert!(connection.is_closed(), "nothing more is to come");
    }
    // half a body is none
    let mut connection = Connection::new(server.addr());
    connection.write(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 30\r\n\r\n{\"a\":");
    connection.end();
    if let Some(answer) = connection.read(false) {
        answer.is(400);
    }
    assert!(connection.is_closed());
}

#[test]
fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let server = limited(Limits { write_timeout: Duration::from_millis(500), ..Limits::default() });
    let mut csv = String::from("a,shop,open,note\n");
    for n in 0..150_000 {
        csv.push_str(&format!("{n},X,false,{}\n", "long ".repeat(20)));
    }
    let mut connection = Connection::new(server.addr());
    connection.send("POST /predict HTTP/1.1\ncontent-type: text/csv", csv.as_bytes());
    // nothing is read
    let until = Instant::now() + Duration::from_mins(1);
    while server.status().connections > 0 {
        assert!(Instant::now() < until, "the connection is kept for ever");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn more_connections_than_allowed_are_told_so() {
    let server = limited(Limits { max_connections: 3, ..Limits::default() });
    let mut held: Vec<Connection> = (0..3).map(|_| Connection::new(server.addr())).collect();
    for connection in &mut held {
        connection.send("GET /ping HTTP/1.1", b"");
        connection.read(false).unwrap().is(200);
    }
    let mut refused = Connection::new(server.addr());
    let answer = refused.read(false).unwrap().is(503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    drop(held);
    let until = Instant::now() + Duration::from_secs(20);
    while server.status().connections > 0 {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
    get(server.addr(), "/ping").is(200);
}

#[test]
fn too_many_and_too_long_headers_are_refused() {
    let server = limited(Limits::default());
    let many = (0..200).fold(String::new(), |text, n| text + &format!("\nx-{n}: 1"));
    let answer = send(server.addr(), &format!("GET /ping HTTP/1.1{many}"), b"");
    assert_eq!(answer.status, 431);
    let mut long = Connection::new(server.addr());
    let head = format!("GET /ping HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    // it may be cut off while it still sends
    drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| long.write(head.as_bytes()))));
    if let Some(answer) = long.read(false) {
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    get(server.addr(), "/ping").is(200);
}

#[test]
fn a_full_queue_says_so_and_everything_that_is_accepted_is_answered() {
    let limits = Limits { max_queued: 1, ..Limits::default() };
    let server = with(ServerSettings { limits, workers: 1, ..ServerSettings::default() });
    let addr = server.addr();
    let body: String = {
        let records = vec![RECORD; 40_000];
        format!("[{}]", records.join(","))
    };
    let answers: Vec<(u16, Option<String>)> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let answer = post(addr, "/predict", &body);
                    (answer.status, answer.header("retry-after").map(str::to_owned))
                })
            })
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(answers.iter().any(|(status, _)| *status == 200), "{answers:?}");
    assert!(
        answers.iter().any(|(status, retry)| *status == 503 && retry.as_deref() == Some("1")),
        "{answers:?}"
    );
    assert!(answers.iter().all(|(status, _)| [200, 503].contains(status)), "{answers:?}");
    // single records need no worker
    post(addr, "/predict", RECORD).is(200);
}
