//! The challenge that a relay makes.

use std::fmt;

use hkdf::hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::bytes::Reader;
use crate::error::{Error, Result};
use crate::ids::SpaceId;

const SIZE: usize = 8 + 32;
const WHAT: &str = "challenge";

/// A challenge: an expiry, and a MAC of it and a space, under a key that only the relay has. So the
/// relay remembers no challenges, and several processes of one relay take each other's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; SIZE]);

impl Challenge {
    /// Makes a challenge for requests about a space. For requests about no space, such as the search for one, pass
    /// the id of zeros. It expires at the second `expiry` of Unix time, by the relay's clock.
    #[must_use]
    pub fn new(key: &[u8; 32], space: SpaceId, expiry: u64) -> Self {
        let tag = mac(key, space, expiry).finalize().into_bytes();
        let mut bytes = [0; SIZE];
        let (expires, sealed) = bytes.split_at_mut(8);
        expires.copy_from_slice(&expiry.to_be_bytes());
        sealed.copy_from_slice(&tag);
        Self(bytes)
    }

    /// Checks a challenge that came back.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] if it was not made under this key for this space, and
    /// [`Error::ChallengeExpired`] if it was made for requests before `now`.
    pub fn check(bytes: &[u8], key: &[u8; 32], space: SpaceId, now: u64) -> Result<()> {
        let mut reader = Reader::new(bytes, WHAT);
        let expiry = reader.u64()?;
        let tag: [u8; 32] = reader.array()?;
        reader.end()?;
        // This compares in constant time.
        mac(key, space, expiry).verify_slice(&tag).map_err(|_| reader.malformed())?;
        if now < expiry { Ok(()) } else { Err(Error::ChallengeExpired) }
    }

    /// Returns the bytes, which are what is sent.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge")
    }
}

fn mac(key: &[u8; 32], space: SpaceId, expiry: u64) -> Hmac<Sha256> {
    // HMAC fills a key up to a block with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let block: &[u8; 64] = &block;
    let mut mac = Hmac::<Sha256>::new(block.into());
    mac.update(b"ara-sync 1 challenge\0");
    mac.update(space.as_bytes());
    mac.update(&expiry.to_be_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_only_whole;

    const SPACE: SpaceId = SpaceId::from_bytes([1; 16]);

    #[test]
    fn only_the_whole_challenge_counts() {
        let challenge = Challenge::new(&[7; 32], SPACE, 100);
        assert_only_whole(challenge.as_bytes(), |bytes| {
            Challenge::check(bytes, &[7; 32], SPACE, 99).is_ok()
        });
    }

    #[test]
    fn it_is_an_hmac() {
        // As Python's hmac module computes it.
        let tag = "4b832f77d1b9b2a56d5d6cff9f6de62f4f6bc763ca54d5d8515025ccc61f126d";
        let challenge = Challenge::new(&[7; 32], SPACE, 100);
        let hex: String = challenge.0[8..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, tag);
    }

    #[test]
    fn it_counts_for_its_relay_and_space_until_it_expires() {
        let challenge = Challenge::new(&[7; 32], SPACE, 100);
        let check = |key, space, now| Challenge::check(challenge.as_bytes(), key, space, now);
        assert_eq!(check(&[7; 32], SPACE, 100), Err(Error::ChallengeExpired));
        assert!(check(&[8; 32], SPACE, 99).is_err());
        assert!(check(&[7; 32], SpaceId::from_bytes([2; 16]), 99).is_err());
    }
}
