//! Replacing a stretch of the log of a node: for what is found to be missing in it, or to lie beside it.

use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result};
use crate::log::change::Record;
use crate::log::node::NodeOrdinal;
use crate::log::node_log::{CHUNK, STRIDE, next_chunk};
use crate::log::piece::head::Head;
use crate::log::piece::packing::Packer;
use crate::log::piece::unpacking::{PLACE_BITS, Piece};
use crate::log::pieces::{self, NewPiece, PieceReader, Tail, end_of, has_room_after};
use crate::log::place::ChangeNumber;

/// What lies in the place of some pieces from now on: changes of a node that follow one another.
pub(crate) struct Stretch {
    node: NodeOrdinal,
    /// The position of the piece before, or the start of the node.
    after: i64,
    /// What is known at the end of what was added.
    head: Head,
    packer: Packer,
    chunks: Vec<Chunk>,
}

struct Chunk {
    first: ChangeNumber,
    filter: Vec<u8>,
    data: Vec<u8>,
}

impl Stretch {
    /// Begins after the piece at a position, with what is known there.
    pub(crate) fn after(node: NodeOrdinal, (pos, head): (i64, Head)) -> Self {
        Self { node, after: pos, head, packer: Packer::default(), chunks: Vec::new() }
    }

    /// Adds a change with its hash as it was first written, and the date of its transaction.
    pub(crate) fn add(&mut self, (record, hash): (&Record<'_>, u64), date: i64) {
        if !self.packer.is_empty() && self.packer.len() + record.len() > CHUNK {
            self.end_chunk();
        }
        self.packer.add(record);
        self.head.add((record, hash), date);
    }

    /// Returns what is known at the end of what was added.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    fn end_chunk(&mut self) {
        if self.packer.is_empty() {
            return;
        }
        let first = self.packer.first();
        let data = self.packer.piece(&self.head);
        self.chunks.push(Chunk { first, filter: self.packer.filter(), data });
    }

    /// Writes the changes in the place of all pieces up to one, which is none if its position is that of the
    /// piece before. `held` is what was known at the end of that. The heads of all later pieces are set
    /// right. Returns what is known at the end of the log of the node.
    pub(crate) fn replace_until(
        mut self,
        connection: &Connection,
        (until, held): (i64, Head),
    ) -> Result<Head> {
        self.end_chunk();
        pieces::delete(connection, self.after + 1, until)?;
        let places = self.places(connection)?;
        let last = places.last().copied().unwrap_or(self.after);
        for (Chunk { first, filter, data }, pos) in self.chunks.into_iter().zip(places) {
            let (tail, filter) = (Tail::default(), Some(filter));
            pieces::put(connection, &NewPiece { pos, first, tail, filter, data })?;
        }
        correct_heads(connection, self.node, last, (held, self.head))
    }

    /// Returns a place for each chunk, after the piece before. Later pieces move up if there is no room.
    fn places(&self, connection: &Connection) -> Result<Vec<i64>> {
        let (last, _) = pieces::tail(connection, self.node)?;
        if !has_room_after(last.max(self.after)) {
            return Err(Error::Corrupt);
        }
        let count = i64::try_from(self.chunks.len()).unwrap_or(i64::MAX >> PLACE_BITS);
        let next: Option<i64> = connection
            .prepare_cached("SELECT min(pos) FROM ara_log WHERE pos > ?1 AND pos <= ?2")?
            .query_row((self.after, end_of(self.node)), |row| row.get(0))
            .optional()?
            .flatten();
        let first = next_chunk(self.after);
        let in_strides = |at: i64| first + at * STRIDE;
        match next {
            Some(next) if next - self.after <= count => {
                move_up(connection, (self.node, next), in_strides(count) - next + STRIDE)?;
            }
            Some(next) if in_strides(count) > next => {
                let step = (next - self.after) / (count + 1);
                return Ok((1..=count).map(|at| self.after + at * step.max(1)).collect());
            }
            _ => {}
        }
        Ok((0..count).map(in_strides).collect())
    }
}

/// Moves all pieces of a node from a position on up by some places.
fn move_up(connection: &Connection, (node, from): (NodeOrdinal, i64), by: i64) -> Result<()> {
    let mut positions = connection.prepare_cached(
        "SELECT pos FROM ara_log WHERE pos >= ?1 AND pos <= ?2 ORDER BY pos DESC",
    )?;
    let positions = positions.query_map((from, end_of(node)), |row| row.get(0))?;
    let positions: Vec<i64> = positions.collect::<rusqlite::Result<_>>()?;
    let mut update = connection.prepare_cached("UPDATE ara_log SET pos = ?2 WHERE pos = ?1")?;
    for pos in positions {
        update.execute((pos, pos + by))?;
    }
    Ok(())
}

/// Sets right what the heads of all pieces after a position tell, as what is known there has changed. Returns
/// what is known at the end of the log.
fn correct_heads(
    connection: &Connection,
    node: NodeOrdinal,
    after: i64,
    (held, now): (Head, Head),
) -> Result<Head> {
    let mut last = now;
    let mut pieces = PieceReader::of_node(connection, node)?;
    pieces.go_to(after);
    loop {
        let corrected = match pieces.next()? {
            None => return Ok(last),
            Some(piece) => {
                let mut head = piece.head;
                head.point.digest ^= held.point.digest ^ now.point.digest;
                head.point.number = head.point.number.max(now.point.number);
                head.date = head.date.max(now.date);
                last = head;
                (head != piece.head).then(|| with_head(piece, &head))
            }
        };
        if let Some((pos, data)) = corrected {
            connection
                .prepare_cached("UPDATE ara_log SET data = ?2 WHERE pos = ?1")?
                .execute((pos, data))?;
        }
    }
}

/// Returns the position of a piece, and the piece with another head.
fn with_head(piece: &Piece, head: &Head) -> (i64, Vec<u8>) {
    let mut packer = Packer::default();
    piece.changes().for_each(|change| packer.add(&change.record));
    (piece.pos, packer.piece(head))
}
