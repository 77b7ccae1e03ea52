//! Lines of JSON that name columns of several versions of the app: those that replace others, and those that are replaced.

use std::collections::{BTreeSet, HashMap};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::care::json_line::LineCell;
use crate::care::json_value::is_same_number;
use crate::error::Result;
use crate::model::lens::{Given, Lenses};
use crate::model::table_ref::TableRef;
use crate::rows::effective::{is_newer, lens_of};
use crate::rows::key_of::key_of;
use crate::rows::lensed::Lensed;
use crate::rows::written_through::written_through;
use crate::value::{Stored, is_same};

/// Returns the columns, by their ordinals, that a line gives another value than what they replace.
///
/// A version that does not know that they replace it wrote such a line: what it shows and edits are the replaced
/// columns, while the newer ones have nothing, or what was set before.
pub(crate) fn outdated(
    lensed: &Lensed,
    connection: &Connection,
    cells: &[LineCell],
) -> Result<Vec<u32>> {
    let lenses = lensed.table.lenses;
    let said = |position| {
        let ordinal = lensed.ordinal(position)?;
        cells.iter().find(|cell| cell.ordinal == ordinal)
    };
    let replaced = lenses.reads.iter().flat_map(|lens| lens.from).copied();
    let replaced: BTreeSet<usize> = replaced.filter(|at| said(*at).is_some()).collect();
    if replaced.is_empty() {
        return Ok(Vec::new());
    }
    let newer = lenses.reads.iter().map(|lens| lens.column);
    let newer: Vec<_> = newer.filter_map(|at| Some((at, said(at)?))).collect();
    let values = newer.iter().map(|(at, cell)| (*at, cell.value.clone())).collect();
    let set: Vec<usize> = newer.iter().map(|(at, _)| *at).collect();
    let key_of = |table: TableRef, id: &Given<'_>| key_of(connection, table, id);
    let through = written_through(&lensed.table, values, &set, &key_of)?;
    let is_whole = |at: &usize| {
        let writes = lenses.writes.iter().find(|lens| lens.to.contains(at));
        writes.is_some_and(|lens| lens.from.iter().all(|from| said(*from).is_some()))
    };
    let differs = |newer: Option<&Stored<'_>>, at: &usize| {
        let Some(older) = said(*at) else { return false };
        let older = older.value.as_ref();
        match through.get(at).filter(|_| is_whole(at)) {
            Some(written) => {
                let written = written.as_ref().map_or(ValueRef::Null, Stored::to_sql);
                !is_same(written, older) && !is_same_number(written, older)
            }
            None => newer.is_none() && older.is_some(),
        }
    };
    let outdated = newer.iter().filter(|(column, cell)| {
        let mut replaced = replaced.iter().filter(|at| is_newer(lenses, *column, **at));
        replaced.any(|at| differs(cell.value.as_ref(), at))
    });
    Ok(outdated.map(|(_, cell)| cell.ordinal).collect())
}

/// Returns which columns of a line come after others, as they replace them, by their ordinals. There are none
/// unless the line names columns that are replaced: then these are written first, so that the newest one speaks.
pub(crate) fn levels_of(lensed: &Lensed, cells: &[LineCell]) -> HashMap<u32, usize> {
    let lenses = lensed.table.lenses;
    let named = |ordinal| cells.iter().any(|cell| cell.ordinal == ordinal);
    let replaced = lenses.reads.iter().flat_map(|lens| lens.from);
    if !replaced.filter_map(|from| lensed.ordinal(*from)).any(named) {
        return HashMap::new();
    }
    let level = |(column, ordinal)| Some((ordinal, level(lenses, column)?));
    lensed.columns().filter_map(level).collect()
}

/// Returns how many columns a column replaces one after another, or `None` if it replaces none.
fn level(lenses: Lenses, column: usize) -> Option<usize> {
    let from = lens_of(lenses, column)?.from.iter();
    Some(1 + from.filter_map(|from| level(lenses, *from)).max().unwrap_or_default())
}
