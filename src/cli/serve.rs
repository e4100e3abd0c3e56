//! `drydock serve`: the server in the foreground, until Ctrl-C or SIGTERM.

use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::Failure;
use super::report::grouped;
use crate::data::advice;
use crate::model::Model;
use crate::protocol::Protocol;
use crate::server::events::Event;
use crate::server::{Access, Limits, NextEvent, Server, ServerSettings, Upstream};
use crate::workspace::log::LogSettings;

/// Arguments of `drydock serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  drydock serve winter.json\n  drydock serve winter.json digits.json --addr 127.0.0.1:0 --log requests.db\n  \
    drydock keys new keys.toml --name class\n  drydock serve winter.json --addr 0.0.0.0:8080 --keys keys.toml\n\n\
    Then, in another terminal:\n  curl http://127.0.0.1:8080/predict -H 'Content-Type: application/json' \\\n    \
    -d '{\"store\": \"Harbour\", \"temperature_c\": 3.5, \"price\": 3.2, \"promotion\": \"yes\", \"weekday\": \"Mon\", \"footfall\": 400}'\n\n\
    One address speaks plain JSON and CSV, jobs, the Open Inference Protocol, MLflow, TensorFlow Serving and OpenAI at once;\n\
    http://127.0.0.1:8080/docs shows them all. The first line printed is the address."
)]
pub(crate) struct Args {
    /// The model files; of several with one name, the last answers
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    addr: String,
    /// Serve the models under these names, in their order (default: the names in the files); one name for several
    /// models makes them its versions
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    /// Threads for batches and jobs (default: one per processor)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Where jobs wait: embedded
    #[arg(long, value_name = "QUEUE", default_value = "embedded")]
    queue: String,
    /// Let in only those with a key of this file (see `drydock keys`); it is followed while it changes
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Keep a log of what was asked and answered in this SQLite file
    #[arg(long, value_name = "FILE.db")]
    log: Option<PathBuf>,
    /// Requests the log keeps at most; the oldest go first
    #[arg(long, value_name = "N", default_value_t = 100_000, requires = "log")]
    log_rows: u64,
    /// Days after which a request leaves the log
    #[arg(long, value_name = "DAYS", default_value_t = 30, requires = "log")]
    log_days: u32,
    /// Keep no bodies in the log
    #[arg(long, requires = "log")]
    log_no_bodies: bool,
    /// Never write the value of this field to the log (may be repeated)
    #[arg(long, value_name = "FIELD", requires = "log")]
    private: Vec<String>,
    /// Print a line per request to standard error
    #[arg(long)]
    access_log: bool,
    /// Send requests for MODEL on to an API of OpenAI's form at URL, such as `gpt-x=https://api.example.com/v1` (may be
    /// repeated)
    #[arg(long, value_name = "MODEL=URL")]
    upstream: Vec<String>,
    /// The environment variable with the secret for the upstreams; clients never see it
    #[arg(long, value_name = "VAR", requires = "upstream")]
    upstream_key_env: Option<String>,
    /// Of several models with one name, give the last only this share of the requests, in percent; the one before it
    /// answers the rest
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    canary: Option<u8>,
    /// Of several models with one name, only ask the last one along: the one before it answers, and how far the two are
    /// apart stands in /models, /metrics and the log
    #[arg(long)]
    shadow: bool,
    /// Switch a protocol off: plain, jobs, v2, mlflow, tensorflow, openai, metrics or docs (may be repeated)
    #[arg(long, value_name = "PROTOCOL")]
    without: Vec<String>,
    /// The largest body in MiB (CSV apart, which is kept in a temporary file)
    #[arg(long, value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=4096))]
    max_body: u64,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let settings = settings(args)?;
    let names: Vec<String> =
        settings.models.iter().map(|model| format!("{} (version {})", model.name, model.version)).collect();
    let open_network = !settings.addr.ip().is_loopback();
    // before the server listens, so that no signal is missed
    let (signalled, signal) = sync_channel(2);
    ctrlc::set_handler(move || {
        // a third signal finds the second one waiting
        let _full = signalled.try_send(());
    })
    .map_err(|error| Failure::work(format!("Ctrl-C can't be waited for: {error}")))?;
    let handle = Server::start(settings).map_err(Failure::work)?;
    outln!("http://{}", handle.addr());
    // whoever reads the address waits for it
    drop(std::io::stdout().flush());
    eprintln!("serving {}", names.join(", "));
    eprintln!("what it answers: http://{}/docs (Ctrl-C stops it)", handle.addr());
    if open_network {
        eprintln!(
            "warning: this address can be reached from other machines, and HTTP is not encrypted: keys can be read on the way. \
             Use it on a network you trust, or put a TLS proxy before it"
        );
    }
    // a listener costs every request a little
    if args.keys.is_some() || args.log.is_some() || !args.upstream.is_empty() {
        let mut events = handle.events();
        let notices = move || loop {
            match events.next_blocking() {
                NextEvent::Event(Event::Notice(notice)) => eprintln!("drydock: {notice}"),
                NextEvent::Closed => return,
                _ => {}
            }
        };
        // it ends with the program
        drop(std::thread::Builder::new().name("notices".into()).spawn(notices));
    }
    if signal.recv().is_err() {
        // the handler lives as long as the program
        return Ok(());
    }
    eprintln!("stopping: what was accepted is finished first (Ctrl-C again stops at once)");
    let (done, finished) = sync_channel(1);
    let stopping = std::thread::Builder::new().name("stopping".into()).spawn(move || {
        let all = handle.stop_within(Duration::from_secs(30));
        let status = handle.status();
        // nobody waits after a second signal
        let _gone = done.send((all, status.requests));
    });
    stopping.map_err(Failure::work)?;
    loop {
        if let Ok((all, requests)) = finished.recv_timeout(Duration::from_millis(50)) {
            eprintln!("stopped after {} requests", grouped(requests));
            return if all {
                Ok(())
            } else {
                Err(Failure::work("some requests or jobs were cut off after 30 s"))
            };
        }
        if signal.try_recv().is_ok() {
            return Err(Failure::work("stopped at once; requests that were being answered were cut off"));
        }
    }
}

fn settings(args: &Args) -> Result<ServerSettings, Failure> {
    if args.queue != "embedded" {
        let what = if args.queue.starts_with("redis://") {
            "a Redis queue is not part of this version; leave --queue out for the embedded one".to_owned()
        } else {
            format!("--queue '{}': expected embedded", args.queue)
        };
        return Err(Failure::usage(what));
    }
    let addr = address(&args.addr)?;
    if !args.name.is_empty() && args.name.len() != args.models.len() && args.name.len() != 1 {
        return Err(Failure::usage(format!(
            "--name is given {} times for {} models; give it once for each, or once for all",
            args.name.len(),
            args.models.len()
        )));
    }
    let mut models = Vec::new();
    for (at, path) in args.models.iter().enumerate() {
        let bytes = std::fs::read(path).map_err(|error| {
            Failure::work(format!("can't read {}: {error}{}", path.display(), advice(&error)))
        })?;
        let mut model = Model::from_json(&bytes)
            .map_err(|error| Failure::work(format!("{}: {error}", path.display())))?;
        if let Some(name) = args.name.get(at).or(args.name.first()) {
            model.name.clone_from(name);
        }
        models.push(model);
    }
    if args.canary.is_some() || args.shadow {
        let same = |a: &Model, b: &Model| a.name == b.name && a.version != b.version;
        let has_two = models.iter().enumerate().any(|(at, a)| models[..at].iter().any(|b| same(a, b)));
        if !has_two {
            return Err(Failure::usage(
                "--canary and --shadow need two versions of a name: give two model files, and --name once for both",
            ));
        }
    }
    let mut protocols = Protocol::ALL.to_vec();
    for name in &args.without {
        let known: Vec<&str> = Protocol::ALL.iter().map(|one| one.name()).collect();
        if !known.contains(&name.as_str()) {
            return Err(Failure::usage(format!("--without '{name}': expected one of {}", known.join(", "))));
        }
        protocols.retain(|one| one.name() != name);
    }
    let log = args.log.as_ref().map(|path| LogSettings {
        max_rows: args.log_rows.max(1),
        max_days: args.log_days,
        bodies: !args.log_no_bodies,
        private_fields: args.private.clone(),
        ..LogSettings::new(path)
    });
    let access_log: Option<Box<dyn Write + Send>> =
        if args.access_log { Some(Box::new(std::io::stderr())) } else { None };
    Ok(ServerSettings {
        addr,
        models,
        canary: args.canary,
        shadow: args.shadow,
        workers: args.workers.map_or(0, usize::from),
        protocols,
        access: args.keys.clone().map_or(Access::Open, Access::File),
        log,
        access_log,
        upstreams: upstreams(args)?,
        limits: Limits { max_body_bytes: args.max_body * 1024 * 1024, ..Limits::default() },
        ..ServerSettings::default()
    })
}

fn address(text: &str) -> Result<SocketAddr, Failure> {
    let wrong = |what: String| {
        Failure::usage(format!(
            "--addr '{text}': expected an address and a port, such as 127.0.0.1:8080 ({what})"
        ))
    };
    // `:8080` and `8080` are this machine's
    let full = match text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
        Ok(port) => format!("127.0.0.1:{port}"),
        Err(_) => text.to_owned(),
    };
    let mut found = full.to_socket_addrs().map_err(|error| wrong(error.to_string()))?;
    found.next().ok_or_else(|| wrong("no such host".into()))
}

fn upstreams(args: &Args) -> Result<Vec<Upstream>, Failure> {
    let secret = match &args.upstream_key_env {
        None => None,
        Some(name) => Some(std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
            Failure::work(format!(
                "the environment variable {name} is not set; set it to the secret of the remote API"
            ))
        })?),
    };
    let one = |text: &String| {
        let (model, url) = text
            .split_once('=')
            .filter(|(model, _)| !model.is_empty())
            .ok_or_else(|| Failure::usage(format!("--upstream '{text}': expected MODEL=URL")))?;
        Upstream::new(model, url, secret.as_deref())
            .map_err(|error| Failure::usage(format!("--upstream: {error}")))
    };
    args.upstream.iter().map(one).collect()
}
