//! What is sent: the changes that the relay does not have.

use std::collections::BTreeSet;

use ara_core::{SyncNode, Uuid};
use ara_protocol::message::Refusal;
use ara_protocol::message::sync::{PlaceInRequest, PushOutcome, PushedSegment};
use ara_protocol::segment::Point;
use ara_protocol::{NodeId, SegmentId};

use crate::engine::base::{Engine, Outcome};
use crate::engine::content::MOST_CHANGES;
use crate::engine::sealing::{OF_A_SEGMENT, Stretch, is_segment};
use crate::engine::tail::Tail;
use crate::fault::{Fault, Result};
use crate::state::Alarm;
use crate::state::segments::{Chain, Segment, sealed_point};

/// About how many bytes are sent in a request.
const OF_A_REQUEST: usize = 4 << 20;

/// The most segments of a request.
const MOST_SEGMENTS: usize = 256;

/// After how many milliseconds it is looked again whether something is still too large.
const TRIED_AGAIN: u64 = 60 * 60 * 1000;

/// Segments that are sent together.
pub(super) struct Push {
    pub(super) node: NodeId,
    pub(super) segments: Vec<PushedSegment>,
    /// Where they end.
    pub(super) to: Point,
    /// Whether they take the place of others.
    pub(super) replaces: bool,
}

/// What is remembered of a push until its outcome is known.
pub(super) struct SentPush {
    node: NodeId,
    replaces: bool,
    heads: Vec<Vec<u8>>,
}

impl SentPush {
    pub(super) fn of(push: &Push) -> Self {
        let heads = push.segments.iter().map(|segment| segment.head.clone()).collect();
        Self { node: push.node, replaces: push.replaces, heads }
    }
}

/// Returns the head of a segment that was sent. The relay says where in the request it was, and what was not there it
/// cannot make up.
pub(super) fn sent_head(pushes: &[SentPush], at: PlaceInRequest) -> Result<&[u8]> {
    let push = pushes.get(usize::from(at.push));
    let head = push.and_then(|push| push.heads.get(usize::from(at.segment)));
    head.map(Vec::as_slice).ok_or(Fault::Lied { what: "it shows what this device has not sent" })
}

impl Engine {
    /// Returns what is to be sent now.
    pub(super) fn pushes(&mut self) -> Result<Vec<Push>> {
        let mut pushes = Vec::new();
        let mut used = 0;
        for known in self.database.sync_nodes()? {
            if !self.has_news_of(&known)? {
                continue;
            }
            let node = NodeId::from_bytes(known.node);
            let tail = self.tail(node)?;
            let before = pushes.len();
            let planned = match known.is_forked {
                true => self.push_forked(&known, &tail, &mut pushes, &mut used),
                false => self.push_new(&known, &tail, &mut pushes, &mut used),
            };
            match planned {
                Err(Fault::Protocol(ara_protocol::Error::TooLarge { what })) => {
                    self.tell_too_large(node, what)?;
                }
                // A large one has no room for its parts. What comes before it may have some, and is sent first.
                Err(Fault::Refused(Refusal::Full { .. })) if !pushes.is_empty() => break,
                planned => planned?,
            }
            if pushes.len() == before {
                // It is tried again once more is known of the node.
                self.told.unsendable.insert(node);
            }
            if used >= OF_A_REQUEST || pushes.len() >= MOST_SEGMENTS {
                break;
            }
        }
        Ok(pushes)
    }

    /// Tells that something of a node is too large to be sent. To find that out takes a while, so that it is not tried
    /// again at once.
    pub(super) fn tell_too_large(&mut self, node: NodeId, what: &str) -> Result<()> {
        self.told.unsendable.insert(node);
        self.told.too_large.insert(node, self.database.now_millis());
        let reason = match what {
            "log" => {
                "two files wrote under this node, and their log is too large to be sent as a whole: \
                      compact the database"
            }
            _ => {
                "a transaction has more than 256 MB: overwrite or delete what it wrote, and compact the database"
            }
        };
        let (node, reason) = (Uuid::from_bytes(*node.as_bytes()), reason.to_owned());
        self.raise(&Alarm::NotSent { node, reason }, &mut Outcome::default())
    }

    /// Returns the nodes of which something was too large a short while ago.
    pub(super) fn still_too_large(&mut self) -> BTreeSet<NodeId> {
        let now = self.database.now_millis();
        self.told.too_large.retain(|_, at| now.abs_diff(*at) < TRIED_AGAIN);
        self.told.too_large.keys().copied().collect()
    }

    /// Returns whether there is something of a node that can be sent.
    fn has_news_of(&mut self, known: &SyncNode) -> Result<bool> {
        let node = NodeId::from_bytes(known.node);
        let tail = self.tail(node)?;
        if self.unread.contains_key(&node) || self.told.unsendable.contains(&node) || !tail.is_sure
        {
            return Ok(false);
        }
        if known.is_forked {
            let is_sealed = tail.end == sealed_point(known.end) && !tail.has_removed;
            return Ok(!is_sealed && !self.told.not_resealed.contains(&node));
        }
        Ok(known.end.number > tail.end.number)
    }

    /// Returns whether there is something to send.
    pub(super) fn has_news(&mut self) -> Result<bool> {
        if self.access.members.needs_rotation() {
            return Ok(true);
        }
        for known in self.database.sync_nodes()? {
            if self.has_news_of(&known)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Plans what is new of a node. If its last segments do not count any more, it takes their place.
    fn push_new(
        &mut self,
        known: &SyncNode,
        tail: &Tail,
        pushes: &mut Vec<Push>,
        used: &mut usize,
    ) -> Result<()> {
        let node = NodeId::from_bytes(known.node);
        let stretch = Stretch { node, after: tail.end, until: None, is_forked: false };
        if tail.has_removed {
            let chain = self.database.sync_read(|sync| Chain::load(sync, node))?;
            let chain = chain.unwrap_or_default().segments;
            let dirty = last_of_removed(&chain);
            // All that is known takes their place. Who knows more sends the rest, and who was faster with it is read first,
            // as the relay does not find what this one would replace.
            let stretch = Stretch { until: Some(sealed_point(known.end)), ..stretch };
            if let Some(push) = self.replacement(dirty, &stretch)? {
                *used += push.segments.iter().map(size_of).sum::<usize>();
                pushes.push(push);
            }
            return Ok(());
        }
        // By the name that it keeps when it is replaced.
        let mut place = (stretch, tail.last.map(|[_, named]| named));
        let mut size = OF_A_SEGMENT;
        loop {
            match self.push_batches(&mut place, size, pushes, used) {
                // Several transactions may be too large together, of which each is not.
                Err(Fault::Protocol(ara_protocol::Error::TooLarge { .. }))
                    if size == OF_A_SEGMENT =>
                {
                    size = 1;
                }
                // Two logs of a node that forked end with the same number.
                Ok(false) if (OF_A_SEGMENT..MOST_CHANGES).contains(&size) => size *= 2,
                pushed => return pushed.map(|_| ()),
            }
        }
    }

    /// Plans what comes after a place, in batches of about so many bytes, and moves the place on. Returns whether each
    /// batch can be a segment.
    fn push_batches(
        &mut self,
        (stretch, previous): &mut (Stretch, Option<SegmentId>),
        size: usize,
        pushes: &mut Vec<Push>,
        used: &mut usize,
    ) -> Result<bool> {
        let node = stretch.node;
        for batch in self.batches_in(stretch, size)? {
            let (changes, bounds) = batch?;
            if !is_segment(&bounds) {
                return Ok(false);
            }
            let sealed =
                self.seal((&changes, bounds), (node, *previous, &[]), Self::room(*used))?;
            (stretch.after, *previous) = (bounds.to, Some(sealed.id));
            *used += sealed.size;
            let (segments, to) = (vec![sealed.segment], bounds.to);
            pushes.push(Push { node, segments, to, replaces: false });
            if *used >= OF_A_REQUEST || pushes.len() >= MOST_SEGMENTS {
                break;
            }
        }
        Ok(true)
    }

    /// Plans a node that forked: all of it takes the place of all that there was.
    fn push_forked(
        &mut self,
        known: &SyncNode,
        tail: &Tail,
        pushes: &mut Vec<Push>,
        used: &mut usize,
    ) -> Result<()> {
        let node = NodeId::from_bytes(known.node);
        let start = Tail::NONE.end;
        let until = Some(sealed_point(known.end));
        let stretch = Stretch { node, after: start, until, is_forked: true };
        let chain = self.database.sync_read(|sync| Chain::load(sync, node))?.unwrap_or_default();
        if chain.segments.is_empty() {
            return self.push_new(known, &Tail { end: start, ..*tail }, pushes, used);
        }
        if let Some(push) = self.replacement(&chain.segments, &stretch)? {
            *used += push.segments.iter().map(size_of).sum::<usize>();
            pushes.push(push);
        }
        Ok(())
    }

    /// Notes what became of pushes.
    pub(super) fn take_outcomes(
        &mut self,
        pushes: &[SentPush],
        outcomes: &[PushOutcome],
        outcome: &mut Outcome,
    ) -> Result<()> {
        if pushes.len() != outcomes.len() {
            return Err(Fault::Lied { what: "it does not tell what became of what was sent" });
        }
        for (push, became) in pushes.iter().zip(outcomes) {
            let SentPush { node, replaces, heads } = push;
            match became {
                PushOutcome::Taken => outcome.sent += heads.len() as u64,
                PushOutcome::Conflict => {
                    self.told.conflicts.insert(*node);
                }
                PushOutcome::Refused if *replaces => {
                    self.told.not_resealed.insert(*node);
                }
                PushOutcome::Refused => {
                    self.told.unsendable.insert(*node);
                    let node = Uuid::from_bytes(*node.as_bytes());
                    let reason = "the relay refuses it: update this app, or the relay".to_owned();
                    self.raise(&Alarm::NotSent { node, reason }, outcome)?;
                }
                PushOutcome::Full => self.told.is_full = true,
                // What is missing is read, or sealed again, the next time.
                _ => {}
            }
        }
        Ok(())
    }
}

/// Returns the last segments of a chain, as far as those do not count who sealed them.
fn last_of_removed(chain: &[Segment]) -> &[Segment] {
    let first = chain.iter().rposition(|it| it.end().is_some()).map_or(0, |at| at + 1);
    chain.get(first..).unwrap_or_default()
}

/// Returns how many bytes a segment takes in a request.
fn size_of(segment: &PushedSegment) -> usize {
    segment.head.len() + segment.part.as_ref().map_or(0, Vec::len)
}
