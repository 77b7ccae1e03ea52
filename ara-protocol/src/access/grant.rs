//! A new epoch, as a record carries it.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use crate::access::MOST_MEMBERS;
use crate::bytes::Reader;
use crate::epoch::{EpochKey, Place, SealedPredecessor, WrappedKey};
use crate::error::{Error, Result};
use crate::keys::{MemberKey, PublicKeys};

/// A new epoch: the key of the one before, sealed under it, and its own, wrapped for each member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) predecessor: SealedPredecessor,
    pub(super) wrapped: BTreeMap<MemberKey, WrappedKey>,
}

impl Grant {
    pub(super) fn new<'a>(
        key: &EpochKey,
        predecessor: &EpochKey,
        members: impl IntoIterator<Item = &'a PublicKeys>,
        place: Place,
        random: &mut impl CryptoRng,
    ) -> Result<Self> {
        let predecessor = SealedPredecessor::seal(key, predecessor, place.space, random)?;
        let mut wrapped = BTreeMap::new();
        for keys in members {
            wrapped.insert(keys.member(), WrappedKey::wrap(key, keys, place, random)?);
        }
        Ok(Self { predecessor, wrapped })
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let predecessor = SealedPredecessor::read(reader)?;
        let mut wrapped = BTreeMap::new();
        read_ascending(reader, |reader, key| {
            wrapped.insert(key, WrappedKey::read(reader)?);
            Ok(())
        })?;
        Ok(Self { predecessor, wrapped })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.extend(self.predecessor.as_bytes());
        write_count(bytes, self.wrapped.len())?;
        for (key, wrapped) in &self.wrapped {
            bytes.extend(key.as_bytes());
            bytes.extend(wrapped.as_bytes());
        }
        Ok(())
    }
}

/// Writes how many members follow.
pub(super) fn write_count(bytes: &mut Vec<u8>, count: usize) -> Result<()> {
    let count = u16::try_from(count).map_err(|_| Error::TooManyMembers)?;
    bytes.extend(count.to_be_bytes());
    Ok(())
}

/// Reads the keys of members, ascending, and after each what `also` reads.
pub(super) fn read_ascending(
    reader: &mut Reader<'_>,
    mut also: impl FnMut(&mut Reader<'_>, MemberKey) -> Result<()>,
) -> Result<Vec<MemberKey>> {
    let count = reader.u16()?;
    if usize::from(count) > MOST_MEMBERS {
        return Err(Error::TooManyMembers);
    }
    let mut keys = Vec::new();
    for _ in 0..count {
        let key = MemberKey::read(reader)?;
        if keys.last().is_some_and(|last| *last >= key) {
            return Err(reader.malformed());
        }
        also(reader, key)?;
        keys.push(key);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKeys;
    use crate::testing::Fixed;

    #[test]
    fn members_are_named_once_and_in_order() {
        let mut keys = [1, 2].map(|seed| {
            let keys = SecretKeys::generate(&mut Fixed::new(seed));
            keys.public().member()
        });
        keys.sort_unstable();
        let read = |keys: &[MemberKey]| {
            let mut bytes = vec![];
            write_count(&mut bytes, keys.len())?;
            bytes.extend(keys.iter().flat_map(MemberKey::as_bytes));
            read_ascending(&mut Reader::new(&bytes, "list"), |_, _| Ok(()))
        };
        let [first, second] = keys;
        assert_eq!(read(&keys), Ok(keys.to_vec()));
        assert_eq!(read(&[]), Ok(vec![]));
        let malformed = Err(Error::Malformed { what: "list" });
        assert_eq!(read(&[second, first]), malformed);
        assert_eq!(read(&[first, first]), malformed);
        assert_eq!(read(&[first; MOST_MEMBERS + 1]), Err(Error::TooManyMembers));
    }
}
