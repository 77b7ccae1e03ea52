//! Filling holes: segments that the relay lost, as they were damaged on its disk, though it has those after them.

use ara_protocol::{NodeId, SegmentId};

use crate::engine::base::Engine;
use crate::engine::pushing::Push;
use crate::engine::sealing::Stretch;
use crate::engine::tail::Tail;
use crate::fault::Result;
use crate::state::segments::{Chain, Segment, node_point, of_node, sealed_point};

impl Engine {
    /// Returns what fills the next hole of which this device has all changes.
    pub(super) fn fill_hole(&mut self) -> Result<Option<Push>> {
        while let Some(node) = self.has_hole()? {
            let push = self.fill_hole_of(node);
            if let Some(push) = self.unless_too_large(node, push)? {
                return Ok(Some(push));
            }
            // Another member may have what it takes, or this one may come to have it.
            self.told.not_resealed.insert(node);
        }
        Ok(None)
    }

    /// Returns a node that has a hole which this device may be able to fill.
    pub(super) fn has_hole(&mut self) -> Result<Option<NodeId>> {
        for known in self.database.sync_nodes()? {
            let node = NodeId::from_bytes(known.node);
            let can_be =
                !self.told.not_resealed.contains(&node) && !self.unread.contains_key(&node);
            if can_be && self.tail(node)?.has_hole {
                return Ok(Some(node));
            }
        }
        Ok(None)
    }

    fn fill_hole_of(&mut self, node: NodeId) -> Result<Option<Push>> {
        let known = self.database.sync_nodes()?;
        let Some(known) = known.into_iter().find(|known| known.node == *node.as_bytes()) else {
            return Ok(None);
        };
        let rows = self.database.sync_read(|sync| of_node(sync, node))?.unwrap_or_default();
        let Some((chain, rest)) = split(rows) else { return Ok(None) };
        let end = sealed_point(known.end);
        let whole =
            Stretch { node, after: Tail::NONE.end, until: Some(end), is_forked: known.is_forked };
        let all: Vec<_> = chain.iter().chain(&rest).cloned().collect();
        if known.is_forked {
            return self.replacement(&all, &whole);
        }
        let after = match chain.last() {
            None => Some(Tail::NONE.end),
            Some(last) => last.bounds.map(|bounds| bounds.to),
        };
        let knows =
            |engine: &Self, point| engine.database.knows_point(known.node, node_point(point));
        let (Some(after), Some(next)) = (after, rest.first()) else { return Ok(None) };
        if !knows(self, after)? {
            // Changes up to there were dropped here, so that it is where nothing can begin.
            return self.replacement(&all, &whole);
        }
        let previous = chain.last().map(|last| last.id);
        if let (Some(lost), Some(bounds)) = (next.previous, next.bounds)
            && after.number < bounds.from.number
            && knows(self, bounds.from)?
        {
            let stretch = Stretch { after, until: Some(bounds.from), ..whole };
            return self.sealed_again((previous, vec![lost]), &stretch);
        }
        // What is after the hole does not begin where something can end, and is replaced with it.
        let mut names: Vec<SegmentId> = vec![];
        for segment in &rest {
            names.push(segment.id);
            let Some(to) = segment.bounds.map(|bounds| bounds.to) else { return Ok(None) };
            if after.number < to.number && knows(self, to)? {
                names.extend(Some(segment.named).filter(|named| *named != segment.id));
                let stretch = Stretch { after, until: Some(to), ..whole };
                return self.sealed_again((previous, names), &stretch);
            }
        }
        Ok(None)
    }
}

/// Returns the segments before the first hole, and those after it in the order of their changes, if that can be told.
fn split(rows: Vec<Segment>) -> Option<(Vec<Segment>, Vec<Segment>)> {
    let all = rows.clone();
    let chain = Chain::of(rows).segments;
    let mut rest = all;
    rest.retain(|row| chain.iter().all(|before| before.id != row.id));
    if rest.iter().any(|row| row.bounds.is_none()) {
        return None;
    }
    rest.sort_by_key(|row| row.bounds.map(|bounds| (bounds.from.number, bounds.to.number)));
    Some((chain, rest))
}
