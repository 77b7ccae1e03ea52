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

use std::collections::HashSet;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::change::{Compacted, Names, Record};
use crate::log::gap::{Dropped, Gap};
use crate::log::nodes::Node;
use crate::log::owned_change::OwnedChange;
use crate::log::piece::head::Head;
use crate::log::pieces::{self, PieceReader, start_of};
use crate::log::place::Number;
use crate::log::stretch::Stretch;

/// Where a change belongs in the log of its node: the number and the hash of the last change of its
/// transaction, and its own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) transaction: (Number, u64),
    pub(crate) number: Number,
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
        let first = Number::new(arriving.iter().map(first).min().unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::format::new_file;
    use crate::log::change::End;
    use crate::log::clock::Stamp;
    use crate::log::node::{NodeId, NodeOrdinal};
    use crate::log::node_log::{LogEnd, NodeLog};
    use crate::log::nodes;
    use crate::log::place::Point;
    use crate::log::points::find_point;
    use proptest::prelude::*;

    const ID: NodeId = NodeId::from_bytes([2; 16]);

    struct Todo;

    impl Names for Todo {
        fn node(&self, _: NodeOrdinal) -> Option<NodeId> {
            Some(ID)
        }

        fn table(&self, _: i64) -> Option<&str> {
            Some("todo")
        }

        fn column(&self, _: i64, _: u32) -> Option<&str> {
            Some("title")
        }
    }

    /// A transaction of some changes, each with a row and the length of what it writes.
    type Written = Vec<(u8, usize)>;

    fn written() -> impl Strategy<Value = Written> {
        let length = prop_oneof![8 => 0usize..50, 1 => 4000usize..12_000];
        prop::collection::vec((any::<u8>(), length), 1..5)
    }

    /// Returns the changes of transactions that follow a number, each with its hash and its date. Two branches
    /// differ in what they write.
    fn changes(after: i64, written: &[Written], branch: u8) -> Vec<(OwnedChange, u64)> {
        let mut changes = Vec::new();
        let mut number = after;
        for transaction in written {
            for (at, (row, length)) in transaction.iter().enumerate() {
                number += 1;
                let is_end = at + 1 == transaction.len();
                let mut cells = Vec::new();
                let text = "x".repeat(*length);
                let value = Some(&crate::value::Stored::Text(text.into()));
                crate::log::cells::put_value(
                    &mut cells,
                    1,
                    value.map(|v| v as _),
                    Default::default(),
                );
                let change = OwnedChange {
                    node: NodeOrdinal::new(2),
                    date: number,
                    number: Number::new(number),
                    stamp: Stamp::new(number * 7, u16::from(branch)),
                    table: 1,
                    row: [*row; 16],
                    end: is_end.then_some(End { date: Some(number), others: None }),
                    compacted: Compacted::default(),
                    gap: Vec::new(),
                    more: Vec::new(),
                    cells,
                };
                let hash = change.record().hash(ID, &Todo).expect("is known");
                changes.push((change, hash));
            }
            let date = number;
            let of = changes.len() - transaction.len();
            changes[of..].iter_mut().for_each(|(change, _)| change.date = date);
        }
        changes
    }

    /// Returns a file with these changes, which are written at once or one by one.
    fn file(changes: &[(OwnedChange, u64)], is_each: bool) -> Result<(Connection, Node)> {
        let file = new_file();
        let ordinal = nodes::add(&file, ID)?;
        let mut log = NodeLog::new(LogEnd::load(&file, ordinal)?);
        for (change, hash) in changes {
            log.append(&file, (&change.record(), *hash), change.date)?;
            if is_each && change.end.is_some() {
                log.flush(&file)?;
            }
        }
        log.flush(&file)?;
        let node = Node { end: log.end().point(), ..Node::new(ordinal, ID) };
        Ok((file, node))
    }

    /// Reads the log: the number and the hash of each change. What the heads tell must be so.
    fn read(file: &Connection) -> Result<Vec<(i64, u64)>> {
        let mut reader = PieceReader::of_node(file, NodeOrdinal::new(2))?;
        let (mut read, mut head) = (Vec::new(), Head::default());
        while let Some(piece) = reader.next()? {
            for change in piece.changes() {
                let hash = change.record.hash(ID, &Todo).expect("is known");
                head.add((&change.record, hash), change.date);
                read.push((change.record.number.get(), hash));
            }
            assert_eq!(piece.head, head);
        }
        Ok(read)
    }

    /// Unites changes with a log, in batches of some transactions.
    fn unite_all(
        file: &Connection,
        node: &mut Node,
        (from, changes): (u64, &[(OwnedChange, u64)]),
        of_batch: usize,
    ) -> Result<u64> {
        let mut digest = from;
        let transactions: Vec<_> = changes.split_inclusive(|(c, _)| c.end.is_some()).collect();
        let mut new = 0;
        for batch in transactions.chunks(of_batch) {
            let before = digest;
            let mut arriving = Vec::new();
            for transaction in batch {
                let last = transaction.last().expect("is not empty");
                for (change, hash) in *transaction {
                    let key = Key { transaction: (last.0.number, last.1), number: change.number };
                    let (record, hash, date) = (change.record(), *hash, change.date);
                    arriving.push(Arriving { key, record, hash, date });
                    digest ^= hash;
                }
            }
            let united = unite(file, &Todo, node, (before, &arriving, digest))?;
            new += united.is_new.iter().filter(|is_new| **is_new).count() as u64;
            node.end = united.head.point;
            node.is_forked |= united.is_apart;
        }
        Ok(new)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn two_branches_become_one_log(
            prefix in prop::collection::vec(written(), 0..30),
            one in prop::collection::vec(written(), 1..30),
            two in prop::collection::vec(written(), 1..30),
            is_each: [bool; 2],
            of_batch in 1usize..20,
        ) {
            let prefix = changes(0, &prefix, 0);
            let after = prefix.last().map_or(0, |(last, _)| last.number.get());
            let [one, two] = [changes(after, &one, 1), changes(after, &two, 2)];
            let digest = |changes: &[(OwnedChange, u64)]| changes.iter().fold(0, |d, (_, h)| d ^ h);
            let whole = |branch: &[(OwnedChange, u64)]| {
                prefix.iter().chain(branch).cloned().collect::<Vec<_>>()
            };
            let (left, mut at_left) = file(&whole(&one), is_each[0])?;
            let (right, mut at_right) = file(&whole(&two), is_each[1])?;
            // One receives what follows the prefix, the other one the whole log of the first.
            let from = digest(&prefix);
            prop_assert_eq!(unite_all(&left, &mut at_left, (from, &two), of_batch)?, two.len() as u64);
            prop_assert_eq!(
                unite_all(&right, &mut at_right, (0, &whole(&one)), of_batch)?, one.len() as u64);
            let united = read(&left)?;
            prop_assert_eq!(&united, &read(&right)?);
            prop_assert_eq!(united.len(), prefix.len() + one.len() + two.len());
            prop_assert!(at_left.is_forked && at_right.is_forked);
            prop_assert_eq!(at_left.end, at_right.end);
            prop_assert_eq!(at_left.end.digest, digest(&prefix) ^ digest(&one) ^ digest(&two));
            // Once more changes nothing.
            prop_assert_eq!(unite_all(&left, &mut at_left, (0, &whole(&one)), of_batch)?, 0);
            prop_assert_eq!(unite_all(&right, &mut at_right, (from, &two), of_batch)?, 0);
            prop_assert_eq!(&united, &read(&left)?);
        }

        #[test]
        fn what_was_lost_comes_back(
            written in prop::collection::vec(written(), 1..60),
            lost in any::<prop::sample::Index>(),
            of_batch in 1usize..20,
        ) {
            let all = changes(0, &written, 0);
            let (file, mut node) = file(&all, true)?;
            let whole = read(&file)?;
            let positions = pieces::with_filter(&file, |_| true)?;
            let lost = positions[lost.index(positions.len())];
            pieces::delete(&file, lost, lost)?;
            prop_assert!(unite_all(&file, &mut node, (0, &all), of_batch)? > 0);
            let sequence = |file: &Connection| -> Result<Vec<(i64, u64)>> {
                let mut reader = PieceReader::of_node(file, NodeOrdinal::new(2))?;
                let mut read = Vec::new();
                while let Some(piece) = reader.next()? {
                    read.extend(piece.changes().map(|c| {
                        (c.record.number.get(), c.record.hash(ID, &Todo).expect("is known"))
                    }));
                }
                Ok(read)
            };
            prop_assert_eq!(sequence(&file)?, whole);
        }

        #[test]
        fn every_end_of_a_transaction_is_found(
            written in prop::collection::vec(written(), 1..60),
            is_each: bool,
        ) {
            let all = changes(0, &written, 0);
            let (file, node) = file(&all, is_each)?;
            let mut digest = 0;
            for (change, hash) in &all {
                digest ^= hash;
                let point = Point { number: change.number, digest };
                let found = find_point(&file, &Todo, &node, point)?;
                prop_assert_eq!(found.is_some(), change.end.is_some());
                let other = Point { digest: !digest, ..point };
                prop_assert!(find_point(&file, &Todo, &node, other)?.is_none());
            }
        }
    }
}
