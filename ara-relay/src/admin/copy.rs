//! Copying a space from one store to another.
//!
//! It goes in small transactions. Until the last one, the space is [`Arriving`](SpaceState::Arriving) there, so that no
//! relay serves it; a copy that broke off goes on from where the log there ends.

use std::collections::{BTreeMap, BTreeSet};

use ara_protocol::request::hash_body;
use ara_protocol::segment::Head;
use ara_protocol::slot::Slot;
use ara_protocol::{NodeId, RecordHash, SpaceId};

use crate::admin::check::check_content;
use crate::admin::{members_of, read};
use crate::relay::{PAGE_OF_RECORDS, records_after};
use crate::store::{
    Ending, Listed, Live, NewSegment, Result, Space, SpaceState, Store, StoreError, StoredPlace,
    Topic, Transaction,
};

/// How many places of a log are copied at once.
const PLACES_AT_ONCE: usize = 128;

/// How many bytes of parts are copied at once.
const BYTES_AT_ONCE: u64 = 8 << 20;

/// How many bytes of slots are copied at once.
const PAGE_OF_SLOTS: usize = 8 << 20;

/// Until when parts are staged that are copied: until they are adopted.
const LONG: u64 = 1 << 40;

const SEGMENT: StoreError = StoreError::Damaged { what: "a segment" };

/// Why a space is not copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// It is not in the store that is copied from.
    #[error("there is no such space in the store that is copied from")]
    NotThere,

    /// It could change while it is copied.
    #[error(
        "a relay may serve this space while it is copied: close it first, or stop all relays and say so by --stopped"
    )]
    IsServed,

    /// It was not copied whole into the store that is copied from.
    #[error(
        "this space was not copied whole into the store that it is now to be copied from: run that copy again first"
    )]
    Incomplete,

    /// It is in the store that is copied to, as it is here.
    #[error("the space is there already, as it is here, and nothing of it was changed")]
    AlreadyThere,

    /// It is in the store that is copied to, as it was here before.
    #[error(
        "the space is there already, as it was before, and was left alone: close and delete it there by `admin close` \
         and `admin delete`, and copy it again"
    )]
    Behind,

    /// It is in the store that is copied to, with something that is not here.
    #[error(
        "the space is there already with something that is not here, and was left alone: if this one is to count all the \
         same, close and delete it there by `admin close` and `admin delete`, and copy it again"
    )]
    Ahead,

    /// What is there of a copy that broke off is of another state.
    #[error(
        "what is there of a copy that broke off does not go on here: drop that by `admin drop-copy`, and copy again"
    )]
    Differs,

    /// What was copied is not sound. It is not served there.
    #[error("what was copied is not sound, and stays closed there: {}; check the store that it comes from", .0.join("; "))]
    Unsound(Vec<String>),

    /// A store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies a space into a store that does not have it, checks the copy, and has it served there if it is served here.
///
/// Parts that wait to be appended, and boxes of devices that are just pairing, are not copied: devices send them again.
/// The space must be closed here, unless no relay runs, which `is_stopped` says. A copy that broke off goes on when this
/// is called again.
///
/// # Errors
///
/// Returns an error if the space could change meanwhile, or is there already whether it is the same or not, or if it is
/// damaged, or if a store fails.
pub fn copy(
    from: &dyn Store,
    to: &dyn Store,
    id: SpaceId,
    is_stopped: bool,
) -> std::result::Result<(), CopyError> {
    let space = copied_from(from, id, is_stopped)?;
    let copying = Copying { from, to, space };
    let Some(there) = copying.begin()? else { return Err(copying.compare()?) };
    copying.catch_up(&there)?;
    copying.records()?;
    copying.log()?;
    copying.slots()?;
    copying.finish()?;
    let wrong = check_content(to, id)?;
    if !wrong.is_empty() {
        return Err(CopyError::Unsound(wrong));
    }
    let state = copying.space.state;
    Ok(copying.write(|_, space| {
        space.state = state;
        Ok(())
    })?)
}

/// Checks that a space can be copied from a store, before there has to be one to copy it to.
///
/// # Errors
///
/// Returns [`CopyError::NotThere`], [`CopyError::Incomplete`] or [`CopyError::IsServed`] if that is what keeps it from being
/// copied, and [`CopyError::Store`] if the store fails.
pub fn may_be_copied(
    from: &dyn Store,
    id: SpaceId,
    is_stopped: bool,
) -> std::result::Result<(), CopyError> {
    copied_from(from, id, is_stopped).map(drop)
}

fn copied_from(
    from: &dyn Store,
    id: SpaceId,
    is_stopped: bool,
) -> std::result::Result<Space, CopyError> {
    let space = read(from, |transaction| transaction.space(id))?.ok_or(CopyError::NotThere)?;
    match space.state {
        SpaceState::Arriving => Err(CopyError::Incomplete),
        SpaceState::Open if !is_stopped && !space.is_deleted => Err(CopyError::IsServed),
        _ => Ok(space),
    }
}

struct Copying<'a> {
    from: &'a dyn Store,
    to: &'a dyn Store,
    space: Space,
}

/// A segment, as it is copied.
struct Taken {
    place: StoredPlace,
    listed: Listed,
    live: Live,
    /// Its parts, unless they are too large to be copied together with it.
    parts: Option<Vec<Vec<u8>>>,
}

impl Copying<'_> {
    const fn id(&self) -> SpaceId {
        self.space.key.id
    }

    /// Changes the space where it is copied to.
    fn write<T>(
        &self,
        mut job: impl FnMut(&mut dyn Transaction, &mut Space) -> Result<T>,
    ) -> Result<T> {
        let mut outcome = None;
        self.to.write(Some(Topic::Space(self.id())), &mut |transaction| {
            let space = transaction.space(self.id())?;
            let mut space = space.filter(|space| space.state == SpaceState::Arriving);
            let Some(space) = &mut space else { return Err(StoreError::BrokeOff) };
            outcome = Some(job(transaction, space)?);
            transaction.put_space(space)?;
            Ok(Ending::Keep)
        })?;
        outcome.ok_or(StoreError::BrokeOff)
    }

    /// Makes the space, or finds what is there of it. Returns `None` if it is there whole.
    fn begin(&self) -> Result<Option<Space>> {
        let mut there = None;
        self.to.write(Some(Topic::Space(self.id())), &mut |transaction| {
            there = match transaction.space(self.id())? {
                Some(space) => Some(space).filter(|space| space.state == SpaceState::Arriving),
                None => {
                    let mut space = transaction.found(self.id())?;
                    space.state = SpaceState::Arriving;
                    space.last_use = self.space.last_use;
                    transaction.put_space(&space)?;
                    Some(space)
                }
            };
            Ok(Ending::Keep)
        })?;
        Ok(there)
    }

    /// Returns how what is there differs from what is here, if it is there whole.
    fn compare(&self) -> Result<CopyError> {
        let here = &self.space;
        let there = read(self.to, |transaction| transaction.space(self.id()))?;
        let there = there.ok_or(StoreError::BrokeOff)?;
        let counts =
            |space: &Space| (space.is_deleted, space.end.number, space.records, space.slots);
        if counts(here) == counts(&there) && here.end == there.end && here.access == there.access {
            return Ok(CopyError::AlreadyThere);
        }
        if here.is_deleted || there.is_deleted {
            return Ok(if here.is_deleted { CopyError::Behind } else { CopyError::Ahead });
        }
        let is_of_here = read(self.from, |transaction| {
            let is_same_log = there.end.number == 0
                || transaction.chain_at(here.key, there.end.number)? == Some(there.end.chain);
            let record = transaction.record_number(here.key, there.access)?;
            Ok(is_same_log && record == Some(there.records) && there.slots <= here.slots)
        })?;
        Ok(if is_of_here { CopyError::Behind } else { CopyError::Ahead })
    }

    /// Brings up what was copied before, if the space was opened in between.
    fn catch_up(&self, there: &Space) -> std::result::Result<(), CopyError> {
        if there.end.number == 0 {
            return Ok(());
        }
        let chain =
            read(self.from, |transaction| transaction.chain_at(self.space.key, there.end.number))?;
        if chain != Some(there.end.chain) {
            return Err(CopyError::Differs);
        }
        let mut after = 0;
        loop {
            let page = read(self.to, |transaction| {
                transaction.list(there.key, after, None, PLACES_AT_ONCE)
            })?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.number;
            let nodes: BTreeSet<NodeId> = page.iter().map(|listed| listed.node).collect();
            let (now, last) = read(self.from, |transaction| {
                let mut now = vec![];
                for listed in &page {
                    let live = transaction.live_at(self.space.key, listed.number)?;
                    now.push((listed.number, live));
                }
                Ok((now, self.last_of(transaction, &nodes)?))
            })?;
            self.write(|transaction, space| {
                for (number, live) in &now {
                    match live {
                        None => transaction.leave_stub(space.key, *number)?,
                        Some(live) => transaction.set_before(space.key, *number, live.before)?,
                    }
                }
                for (node, number) in &last {
                    transaction.set_last(space.key, *node, *number)?;
                }
                Ok(())
            })?;
        }
    }

    /// Returns which segments are the last ones of nodes.
    fn last_of(
        &self,
        transaction: &mut dyn Transaction,
        nodes: &BTreeSet<NodeId>,
    ) -> Result<Vec<(NodeId, u64)>> {
        let mut last = vec![];
        for node in nodes {
            let live = transaction.last_of(self.space.key, *node)?;
            last.extend(live.map(|live| (*node, live.number)));
        }
        Ok(last)
    }

    fn records(&self) -> Result<()> {
        let here = &self.space;
        loop {
            let known = read(self.to, |transaction| transaction.space(self.id()))?;
            let known = known.map_or(0, |space| space.records);
            if known >= here.records {
                return Ok(());
            }
            let page = read(self.from, |transaction| {
                records_after(transaction, here, known, PAGE_OF_RECORDS)
            })?;
            self.write(|transaction, space| {
                space.records = known;
                for record in &page {
                    let hash = RecordHash::from_bytes(hash_body(record));
                    space.records += 1;
                    space.access = hash;
                    transaction.add_record(space.key, space.records, hash, record)?;
                }
                Ok(())
            })?;
        }
    }

    fn log(&self) -> Result<()> {
        if self.space.is_deleted {
            return Ok(());
        }
        loop {
            let there = read(self.to, |transaction| transaction.space(self.id()))?;
            let there = there.ok_or(StoreError::BrokeOff)?;
            let (places, segments, last) = read(self.from, |transaction| {
                let (places, segments) = self.take(transaction, there.end.number)?;
                let nodes = segments.values().map(|taken| taken.live.node).collect();
                Ok((places, segments, self.last_of(transaction, &nodes)?))
            })?;
            if places.is_empty() {
                return Ok(());
            }
            for taken in segments.values().filter(|taken| taken.parts.is_none()) {
                self.stage(taken)?;
            }
            self.write(|transaction, space| {
                for place in &places {
                    space.end = space.end.after(place.id);
                    match segments.get(&place.number) {
                        None => transaction.put_stub(space.key, space.end, place.id)?,
                        Some(taken) => put(transaction, space, taken)?,
                    }
                }
                for (node, number) in &last {
                    transaction.set_last(space.key, *node, *number)?;
                }
                Ok(())
            })?;
        }
    }

    /// Reads some of the log.
    fn take(
        &self,
        transaction: &mut dyn Transaction,
        after: u64,
    ) -> Result<(Vec<StoredPlace>, BTreeMap<i64, Taken>)> {
        let key = self.space.key;
        let mut places = transaction.places_after(key, after, PLACES_AT_ONCE)?;
        let listed = transaction.list(key, after, None, PLACES_AT_ONCE)?;
        let mut listed: BTreeMap<_, _> = listed.into_iter().map(|it| (it.number, it)).collect();
        let (mut segments, mut size, mut count) = (BTreeMap::new(), 0_u64, 0);
        for place in &places {
            if place.row.is_some() {
                let number = u64::try_from(place.number).map_err(|_| SEGMENT)?;
                let listed = listed.remove(&number).ok_or(SEGMENT)?;
                let live = transaction.live_at(key, number)?.ok_or(SEGMENT)?;
                size = size.saturating_add(live.size);
                if count > 0 && size > BYTES_AT_ONCE {
                    break;
                }
                let mut parts = None;
                if live.size <= BYTES_AT_ONCE {
                    let read = (0..listed.part_count)
                        .map(|index| transaction.part(key, number, index)?.ok_or(SEGMENT));
                    parts = Some(read.collect::<Result<_>>()?);
                }
                segments.insert(place.number, Taken { place: place.clone(), listed, live, parts });
            }
            count += 1;
        }
        places.truncate(count);
        Ok((places, segments))
    }

    /// Copies the parts of a large segment, one after the other.
    fn stage(&self, taken: &Taken) -> Result<()> {
        for index in 0..taken.listed.part_count {
            let part = read(self.from, |transaction| {
                transaction.part(self.space.key, taken.listed.number, index)?.ok_or(SEGMENT)
            })?;
            let hash = hash_body(&part);
            self.write(|transaction, space| {
                if transaction.staged(space.key, &hash, 0)?.is_some() {
                    return Ok(());
                }
                transaction.stage(space.key, &hash, &part, LONG)
            })?;
        }
        Ok(())
    }

    fn slots(&self) -> Result<()> {
        if self.space.is_deleted {
            return Ok(());
        }
        self.write(|transaction, space| transaction.drop_slots(space.key))?;
        let mut after = 0;
        loop {
            let page = read(self.from, |transaction| {
                transaction.slots_after(self.space.key, after, PAGE_OF_SLOTS)
            })?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = *last;
            self.write(|transaction, space| {
                for (count, bytes) in &page {
                    let slot = Slot::read(bytes);
                    let slot = slot.map_err(|_| StoreError::Damaged { what: "a slot" })?;
                    transaction.put_slot(space.key, slot.author(), *count, slot.number(), bytes)?;
                }
                Ok(())
            })?;
        }
    }

    /// Copies what is noted of the space, and what is left of a deleted one.
    fn finish(&self) -> Result<()> {
        let here = &self.space;
        let (tombstone, staged, unheard) = read(self.from, |transaction| {
            let mut unheard = vec![];
            for member in members_of(transaction, here)?.iter().flat_map(|members| members.iter()) {
                let member = member.keys().member();
                if transaction.is_unheard(here.key, member)? {
                    unheard.push(member);
                }
            }
            let staged = transaction.staged_size(here.key)?;
            Ok((transaction.tombstone(here.key)?, staged, unheard))
        })?;
        self.write(|transaction, space| {
            *space = Space {
                key: space.key,
                // What the log is was copied, and is compared with this by the check.
                used: here.used.saturating_sub(staged),
                state: SpaceState::Arriving,
                ..here.clone()
            };
            if let Some(tombstone) = &tombstone {
                transaction.put_tombstone(space.key, tombstone)?;
            }
            for member in &unheard {
                transaction.put_unheard(space.key, *member)?;
            }
            Ok(())
        })
    }
}

fn put(transaction: &mut dyn Transaction, space: &Space, taken: &Taken) -> Result<()> {
    let Taken { place, listed, live, parts } = taken;
    let only = if let Some([part]) = parts.as_deref() { Some(part) } else { None };
    transaction.add_segment(
        space.key,
        &NewSegment {
            place: space.end,
            id: place.id,
            alias: live.alias,
            node: live.node,
            before: live.before,
            replaced_to: listed.replaced_to,
            size: live.size,
            part_count: listed.part_count,
            head: &listed.head,
            part: only.map(Vec::as_slice),
        },
    )?;
    if only.is_some() {
        return Ok(());
    }
    for (index, part) in (0..).zip(parts.iter().flatten()) {
        let hash = hash_body(part);
        transaction.stage(space.key, &hash, part, LONG)?;
        transaction.adopt(space.key, &hash, listed.number, index)?;
    }
    if parts.is_none() {
        let head = Head::read(&listed.head).map_err(|_| SEGMENT)?;
        for (index, hash) in (0..listed.part_count).zip(head.part_hashes()) {
            transaction.adopt(space.key, hash, listed.number, index)?;
        }
    }
    Ok(())
}
