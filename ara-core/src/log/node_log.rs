//! Writing the end of the log of a node.

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::change::{End, Record};
use crate::log::clock::Stamp;
use crate::log::node::NodeOrdinal;
use crate::log::piece::head::Head;
use crate::log::piece::packing::Packer;
use crate::log::pieces::{self, MOST_PIECES, NewPiece, PieceReader, Tail, has_room_after};
use crate::log::place::Point;

/// The places between two chunks, so that others fit between them.
pub(crate) const STRIDE: i64 = 256;

/// The bytes of a chunk.
pub(crate) const CHUNK: usize = 32 << 10;

/// The least bytes that are written as a chunk of their own.
const LEAST_CHUNK: usize = 8 << 10;

/// Where the log of a node ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LogEnd {
    /// The position of the last piece.
    pos: i64,
    /// The small pieces since the last chunk.
    tail: Tail,
    /// What is known there.
    pub(crate) head: Head,
}

impl LogEnd {
    /// Reads where the log of a node ends. Returns [`Error::Corrupt`] if nothing can be read there, or written.
    pub(crate) fn load(connection: &Connection, node: NodeOrdinal) -> Result<Self> {
        let (pos, tail) = pieces::tail(connection, node)?;
        if !has_room_after(pos) {
            return Err(Error::Corrupt);
        }
        let head = pieces::last_of(connection, node)?.map(|last| last.head).unwrap_or_default();
        Ok(Self { pos, tail, head })
    }

    /// Returns where the log of a node ends that has written nothing.
    pub(crate) fn of_new(node: NodeOrdinal) -> Self {
        Self { pos: pieces::start_of(node), ..Self::default() }
    }

    /// Returns the point at which the log ends.
    pub(crate) fn point(&self) -> Point {
        self.head.point
    }

    /// Returns the stamp of the last change.
    pub(crate) fn stamp(&self) -> Stamp {
        self.head.stamp
    }
}

/// Appends changes to the log of a node. They are in the file once [`flush`](Self::flush) was called.
#[derive(Debug, Clone)]
pub(crate) struct NodeLog {
    end: LogEnd,
    packer: Packer,
}

impl NodeLog {
    /// Continues at the end of a log.
    pub(crate) fn new(end: LogEnd) -> Self {
        Self { end, packer: Packer::default() }
    }

    /// Returns where the log ends, with all changes that were appended.
    pub(crate) fn end(&self) -> &LogEnd {
        &self.end
    }

    /// Appends a change with its hash as it was first written, and the date of its transaction.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        (record, hash): (&Record<'_>, u64),
        date: i64,
    ) -> Result<()> {
        if !self.packer.is_empty() && self.packer.len() + record.len() > CHUNK {
            self.flush(connection)?;
        }
        self.packer.add(record);
        self.end.head.add((record, hash), date);
        Ok(())
    }

    /// Writes what was appended into the file.
    pub(crate) fn flush(&mut self, connection: &Connection) -> Result<()> {
        if self.packer.is_empty() {
            return Ok(());
        }
        let is_chunk = self.packer.len() >= LEAST_CHUNK;
        if is_chunk && self.end.tail.pieces > 0 {
            self.unite_small(connection)?;
        }
        let first = self.packer.first();
        let data = self.packer.piece(&self.end.head);
        let LogEnd { pos, tail, .. } = &mut self.end;
        if is_chunk {
            (*pos, *tail) = (next_chunk(*pos), Tail::default());
        } else {
            *pos += 1;
            tail.pieces += 1;
            tail.bytes += i64::try_from(data.len()).unwrap_or(i64::MAX >> 32);
        }
        let filter = self.packer.filter();
        let (pos, tail, filter) = (*pos, *tail, Some(filter).filter(|_| is_chunk));
        pieces::put(connection, &NewPiece { pos, first, tail, filter, data })?;
        if tail.pieces >= MOST_PIECES || tail.bytes >= CHUNK as i64 {
            self.unite_small(connection)?;
        }
        Ok(())
    }

    /// Unites the small pieces at the end of the log into a chunk. If one of them is damaged they stay as they
    /// are, as this must not stop the writer.
    fn unite_small(&mut self, connection: &Connection) -> Result<()> {
        let united = self.try_unite_small(connection);
        self.end.tail = Tail::default();
        match united {
            Err(Error::Corrupt) => Ok(()),
            united => united,
        }
    }

    fn try_unite_small(&mut self, connection: &Connection) -> Result<()> {
        let LogEnd { pos, tail, .. } = self.end;
        let from = pos - tail.pieces + 1;
        let (mut packer, mut head) = (Packer::default(), Head::default());
        // Compaction may have united the first ones with a chunk before.
        let mut pieces = PieceReader::of_node(connection, pieces::node_at(pos))?;
        pieces.go_to(from - 1);
        while let Some(piece) = pieces.next()? {
            piece.changes().for_each(|change| packer.add(&change.record));
            head = piece.head;
        }
        pieces::unite(connection, (from, pos), (&mut packer, &head))?;
        self.end.pos = next_chunk(from);
        Ok(())
    }

    /// Ends the transaction that the log ends with, whose last change is in the file already. `hashes` are
    /// what this changes in the digest.
    pub(crate) fn end_transaction(
        &mut self,
        connection: &Connection,
        (node, end, hashes): (NodeOrdinal, End, u64),
    ) -> Result<()> {
        let last = pieces::last_of(connection, node)?.ok_or(Error::Corrupt)?;
        let date = self.end.head.open.take().ok_or(Error::Corrupt)?;
        self.end.head.point.digest ^= hashes;
        self.end.head.date = self.end.head.date.max(date);
        for (change, left) in last.changes().zip((0..last.len()).rev()) {
            let end = if left == 0 { Some(end) } else { change.record.end };
            self.packer.add(&Record { end, ..change.record });
        }
        let (pos, tail, first) = (last.pos, self.end.tail, self.packer.first());
        let data = self.packer.piece(&self.end.head);
        let filter = Some(self.packer.filter()).filter(|_| tail == Tail::default());
        pieces::put(connection, &NewPiece { pos, first, tail, filter, data })
    }
}

/// Returns the first place for a chunk after a position.
pub(crate) fn next_chunk(pos: i64) -> i64 {
    (pos / STRIDE + 1) * STRIDE
}
