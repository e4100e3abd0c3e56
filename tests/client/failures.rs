//! Exchanges that fail: each kind is told apart, with the hop and something to try.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use drydock::client::{Client, Failure, FailureKind, PhaseKind, ProxyChoice, Request, SendError, Settings};
use drydock::work::Progress;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig, ServerConnection, StreamOwned};

use super::exchange::direct;
use super::server::{Server, read_request, reply, thread};

fn fails(url: &str, settings: &Settings) -> Failure {
    match Client::new().unwrap().send(&Request::new("GET", url), settings, &Progress::new()) {
        Err(SendError::Failed(failure)) => *failure,
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn a_connection_that_fails_is_explained() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = fails(&format!("http://127.0.0.1:{free}/"), &direct());
    assert_eq!((refused.kind, refused.at), (FailureKind::Refused, PhaseKind::Connect));
    assert!(
        refused.message.contains(&free.to_string()) && refused.advice[0].contains("Start the server"),
        "{refused:?}"
    );
    assert!(refused.timings.secs(PhaseKind::Connect).is_some());

    // RFC 2606 keeps .invalid free; without a network no name server answers
    let unknown = fails("http://no-such-host.invalid/", &direct());
    assert!(matches!(unknown.kind, FailureKind::UnknownHost | FailureKind::Offline), "{unknown:?}");
    assert_eq!(unknown.at, PhaseKind::Dns);
    assert!(unknown.message.contains("no-such-host.invalid"));
}

#[test]
fn an_answer_that_does_not_come_is_explained() {
    let silent = Server::new(|_, _| {
        std::thread::sleep(Duration::from_secs(5));
        false
    });
    let quick = Settings { timeout: Some(Duration::from_millis(200)), ..direct() };
    let late = fails(&silent.url("/"), &quick);
    assert_eq!((late.kind, late.at), (FailureKind::Timeout, PhaseKind::Wait));
    assert!(late.message.contains("0.2 s"), "{}", late.message);

    let half = Server::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly").unwrap();
        std::thread::sleep(Duration::from_millis(50));
        false
    });
    let cut = fails(&half.url("/"), &direct());
    assert_eq!((cut.kind, cut.at), (FailureKind::ClosedEarly, PhaseKind::Receive));

    let closing = Server::new(|_, _| false);
    assert!(matches!(
        fails(&closing.url("/"), &direct()).kind,
        FailureKind::ClosedEarly | FailureKind::Reset
    ));

    let ssh = Server::new(|_, stream| {
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").unwrap();
        std::thread::sleep(Duration::from_millis(50));
        false
    });
    assert_eq!(fails(&ssh.url("/"), &direct()).kind, FailureKind::NotHttp);
}

#[test]
fn what_can_not_be_sent_is_said_before_anything_is_sent() {
    let server = Server::recording();
    let kind = |url: &str| fails(url, &direct()).kind;
    for url in
        ["", "  ", "http://", "ftp://x/", "http://a b/", "http://x:99999/", "http://[::1/", "{{base}}/x"]
    {
        assert_eq!(kind(url), FailureKind::InvalidUrl, "{url}");
    }
    assert!(fails("{{base}}/x", &direct()).message.contains("'base'"));
    let refuse = |request: Request| match Client::new().unwrap().send(&request, &direct(), &Progress::new()) {
        Err(SendError::Failed(failure)) => failure.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(refuse(Request::new("GET IT", &server.url("/"))), FailureKind::InvalidMethod);
    assert_eq!(refuse(Request::new("GET", &server.url("/")).header("a b", "1")), FailureKind::InvalidHeader);
    assert_eq!(
        refuse(Request::new("GET", &server.url("/")).header("a", "1\r\nb: 2")),
        FailureKind::InvalidHeader
    );
    assert_eq!(
        refuse(Request::new("POST", &server.url("/")).header("Content-Length", "9").body("x")),
        FailureKind::InvalidHeader
    );
    assert!(server.take().is_empty());
}

#[test]
fn redirects_without_end_or_aim_are_explained() {
    let server = Server::new(|request, stream| {
        let to = match request.target.as_str() {
            "/mail" => "mailto:me@x.org",
            "/a" => "/b",
            _ => "/a",
        };
        reply(stream, 302, &format!("Location: {to}\r\n"), b"")
    });
    let circle = fails(&server.url("/a"), &direct());
    assert_eq!((circle.kind, circle.redirects.len()), (FailureKind::TooManyRedirects, 11));
    assert!(circle.message.contains("in circles"));
    let mail = fails(&server.url("/mail"), &direct());
    assert_eq!(mail.kind, FailureKind::BadRedirect);
    assert!(mail.message.contains("mailto:me@x.org"));
}

/// A TLS server with one certificate; answers once per connection.
fn tls_server(certificate: &rcgen::Certificate, key: &KeyPair) -> u16 {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            if read_request(&mut stream).is_some() {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").ok();
                stream.flush().ok();
            }
        }
    });
    port
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

#[test]
fn tls_works_with_an_authority_of_ones_own_and_each_fault_is_told_apart() {
    let school = authority("School CA");
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("school.pem");
    std::fs::write(&pem, school.pem()).unwrap();
    let trusting = Settings { extra_authorities: Some(pem.clone()), ..direct() };
    let key = KeyPair::generate().unwrap();
    let named = |names: &[&str]| {
        CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
    };
    let url = |port: u16| format!("https://localhost:{port}/");

    let good = tls_server(&named(&["localhost"]).signed_by(&key, &school).unwrap(), &key);
    let exchange =
        Client::new().unwrap().send(&Request::new("GET", &url(good)), &trusting, &Progress::new()).unwrap();
    assert_eq!(exchange.body, b"ok");
    let tls = exchange.tls.clone().unwrap();
    assert_eq!((tls.version.as_str(), tls.verified), ("TLS 1.3", true));
    assert!(exchange.timings.secs(PhaseKind::Tls).is_some_and(|secs| secs > 0.0));

    let unknown = fails(&url(good), &direct());
    assert_eq!((unknown.kind, unknown.at), (FailureKind::TlsUnknownIssuer, PhaseKind::Tls));
    assert!(unknown.message.contains("'School CA'"), "{}", unknown.message);

    let unchecked = Settings { verify_tls: false, ..direct() };
    let exchange =
        Client::new().unwrap().send(&Request::new("GET", &url(good)), &unchecked, &Progress::new()).unwrap();
    assert!(!exchange.tls.unwrap().verified);

    let wrong = fails(&format!("https://127.0.0.1:{good}/"), &trusting);
    assert_eq!(wrong.kind, FailureKind::TlsWrongHost);
    assert!(wrong.message.contains("localhost"), "{}", wrong.message);

    let mut old = named(&["localhost"]);
    (old.not_before, old.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 2, 3));
    let expired = fails(&url(tls_server(&old.signed_by(&key, &school).unwrap(), &key)), &trusting);
    assert_eq!(expired.kind, FailureKind::TlsExpired);
    assert!(expired.message.contains("2020-02-03"), "{}", expired.message);

    let mut new = named(&["localhost"]);
    (new.not_before, new.not_after) = (date_time_ymd(3000, 1, 1), date_time_ymd(3001, 1, 1));
    let early = fails(&url(tls_server(&new.signed_by(&key, &school).unwrap(), &key)), &trusting);
    assert_eq!(early.kind, FailureKind::TlsNotYetValid);

    let own = fails(&url(tls_server(&named(&["localhost"]).self_signed(&key).unwrap(), &key)), &trusting);
    assert_eq!(own.kind, FailureKind::TlsSelfSigned, "{own:?}");

    std::fs::write(&pem, "no certificate").unwrap();
    assert_eq!(fails(&url(good), &trusting).kind, FailureKind::Authorities);

    let plain = Server::recording();
    let hasty = Settings { connect_timeout: Duration::from_secs(1), ..direct() };
    let not_tls = fails(&url(plain.port), &hasty);
    assert!(
        matches!(not_tls.kind, FailureKind::TlsNotTls | FailureKind::Reset | FailureKind::ConnectTimeout),
        "{not_tls:?}"
    );
    assert!(not_tls.advice.iter().any(|advice| advice.contains("http://")), "{not_tls:?}");
    // and the other way round
    let not_http = fails(&format!("http://localhost:{good}/"), &direct());
    assert!(not_http.advice.iter().any(|advice| advice.contains("https://")), "{not_http:?}");
}

#[test]
fn a_proxy_is_used_and_its_refusal_explained() {
    let proxy = Server::new(|request, stream| {
        match (request.method.as_str(), request.header("proxy-authorization")) {
            ("CONNECT", None) => reply(stream, 407, "Proxy-Authenticate: Basic\r\n", b""),
            ("CONNECT", Some(_)) => reply(stream, 403, "", b""),
            _ => reply(stream, 200, "", b"through the proxy"),
        }
    });
    let through = |proxy: String| Settings { proxy: ProxyChoice::Explicit(proxy), ..Settings::default() };
    let settings = through(format!("http://me:pw@127.0.0.1:{}", proxy.port));
    let request = Request::new("GET", "http://nowhere.invalid/a?b=1");
    let exchange = Client::new().unwrap().send(&request, &settings, &Progress::new()).unwrap();
    assert_eq!(exchange.body, b"through the proxy");
    assert_eq!(exchange.proxy, Some(format!("127.0.0.1:{}", proxy.port)));
    let arrived = proxy.take().remove(0);
    assert_eq!(arrived.target, "http://nowhere.invalid/a?b=1");
    // printf me:pw | base64
    assert_eq!(arrived.header("proxy-authorization"), Some("Basic bWU6cHc="));

    let refused = fails("https://nowhere.invalid/", &settings);
    assert_eq!((refused.kind, refused.at), (FailureKind::ProxyRefused, PhaseKind::Proxy));
    assert!(refused.message.contains("403"));
    assert_eq!(proxy.take()[0].target, "nowhere.invalid:443");
    let keyless = fails("https://nowhere.invalid/", &through(format!("127.0.0.1:{}", proxy.port)));
    assert!(keyless.message.contains("407"), "{}", keyless.message);

    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = fails("http://nowhere.invalid/", &through(format!("127.0.0.1:{free}")));
    assert_eq!(gone.kind, FailureKind::ProxyUnreachable);
}

#[test]
fn a_tunnel_through_a_proxy_carries_tls() {
    let school = authority("School CA");
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("school.pem");
    std::fs::write(&pem, school.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["models.example".to_owned()]).unwrap();
    let port = tls_server(&params.signed_by(&key, &school).unwrap(), &key);
    let proxy = Server::new(move |request, stream| {
        assert_eq!(request.target, "models.example:443");
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let mut upstream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut from, mut to) = (stream.try_clone().unwrap(), upstream.try_clone().unwrap());
        thread(move || {
            std::io::copy(&mut from, &mut to).ok();
        });
        std::io::copy(&mut upstream, stream).ok();
        false
    });
    let settings = Settings {
        proxy: ProxyChoice::Explicit(format!("127.0.0.1:{}", proxy.port)),
        extra_authorities: Some(pem),
        ..Settings::default()
    };
    let exchange = Client::new()
        .unwrap()
        .send(&Request::new("GET", "https://models.example/"), &settings, &Progress::new())
        .unwrap();
    assert_eq!(exchange.body, b"ok");
    assert!(exchange.timings.secs(PhaseKind::Proxy).is_some());
}
