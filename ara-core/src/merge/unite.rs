//! Uniting changes of a node with those that its log here has in the same places.
//!
//! That is the case if two devices wrote under one node id, as a file was copied or put back, or if a log has
//! lost changes. Both logs are ordered by the numbers of the last changes of the transactions, and then by the
//! hashes of these. So each change of either has its place in the united log, which is the same on every
//! device, and nothing is changed in any of them.
//!
//! # What compaction dropped
//!
//! A change that follows dropped ones *stands for* them: it keeps the XOR of their hashes, so that the digest
//! of the node stays the same. Two devices may have dropped different ones:
//!
//! ```text
//! here:    A  B                 has not heard of C and D
//! arrives: A        D(b ^ c)    B and C were dropped there
//! result:  A  B     D(c)        a ^ b ^ (d ^ c)
//! ```
//!
//! What an arriving change stands for is told anew, such that the digest here comes out as it does there,
//! without what lies here alone. The [gap](crate::log::gap) before a change tells which changes were dropped,
//! so those do not come back, and what another device wrote in their places under the same id does not
//! pass for them.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::change::{Compacted, Names, Record};
use crate::log::gap::{Dropped, Gap};
use crate::log::nodes::Node;
use crate::log::owned_change::OwnedChange;
use crate::log::piece::head::Head;
use crate::log::pieces::{self, PieceReader, start_of};
use crate::log::place::ChangeNumber;
use crate::log::stretch::Stretch;

/// Where a change belongs in the log of its node: the number and the hash of the last change of its
/// transaction, and its own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) transaction: (ChangeNumber, u64),
    pub(crate) number: ChangeNumber,
}

/// A change that arrives.
pub(crate) struct Arriving<'a> {
    pub(crate) key: Key,
    pub(crate) record: Record<'a>,
    /// Its hash as it was first written.
    pub(crate) hash: u64,
    /// The date of its transaction, in milliseconds since 1970.
    pub(crate) date: i64,
}

/// What became of changes that arrived.
pub(crate) struct United {
    /// What is known at the end of the log of the node.
    pub(crate) head: Head,
    /// Whether each change is new.
    pub(crate) is_new: Vec<bool>,
    /// Whether the log has changed.
    pub(crate) has_grown: bool,
    /// Whether it differs from that of the sender, as far as the changes reach.
    pub(crate) is_apart: bool,
}

/// Unites changes, which follow a point with the digest `from`, and of which the last leads to the digest `to`,
/// with the log of their node.
pub(crate) fn unite(
    connection: &Connection,
    names: &dyn Names,
    node: &Node,
    (from, arriving, to): (u64, &[Arriving<'_>], u64),
) -> Result<United> {
    let held = HeldStretch::load(connection, names, node, arriving)?;
    let mut union = Union::new(&held.changes, arriving);
    let has_grown = union.merge(from);
    let Union { items, is_new, .. } = union;
    if !has_grown {
        let head = pieces::last_of(connection, node.ordinal)?.map(|last| last.head);
        let (head, is_apart) = (head.unwrap_or_default(), false);
        return Ok(United { head, is_new, has_grown, is_apart });
    }
    let mut stretch = Stretch::after(node.ordinal, held.after);
    let last = arriving.last().map(|last| last.key);
    // Where two devices have written under one id, numbers come twice, those of dropped changes among them, or
    // the digest differs.
    let (mut number, mut is_twice, mut reached) = (held.after.1.point.number, false, None);
    for item in &items {
        let (key, hash, date, record) = item.change();
        let between = key.number.get() - number.get() - 1;
        let is_new = matches!(item.source, Source::Arriving(_));
        is_twice |= between < record.gap.len() || is_new && between > record.gap.len();
        number = key.number;
        stretch.add((&record, hash), date);
        if Some(key) == last {
            reached = Some(stretch.head().point.digest);
        }
    }
    let is_apart = is_twice || reached.is_some_and(|digest| digest != to);
    let head = stretch.replace_until(connection, held.until)?;
    Ok(United { head, is_new, has_grown, is_apart })
}

/// The changes of the log in the places of those that arrive.
struct HeldStretch {
    /// The position and the head of the piece before.
    after: (i64, Head),
    /// Those of the last piece that holds any of them.
    until: (i64, Head),
    changes: Vec<Held>,
}

/// A change of the log.
struct Held {
    key: Key,
    change: OwnedChange,
    hash: u64,
}

impl HeldStretch {
    fn load(
        connection: &Connection,
        names: &dyn Names,
        node: &Node,
        arriving: &[Arriving<'_>],
    ) -> Result<Self> {
        // What was dropped before them there may be here.
        let first = |change: &Arriving<'_>| change.key.number.get() - change.record.gap.len();
        let first = ChangeNumber::new(arriving.iter().map(first).min().unwrap_or_default());
        let last = arriving.iter().map(|change| change.key.transaction.0).max().unwrap_or_default();
        let mut reader =
            PieceReader::from_number(connection, (node.ordinal, node.is_forked), first)?;
        let start = (start_of(node.ordinal), Head::default());
        let mut after = match reader.next()? {
            None => start,
            Some(first) => (first.pos, Head::default()),
        };
        // It begins with a transaction.
        while after.0 > start.0 {
            match pieces::before(connection, after.0)? {
                None => after = start,
                Some(before) if before.head.open.is_none() => {
                    after = (before.pos, before.head);
                    break;
                }
                Some(before) => after.0 = before.pos,
            }
        }
        reader.go_to(after.0);
        let mut held = Self { after, until: after, changes: Vec::new() };
        let mut open = 0;
        while let Some(piece) = reader.next()? {
            let id = names.node(node.ordinal).ok_or(Error::Corrupt)?;
            for change in piece.changes() {
                let hash = change.record.hash(id, names).ok_or(Error::Corrupt)?;
                let number = change.record.number;
                let key = Key { transaction: (number, hash), number };
                held.changes.push(Held { key, change: OwnedChange::of(change), hash });
                if change.record.end.is_some() {
                    let of = held.changes.get_mut(open..).unwrap_or_default();
                    of.iter_mut().for_each(|held| held.key.transaction = key.transaction);
                    open = held.changes.len();
                }
            }
            held.until = (piece.pos, piece.head);
            let reached = held.changes.last().map(|held| held.key.transaction.0);
            if piece.head.open.is_none() && reached > Some(last) {
                break;
            }
        }
        Ok(held)
    }
}

/// The united changes.
struct Union<'a> {
    held: &'a [Held],
    arriving: &'a [Arriving<'a>],
    /// The changes that are here, and those that were dropped here or there.
    is_here: HashSet<Dropped>,
    was_dropped_here: HashSet<Dropped>,
    was_dropped_there: HashSet<Dropped>,
    items: Vec<Item<'a>>,
    /// Whether each change that arrived is new.
    is_new: Vec<bool>,
}

/// A change of the union.
struct Item<'a> {
    source: Source<'a>,
    /// What it stands for.
    dropped: u64,
    /// How many changes of the gap before it, as its source tells of it, are lacking here.
    gap: i64,
}

/// Where a change of the union comes from.
enum Source<'a> {
    Held(&'a Held),
    Arriving(&'a Arriving<'a>),
    /// It is here, but what it stands for was told by the one that arrived.
    Both(&'a Held, &'a Arriving<'a>),
}

impl<'a> Union<'a> {
    fn new(held: &'a [Held], arriving: &'a [Arriving<'a>]) -> Self {
        let is_here = held.iter().map(|held| Dropped::of(held.key.number, held.hash)).collect();
        let gap = |held: &'a Held| held.change.record().gap.changes(held.key.number);
        let was_dropped_here = held.iter().flat_map(gap).collect();
        let gap = |there: &Arriving<'a>| there.record.gap.changes(there.key.number);
        let was_dropped_there = arriving.iter().flat_map(gap).collect();
        let (items, is_new) = (Vec::new(), vec![false; arriving.len()]);
        Self { held, arriving, is_here, was_dropped_here, was_dropped_there, items, is_new }
    }

    /// Merges both lists of changes, and returns whether that has added anything to the log.
    fn merge(&mut self, from: u64) -> bool {
        let (mut held, mut arriving) = (0, 0);
        // The digest of the sender, and the digest of what of the union is known to the sender, too.
        let (mut theirs, mut common) = (from, from);
        let mut has_grown = false;
        loop {
            let (here, there) = (self.held.get(held), self.arriving.get(arriving));
            let is_here = here.is_some_and(|h| there.is_none_or(|t| h.key <= t.key));
            let is_there = there.is_some_and(|t| here.is_none_or(|h| t.key <= h.key));
            if let (Some(t), true) = (there, is_there) {
                theirs ^= t.hash ^ t.record.compacted.dropped;
            }
            let item = match (here, there) {
                (Some(h), Some(t)) if is_here && is_there => {
                    let (gap, dropped) = (self.lacking(t), h.change.compacted.dropped);
                    let after = common ^ h.hash ^ dropped;
                    common = theirs;
                    if gap > 0 && h.change.gap.is_empty() {
                        has_grown = true;
                        let dropped = dropped ^ after ^ theirs;
                        Item { source: Source::Both(h, t), dropped, gap }
                    } else {
                        Item::as_it_is(h)
                    }
                }
                (Some(h), _) if is_here => {
                    if self.was_dropped_there.contains(&Dropped::of(h.key.number, h.hash)) {
                        common ^= h.hash ^ h.change.compacted.dropped;
                    }
                    Item::as_it_is(h)
                }
                (_, Some(t)) if is_there => {
                    arriving += 1;
                    if self.was_dropped_here.contains(&Dropped::of(t.key.number, t.hash)) {
                        continue;
                    }
                    let gap = self.lacking(t);
                    let dropped = if gap > 0 { common ^ t.hash ^ theirs } else { 0 };
                    common ^= t.hash ^ dropped;
                    has_grown = true;
                    self.items.push(Item { source: Source::Arriving(t), dropped, gap });
                    if let Some(is_new) = self.is_new.get_mut(arriving - 1) {
                        *is_new = true;
                    }
                    continue;
                }
                _ => return has_grown,
            };
            self.items.push(item);
            held += usize::from(is_here);
            arriving += usize::from(is_there);
        }
    }

    /// Returns how many of the changes that were dropped there before a change, from the first that is lacking
    /// here, up to the change.
    fn lacking(&self, there: &Arriving<'_>) -> i64 {
        let gap = there.record.gap;
        let is_known = |dropped: &Dropped| {
            self.is_here.contains(dropped) || self.was_dropped_here.contains(dropped)
        };
        let known = gap.changes(there.key.number).take_while(is_known).count();
        gap.len() - i64::try_from(known).unwrap_or(i64::MAX)
    }
}

impl<'a> Item<'a> {
    /// Returns a change that is here, and stays as it is.
    fn as_it_is(held: &'a Held) -> Self {
        let gap = held.change.record().gap.len();
        Self { source: Source::Held(held), dropped: held.change.compacted.dropped, gap }
    }

    /// Returns the key, the hash and the date of the change, and the change as it is written.
    fn change(&self) -> (Key, u64, i64, Record<'a>) {
        let (key, hash, date, record) = match self.source {
            Source::Held(Held { key, change, hash }) => (*key, *hash, change.date, change.record()),
            Source::Arriving(Arriving { key, record, hash, date }) => (*key, *hash, *date, *record),
            Source::Both(Held { key, change, hash }, Arriving { record, .. }) => {
                let gap: Gap<'a> = record.gap;
                (*key, *hash, change.date, Record { gap, ..change.record() })
            }
        };
        let compacted = Compacted { dropped: self.dropped, ..record.compacted };
        (key, hash, date, Record { compacted, gap: record.gap.last(self.gap), ..record })
    }
}
