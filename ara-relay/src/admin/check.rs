//! Checking that a space is what its members sent.
//!
//! Without a key it is seen of a segment who signed it, what it follows, and whether its parts are whole; and of the
//! access log, everything. So this finds what is damaged, and what was changed by somebody who has no member's keys.

use std::collections::BTreeSet;

use ara_protocol::access::Members;
use ara_protocol::segment::{Head, Outline};
use ara_protocol::slot::Slot;
use ara_protocol::{Cursor, NodeId, SpaceId};

use crate::admin::dropping::is_half_dropped;
use crate::admin::{members_of, read};
use crate::relay::{STUB_SIZE, check_node, is_of};
use crate::store::{Result, Space, SpaceState, Store, StoreError, StoredPlace, Transaction};

/// How many places of a log are read at once.
const PAGE: usize = 256;

/// How many bytes of slots are read at once.
const PAGE_OF_SLOTS: usize = 1 << 20;

/// How much is told to be wrong with one space.
const MOST_FINDINGS: usize = 100;

/// What is wrong with a copy that broke off.
const HALF_COPIED: &str =
    "it was not copied whole: run the copy again, or drop what is there by `admin drop-copy`";

/// What is wrong with a space of which not all was dropped.
const HALF_DROPPED: &str = "it was not dropped whole: drop the rest by `admin drop-copy`";

/// Checks a space, and returns what is wrong with it. It writes nothing.
///
/// # Errors
///
/// Returns an error if the store fails.
pub fn check(store: &dyn Store, id: SpaceId) -> Result<Vec<String>> {
    let space = read(store, |transaction| transaction.space(id))?;
    match space {
        // Of what is not whole, much more is wrong, and none of it matters.
        Some(space) if is_half_dropped(&space) => Ok(vec![HALF_DROPPED.to_owned()]),
        Some(space) if space.state == SpaceState::Arriving => Ok(vec![HALF_COPIED.to_owned()]),
        _ => check_content(store, id),
    }
}

/// Checks what there is of a space, whether or not it has arrived.
pub(super) fn check_content(store: &dyn Store, id: SpaceId) -> Result<Vec<String>> {
    read(store, |transaction| {
        let Some(space) = transaction.space(id)? else {
            return Ok(vec!["it is not in this store".to_owned()]);
        };
        let mut checking = Checking { transaction, space, wrong: vec![] };
        checking.run()?;
        Ok(checking.wrong)
    })
}

struct Checking<'a> {
    transaction: &'a mut dyn Transaction,
    space: Space,
    wrong: Vec<String>,
}

impl Checking<'_> {
    fn run(&mut self) -> Result<()> {
        let members = self.access()?;
        self.tombstone()?;
        if self.space.is_deleted {
            return Ok(());
        }
        let of_segments = self.log(members.as_ref())?;
        let of_slots = self.slots(members.as_ref())?;
        let staged = self.transaction.staged_size(self.space.key)?;
        let (records, used) = (self.space.records_size, self.space.used);
        let has = of_segments.zip(of_slots).map(|(segments, slots)| {
            [records, segments, slots, staged]
                .iter()
                .fold(0, |sum: u64, one| sum.saturating_add(*one))
        });
        if let Some(has) = has.filter(|has| *has != used) {
            self.tell(format!("it has {has} bytes, and {used} are noted"));
        }
        Ok(())
    }

    fn tell(&mut self, wrong: impl Into<String>) {
        if self.wrong.len() < MOST_FINDINGS {
            self.wrong.push(wrong.into());
        }
    }

    /// Tells what is damaged, so that the rest is checked all the same.
    fn or_tell<T>(&mut self, outcome: Result<T>) -> Result<Option<T>> {
        match outcome {
            Ok(done) => Ok(Some(done)),
            Err(StoreError::Damaged { what }) => {
                self.tell(format!("{what} is damaged"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn access(&mut self) -> Result<Option<Members>> {
        let read = members_of(self.transaction, &self.space);
        let Some(members) = self.or_tell(read)? else { return Ok(None) };
        let Some(members) = members else {
            self.tell("it has no access log");
            return Ok(None);
        };
        let space = &self.space;
        let number = self.transaction.record_number(space.key, space.access)?;
        if members.space() != space.key.id {
            self.tell("its access log is that of another space");
        } else if members.head() != space.access || number != Some(space.records) {
            self.tell("another access record is noted as the last one");
        } else if members.recovery().map(|it| it.keys().member()) != space.recovery {
            self.tell("another recovery member is noted than the access log has");
        }
        Ok(Some(members))
    }

    fn tombstone(&mut self) -> Result<()> {
        let tombstone = self.transaction.tombstone(self.space.key)?;
        match tombstone {
            Some(_) if !self.space.is_deleted => self.tell("it has a tombstone, and lives"),
            Some(tombstone) if !is_of(&tombstone, self.space.key.id) => {
                self.tell("its tombstone is not what a member signed");
            }
            None if self.space.is_deleted => self.tell("it is deleted, and has no tombstone"),
            _ => {}
        }
        Ok(())
    }

    /// Checks the log, and returns how many bytes it has, unless something of it cannot be read.
    fn log(&mut self, members: Option<&Members>) -> Result<Option<u64>> {
        let key = self.space.key;
        let mut end = Cursor::start(key.id);
        let mut nodes = BTreeSet::new();
        let mut used = Some(0_u64);
        loop {
            let page = self.transaction.places_after(key, end.number, PAGE);
            let Some(page) = self.or_tell(page)? else { return Ok(None) };
            if page.is_empty() {
                break;
            }
            for place in page {
                end = end.after(place.id);
                if place.number != i64::try_from(end.number).unwrap_or(i64::MAX) {
                    self.tell(format!("number {} is missing in the log", end.number));
                    return Ok(None);
                }
                if place.chain != end.chain {
                    self.tell(format!("the hash chain breaks at number {}", end.number));
                    end.chain = place.chain;
                }
                let size = match place.row {
                    Some(row) => self.segment(&place, row, end.number, members, &mut nodes)?,
                    None => Some(STUB_SIZE),
                };
                used = used.zip(size).map(|(used, size)| used.saturating_add(size));
            }
        }
        if end != self.space.end {
            let noted = self.space.end.number;
            self.tell(format!("the log ends at number {}, and {noted} is noted", end.number));
        }
        for node in nodes {
            let checked = check_node(self.transaction, key, node);
            self.or_tell(checked)?;
        }
        Ok(used)
    }

    /// Checks a segment, and returns how many bytes it has, if it can be read.
    fn segment(
        &mut self,
        place: &StoredPlace,
        row: i64,
        number: u64,
        members: Option<&Members>,
        nodes: &mut BTreeSet<NodeId>,
    ) -> Result<Option<u64>> {
        let key = self.space.key;
        let stored = self.transaction.stored_segment(key, row);
        let Some(stored) = self.or_tell(stored)? else { return Ok(None) };
        let read = Head::read(&stored.head).ok().filter(|head| head.id() == place.id);
        let outline = Outline::read(&stored.head, place.id).ok();
        let Some((head, outline)) = read.zip(outline) else {
            self.tell(format!("the head of segment {number} is not what its author signed"));
            return Ok(None);
        };
        let header = head.header();
        nodes.insert(header.node);
        if header.space != key.id {
            self.tell(format!("segment {number} is of another space"));
        }
        let is_of_a_member = members.is_none_or(|members| {
            members.get(header.author).is_some() || members.removed_in(header.author).is_some()
        });
        if !is_of_a_member {
            self.tell(format!("segment {number} is by nobody who was ever a member"));
        }
        if members.is_some_and(|members| !members.has_epoch(header.epoch)) {
            self.tell(format!("segment {number} is under an epoch that there never was"));
        }
        if stored.node != header.node || stored.alias != outline.alias {
            self.tell(format!("what is noted of segment {number} is not what its head says"));
        }
        let mut size = stored.head.len() as u64;
        for index in 0..outline.part_count() {
            let at = u16::try_from(index).unwrap_or(u16::MAX);
            let part = self.transaction.part(key, number, at)?;
            match part.filter(|part| outline.is_part(index, part)) {
                Some(part) => size = size.saturating_add(part.len() as u64),
                None => self.tell(format!("part {index} of segment {number} is not whole")),
            }
        }
        let (count, parts) = self.transaction.stored_parts(key, number)?;
        let are_counted = count == outline.part_count() as u64
            && usize::from(stored.part_count) == outline.part_count()
            && stored.size == (stored.head.len() as u64).saturating_add(parts);
        if !are_counted {
            self.tell(format!("the parts of segment {number} are not those that are noted"));
        }
        Ok(Some(size))
    }

    /// Checks the slots, and returns how many bytes they have, unless one cannot be read.
    fn slots(&mut self, members: Option<&Members>) -> Result<Option<u64>> {
        let (mut after, mut size) = (0, 0_u64);
        let mut authors = BTreeSet::new();
        loop {
            let page = self.transaction.slots_after(self.space.key, after, PAGE_OF_SLOTS);
            let Some(page) = self.or_tell(page)? else { return Ok(None) };
            if page.is_empty() {
                break;
            }
            for (count, bytes) in page {
                after = count;
                size = size.saturating_add(bytes.len() as u64);
                let slot = Slot::read(&bytes).ok();
                let Some(slot) = slot.filter(|slot| slot.space() == self.space.key.id) else {
                    self.tell(format!("slot {count} is not what its author signed"));
                    continue;
                };
                if members.is_some_and(|members| members.get(slot.author()).is_none()) {
                    self.tell(format!("slot {count} is by nobody who is a member"));
                }
                if !authors.insert(*slot.author().as_bytes()) {
                    self.tell(format!("slot {count} is another one of the same member"));
                }
            }
        }
        if after > self.space.slots {
            let noted = self.space.slots;
            self.tell(format!("the newest slot is {after}, and {noted} is noted"));
        }
        Ok(Some(size))
    }
}
