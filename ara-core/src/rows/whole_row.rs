//! A row as all of its changes make it, whatever order these come in.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::catalog::edit_columns::{EditColumns, edit_columns, make_edit_column};
use crate::error::{Error, Result};
use crate::log::cells::{IS_DELETED, Write, keep_counting};
use crate::log::change::Names;
use crate::log::clock::Stamp;
use crate::log::column_set::ColumnSet;
use crate::log::counters::{CounterCell, Counters, Sum};
use crate::log::forgotten::{ForgottenRows, Tombstone, clear_row};
use crate::log::node::{NodeOrdinal, Precedence};
use crate::log::owned_write::owned;
use crate::log::row_clock::{LeftOut, RowClock, Tick};
use crate::log::statements::bind;
use crate::log::texts::{TextCell, Texts, Writer};
use crate::rows::folded_change::{FoldedCell, FoldedChange};
use crate::rows::insert::{FIRST_COLUMN, OnConflict, RowHead, insert_sql};
use crate::rows::table_rows::delete_row;
use crate::value::size::LARGEST;
use crate::value::{Stored, is_same};

/// A row as all of its changes make it, whatever order these come in.
///
/// A row that would be larger than SQLite holds lacks its longest values, as many as are needed. Of equally long
/// ones, the latest is left out first, by precedence and then by the name of its column. So which they are depends on
/// the changes alone.
///
/// Of a column whose last write was written through from another one, the last edit is a value of its own, in the column
/// beside it that holds its edits.
pub(crate) struct WholeRow<'r> {
    /// The node that writes the file.
    writer: NodeOrdinal,
    names: &'r dyn Names,
    columns: BTreeMap<u32, Column>,
    sums: BTreeMap<u32, Sum>,
    /// The updates of each text.
    updates: BTreeMap<u32, Vec<(Writer, Vec<u8>)>>,
    /// The earliest and the latest change, once there is any.
    ends: Option<[(Precedence, Tick); 2]>,
    tombstone: Option<Tombstone>,
    /// By stamp and node, which changes there are.
    changes: BTreeSet<(Stamp, NodeOrdinal)>,
    /// The nodes that stamped two of them alike, as one device never does.
    tied: BTreeSet<NodeOrdinal>,
}

/// A column that was written.
struct Column {
    name: String,
    last: LastWrite,
    /// The last edit, if the last write is none.
    edit: Option<LastWrite>,
}

/// What was written last into a column.
struct LastWrite {
    precedence: Precedence,
    tick: Tick,
    write: Write<'static>,
    is_written_through: bool,
}

/// A value of a row.
#[derive(Clone, Copy)]
struct RowValue<'w> {
    /// The column that holds it, by ordinal and name.
    column: (u32, &'w str),
    /// The column that it was written into.
    of: u32,
    last: &'w LastWrite,
}

impl Column {
    /// Returns whether a write of this precedence may be the last one, or the last edit.
    fn may_keep(&self, precedence: Precedence) -> bool {
        precedence > self.last.precedence || self.last.is_written_through
    }

    /// Takes account of a write.
    fn add(&mut self, write: LastWrite) {
        let is_latest = write.precedence > self.last.precedence;
        if is_latest && write.is_written_through {
            let last = std::mem::replace(&mut self.last, write);
            if !last.is_written_through {
                self.edit = Some(last);
            }
        } else if is_latest {
            (self.last, self.edit) = (write, None);
        } else if self.last.is_written_through
            && !write.is_written_through
            && self.edit.as_ref().is_none_or(|edit| edit.precedence < write.precedence)
        {
            self.edit = Some(write);
        }
    }
}

impl<'r> WholeRow<'r> {
    /// Begins with a row that has no changes.
    pub(crate) fn new(writer: NodeOrdinal, names: &'r dyn Names) -> Self {
        let (columns, sums, updates, changes, tied) = Default::default();
        let (ends, tombstone) = (None, None);
        Self { writer, names, columns, sums, updates, ends, tombstone, changes, tied }
    }

    /// Folds in a change, whose hash as it was first written is `hash`.
    pub(crate) fn add(&mut self, mut change: FoldedChange<'_>, hash: u64) {
        let tick = change.tick;
        let (node, id) = tick.node;
        if !self.changes.insert((tick.stamp, node)) {
            self.tied.insert(node);
        }
        let names = self.names;
        let id_of = |node| names.node(node);
        if let Some(forgotten) = change.forgotten() {
            let new = Tombstone::of(forgotten, tick);
            let order = |tombstone: &Tombstone| tombstone.order(id_of(tombstone.node));
            if self.tombstone.is_none_or(|held| order(&new) < order(&held)) {
                self.tombstone = Some(new);
            }
        }
        keep_counting(&mut change.cells, |cell| cell.column.0);
        let precedence = Precedence { stamp: tick.stamp, node: id, hash };
        let this = (precedence, tick);
        let [earliest, latest] = self.ends.get_or_insert([this; 2]);
        *earliest = if precedence < earliest.0 { this } else { *earliest };
        *latest = if precedence > latest.0 { this } else { *latest };
        for cell in change.cells {
            let FoldedCell { column: (column, name), write, is_written_through } = cell;
            if let Write::Addition(addition) = write {
                let sum = self.sums.entry(column).or_insert(Sum::NOTHING);
                sum.add((tick.stamp, node), addition, self.writer, &id_of);
            }
            let mut write = write;
            if let Write::Update(update) = write {
                let updates = self.updates.entry(column).or_default();
                updates.push(((tick.stamp, node), update.into_owned()));
                // They are united where the text is read.
                write = Write::Update(Vec::new().into());
            }
            let write = || LastWrite { precedence, tick, write: owned(write), is_written_through };
            match self.columns.get_mut(&column) {
                Some(column) if column.may_keep(precedence) => column.add(write()),
                Some(_) => {}
                None => {
                    let (name, last, edit) = (name.to_owned(), write(), None);
                    self.columns.insert(column, Column { name, last, edit });
                }
            }
        }
    }

    /// Returns the nodes that stamped two of the changes alike.
    pub(crate) fn tied(&self) -> &BTreeSet<NodeOrdinal> {
        &self.tied
    }

    /// Returns the name of a column whose last edit needs a column beside it that is not there.
    pub(crate) fn lacks_edits_of(&self, edits: &EditColumns) -> Option<&str> {
        let with_edit = self
            .columns
            .iter()
            .find(|(ordinal, column)| column.edit.is_some() && !edits.contains_key(ordinal));
        with_edit.map(|(_, column)| column.name.as_str())
    }

    /// Returns the values of the row, each with the column that holds it.
    fn values<'w>(&'w self, edits: &'w EditColumns) -> impl Iterator<Item = RowValue<'w>> {
        self.columns.iter().flat_map(|(&of, Column { name, last, edit })| {
            let beside = edit.as_ref().zip(edits.get(&of)).map(|(last, column)| {
                let column = (column.ordinal, column.name.as_str());
                RowValue { column, of, last }
            });
            std::iter::once(RowValue { column: (of, name), of, last }).chain(beside)
        })
    }

    /// Returns which columns the row lacks, as it would be too large with them.
    fn left_out(&self, edits: &EditColumns) -> Vec<LeftOut> {
        let lengths = self.values(edits).map(|value| (value.last.write.length(), value));
        let mut lengths: Vec<_> = lengths.filter(|(length, _)| *length > 0).collect();
        let mut sum: u64 = lengths.iter().map(|(length, _)| length).sum();
        lengths.sort_by_key(|(length, value)| (*length, value.last.precedence, value.column.1));
        let mut left_out = Vec::new();
        while sum > LARGEST {
            let Some((length, value)) = lengths.pop() else { break };
            sum -= length;
            left_out.push((value.column.0, length));
        }
        left_out
    }

    /// Returns the clock of the row, or `None` if it has no changes. `edits` are the columns of the table that hold the
    /// last edits of others.
    pub(crate) fn clock(&self, edits: &EditColumns) -> Option<RowClock> {
        let [earliest, latest] = self.ends?;
        let mut groups: BTreeMap<Precedence, (Tick, ColumnSet)> = BTreeMap::new();
        for (precedence, tick) in [earliest, latest] {
            groups.insert(precedence, (tick, ColumnSet::default()));
        }
        for RowValue { column: (column, _), last, .. } in self.values(edits) {
            let group = groups.entry(last.precedence).or_insert((last.tick, ColumnSet::default()));
            group.1.insert(column);
        }
        let mut clock = RowClock::default();
        for (tick, columns) in groups.values() {
            clock.insert(*tick, columns, &|node| self.names.node(node));
        }
        for (column, _) in self.columns.iter().filter(|(_, it)| it.last.is_written_through) {
            clock.mark(*column);
        }
        self.left_out(edits).into_iter().for_each(|left_out| clock.leave_out(left_out));
        Some(clock)
    }

    /// Calls `run` with a value of the row.
    fn with_value<R>(
        &self,
        RowValue { of, last, .. }: RowValue<'_>,
        run: impl FnOnce(Option<&Stored<'_>>) -> R,
    ) -> R {
        match &last.write {
            Write::Value(value) => run(value.as_ref()),
            // It is worked out when it is read.
            Write::Update(_) => run(None),
            Write::Forgotten(_) => run(Some(&Stored::Integer(1))),
            Write::Addition(_) => {
                let sum = self.sums.get(&of).unwrap_or(&Sum::NOTHING);
                run(Some(&Stored::Integer(sum.value())))
            }
        }
    }

    /// Returns whether a column holds what it must. The clock is that of the row.
    pub(crate) fn is_held(
        &self,
        (clock, edits): (&RowClock, &EditColumns),
        column: u32,
        held: ValueRef<'_>,
    ) -> bool {
        match self.values(edits).find(|value| value.column.0 == column) {
            // What is there is verified apart.
            Some(RowValue { last: LastWrite { write: Write::Update(_), .. }, .. }) => true,
            Some(value) if !clock.lacks(column) => {
                self.with_value(value, |value| is_same(held, value))
            }
            _ => is_same(held, None),
        }
    }

    /// Puts the row into its table, in the place of the one that is there, which is deleted if there are no changes.
    pub(crate) fn put(
        &self,
        connection: &Connection,
        (table, name): (i64, &str),
        row: &[u8; 16],
    ) -> Result<()> {
        delete_row(connection, (table, name), row)?;
        clear_row(connection, &(table, *row))?;
        if let Some(tombstone) = self.tombstone {
            let id_of = |node| self.names.node(node);
            ForgottenRows::new(connection).note(&(table, *row), tombstone, &id_of)?;
            return self.put_tombstone(connection, name, (row, tombstone));
        }
        let edits = self.make_edit_columns(connection, (table, name))?;
        let Some(clock) = self.clock(&edits) else { return Ok(()) };
        let mut packed = Vec::with_capacity(48);
        clock.pack(&mut packed);
        let head = RowHead {
            id: row,
            clock: &packed,
            created_at: Some(clock.created_at()),
            updated_at: Some(clock.updated_at()),
        };
        let held = || self.values(&edits).filter(|value| !clock.lacks(value.column.0));
        let sql = insert_sql((OnConflict::Abort, name), held().map(|value| value.column.1));
        let mut insert = connection.prepare_cached(&sql)?;
        head.bind(&mut insert)?;
        for (value, parameter) in held().zip(FIRST_COLUMN..) {
            self.with_value(value, |value| {
                bind(&mut insert, parameter, value.map_or(ValueRef::Null, Stored::to_sql))
            })?;
        }
        if insert.raw_execute()? == 0 {
            return Err(Error::unwritten(name));
        }
        let mut counters = Counters::new(connection);
        for (column, sum) in &self.sums {
            counters.put(CounterCell { table, row, column: *column }, sum)?;
        }
        let mut texts = Texts::new(connection);
        for (column, updates) in &self.updates {
            let text = TextCell { table, row: *row, column: *column };
            for (writer, update) in updates {
                texts.add(text, *writer, update)?;
            }
        }
        Ok(())
    }

    /// Returns the columns of a table that hold the last edits of others. Those that the row needs are created.
    fn make_edit_columns(
        &self,
        connection: &Connection,
        table: (i64, &str),
    ) -> Result<EditColumns> {
        if self.columns.values().all(|column| column.edit.is_none()) {
            return Ok(EditColumns::new());
        }
        let mut edits = edit_columns(connection, table.0)?;
        for (ordinal, Column { name, edit, .. }) in &self.columns {
            if edit.is_some() && !edits.contains_key(ordinal) {
                edits.insert(*ordinal, make_edit_column(connection, table, name)?);
            }
        }
        Ok(edits)
    }

    /// Puts the tombstone of a forgotten row into its table.
    fn put_tombstone(
        &self,
        connection: &Connection,
        name: &str,
        (row, tombstone): (&[u8; 16], Tombstone),
    ) -> Result<()> {
        let Tombstone { stamp, node, date, .. } = tombstone;
        let mut clock = Vec::with_capacity(16);
        let columns = std::iter::once(IS_DELETED).collect();
        RowClock::pack_one(&mut clock, (stamp, node), &columns, &ColumnSet::default());
        let (id, date) = (&row[..], Some(date));
        let head = RowHead { id, clock: &clock, created_at: date, updated_at: date };
        let sql = insert_sql((OnConflict::Abort, name), ["is_deleted"]);
        let mut insert = connection.prepare_cached(&sql)?;
        head.bind(&mut insert)?;
        bind(&mut insert, FIRST_COLUMN, ValueRef::Integer(1))?;
        match insert.raw_execute()? {
            0 => Err(Error::unwritten(name)),
            _ => Ok(()),
        }
    }
}
