//! Who the database must show itself to be, if the connection to it is encrypted.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::error::{Result, StoreError};
use crate::store::postgres::address::invalid;

/// What is checked of a certificate. Each checks what the one before it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Check {
    /// Nothing: whoever answers is taken for the database.
    Nothing,
    /// That an authority that is trusted has signed it.
    Authority,
    /// That it is that of the host.
    Name,
}

/// Makes what connects, and checks certificates by those in a file, or by the authorities that browsers trust.
pub(super) fn connector(check: Check, roots: Option<&str>) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let failed = |error: &dyn StdError| StoreError::Failed { reason: error.to_string() };
    let trusted = roots.map(certificates).transpose()?.unwrap_or_default();
    let mut authorities = RootCertStore::empty();
    for certificate in &trusted {
        let added = authorities.add(certificate.clone());
        added.map_err(|_| wrong_roots(roots.unwrap_or_default(), "it has a wrong certificate"))?;
    }
    if roots.is_none() {
        authorities.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let signed =
        WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), provider.clone());
    let signed = signed.build().map_err(|error| failed(&error))?;
    let checking = Checking { check, trusted, signed, provider: provider.clone() };
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| failed(&error))?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(checking));
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

/// Reads a file of certificates, of which there is at least one.
fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let unreadable = |error| match error {
        pem::Error::Io(error) => wrong_roots(path, &error.to_string()),
        _ => wrong_roots(path, "it holds something else than certificates in the form of PEM"),
    };
    let read = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
    let read = read.collect::<std::result::Result<Vec<_>, _>>().map_err(unreadable)?;
    if read.is_empty() {
        return Err(wrong_roots(path, "it has no certificate in the form of PEM"));
    }
    Ok(read)
}

fn wrong_roots(path: &str, why: &str) -> StoreError {
    invalid(format!("sslrootcert names the file {path}, which cannot be used: {why}"))
}

/// Returns what is wrong between a relay and its database, and what to do, if that is why they do not connect.
pub(super) fn advice(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            return advice(io);
        }
        if let Some(Error::InvalidCertificate(wrong)) = error.downcast_ref() {
            return Some(advice_for(wrong));
        }
        // The driver has no other name for it.
        if error.to_string() == "server does not support TLS" {
            return Some(
                "the database takes no encrypted connections: turn on `ssl` there, or write sslmode=disable",
            );
        }
        next = error.source();
    }
    None
}

/// What is to be done if a database takes nothing but encrypted connections, as it says.
pub(super) const ENCRYPT: &str = "add sslmode=verify-full to the URL of the database";

const fn advice_for(wrong: &CertificateError) -> &'static str {
    match wrong {
        CertificateError::UnknownIssuer => {
            "no authority that is trusted has signed the certificate of the database: name a file with the \
             certificate of the one that has, by sslrootcert=FILE"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate of the database is that of another host: write the host as the certificate names it, \
             or check no name by sslmode=verify-ca"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the certificate of the database has expired: give it a new one"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate of the database is not valid yet: check the clock of this machine"
        }
        _ => {
            "the certificate of the database cannot be used: give it one of version 3 by an authority that \
             sslrootcert=FILE names"
        }
    }
}

/// Checks the certificate of a database.
#[derive(Debug)]
struct Checking {
    check: Check,
    /// Certificates that are trusted, also if one is that of the database itself.
    trusted: Vec<CertificateDer<'static>>,
    signed: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Checking {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, Error> {
        if self.check == Check::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        if !self.trusted.contains(certificate) {
            let signed = self.signed.verify_server_cert(certificate, others, name, ocsp, now);
            match signed {
                // That is looked at last.
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName
                    | CertificateError::NotValidForNameContext { .. },
                )) if self.check < Check::Name => {}
                checked => return checked,
            }
        } else if self.check == Check::Name {
            verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
