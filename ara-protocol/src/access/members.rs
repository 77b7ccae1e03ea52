//! Who is a member after the records so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::rules::Effect;
use crate::epoch::{Place, SealedPredecessor, WrappedKey};
use crate::ids::{EpochId, RecordHash, SpaceId};
use crate::keys::{MemberKey, PublicKeys};

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// A device.
    Device,
    /// The recovery words.
    Recovery,
}

/// A member of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub(super) keys: PublicKeys,
    pub(super) role: Role,
    pub(super) added_by: MemberKey,
    pub(super) added_in: RecordHash,
    /// The newest epoch's key, wrapped for it.
    pub(super) wrapped: WrappedKey,
    pub(super) place: Place,
}

impl Member {
    /// Returns its public keys.
    #[must_use]
    pub const fn keys(&self) -> &PublicKeys {
        &self.keys
    }

    /// Returns what it is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns who let it in. The first device let itself in.
    #[must_use]
    pub const fn added_by(&self) -> MemberKey {
        self.added_by
    }

    /// Returns the record that made it a member.
    #[must_use]
    pub const fn added_in(&self) -> RecordHash {
        self.added_in
    }
}

/// An epoch, by the record that began it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Epoch {
    pub(super) id: EpochId,
    /// The key of the epoch before, or `None` in the first one.
    pub(super) predecessor: Option<SealedPredecessor>,
}

/// The members of a space, after the records of its access log so far.
///
/// [`found`](Self::found) takes the first record, [`apply`](Self::apply) each that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    pub(super) space: SpaceId,
    pub(super) succeeds: Option<SpaceId>,
    pub(super) head: RecordHash,
    pub(super) members: BTreeMap<MemberKey, Member>,
    pub(super) removed: BTreeMap<MemberKey, RecordHash>,
    /// Who let in each that ever was a member.
    pub(super) let_in: BTreeMap<MemberKey, MemberKey>,
    /// All public keys that ever were a member's, of both kinds.
    pub(super) used_keys: BTreeSet<[u8; 32]>,
    pub(super) first_epoch: Epoch,
    /// The epochs after the first, the newest last.
    pub(super) later_epochs: Vec<Epoch>,
    /// The ids of all of them.
    pub(super) epoch_ids: BTreeSet<EpochId>,
    pub(super) relay: Option<String>,
    pub(super) is_key_known_outside: bool,
}

impl Members {
    /// Returns the space.
    #[must_use]
    pub const fn space(&self) -> SpaceId {
        self.space
    }

    /// Returns the space that this one succeeds.
    #[must_use]
    pub const fn succeeds(&self) -> Option<SpaceId> {
        self.succeeds
    }

    /// Returns the hash of the last record. The next one must name it. A record with the same
    /// [`previous`](crate::access::Record::previous) as the last one, but another hash, is its twin.
    #[must_use]
    pub const fn head(&self) -> RecordHash {
        self.head
    }

    /// Returns the newest epoch: the only one under which new things are sealed.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        self.newest_epoch().id
    }

    pub(super) fn newest_epoch(&self) -> &Epoch {
        self.later_epochs.last().unwrap_or(&self.first_epoch)
    }

    /// Returns whether there was ever such an epoch.
    #[must_use]
    pub fn has_epoch(&self, epoch: EpochId) -> bool {
        self.epoch_ids.contains(&epoch)
    }

    /// Returns whether an epoch began before another one. What there never was began before nothing, and nothing before it.
    #[must_use]
    pub fn is_epoch_before(&self, epoch: EpochId, other: EpochId) -> bool {
        let mut all = std::iter::once(&self.first_epoch).chain(&self.later_epochs);
        let is_either = |known: &&Epoch| known.id == epoch || known.id == other;
        let first = all.find(is_either).map(|known| known.id);
        epoch != other && first == Some(epoch) && self.has_epoch(other)
    }

    /// Returns the member that this key names.
    #[must_use]
    pub fn get(&self, member: MemberKey) -> Option<&Member> {
        self.members.get(&member)
    }

    /// Returns the members, in the order of their keys, the recovery member among them.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Returns the recovery member.
    #[must_use]
    pub fn recovery(&self) -> Option<&Member> {
        self.iter().find(|member| member.role == Role::Recovery)
    }

    /// Returns whether nobody is a member any more, so that no record can follow.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.members.is_empty()
    }

    /// Returns the record that let a member out, or `None` for who is or never was one. Nothing that
    /// its key sealed is taken any more by who knows of the removal.
    #[must_use]
    pub fn removed_in(&self, member: MemberKey) -> Option<RecordHash> {
        self.removed.get(&member).copied()
    }

    /// Returns the members that this one let in, and those that they let in, and so on, also by way of
    /// some who are out again. A thief may have let others in.
    #[must_use]
    pub fn let_in_by(&self, member: MemberKey) -> Vec<MemberKey> {
        let mut found = BTreeSet::new();
        let mut sources = vec![member];
        while let Some(source) = sources.pop() {
            let by_source =
                self.let_in.iter().filter(|(key, by)| **by == source && **key != member);
            let new: Vec<_> = by_source.map(|(key, _)| *key).collect();
            sources.extend(new.into_iter().filter(|key| found.insert(*key)));
        }
        found.into_iter().filter(|key| self.members.contains_key(key)).collect()
    }

    /// Returns the URL of the relay to which the space moved last.
    #[must_use]
    pub fn relay(&self) -> Option<&str> {
        self.relay.as_deref()
    }

    /// Returns whether the newest epoch's key was made by somebody who has left with it. The others
    /// must [`rotate`](Self::rotate) before they write.
    #[must_use]
    pub const fn needs_rotation(&self) -> bool {
        self.is_key_known_outside
    }

    /// Takes over what a record that was checked changes.
    pub(super) fn take(&mut self, effect: Effect) {
        self.head = effect.head;
        for out in effect.out {
            self.members.remove(&out);
            self.removed.insert(out, effect.head);
        }
        if let Some(member) = effect.new_member {
            self.used_keys.insert(*member.keys.member().as_bytes());
            self.used_keys.insert(*member.keys.agreement());
            self.let_in.insert(member.keys.member(), member.added_by);
            self.members.insert(member.keys.member(), member);
        }
        if let Some(new) = effect.new_epoch {
            for (key, wrapped) in new.wrapped {
                if let Some(member) = self.members.get_mut(&key) {
                    (member.wrapped, member.place) = (wrapped, new.place);
                }
            }
            self.epoch_ids.insert(new.epoch.id);
            self.later_epochs.push(new.epoch);
            self.is_key_known_outside = new.is_known_outside;
        }
        if let Some(relay) = effect.relay {
            self.relay = Some(relay);
        }
    }
}
