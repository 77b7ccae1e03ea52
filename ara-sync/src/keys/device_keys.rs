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
    /// New keys of this device, which the others are still to let in: another device may have them.
    pub(crate) successor: Option<SecretKeys>,
}

const VERSION: u8 = 1;
const CHECKSUM: usize = 16;
const SHORT: usize = 1 + 16 + 64;
const LONG: usize = SHORT + 64;

impl DeviceKeys {
    /// Loads the keys for a space. They are missing if the store has none, or those of another space.
    pub(crate) fn load(store: &dyn KeyStore, space: SpaceId) -> Result<(Self, bool)> {
        let (keys, is_copy) = Self::find(store)?.ok_or(Error::KeysMissing)?;
        if keys.space == space { Ok((keys, is_copy)) } else { Err(Error::KeysMissing) }
    }

    /// Returns the keys that a store has, for whatever space, and whether they were copied.
    pub(crate) fn find(store: &dyn KeyStore) -> Result<Option<(Self, bool)>> {
        let Some(kept) = store.load()? else { return Ok(None) };
        Ok(Some((Self::read(&kept.secret)?, kept.is_copy)))
    }

    /// Saves the keys.
    pub(crate) fn save(&self, store: &dyn KeyStore) -> Result<()> {
        store.save(&self.to_bytes())
    }

    /// The bytes: the version (1), the space (16), the keys (64), if there are any the successor's (64), and the first
    /// bytes of the SHA-256 of all before (16).
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONG + CHECKSUM));
        bytes.push(VERSION);
        bytes.extend(self.space.as_bytes());
        for keys in [Some(&self.keys), self.successor.as_ref()].into_iter().flatten() {
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
        let (space, fields) = fields.split_first_chunk().ok_or_else(|| unreadable(DAMAGED))?;
        let (keys, fields) = fields.split_first_chunk().ok_or_else(|| unreadable(DAMAGED))?;
        let successor = match fields.first_chunk() {
            Some(successor) if fields.len() == successor.len() => {
                Some(SecretKeys::from_bytes(successor))
            }
            None if fields.is_empty() => None,
            _ => return Err(unreadable(DAMAGED)),
        };
        let space = SpaceId::from_bytes(*space);
        Ok(Self { space, keys: SecretKeys::from_bytes(keys), successor })
    }
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

    fn example(successor: Option<u8>) -> DeviceKeys {
        let keys = |byte| SecretKeys::from_bytes(&[byte; 64]);
        let space = SpaceId::from_bytes([7; 16]);
        DeviceKeys { space, keys: keys(1), successor: successor.map(keys) }
    }

    #[test]
    fn they_are_the_same_after_bytes() -> Result<()> {
        for successor in [None, Some(2)] {
            let keys = example(successor);
            let again = DeviceKeys::read(&keys.to_bytes())?;
            assert_eq!(again.space, keys.space);
            assert_eq!(again.keys.public(), keys.keys.public());
            let public = |keys: &DeviceKeys| keys.successor.as_ref().map(SecretKeys::public);
            assert_eq!(public(&again), public(&keys));
        }
        Ok(())
    }

    #[test]
    fn what_is_damaged_is_told() {
        for successor in [None, Some(2)] {
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
        let space = SpaceId::from_bytes([7; 16]);
        assert!(matches!(DeviceKeys::load(&store, space), Err(Error::KeysMissing)));
        example(None).save(&store)?;
        assert!(DeviceKeys::load(&store, space).is_ok());
        let other = SpaceId::from_bytes([8; 16]);
        assert!(matches!(DeviceKeys::load(&store, other), Err(Error::KeysMissing)));
        Ok(())
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", example(Some(2)));
        assert!(shown.contains("SecretKeys") && !shown.contains("[1,"), "{shown}");
    }
}
