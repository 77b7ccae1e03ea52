//! Verifying rows that were forgotten: each is a tombstone, and no change of it has values.

use rusqlite::Result as SqlResult;

use crate::care::verification::What;
use crate::care::verify::findings::Findings;
use crate::care::verify::table::{HEAD, RowHead, Tally};
use crate::care::verify::tables::Tables;
use crate::error::Result;
use crate::log::cells::IS_DELETED;
use crate::log::forgotten::Tombstone;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::remains::has_values;

impl Tables<'_, '_> {
    /// Compares a change with its row, if the row was forgotten. Returns whether it was.
    pub(super) fn forgotten_change(
        &mut self,
        change: &LoggedChange<'_>,
        findings: &mut Findings,
    ) -> Result<bool> {
        let record = &change.record;
        let told = record.cells.forgotten();
        let held = self.forgotten.get(&(record.table, record.row))?;
        if held.is_none() && told.is_none() {
            return Ok(false);
        }
        let Self { registry, tables, ties, .. } = self;
        let Some(table) = tables.get_mut(&record.table) else { return Ok(true) };
        let registered = table.table;
        let mut differ = |what| findings.of_row(registered, &record.row, (None, what));
        let Some(held) = held else {
            differ(What::Forgotten);
            return Ok(true);
        };
        if has_values(record.cells, record.more) {
            differ(What::Forgotten);
        }
        let Some(told) = told else { return Ok(true) };
        let order = |tombstone: Tombstone| tombstone.order(registry.id_of(tombstone.node));
        let (stamp, node, date) = (record.stamp, change.node, change.date);
        let this = Tombstone { forgotten: told, stamp, node, date };
        if order(this) < order(held) {
            differ(What::Forgotten);
        }
        if this != held {
            return Ok(true);
        }
        let mut is_found = false;
        table.look_up(&record.row, &[IS_DELETED], |row| {
            let Some(row) = row else {
                differ(What::MissingRow);
                return Ok(());
            };
            is_found = true;
            if !is_tombstone(row, held)? {
                differ(What::Forgotten);
            }
            Ok(())
        })?;
        let is_tie = ties.may_be((record.table, &record.row), (stamp, node));
        if is_found && !is_tie {
            table.logged.add(Tally { columns: 1, earliest: 1, latest: 1 });
        }
        Ok(true)
    }
}

/// Returns whether a row is the tombstone that it must be, but for its other columns, which are compared with its
/// clock.
fn is_tombstone(row: &rusqlite::Row<'_>, tombstone: Tombstone) -> SqlResult<bool> {
    let head = RowHead::of(row)?;
    let Some(clock) = &head.clock else { return Ok(false) };
    let mut groups = clock.groups();
    let only = groups.next().filter(|_| groups.next().is_none());
    let is_clock = only.is_some_and(|(columns, stamp, node)| {
        (stamp, node) == (tombstone.stamp, tombstone.node)
            && *columns == std::iter::once(IS_DELETED).collect()
    });
    let date = Some(tombstone.date);
    let is_deleted = row.get_ref(HEAD)?.as_i64() == Ok(1);
    Ok(is_clock && is_deleted && (head.created_at, head.updated_at) == (date, date))
}
