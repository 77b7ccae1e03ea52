//! Verifying rows on their own, from all of their changes.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::ValueRef;

use crate::care::verification::What;
use crate::care::verify::findings::Findings;
use crate::care::verify::table::{HEAD, RowHead};
use crate::care::verify::tables::Tables;
use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::cells::{Write, keep_counting};
use crate::log::change::is_same;
use crate::log::counters::Sum;
use crate::log::owned_change::OwnedChange;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::row_changes::{RowKey, changes_of_rows};
use crate::log::row_clock::RowClock;
use crate::rows::rebuild::folded;
use crate::value::Stored;

/// How many rows are verified at once, as their changes are held in memory.
pub(super) const MOST_ROWS: usize = 1000;

/// What a row must hold.
#[derive(Default)]
struct Expected<'a> {
    clock: RowClock,
    /// The last write of each column.
    writes: BTreeMap<u32, Write<'a>>,
    /// What was added to each counter.
    sums: BTreeMap<u32, i128>,
}

/// Verifies the rows that have ties among their changes.
pub(super) fn verify_tied_rows(
    tables: &mut Tables<'_, '_>,
    registry: &Registry,
    findings: &mut Findings,
) -> Result<()> {
    let rows = std::mem::take(&mut tables.ties.rows);
    let rows: Vec<RowKey> = rows.into_iter().collect();
    for keys in rows.chunks(MOST_ROWS) {
        let keys: BTreeSet<RowKey> = keys.iter().copied().collect();
        let changes = match changes_of_rows(tables.connection(), registry, &keys) {
            // A piece or a change that cannot be read was told already.
            Err(Error::Corrupt) => continue,
            changes => changes?,
        };
        for (key, changes) in changes {
            let expected = Expected::of(&changes, registry)?;
            verify_row(tables, key, &expected, findings)?;
        }
    }
    Ok(())
}

impl<'a> Expected<'a> {
    /// Folds the changes of a row, which are in the order of their precedence.
    fn of(changes: &'a [OwnedChange], registry: &'a Registry) -> Result<Self> {
        let mut expected = Self::default();
        let id_of = |node| registry.id_of(node);
        for change in changes {
            let OwnedChange { node, date, .. } = *change;
            let change = LoggedChange { node, date, record: change.record() };
            let Some(mut change) = folded(registry, change)? else { continue };
            let columns = keep_counting(&mut change.cells, |cell| cell.column.0);
            expected.clock.insert(change.tick, &columns, &id_of);
            for cell in change.cells {
                let column = cell.column.0;
                if let Write::Addition(addition) = cell.write {
                    let sum = expected.sums.entry(column).or_default();
                    *sum = sum.saturating_add(addition.by.into());
                }
                expected.writes.insert(column, cell.write);
            }
        }
        Ok(expected)
    }

    /// Returns whether a column holds what it must.
    fn is_held(&self, column: u32, held: ValueRef<'_>) -> bool {
        match self.writes.get(&column) {
            None => is_same(held, None),
            Some(Write::Value(value)) => is_same(held, value.as_ref()),
            Some(Write::Addition(_)) => {
                let sum = Sum { sum: self.sums.get(&column).copied().unwrap_or(0), ..Sum::NOTHING };
                is_same(held, Some(&Stored::Integer(sum.value())))
            }
        }
    }
}

fn verify_row(
    tables: &mut Tables<'_, '_>,
    (ordinal, id): RowKey,
    expected: &Expected<'_>,
    findings: &mut Findings,
) -> Result<()> {
    let Some(table) = tables.tables.get_mut(&ordinal) else { return Ok(()) };
    let columns: Vec<u32> = table.columns.keys().copied().collect();
    let registered = table.table;
    table.look_up(&id, &columns, |row| {
        let mut differ =
            |column: Option<&str>, what| findings.of_row(registered, &id, (column, what));
        let Some(row) = row else {
            differ(None, What::MissingRow);
            return Ok(());
        };
        let head = RowHead::of(row)?;
        if head.clock.as_ref() != Some(&expected.clock) {
            differ(None, What::Clock);
        }
        let (created_at, updated_at) = (expected.clock.created_at(), expected.clock.updated_at());
        for (column, held, date) in [
            ("created_at", head.created_at, created_at),
            ("updated_at", head.updated_at, updated_at),
        ] {
            if held != Some(date) {
                differ(Some(column), What::Value);
            }
        }
        for (column, at) in columns.iter().zip(HEAD..) {
            if !expected.is_held(*column, row.get_ref(at)?) {
                differ(registered.columns.get(column).map(String::as_str), What::Value);
            }
        }
        Ok(())
    })
}
