//! How far the log of a node was read, to be sent.

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::change::Record;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::Node;
use crate::log::piece::unpacking::Piece;
use crate::log::pieces::{self, PieceReader};
use crate::log::place::{ChangeNumber, Point};
use crate::log::points::{digest_at, find_point};

/// A cursor over the changes of a node.
///
/// It goes on by the number of the last change that was sent, not by where that lies: between two batches
/// pieces may be united or compacted.
#[derive(Debug)]
pub(super) struct NodeCursor {
    pub(super) node: NodeOrdinal,
    pub(super) id: NodeId,
    pub(super) is_forked: bool,
    /// The end of the last transaction that was sent.
    pub(super) at: Point,
    /// The hash of its last change, if the node forked.
    last_hash: u64,
    /// The end of the node's log when sending began. What came later may not be on the disk yet.
    end: Point,
    held: Option<Held>,
}

/// A piece that is being sent.
#[derive(Debug)]
struct Held {
    piece: Piece,
    /// The greatest date before the next change.
    date: i64,
    /// The position of the next change within the piece.
    next: usize,
    /// What of what the next change stands for was sent before it was dropped.
    dropped: u64,
}

impl NodeCursor {
    /// Begins with what a peer lacks that knows a point of the node's log.
    pub(super) fn begin(
        connection: &Connection,
        registry: &Registry,
        known: &Node,
        theirs: Point,
    ) -> Result<Self> {
        let Node { ordinal: node, id, end, is_forked, .. } = *known;
        let is_connected = !is_forked
            && !theirs.is_start()
            && theirs.number <= end.number
            && find_point(connection, registry, known, theirs)?.is_some();
        let at = if is_connected {
            theirs
        } else if !is_forked && theirs.number > end.number {
            // The peer knows later changes. If it lacks earlier ones, this shows once its own arrive here.
            end
        } else {
            // The peer knows nothing of the node, or other changes, or compaction has dropped its last one
            // here. It receives the whole log of the node, and unites that with its own.
            Point::default()
        };
        Ok(Self { node, id, is_forked, at, last_hash: 0, end, held: None })
    }

    /// Returns the greatest date of the node up to its next transaction, or `None` if there is none.
    pub(super) fn next_date(
        &mut self,
        connection: &Connection,
        registry: &Registry,
    ) -> Result<Option<i64>> {
        if !self.is_forked && self.at.number >= self.end.number {
            return Ok(None);
        }
        if self.held.is_none() {
            match self.locate(connection, registry) {
                Err(Error::Corrupt) => return Ok(None),
                located => located?,
            }
        }
        let is_next = match self.turn_over(connection, registry) {
            Err(Error::Corrupt) => return Ok(None),
            is_next => is_next?,
        };
        let Some(held) = self.held.as_ref().filter(|_| is_next) else { return Ok(None) };
        let next = held.piece.get(held.next);
        let next = next.filter(|next| self.is_forked || next.record.number <= self.end.number);
        Ok(next.map(|next| next.date.max(held.date)))
    }

    /// Finds the first change that was not sent yet.
    fn locate(&mut self, connection: &Connection, registry: &Registry) -> Result<()> {
        if self.is_forked {
            // What was united with it since may not be on the disk yet, and may lie anywhere.
            let end = pieces::last_of(connection, self.node)?.map(|last| last.end());
            if end != Some(self.end) {
                return Ok(());
            }
        }
        let node = (self.node, self.is_forked);
        let mut reader = PieceReader::from_number(connection, node, self.at.number.next())?;
        let mut before = None;
        while reader.next()?.is_some() {
            let piece = reader.take();
            let next = match self.is_forked {
                _ if self.at.is_start() => Some(0),
                true => self.after_last_sent(&piece, registry)?,
                false => {
                    let is_sent = |number: ChangeNumber| number <= self.at.number;
                    Some(piece.changes().take_while(|c| is_sent(c.record.number)).count())
                        .filter(|next| *next < piece.len())
                }
            };
            let Some(next) = next else {
                before = Some(piece);
                continue;
            };
            let before = match before {
                Some(before) => Some(before.head),
                None => pieces::before(connection, piece.pos)?.map(|before| before.head),
            };
            let before = before.unwrap_or_default();
            let digest = match next.checked_sub(1) {
                Some(last) => digest_at(&piece, last, registry)?,
                None => before.point.digest,
            };
            let ended = piece.changes().take(next).filter(|c| c.record.end.is_some());
            let date =
                ended.map(|change| change.date).max().map_or(before.date, |d| d.max(before.date));
            // A log that forked is not compacted.
            let dropped = if self.is_forked { 0 } else { digest ^ self.at.digest };
            self.held = Some(Held { piece, date, next, dropped });
            return Ok(());
        }
        Ok(())
    }

    /// Returns the position after the last change that was sent, if it is of a piece.
    fn after_last_sent(&self, piece: &Piece, registry: &Registry) -> Result<Option<usize>> {
        for (at, change) in piece.changes().enumerate() {
            let record = change.record;
            if record.number == self.at.number
                && record.end.is_some()
                && record.hash(self.id, registry).ok_or(Error::Corrupt)? == self.last_hash
            {
                return Ok(Some(at + 1));
            }
        }
        Ok(None)
    }

    /// Goes to the next piece if all of this one was sent. Returns whether there is another change.
    fn turn_over(&mut self, connection: &Connection, registry: &Registry) -> Result<bool> {
        let Some(held) = &mut self.held else { return Ok(false) };
        if held.next < held.piece.len() {
            return Ok(true);
        }
        self.at.digest = held.piece.head.point.digest;
        if self.is_forked
            && let Some(last) = held.piece.changes().next_back()
        {
            self.last_hash = last.record.hash(self.id, registry).ok_or(Error::Corrupt)?;
        }
        let mut reader = PieceReader::of_node(connection, self.node)?;
        reader.go_to(held.piece.pos);
        if reader.next()?.is_none() {
            return Ok(false);
        }
        let piece = reader.take();
        *held = Held { date: held.piece.head.date, next: 0, dropped: held.dropped, piece };
        Ok(true)
    }

    /// Calls `send` with the next change, and returns whether that ends a transaction, and the digest up to it
    /// if that is at hand. Returns `None` if the log ends.
    pub(super) fn send(
        &mut self,
        connection: &Connection,
        registry: &Registry,
        send: impl FnOnce(&Record<'_>, Option<u64>) -> Result<()>,
    ) -> Result<Option<bool>> {
        if !self.turn_over(connection, registry)? {
            return Ok(None);
        }
        let Some(held) = &mut self.held else { return Ok(None) };
        let Some(change) = held.piece.get(held.next) else { return Ok(None) };
        let mut record = change.record;
        record.compacted.dropped ^= std::mem::take(&mut held.dropped);
        if !self.is_forked {
            record.gap = record.gap.last(record.number.get() - self.at.number.get() - 1);
        }
        let is_last = held.next + 1 == held.piece.len();
        let mark = record.end.is_some() && is_last;
        send(&record, mark.then_some(held.piece.head.point.digest))?;
        if record.end.is_some() {
            held.date = held.date.max(change.date);
        }
        held.next += 1;
        self.at.number = record.number;
        Ok(Some(record.end.is_some()))
    }

    /// Lets go of the piece, after it has noted the digest up to the last change that was sent.
    pub(super) fn let_go(&mut self, registry: &Registry) -> Result<()> {
        let Some(Held { piece, next, .. }) = self.held.take() else { return Ok(()) };
        if let Some(last) = next.checked_sub(1) {
            self.at.digest = digest_at(&piece, last, registry)?;
            if self.is_forked
                && let Some(last) = piece.get(last)
            {
                self.last_hash = last.record.hash(self.id, registry).ok_or(Error::Corrupt)?;
            }
        }
        Ok(())
    }
}
