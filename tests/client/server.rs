//! Small servers that record what arrives and answer what the test says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in small letters, sorted.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Arrived {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Without what every client says of itself and its connection.
    pub(crate) fn essence(mut self) -> Self {
        let own = [
            "user-agent",
            "accept",
            "accept-encoding",
            "host",
            "connection",
            "accept-language",
            "sec-fetch-mode",
            "content-length",
            "te",
            "expect",
            "transfer-encoding",
            "proxy-connection",
        ];
        self.headers.retain(|(name, _)| !own.contains(&name.as_str()));
        self
    }
}

/// A server that takes connections until the test ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Server {
    /// Answers every request with what `answer` writes; a connection is kept until it returns false.
    pub(crate) fn new(answer: impl Fn(&Arrived, &mut TcpStream) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let (list, answer) = (arrived.clone(), Arc::new(answer));
        thread(move || {
            for stream in listener.incoming().flatten() {
                let (list, answer) = (list.clone(), answer.clone());
                thread(move || {
                    let mut stream = stream;
                    while let Some(request) = read_request(&mut stream) {
                        list.lock().unwrap().push(request.clone());
                        if !answer(&request, &mut stream) {
                            break;
                        }
                    }
                });
            }
        });
        Self { port, arrived }
    }

    /// Answers 200 with `{}`.
    pub(crate) fn recording() -> Self {
        Self::new(|request, stream| {
            let body: &[u8] = if request.method == "HEAD" { b"" } else { b"{}" };
            reply(stream, 200, "Content-Type: application/json\r\n", body)
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn take(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.arrived.lock().unwrap())
    }
}

pub(crate) fn thread(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name("server".into()).spawn(work).unwrap();
}

/// Writes a whole answer; true, for the connection to be kept.
pub(crate) fn reply(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> bool {
    let head = format!("HTTP/1.1 {status} Some words\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).is_ok() && stream.write_all(body).is_ok()
}

pub(crate) fn read_request(stream: &mut (impl Read + Write)) -> Option<Arrived> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let mut headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    headers.sort();
    let find = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    if find("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let mut body = Vec::new();
    if find("transfer-encoding").is_some() {
        loop {
            let size = usize::from_str_radix(read_line(stream)?.trim(), 16).ok()?;
            let mut chunk = vec![0; size];
            stream.read_exact(&mut chunk).ok()?;
            read_line(stream)?;
            if size == 0 {
                break;
            }
            body.extend(chunk);
        }
    } else if let Some(length) = find("content-length") {
        body = vec![0; length.parse().ok()?];
        stream.read_exact(&mut body).ok()?;
    }
    Some(Arrived { method, target, headers, body })
}

fn read_line(stream: &mut impl Read) -> Option<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        line.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&line).into_owned())
}
