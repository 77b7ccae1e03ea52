//! Reading the changes of a row.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::change::Names;
use crate::log::node::Precedence;
use crate::log::piece::filter::{RowProbe, may_have};
use crate::log::piece::unpacking::{LoggedChange, Piece};
use crate::log::pieces::{self, with_filter};

/// A row: the table's ordinal, and the row's id.
pub(crate) type RowKey = (i64, [u8; 16]);

/// Calls `each` with every change of some rows, by whichever node, as they lie in the log.
pub(crate) fn for_each_change_of(
    connection: &Connection,
    rows: &BTreeSet<RowKey>,
    mut each: impl FnMut(LoggedChange<'_>) -> Result<()>,
) -> Result<()> {
    let probes: Vec<RowProbe> = rows.iter().map(|(_, row)| RowProbe::new(row)).collect();
    let is_wanted = |filter: &[u8]| probes.iter().any(|row| may_have(filter, *row));
    let mut piece = Piece::default();
    for pos in with_filter(connection, is_wanted)? {
        pieces::read_at(connection, pos, &mut piece)?;
        for change in piece.changes() {
            if rows.contains(&(change.record.table, change.record.row)) {
                each(change)?;
            }
        }
    }
    Ok(())
}

/// Returns the precedence of a change.
pub(crate) fn precedence(change: LoggedChange<'_>, names: &dyn Names) -> Result<Precedence> {
    let node = names.node(change.node).ok_or(Error::Corrupt)?;
    let hash = change.hash(names).ok_or(Error::Corrupt)?;
    Ok(Precedence { stamp: change.record.stamp, node, hash })
}
