//! Writing columns that replace others, and what these replace with them.

use std::borrow::Cow;
use std::collections::HashMap;

use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::error::Result;
use crate::log::clock::Stamp;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes;
use crate::model::cells::{Cell, Kind};
use crate::model::lens::Given;
use crate::model::table_ref::TableRef;
use crate::rows::effective::{Known, Written, lens_of};
use crate::rows::lensed::Lensed;
use crate::rows::mutation::Mutation;
use crate::rows::shown_values::key_of;
use crate::rows::written_through::{Values, written_through};
use crate::value::{Stored, is_same};

/// The precedence of a write that comes after all others.
const LATEST: (Stamp, NodeId) = (Stamp::LAST, NodeId::from_bytes([0xff; 16]));

impl Mutation<'_, '_> {
    /// Returns the cells of a new row, and those of the columns that they replace.
    pub(super) fn with_replaced<'a>(&self, cells: &'a [Cell]) -> Result<Cow<'a, [Cell]>> {
        let Some(lensed) = &self.plan.lensed else { return Ok(Cow::Borrowed(cells)) };
        let values = cells.iter().map(|cell| (cell.column, cell.value.clone())).collect();
        let set: Vec<_> = cells.iter().map(|cell| cell.column).collect();
        let through = self.written_through(lensed, &set, values)?;
        let mut all = cells.to_vec();
        all.extend(through.into_iter().filter(|(_, value)| value.is_some()).map(through_cell));
        all.sort_by_key(|cell| cell.column);
        Ok(Cow::Owned(all))
    }

    /// Returns the cells of an update that would change what a row shows, and those of the columns that they replace,
    /// as far as these differ.
    pub(super) fn edits_of<'a>(&self, id: Uuid, cells: &'a [Cell]) -> Result<Cow<'a, [Cell]>> {
        let Some(lensed) = &self.plan.lensed else { return Ok(Cow::Borrowed(cells)) };
        let lenses = lensed.table.lenses;
        let is_lensed = |cell: &&Cell| !cell.is_default && lens_of(lenses, cell.column).is_some();
        if !cells.iter().any(|cell| is_lensed(&cell)) {
            return Ok(Cow::Borrowed(cells));
        }
        let connection = self.writing.connection;
        let ids: HashMap<NodeOrdinal, NodeId> =
            nodes::kept(connection)?.into_iter().map(|node| (node.ordinal, node.id)).collect();
        let id_of = |node| match ids.get(&node) {
            Some(id) => Some(*id),
            None if node == self.writing.recorder.node() => Some(self.writing.recorder.node_id()),
            None => None,
        };
        let key = ValueRef::Blob(id.as_bytes());
        let held = lensed.read(connection, (&lensed.by_id, key), &id_of)?;
        let Some(held) = held else { return Ok(Cow::Borrowed(cells)) };

        let mut row = lensed.row(held.known);
        let mut all = Vec::with_capacity(cells.len() + 1);
        for cell in cells {
            if !is_lensed(&cell) {
                all.push(cell.clone());
                continue;
            }
            let shown = row.shown(cell.column).and_then(|shown| shown.value);
            let shown = shown.as_ref().map_or(ValueRef::Null, Stored::to_sql);
            let is_seen = |it: crate::value::AsRead| it.is_seen(shown, cell.value.as_ref());
            if !is_same(shown, cell.value.as_ref()) && !cell.as_read.is_some_and(is_seen) {
                all.push(Cell { kind: Kind::Edit, ..cell.clone() });
                let written = Some(Written { value: cell.value.clone(), at: LATEST });
                row.known.insert(cell.column, Known { edit: written.clone(), newest: written });
            }
        }
        let values = lenses
            .reads
            .iter()
            .map(|lens| (lens.column, row.shown(lens.column).and_then(|shown| shown.value)));
        let set: Vec<_> = cells.iter().filter(is_lensed).map(|cell| cell.column).collect();
        let through = self.written_through(lensed, &set, values.collect())?;
        let differs = |(column, value): &(usize, Given<'static>)| {
            let newest = row.known.get(column).and_then(|known| known.newest.as_ref());
            let held = newest.and_then(|newest| newest.value.as_ref());
            !is_same(held.map_or(ValueRef::Null, Stored::to_sql), value.as_ref())
        };
        all.extend(through.into_iter().filter(differs).map(through_cell));
        all.sort_by_key(|cell| cell.column);
        Ok(Cow::Owned(all))
    }

    /// Returns what is written into replaced columns once columns were set.
    fn written_through(&self, lensed: &Lensed, set: &[usize], values: Values) -> Result<Values> {
        let connection = self.writing.connection;
        let key_of = |table: TableRef, id: &Given<'_>| key_of(connection, table, id);
        written_through(&lensed.table, values, set, &key_of)
    }
}

fn through_cell((column, value): (usize, Given<'static>)) -> Cell {
    Cell { column, value, is_default: false, as_read: None, kind: Kind::Through }
}
