//! Sealing under a key that both sides have: XChaCha20-Poly1305 with random nonces.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// How many bytes a sealed box is longer than what is in it: its nonce and its tag.
pub(crate) const OVERHEAD: usize = 24 + 16;

/// Derives a key for one purpose from a secret.
pub(crate) fn derive(secret: &[u8], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // HKDF gives up to 8,160 bytes, so that 32 are never too many.
    let expanded =
        Hkdf::<Sha256>::new(Some(b"ara-sync 1 derives"), secret).expand(purpose, key.as_mut());
    debug_assert!(expanded.is_ok());
    key
}

/// Seals bytes under a key, bound to `bound`.
///
/// # Errors
///
/// Returns [`Error::TooLarge`] for more than 256 GB.
pub(crate) fn seal(
    key: &[u8; 32],
    bound: &[u8],
    bytes: &[u8],
    what: &'static str,
    random: &mut impl CryptoRng,
) -> Result<Vec<u8>> {
    let mut nonce = [0; 24];
    random.fill_bytes(&mut nonce);
    let payload = Payload { msg: bytes, aad: bound };
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt(&XNonce::from(nonce), payload);
    Ok([&nonce[..], &sealed.map_err(|_| Error::TooLarge { what })?].concat())
}

/// Opens what [`seal`] sealed.
///
/// # Errors
///
/// Returns [`Error::DoesNotOpen`] if it was changed, or sealed under another key or bound to something
/// else.
pub(crate) fn open(
    key: &[u8; 32],
    bound: &[u8],
    sealed: &[u8],
    what: &'static str,
) -> Result<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<24>().ok_or(Error::DoesNotOpen { what })?;
    let payload = Payload { msg: sealed, aad: bound };
    let opened = XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload);
    opened.map(Zeroizing::new).map_err(|_| Error::DoesNotOpen { what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fixed, assert_only_whole};

    #[test]
    fn only_the_whole_box_opens() -> Result<()> {
        let sealed = seal(&[7; 32], b"place", b"hello", "box", &mut Fixed::new(1))?;
        assert_eq!(sealed.len(), OVERHEAD + 5);
        assert_only_whole(&sealed, |sealed| {
            open(&[7; 32], b"place", sealed, "box").is_ok_and(|opened| *opened == b"hello")
        });
        assert!(open(&[7; 32], b"other", &sealed, "box").is_err());
        assert!(open(&[8; 32], b"place", &sealed, "box").is_err());
        Ok(())
    }

    #[test]
    fn each_purpose_has_its_key() {
        assert_ne!(derive(&[7; 32], b"one"), derive(&[7; 32], b"two"));
        assert_ne!(derive(&[7; 32], b"one"), derive(&[8; 32], b"one"));
    }
}
