//! Folding changes into the rows: in each column, the last write wins.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::cells::{Write, keep_counting};
use crate::log::column_set::ColumnSet;
use crate::log::counters::{CounterCell, Counters, Sum};
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::is_forked;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::{RowClock, Tick};
use crate::log::statements::bind;
use crate::names::{LOCAL_PREFIX, is_ara_s, quoted};
use crate::rows::insert::{FIRST_COLUMN, RowHead, insert_sql};
use crate::rows::touched::Touched;
use crate::value::Stored;

/// The rows into which changes are folded.
pub(crate) struct Rows<'c> {
    connection: &'c Connection,
    tables: HashMap<i64, TableRows<'c>>,
    counters: Counters<'c>,
    /// The node that writes the file.
    writer: NodeOrdinal,
    /// The rows whose clock does not tell which changes win: two of them have the same node and the same stamp, so
    /// that it is their hashes that decide, or the clock cannot be read. They are to be rebuilt.
    pub(crate) unclear: BTreeSet<RowKey>,
    /// Whether nodes have forked, as far as that was asked. `None` if nothing was folded in before, so that all
    /// ties are found.
    forked: Option<HashMap<NodeOrdinal, bool>>,
    /// The nodes that made those changes.
    pub(crate) tied: BTreeSet<NodeOrdinal>,
    /// The number of values that were written into the app's tables.
    pub(crate) written: u64,
    /// The number of values that were not written, because a later write to the column was there.
    pub(crate) outdated: u64,
}

/// A change to be folded in. Its table and all of its columns exist in the file.
#[derive(Debug)]
pub(crate) struct FoldedChange<'a> {
    /// The table's ordinal, and its name in the file.
    pub(crate) table: (i64, &'a str),
    pub(crate) row: [u8; 16],
    /// Who made it, and when.
    pub(crate) tick: Tick,
    pub(crate) cells: Vec<FoldedCell<'a>>,
}

/// A cell of a [`FoldedChange`].
#[derive(Debug)]
pub(crate) struct FoldedCell<'a> {
    /// The column's ordinal, and its name in the file.
    pub(crate) column: (u32, &'a str),
    pub(crate) write: Write<'a>,
}

impl FoldedChange<'_> {
    /// Returns the counter in a column of the row.
    fn counter(&self, column: u32) -> CounterCell<'_> {
        CounterCell { table: self.table.0, row: &self.row, column }
    }

    /// Returns whether the change creates or restores its row.
    fn is_of_life(&self) -> bool {
        let is_alive = |cell: &FoldedCell<'_>| {
            cell.column.0 == 0 && cell.write == Write::Value(Some(Stored::Integer(0)))
        };
        self.cells.iter().any(is_alive)
    }

    /// Returns the ordinals of the columns.
    fn columns(&self) -> impl Iterator<Item = u32> {
        self.cells.iter().map(|cell| cell.column.0)
    }

    /// Returns how many values of the app the change has: none, if the table is one of ara's own.
    fn count(&self) -> u64 {
        if is_ara_s(self.table.1) { 0 } else { self.cells.len() as u64 }
    }
}

impl FoldedCell<'_> {
    /// Returns the value that a new row has: of a counter, what is added.
    fn value(&self) -> ValueRef<'_> {
        match &self.write {
            Write::Value(value) => value.as_ref().map_or(ValueRef::Null, Stored::to_sql),
            Write::Addition(addition) => ValueRef::Integer(addition.by),
        }
    }
}

/// What a table holds of a row before a change is folded in.
enum Held {
    Nothing,
    Clock(RowClock),
    /// The row, with a clock or dates that cannot be read.
    Unreadable,
}

/// The statements that fold changes into one table.
struct TableRows<'c> {
    connection: &'c Connection,
    /// Whether rows need no clock.
    is_local: bool,
    probe: Statement<'c>,
    inserts: ByColumns<'c>,
    updates: ByColumns<'c>,
}

impl<'c> Rows<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        // The past has no tables of ara's own, and so no counters that this node adds to. Nor has anything been
        // folded in there before.
        let kept = meta::get::<NodeOrdinal>(connection, meta::NODE);
        let forked = kept.as_ref().ok().map(|_| HashMap::new());
        let writer = kept.ok().flatten().unwrap_or(NodeOrdinal::NONE);
        let (tables, unclear, tied) = (HashMap::new(), BTreeSet::new(), BTreeSet::new());
        let counters = Counters::new(connection);
        let (written, outdated) = (0, 0);
        Ok(Self { connection, tables, counters, writer, unclear, forked, tied, written, outdated })
    }

    /// Folds all changes into tables that are empty.
    pub(crate) fn anew(connection: &'c Connection) -> Result<Self> {
        Ok(Self { forked: None, ..Self::new(connection)? })
    }

    /// Folds in a change, which must not have been folded in before. In each column the last write stays: the
    /// one with the latest stamp and, among equal stamps, the one of the node with the greatest id. If these
    /// are equal, too, the change wins, and the row is noted as [unclear](Self::unclear). A counter becomes the sum
    /// of all additions. A row whose clock cannot be read is only noted.
    ///
    /// `id_of` returns the id of any node that wrote the row before.
    pub(crate) fn fold(
        &mut self,
        change: &mut FoldedChange<'_>,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        let columns = keep_counting(&mut change.cells, |cell| cell.column.0);
        let clock = match self.insert_or_probe(change, &columns)? {
            Held::Nothing => return self.after_insert(change, &columns, id_of, touched),
            Held::Clock(clock) => written_after(&clock, change.tick, id_of).map(|it| (clock, it)),
            Held::Unreadable => None,
        };
        let Some((mut clock, later)) = clock else {
            self.unclear.insert((change.table.0, change.row));
            touched.into_iter().for_each(|touched| touched.everything = true);
            return Ok(());
        };
        let writer = (change.tick.stamp, change.tick.node.0);
        if clock.groups().any(|(_, stamp, node)| (stamp, node) == writer) {
            self.note_tie(change);
        }
        let before = change.count();
        let added = self.add_up(change, (&clock, &later), id_of)?;
        let stays = |cell: &FoldedCell<'_>| added.has(cell.column.0) || !later.has(cell.column.0);
        change.cells.retain(stays);
        self.written += change.count();
        self.outdated += before - change.count();
        // A counter whose sum changed may have a later writer, which stays in the clock.
        let clocked: ColumnSet = change.columns().filter(|column| !later.has(*column)).collect();
        let held = (clock.earliest(), clock.latest());
        clock.insert(change.tick, &clocked, id_of);
        let is_earliest = clock.earliest() != held.0;
        // A change that is stamped as the latest one may have another date.
        let is_latest = clock.latest() == Some(writer);
        if change.cells.is_empty() && !is_earliest && !is_latest {
            return Ok(());
        }
        self.table(change.table)?.update(change, &clock)?;
        if let Some(touched) = touched {
            let (row, columns) = (Uuid::from_bytes(change.row), change.columns().collect());
            // No column stands for `created_at`, so a row whose `created_at` moves is noted like a new one.
            touched.write(change.table.0, row, &columns, is_earliest);
        }
        Ok(())
    }

    /// Notes that another change of the row has the node and the stamp of this one.
    fn note_tie(&mut self, change: &FoldedChange<'_>) {
        self.unclear.insert((change.table.0, change.row));
        self.tied.insert(change.tick.node.0);
    }

    /// Returns whether a node may have stamped two changes of a row alike that were folded in before.
    fn may_be_tied(&mut self, node: NodeOrdinal) -> Result<bool> {
        let Some(forked) = &mut self.forked else { return Ok(false) };
        Ok(match forked.entry(node) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(is_forked(self.connection, node)?),
        })
    }

    /// Inserts the row of a change, or returns the clock of the row if it exists.
    fn insert_or_probe(&mut self, change: &FoldedChange<'_>, columns: &ColumnSet) -> Result<Held> {
        // A change that writes that the row is not deleted is most often the one that created it.
        if change.is_of_life() && self.insert(change, columns)? {
            return Ok(Held::Nothing);
        }
        let held = self.table(change.table)?.probe(&change.row)?;
        if matches!(held, Held::Nothing) {
            self.insert(change, columns)?;
        }
        Ok(held)
    }

    /// Inserts the row of a change, unless it exists. Returns whether it was inserted.
    fn insert(&mut self, change: &FoldedChange<'_>, columns: &ColumnSet) -> Result<bool> {
        self.table(change.table)?.insert_first(change, columns)
    }

    /// Notes what a change has written into a row that it inserted.
    fn after_insert(
        &mut self,
        change: &FoldedChange<'_>,
        columns: &ColumnSet,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        self.written += change.count();
        for cell in &change.cells {
            if let Write::Addition(addition) = cell.write {
                let counter = change.counter(cell.column.0);
                let mut sum = self.counters.get(counter)?.unwrap_or(Sum::NOTHING);
                let writer = (change.tick.stamp, change.tick.node.0);
                sum.add(writer, addition, self.writer, id_of);
                self.counters.put(counter, &sum)?;
            }
        }
        if let Some(touched) = touched {
            touched.write(change.table.0, Uuid::from_bytes(change.row), columns, true);
        }
        Ok(())
    }

    /// Adds what a change adds to counters, and puts the sums in its place. Returns the columns that get a new
    /// sum.
    ///
    /// A column whose last write is later than the change and not an addition keeps its value.
    fn add_up(
        &mut self,
        change: &mut FoldedChange<'_>,
        (clock, later): (&RowClock, &ColumnSet),
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Result<ColumnSet> {
        let mut added = ColumnSet::default();
        for at in 0..change.cells.len() {
            let Some(FoldedCell { column, write: Write::Addition(addition) }) =
                change.cells.get(at)
            else {
                continue;
            };
            let (column, addition) = (column.0, *addition);
            let row = (change.table.0, change.row);
            let counter = change.counter(column);
            let mut sum = self.counters.get(counter)?.unwrap_or(Sum::NOTHING);
            let is_sum_shown = clock.last_write(column) == Some(sum.last);
            if is_sum_shown && later.has(column) && self.may_be_tied(sum.last.1)? {
                // A value may have been written under the stamp of the latest addition, and not the addition.
                self.unclear.insert(row);
            }
            let writer = (change.tick.stamp, change.tick.node.0);
            sum.add(writer, addition, self.writer, id_of);
            self.counters.put(counter, &sum)?;
            if (!later.has(column) || is_sum_shown)
                && let Some(cell) = change.cells.get_mut(at)
            {
                cell.write = Write::Value(Some(Stored::Integer(sum.value())));
                added.insert(column);
            }
        }
        Ok(added)
    }

    /// Returns the statements of a table, by its ordinal and its name.
    fn table(&mut self, (ordinal, name): (i64, &str)) -> Result<&mut TableRows<'c>> {
        Ok(match self.tables.entry(ordinal) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(TableRows::new(self.connection, name)?),
        })
    }
}

/// Returns the columns that were written after a change, or `None` if the clock tells of an unknown node.
fn written_after(
    clock: &RowClock,
    change: Tick,
    id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
) -> Option<ColumnSet> {
    let mut after = ColumnSet::default();
    for (columns, stamp, node) in clock.groups() {
        if (stamp, id_of(node)?) > (change.stamp, change.node.1) {
            after.extend(columns);
        }
    }
    Some(after)
}

impl<'c> TableRows<'c> {
    fn new(connection: &'c Connection, name: &str) -> Result<Self> {
        let probe = connection.prepare(&format!(
            "SELECT \"ara_clock\", \"created_at\", \"updated_at\" FROM {} WHERE \"id\" = ?1",
            quoted(name)
        ))?;
        let (is_local, (inserts, updates)) = (name.starts_with(LOCAL_PREFIX), Default::default());
        Ok(Self { connection, is_local, probe, inserts, updates })
    }

    /// Returns the clock of a row.
    fn probe(&mut self, row: &[u8; 16]) -> Result<Held> {
        bind(&mut self.probe, 1, ValueRef::Blob(row))?;
        let mut rows = self.probe.raw_query();
        let Some(row) = rows.next()? else { return Ok(Held::Nothing) };
        let (Ok(created_at), Ok(updated_at)) = (row.get(1), row.get(2)) else {
            return Ok(Held::Unreadable);
        };
        let clock = row.get_ref(0)?.as_blob().ok();
        let clock = clock.and_then(|clock| RowClock::unpack(clock, (created_at, updated_at)));
        let clock = clock.filter(|clock| self.is_local || clock.latest().is_some());
        Ok(clock.map_or(Held::Unreadable, Held::Clock))
    }

    /// Inserts the row of a change that nothing else has written, unless it exists. Returns whether it was
    /// inserted.
    fn insert_first(&mut self, change: &FoldedChange<'_>, columns: &ColumnSet) -> Result<bool> {
        let mut clock = Vec::with_capacity(16);
        RowClock::pack_one(&mut clock, change.tick.stamp, change.tick.node.0, columns);
        let date = Some(change.tick.date);
        let head = RowHead { id: &change.row, clock: &clock, created_at: date, updated_at: date };
        let insert = self.inserts.prepared(self.connection, change, |change| {
            let columns = change.cells.iter().map(|cell| cell.column.1);
            let insert = insert_sql(change.table.1, columns);
            format!("{insert} ON CONFLICT DO NOTHING")
        })?;
        Ok(run(insert, &head, change)? > 0)
    }

    /// Writes all cells of a change into its row, which gets a clock.
    fn update(&mut self, change: &FoldedChange<'_>, clock: &RowClock) -> Result<()> {
        let mut packed = Vec::with_capacity(48);
        clock.pack(&mut packed);
        let head = RowHead {
            id: &change.row,
            clock: &packed,
            created_at: Some(clock.created_at()),
            updated_at: Some(clock.updated_at()),
        };
        let update = self.updates.prepared(self.connection, change, update_sql)?;
        run(update, &head, change)?;
        Ok(())
    }
}

/// Statements by the ordinals of the columns that they write, in their order.
#[derive(Default)]
struct ByColumns<'c>(Vec<(Box<[u32]>, Statement<'c>)>);

impl<'c> ByColumns<'c> {
    /// Returns the statement that writes the columns of a change, and prepares it if it is not there.
    ///
    /// Most changes write the same columns as one of the last, and so a search takes less time than a hash.
    fn prepared(
        &mut self,
        connection: &'c Connection,
        change: &FoldedChange<'_>,
        sql: impl FnOnce(&FoldedChange<'_>) -> String,
    ) -> Result<&mut Statement<'c>> {
        /// Changes can write any set of columns: without a bound, there could be a statement for each change.
        const MOST: usize = 64;
        let is_of = |columns: &[u32]| columns.iter().copied().eq(change.columns());
        match self.0.iter().rposition(|(columns, _)| is_of(columns)) {
            Some(at) => {
                let last = self.0.len() - 1;
                self.0.swap(at, last);
            }
            None => {
                if self.0.len() >= MOST {
                    self.0.clear();
                }
                self.0.push((change.columns().collect(), connection.prepare(&sql(change))?));
            }
        }
        let Some((_, statement)) = self.0.last_mut() else { return Err(Error::Corrupt) };
        Ok(statement)
    }
}

/// Runs an insert or an update with the values of a change, and returns how many rows it wrote.
fn run(
    statement: &mut Statement<'_>,
    head: &RowHead<'_>,
    change: &FoldedChange<'_>,
) -> rusqlite::Result<usize> {
    head.bind(statement)?;
    for (cell, parameter) in change.cells.iter().zip(FIRST_COLUMN..) {
        bind(statement, parameter, cell.value())?;
    }
    statement.raw_execute()
}

/// Returns the SQL that updates a row. Its parameters are those of [`insert_sql`].
fn update_sql(change: &FoldedChange<'_>) -> String {
    let mut sql = format!(
        "UPDATE {} SET \"ara_clock\" = ?2, \"created_at\" = ?3, \"updated_at\" = ?4",
        quoted(change.table.1)
    );
    for (cell, parameter) in change.cells.iter().zip(FIRST_COLUMN..) {
        let _ = write!(sql, ", {} = ?{parameter}", quoted(cell.column.1));
    }
    sql.push_str(" WHERE \"id\" = ?1");
    sql
}
