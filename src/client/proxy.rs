//! Which proxy a request goes through, if any.

use url::Url;

use super::failure::{FailureKind, Fault, is_loopback};
use super::request::ProxyChoice;

/// A proxy to go through.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<String>,
}

impl Proxy {
    /// Its address, without the password.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn parse(text: &str, from: &str) -> Result<Self, Fault> {
        let refuse = |what: &str| {
            // a password may stand in it
            let shown = text.rsplit('@').next().unwrap_or(text);
            Fault::new(
                FailureKind::ProxyInvalid,
                format!("The proxy '{shown}' from {from} {what}."),
                &["Write it as http://host:port, or go direct in the settings."],
            )
        };
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&full).map_err(|error| refuse("is no address").detail(error))?;
        if url.scheme() != "http" {
            return Err(refuse("is not of a kind that is spoken here"));
        }
        let host = url.host_str().ok_or_else(|| refuse("names no host"))?;
        let authorization = (!url.username().is_empty()).then(|| {
            let user = crate::protocol::percent_decode(url.username());
            let password = crate::protocol::percent_decode(url.password().unwrap_or(""));
            super::basic(&user, &password)
        });
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port().unwrap_or(80), authorization })
    }
}

/// The proxy for an address; `env` gives the value of an environment variable.
pub(super) fn choose(
    choice: &ProxyChoice,
    url: &Url,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, Fault> {
    let host = url.host_str().unwrap_or("");
    match choice {
        ProxyChoice::Direct => Ok(None),
        ProxyChoice::Explicit(text) => Proxy::parse(text, "the settings").map(Some),
        ProxyChoice::Environment => {
            let first = |names: &[&str]| {
                names.iter().find_map(|&name| {
                    env(name).filter(|value| !value.trim().is_empty()).map(|value| (name.to_owned(), value))
                })
            };
            let found = if url.scheme() == "https" {
                first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
            } else {
                first(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
            };
            let Some((name, value)) = found else { return Ok(None) };
            let exempt = first(&["no_proxy", "NO_PROXY"]).map(|(_, value)| value).unwrap_or_default();
            if is_loopback(host) || is_exempt(host, url.port_or_known_default(), &exempt) {
                return Ok(None);
            }
            Proxy::parse(value.trim(), &name).map(Some)
        }
    }
}

/// Whether `NO_PROXY` names the host: itself, a domain it lies in, or everything (`*`), with or without a port.
fn is_exempt(host: &str, port: Option<u16>, list: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let entry = entry.to_ascii_lowercase();
        let is_v6 = entry.matches(':').count() > 1 && !entry.starts_with('[');
        let (name, wanted_port) = match entry.rsplit_once(':') {
            Some((name, digits)) if !is_v6 && digits.parse::<u16>().is_ok() => (name, digits.parse().ok()),
            _ => (entry.as_str(), None),
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let name = name.strip_prefix("*.").or_else(|| name.strip_prefix('.')).unwrap_or(name);
        let matches = host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        matches && wanted_port.is_none_or(|wanted| Some(wanted) == port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(url: &str, env: &[(&str, &str)]) -> Option<String> {
        let get = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let url = Url::parse(url).unwrap();
        choose(&ProxyChoice::Environment, &url, get).unwrap().map(|proxy| proxy.name())
    }

    #[test]
    fn the_environment_is_read_as_curl_reads_it() {
        let both = [
            ("HTTP_PROXY", "http://p:1"),
            ("HTTPS_PROXY", "s:2"),
            ("NO_PROXY", "a.org, .b.org,c.org:8080,10.0.0.1"),
        ];
        let check =
            |url: &str, expected: Option<&str>| assert_eq!(chosen(url, &both).as_deref(), expected, "{url}");
        check("http://x.org/", Some("p:1"));
        check("https://x.org/", Some("s:2"));
        check("http://a.org/", None);
        check("http://sub.a.org/", None);
        check("http://nota.org/", Some("p:1"));
        check("http://x.b.org/", None);
        check("http://c.org:8080/", None);
        check("http://c.org/", Some("p:1"));
        check("http://10.0.0.1/", None);
        check("http://127.0.0.1:8080/", None);
        check("http://[::1]:8080/", None);
        check("http://localhost/", None);
        assert_eq!(
            chosen("https://x.org", &[("ALL_PROXY", "http://[::1]:3128")]).as_deref(),
            Some("::1:3128")
        );
        assert_eq!(chosen("https://x.org", &[("ALL_PROXY", "p"), ("NO_PROXY", "*")]), None);
    }

    #[test]
    fn a_proxy_of_no_use_is_said_without_its_password() {
        let url = Url::parse("http://x.org").unwrap();
        let explicit = |text: &str| choose(&ProxyChoice::Explicit(text.into()), &url, |_| None);
        let fault = explicit("socks5://me:secret@p:1").unwrap_err();
        assert!(fault.message.contains("p:1") && !fault.message.contains("secret"), "{}", fault.message);
        // RFC 7617's own example
        let proxy = explicit("http://Aladdin:open%20sesame@p:3128").unwrap().unwrap();
        assert_eq!(proxy.authorization.as_deref(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    }
}
