//! Finding the transactions that changes of the log are part of.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::piece::unpacking::Piece;
use crate::log::pieces::PieceReader;
use crate::log::points::Spot;
use crate::log::transaction_id::TransactionId;

/// What the last change of a transaction tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransactionEnd {
    pub(crate) id: TransactionId,
    /// Where the last change lies.
    pub(crate) spot: Spot,
    /// Whether the transaction is an undo: its last change is one of the table of undone transactions.
    pub(crate) is_undo: bool,
}

/// Finds the ends of transactions. What was found holds as long as the log is not written.
pub(crate) struct TransactionEnds<'r> {
    registry: &'r Registry,
    /// The last end that was found within a piece, and from which change on the changes are part of its
    /// transaction.
    last: Option<(usize, TransactionEnd)>,
    /// The ends of transactions that go on after a piece, by the position of the piece that they end in, and
    /// from which piece on the changes at the end of each piece are part of them.
    later: BTreeMap<i64, (i64, TransactionEnd)>,
}

impl<'r> TransactionEnds<'r> {
    pub(crate) fn new(registry: &'r Registry) -> Self {
        Self { registry, last: None, later: BTreeMap::new() }
    }

    /// Returns the end of the transaction of a change, which is at a position within a piece.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        piece: &Piece,
        at: usize,
    ) -> Result<TransactionEnd> {
        match self.within(piece, at)? {
            Some(end) => Ok(end),
            None => self.after(connection, piece),
        }
    }

    /// Returns the first end in a piece from a position on.
    fn within(&mut self, piece: &Piece, at: usize) -> Result<Option<TransactionEnd>> {
        let mut end_at = at;
        while let Some(change) = piece.get(end_at) {
            if let Some((from, end)) = &mut self.last
                && end.spot.pos == piece.pos
                && (*from..=end.spot.at).contains(&end_at)
            {
                *from = at.min(*from);
                return Ok(Some(*end));
            }
            if change.record.end.is_some() {
                let end = end_at_spot(self.registry, piece, end_at)?;
                self.last = Some((at, end));
                return Ok(Some(end));
            }
            end_at += 1;
        }
        Ok(None)
    }

    /// Returns the end of the transaction that goes on after a piece.
    fn after(&mut self, connection: &Connection, piece: &Piece) -> Result<TransactionEnd> {
        if let Some(end) = self.known(piece.pos) {
            return Ok(end);
        }
        let mut pieces = PieceReader::of_node(connection, piece.node())?;
        pieces.go_to(piece.pos);
        while let Some(next) = pieces.next()? {
            let end = match next.changes().position(|change| change.record.end.is_some()) {
                Some(at) => Some(end_at_spot(self.registry, next, at)?),
                None => self.known(next.pos),
            };
            if let Some(end) = end {
                let from = &mut self.later.entry(end.spot.pos).or_insert((piece.pos, end)).0;
                *from = piece.pos.min(*from);
                return Ok(end);
            }
        }
        Err(Error::Corrupt)
    }

    fn known(&self, pos: i64) -> Option<TransactionEnd> {
        let (_, (from, end)) = self.later.range(pos + 1..).next()?;
        (*from <= pos).then_some(*end)
    }
}

/// Returns the end of a transaction whose last change is at a position within a piece.
pub(crate) fn end_at_spot(registry: &Registry, piece: &Piece, at: usize) -> Result<TransactionEnd> {
    let last = piece.get(at).ok_or(Error::Corrupt)?;
    let node = registry.id_of(last.node).ok_or(Error::Corrupt)?;
    let hash = last.record.hash(node, registry).ok_or(Error::Corrupt)?;
    let id = TransactionId { node: node.uuid(), number: last.record.number, hash };
    let is_undo = registry.is_of_undoings(last.record.table);
    Ok(TransactionEnd { id, spot: Spot { pos: piece.pos, at }, is_undo })
}
