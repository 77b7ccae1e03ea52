//! Compacting some pieces of the log of a node that follow one another.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::cells::{Cells, Forgotten, Standing, Write, is_written_through};
use crate::log::change::{Compacted, Record};
use crate::log::forgotten::ForgottenRows;
use crate::log::gap::{Dropped, Gap};
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::node_log::CHUNK;
use crate::log::owned_change::OwnedChange;
use crate::log::piece::head::Head;
use crate::log::piece::packing::Packer;
use crate::log::piece::unpacking::{LoggedChange, Piece};
use crate::log::pieces::{self, PieceReader};
use crate::log::place::ChangeNumber;
use crate::rows::clocks::Clocks;
use crate::sync::compact::recent_rows::RecentRows;
use crate::sync::compact::{Compaction, MOST_CHANGES};

/// Compacts pieces, which become fewer where little is left of them.
///
/// The hashes of dropped changes go to the next change that stays, as [`Compacted`] explains. So the last
/// change of the stretch always stays, and the digests after it stay as they were.
pub(super) struct Compacting<'c, 'r> {
    connection: &'c Connection,
    registry: &'r Registry,
    recent: &'r RecentRows,
    clocks: Clocks<'c, 'r>,
    forgotten: ForgottenRows<'c>,
    /// The position after which the stretch begins.
    after: i64,
    /// What is left of some pieces, the positions of the first and the last of them, and whether that is not
    /// what they are.
    left: Packer,
    pieces: Option<(i64, i64)>,
    is_changed: bool,
    /// What is known at the end of what is left.
    head: Head,
    /// The XOR of the hashes of changes that were dropped since the last one that stayed, and the bytes of the
    /// gap that they leave.
    dropped: u64,
    gap: Vec<u8>,
    /// The greatest date of the transactions so far, and the transaction of that date if it was dropped since
    /// the last change that stayed.
    date: i64,
    latest: Option<Latest>,
    /// Whether a change of the transaction that goes on has stayed.
    has_begun: bool,
    pub(super) done: Compaction,
}

/// A transaction that was dropped: its last change, and what was dropped before that.
struct Latest {
    change: OwnedChange,
    hash: u64,
    dropped: u64,
    /// How many bytes of the gap were before it.
    gap: usize,
}

/// How many bytes of a gap one change holds at most, give or take those that it held before.
const MOST_OF_GAP: usize = CHUNK / 2;

/// How far a stretch has come.
pub(super) struct Reached {
    /// The position of its last piece.
    pub(super) pos: i64,
    /// The number of its last change, and the greatest date of the transactions up to there.
    pub(super) number: ChangeNumber,
    pub(super) date: i64,
    /// How many changes were read.
    pub(super) changes: usize,
}

/// What is left of a change.
struct Rest {
    cells: Vec<u8>,
    /// How many cells were dropped.
    dropped: u64,
    /// Whether the change stays even if no cell does.
    stays: bool,
}

impl<'c, 'r> Compacting<'c, 'r> {
    /// Begins after the piece at a position, or at the start of a node.
    pub(super) fn after(
        connection: &'c Connection,
        (registry, recent, tables): (&'r Registry, &'r RecentRows, &'r BTreeSet<i64>),
        after: i64,
    ) -> Result<Self> {
        let head = pieces::before(connection, after + 1)?.map(|piece| piece.head);
        let head = head.unwrap_or_default();
        Ok(Self {
            connection,
            registry,
            recent,
            clocks: Clocks::new(connection, registry, tables),
            forgotten: ForgottenRows::new(connection),
            after,
            left: Packer::default(),
            pieces: None,
            is_changed: false,
            head,
            dropped: 0,
            gap: Vec::new(),
            date: head.date,
            latest: None,
            has_begun: head.open.is_some(),
            done: Compaction::default(),
        })
    }

    /// Compacts pieces of a node until they are many, or the change with the number `limit` is reached.
    pub(super) fn run(
        &mut self,
        (node, id): (NodeOrdinal, NodeId),
        limit: ChangeNumber,
    ) -> Result<Reached> {
        let mut pieces = PieceReader::of_node(self.connection, node)?;
        pieces.go_to(self.after);
        let mut changes = 0;
        while let Some(piece) = pieces.next()? {
            changes += piece.len();
            let is_last = changes >= MOST_CHANGES || piece.head.point.number >= limit;
            self.piece(piece, id, (limit, is_last))?;
            if is_last {
                let date = piece.head.date.max(piece.head.open.unwrap_or_default());
                let number = piece.head.point.number.min(limit);
                return Ok(Reached { pos: piece.pos, number, date, changes });
            }
        }
        // Another process may have compacted the rest meanwhile. A log that ends before the limit is damaged.
        if changes > 0 {
            return Err(Error::Corrupt);
        }
        Ok(Reached { pos: self.after, number: limit, date: self.head.date, changes })
    }

    fn piece(
        &mut self,
        piece: &Piece,
        id: NodeId,
        (limit, is_last): (ChangeNumber, bool),
    ) -> Result<()> {
        let first = self.pieces.map_or(piece.pos, |(first, _)| first);
        self.is_changed |= self.pieces.is_some();
        self.pieces = Some((first, piece.pos));
        for (change, left) in piece.changes().zip((0..piece.len()).rev()) {
            let number = change.record.number;
            if number > limit {
                self.keep(change.record, change.date);
            } else {
                self.done.changes += 1;
                let must_stay = number == limit || is_last && left == 0;
                self.change(&change, id, must_stay)?;
            }
        }
        self.head.point.digest = piece.head.point.digest ^ self.dropped;
        self.head.date = piece.head.date;
        if is_last || self.left.len() >= CHUNK / 2 {
            self.end_chunk()?;
        }
        Ok(())
    }

    /// Drops from a change what is covered, or the whole change.
    fn change(&mut self, change: &LoggedChange<'_>, id: NodeId, must_stay: bool) -> Result<()> {
        let LoggedChange { date, record, .. } = *change;
        let Some(rest) = self.rest(change, id)? else {
            self.keep(record, date);
            return Ok(());
        };
        let is_needed = must_stay || rest.stays || self.has_begun && record.end.is_some();
        // It is told of each change that was dropped, and some change has to hold that.
        let is_full = self.gap.len() + record.gap.bytes().len() >= MOST_OF_GAP;
        let is_dropped = rest.cells.is_empty() && !is_needed && !is_full;
        if !is_dropped && rest.dropped == 0 {
            self.keep(record, date);
            return Ok(());
        }
        let Some(hash) = record.hash(id, self.registry) else {
            self.keep(record, date);
            return Ok(());
        };
        self.is_changed = true;
        self.done.dropped_values += rest.dropped;
        if is_dropped {
            self.done.dropped_changes += 1;
            self.dropped ^= record.compacted.dropped;
            self.gap.extend_from_slice(record.gap.bytes());
            if record.end.is_some() && date > self.date {
                let change = OwnedChange::of(LoggedChange { record, ..*change });
                self.latest =
                    Some(Latest { change, hash, dropped: self.dropped, gap: self.gap.len() });
                self.date = date;
            }
            self.dropped ^= hash;
            Dropped::of(record.number, hash).put(&mut self.gap);
        } else {
            let compacted = Compacted { original: Some(hash), ..record.compacted };
            self.keep(Record { compacted, cells: Cells::new(&rest.cells), ..record }, date);
        }
        Ok(())
    }

    /// Returns what is left of a change, or `None` if it stays as it is.
    fn rest(&mut self, change: &LoggedChange<'_>, id: NodeId) -> Result<Option<Rest>> {
        let record = &change.record;
        let key = (record.table, record.row);
        // What a newer version of ara added may depend on the cells.
        if !record.more.is_empty() || self.recent.keeps(key) {
            return Ok(None);
        }
        let Some(clock) = self.clocks.of(key)? else { return Ok(None) };
        // The log itself must have what the clock tells.
        let written = &self.recent.written;
        let mut ends = [clock.earliest(), clock.latest()].into_iter().flatten();
        if !ends.all(|end| written.has_change(key, end)) {
            return Ok(None);
        }
        let this = Some((record.stamp, change.node));
        let stays = clock.earliest() == this || clock.latest() == this;
        let mut rest = Rest { cells: Vec::new(), dropped: 0, stays };
        for cell in record.cells.judged() {
            let Ok((cell, standing)) = cell else { return Ok(None) };
            let is_covered = match standing {
                Standing::Unknown | Standing::Counts(Write::Addition(_) | Write::Update(_)) => {
                    false
                }
                Standing::Counts(Write::Forgotten(forgotten)) => {
                    forgotten == Forgotten::Remains
                        && self.recent.is_known_to_all(key)
                        && self.forgotten.is_by_act(&key)?
                }
                // The first cell of the column counts. This one must not be left alone, and count then.
                Standing::Repeats => true,
                Standing::Counts(write @ Write::Value(_)) => {
                    let is_edit = !is_written_through(cell.column, &write, cell.marks);
                    let write = (record.stamp, id);
                    // What was written through covers no edit.
                    let edits = self.registry.tables.get(&record.table).map(|table| &table.edits);
                    let last = match is_edit && clock.is_marked(cell.column) {
                        true => edits
                            .and_then(|edits| edits.get(&cell.column))
                            .and_then(|edits| clock.last_write(edits.ordinal)),
                        false => clock.last_write(cell.column),
                    };
                    let last = last
                        .filter(|last| written.has_write(key, cell.column, *last))
                        .and_then(|(stamp, node)| Some((stamp, self.registry.id_of(node)?)));
                    last.is_some_and(|last| last > write)
                        && self.recent.is_covered(key, (cell.column, is_edit), write)
                }
            };
            if is_covered {
                rest.dropped += 1;
            } else {
                cell.put(&mut rest.cells, cell.column);
            }
        }
        Ok(Some(rest))
    }

    /// Keeps the transaction with the greatest date so far, if it was dropped and what follows is dated before
    /// it. The transactions of all nodes are listed in the order of these dates, on every device.
    fn keep_latest(&mut self, date: i64) {
        let Some(latest) = self.latest.take().filter(|latest| latest.change.date > date) else {
            return;
        };
        let Latest { change, hash, dropped, gap } = latest;
        let (before, after) = self.gap.split_at_checked(gap).unwrap_or_default();
        let compacted = Compacted { original: Some(hash), dropped };
        let cells = Cells::new(&[]);
        let record = Record {
            compacted,
            gap: Gap::new(before).unwrap_or_default(),
            cells,
            ..change.record()
        };
        self.left.add(&record);
        self.done.dropped_changes -= 1;
        self.dropped ^= dropped ^ hash;
        let own = Gap::new(after).unwrap_or_default();
        self.gap = own.last(own.len() - 1).bytes().to_vec();
    }

    /// Adds a change that stays.
    fn keep(&mut self, record: Record<'_>, date: i64) {
        self.keep_latest(date);
        let Record { mut compacted, gap, .. } = record;
        self.is_changed |= !self.gap.is_empty();
        compacted.dropped ^= std::mem::take(&mut self.dropped);
        self.gap.extend_from_slice(gap.bytes());
        let gap = Gap::new(&self.gap).unwrap_or_default();
        self.left.add(&Record { compacted, gap, ..record });
        self.gap.clear();
        self.has_begun = record.end.is_none();
        self.head.point.number = record.number;
        self.head.stamp = record.stamp;
        self.head.open = Some(date).filter(|_| record.end.is_none());
        self.date = self.date.max(date);
    }

    /// Writes what is left in the place of the pieces that were read.
    fn end_chunk(&mut self) -> Result<()> {
        let Some(pieces) = self.pieces.filter(|_| !self.left.is_empty()) else { return Ok(()) };
        if std::mem::take(&mut self.is_changed) {
            pieces::unite(self.connection, pieces, (&mut self.left, &self.head))?;
        }
        self.left.clear();
        self.pieces = None;
        Ok(())
    }
}
