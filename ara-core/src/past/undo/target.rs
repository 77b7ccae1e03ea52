//! The transactions that are to be undone, or to be done again.

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::nodes::Node;
use crate::log::owned_change::OwnedChange;
use crate::log::piece::unpacking::Piece;
use crate::log::pieces::{self, PieceReader};
use crate::log::place::ChangeNumber;
use crate::log::points::{Spot, find_end};
use crate::log::transaction_id::TransactionId;
use crate::past::transaction_end::{TransactionEnd, end_at_spot};
use crate::past::undone::Turn;
use crate::value::Timestamp;

/// A transaction that is to be undone, or to be done again.
pub(super) struct Target {
    pub(super) node: Node,
    pub(super) end: TransactionEnd,
    /// Where its first change lies, and the number of that.
    start: (Spot, ChangeNumber),
    /// What becomes of it, or `None` if it stays as it is, as it is undone already.
    pub(super) turn: Option<Turn>,
}

impl Target {
    /// Finds a transaction in the log. If the log was compacted beyond it, it is found only if an undo that is
    /// itself undone is about it, and anything of it is left.
    pub(super) fn find(
        connection: &Connection,
        registry: &Registry,
        (id, is_named): (TransactionId, bool),
    ) -> Result<Self> {
        let node = *registry.node_with(id.node.into()).ok_or(Error::UnknownTransaction)?;
        let until = Timestamp::from_millis(node.compacted_date);
        let lacking = match node.is_compacted(id.number) {
            true => Error::CompactedTransaction { until },
            false => Error::UnknownTransaction,
        };
        if is_named && node.is_compacted(id.number) {
            return Err(lacking);
        }
        let spot = find_end(connection, &node, id.number, |piece, at| {
            Ok(end_at_spot(registry, piece, at)?.id == id)
        })?;
        let spot = spot.ok_or(lacking)?;
        let mut piece = Piece::default();
        pieces::read_at(connection, spot.pos, &mut piece)?;
        let end = end_at_spot(registry, &piece, spot.at)?;
        let start = start(connection, piece, spot.at)?;
        Ok(Self { node, end, start, turn: None })
    }

    /// Reads the changes of the transaction.
    pub(super) fn changes(&self) -> TargetReader<'_> {
        TargetReader { target: self, next: Some(self.start) }
    }
}

/// Returns where the transaction begins whose last change is at a position within a piece.
fn start(connection: &Connection, mut piece: Piece, end_at: usize) -> Result<(Spot, ChangeNumber)> {
    let mut count = end_at;
    loop {
        let before = piece.changes().take(count).rposition(|change| change.record.end.is_some());
        let at = before.map_or(0, |before| before + 1);
        let earlier = match before {
            Some(_) => None,
            None => pieces::before(connection, piece.pos)?,
        };
        match earlier.filter(|earlier| earlier.head.open.is_some()) {
            Some(earlier) => piece = earlier,
            None => {
                let first = piece.get(at).ok_or(Error::Corrupt)?;
                return Ok((Spot { pos: piece.pos, at }, first.record.number));
            }
        }
        count = piece.len();
    }
}

/// Reads the changes of a transaction.
///
/// The log may be written meanwhile, which can unite small pieces at the end of the log of the node that
/// writes, and so move changes. But that node never forked, as whoever finds a fork of his own node goes on as
/// another one. So in its log a number is a place, and the changes are found by their numbers. The log of a
/// node that forked is not written meanwhile, and there they are found by where they lie.
pub(super) struct TargetReader<'t> {
    target: &'t Target,
    /// Where the next change lies, or lay when the transaction was found, and its number.
    next: Option<(Spot, ChangeNumber)>,
}

impl TargetReader<'_> {
    /// Returns the next changes, which are those of a piece, or none after the last one.
    pub(super) fn next(&mut self, connection: &Connection) -> Result<Vec<OwnedChange>> {
        let Some((spot, number)) = self.next else { return Ok(Vec::new()) };
        let Target { node, end, .. } = self.target;
        let mut pieces = match node.is_forked {
            true => PieceReader::of_node(connection, node.ordinal)?,
            false => PieceReader::from_number(connection, (node.ordinal, false), number)?,
        };
        if node.is_forked {
            pieces.go_to(spot.pos - 1);
        }
        while let Some(piece) = pieces.next()? {
            let is_wanted = |(at, read): (usize, ChangeNumber)| match node.is_forked {
                true => piece.pos > spot.pos || at >= spot.at,
                false => read >= number,
            };
            let mut changes = Vec::new();
            for (at, change) in piece.changes().enumerate() {
                let read = change.record.number;
                if !is_wanted((at, read)) {
                    continue;
                }
                changes.push(OwnedChange::of(change));
                let is_last = match node.is_forked {
                    true => Spot { pos: piece.pos, at } == end.spot,
                    false => read >= end.id.number,
                };
                if is_last {
                    self.next = None;
                    return Ok(changes);
                }
            }
            if let Some(last) = changes.last() {
                self.next = Some((Spot { pos: piece.pos + 1, at: 0 }, last.number.next()));
                return Ok(changes);
            }
        }
        Err(Error::Corrupt)
    }
}
