//! Why an exchange failed, in plain words: which hop, what happened, what to try.

use std::io;

use serde::{Deserialize, Serialize};

use super::exchange::{PhaseKind, Redirect, Timings};

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The address is no http(s) URL.
    InvalidUrl,
    /// The method is no token.
    InvalidMethod,
    /// A header's name or value is not allowed.
    InvalidHeader,
    /// No such host.
    UnknownHost,
    /// This machine has no network, or its name server does not answer.
    Offline,
    /// Nothing listens at that address.
    Refused,
    /// There is no way to that host.
    Unreachable,
    /// The other side cut the connection.
    Reset,
    /// Making the connection took too long.
    ConnectTimeout,
    /// The whole took too long.
    Timeout,
    /// The certificate has expired.
    TlsExpired,
    /// The certificate is not valid yet.
    TlsNotYetValid,
    /// The certificate was signed by nobody this machine trusts.
    TlsUnknownIssuer,
    /// The certificate was signed by itself.
    TlsSelfSigned,
    /// The certificate is for another host.
    TlsWrongHost,
    /// The other side does not speak TLS.
    TlsNotTls,
    /// Another problem of the handshake.
    Tls,
    /// A file of trusted authorities can't be used.
    Authorities,
    /// The proxy's address is of no use.
    ProxyInvalid,
    /// The proxy can't be reached.
    ProxyUnreachable,
    /// The proxy said no.
    ProxyRefused,
    /// Redirects without end.
    TooManyRedirects,
    /// A redirect that leads nowhere.
    BadRedirect,
    /// What came is not HTTP.
    NotHttp,
    /// The connection ended before the answer did.
    ClosedEarly,
    /// Anything else.
    Other,
}

/// An exchange that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// The hop at which it failed.
    pub at: PhaseKind,
    /// The address that was being asked.
    pub url: String,
    /// What happened, in one sentence.
    pub message: String,
    /// What to try, most promising first.
    pub advice: Vec<String>,
    /// What the system or the library said.
    pub detail: String,
    /// Where the time went until then.
    pub timings: Timings,
    /// The redirects before.
    pub redirects: Vec<Redirect>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if let Some(advice) = self.advice.first() {
            write!(f, " {advice}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Why there is no [`super::Exchange`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SendError {
    /// Someone asked it to stop.
    #[error("cancelled")]
    Cancelled,
    /// It failed.
    #[error("{0}")]
    Failed(Box<Failure>),
}

/// A failure before it is known where the time went.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: FailureKind,
    pub(super) message: String,
    pub(super) advice: Vec<String>,
    pub(super) detail: String,
    /// Whether the connection was one that had been used before and gave not a single byte: worth one more try.
    pub(super) stale: bool,
}

impl Fault {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>, advice: &[&str]) -> Self {
        Self {
            kind,
            message: message.into(),
            advice: advice.iter().map(|&text| text.to_owned()).collect(),
            detail: String::new(),
            stale: false,
        }
    }

    pub(super) fn detail(mut self, detail: impl std::fmt::Display) -> Self {
        self.detail = detail.to_string();
        self
    }
}

/// Whom a connection is made to, for messages.
pub(super) struct Whom<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) is_proxy: bool,
}

impl Whom<'_> {
    fn name(&self) -> String {
        let what = if self.is_proxy { "the proxy " } else { "" };
        let host = self.host;
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        format!("{what}{host}:{}", self.port)
    }

    pub(super) fn is_local(&self) -> bool {
        is_loopback(self.host)
    }
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A name that could not be looked up.
pub(super) fn explain_lookup(error: &io::Error, whom: &Whom<'_>) -> Fault {
    let text = error.to_string();
    let host = whom.host;
    // what getaddrinfo says when no name server answered (EAI_AGAIN), on Linux and macOS, and on Windows
    let is_offline = ["Temporary failure", "temporarily unavailable", "11002", "try again"]
        .iter()
        .any(|known| text.contains(known));
    let what = if whom.is_proxy { "the proxy's host" } else { "the host" };
    if is_offline {
        return Fault::new(
            FailureKind::Offline,
            format!("The name of {what} '{host}' could not be looked up: no name server answered."),
            &[
                "Check that this machine is online; a server on this machine (127.0.0.1) works without a network.",
                "The request was not sent and is not repeated by itself: send it again when you are online.",
            ],
        )
        .detail(text);
    }
    let check = if whom.is_proxy {
        "Check the proxy's address (HTTP_PROXY, HTTPS_PROXY or the settings)."
    } else {
        "Check the spelling of the address, or the variable it comes from."
    };
    Fault::new(
        FailureKind::UnknownHost,
        format!("There is no host called '{host}'."),
        &[check, "A name that only works in a company's network needs its VPN."],
    )
    .detail(text)
}

/// A connection that could not be made.
pub(super) fn explain_connect(error: &io::Error, whom: &Whom<'_>) -> Fault {
    let name = whom.name();
    let mut fault = match error.kind() {
        io::ErrorKind::ConnectionRefused if whom.is_local() && !whom.is_proxy => Fault::new(
            FailureKind::Refused,
            format!("Nothing listens on {name}: the connection was refused."),
            &[
                "Start the server, or check its port on the Serve page (`drydock serve` prints it).",
                "Check {{base}} in the environment.",
            ],
        ),
        io::ErrorKind::ConnectionRefused => Fault::new(
            FailureKind::Refused,
            format!("{name} refused the connection: nothing listens on that port, or a firewall says no."),
            &[
                "Check the port and that the server runs.",
                "Servers often listen only on 127.0.0.1 of their own machine.",
            ],
        ),
        io::ErrorKind::TimedOut => connect_timeout(&name),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => Fault::new(
            FailureKind::Offline,
            format!("There is no network on the way to {name}."),
            &[
                "Check that this machine is online; a server on this machine (127.0.0.1) works without a network.",
                "The request was not sent and is not repeated by itself.",
            ],
        ),
        io::ErrorKind::HostUnreachable | io::ErrorKind::AddrNotAvailable => Fault::new(
            FailureKind::Unreachable,
            format!("{name} can't be reached from here."),
            &["Check the address, and whether it needs a VPN."],
        ),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Fault::new(
            FailureKind::Reset,
            format!("{name} cut the connection while it was made."),
            &["Try again; if it stays so, a firewall or proxy in between is likely."],
        ),
        _ => Fault::new(
            FailureKind::Other,
            format!("The connection to {name} could not be made: {error}."),
            &["Check the address."],
        ),
    };
    if whom.is_proxy {
        fault.kind = FailureKind::ProxyUnreachable;
        fault.advice.insert(
            0,
            "Check the proxy's address (HTTP_PROXY, HTTPS_PROXY or the settings), or go direct.".into(),
        );
    }
    fault.detail(error)
}

/// A connection that took too long.
pub(super) fn connect_timeout(name: &str) -> Fault {
    Fault::new(
        FailureKind::ConnectTimeout,
        format!("{name} did not answer in time while the connection was made."),
        &[
            "Check the address and port: a firewall that drops packets looks like this.",
            "Allow more time in the settings if the way is long.",
        ],
    )
}

/// The whole took too long.
pub(super) fn whole_timeout(at: PhaseKind, secs: f64) -> Fault {
    let what = match at {
        PhaseKind::Send => "the request was not taken",
        PhaseKind::Receive => "the answer was not complete",
        PhaseKind::Wait => "no answer came",
        _ => "the connection was not ready",
    };
    Fault::new(
        FailureKind::Timeout,
        format!("Given up after {secs:.1} s: {what}."),
        &[
            "Allow more time in the settings.",
            "Ask for less at once, or look at the server's log for what keeps it.",
        ],
    )
}

/// An exchange on a connection that stood.
pub(super) fn explain_exchange(error: &hyper::Error, any_byte_read: bool, https: bool) -> Fault {
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            match io.kind() {
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => {
                    return Fault::new(
                        FailureKind::Reset,
                        if any_byte_read {
                            "The other side cut the connection in the middle of its answer."
                        } else {
                            "The other side cut the connection without an answer."
                        },
                        &["Try again; look at the server's log if it stays so: it may have crashed or refused the size."],
                    )
                    .detail(error_text(error));
                }
                io::ErrorKind::UnexpectedEof if any_byte_read => {
                    return Fault::new(
                        FailureKind::ClosedEarly,
                        "The connection ended before the answer was complete.",
                        &["Try again; look at the server's log if it stays so."],
                    )
                    .detail(error_text(error));
                }
                _ => {}
            }
        }
        source = inner.source();
    }
    if error.is_parse() {
        let advice: &[&str] = if https {
            &["Check the port: this one speaks something else than HTTP/1.1."]
        } else {
            &[
                "If the server wants TLS, write https:// in front.",
                "Check the port: this one speaks something else than HTTP.",
            ]
        };
        return Fault::new(FailureKind::NotHttp, "What came back is not an HTTP answer.", advice)
            .detail(error_text(error));
    }
    if error.is_incomplete_message()
        || error.is_closed()
        || error.is_canceled()
        || error.is_body_write_aborted()
    {
        let message = if any_byte_read {
            "The connection ended before the answer was complete."
        } else {
            "The other side closed the connection without an answer."
        };
        let mut advice = vec!["Try again; look at the server's log if it stays so."];
        if !https && !any_byte_read {
            advice.push("If the server wants TLS, write https:// in front.");
        }
        return Fault::new(FailureKind::ClosedEarly, message, &advice).detail(error_text(error));
    }
    Fault::new(FailureKind::Other, format!("The exchange failed: {error}."), &["Try again."])
        .detail(error_text(error))
}

/// An error with its causes.
fn error_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
