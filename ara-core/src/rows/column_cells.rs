//! What the columns of a row hold: the last write of each, and the last edit.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::catalog::edit_columns::EditColumns;
use crate::error::{Error, Result};
use crate::log::clock::Stamp;
use crate::log::node::NodeOrdinal;
use crate::log::owned_write::owned_value;
use crate::log::row_clock::RowClock;
use crate::names::{name_list, quoted};
use crate::value::Stored;

/// What a column of a row holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnCells {
    /// The last write, or `None` if the column was never written.
    pub(crate) last: Option<LastCell>,
    /// Whether it was written through from another column.
    pub(crate) is_written_through: bool,
    /// The last edit, or `None` if the column was never edited. It is the last write if that was not written through.
    pub(crate) edit: Option<LastCell>,
}

/// What was written last into a column, and by which change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LastCell {
    /// `None` if the column was cleared, or if the row would be too large with the value.
    pub(crate) value: Option<Stored<'static>>,
    pub(crate) stamp: Stamp,
    pub(crate) node: NodeOrdinal,
}

/// Reads what columns of a row hold, which are given by their ordinals and names. Returns `None` if there is no such
/// row.
///
/// `edits` are the columns of the table that hold the last edits of others.
///
/// Returns [`Error::Corrupt`] if the clock of the row cannot be read.
pub(crate) fn column_cells(
    connection: &Connection,
    (stored_name, edits): (&str, &EditColumns),
    row: &[u8],
    columns: &[(u32, &str)],
) -> Result<Option<Vec<ColumnCells>>> {
    let names = columns.iter().flat_map(|(ordinal, name)| {
        let edits = edits.get(ordinal).map(|edits| edits.name.as_str());
        std::iter::once(*name).chain(edits)
    });
    let names = name_list(std::iter::once("ara_clock").chain(names));
    let sql = format!("SELECT {names} FROM {} WHERE \"id\" = ?1", quoted(stored_name));
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([row])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let clock = RowClock::read(row.get_ref(0)?, (None, None)).ok_or(Error::Corrupt)?;
    let cell = |column, held: ValueRef<'_>| {
        let (stamp, node) = clock.last_write(column)?;
        Some(LastCell { value: Stored::from_sql(held).map(owned_value), stamp, node })
    };
    let (mut cells, mut at) = (Vec::with_capacity(columns.len()), 1..);
    let mut next = || at.next().unwrap_or_default();
    for (column, _) in columns {
        let last = cell(*column, row.get_ref(next())?);
        let edits = edits.get(column).map(|edits| (edits.ordinal, next()));
        let is_written_through = clock.is_marked(*column);
        let edit = match edits {
            _ if !is_written_through => last.clone(),
            Some((edits, at)) => cell(edits, row.get_ref(at)?),
            None => None,
        };
        cells.push(ColumnCells { last, is_written_through, edit });
    }
    Ok(Some(cells))
}
