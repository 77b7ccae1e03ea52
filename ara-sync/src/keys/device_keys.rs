//! The keys of a device, and the bytes as which a store keeps them.

use ara_core::{Error, Result};
use ara_protocol::SpaceId;
use ara_protocol::keys::SecretKeys;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::keys::KeyStore;

/// The keys by which a device is a member of a space.
#[derive(Debug)]
pub(crate) struct DeviceKeys {
    /// The space that they are for.
    pub(crate) space: SpaceId,
    /// The keys of the member.
    pub(crate) keys: SecretKeys,
    /// Keys that are to take their place, and the space that those are for. In the same space, they are those of a
    /// device whose keys another one may have, too; in another one, they count once the file is in that.
    pub(crate) successor: Option<(SpaceId, SecretKeys)>,
    /// Whether they were found copied, and keys for another space were kept beside them since. The store does not tell it
    /// any more then.
    pub(crate) is_copy: bool,
}

const VERSION: u8 = 1;
const CHECKSUM: usize = 16;
const SHORT: usize = 1 + 1 + 16 + 64;
const LONG: usize = SHORT + 16 + 64;

impl DeviceKeys {
    /// Stands for a space that is yet to be founded.
    pub(crate) const ANY_SPACE: SpaceId = SpaceId::from_bytes([0; 16]);

    pub(crate) const fn new(space: SpaceId, keys: SecretKeys) -> Self {
        Self { space, keys, successor: None, is_copy: false }
    }

    /// Loads the keys for a space. They are missing if the store has none, or those of another space.
    pub(crate) fn load(store: &dyn KeyStore, space: SpaceId) -> Result<(Self, bool)> {
        let kept = store.load()?.ok_or(Error::KeysMissing)?;
        let keys = Self::read(&kept.secret)?.for_space(space).ok_or(Error::KeysMissing)?;
        let is_copy = kept.is_copy || keys.is_copy;
        Ok((keys, is_copy))
    }

    /// Returns the keys that count in a space.
    fn for_space(self, space: SpaceId) -> Option<Self> {
        let is_for = |of: SpaceId| of == space || of == Self::ANY_SPACE;
        match self.successor {
            Some((of, keys)) if self.space != space && is_for(of) => Some(Self::new(space, keys)),
            successor if is_for(self.space) => {
                let successor = successor.filter(|(of, _)| *of == space);
                Some(Self { space, keys: self.keys, successor, is_copy: self.is_copy })
            }
            _ => None,
        }
    }

    /// Returns the keys that a store has, for whatever space, and whether they were copied.
    pub(crate) fn find(store: &dyn KeyStore) -> Result<Option<(Self, bool)>> {
        let Some(kept) = store.load()? else { return Ok(None) };
        let keys = Self::read(&kept.secret)?;
        let is_copy = kept.is_copy || keys.is_copy;
        Ok(Some((keys, is_copy)))
    }

    /// Saves the keys.
    pub(crate) fn save(&self, store: &dyn KeyStore) -> Result<()> {
        store.save(&self.to_bytes())
    }

    /// The bytes: the version (1), whether they were copied (1), the space (16), the keys (64), the same (80) of the
    /// successor if there is one, and the first bytes of the SHA-256 of all before (16).
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONG + CHECKSUM));
        bytes.push(VERSION);
        bytes.push(self.is_copy.into());
        let successor = self.successor.as_ref().map(|(space, keys)| (space, keys));
        for (space, keys) in [Some((&self.space, &self.keys)), successor].into_iter().flatten() {
            bytes.extend(space.as_bytes());
            bytes.extend(keys.to_bytes().as_ref());
        }
        let checksum = checksum(&bytes);
        bytes.extend(checksum);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let (kept, found) = bytes.split_last_chunk().ok_or_else(|| unreadable(DAMAGED))?;
        let (version, fields) = kept.split_first().ok_or_else(|| unreadable(DAMAGED))?;
        if *found != checksum(kept) {
            return Err(unreadable(DAMAGED));
        }
        if *version != VERSION {
            return Err(unreadable("a newer version of the app wrote them: update the app"));
        }
        let (is_copy, fields) = match fields.split_first() {
            Some((byte @ (0 | 1), fields)) => (*byte == 1, fields),
            _ => return Err(unreadable(DAMAGED)),
        };
        let (fields, rest) = read_pair(fields).ok_or_else(|| unreadable(DAMAGED))?;
        let successor = match read_pair(rest) {
            Some((successor, [])) => Some(successor),
            None if rest.is_empty() => None,
            _ => return Err(unreadable(DAMAGED)),
        };
        Ok(Self { space: fields.0, keys: fields.1, successor, is_copy })
    }
}

/// Reads a space and keys, and returns what follows too.
fn read_pair(bytes: &[u8]) -> Option<((SpaceId, SecretKeys), &[u8])> {
    let (space, bytes) = bytes.split_first_chunk()?;
    let (keys, rest) = bytes.split_first_chunk()?;
    Some(((SpaceId::from_bytes(*space), SecretKeys::from_bytes(keys)), rest))
}

const DAMAGED: &str = "they are damaged";

pub(crate) fn unreadable(reason: &str) -> Error {
    Error::KeysUnreadable { reason: reason.to_owned() }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let whole: [u8; 32] =
        Sha256::new_with_prefix(b"ara-sync keys\0").chain_update(bytes).finalize().into();
    let mut first = [0; CHECKSUM];
    first.copy_from_slice(whole.split_at(CHECKSUM).0);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::memory::MemoryKeyStore;

    const ONE: SpaceId = SpaceId::from_bytes([7; 16]);
    const OTHER: SpaceId = SpaceId::from_bytes([8; 16]);

    fn keys(byte: u8) -> SecretKeys {
        SecretKeys::from_bytes(&[byte; 64])
    }

    fn example(successor: Option<SpaceId>) -> DeviceKeys {
        let successor = successor.map(|of| (of, keys(2)));
        DeviceKeys { space: ONE, keys: keys(1), successor, is_copy: false }
    }

    /// What is there, by the first byte of keys.
    fn shown(kept: &DeviceKeys) -> (SpaceId, u8, Option<(SpaceId, u8)>) {
        let byte = |keys: &SecretKeys| keys.to_bytes()[0];
        let successor = kept.successor.as_ref().map(|(space, keys)| (*space, byte(keys)));
        (kept.space, byte(&kept.keys), successor)
    }

    #[test]
    fn they_are_the_same_after_bytes() -> Result<()> {
        for successor in [None, Some(OTHER)] {
            let keys = example(successor);
            assert_eq!(shown(&DeviceKeys::read(&keys.to_bytes())?), shown(&keys));
        }
        Ok(())
    }

    #[test]
    fn those_that_count_in_the_space_of_the_file_are_loaded() {
        let loaded = |space, successor, file| {
            let kept = DeviceKeys { space, ..example(successor) };
            kept.for_space(file).as_ref().map(shown)
        };
        let any = DeviceKeys::ANY_SPACE;
        for (space, successor, file, expected) in [
            (ONE, None, ONE, Some((ONE, 1, None))),
            (ONE, None, OTHER, None),
            // A space was being founded.
            (any, None, ONE, Some((ONE, 1, None))),
            // They were copied.
            (ONE, Some(ONE), ONE, Some((ONE, 1, Some((ONE, 2))))),
            // The file was on its way into another space, or is there.
            (ONE, Some(OTHER), ONE, Some((ONE, 1, None))),
            (ONE, Some(OTHER), OTHER, Some((OTHER, 2, None))),
            (ONE, Some(any), ONE, Some((ONE, 1, None))),
            (ONE, Some(any), OTHER, Some((OTHER, 2, None))),
        ] {
            assert_eq!(loaded(space, successor, file), expected, "{space} {successor:?} {file}");
        }
    }

    #[test]
    fn what_is_damaged_is_told() {
        for successor in [None, Some(OTHER)] {
            let bytes = example(successor).to_bytes();
            let is_refused =
                |bytes: &[u8]| matches!(DeviceKeys::read(bytes), Err(Error::KeysUnreadable { .. }));
            for end in 0..bytes.len() {
                assert!(is_refused(&bytes[..end]), "{end}");
            }
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert!(is_refused(&changed), "{at}");
            }
            assert!(is_refused(&[&bytes[..], &[0]].concat()));
        }
    }

    #[test]
    fn a_newer_version_is_told() {
        let mut bytes = example(None).to_bytes();
        bytes[0] = VERSION + 1;
        let end = bytes.len() - CHECKSUM;
        let checksum = checksum(&bytes[..end]);
        bytes[end..].copy_from_slice(&checksum);
        let error = DeviceKeys::read(&bytes).unwrap_err();
        assert!(error.to_string().contains("update the app"), "{error}");
    }

    #[test]
    fn those_of_another_space_are_missing() -> Result<()> {
        let store = MemoryKeyStore::default();
        assert!(matches!(DeviceKeys::load(&store, ONE), Err(Error::KeysMissing)));
        example(None).save(&store)?;
        assert!(DeviceKeys::load(&store, ONE).is_ok());
        assert!(matches!(DeviceKeys::load(&store, OTHER), Err(Error::KeysMissing)));
        Ok(())
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", example(Some(OTHER)));
        assert!(shown.contains("SecretKeys") && !shown.contains("[1,"), "{shown}");
    }
}
