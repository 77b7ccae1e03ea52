//! The keys that a member can read.

use std::collections::BTreeMap;

use crate::access::Members;
use crate::epoch::EpochKey;
use crate::error::{Error, Result};
use crate::ids::EpochId;
use crate::keys::SecretKeys;

/// The keys of a space's epochs that a member can read: the newest, and those before it.
#[derive(Debug, Clone)]
pub struct EpochKeys {
    newest: EpochKey,
    older: BTreeMap<EpochId, EpochKey>,
    is_complete: bool,
}

impl EpochKeys {
    /// Returns the newest key, the only one under which new things are sealed.
    #[must_use]
    pub const fn newest(&self) -> &EpochKey {
        &self.newest
    }

    /// Returns the key of an epoch.
    #[must_use]
    pub fn get(&self, epoch: EpochId) -> Option<&EpochKey> {
        if self.newest.id() == epoch { Some(&self.newest) } else { self.older.get(&epoch) }
    }

    /// Returns whether all epochs can be read. If not, a member carried a wrong key from one epoch
    /// into the next, and what was sealed before cannot be read by who did not know the key.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }
}

impl Members {
    /// Returns the keys that a member can read. The newest was wrapped for it, and each opens the one
    /// before.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotAMember`] if these are the keys of no member, and [`Error::DoesNotOpen`] if
    /// whoever began the epoch, or added the member, wrapped something else.
    pub fn epoch_keys(&self, member: &SecretKeys) -> Result<EpochKeys> {
        let newest = self.newest_key(member)?;
        let mut keys =
            EpochKeys { newest: newest.clone(), older: BTreeMap::new(), is_complete: true };
        let all = || std::iter::once(&self.first_epoch).chain(&self.later_epochs).rev();
        let mut key = newest;
        for (epoch, before) in all().zip(all().skip(1)) {
            let opened = epoch.predecessor.map(|sealed| sealed.open(&key, before.id, self.space));
            let Some(Ok(opened)) = opened else {
                keys.is_complete = false;
                break;
            };
            keys.older.insert(opened.id(), opened.clone());
            key = opened;
        }
        Ok(keys)
    }

    /// Returns the newest epoch's key.
    pub(super) fn newest_key(&self, member: &SecretKeys) -> Result<EpochKey> {
        let found = self.get(member.public().member()).ok_or(Error::NotAMember)?;
        found.wrapped.open(self.epoch(), member, found.place)
    }
}
