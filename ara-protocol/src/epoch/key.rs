//! The key of an epoch.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::bytes::hash;
use crate::ids::EpochId;
use crate::seal::derive;

/// The key of an epoch.
///
/// It is wiped from memory when dropped, and `Debug` shows its id only.
#[derive(Clone)]
pub struct EpochKey {
    id: EpochId,
    key: Zeroizing<[u8; 32]>,
}

/// What a key that is derived from an epoch's is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// The key of the epoch before.
    Predecessor,
    /// Where a segment begins and ends.
    Bounds,
    /// The changes of a segment.
    Body,
    /// A device's slot.
    Slot,
}

impl EpochKey {
    /// Makes a new key.
    #[must_use]
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        random.fill_bytes(key.as_mut());
        Self::of(key)
    }

    /// Returns the id, which tells one key from all others: 16 bytes of a hash of the key. A box names it,
    /// so that nobody can make a box that opens under two keys.
    #[must_use]
    pub const fn id(&self) -> EpochId {
        self.id
    }

    pub(crate) fn of(key: Zeroizing<[u8; 32]>) -> Self {
        let digest = hash(b"ara-sync 1 epoch id\0", &[key.as_ref()]);
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = digest;
        Self { id: EpochId::from_bytes(id), key }
    }

    /// Returns the key of an epoch from what a box held, or `None` if that is no key or another one's.
    pub(super) fn opened(held: &[u8], epoch: EpochId) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(held.get(..32)?);
        Some(Self::of(key)).filter(|key| key.id() == epoch)
    }

    /// Makes a key that claims to be another, as a member that does not keep to the rules can.
    #[cfg(test)]
    pub(super) fn claiming(id: EpochId, key: &Self) -> Self {
        Self { id, key: key.key.clone() }
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.key
    }

    /// Returns the key for one purpose.
    pub(crate) fn derived(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let label: &[u8] = match purpose {
            Purpose::Predecessor => b"ara-sync 1 predecessor",
            Purpose::Bounds => b"ara-sync 1 bounds",
            Purpose::Body => b"ara-sync 1 body",
            Purpose::Slot => b"ara-sync 1 slot",
        };
        derive(self.key.as_ref(), label)
    }
}

/// The ids are compared, which tells as much, and takes the same time whatever the keys are.
impl PartialEq for EpochKey {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for EpochKey {}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Fixed;

    #[test]
    fn each_key_has_its_id() {
        let [one, other] = [1, 2].map(|seed| EpochKey::generate(&mut Fixed::new(seed)));
        assert_ne!(one.id(), other.id());
        assert_eq!(EpochKey::of(one.key.clone()).id(), one.id());
        assert_eq!(format!("{one:?}"), format!("EpochKey({})", one.id()));
    }
}
