//! Where the pieces of the log lie: the table `ara_log`.
//!
//! The position of a piece is the ordinal of its node, and its place within the log of that node. So the
//! pieces of a node follow one another, and the last one tells where its log ends. Chunks lie 256 places
//! apart, so that others fit between them.
//!
//! SQLite reads all of a row up to the last column that is asked for. So `data` is asked for only where it is
//! needed, and alone.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use crate::error::{Error, Result};
use crate::log::node::NodeOrdinal;
use crate::log::piece::filter::{RowProbe, may_have};
use crate::log::piece::head::Head;
use crate::log::piece::packing::Packer;
use crate::log::piece::unpacking::{PLACE_BITS, Piece};
use crate::log::place::ChangeNumber;

/// Returns the position before all pieces of a node.
pub(crate) fn start_of(node: NodeOrdinal) -> i64 {
    node.get() << PLACE_BITS
}

/// Returns the node whose piece lies at a position.
pub(crate) fn node_at(pos: i64) -> NodeOrdinal {
    NodeOrdinal::new(pos >> PLACE_BITS)
}

/// Returns the last position that a piece of a node can have.
pub(crate) fn end_of(node: NodeOrdinal) -> i64 {
    start_of(node) | ((1 << PLACE_BITS) - 1)
}

/// Returns whether there is room for many pieces of a node after a position. Where there is none, another program
/// has moved a piece: a log that comes as far has some 70 terabytes.
pub(crate) fn has_room_after(pos: i64) -> bool {
    pos <= end_of(node_at(pos)) - (1 << (PLACE_BITS - 1))
}

/// Reads pieces one after the other. What is written meanwhile is read, too, if it lies ahead.
pub(crate) struct PieceReader<'c> {
    next: CachedStatement<'c>,
    /// The position of the last piece that was read, and the last one that is to be read.
    at: i64,
    until: i64,
    piece: Piece,
}

/// A piece as it was found.
pub(crate) enum Found<'p> {
    /// It can be read.
    Whole(&'p Piece),
    /// The piece at this position is damaged.
    Damaged(i64),
}

const NEXT: &str = "SELECT pos, first, data FROM ara_log WHERE pos > ?1 AND pos <= ?2 \
                    ORDER BY pos LIMIT 1";

const LAST: &str = "SELECT pos, first, data FROM ara_log WHERE pos >= ?1 AND pos <= ?2 \
                    ORDER BY pos DESC LIMIT 1";

impl<'c> PieceReader<'c> {
    /// Reads the pieces of all nodes.
    pub(crate) fn all(connection: &'c Connection) -> Result<Self> {
        Self::between(connection, i64::MIN, i64::MAX)
    }

    /// Reads the pieces of a node.
    pub(crate) fn of_node(connection: &'c Connection, node: NodeOrdinal) -> Result<Self> {
        Self::between(connection, start_of(node), end_of(node))
    }

    /// Reads the pieces of a node from the one that holds the change of this number, or would hold it.
    ///
    /// The log of a node that forked is not ordered by number alone. It is read from the beginning.
    pub(crate) fn from_number(
        connection: &'c Connection,
        (node, is_forked): (NodeOrdinal, bool),
        number: ChangeNumber,
    ) -> Result<Self> {
        let mut reader = Self::of_node(connection, node)?;
        if !is_forked && let Some(pos) = find(connection, node, number)? {
            reader.at = pos - 1;
        }
        Ok(reader)
    }

    fn between(connection: &'c Connection, after: i64, until: i64) -> Result<Self> {
        let (next, piece) = (connection.prepare_cached(NEXT)?, Piece::default());
        Ok(Self { next, at: after, until, piece })
    }

    /// Returns the next piece, or `None` after the last one. A damaged piece is [`Error::Corrupt`]; the
    /// one after it can be read nevertheless.
    pub(crate) fn next(&mut self) -> Result<Option<&Piece>> {
        match self.next_found()? {
            Some(Found::Whole(piece)) => Ok(Some(piece)),
            Some(Found::Damaged(_)) => Err(Error::Corrupt),
            None => Ok(None),
        }
    }

    /// Returns the next piece as it was found, or `None` after the last one. What is behind a damaged piece is
    /// read by the calls that follow.
    pub(crate) fn next_found(&mut self) -> Result<Option<Found<'_>>> {
        let mut rows = self.next.query((self.at, self.until))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let before = std::mem::replace(&mut self.at, row.get(0)?);
        if self.at <= before {
            // The pages of the table lead back. Who goes on would go round for ever.
            return Err(Error::Corrupt);
        }
        match read(row, &mut self.piece) {
            Ok(()) => Ok(Some(Found::Whole(&self.piece))),
            Err(Error::Corrupt) => Ok(Some(Found::Damaged(self.at))),
            Err(error) => Err(error),
        }
    }

    /// Returns the position of the piece that was read last.
    pub(crate) fn at(&self) -> i64 {
        self.at
    }

    /// Takes the piece that was read last.
    pub(crate) fn take(&mut self) -> Piece {
        std::mem::take(&mut self.piece)
    }

    /// Goes on after a position.
    pub(crate) fn go_to(&mut self, pos: i64) {
        self.at = pos;
    }
}

/// Returns the positions of all pieces, in their order, each with the number of its first change.
pub(crate) fn beginnings(connection: &Connection) -> Result<Vec<(i64, ChangeNumber)>> {
    let mut beginnings =
        connection.prepare_cached("SELECT pos, coalesce(first, 0) FROM ara_log ORDER BY pos")?;
    let beginnings = beginnings.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(beginnings.collect::<rusqlite::Result<_>>()?)
}

/// Moves pieces, each from its position to another one, which must be free then.
pub(crate) fn move_all(
    connection: &Connection,
    moves: impl Iterator<Item = (i64, i64)>,
) -> Result<()> {
    // None is in the way of another one meanwhile.
    let mut put_aside = connection.prepare_cached("UPDATE ara_log SET pos = -?2 WHERE pos = ?1")?;
    for (from, to) in moves {
        put_aside.execute((from, to))?;
    }
    connection.execute("UPDATE ara_log SET pos = -pos WHERE pos < 0", [])?;
    Ok(())
}

/// Returns how many changes there are in all pieces that can be read.
pub(crate) fn count_changes(connection: &Connection) -> Result<u64> {
    let mut pieces = PieceReader::all(connection)?;
    let mut changes = 0;
    while let Some(found) = pieces.next_found()? {
        if let Found::Whole(piece) = found {
            changes += piece.len() as u64;
        }
    }
    Ok(changes)
}

fn read(row: &Row<'_>, piece: &mut Piece) -> Result<()> {
    let data = row.get_ref(2)?.as_blob().map_err(|_| Error::Corrupt)?;
    piece.read(row.get(0)?, row.get(1)?, data)
}

/// Returns the last piece of a node at `until` or before, or `None` if there is none.
pub(crate) fn last_until(
    connection: &Connection,
    node: NodeOrdinal,
    until: i64,
) -> Result<Option<Piece>> {
    let mut last = connection.prepare_cached(LAST)?;
    let mut rows = last.query((start_of(node), until))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut piece = Piece::default();
    read(row, &mut piece)?;
    Ok(Some(piece))
}

/// Returns the last piece of a node.
pub(crate) fn last_of(connection: &Connection, node: NodeOrdinal) -> Result<Option<Piece>> {
    last_until(connection, node, end_of(node))
}

/// Returns the last piece of a node at `until` or before that can be read, and whether no damaged one lies behind
/// it.
pub(crate) fn last_whole(
    connection: &Connection,
    node: NodeOrdinal,
    mut until: i64,
) -> Result<(Option<Piece>, bool)> {
    let mut is_last = true;
    loop {
        match last_until(connection, node, until) {
            Err(Error::Corrupt) => {}
            last => return Ok((last?, is_last)),
        }
        let damaged: Option<i64> = connection
            .prepare_cached("SELECT max(pos) FROM ara_log WHERE pos >= ?1 AND pos <= ?2")?
            .query_row((start_of(node), until), |row| row.get(0))?;
        let Some(damaged) = damaged else { return Ok((None, false)) };
        (until, is_last) = (damaged - 1, false);
    }
}

/// Returns the piece of a node before a position.
pub(crate) fn before(connection: &Connection, pos: i64) -> Result<Option<Piece>> {
    last_until(connection, NodeOrdinal::new(pos >> PLACE_BITS), pos - 1)
}

/// Reads the piece at a position.
pub(crate) fn read_at(connection: &Connection, pos: i64, piece: &mut Piece) -> Result<()> {
    let mut found =
        connection.prepare_cached("SELECT pos, first, data FROM ara_log WHERE pos = ?1")?;
    let mut rows = found.query([pos])?;
    read(rows.next()?.ok_or(Error::Corrupt)?, piece)
}

/// Writes other bytes into a piece that stays where it is. Its filter stays, too, so the rows of its changes
/// must have been in it before.
pub(crate) fn rewrite(
    connection: &Connection,
    pos: i64,
    (first, data): (ChangeNumber, &[u8]),
) -> Result<()> {
    let written = connection
        .prepare_cached("UPDATE ara_log SET first = ?2, data = ?3 WHERE pos = ?1")?
        .execute((pos, first, data))?;
    if written == 0 { Err(Error::unwritten("ara_log")) } else { Ok(()) }
}

/// Returns the number of the first change of a piece, and its bytes, as the file holds them.
pub(crate) fn bytes_at(
    connection: &Connection,
    pos: i64,
) -> Result<Option<(ChangeNumber, Vec<u8>)>> {
    Ok(connection
        .prepare_cached("SELECT first, data FROM ara_log WHERE pos = ?1")?
        .query_row([pos], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Returns about how many bytes the pieces of a node take after a change that is known, up to the `end` of its log. Of a
/// piece that has both, its share counts.
pub(crate) fn bytes_after(
    connection: &Connection,
    (node, is_forked): (NodeOrdinal, bool),
    known: ChangeNumber,
    end: ChangeNumber,
) -> Result<u64> {
    let from = known.next();
    let found = if is_forked { None } else { find(connection, node, from)? };
    // The length of a value is read without the value.
    let mut pieces = connection.prepare_cached(
        "SELECT first, length(data) FROM ara_log WHERE pos >= ?1 AND pos <= ?2 ORDER BY pos",
    )?;
    let mut rows = pieces.query((found.unwrap_or(start_of(node)), end_of(node)))?;
    let Some(row) = rows.next()? else { return Ok(0) };
    let (first, length): (ChangeNumber, i64) = (row.get(0)?, row.get(1)?);
    let (mut next, mut rest): (_, i64) = (None, 0);
    while let Some(row) = rows.next()? {
        next = next.or(Some(row.get(0)?));
        rest = rest.saturating_add(row.get(1)?);
    }
    let next = next.unwrap_or(end.next());
    let count = |from: ChangeNumber| i128::from(next.get()) - i128::from(from.get());
    let is_shared = !is_forked && first < from && count(first) > 0;
    let share = match is_shared {
        true => i128::from(length) * count(from).max(0) / count(first),
        false => length.into(),
    };
    Ok(u64::try_from(share + i128::from(rest)).unwrap_or_default())
}

/// Returns the position of the last piece of a node that begins with the change of this number or an earlier
/// one, by bisection over the places.
fn find(connection: &Connection, node: NodeOrdinal, number: ChangeNumber) -> Result<Option<i64>> {
    let mut last = connection.prepare_cached(
        "SELECT pos, first FROM ara_log WHERE pos > ?1 AND pos <= ?2 ORDER BY pos DESC LIMIT 1",
    )?;
    let mut last_in = |after: i64, until: i64| -> Result<Option<(i64, ChangeNumber)>> {
        Ok(last.query_row((after, until), |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    };
    // All pieces at `low` or before begin early enough, and those after `high` too late.
    let (mut low, mut high) = (start_of(node), end_of(node));
    let mut found = None;
    while let Some((end, first)) = last_in(low, high)? {
        if first <= number {
            return Ok(Some(end));
        }
        high = end - 1;
        let middle = low + (high - low) / 2;
        match last_in(low, middle)? {
            Some((pos, first)) if first <= number => {
                found = Some(pos);
                low = middle;
            }
            Some((pos, _)) => high = pos - 1,
            None => low = middle,
        }
    }
    Ok(found)
}

/// Calls `each` with every piece that may have a change of a row, by their filters.
pub(crate) fn for_each_with(
    connection: &Connection,
    row: &[u8; 16],
    mut each: impl FnMut(&Piece) -> Result<()>,
) -> Result<()> {
    let probe = RowProbe::new(row);
    let mut piece = Piece::default();
    for pos in with_filter(connection, |filter| may_have(filter, probe))? {
        read_at(connection, pos, &mut piece)?;
        each(&piece)?;
    }
    Ok(())
}

/// Returns the positions of all pieces without a filter, and of those whose filter is as wanted.
pub(crate) fn with_filter(
    connection: &Connection,
    mut is_wanted: impl FnMut(&[u8]) -> bool,
) -> Result<Vec<i64>> {
    let mut filters = connection.prepare_cached("SELECT pos, filter FROM ara_log")?;
    let mut filters = filters.query([])?;
    let mut wanted = Vec::new();
    while let Some(row) = filters.next()? {
        if row.get_ref(1)?.as_blob().is_ok_and(|filter| !is_wanted(filter)) {
            continue;
        }
        wanted.push(row.get(0)?);
    }
    Ok(wanted)
}

/// The most small pieces before they are united into a chunk.
pub(crate) const MOST_PIECES: i64 = 255;

/// How small pieces are counted, so that they are united once they are many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    /// How many small pieces there are since the last chunk.
    pub(crate) pieces: i64,
    /// How many bytes they take.
    pub(crate) bytes: i64,
}

impl Tail {
    /// How many bits of the integer in the file are the number of pieces.
    const BITS: u32 = 16;

    /// Returns what is stored with the piece at a place of a node. No checksum covers it. If it is damaged, no
    /// more pieces are united than there are places for, as else they would be put among those of another node.
    fn at(place: i64, stored: Option<i64>) -> Self {
        let stored = stored.unwrap_or_default();
        let pieces = stored & ((1 << Self::BITS) - 1);
        Self { pieces: pieces.min(place).min(MOST_PIECES), bytes: stored >> Self::BITS }
    }

    fn stored(self) -> Option<i64> {
        Some(self.bytes << Self::BITS | self.pieces).filter(|_| self.pieces > 0)
    }
}

/// Returns the position of the last piece of a node, and the small pieces that are counted with it.
pub(crate) fn tail(connection: &Connection, node: NodeOrdinal) -> Result<(i64, Tail)> {
    let last: Option<(i64, Option<i64>)> = connection
        .prepare_cached(
            "SELECT pos, tail FROM ara_log WHERE pos >= ?1 AND pos <= ?2 ORDER BY pos DESC LIMIT 1",
        )?
        .query_row((start_of(node), end_of(node)), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (pos, tail) = last.unwrap_or((start_of(node), None));
    Ok((pos, Tail::at(pos - start_of(node), tail)))
}

/// A piece that is to be written.
pub(crate) struct NewPiece {
    pub(crate) pos: i64,
    pub(crate) first: ChangeNumber,
    /// What is counted with it, if it is a small one.
    pub(crate) tail: Tail,
    pub(crate) filter: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
}

/// Writes a piece, in the place of the one that lies there, if one does.
pub(crate) fn put(connection: &Connection, piece: &NewPiece) -> Result<()> {
    let NewPiece { pos, first, tail, filter, data } = piece;
    let written = connection
        .prepare_cached(
            "INSERT OR REPLACE INTO ara_log (pos, first, tail, filter, data) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![pos, first, tail.stored(), filter, data])?;
    if written == 0 { Err(Error::unwritten("ara_log")) } else { Ok(()) }
}

/// Deletes the pieces from one position to another, both included.
pub(crate) fn delete(connection: &Connection, from: i64, to: i64) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM ara_log WHERE pos BETWEEN ?1 AND ?2")?
        .execute((from, to))?;
    let mut left =
        connection.prepare_cached("SELECT 1 FROM ara_log WHERE pos BETWEEN ?1 AND ?2")?;
    if left.exists((from, to))? { Err(Error::unwritten("ara_log")) } else { Ok(()) }
}

/// Deletes the pieces whose position is that of no node.
pub(crate) fn delete_of_unknown_nodes(connection: &Connection) -> Result<()> {
    let sql = "DELETE FROM ara_log WHERE pos >> ?1 NOT IN (SELECT ordinal FROM ara_node)";
    connection.prepare_cached(sql)?.execute([PLACE_BITS])?;
    Ok(())
}

/// Replaces the pieces from one position to another, both included, by a single chunk.
pub(crate) fn unite(
    connection: &Connection,
    (from, to): (i64, i64),
    (changes, head): (&mut Packer, &Head),
) -> Result<()> {
    delete(connection, from, to)?;
    let (first, tail) = (changes.first(), Tail::default());
    let data = changes.piece(head);
    let filter = Some(changes.filter());
    put(connection, &NewPiece { pos: from, first, tail, filter, data })
}
