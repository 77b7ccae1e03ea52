//! Reading a node again of which something could not be merged.

use std::collections::HashMap;

use ara_core::Uuid;
use ara_protocol::message::segments::HeadsRequest;
use ara_protocol::message::sync::Entry;
use ara_protocol::segment::Head;
use ara_protocol::{NodeId, SegmentId};

use crate::engine::base::{Engine, Guard, Outcome};
use crate::engine::content::{Content, alarm_of};
use crate::engine::reading::{Batch, Known, refusal_of};
use crate::fault::{Fault, Result};
use crate::state::segments::{Chain, HAS_FORGOTTEN, OF_REMOVED, Segment, UNREAD};
use crate::state::unread::{self, Why};
use crate::state::{Alarm, alarms, facts, segments};

/// How a segment was read again.
enum Again {
    /// All up to there is merged.
    Merged,
    /// It is not, so that what follows cannot be either.
    Not(Why, Option<Alarm>),
    /// The relay has segments of the node that it has passed over before.
    Hidden,
}

impl Engine {
    /// Reads the nodes again of which something could not be merged, and something new is known. Returns whether any
    /// were read.
    pub(super) fn reread(
        &mut self,
        is_stopped: &dyn Fn() -> bool,
        outcome: &mut Outcome,
    ) -> Result<bool> {
        let mut any = false;
        while let Some(node) = self.told.due.pop_first() {
            if !self.unread.contains_key(&node) {
                continue;
            }
            if is_stopped() {
                self.told.due.insert(node);
                break;
            }
            any = true;
            let before = outcome.received;
            let read = self.reread_node(node, outcome);
            if read.is_err() {
                self.told.due.insert(node);
            }
            let (why, alarm) = match read? {
                Again::Merged => {
                    self.finish_node(node, outcome)?;
                    continue;
                }
                Again::Not(why, alarm) => (why, alarm),
                Again::Hidden => {
                    self.begin_anew(true, outcome)?;
                    return Ok(true);
                }
            };
            let changed = self.write(|sync| {
                unread::note(sync, node, why)?;
                alarm.as_ref().map_or(Ok(false), |alarm| alarms::raise(sync, alarm))
            })?;
            outcome.alarms_changed |= changed;
            self.unread.insert(node, why);
            if outcome.received > before {
                self.told.tails.remove(&node);
            }
        }
        Ok(any)
    }

    /// Notes that all of a node was merged.
    fn finish_node(&mut self, node: NodeId, outcome: &mut Outcome) -> Result<()> {
        let changed = self.write(|sync| {
            unread::done(sync, node)?;
            for segment in segments::of_node(sync, node)? {
                segments::flag(sync, segment.id, 0, UNREAD)?;
            }
            alarms::lower_of_node(sync, Uuid::from_bytes(*node.as_bytes()))
        })?;
        outcome.alarms_changed |= changed;
        self.unread.remove(&node);
        self.told.tails.remove(&node);
        Ok(())
    }

    fn reread_node(&mut self, node: NodeId, outcome: &mut Outcome) -> Result<Again> {
        let Some(mut heads) = self.heads_of(node, outcome)? else { return Ok(Again::Hidden) };
        self.complete_rows(&heads)?;
        let chain = self.database.sync_read(|sync| Chain::load(sync, node))?.unwrap_or_default();
        let known = self.database.sync_nodes()?;
        let mut known: Known =
            known.into_iter().map(|known| (NodeId::from_bytes(known.node), known)).collect();
        let (mut is_connected, mut has_removed) = (true, false);
        for segment in &chain.segments {
            let is_last_word = segment.is(OF_REMOVED) && self.is_last_word(segment)?;
            if segment.is(OF_REMOVED) && !is_last_word {
                has_removed = true;
                continue;
            }
            let Some(bounds) = segment.bounds else {
                return Ok(Again::Not(Why::NotOpened, alarm_of(*node.as_bytes(), Why::NotOpened)));
            };
            if self.knows(&known, node, bounds)? {
                continue;
            }
            let Some(head) = heads.remove(&segment.id) else {
                if is_last_word {
                    has_removed = true;
                    continue;
                }
                return Ok(Again::Not(Why::Pending, None));
            };
            if !is_last_word && self.access.members.get(head.header().author).is_none() {
                return Ok(Again::Not(Why::UnknownAuthor, None));
            }
            let again = self.merge_again(&head, segment, &mut known, outcome)?;
            match again {
                // What cannot be taken of it counts for nothing, as what others sealed who are out.
                Again::Not(why, _) if is_last_word && why != Why::Held => has_removed = true,
                // Another one may come that begins before it, and covers it.
                Again::Not(Why::Pending, None) => is_connected = false,
                Again::Merged => is_connected = true,
                again => return Ok(again),
            }
        }
        if chain.is_whole && is_connected {
            return Ok(Again::Merged);
        }
        let node = Uuid::from_bytes(*node.as_bytes());
        // What is missing may be what a removed device had sealed, which others seal again.
        let alarm = (!chain.is_whole || !has_removed).then_some(Alarm::Incomplete { node });
        Ok(Again::Not(Why::Pending, alarm))
    }

    /// Returns whether what is noted of a node is what the relay has of it.
    fn is_as_noted(&mut self, node: NodeId, outcome: &mut Outcome) -> Result<bool> {
        let Some(heads) = self.heads_of(node, outcome)? else { return Ok(false) };
        let noted = self.database.sync_read(|sync| segments::of_node(sync, node))?;
        let noted = noted.unwrap_or_default();
        let reached = |segment: &&Segment| heads.contains_key(&segment.id);
        Ok(noted.len() == heads.len() && noted.iter().filter(reached).count() == noted.len())
    }

    /// Returns whether the relay still says that it has a segment, of which it has shown no parts.
    fn is_listed(&mut self, head: &Head, outcome: &mut Outcome) -> Result<bool> {
        let heads = self.heads_of(head.header().node, outcome)?;
        Ok(heads.is_some_and(|heads| heads.contains_key(&head.id())))
    }

    /// Looks what the relay has of the nodes of which it takes nothing. If that is something else than it has shown, its
    /// log is begun anew. Returns whether that is so.
    pub(super) fn look_again(&mut self, outcome: &mut Outcome) -> Result<bool> {
        for node in std::mem::take(&mut self.told.conflicts) {
            if !self.is_as_noted(node, outcome)? {
                self.begin_anew(true, outcome)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the heads of a node's segments that the relay has, up to where this device stands. Returns `None` if one of
    /// them is not noted: the relay has passed over it. So a relay that makes up heads is not listened to for long.
    pub(super) fn heads_of(
        &mut self,
        node: NodeId,
        outcome: &mut Outcome,
    ) -> Result<Option<HashMap<SegmentId, Head>>> {
        let mut heads = HashMap::new();
        let mut after = 0;
        loop {
            let request = HeadsRequest { space: self.space(), after, node: Some(node) };
            let answer = self.relay.heads(&request, &self.keys)?;
            let reached = self.place.cursor.number;
            let mut is_any = false;
            for entry in &answer.entries {
                if entry.number() <= after {
                    return Err(Fault::Lied { what: "its list of segments goes backwards" });
                }
                after = entry.number();
                if after > reached {
                    return Ok(Some(heads));
                }
                let Entry::Head { head, .. } = entry else { continue };
                let head = self.read_head(head, outcome)?;
                if head.header().node != node {
                    continue;
                }
                if !self.database.sync_read(|sync| segments::has(sync, head.id()))?.unwrap_or(false)
                {
                    return Ok(None);
                }
                is_any |= heads.insert(head.id(), head).is_none();
            }
            if !answer.is_more {
                return Ok(Some(heads));
            }
            if !is_any {
                return Err(Fault::Lied { what: "its list of segments never ends" });
            }
        }
    }

    /// Notes what can be opened now, and could not be before.
    fn complete_rows(&self, heads: &HashMap<SegmentId, Head>) -> Result<()> {
        let Some(keys) = &self.epoch_keys else { return Ok(()) };
        let opened: Vec<_> = heads
            .values()
            .filter_map(|head| {
                let key = keys.get(head.header().epoch)?;
                Some((head.id(), head.open_bounds(key).ok()?))
            })
            .collect();
        self.write(|sync| {
            opened.iter().try_for_each(|(id, bounds)| segments::set_bounds(sync, *id, *bounds))
        })
    }

    fn merge_again(
        &mut self,
        head: &Head,
        segment: &Segment,
        known: &mut Known,
        outcome: &mut Outcome,
    ) -> Result<Again> {
        let node = segment.node;
        let Some(bounds) = segment.bounds else { return Ok(Again::Not(Why::NotOpened, None)) };
        let (changes, stood, is_held) = match self.content(head, bounds, None)? {
            Content::Changes { changes, stood, is_held } => (changes, stood, is_held),
            Content::Not(Why::Pending) if self.is_listed(head, outcome)? => {
                let why = Why::NotOpened;
                return Ok(Again::Not(why, alarm_of(*node.as_bytes(), why)));
            }
            Content::Not(why) => return Ok(Again::Not(why, alarm_of(*node.as_bytes(), why))),
        };
        let mut batch = Batch::new(self.place);
        batch.note_stood(segment.author, segment.number, stood);
        let guard = Guard::new(self);
        let merged = self.database.merge_and(&changes, |sync, report| {
            guard.check(sync)?;
            batch.save(sync)?;
            if report.removed_values {
                segments::flag(sync, segment.id, HAS_FORGOTTEN, 0)?;
                facts::put(sync, facts::RESEAL, &[])?;
            }
            Ok(refusal_of(node, report))
        });
        let (report, refusal) = guard.judge(merged)?;
        self.place = batch.place;
        outcome.received += report.changes;
        self.learn(known, node, (&changes, &report))?;
        Ok(match refusal {
            Some((why, alarm)) => Again::Not(why, alarm),
            None if is_held => Again::Not(Why::Held, alarm_of(*node.as_bytes(), Why::Held)),
            None => Again::Merged,
        })
    }
}
