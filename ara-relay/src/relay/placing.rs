//! Where in the log of its node a pushed segment comes.
//!
//! The live segments of a node, those that were not replaced, are in an order of their own, which is that of its
//! changes: a replacement has a new number in the space's log, and its place here is that of what it replaces. A
//! segment has a name by which the next one names it: its id, or the last id that it replaced.
//!
//! Where a segment was damaged and dropped, there is a hole: the one after it comes after the one before, and still names
//! what was lost. Who fills the hole names that as what it replaces.

use ara_protocol::segment::{Head, Header, MOST_REPLACED, Outline};
use ara_protocol::{NodeId, SegmentId};

use crate::store::{Live, SpaceKey, StoreError, Transaction};

/// Where pushed segments come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Placing {
    /// The number of the live segment before them.
    pub(super) before: Option<u64>,
    /// What they replace, in its order.
    pub(super) replaced: Vec<Live>,
    /// The number of the live segment after them.
    pub(super) after: Option<u64>,
}

/// Why there is no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// The log is not as the author thought.
    Conflict,
    /// No log is such that they have a place.
    Never,
    Store(StoreError),
}

impl From<StoreError> for NoPlace {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Returns where segments come that are pushed together.
pub(super) fn place(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    heads: &[&Head],
) -> Result<Placing, NoPlace> {
    match heads {
        [head] if head.header().replaces.is_empty() => append(transaction, space, head.header()),
        _ => replace(transaction, space, heads),
    }
}

/// At the end of the node's log.
fn append(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    header: &Header,
) -> Result<Placing, NoPlace> {
    let last = transaction.last_of(space, header.node)?;
    if is_named(last.as_ref(), header.previous) {
        let before = last.map(|last| last.number);
        Ok(Placing { before, ..Placing::default() })
    } else {
        Err(NoPlace::Conflict)
    }
}

/// In the place of others, which follow one another.
fn replace(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    heads: &[&Head],
) -> Result<Placing, NoPlace> {
    let (Some(first), Some(last)) = (heads.first(), heads.last()) else {
        return Err(NoPlace::Never);
    };
    let node = first.header().node;
    let names = heads.iter().flat_map(|head| &head.header().replaces);
    let is_chain = heads.windows(2).all(|pair| match pair {
        [one, next] => next.header().follows(one),
        _ => false,
    });
    let is_of_node = heads.iter().all(|head| head.header().node == node);
    let has_end = !last.header().replaces.is_empty();
    if !is_chain || !is_of_node || !has_end || names.clone().count() > MOST_REPLACED {
        return Err(NoPlace::Never);
    }
    if let Some(hole) = hole(transaction, space, (first, last), names.clone())? {
        return Ok(hole);
    }
    let replaced = range(transaction, space, node, names)?;
    let (Some(oldest), Some(newest)) = (replaced.first(), replaced.last()) else {
        return Err(NoPlace::Never);
    };
    let before = match oldest.before {
        Some(before) => transaction.live_at(space, before)?,
        None => None,
    };
    if !is_named(before.as_ref(), first.header().previous) {
        return Err(NoPlace::Conflict);
    }
    let after = transaction.live_after(space, newest.number)?;
    if let Some(after) = &after {
        // What comes after the range must still follow, unless there is a hole in between.
        let names = outline(transaction, space, after)?.previous;
        let follows = |name| name == last.id() || last.header().replaces.last() == Some(&name);
        let followed = |name: SegmentId| newest.is_named(name);
        if names.is_some_and(followed) && !names.is_some_and(follows) {
            return Err(NoPlace::Conflict);
        }
    }
    let after = after.map(|after| after.number);
    Ok(Placing { before: before.map(|before| before.number), replaced, after })
}

/// Reads again what the head of a segment says.
fn outline(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    live: &Live,
) -> Result<Outline, NoPlace> {
    let outline = Outline::read(&transaction.head(space, live.number)?, live.id);
    outline.map_err(|_| NoPlace::Store(StoreError::Damaged { what: "a segment" }))
}

/// Returns the hole that segments fill, if it is one: they name one that is lost, and what comes after the one before them
/// names it too.
fn hole<'a>(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    (first, last): (&Head, &Head),
    mut names: impl Iterator<Item = &'a SegmentId>,
) -> Result<Option<Placing>, NoPlace> {
    let (Some(lost), None) = (names.next(), names.next()) else { return Ok(None) };
    if transaction.live(space, *lost)?.is_some() {
        return Ok(None);
    }
    let Header { node, previous, .. } = first.header();
    let before = match previous {
        Some(previous) => transaction.live(space, *previous)?,
        None => None,
    };
    let after = match &before {
        Some(before) => transaction.live_after(space, before.number)?,
        None if previous.is_some() => None,
        None => transaction.first_of(space, *node)?,
    };
    let Some(after) = after.filter(|after| after.node == *node) else { return Ok(None) };
    let follows = outline(transaction, space, &after)?.previous == Some(*lost);
    let before = before.map(|before| before.number);
    let is_lasting = last.header().replaces.last() == Some(lost);
    let placing = Placing { before, replaced: vec![], after: Some(after.number) };
    Ok((follows && is_lasting).then_some(placing))
}

/// Finds live segments of a node by their ids, and returns them if each comes directly after the one before. Another name
/// of the last one may follow. A segment that took the place of a named one is not found by that name: the author has
/// not read it, and would replace what it does not know.
fn range<'a>(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    node: NodeId,
    names: impl Iterator<Item = &'a SegmentId>,
) -> Result<Vec<Live>, NoPlace> {
    let mut found: Vec<Live> = vec![];
    let mut names = names.peekable();
    while let Some(name) = names.next() {
        let live = transaction.live(space, *name)?.filter(|live| live.node == node);
        let live = live.ok_or(NoPlace::Conflict)?;
        let last = found.last();
        if live.id != *name {
            let is_last = names.peek().is_none() && last.is_some_and(|last| last.id == live.id);
            return if is_last { Ok(found) } else { Err(NoPlace::Conflict) };
        }
        if last.is_some_and(|last| live.before != Some(last.number)) {
            return Err(NoPlace::Conflict);
        }
        found.push(live);
    }
    Ok(found)
}

/// Returns whether a segment that names `previous` as the one before comes after `before`.
fn is_named(before: Option<&Live>, previous: Option<SegmentId>) -> bool {
    match (before, previous) {
        (None, None) => true,
        (Some(before), Some(previous)) => before.is_named(previous),
        _ => false,
    }
}
