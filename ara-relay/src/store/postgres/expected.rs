//! What is asked for at once, before a job asks it.
//!
//! A job asks one thing after the other, and would wait for the database each time. What it says before that it is going
//! to ask is asked in one go, behind the lock of its space. What the job then writes is brought up here.

use std::collections::{HashMap, HashSet};

use ara_protocol::keys::MemberKey;
use ara_protocol::{Cursor, NodeId, RecordHash, SegmentId, SpaceId};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::store::error::Result;
use crate::store::postgres::log::{self, read_listed, read_live};
use crate::store::postgres::mending::read_end;
use crate::store::postgres::slots::{self, read_counted, read_slot};
use crate::store::postgres::spaces::{self, read_space, read_tombstone};
use crate::store::postgres::{Postgres, array, get, number, stored};
use crate::store::{KeptSlot, Listed, Live, Questions, Tombstone};

/// How many segments and slots are asked for before it is known whether there are any.
const AT_ONCE: i64 = 128;

/// What is noted of the space $1, and whether the member $2 is to hear of a loss, in one row. What is not there is null.
/// Asked one by one, each would cost the database more than it takes to find it.
const NOTES: &str = "SELECT ara_tombstone.audience, ara_tombstone.request, ara_record.hash, ara_record.number,
        ara_segment.number, ara_segment.chain, ara_stub.number, ara_stub.chain, ara_unheard.member IS NOT NULL
    FROM (SELECT $1::bytea AS space) AS asked
    LEFT JOIN ara_tombstone ON ara_tombstone.space = asked.space
    LEFT JOIN ara_space ON ara_space.id = asked.space
    LEFT JOIN ara_record ON ara_record.space = ara_space.id AND ara_record.hash = ara_space.access
    LEFT JOIN ara_segment ON ara_segment.space = asked.space
        AND ara_segment.number = (SELECT max(number) FROM ara_segment WHERE space = $1)
    LEFT JOIN ara_stub ON ara_stub.space = asked.space
        AND ara_stub.number = (SELECT max(number) FROM ara_stub WHERE space = $1)
    LEFT JOIN ara_unheard ON ara_unheard.space = asked.space AND ara_unheard.member = $2";

/// Slots with their numbers as the relay counts them.
type CountedSlots = Vec<(u64, Vec<u8>)>;

/// Answers to what a job has not asked yet.
#[derive(Default)]
pub(super) struct Expected {
    /// Which segments were looked for, and which of them are there.
    looked_for: HashSet<SegmentId>,
    known: HashSet<SegmentId>,
    /// The last segments of nodes.
    last: HashMap<NodeId, Option<Live>>,
    /// Segments that the job has added, by their numbers.
    added: HashMap<u64, Live>,
    slot: Option<(MemberKey, Option<KeptSlot>)>,
    chain: Option<(u64, Option<[u8; 32]>)>,
    end: Option<Option<Cursor>>,
    tombstone: Option<Option<Tombstone>>,
    record: Option<(RecordHash, u64)>,
    unheard: Option<(MemberKey, bool)>,
    slots: Option<(u64, CountedSlots)>,
    listed: Option<(u64, Vec<Listed>)>,
}

fn read_last_record(row: &Row) -> Result<(RecordHash, u64)> {
    Ok((RecordHash::from_bytes(array(row, 2, "an access record")?), number(row, 3)?))
}

impl Expected {
    /// Reads what is noted of a space.
    fn noted(row: &Row, asked_by: Option<MemberKey>) -> Result<Self> {
        let is_there =
            |column| -> Result<bool> { Ok(get::<Option<&[u8]>>(row, column)?.is_some()) };
        let end_at = |column| -> Result<Option<Cursor>> {
            let is_there = get::<Option<i64>>(row, column)?.is_some();
            is_there.then(|| read_end(row, column)).transpose()
        };
        let (segment, stub) = (end_at(4)?, end_at(6)?);
        let is_stub = stub.map(|it| it.number) > segment.map(|it| it.number);
        let is_unheard: bool = get(row, 8)?;
        Ok(Self {
            tombstone: Some(is_there(1)?.then(|| read_tombstone(row)).transpose()?),
            record: is_there(2)?.then(|| read_last_record(row)).transpose()?,
            end: Some(if is_stub { stub } else { segment }),
            unheard: asked_by.map(|member| (member, is_unheard)),
            ..Self::default()
        })
    }

    /// Returns how many of these segments are there, if all were looked for.
    pub(super) fn count_known(&self, ids: &[SegmentId]) -> Option<usize> {
        let are_known = ids.iter().all(|id| self.looked_for.contains(id));
        are_known.then(|| ids.iter().filter(|id| self.known.contains(id)).count())
    }

    pub(super) fn last_of(&self, node: NodeId) -> Option<Option<Live>> {
        self.last.get(&node).cloned()
    }

    pub(super) fn slot(&self, author: MemberKey) -> Option<Option<KeptSlot>> {
        self.slot.filter(|(of, _)| *of == author).map(|(_, slot)| slot)
    }

    pub(super) fn chain_at(&self, number: u64) -> Option<Option<[u8; 32]>> {
        self.chain.filter(|(of, _)| *of == number).map(|(_, chain)| chain)
    }

    /// Returns the slots after a number, if they are all here.
    pub(super) fn take_slots(&mut self, count: u64) -> Option<CountedSlots> {
        let (_, slots) = self.slots.take_if(|(after, _)| *after == count)?;
        (stored(slots.len()) < AT_ONCE).then_some(slots)
    }

    /// Returns a page of the log, if it is here.
    pub(super) fn take_listed(&mut self, after: u64, most: usize) -> Option<Vec<Listed>> {
        if stored(most) != AT_ONCE {
            return None;
        }
        self.listed.take_if(|(from, _)| *from == after).map(|(_, listed)| listed)
    }

    pub(super) const fn end(&self) -> Option<Option<Cursor>> {
        self.end
    }

    pub(super) fn tombstone(&self) -> Option<Option<Tombstone>> {
        self.tombstone.clone()
    }

    /// Returns the number of an access record, if it is the one after which the space is.
    pub(super) fn record_number(&self, hash: RecordHash) -> Option<u64> {
        self.record.filter(|(of, _)| *of == hash).map(|(_, number)| number)
    }

    pub(super) fn is_unheard(&self, member: MemberKey) -> Option<bool> {
        self.unheard.filter(|(of, _)| *of == member).map(|(_, is_unheard)| is_unheard)
    }

    /// Forgets what is changed when the access log, or what is noted of a space, changes.
    pub(super) fn forget_notes(&mut self) {
        self.tombstone = None;
        self.record = None;
        self.unheard = None;
    }

    /// Notes a segment that was added.
    pub(super) fn add(&mut self, live: Live) {
        self.looked_for.insert(live.id);
        self.known.insert(live.id);
        self.chain = None;
        self.end = None;
        self.listed = None;
        self.added.insert(live.number, live);
    }

    /// Notes which segment of a node is the last one.
    pub(super) fn set_last(&mut self, node: NodeId, number: u64) {
        match self.added.get(&number) {
            Some(live) => self.last.insert(node, Some(live.clone())),
            None => self.last.remove(&node),
        };
    }

    /// Forgets what is changed when the segments of a node change otherwise.
    pub(super) fn forget_segments(&mut self) {
        self.last.clear();
        self.added.clear();
        self.chain = None;
        self.end = None;
        self.listed = None;
    }

    /// Forgets slots, of which one is changed.
    pub(super) fn forget_slots(&mut self) {
        self.slot = None;
        self.slots = None;
    }
}

impl Postgres<'_> {
    /// Asks for a space and for all that is going to be asked of it, at once.
    pub(super) fn ask_at_once(&mut self, space: SpaceId, questions: &Questions) -> Result<()> {
        // What of it was changed before is to be seen.
        self.write_held()?;
        let id = &space.as_bytes()[..];
        let ids: Vec<_> = questions.ids.iter().map(|id| &id.as_bytes()[..]).collect();
        let nodes: Vec<_> = questions.nodes.iter().map(|node| &node.as_bytes()[..]).collect();
        let author = questions.slot_of.map(|author| *author.as_bytes());
        let author = author.as_ref().map(|author| &author[..]);
        let member = questions.asked_by.map(|member| *member.as_bytes());
        let member = member.as_ref().map(|member| &member[..]);
        let [chain, slots, listed] =
            [questions.chain_at, questions.slots_after, questions.list_after]
                .map(|it| it.map(stored));

        let mut asked: Vec<(&str, Vec<&(dyn ToSql + Sync)>)> = vec![];
        let has_space = self.held_space(space).is_some();
        if !has_space {
            asked.push((spaces::find(self.held.is_some()), vec![&id]));
        }
        asked.push((NOTES, vec![&id, &member]));
        if !ids.is_empty() {
            asked.push((log::KNOWN, vec![&id, &ids]));
        }
        if !nodes.is_empty() {
            asked.push((log::LAST, vec![&id, &nodes]));
        }
        if let Some(author) = &author {
            asked.push((slots::ONE, vec![&id, author]));
        }
        if let Some(number) = &chain {
            asked.push((log::CHAIN, vec![&id, number]));
        }
        if let Some(after) = &slots {
            asked.push((slots::AFTER, vec![&id, after, &AT_ONCE]));
        }
        if let Some(after) = &listed {
            asked.push((log::LIST, vec![&id, after, &AT_ONCE]));
        }
        let mut answers = self.session.rows_at_once(&asked)?.into_iter();
        let mut next = |is_asked: bool| is_asked.then(|| answers.next().unwrap_or_default());

        if let Some(row) = next(!has_space).unwrap_or_default().first() {
            let space = read_space(row)?;
            self.hold(&space)?;
        }
        let mut expected = match next(true).unwrap_or_default().first() {
            Some(row) => Expected::noted(row, questions.asked_by)?,
            None => Expected::default(),
        };
        if let Some(rows) = next(!ids.is_empty()) {
            expected.looked_for = questions.ids.iter().copied().collect();
            let read = |row: &Row| Ok(SegmentId::from_bytes(array(row, 0, "a segment")?));
            expected.known = rows.iter().map(read).collect::<Result<_>>()?;
        }
        if let Some(rows) = next(!nodes.is_empty()) {
            expected.last = questions.nodes.iter().map(|node| (*node, None)).collect();
            for row in &rows {
                let live = read_live(row)?;
                expected.last.insert(live.node, Some(live));
            }
        }
        if let Some((rows, author)) = next(author.is_some()).zip(questions.slot_of) {
            expected.slot = Some((author, rows.first().map(read_slot).transpose()?));
        }
        if let Some((rows, number)) = next(chain.is_some()).zip(questions.chain_at) {
            let chain = rows.first().map(|row| array(row, 0, "the chain of a log"));
            expected.chain = Some((number, chain.transpose()?));
        }
        if let Some((rows, after)) = next(slots.is_some()).zip(questions.slots_after) {
            expected.slots = Some((after, rows.iter().map(read_counted).collect::<Result<_>>()?));
        }
        if let Some((rows, after)) = next(listed.is_some()).zip(questions.list_after) {
            expected.listed = Some((after, rows.iter().map(read_listed).collect::<Result<_>>()?));
        }
        self.expected = expected;
        Ok(())
    }
}
