//! Writing columns that replace others, and what these replace with them.

use std::borrow::Cow;

use rusqlite::types::ValueRef;
use smallvec::SmallVec;
use uuid::Uuid;

use crate::error::Result;
use crate::log::nodes;
use crate::model::cells::{Cell, Kind};
use crate::model::lens::Given;
use crate::model::table_ref::TableRef;
use crate::rows::effective::lens_of;
use crate::rows::key_of::key_of;
use crate::rows::mutation::Mutation;
use crate::rows::written_through::{WrittenValue, edits, written_through};
use crate::value::Stored;

impl Mutation<'_, '_> {
    /// Returns the cells of a new row, and those of the columns that they replace.
    pub(super) fn with_replaced<'a>(&self, cells: &'a [Cell]) -> Result<Cow<'a, [Cell]>> {
        let Some(lensed) = &self.plan.lensed else { return Ok(Cow::Borrowed(cells)) };
        if lensed.table.lenses.writes.is_empty() {
            return Ok(Cow::Borrowed(cells));
        }
        let value = |cell: &'a Cell| cell.value.as_ref().map(Stored::borrowed);
        let values = cells.iter().map(|cell| (cell.column, value(cell))).collect();
        // A column without a value is not written, as it was never set.
        let set = cells.iter().filter(|cell| cell.value.is_some());
        let set: SmallVec<[usize; 8]> = set.map(|cell| cell.column).collect();
        let connection = self.writing.connection;
        let key_of = |table: TableRef, id: &Given<'_>| key_of(connection, table, id);
        let through = written_through(&lensed.table, values, &set, &key_of)?;
        let mut all = Vec::with_capacity(cells.len() + lensed.table.lenses.writes.len());
        all.extend_from_slice(cells);
        all.extend(through.into_iter().map(|(column, value)| cell((column, value, true))));
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
        let recorder = &self.writing.recorder;
        let id_of = nodes::ids(connection, (recorder.node(), recorder.node_id()));
        let key = ValueRef::Blob(id.as_bytes());
        let held = lensed.read(connection, (&lensed.by_id, key), &id_of)?;
        let Some(held) = held else { return Ok(Cow::Borrowed(cells)) };

        let set = cells.iter().filter(is_lensed);
        let set: Vec<_> = set.map(|cell| (cell.column, cell.value.clone(), cell.as_read)).collect();
        let key_of = |table: TableRef, id: &Given<'_>| key_of(connection, table, id);
        let written = edits(lensed, &mut lensed.row(held.known), &set, &key_of)?;
        let plain = cells.iter().filter(|cell| !is_lensed(cell)).cloned();
        let mut all: Vec<Cell> = plain.chain(written.into_iter().map(cell)).collect();
        all.sort_by_key(|cell| cell.column);
        Ok(Cow::Owned(all))
    }
}

fn cell((column, value, is_through): WrittenValue) -> Cell {
    let kind = if is_through { Kind::Through } else { Kind::Edit };
    Cell { column, value, is_default: false, as_read: None, kind }
}
