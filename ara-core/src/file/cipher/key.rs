//! The secret that an app gives.

use std::fmt;

use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::file::cipher::Start;

/// How often SQLCipher 4 hashes a passphrase.
const ITERATIONS: usize = 256_000;

/// The secret by which a file is encrypted: with the feature `encryption`, see [`Options::key`](crate::Options::key).
///
/// - [`raw`](Self::raw) takes 32 random bytes, which the app keeps in the key chain of the system.
///   [`random`](Self::random) makes them. Take this unless a person has to type the secret.
/// - [`passphrase`](Self::passphrase) takes what a person types. It protects as well as it is hard to guess, and opening
///   the file takes some tenth of a second, so that guesses take long.
///
/// It is wiped from memory when it is dropped, and `Debug` does not show it.
///
/// ```
/// use ara::Key;
///
/// let key = Key::random()?;
/// let kept: Vec<u8> = key.expose().to_vec(); // into the key chain
///
/// let key = Key::raw(kept.try_into().expect("32 bytes"));
/// assert_eq!(format!("{key:?}"), "Key(..)");
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Clone)]
pub struct Key(Secret);

#[derive(Clone)]
enum Secret {
    Passphrase(Zeroizing<String>),
    Raw(Zeroizing<[u8; 32]>),
}

impl Key {
    /// Takes a passphrase. The key of the pages is derived from it and the salt of the file, by PBKDF2 with SHA-512 and
    /// 256,000 rounds, as SQLCipher 4 does.
    ///
    /// Opening a file by an empty passphrase is [`Error::Open`](crate::Error::Open).
    #[must_use]
    pub fn passphrase(passphrase: impl Into<String>) -> Self {
        Self(Secret::Passphrase(Zeroizing::new(passphrase.into())))
    }

    /// Takes the key of the pages itself: 32 bytes that nobody can guess.
    #[must_use]
    pub fn raw(key: [u8; 32]) -> Self {
        Self(Secret::Raw(Zeroizing::new(key)))
    }

    /// Makes a key of 32 random bytes. Keep what [`expose`](Self::expose) returns before a file is encrypted by it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`](crate::Error::Io) if the system provides no random bytes.
    pub fn random() -> Result<Self> {
        random().map(|key| Self(Secret::Raw(key)))
    }

    /// Returns the secret, to be kept: 32 bytes, or the passphrase.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        match &self.0 {
            Secret::Passphrase(passphrase) => passphrase.as_bytes(),
            Secret::Raw(key) => &**key,
        }
    }

    /// Returns the key of the pages of a file that has this salt, or why there is none.
    pub(super) fn derived(&self, salt: &Start) -> Result<Zeroizing<[u8; 32]>, &'static str> {
        let passphrase = match &self.0 {
            Secret::Raw(key) => return Ok(key.clone()),
            Secret::Passphrase(passphrase) if passphrase.is_empty() => {
                return Err("the passphrase of its key is empty: give one that nobody guesses");
            }
            Secret::Passphrase(passphrase) => passphrase.as_bytes(),
        };
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2_hmac(passphrase, salt, ITERATIONS, MessageDigest::sha512(), &mut *key)
            .map_err(|_| "OpenSSL cannot derive a key from the passphrase: try again")?;
        Ok(key)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Returns random bytes of the system.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|error| Error::Io { reason: error.to_string() })?;
    Ok(bytes)
}
