//! Makes records.

use rand_core::CryptoRng;

use crate::access::body::{Body, RecoveryKey};
use crate::access::grant::Grant;
use crate::access::rules::{consented, genesis_place};
use crate::access::{Members, Record};
use crate::epoch::{EpochKey, WrappedKey};
use crate::error::Result;
use crate::ids::{EpochId, SpaceId};
use crate::keys::{Label, MemberKey, PublicKeys, SecretKeys};

impl Record {
    /// Founds a space, whose only member is the author. `succeeds` is the space that it is to replace.
    ///
    /// # Errors
    ///
    /// Returns [`Error::WeakKey`](crate::Error::WeakKey) if the author's keys are weak, which those that
    /// are random never are.
    pub fn genesis(
        author: &SecretKeys,
        succeeds: Option<SpaceId>,
        random: &mut impl CryptoRng,
    ) -> Result<Self> {
        let mut seed = [0; 32];
        random.fill_bytes(&mut seed);
        let key = EpochKey::generate(random);
        let keys = author.public();
        let wrapped = WrappedKey::wrap(&key, &keys, genesis_place(&seed), random)?;
        let body = Body::Genesis { seed, agreement: *keys.agreement(), succeeds, wrapped };
        Self::write(None, key.id(), author, &body)
    }
}

/// Each of these makes a record that may follow, and changes nothing: pass the record to
/// [`apply`](Self::apply) once the relay took it.
///
/// # Errors
///
/// They return [`Error::NotAMember`](crate::Error::NotAMember) if the author is no member,
/// [`Error::DoesNotOpen`](crate::Error::DoesNotOpen) if the epoch's key was wrapped wrongly for it, and the
/// errors of [`apply`](Self::apply) if the record could not follow.
impl Members {
    /// Makes a record by which a device becomes a member.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn add(
        &self,
        author: &SecretKeys,
        device: &PublicKeys,
        random: &mut impl CryptoRng,
    ) -> Result<Record> {
        let key = self.newest_key(author)?;
        let wrapped = WrappedKey::wrap(&key, device, self.next_place(), random)?;
        self.write(author, self.epoch(), &Body::Add { device: *device, wrapped })
    }

    /// Makes a record by which members are out: devices, or the recovery words. It begins a new epoch
    /// for those who stay. An author who lets itself out leaves, and the others must then
    /// [`rotate`](Self::rotate).
    ///
    /// # Errors
    ///
    /// As above.
    pub fn remove(
        &self,
        author: &SecretKeys,
        out: &[MemberKey],
        random: &mut impl CryptoRng,
    ) -> Result<Record> {
        let mut out = out.to_vec();
        out.sort_unstable();
        out.dedup();
        let (epoch, grant) = self.grant(author, &out, None, random)?;
        self.write(author, epoch, &Body::Remove { out, grant })
    }

    /// Makes a record that begins a new epoch for the same members.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn rotate(&self, author: &SecretKeys, random: &mut impl CryptoRng) -> Result<Record> {
        let (epoch, grant) = self.grant(author, &[], None, random)?;
        self.write(author, epoch, &Body::Rotate { grant })
    }

    /// Makes a record by which the space has recovery words, or others than before: those are then out.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn set_recovery(
        &self,
        author: &SecretKeys,
        recovery: &SecretKeys,
        random: &mut impl CryptoRng,
    ) -> Result<Record> {
        let keys = recovery.public();
        let consent = recovery.sign(Label::Recovery, &consented(self.space, self.head, &keys));
        let (epoch, key) = if let Some(old) = self.recovery() {
            let (epoch, grant) = self.grant(author, &[old.keys.member()], Some(&keys), random)?;
            (epoch, RecoveryKey::Replaces(grant))
        } else {
            let key = self.newest_key(author)?;
            let wrapped = WrappedKey::wrap(&key, &keys, self.next_place(), random)?;
            (self.epoch(), RecoveryKey::First(wrapped))
        };
        self.write(author, epoch, &Body::Recovery { recovery: keys, consent, key })
    }

    /// Makes a record by which the space moves to another relay.
    ///
    /// # Errors
    ///
    /// As above, and [`Error::RelayUrl`](crate::Error::RelayUrl) if this is not the URL of a relay.
    pub fn move_to(&self, author: &SecretKeys, relay: &str) -> Result<Record> {
        self.write(author, self.epoch(), &Body::Moved { relay: relay.to_owned() })
    }

    fn grant(
        &self,
        author: &SecretKeys,
        out: &[MemberKey],
        new: Option<&PublicKeys>,
        random: &mut impl CryptoRng,
    ) -> Result<(EpochId, Grant)> {
        let old = self.newest_key(author)?;
        let key = EpochKey::generate(random);
        let staying = self.iter().map(|member| &member.keys);
        let staying = staying.filter(|keys| !out.contains(&keys.member()));
        let grant = Grant::new(&key, &old, staying.chain(new), self.next_place(), random)?;
        Ok((key.id(), grant))
    }

    fn write(&self, author: &SecretKeys, epoch: EpochId, body: &Body) -> Result<Record> {
        let record = Record::write(Some((self.space, self.head)), epoch, author, body)?;
        self.check(&record)?;
        Ok(record)
    }
}
