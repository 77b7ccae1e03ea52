//! Signatures, each over a label of its own kind.

use std::fmt;

use ed25519_dalek::VerifyingKey;

use crate::error::{Error, Result};
use crate::keys::MemberKey;

/// What kind of thing a signature is over. A signature over one kind never counts for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Label {
    /// A request to a relay.
    Request,
    /// A record of the access log.
    Record,
    /// A segment.
    Segment,
    /// A slot.
    Slot,
    /// The consent of a recovery key to be the one of a space.
    Recovery,
    /// The result of a pairing.
    Pairing,
}

impl Label {
    /// Returns what a signed message begins with. None begins with another.
    const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Request => b"ara-sync 1 signs request\0",
            Self::Record => b"ara-sync 1 signs record\0",
            Self::Segment => b"ara-sync 1 signs segment\0",
            Self::Slot => b"ara-sync 1 signs slot\0",
            Self::Recovery => b"ara-sync 1 signs recovery\0",
            Self::Pairing => b"ara-sync 1 signs pairing\0",
        }
    }

    /// Returns what errors call it.
    const fn what(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Record => "access record",
            Self::Segment => "segment",
            Self::Slot => "slot",
            Self::Recovery => "recovery key's consent",
            Self::Pairing => "pairing's result",
        }
    }

    pub(super) fn message(self, bytes: &[u8]) -> Vec<u8> {
        [self.prefix(), bytes].concat()
    }
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Makes the signature of its bytes. Whether it is one shows only when it is checked.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature")
    }
}

impl MemberKey {
    /// Checks a signature by this member, strictly: weak keys and signatures that can be made to fit
    /// several messages are refused.
    ///
    /// # Errors
    ///
    /// Returns [`Error::WrongSignature`] if the member did not sign these bytes under this label.
    pub fn verify(&self, label: Label, bytes: &[u8], signature: &Signature) -> Result<()> {
        let wrong = Error::WrongSignature { what: label.what() };
        let key = VerifyingKey::from_bytes(self.as_bytes()).map_err(|_| wrong)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(&label.message(bytes), &signature).map_err(|_| wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKeys;
    use crate::testing::{Fixed, assert_only_whole};

    const LABELS: [Label; 6] = [
        Label::Request,
        Label::Record,
        Label::Segment,
        Label::Slot,
        Label::Recovery,
        Label::Pairing,
    ];

    #[test]
    fn a_signature_counts_for_its_label_message_and_member_only() {
        let keys = SecretKeys::generate(&mut Fixed::new(1));
        let other = SecretKeys::generate(&mut Fixed::new(2)).public().member();
        let member = keys.public().member();
        for label in LABELS {
            let signature = keys.sign(label, b"hello");
            for checked in LABELS {
                assert_eq!(member.verify(checked, b"hello", &signature).is_ok(), label == checked);
            }
            assert!(member.verify(label, b"hell", &signature).is_err());
            assert!(other.verify(label, b"hello", &signature).is_err());
        }
    }

    #[test]
    fn a_changed_signature_is_refused() {
        let keys = SecretKeys::generate(&mut Fixed::new(1));
        let signature = keys.sign(Label::Slot, b"hello");
        assert_only_whole(signature.as_bytes(), |bytes| {
            bytes.try_into().is_ok_and(|bytes| {
                let signature = Signature::from_bytes(bytes);
                keys.public().member().verify(Label::Slot, b"hello", &signature).is_ok()
            })
        });
    }

    #[test]
    fn no_label_begins_with_another() {
        for (at, one) in LABELS.iter().enumerate() {
            for other in &LABELS[at + 1..] {
                assert!(!one.prefix().starts_with(other.prefix()));
                assert!(!other.prefix().starts_with(one.prefix()));
            }
        }
    }
}
