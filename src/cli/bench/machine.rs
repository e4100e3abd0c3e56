//! The machine that the figures are from, and this process's memory.

use serde_json::{Value, json};

/// What the figures depend on.
pub(super) fn describe(rows: usize) -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, key: &str| {
        text.lines()
            .find(|line| line.starts_with(key))
            .and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
    };
    let load = read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ");
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "optimised": !cfg!(debug_assertions),
        "peers": cfg!(feature = "peers"),
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "processor": field(&read("/proc/cpuinfo"), "model name")
            .unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        "processors": std::thread::available_parallelism().map_or(1, usize::from),
        "memory": field(&read("/proc/meminfo"), "MemTotal"),
        "load": if load.is_empty() { "unknown".to_owned() } else { load },
        "clock": super::clock::name(),
        "rows": rows,
    })
}

/// The most memory this process has held since [`forget_peak`], and what it holds now, in MiB. `None` where the
/// system does not tell.
pub(super) fn peak_and_current() -> Option<(f64, f64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let of = |key: &str| -> Option<f64> {
        let line = status.lines().find(|line| line.starts_with(key))?;
        line.split_ascii_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
    };
    Some((of("VmHWM:")?, of("VmRSS:")?))
}

/// Lets the peak begin anew (Linux). Where that is refused, the peak is that since the start.
pub(super) fn forget_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}
