//! Taking over the entries of the relay's log, in their order.

use std::collections::HashMap;

use ara_core::{Changes, MergeReport, SyncNode, Uuid};
use ara_protocol::keys::MemberKey;
use ara_protocol::message::sync::Entry;
use ara_protocol::segment::{Bounds, Head, LONGEST_PART, Position};
use ara_protocol::{Cursor, EpochId, Error as ProtocolError, NodeId, SegmentId};
use rusqlite::Connection;

use crate::engine::base::{Engine, Guard, Outcome};
use crate::engine::content::{Content, alarm_of};
use crate::engine::pushing::{SentPush, sent_head};
use crate::engine::records::left;
use crate::fault::{Fault, Result};
use crate::state::place::Place;
use crate::state::segments::{HAS_FORGOTTEN, OF_REMOVED, Segment, UNREAD, node_point};
use crate::state::stood::Stood;
use crate::state::unread::{self, Why};
use crate::state::{Alarm, alarms, doubts, facts, segments};

/// What was read and is still to be written.
pub(super) struct Batch {
    /// Where this device stands after it.
    pub(super) place: Place,
    rows: Vec<(Segment, Vec<SegmentId>)>,
    unread: Vec<(NodeId, Why)>,
    alarms: Vec<Alarm>,
    /// Where authors stood.
    stood: Vec<Stood>,
    /// Epochs that authors know, and this device does not.
    epochs: Vec<([u8; 32], EpochId)>,
    has_dirty: bool,
}

/// What is done with a segment.
enum Standing {
    /// Nothing: it is known, or does not count.
    Settled,
    /// It cannot be merged now.
    Waits(Why),
    /// It is merged.
    Opened(Content),
}

/// What the database knows of the nodes.
pub(super) type Known = HashMap<NodeId, SyncNode>;

impl Batch {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            rows: vec![],
            unread: vec![],
            alarms: vec![],
            stood: vec![],
            epochs: vec![],
            has_dirty: false,
        }
    }

    fn is_empty(&self, place: &Place) -> bool {
        self.place == *place && self.rows.is_empty() && self.unread.is_empty()
    }

    /// Writes all of it, and returns whether the alarms changed.
    pub(super) fn save(&self, sync: &Connection) -> ara_core::Result<bool> {
        for (row, replaces) in &self.rows {
            row.insert(sync, replaces)?;
        }
        for (node, why) in &self.unread {
            unread::note(sync, *node, *why)?;
        }
        if self.has_dirty {
            facts::put(sync, facts::RESEAL, &[])?;
        }
        for stood in &self.stood {
            stood.save(sync)?;
        }
        for (author, epoch) in &self.epochs {
            doubts::note(sync, author, *epoch)?;
        }
        self.place.save(sync)?;
        let mut changed = false;
        for alarm in &self.alarms {
            changed |= alarms::raise(sync, alarm)?;
        }
        Ok(changed)
    }

    /// Notes where the author of a segment stood.
    pub(super) fn note_stood(&mut self, author: [u8; 32], told_in: u64, at: Position) {
        self.stood.push(Stood { author, told_in, at });
    }

    /// Notes that a segment, which is the last row, could not be merged.
    fn hold(&mut self, node: NodeId, why: Why, alarm: Option<Alarm>) {
        if let Some((row, _)) = self.rows.last_mut() {
            row.flags |= UNREAD;
        }
        self.unread.push((node, why));
        self.alarms.extend(alarm);
    }
}

impl Engine {
    /// Takes over entries that follow one another, up to the end that the relay tells. Some may be what the request has
    /// brought.
    pub(super) fn take_entries(
        &mut self,
        entries: Vec<Entry>,
        end: Cursor,
        sent: &[SentPush],
        outcome: &mut Outcome,
    ) -> Result<()> {
        let known = self.database.sync_nodes()?;
        let mut known: Known =
            known.into_iter().map(|known| (NodeId::from_bytes(known.node), known)).collect();
        let mut batch = Batch::new(self.place);
        for entry in entries {
            self.take_entry(&mut batch, &mut known, (entry, sent), outcome)?;
        }
        self.write_batch(&mut batch, outcome)?;
        let Cursor { number, chain } = self.place.cursor;
        if number > end.number {
            return Err(Fault::Lied { what: "it sends more than it says to have" });
        }
        if number == end.number && chain != end.chain {
            return Err(Fault::Lied { what: "its log is not what its end says" });
        }
        Ok(())
    }

    fn take_entry(
        &mut self,
        batch: &mut Batch,
        known: &mut Known,
        (entry, sent): (Entry, &[SentPush]),
        outcome: &mut Outcome,
    ) -> Result<()> {
        let before = batch.place.cursor;
        let (number, head, part) = match entry {
            Entry::Skip { to } => {
                if to.number <= before.number {
                    return Err(Fault::Lied { what: "it skips backwards" });
                }
                if i64::try_from(to.number).is_err() {
                    return Err(Fault::Lied { what: "its log is longer than one can be" });
                }
                batch.place.cursor = to;
                return Ok(());
            }
            Entry::Whole { number, head, part } => (number, head, Some(part)),
            Entry::Head { number, head } => (number, head, None),
            Entry::Pushed { number, at } => (number, sent_head(sent, at)?.to_vec(), None),
            _ => return Err(ProtocolError::UpdateNeeded { what: "relay's answer" }.into()),
        };
        if Some(number) != before.number.checked_add(1) {
            return Err(Fault::Lied { what: "it skips numbers" });
        }
        let head = self.read_head(&head, outcome)?;
        if !self.has_heard_of(head.header().author) {
            self.write_batch(batch, outcome)?;
            self.hear_of(head.header().author, outcome)?;
        }
        let at = before.after(head.id());
        let length = match &part {
            Some(part) => (head.as_bytes().len() + part.len()) as u64,
            // Of what others sent, only the greatest length is known.
            None => self
                .told
                .sizes
                .remove(&head.id())
                .unwrap_or((head.part_count() * LONGEST_PART) as u64),
        };
        let row = self.row_of(&head, at, length);
        self.take_segment(batch, known, (head, row, part), at, outcome)
    }

    /// Reads a head, and checks that it is of this space.
    pub(super) fn read_head(&self, bytes: &[u8], outcome: &mut Outcome) -> Result<Head> {
        let head = match Head::read(bytes) {
            Ok(head) => head,
            Err(error @ ProtocolError::UpdateNeeded { .. }) => {
                self.raise(&Alarm::UpdateNeeded, outcome)?;
                return Err(error.into());
            }
            Err(_) => return Err(Fault::Lied { what: "the head of a segment is damaged" }),
        };
        if head.header().space != self.space() {
            return Err(Fault::Lied { what: "it shows a segment of another space" });
        }
        Ok(head)
    }

    /// Returns what is noted of a segment that lies at a place of the log.
    fn row_of(&self, head: &Head, at: Cursor, length: u64) -> Segment {
        let header = head.header();
        let key = self.epoch_keys.as_ref().and_then(|keys| keys.get(header.epoch));
        let is_removed = self.access.members.removed_in(header.author).is_some();
        Segment {
            number: at.number,
            id: head.id(),
            node: header.node,
            author: *header.author.as_bytes(),
            epoch: *header.epoch.as_bytes(),
            chain: at.chain,
            bounds: key.and_then(|key| head.open_bounds(key).ok()),
            length,
            previous: header.previous,
            named: header.replaces.last().copied().unwrap_or(head.id()),
            flags: if is_removed { OF_REMOVED } else { 0 },
        }
    }

    /// Takes over a segment whose place was checked, after which this device stands at `at`.
    fn take_segment(
        &mut self,
        batch: &mut Batch,
        known: &mut Known,
        (head, row, part): (Head, Segment, Option<Vec<u8>>),
        at: Cursor,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let header = head.header();
        let (node, bounds, is_removed) = (row.node, row.bounds, row.is(OF_REMOVED));
        let mut tail = self.tail(node)?;
        let follows = header.replaces.is_empty() && tail.is_before(header);
        if !is_removed && !self.access.members.has_epoch(header.epoch) {
            batch.epochs.push((row.author, header.epoch));
        }
        let of_batch = batch.unread.iter().find(|(unread, _)| *unread == node);
        let waits = self.unread.get(&node).or(of_batch.map(|(_, why)| why)).copied();
        let is_last_word = is_removed && self.is_last_word(&row)?;
        let standing = if is_removed && !is_last_word {
            // Who has merged it before seals it again.
            Standing::Settled
        } else if let Some(bounds) = bounds {
            match waits {
                _ if self.knows(known, node, bounds)? => Standing::Settled,
                Some(why) => Standing::Waits(why),
                // What takes the place of others follows them, or what comes after them. It begins where this device
                // stands, or before that.
                None if follows
                    || self.database.knows_point(*node.as_bytes(), node_point(bounds.from))? =>
                {
                    // What a merge notes of segments, it notes of those that are written.
                    self.write_batch(batch, outcome)?;
                    Standing::Opened(self.content(&head, bounds, part)?)
                }
                None => Standing::Waits(Why::Pending),
            }
        } else {
            Standing::Waits(Why::NotOpened)
        };
        if follows {
            tail.add(&row);
            self.told.tails.insert(node, tail);
        } else {
            self.write_batch(batch, outcome)?;
            if self.database.sync_read(|sync| segments::has(sync, row.id))?.unwrap_or(false) {
                return Err(Fault::Lied { what: "it shows a segment twice" });
            }
            self.told.tails.remove(&node);
        }
        self.told.taken += 1;
        self.told.unsendable.remove(&node);
        batch.place.cursor = at;
        batch.has_dirty |= is_removed;
        batch.rows.push((row, header.replaces.clone()));
        match standing {
            Standing::Settled => {}
            Standing::Waits(why) => {
                // What takes the place of others may be what can be opened.
                if why != Why::NotOpened || !header.replaces.is_empty() {
                    self.told.due.insert(node);
                }
                batch.hold(node, why, alarm_of(*node.as_bytes(), why));
            }
            Standing::Opened(content) => {
                return self.merge_segment(batch, known, (node, content), outcome);
            }
        }
        if follows { Ok(()) } else { self.write_batch(batch, outcome) }
    }

    /// Returns whether the changes of a segment are known already.
    pub(super) fn knows(&self, known: &Known, node: NodeId, bounds: Bounds) -> Result<bool> {
        let Some(held) = known.get(&node) else { return Ok(false) };
        let to = node_point(bounds.to);
        if held.end == to {
            return Ok(true);
        }
        if !held.is_forked && held.end.number < to.number {
            return Ok(false);
        }
        Ok(self.database.knows_point(*node.as_bytes(), to)?)
    }

    /// Merges a segment, and writes in the same transaction what was read up to there.
    fn merge_segment(
        &mut self,
        batch: &mut Batch,
        known: &mut Known,
        (node, content): (NodeId, Content),
        outcome: &mut Outcome,
    ) -> Result<()> {
        let (changes, stood, is_held) = match content {
            Content::Changes { changes, stood, is_held } => (changes, stood, is_held),
            Content::Not(why) => {
                if why == Why::Pending {
                    self.told.due.insert(node);
                }
                batch.hold(node, why, alarm_of(*node.as_bytes(), why));
                return Ok(());
            }
        };
        if let Some((row, _)) = batch.rows.last() {
            batch.note_stood(row.author, row.number, stood);
        }
        if is_held {
            batch.hold(node, Why::Held, alarm_of(*node.as_bytes(), Why::Held));
        }
        let guard = Guard::new(self);
        let merged = self.database.merge_and(&changes, |sync, report| {
            guard.check(sync)?;
            if let Some((why, alarm)) = refusal_of(node, report) {
                batch.hold(node, why, alarm);
            } else if let Some((row, _)) = batch.rows.last_mut().filter(|_| report.removed_values) {
                row.flags |= HAS_FORGOTTEN;
                batch.has_dirty = true;
            }
            batch.save(sync)
        });
        let (report, alarms_changed) = guard.judge(merged)?;
        outcome.received += report.changes;
        outcome.alarms_changed |= alarms_changed;
        self.have_written(batch);
        self.learn(known, node, (&changes, &report))
    }

    /// Notes what the database knows of a node after a merge.
    pub(super) fn learn(
        &self,
        known: &mut Known,
        node: NodeId,
        (changes, report): (&Changes, &MergeReport),
    ) -> Result<()> {
        let run = changes.runs_of_nodes().next().filter(|_| report.refused.is_empty());
        match (known.get_mut(&node), run) {
            // As it almost always is: the changes were appended.
            (Some(held), Some(run))
                if !held.is_forked && !run.is_forked && held.end == run.from =>
            {
                held.end = run.to;
            }
            _ => {
                let all = self.database.sync_nodes()?;
                *known =
                    all.into_iter().map(|held| (NodeId::from_bytes(held.node), held)).collect();
            }
        }
        Ok(())
    }

    /// Writes what was read.
    pub(super) fn write_batch(&mut self, batch: &mut Batch, outcome: &mut Outcome) -> Result<()> {
        if batch.is_empty(&self.place) {
            return Ok(());
        }
        outcome.alarms_changed |= self.write(|sync| batch.save(sync))?;
        self.have_written(batch);
        Ok(())
    }

    fn have_written(&mut self, batch: &mut Batch) {
        self.place = batch.place;
        if batch.has_dirty {
            self.told.not_resealed.clear();
        }
        self.unread.extend(batch.unread.drain(..));
        *batch = Batch::new(self.place);
    }
    /// Returns whether a member has left by itself, and this place of the log was there when this device heard of it.
    /// What it sent before counts, as nobody may have read it, and is sealed again.
    pub(super) fn is_last_word(&self, segment: &Segment) -> Result<bool> {
        let left = self.database.sync_read(|sync| facts::get(sync, &left(&segment.author)))?;
        let Some(end) = left.flatten().filter(|_| segment.bounds.is_some()) else {
            return Ok(false);
        };
        Ok(end.try_into().map_or(true, |end| segment.number <= u64::from_be_bytes(end)))
    }

    /// Returns whether an author is or was a member.
    fn has_heard_of(&self, author: MemberKey) -> bool {
        let members = &self.access.members;
        members.get(author).is_some() || members.removed_in(author).is_some()
    }

    /// Reads who is a member now, as a list of heads does not tell. The relay takes nothing of strangers.
    fn hear_of(&mut self, author: MemberKey, outcome: &mut Outcome) -> Result<()> {
        self.read_new_records(outcome)?;
        if self.has_heard_of(author) {
            Ok(())
        } else {
            Err(Fault::Lied { what: "it shows a segment of who never was a member" })
        }
    }
}

/// Returns why a merge refused changes of a node.
pub(super) fn refusal_of(node: NodeId, report: &MergeReport) -> Option<(Why, Option<Alarm>)> {
    let node = Uuid::from_bytes(*node.as_bytes());
    let refused = report.refused.iter().find(|refused| refused.node == node)?;
    if refused.reason == ara_core::Reason::Unconnected {
        return Some((Why::Pending, None));
    }
    let reason = refused.reason.to_string();
    Some((Why::Refused, Some(Alarm::Refused { node, reason })))
}
