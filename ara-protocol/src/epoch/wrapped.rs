//! An epoch's key, wrapped for one member.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open,
    single_shot_seal_with_rng,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::bytes::Reader;
use crate::epoch::EpochKey;
use crate::error::{Error, Result};
use crate::ids::{EpochId, RecordHash, SpaceId};
use crate::keys::{PublicKeys, SecretKeys};

/// An encapsulated key, and the epoch's key with its tag.
const SIZE: usize = 32 + 32 + 16;
const WHAT: &str = "epoch's key";

type Secret = <X25519HkdfSha256 as Kem>::PrivateKey;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Where a key is wrapped: a wrapped key that is copied to another place does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) space: SpaceId,
    /// The record before the one that carries the key.
    pub(crate) before: RecordHash,
}

/// An epoch's key, wrapped for one member by HPKE (RFC 9180): X25519, HKDF-SHA256, ChaCha20-Poly1305.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrappedKey([u8; SIZE]);

impl WrappedKey {
    pub(crate) fn wrap(
        key: &EpochKey,
        recipient: &PublicKeys,
        place: Place,
        random: &mut impl CryptoRng,
    ) -> Result<Self> {
        let info = info(key.id(), recipient, place);
        let public = Public::from_bytes(recipient.agreement()).map_err(|_| Error::WeakKey)?;
        let (encapsulated, sealed) = single_shot_seal_with_rng::<
            ChaCha20Poly1305,
            HkdfSha256,
            X25519HkdfSha256,
        >(
            &OpModeS::Base, &public, &info, key.secret(), &[], random
        )
        .map_err(|_| Error::WeakKey)?;
        let bytes = [&encapsulated.to_bytes()[..], &sealed].concat();
        bytes.try_into().map(Self).map_err(|_| Error::TooLarge { what: WHAT })
    }

    /// Opens the key of `epoch`.
    pub(crate) fn open(
        &self,
        epoch: EpochId,
        recipient: &SecretKeys,
        place: Place,
    ) -> Result<EpochKey> {
        let fails = Error::DoesNotOpen { what: WHAT };
        let info = info(epoch, &recipient.public(), place);
        let (encapsulated, sealed) = self.0.split_at(32);
        let encapsulated = Encapsulated::from_bytes(encapsulated).map_err(|_| fails)?;
        let secret = Secret::from_bytes(recipient.agreement()).map_err(|_| fails)?;
        let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &secret,
            &encapsulated,
            &info,
            sealed,
            &[],
        );
        let opened = Zeroizing::new(opened.map_err(|_| fails)?);
        EpochKey::opened(&opened, epoch).ok_or(fails)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        reader.array().map(Self)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; SIZE] {
        &self.0
    }
}

fn info(epoch: EpochId, recipient: &PublicKeys, place: Place) -> Vec<u8> {
    [
        &b"ara-sync 1 wraps\0"[..],
        place.space.as_bytes(),
        epoch.as_bytes(),
        &recipient.to_bytes(),
        place.before.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fixed, assert_only_whole};

    #[test]
    fn another_key_under_its_id_is_refused() -> Result<()> {
        let random = &mut Fixed::new(1);
        let phone = SecretKeys::generate(random);
        let [key, other] = std::array::from_fn(|_| EpochKey::generate(random));
        let place =
            Place { space: SpaceId::from_bytes([1; 16]), before: RecordHash::from_bytes([2; 32]) };
        let claiming = EpochKey::claiming(key.id(), &other);
        let wrapped = WrappedKey::wrap(&claiming, &phone.public(), place, random)?;
        let refused = wrapped.open(key.id(), &phone, place);
        assert_eq!(refused, Err(Error::DoesNotOpen { what: WHAT }));
        Ok(())
    }

    #[test]
    fn it_opens_for_its_member_at_its_place_only() -> Result<()> {
        let random = &mut Fixed::new(1);
        let [phone, laptop] = std::array::from_fn(|_| SecretKeys::generate(random));
        let key = EpochKey::generate(random);
        let place =
            Place { space: SpaceId::from_bytes([1; 16]), before: RecordHash::from_bytes([2; 32]) };
        let wrapped = WrappedKey::wrap(&key, &phone.public(), place, random)?;
        assert_eq!(wrapped.open(key.id(), &phone, place)?, key);
        assert!(wrapped.open(key.id(), &laptop, place).is_err());
        assert!(wrapped.open(EpochId::from_bytes([0; 16]), &phone, place).is_err());
        let elsewhere = Place { space: SpaceId::from_bytes([3; 16]), ..place };
        assert!(wrapped.open(key.id(), &phone, elsewhere).is_err());
        let later = Place { before: RecordHash::from_bytes([3; 32]), ..place };
        assert!(wrapped.open(key.id(), &phone, later).is_err());
        // X25519 ignores the highest bit of a point, but HPKE binds the bytes that were sent.
        assert_only_whole(&wrapped.0, |bytes| {
            let bytes = bytes.try_into();
            bytes.is_ok_and(|bytes| WrappedKey(bytes).open(key.id(), &phone, place).is_ok())
        });
        Ok(())
    }
}
