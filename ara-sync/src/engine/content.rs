//! What is in a segment: fetching its parts, opening it, and checking that it is what its head says.

use ara_core::{Changes, Uuid};
use ara_protocol::message::segments::PartsRequest;
use ara_protocol::segment::{Bounds, Head, LONGEST_PART, Position};

use crate::engine::base::Engine;
use crate::fault::Result;
use crate::state::Alarm;
use crate::state::segments::node_point;
use crate::state::unread::Why;

/// The most bytes that the changes of a segment may have. More is neither sent nor taken.
pub(super) const MOST_CHANGES: usize = 256 << 20;

/// The most parts that a segment may have: what does not become smaller by compression is padded by an eighth at most.
const MOST_PARTS: usize = MOST_CHANGES / LONGEST_PART / 8 * 9;

/// What a segment was found to be.
pub(super) enum Content {
    /// Changes that can be merged.
    Changes {
        /// The changes.
        changes: Changes,
        /// Where the author stood.
        stood: Position,
        /// Whether a part of them is held back, as it was written under a newer schema.
        is_held: bool,
    },
    /// Nothing that can be merged.
    Not(Why),
}

impl Engine {
    /// Fetches what is needed of a segment, opens it, and checks it against its head. Where the relay has no parts of it,
    /// others may have taken its place meanwhile, so that it is pending.
    pub(super) fn content(
        &mut self,
        head: &Head,
        bounds: Bounds,
        part: Option<Vec<u8>>,
    ) -> Result<Content> {
        let parts = match self.parts(head, part)? {
            Ok(parts) => parts,
            Err(why) => return Ok(Content::Not(why)),
        };
        let keys = self.epoch_keys.as_ref();
        let Some(key) = keys.and_then(|keys| keys.get(head.header().epoch)) else {
            return Ok(Content::Not(Why::NotOpened));
        };
        let Ok(opened) = head.open(key, &parts, MOST_CHANGES) else {
            return Ok(Content::Not(Why::NotOpened));
        };
        drop(parts);
        let changes = match Changes::from_bytes(&opened.changes) {
            Ok(changes) => changes,
            Err(ara_core::Error::NewerChanges { .. }) => return Ok(Content::Not(Why::Newer)),
            Err(_) => return Ok(Content::Not(Why::NotOpened)),
        };
        let mut runs = changes.runs_of_nodes();
        let is_as_said = runs.len() == 1
            && runs.next().is_some_and(|run| {
                run.node == *head.header().node.as_bytes()
                    && run.from == node_point(bounds.from)
                    && run.to == node_point(bounds.to)
            });
        drop(runs);
        if !is_as_said {
            return Ok(Content::Not(Why::Refused));
        }
        let stood = opened.stood;
        if !self.settings.refuse_newer {
            return Ok(Content::Changes { changes, stood, is_held: false });
        }
        let cut = changes.before_schema_above(self.settings.schema_version);
        Ok(Content::Changes { changes: cut.before, stood, is_held: cut.is_any_held })
    }

    /// Returns the parts of a segment: the one that came with it, or those that the relay has. Or returns why there are
    /// none: they are not there any more, or are not those of the segment.
    fn parts(
        &self,
        head: &Head,
        part: Option<Vec<u8>>,
    ) -> Result<std::result::Result<Vec<Vec<u8>>, Why>> {
        if let Some(part) =
            part.filter(|part| head.part_count() == 1 && head.check_part(0, part).is_ok())
        {
            return Ok(Ok(vec![part]));
        }
        if head.part_count() > MOST_PARTS {
            return Ok(Err(Why::NotOpened));
        }
        let mut parts = Vec::new();
        while parts.len() < head.part_count() {
            let from = u16::try_from(parts.len()).unwrap_or(u16::MAX);
            let request = PartsRequest { space: self.space(), segment: head.id(), from };
            let answer = self.relay.parts(&request, &self.keys)?;
            if answer.parts.is_empty() {
                return Ok(Err(Why::Pending));
            }
            for part in answer.parts {
                if head.check_part(parts.len(), &part).is_err() {
                    return Ok(Err(Why::NotOpened));
                }
                parts.push(part);
            }
        }
        Ok(Ok(parts))
    }
}

/// Returns the alarm about a node of which something cannot be merged.
pub(super) fn alarm_of(node: [u8; 16], why: Why) -> Option<Alarm> {
    let node = Uuid::from_bytes(node);
    match why {
        Why::NotOpened => Some(Alarm::NotOpened { node }),
        Why::Refused => {
            let reason = "it is not what its head says".to_owned();
            Some(Alarm::Refused { node, reason })
        }
        Why::Held => Some(Alarm::Held { node, by: None }),
        Why::Newer => Some(Alarm::UpdateNeeded),
        Why::Pending | Why::UnknownAuthor => None,
    }
}
