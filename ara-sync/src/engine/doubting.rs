//! Finding out what the relay hides: what other devices say that they have seen there, and this one is not shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ara_core::VersionVector;
use ara_protocol::keys::MemberKey;
use ara_protocol::{EpochId, NodeId};

use crate::engine::base::{Engine, Outcome};
use crate::fault::Result;
use crate::state::segments::{self, Segment};
use crate::state::slots;

impl Engine {
    /// Compares what other devices have, as their slots say, with what this one has. If the relay shows it now, and
    /// passed over it before, its log is begun anew. Returns whether that is so.
    pub(super) fn compare(&mut self, outcome: &mut Outcome) -> Result<bool> {
        let seen = Some(self.place.slots_seen);
        let has_news = self.told.compared != seen;
        if !has_news && !self.told.is_lacking {
            return Ok(false);
        }
        let lacking = self.lacking()?;
        self.told.compared = seen;
        self.told.is_lacking = false;
        for (node, epochs) in &lacking {
            self.told.is_lacking |= !self.comes_later(*node, epochs)?;
        }
        for node in lacking.keys().filter(|_| has_news) {
            if self.is_hidden(*node, outcome)? {
                self.told.compared = None;
                self.begin_anew(true, outcome)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns of which nodes other devices have more than this one, and under which epochs they said so.
    fn lacking(&self) -> Result<BTreeMap<NodeId, BTreeSet<EpochId>>> {
        let own = self.own_key();
        // Others name many nodes, and to look one up in a version vector is to go through it.
        let known = self.database.version_vector()?;
        let known: HashMap<_, _> = known.points().collect();
        let heard = self.database.sync_read(slots::of_this_log)?.unwrap_or_default();
        let mut lacking = BTreeMap::<_, BTreeSet<_>>::new();
        for heard in heard.iter().filter(|heard| heard.slot.author() != own) {
            let key = self.epoch_keys.as_ref().and_then(|keys| keys.get(heard.slot.epoch()));
            let said = key.and_then(|key| heard.slot.open(key).ok());
            let vector = said.and_then(|said| VersionVector::from_bytes(&said.vector).ok());
            for (node, point) in vector.iter().flat_map(VersionVector::points) {
                let id = NodeId::from_bytes(node);
                let is_more = point.number > known.get(&node).map_or(0, |known| known.number);
                if is_more && !self.unread.contains_key(&id) {
                    lacking.entry(id).or_default().insert(heard.slot.epoch());
                }
            }
        }
        Ok(lacking)
    }

    /// Returns whether what was said of a node under some epochs need not be at the relay any more: what a removed device
    /// had sealed comes once others have sealed it again, and the first who did that may have known less of it.
    fn comes_later(&mut self, node: NodeId, said_under: &BTreeSet<EpochId>) -> Result<bool> {
        if self.tail(node)?.has_removed {
            return Ok(true);
        }
        let rows = self.database.sync_read(|sync| segments::of_node(sync, node))?;
        let rows = rows.unwrap_or_default();
        let members = &self.access.members;
        let is_over = |said: &EpochId| {
            let mut since = rows.iter().filter(|row| row.is_replacement()).map(Segment::epoch);
            since.any(|epoch| members.is_epoch_before(*said, epoch))
        };
        Ok(said_under.iter().all(is_over))
    }

    /// Returns whether the relay has segments of a node that it has passed over.
    fn is_hidden(&mut self, node: NodeId, outcome: &mut Outcome) -> Result<bool> {
        Ok(self.heads_of(node, outcome)?.is_none())
    }

    /// Returns whether a member has sealed something under an epoch that is still not shown here.
    pub(super) fn is_doubtful(&self, author: [u8; 32], epoch: EpochId) -> bool {
        let member = MemberKey::from_bytes(author).ok();
        let is_member = member.is_some_and(|key| self.access.members.get(key).is_some());
        is_member && !self.access.members.has_epoch(epoch)
    }
}
