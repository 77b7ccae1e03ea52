//! Reading the transactions of one node, newest first.

use std::collections::{BTreeMap, VecDeque};

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::Node;
use crate::log::piece::head::Head;
use crate::log::piece::unpacking::{LoggedChange, Piece};
use crate::log::pieces::{self, PieceReader, end_of};
use crate::log::place::ChangeNumber;
use crate::log::transaction_id::TransactionId;
use crate::names::is_ara_s;
use crate::past::undone::{UndoneWrite, undone_write};

/// The place of a transaction in the list.
///
/// The dates of the transactions of a node need not ascend, but the greatest dates so far do. So the list is a
/// merge of the logs of the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::past) struct Key {
    /// The greatest date of any transaction of the node up to this one, in milliseconds since 1970.
    date: i64,
    /// Of the transactions of a node, this is their order in the log.
    pub(in crate::past) id: TransactionId,
}

/// A transaction that was read.
#[derive(Debug)]
pub(in crate::past) struct Entry {
    pub(in crate::past) place: Key,
    pub(super) node: NodeOrdinal,
    /// Its own date, in milliseconds since 1970.
    pub(super) date: i64,
    pub(in crate::past) written: Written,
}

/// What a transaction has written.
#[derive(Debug, Default)]
pub(in crate::past) struct Written {
    /// How many changes there are of each table, by the table's ordinal.
    pub(super) tables: BTreeMap<i64, u64>,
    /// Its changes of the table of undone transactions.
    pub(in crate::past) undone: Vec<UndoneWrite>,
}

impl Written {
    /// Returns whether any of it is in a table of the app's.
    pub(in crate::past) fn is_of_app(&self, registry: &Registry) -> bool {
        let mut tables = self.tables.keys().filter_map(|table| registry.tables.get(table));
        tables.any(|table| !is_ara_s(&table.name))
    }

    fn add(&mut self, registry: &Registry, change: &LoggedChange<'_>) -> Result<()> {
        // What ara itself has made of others' changes is not listed.
        if change.record.cells.are_written_through() {
            return Ok(());
        }
        *self.tables.entry(change.record.table).or_default() += 1;
        if registry.is_of_undoings(change.record.table) {
            self.undone.extend(undone_write(registry, change)?);
        }
        Ok(())
    }
}

/// How many transactions are read at once, if they lie in small pieces.
const READ: usize = 32;

/// The transactions of a node, newest first.
///
/// The log may be written, merged into or compacted while nobody reads. So it is not the position of a piece
/// that tells where to go on, but which transaction was read last: what is read then is before that one.
pub(super) struct Cursor {
    node: Node,
    /// What was read and not taken yet.
    read: VecDeque<Entry>,
    /// The transaction that was read last, or one after all there were at the beginning.
    last: Key,
    /// The piece that is to be read next, as far as is known: where it lay, its first change and its head.
    next: Option<(i64, ChangeNumber, Head)>,
    /// Whether all transactions were read.
    is_over: bool,
}

impl Cursor {
    pub(super) fn new(node: Node) -> Self {
        let is_over = node.end.is_start();
        // What is written from now on is not listed.
        let id = TransactionId { node: node.id.uuid(), number: node.end.number, hash: u64::MAX };
        let last = Key { date: node.date, id };
        Self { node, read: VecDeque::new(), last, next: None, is_over }
    }

    /// Returns the place of the last transaction of the node, or a later one.
    pub(super) fn end(&self) -> Key {
        self.last
    }

    /// Takes the next transaction out, if it was read.
    pub(super) fn take_read(&mut self) -> Option<Entry> {
        self.read.pop_front()
    }

    /// Returns the place of the next transaction, or a later one if it was not read yet. Returns `None` if
    /// there is none.
    pub(super) fn next_place(&self) -> Option<Key> {
        match self.read.front() {
            Some(next) => Some(next.place),
            None => Some(self.last).filter(|_| !self.is_over),
        }
    }

    /// Reads some transactions, which must be before a place.
    pub(super) fn read(
        &mut self,
        connection: &Connection,
        registry: &Registry,
        before: Option<Key>,
    ) -> Result<()> {
        let is_forked = registry.nodes.get(&self.node.ordinal).map(|node| node.is_forked);
        self.node.is_forked = is_forked.ok_or(Error::Corrupt)?;
        let mut next = self.next_piece(connection, before)?;
        while let Some(piece) = next {
            let (earlier, head) = before_piece(connection, &piece)?;
            let node = (self.node.ordinal, self.node.id);
            let mut entries = entries(registry, node, &piece, &head)?;
            entries.retain(|entry| entry.is_before(self.last, before));
            next = match entries.first_mut().filter(|first| first.began_before) {
                Some(first) => complete(connection, registry, earlier, &mut first.entry.written)?,
                None => earlier,
            };
            if let Some(first) = entries.first() {
                self.last = first.entry.place;
            }
            self.read.extend(entries.into_iter().rev().map(|entry| entry.entry));
            if self.read.len() >= READ || piece.len() >= READ && !self.read.is_empty() {
                break;
            }
        }
        self.next = next.as_ref().map(|next| (next.pos, next.first(), next.head));
        self.is_over = next.is_none();
        Ok(())
    }

    /// Returns the piece in which the next transaction ends, or a later one.
    fn next_piece(&self, connection: &Connection, before: Option<Key>) -> Result<Option<Piece>> {
        if let Some((pos, first, head)) = self.next {
            let (piece, _) = pieces::last_whole(connection, self.node.ordinal, pos)?;
            let is_same =
                |piece: &Piece| (piece.pos, piece.first(), piece.head) == (pos, first, head);
            if let Some(piece) = piece
                && is_same(&piece)
            {
                return Ok(Some(piece));
            }
        }
        if self.node.is_forked {
            return last_of(connection, &self.node);
        }
        match before.filter(|before| self.next.is_none() && self.last.date > before.date) {
            Some(before) => last_begun(connection, &self.node, before.date),
            None => holding(connection, &self.node, self.last.id.number),
        }
    }
}

/// A transaction of a piece.
struct PieceEntry {
    entry: Entry,
    /// Whether some of its changes lie in pieces before.
    began_before: bool,
}

impl PieceEntry {
    fn is_before(&self, last: Key, before: Option<Key>) -> bool {
        let place = self.entry.place;
        // The one that was read last need not have the same date any more, if others were compacted.
        place.id < last.id && before.is_none_or(|before| place < before)
    }
}

/// Returns the transactions that end in a piece, oldest first. `before` is what is known at the end of the
/// piece before.
fn entries(
    registry: &Registry,
    (node, id): (NodeOrdinal, NodeId),
    piece: &Piece,
    before: &Head,
) -> Result<Vec<PieceEntry>> {
    let mut entries = Vec::new();
    let (mut greatest, mut began_before) = (before.date, before.open.is_some());
    let mut written = Written::default();
    for change in piece.changes() {
        written.add(registry, &change)?;
        let LoggedChange { date, record, .. } = change;
        if record.end.is_none() {
            continue;
        }
        greatest = greatest.max(date);
        let hash = record.hash(id, registry).ok_or(Error::Corrupt)?;
        let id = TransactionId { node: id.uuid(), number: record.number, hash };
        let place = Key { date: greatest, id };
        let entry = Entry { place, node, date, written: std::mem::take(&mut written) };
        entries.push(PieceEntry { entry, began_before: std::mem::take(&mut began_before) });
    }
    Ok(entries)
}

/// Adds what a transaction has written into the pieces before the one that it ends in. Returns the piece that
/// it begins in, which has the transactions before it.
fn complete(
    connection: &Connection,
    registry: &Registry,
    mut earlier: Option<Piece>,
    written: &mut Written,
) -> Result<Option<Piece>> {
    while let Some(piece) = earlier {
        let is_part = |change: &LoggedChange<'_>| change.record.end.is_none();
        for change in piece.changes().rev().take_while(is_part) {
            written.add(registry, &change)?;
        }
        if piece.changes().any(|change| change.record.end.is_some()) {
            return Ok(Some(piece));
        }
        let head;
        (earlier, head) = before_piece(connection, &piece)?;
        if head.open.is_none() {
            break;
        }
    }
    Ok(earlier)
}

/// Returns the piece before another one, and what is known at its end. Damaged pieces are passed over: then it is
/// not known whether a transaction goes on.
fn before_piece(connection: &Connection, piece: &Piece) -> Result<(Option<Piece>, Head)> {
    let (earlier, is_next) = pieces::last_whole(connection, piece.node(), piece.pos - 1)?;
    let mut head = earlier.as_ref().map(|piece| piece.head).unwrap_or_default();
    head.open = head.open.filter(|_| is_next);
    Ok((earlier, head))
}

/// Returns the last piece of a node that can be read.
fn last_of(connection: &Connection, node: &Node) -> Result<Option<Piece>> {
    let (last, _) = pieces::last_whole(connection, node.ordinal, end_of(node.ordinal))?;
    Ok(last)
}

/// Returns the piece of a node that holds a number, or the last one that begins before it and can be read.
fn holding(connection: &Connection, node: &Node, number: ChangeNumber) -> Result<Option<Piece>> {
    if number >= node.end.number {
        // Pieces that were written since hold later numbers only, and are few.
        return last_of(connection, node);
    }
    let mut pieces = PieceReader::from_number(connection, (node.ordinal, false), number)?;
    pieces.next_found()?;
    Ok(pieces::last_whole(connection, node.ordinal, pieces.at())?.0)
}

/// Returns the first piece of a node at whose end there was a date after `date`, or the last piece if there is
/// none, by bisection over the numbers.
fn last_begun(connection: &Connection, node: &Node, date: i64) -> Result<Option<Piece>> {
    // The numbers before `low` are in pieces without such dates, and those after `high` in pieces with them.
    let (mut low, mut high) = (ChangeNumber::default(), node.end.number);
    let mut found = holding(connection, node, high)?;
    while low <= high {
        let middle = ChangeNumber::new(low.get() + (high.get() - low.get()) / 2);
        let Some(piece) = holding(connection, node, middle)? else { break };
        if piece.head.date <= date {
            low = middle.max(piece.head.point.number).next();
        } else {
            high = piece.first().before().min(middle.before());
            found = Some(piece);
        }
    }
    Ok(found)
}

/// Returns the place of a transaction in the list.
pub(super) fn place_of(
    connection: &Connection,
    registry: &Registry,
    nodes: &BTreeMap<NodeId, Node>,
    id: TransactionId,
) -> Result<Key> {
    let Some(node) = nodes.get(&id.node.into()) else { return Ok(Key { date: 0, id }) };
    let mut next = match node.is_forked || id.number >= node.end.number {
        true => last_of(connection, node)?,
        false => holding(connection, node, id.number)?,
    };
    while let Some(piece) = next {
        let head;
        (next, head) = before_piece(connection, &piece)?;
        let entries = entries(registry, (node.ordinal, node.id), &piece, &head)?;
        let until = entries.iter().map(|entry| &entry.entry).rfind(|entry| entry.place.id <= id);
        if let Some(until) = until {
            return Ok(Key { date: until.place.date, id });
        }
    }
    Ok(Key { date: 0, id })
}
