//! Reading the changes of a row.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::change::Names;
use crate::log::node::Precedence;
use crate::log::owned_change::OwnedChange;
use crate::log::piece::filter::{RowProbe, may_have};
use crate::log::piece::unpacking::{LoggedChange, Piece};
use crate::log::pieces::{self, with_filter};

/// A row: the table's ordinal, and the row's id.
pub(crate) type RowKey = (i64, [u8; 16]);

/// Returns the changes of some rows, by whichever node, those of a row in the order of their precedence.
pub(crate) fn changes_of_rows(
    connection: &Connection,
    names: &dyn Names,
    rows: &BTreeSet<RowKey>,
) -> Result<BTreeMap<RowKey, Vec<OwnedChange>>> {
    let mut changes: BTreeMap<RowKey, Vec<(Precedence, OwnedChange)>> =
        rows.iter().map(|row| (*row, Vec::new())).collect();
    let probes: Vec<RowProbe> = rows.iter().map(|(_, row)| RowProbe::new(row)).collect();
    let is_wanted = |filter: &[u8]| probes.iter().any(|row| may_have(filter, *row));
    let mut piece = Piece::default();
    for pos in with_filter(connection, is_wanted)? {
        pieces::read_at(connection, pos, &mut piece)?;
        for change in piece.changes() {
            let key = (change.record.table, change.record.row);
            if let Some(changes) = changes.get_mut(&key) {
                changes.push((precedence(change, names)?, OwnedChange::of(change)));
            }
        }
    }
    let sorted = changes.into_iter().map(|(row, mut changes)| {
        changes.sort_by_key(|(precedence, _)| *precedence);
        (row, changes.into_iter().map(|(_, change)| change).collect())
    });
    Ok(sorted.collect())
}

/// Returns the precedence of a change.
pub(crate) fn precedence(change: LoggedChange<'_>, names: &dyn Names) -> Result<Precedence> {
    let node = names.node(change.node).ok_or(Error::Corrupt)?;
    let hash = change.hash(names).ok_or(Error::Corrupt)?;
    Ok(Precedence { stamp: change.record.stamp, node, hash })
}
