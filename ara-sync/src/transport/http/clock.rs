//! Telling a clock that is far off from a certificate that has expired.

use std::time::Duration;

use rustls::CertificateError;

/// A certificate that expired longer ago than this is taken for a sign that the clock is ahead: nobody serves one.
const LONG_EXPIRED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Returns whether a certificate that is not valid tells that this device's clock is wrong. Nobody serves one that is
/// to be valid in the future.
pub(super) fn is_clock_wrong(error: &CertificateError) -> bool {
    match error {
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => true,
        CertificateError::ExpiredContext { time, not_after } => {
            time.as_secs().saturating_sub(not_after.as_secs()) > LONG_EXPIRED.as_secs()
        }
        _ => false,
    }
}
