//! What the file keeps of texts that devices edit at the same time: the tables `ara_text`, `ara_text_update` and
//! `ara_text_fault`.
//!
//! A change of such a text logs an update, and the text is what all updates come to, whoever made them, in whatever order
//! they are united, and also if one comes twice. To work that out takes as long as the text is, so it is done where the
//! text is read, and not with each letter: until then the updates wait. All of this can be read from the log again.
//!
//! The updates of a text have numbers, which count up from a random one. So what was worked out from updates up to a number
//! is known not to be outdated, also after the row was made anew from the log.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::error::{Error, Result};
use crate::log::clock::Stamp;
use crate::log::node::NodeOrdinal;

/// A text: a column of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TextCell {
    /// The ordinal of its table.
    pub(crate) table: i64,
    /// The id of its row.
    pub(crate) row: [u8; 16],
    /// The ordinal of its column.
    pub(crate) column: u32,
}

/// Who wrote an update, and under which stamp.
pub(crate) type Writer = (Stamp, NodeOrdinal);

/// Writes updates of texts, with a statement that is prepared when it is first used.
pub(crate) struct Texts<'c> {
    connection: &'c Connection,
    add: Option<CachedStatement<'c>>,
}

const ADD: &str = "INSERT INTO ara_text_update (tbl, row, col, at, stamp, node, data) \
                   SELECT ?1, ?2, ?3, 1 + coalesce(\
                   (SELECT max(at) FROM ara_text_update WHERE tbl = ?1 AND row = ?2 AND col = ?3), \
                   (SELECT at FROM ara_text WHERE tbl = ?1 AND row = ?2 AND col = ?3), \
                   (random() & 0x3fffffff) << 32), ?4, ?5, ?6 RETURNING at";

impl<'c> Texts<'c> {
    /// Makes the statement, which is not prepared yet.
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, add: None }
    }

    /// Adds an update to those that are to become part of a text. Returns its number.
    pub(crate) fn add(&mut self, cell: TextCell, writer: Writer, update: &[u8]) -> Result<i64> {
        let TextCell { table, row, column } = cell;
        let add = match &mut self.add {
            Some(add) => add,
            none => none.insert(self.connection.prepare_cached(ADD)?),
        };
        let values = params![table, row, column, writer.0, writer.1, update];
        let at = add.query_row(values, |row| row.get(0)).optional()?;
        at.ok_or_else(|| Error::unwritten("ara_text_update"))
    }
}

/// Returns the texts of a table of which updates wait, as many as asked for.
pub(crate) fn due_texts(connection: &Connection, table: i64, most: i64) -> Result<Vec<TextCell>> {
    let mut due = connection
        .prepare_cached("SELECT DISTINCT row, col FROM ara_text_update WHERE tbl = ?1 LIMIT ?2")?;
    let due = due.query_map((table, most), |found| {
        Ok(TextCell { table, row: found.get(0)?, column: found.get(1)? })
    })?;
    Ok(due.collect::<rusqlite::Result<_>>()?)
}

/// Returns whether an update was found not to be part of its text.
pub(crate) fn has_fault(connection: &Connection, cell: TextCell, writer: Writer) -> Result<bool> {
    let TextCell { table, row, column } = cell;
    let mut fault = connection.prepare_cached(
        "SELECT 1 FROM ara_text_fault \
         WHERE tbl = ?1 AND row = ?2 AND col = ?3 AND stamp = ?4 AND node = ?5",
    )?;
    Ok(fault.exists((table, row, column, writer.0, writer.1))?)
}

/// The tables of what is kept of texts.
const TABLES: [&str; 3] = ["ara_text", "ara_text_update", "ara_text_fault"];

/// Deletes what is kept of all texts of a table.
pub(crate) fn forget_texts_of_table(connection: &Connection, table: i64) -> Result<()> {
    for kept in TABLES {
        connection
            .prepare_cached(&format!("DELETE FROM {kept} WHERE tbl = ?1"))?
            .execute([table])?;
    }
    Ok(())
}

/// Deletes what is kept of the texts of a row.
pub(crate) fn forget_texts_of_row(
    connection: &Connection,
    table: i64,
    row: &[u8; 16],
) -> Result<()> {
    for kept in TABLES {
        connection
            .prepare_cached(&format!("DELETE FROM {kept} WHERE tbl = ?1 AND row = ?2"))?
            .execute((table, row))?;
    }
    Ok(())
}
