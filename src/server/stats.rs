//! Counters and times, kept without locks, and their text for Prometheus.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::models::Catalog;
use crate::protocol::route::TEMPLATES;

/// The upper ends of the histograms' buckets, in seconds.
const BUCKETS: [f64; 14] =
    [2e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1, 0.5, 2.5];

/// The statuses that are counted apart; all others count as "other".
const STATUSES: [u16; 22] = [
    200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 408, 409, 411, 413, 415, 422, 429, 500, 502, 503, 504,
    0,
];

/// The methods that are counted apart.
const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "DELETE", "other"];

/// A distribution of times.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    sum_nanos: AtomicU64,
}

impl Histogram {
    /// Counts a time.
    pub fn observe(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        if let Some(at) = BUCKETS.iter().position(|end| seconds <= *end) {
            self.buckets[at].fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.sum_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// How many times were counted, and their sum in seconds.
    #[must_use]
    pub fn count_and_sum(&self) -> (u64, f64) {
        (self.count.load(Ordering::Relaxed), self.sum_nanos.load(Ordering::Relaxed) as f64 / 1e9)
    }

    fn write(&self, name: &str, labels: &str, out: &mut String) {
        let (count, sum) = self.count_and_sum();
        let mut below = 0;
        for (end, bucket) in BUCKETS.iter().zip(&self.buckets) {
            below += bucket.load(Ordering::Relaxed);
            line(out, format_args!("{name}_bucket{{{labels},le=\"{end}\"}} {}", below.min(count)));
        }
        line(out, format_args!("{name}_bucket{{{labels},le=\"+Inf\"}} {count}"));
        line(out, format_args!("{name}_sum{{{labels}}} {sum}"));
        line(out, format_args!("{name}_count{{{labels}}} {count}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // writing to memory can't fail
    if out.write_fmt(text).is_ok() {
        out.push('\n');
    }
}

/// Counters of one model version.
#[derive(Debug, Default)]
pub struct ModelStats {
    /// Requests answered.
    pub requests: AtomicU64,
    /// Requests refused for their content.
    pub refused: AtomicU64,
    /// Rows predicted.
    pub rows: AtomicU64,
    /// Time between being put into the queue and being taken out.
    pub queue: Histogram,
    /// Time of the arithmetic.
    pub inference: Histogram,
}

/// Counters of the whole server.
#[derive(Debug)]
pub struct Stats {
    requests: Vec<AtomicU64>,
    times: Vec<Histogram>,
    /// Connections that are open.
    pub connections: AtomicU64,
    /// Connections that were taken.
    pub connections_taken: AtomicU64,
    /// Connections that were cut for being too slow or idle.
    pub connections_cut: AtomicU64,
    /// Connections that were refused since there were too many.
    pub connections_refused: AtomicU64,
    /// Rows that the prediction log could not take in time.
    pub log_lost: AtomicU64,
    /// Rows that the prediction log could not be written with.
    pub log_failed: Arc<AtomicU64>,
    /// Tokens of text made.
    pub tokens: AtomicU64,
}

impl Default for Stats {
    fn default() -> Self {
        let n = TEMPLATES.len() * METHODS.len() * STATUSES.len();
        Self {
            requests: std::iter::repeat_with(AtomicU64::default).take(n).collect(),
            times: std::iter::repeat_with(Histogram::default).take(TEMPLATES.len()).collect(),
            connections: AtomicU64::default(),
            connections_taken: AtomicU64::default(),
            connections_cut: AtomicU64::default(),
            connections_refused: AtomicU64::default(),
            log_lost: AtomicU64::default(),
            log_failed: Arc::default(),
            tokens: AtomicU64::default(),
        }
    }
}

/// What cannot be counted here and is asked for when the text is made.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    /// Batches and jobs that wait.
    pub queued: usize,
    /// Threads that work on them.
    pub workers: usize,
    /// Jobs by status.
    pub jobs: Vec<(&'static str, usize)>,
    /// When the server started, in seconds since 1970.
    pub started_unix_secs: f64,
}

type Counter = fn(&ModelStats) -> &AtomicU64;
type Times = fn(&ModelStats) -> &Histogram;
type Figure = fn(&super::mirror::Counts) -> f64;

impl Stats {
    /// Counts an answered request.
    pub fn count(&self, template: &str, method: &str, status: u16, time: Duration) {
        let template = place(&TEMPLATES, |one| *one == template);
        let method = place(&METHODS, |one| *one == method);
        let status = place(&STATUSES, |one| *one == status);
        let at = (template * METHODS.len() + method) * STATUSES.len() + status;
        self.requests[at].fetch_add(1, Ordering::Relaxed);
        self.times[template].observe(time);
    }

    /// Requests answered, in all and with a status from `low` to `high`.
    #[must_use]
    pub fn requests(&self, low: u16, high: u16) -> u64 {
        let counts = self.requests.iter().enumerate();
        counts
            .filter(|(at, _)| (low..=high).contains(&STATUSES[at % STATUSES.len()]))
            .map(|(_, count)| count.load(Ordering::Relaxed))
            .sum()
    }

    /// The text that Prometheus reads (format 0.0.4).
    #[must_use]
    pub fn text(&self, catalog: &Catalog, gauges: &Gauges) -> String {
        let mut out = String::with_capacity(8192);
        let head = |out: &mut String, name: &str, kind: &str, help: &str| {
            line(out, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
        };
        let out = &mut out;
        head(out, "drydock_build_info", "gauge", "The program's version.");
        line(out, format_args!("drydock_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")));
        head(out, "drydock_requests_total", "counter", "Requests answered, by route, method and status.");
        for (at, count) in self.requests.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count == 0 {
                continue;
            }
            let status = STATUSES[at % STATUSES.len()];
            let method = METHODS[at / STATUSES.len() % METHODS.len()];
            let route = TEMPLATES[at / STATUSES.len() / METHODS.len()];
            let status = if status == 0 { "other".to_owned() } else { status.to_string() };
            line(
                out,
                format_args!(
                    "drydock_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}"
                ),
            );
        }
        head(
            out,
            "drydock_request_seconds",
            "histogram",
            "Time from a request's head to its answer, by route.",
        );
        for (route, times) in TEMPLATES.iter().zip(&self.times) {
            if times.count_and_sum().0 > 0 {
                times.write("drydock_request_seconds", &format!("route=\"{route}\""), out);
            }
        }
        let versions = || catalog.models.values().flat_map(|versions| &versions.loaded);
        let labels = |loaded: &super::models::Loaded| {
            format!("model=\"{}\",version=\"{}\"", label(&loaded.name), label(loaded.version()))
        };
        let counters: [(&str, &str, Counter); 3] = [
            ("drydock_predictions_total", "Prediction requests answered, by model and version.", |s| {
                &s.requests
            }),
            ("drydock_predictions_refused_total", "Prediction requests refused for their content.", |s| {
                &s.refused
            }),
            ("drydock_rows_total", "Rows predicted, by model and version.", |s| &s.rows),
        ];
        for (name, help, counter) in counters {
            head(out, name, "counter", help);
            for loaded in versions() {
                let count = counter(&loaded.stats).load(Ordering::Relaxed);
                line(out, format_args!("{name}{{{}}} {count}", labels(loaded)));
            }
        }
        let times: [(&str, &str, Times); 2] = [
            (
                "drydock_queue_seconds",
                "Time in the queue before a worker took it, by model and version.",
                |s| &s.queue,
            ),
            ("drydock_inference_seconds", "Time of the arithmetic, by model and version.", |s| &s.inference),
        ];
        for (name, help, times) in times {
            head(out, name, "histogram", help);
            for loaded in versions() {
                times(&loaded.stats).write(name, &labels(loaded), out);
            }
        }
        rollout(catalog, out, &head, &labels);
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for (name, kind, help, value) in [
            ("drydock_connections", "gauge", "Open connections.", load(&self.connections)),
            ("drydock_connections_total", "counter", "Connections taken.", load(&self.connections_taken)),
            (
                "drydock_connections_cut_total",
                "counter",
                "Connections cut for being slow or idle.",
                load(&self.connections_cut),
            ),
            (
                "drydock_connections_refused_total",
                "counter",
                "Connections refused since there were too many.",
                load(&self.connections_refused),
            ),
            (
                "drydock_log_lost_total",
                "counter",
                "Rows the prediction log could not take in time.",
                load(&self.log_lost),
            ),
            (
                "drydock_log_failed_total",
                "counter",
                "Rows that are missing since the prediction log could not be written.",
                load(&self.log_failed),
            ),
            ("drydock_tokens_total", "counter", "Tokens of text made.", load(&self.tokens)),
            (
                "drydock_queue_length",
                "gauge",
                "Batches and jobs that wait for a worker.",
                gauges.queued as u64,
            ),
            ("drydock_workers", "gauge", "Workers for batches and jobs.", gauges.workers as u64),
        ] {
            head(out, name, kind, help);
            line(out, format_args!("{name} {value}"));
        }
        head(out, "drydock_jobs", "gauge", "Jobs that are kept, by status.");
        for (status, count) in &gauges.jobs {
            line(out, format_args!("drydock_jobs{{status=\"{status}\"}} {count}"));
        }
        head(out, "process_start_time_seconds", "gauge", "When the server started, in seconds since 1970.");
        line(out, format_args!("process_start_time_seconds {}", gauges.started_unix_secs));
        if let Some(bytes) = resident_bytes() {
            head(out, "process_resident_memory_bytes", "gauge", "Memory in use.");
            line(out, format_args!("process_resident_memory_bytes {bytes}"));
        }
        std::mem::take(out)
    }
}

/// What versions do beside those that answer.
fn rollout(
    catalog: &Catalog,
    out: &mut String,
    head: &impl Fn(&mut String, &str, &str, &str),
    labels: &impl Fn(&super::models::Loaded) -> String,
) {
    let canaries: Vec<_> = catalog.models.values().filter_map(|versions| versions.canary.as_ref()).collect();
    if !canaries.is_empty() {
        let name = "drydock_canary_percent";
        head(out, name, "gauge", "The share of the requests without a version that a canary answers.");
        for canary in canaries {
            line(out, format_args!("{name}{{{}}} {}", labels(&canary.loaded), canary.percent));
        }
    }
    let shadows: Vec<_> = catalog.models.values().filter_map(|versions| versions.shadow.as_ref()).collect();
    if shadows.is_empty() {
        return;
    }
    let figures: [(&str, &str, Figure); 5] = [
        (
            "drydock_shadow_requests_total",
            "Requests answered by both, by model and version in shadow.",
            |c| c.requests as f64,
        ),
        ("drydock_shadow_rows_total", "Their rows.", |c| c.rows as f64),
        ("drydock_shadow_refused_total", "Requests that the version in shadow alone refused.", |c| {
            c.refused as f64
        }),
        ("drydock_shadow_left_out_total", "Requests it was not asked since too many waited.", |c| {
            c.left_out as f64
        }),
        (
            "drydock_shadow_difference_total",
            "The sum over rows of |difference|, or of 1 for another class.",
            |c| c.apart,
        ),
    ];
    for (name, help, figure) in figures {
        head(out, name, "counter", help);
        for shadow in &shadows {
            let value = figure(&shadow.seen.counts());
            line(out, format_args!("{name}{{{}}} {value}", labels(&shadow.loaded)));
        }
    }
}

/// The place of an entry, or of the last one.
fn place<T>(list: &[T], is: impl Fn(&T) -> bool) -> usize {
    list.iter().position(is).unwrap_or(list.len() - 1)
}

/// A label's value: backslash, quote and line feed are escaped.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The memory in use, where the system says.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
