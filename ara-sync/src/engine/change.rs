//! Changing who is a member, and where the relay is.

use std::sync::Arc;

use ara_protocol::Error as ProtocolError;
use ara_protocol::access::{Members, Record};
use ara_protocol::keys::{MemberKey, PublicKeys, SecretKeys};
use ara_protocol::message::Refusal;
use ara_protocol::message::access::AccessRequest;

use crate::engine::base::{Engine, Outcome};
use crate::fault::{Fault, Result};
use crate::random::Random;
use crate::relay::Relay;
use crate::state::{Alarm, facts};

/// How often a record is made anew, as another member was faster.
const TRIES: usize = 8;

/// What the removal of a member should take with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemovalPlan {
    /// The member.
    pub(crate) member: MemberKey,
    /// Whom it let in, and whom they let in.
    pub(crate) let_in: Vec<MemberKey>,
}

impl Engine {
    /// Makes a device a member, if it is none yet: an answer may have been lost.
    pub(crate) fn add(&mut self, device: &PublicKeys) -> Result<()> {
        let added = self.change(&mut |members, keys, random| members.add(keys, device, random));
        match added {
            Err(_) if self.members().get(device.member()).is_some() => Ok(()),
            added => added.map(|_| ()),
        }
    }

    /// Returns whom the removal of a member should take with it.
    pub(crate) fn removal_plan(&self, member: MemberKey) -> RemovalPlan {
        RemovalPlan { member, let_in: self.members().let_in_by(member) }
    }

    /// Removes members: devices, or the recovery words. Those that are no members any more are passed over.
    pub(crate) fn remove(&mut self, out: &[MemberKey]) -> Result<()> {
        let removed = self.change(&mut |members, keys, random| {
            let still: Vec<_> =
                out.iter().copied().filter(|out| members.get(*out).is_some()).collect();
            match still.is_empty() {
                true => Err(ProtocolError::NotAMember),
                false => members.remove(keys, &still, random),
            }
        });
        match removed {
            Err(_) if out.iter().all(|out| self.members().removed_in(*out).is_some()) => Ok(()),
            removed => removed.map(|_| ()),
        }
    }

    /// Begins a new epoch.
    pub(crate) fn rotate(&mut self) -> Result<()> {
        self.change(&mut |members, keys, random| members.rotate(keys, random)).map(|_| ())
    }

    /// Sets the recovery words. Others than before take the place of those.
    pub(crate) fn set_recovery(&mut self, recovery: &SecretKeys) -> Result<()> {
        self.change(&mut |members, keys, random| members.set_recovery(keys, recovery, random))
            .map(|_| ())
    }

    /// Moves the space to another relay, which may want a token.
    pub(crate) fn move_to(&mut self, url: &str, admission: &str) -> Result<()> {
        // Once it is told to all, there is no way back but by the new relay. So that one is asked first, with what is no
        // record: it is not taken, and a relay that does not admit the space says so before it looks.
        let relay = Relay::new(url, (self.connect)(url)?)?;
        let request = AccessRequest {
            space: self.space(),
            after: Some(self.access.members.head()),
            cursor: self.place.cursor,
            admission: admission.to_owned(),
            records: vec![vec![]],
        };
        match relay.access(&request, &self.keys) {
            Ok(_) | Err(Fault::Refused(Refusal::Unknown | Refusal::Moved)) => {}
            Err(fault) => return Err(fault),
        }
        self.change(&mut |members, keys, _| members.move_to(keys, url))?;
        admission.clone_into(&mut self.settings.admission);
        let mut outcome = Outcome::default();
        self.go_to(url, &mut outcome)?;
        // The others may have no token, so the new relay is to have the space before they come. All know by now that it
        // moves there, so what fails here is done by the next round.
        let _ = self.repair_access(&mut outcome);
        Ok(())
    }

    /// Deletes the space at the relay, for ever. Sync stops.
    pub(crate) fn delete_at_relay(&mut self) -> Result<()> {
        if !self.is_stopped()? {
            // The space may have moved, or the relay may have lost it, and would be filled again. And what is there alone
            // is brought here first.
            self.read_to_end(&mut Outcome::default())?;
        }
        self.relay.delete(self.space(), &self.keys)?;
        let by = self.own_key();
        match self.stop(&Alarm::DeletedAtRelay { by: by.into() }, &mut Outcome::default()) {
            Fault::Stopped => Ok(()),
            fault => Err(fault),
        }
    }

    /// Leaves the space: sends what is new, lets the others know, and forgets that the file was in it.
    ///
    /// # Errors
    ///
    /// Returns a fault if something could not be sent: the device has not left then.
    pub(crate) fn leave(mut self) -> Result<()> {
        let own = self.own_key();
        // There is nobody to tell of a space that no relay has.
        let is_known_here_alone = self.members().iter().count() == 1 && !self.is_founded()?;
        if !is_known_here_alone && !self.is_stopped()? {
            let Outcome { is_complete, used, .. } = self.round(&|| false, &mut |_| {})?;
            if !is_complete && self.told.is_disk_full {
                return Err(Fault::Refused(Refusal::DiskFull));
            }
            if !is_complete {
                let (used, limit) = used.unwrap_or_default();
                return Err(Fault::Refused(Refusal::Full { used, limit }));
            }
            self.change(&mut |members, keys, random| members.remove(keys, &[own], random))?;
        }
        self.database.sync_write(facts::clear)?;
        Ok(())
    }

    /// Tells the others nothing of this device, as its keys may be those of another one, until it has
    /// [others](Self::replace_own_keys).
    pub(crate) const fn keep_silent(&mut self) {
        self.is_silent = true;
    }

    /// Gives this device new keys, as its old ones were found copied: the old pair makes the new one a member.
    pub(crate) fn replace_own_keys(&mut self, keys: Arc<SecretKeys>) -> Result<()> {
        self.add(&keys.public())?;
        (self.keys, self.is_silent) = (keys, false);
        self.find_keys()?;
        self.raise(&Alarm::KeysReplaced, &mut Outcome::default())
    }

    /// Makes a record, and has the relay take it. If others were faster, their records are applied first, and the log
    /// is read to its end.
    pub(super) fn change(
        &mut self,
        make: &mut dyn FnMut(&Members, &SecretKeys, &mut Random) -> ara_protocol::Result<Record>,
    ) -> Result<Record> {
        let mut outcome = Outcome::default();
        for attempt in 0..TRIES {
            // A record that lets somebody out is taken only from who has read all.
            if attempt > 0 || self.told.end.is_none() {
                self.read_to_end(&mut outcome)?;
            }
            let record = match make(&self.access.members, &self.keys, &mut self.random) {
                // There may be news of the members.
                Err(_) if attempt == 0 && self.told.end.is_some() => continue,
                record => record?,
            };
            let head = self.access.members.head();
            let answer = match self.ask_access(Some(head), vec![record.as_bytes().to_vec()]) {
                Err(Fault::Refused(refusal @ (Refusal::Unknown | Refusal::Moved))) => {
                    self.refused(refusal, &mut outcome)?;
                    continue;
                }
                answer => answer?,
            };
            if !answer.knows_after {
                self.repair_access(&mut outcome)?;
                continue;
            }
            self.told.made = Some(record.hash());
            let mut applied = self.apply_records(&answer.records, &mut outcome);
            if applied.is_ok() && answer.are_taken && !self.access.has(record.hash()) {
                applied = self.apply_records(&[record.as_bytes().to_vec()], &mut outcome);
            }
            self.told.made = None;
            applied?;
            if self.access.has(record.hash()) {
                return Ok(record);
            }
        }
        Err(Fault::NotNow("others change the members at the same time: try again"))
    }
}
