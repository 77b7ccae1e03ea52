//! Uniting texts with the updates that wait, for the rows that show them.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result};
use crate::log::entropy::Entropy;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::log::text_states::{TextState, has_written, known_state, latest_waiting, put_state};
use crate::log::texts::{TextCell, Writer, due_texts};
use crate::names::quoted;
use crate::rows::table_rows::execute;
use crate::rows::texts::documents::Documents;

/// How many texts are united in one transaction at most, so that others can write in between.
const STEP: i64 = 500;

/// After how many bytes of texts no further one is united in the same transaction.
const STEP_BYTES: usize = 8 << 20;

/// Unites some texts of a table, which is given by its ordinal and its name, with what waits, and writes them into the
/// rows. Returns whether others are left.
pub(crate) fn unite_due(
    (connection, documents, entropy): (&Connection, &mut Documents, &mut Entropy),
    (table, name): (i64, &str),
) -> Result<bool> {
    let due: BTreeSet<TextCell> = due_texts(connection, table, STEP)?.into_iter().collect();
    let mut bytes = 0;
    for cell in &due {
        if bytes >= STEP_BYTES {
            return Ok(true);
        }
        let held = documents.open(connection, entropy, *cell)?;
        let (text, state) = (held.document.text(), held.document.state());
        bytes += text.len() + state.len();
        let writer = last_writer(connection, name, *cell)?;
        let before = known_state(connection, *cell)?.map(|(_, last)| last);
        let shown = match writer {
            Some(writer) if Some(writer) == before => Some(writer),
            Some(writer) if has_written(connection, *cell, writer)? => Some(writer),
            _ => None,
        };
        if shown.is_some() {
            show(connection, name, *cell, text)?;
        }
        let latest = latest_waiting(connection, *cell)?.into_iter().chain(before).max();
        let last = shown.or(latest).ok_or(Error::Corrupt)?;
        put_state(connection, *cell, &TextState { at: held.at(), last, state })?;
    }
    Ok(due.len() as i64 == STEP)
}

/// Returns who wrote the column of a text last, as its row tells: nobody if the row is not there.
fn last_writer(connection: &Connection, table: &str, cell: TextCell) -> Result<Option<Writer>> {
    let sql = format!("SELECT \"ara_clock\" FROM {} WHERE \"id\" = ?1", quoted(table));
    let clock = connection
        .prepare_cached(&sql)?
        .query_row([cell.row], |row| Ok(RowClock::read(row.get_ref(0)?, (None, None))))
        .optional()?;
    Ok(clock.flatten().and_then(|clock| clock.last_write(cell.column)))
}

/// Writes a text into its row.
fn show(connection: &Connection, table: &str, cell: TextCell, text: &str) -> Result<()> {
    let column: Option<String> = connection
        .prepare_cached("SELECT name FROM ara_column WHERE tbl = ?1 AND ordinal = ?2")?
        .query_row((cell.table, cell.column), |row| row.get(0))
        .optional()?;
    let Some(column) = column.map(|column| quoted(&column)) else { return Ok(()) };
    let sql = format!(
        "UPDATE {} SET {column} = ?2 WHERE \"id\" = ?1 AND {column} IS NOT ?2",
        quoted(table)
    );
    let mut update = connection.prepare_cached(&sql)?;
    bind(&mut update, 1, ValueRef::Blob(&cell.row))?;
    bind(&mut update, 2, ValueRef::Text(text.as_bytes()))?;
    match execute(connection, &mut update, table) {
        // What no row can hold stays as it was, so that the other rows are read.
        Ok(_) | Err(Error::TooLarge { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
