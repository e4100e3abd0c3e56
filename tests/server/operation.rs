//! Ids, metrics, the log, events, the description, switching protocols, stopping.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use drydock::protocol::Protocol;
use drydock::server::events::Event;
use drydock::server::{NextEvent, ServerSettings};
use drydock::workspace::log::{LogSettings, PredictionLog};

use super::http::{Connection, get, post, send};
use super::served::{line, server, with};

const RECORD: &str = r#"{"a": 4, "shop": "Y", "open": true}"#;

#[test]
fn a_request_keeps_its_id_and_others_get_one() {
    let server = server();
    let own = send(server.addr(), "GET /ping HTTP/1.1\nx-request-id: abc-123", b"");
    assert_eq!(own.header("x-request-id"), Some("abc-123"));
    let odd = send(server.addr(), "GET /ping HTTP/1.1\nx-request-id: with blank", b"");
    let first = odd.header("x-request-id").unwrap().to_owned();
    assert!(first.len() >= 16 && first != "with blank");
    assert_ne!(get(server.addr(), "/nothing").header("x-request-id").unwrap(), first);
}

#[test]
fn metrics_count_what_happened_with_routes_as_labels() {
    let server = server();
    for _ in 0..3 {
        post(server.addr(), "/models/line/predict", format!("[{RECORD},{RECORD}]")).is(200);
    }
    post(server.addr(), "/models/line/predict", "{}").is(422);
    get(server.addr(), "/some/where/else");
    let answer = send(
        server.addr(),
        "GET /metrics HTTP/1.1\naccept: application/openmetrics-text;version=1.0.0,*/*;q=0.1",
        b"",
    )
    .is(200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    let version = line().version;
    for expected in [
        "drydock_requests_total{route=\"/models/{model}/predict\",method=\"POST\",status=\"200\"} 3"
            .to_owned(),
        "drydock_requests_total{route=\"/models/{model}/predict\",method=\"POST\",status=\"422\"} 1"
            .to_owned(),
        "drydock_requests_total{route=\"other\",method=\"GET\",status=\"404\"} 1".to_owned(),
        format!("drydock_rows_total{{model=\"line\",version=\"{version}\"}} 6"),
        format!("drydock_predictions_refused_total{{model=\"line\",version=\"{version}\"}} 1"),
        format!("drydock_inference_seconds_count{{model=\"line\",version=\"{version}\"}} 3"),
        format!("drydock_queue_seconds_count{{model=\"line\",version=\"{version}\"}} 0"),
    ] {
        assert!(text.lines().any(|line| line == expected), "{expected}\n{text}");
    }
    // the format: every sample's family has a type, and every line ends
    assert!(text.ends_with('\n'));
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let typed = |name: &str| text.contains(&format!("# TYPE {name} "));
        assert!(typed(name) || typed(family), "{line}");
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
    }
    // a histogram's buckets count everything below their ends, the last one all of it
    let mut histograms: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for line in text.lines() {
        let Some((name, rest)) = line.split_once("_bucket{") else { continue };
        let (labels, rest) = rest.split_once("le=\"").unwrap();
        let count = rest.rsplit(' ').next().unwrap().parse().unwrap();
        let whole = format!("{name}_count{{{}}} ", labels.trim_end_matches(','));
        histograms.entry(whole).or_default().push(count);
    }
    assert!(histograms.len() >= 4 && histograms.values().flatten().any(|count| *count > 0), "{text}");
    for (whole, counts) in histograms {
        assert!(counts.is_sorted(), "{whole}: {counts:?}");
        let count = text.lines().find_map(|line| line.strip_prefix(&whole)).unwrap();
        assert_eq!(counts.last().unwrap().to_string(), count, "{whole}");
    }
}

/// An access log that a test can read.
#[derive(Clone, Default)]
struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_key_in_an_address_is_not_written_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let access = Lines::default();
    let access_log = Some(Box::new(access.clone()) as Box<dyn std::io::Write + Send>);
    let log = Some(LogSettings::new(&path));
    let server = with(ServerSettings { log, access_log, ..ServerSettings::default() });
    get(server.addr(), "/sk_9fK2mQ7xTz4LpW8vRb3N").is(404);
    assert!(server.stop_within(Duration::from_secs(20)));
    let rows = PredictionLog::open_to_read(&path).unwrap().latest("", 10).unwrap();
    let everything = format!("{rows:?} {}", access.text());
    assert!(rows.len() == 1 && everything.contains("there is nothing at"), "{everything}");
    assert!(!everything.contains("mQ7xTz4"), "{everything}");
}

#[test]
fn what_was_asked_and_answered_is_in_the_log_without_private_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = LogSettings { private_fields: vec!["shop".into()], ..LogSettings::new(&path) };
    let access = Lines::default();
    let access_log = Some(Box::new(access.clone()) as Box<dyn std::io::Write + Send>);
    let server = with(ServerSettings { log: Some(log), access_log, ..ServerSettings::default() });
    send(server.addr(), "POST /predict HTTP/1.1\nx-request-id: logged-1", RECORD.as_bytes()).is(200);
    send(server.addr(), "POST /predict HTTP/1.1\nx-request-id: logged-2", b"{\"a\": 1}").is(422);
    let secret = br#"{"a": 1, "shop": "Zanzibar", "open": true}"#;
    let refused = send(server.addr(), "POST /predict HTTP/1.1\nx-request-id: logged-3", secret).is(422);
    assert!(refused.text().contains("Zanzibar"), "who asked is told");
    let columns = br#"{"inputs": {"a": [1], "shop": ["Zanzibar"], "open": [true]}}"#;
    let head = "POST /invocations HTTP/1.1\ncontent-type: application/json\nx-request-id: logged-4";
    send(server.addr(), head, columns).is(400);
    send(server.addr(), "GET /sk_9fK2mQ7xTz4LpW8vRb3N HTTP/1.1\nx-request-id: logged-5", b"").is(404);
    get(server.addr(), "/ping");
    assert!(server.stop_within(Duration::from_secs(20)));
    let log = PredictionLog::open_to_read(&path).unwrap();
    let rows = log.latest("", 10).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.request_id.as_str()).collect::<Vec<_>>(),
        ["logged-5", "logged-4", "logged-3", "logged-2", "logged-1"]
    );
    let everything = format!("{rows:?} {}", access.text());
    assert!(access.text().contains("id=logged-3") && access.text().contains("id=logged-5"));
    assert!(!everything.contains("Zanzibar"), "{everything}");
    assert!(!everything.contains("mQ7xTz4"), "{everything}");
    let not_kept = Some("(not kept: an error may repeat a private value)");
    assert_eq!((rows[1].response.as_deref(), rows[2].response.as_deref()), (not_kept, not_kept));
    assert_eq!(rows[2].request.as_deref(), Some(r#"{"a":1,"shop":"***","open":true}"#));
    let row = &rows[4];
    assert_eq!(
        (row.status, row.n_rows, row.path.as_str(), row.dialect.as_str()),
        (200, 1, "/predict", "plain")
    );
    assert_eq!((row.model.as_deref(), row.version.as_deref()), (Some("line"), Some(line().version.as_str())));
    assert_eq!(row.request.as_deref(), Some(r#"{"a":4,"shop":"***","open":true}"#));
    assert!(row.response.as_ref().unwrap().contains("\"prediction\":21.5"), "{row:?}");
    assert!(row.at_unix_millis > 1_600_000_000_000 && row.total_ms > 0.0);
}

#[test]
fn a_log_that_can_not_be_written_is_told_once_and_counted_and_requests_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let server = with(ServerSettings { log: Some(LogSettings::new(&path)), ..ServerSettings::default() });
    let mut events = server.events();
    let is_failed = |count: u64| {
        let text = get(server.addr(), "/metrics").is(200).text();
        text.lines().any(|line| line == format!("drydock_log_failed_total {count}"))
    };
    assert!(is_failed(0));
    // somebody has damaged the file
    rusqlite::Connection::open(&path).unwrap().execute_batch("DROP TABLE requests").unwrap();
    for n in 1..=2 {
        post(server.addr(), "/predict", RECORD).is(200);
        let until = Instant::now() + Duration::from_secs(20);
        while !is_failed(n) {
            assert!(Instant::now() < until, "the loss is not counted");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    assert_eq!(server.status().log_lost, 2);
    let mut notices = Vec::new();
    loop {
        match events.try_next() {
            NextEvent::Event(Event::Notice(notice)) => notices.push(notice),
            NextEvent::None => break,
            _ => {}
        }
    }
    assert!(notices.len() == 1 && notices[0].contains("log.db"), "{notices:?}");
    assert!(server.stop_within(Duration::from_secs(20)));
}

#[test]
fn events_tell_each_request_and_the_real_bytes_while_capturing() {
    let server = server();
    let mut events = server.events();
    server.set_capturing(true);
    let mut connection = Connection::new(server.addr());
    connection.send(
        "POST /predict HTTP/1.1\nX-Request-Id: seen-1\nAuthorization: Bearer sk_private_key_here",
        RECORD.as_bytes(),
    );
    connection.read(false).unwrap().is(200);
    drop(connection);
    let (mut request, mut wire) = (None, None);
    let until = Instant::now() + Duration::from_secs(20);
    while (request.is_none() || wire.is_none()) && Instant::now() < until {
        match events.try_next() {
            NextEvent::Event(Event::Request(event)) => request = Some(event),
            NextEvent::Event(Event::Wire(event)) => wire = Some(event),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    let request = request.expect("the request's event");
    assert_eq!(
        (request.id.as_str(), request.status, request.n_rows, request.route),
        ("seen-1", 200, 1, "/predict")
    );
    assert!(request.hops.decode.is_some() && request.hops.queue.is_none());
    let wire = wire.expect("the request's bytes");
    let text = String::from_utf8(wire.request.clone()).unwrap();
    assert!(text.starts_with("POST /predict HTTP/1.1\r\nX-Request-Id: seen-1\r\n"), "{text}");
    assert!(text.ends_with(RECORD) && !text.contains("private_key"), "{text}");
    let answer = String::from_utf8(wire.response.clone()).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\r\n\r\n{\"prediction\":21.5"),
        "{answer}"
    );
    assert_eq!((wire.id.as_str(), wire.cut), ("seen-1", false));
}

#[test]
fn a_protocol_that_is_switched_off_is_not_there() {
    let server = server();
    server.set_protocol(Protocol::V2, false);
    get(server.addr(), "/v2/models/line").is(404);
    let document = get(server.addr(), "/openapi.json").json();
    assert!(document["paths"].get("/v2").is_none() && document["paths"].get("/predict").is_some());
    assert!(!server.status().protocols.contains(&Protocol::V2));
    server.set_protocol(Protocol::V2, true);
    get(server.addr(), "/v2/models/line").is(200);
}

#[test]
fn large_answers_are_compressed_for_those_who_take_it() {
    use std::io::Read;
    let server = server();
    let body = format!("[{}]", vec![RECORD; 6000].join(","));
    let plain = post(server.addr(), "/predict", &body).is(200);
    assert_eq!(plain.header("content-encoding"), None);
    let head = "POST /predict HTTP/1.1\ncontent-type: application/json\naccept-encoding: br, gzip;q=0.5";
    let packed = send(server.addr(), head, body.as_bytes()).is(200);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut text).unwrap();
    assert!(text == plain.body && packed.body.len() < plain.body.len());
}

#[test]
fn stopping_answers_what_was_accepted_and_takes_nothing_more() {
    let server = server();
    let addr = server.addr();
    let body = format!("[{}]", vec![RECORD; 30_000].join(","));
    let asked = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::new(addr);
                    connection.send("POST /predict HTTP/1.1", body.as_bytes());
                    connection.read(false).map(|answer| answer.status)
                })
            })
            .collect();
        // all four have been taken
        let until = Instant::now() + Duration::from_secs(20);
        while server.status().connections < 4 && server.status().requests < 4 && Instant::now() < until {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(50));
        assert!(server.stop_within(Duration::from_secs(30)));
        asked.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(asked, [Some(200); 4]);
    assert!(std::net::TcpStream::connect(addr).is_err());
    assert!(!server.status().running);
    server.stop();
}

#[test]
fn an_address_that_is_taken_is_explained() {
    let server = server();
    let settings = ServerSettings { addr: server.addr(), models: vec![line()], ..ServerSettings::default() };
    let error = drydock::server::Server::start(settings).unwrap_err().to_string();
    assert!(error.contains(&server.addr().to_string()) && error.contains("another program"), "{error}");
}
