//! One round trip: what is new at the client goes into the log, and what is new there is told.

use std::collections::BTreeMap;

use ara_protocol::keys::MemberKey;
use ara_protocol::message::sync::{PlaceInRequest, PushOutcome, SyncAnswer, SyncRequest};
use ara_protocol::message::{LONGEST_ANSWER, Refusal};
use ara_protocol::slot::Slot;
use ara_protocol::{Cursor, SegmentId};

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::entries::{Read, Reading};
use crate::relay::fault::Fault;
use crate::relay::members::{number_of, records_after};
use crate::relay::push::{Push, Pushed, Taking, read as read_push};
use crate::relay::standing::Standing;
use crate::store::{Questions, Result, Space, StoreError, Topic, Transaction};

/// The most bytes of access records in an answer.
const MOST_RECORDS: usize = 4 << 20;

/// The most bytes of slots in an answer.
const MOST_SLOTS: usize = 2 << 20;

/// What an answer has besides: the outcomes of pushes, and numbers.
const REST: usize = 16 << 10;

/// How many segments have their signatures checked before it is known whether a member sent them.
const MOST_UNASKED: usize = 8;

/// How many bytes a request may have that is read before it is known that a member sent it. In memory, it may take ten
/// times as many.
const MOST_UNASKED_BYTES: usize = 256 << 10;

/// What a request wants written.
struct Writing {
    /// Where the author stands, who seals that into its segments.
    cursor: Cursor,
    pushes: Vec<Push>,
    slot: Option<Slot>,
}

impl Writing {
    /// What the store is asked for it.
    fn questions(&self, author: MemberKey) -> Questions {
        let pushed = || self.pushes.iter().flatten().flatten();
        let mut nodes: Vec<_> = pushed().map(Pushed::node).collect();
        nodes.dedup();
        Questions {
            asked_by: Some(author),
            ids: pushed().map(Pushed::id).collect(),
            nodes,
            slot_of: self.slot.as_ref().map(|_| author),
            chain_at: Some(self.cursor.number),
            ..Questions::default()
        }
    }
}

/// What became of it.
#[derive(Default)]
struct Written {
    outcomes: Vec<PushOutcome>,
    pushed: BTreeMap<SegmentId, PlaceInRequest>,
    took_slot: bool,
    has_news: bool,
}

impl Relay {
    pub(super) fn sync(&self, asked: &Asked<'_>) -> std::result::Result<Vec<u8>, Fault> {
        let ask = || self.read(|transaction| self.standing(transaction, asked).map(|_| ()));
        if asked.content().len() > MOST_UNASKED_BYTES {
            ask()?;
        }
        let mut request = SyncRequest::read(asked.content())?;
        let pushes = std::mem::take(&mut request.pushes);
        if pushes.iter().map(Vec::len).sum::<usize>() > MOST_UNASKED {
            ask()?;
        }
        let slot = self.own_slot(asked, &request.slot)?;
        let pushes = pushes.into_iter().map(read_push).collect();
        let writing = Writing { cursor: request.cursor, pushes, slot };

        let mut written = Written::default();
        if writing.slot.is_some() || !writing.pushes.is_empty() {
            written = self
                .write(asked.topic(), |transaction| self.take_news(transaction, asked, &writing))?;
        }
        if written.has_news {
            self.tell(Topic::Space(asked.space()));
        }
        let (answer, is_use_news) = self.read(|transaction| {
            let questions = Questions {
                asked_by: Some(asked.signer),
                chain_at: Some(request.cursor.number),
                slots_after: Some(request.slots_seen),
                list_after: (request.budget > 0).then_some(request.cursor.number),
                ..Questions::default()
            };
            transaction.expect(asked.space(), &questions)?;
            let space = self.standing(transaction, asked)?.space;
            let answer = self.read_news(transaction, asked, &space, (&request, &written))?;
            Ok((answer, self.is_use_news(&space)))
        })?;
        if is_use_news {
            let nothing = Writing { pushes: vec![], slot: None, ..writing };
            let noted = self
                .write(asked.topic(), |transaction| self.take_news(transaction, asked, &nothing));
            match noted {
                // That keeps nobody from reading.
                Err(Fault::Store(StoreError::Full)) => {}
                noted => drop(noted?),
            }
        }
        Ok(answer.to_bytes()?)
    }

    /// Reads the slot of a request, which must be that of who signed it.
    fn own_slot(&self, asked: &Asked<'_>, slot: &[u8]) -> std::result::Result<Option<Slot>, Fault> {
        if slot.is_empty() {
            return Ok(None);
        }
        let slot = Slot::read(slot)?;
        if slot.author() == asked.signer && slot.space() == asked.space() {
            Ok(Some(slot))
        } else {
            Err(Refusal::Malformed.into())
        }
    }

    fn take_news(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
        writing: &Writing,
    ) -> std::result::Result<Written, Fault> {
        transaction.expect(asked.space(), &writing.questions(asked.signer))?;
        let Standing { mut space, members } = self.standing(transaction, asked)?;
        let now = self.now();
        let stands_here = knows(transaction, &space, asked, writing.cursor)?;
        let quota = self.quota(&space);
        let mut taking = Taking {
            space: &mut space,
            members: &members,
            quota,
            now,
            taken: BTreeMap::new(),
            has_written: false,
        };
        let mut outcomes = vec![];
        for (index, push) in (0..).zip(&writing.pushes) {
            // Who stands elsewhere, as the relay was put back, reads again before it writes. Otherwise its segments
            // would tell others for ever that the relay hides something.
            outcomes.push(match stands_here {
                true => taking.take(transaction, (index, push))?,
                false => PushOutcome::Conflict,
            });
        }
        let (pushed, mut has_news) = (taking.taken, taking.has_written);
        // A slot says what the relay has once all of this is taken. Kept without it, it would tell others that the relay
        // hides something.
        let is_all_here =
            stands_here && outcomes.iter().all(|outcome| *outcome == PushOutcome::Taken);
        let mut took_slot = false;
        if let Some(slot) = &writing.slot
            && is_all_here
            && members.check_write(slot).is_ok()
        {
            took_slot = take_slot(transaction, &mut space, slot)?;
            has_news |= took_slot;
        }
        if has_news || self.is_use_news(&space) {
            space.last_use = now;
            transaction.put_space(&space)?;
        }
        Ok(Written { outcomes, pushed, took_slot, has_news })
    }

    fn read_news(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
        space: &Space,
        (request, written): (&SyncRequest, &Written),
    ) -> std::result::Result<SyncAnswer, Fault> {
        let known_record = match request.access == space.access {
            true => Some(space.records),
            false => number_of(transaction, space, request.access)?,
        };
        let records = match known_record {
            Some(number) if number < space.records => {
                records_after(transaction, space, number, MOST_RECORDS)?
            }
            _ => vec![],
        };
        let has_all_records =
            known_record.is_none_or(|number| number + records.len() as u64 == space.records);

        let slots = match request.slots_seen < space.slots {
            true => transaction.slots_after(space.key, request.slots_seen, MOST_SLOTS)?,
            false => vec![],
        };
        // If they do not all fit, the next request brings the others.
        let newest_slot = match slots.last() {
            Some((last, _))
                if *last < space.slots
                    && !transaction.slots_after(space.key, *last, 0)?.is_empty() =>
            {
                *last
            }
            _ => space.slots,
        };
        // Who has just sent one knows it.
        let is_new = |slot: &Vec<u8>| !written.took_slot || *slot != request.slot;
        let slots: Vec<_> = slots.into_iter().map(|(_, slot)| slot).filter(is_new).collect();

        let knows_cursor = knows(transaction, space, asked, request.cursor)?;
        let mut read = Read { entries: vec![], is_more: false };
        // Whose segments they are tell the records, so these come first.
        if knows_cursor && has_all_records && request.budget > 0 {
            let sizes = [&records, &slots].map(|blobs| size(blobs));
            let reading = Reading {
                after: request.cursor.number,
                node: None,
                pushed: &written.pushed,
                with_parts: true,
                budget: usize::try_from(request.budget).unwrap_or(usize::MAX),
                room: LONGEST_ANSWER - REST - sizes.iter().sum::<usize>(),
            };
            read = reading.read(transaction, space)?;
        }
        Ok(SyncAnswer {
            pushes: written.outcomes.clone(),
            took_slot: written.took_slot,
            knows_access: known_record.is_some(),
            records,
            knows_cursor,
            end: space.end,
            entries: read.entries,
            newest_slot,
            slots,
            used: space.used,
            limit: self.quota(space),
        })
    }
}

/// Keeps a slot if it is newer than the one that is there, and returns whether it was.
fn take_slot(transaction: &mut dyn Transaction, space: &mut Space, slot: &Slot) -> Result<bool> {
    let old = transaction.slot(space.key, slot.author())?;
    if old.is_some_and(|old| old.number >= slot.number()) {
        return Ok(false);
    }
    let size = slot.as_bytes().len() as u64;
    space.used = (space.used + size).saturating_sub(old.map_or(0, |old| old.size));
    space.slots += 1;
    transaction.put_slot(space.key, slot.author(), space.slots, slot.number(), slot.as_bytes())?;
    Ok(true)
}

/// Returns whether a cursor is a place of the log. It is none of who is still to hear that something before it was lost.
fn knows(
    transaction: &mut dyn Transaction,
    space: &Space,
    asked: &Asked<'_>,
    cursor: Cursor,
) -> Result<bool> {
    if cursor.number > 0 && transaction.is_unheard(space.key, asked.signer)? {
        return Ok(false);
    }
    if cursor.number == 0 || cursor.number >= space.end.number {
        return Ok(cursor == space.end || cursor == Cursor::start(space.key.id));
    }
    Ok(transaction.chain_at(space.key, cursor.number)? == Some(cursor.chain))
}

/// Returns how many bytes a list of blobs takes.
fn size(blobs: &[Vec<u8>]) -> usize {
    blobs.iter().map(|blob| blob.len() + 4).sum()
}
