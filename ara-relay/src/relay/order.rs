//! The order of the segments of a node, as their heads tell it.

use std::collections::{BTreeMap, HashMap, HashSet};

use ara_protocol::segment::Outline;
use ara_protocol::{NodeId, SegmentId};

use crate::store::{Result, SpaceKey, StoreError, Transaction};

/// How many segments are read at once.
const PAGE: usize = 128;

/// A segment among those of its node.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) number: u64,
    pub(super) id: SegmentId,
    /// The other name that the next one may give it.
    pub(super) alias: Option<SegmentId>,
    /// The name that it gives the one before it.
    pub(super) previous: Option<SegmentId>,
    /// The one before it, as the store has it.
    pub(super) before: Option<u64>,
}

/// Returns the numbers of a node's segments in their order: each comes after the one that it names. Where that is lost, it
/// comes after the one that the store says, or else after all with a smaller number.
pub(super) fn order(links: &[Link]) -> Vec<u64> {
    let mut named = HashMap::new();
    for link in links {
        named.insert(link.id, link.number);
        named.extend(link.alias.map(|alias| (alias, link.number)));
    }
    let before = |link: &Link| link.previous.and_then(|previous| named.get(&previous).copied());
    let mut next = HashMap::new();
    let mut starts = BTreeMap::new();
    for link in links {
        match before(link).filter(|before| *before != link.number) {
            Some(before) => {
                next.insert(before, link);
            }
            None => {
                starts.insert((link.previous.is_some(), link.number), link);
            }
        }
    }
    // Those that follow one another, from one that follows none.
    let run = |start: &Link| {
        let (mut keys, mut seen) = (vec![start.number], HashSet::from([start.number]));
        while let Some(link) = keys.last().and_then(|last| next.get(last)) {
            if !seen.insert(link.number) {
                break;
            }
            keys.push(link.number);
        }
        keys
    };
    let mut runs: Vec<_> = starts.values().map(|start| (start.before, run(start))).collect();
    let mut ordered: Vec<u64> = vec![];
    while !runs.is_empty() {
        let last = ordered.last().copied();
        let at = runs.iter().position(|(before, _)| *before == last).unwrap_or(0);
        ordered.extend(runs.remove(at).1);
    }
    ordered
}

/// Checks that the order of a node's segments in the store is that which their heads tell.
pub(crate) fn check_node(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    node: NodeId,
) -> Result<()> {
    const DAMAGED: StoreError = StoreError::Damaged { what: "the order of segments" };
    let (mut links, mut after) = (vec![], 0);
    loop {
        let page = transaction.list(space, after, Some(node), PAGE)?;
        let is_last = page.len() < PAGE;
        for listed in page {
            after = listed.number;
            let outline = Outline::read(&listed.head, listed.id).map_err(|_| DAMAGED)?;
            let live = transaction.live_at(space, listed.number)?.ok_or(DAMAGED)?;
            if outline.node != node || outline.alias != live.alias {
                return Err(DAMAGED);
            }
            links.push(Link {
                number: listed.number,
                id: listed.id,
                alias: outline.alias,
                previous: outline.previous,
                before: live.before,
            });
        }
        if is_last {
            break;
        }
    }
    let ordered = order(&links);
    let stored: HashMap<_, _> = links.iter().map(|link| (link.number, link.before)).collect();
    let mut last = None;
    for key in &ordered {
        if stored.get(key) != Some(&last) {
            return Err(DAMAGED);
        }
        last = Some(*key);
    }
    let noted = transaction.last_of(space, node)?;
    let is_as_noted = noted.as_ref().map(|noted| noted.number) == last
        && noted.is_none_or(|noted| noted.node == node)
        && ordered.len() == links.len();
    if is_as_noted { Ok(()) } else { Err(DAMAGED) }
}
