//! What the attackers do: sealing by hand, and relays that lie.

use std::sync::Arc;

use ara_core::{Changes, Database, NodePoint};
use ara_protocol::access::Members;
use ara_protocol::epoch::EpochKey;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::segments::{HeadsAnswer, HeadsRequest};
use ara_protocol::message::sync::{Entry, PushOutcome, PushedSegment, SyncAnswer, SyncRequest};
use ara_protocol::message::{Answer, Endpoint, SignedRequest};
use ara_protocol::segment::{Bounds, Draft, Head, Position, Sealed};
use ara_protocol::{Cursor, NodeId, SegmentId, SpaceId};
use ara_relay::RelayAnswer;

use crate::engine::tests::world::{Device, World};
use crate::random::Random;
use crate::state::segments::{Chain, sealed_point};

/// Somebody who has the keys of a device, and code of their own.
pub(crate) struct Forger {
    pub(crate) keys: Arc<SecretKeys>,
    pub(crate) members: Members,
    pub(crate) random: Random,
    /// Where it says that it stands.
    pub(crate) stood: Position,
}

impl Forger {
    /// Takes the keys of a device, and what it knows of the members.
    pub(crate) fn of(device: &Device) -> Self {
        let members = device.engine.members().clone();
        let stood = Position { cursor: device.engine.place.cursor, access: members.head() };
        Self { keys: Arc::clone(&device.keys), members, random: Random::seeded(4711), stood }
    }

    /// Seals changes with the bounds that they have.
    pub(crate) fn seal(
        &mut self,
        changes: &Changes,
        previous: Option<SegmentId>,
        replaces: &[SegmentId],
    ) -> Sealed {
        let run = changes.runs_of_nodes().next().unwrap();
        let bounds = Bounds { from: sealed_point(run.from), to: sealed_point(run.to) };
        let node = NodeId::from_bytes(run.node);
        self.seal_as((&changes.to_bytes(), bounds), (node, previous, replaces))
    }

    /// Seals anything as anything.
    pub(crate) fn seal_as(
        &mut self,
        (changes, bounds): (&[u8], Bounds),
        (node, previous, replaces): (NodeId, Option<SegmentId>, &[SegmentId]),
    ) -> Sealed {
        let keys = self.members.epoch_keys(&self.keys).unwrap();
        self.seal_under(keys.newest(), (changes, bounds), (node, previous, replaces))
    }

    /// Seals anything under a key.
    pub(crate) fn seal_under(
        &mut self,
        key: &EpochKey,
        (changes, bounds): (&[u8], Bounds),
        (node, previous, replaces): (NodeId, Option<SegmentId>, &[SegmentId]),
    ) -> Sealed {
        let (space, stood) = (self.members.space(), self.stood);
        let draft = Draft { space, node, previous, replaces, bounds, stood, changes };
        draft.seal(&self.keys, key, &mut self.random).unwrap()
    }

    /// Pushes segments together, past all that the code of a device would check.
    pub(crate) fn push(&self, device: &Device, sealed: &[&Sealed]) -> PushOutcome {
        let push = sealed.iter().map(|sealed| {
            let part = sealed.parts.first().cloned();
            PushedSegment { head: sealed.head.as_bytes().to_vec(), part }
        });
        let request = SyncRequest { pushes: vec![push.collect()], ..asking(device) };
        device.relay().sync(&request, &self.keys).unwrap().pushes[0]
    }
}

/// A request of a device that asks for nothing.
pub(crate) fn asking(device: &Device) -> SyncRequest {
    SyncRequest {
        space: device.engine.space(),
        cursor: device.engine.place.cursor,
        access: device.engine.members().head(),
        slots_seen: u64::MAX,
        budget: 0,
        slot: vec![],
        pushes: vec![],
    }
}

/// Returns the changes of a node after a point.
pub(crate) fn changes_of(db: &Database, node: NodeId, after: NodePoint) -> Changes {
    let all = db.changes_of_node(*node.as_bytes(), after, None).unwrap();
    all.in_batches_of(1 << 30).next().unwrap().unwrap()
}

/// Returns the node under which a device writes.
pub(crate) fn node_of(device: &Device) -> NodeId {
    NodeId::from_bytes(*device.db.node().unwrap().as_bytes())
}

/// Returns the segments of a node, as a device has read them.
pub(crate) fn chain_of(device: &Device, node: NodeId) -> Chain {
    device.db.sync_read(|sync| Chain::load(sync, node)).unwrap().unwrap()
}

/// Lets the relay lie in the answers to two kinds of requests.
pub(crate) fn lie(
    world: &World,
    mut sync: impl FnMut(&SyncRequest, &mut SyncAnswer) + Send + 'static,
    mut heads: impl FnMut(&HeadsRequest, &mut HeadsAnswer) + Send + 'static,
) {
    world.net.twist(move |endpoint, body, answer| {
        let asked = SignedRequest::read(body);
        rewrite(answer, |content| match endpoint {
            Endpoint::Sync => {
                let request = SyncRequest::read(asked.unwrap().content()).unwrap();
                let mut answer = SyncAnswer::read(content).unwrap();
                sync(&request, &mut answer);
                *content = answer.to_bytes().unwrap();
            }
            Endpoint::Heads => {
                let request = HeadsRequest::read(asked.unwrap().content()).unwrap();
                let mut answer = HeadsAnswer::read(content).unwrap();
                heads(&request, &mut answer);
                *content = answer.to_bytes().unwrap();
            }
            _ => {}
        })
    });
}

/// Changes the content of an answer that is no refusal.
pub(crate) fn rewrite(answer: RelayAnswer, change: impl FnOnce(&mut Vec<u8>)) -> RelayAnswer {
    match Answer::read(&answer.body) {
        Ok(Answer { challenge, outcome: Ok(mut content) }) => {
            change(&mut content);
            let body = Answer { challenge, outcome: Ok(content) }.to_bytes().unwrap();
            RelayAnswer { body, ..answer }
        }
        _ => answer,
    }
}

/// Lets the relay pass over segments, with a log that looks as it should.
pub(crate) fn hide(
    world: &World,
    space: SpaceId,
    is_hidden: impl Fn(&Head) -> bool + Send + Clone + 'static,
) {
    let of_heads = is_hidden.clone();
    lie(
        world,
        move |request, answer| pass_over(&mut answer.entries, request.cursor, &is_hidden),
        move |request, answer| match request.node {
            Some(_) => {
                answer.entries.retain(|entry| !head_of(entry).is_some_and(|head| of_heads(&head)))
            }
            None => pass_over(&mut answer.entries, Cursor::start(space), &of_heads),
        },
    );
}

fn pass_over(entries: &mut [Entry], mut at: Cursor, is_hidden: impl Fn(&Head) -> bool) {
    for entry in entries {
        let head = head_of(entry);
        at = match (&head, &entry) {
            (_, Entry::Skip { to }) => *to,
            (Some(head), _) => at.after(head.id()),
            _ => unreachable!(),
        };
        if head.is_some_and(|head| is_hidden(&head)) {
            *entry = Entry::Skip { to: at };
        }
    }
}

/// Returns the head of an entry, if it has one.
pub(crate) fn head_of(entry: &Entry) -> Option<Head> {
    match entry {
        Entry::Whole { head, .. } | Entry::Head { head, .. } => Some(Head::read(head).unwrap()),
        _ => None,
    }
}

/// Lets the relay show segments to who stands at a place, which it never took. After them it skips to the true end of
/// its log, if that is further on.
pub(crate) fn inject(world: &World, at: Cursor, sealed: &[Sealed]) {
    let mut end = at;
    let mut shown = vec![];
    for sealed in sealed {
        end = end.after(sealed.head.id());
        let (head, part) = (sealed.head.as_bytes().to_vec(), sealed.parts[0].clone());
        shown.push(Entry::Whole { number: end.number, head, part });
    }
    lie(
        world,
        move |request, answer| {
            answer.knows_cursor = true;
            answer.entries = if request.cursor == at { shown.clone() } else { vec![] };
            if answer.end.number > end.number {
                let to = answer.end;
                answer.entries.extend((request.cursor != to).then_some(Entry::Skip { to }));
            } else {
                answer.end = end;
            }
        },
        |_, _| {},
    );
}
