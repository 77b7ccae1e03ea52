//! Mending a space of which something is damaged on the disk.
//!
//! What is damaged is dropped, as if this relay had never had it. Then it is like a relay that was put back, and regains
//! from the members what it lost: they are told that they have to read the log again, by heads, and send what is missing.
//! What can be told from the rest is mended here: all but the heads, the parts, the slots and the access records.

use std::collections::HashMap;
use std::sync::Arc;

use ara_protocol::access::{Members, Record};
use ara_protocol::message::{Endpoint, SignedRequest, SpaceRequest};
use ara_protocol::segment::{Head, Outline};
use ara_protocol::slot::Slot;
use ara_protocol::{Cursor, NodeId, SegmentId, SpaceId};

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::fault::Fault;
use crate::relay::order::{Link, order};
use crate::relay::push::STUB_SIZE;
use crate::store::{
    Result, Space, StoreError, StoredPlace, StoredRecord, StoredSegment, Tombstone, Topic,
    Transaction,
};

/// How often a space is mended while a request is answered: once for each part that is found damaged.
const MOST_OFTEN: usize = 16;

/// The most places of a log that are missing between two others.
const LONGEST_GAP: i64 = 1024;

impl Relay {
    /// Answers a request, and mends its space where something of it is damaged.
    pub(super) fn mending<T>(
        &self,
        asked: &Asked<'_>,
        mut answer: impl FnMut() -> std::result::Result<T, Fault>,
    ) -> std::result::Result<T, Fault> {
        let mut times = 0;
        loop {
            let suspect = match answer() {
                Err(Fault::Damaged(segment)) => Some(segment),
                Err(Fault::Store(StoreError::Damaged { what })) => {
                    tracing::warn!(what, "something is damaged");
                    None
                }
                answered => return answered,
            };
            times += 1;
            if times > MOST_OFTEN || suspect.is_none() && times > 2 {
                return answer();
            }
            self.mend(asked.space(), suspect)?;
        }
    }

    /// Mends a space. The parts of a segment are looked at if it is suspected.
    fn mend(&self, id: SpaceId, suspect: Option<u64>) -> std::result::Result<(), Fault> {
        self.write(Some(Topic::Space(id)), |transaction| {
            let Some(mut space) = transaction.space(id)? else { return Ok(()) };
            let members = mend_records(transaction, &mut space)?;
            space.is_deleted = mend_tombstone(transaction, &space)?;
            if space.is_deleted {
                return Ok(transaction.put_space(&space)?);
            }
            let of_segments = mend_log(transaction, &mut space, suspect)?;
            let of_slots = mend_slots(transaction, &mut space, members.as_ref())?;
            let staged = transaction.staged_size(space.key)?;
            space.used = space.records_size + of_segments + of_slots + staged;
            let all = members.iter().flat_map(Members::iter);
            for member in all {
                transaction.put_unheard(space.key, member.keys().member())?;
            }
            transaction.put_space(&space)?;
            members.into_iter().for_each(|members| self.known.put(Arc::new(members)));
            Ok(())
        })?;
        tracing::warn!("what was damaged of a space was dropped: its members bring it back");
        Ok(())
    }
}

/// Takes back the access records that are there still, behind one that was damaged and is back.
pub(super) fn regain(
    transaction: &mut dyn Transaction,
    space: &mut Space,
    members: &mut Members,
) -> Result<()> {
    let stored = transaction.stored_records(space.key)?;
    let known = space.records;
    for record in stored.into_iter().filter(|record| record.number > known) {
        let Ok(read) = Record::read(&record.bytes) else { break };
        if record.number != space.records + 1 || members.apply(&read).is_err() {
            break;
        }
        space.used += record.bytes.len() as u64;
        count(transaction, space, &record, &read)?;
    }
    Ok(())
}

/// Counts an access record that follows.
fn count(
    transaction: &mut dyn Transaction,
    space: &mut Space,
    record: &StoredRecord,
    read: &Record,
) -> Result<()> {
    space.records = record.number;
    space.records_size += record.bytes.len() as u64;
    space.access = read.hash();
    if record.hash == read.hash() {
        return Ok(());
    }
    transaction.add_record(space.key, record.number, read.hash(), &record.bytes)
}

/// Finds out up to where the access log is whole. What comes after that is kept, and counts again once a member has
/// brought what is missing. Returns the members, if there are any.
fn mend_records(transaction: &mut dyn Transaction, space: &mut Space) -> Result<Option<Members>> {
    let mut members: Option<Members> = None;
    (space.records, space.records_size) = (0, 0);
    for record in transaction.stored_records(space.key)? {
        let Ok(read) = Record::read(&record.bytes) else { break };
        let is_next = record.number == space.records + 1
            && match &mut members {
                None => {
                    members = Members::found(&read).ok().filter(|it| it.space() == space.key.id);
                    members.is_some()
                }
                Some(members) => members.apply(&read).is_ok(),
            };
        if !is_next {
            break;
        }
        count(transaction, space, &record, &read)?;
    }
    space.recovery = members.as_ref().and_then(Members::recovery).map(|it| it.keys().member());
    Ok(members)
}

/// Returns whether a space was deleted, as its tombstone shows. One that is not sound shows it if that is noted, too.
fn mend_tombstone(transaction: &mut dyn Transaction, space: &Space) -> Result<bool> {
    let mut has_any = false;
    for (key, tombstone) in transaction.tombstones()? {
        if is_of(&tombstone, space.key.id) {
            if key != space.key {
                transaction.move_tombstone(key, space.key)?;
            }
            return Ok(true);
        }
        has_any |= key == space.key;
    }
    Ok(has_any && space.is_deleted)
}

pub(crate) fn is_of(tombstone: &Tombstone, space: SpaceId) -> bool {
    SignedRequest::read(&tombstone.request).is_ok_and(|request| {
        request.verify(Endpoint::Delete, &tombstone.audience).is_ok()
            && SpaceRequest::read(request.content()).is_ok_and(|it| it.space == space)
    })
}

/// Drops what is damaged of a log, mends what is noted of the rest, and returns how many bytes it has.
fn mend_log(
    transaction: &mut dyn Transaction,
    space: &mut Space,
    suspect: Option<u64>,
) -> Result<u64> {
    let mut places = transaction.stored_places(space.key)?;
    let mut rows = HashMap::new();
    for place in &mut places {
        let Some(row) = place.row else { continue };
        let mut segment = transaction.stored_segment(space.key, row)?;
        let outline = genuine(&segment, space.key.id);
        place.id = outline.as_ref().map_or(place.id, |(id, _)| *id);
        let head_size = std::mem::take(&mut segment.head).len() as u64;
        rows.insert(row, (segment, head_size, outline));
    }
    let mut nodes: HashMap<NodeId, Vec<Link>> = HashMap::new();
    let mut dropped: HashMap<u64, Option<u64>> = HashMap::new();
    let mut kept = HashMap::new();
    let mut used = 0;
    for (place, number) in mend_places(transaction, space, places)? {
        let Some((row, found)) = place.row.and_then(|row| Some((row, rows.remove(&row)?))) else {
            continue;
        };
        let (was, head_size, outline) = found;
        let (count, parts_size) = transaction.stored_parts(space.key, number)?;
        let mut sound = outline.filter(|(_, outline)| count == outline.part_count() as u64);
        if suspect == Some(number)
            && let Some((_, outline)) = &sound
            && !is_whole(transaction, space, number, outline)?
        {
            sound = None;
        }
        let Some((id, outline)) = sound else {
            dropped.insert(number, was.before);
            transaction.leave_stub(space.key, number)?;
            continue;
        };
        let segment = StoredSegment {
            id,
            alias: outline.alias,
            node: outline.node,
            before: was.before,
            size: head_size + parts_size,
            part_count: u16::try_from(outline.part_count()).unwrap_or(u16::MAX),
            head: vec![],
        };
        used += segment.size;
        let (alias, previous, before) = (outline.alias, outline.previous, was.before);
        let link = Link { number, id, alias, previous, before };
        nodes.entry(outline.node).or_default().push(link);
        kept.insert(number, (row, was, segment));
    }
    transaction.forget_last(space.key)?;
    for (node, links) in nodes {
        let mut last = None;
        for number in order(&without(links, &dropped)) {
            if let Some((row, was, segment)) = kept.get_mut(&number) {
                segment.before = last;
                if was != segment {
                    transaction.put_segment(space.key, *row, segment)?;
                }
            }
            last = Some(number);
        }
        if let Some(last) = last {
            transaction.set_last(space.key, node, last)?;
        }
    }
    let stubs = space.end.number.saturating_sub(kept.len() as u64);
    Ok(used + STUB_SIZE * stubs)
}

/// Has what came after one that is dropped come after the one before it.
fn without(mut links: Vec<Link>, dropped: &HashMap<u64, Option<u64>>) -> Vec<Link> {
    for link in &mut links {
        let mut left = dropped.len();
        while let Some(before) = link.before.and_then(|before| dropped.get(&before))
            && left > 0
        {
            (link.before, left) = (*before, left - 1);
        }
    }
    links
}

/// Returns the id of a segment, and what its head says, if that is what its author signed.
fn genuine(row: &StoredSegment, space: SpaceId) -> Option<(SegmentId, Outline)> {
    let mut id = row.id;
    let mut outline = Outline::read(&row.head, id).ok();
    if outline.is_none() {
        // Either of them may be damaged.
        id = Head::read(&row.head).map_or(id, |head| head.id());
        outline = Outline::read(&row.head, id).ok();
    }
    outline.filter(|outline| outline.space == space).map(|outline| (id, outline))
}

/// Returns whether all parts of a segment are those that its head names.
fn is_whole(
    transaction: &mut dyn Transaction,
    space: &Space,
    number: u64,
    outline: &Outline,
) -> Result<bool> {
    for index in 0..outline.part_count() {
        let at = u16::try_from(index).unwrap_or(u16::MAX);
        let part = transaction.part(space.key, number, at)?;
        if !part.is_some_and(|part| outline.is_part(index, &part)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Mends numbers and chains, and returns which place has which number now. What cannot be told is what a replaced segment was, and by
/// its place nobody asks for it: its chain is right if what follows it was chained to that.
fn mend_places(
    transaction: &mut dyn Transaction,
    space: &mut Space,
    mut places: Vec<StoredPlace>,
) -> Result<Vec<(StoredPlace, u64)>> {
    places.reverse();
    let (mut end, mut moved, mut all) = (Cursor::start(space.key.id), vec![], vec![]);
    while let Some(mut place) = places.pop() {
        let number = i64::try_from(end.number).unwrap_or(i64::MAX).saturating_add(1);
        if place.number != number {
            // Its number may be damaged, or that of the one that comes here.
            let is_here = |place: &StoredPlace| end.after(place.id).chain == place.chain;
            let here = places.iter().rposition(is_here).filter(|_| !is_here(&place));
            if let Some(here) = here {
                let found = places.remove(here);
                places.push(std::mem::replace(&mut place, found));
            } else if !is_here(&place) && (1..LONGEST_GAP).contains(&(place.number - number)) {
                let id = SegmentId::from_bytes(end.chain);
                end = end.after(id);
                transaction.put_stub(space.key, end, id)?;
                places.push(place);
                continue;
            }
        }
        let next = end.after(place.id);
        let stored = Cursor { number: next.number, chain: place.chain };
        let is_in_place = place.number == number;
        let is_stub = place.row.is_none();
        let is_followed =
            places.last().is_some_and(|after| stored.after(after.id).chain == after.chain);
        if is_in_place && (stored == next || is_stub && is_followed) {
            end = stored;
        } else {
            moved.push((place.clone(), next));
            end = next;
        }
        all.push((place, end.number));
    }
    transaction.move_places(space.key, &moved)?;
    space.end = end;
    Ok(all)
}

/// Drops the slots that are damaged, and returns how many bytes the others have.
fn mend_slots(
    transaction: &mut dyn Transaction,
    space: &mut Space,
    members: Option<&Members>,
) -> Result<u64> {
    let slots = transaction.stored_slots(space.key)?;
    transaction.drop_slots(space.key)?;
    let mut newest: HashMap<[u8; 32], Slot> = HashMap::new();
    for slot in slots.iter().filter_map(|slot| Slot::read(slot).ok()) {
        let is_member = members.is_some_and(|members| members.get(slot.author()).is_some());
        let known = newest.get(slot.author().as_bytes());
        let is_newer = known.is_none_or(|known| known.number() < slot.number());
        if is_member && slot.space() == space.key.id && is_newer {
            newest.insert(*slot.author().as_bytes(), slot);
        }
    }
    space.slots = 0;
    let mut size = 0;
    for slot in newest.values() {
        space.slots += 1;
        let bytes = slot.as_bytes();
        size += bytes.len() as u64;
        transaction.put_slot(space.key, slot.author(), space.slots, slot.number(), bytes)?;
    }
    Ok(size)
}
