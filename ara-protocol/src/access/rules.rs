//! The rules: which record may follow, and what it changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::body::{Body, RecoveryKey};
use crate::access::grant::Grant;
use crate::access::members::{Epoch, Member, Members, Role};
use crate::access::{MOST_MEMBERS, Record};
use crate::bytes::hash;
use crate::epoch::{Place, WrappedKey};
use crate::error::{Error, Result};
use crate::ids::{RecordHash, SpaceId};
use crate::keys::{Label, MemberKey, PublicKeys};

/// What a record changes, after all checks.
pub(super) struct Effect {
    pub(super) head: RecordHash,
    pub(super) out: Vec<MemberKey>,
    pub(super) new_member: Option<Member>,
    pub(super) new_epoch: Option<NewEpoch>,
    pub(super) relay: Option<String>,
}

pub(super) struct NewEpoch {
    pub(super) epoch: Epoch,
    pub(super) wrapped: BTreeMap<MemberKey, WrappedKey>,
    pub(super) place: Place,
    pub(super) is_known_outside: bool,
}

impl Members {
    /// Takes the first record of an access log.
    ///
    /// # Errors
    ///
    /// Returns [`Error::OtherPredecessor`] if the record is not a genesis, and [`Error::WeakKey`] if its
    /// device's key is weak.
    pub fn found(record: &Record) -> Result<Self> {
        let Body::Genesis { seed, agreement, succeeds, wrapped } = &record.body else {
            return Err(Error::OtherPredecessor);
        };
        let device = record.author();
        let keys = PublicKeys::new(device, *agreement)?;
        let first = Member {
            keys,
            role: Role::Device,
            added_by: device,
            added_in: record.hash(),
            wrapped: *wrapped,
            place: genesis_place(seed),
        };
        Ok(Self {
            space: record.space(),
            succeeds: *succeeds,
            head: record.hash(),
            members: BTreeMap::from([(device, first)]),
            removed: BTreeMap::new(),
            let_in: BTreeMap::from([(device, device)]),
            used_keys: BTreeSet::from([*device.as_bytes(), *agreement]),
            first_epoch: Epoch { id: record.epoch, predecessor: None },
            later_epochs: vec![],
            epoch_ids: BTreeSet::from([record.epoch]),
            relay: None,
            is_key_known_outside: false,
        })
    }

    /// Takes the next record. One that is refused changes nothing.
    ///
    /// # Errors
    ///
    /// Returns [`Error::OtherSpace`], [`Error::OtherPredecessor`], [`Error::NotAMember`],
    /// [`Error::KeyUsedBefore`], [`Error::TooManyMembers`], [`Error::NotWrappedForAll`],
    /// [`Error::OtherEpoch`] or [`Error::WrongSignature`] (of the recovery key) if a rule forbids it.
    pub fn apply(&mut self, record: &Record) -> Result<()> {
        let effect = self.check(record)?;
        self.take(effect);
        Ok(())
    }

    /// Checks whether a record may follow, and returns what it changes.
    pub(super) fn check(&self, record: &Record) -> Result<Effect> {
        if record.space() != self.space {
            return Err(Error::OtherSpace);
        }
        if record.previous() != Some(self.head) {
            return Err(Error::OtherPredecessor);
        }
        if !self.members.contains_key(&record.author()) {
            return Err(Error::NotAMember);
        }
        let mut effect = Effect {
            head: record.hash(),
            out: vec![],
            new_member: None,
            new_epoch: None,
            relay: None,
        };
        match &record.body {
            // Its space is its own, and it has no record before it.
            Body::Genesis { .. } => return Err(Error::OtherPredecessor),
            Body::Add { device, wrapped } => {
                self.check_same_epoch(record)?;
                effect.new_member =
                    Some(self.new_member(record, device, Role::Device, *wrapped)?);
            }
            Body::Remove { out, grant } => {
                if !out.iter().all(|member| self.members.contains_key(member)) {
                    return Err(Error::NotAMember);
                }
                effect.new_epoch = Some(self.new_epoch(record, grant, out, None)?);
                effect.out.clone_from(out);
            }
            Body::Rotate { grant } => {
                effect.new_epoch = Some(self.new_epoch(record, grant, &[], None)?);
            }
            Body::Recovery { recovery, consent, key } => {
                let consented = consented(self.space, self.head, recovery);
                recovery.member().verify(Label::Recovery, &consented, consent)?;
                let old: Vec<_> =
                    self.recovery().map(|old| old.keys.member()).into_iter().collect();
                let wrapped = match key {
                    RecoveryKey::First(wrapped) if old.is_empty() => {
                        self.check_same_epoch(record)?;
                        *wrapped
                    }
                    RecoveryKey::Replaces(grant) if !old.is_empty() => {
                        let new = recovery.member();
                        effect.new_epoch = Some(self.new_epoch(record, grant, &old, Some(new))?);
                        *grant.wrapped.get(&new).ok_or(Error::NotWrappedForAll)?
                    }
                    _ => return Err(Error::NotWrappedForAll),
                };
                let member = self.new_member(record, recovery, Role::Recovery, wrapped)?;
                effect.new_member = Some(member);
                effect.out = old;
            }
            Body::Moved { relay } => {
                self.check_same_epoch(record)?;
                effect.relay = Some(relay.clone());
            }
        }
        let count =
            self.members.len() - effect.out.len() + usize::from(effect.new_member.is_some());
        if count > MOST_MEMBERS { Err(Error::TooManyMembers) } else { Ok(effect) }
    }

    fn check_same_epoch(&self, record: &Record) -> Result<()> {
        if record.epoch == self.epoch() { Ok(()) } else { Err(Error::OtherEpoch) }
    }

    fn new_member(
        &self,
        record: &Record,
        keys: &PublicKeys,
        role: Role,
        wrapped: WrappedKey,
    ) -> Result<Member> {
        let is_used = |key: &[u8; 32]| self.used_keys.contains(key);
        if is_used(keys.member().as_bytes()) || is_used(keys.agreement()) {
            return Err(Error::KeyUsedBefore);
        }
        Ok(Member {
            keys: *keys,
            role,
            added_by: record.author(),
            added_in: record.hash(),
            wrapped,
            place: self.next_place(),
        })
    }

    /// Checks that a new epoch is one, and is wrapped for exactly those who stay, and a new member.
    fn new_epoch(
        &self,
        record: &Record,
        grant: &Grant,
        out: &[MemberKey],
        new: Option<MemberKey>,
    ) -> Result<NewEpoch> {
        if self.has_epoch(record.epoch) {
            return Err(Error::OtherEpoch);
        }
        let staying = self.members.keys().copied().filter(|member| !out.contains(member));
        let readers: BTreeSet<_> = staying.chain(new).collect();
        if !readers.iter().eq(grant.wrapped.keys()) {
            return Err(Error::NotWrappedForAll);
        }
        Ok(NewEpoch {
            epoch: Epoch { id: record.epoch, predecessor: Some(grant.predecessor) },
            wrapped: grant.wrapped.clone(),
            place: self.next_place(),
            is_known_outside: out.contains(&record.author()),
        })
    }

    /// Returns where the next record wraps keys.
    pub(super) const fn next_place(&self) -> Place {
        Place { space: self.space, before: self.head }
    }
}

/// Returns where a genesis wraps its key. There is no space yet and no record before, so its random bytes
/// stand in.
pub(super) fn genesis_place(seed: &[u8; 32]) -> Place {
    Place {
        space: SpaceId::from_bytes([0; 16]),
        before: RecordHash::from_bytes(hash(b"ara-sync 1 genesis\0", &[seed])),
    }
}

/// Returns what a recovery key signs to be the one of a space.
pub(super) fn consented(space: SpaceId, before: RecordHash, keys: &PublicKeys) -> Vec<u8> {
    [&space.as_bytes()[..], before.as_bytes(), &keys.to_bytes()].concat()
}
