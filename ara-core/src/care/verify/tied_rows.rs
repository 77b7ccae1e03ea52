//! Verifying rows on their own, from all of their changes: those with ties, and oversized ones.

use std::collections::BTreeSet;

use crate::care::verification::What;
use crate::care::verify::findings::Findings;
use crate::care::verify::table::{HEAD, RowHead};
use crate::care::verify::tables::Tables;
use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::node::NodeOrdinal;
use crate::log::row_changes::RowKey;
use crate::rows::rebuild::whole_rows;
use crate::rows::whole_row::WholeRow;

/// How many rows are verified at once, as what they hold is kept in memory.
pub(super) const MOST_ROWS: usize = 1000;

/// Verifies the rows that have ties among their changes, and those that are oversized.
pub(super) fn verify_tied_rows(
    tables: &mut Tables<'_, '_>,
    registry: &Registry,
    findings: &mut Findings,
) -> Result<()> {
    let rows = std::mem::take(&mut tables.ties.rows);
    let rows: Vec<RowKey> = rows.into_iter().collect();
    for keys in rows.chunks(MOST_ROWS) {
        let keys: BTreeSet<RowKey> = keys.iter().copied().collect();
        let names = (registry, NodeOrdinal::NONE);
        let rows = match whole_rows(tables.connection(), names, &keys, |_| true) {
            // A piece or a change that cannot be read was told already.
            Err(Error::Corrupt) => continue,
            rows => rows?,
        };
        for (key, expected) in rows {
            verify_row(tables, key, &expected, findings)?;
        }
    }
    Ok(())
}

fn verify_row(
    tables: &mut Tables<'_, '_>,
    (ordinal, id): RowKey,
    expected: &WholeRow<'_>,
    findings: &mut Findings,
) -> Result<()> {
    let Some(table) = tables.tables.get_mut(&ordinal) else { return Ok(()) };
    let columns: Vec<(u32, &str)> =
        table.columns.iter().map(|(column, name)| (*column, *name)).collect();
    let ordinals: Vec<u32> = columns.iter().map(|(column, _)| *column).collect();
    let (registered, edits) = (table.table, &table.table.edits);
    table.look_up(&id, &ordinals, |row| {
        let mut differ =
            |column: Option<&str>, what| findings.of_row(registered, &id, (column, what));
        let Some(row) = row else {
            differ(None, What::MissingRow);
            return Ok(());
        };
        let head = RowHead::of(row)?;
        let clock = expected.clock(edits).unwrap_or_default();
        if let Some(column) = expected.lacks_edits_of(edits) {
            differ(Some(column), What::Clock);
        }
        if head.clock.as_ref() != Some(&clock) {
            differ(None, What::Clock);
        }
        let (created_at, updated_at) = (clock.created_at(), clock.updated_at());
        for (column, held, date) in [
            ("created_at", head.created_at, created_at),
            ("updated_at", head.updated_at, updated_at),
        ] {
            if held != Some(date) {
                differ(Some(column), What::Value);
            }
        }
        for ((column, name), at) in columns.iter().zip(HEAD..) {
            if !expected.is_held((&clock, edits), *column, row.get_ref(at)?) {
                differ(Some(name), What::Value);
            }
        }
        Ok(())
    })
}
