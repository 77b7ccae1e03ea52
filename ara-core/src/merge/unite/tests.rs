//! Logs of one node that two files have written, united in any order.

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
            crate::log::cells::put_value(&mut cells, 1, value.map(|v| v as _), Default::default());
            let change = OwnedChange {
                node: NodeOrdinal::new(2),
                date: number,
                number: ChangeNumber::new(number),
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
