//! Sealing again what members cannot count on, or what was forgotten, from the log as it is now.

use ara_protocol::NodeId;
use ara_protocol::message::sync::PushedSegment;
use ara_protocol::segment::{MOST_REPLACED, Point};

use crate::engine::base::Engine;
use crate::engine::pushing::Push;
use crate::engine::sealing::Stretch;
use crate::engine::tail::Tail;
use crate::fault::Result;
use crate::state::facts;
use crate::state::segments::{
    Chain, HAS_FORGOTTEN, OF_REMOVED, Segment, node_point, nodes_with, sealed_point,
};

/// What is to be sealed again.
const DIRTY: i64 = OF_REMOVED | HAS_FORGOTTEN;

/// How many small segments become a large one.
const MANY_SMALL: usize = 64;

/// The most segments that are replaced at once. The last of them may have two names.
pub(super) const MOST_AT_ONCE_REPLACED: usize = MOST_REPLACED - 1;

/// The most bytes of changes that are sealed again at once.
const MOST_AT_ONCE: usize = 64 << 20;

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
            if let Some(push) = self.reseal_node(node)? {
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
            let end = dirty + count.min(MOST_AT_ONCE_REPLACED);
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
        let small = self.tail(node)?.small.min(MOST_REPLACED);
        let chain = self.database.sync_read(|sync| Chain::load(sync, node))?.unwrap_or_default();
        let all = &chain.segments;
        let push = self.reseal_range(node, all, (all.len().saturating_sub(small), all.len()))?;
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

    /// Seals changes anew in place of segments that follow one another.
    pub(super) fn replacement(
        &mut self,
        old: &[Segment],
        stretch: &Stretch,
    ) -> Result<Option<Push>> {
        let (Some(first), Some(last)) = (old.first(), old.last()) else { return Ok(None) };
        if old.len() > MOST_AT_ONCE_REPLACED {
            return Ok(None);
        }
        let batches = self.batches(stretch, MOST_AT_ONCE)?;
        let reaches = batches.last().map(|(_, bounds)| bounds.to);
        let Some(to) = reaches.filter(|_| reaches == stretch.until) else { return Ok(None) };
        let mut replaces: Vec<_> = old.iter().map(|segment| segment.id).collect();
        // The successor goes on naming the last one so.
        replaces.extend(Some(last.named).filter(|named| *named != last.id));
        let node = stretch.node;
        let mut previous = first.previous;
        let mut segments: Vec<PushedSegment> = Vec::with_capacity(batches.len());
        let mut used = 0;
        let count = batches.len();
        for (at, (changes, bounds)) in batches.into_iter().enumerate() {
            let replaces: &[_] = if at + 1 == count { &replaces } else { &[] };
            let sealed =
                self.seal((&changes, bounds), (node, previous, replaces), Self::room(used))?;
            previous = Some(sealed.id);
            used += sealed.size;
            segments.push(sealed.segment);
        }
        Ok(Some(Push { node, segments, to, replaces: true }))
    }
}
