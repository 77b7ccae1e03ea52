//! Sync of one file: what it holds in memory, and how it writes.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ara_core::{Database, Error};
use ara_protocol::access::{EpochKeys, Members};
use ara_protocol::keys::{MemberKey, SecretKeys};
use ara_protocol::{Cursor, Error as ProtocolError, NodeId, RecordHash, SegmentId, SpaceId};
use rusqlite::Connection;

use crate::engine::settings::{Connect, Settings};
use crate::engine::tail::Tail;
use crate::fault::{Fault, Result};
use crate::random::Random;
use crate::relay::Relay;
use crate::state::place::Place;
use crate::state::records::AccessLog;
use crate::state::segments::Chain;
use crate::state::unread::{self, Why};
use crate::state::{Alarm, alarms, facts};

/// What keeps a database equal to those of the other devices.
pub(crate) struct Engine {
    pub(super) database: Database,
    pub(super) keys: Arc<SecretKeys>,
    pub(super) connect: Connect,
    pub(super) settings: Settings,
    pub(super) url: String,
    /// The URL that the app gave.
    pub(super) given: String,
    /// Whether this device tells nothing of itself, as another one may have its keys.
    pub(super) is_silent: bool,
    pub(super) relay: Arc<Relay>,
    pub(super) access: AccessLog,
    /// The keys of the epochs, or `None` if this device is no member any more, or cannot open what was wrapped for it.
    pub(super) epoch_keys: Option<EpochKeys>,
    /// Where this device stands, as the file has it.
    pub(super) place: Place,
    /// The nodes of which something could not be merged.
    pub(super) unread: BTreeMap<NodeId, Why>,
    pub(super) random: Random,
    pub(super) told: Told,
}

/// What is known for as long as the app runs.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The end of the log, as the relay told last.
    pub(super) end: Option<Cursor>,
    /// Where the segments of nodes end, as far as that was asked for.
    pub(super) tails: HashMap<NodeId, Tail>,
    /// The nodes that are to be read again.
    pub(super) due: BTreeSet<NodeId>,
    /// The nodes of which nothing can be sent now: the relay refuses it, or it is too large, or too little is known.
    pub(super) unsendable: BTreeSet<NodeId>,
    /// Those of them that are too large, and when that was found out.
    pub(super) too_large: BTreeMap<NodeId, i64>,
    /// The nodes that cannot be sealed again now.
    pub(super) not_resealed: BTreeSet<NodeId>,
    /// The nodes of which the relay did not take a segment, as it does not follow what it has.
    pub(super) conflicts: BTreeSet<NodeId>,
    /// How many bytes the segments have that were sent and are not seen in the log yet.
    pub(super) sizes: HashMap<SegmentId, u64>,
    /// Whether the relay has too few records of the access log.
    pub(super) lacks_records: bool,
    /// Whether the end of the log is noted for all who have left by themselves.
    pub(super) is_end_of_left_noted: bool,
    /// Whether this device has read to the end of the log since.
    pub(super) is_all_of_left_read: bool,
    /// Whether there is no room at the relay.
    pub(super) is_full: bool,
    /// Whether there is none as its disk is full, so that it takes nothing at all.
    pub(super) is_disk_full: bool,
    /// Whether what this device has is to be told in this round, however short ago that was done.
    pub(super) tells_at_once: bool,
    /// Whether the relay has not taken the own slot in this round, or that has nothing new to say.
    pub(super) tells_in_vain: bool,
    /// How many segments were read.
    pub(super) taken: u64,
    /// The record that is being made here. Others by this device's key were made by a call that failed after all, or by
    /// who has copied its keys.
    pub(super) made: Option<RecordHash>,
    /// How often the log was begun anew in this round.
    pub(super) begun_anew: u32,
    /// The newest slot up to which what devices say that they have was compared with what this one has.
    pub(super) compared: Option<u64>,
    /// Whether another device has what this one does not.
    pub(super) is_lacking: bool,
}

/// What the file keeps of a space, which an engine holds as well.
struct Kept {
    access: AccessLog,
    place: Place,
    unread: BTreeMap<NodeId, Why>,
}

impl Kept {
    /// Reads it, or returns `None` if the file is in no space. All signatures of the access log are checked.
    fn load(database: &Database) -> Result<Option<Self>> {
        let loaded = database.sync_read(|sync| {
            let Some(access) = AccessLog::load(sync)? else { return Ok(None) };
            let place = Place::load(sync, access.members.space())?;
            let unread = unread::all(sync)?.into_iter().collect();
            Ok(Some(Self { access, place, unread }))
        })?;
        Ok(loaded.flatten())
    }
}

impl Told {
    /// Returns what is known when the app starts, or another process has moved on: nothing, so that what could not be
    /// merged is due.
    fn at_start(unread: &BTreeMap<NodeId, Why>) -> Self {
        Self { due: unread.keys().copied().collect(), ..Self::default() }
    }
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How many changes arrived that were new.
    pub(crate) received: u64,
    /// How many segments the relay took.
    pub(crate) sent: u64,
    /// How many segments were read, unless it was all of them anew.
    pub(crate) read: u64,
    /// Whether members changed, or what devices say of themselves.
    pub(crate) devices_changed: bool,
    /// Whether the alarms changed.
    pub(crate) alarms_changed: bool,
    /// Whether nothing is left to send or to read.
    pub(crate) is_complete: bool,
    /// Whether something is left as the relay has no room for it.
    pub(crate) is_full: bool,
    /// Whether that is as the disk of the relay is full.
    pub(crate) is_disk_full: bool,
    /// After how many milliseconds another round is to tell what this device has sent, if that was not told yet.
    pub(crate) tell_in: Option<u64>,
    /// How many bytes the space has at the relay, and how many it may have, as far as the relay has told.
    pub(crate) used: Option<(u64, u64)>,
}

impl Outcome {
    /// Returns whether the round found anything new, on either side.
    pub(crate) const fn is_any_news(&self) -> bool {
        self.received > 0 || self.sent > 0 || self.read > 0 || self.devices_changed
    }
}

/// How far a round has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Up to which number of the relay's log this device has read.
    pub(crate) read: u64,
    /// The end of the relay's log.
    pub(crate) end: u64,
    /// About how many bytes are to be sent, if the request has sent some, and there is more.
    pub(crate) to_send: Option<u64>,
}

/// What lets a device join: what the pairing told it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invitation {
    /// The space.
    pub(crate) space: SpaceId,
    /// A record that the access log must contain.
    pub(crate) access: RecordHash,
    /// The member that let this device in.
    pub(crate) by: MemberKey,
}

impl Engine {
    /// Opens sync of a file. Returns `None` if the file is in no space. `given` is where the relay is, unless the space
    /// has moved, or the file came to another relay when the app gave the same.
    pub(crate) fn open(
        database: &Database,
        keys: Arc<SecretKeys>,
        given: &str,
        connect: Connect,
        settings: Settings,
    ) -> Result<Option<Self>> {
        let Some(Kept { access, place, unread }) = Kept::load(database)? else { return Ok(None) };
        let noted = database.sync_read(|sync| {
            let given_then = facts::get(sync, facts::GIVEN)?;
            let is_same = |then: &Vec<u8>| then.is_empty() || *then == given.as_bytes();
            let relay = facts::get(sync, facts::RELAY)?;
            Ok(relay.filter(|_| given_then.as_ref().is_some_and(is_same)))
        })?;
        let noted = noted.flatten().and_then(|url| String::from_utf8(url).ok());
        let moved = access.members.relay().map(str::to_owned);
        let url = moved.or(noted).unwrap_or_else(|| given.to_owned());
        let relay = Arc::new(Relay::new(&url, connect(&url)?)?);
        let mut engine = Self {
            database: database.clone(),
            keys,
            connect,
            settings,
            url,
            given: given.to_owned(),
            is_silent: false,
            relay,
            access,
            epoch_keys: None,
            place,
            told: Told::at_start(&unread),
            unread,
            random: Random::of(database)?,
        };
        engine.find_keys()?;
        engine.settle()?;
        Ok(Some(engine))
    }

    /// Notes which relay it is. If the space has moved since the file was open, all of the new relay's log is read.
    fn settle(&mut self) -> Result<()> {
        let read = self.database.sync_read(|sync| {
            Ok((facts::get(sync, facts::RELAY)?, facts::get(sync, facts::GIVEN)?))
        })?;
        let (noted, noted_given) = read.unwrap_or_default();
        if noted_given.is_some_and(|noted| noted != self.given.as_bytes()) && !self.given.is_empty()
        {
            // Another one counts, but for the first one that the app gives at all.
            let (given, is_kept) = (self.given.clone(), self.given != self.url);
            self.write(|sync| match is_kept {
                true => facts::put(sync, facts::GIVEN, given.as_bytes()),
                false => facts::remove(sync, facts::GIVEN),
            })?;
        }
        if noted.as_deref() == Some(self.url.as_bytes()) {
            return Ok(());
        }
        let has_moved = self.access.members.relay().is_some();
        if has_moved {
            self.begin_anew(false, &mut Outcome::default())?;
        }
        let url = self.url.clone();
        self.write(|sync| {
            if has_moved {
                facts::remove(sync, facts::FOUNDED)?;
            }
            facts::put(sync, facts::RELAY, url.as_bytes())
        })
    }

    /// Reads anew what the file keeps.
    pub(super) fn reload(&mut self) -> Result<()> {
        let kept = Kept::load(&self.database)?.ok_or(Error::NotInASpace)?;
        self.told = Told::at_start(&kept.unread);
        (self.access, self.place, self.unread) = (kept.access, kept.place, kept.unread);
        self.find_keys()
    }

    /// Finds the keys of the epochs that this device can read.
    pub(super) fn find_keys(&mut self) -> Result<()> {
        let is_member = self.access.members.get(self.own_key()).is_some();
        let keys = is_member.then(|| self.access.members.epoch_keys(&self.keys)).transpose();
        self.epoch_keys = match keys {
            // A member has wrapped something else for this device. What comes next may be right.
            Err(ProtocolError::DoesNotOpen { .. }) => None,
            keys => keys?,
        };
        Ok(())
    }

    /// Fails if nothing can be opened or sealed, and says why.
    pub(super) fn check_keys(&self) -> Result<()> {
        let is_member = self.access.members.get(self.own_key()).is_some();
        match &self.epoch_keys {
            Some(_) => Ok(()),
            None if is_member => Err(Fault::NotNow(
                "this device cannot open the newest key of the space, as another one has made it wrongly: remove that one by a third, or start over",
            )),
            None => Err(Fault::Stopped),
        }
    }

    /// Returns the members.
    pub(crate) const fn members(&self) -> &Members {
        &self.access.members
    }

    /// Returns the records of the access log.
    #[cfg(test)]
    pub(crate) fn records(&self) -> &[Vec<u8>] {
        self.access.records()
    }

    /// Returns the space.
    pub(crate) const fn space(&self) -> SpaceId {
        self.access.members.space()
    }

    /// Returns the keys of this device.
    pub(crate) const fn keys(&self) -> &Arc<SecretKeys> {
        &self.keys
    }

    /// Returns the key by which the others know this device.
    pub(crate) fn own_key(&self) -> MemberKey {
        self.keys.public().member()
    }

    /// Returns the relay's URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns whether all is known that the relay told of: the end of its log, how many access records it has, and its
    /// newest slot.
    pub(crate) fn has_heard(&self, log: u64, records: u64, slots: u64) -> bool {
        self.place.cursor.number >= log
            && self.access.records().len() as u64 >= records
            && self.place.slots_seen >= slots
    }

    /// Returns the alarms.
    pub(crate) fn alarms(&self) -> Result<Vec<Alarm>> {
        Ok(self.database.sync_read(alarms::all)?.unwrap_or_default())
    }

    /// Takes an alarm away.
    pub(crate) fn dismiss(&self, alarm: &Alarm) -> Result<()> {
        self.database.sync_write(|sync| alarms::lower(sync, alarm))?;
        Ok(())
    }

    /// Returns about how many bytes are to be sent: those of the log that come after what is sealed of each node. A
    /// segment takes about as many.
    pub(crate) fn bytes_to_send(&mut self) -> Result<u64> {
        let mut bytes: u64 = 0;
        for known in self.database.sync_nodes()? {
            let sealed = self.tail(NodeId::from_bytes(known.node))?.end.number;
            if sealed < known.end.number {
                bytes = bytes.saturating_add(self.database.sync_bytes_after(known.node, sealed)?);
            }
        }
        Ok(bytes)
    }

    /// Raises an alarm.
    pub(super) fn raise(&self, alarm: &Alarm, outcome: &mut Outcome) -> Result<()> {
        outcome.alarms_changed |= self.database.sync_write(|sync| alarms::raise(sync, alarm))?;
        Ok(())
    }

    /// Returns where the segments of a node end.
    pub(super) fn tail(&mut self, node: NodeId) -> Result<Tail> {
        if let Some(tail) = self.told.tails.get(&node) {
            return Ok(*tail);
        }
        let chain = self.database.sync_read(|sync| Chain::load(sync, node))?.unwrap_or_default();
        let tail = Tail::of(&chain);
        self.told.tails.insert(node, tail);
        Ok(tail)
    }

    /// Returns whether another process has moved on.
    pub(super) fn is_overtaken(&self) -> Result<bool> {
        let is_same = self.database.sync_read(|sync| Guard::new(self).is_same(sync))?;
        Ok(is_same != Some(true))
    }

    /// Writes in a transaction, if no other process has moved on meanwhile.
    pub(super) fn write<R>(
        &self,
        write: impl FnOnce(&Connection) -> ara_core::Result<R>,
    ) -> Result<R> {
        let guard = Guard::new(self);
        let written = self.database.sync_write(|sync| {
            guard.check(sync)?;
            write(sync)
        });
        guard.judge(written)
    }
}

/// Notices in a transaction that another process has moved on.
pub(super) struct Guard {
    space: SpaceId,
    cursor: Cursor,
    is_overtaken: Cell<bool>,
}

impl Guard {
    pub(super) fn new(engine: &Engine) -> Self {
        Self { space: engine.space(), cursor: engine.place.cursor, is_overtaken: Cell::new(false) }
    }

    /// Fails if the file is not as this engine has left it.
    pub(super) fn check(&self, sync: &Connection) -> ara_core::Result<()> {
        let is_same = self.is_same(sync)?;
        self.is_overtaken.set(!is_same);
        if is_same { Ok(()) } else { Err(Error::Busy) }
    }

    fn is_same(&self, sync: &Connection) -> ara_core::Result<bool> {
        let space = facts::get(sync, facts::SPACE)?;
        Ok(space.as_deref() == Some(self.space.as_bytes())
            && Place::load(sync, self.space)?.cursor == self.cursor)
    }

    /// Tells the fault from others.
    pub(super) fn judge<R>(&self, written: ara_core::Result<R>) -> Result<R> {
        if self.is_overtaken.get() { Err(Fault::Overtaken) } else { Ok(written?) }
    }
}
