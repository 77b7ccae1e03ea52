//! Functions between columns that panic.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::catalog::shown_column::checked_limit;
use crate::error::Result;
use crate::growth::grow::{look, showing};
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes;
use crate::log::row_clock::RowClock;
use crate::model::lens::{Given, WriteLens};
use crate::model::table_ref::TableRef;
use crate::names::quoted;
use crate::rows::effective::{Panicked, Row};
use crate::rows::lensed::Lensed;
use crate::value::Stored;

/// A function between columns that panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanickingLens {
    /// The stored name of the column for which it gives no value.
    pub column: &'static str,
    /// The function as the table's struct names it.
    pub name: &'static str,
    /// The number of rows in which the column has no value because of that.
    pub rows: u64,
}

/// Returns which functions between the columns of a table panic, for rows that are not deleted. They are called again
/// for the rows in which a column has no value. The rows must have been worked out.
pub fn panicking_lenses(connection: &Connection, table: TableRef) -> Result<Vec<PanickingLens>> {
    if table.lenses.reads.is_empty() {
        return Ok(Vec::new());
    }
    let Some(plan) = look(connection, table.def)? else { return Ok(Vec::new()) };
    let plan = showing(connection, plan, table)?;
    let Some(lensed) = &plan.lensed else { return Ok(Vec::new()) };
    let ids: HashMap<NodeOrdinal, NodeId> =
        nodes::kept(connection)?.into_iter().map(|node| (node.ordinal, node.id)).collect();
    let id_of = |node| ids.get(&node).copied();
    let mut found: BTreeMap<Panicked, u64> = BTreeMap::new();
    let mut select = connection.prepare_cached(&rows_without_values(table, lensed))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values = (1..lensed.names.len()).map(|at| row.get_ref(at).unwrap_or(ValueRef::Null));
        let clock = RowClock::read(row.get_ref(0)?, (None, None)).unwrap_or_default();
        let known = lensed.known(&clock, values, &id_of);
        for panicked in panicked(table, lensed.row(known)) {
            *found.entry(panicked).or_default() += 1;
        }
    }
    let lens = |((column, name), rows): (Panicked, u64)| {
        let column = table.def.columns.get(column)?.name;
        Some(PanickingLens { column, name, rows })
    };
    Ok(found.into_iter().filter_map(lens).collect())
}

/// Selects what is known of the rows in which a column has no value that a function may have given.
fn rows_without_values(table: TableRef, lensed: &Lensed) -> String {
    let written = table.lenses.writes.iter().flat_map(|lens| lens.to);
    let written = written.filter_map(|to| Some(table.def.columns.get(*to)?.name));
    let given = lensed.shown.iter().map(|shown| shown.name()).chain(written);
    let is_missing: Vec<_> = given.map(|name| format!("{} IS NULL", quoted(name))).collect();
    let names: Vec<_> = lensed.names.iter().map(|name| quoted(name)).collect();
    let (names, is_missing) = (names.join(", "), is_missing.join(" OR "));
    let limit = checked_limit(&[table], None).unwrap_or_else(|| "-1".to_owned());
    format!(
        "SELECT {names} FROM {} WHERE \"is_deleted\" IS NOT 1 AND ({is_missing}) LIMIT {limit}",
        quoted(table.def.name)
    )
}

/// Returns the columns of a row that have no value because a function panics.
fn panicked(table: TableRef, row: Row<'_>) -> BTreeSet<Panicked> {
    let shown = |column: &usize| row.shown(*column).and_then(|shown| shown.value);
    for lens in table.lenses.reads {
        shown(&lens.column);
    }
    let newest =
        |column| row.known.get(column).and_then(|known| known.newest.as_ref()?.value.as_ref());
    for lens in table.lenses.writes {
        let given: Vec<_> = lens.from.iter().map(shown).collect();
        let is_given = given.iter().any(Option::is_some) && is_read(table, lens, &given);
        if is_given && lens.to.iter().all(|to| newest(to).is_none()) {
            row.write(lens, &given);
        }
    }
    row.into_panicked().into_iter().collect()
}

/// Returns whether this app can read the values that are given to a function.
fn is_read(table: TableRef, lens: &WriteLens, given: &[Given<'static>]) -> bool {
    lens.from.iter().zip(given).all(|(from, value)| {
        let as_read = table.as_read.get(*from);
        let can_read = |it: &Stored<'_>| as_read.is_some_and(|read| read.can_read(it.to_sql()));
        value.as_ref().is_none_or(can_read)
    })
}
