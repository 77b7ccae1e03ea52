//! Finding points in the log of a node.

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::change::Names;
use crate::log::nodes::Node;
use crate::log::piece::unpacking::Piece;
use crate::log::pieces::PieceReader;
use crate::log::place::{ChangeNumber, Point};

/// Where a point lies: after a change of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The position of the piece.
    pub(crate) pos: i64,
    /// The position of the change within the piece.
    pub(crate) at: usize,
}

/// Returns the node's digest up to a change of a piece, that one included.
pub(crate) fn digest_at(piece: &Piece, at: usize, names: &dyn Names) -> Result<u64> {
    let id = names.node(piece.node()).ok_or(Error::Corrupt)?;
    let mut digest = piece.end().digest;
    for change in piece.changes().skip(at + 1) {
        let hash = change.record.hash(id, names).ok_or(Error::Corrupt)?;
        digest ^= hash ^ change.record.compacted.dropped;
    }
    Ok(digest)
}

/// Returns where a point lies at which a transaction of a node ends, or `None` if the log does not have it.
pub(crate) fn find_point(
    connection: &Connection,
    names: &dyn Names,
    node: &Node,
    point: Point,
) -> Result<Option<Spot>> {
    find_end(connection, node, point.number, |piece, at| {
        Ok(digest_at(piece, at, names)? == point.digest)
    })
}

/// Returns where a change of this number lies that ends a transaction of a node and is as wanted. In the log of
/// a node that forked there may be several of this number.
pub(crate) fn find_end(
    connection: &Connection,
    node: &Node,
    number: ChangeNumber,
    mut is_wanted: impl FnMut(&Piece, usize) -> Result<bool>,
) -> Result<Option<Spot>> {
    let mut pieces = PieceReader::from_number(connection, (node.ordinal, node.is_forked), number)?;
    while let Some(piece) = pieces.next()? {
        if !node.is_forked && piece.first() > number {
            break;
        }
        for (at, change) in piece.changes().enumerate() {
            let is_end = change.record.number == number && change.record.end.is_some();
            if is_end && is_wanted(piece, at)? {
                return Ok(Some(Spot { pos: piece.pos, at }));
            }
        }
    }
    Ok(None)
}

/// Returns whether the log of a node has been compacted up to a change of this number and beyond, and does not
/// have that change any more.
pub(crate) fn is_dropped(
    connection: &Connection,
    node: &Node,
    number: ChangeNumber,
) -> Result<bool> {
    if !node.is_compacted(number) {
        return Ok(false);
    }
    let mut pieces = PieceReader::from_number(connection, (node.ordinal, node.is_forked), number)?;
    while let Some(piece) = pieces.next()? {
        // The numbers ascend, as a log that forked is not compacted.
        for record in piece.changes().map(|change| change.record) {
            if record.number >= number {
                return Ok(
                    record.number > number && record.gap.reaches(number.before(), record.number)
                );
            }
        }
    }
    Ok(false)
}
