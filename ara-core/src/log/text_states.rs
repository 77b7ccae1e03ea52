//! What the updates of texts come to, as the file keeps it for those who can unite them: the tables `ara_text`,
//! `ara_text_update` and `ara_text_fault`.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Result};
use crate::log::texts::{TextCell, Writer};

/// An update that is not part of the state yet.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// Its number among those of the text.
    pub(crate) at: i64,
    pub(crate) writer: Writer,
    pub(crate) update: Vec<u8>,
}

/// What the updates of a text come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextState {
    /// The number of the last update that is part of it.
    pub(crate) at: i64,
    /// Who wrote the latest of them.
    pub(crate) last: Writer,
    /// All of them as one update.
    pub(crate) state: Vec<u8>,
}

/// How many numbers a text can have after its random one.
const NUMBERS: i64 = 1 << 32;

/// The numbers of the updates of a text that the file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// The last one that is part of the state, if there is one.
    state: Option<i64>,
    /// The last one of all.
    last: i64,
}

impl Numbers {
    /// Returns whether what was made of the updates up to a number only lacks updates that wait.
    pub(crate) fn is_after(self, at: i64) -> bool {
        let Self { state, last } = self;
        at / NUMBERS == last / NUMBERS && at <= last && state.is_none_or(|state| state <= at)
    }
}

/// Returns the numbers of the updates of a text, or `None` if it was never written.
pub(crate) fn newest_number(connection: &Connection, cell: TextCell) -> Result<Option<Numbers>> {
    let TextCell { table, row, column } = cell;
    let mut numbers = connection.prepare_cached(
        "SELECT (SELECT at FROM ara_text WHERE tbl = ?1 AND row = ?2 AND col = ?3), \
         (SELECT max(at) FROM ara_text_update WHERE tbl = ?1 AND row = ?2 AND col = ?3)",
    )?;
    let numbers = numbers.query_row((table, row, column), |row| {
        let (state, waiting): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(waiting.or(state).map(|last| Numbers { state, last }))
    });
    Ok(numbers?)
}

/// Returns the number of a text of which nothing is known yet.
pub(crate) fn first_number(bits: u64) -> i64 {
    (bits & 0x3fff_ffff).cast_signed() * NUMBERS + 1
}

/// Returns the number and the writer of the state of a text, without the state itself.
pub(crate) fn known_state(
    connection: &Connection,
    cell: TextCell,
) -> Result<Option<(i64, Writer)>> {
    let TextCell { table, row, column } = cell;
    Ok(connection
        .prepare_cached(
            "SELECT at, stamp, node FROM ara_text WHERE tbl = ?1 AND row = ?2 AND col = ?3",
        )?
        .query_row((table, row, column), |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))
        .optional()?)
}

/// Returns the state of a text, or `None` if nothing was united yet.
pub(crate) fn text_state(connection: &Connection, cell: TextCell) -> Result<Option<TextState>> {
    let TextCell { table, row, column } = cell;
    Ok(connection
        .prepare_cached(
            "SELECT at, stamp, node, state FROM ara_text \
             WHERE tbl = ?1 AND row = ?2 AND col = ?3",
        )?
        .query_row((table, row, column), |row| {
            Ok(TextState { at: row.get(0)?, last: (row.get(1)?, row.get(2)?), state: row.get(3)? })
        })
        .optional()?)
}

/// Notes the state of a text, and that the updates in it do not wait any more.
pub(crate) fn put_state(connection: &Connection, cell: TextCell, known: &TextState) -> Result<()> {
    let TextCell { table, row, column } = cell;
    let TextState { at, last, state } = known;
    let written = connection
        .prepare_cached(
            "INSERT INTO ara_text (tbl, row, col, at, stamp, node, state) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE \
             SET at = excluded.at, stamp = excluded.stamp, node = excluded.node, \
             state = excluded.state",
        )?
        .execute(params![table, row, column, at, last.0, last.1, state])?;
    if written == 0 {
        return Err(Error::unwritten("ara_text"));
    }
    connection
        .prepare_cached(
            "DELETE FROM ara_text_update WHERE tbl = ?1 AND row = ?2 AND col = ?3 AND at <= ?4",
        )?
        .execute((table, row, column, at))?;
    Ok(())
}

/// Returns whether an update that waits was written under a stamp by a node.
pub(crate) fn has_written(connection: &Connection, cell: TextCell, writer: Writer) -> Result<bool> {
    let TextCell { table, row, column } = cell;
    let mut written = connection.prepare_cached(
        "SELECT 1 FROM ara_text_update \
         WHERE tbl = ?1 AND row = ?2 AND col = ?3 AND stamp = ?4 AND node = ?5",
    )?;
    Ok(written.exists((table, row, column, writer.0, writer.1))?)
}

/// Returns who wrote the latest of the updates that wait.
pub(crate) fn latest_waiting(connection: &Connection, cell: TextCell) -> Result<Option<Writer>> {
    let TextCell { table, row, column } = cell;
    Ok(connection
        .prepare_cached(
            "SELECT stamp, node FROM ara_text_update WHERE tbl = ?1 AND row = ?2 AND col = ?3 \
             ORDER BY stamp DESC, node DESC LIMIT 1",
        )?
        .query_row((table, row, column), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Returns the updates of a text that wait, after a number.
pub(crate) fn waiting(connection: &Connection, cell: TextCell, after: i64) -> Result<Vec<Waiting>> {
    let TextCell { table, row, column } = cell;
    let mut waiting = connection.prepare_cached(
        "SELECT at, stamp, node, data FROM ara_text_update \
         WHERE tbl = ?1 AND row = ?2 AND col = ?3 AND at > ?4 ORDER BY at",
    )?;
    let waiting = waiting.query_map((table, row, column, after), |row| {
        let (at, writer) = (row.get(0)?, (row.get(1)?, row.get(2)?));
        Ok(Waiting { at, writer, update: row.get(3)? })
    })?;
    Ok(waiting.collect::<rusqlite::Result<_>>()?)
}

/// Notes that an update cannot be part of its text.
pub(crate) fn note_fault(connection: &Connection, cell: TextCell, writer: Writer) -> Result<()> {
    let TextCell { table, row, column } = cell;
    connection
        .prepare_cached("INSERT OR IGNORE INTO ara_text_fault VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((table, row, column, writer.0, writer.1))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::clock::Stamp;
    use crate::log::node::NodeOrdinal;
    use crate::log::texts::{Texts, due_texts, forget_texts_of_row, has_fault};

    const CELL: TextCell = TextCell { table: 1, row: [7; 16], column: 3 };

    fn writer(at: i64) -> Writer {
        (Stamp::new(at, 0), NodeOrdinal::new(1))
    }

    #[test]
    fn updates_wait_until_they_are_part_of_the_state() -> Result<()> {
        let file = crate::catalog::format::new_file();
        let mut texts = Texts::new(&file);
        let first = texts.add(CELL, writer(1), b"one")?;
        let second = texts.add(CELL, writer(2), b"two")?;
        assert_eq!(second, first + 1);
        assert!(newest_number(&file, CELL)?.is_some_and(|numbers| numbers.is_after(first)));
        assert_eq!(due_texts(&file, 1, 9)?, [CELL]);
        assert!(due_texts(&file, 2, 9)?.is_empty());
        let of_first = TextState { at: first, last: writer(1), state: b"one".to_vec() };
        put_state(&file, CELL, &of_first)?;
        assert_eq!(text_state(&file, CELL)?, Some(of_first));
        let left = waiting(&file, CELL, first)?;
        assert_eq!((left.len(), &*left[0].update), (1, &b"two"[..]));
        put_state(&file, CELL, &TextState { at: second, last: writer(2), state: Vec::new() })?;
        assert!(due_texts(&file, 1, 9)?.is_empty());
        assert_eq!(texts.add(CELL, writer(3), b"three")?, second + 1);
        Ok(())
    }

    #[test]
    fn a_text_that_is_made_anew_follows_nothing_of_before() -> Result<()> {
        let file = crate::catalog::format::new_file();
        let mut texts = Texts::new(&file);
        let before = texts.add(CELL, writer(1), b"one")?;
        note_fault(&file, CELL, writer(1))?;
        assert!(has_fault(&file, CELL, writer(1))? && !has_fault(&file, CELL, writer(2))?);
        forget_texts_of_row(&file, CELL.table, &CELL.row)?;
        assert!(!has_fault(&file, CELL, writer(1))?);
        let after = texts.add(CELL, writer(1), b"one")?;
        assert_ne!(after, before);
        assert!(newest_number(&file, CELL)?.is_some_and(|numbers| !numbers.is_after(before)));
        Ok(())
    }
}
