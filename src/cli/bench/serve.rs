//! The server: CPU of its threads per request beside a bare axum echo and a handler with typed fields, all in the same run;
//! start, memory, idle connections. The clients are plain sockets on this machine, 16 connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::generate::{FEATURES, normals};
use super::{MILLISECONDS, Session};
use crate::cli::Failure;
use crate::server::yardstick::Yardstick;
use crate::server::{Server, ServerSettings};

const CONNECTIONS: usize = 16;
/// How often each is measured; the best counts.
const ROUNDS: usize = 15;

/// One thing to ask for.
struct Asked {
    addr: SocketAddr,
    request: Vec<u8>,
    threads: &'static [&'static str],
}

/// What was measured of it.
#[derive(Clone, Copy)]
struct Measured {
    /// CPU of the server's threads per request, in microseconds.
    cpu: f64,
    /// Requests per second.
    rate: f64,
}

const OURS: &[&str] = &["server", "worker-", "request log"];
const THEIRS: &[&str] = &["yardstick"];

pub(super) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    let predictor = super::predict::linear(FEATURES)?;
    let model = predictor.model().as_ref().clone();
    let handle = Server::start(ServerSettings { models: vec![model.clone()], ..ServerSettings::default() })
        .map_err(Failure::work)?;
    let yardstick = Yardstick::start().map_err(Failure::work)?;
    let names: Vec<String> = model.inputs.iter().map(|input| input.name.clone()).collect();
    let values = normals("bench serve", FEATURES * 1000);
    let record = |row: usize| -> Map<String, Value> {
        let cells = &values[row * FEATURES..(row + 1) * FEATURES];
        names.iter().cloned().zip(cells.iter().map(|value| json!((value * 1e4).round() / 1e4))).collect()
    };
    let one = Value::Object(record(0)).to_string();
    let many = Value::Array((0..1000).map(|row| Value::Object(record(row))).collect()).to_string();
    let tensors: Vec<Value> = names
        .iter()
        .map(|name| json!({"name": name, "shape": [1, 1], "datatype": "FP64", "data": [record(0)[name]]}))
        .collect();
    let v2 = json!({ "inputs": tensors }).to_string();
    let numbers: Vec<u8> = (0..1000)
        .flat_map(|row| {
            let record = record(row);
            names.iter().map(|name| record[name].as_f64().unwrap_or(0.0)).collect::<Vec<_>>()
        })
        .flat_map(f64::to_le_bytes)
        .collect();
    let head = json!({
        "inputs": [{"name": "input-0", "shape": [1000, FEATURES], "datatype": "FP64", "parameters": {"binary_data_size": numbers.len()}}],
        "parameters": {"binary_data_output": true},
    })
    .to_string();
    let header = format!("inference-header-content-length: {}\r\n", head.len());
    let binary = [head.as_bytes(), &numbers].concat();
    let name = &model.name;
    let infer = format!("/v2/models/{name}/infer");
    let ours = |path: &str, more: &str, body: &[u8]| Asked {
        addr: handle.addr(),
        request: post(path, more, body),
        threads: OURS,
    };
    let theirs = |path: &str, body: &[u8]| Asked {
        addr: yardstick.addr,
        request: post(path, "", body),
        threads: THEIRS,
    };
    for (figure, own, beside) in [
        (
            "one record, /predict",
            ours("/predict", "", one.as_bytes()),
            [("axum echo of it", theirs("/echo", one.as_bytes()))],
        ),
        (
            "one record, V2 JSON",
            ours(&infer, "", v2.as_bytes()),
            [("axum echo of it", theirs("/echo", v2.as_bytes()))],
        ),
        (
            "1,000 records, JSON",
            ours("/predict", "", many.as_bytes()),
            [("typed axum handler", theirs("/typed", many.as_bytes()))],
        ),
        (
            "1,000 rows, V2 binary",
            ours(&infer, &header, &binary),
            [("typed axum handler, JSON", theirs("/typed", many.as_bytes()))],
        ),
    ] {
        session.check()?;
        let (own, other) = (&own, &beside[0]);
        let n = if own.request.len() > 10_000 { 400 } else { 12_000 };
        let mut best: Option<(Measured, Measured)> = None;
        // in turn, so that a busy machine troubles both alike
        for _ in 0..ROUNDS {
            let (a, b) = (measure(own, n)?, measure(&other.1, n)?);
            best = Some(match best {
                None => (a, b),
                Some((x, y)) => (x.better(a), y.better(b)),
            });
        }
        let Some((a, b)) = best else { continue };
        session.value(
            format!("CPU per request, {figure}"),
            "µs",
            a.cpu,
            vec![(other.0.to_owned(), b.cpu), ("ratio".to_owned(), a.cpu / b.cpu)],
        );
        session.value(format!("rate, {figure}"), "1/s", a.rate, vec![(other.0.to_owned(), b.rate)]);
        if own.request.len() < 10_000 {
            // the same load for both: half of what the slower takes
            let rate = a.rate.min(b.rate) / 2.0;
            let (mut mine, mut theirs) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..3 {
                mine = mine.min(p99(own, rate)?);
                theirs = theirs.min(p99(&other.1, rate)?);
            }
            session.value(
                format!("p99 at half load, {figure}"),
                "ms",
                mine * MILLISECONDS.1,
                vec![(other.0.to_owned(), theirs * MILLISECONDS.1)],
            );
        }
    }
    drop(yardstick);
    handle.stop();
    process(session, &model)
}

impl Measured {
    fn better(self, other: Self) -> Self {
        Self { cpu: self.cpu.min(other.cpu), rate: self.rate.max(other.rate) }
    }
}

fn post(path: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n{more}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// How long a steady load lasts.
const LOAD: Duration = Duration::from_secs(2);

/// The 99th percentile of the time from when a request was due to the end of its answer, in seconds, when so many a second
/// are due, evenly over all connections. A request that is late because the one before it was counts its wait, too.
fn p99(asked: &Asked, rate: f64) -> Result<f64, Failure> {
    let period = Duration::from_secs_f64(CONNECTIONS as f64 / rate);
    let start = Instant::now() + Duration::from_millis(50);
    let times: Result<Vec<Vec<f64>>, std::io::Error> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|client| {
                let first = start + period.mul_f64(client as f64 / CONNECTIONS as f64);
                std::thread::Builder::new()
                    .name("bench client".into())
                    .spawn_scoped(scope, move || paced(asked, first, period))
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client?.join().map_err(|_panic| std::io::Error::other("a client failed"))?)
            .collect()
    });
    let times = times.map_err(Failure::work)?.concat();
    let at = crate::data::quantile::quantiles(&times, &[0.99]).and_then(|q| q.first().copied());
    Ok(at.unwrap_or(f64::NAN))
}

/// Sends a request whenever one is due.
fn paced(asked: &Asked, first: Instant, period: Duration) -> std::io::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(asked.addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut buffer = vec![0; 1 << 16];
    let mut times = Vec::new();
    let mut due = first;
    while due < first + LOAD {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        stream.write_all(&asked.request)?;
        answer(&mut stream, &mut buffer)?;
        times.push(due.elapsed().as_secs_f64());
        due += period;
    }
    Ok(times)
}

/// Sends `n` requests over each of a few connections at once.
fn measure(asked: &Asked, n: usize) -> Result<Measured, Failure> {
    let each = n.div_ceil(CONNECTIONS);
    let before = cpu_secs(asked.threads);
    let began = Instant::now();
    let done: Result<(), std::io::Error> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                std::thread::Builder::new()
                    .name("bench client".into())
                    .spawn_scoped(scope, || client(asked, each))
            })
            .collect();
        clients.into_iter().try_for_each(|client| {
            client?.join().map_err(|_panic| std::io::Error::other("a client failed"))?
        })
    });
    done.map_err(Failure::work)?;
    let wall = began.elapsed().as_secs_f64();
    let cpu = cpu_secs(asked.threads) - before;
    let requests = (each * CONNECTIONS) as f64;
    Ok(Measured { cpu: cpu / requests * 1e6, rate: requests / wall })
}

fn client(asked: &Asked, n: usize) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(asked.addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut buffer = vec![0; 1 << 18];
    for _ in 0..n {
        stream.write_all(&asked.request)?;
        answer(&mut stream, &mut buffer)?;
    }
    Ok(())
}

/// Reads one answer; an error for any but 200.
fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> std::io::Result<()> {
    let mut filled = 0;
    let mut whole = None;
    while whole.is_none_or(|whole| filled < whole) {
        let n = stream.read(&mut buffer[filled..])?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        filled += n;
        if whole.is_none()
            && let Some(end) = memchr::memmem::find(&buffer[..filled], b"\r\n\r\n")
        {
            whole = Some(end + 4 + content_length(&buffer[..end])?);
        }
    }
    Ok(())
}

/// How long the body is behind this head; an error for any answer but 200. Cheap, since the client's time counts in the rate.
fn content_length(head: &[u8]) -> std::io::Result<usize> {
    const NAME: &[u8] = b"content-length:";
    if !head.starts_with(b"HTTP/1.1 200") {
        let line = head.split(|byte| *byte == b'\r').next().unwrap_or(head);
        let line = String::from_utf8_lossy(line);
        return Err(std::io::Error::other(format!("the server answered {line}")));
    }
    let value = head.split(|byte| *byte == b'\n').find_map(|line| {
        line.get(..NAME.len()).filter(|name| name.eq_ignore_ascii_case(NAME))?;
        line.get(NAME.len()..)
    });
    let length = value.and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
    Ok(length.unwrap_or(0))
}

/// CPU seconds of this process's threads with these names (on Linux; elsewhere of all its threads, the clients' too).
fn cpu_secs(names: &[&str]) -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return cpu_time::ProcessTime::try_now().map_or(0.0, |time| time.as_duration().as_secs_f64());
    };
    tasks
        .flatten()
        .filter(|task| {
            let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            names.iter().any(|own| name.starts_with(own))
        })
        .filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<f64>().ok()
        })
        .sum::<f64>()
        / 1e9
}

/// The program as a process of its own: start, memory, idle connections.
fn process(session: &mut Session<'_>, model: &crate::model::Model) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(Failure::work)?;
    let path = folder.path().join("model.json");
    std::fs::write(&path, model.to_json()).map_err(Failure::work)?;
    let program = std::env::current_exe().map_err(Failure::work)?;
    let request = b"GET /v2/health/ready HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    let start = || -> std::io::Result<(std::process::Child, SocketAddr, f64)> {
        let began = Instant::now();
        let mut child = Command::new(&program)
            .arg("serve")
            .arg(&path)
            .args(["--addr", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let addr = line.trim().trim_start_matches("http://").parse().map_err(std::io::Error::other)?;
        let mut stream = TcpStream::connect(addr)?;
        stream.write_all(request)?;
        answer(&mut stream, &mut [0; 4096])?;
        Ok((child, addr, began.elapsed().as_secs_f64()))
    };
    let mut starts = Vec::new();
    for _ in 0..4 {
        let (mut child, _, seconds) = start().map_err(Failure::work)?;
        starts.push(seconds);
        end(&mut child);
    }
    let best = starts.iter().copied().fold(f64::INFINITY, f64::min);
    session.value("start to first answer, by the wall clock", "ms", best * MILLISECONDS.1, Vec::new());
    let (mut child, addr, _) = start().map_err(Failure::work)?;
    let resident = |child: &std::process::Child| -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
    };
    if let Some(mib) = resident(&child) {
        session.value("memory of the program, one model served", "MiB", mib, Vec::new());
        crate::server::raise_file_limit();
        let mut held = Vec::new();
        while held.len() < 10_000
            && let Ok(stream) = TcpStream::connect(addr)
        {
            held.push(stream);
        }
        // a request on the last one: all before it have been taken
        let answered = held
            .last_mut()
            .is_some_and(|last| last.write_all(request).is_ok() && answer(last, &mut [0; 4096]).is_ok());
        if let (Some(mib), true) = (resident(&child), answered) {
            let n = super::grouped(held.len() as u64);
            session.value(format!("memory with {n} idle connections"), "MiB", mib, Vec::new());
        }
    }
    end(&mut child);
    Ok(())
}

fn end(child: &mut std::process::Child) {
    // it may have ended by itself
    drop(child.kill());
    drop(child.wait());
}
