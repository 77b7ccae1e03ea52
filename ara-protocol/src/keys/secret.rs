//! The secret halves.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};
use rand_core::CryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::keys::signature::{Label, Signature};
use crate::keys::{MemberKey, PublicKeys, RecoveryWords};
use crate::seal::derive;

/// The secret keys of a member: of a device, or of the recovery words.
///
/// They are wiped from memory when dropped, and `Debug` does not show them.
///
/// ```
/// use ara_protocol::keys::{Label, SecretKeys};
/// # struct Os(u8);
/// # impl ara_protocol::rand_core::TryRng for Os {
/// #     type Error = std::convert::Infallible;
/// #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { Ok(7) }
/// #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> { Ok(7) }
/// #     fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> { to.fill(self.0); Ok(()) }
/// # }
/// # impl ara_protocol::rand_core::TryCryptoRng for Os {}
/// # let mut random = Os(7);
/// let keys = SecretKeys::generate(&mut random);
/// let signature = keys.sign(Label::Slot, b"hello");
/// keys.public().member().verify(Label::Slot, b"hello", &signature)?;
/// assert!(keys.public().member().verify(Label::Record, b"hello", &signature).is_err());
/// # Ok::<(), ara_protocol::Error>(())
/// ```
pub struct SecretKeys {
    signing: SigningKey,
    agreement: StaticSecret,
    /// Calculated once: a device asks for its own name all the time.
    public: PublicKeys,
}

impl SecretKeys {
    /// Makes new keys.
    #[must_use]
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 64]);
        random.fill_bytes(bytes.as_mut());
        Self::from_bytes(&bytes)
    }

    /// Returns the keys of the recovery member, which the words always give again.
    #[must_use]
    pub fn from_words(words: &RecoveryWords) -> Self {
        let signing = derive(words.entropy(), b"ara-sync 1 recovery signs");
        let agreement = derive(words.entropy(), b"ara-sync 1 recovery is sent keys");
        Self::of(&signing, &agreement)
    }

    /// Makes the keys of the bytes that [`to_bytes`](Self::to_bytes) gave. All bytes are keys.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        let mut halves = [Zeroizing::new([0; 32]), Zeroizing::new([0; 32])];
        for (half, bytes) in halves.iter_mut().zip(bytes.chunks_exact(32)) {
            half.copy_from_slice(bytes);
        }
        let [signing, agreement] = &halves;
        Self::of(signing, agreement)
    }

    fn of(signing: &[u8; 32], agreement: &[u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(signing);
        let agreement = StaticSecret::from(*agreement);
        let member = MemberKey::of(&signing.verifying_key());
        let public = PublicKeys::of(member, PublicKey::from(&agreement).to_bytes());
        Self { signing, agreement, public }
    }

    /// Returns the secret bytes, for the place where keys are kept.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 64]> {
        let mut bytes = Zeroizing::new([0; 64]);
        let (signing, agreement) = bytes.split_at_mut(32);
        signing.copy_from_slice(self.signing.as_bytes());
        agreement.copy_from_slice(self.agreement.as_bytes());
        bytes
    }

    /// Returns the public halves.
    #[must_use]
    pub const fn public(&self) -> PublicKeys {
        self.public
    }

    /// Signs bytes under a label.
    #[must_use]
    pub fn sign(&self, label: Label, bytes: &[u8]) -> Signature {
        Signature::from_bytes(self.signing.sign(&label.message(bytes)).to_bytes())
    }

    /// Returns the secret to which keys are sent.
    pub(crate) fn agreement(&self) -> &[u8; 32] {
        self.agreement.as_bytes()
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKeys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Fixed;

    #[test]
    fn they_are_the_same_after_bytes() {
        let keys = SecretKeys::generate(&mut Fixed::new(1));
        let again = SecretKeys::from_bytes(&keys.to_bytes());
        assert_eq!(again.public(), keys.public());
        assert_eq!(again.to_bytes(), keys.to_bytes());
        assert_ne!(SecretKeys::generate(&mut Fixed::new(2)).public(), keys.public());
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", SecretKeys::generate(&mut Fixed::new(1))), "SecretKeys");
    }
}
