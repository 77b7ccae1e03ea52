//! Sealing again what members cannot count on, or what was forgotten, from the log as it is now.

use ara_protocol::message::sync::PushedSegment;
use ara_protocol::segment::{MOST_REPLACED, Point};
use ara_protocol::{NodeId, SegmentId};

use crate::engine::base::Engine;
use crate::engine::pushing::Push;
use crate::engine::sealing::Stretch;
use crate::engine::tail::Tail;
use crate::fault::{Fault, Result};
use crate::state::facts;
use crate::state::segments::{
    Chain, HAS_FORGOTTEN, OF_REMOVED, Segment, node_point, nodes_with, sealed_point,
};

/// What is to be sealed again.
const DIRTY: i64 = OF_REMOVED | HAS_FORGOTTEN;

/// How many small segments become a large one.
const MANY_SMALL: usize = 64;

/// The most segments that are replaced at once, where a part of them may be.
const MOST_AT_ONCE: usize = 1024;

impl Engine {
    /// Returns what is to be sealed again next.
    pub(super) fn reseal(&mut self) -> Result<Option<Push>> {
        let nodes = self.database.sync_read(|sync| {
            let is_any = facts::get(sync, facts::RESEAL)?.is_some();
            if is_any { nodes_with(sync, DIRTY) } else { Ok(vec![]) }
        })?;
        let nodes = nodes.unwrap_or_default();
        if nodes.is_empty() {
            return self.nothing_to_reseal();
        }
        for node in nodes {
            if self.told.not_resealed.contains(&node) || self.unread.contains_key(&node) {
                continue;
            }
            let push = self.reseal_node(node);
            if let Some(push) = self.unless_too_large(node, push)? {
                return Ok(Some(push));
            }
            // Another member may have what it takes, or this one may come to have it.
            self.told.not_resealed.insert(node);
        }
        Ok(None)
    }

    /// Returns whether there may be something to be sealed again.
    pub(super) fn has_dirty(&self) -> Result<bool> {
        let nodes = self.database.sync_read(|sync| {
            let is_any = facts::get(sync, facts::RESEAL)?.is_some();
            if is_any { nodes_with(sync, DIRTY) } else { Ok(vec![]) }
        })?;
        let is_left =
            |node| !self.told.not_resealed.contains(node) && !self.unread.contains_key(node);
        Ok(nodes.unwrap_or_default().iter().any(is_left))
    }

    fn nothing_to_reseal(&self) -> Result<Option<Push>> {
        let is_noted = self.database.sync_read(|sync| facts::get(sync, facts::RESEAL))?;
        if is_noted.flatten().is_some() {
            self.write(|sync| match nodes_with(sync, DIRTY)?.is_empty() {
                true => facts::remove(sync, facts::RESEAL),
                false => Ok(()),
            })?;
        }
        Ok(None)
    }

    /// Returns what takes the place of the first range of a node that this device can seal again.
    fn reseal_node(&mut self, node: NodeId) -> Result<Option<Push>> {
        let known = self.database.sync_nodes()?;
        let Some(known) = known.into_iter().find(|known| known.node == *node.as_bytes()) else {
            return Ok(None);
        };
        let chain = self.database.sync_read(|sync| Chain::load(sync, node))?.unwrap_or_default();
        if !chain.is_whole {
            return Ok(None);
        }
        let all = &chain.segments;
        if known.is_forked {
            let after = Point { number: 0, digest: 0 };
            let until = Some(sealed_point(known.end));
            return self.replacement(all, &Stretch { node, after, until, is_forked: true });
        }
        let mut at = 0;
        while at < all.len() {
            let dirty =
                all.iter().skip(at).position(|it| it.is(DIRTY)).map_or(all.len(), |to| at + to);
            let count = all.iter().skip(dirty).take_while(|it| it.is(DIRTY)).count();
            let end = dirty + count.min(MOST_AT_ONCE);
            if let Some(push) = self.reseal_range(node, all, (dirty, end))? {
                return Ok(Some(push));
            }
            at = end.max(at + 1);
        }
        Ok(None)
    }

    /// Returns whether this device has sent so many small segments that they should become a large one.
    pub(super) fn has_many_small(&mut self) -> Result<Option<NodeId>> {
        let node = NodeId::from_bytes(self.database.node()?.into_bytes());
        let Tail { small, is_sure, .. } = self.tail(node)?;
        let is_due = small >= MANY_SMALL && is_sure;
        let can_be = !self.told.not_resealed.contains(&node) && !self.unread.contains_key(&node);
        Ok((is_due && can_be).then_some(node))
    }

    /// Returns a large segment in place of many small ones. Each byte is sent twice at most that way, as long as what
    /// becomes of them is not small.
    pub(super) fn unite_small(&mut self) -> Result<Option<Push>> {
        let Some(node) = self.has_many_small()? else { return Ok(None) };
        let small = self.tail(node)?.small.min(MOST_AT_ONCE);
        let chain = self.database.sync_read(|sync| Chain::load(sync, node))?.unwrap_or_default();
        let all = &chain.segments;
        let push = self.reseal_range(node, all, (all.len().saturating_sub(small), all.len()));
        let push = self.unless_too_large(node, push)?;
        if push.is_none() {
            self.told.not_resealed.insert(node);
        }
        Ok(push)
    }

    /// Returns what takes the place of a range, if the log holds all of it.
    fn reseal_range(
        &mut self,
        node: NodeId,
        all: &[Segment],
        (from, to): (usize, usize),
    ) -> Result<Option<Push>> {
        let Some(range) = all.get(from..to).filter(|range| !range.is_empty()) else {
            return Ok(None);
        };
        let before = all.get(..from).unwrap_or_default();
        let after = match before.last() {
            None => Some(Point { number: 0, digest: 0 }),
            Some(before) => before.bounds.map(|bounds| bounds.to),
        };
        let until = match all.get(to) {
            Some(next) => next.bounds.map(|bounds| bounds.from).filter(|from| from.number > 0),
            None => None,
        };
        let until = until.or_else(|| range.last()?.bounds.map(|bounds| bounds.to));
        let (Some(after), Some(until)) = (after, until) else { return Ok(None) };
        let bytes = *node.as_bytes();
        if after.number >= until.number
            || !self.database.knows_point(bytes, node_point(until))?
            || !self.database.knows_point(bytes, node_point(after))?
        {
            return Ok(None);
        }
        self.replacement(range, &Stretch { node, after, until: Some(until), is_forked: false })
    }

    /// Tells that something of a node is too large to be sealed, if that is so.
    pub(super) fn unless_too_large(
        &mut self,
        node: NodeId,
        push: Result<Option<Push>>,
    ) -> Result<Option<Push>> {
        match push {
            Err(Fault::Protocol(ara_protocol::Error::TooLarge { what })) => {
                self.tell_too_large(node, what)?;
                Ok(None)
            }
            push => push,
        }
    }

    /// Seals changes anew in place of segments that follow one another.
    pub(super) fn replacement(
        &mut self,
        old: &[Segment],
        stretch: &Stretch,
    ) -> Result<Option<Push>> {
        let (Some(first), Some(last)) = (old.first(), old.last()) else { return Ok(None) };
        let mut replaces: Vec<_> = old.iter().map(|segment| segment.id).collect();
        // The successor goes on naming the last one so.
        replaces.extend(Some(last.named).filter(|named| *named != last.id));
        self.sealed_again((first.previous, replaces), stretch)
    }

    /// Seals changes anew in place of segments that have these names, after the one that `previous` names. Returns
    /// `None` if the log does not lead to where they are to end.
    ///
    /// What is sealed is staged at the relay, so that little is held in memory however much it is.
    pub(super) fn sealed_again(
        &mut self,
        (previous, replaces): (Option<SegmentId>, Vec<SegmentId>),
        stretch: &Stretch,
    ) -> Result<Option<Push>> {
        let node = stretch.node;
        let Some((size, count)) = self.cut(stretch)? else { return Ok(None) };
        if replaces.len() > MOST_REPLACED {
            return Err(Fault::Protocol(ara_protocol::Error::TooLarge { what: "log" }));
        }
        let mut previous = previous;
        let mut segments: Vec<PushedSegment> = Vec::with_capacity(count);
        let (mut used, mut to) = (0, stretch.after);
        for (at, batch) in self.batches_in(stretch, size)?.enumerate() {
            let (changes, bounds) = batch?;
            let list: &[_] = if at + 1 == count { &replaces } else { &[] };
            let sealed = self.seal((&changes, bounds), (node, previous, list), Self::room(used))?;
            previous = Some(sealed.id);
            used += sealed.size;
            to = bounds.to;
            segments.push(sealed.segment);
        }
        // Another process may have compacted the log meanwhile.
        let is_as_planned = segments.len() == count && Some(to) == stretch.until;
        Ok(is_as_planned.then_some(Push { node, segments, to, replaces: true }))
    }
}
