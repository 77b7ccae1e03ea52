//! What the errors of HTTP mean.

use std::io;

use super::clock::is_clock_wrong;
use crate::transport::TransportError;

/// Returns what an error means.
pub(super) fn failure(error: &ureq::Error) -> TransportError {
    match error {
        ureq::Error::Timeout(_) => TransportError::TimedOut,
        ureq::Error::BodyExceedsLimit(_) => TransportError::TooLarge,
        ureq::Error::Rustls(error) => tls_failure(error),
        ureq::Error::Tls(reason) => TransportError::Certificate { reason: (*reason).to_owned() },
        ureq::Error::Pem(_) => {
            let reason = "the root certificate that was given is damaged".to_owned();
            TransportError::Certificate { reason }
        }
        ureq::Error::HostNotFound => unreachable_by("there is no such host, or no network"),
        ureq::Error::Io(error) => io_failure_of(error),
        error => unreachable_by(&error.to_string()),
    }
}

/// Returns what an error of reading means.
pub(super) fn io_failure(error: io::Error) -> TransportError {
    failure(&ureq::Error::from(error))
}

fn io_failure_of(error: &io::Error) -> TransportError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(error) => tls_failure(error),
        None if error.kind() == io::ErrorKind::TimedOut => TransportError::TimedOut,
        None => unreachable_by(&error.to_string()),
    }
}

fn tls_failure(error: &rustls::Error) -> TransportError {
    match error {
        rustls::Error::InvalidCertificate(error) if is_clock_wrong(error) => {
            TransportError::ClockWrong
        }
        rustls::Error::InvalidCertificate(error) => {
            TransportError::Certificate { reason: error.to_string() }
        }
        // What answers there answers without TLS, mostly by a page of HTTP.
        rustls::Error::InvalidMessage(_) => unreachable_by(
            "it speaks no TLS there: use the port at which https is spoken, or an address that begins with http://",
        ),
        error => unreachable_by(&error.to_string()),
    }
}

fn unreachable_by(reason: &str) -> TransportError {
    TransportError::Unreachable { reason: reason.to_owned() }
}
