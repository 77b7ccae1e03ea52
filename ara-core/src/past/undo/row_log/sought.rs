//! Seeking the changes of a row, without reading all of them.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::node::{NodeOrdinal, Precedence};
use crate::log::piece::filter::{RowProbe, may_have};
use crate::log::piece::unpacking::{PLACE_BITS, Piece};
use crate::log::pieces::{self, with_filter};
use crate::log::row_changes::RowKey;
use crate::log::transaction_id::TransactionId;
use crate::past::undo::row_log::{FoundWrite, Limit, LogReader, place};
use crate::past::undo::written_row::cell_of;

/// The changes of a row, by where they may lie.
///
/// Whoever changes a row stamps the change later than all that he has seen of the row. So in the log of a
/// node that did not fork, the changes of a row are in the order of their places, and can be found by
/// bisection.
pub(in crate::past::undo) struct SoughtRow {
    nodes: Vec<NodeRow>,
    pieces: RowPieces,
}

/// The changes of the row that a node made.
struct NodeRow {
    ordinal: NodeOrdinal,
    is_forked: bool,
    /// The positions of the pieces that may have some. Those that turn out to have none are taken out.
    positions: Vec<i64>,
    /// Which of them was read last.
    last: usize,
    /// If the node forked: all changes, in the order of their places.
    sorted: Option<Vec<Place>>,
}

/// The place of a change, the position of its piece, and its position within the piece.
type Place = (Precedence, i64, usize);

/// The pieces that were read.
struct RowPieces {
    key: RowKey,
    read: HashMap<i64, Rc<RowPiece>>,
}

struct RowPiece {
    piece: Piece,
    /// The changes of the row: their places, and their positions within the piece.
    changes: Vec<(Precedence, usize)>,
}

/// How many pieces are kept, of some 100 KB each.
const MOST_PIECES: usize = 64;

impl RowPieces {
    fn get(&mut self, reader: &LogReader<'_, '_>, pos: i64) -> Result<Rc<RowPiece>> {
        if let Some(read) = self.read.get(&pos) {
            return Ok(Rc::clone(read));
        }
        let mut piece = Piece::default();
        pieces::read_at(reader.connection, pos, &mut piece)?;
        let mut changes = Vec::new();
        for (at, change) in piece.changes().enumerate() {
            if (change.record.table, change.record.row) == self.key {
                changes.push((place(reader.registry, change)?, at));
            }
        }
        let read = Rc::new(RowPiece { piece, changes });
        if !read.changes.is_empty() {
            if self.read.len() >= MOST_PIECES {
                self.read.clear();
            }
            self.read.insert(pos, Rc::clone(&read));
        }
        Ok(read)
    }
}

impl RowPiece {
    fn first(&self) -> Option<Precedence> {
        self.changes.first().map(|(place, _)| *place)
    }

    fn last(&self) -> Option<Precedence> {
        self.changes.last().map(|(place, _)| *place)
    }

    /// Returns the last change before a place.
    fn before(&self, limit: Limit) -> Option<Place> {
        let change = self.changes.iter().rfind(|(place, _)| limit.admits(*place));
        change.map(|(place, at)| (*place, self.piece.pos, *at))
    }
}

impl SoughtRow {
    /// Finds the pieces that may have changes of a row, by their filters.
    pub(super) fn find(reader: &LogReader<'_, '_>, key: RowKey) -> Result<Self> {
        let mut nodes: Vec<NodeRow> = Vec::new();
        for pos in positions(reader.connection, key)? {
            let ordinal = NodeOrdinal::new(pos >> PLACE_BITS);
            match nodes.last_mut().filter(|last| last.ordinal == ordinal) {
                Some(node) => node.positions.push(pos),
                None => {
                    let known = reader.registry.nodes.get(&ordinal).ok_or(Error::Corrupt)?;
                    let (is_forked, positions) = (known.is_forked, vec![pos]);
                    nodes.push(NodeRow { ordinal, is_forked, positions, last: 0, sorted: None });
                }
            }
        }
        Ok(Self { nodes, pieces: RowPieces { key, read: HashMap::new() } })
    }

    /// Returns the last write of a column before a place.
    pub(super) fn last(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        column: u32,
        mut limit: Limit,
    ) -> Result<Option<FoundWrite>> {
        loop {
            let mut last: Option<Place> = None;
            for node in &mut self.nodes {
                last = last.max(node.last(reader, &mut self.pieces, limit)?);
            }
            let Some((place, pos, at)) = last else { return Ok(None) };
            let read = self.pieces.get(reader, pos)?;
            let change = read.piece.get(at).ok_or(Error::Corrupt)?;
            if let Some(cell) = cell_of(change.record.cells, column)? {
                let end = reader.ends.of(reader.connection, &read.piece, at)?;
                let (node, number) = (change.node, change.record.number);
                return Ok(Some(FoundWrite { place, node, number, end, cell }));
            }
            limit = Limit::before(place);
        }
    }

    /// Returns whether no other node made a change between a place and a write.
    pub(super) fn is_of_one_node(
        &mut self,
        reader: &LogReader<'_, '_>,
        write: &FoundWrite,
        after: Precedence,
    ) -> Result<bool> {
        for node in self.nodes.iter_mut().filter(|node| node.ordinal != write.node) {
            let last = node.last(reader, &mut self.pieces, Limit::before(write.place))?;
            if last.is_some_and(|(place, ..)| place > after) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the transaction that made the first change of the row.
    pub(super) fn creation(
        &mut self,
        reader: &mut LogReader<'_, '_>,
    ) -> Result<Option<TransactionId>> {
        let mut first: Option<Place> = None;
        for node in &mut self.nodes {
            let of_node = node.earliest(reader, &mut self.pieces)?;
            first = first.into_iter().chain(of_node).min();
        }
        let Some((_, pos, at)) = first else { return Ok(None) };
        let read = self.pieces.get(reader, pos)?;
        Ok(Some(reader.ends.of(reader.connection, &read.piece, at)?.id))
    }
}

/// Returns the positions of the pieces that may have changes of a row, in their order.
fn positions(connection: &Connection, (_, row): RowKey) -> Result<Vec<i64>> {
    let probe = RowProbe::new(&row);
    let mut positions = with_filter(connection, |filter| may_have(filter, probe))?;
    positions.sort_unstable();
    Ok(positions)
}

impl NodeRow {
    /// Returns the last change before a place.
    fn last(
        &mut self,
        reader: &LogReader<'_, '_>,
        pieces: &mut RowPieces,
        limit: Limit,
    ) -> Result<Option<Place>> {
        if self.is_forked {
            let sorted = self.sorted(reader, pieces)?;
            let count = sorted.partition_point(|(place, ..)| limit.admits(*place));
            return Ok(count.checked_sub(1).and_then(|last| sorted.get(last)).copied());
        }
        // Most often it is just before the one that was found last.
        if let Some(pos) = self.positions.get(self.last) {
            let read = pieces.get(reader, *pos)?;
            let is_last = read.last().is_some_and(|last| !limit.admits(last));
            if let Some(found) = read.before(limit).filter(|_| is_last) {
                return Ok(Some(found));
            }
        }
        let Some((mut low, mut high)) = self.range(reader, pieces, limit)? else {
            return Ok(None);
        };
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.first(reader, pieces, middle)? {
                None => high -= 1,
                Some(first) if limit.admits(first) => low = middle,
                Some(_) => high = middle,
            }
        }
        self.last = low;
        let pos = *self.positions.get(low).ok_or(Error::Corrupt)?;
        Ok(pieces.get(reader, pos)?.before(limit))
    }

    /// Returns a piece that begins before a place, and a later one that does not, or the number of pieces.
    /// Returns `None` if all begin after the place. What is near the end is found first.
    fn range(
        &mut self,
        reader: &LogReader<'_, '_>,
        pieces: &mut RowPieces,
        limit: Limit,
    ) -> Result<Option<(usize, usize)>> {
        let (mut high, mut step) = (self.positions.len(), 1);
        while high > 0 {
            let at = high.saturating_sub(step);
            match self.first(reader, pieces, at)? {
                None => high -= 1,
                Some(first) if limit.admits(first) => return Ok(Some((at, high))),
                Some(_) => (high, step) = (at, step * 2),
            }
        }
        Ok(None)
    }

    /// Returns the first change.
    fn earliest(
        &mut self,
        reader: &LogReader<'_, '_>,
        pieces: &mut RowPieces,
    ) -> Result<Option<Place>> {
        if self.is_forked {
            return Ok(self.sorted(reader, pieces)?.first().copied());
        }
        while let Some(pos) = self.positions.first().copied() {
            if self.first(reader, pieces, 0)?.is_some() {
                let first = pieces.get(reader, pos)?.changes.first().copied();
                return Ok(first.map(|(place, at)| (place, pos, at)));
            }
        }
        Ok(None)
    }

    /// Returns the place of the first change in a piece. If there is none, the piece is taken out.
    fn first(
        &mut self,
        reader: &LogReader<'_, '_>,
        pieces: &mut RowPieces,
        at: usize,
    ) -> Result<Option<Precedence>> {
        let pos = *self.positions.get(at).ok_or(Error::Corrupt)?;
        let first = pieces.get(reader, pos)?.first();
        if first.is_none() {
            self.positions.remove(at);
        }
        Ok(first)
    }

    /// Returns all changes in the order of their places.
    fn sorted(
        &mut self,
        reader: &LogReader<'_, '_>,
        pieces: &mut RowPieces,
    ) -> Result<&Vec<Place>> {
        if self.sorted.is_none() {
            let mut all = Vec::new();
            for pos in &self.positions {
                let read = pieces.get(reader, *pos)?;
                all.extend(read.changes.iter().map(|(place, at)| (*place, *pos, *at)));
            }
            all.sort_unstable();
            self.sorted = Some(all);
        }
        self.sorted.as_ref().ok_or(Error::Corrupt)
    }
}
