//! Mending the logs of nodes that have lost changes, as the file was damaged.
//!
//! What is lost is taken out whole: a transaction of which a part is left is no transaction. Other devices see
//! from the digest that this log differs from theirs, and a merge brings back what they have.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::change::Names;
use crate::log::clock::Stamp;
use crate::log::node::NodeOrdinal;
use crate::log::ordering::{order_pieces, order_transactions};
use crate::log::piece::head::Head;
use crate::log::piece::packing::Packer;
use crate::log::piece::unpacking::{LoggedChange, Piece};
use crate::log::pieces::{self, Found, PieceReader, end_of, node_at};
use crate::log::place::ChangeNumber;

/// What the log of a node says of itself, once it is mended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MendedLog {
    /// What is known at its end.
    pub(crate) end: Head,
    /// The latest stamp of any of its changes.
    pub(crate) latest: Stamp,
    /// Whether changes were taken out of it.
    pub(crate) has_lost: bool,
    /// Whether its digests were not those of its changes, so that it is one of several logs of this node.
    pub(crate) is_apart: bool,
    /// The number and the hash of the last change of its last transaction.
    last: (ChangeNumber, u64),
    /// Whether its transactions are not in the order of these.
    is_unordered: bool,
}

/// Returns whether the names are lost that the ordinals of a change stand for.
fn is_nameless(change: &LoggedChange<'_>, names: &dyn Names) -> bool {
    let LoggedChange { record, .. } = change;
    let (table, mut cells) = (record.table, record.cells);
    let mut is_any_unknown = names.table(table).is_none();
    while let Some(Some(cell)) = cells.next_cell() {
        is_any_unknown |= names.column(table, cell.column).is_none();
    }
    is_any_unknown
}

/// Takes damaged pieces out of the log, and sets right what the others tell of the changes before them. Calls
/// `each` for every change. Returns the nodes that have changes, or had.
pub(crate) fn mend_log(
    connection: &Connection,
    names: &dyn Names,
    is_forked: &dyn Fn(NodeOrdinal) -> bool,
    each: &mut dyn FnMut(),
) -> Result<BTreeMap<NodeOrdinal, MendedLog>> {
    // Once a node of this ordinal is added, they would be taken for changes of that.
    pieces::delete_of_unknown_nodes(connection)?;
    put_bits_back(connection)?;
    order_pieces(connection, is_forked)?;
    let mut logs: BTreeMap<NodeOrdinal, MendedLog> = BTreeMap::new();
    for node in remove_damaged(connection, names)? {
        logs.entry(node).or_default().has_lost = true;
    }
    let mut pieces = PieceReader::all(connection)?;
    while let Some(piece) = pieces.next()? {
        let log = logs.entry(piece.node()).or_default();
        if let Some(rest) = missing_rest(&log.end, piece, is_forked(piece.node())) {
            let pos = piece.pos;
            cut_end(connection, (piece.node(), pos - 1), names)?;
            log.end = pieces::before(connection, pos)?.map(|last| last.head).unwrap_or_default();
            (log.has_lost, log.is_apart) = (true, true);
            if rest == Rest::Follows {
                cut_after(connection, pos - 1)?;
                pieces.go_to(pos - 1);
                continue;
            }
        }
        let mut head = log.end;
        for change in piece.changes() {
            each();
            log.is_apart |= !is_forked(piece.node()) && leaves_out(head.point.number, &change);
            log.latest = log.latest.max(change.record.stamp);
            let key = (change.record.number, add(&mut head, &change, names));
            // It has no hash then.
            if key.1 == 0 && is_nameless(&change, names) {
                return Err(Error::Corrupt);
            }
            if change.record.end.is_some() {
                log.is_unordered |= key <= std::mem::replace(&mut log.last, key);
            }
        }
        let Head { point, stamp, date, open } = piece.head;
        log.is_apart |= (head.point, head.stamp, head.open) != (point, stamp, open);
        head.date = head.date.max(date);
        log.end = head;
    }
    for (node, log) in &mut logs {
        end_log(connection, *node, log, names)?;
    }
    Ok(logs)
}

/// Sets right what was found in the log of a node, once all of it was read.
fn end_log(
    connection: &Connection,
    node: NodeOrdinal,
    log: &mut MendedLog,
    names: &dyn Names,
) -> Result<()> {
    if log.end.open.is_some() {
        cut_end(connection, (node, end_of(node)), names)?;
        log.has_lost = true;
        log.end = pieces::last_of(connection, node)?.map(|last| last.head).unwrap_or_default();
    }
    if log.is_unordered {
        log.is_apart = true;
        log.end = order_transactions(connection, node, names)?;
    } else if log.is_apart {
        log.end = renew_heads(connection, node, names)?;
    }
    Ok(())
}

/// What follows a transaction of which a part is missing.
#[derive(Debug, PartialEq, Eq)]
enum Rest {
    /// The rest of it, from some change on.
    Follows,
    /// Another transaction.
    Missing,
}

/// Returns what a piece begins with if the transaction with which the log ends before it does not go on there, as
/// pieces between them are missing.
fn missing_rest(before: &Head, piece: &Piece, is_forked: bool) -> Option<Rest> {
    let (open, first) = (before.open?, piece.get(0)?);
    if first.date != open {
        return Some(Rest::Missing);
    }
    let is_gap = !is_forked && leaves_out(before.point.number, &first);
    is_gap.then_some(Rest::Follows)
}

/// Returns whether changes are missing between the change of a number and another one, other than by
/// compaction.
fn leaves_out(before: ChangeNumber, change: &LoggedChange<'_>) -> bool {
    !change.record.gap.reaches(before, change.record.number)
}

/// Takes account of a change, and returns its hash. One that cannot be read adds nothing to the digest.
fn add(head: &mut Head, change: &LoggedChange<'_>, names: &dyn Names) -> u64 {
    let hash = change.hash(names).unwrap_or_default();
    head.add((&change.record, hash), change.date);
    hash
}

/// Makes the heads of all pieces of a node anew. Returns what is known at the end.
fn renew_heads(connection: &Connection, node: NodeOrdinal, names: &dyn Names) -> Result<Head> {
    let mut head = Head::default();
    let mut packer = Packer::default();
    let mut pieces = PieceReader::of_node(connection, node)?;
    loop {
        let Some(piece) = pieces.next()? else { return Ok(head) };
        for change in piece.changes() {
            packer.add(&change.record);
            add(&mut head, &change, names);
        }
        let (pos, first) = (piece.pos, packer.first());
        pieces::rewrite(connection, pos, (first, &packer.piece(&head)))?;
        packer.clear();
    }
}

/// Removes the pieces that cannot be read, and what is left of transactions of which they held a part. Returns
/// the nodes that they were of.
fn remove_damaged(connection: &Connection, names: &dyn Names) -> Result<BTreeSet<NodeOrdinal>> {
    let mut nodes = BTreeSet::new();
    let mut pieces = PieceReader::all(connection)?;
    while let Some(found) = pieces.next_found()? {
        let Found::Damaged(pos) = found else { continue };
        nodes.insert(node_at(pos));
        let is_end_whole = ends_whole(connection, pos)?;
        pieces::delete(connection, pos, pos)?;
        cut_end(connection, (node_at(pos), pos - 1), names)?;
        if !is_end_whole {
            cut_after(connection, pos)?;
        }
    }
    Ok(nodes)
}

/// In how many pieces a flipped bit is searched for, which takes up to a second each, and how many bytes such a
/// piece has at most.
const MOST_TRIES: usize = 8;
const MOST_BYTES: usize = 64 << 10;

/// Puts the flipped bits of damaged pieces back, of one each.
fn put_bits_back(connection: &Connection) -> Result<()> {
    let mut tries = 0..MOST_TRIES;
    let mut pieces = PieceReader::all(connection)?;
    while let Some(found) = pieces.next_found()? {
        if let Found::Damaged(pos) = found {
            if tries.next().is_none() {
                break;
            }
            put_bit_back(connection, pos)?;
        }
    }
    Ok(())
}

/// Finds the bit of a piece that was flipped, by the checksum, and puts it back. Returns whether that was
/// all.
fn put_bit_back(connection: &Connection, pos: i64) -> Result<bool> {
    let Some((first, mut data)) = pieces::bytes_at(connection, pos)? else { return Ok(false) };
    if data.len() > MOST_BYTES {
        return Ok(false);
    }
    let mut piece = Piece::default();
    let mut put_back = |first: ChangeNumber, data: &[u8]| -> Result<bool> {
        let is_mended = Head::of(first, data).is_some() && piece.read(pos, first, data).is_ok();
        if is_mended {
            pieces::rewrite(connection, pos, (first, data))?;
        }
        Ok(is_mended)
    };
    // The checksum covers the number of the first change, too.
    for bit in 0..i64::BITS {
        if put_back(ChangeNumber::new(first.get() ^ 1 << bit), &data)? {
            return Ok(true);
        }
    }
    for bit in 0..data.len() * 8 {
        flip(&mut data, bit);
        if put_back(first, &data)? {
            return Ok(true);
        }
        flip(&mut data, bit);
    }
    Ok(false)
}

fn flip(bytes: &mut [u8], bit: usize) {
    if let Some(byte) = bytes.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
}

/// Returns whether a damaged piece seems to end with a transaction, so that what follows it is whole.
fn ends_whole(connection: &Connection, pos: i64) -> Result<bool> {
    let Some((first, data)) = pieces::bytes_at(connection, pos)? else { return Ok(false) };
    let mut piece = Piece::default();
    let is_readable = piece.read_damaged(pos, first, &data).is_ok();
    let ends = piece.changes().next_back().is_some_and(|last| last.record.end.is_some());
    Ok(is_readable && ends && piece.head.open.is_none())
}

/// Removes the transaction with which the log of a node ends at a position or before it, if its end is missing.
fn cut_end(
    connection: &Connection,
    (node, until): (NodeOrdinal, i64),
    names: &dyn Names,
) -> Result<()> {
    while let Some(piece) = pieces::last_until(connection, node, until)? {
        let kept = piece.changes().rposition(|change| change.record.end.is_some());
        let kept = kept.map_or(0, |end| end + 1);
        if kept == piece.len() {
            return Ok(());
        }
        if kept == 0 {
            pieces::delete(connection, piece.pos, piece.pos)?;
            continue;
        }
        let before = pieces::before(connection, piece.pos)?;
        let mut head = before.map(|before| before.head).unwrap_or_default();
        let mut packer = Packer::default();
        for change in piece.changes().take(kept) {
            packer.add(&change.record);
            add(&mut head, &change, names);
        }
        let first = packer.first();
        return pieces::rewrite(connection, piece.pos, (first, &packer.piece(&head)));
    }
    Ok(())
}

/// Removes what the log of a node begins with after a position, up to the first end of a transaction.
fn cut_after(connection: &Connection, pos: i64) -> Result<()> {
    let node = node_at(pos);
    let mut pieces = PieceReader::of_node(connection, node)?;
    pieces.go_to(pos);
    while let Some(found) = pieces.next_found()? {
        // A damaged one is removed next.
        let Found::Whole(piece) = found else { return Ok(()) };
        let end = piece.changes().position(|change| change.record.end.is_some());
        let Some(end) = end.filter(|end| end + 1 < piece.len()) else {
            pieces::delete(connection, piece.pos, piece.pos)?;
            if end.is_some() {
                return Ok(());
            }
            continue;
        };
        let mut packer = Packer::default();
        piece.changes().skip(end + 1).for_each(|change| packer.add(&change.record));
        let first = packer.first();
        // The head stays: it tells what is known at the end of the piece.
        return pieces::rewrite(connection, piece.pos, (first, &packer.piece(&piece.head)));
    }
    Ok(())
}
