//! The key of the epoch before, sealed under the epoch's own.

use rand_core::CryptoRng;

use crate::bytes::Reader;
use crate::epoch::{EpochKey, Purpose};
use crate::error::{Error, Result};
use crate::ids::{EpochId, SpaceId};
use crate::seal::{OVERHEAD, open, seal};

const SIZE: usize = 32 + OVERHEAD;
const WHAT: &str = "key of the epoch before";

/// The key of the epoch before, sealed under the epoch's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SealedPredecessor([u8; SIZE]);

impl SealedPredecessor {
    pub(crate) fn seal(
        under: &EpochKey,
        predecessor: &EpochKey,
        space: SpaceId,
        random: &mut impl CryptoRng,
    ) -> Result<Self> {
        let key = under.derived(Purpose::Predecessor);
        let bound = bound(space, under.id(), predecessor.id());
        let sealed = seal(&key, &bound, predecessor.secret(), WHAT, random)?;
        sealed.try_into().map(Self).map_err(|_| Error::TooLarge { what: WHAT })
    }

    /// Opens the key whose id is `predecessor`.
    pub(crate) fn open(
        &self,
        under: &EpochKey,
        predecessor: EpochId,
        space: SpaceId,
    ) -> Result<EpochKey> {
        let bound = bound(space, under.id(), predecessor);
        let opened = open(&under.derived(Purpose::Predecessor), &bound, &self.0, WHAT)?;
        EpochKey::opened(&opened, predecessor).ok_or(Error::DoesNotOpen { what: WHAT })
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        reader.array().map(Self)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; SIZE] {
        &self.0
    }
}

fn bound(space: SpaceId, epoch: EpochId, predecessor: EpochId) -> Vec<u8> {
    [&b"ara-sync 1 predecessor\0"[..], space.as_bytes(), epoch.as_bytes(), predecessor.as_bytes()]
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fixed, assert_only_whole};

    #[test]
    fn another_key_under_its_id_is_refused() -> Result<()> {
        let random = &mut Fixed::new(1);
        let [old, new, other] = std::array::from_fn(|_| EpochKey::generate(random));
        let space = SpaceId::from_bytes([1; 16]);
        let claiming = EpochKey::claiming(old.id(), &other);
        let sealed = SealedPredecessor::seal(&new, &claiming, space, random)?;
        assert_eq!(sealed.open(&new, old.id(), space), Err(Error::DoesNotOpen { what: WHAT }));
        Ok(())
    }

    #[test]
    fn it_opens_under_its_successor_only() -> Result<()> {
        let random = &mut Fixed::new(1);
        let [old, new, other] = std::array::from_fn(|_| EpochKey::generate(random));
        let space = SpaceId::from_bytes([1; 16]);
        let sealed = SealedPredecessor::seal(&new, &old, space, random)?;
        assert_eq!(sealed.open(&new, old.id(), space)?, old);
        assert!(sealed.open(&other, old.id(), space).is_err());
        assert!(sealed.open(&new, other.id(), space).is_err());
        assert!(sealed.open(&new, old.id(), SpaceId::from_bytes([2; 16])).is_err());
        assert_only_whole(&sealed.0, |bytes| {
            bytes
                .try_into()
                .is_ok_and(|bytes| SealedPredecessor(bytes).open(&new, old.id(), space).is_ok())
        });
        Ok(())
    }
}
