//! TLS: whom to trust, and what is wrong with a certificate in plain words.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, InvalidMessage,
    RootCertStore, SignatureScheme,
};

use super::failure::{FailureKind, Fault};

/// What the handshake saw of the server's certificate.
#[derive(Debug, Default)]
pub(super) struct Seen {
    issuer: Option<String>,
    is_self_signed: bool,
}

/// A configuration for one connection, and where it notes what it sees.
pub(super) fn config(
    verify: bool,
    extra_authorities: Option<&Path>,
) -> Result<(Arc<ClientConfig>, Arc<Mutex<Seen>>), Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let other = |error: &dyn std::fmt::Display| {
        Fault::new(FailureKind::Tls, format!("TLS could not be set up: {error}."), &[])
    };
    let inner = if verify {
        let roots = roots(extra_authorities)?;
        let built = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
        Some(built.map_err(|error| other(&error))?)
    } else {
        None
    };
    let verifier = Verifier { inner, provider: provider.clone(), seen: seen.clone() };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| other(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), seen))
}

/// The machine's authorities, or Mozilla's where it has none, with those of a file.
fn roots(extra: Option<&Path>) -> Result<Arc<RootCertStore>, Fault> {
    static MACHINE: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let machine = MACHINE.get_or_init(|| {
        let mut store = RootCertStore::empty();
        for certificate in rustls_native_certs::load_native_certs().certs {
            // a store may hold odd old certificates; the others still count
            store.add(certificate).ok();
        }
        if store.is_empty() {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Arc::new(store)
    });
    let Some(path) = extra else { return Ok(machine.clone()) };
    let refuse = |what: String| {
        Fault::new(
            FailureKind::Authorities,
            format!("The file of trusted authorities {} {what}.", path.display()),
            &["It must be a PEM file: blocks that begin with -----BEGIN CERTIFICATE-----."],
        )
    };
    let mut store = (**machine).clone();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|e| refuse(format!("can't be read: {e}")))?;
    let mut n_added = 0;
    for certificate in certificates {
        let certificate = certificate.map_err(|e| refuse(format!("is damaged: {e}")))?;
        store.add(certificate).map_err(|e| refuse(format!("holds a certificate of no use: {e}")))?;
        n_added += 1;
    }
    if n_added == 0 {
        return Err(refuse("holds no certificate".into()));
    }
    Ok(Arc::new(store))
}

/// Checks a certificate as usual (or not at all, where the user said so), and notes who signed it.
#[derive(Debug)]
struct Verifier {
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    seen: Arc<Mutex<Seen>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some((issuer, subject)) = issuer_and_subject(end_entity) {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.is_self_signed = issuer == subject;
            seen.issuer = common_name(issuer);
        }
        match &self.inner {
            Some(inner) => {
                inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A DER value: its tag, its content, the whole of it, and what comes after it.
type Der<'a> = (u8, &'a [u8], &'a [u8], &'a [u8]);

/// The first DER value of some bytes.
fn der(bytes: &[u8]) -> Option<Der<'_>> {
    let (&tag, &first) = (bytes.first()?, bytes.get(1)?);
    let (len, head) = if first < 0x80 {
        (usize::from(first), 2)
    } else {
        let n = usize::from(first & 0x7f);
        if n == 0 || n > 4 {
            return None;
        }
        let len = bytes.get(2..2 + n)?.iter().fold(0_usize, |len, &byte| (len << 8) | usize::from(byte));
        (len, 2 + n)
    };
    let end = head.checked_add(len)?;
    Some((tag, bytes.get(head..end)?, bytes.get(..end)?, bytes.get(end..)?))
}

/// The issuer's and the subject's names of a certificate, in DER.
fn issuer_and_subject(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, certificate, ..) = der(certificate)?;
    let (_, mut rest, ..) = der(certificate)?;
    if let (0xa0, _, _, after) = der(rest)? {
        rest = after; // the version
    }
    let (.., rest) = der(rest)?; // serial number
    let (.., rest) = der(rest)?; // signature algorithm
    let (_, _, issuer, rest) = der(rest)?;
    let (.., rest) = der(rest)?; // validity
    let (_, _, subject, _) = der(rest)?;
    Some((issuer, subject))
}

/// The common name in a DER name, or its organisation.
fn common_name(name: &[u8]) -> Option<String> {
    let find = |wanted: &[u8]| {
        let (_, mut sets, ..) = der(name)?;
        while let Some((_, set, _, after)) = der(sets) {
            let (_, pair, ..) = der(set)?;
            let (_, object, _, value) = der(pair)?;
            if object == wanted {
                let (_, text, ..) = der(value)?;
                return Some(String::from_utf8_lossy(text).into_owned());
            }
            sets = after;
        }
        None
    };
    find(&[0x55, 0x04, 0x03]).or_else(|| find(&[0x55, 0x04, 0x0a]))
}

/// A handshake that failed.
pub(super) fn explain(error: &io::Error, seen: &Mutex<Seen>, host: &str) -> Fault {
    const RISK: &str = "For a test you may turn off the check in this request's settings; then anyone in between can read the key.";
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Fault::new(
                FailureKind::Reset,
                format!("{host} cut the connection during the TLS handshake."),
                &[
                    "If the server speaks plain HTTP, write http:// in front.",
                    "A proxy or firewall may be in between.",
                ],
            ),
            _ => Fault::new(FailureKind::Tls, format!("The TLS handshake with {host} failed: {error}."), &[]),
        }
        .detail(error);
    };
    let fault = match tls {
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::Expired => {
                Fault::new(FailureKind::TlsExpired, format!("The certificate of {host} has expired."), &[])
            }
            CertificateError::ExpiredContext { not_after, .. } => Fault::new(
                FailureKind::TlsExpired,
                format!("The certificate of {host} expired on {}.", day(*not_after)),
                &["The server's owner must renew it.", "Check this machine's date and time.", RISK],
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                let from = match problem {
                    CertificateError::NotValidYetContext { not_before, .. } => {
                        format!("is valid only from {} on", day(*not_before))
                    }
                    _ => "is not valid yet".into(),
                };
                Fault::new(
                    FailureKind::TlsNotYetValid,
                    format!("The certificate of {host} {from}."),
                    &["Check this machine's date and time.", RISK],
                )
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                let names = match problem {
                    CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
                        let names: Vec<&str> =
                            presented.iter().take(5).map(|name| plain_name(name)).collect();
                        format!("; it is for {}", names.join(", "))
                    }
                    _ => String::new(),
                };
                Fault::new(
                    FailureKind::TlsWrongHost,
                    format!("The certificate is not for {host}{names}."),
                    &["Use the name that the certificate is for.", RISK],
                )
            }
            _ if seen.is_self_signed => Fault::new(
                FailureKind::TlsSelfSigned,
                format!("The certificate of {host} is signed by itself, so that nobody vouches for it."),
                &[
                    "If it is your own server, name its certificate as a trusted authority in the settings (a PEM file).",
                    RISK,
                ],
            ),
            CertificateError::UnknownIssuer => Fault::new(
                FailureKind::TlsUnknownIssuer,
                match &seen.issuer {
                    Some(issuer) => {
                        format!(
                            "The certificate of {host} was signed by '{issuer}', which this machine does not trust."
                        )
                    }
                    None => {
                        format!("The certificate of {host} was signed by nobody that this machine trusts.")
                    }
                },
                &[
                    "Add that authority's certificate in the settings (a PEM file), or to the machine's own.",
                    "The server may have forgotten to send its intermediate certificate.",
                    RISK,
                ],
            ),
            other => Fault::new(
                FailureKind::Tls,
                format!("The certificate of {host} can't be trusted: {other}."),
                &["The server's owner must replace it.", RISK],
            ),
        },
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => Fault::new(
            FailureKind::TlsNotTls,
            format!("{host} answered in something other than TLS."),
            &["If the server speaks plain HTTP, write http:// in front.", "Check the port."],
        ),
        rustls::Error::AlertReceived(alert) => Fault::new(
            FailureKind::Tls,
            format!("{host} refused the TLS handshake ({alert:?})."),
            if *alert == AlertDescription::UnrecognisedName {
                &["The server does not know itself by this name: check the address."]
            } else {
                &["The server may want a client certificate or an older TLS than 1.2."]
            },
        ),
        other => Fault::new(
            FailureKind::Tls,
            format!("The TLS handshake with {host} failed: {other}."),
            &["The server may speak an older TLS than 1.2."],
        ),
    };
    fault.detail(tls)
}

/// `DnsName("x")` as rustls prints a name, without the wrapping.
fn plain_name(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

fn day(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(0);
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_| "a day out of range".into(),
        |time| time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
    )
}
